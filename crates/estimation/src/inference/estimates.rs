//! From theta and its covariance matrix to the estimates of the rows: standard errors, tests, intervals, and the same estimates
//! standardized.

use latva_math::distribution::normal;
use latva_spec::table::{Op, ParTable};

use super::covariance::Covariance;
use super::defined::{Definition, evaluate_definitions, evaluate_in_metric};
use super::delta::slopes_of;
use super::standardized::{Standardization, Standardized, Standardizer};
use crate::implied::{BlockModel, Implied};
use crate::plan::Plan;
use crate::result::{Estimate, Uncertainty};

/// The estimates of all rows of the table.
pub(crate) struct Estimates {
    /// Value of each row.
    pub(crate) values: Vec<f64>,
    /// Everything about each row.
    pub(crate) estimates: Vec<Estimate>,
}

/// What is estimated, and where.
pub(crate) struct AtSolution<'a> {
    /// The table.
    pub(crate) table: &'a ParTable,
    /// The plan, for the confidence level.
    pub(crate) plan: &'a Plan,
    /// The `:=` rows and the constraints.
    pub(crate) definitions: &'a [Definition],
    /// Values of the fixed rows.
    pub(crate) fixed: &'a [f64],
    /// The free parameters, q.
    pub(crate) theta: &'a [f64],
    /// Their covariance matrix, q x q.
    pub(crate) vcov: Option<&'a Covariance>,
    /// The blocks at theta.
    pub(crate) models: &'a [BlockModel],
    /// Their moments at theta.
    pub(crate) implied: &'a [&'a Implied],
}

/// The estimates of a solution. Standard errors of `:=` rows are those of the delta method.
pub(crate) fn estimates(solution: &AtSolution<'_>) -> Estimates {
    let AtSolution { table, plan, definitions, fixed, theta, vcov, .. } = *solution;
    let mut values: Vec<f64> = table
        .rows
        .iter()
        .enumerate()
        .map(|(index, row)| if row.free > 0 { theta[row.free - 1] } else { fixed[index] })
        .collect();
    let gradients = evaluate_definitions(definitions, &mut values, theta.len());
    let mut estimates: Vec<Estimate> = values.iter().map(|&est| Estimate { est, ..Estimate::default() }).collect();
    let quantile = normal::quantile(0.5 + plan.ci_level / 2.0).expect("the plan checks the confidence level");
    if let Some(vcov) = vcov {
        for (estimate, row) in estimates.iter_mut().zip(table.rows.iter()) {
            if row.free > 0 {
                estimate.set(Uncertainty::of(estimate.est, vcov.variance(row.free - 1), quantile));
            }
        }
        for (row, gradient) in &gradients {
            if table.rows[*row].op == Op::Defined {
                let estimate = &mut estimates[*row];
                estimate.set(Uncertainty::of(estimate.est, vcov.form(&slopes_of(gradient)), quantile));
            }
        }
    }
    if !plan.skip_standardized {
        standardize(solution, &values, quantile, &mut estimates);
    }
    Estimates { values, estimates }
}

/// Adds the standardized solution to the estimates, whose values are `values`; `quantile` is that of the intervals.
fn standardize(solution: &AtSolution<'_>, values: &[f64], quantile: f64, estimates: &mut [Estimate]) {
    let AtSolution { table, definitions, theta, vcov, models, implied, .. } = *solution;
    let mut standardizer = Standardizer::new(table, values, models, implied, vcov.map(Covariance::matrix));
    for (index, _) in table.rows.iter().enumerate().filter(|(_, row)| row.op.is_parameter()) {
        // Kinds that do the same to a row give it the same value.
        let mut made: [Option<(Standardized, Option<Uncertainty>)>; 3] = [None; 3];
        for (at, kind) in Standardization::ALL.into_iter().enumerate() {
            let Some(factors) = standardizer.factors(index, kind) else { continue };
            let same = made.iter().flatten().find(|(other, _)| other.factors == factors).copied();
            let (standardized, uncertainty) = same.unwrap_or_else(|| {
                let standardized = standardizer.multiplied(index, factors);
                let variance = standardizer.variance(index, &standardized);
                let value = standardized.value.zip(variance);
                (standardized, value.and_then(|(value, variance)| Uncertainty::of(value, variance, quantile)))
            });
            set_standardized(&mut estimates[index], kind, standardized.value, uncertainty);
            made[at] = Some((standardized, uncertainty));
        }
    }
    let defined: Vec<&Definition> =
        definitions.iter().filter(|definition| table.rows[definition.row()].op == Op::Defined).collect();
    for kind in Standardization::ALL.into_iter().filter(|_| !defined.is_empty()) {
        let (mut in_metric, mut slopes) = (values.to_vec(), vec![None; values.len()]);
        let looked_up = defined.iter().flat_map(|definition| definition.looked_up());
        for row in looked_up.filter(|&row| table.rows[row].op.is_parameter()) {
            let Some(standardized) = standardizer.value(row, kind) else { continue };
            in_metric[row] = standardized.value.unwrap_or(values[row]);
            if vcov.is_some() {
                slopes[row] = standardizer.slopes(row, &standardized).map(<[_]>::to_vec);
            }
        }
        evaluate_in_metric(&defined, &mut in_metric, &mut slopes, theta.len());
        for definition in &defined {
            let row = definition.row();
            let value = Some(in_metric[row]).filter(|value| value.is_finite());
            let uncertainty = match (value, &slopes[row], vcov) {
                (Some(value), Some(slopes), Some(vcov)) => Uncertainty::of(value, vcov.form(slopes), quantile),
                _ => None,
            };
            set_standardized(&mut estimates[row], kind, value, uncertainty);
        }
    }
}

fn set_standardized(
    estimate: &mut Estimate,
    kind: Standardization,
    value: Option<f64>,
    uncertainty: Option<Uncertainty>,
) {
    match kind {
        Standardization::Latent => (estimate.std_lv, estimate.std_lv_uncertainty) = (value, uncertainty),
        Standardization::All => (estimate.std_all, estimate.std_all_uncertainty) = (value, uncertainty),
        Standardization::NotExogenous => (estimate.std_nox, estimate.std_nox_uncertainty) = (value, uncertainty),
    }
}
