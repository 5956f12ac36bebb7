//! Comparative fit index and relative noncentrality index.

use super::{ChiSquare, finite};

/// CFI = 1 - max(X - d, 0) / max(X - d, Xb - db, 0); 1 when both noncentralities are 0.
///
/// X, d: chi-square and df of the model; Xb, db: of the baseline model.
/// Source: Bentler, P. M. (1990). Psychological Bulletin 107, 238-246.
pub fn cfi(model: ChiSquare, baseline: ChiSquare) -> Option<f64> {
    from_noncentralities(model.usable()?.excess(), baseline.usable()?.excess())
}

/// CFI of two noncentralities, each before it is cut off at 0 (the robust CFI uses X - c d and Xb - cb db).
pub(super) fn from_noncentralities(model: f64, baseline: f64) -> Option<f64> {
    let model = model.max(0.0);
    let largest = model.max(baseline);
    finite(if largest > 0.0 { 1.0 - model / largest } else { 1.0 })
}

/// RNI = 1 - (X - d) / (Xb - db): CFI without its limits. `None` when Xb = db.
///
/// Source: McDonald, R. P., & Marsh, H. W. (1990). Psychological Bulletin 107, 247-255.
pub fn rni(model: ChiSquare, baseline: ChiSquare) -> Option<f64> {
    rni_from_noncentralities(model.usable()?.excess(), baseline.usable()?.excess())
}

/// RNI of two noncentralities.
pub(super) fn rni_from_noncentralities(model: f64, baseline: f64) -> Option<f64> {
    finite(1.0 - model / baseline)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indices::golden::{AMOS_BASELINE, AMOS_MODEL, BASELINE, MODEL, close};

    #[test]
    fn golden_values() {
        close(cfi(MODEL, BASELINE), 0.930_559_651_798_933, 1e-13);
        close(rni(MODEL, BASELINE), 0.930_559_651_798_933, 1e-13);
        close(cfi(AMOS_MODEL, AMOS_BASELINE), 0.931, 5e-4);
        // A published AMOS summary: three factors, q = 39, N = 271, NFI .930, CFI .969; Xb follows from NFI.
        let model = ChiSquare::new(227.61, 132.0);
        let baseline = ChiSquare::new(227.61 / (1.0 - 0.930), 153.0);
        close(cfi(model, baseline), 0.969, 1e-3);
    }

    #[test]
    fn limits() {
        let saturated = ChiSquare::new(0.0, 0.0);
        assert_eq!(cfi(saturated, BASELINE), Some(1.0));
        assert_eq!(cfi(saturated, saturated), Some(1.0));
        assert_eq!(rni(saturated, saturated), None);
        // A model worse than its baseline.
        assert_eq!(cfi(BASELINE, MODEL), Some(0.0));
        assert!(rni(BASELINE, MODEL).unwrap() < 0.0);
        assert!(rni(ChiSquare::new(10.0, 24.0), BASELINE).unwrap() > 1.0);
        assert_eq!(cfi(ChiSquare::new(f64::NAN, 3.0), BASELINE), None);
        assert_eq!(cfi(ChiSquare::new(-2.0, 3.0), BASELINE), None);
    }
}
