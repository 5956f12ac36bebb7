//! Problems of Hock, W., & Schittkowski, K. (1981). Test Examples for Nonlinear Programming Codes, with their published solutions.

use super::*;
use crate::optimise::Objective;

type Function = fn(&[f64]) -> f64;

/// F and constraints as plain functions; derivatives by central differences, the metric the identity.
struct Plain {
    n: usize,
    value: Function,
    equalities: Vec<Function>,
    inequalities: Vec<Function>,
    exact: bool,
    at: Vec<f64>,
    matrix: Array2<f64>,
}

impl Plain {
    fn new(n: usize, value: Function, equalities: &[Function], inequalities: &[Function]) -> Self {
        Plain {
            n,
            value,
            equalities: equalities.to_vec(),
            inequalities: inequalities.to_vec(),
            exact: true,
            at: vec![0.0; n],
            matrix: Array2::zeros((n, n)),
        }
    }

    fn all(&self) -> impl Iterator<Item = &Function> {
        self.equalities.iter().chain(&self.inequalities)
    }
}

fn gradient_of(f: impl Fn(&[f64]) -> f64, at: &[f64]) -> Vec<f64> {
    let mut x = at.to_vec();
    (0..at.len())
        .map(|i| {
            let h = 1e-6 * at[i].abs().max(1.0);
            x[i] = at[i] + h;
            let up = f(&x);
            x[i] = at[i] - h;
            let down = f(&x);
            x[i] = at[i];
            (up - down) / (2.0 * h)
        })
        .collect()
}

fn second(f: &Function, at: &[f64], i: usize, j: usize) -> f64 {
    let mut x = at.to_vec();
    let h = 1e-4;
    let mut corner = |a: f64, b: f64| {
        x.copy_from_slice(at);
        x[i] += a * h;
        x[j] += b * h;
        f(&x)
    };
    (corner(1.0, 1.0) - corner(1.0, -1.0) - corner(-1.0, 1.0) + corner(-1.0, -1.0)) / (4.0 * h * h)
}

impl Objective for Plain {
    fn dimension(&self) -> usize {
        self.n
    }

    fn value(&mut self, theta: &[f64]) -> Result<f64, Infeasible> {
        let value = (self.value)(theta);
        if value.is_finite() { Ok(value) } else { Err(Infeasible) }
    }

    fn gradient(&mut self, theta: &[f64], gradient: &mut [f64]) -> Result<(), Infeasible> {
        self.at = theta.to_vec();
        gradient.copy_from_slice(&gradient_of(self.value, theta));
        Ok(())
    }

    fn metric(&mut self) -> &Array2<f64> {
        self.matrix = Array2::eye(self.n);
        &self.matrix
    }

    fn hessian(&mut self) -> Option<&Array2<f64>> {
        self.matrix = Array2::from_shape_fn((self.n, self.n), |(i, j)| second(&self.value, &self.at, i, j));
        self.exact.then_some(&self.matrix)
    }
}

impl Constrained for Plain {
    fn equalities(&self) -> usize {
        self.equalities.len()
    }

    fn inequalities(&self) -> usize {
        self.inequalities.len()
    }

    fn constraints(&mut self, theta: &[f64], values: &mut [f64]) -> Result<(), Infeasible> {
        for (value, function) in values.iter_mut().zip(self.all()) {
            *value = function(theta);
        }
        if values.iter().all(|value| value.is_finite()) { Ok(()) } else { Err(Infeasible) }
    }

    fn jacobian(&mut self, theta: &[f64], jacobian: &mut Array2<f64>) -> Result<(), Infeasible> {
        for (mut row, function) in jacobian.rows_mut().into_iter().zip(self.all()) {
            row.iter_mut().zip(gradient_of(function, theta)).for_each(|(entry, value)| *entry = value);
        }
        Ok(())
    }

    fn subtract_curvature(&mut self, theta: &[f64], multipliers: &[f64], hessian: &mut Array2<f64>) {
        for (multiplier, function) in multipliers.iter().zip(self.all()) {
            for i in 0..self.n {
                for j in 0..self.n {
                    hessian[[i, j]] -= multiplier * second(function, theta, i, j);
                }
            }
        }
    }
}

fn solve(problem: Plain, start: &[f64]) -> ConstrainedSolution {
    minimise_constrained(problem, start, &ScoringSettings { tolerance: 1e-6, ..ScoringSettings::default() }).0
}

#[track_caller]
fn assert_solved(solution: &ConstrainedSolution, value: f64, theta: &[f64]) {
    assert_eq!(solution.solution.termination, Termination::Gradient, "{solution:?}");
    assert!((solution.solution.value - value).abs() < 1e-5 * (1.0 + value.abs()), "{solution:?}");
    for (ours, theirs) in solution.solution.theta.iter().zip(theta) {
        assert!((ours - theirs).abs() < 1e-4, "{solution:?}");
    }
}

