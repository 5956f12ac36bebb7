//! How the time of a fit grows: with items, parameters, cases, groups, patterns of missing values, draws. Prints a Markdown table.
//!
//! `cargo run --release -p latva-estimation --example scaling`
#![allow(clippy::print_stdout, clippy::disallowed_methods, reason = "a program of its own")]

mod population;
mod seconds;
mod stopwatch;

use std::fmt::Write;

use latva_data::{CsvOptions, MissingRows, SampleOptions, read_csv};
use latva_estimation::{Missing, Options, StandardErrors, TestStatistic, fit};
use latva_spec::table::TableContext;
use population::{factors, moments};
use seconds::written;
use stopwatch::times;

const SECONDS: f64 = 0.3;

/// Numbers in [0, 1) from a linear congruence, and normal ones.
struct Random(u64);

impl Random {
    fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.uniform()).sum::<f64>() - 6.0
    }
}

/// Cases of factors with the given numbers of indicators as a CSV file, with a group variable; with a count of `patterns`, each case
/// has one of that many random patterns with a tenth of the values missing, the first of which is complete.
fn cases(n: usize, sizes: &[usize], groups: usize, patterns: usize) -> Vec<u8> {
    let mut random = Random(1);
    let items: usize = sizes.iter().sum();
    let masks: Vec<Vec<bool>> =
        (0..patterns.max(1)).map(|k| (0..items).map(|_| k > 0 && random.uniform() < 0.1).collect()).collect();
    let mut text: String = (1..=items).map(|item| format!("x{item},")).collect();
    text += "group\n";
    for case in 0..n {
        let mask = &masks[case % masks.len()];
        let common = random.normal();
        let mut missing = mask.iter();
        for size in sizes {
            let score = 0.55 * common + 0.84 * random.normal();
            for _ in 0..*size {
                let value = 0.7 * score + 0.7 * random.normal();
                if *missing.next().expect("a place for each item") {
                    text.push_str("NA,");
                } else {
                    write!(text, "{value:.4},").expect("text grows");
                }
            }
        }
        writeln!(text, "g{}", case % groups).expect("text grows");
    }
    text.into_bytes()
}

/// Time from data table to result.
fn time_of_cases(n: usize, sizes: &[usize], groups: usize, patterns: usize, options: &Options) -> f64 {
    let data = read_csv(&cases(n, sizes, groups, patterns), &CsvOptions::default()).expect("the cases are readable");
    let mut context = TableContext::default();
    let mut selection = SampleOptions::default();
    if groups > 1 {
        selection.group = Some("group".into());
        context.groups = data.group_labels("group").expect("there are groups");
    }
    if options.missing == Missing::Ml {
        selection.missing = MissingRows::Keep;
        context.options.meanstructure = Some(true);
    }
    let table = factors(sizes, "", &context);
    times(SECONDS, false, || {
        let (sample, _) = data.sample(&table.blocks[0].observed, &selection).expect("the cases are sound");
        fit(&table, &sample, options).expect("the model fits")
    })[0]
}

/// Time from moments to result.
fn time_of_moments(sizes: &[usize], added: &str) -> f64 {
    let table = factors(sizes, added, &TableContext::default());
    let sample = moments(&table, sizes);
    times(SECONDS, false, || fit(&table, &sample, &Options::default()).expect("the model fits"))[0]
}

/// The slope of log time on log size, and that of the last step alone.
fn exponents(sizes: &[usize], times: &[f64]) -> (f64, f64) {
    let logs: Vec<(f64, f64)> = sizes.iter().zip(times).map(|(&size, time)| ((size as f64).ln(), time.ln())).collect();
    let n = logs.len() as f64;
    let (x, y) = (logs.iter().map(|log| log.0).sum::<f64>() / n, logs.iter().map(|log| log.1).sum::<f64>() / n);
    let slope = logs.iter().map(|log| (log.0 - x) * (log.1 - y)).sum::<f64>()
        / logs.iter().map(|log| (log.0 - x).powi(2)).sum::<f64>();
    let [.., before, last] = logs.as_slice() else { panic!("two sizes at least") };
    (slope, (last.1 - before.1) / (last.0 - before.0))
}

fn report(what: &str, sizes: &[usize], expected: &str, time: impl Fn(usize) -> f64) {
    let times: Vec<f64> = sizes.iter().map(|&size| time(size)).collect();
    let (slope, last) = exponents(sizes, &times);
    let points: Vec<String> =
        sizes.iter().zip(&times).map(|(size, &time)| format!("{size}: {}", written(time))).collect();
    println!("| {what} | {} | {slope:.2} | {last:.2} | {expected} |", points.join(", "));
}

fn main() {
    println!("| time against | sizes and times | exponent | of the last step | expected |\n|---|---|---|---|---|");
    report(
        "items p, ten for each factor",
        &[20, 40, 80, 160, 320],
        "3 while p^3 leads; q grows with p^2, so that q^3 comes to 6",
        |p| time_of_moments(&vec![10; p / 10], ""),
    );
    report("items p of one factor", &[10, 20, 40, 80], "3", |p| time_of_moments(&[p], ""));
    report(
        "parameters q, of 60 items: residual covariances added",
        &[135, 270, 540, 810],
        "2 to 3: q^2 pairs, then q^3 / 3",
        |q| {
            let pairs = (1..60).flat_map(|gap| (1..=60 - gap).map(move |i| (i, i + gap)));
            // Half of those between factors: with more the model would not be identified.
            let apart = pairs.filter(|(i, j)| (i - 1) / 10 != (j - 1) / 10 && (i + j) % 2 == 1);
            let added: String = apart.take(q - 135).map(|(i, j)| format!("x{i} ~~ x{j}\n")).collect();
            time_of_moments(&[10; 6], &added)
        },
    );
    let three = [3, 3, 3];
    let plain = Options::default();
    report("cases N, moments and fit", &[1000, 4000, 16000, 64000], "1 where moments lead", |n| {
        time_of_cases(n, &three, 1, 1, &plain)
    });
    let robust = Options {
        se: Some(StandardErrors::RobustHuberWhite),
        test: Some(vec![TestStatistic::YuanBentlerMplus]),
        ..Options::default()
    };
    report("cases N, MLR", &[1000, 4000, 16000, 64000], "1", |n| time_of_cases(n, &three, 1, 1, &robust));
    report(
        "groups, 300 cases each, nothing equal",
        &[2, 4, 8, 16, 32],
        "1 while blocks lead; matrices of q^2 numbers come to 2",
        |groups| time_of_cases(300 * groups, &three, groups, 1, &plain),
    );
    let incomplete = Options { missing: Missing::Ml, ..Options::default() };
    report(
        "patterns, FIML, 20 items, N = 2048",
        &[8, 32, 128, 512, 2048],
        "below 1: cases cost too, and they stay",
        |patterns| time_of_cases(2048, &[10, 10], 1, patterns, &incomplete),
    );
    report("draws, HS model, one thread", &[250, 1000, 4000], "1", |draws| {
        let options = Options {
            se: Some(StandardErrors::Bootstrap),
            bootstrap: Some(draws),
            threads: Some(1),
            ..Options::default()
        };
        time_of_cases(301, &three, 1, 1, &options)
    });
}
