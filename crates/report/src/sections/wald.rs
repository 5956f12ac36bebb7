//! Wald tests of further constraints, and critical ratios for differences between parameters.

use latva_estimation::{CriticalRatios, WaldTest};
use latva_spec::table::ParTable;
use serde::Serialize;

use super::figure::Figure;
use super::row_in_words;
use crate::report::finite;

/// The tests that were asked for.
#[derive(Debug, Clone, Serialize)]
pub struct Wald {
    #[serde(rename = "wald")]
    pub(crate) tests: Vec<Test>,
}

/// A joint test.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Test {
    pub(crate) constraints: Vec<Constraint>,
    pub(crate) chisq: f64,
    pub(crate) df: f64,
    pub(crate) pvalue: Option<f64>,
}

/// One of its constraints, with left less right side.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Constraint {
    pub(crate) lhs: String,
    pub(crate) rhs: String,
    #[serde(flatten)]
    pub(crate) difference: Figure,
}

impl Wald {
    /// The section of these tests.
    pub fn new(tests: &[WaldTest]) -> Self {
        let tests = tests
            .iter()
            .map(|test| Test {
                constraints: test
                    .constraints
                    .iter()
                    .map(|constraint| Constraint {
                        lhs: constraint.lhs.clone(),
                        rhs: constraint.rhs.clone(),
                        difference: Figure::new(&constraint.difference),
                    })
                    .collect(),
                chisq: test.test.value,
                df: test.test.df,
                pvalue: finite(test.pvalue),
            })
            .collect();
        Wald { tests }
    }
}

/// z of every pair of free parameters.
#[derive(Debug, Clone, Serialize)]
pub struct Differences {
    #[serde(rename = "critical_ratios")]
    pub(crate) ratios: Ratios,
}

/// The parameters, and the matrix of row less column.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Ratios {
    pub(crate) parameters: Vec<Parameter>,
    pub(crate) z: Vec<Vec<Option<f64>>>,
}

/// A free parameter.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Parameter {
    pub(crate) lhs: String,
    pub(crate) op: &'static str,
    pub(crate) rhs: String,
    pub(crate) group: usize,
    pub(crate) label: String,
    #[serde(skip)]
    pub(crate) name: String,
}

impl Differences {
    /// The section of these ratios.
    pub fn new(table: &ParTable, ratios: &CriticalRatios) -> Self {
        let parameters = ratios
            .rows
            .iter()
            .map(|&row| &table.rows[row])
            .map(|row| Parameter {
                lhs: row.lhs.to_string(),
                op: row.op.as_str(),
                rhs: row.rhs.to_string(),
                group: row.group,
                label: row.label.to_string(),
                name: row_in_words(table, row),
            })
            .collect();
        let z = ratios.z.rows().into_iter().map(|row| row.to_vec()).collect();
        Differences { ratios: Ratios { parameters, z } }
    }
}
