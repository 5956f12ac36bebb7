//! Standardized estimates: std.lv, std.all and std.nox, as lavaan defines them.
//!
//! Loadings and paths are multiplied by the standard deviation of the variable that the arrow leaves and divided by that of the
//! variable it reaches; variances are divided by the variable's variance; covariances by the standard deviations that belong to
//! them: for disturbances and residuals the residual ones, so that the result is a residual correlation; intercepts by
//! the variable's standard deviation. std.lv standardizes latent variables only, std.all all variables, std.nox all but the
//! exogenous observed ones.

use latva_spec::table::{Op, ParTable};
use ndarray::{Array2, ArrayView1};

use super::delta::{ProductId, Products, SlopeSum, Slopes, Term};
use crate::implied::{BlockModel, Entry, Implied, Place};

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
pub(crate) enum Variance {
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
    /// Number of variances of a block.
    fn count(model: &BlockModel) -> usize {
        2 * (model.m() + model.p())
    }

    /// Which of them this one is.
    fn position(self, model: &BlockModel) -> usize {
        let (m, p) = (model.m(), model.p());
        match self {
            Variance::Latent(r) => r,
            Variance::Disturbance(r) => m + r,
            Variance::Observed(i) => 2 * m + i,
            Variance::Residual(i) => 2 * m + p + i,
        }
    }

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
    /// Where the slopes of each variance begin, by [`Variance::position`], and the end of the last.
    starts: Vec<usize>,
    slopes: Slopes,
}

impl LogDerivatives {
    /// At the point of the block. With A = (I-B)^-1, E = A Psi A' and Lambda of it: d E_rr = 2 A_rs E_tr dB_st + 2 A_rs A_rt dPsi_st (once
    /// for s = t), d Sigma_ii the same with Lambda A and Lambda E in place of A and E, and 2 (Lambda E)_ir dLambda_ir + dTheta_ii.
    pub(crate) fn new(model: &BlockModel, implied: &Implied) -> Self {
        let mut all = Unordered { model, implied, slopes: Vec::with_capacity(4 * model.entries.len()) };
        let Implied { total, latent, loadings_total, loadings_latent, cov, .. } = implied;
        for &Entry { place, parameter } in &model.entries {
            match place {
                Place::Loading(i, r) => {
                    all.push(Variance::Observed(i), parameter, 2.0 * loadings_latent[[i, r]] / cov[[i, i]]);
                }
                Place::Path(s, t) => {
                    all.push_products(Variance::Latent, parameter, 2.0, total.column(s), latent.column(t));
                    let (a, e) = (loadings_total.column(s), loadings_latent.column(t));
                    all.push_products(Variance::Observed, parameter, 2.0, a, e);
                }
                Place::LatentCov(s, t) => {
                    let times = if s == t { 1.0 } else { 2.0 };
                    all.push_products(Variance::Latent, parameter, times, total.column(s), total.column(t));
                    let (a, other) = (loadings_total.column(s), loadings_total.column(t));
                    all.push_products(Variance::Observed, parameter, times, a, other);
                    if s == t {
                        all.push(Variance::Disturbance(s), parameter, 1.0 / model.latent_cov[[s, s]]);
                    }
                }
                Place::ResidualCov(i, j) if i == j => {
                    all.push(Variance::Observed(i), parameter, 1.0 / cov[[i, i]]);
                    all.push(Variance::Residual(i), parameter, 1.0 / model.residual_cov[[i, i]]);
                }
                Place::ResidualCov(..) | Place::Intercept(_) | Place::LatentMean(_) => {}
            }
        }
        all.in_order()
    }

    /// Those of one of the variances of the block.
    fn of(&self, variance: Variance, model: &BlockModel) -> &[(usize, f64)] {
        let place = variance.position(model);
        &self.slopes[self.starts[place]..self.starts[place + 1]]
    }
}

/// Slopes of the logarithms of variances as they are found.
struct Unordered<'a> {
    model: &'a BlockModel,
    implied: &'a Implied,
    /// Position of the variance, parameter, slope.
    slopes: Vec<(usize, usize, f64)>,
}

