//! The editor grammar (editors/latva.tmLanguage.json) against the parser: both must see the same things in the same places.

use std::path::Path;

use fancy_regex::Regex;
use latva_spec::parse;
use latva_spec::tree::{ElementValue, Item};
use serde_json::Value;

/// A rule with one regular expression. The grammar has no other rules: each thing of the language ends on its line.
struct Rule {
    expression: Regex,
    scope: Option<String>,
    captures: Vec<(usize, String)>,
}

fn grammar() -> Vec<Rule> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../editors/latva.tmLanguage.json");
    let grammar: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let mut rules = Vec::new();
    collect(&grammar, &grammar["patterns"], &mut rules);
    assert!(rules.len() > 10);
    rules
}

fn collect(grammar: &Value, patterns: &Value, rules: &mut Vec<Rule>) {
    for pattern in patterns.as_array().unwrap() {
        if let Some(include) = pattern["include"].as_str() {
            let rule = &grammar["repository"][&include[1..]];
            assert!(!rule.is_null(), "{include} is not in the repository");
            match rule["patterns"].is_null() {
                true => collect(grammar, &Value::Array(vec![rule.clone()]), rules),
                false => collect(grammar, &rule["patterns"], rules),
            }
            continue;
        }
        let captures = pattern["captures"].as_object().into_iter().flatten();
        rules.push(Rule {
            expression: Regex::new(pattern["match"].as_str().unwrap()).unwrap(),
            scope: pattern["name"].as_str().map(str::to_string),
            captures: captures
                .map(|(n, rule)| (n.parse().unwrap(), rule["name"].as_str().unwrap().to_string()))
                .collect(),
        });
    }
}

/// The scope of each byte of a text, as an editor finds it: from left to right, the rule that matches first, and of
/// those that match at the same place the one that is first in the grammar.
fn scopes(rules: &[Rule], text: &str) -> Vec<String> {
    let mut scopes = vec![String::new(); text.len()];
    let mut line_start = 0;
    for line in text.split_inclusive('\n') {
        let body = line.trim_end_matches(['\n', '\r']);
        let mut at = 0;
        while at < body.len() {
            let found = rules
                .iter()
                .filter_map(|rule| Some((rule, rule.expression.captures_from_pos(body, at).unwrap()?)))
                .min_by_key(|(_, captures)| captures.get(0).unwrap().start());
            let Some((rule, captures)) = found else {
                break;
            };
            let whole = captures.get(0).unwrap();
            assert!(whole.end() > at, "an empty match in {body:?}");
            let mut set = |start: usize, end: usize, scope: &str| {
                scopes[line_start + start..line_start + end].fill(scope.to_string());
            };
            if let Some(scope) = &rule.scope {
                set(whole.start(), whole.end(), scope);
            }
            for (n, scope) in &rule.captures {
                if let Some(part) = captures.get(*n) {
                    set(part.start(), part.end(), scope);
                }
            }
            at = whole.end();
        }
        line_start += line.len();
    }
    scopes
}

/// The scopes of the parts of a line that are not blank, in order and without repetition.
fn parts(rules: &[Rule], line: &str) -> Vec<(String, String)> {
    let scopes = scopes(rules, line);
    let mut parts: Vec<(String, String)> = Vec::new();
    for (at, c) in line.char_indices() {
        match parts.last_mut() {
            Some((text, scope)) if *scope == scopes[at] => text.push(c),
            _ => parts.push((c.to_string(), scopes[at].clone())),
        }
    }
    parts.retain(|(text, scope)| !scope.is_empty() || !text.trim().is_empty());
    parts.into_iter().map(|(text, scope)| (text, scope.trim_end_matches(".latva").to_string())).collect()
}

