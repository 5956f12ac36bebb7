//! Nonlinear equalities, inequalities and bounds, as functions of the free parameters: c(theta) = 0 or c(theta) >= 0.

use latva_math::optimise::{Inconsistent, feasible_step};
use latva_spec::Diagnostic;
use latva_spec::table::{Op, ParTable, Row};
use ndarray::Array2;

use super::linear::LinearForm;
use super::reparametrisation::Reparametrisation;
use crate::error::EstimationError;
use crate::inference::{Definition, evaluate_definitions};

/// Step of the differences of first derivatives, relative to the parameter.
const STEP: f64 = 1e-5;
/// How much of its terms an equality misses that does not hold.
const UNMET: f64 = 1e-6;

/// Where a restriction stands in the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// A constraint, by row.
    Constraint(usize),
    /// The lower bound of a parameter's row.
    Lower(usize),
    /// The upper bound of a parameter's row.
    Upper(usize),
}

impl Origin {
    /// The row.
    pub(crate) fn row(self) -> usize {
        let (Origin::Constraint(row) | Origin::Lower(row) | Origin::Upper(row)) = self;
        row
    }
}

/// One restriction.
#[derive(Debug, Clone)]
pub(crate) struct Restriction {
    pub(crate) origin: Origin,
    /// c is this times left minus right side (or value minus bound): -1 for `<` and upper bounds.
    pub(crate) sign: f64,
    /// The left minus right side where it is linear.
    linear: Option<LinearForm>,
}

/// The restrictions of a table, equalities first.
#[derive(Debug, Clone)]
pub(crate) struct Restrictions {
    q: usize,
    equalities: usize,
    list: Vec<Restriction>,
    /// The nonlinear constraints, after the definitions that they need.
    definitions: Vec<Definition>,
    /// The values of all rows, for nonlinear ones; those of free rows are overwritten.
    values: Vec<f64>,
    /// Row of each free parameter, several where rows share one.
    rows: Vec<(usize, usize)>,
}

/// Left and right side of a constraint as the table writes them, or the bound of a parameter.
pub(crate) fn describe(table: &ParTable, origin: Origin) -> String {
    let name = |row: &Row| row.op.written(&row.lhs, &row.rhs);
    match origin {
        Origin::Constraint(index) => name(&table.rows[index]),
        Origin::Lower(index) => {
            format!("{} >= {}", name(&table.rows[index]), table.rows[index].lower.unwrap_or_default())
        }
        Origin::Upper(index) => {
            format!("{} <= {}", name(&table.rows[index]), table.rows[index].upper.unwrap_or_default())
        }
    }
}

impl Restrictions {
    /// The restrictions of a table that [`Reparametrisation::new`] does not solve for. `definitions` are all of the table, each after
    /// those that it uses.
    ///
    /// # Errors
    /// [`EstimationError::UnknownLabel`].
    pub(crate) fn new(
        table: &ParTable,
        fixed: &[f64],
        definitions: &[Definition],
        reparametrisation: &Reparametrisation,
    ) -> Result<Self, EstimationError> {
        let (mut equalities, mut inequalities) = (Vec::new(), Vec::new());
        for (index, row) in table.rows.iter().enumerate().filter(|(_, row)| row.op.is_constraint()) {
            let linear = LinearForm::of_row(table, fixed, row)?;
            let sign = if row.op == Op::Less { -1.0 } else { 1.0 };
            let restriction = Restriction { origin: Origin::Constraint(index), sign, linear };
            match row.op {
                Op::Equal if restriction.linear.is_some() => {}
                Op::Equal => equalities.push(restriction),
                _ => inequalities.push(restriction),
            }
        }
        inequalities.extend(bounds(table, reparametrisation));
        let n_equalities = equalities.len();
        equalities.extend(inequalities);
        let list = equalities;
        let all = Restrictions {
            q: table.n_free(),
            equalities: n_equalities,
            list,
            definitions: Vec::new(),
            values: Vec::new(),
            rows: Vec::new(),
        };
        // Most models have none, and linear ones need no values of rows.
        if all.list.iter().all(|restriction| restriction.linear.is_some()) {
            return Ok(all);
        }
        let mut needed = vec![false; table.rows.len()];
        for restriction in all.list.iter().filter(|restriction| restriction.linear.is_none()) {
            if let Origin::Constraint(row) = restriction.origin {
                needed[row] = true;
            }
        }
        for definition in definitions.iter().rev() {
            if needed[definition.row()] {
                definition.uses().for_each(|row| needed[row] = true);
            }
        }
        Ok(Restrictions {
            definitions: definitions.iter().filter(|definition| needed[definition.row()]).cloned().collect(),
            values: fixed.to_vec(),
            rows: table
                .rows
                .iter()
                .enumerate()
                .filter(|(_, row)| row.free > 0)
                .map(|(index, row)| (index, row.free - 1))
                .collect(),
            ..all
        })
    }

