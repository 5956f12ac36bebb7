//! Casewise scores of incomplete data, and the information of the unrestricted model that goes with them.
//!
//! A case that has the variables o contributes to the log-likelihood with Sigma_oo and mu_o alone. With P = Sigma_oo^-1 and
//! a = P (y_o - mu_o), its derivatives are a by mu_o, and 1/2 (a a' - P) by Sigma_oo, those of an off-diagonal element twice
//! (Savalei & Bentler 2009; Yuan & Bentler 2000).
//!
//! The information is that of complete data less what is missing (Louis 1982), with the letters of
//! [`crate::discrepancy`]'s full-information likelihood: as a form of r = (m, vech R), with V = U U' of a pattern and g = K e of a case,
//! - observed: that of complete cases with the expected moments T, less 1/N sum of 1/2 |U'R U|^2 + |U'(R g + m)|^2;
//! - expected: 1/2 tr[(K-Q) R (K-Q) R] - 1/2 tr(Q R Q R) + m'(K-Q) m + sum over patterns of w/2 |U'R U|^2.
//!
//! Cases with sampling weights have their scores times these, and each sum over cases is a weighted one
//! ([`crate::casewise`]).
//!
//! Each square is that of one column of length k, so that all of them together are one product of matrices.

use std::collections::BTreeMap;
use std::sync::Arc;

use latva_math::linalg::{Cholesky, NotPositiveDefinite, matmul, symmetrize_from_upper};
use ndarray::{Array1, Array2, ArrayView1, ArrayView2, s};

use crate::incomplete::{Completion, IncompleteRows};

use crate::moment_weight::MomentWeight;
use crate::plan::Information;
use crate::stacked::Stacking;

/// Squares that are taken together.
const CHUNK: usize = 512;
/// Rows of the lower triangle that are computed together.
const BAND: usize = 128;

/// The cases of one block, by pattern.
pub(crate) struct IncompleteCases {
    stacking: Stacking,
    /// n x p, NaN where missing.
    rows: Array2<f64>,
    /// The sampling weights of the cases, n; `None` where they count alike.
    weights: Option<Vec<f64>>,
    /// The same, reduced to what the likelihood needs.
    reduced: Arc<IncompleteRows>,
    /// The variables that are there, and the cases that have these.
    patterns: Vec<(Vec<usize>, Vec<usize>)>,
    /// Cases that have any variable, or the sum of their weights.
    n: f64,
}

impl IncompleteCases {
    /// The cases of rows with NaN where a value is missing, with the same rows reduced. Cases without any value are left out.
    pub(crate) fn new(rows: Array2<f64>, weights: Option<&[f64]>, reduced: Arc<IncompleteRows>) -> Self {
        let mut patterns: BTreeMap<Vec<usize>, Vec<usize>> = BTreeMap::new();
        let mut there = Vec::with_capacity(rows.ncols());
        for (case, row) in rows.rows().into_iter().enumerate() {
            there.clear();
            there.extend(row.iter().enumerate().filter(|(_, value)| !value.is_nan()).map(|(variable, _)| variable));
            match patterns.get_mut(&there) {
                Some(cases) => cases.push(case),
                None if there.is_empty() => {}
                None => {
                    patterns.insert(there.clone(), vec![case]);
                }
            }
        }
        let n = match weights {
            Some(weights) => patterns.values().flatten().map(|&case| weights[case]).sum(),
            None => patterns.values().map(Vec::len).sum::<usize>() as f64,
        };
        let weights = weights.map(<[f64]>::to_vec);
        let stacking = Stacking { p: rows.ncols(), means: true };
        IncompleteCases { stacking, rows, weights, reduced, patterns: patterns.into_iter().collect(), n }
    }

    /// The average over the cases of s s' for their scores s by the stacked moments, k x k, at mu and Sigma.
    ///
    /// # Errors
    /// [`NotPositiveDefinite`] for a part of Sigma.
    pub(crate) fn first_order(
        &self,
        mean: &Array1<f64>,
        cov: &Array2<f64>,
    ) -> Result<Array2<f64>, NotPositiveDefinite> {
        let k = self.stacking.len();
        let mut total = Array2::zeros((k, k));
        self.visit_scores(mean, cov, &mut |scores| add_to_upper(scores, 1.0 / self.n, &mut total))?;
        symmetrize_from_upper(&mut total);
        Ok(total)
    }

