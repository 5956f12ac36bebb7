//! `latva table`.

use std::ffi::OsString;

use latva_report::TableReport;
use latva_spec::Diagnostic;

use super::settings;
use crate::Outcome;
use crate::arguments::{Command, TableArguments};
use crate::choices::Format;
use crate::messages::{Text, complain, complain_of_problems};
use crate::terminal::Terminal;
use crate::{files, option_block};

/// Shows the parameter table of a model.
pub(crate) fn run(arguments: &TableArguments, words: &[OsString], terminal: &mut Terminal<'_>) -> Outcome {
    let source = match files::read_model(&arguments.model) {
        Ok(source) => source,
        Err(diagnostic) => {
            complain(terminal, None, &[diagnostic]);
            return Outcome::Fault;
        }
    };
    let path = arguments.model.display().to_string();
    let text = Text { path: &path, source: &source };
    match table(arguments, words, text) {
        Ok((rendering, diagnostics)) => {
            complain_of_problems(terminal, Some(text), &diagnostics);
            terminal.print(&rendering);
            Outcome::Sound
        }
        Err(diagnostics) => {
            complain(terminal, Some(text), &diagnostics);
            Outcome::Fault
        }
    }
}

fn table(
    arguments: &TableArguments,
    words: &[OsString],
    text: Text<'_>,
) -> Result<(String, Vec<Diagnostic>), Vec<Diagnostic>> {
    let parsed = latva_spec::parse(text.source);
    let mut diagnostics = parsed.diagnostics;
    let pick = |command| match command {
        Command::Table(arguments) => Some(arguments),
        _ => None,
    };
    let merged = match option_block::merge(&parsed.model.options, &arguments.model, words, pick) {
        Ok(merged) => merged,
        Err(more) => {
            diagnostics.extend(more);
            return Err(diagnostics);
        }
    };
    let arguments = merged.as_ref().unwrap_or(arguments);
    if diagnostics.iter().any(Diagnostic::is_error) {
        return Err(diagnostics);
    }
    let mut context = settings::table_context(&arguments.table);
    if let Some(groups) = arguments.groups.filter(|groups| *groups > 1) {
        context.groups = (1..=groups).map(|group| group.to_string()).collect();
    }
    let (table, more) = latva_spec::table::build(&parsed.model, &context);
    diagnostics.extend(more);
    if diagnostics.iter().any(Diagnostic::is_error) {
        return Err(diagnostics);
    }
    let report = TableReport::new(&table, context.kind, &diagnostics);
    let rendering = match arguments.format.unwrap_or(Format::Text) {
        Format::Json => report.to_json(),
        _ => report.to_text(),
    };
    Ok((rendering, diagnostics))
}
