//! Estimation, inference and fit of structural equation models.
//!
//! The path of a fit: parameter table and sample -> plan -> observed moments -> model matrices and implied
//! moments -> discrepancy -> optimiser -> information and standard errors -> tests and indices -> [`Fit`].

mod assessment;
mod asymptotic;
mod baseline;
mod bootstrap;
mod casewise;
mod comparison;
mod constraints;
mod discrepancy;
mod error;
mod estimate;
mod evidence;
mod fit;
mod implied;
mod incomplete;
pub mod indices;
mod inference;
mod likelihood;
mod measures;
mod moment_weight;
mod objective;
mod observed;
mod plan;
mod result;
mod scaling;
mod soundness;
mod stacked;
mod start;

pub use bootstrap::uncertainty_of_draws;
pub use comparison::{Difference, difference, is_nested, scaled_difference, usual_method, weights};
pub use error::EstimationError;
pub use fit::fit;
pub use inference::{
    BlockResiduals, CaseLikelihoods, ConstraintTest, ConstraintTests, Covariance, CriticalRatios, DeltaEstimate,
    DifferenceMethod, Effect, EffectKind, Effects, EffectsOfGroup, FittedModel, GroupPredictions, GroupScores,
    KindSummary, MOST_SPECIFIC_EFFECTS, ModificationIndex, ProductTest, ProductTests, ResidualMoments, ResidualSummary,
    Restriction, RootMeanSquare, RootMeanSquareInference, ScoreMethod, WaldConstraint, WaldTest, case_likelihoods,
    constraint_tests, critical_ratios, effects, factor_scores, modification_indices, predicted_values, residuals,
    wald_test,
};
pub use measures::{
    LogLikelihood, MeasuresInput, MeasuresSettings, RobustStatistics, ScaledStatistic, ScaledTests, WeightMatrix,
    fit_measures,
};
pub use plan::{
    BootstrapInterval, Estimator, H1Information, Information, Likelihood, Mimic, Missing, Options, Plan,
    StandardErrors, TestStatistic,
};
pub use result::{
    BlockMoments, BlockSummary, Bootstrap, BoundSide, ConstraintOutcome, Convergence, Estimate, Fit, FitMeasures,
    GroupSummary, ModelTest, RSquare, TerminationReason, Uncertainty,
};
