//! Comparison of models that were fitted to the same data: differences of chi-squares and indices, weights of information criteria, and
//! whether one model is nested in another.
//!
//! Of a restricted model r and a more general one m, with chi-squares C, df d, scaling factors c of a robust test, and baseline C_b, d_b:
//!
//! | figure | formula | source |
//! |---|---|---|
//! | difference | C_r - C_m, df d_r - d_m | Neyman & Pearson (1928) |
//! | scaled difference | by one of three methods, see [`DifferenceMethod`]; from the measures alone that of 2001 | Satorra & Bentler (2001, 2010); Satorra (2000) |
//! | Delta-NFI | (C_r - C_m) / C_b | Bentler & Bonett (1980) |
//! | Delta-IFI | (C_r - C_m) / (C_b - d_m) | Bollen (1989) |
//! | Delta-RFI, Delta-TLI | index of m less index of r | Bollen (1986); Bentler & Bonett (1980) |
//! | weight of model i | exp(-D_i / 2) / sum exp(-D_j / 2), D the criterion less the least one | Burnham & Anderson (2002) |

use latva_data::{GroupSample, Sample};

use crate::error::EstimationError;
use crate::fit::fit;
use crate::indices::ChiSquare;
use crate::indices::chi_squared::p_value;
use crate::inference::{DifferenceMethod, FittedModel, satorra_2000, satorra_bentler_2010};
use crate::plan::{Options, StandardErrors};
use crate::result::{Fit, FitMeasures};

/// Discrepancy from which the general model is said to miss the implied moments of the restricted one.
const MISSED: f64 = 1e-7;

/// The difference of two models.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// Of the standard chi-squares; `None` where they do not exist or the restricted model does not have more df.
    pub test: Option<ChiSquare>,
    /// Its p-value.
    pub pvalue: Option<f64>,
    /// Satorra and Bentler's scaled difference (2001), where both have a scaled test and its factor is positive.
    pub scaled: Option<ChiSquare>,
    /// Its p-value.
    pub scaled_pvalue: Option<f64>,
    /// AMOS's Delta-NFI.
    pub nfi: Option<f64>,
    /// AMOS's Delta-IFI.
    pub ifi: Option<f64>,
    /// AMOS's Delta-RFI.
    pub rfi: Option<f64>,
    /// AMOS's Delta-TLI.
    pub tli: Option<f64>,
}

/// The difference of a restricted and a more general model, from their fit measures.
pub fn difference(restricted: &FitMeasures, general: &FitMeasures) -> Difference {
    let both = |name: &str| Some((restricted.get(name)?, general.get(name)?));
    let degrees = both("df").map(|(r, m)| r - m).filter(|df| *df > 0.0);
    let gain = both("chisq").map(|(r, m)| r - m);
    let test = degrees.zip(gain).map(|(df, gain)| ChiSquare::new(gain, df));
    // A saturated model has no factor, and none that matters.
    let factor_of = |model: &FitMeasures| {
        model.get("chisq.scaling.factor").or_else(|| (model.get("df") == Some(0.0)).then_some(1.0))
    };
    let factors = factor_of(restricted).zip(factor_of(general)).filter(|_| is_scaled_by_mean(restricted));
    let scaled = factors.zip(both("df")).zip(degrees.zip(gain)).and_then(|(((c_r, c_m), (d_r, d_m)), (df, gain))| {
        let factor = (d_r * c_r - d_m * c_m) / df;
        (factor > 0.0).then(|| ChiSquare::new(gain / factor, df))
    });
    let baseline = both("baseline.chisq").map(|(_, chisq)| chisq);
    let finite = |value: f64| value.is_finite().then_some(value);
    Difference {
        test,
        pvalue: test.and_then(p_value),
        scaled,
        scaled_pvalue: scaled.and_then(p_value),
        nfi: gain.zip(baseline).filter(|_| test.is_some()).and_then(|(gain, baseline)| finite(gain / baseline)),
        ifi: gain
            .zip(baseline)
            .zip(general.get("df"))
            .filter(|_| test.is_some())
            .and_then(|((gain, baseline), df)| finite(gain / (baseline - df))),
        rfi: both("rfi").filter(|_| test.is_some()).map(|(r, m)| m - r),
        tli: both("tli").filter(|_| test.is_some()).map(|(r, m)| m - r),
    }
}

