//! What estimation sees of the data: moments of each group, and the rows where they are needed.

use ndarray::{Array1, Array2};

/// One group's part of a sample, variables in the order of [`Sample::names`].
#[derive(Debug, Clone)]
pub struct GroupSample {
    /// The group's label; empty without groups.
    pub label: String,
    /// Cases analysed.
    pub n_obs: usize,
    /// Sample covariance with divisor N, p x p.
    pub cov: Array2<f64>,
    /// Sample means, p; `None` when only covariances were given.
    pub mean: Option<Array1<f64>>,
    /// The cases, n x p, one variable after the other in memory, NaN where missing; `None` when only moments were given.
    pub rows: Option<Array2<f64>>,
}

/// A sample of one or several groups on the same variables.
#[derive(Debug, Clone)]
pub struct Sample {
    /// Variable names.
    pub names: Vec<String>,
    /// The groups.
    pub groups: Vec<GroupSample>,
}
