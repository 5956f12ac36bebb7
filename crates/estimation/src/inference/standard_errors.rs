//! The covariance matrix of the estimates, as the plan asks for it.
//!
//! With A the information of one case, n the multiplier of the chi-square:
//! - standard: A^-1 / n, A expected, observed (the Hessian) or first-order (the cross-product of the casewise scores);
//! - robust.sem: A^-1 (Delta' V Gamma V Delta) A^-1 / n (Browne 1984; Satorra & Bentler 1994);
//! - two.stage and robust.two.stage: the same with Gamma of the unrestricted moments of incomplete cases, V at these moments;
//! - bootstrap: of the estimates in samples drawn from the cases ([`crate::bootstrap`]);
//! - robust.huber.white: A^-1 B A^-1 / n with B the first-order information (Huber 1967; White 1982).
//!
//! Under linear constraints theta = K z + c everything is that of z, taken back by K.

use ndarray::Array2;

use super::cases::{Cases, inverse_of_sample, unrestricted_weights};
use super::covariance::Covariance;
use super::information::{ParameterCovariance, determined_covariance, undetermined_directions};
use crate::objective::ModelObjective;
use crate::observed::Observed;
use crate::plan::{Estimator, H1Information, Information, Plan, StandardErrors};
use crate::scaling::SampleScaling;

/// The information is singular: the parameters (of theta, from 0) that move in each direction that the data leave open.
pub(crate) struct Undetermined {
    /// One entry for each direction.
    pub(crate) directions: Vec<Vec<usize>>,
}

const NEEDED: &str = "the cases are there where the plan needs them";

/// How uncertain the estimates are.
#[derive(Default)]
pub(crate) struct Uncertain {
    /// Covariance matrix of theta (q x q); `None` where no standard errors are asked for, or where the information that they rest on
    /// is not positive definite though the model is identified.
    pub(crate) vcov: Option<Covariance>,
    /// As [`ParameterCovariance::least_determined`], by the expected information.
    pub(crate) least_determined: Option<(usize, f64)>,
    /// The first-order information of one case, where it was made for a sandwich: scaled tests ask for it too.
    pub(crate) first_order: Option<Array2<f64>>,
}

/// How the observed information is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ObservedBy {
    /// The Hessian of the discrepancy.
    Hessian,
    /// Delta' V Delta with V the observed information of the unrestricted model: the Hessian without the curvature of the model.
    Unrestricted,
}

/// Covariance matrix of theta at the last point of the objective, and what the information determines least; `known` is that by the expected second
/// derivatives alone, where it has been made.
///
/// `cases` are there where the plan needs them.
///
/// # Errors
/// [`Undetermined`] for a model that is not identified, whatever is asked for.
pub(crate) fn parameter_covariance(
    objective: &mut ModelObjective,
    known: Option<ParameterCovariance>,
    plan: &Plan,
    scaling: &SampleScaling,
    observed: &[Observed],
    cases: Option<&Cases>,
) -> Result<Uncertain, Undetermined> {
    let normal = objective.gradient_covariance();
    let Some(ParameterCovariance { covariance: plain, least_determined }) =
        known.filter(|_| normal.is_none()).or_else(|| {
            let second = objective.take_upper_expected();
            determined_covariance(second, normal.as_ref(), scaling.multiplier, &objective.reparametrisation)
        })
    else {
        let second = objective.take_expected();
        return Err(Undetermined { directions: undetermined_directions(&second, &objective.reparametrisation) });
    };
    let mut first_order = None;
    let vcov = match plan.se {
        // Those of the bootstrap rest on draws, not on information.
        StandardErrors::None | StandardErrors::Bootstrap => None,
        StandardErrors::Standard if is_plain(plan) => Some(plain),
        StandardErrors::RobustHuberWhite => {
            first_order = cases.expect(NEEDED).first_order_information(objective, observed, plan);
            let meat = first_order.as_ref().map(|information| 2.0 * information);
            meat.and_then(|meat| asked_covariance(objective, plan, scaling, observed, cases, Some(meat)))
        }
        _ => asked_covariance(objective, plan, scaling, observed, cases, normal),
    };
    Ok(Uncertain { vcov, least_determined, first_order })
}

/// The covariance matrix of theta that needs more than the expected information; `known` is the covariance of the gradient, that in a
/// normal sample where it differs from the information, or that of a sandwich whose scores are known.
fn asked_covariance(
    objective: &mut ModelObjective,
    plan: &Plan,
    scaling: &SampleScaling,
    observed: &[Observed],
    cases: Option<&Cases>,
    known: Option<Array2<f64>>,
) -> Option<Covariance> {
    let by = if plan.missing.is_two_stage() { ObservedBy::Unrestricted } else { ObservedBy::Hessian };
    let bread = second_derivatives(objective, plan, observed, cases, by)?;
    let meat = match plan.se {
        StandardErrors::None | StandardErrors::Bootstrap => None,
        StandardErrors::Standard | StandardErrors::FirstOrder => {
            known.filter(|_| plan.information != Information::FirstOrder)
        }
        StandardErrors::RobustSem | StandardErrors::TwoStage | StandardErrors::RobustTwoStage => {
            let weights = unrestricted_weights(objective, observed, plan, plan.information);
            Some(2.0 * cases.expect(NEEDED).gradient_covariance(objective, &weights).0)
        }
        StandardErrors::RobustHuberWhite => known,
    };
    determined_covariance(bread, meat.as_ref(), scaling.multiplier, &objective.reparametrisation)
        .map(|determined| determined.covariance)
}

/// Whether the information of the plan is that of the minimiser's metric.
fn is_plain(plan: &Plan) -> bool {
    let structured = plan.h1_information == H1Information::Structured || plan.estimator != Estimator::Ml;
    plan.information == Information::Expected && structured
}

/// Second derivatives of F (q x q), twice the information of one case, of the kind that the plan asks for. `None` where they are
/// not available.
pub(crate) fn second_derivatives(
    objective: &mut ModelObjective,
    plan: &Plan,
    observed: &[Observed],
    cases: Option<&Cases>,
    observed_by: ObservedBy,
) -> Option<Array2<f64>> {
    let unstructured = plan.h1_information == H1Information::Unstructured && plan.estimator == Estimator::Ml;
    match plan.information {
        Information::FirstOrder => {
            cases?.first_order_information(objective, observed, plan).map(|information| 2.0 * information)
        }
        Information::Observed if observed_by == ObservedBy::Hessian => objective.exact().cloned(),
        Information::Expected | Information::Observed if unstructured => {
            if let Some(cases) = cases.filter(|cases| !cases.incomplete().is_empty()) {
                return cases.information_at_unrestricted(objective, plan.information).map(|unit| 2.0 * unit);
            }
            let inverses: Vec<Array2<f64>> = observed.iter().map(inverse_of_sample).collect();
            Some(objective.normal_theory(&inverses).clone())
        }
        Information::Observed => objective.exact_without_curvature().cloned(),
        Information::Expected => Some(objective.take_expected()),
    }
}
