//! Start values.
//!
//! In each block: loadings of every factor from a one-factor solution of its indicators (iterated principal factor of the
//! correlations, deflated for factors that share indicators), put on the scale and the sign of the fixed loading; the covariance
//! of the latent side by least squares, C = L^+ (S - Theta) L^+' with L the loadings; paths by ordinary least squares within
//! C; residual variances from what is left. Equivariant: a change of units or of the sign of a variable changes the start
//! values as it changes the estimates.

mod dominated;

use std::borrow::Cow;

use latva_math::linalg::{
    Cholesky, add_multiple, dot, matmul, numbers, numbers_mut, rows, rows_mut, symmetrize_from_upper, vectorized,
};
use latva_spec::table::ParTable;
use ndarray::{Array1, Array2};

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

/// Start values of the free parameters, q, whatever values the matrices have for them, which have others afterwards. The user's own ones
/// (`start()`) go first.
pub(crate) fn start_values<'a>(
    table: &ParTable,
    models: impl IntoIterator<Item = &'a mut BlockModel>,
    observed: &[Observed],
    strategy: StartStrategy,
) -> Vec<f64> {
    let mut theta = vec![0.0; table.n_free()];
    for (model, sample) in models.into_iter().zip(observed) {
        start_block(model, sample, strategy);
        for entry in &model.entries {
            theta[entry.parameter] = model.get(entry.place);
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

/// Which entries of the matrices of the latent side are free.
struct FreePattern {
    paths: Array2<bool>,
    /// Below and on the diagonal.
    latent_cov: Array2<bool>,
}

impl FreePattern {
    fn of(model: &BlockModel) -> Self {
        let m = model.m();
        let none = Array2::from_elem((m, m), false);
        let mut free = FreePattern { paths: none.clone(), latent_cov: none };
        for entry in &model.entries {
            match entry.place {
                Place::Path(r, s) => free.paths[[r, s]] = true,
                Place::LatentCov(r, s) => free.latent_cov[[r, s]] = true,
                Place::Loading(..) | Place::ResidualCov(..) | Place::Intercept(_) | Place::LatentMean(_) => {}
            }
        }
        free
    }
}

/// Start values of one block, in its matrices.
fn start_block(started: &mut BlockModel, sample: &Observed, strategy: StartStrategy) {
    let (p, m, n_latent) = (started.p(), started.m(), started.n_latent);
    let free = FreePattern::of(started);
    started.clear_parameters();
    let fixed_cov = started.latent_cov.clone();

    // The extended space: the observed variables, then the latent ones as their covariances become known.
    let mut space = Array2::zeros((p + n_latent, p + n_latent));
    for (row, observed) in rows_mut(&mut space).zip(rows(&sample.cov)) {
        row[..p].copy_from_slice(observed);
    }
    // Where the variables of the latent side stand in it.
    let positions: Vec<usize> = (0..m)
        .map(|r| if r < n_latent { p + r } else { (0..p).find(|&i| started.loadings[[i, r]] == 1.0).unwrap_or(0) })
        .collect();

    let mut residual = Cow::Borrowed(&sample.cov);
    let mut indicators = indicators(started, &free, &positions);
    let is_shared = is_any_shared(&indicators, p);
    let mut solution = OneFactor::default();
    let mut pending: Vec<usize> = (0..n_latent).collect();
    // Factors with more indicators first: a general factor before the specific ones.
    pending.sort_by_key(|&r| std::cmp::Reverse(indicators[r].len()));
    let mut known = vec![false; m];
    known[n_latent..].fill(true);
    while !pending.is_empty() {
        // First all factors whose indicators are known; a factor of factors comes after them. A loop is cut at the first one.
        let is_ready = |r: &usize| indicators[*r].iter().all(|indicator| indicator.is_known(&known));
        let (mut ready, mut later): (Vec<usize>, Vec<usize>) = pending.iter().partition(|r| is_ready(r));
        if ready.is_empty() {
            ready.push(later.remove(0));
        }
        for &r in &ready {
            indicators[r].retain(|indicator| indicator.is_known(&known));
            start_loadings(started, &free, &space, &residual, r, &indicators[r], &mut solution);
            if is_shared && strategy != StartStrategy::Uncorrelated {
                deflate(residual.to_mut(), &indicators[r], &solution.loadings);
            }
        }
        latent_covariances(started, &mut space, &ready, &indicators);
        for &r in &ready {
            known[r] = true;
        }
        pending = later;
    }
    finish(started, &fixed_cov, sample, &free, &space, &positions, strategy);
}

/// A variable that measures a latent one: an observed variable, or one of the latent side whose only use for it is as indicator.
struct Indicator {
    /// Its loading.
    place: Place,
    is_free: bool,
    /// Where it stands in the extended space.
    position: usize,
}

impl Indicator {
    fn is_known(&self, known: &[bool]) -> bool {
        match self.place {
            Place::Path(r, _) => known[r],
            _ => true,
        }
    }
}

/// The indicators of each latent variable: observed ones, then those of the latent side. Free loadings of `started` are zero.
fn indicators(started: &BlockModel, free: &FreePattern, positions: &[usize]) -> Vec<Vec<Indicator>> {
    let mut indicators: Vec<Vec<Indicator>> = (0..started.n_latent).map(|_| Vec::new()).collect();
    let mut add = |place: Place, is_free: bool| {
        if let Place::Loading(position, r) = place
            && let Some(own) = indicators.get_mut(r)
        {
            own.push(Indicator { place, is_free, position });
        }
    };
    started.entries.iter().for_each(|entry| add(entry.place, true));
    for (i, row) in rows(&started.loadings).enumerate() {
        for (r, _) in row.iter().enumerate().filter(|(_, value)| **value != 0.0) {
            add(Place::Loading(i, r), false);
        }
    }
    for own in &mut indicators {
        own.sort_unstable_by_key(|indicator| indicator.position);
    }
    // In the order of their targets.
    for &(target, r) in &started.indicator_paths {
        if let Some(own) = indicators.get_mut(r) {
            let (place, position) = (Place::Path(target, r), positions[target]);
            own.push(Indicator { place, is_free: free.paths[[target, r]], position });
        }
    }
    indicators
}

/// Whether any of the p observed variables measures more than one latent variable.
fn is_any_shared(indicators: &[Vec<Indicator>], p: usize) -> bool {
    let mut seen = vec![false; p];
    let mut observed = indicators.iter().flatten().filter(|indicator| indicator.position < p);
    observed.any(|indicator| std::mem::replace(&mut seen[indicator.position], true))
}

/// Loadings of one factor with its variance, from the covariances of its indicators; those of a factor of unit variance stay in `solution`.
fn start_loadings(
    started: &mut BlockModel,
    free: &FreePattern,
    space: &Array2<f64>,
    residual: &Array2<f64>,
    r: usize,
    indicators: &[Indicator],
    solution: &mut OneFactor,
) {
    let (p, k) = (started.p(), indicators.len());
    if k == 0 {
        return;
    }
    let (space, residual, total) = (numbers(space), numbers(residual), space.ncols());
    let OneFactor { spread, correlation, .. } = solution;
    spread.clear();
    spread.extend(indicators.iter().map(|own| space[own.position * (total + 1)].max(f64::MIN_POSITIVE).sqrt()));
    correlation.clear();
    correlation.resize(k * k, 1.0);
    for (a, &Indicator { position: i, .. }) in indicators.iter().enumerate() {
        for (b, &Indicator { position: j, .. }) in indicators[..a].iter().enumerate() {
            let covariance = if i < p && j < p { residual[i * p + j] } else { space[i * total + j] };
            let value = (covariance / (spread[a] * spread[b])).clamp(-1.0, 1.0);
            (correlation[a * k + b], correlation[b * k + a]) = (value, value);
        }
    }
    solution.solve();
    let OneFactor { spread, loadings: raw, .. } = solution;
    raw.iter_mut().zip(&*spread).for_each(|(loading, sd)| *loading *= sd);
    // The factor's standard deviation, signed: from the first fixed loading, else from the fixed variance, else such that
    // loadings average one.
    let fixed_variance = !free.latent_cov[[r, r]] && started.latent_cov[[r, r]] > 0.0;
    let marker = (0..k).find(|&a| !indicators[a].is_free && started.get(indicators[a].place) != 0.0);
    let scale = match marker {
        Some(a) => raw[a] / started.get(indicators[a].place),
        None if fixed_variance => started.latent_cov[[r, r]].sqrt(),
        None => raw.iter().map(|loading| loading.abs()).sum::<f64>() / k as f64,
    };
    let scale = if scale != 0.0 && scale.is_finite() { scale } else { spread[0] * 0.5 };
    for (indicator, raw) in indicators.iter().zip(&*raw).filter(|(indicator, _)| indicator.is_free) {
        started.set(indicator.place, *raw / scale);
    }
    started.set(Place::LatentCov(r, r), scale * scale);
}

/// Takes what a factor explains, by its loadings for unit variance, from the covariances of its observed indicators.
fn deflate(residual: &mut Array2<f64>, indicators: &[Indicator], loadings: &[f64]) {
    let p = residual.nrows();
    let observed = || indicators.iter().zip(loadings).filter(|(indicator, _)| indicator.position < p);
    for (Indicator { position: i, .. }, first) in observed() {
        for (Indicator { position: j, .. }, second) in observed().filter(|(indicator, _)| indicator.position != *i) {
            residual[[*i, *j]] -= first * second;
        }
    }
}

/// The one-factor solution of k variables, with room that serves one factor after the other.
#[derive(Default)]
struct OneFactor {
    /// Standard deviations of the variables.
    spread: Vec<f64>,
    /// Their correlations, k x k.
    correlation: Vec<f64>,
    /// Loadings of the correlations, of unit factor variance; the sign such that the first is positive.
    loadings: Vec<f64>,
    /// Communalities, then what the correlations make of the loadings.
    product: Vec<f64>,
}

impl OneFactor {
    /// The loadings from the correlations.
    fn solve(&mut self) {
        let OneFactor { spread, correlation, loadings, product } = self;
        let k = spread.len();
        let (smallest, largest) = (SHARES.0.sqrt(), SHARES.1.sqrt());
        loadings.clear();
        if k == 1 {
            loadings.push(largest);
            return;
        }
        // Largest absolute correlation as first communality (Thurstone's rule), then sweeps of a power iteration.
        let of_others = |(i, row): (usize, &[f64])| {
            row[..i].iter().chain(&row[i + 1..]).map(|correlation| correlation.abs()).fold(0.0, f64::max)
        };
        let communality = &mut *product;
        communality.clear();
        communality.extend(correlation.chunks_exact(k).enumerate().map(of_others));
        let anchor = (0..k).max_by(|&a, &b| communality[a].total_cmp(&communality[b])).unwrap_or(0);
        loadings.extend((0..k).map(|i| {
            let size = communality[i].sqrt();
            if i == anchor { size } else { correlation[i * k + anchor].signum() * size }
        }));
        // From here on the communalities are the diagonal of the matrix.
        for (i, communality) in communality.iter().enumerate() {
            correlation[i * k + i] = *communality;
        }
        for _ in 0..SWEEPS {
            for (target, row) in product.iter_mut().zip(correlation.chunks_exact(k)) {
                *target = row.iter().zip(&*loadings).map(|(correlation, loading)| correlation * loading).sum();
            }
            let size: f64 = loadings.iter().map(|loading| loading * loading).sum();
            if size < 1e-12 {
                break;
            }
            let inverse_size = size.recip();
            for ((i, loading), product) in loadings.iter_mut().enumerate().zip(&*product) {
                let magnitude = (product.abs() * inverse_size).clamp(smallest, largest);
                *loading = if *product < 0.0 { -magnitude } else { magnitude };
                correlation[i * k + i] = magnitude * magnitude;
            }
        }
        let sign = if loadings[0] < 0.0 { -1.0 } else { 1.0 };
        loadings.iter_mut().for_each(|loading| *loading = if *loading == 0.0 { smallest } else { sign * *loading });
    }
}

/// Covariances of the given factors with each other, with all known variables and with the observed ones, by least squares
/// on their loadings; written into the extended space.
///
/// With A the loadings (a row per factor, scaled by the spreads of the factor and of the variable) and G = A A' with a small ridge:
/// G^-1 A S with the variables of the space and G^-1 A (S - Theta) A' G^-1 among the factors.
fn latent_covariances(started: &BlockModel, space: &mut Array2<f64>, factors: &[usize], indicators: &[Vec<Indicator>]) {
    let (p, k) = (started.p(), factors.len());
    let total = space.nrows();
    let factor_sd: Vec<f64> = factors.iter().map(|&r| started.latent_cov[[r, r]].max(0.0).sqrt()).collect();
    let sd: Vec<f64> = space.diag().iter().map(|variance| variance.max(0.0).sqrt()).collect();
    // 1 / sd, and 0 for what is not known yet.
    let inverse_sd: Vec<f64> = sd.iter().map(|&sd| if sd > 0.0 { sd.recip() } else { 0.0 }).collect();
    // A by its elements (factor, variable, loading), and A' in full.
    let mut elements = Vec::with_capacity(total);
    let mut by_variable = vec![0.0; total * k];
    for (c, &r) in factors.iter().enumerate() {
        for &Indicator { place, position, .. } in &indicators[r] {
            let loading = started.get(place) * factor_sd[c] * inverse_sd[position];
            elements.push((c, position, loading));
            by_variable[position * k + c] = loading;
        }
    }
    let of_factor = |c: usize| c * k..(c + 1) * k;
    let mut gram = Array2::zeros((k, k));
    let mut with_space = Array2::zeros((k, total));
    let mut communality = vec![0.0; total];
    vectorized(
        #[inline(always)]
        || {
            let (gram, with_space) = (numbers_mut(&mut gram), numbers_mut(&mut with_space));
            for &(c, i, loading) in &elements {
                add_multiple(&mut gram[of_factor(c)], loading, &by_variable[of_factor(i)]);
                let of_space = &numbers(space)[i * total..][..total];
                add_multiple(&mut with_space[c * total..][..total], loading * inverse_sd[i], of_space);
                communality[i] += loading * loading;
            }
        },
    );
    for c in 0..k {
        gram[[c, c]] += 1e-3 + 1e-3 * gram[[c, c]];
    }
    let mut inverse = Array2::zeros((k, k));
    if Cholesky::with_order(k).invert(gram.view(), &mut inverse).is_err() {
        return;
    }
    // S - Theta as correlations: its diagonal are the communalities of the one-factor solutions.
    let mut common = gram;
    common.fill(0.0);
    for &(d, i, loading) in &elements {
        let uniqueness = communality[i].min(SHARES.1) - 1.0;
        let targets = numbers_mut(&mut common)[of_factor(d)].iter_mut();
        for ((target, own), with_space) in targets.zip(&by_variable[of_factor(i)]).zip(rows(&with_space)) {
            *target += loading * (with_space[i] * inverse_sd[i] + uniqueness * own);
        }
    }
    let mut among = symmetric_product(&product(&inverse, &common), &inverse);
    for (c, row) in rows_mut(&mut among).enumerate() {
        row.iter_mut().zip(&factor_sd).for_each(|(value, sd)| *value *= factor_sd[c] * sd);
        let variance = factor_sd[c] * factor_sd[c];
        row[c] = row[c].clamp(0.25 * variance, 4.0 * variance).max(f64::MIN_POSITIVE);
    }
    let among_sd: Vec<f64> = among.diag().iter().map(|variance| variance.sqrt()).collect();
    let mut with_space = product(&inverse, &with_space);
    let space = numbers_mut(space);
    for (c, (&r, with_space)) in factors.iter().zip(rows_mut(&mut with_space)).enumerate() {
        let (largest, factor_sd) = (LARGEST_CORRELATION * among_sd[c], factor_sd[c]);
        for (value, sd) in with_space.iter_mut().zip(&sd) {
            *value = (*value * factor_sd).clamp(-largest * sd, largest * sd);
        }
        space[(p + r) * total..][..total].copy_from_slice(with_space);
        space[p + r..].iter_mut().step_by(total).zip(with_space).for_each(|(target, value)| *target = *value);
    }
    for (c, (&r, row)) in factors.iter().zip(rows(&among)).enumerate() {
        for (d, (&other, value)) in factors.iter().zip(row).enumerate() {
            let limit = LARGEST_CORRELATION * among_sd[c] * among_sd[d];
            space[(p + r) * total + p + other] = if c == d { *value } else { value.clamp(-limit, limit) };
        }
    }
}

/// A B.
fn product(a: &Array2<f64>, b: &Array2<f64>) -> Array2<f64> {
    let mut product = Array2::zeros((a.nrows(), b.ncols()));
    matmul(a.view(), b.view(), product.view_mut());
    product
}

/// A B' of matrices with few rows, where it is symmetric.
fn symmetric_product(a: &Array2<f64>, b: &Array2<f64>) -> Array2<f64> {
    let mut product = Array2::zeros((a.nrows(), b.nrows()));
    for (i, left) in rows(a).enumerate() {
        for (j, right) in rows(b).enumerate().skip(i) {
            product[[i, j]] = dot(left, right);
        }
    }
    symmetrize_from_upper(&mut product);
    product
}

/// Paths, (co)variances and means from the extended space; `fixed_cov` has the latent covariances that are not free.
fn finish(
    started: &mut BlockModel,
    fixed_cov: &Array2<f64>,
    sample: &Observed,
    free: &FreePattern,
    space: &Array2<f64>,
    positions: &[usize],
    strategy: StartStrategy,
) {
    let m = started.m();
    let mut latent = Array2::from_shape_fn((m, m), |(r, s)| space[[positions[r], positions[s]]]);
    shrink_until_positive(&mut latent);
    let endogenous: Vec<bool> = (0..m)
        .map(|r| started.has_paths && (0..m).any(|s| free.paths[[r, s]] || started.paths[[r, s]] != 0.0))
        .collect();
    for r in 0..m {
        if !endogenous[r] {
            started.set(Place::LatentCov(r, r), latent[[r, r]]);
            continue;
        }
        let sources: Vec<usize> = (0..m).filter(|&s| free.paths[[r, s]]).collect();
        let fixed: Vec<usize> = (0..m).filter(|&s| !free.paths[[r, s]] && started.paths[[r, s]] != 0.0).collect();
        if strategy != StartStrategy::Uncorrelated && !sources.is_empty() {
            let gram = Array2::from_shape_fn((sources.len(), sources.len()), |(a, b)| {
                latent[[sources[a], sources[b]]] * if a == b { 1.01 } else { 1.0 }
            });
            let mut slopes: Vec<f64> = sources
                .iter()
                .map(|&s| latent[[r, s]] - fixed.iter().map(|&f| started.paths[[r, f]] * latent[[f, s]]).sum::<f64>())
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
                if !started.indicator_paths.contains(&(r, s)) {
                    started.paths[[r, s]] = 0.0;
                }
            }
        }
        let variance = latent[[r, r]];
        let paths = &numbers(&started.paths)[r * m..][..m];
        let covariance = |row: &[f64]| dot(row, paths);
        let sources = paths.iter().zip(rows(&latent)).filter(|(path, _)| **path != 0.0);
        let explained: f64 = sources.map(|(path, row)| path * covariance(row)).sum();
        started.set(Place::LatentCov(r, r), (variance - explained).clamp(SHARES.0 * variance, variance));
    }
    let covaries = |r: usize| strategy != StartStrategy::Uncorrelated && !endogenous[r];
    let mut disturbances = latent.clone();
    if !(0..m).all(covaries) {
        for r in 0..m {
            for s in (0..m).filter(|&s| s == r || !(covaries(r) && covaries(s))) {
                disturbances[[r, s]] = if s == r { started.latent_cov[[r, r]] } else { 0.0 };
            }
        }
        shrink_until_positive(&mut disturbances);
    }
    for at in 0..started.entries.len() {
        if let place @ Place::LatentCov(r, s) = started.entries[at].place {
            started.set(place, disturbances[[r, s]]);
        }
    }
    // What is fixed stays as the model has it.
    let own = numbers(fixed_cov);
    let latent_cov = numbers_mut(&mut started.latent_cov);
    for (r, free) in free.latent_cov.outer_iter().enumerate() {
        for s in (0..=r).filter(|&s| !free[s]) {
            let value = own[r * m + s];
            (latent_cov[r * m + s], latent_cov[s * m + r]) = (value, value);
        }
    }
    let variances = latent.diag().to_vec();
    for at in 0..started.entries.len() {
        match started.entries[at].place {
            Place::ResidualCov(i, j) if i == j => {
                let variance = sample.cov[[i, i]];
                let loadings = numbers(&started.loadings)[i * m..][..m].iter().zip(&variances);
                let explained: f64 = loadings.map(|(loading, variance)| loading * loading * variance).sum();
                started.residual_cov[[i, i]] = (variance - explained).clamp(0.1 * variance, variance);
            }
            Place::ResidualCov(i, j) => started.set(Place::ResidualCov(i, j), 0.0),
            _ => {}
        }
    }
    if let (true, Some(mean)) = (started.has_means, &sample.mean) {
        start_means(started, mean);
    }
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
fn start_means(started: &mut BlockModel, mean: &Array1<f64>) {
    let free_intercepts: Vec<usize> = started
        .entries
        .iter()
        .filter_map(|entry| if let Place::Intercept(i) = entry.place { Some(i) } else { None })
        .collect();
    let free_means: Vec<usize> = started
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
    let rows: Vec<usize> = (0..started.p()).filter(|i| !free_intercepts.contains(i)).collect();
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
