//! Minima in narrow valleys, which lavaan found in its way (fixtures/reference/minima, made by tools/oracle/minima.R).

use latva_data::{CsvOptions, GroupSample, Sample, SampleOptions, read_csv};
use latva_estimation::{Options, StandardErrors};
use latva_spec::table::{TableContext, build};
use ndarray::Array2;
use serde::Deserialize;

use crate::lavaan::fixtures;

#[derive(Deserialize)]
struct Case {
    name: String,
    model: String,
    n: usize,
    names: Vec<String>,
    cov: Vec<Vec<f64>>,
    fmin: f64,
}

#[test]
fn no_minimum_of_lavaans_is_lower() {
    let text = std::fs::read_to_string(fixtures().join("reference/minima/minima.json")).unwrap();
    let cases: Vec<Case> = serde_json::from_str(&text).unwrap();
    assert!(cases.len() >= 4);
    for case in cases {
        let p = case.names.len();
        let cov = Array2::from_shape_fn((p, p), |(i, j)| case.cov[i][j]);
        let group = GroupSample { label: String::new(), n_obs: case.n, cov, mean: None, rows: None, weights: None };
        let sample = Sample { names: case.names.into_iter().map(Into::into).collect(), groups: vec![group] };
        // However the factors get their scale.
        for std_lv in [false, true] {
            let mut context = TableContext::default();
            context.options.std_lv = std_lv;
            let (table, _) = build(&latva_spec::parse(&case.model).model, &context);
            let options = Options { se: Some(StandardErrors::None), ..Options::default() };
            let fit = latva_estimation::fit(&table, &sample, &options).unwrap();
            assert!(fit.convergence.converged, "{}: {:?}", case.name, fit.convergence.strategies);
            // lavaan's is half the value whose minimum is FMIN.
            let fmin = fit.measures.get("fmin").unwrap();
            assert!(fmin < case.fmin + 1e-6, "{} (std_lv {std_lv}): {fmin} beside {}", case.name, case.fmin);
        }
    }
}

/// A model that the data hardly identify: the minimum lies behind more steps than a search from a random start has, and the best of these goes on.
/// lavaan ends without convergence at a chi-square of 328.5521.
#[test]
fn a_search_whose_steps_ran_out_goes_on() {
    let model = "f0 =~ x9 + a*x6 + a*x3\nf1 =~ x4 + x8 + x5\nf2 =~ x7 + x2 + x1\nf1 ~ p*f0\nf2 ~ q*f1 + f0\n";
    let csv = std::fs::read(fixtures().join("data/HolzingerSwineford1939.csv")).unwrap();
    let data = read_csv(csv.as_slice(), &CsvOptions::default()).unwrap();
    let (table, _) = build(&latva_spec::parse(model).model, &TableContext::default());
    let (sample, _) = data.sample(&table.blocks[0].observed, &SampleOptions::default()).unwrap();
    let fit = latva_estimation::fit(&table, &sample, &Options::default()).unwrap();
    assert!(fit.convergence.converged, "{:?}", fit.convergence.strategies);
    assert!((fit.measures.get("chisq").unwrap() - 328.521_612).abs() < 1e-5);
}
