//! Maximum likelihood of complete data.
//!
//! F = log|Sigma| + tr(S Sigma^-1) - log|S| - p + (m - mu)' Sigma^-1 (m - mu)   (Bollen 1989, eq. 4.67 and app. 4B; Joreskog 1967),
//! zero at a perfect fit; N F is the likelihood-ratio chi-square.
//!
//! With P = Sigma^-1, d = m - mu and T = S + d d':
//! dF/dSigma = P (Sigma - T) P, dF/dmu = -2 P d;
//! expected second derivatives tr(P Sigma_j P Sigma_k) + 2 mu_j' P mu_k (Magnus & Neudecker 2019, ch. 15);
//! exact ones with W = dF/dSigma: tr((P-W) Sigma_j (P-W) Sigma_k) - tr(W Sigma_j W Sigma_k) + 2 mu_j' P mu_k
//! + 2 (d'P Sigma_j P mu_k + d'P Sigma_k P mu_j) + tr(W Sigma_jk) - 2 d'P mu_jk.

use latva_math::linalg::{Cholesky, NotPositiveDefinite, dot, matmul, numbers, numbers_mut};
use ndarray::{Array1, Array2};

use super::factors::{ByFactors, FactorSlopes, Factors};
use super::{Discrepancy, Form};

/// ML of one block.
#[derive(Debug, Clone)]
pub(crate) struct MaximumLikelihood {
    /// S, p x p.
    cov: Array2<f64>,
    /// m, p; `None`: covariances alone.
    mean: Option<Array1<f64>>,
    log_det_sample: f64,
    factor: Cholesky,
    /// The products of the factors of Sigma, where it has such.
    by_factors: Option<ByFactors>,
    /// How far the matrices below have followed the last value.
    state: State,
    /// P.
    inverse: Array2<f64>,
    /// T; `None` where it is S.
    moments: Option<Array2<f64>>,
    /// P T, then P - W; this and W have no elements before they are asked for.
    product: Array2<f64>,
    /// W.
    derivative: Array2<f64>,
    /// -2 P d.
    mean_derivative: Array1<f64>,
    /// |log|Sigma|| + tr(T P).
    terms: f64,
    /// d, then P d.
    residual_mean: Array1<f64>,
}

/// What has been made at the point of the last value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// P, without the factors of Sigma.
    Dense,
    /// The value by the factors.
    Factored,
    /// Also P.
    Inverted,
}

impl MaximumLikelihood {
    /// The discrepancy from sample moments S and m, given log|S|.
    pub(crate) fn new(cov: Array2<f64>, mean: Option<Array1<f64>>, log_det_sample: f64) -> Self {
        let p = cov.nrows();
        MaximumLikelihood {
            log_det_sample,
            factor: Cholesky::with_order(p),
            by_factors: None,
            state: State::Dense,
            inverse: Array2::zeros((p, p)),
            moments: mean.is_some().then(|| cov.clone()),
            product: Array2::default((0, 0)),
            derivative: Array2::default((0, 0)),
            mean_derivative: Array1::zeros(p),
            terms: 0.0,
            residual_mean: Array1::zeros(p),
            cov,
            mean,
        }
    }
}

impl MaximumLikelihood {
    /// Brings d and T to an implied mean.
    fn take_mean(&mut self, mean: &Array1<f64>) {
        let (Some(sample_mean), Some(moments)) = (&self.mean, &mut self.moments) else { return };
        self.residual_mean.assign(sample_mean);
        self.residual_mean -= mean;
        for ((mut moments, cov), own) in moments.outer_iter_mut().zip(self.cov.outer_iter()).zip(&self.residual_mean) {
            moments.assign(&cov);
            moments.scaled_add(*own, &self.residual_mean);
        }
    }

    /// F from log|Sigma| and tr(P T).
    fn assemble(&mut self, log_det: f64, trace: f64) -> f64 {
        self.terms = log_det.abs() + trace;
        log_det - self.log_det_sample + trace - self.cov.nrows() as f64
    }

    /// Brings P to the last value.
    fn invert(&mut self) {
        if let (State::Factored, Some(by_factors)) = (self.state, &mut self.by_factors) {
            by_factors.inverse_into(&mut self.inverse);
            self.state = State::Inverted;
        }
    }
}

