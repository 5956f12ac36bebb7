//! Start values.
//!
//! In each block: loadings of every factor from a one-factor solution of its indicators (iterated principal factor of the
//! correlations, deflated for factors that share indicators), put on the scale and the sign of the fixed loading; the covariance
//! of the latent side by least squares, C = L^+ (S - Theta) L^+' with L the loadings; paths by ordinary least squares within
//! C; residual variances from what is left. Equivariant: a change of units or of the sign of a variable changes the start
//! values as it changes the estimates.

mod dominated;

use latva_math::linalg::{Cholesky, matmul};
use latva_spec::table::ParTable;
use ndarray::{Array1, Array2, ArrayView2, s};

use crate::implied::{BlockModel, Place};
use crate::observed::Observed;

pub(crate) use dominated::{Dominated, dominated};

/// Least and largest share of a variable's variance that a start value explains.
const SHARES: (f64, f64) = (0.05, 0.90);
/// Largest correlation of two variables of the latent side in the start values.
const LARGEST_CORRELATION: f64 = 0.85;
/// Sweeps of the one-factor solution.
const SWEEPS: usize = 12;

/// How daring the start values are; later ones are tried when earlier ones have no value or lead nowhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StartStrategy {
    /// Everything from the data.
    Informed,
    /// Loadings of each factor as if it were the only one, paths and covariances zero.
    Uncorrelated,
    /// Everything from the data, whatever start values the user gave.
    Unasked,
}

impl StartStrategy {
    /// All strategies in the order in which they are tried.
    pub(crate) const ALL: [StartStrategy; 3] =
        [StartStrategy::Informed, StartStrategy::Uncorrelated, StartStrategy::Unasked];

    /// Whether it differs from the others for this table.
    pub(crate) fn applies(self, table: &ParTable) -> bool {
        self != StartStrategy::Unasked || table.rows.iter().any(|row| row.free > 0 && row.ustart.is_some())
    }

    /// In words, for the record.
    pub(crate) fn describe(self) -> &'static str {
        match self {
            StartStrategy::Informed => "start values from the data",
            StartStrategy::Uncorrelated => "start values of each factor by itself",
            StartStrategy::Unasked => "start values from the data in place of the given ones",
        }
    }
}

/// Start values of the free parameters, q, whatever values the matrices have for them. The user's own ones (`start()`) go first.
pub(crate) fn start_values<'a>(
    table: &ParTable,
    models: impl IntoIterator<Item = &'a BlockModel>,
    observed: &[Observed],
    strategy: StartStrategy,
) -> Vec<f64> {
    let mut theta = vec![0.0; table.n_free()];
    for (model, sample) in models.into_iter().zip(observed) {
        let started = start_block(model, sample, strategy);
        for entry in &model.entries {
            theta[entry.parameter] = started.get(entry.place);
        }
    }
    for row in table.rows.iter().filter(|row| row.free > 0) {
        if let Some(value) = row.ustart.filter(|_| strategy != StartStrategy::Unasked) {
            theta[row.free - 1] = value;
        }
        if let Some(lower) = row.lower {
            theta[row.free - 1] = theta[row.free - 1].max(lower);
        }
        if let Some(upper) = row.upper {
            theta[row.free - 1] = theta[row.free - 1].min(upper);
        }
    }
    theta
}

/// Which entries of the matrices are free.
struct FreePattern {
    loadings: Array2<bool>,
    paths: Array2<bool>,
    /// Below and on the diagonal.
    latent_cov: Array2<bool>,
}

impl FreePattern {
    fn of(model: &BlockModel) -> Self {
        let (p, m) = (model.p(), model.m());
        let none = |rows: usize, columns: usize| Array2::from_elem((rows, columns), false);
        let mut free = FreePattern { loadings: none(p, m), paths: none(m, m), latent_cov: none(m, m) };
        for entry in &model.entries {
            match entry.place {
                Place::Loading(i, r) => free.loadings[[i, r]] = true,
                Place::Path(r, s) => free.paths[[r, s]] = true,
                Place::LatentCov(r, s) => free.latent_cov[[r, s]] = true,
                Place::ResidualCov(..) | Place::Intercept(_) | Place::LatentMean(_) => {}
            }
        }
        free
    }
}

