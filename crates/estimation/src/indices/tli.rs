//! Tucker-Lewis index, also called non-normed fit index (NNFI; AMOS: TLI rho2).

use super::{ChiSquare, finite};

/// TLI = 1 - (X - d) db / ((Xb - db) d); may exceed 1 and be negative. 1 when d = 0 or Xb = db.
///
/// Equal to (Xb/db - X/d) / (Xb/db - 1).
/// Source: Tucker, L. R., & Lewis, C. (1973). Psychometrika 38, 1-10.
pub fn tli(model: ChiSquare, baseline: ChiSquare) -> Option<f64> {
    let (model, baseline) = (model.usable()?, baseline.usable()?);
    from_noncentralities(model.excess(), model.df, baseline.excess(), baseline.df)
}

/// TLI of two noncentralities, not cut off at 0, and the df they belong to.
pub(super) fn from_noncentralities(model: f64, df: f64, baseline: f64, baseline_df: f64) -> Option<f64> {
    let denominator = baseline * df;
    finite(if denominator == 0.0 { 1.0 } else { 1.0 - model * baseline_df / denominator })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indices::golden::{AMOS_BASELINE, AMOS_MODEL, BASELINE, MODEL, close};

    #[test]
    fn golden_values() {
        close(tli(MODEL, BASELINE), 0.895_839_477_698_399, 1e-13);
        close(tli(AMOS_MODEL, AMOS_BASELINE), 0.896, 5e-4);
    }

    #[test]
    fn limits() {
        assert_eq!(tli(ChiSquare::new(0.0, 0.0), BASELINE), Some(1.0));
        assert!(tli(ChiSquare::new(20.0, 24.0), BASELINE).unwrap() > 1.0);
        assert_eq!(tli(MODEL, ChiSquare::new(36.0, 36.0)), Some(1.0));
        assert_eq!(tli(MODEL, ChiSquare::new(f64::INFINITY, 36.0)), None);
    }
}
