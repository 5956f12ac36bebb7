//! The kernels on LAPACK, by way of ndarray-linalg (feature `lapack`).

use ndarray::{Array1, Array2, ArrayView2, ArrayViewMut2, ShapeBuilder};
use ndarray_linalg::{Cholesky as _, Eigh, InverseC as _, UPLO};

use super::cholesky::factor_small;
use super::eigen::EigenFailed;

/// LAPACK keeps no workspace between calls.
#[derive(Debug, Clone)]
pub(super) struct CholeskyKernel;

impl CholeskyKernel {
    /// Nothing to reserve.
    pub(super) fn new(_n: usize) -> Self {
        CholeskyKernel
    }

    /// Replaces the lower triangle (by columns of `stride` numbers) by its Cholesky factor; on failure the pivot.
    pub(super) fn factor(&mut self, n: usize, stride: usize, l: &mut [f64]) -> Result<(), usize> {
        let a = ArrayView2::from_shape((n, n).strides((1, stride)), &*l).expect("n columns of n rows or more");
        let Ok(factor) = a.cholesky(UPLO::Lower) else {
            // ndarray-linalg keeps LAPACK's pivot to itself; the plain loop fails at the same one.
            return Err(factor_small(n, stride, l).err().unwrap_or(n - 1));
        };
        for j in 0..n {
            for i in j..n {
                l[j * stride + i] = factor[[i, j]];
            }
        }
        Ok(())
    }

    /// Writes the lower triangle (by columns) of (L L')^-1.
    pub(super) fn inverse(&mut self, n: usize, stride: usize, l: &[f64], out: &mut [f64]) {
        let lower = Array2::from_shape_fn((n, n), |(i, j)| if i >= j { l[j * stride + i] } else { 0.0 });
        let inverse = lower.dot(&lower.t()).invc().expect("a matrix that has a Cholesky factor");
        for j in 0..n {
            for i in j..n {
                out[j * n + i] = inverse[[i, j]];
            }
        }
    }
}

/// out = a b (+ out if `accumulate`).
pub(super) fn matmul(a: ArrayView2<f64>, b: ArrayView2<f64>, out: &mut ArrayViewMut2<f64>, accumulate: bool) {
    ndarray::linalg::general_mat_mul(1.0, &a, &b, f64::from(u8::from(accumulate)), out);
}

/// Eigenvalues in ascending order and eigenvectors by columns.
pub(super) fn symmetric_eigen(a: ArrayView2<f64>) -> Result<(Array1<f64>, Array2<f64>), EigenFailed> {
    a.to_owned().eigh(UPLO::Lower).map_err(|_| EigenFailed)
}
