//! Moments as JSON: the format for programs. See docs/guide/data.md.

use super::matrix::{Kind, symmetric};
use super::{Divisor, GivenMoments, MomentsTable, check_means, check_names, divisor, reordered};
use crate::DataError;
use crate::encoding::decode;
use crate::fields::Field;
use ndarray::Array1;

/// Reads moments from JSON: `{"cov": [{"names", "values"}], "mean": [[..]], "nobs": [..]}`.
///
/// With one group, the outer lists may be left out.
///
/// # Errors
/// [`DataError`] with the field or, for what is not JSON at all, line and column.
pub fn read_moments_json(bytes: &[u8]) -> Result<MomentsTable, DataError> {
    let mut notes = Vec::new();
    let text = decode(bytes, &mut notes)?;
    let value: serde_json::Value = serde_json::from_str(&text)
        .map_err(|error| DataError::Syntax { format: "JSON", message: error.to_string() })?;
    let file = Field::root(&value);
    file.allow(&["cov", "mean", "nobs", "labels", "divisor"])?;
    let divisor = match file.get("divisor")? {
        Some(field) => divisor(&field)?,
        None => Divisor::default(),
    };
    let cov = file.require("cov", "the covariance matrices with their variable names")?;
    let covs = if cov.value.is_object() { vec![cov.clone()] } else { cov.items("a list of {names, values}")? };
    if covs.is_empty() {
        return Err(cov.wrong("a list of at least one {names, values}"));
    }
    let nobs = file.require("nobs", "the numbers of cases")?;
    let counts = if nobs.value.is_array() { nobs.items("a list of numbers")? } else { vec![nobs.clone()] };
    same_length(&nobs, counts.len(), covs.len())?;
    let means = match file.get("mean")? {
        None => None,
        Some(field) => {
            let means = per_group_means(&field)?;
            same_length(&field, means.len(), covs.len())?;
            Some(means)
        }
    };
    let labels = match file.get("labels")? {
        Some(field) => {
            let labels = field.texts("a list of texts")?;
            same_length(&field, labels.len(), covs.len())?;
            check_names(&labels, "labels")?;
            labels
        }
        None if covs.len() == 1 => vec![String::new()],
        None => (1..=covs.len()).map(|at| at.to_string()).collect(),
    };

    let mut groups = Vec::new();
    let mut first_names: Vec<String> = Vec::new();
    for (at, (cov, label)) in covs.iter().zip(labels).enumerate() {
        cov.allow(&["names", "values"])?;
        let names_field = cov.require("names", "the names of the variables")?;
        let names = names_field.texts("a list of variable names")?;
        check_names(&names, &names_field.path)?;
        let matrix = symmetric(&cov.require("values", "the covariances")?, &names, Kind::Covariance)?;
        let mean = means.as_ref().map(|means| mean(&means[at], names.len())).transpose()?.flatten();
        if at == 0 {
            first_names.clone_from(&names);
        }
        let (cov, mean) = reordered(&first_names, &names, &names_field.path, &matrix, mean.as_ref())?;
        groups.push(GivenMoments { label, n_obs: counts[at].count()?, cov, mean });
    }
    check_means(&groups, |at| format!("mean[{at}]"))?;
    Ok(MomentsTable { names: first_names, groups, divisor, notes })
}

/// A list of lists, or the one list of a single group.
fn per_group_means<'v>(field: &Field<'v>) -> Result<Vec<Field<'v>>, DataError> {
    let items = field.items("a list of numbers, or a list of such lists")?;
    let nested = items.iter().any(|item| item.value.is_array() || item.value.is_null());
    Ok(if nested { items } else { vec![field.clone()] })
}

/// The means of one group; a null or an empty list stands for none.
fn mean(field: &Field, length: usize) -> Result<Option<Array1<f64>>, DataError> {
    if field.value.is_null() {
        return Ok(None);
    }
    let values = field.numbers()?;
    match values.len() {
        0 => Ok(None),
        found if found == length => Ok(Some(values.into())),
        found => Err(DataError::WrongLength { path: field.path.clone(), what: "numbers", found, expected: length }),
    }
}

fn same_length(field: &Field, found: usize, expected: usize) -> Result<(), DataError> {
    if found == expected {
        return Ok(());
    }
    Err(DataError::WrongLength { path: field.path.clone(), what: "entries", found, expected })
}
