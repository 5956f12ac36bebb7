//! The leading `#!` block of a model file: options that the command line may override.

use std::ffi::OsString;
use std::path::Path;

use clap::error::ContextKind;
use latva_spec::Diagnostic;
use latva_spec::tree::OptionEntry;

use crate::arguments::{self, Command};

/// Options that name a file; in a block they are relative to the folder of the model file.
const PATHS: [&str; 6] = ["data", "moments", "out", "scores", "predicted", "loglik"];
/// Of these options one replaces the other.
const SOURCES: [&str; 2] = ["data", "moments"];

/// The command with the options of the block under those of the command line, as `pick` takes it out of [`Command`]; `None`
/// without a block. Options that another command has, and this one not, are passed over.
///
/// # Errors
/// Diagnostics at the places of the block.
pub(crate) fn merge<A>(
    block: &[OptionEntry],
    model: &Path,
    words: &[OsString],
    pick: fn(Command) -> Option<A>,
) -> Result<Option<A>, Vec<Diagnostic>> {
    if block.is_empty() {
        return Ok(None);
    }
    let (Some(program), Some(command)) = (words.first(), words.get(1)) else {
        return Err(Vec::new());
    };
    let known = arguments::option_names("fit");
    let own = arguments::option_names(&command.to_string_lossy());
    let given_source = words.iter().any(|word| {
        let word = word.to_string_lossy();
        SOURCES.iter().any(|name| {
            word.strip_prefix("--")
                .and_then(|w| w.strip_prefix(name))
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('='))
        })
    });
    let mut diagnostics = Vec::new();
    let mut options: Vec<OsString> = Vec::new();
    let mut source: Option<&OptionEntry> = None;
    for entry in block {
        let name = entry.name.to_lowercase().replace(['.', '_'], "-");
        if !known.contains(&name) {
            diagnostics.push(unknown(entry, &name, &known));
            continue;
        }
        if !own.contains(&name) {
            continue;
        }
        if SOURCES.contains(&name.as_str()) {
            if given_source {
                continue;
            }
            if let Some(first) = source {
                diagnostics.push(
                    Diagnostic::error("E0705", "the option block names data twice")
                        .at(entry.span, "and here")
                        .related(first.span, "given here")
                        .hint("keep one of the two lines"),
                );
                continue;
            }
            source = Some(entry);
        }
        let word = word(&name, entry.value.as_deref(), model);
        let alone = [program.clone(), command.clone(), "MODEL".into(), word.clone()];
        match arguments::parse(&alone) {
            Ok(_) => options.push(word),
            Err(error) => diagnostics.push(bad_value(entry, &name, &error)),
        }
    }
    if !diagnostics.is_empty() {
        return Err(diagnostics);
    }
    let mut merged = vec![program.clone(), command.clone()];
    merged.extend(options);
    merged.extend(words[2..].iter().cloned());
    arguments::parse_overriding(&merged).map(pick).map_err(|error| {
        vec![Diagnostic::error(
            "E0708",
            format!("the option block does not go with the command line: {}", first_line(&error)),
        )]
    })
}

/// `--name=value`, with a path seen from the folder of the model.
fn word(name: &str, value: Option<&str>, model: &Path) -> OsString {
    let mut word = OsString::from(format!("--{name}"));
    if let Some(value) = value {
        word.push("=");
        match model.parent().filter(|_| PATHS.contains(&name)) {
            Some(folder) => word.push(folder.join(value)),
            None => word.push(value),
        }
    }
    word
}

fn unknown(entry: &OptionEntry, name: &str, known: &[String]) -> Diagnostic {
    let diagnostic =
        Diagnostic::error("E0707", format!("there is no option `{}`", entry.name)).at(entry.name_span, "not an option");
    match nearest(name, known) {
        Some(near) => diagnostic.hint(format!("did you mean `{near}`?")),
        None => diagnostic.hint("`latva fit --help` lists the options"),
    }
}

fn bad_value(entry: &OptionEntry, name: &str, error: &clap::Error) -> Diagnostic {
    let span = entry.value_span.unwrap_or(entry.name_span);
    let mut diagnostic = match &entry.value {
        Some(value) => Diagnostic::error("E0708", format!("`{value}` is not a value of the option `{name}`")),
        None => Diagnostic::error("E0708", format!("the option `{name}` needs a value")),
    }
    .at(span, "");
    match error.get(ContextKind::ValidValue) {
        Some(values) if !values.to_string().is_empty() => {
            diagnostic = diagnostic.hint(format!("it is one of {values}"));
        }
        _ => diagnostic = diagnostic.hint(first_line(error)),
    }
    diagnostic
}

/// What clap says, without its prefix.
fn first_line(error: &clap::Error) -> String {
    let text = error.to_string();
    let line = text.lines().next().unwrap_or_default();
    line.strip_prefix("error: ").unwrap_or(line).to_owned()
}

/// The known name that a mistyped one most likely meant.
fn nearest<'a>(name: &str, known: &'a [String]) -> Option<&'a str> {
    known
        .iter()
        .map(|candidate| (strsim::osa_distance(name, candidate), candidate))
        .filter(|(distance, _)| *distance <= (name.len() / 3).max(1))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate.as_str())
}
