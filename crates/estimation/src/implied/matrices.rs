//! The map from parameters to entries of the model matrices, as data.

use std::collections::{BTreeMap, BTreeSet};

use latva_spec::table::{Op, ParTable, Row};
use ndarray::{Array1, Array2};

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

/// The matrices of one block with the fixed values in place, and the map of its free entries.
#[derive(Debug, Clone)]
pub(crate) struct BlockModel {
    /// Observed variables, p.
    pub(crate) observed: Vec<String>,
    /// Variables of the latent side, m: latent ones, then promoted observed ones.
    pub(crate) latent: Vec<String>,
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
    /// The place of each row of the table (by row index) that belongs to this block.
    pub(crate) row_places: BTreeMap<usize, Place>,
    /// Latent-side variables in an order in which each comes after those it is regressed on; `None` for a model with loops.
    pub(crate) topological: Option<Vec<usize>>,
    /// The paths (row, column) of B that are loadings (`=~`) of latent or promoted indicators.
    pub(crate) indicator_paths: BTreeSet<(usize, usize)>,
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
    let rows: Vec<(usize, &Row)> =
        table.rows.iter().enumerate().filter(|(_, row)| row.block == block && row.op.is_parameter()).collect();
    if let Some((_, row)) =
        rows.iter().find(|(_, row)| matches!(row.op, Op::Composite | Op::Threshold | Op::GroupWeight))
    {
        return Err(EstimationError::Unsupported { what: describe_unsupported(row.op), span: row.span });
    }
    let promoted = promote(&rows, &variables.observed);
    let observed_index: BTreeMap<&str, usize> =
        variables.observed.iter().enumerate().map(|(index, name)| (name.as_str(), index)).collect();
    let latent: Vec<&String> = variables
        .latent
        .iter()
        .chain(variables.observed.iter().filter(|name| promoted.contains(name.as_str())))
        .collect();
    let latent_index: BTreeMap<&str, usize> =
        latent.iter().enumerate().map(|(index, name)| (name.as_str(), index)).collect();
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
        row_places: BTreeMap::new(),
        topological: None,
        indicator_paths: BTreeSet::new(),
        has_paths: false,
        has_means: table.meanstructure,
        latent: latent.into_iter().cloned().collect(),
    };
    for name in &promoted {
        model.loadings[[observed_index[name], latent_index[name]]] = 1.0;
    }
    for &(index, row) in &rows {
        // Response scales of continuous variables are 1 and stand in no matrix.
        if row.op == Op::Scale {
            continue;
        }
        let place = locate(row, &observed_index, &latent_index).ok_or_else(|| EstimationError::UnknownVariable {
            name: format!("{} {} {}", row.lhs, row.op.as_str(), row.rhs),
            span: row.span,
        })?;
        model.row_places.insert(index, place);
        if let (Op::Loading, Place::Path(indicator, factor)) = (row.op, place) {
            model.indicator_paths.insert((indicator, factor));
        }
        if row.free > 0 {
            model.entries.push(Entry { place, parameter: row.free - 1 });
        } else {
            model.set(place, fixed[index]);
        }
    }
    let reached = model.path_pattern();
    model.has_paths = reached.iter().any(|targets| !targets.is_empty());
    model.topological = topological_order(&reached);
    Ok(model)
}

fn describe_unsupported(op: Op) -> &'static str {
    match op {
        Op::Composite => "a composite (<~)",
        Op::Threshold => "a threshold (|), that is, an ordered variable",
        _ => "a group weight (%)",
    }
}

/// The observed variables that take part in the structural model and so stand on the latent side: those of regressions,
/// those that covary with a latent variable, and, since a covariance must have both its variables on one side, all that
/// covary with one of them.
fn promote<'a>(rows: &[(usize, &'a Row)], observed: &'a [String]) -> BTreeSet<&'a str> {
    let observed: BTreeSet<&str> = observed.iter().map(String::as_str).collect();
    let mut promoted = BTreeSet::new();
    let mut neighbours: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (_, row) in rows {
        let (lhs, rhs) = (row.lhs.as_str(), row.rhs.as_str());
        match row.op {
            Op::Regression => promoted.extend([lhs, rhs].into_iter().filter(|name| observed.contains(name))),
            Op::Loading if observed.contains(lhs) => {
                promoted.extend([lhs, rhs].into_iter().filter(|name| observed.contains(name)));
            }
            Op::Covariance if lhs != rhs => match (observed.contains(lhs), observed.contains(rhs)) {
                (true, true) => {
                    neighbours.entry(lhs).or_default().push(rhs);
                    neighbours.entry(rhs).or_default().push(lhs);
                }
                (true, false) => {
                    promoted.insert(lhs);
                }
                (false, true) => {
                    promoted.insert(rhs);
                }
                (false, false) => {}
            },
            _ => {}
        }
    }
    let mut queue: Vec<&str> = promoted.iter().copied().collect();
    while let Some(name) = queue.pop() {
        for &other in neighbours.get(name).into_iter().flatten() {
            if promoted.insert(other) {
                queue.push(other);
            }
        }
    }
    promoted
}

