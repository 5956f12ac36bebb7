//! The path of a fit, step by step.

use latva_data::Sample;
use latva_math::optimise::Objective;
use latva_spec::Span;
use latva_spec::table::{Op, ParTable, Row};
use ndarray::{Array2, s};

use crate::assessment::{absent_test, blocks_without_maximum, costly_robust_indices, measure, tests};
use crate::bootstrap::bootstrap;
use crate::constraints::{AtConstraints, Outcome, Reparametrisation, Restrictions, constraint_diagnostics};
use crate::discrepancy::{Discrepancy, discrepancy_of};
use crate::error::EstimationError;
use crate::estimate::{Estimated, estimate};
use crate::evidence::scant_evidence;
use crate::implied::{BlockModel, Implied, build_blocks};
use crate::inference::{
    AtSolution, Cases, Definition, Estimates, Uncertain, Undetermined, definition_order, estimates,
    parameter_covariance, r_squares, undetermined_directions, weak_directions,
};
use crate::objective::{BlockObjective, ModelObjective};
use crate::observed::{Observed, fixed_values};
use crate::plan::{Estimator, Options, Plan, StandardErrors, TestStatistic};
use crate::result::{
    BlockMoments, BlockSummary, Bootstrap, Convergence, Fit, FitMeasures, GroupSummary, TerminationReason,
};
use crate::scaling::SampleScaling;
use crate::soundness::{improper_solution, no_inverse};
use crate::start::{StartStrategy, start_values};

/// Fits a model to a sample.
///
/// # Errors
/// [`EstimationError`] when the model and the sample do not go together, when the model is not identified, or when something is
/// asked that the engine cannot do. A fit that does not converge is no error: the result says so.
pub fn fit(table: &ParTable, sample: &Sample, options: &Options) -> Result<Fit, EstimationError> {
    let plan = Plan::resolve(options, table, sample.is_weighted())?;
    // A treatment of missing values says so itself.
    let robust = plan.needs_cases() && !plan.missing.uses_patterns();
    let needs = [(robust, "a robust standard error or test"), (plan.draws_samples(), "the bootstrap")];
    if let Some((_, what)) = needs.into_iter().find(|(needed, _)| *needed)
        && sample.groups.iter().any(|group| group.rows.is_none())
    {
        return Err(EstimationError::NeedsCases { what });
    }
    let scaling = plan.scaling(sample);
    let observed = Observed::of_blocks(table, sample, &scaling, &plan)?;
    let fixed = fixed_values(table, &observed);
    let models = build_blocks(table, &fixed)?;
    let reparametrisation = Reparametrisation::new(table, &fixed)?;
    let definitions = definition_order(table, &fixed)?;
    let restrictions = Restrictions::new(table, &fixed, &definitions, &reparametrisation)?;
    restrictions.check(table, &reparametrisation)?;
    let moments = count_moments(table, &observed);
    let discrepancies = discrepancies(table, sample, &observed, &plan)?;
    let blocks = models
        .into_iter()
        .zip(discrepancies)
        .zip(&scaling.weights)
        .map(|((model, discrepancy), &weight)| BlockObjective::new(weight, model, discrepancy))
        .collect();
    let objective = ModelObjective::new(blocks, reparametrisation);
    if objective.dimension() - restrictions.equalities().min(objective.dimension()) > moments {
        return Err(too_many_parameters(table, objective, &observed, moments));
    }
    let estimated = estimate(table, objective, restrictions, &observed, &plan, scaling.multiplier);
    conclude(Problem { table, plan, scaling, observed, fixed, definitions, moments }, sample, estimated)
}

/// Everything about a fit that does not change while it is minimised.
pub(crate) struct Problem<'a> {
    /// The model.
    pub(crate) table: &'a ParTable,
    /// Every option.
    pub(crate) plan: Plan,
    /// Divisors and weights.
    pub(crate) scaling: SampleScaling,
    /// Sample moments of the blocks.
    pub(crate) observed: Vec<Observed>,
    /// Values of the fixed rows.
    pub(crate) fixed: Vec<f64>,
    /// `:=` rows and constraints.
    pub(crate) definitions: Vec<Definition>,
    /// Moments that the model explains.
    pub(crate) moments: usize,
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
                variable: table.blocks[block].observed[failure.pivot].to_string(),
            })
        })
        .collect()
}

/// The error of a model with more parameters than moments: which of them cannot be told apart is read off the information
/// at the start values.
fn too_many_parameters(
    table: &ParTable,
    mut objective: ModelObjective,
    observed: &[Observed],
    moments: usize,
) -> EstimationError {
    for strategy in StartStrategy::ALL {
        let theta = start_values(table, objective.models_mut(), observed, strategy);
        let start = objective.reparametrisation.contract(&theta);
        if objective.value(&start).is_ok() {
            let second = objective.take_expected();
            let directions = undetermined_directions(&second, &objective.reparametrisation);
            if !directions.is_empty() {
                return not_identified(table, &directions, None);
            }
        }
    }
    EstimationError::TooFewMoments { parameters: objective.dimension(), moments }
}

