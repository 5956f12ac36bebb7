//! Standardized estimates: std.lv, std.all and std.nox, as lavaan defines them.
//!
//! Loadings and paths are multiplied by the standard deviation of the variable that the arrow leaves and divided by that of the
//! variable it reaches; variances are divided by the variable's variance; covariances by the standard deviations that belong to
//! them: for disturbances and residuals the residual ones, so that the result is a residual correlation; intercepts by
//! the variable's standard deviation. std.lv standardizes latent variables only, std.all all variables, std.nox all but the
//! exogenous observed ones.

use latva_spec::table::{Op, ParTable};
use ndarray::Array1;

use crate::implied::{BlockModel, Implied, Place};

/// Which variables are standardized.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standardization {
    /// Latent variables.
    Latent,
    /// All variables.
    All,
    /// All but exogenous observed ones.
    NotExogenous,
}

/// What the rows of a block are divided by: standard deviations of the variables, and of their residuals.
struct Spread {
    latent: Array1<f64>,
    observed: Array1<f64>,
}

/// The standardized value of each row of the table; `None` for constraints and where a standard deviation does not exist.
/// Defined parameters are left to the caller.
pub(crate) fn standardize(
    table: &ParTable,
    estimates: &[f64],
    models: &[BlockModel],
    implied: &[&Implied],
    kind: Standardization,
) -> Vec<Option<f64>> {
    let spreads: Vec<Spread> = implied
        .iter()
        .map(|implied| Spread {
            latent: implied.latent.diag().mapv(f64::sqrt),
            observed: implied.cov.diag().mapv(f64::sqrt),
        })
        .collect();
    table
        .rows
        .iter()
        .enumerate()
        .map(|(index, row)| {
            if !row.op.is_parameter() {
                return None;
            }
            let block = row.block - 1;
            let (model, spread) = (&models[block], &spreads[block]);
            let estimate = estimates[index];
            let place = match (row.op, model.row_places.get(&index)) {
                (Op::Scale, _) => return Some(estimate),
                (_, place) => *place?,
            };
            let exogenous = &table.blocks[block].exogenous;
            // Standard deviation of a variable, or 1 where this kind leaves it alone.
            let latent_side = |r: usize| {
                let is_latent = r < model.n_latent;
                match kind {
                    Standardization::Latent if !is_latent => 1.0,
                    Standardization::NotExogenous if !is_latent && exogenous.contains(&model.latent[r]) => 1.0,
                    _ => spread.latent[r],
                }
            };
            let observed_side = |i: usize| match kind {
                Standardization::Latent => 1.0,
                Standardization::NotExogenous if exogenous.contains(&model.observed[i]) => 1.0,
                _ => spread.observed[i],
            };
            // A variable that a path explains is not exogenous (a modification index may ask for such a path).
            let explained = |r: usize| match kind {
                Standardization::Latent => latent_side(r),
                Standardization::All | Standardization::NotExogenous => spread.latent[r],
            };
            let residual_latent = |r: usize| {
                if latent_side(r) == 1.0 && spread.latent[r] != 1.0 {
                    1.0
                } else {
                    model.latent_cov[[r, r]].abs().sqrt()
                }
            };
            let value = match place {
                Place::Loading(i, r) => estimate * latent_side(r) / observed_side(i),
                Place::Path(r, s) => estimate * latent_side(s) / explained(r),
                Place::LatentCov(r, s) if r == s => estimate / latent_side(r).powi(2),
                Place::LatentCov(r, s) => estimate / (residual_latent(r) * residual_latent(s)),
                Place::ResidualCov(i, j) if i == j => estimate / observed_side(i).powi(2),
                Place::ResidualCov(i, j) => {
                    let residual = |i: usize| {
                        if kind == Standardization::Latent { 1.0 } else { model.residual_cov[[i, i]].abs().sqrt() }
                    };
                    estimate / (residual(i) * residual(j))
                }
                Place::Intercept(i) => estimate / observed_side(i),
                Place::LatentMean(r) => estimate / latent_side(r),
            };
            value.is_finite().then_some(value)
        })
        .collect()
}
