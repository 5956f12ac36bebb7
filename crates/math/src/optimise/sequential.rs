//! Minimisation under equalities and inequalities: sequential quadratic programming, as a solver of argmin's framework.
//!
//! At theta the step d solves
//!
//! min g'd + d'Hd/2   subject to   c_i + a_i'd = 0 (equalities), >= 0 (inequalities),
//!
//! with A the Jacobian of the constraints and H the metric, or near the solution the exact second derivatives of the
//! Lagrangian F - sum u_i c_i where they are positive definite (on the tangent space: multiples of a_i a_i' of the constraints that
//! bind are added, which changes nothing there). Its multipliers u become those of the next point. Where the linearised constraints exclude
//! each other, they give way at a quadratic price.
//! Line search on the merit F + sum m_i |violation of c_i| with m_i > |u_i| (Han 1977; Powell 1978), with a second-order correction of
//! the first trial against the Maratos effect.
//! Stop: the Karush-Kuhn-Tucker conditions, which hold exactly where d = 0: sqrt(d'Hd) and the violations, divided by the length
//! sqrt(a_i'H^-1 a_i) of their gradient, below the tolerance. Both are free of the units of theta and of the constraints.
//! Source: Nocedal, J., & Wright, S. J. (2006). Numerical Optimization (2nd ed.), ch. 18.

use argmin::core::{Error, Executor, IterState, KV, Problem, Solver, State, TerminationReason, TerminationStatus};
use ndarray::Array2;

use super::complementarity::multipliers;
use super::curvature::Curvature;
use super::progress::Progress;
use super::{Constrained, ConstrainedSolution, Infeasible, ROUNDING, ScoringSettings, Solution, Termination};
use crate::linalg::dot;

/// Price of a violation in the elastic programme: its square over twice this, in units of the metric.
const ELASTIC: f64 = 1e-4;
/// Violation over the length of its gradient that is more than what an iteration that was cut short leaves.
const VIOLATED: f64 = 1e-3;
/// Weight of a_i a_i' beside a unit diagonal.
const CONVEXIFYING: f64 = 10.0;

/// Minimises `objective` from `start` under its constraints; gives it back with its state at the solution. `start` need not satisfy them.
pub fn minimise_constrained<O: Constrained>(
    objective: O,
    start: &[f64],
    settings: &ScoringSettings,
) -> (ConstrainedSolution, O) {
    let solver = Sequential::new(start.len(), objective.equalities(), objective.inequalities(), *settings);
    let outcome = Executor::new(objective, solver)
        .configure(|state| state.param(start.to_vec()).max_iters(settings.max_iterations as u64))
        .timer(false)
        .run()
        .expect("the solver reports its failures as terminations");
    let (solver, state) = (outcome.solver, outcome.state);
    let solution = ConstrainedSolution {
        solution: Solution {
            value: solver.value,
            iterations: state.get_iter() as usize,
            evaluations: solver.evaluations,
            decrement: solver.decrement,
            termination: solver.termination(),
            theta: solver.theta,
        },
        multipliers: solver.multipliers,
        values: solver.values,
        lengths: solver.lengths,
    };
    (solution, outcome.problem.problem.expect("argmin returns the problem"))
}

type SequentialState = IterState<Vec<f64>, (), (), (), (), f64>;

struct Sequential {
    settings: ScoringSettings,
    equalities: usize,
    theta: Vec<f64>,
    value: f64,
    gradient: Vec<f64>,
    metric: Array2<f64>,
    hessian: Array2<f64>,
    curvature: Curvature,
    /// c at theta, m.
    values: Vec<f64>,
    /// A, m x n.
    jacobian: Array2<f64>,
    /// H^-1 a_i by rows, m x n.
    lifted: Array2<f64>,
    /// a_i'H^-1 a_j over the lengths.
    gram: Array2<f64>,
    /// sqrt(a_i'H^-1 a_i); 1 for a constraint that nothing moves.
    lengths: Vec<f64>,
    multipliers: Vec<f64>,
    /// m_i of the merit.
    prices: Vec<f64>,
    direction: Vec<f64>,
    /// Whether the step's constraints had to give way.
    elastic: bool,
    decrement: f64,
    evaluations: usize,
    progress: Progress,
    ended: Option<Termination>,
}

