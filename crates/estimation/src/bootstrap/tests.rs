//! The cases that the test of Bollen and Stine draws from.

use latva_data::{GroupSample, Sample};
use latva_spec::table::{TableContext, build};
use ndarray::{Array2, Axis};

use super::Population;
use crate::implied::{Implied, build_blocks};
use crate::observed::{Observed, fixed_values};
use crate::plan::{Options, Plan};
use crate::scaling::SampleScaling;

/// Moments of rows, with divisor N.
fn sample_of(names: &[&str], rows: Array2<f64>) -> Sample {
    let mean = rows.mean_axis(Axis(0)).expect("rows");
    let deviations = &rows - &mean;
    let cov = deviations.t().dot(&deviations) / rows.nrows() as f64;
    let names = names.iter().map(|&name| name.into()).collect();
    let group = GroupSample {
        label: String::new(),
        n_obs: rows.nrows(),
        cov,
        mean: Some(mean),
        rows: Some(rows.into()),
        weights: None,
    };
    Sample { names, groups: vec![group] }
}

/// After the transformation the cases have the moments of the model, whatever the divisor of the convention.
#[test]
fn transformed_cases_fit_the_model() {
    let rows = Array2::from_shape_fn((40, 3), |(i, j)| {
        ((i * (7 + 3 * j) + j * j * i) % 23) as f64 + 5.0 * j as f64 + 0.1 * i as f64
    });
    let sample = sample_of(&["x1", "x2", "x3"], rows);
    let mut context = TableContext::default();
    context.options.meanstructure = Some(true);
    let (table, _) = build(&latva_spec::parse("f =~ 1*x1 + 0.8*x2 + 0.6*x3").model, &context);
    for likelihood in [crate::plan::Likelihood::Normal, crate::plan::Likelihood::Wishart] {
        let plan = Plan::resolve(&Options { likelihood, ..Options::default() }, &table, false).expect("a plan");
        let scaling = SampleScaling::new(&[40.0], plan.estimator, plan.likelihood, plan.mimic, plan.missing, false);
        let observed = Observed::of_blocks(&table, &sample, &scaling, &plan).expect("moments");
        let mut model = build_blocks(&table, &fixed_values(&table, &observed)).expect("matrices").swap_remove(0);
        let theta: Vec<f64> = (0..table.n_free()).map(|parameter| 2.0 + parameter as f64).collect();
        model.set_parameters(&theta);
        let mut implied = Implied::new(&model);
        implied.update(&model).expect("implied moments");

        let cases = Population::of_cases(&table, &sample, &plan, &scaling, &observed).expect("cases");
        let transformed = cases.fitting_model(&[&implied]).expect("S is regular");
        let (mean, cov) = transformed.all_of_block(0);
        assert!((&cov - &implied.cov).iter().all(|difference| difference.abs() < 1e-10), "{likelihood:?}: {cov}");
        assert!((&mean - &implied.mean).iter().all(|difference| difference.abs() < 1e-12), "{likelihood:?}: {mean}");
    }
}
