//! Study files: reading them, their mistakes, and where the result goes.

use std::path::Path;

use latva_audit::{Study, StudyError};
use latva_spec::{Diagnostic, Span};

use crate::files;
use crate::messages::{Text, complain};
use crate::terminal::Terminal;

/// The text of a study file and the study; `None` when it is at fault, which has then been told.
pub(super) fn read(path: &Path, terminal: &mut Terminal<'_>) -> Option<(String, Study)> {
    let source = match files::read_text(path, "study file") {
        Ok(source) => source,
        Err(diagnostic) => {
            complain(terminal, None, &[diagnostic]);
            return None;
        }
    };
    match Study::parse(&source) {
        Ok(study) => Some((source, study)),
        Err(errors) => {
            complain_of_mistakes(terminal, path, &source, &errors.0);
            None
        }
    }
}

/// Tells the mistakes of a study file, each at its line.
pub(super) fn complain_of_mistakes(terminal: &mut Terminal<'_>, path: &Path, source: &str, mistakes: &[StudyError]) {
    let diagnostics: Vec<Diagnostic> = mistakes.iter().map(|error| mistake(error, source)).collect();
    let path = path.display().to_string();
    complain(terminal, Some(Text { path: &path, source }), &diagnostics);
}

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

/// Prints a result or writes it into a file; `false` when it could not be written, which has then been told.
pub(super) fn deliver(rendering: &str, out: Option<&Path>, terminal: &mut Terminal<'_>) -> bool {
    match out.map(|path| files::write(path, rendering)) {
        None => terminal.print(rendering),
        Some(Ok(())) => {}
        Some(Err(diagnostic)) => {
            complain(terminal, None, &[diagnostic]);
            return false;
        }
    }
    true
}
