//! Derivatives against finite differences, and exact recovery, for every pair of model and discrepancy.

use std::sync::Arc;

use latva_math::linalg::{Cholesky, symmetric_eigen};
use latva_spec::table::{ModelKind, ParTable, TableContext, TableOptions, build};
use ndarray::{Array1, Array2};

use super::*;
use crate::discrepancy::discrepancy_of;
use crate::implied::build_blocks;
use crate::incomplete::{IncompleteRows, PatternRows, saturated};
use crate::observed::{Incomplete, LogDet, Observed};
use crate::plan::{Estimator, Missing, Options, Plan};

const MODELS: [&str; 8] = [
    "f =~ x1 + x2 + x3",
    "f =~ x1 + x2 + x3\n g =~ x4 + x5 + x6 + x1\n f ~~ g\n x2 ~~ x5",
    "f =~ x1 + x2\n g =~ x3 + x4\n h =~ x5 + x6\n h ~ f + g\n g ~ f",
    "f =~ x1 + x2\n g =~ x3 + x4\n h =~ x5 + x6\n s =~ f + g + h",
    "x1 ~ x2 + x3\n x4 ~ x1 + x2\n x5 ~~ x4",
    "x1 ~ x2 + x3\n x2 ~ x1 + x4\n x1 ~~ x2",
    "f =~ x1 + x2 + x3 + x4 + x5 + x6 + x7 + x8 + x9 + x10 + x11 + x12",
    "f =~ x1 + a*x2 + a*x3\n x4 ~ f + x5\n x6 ~ x4\n x5 ~~ x6\n x5 ~~ f",
];

/// A reproducible sequence in (-1, 1).
fn sequence(seed: u64) -> impl FnMut() -> f64 {
    let mut state = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
    move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
    }
}

fn table(model: &str, meanstructure: bool) -> ParTable {
    let context = TableContext {
        kind: ModelKind::Sem,
        options: TableOptions { meanstructure: Some(meanstructure), fixed_x: Some(false), ..TableOptions::default() },
        ..TableContext::default()
    };
    let parsed = latva_spec::parse(model);
    let (table, diagnostics) = build(&parsed.model, &context);
    assert!(diagnostics.iter().all(|diagnostic| !diagnostic.is_error()), "{model}: {diagnostics:?}");
    table
}

/// A random admissible point of the model: small loadings and paths, variances near one.
fn random_theta(table: &ParTable, seed: u64) -> Vec<f64> {
    let mut next = sequence(seed);
    let mut theta = vec![0.0; table.n_free()];
    for row in table.rows.iter().filter(|row| row.free > 0) {
        let value = 0.3 * next();
        theta[row.free - 1] =
            if row.op == latva_spec::table::Op::Covariance && row.lhs == row.rhs { 1.0 + value } else { value };
    }
    theta
}

fn sample(p: usize, seed: u64) -> Observed {
    let mut next = sequence(seed);
    let g = Array2::from_shape_fn((p, p), |_| next());
    Observed {
        n_obs: 100.0,
        cov: g.dot(&g.t()) + Array2::<f64>::eye(p),
        mean: Some(Array1::from_shape_fn(p, |_| next())),
        exogenous: Vec::new(),
        incomplete: Some(incomplete(Arc::new(IncompleteRows::of(rows(p, 60, 0.3, seed).view(), None)))),
        weight: None,
        log_det: LogDet::new(),
    }
}

fn incomplete(rows: Arc<IncompleteRows>) -> Incomplete {
    let deviance = saturated(&rows).deviance;
    assert!(deviance.is_some());
    Incomplete { rows, deviance }
}

/// Random rows with the given share of missing values; the first third is complete, and ten rows have the first half
/// only, so that patterns have many rows.
fn rows(p: usize, n: usize, share: f64, seed: u64) -> Array2<f64> {
    let mut next = sequence(seed);
    let mix = Array2::from_shape_fn((p, p), |_| next());
    let mut rows = Array2::from_shape_fn((n, p), |_| 2.0 * next()).dot(&mix);
    for ((i, j), value) in rows.indexed_iter_mut() {
        let gone = next() < 2.0 * share - 1.0;
        let half = i > n / 3 && i <= n / 3 + 10;
        if if half { j >= p.div_ceil(2) } else { gone && i > n / 3 && i % p != j } {
            *value = f64::NAN;
        }
    }
    rows
}

