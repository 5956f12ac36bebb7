//! Statistics behind the robust CFI, TLI and RMSEA of incomplete data.
//!
//! The chi-square of full-information maximum likelihood estimates a noncentrality that depends on how much is missing where. Zhang and
//! Savalei (2023) put the estimates theta into the discrepancy of complete data in its place: X = N F_ML(m, S; mu(theta), Sigma(theta)) with the moments
//! m, S of the unrestricted model. X is no chi-square; its mean exceeds the noncentrality by k, estimated by c d = k in X - c d.
//!
//! With Wc the complete-data weight of the moments at (m, S), W the observed information of the incomplete cases about the moments
//! of the unrestricted model, J the cross-product of their scores, E the inverse information of theta (Delta'W Delta, or with the expected
//! or first-order information in place of W) and U = W - W Delta E Delta'W:
//! - k = tr(Wc W^-1 U W^-1) for normal data (FIML-C, version V6);
//! - k = tr(U W^-1 Wc W^-1 U G), G = W^-1 J W^-1, whatever the distribution (version V3).
//!
//! Written out, with blocks b of weight w_b, C = sum of w Delta'Wc Delta, M = sum of w Delta'J Delta, P = sum of w Delta'Wc W^-1 J Delta:
//! k = sum of tr(Wc W^-1) - tr(E C), and k = sum of tr(Wc G) - 2 tr(E P) + tr(E C E M). Moments of fixed exogenous variables do not vary and
//! are left out.
//!
//! Source: Zhang, X., & Savalei, V. (2023). New computations for RMSEA and CFI following FIML and TS estimation with missing data.
//! Psychological Methods 28, 263-283.

use latva_math::linalg::Cholesky;
use ndarray::Array2;

use super::cases::Cases;
use super::information::covariance_of_parameters;
use crate::discrepancy::{Discrepancy, MaximumLikelihood};
use crate::indices::ChiSquare;
use crate::indices::robust::Corrected;
use crate::moment_weight::MomentWeight;
use crate::objective::ModelObjective;
use crate::observed::Observed;
use crate::plan::{Information, Plan};
use crate::scaling::SampleScaling;

/// X and c of a model of incomplete cases at the last point of its objective, whose blocks have the weights of the cases;
/// `any_distribution` chooses V3. `None` where an information is singular or k is not positive.
///
/// Without degrees of freedom X = 0 whatever c is; then c is 1.
pub(crate) fn corrected_statistic(
    objective: &mut ModelObjective,
    df: f64,
    observed: &[Observed],
    cases: &Cases,
    plan: &Plan,
    scaling: &SampleScaling,
    any_distribution: bool,
) -> Option<Corrected> {
    let mut value = 0.0;
    for ((block, sample), weight) in objective.blocks.iter().zip(observed).zip(&scaling.weights) {
        let log_det = sample.log_det().ok()?;
        let mut complete = MaximumLikelihood::new(sample.cov.clone(), sample.mean.clone(), log_det);
        value += weight * complete.value(&block.implied().cov, &block.implied().mean).ok()?;
    }
    let test = ChiSquare::new((scaling.multiplier * value).max(0.0), df);
    if df == 0.0 {
        return Some(Corrected { test, factor: 1.0 });
    }
    let information = cases.information_at_unrestricted(objective, plan.information)?;
    let inverse = covariance_of_parameters(2.0 * information, None, 1.0, &objective.reparametrisation)?;
    let q = objective.reparametrisation.n_theta();
    let empty = || Array2::zeros((q, q));
    let (mut complete, mut crossed, mut meat, mut trace) = (empty(), empty(), empty(), 0.0);
    for (block, own) in objective.blocks.iter_mut().zip(cases.incomplete()) {
        let (stacking, weight) = (block.stacking(), block.weight);
        let complete_weight = MomentWeight::Normal(Cholesky::of(own.cov().view()).ok()?.inverse());
        let jacobian = block.jacobian(None);
        let mut weighted = Array2::zeros(jacobian.delta.raw_dim());
        complete_weight.apply(stacking, jacobian.delta.view(), &mut weighted);
        jacobian.scatter(&jacobian.delta.t().dot(&weighted), weight, &mut complete);
        let spread = if any_distribution {
            let scores = own.information(Information::FirstOrder)?.dot(&jacobian.delta);
            jacobian.scatter(&jacobian.delta.t().dot(&scores), weight, &mut meat);
            let reached = own.inverse(Information::Observed)?.dot(&scores);
            jacobian.scatter(&weighted.t().dot(&reached), weight, &mut crossed);
            own.sandwich(Information::Observed)?
        } else {
            own.inverse(Information::Observed)?
        };
        // Both are symmetric.
        trace += (&complete_weight.into_matrix(stacking) * &*spread).sum();
    }
    let excess = if any_distribution {
        let (of_complete, of_meat) = (inverse.dot(&complete), inverse.dot(&meat));
        trace - 2.0 * (&inverse * &crossed.t()).sum() + (&of_complete * &of_meat.t()).sum()
    } else {
        trace - (&inverse * &complete).sum()
    };
    let factor = excess / df;
    (factor > 0.0 && factor.is_finite()).then_some(Corrected { test, factor })
}
