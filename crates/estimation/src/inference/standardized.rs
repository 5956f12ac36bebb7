//! Standardized estimates: std.lv, std.all and std.nox, as lavaan defines them.
//!
//! Loadings and paths are multiplied by the standard deviation of the variable that the arrow leaves and divided by that of the
//! variable it reaches; variances are divided by the variable's variance; covariances by the standard deviations that belong to
//! them: for disturbances and residuals the residual ones, so that the result is a residual correlation; intercepts by
//! the variable's standard deviation. std.lv standardizes latent variables only, std.all all variables, std.nox all but the
//! exogenous observed ones.

use latva_spec::table::{Op, ParTable};

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

/// A variance of the solution that standardized values are made with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Variance {
    /// Of a variable of the latent side.
    Latent(usize),
    /// Of an observed variable.
    Observed(usize),
    /// Of the disturbance of a variable of the latent side.
    Disturbance(usize),
    /// Of the residual of an observed variable.
    Residual(usize),
}

impl Variance {
    fn value(self, model: &BlockModel, implied: &Implied) -> f64 {
        match self {
            Variance::Latent(r) => implied.latent[[r, r]],
            Variance::Observed(i) => implied.cov[[i, i]],
            // A negative one takes its size, so that a residual correlation keeps its sign.
            Variance::Disturbance(r) => model.latent_cov[[r, r]].abs(),
            Variance::Residual(i) => model.residual_cov[[i, i]].abs(),
        }
    }

    /// gradient += factor x the derivative of the logarithm by theta.
    fn add_log_derivative(self, factor: f64, model: &BlockModel, implied: &Implied, gradient: &mut [f64]) {
        let signed = match self {
            Variance::Disturbance(r) => model.latent_cov[[r, r]],
            Variance::Residual(i) => model.residual_cov[[i, i]],
            Variance::Latent(_) | Variance::Observed(_) => self.value(model, implied),
        };
        let twice_unless_same = |r: usize, s: usize| if r == s { 1.0 } else { 2.0 };
        for entry in &model.entries {
            let slope = match (self, entry.place) {
                (Variance::Latent(r), Place::Path(s, t)) => 2.0 * implied.total[[r, s]] * implied.latent[[t, r]],
                (Variance::Latent(r), Place::LatentCov(s, t)) => {
                    twice_unless_same(s, t) * implied.total[[r, s]] * implied.total[[r, t]]
                }
                (Variance::Observed(i), Place::Loading(j, r)) if i == j => 2.0 * implied.loadings_latent[[i, r]],
                (Variance::Observed(i), Place::Path(s, t)) => {
                    2.0 * implied.loadings_total[[i, s]] * implied.loadings_latent[[i, t]]
                }
                (Variance::Observed(i), Place::LatentCov(s, t)) => {
                    twice_unless_same(s, t) * implied.loadings_total[[i, s]] * implied.loadings_total[[i, t]]
                }
                (Variance::Observed(i) | Variance::Residual(i), Place::ResidualCov(j, k)) if i == j && i == k => 1.0,
                (Variance::Disturbance(r), Place::LatentCov(s, t)) if r == s && r == t => 1.0,
                _ => continue,
            };
            gradient[entry.parameter] += factor * slope / signed;
        }
    }
}

/// The standardized value is the estimate times the product of these variances to these powers.
type Factors = [Option<(Variance, f64)>; 2];

/// The factors of one row; `None` for rows that have no place in the matrices.
fn factors(table: &ParTable, index: usize, model: &BlockModel, kind: Standardization) -> Option<Factors> {
    let row = &table.rows[index];
    if row.op == Op::Scale {
        return Some([None, None]);
    }
    let place = *model.row_places.get(&index)?;
    let exogenous = &table.blocks[row.block - 1].exogenous;
    // `None` where this kind leaves the variable alone.
    let latent_side = |r: usize| match kind {
        Standardization::Latent if r >= model.n_latent => None,
        Standardization::NotExogenous if r >= model.n_latent && exogenous.contains(&model.latent[r]) => None,
        _ => Some(Variance::Latent(r)),
    };
    let observed_side = |i: usize| match kind {
        Standardization::Latent => None,
        Standardization::NotExogenous if exogenous.contains(&model.observed[i]) => None,
        _ => Some(Variance::Observed(i)),
    };
    // A variable that a path explains is not exogenous (a modification index may ask for such a path).
    let explained = |r: usize| match kind {
        Standardization::Latent => latent_side(r),
        Standardization::All | Standardization::NotExogenous => Some(Variance::Latent(r)),
    };
    let disturbance = |r: usize| latent_side(r).map(|_| Variance::Disturbance(r));
    let residual = |i: usize| (kind != Standardization::Latent).then_some(Variance::Residual(i));
    let power = |variance: Option<Variance>, exponent: f64| variance.map(|variance| (variance, exponent));
    Some(match place {
        Place::Loading(i, r) => [power(latent_side(r), 0.5), power(observed_side(i), -0.5)],
        Place::Path(r, s) => [power(latent_side(s), 0.5), power(explained(r), -0.5)],
        Place::LatentCov(r, s) if r == s => [power(latent_side(r), -1.0), None],
        Place::LatentCov(r, s) => [power(disturbance(r), -0.5), power(disturbance(s), -0.5)],
        Place::ResidualCov(i, j) if i == j => [power(observed_side(i), -1.0), None],
        Place::ResidualCov(i, j) => [power(residual(i), -0.5), power(residual(j), -0.5)],
        Place::Intercept(i) => [power(observed_side(i), -0.5), None],
        Place::LatentMean(r) => [power(latent_side(r), -0.5), None],
    })
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
    (0..table.rows.len())
        .map(|index| {
            let row = &table.rows[index];
            if !row.op.is_parameter() {
                return None;
            }
            let (model, implied) = (&models[row.block - 1], implied[row.block - 1]);
            let value = factors(table, index, model, kind)?
                .into_iter()
                .flatten()
                .fold(estimates[index], |value, (variance, exponent)| {
                    value * variance.value(model, implied).powf(exponent)
                });
            value.is_finite().then_some(value)
        })
        .collect()
}

/// The derivatives by theta (q) of the standardized value of each row; `None` where the row has none.
///
/// With value = estimate x product of v_k^e_k: d value = d estimate x value / estimate + value x sum of e_k d log v_k.
pub(crate) fn standardized_gradients(
    table: &ParTable,
    estimates: &[f64],
    standardized: &[Option<f64>],
    models: &[BlockModel],
    implied: &[&Implied],
    kind: Standardization,
) -> Vec<Option<Vec<f64>>> {
    let q = table.n_free();
    table
        .rows
        .iter()
        .enumerate()
        .map(|(index, row)| {
            let value = standardized[index]?;
            let (model, implied) = (&models[row.block - 1], implied[row.block - 1]);
            let factors = factors(table, index, model, kind)?;
            let mut gradient = vec![0.0; q];
            let mut scale = 1.0;
            for (variance, exponent) in factors.into_iter().flatten() {
                scale *= variance.value(model, implied).powf(exponent);
                if estimates[index] != 0.0 {
                    variance.add_log_derivative(value * exponent, model, implied, &mut gradient);
                }
            }
            if row.free > 0 {
                gradient[row.free - 1] += scale;
            }
            Some(gradient)
        })
        .collect()
}
