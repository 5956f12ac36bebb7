//! From the solution to standard errors, standardized values, defined parameters and R-square.

mod defined;
mod information;
mod r_square;
mod standardized;

pub(crate) use defined::{Definition, definition_order, evaluate_definitions};
pub(crate) use information::{covariance_of_parameters, undetermined_directions};
pub(crate) use r_square::r_squares;
pub(crate) use standardized::{Standardization, standardize};
