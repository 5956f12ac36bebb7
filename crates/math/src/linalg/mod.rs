//! Dense linear algebra on ndarray containers: the one door to the kernels.
//!
//! The kernels are faer's, or LAPACK's with the feature `lapack`; for the small matrices of most models plain
//! loops beat both (docs/adr/0001-linear-algebra.md). Matrices are row-major (ndarray's standard layout).

mod cholesky;
mod column_products;
mod eigen;
mod elimination;
mod gather;
mod product;
mod sweep;
mod tile;

#[cfg(not(feature = "lapack"))]
#[path = "faer.rs"]
mod kernel;
#[cfg(feature = "lapack")]
#[path = "lapack.rs"]
mod kernel;

pub use cholesky::{Cholesky, NotPositiveDefinite};
pub use column_products::{COLUMN_MULTIPLE, add_column_products};
pub use eigen::{EigenFailed, symmetric_eigen};
pub use elimination::{Elimination, Inconsistent, eliminate};
pub use gather::Gather;
pub use product::{add_multiple, add_sparse_product, dot, matmul};
pub use tile::vectorized;

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

/// The rows of a matrix in standard layout.
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

/// Copies the upper triangle of a square matrix in standard layout to its lower one.
pub fn symmetrize_from_upper(a: &mut ndarray::Array2<f64>) {
    mirror_upper(a.nrows(), numbers_mut(a));
}

/// As [`symmetrize_from_upper`], for the n x n numbers of a matrix by rows.
fn mirror_upper(n: usize, a: &mut [f64]) {
    /// Rows and columns of a square that is turned at once.
    const SQUARE: usize = 4;
    let whole = n / SQUARE * SQUARE;
    for i in (0..whole).step_by(SQUARE) {
        let (rows, below) = a.split_at_mut((i + SQUARE) * n);
        let rows = &mut rows[i * n..];
        for r in 1..SQUARE {
            for c in 0..r {
                rows[r * n + i + c] = rows[c * n + i + r];
            }
        }
        // Columns i to i + 3 of the rows below, which are rows i to i + 3 of the columns behind.
        let mut below = below.chunks_exact_mut(n);
        for j in (i + SQUARE..whole).step_by(SQUARE) {
            let square: [[f64; SQUARE]; SQUARE] =
                std::array::from_fn(|r| rows[r * n + j..][..SQUARE].try_into().expect("as many numbers"));
            for (c, target) in below.by_ref().take(SQUARE).enumerate() {
                target[i..i + SQUARE].copy_from_slice(&std::array::from_fn::<f64, SQUARE, _>(|r| square[r][c]));
            }
        }
        for (j, target) in (whole..n).zip(below) {
            target[i..i + SQUARE].copy_from_slice(&std::array::from_fn::<f64, SQUARE, _>(|r| rows[r * n + j]));
        }
    }
    for i in whole..n {
        for j in whole..i {
            a[i * n + j] = a[j * n + i];
        }
    }
}

/// Writes the transpose of `a` (m x n) into `out` (n x m), both in standard layout.
pub fn transpose_into(a: &ndarray::Array2<f64>, out: &mut ndarray::Array2<f64>) {
    let (m, n) = a.dim();
    assert_eq!(out.dim(), (n, m), "shape of a transpose");
    if m * n == 0 {
        return;
    }
    let numbers = out.as_slice_mut().expect("standard layout");
    for (i, row) in a.as_slice().expect("standard layout").chunks_exact(n).enumerate() {
        numbers[i..].iter_mut().step_by(m).zip(row).for_each(|(target, value)| *target = *value);
    }
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;

    #[test]
    fn the_upper_triangle_is_mirrored() {
        for n in [0, 1, 2, 3, 4, 5, 8, 31, 70] {
            let a = Array2::from_shape_fn((n, n), |(i, j)| (100 * i + j) as f64);
            let mut own = a.clone();
            super::symmetrize_from_upper(&mut own);
            assert!(own.indexed_iter().all(|((i, j), value)| *value == a[[i.min(j), i.max(j)]]), "{n}");
        }
    }

    #[test]
    fn a_transpose_is_that_of_ndarray() {
        for dim in [(0, 3), (1, 1), (2, 5), (7, 4)] {
            let a = Array2::from_shape_fn(dim, |(i, j)| (10 * i + j) as f64);
            let mut out = Array2::zeros((dim.1, dim.0));
            super::transpose_into(&a, &mut out);
            assert_eq!(out, a.t());
        }
    }
}
