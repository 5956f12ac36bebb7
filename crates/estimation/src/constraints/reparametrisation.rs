//! Linear equality constraints by reparametrisation: theta = K z + c.

use latva_math::linalg::{Cholesky, Elimination, eliminate, symmetrize_from_upper};
use latva_spec::table::{Op, ParTable};
use ndarray::{Array2, ArrayView2};

use super::linear::LinearForm;
use crate::error::EstimationError;

/// The free parameters as functions of the unconstrained ones.
#[derive(Debug, Clone)]
pub(crate) struct Reparametrisation {
    q: usize,
    /// `None` without constraints: theta = z.
    elimination: Option<Elimination>,
    /// For each theta the entries (column, coefficient) of its row of K.
    rows: Vec<Vec<(usize, f64)>>,
}

impl Reparametrisation {
    /// q parameters without constraints.
    pub(crate) fn none(q: usize) -> Self {
        Reparametrisation { q, elimination: None, rows: Vec::new() }
    }

    /// Builds it from the linear ones among the `==` rows of the table; the others are [`super::Restrictions`].
    ///
    /// # Errors
    /// [`EstimationError::UnknownLabel`] and [`EstimationError::Contradiction`].
    pub(crate) fn new(table: &ParTable, fixed: &[f64]) -> Result<Self, EstimationError> {
        let q = table.n_free();
        let mut constraints = Vec::new();
        for (index, row) in table.rows.iter().enumerate().filter(|(_, row)| row.op == Op::Equal) {
            if let Some(form) = LinearForm::of_row(table, fixed, row)? {
                constraints.push((index, form));
            }
        }
        if constraints.is_empty() {
            return Ok(Self::none(q));
        }
        let mut coefficients = Array2::zeros((constraints.len(), q));
        let mut right = vec![0.0; constraints.len()];
        for (equation, (_, form)) in constraints.iter().enumerate() {
            right[equation] = -form.constant;
            for &(parameter, slope) in &form.slopes {
                coefficients[[equation, parameter]] += slope;
            }
        }
        let elimination = eliminate(&coefficients, &right).map_err(|contradiction| {
            let row = &table.rows[constraints[contradiction.equation].0];
            EstimationError::Contradiction { constraint: format!("{} == {}", row.lhs, row.rhs), span: row.span }
        })?;
        Ok(Self::from_elimination(q, elimination))
    }

    /// The parameters near `theta` on the tangent space of constraints that have the Jacobian `jacobian` (k x q) there: steps along it
    /// leave the constraints as they are, to first order. What constraints do to standard errors, they do through it.
    pub(crate) fn tangent(jacobian: &Array2<f64>, theta: &[f64]) -> Self {
        let q = theta.len();
        if jacobian.nrows() == 0 {
            return Self::none(q);
        }
        let right: Vec<f64> =
            jacobian.rows().into_iter().map(|row| row.iter().zip(theta).map(|(a, t)| a * t).sum()).collect();
        match eliminate(jacobian, &right) {
            Ok(elimination) => Self::from_elimination(q, elimination),
            // The right sides are those of a point that satisfies the equations; only numbers that are not finite come here.
            Err(_) => Self::none(q),
        }
    }

    /// The solutions of equations that have been eliminated, if there were any.
    pub(crate) fn of_elimination(q: usize, elimination: Option<Elimination>) -> Self {
        elimination.map_or_else(|| Self::none(q), |elimination| Self::from_elimination(q, elimination))
    }

    fn from_elimination(q: usize, elimination: Elimination) -> Self {
        let rows = (0..q)
            .map(|parameter| {
                elimination
                    .basis
                    .row(parameter)
                    .iter()
                    .copied()
                    .enumerate()
                    .filter(|&(_, coefficient)| coefficient != 0.0)
                    .collect()
            })
            .collect();
        Reparametrisation { q, elimination: Some(elimination), rows }
    }

    /// Whether none of the equations that it rests on follows from the others.
    pub(crate) fn has_independent_equations(&self) -> bool {
        self.elimination.as_ref().is_none_or(|elimination| elimination.redundant.is_empty())
    }

    /// Whether theta is z.
    pub(crate) fn is_identity(&self) -> bool {
        self.elimination.is_none()
    }

    /// Number of free parameters, q.
    pub(crate) fn n_theta(&self) -> usize {
        self.q
    }

    /// Number of unconstrained parameters, q minus the rank of the constraints.
    pub(crate) fn n_free(&self) -> usize {
        self.elimination.as_ref().map_or(self.q, |elimination| elimination.free.len())
    }

    /// theta = K z + c.
    pub(crate) fn expand(&self, z: &[f64], theta: &mut [f64]) {
        let Some(elimination) = &self.elimination else {
            theta.copy_from_slice(z);
            return;
        };
        for ((target, row), offset) in theta.iter_mut().zip(&self.rows).zip(&elimination.offset) {
            *target = offset + row.iter().map(|&(column, coefficient)| coefficient * z[column]).sum::<f64>();
        }
    }

