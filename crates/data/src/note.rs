//! What reading or selecting did that the user should know of: no fault, but worth a line.

use std::fmt;

/// A remark on how the data were read or selected.
#[derive(Debug, Clone, PartialEq)]
pub enum DataNote {
    /// The bytes are not UTF-8 and were read as Windows-1252.
    NotUtf8,
    /// The first column has no name, or the header is one cell shorter: row names as R writes them.
    RowNames,
    /// Every row ends with a delimiter after the last named column.
    TrailingDelimiter,
    /// Decimal commas were found and read as decimal points.
    DecimalComma,
    /// A column without a name; it cannot be used.
    UnnamedColumn {
        /// Column, from 1.
        position: usize,
    },
    /// Several columns share a name; none of them can be used.
    RepeatedName {
        /// The name.
        name: String,
        /// Columns, from 1.
        positions: Vec<usize>,
    },
    /// Rows with a missing value in a chosen variable were left out.
    Listwise {
        /// Rows used.
        used: usize,
        /// Rows left out.
        dropped: usize,
        /// The variable with most missing values.
        worst: String,
        /// How many it misses.
        worst_count: usize,
    },
    /// Rows that have no value in any chosen variable were left out.
    EmptyRows {
        /// Rows left out.
        dropped: usize,
        /// Rows used.
        used: usize,
    },
    /// Rows that miss a variable which the model conditions on were left out.
    MissingRequired {
        /// Rows left out.
        dropped: usize,
        /// Rows used.
        used: usize,
        /// The variables.
        names: Vec<String>,
    },
    /// Rows without a group were left out.
    MissingGroup {
        /// Rows left out.
        dropped: usize,
        /// The group variable.
        column: String,
    },
    /// Rows of groups that were not asked for were left out.
    OtherGroups {
        /// Rows left out.
        dropped: usize,
    },
    /// Rows of weight 0 were left out.
    ZeroWeights {
        /// Rows left out.
        dropped: usize,
        /// The column of the weights.
        column: String,
    },
    /// The column of the sampling weights is also analysed.
    WeightsInModel {
        /// The column.
        column: String,
    },
    /// Two variables are never observed in the same row: nothing in the data tells their covariance.
    NeverTogether {
        /// One variable.
        first: String,
        /// The other.
        second: String,
        /// The group, without groups `None`.
        group: Option<String>,
    },
    /// Given covariances had divisor N-1 and were multiplied by (N-1)/N.
    Rescaled,
    /// Correlations were given without standard deviations and are analysed as covariances.
    CorrelationsAlone,
}

impl fmt::Display for DataNote {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotUtf8 => write!(out, "the file is not UTF-8 and was read as Windows-1252 (Western European)"),
            Self::RowNames => write!(out, "the first column has no name and was taken as row names"),
            Self::TrailingDelimiter => {
                write!(out, "every row ends with a delimiter; the empty last column was left out")
            }
            Self::DecimalComma => write!(out, "numbers have decimal commas and were read so"),
            Self::UnnamedColumn { position } => {
                write!(out, "column {position} has no name and cannot be used")
            }
            Self::RepeatedName { name, positions } => {
                write!(out, "the name `{name}` stands over the columns {}; none of them can be used", list(positions))
            }
            Self::Listwise { used, dropped, worst, worst_count } => write!(
                out,
                "{dropped} of {} rows have missing values and were left out; {used} are used (`{worst}` misses most: {worst_count})",
                used + dropped
            ),
            Self::EmptyRows { dropped, used } => {
                write!(
                    out,
                    "{dropped} of {} rows have no value in any chosen variable and were left out",
                    used + dropped
                )
            }
            Self::MissingRequired { dropped, used, names } => write!(
                out,
                "{dropped} of {} rows miss an exogenous observed variable ({}) and were left out",
                used + dropped,
                names.join(", ")
            ),
            Self::MissingGroup { dropped, column } => {
                write!(out, "{dropped} rows have no value in the group variable `{column}` and were left out")
            }
            Self::OtherGroups { dropped } => {
                write!(out, "{dropped} rows of other groups were left out")
            }
            Self::ZeroWeights { dropped, column } => {
                write!(out, "{dropped} rows have the sampling weight 0 in `{column}` and were left out")
            }
            Self::WeightsInModel { column } => {
                write!(out, "`{column}` holds the sampling weights and is also a variable of the model")
            }
            Self::NeverTogether { first, second, group } => {
                write!(out, "`{first}` and `{second}` are never observed in the same row")?;
                match group {
                    Some(group) => write!(out, " of group `{group}`"),
                    None => Ok(()),
                }
            }
            Self::Rescaled => write!(out, "the given covariances were taken as unbiased and multiplied by (N-1)/N"),
            Self::CorrelationsAlone => write!(
                out,
                "correlations without standard deviations are analysed as covariances; standard errors hold only for models that do not depend on scale"
            ),
        }
    }
}

fn list(positions: &[usize]) -> String {
    positions.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
