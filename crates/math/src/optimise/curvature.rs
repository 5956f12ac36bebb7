//! The matrix of a step: scaled to a unit diagonal, raised by a ridge where it has no factor, and factored.

use ndarray::Array2;

use crate::linalg::Cholesky;

/// The factor of D H D + ridge I with D = diag(H)^-1/2, for a symmetric H (n x n).
///
/// The scaling takes the units of the unknowns out, so that one ridge fits them all.
#[derive(Debug, Clone)]
pub(super) struct Curvature {
    scale: Vec<f64>,
    factor: Cholesky,
}

impl Curvature {
    pub(super) fn with_order(n: usize) -> Self {
        Curvature { scale: vec![0.0; n], factor: Cholesky::with_order(n) }
    }

    /// Factors a matrix; whether it has a factor with this ridge.
    pub(super) fn factor(&mut self, matrix: &Array2<f64>, ridge: f64) -> bool {
        for (scale, &diagonal) in self.scale.iter_mut().zip(matrix.diag()) {
            *scale = if diagonal > 0.0 { 1.0 / diagonal.sqrt() } else { 1.0 };
        }
        self.factor.factor_scaled(matrix.view(), &self.scale, ridge).is_ok()
    }

    /// Factors a positive semidefinite matrix with the smallest ridge from `ridge` up with which it has a factor; `false` for a
    /// matrix that is not finite.
    pub(super) fn factor_with_ridge(&mut self, metric: &Array2<f64>, ridge: f64) -> bool {
        let mut ridge = ridge;
        loop {
            if self.factor(metric, ridge) {
                return true;
            }
            ridge = if ridge == 0.0 { 1e-8 } else { ridge * 10.0 };
            if !(ridge < 1e6) {
                return false;
            }
        }
    }

    /// Replaces x by D (D H D + ridge I)^-1 D x.
    pub(super) fn solve(&self, x: &mut [f64]) {
        for (value, scale) in x.iter_mut().zip(&self.scale) {
            *value *= scale;
        }
        self.factor.solve_in_place(x);
        for (value, scale) in x.iter_mut().zip(&self.scale) {
            *value *= scale;
        }
    }
}
