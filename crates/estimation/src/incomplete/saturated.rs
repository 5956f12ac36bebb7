//! Mean and covariance matrix of the unrestricted normal model by the EM algorithm.
//!
//! E step: the rows completed at (Sigma, mu), with T the expected second moments about mu and e the mean completed residual;
//! M step: mu + e, T - e e' (Dempster, Laird & Rubin 1977; Little & Rubin 2019, sec. 11.2).
//! Two steps are extrapolated to one by squared vectors (SQUAREM, step length 3 of Varadhan & Roland 2008) where that does not raise
//! the deviance, so that much missing information costs tens of steps instead of thousands.

use std::sync::Arc;

use latva_math::linalg::dot;
use ndarray::{Array1, Array2};

use super::{Completion, IncompleteRows};

/// Length of the last step, in standard errors of complete data, at which the iteration ends. The deviance is off by its square.
const TOLERANCE: f64 = 1e-9;
/// The same where steps no longer get shorter, because rounding of nearly collinear variables hides what is left.
const ROUNDING: f64 = 1e-5;
/// Extrapolations without a shorter step after which that is so.
const STALLED: usize = 8;
/// Extrapolations before giving up.
const MAX_CYCLES: usize = 5000;

/// The unrestricted model of incomplete rows.
#[derive(Debug, Clone)]
pub(crate) struct Saturated {
    /// Covariance matrix, p x p.
    pub(crate) cov: Array2<f64>,
    /// Mean, p.
    pub(crate) mean: Array1<f64>,
    /// Deviance of one case but for the constant ([`Completion::update`]); `None` where the likelihood has no maximum, because
    /// the covariance matrix tends to a singular one: then the moments are those before it got there.
    pub(crate) deviance: Option<f64>,
}

/// A point, (Sigma, mu) in one row.
type Point = Vec<f64>;

/// Fits the unrestricted model.
pub(crate) fn saturated(rows: &Arc<IncompleteRows>) -> Saturated {
    let mut em = Em::new(rows);
    let p = rows.p;
    let mut start = vec![0.0; p * p + p];
    for i in 0..p {
        let (mean, variance, _) = rows.alone(i);
        start[i * p + i] = variance;
        start[p * p + i] = mean;
    }
    let scale: Vec<f64> = (0..p).map(|i| start[i * p + i].sqrt()).collect();
    let squared = |bound: f64| bound * bound / rows.n;
    let (mut shortest, mut since): (Option<f64>, usize) = (None, 0);
    let mut at = start;
    let Some(mut deviance) = em.complete(&at) else { return em.without_maximum(at) };
    for _ in 0..MAX_CYCLES {
        let first = em.step(&at);
        let length = em.length(&at, &first);
        if shortest.is_none_or(|shortest| length < shortest) {
            (shortest, since) = (Some(length), 0);
        } else {
            since += 1;
        }
        if length < squared(TOLERANCE) || (since >= STALLED && length < squared(ROUNDING)) {
            return Saturated { deviance: Some(deviance), cov: em.cov.clone(), mean: em.mean.clone() };
        }
        let Some(after_first) = em.complete(&first) else { return em.without_maximum(at) };
        let second = em.step(&first);
        let target = extrapolate(&at, &first, &second, &scale);
        deviance = match target.as_ref().and_then(|target| em.complete(target)) {
            Some(value) if value <= after_first => {
                at = target.expect("it has a value");
                value
            }
            _ => match em.complete(&second) {
                Some(value) => {
                    at = second;
                    value
                }
                None => return em.without_maximum(first),
            },
        };
    }
    em.without_maximum(at)
}

/// at + 2 a r + a^2 v with r = first - at, v = second - first - r and a = |r| / |v|, in units of standard deviations;
/// `None` where that is no longer than the two steps themselves.
fn extrapolate(at: &[f64], first: &[f64], second: &[f64], scale: &[f64]) -> Option<Point> {
    let p = scale.len();
    let unit = |index: usize| {
        if index < p * p { scale[index / p] * scale[index % p] } else { scale[index - p * p] }
    };
    let (mut r2, mut v2) = (0.0, 0.0);
    for index in 0..at.len() {
        let r = (first[index] - at[index]) / unit(index);
        let v = (second[index] - first[index]) / unit(index) - r;
        r2 += r * r;
        v2 += v * v;
    }
    let length = (r2 / v2).sqrt();
    (length.is_finite() && length > 1.0).then(|| {
        (0..at.len())
            .map(|index| {
                let r = first[index] - at[index];
                let v = second[index] - first[index] - r;
                at[index] + 2.0 * length * r + length * length * v
            })
            .collect()
    })
}

/// The iteration's buffers.
struct Em {
    completion: Completion,
    cov: Array2<f64>,
    mean: Array1<f64>,
}

impl Em {
    fn new(rows: &Arc<IncompleteRows>) -> Self {
        let p = rows.p;
        Em { completion: Completion::new(Arc::clone(rows)), cov: Array2::zeros((p, p)), mean: Array1::zeros(p) }
    }

    fn unpack(&mut self, point: &[f64]) {
        let p = self.mean.len();
        for i in 0..p {
            for j in 0..p {
                self.cov[[i, j]] = point[i * p + j];
            }
            self.mean[i] = point[p * p + i];
        }
    }

    /// E step; the deviance, where the covariance matrix is positive definite.
    fn complete(&mut self, point: &[f64]) -> Option<f64> {
        self.unpack(point);
        self.completion.update(&self.cov, &self.mean).ok().filter(|value| value.is_finite())
    }

    /// M step from the point of the last E step.
    fn step(&self, point: &[f64]) -> Point {
        let p = self.mean.len();
        let (moments, change) = (self.completion.moments(), self.completion.mean_residual());
        let mut next = vec![0.0; point.len()];
        for i in 0..p {
            for j in 0..p {
                let (row, column) = (i.max(j), i.min(j));
                next[i * p + j] = moments[[row, column]] - change[row] * change[column];
            }
            next[p * p + i] = point[p * p + i] + change[i];
        }
        next
    }

    /// Squared length of a step in standard errors of one complete case: 1/2 tr(K D K D) + d'K d.
    fn length(&self, from: &[f64], to: &[f64]) -> f64 {
        let p = self.mean.len();
        let change = Array2::from_shape_fn((p, p), |(i, j)| to[i * p + j] - from[i * p + j]);
        let product = self.completion.inverse().dot(&change);
        let transposed = product.t().as_standard_layout().into_owned();
        let trace = dot(product.as_slice().expect("a product"), transposed.as_slice().expect("standard layout"));
        let mean = Array1::from_shape_fn(p, |i| to[p * p + i] - from[p * p + i]);
        0.5 * trace + mean.dot(&self.completion.inverse().dot(&mean))
    }

    fn without_maximum(mut self, last: Point) -> Saturated {
        self.unpack(&last);
        Saturated { cov: self.cov, mean: self.mean, deviance: None }
    }
}
