//! Dense linear algebra on ndarray containers: the one door to the kernels.
//!
//! The kernels are faer's, or LAPACK's with the feature `lapack`; for the small matrices of most models plain
//! loops beat both (docs/adr/0001-linear-algebra.md). Matrices are row-major (ndarray's standard layout).

mod aligned;
mod cholesky;
mod column_products;
mod eigen;
mod elimination;
mod gather;
mod inverse;
mod product;
mod sweep;
mod tile;
mod transpose;
mod triangular;

#[cfg(not(feature = "lapack"))]
#[path = "faer.rs"]
mod kernel;
#[cfg(feature = "lapack")]
#[path = "lapack.rs"]
mod kernel;

pub use aligned::aligned_zeros;
pub use cholesky::{Cholesky, NotPositiveDefinite};
pub use column_products::{COLUMN_MULTIPLE, add_column_products};
pub use eigen::{EigenFailed, symmetric_eigen};
pub use elimination::{Elimination, Inconsistent, eliminate};
pub use gather::Gather;
pub use inverse::Inverse;
pub use product::{LANES, add_multiple, add_sparse_product, dot, matmul, multiply_lanes, quadratic_form};
pub use tile::vectorized;
pub use transpose::{add_transpose, add_turned, set_turned, symmetrize_from_upper, transpose, transpose_into};

/// The numbers of a matrix in standard layout, row after row.
///
/// # Panics
/// For a matrix in another layout, as all that follow.
#[inline]
pub fn numbers(a: &ndarray::Array2<f64>) -> &[f64] {
    a.as_slice().expect("standard layout")
}

/// As [`numbers`], to change them.
#[inline]
pub fn numbers_mut(a: &mut ndarray::Array2<f64>) -> &mut [f64] {
    a.as_slice_mut().expect("standard layout")
}

/// The rows of a matrix in standard layout; none where it has no columns.
#[inline]
pub fn rows(a: &ndarray::Array2<f64>) -> impl Iterator<Item = &[f64]> {
    numbers(a).chunks_exact(a.ncols().max(1))
}

/// As [`rows`], to change them.
#[inline]
pub fn rows_mut(a: &mut ndarray::Array2<f64>) -> impl Iterator<Item = &mut [f64]> {
    let n = a.ncols().max(1);
    numbers_mut(a).chunks_exact_mut(n)
}

/// The sum of the logarithms of positive numbers: one logarithm for a few of them together, unless their product leaves the range of numbers.
pub fn sum_of_logs(numbers: impl IntoIterator<Item = f64>) -> f64 {
    let (mut sum, mut product) = (0.0, 1.0_f64);
    for number in numbers {
        let next = product * number;
        if (1e-200..1e200).contains(&next) {
            product = next;
        } else {
            sum += product.ln();
            product = number;
        }
    }
    sum + product.ln()
}

#[cfg(test)]
mod tests {
    #[test]
    fn logarithms_of_products_are_sums() {
        let numbers = [3.0_f64, 1e150, 1e150, 0.5, 1e-300, 1e-300, 2.0, 1e308, 7e-320];
        let expected: f64 = numbers.iter().map(|number| number.ln()).sum();
        assert!((super::sum_of_logs(numbers) - expected).abs() < 1e-12 * expected.abs());
        assert_eq!(super::sum_of_logs([]), 0.0);
    }
}
