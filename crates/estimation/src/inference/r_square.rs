//! R-square: the share of an endogenous variable's variance that the model explains.

use crate::implied::{BlockModel, Implied, Place};
use crate::result::{Estimate, RSquare, Uncertainty};

/// R-square = 1 - residual variance / variance, of every variable that something points at; observed variables first,
/// then latent ones, in the order of the block. Its standard error and interval are those of the standardized residual variance.
pub(crate) fn r_squares(estimates: &[Estimate], models: &[BlockModel], implied: &[&Implied]) -> Vec<RSquare> {
    let mut result = Vec::with_capacity(models.iter().map(|model| model.p() + model.n_latent).sum());
    for (index, (model, implied)) in models.iter().zip(implied).enumerate() {
        let (p, m) = (model.p(), model.m());
        // Whether anything points at the observed variables and at those of the latent side, and the rows of their residual variances.
        let mut variables = vec![(false, None); p + m];
        let (observed, latent) = variables.split_at_mut(p);
        for (row, place) in model.row_places.iter() {
            match place {
                Place::Loading(i, _) => observed[i].0 = true,
                Place::Path(r, _) => latent[r].0 = true,
                Place::ResidualCov(i, j) if i == j => observed[i].1 = observed[i].1.or(Some(row)),
                Place::LatentCov(r, s) if r == s => latent[r].1 = latent[r].1.or(Some(row)),
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
                Some(r) if latent[r].0 => push(name, model.latent_cov[[r, r]], implied.latent[[r, r]], latent[r].1),
                None if observed[i].0 => push(name, model.residual_cov[[i, i]], implied.cov[[i, i]], observed[i].1),
                _ => {}
            }
        }
        for r in (0..model.n_latent).filter(|&r| latent[r].0) {
            push(&model.latent[r], model.latent_cov[[r, r]], implied.latent[[r, r]], latent[r].1);
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
