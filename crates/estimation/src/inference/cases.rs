//! The cases of all blocks, as robust inference uses them, and the weights of the unrestricted model's information.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::sync::Arc;

use latva_data::Sample;
use latva_math::linalg::Cholesky;
use latva_spec::table::ParTable;
use ndarray::Array2;

use super::incomplete_cases::IncompleteCases;
use super::two_stage::{NotDetermined, gamma_of_unrestricted};
use super::unrestricted::Unrestricted;
use crate::casewise::CaseMoments;
use crate::error::EstimationError;
use crate::moment_weight::MomentWeight;
use crate::objective::{BlockObjective, ModelObjective};
use crate::observed::{Observed, case_rows};
use crate::plan::{Estimator, H1Information, Information, Mimic, Plan, TestStatistic};
use crate::stacked::Stacking;

/// The cases of all blocks.
pub(crate) struct Cases {
    /// The rows of each block, n x p.
    rows: Vec<Array2<f64>>,
    /// Their sampling weights, n.
    weights: Vec<Option<Vec<f64>>>,
    /// Their contributions about the sample's moments, whose covariance matrix is Gamma; empty where cases are incomplete.
    about_sample: Vec<CaseMoments>,
    /// The cases by pattern, where missing values are treated by the likelihood of what is there; empty otherwise.
    incomplete: Vec<Unrestricted>,
    /// Gamma of each block, where the moments are those of the unrestricted model of incomplete cases.
    unrestricted: Vec<Array2<f64>>,
    /// The sum over the blocks of tr(V Gamma) at the sample's own moments, which every model has in common.
    trace: OnceCell<f64>,
}

impl Cases {
    /// The cases of a sample.
    ///
    /// # Errors
    /// [`EstimationError::NeedsCases`] for a sample of moments, [`EstimationError::UnrestrictedNotDetermined`], [`EstimationError::SampleNotPositiveDefinite`] for fixed
    /// exogenous variables that are collinear.
    pub(crate) fn new(
        table: &ParTable,
        sample: &Sample,
        observed: &[Observed],
        plan: &Plan,
    ) -> Result<Self, EstimationError> {
        let mut cases = Cases {
            rows: Vec::new(),
            weights: Vec::new(),
            about_sample: Vec::new(),
            incomplete: Vec::new(),
            unrestricted: Vec::new(),
            trace: OnceCell::new(),
        };
        for (block, observed) in observed.iter().enumerate() {
            let rows = case_rows(table, sample, block)
                .ok_or(EstimationError::NeedsCases { what: "a robust standard error or test" })?;
            let own_weights = sample.groups[block].weights.as_deref();
            if let (Some(incomplete), Some(mean)) = (observed.full_information(plan), &observed.mean) {
                let fixed = if plan.fixed_x { observed.exogenous.as_slice() } else { &[] };
                let among = Stacking { p: rows.ncols(), means: true }.among(fixed);
                let varying = (0..among.len()).filter(|&moment| !among[moment]).collect();
                let own = IncompleteCases::new(rows, own_weights, Arc::clone(&incomplete.rows));
                let own = Unrestricted::new(own, mean.clone(), observed.cov.clone(), varying);
                if plan.test.contains(&TestStatistic::YuanBentler) {
                    cases.unrestricted.extend(own.sandwich(plan.information).map(Cow::into_owned));
                }
                cases.incomplete.push(own);
                continue;
            }
            if plan.missing.is_two_stage() {
                let gamma = gamma_of_unrestricted(observed, rows, plan);
                cases.unrestricted.push(gamma.map_err(|NotDetermined| EstimationError::UnrestrictedNotDetermined {
                    group: sample.groups[block].label.clone(),
                })?);
                continue;
            }
            let fixed = if plan.fixed_x { observed.exogenous.as_slice() } else { &[] };
            let contributions = CaseMoments::about_sample(rows.view(), own_weights, fixed, plan.meanstructure)
                .ok_or_else(|| EstimationError::SampleNotPositiveDefinite {
                    group: sample.groups[block].label.clone(),
                    variable: table.blocks[block].observed[fixed[0]].to_string(),
                })?;
            cases.rows.push(rows);
            cases.weights.push(own_weights.map(<[f64]>::to_vec));
            cases.about_sample.push(contributions);
        }
        Ok(cases)
    }

    /// The contributions of the cases of a block about the sample's moments.
    pub(crate) fn about_sample(&self, block: usize) -> &CaseMoments {
        &self.about_sample[block]
    }

    /// The contributions of the cases of a block about the moments of the model at the last point.
    pub(crate) fn about_model(&self, block: usize, sample: &Observed, model: &BlockObjective) -> CaseMoments {
        let means = model.model.has_means;
        let location = match &sample.mean {
            Some(mean) if !means => mean,
            _ => &model.implied().mean,
        };
        CaseMoments::about(
            self.rows[block].view(),
            self.weights[block].as_deref(),
            location,
            &model.implied().cov,
            means,
        )
    }

