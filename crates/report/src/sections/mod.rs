//! What is reported beside estimates and fit where it is asked for: a file per section, with its serialisable form.

mod effects;
mod figure;
mod likelihoods;
mod modification;
mod residuals;
mod scores;
mod standardized;
mod wald;

use latva_spec::table::{ParTable, Row};
use serde::Serialize;

pub(crate) use effects::Effect;
pub use effects::Effects;
pub(crate) use figure::Figure;
pub use likelihoods::{Likelihoods, likelihoods_csv};
pub use modification::Modification;
pub(crate) use modification::Test;
pub use residuals::Residuals;
pub(crate) use residuals::{Block as ResidualBlock, Kind as ResidualKind, MeanSquare};
pub use scores::{Scores, predictions_csv, scores_csv};
pub use standardized::Standardized;
pub use wald::{Differences, Wald};

/// The sections that were asked for; absent ones leave no trace in any rendering.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Sections {
    /// Modification indices, and score tests of equality constraints.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub modification: Option<Modification>,
    /// Residuals of the moments.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub residuals: Option<Residuals>,
    /// Effects of one variable on another.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub effects: Option<Effects>,
    /// Wald tests.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub wald: Option<Wald>,
    /// Critical ratios for differences between parameters.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub differences: Option<Differences>,
    /// Where factor scores were written, and how reliable they are.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub scores: Option<Scores>,
    /// Where the log-likelihoods of the cases were written.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub likelihoods: Option<Likelihoods>,
    /// Which standardized estimates are shown with their standard errors; the rows of the parameters have them in any case.
    #[serde(skip)]
    pub standardized: Option<Standardized>,
}

/// A row as the model syntax writes it, with its group where there are several.
pub(crate) fn row_in_words(table: &ParTable, row: &Row) -> String {
    let name = row.op.written(&row.lhs, &row.rhs);
    match group_label(table, row.group) {
        Some(label) => format!("{name} ({label})"),
        None => name,
    }
}

/// One side of a constraint: an automatic label as the parameter that it stands for, anything else as it is.
pub(crate) fn side_in_words(table: &ParTable, side: &str) -> String {
    table
        .rows
        .iter()
        .find(|row| row.op.is_parameter() && row.plabel() == side)
        .map_or_else(|| side.to_owned(), |row| row_in_words(table, row))
}

/// The label of a group where there are several; `None` with one group.
pub(crate) fn group_label(table: &ParTable, group: usize) -> Option<&str> {
    (table.group_labels.len() > 1).then(|| table.group_labels.get(group.checked_sub(1)?)).flatten().map(String::as_str)
}