/// The row of a free parameter (from 0).
fn row_of(table: &ParTable, parameter: usize) -> Option<&Row> {
    table.rows.iter().find(|row| row.free == parameter + 1)
}

/// A free parameter as the table writes it.
fn name_of(table: &ParTable, parameter: usize) -> String {
    row_of(table, parameter).map_or_else(String::new, |row| {
        let group = if table.group_labels.len() > 1 {
            format!(" (group {})", table.group_labels[row.group - 1])
        } else {
            String::new()
        };
        row.op.written(&row.lhs, &row.rhs) + &group
    })
}

fn not_identified(table: &ParTable, directions: &[Vec<usize>], unmet: Option<String>) -> EstimationError {
    // In the order of the table: theirs is as rounding has it.
    let mut directions = directions.to_vec();
    directions.sort_unstable();
    let spans: Vec<Span> = directions
        .first()
        .into_iter()
        .flatten()
        .filter_map(|&parameter| row_of(table, parameter).and_then(|row| row.span))
        .collect();
    EstimationError::NotIdentified {
        directions: directions
            .iter()
            .map(|parameters| parameters.iter().map(|&p| name_of(table, p)).collect())
            .collect(),
        spans,
        unmet,
    }
}

/// From the solution to the result.
fn conclude(problem: Problem<'_>, sample: &Sample, estimated: Estimated) -> Result<Fit, EstimationError> {
    let Problem { table, plan, scaling, observed, fixed, definitions, moments } = &problem;
    let Estimated { convergence, mut objective, restrictions, value, binding, violated, mut covariance } = estimated;
    objective.complete();
    let theta = objective.theta().to_vec();
    let Outcome { parameters, tangent, constraints } = Outcome::new(
        &AtConstraints { table, fixed, definitions, restrictions: &restrictions, binding: &binding, theta: &theta },
        &mut objective,
        scaling.multiplier,
    );
    if parameters > *moments {
        return Err(EstimationError::TooFewMoments { parameters, moments: *moments });
    }
    if let Some(tangent) = tangent {
        objective.constrain(tangent);
        covariance = None;
    }
    let cases = plan.needs_cases().then(|| Cases::new(table, sample, observed, plan)).transpose()?;
    if scaling.shares != scaling.weights {
        objective.reweigh(&scaling.shares);
        covariance = None;
    }
    let (Uncertain { mut vcov, least_determined, first_order }, weak) = if convergence.converged {
        let uncertain = parameter_covariance(&mut objective, covariance, plan, scaling, observed, cases.as_ref())
            .map_err(|Undetermined { directions }| {
                not_identified(table, &directions, restrictions.unmet(table, &theta))
            })?;
        (uncertain, Vec::new())
    } else {
        let second = objective.take_expected();
        (Uncertain::default(), weak_directions(&second, &objective.reparametrisation))
    };
    let degrees = moments - parameters;
    let free = objective.dimension();
    let bootstrap = (convergence.converged && plan.draws_samples())
        .then(|| bootstrap(&problem, sample, &objective, &restrictions, &theta, degrees))
        .flatten();
    if let Some(covariance) = bootstrap.as_ref().and_then(Bootstrap::covariance) {
        vcov = Some(covariance.into());
    }
    // The standardized solution needs all of it.
    if !plan.skip_standardized {
        vcov = vcov.map(|vcov| vcov.into_matrix().into());
    }
    let tests = (convergence.converged && !plan.test.contains(&TestStatistic::None)).then(|| {
        tests(&problem, &mut objective, value, degrees, cases.as_ref(), bootstrap.as_ref(), first_order.as_ref())
    });

    let block_values: Vec<f64> = objective.blocks.iter().map(|block| block.value).collect();
    let implied_inverses: Vec<_> =
        objective.blocks.iter_mut().filter_map(|block| block.discrepancy.take_implied_inverse()).collect();
    let (models, moments_at_solution): (Vec<BlockModel>, Vec<Implied>) =
        objective.blocks.into_iter().map(BlockObjective::into_parts).unzip();
    let implied: Vec<&Implied> = moments_at_solution.iter().collect();
    let Estimates { values, mut estimates } = estimates(&AtSolution {
        table,
        plan,
        definitions,
        fixed,
        theta: &theta,
        vcov: vcov.as_ref(),
        models: &models,
        implied: &implied,
    });

    if let Some(bootstrap) = &bootstrap {
        bootstrap.uncertainties(&problem, &models, &mut estimates);
    }

    let mut diagnostics = improper_solution(table, &values, &models, &implied);
    let proper = diagnostics.is_empty();
    if convergence.converged {
        diagnostics.extend(constraint_diagnostics(table, &constraints));
        let cases = (sample.effective_size(), plan.weighted);
        diagnostics.extend(scant_evidence(table, cases, free, least_determined));
        diagnostics.extend(unweighted_inference(plan));
    } else {
        let nowhere = convergence.reason == TerminationReason::NoFeasibleStart;
        let causes = if nowhere { no_inverse(table, &models, &theta) } else { Vec::new() };
        diagnostics.push(not_converged(table, &convergence, &causes, &weak));
        diagnostics.extend(violated.map(|place| restrictions.violation(table, place)));
        if nowhere {
            diagnostics.extend(restrictions.valueless(table, &theta));
        }
    }
    if convergence.converged {
        diagnostics.extend(definitions_without_value(table, &values));
    }
    if convergence.converged && vcov.is_none() && plan.se != StandardErrors::None {
        diagnostics.push(no_standard_errors(plan.se));
    }
    diagnostics.extend(bootstrap.as_ref().and_then(failed_draws));
    diagnostics.extend(tests.iter().flat_map(|tests| &tests.absent).map(|&kind| absent_test(kind)));
    diagnostics.extend(tests.iter().any(|tests| tests.robust_is_costly).then(costly_robust_indices));
    let without_maximum = blocks_without_maximum(observed, plan);
    diagnostics.extend(without_maximum.iter().map(|&block| no_unrestricted_model(table, block)));
    let measures = tests.as_ref().map_or_else(FitMeasures::default, |tests| {
        measure(&problem, value, degrees, &block_values, &implied, &implied_inverses, tests)
    });
    let groups = sample
        .groups
        .iter()
        .zip(&block_values)
        .zip(observed)
        .zip(&scaling.weights)
        .map(|(((group, value), observed), weight)| GroupSummary {
            label: group.label.clone(),
            n_obs: group.n_obs,
            size: group.size(),
            n_patterns: observed.incomplete.as_ref().map(|incomplete| incomplete.rows.patterns.len()),
            coverage: observed.incomplete.as_ref().map(|incomplete| incomplete.rows.coverage.clone()),
            chisq: (convergence.converged && without_maximum.is_empty())
                .then_some(scaling.multiplier * weight * value.max(0.0)),
        })
        .collect();
    let r_square = r_squares(&estimates, &models, &implied);
    let Problem { table, plan, observed, .. } = problem;
    let moments = observed
        .into_iter()
        .zip(moments_at_solution)
        .zip(&models)
        .map(|((sample, implied), model)| BlockMoments {
            sample_cov: sample.cov,
            sample_mean: sample.mean,
            implied_cov: implied.cov,
            implied_mean: table.meanstructure.then_some(implied.mean),
            latent_cov: latent_cov(implied.latent, model.n_latent),
        })
        .collect();
    Ok(Fit {
        groups,
        blocks: table
            .blocks
            .iter()
            .map(|block| BlockSummary {
                group: block.group,
                observed: block.observed.clone(),
                latent: block.latent.clone(),
            })
            .collect(),
        moments,
        r_square,
        plan,
        table: table.clone(),
        convergence,
        estimates,
        constraints,
        vcov,
        proper,
        tests: tests.map(|tests| tests.all).unwrap_or_default(),
        measures,
        effective_size: sample.is_weighted().then(|| sample.effective_size()),
        bootstrap,
        diagnostics,
    })
}