/// Patterns whose moments are exactly those of a population: all variables, all but the last two, only the first and the last.
fn population_rows(cov: &Array2<f64>, mean: &Array1<f64>) -> Arc<IncompleteRows> {
    let p = mean.len();
    let patterns = [(0..p).collect::<Vec<_>>(), (0..p.max(3) - 2).collect(), vec![0, p - 1]]
        .into_iter()
        .zip([30.0, 20.0, 10.0])
        .map(|(observed, n)| {
            let part =
                Array2::from_shape_fn((observed.len(), observed.len()), |(i, j)| cov[[observed[i], observed[j]]]);
            let (values, vectors) = symmetric_eigen(part.view()).unwrap();
            PatternRows {
                missing: (0..p).filter(|variable| !observed.contains(variable)).collect(),
                n,
                mean: observed.iter().map(|&variable| mean[variable]).collect(),
                deviations: Array2::from_diag(&values.mapv(|value| (n * value).sqrt())).dot(&vectors.t()),
                observed,
            }
        })
        .collect();
    Arc::new(IncompleteRows { p, n: 60.0, patterns, coverage: Array2::ones((p, p)) })
}

/// The weight of weighted least squares from some skewed cases.
fn weigh(sample: &mut Observed, means: bool, estimator: Estimator) {
    if matches!(estimator, Estimator::Wls | Estimator::Dwls) {
        let mut next = sequence(5);
        let rows = Array2::from_shape_fn((200, sample.cov.nrows()), |_| next().powi(3) + next());
        sample.weight =
            Some(std::sync::Arc::new(crate::asymptotic::weight(&rows, None, &[], means, estimator).unwrap()));
    }
}

fn objective(table: &ParTable, sample: &Observed, options: &Options) -> ModelObjective {
    let mut sample = sample.clone();
    weigh(&mut sample, table.meanstructure, options.estimator);
    let sample = &sample;
    let fixed = crate::observed::fixed_values(table, std::slice::from_ref(sample));
    let models = build_blocks(table, &fixed).unwrap();
    let reparametrisation = Reparametrisation::new(table, &fixed).unwrap();
    let plan = Plan::resolve(options, table, false).unwrap();
    let blocks = models
        .into_iter()
        .map(|model| BlockObjective::new(0.7, model, discrepancy_of(sample, &plan).unwrap()))
        .collect();
    ModelObjective::new(blocks, reparametrisation)
}

fn cases() -> impl Iterator<Item = (&'static str, ParTable, Options)> {
    let estimators = [Estimator::Ml, Estimator::Gls, Estimator::Uls, Estimator::Sls, Estimator::Wls, Estimator::Dwls];
    MODELS.into_iter().flat_map(move |model| {
        let complete = [false, true].into_iter().flat_map(move |means| {
            estimators
                .into_iter()
                .map(move |estimator| (model, table(model, means), Options { estimator, ..Options::default() }))
        });
        let incomplete = Options { missing: Missing::Ml, ..Options::default() };
        complete.chain(std::iter::once((model, table(model, true), incomplete)))
    })
}

/// The estimator, and the treatment of missing values, for messages.
fn name(options: &Options) -> String {
    format!("{:?} {:?}", options.estimator, options.missing)
}