    /// Delta' B Delta (c x c), B the matrix of [`IncompleteCases::first_order`], for a Jacobian Delta (k x c).
    ///
    /// # Errors
    /// [`NotPositiveDefinite`] for a part of Sigma.
    pub(crate) fn first_order_form(
        &self,
        mean: &Array1<f64>,
        cov: &Array2<f64>,
        delta: &Array2<f64>,
    ) -> Result<Array2<f64>, NotPositiveDefinite> {
        let c = delta.ncols();
        let mut total = Array2::zeros((c, c));
        self.visit_scores(mean, cov, &mut |scores| {
            let mut own = Array2::zeros((scores.nrows(), c));
            matmul(scores, delta.view(), own.view_mut());
            add_to_upper(own.view(), 1.0 / self.n, &mut total);
        })?;
        symmetrize_from_upper(&mut total);
        Ok(total)
    }

    /// The scores of the cases by the stacked moments, times their weights, a row per case, in chunks.
    fn visit_scores(
        &self,
        mean: &Array1<f64>,
        cov: &Array2<f64>,
        visit: &mut dyn FnMut(ArrayView2<'_, f64>),
    ) -> Result<(), NotPositiveDefinite> {
        let mut rows = Array2::zeros((CHUNK, self.stacking.len()));
        let mut filled = 0;
        for (variables, cases) in &self.patterns {
            let places = self.places(variables);
            let inverse = Cholesky::of(part(cov, variables).view())?.inverse();
            let turned = self.deviations(variables, cases, mean).dot(&inverse);
            let own = Stacking { p: variables.len(), means: true };
            for (a, &case) in turned.rows().into_iter().zip(cases) {
                if filled == CHUNK {
                    visit(rows.view());
                    filled = 0;
                }
                let score = rows.row_mut(filled).into_slice().expect("standard layout");
                filled += 1;
                score.fill(0.0);
                for (&place, value) in places.iter().zip(a) {
                    score[place] = *value;
                }
                for (&place, (i, j)) in places[own.p..].iter().zip(own.pairs()) {
                    let value = a[i] * a[j] - inverse[[i, j]];
                    score[place] = if i == j { 0.5 * value } else { value };
                }
                if let Some(weights) = &self.weights {
                    score.iter_mut().for_each(|value| *value *= weights[case]);
                }
            }
        }
        visit(rows.slice(s![..filled, ..]));
        Ok(())
    }

    /// The information of one case on average about the stacked moments, k x k, at mu and Sigma: observed, or expected given the
    /// patterns, or first-order ([`IncompleteCases::first_order`]).
    ///
    /// # Errors
    /// [`NotPositiveDefinite`] for Sigma or a part of it.
    pub(crate) fn information(
        &self,
        mean: &Array1<f64>,
        cov: &Array2<f64>,
        kind: Information,
    ) -> Result<Array2<f64>, NotPositiveDefinite> {
        if kind == Information::FirstOrder {
            return self.first_order(mean, cov);
        }
        let reduced = &self.reduced;
        let mut completion = Completion::new(Arc::clone(reduced));
        completion.update(cov, mean)?;
        completion.score();
        let inverse = completion.inverse();
        let observed = kind == Information::Observed;
        let mut total = if observed {
            MomentWeight::observed(inverse, completion.moments(), Some(completion.mean_residual()))
                .into_matrix(self.stacking)
        } else {
            let lost = inverse.dot(completion.conditional()).dot(inverse);
            let mut total = MomentWeight::Normal(inverse - &lost).into_matrix(self.stacking);
            let taken = MomentWeight::Normal(lost).into_matrix(self.stacking);
            let first = self.stacking.first_covariance();
            for ((row, column), value) in taken.indexed_iter().filter(|((row, column), _)| *row.min(column) >= first) {
                total[[row, column]] -= value;
            }
            total
        };
        let mut squares = Squares::new(self.stacking, if observed { -1.0 } else { 1.0 }, &mut total);
        for (index, pattern) in reduced.patterns.iter().enumerate().filter(|(_, pattern)| !pattern.missing.is_empty()) {
            let root = completion.root_of_lost(index).t().as_standard_layout().into_owned();
            squares.add_quadratic(&root, (pattern.n / reduced.n).sqrt());
            if observed {
                // The first row is that of the mean, which comes with the root of the number of cases.
                for (place, scores) in completion.scores(index).outer_iter().enumerate() {
                    let shift = if place == 0 { pattern.n.sqrt() } else { 0.0 };
                    squares.add_linear(
                        &root,
                        scores.as_slice().expect("standard layout"),
                        shift,
                        reduced.n.sqrt().recip(),
                    );
                }
            }
        }
        squares.finish();
        symmetrize_from_upper(&mut total);
        Ok(total)
    }

    /// y_o - mu_o of some cases.
    fn deviations(&self, variables: &[usize], cases: &[usize], mean: &Array1<f64>) -> Array2<f64> {
        Array2::from_shape_fn((cases.len(), variables.len()), |(row, i)| {
            self.rows[[cases[row], variables[i]]] - mean[variables[i]]
        })
    }

    /// How many products the information takes: k^2 / 2 for each square.
    pub(crate) fn work(&self) -> f64 {
        let (p, k) = (self.stacking.p as f64, self.stacking.len() as f64);
        let squares = |(variables, cases): &(Vec<usize>, Vec<usize>)| {
            let missing = p - variables.len() as f64;
            missing * (missing + 1.0) / 2.0 + missing * (cases.len() as f64).min(p + 1.0)
        };
        self.patterns.iter().map(squares).sum::<f64>() * k * k / 2.0
    }

    /// For each stacked moment of some variables its place among those of all.
    fn places(&self, variables: &[usize]) -> Vec<usize> {
        let p = self.stacking.p;
        let own = Stacking { p: variables.len(), means: true };
        let column_start = |column: usize| p + column * p - column * column.saturating_sub(1) / 2;
        let mut places = variables.to_vec();
        places.extend(own.pairs().map(|(i, j)| column_start(variables[j]) + variables[i] - variables[j]));
        places
    }
}

/// A sum of squares of linear forms of the stacked moments, as a matrix: sign x sum of x x', added to the upper triangle of `total` in
/// chunks.
struct Squares<'a> {
    stacking: Stacking,
    sign: f64,
    /// The forms, one row each.
    rows: Array2<f64>,
    filled: usize,
    total: &'a mut Array2<f64>,
}

