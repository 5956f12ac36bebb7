//! The data of a fit in its report.

use latva_estimation::Fit;
use serde::Serialize;

use crate::report::finite;
use crate::vocabulary;

/// Where the numbers came from.
#[derive(Debug, Clone)]
pub struct DataContext<'a> {
    /// Name of the file.
    pub file: &'a str,
    /// SHA-256 of its bytes in lower-case hexadecimal.
    pub sha256: &'a str,
    /// What it holds.
    pub kind: DataKind,
    /// Cases in it, before any was dropped.
    pub n_total: usize,
    /// The variable that splits the groups.
    pub group_variable: Option<&'a str>,
    /// The sampling weights.
    pub sampling_weights: Option<&'a latva_data::SamplingWeights>,
}

/// What a data file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum DataKind {
    /// Raw data.
    Cases,
    /// Covariances, means and counts.
    Moments,
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct Data {
    pub(crate) file: String,
    pub(crate) sha256: String,
    pub(crate) kind: DataKind,
    pub(crate) n_total: usize,
    pub(crate) n_obs: usize,
    pub(crate) group_variable: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) sampling_weights: Option<SamplingWeights>,
    pub(crate) groups: Vec<Group>,
    pub(crate) variables: Vec<String>,
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct SamplingWeights {
    pub(crate) column: String,
    /// What they were rescaled to sum to: `total` (the number of cases) or `group` (that of each group).
    pub(crate) normalization: &'static str,
    /// Kish's effective sample size.
    pub(crate) effective_n: Option<f64>,
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct Group {
    pub(crate) label: String,
    pub(crate) n_obs: usize,
    /// The sum of the sampling weights: what the group counts for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) sum_of_weights: Option<f64>,
    pub(crate) n_patterns: Option<usize>,
    /// The share of cases that have both variables, in the order of the block's variables.
    pub(crate) coverage: Option<Vec<Vec<f64>>>,
    pub(crate) chisq: Option<f64>,
}

impl Data {
    /// The data of a fit.
    pub(crate) fn of(fit: &Fit, context: &DataContext<'_>) -> Self {
        let mut variables: Vec<String> = Vec::new();
        for name in fit.blocks.iter().flat_map(|block| block.observed.iter()) {
            if !variables.iter().any(|other| other == name) {
                variables.push(name.to_string());
            }
        }
        Data {
            file: context.file.to_owned(),
            sha256: context.sha256.to_owned(),
            kind: context.kind,
            n_total: context.n_total,
            n_obs: fit.groups.iter().map(|group| group.n_obs).sum(),
            group_variable: context.group_variable.map(str::to_owned),
            sampling_weights: context.sampling_weights.map(|weights| SamplingWeights {
                column: weights.column.clone(),
                normalization: vocabulary::weight_normalization(weights.normalization),
                effective_n: fit.effective_size,
            }),
            groups: fit
                .groups
                .iter()
                .map(|group| Group {
                    label: group.label.clone(),
                    n_obs: group.n_obs,
                    sum_of_weights: fit.plan.weighted.then_some(group.size),
                    n_patterns: group.n_patterns,
                    coverage: group
                        .coverage
                        .as_ref()
                        .map(|shares| shares.outer_iter().map(|row| row.to_vec()).collect()),
                    chisq: finite(group.chisq),
                })
                .collect(),
            variables,
        }
    }
}