/// The covariance matrix of the latent variables alone, which come first on the latent side.
fn latent_cov(of_latent_side: Array2<f64>, n_latent: usize) -> Array2<f64> {
    if of_latent_side.nrows() == n_latent {
        return of_latent_side;
    }
    of_latent_side.slice(s![..n_latent, ..n_latent]).to_owned()
}

fn no_unrestricted_model(table: &ParTable, block: usize) -> latva_spec::Diagnostic {
    let group = match table.group_labels.len() {
        0 | 1 => String::new(),
        _ => format!(" of group {}", table.group_labels[table.blocks[block].group - 1]),
    };
    latva_spec::Diagnostic::warning(
        "W0810",
        format!("there is no chi-square: the cases{group} are too few or too incomplete for the model without restrictions"),
    )
    .hint("estimates, standard errors and log-likelihood of the model hold; what compares it with the unrestricted model is left out")
    .hint("look for variables that few cases have together")
}

/// How many samples drawn could not be fitted, if any.
fn failed_draws(bootstrap: &Bootstrap) -> Option<latva_spec::Diagnostic> {
    let of_errors = bootstrap.estimates.as_ref().map(|estimates| bootstrap.draws - estimates.nrows());
    let of_test = bootstrap.statistics.as_ref().map(|statistics| bootstrap.draws - statistics.len());
    let named = [(of_errors, "standard errors"), (of_test, "the test of Bollen and Stine")];
    let failed: Vec<String> = named
        .into_iter()
        .filter_map(|(count, what)| Some((count.filter(|count| *count > 0)?, what)))
        .map(|(count, what)| format!("{count} of {} for {what}", bootstrap.draws))
        .collect();
    (!failed.is_empty()).then(|| {
        latva_spec::Diagnostic::note("N0833", format!("samples that were drawn could not be fitted: {}", failed.join(", ")))
            .hint("they are left out; where they are many, what is left is no fair picture: use more cases or a simpler model")
    })
}

