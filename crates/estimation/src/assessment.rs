//! The fit of a converged solution, in figures: its tests, and what goes into the measures.

use compact_str::CompactString;
use latva_spec::Diagnostic;
use ndarray::Array2;

use crate::baseline::{baseline, fitted_baseline};
use crate::fit::Problem;
use crate::implied::Implied;
use crate::indices::ChiSquare;
use crate::indices::chi_squared::p_value;
use crate::indices::residuals::{GroupMoments, Moments};
use crate::inference::{Cases, Scaled, corrected_statistic, residual_statistic, scaled_test};
use crate::likelihood::log_likelihood;
use crate::measures::{
    MeasuresInput, MeasuresSettings, RobustStatistics, ScaledTests, WeightMatrix, fit_measures, likelihood_measures,
};
use crate::moment_weight::MomentWeight;
use crate::objective::ModelObjective;
use crate::observed::Observed;
use crate::plan::{Estimator, Plan, TestStatistic};
use crate::result::{Bootstrap, FitMeasures, ModelTest};

/// Products of the information of incomplete cases from which on robust indices are left out where no robust test is asked for: about a second.
const MOST_WORK: f64 = 1e10;

/// The tests of a converged solution.
pub(crate) struct Tests {
    /// The standard one, then all that were asked for and exist, in the order in which they were asked for.
    pub(crate) all: Vec<ModelTest>,
    /// The first scaled one, of the model and of its baseline.
    scaled: Option<ScaledTests>,
    /// The standard one of the baseline model; `None` for a singular S.
    baseline: Option<ChiSquare>,
    /// Statistics of the robust indices, where these are not those of the scaled test: of incomplete cases.
    robust: Option<RobustStatistics>,
    /// Whether these would take too long for what was not asked for.
    pub(crate) robust_is_costly: bool,
    /// Those that were asked for and do not exist, though the model has degrees of freedom.
    pub(crate) absent: Vec<TestStatistic>,
}

/// The tests that the plan asks for. `value` is F at the solution, where the objective is; `first_order` is the first-order information
/// there, where it is known.
pub(crate) fn tests(
    problem: &Problem<'_>,
    objective: &mut ModelObjective,
    value: f64,
    df: usize,
    cases: Option<&Cases>,
    bootstrap: Option<&Bootstrap>,
    first_order: Option<&Array2<f64>>,
) -> Tests {
    let Problem { plan, scaling, observed, .. } = problem;
    let plain = ChiSquare::new((scaling.multiplier * value).max(0.0), df as f64);
    let divisors: Vec<f64> = scaling.weights.iter().map(|weight| weight * scaling.multiplier).collect();
    let mut tests = Tests {
        all: Vec::new(),
        scaled: None,
        baseline: None,
        robust: None,
        robust_is_costly: false,
        absent: Vec::new(),
    };
    if !blocks_without_maximum(observed, plan).is_empty() {
        return tests;
    }
    tests.baseline = baseline_test(problem);
    let test = |kind, test| ModelTest { kind, test, pvalue: p_value(test), scaling_factor: None, shift: None };
    tests.all.push(test(TestStatistic::Standard, plain));
    for &kind in &plan.test {
        match kind {
            TestStatistic::None | TestStatistic::Standard => {}
            TestStatistic::BrowneResidualAdf
            | TestStatistic::BrowneResidualAdfModel
            | TestStatistic::BrowneResidualNt
            | TestStatistic::BrowneResidualNtModel => {
                let statistic = residual_statistic(kind, objective, plan, observed, cases, &divisors);
                match statistic {
                    Some(value) => tests.all.push(test(kind, ChiSquare::new(value, df as f64))),
                    None => tests.absent.extend((df > 0).then_some(kind)),
                }
            }
            TestStatistic::BollenStine => match bootstrap.and_then(|bootstrap| bootstrap.p_value(plain.value)) {
                Some(p) => tests.all.push(ModelTest { pvalue: Some(p), ..test(kind, plain) }),
                None => tests.absent.extend((df > 0).then_some(kind)),
            },
            TestStatistic::SatorraBentler
            | TestStatistic::YuanBentler
            | TestStatistic::YuanBentlerMplus
            | TestStatistic::MeanVarAdjusted
            | TestStatistic::ScaledShifted => {
                let cases = cases.expect("the cases are there where the plan needs them");
                let Some(scaled) = scaled_test(kind, plain, objective, plan, observed, cases, first_order) else {
                    tests.absent.extend((df > 0).then_some(kind));
                    continue;
                };
                let statistic = scaled.statistic;
                tests.all.push(ModelTest {
                    scaling_factor: statistic.factor,
                    shift: statistic.factor.filter(|_| kind == TestStatistic::ScaledShifted).map(|_| statistic.shift),
                    ..test(kind, statistic.test)
                });
                if tests.scaled.is_none() {
                    let baseline = scaled_baseline(kind, problem, tests.baseline, cases);
                    tests.scaled = Some(ScaledTests {
                        kind,
                        model: statistic,
                        baseline: baseline.map(|scaled| scaled.statistic),
                        logl_factors: scaled.logl_factors,
                    });
                }
            }
        }
    }
    if let Some(cases) = cases.filter(|_| plan.missing.is_full_information()) {
        let asked_for = plan.test.iter().any(|test| test.is_scaled());
        let work: f64 = cases.incomplete().iter().map(|own| own.cases().work()).sum();
        tests.robust_is_costly = !asked_for && work > MOST_WORK;
        if !tests.robust_is_costly {
            tests.robust = robust_statistics(problem, objective, df as f64, tests.baseline, cases);
        }
    }
    tests
}