fn start_block(model: &BlockModel, sample: &Observed, strategy: StartStrategy) -> BlockModel {
    let (p, m, n_latent) = (model.p(), model.m(), model.n_latent);
    let free = FreePattern::of(model);
    let mut started = model.clone();
    for entry in &model.entries {
        started.set(entry.place, 0.0);
    }

    // The extended space: the observed variables, then the latent ones as their covariances become known.
    let mut space = Array2::zeros((p + n_latent, p + n_latent));
    space.slice_mut(s![..p, ..p]).assign(&sample.cov);
    // Where the variables of the latent side stand in it.
    let positions: Vec<usize> = (0..m)
        .map(|r| if r < n_latent { p + r } else { (0..p).find(|&i| model.loadings[[i, r]] == 1.0).unwrap_or(0) })
        .collect();

    let mut residual = sample.cov.clone();
    let indicators: Vec<Vec<Place>> = (0..n_latent).map(|r| indicators(model, &free, r)).collect();
    let mut pending: Vec<usize> = (0..n_latent).collect();
    // Factors with more indicators first: a general factor before the specific ones.
    pending.sort_by_key(|&r| std::cmp::Reverse(indicators[r].len()));
    let mut known = vec![false; m];
    known[n_latent..].fill(true);
    while !pending.is_empty() {
        // First all factors whose indicators are known; a factor of factors comes after them. A loop is cut at the first one.
        let ready: Vec<usize> = pending
            .iter()
            .copied()
            .filter(|&r| indicators[r].iter().all(|&place| indicator_known(place, &known)))
            .collect();
        let ready = if ready.is_empty() { vec![pending[0]] } else { ready };
        for &r in &ready {
            let places: Vec<Place> =
                indicators[r].iter().copied().filter(|&place| indicator_known(place, &known)).collect();
            start_loadings(&mut started, &free, &space, &mut residual, r, &places, &positions);
            if strategy == StartStrategy::Uncorrelated {
                residual.assign(&sample.cov);
            }
        }
        latent_covariances(&started, &mut space, &ready, &known, &positions);
        for &r in &ready {
            known[r] = true;
        }
        pending.retain(|r| !ready.contains(r));
    }
    finish(&mut started, model, sample, &free, &space, &positions, strategy);
    started
}

fn indicator_known(place: Place, known: &[bool]) -> bool {
    match place {
        Place::Path(r, _) => known[r],
        _ => true,
    }
}

/// The places of the loadings of latent variable r: on observed variables, and on variables of the latent side whose only use
/// for r is as indicators.
fn indicators(model: &BlockModel, free: &FreePattern, r: usize) -> Vec<Place> {
    let mut places: Vec<Place> = (0..model.p())
        .filter(|&i| free.loadings[[i, r]] || model.loadings[[i, r]] != 0.0)
        .map(|i| Place::Loading(i, r))
        .collect();
    places.extend(
        (0..model.m())
            .filter(|&target| model.indicator_paths.contains(&(target, r)))
            .map(|target| Place::Path(target, r)),
    );
    places
}

/// Loadings of one factor with its variance, from the covariances of its indicators, whose loadings are at `places`.
fn start_loadings(
    started: &mut BlockModel,
    free: &FreePattern,
    space: &Array2<f64>,
    residual: &mut Array2<f64>,
    r: usize,
    places: &[Place],
    positions: &[usize],
) {
    let p = started.p();
    let at: Vec<usize> = places
        .iter()
        .map(|place| match *place {
            Place::Loading(i, _) => i,
            Place::Path(target, _) => positions[target],
            _ => unreachable!("indicators are loadings or paths"),
        })
        .collect();
    let k = at.len();
    if k == 0 {
        return;
    }
    let spread: Vec<f64> = at.iter().map(|&i| space[[i, i]].max(f64::MIN_POSITIVE).sqrt()).collect();
    let mut correlation = Vec::with_capacity(k * k);
    for (&i, spread_i) in at.iter().zip(&spread) {
        correlation.extend(at.iter().zip(&spread).map(|(&j, spread_j)| {
            let covariance = if i < p && j < p { residual[[i, j]] } else { space[[i, j]] };
            (covariance / (spread_i * spread_j)).clamp(-1.0, 1.0)
        }));
    }
    let standardized = one_factor(k, correlation);
    let raw: Vec<f64> = standardized.iter().zip(&spread).map(|(loading, sd)| loading * sd).collect();
    for a in 0..k {
        for b in 0..k {
            if a != b && at[a] < p && at[b] < p {
                residual[[at[a], at[b]]] -= raw[a] * raw[b];
            }
        }
    }
    let is_free = |place: Place| match place {
        Place::Loading(i, r) => free.loadings[[i, r]],
        Place::Path(target, r) => free.paths[[target, r]],
        _ => false,
    };
    // The factor's standard deviation, signed: from the first fixed loading, else from the fixed variance, else such that
    // loadings average one.
    let fixed_variance = !free.latent_cov[[r, r]] && started.latent_cov[[r, r]] > 0.0;
    let marker = (0..k).find(|&a| !is_free(places[a]) && started.get(places[a]) != 0.0);
    let scale = match marker {
        Some(a) => raw[a] / started.get(places[a]),
        None if fixed_variance => started.latent_cov[[r, r]].sqrt(),
        None => raw.iter().map(|loading| loading.abs()).sum::<f64>() / k as f64,
    };
    let scale = if scale.abs() > 1e-8 * spread[0] && scale.is_finite() { scale } else { spread[0] * 0.5 };
    for a in 0..k {
        if is_free(places[a]) {
            started.set(places[a], raw[a] / scale);
        }
    }
    started.set(Place::LatentCov(r, r), scale * scale);
}

