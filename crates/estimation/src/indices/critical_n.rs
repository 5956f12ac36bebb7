//! Hoelter's critical N.

use latva_math::distribution::chi_squared;

use super::{ChiSquare, positive};

/// The sample size at which the model would just be rejected: crit(1 - alpha, d) / (X / n) + groups.
///
/// lavaan's `cn_05`, `cn_01`: n = N, groups = 1. AMOS's HOELTER: n = N - G, groups = G (printed as an integer, the
/// fraction dropped). `None` when d = 0, X = 0 or alpha is not in (0, 1).
/// Source: Hoelter, J. W. (1983). Sociological Methods & Research 11, 325-344.
pub fn critical_n(test: ChiSquare, multiplier: f64, groups: f64, alpha: f64) -> Option<f64> {
    critical_n_of(critical_value(test, alpha)?, test, multiplier, groups)
}

/// crit(1 - alpha, d), the chi-square at which a model with d degrees of freedom is rejected.
pub(crate) fn critical_value(test: ChiSquare, alpha: f64) -> Option<f64> {
    chi_squared::upper_quantile(alpha, test.usable()?.df)
}

/// [`critical_n`] from the critical value.
pub(crate) fn critical_n_of(critical: f64, test: ChiSquare, multiplier: f64, groups: f64) -> Option<f64> {
    let discrepancy = positive(positive(test.usable()?.value)? / positive(multiplier)?)?;
    super::finite(critical / discrepancy + groups)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indices::golden::{AMOS_MODEL, MODEL, N, close};

    #[test]
    fn golden_values() {
        close(critical_n(MODEL, N, 1.0, 0.05), 129.490_200_300_92, 1e-9);
        close(critical_n(MODEL, N, 1.0, 0.01), 152.654_026_532_719, 1e-9);
        close(critical_n(AMOS_MODEL, N - 1.0, 1.0, 0.05), 129.49, 5e-3);
        close(critical_n(AMOS_MODEL, N - 1.0, 1.0, 0.01), 152.65, 5e-3);
    }

    #[test]
    fn limits() {
        assert_eq!(critical_n(ChiSquare::new(0.0, 0.0), N, 1.0, 0.05), None);
        assert_eq!(critical_n(ChiSquare::new(0.0, 5.0), N, 1.0, 0.05), None);
        assert_eq!(critical_n(MODEL, N, 1.0, 0.0), None);
    }
}
