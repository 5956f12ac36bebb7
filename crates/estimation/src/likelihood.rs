//! Log-likelihoods of a normal sample.
//!
//! log L = -n/2 [p log 2 pi + log|Sigma| + tr(S Sigma^-1) + (m-mu)' Sigma^-1 (m-mu)] = -n/2 [p log 2 pi + log|S| + p + F_ML]
//! (Joreskog 1967); of incomplete rows the same with the sum of each row's part. Under fixed.x the log-likelihood of the exogenous
//! variables at their fixed moments is taken off, which leaves the conditional one.

use latva_math::linalg::{Cholesky, NotPositiveDefinite};
use ndarray::Axis;

use crate::measures::LogLikelihood;
use crate::observed::{Incomplete, Observed};
use crate::plan::Plan;

/// Log-likelihoods of the model and of the unrestricted one, given F of each block.
///
/// # Errors
/// [`NotPositiveDefinite`] for a singular S.
pub(crate) fn log_likelihood(
    observed: &[Observed],
    values: &[f64],
    plan: &Plan,
) -> Result<LogLikelihood, NotPositiveDefinite> {
    let mut total = LogLikelihood { model: 0.0, unrestricted: 0.0 };
    for (sample, value) in observed.iter().zip(values) {
        let n = sample.n_obs;
        let x: &[usize] = if plan.fixed_x { &sample.exogenous } else { &[] };
        let saturated = match sample.full_information(plan) {
            Some(incomplete) => saturated_of_incomplete(sample, incomplete, x)?,
            None if x.is_empty() => saturated_of_moments(n, sample.cov.nrows(), sample.log_det()?),
            None => {
                let among = sample.cov.select(Axis(0), x).select(Axis(1), x);
                let among = saturated_of_moments(n, x.len(), Cholesky::of(among.view())?.log_det());
                saturated_of_moments(n, sample.cov.nrows(), sample.log_det()?) - among
            }
        };
        total.unrestricted += saturated;
        total.model += saturated - n / 2.0 * value;
    }
    Ok(total)
}

/// -n/2 [p log 2 pi + log|S| + p] of n cases of p variables with log|S|.
fn saturated_of_moments(n: f64, p: usize, log_det: f64) -> f64 {
    let p = p as f64;
    -n / 2.0 * (p * log_two_pi() + log_det + p)
}

/// -1/2 sum over the rows of [number of values x log 2 pi + deviance], less the same of the variables `x` alone.
fn saturated_of_incomplete(
    sample: &Observed,
    incomplete: &Incomplete,
    x: &[usize],
) -> Result<f64, NotPositiveDefinite> {
    let rows = &incomplete.rows;
    let mut minus_two = rows.values() * log_two_pi() + rows.n * incomplete.deviance.unwrap_or(0.0);
    if !x.is_empty() {
        let among = rows.select(x);
        minus_two -= among.values() * log_two_pi() + among.n * sample.deviance_of(x)?;
    }
    Ok(-0.5 * minus_two)
}

fn log_two_pi() -> f64 {
    (2.0 * std::f64::consts::PI).ln()
}
