//! Parsimony-adjusted indices.

use super::cfi::cfi;
use super::{ChiSquare, positive};

/// PRATIO = d / db. `None` when the baseline has no df.
///
/// Source: James, L. R., Mulaik, S. A., & Brett, J. M. (1982). Causal analysis.
pub fn pratio(model: ChiSquare, baseline: ChiSquare) -> Option<f64> {
    Some(model.usable()?.df / positive(baseline.usable()?.df)?)
}

/// PNFI = PRATIO * (Xb - X) / Xb. `None` when the baseline has no df or a chi-square of 0.
pub fn pnfi(model: ChiSquare, baseline: ChiSquare) -> Option<f64> {
    let ratio = pratio(model, baseline)?;
    Some(ratio * (1.0 - model.value / positive(baseline.value)?))
}

/// PCFI = PRATIO * CFI.
pub fn pcfi(model: ChiSquare, baseline: ChiSquare) -> Option<f64> {
    Some(pratio(model, baseline)? * cfi(model, baseline)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indices::golden::{AMOS_BASELINE, AMOS_MODEL, BASELINE, MODEL, close};

    #[test]
    fn golden_values() {
        close(pnfi(MODEL, BASELINE), 0.604_773_812_032_022, 1e-13);
        close(pratio(AMOS_MODEL, AMOS_BASELINE), 0.667, 5e-4);
        close(pnfi(AMOS_MODEL, AMOS_BASELINE), 0.605, 5e-4);
        close(pcfi(AMOS_MODEL, AMOS_BASELINE), 0.620, 5e-4);
    }

    #[test]
    fn limits() {
        let saturated = ChiSquare::new(0.0, 0.0);
        assert_eq!(pnfi(saturated, BASELINE), Some(0.0));
        assert_eq!(pcfi(saturated, BASELINE), Some(0.0));
        assert_eq!(pratio(MODEL, saturated), None);
        assert_eq!(pnfi(MODEL, ChiSquare::new(0.0, 36.0)), None);
    }
}
