//! From theta and its covariance matrix to the estimates of the rows: standard errors, tests, intervals, and the same estimates
//! standardized.

use latva_math::distribution::normal;
use latva_spec::table::{Op, ParTable};
use ndarray::Array2;

use super::defined::{Definition, evaluate_definitions};
use super::standardized::{Standardization, standardize};
use crate::implied::{BlockModel, Implied};
use crate::plan::Plan;
use crate::result::Estimate;

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
    pub(crate) vcov: Option<&'a Array2<f64>>,
    /// The blocks at theta.
    pub(crate) models: &'a [BlockModel],
    /// Their moments at theta.
    pub(crate) implied: &'a [&'a Implied],
}

/// The estimates of a solution. Standard errors of `:=` rows are those of the delta method.
pub(crate) fn estimates(solution: &AtSolution<'_>) -> Estimates {
    let AtSolution { table, plan, definitions, fixed, theta, vcov, models, implied } = *solution;
    let mut values: Vec<f64> = table
        .rows
        .iter()
        .enumerate()
        .map(|(index, row)| if row.free > 0 { theta[row.free - 1] } else { fixed[index] })
        .collect();
    let gradients = evaluate_definitions(definitions, &mut values, theta.len());
    let mut estimates: Vec<Estimate> = values.iter().map(|&est| Estimate { est, ..Estimate::default() }).collect();
    if let Some(vcov) = vcov {
        let quantile = normal::quantile(0.5 + plan.ci_level / 2.0).expect("the plan checks the confidence level");
        for (estimate, row) in estimates.iter_mut().zip(&table.rows) {
            if row.free > 0 {
                set_standard_error(estimate, vcov[[row.free - 1, row.free - 1]], quantile);
            }
        }
        for (row, gradient) in &gradients {
            if table.rows[*row].op == Op::Defined {
                let mut variance = 0.0;
                for (i, a) in gradient.iter().enumerate().filter(|(_, a)| **a != 0.0) {
                    for (j, b) in gradient.iter().enumerate().filter(|(_, b)| **b != 0.0) {
                        variance += a * vcov[[i, j]] * b;
                    }
                }
                set_standard_error(&mut estimates[*row], variance, quantile);
            }
        }
    }
    for kind in [Standardization::Latent, Standardization::All, Standardization::NotExogenous] {
        let standardized = standardize(table, &values, models, implied, kind);
        let mut in_metric: Vec<f64> =
            standardized.iter().zip(&values).map(|(value, raw)| value.unwrap_or(*raw)).collect();
        evaluate_definitions(definitions, &mut in_metric, theta.len());
        for (index, estimate) in estimates.iter_mut().enumerate() {
            let value = match table.rows[index].op {
                Op::Defined => Some(in_metric[index]).filter(|value| value.is_finite()),
                _ => standardized[index],
            };
            match kind {
                Standardization::Latent => estimate.std_lv = value,
                Standardization::All => estimate.std_all = value,
                Standardization::NotExogenous => estimate.std_nox = value,
            }
        }
    }

    Estimates { values, estimates }
}

fn set_standard_error(estimate: &mut Estimate, variance: f64, quantile: f64) {
    let se = variance.max(0.0).sqrt();
    if !se.is_finite() {
        return;
    }
    estimate.se = Some(se);
    estimate.ci_lower = Some(estimate.est - quantile * se);
    estimate.ci_upper = Some(estimate.est + quantile * se);
    if se > 0.0 {
        let z = estimate.est / se;
        estimate.z = Some(z);
        estimate.pvalue = Some(2.0 * normal::sf(z.abs()));
    }
}
