//! Score tests of equality constraints: would the chi-square fall if a constraint were given up?
//!
//! With g the gradient and H the expected second derivatives of F by theta at the constrained estimates, n the multiplier
//! of the chi-square and K_r a basis of the parameters that remain when constraints r are given up:
//! T = (n / 2) g'K_r (K_r' H K_r)^-1 K_r' g, chi-square with as many df as parameters are gained.
//! Sources: Lee, S.-Y., & Bentler, P. M. (1980). South African Statistical Journal 14, 121-136; Sorbom (1989).

use std::sync::Arc;

use latva_data::Sample;
use latva_math::linalg::{Cholesky, symmetric_eigen};
use latva_spec::Span;
use latva_spec::table::{Op, ParTable};
use ndarray::Array2;

use super::modification::{AtEstimates, not_feasible};
use crate::constraints::{Reparametrisation, equality_tangent};
use crate::error::EstimationError;
use crate::indices::ChiSquare;
use crate::indices::chi_squared::p_value;
use crate::objective::ModelObjective;
use crate::observed::fixed_values;
use crate::result::Fit;

/// Eigenvalue of the information in correlation form below which a direction counts as undetermined.
const SINGULAR: f64 = 1e-9;

/// The test of one constraint.
#[derive(Debug, Clone, PartialEq)]
pub struct ConstraintTest {
    /// Row of the table.
    pub row: usize,
    /// Left side of the constraint, as the table has it.
    pub lhs: String,
    /// Right side.
    pub rhs: String,
    /// Where it stands in the model text; `None` for constraints that follow from labels or `group.equal`.
    pub span: Option<Span>,
    /// Statistic and df: 1, but 0 for a constraint that the others imply or that only identifies the model; `None` when it
    /// cannot be computed.
    pub test: Option<ChiSquare>,
    /// p-value; `None` without df.
    pub pvalue: Option<f64>,
}

/// The tests of all equality constraints of a model.
#[derive(Debug, Clone, PartialEq)]
pub struct ConstraintTests {
    /// All constraints together, with as many df as identified parameters are gained; `None` without constraints.
    pub total: Option<ChiSquare>,
    /// Its p-value.
    pub pvalue: Option<f64>,
    /// Each by itself, in the order of the table.
    pub single: Vec<ConstraintTest>,
}

/// Score tests of the equality constraints of a converged fit.
///
/// # Errors
/// As [`crate::modification_indices`].
pub fn constraint_tests(table: &ParTable, sample: &Sample, fit: &Fit) -> Result<ConstraintTests, EstimationError> {
    let at = AtEstimates::new(table, sample, fit)?;
    let q = table.n_free();
    let mut objective = ModelObjective::new(at.blocks(table, &at.fixed)?, Reparametrisation::none(q));
    objective.complete_at(&at.theta).map_err(|_| not_feasible())?;
    let gradient = objective.parameter_gradient().to_vec();
    let second = objective.take_expected();

    let constrained = equality_tangent(table, &at.fixed, &at.theta)?.n_free();
    // The test of giving up the constraints in the rows that are not kept.
    let released = |is_kept: &dyn Fn(usize) -> bool| -> Result<Option<ChiSquare>, EstimationError> {
        let mut remaining = table.clone();
        let rows = table.rows.iter().enumerate();
        let kept = rows.filter(|(index, row)| row.op != Op::Equal || is_kept(*index));
        remaining.rows = Arc::new(kept.map(|(_, row)| row.clone()).collect());
        let parameters = equality_tangent(&remaining, &fixed_values(&remaining, &at.observed), &at.theta)?;
        let n = parameters.n_free();
        let mut score = vec![0.0; n];
        let mut information = Array2::zeros((n, n));
        parameters.pull_gradient(&gradient, &mut score);
        parameters.pull_matrix(&second, &mut information);
        let Some((square, rank)) = generalized_square(&mut score, &mut information) else { return Ok(None) };
        Ok(Some(ChiSquare::new(0.5 * at.scaling.multiplier * square, rank.saturating_sub(constrained) as f64)))
    };

    let mut single = Vec::new();
    for (index, row) in table.rows.iter().enumerate().filter(|(_, row)| row.op == Op::Equal) {
        let test = released(&|other| other != index)?;
        single.push(ConstraintTest {
            row: index,
            lhs: row.lhs.to_string(),
            rhs: row.rhs.to_string(),
            span: row.span,
            test,
            pvalue: test.and_then(p_value),
        });
    }
    let total = if single.is_empty() { None } else { released(&|_| false)? };
    Ok(ConstraintTests { total, pvalue: total.and_then(p_value), single })
}

/// s' H^- s and the rank of H, for a score s in the range of H, which it always is: a direction that leaves all moments
/// as they are leaves F too. Without some constraints (equal intercepts over groups) a model is not identified.
///
/// H is scaled to a unit diagonal first; eigenvalues below [`SINGULAR`] count as 0. `None` when an eigenvalue cannot be found.
fn generalized_square(score: &mut [f64], information: &mut Array2<f64>) -> Option<(f64, usize)> {
    let n = score.len();
    let scale: Vec<f64> =
        information.diag().iter().map(|&own| if own > 0.0 { own.sqrt().recip() } else { 0.0 }).collect();
    for i in 0..n {
        score[i] *= scale[i];
        for j in 0..n {
            information[[i, j]] *= scale[i] * scale[j];
        }
    }
    if let Ok(factor) = Cholesky::of(information.view()) {
        factor.forward(score);
        return Some((score.iter().map(|value| value * value).sum(), n));
    }
    let (values, vectors) = symmetric_eigen(information.view()).ok()?;
    let (mut square, mut rank) = (0.0, 0);
    for (value, vector) in values.iter().zip(vectors.columns()).filter(|(value, _)| **value > SINGULAR) {
        let along: f64 = vector.iter().zip(score.iter()).map(|(a, b)| a * b).sum();
        square += along * along / value;
        rank += 1;
    }
    Some((square, rank))
}
