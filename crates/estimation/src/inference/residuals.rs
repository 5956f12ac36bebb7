//! Residuals of the moments: what the model leaves unexplained, raw, as correlations, and in units of standard errors.
//!
//! Of one block with N cases, S and m the sample moments, Sigma and mu the implied ones, r = (m, vech S) - (mu, vech Sigma):
//!
//! | kind | covariance (i, j) | mean i |
//! |---|---|---|
//! | raw | s_ij - sigma_ij | m_i - mu_i |
//! | correlation (Bollen) | s_ij / sqrt(s_ii s_jj) - sigma_ij / sqrt(sigma_ii sigma_jj) | (m_i - mu_i) / sqrt(s_ii) |
//! | correlation (Bentler) | (s_ij - sigma_ij) / sqrt(s_ii s_jj) | (m_i - mu_i) / sqrt(s_ii) |
//! | normalized | raw / sqrt(Gamma_ee / N) | likewise |
//! | standardized | raw / sqrt((Q Gamma Q')_ee / N) | likewise |
//!
//! Gamma is the covariance matrix of the sample moments of a normal population, s_ik s_jl + s_il s_jk for covariances and s_ij for
//! means. Exogenous variables that are fixed are conditioned on: with P = S_.x S_xx^-1 S_x., products of P are subtracted.
//! What Gamma and A1 are for other estimators, information and missing values: [`super::residual_covariance`]. Q = I - w Delta A0^-1 Delta' A1: Delta the Jacobian of the moments, A1 the normal-theory weight at Sigma (at S for GLS), A0 the
//! information of one case, w the block's share of the cases.
//!
//! Sources: Bollen (1989), pp. 257-262; Bentler (1995), EQS manual, p. 90; Hausman (1978), Econometrica 46, for Q; Maydeu-Olivares
//! (2017), Psychometrika 82, 533-558.

use compact_str::CompactString;
use latva_data::Sample;
use latva_math::linalg::{Cholesky, matmul};
use latva_spec::table::ParTable;
use ndarray::{Array1, Array2, Axis, s};

use super::cases::{Cases, unrestricted_weights};
use super::information::covariance_of_parameters;
use super::modification::{AtEstimates, not_feasible};
use super::residual_covariance::residual_covariances;
use super::residual_summary::{ResidualSummary, summary};
use crate::constraints::equality_tangent;
use crate::error::EstimationError;
use crate::implied::Jacobian;
use crate::objective::ModelObjective;
use crate::observed::Observed;
use crate::plan::{Estimator, H1Information, Information, Missing, StandardErrors};
use crate::result::{BlockMoments, Fit};
use crate::stacked::Stacking;

/// Share of its sampling variance that must be left to a residual; below it the model reproduces the moment whatever the
/// sample, and there is nothing to test.
const FREE_TO_DIFFER: f64 = 1e-7;

/// Moments of a block up to which the covariance matrix of its residuals is formed. Beyond, there are their variances alone.
const MOST_MOMENTS: usize = 4000;

/// One kind of residual of a block.
#[derive(Debug, Clone, PartialEq)]
pub struct ResidualMoments {
    /// Covariances, p x p; `None` where the figure does not exist.
    pub cov: Array2<Option<f64>>,
    /// Means, p; `None` without a mean structure.
    pub mean: Option<Array1<Option<f64>>>,
}

/// The residuals of one block.
#[derive(Debug, Clone, PartialEq)]
pub struct BlockResiduals {
    /// Group number from 1.
    pub group: usize,
    /// Observed variables, p.
    pub variables: Vec<String>,
    /// In the units of the data.
    pub raw: ResidualMoments,
    /// Differences of correlations, each moment scaled by its own standard deviations.
    pub cor_bollen: ResidualMoments,
    /// Scaled by the sample's standard deviations.
    pub cor_bentler: ResidualMoments,
    /// Divided by the standard error of the sample moment, robust where the fit's standard errors are; `None` where the information is
    /// singular.
    pub normalized: Option<ResidualMoments>,
    /// Divided by the standard error of the residual; `None` as above.
    pub standardized: Option<ResidualMoments>,
    /// Root mean squares with their tests; `None` as above, and with more than 4000 moments.
    pub summary: Option<ResidualSummary>,
}

