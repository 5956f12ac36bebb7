//! Tests of the difference between two nested models whose own tests are scaled.
//!
//! Of a restricted model r and a more general one m, with chi-squares T, df d and k = d_r - d_m, scaling factors c:
//!
//! | method | statistic | source |
//! |---|---|---|
//! | satorra.bentler.2001 | (T_r - T_m) / c_d, c_d = (d_r c_r - d_m c_m) / k | Satorra & Bentler (2001), Psychometrika 66, 507-514 |
//! | satorra.bentler.2010 | the same with c_m of the general model at the estimates of the restricted one: c_d is positive with expected information | Satorra & Bentler (2010), Psychometrika 75, 243-248 |
//! | satorra.2000 | a (T_r - T_m) + k - a t, a = sqrt(k / t2) | Satorra (2000); scaled and shifted as by Asparouhov & Muthen (2010) |
//!
//! For the last one, with A the information and M = Delta' V Gamma V Delta of the general model at its estimates (of incomplete cases M is
//! their first-order information), Delta_r the Jacobian of the restricted one at its own, H = Delta^+ Delta_r: W = [A^-1 - H (H'A H)^-1 H'] M, t = tr W, t2 = tr W^2. With constraints
//! everything is on the space that they leave.

use compact_str::CompactString;
use latva_data::Sample;
use latva_math::linalg::Cholesky;
use latva_spec::table::ParTable;
use ndarray::{Array2, s};

use super::cases::{Cases, unrestricted_weights};
use super::modification::{AtEstimates, not_feasible};
use super::scaled_tests::{Scaled, scaled_test};
use super::standard_errors::{ObservedBy, second_derivatives};
use crate::constraints::equality_tangent;
use crate::error::EstimationError;
use crate::indices::ChiSquare;
use crate::objective::ModelObjective;
use crate::plan::{Information, TestStatistic};
use crate::result::Fit;

/// How the difference of two scaled tests is scaled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DifferenceMethod {
    /// Satorra and Bentler's of 2001, from the two fits alone.
    SatorraBentler2001,
    /// Satorra and Bentler's of 2010, whose factor is positive but for tests that rest on observed information.
    SatorraBentler2010,
    /// Satorra's of 2000, scaled and shifted.
    Satorra2000,
}

impl DifferenceMethod {
    /// Its name, which is lavaan's.
    pub fn name(self) -> &'static str {
        match self {
            DifferenceMethod::SatorraBentler2001 => "satorra.bentler.2001",
            DifferenceMethod::SatorraBentler2010 => "satorra.bentler.2010",
            DifferenceMethod::Satorra2000 => "satorra.2000",
        }
    }
}

/// A fit with what it was fitted to.
#[derive(Debug, Clone, Copy)]
pub struct FittedModel<'a> {
    /// The fit.
    pub fit: &'a Fit,
    /// Its sample.
    pub sample: &'a Sample,
}

/// The scaled test of a fit, if it is one whose factor is tr(U Gamma) / df.
fn mean_scaled(fit: &Fit) -> Option<(TestStatistic, f64)> {
    let test = fit.tests.iter().find(|test| test.kind.is_scaled())?;
    let by_mean = [TestStatistic::SatorraBentler, TestStatistic::YuanBentler, TestStatistic::YuanBentlerMplus]
        .contains(&test.kind);
    Some((test.kind, test.scaling_factor?)).filter(|_| by_mean)
}

/// The plain difference of two fits; `None` where the first does not have more degrees of freedom.
fn plain_difference(restricted: &Fit, general: &Fit) -> Option<ChiSquare> {
    let both = |name: &str| Some(restricted.measures.get(name)? - general.measures.get(name)?);
    Some(ChiSquare::new(both("chisq")?, both("df")?)).filter(|test| test.df > 0.0)
}

/// The test of 2010. `reproduced` are the parameters of the general model (q) with which it has the moments that the restricted one
/// implies. `None` where the fits have no test that is scaled by its mean, or the factor cannot be found.
///
/// # Errors
/// Those of [`crate::fit`].
pub(crate) fn satorra_bentler_2010(
    restricted: FittedModel<'_>,
    general: FittedModel<'_>,
    reproduced: &[f64],
) -> Result<Option<ChiSquare>, EstimationError> {
    let Some((plain, (kind, own))) = plain_difference(restricted.fit, general.fit).zip(mean_scaled(restricted.fit))
    else {
        return Ok(None);
    };
    let measure = |fit: &Fit, name: &str| fit.measures.get(name).unwrap_or_default();
    let (d_r, d_m) = (measure(restricted.fit, "df"), measure(general.fit, "df"));
    let factor = if d_m > 0.0 {
        let at = AtEstimates::new(&general.fit.table, general.sample, general.fit)?;
        let mut state = State::new(&general.fit.table, &at, reproduced)?;
        let test = ChiSquare::new(measure(general.fit, "chisq"), d_m);
        let found = scaled_test(kind, test, &mut state.objective, &general.fit.plan, &at.observed, &state.cases, None);
        match found.and_then(|Scaled { statistic, .. }| statistic.factor) {
            Some(factor) => factor,
            None => return Ok(None),
        }
    } else {
        0.0
    };
    let scale = (d_r * own - d_m * factor) / plain.df;
    Ok((scale > 0.0 && scale.is_finite()).then(|| ChiSquare::new(plain.value / scale, plain.df)))
}

