//! Forms of low rank, of which there may be thousands: one per pattern of missing values.
//!
//! With U (p x r) and vectors g_1, g_2, ..., B_j = U' Sigma_j U and y_ji = U'(Sigma_j g_i + h_i mu_j), h_1 = 1 and h_i = 0 else,
//! tr(U U' Sigma_j U U' Sigma_k) + 2 sum_i y_ji' y_ki
//! is the inner product of two rows of r (r + 1) / 2 + r x (number of g) numbers, one row per parameter. The rows of many forms are
//! laid side by side and multiplied at once, so that a form costs q^2 times its few columns and no table of its own.

use latva_math::linalg::matmul;
use ndarray::{Array2, ArrayView2, s};

use super::derivative::{Tables, tabulate_vector};
use super::upper_sum::UpperSum;

/// Columns that are multiplied at once.
const BATCH: usize = 512;

/// Rows by parameters that wait to be multiplied, and buffers of a form.
#[derive(Debug, Clone)]
pub(super) struct Waiting {
    /// Parameters x columns.
    columns: Array2<f64>,
    filled: usize,
    /// Whether the forms that wait are to be taken off.
    negative: bool,
    product: Array2<f64>,
    /// X'U, (p + 2m) x r by rows.
    projection: Vec<f64>,
    /// X'g of each g.
    scores: Vec<Vec<f64>>,
}

impl Waiting {
    pub(super) fn new() -> Self {
        Waiting {
            columns: Array2::zeros((0, 0)),
            filled: 0,
            negative: false,
            product: Array2::zeros((0, 0)),
            projection: Vec::new(),
            scores: Vec::new(),
        }
    }
}

/// Number of columns of a form with U of rank r and a number of vectors g.
pub(crate) fn width(rank: usize, vectors: usize) -> usize {
    rank * (rank + 1) / 2 + rank * vectors
}

impl Tables {
    /// matrix_jk += weight [tr(UU' Sigma_j UU' Sigma_k) + 2 sum_i y_ji'y_ki], g_i the rows of `scores`; complete only after
    /// [`Tables::flush`].
    pub(crate) fn add_low_rank_form(
        &mut self,
        u: &Array2<f64>,
        scores: ArrayView2<f64>,
        weight: f64,
        sum: &mut UpperSum<'_>,
    ) {
        if !self.has_room(u, scores, weight) {
            self.flush(sum);
        }
        self.collect(u, scores, weight, sum.order());
    }

    /// Adds the forms that wait.
    pub(super) fn add_waiting(&mut self, matrix: &mut Array2<f64>) {
        let Waiting { columns, filled, negative, product, .. } = &mut self.waiting;
        if *filled == 0 {
            return;
        }
        let q = columns.nrows();
        if product.dim() != (q, q) {
            *product = Array2::zeros((q, q));
        }
        let rows = columns.slice(s![.., ..*filled]);
        matmul(rows, rows.t(), product.view_mut());
        matrix.scaled_add(if *negative { -1.0 } else { 1.0 }, product);
        *filled = 0;
    }

    /// The parts of [`Tables::add_low_rank_form`] without vectors that score tests need, as of
    /// [`Tables::add_candidate_cov_form`]; complete only after [`Tables::flush_candidates`].
    pub(crate) fn add_candidate_low_rank_form(
        &mut self,
        u: &Array2<f64>,
        weight: f64,
        first: usize,
        cross: &mut Array2<f64>,
        diagonal: &mut [f64],
    ) {
        let none = ArrayView2::from_shape((0, u.nrows()), &[]).expect("an empty array of any width");
        if !self.has_room(u, none, weight) {
            self.flush_candidates(first, cross, diagonal);
        }
        self.collect(u, none, weight, first + diagonal.len());
    }

