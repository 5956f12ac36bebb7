//! Fisher scoring with exact Newton steps near the minimum, as a solver of argmin's framework.
//!
//! Direction: d = -(H + r diag H)^-1 g, where H is the exact Hessian when it is available, positive definite and the
//! point is near (decrement below [`ScoringSettings::newton_from`]), else the metric; r is raised until the factor exists, and after steps
//! that had to be cut short, so that a nearly singular metric does not send each step far away (Levenberg's damping).
//! Step: backtracking until F falls by the Armijo share; a point without a value is stepped back from.
//! A factor serves the next points too, corrected by the changes of the gradient since ([`Secants`]), as long as a new one
//! would not spare more steps than it costs: steps with the Hessian of a point nearby converge linearly, at a rate that goes with the distance to
//! that point (Ortega & Rheinboldt 1970, Iterative Solution of Nonlinear Equations, sec. 10.2, on Newton steps with a held Jacobian).
//! Stop: sqrt(g' H^-1 g) below the tolerance, a criterion free of the units of theta
//! (Nocedal & Wright 2006, Numerical Optimization, ch. 3 and 10; Boyd & Vandenberghe 2004, sec. 9.5.1, Newton decrement). Where it is met with a
//! held factor, steps follow until it is met by far; the last of them, which need not be looked at, goes without a gradient.

use argmin::core::{Error, Executor, IterState, KV, Problem, Solver, State, TerminationReason, TerminationStatus};

use super::curvature::Curvature;
use super::progress::Progress;
use super::secant::Secants;
use super::{Infeasible, Objective, ROUNDING, Solution, Termination};

/// A step that was cut below this share was too long: the next direction is damped more.
const SHORT: f64 = 0.1;
/// By how much damping is raised and lowered.
const RAISE: f64 = 10.0;
/// Steps with a held factor end at this share of the tolerance, since the last one does not gain as many digits as a Newton step.
const HELD: f64 = 0.02;
/// Decrements, in units of the tolerance, from which a step with a held factor leads below it even where it gains least: that of an exact Hessian of a point
/// nearby, and that of a metric.
const REACH_OF_HESSIAN: f64 = 50.0;
const REACH_OF_METRIC: f64 = 8.0;
/// Decrement below which the metric of an earlier point may serve.
const NEAR: f64 = 0.2;
/// Steps with a held factor that are thought of ahead.
const AHEAD: i32 = 3;
/// A share of the decrement before that a step with a held factor must get below.
const SLOW: f64 = 0.5;
/// Bounds of the damping, in units of the diagonal of the metric.
const LEAST_RIDGE: f64 = 1e-4;
const LARGEST_RIDGE: f64 = 1.0;

/// Settings of [`minimise`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ScoringSettings {
    /// Iterations before giving up. Default 500.
    pub max_iterations: usize,
    /// Bound of sqrt(g' H^-1 g) / sqrt(1 + |F|). Default 1e-9.
    pub tolerance: f64,
    /// Share of the predicted decrease that a step must reach. Default 1e-4.
    pub armijo: f64,
    /// Halvings of a step before it is given up. Default 40.
    pub max_halvings: usize,
    /// Decrement below which the exact Hessian is tried. Default 0.2.
    pub newton_from: f64,
    /// How many evaluations of F and its gradient, each with a solution, an exact Hessian and its factor cost, about. Default 4.
    pub hessian_cost: f64,
}

impl Default for ScoringSettings {
    fn default() -> Self {
        ScoringSettings {
            max_iterations: 500,
            tolerance: 1e-9,
            armijo: 1e-4,
            max_halvings: 40,
            newton_from: 0.2,
            hessian_cost: 4.0,
        }
    }
}

/// A factored matrix of second derivatives, for the first steps of searches whose functions resemble the one that it is of.
#[derive(Debug, Clone)]
pub struct Factored {
    curvature: Curvature,
    /// Whether it is the exact Hessian.
    exact: bool,
}