#[test]
fn problem_6_equality() {
    let problem = Plain::new(2, |x| (1.0 - x[0]).powi(2), &[|x| 10.0 * (x[1] - x[0] * x[0])], &[]);
    assert_solved(&solve(problem, &[-1.2, 1.0]), 0.0, &[1.0, 1.0]);
}

#[test]
fn problem_7_equality_and_logarithm() {
    let problem =
        Plain::new(2, |x| (1.0 + x[0] * x[0]).ln() - x[1], &[|x| (1.0 + x[0] * x[0]).powi(2) + x[1] * x[1] - 4.0], &[]);
    assert_solved(&solve(problem, &[2.0, 2.0]), -3.0_f64.sqrt(), &[0.0, 3.0_f64.sqrt()]);
}

#[test]
fn problem_39_two_equalities() {
    let problem =
        Plain::new(4, |x| -x[0], &[|x| x[1] - x[0].powi(3) - x[2] * x[2], |x| x[0] * x[0] - x[1] - x[3] * x[3]], &[]);
    let solution = solve(problem, &[2.0; 4]);
    assert_eq!(solution.solution.termination, Termination::Gradient);
    assert!((solution.solution.value + 1.0).abs() < 1e-5);
}

#[test]
fn problem_43_rosen_suzuki() {
    let problem = Plain::new(
        4,
        |x| {
            x[0] * x[0] + x[1] * x[1] + 2.0 * x[2] * x[2] + x[3] * x[3] - 5.0 * x[0] - 5.0 * x[1] - 21.0 * x[2]
                + 7.0 * x[3]
        },
        &[],
        &[
            |x| 8.0 - x.iter().map(|v| v * v).sum::<f64>() - x[0] + x[1] - x[2] + x[3],
            |x| 10.0 - x[0] * x[0] - 2.0 * x[1] * x[1] - x[2] * x[2] - 2.0 * x[3] * x[3] + x[0] + x[3],
            |x| 5.0 - 2.0 * x[0] * x[0] - x[1] * x[1] - x[2] * x[2] - 2.0 * x[0] + x[1] + x[3],
        ],
    );
    let solution = solve(problem, &[0.0; 4]);
    assert_solved(&solution, -44.0, &[0.0, 1.0, 2.0, -1.0]);
    // The first and the third bind: multipliers 1 and 2.
    assert!((solution.multipliers[0] - 1.0).abs() < 1e-3);
    assert_eq!(solution.multipliers[1], 0.0);
    assert!((solution.multipliers[2] - 2.0).abs() < 1e-3);
}

#[test]
fn problem_71_equality_inequality_and_bounds() {
    let bounds: [Function; 8] = [
        |x| x[0] - 1.0,
        |x| x[1] - 1.0,
        |x| x[2] - 1.0,
        |x| x[3] - 1.0,
        |x| 5.0 - x[0],
        |x| 5.0 - x[1],
        |x| 5.0 - x[2],
        |x| 5.0 - x[3],
    ];
    let mut inequalities: Vec<Function> = vec![|x| x[0] * x[1] * x[2] * x[3] - 25.0];
    inequalities.extend(bounds);
    let problem = Plain::new(
        4,
        |x| x[0] * x[3] * (x[0] + x[1] + x[2]) + x[2],
        &[|x| x.iter().map(|v| v * v).sum::<f64>() - 40.0],
        &inequalities,
    );
    assert_solved(&solve(problem, &[1.0, 5.0, 5.0, 1.0]), 17.014_017_3, &[1.0, 4.742_994, 3.821_150_3, 1.379_408_3]);
}

#[test]
fn the_metric_alone_gets_there_too() {
    let mut problem = Plain::new(
        2,
        |x| (x[0] - 2.0).powi(2) + (x[1] - 1.0).powi(2),
        &[],
        &[|x| 2.0 - x[0] - x[1], |x| x[1] - x[0] * x[0]],
    );
    problem.exact = false;
    // Problem 22.
    assert_solved(&solve(problem, &[2.0, 2.0]), 1.0, &[1.0, 1.0]);
}

#[test]
fn a_point_without_a_value_is_stepped_back_from() {
    let problem = Plain::new(1, |x| x[0] - x[0].ln(), &[], &[|x| 0.25 - x[0]]);
    assert_solved(&solve(problem, &[0.01]), 0.25 - 0.25_f64.ln(), &[0.25]);
}

#[test]
fn constraints_without_a_common_point_are_told() {
    let problem = Plain::new(2, |x| x[0] * x[0] + x[1] * x[1], &[|x| x[0] * x[0] + x[1] * x[1] + 1.0], &[]);
    assert_eq!(solve(problem, &[1.0, 1.0]).solution.termination, Termination::Inconsistent);
    let problem = Plain::new(1, |x| x[0] * x[0], &[], &[|x| x[0] - 2.0, |x| 1.0 - x[0]]);
    assert_eq!(solve(problem, &[0.0]).solution.termination, Termination::Inconsistent);
}
