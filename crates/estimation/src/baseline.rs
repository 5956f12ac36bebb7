//! The baseline model: variances (and means) free, covariances zero but for those among exogenous observed variables.

use std::sync::Arc;

use compact_str::CompactString;
use latva_math::linalg::{Cholesky, NotPositiveDefinite};
use latva_math::optimise::{Objective, ScoringSettings, minimise};
use ndarray::Array2;

use crate::constraints::Reparametrisation;
use crate::discrepancy::discrepancy_of;
use crate::implied::{BlockModel, Entry, Place};
use crate::incomplete::saturated;
use crate::objective::{BlockObjective, ModelObjective};
use crate::observed::Observed;
use crate::plan::{Estimator, Mimic, Plan};

/// F and degrees of freedom of the baseline model in one block.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct BaselineBlock {
    /// Discrepancy of the block.
    pub(crate) value: f64,
    /// Degrees of freedom of the block.
    pub(crate) df: usize,
}

/// Exogenous variables whose covariances the baseline keeps: lavaan keeps all, AMOS none.
fn kept(sample: &Observed, mimic: Mimic) -> &[usize] {
    match mimic {
        Mimic::Lavaan => &sample.exogenous,
        Mimic::Amos => &[],
    }
}

/// The baseline model of one block.
///
/// ML has it in closed form: F = log|S_xx| + sum over the other variables of log s_ii - log|S|; the others are minimised.
/// With missing values the likelihood falls into that of each variable and that of the exogenous ones.
///
/// # Errors
/// [`NotPositiveDefinite`] for a singular S.
pub(crate) fn baseline(
    sample: &Observed,
    names: &[CompactString],
    plan: &Plan,
) -> Result<BaselineBlock, NotPositiveDefinite> {
    let exogenous = kept(sample, plan.mimic);
    let value = match plan.estimator {
        Estimator::Ml if sample.full_information(plan).is_some() => of_incomplete(sample, exogenous, plan)?,
        Estimator::Ml => closed_form(sample, exogenous)?,
        _ => {
            let (model, start) = baseline_model(sample, names, plan);
            let block = BlockObjective::new(1.0, model, discrepancy_of(sample, plan)?);
            minimum(block, &start).0
        }
    };
    let (p, x) = (sample.cov.nrows(), exogenous.len());
    Ok(BaselineBlock { value: value.max(0.0), df: p * (p - 1) / 2 - x * x.saturating_sub(1) / 2 })
}

/// sum over the other variables of n_j / N (log s_jj + 1), s_jj and n_j of the cases that have the variable, and the deviance of
/// the exogenous variables at their fixed moments, or at those of their own unrestricted model where they are not fixed; less the
/// deviance of the unrestricted model.
fn of_incomplete(sample: &Observed, exogenous: &[usize], plan: &Plan) -> Result<f64, NotPositiveDefinite> {
    let incomplete = sample.incomplete.as_ref().expect("the caller has asked");
    let rows = &incomplete.rows;
    let alone: f64 = (0..rows.p)
        .filter(|variable| !exogenous.contains(variable))
        .map(|variable| {
            let (_, variance, n) = rows.alone(variable);
            n / rows.n * (variance.ln() + 1.0)
        })
        .sum();
    let together = if exogenous.is_empty() {
        0.0
    } else {
        let among = Arc::new(rows.select(exogenous));
        let deviance = if plan.fixed_x {
            sample.deviance_of(exogenous)?
        } else {
            saturated(&among).deviance.ok_or(NotPositiveDefinite { pivot: exogenous[0] })?
        };
        among.n / rows.n * deviance
    };
    Ok(alone + together - incomplete.deviance.unwrap_or(0.0))
}

/// Minimum and minimiser of one block.
fn minimum(block: BlockObjective, start: &[f64]) -> (f64, Vec<f64>) {
    let objective = ModelObjective::new(vec![block], Reparametrisation::none(start.len()));
    let solution = minimise(objective, start, &ScoringSettings::default()).0;
    (solution.value, solution.theta)
}