impl Factored {
    /// The exact Hessian at a point, or the metric where that one is not available or not positive definite; `None` where neither will do.
    pub fn at<O: Objective>(objective: &mut O, theta: &[f64]) -> Option<Self> {
        let n = theta.len();
        let mut curvature = Curvature::with_order(n);
        objective.gradient(theta, &mut vec![0.0; n]).ok()?;
        let exact = objective.hessian().is_some_and(|hessian| curvature.factor(hessian, 0.0));
        (exact || curvature.factor(objective.metric(), 0.0)).then_some(Factored { curvature, exact })
    }
}

/// Minimises `objective` from `start`; gives it back with its state at the solution.
pub fn minimise<O: Objective>(objective: O, start: &[f64], settings: &ScoringSettings) -> (Solution, O) {
    minimise_from(objective, start, None, settings)
}

/// As [`minimise`], with a factor for the first step.
pub fn minimise_from<O: Objective>(
    objective: O,
    start: &[f64],
    first: Option<&Factored>,
    settings: &ScoringSettings,
) -> (Solution, O) {
    let outcome = Executor::new(objective, Scoring::new(start.len(), first, *settings))
        .configure(|state| state.param(start.to_vec()).max_iters(settings.max_iterations as u64))
        .timer(false)
        .run()
        .expect("the solver reports its failures as terminations");
    let (solver, state) = (outcome.solver, outcome.state);
    let solution = Solution {
        value: solver.value,
        iterations: state.get_iter() as usize,
        evaluations: solver.evaluations,
        decrement: solver.decrement,
        termination: solver.ended.unwrap_or(Termination::MaxIterations),
        theta: solver.theta,
    };
    (solution, outcome.problem.problem.expect("argmin returns the problem"))
}

type ScoringState = IterState<Vec<f64>, (), (), (), (), f64>;

struct Scoring {
    settings: ScoringSettings,
    theta: Vec<f64>,
    value: f64,
    gradient: Vec<f64>,
    /// Point and gradient before the last step.
    last: Vec<f64>,
    last_gradient: Vec<f64>,
    /// The factor of the metric or of the exact Hessian, at theta or at an earlier point.
    curvature: Curvature,
    /// For a factor that was given and has not served yet, whether it is that of an exact Hessian.
    given: Option<bool>,
    /// Whether the factor was given: it is that of another function.
    foreign: bool,
    /// What the gradients have told since it was factored.
    secants: Secants,
    /// The decrement where the exact Hessian was factored; `None` while the factor is that of the metric.
    exact_at: Option<f64>,
    /// Whether the factor is that of an earlier point.
    held: bool,
    /// The share of the decrement that the last step with it has left.
    rate: f64,
    /// Whether a step was taken yet.
    moved: bool,
    direction: Vec<f64>,
    trial: Vec<f64>,
    decrement: f64,
    /// Ridge of the next scoring direction: raised by steps that had to be cut short, lowered by full ones.
    ridge: f64,
    /// Whether the direction is that of a matrix with a ridge that steps have raised.
    damped: bool,
    evaluations: usize,
    progress: Progress,
    ended: Option<Termination>,
}

impl Scoring {
    fn new(n: usize, first: Option<&Factored>, settings: ScoringSettings) -> Self {
        Scoring {
            settings,
            theta: Vec::new(),
            value: 0.0,
            gradient: vec![0.0; n],
            last: vec![0.0; n],
            last_gradient: vec![0.0; n],
            curvature: first.map_or_else(|| Curvature::with_order(n), |first| first.curvature.clone()),
            secants: Secants::default(),
            exact_at: None,
            given: first.map(|first| first.exact),
            foreign: first.is_some(),
            held: false,
            rate: 1.0,
            moved: false,
            direction: vec![0.0; n],
            trial: vec![0.0; n],
            decrement: 0.0,
            ridge: 0.0,
            damped: false,
            evaluations: 0,
            progress: Progress::default(),
            ended: None,
        }
    }

