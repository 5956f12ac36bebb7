//! Least squares with a normal-theory weight: GLS, ULS and SLS.
//!
//! F = 1/2 tr[(V (S - Sigma))^2] + (m - mu)' U (m - mu), with
//! V = U = S^-1 for GLS (Browne 1974), V = U = I for ULS, V = U = diag(S)^-1 for SLS (AMOS's scale-free least squares).
//!
//! dF/dSigma = -V (S - Sigma) V, dF/dmu = -2 U (m - mu); second derivatives tr(V Sigma_j V Sigma_k) + 2 mu_j' U mu_k
//! plus the curvature, exact and expected alike.
//!
//! GLS is efficient under normality. For the others the covariance of the gradient in a normal sample is, on the scale of the
//! second derivatives, tr(H Sigma_j H Sigma_k) + 2 mu_j' H mu_k with H = V Sigma V (Browne 1974).

use latva_math::linalg::{Cholesky, NotPositiveDefinite, dot, matmul};
use ndarray::{Array1, Array2};

use super::{Discrepancy, Form};

/// Least squares of one block with weight V.
#[derive(Debug, Clone)]
pub(crate) struct NormalTheoryLeastSquares {
    cov: Array2<f64>,
    mean: Option<Array1<f64>>,
    weight: Array2<f64>,
    /// Whether the weight is that of GLS.
    efficient: bool,
    residual: Array2<f64>,
    product: Array2<f64>,
    derivative: Array2<f64>,
    residual_mean: Array1<f64>,
    mean_derivative: Array1<f64>,
}

impl NormalTheoryLeastSquares {
    /// GLS.
    ///
    /// # Errors
    /// [`NotPositiveDefinite`] for a singular S.
    pub(crate) fn generalized(cov: Array2<f64>, mean: Option<Array1<f64>>) -> Result<Self, NotPositiveDefinite> {
        let weight = Cholesky::of(cov.view())?.inverse();
        Ok(Self::with_weight(cov, mean, weight, true))
    }

    /// ULS.
    pub(crate) fn unweighted(cov: Array2<f64>, mean: Option<Array1<f64>>) -> Self {
        let weight = Array2::eye(cov.nrows());
        Self::with_weight(cov, mean, weight, false)
    }

    /// SLS.
    pub(crate) fn scale_free(cov: Array2<f64>, mean: Option<Array1<f64>>) -> Self {
        let weight = Array2::from_diag(&cov.diag().mapv(|variance| 1.0 / variance));
        Self::with_weight(cov, mean, weight, false)
    }

    fn with_weight(cov: Array2<f64>, mean: Option<Array1<f64>>, weight: Array2<f64>, efficient: bool) -> Self {
        let p = cov.nrows();
        NormalTheoryLeastSquares {
            residual: Array2::zeros((p, p)),
            product: Array2::zeros((p, p)),
            derivative: Array2::zeros((p, p)),
            residual_mean: Array1::zeros(p),
            mean_derivative: Array1::zeros(p),
            cov,
            mean,
            weight,
            efficient,
        }
    }
}

impl Discrepancy for NormalTheoryLeastSquares {
    fn value(&mut self, cov: &Array2<f64>, mean: &Array1<f64>) -> Result<f64, NotPositiveDefinite> {
        self.residual.assign(&self.cov);
        self.residual -= cov;
        matmul(self.weight.view(), self.residual.view(), self.product.view_mut());
        matmul(self.product.view(), self.weight.view(), self.derivative.view_mut());
        let mut value = 0.5
            * dot(
                self.derivative.as_slice().expect("standard layout"),
                self.residual.as_slice().expect("standard layout"),
            );
        if let Some(sample_mean) = &self.mean {
            self.residual_mean.assign(sample_mean);
            self.residual_mean -= mean;
            for i in 0..cov.nrows() {
                self.mean_derivative[i] = -2.0 * self.weight.row(i).dot(&self.residual_mean);
            }
            value -= 0.5 * self.mean_derivative.dot(&self.residual_mean);
        }
        self.derivative.mapv_inplace(|entry| -entry);
        Ok(value)
    }

    fn derivative(&mut self) -> (&Array2<f64>, Option<&Array1<f64>>) {
        (&self.derivative, self.mean.is_some().then_some(&self.mean_derivative))
    }

    fn expected(&mut self, visit: &mut dyn FnMut(Form<'_>)) {
        visit(Form::Cov { weight: 1.0, v: &self.weight });
        if self.mean.is_some() {
            visit(Form::Mean { weight: 2.0, u: &self.weight });
        }
    }

    fn gradient_covariance(&mut self, cov: &Array2<f64>, visit: &mut dyn FnMut(Form<'_>)) -> bool {
        if self.efficient {
            return false;
        }
        let sandwiched = self.weight.dot(cov).dot(&self.weight);
        visit(Form::Cov { weight: 1.0, v: &sandwiched });
        if self.mean.is_some() {
            visit(Form::Mean { weight: 2.0, u: &sandwiched });
        }
        true
    }

    fn exact(&mut self, visit: &mut dyn FnMut(Form<'_>)) -> bool {
        self.expected(visit);
        true
    }
}