/// The residuals of all blocks of a converged fit. `table` and `sample` are those of the fit.
///
/// # Errors
/// Those of [`crate::fit`].
pub fn residuals(table: &ParTable, sample: &Sample, fit: &Fit) -> Result<Vec<BlockResiduals>, EstimationError> {
    let mut blocks: Vec<BlockResiduals> = fit
        .moments
        .iter()
        .zip(&fit.blocks)
        .map(|(moments, block)| BlockResiduals {
            group: block.group,
            variables: block.observed.iter().map(CompactString::to_string).collect(),
            raw: of_moments(moments, |_, _| 1.0, |_, _| 1.0, |_| 1.0),
            cor_bollen: of_moments(
                moments,
                |i, j| root(&moments.sample_cov, i, j),
                |i, j| root(&moments.implied_cov, i, j),
                |i| moments.sample_cov[[i, i]].sqrt(),
            ),
            cor_bentler: of_moments(
                moments,
                |i, j| root(&moments.sample_cov, i, j),
                |i, j| root(&moments.sample_cov, i, j),
                |i| moments.sample_cov[[i, i]].sqrt(),
            ),
            normalized: None,
            standardized: None,
            summary: None,
        })
        .collect();
    if !fit.convergence.converged {
        return Ok(blocks);
    }
    let stacking = |moments: &BlockMoments| Stacking {
        p: moments.sample_cov.nrows(),
        means: moments.implied_mean.is_some() && moments.sample_mean.is_some(),
    };
    let variances = if fit.moments.iter().all(|moments| stacking(moments).len() <= MOST_MOMENTS) {
        let Some(covariances) = residual_covariances(table, sample, fit)? else { return Ok(blocks) };
        let at = covariances.into_iter().zip(&fit.moments).zip(&fit.groups);
        at.zip(&mut blocks)
            .map(|(((covariance, moments), group), block)| {
                let n = group.size;
                let sampling: Vec<f64> = sampling_variances(&moments.sample_cov, None, stacking(moments).means);
                let variances = Variances {
                    unconditional: sampling.into_iter().map(|gamma| gamma / n).collect(),
                    moment: covariance.moments.diag().to_vec(),
                    residual: covariance.residuals.diag().to_vec(),
                };
                block.summary = Some(summarized(block, moments, covariance.residuals, &variances));
                variances
            })
            .collect()
    } else {
        match variances_alone(table, sample, fit)? {
            Some(variances) => variances,
            None => return Ok(blocks),
        }
    };
    for ((block, moments), variance) in blocks.iter_mut().zip(&fit.moments).zip(&variances) {
        block.normalized = Some(divided(moments, &block.raw, &variance.moment, &variance.unconditional));
        block.standardized = Some(divided(moments, &block.raw, &variance.residual, &variance.unconditional));
    }
    Ok(blocks)
}

/// The summary of a block; moments that the model reproduces whatever the sample have no part in the covariance matrix.
fn summarized(
    block: &BlockResiduals,
    moments: &BlockMoments,
    mut covariance: Array2<f64>,
    variances: &Variances,
) -> ResidualSummary {
    for (place, (own, sampling)) in variances.residual.iter().zip(&variances.unconditional).enumerate() {
        if *own <= FREE_TO_DIFFER * sampling {
            covariance.row_mut(place).fill(0.0);
            covariance.column_mut(place).fill(0.0);
        }
    }
    let stacking = Stacking { p: moments.sample_cov.nrows(), means: block.raw.mean.is_some() };
    let stack = |kind: &ResidualMoments| {
        let mean = kind.mean.as_ref().map(|mean| mean.mapv(|value| value.unwrap_or(0.0)));
        let cov = kind.cov.mapv(|value| value.unwrap_or(0.0));
        Array1::from(stacking.stack(mean.as_ref().map(|mean| mean.view()), cov.view()))
    };
    summary(stacking, &stack(&block.raw), &stack(&block.cor_bollen), &covariance, &moments.sample_cov)
}

