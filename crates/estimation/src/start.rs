//! Start values.
//!
//! In each block: loadings of every factor from a one-factor solution of its indicators (iterated principal factor of the
//! correlations, deflated for factors that share indicators), put on the scale and the sign of the fixed loading; the covariance
//! of the latent side by least squares, C = L^+ (S - Theta) L^+' with L the loadings; paths by ordinary least squares within
//! C; residual variances from what is left. Equivariant: a change of units or of the sign of a variable changes the start
//! values as it changes the estimates.

mod dominated;
mod one_factor;

use std::borrow::Cow;
use std::ops::Range;

use latva_math::linalg::{Cholesky, add_multiple, dot, matmul, numbers, numbers_mut, rows, rows_mut, vectorized};
use latva_spec::table::ParTable;
use ndarray::{Array1, Array2, ArrayView2};

use crate::implied::{BlockModel, Place};
use crate::observed::Observed;

pub(crate) use dominated::{Dominated, dominated};
use one_factor::OneFactor;

/// Least and largest share of a variable's variance that a start value explains.
const SHARES: (f64, f64) = (0.05, 0.90);
/// Largest correlation of two variables of the latent side in the start values.
const LARGEST_CORRELATION: f64 = 0.85;

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

/// Whether the elements of the matrices of the latent side at one row and column are free.
#[derive(Clone, Copy, Default)]
struct Free {
    path: bool,
    /// False above the diagonal.
    latent_cov: bool,
}

/// What is free of the matrices of the latent side, m x m.
fn free_elements(model: &BlockModel) -> Array2<Free> {
    let mut free = Array2::from_elem((model.m(), model.m()), Free::default());
    for entry in &model.entries {
        match entry.place {
            Place::Path(r, s) => free[[r, s]].path = true,
            Place::LatentCov(r, s) => free[[r, s]].latent_cov = true,
            Place::Loading(..) | Place::ResidualCov(..) | Place::Intercept(_) | Place::LatentMean(_) => {}
        }
    }
    free
}

/// Start values of one block, in its matrices.
fn start_block(started: &mut BlockModel, sample: &Observed, strategy: StartStrategy) {
    let (p, m, n_latent) = (started.p(), started.m(), started.n_latent);
    let free = free_elements(started);
    started.clear_parameters();

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
    let mut indicators = Indicators::of(started, &free, &positions);
    let is_shared = indicators.is_any_shared(p);
    let mut solution = OneFactor::with_room(indicators.most());
    let mut factors: Vec<usize> = (0..n_latent).collect();
    // Factors with more indicators first: a general factor before the specific ones.
    factors.sort_by_key(|&r| std::cmp::Reverse(indicators.of_factor(r).len()));
    let mut known = vec![false; m];
    known[n_latent..].fill(true);
    let mut pending = factors.as_mut_slice();
    while !pending.is_empty() {
        // First all factors whose indicators are known; a factor of factors comes after them. A loop is cut at the first one.
        let is_ready = |r: usize| indicators.of_factor(r).iter().all(|indicator| indicator.is_known(&known));
        pending.sort_by_key(|&r| !is_ready(r));
        let count = pending.iter().take_while(|&&r| is_ready(r)).count();
        if count == 0 {
            indicators.keep_known(pending[0], &known);
        }
        let (ready, later) = pending.split_at_mut(count.max(1));
        for &r in &*ready {
            let own = indicators.of_factor(r);
            start_loadings(started, &free, &mut space, &residual, r, own, &mut solution);
            if is_shared && strategy != StartStrategy::Uncorrelated {
                deflate(residual.to_mut(), own, &solution.loadings);
            }
        }
        latent_covariances(started, &mut space, ready, &indicators);
        for &r in &*ready {
            known[r] = true;
        }
        pending = later;
    }
    finish(started, sample, &free, &space, &positions, strategy);
}

