//! Cholesky factorisation of symmetric positive definite matrices, with buffers that live as long as the factor.

use std::ops::Range;

use ndarray::{Array2, ArrayView1, ArrayView2, Axis, s};

use super::aligned::Aligned;
use super::transpose::mirror_upper;
use super::triangular::{COLUMNS, Four, Triangular, inverse_of_block};
use super::{kernel, numbers_mut, sum_of_logs, sweep, tile};

/// Up to this order plain loops without a call are fastest, up to [`MIDDLE`] tiles, and then the kernels of a library (docs/adr/0001-linear-algebra.md).
const SMALL: usize = 8;
const MIDDLE: usize = 192;

/// A pivot that is small beside the diagonal element it came from carries no digit of the matrix: the matrix is
/// singular to working precision. Relative to that element; about 2000 times the unit roundoff.
const PIVOT_TOLERANCE: f64 = 4e-13;

/// Rows of the smallest part of a block-diagonal matrix that is factored by itself.
const PART: usize = 16;

/// The matrix has no Cholesky factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("matrix is not positive definite at pivot {pivot}")]
pub struct NotPositiveDefinite {
    /// Row (from 0) at which the leading minor stops being positive.
    pub pivot: usize,
}

/// A = L L', L lower triangular.
#[derive(Debug, Clone)]
pub struct Cholesky {
    n: usize,
    /// Rows of `l`: n raised to whole vectors, by rows of zeros.
    stride: usize,
    /// L by columns; what stands above the diagonal is not used.
    l: Aligned,
    /// The inverses of the triangles on the diagonal of L.
    triangles: Vec<[Four; COLUMNS]>,
    scratch: Aligned,
    kernel: Option<kernel::CholeskyKernel>,
    /// The factors of the parts of a block-diagonal A (several groups with nothing in common), with the rows where they begin; else empty.
    parts: Vec<(usize, Cholesky)>,
}

impl Cholesky {
    /// Room for the factor of an n x n matrix.
    pub fn with_order(n: usize) -> Self {
        let stride = tile::padded(n);
        Cholesky {
            n,
            stride,
            l: Aligned::default(),
            triangles: Vec::new(),
            scratch: Aligned::default(),
            kernel: None,
            parts: Vec::new(),
        }
    }

    /// Factors a matrix.
    ///
    /// # Errors
    /// [`NotPositiveDefinite`] with the pivot at which it fails.
    pub fn of(a: ArrayView2<f64>) -> Result<Self, NotPositiveDefinite> {
        let mut factor = Self::with_order(a.nrows());
        factor.factor(a)?;
        Ok(factor)
    }

    /// Order of the matrix.
    pub fn order(&self) -> usize {
        self.n
    }

    /// Factors `a` (n x n, symmetric; the rows of its upper triangle are read, which are the columns of the lower one) into this factor's buffers.
    ///
    /// # Errors
    /// [`NotPositiveDefinite`], after which the factor must not be used until the next success.
    pub fn factor(&mut self, a: ArrayView2<f64>) -> Result<(), NotPositiveDefinite> {
        let n = self.n;
        if self.splits(a) {
            return self.factor_parts(|part, rows| part.factor(a.slice(s![rows.clone(), rows])));
        }
        // Tiles take their rows from the matrix itself, but for the last ones.
        let source = a.to_slice().filter(|_| n > SMALL && n <= MIDDLE);
        let first = source.map_or(0, |_| tile::last_rows(n));
        for (j, (row, column)) in
            a.outer_iter().zip(self.l.chunks_exact_mut(self.stride.max(1))).enumerate().skip(first)
        {
            match row.as_slice() {
                Some(row) => column[j..n].copy_from_slice(&row[j..]),
                None => column[j..n].iter_mut().zip(row.iter().skip(j)).for_each(|(target, value)| *target = *value),
            }
        }
        self.factor_own(source)?;
        self.invert_triangles(a.diag())
    }