impl Discrepancy for MaximumLikelihood {
    fn value(&mut self, cov: &Array2<f64>, mean: &Array1<f64>) -> Result<f64, NotPositiveDefinite> {
        let log_det = self.factor.invert(cov.view(), &mut self.inverse)?;
        self.state = State::Dense;
        self.take_mean(mean);
        let trace = dot(numbers(&self.inverse), numbers(moments_or(&self.moments, &self.cov)));
        Ok(self.assemble(log_det, trace))
    }

    fn value_by_factors(&mut self, mean: &Array1<f64>, factors: &Factors<'_>) -> Option<f64> {
        self.take_mean(mean);
        let by_factors =
            self.by_factors.get_or_insert_with(|| ByFactors::new(factors.loadings.nrows(), factors.columns.len()));
        let (log_det, trace) = by_factors.value(factors, moments_or(&self.moments, &self.cov))?;
        self.state = State::Factored;
        Some(self.assemble(log_det, trace))
    }

    fn magnitude(&self) -> f64 {
        self.terms + self.log_det_sample.abs() + self.cov.nrows() as f64
    }

    fn derivative(&mut self) -> (&Array2<f64>, Option<&Array1<f64>>) {
        self.invert();
        let moments = moments_or(&self.moments, &self.cov);
        give_room(&mut self.derivative, moments.nrows());
        match (self.state, &mut self.by_factors) {
            (State::Inverted, Some(by_factors)) => {
                by_factors.derivative_into(&self.inverse, moments, &mut self.derivative);
            }
            _ => {
                give_room(&mut self.product, moments.nrows());
                matmul(self.inverse.view(), moments.view(), self.product.view_mut());
                matmul(self.product.view(), self.inverse.view(), self.derivative.view_mut());
                let (inverse, derivative) = (numbers(&self.inverse), numbers_mut(&mut self.derivative));
                derivative
                    .iter_mut()
                    .zip(inverse)
                    .for_each(|(derivative, inverse)| *derivative = inverse - *derivative);
            }
        }
        if self.mean.is_none() {
            return (&self.derivative, None);
        }
        for (derivative, row) in self.mean_derivative.iter_mut().zip(self.inverse.outer_iter()) {
            *derivative = -2.0 * row.dot(&self.residual_mean);
        }
        (&self.derivative, Some(&self.mean_derivative))
    }

    fn factor_slopes(&mut self) -> Option<FactorSlopes<'_>> {
        let by_factors = self.by_factors.as_mut().filter(|_| self.state != State::Dense)?;
        let mean = self.mean.as_ref().map(|_| {
            by_factors.solve(&self.residual_mean, &mut self.mean_derivative);
            self.mean_derivative *= -2.0;
            &self.mean_derivative
        });
        Some(FactorSlopes { mean, ..by_factors.slopes(moments_or(&self.moments, &self.cov)) })
    }

    fn take_implied_inverse(&mut self) -> Option<Array2<f64>> {
        self.invert();
        Some(std::mem::take(&mut self.inverse))
    }

    fn expected(&mut self, visit: &mut dyn FnMut(Form<'_>)) {
        self.invert();
        visit(Form::Cov { weight: 1.0, v: &self.inverse });
        if self.mean.is_some() {
            visit(Form::Mean { weight: 2.0, u: &self.inverse });
        }
    }

    fn exact(&mut self, visit: &mut dyn FnMut(Form<'_>)) -> bool {
        give_room(&mut self.product, self.cov.nrows());
        self.product.assign(&self.inverse);
        self.product -= &self.derivative;
        visit(Form::Cov { weight: 1.0, v: &self.product });
        visit(Form::Slope { weight: -1.0 });
        if self.mean.is_some() {
            visit(Form::Mean { weight: 2.0, u: &self.inverse });
            // P d = -1/2 dF/dmu
            visit(Form::Cross { weight: -1.0, v: &self.inverse, b: &self.mean_derivative });
        }
        true
    }
}

/// T, which is S where there is none of its own.
fn moments_or<'a>(own: &'a Option<Array2<f64>>, cov: &'a Array2<f64>) -> &'a Array2<f64> {
    own.as_ref().unwrap_or(cov)
}

/// Makes a buffer a p x p matrix.
fn give_room(buffer: &mut Array2<f64>, p: usize) {
    if buffer.nrows() != p {
        *buffer = Array2::zeros((p, p));
    }
}
