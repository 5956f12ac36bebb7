//! The path of a fit, step by step.

use latva_data::Sample;
use latva_math::distribution::normal;
use latva_math::optimise::{Objective, ScoringSettings, Solution, Termination, minimise};
use latva_spec::Span;
use latva_spec::table::{Op, ParTable};
use ndarray::s;

use crate::baseline::baseline;
use crate::constraints::Reparametrisation;
use crate::discrepancy::{Discrepancy, discrepancy_of};
use crate::error::EstimationError;
use crate::implied::{BlockModel, Implied, build_blocks};
use crate::indices::ChiSquare;
use crate::indices::residuals::{GroupMoments, Moments};
use crate::inference::{
    Definition, Standardization, covariance_of_parameters, definition_order, evaluate_definitions, r_squares,
    standardize, undetermined_directions,
};
use crate::likelihood::log_likelihood;
use crate::measures::{MeasuresInput, MeasuresSettings, fit_measures};
use crate::objective::{BlockObjective, ModelObjective};
use crate::observed::{Observed, fixed_values};
use crate::plan::{Estimator, Information, Options, Plan, StandardErrors, TestStatistic};
use crate::result::{
    BlockMoments, BlockSummary, Convergence, Estimate, Fit, FitMeasures, GroupSummary, TerminationReason,
};
use crate::scaling::SampleScaling;
use crate::soundness::improper_solution;
use crate::start::{StartStrategy, start_values};

/// Fits a model to a sample.
///
/// # Errors
/// [`EstimationError`] when the model and the sample do not go together, when the model is not identified, or when something is
/// asked that the engine cannot do. A fit that does not converge is no error: the result says so.
pub fn fit(table: &ParTable, sample: &Sample, options: &Options) -> Result<Fit, EstimationError> {
    let plan = Plan::resolve(options, table)?;
    let sizes: Vec<usize> = sample.groups.iter().map(|group| group.n_obs).collect();
    let scaling = SampleScaling::new(&sizes, plan.estimator, plan.likelihood, plan.mimic);
    let observed = Observed::of_blocks(table, sample, &scaling)?;
    let fixed = fixed_values(table, &observed);
    let models = build_blocks(table, &fixed)?;
    let reparametrisation = Reparametrisation::new(table, &fixed)?;
    let definitions = definition_order(table, &fixed)?;
    let moments = count_moments(table, &observed);
    let discrepancies = discrepancies(table, sample, &observed, &plan)?;
    let blocks = models
        .into_iter()
        .zip(discrepancies)
        .zip(&scaling.weights)
        .map(|((model, discrepancy), &weight)| BlockObjective::new(weight, model, discrepancy))
        .collect();
    let objective = ModelObjective::new(blocks, reparametrisation);
    if objective.dimension() > moments {
        return Err(too_many_parameters(table, objective, &observed, moments));
    }
    let (convergence, objective, value) = estimate(table, objective, &observed, &plan);
    conclude(
        Problem { table, plan, scaling, observed, fixed, definitions, moments },
        sample,
        convergence,
        objective,
        value,
    )
}

/// Everything about a fit that does not change while it is minimised.
struct Problem<'a> {
    table: &'a ParTable,
    plan: Plan,
    scaling: SampleScaling,
    observed: Vec<Observed>,
    fixed: Vec<f64>,
    definitions: Vec<Definition>,
    moments: usize,
}

/// Number of moments that the model explains: variances and covariances, means if modelled, less those of exogenous
/// variables that are fixed to the sample's.
fn count_moments(table: &ParTable, observed: &[Observed]) -> usize {
    observed
        .iter()
        .map(|sample| {
            let of = |p: usize| p * (p + 1) / 2 + if table.meanstructure { p } else { 0 };
            of(sample.cov.nrows()) - if table.fixed_x { of(sample.exogenous.len()) } else { 0 }
        })
        .sum()
}

/// The discrepancy of each block.
pub(crate) fn discrepancies(
    table: &ParTable,
    sample: &Sample,
    observed: &[Observed],
    plan: &Plan,
) -> Result<Vec<Box<dyn Discrepancy>>, EstimationError> {
    observed
        .iter()
        .enumerate()
        .map(|(block, observed)| {
            discrepancy_of(observed, plan).map_err(|failure| EstimationError::SampleNotPositiveDefinite {
                group: sample.groups[block].label.clone(),
                variable: table.blocks[block].observed[failure.pivot].clone(),
            })
        })
        .collect()
}

