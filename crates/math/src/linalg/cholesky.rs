//! Cholesky factorisation of symmetric positive definite matrices, with buffers that live as long as the factor.

use ndarray::{Array2, ArrayView2};

use super::kernel;

/// Below this order plain loops are faster than a call of a library (docs/adr/0001-linear-algebra.md).
const SMALL: usize = 16;

/// A pivot that is small beside the diagonal element it came from carries no digit of the matrix: the matrix is
/// singular to working precision. Relative to that element; about 2000 times the unit roundoff.
const PIVOT_TOLERANCE: f64 = 4e-13;

/// The matrix has no Cholesky factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("matrix is not positive definite at pivot {pivot}")]
pub struct NotPositiveDefinite {
    /// Row (from 0) at which the leading minor stops being positive.
    pub pivot: usize,
}

/// A = L L', L lower triangular.
#[derive(Debug, Clone)]
pub struct Cholesky {
    n: usize,
    /// L by columns; what stands above the diagonal is not used.
    l: Vec<f64>,
    scratch: Vec<f64>,
    kernel: kernel::CholeskyKernel,
}

impl Cholesky {
    /// Room for the factor of an n x n matrix.
    pub fn with_order(n: usize) -> Self {
        Cholesky { n, l: vec![0.0; n * n], scratch: vec![0.0; n * n], kernel: kernel::CholeskyKernel::new(n) }
    }

    /// Factors a matrix.
    ///
    /// # Errors
    /// [`NotPositiveDefinite`] with the pivot at which it fails.
    pub fn of(a: ArrayView2<f64>) -> Result<Self, NotPositiveDefinite> {
        let mut factor = Self::with_order(a.nrows());
        factor.factor(a)?;
        Ok(factor)
    }

    /// Order of the matrix.
    pub fn order(&self) -> usize {
        self.n
    }

    /// Factors `a` (n x n, its lower triangle is read) into this factor's buffers.
    ///
    /// # Errors
    /// [`NotPositiveDefinite`], after which the factor must not be used until the next success.
    pub fn factor(&mut self, a: ArrayView2<f64>) -> Result<(), NotPositiveDefinite> {
        let n = self.n;
        assert_eq!(a.dim(), (n, n), "matrix and factor differ in order");
        for j in 0..n {
            let column = &mut self.l[j * n..(j + 1) * n];
            for (i, entry) in column.iter_mut().enumerate().skip(j) {
                *entry = a[[i, j]];
            }
        }
        if n <= SMALL { factor_small(n, &mut self.l) } else { self.kernel.factor(n, &mut self.l) }
            .map_err(|pivot| NotPositiveDefinite { pivot })?;
        for j in 0..n {
            let pivot = self.l[j * n + j];
            if !(pivot * pivot > PIVOT_TOLERANCE * a[[j, j]]) {
                return Err(NotPositiveDefinite { pivot: j });
            }
        }
        Ok(())
    }

    /// log |A|.
    pub fn log_det(&self) -> f64 {
        2.0 * (0..self.n).map(|j| self.l[j * self.n + j].ln()).sum::<f64>()
    }

    /// Replaces x by A^-1 x.
    pub fn solve_in_place(&self, x: &mut [f64]) {
        self.forward(x);
        self.backward(x);
    }

    /// Replaces x by L^-1 x.
    pub fn forward(&self, x: &mut [f64]) {
        let n = self.n;
        for j in 0..n {
            let column = &self.l[j * n..(j + 1) * n];
            let value = x[j] / column[j];
            x[j] = value;
            for (entry, l) in x[j + 1..].iter_mut().zip(&column[j + 1..]) {
                *entry -= value * l;
            }
        }
    }

    /// Replaces x by L'^-1 x.
    pub fn backward(&self, x: &mut [f64]) {
        let n = self.n;
        for j in (0..n).rev() {
            let column = &self.l[j * n..(j + 1) * n];
            let sum = super::dot(&column[j + 1..], &x[j + 1..]);
            x[j] = (x[j] - sum) / column[j];
        }
    }

    /// Writes A^-1 (full, symmetric) into `out`, n x n in standard layout.
    pub fn inverse_into(&mut self, out: &mut Array2<f64>) {
        let n = self.n;
        let slice = out.as_slice_mut().expect("the inverse is written in standard layout");
        if n <= SMALL {
            inverse_small(n, &self.l, &mut self.scratch, slice);
        } else {
            self.kernel.inverse(n, &self.l, slice);
        }
        // The kernels fill the lower triangle by columns, which is the upper one by rows.
        for i in 0..n {
            for j in 0..i {
                slice[i * n + j] = slice[j * n + i];
            }
        }
    }

