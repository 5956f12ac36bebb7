//! Incremental fit index (AMOS: IFI Delta2).

use super::{ChiSquare, finite};

/// IFI = (Xb - X) / (Xb - d); may exceed 1.
///
/// `None` unless Xb > d: below that the index has no meaning (lavaan 0.6 reports 1 there).
/// Source: Bollen, K. A. (1989). Sociological Methods & Research 17, 303-316.
pub fn ifi(model: ChiSquare, baseline: ChiSquare) -> Option<f64> {
    let (model, baseline) = (model.usable()?, baseline.usable()?);
    let denominator = baseline.value - model.df;
    if denominator <= 0.0 {
        return None;
    }
    finite((baseline.value - model.value) / denominator)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indices::golden::{AMOS_BASELINE, AMOS_MODEL, BASELINE, MODEL, close};

    #[test]
    fn golden_values() {
        close(ifi(MODEL, BASELINE), 0.931_490_849_986_86, 1e-13);
        close(ifi(AMOS_MODEL, AMOS_BASELINE), 0.932, 5e-4);
    }

    #[test]
    fn limits() {
        assert_eq!(ifi(ChiSquare::new(0.0, 0.0), BASELINE), Some(1.0));
        assert_eq!(ifi(MODEL, ChiSquare::new(24.0, 36.0)), None);
        assert_eq!(ifi(MODEL, ChiSquare::new(3.0, 36.0)), None);
    }
}
