//! What estimation sees of the data: moments of each group, and the rows where they are needed.

use crate::CaseRows;
use compact_str::CompactString;
use ndarray::{Array1, Array2};

/// One group's part of a sample, variables in the order of [`Sample::names`].
#[derive(Debug, Clone)]
pub struct GroupSample {
    /// The group's label; empty without groups.
    pub label: String,
    /// Cases analysed.
    pub n_obs: usize,
    /// Sample covariance with divisor N, or weighted with the sum of the weights as its divisor, p x p.
    pub cov: Array2<f64>,
    /// Sample means, p; `None` when only covariances were given.
    pub mean: Option<Array1<f64>>,
    /// The cases, n x p, NaN where missing; `None` when only moments were given.
    pub rows: Option<CaseRows>,
    /// The sampling weight of each case, n, all positive and rescaled as [`crate::WeightNormalization`] says; `None` where cases count
    /// alike. Moments of incomplete rows, which are a start only, do not know of them.
    pub weights: Option<Vec<f64>>,
}

impl GroupSample {
    /// What the group counts for: N_g = sum of the weights, without weights the number of cases.
    #[must_use]
    pub fn size(&self) -> f64 {
        self.weights.as_ref().map_or(self.n_obs as f64, |weights| weights.iter().sum())
    }
}

/// A sample of one or several groups on the same variables.
#[derive(Debug, Clone)]
pub struct Sample {
    /// Variable names.
    pub names: Vec<CompactString>,
    /// The groups.
    pub groups: Vec<GroupSample>,
}

impl Sample {
    /// Whether cases have sampling weights.
    #[must_use]
    pub fn is_weighted(&self) -> bool {
        self.groups.iter().any(|group| group.weights.is_some())
    }

    /// How many cases that count alike would tell as much about a mean: n_eff = (sum w)^2 / sum w^2 (Kish 1965, ch. 11); without
    /// weights their number.
    #[must_use]
    pub fn effective_size(&self) -> f64 {
        let size: f64 = self.groups.iter().map(GroupSample::size).sum();
        let squares = |group: &GroupSample| match &group.weights {
            Some(weights) => weights.iter().map(|weight| weight * weight).sum(),
            None => group.n_obs as f64,
        };
        size * size / self.groups.iter().map(squares).sum::<f64>()
    }
}
