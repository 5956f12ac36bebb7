//! Random starts, and samples and models that are hard on the search.

use latva_data::{GroupSample, Sample};
use latva_spec::table::{TableContext, build};
use ndarray::Array2;
use proptest::prelude::*;

use crate::{Estimator, Fit, Options, fit};

fn sample(cov: Array2<f64>, n_obs: usize) -> Sample {
    let names = (1..=cov.nrows()).map(|i| format!("x{i}").into()).collect();
    Sample {
        names,
        groups: vec![GroupSample { label: String::new(), n_obs, cov, mean: None, rows: None, weights: None }],
    }
}

/// The covariance matrix of cases whose numbers are the digits of `seed`, more or less.
fn covariance(p: usize, n: usize, draw: &[f64]) -> Array2<f64> {
    let rows = Array2::from_shape_fn((n, p), |(i, j)| draw[(i * 7 + j * 13 + i * j) % draw.len()]);
    let mean = rows.mean_axis(ndarray::Axis(0)).expect("there are cases");
    let centred = &rows - &mean;
    centred.t().dot(&centred) / n as f64
}

fn attempt(model: &str, sample: &Sample, options: &Options) -> Result<Fit, String> {
    let parsed = latva_spec::parse(model);
    let (table, diagnostics) = build(&parsed.model, &TableContext::default());
    assert!(diagnostics.iter().all(|diagnostic| !diagnostic.is_error()), "{diagnostics:?}");
    fit(&table, sample, options).map_err(|error| error.to_string())
}

/// Numbers that are there are finite.
fn assert_finite(fit: &Fit) {
    for estimate in &fit.estimates {
        assert!(estimate.est.is_finite());
        for value in [estimate.se, estimate.z, estimate.pvalue, estimate.std_all].into_iter().flatten() {
            assert!(value.is_finite());
        }
    }
    assert!(fit.measures.iter().all(|(_, value)| value.is_finite()));
}

fn one_factor() -> Sample {
    let loadings = [0.8, 0.7, 0.6, 0.5];
    sample(
        Array2::from_shape_fn(
            (4, 4),
            |(i, j)| if i == j { 1.0 } else { loadings[i] * loadings[j] + 0.01 * (i + j) as f64 },
        ),
        150,
    )
}

#[test]
fn random_starts_come_to_the_same_minimum_and_are_the_same_each_time() {
    let model = "f =~ x1 + x2 + x3 + x4";
    let options = Options { random_starts: 6, seed: 7, ..Options::default() };
    let plain = attempt(model, &one_factor(), &Options::default()).unwrap();
    let (first, again) =
        (attempt(model, &one_factor(), &options).unwrap(), attempt(model, &one_factor(), &options).unwrap());
    assert_eq!(first.estimates, again.estimates);
    assert!(first.convergence.strategies.last().unwrap().contains("6 random starts (seed 7): 6 converged"));
    assert!((first.measures.get("chisq").unwrap() - plain.measures.get("chisq").unwrap()).abs() < 1e-9);
}

#[test]
fn without_the_standardized_solution_all_else_is_there() {
    let model = "f =~ x1 + x2 + a*x3 + x4\nhalf := a / 2";
    let full = attempt(model, &one_factor(), &Options::default()).unwrap();
    let options = Options { skip_standardized: true, ..Options::default() };
    let plain = attempt(model, &one_factor(), &options).unwrap();
    for (full, plain) in full.estimates.iter().zip(&plain.estimates) {
        assert!(full.std_all.is_some() && full.std_all_uncertainty.is_some());
        let rest = [plain.std_lv, plain.std_all, plain.std_nox];
        let uncertainties = [plain.std_lv_uncertainty, plain.std_all_uncertainty, plain.std_nox_uncertainty];
        assert!(rest == [None; 3] && uncertainties == [None; 3]);
        assert_eq!((full.est, full.se, full.ci_upper), (plain.est, plain.se, plain.ci_upper));
    }
    assert_eq!(full.measures, plain.measures);
    assert!(full.r_square.iter().all(|of| of.uncertainty.is_some()));
    for (full, plain) in full.r_square.iter().zip(&plain.r_square) {
        assert_eq!((full.value, plain.uncertainty), (plain.value, None));
    }
}

#[test]
fn impossible_start_values_are_set_aside() {
    let fit = attempt(
        "f =~ x1 + start(-90)*x2 + start(1e6)*x3 + x4\nx1 ~~ start(-50)*x1\nf ~~ start(-3)*f\nx4 ~~ start(-1)*x4",
        &one_factor(),
        &Options::default(),
    )
    .unwrap();
    assert!(fit.convergence.converged, "{:?}", fit.convergence);
    assert!(fit.convergence.strategies.len() > 1);
}

