//! Total, direct, indirect and specific indirect effects between the variables of the structural model.
//!
//! With B the paths and A = (I - B)^-1, the effect of variable s on variable r is
//!
//! | effect | value | derivative by B_uv |
//! |---|---|---|
//! | total | (A - I)_rs | A_ru A_vs |
//! | direct | B_rs | 1 where r = u, s = v |
//! | indirect | (A - I - B)_rs | difference of the two |
//! | along one path | product of its coefficients | product of the others |
//!
//! Standardized, an effect is multiplied by sd_s / sd_r, with variances E_rr, E = A Psi A'; dE_rr is 2 A_ru E_vr by B_uv and
//! 2 A_ru A_rv (A_ru^2 if u = v) by Psi_uv. Standard errors are those of the delta method, or of the draws of a bootstrap.
//!
//! Two-leg effects ab also have the tests z = ab / sqrt(b^2 v_a + a^2 v_b + k v_a v_b), with v the squared standard errors and
//! k = 0 (Sobel), 1 (Aroian), -1 (Goodman), which take a and b as independent.
//!
//! Sources: Bollen (1987), Sociological Methodology 17, 37-69; Sobel (1982), Sociological Methodology 13, 290-312; Aroian (1947),
//! Annals of Mathematical Statistics 18, 265-271; Goodman (1960), JASA 55, 708-713; Bentler & Freeman (1983), Psychometrika 48,
//! 143-145, for the stability of non-recursive models.

mod graph;

use std::collections::BTreeMap;

use latva_math::distribution::normal;
use latva_spec::table::ParTable;
use ndarray::Array2;

use self::graph::Graph;
use super::covariance::Covariance;
use super::delta::{DeltaEstimate, DeltaMethod, Slopes};
use crate::bootstrap::{Columns, Draws};
use crate::error::EstimationError;
use crate::implied::{BlockModel, Implied, Place, build_blocks};
use crate::result::{Bootstrap, Fit};

/// Most specific effects that are listed; a model with more paths gets none of them, since nobody would read them.
pub const MOST_SPECIFIC_EFFECTS: usize = 5000;

/// What kind of effect it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EffectKind {
    /// Along all ways.
    Total,
    /// Along the arrow from one to the other.
    Direct,
    /// Along all ways with a variable between.
    Indirect,
    /// Along one way with variables between.
    Specific,
}

/// A test of the product of two coefficients.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ProductTest {
    /// Its z.
    pub z: f64,
    /// Two-sided p.
    pub pvalue: f64,
}

/// The tests of a two-leg effect.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ProductTests {
    /// Sobel's.
    pub sobel: ProductTest,
    /// Aroian's.
    pub aroian: ProductTest,
    /// Goodman's; `None` where its variance is negative.
    pub goodman: Option<ProductTest>,
}

/// An effect of one variable on another.
#[derive(Debug, Clone, PartialEq)]
pub struct Effect {
    /// Group number from 1.
    pub group: usize,
    /// Where it comes from.
    pub from: String,
    /// What it acts on.
    pub to: String,
    /// Its kind.
    pub kind: EffectKind,
    /// The variables between, in order, of a specific effect.
    pub via: Vec<String>,
    /// In the units of the data.
    pub raw: DeltaEstimate,
    /// With all variables standardized; `None` where a variance is not positive.
    pub standardized: Option<DeltaEstimate>,
    /// Sobel's test and its relatives, of specific effects with two legs.
    pub product_tests: Option<ProductTests>,
}

/// What is said of a group as a whole.
#[derive(Debug, Clone, PartialEq)]
pub struct EffectsOfGroup {
    /// Group number from 1.
    pub group: usize,
    /// For a model with loops the largest modulus of the eigenvalues of B: below 1 the effects settle (AMOS's stability
    /// index). `None` for recursive models.
    pub stability: Option<f64>,
    /// The number of specific effects where they are too many to be listed.
    pub unlisted: Option<usize>,
}

/// The effects of all groups.
#[derive(Debug, Clone, PartialEq)]
pub struct Effects {
    /// Pair by pair: total, direct, indirect, then the specific ones.
    pub effects: Vec<Effect>,
    /// One per group.
    pub groups: Vec<EffectsOfGroup>,
}

