//! Scaled and adjusted test statistics.
//!
//! With V the weight of the moments, Gamma their asymptotic covariance matrix, A = Delta' V Delta the information and
//! U = V - V Delta A^-1 Delta' V, the standard statistic X is in large samples a sum of df chi-squares weighted by the
//! eigenvalues of U Gamma. With t = tr(U Gamma), t2 = tr((U Gamma)^2):
//!
//! | test | statistic | df |
//! |---|---|---|
//! | satorra.bentler, yuan.bentler | X / c, c = t / df | df |
//! | mean.var.adjusted | X / c, c = t2 / t | t^2 / t2 |
//! | scaled.shifted | a X + df - a t, a = sqrt(df / t2) | df |
//!
//! yuan.bentler.mplus is X / c with c df = tr(V Gamma) at the sample moments - tr(A^-1 B), A the information of the standard errors
//! and B the first-order information (Asparouhov & Muthen 2005); of incomplete data tr(V^-1 C) in place of tr(V Gamma), with V and C
//! the information and the first-order information of the unrestricted model (Yuan & Bentler 2000). In yuan.bentler of incomplete data
//! V is that information at the moments that the plan says, and Gamma = V^-1 C V^-1 at the unrestricted ones.
//!
//! With blocks b of weight w_b: t = sum of tr(V_b Gamma_b) - tr(A^-1 M), M = sum of w_b Delta_b' V_b Gamma_b V_b Delta_b;
//! t2 = sum of tr((V_b Gamma_b)^2) - 2 tr(A^-1 Q) + tr((A^-1 M)^2), Q = sum of w_b Delta_b' V_b Gamma_b V_b Gamma_b V_b Delta_b.
//! Nothing of the size of (moments)^2 is formed but for t2, where the number of cases bounds it too.
//!
//! Sources: Satorra, A., & Bentler, P. M. (1994), in von Eye & Clogg (Eds.), Latent variables analysis, 399-419; Yuan, K.-H., &
//! Bentler, P. M. (2000). Sociological Methodology 30, 165-200; Asparouhov, T., & Muthen, B. (2005, 2010), Mplus technical notes.

use std::borrow::Cow;

use ndarray::Array2;

use super::cases::Cases;
use super::information::covariance_of_parameters;
use super::standard_errors::{ObservedBy, second_derivatives};
use crate::indices::ChiSquare;
use crate::measures::ScaledStatistic;
use crate::objective::ModelObjective;
use crate::observed::Observed;
use crate::plan::{Plan, TestStatistic};

/// A scaled test of one model, with the scaling factors of the log-likelihoods where the test has them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Scaled {
    /// The statistic.
    pub(crate) statistic: ScaledStatistic,
    /// Scaling factors of the log-likelihoods of the unrestricted and of the restricted model.
    pub(crate) logl_factors: Option<(f64, f64)>,
}

/// The scaled test of `kind` for the model of an objective, at its last point; `first_order` is its first-order information, where that
/// is known.
///
/// `None` for tests that scale nothing, and where the information is singular. Without degrees of freedom it is the plain statistic,
/// without a factor.
pub(crate) fn scaled_test(
    kind: TestStatistic,
    plain: ChiSquare,
    objective: &mut ModelObjective,
    plan: &Plan,
    observed: &[Observed],
    cases: &Cases,
    first_order: Option<&Array2<f64>>,
) -> Option<Scaled> {
    if !kind.is_scaled() {
        return None;
    }
    if plain.df < 1.0 {
        let statistic = ScaledStatistic { test: plain, factor: None, shift: 0.0, trace_ugamma: None };
        return Some(Scaled { statistic, logl_factors: None });
    }
    if kind == TestStatistic::YuanBentlerMplus {
        return mplus(plain, objective, plan, observed, cases, first_order);
    }
    if !cases.has_gamma() {
        return None;
    }
    let inverse = inverse_information(objective, plan, observed, cases, ObservedBy::Unrestricted)?;
    let weights = cases.weights(objective, observed, plan)?;
    let (meat, total) = cases.gradient_covariance(objective, &weights);
    let removed = inverse.dot(&meat);
    let trace = total - removed.diag().sum();
    let df = plain.df;
    let statistic = match kind {
        TestStatistic::SatorraBentler | TestStatistic::YuanBentler => with_mean_of(plain, df, trace),
        TestStatistic::MeanVarAdjusted | TestStatistic::ScaledShifted => {
            let (mut squares, mut crossed) = (0.0, Array2::zeros(meat.raw_dim()));
            for ((index, block), weight) in objective.blocks.iter_mut().enumerate().zip(&weights) {
                let jacobian = block.jacobian(None);
                let sums = cases.about_sample(index).second_order(weight, &jacobian.delta);
                squares += sums.trace;
                jacobian.scatter(&sums.meat, block.weight, &mut crossed);
            }
            let second = squares - 2.0 * (&inverse * &crossed.t()).sum() + (&removed * &removed.t()).sum();
            if kind == TestStatistic::MeanVarAdjusted {
                with_mean_of(plain, trace * trace / second, trace)
            } else {
                let slope = (df / second).sqrt();
                let shift = df - slope * trace;
                ScaledStatistic {
                    test: ChiSquare::new(slope * plain.value + shift, df),
                    factor: Some(slope.recip()),
                    shift,
                    trace_ugamma: Some(trace),
                }
            }
        }
        _ => return None,
    };
    let logl_factors = match kind {
        TestStatistic::YuanBentler => Some(logl_factors(&inverse, objective, plan, observed, cases, first_order)?.0),
        _ => None,
    };
    usable(Scaled { statistic, logl_factors })
}

