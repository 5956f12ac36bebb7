//! What the constraints did at the solution: which bind, at what price, and how many parameters they take.

use latva_math::linalg::{Cholesky, Elimination, eliminate};
use latva_spec::Diagnostic;
use latva_spec::table::{Op, ParTable, RowOrigin};
use ndarray::Array2;

use super::reparametrisation::Reparametrisation;
use super::restrictions::{Origin, Restrictions, describe};
use crate::error::EstimationError;
use crate::inference::{Definition, definition_order, evaluate_definitions};
use crate::objective::ModelObjective;
use crate::result::{BoundSide, ConstraintOutcome};

/// The equalities of a table linearised at a point.
struct Equalities {
    /// Rows of the table, those that follow from labels first.
    rows: Vec<usize>,
    /// Left minus right side.
    values: Vec<f64>,
    /// Their derivatives, k x q.
    jacobian: Array2<f64>,
}

impl Equalities {
    fn at(table: &ParTable, fixed: &[f64], definitions: &[Definition], theta: &[f64]) -> Self {
        let mut rows: Vec<usize> = (0..table.rows.len()).filter(|&row| table.rows[row].op == Op::Equal).collect();
        if rows.is_empty() {
            return Equalities { values: Vec::new(), rows, jacobian: Array2::zeros((0, theta.len())) };
        }
        let mut values: Vec<f64> = table
            .rows
            .iter()
            .zip(fixed)
            .map(|(row, fixed)| if row.free > 0 { theta[row.free - 1] } else { *fixed })
            .collect();
        let gradients = evaluate_definitions(definitions, &mut values, theta.len());
        // A redundant one is then one that the user wrote.
        rows.sort_by_key(|&row| table.rows[row].origin != RowOrigin::Derived);
        let mut jacobian = Array2::zeros((rows.len(), theta.len()));
        for (equation, row) in rows.iter().enumerate() {
            if let Some((_, gradient)) = gradients.iter().find(|(other, _)| other == row) {
                jacobian.row_mut(equation).iter_mut().zip(gradient).for_each(|(entry, value)| *entry = *value);
            }
        }
        Equalities { values: rows.iter().map(|&row| values[row]).collect(), rows, jacobian }
    }

    /// Their elimination at the point; `None` where there are none, or where numbers are not finite.
    fn elimination(&self, theta: &[f64]) -> Option<Elimination> {
        if self.rows.is_empty() {
            return None;
        }
        let right: Vec<f64> =
            self.jacobian.rows().into_iter().map(|row| row.iter().zip(theta).map(|(a, t)| a * t).sum()).collect();
        eliminate(&self.jacobian, &right).ok()
    }
}

/// The tangent space of all equalities of a table at a point that satisfies them.
///
/// # Errors
/// [`EstimationError::UnknownLabel`].
pub(crate) fn equality_tangent(
    table: &ParTable,
    fixed: &[f64],
    theta: &[f64],
) -> Result<Reparametrisation, EstimationError> {
    let definitions = definition_order(table, fixed)?;
    Ok(Reparametrisation::tangent(&Equalities::at(table, fixed, &definitions, theta).jacobian, theta))
}

/// The constraints at a solution.
#[derive(Clone, Copy)]
pub(crate) struct AtConstraints<'a> {
    /// The table.
    pub(crate) table: &'a ParTable,
    /// Values of the fixed rows.
    pub(crate) fixed: &'a [f64],
    /// The `:=` rows and the constraints.
    pub(crate) definitions: &'a [Definition],
    /// What is not solved for.
    pub(crate) restrictions: &'a Restrictions,
    /// For each restriction, whether it holds as an equation.
    pub(crate) binding: &'a [bool],
    /// The free parameters, q.
    pub(crate) theta: &'a [f64],
}

/// What the constraints did.
#[derive(Debug, Clone)]
pub(crate) struct Outcome {
    /// Free parameters less the rank of the equalities. Inequalities do not count, whether they bind or not.
    pub(crate) parameters: usize,
    /// The tangent space of the equalities and of the inequalities that bind, where standard errors come from. Bounds leave no trace in
    /// it: a parameter at its bound keeps the standard error that the information gives it. `None` where it is the space in which the
    /// objective has been minimised.
    pub(crate) tangent: Option<Reparametrisation>,
    /// Each constraint and bound, in the order of the table, bounds at the end.
    pub(crate) constraints: Vec<ConstraintOutcome>,
}

