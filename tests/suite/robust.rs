//! Robust inference and weighted least squares at the command line, and what must hold of them whatever the data.

use std::path::{Path, PathBuf};
use std::process::Command;

use latva_data::{CsvOptions, Sample, SampleOptions, read_csv};
use latva_estimation::{Estimator, Fit, Options, StandardErrors, TestStatistic};
use latva_spec::table::{ParTable, TableContext, TableOptions, build};
use ndarray::Array2;
use serde_json::Value;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn latva(line: &str) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_latva-under-test"))
        .args(line.split(' '))
        .current_dir(root())
        .output()
        .expect("the tool starts");
    assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

const HS: &str = "fit fixtures/models/hs_cfa.lav --data fixtures/data/HolzingerSwineford1939.csv";

#[test]
fn shorthands_reach_the_report() {
    let text = latva(&format!("{HS} --estimator MLM --test browne.residual.nt"));
    for line in ["robust.sem, expected information", "satorra.bentler, browne.residual.nt", "Scaled", "Robust"] {
        assert!(text.contains(line), "{line} in\n{text}");
    }
    // The statistics of the reference fits, to the printed digits.
    assert!(text.contains("80.872") && text.contains("77.903"), "{text}");
    for (options, se, tests, factor) in [
        ("--estimator MLR", "robust.huber.white", vec!["standard", "yuan.bentler.mplus"], 0.9790),
        ("--estimator MLMV", "robust.sem", vec!["standard", "scaled.shifted"], 1.1569),
        ("--se robust --test satorra.bentler", "robust.sem", vec!["standard", "satorra.bentler"], 1.0548),
    ] {
        let json: Value = serde_json::from_str(&latva(&format!("{HS} {options} --format json"))).expect("JSON");
        assert_eq!(json["plan"]["se"], se);
        let names: Vec<&str> = json["tests"]
            .as_array()
            .expect("tests")
            .iter()
            .map(|test| test["test"].as_str().expect("a name"))
            .collect();
        assert_eq!(names, tests, "{options}");
        let found = json["fit"]["chisq.scaling.factor"].as_f64().expect("a factor");
        assert!((found - factor).abs() < 1e-4, "{options}: {found}");
        assert_eq!(json["tests"][1]["scaling_factor"].as_f64(), Some(found));
        let parameter = &json["parameters"][1];
        let (value, se) = (parameter["std_all"].as_f64().unwrap(), parameter["std_all_se"].as_f64().unwrap());
        assert!((parameter["std_all_z"].as_f64().unwrap() - value / se).abs() < 1e-12);
    }
    let none: Value =
        serde_json::from_str(&latva(&format!("{HS} --estimator MLR --test none --se none --format json"))).unwrap();
    assert_eq!(none["tests"].as_array().map(Vec::len), Some(0));
    assert_eq!(none["parameters"][1]["std_all_se"], Value::Null);
}

fn prepare(model: &str, fixed_x: bool) -> (ParTable, Sample) {
    let bytes = std::fs::read(root().join("fixtures/data/HolzingerSwineford1939.csv")).expect("data");
    let data = read_csv(&bytes, &CsvOptions::default()).expect("a table");
    let context = TableContext {
        options: TableOptions { fixed_x: Some(fixed_x), ..TableOptions::default() },
        ..TableContext::default()
    };
    let parsed = latva_spec::parse(model);
    let (table, _) = build(&parsed.model, &context);
    let (sample, _) = data.sample(&table.blocks[0].observed, &SampleOptions::default()).expect("a sample");
    (table, sample)
}

const TESTS: [TestStatistic; 8] = [
    TestStatistic::SatorraBentler,
    TestStatistic::MeanVarAdjusted,
    TestStatistic::ScaledShifted,
    TestStatistic::YuanBentler,
    TestStatistic::BrowneResidualAdf,
    TestStatistic::BrowneResidualAdfModel,
    TestStatistic::BrowneResidualNt,
    TestStatistic::BrowneResidualNtModel,
];

fn fit(table: &ParTable, sample: &Sample, estimator: Estimator, se: StandardErrors) -> Fit {
    let scaled = TESTS.iter().filter(|test| estimator == Estimator::Ml || **test != TestStatistic::YuanBentler);
    let options = Options { estimator, se: Some(se), test: Some(scaled.copied().collect()), ..Options::default() };
    let fit = latva_estimation::fit(table, sample, &options).expect("a fit");
    assert!(fit.convergence.converged);
    fit
}