    /// The linear ones by the unconstrained parameters z: their places, their values at z = 0 and their derivatives.
    fn linear(&self, reparametrisation: &Reparametrisation) -> (Vec<usize>, Vec<f64>, Array2<f64>) {
        let places: Vec<usize> = (0..self.list.len()).filter(|&place| self.list[place].linear.is_some()).collect();
        let n = reparametrisation.n_free();
        let mut origin = vec![0.0; self.q];
        reparametrisation.expand(&vec![0.0; n], &mut origin);
        let mut slopes = vec![0.0; n];
        let mut jacobian = Array2::zeros((places.len(), n));
        let mut values = Vec::with_capacity(places.len());
        for (equation, &place) in places.iter().enumerate() {
            let Restriction { sign, linear, .. } = &self.list[place];
            let Some(form) = linear else { continue };
            values.push(sign * form.value(&origin));
            let mut full = vec![0.0; self.q];
            form.slopes.iter().for_each(|&(parameter, slope)| full[parameter] = sign * slope);
            reparametrisation.pull_gradient(&full, &mut slopes);
            jacobian.row_mut(equation).iter_mut().zip(&slopes).for_each(|(entry, slope)| *entry = *slope);
        }
        (places, values, jacobian)
    }

    /// Whether inequalities and bounds that are linear can hold together.
    ///
    /// # Errors
    /// [`EstimationError::Contradiction`] with one that cannot.
    pub(crate) fn check(&self, table: &ParTable, reparametrisation: &Reparametrisation) -> Result<(), EstimationError> {
        if self.is_empty() {
            return Ok(());
        }
        let (places, values, jacobian) = self.linear(reparametrisation);
        feasible_step(&jacobian, &values, 0).map(|_| ()).map_err(|Inconsistent { constraint }| {
            let origin = self.list[places[constraint]].origin;
            EstimationError::Contradiction { constraint: describe(table, origin), span: table.rows[origin.row()].span }
        })
    }

    /// Moves z to the nearest point that satisfies the linear inequalities and bounds.
    pub(crate) fn settle(&self, reparametrisation: &Reparametrisation, z: &mut [f64]) {
        let (_, mut values, jacobian) = self.linear(reparametrisation);
        for (value, row) in values.iter_mut().zip(jacobian.rows()) {
            *value += row.iter().zip(z.iter()).map(|(a, z)| a * z).sum::<f64>();
        }
        if let Ok(step) = feasible_step(&jacobian, &values, 0) {
            z.iter_mut().zip(step).for_each(|(z, step)| *z += step);
        }
    }

    /// What to say of a restriction that cannot be satisfied.
    pub(crate) fn violation(&self, table: &ParTable, place: usize) -> Diagnostic {
        let origin = self.list[place].origin;
        Diagnostic::warning("W0806", format!("no values were found that satisfy `{}`", describe(table, origin)))
            .at_option(table.rows[origin.row()].span, "could not be satisfied")
            .hint("see whether it can hold at all, alone and together with the other constraints; start values near a solution may help: `start(0.5)*x`")
    }

    /// The equality that is farthest from holding at theta (q), in units of its terms; `None` where all hold.
    pub(crate) fn unmet(&self, table: &ParTable, theta: &[f64]) -> Option<String> {
        let m = self.list.len();
        let (mut values, mut jacobian) = (vec![0.0; m], Array2::zeros((m, self.q)));
        self.evaluate(theta, &mut values, Some(&mut jacobian));
        let missed = |place: usize| {
            let terms: f64 = jacobian.row(place).iter().zip(theta).map(|(slope, value)| (slope * value).abs()).sum();
            values[place].abs() / (1.0 + terms)
        };
        (0..self.equalities)
            .filter(|&place| !(missed(place) <= UNMET))
            .max_by(|&a, &b| missed(a).total_cmp(&missed(b)))
            .map(|place| describe(table, self.list[place].origin))
    }

    /// What to say of the restrictions that have no value, or no derivatives, at theta (q).
    pub(crate) fn valueless(&self, table: &ParTable, theta: &[f64]) -> Vec<Diagnostic> {
        let m = self.list.len();
        let (mut values, mut jacobian) = (vec![0.0; m], Array2::zeros((m, self.q)));
        self.evaluate(theta, &mut values, Some(&mut jacobian));
        let no_number =
            |place: &usize| !values[*place].is_finite() || jacobian.row(*place).iter().any(|slope| !slope.is_finite());
        (0..m)
            .filter(no_number)
            .map(|place| {
                let origin = self.list[place].origin;
                Diagnostic::warning("W0838", format!("`{}` has no value at the start values", describe(table, origin)))
                    .at_option(table.rows[origin.row()].span, "no finite number")
                    .hint("look for a division by zero, a logarithm or root of a negative number, or a number that is too large")
                    .hint("if it has a value elsewhere, give start values there: `start(0.5)*x`")
            })
            .collect()
    }

