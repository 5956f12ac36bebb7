//! A function of the parameters, as JSON has it.

use latva_estimation::DeltaEstimate;
use serde::Serialize;

use crate::report::finite;

/// Estimate and inference.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Figure {
    pub(crate) est: f64,
    pub(crate) se: Option<f64>,
    pub(crate) z: Option<f64>,
    pub(crate) pvalue: Option<f64>,
    pub(crate) ci_lower: Option<f64>,
    pub(crate) ci_upper: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ci_pvalue: Option<f64>,
}

impl Figure {
    pub(crate) fn new(estimate: &DeltaEstimate) -> Self {
        Figure {
            est: estimate.est,
            se: finite(estimate.se),
            z: finite(estimate.z),
            pvalue: finite(estimate.pvalue),
            ci_lower: finite(estimate.ci_lower),
            ci_upper: finite(estimate.ci_upper),
            ci_pvalue: finite(estimate.ci_pvalue),
        }
    }
}
