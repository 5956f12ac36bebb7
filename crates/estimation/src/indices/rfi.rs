//! Relative fit index (AMOS: RFI rho1).

use super::{ChiSquare, finite};

/// RFI = (Xb/db - X/d) / (Xb/db); 1 when d = 0.
///
/// `None` when the baseline has no df or a chi-square of 0, or when the model has more df than its baseline.
/// A model that fits worse per df than its baseline has a negative RFI (lavaan 0.6 reports 1 there).
/// Source: Bollen, K. A. (1986). Psychometrika 51, 375-377.
pub fn rfi(model: ChiSquare, baseline: ChiSquare) -> Option<f64> {
    let (model, baseline) = (model.usable()?, baseline.usable()?);
    if model.df > baseline.df {
        return None;
    }
    if model.df == 0.0 {
        return Some(1.0);
    }
    finite(1.0 - (model.value / model.df) / (baseline.value / baseline.df))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indices::golden::{AMOS_BASELINE, AMOS_MODEL, BASELINE, MODEL, close};

    #[test]
    fn golden_values() {
        close(rfi(MODEL, BASELINE), 0.860_741_077_072_049, 1e-13);
        close(rfi(AMOS_MODEL, AMOS_BASELINE), 0.861, 5e-4);
    }

    #[test]
    fn limits() {
        assert_eq!(rfi(ChiSquare::new(0.0, 0.0), BASELINE), Some(1.0));
        assert_eq!(rfi(MODEL, ChiSquare::new(0.0, 36.0)), None);
        assert_eq!(rfi(BASELINE, MODEL), None);
        assert!(rfi(MODEL, ChiSquare::new(90.0, 36.0)).unwrap() < 0.0);
    }
}
