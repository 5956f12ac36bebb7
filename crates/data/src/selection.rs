//! The sample of the variables that a model names: rows, groups, moments, and what forbids an analysis.

use crate::collinear::{Fault, fault};
use crate::moments::{complete, complete_rows, out_of_range, pairwise, weighted};
use crate::nearest::nearest;
use crate::read::number;
use crate::table::{Column, DataTable, NumericColumn};
use crate::weights::normalize;
use crate::{BadCell, CaseRows, DataError, DataNote, GroupSample, Sample, SamplingWeights};
use compact_str::CompactString;
use ndarray::{Array2, Axis, ShapeBuilder};
use rustc_hash::{FxBuildHasher, FxHashSet};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What happens to rows with missing values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MissingRows {
    /// They are left out.
    #[default]
    Listwise,
    /// They are kept; each moment is made from the rows that have its variables. Rows without any value are left out.
    Pairwise,
    /// They are kept for full-information estimation; the moments are the pairwise ones and serve as a start only.
    /// Rows without any value are left out.
    Keep,
}

/// Whether variables may be perfectly collinear, or more than the rows can tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Singular {
    /// They may not: the estimator needs the inverse of the sample covariance matrix or its determinant.
    #[default]
    Refuse,
    /// They may: the estimator is unweighted least squares or the like.
    Allow,
}

/// How to select a sample from a data set.
#[derive(Debug, Clone, Default)]
pub struct SampleOptions {
    /// The group variable; text or numbers.
    pub group: Option<String>,
    /// The groups to use, in this order; without it all groups in the order of their first row.
    pub group_labels: Option<Vec<String>>,
    /// What happens to rows with missing values.
    pub missing: MissingRows,
    /// Variables whose value a row must have to be kept although others are missing: those that the model conditions on.
    pub required: Vec<String>,
    /// Whether singular moments are accepted.
    pub singular: Singular,
    /// How many cases each row stands for; without them rows count alike. Rows of weight 0 are left out.
    pub weights: Option<SamplingWeights>,
}

/// How many offending cells an error shows.
const SHOWN_CELLS: usize = 3;

impl DataTable {
    /// The sample of the given variables, in the given order, and remarks on what was left out.
    ///
    /// # Errors
    /// [`DataError`]: unknown, repeated, textual, infinite, empty, constant or perfectly collinear variables; too few rows; weights
    /// that are none, or of pairwise moments.
    pub fn sample<S: AsRef<str>>(
        &self,
        names: &[S],
        options: &SampleOptions,
    ) -> Result<(Sample, Vec<DataNote>), DataError> {
        let names: Vec<CompactString> = names.iter().map(|name| name.as_ref().into()).collect();
        if names.is_empty() {
            return Err(DataError::NoVariables);
        }
        if let Some(name) = first_repeated(&names) {
            return Err(DataError::ListedTwice { name });
        }
        // Shared with the groups, each of which would else count once more that it uses each column.
        let columns: Arc<[_]> = names.iter().map(|name| self.numeric(name)).collect::<Result<_, _>>()?;
        let required = options
            .required
            .iter()
            .map(|name| names.iter().position(|other| other == name).ok_or_else(|| self.unknown(name)))
            .collect::<Result<Vec<_>, _>>()?;
        if options.weights.is_some() && options.missing == MissingRows::Pairwise {
            return Err(DataError::WeightedPairwise);
        }
        let mut notes = Vec::new();
        let weights = options.weights.as_ref().map(|weights| self.weights(&weights.column)).transpose()?;
        let groups = self.weighted_groups(options, weights.as_deref(), &mut notes)?;
        let in_model = |weights: &&SamplingWeights| names.iter().any(|name| *name == weights.column);
        if let Some(SamplingWeights { column, .. }) = options.weights.as_ref().filter(in_model) {
            notes.push(DataNote::WeightsInModel { column: column.clone() });
        }
        let mut tally = Tally { missing: vec![0; names.len()], ..Tally::default() };
        let mut selected = Vec::with_capacity(groups.len());
        for (label, members) in groups {
            let group = options.group.is_some().then_some(label.as_str());
            let weights = weights.as_deref();
            let chosen = Chosen { table: self, names: &names, columns: &columns, required: &required, group, weights };
            let rows = chosen.rows(&members, options.missing, &mut tally)?;
            selected.push(chosen.moments(&label, rows, options, &mut notes)?);
        }
        if let Some(weights) = &options.weights {
            normalize(&mut selected, weights.normalization);
        }
        tally.note(&names, options, &mut notes);
        Ok((Sample { names, groups: selected }, notes))
    }

