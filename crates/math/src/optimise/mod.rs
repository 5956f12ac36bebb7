//! Minimisation of smooth functions whose value may not exist everywhere.

mod scoring;

pub use scoring::{ScoringSettings, minimise};

use ndarray::Array2;

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

    /// dF/dtheta into `gradient` (q) and the metric into `metric` (q x q, symmetric): a positive semidefinite
    /// approximation of the second derivatives such as the expected ones.
    ///
    /// # Errors
    /// [`Infeasible`] where F does not exist.
    fn derivatives(&mut self, theta: &[f64], gradient: &mut [f64], metric: &mut Array2<f64>) -> Result<(), Infeasible>;

    /// The exact second derivatives into `hessian` (q x q) at the point of the last call of [`Objective::derivatives`];
    /// `false` where they are not available.
    fn hessian(&mut self, _hessian: &mut Array2<f64>) -> bool {
        false
    }
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
    /// F does not exist at the start.
    InfeasibleStart,
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
    /// sqrt(g' H^-1 g) at the point: does not change with the units of theta.
    pub decrement: f64,
}
