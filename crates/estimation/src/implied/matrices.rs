//! The map from parameters to entries of the model matrices, as data.

use std::sync::Arc;

use compact_str::CompactString;
use latva_math::linalg::{numbers, numbers_mut};
use latva_spec::table::{Op, ParTable, Row};
use ndarray::{Array1, Array2};
use rustc_hash::FxHashMap;

use crate::error::EstimationError;

/// Where in the model matrices a parameter stands. Indices count from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Place {
    /// Lambda, observed x latent.
    Loading(usize, usize),
    /// B, latent x latent: row regressed on column.
    Path(usize, usize),
    /// Psi, row >= column.
    LatentCov(usize, usize),
    /// Theta, row >= column.
    ResidualCov(usize, usize),
    /// nu.
    Intercept(usize),
    /// alpha.
    LatentMean(usize),
}

/// A free entry of the model matrices.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry {
    /// Where it stands.
    pub(crate) place: Place,
    /// Free parameter, from 0.
    pub(crate) parameter: usize,
}

/// The places of the rows of the table that belong to a block.
#[derive(Debug, Clone, Default)]
pub(crate) struct RowPlaces {
    /// The index of the first such row.
    first: usize,
    /// The places from that row on; `None` for rows in between that stand in no matrix of the block.
    places: Vec<Option<Place>>,
}

impl RowPlaces {
    /// Adds a row that comes after those that are there.
    fn push(&mut self, row: usize, place: Place) {
        if self.places.is_empty() {
            self.first = row;
        }
        self.places.resize(row - self.first, None);
        self.places.push(Some(place));
    }

    /// The place of a row of the table, by its index.
    pub(crate) fn get(&self, row: &usize) -> Option<&Place> {
        self.places.get(row.checked_sub(self.first)?)?.as_ref()
    }

    /// All rows with their places, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (usize, Place)> {
        self.places.iter().enumerate().filter_map(|(at, place)| Some((self.first + at, (*place)?)))
    }
}

/// The matrices of one block with the fixed values in place, and the map of its free entries.
#[derive(Debug, Clone)]
pub(crate) struct BlockModel {
    /// Observed variables, p.
    pub(crate) observed: Arc<[CompactString]>,
    /// Variables of the latent side, m: latent ones, then promoted observed ones.
    pub(crate) latent: Arc<[CompactString]>,
    /// How many of them are latent; the rest are promoted.
    pub(crate) n_latent: usize,
    /// Lambda, p x m.
    pub(crate) loadings: Array2<f64>,
    /// B, m x m.
    pub(crate) paths: Array2<f64>,
    /// Psi, m x m.
    pub(crate) latent_cov: Array2<f64>,
    /// Theta, p x p.
    pub(crate) residual_cov: Array2<f64>,
    /// nu, p.
    pub(crate) intercepts: Array1<f64>,
    /// alpha, m.
    pub(crate) latent_means: Array1<f64>,
    /// The free entries.
    pub(crate) entries: Vec<Entry>,
    /// The place of each row of the table that belongs to this block.
    pub(crate) row_places: RowPlaces,
    /// Latent-side variables in an order in which each comes after those it is regressed on; `None` for a model with loops.
    pub(crate) topological: Option<Vec<usize>>,
    /// The paths (row, column) of B that are loadings (`=~`) of latent or promoted indicators.
    pub(crate) indicator_paths: Vec<(usize, usize)>,
    /// Whether any path is in the model.
    pub(crate) has_paths: bool,
    /// Whether means are modelled.
    pub(crate) has_means: bool,
}

/// Builds the matrices of all blocks. `fixed[row]` is the value of each fixed row.
///
/// # Errors
/// [`EstimationError::Unsupported`] for rows that this engine cannot estimate, [`EstimationError::NoObserved`] for a block
/// without observed variables.
pub(crate) fn build_blocks(table: &ParTable, fixed: &[f64]) -> Result<Vec<BlockModel>, EstimationError> {
    (1..=table.blocks.len()).map(|block| build_block(table, fixed, block)).collect()
}

