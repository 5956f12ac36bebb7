//! Symmetric matrices as people write them: full, a triangle with or without its diagonal, as lists or as text.

use crate::DataError;
use crate::fields::Field;
use ndarray::Array2;

/// A full matrix whose halves differ by more than this share of the standard deviations is told as not symmetric.
const ASYMMETRY: f64 = 1e-6;

/// Covariances or correlations.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Covariance,
    /// The diagonal may be left out or written as a dash.
    Correlation,
}

/// The symmetric matrix that a field holds.
pub(super) fn symmetric(field: &Field, names: &[String], kind: Kind) -> Result<Array2<f64>, DataError> {
    let rows = if field.value.is_string() { text_rows(field, kind)? } else { list_rows(field)? };
    let matrix = fill(&field.path, names, rows, kind)?;
    match kind {
        Kind::Covariance => check_covariances(&field.path, names, &matrix)?,
        Kind::Correlation => check_correlations(&field.path, names, &matrix)?,
    }
    Ok(matrix)
}

fn list_rows(field: &Field) -> Result<Vec<Vec<f64>>, DataError> {
    field.items("a list of rows, or a text with one row per line")?.iter().map(Field::numbers).collect()
}

/// Rows from a text: numbers apart by blanks or commas; a dash on the diagonal and stars after correlations, as tables print them.
fn text_rows(field: &Field, kind: Kind) -> Result<Vec<Vec<f64>>, DataError> {
    let mut rows = Vec::new();
    for (at, line) in field.text("a text")?.lines().filter(|line| !line.trim().is_empty()).enumerate() {
        let mut row = Vec::new();
        for word in line.split(|c: char| c.is_whitespace() || c == ',' || c == ';').filter(|word| !word.is_empty()) {
            let plain = word.replace('\u{2212}', "-");
            let number = match (kind, plain.as_str()) {
                (Kind::Correlation, "-" | "\u{2013}" | "\u{2014}") => Some(1.0),
                (Kind::Correlation, text) => text.trim_end_matches('*').parse().ok(),
                (Kind::Covariance, text) => text.parse().ok(),
            };
            let number = number.filter(|number: &f64| number.is_finite());
            row.push(number.ok_or_else(|| DataError::WrongValue {
                path: format!("{} row {}", field.path, at + 1),
                expected: "numbers apart by blanks",
                found: format!("the text `{word}`"),
            })?);
        }
        rows.push(row);
    }
    Ok(rows)
}

/// Which entries a row holds, told by its length.
fn fill(path: &str, names: &[String], rows: Vec<Vec<f64>>, kind: Kind) -> Result<Array2<f64>, DataError> {
    let p = names.len();
    let lengths = || rows.iter().map(Vec::len);
    let is = |shape: &dyn Fn(usize) -> usize, count: usize| {
        rows.len() == count && lengths().enumerate().all(|(at, length)| length == shape(at))
    };
    let mut matrix = Array2::eye(p);
    // Where the entries of a row start, and the variable of the first row.
    let (first_row, first_column): (usize, fn(usize) -> usize) = if is(&|_| p, p) {
        for (row, values) in rows.iter().enumerate() {
            for (column, &value) in values.iter().enumerate() {
                matrix[[row, column]] = value;
            }
        }
        check_symmetry(path, names, &matrix)?;
        return Ok(matrix);
    } else if is(&|at| at + 1, p) {
        (0, |_| 0)
    } else if is(&|at| p - at, p) {
        (0, |row| row)
    } else if kind == Kind::Correlation && is(&|at| at, p) {
        (0, |_| 0)
    } else if kind == Kind::Correlation && p > 1 && is(&|at| at + 1, p - 1) {
        (1, |_| 0)
    } else if kind == Kind::Correlation && p > 1 && (is(&|at| p - 1 - at, p - 1) || is(&|at| p - 1 - at, p)) {
        (0, |row| row + 1)
    } else {
        return Err(wrong_shape(path, p, &rows));
    };
    for (at, values) in rows.iter().enumerate() {
        let row = first_row + at;
        for (offset, &value) in values.iter().enumerate() {
            let column = first_column(row) + offset;
            matrix[[row, column]] = value;
            matrix[[column, row]] = value;
        }
    }
    Ok(matrix)
}

fn wrong_shape(path: &str, p: usize, rows: &[Vec<f64>]) -> DataError {
    if rows.len() != p {
        return DataError::WrongLength { path: path.to_owned(), what: "rows", found: rows.len(), expected: p };
    }
    // The second row of a lower triangle is shorter than the first one of a full matrix: the first tells which was meant.
    let full = p > 1 && rows[0].len() > 1;
    let odd = rows.iter().enumerate().find(|(at, row)| row.len() != if full { p } else { at + 1 });
    let (at, row) = odd.unwrap_or((0, &rows[0]));
    DataError::WrongLength {
        path: format!("{path}[{at}]"),
        what: "numbers",
        found: row.len(),
        expected: if full { p } else { at + 1 },
    }
}

fn check_symmetry(path: &str, names: &[String], matrix: &Array2<f64>) -> Result<(), DataError> {
    for row in 0..names.len() {
        for column in 0..row {
            let (lower, upper) = (matrix[[row, column]], matrix[[column, row]]);
            let scale = (matrix[[row, row]].abs() * matrix[[column, column]].abs()).sqrt();
            if (lower - upper).abs() > ASYMMETRY * scale {
                let (row, column) = (names[row].clone(), names[column].clone());
                return Err(DataError::Asymmetric { path: path.to_owned(), row, column, lower, upper });
            }
        }
    }
    Ok(())
}

fn check_covariances(path: &str, names: &[String], matrix: &Array2<f64>) -> Result<(), DataError> {
    let p = names.len();
    for at in 0..p {
        let value = matrix[[at, at]];
        if value <= 0.0 {
            return Err(DataError::NotPositive {
                path: path.to_owned(),
                what: "variance",
                name: names[at].clone(),
                value,
            });
        }
    }
    let sd = |at: usize| matrix[[at, at]].sqrt();
    refuse_impossible(path, names, |row, column| matrix[[row, column]] / sd(row) / sd(column))
}

fn check_correlations(path: &str, names: &[String], matrix: &Array2<f64>) -> Result<(), DataError> {
    for at in 0..names.len() {
        let value = matrix[[at, at]];
        if (value - 1.0).abs() > ASYMMETRY {
            let (path, found) = (format!("{path}, diagonal of `{}`", names[at]), value.to_string());
            return Err(DataError::WrongValue { path, expected: "1", found });
        }
    }
    refuse_impossible(path, names, |row, column| matrix[[row, column]])
}

fn refuse_impossible(path: &str, names: &[String], correlation: impl Fn(usize, usize) -> f64) -> Result<(), DataError> {
    for row in 0..names.len() {
        for column in 0..row {
            let value = correlation(row, column);
            // Rounded covariances of collinear variables exceed 1 by a little; the collinearity is told later.
            if value.abs() > 1.0 + 1e-9 {
                let (row, column) = (names[row].clone(), names[column].clone());
                return Err(DataError::CorrelationRange { path: path.to_owned(), row, column, value });
            }
        }
    }
    Ok(())
}
