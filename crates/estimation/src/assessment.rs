//! The fit of a converged solution, in figures: what goes into the measures.

use crate::baseline::baseline;
use crate::fit::Problem;
use crate::indices::ChiSquare;
use crate::indices::residuals::{GroupMoments, Moments};
use crate::likelihood::log_likelihood;
use crate::measures::{MeasuresInput, MeasuresSettings, fit_measures, likelihood_measures};
use crate::observed::Observed;
use crate::plan::{Estimator, Plan};
use crate::result::{BlockMoments, FitMeasures};

/// Blocks (from 0) whose unrestricted model has no maximum, so that there is nothing to compare the model with.
pub(crate) fn blocks_without_maximum(observed: &[Observed], plan: &Plan) -> Vec<usize> {
    let has_none = |block: &Observed| block.full_information(plan).is_some_and(|rows| rows.deviance.is_none());
    (0..observed.len()).filter(|&block| has_none(&observed[block])).collect()
}

/// All fit measures of a converged solution; without an unrestricted model, those of the likelihood alone.
pub(crate) fn measure(
    problem: &Problem<'_>,
    value: f64,
    df: usize,
    block_values: &[f64],
    moments: &[BlockMoments],
) -> FitMeasures {
    let Problem { table, plan, scaling, observed, .. } = problem;
    const POSITIVE: &str = "S is positive definite: the model was fitted to it";
    if !blocks_without_maximum(observed, plan).is_empty() {
        let n_obs = observed.iter().map(|sample| sample.n_obs).sum();
        return log_likelihood(observed, block_values, plan).map_or_else(
            |_| FitMeasures::default(),
            |likelihood| likelihood_measures(likelihood.model, problem.moments - df, n_obs),
        );
    }
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
            .then(|| log_likelihood(observed, block_values, plan).expect(POSITIVE)),
        means: table.meanstructure,
        groups: &groups,
        fixed_exogenous: &fixed_exogenous,
        weights: &[],
        scaled: None,
        robust: None,
    };
    fit_measures(&input, &MeasuresSettings::default())
}
