//! R-square: the share of an endogenous variable's variance that the model explains.

use crate::implied::{BlockModel, Implied, Place};
use crate::result::RSquare;

/// R-square = 1 - residual variance / variance, of every variable that something points at; observed variables first,
/// then latent ones, in the order of the block.
pub(crate) fn r_squares(models: &[BlockModel], implied: &[&Implied]) -> Vec<RSquare> {
    let mut result = Vec::new();
    for (index, (model, implied)) in models.iter().zip(implied).enumerate() {
        let mut push = |variable: &str, residual: f64, variance: f64| {
            let value = 1.0 - residual / variance;
            if value.is_finite() {
                result.push(RSquare { block: index + 1, variable: variable.to_string(), value });
            }
        };
        let has_path =
            |r: usize| model.row_places.values().any(|place| matches!(place, Place::Path(target, _) if *target == r));
        for (i, name) in model.observed.iter().enumerate() {
            let promoted = model.latent.iter().skip(model.n_latent).position(|other| other == name);
            match promoted.map(|offset| offset + model.n_latent) {
                Some(r) if has_path(r) => push(name, model.latent_cov[[r, r]], implied.latent[[r, r]]),
                Some(_) => {}
                None => {
                    let measured = model
                        .row_places
                        .values()
                        .any(|place| matches!(place, Place::Loading(target, _) if *target == i));
                    if measured {
                        push(name, model.residual_cov[[i, i]], implied.cov[[i, i]]);
                    }
                }
            }
        }
        for r in (0..model.n_latent).filter(|&r| has_path(r)) {
            push(&model.latent[r], model.latent_cov[[r, r]], implied.latent[[r, r]]);
        }
    }
    result
}
