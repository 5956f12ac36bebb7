//! Solutions with a triangular factor for one right side, four columns of the factor at a time.

use pulp::{Arch, Simd, WithSimd};

/// Columns of L that are taken together.
const COLUMNS: usize = 4;

/// A factor L by columns of `stride` numbers, with one over its diagonal.
#[derive(Clone, Copy)]
pub(super) struct Triangular<'a> {
    pub(super) l: &'a [f64],
    pub(super) stride: usize,
    pub(super) reciprocals: &'a [f64],
}

impl<'a> Triangular<'a> {
    /// Replaces x by L^-1 x.
    pub(super) fn forward(self, x: &mut [f64]) {
        Arch::new().dispatch(Forward { factor: self, x });
    }

    /// Replaces x by L'^-1 x.
    pub(super) fn backward(self, x: &mut [f64]) {
        Arch::new().dispatch(Backward { factor: self, x });
    }

    /// The four columns from j on below their triangle, to the row n.
    #[inline(always)]
    fn columns(self, j: usize, n: usize) -> [&'a [f64]; COLUMNS] {
        std::array::from_fn(
            #[inline(always)]
            |k| &self.l[(j + k) * self.stride..][j + COLUMNS..n],
        )
    }

    /// The triangle of the first rows of some columns.
    #[inline(always)]
    fn triangle(self, j: usize) -> [[f64; COLUMNS]; COLUMNS] {
        std::array::from_fn(
            #[inline(always)]
            |k| {
                let column = &self.l[(j + k) * self.stride + j..];
                *column.first_chunk().expect("the rows of a triangle")
            },
        )
    }

    /// Solves for the rows from j on, which are all that is left, one by one.
    fn solve_last(self, j: usize, x: &mut [f64]) {
        for k in 0..x.len() {
            x[k] *= self.reciprocals[j + k];
            for i in k + 1..x.len() {
                x[i] -= self.l[(j + k) * self.stride + j + i] * x[k];
            }
        }
    }

    /// As [`Triangular::solve_last`], for the transpose.
    fn solve_last_transposed(self, j: usize, x: &mut [f64]) {
        for k in (0..x.len()).rev() {
            for i in k + 1..x.len() {
                x[k] -= self.l[(j + k) * self.stride + j + i] * x[i];
            }
            x[k] *= self.reciprocals[j + k];
        }
    }
}

struct Forward<'a> {
    factor: Triangular<'a>,
    x: &'a mut [f64],
}

impl WithSimd for Forward<'_> {
    type Output = ();

    /// The triangle of four columns first, then what they take from the rows below.
    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Forward { factor, x } = self;
        let n = x.len();
        let whole = n / COLUMNS * COLUMNS;
        for j in (0..whole).step_by(COLUMNS) {
            let (done, rest) = x.split_at_mut(j + COLUMNS);
            let own: &mut [f64; COLUMNS] = (&mut done[j..]).try_into().expect("four rows");
            let (triangle, reciprocals) = (factor.triangle(j), &factor.reciprocals[j..j + COLUMNS]);
            for k in 0..COLUMNS {
                own[k] *= reciprocals[k];
                for i in k + 1..COLUMNS {
                    own[i] -= triangle[k][i] * own[k];
                }
            }
            let own = own.map(|value| -value);
            let factors = own.map(|value| simd.splat_f64s(value));
            let (vectors, last) = S::as_mut_simd_f64s(rest);
            let parts = factor.columns(j, n).map(|column| S::as_simd_f64s(column));
            let [a, b, c, d] = parts.map(|(vectors, _)| vectors);
            for ((((target, a), b), c), d) in vectors.iter_mut().zip(a).zip(b).zip(c).zip(d) {
                // Two sums that do not wait for each other.
                let first = simd.mul_add_e_f64s(factors[1], *b, simd.mul_add_e_f64s(factors[0], *a, *target));
                let second = simd.mul_add_e_f64s(factors[3], *d, simd.mul_f64s(factors[2], *c));
                *target = simd.add_f64s(first, second);
            }
            for (i, target) in last.iter_mut().enumerate() {
                for k in 0..COLUMNS {
                    *target += own[k] * parts[k].1[i];
                }
            }
        }
        factor.solve_last(whole, &mut x[whole..]);
    }
}

struct Backward<'a> {
    factor: Triangular<'a>,
    x: &'a mut [f64],
}

impl WithSimd for Backward<'_> {
    type Output = ();

    /// The products of four columns with what is solved first, then their triangle.
    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Backward { factor, x } = self;
        let n = x.len();
        let whole = n / COLUMNS * COLUMNS;
        factor.solve_last_transposed(whole, &mut x[whole..]);
        for j in (0..whole).step_by(COLUMNS).rev() {
            let (own, done) = x.split_at_mut(j + COLUMNS);
            let own: &mut [f64; COLUMNS] = (&mut own[j..]).try_into().expect("four rows");
            let mut solved = *own;
            if !done.is_empty() {
                let parts = factor.columns(j, n).map(|column| S::as_simd_f64s(column));
                let (vectors, last) = S::as_simd_f64s(done);
                let [a, b, c, d] = parts.map(|(vectors, _)| vectors);
                let mut sums = [simd.splat_f64s(0.0); COLUMNS];
                for ((((value, a), b), c), d) in vectors.iter().zip(a).zip(b).zip(c).zip(d) {
                    for (sum, column) in sums.iter_mut().zip([a, b, c, d]) {
                        *sum = simd.mul_add_e_f64s(*column, *value, *sum);
                    }
                }
                for k in 0..COLUMNS {
                    solved[k] -= simd.reduce_sum_f64s(sums[k]);
                    for (value, factor) in last.iter().zip(parts[k].1) {
                        solved[k] -= value * factor;
                    }
                }
            }
            let (triangle, reciprocals) = (factor.triangle(j), &factor.reciprocals[j..j + COLUMNS]);
            for k in (0..COLUMNS).rev() {
                for i in k + 1..COLUMNS {
                    solved[k] -= triangle[k][i] * solved[i];
                }
                solved[k] *= reciprocals[k];
            }
            *own = solved;
        }
    }
}