/// One-factor loadings of a correlation matrix of k variables, of unit factor variance; the sign such that the first is positive.
fn one_factor(k: usize, mut correlation: Vec<f64>) -> Vec<f64> {
    if k == 1 {
        return vec![SHARES.1.sqrt()];
    }
    // Largest absolute correlation as first communality (Thurstone's rule), then sweeps of a power iteration.
    let of_others = |(i, row): (usize, &[f64])| {
        row[..i].iter().chain(&row[i + 1..]).map(|correlation| correlation.abs()).fold(0.0, f64::max)
    };
    let communality: Vec<f64> = correlation.chunks_exact(k).enumerate().map(of_others).collect();
    let anchor = (0..k).max_by(|&a, &b| communality[a].total_cmp(&communality[b])).unwrap_or(0);
    let mut loadings: Vec<f64> = (0..k)
        .map(|i| {
            let size = communality[i].sqrt();
            if i == anchor { size } else { correlation[i * k + anchor].signum() * size }
        })
        .collect();
    // From here on the communalities are the diagonal of the matrix.
    for (i, communality) in communality.into_iter().enumerate() {
        correlation[i * k + i] = communality;
    }
    let mut product = vec![0.0; k];
    for _ in 0..SWEEPS {
        for (target, row) in product.iter_mut().zip(correlation.chunks_exact(k)) {
            *target = row.iter().zip(&loadings).map(|(correlation, loading)| correlation * loading).sum();
        }
        let size: f64 = loadings.iter().map(|loading| loading * loading).sum();
        if size < 1e-12 {
            break;
        }
        for i in 0..k {
            let loading = product[i] / size;
            let magnitude = loading.abs().clamp(SHARES.0.sqrt(), SHARES.1.sqrt());
            loadings[i] = if loading < 0.0 { -magnitude } else { magnitude };
            correlation[i * k + i] = magnitude * magnitude;
        }
    }
    if loadings[0] < 0.0 {
        loadings.iter_mut().for_each(|loading| *loading = -*loading);
    }
    loadings.iter().map(|loading| if *loading == 0.0 { SHARES.0.sqrt() } else { *loading }).collect()
}

