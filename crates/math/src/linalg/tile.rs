//! Kernels of middle-sized symmetric matrices, made of tiles: sums of four rows of numbers that stay in registers.
//!
//! A library's kernels are made for large matrices, and plain loops for tiny ones; most models have matrices of 10 to 200 rows, where these
//! take half the time or less (docs/adr/0001-linear-algebra.md). Matrices are padded to a multiple of [`ROWS`], so that no loop has a rest:
//! a padded Cholesky factor has ones on the rest of its diagonal and zeros else. The plain versions are in the tests of [`super::cholesky`] and
//! [`super::product`].

use ndarray::{ArrayView2, ArrayViewMut2};
use pulp::{Arch, Simd, WithSimd};

use super::transpose::{SQUARE, set_square, square_at, turned};
use super::triangular::Triangular;

/// Rows of a tile. No vector of the instruction sets that are used has more numbers.
pub(super) const ROWS: usize = 4;

/// Vectors of the widest tile: 4 x 3 sums, 3 vectors and a factor are what 16 registers hold.
const WIDE: usize = 3;

/// Evaluates an expression in which `$v` is a number of vectors that is known only when it runs.
macro_rules! by_width {
    ($width:expr, $v:ident => $body:expr) => {
        match $width {
            WIDE => {
                const $v: usize = WIDE;
                $body
            }
            2 => {
                const $v: usize = 2;
                $body
            }
            _ => {
                const $v: usize = 1;
                $body
            }
        }
    };
}

/// n raised to a multiple of the rows of a tile.
pub(super) fn padded(n: usize) -> usize {
    n.next_multiple_of(ROWS)
}

/// Runs plain loops with the widest vectors that the processor has, as far as the compiler makes vectors of them. `work` and what it calls must
/// be `#[inline(always)]`: else they are compiled for the oldest processor.
#[inline(always)]
pub fn vectorized<R>(work: impl FnOnce() -> R) -> R {
    Arch::new().dispatch(work)
}

/// The first of the last four rows or fewer.
pub(super) fn last_rows(n: usize) -> usize {
    padded(n) - ROWS
}

/// Replaces the lower triangle of a padded matrix (by columns, `stride` rows) by its Cholesky factor; on failure the pivot. The rows before
/// [`last_rows`] are those of the upper triangle of `source` (n x n, by rows), where there is one. What fills the matrix up is written here.
///
/// Four columns at a time: C -= L L_j' of the columns before, then the factor of the four (Golub & Van Loan 2013, sec. 4.2.5).
pub(super) fn factor(n: usize, stride: usize, source: Option<&[f64]>, l: &mut [f64]) -> Result<(), usize> {
    Arch::new().dispatch(Factor { n, stride, source, l })
}

/// Writes M = u L^-1 for the factor L of a padded matrix and a number u, `unit`, into `m`, `stride` x `stride`, so that M'M = u^2 A^-1. What is behind the diagonal is
/// left as it is but for a tile.
pub(super) fn inverse_of_factor(factor: Triangular<'_>, unit: f64, m: &mut [f64]) {
    Arch::new().dispatch(InverseOfFactor { factor, unit, m });
}

/// Writes M'M (n x n) for a lower triangular M (`stride` x `stride`), which is spent.
pub(super) fn square(n: usize, stride: usize, m: &mut [f64], out: &mut [f64]) {
    Arch::new().dispatch(SquareOf { n, stride, m, out });
}

/// out = a b, a: m x k, b: k x n; `false`, and nothing done, for an empty product or one of fewer columns than a tile, an a that is contiguous in neither
/// layout, or rows of `out` that are not contiguous.
pub(super) fn multiply(a: ArrayView2<f64>, b: ArrayView2<f64>, out: &mut ArrayViewMut2<f64>) -> bool {
    let (m, terms) = a.dim();
    let n = b.ncols();
    if m == 0 || n < ROWS || terms == 0 || out.strides()[1] != 1 {
        return false;
    }
    let (by_rows, numbers) = match (a.to_slice(), a.reversed_axes().to_slice()) {
        (Some(numbers), _) => (true, numbers),
        (_, Some(numbers)) => (false, numbers),
        _ => return false,
    };
    let copy;
    let vectors = match b.to_slice() {
        Some(vectors) => vectors,
        None => {
            copy = b.iter().copied().collect::<Vec<f64>>();
            &copy
        }
    };
    Arch::new().dispatch(Multiply { by_rows, numbers, m, terms, vectors, n, out });
    true
}

