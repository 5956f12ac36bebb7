//! Constraints by finite differences, and the multipliers by moving what they are the price of.

use compact_str::CompactString;
use latva_data::{GroupSample, Sample};
use latva_spec::table::{ParTable, TableContext, build};
use ndarray::{Array2, array};

use super::*;
use crate::inference::definition_order;
use crate::{BoundSide, EstimationError, Fit, Options, TerminationReason, fit};

fn table(model: &str) -> ParTable {
    let parsed = latva_spec::parse(model);
    assert!(parsed.diagnostics.iter().all(|diagnostic| !diagnostic.is_error()), "{:?}", parsed.diagnostics);
    let (table, diagnostics) = build(&parsed.model, &TableContext::default());
    assert!(diagnostics.iter().all(|diagnostic| !diagnostic.is_error()), "{diagnostics:?}");
    table
}

/// Four indicators of one factor, roughly.
fn sample() -> Sample {
    Sample {
        names: ["x1", "x2", "x3", "x4"].map(CompactString::from).to_vec(),
        groups: vec![GroupSample {
            label: String::new(),
            n_obs: 200,
            cov: array![[1.0, 0.5, 0.4, 0.3], [0.5, 1.2, 0.5, 0.4], [0.4, 0.5, 0.9, 0.3], [0.3, 0.4, 0.3, 1.1]],
            mean: None,
            rows: None,
            weights: None,
        }],
    }
}

fn fitted(model: &str) -> Fit {
    let fit = fit(&table(model), &sample(), &Options::default()).unwrap();
    assert!(fit.convergence.converged, "{model}: {:?}", fit.convergence);
    fit
}

fn chisq(fit: &Fit) -> f64 {
    fit.measures.get("chisq").unwrap()
}

const FACTOR: &str = "f =~ x1 + a*x2 + b*x3 + c*x4\n";

#[test]
fn derivatives_are_those_of_finite_differences() {
    let table = table(&format!(
        "{FACTOR}x1 ~~ v*x1\np := a*b\nq := p^2 + exp(c)\nq == 2\nlog(v) < a/b\na + 2*p > 0.1\nsqrt(v) + c == p*v"
    ));
    let fixed: Vec<f64> = table.rows.iter().map(|row| row.ustart.unwrap_or(0.0)).collect();
    let reparametrisation = Reparametrisation::new(&table, &fixed).unwrap();
    let definitions = definition_order(&table, &fixed).unwrap();
    let restrictions = Restrictions::new(&table, &fixed, &definitions, &reparametrisation).unwrap();
    let (q, m) = (table.n_free(), restrictions.list().len());
    assert_eq!((m, restrictions.equalities()), (4, 2));
    let theta: Vec<f64> = (0..q).map(|i| 0.6 + 0.07 * i as f64).collect();
    let (mut values, mut jacobian) = (vec![0.0; m], Array2::zeros((m, q)));
    assert!(restrictions.evaluate(&theta, &mut values, Some(&mut jacobian)));
    let multipliers = [0.7, -1.3, 0.4, 0.2];
    let mut hessian = Array2::zeros((q, q));
    restrictions.subtract_curvature(&theta, &multipliers, &mut hessian);
    for i in 0..q {
        let h = 1e-5;
        let at = |sign: f64| {
            let mut moved = theta.clone();
            moved[i] += sign * h;
            let (mut values, mut jacobian) = (vec![0.0; m], Array2::zeros((m, q)));
            assert!(restrictions.evaluate(&moved, &mut values, Some(&mut jacobian)));
            (values, jacobian)
        };
        let (up, down) = (at(1.0), at(-1.0));
        for place in 0..m {
            let difference = (up.0[place] - down.0[place]) / (2.0 * h);
            assert!((jacobian[[place, i]] - difference).abs() < 1e-8, "{place} {i}");
        }
        for j in 0..q {
            let difference: f64 =
                (0..m).map(|place| multipliers[place] * (up.1[[place, j]] - down.1[[place, j]]) / (2.0 * h)).sum();
            assert!((hessian[[i, j]] + difference).abs() < 1e-5, "{i} {j}");
        }
    }
}

