//! The fit of a converged solution, in figures: what goes into the measures.

use crate::baseline::baseline;
use crate::fit::Problem;
use crate::indices::ChiSquare;
use crate::indices::residuals::{GroupMoments, Moments};
use crate::likelihood::log_likelihood;
use crate::measures::{MeasuresInput, MeasuresSettings, fit_measures};
use crate::plan::Estimator;
use crate::result::{BlockMoments, FitMeasures};

/// All fit measures of a converged solution.
pub(crate) fn measure(
    problem: &Problem<'_>,
    value: f64,
    df: usize,
    block_values: &[f64],
    moments: &[BlockMoments],
) -> FitMeasures {
    let Problem { table, plan, scaling, observed, .. } = problem;
    const POSITIVE: &str = "S is positive definite: the model was fitted to it";
    let (mut baseline_value, mut baseline_df) = (0.0, 0);
    for ((sample, block), weight) in observed.iter().zip(&table.blocks).zip(&scaling.weights) {
        let baseline = baseline(sample, &block.observed, plan).expect(POSITIVE);
        baseline_value += weight * baseline.value;
        baseline_df += baseline.df;
    }
    let groups: Vec<GroupMoments<'_>> = observed
        .iter()
        .zip(moments)
        .map(|(sample, moments)| GroupMoments {
            n: sample.n_obs as f64,
            sample: Moments {
                cov: moments.sample_cov.view(),
                mean: moments
                    .implied_mean
                    .is_some()
                    .then(|| moments.sample_mean.as_ref().expect("means are modelled").view()),
            },
            implied: Moments {
                cov: moments.implied_cov.view(),
                mean: moments.implied_mean.as_ref().map(|mean| mean.view()),
            },
        })
        .collect();
    let parameters = problem.moments - df;
    let fixed_exogenous: Vec<&[usize]> =
        observed.iter().filter(|_| table.fixed_x).map(|sample| sample.exogenous.as_slice()).collect();
    let input = MeasuresInput {
        mimic: plan.mimic,
        estimator: plan.estimator,
        multiplier: scaling.multiplier,
        model: ChiSquare { value: scaling.multiplier * value, df: df as f64 },
        baseline: Some(ChiSquare { value: scaling.multiplier * baseline_value, df: baseline_df as f64 }),
        parameters,
        log_likelihood: (plan.estimator == Estimator::Ml)
            .then(|| log_likelihood(observed, block_values, table.fixed_x).expect(POSITIVE)),
        means: table.meanstructure,
        groups: &groups,
        fixed_exogenous: &fixed_exogenous,
        weights: &[],
        scaled: None,
        robust: None,
    };
    fit_measures(&input, &MeasuresSettings::default())
}
