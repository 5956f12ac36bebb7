//! `latva compare`.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::Path;

use latva_estimation::{DifferenceMethod, FitMeasures, difference, is_nested, scaled_difference, usual_method};
use latva_report::{Compared, ComparedPair, ComparisonReport, Setting, pairs_to_compare};
use latva_spec::Diagnostic;
use serde_json::Value;

use super::fit::{self, Fitted};
use super::study;
use crate::Outcome;
use crate::arguments::{self, Command, CompareArguments};
use crate::choices::{FORMATS, Format, format_of};
use crate::files;
use crate::messages::{Text, complain, complain_of_problems};
use crate::terminal::Terminal;

/// A model of the comparison, with its fit where it was fitted now.
struct Entry {
    compared: Compared,
    fitted: Option<Fitted>,
    sound: bool,
}

/// Fits the models, or reads their results, and compares them.
pub(crate) fn run(arguments: &CompareArguments, words: &[OsString], terminal: &mut Terminal<'_>) -> Outcome {
    let mut entries = Vec::with_capacity(arguments.models.len());
    for model in &arguments.models {
        match entry(model, arguments, words, terminal) {
            Some(entry) => entries.push(entry),
            None => return Outcome::Fault,
        }
    }
    let (compared, fits): (Vec<Compared>, Vec<(Option<Fitted>, bool)>) =
        entries.into_iter().map(|entry| (entry.compared, (entry.fitted, entry.sound))).unzip();
    let mut pairs = Vec::new();
    for models in pairs_to_compare(&compared) {
        let (restricted, general) = (&compared[models.restricted].measures, &compared[models.general].measures);
        let usual = usual_method(restricted).or_else(|| usual_method(general));
        let method = usual.map(|usual| arguments.method.and_then(|choice| choice.0).unwrap_or(usual));
        let (mut nested, mut scaled) = (None, None);
        if let (Some(restricted), Some(general)) = (&fits[models.restricted].0, &fits[models.general].0) {
            // Where the general model cannot be fitted to the moments of the restricted one, the question stays open.
            nested = is_nested(&restricted.fit, &general.fit).unwrap_or(None);
            if nested != Some(false)
                && let Some(method) = method
            {
                // What forbids it is told as the lack of the test.
                scaled = scaled_difference(method, restricted.model(), general.model()).unwrap_or(None);
            }
        } else if method == Some(DifferenceMethod::SatorraBentler2001) {
            scaled = difference(restricted, general).scaled;
        }
        pairs.push(ComparedPair { models, nested, method, scaled });
    }
    let report = ComparisonReport::new(env!("CARGO_PKG_VERSION"), &compared, &pairs);
    let rendering = match format_of(arguments.format, arguments.out.as_deref(), FORMATS) {
        Format::Json => report.to_json(),
        Format::Markdown => report.to_markdown(),
        Format::Latex => report.to_latex(),
        Format::Html => report.to_html(),
        Format::Csv => report.to_csv(),
        Format::Text => report.to_text(),
    };
    if !study::deliver(&rendering, arguments.out.as_deref(), terminal) {
        return Outcome::Fault;
    }
    if fits.iter().all(|(_, sound)| *sound) { Outcome::Sound } else { Outcome::Unsound }
}

