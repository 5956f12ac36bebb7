//! Transposes and symmetric matrices from their triangles, by squares that are turned in registers.

use ndarray::Array2;

use super::{numbers, numbers_mut, vectorized};

/// Rows and columns of a square.
pub(super) const SQUARE: usize = 4;

type Square = [[f64; SQUARE]; SQUARE];

/// The square of a matrix by rows of n numbers that begins at an element.
#[inline(always)]
pub(super) fn square_at(a: &[f64], n: usize, [i, j]: [usize; 2]) -> Square {
    let mut square = [[0.0; SQUARE]; SQUARE];
    for (r, row) in square.iter_mut().enumerate() {
        row.copy_from_slice(&a[(i + r) * n + j..][..SQUARE]);
    }
    square
}

/// Writes a square into a matrix by rows of n numbers.
#[inline(always)]
pub(super) fn set_square(a: &mut [f64], n: usize, [i, j]: [usize; 2], square: Square) {
    for (r, row) in square.iter().enumerate() {
        a[(i + r) * n + j..][..SQUARE].copy_from_slice(row);
    }
}

/// The transpose of a square.
#[inline(always)]
pub(super) fn turned(square: Square) -> Square {
    let mut turned = [[0.0; SQUARE]; SQUARE];
    for r in 0..SQUARE {
        for c in 0..SQUARE {
            turned[r][c] = square[c][r];
        }
    }
    turned
}

/// Copies the upper triangle of a square matrix in standard layout to its lower one.
pub fn symmetrize_from_upper(a: &mut Array2<f64>) {
    mirror_upper(a.nrows(), numbers_mut(a));
}

/// As [`symmetrize_from_upper`], for the n x n numbers of a matrix by rows.
pub(super) fn mirror_upper(n: usize, a: &mut [f64]) {
    let whole = n / SQUARE * SQUARE;
    vectorized(
        #[inline(always)]
        || {
            for i in (0..whole).step_by(SQUARE) {
                for j in (i + SQUARE..whole).step_by(SQUARE) {
                    let square = square_at(a, n, [i, j]);
                    set_square(a, n, [j, i], turned(square));
                }
            }
            // Within the squares of the diagonal, and the rows that fill no square.
            for i in 0..n {
                let first = if i < whole { i / SQUARE * SQUARE } else { 0 };
                for j in first..i {
                    a[i * n + j] = a[j * n + i];
                }
            }
        },
    );
}

/// a += a' for a square matrix in standard layout.
pub fn add_transpose(a: &mut Array2<f64>) {
    let n = a.nrows();
    let (a, whole) = (numbers_mut(a), n / SQUARE * SQUARE);
    vectorized(
        #[inline(always)]
        || {
            for i in (0..whole).step_by(SQUARE) {
                for j in (0..=i).step_by(SQUARE) {
                    let (mut sum, other) = (square_at(a, n, [i, j]), turned(square_at(a, n, [j, i])));
                    for r in 0..SQUARE {
                        for c in 0..SQUARE {
                            sum[r][c] += other[r][c];
                        }
                    }
                    set_square(a, n, [i, j], sum);
                    set_square(a, n, [j, i], turned(sum));
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

/// out_ji += a_ij for the leading m x n numbers of matrices by rows, of `width` numbers in `a` and `out_width` in `out`.
pub fn add_turned(a: &[f64], width: usize, dim: [usize; 2], out: &mut [f64], out_width: usize) {
    put_turned(a, width, dim, out, out_width, |out, a| out + a);
}

/// As [`add_turned`], out_ji = a_ij.
pub fn set_turned(a: &[f64], width: usize, dim: [usize; 2], out: &mut [f64], out_width: usize) {
    put_turned(a, width, dim, out, out_width, |_, a| a);
}

/// out_ji = f(out_ji, a_ij), as in [`add_turned`].
#[inline(always)]
fn put_turned(
    a: &[f64],
    width: usize,
    [m, n]: [usize; 2],
    out: &mut [f64],
    out_width: usize,
    f: impl Fn(f64, f64) -> f64,
) {
    let whole = [m, n].map(|count| count / SQUARE * SQUARE);
    vectorized(
        #[inline(always)]
        || {
            for i in (0..whole[0]).step_by(SQUARE) {
                for j in (0..whole[1]).step_by(SQUARE) {
                    let (mut own, other) = (square_at(out, out_width, [j, i]), turned(square_at(a, width, [i, j])));
                    for r in 0..SQUARE {
                        for c in 0..SQUARE {
                            own[r][c] = f(own[r][c], other[r][c]);
                        }
                    }
                    set_square(out, out_width, [j, i], own);
                }
            }
            for i in 0..m {
                for j in if i < whole[0] { whole[1] } else { 0 }..n {
                    let own = &mut out[j * out_width + i];
                    *own = f(*own, a[i * width + j]);
                }
            }
        },
    );
}

/// Writes the transpose of `a` (m x n) into `out` (n x m), both in standard layout.
pub fn transpose_into(a: &Array2<f64>, out: &mut Array2<f64>) {
    let (m, n) = a.dim();
    assert_eq!(out.dim(), (n, m), "shape of a transpose");
    if m * n > 0 {
        transpose(numbers(a), n, numbers_mut(out));
    }
}

/// As [`transpose_into`], for matrices by rows, those of `a` of n numbers.
#[inline(always)]
pub fn transpose(a: &[f64], n: usize, out: &mut [f64]) {
    let m = a.len() / n;
    for (i, row) in a.chunks_exact(n).enumerate() {
        out[i..].iter_mut().step_by(m).zip(row).for_each(|(target, value)| *target = *value);
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
    fn a_part_is_added_or_set_turned() {
        for [m, n] in [[0, 3], [1, 1], [2, 5], [4, 4], [7, 4], [9, 13]] {
            let a = Array2::from_shape_fn((m, n + 2), |(i, j)| (10 * i + j) as f64);
            let old = Array2::from_shape_fn((n, m + 3), |(i, j)| (i + 100 * j) as f64);
            let mut out = old.clone();
            super::add_turned(super::numbers(&a), n + 2, [m, n], super::numbers_mut(&mut out), m + 3);
            let mut set = old.clone();
            super::set_turned(super::numbers(&a), n + 2, [m, n], super::numbers_mut(&mut set), m + 3);
            for ((j, i), value) in out.indexed_iter() {
                let (added, own) = if i < m { (a[[i, j]], a[[i, j]]) } else { (0.0, old[[j, i]]) };
                assert_eq!(*value, old[[j, i]] + added, "{m} x {n}: {j}, {i}");
                assert_eq!(set[[j, i]], own, "{m} x {n}: {j}, {i}");
            }
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