/// As Mplus has it: the factors of the two log-likelihoods, each with its own information.
fn mplus(
    plain: ChiSquare,
    objective: &mut ModelObjective,
    plan: &Plan,
    observed: &[Observed],
    cases: &Cases,
    first_order: Option<&Array2<f64>>,
) -> Option<Scaled> {
    // lavaan takes the Hessian when this is the only test, and otherwise what the other tests take.
    let by = if plan.test.len() == 1 { ObservedBy::Hessian } else { ObservedBy::Unrestricted };
    let inverse = inverse_information(objective, plan, observed, cases, by)?;
    let (factors, trace) = logl_factors(&inverse, objective, plan, observed, cases, first_order)?;
    usable(Scaled { statistic: with_mean_of(plain, plain.df, trace), logl_factors: Some(factors) })
}

/// The statistic divided such that a mean of tr(U Gamma) becomes `df`, its new degrees of freedom.
fn with_mean_of(plain: ChiSquare, df: f64, trace: f64) -> ScaledStatistic {
    let factor = trace / df;
    ScaledStatistic {
        test: ChiSquare::new(plain.value / factor, df),
        factor: Some(factor),
        shift: 0.0,
        trace_ugamma: Some(trace),
    }
}

/// The scaling factors tr(V Gamma) / k at the sample moments and tr(A^-1 B) / q, and the difference of the traces.
fn logl_factors(
    inverse: &Array2<f64>,
    objective: &mut ModelObjective,
    plan: &Plan,
    observed: &[Observed],
    cases: &Cases,
    first_order: Option<&Array2<f64>>,
) -> Option<((f64, f64), f64)> {
    let (unrestricted, moments) = cases.unrestricted_trace(objective, observed, plan)?;
    let scores = match first_order {
        Some(known) => Cow::Borrowed(known),
        None => Cow::Owned(cases.first_order_information(objective, observed, plan)?),
    };
    let restricted = (inverse * &scores.t()).sum();
    let parameters = objective.reparametrisation.n_theta() as f64;
    Some(((unrestricted / moments as f64, restricted / parameters), unrestricted - restricted))
}

/// A^-1 (q x q), singular under constraints.
fn inverse_information(
    objective: &mut ModelObjective,
    plan: &Plan,
    observed: &[Observed],
    cases: &Cases,
    by: ObservedBy,
) -> Option<Array2<f64>> {
    let second = second_derivatives(objective, plan, observed, Some(cases), by)?;
    covariance_of_parameters(second, None, 1.0, &objective.reparametrisation)
}

/// A factor that is not positive scales nothing.
fn usable(scaled: Scaled) -> Option<Scaled> {
    let ScaledStatistic { test, factor, .. } = scaled.statistic;
    (factor? > 0.0 && factor?.is_finite() && test.value.is_finite() && test.df > 0.0).then_some(scaled)
}