    /// The same less what fixed exogenous variables explain of them; `None` where these are collinear.
    pub(crate) fn about_model_given(
        &self,
        block: usize,
        sample: &Observed,
        model: &BlockObjective,
        fixed: &[usize],
    ) -> Option<CaseMoments> {
        self.about_model(block, sample, model).given(fixed, &model.implied().cov)
    }

    /// The cases by pattern with the unrestricted model of each block, where the likelihood is that of incomplete cases.
    pub(crate) fn incomplete(&self) -> &[Unrestricted] {
        &self.incomplete
    }

    /// Gamma of a block whose moments are those of the unrestricted model of incomplete cases.
    pub(crate) fn gamma_of_unrestricted(&self, block: usize) -> Option<&Array2<f64>> {
        self.unrestricted.get(block)
    }

    /// Whether there is a Gamma for each block: of incomplete cases there is none where their information is singular.
    pub(crate) fn has_gamma(&self) -> bool {
        self.unrestricted.len() == self.incomplete.len() || self.incomplete.is_empty()
    }

    /// V of each block ([`unrestricted_weights`]); of incomplete cases the information of their unrestricted model at the moments that
    /// the plan says. `None` where that does not exist.
    pub(crate) fn weights(
        &self,
        objective: &ModelObjective,
        observed: &[Observed],
        plan: &Plan,
    ) -> Option<Vec<Arc<MomentWeight>>> {
        if self.incomplete.is_empty() {
            return Some(unrestricted_weights(objective, observed, plan, plan.information));
        }
        self.incomplete
            .iter()
            .zip(&objective.blocks)
            .map(|(own, block)| {
                let information = if plan.h1_information == H1Information::Unstructured {
                    own.information(plan.information)?.clone()
                } else {
                    own.cases().information(&block.implied().mean, &block.implied().cov, plan.information).ok()?
                };
                Some(Arc::new(MomentWeight::Full(information)))
            })
            .collect()
    }

    /// Delta' A Delta of all blocks with their weights, A the information of a kind about the unrestricted model of incomplete cases
    /// at its own estimates; `None` where that does not exist.
    pub(crate) fn information_at_unrestricted(
        &self,
        objective: &mut ModelObjective,
        kind: Information,
    ) -> Option<Array2<f64>> {
        let q = objective.reparametrisation.n_theta();
        let mut total = Array2::zeros((q, q));
        for (block, own) in objective.blocks.iter_mut().zip(&self.incomplete) {
            let jacobian = block.jacobian(None);
            let form = jacobian.delta.t().dot(own.information(kind)?).dot(&jacobian.delta);
            jacobian.scatter(&form, block.weight, &mut total);
        }
        Some(total)
    }

    /// Delta' V Gamma V Delta of all blocks with their weights, and the sum of tr(V Gamma): the covariance matrix of the gradient.
    pub(crate) fn gradient_covariance(
        &self,
        objective: &mut ModelObjective,
        weights: &[Arc<MomentWeight>],
    ) -> (Array2<f64>, f64) {
        let q = objective.reparametrisation.n_theta();
        let (mut meat, mut trace) = (Array2::zeros((q, q)), 0.0);
        for ((block, gamma), weight) in objective.blocks.iter_mut().zip(&self.unrestricted).zip(weights) {
            let (jacobian, stacking) = (block.jacobian(None), block.stacking());
            let (mut weighted, mut own) = (Array2::zeros(jacobian.delta.raw_dim()), Array2::zeros(gamma.raw_dim()));
            weight.apply(stacking, jacobian.delta.view(), &mut weighted);
            weight.apply(stacking, gamma.view(), &mut own);
            jacobian.scatter(&weighted.t().dot(gamma).dot(&weighted), block.weight, &mut meat);
            trace += own.diag().sum();
        }
        for ((block, cases), weight) in objective.blocks.iter_mut().zip(&self.about_sample).zip(weights) {
            let jacobian = block.jacobian(None);
            jacobian.scatter(&cases.meat(weight, &jacobian.delta), block.weight, &mut meat);
            trace += cases.trace(weight);
        }
        (meat, trace)
    }

