//! The matrix of a step: raised by a ridge where it has no factor, and factored.

use ndarray::Array2;

use crate::linalg::Cholesky;

/// The factor of H + ridge diag(H) for a symmetric H (n x n); an element of the diagonal that is not positive counts as one there.
///
/// So one ridge fits unknowns in any units; Cholesky's method itself does not feel them.
#[derive(Debug, Clone)]
pub(super) struct Curvature {
    factor: Cholesky,
}

impl Curvature {
    pub(super) fn with_order(n: usize) -> Self {
        Curvature { factor: Cholesky::with_order(n) }
    }

    /// Factors a matrix; whether it has a factor with this ridge.
    pub(super) fn factor(&mut self, matrix: &Array2<f64>, ridge: f64) -> bool {
        if ridge == 0.0 {
            return self.factor.factor(matrix.view()).is_ok();
        }
        let raise: Vec<f64> =
            matrix.diag().iter().map(|&diagonal| ridge * if diagonal > 0.0 { diagonal } else { 1.0 }).collect();
        self.factor.factor_raised(matrix.view(), &raise).is_ok()
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

    /// Replaces x by (H + ridge diag(H))^-1 x.
    pub(super) fn solve(&self, x: &mut [f64]) {
        self.factor.solve_in_place(x);
    }
}
