//! The bootstrap: the model fitted again to samples drawn from the cases.
//!
//! - Standard errors: the standard deviations of the estimates in samples drawn with replacement, group by group; intervals from the
//!   percentiles of these estimates (Efron & Tibshirani 1993, ch. 6 and 13).
//! - The test of Bollen and Stine (1992), Sociological Methods & Research 21, 205-229: the distribution of the chi-square T in samples
//!   drawn from cases that were transformed to fit the model, and p the share of them with T* >= T.

mod percentile;
mod refit;
mod replicates;
mod resample;
#[cfg(test)]
mod tests;

use latva_data::Sample;
use latva_math::distribution::normal;
use latva_spec::table::Op;
use ndarray::{Array1, Array2, Axis};

use crate::constraints::{Reparametrisation, Restrictions};
use crate::fit::Problem;
use crate::implied::{BlockModel, Implied};
use crate::inference::evaluate_definitions;
use crate::objective::ModelObjective;
use crate::plan::{StandardErrors, TestStatistic};
use crate::result::{Bootstrap, Estimate, Uncertainty};
use percentile::interval;
use refit::{Refit, Refitted};
use replicates::{Purpose, replicates};
use resample::Population;

/// The draws that the plan asks for, at a solution theta (q) with `df` degrees of freedom where the objective is. Without degrees of
/// freedom there is nothing to test.
pub(crate) fn bootstrap(
    problem: &Problem<'_>,
    sample: &Sample,
    objective: &ModelObjective,
    restrictions: &Restrictions,
    theta: &[f64],
    df: usize,
) -> Option<Bootstrap> {
    let Problem { table, plan, scaling, observed, fixed, .. } = problem;
    let models: Vec<BlockModel> = objective.blocks.iter().map(|block| block.model.clone()).collect();
    let reparametrisation = Reparametrisation::new(table, fixed).ok()?;
    let refit = Refit::new(problem, &models, reparametrisation, restrictions, theta);
    let cases = || Population::of_cases(table, sample, plan, scaling, observed);

    let estimates = (plan.se == StandardErrors::Bootstrap).then(|| {
        let draws = cases().map_or_else(Vec::new, |cases| replicates(&refit, &cases, plan, Purpose::StandardErrors));
        let thetas: Vec<f64> = draws.iter().flatten().flat_map(|refitted| refitted.theta.iter().copied()).collect();
        let converged = draws.iter().flatten().count();
        Array2::from_shape_vec((converged, theta.len()), thetas).expect("every draw has all parameters")
    });
    let statistics = (plan.test.contains(&TestStatistic::BollenStine) && df > 0).then(|| {
        let implied: Vec<&Implied> = objective.blocks.iter().map(|block| &block.implied).collect();
        let draws = cases()
            .and_then(|cases| cases.fitting_model(&implied))
            .map_or_else(Vec::new, |cases| replicates(&refit, &cases, plan, Purpose::Test));
        let statistic = |refitted: &Refitted| (scaling.multiplier * refitted.value).max(0.0);
        draws.iter().flatten().map(statistic).collect()
    });
    Some(Bootstrap { draws: plan.bootstrap, estimates, statistics })
}

impl Bootstrap {
    /// The covariance matrix of the estimates over the draws (divisor draws - 1), q x q; `None` with fewer than two draws.
    pub(crate) fn covariance(&self) -> Option<Array2<f64>> {
        let estimates = self.estimates.as_ref().filter(|estimates| estimates.nrows() > 1)?;
        let deviations = estimates - &estimates.mean_axis(Axis(0))?;
        Some(deviations.t().dot(&deviations) / (estimates.nrows() as f64 - 1.0))
    }

    /// The share of the draws whose statistic is at least `observed`; `None` without draws.
    pub(crate) fn p_value(&self, observed: f64) -> Option<f64> {
        let statistics = self.statistics.as_ref().filter(|statistics| !statistics.is_empty())?;
        let larger = statistics.iter().filter(|statistic| **statistic >= observed).count();
        Some(larger as f64 / statistics.len() as f64)
    }

    /// Percentile intervals of free and defined parameters, and standard errors of the latter, from the draws.
    pub(crate) fn intervals(&self, problem: &Problem<'_>, estimates: &mut [Estimate]) {
        let Problem { table, plan, fixed, definitions, .. } = problem;
        let Some(draws) = self.estimates.as_ref().filter(|draws| draws.nrows() > 1) else { return };
        for (estimate, row) in estimates.iter_mut().zip(&table.rows).filter(|(_, row)| row.free > 0) {
            set_interval(estimate, draws.column(row.free - 1).to_vec(), plan.ci_level);
        }
        let defined: Vec<usize> = (0..table.rows.len()).filter(|&row| table.rows[row].op == Op::Defined).collect();
        if defined.is_empty() {
            return;
        }
        let mut values = Array2::zeros((draws.nrows(), defined.len()));
        for (theta, mut values) in draws.outer_iter().zip(values.outer_iter_mut()) {
            let free_or_fixed = |(row, fixed): (&latva_spec::table::Row, &f64)| match row.free {
                0 => *fixed,
                free => theta[free - 1],
            };
            let mut all: Vec<f64> = table.rows.iter().zip(fixed).map(free_or_fixed).collect();
            evaluate_definitions(definitions, &mut all, theta.len());
            values.iter_mut().zip(&defined).for_each(|(value, &row)| *value = all[row]);
        }
        let quantile = normal::quantile(0.5 + plan.ci_level / 2.0).expect("the plan checks the confidence level");
        for (column, &row) in values.columns().into_iter().zip(&defined) {
            let finite = Array1::from_iter(column.iter().copied().filter(|value| value.is_finite()));
            if finite.len() < 2 {
                continue;
            }
            let estimate = &mut estimates[row];
            estimate.set(Uncertainty::of(estimate.est, finite.var(1.0), quantile));
            set_interval(estimate, finite.to_vec(), plan.ci_level);
        }
    }
}

fn set_interval(estimate: &mut Estimate, draws: Vec<f64>, level: f64) {
    if let Some((lower, upper)) = interval(draws, level) {
        (estimate.ci_lower, estimate.ci_upper) = (Some(lower), Some(upper));
    }
}
