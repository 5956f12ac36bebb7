//! The covariance matrix of the residuals of the moments of each block, whatever the estimator and the treatment of missing values.
//!
//! With Gamma / N the covariance matrix of the sample moments (of incomplete cases: of those of the unrestricted model), A1 the information of
//! one case about the moments on which the estimates rest, Delta the Jacobian, A0 = sum of w Delta'A1 Delta and H = w Delta A0^-1, the residuals
//! are (I - H Delta'A1) times the deviations of the sample moments, so that their covariance matrix is
//! (Gamma - H B' - B H' + H C H') / N, B = Gamma A1 Delta, C = Delta'A1 Gamma A1 Delta.
//!
//! | estimator, cases | Gamma | A1 |
//! |---|---|---|
//! | ML, GLS; complete | of normal data at S, given fixed exogenous variables | normal-theory weight, of the kind and at the point of the plan |
//! | ULS, SLS | the same | weight of the discrepancy |
//! | WLS, DWLS; any with robust standard errors | of the cases' contributions | as above, or the weight of the discrepancy |
//! | ML, incomplete | inverse information at (m, S), robust: A^-1 B A^-1 | information of the plan |
//! | two-stage ML | as its standard errors have it | normal-theory weight at S |
//!
//! First-order information stands on both sides where the plan asks for it.
//!
//! Sources: Hausman (1978), Econometrica 46, 1251-1271; Browne (1984); Maydeu-Olivares (2017), Psychometrika 82, 533-558.

use std::borrow::Cow;
use std::sync::Arc;

use latva_data::Sample;
use latva_math::linalg::matmul;
use latva_spec::table::ParTable;
use ndarray::Array2;

use super::cases::{Cases, unrestricted_weights};
use super::information::covariance_of_parameters;
use super::modification::{AtEstimates, not_feasible};
use super::residuals::explained_by_exogenous;
use crate::constraints::equality_tangent;
use crate::error::EstimationError;
use crate::implied::Jacobian;
use crate::moment_weight::MomentWeight;
use crate::objective::ModelObjective;
use crate::observed::Observed;
use crate::plan::{Estimator, Information, Plan, StandardErrors};
use crate::result::Fit;
use crate::stacked::Stacking;

/// Covariance matrices of one block, k x k, means (if modelled) first.
pub(crate) struct ResidualCovariance {
    /// Of the sample moments.
    pub(crate) moments: Array2<f64>,
    /// Of the residuals.
    pub(crate) residuals: Array2<f64>,
}

/// The covariance matrices of all blocks of a converged fit; `None` where an information is singular.
///
/// # Errors
/// Those of [`crate::fit`].
pub(crate) fn residual_covariances(
    table: &ParTable,
    sample: &Sample,
    fit: &Fit,
) -> Result<Option<Vec<ResidualCovariance>>, EstimationError> {
    let (plan, at) = (&fit.plan, AtEstimates::new(table, sample, fit)?);
    let cases = if needs_cases(plan) { Some(Cases::new(table, sample, &at.observed, plan)?) } else { None };
    let reparametrisation = equality_tangent(table, &at.fixed, &at.theta)?;
    let mut objective = ModelObjective::new(at.blocks(table, &at.fixed)?, reparametrisation);
    let point = objective.reparametrisation.contract(&at.theta);
    objective.complete_at(&point).map_err(|_| not_feasible())?;
    objective.reweigh(&at.scaling.shares);
    let Some(weights) = weights(&objective, &at.observed, plan, cases.as_ref()) else { return Ok(None) };
    let q = table.n_free();
    let mut information = Array2::zeros((q, q));
    let mut jacobians: Vec<Jacobian> = Vec::with_capacity(weights.len());
    for (block, weight) in objective.blocks.iter_mut().zip(&weights) {
        let jacobian = block.jacobian(None);
        jacobian.scatter(&weight.form(block.stacking(), &jacobian.delta), block.weight, &mut information);
        jacobians.push(jacobian);
    }
    let Some(inverse) = covariance_of_parameters(information, None, 2.0, &objective.reparametrisation) else {
        return Ok(None);
    };
    let mut found = Vec::with_capacity(weights.len());
    for (index, (jacobian, weight)) in jacobians.iter().zip(&weights).enumerate() {
        let (block, observed) = (&objective.blocks[index], &at.observed[index]);
        let Some(gamma) = gamma(index, table, observed, plan, cases.as_ref())? else { return Ok(None) };
        let own = &jacobian.parameters;
        let among = Array2::from_shape_fn((own.len(), own.len()), |(a, b)| inverse[[own[a], own[b]]]);
        let n = observed.n_obs;
        let reach = product(&jacobian.delta, &among) * block.weight;
        let mut weighted = Array2::zeros(jacobian.delta.raw_dim());
        weight.apply(block.stacking(), jacobian.delta.view(), &mut weighted);
        let spread = product(&gamma, &weighted);
        let inner = product(&weighted.t().to_owned(), &spread);
        // Gamma - H B' - B H' + H C H' = Gamma - H (B - H C / 2)' - (B - H C / 2) H'.
        let half = &spread - &(product(&reach, &inner) * 0.5);
        let taken = product(&reach, &half.t().to_owned());
        let mut residuals = &gamma - &taken;
        residuals -= &taken.t();
        found.push(ResidualCovariance { moments: gamma / n, residuals: residuals / n });
    }
    Ok(Some(found))
}