    /// As [`Cholesky::factor`], of A with the numbers of `raise` added to its diagonal.
    ///
    /// # Errors
    /// [`NotPositiveDefinite`], after which the factor must not be used until the next success.
    pub fn factor_raised(&mut self, a: ArrayView2<f64>, raise: &[f64]) -> Result<(), NotPositiveDefinite> {
        let mut raised = a.to_owned();
        raised.diag_mut().iter_mut().zip(raise).for_each(|(own, raise)| *own += raise);
        self.factor(raised.view())
    }

    /// Looks at a matrix that is to be factored: whether it has parts, for which there are factors then; else there is room for its own.
    fn splits(&mut self, a: ArrayView2<f64>) -> bool {
        assert_eq!(a.dim(), (self.n, self.n), "matrix and factor differ in order");
        let starts = starts_of_parts(a);
        if starts.is_empty() {
            self.parts.clear();
            if self.l.is_empty() {
                self.l.resize(self.stride * self.stride);
                self.kernel = (self.n > MIDDLE).then(|| kernel::CholeskyKernel::new(self.n));
            }
            return false;
        }
        if !self.parts.iter().map(|(start, _)| start).eq(&starts) {
            let ends = starts.iter().skip(1).chain([&self.n]);
            self.parts =
                starts.iter().zip(ends).map(|(&start, end)| (start, Cholesky::with_order(end - start))).collect();
        }
        true
    }

    /// Factors each part, a range of rows.
    fn factor_parts(
        &mut self,
        factor: impl Fn(&mut Cholesky, Range<usize>) -> Result<(), NotPositiveDefinite>,
    ) -> Result<(), NotPositiveDefinite> {
        for (start, part) in &mut self.parts {
            let rows = *start..*start + part.n;
            factor(part, rows).map_err(|failure| NotPositiveDefinite { pivot: *start + failure.pivot })?;
        }
        Ok(())
    }

    /// Replaces the lower triangle in `l` by its factor; that of the matrix whose rows are in `source`, if there is one, with its last rows in `l`.
    fn factor_own(&mut self, source: Option<&[f64]>) -> Result<(), NotPositiveDefinite> {
        let n = self.n;
        match &mut self.kernel {
            Some(kernel) => kernel.factor(n, self.stride, &mut self.l),
            None if n <= SMALL => factor_small(n, self.stride, &mut self.l),
            None => tile::factor(n, self.stride, source, &mut self.l),
        }
        .map_err(|pivot| NotPositiveDefinite { pivot })
    }

    /// Inverts the triangles on the diagonal of the factor of a matrix with this diagonal, unless a pivot is too small beside it.
    fn invert_triangles(&mut self, diagonal: ArrayView1<f64>) -> Result<(), NotPositiveDefinite> {
        self.triangles.clear();
        self.triangles.reserve(self.stride / COLUMNS);
        for block in 0..self.stride / COLUMNS {
            let first = block * COLUMNS;
            let mut reciprocals = [1.0; COLUMNS];
            for (j, reciprocal) in (first..self.n).zip(&mut reciprocals) {
                let pivot = self.l[j * self.stride + j];
                if !(pivot * pivot > PIVOT_TOLERANCE * diagonal[j]) {
                    return Err(NotPositiveDefinite { pivot: j });
                }
                *reciprocal = 1.0 / pivot;
            }
            self.triangles.push(inverse_of_block((&self.l, self.stride), block, &reciprocals));
        }
        Ok(())
    }

    /// log |A|.
    pub fn log_det(&self) -> f64 {
        if !self.parts.is_empty() {
            return self.parts.iter().map(|(_, part)| part.log_det()).sum();
        }
        2.0 * sum_of_logs((0..self.n).map(|j| self.l[j * self.stride + j]))
    }

    /// Replaces x by A^-1 x.
    pub fn solve_in_place(&self, x: &mut [f64]) {
        if !self.parts.is_empty() {
            return self.parts.iter().for_each(|(start, part)| part.solve_in_place(&mut x[*start..]));
        }
        self.triangular().forward_and_backward(&mut x[..self.n]);
    }

