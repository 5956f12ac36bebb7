//! The fits of lavaan that reference values tell of, set up for latva.

use std::path::{Path, PathBuf};

use latva_data::{CsvOptions, MissingRows, Sample, SampleOptions, SamplingWeights, WeightNormalization, read_csv};
use latva_estimation::{
    Estimator, H1Information, Information, Likelihood, Missing, Options, StandardErrors, TestStatistic,
};
use latva_spec::table::{EqualityGroup, ModelKind, ParTable, TableContext, TableOptions, build};
use serde::Deserialize;
use serde_json::Value;

/// A fit of lavaan: model, data and arguments.
#[derive(Deserialize)]
pub(crate) struct Setup {
    pub(crate) name: String,
    pub(crate) model: String,
    pub(crate) data: String,
    pub(crate) kind: String,
    /// An object, or an empty array, which is how R writes an empty list.
    pub(crate) options: Value,
}

pub(crate) fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures")
}

fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Array(items) => items.iter().map(|item| item.as_str().unwrap().to_owned()).collect(),
        other => vec![other.as_str().unwrap().to_owned()],
    }
}

/// lavaan's arguments as ours.
fn arguments(case: &Setup) -> (TableOptions, Options, Option<String>) {
    let (mut table, mut options, mut group) = (TableOptions::default(), Options::default(), None);
    let (mut tests, mut own) = (Vec::new(), TestStatistic::Standard);
    let none = serde_json::Map::new();
    for (name, value) in case.options.as_object().unwrap_or(&none) {
        let on = value.as_bool() == Some(true);
        match name.as_str() {
            "std.lv" => table.std_lv = on,
            "orthogonal" => table.orthogonal = on,
            "meanstructure" => table.meanstructure = Some(on),
            "fixed.x" => table.fixed_x = Some(on),
            "effect.coding" => {
                table.effect_coding_loadings = on;
                table.effect_coding_intercepts = on;
            }
            "group" => group = Some(value.as_str().unwrap().to_owned()),
            "group.equal" => table.group_equal = texts(value).iter().map(|name| equality(name)).collect(),
            "group.partial" => table.group_partial = texts(value),
            "likelihood" => {
                options.likelihood = if value == "wishart" { Likelihood::Wishart } else { Likelihood::Normal };
            }
            "information" => {
                options.information = Some(match value.as_str().unwrap() {
                    "observed" => Information::Observed,
                    "first.order" => Information::FirstOrder,
                    _ => Information::Expected,
                });
            }
            "missing" => {
                options.missing = match value.as_str().unwrap() {
                    "ml" => Missing::Ml,
                    "ml.x" => Missing::MlX,
                    "pairwise" => Missing::Pairwise,
                    "two.stage" => Missing::TwoStage,
                    "robust.two.stage" => Missing::RobustTwoStage,
                    other => panic!("{}: missing {other}", case.name),
                };
                if options.missing.uses_patterns() {
                    table.meanstructure = Some(true);
                }
            }
            "sampling.weights" | "sampling.weights.normalization" => {}
            // How far lavaan's EM algorithm goes.
            "em.h1.tol" | "em.h1.iter.max" => {}
            "h1.information" => options.h1_information = H1Information::Unstructured,
            "se" => {
                options.se = Some(match value.as_str().unwrap() {
                    "robust.sem" => StandardErrors::RobustSem,
                    "robust.huber.white" => StandardErrors::RobustHuberWhite,
                    "first.order" => StandardErrors::FirstOrder,
                    "standard" => StandardErrors::Standard,
                    "none" => StandardErrors::None,
                    other => panic!("{}: se {other}", case.name),
                });
            }
            "test" => tests.extend(texts(value).iter().map(|name| test(name))),
            "estimator" => {
                let (estimator, robust) = shorthand(value.as_str().unwrap());
                options.estimator = estimator;
                if let Some((se, test)) = robust {
                    options.se = options.se.or(Some(se));
                    own = test;
                }
            }
            other => panic!("{}: option {other}", case.name),
        }
    }
    // ML is MLR where there are weights.
    let plain = ["ML", ""].contains(&case.options.get("estimator").and_then(Value::as_str).unwrap_or_default());
    if weights(case).is_some() && plain {
        own = TestStatistic::YuanBentlerMplus;
    }
    // lavaan adds the tests that are asked for to the one of the estimator.
    if !tests.is_empty() || own != TestStatistic::Standard {
        tests.insert(0, own);
        options.test = Some(tests);
    }
    (table, options, group)
}

/// The sampling weights of a case.
fn weights(case: &Setup) -> Option<SamplingWeights> {
    let normalization = match case.options.get("sampling.weights.normalization").and_then(Value::as_str) {
        Some("group") => WeightNormalization::Group,
        _ => WeightNormalization::Total,
    };
    let column = case.options.get("sampling.weights")?.as_str()?.to_owned();
    Some(SamplingWeights { column, normalization })
}

