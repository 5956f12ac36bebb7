//! Linear equality constraints by reparametrisation: theta = K z + c.

use latva_math::linalg::{Cholesky, Elimination, eliminate};
use latva_spec::expression::Expression;
use latva_spec::table::{Op, ParTable};
use ndarray::Array2;

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

/// What a symbol of a constraint or definition stands for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Symbol {
    /// A free parameter, from 0.
    Free(usize),
    /// A fixed row's value.
    Fixed(f64),
    /// A defined parameter, by row of the table.
    Defined(usize),
}

/// Finds what each symbol of `expression` stands for. `fixed` holds the values of the fixed rows.
///
/// # Errors
/// The first name that is neither a label, an automatic label, nor a defined parameter.
pub(crate) fn resolve_symbols(table: &ParTable, fixed: &[f64], expression: &Expression) -> Result<Vec<Symbol>, String> {
    expression
        .symbols()
        .iter()
        .map(|symbol| {
            let named = |row: &latva_spec::table::Row| {
                row.op.is_parameter() && !symbol.is_empty() && (row.label == *symbol || row.plabel == *symbol)
            };
            if let Some(index) = table.rows.iter().position(named) {
                let row = &table.rows[index];
                return Ok(if row.free > 0 { Symbol::Free(row.free - 1) } else { Symbol::Fixed(fixed[index]) });
            }
            table
                .rows
                .iter()
                .position(|row| row.op == Op::Defined && row.lhs == *symbol)
                .map(Symbol::Defined)
                .ok_or_else(|| symbol.clone())
        })
        .collect()
}

impl Reparametrisation {
    /// q parameters without constraints.
    pub(crate) fn none(q: usize) -> Self {
        Reparametrisation { q, elimination: None, rows: Vec::new() }
    }

    /// Builds it from the `==` rows of the table.
    ///
    /// # Errors
    /// [`EstimationError::UnknownLabel`], [`EstimationError::Contradiction`], and for now
    /// [`EstimationError::Unsupported`] for inequalities and nonlinear equalities.
    pub(crate) fn new(table: &ParTable, fixed: &[f64]) -> Result<Self, EstimationError> {
        let q = table.n_free();
        let constraints: Vec<usize> =
            (0..table.rows.len()).filter(|&index| table.rows[index].op.is_constraint()).collect();
        if constraints.is_empty() {
            return Ok(Self::none(q));
        }
        let mut coefficients = Array2::zeros((constraints.len(), q));
        let mut right = vec![0.0; constraints.len()];
        for (equation, &index) in constraints.iter().enumerate() {
            let row = &table.rows[index];
            if row.op != Op::Equal {
                return Err(EstimationError::Unsupported { what: "an inequality constraint", span: row.span });
            }
            let relation = row.relation.as_ref().expect("a constraint has its expressions");
            for (side, sign) in [(&relation.lhs, 1.0), (&relation.rhs, -1.0)] {
                let Some((constant, slopes)) = side.linear_form() else {
                    return Err(EstimationError::Unsupported {
                        what: "a nonlinear equality constraint",
                        span: row.span,
                    });
                };
                let symbols = resolve_symbols(table, fixed, side).map_err(|name| EstimationError::UnknownLabel {
                    name,
                    place: format!("{} == {}", row.lhs, row.rhs),
                    span: row.span,
                })?;
                right[equation] -= sign * constant;
                for (symbol, slope) in symbols.iter().zip(&slopes) {
                    match *symbol {
                        Symbol::Free(parameter) => coefficients[[equation, parameter]] += sign * slope,
                        Symbol::Fixed(value) => right[equation] -= sign * slope * value,
                        Symbol::Defined(_) => {
                            return Err(EstimationError::Unsupported {
                                what: "a constraint on a defined parameter",
                                span: row.span,
                            });
                        }
                    }
                }
            }
        }
        let elimination = eliminate(&coefficients, &right).map_err(|contradiction| {
            let row = &table.rows[constraints[contradiction.equation]];
            EstimationError::Contradiction { constraint: format!("{} == {}", row.lhs, row.rhs), span: row.span }
        })?;
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
        Ok(Reparametrisation { q, elimination: Some(elimination), rows })
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

    /// K' H K.
    pub(crate) fn pull_matrix(&self, matrix: &Array2<f64>, out: &mut Array2<f64>) {
        if self.elimination.is_none() {
            out.assign(matrix);
            return;
        }
        out.fill(0.0);
        for (i, row_i) in self.rows.iter().enumerate() {
            for (j, row_j) in self.rows.iter().enumerate() {
                let value = matrix[[i, j]];
                for &(a, from) in row_i {
                    for &(b, to) in row_j {
                        out[[a, b]] += from * value * to;
                    }
                }
            }
        }
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
    pub(crate) fn push_covariance(&self, vcov: &Array2<f64>) -> Array2<f64> {
        match &self.elimination {
            None => vcov.clone(),
            Some(elimination) => elimination.basis.dot(vcov).dot(&elimination.basis.t()),
        }
    }
}
