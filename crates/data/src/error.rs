//! Everything that can be wrong with data, each with its place, cause and remedy.

use crate::Dependency;
use std::fmt::Write as _;

/// A cell that is not what its column should hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadCell {
    /// Line of the file, from 1.
    pub line: usize,
    /// What the cell holds.
    pub text: String,
}

/// What is wrong with data or moments.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    /// The bytes are of a format that is not text.
    #[error("the data file is {format}, not delimited text; export it as CSV first")]
    NotText {
        /// What it is, with its article.
        format: &'static str,
    },
    /// A byte order mark promises UTF-16, but the rest is none.
    #[error("the data file starts as UTF-16 text but is damaged; save it again as UTF-8")]
    BrokenUtf16,
    /// There is nothing in the file.
    #[error("the data file is empty; the first line must hold the variable names")]
    Empty,
    /// A quoted cell has no end.
    #[error("line {line}: a quote opens here and is never closed")]
    UnclosedQuote {
        /// Line of the quote.
        line: usize,
    },
    /// The first line holds numbers.
    #[error("line {line}: the first line holds numbers only; it must hold the variable names")]
    NoHeader {
        /// Line of the supposed header.
        line: usize,
    },
    /// There is a header and nothing else.
    #[error("the data file has a header but no rows")]
    NoRows,
    /// A row has more or fewer cells than the first one.
    #[error(
        "line {line}: {found} cells where {expected} are expected; look for a missing or extra delimiter, or an unquoted one inside a cell"
    )]
    Ragged {
        /// Line of the row.
        line: usize,
        /// Its cells.
        found: usize,
        /// The cells of the rows before.
        expected: usize,
    },

    /// No variables were asked for.
    #[error("no variables to analyse")]
    NoVariables,
    /// A variable is not in the data.
    #[error("variable `{name}` is not in the data{}", did_you_mean(.nearest.as_deref(), .available))]
    UnknownVariable {
        /// The variable.
        name: String,
        /// The nearest name in the data, if one is near.
        nearest: Option<String>,
        /// The names in the data.
        available: Vec<String>,
    },
    /// The group variable is not in the data.
    #[error("group variable `{name}` is not in the data{}", did_you_mean(.nearest.as_deref(), .available))]
    UnknownGroupVariable {
        /// The variable.
        name: String,
        /// The nearest name in the data, if one is near.
        nearest: Option<String>,
        /// The names in the data.
        available: Vec<String>,
    },
    /// The column of sampling weights is not in the data.
    #[error("the column of sampling weights `{name}` is not in the data{}", did_you_mean(.nearest.as_deref(), .available))]
    UnknownWeights {
        /// The column.
        name: String,
        /// The nearest name in the data, if one is near.
        nearest: Option<String>,
        /// The names in the data.
        available: Vec<String>,
    },
    /// Sampling weights that are missing, negative, infinite or text.
    #[error("column `{column}` must hold sampling weights, numbers from 0 on, but does not in {count} of its {rows} cells: {}; correct them, or give such a row the weight 0 to leave it out", cells(.first, *.count))]
    BadWeights {
        /// The column.
        column: String,
        /// Cells that are no weights.
        count: usize,
        /// All rows.
        rows: usize,
        /// The first of those cells; an empty text is a missing value.
        first: Vec<BadCell>,
    },
    /// No row has a positive weight.
    #[error("the sampling weight `{column}` is 0 in all {rows} rows{}, which leaves nothing to analyse; correct the weights{}", in_group(.group.as_deref()), if group.is_some() { ", or take the rows of the group out of the data" } else { "" })]
    NoWeight {
        /// The column of the weights.
        column: String,
        /// The group; without groups `None`.
        group: Option<String>,
        /// Its rows.
        rows: usize,
    },
    /// Weights are given with pairwise moments.
    #[error(
        "pairwise moments with sampling weights are not available; use all cases with `--missing ml`, or the complete ones with `--missing listwise`"
    )]
    WeightedPairwise,
    /// A group that was asked for does not occur.
    #[error("group `{label}` does not occur in `{column}`; its groups are {}", quoted(.available))]
    UnknownGroup {
        /// The label.
        label: String,
        /// The group variable.
        column: String,
        /// The labels that occur.
        available: Vec<String>,
    },
    /// A name stands over several columns.
    #[error("`{name}` is the name of {} columns ({}); rename all but one", .positions.len(), numbers(.positions))]
    RepeatedName {
        /// The name.
        name: String,
        /// The columns, from 1.
        positions: Vec<usize>,
    },
    /// A variable is asked for twice.
    #[error("variable `{name}` is listed twice")]
    ListedTwice {
        /// The variable.
        name: String,
    },
    /// A column that should be numeric holds text.
    #[error("column `{column}` must be numeric, but {count} of its {rows} cells are not: {}{}", cells(.first, *.count), text_remedy(.first))]
    TextColumn {
        /// The column.
        column: String,
        /// Cells that are neither numbers nor missing.
        count: usize,
        /// All rows.
        rows: usize,
        /// The first of those cells.
        first: Vec<BadCell>,
    },
    /// A cell holds an infinite number.
    #[error("line {line}, column `{column}`: the value is infinite; correct it or declare it missing")]
    NotFinite {
        /// Line of the file.
        line: usize,
        /// The column.
        column: String,
    },
    /// A variable has no values.
    #[error("variable `{name}` has no values{}; leave it out of the model", in_group(.group.as_deref()))]
    AllMissing {
        /// The variable.
        name: String,
        /// The group; without groups `None`.
        group: Option<String>,
    },
    /// A variable has one value only.
    #[error("variable `{name}` is constant{} (every value is {value}), so it has no variance to explain; leave it out of the model", in_group(.group.as_deref()))]
    Constant {
        /// The variable.
        name: String,
        /// The group; without groups `None`.
        group: Option<String>,
        /// Its value.
        value: f64,
    },
    /// The variance of a variable is so large or so small that its square is no normal double-precision number.
    #[error("the variance of `{name}`{} is too {} to compute with; rescale the variable", in_group(.group.as_deref()), if *.large { "large" } else { "small" })]
    Scale {
        /// The variable.
        name: String,
        /// The group; without groups `None`.
        group: Option<String>,
        /// Whether it is too large, not too small.
        large: bool,
    },
    /// Listwise deletion leaves nothing.
    #[error("no row{} has values in all {n_vars} variables (`{worst}` misses most: {worst_count} of {rows}); analyse all rows with `--missing ml`, or leave that variable out", in_group(.group.as_deref()))]
    NoCompleteRows {
        /// The group; without groups `None`.
        group: Option<String>,
        /// Variables asked for.
        n_vars: usize,
        /// Rows of the group.
        rows: usize,
        /// The variable with most missing values.
        worst: String,
        /// How many it misses.
        worst_count: usize,
    },
    /// Too few rows for the number of variables.
    #[error("{} too few for {n_vars} variables: at least {needed} are needed; {}", rows_are(*.n_obs, .group.as_deref()), if .needed > .n_vars { "use more cases or fewer variables, or `--estimator ULS`, which asks for no more than two rows" } else { "use more cases" })]
    TooFewRows {
        /// The group; without groups `None`.
        group: Option<String>,
        /// Rows that can be used.
        n_obs: usize,
        /// Variables asked for.
        n_vars: usize,
        /// Rows needed.
        needed: usize,
    },
    /// Variables are perfectly collinear.
    #[error("the variables are perfectly collinear{}: {dependency} in every row; leave one of them out of the model", in_group(.group.as_deref()))]
    Collinear {
        /// The group; without groups `None`.
        group: Option<String>,
        /// What equals what.
        dependency: Dependency,
    },
    /// Two variables are never observed together.
    #[error("`{first}` and `{second}` are never observed in the same row{}, so their covariance is unknown", in_group(.group.as_deref()))]
    NeverTogether {
        /// One variable.
        first: String,
        /// The other.
        second: String,
        /// The group; without groups `None`.
        group: Option<String>,
    },
    /// A covariance matrix cannot be one.
    #[error("the covariance matrix{} is not positive definite: the failure shows at `{name}`, given {}; check its row for typing errors, or use the raw data", in_group(.group.as_deref()), quoted(.given))]
    NotPositiveDefinite {
        /// The group; without groups `None`.
        group: Option<String>,
        /// The variable at which the Cholesky factorisation fails.
        name: String,
        /// The variables before it.
        given: Vec<String>,
    },

    /// A moments file is not TOML or JSON.
    #[error("the moments file is not valid {format}: {message}")]
    Syntax {
        /// TOML or JSON.
        format: &'static str,
        /// What its parser says, with the line.
        message: String,
    },
    /// A field of a moments file is missing.
    #[error("moments file: `{path}` is missing; it holds {holds}")]
    MissingField {
        /// The field.
        path: String,
        /// What it holds.
        holds: &'static str,
    },
    /// A field of a moments file is unknown.
    #[error("moments file: unknown field `{path}`{}", did_you_mean(.nearest.as_deref(), .known))]
    UnknownField {
        /// The field.
        path: String,
        /// The nearest known field, if one is near.
        nearest: Option<String>,
        /// The known fields.
        known: Vec<String>,
    },
    /// A field of a moments file has the wrong type or a wrong value.
    #[error("moments file: `{path}` must be {expected}, but is {found}")]
    WrongValue {
        /// The field.
        path: String,
        /// What it must be.
        expected: &'static str,
        /// What it is.
        found: String,
    },
    /// Two fields of a moments file contradict each other.
    #[error("moments file: give either `{first}` or `{second}`, not both")]
    EitherOr {
        /// One field.
        first: String,
        /// The other.
        second: String,
    },
    /// A list of a moments file has the wrong length.
    #[error("moments file: `{path}` has {found} {what} where {expected} are expected")]
    WrongLength {
        /// The field.
        path: String,
        /// What is counted.
        what: &'static str,
        /// How many there are.
        found: usize,
        /// How many there should be.
        expected: usize,
    },
    /// The groups of a moments file have different variables.
    #[error("moments file: `{path}` must name the same variables as the first group; `{name}` differs")]
    GroupNames {
        /// The field.
        path: String,
        /// A variable that only one group has.
        name: String,
    },
    /// A full matrix is not symmetric.
    #[error(
        "moments file: `{path}` is not symmetric: `{row}` with `{column}` is {lower} below the diagonal and {upper} above it"
    )]
    Asymmetric {
        /// The matrix.
        path: String,
        /// Variable of the row.
        row: String,
        /// Variable of the column.
        column: String,
        /// The value below the diagonal.
        lower: f64,
        /// The value above the diagonal.
        upper: f64,
    },
    /// A correlation is not between -1 and 1.
    #[error("moments file: `{path}`: the correlation of `{row}` with `{column}` is {value}, outside -1 to 1")]
    CorrelationRange {
        /// The matrix.
        path: String,
        /// Variable of the row.
        row: String,
        /// Variable of the column.
        column: String,
        /// The value.
        value: f64,
    },
    /// A variance or a standard deviation is not positive.
    #[error("moments file: `{path}`: the {what} of `{name}` is {value}, but must be positive")]
    NotPositive {
        /// The field.
        path: String,
        /// Variance or standard deviation.
        what: &'static str,
        /// The variable.
        name: String,
        /// The value.
        value: f64,
    },
}

