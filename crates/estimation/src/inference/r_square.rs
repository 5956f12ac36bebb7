//! R-square: the share of an endogenous variable's variance that the model explains.

use crate::implied::{BlockModel, Implied, Place};
use crate::result::{Estimate, RSquare, Uncertainty};

/// R-square = 1 - residual variance / variance, of every variable that something points at; observed variables first,
/// then latent ones, in the order of the block. Its standard error and interval are those of the standardized residual variance.
pub(crate) fn r_squares(estimates: &[Estimate], models: &[BlockModel], implied: &[&Implied]) -> Vec<RSquare> {
    let mut result = Vec::with_capacity(models.iter().map(BlockModel::p).sum());
    for (index, (model, implied)) in models.iter().zip(implied).enumerate() {
        let (p, m) = (model.p(), model.m());
        let (mut measured, mut has_path) = (vec![false; p], vec![false; m]);
        // The rows of the residual variances.
        let (mut of_observed, mut of_latent) = (vec![None; p], vec![None; m]);
        for (row, place) in model.row_places.iter() {
            match place {
                Place::Loading(i, _) => measured[i] = true,
                Place::Path(r, _) => has_path[r] = true,
                Place::ResidualCov(i, j) if i == j => of_observed[i] = of_observed[i].or(Some(row)),
                Place::LatentCov(r, s) if r == s => of_latent[r] = of_latent[r].or(Some(row)),
                Place::ResidualCov(..) | Place::LatentCov(..) | Place::Intercept(_) | Place::LatentMean(_) => {}
            }
        }
        let mut push = |variable: &str, residual: f64, variance: f64, row: Option<usize>| {
            let value = 1.0 - residual / variance;
            if value.is_finite() {
                let residual = row.and_then(|row| estimates[row].std_all_uncertainty);
                let uncertainty = residual.map(explained);
                result.push(RSquare { block: index + 1, variable: variable.into(), value, uncertainty });
            }
        };
        for (i, name) in model.observed.iter().enumerate() {
            let promoted = model.latent.iter().skip(model.n_latent).position(|other| other == name);
            match promoted.map(|offset| offset + model.n_latent) {
                Some(r) if has_path[r] => push(name, model.latent_cov[[r, r]], implied.latent[[r, r]], of_latent[r]),
                Some(_) => {}
                None if measured[i] => push(name, model.residual_cov[[i, i]], implied.cov[[i, i]], of_observed[i]),
                None => {}
            }
        }
        for r in (0..model.n_latent).filter(|&r| has_path[r]) {
            push(&model.latent[r], model.latent_cov[[r, r]], implied.latent[[r, r]], of_latent[r]);
        }
    }
    result
}

/// The uncertainty of one less a standardized residual variance. A test against zero, the end of the range, has no meaning.
fn explained(residual: Uncertainty) -> Uncertainty {
    Uncertainty {
        se: residual.se,
        z: None,
        pvalue: None,
        ci_lower: residual.ci_upper.map(|upper| 1.0 - upper),
        ci_upper: residual.ci_lower.map(|lower| 1.0 - lower),
        ci_pvalue: None,
    }
}
