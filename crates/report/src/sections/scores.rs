//! Factor scores: the file of the scores, and how well they are determined.

use std::fmt::Write as _;

use latva_estimation::{GroupPredictions, GroupScores, ScoreMethod};
use latva_spec::table::ParTable;
use ndarray::Array2;
use serde::Serialize;

use super::group_label;
use crate::render::csv;

/// What is told of the scores; the scores themselves are in their file.
#[derive(Debug, Clone, Serialize)]
pub struct Scores {
    #[serde(rename = "scores")]
    pub(crate) record: Record,
}

/// File, method, and the factors of each group.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Record {
    pub(crate) file: String,
    pub(crate) method: &'static str,
    pub(crate) factors: Vec<Factor>,
}

/// A factor in a group.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Factor {
    pub(crate) group: usize,
    #[serde(skip)]
    pub(crate) group_label: Option<String>,
    pub(crate) factor: String,
    /// Correlation of score and factor.
    pub(crate) determinacy: Option<f64>,
    /// Its square.
    pub(crate) reliability: Option<f64>,
    /// Standard error of the score of a case; the least, where it varies with what is missing.
    pub(crate) se: Option<f64>,
}

impl Scores {
    /// The section of scores that are written to a file.
    pub fn new(table: &ParTable, scores: &[GroupScores], method: ScoreMethod, file: &str) -> Self {
        let factors = scores
            .iter()
            .flat_map(|group| {
                group
                    .factors
                    .iter()
                    .zip(&group.reliability)
                    .zip(group.standard_errors.columns())
                    .map(move |((name, value), errors)| (group, name, value, errors))
            })
            .map(|(group, name, reliability, errors)| Factor {
                group: group.group,
                group_label: group_label(table, group.group).map(str::to_owned),
                factor: name.clone(),
                determinacy: reliability.filter(|value| *value >= 0.0).map(f64::sqrt),
                reliability: *reliability,
                se: errors.iter().flatten().copied().reduce(f64::min),
            })
            .collect();
        let method = match method {
            ScoreMethod::Regression => "regression",
            ScoreMethod::Bartlett => "Bartlett",
        };
        Scores { record: Record { file: file.to_owned(), method, factors } }
    }
}

/// The scores as CSV: number of the row in the data, group, a column per factor and, with `errors`, one per standard error, in the order
/// of the rows. `rows` has the numbers of each group's cases.
pub fn scores_csv(table: &ParTable, scores: &[GroupScores], rows: &[Vec<usize>], errors: bool) -> String {
    let columns: Vec<Columns<'_>> = scores
        .iter()
        .map(|group| {
            let mut columns = Columns { group: group.group, names: group.factors.clone(), values: vec![&group.scores] };
            if errors {
                columns.names.extend(group.factors.iter().map(|factor| format!("{factor}.se")));
                columns.values.push(&group.standard_errors);
            }
            columns
        })
        .collect();
    cases_csv(table, &columns, rows)
}

/// The predicted values of the indicators as CSV: number of the row in the data, group, and a column per indicator.
pub fn predictions_csv(table: &ParTable, predictions: &[GroupPredictions], rows: &[Vec<usize>]) -> String {
    let columns: Vec<Columns<'_>> = predictions
        .iter()
        .map(|group| Columns { group: group.group, names: group.indicators.clone(), values: vec![&group.values] })
        .collect();
    cases_csv(table, &columns, rows)
}

/// What the cases of a group have, side by side.
struct Columns<'a> {
    group: usize,
    names: Vec<String>,
    values: Vec<&'a Array2<Option<f64>>>,
}

impl Columns<'_> {
    /// The value of a case in a column.
    fn value(&self, case: usize, mut column: usize) -> Option<f64> {
        for values in &self.values {
            if column < values.ncols() {
                return values[[case, column]];
            }
            column -= values.ncols();
        }
        None
    }
}

fn cases_csv(table: &ParTable, groups: &[Columns<'_>], rows: &[Vec<usize>]) -> String {
    let mut names: Vec<&String> = Vec::new();
    for name in groups.iter().flat_map(|group| &group.names) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let mut out = String::from("row,group");
    for name in &names {
        out.push(',');
        csv::field(&mut out, name);
    }
    out.push('\n');
    let mut cases: Vec<(usize, &Columns<'_>, usize)> = groups
        .iter()
        .zip(rows)
        .flat_map(|(group, rows)| rows.iter().enumerate().map(move |(case, &row)| (row, group, case)))
        .collect();
    cases.sort_by_key(|(row, ..)| *row);
    for (row, group, case) in cases {
        out.push_str(&row.to_string());
        out.push(',');
        csv::field(&mut out, group_label(table, group.group).unwrap_or_default());
        for name in &names {
            out.push(',');
            let at = group.names.iter().position(|other| other == *name);
            if let Some(value) = at.and_then(|at| group.value(case, at)) {
                // Writing into a string cannot fail.
                let _ = write!(out, "{value:?}");
            }
        }
        out.push('\n');
    }
    out
}
