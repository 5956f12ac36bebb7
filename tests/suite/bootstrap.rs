//! The bootstrap: against lavaan's within what chance leaves (fixtures/reference/bootstrap, made by tools/oracle/bootstrap.R), and
//! against fits of the drawn samples one by one.

use latva_data::{GroupSample, Sample};
use latva_estimation::{
    BootstrapInterval, DeltaEstimate, EffectKind, EstimationError, Estimator, Fit, Missing, Options, StandardErrors,
    TestStatistic, Uncertainty, effects, fit, uncertainty_of_draws,
};
use latva_math::random::SplitMix64;
use latva_spec::table::{Op, ParTable};
use ndarray::Axis;
use serde::Deserialize;
use serde_json::json;

use crate::lavaan::{Setup, fixtures, prepare};

/// How many standard deviations of chance two programs may be apart: more than 100 figures are compared.
const WIDE: f64 = 4.5;

#[derive(Deserialize)]
struct Oracle {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    #[serde(flatten)]
    setup: Setup,
    what: String,
    draws: f64,
    chisq: Option<f64>,
    pvalue: Option<f64>,
    mean: Option<f64>,
    sd: Option<f64>,
    #[serde(default)]
    rows: Vec<Row>,
}

#[derive(Deserialize)]
struct Row {
    lhs: String,
    op: String,
    rhs: String,
    group: usize,
    est: f64,
    se: f64,
    lower: f64,
    upper: f64,
}

fn cases() -> Vec<Case> {
    let text = std::fs::read_to_string(fixtures().join("reference/bootstrap/bootstrap.json")).unwrap();
    serde_json::from_str::<Oracle>(&text).unwrap().cases
}

fn setup(model: &str, data: &str, options: serde_json::Value) -> Setup {
    Setup { name: "own".to_owned(), model: model.to_owned(), data: data.to_owned(), kind: "sem".to_owned(), options }
}

/// The kurtosis of draws about as long-tailed as they come here; that of a normal distribution is 3.
const KURTOSIS: f64 = 6.0;

/// Differences beyond chance, in words, and how many figures were compared.
fn compare(case: &Case, fit: &Fit) -> (Vec<String>, usize) {
    let (mut wrong, mut compared) = (Vec::new(), 0);
    let mut check = |what: String, ours: f64, theirs: f64, deviation: f64| {
        compared += 1;
        if (ours - theirs).abs() > WIDE * deviation {
            wrong.push(format!("{}: {what}: {ours} for {theirs}, chance leaves {deviation:.2e}", case.setup.name));
        }
    };
    let bootstrap = fit.bootstrap.as_ref().expect("draws");
    if let (Some(chisq), Some(p), Some(mean), Some(sd)) = (case.chisq, case.pvalue, case.mean, case.sd) {
        let statistics = bootstrap.statistics.as_ref().expect("statistics");
        let n = statistics.len() as f64;
        let both = (case.draws.recip() + n.recip()).sqrt();
        let test = fit.tests.iter().find(|test| test.kind == TestStatistic::BollenStine).expect("the test");
        check("chi-square".into(), test.test.value, chisq, 1e-5 * (1.0 + chisq) / WIDE);
        let ours = test.pvalue.expect("p");
        let share = (0.5 * (ours + p)).clamp(n.recip(), 1.0 - n.recip());
        check("p".into(), ours, p, (share * (1.0 - share)).sqrt() * both);
        let average = statistics.iter().sum::<f64>() / n;
        let variance = statistics.iter().map(|value| (value - average).powi(2)).sum::<f64>() / (n - 1.0);
        check("mean of chi-square".into(), average, mean, sd * both);
        check("deviation of chi-square".into(), variance.sqrt(), sd, sd * both * (KURTOSIS - 1.0).sqrt() / 2.0);
    }
    let both =
        (case.draws.recip() + bootstrap.estimates.as_ref().map_or(1.0, |draws| draws.nrows() as f64).recip()).sqrt();
    for row in &case.rows {
        let index = fit.table.rows.iter().position(|ours| {
            ours.lhs == row.lhs
                && ours.op.as_str() == row.op
                && (ours.op == Op::Defined || (ours.rhs == row.rhs && ours.group == row.group))
        });
        let name = format!("{} {} {} ({})", row.lhs, row.op, row.rhs, row.group);
        let ours = &fit.estimates[index.unwrap_or_else(|| panic!("{}: no {name}", case.setup.name))];
        let ours = if case.what == "standardized" {
            let of = ours.std_all_uncertainty.expect("a standard error");
            [ours.std_all, Some(of.se), of.ci_lower, of.ci_upper]
        } else {
            [Some(ours.est), ours.se, ours.ci_lower, ours.ci_upper]
        };
        let [est, se, lower, upper] = ours.map(|figure| figure.expect("a figure"));
        check(format!("{name} est"), est, row.est, 1e-4 * (1.0 + row.est.abs()) / WIDE);
        check(format!("{name} se"), se, row.se, row.se * both * (KURTOSIS - 1.0).sqrt() / 2.0);
        // The standard deviation of a quantile at the share a is sqrt(a (1 - a) / R) over the density there; long tails have half
        // the density of the normal distribution.
        let quantile = 2.0 * row.se * both * (0.025_f64 * 0.975).sqrt() / 0.05845;
        check(format!("{name} lower"), lower, row.lower, quantile);
        check(format!("{name} upper"), upper, row.upper, quantile);
    }
    (wrong, compared)
}

