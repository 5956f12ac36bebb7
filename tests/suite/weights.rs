//! Sampling weights: against lavaan where its way has to be mended (fixtures/reference/weights, made by tools/oracle/weights.R; what agrees
//! as it is stands in `fit.rs`), what must hold whatever the data, and the command line.

use std::fmt::Write as _;

use latva_data::{CsvOptions, MissingRows, Sample, SampleOptions, SamplingWeights, WeightNormalization, read_csv};
use latva_estimation::{
    EstimationError, Estimator, Fit, Likelihood, Mimic, Missing, Options, StandardErrors, TestStatistic,
    case_likelihoods,
};
use latva_spec::table::{Op, ParTable, Row, TableContext, TableOptions, build};
use serde_json::Value;

use crate::cli::at_root;
use crate::fit::{Case, compare};
use crate::lavaan::{fixtures, prepare};
use crate::missing::{Rows, delete, items, model, sequence};

fn cases(file: &str) -> Vec<Case> {
    let text = std::fs::read_to_string(fixtures().join("reference/weights").join(file)).expect("a fixture");
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// Differences between lavaan's figures and ours, over all cases.
fn differences(cases: &[Case]) -> String {
    let mut report = String::new();
    for case in cases {
        let (table, sample, options) = prepare(&case.setup);
        let fit = latva_estimation::fit(&table, &sample, &options)
            .unwrap_or_else(|error| panic!("{}: {error}", case.setup.name));
        for difference in compare(case, &fit) {
            report += &format!("{}: {difference}\n", case.setup.name);
        }
    }
    report
}

/// Least squares: lavaan divides weighted moments by N, but multiplies F by N - 1.
fn with_n_in_place_of_n_less_one(mut case: Case, n: f64) -> Case {
    let factor = n / (n - 1.0);
    case.measures.clear();
    for row in &mut case.estimates {
        row.se = row.se.map(|se| se / factor.sqrt());
    }
    for test in &mut case.tests {
        let shift = test.shift.unwrap_or(0.0);
        test.chisq = (test.chisq - shift) * factor + shift;
    }
    case
}

#[test]
fn gamma_is_that_of_the_weighted_moments() {
    let cases: Vec<Case> = cases("gamma.json")
        .into_iter()
        .map(|case| {
            let estimator = prepare(&case.setup).2.estimator;
            if estimator == Estimator::Ml { case } else { with_n_in_place_of_n_less_one(case, 301.0) }
        })
        .collect();
    assert!(cases.len() >= 23, "only {} cases", cases.len());
    let report = differences(&cases);
    assert!(report.is_empty(), "\n{report}");
}

#[test]
fn rows_of_weight_zero_do_not_count() {
    let report = differences(&cases("zero.json"));
    assert!(report.is_empty(), "\n{report}");
}

/// lavaan counts rows of weight zero in N: chi-square grows with them, and nothing else that depends on the weights alone.
#[test]
fn what_does_not_hang_on_n_is_the_same_where_such_rows_are_counted() {
    let mut counted = cases("counted.json");
    for case in &mut counted {
        case.measures
            .retain(|name, _| ["chisq.scaled", "pvalue.scaled", "srmr", "rmsea.robust"].contains(&name.as_str()));
        case.tests.retain(|test| test.test != "standard");
        case.tests.iter_mut().for_each(|test| test.scaling_factor = None);
    }
    let report = differences(&counted);
    assert!(report.is_empty(), "\n{report}");
}

/// Text of a data file with weights `w` and groups `g`; each row is written so many times.
fn csv(rows: &Rows, weights: &[f64], times: impl Fn(usize) -> usize) -> String {
    let mut text = (1..=rows[0].len()).map(|i| format!("x{i},")).collect::<String>() + "g,w\n";
    for (index, (row, weight)) in rows.iter().zip(weights).enumerate() {
        for _ in 0..times(index) {
            for cell in row {
                text += &cell.map_or("NA,".to_owned(), |value| format!("{value},"));
            }
            writeln!(text, "{},{weight}", if index % 5 < 2 { "a" } else { "b" }).expect("a string");
        }
    }
    text
}

/// How a text is analysed.
#[derive(Clone, Copy)]
struct Way {
    weighted: bool,
    grouped: bool,
    missing: Missing,
    estimator: Estimator,
}

const PLAIN: Way = Way { weighted: true, grouped: false, missing: Missing::Listwise, estimator: Estimator::Ml };

/// Table, sample and options for six items of two factors.
fn set_up(text: &str, way: Way) -> (ParTable, Sample, Options) {
    let data = read_csv(text.as_bytes(), &CsvOptions::default()).expect("data");
    let parsed = latva_spec::parse(&model(6));
    let options = TableOptions { meanstructure: Some(true), ..TableOptions::default() };
    let mut context = TableContext { options, ..TableContext::default() };
    let names = build(&parsed.model, &context).0.blocks[0].observed.clone();
    let normalization = WeightNormalization::Total;
    let selection = SampleOptions {
        group: way.grouped.then(|| "g".to_owned()),
        missing: if way.missing == Missing::Listwise { MissingRows::Listwise } else { MissingRows::Keep },
        weights: way.weighted.then(|| SamplingWeights { column: "w".to_owned(), normalization }),
        ..SampleOptions::default()
    };
    let (sample, _) = data.sample(&names, &selection).expect("a sample");
    if way.grouped {
        context.groups = sample.groups.iter().map(|group| group.label.clone()).collect();
    }
    let options = Options { missing: way.missing, estimator: way.estimator, ..Options::default() };
    (build(&parsed.model, &context).0, sample, options)
}

fn fit(text: &str, way: Way) -> Fit {
    let (table, sample, options) = set_up(text, way);
    let fit = latva_estimation::fit(&table, &sample, &options).expect("a fit");
    assert!(fit.convergence.converged);
    fit
}

fn assert_same_estimates(one: &Fit, other: &Fit, tolerance: f64) {
    for (a, b) in one.estimates.iter().zip(&other.estimates) {
        assert!((a.est - b.est).abs() < tolerance * (1.0 + b.est.abs()), "{a:?} {b:?}");
        assert!((a.std_all.unwrap() - b.std_all.unwrap()).abs() < tolerance, "{a:?} {b:?}");
    }
}

/// Every kind of data: complete or not, one group or two.
const WAYS: [Way; 6] = [
    PLAIN,
    Way { grouped: true, ..PLAIN },
    Way { missing: Missing::Ml, ..PLAIN },
    Way { missing: Missing::Ml, grouped: true, ..PLAIN },
    Way { estimator: Estimator::Uls, ..PLAIN },
    Way { estimator: Estimator::Gls, ..PLAIN },
];

/// Only ratios of weights matter for estimates: whole weights are rows that are written so many times, zero among them.
#[test]
fn whole_weights_give_the_estimates_of_repeated_rows() {
    for seed in 0..8 {
        for way in WAYS {
            let mut rows = items(150, 6, 40 + seed);
            if way.missing == Missing::Ml {
                delete(&mut rows, 0.15, 70 + seed);
            }
            let mut next = sequence(90 + seed);
            let times: Vec<usize> = (0..150).map(|_| (2.0 * next() + 2.0) as usize).collect();
            assert!((0..4).all(|count| times.contains(&count)));
            let weights: Vec<f64> = times.iter().map(|&count| 0.37 * count as f64).collect();
            let weighted = fit(&csv(&rows, &weights, |_| 1), way);
            let repeated = fit(&csv(&rows, &weights, |row| times[row]), Way { weighted: false, ..way });
            if way.estimator == Estimator::Ml {
                assert_same_estimates(&weighted, &repeated, 1e-6);
            } else {
                // Without weights, least squares divides covariances by N - 1, but not means.
                let of_covariances = |row: &&(&Row, _)| row.0.op != Op::Intercept;
                let rows: Vec<_> =
                    weighted.table.rows.iter().zip(weighted.estimates.iter().zip(&repeated.estimates)).collect();
                for (_, (a, b)) in rows.iter().filter(of_covariances) {
                    assert!((a.std_all.unwrap() - b.std_all.unwrap()).abs() < 1e-6, "{a:?} {b:?}");
                }
            }
            // The likelihood is that of so many cases, but for the sum of the weights.
            let (n, written) = (times.iter().filter(|&&count| count > 0).count(), times.iter().sum::<usize>());
            if way.estimator == Estimator::Ml {
                let chisq = |fit: &Fit| fit.measures.get("chisq").expect("a chi-square");
                let expected = chisq(&repeated) * n as f64 / written as f64;
                assert!((chisq(&weighted) - expected).abs() < 1e-6 * (1.0 + expected));
            }
        }
    }
}

/// Equal weights are none: every figure is that of the unweighted analysis with the same options.
#[test]
fn equal_weights_are_no_weights() {
    for way in WAYS.into_iter().filter(|way| way.estimator == Estimator::Ml) {
        let mut rows = items(150, 6, 3);
        if way.missing == Missing::Ml {
            delete(&mut rows, 0.15, 4);
        }
        let text = csv(&rows, &[2.5; 150], |_| 1);
        let weighted = fit(&text, way);
        let (table, sample, options) = set_up(&text, Way { weighted: false, ..way });
        let robust = Options {
            se: Some(StandardErrors::RobustHuberWhite),
            test: Some(vec![TestStatistic::YuanBentlerMplus]),
            ..options
        };
        let plain = latva_estimation::fit(&table, &sample, &robust).expect("a fit");
        assert_same_estimates(&weighted, &plain, 1e-9);
        for (a, b) in weighted.estimates.iter().zip(&plain.estimates) {
            assert!((a.se.unwrap_or(0.0) - b.se.unwrap_or(0.0)).abs() < 1e-9, "{a:?} {b:?}");
        }
        for (name, value) in plain.measures.iter() {
            let ours = weighted.measures.get(name).expect("the same measures");
            assert!((ours - value).abs() < 1e-8 * (1.0 + value.abs()), "{name}: {ours} for {value}");
        }
        assert!((weighted.effective_size.expect("there are weights") - 150.0).abs() < 1e-9);
        assert_eq!(plain.effective_size, None);
    }
}

/// The data without its rows of weight zero give the same in every figure, also where a pattern of missing values or all cases with a
/// certain value are among them.
#[test]
fn rows_of_weight_zero_may_hold_anything() {
    let mut rows = items(160, 6, 5);
    delete(&mut rows, 0.15, 6);
    // A pattern that no other case has, and values far out.
    for row in &mut rows[150..] {
        *row = vec![Some(1e9), None, Some(-1e9), None, None, Some(0.0)];
    }
    let mut next = sequence(7);
    let weights: Vec<f64> = (0..160).map(|row| if row < 150 { 1.5 + next() } else { 0.0 }).collect();
    for way in WAYS {
        let (all, without) = (csv(&rows, &weights, |_| 1), csv(&rows, &weights, |row| usize::from(row < 150)));
        let (all, without) = (fit(&all, way), fit(&without, way));
        assert_eq!(all.estimates, without.estimates);
        assert_eq!(all.measures.iter().collect::<Vec<_>>(), without.measures.iter().collect::<Vec<_>>());
    }
}

#[test]
fn log_likelihoods_of_cases_sum_to_that_of_the_model() {
    let mut rows = items(150, 6, 8);
    delete(&mut rows, 0.1, 9);
    let mut next = sequence(10);
    let weights: Vec<f64> = (0..150).map(|_| 1.2 + next()).collect();
    for way in [PLAIN, Way { missing: Missing::Ml, grouped: true, ..PLAIN }] {
        let (table, sample, options) = set_up(&csv(&rows, &weights, |_| 1), way);
        let fit = latva_estimation::fit(&table, &sample, &options).expect("a fit");
        let cases = case_likelihoods(&fit, &sample).expect("log-likelihoods");
        let sum: f64 = cases.iter().flat_map(|group| group.values.iter().flatten()).sum();
        let logl = fit.measures.get("logl").expect("a log-likelihood");
        assert!((sum - logl).abs() < 1e-6 * logl.abs(), "{sum} {logl}");
    }
}

#[test]
fn what_does_not_know_of_weights_is_refused() {
    let rows = items(100, 6, 11);
    let (table, sample, options) = set_up(&csv(&rows, &vec![1.5; 100], |_| 1), PLAIN);
    let bootstrap = Options { se: Some(StandardErrors::Bootstrap), ..options.clone() };
    let stine = Options { test: Some(vec![TestStatistic::BollenStine]), ..options.clone() };
    let stages = Options { missing: Missing::TwoStage, ..options.clone() };
    let robust_stages = Options { missing: Missing::RobustTwoStage, ..options.clone() };
    let wishart = Options { likelihood: Likelihood::Wishart, ..options.clone() };
    let amos = Options { mimic: Mimic::Amos, ..options };
    for refused in [bootstrap, stine, stages, robust_stages, wishart, amos] {
        let error = latva_estimation::fit(&table, &sample, &refused).expect_err("refused");
        assert!(matches!(error, EstimationError::Weighted { .. }), "{error}");
        let told = &error.diagnostics()[0];
        assert!(told.id == "E0835" && !told.hints.is_empty(), "{told:?}");
    }
}

const WEIGHTED: &str =
    "fit fixtures/models/hs_cfa.lav --data fixtures/data/HolzingerSwineford1939_weights.csv --sampling-weights w";

#[test]
fn the_report_tells_of_the_weights() {
    let run = at_root(WEIGHTED);
    assert_eq!(run.code, 0, "{}", run.err);
    let words = run.out.split_whitespace().collect::<Vec<_>>().join(" ");
    for part in [
        "Sampling weights w, rescaled to sum to N = 301; effective sample size",
        "robust.huber.white, observed information",
        "yuan.bentler.mplus",
        "moments divided by the sum of the weights, chi-square = N F",
    ] {
        assert!(words.contains(part), "{part} in\n{}", run.out);
    }
    let json: Value =
        serde_json::from_str(&at_root(&format!("{WEIGHTED} --group school --format json")).out).expect("JSON");
    let told = &json["data"]["sampling_weights"];
    assert_eq!((told["column"].as_str(), told["normalization"].as_str()), (Some("w"), Some("total")));
    assert!(told["effective_n"].as_f64().is_some_and(|effective| effective > 150.0 && effective < 301.0));
    let sums: Vec<f64> = json["data"]["groups"]
        .as_array()
        .expect("groups")
        .iter()
        .map(|group| group["sum_of_weights"].as_f64().expect("a sum"))
        .collect();
    assert!((sums.iter().sum::<f64>() - 301.0).abs() < 1e-9 && (sums[0] - 156.0).abs() > 1.0, "{sums:?}");
    let text = at_root(&format!("{WEIGHTED} --group school --sampling-weights-normalization group")).out;
    assert!(text.contains("rescaled in each group to sum to its number of cases"), "{text}");
    let plain = at_root("fit fixtures/models/hs_cfa.lav --data fixtures/data/HolzingerSwineford1939.csv --format json");
    assert!(!plain.out.contains("sampling_weights") && !plain.out.contains("sum_of_weights"));
}

#[test]
fn what_weights_bring_with_them_is_said() {
    let told = |options: &str| at_root(&format!("{WEIGHTED} {options}")).err;
    assert!(!told("").contains("warning"), "{}", told(""));
    let naive = told("--se standard --test standard");
    assert!(naive.contains("W0836") && naive.contains("standard errors and chi-square"), "{naive}");
    assert!(told("--estimator MLF").contains("W0836"));
    assert!(!told("--estimator WLSMV").contains("W0836") && !told("--estimator WLS").contains("W0836"));
    // Few cases by their effective number: 301, of which five count for nearly everything.
    let text = std::fs::read_to_string(fixtures().join("data/HolzingerSwineford1939_weights.csv")).expect("data");
    let heavy = text.lines().enumerate().map(|(row, line)| match row {
        0 => format!("{line},heavy\n"),
        row => format!("{line},{}\n", if row % 60 == 1 { 1000 } else { 10 }),
    });
    let folder = crate::cli::scratch("heavy-weights");
    std::fs::write(folder.join("data.csv"), heavy.collect::<String>()).expect("a file");
    std::fs::write(folder.join("m.lav"), "visual =~ x1 + x2 + x3 + x9\n").expect("a file");
    let run = crate::cli::latva(&folder, &["fit", "m.lav", "--data", "data.csv", "--sampling-weights", "heavy"]);
    assert!(run.out.contains("effective cases per free parameter"), "{}", run.out);
    // The weights as a variable of the model, and rows of weight zero.
    let folder = crate::cli::scratch("weights");
    std::fs::write(folder.join("own.lav"), "visual =~ x1 + x2 + x3\nvisual ~ w_zero\n").expect("a file");
    let data = fixtures().join("data/HolzingerSwineford1939_weights.csv");
    let data = data.to_str().expect("a path");
    let run = crate::cli::latva(&folder, &["fit", "own.lav", "--data", data, "--sampling-weights", "w_zero"]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(run.err.contains("W0764"), "{}", run.err);
    assert!(run.out.contains("rows have the sampling weight 0 in `w_zero` and were left out"), "{}", run.out);
}

#[test]
fn models_with_other_weights_are_not_compared() {
    let folder = crate::cli::scratch("compare-weights");
    let data = fixtures().join("data/HolzingerSwineford1939_weights.csv");
    let data = data.to_str().expect("a path");
    std::fs::write(folder.join("m.lav"), "visual =~ x1 + x2 + x3 + x9\n").expect("a file");
    for (out, column) in [("a.json", "w"), ("b.json", "sex")] {
        let weights = ["--sampling-weights", column, "--out", out];
        let run = crate::cli::latva(&folder, &[&["fit", "m.lav", "--data", data], &weights[..]].concat());
        assert_eq!(run.code, 0, "{}", run.err);
    }
    let run = crate::cli::latva(&folder, &["compare", "a.json", "b.json"]);
    assert!(run.out.contains("they have different sampling weights"), "{}", run.out);
}
