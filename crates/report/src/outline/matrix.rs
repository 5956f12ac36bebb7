//! The lower triangle of a symmetric or antisymmetric matrix, a few columns at a time.

use crate::document::{Line, Part, Table};
use crate::number::decimals;

/// Columns that stand side by side.
const ABREAST: usize = 8;

/// What stands below the diagonal.
pub(super) fn triangle(title: &str, rows: &[String], columns: &[String], matrix: &[Vec<Option<f64>>]) -> Vec<Table> {
    let p = rows.len();
    (0..p.saturating_sub(1))
        .step_by(ABREAST)
        .map(|first| {
            let shown = first..(first + ABREAST).min(p - 1);
            let lines = (first + 1..p)
                .map(|i| {
                    let cell = |j: usize| matrix[i][j].filter(|_| j < i).map(|value| decimals(value, 3));
                    Line::plain(&rows[i], shown.clone().map(|j| cell(j).unwrap_or_default()).collect())
                })
                .collect();
            Table { columns: columns[shown].to_vec(), parts: vec![Part { title: title.to_owned(), lines }] }
        })
        .collect()
}