    /// Replaces x by L^-1 x.
    pub fn forward(&self, x: &mut [f64]) {
        if !self.parts.is_empty() {
            return self.parts.iter().for_each(|(start, part)| part.forward(&mut x[*start..]));
        }
        self.triangular().forward(&mut x[..self.n]);
    }

    /// |L^-1 a|^2 = a'A^-1 a for each row a of a matrix (c x n).
    pub fn squared_lengths(&self, rows: ArrayView2<f64>) -> Vec<f64> {
        /// Rows that are solved for together.
        const TOGETHER: usize = 48;
        let n = self.n;
        assert_eq!(rows.ncols(), n, "rows and factor differ in order");
        if !self.parts.is_empty() {
            let mut lengths = vec![0.0; rows.nrows()];
            for (start, part) in &self.parts {
                let of_part = part.squared_lengths(rows.slice(s![.., *start..*start + part.n]));
                lengths.iter_mut().zip(of_part).for_each(|(sum, length)| *sum += length);
            }
            return lengths;
        }
        if n == 0 {
            return vec![0.0; rows.nrows()];
        }
        let mut lengths = Vec::with_capacity(rows.nrows());
        let mut x = vec![0.0; n * TOGETHER];
        for rows in rows.axis_chunks_iter(Axis(0), TOGETHER) {
            x.fill(0.0);
            for (column, row) in rows.outer_iter().enumerate() {
                x[column..].iter_mut().step_by(TOGETHER).zip(row).for_each(|(target, value)| *target = *value);
            }
            tile::forward(n, self.triangular(), &mut x, TOGETHER);
            let mut sums = [0.0; TOGETHER];
            for row in x.chunks_exact(TOGETHER) {
                sums.iter_mut().zip(row).for_each(|(sum, value)| *sum += value * value);
            }
            lengths.extend_from_slice(&sums[..rows.nrows()]);
        }
        lengths
    }

    /// Replaces x by L'^-1 x.
    pub fn backward(&self, x: &mut [f64]) {
        if !self.parts.is_empty() {
            return self.parts.iter().for_each(|(start, part)| part.backward(&mut x[*start..]));
        }
        self.triangular().backward(&mut x[..self.n]);
    }

