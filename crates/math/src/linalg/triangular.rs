//! Solutions with a triangular factor for one right side, four columns of the factor at a time.
//!
//! The triangles on the diagonal are inverted where the matrix is factored: each unknown of a triangle waits for the one before it, but a product with
//! its inverse takes them all at once, and of little else is the time of a solution made up to some hundred rows.

use pulp::{Arch, Simd, WithSimd};

use super::transpose::square_at;

/// Columns of L that are taken together.
pub(super) const COLUMNS: usize = 4;

/// Numbers of four rows.
pub(super) type Four = [f64; COLUMNS];

/// A factor L by columns of `stride` numbers, whole vectors: what stands in rows beyond the last is zero.
#[derive(Clone, Copy)]
pub(super) struct Triangular<'a> {
    pub(super) l: &'a [f64],
    pub(super) stride: usize,
    /// As [`inverse_of_block`] makes them.
    pub(super) inverses: &'a [[Four; COLUMNS]],
}

/// The inverse of the triangle of L (by columns of `stride` numbers) at the four columns of a block, by columns, where these are one over its diagonal.
pub(super) fn inverse_of_block((l, stride): (&[f64], usize), block: usize, reciprocals: &Four) -> [Four; COLUMNS] {
    inverse_triangle(&square_at(l, stride, [block * COLUMNS; 2]), reciprocals)
}

/// The inverse of a lower triangle, both by columns: the product of a row of the triangle and a column of the inverse is zero but on the diagonal.
#[inline(always)]
fn inverse_triangle(triangle: &[Four; COLUMNS], reciprocals: &Four) -> [Four; COLUMNS] {
    let mut inverse = [[0.0; COLUMNS]; COLUMNS];
    for column in 0..COLUMNS {
        inverse[column][column] = reciprocals[column];
        for row in column + 1..COLUMNS {
            let mut sum = 0.0;
            for k in column..row {
                sum += triangle[k][row] * inverse[column][k];
            }
            inverse[column][row] = -sum * reciprocals[row];
        }
    }
    inverse
}

impl<'a> Triangular<'a> {
    /// One over L_jj.
    #[inline(always)]
    pub(super) fn reciprocal(self, j: usize) -> f64 {
        self.inverses[j / COLUMNS][j % COLUMNS][j % COLUMNS]
    }

    /// Replaces x by L^-1 x.
    pub(super) fn forward(self, x: &mut [f64]) {
        self.solve(x, [true, false]);
    }

    /// Replaces x by L'^-1 x.
    pub(super) fn backward(self, x: &mut [f64]) {
        self.solve(x, [false, true]);
    }

    /// Replaces x by (L L')^-1 x.
    pub(super) fn forward_and_backward(self, x: &mut [f64]) {
        self.solve(x, [true, true]);
    }

    /// Forward, backward, or one after the other. The last rows, where they are not four, have numbers of their own, filled up with zeros.
    fn solve(self, x: &mut [f64], directions: [bool; 2]) {
        let (whole, rest) = x.as_chunks_mut();
        let mut last = [0.0; COLUMNS];
        last[..rest.len()].copy_from_slice(rest);
        let own = (!rest.is_empty()).then_some(&mut last);
        Arch::new().dispatch(Solve { factor: self, directions, whole, last: own });
        rest.copy_from_slice(&last[..rest.len()]);
    }

    /// The columns of a block of four, below their triangle, by four rows.
    #[inline(always)]
    fn below(self, block: usize) -> [&'a [Four]; COLUMNS] {
        let first = block * COLUMNS;
        std::array::from_fn(
            #[inline(always)]
            |k| {
                let column = &self.l[(first + k) * self.stride..][..self.stride];
                column[first + COLUMNS..].as_chunks().0
            },
        )
    }
}

struct Solve<'a> {
    factor: Triangular<'a>,
    /// Whether forward and whether backward.
    directions: [bool; 2],
    whole: &'a mut [Four],
    last: Option<&'a mut Four>,
}

impl WithSimd for Solve<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        const { assert!(COLUMNS.is_multiple_of(S::F64_LANES), "whole vectors of four numbers") };
        let Solve { factor, directions: [forward, backward], whole, mut last } = self;
        if forward {
            forward_in(simd, factor, whole, last.as_deref_mut());
        }
        if backward {
            backward_in(simd, factor, whole, last);
        }
    }
}

