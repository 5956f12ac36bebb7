//! Typed access to the fields of a parsed file, with errors that name the field.

use crate::DataError;
use crate::nearest::nearest;
use serde_json::{Map, Value};

/// A value and where it stands in the file, such as `group[1].means`.
#[derive(Clone)]
pub(crate) struct Field<'v> {
    pub path: String,
    pub value: &'v Value,
}

impl<'v> Field<'v> {
    pub(crate) fn root(value: &'v Value) -> Self {
        Self { path: String::new(), value }
    }

    /// The path of a field of this table.
    pub(crate) fn at(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    /// An error about this field.
    pub(crate) fn wrong(&self, expected: &'static str) -> DataError {
        let path = if self.path.is_empty() { "the file".to_owned() } else { self.path.clone() };
        DataError::WrongValue { path, expected, found: description(self.value) }
    }

    fn table(&self) -> Result<&'v Map<String, Value>, DataError> {
        self.value.as_object().ok_or_else(|| self.wrong("a table of named fields"))
    }

    /// Refuses fields with other names.
    pub(crate) fn allow(&self, known: &[&str]) -> Result<(), DataError> {
        for key in self.table()?.keys() {
            if !known.contains(&key.as_str()) {
                return Err(DataError::UnknownField {
                    path: self.at(key),
                    nearest: nearest(key, known.iter().copied()),
                    known: known.iter().map(|&name| name.to_owned()).collect(),
                });
            }
        }
        Ok(())
    }

    /// The field with a name; a null counts as absent.
    pub(crate) fn get(&self, key: &str) -> Result<Option<Field<'v>>, DataError> {
        let value = self.table()?.get(key).filter(|value| !value.is_null());
        Ok(value.map(|value| Field { path: self.at(key), value }))
    }

    /// The field with a name, which must be there.
    pub(crate) fn require(&self, key: &str, holds: &'static str) -> Result<Field<'v>, DataError> {
        self.get(key)?.ok_or_else(|| self.missing(key, holds))
    }

    /// An error about a field that is not there.
    pub(crate) fn missing(&self, key: &str, holds: &'static str) -> DataError {
        DataError::MissingField { path: self.at(key), holds }
    }

    /// The elements of a list.
    pub(crate) fn items(&self, expected: &'static str) -> Result<Vec<Field<'v>>, DataError> {
        let list = self.value.as_array().ok_or_else(|| self.wrong(expected))?;
        let item = |(at, value): (usize, &'v Value)| Field { path: format!("{}[{at}]", self.path), value };
        Ok(list.iter().enumerate().map(item).collect())
    }

    pub(crate) fn number(&self) -> Result<f64, DataError> {
        let number = self.value.as_f64().filter(|number| number.is_finite());
        number.ok_or_else(|| self.wrong("a finite number"))
    }

    pub(crate) fn numbers(&self) -> Result<Vec<f64>, DataError> {
        self.items("a list of numbers")?.iter().map(Field::number).collect()
    }

    /// A whole number of at least 2, as sample sizes are.
    pub(crate) fn count(&self) -> Result<usize, DataError> {
        /// Beyond this a float no longer holds every whole number.
        const LARGEST: f64 = 9_007_199_254_740_992.0;
        match self.value.as_f64() {
            Some(number) if number >= 2.0 && number.fract() == 0.0 && number <= LARGEST => Ok(number as usize),
            _ => Err(self.wrong("a whole number of at least 2")),
        }
    }

    pub(crate) fn text(&self, expected: &'static str) -> Result<&'v str, DataError> {
        self.value.as_str().ok_or_else(|| self.wrong(expected))
    }

    pub(crate) fn texts(&self, expected: &'static str) -> Result<Vec<String>, DataError> {
        self.items(expected)?.iter().map(|item| item.text("a text").map(str::to_owned)).collect()
    }
}

fn description(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Number(value) => value.to_string(),
        Value::String(value) => format!("the text `{value}`"),
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "a table".to_owned(),
    }
}
