//! Typed columns of a data set.

use crate::{DataNote, read::Decimal};

/// A column of numbers, some of which may be missing.
#[derive(Debug, Clone, PartialEq)]
pub struct NumericColumn {
    /// Zero where missing, so that the column holds nothing but what was read; only [`NumericColumn::get`] looks at both.
    values: Vec<f64>,
    missing: Vec<bool>,
}

impl NumericColumn {
    pub(crate) fn with_capacity(rows: usize) -> Self {
        Self { values: Vec::with_capacity(rows), missing: Vec::with_capacity(rows) }
    }

    pub(crate) fn push(&mut self, value: Option<f64>) {
        self.values.push(value.unwrap_or_default());
        self.missing.push(value.is_none());
    }

    /// The value of a row; `None` where missing. Infinite values are kept and refused when the column is chosen for analysis.
    ///
    /// # Panics
    /// If there is no such row.
    #[must_use]
    pub fn get(&self, row: usize) -> Option<f64> {
        (!self.missing[row]).then(|| self.values[row])
    }
}

/// One column of a data set.
#[derive(Debug, Clone, PartialEq)]
pub enum Column {
    /// Every cell that is not missing is a number.
    Numeric(NumericColumn),
    /// At least one cell is not a number; `None` where missing.
    Text(Vec<Option<Box<str>>>),
}

/// A data set: named columns of equal length.
#[derive(Debug, Clone)]
pub struct DataTable {
    pub(crate) names: Vec<String>,
    pub(crate) columns: Vec<Column>,
    /// Columns of the file before the first of these: 1 after row names.
    pub(crate) first: usize,
    /// The line of the file that each row starts on.
    pub(crate) lines: Vec<usize>,
    pub(crate) decimal: Decimal,
    pub(crate) notes: Vec<DataNote>,
}

impl DataTable {
    /// Number of rows.
    #[must_use]
    pub fn n_rows(&self) -> usize {
        self.lines.len()
    }

    /// Column names in the order of the file; columns without a name have an empty one.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The columns, in the order of [`DataTable::names`].
    #[must_use]
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The line of the file, from 1, on which a row starts.
    ///
    /// # Panics
    /// If there is no such row.
    #[must_use]
    pub fn line(&self, row: usize) -> usize {
        self.lines[row]
    }

    /// What reading did that the user should know of.
    #[must_use]
    pub fn notes(&self) -> &[DataNote] {
        &self.notes
    }
}