/// The test of 2000. `None` where the models have other variables, or an information matrix is singular.
///
/// # Errors
/// Those of [`crate::fit`].
pub(crate) fn satorra_2000(
    restricted: FittedModel<'_>,
    general: FittedModel<'_>,
) -> Result<Option<ChiSquare>, EstimationError> {
    let Some(plain) = plain_difference(restricted.fit, general.fit) else { return Ok(None) };
    let plan = &general.fit.plan;
    let at = AtEstimates::new(&general.fit.table, general.sample, general.fit)?;
    let mut state = State::new(&general.fit.table, &at, &at.theta)?;
    let at_restricted = AtEstimates::new(&restricted.fit.table, restricted.sample, restricted.fit)?;
    let mut other = State::new(&restricted.fit.table, &at_restricted, &at_restricted.theta)?;
    let Some(order) = same_variables(restricted.fit, general.fit) else { return Ok(None) };
    let delta = stacked_jacobian(&mut state.objective, None);
    let delta_r = stacked_jacobian(&mut other.objective, Some(&order));

    let n = delta.ncols();
    let pull = |objective: &ModelObjective, matrix: &Array2<f64>| {
        let mut pulled = Array2::zeros((n, n));
        objective.reparametrisation.pull_matrix(matrix, &mut pulled);
        pulled
    };
    let by = if plan.missing.is_two_stage() { ObservedBy::Unrestricted } else { ObservedBy::Hessian };
    let Some(second) = second_derivatives(&mut state.objective, plan, &at.observed, Some(&state.cases), by) else {
        return Ok(None);
    };
    let information = pull(&state.objective, &(0.5 * second));
    let meat = if plan.missing.is_full_information() {
        // Of incomplete cases the scores themselves.
        state.cases.first_order_information(&mut state.objective, &at.observed, plan)
    } else {
        let kind = if plan.missing.is_two_stage() { plan.information } else { Information::Expected };
        let weights = unrestricted_weights(&state.objective, &at.observed, plan, kind);
        Some(state.cases.gradient_covariance(&mut state.objective, &weights).0)
    };
    let Some(meat) = meat else { return Ok(None) };
    let meat = pull(&state.objective, &meat);
    Ok(projected(&delta, &delta_r, &information, &meat).and_then(|w| {
        let (trace, squares) = (w.diag().sum(), (&w * &w.t()).sum());
        let slope = (plain.df / squares).sqrt();
        let value = slope * plain.value + plain.df - slope * trace;
        (squares > 0.0 && value.is_finite()).then(|| ChiSquare::new(value, plain.df))
    }))
}

/// W = [A^-1 - H (H'A H)^-1 H'] M with H = Delta^+ Delta_r; `None` for a matrix that is singular.
fn projected(
    delta: &Array2<f64>,
    delta_r: &Array2<f64>,
    information: &Array2<f64>,
    meat: &Array2<f64>,
) -> Option<Array2<f64>> {
    let gram = Cholesky::of(delta.t().dot(delta).view()).ok()?;
    let mut h = delta.t().dot(delta_r);
    for mut column in h.columns_mut() {
        let mut values = column.to_vec();
        gram.solve_in_place(&mut values);
        column.iter_mut().zip(values).for_each(|(entry, value)| *entry = value);
    }
    let inner = Cholesky::of(h.t().dot(information).dot(&h).view()).ok()?.inverse();
    let outer = Cholesky::of(information.view()).ok()?.inverse();
    Some((outer - h.dot(&inner).dot(&h.t())).dot(meat))
}

/// A model with its cases at a point, with the weights of the information.
struct State {
    objective: ModelObjective,
    cases: Cases,
}

impl State {
    fn new(table: &ParTable, at: &AtEstimates<'_>, theta: &[f64]) -> Result<Self, EstimationError> {
        let tangent = equality_tangent(table, &at.fixed, theta)?;
        let start = tangent.contract(theta);
        let mut objective = ModelObjective::new(at.blocks(table, &at.fixed)?, tangent);
        objective.complete_at(&start).map_err(|_| not_feasible())?;
        objective.parameter_gradient();
        objective.reweigh(&at.scaling.shares);
        Ok(State { objective, cases: at.cases(table)? })
    }
}

/// For each block of the general model, where its variables stand in the restricted one; `None` unless they are the same.
fn same_variables(restricted: &Fit, general: &Fit) -> Option<Vec<Vec<usize>>> {
    if restricted.blocks.len() != general.blocks.len() || restricted.table.meanstructure != general.table.meanstructure
    {
        return None;
    }
    let places = general.blocks.iter().zip(&restricted.blocks).map(|(block, other)| {
        let place = |name: &CompactString| other.observed.iter().position(|observed| observed == name);
        let places = block.observed.iter().map(place).collect::<Option<Vec<usize>>>()?;
        (places.len() == other.observed.len()).then_some(places)
    });
    places.collect()
}

/// The Jacobian of the moments of all blocks by the unconstrained parameters; with an order, those of block b for its variables in the
/// order `order[b]`.
fn stacked_jacobian(objective: &mut ModelObjective, order: Option<&[Vec<usize>]>) -> Array2<f64> {
    let n = objective.reparametrisation.n_free();
    let rows: usize = objective.blocks.iter().map(|block| block.stacking().len()).sum();
    let mut stacked = Array2::zeros((rows, n));
    let mut first = 0;
    for (index, block) in objective.blocks.iter_mut().enumerate() {
        let p = block.stacking().p;
        let transform =
            order.map(|order| Array2::from_shape_fn((p, p), |(i, j)| f64::from(u8::from(order[index][i] == j))));
        let jacobian = block.jacobian(transform.as_ref());
        let count = jacobian.delta.nrows();
        let mut part = stacked.slice_mut(s![first..first + count, ..]);
        for (column, &parameter) in jacobian.delta.columns().into_iter().zip(&jacobian.parameters) {
            for (target, coefficient) in objective.reparametrisation.row(parameter).0 {
                part.column_mut(target).scaled_add(coefficient, &column);
            }
        }
        first += count;
    }
    stacked
}
