//! Estimation, inference and fit of structural equation models.
//!
//! The path of a fit: parameter table and sample -> plan -> observed moments -> model matrices and implied
//! moments -> discrepancy -> optimiser -> information and standard errors -> tests and indices -> [`Fit`].

pub mod indices;
mod measures;
mod plan;
mod result;

pub use measures::{
    LogLikelihood, MeasuresInput, MeasuresSettings, RobustStatistics, ScaledStatistic, ScaledTests, fit_measures,
};
pub use plan::{
    Estimator, H1Information, Information, Likelihood, Mimic, Missing, Options, Plan, StandardErrors, TestStatistic,
};
pub use result::{BlockSummary, Convergence, Estimate, Fit, FitMeasures, GroupSummary, RSquare, TerminationReason};
