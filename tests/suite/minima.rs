//! Minima in narrow valleys, which lavaan found in its way (fixtures/reference/minima, made by tools/oracle/minima.R).

use latva_data::{GroupSample, Sample};
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