/// The variances without their covariances, where the matrix of these would be too large: for ML and GLS with complete cases.
fn variances_alone(table: &ParTable, sample: &Sample, fit: &Fit) -> Result<Option<Vec<Variances>>, EstimationError> {
    let plan = &fit.plan;
    let plain = plan.information == Information::Expected && plan.h1_information == H1Information::Structured;
    Ok(match (plan.estimator, plan.se) {
        _ if plan.missing != Missing::Listwise => None,
        (Estimator::Ml, StandardErrors::Standard | StandardErrors::None) if plain => {
            Some(variances(table, sample, fit)?)
        }
        (Estimator::Gls, StandardErrors::Standard | StandardErrors::None) => Some(variances(table, sample, fit)?),
        (Estimator::Ml, StandardErrors::RobustSem | StandardErrors::RobustHuberWhite) => {
            Some(robust_variances(table, sample, fit)?)
        }
        _ => None,
    })
}

fn root(cov: &Array2<f64>, i: usize, j: usize) -> f64 {
    (cov[[i, i]] * cov[[j, j]]).sqrt()
}

/// Differences of the moments, each divided by what belongs to it.
fn of_moments(
    moments: &BlockMoments,
    sample: impl Fn(usize, usize) -> f64,
    implied: impl Fn(usize, usize) -> f64,
    mean: impl Fn(usize) -> f64,
) -> ResidualMoments {
    let finite = |value: f64| value.is_finite().then_some(value);
    ResidualMoments {
        cov: Array2::from_shape_fn(moments.sample_cov.dim(), |(i, j)| {
            finite(moments.sample_cov[[i, j]] / sample(i, j) - moments.implied_cov[[i, j]] / implied(i, j))
        }),
        mean: moments
            .implied_mean
            .as_ref()
            .zip(moments.sample_mean.as_ref())
            .map(|(mu, m)| Array1::from_shape_fn(mu.len(), |i| finite((m[i] - mu[i]) / mean(i)))),
    }
}

/// Variances of the moments of a block (means, if modelled, then vech by columns).
struct Variances {
    /// Of the sample moments, exogenous variables taken as random.
    unconditional: Vec<f64>,
    /// Of the sample moments, given those of the exogenous variables that are fixed.
    moment: Vec<f64>,
    /// Of the residuals.
    residual: Vec<f64>,
}

/// Raw residuals over standard errors.
fn divided(moments: &BlockMoments, raw: &ResidualMoments, variance: &[f64], sampling: &[f64]) -> ResidualMoments {
    let p = moments.sample_cov.nrows();
    let over = |value: Option<f64>, element: usize| {
        let is_free = variance[element] > FREE_TO_DIFFER * sampling[element];
        value.filter(|_| is_free).map(|value| value / variance[element].sqrt())
    };
    let offset = if raw.mean.is_some() { p } else { 0 };
    let mut cov = Array2::from_elem((p, p), None);
    let mut element = offset;
    for j in 0..p {
        for i in j..p {
            cov[[i, j]] = over(raw.cov[[i, j]], element);
            cov[[j, i]] = cov[[i, j]];
            element += 1;
        }
    }
    let mean = raw.mean.as_ref().map(|mean| Array1::from_shape_fn(p, |i| over(mean[i], i)));
    ResidualMoments { cov, mean }
}

