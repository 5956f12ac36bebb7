//! From the solution to standard errors, standardized values, defined parameters and R-square; and what is computed where it is
//! asked for: residuals, score and Wald tests, effects, factor scores, log-likelihoods of cases.

mod candidates;
mod case_likelihood;
mod cases;
mod constraint_test;
mod covariance;
mod defined;
mod delta;
mod difference;
mod effects;
mod estimates;
mod incomplete_cases;
mod incomplete_fit;
mod information;
mod modification;
mod r_square;
mod residual_covariance;
mod residual_summary;
mod residual_tests;
mod residuals;
mod scaled_tests;
mod scores;
mod standard_errors;
mod standardized;
mod two_stage;
mod unrestricted;
mod wald;

pub use candidates::Restriction;
pub use case_likelihood::{CaseLikelihoods, case_likelihoods};
pub(crate) use cases::Cases;
pub use constraint_test::{ConstraintTest, ConstraintTests, constraint_tests};
pub use covariance::Covariance;
pub(crate) use defined::{Definition, definition_order, evaluate_definitions};
pub use delta::DeltaEstimate;
pub use difference::{DifferenceMethod, FittedModel};
pub(crate) use difference::{satorra_2000, satorra_bentler_2010};
pub use effects::{
    Effect, EffectKind, Effects, EffectsOfGroup, MOST_SPECIFIC_EFFECTS, ProductTest, ProductTests, effects,
};
pub(crate) use estimates::{AtSolution, Estimates, estimates};
pub(crate) use incomplete_fit::corrected_statistic;
pub(crate) use information::{ParameterCovariance, determined_covariance, undetermined_directions, weak_directions};
pub use modification::{ModificationIndex, modification_indices};
pub(crate) use r_square::r_squares;
pub use residual_summary::{KindSummary, ResidualSummary, RootMeanSquare, RootMeanSquareInference};
pub(crate) use residual_tests::residual_statistic;
pub use residuals::{BlockResiduals, ResidualMoments, residuals};
pub(crate) use scaled_tests::{Scaled, scaled_test};
pub use scores::{GroupPredictions, GroupScores, ScoreMethod, factor_scores, predicted_values};
pub(crate) use standard_errors::{Uncertain, Undetermined, parameter_covariance};
pub(crate) use standardized::{Standardization, standardize};
pub use wald::{CriticalRatios, WaldConstraint, WaldTest, critical_ratios, wald_test};
