//! Completion of the residuals of incomplete rows at a point (Sigma, mu): the E step.

use std::sync::Arc;

use latva_math::linalg::{Cholesky, NotPositiveDefinite, dot, matmul};
use ndarray::{Array1, Array2, ArrayView2, ArrayViewMut1, Axis, s};

use super::{IncompleteRows, PatternRows};

/// One pattern's part, with its buffers.
#[derive(Debug, Clone)]
struct Part {
    /// First row of the pattern in the completed residuals.
    first: usize,
    /// Factor of K_mm.
    factor: Cholesky,
    /// K_mm, then K_mm^-1.
    conditional: Array2<f64>,
    /// K_mm^-1 K_mo, m x o.
    regression: Array2<f64>,
    /// The deviation of the pattern's mean from mu, times the square root of its cases, o.
    of_mean: Vec<f64>,
}

/// The completed residuals of all rows and what follows from them.
#[derive(Debug, Clone)]
pub(crate) struct Completion {
    rows: Arc<IncompleteRows>,
    parts: Vec<Part>,
    factor: Cholesky,
    /// K = Sigma^-1, p x p.
    inverse: Array2<f64>,
    /// e, one row for the mean of each pattern (times the square root of its cases) and one for each of its deviations.
    residuals: Array2<f64>,
    /// K e, in the same rows.
    scores: Array2<f64>,
    /// 1/N sum of e e' + Cov(x_m | x_o): the expected second moments about mu of the completed rows, p x p.
    moments: Array2<f64>,
    /// 1/N sum of Cov(x_m | x_o), p x p.
    conditional: Array2<f64>,
    /// 1/N sum of e, p.
    mean_residual: Array1<f64>,
}

impl Completion {
    /// Buffers for a block's rows.
    pub(crate) fn new(rows: Arc<IncompleteRows>) -> Self {
        let p = rows.p;
        let mut first = 0;
        let parts = rows
            .patterns
            .iter()
            .map(|pattern| {
                let (m, o) = (pattern.missing.len(), pattern.observed.len());
                let part = Part {
                    first,
                    factor: Cholesky::with_order(m),
                    conditional: Array2::zeros((m, m)),
                    regression: Array2::zeros((m, o)),
                    of_mean: vec![0.0; o],
                };
                first += 1 + pattern.deviations.nrows();
                part
            })
            .collect();
        Completion {
            parts,
            factor: Cholesky::with_order(p),
            inverse: Array2::zeros((p, p)),
            residuals: Array2::zeros((first, p)),
            scores: Array2::zeros((first, p)),
            moments: Array2::zeros((p, p)),
            conditional: Array2::zeros((p, p)),
            mean_residual: Array1::zeros(p),
            rows,
        }
    }

    /// The rows.
    pub(crate) fn rows(&self) -> &IncompleteRows {
        &self.rows
    }

    /// K.
    pub(crate) fn inverse(&self) -> &Array2<f64> {
        &self.inverse
    }

    /// Expected second moments about mu of the completed rows.
    pub(crate) fn moments(&self) -> &Array2<f64> {
        &self.moments
    }

    /// 1/N sum of Cov(x_m | x_o).
    pub(crate) fn conditional(&self) -> &Array2<f64> {
        &self.conditional
    }

    /// Mean of the completed residuals.
    pub(crate) fn mean_residual(&self) -> &Array1<f64> {
        &self.mean_residual
    }

    /// Completes the rows at Sigma and mu. The value is the deviance of one case but for the constant,
    /// 1/N sum over the rows of log|Sigma_oo| + d' Sigma_oo^-1 d.
    ///
    /// # Errors
    /// [`NotPositiveDefinite`] for Sigma.
    pub(crate) fn update(&mut self, cov: &Array2<f64>, mean: &Array1<f64>) -> Result<f64, NotPositiveDefinite> {
        self.factor.factor(cov.view())?;
        self.factor.inverse_into(&mut self.inverse);
        self.conditional.fill(0.0);
        self.mean_residual.fill(0.0);
        let n = self.rows.n;
        let mut log_det = self.factor.log_det();
        for (part, pattern) in self.parts.iter_mut().zip(&self.rows.patterns) {
            let weight = pattern.n / n;
            if !pattern.missing.is_empty() {
                log_det += weight * part.condition(&self.inverse, pattern)?;
            }
            part.complete(pattern, mean, &mut self.residuals);
            for (a, &i) in pattern.missing.iter().enumerate() {
                for (b, &j) in pattern.missing.iter().enumerate() {
                    self.conditional[[i, j]] += weight * part.conditional[[a, b]];
                }
            }
            self.mean_residual.scaled_add(pattern.n.sqrt() / n, &self.residuals.row(part.first));
        }
        matmul(self.residuals.t(), self.residuals.view(), self.moments.view_mut());
        self.moments /= n;
        let distance =
            dot(self.inverse.as_slice().expect("standard layout"), self.moments.as_slice().expect("standard layout"));
        self.moments += &self.conditional;
        Ok(log_det + distance)
    }

