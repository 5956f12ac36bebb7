//! `latva fit`.

use std::ffi::OsString;

use latva_data::Sample;
use latva_estimation::{Fit, FittedModel};
use latva_report::{Context, DataContext, Report};
use latva_spec::Diagnostic;
use latva_spec::table::TableContext;

use super::source::Source;
use super::{further, settings, source};
use crate::Outcome;
use crate::arguments::{Command, FitArguments, FurtherArguments, OutputArguments};
use crate::choices::{FORMATS, Format, format_of};
use crate::messages::{Text, complain, complain_of_problems};
use crate::terminal::Terminal;
use crate::{files, option_block};

/// Reads the model and its data, fits and reports.
pub(crate) fn run(arguments: &FitArguments, words: &[OsString], terminal: &mut Terminal<'_>) -> Outcome {
    let source = match files::read_model(&arguments.model) {
        Ok(source) => source,
        Err(diagnostic) => {
            complain(terminal, None, &[diagnostic]);
            return Outcome::Fault;
        }
    };
    let path = arguments.model.display().to_string();
    let text = Text { path: &path, source: &source };
    match fit(arguments, words, text) {
        Ok(done) => {
            complain_of_problems(terminal, Some(text), &done.diagnostics);
            match &done.out {
                None => terminal.print(&done.rendering),
                Some(path) => {
                    if let Err(diagnostic) = files::write(path, &done.rendering) {
                        complain(terminal, None, &[diagnostic]);
                        return Outcome::Fault;
                    }
                }
            }
            if done.sound { Outcome::Sound } else { Outcome::Unsound }
        }
        Err(diagnostics) => {
            complain(terminal, Some(text), &diagnostics);
            Outcome::Fault
        }
    }
}

/// What there is to say at the end.
struct Done {
    rendering: String,
    out: Option<std::path::PathBuf>,
    diagnostics: Vec<Diagnostic>,
    sound: bool,
}

fn fit(arguments: &FitArguments, words: &[OsString], text: Text<'_>) -> Result<Done, Vec<Diagnostic>> {
    let Fitted { fit, sample, context, data, sound, further, format, out } = fitted(arguments, words, text, None)?;
    let sections = further::sections(&further, &fit, &sample, &data)?;
    let report = Report::new(
        &fit,
        &Context {
            version: env!("CARGO_PKG_VERSION"),
            model_file: Some(text.path),
            model_source: text.source,
            table: &context,
            data: DataContext {
                file: &data.file,
                sha256: &data.sha256,
                kind: data.kind(),
                n_total: data.n_total(),
                group_variable: data.group_variable(),
                sampling_weights: data.sampling_weights(),
            },
        },
    )
    .with(sections);
    let rendering = match format_of(format, out.as_deref(), FORMATS) {
        Format::Text => report.to_text(),
        Format::Json => report.to_json(),
        Format::Markdown => report.to_markdown(),
        Format::Latex => report.to_latex(),
        Format::Html => report.to_html(),
        Format::Csv => report.to_csv(),
    };
    Ok(Done { rendering, out, diagnostics: fit.diagnostics, sound })
}

/// A model that was fitted, and what a report needs beside the fit.
pub(super) struct Fitted {
    /// The fit, with all that there is to say.
    pub(super) fit: Fit,
    sample: Sample,
    context: TableContext,
    data: Source,
    pub(super) sound: bool,
    further: FurtherArguments,
    format: Option<Format>,
    out: Option<std::path::PathBuf>,
}

impl Fitted {
    /// The column of the sampling weights.
    pub(super) fn weights_column(&self) -> Option<&str> {
        self.data.sampling_weights().map(|weights| weights.column.as_str())
    }

    /// The fit with its sample.
    pub(super) fn model(&self) -> FittedModel<'_> {
        FittedModel { fit: &self.fit, sample: &self.sample }
    }
}

/// Fits the model of a text. `given` are data in place of those that the arguments name.
///
/// # Errors
/// What forbids the fit, at its place in the text where it has one.
pub(super) fn fitted(
    arguments: &FitArguments,
    words: &[OsString],
    text: Text<'_>,
    given: Option<Source>,
) -> Result<Fitted, Vec<Diagnostic>> {
    let parsed = latva_spec::parse(text.source);
    let mut diagnostics = parsed.diagnostics;
    let pick = |command| match command {
        Command::Fit(arguments) => Some(arguments),
        _ => None,
    };
    let merged = match option_block::merge(&parsed.model.options, &arguments.model, words, pick) {
        Ok(merged) => merged,
        Err(more) => {
            diagnostics.extend(more);
            return Err(diagnostics);
        }
    };
    let arguments = merged.as_deref().unwrap_or(arguments);
    let data = match given.map_or_else(|| source::read(&arguments.source), Ok) {
        Ok(data) => data,
        Err(diagnostic) => {
            diagnostics.push(diagnostic);
            return Err(diagnostics);
        }
    };
    if diagnostics.iter().any(Diagnostic::is_error) {
        return Err(diagnostics);
    }
    let mut context = settings::table_context(&arguments.table);
    context.variables = Some(data.variables());
    context.groups = data.groups().map_err(|diagnostic| vec![diagnostic])?;
    diagnostics.extend(unheard(arguments, &context));
    let (table, more) = latva_spec::table::build(&parsed.model, &context);
    diagnostics.extend(more);
    if diagnostics.iter().any(Diagnostic::is_error) {
        return Err(diagnostics);
    }
    let options = settings::estimation_options(&arguments.table, &arguments.estimation);
    let sample = match data.sample(&table, &options) {
        Ok((sample, notes)) => {
            diagnostics.extend(notes);
            sample
        }
        Err(diagnostic) => {
            diagnostics.push(diagnostic);
            return Err(diagnostics);
        }
    };
    let mut fit = match latva_estimation::fit(&table, &sample, &options) {
        Ok(fit) => fit,
        Err(error) => {
            diagnostics.extend(error.diagnostics());
            return Err(diagnostics);
        }
    };
    let sound = fit.is_sound();
    diagnostics.append(&mut fit.diagnostics);
    fit.diagnostics = diagnostics;
    let OutputArguments { format, out } = &arguments.output;
    let further = arguments.further.clone();
    Ok(Fitted { fit, sample, context, data, sound, further, format: *format, out: out.clone() })
}

/// Options that cannot be obeyed.
fn unheard(arguments: &FitArguments, context: &TableContext) -> Option<Diagnostic> {
    if !context.ordered.is_empty() {
        return Some(
            Diagnostic::error("E0722", "models of ordered variables cannot be estimated yet")
                .hint("leave `--ordered` out to analyse the categories as numbers, if that can be defended"),
        );
    }
    let grouped = !context.options.group_equal.is_empty() && context.groups.is_empty();
    (grouped && arguments.source.group.is_none()).then(|| {
        Diagnostic::warning("W0757", "`--group-equal` has no effect, because there is only one group")
            .hint("name the variable that holds the groups with `--group`")
    })
}
