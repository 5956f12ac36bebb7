//! Missing values: what must hold whatever the data, and samples that are hard on the treatment.

use std::fmt::Write as _;
use std::path::Path;

use latva_data::{CsvOptions, MissingRows, Sample, SampleOptions, read_csv};
use latva_estimation::{EstimationError, Fit, Missing, Options};
use latva_spec::table::{ModelKind, ParTable, TableContext, TableOptions, build};

/// A reproducible sequence in (-1, 1).
pub(crate) fn sequence(seed: u64) -> impl FnMut() -> f64 {
    let mut state = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
    move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
    }
}

pub(crate) type Rows = Vec<Vec<Option<f64>>>;

/// Rows of items x1, x2, ... of one factor each three, the factors correlated.
pub(crate) fn items(n: usize, p: usize, seed: u64) -> Rows {
    let mut next = sequence(seed);
    let mut normal = move || (0..6).map(|_| next()).sum::<f64>() * 0.7;
    (0..n)
        .map(|_| {
            let common = normal();
            let factors: Vec<f64> = (0..p.div_ceil(3)).map(|_| 0.6 * common + 0.8 * normal()).collect();
            (0..p).map(|i| Some(1.0 + 0.5 * i as f64 + factors[i / 3] + 0.8 * normal())).collect()
        })
        .collect()
}

/// Deletes cells at a rate; at least one stays in each row.
pub(crate) fn delete(rows: &mut Rows, rate: f64, seed: u64) {
    let mut next = sequence(seed);
    for (index, row) in rows.iter_mut().enumerate() {
        let kept = index % row.len();
        for (column, cell) in row.iter_mut().enumerate() {
            if next() < 2.0 * rate - 1.0 && column != kept {
                *cell = None;
            }
        }
    }
}

/// Text of a data file; `groups` gives each row's label.
fn csv(rows: &Rows, groups: Option<&dyn Fn(usize) -> &'static str>) -> String {
    let mut text = (1..=rows[0].len()).map(|i| format!("x{i}")).collect::<Vec<_>>().join(",");
    text += if groups.is_some() { ",group\n" } else { "\n" };
    for (index, row) in rows.iter().enumerate() {
        let cells: Vec<String> = row.iter().map(|cell| cell.map_or("NA".into(), |value| value.to_string())).collect();
        text += &cells.join(",");
        if let Some(label) = groups {
            write!(text, ",{}", label(index)).unwrap();
        }
        text.push('\n');
    }
    text
}

pub(crate) fn model(p: usize) -> String {
    (0..p / 3).map(|f| format!("f{f} =~ x{} + x{} + x{}\n", 3 * f + 1, 3 * f + 2, 3 * f + 3)).collect()
}

/// Table and sample, or why there is none.
fn prepare(text: &str, model: &str, group: Option<&str>, missing: Missing) -> Result<(ParTable, Sample), String> {
    let data = read_csv(text.as_bytes(), &CsvOptions::default()).map_err(|error| error.to_string())?;
    let parsed = latva_spec::parse(model);
    let options = TableOptions { meanstructure: Some(true), ..TableOptions::default() };
    let mut context = TableContext { kind: ModelKind::Sem, options, ..TableContext::default() };
    let names = build(&parsed.model, &context).0.blocks[0].observed.clone();
    let rows = if missing == Missing::Listwise { MissingRows::Listwise } else { MissingRows::Keep };
    let selection = SampleOptions { group: group.map(str::to_owned), missing: rows, ..SampleOptions::default() };
    let (sample, _) = data.sample(&names, &selection).map_err(|error| error.to_string())?;
    if sample.groups.len() > 1 {
        context.groups = sample.groups.iter().map(|group| group.label.clone()).collect();
    }
    Ok((build(&parsed.model, &context).0, sample))
}

fn fit(text: &str, model: &str, group: Option<&str>, missing: Missing) -> Result<Fit, String> {
    let (table, sample) = prepare(text, model, group, missing)?;
    let options = Options { missing, ..Options::default() };
    latva_estimation::fit(&table, &sample, &options).map_err(|error: EstimationError| error.to_string())
}

fn chi_square(fit: &Fit) -> f64 {
    fit.measures.get("chisq").expect("a chi-square")
}

