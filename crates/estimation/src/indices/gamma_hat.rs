//! Gamma hat, the noncentrality-based goodness of fit ("new" GFI), with interval.

use super::{ChiSquare, Interval, finite, positive};

/// Gamma hat = p / (p + 2 (T - d) / N), the share of the weighted variances and covariances that the model accounts for.
///
/// `variables`: number of observed variables p; T: any chi-square of the model (the reweighted least-squares statistic
/// gives the GFI of lavaan 0.7). Not cut off: above 1 when T < d.
/// Sources: Steiger, J. H. (1989). EzPath; Maiti, S. S., & Mukherjee, B. N. (1990). Psychometrika 55, 721-726.
pub fn gamma_hat(test: ChiSquare, variables: f64, n: f64) -> Option<f64> {
    let (test, p) = (test.usable()?, positive(variables)?);
    at_noncentrality(test.excess(), p, positive(n)?)
}

/// The interval of gamma hat from the interval of the noncentrality.
pub fn gamma_hat_interval(ncp: Interval, variables: f64, n: f64) -> Option<Interval> {
    let (p, n) = (positive(variables)?, positive(n)?);
    Some(Interval { lower: at_noncentrality(ncp.upper, p, n)?, upper: at_noncentrality(ncp.lower, p, n)? })
}

/// Adjusted gamma hat = 1 - (k / d) (1 - gamma hat), k: number of moments, G p (p + 1) / 2. `None` when d = 0.
pub fn adjusted_gamma_hat(gamma_hat: f64, moments: f64, df: f64) -> Option<f64> {
    finite(1.0 - positive(moments)? / positive(df)? * (1.0 - gamma_hat))
}

fn at_noncentrality(noncentrality: f64, p: f64, n: f64) -> Option<f64> {
    let denominator = p + 2.0 * noncentrality / n;
    (denominator > 0.0).then(|| p / denominator)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indices::golden::{MODEL, N, close};
    use crate::indices::noncentrality::ncp_interval;

    #[test]
    fn golden_values() {
        // semTools 0.5-6, moreFitIndices() prints .957 and .919; more digits from the same formula in R.
        let value = gamma_hat(MODEL, 9.0, N);
        close(value, 0.956_699_192_913_394, 1e-13);
        close(adjusted_gamma_hat(value.unwrap(), 45.0, 24.0), 0.918_810_986_712_613, 1e-13);
        let interval = gamma_hat_interval(ncp_interval(MODEL, 0.9).unwrap(), 9.0, N).unwrap();
        assert!(interval.lower < value.unwrap() && value.unwrap() < interval.upper);
    }

    #[test]
    fn limits() {
        assert_eq!(gamma_hat(ChiSquare::new(0.0, 0.0), 9.0, N), Some(1.0));
        assert_eq!(gamma_hat(MODEL, 0.0, N), None);
        assert_eq!(adjusted_gamma_hat(1.0, 45.0, 0.0), None);
        // So few cases that the denominator is not positive.
        assert_eq!(gamma_hat(ChiSquare::new(1.0, 100.0), 2.0, 3.0), None);
    }
}