    fn triangular(&self) -> Triangular<'_> {
        Triangular { l: &self.l, stride: self.stride, inverses: &self.triangles }
    }

    /// Writes A^-1 (full, symmetric) into `out`, n x n in standard layout.
    pub fn inverse_into(&mut self, out: &mut Array2<f64>) {
        self.multiple_of_inverse_into(1.0, out);
    }

    /// Writes `factor`, which is positive, times A^-1 into `out`, as [`Cholesky::inverse_into`].
    fn multiple_of_inverse_into(&mut self, factor: f64, out: &mut Array2<f64>) {
        let n = self.n;
        if !self.parts.is_empty() {
            out.fill(0.0);
            for (start, part) in &mut self.parts {
                let rows = *start..*start + part.n;
                let mut own = Array2::zeros((part.n, part.n));
                part.multiple_of_inverse_into(factor, &mut own);
                out.slice_mut(s![rows.clone(), rows]).assign(&own);
            }
            return;
        }
        let slice = out.as_slice_mut().expect("the inverse is written in standard layout");
        if self.kernel.is_none() {
            self.scratch.resize(self.stride * self.stride);
        }
        match &mut self.kernel {
            Some(kernel) => kernel.inverse(n, self.stride, &self.l, slice),
            None if n <= SMALL => inverse_small(n, self.stride, &self.l, &mut self.scratch, slice),
            None => {
                let unit = factor.sqrt();
                let factor = Triangular { l: &self.l, stride: self.stride, inverses: &self.triangles };
                tile::inverse_of_factor(factor, unit, &mut self.scratch);
                return tile::square(n, self.stride, &mut self.scratch, slice);
            }
        }
        if factor != 1.0 {
            slice.iter_mut().for_each(|value| *value *= factor);
        }
        // The lower triangle by columns is the upper one by rows.
        mirror_upper(n, slice);
    }

    /// Writes A^-1 (full, n x n in standard layout) of a symmetric positive definite `a` into `out`, and gives log|A|. What the buffers hold afterwards
    /// need not be the factor of `a`.
    ///
    /// # Errors
    /// [`NotPositiveDefinite`] with the pivot at which it fails.
    pub fn invert(&mut self, a: ArrayView2<f64>, out: &mut Array2<f64>) -> Result<f64, NotPositiveDefinite> {
        assert!(
            a.dim() == (self.n, self.n) && out.dim() == a.dim(),
            "a matrix, its inverse and this factor differ in order"
        );
        if self.n > sweep::LARGEST {
            self.factor(a)?;
            self.inverse_into(out);
            return Ok(self.log_det());
        }
        if tile::padded(self.n) == self.n {
            out.assign(&a);
            return Self::sweep(self.n, numbers_mut(out));
        }
        let log_det = self.sweep_scratch(a)?;
        sweep::store(&self.scratch, out);
        Ok(log_det)
    }

    /// Replaces a symmetric positive definite `a`, of which the upper triangle is read, by `factor`, which is positive, times A^-1, or gives a root M of
    /// that with M'M = `factor` A^-1 (lower triangular, by rows as long as the second number says), where it is the sooner there.
    ///
    /// # Errors
    /// [`NotPositiveDefinite`] with the pivot at which it fails.
    pub(super) fn invert_or_root(
        mut self,
        a: &mut Array2<f64>,
        factor: f64,
    ) -> Result<Option<(Aligned, usize)>, NotPositiveDefinite> {
        if self.n <= sweep::LARGEST {
            mirror_upper(self.n, numbers_mut(a));
            self.sweep_scratch(a.view())?;
            sweep::store(&self.scratch, a);
            numbers_mut(a).iter_mut().for_each(|value| *value *= factor);
            return Ok(None);
        }
        self.factor(a.view())?;
        if self.kernel.is_some() || !self.parts.is_empty() {
            self.multiple_of_inverse_into(factor, a);
            return Ok(None);
        }
        let mut root = std::mem::take(&mut self.scratch);
        root.resize(self.stride * self.stride);
        tile::inverse_of_factor(self.triangular(), factor.sqrt(), &mut root);
        Ok(Some((root, self.stride)))
    }

    /// Inverts a matrix in the scratch room, where it is padded; the logarithm of its determinant.
    fn sweep_scratch(&mut self, a: ArrayView2<f64>) -> Result<f64, NotPositiveDefinite> {
        self.scratch.resize(self.stride * self.stride);
        sweep::load(a, &mut self.scratch);
        Self::sweep(self.n, &mut self.scratch)
    }

    /// Inverts a padded matrix in its place; the logarithm of its determinant.
    fn sweep(n: usize, room: &mut [f64]) -> Result<f64, NotPositiveDefinite> {
        sweep::invert(n, PIVOT_TOLERANCE, room).map_err(|pivot| NotPositiveDefinite { pivot })
    }

    /// A^-1.
    pub fn inverse(&mut self) -> Array2<f64> {
        let mut out = Array2::zeros((self.n, self.n));
        self.inverse_into(&mut out);
        out
    }
}

/// The rows at which the parts of a block-diagonal matrix begin, each of [`PART`] rows at least; none where it has no parts. A full matrix is
/// told by its first row.
fn starts_of_parts(a: ArrayView2<f64>) -> Vec<usize> {
    let n = a.nrows();
    let mut starts = Vec::new();
    if n < 2 * PART {
        return starts;
    }
    // The part that begins at `start` ends before row `end` at the earliest.
    let (mut start, mut end) = (0, 0);
    for (i, row) in a.outer_iter().enumerate() {
        if i == end && i - start >= PART && n - i >= PART {
            if starts.is_empty() {
                starts.push(0);
            }
            starts.push(i);
            start = i;
        }
        end = end.max(i + 1);
        end += row.iter().skip(end).rposition(|&value| value != 0.0).map_or(0, |last| last + 1);
        if end == n {
            break;
        }
    }
    starts
}