#[test]
fn draws_give_what_lavaans_give_but_for_chance() {
    let (mut wrong, mut compared) = (Vec::new(), 0);
    for case in cases() {
        let (table, sample, options) = prepare(&case.setup);
        let options = if case.what == "test" {
            Options { test: Some(vec![TestStatistic::Standard, TestStatistic::BollenStine]), ..options }
        } else {
            Options { se: Some(StandardErrors::Bootstrap), ..options }
        };
        let fit = fit(&table, &sample, &options).unwrap_or_else(|error| panic!("{}: {error}", case.setup.name));
        let (more, count) = compare(&case, &fit);
        wrong.extend(more);
        compared += count;
    }
    assert!(compared > 300, "only {compared} figures were compared");
    assert!(wrong.is_empty(), "{} of {compared}:\n{}", wrong.len(), wrong.join("\n"));
}

#[derive(Deserialize)]
struct Draws {
    cases: Vec<DrawsCase>,
}

/// lavaan's fits to the samples that the seed draws.
#[derive(Deserialize)]
struct DrawsCase {
    #[serde(flatten)]
    setup: Setup,
    seed: u64,
    draws: usize,
    lhs: Vec<String>,
    op: Vec<String>,
    rhs: Vec<String>,
    group: Vec<usize>,
    /// By draw, the estimates of these parameters.
    estimates: Vec<Vec<f64>>,
    /// By draw from the cases that were transformed to fit the model, chi-square.
    statistics: Option<Vec<f64>>,
}

/// Draw by draw: lavaan and latva fit the same drawn cases.
#[test]
fn draws_equal_lavaans_fits_of_the_same_cases() {
    let text = std::fs::read_to_string(fixtures().join("reference/bootstrap/draws.json")).unwrap();
    let cases = serde_json::from_str::<Draws>(&text).unwrap().cases;
    let tested = cases.iter().filter(|case| case.statistics.is_some()).count();
    assert!(cases.len() >= 70 && tested >= 55, "only {} cases, {tested} with tests", cases.len());
    let (mut wrong, mut compared) = (Vec::new(), 0);
    for case in cases {
        let (table, sample, options) = prepare(&case.setup);
        let mut test = vec![TestStatistic::Standard];
        test.extend(case.statistics.is_some().then_some(TestStatistic::BollenStine));
        let options = Options {
            se: Some(StandardErrors::Bootstrap),
            test: Some(test),
            bootstrap: Some(case.draws),
            seed: case.seed,
            ..options
        };
        let name = &case.setup.name;
        let ours = fit(&table, &sample, &options).unwrap_or_else(|error| panic!("{name}: {error}")).bootstrap.unwrap();
        let mut check = |what: String, ours: f64, theirs: f64| {
            compared += 1;
            if (ours - theirs).abs() > 1e-5 * (1.0 + theirs.abs()) {
                wrong.push(format!("{name} {what}: {ours} for {theirs}"));
            }
        };
        let estimates = ours.estimates.expect("draws");
        assert_eq!(estimates.nrows(), case.draws, "{name}");
        for (draw, (ours, theirs)) in estimates.outer_iter().zip(&case.estimates).enumerate() {
            for (index, theirs) in theirs.iter().enumerate() {
                let (lhs, op, rhs) = (&case.lhs[index], &case.op[index], &case.rhs[index]);
                let is_it = |row: &&latva_spec::table::Row| {
                    row.free > 0
                        && row.lhs == *lhs
                        && row.op.as_str() == op
                        && row.rhs == *rhs
                        && row.group == case.group[index]
                };
                let row = table.rows.iter().find(is_it).unwrap_or_else(|| panic!("{name}: no {lhs} {op} {rhs}"));
                check(format!("{lhs} {op} {rhs} of draw {draw}"), ours[row.free - 1], *theirs);
            }
        }
        for (draw, theirs) in case.statistics.iter().flatten().enumerate() {
            let ours = ours.statistics.as_ref().unwrap_or_else(|| panic!("{name} has no statistics"));
            assert_eq!(ours.len(), case.draws, "{name}");
            check(format!("chi-square of draw {draw}"), ours[draw], *theirs);
        }
    }
    assert!(compared > 4000, "only {compared} figures were compared");
    assert!(wrong.is_empty(), "{} of {compared}:\n{}", wrong.len(), wrong[..wrong.len().min(40)].join("\n"));
}

