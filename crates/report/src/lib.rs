//! Reports of fitted models.
//!
//! [`Report`] is what a fit is turned into: the versioned, serialisable account `latva.fit/1` of everything that
//! was asked for, done and found. All renderings are made from it and from nothing else. [`TableReport`] is the
//! same for a parameter table without data.

mod comparison;
mod data;
mod document;
mod number;
mod outline;
mod partable;
mod render;
mod report;
mod sections;
#[cfg(test)]
mod tests;
mod vocabulary;

pub use comparison::{Compared, ComparedPair, ComparisonReport, PairOfModels, Setting, pairs_to_compare};
pub use data::{DataContext, DataKind};
pub use partable::TableReport;
pub use report::{Context, Report};
pub use sections::{
    Differences, Effects, Likelihoods, Modification, Residuals, Scores, Sections, Standardized, Wald, likelihoods_csv,
    predictions_csv, scores_csv,
};
pub use vocabulary::model_kind_name;