/// The statistics of the robust indices of incomplete cases: with a scaled test whatever the distribution, else for normal data.
fn robust_statistics(
    problem: &Problem<'_>,
    objective: &mut ModelObjective,
    df: f64,
    baseline: Option<ChiSquare>,
    cases: &Cases,
) -> Option<RobustStatistics> {
    let Problem { plan, scaling, observed, .. } = problem;
    let any_distribution = plan.test.iter().any(|test| test.is_scaled());
    let model = corrected_statistic(objective, df, observed, cases, plan, scaling, any_distribution)?;
    let baseline = baseline.zip(baseline_objective(problem)).and_then(|(plain, mut objective)| {
        corrected_statistic(&mut objective, plain.df, observed, cases, plan, scaling, any_distribution)
    });
    let scaled = ChiSquare::new(model.test.value / model.factor, df);
    Some(RobustStatistics { model, scaled, baseline })
}

/// Why a test that was asked for is not there.
pub(crate) fn absent_test(kind: TestStatistic) -> Diagnostic {
    let diagnostic =
        Diagnostic::warning("W0831", format!("the test `{}` does not exist for this fit and is left out", kind.name()));
    diagnostic.hint(match kind {
        TestStatistic::BrowneResidualAdf | TestStatistic::BrowneResidualAdfModel => {
            "it needs the inverse covariance matrix of the moments: more cases than moments, and no moment that others determine"
        }
        TestStatistic::BollenStine => {
            "the model could be fitted to none of the samples drawn, or the sample covariance matrix is singular: use more cases or a simpler model"
        }
        _ => "the information is singular at the estimates, or the scaling factor is not positive: look at the estimates and at extreme cases",
    })
}

/// Why the robust indices of incomplete cases are not there.
pub(crate) fn costly_robust_indices() -> Diagnostic {
    Diagnostic::note(
        "N0803",
        "robust CFI, TLI and RMSEA of the incomplete cases are left out: so many moments and patterns take long",
    )
    .hint("`--estimator MLR`, or another scaled test, asks for them")
}

/// The scaled test of the baseline model.
fn scaled_baseline(
    kind: TestStatistic,
    problem: &Problem<'_>,
    plain: Option<ChiSquare>,
    cases: &Cases,
) -> Option<Scaled> {
    scaled_test(kind, plain?, &mut baseline_objective(problem)?, &problem.plan, &problem.observed, cases, None)
}

/// The baseline model at its minimum.
fn baseline_objective(problem: &Problem<'_>) -> Option<ModelObjective> {
    let Problem { table, plan, scaling, observed, .. } = problem;
    let names: Vec<&[CompactString]> = table.blocks.iter().map(|block| &*block.observed).collect();
    fitted_baseline(observed, &names, &scaling.shares, plan).ok()
}

/// The standard test of the baseline model; `None` for a singular S.
fn baseline_test(problem: &Problem<'_>) -> Option<ChiSquare> {
    let Problem { table, plan, scaling, observed, .. } = problem;
    let (mut value, mut df) = (0.0, 0);
    for ((sample, block), weight) in observed.iter().zip(&table.blocks).zip(&scaling.weights) {
        let baseline = baseline(sample, &block.observed, plan).ok()?;
        value += weight * baseline.value;
        df += baseline.df;
    }
    Some(ChiSquare::new(scaling.multiplier * value, df as f64))
}

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
    implied: &[&Implied],
    implied_inverses: &[Array2<f64>],
    tests: &Tests,
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
    let groups: Vec<GroupMoments<'_>> = observed
        .iter()
        .zip(implied)
        .map(|(sample, implied)| GroupMoments {
            n: sample.n_obs,
            sample: Moments {
                cov: sample.cov.view(),
                mean: table.meanstructure.then(|| sample.mean.as_ref().expect("means are modelled").view()),
            },
            implied: Moments { cov: implied.cov.view(), mean: table.meanstructure.then(|| implied.mean.view()) },
        })
        .collect();
    let parameters = problem.moments - df;
    let fixed_exogenous: Vec<&[usize]> =
        observed.iter().filter(|_| table.fixed_x).map(|sample| sample.exogenous.as_slice()).collect();
    let weights: Vec<WeightMatrix<'_>> = observed
        .iter()
        .filter_map(|sample| match sample.weight.as_deref()? {
            MomentWeight::Full(weight) => Some(WeightMatrix::Full(weight.view())),
            MomentWeight::Diagonal(weight) => Some(WeightMatrix::Diagonal(weight.view())),
            MomentWeight::Normal(_) => None,
        })
        .collect();
    let input = MeasuresInput {
        mimic: plan.mimic,
        estimator: plan.estimator,
        multiplier: scaling.multiplier,
        model: ChiSquare { value: scaling.multiplier * value, df: df as f64 },
        baseline: tests.baseline,
        parameters,
        log_likelihood: (plan.estimator == Estimator::Ml)
            .then(|| log_likelihood(observed, block_values, plan).expect(POSITIVE)),
        means: table.meanstructure,
        groups: &groups,
        fixed_exogenous: &fixed_exogenous,
        weights: &weights,
        implied_inverses,
        scaled: tests.scaled.as_ref(),
        robust: tests.robust.as_ref(),
    };
    fit_measures(&input, &MeasuresSettings::default())
}
