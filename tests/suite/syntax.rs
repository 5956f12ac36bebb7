//! The model language from outside: messages about broken models, the catalogue, the formatter on shipped models.

use std::path::{Path, PathBuf};

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use latva_spec::table::{ModelKind, TableContext, TableOptions, build};
use latva_spec::{Diagnostic, Severity, format, parse, stories};

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures")
}

/// The models of a folder in the order of their names, each with its file name and text.
pub fn models(folder: &str) -> Vec<(String, String)> {
    let mut models: Vec<(String, String)> = std::fs::read_dir(fixtures().join(folder))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "lav"))
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read_to_string(&path).unwrap()))
        .collect();
    models.sort();
    assert!(!models.is_empty(), "no models in {folder}");
    models
}

/// What is said about a model, with the variables x1 to x9 and y1 to y4 in the data.
fn findings(source: &str) -> Vec<Diagnostic> {
    let parsed = parse(source);
    if parsed.has_errors() {
        return parsed.diagnostics;
    }
    let variables = (1..=9).map(|i| format!("x{i}")).chain((1..=4).map(|i| format!("y{i}"))).collect();
    let context = TableContext {
        kind: ModelKind::Sem,
        options: TableOptions::default(),
        groups: Vec::new(),
        variables: Some(variables),
        ordered: Vec::new(),
        ..TableContext::default()
    };
    let (_, further) = build(&parsed.model, &context);
    parsed.diagnostics.into_iter().chain(further).collect()
}

fn rendered(source: &str, diagnostics: &[Diagnostic]) -> String {
    let renderer = Renderer::plain();
    let report = |diagnostic: &Diagnostic| {
        let level = match diagnostic.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
            Severity::Note => Level::NOTE,
        };
        let title = level.primary_title(diagnostic.message.as_str()).id(diagnostic.id);
        let hints = diagnostic.hints.iter().map(|hint| Level::HELP.message(hint.as_str()));
        let Some(span) = diagnostic.span else {
            let group = title.elements(hints);
            return renderer.render(&[group]);
        };
        let primary = AnnotationKind::Primary.span(span.start..span.end).label(diagnostic.label.as_str());
        let related = diagnostic
            .related
            .iter()
            .map(|(span, words)| AnnotationKind::Context.span(span.start..span.end).label(words.as_str()));
        let snippet = Snippet::source(source).line_start(1).annotation(primary).annotations(related);
        renderer.render(&[title.element(snippet).elements(hints)])
    };
    diagnostics.iter().map(report).collect::<Vec<_>>().join("\n")
}

#[test]
fn broken_models_get_messages_that_help() {
    let lavaan = std::fs::read_to_string(fixtures().join("reference/messages/lavaan-0.6.md")).unwrap();
    let mut all = String::new();
    for (name, source) in models("models/broken") {
        let diagnostics = findings(&source);
        assert!(!diagnostics.is_empty(), "nothing is said about {name}");
        for diagnostic in &diagnostics {
            let helps = diagnostic.span.is_some() || !diagnostic.hints.is_empty();
            assert!(helps, "{name}: neither a place nor a hint in {diagnostic:?}");
        }
        let lavaan = lavaan.split("## ").find_map(|section| section.strip_prefix(name.as_str()));
        let lavaan = lavaan.unwrap_or_else(|| panic!("run tools/oracle/messages.R: it has not seen {name}")).trim();
        let latva = rendered(&source, &diagnostics);
        all.push_str(&format!("======== {name}\n{source}-------- lavaan 0.6\n{lavaan}\n-------- latva\n{latva}\n\n"));
    }
    insta::assert_snapshot!(all);
}

#[test]
fn shipped_models_are_good_and_keep_their_meaning() {
    for (name, source) in models("models") {
        let parsed = parse(&source);
        assert_eq!(parsed.diagnostics, [], "{name}");
        let formatted = format(&source);
        assert_eq!(format(&formatted), formatted, "{name}");
        assert_eq!(parse(&formatted).model.items.len(), parsed.model.items.len(), "{name}");
    }
}

#[test]
fn every_diagnostic_has_its_story() {
    let mut used: Vec<String> = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/spec/src")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                let quoted = text.split('"').filter(|part| part.len() == 5 && part.starts_with(['E', 'W', 'N']));
                used.extend(quoted.filter(|part| part[1..].bytes().all(|b| b.is_ascii_digit())).map(str::to_string));
            }
        }
    }
    used.retain(|id| id != "E9999");
    used.sort();
    used.dedup();
    let mut told: Vec<String> = stories().map(|(id, _)| id.to_string()).collect();
    told.sort();
    assert_eq!(used, told, "identifiers in the code, and stories in crates/spec/src/catalogue.md");
}

#[test]
fn examples_of_the_table_show_what_their_story_tells() {
    let example = |story: &'static str, word: &str| {
        let (_, rest) = story.split_once(&format!("{word}:\n```lav\n"))?;
        rest.split_once("```").map(|(example, _)| example)
    };
    let mut checked = 0;
    for (id, story) in stories().filter(|(id, _)| id[1..].starts_with("06")) {
        let (Some(wrong), Some(right)) = (example(story, "Wrong"), example(story, "Right")) else {
            continue;
        };
        let ids: Vec<&str> = findings(wrong).iter().map(|diagnostic| diagnostic.id).collect();
        assert!(ids.contains(&id), "{id}: {ids:?} for {wrong}");
        let errors: Vec<Diagnostic> = findings(right).into_iter().filter(Diagnostic::is_error).collect();
        assert_eq!(errors, [], "{id}: {right}");
        checked += 1;
    }
    assert!(checked > 10, "only {checked} stories have examples");
}
