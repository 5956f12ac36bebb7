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
mod triangular;

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
pub use product::{LANES, add_multiple, add_sparse_product, dot, matmul, multiply_lanes};
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

/// Rows and columns of a square that is turned at once.
const SQUARE: usize = 4;

/// Copies the upper triangle of a square matrix in standard layout to its lower one.
pub fn symmetrize_from_upper(a: &mut ndarray::Array2<f64>) {
    mirror_upper(a.nrows(), numbers_mut(a));
}

/// a += a' for a square matrix in standard layout.
pub fn add_transpose(a: &mut ndarray::Array2<f64>) {
    let n = a.nrows();
    let a = numbers_mut(a);
    let whole = n / SQUARE * SQUARE;
    vectorized(
        #[inline(always)]
        || {
            for i in (0..whole).step_by(SQUARE) {
                for j in (0..=i).step_by(SQUARE) {
                    let left: [[f64; SQUARE]; SQUARE] = square_at(a, n, i, j);
                    let right: [[f64; SQUARE]; SQUARE] = square_at(a, n, j, i);
                    for r in 0..SQUARE {
                        let below: [f64; SQUARE] = std::array::from_fn(|c| left[r][c] + right[c][r]);
                        let above: [f64; SQUARE] = std::array::from_fn(|c| right[r][c] + left[c][r]);
                        a[(i + r) * n + j..][..SQUARE].copy_from_slice(&below);
                        a[(j + r) * n + i..][..SQUARE].copy_from_slice(&above);
                    }
                }
            }
        },
    );
    for i in whole..n {
        for j in 0..=i {
            let sum = a[i * n + j] + a[j * n + i];
            (a[i * n + j], a[j * n + i]) = (sum, sum);
        }
    }
}

/// The transpose of a square.
#[inline(always)]
fn turned(square: [[f64; SQUARE]; SQUARE]) -> [[f64; SQUARE]; SQUARE] {
    let mut turned = [[0.0; SQUARE]; SQUARE];
    for r in 0..SQUARE {
        for c in 0..SQUARE {
            turned[r][c] = square[c][r];
        }
    }
    turned
}

/// Writes a square into a matrix by rows of n numbers.
#[inline(always)]
fn set_square(a: &mut [f64], n: usize, [i, j]: [usize; 2], square: [[f64; SQUARE]; SQUARE]) {
    for (r, row) in square.iter().enumerate() {
        a[(i + r) * n + j..][..SQUARE].copy_from_slice(row);
    }
}

/// The square of a matrix by rows of n numbers that begins at an element.
#[inline(always)]
fn square_at(a: &[f64], n: usize, i: usize, j: usize) -> [[f64; SQUARE]; SQUARE] {
    let mut square = [[0.0; SQUARE]; SQUARE];
    for (r, row) in square.iter_mut().enumerate() {
        row.copy_from_slice(&a[(i + r) * n + j..][..SQUARE]);
    }
    square
}

/// As [`symmetrize_from_upper`], for the n x n numbers of a matrix by rows.
fn mirror_upper(n: usize, a: &mut [f64]) {
    vectorized(
        #[inline(always)]
        || mirror(n, a),
    );
}

#[inline(always)]
fn mirror(n: usize, a: &mut [f64]) {
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
    fn a_transpose_is_added() {
        for n in [0, 1, 3, 4, 5, 8, 31] {
            let a = Array2::from_shape_fn((n, n), |(i, j)| (100 * i + j) as f64);
            let mut own = a.clone();
            super::add_transpose(&mut own);
            assert_eq!(own, &a + &a.t(), "{n}");
        }
    }

    #[test]
    fn logarithms_of_products_are_sums() {
        let numbers = [3.0_f64, 1e150, 1e150, 0.5, 1e-300, 1e-300, 2.0, 1e308, 7e-320];
        let expected: f64 = numbers.iter().map(|number| number.ln()).sum();
        assert!((super::sum_of_logs(numbers) - expected).abs() < 1e-12 * expected.abs());
        assert_eq!(super::sum_of_logs([]), 0.0);
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