/// The baseline model of all blocks as one objective, at its minimum. Blocks share no parameter.
///
/// # Errors
/// [`NotPositiveDefinite`] for a singular S.
pub(crate) fn fitted_baseline(
    observed: &[Observed],
    names: &[&[CompactString]],
    weights: &[f64],
    plan: &Plan,
) -> Result<ModelObjective, NotPositiveDefinite> {
    let (mut blocks, mut theta) = (Vec::with_capacity(observed.len()), Vec::new());
    for ((sample, names), &weight) in observed.iter().zip(names).zip(weights) {
        let (mut model, mut values) = baseline_model(sample, names, plan);
        let incomplete = sample.full_information(plan);
        let mut at_minimum = plan.estimator == Estimator::Ml;
        if let Some(incomplete) = incomplete {
            // Where no exogenous variable is kept, each variable has its own likelihood.
            at_minimum = kept(sample, plan.mimic).is_empty();
            let alone: Vec<_> = (0..incomplete.rows.p).map(|variable| incomplete.rows.alone(variable)).collect();
            for (entry, value) in model.entries.iter().zip(&mut values) {
                match entry.place {
                    Place::ResidualCov(i, j) if i == j => *value = alone[i].1,
                    Place::Intercept(i) => *value = alone[i].0,
                    _ => {}
                }
            }
        }
        if !at_minimum {
            let block = BlockObjective::new(1.0, model.clone(), discrepancy_of(sample, plan)?);
            values = minimum(block, &values).1;
        }
        for entry in &mut model.entries {
            entry.parameter += theta.len();
        }
        theta.extend(values);
        blocks.push(BlockObjective::new(weight, model, discrepancy_of(sample, plan)?));
    }
    let mut objective = ModelObjective::new(blocks, Reparametrisation::none(theta.len()));
    objective.value(&theta).map_err(|_| NotPositiveDefinite { pivot: 0 })?;
    Ok(objective)
}

/// The matrices of the baseline model of one block, and the sample's values of its parameters. Moments of exogenous variables
/// that are fixed to the sample's are no parameters.
pub(crate) fn baseline_model(sample: &Observed, names: &[CompactString], plan: &Plan) -> (BlockModel, Vec<f64>) {
    let exogenous = kept(sample, plan.mimic);
    let mut model = BlockModel::uncorrelated(names, exogenous, plan.meanstructure);
    let value_of = |place: Place| match (place, &sample.mean) {
        (Place::ResidualCov(i, j), _) => sample.cov[[i, j]],
        (Place::Intercept(i), Some(mean)) => mean[i],
        _ => 0.0,
    };
    if plan.fixed_x {
        let is_fixed = |place: Place| match place {
            Place::ResidualCov(i, j) => exogenous.contains(&i) && exogenous.contains(&j),
            Place::Intercept(i) => exogenous.contains(&i),
            _ => false,
        };
        for entry in std::mem::take(&mut model.entries) {
            if is_fixed(entry.place) {
                model.set(entry.place, value_of(entry.place));
            } else {
                let parameter = model.entries.len();
                model.entries.push(Entry { place: entry.place, parameter });
            }
        }
    }
    let start = model.entries.iter().map(|entry| value_of(entry.place)).collect();
    (model, start)
}

fn closed_form(sample: &Observed, exogenous: &[usize]) -> Result<f64, NotPositiveDefinite> {
    let among =
        Array2::from_shape_fn((exogenous.len(), exogenous.len()), |(a, b)| sample.cov[[exogenous[a], exogenous[b]]]);
    let together = if exogenous.is_empty() { 0.0 } else { Cholesky::of(among.view())?.log_det() };
    let alone: f64 = (0..sample.cov.nrows()).filter(|i| !exogenous.contains(i)).map(|i| sample.cov[[i, i]].ln()).sum();
    Ok(together + alone - sample.log_det()?)
}