    /// Gradient and direction at `theta`: a scoring step from the start, later an exact Newton step where the point is near and the Hessian
    /// positive definite, or a step with the factor that is there where that will do; the first step with a factor that was given.
    fn prepare<O: Objective>(&mut self, objective: &mut O) -> Result<(), Infeasible> {
        std::mem::swap(&mut self.gradient, &mut self.last_gradient);
        objective.gradient(&self.theta, &mut self.gradient)?;
        self.held = false;
        if let Some(exact) = self.given.take()
            && self.direct()
        {
            self.exact_at = exact.then_some(self.decrement);
            return Ok(());
        }
        // How near the point is a factor of the point before tells as well as one of this point, unless a ridge hides it.
        let told = self.moved && !self.damped && {
            self.secants.push([&self.last, &self.theta], [&self.last_gradient, &self.gradient]);
            let before = self.decrement;
            let told = self.direct();
            self.rate = self.decrement / before;
            self.held = told && self.serves_on();
            told
        };
        if self.held {
            return Ok(());
        }
        if !told {
            self.scoring_direction(objective, self.ridge);
        }
        let near = self.moved && self.decrement < self.settings.newton_from;
        if near && self.newton_direction(objective) {
            return Ok(());
        }
        // The factor is that of another point, or of no use.
        if told || near {
            self.scoring_direction(objective, self.ridge);
        }
        // A ridge makes the decrement of flat directions look small.
        if self.damped && self.decrement <= self.tolerance() {
            self.scoring_direction(objective, 0.0);
        }
        Ok(())
    }

    /// Whether to go on with the factor that is there, by which the decrement has fallen at some rate: at that rate the end must not take more steps than a new Hessian, of this point or of one that some steps more lead to, would cost and leave.
    /// What is wrong with a metric does not go with the distance; where the exact Hessian is not asked for yet, a metric of this point would do no better.
    fn serves_on(&self) -> bool {
        let (rate, aim) = (self.rate, HELD * self.tolerance());
        if !(rate < SLOW) || (self.exact_at.is_none() && self.decrement >= NEAR) {
            return false;
        }
        if self.exact_at.is_none() && self.decrement >= self.settings.newton_from {
            return true;
        }
        let steps = |decrement: f64, rate: f64| ((aim / decrement).ln() / rate.ln()).max(0.0);
        // What is left after so many steps more and a Hessian there, whose rate is that of Newton's method.
        let with_hessian = |more: i32| {
            let decrement = self.decrement * rate.powi(more);
            let new_rate = self.exact_at.map_or(decrement, |exact_at| rate * decrement / exact_at);
            f64::from(more) + self.settings.hessian_cost + steps(decrement, new_rate)
        };
        let now = with_hessian(0);
        // How that function differs from this one, further steps do not mend.
        let ahead = if self.foreign { 0 } else { AHEAD };
        steps(self.decrement, rate) <= now || (1..=ahead).any(|more| with_hessian(more) < now)
    }

    /// Direction from the exact Hessian; `false`, and no factor that serves, where it is not available or not positive definite, or where by it the
    /// point is not near.
    fn newton_direction<O: Objective>(&mut self, objective: &mut O) -> bool {
        self.secants.clear();
        (self.damped, self.foreign) = (false, false);
        let factored = objective.hessian().is_some_and(|hessian| self.curvature.factor(hessian, 0.0));
        let available = factored && self.direct();
        self.exact_at = Some(self.decrement);
        available && self.decrement < self.settings.newton_from
    }

    /// Direction from the metric, with the smallest ridge from `ridge` up with which it has a factor.
    fn scoring_direction<O: Objective>(&mut self, objective: &mut O, ridge: f64) {
        (self.damped, self.foreign, self.exact_at) = (ridge > 0.0, false, None);
        self.secants.clear();
        if !self.curvature.factor_with_ridge(objective.metric(), ridge) || !self.direct() {
            // Only a matrix or gradient that is not finite comes here: no direction, which the line search reports.
            self.direction.fill(0.0);
        }
    }

    /// d = -H^-1 g for the factored H; whether it is finite.
    fn direct(&mut self) -> bool {
        for (direction, gradient) in self.direction.iter_mut().zip(&self.gradient) {
            *direction = -gradient;
        }
        self.secants.solve(&self.curvature, &mut self.direction);
        let slope = self.slope();
        self.decrement = (-slope).max(0.0).sqrt();
        slope.is_finite()
    }