/// Covariances of the given factors with each other, with all known variables and with the observed ones, by least squares
/// on their loadings; written into the extended space.
fn latent_covariances(
    started: &BlockModel,
    space: &mut Array2<f64>,
    factors: &[usize],
    known: &[bool],
    positions: &[usize],
) {
    let (p, k) = (started.p(), factors.len());
    let total = space.nrows();
    // Loadings of these factors on everything known, scaled: each row by the spread of its variable, each column by the factor's.
    let factor_sd: Vec<f64> = factors.iter().map(|&r| started.latent_cov[[r, r]].max(0.0).sqrt()).collect();
    let sd: Vec<f64> = space.diag().iter().map(|variance| variance.max(0.0).sqrt()).collect();
    let mut scaled = Array2::<f64>::zeros((total, k));
    for (column, &r) in factors.iter().enumerate() {
        let mut load = |position: usize, loading: f64| {
            if sd[position] > 0.0 {
                scaled[[position, column]] = loading * factor_sd[column] / sd[position];
            }
        };
        for i in 0..p {
            load(i, started.loadings[[i, r]]);
        }
        for &(target, from) in &started.indicator_paths {
            if from == r && known[target] {
                load(positions[target], started.paths[[target, r]]);
            }
        }
    }
    let mut gram = product(scaled.t(), scaled.view());
    for c in 0..k {
        gram[[c, c]] += 1e-3 + 1e-3 * gram[[c, c]];
    }
    let Ok(mut factor) = Cholesky::of(gram.view()) else { return };
    let projector = product(factor.inverse().view(), scaled.t());
    // Covariance of each factor, of variance one, with every variable of the space. Few variables tell of a factor.
    let mut with_space = Array2::<f64>::zeros((k, total));
    for (mut sum, weights) in with_space.rows_mut().into_iter().zip(projector.rows()) {
        for (i, &weight) in weights.iter().enumerate().filter(|&(i, &weight)| weight != 0.0 && sd[i] > 0.0) {
            sum.scaled_add(weight / sd[i], &space.row(i));
        }
    }
    // The same times (S - Theta) in place of S, as correlations: its diagonal are the communalities of the one-factor solutions.
    let mut with_common = Array2::<f64>::zeros((k, total));
    for i in (0..total).filter(|&i| sd[i] > 0.0) {
        let communality = scaled.row(i).iter().map(|loading| loading * loading).sum::<f64>().min(SHARES.1);
        for c in 0..k {
            with_common[[c, i]] = with_space[[c, i]] / sd[i] + (communality - 1.0) * projector[[c, i]];
        }
    }
    let mut among = product(with_common.view(), projector.t());
    for ((c, _), value) in with_space.indexed_iter_mut() {
        *value *= factor_sd[c];
    }
    for ((c, d), value) in among.indexed_iter_mut() {
        *value *= factor_sd[c] * factor_sd[d];
    }
    for c in 0..k {
        let variance = factor_sd[c] * factor_sd[c];
        among[[c, c]] = among[[c, c]].clamp(0.25 * variance, 4.0 * variance).max(f64::MIN_POSITIVE);
    }
    for (c, &r) in factors.iter().enumerate() {
        let row = p + r;
        for j in 0..total {
            let limit = LARGEST_CORRELATION * (among[[c, c]] * space[[j, j]].max(0.0)).sqrt();
            let value = with_space[[c, j]].clamp(-limit, limit);
            space[[row, j]] = value;
            space[[j, row]] = value;
        }
    }
    for (c, &r) in factors.iter().enumerate() {
        for (d, &other) in factors.iter().enumerate() {
            let limit =
                if c == d { among[[c, c]] } else { LARGEST_CORRELATION * (among[[c, c]] * among[[d, d]]).sqrt() };
            space[[p + r, p + other]] = among[[c, d]].clamp(-limit, limit);
        }
    }
}

fn product(a: ArrayView2<f64>, b: ArrayView2<f64>) -> Array2<f64> {
    let mut product = Array2::zeros((a.nrows(), b.ncols()));
    matmul(a, b, product.view_mut());
    product
}

