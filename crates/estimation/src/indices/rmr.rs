//! Root mean square residual.

use super::residuals::{Scale, SquaredResiduals, average_over_groups, pooled_over_groups};

/// RMR as in lavaan: sqrt(mean of the squared raw residuals of vech(S - Sigma) and, with `means`, of m - mu) of each
/// group, averaged with weights N_g.
///
/// lavaan's `rmr` has `means` when means are modelled, `rmr_nomean` never.
/// Source: Joreskog, K. G., & Sorbom, D. (1981). LISREL V.
pub fn rmr(groups: &[SquaredResiduals], means: bool) -> Option<f64> {
    average_over_groups(groups, Scale::Raw, means)
}

/// RMR as in AMOS: the residuals of all groups pooled, sqrt(sum_g sum (s - sigma)^2 / sum_g p_g (p_g + 1) / 2).
pub fn pooled_rmr(groups: &[SquaredResiduals]) -> Option<f64> {
    pooled_over_groups(groups, Scale::Raw, false)
}
