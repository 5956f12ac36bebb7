//! Least squares with a weight of the stacked moments: WLS (ADF), DWLS and lavaan's ULS.
//!
//! F = r'V r with r = s - sigma, the moments in the order of [`Stacking`]: V is the inverse of the asymptotic covariance matrix
//! of the sample moments for WLS, the inverse of its diagonal for DWLS (Browne 1984; Muthen, du Toit & Spisic 1997), I for ULS as
//! lavaan has it: each variance counts like each covariance, where tr(R^2) / 2 counts it half.
//!
//! dF/dsigma = -2 V r; second derivatives 2 Delta' V Delta plus the curvature, exact and expected alike.

use std::sync::Arc;

use latva_math::linalg::NotPositiveDefinite;
use ndarray::{Array1, Array2};

use super::{Discrepancy, Form};
use crate::moment_weight::MomentWeight;
use crate::stacked::Stacking;

/// Weighted least squares of one block.
#[derive(Debug, Clone)]
pub(crate) struct WeightedLeastSquares {
    stacking: Stacking,
    /// s, k.
    sample: Vec<f64>,
    weight: Arc<MomentWeight>,
    /// Whether standard errors are those of a normal sample, whatever the weight.
    normal_errors: bool,
    /// r as a column, k x 1.
    residual: Array2<f64>,
    /// V r, k x 1.
    weighted: Array2<f64>,
    derivative: Array2<f64>,
    mean_derivative: Array1<f64>,
}

impl WeightedLeastSquares {
    /// The discrepancy from sample moments S and m (`None`: covariances alone).
    pub(crate) fn new(cov: &Array2<f64>, mean: Option<&Array1<f64>>, weight: Arc<MomentWeight>) -> Self {
        let p = cov.nrows();
        let stacking = Stacking { p, means: mean.is_some() };
        WeightedLeastSquares {
            stacking,
            sample: stacking.stack(mean.map(|mean| mean.view()), cov.view()),
            weight,
            normal_errors: false,
            residual: Array2::zeros((stacking.len(), 1)),
            weighted: Array2::zeros((stacking.len(), 1)),
            derivative: Array2::zeros((p, p)),
            mean_derivative: Array1::zeros(if stacking.means { p } else { 0 }),
        }
    }

    /// lavaan's ULS.
    pub(crate) fn unweighted(cov: &Array2<f64>, mean: Option<&Array1<f64>>) -> Self {
        let weight = Arc::new(MomentWeight::unit(Stacking { p: cov.nrows(), means: mean.is_some() }));
        WeightedLeastSquares { normal_errors: true, ..Self::new(cov, mean, weight) }
    }
}

impl Discrepancy for WeightedLeastSquares {
    fn value(&mut self, cov: &Array2<f64>, mean: &Array1<f64>) -> Result<f64, NotPositiveDefinite> {
        let first = self.stacking.first_covariance();
        for (i, target) in self.residual.iter_mut().take(first).enumerate() {
            *target = self.sample[i] - mean[i];
        }
        for (index, pair) in self.stacking.pairs().enumerate() {
            self.residual[[first + index, 0]] = self.sample[first + index] - cov[pair];
        }
        self.weight.apply(self.stacking, self.residual.view(), &mut self.weighted);
        Ok(self.residual.iter().zip(&self.weighted).map(|(r, weighted)| r * weighted).sum())
    }

    fn derivative(&mut self) -> (&Array2<f64>, Option<&Array1<f64>>) {
        let first = self.stacking.first_covariance();
        for (target, weighted) in self.mean_derivative.iter_mut().zip(&self.weighted) {
            *target = -2.0 * weighted;
        }
        for (index, (i, j)) in self.stacking.pairs().enumerate() {
            // An off-diagonal element stands twice in tr(W dSigma).
            let value = self.weighted[[first + index, 0]] * if i == j { -2.0 } else { -1.0 };
            self.derivative[[i, j]] = value;
            self.derivative[[j, i]] = value;
        }
        (&self.derivative, self.stacking.means.then_some(&self.mean_derivative))
    }

    fn expected(&mut self, visit: &mut dyn FnMut(Form<'_>)) {
        visit(Form::Weighted { weight: 2.0, stacking: self.stacking, v: &self.weight });
    }

    fn gradient_covariance(&mut self, cov: &Array2<f64>, visit: &mut dyn FnMut(Form<'_>)) -> bool {
        if self.normal_errors {
            visit(Form::Sampling { weight: 2.0, stacking: self.stacking, v: &self.weight, cov });
        }
        self.normal_errors
    }

    fn exact(&mut self, visit: &mut dyn FnMut(Form<'_>)) -> bool {
        self.expected(visit);
        true
    }
}