    /// For each group of [`DataTable::sample`] with the same arguments, the numbers of its rows, counted from 1 in the file.
    ///
    /// # Errors
    /// Those of [`DataTable::sample`] about names, groups and weights.
    pub fn row_numbers<S: AsRef<str>>(
        &self,
        names: &[S],
        options: &SampleOptions,
    ) -> Result<Vec<Vec<usize>>, DataError> {
        let columns = names.iter().map(|name| self.numeric(name.as_ref())).collect::<Result<Vec<_>, _>>()?;
        let is_required: Vec<bool> =
            names.iter().map(|name| options.required.iter().any(|other| other == name.as_ref())).collect();
        let is_used = |row: usize| {
            let absent = |at: usize| columns[at].get(row).is_none();
            match options.missing {
                MissingRows::Listwise => !(0..columns.len()).any(absent),
                MissingRows::Pairwise | MissingRows::Keep => {
                    !(0..columns.len()).all(absent) && !(0..columns.len()).any(|at| is_required[at] && absent(at))
                }
            }
        };
        let weights = options.weights.as_ref().map(|weights| self.weights(&weights.column)).transpose()?;
        let groups = self.weighted_groups(options, weights.as_deref(), &mut Vec::new())?;
        Ok(groups
            .into_iter()
            .map(|(_, members)| members.into_iter().filter(|&row| is_used(row)).map(|row| row + 1).collect())
            .collect())
    }

    /// The labels of the groups that a variable splits the rows into, in the order of their first row.
    ///
    /// # Errors
    /// [`DataError`]: no such variable, a repeated name, or no values.
    pub fn group_labels(&self, variable: &str) -> Result<Vec<String>, DataError> {
        let options = SampleOptions { group: Some(variable.to_owned()), ..SampleOptions::default() };
        let groups = self.groups(&options, &mut Vec::new())?;
        Ok(groups.into_iter().map(|(label, _)| label).collect())
    }

    fn named(&self) -> Vec<String> {
        self.names.iter().filter(|name| !name.is_empty()).cloned().collect()
    }

    /// The nearest name in the data, and all names.
    pub(crate) fn instead_of(&self, name: &str) -> (Option<String>, Vec<String>) {
        let available = self.named();
        (nearest(name, available.iter().map(String::as_str)), available)
    }

    fn unknown(&self, name: &str) -> DataError {
        let (nearest, available) = self.instead_of(name);
        DataError::UnknownVariable { name: name.to_owned(), nearest, available }
    }

    /// The column of a name, `None` if there is none.
    pub(crate) fn unique(&self, name: &str) -> Result<Option<&Column>, DataError> {
        match self.places(name) {
            [] => Ok(None),
            [at] => Ok(Some(&self.columns[*at])),
            places => Err(DataError::RepeatedName {
                name: name.to_owned(),
                positions: places.iter().map(|at| self.first + at + 1).collect(),
            }),
        }
    }

    /// A numeric column; for `a:b`, which no column is called, the products of the columns `a` and `b`, missing where one of
    /// them is.
    fn numeric(&self, name: &str) -> Result<Arc<NumericColumn>, DataError> {
        let Some(column) = self.unique(name)? else {
            let Some((first, second)) = name.split_once(':') else { return Err(self.unknown(name)) };
            let (first, second) = (self.numeric(first)?, self.numeric(second)?);
            let mut product = NumericColumn::with_capacity(self.n_rows());
            for row in 0..self.n_rows() {
                product.push(first.get(row).zip(second.get(row)).map(|(a, b)| a * b));
            }
            return Ok(Arc::new(product));
        };
        match column {
            Column::Numeric(column) => Ok(Arc::clone(column)),
            Column::Text(cells) => {
                let mut count = 0;
                let mut first = Vec::new();
                for (row, cell) in cells.iter().enumerate() {
                    let Some(text) = cell else { continue };
                    if number(text, self.decimal).is_none() {
                        count += 1;
                        if first.len() < SHOWN_CELLS {
                            first.push(BadCell { line: self.lines[row], text: text.to_string() });
                        }
                    }
                }
                Err(DataError::TextColumn { column: name.to_owned(), count, rows: cells.len(), first })
            }
        }
    }