/// The three covariances are met exactly by l2 v = .1, l3 v = -.1, l2 l3 v = .3: v = -1/30.
#[test]
fn a_minimum_with_a_negative_factor_variance_is_found() {
    let cov = ndarray::array![[1.0, 0.1, -0.1], [0.1, 1.0, 0.3], [-0.1, 0.3, 1.0]];
    let fit = attempt("f =~ x1 + x2 + x3", &sample(cov, 100), &Options::default()).unwrap();
    assert!(fit.convergence.converged, "{:?}", fit.convergence);
    let variance = fit.estimates.iter().find(|estimate| (estimate.est + 1.0 / 30.0).abs() < 1e-6);
    assert!(variance.is_some(), "{:?}", fit.estimates);
    assert!(!fit.diagnostics.is_empty());
}

#[test]
fn starts_that_are_asked_for_reach_a_minimum_far_away() {
    // y1, y2, y3, x1, x2, x3 of PoliticalDemocracy: two proper solutions.
    let cov = ndarray::array![
        [6.7869, 6.168, 5.761, 0.7246, 1.2564, 0.8993],
        [6.168, 15.3721, 5.7608, 0.6112, 1.4714, 1.1542],
        [5.761, 5.7608, 10.6207, 0.7764, 1.5312, 1.0252],
        [0.7246, 0.6112, 0.7764, 0.53, 0.9772, 0.8124],
        [1.2564, 1.4714, 1.5312, 0.9772, 2.2517, 1.782],
        [0.8993, 1.1542, 1.0252, 0.8124, 1.782, 1.9497],
    ];
    let model = "f =~ x1 + x2 + x3\nx4 ~ f\nx5 ~ x4 + f\nf ~~ x6";
    let chisq = |random_starts| {
        let fit = attempt(model, &sample(cov.clone(), 75), &Options { random_starts, ..Options::default() }).unwrap();
        assert!(fit.convergence.converged && fit.proper, "{:?}", fit.convergence);
        fit.measures.iter().find(|(name, _)| *name == "chisq").map(|(_, value)| value).unwrap()
    };
    assert!((chisq(0) - 96.65).abs() < 0.1, "{}", chisq(0));
    assert!((chisq(40) - 75.94).abs() < 0.1, "{}", chisq(40));
}

#[test]
fn a_formula_without_a_value_is_named() {
    let of = |model: &str| attempt(model, &one_factor(), &Options::default()).unwrap();
    let fit = of("f =~ x1 + a*x2 + x3 + x4\nd := log(-a)\ne := sqrt((a - a)^2)\ng := 1/(a - a)");
    let named: Vec<&str> = fit.diagnostics.iter().map(|told| told.id).collect();
    assert_eq!(named, ["W0837", "W0837"], "{:?}", fit.diagnostics);
    let defined: Vec<_> = fit.estimates.iter().rev().take(3).map(|estimate| (estimate.se, estimate.ci_lower)).collect();
    // The slope of the root at zero is no number, and the others have no value: none has a standard error.
    assert_eq!(defined, [(None, None); 3]);
    let fit = of("f =~ x1 + a*x2 + b*x3 + x4\na == 1/(b - b)");
    assert!(!fit.convergence.converged);
    let told = fit.diagnostics.iter().find(|told| told.id == "W0838").unwrap();
    assert!(told.message.starts_with("`a == 1/(b-b)` has no value") && told.span.is_some(), "{told:?}");
    let told = fit.diagnostics.iter().find(|told| told.id == "W0805").unwrap();
    assert!(told.hints.iter().all(|hint| !hint.contains("hardly determine")), "{told:?}");
}

#[test]
fn what_leaves_no_start_is_named() {
    let told = |model: &str| {
        let fit = attempt(model, &one_factor(), &Options::default()).unwrap();
        assert!(!fit.convergence.converged, "{model}");
        fit.diagnostics.iter().find(|told| told.id == "W0805").unwrap().hints.join("; ")
    };
    let hints = told("f =~ x1 + x2 + x3 + x4\nx1 ~~ 0*x1\nx2 ~~ 0*x2");
    assert!(hints.starts_with("at the start values the model leaves nothing of `x2`"), "{hints}");
    let hints = told("x1 ~ 1*x2 + x3\nx2 ~ 1*x1 + x4");
    assert!(hints.starts_with("the paths in a loop have no solution"), "{hints}");
    assert!(hints.contains("(I - B is singular): x1, x2;"), "{hints}");
}

#[test]
fn a_constraint_that_cannot_hold_is_named_where_the_model_loses_its_identification() {
    let parsed = latva_spec::parse("f =~ x1 + a*x2 + b*x3\na^2 == -1");
    let (table, _) = build(&parsed.model, &TableContext::default());
    let cov = one_factor().groups[0].cov.slice(ndarray::s![..3, ..3]).to_owned();
    let told = match fit(&table, &sample(cov, 150), &Options::default()) {
        Ok(fit) => fit.diagnostics.iter().map(|told| format!("{told:?}")).collect::<String>(),
        Err(error) => format!("{:?}", error.diagnostics()),
    };
    assert!(told.contains("a^2 == -1"), "{told}");
}