/// Paths, (co)variances and means from the extended space.
fn finish(
    started: &mut BlockModel,
    model: &BlockModel,
    sample: &Observed,
    free: &FreePattern,
    space: &Array2<f64>,
    positions: &[usize],
    strategy: StartStrategy,
) {
    let (p, m) = (model.p(), model.m());
    let mut latent = Array2::from_shape_fn((m, m), |(r, s)| space[[positions[r], positions[s]]]);
    shrink_until_positive(&mut latent);
    let endogenous: Vec<bool> =
        (0..m).map(|r| (0..m).any(|s| free.paths[[r, s]] || model.paths[[r, s]] != 0.0)).collect();
    for r in 0..m {
        let sources: Vec<usize> = (0..m).filter(|&s| free.paths[[r, s]]).collect();
        let fixed: Vec<usize> = (0..m).filter(|&s| !free.paths[[r, s]] && model.paths[[r, s]] != 0.0).collect();
        if strategy != StartStrategy::Uncorrelated && !sources.is_empty() {
            let gram = Array2::from_shape_fn((sources.len(), sources.len()), |(a, b)| {
                latent[[sources[a], sources[b]]] * if a == b { 1.01 } else { 1.0 }
            });
            let mut slopes: Vec<f64> = sources
                .iter()
                .map(|&s| latent[[r, s]] - fixed.iter().map(|&f| model.paths[[r, f]] * latent[[f, s]]).sum::<f64>())
                .collect();
            if let Ok(factor) = Cholesky::of(gram.view()) {
                factor.solve_in_place(&mut slopes);
                for (&s, slope) in sources.iter().zip(&slopes) {
                    started.paths[[r, s]] = *slope;
                }
            }
        } else {
            // Measurement paths (to latent or promoted indicators) keep their loadings.
            for &s in &sources {
                if !model.indicator_paths.contains(&(r, s)) {
                    started.paths[[r, s]] = 0.0;
                }
            }
        }
        let variance = latent[[r, r]];
        let disturbance = if endogenous[r] {
            let paths = started.paths.row(r);
            let explained = paths.dot(&latent.dot(&paths));
            (variance - explained).clamp(SHARES.0 * variance, variance)
        } else {
            variance
        };
        started.set(Place::LatentCov(r, r), disturbance);
    }
    let mut disturbances = Array2::from_shape_fn((m, m), |(r, s)| {
        if r == s {
            started.latent_cov[[r, r]]
        } else if strategy != StartStrategy::Uncorrelated && !endogenous[r] && !endogenous[s] {
            latent[[r, s]]
        } else {
            0.0
        }
    });
    shrink_until_positive(&mut disturbances);
    for entry in &model.entries {
        if let Place::LatentCov(r, s) = entry.place {
            started.set(entry.place, disturbances[[r, s]]);
        }
    }
    // What is fixed stays as the model has it.
    for r in 0..m {
        for s in 0..=r {
            if !free.latent_cov[[r, s]] {
                started.set(Place::LatentCov(r, s), model.latent_cov[[r, s]]);
            }
        }
    }
    let factor_variance: Vec<f64> = (0..m).map(|r| latent[[r, r]]).collect();
    for entry in &model.entries {
        match entry.place {
            Place::ResidualCov(i, j) if i == j => {
                let variance = sample.cov[[i, i]];
                let explained: f64 = (0..m).map(|r| started.loadings[[i, r]].powi(2) * factor_variance[r]).sum();
                started.residual_cov[[i, i]] = (variance - explained).clamp(0.1 * variance, variance);
            }
            Place::ResidualCov(i, j) => started.set(Place::ResidualCov(i, j), 0.0),
            _ => {}
        }
    }
    if let (true, Some(mean)) = (model.has_means, &sample.mean) {
        start_means(started, model, mean);
    }
    debug_assert_eq!(started.p(), p);
}

/// Off-diagonal elements times 0.9 until the matrix is positive definite; zero ones at the end.
fn shrink_until_positive(matrix: &mut Array2<f64>) {
    let n = matrix.nrows();
    for _ in 0..40 {
        if Cholesky::of(matrix.view()).is_ok() {
            return;
        }
        for i in 0..n {
            for j in 0..n {
                if i != j {
                    matrix[[i, j]] *= 0.9;
                }
            }
        }
    }
    for i in 0..n {
        for j in 0..n {
            if i != j {
                matrix[[i, j]] = 0.0;
            }
        }
        if !(matrix[[i, i]] > 0.0) {
            matrix[[i, i]] = f64::EPSILON;
        }
    }
}

/// Free intercepts at the sample means; free latent means by least squares on what fixed intercepts leave.
fn start_means(started: &mut BlockModel, model: &BlockModel, mean: &Array1<f64>) {
    let free_intercepts: Vec<usize> = model
        .entries
        .iter()
        .filter_map(|entry| if let Place::Intercept(i) = entry.place { Some(i) } else { None })
        .collect();
    let free_means: Vec<usize> = model
        .entries
        .iter()
        .filter_map(|entry| if let Place::LatentMean(r) = entry.place { Some(r) } else { None })
        .collect();
    for &i in &free_intercepts {
        started.intercepts[i] = mean[i];
    }
    let mut implied = crate::implied::Implied::new(started);
    if free_means.is_empty() || implied.update(started).is_err() {
        return;
    }
    // Rows whose intercept is fixed tell the means; with none of them the means start at zero, but for promoted variables.
    let rows: Vec<usize> = (0..model.p()).filter(|i| !free_intercepts.contains(i)).collect();
    let design = Array2::from_shape_fn((rows.len(), free_means.len()), |(a, c)| {
        implied.loadings_total[[rows[a], free_means[c]]]
    });
    let mut gram = design.t().dot(&design);
    for c in 0..free_means.len() {
        gram[[c, c]] += 1e-8 * (1.0 + gram[[c, c]]);
    }
    let mut right: Vec<f64> = (0..free_means.len())
        .map(|c| rows.iter().enumerate().map(|(a, &i)| design[[a, c]] * (mean[i] - implied.mean[i])).sum())
        .collect();
    if let Ok(factor) = Cholesky::of(gram.view()) {
        factor.solve_in_place(&mut right);
        for (&r, value) in free_means.iter().zip(&right) {
            started.latent_means[r] = *value;
        }
    }
}
