//! Time of a fit, from moments to results, without reading of files.
//!
//! `cargo bench -p latva-estimation`

#[path = "../examples/population/mod.rs"]
mod population;

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use latva_data::{CsvOptions, Sample, SampleOptions, read_csv};
use latva_estimation::{Missing, Options, TestStatistic, fit, modification_indices, residuals};
use latva_spec::table::{ModelKind, ParTable, TableContext, build};

const HS_MODEL: &str = include_str!("../../../fixtures/models/hs_cfa.lav");
const HS_DATA: &[u8] = include_bytes!("../../../fixtures/data/HolzingerSwineford1939.csv");
const DEMOCRACY_MODEL: &str = include_str!("../../../fixtures/models/political_democracy.lav");
const DEMOCRACY_DATA: &[u8] = include_bytes!("../../../fixtures/data/PoliticalDemocracy.csv");

fn prepare(model: &str, data: &[u8]) -> (ParTable, Sample) {
    let context = TableContext { kind: ModelKind::Sem, ..TableContext::default() };
    let (table, _) = build(&latva_spec::parse(model).model, &context);
    let data = read_csv(data, &CsvOptions::default()).expect("the fixture is readable");
    let (sample, _) = data.sample(&table.blocks[0].observed, &SampleOptions::default()).expect("the fixture is sound");
    (table, sample)
}

/// The model of factors with ten indicators each.
fn ten_each(items: usize, means: bool) -> ParTable {
    let mut context = TableContext { kind: ModelKind::Sem, ..TableContext::default() };
    context.options.meanstructure = Some(means);
    population::factors(&vec![10; items / 10], "", &context)
}

/// Ten items of each factor, in moments of 10 cases per item.
fn large(items: usize) -> (ParTable, Sample) {
    let table = ten_each(items, false);
    let sample = population::moments(&table, &vec![10; items / 10]);
    (table, sample)
}

/// 1000 cases of 60 items of six factors, 5 % of the values missing: nearly every case its own pattern.
fn incomplete() -> (ParTable, Sample) {
    let (n, items) = (1000, 60);
    let mut state = 1_u64;
    let mut uniform = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1_u64 << 53) as f64
    };
    let mut rows = ndarray::Array2::zeros((n, items));
    for mut row in rows.outer_iter_mut() {
        let mut normal = || (0..12).map(|_| uniform()).sum::<f64>() - 6.0;
        let common = normal();
        for factor in 0..items / 10 {
            let score = 0.55 * common + 0.84 * normal();
            for item in 0..10 {
                row[10 * factor + item] = 0.7 * score + 0.7 * normal();
            }
        }
    }
    rows.mapv_inplace(|value| if uniform() < 0.05 { f64::NAN } else { value });
    let table = ten_each(items, true);
    let group = latva_data::GroupSample {
        label: String::new(),
        n_obs: n,
        cov: ndarray::Array2::eye(items),
        mean: Some(ndarray::Array1::zeros(items)),
        rows: Some(rows.into()),
        weights: None,
    };
    (table.clone(), Sample { names: table.blocks[0].observed.to_vec(), groups: vec![group] })
}

fn fits(criterion: &mut Criterion) {
    for (name, (table, sample), missing) in [
        ("HolzingerSwineford1939, 3 factors", prepare(HS_MODEL, HS_DATA), Missing::Listwise),
        ("PoliticalDemocracy", prepare(DEMOCRACY_MODEL, DEMOCRACY_DATA), Missing::Listwise),
        ("100 items, 10 factors", large(100), Missing::Listwise),
        ("60 items, 6 factors, 1000 cases, 5 % missing", incomplete(), Missing::Ml),
    ] {
        let options = Options { missing, ..Options::default() };
        assert!(fit(&table, &sample, &options).expect("the model fits").convergence.converged, "{name}");
        criterion.bench_function(name, |bencher| bencher.iter(|| fit(black_box(&table), black_box(&sample), &options)));
    }
}

/// What is computed from a fit where it is asked for, of 60 items on 6 factors.
fn further(criterion: &mut Criterion) {
    let (table, sample) = large(60);
    let fit = fit(&table, &sample, &Options::default()).expect("the model fits");
    criterion.bench_function("modification indices, 60 items, 6 factors", |bencher| {
        bencher.iter(|| modification_indices(black_box(&table), black_box(&sample), &fit));
    });
    criterion.bench_function("residuals, 60 items, 6 factors", |bencher| {
        bencher.iter(|| residuals(black_box(&table), black_box(&sample), &fit));
    });
}

/// Draws of the bootstrap with all threads; the fit itself is a small part of it.
fn bootstrap(criterion: &mut Criterion) {
    let (table, sample) = prepare(HS_MODEL, HS_DATA);
    let mut group = criterion.benchmark_group("bootstrap, HolzingerSwineford1939");
    group.sample_size(10);
    for draws in [1000, 5000] {
        let test = Some(vec![TestStatistic::Standard, TestStatistic::BollenStine]);
        let options = Options { test, bootstrap: Some(draws), ..Options::default() };
        group.bench_function(format!("{draws} draws of Bollen and Stine"), |bencher| {
            bencher.iter(|| fit(black_box(&table), black_box(&sample), &options));
        });
    }
    group.finish();
}

criterion_group! { name = benches; config = Criterion::default().sample_size(20); targets = fits, further, bootstrap }
criterion_main!(benches);
