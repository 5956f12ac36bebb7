//! Do the registered figures come out when the models are fitted again?
//!
//! The caller fits the models that name their data ([`crate::Model::refit`]); [`check`] holds every registered figure
//! against what the fit gave. A figure agrees when the obtained number rounds to it as printed, or lies within the tolerance that
//! the study file states.

mod comparison;
mod expected;
mod fit;
mod moments;
mod parameter;
mod render;

pub use moments::{NoMoments, moments_of_table};

use latva_estimation::Fit;
use serde::Serialize;

use crate::study::{Study, StudyError, StudyErrors};

/// What a registered figure came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Agreement {
    /// The obtained number agrees.
    Agrees,
    /// It does not.
    Differs,
    /// The fit gave no such figure.
    NotObtained,
}

impl Agreement {
    /// In words.
    pub fn as_str(self) -> &'static str {
        match self {
            Agreement::Agrees => "agrees",
            Agreement::Differs => "differs",
            Agreement::NotObtained => "not obtained",
        }
    }
}

/// A registered figure and what the fit gave.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CheckedFigure {
    /// Model or comparison.
    pub place: String,
    /// Which figure.
    pub figure: String,
    /// As registered.
    pub expected: String,
    /// Smallest number that agrees; absent where there is none.
    pub lower: Option<f64>,
    /// Largest number that agrees; absent where there is none.
    pub upper: Option<f64>,
    /// What the fit gave.
    pub obtained: Option<f64>,
    /// Obtained less registered; absent for bounds such as "<.001".
    pub difference: Option<f64>,
    /// Verdict.
    pub verdict: Agreement,
    /// Why there is no figure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Line of the study file.
    pub line: usize,
}

/// A model of the study as it was fitted, or why it was not.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CheckedModel {
    /// Its name.
    pub name: String,
    /// Whether it was fitted; models without data are not.
    pub fitted: bool,
    /// Whether a minimum was found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub converged: Option<bool>,
    /// Whether the solution is admissible.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proper: Option<bool>,
}

/// The registered figures of a study against those that fits gave.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Check {
    /// `latva.check/1`.
    pub schema: &'static str,
    /// Key of the study.
    pub key: String,
    /// Title of the study.
    pub title: String,
    /// The models in the order of the file.
    pub models: Vec<CheckedModel>,
    /// The figures in the order of the models.
    pub figures: Vec<CheckedFigure>,
}

impl Check {
    /// Number of figures with a verdict.
    pub fn count(&self, verdict: Agreement) -> usize {
        self.figures.iter().filter(|figure| figure.verdict == verdict).count()
    }

    /// Whether every registered figure was obtained and agrees.
    pub fn all_agree(&self) -> bool {
        self.count(Agreement::Agrees) == self.figures.len()
    }
}

/// Holds the registered figures against the fits, one entry per model of the study: `None` where a model has no data.
///
/// # Errors
/// Figures of parameters or paths that the fitted model does not have, with line, field, cause and remedy.
pub fn check(study: &Study, fits: &[Option<Fit>]) -> Result<Check, StudyErrors> {
    let mut errors: Vec<StudyError> = Vec::new();
    let mut figures = Vec::new();
    let mut models = Vec::new();
    for (index, (model, fit)) in study.models.iter().zip(fits).enumerate() {
        models.push(CheckedModel {
            name: model.name.clone(),
            fitted: fit.is_some(),
            converged: fit.as_ref().map(|fit| fit.convergence.converged),
            proper: fit.as_ref().map(|fit| fit.proper),
        });
        let Some(fit) = fit else { continue };
        fit::figures(model, fit, &mut figures);
        let place = parameter::Place { model, fit, index: index + 1 };
        parameter::parameters(&place, &mut figures, &mut errors);
        parameter::paths(&place, &mut figures, &mut errors);
    }
    comparison::figures(study, fits, &mut figures);
    if errors.is_empty() {
        Ok(Check { schema: "latva.check/1", key: study.key.clone(), title: study.title.clone(), models, figures })
    } else {
        Err(StudyErrors(errors))
    }
}
