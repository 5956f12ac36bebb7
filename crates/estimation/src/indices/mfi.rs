//! McDonald's index of noncentrality.

use super::{ChiSquare, finite, positive};

/// MFI = exp(-(X - d) / (2 N)).
///
/// Source: McDonald, R. P. (1989). Journal of Classification 6, 97-103.
pub fn mfi(test: ChiSquare, n: f64) -> Option<f64> {
    finite((-0.5 * test.usable()?.excess() / positive(n)?).exp())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indices::golden::{MODEL, N, close};

    #[test]
    fn golden_values() {
        close(mfi(MODEL, N), 0.903_177_285_930_829, 1e-13);
        assert_eq!(mfi(ChiSquare::new(0.0, 0.0), N), Some(1.0));
        assert_eq!(mfi(MODEL, -1.0), None);
    }
}
