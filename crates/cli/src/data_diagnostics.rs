//! Faults of data and remarks on them as diagnostics, with the place of the variable in the model.

use latva_data::{DataError, DataNote};
use latva_spec::table::ParTable;
use latva_spec::{Diagnostic, Span};

/// The diagnostic of a fault; `table` gives the places of variables.
pub(crate) fn fault(error: &DataError, table: Option<&ParTable>) -> Diagnostic {
    let (id, variable) = match error {
        DataError::NotText { .. }
        | DataError::BrokenUtf16
        | DataError::UnclosedQuote { .. }
        | DataError::NoHeader { .. }
        | DataError::Ragged { .. } => ("E0710", None),
        DataError::Empty | DataError::NoRows => ("E0711", None),
        DataError::UnknownVariable { name, .. } => ("E0712", Some(name)),
        DataError::UnknownGroupVariable { .. } | DataError::UnknownGroup { .. } => ("E0713", None),
        DataError::RepeatedName { name, .. } | DataError::ListedTwice { name } => ("E0714", Some(name)),
        DataError::TextColumn { column, .. } | DataError::NotFinite { column, .. } => ("E0715", Some(column)),
        DataError::AllMissing { name, .. } | DataError::Constant { name, .. } | DataError::Scale { name, .. } => {
            ("E0716", Some(name))
        }
        DataError::NoCompleteRows { .. } | DataError::TooFewRows { .. } => ("E0717", None),
        DataError::Collinear { .. } | DataError::NotPositiveDefinite { .. } => ("E0718", None),
        DataError::NeverTogether { first, .. } => ("E0719", Some(first)),
        DataError::UnknownWeights { .. } | DataError::BadWeights { .. } | DataError::NoWeight { .. } => ("E0724", None),
        DataError::WeightedPairwise => ("E0835", None),
        DataError::NoVariables => ("E0720", None),
        // What else there is concerns the fields of a moments file.
        _ => ("E0721", None),
    };
    let text = error.to_string();
    // What follows the last semicolon is the remedy.
    let diagnostic = match text.rsplit_once("; ") {
        Some((message, remedy)) if !text.contains('\n') => Diagnostic::error(id, message).hint(remedy),
        _ => Diagnostic::error(id, text),
    };
    let diagnostic = match error {
        // A few words among numbers are no labels.
        DataError::TextColumn { column, count, rows, .. } if 2 * count > *rows => diagnostic.hint(format!(
            "if they are labels of groups, leave `{column}` out of the model and give `--group {column}`"
        )),
        _ => diagnostic,
    };
    let place = variable.and_then(|name| mention(table?, name));
    diagnostic.at_option(place, "used here")
}

/// Where the user first mentions a variable.
fn mention(table: &ParTable, name: &str) -> Option<Span> {
    table
        .rows
        .iter()
        .filter(|row| row.lhs == name || row.rhs == name)
        .filter_map(|row| row.span)
        .min_by_key(|span| span.start)
}

/// The diagnostic of a remark.
pub(crate) fn remark(note: &DataNote) -> Diagnostic {
    let message = note.to_string();
    match note {
        DataNote::NotUtf8 | DataNote::RowNames | DataNote::TrailingDelimiter | DataNote::DecimalComma => {
            Diagnostic::note("N0750", message)
        }
        DataNote::UnnamedColumn { .. } | DataNote::RepeatedName { .. } => Diagnostic::note("N0751", message),
        DataNote::Listwise { .. } => Diagnostic::note("N0752", message).hint("`--missing ml` uses all cases"),
        DataNote::EmptyRows { .. } => Diagnostic::note("N0752", message),
        DataNote::MissingRequired { .. } => {
            Diagnostic::note("N0752", message).hint("`--missing ml.x` or `--fixed-x false` keeps them")
        }
        DataNote::MissingGroup { .. } | DataNote::OtherGroups { .. } => Diagnostic::note("N0753", message),
        DataNote::NeverTogether { .. } => Diagnostic::warning("W0754", message),
        DataNote::ZeroWeights { .. } => Diagnostic::note("N0763", message),
        DataNote::WeightsInModel { column } => Diagnostic::warning("W0764", message)
            .hint(format!("look whether `{column}` is what you mean; analyse a variable under its own name")),
        DataNote::Rescaled => Diagnostic::note("N0755", message),
        DataNote::CorrelationsAlone => {
            Diagnostic::warning("W0756", message).hint("give the standard deviations in the moments file")
        }
    }
}
