//! A table of the study file, read field by field with the place of every mistake.

use super::error::StudyError;
use super::refit::FitOption;
use crate::printed::Printed;
use std::cell::RefCell;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Fields that are percentages by nature; everywhere else "37 %" is the proportion .37.
const IN_PER_CENT: [&str; 4] = ["values", "level", "ci_level", "rmsea_ci_level"];

/// The text of a study file: turns offsets into lines and collects mistakes.
pub(super) struct Source {
    line_starts: Vec<usize>,
    errors: RefCell<Vec<StudyError>>,
    /// Whether the study says that digits were cut off, not rounded.
    truncated: RefCell<bool>,
}

impl Source {
    pub(super) fn new(text: &str) -> Source {
        let line_starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Source { line_starts, errors: RefCell::new(Vec::new()), truncated: RefCell::new(false) }
    }

    pub(super) fn set_truncated(&self) {
        *self.truncated.borrow_mut() = true;
    }

    pub(super) fn line(&self, span: &Range<usize>) -> usize {
        self.line_starts.partition_point(|&start| start <= span.start).max(1)
    }

    pub(super) fn mistake(&self, line: usize, field: &str, cause: impl Into<String>, remedy: Option<String>) {
        self.errors.borrow_mut().push(StudyError { line, field: field.to_owned(), cause: cause.into(), remedy });
    }

    pub(super) fn into_errors(self) -> Vec<StudyError> {
        let mut errors = self.errors.into_inner();
        errors.sort_by_key(|error| error.line);
        errors
    }
}

/// One table of the study file.
pub(super) struct Section<'a, 'i> {
    pub(super) path: String,
    pub(super) line: usize,
    source: &'a Source,
    table: &'a DeTable<'i>,
    fields: &'static [&'static str],
}