/// A point that was tried.
struct Trial {
    theta: Vec<f64>,
    value: f64,
    values: Vec<f64>,
}

impl Sequential {
    fn new(n: usize, equalities: usize, inequalities: usize, settings: ScoringSettings) -> Self {
        let m = equalities + inequalities;
        Sequential {
            settings,
            equalities,
            theta: Vec::new(),
            value: 0.0,
            gradient: vec![0.0; n],
            metric: Array2::zeros((n, n)),
            hessian: Array2::zeros((n, n)),
            curvature: Curvature::with_order(n),
            values: vec![0.0; m],
            jacobian: Array2::zeros((m, n)),
            lifted: Array2::zeros((m, n)),
            gram: Array2::zeros((m, m)),
            lengths: vec![1.0; m],
            multipliers: vec![0.0; m],
            prices: vec![0.0; m],
            direction: vec![0.0; n],
            elastic: false,
            decrement: 0.0,
            evaluations: 0,
            progress: Progress::default(),
            ended: None,
        }
    }

    fn violation(&self, constraint: usize, value: f64) -> f64 {
        if constraint < self.equalities { value.abs() } else { (-value).max(0.0) }
    }

    /// The largest violation at theta over its gradient's length.
    fn largest_violation(&self) -> f64 {
        (0..self.values.len()).fold(0.0, |largest, i| largest.max(self.violation(i, self.values[i]) / self.lengths[i]))
    }

    /// F plus the priced violations.
    fn merit(&self, value: f64, values: &[f64]) -> f64 {
        value + (0..values.len()).map(|i| self.prices[i] * self.violation(i, values[i])).sum::<f64>()
    }

    /// F and c at a point.
    fn evaluate<O: Constrained>(&mut self, objective: &mut O, theta: Vec<f64>) -> Result<Trial, Infeasible> {
        self.evaluations += 1;
        let value = objective.value(&theta)?;
        let mut values = vec![0.0; self.values.len()];
        objective.constraints(&theta, &mut values)?;
        Ok(Trial { theta, value, values })
    }

    /// Derivatives and step at `theta`.
    fn prepare<O: Constrained>(&mut self, objective: &mut O) -> Result<(), Infeasible> {
        objective.gradient(&self.theta, &mut self.gradient)?;
        self.metric.clone_from(objective.metric());
        objective.jacobian(&self.theta, &mut self.jacobian)?;
        if !self.scoring_step(0.0) {
            return Err(Infeasible);
        }
        if self.decrement < self.settings.newton_from {
            let elastic = self.elastic;
            let available = objective.hessian().map(|hessian| self.hessian.clone_from(hessian)).is_some();
            if !(available && self.newton_step(objective)) || self.elastic != elastic {
                self.scoring_step(0.0);
            }
        }
        Ok(())
    }

    fn scoring_step(&mut self, ridge: f64) -> bool {
        self.curvature.factor_with_ridge(&self.metric, ridge) && self.quadratic_step()
    }

    /// The step of the exact second derivatives of F, which `hessian` holds, and of the constraints.
    fn newton_step<O: Constrained>(&mut self, objective: &mut O) -> bool {
        objective.subtract_curvature(&self.theta, &self.multipliers, &mut self.hessian);
        if self.curvature.factor(&self.hessian, 0.0) {
            return self.quadratic_step();
        }
        let n = self.theta.len();
        for i in 0..self.values.len() {
            if i >= self.equalities && !(self.multipliers[i] > 0.0) {
                continue;
            }
            // The length is that of the metric: a_i a_i' over its square is of the metric's size.
            let weight = CONVEXIFYING / (self.lengths[i] * self.lengths[i]);
            for a in 0..n {
                for b in 0..n {
                    self.hessian[[a, b]] += weight * self.jacobian[[i, a]] * self.jacobian[[i, b]];
                }
            }
        }
        self.curvature.factor(&self.hessian, 0.0) && self.quadratic_step()
    }

