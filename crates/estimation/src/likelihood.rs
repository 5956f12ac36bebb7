//! Log-likelihoods of a normal sample.
//!
//! log L = -n/2 [p log 2 pi + log|Sigma| + tr(S Sigma^-1) + (m-mu)' Sigma^-1 (m-mu)] = -n/2 [p log 2 pi + log|S| + p + F_ML]
//! (Joreskog 1967). Under fixed.x the log-likelihood of the exogenous variables is taken off, which leaves the conditional one.

use latva_math::linalg::{Cholesky, NotPositiveDefinite};
use ndarray::Array2;

use crate::measures::LogLikelihood;
use crate::observed::Observed;

/// Log-likelihoods of the model and of the unrestricted one, given F_ML of each block.
///
/// # Errors
/// [`NotPositiveDefinite`] for a singular S.
pub(crate) fn log_likelihood(
    observed: &[Observed],
    values: &[f64],
    fixed_x: bool,
) -> Result<LogLikelihood, NotPositiveDefinite> {
    let mut total = LogLikelihood { model: 0.0, unrestricted: 0.0 };
    for (sample, value) in observed.iter().zip(values) {
        let n = sample.n_obs as f64;
        let mut saturated = saturated(&sample.cov, n)?;
        if fixed_x && !sample.exogenous.is_empty() {
            let x = &sample.exogenous;
            let among = Array2::from_shape_fn((x.len(), x.len()), |(a, b)| sample.cov[[x[a], x[b]]]);
            saturated -= self::saturated(&among, n)?;
        }
        total.unrestricted += saturated;
        total.model += saturated - n / 2.0 * value;
    }
    Ok(total)
}

/// -n/2 [p log 2 pi + log|S| + p].
fn saturated(cov: &Array2<f64>, n: f64) -> Result<f64, NotPositiveDefinite> {
    let p = cov.nrows() as f64;
    Ok(-n / 2.0 * (p * (2.0 * std::f64::consts::PI).ln() + Cholesky::of(cov.view())?.log_det() + p))
}
