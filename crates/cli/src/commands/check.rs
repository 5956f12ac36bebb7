//! `latva check`.

use std::ffi::OsString;
use std::path::Path;

use latva_audit::{DataSource, FitOption, Model, Refit, Study, StudyError};
use latva_estimation::Fit;
use latva_spec::Diagnostic;

use super::source::Source;
use super::{fit, study};
use crate::Outcome;
use crate::arguments::{self, CheckArguments, Command};
use crate::choices::{CHECK_FORMATS, Format, format_of};
use crate::files;
use crate::messages::{Text, complain};
use crate::terminal::Terminal;

/// Fits the models of a study again and holds the registered figures against the fits.
pub(crate) fn run(arguments: &CheckArguments, terminal: &mut Terminal<'_>) -> Outcome {
    let Some((source, study)) = study::read(&arguments.study, terminal) else {
        return Outcome::Fault;
    };
    if study.models.iter().all(|model| model.refit.is_none()) {
        let nothing = StudyError {
            line: study.models.first().map_or(1, |model| model.line),
            field: "model".to_owned(),
            cause: "no model names the data to which it can be fitted again".to_owned(),
            remedy: Some("give a model `syntax` and one of `data`, `moments` and `correlations`".to_owned()),
        };
        study::complain_of_mistakes(terminal, &arguments.study, &source, &[nothing]);
        return Outcome::Fault;
    }
    let mut fits = Vec::with_capacity(study.models.len());
    let mut faulty = false;
    for (index, model) in study.models.iter().enumerate() {
        let Some(refit) = &model.refit else {
            fits.push(None);
            continue;
        };
        let task = Task { study: &study, model, refit, number: index + 1, path: &arguments.study, source: &source };
        let fitted = task.fit(terminal);
        faulty |= fitted.is_none();
        fits.push(fitted);
    }
    if faulty {
        return Outcome::Fault;
    }
    let check = match latva_audit::check(&study, &fits) {
        Ok(check) => check,
        Err(errors) => {
            study::complain_of_mistakes(terminal, &arguments.study, &source, &errors.0);
            return Outcome::Fault;
        }
    };
    let rendering = match format_of(arguments.format, arguments.out.as_deref(), CHECK_FORMATS) {
        Format::Json => check.to_json(),
        Format::Markdown => check.to_markdown(),
        _ => check.to_text(),
    };
    if !study::deliver(&rendering, arguments.out.as_deref(), terminal) {
        return Outcome::Fault;
    }
    if check.all_agree() { Outcome::Sound } else { Outcome::Unsound }
}

/// A model that is to be fitted again.
struct Task<'a> {
    study: &'a Study,
    model: &'a Model,
    refit: &'a Refit,
    /// Number of the model in the file, from 1.
    number: usize,
    /// The study file.
    path: &'a Path,
    /// Its text.
    source: &'a str,
}

