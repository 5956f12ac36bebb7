//! Modification indices, and score tests of equality constraints.

use latva_estimation::{ConstraintTests, ModificationIndex, Restriction};
use latva_spec::table::ParTable;
use serde::Serialize;

use super::{group_label, side_in_words};
use crate::report::{finite, offsets};

/// The score tests of a fit.
#[derive(Debug, Clone, Serialize)]
pub struct Modification {
    /// The smallest index that is listed.
    #[serde(rename = "modification_minimum")]
    pub(crate) minimum: f64,
    /// The indices, largest first.
    #[serde(rename = "modification_indices")]
    pub(crate) indices: Vec<Index>,
    /// The equality constraints, each given up by itself.
    #[serde(rename = "constraint_tests")]
    pub(crate) constraints: Vec<Constraint>,
    /// All of them given up.
    #[serde(rename = "constraint_tests_total")]
    pub(crate) total: Option<Test>,
}

/// One index.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Index {
    pub(crate) lhs: String,
    pub(crate) op: &'static str,
    pub(crate) rhs: String,
    pub(crate) group: usize,
    pub(crate) mi: f64,
    pub(crate) epc: f64,
    pub(crate) sepc_lv: Option<f64>,
    pub(crate) sepc_all: Option<f64>,
    pub(crate) sepc_nox: Option<f64>,
    /// What the parameter would change in the kind of the model.
    pub(crate) changes: Option<&'static str>,
    #[serde(skip)]
    pub(crate) name: String,
    #[serde(skip)]
    pub(crate) group_label: Option<String>,
}

/// The test of one constraint.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Constraint {
    pub(crate) lhs: String,
    pub(crate) rhs: String,
    #[serde(flatten)]
    pub(crate) test: Test,
    pub(crate) span: Option<[usize; 2]>,
    #[serde(skip)]
    pub(crate) name: String,
}

/// A chi-square; without values where it cannot be computed.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Test {
    pub(crate) chisq: Option<f64>,
    pub(crate) df: Option<f64>,
    pub(crate) pvalue: Option<f64>,
}

impl Modification {
    /// The section of the indices of at least `minimum`; with `amos`, of those that AMOS offers.
    pub fn new(
        table: &ParTable,
        indices: &[ModificationIndex],
        minimum: f64,
        amos: bool,
        tests: &ConstraintTests,
    ) -> Self {
        Modification {
            minimum,
            indices: indices
                .iter()
                .filter(|index| index.mi >= minimum && index.mi.is_finite())
                .filter(|index| !amos || index.restriction.is_none())
                .map(|index| Index {
                    lhs: index.lhs.clone(),
                    op: index.op.as_str(),
                    rhs: index.rhs.clone(),
                    group: index.group,
                    mi: index.mi,
                    epc: index.epc,
                    sepc_lv: finite(index.sepc_lv),
                    sepc_all: finite(index.sepc_all),
                    sepc_nox: finite(index.sepc_nox),
                    changes: index.restriction.map(|restriction| match restriction {
                        Restriction::MakesEndogenous => "exogenous variable becomes endogenous",
                        Restriction::MakesLoop => "model becomes non-recursive",
                    }),
                    name: index.op.written(&index.lhs, &index.rhs),
                    group_label: group_label(table, index.group).map(str::to_owned),
                })
                .collect(),
            constraints: tests
                .single
                .iter()
                .map(|single| Constraint {
                    lhs: single.lhs.clone(),
                    rhs: single.rhs.clone(),
                    test: Test {
                        chisq: finite(single.test.map(|test| test.value)),
                        df: single.test.map(|test| test.df),
                        pvalue: finite(single.pvalue),
                    },
                    span: offsets(single.span),
                    name: format!("{} == {}", side_in_words(table, &single.lhs), side_in_words(table, &single.rhs)),
                })
                .collect(),
            total: tests.total.map(|total| Test {
                chisq: finite(Some(total.value)),
                df: Some(total.df),
                pvalue: finite(tests.pvalue),
            }),
        }
    }
}