#[derive(Deserialize)]
struct Intervals {
    intervals: Vec<Interval>,
}

/// What lavaan and the boot package make of draws; those of a name are given once.
#[derive(Deserialize)]
struct Interval {
    name: String,
    value: f64,
    level: f64,
    draws: Option<Vec<f64>>,
    norm: [f64; 2],
    basic: [f64; 2],
    perc: [f64; 2],
    #[serde(rename = "bca.simple")]
    bias_corrected: [f64; 2],
}

#[test]
fn intervals_of_given_draws() {
    let text = std::fs::read_to_string(fixtures().join("reference/bootstrap/intervals.json")).unwrap();
    let oracle: Intervals = serde_json::from_str(&text).unwrap();
    let mut compared = 0;
    for interval in &oracle.intervals {
        let same = |other: &&Interval| other.name == interval.name && other.draws.is_some();
        let draws = oracle.intervals.iter().find(same).and_then(|other| other.draws.as_ref()).expect("draws");
        for (kind, [lower, upper]) in [
            (BootstrapInterval::Normal, interval.norm),
            (BootstrapInterval::Basic, interval.basic),
            (BootstrapInterval::Percentile, interval.perc),
            (BootstrapInterval::BiasCorrected, interval.bias_corrected),
        ] {
            let ours = uncertainty_of_draws(interval.value, draws, kind, interval.level).expect("an interval");
            for (ours, theirs) in [(ours.ci_lower, lower), (ours.ci_upper, upper)] {
                compared += 1;
                let ours = ours.expect("an end");
                let close = (ours - theirs).abs() < 1e-6 * (1.0 + theirs.abs());
                assert!(close, "{} {kind:?} {}: {ours} for {theirs}", interval.name, interval.level);
            }
        }
    }
    assert!(compared > 550, "only {compared} ends were compared");
}

/// The p of percentiles is where the interval begins to hold zero, with and without correction of the bias.
#[test]
fn the_p_of_an_interval_is_where_it_ends_at_zero() {
    // Skew draws, a third of them below the value.
    let draws: Vec<f64> = (1..=299).map(|place| (f64::from(place) / 60.0).exp() - 6.0).collect();
    for kind in [BootstrapInterval::Percentile, BootstrapInterval::BiasCorrected] {
        for value in [4.0, 9.0] {
            let of = |level: f64| uncertainty_of_draws(value, &draws, kind, level).expect("an interval");
            let p = of(0.95).ci_pvalue.expect("p");
            assert!(p > 0.02 && p < 0.98, "{kind:?} {p}");
            let interval = of(1.0 - p);
            let nearest = interval.ci_lower.unwrap().abs().min(interval.ci_upper.unwrap().abs());
            assert!(nearest < 1e-9, "{kind:?} {value}: {interval:?}");
        }
    }
    let all_above = uncertainty_of_draws(4.0, &[1.0, 2.0, 3.0, 5.0], BootstrapInterval::Percentile, 0.9).unwrap();
    // Four draws: the p of the outermost one, 2 / (4 + 1).
    assert!((all_above.ci_pvalue.unwrap() - 0.4).abs() < 1e-12);
    let none = uncertainty_of_draws(0.5, &[1.0, 2.0, 3.0, 5.0], BootstrapInterval::BiasCorrected, 0.9).unwrap();
    assert_eq!((none.ci_lower, none.ci_upper, none.ci_pvalue), (None, None, None));
    assert!(none.se > 1.0);
}