impl Task<'_> {
    /// The fit; `None` when something is at fault, which has then been told.
    fn fit(&self, terminal: &mut Terminal<'_>) -> Option<Fit> {
        let folder = self.path.parent().unwrap_or(Path::new(""));
        let file = folder.join(&self.model.syntax);
        let text = match files::read_model(&file) {
            Ok(text) => text,
            Err(diagnostic) => return self.fault(terminal, self.model.line, "syntax", None, &[diagnostic]),
        };
        let mut words: Vec<OsString> = ["latva", "fit"].map(OsString::from).to_vec();
        words.push(file.clone().into_os_string());
        words.push(format!("--as={}", self.model.kind.as_option()).into());
        let mut given = None;
        match &self.refit.data {
            DataSource::Cases(name) => words.push(file_word("data", &folder.join(name))),
            DataSource::Moments(name) => words.push(file_word("moments", &folder.join(name))),
            DataSource::Table(name) => match self.table(name) {
                Ok(source) => given = Some(source),
                Err(cause) => return self.mistake(terminal, self.model.line, "correlations", cause, "print it there"),
            },
        }
        for option in &self.refit.options {
            match option_word(option) {
                Ok(word) => words.push(word),
                Err((cause, remedy)) => {
                    return self.mistake(terminal, option.line, &format!("options.{}", option.name), cause, &remedy);
                }
            }
        }
        let arguments = match arguments::parse_overriding(&words) {
            Ok(Command::Fit(arguments)) => arguments,
            Ok(_) => return None,
            Err(error) => {
                return self.mistake(
                    terminal,
                    self.model.line,
                    "options",
                    first_line(&error),
                    "see `latva fit --help`",
                );
            }
        };
        let shown = file.display().to_string();
        let text = Text { path: &shown, source: &text };
        match fit::fitted(&arguments, &words, text, given) {
            Ok(fitted) => Some(fitted.fit),
            Err(diagnostics) => {
                let errors: Vec<Diagnostic> = diagnostics.into_iter().filter(Diagnostic::is_error).collect();
                self.fault(terminal, self.model.line, "", Some(text), &errors)
            }
        }
    }

    /// The moments of a table of the study.
    fn table(&self, name: &str) -> Result<Source, String> {
        let table = self.study.tables.iter().find(|table| table.name == name);
        let table = table.ok_or_else(|| format!("there is no table `{name}`"))?;
        let moments = latva_audit::moments_of_table(table).map_err(|error| error.to_string())?;
        Source::of_moments(&format!("{} of {}", table.name, self.path.display()), &moments)
            .map_err(|diagnostic| diagnostic.message)
    }

    fn field(&self, field: &str) -> String {
        let model = format!("model[{}]", self.number);
        if field.is_empty() { model } else { format!("{model}.{field}") }
    }

    fn mistake<T>(
        &self,
        terminal: &mut Terminal<'_>,
        line: usize,
        field: &str,
        cause: String,
        remedy: &str,
    ) -> Option<T> {
        let mistake = StudyError { line, field: self.field(field), cause, remedy: Some(remedy.to_owned()) };
        study::complain_of_mistakes(terminal, self.path, self.source, &[mistake]);
        None
    }

    /// Tells that the model cannot be fitted, and why.
    fn fault<T>(
        &self,
        terminal: &mut Terminal<'_>,
        line: usize,
        field: &str,
        text: Option<Text<'_>>,
        reasons: &[Diagnostic],
    ) -> Option<T> {
        let cause = format!("`{}` cannot be fitted", self.model.name);
        let remedy = "the reason follows";
        self.mistake::<T>(terminal, line, field, cause, remedy);
        complain(terminal, text, reasons);
        None
    }
}

fn file_word(option: &str, path: &Path) -> OsString {
    let mut word = OsString::from(format!("--{option}="));
    word.push(path);
    word
}

/// An option of the study file as a word of the command line.
///
/// # Errors
/// Cause and remedy, where `latva fit` has no such option or no such value of it.
fn option_word(option: &FitOption) -> Result<OsString, (String, String)> {
    let name = option.name.to_lowercase().replace(['.', '_'], "-");
    if !arguments::option_names("fit").contains(&name) {
        return Err(("`latva fit` has no such option".to_owned(), "`latva fit --help` lists the options".to_owned()));
    }
    let word = OsString::from(format!("--{name}={}", option.value));
    let alone = [OsString::from("latva"), "fit".into(), "MODEL".into(), word.clone()];
    match arguments::parse(&alone) {
        Ok(_) => Ok(word),
        Err(error) => Err((format!("`{}` is not a value of it", option.value), first_line(&error))),
    }
}

/// What clap says, without its prefix.
fn first_line(error: &clap::Error) -> String {
    let text = error.to_string();
    let line = text.lines().next().unwrap_or_default();
    line.strip_prefix("error: ").unwrap_or(line).to_owned()
}