#[test]
fn complete_rows_give_what_moments_give() {
    let text = csv(&items(200, 6, 1), None);
    let [incomplete, complete] =
        [Missing::Ml, Missing::Listwise].map(|missing| fit(&text, &model(6), None, missing).unwrap());
    assert!((chi_square(&incomplete) - chi_square(&complete)).abs() < 1e-8);
    for (a, b) in incomplete.estimates.iter().zip(&complete.estimates) {
        assert!((a.est - b.est).abs() < 1e-7);
    }
    assert_eq!(incomplete.groups[0].n_patterns, Some(1));
}

#[test]
fn neither_order_nor_units_matter() {
    let mut rows = items(150, 6, 2);
    delete(&mut rows, 0.2, 3);
    let plain = fit(&csv(&rows, None), &model(6), None, Missing::Ml).unwrap();
    rows.reverse();
    rows.rotate_left(40);
    let moved = fit(&csv(&rows, None), &model(6), None, Missing::Ml).unwrap();
    assert!((chi_square(&plain) - chi_square(&moved)).abs() < 1e-9);
    for row in &mut rows {
        row[1] = row[1].map(|value| 1e4 * value - 300.0);
        row[5] = row[5].map(|value| -1e-4 * value);
    }
    let scaled = fit(&csv(&rows, None), &model(6), None, Missing::Ml).unwrap();
    assert!(scaled.convergence.converged);
    assert!((chi_square(&plain) - chi_square(&scaled)).abs() < 1e-7 * chi_square(&plain));
}

/// The likelihood of a variable that nothing restricts adds nothing: leaving out cases that hold nothing but it changes no estimate.
#[test]
fn a_case_without_values_of_the_model_does_not_count() {
    let mut rows = items(120, 6, 4);
    delete(&mut rows, 0.25, 5);
    let plain = fit(&csv(&rows, None), &model(6), None, Missing::Ml).unwrap();
    rows.extend(std::iter::repeat_n(vec![None; 6], 10));
    let with_empty = fit(&csv(&rows, None), &model(6), None, Missing::Ml).unwrap();
    assert_eq!(with_empty.groups[0].n_obs, 120);
    assert_eq!(chi_square(&plain), chi_square(&with_empty));
}

#[test]
fn planned_missingness_is_fitted() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/data/sim_planned.csv");
    let text = std::fs::read_to_string(path).unwrap();
    let fit = fit(&text, "f =~ a1 + a2 + a3 + a4\ng =~ b1 + b2 + b3 + b4", None, Missing::Ml).unwrap();
    assert!(fit.is_sound(), "{:?} {:?}", fit.convergence, fit.diagnostics);
    let coverage = fit.groups[0].coverage.as_ref().unwrap();
    assert!(coverage.iter().any(|&share| share == 0.0));
    assert!(chi_square(&fit) > 0.0 && chi_square(&fit) < 60.0, "{}", chi_square(&fit));
}

/// Two-stage estimation needs all moments of the unrestricted model; standard errors from it say how little is known.
#[test]
fn two_stages_need_every_moment() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/data/sim_planned.csv");
    let text = std::fs::read_to_string(path).unwrap();
    let model_text = "f =~ a1 + a2 + a3 + a4\ng =~ b1 + b2 + b3 + b4";
    let message = fit(&text, model_text, None, Missing::TwoStage).unwrap_err();
    assert_eq!(message, "the incomplete cases do not determine all means, variances and covariances");

    let mut rows = items(200, 6, 30);
    delete(&mut rows, 0.2, 31);
    let text = csv(&rows, None);
    let [direct, two_stage] =
        [Missing::Ml, Missing::TwoStage].map(|missing| fit(&text, &model(6), None, missing).unwrap());
    for (one, other) in direct.estimates.iter().zip(&two_stage.estimates) {
        let Some(se) = one.se.filter(|se| *se > 0.0) else { continue };
        assert!((one.est - other.est).abs() < se, "{one:?} {other:?}");
        assert!((other.se.unwrap() / se - 1.0).abs() < 0.3, "{one:?} {other:?}");
    }
    // Without missing values the second stage is all there is.
    let text = csv(&items(200, 6, 1), None);
    let [complete, two_stage] =
        [Missing::Listwise, Missing::TwoStage].map(|missing| fit(&text, &model(6), None, missing).unwrap());
    assert!((chi_square(&complete) - chi_square(&two_stage)).abs() < 1e-8);
    assert_eq!(two_stage.plan.se, latva_estimation::StandardErrors::TwoStage);
}