/// The effects of a converged fit; none for a model without regressions.
///
/// Specific effects are listed for recursive models, and there if they are at most [`MOST_SPECIFIC_EFFECTS`].
///
/// # Errors
/// Those of [`crate::fit`].
pub fn effects(fit: &Fit) -> Result<Effects, EstimationError> {
    let table = &fit.table;
    let values: Vec<f64> = fit.estimates.iter().map(|estimate| estimate.est).collect();
    let mut theta = vec![0.0; table.n_free()];
    for (row, value) in table.rows.iter().zip(&values).filter(|(row, _)| row.free > 0) {
        theta[row.free - 1] = *value;
    }
    let delta = DeltaMethod::new(fit.vcov.as_ref().map(Covariance::matrix), fit.plan.ci_level)?;
    let mut result = Effects { effects: Vec::new(), groups: Vec::new() };
    let mut models = build_blocks(table, &values)?;
    let mut ways: Vec<Vec<Way>> = Vec::with_capacity(models.len());
    for (index, model) in models.iter_mut().enumerate() {
        model.set_parameters(&theta);
        let mut implied = Implied::new(model);
        implied.update(model).map_err(|_| EstimationError::Unsupported {
            what: "the effects of a model whose loops have no solution at the estimates",
            span: None,
        })?;
        let group = group_of(table, index);
        let block = Block::new(model, &implied, &delta, group);
        result.groups.push(block.describe());
        let of_block = block.ways();
        result.effects.extend(of_block.iter().map(|way| block.effect(way)));
        ways.push(of_block);
    }
    if let Some(bootstrap) = fit.bootstrap.as_ref().filter(|_| !result.effects.is_empty()) {
        draw(&mut result.effects, &ways, bootstrap, fit, &values, &models);
    }
    Ok(result)
}

/// Standard errors and intervals from the draws of a bootstrap, where it has drawn for standard errors.
fn draw(
    effects: &mut [Effect],
    ways: &[Vec<Way>],
    bootstrap: &Bootstrap,
    fit: &Fit,
    values: &[f64],
    models: &[BlockModel],
) {
    let (mut raw, mut standardized) = (Columns::new(effects.len()), Columns::new(effects.len()));
    bootstrap.each(&fit.table, values, models, |draw| {
        let blocks = || ways.iter().zip(draw.models).zip(draw.implied);
        raw.push(blocks().flat_map(|((ways, model), implied)| ways.iter().map(|way| Some(way.value(model, implied)))));
        standardized.push(blocks().flat_map(|((ways, model), implied)| {
            ways.iter().map(|way| Some(way.ratio(implied)? * way.value(model, implied)))
        }));
    });
    let of = |draws: Vec<f64>, est: f64| {
        let draws = Draws::new(draws)?;
        let uncertainty = draws.uncertainty(est, fit.plan.bootstrap_interval, fit.plan.ci_level);
        Some(DeltaEstimate::new(est, uncertainty))
    };
    let columns = raw.into_columns().into_iter().zip(standardized.into_columns());
    for (effect, (raw, standardized)) in effects.iter_mut().zip(columns) {
        effect.raw = of(raw, effect.raw.est).unwrap_or(effect.raw);
        effect.standardized = effect.standardized.map(|own| of(standardized, own.est).unwrap_or(own));
    }
}

fn group_of(table: &ParTable, block: usize) -> usize {
    table.blocks[block].group
}

/// One block at the estimates.
struct Block<'a> {
    model: &'a BlockModel,
    implied: &'a Implied,
    delta: &'a DeltaMethod<'a>,
    group: usize,
    graph: Graph,
    /// The parameters of the free paths, by (row, column) of B.
    parameters: BTreeMap<(usize, usize), usize>,
    /// Derivatives of the variances of the latent side.
    variances: Vec<Slopes>,
    /// How many specific effects there are; `None` with loops.
    count: Option<usize>,
}

/// Which effect: from the first variable to the last one. A specific one names those between.
struct Way {
    kind: EffectKind,
    along: Vec<usize>,
}

impl Way {
    fn ends(&self) -> (usize, usize) {
        (self.along[0], self.along[self.along.len() - 1])
    }

    /// The effect in the units of the data.
    fn value(&self, model: &BlockModel, implied: &Implied) -> f64 {
        let (from, to) = self.ends();
        let own = if from == to { 1.0 } else { 0.0 };
        let total = implied.total[[to, from]] - own;
        match self.kind {
            EffectKind::Total => total,
            EffectKind::Indirect => total - model.paths[[to, from]],
            EffectKind::Direct | EffectKind::Specific => {
                self.along.windows(2).map(|step| model.paths[[step[1], step[0]]]).product()
            }
        }
    }