fn product(a: &Array2<f64>, b: &Array2<f64>) -> Array2<f64> {
    let mut out = Array2::zeros((a.nrows(), b.ncols()));
    matmul(a.view(), b.view(), out.view_mut());
    out
}

/// Whether the moments vary as the cases say, not as they would in normal data.
fn is_free_of_distribution(plan: &Plan) -> bool {
    matches!(plan.se, StandardErrors::RobustSem | StandardErrors::RobustHuberWhite)
        || matches!(plan.estimator, Estimator::Wls | Estimator::Dwls)
}

fn needs_cases(plan: &Plan) -> bool {
    is_free_of_distribution(plan) || plan.missing.uses_patterns() || plan.information == Information::FirstOrder
}

/// A1 of each block.
fn weights(
    objective: &ModelObjective,
    observed: &[Observed],
    plan: &Plan,
    cases: Option<&Cases>,
) -> Option<Vec<Arc<MomentWeight>>> {
    match cases {
        Some(cases) if !cases.incomplete().is_empty() => cases.weights(objective, observed, plan),
        Some(cases) if plan.information == Information::FirstOrder => {
            let plain = unrestricted_weights(objective, observed, plan, Information::Expected);
            Some(
                plain
                    .iter()
                    .enumerate()
                    .map(|(index, weight)| {
                        let block = &objective.blocks[index];
                        let about = cases.about_model(index, &observed[index], block);
                        Arc::new(MomentWeight::Full(about.meat(weight, &Array2::eye(block.stacking().len()))))
                    })
                    .collect(),
            )
        }
        _ => Some(unrestricted_weights(objective, observed, plan, plan.information)),
    }
}

/// Gamma of a block, k x k; zero at moments of fixed exogenous variables.
fn gamma(
    block: usize,
    table: &ParTable,
    observed: &Observed,
    plan: &Plan,
    cases: Option<&Cases>,
) -> Result<Option<Array2<f64>>, EstimationError> {
    if let Some(cases) = cases {
        if let Some(own) = cases.incomplete().get(block) {
            let robust = plan.se == StandardErrors::RobustHuberWhite;
            let gamma = if robust { own.sandwich(plan.information) } else { own.inverse(plan.information) };
            return Ok(gamma.map(Cow::into_owned));
        }
        if let Some(gamma) = cases.gamma_of_unrestricted(block) {
            return Ok(Some(gamma.clone()));
        }
        if is_free_of_distribution(plan) {
            return Ok(Some(cases.about_sample(block).gamma()));
        }
    }
    let normal = of_normal_data(table, observed)?;
    if plan.information != Information::FirstOrder {
        return Ok(Some(normal));
    }
    // The inverse of the first-order information V Gamma V at S, over the moments that vary: V^-1 Gamma^-1 V^-1.
    let fixed = if table.fixed_x { observed.exogenous.as_slice() } else { &[] };
    let contributions = cases.expect("first-order information needs the cases").about_sample(block);
    let Ok(inverse) = crate::asymptotic::inverse_of_gamma(contributions, fixed) else { return Ok(None) };
    Ok(Some(product(&product(&normal, &inverse), &normal)))
}

/// s_ik s_jl + s_il s_jk for covariances and s_ij for means; with P = S_.x S_xx^-1 S_x. of fixed exogenous variables the same of P is
/// taken off.
fn of_normal_data(table: &ParTable, observed: &Observed) -> Result<Array2<f64>, EstimationError> {
    let stacking = Stacking { p: observed.cov.nrows(), means: table.meanstructure };
    let explained = explained_by_exogenous(table, observed).map_err(|()| not_feasible())?;
    let (first, k) = (stacking.first_covariance(), stacking.len());
    let pairs: Vec<(usize, usize)> = stacking.pairs().collect();
    let mut gamma = Array2::zeros((k, k));
    for (sign, cov) in [(1.0, Some(&observed.cov)), (-1.0, explained.as_ref())] {
        let Some(s) = cov else { continue };
        for i in 0..first {
            for j in 0..first {
                gamma[[i, j]] += sign * s[[i, j]];
            }
        }
        for (a, &(i, j)) in pairs.iter().enumerate() {
            for (b, &(k, l)) in pairs.iter().enumerate() {
                gamma[[first + a, first + b]] += sign * (s[[i, k]] * s[[j, l]] + s[[i, l]] * s[[j, k]]);
            }
        }
    }
    Ok(gamma)
}