    /// Labels of the groups and their rows, without those whose weight is 0: they say nothing about the population.
    fn weighted_groups(
        &self,
        options: &SampleOptions,
        weights: Option<&[f64]>,
        notes: &mut Vec<DataNote>,
    ) -> Result<Vec<(String, Vec<usize>)>, DataError> {
        let mut groups = self.groups(options, notes)?;
        let (Some(weights), Some(SamplingWeights { column, .. })) = (weights, &options.weights) else {
            return Ok(groups);
        };
        let mut dropped = 0;
        for (label, members) in &mut groups {
            let all = members.len();
            members.retain(|&row| weights[row] > 0.0);
            if members.is_empty() {
                let group = options.group.is_some().then(|| label.clone());
                return Err(DataError::NoWeight { column: column.clone(), group, rows: all });
            }
            dropped += all - members.len();
        }
        if dropped > 0 {
            notes.push(DataNote::ZeroWeights { dropped, column: column.clone() });
        }
        Ok(groups)
    }

    /// Labels of the groups and their rows.
    fn groups(
        &self,
        options: &SampleOptions,
        notes: &mut Vec<DataNote>,
    ) -> Result<Vec<(String, Vec<usize>)>, DataError> {
        let Some(name) = options.group.as_deref() else {
            return Ok(vec![(String::new(), (0..self.n_rows()).collect())]);
        };
        let Some(column) = self.unique(name)? else {
            let (nearest, available) = self.instead_of(name);
            return Err(DataError::UnknownGroupVariable { name: name.to_owned(), nearest, available });
        };
        let mut groups: Vec<(String, Vec<usize>)> = Vec::new();
        let mut known: BTreeMap<String, usize> = BTreeMap::new();
        let mut dropped = 0;
        for row in 0..self.n_rows() {
            let label: Option<Cow<str>> = match column {
                Column::Numeric(values) => values.get(row).map(|value| Cow::Owned(value.to_string())),
                Column::Text(cells) => cells[row].as_deref().map(Cow::Borrowed),
            };
            let Some(label) = label else {
                dropped += 1;
                continue;
            };
            match known.get(label.as_ref()) {
                Some(&at) => groups[at].1.push(row),
                None => {
                    known.insert(label.clone().into_owned(), groups.len());
                    groups.push((label.into_owned(), vec![row]));
                }
            }
        }
        if groups.is_empty() {
            return Err(DataError::AllMissing { name: name.to_owned(), group: None });
        }
        if dropped > 0 {
            notes.push(DataNote::MissingGroup { dropped, column: name.to_owned() });
        }
        let Some(wanted) = &options.group_labels else {
            return Ok(groups);
        };
        if let Some(name) = first_repeated(wanted) {
            return Err(DataError::ListedTwice { name });
        }
        let mut chosen = Vec::with_capacity(wanted.len());
        for label in wanted {
            let Some(&at) = known.get(label) else {
                let available = groups.into_iter().map(|(label, _)| label).collect();
                return Err(DataError::UnknownGroup { label: label.clone(), column: name.to_owned(), available });
            };
            chosen.push((label.clone(), groups[at].1.clone()));
        }
        let all: usize = groups.iter().map(|(_, rows)| rows.len()).sum();
        let used: usize = chosen.iter().map(|(_, rows)| rows.len()).sum();
        if used < all {
            notes.push(DataNote::OtherGroups { dropped: all - used });
        }
        Ok(chosen)
    }
}

pub(crate) fn first_repeated<S: AsRef<str>>(names: &[S]) -> Option<String> {
    let mut seen = FxHashSet::with_capacity_and_hasher(names.len(), FxBuildHasher);
    names.iter().map(S::as_ref).find(|name| !seen.insert(*name)).map(str::to_owned)
}

/// Rows left out so far, over all groups.
#[derive(Default)]
struct Tally {
    used: usize,
    incomplete: usize,
    empty: usize,
    without_required: usize,
    /// Missing values of each variable.
    missing: Vec<usize>,
}

impl Tally {
    fn note(&self, names: &[CompactString], options: &SampleOptions, notes: &mut Vec<DataNote>) {
        let used = self.used;
        if self.incomplete > 0 {
            let (worst, worst_count) = most_missing(names, &self.missing);
            notes.push(DataNote::Listwise { used, dropped: self.incomplete, worst, worst_count });
        }
        if self.empty > 0 {
            notes.push(DataNote::EmptyRows { dropped: self.empty, used });
        }
        if self.without_required > 0 {
            let names = options.required.clone();
            notes.push(DataNote::MissingRequired { dropped: self.without_required, used, names });
        }
    }
}