    /// sd of the source / sd of the target; `None` where a variance is not positive.
    fn ratio(&self, implied: &Implied) -> Option<f64> {
        let variance = |index: usize| Some(implied.latent[[index, index]]).filter(|variance| *variance > 0.0);
        let (from, to) = self.ends();
        Some((variance(from)? / variance(to)?).sqrt())
    }
}

impl<'a> Block<'a> {
    fn new(model: &'a BlockModel, implied: &'a Implied, delta: &'a DeltaMethod<'a>, group: usize) -> Self {
        let mut parameters = BTreeMap::new();
        for entry in &model.entries {
            if let Place::Path(r, s) = entry.place {
                parameters.insert((r, s), entry.parameter);
            }
        }
        let graph = Graph::new(model, &parameters);
        let count = model.topological.as_deref().map(|order| graph.count_specific(order));
        let variances = (0..model.m()).map(|r| variance_slopes(model, implied, r)).collect();
        Block { model, implied, delta, group, graph, parameters, variances, count }
    }

    fn describe(&self) -> EffectsOfGroup {
        EffectsOfGroup {
            group: self.group,
            stability: self.count.is_none().then(|| spectral_radius(&self.model.paths)),
            unlisted: self.count.filter(|count| *count > MOST_SPECIFIC_EFFECTS),
        }
    }

    /// The effects that are reported, pair by pair.
    fn ways(&self) -> Vec<Way> {
        let m = self.model.m();
        let lists_specific = self.count.is_some_and(|count| count <= MOST_SPECIFIC_EFFECTS);
        let mut out = Vec::new();
        for from in 0..m {
            for to in (0..m).filter(|&to| self.graph.reaches(from, to)) {
                let mut push = |kind, along| out.push(Way { kind, along });
                push(EffectKind::Total, vec![from, to]);
                if self.graph.has_arrow(from, to) {
                    push(EffectKind::Direct, vec![from, to]);
                }
                if self.graph.is_indirect(from, to) {
                    push(EffectKind::Indirect, vec![from, to]);
                    if lists_specific {
                        self.graph.ways(from, to).into_iter().for_each(|way| push(EffectKind::Specific, way));
                    }
                }
            }
        }
        out
    }

    /// The derivatives of an effect by the parameters.
    fn slopes(&self, way: &Way) -> Slopes {
        let (from, to) = way.ends();
        match way.kind {
            EffectKind::Total => self.total_slopes(from, to),
            EffectKind::Direct | EffectKind::Specific => self.slopes_along(&way.along),
            EffectKind::Indirect => {
                let mut slopes = self.total_slopes(from, to);
                if self.graph.has_arrow(from, to) {
                    for (parameter, slope) in self.slopes_along(&way.along) {
                        add(&mut slopes, parameter, -slope);
                    }
                }
                slopes
            }
        }
    }

    fn total_slopes(&self, from: usize, to: usize) -> Slopes {
        let total = &self.implied.total;
        let mut slopes = Slopes::new();
        for (&(u, v), &parameter) in &self.parameters {
            add(&mut slopes, parameter, total[[to, u]] * total[[v, from]]);
        }
        slopes
    }

    /// The derivatives of the product of the coefficients along a way.
    fn slopes_along(&self, way: &[usize]) -> Slopes {
        let coefficient = |step: usize| self.model.paths[[way[step + 1], way[step]]];
        let steps = way.len() - 1;
        let mut slopes = Slopes::new();
        for step in 0..steps {
            if let Some(&parameter) = self.parameters.get(&(way[step + 1], way[step])) {
                let others = (0..steps).filter(|&other| other != step).map(coefficient).product();
                add(&mut slopes, parameter, others);
            }
        }
        slopes
    }

    fn effect(&self, way: &Way) -> Effect {
        let name = |index: usize| self.model.latent[index].to_string();
        let (from, to) = way.ends();
        let between = &way.along[1..way.along.len() - 1];
        let product_tests = match (way.kind, between) {
            (EffectKind::Specific, [between]) => self.product_tests(from, *between, to),
            _ => None,
        };
        let (est, slopes) = (way.value(self.model, self.implied), self.slopes(way));
        Effect {
            group: self.group,
            from: name(from),
            to: name(to),
            kind: way.kind,
            via: between.iter().map(|&index| name(index)).collect(),
            raw: self.delta.estimate(est, &slopes),
            standardized: way.ratio(self.implied).map(|ratio| self.standardized(way, est * ratio, ratio, &slopes)),
            product_tests,
        }
    }

