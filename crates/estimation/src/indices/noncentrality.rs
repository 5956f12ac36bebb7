//! The noncentrality of a chi-square statistic and the population discrepancy.

use latva_math::distribution::noncentral_chi_squared::ncp_from_cdf;

use super::{ChiSquare, Interval, positive};

/// max(X - df, 0): the estimate of the noncentrality (AMOS: NCP).
pub fn ncp(test: ChiSquare) -> Option<f64> {
    Some(test.usable()?.excess().max(0.0))
}

/// The confidence interval of the noncentrality.
///
/// With alpha = 1 - level, the lower end is the noncentrality at which a statistic up to X has probability
/// 1 - alpha/2, the upper end the one at which it has probability alpha/2; an end that does not exist is 0.
/// Without degrees of freedom both ends are 0. `None` when `level` is not in (0, 1). The intervals of RMSEA, F0, ECVI and
/// gamma hat are functions of this one.
///
/// Source: Steiger, J. H., Shapiro, A., & Browne, M. W. (1985). Psychometrika 50, 253-263.
pub fn ncp_interval(test: ChiSquare, level: f64) -> Option<Interval> {
    let test = test.usable()?;
    if !(level > 0.0 && level < 1.0) {
        return None;
    }
    if test.df == 0.0 {
        return Some(Interval { lower: 0.0, upper: 0.0 });
    }
    let tail = 0.5 * (1.0 - level);
    let end = |probability| ncp_from_cdf(test.value, test.df, probability).unwrap_or(0.0);
    Some(Interval { lower: end(1.0 - tail), upper: end(tail) })
}

/// NCP / multiplier (AMOS: F0), the estimate of the population discrepancy; AMOS's multiplier is N - G.
pub fn f0(test: ChiSquare, multiplier: f64) -> Option<f64> {
    Some(ncp(test)? / positive(multiplier)?)
}

/// The confidence interval of F0: [`ncp_interval`] divided by the multiplier.
pub fn f0_interval(ncp: Interval, multiplier: f64) -> Option<Interval> {
    let multiplier = positive(multiplier)?;
    Some(ncp.map(|end| end / multiplier))
}

/// X / multiplier: the minimum of the discrepancy (AMOS: FMIN, multiplier N - G). lavaan's `fmin` is X / (2 N).
pub fn fmin(test: ChiSquare, multiplier: f64) -> Option<f64> {
    Some(test.usable()?.value / positive(multiplier)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indices::golden::{AMOS_MODEL, close};

    #[test]
    fn amos_values() {
        close(ncp(AMOS_MODEL), 61.022, 5e-4);
        close(f0(AMOS_MODEL, 300.0), 0.203, 5e-4);
        close(fmin(AMOS_MODEL, 300.0), 0.283, 5e-4);
    }

    #[test]
    fn interval_ends() {
        // Below its expectation a statistic has both ends at 0, or the lower one.
        let interval = ncp_interval(ChiSquare::new(20.0, 24.0), 0.9).unwrap();
        assert_eq!(interval.lower, 0.0);
        assert!(interval.upper > 0.0);
        let interval = ncp_interval(ChiSquare::new(0.0, 24.0), 0.9).unwrap();
        assert_eq!((interval.lower, interval.upper), (0.0, 0.0));
        let interval = ncp_interval(ChiSquare::new(0.0, 0.0), 0.9).unwrap();
        assert_eq!((interval.lower, interval.upper), (0.0, 0.0));
        assert_eq!(ncp_interval(AMOS_MODEL, 1.0), None);
        let (narrow, wide) = (ncp_interval(AMOS_MODEL, 0.9).unwrap(), ncp_interval(AMOS_MODEL, 0.95).unwrap());
        assert!(wide.lower < narrow.lower && narrow.upper < wide.upper);
        assert_eq!(f0(AMOS_MODEL, 0.0), None);
    }
}
