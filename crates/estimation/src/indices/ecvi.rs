//! Expected cross-validation index.

use super::{ChiSquare, Interval, positive};

/// ECVI = (X + 2 q) / n, q: free parameters; n = N in lavaan, N - G in AMOS.
///
/// Source: Browne, M. W., & Cudeck, R. (1989). Multivariate Behavioral Research 24, 445-455.
pub fn ecvi(test: ChiSquare, parameters: f64, multiplier: f64) -> Option<f64> {
    Some((test.usable()?.value + 2.0 * parameters) / positive(multiplier)?)
}

/// The interval (ncp + d + 2 q) / n of the ends of the interval of the noncentrality (AMOS: LO 90, HI 90).
pub fn ecvi_interval(test: ChiSquare, ncp: Interval, parameters: f64, multiplier: f64) -> Option<Interval> {
    let n = positive(multiplier)?;
    Some(ncp.map(|ncp| (ncp + test.df + 2.0 * parameters) / n))
}

/// MECVI = BCC / n, where BCC is computed from the chi-square.
pub fn mecvi(bcc: f64, multiplier: f64) -> Option<f64> {
    super::finite(bcc / positive(multiplier)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indices::golden::{AMOS_MODEL, MODEL, N, close};
    use crate::indices::noncentrality::ncp_interval;

    #[test]
    fn golden_values() {
        close(ecvi(MODEL, 21.0, N), 0.422_941_932_791_79, 1e-13);
        close(ecvi(AMOS_MODEL, 21.0, N - 1.0), 0.4234, 5e-5);
        close(mecvi(128.470, N - 1.0), 0.428, 5e-4);
        let interval = ecvi_interval(AMOS_MODEL, ncp_interval(AMOS_MODEL, 0.9).unwrap(), 21.0, N - 1.0).unwrap();
        assert!(interval.lower < 0.4234 && 0.4234 < interval.upper);
    }

    #[test]
    fn limits() {
        // A statistic of nearly 0: no noncentrality, the interval is (d + 2 q) / n.
        let test = ChiSquare::new(1e-3, 24.0);
        let interval = ecvi_interval(test, ncp_interval(test, 0.9).unwrap(), 21.0, 300.0).unwrap();
        assert_eq!((interval.lower, interval.upper), (66.0 / 300.0, 66.0 / 300.0));
        assert_eq!(ecvi(MODEL, 21.0, 0.0), None);
        assert_eq!(ecvi_interval(test, interval, 21.0, 0.0), None);
    }
}
