//! Dense linear algebra on ndarray containers: the one door to the kernels.
//!
//! The kernels are faer's, or LAPACK's with the feature `lapack`; for the small matrices of most models plain
//! loops beat both (docs/adr/0001-linear-algebra.md). Matrices are row-major (ndarray's standard layout).

mod cholesky;
mod eigen;
mod elimination;
mod product;

#[cfg(not(feature = "lapack"))]
#[path = "faer.rs"]
mod kernel;
#[cfg(feature = "lapack")]
#[path = "lapack.rs"]
mod kernel;

pub use cholesky::{Cholesky, NotPositiveDefinite};
pub use eigen::{EigenFailed, symmetric_eigen};
pub use elimination::{Elimination, Inconsistent, eliminate};
pub use product::{dot, matmul};

/// Copies the lower triangle of a square matrix to its upper one.
pub fn symmetrize_from_lower(a: &mut ndarray::Array2<f64>) {
    for i in 0..a.nrows() {
        for j in 0..i {
            a[[j, i]] = a[[i, j]];
        }
    }
}
