//! Moments as TOML: the format for people. See docs/guide/data.md.

use super::matrix::{Kind, symmetric};
use super::{Divisor, GivenMoments, MomentsTable, check_means, check_names, divisor, reordered};
use crate::encoding::decode;
use crate::fields::Field;
use crate::{DataError, DataNote};
use ndarray::{Array1, Array2};

const GROUP_FIELDS: [&str; 7] = ["label", "n", "names", "covariance", "correlation", "sds", "means"];
const FIELDS: [&str; 8] = ["n", "names", "covariance", "correlation", "sds", "means", "divisor", "group"];

/// Reads moments from TOML.
///
/// # Errors
/// [`DataError`] with the field or, for what is not TOML at all, the line.
pub fn read_moments_toml(bytes: &[u8]) -> Result<MomentsTable, DataError> {
    let mut notes = Vec::new();
    let text = decode(bytes, &mut notes)?;
    let value: serde_json::Value = ::toml::from_str(&text)
        .map_err(|error| DataError::Syntax { format: "TOML", message: error.to_string().trim().to_owned() })?;
    let file = Field::root(&value);
    file.allow(&FIELDS)?;
    let divisor = match file.get("divisor")? {
        Some(field) => divisor(&field)?,
        None => Divisor::default(),
    };
    let shared_names = match file.get("names")? {
        Some(field) => Some((field.texts("a list of variable names")?, field.path)),
        None => None,
    };
    let mut groups = Vec::new();
    let mut first_names: Vec<String> = Vec::new();
    let mut means_at = Vec::new();
    for (field, is_group) in group_fields(&file)? {
        let (names, names_at) = match (is_group.then(|| field.get("names")).transpose()?.flatten(), &shared_names) {
            (Some(_), Some((_, at))) => {
                return Err(DataError::EitherOr { first: at.clone(), second: field.at("names") });
            }
            (Some(own), None) => (own.texts("a list of variable names")?, own.path),
            (None, Some((names, at))) => (names.clone(), at.clone()),
            (None, None) => return Err(field.missing("names", "the names of the variables")),
        };
        check_names(&names, &names_at)?;
        let given = group(&field, is_group, &names, &mut notes)?;
        if groups.is_empty() {
            first_names.clone_from(&names);
        }
        let (cov, mean) = reordered(&first_names, &names, &names_at, &given.cov, given.mean.as_ref())?;
        means_at.push(field.at("means"));
        groups.push(GivenMoments { cov, mean, ..given });
    }
    check_means(&groups, |at| means_at[at].clone())?;
    if groups.len() > 1 {
        let labels: Vec<String> = groups.iter().map(|group| group.label.clone()).collect();
        check_names(&labels, "group labels")?;
    }
    Ok(MomentsTable { names: first_names, groups, divisor, notes })
}

/// The tables that hold moments: the `[[group]]` tables, or the file itself.
fn group_fields<'v>(file: &Field<'v>) -> Result<Vec<(Field<'v>, bool)>, DataError> {
    let Some(list) = file.get("group")? else {
        return Ok(vec![(file.clone(), false)]);
    };
    for key in ["n", "covariance", "correlation", "sds", "means"] {
        if file.get(key)?.is_some() {
            return Err(DataError::EitherOr { first: key.to_owned(), second: "group".to_owned() });
        }
    }
    let items = list.items("a list of [[group]] tables")?;
    if items.is_empty() {
        return Err(list.wrong("a list of at least one [[group]] table"));
    }
    for item in &items {
        item.allow(&GROUP_FIELDS)?;
    }
    Ok(items.into_iter().map(|item| (item, true)).collect())
}

fn group(
    field: &Field,
    is_group: bool,
    names: &[String],
    notes: &mut Vec<DataNote>,
) -> Result<GivenMoments, DataError> {
    let label = if is_group { label(&field.require("label", "the label of the group")?)? } else { String::new() };
    let n_obs = field.require("n", "the number of cases")?.count()?;
    let sds = field.get("sds")?.map(|sds| vector(&sds, names.len())).transpose()?;
    let cov = match (field.get("covariance")?, field.get("correlation")?) {
        (Some(cov), Some(correlation)) => {
            return Err(DataError::EitherOr { first: cov.path, second: correlation.path });
        }
        (Some(cov), None) => {
            if let Some(sds) = field.get("sds")? {
                return Err(DataError::EitherOr { first: cov.path, second: sds.path });
            }
            symmetric(&cov, names, Kind::Covariance)?
        }
        (None, Some(correlation)) => {
            let correlations = symmetric(&correlation, names, Kind::Correlation)?;
            match &sds {
                Some(sds) => scaled(&correlations, sds, &field.at("sds"), names)?,
                None => {
                    if !notes.contains(&DataNote::CorrelationsAlone) {
                        notes.push(DataNote::CorrelationsAlone);
                    }
                    correlations
                }
            }
        }
        (None, None) => {
            return Err(field.missing("covariance", "the covariance matrix (or give `correlation` and `sds`)"));
        }
    };
    let mean = field.get("means")?.map(|means| vector(&means, names.len())).transpose()?.map(Array1::from);
    Ok(GivenMoments { label, n_obs, cov, mean })
}

/// A label may be a text or a number.
fn label(field: &Field) -> Result<String, DataError> {
    match field.value.as_i64() {
        Some(number) => Ok(number.to_string()),
        None => field.text("a text or a whole number").map(str::to_owned),
    }
}

fn vector(field: &Field, length: usize) -> Result<Vec<f64>, DataError> {
    let values = field.numbers()?;
    if values.len() != length {
        let (path, found) = (field.path.clone(), values.len());
        return Err(DataError::WrongLength { path, what: "numbers", found, expected: length });
    }
    Ok(values)
}

/// Correlations times standard deviations.
fn scaled(correlations: &Array2<f64>, sds: &[f64], path: &str, names: &[String]) -> Result<Array2<f64>, DataError> {
    if let Some(at) = sds.iter().position(|&sd| sd <= 0.0) {
        let (path, name, value) = (path.to_owned(), names[at].clone(), sds[at]);
        return Err(DataError::NotPositive { path, what: "standard deviation", name, value });
    }
    Ok(Array2::from_shape_fn(correlations.dim(), |(row, column)| correlations[[row, column]] * sds[row] * sds[column]))
}