    /// Direction and multipliers of the quadratic programme with the factored curvature; whether they are finite.
    fn quadratic_step(&mut self) -> bool {
        let m = self.values.len();
        for i in 0..m {
            let mut lifted = self.jacobian.row(i).to_vec();
            self.curvature.solve(&mut lifted);
            let square: f64 = self.jacobian.row(i).iter().zip(&lifted).map(|(a, b)| a * b).sum();
            self.lengths[i] = if square > 0.0 { square.sqrt() } else { 1.0 };
            self.lifted.row_mut(i).iter_mut().zip(&lifted).for_each(|(entry, value)| *entry = *value);
        }
        for i in 0..m {
            for j in 0..=i {
                let product: f64 = self.jacobian.row(i).iter().zip(self.lifted.row(j)).map(|(a, b)| a * b).sum();
                self.gram[[i, j]] = product / (self.lengths[i] * self.lengths[j]);
                self.gram[[j, i]] = self.gram[[i, j]];
            }
        }
        if self.gram.iter().any(|value| !value.is_finite()) {
            return false;
        }
        let Some((multipliers, direction, elastic)) = self.programme(&self.values) else { return false };
        self.multipliers = multipliers;
        self.direction = direction;
        self.elastic = elastic;
        // d'Hd = d'(A'u - g).
        let along: f64 = (0..m)
            .map(|i| {
                self.multipliers[i] * self.jacobian.row(i).iter().zip(&self.direction).map(|(a, d)| a * d).sum::<f64>()
            })
            .sum();
        let square = along - dot(&self.gradient, &self.direction);
        self.decrement = square.max(0.0).sqrt();
        square.is_finite()
    }

    /// Multipliers and direction for constraints that have these values, and whether they had to give way.
    fn programme(&self, values: &[f64]) -> Option<(Vec<f64>, Vec<f64>, bool)> {
        let m = values.len();
        let mut direction: Vec<f64> = self.gradient.iter().map(|value| -value).collect();
        self.curvature.solve(&mut direction);
        let slack: Vec<f64> = (0..m)
            .map(|i| {
                let moved: f64 = self.jacobian.row(i).iter().zip(&direction).map(|(a, d)| a * d).sum();
                (values[i] + moved) / self.lengths[i]
            })
            .collect();
        if slack.iter().any(|value| !value.is_finite()) {
            return None;
        }
        let (mut u, elastic) = match multipliers(&self.gram, &slack, self.equalities, 0.0) {
            Ok(u) => (u, false),
            Err(_) => (multipliers(&self.gram, &slack, self.equalities, ELASTIC).ok()?, true),
        };
        for i in 0..m {
            u[i] /= self.lengths[i];
            if u[i] != 0.0 {
                for (entry, lifted) in direction.iter_mut().zip(self.lifted.row(i)) {
                    *entry += u[i] * lifted;
                }
            }
        }
        Some((u, direction, elastic))
    }

    /// Moves along the direction; `false` where no step lowers the merit.
    fn step<O: Constrained>(&mut self, objective: &mut O) -> bool {
        let m = self.values.len();
        for i in 0..m {
            let size = self.multipliers[i].abs();
            self.prices[i] = (1.1 * size).max(0.5 * (self.prices[i] + size));
        }
        let moved: Vec<f64> =
            (0..m).map(|i| self.jacobian.row(i).iter().zip(&self.direction).map(|(a, d)| a * d).sum::<f64>()).collect();
        let gain: f64 = (0..m)
            .map(|i| {
                let (before, after) = (self.violation(i, self.values[i]), self.violation(i, self.values[i] + moved[i]));
                self.prices[i] * (before - after)
            })
            .sum();
        let predicted = gain - dot(&self.gradient, &self.direction);
        if !(predicted > 0.0) {
            return false;
        }
        // What rounding hides of F and of the constraints.
        let size: f64 = (0..m)
            .map(|i| {
                let terms: f64 = self.jacobian.row(i).iter().zip(&self.theta).map(|(a, t)| (a * t).abs()).sum();
                self.prices[i] * terms
            })
            .sum();
        let noise = ROUNDING * (1.0 + self.value.abs() + objective.magnitude() + size);
        let merit = self.merit(self.value, &self.values);
        let mut length = 1.0;
        for attempt in 0..self.settings.max_halvings {
            let theta: Vec<f64> = self.theta.iter().zip(&self.direction).map(|(t, d)| t + length * d).collect();
            match self.evaluate(objective, theta) {
                Ok(trial) => {
                    let reached = self.merit(trial.value, &trial.values);
                    if reached <= merit - self.settings.armijo * length * predicted + noise {
                        self.accept(trial);
                        return true;
                    }
                    if attempt == 0 && self.correct(objective, &trial, &moved, merit, predicted, noise) {
                        return true;
                    }
                    let curvature = 2.0 * (reached - merit + length * predicted);
                    length *= (predicted * length / curvature).clamp(0.1, 0.5);
                }
                Err(Infeasible) => length *= 0.5,
            }
        }
        false
    }

