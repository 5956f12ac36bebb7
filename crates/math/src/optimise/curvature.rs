//! The matrix of a step: scaled to a unit diagonal, raised by a ridge where it has no factor, and factored.

use ndarray::Array2;

use crate::linalg::{Cholesky, vectorized};

/// The factor of D H D + ridge I with D = diag(H)^-1/2, for a symmetric H (n x n).
///
/// The scaling takes the units of the unknowns out, so that one ridge fits them all.
pub(super) struct Curvature {
    /// H before [`Curvature::factor`], its scaled version after it.
    pub(super) matrix: Array2<f64>,
    scale: Vec<f64>,
    factor: Cholesky,
}

impl Curvature {
    pub(super) fn with_order(n: usize) -> Self {
        Curvature { matrix: Array2::zeros((n, n)), scale: vec![0.0; n], factor: Cholesky::with_order(n) }
    }

    /// Factors the matrix that `self.matrix` holds; whether it has a factor with this ridge.
    pub(super) fn factor(&mut self, ridge: f64) -> bool {
        for (scale, &diagonal) in self.scale.iter_mut().zip(self.matrix.diag()) {
            *scale = if diagonal > 0.0 { 1.0 / diagonal.sqrt() } else { 1.0 };
        }
        let (matrix, scale) = (self.matrix.as_slice_mut().expect("standard layout"), &self.scale);
        vectorized(
            #[inline(always)]
            || {
                for (i, row) in matrix.chunks_exact_mut(scale.len().max(1)).enumerate() {
                    let own = scale[i];
                    let ((row, rest), (scale, scale_rest)) = (row.as_chunks_mut::<4>(), scale.as_chunks::<4>());
                    for (row, scale) in row.iter_mut().zip(scale) {
                        for k in 0..4 {
                            row[k] *= own * scale[k];
                        }
                    }
                    rest.iter_mut().zip(scale_rest).for_each(|(value, scale)| *value *= own * scale);
                }
            },
        );
        self.matrix.diag_mut().map_inplace(|value| *value += ridge);
        self.factor.factor(self.matrix.view()).is_ok()
    }

    /// Factors a positive semidefinite matrix with the smallest ridge from `ridge` up with which it has a factor; `false` for a
    /// matrix that is not finite.
    pub(super) fn factor_with_ridge(&mut self, metric: &Array2<f64>, ridge: f64) -> bool {
        let mut ridge = ridge;
        loop {
            self.matrix.assign(metric);
            if self.factor(ridge) {
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