struct Multiply<'a, 'b> {
    /// Whether the numbers are a by rows; else they are a by columns.
    by_rows: bool,
    numbers: &'a [f64],
    m: usize,
    terms: usize,
    /// b by rows.
    vectors: &'a [f64],
    n: usize,
    out: &'a mut ArrayViewMut2<'b, f64>,
}

impl WithSimd for Multiply<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        let (n, lanes) = (self.n, S::F64_LANES);
        for i in (0..self.m).step_by(ROWS) {
            for (at, width) in tiles::<S>(0, n.next_multiple_of(lanes)) {
                let columns = width * lanes;
                // The last tile ends with the row, and shares columns with that before it.
                if at + columns <= n || columns <= n {
                    by_width!(width, V => self.four_rows::<S, V>(simd, i, at.min(n - columns)));
                } else {
                    by_width!(width - 1, V => self.four_rows::<S, V>(simd, i, 0));
                    self.four_rows::<S, 1>(simd, i, n - lanes);
                }
            }
        }
    }
}

impl Multiply<'_, '_> {
    /// The rows i, ..., i + 3 of a, and how far apart their terms are. A row beyond the last one is the last one again.
    #[inline(always)]
    fn factors(&self, i: usize) -> ([&[f64]; ROWS], usize) {
        let &Multiply { by_rows, numbers, m, terms, .. } = self;
        let (row, term) = if by_rows { (terms, 1) } else { (1, m) };
        let mut factors = [numbers; ROWS];
        for r in 0..ROWS {
            factors[r] = &numbers[(i + r).min(m - 1) * row..];
        }
        (factors, term)
    }

    /// Columns `at`.. of the rows i, ..., i + 3 of the product, as far as there are such.
    #[inline(always)]
    fn four_rows<S: Simd, const V: usize>(&mut self, simd: S, i: usize, at: usize) {
        let (factors, step) = self.factors(i);
        let zero = [[simd.splat_f64s(0.0); V]; ROWS];
        let sums = add_terms::<S, V>(simd, zero, factors, step, &self.vectors[at..], self.n, self.terms);
        for (r, sums) in (i..self.m.min(i + ROWS)).zip(sums) {
            let mut target = self.out.row_mut(r);
            let target = target.as_slice_mut().expect("the rows of the product are contiguous");
            let (target, _) = S::as_mut_simd_f64s(&mut target[at..at + V * S::F64_LANES]);
            target.copy_from_slice(&sums);
        }
    }
}

/// sums_r + sum_k f_rk v_k over so many terms k, where f_rk stands at k `step` in the row r of factors, and the V registers v_k begin at k `stride`
/// in `vectors`.
///
/// # Panics
/// Where rows or vectors end before the last term.
#[inline(always)]
#[allow(unsafe_code)]
fn add_terms<S: Simd, const V: usize>(
    simd: S,
    mut sums: [[S::f64s; V]; ROWS],
    factors: [&[f64]; ROWS],
    step: usize,
    vectors: &[f64],
    stride: usize,
    terms: usize,
) -> [[S::f64s; V]; ROWS] {
    if terms == 0 {
        return sums;
    }
    for row in factors {
        assert!((terms - 1) * step < row.len(), "a factor for each term");
    }
    assert!((terms - 1) * stride + V * S::F64_LANES <= vectors.len(), "a vector for each term");
    let [a, b, c, d] = factors.map(<[f64]>::as_ptr);
    let (mut at, mut vector, mut left) = (0, vectors.as_ptr(), terms);
    loop {
        // SAFETY: the places of the last term have been compared with the lengths, and those of the others are before them. Checks of each
        // would take as long as the arithmetic. V registers have V times as many numbers as a register has lanes.
        let (own, factors) = unsafe {
            (vector.cast::<[S::f64s; V]>().read_unaligned(), [*a.add(at), *b.add(at), *c.add(at), *d.add(at)])
        };
        for r in 0..ROWS {
            let factor = simd.splat_f64s(factors[r]);
            for v in 0..V {
                sums[r][v] = simd.mul_add_e_f64s(factor, own[v], sums[r][v]);
            }
        }
        left -= 1;
        if left == 0 {
            return sums;
        }
        at += step;
        vector = vector.wrapping_add(stride);
    }
}