fn build_block(table: &ParTable, fixed: &[f64], block: usize) -> Result<BlockModel, EstimationError> {
    let variables = &table.blocks[block - 1];
    if variables.observed.is_empty() {
        return Err(EstimationError::NoObserved);
    }
    let names = Names::new(&variables.observed, &variables.latent);
    let mut rows: Vec<NamedRow> = Vec::with_capacity(table.rows.len());
    for (index, row) in table.rows.iter().enumerate() {
        if row.block == block && row.op.is_parameter() {
            let lhs = names.find(&row.lhs);
            // Many rows are variances.
            let rhs = if row.rhs == row.lhs { lhs } else { names.find(&row.rhs) };
            rows.push(NamedRow { index, row, lhs, rhs });
        }
    }
    if let Some(NamedRow { row, .. }) =
        rows.iter().find(|named| matches!(named.row.op, Op::Composite | Op::Threshold | Op::GroupWeight))
    {
        return Err(EstimationError::Unsupported { what: describe_unsupported(row.op), span: row.span });
    }
    let promoted = promote(&rows, variables.observed.len());
    let promoted_variables: Vec<usize> = (0..promoted.len()).filter(|&i| promoted[i]).collect();
    let latent = match promoted_variables.as_slice() {
        [] => variables.latent.clone(),
        promoted => variables.latent.iter().chain(promoted.iter().map(|&i| &variables.observed[i])).cloned().collect(),
    };
    let mut promoted_side = vec![None; variables.observed.len()];
    for (offset, &i) in promoted_variables.iter().enumerate() {
        promoted_side[i] = Some(variables.latent.len() + offset);
    }
    let (p, m) = (variables.observed.len(), latent.len());

    let mut model = BlockModel {
        observed: variables.observed.clone(),
        n_latent: variables.latent.len(),
        loadings: Array2::zeros((p, m)),
        paths: Array2::zeros((m, m)),
        latent_cov: Array2::zeros((m, m)),
        residual_cov: Array2::zeros((p, p)),
        intercepts: Array1::zeros(p),
        latent_means: Array1::zeros(m),
        entries: Vec::with_capacity(rows.len()),
        row_places: RowPlaces { first: 0, places: Vec::with_capacity(rows.len()) },
        topological: None,
        indicator_paths: Vec::new(),
        has_paths: false,
        has_means: table.meanstructure,
        latent,
    };
    for (i, r) in promoted_side.iter().enumerate() {
        if let Some(r) = *r {
            model.loadings[[i, r]] = 1.0;
        }
    }
    for named in &rows {
        let &NamedRow { index, row, .. } = named;
        // Response scales of continuous variables are 1 and stand in no matrix.
        if row.op == Op::Scale {
            continue;
        }
        let place = locate(named, &promoted_side).ok_or_else(|| EstimationError::UnknownVariable {
            name: format!("{} {} {}", row.lhs, row.op.as_str(), row.rhs),
            span: row.span,
        })?;
        model.row_places.push(index, place);
        if let (Op::Loading, Place::Path(indicator, factor)) = (row.op, place) {
            model.indicator_paths.push((indicator, factor));
        }
        if row.free > 0 {
            model.entries.push(Entry { place, parameter: row.free - 1 });
        } else {
            model.set(place, fixed[index]);
        }
    }
    model.indicator_paths.sort_unstable();
    model.indicator_paths.dedup();
    let arcs = model.arcs();
    model.has_paths = !arcs.is_empty();
    model.topological = topological_order(m, &arcs);
    Ok(model)
}

/// A variable of a block, by its position among the observed or the latent ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Variable {
    Observed(usize),
    Latent(usize),
}

/// The variables of a block by their names.
struct Names<'a>(FxHashMap<&'a str, Variable>);

impl<'a> Names<'a> {
    fn new(observed: &'a [CompactString], latent: &'a [CompactString]) -> Self {
        let observed = observed.iter().enumerate().map(|(i, name)| (name.as_str(), Variable::Observed(i)));
        let latent = latent.iter().enumerate().map(|(r, name)| (name.as_str(), Variable::Latent(r)));
        Names(observed.chain(latent).collect())
    }

    fn find(&self, name: &str) -> Option<Variable> {
        self.0.get(name).copied()
    }
}

/// A row of the table, by its index, with the variables that it names; `None` for what is no variable of the block.
struct NamedRow<'a> {
    index: usize,
    row: &'a Row,
    lhs: Option<Variable>,
    rhs: Option<Variable>,
}

fn describe_unsupported(op: Op) -> &'static str {
    match op {
        Op::Composite => "a composite (<~)",
        Op::Threshold => "a threshold (|), that is, an ordered variable",
        _ => "a group weight (%)",
    }
}

