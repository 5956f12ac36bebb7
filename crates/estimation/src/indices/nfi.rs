//! Normed fit index (AMOS: NFI Delta1).

use super::{ChiSquare, positive};

/// NFI = (Xb - X) / Xb; 1 when d = 0. `None` when Xb = 0 or when the model has more df than its baseline.
///
/// Source: Bentler, P. M., & Bonett, D. G. (1980). Psychological Bulletin 88, 588-606.
pub fn nfi(model: ChiSquare, baseline: ChiSquare) -> Option<f64> {
    let (model, baseline) = (model.usable()?, baseline.usable()?);
    let denominator = positive(baseline.value)?;
    if model.df > baseline.df {
        return None;
    }
    Some(if model.df > 0.0 { (baseline.value - model.value) / denominator } else { 1.0 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indices::golden::{AMOS_BASELINE, AMOS_MODEL, BASELINE, MODEL, close};

    #[test]
    fn golden_values() {
        close(nfi(MODEL, BASELINE), 0.907_160_718_048_033, 1e-13);
        close(nfi(AMOS_MODEL, AMOS_BASELINE), 0.907, 5e-4);
    }

    #[test]
    fn limits() {
        assert_eq!(nfi(ChiSquare::new(0.0, 0.0), BASELINE), Some(1.0));
        assert_eq!(nfi(MODEL, ChiSquare::new(0.0, 36.0)), None);
        assert_eq!(nfi(BASELINE, MODEL), None);
    }
}