impl<'a, 'i> Section<'a, 'i> {
    /// Opens a table and reports its unknown fields.
    pub(super) fn open(
        source: &'a Source,
        path: String,
        line: usize,
        table: &'a DeTable<'i>,
        fields: &'static [&'static str],
    ) -> Section<'a, 'i> {
        for (key, _) in table.iter() {
            let name = key.get_ref().as_ref();
            if !fields.contains(&name) {
                let near = fields
                    .iter()
                    .map(|field| (strsim::damerau_levenshtein(name, field), *field))
                    .min()
                    .filter(|(distance, _)| *distance <= 2)
                    .map_or_else(
                        || format!("known fields: {}", fields.join(", ")),
                        |(_, field)| format!("did you mean `{field}`?"),
                    );
                let field = join(&path, name);
                source.mistake(source.line(&key.span()), &field, "unknown field", Some(near));
            }
        }
        Section { path, line, source, table, fields }
    }

    fn get(&self, key: &str) -> Option<&'a Spanned<DeValue<'i>>> {
        debug_assert!(self.fields.contains(&key), "{key} is not declared");
        self.table.get(key)
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    pub(super) fn line_of(&self, key: &str) -> usize {
        self.get(key).map_or(self.line, |value| self.source.line(&value.span()))
    }

    pub(super) fn mistake(&self, key: &str, cause: impl Into<String>, remedy: &str) {
        self.source.mistake(
            self.line_of(key),
            &join(&self.path, key),
            cause,
            (!remedy.is_empty()).then(|| remedy.to_owned()),
        );
    }

    fn wrong_type(&self, key: &str, value: &Spanned<DeValue<'_>>, wanted: &str) {
        self.source.mistake(
            self.source.line(&value.span()),
            &join(&self.path, key),
            format!("is {}, not {wanted}", kind_of(value.get_ref())),
            None,
        );
    }

    /// A text; numbers are taken as they are written.
    pub(super) fn text(&self, key: &str) -> Option<String> {
        let value = self.get(key)?;
        match value.get_ref() {
            DeValue::String(text) => Some(text.to_string()),
            DeValue::Integer(number) => Some(number.as_str().to_owned()),
            DeValue::Float(number) => Some(number.as_str().to_owned()),
            _ => {
                self.wrong_type(key, value, "a text");
                None
            }
        }
    }

    /// A text that must be there.
    pub(super) fn required_text(&self, key: &str) -> String {
        if !self.has(key) {
            self.mistake(key, "is missing", "");
        }
        self.text(key).unwrap_or_default()
    }

    pub(super) fn texts(&self, key: &str) -> Vec<String> {
        let Some(value) = self.get(key) else { return Vec::new() };
        match value.get_ref() {
            DeValue::String(text) => vec![text.to_string()],
            DeValue::Array(items) => items
                .iter()
                .filter_map(|item| match item.get_ref() {
                    DeValue::String(text) => Some(text.to_string()),
                    _ => {
                        self.wrong_type(key, item, "a text");
                        None
                    }
                })
                .collect(),
            _ => {
                self.wrong_type(key, value, "a list of texts");
                Vec::new()
            }
        }
    }

    fn figure_of(&self, key: &str, value: &Spanned<DeValue<'i>>) -> Option<Printed> {
        let text = match value.get_ref() {
            DeValue::String(text) => text.to_string(),
            DeValue::Integer(number) if number.radix() == 10 => number.as_str().to_owned(),
            DeValue::Float(number) => number.as_str().to_owned(),
            _ => {
                self.wrong_type(key, value, "a printed figure");
                return None;
            }
        };
        let line = self.source.line(&value.span());
        match Printed::read(&text) {
            Ok(figure) => figure.map(|f| {
                let f = f.at_line(line).cut_off(*self.source.truncated.borrow());
                if IN_PER_CENT.contains(&key) { f } else { f.into_proportion() }
            }),
            Err(cause) => {
                self.source.mistake(
                    line,
                    &join(&self.path, key),
                    format!("`{text}` {cause}"),
                    Some("write it as printed, in quotes, for example \".99\", \"<.001\" or \"-.24**\"".to_owned()),
                );
                None
            }
        }
    }

    /// A printed figure.
    pub(super) fn figure(&self, key: &str) -> Option<Printed> {
        self.get(key).and_then(|value| self.figure_of(key, value))
    }

    /// A list of printed figures, a single one being a list of one; `None` stands for a figure that is not there.
    pub(super) fn figures(&self, key: &str) -> Vec<Option<Printed>> {
        let Some(value) = self.get(key) else { return Vec::new() };
        match value.get_ref() {
            DeValue::Array(items) => items.iter().map(|item| self.figure_of(key, item)).collect(),
            DeValue::String(text) if text.split_whitespace().count() > 1 => text
                .split_whitespace()
                .map(|part| match Printed::read(part) {
                    Ok(figure) => figure
                        .map(|f| f.at_line(self.source.line(&value.span())).cut_off(*self.source.truncated.borrow())),
                    Err(cause) => {
                        self.mistake(key, format!("`{part}` {cause}"), "write a list of printed figures in quotes");
                        None
                    }
                })
                .collect(),
            _ => vec![self.figure_of(key, value)],
        }
    }

    /// Two printed figures, the ends of an interval.
    pub(super) fn interval(&self, key: &str) -> Option<(Printed, Printed)> {
        self.get(key)?;
        let mut ends = self.figures(key);
        if ends.len() != 2 {
            self.mistake(key, "has not two ends", "write [\"lower\", \"upper\"]");
            return None;
        }
        let upper = ends.pop().flatten();
        let lower = ends.pop().flatten();
        let (lower, upper) = lower.zip(upper)?;
        if lower.value() > upper.value() {
            self.mistake(key, "has its ends the wrong way round", "write the lower end first");
            return None;
        }
        Some((lower, upper))
    }

    /// A count: a whole number that is printed in full.
    pub(super) fn count(&self, key: &str) -> Option<u64> {
        let figure = self.figure(key)?;
        let count = figure.count();
        if count.is_none() {
            self.mistake(key, format!("`{}` is not a whole number", figure.raw()), "");
        }
        count
    }

    pub(super) fn counts(&self, key: &str) -> Vec<u64> {
        self.figures(key)
            .into_iter()
            .flatten()
            .filter_map(|figure| {
                let count = figure.count();
                if count.is_none() {
                    self.mistake(key, format!("`{}` is not a whole number", figure.raw()), "");
                }
                count
            })
            .collect()
    }

    pub(super) fn flag(&self, key: &str) -> Option<bool> {
        let value = self.get(key)?;
        match value.get_ref() {
            DeValue::Boolean(flag) => Some(*flag),
            _ => {
                self.wrong_type(key, value, "true or false");
                None
            }
        }
    }

    /// A word out of a closed set.
    pub(super) fn choice<T: Copy>(&self, key: &str, options: &[(&str, T)]) -> Option<T> {
        let word = self.text(key)?;
        let found = options.iter().find(|(name, _)| *name == word).map(|(_, value)| *value);
        if found.is_none() {
            let names: Vec<&str> = options.iter().map(|(name, _)| *name).collect();
            self.mistake(key, format!("`{word}` is not known"), &format!("one of: {}", names.join(", ")));
        }
        found
    }

    /// Reads one table or an array of tables.
    pub(super) fn sections<T>(
        &self,
        key: &str,
        fields: &'static [&'static str],
        read: impl Fn(&Section<'a, 'i>) -> T,
    ) -> Vec<T> {
        let Some(value) = self.get(key) else { return Vec::new() };
        let path = join(&self.path, key);
        match value.get_ref() {
            DeValue::Table(table) => {
                let line = self.source.line(&value.span());
                vec![read(&Section::open(self.source, path, line, table, fields))]
            }
            DeValue::Array(items) => items
                .iter()
                .enumerate()
                .filter_map(|(index, item)| match item.get_ref() {
                    DeValue::Table(table) => {
                        let line = self.source.line(&item.span());
                        let path = format!("{path}[{}]", index + 1);
                        Some(read(&Section::open(self.source, path, line, table, fields)))
                    }
                    _ => {
                        self.wrong_type(key, item, "a table");
                        None
                    }
                })
                .collect(),
            _ => {
                self.wrong_type(key, value, "a table");
                Vec::new()
            }
        }
    }

    /// The entries of a free-form table: name and figure.
    pub(super) fn named_figures(&self, key: &str) -> Vec<(String, Printed)> {
        let Some(value) = self.get(key) else { return Vec::new() };
        match value.get_ref() {
            DeValue::Table(table) => table
                .iter()
                .filter_map(|(name, entry)| {
                    self.figure_of(key, entry).map(|figure| (name.get_ref().to_string(), figure))
                })
                .collect(),
            _ => {
                self.wrong_type(key, value, "a table");
                Vec::new()
            }
        }
    }

    /// The names of the entries of a free-form table.
    pub(super) fn names(&self, key: &str) -> Vec<String> {
        match self.get(key).map(|value| value.get_ref()) {
            Some(DeValue::Table(table)) => table.keys().map(|name| name.get_ref().to_string()).collect(),
            _ => Vec::new(),
        }
    }

    /// The entries of a free-form table as texts, in the order of the file: lists are joined by commas.
    pub(super) fn options(&self, key: &str) -> Vec<FitOption> {
        let Some(value) = self.get(key) else { return Vec::new() };
        let DeValue::Table(table) = value.get_ref() else {
            self.wrong_type(key, value, "a table");
            return Vec::new();
        };
        let mut options: Vec<FitOption> = table
            .iter()
            .filter_map(|(name, entry)| {
                let value = match entry.get_ref() {
                    DeValue::Array(items) => {
                        items.iter().map(|item| scalar(item.get_ref())).collect::<Option<Vec<_>>>().map(|v| v.join(","))
                    }
                    single => scalar(single),
                };
                if value.is_none() {
                    self.wrong_type(key, entry, "a text, a number, true or false, or a list of them");
                }
                let line = self.source.line(&name.span());
                Some(FitOption { name: name.get_ref().to_string(), value: value?, line })
            })
            .collect();
        options.sort_by_key(|option| option.line);
        options
    }

    pub(super) fn is_table(&self, key: &str) -> bool {
        self.get(key).is_some_and(|value| value.get_ref().is_table())
    }
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

/// A single value as it is written.
fn scalar(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Integer(number) => Some(number.as_str().to_owned()),
        DeValue::Float(number) => Some(number.as_str().to_owned()),
        DeValue::Boolean(flag) => Some(flag.to_string()),
        DeValue::Datetime(_) | DeValue::Array(_) | DeValue::Table(_) => None,
    }
}

fn kind_of(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) | DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}
