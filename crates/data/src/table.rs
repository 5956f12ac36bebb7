//! Typed columns of a data set.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::{DataNote, read::Decimal};

/// A column of numbers, some of which may be missing.
#[derive(Debug, Clone, PartialEq)]
pub struct NumericColumn {
    /// Zero where missing, so that the column holds nothing but what was read; only [`NumericColumn::get`] looks at both.
    values: Vec<f64>,
    missing: Vec<bool>,
    /// How many values are missing, and how many infinite: most columns have none, and are not searched for them.
    n_missing: usize,
    n_infinite: usize,
}

impl NumericColumn {
    pub(crate) fn with_capacity(rows: usize) -> Self {
        Self { values: Vec::with_capacity(rows), missing: Vec::with_capacity(rows), n_missing: 0, n_infinite: 0 }
    }

    pub(crate) fn push(&mut self, value: Option<f64>) {
        self.values.push(value.unwrap_or_default());
        self.missing.push(value.is_none());
        self.n_missing += usize::from(value.is_none());
        self.n_infinite += usize::from(value.is_some_and(f64::is_infinite));
    }

    /// The value of a row; `None` where missing. Infinite values are kept and refused when the column is chosen for analysis.
    ///
    /// # Panics
    /// If there is no such row.
    #[must_use]
    pub fn get(&self, row: usize) -> Option<f64> {
        (!self.missing[row]).then(|| self.values[row])
    }

    /// The values of all rows, zero where missing.
    pub(crate) fn values_or_zero(&self) -> &[f64] {
        &self.values
    }

    pub(crate) fn is_missing(&self, row: usize) -> bool {
        self.missing[row]
    }

    /// How many of the given rows have no value.
    pub(crate) fn count_missing(&self, rows: &[usize]) -> usize {
        if self.n_missing == 0 { 0 } else { rows.iter().filter(|&&row| self.missing[row]).count() }
    }

    pub(crate) fn has_infinite(&self) -> bool {
        self.n_infinite > 0
    }
}

/// One column of a data set.
#[derive(Debug, Clone, PartialEq)]
pub enum Column {
    /// Every cell that is not missing is a number.
    Numeric(Arc<NumericColumn>),
    /// At least one cell is not a number; `None` where missing.
    Text(Vec<Option<Box<str>>>),
}

/// A data set: named columns of equal length.
#[derive(Debug, Clone)]
pub struct DataTable {
    pub(crate) names: Vec<String>,
    /// The columns of each name, which are several in a faulty file.
    pub(crate) by_name: FxHashMap<String, Vec<usize>>,
    pub(crate) columns: Vec<Column>,
    /// Columns of the file before the first of these: 1 after row names.
    pub(crate) first: usize,
    /// The line of the file that each row starts on.
    pub(crate) lines: Vec<usize>,
    pub(crate) decimal: Decimal,
    pub(crate) notes: Vec<DataNote>,
}

/// [`DataTable::by_name`]; columns of the same name are in the order of the file, and those without a name are left out.
pub(crate) fn columns_by_name(names: &[String]) -> FxHashMap<String, Vec<usize>> {
    let mut columns: FxHashMap<String, Vec<usize>> = FxHashMap::default();
    for (at, name) in names.iter().enumerate().filter(|(_, name)| !name.is_empty()) {
        columns.entry(name.clone()).or_default().push(at);
    }
    columns
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

    /// The columns of a name, which are several in a faulty file.
    pub(crate) fn places(&self, name: &str) -> &[usize] {
        self.by_name.get(name).map_or(&[], Vec::as_slice)
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