impl<'a> Squares<'a> {
    fn new(stacking: Stacking, sign: f64, total: &'a mut Array2<f64>) -> Self {
        Squares { stacking, sign, rows: Array2::zeros((CHUNK, stacking.len())), filled: 0, total }
    }

    /// weight^2 / 2 |U'R U|^2 for U' (m x p): the elements (a, b) off the diagonal stand for two.
    fn add_quadratic(&mut self, root: &Array2<f64>, weight: f64) {
        let stacking = self.stacking;
        let first = stacking.first_covariance();
        for a in 0..root.nrows() {
            for b in 0..=a {
                let scale = if a == b { weight * 0.5_f64.sqrt() } else { weight };
                let row = self.next();
                row[..first].fill(0.0);
                symmetric_products(stacking, scale, slice(root.row(a)), slice(root.row(b)), &mut row[first..]);
            }
        }
    }

    /// weight^2 |U'(R g + shift m)|^2.
    fn add_linear(&mut self, root: &Array2<f64>, g: &[f64], shift: f64, weight: f64) {
        let stacking = self.stacking;
        let first = stacking.first_covariance();
        for u in root.rows() {
            let u = slice(u);
            let row = self.next();
            for (target, value) in row[..first].iter_mut().zip(u) {
                *target = weight * shift * value;
            }
            symmetric_products(stacking, weight, u, g, &mut row[first..]);
        }
    }

    /// The next free row.
    fn next(&mut self) -> &mut [f64] {
        if self.filled == CHUNK {
            self.flush();
        }
        self.filled += 1;
        self.rows.row_mut(self.filled - 1).into_slice().expect("standard layout")
    }