/// The triangle of four columns first, then what they take from the rows below.
#[inline(always)]
fn forward_in<S: Simd>(simd: S, factor: Triangular<'_>, x: &mut [Four], mut last: Option<&mut Four>) {
    let blocks = x.len();
    for block in 0..blocks {
        let (own, rest) = x[block..].split_first_mut().expect("the rows of a block");
        let solved = plus::<S>(simd, [0.0; COLUMNS], *own, factor.inverses[block].each_ref());
        *own = solved;
        let factors = solved.map(|value| -value);
        let [a, b, c, d] = factor.below(block);
        for ((((target, a), b), c), d) in rest.iter_mut().zip(a).zip(b).zip(c).zip(d) {
            *target = plus::<S>(simd, *target, factors, [a, b, c, d]);
        }
        if let Some(last) = &mut last {
            let at = rest.len();
            **last = plus::<S>(simd, **last, factors, [&a[at], &b[at], &c[at], &d[at]]);
        }
    }
    if let Some(last) = last {
        *last = plus::<S>(simd, [0.0; COLUMNS], *last, factor.inverses[blocks].each_ref());
    }
}

/// The products of four columns with what is solved first, then their triangle.
#[inline(always)]
fn backward_in<S: Simd>(simd: S, factor: Triangular<'_>, x: &mut [Four], mut last: Option<&mut Four>) {
    let blocks = x.len();
    if let Some(last) = &mut last {
        **last = transposed(&factor.inverses[blocks], **last);
    }
    for block in (0..blocks).rev() {
        let mut sums = [[simd.splat_f64s(0.0); COLUMNS]; COLUMNS];
        let [a, b, c, d] = factor.below(block);
        let done = &x[block + 1..];
        if let Some(last) = &last {
            let at = done.len();
            add_products::<S>(simd, &mut sums, [&a[at], &b[at], &c[at], &d[at]], last);
        }
        // What was solved last comes last: the others need not wait for it.
        for ((((value, a), b), c), d) in done.iter().zip(a).zip(b).zip(c).zip(d).rev() {
            add_products::<S>(simd, &mut sums, [a, b, c, d], value);
        }
        let mut own = x[block];
        for (own, sums) in own.iter_mut().zip(sums) {
            for sum in &sums[..COLUMNS / S::F64_LANES] {
                *own -= simd.reduce_sum_f64s(*sum);
            }
        }
        x[block] = transposed(&factor.inverses[block], own);
    }
}

/// start + sum of f_k times column k.
#[inline(always)]
fn plus<S: Simd>(simd: S, start: Four, factors: Four, columns: [&Four; COLUMNS]) -> Four {
    let mut sum = start;
    let factors = factors.map(
        #[inline(always)]
        |factor| simd.splat_f64s(factor),
    );
    let (sums, _) = S::as_mut_simd_f64s(&mut sum);
    let [a, b, c, d] = columns.map(
        #[inline(always)]
        |column| S::as_simd_f64s(column).0,
    );
    for (v, sum) in sums.iter_mut().enumerate() {
        // Two sums that do not wait for each other.
        let first = simd.mul_add_e_f64s(factors[1], b[v], simd.mul_add_e_f64s(factors[0], a[v], *sum));
        let second = simd.mul_add_e_f64s(factors[3], d[v], simd.mul_f64s(factors[2], c[v]));
        *sum = simd.add_f64s(first, second);
    }
    sum
}

/// Adds the products of four columns with four numbers to a sum of each; the vectors of a sum are as many as four numbers have.
#[inline(always)]
fn add_products<S: Simd>(simd: S, sums: &mut [[S::f64s; COLUMNS]; COLUMNS], columns: [&Four; COLUMNS], numbers: &Four) {
    let (numbers, _) = S::as_simd_f64s(numbers);
    for (sums, column) in sums.iter_mut().zip(columns) {
        let (column, _) = S::as_simd_f64s(column);
        for v in 0..COLUMNS / S::F64_LANES {
            sums[v] = simd.mul_add_e_f64s(column[v], numbers[v], sums[v]);
        }
    }
}

/// The products of the four columns of a lower triangle with four numbers.
#[inline(always)]
fn transposed(triangle: &[Four; COLUMNS], x: Four) -> Four {
    let mut products = [0.0; COLUMNS];
    for column in 0..COLUMNS {
        // Those that are known first are added first.
        for row in (column..COLUMNS).rev() {
            products[column] += triangle[column][row] * x[row];
        }
    }
    products
}