fn in_group(group: Option<&str>) -> String {
    group.map(|label| format!(" in group `{label}`")).unwrap_or_default()
}

fn rows_are(count: usize, group: Option<&str>) -> String {
    let (rows, are) = if count == 1 { ("row", "is") } else { ("rows", "are") };
    format!("{count} {rows}{} {are}", in_group(group))
}

fn quoted(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

fn numbers(positions: &[usize]) -> String {
    positions.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn did_you_mean(nearest: Option<&str>, available: &[String]) -> String {
    /// More names than this are no help on one line.
    const LISTED: usize = 12;
    match nearest {
        Some(name) => format!("; did you mean `{name}`?"),
        None if available.len() <= LISTED => format!("; there are {}", quoted(available)),
        None => format!("; there are {} and {} more", quoted(&available[..LISTED]), available.len() - LISTED),
    }
}

fn cells(first: &[BadCell], count: usize) -> String {
    let mut text = String::new();
    for (at, cell) in first.iter().enumerate() {
        let comma = if at == 0 { "" } else { ", " };
        let _ = match cell.text.as_str() {
            "" => write!(text, "{comma}line {} has none", cell.line),
            held => write!(text, "{comma}line {} holds `{held}`", cell.line),
        };
    }
    if count > first.len() {
        text.push_str(", and so on");
    }
    text
}

fn text_remedy(first: &[BadCell]) -> &'static str {
    // A date such as 2020-01-31 has its dashes inside.
    let numeral = |cell: &BadCell| {
        let unsigned = cell.text.strip_prefix(['+', '-']).unwrap_or(&cell.text);
        unsigned.bytes().all(|byte| byte.is_ascii_digit() || b".,".contains(&byte))
    };
    if first.iter().all(numeral) {
        "; decimal commas and points, or marks between thousands, are mixed"
    } else {
        "; correct them, or declare them missing"
    }
}