impl Unordered<'_> {
    fn push(&mut self, variance: Variance, parameter: usize, slope: f64) {
        self.slopes.push((variance.position(self.model), parameter, slope));
    }

    /// Adds times x_i y_i / v_i, where it is not zero, to the slopes of the variances v_i of all variables i by a parameter.
    fn push_products(
        &mut self,
        variance: fn(usize) -> Variance,
        parameter: usize,
        times: f64,
        x: ArrayView1<'_, f64>,
        y: ArrayView1<'_, f64>,
    ) {
        for (i, (x, y)) in x.iter().zip(y).enumerate() {
            let product = x * y;
            if product != 0.0 {
                let variance = variance(i);
                self.push(variance, parameter, times * product / variance.value(self.model, self.implied));
            }
        }
    }

    /// Variance by variance, those of each in the order in which they were found.
    fn in_order(&self) -> LogDerivatives {
        let mut starts = vec![0; Variance::count(self.model) + 1];
        for &(place, ..) in &self.slopes {
            starts[place + 1] += 1;
        }
        for place in 1..starts.len() {
            starts[place] += starts[place - 1];
        }
        let (mut next, mut slopes) = (starts.clone(), vec![(0, 0.0); self.slopes.len()]);
        for &(place, parameter, slope) in &self.slopes {
            slopes[next[place]] = (parameter, slope);
            next[place] += 1;
        }
        LogDerivatives { starts, slopes }
    }
}

/// A power of a variance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Power {
    /// The standard deviation.
    Root,
    /// One over the standard deviation.
    InverseRoot,
    /// One over the variance.
    Inverse,
}

impl Power {
    fn exponent(self) -> f64 {
        match self {
            Power::Root => 0.5,
            Power::InverseRoot => -0.5,
            Power::Inverse => -1.0,
        }
    }

    fn of(self, variance: f64) -> f64 {
        match self {
            Power::Root => variance.sqrt(),
            Power::InverseRoot => 1.0 / variance.sqrt(),
            Power::Inverse => 1.0 / variance,
        }
    }
}

/// The standardized value is the estimate times the product of these variances to these powers.
pub(crate) type Factors = [Option<(Variance, Power)>; 2];

/// The factors of one row with its place in the matrices; `None` for rows that have none.
fn factors(
    table: &ParTable,
    index: usize,
    place: Option<Place>,
    model: &BlockModel,
    kind: Standardization,
) -> Option<Factors> {
    let row = &table.rows[index];
    if row.op == Op::Scale {
        return Some([None, None]);
    }
    let place = place?;
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
    let power = |variance: Option<Variance>, power: Power| variance.map(|variance| (variance, power));
    Some(match place {
        Place::Loading(i, r) => [power(latent_side(r), Power::Root), power(observed_side(i), Power::InverseRoot)],
        Place::Path(r, s) => [power(latent_side(s), Power::Root), power(explained(r), Power::InverseRoot)],
        Place::LatentCov(r, s) if r == s => [power(latent_side(r), Power::Inverse), None],
        Place::LatentCov(r, s) => {
            [power(disturbance(r), Power::InverseRoot), power(disturbance(s), Power::InverseRoot)]
        }
        Place::ResidualCov(i, j) if i == j => [power(observed_side(i), Power::Inverse), None],
        Place::ResidualCov(i, j) => [power(residual(i), Power::InverseRoot), power(residual(j), Power::InverseRoot)],
        Place::Intercept(i) => [power(observed_side(i), Power::InverseRoot), None],
        Place::LatentMean(r) => [power(latent_side(r), Power::InverseRoot), None],
    })
}

/// What the estimate of a row is multiplied by.
fn product_of(factors: &Factors, model: &BlockModel, implied: &Implied) -> f64 {
    factors.iter().flatten().map(|(variance, power)| power.of(variance.value(model, implied))).product()
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
            let place = model.row_places.get(&index).copied();
            let value = estimates[index] * product_of(&factors(table, index, place, model, kind)?, model, implied);
            value.is_finite().then_some(value)
        })
        .collect()
}

/// Standardized values with their derivatives by theta, row by row.
pub(crate) struct Standardizer<'a> {
    table: &'a ParTable,
    estimates: &'a [f64],
    models: &'a [BlockModel],
    implied: &'a [&'a Implied],
    /// The place of each row.
    places: Vec<Option<Place>>,
    logarithms: Vec<LogDerivatives>,
    /// Their products with the covariance matrix of theta, as far as they have been asked for.
    products: Option<Products<'a>>,
    /// Which of them belongs to each variance of each block, by [`Variance::position`].
    made: Vec<Vec<Option<ProductId>>>,
    sum: SlopeSum,
    slopes: Slopes,
}

