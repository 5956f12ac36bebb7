//! Completion of the residuals of incomplete rows at a point (Sigma, mu): the E step.

use std::sync::Arc;

use latva_math::linalg::{Cholesky, NotPositiveDefinite, dot, matmul};
use ndarray::{Array1, Array2, ArrayView2, Axis, s};

use super::{IncompleteRows, PatternRows};

const STANDARD: &str = "standard layout";

/// One pattern's part, with its buffers.
#[derive(Debug, Clone)]
struct Part {
    /// First row of the pattern in the completed residuals.
    first: usize,
    /// Factor of K_mm.
    factor: Cholesky,
    /// K_mm, then K_mm^-1.
    conditional: Array2<f64>,
    /// The deviation of the pattern's mean from mu, times the square root of its cases, o.
    of_mean: Vec<f64>,
    /// K_mo d of one row, m.
    pulled: Vec<f64>,
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
    /// The sum of the sizes of the terms of the deviance.
    magnitude: f64,
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
                    of_mean: vec![0.0; o],
                    pulled: vec![0.0; m],
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
            magnitude: 0.0,
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

    /// The sum of the sizes of the terms that the last deviance was the sum of.
    pub(crate) fn magnitude(&self) -> f64 {
        self.magnitude
    }

    /// Completes the rows at Sigma and mu. The value is the deviance of one case but for the constant,
    /// 1/N sum over the rows of log|Sigma_oo| + d' Sigma_oo^-1 d.
    ///
    /// # Errors
    /// [`NotPositiveDefinite`] for Sigma.
    pub(crate) fn update(&mut self, cov: &Array2<f64>, mean: &Array1<f64>) -> Result<f64, NotPositiveDefinite> {
        self.factor.factor(cov.view())?;
        self.factor.inverse_into(&mut self.inverse);
        let (n, p) = (self.rows.n, self.rows.p);
        let mut log_det = self.factor.log_det();
        let (inverse, mean) = (self.inverse.as_slice().expect(STANDARD), mean.as_slice().expect(STANDARD));
        let residuals = self.residuals.as_slice_mut().expect(STANDARD);
        let conditional = self.conditional.as_slice_mut().expect(STANDARD);
        let mean_residual = self.mean_residual.as_slice_mut().expect(STANDARD);
        conditional.fill(0.0);
        mean_residual.fill(0.0);
        for (part, pattern) in self.parts.iter_mut().zip(&self.rows.patterns) {
            let weight = pattern.n / n;
            if !pattern.missing.is_empty() {
                log_det += weight * part.condition(inverse, p, pattern)?;
            }
            let own = &mut residuals[part.first * p..(part.first + 1 + pattern.deviations.nrows()) * p];
            part.complete(inverse, pattern, mean, own);
            let among = part.conditional.as_slice().expect(STANDARD);
            for (values, &i) in among.chunks_exact(pattern.missing.len().max(1)).zip(&pattern.missing) {
                let row = &mut conditional[i * p..(i + 1) * p];
                values.iter().zip(&pattern.missing).for_each(|(value, &j)| row[j] += weight * value);
            }
            let share = pattern.n.sqrt() / n;
            mean_residual.iter_mut().zip(&*own).for_each(|(total, value)| *total += share * value);
        }
        matmul(self.residuals.t(), self.residuals.view(), self.moments.view_mut());
        self.moments /= n;
        let distance = dot(self.inverse.as_slice().expect(STANDARD), self.moments.as_slice().expect(STANDARD));
        self.moments += &self.conditional;
        self.magnitude = log_det.abs() + distance;
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
        let (p, m) = (self.rows.p, pattern.missing.len());
        let mut root = Array2::zeros((p, m));
        let inverse = self.inverse.as_slice().expect(STANDARD).chunks_exact(p);
        for (row, own) in root.as_slice_mut().expect(STANDARD).chunks_exact_mut(m).zip(inverse) {
            row.iter_mut().zip(&pattern.missing).for_each(|(target, &i)| *target = own[i]);
            part.factor.forward(row);
        }
        root
    }

    /// V = K_.m K_mm^-1 K_m. of the pattern of that index into `lost` (p x p).
    pub(crate) fn lost(&self, index: usize, lost: &mut Array2<f64>) {
        let (part, pattern) = (&self.parts[index], &self.rows.patterns[index]);
        let slopes = part.conditional.dot(&self.inverse.select(Axis(0), &pattern.missing));
        lost.fill(0.0);
        for (slopes, &i) in slopes.outer_iter().zip(&pattern.missing) {
            for (mut row, factor) in lost.outer_iter_mut().zip(self.inverse.column(i)) {
                row.scaled_add(*factor, &slopes);
            }
        }
    }
}

impl Part {
    /// K_mm^-1; the value is log|K_mm|.
    fn condition(&mut self, inverse: &[f64], p: usize, pattern: &PatternRows) -> Result<f64, NotPositiveDefinite> {
        let missing = &pattern.missing;
        let m = missing.len();
        let among = self.conditional.as_slice_mut().expect(STANDARD);
        for (row, &i) in among.chunks_exact_mut(m).zip(missing) {
            let own = &inverse[i * p..(i + 1) * p];
            row.iter_mut().zip(missing).for_each(|(target, &j)| *target = own[j]);
        }
        self.factor
            .factor(self.conditional.view())
            .map_err(|failure| NotPositiveDefinite { pivot: missing[failure.pivot] })?;
        self.factor.inverse_into(&mut self.conditional);
        Ok(self.factor.log_det())
    }

    /// The completed residuals of the pattern's mean and deviations, by rows.
    fn complete(&mut self, inverse: &[f64], pattern: &PatternRows, mean: &[f64], residuals: &mut [f64]) {
        let Part { conditional, of_mean, pulled, .. } = self;
        let (root, p) = (pattern.n.sqrt(), mean.len());
        for ((value, &j), own) in of_mean.iter_mut().zip(&pattern.observed).zip(&pattern.mean) {
            *value = root * (own - mean[j]);
        }
        let conditional = conditional.as_slice().expect(STANDARD);
        let deviations = pattern.deviations.as_slice().expect(STANDARD).chunks_exact(pattern.observed.len().max(1));
        for (row, there) in residuals.chunks_exact_mut(p).zip(std::iter::once(&of_mean[..]).chain(deviations)) {
            // With zeros where values are missing, whole rows of K serve.
            pattern.missing.iter().for_each(|&i| row[i] = 0.0);
            pattern.observed.iter().zip(there).for_each(|(&j, value)| row[j] = *value);
            for (value, &i) in pulled.iter_mut().zip(&pattern.missing) {
                *value = dot(&inverse[i * p..(i + 1) * p], row);
            }
            for (factors, &i) in conditional.chunks_exact(pulled.len().max(1)).zip(&pattern.missing) {
                row[i] = -factors.iter().zip(&*pulled).map(|(factor, value)| factor * value).sum::<f64>();
            }
        }
    }
}
