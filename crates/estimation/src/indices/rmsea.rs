//! Root mean square error of approximation.
//!
//! Every function takes the multiplier n of [`super`]: N, N/G (lavaan with G groups), N - G (AMOS), or one of these
//! divided by the scaling factor c of a robust RMSEA. The statistic is the plain chi-square; for the robust RMSEA see
//! [`super::robust`].
//!
//! Sources: Steiger, J. H. (1990). Multivariate Behavioral Research 25, 173-180; Browne, M. W., & Cudeck, R. (1993),
//! in Testing structural equation models, 136-162; Steiger, J. H. (1998). Structural Equation Modeling 5, 411-419
//! (several groups).

use latva_math::distribution::noncentral_chi_squared;

use super::{ChiSquare, Interval, positive};

/// RMSEA = sqrt(max(X - d, 0) / (n d)); 0 when d = 0.
pub fn rmsea(test: ChiSquare, multiplier: f64) -> Option<f64> {
    let (test, n) = (test.usable()?, positive(multiplier)?);
    Some(if test.df > 0.0 { (test.excess().max(0.0) / (n * test.df)).sqrt() } else { 0.0 })
}

/// The confidence interval, sqrt(ncp / (n d)) of the ends of the interval of the noncentrality
/// ([`super::noncentrality::ncp_interval`]); [0, 0] when d = 0.
pub fn rmsea_interval(test: ChiSquare, ncp: Interval, multiplier: f64) -> Option<Interval> {
    let (test, n) = (test.usable()?, positive(multiplier)?);
    Some(ncp.map(|ncp| if test.df > 0.0 { (ncp / (n * test.df)).sqrt() } else { 0.0 }))
}

/// p of the hypothesis RMSEA <= h0 (h0 = .05: "close fit", AMOS's PCLOSE): P(chi-square(d, ncp = n d h0^2) > X).
///
/// `None` when d = 0 or h0 is negative.
pub fn close_fit_p(test: ChiSquare, multiplier: f64, h0: f64) -> Option<f64> {
    let (test, ncp) = hypothesis(test, multiplier, h0)?;
    noncentral_chi_squared::sf(test.value, test.df, ncp)
}

/// p of the hypothesis RMSEA >= h0 (h0 = .08: "not close fit"): P(chi-square(d, ncp = n d h0^2) <= X).
///
/// `None` when d = 0 or h0 is negative.
pub fn not_close_fit_p(test: ChiSquare, multiplier: f64, h0: f64) -> Option<f64> {
    let (test, ncp) = hypothesis(test, multiplier, h0)?;
    noncentral_chi_squared::cdf(test.value, test.df, ncp)
}

fn hypothesis(test: ChiSquare, multiplier: f64, h0: f64) -> Option<(ChiSquare, f64)> {
    let (test, n) = (test.usable()?, positive(multiplier)?);
    (h0 >= 0.0).then_some((test, n * test.df * h0 * h0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indices::golden::{AMOS_MODEL, MODEL, N, close};
    use crate::indices::noncentrality::ncp_interval;

    #[test]
    fn golden_values() {
        close(rmsea(MODEL, N), 0.092_121_484_510_436_2, 1e-14);
        let interval = rmsea_interval(MODEL, ncp_interval(MODEL, 0.9).unwrap(), N).unwrap();
        // lavaan finds the ends only to about 1e-6.
        close(Some(interval.lower), 0.071_418_490_4, 1e-6);
        close(Some(interval.upper), 0.113_678_016_8, 1e-6);
        close(close_fit_p(MODEL, N, 0.05), 6.612_367_780_026_72e-4, 1e-14);
        close(not_close_fit_p(MODEL, N, 0.08), 0.839_552_896_767_933, 1e-12);
    }

    #[test]
    fn amos_values() {
        close(rmsea(AMOS_MODEL, 300.0), 0.092, 5e-4);
        let interval = rmsea_interval(AMOS_MODEL, ncp_interval(AMOS_MODEL, 0.9).unwrap(), 300.0).unwrap();
        close(Some(interval.lower), 0.071, 5e-4);
        close(Some(interval.upper), 0.114, 5e-4);
        close(close_fit_p(AMOS_MODEL, 300.0, 0.05), 0.001, 5e-4);
        close(rmsea(ChiSquare::new(227.61, 132.0), 270.0), 0.052, 5e-4);
    }

    #[test]
    fn several_groups() {
        // With G groups lavaan's RMSEA is sqrt(G) times the one with multiplier N.
        let ratio = rmsea(MODEL, N / 2.0).unwrap() / rmsea(MODEL, N).unwrap();
        assert!((ratio - 2.0_f64.sqrt()).abs() < 1e-14);
    }

    #[test]
    fn limits() {
        let saturated = ChiSquare::new(0.0, 0.0);
        assert_eq!(rmsea(saturated, N), Some(0.0));
        let interval = rmsea_interval(saturated, ncp_interval(saturated, 0.9).unwrap(), N).unwrap();
        assert_eq!((interval.lower, interval.upper), (0.0, 0.0));
        assert_eq!(close_fit_p(saturated, N, 0.05), None);
        assert_eq!(not_close_fit_p(saturated, N, 0.08), None);
        assert_eq!(rmsea(ChiSquare::new(3.0, 24.0), N), Some(0.0));
        assert_eq!(rmsea(MODEL, 0.0), None);
        assert_eq!(rmsea_interval(MODEL, interval, 0.0), None);
        assert_eq!(close_fit_p(MODEL, N, -0.05), None);
        assert_eq!(close_fit_p(MODEL, N, f64::NAN), None);
    }
}
