//! Browne's residual-based statistics: how far the residuals are from the tangent space of the model, whatever estimated it.
//!
//! With r = s - sigma, W_b a weight of the moments of block b (the inverse of their asymptotic covariance matrix), n_b its number of
//! cases (less one, unless by ML) and Delta the Jacobian by the unconstrained parameters:
//! T = r'W r - r'W Delta (Delta' W Delta)^-1 Delta' W r, each block with weight n_b; chi-square with the df of the model.
//!
//! - browne.residual.adf: W = Gamma^-1 of the sample, without assumption on the distribution;
//! - browne.residual.adf.model: the same with the contributions of the cases about the implied moments, not centred;
//! - browne.residual.nt: the normal-theory weight at S;
//! - browne.residual.nt.model: the normal-theory weight at Sigma (the reweighted least-squares statistic).
//!
//! Source: Browne, M. W. (1984). British Journal of Mathematical and Statistical Psychology 37, 62-83, eqs. 2.20 and 4.5.

use latva_math::linalg::Cholesky;
use ndarray::Array2;

use super::cases::Cases;
use crate::asymptotic::inverse_of_gamma;
use crate::moment_weight::MomentWeight;
use crate::objective::ModelObjective;
use crate::observed::Observed;
use crate::plan::{Plan, TestStatistic};

/// The residual-based statistic of `kind` at the last point of the objective; `divisors` are the n_b.
///
/// `None` for other tests, and where the weight does not exist: for browne.residual.adf and browne.residual.adf.model with fewer cases than moments.
pub(crate) fn residual_statistic(
    kind: TestStatistic,
    objective: &mut ModelObjective,
    plan: &Plan,
    observed: &[Observed],
    cases: Option<&Cases>,
    divisors: &[f64],
) -> Option<f64> {
    let q = objective.reparametrisation.n_theta();
    let mut weights = Vec::with_capacity(observed.len());
    for (block, sample) in observed.iter().enumerate() {
        weights.push(match kind {
            TestStatistic::BrowneResidualAdf => {
                let fixed = if plan.fixed_x { sample.exogenous.as_slice() } else { &[] };
                MomentWeight::Full(inverse_of_gamma(cases?.about_sample(block), fixed).ok()?)
            }
            TestStatistic::BrowneResidualAdfModel => {
                let fixed = if plan.fixed_x { sample.exogenous.as_slice() } else { &[] };
                let contributions = cases?.about_model_given(block, sample, &objective.blocks[block], fixed)?;
                MomentWeight::Full(inverse_of_gamma(&contributions, fixed).ok()?)
            }
            TestStatistic::BrowneResidualNt => MomentWeight::Normal(Cholesky::of(sample.cov.view()).ok()?.inverse()),
            TestStatistic::BrowneResidualNtModel => {
                let implied = &objective.blocks[block].implied().cov;
                MomentWeight::Normal(Cholesky::of(implied.view()).ok()?.inverse())
            }
            _ => return None,
        });
    }
    let (mut information, mut slope, mut length) = (Array2::zeros((q, q)), vec![0.0; q], 0.0);
    for (((block, sample), weight), n) in objective.blocks.iter_mut().zip(observed).zip(&weights).zip(divisors) {
        let stacking = block.stacking();
        let mut residual = sample.cov.clone();
        residual -= &block.implied().cov;
        let shift = sample.mean.as_ref().map(|mean| mean - &block.implied().mean);
        let stacked = stacking.stack(shift.as_ref().map(|shift| shift.view()), residual.view());
        let residual = Array2::from_shape_vec((stacked.len(), 1), stacked).expect("one column");
        let mut weighted = Array2::zeros(residual.raw_dim());
        weight.apply(stacking, residual.view(), &mut weighted);
        length += n * (&residual * &weighted).sum();
        let jacobian = block.jacobian(None);
        jacobian.scatter(&weight.form(stacking, &jacobian.delta), *n, &mut information);
        let own = jacobian.delta.t().dot(&weighted);
        for (&parameter, value) in jacobian.parameters.iter().zip(own.column(0)) {
            slope[parameter] += n * value;
        }
    }
    let free = objective.reparametrisation.n_free();
    let (mut pulled, mut along) = (Array2::zeros((free, free)), vec![0.0; free]);
    objective.reparametrisation.pull_matrix(&information, &mut pulled);
    objective.reparametrisation.pull_gradient(&slope, &mut along);
    let scale: Vec<f64> = pulled.diag().iter().map(|own| own.sqrt().recip()).collect();
    for i in 0..free {
        along[i] *= scale[i];
        for j in 0..free {
            pulled[[i, j]] *= scale[i] * scale[j];
        }
    }
    Cholesky::of(pulled.view()).ok()?.forward(&mut along);
    Some((length - along.iter().map(|value| value * value).sum::<f64>()).max(0.0))
}
