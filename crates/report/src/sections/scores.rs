//! Factor scores: the file of the scores, and how well they are determined.

use std::fmt::Write as _;

use latva_estimation::{GroupScores, ScoreMethod};
use latva_spec::table::ParTable;
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
}

impl Scores {
    /// The section of scores that are written to a file.
    pub fn new(table: &ParTable, scores: &[GroupScores], method: ScoreMethod, file: &str) -> Self {
        let factors = scores
            .iter()
            .flat_map(|group| {
                group.factors.iter().zip(&group.reliability).map(move |(name, value)| (group, name, value))
            })
            .map(|(group, name, reliability)| Factor {
                group: group.group,
                group_label: group_label(table, group.group).map(str::to_owned),
                factor: name.clone(),
                determinacy: reliability.filter(|value| *value >= 0.0).map(f64::sqrt),
                reliability: *reliability,
            })
            .collect();
        let method = match method {
            ScoreMethod::Regression => "regression",
            ScoreMethod::Bartlett => "Bartlett",
        };
        Scores { record: Record { file: file.to_owned(), method, factors } }
    }
}

/// The scores as CSV: number of the row in the data, group, and a column per factor, in the order of the rows. `rows` has the numbers
/// of each group's cases.
pub fn scores_csv(table: &ParTable, scores: &[GroupScores], rows: &[Vec<usize>]) -> String {
    let mut names: Vec<&String> = Vec::new();
    for name in scores.iter().flat_map(|group| &group.factors) {
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
    let mut cases: Vec<(usize, &GroupScores, usize)> = scores
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
            let at = group.factors.iter().position(|other| other == *name);
            if let Some(score) = at.and_then(|at| group.scores.get([case, at]).copied().flatten()) {
                // Writing into a string cannot fail.
                let _ = write!(out, "{score:?}");
            }
        }
        out.push('\n');
    }
    out
}
