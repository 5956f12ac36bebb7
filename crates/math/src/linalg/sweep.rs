//! Inverses of small symmetric positive definite matrices by elimination in place.
//!
//! Gauss-Jordan elimination by blocks of four pivots K, with D = A_KK and the other rows i (Beaton 1964; Goodnight 1979, The American Statistician, 33, 149-158):
//! A_K. <- D^-1 A_K. (D^-1 itself in the columns K), A_i. <- A_i. - A_iK D^-1 A_K. (- A_iK D^-1 in the columns K).
//! It takes three times the arithmetic of a factor and its inverse, but of one kind and without short loops: up to [`LARGEST`] rows it is done sooner
//! (docs/adr/0001-linear-algebra.md). The pivots are those of Cholesky's method, squared.

use ndarray::{Array2, ArrayView2};
use pulp::{Arch, Simd, WithSimd};

use super::tile::{ROWS, padded};
use super::{rows_mut, sum_of_logs};

/// Rows of the largest matrix.
pub(super) const LARGEST: usize = 24;

/// Replaces `room` by the inverse of a matrix A and gives log|A|; fails with the first pivot that is not larger than `tolerance` times the element of
/// the diagonal that it came from. `room` holds A, padded by [`load`].
pub(super) fn invert(n: usize, tolerance: f64, room: &mut [f64]) -> Result<f64, usize> {
    let stride = padded(n);
    assert!(n <= LARGEST && room.len() == stride * stride, "a small matrix");
    let mut least = [0.0; LARGEST];
    least.iter_mut().zip(room.iter().step_by(stride + 1)).take(n).for_each(|(least, own)| *least = tolerance * own);
    Arch::new().dispatch(Sweep { stride, a: room, least: &least })
}

/// Fills `room` with a matrix (n x n), padded by a unit matrix.
pub(super) fn load(a: ArrayView2<f64>, room: &mut [f64]) {
    let n = a.nrows();
    let stride = padded(n);
    for (row, own) in a.outer_iter().zip(room.chunks_exact_mut(stride.max(1))) {
        let (own, rest) = own.split_at_mut(n);
        match row.as_slice() {
            Some(row) => own.copy_from_slice(row),
            None => own.iter_mut().zip(row).for_each(|(own, value)| *own = *value),
        }
        rest.fill(0.0);
    }
    for (i, row) in room.chunks_exact_mut(stride.max(1)).enumerate().skip(n) {
        row.fill(0.0);
        row[i] = 1.0;
    }
}

/// Writes a padded matrix into `out` (n x n).
pub(super) fn store(room: &[f64], out: &mut Array2<f64>) {
    let n = out.nrows();
    for (out, row) in rows_mut(out).zip(room.chunks_exact(padded(n).max(1))) {
        out.copy_from_slice(&row[..n]);
    }
}

struct Sweep<'a> {
    stride: usize,
    /// A, then its inverse, by rows of `stride` numbers.
    a: &'a mut [f64],
    /// What each pivot must exceed.
    least: &'a [f64; LARGEST],
}

impl WithSimd for Sweep<'_> {
    type Output = Result<f64, usize>;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> Self::Output {
        const { assert!(S::F64_LANES <= ROWS, "a vector is no longer than a block") };
        let Sweep { stride, a, least } = self;
        let mut panel = [0.0; ROWS * LARGEST];
        let panel = &mut panel[..ROWS * stride];
        let mut all_pivots = [1.0; LARGEST];
        for k in (0..stride).step_by(ROWS) {
            let (above, rest) = a.split_at_mut(k * stride);
            let (own, below) = rest.split_at_mut(ROWS * stride);
            let mut block = [[0.0; ROWS]; ROWS];
            for (row, own) in block.iter_mut().zip(own.chunks_exact(stride)) {
                row.copy_from_slice(&own[k..k + ROWS]);
            }
            let (inverse, pivots) = invert_block(block);
            for (at, pivot) in pivots.iter().enumerate() {
                if !(*pivot > least[k + at]) {
                    return Err(k + at);
                }
            }
            all_pivots[k..k + ROWS].copy_from_slice(&pivots);
            scale_rows(simd, &inverse, own, panel, stride);
            for (r, row) in inverse.iter().enumerate() {
                panel[r * stride + k..][..ROWS].copy_from_slice(row);
            }
            let rows = four_rows::<S>(panel, stride);
            for others in [above, below] {
                for pair in others.chunks_exact_mut(2 * stride) {
                    eliminate(simd, rows, pair, k, stride);
                }
            }
            own.copy_from_slice(panel);
        }
        Ok(sum_of_logs(all_pivots[..stride].iter().copied()))
    }
}

type Block = [[f64; ROWS]; ROWS];