/// Fits a model or reads a result; `None` when something is at fault, which has then been told.
fn entry(path: &Path, arguments: &CompareArguments, words: &[OsString], terminal: &mut Terminal<'_>) -> Option<Entry> {
    let is_result = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("json"));
    if is_result {
        return match files::read_text(path, "result file").and_then(|text| saved(path, &text)) {
            Ok(entry) => Some(entry),
            Err(diagnostic) => {
                complain(terminal, None, &[diagnostic]);
                None
            }
        };
    }
    let source = match files::read_model(path) {
        Ok(source) => source,
        Err(diagnostic) => {
            complain(terminal, None, &[diagnostic]);
            return None;
        }
    };
    let shown = path.display().to_string();
    let text = Text { path: &shown, source: &source };
    // The same words for `fit`, with this model in place of all.
    let mut words_of_fit: Vec<OsString> = vec![words.first()?.clone(), "fit".into(), path.as_os_str().to_owned()];
    let is_model = |word: &&OsString| arguments.models.iter().any(|model| model.as_os_str() == word.as_os_str());
    words_of_fit.extend(words_of_both(&words[2..]).filter(|word| !is_model(word)).cloned());
    let of_fit = match arguments::parse_overriding(&words_of_fit) {
        Ok(Command::Fit(of_fit)) => of_fit,
        Ok(_) => return None,
        Err(error) => {
            terminal.complain_styled(&error.render());
            return None;
        }
    };
    match fit::fitted(&of_fit, &words_of_fit, text, None) {
        Ok(fitted) => {
            complain_of_problems(terminal, Some(text), &fitted.fit.diagnostics);
            let compared = Compared {
                name: shown.clone(),
                measures: fitted.fit.measures.clone(),
                converged: fitted.fit.convergence.converged,
                setting: Setting::of(&fitted.fit, fitted.weights_column()),
            };
            Some(Entry { compared, sound: fitted.sound, fitted: Some(fitted) })
        }
        Err(diagnostics) => {
            complain(terminal, Some(text), &diagnostics);
            None
        }
    }
}

/// The words that `fit` knows too: without the options, each with a value, that `compare` alone has.
fn words_of_both(words: &[OsString]) -> impl Iterator<Item = &OsString> {
    let of_fit = arguments::option_names("fit");
    let mut own = arguments::option_names("compare");
    own.retain(|name| !of_fit.contains(name));
    let mut is_value = false;
    words.iter().filter(move |word| {
        let text = word.to_string_lossy();
        let named = |name: &String| text.strip_prefix("--").and_then(|rest| rest.strip_prefix(name.as_str()));
        let rest = own.iter().find_map(named).filter(|rest| rest.is_empty() || rest.starts_with('='));
        let kept = !is_value && rest.is_none();
        is_value = rest.is_some_and(str::is_empty);
        kept
    })
}

/// A result that `latva fit` wrote as JSON.
fn saved(path: &Path, text: &str) -> Result<Entry, Diagnostic> {
    let fault = |problem: &str| {
        Diagnostic::error("E0761", format!("`{}` is no saved result: {problem}", path.display()))
            .hint("save one with `latva fit MODEL --data FILE --out result.json`")
    };
    let value: Value = serde_json::from_str(text).map_err(|error| fault(&error.to_string()))?;
    if value["schema"] != "latva.fit/1" {
        return Err(fault("its schema is not `latva.fit/1`"));
    }
    let number = |value: &Value, what: &str| value.as_u64().ok_or_else(|| fault(&format!("it has no `{what}`")));
    let mut measures = FitMeasures::default();
    for (name, figure) in value["fit"].as_object().ok_or_else(|| fault("it has no `fit`"))? {
        if let Some(figure) = figure.as_f64() {
            measures.push(name.clone(), figure);
        }
    }
    let texts = |list: &Value| -> BTreeSet<String> {
        list.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let option = |name: &str| value["plan"][name].as_str().unwrap_or_default().to_owned();
    let converged = value["convergence"]["converged"].as_bool().unwrap_or(false);
    let setting = Setting {
        n_obs: number(&value["data"]["n_obs"], "data.n_obs")? as usize,
        variables: texts(&value["data"]["variables"]),
        sampling_weights: value["data"]["sampling_weights"]["column"].as_str().map(str::to_owned),
        groups: value["data"]["groups"].as_array().map_or(1, Vec::len),
        options: ["estimator", "likelihood", "mimic", "missing"].map(option),
        conditions_on_exogenous: number(&value["df"]["exogenous_moments"], "df.exogenous_moments")? > 0,
    };
    let compared = Compared { name: path.display().to_string(), measures, converged, setting };
    Ok(Entry { compared, fitted: None, sound: converged })
}