/// Standard errors and tests that take weights for counts of cases. The weight of WLS takes them for what they are.
fn unweighted_inference(plan: &Plan) -> Option<latva_spec::Diagnostic> {
    if !plan.weighted || plan.estimator == Estimator::Wls {
        return None;
    }
    let errors = matches!(plan.se, StandardErrors::Standard | StandardErrors::FirstOrder);
    let tests = plan.test == [TestStatistic::Standard];
    let what = match (errors, tests) {
        (true, true) => "standard errors and chi-square take",
        (true, false) => "standard errors take",
        (false, true) => "chi-square takes",
        (false, false) => return None,
    };
    let message = format!("{what} the sampling weights for numbers of cases");
    Some(
        latva_spec::Diagnostic::warning("W0836", message)
            .hint("leave out `--se` and `--test`, or choose robust ones: `--estimator MLR` for maximum likelihood"),
    )
}

/// The definitions that the estimates give no value, such as `log(a)` where a is negative.
fn definitions_without_value(table: &ParTable, values: &[f64]) -> Vec<latva_spec::Diagnostic> {
    let valueless = |(row, value): &(&Row, &f64)| row.op == Op::Defined && !value.is_finite();
    table
        .rows
        .iter()
        .zip(values)
        .filter(valueless)
        .map(|(row, _)| {
            latva_spec::Diagnostic::warning(
                "W0837",
                format!("the definition `{} := {}` has no value at the estimates", row.lhs, row.rhs),
            )
            .at_option(row.span, "no finite number")
            .hint(
                "look for a division by zero, a logarithm or root of a negative number, or a number that is too large",
            )
        })
        .collect()
}

fn no_standard_errors(se: StandardErrors) -> latva_spec::Diagnostic {
    if se == StandardErrors::Bootstrap {
        return latva_spec::Diagnostic::warning(
            "W0834",
            "there are no standard errors: the model could be fitted to fewer than two of the samples drawn",
        )
        .hint("use more cases, more draws (`--bootstrap`), a simpler model, or `--se standard`");
    }
    latva_spec::Diagnostic::warning(
        "W0832",
        "there are no standard errors: the information that they rest on is not positive definite at the estimates",
    )
    .hint("use the expected information (`--information expected`), and look for a parameter that the sample hardly determines")
}

/// Hardly determined directions that are named one by one.
const DIRECTIONS_NAMED: usize = 3;

/// `causes` say why there was no start; `weak` are the directions that the data hardly determine where the search ended, as parameters from 0.
fn not_converged(
    table: &ParTable,
    convergence: &Convergence,
    causes: &[String],
    weak: &[Vec<usize>],
) -> latva_spec::Diagnostic {
    let mut diagnostic = latva_spec::Diagnostic::warning(
        "W0805",
        format!("the estimation did not converge in {} iterations", convergence.iterations),
    );
    for cause in causes {
        diagnostic = diagnostic.hint(cause.clone());
    }
    // Where no point was found at all, what the data would say there tells nothing.
    let weak = if convergence.reason == TerminationReason::NoFeasibleStart { &[] } else { weak };
    for parameters in &weak[..weak.len().min(DIRECTIONS_NAMED)] {
        let names: Vec<String> = parameters.iter().map(|&parameter| name_of(table, parameter)).collect();
        diagnostic = diagnostic.hint(format!(
            "the data hardly determine these, which may grow without end together: {}; fix one of them, or bound a variance: `x ~~ lower(0)*x`",
            names.join(", ")
        ));
    }
    if weak.len() > DIRECTIONS_NAMED {
        diagnostic = diagnostic.hint(format!(
            "there are {} more such directions: the data are far too few or too incomplete for this model",
            weak.len() - DIRECTIONS_NAMED
        ));
    }
    for strategy in &convergence.strategies {
        diagnostic = diagnostic.hint(format!("tried: {strategy}"));
    }
    diagnostic.hint("look for an indicator that correlates weakly or negatively with its factor, simplify the model, or give start values: `start(0.5)*x`")
}