/// Replaces the `columns` columns of X (n x `columns`, by rows) by those of L^-1 X: L_ii X_i = X_i - sum of L_ik X_k over the rows before.
pub(super) fn forward(n: usize, factor: Triangular<'_>, x: &mut [f64], columns: usize) {
    assert!(columns.is_multiple_of(ROWS) && x.len() == n * columns, "whole tiles of columns");
    Arch::new().dispatch(Forward { n, factor, x, columns });
}

/// sums_r + sum_k f_kr v_k for r = 0, ..., 3, where f_k and v_k are the numbers of the `terms` rows of `factors` and `vectors`, from a column of each on;
/// the rows are `strides` apart.
///
/// # Panics
/// Where factors or vectors end before the last term.
#[inline(always)]
fn tile<S: Simd, const V: usize>(
    simd: S,
    sums: [[S::f64s; V]; ROWS],
    (factors, i): (&[f64], usize),
    (vectors, at): (&[f64], usize),
    strides: [usize; 2],
    terms: usize,
) -> [[S::f64s; V]; ROWS] {
    if terms == 0 {
        return sums;
    }
    let rows = [&factors[i..], &factors[i + 1..], &factors[i + 2..], &factors[i + 3..]];
    add_terms::<S, V>(simd, sums, rows, strides[0], &vectors[at..], strides[1], terms)
}

/// Where the tiles of the numbers `from` to `to`, whole vectors, begin, and how many vectors each has: one only where there is but one, as two are done
/// in little more time than one.
#[inline(always)]
fn tiles<S: Simd>(from: usize, to: usize) -> impl Iterator<Item = (usize, usize)> {
    let mut at = from;
    std::iter::from_fn(
        #[inline(always)]
        move || {
            let left = (to - at) / S::F64_LANES;
            let width = if left == WIDE + 1 { 2 } else { left.min(WIDE) };
            let tile = (at, width);
            at += width * S::F64_LANES;
            (width > 0).then_some(tile)
        },
    )
}

struct Factor<'a> {
    n: usize,
    stride: usize,
    source: Option<&'a [f64]>,
    l: &'a mut [f64],
}

impl WithSimd for Factor<'_> {
    type Output = Result<(), usize>;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> Self::Output {
        const { assert!(S::F64_LANES <= ROWS, "a vector is no longer than a tile") };
        let Factor { n, stride, source, l } = self;
        for j in (0..stride).step_by(ROWS) {
            let (before, rest) = l.split_at_mut(j * stride);
            let panel = &mut rest[..ROWS * stride];
            // What follows the end of a row is the next row, and comes to stand only where the matrix is filled up.
            let source = source.filter(|_| j < last_rows(n)).map(|source| &source[j * n..]);
            for (at, width) in tiles::<S>(j, stride) {
                by_width!(width, V => {
                    let target = source.map_or((&*panel, stride), |source| (source, n));
                    let columns = less_target::<S, V>(simd, (before, stride), (before, stride), target, [j, at]);
                    store::<S, V>(panel, at, stride, columns);
                });
            }
            let triangle = Triangle::factor(&mut panel[j..], stride, n - j).map_err(|column| j + column)?;
            for (at, width) in tiles::<S>(j + ROWS, stride) {
                by_width!(width, V => {
                    let columns = load::<S, V>(simd, panel, at, stride);
                    store::<S, V>(panel, at, stride, triangle.solve::<S, V>(simd, columns));
                });
            }
            // Not worth the call that filling an unknown number of elements is.
            for column in panel.chunks_exact_mut(stride) {
                for row in 1..ROWS {
                    if stride - row >= n {
                        column[stride - row] = 0.0;
                    }
                }
            }
        }
        for row in n..stride {
            l[row * stride + row] = 1.0;
        }
        Ok(())
    }
}