    /// g'd.
    fn slope(&self) -> f64 {
        crate::linalg::dot(&self.gradient, &self.direction)
    }

    /// Moves along the direction; the share of it that was gone, `None` where no step lowers F.
    fn step<O: Objective>(&mut self, objective: &mut O) -> Option<f64> {
        let slope = self.slope();
        if !(slope < 0.0) {
            return None;
        }
        // What rounding of F hides: a predicted decrease below it cannot be seen in F.
        let noise = ROUNDING * (1.0 + self.value.abs() + objective.magnitude());
        let mut length = 1.0;
        for _ in 0..self.settings.max_halvings {
            for ((trial, theta), direction) in self.trial.iter_mut().zip(&self.theta).zip(&self.direction) {
                *trial = theta + length * direction;
            }
            self.evaluations += 1;
            match objective.value(&self.trial) {
                Ok(value) if value <= self.value + self.settings.armijo * length * slope + noise => {
                    std::mem::swap(&mut self.last, &mut self.theta);
                    std::mem::swap(&mut self.theta, &mut self.trial);
                    self.moved = true;
                    self.value = value;
                    self.ridge = if length < SHORT {
                        (RAISE * self.ridge).clamp(LEAST_RIDGE, LARGEST_RIDGE)
                    } else if length == 1.0 && self.ridge > LEAST_RIDGE {
                        self.ridge / RAISE
                    } else if length == 1.0 {
                        0.0
                    } else {
                        self.ridge
                    };
                    return Some(length);
                }
                Ok(value) => {
                    let curvature = 2.0 * (value - self.value - length * slope);
                    length *= (-slope * length / curvature).clamp(0.1, 0.5);
                }
                Err(Infeasible) => length *= 0.5,
            }
        }
        None
    }

    /// Whether the decrement is small enough.
    fn converged(&self) -> bool {
        self.decrement <= self.tolerance() * if self.held { HELD } else { 1.0 }
    }

    fn tolerance(&self) -> f64 {
        self.settings.tolerance * (1.0 + self.value.abs()).sqrt()
    }

    fn iterate<O: Objective>(&mut self, objective: &mut O) {
        // Whether a full step more is enough, and a gradient after it would tell nothing new.
        let tolerance = self.tolerance();
        let own_hessian = self.exact_at.is_some() && !self.foreign;
        let reach = if own_hessian { REACH_OF_HESSIAN } else { REACH_OF_METRIC };
        let last = self.held && self.decrement <= reach * tolerance && self.decrement * self.rate <= HELD * tolerance;
        match self.step(objective) {
            Some(1.0) if last => {
                // What the steps before let expect.
                self.decrement *= self.rate;
                self.ended = Some(Termination::Gradient);
                return;
            }
            Some(_) => {}
            None => {
                // A direction of the exact Hessian or of a nearly singular metric may be poor where a damped one is not.
                self.scoring_direction(objective, 1e-3);
                if self.step(objective).is_none() {
                    self.ended = Some(Termination::LineSearch);
                    return;
                }
            }
        }
        if self.prepare(objective).is_err() {
            self.ended = Some(Termination::LineSearch);
        } else if !self.converged() && self.progress.stalled(self.value, self.decrement) {
            self.ended = Some(Termination::Stalled);
        }
    }
}

impl<O: Objective> Solver<O, ScoringState> for Scoring {
    fn name(&self) -> &str {
        "Fisher scoring"
    }

    fn init(&mut self, problem: &mut Problem<O>, mut state: ScoringState) -> Result<(ScoringState, Option<KV>), Error> {
        let objective = problem.problem.as_mut().expect("argmin hands the problem over");
        self.theta = state.take_param().unwrap_or_default();
        self.evaluations += 1;
        match objective.value(&self.theta).and_then(|value| {
            self.value = value;
            self.prepare(objective)
        }) {
            Ok(()) => {}
            Err(Infeasible) => self.ended = Some(Termination::InfeasibleStart),
        }
        Ok((state.cost(self.value), None))
    }