/// The same without the assumption of normality: Gamma is the covariance matrix of the cases' contributions to the moments, A1 the
/// information of the unrestricted model that the standard errors rest on.
fn robust_variances(table: &ParTable, sample: &Sample, fit: &Fit) -> Result<Vec<Variances>, EstimationError> {
    let at = AtEstimates::new(table, sample, fit)?;
    let cases = Cases::new(table, sample, &at.observed, &fit.plan)?;
    let reparametrisation = equality_tangent(table, &at.fixed, &at.theta)?;
    let mut objective = ModelObjective::new(at.blocks(table, &at.fixed)?, reparametrisation);
    let point = objective.reparametrisation.contract(&at.theta);
    objective.complete_at(&point).map_err(|_| not_feasible())?;
    let weights = unrestricted_weights(&objective, &at.observed, &fit.plan, fit.plan.information);
    let total: f64 = at.observed.iter().map(|observed| observed.n_obs).sum();
    let shares: Vec<f64> = at.observed.iter().map(|observed| observed.n_obs / total).collect();
    let q = table.n_free();
    let mut information = Array2::zeros((q, q));
    let mut jacobians = Vec::with_capacity(shares.len());
    for ((block, weight), share) in objective.blocks.iter_mut().zip(&weights).zip(&shares) {
        let jacobian = block.jacobian(None);
        let form = weight.form(block.stacking(), &jacobian.delta);
        jacobian.scatter(&form, *share, &mut information);
        jacobians.push(jacobian);
    }
    let inverse =
        covariance_of_parameters(information, None, 2.0, &objective.reparametrisation).ok_or_else(not_feasible)?;
    Ok(jacobians
        .iter()
        .zip(&weights)
        .zip(&at.observed)
        .enumerate()
        .map(|(block, ((jacobian, weight), observed))| {
            let own = &jacobian.parameters;
            let among = Array2::from_shape_fn((own.len(), own.len()), |(a, b)| inverse[[own[a], own[b]]]);
            let reach = jacobian.delta.dot(&among) * shares[block];
            let contributions = cases.about_sample(block);
            let over_n = |gamma: Vec<f64>| gamma.into_iter().map(|gamma| gamma / observed.n_obs).collect();
            Variances {
                unconditional: over_n(sampling_variances(&observed.cov, None, table.meanstructure)),
                moment: over_n(contributions.gamma_diagonal().to_vec()),
                residual: over_n(contributions.residual_variances(weight, &jacobian.delta, &reach).to_vec()),
            }
        })
        .collect())
}

/// What a block's variances are made of.
struct Parts {
    /// The share of the cases, w.
    share: f64,
    /// Delta, moments x q.
    jacobian: Array2<f64>,
    /// Gamma A1 Delta.
    projected: Array2<f64>,
    /// Delta' A1 Gamma A1 Delta, q x q.
    meat: Array2<f64>,
    /// Diagonal of Gamma, exogenous variables taken as random.
    unconditional: Vec<f64>,
    /// Diagonal of Gamma.
    gamma: Vec<f64>,
    n: f64,
}