fn locate(row: &Row, observed: &BTreeMap<&str, usize>, latent: &BTreeMap<&str, usize>) -> Option<Place> {
    let (lhs, rhs) = (row.lhs.as_str(), row.rhs.as_str());
    match row.op {
        Op::Loading => {
            let factor = *latent.get(lhs)?;
            Some(match latent.get(rhs) {
                Some(&indicator) => Place::Path(indicator, factor),
                None => Place::Loading(*observed.get(rhs)?, factor),
            })
        }
        Op::Regression => Some(Place::Path(*latent.get(lhs)?, *latent.get(rhs)?)),
        Op::Covariance => Some(match (latent.get(lhs), latent.get(rhs)) {
            (Some(&a), Some(&b)) => Place::LatentCov(a.max(b), a.min(b)),
            _ => {
                let (a, b) = (*observed.get(lhs)?, *observed.get(rhs)?);
                Place::ResidualCov(a.max(b), a.min(b))
            }
        }),
        Op::Intercept => Some(match latent.get(lhs) {
            Some(&index) => Place::LatentMean(index),
            None => Place::Intercept(*observed.get(lhs)?),
        }),
        _ => None,
    }
}

impl BlockModel {
    /// The model of uncorrelated variables: variances free, the means too if they are modelled, and the covariances among
    /// `correlated` ones. Parameters are numbered in the order of the entries.
    pub(crate) fn uncorrelated(observed: &[String], correlated: &[usize], has_means: bool) -> Self {
        let p = observed.len();
        let mut places: Vec<Place> = (0..p).map(|i| Place::ResidualCov(i, i)).collect();
        for (a, &i) in correlated.iter().enumerate() {
            places.extend(correlated[..a].iter().map(|&j| Place::ResidualCov(i.max(j), i.min(j))));
        }
        if has_means {
            places.extend((0..p).map(Place::Intercept));
        }
        BlockModel {
            observed: observed.to_vec(),
            latent: Vec::new(),
            n_latent: 0,
            loadings: Array2::zeros((p, 0)),
            paths: Array2::zeros((0, 0)),
            latent_cov: Array2::zeros((0, 0)),
            residual_cov: Array2::zeros((p, p)),
            intercepts: Array1::zeros(p),
            latent_means: Array1::zeros(0),
            entries: places.into_iter().enumerate().map(|(parameter, place)| Entry { place, parameter }).collect(),
            row_places: BTreeMap::new(),
            topological: Some(Vec::new()),
            indicator_paths: BTreeSet::new(),
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

    /// Writes a value into the matrices, symmetric places on both sides.
    pub(crate) fn set(&mut self, place: Place, value: f64) {
        match place {
            Place::Loading(i, r) => self.loadings[[i, r]] = value,
            Place::Path(r, s) => self.paths[[r, s]] = value,
            Place::LatentCov(r, s) => {
                self.latent_cov[[r, s]] = value;
                self.latent_cov[[s, r]] = value;
            }
            Place::ResidualCov(i, j) => {
                self.residual_cov[[i, j]] = value;
                self.residual_cov[[j, i]] = value;
            }
            Place::Intercept(i) => self.intercepts[i] = value,
            Place::LatentMean(r) => self.latent_means[r] = value,
        }
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

    /// Writes the free parameters into the matrices.
    pub(crate) fn set_parameters(&mut self, theta: &[f64]) {
        for index in 0..self.entries.len() {
            let Entry { place, parameter } = self.entries[index];
            self.set(place, theta[parameter]);
        }
    }

    /// For each latent-side variable the ones it is regressed on.
    fn path_pattern(&self) -> Vec<BTreeSet<usize>> {
        let mut sources = vec![BTreeSet::new(); self.m()];
        for ((r, s), &value) in self.paths.indexed_iter() {
            if value != 0.0 {
                sources[r].insert(s);
            }
        }
        for entry in &self.entries {
            if let Place::Path(r, s) = entry.place {
                sources[r].insert(s);
            }
        }
        sources
    }
}

/// Order in which each variable comes after its sources; `None` if there is a loop.
fn topological_order(sources: &[BTreeSet<usize>]) -> Option<Vec<usize>> {
    let mut targets = vec![Vec::new(); sources.len()];
    let mut waiting: Vec<usize> = sources.iter().map(BTreeSet::len).collect();
    for (target, from) in sources.iter().enumerate() {
        for &source in from {
            targets[source].push(target);
        }
    }
    let mut order: Vec<usize> = (0..sources.len()).filter(|&index| waiting[index] == 0).collect();
    let mut next = 0;
    while next < order.len() {
        for &target in &targets[order[next]] {
            waiting[target] -= 1;
            if waiting[target] == 0 {
                order.push(target);
            }
        }
        next += 1;
    }
    (order.len() == sources.len()).then_some(order)
}