/// Which observed variables take part in the structural model and so stand on the latent side: those of regressions,
/// those that covary with a latent variable, and, since a covariance must have both its variables on one side, all that
/// covary with one of them.
fn promote(rows: &[NamedRow], n_observed: usize) -> Vec<bool> {
    let mut promoted = vec![false; n_observed];
    let mut queue = Vec::new();
    let mut neighbours: Vec<Vec<usize>> = vec![Vec::new(); n_observed];
    let mut promote = |variable: usize, queue: &mut Vec<usize>| {
        if !std::mem::replace(&mut promoted[variable], true) {
            queue.push(variable);
        }
    };
    for NamedRow { row, lhs, rhs, .. } in rows {
        match (row.op, lhs, rhs) {
            (Op::Regression, ..) | (Op::Loading, Some(Variable::Observed(_)), _) => {
                for side in [lhs, rhs] {
                    if let Some(Variable::Observed(i)) = *side {
                        promote(i, &mut queue);
                    }
                }
            }
            // A variance.
            (Op::Covariance, ..) if lhs == rhs => {}
            (Op::Covariance, Some(Variable::Observed(i)), Some(Variable::Observed(j))) => {
                neighbours[*i].push(*j);
                neighbours[*j].push(*i);
            }
            (Op::Covariance, Some(Variable::Observed(i)), _) | (Op::Covariance, _, Some(Variable::Observed(i))) => {
                promote(*i, &mut queue);
            }
            _ => {}
        }
    }
    while let Some(i) = queue.pop() {
        for &j in &neighbours[i] {
            promote(j, &mut queue);
        }
    }
    promoted
}

/// The place of a row; `promoted[i]` is the position of observed variable i on the latent side, if it stands there.
fn locate(named: &NamedRow, promoted: &[Option<usize>]) -> Option<Place> {
    let latent = |variable: Variable| match variable {
        Variable::Latent(r) => Some(r),
        Variable::Observed(i) => promoted[i],
    };
    let observed = |variable: Variable| match variable {
        Variable::Observed(i) => Some(i),
        Variable::Latent(_) => None,
    };
    let &NamedRow { row, lhs, rhs, .. } = named;
    match row.op {
        Op::Loading => {
            let (factor, indicator) = (latent(lhs?)?, rhs?);
            Some(match latent(indicator) {
                Some(indicator) => Place::Path(indicator, factor),
                None => Place::Loading(observed(indicator)?, factor),
            })
        }
        Op::Regression => Some(Place::Path(latent(lhs?)?, latent(rhs?)?)),
        Op::Covariance => Some(match (latent(lhs?), latent(rhs?)) {
            (Some(a), Some(b)) => Place::LatentCov(a.max(b), a.min(b)),
            _ => {
                let (a, b) = (observed(lhs?)?, observed(rhs?)?);
                Place::ResidualCov(a.max(b), a.min(b))
            }
        }),
        Op::Intercept => Some(match latent(lhs?) {
            Some(index) => Place::LatentMean(index),
            None => Place::Intercept(observed(lhs?)?),
        }),
        _ => None,
    }
}

impl BlockModel {
    /// The model of uncorrelated variables: variances free, the means too if they are modelled, and the covariances among
    /// `correlated` ones. Parameters are numbered in the order of the entries.
    pub(crate) fn uncorrelated(observed: &[CompactString], correlated: &[usize], has_means: bool) -> Self {
        let p = observed.len();
        let mut places: Vec<Place> = (0..p).map(|i| Place::ResidualCov(i, i)).collect();
        for (a, &i) in correlated.iter().enumerate() {
            places.extend(correlated[..a].iter().map(|&j| Place::ResidualCov(i.max(j), i.min(j))));
        }
        if has_means {
            places.extend((0..p).map(Place::Intercept));
        }
        BlockModel {
            observed: observed.into(),
            latent: Arc::default(),
            n_latent: 0,
            loadings: Array2::zeros((p, 0)),
            paths: Array2::zeros((0, 0)),
            latent_cov: Array2::zeros((0, 0)),
            residual_cov: Array2::zeros((p, p)),
            intercepts: Array1::zeros(p),
            latent_means: Array1::zeros(0),
            entries: places.into_iter().enumerate().map(|(parameter, place)| Entry { place, parameter }).collect(),
            row_places: RowPlaces::default(),
            topological: Some(Vec::new()),
            indicator_paths: Vec::new(),
            has_paths: false,
            has_means,
        }
    }

    /// Number of observed variables.
    pub(crate) fn p(&self) -> usize {
        self.observed.len()
    }

    /// Number of variables of the latent side.
    pub(crate) fn m(&self) -> usize {
        self.latent.len()
    }

    /// Whether Theta is diagonal, whatever the parameters.
    pub(crate) fn has_uncorrelated_residuals(&self) -> bool {
        let free = |entry: &Entry| matches!(entry.place, Place::ResidualCov(i, j) if i != j);
        let on_diagonal = self.residual_cov.diag().iter().filter(|value| **value != 0.0).count();
        let everywhere = numbers(&self.residual_cov).iter().filter(|value| **value != 0.0).count();
        everywhere == on_diagonal && !self.entries.iter().any(free)
    }