    /// Adds the forms that wait.
    pub(crate) fn flush_candidates(&mut self, first: usize, cross: &mut Array2<f64>, diagonal: &mut [f64]) {
        let Waiting { columns, filled, negative, .. } = &mut self.waiting;
        if *filled == 0 {
            return;
        }
        let sign = if *negative { -1.0 } else { 1.0 };
        let rows = columns.slice(s![.., ..*filled]);
        let (free, candidates) = rows.split_at(ndarray::Axis(0), first);
        cross.scaled_add(sign, &candidates.dot(&free.t()));
        for (value, row) in diagonal.iter_mut().zip(candidates.outer_iter()) {
            *value += sign * row.dot(&row);
        }
        *filled = 0;
    }

    fn has_room(&self, u: &Array2<f64>, scores: ArrayView2<f64>, weight: f64) -> bool {
        let waiting = &self.waiting;
        waiting.filled == 0
            || (waiting.negative == (weight < 0.0)
                && waiting.filled + width(u.ncols(), scores.nrows()) <= waiting.columns.ncols())
    }

    /// Lays the columns of a form beside those that wait.
    fn collect(&mut self, u: &Array2<f64>, scores: ArrayView2<f64>, weight: f64, parameters: usize) {
        let rank = u.ncols();
        let width = width(rank, scores.nrows());
        let Tables { p, m, terms, latent_columns, waiting, .. } = self;
        let (p, height) = (*p, *p + 2 * *m);
        if waiting.filled == 0 {
            if waiting.columns.nrows() != parameters || waiting.columns.ncols() < width {
                waiting.columns = Array2::zeros((parameters, width.max(BATCH)));
            }
            waiting.columns.fill(0.0);
            waiting.negative = weight < 0.0;
        }
        waiting.projection.clear();
        waiting.projection.extend(u.iter());
        waiting.projection.resize(height * rank, 0.0);
        let (direct, latent) = waiting.projection.split_at_mut(p * rank);
        for (row, loadings) in direct.chunks_exact(rank).zip(latent_columns.outer_iter()) {
            for (target, &loading) in
                latent.chunks_exact_mut(rank).zip(loadings).filter(|(_, loading)| **loading != 0.0)
            {
                target.iter_mut().zip(row).for_each(|(target, value)| *target += loading * value);
            }
        }
        waiting.scores.resize(scores.nrows(), Vec::new());
        for (target, score) in waiting.scores.iter_mut().zip(scores.outer_iter()) {
            target.resize(height, 0.0);
            tabulate_vector(latent_columns, score, target);
        }
        let root = weight.abs().sqrt();
        let at = |column: usize| &waiting.projection[column * rank..(column + 1) * rank];
        for term in terms.iter() {
            let mut row = waiting.columns.row_mut(term.parameter);
            let row = &mut row.as_slice_mut().expect("standard layout")[waiting.filled..waiting.filled + width];
            let (mut squares, products) = row.split_at_mut(rank * (rank + 1) / 2);
            let (u, v, x) = (at(term.u), at(term.v), at(term.x));
            let c = std::f64::consts::SQRT_2 * root * term.c;
            if c != 0.0 {
                for a in 0..rank {
                    let (own, after) = squares.split_at_mut(rank - a);
                    let (by_u, by_v) = (c * u[a], c * v[a]);
                    own[0] += std::f64::consts::SQRT_2 * by_u * v[a];
                    for ((target, u), v) in own[1..].iter_mut().zip(&u[a + 1..]).zip(&v[a + 1..]) {
                        *target += by_u * v + by_v * u;
                    }
                    squares = after;
                }
                for (own, score) in products.chunks_exact_mut(rank.max(1)).zip(&waiting.scores) {
                    let (by_u, by_v) = (c * score[term.v], c * score[term.u]);
                    for ((target, u), v) in own.iter_mut().zip(u).zip(v) {
                        *target += by_u * u + by_v * v;
                    }
                }
            }
            if term.d != 0.0 && !waiting.scores.is_empty() {
                let d = std::f64::consts::SQRT_2 * root * term.d;
                products.iter_mut().zip(x).for_each(|(target, x)| *target += d * x);
            }
        }
        waiting.filled += width;
    }
}