/// The triangle of L at (j, j), with minus the reciprocals of its diagonal in place of that.
struct Triangle([[f64; ROWS]; ROWS]);

impl Triangle {
    /// Factors the triangle at the begin of four columns, which stands there with the other sign, as many of them as the matrix has; on failure the
    /// column.
    #[inline(always)]
    fn factor(panel: &mut [f64], stride: usize, columns: usize) -> Result<Triangle, usize> {
        let mut l = [[0.0; ROWS]; ROWS];
        for (column, numbers) in panel.chunks(stride).enumerate().take(ROWS) {
            for row in column..ROWS {
                l[row][column] = -numbers[row];
            }
        }
        let mut reciprocals = [1.0; ROWS];
        // Columns that only fill the tile are those of a unit matrix.
        for j in 0..ROWS.min(columns) {
            let square = l[j][j];
            if !(square > 0.0) {
                return Err(j);
            }
            // The next columns wait for the quotient only, not for the root.
            let (root, quotient) = (square.sqrt(), 1.0 / square);
            for row in j + 1..ROWS {
                let factor = l[row][j] * quotient;
                for column in j + 1..=row {
                    l[row][column] -= factor * l[column][j];
                }
            }
            reciprocals[j] = root * quotient;
            for row in j + 1..ROWS {
                l[row][j] *= reciprocals[j];
            }
            l[j][j] = root;
        }
        for (column, numbers) in panel.chunks_mut(stride).enumerate().take(ROWS) {
            for row in column..ROWS {
                numbers[row] = l[row][column];
            }
        }
        for j in 0..ROWS {
            l[j][j] = -reciprocals[j];
        }
        Ok(Triangle(l))
    }

    /// That of the rows i, ..., i + 3 of a factor.
    #[inline(always)]
    fn of(factor: Triangular<'_>, i: usize) -> Triangle {
        let columns: [[f64; ROWS]; ROWS] = square_at(factor.l, factor.stride, [i, i]);
        let mut own = [[0.0; ROWS]; ROWS];
        for s in 0..ROWS {
            for r in s + 1..ROWS {
                own[r][s] = columns[s][r];
            }
            own[s][s] = -factor.reciprocal(i + s);
        }
        Triangle(own)
    }

    /// Solves L_jj x = -y for the vectors of the four rows y.
    #[inline(always)]
    fn solve<S: Simd, const V: usize>(&self, simd: S, mut y: [[S::f64s; V]; ROWS]) -> [[S::f64s; V]; ROWS] {
        let l = &self.0;
        for r in 0..ROWS {
            for s in 0..r {
                let factor = simd.splat_f64s(l[r][s]);
                for v in 0..V {
                    y[r][v] = simd.mul_add_e_f64s(factor, y[s][v], y[r][v]);
                }
            }
            let reciprocal = simd.splat_f64s(l[r][r]);
            for v in 0..V {
                y[r][v] = simd.mul_f64s(y[r][v], reciprocal);
            }
        }
        y
    }
}