/// Standardized values, definitions and R-squares of a draw are those of the fit to the drawn sample, also where moments of exogenous
/// variables are fixed to it.
#[test]
fn standard_errors_of_standardized_values_are_those_of_the_draws() {
    const DRAWS: u64 = 4;
    let two =
        "visual =~ x1 + a*x2 + x3\ntextual =~ x4 + c*x5 + x6\nvisual ~ sex + ageyr\ntextual ~ ageyr\ngap := a - c";
    let hs = "HolzingerSwineford1939";
    for (model, options) in [
        (two, json!({ "meanstructure": true })),
        ("x9 ~ b*x5 + sex\nx5 ~ a*x1\nab := a*b", json!({})),
        ("x9 ~ b*x5 + x1\nx5 ~ a*x1\nab := a*b", json!({ "group": "school", "estimator": "GLS" })),
    ] {
        let (table, sample, options) = prepare(&setup(model, hs, options));
        let options = Options {
            se: Some(StandardErrors::Bootstrap),
            bootstrap: Some(DRAWS as usize),
            seed: 5,
            ..options.clone()
        };
        let ours = fit(&table, &sample, &options).expect("a fit");
        let plain = Options { se: Some(StandardErrors::None), ..options.clone() };
        let alone: Vec<Fit> =
            (0..DRAWS).map(|draw| fit(&table, &drawn(&sample, 5, draw), &plain).expect("a fit")).collect();
        let deviation = |values: Vec<f64>| {
            let mean = values.iter().sum::<f64>() / values.len() as f64;
            (values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (values.len() as f64 - 1.0)).sqrt()
        };
        let (mut compared, mut largest) = (0, 0.0_f64);
        let mut check = |what: String, ours: Option<Uncertainty>, theirs: Vec<Option<f64>>| {
            let theirs: Vec<f64> = theirs.into_iter().flatten().collect();
            if theirs.len() < 2 {
                return;
            }
            compared += 1;
            let (ours, theirs) = (ours.expect("a standard error").se, deviation(theirs));
            largest = largest.max(theirs);
            assert!((ours - theirs).abs() < 1e-5 * (1.0 + theirs), "{what}: {ours} for {theirs}");
        };
        for (index, row) in table.rows.iter().enumerate() {
            let name = |kind: &str| format!("{kind} {} {} {}", row.lhs, row.op.as_str(), row.rhs);
            let estimate = &ours.estimates[index];
            let of = |figure: fn(&latva_estimation::Estimate) -> Option<f64>| -> Vec<Option<f64>> {
                alone.iter().map(|fit| figure(&fit.estimates[index])).collect()
            };
            check(name("std.all"), estimate.std_all_uncertainty, of(|estimate| estimate.std_all));
            check(name("std.lv"), estimate.std_lv_uncertainty, of(|estimate| estimate.std_lv));
            check(name("std.nox"), estimate.std_nox_uncertainty, of(|estimate| estimate.std_nox));
        }
        for (index, r2) in ours.r_square.iter().enumerate() {
            let theirs = alone.iter().map(|fit| Some(fit.r_square[index].value)).collect();
            check(format!("R2 of {}", r2.variable), r2.uncertainty, theirs);
        }
        assert!(compared > 20 && largest > 0.01, "{compared} {largest}");
    }
}

/// Effects rest on the same draws as the same effects written as definitions.
#[test]
fn effects_have_the_intervals_of_their_definitions() {
    let model = "x5 ~ a*x1 + sex\nx9 ~ b*x5 + c*x1\nindirect := a*b\ntotal := a*b + c";
    let (table, sample, options) = prepare(&setup(model, "HolzingerSwineford1939", json!({})));
    let options = Options {
        se: Some(StandardErrors::Bootstrap),
        bootstrap: Some(60),
        bootstrap_interval: BootstrapInterval::BiasCorrected,
        ..options
    };
    let fit = fit(&table, &sample, &options).expect("a fit");
    let effects = effects(&fit).expect("effects").effects;
    for (kind, name) in
        [(EffectKind::Total, "total"), (EffectKind::Indirect, "indirect"), (EffectKind::Specific, "indirect")]
    {
        let is_it =
            |effect: &&latva_estimation::Effect| effect.kind == kind && effect.from == "x1" && effect.to == "x9";
        let effect = effects.iter().find(is_it).expect("the effect");
        let row = table.rows.iter().position(|row| row.lhs == name && row.op == Op::Defined).expect("the definition");
        let defined = &fit.estimates[row];
        let close = |of: &DeltaEstimate, figures: [Option<f64>; 5]| {
            let ours = [Some(of.est), of.se, of.ci_lower, of.ci_upper, of.ci_pvalue];
            for (ours, theirs) in ours.into_iter().zip(figures) {
                let (ours, theirs) = (ours.expect("a figure"), theirs.expect("a figure"));
                assert!((ours - theirs).abs() < 1e-10, "{kind:?}: {ours} for {theirs}");
            }
        };
        let raw = [Some(defined.est), defined.se, defined.ci_lower, defined.ci_upper, defined.ci_pvalue];
        close(&effect.raw, raw);
        let of = defined.std_all_uncertainty.expect("a standard error");
        let standardized = [defined.std_all, Some(of.se), of.ci_lower, of.ci_upper, of.ci_pvalue];
        close(&effect.standardized.expect("a standardized effect"), standardized);
        // Bootstrap intervals are not symmetric.
        let (lower, upper) = (defined.ci_lower.unwrap(), defined.ci_upper.unwrap());
        assert!((defined.est - lower - (upper - defined.est)).abs() > 1e-4, "{name}");
    }
}