/// Whether a test is divided by a factor alone: one whose variance is adjusted too is shifted, or has other degrees of freedom. With one
/// degree of freedom the adjusted test has no others, but for rounding; then it is known by its lack of robust indices.
fn is_scaled_by_mean(measures: &FitMeasures) -> bool {
    let df = measures.get("df");
    let same_df = match measures.get("df.scaled") {
        Some(_) if df == Some(1.0) => measures.get("rmsea.robust").is_some(),
        Some(scaled) => df == Some(scaled),
        None => true,
    };
    measures.get("chisq.shift.parameter").is_none() && same_df
}

/// Weights of models from an information criterion; they sum to 1.
pub fn weights(criteria: &[f64]) -> Vec<f64> {
    let Some(least) = criteria.iter().copied().reduce(f64::min) else { return Vec::new() };
    let likelihoods: Vec<f64> = criteria.iter().map(|value| (-0.5 * (value - least)).exp()).collect();
    let sum: f64 = likelihoods.iter().sum();
    likelihoods.iter().map(|likelihood| likelihood / sum).collect()
}

/// Whether every moment matrix that the restricted model can have is one that the general model can have, judged at the estimates:
/// the general model must reproduce the moments that the restricted one implies (Bentler & Satorra 2010, Psychological Methods 15,
/// 111-123). `None` where it cannot be told: other variables or groups, or no convergence.
///
/// The general model is fitted by maximum likelihood, whatever the estimator of the two fits: whether a discrepancy is 0 does not
/// depend on it.
///
/// # Errors
/// Those of [`crate::fit`].
pub fn is_nested(restricted: &Fit, general: &Fit) -> Result<Option<bool>, EstimationError> {
    let cases: usize = restricted.groups.iter().map(|group| group.n_obs).sum();
    let fitted = fit_to_implied(restricted, general)?;
    let missed = fitted.and_then(|fitted| Some(fitted.measures.get("chisq")? / cases as f64));
    Ok(missed.map(|missed| missed < MISSED))
}

/// The general model fitted by maximum likelihood to the moments that the restricted one implies; `None` where it cannot be.
fn fit_to_implied(restricted: &Fit, general: &Fit) -> Result<Option<Fit>, EstimationError> {
    let same_variables = restricted.blocks.len() == general.blocks.len()
        && restricted.blocks.iter().zip(&general.blocks).all(|(one, other)| {
            one.observed.len() == other.observed.len()
                && one.observed.iter().all(|name| other.observed.contains(name))
                && one.observed == restricted.blocks[0].observed
        });
    if !restricted.convergence.converged || !same_variables {
        return Ok(None);
    }
    let groups: Option<Vec<GroupSample>> = restricted
        .groups
        .iter()
        .zip(&restricted.moments)
        .map(|(group, moments)| {
            // A model without a mean structure leaves the means as they are.
            let mean = moments.implied_mean.clone().or_else(|| moments.sample_mean.clone());
            (mean.is_some() || !general.table.meanstructure).then(|| GroupSample {
                label: group.label.clone(),
                n_obs: group.n_obs,
                cov: moments.implied_cov.clone(),
                mean,
                rows: None,
                weights: None,
            })
        })
        .collect();
    let Some(groups) = groups else { return Ok(None) };
    let sample = Sample { names: restricted.blocks[0].observed.to_vec(), groups };
    let options = Options { se: Some(StandardErrors::None), ..Options::default() };
    fit(&general.table, &sample, &options).map(|fitted| Some(fitted).filter(|fitted| fitted.convergence.converged))
}

