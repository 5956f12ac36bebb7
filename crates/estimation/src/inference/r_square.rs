//! R-square: the share of an endogenous variable's variance that the model explains.

use latva_spec::table::{Op, ParTable};

use crate::implied::{BlockModel, Implied, Place};
use crate::result::{Estimate, RSquare, Uncertainty};

/// R-square = 1 - residual variance / variance, of every variable that something points at; observed variables first,
/// then latent ones, in the order of the block. Its standard error and interval are those of the standardized residual variance.
pub(crate) fn r_squares(
    table: &ParTable,
    estimates: &[Estimate],
    models: &[BlockModel],
    implied: &[&Implied],
) -> Vec<RSquare> {
    let mut result = Vec::new();
    for (index, (model, implied)) in models.iter().zip(implied).enumerate() {
        let mut push = |variable: &str, residual: f64, variance: f64| {
            let value = 1.0 - residual / variance;
            if value.is_finite() {
                let row = table.rows.iter().position(|row| {
                    row.block == index + 1 && row.op == Op::Covariance && row.lhs == variable && row.rhs == variable
                });
                let residual = row.and_then(|row| estimates[row].std_all_uncertainty);
                let uncertainty = residual.map(explained);
                result.push(RSquare { block: index + 1, variable: variable.to_string(), value, uncertainty });
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