/// Minimises from one start after another until one converges; keeps the best.
fn estimate(
    table: &ParTable,
    mut objective: ModelObjective,
    observed: &[Observed],
    plan: &Plan,
) -> (Convergence, ModelObjective, f64) {
    let settings = ScoringSettings { max_iterations: plan.max_iterations, ..ScoringSettings::default() };
    let mut best: Option<Solution> = None;
    let mut evaluations = 0;
    let mut strategies = Vec::new();
    for strategy in StartStrategy::ALL {
        let models: Vec<BlockModel> = objective.blocks.iter().map(|block| block.model.clone()).collect();
        let mut start = objective.reparametrisation.contract(&start_values(table, &models, observed, strategy));
        objective.settle_means(&mut start);
        let (solution, returned) = minimise(objective, &start, &settings);
        objective = returned;
        evaluations += solution.evaluations;
        strategies.push(format!("Fisher scoring from {}: {}", strategy.describe(), describe(solution.termination)));
        let better = best.as_ref().is_none_or(|best| {
            let rank = |solution: &Solution| match solution.termination {
                Termination::Gradient => 0,
                Termination::MaxIterations | Termination::LineSearch => 1,
                Termination::InfeasibleStart => 2,
            };
            (rank(&solution), solution.value) < (rank(best), best.value)
        });
        if better {
            best = Some(solution);
        }
        if best.as_ref().is_some_and(|best| best.termination == Termination::Gradient) {
            break;
        }
    }
    let best = best.expect("at least one strategy was tried");
    let value = objective.value(&best.theta).unwrap_or(best.value);
    let convergence = Convergence {
        converged: best.termination == Termination::Gradient,
        reason: match best.termination {
            Termination::Gradient if best.theta.is_empty() => TerminationReason::NothingToEstimate,
            Termination::Gradient => TerminationReason::Gradient,
            Termination::MaxIterations => TerminationReason::MaxIterations,
            Termination::LineSearch => TerminationReason::LineSearch,
            Termination::InfeasibleStart => TerminationReason::NoFeasibleStart,
        },
        iterations: best.iterations,
        evaluations,
        gradient_norm: best.decrement,
        warm: false,
        strategies,
    };
    (convergence, objective, value)
}

fn describe(termination: Termination) -> &'static str {
    match termination {
        Termination::Gradient => "converged",
        Termination::MaxIterations => "the iterations ran out",
        Termination::LineSearch => "no step lowered the discrepancy",
        Termination::InfeasibleStart => "the implied covariance matrix is not positive definite at the start",
    }
}

/// The error of a model with more parameters than moments: which of them cannot be told apart is read off the information
/// at the start values.
fn too_many_parameters(
    table: &ParTable,
    mut objective: ModelObjective,
    observed: &[Observed],
    moments: usize,
) -> EstimationError {
    let models: Vec<BlockModel> = objective.blocks.iter().map(|block| block.model.clone()).collect();
    for strategy in StartStrategy::ALL {
        let start = objective.reparametrisation.contract(&start_values(table, &models, observed, strategy));
        if objective.value(&start).is_ok() {
            let second = objective.expected().clone();
            let directions = undetermined_directions(&second, &objective.reparametrisation);
            if !directions.is_empty() {
                return not_identified(table, &directions);
            }
        }
    }
    EstimationError::TooFewMoments { parameters: objective.dimension(), moments }
}

fn not_identified(table: &ParTable, directions: &[Vec<usize>]) -> EstimationError {
    let row_of = |parameter: usize| table.rows.iter().find(|row| row.free == parameter + 1);
    let name = |parameter: usize| {
        row_of(parameter).map_or_else(String::new, |row| {
            let group = if table.group_labels.len() > 1 {
                format!(" (group {})", table.group_labels[row.group - 1])
            } else {
                String::new()
            };
            match row.op {
                Op::Intercept => format!("{} ~ 1{group}", row.lhs),
                op => format!("{} {} {}{group}", row.lhs, op.as_str(), row.rhs),
            }
        })
    };
    let spans: Vec<Span> = directions
        .first()
        .into_iter()
        .flatten()
        .filter_map(|&parameter| row_of(parameter).and_then(|row| row.span))
        .collect();
    EstimationError::NotIdentified {
        directions: directions.iter().map(|parameters| parameters.iter().map(|&p| name(p)).collect()).collect(),
        spans,
    }
}