    /// The first-order information of all blocks with their weights: the cross-product of the casewise scores of ML, on average.
    /// `None` where incomplete cases have no unrestricted model at which it is asked for.
    pub(crate) fn first_order_information(
        &self,
        objective: &mut ModelObjective,
        observed: &[Observed],
        plan: &Plan,
    ) -> Option<Array2<f64>> {
        let q = objective.reparametrisation.n_theta();
        let mut information = Array2::zeros((q, q));
        if !self.incomplete.is_empty() {
            if plan.h1_information == H1Information::Unstructured {
                return self.information_at_unrestricted(objective, Information::FirstOrder);
            }
            for (block, own) in objective.blocks.iter_mut().zip(&self.incomplete) {
                let jacobian = block.jacobian(None);
                let form = own
                    .cases()
                    .first_order_form(&block.implied().mean, &block.implied().cov, &jacobian.delta)
                    .expect("Sigma is positive definite at the solution");
                jacobian.scatter(&form, block.weight, &mut information);
            }
            return Some(information);
        }
        let weights = unrestricted_weights(objective, observed, plan, Information::Expected);
        if plan.h1_information == H1Information::Unstructured {
            return Some(self.gradient_covariance(objective, &weights).0);
        }
        for (index, (block, weight)) in objective.blocks.iter_mut().zip(&weights).enumerate() {
            let cases = self.about_model(index, &observed[index], block);
            let jacobian = block.jacobian(None);
            jacobian.scatter(&cases.meat(weight, &jacobian.delta), block.weight, &mut information);
        }
        Some(information)
    }
}

impl Cases {
    /// tr(V Gamma) of the unrestricted model at its own moments, and the number of moments that vary, over all blocks.
    ///
    /// `None` for incomplete cases whose information about the unrestricted model is singular.
    pub(crate) fn unrestricted_trace(
        &self,
        objective: &mut ModelObjective,
        observed: &[Observed],
        plan: &Plan,
    ) -> Option<(f64, usize)> {
        let (mut trace, mut moments) = (0.0, 0);
        for (block, sample) in observed.iter().enumerate() {
            let fixed = if plan.fixed_x { sample.exogenous.as_slice() } else { &[] };
            let stacking = objective.blocks[block].stacking();
            let varying: Vec<bool> = stacking.among(fixed).iter().map(|among| !among).collect();
            let Some(cases) = self.incomplete.get(block) else {
                moments += varying.iter().filter(|varies| **varies).count();
                continue;
            };
            trace += cases.trace_of_ratio(plan.information)?;
            moments += cases.moments();
        }
        if self.incomplete.is_empty() {
            trace = *self.trace.get_or_init(|| {
                let unstructured = Plan { h1_information: H1Information::Unstructured, ..plan.clone() };
                let weights = unrestricted_weights(objective, observed, &unstructured, Information::Expected);
                if self.about_sample.is_empty() {
                    self.gradient_covariance(objective, &weights).1
                } else {
                    self.about_sample.iter().zip(&weights).map(|(cases, weight)| cases.trace(weight)).sum()
                }
            });
        }
        Some((trace, moments))
    }
}

/// S^-1 of a block.
pub(crate) fn inverse_of_sample(sample: &Observed) -> Array2<f64> {
    Cholesky::of(sample.cov.view()).expect("S is positive definite where the estimator is ML or GLS").inverse()
}

/// V of each block: the information of the unrestricted model for ML, expected or observed, at the moments that the plan says;
/// the weight of the discrepancy for least squares.
pub(crate) fn unrestricted_weights(
    objective: &ModelObjective,
    observed: &[Observed],
    plan: &Plan,
    information: Information,
) -> Vec<Arc<MomentWeight>> {
    objective
        .blocks
        .iter()
        .zip(observed)
        .map(|(block, sample)| {
            let p = sample.cov.nrows();
            Arc::new(match plan.estimator {
                Estimator::Wls | Estimator::Dwls => {
                    return Arc::clone(sample.weight.as_ref().expect("weighted least squares has its weight"));
                }
                Estimator::Ml if plan.h1_information == H1Information::Structured => {
                    let inverse = Cholesky::of(block.implied().cov.view())
                        .expect("Sigma is positive definite at the solution")
                        .inverse();
                    if information == Information::Observed {
                        observed_weight(block, sample, &inverse)
                    } else {
                        MomentWeight::Normal(inverse)
                    }
                }
                Estimator::Ml | Estimator::Gls => MomentWeight::Normal(inverse_of_sample(sample)),
                Estimator::Uls if plan.mimic == Mimic::Lavaan => MomentWeight::unit(block.stacking()),
                Estimator::Uls => MomentWeight::Normal(Array2::eye(p)),
                Estimator::Sls => MomentWeight::Normal(Array2::from_diag(&sample.cov.diag().mapv(f64::recip))),
            })
        })
        .collect()
}

fn observed_weight(block: &BlockObjective, sample: &Observed, inverse: &Array2<f64>) -> MomentWeight {
    let shift = sample.mean.as_ref().filter(|_| block.model.has_means).map(|mean| mean - &block.implied().mean);
    let mut moments = sample.cov.clone();
    if let Some(shift) = &shift {
        for ((i, j), moment) in moments.indexed_iter_mut() {
            *moment += shift[i] * shift[j];
        }
    }
    MomentWeight::observed(inverse, &moments, shift.as_ref())
}
