//! The log-likelihood of each case, of which that of the model is the sum.
//!
//! log L_i = -1/2 [p_i log 2 pi + log|Sigma_oo| + (y_i - mu_o)' Sigma_oo^-1 (y_i - mu_o)], o the p_i variables that the case has
//! (Joreskog 1967; Arbuckle 1996). Without a mean structure mu are the sample's means. Under fixed.x the log-likelihood of the exogenous variables at
//! their fixed moments is taken off, which leaves the conditional one. With sampling weights each is multiplied by the weight of its case.

use std::collections::BTreeMap;

use latva_data::Sample;
use latva_math::linalg::Cholesky;
use ndarray::{Array1, Array2, ArrayView1};

use crate::error::EstimationError;
use crate::plan::Estimator;
use crate::result::Fit;

/// The log-likelihoods of the cases of a group.
#[derive(Debug, Clone, PartialEq)]
pub struct CaseLikelihoods {
    /// Group number from 1.
    pub group: usize,
    /// One value per case, in the order of the sample's rows; `None` for a case without any value.
    pub values: Vec<Option<f64>>,
}

/// The log-likelihood of each case of a converged maximum likelihood fit. `sample` is that of the fit.
///
/// # Errors
/// [`EstimationError::Options`] for other estimators, [`EstimationError::NeedsCases`] for moments without cases,
/// [`EstimationError::Unsupported`] where the implied covariance matrix is not positive definite.
pub fn case_likelihoods(fit: &Fit, sample: &Sample) -> Result<Vec<CaseLikelihoods>, EstimationError> {
    if fit.plan.estimator != Estimator::Ml {
        return Err(EstimationError::Options {
            problem: "log-likelihoods of cases are asked for, but least squares has no likelihood".to_owned(),
            remedy: "use maximum likelihood, or leave them out",
        });
    }
    const NEEDS_CASES: EstimationError = EstimationError::NeedsCases { what: "a log-likelihood of cases" };
    let table = &fit.table;
    table
        .blocks
        .iter()
        .zip(&fit.moments)
        .zip(&sample.groups)
        .map(|((block, moments), group)| {
            let rows = group.rows.as_ref().ok_or(NEEDS_CASES)?;
            let positions = block
                .observed
                .iter()
                .map(|name| sample.names.iter().position(|other| other == name))
                .collect::<Option<Vec<usize>>>()
                .ok_or(NEEDS_CASES)?;
            let mean =
                moments.implied_mean.as_ref().or(moments.sample_mean.as_ref()).ok_or(EstimationError::NoMeans)?;
            let all: Vec<usize> = (0..positions.len()).collect();
            let mut model = Normal { mean, cov: &moments.implied_cov, parts: BTreeMap::new() };
            let exogenous: Vec<usize> = if table.fixed_x {
                all.iter().copied().filter(|&i| block.exogenous.contains(&block.observed[i])).collect()
            } else {
                Vec::new()
            };
            let weight = |at: usize| group.weights.as_ref().map_or(1.0, |weights| weights[at]);
            let values = rows
                .rows()
                .into_iter()
                .enumerate()
                .map(|(at, row)| {
                    let case: Array1<f64> = positions.iter().map(|&at| row[at]).collect();
                    if case.iter().all(|value| value.is_nan()) {
                        return Ok(None);
                    }
                    let own = model.log_density(case.view(), &all)? - model.log_density(case.view(), &exogenous)?;
                    Ok(Some(weight(at) * own))
                })
                .collect::<Result<_, EstimationError>>()?;
            Ok(CaseLikelihoods { group: block.group, values })
        })
        .collect()
}

/// A normal distribution, with the factors of the parts of its covariance matrix that were met.
struct Normal<'a> {
    mean: &'a Array1<f64>,
    cov: &'a Array2<f64>,
    parts: BTreeMap<Vec<usize>, Cholesky>,
}

impl Normal<'_> {
    /// Log-density of those of some variables that a case has; 0 where it has none.
    fn log_density(&mut self, case: ArrayView1<'_, f64>, among: &[usize]) -> Result<f64, EstimationError> {
        let there: Vec<usize> = among.iter().copied().filter(|&variable| !case[variable].is_nan()).collect();
        if there.is_empty() {
            return Ok(0.0);
        }
        if !self.parts.contains_key(&there) {
            let part = Array2::from_shape_fn((there.len(), there.len()), |(a, b)| self.cov[[there[a], there[b]]]);
            let factor = Cholesky::of(part.view()).map_err(|_| EstimationError::Unsupported {
                what: "a log-likelihood of cases where the implied covariance matrix is not positive definite",
                span: None,
            })?;
            self.parts.insert(there.clone(), factor);
        }
        let factor = &self.parts[&there];
        let mut deviation: Vec<f64> = there.iter().map(|&variable| case[variable] - self.mean[variable]).collect();
        factor.forward(&mut deviation);
        let distance: f64 = deviation.iter().map(|value| value * value).sum();
        Ok(-0.5 * (there.len() as f64 * (2.0 * std::f64::consts::PI).ln() + factor.log_det() + distance))
    }
}