/// The sum of L_ik X_k over the rows before, less the rows i, ..., i + 3 themselves: their columns `at`... Each matrix comes with the numbers of its
/// rows. The columns of a factor are the rows of its transpose.
#[inline(always)]
fn less_target<S: Simd, const V: usize>(
    simd: S,
    (l, stride): (&[f64], usize),
    (before, width): (&[f64], usize),
    (rows, own_width): (&[f64], usize),
    [i, at]: [usize; 2],
) -> [[S::f64s; V]; ROWS] {
    let mut start = load::<S, V>(simd, rows, at, own_width);
    for r in 0..ROWS {
        for v in 0..V {
            start[r][v] = simd.neg_f64s(start[r][v]);
        }
    }
    tile::<S, V>(simd, start, (l, i), (before, at), [stride, width], i)
}

/// Vectors of four rows of `width` numbers, from the number `at` of each on.
#[inline(always)]
fn load<S: Simd, const V: usize>(simd: S, rows: &[f64], at: usize, width: usize) -> [[S::f64s; V]; ROWS] {
    let mut vectors = [[simd.splat_f64s(0.0); V]; ROWS];
    for r in 0..ROWS {
        let (row, _) = S::as_simd_f64s(&rows[r * width + at..][..V * S::F64_LANES]);
        vectors[r].copy_from_slice(row);
    }
    vectors
}

/// Writes vectors into four rows of `width` numbers, from the number `at` of each on.
#[inline(always)]
fn store<S: Simd, const V: usize>(rows: &mut [f64], at: usize, width: usize, vectors: [[S::f64s; V]; ROWS]) {
    for r in 0..ROWS {
        let (row, _) = S::as_mut_simd_f64s(&mut rows[r * width + at..][..V * S::F64_LANES]);
        row.copy_from_slice(&vectors[r]);
    }
}

struct InverseOfFactor<'a> {
    factor: Triangular<'a>,
    unit: f64,
    m: &'a mut [f64],
}

impl WithSimd for InverseOfFactor<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let InverseOfFactor { factor, unit, m } = self;
        let Triangular { l, stride, .. } = factor;
        // Four rows of M at a time: L_ii M_i = u I - sum of L_ik M_k over the rows before.
        for i in (0..stride).step_by(ROWS) {
            let (before, rest) = m.split_at_mut(i * stride);
            let rows = &mut rest[..ROWS * stride];
            let triangle = Triangle::of(factor, i);
            // Row k of M has numbers up to column k: the rows above a column have no part in it.
            for (at, width) in tiles::<S>(0, i) {
                let first = at / ROWS * ROWS;
                by_width!(width, V => {
                    let zero = [[simd.splat_f64s(0.0); V]; ROWS];
                    let (factors, vectors) = ((&l[first * stride..], i), (&before[first * stride..], at));
                    let sums = tile::<S, V>(simd, zero, factors, vectors, [stride; 2], i - first);
                    store::<S, V>(rows, at, stride, triangle.solve::<S, V>(simd, sums));
                });
            }
            // What is behind the diagonal is not read further than a tile is wide.
            let end = stride.min(i + WIDE * ROWS);
            for row in 0..ROWS {
                rows[row * stride + i..row * stride + end].fill(0.0);
                rows[row * stride + i + row] = -unit;
            }
            for at in (i..i + ROWS).step_by(S::F64_LANES) {
                let own = load::<S, 1>(simd, rows, at, stride);
                store::<S, 1>(rows, at, stride, triangle.solve::<S, 1>(simd, own));
            }
        }
    }
}

struct SquareOf<'a> {
    n: usize,
    stride: usize,
    m: &'a mut [f64],
    out: &'a mut [f64],
}

impl WithSimd for SquareOf<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let SquareOf { n, stride, m, out } = self;
        // The rows i, ..., i + 3 of M'M in place of those of M, which the rows after them do not need.
        for i in (0..stride).step_by(ROWS) {
            for (at, width) in tiles::<S>(i, stride) {
                by_width!(width, V => multiply_rows::<S, V>(simd, m, i, at, stride));
            }
        }
        unfold(n, stride, m, out);
    }
}