/// A standardized value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Standardized {
    /// The value; `None` where a standard deviation does not exist.
    pub(crate) value: Option<f64>,
    /// What the estimate was multiplied by.
    scale: f64,
    /// What that is the product of: kinds with the same factors do the same to a row.
    pub(crate) factors: Factors,
}

impl<'a> Standardizer<'a> {
    /// For the rows of a table at the point of the blocks; the derivatives only where theta has a covariance matrix.
    pub(crate) fn new(
        table: &'a ParTable,
        estimates: &'a [f64],
        models: &'a [BlockModel],
        implied: &'a [&'a Implied],
        vcov: Option<&'a Array2<f64>>,
    ) -> Self {
        let blocks = models.iter().zip(implied).filter(|_| vcov.is_some());
        let logarithms = blocks.map(|(model, implied)| LogDerivatives::new(model, implied)).collect();
        let mut places = vec![None; table.rows.len()];
        for (row, place) in models.iter().flat_map(|model| model.row_places.iter()) {
            places[row] = Some(place);
        }
        Standardizer {
            table,
            estimates,
            models,
            implied,
            places,
            logarithms,
            products: vcov.map(|vcov| Products::new(vcov, models.iter().map(|model| model.m() + model.p()).sum())),
            made: models.iter().map(|model| vec![None; Variance::count(model)]).collect(),
            sum: SlopeSum::new(table.n_free()),
            slopes: Slopes::new(),
        }
    }

    /// The standardized value of a row that is a parameter; `None` where it has no place in the matrices.
    pub(crate) fn value(&self, index: usize, kind: Standardization) -> Option<Standardized> {
        self.factors(index, kind).map(|factors| self.multiplied(index, factors))
    }

    /// The factors of such a row.
    pub(crate) fn factors(&self, index: usize, kind: Standardization) -> Option<Factors> {
        let block = self.table.rows[index].block - 1;
        factors(self.table, index, self.places[index], &self.models[block], kind)
    }

    /// The estimate of a row times these factors.
    pub(crate) fn multiplied(&self, index: usize, factors: Factors) -> Standardized {
        let block = self.table.rows[index].block - 1;
        let scale = product_of(&factors, &self.models[block], self.implied[block]);
        let value = self.estimates[index] * scale;
        Standardized { value: value.is_finite().then_some(value), scale, factors }
    }

    /// The sampling variance of a value of a row, by the derivatives of [`Self::slopes`]; `None` without a covariance matrix of theta.
    pub(crate) fn variance(&mut self, index: usize, standardized: &Standardized) -> Option<f64> {
        let value = standardized.value?;
        let products = self.products.as_mut()?;
        let row = &self.table.rows[index];
        let block = row.block - 1;
        let mut terms = [Term::NONE; 2];
        if self.estimates[index] != 0.0 {
            for (term, (variance, power)) in terms.iter_mut().zip(standardized.factors.iter().flatten()) {
                let slopes = self.logarithms[block].of(*variance, &self.models[block]);
                let made = &mut self.made[block][variance.position(&self.models[block])];
                let product = *made.get_or_insert_with(|| products.push(slopes));
                *term = Term { factor: value * power.exponent(), slopes, product };
            }
        }
        Some(products.variance(terms, (row.free > 0).then(|| (standardized.scale, row.free - 1))))
    }

    /// The derivatives by theta of a value of a row.
    ///
    /// With value = estimate x product of v_k^e_k: d value = d estimate x value / estimate + value x sum of e_k d log v_k.
    pub(crate) fn slopes(&mut self, index: usize, standardized: &Standardized) -> Option<&[(usize, f64)]> {
        let value = standardized.value?;
        let row = &self.table.rows[index];
        let block = row.block - 1;
        if self.estimates[index] != 0.0 {
            for (variance, power) in standardized.factors.iter().flatten() {
                let slopes = self.logarithms[block].of(*variance, &self.models[block]);
                self.sum.add(value * power.exponent(), slopes);
            }
        }
        if row.free > 0 {
            self.sum.add(standardized.scale, &[(row.free - 1, 1.0)]);
        }
        self.sum.move_to(&mut self.slopes);
        Some(&self.slopes)
    }
}