/// The sample of the draw with this number for standard errors.
fn drawn(sample: &Sample, seed: u64, draw: u64) -> Sample {
    let mut random = SplitMix64::stream(seed, 2 * draw);
    let groups = sample.groups.iter().map(|group| {
        let rows = group.rows.as_ref().expect("cases");
        let n = rows.nrows();
        let chosen: Vec<usize> = (0..n).map(|_| random.below(n)).collect();
        let rows = rows.select(Axis(0), &chosen);
        let mean = rows.mean_axis(Axis(0)).expect("cases");
        let deviations = &rows - &mean;
        let cov = deviations.t().dot(&deviations) / n as f64;
        GroupSample { rows: Some(rows.into()), mean: Some(mean), cov, ..group.clone() }
    });
    Sample { names: sample.names.clone(), groups: groups.collect() }
}

/// A prepared problem gives what a fit from the beginning gives, whatever the discrepancy, constraints, groups, exogenous
/// variables and missing values.
#[test]
fn refits_equal_fits_of_the_drawn_samples() {
    let two = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6";
    let hs = "HolzingerSwineford1939";
    let predicted = format!("{two}\nvisual ~ sex + ageyr\ntextual ~ ageyr");
    let curved = "visual =~ x1 + a*x2 + b*x3\ntextual =~ x4 + c*x5 + x6\na*b == 0.4\nc > 1.3";
    for (model, data, options) in [
        (two, hs, json!({})),
        (two, hs, json!({ "likelihood": "wishart", "meanstructure": true })),
        (two, hs, json!({ "estimator": "GLS" })),
        (two, hs, json!({ "estimator": "WLS" })),
        (two, hs, json!({ "estimator": "DWLS", "group": "school", "group.equal": "loadings" })),
        (two, hs, json!({ "group": "school", "group.equal": ["loadings", "intercepts"] })),
        (predicted.as_str(), hs, json!({ "meanstructure": true })),
        (curved, hs, json!({})),
        (two, "HolzingerSwineford1939_missing", json!({ "missing": "ml" })),
    ] {
        let (table, sample, options) = prepare(&setup(model, data, options));
        let options = Options { se: Some(StandardErrors::Bootstrap), bootstrap: Some(3), seed: 5, ..options };
        let draws =
            fit(&table, &sample, &options).expect("a fit").bootstrap.expect("draws").estimates.expect("estimates");
        assert_eq!(draws.nrows(), 3, "{model}: {options:?}");
        for (index, theta) in draws.outer_iter().enumerate() {
            let plain = Options { se: Some(StandardErrors::None), ..options.clone() };
            let alone = fit(&table, &drawn(&sample, 5, index as u64), &plain).expect("a fit");
            assert!(alone.convergence.converged);
            for (row, estimate) in table.rows.iter().zip(&alone.estimates).filter(|(row, _)| row.free > 0) {
                let ours = theta[row.free - 1];
                let close = (ours - estimate.est).abs() < 1e-6 * (1.0 + estimate.est.abs());
                assert!(
                    close,
                    "{} {} {}: {ours} for {} ({options:?})",
                    row.lhs,
                    row.op.as_str(),
                    row.rhs,
                    estimate.est
                );
            }
        }
    }
}