/// What an estimator of lavaan stands for.
fn shorthand(name: &str) -> (Estimator, Option<(StandardErrors, TestStatistic)>) {
    let sandwich = |test| Some((StandardErrors::RobustSem, test));
    match name {
        "ML" => (Estimator::Ml, None),
        "GLS" => (Estimator::Gls, None),
        "ULS" => (Estimator::Uls, None),
        "SLS" => (Estimator::Sls, None),
        "WLS" => (Estimator::Wls, None),
        "DWLS" => (Estimator::Dwls, None),
        "MLM" => (Estimator::Ml, sandwich(TestStatistic::SatorraBentler)),
        "MLMV" => (Estimator::Ml, sandwich(TestStatistic::ScaledShifted)),
        "MLMVS" => (Estimator::Ml, sandwich(TestStatistic::MeanVarAdjusted)),
        "MLR" => (Estimator::Ml, Some((StandardErrors::RobustHuberWhite, TestStatistic::YuanBentlerMplus))),
        "MLF" => (Estimator::Ml, Some((StandardErrors::FirstOrder, TestStatistic::Standard))),
        "WLSM" => (Estimator::Dwls, sandwich(TestStatistic::SatorraBentler)),
        "WLSMV" => (Estimator::Dwls, sandwich(TestStatistic::ScaledShifted)),
        "WLSMVS" => (Estimator::Dwls, sandwich(TestStatistic::MeanVarAdjusted)),
        "ULSM" => (Estimator::Uls, sandwich(TestStatistic::SatorraBentler)),
        "ULSMV" => (Estimator::Uls, sandwich(TestStatistic::ScaledShifted)),
        "ULSMVS" => (Estimator::Uls, sandwich(TestStatistic::MeanVarAdjusted)),
        other => panic!("estimator {other}"),
    }
}

fn test(name: &str) -> TestStatistic {
    [
        TestStatistic::Standard,
        TestStatistic::SatorraBentler,
        TestStatistic::YuanBentler,
        TestStatistic::YuanBentlerMplus,
        TestStatistic::MeanVarAdjusted,
        TestStatistic::ScaledShifted,
        TestStatistic::BrowneResidualAdf,
        TestStatistic::BrowneResidualAdfModel,
        TestStatistic::BrowneResidualNt,
        TestStatistic::BrowneResidualNtModel,
        TestStatistic::None,
    ]
    .into_iter()
    .find(|test| test.name() == name)
    .unwrap_or_else(|| panic!("test {name}"))
}

fn equality(name: &str) -> EqualityGroup {
    match name {
        "loadings" => EqualityGroup::Loadings,
        "intercepts" => EqualityGroup::Intercepts,
        "means" => EqualityGroup::Means,
        "regressions" => EqualityGroup::Regressions,
        "residuals" => EqualityGroup::Residuals,
        "residual.covariances" => EqualityGroup::ResidualCovariances,
        "lv.variances" => EqualityGroup::LvVariances,
        "lv.covariances" => EqualityGroup::LvCovariances,
        other => panic!("group.equal {other}"),
    }
}

/// Table, sample and options of a case.
pub(crate) fn prepare(case: &Setup) -> (ParTable, Sample, Options) {
    let (mut table_options, options, group) = arguments(case);
    let bytes = std::fs::read(fixtures().join("data").join(format!("{}.csv", case.data))).unwrap();
    let data = read_csv(&bytes, &CsvOptions::default()).unwrap();
    // Least squares leaves exogenous variables random, as lavaan does.
    if options.estimator != Estimator::Ml && table_options.fixed_x.is_none() {
        table_options.fixed_x = Some(false);
    }
    let parsed = latva_spec::parse(&case.model);
    let mut context = TableContext {
        kind: match case.kind.as_str() {
            "cfa" => ModelKind::Cfa,
            "growth" => ModelKind::Growth,
            _ => ModelKind::Sem,
        },
        options: table_options.clone(),
        ..TableContext::default()
    };
    let block = build(&parsed.model, &context).0.blocks.swap_remove(0);
    let fixed_x = table_options.fixed_x != Some(false);
    let sample_options = SampleOptions {
        group,
        missing: match options.missing {
            Missing::Listwise => MissingRows::Listwise,
            Missing::Pairwise => MissingRows::Pairwise,
            _ => MissingRows::Keep,
        },
        weights: weights(case),
        required: if fixed_x && options.missing != Missing::MlX {
            block.exogenous.iter().map(|name| name.to_string()).collect()
        } else {
            Vec::new()
        },
        ..SampleOptions::default()
    };
    let names = block.observed;
    let (sample, _) = data.sample(&names, &sample_options).unwrap_or_else(|error| panic!("{}: {error}", case.name));
    if sample.groups.len() > 1 {
        context.groups = sample.groups.iter().map(|group| group.label.clone()).collect();
    }
    let (table, diagnostics) = build(&parsed.model, &context);
    assert!(diagnostics.iter().all(|diagnostic| !diagnostic.is_error()), "{}: {diagnostics:?}", case.name);
    (table, sample, options)
}