    /// All of them, equalities first.
    pub(crate) fn list(&self) -> &[Restriction] {
        &self.list
    }

    /// How many of them are equalities.
    pub(crate) fn equalities(&self) -> usize {
        self.equalities
    }

    /// Whether there is nothing to restrict.
    pub(crate) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// c (m) and, where asked for, its derivatives with respect to theta (m x q); whether all of them are finite.
    pub(crate) fn evaluate(&self, theta: &[f64], values: &mut [f64], mut jacobian: Option<&mut Array2<f64>>) -> bool {
        let mut rows = self.values.clone();
        for &(row, parameter) in &self.rows {
            rows[row] = theta[parameter];
        }
        let gradients = evaluate_definitions(&self.definitions, &mut rows, self.q);
        if let Some(jacobian) = jacobian.as_deref_mut() {
            jacobian.fill(0.0);
        }
        for (place, Restriction { origin, sign, linear }) in self.list.iter().enumerate() {
            let row = jacobian.as_deref_mut().map(|jacobian| jacobian.row_mut(place));
            match (linear, origin) {
                (Some(form), _) => {
                    values[place] = sign * form.value(theta);
                    if let Some(mut row) = row {
                        form.slopes.iter().for_each(|&(parameter, slope)| row[parameter] = sign * slope);
                    }
                }
                (None, origin) => {
                    let index = origin.row();
                    values[place] = sign * rows[index];
                    let gradient = gradients.iter().find(|(other, _)| *other == index).map(|(_, gradient)| gradient);
                    if let (Some(mut row), Some(gradient)) = (row, gradient) {
                        row.iter_mut().zip(gradient).for_each(|(entry, value)| *entry = sign * value);
                    }
                }
            }
        }
        values.iter().all(|value| value.is_finite())
            && jacobian.is_none_or(|jacobian| jacobian.iter().all(|value| value.is_finite()))
    }

    /// Subtracts the second derivatives of sum u_i c_i with respect to theta from `hessian` (q x q), by central differences of the
    /// first ones: they only speed the iteration up, where it ends does not depend on them.
    pub(crate) fn subtract_curvature(&self, theta: &[f64], multipliers: &[f64], hessian: &mut Array2<f64>) {
        let curved = |place: usize| self.list[place].linear.is_none() && multipliers[place] != 0.0;
        if !(0..self.list.len()).any(curved) {
            return;
        }
        let m = self.list.len();
        let (mut values, mut jacobian) = (vec![0.0; m], Array2::zeros((m, self.q)));
        if !self.evaluate(theta, &mut values, Some(&mut jacobian)) {
            return;
        }
        let support: Vec<usize> = (0..self.q)
            .filter(|&parameter| (0..m).any(|place| curved(place) && jacobian[[place, parameter]] != 0.0))
            .collect();
        let mut point = theta.to_vec();
        for &i in &support {
            let step = STEP * if theta[i] == 0.0 { 1.0 } else { theta[i].abs() };
            let mut slopes = [vec![0.0; self.q], vec![0.0; self.q]];
            for (sign, slopes) in [1.0, -1.0].into_iter().zip(&mut slopes) {
                point[i] = theta[i] + sign * step;
                if !self.evaluate(&point, &mut values, Some(&mut jacobian)) {
                    return;
                }
                for place in (0..m).filter(|&place| curved(place)) {
                    for (slope, entry) in slopes.iter_mut().zip(jacobian.row(place)) {
                        *slope += multipliers[place] * entry;
                    }
                }
            }
            point[i] = theta[i];
            for &j in &support {
                let second = (slopes[0][j] - slopes[1][j]) / (2.0 * step);
                hessian[[i, j]] -= 0.5 * second;
                hessian[[j, i]] -= 0.5 * second;
            }
        }
    }
}

/// The bounds of free parameters; of parameters that are the same one, the first one's.
fn bounds(table: &ParTable, reparametrisation: &Reparametrisation) -> Vec<Restriction> {
    let mut found = Vec::new();
    let mut seen = Vec::new();
    let is_bounded = |row: &Row| row.free > 0 && (row.lower.is_some() || row.upper.is_some());
    for (index, row) in table.rows.iter().enumerate().filter(|(_, row)| is_bounded(row)) {
        let same = reparametrisation.row(row.free - 1);
        for (bound, sign) in [(row.lower, 1.0), (row.upper, -1.0)] {
            let Some(bound) = bound.filter(|bound| bound.is_finite()) else { continue };
            let key = (same.clone(), bound, sign);
            if seen.contains(&key) {
                continue;
            }
            seen.push(key);
            let origin = if sign > 0.0 { Origin::Lower(index) } else { Origin::Upper(index) };
            let linear = LinearForm { constant: -bound, ..LinearForm::parameter(row.free - 1) };
            found.push(Restriction { origin, sign, linear: Some(linear) });
        }
    }
    found
}