#[test]
fn units_of_a_variable_do_not_matter_whatever_sets_the_scale_of_the_factor() {
    let models = [
        "f =~ NA*x1 + x2\ng =~ NA*x3 + x4\nf ~~ 1*f + g\ng ~~ 1*g",
        "f =~ NA*x1 + 1*x2\ng =~ NA*x3 + 1*x4",
        "f =~ NA*x1 + x2 + 1*x3 + x4",
        "f =~ x1 + x2 + x3 + x4",
    ];
    for model in models {
        let chisq = |factor: f64| {
            let mut of = one_factor();
            of.groups[0].cov.row_mut(0).mapv_inplace(|value| value * factor);
            of.groups[0].cov.column_mut(0).mapv_inplace(|value| value * factor);
            let fit = attempt(model, &of, &Options::default()).unwrap();
            assert!(fit.convergence.converged, "{model}, {factor}: {:?}", fit.convergence);
            fit.measures.iter().find(|(name, _)| *name == "chisq").map(|(_, value)| value).unwrap()
        };
        let plain = chisq(1.0);
        for factor in [1e5, 1e-5, 1e10, 1e-10, -1e12] {
            assert!((chisq(factor) - plain).abs() < 1e-8 * (1.0 + plain), "{model}, {factor}");
        }
    }
}

#[test]
fn a_variance_that_rounding_makes_negative_is_no_heywood_case() {
    let options = Options { estimator: Estimator::Uls, ..Options::default() };
    for k in 1..20 {
        let loadings = [0.9, 0.7 + 0.01 * f64::from(k), 1.1, 0.3 * f64::from(k)];
        let cov = Array2::from_shape_fn((4, 4), |(i, j)| loadings[i] * loadings[j]);
        let fit = attempt("f =~ x1 + x2 + x3 + x4", &sample(cov, 100), &options).unwrap();
        assert!(fit.convergence.converged && fit.proper, "{:?}", fit.diagnostics);
    }
}

#[test]
fn a_model_without_a_minimum_ends_soon_and_says_which_parameters_are_to_blame() {
    // The covariance of x2 and x3 is the product of the other two over the variance of f: zero if that grows without end.
    let cov = ndarray::array![[1.0, 0.3, 0.3], [0.3, 1.0, 0.0], [0.3, 0.0, 1.0]];
    let fit = attempt("f =~ x1 + x2 + x3", &sample(cov, 100), &Options::default()).unwrap();
    assert!(!fit.convergence.converged && fit.convergence.evaluations < 50_000, "{:?}", fit.convergence);
    assert_finite(&fit);
    let told = fit.diagnostics.iter().find(|diagnostic| diagnostic.id == "W0805").unwrap();
    assert!(told.hints.iter().any(|hint| hint.contains("hardly determine") && hint.contains("f ~~ f")), "{told:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]
    /// Whatever the sample, there is a fit of finite numbers or a message.
    #[test]
    fn no_sample_brings_a_panic_or_a_number_that_is_none(
        draw in prop::collection::vec(-3_i32..4, 40..60),
        n in 3_usize..12,
        scale in prop::sample::select(vec![1e-9, 1.0, 1e9]),
        trouble in 0_usize..5,
        constraint in prop::sample::select(vec!["", "\na < b", "\na*b == 0.5", "\na > 0\nb == a^2", "\na^2 == -1"]),
    ) {
        let draw: Vec<f64> = draw.into_iter().map(f64::from).collect();
        let mut cov = covariance(4, n, &draw);
        match trouble {
            1 => {
                // A constant column.
                cov.row_mut(1).fill(0.0);
                cov.column_mut(1).fill(0.0);
            }
            2 => {
                // A column twice.
                let (row, own) = (cov.row(0).to_owned(), cov[[0, 0]]);
                cov.row_mut(1).assign(&row);
                cov.column_mut(1).assign(&row);
                cov[[1, 1]] = own;
                cov[[0, 1]] = own;
                cov[[1, 0]] = own;
            }
            3 => cov.column_mut(2).mapv_inplace(|value| value * 1e6),
            _ => {}
        }
        if trouble == 3 {
            cov.row_mut(2).mapv_inplace(|value| value * 1e6);
        }
        cov.mapv_inplace(|value| value * scale);
        let model = format!("f =~ x1 + a*x2 + b*x3 + x4{constraint}");
        match attempt(&model, &sample(cov, n), &Options::default()) {
            Ok(fit) => assert_finite(&fit),
            Err(message) => prop_assert!(!message.is_empty() && !message.contains("NaN")),
        }
    }
}
