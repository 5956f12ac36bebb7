//! Information criteria.
//!
//! The *deviance* is -2 log-likelihood in lavaan's convention and the chi-square in AMOS's: differences between models
//! of the same data are equal, levels are not.

use super::{finite, positive};

/// AIC = deviance + 2 q, q: free parameters. Source: Akaike, H. (1987). Psychometrika 52, 317-332.
pub fn aic(deviance: f64, parameters: f64) -> Option<f64> {
    finite(deviance + 2.0 * parameters)
}

/// BIC = deviance + q ln N. Source: Schwarz, G. (1978). Annals of Statistics 6, 461-464.
pub fn bic(deviance: f64, parameters: f64, n: f64) -> Option<f64> {
    finite(deviance + parameters * positive(n)?.ln())
}

/// Sample-size adjusted BIC = deviance + q ln((N + 2) / 24) (lavaan: bic2). Source: Sclove, S. L. (1987). Psychometrika
/// 52, 333-343.
pub fn adjusted_bic(deviance: f64, parameters: f64, n: f64) -> Option<f64> {
    finite(deviance + parameters * ((positive(n)? + 2.0) / 24.0).ln())
}

/// CAIC = deviance + q (ln N + 1). Source: Bozdogan, H. (1987). Psychometrika 52, 345-370.
pub fn caic(deviance: f64, parameters: f64, n: f64) -> Option<f64> {
    finite(deviance + parameters * (positive(n)?.ln() + 1.0))
}

/// A group's cases and observed variables.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GroupSize {
    /// Cases N_g.
    pub cases: f64,
    /// Observed variables p_g.
    pub variables: f64,
}

/// Browne-Cudeck criterion: BCC = deviance + 2 q sum_g b_g p_g (p_g + 3) / (N_g - p_g - 2) / sum_g p_g (p_g + 3),
/// b_g = n N_g / N.
///
/// `multiplier` n: N - G in AMOS. `None` without groups or when a group has no more cases than p_g + 2.
/// Source: Browne, M. W., & Cudeck, R. (1989). Multivariate Behavioral Research 24, 445-455.
pub fn bcc(deviance: f64, parameters: f64, multiplier: f64, groups: &[GroupSize]) -> Option<f64> {
    let total: f64 = groups.iter().map(|group| group.cases).sum();
    let n = positive(multiplier)?;
    let (mut weighted, mut moments) = (0.0, 0.0);
    for group in groups {
        let p = positive(group.variables)?;
        let spare = positive(group.cases - p - 2.0)?;
        weighted += n * group.cases / total * p * (p + 3.0) / spare;
        moments += p * (p + 3.0);
    }
    finite(deviance + 2.0 * parameters * weighted / positive(moments)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indices::golden::{AMOS_MODEL, N, close};

    #[test]
    fn lavaan_values() {
        let deviance = 2.0 * 3_737.744_926_626_37;
        close(aic(deviance, 21.0), 7_517.489_853_252_75, 1e-9);
        close(bic(deviance, 21.0, N), 7_595.339_168_812_48, 1e-9);
        close(adjusted_bic(deviance, 21.0, N), 7_528.739_111_731_14, 1e-9);
    }

    #[test]
    fn amos_values() {
        let group = GroupSize { cases: N, variables: 9.0 };
        close(aic(AMOS_MODEL.value, 21.0), 127.022, 5e-4);
        close(bcc(AMOS_MODEL.value, 21.0, N - 1.0, &[group]), 128.470, 5e-4);
        close(bic(AMOS_MODEL.value, 21.0, N), 204.871, 5e-4);
        close(caic(AMOS_MODEL.value, 21.0, N), 225.871, 5e-4);
        // A published AMOS summary: q = 39, N = 271.
        close(aic(227.61, 39.0), 305.61, 5e-3);
        close(bic(227.61, 39.0, 271.0), 446.10, 2e-2);
    }

    #[test]
    fn equal_groups_count_as_one_in_bcc_but_for_their_size() {
        let group = GroupSize { cases: 150.0, variables: 6.0 };
        let two = bcc(10.0, 5.0, 298.0, &[group, group]).unwrap();
        assert!((two - (10.0 + 10.0 * 149.0 / 142.0)).abs() < 1e-12);
    }

    #[test]
    fn limits() {
        assert_eq!(bic(1.0, 1.0, 0.0), None);
        assert_eq!(aic(f64::NAN, 1.0), None);
        assert_eq!(bcc(1.0, 1.0, 10.0, &[]), None);
        let small = GroupSize { cases: 8.0, variables: 6.0 };
        assert_eq!(bcc(1.0, 1.0, 7.0, &[small]), None);
    }
}