#[test]
fn lines_get_their_scopes() {
    let rules = grammar();
    let check = |line: &str, expected: &[(&str, &str)]| {
        let expected: Vec<(String, String)> =
            expected.iter().map(|(text, scope)| (text.to_string(), scope.to_string())).collect();
        assert_eq!(parts(&rules, line), expected, "{line}");
    };
    let (plus, formula, variable) = ("keyword.operator.arithmetic", "keyword.operator.formula", "variable.other");
    check(
        "f =~ NA*x1 + start(0.5)*lam*x2 # note",
        &[
            ("f", variable),
            ("=~", formula),
            ("NA", "constant.language"),
            ("*", plus),
            ("x1", variable),
            ("+", plus),
            ("start", "support.function.modifier"),
            ("(", "punctuation.section.parens"),
            ("0.5", "constant.numeric"),
            (")", "punctuation.section.parens"),
            ("*", plus),
            ("lam", "variable.parameter.label"),
            ("*", plus),
            ("x2", variable),
            ("# note", "comment.line"),
        ],
    );
    check(
        "Group: \"Grant White\"",
        &[
            ("Group", "keyword.control.block"),
            (":", "punctuation.separator.block"),
            ("\"Grant White\"", "entity.name.section"),
        ],
    );
    check("group := 1e-3", &[("group", variable), (":=", "keyword.operator.assignment"), ("1e-3", "constant.numeric")]);
    check(
        "#! data = \"a.csv\"",
        &[
            ("#!", "keyword.control.option"),
            ("data", "entity.other.attribute-name"),
            ("=", "keyword.operator.assignment"),
            ("\"a.csv\"", "string.unquoted.option"),
        ],
    );
    check("NAME ~~ \"# no\"", &[("NAME", variable), ("~~", formula), ("\"# no\"", "string.quoted.double")]);
    check(
        "d := exp(a)^2 ! end",
        &[
            ("d", variable),
            (":=", "keyword.operator.assignment"),
            ("exp", "support.function.math"),
            ("(", "punctuation.section.parens"),
            ("a", variable),
            (")", "punctuation.section.parens"),
            ("^", plus),
            ("2", "constant.numeric"),
            ("! end", "comment.line"),
        ],
    );
    check(
        "\u{444}\u{430}\u{43a} <= 2",
        &[("\u{444}\u{430}\u{43a}", variable), ("<=", "keyword.operator.comparison"), ("2", "constant.numeric")],
    );
    check("x ~ \"open", &[("x", variable), ("~", formula), ("\"open", "invalid.illegal.unclosed")]);
}

#[test]
fn shipped_models_are_coloured_as_they_are_parsed() {
    let rules = grammar();
    let mut seen = [0_usize; 3];
    for (name, source) in super::syntax::models("models") {
        let scopes = scopes(&rules, &source);
        let has = |start: usize, end: usize, scope: &str| {
            for (place, found) in scopes.iter().enumerate().take(end).skip(start) {
                assert!(
                    found.starts_with(scope),
                    "{name}: {:?} at {place} has the scope {found:?}, not {scope}",
                    &source[start..end]
                );
            }
        };
        let blank = |place: usize| source.as_bytes()[place].is_ascii_whitespace();
        for (place, scope) in scopes.iter().enumerate() {
            assert!(!scope.starts_with("invalid"), "{name}: invalid at {place}");
            assert!(!scope.is_empty() || blank(place), "{name}: nothing at {place}");
        }
        let model = parse(&source).model;
        for comment in &model.comments {
            has(comment.start, comment.end, "comment.line");
            seen[0] += 1;
        }
        for item in &model.items {
            match item {
                Item::Header(header) => {
                    has(header.span.start, header.span.start + header.kind.as_str().len(), "keyword.control.block");
                    has(header.label_span.start, header.label_span.end, "entity.name.section");
                }
                Item::Constraint(constraint) => {
                    has(constraint.op_span.start, constraint.op_span.end, "keyword.operator.comparison")
                }
                Item::Definition(definition) => {
                    has(definition.name_span.start, definition.name_span.end, "variable.other")
                }
                Item::Formula(formula) => {
                    has(formula.op_span.start, formula.op_span.end, "keyword.operator.formula");
                    seen[1] += 1;
                    for element in
                        formula.rhs.iter().flat_map(|term| &term.modifiers).flat_map(|modifier| &modifier.elements)
                    {
                        let text = &source[element.span.start..element.span.end];
                        let scope = match &element.value {
                            ElementValue::Free => "constant.language",
                            ElementValue::Number(_) if text.bytes().all(|b| b.is_ascii_digit() || b == b'.') => {
                                "constant.numeric"
                            }
                            ElementValue::Text(_) if text.starts_with('"') => "string.quoted",
                            ElementValue::Text(_) => "variable",
                            ElementValue::Number(_) => continue,
                        };
                        has(element.span.start, element.span.end, scope);
                        seen[2] += 1;
                    }
                }
            }
        }
    }
    assert!(seen[0] > 0 && seen[1] > 0, "the shipped models hold too little to test with: {seen:?}");
}
