//! Rows with missing values, reduced to what a normal likelihood needs of them, and their completion.
//!
//! Let o and m be the observed and the missing variables of a pattern, K = Sigma^-1 and d = x_o - mu_o. Everything that the
//! observed-data likelihood needs follows from the residuals completed by their conditional expectation,
//! e_o = d, e_m = -K_mm^-1 K_mo d, because K e is Sigma_oo^-1 d at o and zero at m, and
//! |Sigma_oo| = |Sigma| |K_mm|, d' Sigma_oo^-1 d = e' K e, Cov(x_m | x_o) = K_mm^-1
//! (Dempster, Laird & Rubin 1977; Little & Rubin 2019, ch. 11). So no pattern needs a matrix larger than its missing part.

mod completion;
mod saturated;

pub(crate) use completion::Completion;
pub(crate) use saturated::{Saturated, saturated};

use latva_data::Patterns;
use latva_math::linalg::{Cholesky, symmetric_eigen};
use ndarray::{Array1, Array2, ArrayView2, Axis};

/// The rows of one pattern of missing values.
#[derive(Debug, Clone)]
pub(crate) struct PatternRows {
    /// Observed variables, ascending.
    pub(crate) observed: Vec<usize>,
    /// Missing variables, ascending.
    pub(crate) missing: Vec<usize>,
    /// Cases, or the sum of their sampling weights.
    pub(crate) n: f64,
    /// Their mean by their weights, in the order of `observed`.
    pub(crate) mean: Array1<f64>,
    /// Z, r x o, with Z'Z the sum of squares and products about the mean, each times the weight of its case; r is at most the number of variables.
    pub(crate) deviations: Array2<f64>,
}

/// The cases of one block by patterns of missing values.
#[derive(Debug, Clone)]
pub(crate) struct IncompleteRows {
    /// Variables.
    pub(crate) p: usize,
    /// N: cases, or the sum of their sampling weights.
    pub(crate) n: f64,
    /// The patterns.
    pub(crate) patterns: Vec<PatternRows>,
    /// The share of cases that have both variables, p x p.
    pub(crate) coverage: Array2<f64>,
}

impl IncompleteRows {
    /// Sorts rows (n x p, NaN where missing) into patterns. `weights` are those of the rows, if they do not count alike.
    pub(crate) fn of(rows: ArrayView2<f64>, weights: Option<&[f64]>) -> Self {
        let found = Patterns::of(rows, weights);
        let (p, coverage) = (found.n_vars, found.coverage());
        let n = found.patterns.iter().map(|pattern| pattern.weight).sum();
        let patterns = found
            .patterns
            .into_iter()
            .map(|pattern| {
                let deviations: Array2<f64> = if pattern.n() > pattern.observed.len() {
                    square_root(&pattern.cov) * pattern.weight.sqrt()
                } else if pattern.n() == 1 {
                    Array2::zeros((0, pattern.observed.len()))
                } else {
                    let own = rows.select(Axis(0), &pattern.rows).select(Axis(1), &pattern.observed) - &pattern.mean;
                    match weights {
                        Some(weights) => by_roots(own, &pattern.rows, weights),
                        None => own,
                    }
                };
                PatternRows {
                    missing: (0..p).filter(|variable| !pattern.observed.contains(variable)).collect(),
                    n: pattern.weight,
                    observed: pattern.observed,
                    mean: pattern.mean,
                    deviations: deviations.as_standard_layout().into_owned(),
                }
            })
            .collect();
        IncompleteRows { p, n, patterns, coverage }
    }

    /// The same cases with the chosen variables only; cases that have none of them fall away.
    pub(crate) fn select(&self, variables: &[usize]) -> Self {
        let patterns: Vec<PatternRows> = self
            .patterns
            .iter()
            .filter_map(|pattern| {
                let kept: Vec<(usize, usize)> = variables
                    .iter()
                    .enumerate()
                    .filter_map(|(new, old)| pattern.observed.iter().position(|other| other == old).map(|at| (new, at)))
                    .collect();
                if kept.is_empty() {
                    return None;
                }
                let columns: Vec<usize> = kept.iter().map(|&(_, at)| at).collect();
                let observed: Vec<usize> = kept.iter().map(|&(new, _)| new).collect();
                Some(PatternRows {
                    missing: (0..variables.len()).filter(|new| !observed.contains(new)).collect(),
                    observed,
                    n: pattern.n,
                    mean: pattern.mean.select(Axis(0), &columns),
                    deviations: pattern.deviations.select(Axis(1), &columns).as_standard_layout().into_owned(),
                })
            })
            .collect();
        IncompleteRows {
            p: variables.len(),
            n: patterns.iter().map(|pattern| pattern.n).sum(),
            patterns,
            coverage: self.coverage.select(Axis(0), variables).select(Axis(1), variables),
        }
    }

    /// Number of values that are there.
    pub(crate) fn values(&self) -> f64 {
        self.patterns.iter().map(|pattern| pattern.n * pattern.observed.len() as f64).sum()
    }

    /// Mean and variance (divisor: its cases) of one variable, and its number of cases.
    pub(crate) fn alone(&self, variable: usize) -> (f64, f64, f64) {
        let (mut n, mut sum) = (0.0, 0.0);
        let having = || {
            self.patterns.iter().filter_map(|pattern| {
                pattern.observed.iter().position(|&other| other == variable).map(|at| (pattern, at))
            })
        };
        for (pattern, at) in having() {
            n += pattern.n;
            sum += pattern.n * pattern.mean[at];
        }
        let mean = sum / n;
        let squares: f64 = having()
            .map(|(pattern, at)| {
                let deviations = pattern.deviations.column(at);
                deviations.dot(&deviations) + pattern.n * (pattern.mean[at] - mean).powi(2)
            })
            .sum();
        (mean, squares / n, n)
    }
}

/// Deviations of cases times the roots of their weights.
fn by_roots(mut deviations: Array2<f64>, cases: &[usize], weights: &[f64]) -> Array2<f64> {
    for (mut row, &case) in deviations.outer_iter_mut().zip(cases) {
        row *= weights[case].sqrt();
    }
    deviations
}

/// R with R'R = A for a positive semidefinite A.
fn square_root(a: &Array2<f64>) -> Array2<f64> {
    if let Ok(factor) = Cholesky::of(a.view()) {
        // A = L L', so that L^-1 A = L'.
        let mut columns = a.as_standard_layout().into_owned();
        for mut column in columns.outer_iter_mut() {
            factor.forward(column.as_slice_mut().expect("standard layout"));
        }
        return columns.reversed_axes().as_standard_layout().into_owned();
    }
    let (values, vectors) = symmetric_eigen(a.view()).expect("covariances of finite rows have eigenvalues");
    let mut root = vectors.reversed_axes();
    for (mut row, &value) in root.outer_iter_mut().zip(&values) {
        row *= value.max(0.0).sqrt();
    }
    root.as_standard_layout().into_owned()
}
