//! Minimisation of smooth functions whose value may not exist everywhere.

mod complementarity;
mod curvature;
mod golden_section;
mod progress;
mod quasi_newton;
mod scoring;
mod secant;
mod sequential;

pub use complementarity::{Inconsistent, feasible_step};
pub use golden_section::golden_section;
pub use quasi_newton::QuasiNewton;
pub use scoring::{Factored, ScoringSettings, minimise, minimise_from};
pub use sequential::minimise_constrained;

use ndarray::Array2;

/// Rounding of a sum, relative to the sum of the sizes of its terms.
const ROUNDING: f64 = 1e-14;

/// The function has no value at this point; a line search steps back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the function has no value here")]
pub struct Infeasible;

/// What the optimiser sees: a function of theta with its gradient and a metric.
pub trait Objective {
    /// Number of unknowns q.
    fn dimension(&self) -> usize;

    /// F(theta).
    ///
    /// # Errors
    /// [`Infeasible`] where F does not exist.
    fn value(&mut self, theta: &[f64]) -> Result<f64, Infeasible>;

    /// dF/dtheta into `gradient` (q).
    ///
    /// # Errors
    /// [`Infeasible`] where F does not exist.
    fn gradient(&mut self, theta: &[f64], gradient: &mut [f64]) -> Result<(), Infeasible>;

    /// The metric (q x q, symmetric; its upper triangle is enough) at the point of the last call of [`Objective::gradient`]: a positive semidefinite
    /// approximation of the second derivatives such as the expected ones.
    fn metric(&mut self) -> &Array2<f64>;

    /// The exact second derivatives (q x q; the upper triangle is enough) at that point, where they are available.
    fn hessian(&mut self) -> Option<&Array2<f64>> {
        None
    }

    /// The sum of the sizes of the terms that F is the sum of, at the point of the last value: rounding of F is of its order.
    fn magnitude(&self) -> f64 {
        0.0
    }
}

/// An objective whose minimum is sought among the points that satisfy c_i(theta) = 0 for the first constraints, the equalities, and
/// c_i(theta) >= 0 for the others, the inequalities; m together.
pub trait Constrained: Objective {
    /// Number of equalities.
    fn equalities(&self) -> usize;

    /// Number of inequalities.
    fn inequalities(&self) -> usize;

    /// c(theta) into `values` (m).
    ///
    /// # Errors
    /// [`Infeasible`] where a constraint has no value.
    fn constraints(&mut self, theta: &[f64], values: &mut [f64]) -> Result<(), Infeasible>;

    /// dc/dtheta into `jacobian` (m x q).
    ///
    /// # Errors
    /// [`Infeasible`] where a derivative does not exist.
    fn jacobian(&mut self, theta: &[f64], jacobian: &mut Array2<f64>) -> Result<(), Infeasible>;

    /// Subtracts the second derivatives of sum u_i c_i, with `multipliers` u (m), from `hessian` (q x q).
    fn subtract_curvature(&mut self, theta: &[f64], multipliers: &[f64], hessian: &mut Array2<f64>);
}

/// Why the iteration ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Termination {
    /// The scale-free gradient is below the tolerance.
    Gradient,
    /// The iterations ran out.
    MaxIterations,
    /// No step along the direction lowers F, although the gradient is not small.
    LineSearch,
    /// F hardly falls any more, although the gradient is not small and does not become so.
    Stalled,
    /// F does not exist at the start.
    InfeasibleStart,
    /// The violation of the constraints has a minimum here that is not zero.
    Inconsistent,
}

/// Where the iteration ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Solution {
    /// The point.
    pub theta: Vec<f64>,
    /// F there.
    pub value: f64,
    /// Why it ended.
    pub termination: Termination,
    /// Iterations.
    pub iterations: usize,
    /// Evaluations of F.
    pub evaluations: usize,
    /// sqrt(g' H^-1 g) at the point; where the last step went without a gradient, what the steps before it let expect. Does not change with the units
    /// of theta.
    pub decrement: f64,
}

/// Where the iteration ended under constraints.
#[derive(Debug, Clone, PartialEq)]
pub struct ConstrainedSolution {
    /// The point; its decrement is sqrt(d'Hd) for the step d that the quadratic programme still proposes.
    pub solution: Solution,
    /// Lagrange multipliers u of the constraints, m: dF/dtheta = sum u_i dc_i/dtheta; not negative for inequalities.
    pub multipliers: Vec<f64>,
    /// c at the point, m.
    pub values: Vec<f64>,
    /// sqrt(a_i'H^-1 a_i), m: the unit in which a value of constraint i is small or large.
    pub lengths: Vec<f64>,
}