#[test]
fn derivatives_are_those_of_finite_differences() {
    for (index, (model, table, options)) in cases().enumerate() {
        let estimator = name(&options);
        let sample = sample(table.blocks[0].observed.len(), index as u64);
        let mut objective = objective(&table, &sample, &options);
        let z = objective.reparametrisation.contract(&random_theta(&table, 7 + index as u64));
        let n = z.len();
        // Buffers begin as NaN, so that an entry that nothing writes is found.
        let mut gradient = vec![f64::NAN; n];
        objective.matrix = Array2::from_elem((table.n_free(), table.n_free()), f64::NAN);
        objective.value(&z).unwrap();
        objective.gradient(&z, &mut gradient).unwrap();
        let hessian = objective.hessian().expect("a Hessian").clone();
        let (mut up, mut down) = (vec![0.0; n], vec![0.0; n]);
        for j in 0..n {
            let h = 1e-5;
            let mut moved = z.clone();
            moved[j] = z[j] + h;
            let above = objective.value(&moved).unwrap();
            objective.gradient(&moved, &mut up).unwrap();
            moved[j] = z[j] - h;
            let below = objective.value(&moved).unwrap();
            objective.gradient(&moved, &mut down).unwrap();
            let slope = (above - below) / (2.0 * h);
            assert!(
                (gradient[j] - slope).abs() < 1e-6 * (1.0 + slope.abs()),
                "{model} {estimator} gradient {j}: {} {slope}",
                gradient[j]
            );
            for k in 0..n {
                let second = (up[k] - down[k]) / (2.0 * h);
                assert!(
                    (hessian[[j.min(k), j.max(k)]] - second).abs() < 1e-6 * (1.0 + second.abs()),
                    "{model} {estimator} Hessian {j},{k}: {} {second}",
                    hessian[[j.min(k), j.max(k)]]
                );
            }
        }
    }
}

/// At a perfect fit F and its gradient vanish and the expected second derivatives are the exact ones.
#[test]
fn population_moments_are_recovered_exactly() {
    for (index, (model, table, options)) in cases().enumerate() {
        let estimator = name(&options);
        let mut population = objective(&table, &sample(table.blocks[0].observed.len(), 3), &options);
        let z = population.reparametrisation.contract(&random_theta(&table, 11 + index as u64));
        population.value(&z).unwrap();
        let implied = population.blocks[0].complete();
        let perfect = Observed {
            n_obs: 100.0,
            cov: implied.cov.clone(),
            mean: Some(implied.mean.clone()),
            exogenous: Vec::new(),
            incomplete: Some(incomplete(population_rows(&implied.cov, &implied.mean))),
            weight: None,
            log_det: LogDet::new(),
        };
        assert!(Cholesky::of(perfect.cov.view()).is_ok());
        let mut objective = objective(&table, &perfect, &options);
        assert!(objective.value(&z).unwrap().abs() < 1e-12, "{model} {estimator}");
        let n = z.len();
        let (mut gradient, mut metric) = (vec![f64::NAN; n], Array2::zeros((n, n)));
        objective.gradient(&z, &mut gradient).unwrap();
        assert!(gradient.iter().all(|g| g.abs() < 1e-12), "{model} {estimator} {gradient:?}");
        let mut hessian = objective.hessian().expect("a Hessian").clone();
        let expected = objective.expected().clone();
        objective.reparametrisation.pull_matrix(&expected, &mut metric);
        symmetrize_from_upper(&mut hessian);
        for (a, b) in metric.iter().zip(&hessian) {
            assert!((a - b).abs() < 1e-10, "{model} {estimator}");
        }
    }
}

/// The Jacobian of the moments agrees with the gradient: dF = tr(W dSigma) + w'dmu.
#[test]
fn jacobian_gives_the_same_gradient() {
    for (index, (model, table, options)) in cases().enumerate() {
        let estimator = name(&options);
        let sample = sample(table.blocks[0].observed.len(), index as u64);
        let mut objective = objective(&table, &sample, &options);
        let z = objective.reparametrisation.contract(&random_theta(&table, index as u64));
        objective.value(&z).unwrap();
        let q = table.n_free();
        let block = &mut objective.blocks[0];
        let jacobian = block.jacobian(None);
        assert_eq!(jacobian.parameters, (0..q).collect::<Vec<_>>());
        let (w_cov, w_mean) = block.discrepancy.derivative();
        let p = w_cov.nrows();
        let mut weights: Vec<f64> = w_mean.map(|w| w.to_vec()).unwrap_or_default();
        for j in 0..p {
            for i in j..p {
                weights.push(if i == j { w_cov[[i, i]] } else { 2.0 * w_cov[[i, j]] });
            }
        }
        let (w_cov, w_mean) = (w_cov.clone(), w_mean.cloned());
        let mut gradient = vec![0.0; q];
        block.tables.take_slopes(&w_cov, w_mean.as_ref());
        block.tables.add_gradient(1.0, &mut gradient);
        for parameter in 0..q {
            let expected: f64 = weights.iter().zip(jacobian.delta.column(parameter)).map(|(w, d)| w * d).sum();
            assert!((gradient[parameter] - expected).abs() < 1e-10, "{model} {estimator} {parameter}");
        }
    }
}