    fn flush(&mut self) {
        add_to_upper(self.rows.slice(s![..self.filled, ..]), self.sign, self.total);
        self.filled = 0;
    }

    fn finish(mut self) {
        if self.filled > 0 {
            self.flush();
        }
    }
}

fn slice(row: ArrayView1<'_, f64>) -> &[f64] {
    row.to_slice().expect("standard layout")
}

/// The stacked coefficients of x'R y in a symmetric R, times a scale.
fn symmetric_products(stacking: Stacking, scale: f64, x: &[f64], y: &[f64], covariances: &mut [f64]) {
    for (column, own) in stacking.columns(covariances) {
        let (by_x, by_y) = (scale * x[column], scale * y[column]);
        for ((target, x), y) in own.iter_mut().zip(&x[column..]).zip(&y[column..]) {
            *target = by_y * x + by_x * y;
        }
        own[0] *= 0.5;
    }
}

/// weight x X'X of the rows X, added to the upper triangle of `total`.
fn add_to_upper(rows: ArrayView2<'_, f64>, weight: f64, total: &mut Array2<f64>) {
    let k = rows.ncols();
    for first in (0..k).step_by(BAND) {
        let end = (first + BAND).min(k);
        let mut product = Array2::zeros((end - first, k - first));
        matmul(rows.slice(s![.., first..end]).t(), rows.slice(s![.., first..]), product.view_mut());
        total.slice_mut(s![first..end, first..]).scaled_add(weight, &product);
    }
}

