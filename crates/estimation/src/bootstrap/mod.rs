//! The bootstrap: the model fitted again to samples drawn from the cases.
//!
//! - Standard errors: the standard deviations of the estimates in samples drawn with replacement, group by group; intervals from the
//!   percentiles of these estimates (Efron & Tibshirani 1993, ch. 6, 13 and 14). The same for whatever is a function of the estimates:
//!   defined parameters, standardized values, effects.
//! - The test of Bollen and Stine (1992), Sociological Methods & Research 21, 205-229: the distribution of the chi-square T in samples
//!   drawn from cases that were transformed to fit the model, and p the share of them with T* >= T.

mod interval;
mod refit;
mod replicates;
mod resample;
#[cfg(test)]
mod tests;

use latva_data::Sample;
use latva_spec::table::{Op, ParTable, Row};
use ndarray::{Array2, Axis};

use crate::constraints::{Reparametrisation, Restrictions};
use crate::fit::Problem;
use crate::implied::{BlockModel, Implied};
use crate::inference::{Standardization, evaluate_definitions, standardize};
use crate::objective::ModelObjective;
use crate::plan::{BootstrapInterval, StandardErrors, TestStatistic};
use crate::result::{Bootstrap, Estimate, Uncertainty};
pub(crate) use interval::Draws;
use refit::{Refit, Refitted};
use replicates::{Purpose, replicates};
use resample::Population;