    /// The z whose theta is nearest to a given one: (K'K)^-1 K' (theta - c).
    pub(crate) fn contract(&self, theta: &[f64]) -> Vec<f64> {
        let Some(elimination) = &self.elimination else { return theta.to_vec() };
        let basis = &elimination.basis;
        let mut z: Vec<f64> = (0..basis.ncols())
            .map(|column| {
                basis
                    .column(column)
                    .iter()
                    .zip(theta)
                    .zip(&elimination.offset)
                    .map(|((coefficient, value), offset)| coefficient * (value - offset))
                    .sum()
            })
            .collect();
        let gram = basis.t().dot(basis);
        Cholesky::of(gram.view()).expect("the basis has full column rank").solve_in_place(&mut z);
        z
    }

    /// The entries (column, coefficient) of the row of K of a parameter, and its entry of c.
    pub(crate) fn row(&self, parameter: usize) -> (Vec<(usize, f64)>, f64) {
        match &self.elimination {
            None => (vec![(parameter, 1.0)], 0.0),
            Some(elimination) => (self.rows[parameter].clone(), elimination.offset[parameter]),
        }
    }

    /// K' g.
    pub(crate) fn pull_gradient(&self, gradient: &[f64], out: &mut [f64]) {
        if self.elimination.is_none() {
            out.copy_from_slice(gradient);
            return;
        }
        out.fill(0.0);
        for (value, row) in gradient.iter().zip(&self.rows) {
            for &(column, coefficient) in row {
                out[column] += coefficient * value;
            }
        }
    }

    /// K' H K for a symmetric H, in the place of a matrix.
    pub(crate) fn pull_matrix(&self, matrix: &Array2<f64>, out: &mut Array2<f64>) {
        if self.elimination.is_none() {
            out.clone_from(matrix);
            return;
        }
        // H is symmetric, and so is H K the transpose of K' H.
        let mut half = Array2::zeros((self.n_free(), self.q));
        self.add_pulled(matrix.view(), &mut half);
        let n = self.n_free();
        if out.dim() == (n, n) {
            out.fill(0.0);
        } else {
            *out = Array2::zeros((n, n));
        }
        self.add_pulled(half.t().as_standard_layout().view(), out);
    }

    /// The upper triangle of K' H K for an H of which the upper triangle is given: H itself without constraints, else in `room`.
    pub(crate) fn pull_upper<'a>(&self, matrix: &'a mut Array2<f64>, room: &'a mut Array2<f64>) -> &'a Array2<f64> {
        if self.elimination.is_none() {
            return matrix;
        }
        symmetrize_from_upper(matrix);
        self.pull_matrix(matrix, room);
        room
    }

    /// Adds K' A to `out`: a row of K has few entries, mostly one.
    fn add_pulled(&self, rows: ArrayView2<'_, f64>, out: &mut Array2<f64>) {
        for (row, entries) in rows.outer_iter().zip(&self.rows) {
            entries.iter().for_each(|&(column, coefficient)| out.row_mut(column).scaled_add(coefficient, &row));
        }
    }

    /// K' H K for an H of which the upper triangle is given, in place and its upper triangle alone where there are no constraints.
    pub(crate) fn pulled(&self, mut matrix: Array2<f64>) -> Array2<f64> {
        if self.elimination.is_none() {
            return matrix;
        }
        let mut out = Array2::default((0, 0));
        self.pull_upper(&mut matrix, &mut out);
        out
    }

    /// The columns of K that move only parameters of which `select` holds.
    pub(crate) fn columns_of(&self, select: &[bool]) -> Vec<usize> {
        if self.elimination.is_none() {
            return (0..self.q).filter(|&parameter| select[parameter]).collect();
        }
        let mut only = vec![true; self.n_free()];
        for (row, selected) in self.rows.iter().zip(select) {
            for &(column, _) in row {
                only[column] &= selected;
            }
        }
        (0..only.len()).filter(|&column| only[column]).collect()
    }

    /// K V K', the covariance matrix of theta from that of z.
    pub(crate) fn push_covariance(&self, vcov: Array2<f64>) -> Array2<f64> {
        if self.elimination.is_none() {
            return vcov;
        }
        // A row of K has few entries, mostly one.
        let combine = |rows: &Array2<f64>| {
            let mut out = Array2::zeros((self.q, rows.ncols()));
            for (mut target, entries) in out.outer_iter_mut().zip(&self.rows) {
                entries.iter().for_each(|&(column, coefficient)| target.scaled_add(coefficient, &rows.row(column)));
            }
            out
        };
        // V is symmetric, and so is V K' the transpose of K V.
        let half = combine(&vcov);
        combine(&half.t().as_standard_layout().into_owned())
    }

    /// The parameter of theta that a column of K moves most.
    pub(crate) fn parameter_of(&self, column: usize) -> usize {
        let Some(elimination) = &self.elimination else { return column };
        let moves = |parameter: usize| elimination.basis[[parameter, column]].abs();
        (0..self.q).rev().max_by(|&a, &b| moves(a).total_cmp(&moves(b))).unwrap_or(0)
    }
}