    /// Writes a value into the matrices, symmetric places on both sides.
    pub(crate) fn set(&mut self, place: Place, value: f64) {
        self.numbers().0.set(place, value);
    }

    /// The value at a place.
    pub(crate) fn get(&self, place: Place) -> f64 {
        match place {
            Place::Loading(i, r) => self.loadings[[i, r]],
            Place::Path(r, s) => self.paths[[r, s]],
            Place::LatentCov(r, s) => self.latent_cov[[r, s]],
            Place::ResidualCov(i, j) => self.residual_cov[[i, j]],
            Place::Intercept(i) => self.intercepts[i],
            Place::LatentMean(r) => self.latent_means[r],
        }
    }

    /// Writes zeros in the place of the free parameters.
    pub(crate) fn clear_parameters(&mut self) {
        let (mut matrices, entries) = self.numbers();
        entries.iter().for_each(|entry| matrices.set(entry.place, 0.0));
    }

    /// Writes the free parameters into the matrices.
    pub(crate) fn set_parameters(&mut self, theta: &[f64]) {
        let (mut matrices, entries) = self.numbers();
        for &Entry { place, parameter } in entries {
            matrices.set(place, theta[parameter]);
        }
    }

    /// The numbers of the matrices, and the free entries.
    pub(crate) fn numbers(&mut self) -> (Numbers<'_>, &[Entry]) {
        let matrices = Numbers {
            p: self.observed.len(),
            m: self.latent.len(),
            loadings: numbers_mut(&mut self.loadings),
            paths: numbers_mut(&mut self.paths),
            latent_cov: numbers_mut(&mut self.latent_cov),
            residual_cov: numbers_mut(&mut self.residual_cov),
            intercepts: &mut self.intercepts,
            latent_means: &mut self.latent_means,
        };
        (matrices, &self.entries)
    }

    /// The paths that are free or not zero, as (source, target), in that order and each once.
    fn arcs(&self) -> Vec<(usize, usize)> {
        let fixed = self.paths.indexed_iter().filter(|&(_, &value)| value != 0.0).map(|((r, s), _)| (s, r));
        let free = self.entries.iter().filter_map(|entry| match entry.place {
            Place::Path(r, s) => Some((s, r)),
            _ => None,
        });
        let mut arcs = Vec::with_capacity(self.m());
        arcs.extend(fixed.chain(free));
        arcs.sort_unstable();
        arcs.dedup();
        arcs
    }
}

/// The matrices of a block as rows of numbers.
pub(crate) struct Numbers<'a> {
    p: usize,
    m: usize,
    loadings: &'a mut [f64],
    paths: &'a mut [f64],
    latent_cov: &'a mut [f64],
    residual_cov: &'a mut [f64],
    intercepts: &'a mut Array1<f64>,
    latent_means: &'a mut Array1<f64>,
}

impl Numbers<'_> {
    #[inline(always)]
    pub(crate) fn set(&mut self, place: Place, value: f64) {
        let Numbers { p, m, latent_cov, residual_cov, .. } = self;
        let (p, m) = (*p, *m);
        match place {
            Place::Loading(i, r) => self.loadings[i * m + r] = value,
            Place::Path(r, s) => self.paths[r * m + s] = value,
            Place::LatentCov(r, s) => (latent_cov[r * m + s], latent_cov[s * m + r]) = (value, value),
            Place::ResidualCov(i, j) => (residual_cov[i * p + j], residual_cov[j * p + i]) = (value, value),
            Place::Intercept(i) => self.intercepts[i] = value,
            Place::LatentMean(r) => self.latent_means[r] = value,
        }
    }
}

/// Order of m variables in which each comes after its sources, from the arcs (source, target) in order; `None` if there is a loop.
fn topological_order(m: usize, arcs: &[(usize, usize)]) -> Option<Vec<usize>> {
    let mut waiting = vec![0; m];
    for &(_, target) in arcs {
        waiting[target] += 1;
    }
    let mut order = Vec::with_capacity(m);
    order.extend((0..m).filter(|&index| waiting[index] == 0));
    let mut next = 0;
    while next < order.len() {
        let source = order[next];
        let first = arcs.partition_point(|arc| arc.0 < source);
        for &(_, target) in arcs[first..].iter().take_while(|arc| arc.0 == source) {
            waiting[target] -= 1;
            if waiting[target] == 0 {
                order.push(target);
            }
        }
        next += 1;
    }
    (order.len() == m).then_some(order)
}