fn variances(table: &ParTable, sample: &Sample, fit: &Fit) -> Result<Vec<Variances>, EstimationError> {
    let at = AtEstimates::new(table, sample, fit)?;
    let reparametrisation = equality_tangent(table, &at.fixed, &at.theta)?;
    let mut objective = ModelObjective::new(at.blocks(table, &at.fixed)?, reparametrisation);
    let point = objective.reparametrisation.contract(&at.theta);
    objective.complete_at(&point).map_err(|_| not_feasible())?;
    objective.reweigh(&at.scaling.shares);
    let second = objective.take_expected();
    // The information of one case is half the second derivatives.
    let inverse = covariance_of_parameters(second, None, 1.0, &objective.reparametrisation).ok_or_else(not_feasible)?;
    let q = table.n_free();
    let total: f64 = at.observed.iter().map(|observed| observed.n_obs).sum();
    let parts = objective
        .blocks
        .iter_mut()
        .zip(&at.observed)
        .map(|(block, observed)| {
            let weighed = if fit.plan.estimator == Estimator::Gls { &observed.cov } else { &block.implied().cov };
            let inverse = Cholesky::of(weighed.view()).map_err(|_| not_feasible())?.inverse();
            let explained = explained_by_exogenous(table, observed).map_err(|()| not_feasible())?;
            let p = observed.cov.nrows();
            let (mut of_sample, mut of_exogenous) = (Array2::zeros((p, p)), Array2::zeros((p, p)));
            matmul(observed.cov.view(), inverse.view(), of_sample.view_mut());
            let jacobian = widened(&block.jacobian(None), q);
            let mut projected = widened(&block.jacobian(Some(&of_sample)), q);
            if let Some(explained) = &explained {
                matmul(explained.view(), inverse.view(), of_exogenous.view_mut());
                projected -= &widened(&block.jacobian(Some(&of_exogenous)), q);
            }
            let mut weighted = widened(&block.jacobian(Some(&inverse)), q);
            let means = if table.meanstructure { p } else { 0 };
            let mut element = means;
            for j in 0..p {
                // tr(Y dSigma) counts elements off the diagonal twice, and A1 has a factor of 1/2.
                weighted.row_mut(element).mapv_inplace(|value| 0.5 * value);
                element += p - j;
            }
            let mut meat = Array2::zeros((q, q));
            matmul(weighted.t(), projected.view(), meat.view_mut());
            Ok(Parts {
                share: observed.n_obs / total,
                jacobian,
                projected,
                meat,
                unconditional: sampling_variances(&observed.cov, None, table.meanstructure),
                gamma: sampling_variances(&observed.cov, explained.as_ref(), table.meanstructure),
                n: observed.n_obs,
            })
        })
        .collect::<Result<Vec<Parts>, EstimationError>>()?;
    Ok(parts.iter().map(|parts| residual_variances(parts, &inverse)).collect())
}

/// The Jacobian with a column for each of q parameters, zero for those of other blocks.
fn widened(jacobian: &Jacobian, q: usize) -> Array2<f64> {
    let mut wide = Array2::zeros((jacobian.delta.nrows(), q));
    for (column, &parameter) in jacobian.parameters.iter().enumerate() {
        wide.column_mut(parameter).assign(&jacobian.delta.column(column));
    }
    wide
}

/// diag(Q Gamma Q') / N = (Gamma_ee - 2 H_e (Gamma A1 Delta)_e' + H_e (Delta' A1 Gamma A1 Delta) H_e') / N, H = w Delta A0^-1.
fn residual_variances(parts: &Parts, inverse: &Array2<f64>) -> Variances {
    let mut reach = Array2::zeros(parts.jacobian.dim());
    matmul(parts.jacobian.view(), inverse.view(), reach.view_mut());
    reach *= parts.share;
    let mut weighed = Array2::zeros(reach.dim());
    matmul(reach.view(), parts.meat.view(), weighed.view_mut());
    let residual = reach
        .axis_iter(Axis(0))
        .zip(weighed.axis_iter(Axis(0)))
        .zip(parts.projected.axis_iter(Axis(0)))
        .zip(&parts.gamma)
        .map(|(((reach, weighed), projected), gamma)| {
            (gamma - 2.0 * reach.dot(&projected) + weighed.dot(&reach)) / parts.n
        })
        .collect();
    let over_n = |gamma: &[f64]| gamma.iter().map(|gamma| gamma / parts.n).collect();
    Variances { unconditional: over_n(&parts.unconditional), moment: over_n(&parts.gamma), residual }
}

/// P = S_.x S_xx^-1 S_x.; `None` where nothing is conditioned on.
pub(super) fn explained_by_exogenous(table: &ParTable, observed: &Observed) -> Result<Option<Array2<f64>>, ()> {
    let x = &observed.exogenous;
    if !table.fixed_x || x.is_empty() {
        return Ok(None);
    }
    let p = observed.cov.nrows();
    let among = Array2::from_shape_fn((x.len(), x.len()), |(a, b)| observed.cov[[x[a], x[b]]]);
    let factor = Cholesky::of(among.view()).map_err(|_| ())?;
    let mut half = Array2::zeros((x.len(), p));
    for i in 0..p {
        let mut column: Vec<f64> = x.iter().map(|&a| observed.cov[[a, i]]).collect();
        factor.forward(&mut column);
        half.slice_mut(s![.., i]).assign(&Array1::from(column));
    }
    Ok(Some(half.t().dot(&half)))
}

