//! Discrepancies between observed and implied moments of one block. None of them knows a model.

mod factors;
mod full_information;
mod least_squares;
mod maximum_likelihood;
mod weighted_least_squares;

pub(crate) use factors::{FactorSlopes, Factors};
use full_information::FullInformation;
use least_squares::NormalTheoryLeastSquares;
pub(crate) use maximum_likelihood::MaximumLikelihood;
use weighted_least_squares::WeightedLeastSquares;

use std::sync::Arc;

use latva_math::linalg::NotPositiveDefinite;
use ndarray::{Array1, Array2, ArrayView2};

use crate::moment_weight::MomentWeight;
use crate::observed::Observed;
use crate::plan::{Estimator, Mimic, Plan};
use crate::stacked::Stacking;

/// The discrepancy of the plan's estimator for one block's sample.
///
/// # Errors
/// [`NotPositiveDefinite`] for a singular S, where the estimator needs its inverse.
pub(crate) fn discrepancy_of(sample: &Observed, plan: &Plan) -> Result<Box<dyn Discrepancy>, NotPositiveDefinite> {
    if let Some(incomplete) = sample.full_information(plan) {
        return Ok(Box::new(FullInformation::new(Arc::clone(&incomplete.rows), incomplete.deviance.unwrap_or(0.0))));
    }
    let mean = if plan.meanstructure { sample.mean.clone() } else { None };
    let cov = sample.cov.clone();
    Ok(match plan.estimator {
        Estimator::Ml => Box::new(MaximumLikelihood::new(cov, mean, sample.log_det()?)),
        Estimator::Gls => Box::new(NormalTheoryLeastSquares::generalized(cov, mean)?),
        Estimator::Uls if plan.mimic == Mimic::Lavaan => {
            Box::new(WeightedLeastSquares::unweighted(&cov, mean.as_ref()))
        }
        Estimator::Uls => Box::new(NormalTheoryLeastSquares::unweighted(cov, mean)),
        Estimator::Sls => Box::new(NormalTheoryLeastSquares::scale_free(cov, mean)),
        Estimator::Wls | Estimator::Dwls => {
            let weight = sample.weight.as_ref().expect("the sample of weighted least squares has its weight");
            Box::new(WeightedLeastSquares::new(&cov, mean.as_ref(), Arc::clone(weight)))
        }
    })
}

/// A part of the second derivatives of F with respect to theta.
pub(crate) enum Form<'a> {
    /// weight tr(V dSigma_j V dSigma_k).
    Cov { weight: f64, v: &'a Array2<f64> },
    /// weight tr(W dSigma_j W dSigma_k) with W = dF/dSigma at the point.
    Slope { weight: f64 },
    /// weight [tr(UU' dSigma_j UU' dSigma_k) + 2 sum over the rows g of `scores` of (dSigma_j g + dmu_j)'UU'(dSigma_k g + dmu_k)], where dmu
    /// stands with the first row alone; many of them at little cost each.
    LowRank { weight: f64, u: &'a Array2<f64>, scores: ArrayView2<'a, f64> },
    /// weight dmu_j' U dmu_k.
    Mean { weight: f64, u: &'a Array2<f64> },
    /// weight (b'dSigma_j V dmu_k + b'dSigma_k V dmu_j).
    Cross { weight: f64, v: &'a Array2<f64>, b: &'a Array1<f64> },
    /// weight Delta' V Delta, with Delta the Jacobian of the stacked moments.
    Weighted { weight: f64, stacking: Stacking, v: &'a MomentWeight },
    /// weight Delta' V Gamma V Delta, with Gamma that of a normal sample with the covariance matrix `cov`.
    Sampling { weight: f64, stacking: Stacking, v: &'a MomentWeight, cov: &'a Array2<f64> },
}

/// F(mu, Sigma) of one block, with value, derivative and second derivatives.
pub(crate) trait Discrepancy: Send {
    /// F at implied moments. The mean is ignored by discrepancies of covariances alone.
    ///
    /// # Errors
    /// [`NotPositiveDefinite`] where F does not exist.
    fn value(&mut self, cov: &Array2<f64>, mean: &Array1<f64>) -> Result<f64, NotPositiveDefinite>;

    /// F by the factors of the implied covariance matrix; `None` where it is not found by them, which [`Discrepancy::value`] may find.
    fn value_by_factors(&mut self, _mean: &Array1<f64>, _factors: &Factors<'_>) -> Option<f64> {
        None
    }

    /// The sum of the sizes of the terms that F is the sum of, at the point of the last value: rounding of F is of its order.
    fn magnitude(&self) -> f64 {
        0.0
    }

    /// dF/dSigma (symmetric, with dF = tr(W dSigma)) and dF/dmu at the point of the last value.
    fn derivative(&mut self) -> (&Array2<f64>, Option<&Array1<f64>>);

    /// The derivatives by the factors, where the last value was found by them.
    fn factor_slopes(&mut self) -> Option<FactorSlopes<'_>> {
        None
    }

    /// Sigma^-1 at that point, where the discrepancy makes it, which has come to its end with that.
    fn take_implied_inverse(&mut self) -> Option<Array2<f64>> {
        None
    }

    /// The expected second derivatives at that point, form by form.
    fn expected(&mut self, visit: &mut dyn FnMut(Form<'_>));

    /// What the minimiser takes for the second derivatives far from the minimum; nothing is visited, and `false` returned, where these are the
    /// expected ones, as they are unless those are costly.
    fn metric(&mut self, _visit: &mut dyn FnMut(Form<'_>)) -> bool {
        false
    }

    /// The covariance of dF/dtheta in a normal sample with the implied moments, on the scale of the expected second derivatives;
    /// nothing is visited, and `false` returned, where it equals them because the discrepancy is efficient.
    fn gradient_covariance(&mut self, _cov: &Array2<f64>, _visit: &mut dyn FnMut(Form<'_>)) -> bool {
        false
    }

    /// The exact second derivatives at that point but for the curvature tr(W d2Sigma) + w'd2mu; called after
    /// [`Discrepancy::derivative`]. `false` where they are not available.
    fn exact(&mut self, visit: &mut dyn FnMut(Form<'_>)) -> bool;
}
