//! Sampling weights: the column that holds them, and the sums to which they are rescaled.

use crate::read::number;
use crate::table::Column;
use crate::{BadCell, DataError, DataTable, GroupSample};

/// The sampling weights of a data set's rows: how many cases of the population a row stands for, up to a factor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SamplingWeights {
    /// The column that holds them.
    pub column: String,
    /// What their sum is made to be.
    pub normalization: WeightNormalization,
}

/// What the weights of the cases that are analysed are made to sum to; the names in brackets are lavaan's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum WeightNormalization {
    /// N over all groups, so that each group counts as its weights say (`total`).
    #[default]
    Total,
    /// N_g within each group, so that each group counts as its cases do (`group`).
    Group,
}

/// How many offending cells an error shows.
const SHOWN_CELLS: usize = 3;

impl DataTable {
    /// The sampling weight of each row, relative to the largest, so that no sum of them exceeds the range of numbers.
    ///
    /// # Errors
    /// [`DataError::UnknownWeights`], [`DataError::RepeatedName`]; [`DataError::BadWeights`] for a cell that is no finite number from 0 on.
    pub(crate) fn weights(&self, column: &str) -> Result<Vec<f64>, DataError> {
        let Some(found) = self.unique(column)? else {
            let (nearest, available) = self.instead_of(column);
            return Err(DataError::UnknownWeights { name: column.to_owned(), nearest, available });
        };
        let value = |row: usize| match found {
            Column::Numeric(values) => values.get(row),
            Column::Text(cells) => cells[row].as_deref().and_then(|cell| number(cell, self.decimal)),
        };
        let shown = |row: usize| match found {
            Column::Numeric(values) => values.get(row).map_or_else(String::new, |value| value.to_string()),
            Column::Text(cells) => cells[row].as_deref().unwrap_or_default().to_owned(),
        };
        let mut weights = Vec::with_capacity(self.n_rows());
        let (mut count, mut first) = (0, Vec::new());
        for row in 0..self.n_rows() {
            match value(row).filter(|weight| weight.is_finite() && *weight >= 0.0) {
                Some(weight) => weights.push(weight),
                None => {
                    count += 1;
                    if first.len() < SHOWN_CELLS {
                        first.push(BadCell { line: self.lines[row], text: shown(row) });
                    }
                }
            }
        }
        if count > 0 {
            return Err(DataError::BadWeights { column: column.to_owned(), count, rows: self.n_rows(), first });
        }
        let largest = weights.iter().copied().fold(0.0, f64::max);
        if largest > 0.0 {
            weights.iter_mut().for_each(|weight| *weight /= largest);
        }
        Ok(weights)
    }
}

/// Rescales the weights of all groups to the sums of a rule: w_i N / sum w over all cases, or w_i N_g / sum w over those of the group.
pub(crate) fn normalize(groups: &mut [GroupSample], rule: WeightNormalization) {
    let sum = |group: &GroupSample| -> f64 { group.weights.iter().flatten().sum() };
    let n: usize = groups.iter().map(|group| group.n_obs).sum();
    let total: f64 = groups.iter().map(sum).sum();
    for group in groups {
        let factor = match rule {
            WeightNormalization::Total => n as f64 / total,
            WeightNormalization::Group => group.n_obs as f64 / sum(group),
        };
        group.weights.iter_mut().flatten().for_each(|weight| *weight *= factor);
    }
}
