//! The covariance matrix of the estimates, as the plan asks for it.

use ndarray::Array2;

use super::information::{covariance_of_parameters, undetermined_directions};
use crate::objective::ModelObjective;
use crate::plan::{Information, Plan, StandardErrors};
use crate::scaling::SampleScaling;

/// The information is singular: the parameters (of theta, from 0) that move in each direction that the data leave open.
pub(crate) struct Undetermined {
    /// One entry for each direction.
    pub(crate) directions: Vec<Vec<usize>>,
}

/// Covariance matrix of theta (q x q) at the last point of the objective; `None` where no standard errors are asked for, or
/// where the information that they rest on is not positive definite though the model is identified.
///
/// # Errors
/// [`Undetermined`] for a model that is not identified, whatever is asked for.
pub(crate) fn parameter_covariance(
    objective: &mut ModelObjective,
    plan: &Plan,
    scaling: &SampleScaling,
) -> Result<Option<Array2<f64>>, Undetermined> {
    let second = objective.expected().clone();
    let meat = objective.gradient_covariance();
    let vcov = covariance_of_parameters(&second, meat.as_ref(), scaling.multiplier, &objective.reparametrisation);
    if vcov.is_none() {
        return Err(Undetermined { directions: undetermined_directions(&second, &objective.reparametrisation) });
    }
    Ok(match (plan.se, plan.information) {
        (StandardErrors::None, _) => None,
        (_, Information::Observed) => objective.exact().cloned().and_then(|hessian| {
            covariance_of_parameters(&hessian, meat.as_ref(), scaling.multiplier, &objective.reparametrisation)
        }),
        _ => vcov,
    })
}
