//! The asymptotic covariance matrix of the moments that the unrestricted model has with missing values, for two-stage estimation.
//!
//! Stage one is the unrestricted model of the incomplete rows, stage two complete-data maximum likelihood of its moments
//! (m, vech S), whose covariance matrix is Gamma / N: with A the information of one case about the moments,
//! Gamma = A^-1 (two.stage; Yuan & Bentler 2000; Savalei & Bentler 2009), or A^-1 B A^-1 with B the average of the outer products
//! of the casewise scores (robust.two.stage; Savalei & Falk 2014).

use std::sync::Arc;

use latva_math::linalg::Inverse;
use ndarray::Array2;

use super::incomplete_cases::IncompleteCases;
use crate::observed::Observed;
use crate::plan::{Missing, Plan};
use crate::stacked::Stacking;

/// Information of one case about a moment, in units of that moment, that is none: rounding.
const NOTHING: f64 = 1e-9;

/// The information about the moments is singular: they are not determined by what is observed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NotDetermined;

/// Gamma (k x k) of the moments of one block, means first. `rows` are its cases, n x p, NaN where missing.
///
/// # Errors
/// [`NotDetermined`].
pub(crate) fn gamma_of_unrestricted(
    sample: &Observed,
    rows: Array2<f64>,
    plan: &Plan,
) -> Result<Array2<f64>, NotDetermined> {
    let (Some(mean), Some(incomplete)) = (&sample.mean, &sample.incomplete) else { return Err(NotDetermined) };
    let cases = IncompleteCases::new(rows, None, Arc::clone(&incomplete.rows));
    let information = cases.information(mean, &sample.cov, plan.information).map_err(|_| NotDetermined)?;
    let gamma = inverse(information, &units(sample))?;
    if plan.missing != Missing::RobustTwoStage {
        return Ok(gamma);
    }
    let scores = cases.first_order(mean, &sample.cov).map_err(|_| NotDetermined)?;
    Ok(gamma.dot(&scores).dot(&gamma))
}

/// The size of each moment: a standard deviation for a mean, the product of two for a covariance.
fn units(sample: &Observed) -> Vec<f64> {
    let deviations: Vec<f64> = sample.cov.diag().iter().map(|variance| variance.sqrt()).collect();
    let stacking = Stacking { p: deviations.len(), means: true };
    deviations.iter().copied().chain(stacking.pairs().map(|(i, j)| deviations[i] * deviations[j])).collect()
}

/// A^-1, where each moment has information.
fn inverse(information: Array2<f64>, units: &[f64]) -> Result<Array2<f64>, NotDetermined> {
    let known = |(value, unit): (&f64, &f64)| value * unit * unit > NOTHING;
    if !information.diag().iter().zip(units).all(known) {
        return Err(NotDetermined);
    }
    Inverse::of(information, 1.0).map(Inverse::into_whole).map_err(|_| NotDetermined)
}