/// How sure a value is of which there are bootstrap draws: standard error their standard deviation (divisor draws - 1), test of value /
/// standard error, interval of the kind and level, such as .95. Draws that are not finite do not count; `None` with fewer than two others.
pub fn uncertainty_of_draws(value: f64, draws: &[f64], kind: BootstrapInterval, level: f64) -> Option<Uncertainty> {
    Draws::new(draws.iter().copied())?.uncertainty(value, kind, level)
}

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

    let exogenous_rows = refit.exogenous_rows();
    let for_errors = (plan.se == StandardErrors::Bootstrap).then(|| {
        let draws = cases().map_or_else(Vec::new, |cases| replicates(&refit, &cases, plan, Purpose::StandardErrors));
        let converged: Vec<&Refitted> = draws.iter().flatten().collect();
        let rows = |width: usize, of: fn(&Refitted) -> &[f64]| {
            let values = converged.iter().flat_map(|refitted| of(refitted).iter().copied()).collect();
            Array2::from_shape_vec((converged.len(), width), values).expect("every draw has all values")
        };
        (rows(theta.len(), |refitted| &refitted.theta), rows(exogenous_rows.len(), |refitted| &refitted.exogenous))
    });
    let statistics = (plan.test.contains(&TestStatistic::BollenStine) && df > 0).then(|| {
        let implied: Vec<&Implied> = objective.blocks.iter().map(|block| block.implied()).collect();
        let draws = cases()
            .and_then(|cases| cases.fitting_model(&implied))
            .map_or_else(Vec::new, |cases| replicates(&refit, &cases, plan, Purpose::Test));
        let statistic = |refitted: &Refitted| (scaling.multiplier * refitted.value).max(0.0);
        draws.iter().flatten().map(statistic).collect()
    });
    let (estimates, exogenous) = for_errors.unzip();
    let exogenous = exogenous.unwrap_or_else(|| Array2::zeros((0, exogenous_rows.len())));
    Some(Bootstrap { draws: plan.bootstrap, estimates, exogenous_rows, exogenous, statistics })
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

    /// Standard errors, tests and intervals of free and defined parameters and of all standardized values, from the draws.
    pub(crate) fn uncertainties(&self, problem: &Problem<'_>, models: &[BlockModel], estimates: &mut [Estimate]) {
        let Problem { table, plan, fixed, definitions, .. } = problem;
        if self.estimates.as_ref().is_none_or(|draws| draws.nrows() < 2) {
            return;
        }
        let varies = |row: &Row| row.free > 0 || row.op == Op::Defined;
        let mut raw = Columns::new(table.rows.len());
        let mut standardized = Standardization::ALL.map(|_| Columns::new(table.rows.len()));
        self.each(table, fixed, models, |draw| {
            let mut values = draw.values.to_vec();
            evaluate_definitions(definitions, &mut values, table.n_free());
            raw.push(values.iter().zip(table.rows.iter()).map(|(value, row)| varies(row).then_some(*value)));
            if plan.skip_standardized {
                return;
            }
            for (kind, columns) in Standardization::ALL.into_iter().zip(&mut standardized) {
                let in_metric = standardize(table, &values, draw.models, draw.implied, kind);
                let mut all: Vec<f64> =
                    in_metric.iter().zip(&values).map(|(value, raw)| value.unwrap_or(*raw)).collect();
                evaluate_definitions(definitions, &mut all, table.n_free());
                let of_row = |(index, row): (usize, &Row)| match row.op {
                    Op::Defined => Some(all[index]),
                    _ => in_metric[index],
                };
                columns.push(table.rows.iter().enumerate().map(of_row));
            }
        });
        let of = |draws: Vec<f64>, value: Option<f64>| {
            Draws::new(draws)?.uncertainty(value?, plan.bootstrap_interval, plan.ci_level)
        };
        let [latent, all, nox] = standardized.map(Columns::into_columns);
        let columns = raw.into_columns().into_iter().zip(latent).zip(all).zip(nox);
        for (estimate, (((raw, latent), all), nox)) in estimates.iter_mut().zip(columns) {
            estimate.set(of(raw, Some(estimate.est)));
            estimate.std_lv_uncertainty = of(latent, estimate.std_lv);
            estimate.std_all_uncertainty = of(all, estimate.std_all);
            estimate.std_nox_uncertainty = of(nox, estimate.std_nox);
        }
    }

    /// The model as each draw gave it, for the draws behind standard errors. `fixed` holds the values of the fixed rows of the table,
    /// `models` are its blocks.
    pub(crate) fn each(&self, table: &ParTable, fixed: &[f64], models: &[BlockModel], mut with: impl FnMut(Draw<'_>)) {
        let Some(estimates) = &self.estimates else { return };
        let mut models = models.to_vec();
        let mut implied: Vec<Implied> = models.iter().map(Implied::new).collect();
        let mut values = fixed.to_vec();
        for (theta, exogenous) in estimates.outer_iter().zip(self.exogenous.outer_iter()) {
            for (&row, &value) in self.exogenous_rows.iter().zip(exogenous) {
                values[row] = value;
                let model = &mut models[table.rows[row].block - 1];
                if let Some(&place) = model.row_places.get(&row) {
                    model.set(place, value);
                }
            }
            for (value, row) in values.iter_mut().zip(table.rows.iter()).filter(|(_, row)| row.free > 0) {
                *value = theta[row.free - 1];
            }
            let theta = theta.to_vec();
            models.iter_mut().for_each(|model| model.set_parameters(&theta));
            // Standardized values need no inverse of Sigma; where B has none, the draw has no standardized values.
            if implied.iter_mut().zip(&models).all(|(implied, model)| implied.update(model).is_ok()) {
                let implied: Vec<&Implied> = implied.iter().collect();
                with(Draw { values: &values, models: &models, implied: &implied });
            }
        }
    }
}

/// The model in one draw.
pub(crate) struct Draw<'a> {
    /// Values of the rows of the table; those of `:=` and of constraints are not set.
    pub(crate) values: &'a [f64],
    /// The blocks.
    pub(crate) models: &'a [BlockModel],
    /// Their moments.
    pub(crate) implied: &'a [&'a Implied],
}

/// Draws of many values, some of which a draw may lack.
pub(crate) struct Columns {
    width: usize,
    values: Vec<Option<f64>>,
}

impl Columns {
    /// Of so many values.
    pub(crate) fn new(width: usize) -> Self {
        Columns { width, values: Vec::new() }
    }

    /// One draw of each.
    pub(crate) fn push(&mut self, draw: impl Iterator<Item = Option<f64>>) {
        self.values.extend(draw);
        debug_assert_eq!(self.values.len() % self.width.max(1), 0);
    }

    /// The draws of each value.
    pub(crate) fn into_columns(self) -> Vec<Vec<f64>> {
        let column = |start: usize| self.values.iter().skip(start).step_by(self.width).flatten().copied().collect();
        (0..self.width).map(column).collect()
    }
}