    fn next_iter(
        &mut self,
        problem: &mut Problem<O>,
        state: ScoringState,
    ) -> Result<(ScoringState, Option<KV>), Error> {
        self.iterate(problem.problem.as_mut().expect("argmin hands the problem over"));
        Ok((state.cost(self.value), None))
    }

    fn terminate(&mut self, _state: &ScoringState) -> TerminationStatus {
        if self.ended.is_none() && self.converged() {
            self.ended = Some(Termination::Gradient);
        }
        match self.ended {
            Some(Termination::Gradient) => TerminationStatus::Terminated(TerminationReason::SolverConverged),
            Some(_) => TerminationStatus::Terminated(TerminationReason::SolverExit("no further step".to_string())),
            None => TerminationStatus::NotTerminated,
        }
    }
}

#[cfg(test)]
mod tests {
    use ndarray::{Array2, array};

    use super::*;

    /// Rosenbrock's function with the Gauss-Newton metric, undefined left of x = -1.5.
    struct Rosenbrock {
        exact: bool,
        at: [f64; 2],
        matrix: Array2<f64>,
    }

    impl Rosenbrock {
        fn new(exact: bool) -> Self {
            Rosenbrock { exact, at: [0.0; 2], matrix: Array2::zeros((2, 2)) }
        }
    }

    impl Objective for Rosenbrock {
        fn dimension(&self) -> usize {
            2
        }

        fn value(&mut self, theta: &[f64]) -> Result<f64, Infeasible> {
            let [x, y] = [theta[0], theta[1]];
            if x < -1.5 { Err(Infeasible) } else { Ok((1.0 - x).powi(2) + 100.0 * (y - x * x).powi(2)) }
        }

        fn gradient(&mut self, theta: &[f64], gradient: &mut [f64]) -> Result<(), Infeasible> {
            let [x, y] = [theta[0], theta[1]];
            self.at = [x, y];
            gradient[0] = -2.0 * (1.0 - x) - 400.0 * x * (y - x * x);
            gradient[1] = 200.0 * (y - x * x);
            Ok(())
        }

        fn metric(&mut self) -> &Array2<f64> {
            let x = self.at[0];
            self.matrix = array![[2.0 + 800.0 * x * x, -400.0 * x], [-400.0 * x, 200.0]];
            &self.matrix
        }

        fn hessian(&mut self) -> Option<&Array2<f64>> {
            let [x, y] = self.at;
            self.matrix = array![[2.0 - 400.0 * (y - 3.0 * x * x), -400.0 * x], [-400.0 * x, 200.0]];
            self.exact.then_some(&self.matrix)
        }
    }

    #[test]
    fn finds_the_minimum_from_a_far_start_with_either_matrix() {
        for exact in [false, true] {
            let (solution, _) = minimise(Rosenbrock::new(exact), &[-1.2, 1.0], &ScoringSettings::default());
            assert_eq!(solution.termination, Termination::Gradient);
            assert!((solution.theta[0] - 1.0).abs() < 1e-8 && (solution.theta[1] - 1.0).abs() < 1e-8);
        }
    }

    /// x - ln x + y - ln(y + x / 10): convex, with a Hessian that changes slowly near the minimum.
    struct Barrier {
        exact: bool,
        at: [f64; 2],
        matrix: Array2<f64>,
        hessians: usize,
        metrics: usize,
    }

    impl Barrier {
        fn new(exact: bool) -> Self {
            Barrier { exact, at: [0.0; 2], matrix: Array2::zeros((2, 2)), hessians: 0, metrics: 0 }
        }

        fn second_derivatives(&mut self) {
            let square = (self.at[1] + self.at[0] / 10.0).powi(-2);
            self.matrix = array![[self.at[0].powi(-2) + square / 100.0, square / 10.0], [square / 10.0, square]];
        }
    }

