//! Moments given instead of data: what the two file formats share, their checks, and the way to a sample.

mod json;
mod matrix;
mod toml;

pub use self::json::read_moments_json;
pub use self::toml::read_moments_toml;

use crate::collinear::{Fault, fault};
use crate::moments::out_of_range;
use crate::nearest::nearest;
use crate::selection::first_repeated;
use crate::{DataError, DataNote, GroupSample, Sample, Singular};
use compact_str::CompactString;
use ndarray::{Array1, Array2, Axis};

/// What covariances and standard deviations were divided by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Divisor {
    /// The number of cases less one, as nearly every program prints them: such covariances are multiplied by (N-1)/N.
    #[default]
    NMinusOne,
    /// The number of cases.
    N,
}

/// Moments of one or several groups, as given.
#[derive(Debug, Clone)]
pub struct MomentsTable {
    names: Vec<String>,
    groups: Vec<GivenMoments>,
    divisor: Divisor,
    notes: Vec<DataNote>,
}

/// One group's moments, variables in the order of the table's names.
#[derive(Debug, Clone)]
struct GivenMoments {
    label: String,
    n_obs: usize,
    cov: Array2<f64>,
    mean: Option<Array1<f64>>,
}

impl MomentsTable {
    /// Names of the variables.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Labels of the groups; one empty label without groups.
    pub fn labels(&self) -> impl Iterator<Item = &str> {
        self.groups.iter().map(|group| group.label.as_str())
    }

    /// Number of cases over all groups.
    #[must_use]
    pub fn n_obs(&self) -> usize {
        self.groups.iter().map(|group| group.n_obs).sum()
    }

    /// The sample of the given variables, in the given order, with covariances of divisor N.
    ///
    /// # Errors
    /// [`DataError`]: unknown or repeated variables; perfect collinearity or a matrix that is not positive definite, where
    /// `singular` refuses it. A matrix that no variables can have is always refused.
    pub fn sample<S: AsRef<str>>(&self, names: &[S], singular: Singular) -> Result<(Sample, Vec<DataNote>), DataError> {
        let names: Vec<CompactString> = names.iter().map(|name| name.as_ref().into()).collect();
        if names.is_empty() {
            return Err(DataError::NoVariables);
        }
        if let Some(name) = first_repeated(&names) {
            return Err(DataError::ListedTwice { name });
        }
        let order = names.iter().map(|name| self.position(name)).collect::<Result<Vec<_>, _>>()?;
        let groups = self.groups.iter().map(|given| self.group(given, &names, &order, singular));
        let groups = groups.collect::<Result<Vec<_>, _>>()?;
        let mut notes = self.notes.clone();
        if self.divisor == Divisor::NMinusOne {
            notes.push(DataNote::Rescaled);
        }
        Ok((Sample { names, groups }, notes))
    }

    fn position(&self, name: &str) -> Result<usize, DataError> {
        self.names.iter().position(|other| other == name).ok_or_else(|| DataError::UnknownVariable {
            name: name.to_owned(),
            nearest: nearest(name, self.names.iter().map(String::as_str)),
            available: self.names.clone(),
        })
    }

    fn group(
        &self,
        given: &GivenMoments,
        names: &[CompactString],
        order: &[usize],
        singular: Singular,
    ) -> Result<GroupSample, DataError> {
        let mut cov = given.cov.select(Axis(0), order).select(Axis(1), order);
        let mean = given.mean.as_ref().map(|mean| mean.select(Axis(0), order));
        let group = (!given.label.is_empty()).then(|| given.label.clone());
        if let Some((at, large)) = out_of_range(&cov) {
            return Err(DataError::Scale { name: names[at].to_string(), group, large });
        }
        match (fault(&cov), singular) {
            (Some(Fault::Indefinite(at)), _) => {
                return Err(DataError::NotPositiveDefinite {
                    group,
                    name: names[at].to_string(),
                    given: names[..at].iter().map(CompactString::to_string).collect(),
                });
            }
            (Some(found), Singular::Refuse) => {
                if let Some(dependency) = found.dependency(names, mean.as_ref(), &cov) {
                    return Err(DataError::Collinear { group, dependency });
                }
            }
            (_, Singular::Allow) | (None, Singular::Refuse) => {}
        }
        if self.divisor == Divisor::NMinusOne {
            cov *= (given.n_obs as f64 - 1.0) / given.n_obs as f64;
        }
        Ok(GroupSample { label: given.label.clone(), n_obs: given.n_obs, cov, mean, rows: None, weights: None })
    }
}

/// Refuses empty, repeated and blank names.
fn check_names(names: &[String], path: &str) -> Result<(), DataError> {
    if names.is_empty() {
        return Err(DataError::NoVariables);
    }
    if let Some(at) = names.iter().position(|name| name.trim().is_empty()) {
        let path = format!("{path}[{at}]");
        return Err(DataError::WrongValue { path, expected: "a name", found: "empty".to_owned() });
    }
    match first_repeated(names) {
        Some(name) => Err(DataError::ListedTwice { name }),
        None => Ok(()),
    }
}

/// The divisor that a text names.
fn divisor(field: &crate::fields::Field<'_>) -> Result<Divisor, DataError> {
    const EXPECTED: &str = "the text \"N\" or \"N-1\"";
    match field.text(EXPECTED)?.replace(' ', "").to_ascii_lowercase().as_str() {
        "n" => Ok(Divisor::N),
        "n-1" => Ok(Divisor::NMinusOne),
        _ => Err(field.wrong(EXPECTED)),
    }
}

/// Puts a group's moments into the order of the first group's names.
fn reordered(
    first: &[String],
    own: &[String],
    path: &str,
    cov: &Array2<f64>,
    mean: Option<&Array1<f64>>,
) -> Result<(Array2<f64>, Option<Array1<f64>>), DataError> {
    let differing = |from: &[String], other: &[String]| from.iter().find(|name| !other.contains(name)).cloned();
    if let Some(name) = differing(own, first).or_else(|| differing(first, own)) {
        return Err(DataError::GroupNames { path: path.to_owned(), name });
    }
    let order: Vec<usize> = first.iter().filter_map(|name| own.iter().position(|other| other == name)).collect();
    let cov = cov.select(Axis(0), &order).select(Axis(1), &order);
    Ok((cov, mean.map(|mean| mean.select(Axis(0), &order))))
}

/// Refuses means in some groups only.
fn check_means(groups: &[GivenMoments], path: impl Fn(usize) -> String) -> Result<(), DataError> {
    let with = groups.iter().filter(|group| group.mean.is_some()).count();
    match groups.iter().position(|group| group.mean.is_none()) {
        Some(at) if with > 0 => {
            Err(DataError::MissingField { path: path(at), holds: "the means, as in the other groups" })
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