impl Outcome {
    /// At a solution, the last point of the objective, with the expected second derivatives H of F. Lagrange multipliers are on the scale
    /// of `multiplier` x F, the chi-square: `multiplier` dF/dtheta = sum of lambda_i d(left - right)_i/dtheta over the independent
    /// equalities and what binds, solved by least squares in units of diag(H)^1/2.
    pub(crate) fn new(at: &AtConstraints<'_>, objective: &mut ModelObjective, multiplier: f64) -> Self {
        let AtConstraints { table, fixed, definitions, restrictions, binding, theta } = *at;
        let (q, m) = (theta.len(), restrictions.list().len());
        let equalities = Equalities::at(table, fixed, definitions, theta);
        // Independent linear equalities alone are what the search has solved for.
        let solved = restrictions.is_empty()
            && equalities.rows.is_sorted()
            && objective.reparametrisation.has_independent_equations();
        let elimination = if solved { None } else { equalities.elimination(theta) };
        // Those that follow from the ones before them.
        let redundant = elimination.as_ref().map_or_else(Vec::new, |elimination| elimination.redundant.clone());
        let (mut values, mut jacobian) = (vec![0.0; m], Array2::zeros((m, q)));
        restrictions.evaluate(theta, &mut values, Some(&mut jacobian));

        // The constraints that hold as equations: independent equalities, then what binds.
        let mut normals: Vec<Vec<f64>> = Vec::new();
        let mut position_of_equality = vec![None; equalities.rows.len()];
        for equation in (0..equalities.rows.len()).filter(|equation| !redundant.contains(equation)) {
            position_of_equality[equation] = Some(normals.len());
            normals.push(equalities.jacobian.row(equation).to_vec());
        }
        let mut position_of_restriction = vec![None; m];
        for place in (restrictions.equalities()..m).filter(|&place| binding[place]) {
            position_of_restriction[place] = Some(normals.len());
            let sign = restrictions.list()[place].sign;
            normals.push(jacobian.row(place).iter().map(|value| sign * value).collect());
        }
        let prices = if normals.is_empty() {
            None
        } else {
            let gradient = objective.parameter_gradient().to_vec();
            multipliers(&normals, &gradient, objective.upper_expected(), multiplier)
        };
        let price = |position: Option<usize>| prices.as_ref().zip(position).map(|(prices, place)| prices[place]);

        let is_bound = |normal: usize| {
            (restrictions.equalities()..m).any(|place| {
                position_of_restriction[place] == Some(normal)
                    && !matches!(restrictions.list()[place].origin, Origin::Constraint(_))
            })
        };
        let independent = equalities.rows.len() - redundant.len();
        let tangent = if solved {
            None
        } else if (independent..normals.len()).all(is_bound) {
            Some(Reparametrisation::of_elimination(q, elimination))
        } else {
            let bends: Vec<&Vec<f64>> =
                (0..normals.len()).filter(|&normal| !is_bound(normal)).map(|normal| &normals[normal]).collect();
            Some(Reparametrisation::tangent(&Array2::from_shape_fn((bends.len(), q), |(i, j)| bends[i][j]), theta))
        };

        let mut constraints: Vec<ConstraintOutcome> = equalities
            .rows
            .iter()
            .enumerate()
            .map(|(equation, &row)| ConstraintOutcome {
                row,
                bound: None,
                difference: equalities.values[equation],
                active: true,
                redundant: redundant.contains(&equation),
                multiplier: price(position_of_equality[equation]),
            })
            .collect();
        for place in restrictions.equalities()..m {
            let restriction = &restrictions.list()[place];
            let (row, bound) = match restriction.origin {
                Origin::Constraint(row) => (row, None),
                Origin::Lower(row) => (row, Some(BoundSide::Lower)),
                Origin::Upper(row) => (row, Some(BoundSide::Upper)),
            };
            constraints.push(ConstraintOutcome {
                row,
                bound,
                difference: restriction.sign * values[place],
                active: binding[place],
                redundant: false,
                multiplier: if binding[place] { price(position_of_restriction[place]) } else { Some(0.0) },
            });
        }
        constraints.sort_by_key(|outcome| (outcome.bound.is_some(), outcome.row));
        Outcome { parameters: q - independent, tangent, constraints }
    }
}

/// What there is to say of constraints and bounds that bind and of constraints that say nothing new.
pub(crate) fn constraint_diagnostics(table: &ParTable, constraints: &[ConstraintOutcome]) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for outcome in constraints {
        let row = &table.rows[outcome.row];
        let origin = match outcome.bound {
            None => Origin::Constraint(outcome.row),
            Some(BoundSide::Lower) => Origin::Lower(outcome.row),
            Some(BoundSide::Upper) => Origin::Upper(outcome.row),
        };
        if outcome.redundant && row.origin == RowOrigin::User {
            let words = describe(table, origin);
            found.push(
                Diagnostic::note("N0801", format!("the constraint `{words}` follows from the others"))
                    .at_option(row.span, "says nothing new")
                    .hint("it takes no degree of freedom; it may be left out"),
            );
        }
        if !outcome.active || row.op == Op::Equal {
            continue;
        }
        let words = describe(table, origin);
        let what = if outcome.bound.is_some() { "bound" } else { "constraint" };
        found.push(
                Diagnostic::note("N0802", format!("the {what} `{words}` binds: the estimates are on its edge"))
                    .at_option(row.span, "binds")
                    .hint("without it the fit would be better; chi-square, standard errors and tests are those of theory for estimates inside the region, and are only rough on its edge"),
            );
    }
    found
}

/// lambda with multiplier g = sum lambda_i a_i by least squares, each parameter in units of diag(H)^-1/2; `None` when the a_i are
/// not independent.
fn multipliers(normals: &[Vec<f64>], gradient: &[f64], second: &Array2<f64>, multiplier: f64) -> Option<Vec<f64>> {
    let unit: Vec<f64> =
        second.diag().iter().map(|&value| if value > 0.0 { value.sqrt().recip() } else { 1.0 }).collect();
    let scaled: Vec<Vec<f64>> =
        normals.iter().map(|normal| normal.iter().zip(&unit).map(|(a, d)| a * d).collect()).collect();
    let length: Vec<f64> = scaled.iter().map(|row| row.iter().map(|a| a * a).sum::<f64>().sqrt()).collect();
    let k = normals.len();
    let gram = Array2::from_shape_fn((k, k), |(i, j)| {
        scaled[i].iter().zip(&scaled[j]).map(|(a, b)| a * b).sum::<f64>() / (length[i] * length[j])
    });
    let mut out: Vec<f64> = (0..k)
        .map(|i| {
            let along: f64 = scaled[i].iter().zip(gradient).zip(&unit).map(|((a, g), d)| a * g * d).sum();
            multiplier * along / length[i]
        })
        .collect();
    Cholesky::of(gram.view()).ok()?.solve_in_place(&mut out);
    out.iter_mut().zip(&length).for_each(|(value, length)| *value /= length);
    out.iter().all(|value| value.is_finite()).then_some(out)
}