/// Writes the symmetric matrix of order n, of which `upper` has the upper triangle and whole squares on the diagonal, by rows of `stride` numbers.
#[inline(always)]
fn unfold(n: usize, stride: usize, upper: &[f64], out: &mut [f64]) {
    let whole = n / SQUARE * SQUARE;
    for i in (0..whole).step_by(SQUARE) {
        for j in (i..n).step_by(SQUARE) {
            // The last square ends with the matrix, and shares columns with that before it.
            let j = j.min(n - SQUARE);
            let square = square_at(upper, stride, [i, j]);
            set_square(out, n, [i, j], square);
            set_square(out, n, [j, i], turned(square));
        }
    }
    for i in whole..n {
        for j in whole..n {
            out[i * n + j] = upper[i * stride + j];
        }
    }
}

/// Columns `at`.. of the rows i, ..., i + 3 (of `width` numbers) of X in L X = Y: those of Y less the sum of L_ik X_k over the rows before,
/// solved by the triangle of L at (i, i).
#[inline(always)]
fn eliminate_rows<S: Simd, const V: usize>(
    simd: S,
    (l, stride): (&[f64], usize),
    triangle: &Triangle,
    before: &[f64],
    (rows, width): (&mut [f64], usize),
    [i, at]: [usize; 2],
) {
    let own = less_target::<S, V>(simd, (l, stride), (before, width), (&*rows, width), [i, at]);
    store::<S, V>(rows, at, width, triangle.solve::<S, V>(simd, own));
}

struct Forward<'a> {
    n: usize,
    factor: Triangular<'a>,
    x: &'a mut [f64],
    columns: usize,
}

impl WithSimd for Forward<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Forward { n, factor, x, columns } = self;
        let Triangular { l, stride, .. } = factor;
        for i in (0..n).step_by(ROWS) {
            let (before, rest) = x.split_at_mut(i * columns);
            if i + ROWS <= n {
                let rows = &mut rest[..ROWS * columns];
                let triangle = Triangle::of(factor, i);
                for (at, width) in tiles::<S>(0, columns) {
                    let rows = (&mut *rows, columns);
                    by_width!(width, V => eliminate_rows::<S, V>(simd, (l, stride), &triangle, before, rows, [i, at]));
                }
            } else {
                for (k, before) in before.chunks_exact(columns).enumerate() {
                    for (r, row) in rest.chunks_exact_mut(columns).enumerate() {
                        subtract(row, l[k * stride + i + r], before);
                    }
                }
                for r in 0..rest.len() / columns {
                    let (before, own) = rest.split_at_mut(r * columns);
                    let own = &mut own[..columns];
                    for (s, before) in before.chunks_exact(columns).enumerate() {
                        subtract(own, l[(i + s) * stride + i + r], before);
                    }
                    scale(own, factor.reciprocal(i + r));
                }
            }
        }
    }
}

/// own -= factor other, whole tiles of rows.
#[inline(always)]
fn subtract(own: &mut [f64], factor: f64, other: &[f64]) {
    for (own, other) in own.as_chunks_mut::<ROWS>().0.iter_mut().zip(other.as_chunks::<ROWS>().0) {
        *own = std::array::from_fn(|k| own[k] - factor * other[k]);
    }
}

/// own *= factor, whole tiles of rows.
#[inline(always)]
fn scale(own: &mut [f64], factor: f64) {
    for own in own.as_chunks_mut::<ROWS>().0 {
        for k in 0..ROWS {
            own[k] *= factor;
        }
    }
}

/// Columns `at`.. of the rows i, ..., i + 3 of M'M, to which the rows of M above `at` contribute nothing, in place of what is there.
#[inline(always)]
fn multiply_rows<S: Simd, const V: usize>(simd: S, m: &mut [f64], i: usize, at: usize, stride: usize) {
    let first = at / ROWS * ROWS;
    let (zero, rows) = ([[simd.splat_f64s(0.0); V]; ROWS], &m[first * stride..]);
    let sums = tile::<S, V>(simd, zero, (rows, i), (rows, at), [stride; 2], stride - first);
    store::<S, V>(&mut m[i * stride..], at, stride, sums);
}
