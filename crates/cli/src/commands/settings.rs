//! From arguments to the options of the table and of estimation.

use latva_estimation::{Estimator, Mimic, Missing, Options, StandardErrors, TestStatistic};
use latva_spec::table::TableContext;

use crate::arguments::{EstimationArguments, ModelArguments};
use crate::choices::{EstimatorChoice, SeChoice};

/// The context of the table, but for what the data decide. Defaults that hang on the estimator, the missing-data
/// treatment or the convention are settled here.
pub(super) fn table_context(arguments: &ModelArguments) -> TableContext {
    let mut context = TableContext {
        kind: arguments.kind.unwrap_or_default(),
        ordered: words(arguments.ordered.as_ref()),
        ..TableContext::default()
    };
    let switches = &arguments.switches;
    let options = &mut context.options;
    options.meanstructure = switches.meanstructure;
    options.int_ov_free = switches.int_ov_free;
    options.int_lv_free = switches.int_lv_free;
    options.std_lv = switches.std_lv.unwrap_or(false);
    options.orthogonal = switches.orthogonal.unwrap_or(false);
    options.orthogonal_x = switches.orthogonal_x.unwrap_or(false);
    options.orthogonal_y = switches.orthogonal_y.unwrap_or(false);
    options.fixed_x = switches.fixed_x;
    options.auto_fix_first = switches.auto_fix_first;
    options.auto_fix_single = switches.auto_fix_single;
    options.auto_var = switches.auto_var;
    options.auto_cov_lv_x = switches.auto_cov_lv_x;
    options.auto_cov_y = switches.auto_cov_y;
    options.auto_th = switches.auto_th;
    options.auto_delta = switches.auto_delta;
    let (loadings, intercepts) = arguments.effect_coding.unwrap_or((false, false));
    options.effect_coding_loadings = loadings;
    options.effect_coding_intercepts = intercepts;
    options.constraints = arguments.constraints.clone().unwrap_or_default();
    options.group_equal = arguments.group_equal.as_ref().map(|sets| sets.0.clone()).unwrap_or_default();
    options.group_partial = words(arguments.group_partial.as_ref());

    let amos = arguments.mimic == Some(Mimic::Amos);
    let estimator = arguments.estimator.map(|choice| choice.estimator);
    let with_means =
        matches!(arguments.missing, Some(Missing::Ml | Missing::MlX | Missing::TwoStage | Missing::RobustTwoStage));
    if with_means {
        options.meanstructure.get_or_insert(true);
    } else if amos {
        options.meanstructure.get_or_insert(false);
    }
    let two_stage = arguments.missing.is_some_and(Missing::is_two_stage);
    if amos || two_stage || estimator.is_some_and(|estimator| estimator != Estimator::Ml) {
        options.fixed_x.get_or_insert(false);
    }
    context
}

/// The options of estimation.
pub(super) fn estimation_options(model: &ModelArguments, arguments: &EstimationArguments) -> Options {
    let missing = model.missing.unwrap_or_default();
    let choice = model.estimator.unwrap_or(EstimatorChoice { estimator: Estimator::Ml, se: None, test: None });
    let se = arguments.se.map(|se| match se {
        SeChoice::Kind(kind) => kind,
        SeChoice::Robust if missing == Missing::Listwise => StandardErrors::RobustSem,
        SeChoice::Robust => StandardErrors::RobustHuberWhite,
    });
    Options {
        estimator: choice.estimator,
        likelihood: arguments.likelihood.unwrap_or_default(),
        mimic: model.mimic.unwrap_or_default(),
        missing,
        se: se.or(choice.se),
        test: tests(choice.test, arguments.test.as_ref().map(|tests| tests.0.as_slice())),
        information: arguments.information,
        h1_information: arguments.h1_information.unwrap_or_default(),
        random_starts: arguments.rstarts.unwrap_or(0),
        bootstrap: arguments.bootstrap,
        bootstrap_interval: arguments.boot_ci_type.unwrap_or_default(),
        ci_level: arguments.level,
        seed: arguments.seed.unwrap_or_default(),
        threads: arguments.threads,
        ..Options::default()
    }
}

/// The test of the estimator and those that are asked for beside it; `none` alone leaves out both.
fn tests(own: Option<TestStatistic>, asked: Option<&[TestStatistic]>) -> Option<Vec<TestStatistic>> {
    match asked {
        None => own.map(|own| vec![own]),
        Some([TestStatistic::None]) => Some(vec![TestStatistic::None]),
        Some(asked) => {
            let mut tests = vec![own.unwrap_or(TestStatistic::Standard)];
            tests.extend(asked.iter().copied().filter(|test| *test != tests[0]).collect::<Vec<_>>());
            Some(tests)
        }
    }
}

fn words(words: Option<&crate::choices::Words>) -> Vec<String> {
    words.map(|words| words.0.clone()).unwrap_or_default()
}