    /// Computes K e of all rows, which [`Completion::scores`] gives out.
    pub(crate) fn score(&mut self) {
        matmul(self.residuals.view(), self.inverse.view(), self.scores.view_mut());
    }

    /// The scores K e of the pattern of that index, by rows: of its mean, times the square root of its cases, and of its deviations.
    pub(crate) fn scores(&self, index: usize) -> ArrayView2<'_, f64> {
        let (part, pattern) = (&self.parts[index], &self.rows.patterns[index]);
        self.scores.slice(s![part.first..part.first + 1 + pattern.deviations.nrows(), ..])
    }

    /// U (p x m) with U U' = V = K_.m K_mm^-1 K_m. of the pattern of that index, by which K exceeds the inverse of the observed part:
    /// U' = L^-1 K_m. with K_mm = L L'.
    pub(crate) fn root_of_lost(&self, index: usize) -> Array2<f64> {
        let (part, pattern) = (&self.parts[index], &self.rows.patterns[index]);
        let mut root = self.inverse.select(Axis(1), &pattern.missing).as_standard_layout().into_owned();
        for mut row in root.outer_iter_mut() {
            part.factor.forward(row.as_slice_mut().expect("standard layout"));
        }
        root
    }

    /// V = K_.m K_mm^-1 K_m. of the pattern of that index into `lost` (p x p).
    pub(crate) fn lost(&self, index: usize, lost: &mut Array2<f64>) {
        let (part, pattern) = (&self.parts[index], &self.rows.patterns[index]);
        // K_mm^-1 K_m. has K_mm^-1 K_mo at the observed variables and the identity at the missing ones.
        lost.fill(0.0);
        let p = self.rows.p;
        for (a, &i) in pattern.missing.iter().enumerate() {
            for row in 0..p {
                let factor = self.inverse[[row, i]];
                for (b, &j) in pattern.observed.iter().enumerate() {
                    lost[[row, j]] += factor * part.regression[[a, b]];
                }
                lost[[row, i]] += factor;
            }
        }
    }
}

impl Part {
    /// K_mm^-1 and K_mm^-1 K_mo; the value is log|K_mm|.
    fn condition(&mut self, inverse: &Array2<f64>, pattern: &PatternRows) -> Result<f64, NotPositiveDefinite> {
        let PatternRows { observed, missing, .. } = pattern;
        for (a, &i) in missing.iter().enumerate() {
            for (b, &j) in missing.iter().enumerate() {
                self.conditional[[a, b]] = inverse[[i, j]];
            }
        }
        self.factor
            .factor(self.conditional.view())
            .map_err(|failure| NotPositiveDefinite { pivot: missing[failure.pivot] })?;
        self.factor.inverse_into(&mut self.conditional);
        self.regression.fill(0.0);
        for (a, mut row) in self.regression.outer_iter_mut().enumerate() {
            for (c, &k) in missing.iter().enumerate() {
                let factor = self.conditional[[a, c]];
                for (entry, &j) in row.iter_mut().zip(observed) {
                    *entry += factor * inverse[[k, j]];
                }
            }
        }
        Ok(self.factor.log_det())
    }

    /// The completed residuals of the pattern's mean and deviations.
    fn complete(&mut self, pattern: &PatternRows, mean: &Array1<f64>, residuals: &mut Array2<f64>) {
        let Part { first, regression, of_mean, .. } = self;
        let root = pattern.n.sqrt();
        for ((value, &j), own) in of_mean.iter_mut().zip(&pattern.observed).zip(&pattern.mean) {
            *value = root * (own - mean[j]);
        }
        let complete = |there: &[f64], mut row: ArrayViewMut1<f64>| {
            for (&j, &value) in pattern.observed.iter().zip(there) {
                row[j] = value;
            }
            for (&i, slopes) in pattern.missing.iter().zip(regression.outer_iter()) {
                row[i] = -dot(slopes.to_slice().expect("standard layout"), there);
            }
        };
        complete(of_mean, residuals.row_mut(*first));
        for (at, deviation) in pattern.deviations.outer_iter().enumerate() {
            complete(deviation.to_slice().expect("standard layout"), residuals.row_mut(*first + 1 + at));
        }
    }
}