/// Samples that are hard on the treatment end with a fit of finite numbers or with a message, never otherwise.
#[test]
fn hard_samples_end_with_a_fit_or_a_message() {
    let mut outcomes = String::new();
    let mut attempt =
        |name: &str, text: &str, p: usize, group: Option<&str>| match fit(text, &model(p), group, Missing::Ml) {
            Ok(fit) => {
                let numbers =
                    fit.estimates.iter().flat_map(|estimate| [Some(estimate.est), estimate.se, estimate.std_all]);
                assert!(numbers.flatten().all(f64::is_finite), "{name}");
                assert!(fit.measures.iter().all(|(_, value)| value.is_finite()), "{name}");
                let told = fit.diagnostics.iter().map(|diagnostic| diagnostic.id).collect::<Vec<_>>().join(" ");
                let chisq = if fit.measures.get("chisq").is_some() { "" } else { ", no chi-square" };
                let converged = if fit.convergence.converged { "fitted" } else { "not converged" };
                writeln!(outcomes, "{name}: {converged}{chisq} {told}").unwrap();
            }
            Err(message) => {
                assert!(!message.is_empty());
                writeln!(outcomes, "{name}: {message}").unwrap();
            }
        };
    let mut own_patterns = items(60, 9, 10);
    delete(&mut own_patterns, 0.35, 11);
    attempt("nearly every row its own pattern", &csv(&own_patterns, None), 9, None);

    let mut nothing = items(50, 6, 12);
    nothing.iter_mut().for_each(|row| row[2] = None);
    attempt("a variable without values", &csv(&nothing, None), 6, None);

    let mut apart = items(80, 6, 13);
    for (index, row) in apart.iter_mut().enumerate() {
        row[if index % 2 == 0 { 0 } else { 5 }] = None;
    }
    attempt("two variables never together", &csv(&apart, None), 6, None);

    let mut few = items(7, 6, 14);
    delete(&mut few, 0.2, 15);
    attempt("one row more than variables, with gaps", &csv(&few, None), 6, None);
    attempt("fewer rows than variables", &csv(&items(5, 6, 16), None), 6, None);

    let mut split = items(90, 6, 17);
    delete(&mut split, 0.2, 18);
    let three: &dyn Fn(usize) -> &'static str = &|index| if index < 3 { "small" } else { "large" };
    attempt("a group of three rows", &csv(&split, Some(three)), 6, Some("group"));
    let eight: &dyn Fn(usize) -> &'static str = &|index| if index < 8 { "small" } else { "large" };
    attempt("a group of eight rows with gaps", &csv(&split, Some(eight)), 6, Some("group"));
    for row in split.iter_mut().take(30) {
        row[3] = None;
    }
    let thirty: &dyn Fn(usize) -> &'static str = &|index| if index < 30 { "first" } else { "second" };
    attempt("a variable without values in one group", &csv(&split, Some(thirty)), 6, Some("group"));

    let mut single = items(100, 6, 19);
    for (index, row) in single.iter_mut().enumerate() {
        for column in (0..6).filter(|column| *column != index % 6) {
            row[column] = None;
        }
    }
    attempt("one value in each row", &csv(&single, None), 6, None);

    let mut pairs = items(40, 6, 20);
    for (index, row) in pairs.iter_mut().enumerate() {
        if index > 3 {
            row[0] = None;
        }
    }
    attempt("a variable with four values", &csv(&pairs, None), 6, None);

    let mut twins = items(60, 6, 21);
    delete(&mut twins, 0.2, 22);
    for row in &mut twins {
        row[1] = row[0].map(|value| 2.0 * value);
    }
    attempt("one variable twice another", &csv(&twins, None), 6, None);
    let mut repeated = items(10, 6, 23);
    delete(&mut repeated, 0.3, 24);
    let repeated: Rows = repeated.iter().cycle().take(60).cloned().collect();
    attempt("ten rows six times", &csv(&repeated, None), 6, None);
    insta::assert_snapshot!(outcomes);
}