/// The diagonal of Gamma.
fn sampling_variances(cov: &Array2<f64>, explained: Option<&Array2<f64>>, means: bool) -> Vec<f64> {
    let p = cov.nrows();
    let known = |i: usize, j: usize| explained.map_or(0.0, |explained| explained[[i, j]]);
    let mut gamma = Vec::with_capacity(p * (p + 3) / 2);
    if means {
        gamma.extend((0..p).map(|i| cov[[i, i]] - known(i, i)));
    }
    for j in 0..p {
        for i in j..p {
            let all = cov[[i, i]] * cov[[j, j]] + cov[[i, j]].powi(2);
            gamma.push(all - known(i, i) * known(j, j) - known(i, j).powi(2));
        }
    }
    gamma
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Options;
    use latva_data::GroupSample;
    use latva_spec::table::{TableContext, TableOptions, build};

    /// Reproducible cases of six variables with one factor in common, and some of them a second.
    fn sample() -> Sample {
        let mut state = 7_u64;
        let mut next = move || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 11) as f64 / (1_u64 << 53) as f64 - 0.5
        };
        let mut rows = Array2::zeros((80, 6));
        for mut row in rows.rows_mut() {
            let (common, second) = (next() + next(), next());
            for (i, value) in row.iter_mut().enumerate() {
                *value = common + if i % 2 == 0 { second } else { 0.0 } + next();
            }
        }
        let mean = rows.mean_axis(Axis(0)).unwrap();
        let centred = &rows - &mean;
        let cov = centred.t().dot(&centred) / 80.0;
        let names = (1..=6).map(|i| format!("x{i}").into()).collect();
        let group = GroupSample {
            label: String::new(),
            n_obs: 80,
            cov,
            mean: Some(mean),
            rows: Some(rows.into()),
            weights: None,
        };
        Sample { names, groups: vec![group] }
    }

    #[test]
    fn variances_alone_are_the_diagonals_of_the_covariance_matrices() {
        let sample = sample();
        let model = "f =~ x1 + x2 + x3 + x4 + x5 + x6";
        let path = "x1 ~ x2 + x3\nx4 ~ x1 + x5 + x6";
        for (model, estimator, se) in [
            (model, Estimator::Ml, StandardErrors::Standard),
            (path, Estimator::Ml, StandardErrors::Standard),
            (path, Estimator::Ml, StandardErrors::RobustSem),
            (model, Estimator::Ml, StandardErrors::RobustHuberWhite),
            (model, Estimator::Gls, StandardErrors::Standard),
        ] {
            let table_options = TableOptions { meanstructure: Some(true), ..TableOptions::default() };
            let context = TableContext { options: table_options, ..TableContext::default() };
            let table = build(&latva_spec::parse(model).model, &context).0;
            let options = Options { estimator, se: Some(se), ..Options::default() };
            let fit = crate::fit(&table, &sample, &options).unwrap();
            let alone = variances_alone(&table, &sample, &fit).unwrap().expect("variances");
            let whole = residual_covariances(&table, &sample, &fit).unwrap().expect("covariances");
            for (ours, theirs) in alone[0].residual.iter().zip(whole[0].residuals.diag()) {
                assert!((ours - theirs).abs() < 1e-9, "{estimator:?} {se:?}: {ours} {theirs}");
            }
            for (ours, theirs) in alone[0].moment.iter().zip(whole[0].moments.diag()) {
                assert!((ours - theirs).abs() < 1e-9, "{estimator:?} {se:?}: {ours} {theirs}");
            }
        }
    }
}