    /// The second-order correction: the step to where the constraints hold as the trial point saw them.
    fn correct<O: Constrained>(
        &mut self,
        objective: &mut O,
        trial: &Trial,
        moved: &[f64],
        merit: f64,
        predicted: f64,
        noise: f64,
    ) -> bool {
        let seen: Vec<f64> = trial.values.iter().zip(moved).map(|(value, moved)| value - moved).collect();
        let Some((_, direction, false)) = self.programme(&seen) else { return false };
        let theta: Vec<f64> = self.theta.iter().zip(&direction).map(|(t, d)| t + d).collect();
        match self.evaluate(objective, theta) {
            Ok(trial) if self.merit(trial.value, &trial.values) <= merit - self.settings.armijo * predicted + noise => {
                self.accept(trial);
                true
            }
            _ => false,
        }
    }

    fn accept(&mut self, trial: Trial) {
        self.theta = trial.theta;
        self.value = trial.value;
        self.values = trial.values;
    }

    fn iterate<O: Constrained>(&mut self, objective: &mut O) {
        // A direction of the exact second derivatives or of a nearly singular metric may be poor where a damped one is not.
        let moved = self.step(objective) || (self.scoring_step(1e-3) && self.step(objective));
        if !moved || self.prepare(objective).is_err() {
            self.ended = Some(Termination::LineSearch);
        } else if self.decrement > self.tolerance() {
            let merit = self.merit(self.value, &self.values);
            if self.progress.stalled(merit, self.decrement) {
                self.ended = Some(Termination::Stalled);
            }
        }
    }

    /// Why the iteration ended; one that did not converge and is far from satisfying the constraints failed for that.
    fn termination(&self) -> Termination {
        match self.ended.unwrap_or(Termination::MaxIterations) {
            Termination::LineSearch | Termination::Stalled | Termination::MaxIterations
                if self.largest_violation() > VIOLATED =>
            {
                Termination::Inconsistent
            }
            ended => ended,
        }
    }

    fn tolerance(&self) -> f64 {
        self.settings.tolerance * (1.0 + self.value.abs()).sqrt()
    }
}

impl<O: Constrained> Solver<O, SequentialState> for Sequential {
    fn name(&self) -> &str {
        "sequential quadratic programming"
    }

    fn init(
        &mut self,
        problem: &mut Problem<O>,
        mut state: SequentialState,
    ) -> Result<(SequentialState, Option<KV>), Error> {
        let objective = problem.problem.as_mut().expect("argmin hands the problem over");
        self.theta = state.take_param().unwrap_or_default();
        let start = self.theta.clone();
        let ready = self.evaluate(objective, start).and_then(|trial| {
            self.accept(trial);
            self.prepare(objective)
        });
        if ready.is_err() {
            self.ended = Some(Termination::InfeasibleStart);
        }
        Ok((state.cost(self.value), None))
    }

    fn next_iter(
        &mut self,
        problem: &mut Problem<O>,
        state: SequentialState,
    ) -> Result<(SequentialState, Option<KV>), Error> {
        self.iterate(problem.problem.as_mut().expect("argmin hands the problem over"));
        Ok((state.cost(self.value), None))
    }

    fn terminate(&mut self, _state: &SequentialState) -> TerminationStatus {
        if self.ended.is_none() && self.decrement <= self.tolerance() {
            if self.largest_violation() <= self.tolerance() {
                self.ended = Some(Termination::Gradient);
            } else if self.elastic {
                self.ended = Some(Termination::Inconsistent);
            }
        }
        match self.ended {
            Some(Termination::Gradient) => TerminationStatus::Terminated(TerminationReason::SolverConverged),
            Some(_) => TerminationStatus::Terminated(TerminationReason::SolverExit("no further step".to_string())),
            None => TerminationStatus::NotTerminated,
        }
    }
}

#[cfg(test)]
mod tests;
