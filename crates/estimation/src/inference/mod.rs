//! From the solution to standard errors, standardized values, defined parameters and R-square.

mod candidates;
mod cases;
mod constraint_test;
mod defined;
mod estimates;
mod incomplete_cases;
mod information;
mod modification;
mod r_square;
mod residual_tests;
mod scaled_tests;
mod standard_errors;
mod standardized;

pub use candidates::Restriction;
pub(crate) use cases::Cases;
pub use constraint_test::{ConstraintTest, ConstraintTests, constraint_tests};
pub(crate) use defined::{Definition, definition_order, evaluate_definitions};
pub(crate) use estimates::{AtSolution, Estimates, estimates};
pub(crate) use information::undetermined_directions;
pub use modification::{ModificationIndex, modification_indices};
pub(crate) use r_square::r_squares;
pub(crate) use residual_tests::residual_statistic;
pub(crate) use scaled_tests::{Scaled, scaled_test};
pub(crate) use standard_errors::{Undetermined, parameter_covariance};