/// A variable that measures a latent one: an observed variable, or one of the latent side whose only use for it is as indicator.
struct Indicator {
    /// The latent variable.
    factor: usize,
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

/// The indicators of all latent variables.
struct Indicators {
    /// By latent variables; of each the observed ones, then those of the latent side.
    all: Vec<Indicator>,
    /// Where those of each latent variable stand.
    ranges: Vec<Range<usize>>,
}

impl Indicators {
    /// Free loadings of `started` are zero.
    fn of(started: &BlockModel, free: &Array2<Free>, positions: &[usize]) -> Self {
        let mut all = Vec::with_capacity(started.entries.len());
        let mut add = |place: Place, is_free: bool| {
            let (factor, position) = match place {
                Place::Loading(position, r) => (r, position),
                Place::Path(target, r) => (r, positions[target]),
                _ => return,
            };
            if factor < started.n_latent {
                all.push(Indicator { factor, place, is_free, position });
            }
        };
        let is_loading = |place: Place| matches!(place, Place::Loading(..));
        started.entries.iter().filter(|entry| is_loading(entry.place)).for_each(|entry| add(entry.place, true));
        for (i, row) in rows(&started.loadings).enumerate() {
            for (r, _) in row.iter().enumerate().filter(|(_, value)| **value != 0.0) {
                add(Place::Loading(i, r), false);
            }
        }
        for &(target, r) in &started.indicator_paths {
            add(Place::Path(target, r), free[[target, r]].path);
        }
        // Loadings come before paths, either in the order of their targets.
        all.sort_unstable_by_key(|indicator| (indicator.factor, indicator.place));
        let mut end = 0;
        let ranges = (0..started.n_latent).map(|r| {
            let start = end;
            end += all[start..].iter().take_while(|indicator| indicator.factor == r).count();
            start..end
        });
        Indicators { ranges: ranges.collect(), all }
    }

    fn of_factor(&self, r: usize) -> &[Indicator] {
        &self.all[self.ranges[r].clone()]
    }

    /// The largest number of indicators of a latent variable.
    fn most(&self) -> usize {
        self.ranges.iter().map(Range::len).max().unwrap_or(0)
    }

    /// Drops indicators of a latent variable that are not known.
    fn keep_known(&mut self, r: usize, known: &[bool]) {
        let range = &mut self.ranges[r];
        let own = &mut self.all[range.clone()];
        own.sort_by_key(|indicator| !indicator.is_known(known));
        range.end = range.start + own.iter().take_while(|indicator| indicator.is_known(known)).count();
    }