    /// A^-1.
    pub fn inverse(&mut self) -> Array2<f64> {
        let mut out = Array2::zeros((self.n, self.n));
        self.inverse_into(&mut out);
        out
    }
}

/// Right-looking factorisation of the lower triangle by columns; on failure the pivot.
pub(super) fn factor_small(n: usize, l: &mut [f64]) -> Result<(), usize> {
    for j in 0..n {
        let (done, rest) = l.split_at_mut((j + 1) * n);
        let column = &mut done[j * n..];
        let square = column[j];
        if !(square > 0.0) {
            return Err(j);
        }
        let pivot = square.sqrt();
        let reciprocal = 1.0 / pivot;
        column[j] = pivot;
        for entry in &mut column[j + 1..] {
            *entry *= reciprocal;
        }
        for k in j + 1..n {
            let factor = column[k];
            let target = &mut rest[(k - j - 1) * n + k..(k - j) * n];
            for (entry, value) in target.iter_mut().zip(&column[k..]) {
                *entry -= factor * value;
            }
        }
    }
    Ok(())
}

/// A^-1 = L^-T L^-1, lower triangle by columns.
fn inverse_small(n: usize, l: &[f64], inverse_l: &mut [f64], out: &mut [f64]) {
    for j in 0..n {
        let column = &mut inverse_l[j * n..(j + 1) * n];
        column[..j].fill(0.0);
        column[j..].fill(0.0);
        column[j] = 1.0;
        for k in j..n {
            let value = column[k] / l[k * n + k];
            column[k] = value;
            for (entry, factor) in column[k + 1..].iter_mut().zip(&l[k * n + k + 1..(k + 1) * n]) {
                *entry -= value * factor;
            }
        }
    }
    for j in 0..n {
        for i in j..n {
            out[j * n + i] = super::dot(&inverse_l[i * n + i..(i + 1) * n], &inverse_l[j * n + i..(j + 1) * n]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;
    use proptest::prelude::*;

    /// G G' + n I for the first n x n numbers of g: positive definite.
    fn positive_definite(n: usize, g: &[f64]) -> Array2<f64> {
        let g = Array2::from_shape_fn((n, n), |(i, j)| g[i * n + j]);
        g.dot(&g.t()) + Array2::<f64>::eye(n) * n as f64
    }

    proptest! {
        #[test]
        fn inverse_and_solve_undo_the_matrix(n in 1_usize..40, g in prop::collection::vec(-1.0_f64..1.0, 1600)) {
            let a = positive_definite(n, &g);
            let mut factor = Cholesky::of(a.view()).unwrap();
            let unit = a.dot(&factor.inverse());
            let mut x: Vec<f64> = (0..n).map(|i| i as f64 - 3.0).collect();
            let b = a.dot(&ndarray::Array1::from(x.clone()));
            let expected = x.clone();
            x.copy_from_slice(b.as_slice().unwrap());
            factor.solve_in_place(&mut x);
            for i in 0..n {
                prop_assert!((x[i] - expected[i]).abs() < 1e-9);
                for j in 0..n {
                    prop_assert!((unit[[i, j]] - f64::from(u8::from(i == j))).abs() < 1e-10);
                }
            }
        }
    }

    #[test]
    fn determinant_of_a_known_matrix() {
        let factor = Cholesky::of(array![[4.0, 2.0], [2.0, 3.0]].view()).unwrap();
        assert!((factor.log_det() - 8.0_f64.ln()).abs() < 1e-14);
    }

    #[test]
    fn singular_and_indefinite_matrices_are_refused_with_the_pivot() {
        for n in [3, 30] {
            let mut a = Array2::<f64>::eye(n);
            a[[2, 1]] = 1.0;
            a[[1, 2]] = 1.0;
            assert_eq!(Cholesky::of(a.view()).unwrap_err(), NotPositiveDefinite { pivot: 2 });
            a[[1, 1]] = -1.0;
            assert_eq!(Cholesky::of(a.view()).unwrap_err(), NotPositiveDefinite { pivot: 1 });
            a[[1, 1]] = f64::NAN;
            assert!(Cholesky::of(a.view()).is_err());
        }
    }
}