/// The first of the variables with most missing values.
fn most_missing(names: &[CompactString], missing: &[usize]) -> (String, usize) {
    let mut worst = 0;
    for (at, &count) in missing.iter().enumerate() {
        if count > missing[worst] {
            worst = at;
        }
    }
    (names[worst].to_string(), missing[worst])
}

/// The chosen variables within one group.
struct Chosen<'a> {
    table: &'a DataTable,
    names: &'a [CompactString],
    columns: &'a Arc<[Arc<NumericColumn>]>,
    required: &'a [usize],
    group: Option<&'a str>,
    /// The weight of each row of the table.
    weights: Option<&'a [f64]>,
}

/// The rows to analyse, with their weights.
struct Rows {
    cases: CaseRows,
    weights: Option<Vec<f64>>,
}

impl Chosen<'_> {
    fn group(&self) -> Option<String> {
        self.group.map(str::to_owned)
    }

    fn rows(&self, members: &[usize], missing: MissingRows, tally: &mut Tally) -> Result<Rows, DataError> {
        self.refuse_infinite(members)?;
        let p = self.names.len();
        let gaps: Vec<usize> = self.columns.iter().map(|column| column.count_missing(members)).collect();
        let kept: Cow<[usize]> = if gaps.iter().all(|&gap| gap == 0) {
            Cow::Borrowed(members)
        } else {
            Cow::Owned(self.kept(members, missing, tally))
        };
        let used = kept.len();
        for (total, gap) in tally.missing.iter_mut().zip(&gaps) {
            *total += gap;
        }
        tally.used += used;
        if let Some(at) = gaps.iter().position(|&gap| gap == members.len()) {
            return Err(DataError::AllMissing { name: self.names[at].to_string(), group: self.group() });
        }
        if used == 0 {
            let (worst, worst_count) = most_missing(self.names, &gaps);
            let (group, rows) = (self.group(), members.len());
            return Err(DataError::NoCompleteRows { group, n_vars: p, rows, worst, worst_count });
        }
        let weights = self.weights.map(|weights| kept.iter().map(|&row| weights[row]).collect());
        if used == self.table.n_rows() && gaps.iter().all(|&gap| gap == 0) {
            return Ok(Rows { cases: CaseRows::whole(self.columns), weights });
        }
        // One variable after the other, as the columns are.
        let mut values = Vec::with_capacity(used * p);
        for column in self.columns.iter() {
            values.extend(kept.iter().map(|&row| column.get(row).unwrap_or(f64::NAN)));
        }
        let rows = Array2::from_shape_vec((used, p).f(), values).expect("each column gives one value per kept row");
        Ok(Rows { cases: rows.into(), weights })
    }

    fn refuse_infinite(&self, members: &[usize]) -> Result<(), DataError> {
        if !self.columns.iter().any(|column| column.has_infinite()) {
            return Ok(());
        }
        for &row in members {
            let is_infinite = |column: &Arc<NumericColumn>| column.get(row).is_some_and(f64::is_infinite);
            if let Some(at) = self.columns.iter().position(is_infinite) {
                return Err(DataError::NotFinite { line: self.table.lines[row], column: self.names[at].to_string() });
            }
        }
        Ok(())
    }

    /// Those of the rows that are analysed, for all that some of them lack; the others are counted.
    fn kept(&self, members: &[usize], missing: MissingRows, tally: &mut Tally) -> Vec<usize> {
        let p = self.columns.len();
        let mut is_kept = |row: usize| {
            let n_missing = self.columns.iter().filter(|column| column.is_missing(row)).count();
            let without_required = || self.required.iter().any(|&at| self.columns[at].is_missing(row));
            let count = match missing {
                MissingRows::Listwise if n_missing > 0 => &mut tally.incomplete,
                MissingRows::Pairwise | MissingRows::Keep if n_missing == p => &mut tally.empty,
                MissingRows::Pairwise | MissingRows::Keep if without_required() => &mut tally.without_required,
                _ => return true,
            };
            *count += 1;
            false
        };
        members.iter().copied().filter(|&row| is_kept(row)).collect()
    }

    fn moments(
        &self,
        label: &str,
        Rows { cases, weights }: Rows,
        options: &SampleOptions,
        notes: &mut Vec<DataNote>,
    ) -> Result<GroupSample, DataError> {
        let variables = cases.variables();
        let (n_obs, n_vars) = (variables[0].len(), variables.len());
        let needed = if options.singular == Singular::Refuse { n_vars + 1 } else { 2 };
        if n_obs < needed {
            return Err(DataError::TooFewRows { group: self.group(), n_obs, n_vars, needed });
        }
        self.refuse_constant(&variables)?;
        let incomplete =
            options.missing != MissingRows::Listwise && variables.iter().copied().flatten().any(|value| value.is_nan());
        let (mean, cov) = if incomplete {
            let pairs = pairwise(cases.view());
            self.uncovered(&pairs.counts, options.missing, notes)?;
            (pairs.mean, pairs.cov)
        } else {
            weights.as_deref().map_or_else(|| complete(&variables), |weights| weighted(cases.view(), weights))
        };
        if let Some((at, large)) = out_of_range(&cov) {
            return Err(DataError::Scale { name: self.names[at].to_string(), group: self.group(), large });
        }
        if options.singular == Singular::Refuse {
            match (incomplete, options.missing) {
                (true, MissingRows::Keep) => self.refuse_collinear_rows(&cases)?,
                (true, MissingRows::Pairwise) => {
                    self.refuse_collinear_rows(&cases)?;
                    if let Some(found) = fault(&cov) {
                        return Err(self.not_definite(&found));
                    }
                }
                _ => {
                    if let Some(found) = fault(&cov) {
                        return Err(match found.dependency(self.names, Some(&mean), &cov) {
                            Some(dependency) => DataError::Collinear { group: self.group(), dependency },
                            None => self.not_definite(&found),
                        });
                    }
                }
            }
        }
        Ok(GroupSample { label: label.to_owned(), n_obs, cov, mean: Some(mean), rows: Some(cases), weights })
    }

    fn refuse_constant(&self, variables: &[&[f64]]) -> Result<(), DataError> {
        for (at, column) in variables.iter().enumerate() {
            let mut observed = column.iter().filter(|value| !value.is_nan());
            let Some(&first) = observed.next() else {
                return Err(DataError::AllMissing { name: self.names[at].to_string(), group: self.group() });
            };
            if observed.all(|&value| value == first) {
                return Err(DataError::Constant {
                    name: self.names[at].to_string(),
                    group: self.group(),
                    value: first,
                });
            }
        }
        Ok(())
    }

    /// Pairs of variables without two common rows: an error for pairwise moments, a remark for full information.
    fn uncovered(
        &self,
        counts: &Array2<usize>,
        missing: MissingRows,
        notes: &mut Vec<DataNote>,
    ) -> Result<(), DataError> {
        for j in 0..self.names.len() {
            for k in 0..j {
                if counts[[j, k]] >= 2 {
                    continue;
                }
                let (first, second, group) = (self.names[k].to_string(), self.names[j].to_string(), self.group());
                if missing == MissingRows::Pairwise {
                    return Err(DataError::NeverTogether { first, second, group });
                }
                notes.push(DataNote::NeverTogether { first, second, group });
            }
        }
        Ok(())
    }

    /// Looks for collinearity in the complete rows and tries what it finds on all rows that have the variables concerned.
    fn refuse_collinear_rows(&self, rows: &Array2<f64>) -> Result<(), DataError> {
        let full: Vec<usize> =
            (0..rows.nrows()).filter(|&at| rows.row(at).iter().all(|value| !value.is_nan())).collect();
        if full.len() <= self.names.len() {
            return Ok(());
        }
        let (mean, cov) = complete_rows(rows.select(Axis(0), &full).view());
        // A variable that does not vary within the complete rows would divide by zero; it varies elsewhere.
        if cov.diag().iter().any(|&variance| variance <= 0.0) {
            return Ok(());
        }
        let Some(found) = fault(&cov) else {
            return Ok(());
        };
        let (Fault::Dependent { target, terms }, Some(dependency)) =
            (&found, found.dependency(self.names, Some(&mean), &cov))
        else {
            return Ok(());
        };
        let tolerance = 1e-4 * cov[[*target, *target]].sqrt();
        let holds = rows.outer_iter().all(|row| {
            let predicted: f64 = terms.iter().map(|&(at, value)| value * row[at]).sum::<f64>() + dependency.constant;
            let error = row[*target] - predicted;
            error.is_nan() || error.abs() <= tolerance
        });
        if holds { Err(DataError::Collinear { group: self.group(), dependency }) } else { Ok(()) }
    }

    fn not_definite(&self, found: &Fault) -> DataError {
        let (Fault::Dependent { target: at, .. } | Fault::Indefinite(at)) = found;
        DataError::NotPositiveDefinite {
            group: self.group(),
            name: self.names[*at].to_string(),
            given: self.names[..*at].iter().map(CompactString::to_string).collect(),
        }
    }
}

#[cfg(test)]
mod tests;