fn holzinger(model: &str) -> (ParTable, Sample, Options) {
    prepare(&setup(model, "HolzingerSwineford1939", json!({})))
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let (table, sample, options) = holzinger("visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6");
    let run = |threads, seed| {
        let options = Options {
            se: Some(StandardErrors::Bootstrap),
            test: Some(vec![TestStatistic::Standard, TestStatistic::BollenStine]),
            bootstrap: Some(40),
            threads,
            seed,
            ..options.clone()
        };
        fit(&table, &sample, &options).expect("a fit").bootstrap.expect("draws")
    };
    let one = run(Some(1), 7);
    for threads in [Some(2), Some(5), None] {
        assert_eq!(run(threads, 7), one, "{threads:?}");
    }
    assert_ne!(run(None, 8), one);
}

/// With both asked for, standard errors come from the cases as they are, and not from the transformed ones.
#[test]
fn test_and_standard_errors_have_draws_of_their_own() {
    let (table, sample, options) = holzinger("visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6");
    let run = |test: &[TestStatistic]| {
        let test = Some(test.to_vec());
        let options = Options { se: Some(StandardErrors::Bootstrap), test, bootstrap: Some(20), ..options.clone() };
        fit(&table, &sample, &options).expect("a fit")
    };
    let (alone, both) = (run(&[TestStatistic::Standard]), run(&[TestStatistic::Standard, TestStatistic::BollenStine]));
    assert_eq!(alone.estimates, both.estimates);
    assert_eq!(alone.tests.len() + 1, both.tests.len());
}

#[test]
fn a_saturated_model_has_no_test() {
    let (table, sample, options) = holzinger("x1 ~ x2 + x3");
    let options = Options { test: Some(vec![TestStatistic::BollenStine]), bootstrap: Some(10), ..options };
    let fit = fit(&table, &sample, &options).expect("a fit");
    assert!(fit.tests.iter().all(|test| test.kind != TestStatistic::BollenStine));
    assert!(fit.diagnostics.iter().all(|diagnostic| diagnostic.id != "W0831"));
}

/// So few cases that many draws have a singular covariance matrix: the rest is used, and their number is told.
#[test]
fn failed_draws_are_counted() {
    let (table, mut sample, options) = holzinger("visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6");
    let group = &mut sample.groups[0];
    let chosen: Vec<usize> = (0..11).map(|case| 27 * case).collect();
    group.rows = group.rows.as_ref().map(|rows| rows.select(Axis(0), &chosen).into());
    let rows = group.rows.as_ref().expect("cases");
    let deviations = &**rows - &rows.mean_axis(Axis(0)).expect("cases");
    (group.cov, group.n_obs) = (deviations.t().dot(&deviations) / 11.0, 11);
    let options = Options { se: Some(StandardErrors::Bootstrap), bootstrap: Some(60), ..options };
    let fit = fit(&table, &sample, &options).expect("a fit");
    assert!(fit.convergence.converged);
    let fitted = fit.bootstrap.expect("draws").estimates.expect("estimates").nrows();
    let note = fit.diagnostics.iter().find(|diagnostic| diagnostic.id == "N0833").expect("a note");
    assert!(fitted < 60 && note.message.contains(&format!("{} of 60", 60 - fitted)), "{fitted} {}", note.message);
}

#[test]
fn what_cannot_be_drawn_from_is_refused() {
    let (table, sample, options) = holzinger("visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6");
    let mut moments = sample.clone();
    moments.groups[0].rows = None;
    let bootstrap = Options { se: Some(StandardErrors::Bootstrap), ..options.clone() };
    assert!(matches!(fit(&table, &moments, &bootstrap), Err(EstimationError::NeedsCases { what: "the bootstrap" })));
    let test = Options { test: Some(vec![TestStatistic::BollenStine]), ..options.clone() };
    for (missing, options) in [
        (Missing::Pairwise, &bootstrap),
        (Missing::Pairwise, &test),
        (Missing::TwoStage, &test),
        (Missing::TwoStage, &bootstrap),
        (Missing::Ml, &test),
    ] {
        assert!(fit(&table, &sample, &Options { missing, ..options.clone() }).is_err(), "{missing:?}");
    }
    let few = Options { bootstrap: Some(1), ..bootstrap };
    assert!(matches!(fit(&table, &sample, &few), Err(EstimationError::Options { .. })));
    let uls = Options { estimator: Estimator::Uls, bootstrap: Some(20), ..test };
    assert!(
        fit(&table, &sample, &uls).expect("a fit").tests.iter().any(|test| test.kind == TestStatistic::BollenStine)
    );
}
