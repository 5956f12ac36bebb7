//! Casewise scores of incomplete data, and the information of the unrestricted model that goes with them.
//!
//! A case that has the variables o contributes to the log-likelihood with Sigma_oo and mu_o alone. With P = Sigma_oo^-1 and
//! a = P (y_o - mu_o), its derivatives are a by mu_o, and 1/2 (a a' - P) by Sigma_oo, those of an off-diagonal element twice
//! (Savalei & Bentler 2009; Yuan & Bentler 2000). The observed information of a pattern is that of complete cases of its
//! variables; the sum over patterns is scattered to the places of the variables among all.

use std::collections::BTreeMap;

use latva_math::linalg::{Cholesky, NotPositiveDefinite};
use ndarray::{Array1, Array2, ArrayView2};

use crate::moment_weight::MomentWeight;
use crate::plan::Information;
use crate::stacked::Stacking;

/// The cases of one block, by pattern.
pub(crate) struct IncompleteCases {
    stacking: Stacking,
    /// n x p, NaN where missing.
    rows: Array2<f64>,
    /// The variables that are there, and the cases that have these.
    patterns: Vec<(Vec<usize>, Vec<usize>)>,
    /// Cases that have any variable.
    n: f64,
}

impl IncompleteCases {
    /// The cases of rows with NaN where a value is missing. Cases without any value are left out.
    pub(crate) fn new(rows: Array2<f64>) -> Self {
        let mut patterns: BTreeMap<Vec<usize>, Vec<usize>> = BTreeMap::new();
        for (case, row) in rows.rows().into_iter().enumerate() {
            let there: Vec<usize> = (0..row.len()).filter(|&variable| !row[variable].is_nan()).collect();
            if !there.is_empty() {
                patterns.entry(there).or_default().push(case);
            }
        }
        let n = patterns.values().map(Vec::len).sum::<usize>() as f64;
        let stacking = Stacking { p: rows.ncols(), means: true };
        IncompleteCases { stacking, rows, patterns: patterns.into_iter().collect(), n }
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
        for (variables, cases) in &self.patterns {
            let places = self.places(variables);
            let inverse = Cholesky::of(part(cov, variables).view())?.inverse();
            let deviations = self.deviations(variables, cases, mean);
            let turned = deviations.dot(&inverse);
            let own = Stacking { p: variables.len(), means: true };
            let mut scores = Array2::zeros((cases.len(), own.len()));
            for (a, mut score) in turned.rows().into_iter().zip(scores.rows_mut()) {
                for (target, value) in score.iter_mut().zip(a) {
                    *target = *value;
                }
                for (target, (i, j)) in score.iter_mut().skip(own.p).zip(own.pairs()) {
                    let value = a[i] * a[j] - inverse[[i, j]];
                    *target = if i == j { 0.5 * value } else { value };
                }
            }
            scatter(&scores.t().dot(&scores), &places, 1.0 / self.n, &mut total);
        }
        Ok(total)
    }

    /// The information of one case on average about the stacked moments, k x k, at mu and Sigma: observed, or expected given the
    /// patterns.
    ///
    /// # Errors
    /// [`NotPositiveDefinite`] for a part of Sigma.
    pub(crate) fn information(
        &self,
        mean: &Array1<f64>,
        cov: &Array2<f64>,
        kind: Information,
    ) -> Result<Array2<f64>, NotPositiveDefinite> {
        let k = self.stacking.len();
        let mut total = Array2::zeros((k, k));
        for (variables, cases) in &self.patterns {
            let own = part(cov, variables);
            let inverse = Cholesky::of(own.view())?.inverse();
            let deviations = self.deviations(variables, cases, mean);
            let n = cases.len() as f64;
            let (moments, shift) = if kind == Information::Observed {
                let shift = deviations.mean_axis(ndarray::Axis(0)).expect("a pattern has cases");
                (deviations.t().dot(&deviations) / n, shift)
            } else {
                (own, Array1::zeros(variables.len()))
            };
            let MomentWeight::Full(weight) = MomentWeight::observed(&inverse, &moments, Some(&shift)) else {
                unreachable!("the observed weight is full")
            };
            scatter(&weight, &self.places(variables), n / self.n, &mut total);
        }
        Ok(total)
    }