    /// A standardized effect from its value, sd_s / sd_r, and the slopes of the unstandardized one.
    fn standardized(&self, way: &Way, est: f64, ratio: f64, slopes: &Slopes) -> DeltaEstimate {
        let (from, to) = way.ends();
        let latent = &self.implied.latent;
        let mut slopes: Slopes = slopes.iter().map(|&(parameter, slope)| (parameter, slope * ratio)).collect();
        for (index, factor) in [(from, 0.5 / latent[[from, from]]), (to, -0.5 / latent[[to, to]])] {
            for &(parameter, slope) in &self.variances[index] {
                add(&mut slopes, parameter, est * factor * slope);
            }
        }
        self.delta.estimate(est, &slopes)
    }

    /// Sobel's test and its relatives, where both legs are estimated.
    fn product_tests(&self, from: usize, between: usize, to: usize) -> Option<ProductTests> {
        let leg = |r: usize, s: usize| {
            let parameter = *self.parameters.get(&(r, s))?;
            let variance = self.delta.variance(&[(parameter, 1.0)]).filter(|variance| *variance > 0.0)?;
            Some((self.model.paths[[r, s]], variance))
        };
        let ((a, v_a), (b, v_b)) = (leg(between, from)?, leg(to, between)?);
        let test = |k: f64| {
            let variance = b * b * v_a + a * a * v_b + k * v_a * v_b;
            (variance > 0.0).then(|| {
                let z = a * b / variance.sqrt();
                ProductTest { z, pvalue: normal::two_sided(z) }
            })
        };
        Some(ProductTests { sobel: test(0.0)?, aroian: test(1.0)?, goodman: test(-1.0) })
    }
}

/// Adds to the slope of a parameter.
fn add(slopes: &mut Slopes, parameter: usize, slope: f64) {
    match slopes.iter_mut().find(|(other, _)| *other == parameter) {
        Some((_, sum)) => *sum += slope,
        None if slope != 0.0 => slopes.push((parameter, slope)),
        None => {}
    }
}

/// The derivatives of E_rr.
fn variance_slopes(model: &BlockModel, implied: &Implied, r: usize) -> Slopes {
    let (total, latent) = (&implied.total, &implied.latent);
    let mut slopes = Slopes::new();
    for entry in &model.entries {
        let slope = match entry.place {
            Place::Path(u, v) => 2.0 * total[[r, u]] * latent[[v, r]],
            Place::LatentCov(u, v) if u == v => total[[r, u]] * total[[r, u]],
            Place::LatentCov(u, v) => 2.0 * total[[r, u]] * total[[r, v]],
            _ => continue,
        };
        add(&mut slopes, entry.parameter, slope);
    }
    slopes
}

/// Squarings in [`spectral_radius`]: the power of B is 2 to this.
const SQUARINGS: i32 = 44;

/// The largest modulus of the eigenvalues of a square matrix: the limit of |B^k|^(1/k), by squaring.
fn spectral_radius(matrix: &Array2<f64>) -> f64 {
    let mut power = matrix.clone();
    let mut logarithm = 0.0;
    for squaring in 0..SQUARINGS {
        let size = power.iter().map(|value| value * value).sum::<f64>().sqrt();
        if size == 0.0 {
            return 0.0;
        }
        logarithm += size.ln() / f64::from(squaring).exp2();
        power /= size;
        power = power.dot(&power);
    }
    logarithm.exp()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_spectral_radius_of_rotations_loops_and_chains() {
        let matrix = |values: [f64; 4]| Array2::from_shape_vec((2, 2), values.to_vec()).expect("two by two");
        assert!((spectral_radius(&matrix([0.0, 0.5, 0.72, 0.0])) - 0.6).abs() < 1e-12);
        assert!((spectral_radius(&matrix([0.0, 0.5, -0.72, 0.0])) - 0.6).abs() < 1e-12);
        assert!((spectral_radius(&matrix([1.5, 1.0, 0.0, 1.5])) - 1.5).abs() < 1e-9);
        assert_eq!(spectral_radius(&matrix([0.0, 3.0, 0.0, 0.0])), 0.0);
    }
}
