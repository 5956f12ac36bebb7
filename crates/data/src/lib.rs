//! Data sets and sample moments, read from bytes. The crate knows no model and opens no file.
//!
//! [`read_csv`] gives a [`DataTable`] of typed columns, [`read_moments_toml`] and [`read_moments_json`] give a [`MomentsTable`];
//! both give the [`Sample`] of the variables that a model names. [`Patterns`] sorts the rows of a sample by what is missing.

mod case_rows;
mod collinear;
mod encoding;
mod error;
mod fields;
mod layout;
mod moments;
mod moments_file;
mod nearest;
mod note;
mod patterns;
mod read;
mod sample;
mod selection;
mod table;
mod weights;

pub use case_rows::CaseRows;
pub use collinear::Dependency;
pub use error::{BadCell, DataError};
pub use layout::Delimiter;
pub use moments_file::{Divisor, MomentsTable, read_moments_json, read_moments_toml};
pub use note::DataNote;
pub use patterns::{Pattern, Patterns};
pub use read::{CsvOptions, Decimal, read_csv};
pub use sample::{GroupSample, Sample};
pub use selection::{MissingRows, SampleOptions, Singular};
pub use table::{Column, DataTable, NumericColumn};
pub use weights::{SamplingWeights, WeightNormalization};
