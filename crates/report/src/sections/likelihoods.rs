//! Log-likelihoods of cases: their file, and what they add up to.

use std::fmt::Write as _;

use latva_estimation::CaseLikelihoods;
use latva_spec::table::ParTable;
use serde::Serialize;

use super::group_label;
use crate::render::csv;

/// How many of the least likely cases are named.
const NAMED: usize = 5;

/// What is told of the log-likelihoods; they themselves are in their file.
#[derive(Debug, Clone, Serialize)]
pub struct Likelihoods {
    #[serde(rename = "case_likelihoods")]
    pub(crate) record: Record,
}

/// File, sum, and the cases with the lowest values.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Record {
    pub(crate) file: String,
    pub(crate) cases: usize,
    pub(crate) sum: f64,
    pub(crate) lowest: Vec<Lowest>,
}

/// A case.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Lowest {
    /// Number of the row in the data, from 1.
    pub(crate) row: usize,
    pub(crate) group: usize,
    #[serde(skip)]
    pub(crate) group_label: Option<String>,
    pub(crate) loglik: f64,
}

/// Row, group and value of the cases that have one, in the order of the rows.
fn by_row(likelihoods: &[CaseLikelihoods], rows: &[Vec<usize>]) -> Vec<(usize, usize, f64)> {
    let mut cases: Vec<(usize, usize, f64)> = likelihoods
        .iter()
        .zip(rows)
        .flat_map(|(group, rows)| {
            rows.iter().zip(&group.values).filter_map(|(&row, value)| Some((row, group.group, (*value)?)))
        })
        .collect();
    cases.sort_by_key(|(row, ..)| *row);
    cases
}

impl Likelihoods {
    /// The section of log-likelihoods that are written to a file. `rows` has the numbers of each group's cases.
    pub fn new(table: &ParTable, likelihoods: &[CaseLikelihoods], rows: &[Vec<usize>], file: &str) -> Self {
        let mut cases = by_row(likelihoods, rows);
        let sum = cases.iter().map(|(.., value)| value).sum();
        let count = cases.len();
        cases.sort_by(|one, other| one.2.total_cmp(&other.2));
        let lowest = cases
            .into_iter()
            .take(NAMED)
            .map(|(row, group, loglik)| Lowest {
                row,
                group,
                group_label: group_label(table, group).map(str::to_owned),
                loglik,
            })
            .collect();
        Likelihoods { record: Record { file: file.to_owned(), cases: count, sum, lowest } }
    }
}

/// The log-likelihoods as CSV: number of the row in the data, group, value.
pub fn likelihoods_csv(table: &ParTable, likelihoods: &[CaseLikelihoods], rows: &[Vec<usize>]) -> String {
    let mut out = String::from("row,group,loglik\n");
    for (row, group, value) in by_row(likelihoods, rows) {
        // Writing into a string cannot fail.
        let _ = write!(out, "{row},");
        csv::field(&mut out, group_label(table, group).unwrap_or_default());
        let _ = writeln!(out, ",{value:?}");
    }
    out
}
