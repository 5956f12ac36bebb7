//! Standardized root mean square residual, in its variants.

use super::residuals::{Scale, SquaredResiduals, average_over_groups};

/// SRMR of Bentler (lavaan's `srmr` and `srmr_bentler`): residuals divided by the sample standard deviations, the root
/// mean square of each group averaged with weights N_g.
///
/// With `means` the p mean residuals count as well (lavaan: when means are modelled; `srmr_bentler_nomean` without).
/// Source: Bentler, P. M. (1995). EQS structural equations program manual.
pub fn srmr(groups: &[SquaredResiduals], means: bool) -> Option<f64> {
    average_over_groups(groups, Scale::Bentler, means)
}

/// CRMR of Bollen: differences of the correlations, off-diagonal elements only. `None` for a single variable without
/// means.
///
/// Sources: Bollen, K. A. (1989). Structural equations with latent variables, 258; Maydeu-Olivares, A. (2017).
/// Psychometrika 82, 533-558.
pub fn crmr(groups: &[SquaredResiduals], means: bool) -> Option<f64> {
    average_over_groups(groups, Scale::Bollen, means)
}

/// SRMR of Mplus: differences of the correlations and relative differences of the variances.
///
/// Source: Asparouhov, T., & Muthen, B. (2018). SRMR in Mplus (technical note).
pub fn srmr_mplus(groups: &[SquaredResiduals], means: bool) -> Option<f64> {
    average_over_groups(groups, Scale::Mplus, means)
}