/// The runs of the tables against the plain formula tr(V dSigma_j V dSigma_k) with dense derivatives.
#[test]
fn forms_of_covariances_are_those_of_dense_derivatives() {
    for (index, (model, table, options)) in cases().enumerate() {
        let sample = sample(table.blocks[0].observed.len(), index as u64);
        let mut objective = objective(&table, &sample, &options);
        let z = objective.reparametrisation.contract(&random_theta(&table, 3 + index as u64));
        objective.value(&z).unwrap();
        let (p, q) = (sample.cov.nrows(), table.n_free());
        let block = &mut objective.blocks[0];
        let jacobian = block.jacobian(None);
        let stacking = block.stacking();
        let derivatives: Vec<Array2<f64>> = (0..q)
            .map(|j| {
                let mut derivative = Array2::zeros((p, p));
                for (row, (a, b)) in stacking.pairs().enumerate() {
                    derivative[[a, b]] = jacobian.delta[[stacking.first_covariance() + row, j]];
                    derivative[[b, a]] = derivative[[a, b]];
                }
                derivative
            })
            .collect();
        let mut matrix = Array2::from_elem((q, q), f64::NAN);
        let mut sum = UpperSum::new(&mut matrix, q);
        for part in [0.4, 0.3] {
            add_form(&mut block.tables, Form::Cov { weight: part, v: &sample.cov }, 1.0, &mut sum);
        }
        block.tables.flush(&mut sum);
        symmetrize_from_upper(&mut matrix);
        for j in 0..q {
            let weighted = sample.cov.dot(&derivatives[j]).dot(&sample.cov);
            for k in 0..q {
                let expected = 0.7 * (&weighted * &derivatives[k]).sum();
                let found = matrix[[j, k]];
                assert!(
                    (found - expected).abs() < 1e-10 * (1.0 + expected.abs()),
                    "{model} {j},{k}: {found} {expected}"
                );
            }
        }
    }
}

/// Values and derivatives by the factors of Sigma are those without them, in whatever order they are asked for.
#[test]
fn the_form_of_the_factors_changes_nothing() {
    let close = |a: f64, b: f64| (a - b).abs() < 1e-10 * (1.0 + b.abs());
    let mut compared = 0;
    for (index, (model, table, options)) in cases().enumerate() {
        let sample = sample(table.blocks[0].observed.len(), index as u64);
        let (mut plain, mut other) = (objective(&table, &sample, &options), objective(&table, &sample, &options));
        plain.blocks[0].by_factors = None;
        for gradient_first in [true, false] {
            let z = plain.reparametrisation.contract(&random_theta(&table, 23 + u64::from(gradient_first)));
            let n = z.len();
            let mut derivatives = Vec::new();
            for objective in [&mut plain, &mut other] {
                let (mut gradient, mut metric) = (vec![0.0; n], Array2::zeros((0, 0)));
                let value = objective.value(&z).unwrap();
                if gradient_first {
                    objective.gradient(&z, &mut gradient).unwrap();
                    metric.clone_from(objective.metric());
                }
                let mut hessian = objective.hessian().expect("a Hessian").clone();
                if !gradient_first {
                    metric.clone_from(objective.metric());
                    objective.gradient(&z, &mut gradient).unwrap();
                }
                symmetrize_from_upper(&mut metric);
                symmetrize_from_upper(&mut hessian);
                derivatives.push([
                    vec![value],
                    gradient,
                    metric.into_raw_vec_and_offset().0,
                    hessian.into_raw_vec_and_offset().0,
                ]);
            }
            compared += u32::from(other.blocks[0].discrepancy.factor_slopes().is_some());
            for (plain, other) in derivatives[0].iter().zip(&derivatives[1]) {
                assert!(
                    plain.iter().zip(other).all(|(plain, other)| close(*other, *plain)),
                    "{model} {}",
                    name(&options)
                );
            }
        }
    }
    assert!(compared > 5, "{compared} points by factors");
}