/// The inverse of a symmetric block and the pivots d of its factors L diag(d) L'.
#[inline(always)]
fn invert_block(mut l: Block) -> (Block, [f64; ROWS]) {
    let mut pivots = [0.0; ROWS];
    let mut reciprocals = [0.0; ROWS];
    for j in 0..ROWS {
        pivots[j] = l[j][j];
        reciprocals[j] = 1.0 / pivots[j];
        for i in j + 1..ROWS {
            let factor = l[i][j] * reciprocals[j];
            for k in j + 1..=i {
                l[i][k] -= factor * l[k][j];
            }
        }
        for row in &mut l[j + 1..] {
            row[j] *= reciprocals[j];
        }
    }
    // M = L^-1, and M' diag(1/d) M.
    let mut m = [[0.0; ROWS]; ROWS];
    for i in 0..ROWS {
        m[i][i] = 1.0;
        for j in 0..i {
            let mut sum = -l[i][j];
            for k in j + 1..i {
                sum -= l[i][k] * m[k][j];
            }
            m[i][j] = sum;
        }
    }
    let mut inverse = [[0.0; ROWS]; ROWS];
    for i in 0..ROWS {
        for j in 0..=i {
            let mut sum = 0.0;
            for k in i..ROWS {
                sum += m[k][i] * reciprocals[k] * m[k][j];
            }
            inverse[i][j] = sum;
            inverse[j][i] = sum;
        }
    }
    (inverse, pivots)
}

/// The vectors of four rows of `stride` numbers.
#[inline(always)]
fn four_rows<S: Simd>(rows: &[f64], stride: usize) -> [&[S::f64s]; ROWS] {
    let [mut a, mut b, mut c, mut d]: [&[S::f64s]; ROWS] = [&[]; ROWS];
    for (row, target) in rows.chunks_exact(stride).zip([&mut a, &mut b, &mut c, &mut d]) {
        *target = S::as_simd_f64s(row).0;
    }
    [a, b, c, d]
}

/// out = D^-1 rows, four rows of `stride` numbers.
#[inline(always)]
fn scale_rows<S: Simd>(simd: S, inverse: &Block, rows: &[f64], out: &mut [f64], stride: usize) {
    let [a, b, c, d] = four_rows::<S>(rows, stride);
    for (out, factors) in out.chunks_exact_mut(stride).zip(inverse) {
        let (fa, fb) = (simd.splat_f64s(factors[0]), simd.splat_f64s(factors[1]));
        let (fc, fd) = (simd.splat_f64s(factors[2]), simd.splat_f64s(factors[3]));
        let (out, _) = S::as_mut_simd_f64s(out);
        for ((((out, a), b), c), d) in out.iter_mut().zip(a).zip(b).zip(c).zip(d) {
            let first = simd.mul_add_e_f64s(fb, *b, simd.mul_f64s(fa, *a));
            let second = simd.mul_add_e_f64s(fd, *d, simd.mul_f64s(fc, *c));
            *out = simd.add_f64s(first, second);
        }
    }
}

/// The elements of a row in the columns from k on with the other sign; they count as zero then.
#[inline(always)]
fn take_factors<S: Simd>(simd: S, row: &mut [f64], k: usize) -> [S::f64s; ROWS] {
    let mut factors = [simd.splat_f64s(0.0); ROWS];
    for (factor, value) in factors.iter_mut().zip(&mut row[k..k + ROWS]) {
        *factor = simd.splat_f64s(-*value);
        *value = 0.0;
    }
    factors
}

/// Takes off two rows their multiples of the four rows of the panel, by their elements in the columns from k on.
#[inline(always)]
fn eliminate<S: Simd>(simd: S, panel: [&[S::f64s]; ROWS], pair: &mut [f64], k: usize, stride: usize) {
    let (x, y) = pair.split_at_mut(stride);
    let ([xa, xb, xc, xd], [ya, yb, yc, yd]) = (take_factors(simd, x, k), take_factors(simd, y, k));
    let ((x, _), (y, _)) = (S::as_mut_simd_f64s(x), S::as_mut_simd_f64s(y));
    // Of one length, so that the loop has no checks.
    let width = x.len();
    let (y, [a, b, c, d]) = (&mut y[..width], panel);
    let (a, b, c, d) = (&a[..width], &b[..width], &c[..width], &d[..width]);
    for v in 0..width {
        let (x_ab, y_ab) = (simd.mul_add_e_f64s(xa, a[v], x[v]), simd.mul_add_e_f64s(ya, a[v], y[v]));
        let (x_cd, y_cd) = (simd.mul_f64s(xc, c[v]), simd.mul_f64s(yc, c[v]));
        let (x_ab, y_ab) = (simd.mul_add_e_f64s(xb, b[v], x_ab), simd.mul_add_e_f64s(yb, b[v], y_ab));
        let (x_cd, y_cd) = (simd.mul_add_e_f64s(xd, d[v], x_cd), simd.mul_add_e_f64s(yd, d[v], y_cd));
        x[v] = simd.add_f64s(x_ab, x_cd);
        y[v] = simd.add_f64s(y_ab, y_cd);
    }
}
