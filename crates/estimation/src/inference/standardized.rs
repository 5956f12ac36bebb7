//! Standardized estimates: std.lv, std.all and std.nox, as lavaan defines them.
//!
//! Loadings and paths are multiplied by the standard deviation of the variable that the arrow leaves and divided by that of the
//! variable it reaches; variances are divided by the variable's variance; covariances by the standard deviations that belong to
//! them: for disturbances and residuals the residual ones, so that the result is a residual correlation; intercepts by
//! the variable's standard deviation. std.lv standardizes latent variables only, std.all all variables, std.nox all but the
//! exogenous observed ones.

use latva_spec::table::{Op, ParTable};

use super::delta::{SlopeSum, Slopes};
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

impl Standardization {
    /// Every kind.
    pub(crate) const ALL: [Standardization; 3] =
        [Standardization::Latent, Standardization::All, Standardization::NotExogenous];
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
}

/// The derivatives by theta of the logarithms of the variances of one block.
pub(crate) struct LogDerivatives {
    latent: Vec<Slopes>,
    observed: Vec<Slopes>,
    disturbance: Vec<Slopes>,
    residual: Vec<Slopes>,
}

impl LogDerivatives {
    /// At the point of the block.
    pub(crate) fn new(model: &BlockModel, implied: &Implied) -> Self {
        let (p, m) = (model.p(), model.m());
        let mut own = LogDerivatives {
            latent: (0..m).map(|r| latent_slopes(r, model, implied)).collect(),
            observed: (0..p).map(|i| observed_slopes(i, model, implied)).collect(),
            disturbance: vec![Slopes::new(); m],
            residual: vec![Slopes::new(); p],
        };
        for entry in &model.entries {
            match entry.place {
                Place::LatentCov(r, s) if r == s => {
                    own.disturbance[r].push((entry.parameter, 1.0 / model.latent_cov[[r, r]]));
                }
                Place::ResidualCov(i, j) if i == j => {
                    own.residual[i].push((entry.parameter, 1.0 / model.residual_cov[[i, i]]));
                }
                _ => {}
            }
        }
        own
    }

    fn of(&self, variance: Variance) -> &Slopes {
        match variance {
            Variance::Latent(r) => &self.latent[r],
            Variance::Observed(i) => &self.observed[i],
            Variance::Disturbance(r) => &self.disturbance[r],
            Variance::Residual(i) => &self.residual[i],
        }
    }
}

/// d log Phi_rr.
fn latent_slopes(r: usize, model: &BlockModel, implied: &Implied) -> Slopes {
    let variance = implied.latent[[r, r]];
    let slope = |place| match place {
        Place::Path(s, t) => 2.0 * implied.total[[r, s]] * implied.latent[[t, r]],
        Place::LatentCov(s, t) => twice_unless_same(s, t) * implied.total[[r, s]] * implied.total[[r, t]],
        _ => 0.0,
    };
    slopes_of(model, variance, slope)
}

/// d log Sigma_ii.
fn observed_slopes(i: usize, model: &BlockModel, implied: &Implied) -> Slopes {
    let (total, latent) = (implied.loadings_total.row(i), implied.loadings_latent.row(i));
    let slope = |place| match place {
        Place::Loading(j, r) if i == j => 2.0 * latent[r],
        Place::Path(s, t) => 2.0 * total[s] * latent[t],
        Place::LatentCov(s, t) => twice_unless_same(s, t) * total[s] * total[t],
        Place::ResidualCov(j, k) if i == j && i == k => 1.0,
        _ => 0.0,
    };
    slopes_of(model, implied.cov[[i, i]], slope)
}

fn twice_unless_same(r: usize, s: usize) -> f64 {
    if r == s { 1.0 } else { 2.0 }
}

fn slopes_of(model: &BlockModel, variance: f64, slope: impl Fn(Place) -> f64) -> Slopes {
    let slopes = model.entries.iter().map(|entry| (entry.parameter, slope(entry.place)));
    slopes.filter(|(_, slope)| *slope != 0.0).map(|(parameter, slope)| (parameter, slope / variance)).collect()
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

/// The derivatives by theta of the standardized value of each row; `None` where the row has none.
///
/// With value = estimate x product of v_k^e_k: d value = d estimate x value / estimate + value x sum of e_k d log v_k.
pub(crate) fn standardized_slopes(
    table: &ParTable,
    estimates: &[f64],
    standardized: &[Option<f64>],
    models: &[BlockModel],
    implied: &[&Implied],
    logarithms: &[LogDerivatives],
    kind: Standardization,
) -> Vec<Option<Slopes>> {
    let mut sum = SlopeSum::new(table.n_free());
    table
        .rows
        .iter()
        .enumerate()
        .map(|(index, row)| {
            let value = standardized[index]?;
            let block = row.block - 1;
            let mut scale = 1.0;
            for (variance, exponent) in factors(table, index, &models[block], kind)?.into_iter().flatten() {
                scale *= variance.value(&models[block], implied[block]).powf(exponent);
                if estimates[index] != 0.0 {
                    sum.add(value * exponent, logarithms[block].of(variance));
                }
            }
            if row.free > 0 {
                sum.add(scale, &[(row.free - 1, 1.0)]);
            }
            Some(sum.take())
        })
        .collect()
}
