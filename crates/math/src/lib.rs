//! Mathematics of latva that can be stated without the word "factor": matrices, distributions, root finding and optimisation.
//!
//! The only crate that names faer, ndarray-linalg and argmin.

pub mod distribution;
pub mod linalg;
pub mod optimise;
pub mod random;
pub mod root;
