//! What ordinary statements become.

use super::{parse, parse_addition};
use crate::table::Op;
use crate::tree::{ElementValue, Formula, Item, ModifierRole, Target};

/// The formulas of a text without diagnostics.
fn formulas(text: &str) -> Vec<Formula> {
    let parsed = parse_addition(text);
    assert_eq!(parsed.diagnostics, [], "{text}");
    let items = parsed.model.items.into_iter();
    items
        .filter_map(|item| match item {
            Item::Formula(formula) => Some(formula),
            _ => None,
        })
        .collect()
}

/// A formula in one line: operator, sides, modifiers as role and elements.
fn described(formula: &Formula) -> String {
    let terms = |terms: &[crate::tree::Term]| {
        let one = |term: &crate::tree::Term| {
            let modifiers = term.modifiers.iter().map(|modifier| {
                let elements = modifier.elements.iter().map(|element| match &element.value {
                    ElementValue::Number(number) => number.to_string(),
                    ElementValue::Free => "NA".into(),
                    ElementValue::Text(text) => format!("{text:?}"),
                });
                let elements = elements.collect::<Vec<_>>().join(" ");
                match modifier.role {
                    ModifierRole::Value => format!("[{elements}]"),
                    role => format!("{role:?}[{elements}]"),
                }
            });
            format!("{}{}", modifiers.collect::<String>(), term.target.name())
        };
        terms.iter().map(one).collect::<Vec<_>>().join(" + ")
    };
    format!("{} {} {}", terms(&formula.lhs), formula.op.as_str(), terms(&formula.rhs))
}

fn check(text: &str, expected: &[&str]) {
    let described: Vec<String> = formulas(text).iter().map(described).collect();
    assert_eq!(described, expected, "{text}");
}

#[test]
fn operators() {
    check("f =~ x1 + x2\ny ~ f; x1 ~~ x2", &["f =~ x1 + x2", "y ~ f", "x1 ~~ x2"]);
    check("c <~ x1 + x2\nx | t1 + t2\nx ~*~ x\ngroup % w", &["c <~ x1 + x2", "x | t1 + t2", "x ~*~ x", "group % w"]);
    check("y ~ 1 + x\ny ~ 0 + x; p =~ 0", &["y ~ 1 + x", "y ~ 0 + x", "p =~ 0"]);
    check("y1 + y2 ~ x", &["y1 + y2 ~ x"]);
    let formula = &formulas("y ~ x1:x2 + x1:x1")[0];
    assert_eq!(formula.op, Op::Regression);
    assert_eq!(formula.rhs[0].target, Target::Interaction("x1".into(), "x2".into()));
}

#[test]
fn modifiers() {
    check(
        "f =~ 1*x1 + NA*x2 + a*x3 + \"b c\"*x4 + -1*x5 + 1/3*x6 + (1+2)*x7 + 2^2*x8",
        &["f =~ [1]x1 + [NA]x2 + [\"a\"]x3 + [\"b c\"]x4 + [-1]x5 + [0.3333333333333333]x6 + [3]x7 + [4]x8"],
    );
    check(
        "f =~ start(0.5)*a*x1 + .5?x2 + lower(0)*upper(1)*x3",
        &["f =~ Start[0.5][\"a\"]x1 + Start[0.5]x2 + Lower[0]Upper[1]x3"],
    );
    check("f =~ c(1, a, NA, \"\")*x1 + rep(.5,2)*x2 + 1:3*x3", &["f =~ [1 \"a\" NA \"\"]x1 + [0.5 0.5]x2 + [1 2 3]x3"]);
    check("f =~ 2*3*x1 + c(1,2)*c(a,b)*x2", &["f =~ [6]x1 + [1 2][\"a\" \"b\"]x2"]);
    check("f =~ equal(\"f =~ x2\")*x1; y ~ rv(\"s\")*x", &["f =~ Equal[\"f=~x2\"]x1", "y ~ RandomSlope[\"s\"]x"]);
    check("efa(\"b\")*f1 +\nefa(\"b\")*f2 =~ x1", &["Efa[\"b\"]f1 + Efa[\"b\"]f2 =~ x1"]);
    check("y ~ 0.5*1 + b*x", &["y ~ [0.5]1 + [\"b\"]x"]);
}

#[test]
fn continuation() {
    for text in [
        "f =~ x1 +\nx2",
        "f =~ x1\n+ x2",
        "f =~\nx1 + x2",
        "f\n=~ x1 + x2",
        "f =~ x1 + # first\n\n  # second\n x2",
        "f =~ x1 + x2\r\n",
    ] {
        check(text, &["f =~ x1 + x2"]);
    }
    check("f =~ start(\n0.5)*x2", &["f =~ Start[0.5]x2"]);
    check("f =~ 0.5*\nx2\ny ~ f", &["f =~ [0.5]x2", "y ~ f"]);
}

#[test]
fn chains_become_several_constraints() {
    let parsed = parse("f =~ a*x1 + b*x2\n0 < a < 1\na == b == 1\nd := a +\n b");
    assert_eq!(parsed.diagnostics, []);
    let texts: Vec<String> = parsed
        .model
        .items
        .iter()
        .filter_map(|item| match item {
            Item::Constraint(c) => Some(format!("{} {} {}", c.lhs.text, c.op.as_str(), c.rhs.text)),
            Item::Definition(d) => Some(format!("{} := {}", d.name, d.rhs.expression)),
            _ => None,
        })
        .collect();
    assert_eq!(texts, ["0 < a", "a < 1", "a == b", "b == 1", "d := a+b"]);
}

#[test]
fn a_header_does_not_swallow_what_follows() {
    let ids = |text: &str| parse(text).diagnostics.iter().map(|d| d.id).collect::<Vec<_>>();
    assert_eq!(ids("group:\nf =~ x1 + x2"), ["E0502"]);
    assert_eq!(ids("group: 1 f =~ x1 + x2"), ["E0502"]);
    assert_eq!(ids("f =~ a*x1 + b*x2\ngroup: 1\n(a + b) == 1\n-a < 2"), [""; 0]);
    assert_eq!(ids("f =~ x1 +\ngroup: 2\nf =~ x1"), ["E0201"]);
}

#[test]
fn a_line_with_an_operator_of_its_own_begins_a_statement() {
    let count = |text: &str| parse_addition(text).model.items.len();
    assert_eq!(count("a == 1\n-b == 2"), 2);
    assert_eq!(count("a == 1\n+b == 2"), 2);
    assert_eq!(count("a == 1\n(b) == 2"), 2);
    assert_eq!(count("d := a\n-b"), 1);
}