fn part(cov: &Array2<f64>, variables: &[usize]) -> Array2<f64> {
    Array2::from_shape_fn((variables.len(), variables.len()), |(i, j)| cov[[variables[i], variables[j]]])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::casewise::CaseMoments;
    use ndarray::array;

    fn rows() -> Array2<f64> {
        let mut state = 3_u64;
        Array2::from_shape_fn((12, 3), |_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 11) as f64 / (1_u64 << 53) as f64
        })
    }

    fn of_rows(rows: Array2<f64>) -> IncompleteCases {
        let reduced = Arc::new(IncompleteRows::of(rows.view(), None));
        IncompleteCases::new(rows, None, reduced)
    }

    #[test]
    fn complete_cases_have_the_scores_of_complete_data() {
        let (mean, cov) = (array![0.4, 0.5, 0.6], array![[0.2, 0.05, 0.0], [0.05, 0.1, 0.02], [0.0, 0.02, 0.3]]);
        let cases = of_rows(rows());
        let k = cases.stacking.len();
        let complete = CaseMoments::about(rows().view(), None, &mean, &cov, true);
        let weight = MomentWeight::Normal(Cholesky::of(cov.view()).unwrap().inverse());
        let expected = complete.meat(&weight, &Array2::eye(k));
        for (ours, theirs) in cases.first_order(&mean, &cov).unwrap().iter().zip(&expected) {
            assert!((ours - theirs).abs() < 1e-9 * (1.0 + theirs.abs()));
        }
        let mut plain = Array2::zeros((k, k));
        weight.apply(cases.stacking, Array2::eye(k).view(), &mut plain);
        for (ours, theirs) in cases.information(&mean, &cov, Information::Expected).unwrap().iter().zip(&plain) {
            assert!((ours - theirs).abs() < 1e-9 * (1.0 + theirs.abs()));
        }
    }

    #[test]
    fn a_missing_variable_has_no_part_in_the_scores() {
        let mut rows = rows();
        rows.column_mut(1).fill(f64::NAN);
        rows.row_mut(4).fill(f64::NAN);
        let (mean, cov) = (array![0.4, 0.5, 0.6], array![[0.2, 0.05, 0.0], [0.05, 0.1, 0.02], [0.0, 0.02, 0.3]]);
        let cases = of_rows(rows.clone());
        assert_eq!(cases.n, 11.0);
        let total = cases.first_order(&mean, &cov).unwrap();
        // mu_2, and the covariances (2,1), (2,2), (3,2).
        for place in [1, 4, 6, 7] {
            assert!(total.row(place).iter().all(|value| *value == 0.0));
        }
        let two = rows.select(ndarray::Axis(1), &[0, 2]).select(ndarray::Axis(0), &[0, 1, 2, 3, 5, 6, 7, 8, 9, 10, 11]);
        let alone = of_rows(two).first_order(&array![0.4, 0.6], &array![[0.2, 0.0], [0.0, 0.3]]).unwrap();
        for (i, &row) in [0, 2, 3, 5, 8].iter().enumerate() {
            for (j, &column) in [0, 2, 3, 5, 8].iter().enumerate() {
                assert!((total[[row, column]] - alone[[i, j]]).abs() < 1e-12);
            }
        }
    }

    /// Rows with holes, and moments that are not theirs.
    fn with_holes() -> (Array2<f64>, Array1<f64>, Array2<f64>) {
        let mut rows = rows();
        for (case, variable) in [(0, 1), (1, 1), (2, 1), (3, 0), (3, 2), (4, 2), (5, 0), (5, 1), (9, 0)] {
            rows[[case, variable]] = f64::NAN;
        }
        (rows, array![0.4, 0.5, 0.6], array![[0.2, 0.05, 0.0], [0.05, 0.1, 0.02], [0.0, 0.02, 0.3]])
    }

    #[test]
    fn observed_information_is_half_the_hessian_of_the_deviance() {
        let (rows, mean, cov) = with_holes();
        let information = of_rows(rows.clone()).information(&mean, &cov, Information::Observed).unwrap();
        let mut completion = Completion::new(Arc::new(IncompleteRows::of(rows.view(), None)));
        let stacking = Stacking { p: 3, means: true };
        for (m, r) in [
            (array![0.3, -0.2, 0.1], array![[0.1, 0.02, -0.03], [0.02, -0.05, 0.04], [-0.03, 0.04, 0.2]]),
            (array![0.0, 0.5, 0.0], array![[0.0, 0.1, 0.0], [0.1, 0.0, -0.1], [0.0, -0.1, 0.0]]),
        ] {
            let mut value = |step: f64| completion.update(&(&cov + &(&r * step)), &(&mean + &(&m * step))).unwrap();
            let h = 1e-3;
            let second = (value(h) - 2.0 * value(0.0) + value(-h)) / (h * h);
            let direction = Array1::from(stacking.stack(Some(m.view()), r.view()));
            let form = direction.dot(&information.dot(&direction));
            assert!((2.0 * form - second).abs() < 1e-5 * (1.0 + second.abs()), "{form} {second}");
        }
    }

    #[test]
    fn the_work_grows_with_what_is_missing() {
        assert_eq!(of_rows(rows()).work(), 0.0);
        let mut holes = rows();
        holes[[0, 1]] = f64::NAN;
        // One square for the pattern, one for its case, of 9 moments.
        assert_eq!(of_rows(holes.clone()).work(), 81.0);
        holes[[1, 0]] = f64::NAN;
        holes[[1, 2]] = f64::NAN;
        assert_eq!(of_rows(holes).work(), 81.0 + 5.0 * 40.5);
    }

    #[test]
    fn expected_information_is_the_sum_over_patterns() {
        let (rows, mean, cov) = with_holes();
        let cases = of_rows(rows);
        let information = cases.information(&mean, &cov, Information::Expected).unwrap();
        let mut total = Array2::zeros(information.raw_dim());
        for (variables, members) in &cases.patterns {
            let own = Stacking { p: variables.len(), means: true };
            let weight = MomentWeight::Normal(Cholesky::of(part(&cov, variables).view()).unwrap().inverse());
            let mut full = Array2::zeros((own.len(), own.len()));
            weight.apply(own, Array2::eye(own.len()).view(), &mut full);
            scatter(&full, &cases.places(variables), members.len() as f64 / cases.n, &mut total);
        }
        for (ours, theirs) in information.iter().zip(&total) {
            assert!((ours - theirs).abs() < 1e-9 * (1.0 + theirs.abs()), "{ours} {theirs}");
        }
    }

    fn scatter(form: &Array2<f64>, places: &[usize], weight: f64, total: &mut Array2<f64>) {
        for (i, &row) in places.iter().enumerate() {
            for (j, &column) in places.iter().enumerate() {
                total[[row, column]] += weight * form[[i, j]];
            }
        }
    }
}
