//! `latva audit`.

use std::collections::BTreeMap;
use std::path::Path;

use latva_audit::{Study, StudyError, render};
use latva_spec::{Diagnostic, Span};

use crate::Outcome;
use crate::arguments::AuditArguments;
use crate::choices::{AUDIT_FORMATS, Format, format_of};
use crate::files;
use crate::messages::{Text, complain};
use crate::terminal::Terminal;

/// Tells which published figures of a study are consistent with each other.
pub(crate) fn run(arguments: &AuditArguments, terminal: &mut Terminal<'_>) -> Outcome {
    let source = match files::read_text(&arguments.study, "study file") {
        Ok(source) => source,
        Err(diagnostic) => {
            complain(terminal, None, &[diagnostic]);
            return Outcome::Fault;
        }
    };
    let path = arguments.study.display().to_string();
    let text = Text { path: &path, source: &source };
    let study = match Study::parse(&source) {
        Ok(study) => study,
        Err(errors) => {
            let diagnostics: Vec<Diagnostic> = errors.0.iter().map(|error| mistake(error, &source)).collect();
            complain(terminal, Some(text), &diagnostics);
            return Outcome::Fault;
        }
    };
    let models = match models(&study, &arguments.study) {
        Ok(models) => models,
        Err(diagnostics) => {
            complain(terminal, None, &diagnostics);
            return Outcome::Fault;
        }
    };
    let audit = latva_audit::audit(&study, &models);
    let format = format_of(arguments.format, arguments.out.as_deref(), AUDIT_FORMATS);
    let rendering = match format {
        Format::Json => render::json(&audit),
        Format::Markdown => render::markdown(&audit),
        Format::Html => render::html(&audit),
        _ => render::text(&audit, arguments.all),
    };
    match &arguments.out {
        None => terminal.print(&rendering),
        Some(path) => {
            if let Err(diagnostic) = files::write(path, &rendering) {
                complain(terminal, None, &[diagnostic]);
                return Outcome::Fault;
            }
        }
    }
    if audit.has_inconsistency() { Outcome::Unsound } else { Outcome::Sound }
}

/// The texts of the model files, which are seen from the folder of the study.
fn models(study: &Study, path: &Path) -> Result<BTreeMap<String, String>, Vec<Diagnostic>> {
    let folder = path.parent().unwrap_or(Path::new(""));
    let mut texts = BTreeMap::new();
    let mut missing = Vec::new();
    for name in study.model_files() {
        match files::read_model(&folder.join(name)) {
            Ok(text) => {
                texts.insert(name.to_owned(), text);
            }
            Err(diagnostic) => missing.push(diagnostic),
        }
    }
    if missing.is_empty() { Ok(texts) } else { Err(missing) }
}

/// A mistake of the study file at its line.
fn mistake(error: &StudyError, source: &str) -> Diagnostic {
    let mut start = 0;
    let mut line = "";
    for (at, text) in source.split_inclusive('\n').enumerate() {
        line = text.trim_end();
        if at + 1 >= error.line {
            break;
        }
        start += text.len();
    }
    let diagnostic = Diagnostic::error("E0723", format!("{}: {}", error.field, error.cause))
        .at(Span { start, end: start + line.len() }, "");
    match &error.remedy {
        Some(remedy) => diagnostic.hint(remedy.as_str()),
        None => diagnostic,
    }
}