/// The method of lavaan's for the tests of a fit: that of 2000 where the variance of the test is adjusted, else that of 2001; `None`
/// without a scaled test.
pub fn usual_method(measures: &FitMeasures) -> Option<DifferenceMethod> {
    measures.get("chisq.scaled")?;
    let by_mean = is_scaled_by_mean(measures);
    Some(if by_mean { DifferenceMethod::SatorraBentler2001 } else { DifferenceMethod::Satorra2000 })
}

/// The difference of two scaled tests by a method; `None` where it does not exist: without scaled tests, where the method is not made
/// for them, or where its factor is not positive.
///
/// # Errors
/// Those of [`crate::fit`].
pub fn scaled_difference(
    method: DifferenceMethod,
    restricted: FittedModel<'_>,
    general: FittedModel<'_>,
) -> Result<Option<ChiSquare>, EstimationError> {
    let scaled = |fitted: FittedModel<'_>| fitted.fit.tests.iter().any(|test| test.kind.is_scaled());
    let saturated = general.fit.measures.get("df") == Some(0.0);
    if !scaled(restricted) || !(scaled(general) || saturated) {
        return Ok(None);
    }
    match method {
        DifferenceMethod::SatorraBentler2001 => Ok(difference(&restricted.fit.measures, &general.fit.measures).scaled),
        DifferenceMethod::SatorraBentler2010 => {
            let Some(reproduced) = fit_to_implied(restricted.fit, general.fit)? else { return Ok(None) };
            let mut theta = vec![0.0; general.fit.table.n_free()];
            for (row, estimate) in general.fit.table.rows.iter().zip(&reproduced.estimates) {
                if row.free > 0 {
                    theta[row.free - 1] = estimate.est;
                }
            }
            satorra_bentler_2010(restricted, general, &theta)
        }
        DifferenceMethod::Satorra2000 => satorra_2000(restricted, general),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measures(entries: &[(&'static str, f64)]) -> FitMeasures {
        let mut measures = FitMeasures::default();
        for (name, value) in entries {
            measures.push(*name, *value);
        }
        measures
    }

    /// Satorra and Bentler (2001): c_d weighs the factors by the df.
    #[test]
    fn the_scaled_difference_undoes_the_scaling_of_both() {
        let restricted = measures(&[("chisq", 60.0), ("df", 12.0), ("chisq.scaling.factor", 1.2)]);
        let general = measures(&[("chisq", 40.0), ("df", 10.0), ("chisq.scaling.factor", 1.1)]);
        let difference = difference(&restricted, &general);
        let factor = (12.0 * 1.2 - 10.0 * 1.1) / 2.0;
        let scaled = difference.scaled.expect("both are scaled");
        assert!((scaled.value - 20.0 / factor).abs() < 1e-12 && scaled.df == 2.0);
        assert!((difference.pvalue.expect("a test") - (-10.0_f64).exp()).abs() < 1e-12);
    }

    #[test]
    fn with_one_degree_of_freedom_robust_indices_tell_the_tests_apart() {
        let of = |more: &[(&'static str, f64)]| {
            let all = [&[("chisq", 3.0), ("df", 1.0), ("chisq.scaled", 2.5)], more].concat();
            usual_method(&measures(&all))
        };
        let (by_mean, by_both) = (Some(DifferenceMethod::SatorraBentler2001), Some(DifferenceMethod::Satorra2000));
        assert_eq!(of(&[("df.scaled", 1.0), ("rmsea.robust", 0.1)]), by_mean);
        assert_eq!(of(&[("df.scaled", 1.0)]), by_both);
        assert_eq!(of(&[("df.scaled", 1.0 - 1e-15)]), by_both);
    }

    #[test]
    fn a_model_without_further_df_is_no_restriction() {
        let one = measures(&[("chisq", 60.0), ("df", 12.0)]);
        assert_eq!(difference(&one, &one).test, None);
    }

    #[test]
    fn weights_sum_to_one_whatever_the_level() {
        let weights = weights(&[1e6, 1e6 + 2.0, 1e6 + 4000.0]);
        assert!((weights.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        assert!((weights[1] / weights[0] - (-1.0_f64).exp()).abs() < 1e-12);
    }
}
