//! Full-information maximum likelihood of incomplete rows.
//!
//! F = 1/N sum over rows of [log|Sigma_oo| + d'Sigma_oo^-1 d] less the same of the unrestricted model, with o the variables that
//! a row has and d = x_o - mu_o (Arbuckle 1996; Enders & Bandalos 2001), so that N F is the likelihood-ratio chi-square.
//!
//! With the rows completed at (Sigma, mu) (`incomplete`): K = Sigma^-1, e the completed residuals, T their expected second
//! moments, C the mean of Cov(x_m | x_o), g = K e the scores, V = K_.m K_mm^-1 K_m. of a pattern, so that Sigma_oo^-1 is K - V:
//! dF/dSigma = K - K T K = W, dF/dmu = -2 K mean(e), as of complete data with moments T.
//!
//! Expected second derivatives, w the share of a pattern and Q = sum of w V = K C K:
//! sum of w [tr((K-V) Sigma_j (K-V) Sigma_k) + 2 mu_j'(K-V) mu_k]
//! = tr((K-Q) Sigma_j (K-Q) Sigma_k) - tr(Q Sigma_j Q Sigma_k) + sum of w tr(V Sigma_j V Sigma_k) + 2 mu_j'(K-Q) mu_k.
//!
//! Exact second derivatives: those of complete data with moments T less the missing information (Louis 1982),
//! sum over rows of 1/N [tr(V Sigma_j V Sigma_k) + 2 (Sigma_j g + mu_j)'V (Sigma_k g + mu_k)].
//!
//! Metric of the minimiser: tr((K-Q) Sigma_j (K-Q) Sigma_k) + 2 mu_j'(K-Q) mu_k, which needs no visit of the patterns.

use std::sync::Arc;

use latva_math::linalg::{NotPositiveDefinite, matmul};
use ndarray::{Array1, Array2};

use super::{Discrepancy, Form};
use crate::implied::width;
use crate::incomplete::{Completion, IncompleteRows};

/// Columns up to which a pattern is visited as a form of low rank; beyond, tables of its matrices cost less.
const WIDEST: usize = 40;

/// FIML of one block.
#[derive(Debug, Clone)]
pub(crate) struct FullInformation {
    completion: Completion,
    /// Deviance of one case under the unrestricted model.
    saturated: f64,
    /// W.
    derivative: Array2<f64>,
    mean_derivative: Array1<f64>,
    /// No row of scores.
    none: Array2<f64>,
    /// Buffers.
    product: Array2<f64>,
    first: Array2<f64>,
    second: Array2<f64>,
}

impl FullInformation {
    /// The discrepancy of rows, with the deviance of the unrestricted model.
    pub(crate) fn new(rows: Arc<IncompleteRows>, saturated: f64) -> Self {
        let p = rows.p;
        let square = Array2::zeros((p, p));
        FullInformation {
            completion: Completion::new(rows),
            saturated,
            derivative: square.clone(),
            mean_derivative: Array1::zeros(p),
            none: Array2::zeros((0, p)),
            product: square.clone(),
            first: square.clone(),
            second: square,
        }
    }

    /// K - Q into `first`, Q into `second`.
    fn kept_and_lost(&mut self) {
        let inverse = self.completion.inverse();
        matmul(inverse.view(), self.completion.conditional().view(), self.product.view_mut());
        matmul(self.product.view(), inverse.view(), self.second.view_mut());
        symmetrize(&mut self.second);
        self.first.assign(inverse);
        self.first -= &self.second;
    }
}

impl Discrepancy for FullInformation {
    fn value(&mut self, cov: &Array2<f64>, mean: &Array1<f64>) -> Result<f64, NotPositiveDefinite> {
        Ok(self.completion.update(cov, mean)? - self.saturated)
    }

    fn magnitude(&self) -> f64 {
        self.completion.magnitude() + self.saturated.abs()
    }

    fn derivative(&mut self) -> (&Array2<f64>, Option<&Array1<f64>>) {
        let inverse = self.completion.inverse();
        matmul(inverse.view(), self.completion.moments().view(), self.product.view_mut());
        matmul(self.product.view(), inverse.view(), self.derivative.view_mut());
        self.derivative.mapv_inplace(|value| -value);
        self.derivative += inverse;
        symmetrize(&mut self.derivative);
        self.mean_derivative.assign(&(inverse.dot(self.completion.mean_residual()) * -2.0));
        (&self.derivative, Some(&self.mean_derivative))
    }

    fn metric(&mut self, visit: &mut dyn FnMut(Form<'_>)) -> bool {
        self.kept_and_lost();
        visit(Form::Cov { weight: 1.0, v: &self.first });
        visit(Form::Mean { weight: 2.0, u: &self.first });
        true
    }

    fn expected(&mut self, visit: &mut dyn FnMut(Form<'_>)) {
        self.metric(visit);
        visit(Form::Cov { weight: -1.0, v: &self.second });
        let rows = self.completion.rows();
        for (index, pattern) in rows.patterns.iter().enumerate() {
            let weight = pattern.n / rows.n;
            if pattern.missing.is_empty() {
                continue;
            }
            if width(pattern.missing.len(), 0) <= WIDEST {
                let u = self.completion.root_of_lost(index);
                visit(Form::LowRank { weight, u: &u, scores: self.none.view() });
            } else {
                self.completion.lost(index, &mut self.first);
                visit(Form::Cov { weight, v: &self.first });
            }
        }
    }

    fn exact(&mut self, visit: &mut dyn FnMut(Form<'_>)) -> bool {
        let inverse = self.completion.inverse();
        self.first.assign(inverse);
        self.first -= &self.derivative;
        visit(Form::Cov { weight: 1.0, v: &self.first });
        visit(Form::Slope { weight: -1.0 });
        visit(Form::Mean { weight: 2.0, u: inverse });
        // K mean(e) = -1/2 dF/dmu
        visit(Form::Cross { weight: -1.0, v: inverse, b: &self.mean_derivative });
        self.completion.score();
        let rows = self.completion.rows();
        for (index, pattern) in rows.patterns.iter().enumerate() {
            if pattern.missing.is_empty() {
                continue;
            }
            let weight = pattern.n / rows.n;
            let scores = self.completion.scores(index);
            if width(pattern.missing.len(), scores.nrows()) <= WIDEST {
                let (u, scores) = (self.completion.root_of_lost(index), &scores / pattern.n.sqrt());
                visit(Form::LowRank { weight: -weight, u: &u, scores: scores.view() });
                continue;
            }
            self.completion.lost(index, &mut self.first);
            // tr(V Sigma_j V Sigma_k) + 2 tr(V Sigma_j G Sigma_k) with G the mean of g g'.
            matmul(scores.t(), scores, self.second.view_mut());
            self.second /= pattern.n;
            let mean_score = &scores.row(0) / pattern.n.sqrt();
            visit(Form::Mean { weight: -2.0 * weight, u: &self.first });
            visit(Form::Cross { weight: -2.0 * weight, v: &self.first, b: &mean_score });
            visit(Form::Cov { weight, v: &self.second });
            self.first += &self.second;
            visit(Form::Cov { weight: -weight, v: &self.first });
        }
        true
    }
}

fn symmetrize(a: &mut Array2<f64>) {
    for i in 0..a.nrows() {
        for j in 0..i {
            let value = 0.5 * (a[[i, j]] + a[[j, i]]);
            a[[i, j]] = value;
            a[[j, i]] = value;
        }
    }
}