    /// 1 - 1/x - 1/10 = 0 and y + x / 10 = 1.
    fn assert_at_the_minimum_of_the_barrier(solution: &Solution) {
        assert_eq!(solution.termination, Termination::Gradient);
        assert!((solution.theta[0] - 1.0 / 0.9).abs() < 1e-11 && (solution.theta[1] - 8.0 / 9.0).abs() < 1e-11);
    }

    impl Objective for Barrier {
        fn dimension(&self) -> usize {
            2
        }

        fn value(&mut self, theta: &[f64]) -> Result<f64, Infeasible> {
            let [x, y] = [theta[0], theta[1]];
            let sum = y + x / 10.0;
            if x > 0.0 && sum > 0.0 { Ok(x - x.ln() + y - sum.ln()) } else { Err(Infeasible) }
        }

        fn gradient(&mut self, theta: &[f64], gradient: &mut [f64]) -> Result<(), Infeasible> {
            self.at = [theta[0], theta[1]];
            let by_sum = 1.0 / (self.at[1] + self.at[0] / 10.0);
            gradient[0] = 1.0 - 1.0 / self.at[0] - by_sum / 10.0;
            gradient[1] = 1.0 - by_sum;
            Ok(())
        }

        fn metric(&mut self) -> &Array2<f64> {
            self.metrics += 1;
            self.second_derivatives();
            self.matrix[[0, 0]] *= 1.1;
            &self.matrix
        }

        fn hessian(&mut self) -> Option<&Array2<f64>> {
            self.hessians += 1;
            self.second_derivatives();
            self.exact.then_some(&self.matrix)
        }
    }

    #[test]
    fn the_last_steps_go_with_a_factor_that_is_there() {
        let (solution, barrier) = minimise(Barrier::new(true), &[1.4, 1.2], &ScoringSettings::default());
        assert_at_the_minimum_of_the_barrier(&solution);
        assert!(0 < barrier.hessians && barrier.hessians < solution.iterations, "{} Hessians", barrier.hessians);
        // A metric is made at the start alone.
        assert_eq!(barrier.metrics, 1);
    }

    #[test]
    fn without_a_hessian_they_go_with_the_metric_of_a_point_nearby() {
        let settings = ScoringSettings { newton_from: 0.0, ..Default::default() };
        let (solution, barrier) = minimise(Barrier::new(false), &[1.2, 1.0], &settings);
        assert_at_the_minimum_of_the_barrier(&solution);
        assert!(barrier.metrics < solution.iterations, "{} metrics", barrier.metrics);
    }

    #[test]
    fn a_factor_that_is_given_serves_the_first_step() {
        for exact in [true, false] {
            let factor = Factored::at(&mut Barrier::new(exact), &[1.15, 0.9]);
            let settings = ScoringSettings { newton_from: if exact { 0.2 } else { 0.0 }, ..Default::default() };
            let (solution, barrier) = minimise_from(Barrier::new(exact), &[1.2, 1.0], factor.as_ref(), &settings);
            assert_at_the_minimum_of_the_barrier(&solution);
            assert_eq!(barrier.metrics, 0, "exact {exact}");
        }
    }

    #[test]
    fn a_start_without_a_value_is_told() {
        let (solution, _) = minimise(Rosenbrock::new(false), &[-2.0, 1.0], &ScoringSettings::default());
        assert_eq!(solution.termination, Termination::InfeasibleStart);
    }

    #[test]
    fn a_metric_learnt_from_gradients_gets_there_too() {
        let objective = crate::optimise::QuasiNewton::new(Rosenbrock::new(false));
        let (solution, _) = minimise(objective, &[-1.2, 1.0], &ScoringSettings::default());
        assert_eq!(solution.termination, Termination::Gradient);
        assert!((solution.theta[0] - 1.0).abs() < 1e-8 && (solution.theta[1] - 1.0).abs() < 1e-8);
    }

    #[test]
    fn iterations_are_bounded() {
        let settings = ScoringSettings { max_iterations: 2, ..Default::default() };
        let (solution, _) = minimise(Rosenbrock::new(false), &[-1.2, 1.0], &settings);
        assert_eq!((solution.termination, solution.iterations), (Termination::MaxIterations, 2));
    }
}
