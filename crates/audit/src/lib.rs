//! Are the published figures of a study consistent with each other?
//!
//! A study file ([`Study::parse`]) holds the figures as printed, so that their precision is known. [`audit`] recomputes
//! each figure from the others by interval arithmetic over the rounding and tells whether some unrounded
//! numbers could give all of them as printed. Arithmetic is judged, never intent. [`check()`] holds the figures against fits
//! of the study's models. The crate reads and writes nothing.

mod check;
mod checks;
mod finding;
mod interval;
mod linear;
mod printed;
pub mod render;
mod slip;
mod structure;
mod study;
mod threshold;

pub use check::{Agreement, Check, CheckedFigure, CheckedModel, NoMoments, check, moments_of_table};
pub use checks::CHECKS;
pub use finding::{Audit, Finding, Recomputed, Verdict};
pub use interval::Interval;
pub use printed::{Mark, NotAFigure, Printed, Relation};
pub use structure::{Count, counts};
pub use study::*;

use std::collections::BTreeMap;

/// Audits a study. `model_texts` holds the texts of the model files that [`Study::model_files`] names; what is not
/// there is reported as not checkable.
pub fn audit(study: &Study, model_texts: &BTreeMap<String, String>) -> Audit {
    checks::run(study, model_texts)
}
