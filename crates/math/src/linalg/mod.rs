//! Dense linear algebra on ndarray containers: the one door to the kernels.
//!
//! The kernels are faer's, or LAPACK's with the feature `lapack`; for the small matrices of most models plain
//! loops beat both (docs/adr/0001-linear-algebra.md). Matrices are row-major (ndarray's standard layout).

mod cholesky;
mod eigen;
mod elimination;
mod gather;
mod product;
mod tile;

#[cfg(not(feature = "lapack"))]
#[path = "faer.rs"]
mod kernel;
#[cfg(feature = "lapack")]
#[path = "lapack.rs"]
mod kernel;

pub use cholesky::{Cholesky, NotPositiveDefinite};
pub use eigen::{EigenFailed, symmetric_eigen};
pub use elimination::{Elimination, Inconsistent, eliminate};
pub use gather::Gather;
pub use product::{add_sparse_product, dot, matmul};
pub use tile::vectorized;

/// Copies the lower triangle of a square matrix in standard layout to its upper one.
pub fn symmetrize_from_lower(a: &mut ndarray::Array2<f64>) {
    /// Rows and columns of a square that the cache holds twice.
    const SQUARE: usize = 32;
    let n = a.nrows();
    let numbers = a.as_slice_mut().expect("standard layout");
    for rows in (0..n).step_by(SQUARE) {
        for columns in (0..=rows).step_by(SQUARE) {
            for i in rows.max(columns + 1)..n.min(rows + SQUARE) {
                let (above, row) = numbers.split_at_mut(i * n);
                let row = &row[columns..i.min(columns + SQUARE)];
                for (target, value) in above[columns * n + i..].iter_mut().step_by(n).zip(row) {
                    *target = *value;
                }
            }
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
    fn the_lower_triangle_is_mirrored() {
        for n in [0, 1, 2, 31, 32, 33, 70] {
            let a = Array2::from_shape_fn((n, n), |(i, j)| (100 * i + j) as f64);
            let mut own = a.clone();
            super::symmetrize_from_lower(&mut own);
            assert!(own.indexed_iter().all(|((i, j), value)| *value == a[[i.max(j), i.min(j)]]), "{n}");
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