fn same_tests(one: &Fit, other: &Fit, what: &str) {
    assert_eq!(one.tests.len(), other.tests.len());
    for (a, b) in one.tests.iter().zip(&other.tests) {
        let close =
            (a.test.value - b.test.value).abs() < 1e-6 * (1.0 + b.test.value) && (a.test.df - b.test.df).abs() < 1e-6;
        assert!(close, "{what}: {a:?} {b:?}");
    }
}

/// The moments of a sample after its rows were changed.
fn renewed(mut sample: Sample) -> Sample {
    for group in &mut sample.groups {
        let rows = group.rows.as_ref().expect("cases");
        let mean = rows.mean_axis(ndarray::Axis(0)).expect("rows");
        let deviations = &**rows - &mean;
        group.cov = deviations.t().dot(&deviations) / rows.nrows() as f64;
        group.mean = Some(mean);
    }
    sample
}

/// Neither the units of a variable nor the order of the cases changes a statistic; standardized values and their standard errors
/// stay too, and a sandwich of normal-theory pieces scales as the units say.
#[test]
fn units_and_the_order_of_cases_do_not_matter() {
    let model = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\ntextual ~ visual + ageyr\nx9 ~ textual";
    for (estimator, se, fixed_x) in [
        (Estimator::Ml, StandardErrors::RobustSem, true),
        (Estimator::Ml, StandardErrors::RobustHuberWhite, true),
        (Estimator::Ml, StandardErrors::FirstOrder, false),
        (Estimator::Gls, StandardErrors::RobustSem, false),
        (Estimator::Wls, StandardErrors::Standard, false),
        (Estimator::Wls, StandardErrors::Standard, true),
        (Estimator::Dwls, StandardErrors::RobustSem, false),
    ] {
        let (table, sample) = prepare(model, fixed_x);
        let scaled_tests = se != StandardErrors::FirstOrder;
        let run = |sample: &Sample| {
            if scaled_tests {
                return fit(&table, sample, estimator, se);
            }
            let options = Options { estimator, se: Some(se), ..Options::default() };
            latva_estimation::fit(&table, sample, &options).expect("a fit")
        };
        let plain = run(&sample);
        let what = format!("{estimator:?} {se:?} {fixed_x}");

        let changed = |change: &dyn Fn(&mut Array2<f64>)| {
            let mut sample = sample.clone();
            let mut rows = sample.groups[0].rows.as_deref().expect("cases").clone();
            change(&mut rows);
            sample.groups[0].rows = Some(rows.into());
            renewed(sample)
        };
        let reversed = run(&changed(&|rows| rows.invert_axis(ndarray::Axis(0))));
        same_tests(&reversed, &plain, &what);

        let x2 = sample.names.iter().position(|name| name == "x2").expect("x2");
        let stretched = run(&changed(&|rows| rows.column_mut(x2).mapv_inplace(|value| 1e3 * value - 5.0)));
        same_tests(&stretched, &plain, &what);
        for (a, b) in stretched.estimates.iter().zip(&plain.estimates) {
            let (Some(a), Some(b)) = (a.std_all_uncertainty, b.std_all_uncertainty) else { continue };
            assert!((a.se - b.se).abs() < 1e-6 * (1.0 + b.se), "{what}: {} {}", a.se, b.se);
        }
    }
}

/// With its own full weight the discrepancy is efficient: the sandwich is the plain covariance matrix, and nothing is scaled.
#[test]
fn the_sandwich_of_an_efficient_estimator_is_plain() {
    let (table, sample) = prepare("visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6", false);
    let plain = fit(&table, &sample, Estimator::Wls, StandardErrors::Standard);
    let robust = fit(&table, &sample, Estimator::Wls, StandardErrors::RobustSem);
    let (plain, whole) = (plain.vcov.expect("a matrix"), robust.vcov.as_ref().expect("a matrix"));
    for (a, b) in plain.matrix().iter().zip(whole.matrix()) {
        assert!((a - b).abs() < 1e-9);
    }
    for test in robust.tests.iter().filter(|test| test.kind.is_scaled()) {
        assert!((test.test.value - robust.tests[0].test.value).abs() < 1e-6, "{test:?}");
    }
    // The discrepancy of WLS at its minimum is Browne's statistic.
    let browne = robust.tests.iter().find(|test| test.kind == TestStatistic::BrowneResidualAdf).expect("the test");
    assert!((browne.test.value - robust.tests[0].test.value).abs() < 1e-6);
}