/// From the solution to the result.
fn conclude(
    problem: Problem<'_>,
    sample: &Sample,
    convergence: Convergence,
    mut objective: ModelObjective,
    value: f64,
) -> Result<Fit, EstimationError> {
    let Problem { table, plan, scaling, observed, fixed, definitions, moments } = &problem;
    let moments = *moments;
    let theta = objective.theta().to_vec();
    let vcov = if convergence.converged {
        let second = objective.expected().clone();
        let meat = objective.gradient_covariance();
        let vcov = covariance_of_parameters(&second, meat.as_ref(), scaling.multiplier, &objective.reparametrisation);
        if vcov.is_none() {
            let directions = undetermined_directions(&second, &objective.reparametrisation);
            return Err(not_identified(table, &directions));
        }
        match (plan.se, plan.information) {
            (StandardErrors::None, _) => None,
            (_, Information::Observed) => objective.exact().cloned().and_then(|hessian| {
                covariance_of_parameters(&hessian, meat.as_ref(), scaling.multiplier, &objective.reparametrisation)
            }),
            _ => vcov,
        }
    } else {
        None
    };

    let models: Vec<BlockModel> = objective.blocks.iter().map(|block| block.model.clone()).collect();
    let implied: Vec<&Implied> = objective.blocks.iter().map(|block| &block.implied).collect();
    let mut values: Vec<f64> = table
        .rows
        .iter()
        .enumerate()
        .map(|(index, row)| if row.free > 0 { theta[row.free - 1] } else { fixed[index] })
        .collect();
    let gradients = evaluate_definitions(definitions, &mut values, theta.len());
    let mut estimates: Vec<Estimate> = values.iter().map(|&est| Estimate { est, ..Estimate::default() }).collect();
    if let Some(vcov) = &vcov {
        let quantile = normal::quantile(0.5 + plan.ci_level / 2.0).expect("the plan checks the confidence level");
        for (estimate, row) in estimates.iter_mut().zip(&table.rows) {
            if row.free > 0 {
                set_standard_error(estimate, vcov[[row.free - 1, row.free - 1]], quantile);
            }
        }
        for (row, gradient) in &gradients {
            if table.rows[*row].op == Op::Defined {
                let mut variance = 0.0;
                for (i, a) in gradient.iter().enumerate().filter(|(_, a)| **a != 0.0) {
                    for (j, b) in gradient.iter().enumerate().filter(|(_, b)| **b != 0.0) {
                        variance += a * vcov[[i, j]] * b;
                    }
                }
                set_standard_error(&mut estimates[*row], variance, quantile);
            }
        }
    }
    for kind in [Standardization::Latent, Standardization::All, Standardization::NotExogenous] {
        let standardized = standardize(table, &values, &models, &implied, kind);
        let mut in_metric: Vec<f64> =
            standardized.iter().zip(&values).map(|(value, raw)| value.unwrap_or(*raw)).collect();
        evaluate_definitions(definitions, &mut in_metric, theta.len());
        for (index, estimate) in estimates.iter_mut().enumerate() {
            let value = match table.rows[index].op {
                Op::Defined => Some(in_metric[index]).filter(|value| value.is_finite()),
                _ => standardized[index],
            };
            match kind {
                Standardization::Latent => estimate.std_lv = value,
                Standardization::All => estimate.std_all = value,
                Standardization::NotExogenous => estimate.std_nox = value,
            }
        }
    }

    let mut diagnostics = improper_solution(table, &values, &models, &implied);
    let proper = diagnostics.is_empty();
    if !convergence.converged {
        diagnostics.push(not_converged(&convergence));
    }
    let moments_of_blocks: Vec<BlockMoments> = observed
        .iter()
        .zip(&models)
        .zip(&implied)
        .map(|((sample, model), implied)| BlockMoments {
            sample_cov: sample.cov.clone(),
            sample_mean: sample.mean.clone(),
            implied_cov: implied.cov.clone(),
            implied_mean: table.meanstructure.then(|| implied.mean.clone()),
            latent_cov: implied.latent.slice(s![..model.n_latent, ..model.n_latent]).to_owned(),
        })
        .collect();
    let measures = if convergence.converged && !plan.test.contains(&TestStatistic::None) {
        let degrees = moments - objective.dimension();
        let block_values: Vec<f64> = objective.blocks.iter().map(|block| block.value).collect();
        measure(&problem, value, degrees, &block_values, &moments_of_blocks)
    } else {
        FitMeasures::default()
    };
    Ok(Fit {
        groups: sample
            .groups
            .iter()
            .zip(&objective.blocks)
            .map(|(group, block)| GroupSummary {
                label: group.label.clone(),
                n_obs: group.n_obs,
                n_patterns: None,
                chisq: convergence.converged.then_some(scaling.multiplier * block.weight * block.value.max(0.0)),
            })
            .collect(),
        blocks: table
            .blocks
            .iter()
            .map(|block| BlockSummary {
                group: block.group,
                observed: block.observed.clone(),
                latent: block.latent.clone(),
            })
            .collect(),
        moments: moments_of_blocks,
        r_square: r_squares(&models, &implied),
        plan: plan.clone(),
        table: (*table).clone(),
        convergence,
        estimates,
        vcov,
        proper,
        measures,
        diagnostics,
    })
}

/// All fit measures of a converged solution.
fn measure(
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

fn set_standard_error(estimate: &mut Estimate, variance: f64, quantile: f64) {
    let se = variance.max(0.0).sqrt();
    if !se.is_finite() {
        return;
    }
    estimate.se = Some(se);
    estimate.ci_lower = Some(estimate.est - quantile * se);
    estimate.ci_upper = Some(estimate.est + quantile * se);
    if se > 0.0 {
        let z = estimate.est / se;
        estimate.z = Some(z);
        estimate.pvalue = Some(2.0 * normal::sf(z.abs()));
    }
}

fn not_converged(convergence: &Convergence) -> latva_spec::Diagnostic {
    let mut diagnostic = latva_spec::Diagnostic::warning(
        "W0805",
        format!("the estimation did not converge in {} iterations", convergence.iterations),
    );
    for strategy in &convergence.strategies {
        diagnostic = diagnostic.hint(format!("tried: {strategy}"));
    }
    diagnostic.hint("look for an indicator that correlates weakly or negatively with its factor, simplify the model, or give start values: `start(0.5)*x`")
}