    /// Whether any of the p observed variables measures more than one latent variable.
    fn is_any_shared(&self, p: usize) -> bool {
        let mut seen = vec![false; p];
        let mut observed = self.all.iter().filter(|indicator| indicator.position < p);
        observed.any(|indicator| std::mem::replace(&mut seen[indicator.position], true))
    }
}

/// Loadings of one factor from the covariances of its indicators; those for unit variance stay in `solution`, its own variance comes into the
/// extended space.
fn start_loadings(
    started: &mut BlockModel,
    free: &Array2<Free>,
    space: &mut Array2<f64>,
    residual: &Array2<f64>,
    r: usize,
    indicators: &[Indicator],
    solution: &mut OneFactor,
) {
    let (p, k) = (started.p(), indicators.len());
    let fixed_variance = started.latent_cov[[r, r]];
    if k == 0 {
        space[[p + r, p + r]] = fixed_variance;
        return;
    }
    let (residual, total) = (numbers(residual), space.ncols());
    let stride = solution.clear(k);
    let OneFactor { spread, correlation, .. } = solution;
    let covariances = numbers(space);
    spread.extend(indicators.iter().map(|own| covariances[own.position * (total + 1)].max(f64::MIN_POSITIVE).sqrt()));
    for (a, &Indicator { position: i, .. }) in indicators.iter().enumerate() {
        for (b, &Indicator { position: j, .. }) in indicators[..a].iter().enumerate() {
            let covariance = if i < p && j < p { residual[i * p + j] } else { covariances[i * total + j] };
            let value = (covariance / (spread[a] * spread[b])).clamp(-1.0, 1.0);
            (correlation[a * stride + b], correlation[b * stride + a]) = (value, value);
        }
    }
    solution.solve();
    let OneFactor { spread, loadings: raw, .. } = solution;
    raw.iter_mut().zip(&*spread).for_each(|(loading, sd)| *loading *= sd);
    // The factor's standard deviation, signed: from the first fixed loading, else from the fixed variance, else such that
    // loadings average one.
    let has_fixed_variance = !free[[r, r]].latent_cov && fixed_variance > 0.0;
    let marker = (0..k).find(|&a| !indicators[a].is_free && started.get(indicators[a].place) != 0.0);
    let scale = match marker {
        Some(a) => raw[a] / started.get(indicators[a].place),
        None if has_fixed_variance => fixed_variance.sqrt(),
        None => raw.iter().map(|loading| loading.abs()).sum::<f64>() / k as f64,
    };
    let scale = if scale != 0.0 && scale.is_finite() { scale } else { spread[0] * 0.5 };
    let mut matrices = started.numbers().0;
    for (indicator, raw) in indicators.iter().zip(&*raw).filter(|(indicator, _)| indicator.is_free) {
        matrices.set(indicator.place, *raw / scale);
    }
    space[[p + r, p + r]] = scale * scale;
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

/// Covariances of the given factors with each other, with all known variables and with the observed ones, by least squares
/// on their loadings; written into the extended space.
///
/// With A the loadings (a row per factor, scaled by the spreads of the factor and of the variable) and G = A A' with a small ridge:
/// G^-1 A S with the variables of the space and G^-1 A (S - Theta) A' G^-1 among the factors.
///
/// The space has the variances of the factors already.
fn latent_covariances(started: &BlockModel, space: &mut Array2<f64>, factors: &[usize], indicators: &Indicators) {
    let (p, k) = (started.p(), factors.len());
    let total = space.nrows();
    let of_variance = |variance: &f64| Spread::of(variance.max(0.0).sqrt());
    let mut variables: Vec<Spread> = numbers(space).iter().step_by(total + 1).map(of_variance).collect();
    let factor_sd: Vec<f64> = factors.iter().map(|&r| variables[p + r].sd).collect();
    // A by its elements (factor, variable, loading), and A' in full.
    let mut elements = Vec::with_capacity(total);
    let mut by_variable = vec![0.0; total * k];
    for (c, &r) in factors.iter().enumerate() {
        for &Indicator { place, position, .. } in indicators.of_factor(r) {
            let loading = started.get(place) * factor_sd[c] * variables[position].inverse;
            elements.push((c, position, loading));
            variables[position].communality += loading * loading;
            by_variable[position * k + c] = loading;
        }
    }
    let of_factor = |c: usize| c * k..(c + 1) * k;
    let mut gram = Array2::zeros((k, k));
    let mut with_space = Array2::zeros((k, total));
    vectorized(
        #[inline(always)]
        || {
            let (gram, with_space) = (numbers_mut(&mut gram), numbers_mut(&mut with_space));
            for &(c, i, loading) in &elements {
                add_multiple(&mut gram[of_factor(c)], loading, &by_variable[of_factor(i)]);
                let of_space = &numbers(space)[i * total..][..total];
                add_multiple(&mut with_space[c * total..][..total], loading * variables[i].inverse, of_space);
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
        let Spread { inverse, communality, .. } = variables[i];
        let uniqueness = communality.min(SHARES.1) - 1.0;
        let targets = numbers_mut(&mut common)[of_factor(d)].iter_mut();
        for ((target, own), with_space) in targets.zip(&by_variable[of_factor(i)]).zip(rows(&with_space)) {
            *target += loading * (with_space[i] * inverse + uniqueness * own);
        }
    }
    let mut among = product(&product(&inverse, &common), &inverse);
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
        for (value, Spread { sd, .. }) in with_space.iter_mut().zip(&variables) {
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

/// How a variable of the extended space varies.
struct Spread {
    /// Its standard deviation.
    sd: f64,
    /// 1 / sd, and 0 for what is not known yet.
    inverse: f64,
    /// What the factors at hand explain of it: the sum of the squares of its loadings in A.
    communality: f64,
}

impl Spread {
    fn of(sd: f64) -> Self {
        Spread { sd, inverse: if sd > 0.0 { sd.recip() } else { 0.0 }, communality: 0.0 }
    }
}

/// A B.
fn product(a: &Array2<f64>, b: &Array2<f64>) -> Array2<f64> {
    let mut product = Array2::zeros((a.nrows(), b.ncols()));
    matmul(a.view(), b.view(), product.view_mut());
    product
}

/// Paths, (co)variances and means from the extended space.
fn finish(
    started: &mut BlockModel,
    sample: &Observed,
    free: &Array2<Free>,
    space: &Array2<f64>,
    positions: &[usize],
    strategy: StartStrategy,
) {
    let m = started.m();
    let mut latent = Array2::from_shape_fn((m, m), |(r, s)| space[[positions[r], positions[s]]]);
    let mut factor = Cholesky::with_order(m);
    shrink_until_positive(&mut latent, &mut factor);
    let endogenous: Vec<bool> = (0..m)
        .map(|r| started.has_paths && (0..m).any(|s| free[[r, s]].path || started.paths[[r, s]] != 0.0))
        .collect();
    // Of the disturbances, where a variable has sources.
    let mut variances = latent.diag().to_vec();
    let mut slopes = Slopes::with_room(m);
    for r in (0..m).filter(|&r| endogenous[r]) {
        if strategy == StartStrategy::Uncorrelated {
            // Measurement paths (to latent or promoted indicators) keep their loadings.
            for s in (0..m).filter(|&s| free[[r, s]].path && !started.indicator_paths.contains(&(r, s))) {
                started.paths[[r, s]] = 0.0;
            }
        } else {
            slopes.start(started, free, &latent, r);
        }
        let variance = latent[[r, r]];
        let paths = &numbers(&started.paths)[r * m..][..m];
        let covariance = |row: &[f64]| dot(row, paths);
        let sources = paths.iter().zip(rows(&latent)).filter(|(path, _)| **path != 0.0);
        let explained: f64 = sources.map(|(path, row)| path * covariance(row)).sum();
        variances[r] = (variance - explained).clamp(SHARES.0 * variance, variance);
    }
    let BlockModel { entries, loadings, latent_cov, residual_cov, .. } = started;
    for entry in &*entries {
        // Covariances are zero.
        if let Place::ResidualCov(i, j) = entry.place
            && i == j
        {
            let variance = sample.cov[[i, i]];
            let loadings = numbers(loadings)[i * m..][..m].iter().zip(numbers(&latent).iter().step_by(m + 1));
            let explained: f64 = loadings.map(|(loading, variance)| loading * loading * variance).sum();
            residual_cov[[i, i]] = (variance - explained).clamp(0.1 * variance, variance);
        }
    }
    let covaries = |r: usize| strategy != StartStrategy::Uncorrelated && !endogenous[r];
    let mut disturbances = latent;
    if !(0..m).all(covaries) {
        for r in 0..m {
            for s in (0..m).filter(|&s| s == r || !(covaries(r) && covaries(s))) {
                disturbances[[r, s]] = if s == r { variances[r] } else { 0.0 };
            }
        }
        shrink_until_positive(&mut disturbances, &mut factor);
    }
    for entry in &*entries {
        if let Place::LatentCov(r, s) = entry.place {
            let value = disturbances[[r, s]];
            (latent_cov[[r, s]], latent_cov[[s, r]]) = (value, value);
        }
    }
    if let (true, Some(mean)) = (started.has_means, &sample.mean) {
        start_means(started, mean);
    }
}

/// Paths to one variable after the other by ordinary least squares, with room that serves all of them.
struct Slopes {
    /// Free paths lead from these.
    sources: Vec<usize>,
    /// Their covariances with each other.
    gram: Vec<f64>,
    /// Their covariances with the variable, without what fixed paths explain of them; then the slopes.
    slopes: Vec<f64>,
    factor: Cholesky,
}

impl Slopes {
    /// Room for the paths from m variables.
    fn with_room(m: usize) -> Self {
        let (sources, gram, slopes) = (Vec::with_capacity(m), Vec::with_capacity(m * m), Vec::with_capacity(m));
        Slopes { sources, gram, slopes, factor: Cholesky::with_order(0) }
    }

    /// The free paths to variable r, from the covariances of the latent side.
    fn start(&mut self, started: &mut BlockModel, free: &Array2<Free>, latent: &Array2<f64>, r: usize) {
        let Slopes { sources, gram, slopes, factor } = self;
        let m = started.m();
        sources.clear();
        sources.extend((0..m).filter(|&s| free[[r, s]].path));
        let n = sources.len();
        if n == 0 {
            return;
        }
        let fixed = |s: usize| {
            let paths = (0..m).filter(|&f| !free[[r, f]].path);
            paths.map(|f| started.paths[[r, f]] * latent[[f, s]]).sum::<f64>()
        };
        slopes.clear();
        slopes.extend(sources.iter().map(|&s| latent[[r, s]] - fixed(s)));
        gram.clear();
        for &a in &*sources {
            gram.extend(sources.iter().map(|&b| latent[[a, b]] * if a == b { 1.01 } else { 1.0 }));
        }
        let gram = ArrayView2::from_shape((n, n), gram).expect("a row for each source");
        if factor.order() != n {
            *factor = Cholesky::with_order(n);
        }
        if factor.factor(gram).is_ok() {
            factor.solve_in_place(slopes);
            for (&s, slope) in sources.iter().zip(&*slopes) {
                started.paths[[r, s]] = *slope;
            }
        }
    }
}

/// Off-diagonal elements times 0.9 until the matrix is positive definite; zero ones at the end. The factor gives the room to see that.
fn shrink_until_positive(matrix: &mut Array2<f64>, factor: &mut Cholesky) {
    let n = matrix.nrows();
    for _ in 0..40 {
        if factor.factor(matrix.view()).is_ok() {
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
