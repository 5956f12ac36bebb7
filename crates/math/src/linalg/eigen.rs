//! Eigenvalues and eigenvectors of symmetric matrices.

use ndarray::{Array1, Array2, ArrayView2};

use super::kernel;

/// The iteration of the eigensolver did not settle, or the matrix holds a number that is not finite.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("eigenvalues could not be computed")]
pub struct EigenFailed;

/// A = U diag(d) U' for symmetric A (n x n; the lower triangle is read): eigenvalues d in ascending order and U by columns.
///
/// # Errors
/// [`EigenFailed`].
pub fn symmetric_eigen(a: ArrayView2<f64>) -> Result<(Array1<f64>, Array2<f64>), EigenFailed> {
    if a.iter().any(|value| !value.is_finite()) {
        return Err(EigenFailed);
    }
    if a.is_empty() {
        return Ok((Array1::zeros(0), Array2::zeros((0, 0))));
    }
    kernel::symmetric_eigen(a)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn decomposition_restores_the_matrix() {
        let a = array![[4.0, 1.0, 0.5], [1.0, 3.0, -0.2], [0.5, -0.2, 1.0]];
        let (values, vectors) = symmetric_eigen(a.view()).unwrap();
        let restored = vectors.dot(&Array2::from_diag(&values)).dot(&vectors.t());
        assert!(values.windows(2).into_iter().all(|pair| pair[0] <= pair[1]));
        assert!((restored - a).iter().all(|difference| difference.abs() < 1e-13));
    }

    #[test]
    fn not_a_number_is_refused() {
        assert_eq!(symmetric_eigen(array![[f64::NAN]].view()).unwrap_err(), EigenFailed);
    }
}