    /// y_o - mu_o of some cases.
    fn deviations(&self, variables: &[usize], cases: &[usize], mean: &Array1<f64>) -> Array2<f64> {
        Array2::from_shape_fn((cases.len(), variables.len()), |(row, i)| {
            self.rows[[cases[row], variables[i]]] - mean[variables[i]]
        })
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

fn part(cov: &Array2<f64>, variables: &[usize]) -> Array2<f64> {
    Array2::from_shape_fn((variables.len(), variables.len()), |(i, j)| cov[[variables[i], variables[j]]])
}

fn scatter(form: &Array2<f64>, places: &[usize], weight: f64, total: &mut Array2<f64>) {
    for (i, &row) in places.iter().enumerate() {
        for (j, &column) in places.iter().enumerate() {
            total[[row, column]] += weight * form[[i, j]];
        }
    }
}

/// tr(A^-1 B) of two symmetric matrices over the moments that `counted` says, and how many these are; `None` where A is singular.
pub(crate) fn trace_of_ratio(a: ArrayView2<'_, f64>, b: ArrayView2<'_, f64>, counted: &[bool]) -> Option<(f64, usize)> {
    let places: Vec<usize> = (0..counted.len()).filter(|&place| counted[place]).collect();
    let scale: Vec<f64> = places.iter().map(|&place| a[[place, place]].sqrt().recip()).collect();
    let scaled = |matrix: &ArrayView2<'_, f64>| {
        Array2::from_shape_fn((places.len(), places.len()), |(i, j)| {
            matrix[[places[i], places[j]]] * scale[i] * scale[j]
        })
    };
    let inverse = Cholesky::of(scaled(&a).view()).ok()?.inverse();
    Some(((&inverse * &scaled(&b)).sum(), places.len()))
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

    #[test]
    fn complete_cases_have_the_scores_of_complete_data() {
        let (mean, cov) = (array![0.4, 0.5, 0.6], array![[0.2, 0.05, 0.0], [0.05, 0.1, 0.02], [0.0, 0.02, 0.3]]);
        let cases = IncompleteCases::new(rows());
        let k = cases.stacking.len();
        let complete = CaseMoments::about(rows().view(), &mean, &cov, true);
        let weight = MomentWeight::Normal(Cholesky::of(cov.view()).unwrap().inverse());
        let expected = complete.first_order(&weight, &Array2::eye(k)).meat;
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
        let cases = IncompleteCases::new(rows.clone());
        assert_eq!(cases.n, 11.0);
        let total = cases.first_order(&mean, &cov).unwrap();
        // mu_2, and the covariances (2,1), (2,2), (3,2).
        for place in [1, 4, 6, 7] {
            assert!(total.row(place).iter().all(|value| *value == 0.0));
        }
        let two = rows.select(ndarray::Axis(1), &[0, 2]).select(ndarray::Axis(0), &[0, 1, 2, 3, 5, 6, 7, 8, 9, 10, 11]);
        let alone = IncompleteCases::new(two).first_order(&array![0.4, 0.6], &array![[0.2, 0.0], [0.0, 0.3]]).unwrap();
        for (i, &row) in [0, 2, 3, 5, 8].iter().enumerate() {
            for (j, &column) in [0, 2, 3, 5, 8].iter().enumerate() {
                assert!((total[[row, column]] - alone[[i, j]]).abs() < 1e-12);
            }
        }
        assert_eq!(
            trace_of_ratio(alone.view(), alone.view(), &[true; 5]).map(|(trace, n)| (trace.round(), n)),
            Some((5.0, 5))
        );
    }
}