/// Right-looking factorisation of the lower triangle by columns of `stride` numbers; on failure the pivot.
pub(super) fn factor_small(n: usize, stride: usize, l: &mut [f64]) -> Result<(), usize> {
    for j in 0..n {
        let (done, rest) = l.split_at_mut((j + 1) * stride);
        let column = &mut done[j * stride..][..n];
        let square = column[j];
        if !(square > 0.0) {
            return Err(j);
        }
        let pivot = square.sqrt();
        let reciprocal = 1.0 / pivot;
        column[j] = pivot;
        for entry in &mut column[j + 1..] {
            *entry *= reciprocal;
        }
        for k in j + 1..n {
            let factor = column[k];
            let target = &mut rest[(k - j - 1) * stride..][k..n];
            for (entry, value) in target.iter_mut().zip(&column[k..]) {
                *entry -= factor * value;
            }
        }
    }
    Ok(())
}

/// A^-1 = L^-T L^-1, lower triangle by columns.
fn inverse_small(n: usize, stride: usize, l: &[f64], inverse_l: &mut [f64], out: &mut [f64]) {
    for j in 0..n {
        let column = &mut inverse_l[j * n..(j + 1) * n];
        column[..j].fill(0.0);
        column[j..].fill(0.0);
        column[j] = 1.0;
        for k in j..n {
            let value = column[k] / l[k * stride + k];
            column[k] = value;
            for (entry, factor) in column[k + 1..].iter_mut().zip(&l[k * stride + k + 1..k * stride + n]) {
                *entry -= value * factor;
            }
        }
    }
    for j in 0..n {
        for i in j..n {
            out[j * n + i] = super::dot(&inverse_l[i * n + i..(i + 1) * n], &inverse_l[j * n + i..(j + 1) * n]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;
    use proptest::prelude::*;

    /// G G' + n I for the first n x n numbers of g: positive definite.
    fn positive_definite(n: usize, g: &[f64]) -> Array2<f64> {
        let g = Array2::from_shape_fn((n, n), |(i, j)| g[i * n + j]);
        g.dot(&g.t()) + Array2::<f64>::eye(n) * n as f64
    }

    #[test]
    fn rows_of_no_columns_have_no_length() {
        let factor = Cholesky::of(Array2::zeros((0, 0)).view()).expect("nothing is not positive definite");
        assert_eq!(factor.squared_lengths(Array2::zeros((3, 0)).view()), vec![0.0; 3]);
    }

    proptest! {
        #[test]
        fn inverse_and_solve_undo_the_matrix(n in 1_usize..40, g in prop::collection::vec(-1.0_f64..1.0, 1600)) {
            let a = positive_definite(n, &g);
            let mut factor = Cholesky::of(a.view()).unwrap();
            let unit = a.dot(&factor.inverse());
            let mut x: Vec<f64> = (0..n).map(|i| i as f64 - 3.0).collect();
            let b = a.dot(&ndarray::Array1::from(x.clone()));
            let expected = x.clone();
            x.copy_from_slice(b.as_slice().unwrap());
            factor.solve_in_place(&mut x);
            for i in 0..n {
                prop_assert!((x[i] - expected[i]).abs() < 1e-9);
                for j in 0..n {
                    prop_assert!((unit[[i, j]] - f64::from(u8::from(i == j))).abs() < 1e-10);
                }
            }
        }
    }

    #[test]
    fn an_empty_matrix_has_an_inverse() {
        let none = Array2::zeros((0, 0));
        assert_eq!(Cholesky::with_order(0).invert(none.view(), &mut none.clone()), Ok(0.0));
    }

    #[test]
    fn every_kernel_gives_the_factor_of_the_plain_loops() {
        for n in [1, SMALL, SMALL + 1, 11, 12, 13, sweep::LARGEST, sweep::LARGEST + 1, 50, 71, MIDDLE, MIDDLE + 1, 210]
        {
            let g: Vec<f64> = (0..n * n).map(|k| ((k * 37 + k / 7) % 23) as f64 / 11.0 - 1.0).collect();
            let a = positive_definite(n, &g);
            let mut plain: Vec<f64> = a.iter().copied().collect();
            factor_small(n, n, &mut plain).unwrap();
            let mut factor = Cholesky::of(a.view()).unwrap();
            for j in 0..n {
                for i in j..n {
                    let value = factor.l[j * factor.stride + i];
                    assert!((value - plain[j * n + i]).abs() < 1e-12 * n as f64, "{n}: L[{i}, {j}] = {value}");
                }
            }
            let unit = factor.inverse().dot(&a);
            assert!(
                unit.indexed_iter().all(|((i, j), value)| (value - f64::from(u8::from(i == j))).abs() < 1e-10),
                "{n}"
            );
            // With and without a factor, in buffers that have served.
            let (mut other, mut inverse) = (Cholesky::with_order(n), Array2::from_elem((n, n), f64::NAN));
            for _ in 0..2 {
                let log_det = other.invert(a.view(), &mut inverse).unwrap();
                assert!((log_det - factor.log_det()).abs() < 1e-11 * n as f64, "{n}: {log_det}");
                let worst = (&inverse - &factor.inverse()).iter().fold(0.0_f64, |worst, error| worst.max(error.abs()));
                assert!(worst < 1e-11, "{n}: {worst}");
            }
            // The buffers serve again.
            factor.factor((&a * 4.0).view()).unwrap();
            assert!((factor.l[0] - 2.0 * plain[0]).abs() < 1e-12 * n as f64);
            let mut x = vec![1.0; n];
            factor.solve_in_place(&mut x);
            let lengths = factor.squared_lengths(a.view());
            for (row, length) in a.outer_iter().zip(lengths) {
                let mut own = row.to_vec();
                factor.forward(&mut own);
                assert!((length - super::super::dot(&own, &own)).abs() < 1e-12 * length, "{n}");
            }
            // A + a diagonal, from rows that are contiguous and from rows that are not.
            let raise: Vec<f64> = (0..n).map(|i| 0.5 + (i % 3) as f64).collect();
            let raised = Array2::from_shape_fn((n, n), |(i, j)| a[[i, j]] + if i == j { raise[i] } else { 0.0 });
            let expected = Cholesky::of(raised.view()).unwrap();
            for a in [a.view(), a.t()] {
                let mut own = Cholesky::with_order(n);
                // What a failure leaves does no harm.
                for _ in 0..2 {
                    assert!(own.factor(Array2::from_elem((n, n), f64::NAN).view()).is_err());
                    own.factor(a).unwrap();
                    let unit = own.inverse().dot(&a);
                    let worst = unit.indexed_iter().map(|((i, j), value)| (value - f64::from(u8::from(i == j))).abs());
                    assert!(worst.fold(0.0, f64::max) < 1e-10, "{n}");
                }
                assert!(own.factor_raised(a, &vec![f64::NAN; n]).is_err());
                own.factor_raised(a, &raise).unwrap();
                let lower = (0..n).flat_map(|j| j * own.stride + j..(j + 1) * own.stride);
                let differ = lower.into_iter().any(|at| (own.l[at] - expected.l[at]).abs() > 1e-12 * n as f64);
                assert!(!differ, "{n}");
            }
            let back = a.dot(&ndarray::Array1::from(x)) * 4.0;
            assert!(back.iter().all(|value| (value - 1.0).abs() < 1e-10), "{n}");
        }
    }

    #[test]
    fn parts_of_a_matrix_are_factored_like_the_whole() {
        // The second part is too small to stand alone.
        let orders = [20, 5, 40, 17];
        let n = orders.iter().sum();
        let mut a = Array2::zeros((n, n));
        let mut start = 0;
        for order in orders {
            let g: Vec<f64> = (0..order * order).map(|k| ((k * 37 + k / 7) % 23) as f64 / 11.0 - 1.0).collect();
            a.slice_mut(s![start..start + order, start..start + order]).assign(&positive_definite(order, &g));
            start += order;
        }
        assert_eq!(starts_of_parts(a.view()), [0, 20, 65]);
        let mut parts = Cholesky::of(a.view()).unwrap();
        assert_eq!(parts.parts.len(), 3);
        let mut plain: Vec<f64> = a.iter().copied().collect();
        factor_small(n, n, &mut plain).unwrap();
        let log_det = 2.0 * (0..n).map(|i| plain[i * n + i].ln()).sum::<f64>();
        assert!((parts.log_det() - log_det).abs() < 1e-10);
        let unit = parts.inverse().dot(&a);
        assert!(unit.indexed_iter().all(|((i, j), value)| (value - f64::from(u8::from(i == j))).abs() < 1e-10));
        let mut x: Vec<f64> = (0..n).map(|i| i as f64).collect();
        parts.solve_in_place(&mut x);
        let back = a.dot(&ndarray::Array1::from(x));
        assert!(back.iter().enumerate().all(|(i, value)| (value - i as f64).abs() < 1e-9));
        let lengths = parts.squared_lengths(a.view());
        assert!(lengths.iter().zip(a.diag()).all(|(length, own)| (length - own).abs() < 1e-9 * own));
        let mut multiple = Array2::zeros((n, n));
        parts.multiple_of_inverse_into(0.5, &mut multiple);
        let unit = multiple.dot(&a) * 2.0;
        assert!(unit.indexed_iter().all(|((i, j), value)| (value - f64::from(u8::from(i == j))).abs() < 1e-10));
        let raise: Vec<f64> = a.diag().iter().map(|own| 0.5 * own).collect();
        parts.factor_raised(a.view(), &raise).unwrap();
        let raised = &a + &Array2::from_diag(&ndarray::Array1::from(raise));
        let unit = parts.inverse().dot(&raised);
        assert!(unit.indexed_iter().all(|((i, j), value)| (value - f64::from(u8::from(i == j))).abs() < 1e-10));
        // A failure tells the row of the whole matrix; the factor serves for a full matrix again.
        let mut broken = a.clone();
        broken[[30, 30]] = -1.0;
        assert_eq!(parts.factor(broken.view()).unwrap_err(), NotPositiveDefinite { pivot: 30 });
        a[[0, n - 1]] = 0.1;
        a[[n - 1, 0]] = 0.1;
        parts.factor(a.view()).unwrap();
        assert!(parts.parts.is_empty());
        let unit = parts.inverse().dot(&a);
        assert!(unit.indexed_iter().all(|((i, j), value)| (value - f64::from(u8::from(i == j))).abs() < 1e-10));
    }

    #[test]
    fn determinant_of_a_known_matrix() {
        let factor = Cholesky::of(array![[4.0, 2.0], [2.0, 3.0]].view()).unwrap();
        assert!((factor.log_det() - 8.0_f64.ln()).abs() < 1e-14);
    }

    #[test]
    fn singular_and_indefinite_matrices_are_refused_with_the_pivot() {
        for n in [3, 30] {
            let mut a = Array2::<f64>::eye(n);
            a[[2, 1]] = 1.0;
            a[[1, 2]] = 1.0;
            let inverted = |a: &Array2<f64>| Cholesky::with_order(n).invert(a.view(), &mut Array2::zeros((n, n)));
            assert_eq!(Cholesky::of(a.view()).unwrap_err(), NotPositiveDefinite { pivot: 2 });
            assert_eq!(inverted(&a).unwrap_err(), NotPositiveDefinite { pivot: 2 });
            a[[1, 1]] = -1.0;
            assert_eq!(Cholesky::of(a.view()).unwrap_err(), NotPositiveDefinite { pivot: 1 });
            assert_eq!(inverted(&a).unwrap_err(), NotPositiveDefinite { pivot: 1 });
            a[[1, 1]] = f64::NAN;
            assert!(Cholesky::of(a.view()).is_err());
            assert!(inverted(&a).is_err());
        }
    }
}