#[test]
fn a_multiplier_is_the_price_of_its_constraint_in_chi_square() {
    for (constraint, shifted) in [
        ("a*b == 0.6", ["a*b == 0.6001", "a*b == 0.5999"]),
        ("a == 0.8", ["a == 0.8001", "a == 0.7999"]),
        ("a < 0.9", ["a < 0.9001", "a < 0.8999"]),
        ("b > 1", ["b > 1.0001", "b > 0.9999"]),
        ("exp(a) + b^2 < 3", ["exp(a) + b^2 < 3.0001", "exp(a) + b^2 < 2.9999"]),
    ] {
        let at = fitted(&format!("{FACTOR}{constraint}"));
        let multiplier = at.constraints[0].multiplier.unwrap();
        assert!(at.constraints[0].active && at.constraints[0].difference.abs() < 1e-9, "{:?}", at.constraints);
        let [up, down] = shifted.map(|constraint| chisq(&fitted(&format!("{FACTOR}{constraint}"))));
        let slope = (up - down) / 2e-4;
        assert!((multiplier - slope).abs() < 1e-4 * (1.0 + slope.abs()), "{constraint}: {multiplier} for {slope}");
    }
    let bound = |at: f64| fitted(&format!("f =~ x1 + upper({at})*x2 + x3 + x4"));
    let outcome = bound(0.9).constraints[0].clone();
    assert_eq!((outcome.bound, outcome.active), (Some(BoundSide::Upper), true));
    let slope = (chisq(&bound(0.9001)) - chisq(&bound(0.8999))) / 2e-4;
    assert!((outcome.multiplier.unwrap() - slope).abs() < 1e-4 * (1.0 + slope.abs()));
}

#[test]
fn what_does_not_bind_changes_nothing() {
    let (free, held) = (fitted(FACTOR), fitted(&format!("{FACTOR}a > 0.1\na*b < 5\nc < 10")));
    assert!((chisq(&free) - chisq(&held)).abs() < 1e-9);
    assert!(held.constraints.iter().all(|outcome| !outcome.active && outcome.multiplier == Some(0.0)));
    for (ours, theirs) in held.estimates.iter().zip(&free.estimates) {
        assert!(
            (ours.est - theirs.est).abs() < 1e-7 && (ours.se.unwrap_or(0.0) - theirs.se.unwrap_or(0.0)).abs() < 1e-7
        );
    }
}

#[test]
fn degrees_of_freedom_count_independent_equalities_alone() {
    let df = |constraints: &str| fitted(&format!("{FACTOR}{constraints}")).measures.get("df").unwrap();
    assert_eq!(df(""), 2.0);
    assert_eq!(df("a < 0.5"), 2.0);
    assert_eq!(df("a*b == 0.5"), 3.0);
    assert_eq!(df("a*b == 0.5\nb*a*2 == 1"), 3.0);
    assert_eq!(df("a*b == 0.5\na == b"), 4.0);
    assert_eq!(df("a == b\nb == c\na == c"), 4.0);
    let redundant = fitted(&format!("{FACTOR}a == b\nb == c\na == c"));
    assert!(redundant.diagnostics.iter().any(|diagnostic| diagnostic.id == "N0801"));
}

#[test]
fn what_cannot_hold_is_told_at_its_place() {
    for model in ["a > 2\na < 1", "a == 1\na > 2", "a + b > 3\na < 1\nb < 1", "s := a + b\ns == 1\ns == 2"] {
        let error = fit(&table(&format!("{FACTOR}{model}")), &sample(), &Options::default()).unwrap_err();
        assert!(matches!(&error, EstimationError::Contradiction { span: Some(_), .. }), "{model}: {error:?}");
    }
    let bounds = fit(&table("f =~ x1 + lower(1)*x2 + upper(0)*x2 + x3 + x4"), &sample(), &Options::default());
    assert!(matches!(bounds.unwrap_err(), EstimationError::Contradiction { span: Some(_), .. }));
    let never = fit(&table(&format!("{FACTOR}a^2 == -1")), &sample(), &Options::default()).unwrap();
    assert_eq!(never.convergence.reason, TerminationReason::Inconsistent);
    assert!(never.diagnostics.iter().any(|diagnostic| diagnostic.id == "W0806" && diagnostic.span.is_some()));
}
