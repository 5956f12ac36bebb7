//! Derivatives of the implied moments, by tables of bilinear forms.
//!
//! X = [I_p, G, H] with G = Lambda A and H = Lambda E. For a free entry j
//!   dSigma/dtheta_j = c (u v' + v u'),  dmu/dtheta_j = d x,
//! with u, v, x columns of X:
//!
//! | entry | c | u | v | d | x |
//! |---|---|---|---|---|---|
//! | Lambda_ir | 1 | e_i | H_r | (A alpha)_r | e_i |
//! | B_rs | 1 | G_r | H_s | (A alpha)_s | G_r |
//! | Psi_rs | 1 (1/2 if r = s) | G_r | G_s | 0 | |
//! | Theta_ij | 1 (1/2 if i = j) | e_i | e_j | 0 | |
//! | nu_i | 0 | | | 1 | e_i |
//! | alpha_r | 0 | | | 1 | G_r |
//!
//! So u'Vw for all columns at once is X'VX, at a cost of p^2 m, and each pair of parameters costs a few look-ups.

use latva_math::linalg::matmul;
use ndarray::{Array1, Array2, ArrayView1, Axis, s};

use super::low_rank::Waiting;
use super::matrices::{BlockModel, Entry, Place};
use super::moments::Implied;
use crate::moment_weight::{MomentWeight, apply_normal_covariance};
use crate::stacked::Stacking;

/// Candidates whose weighted derivatives are held at a time.
const CANDIDATES: usize = 64;

/// The rank-two form of one entry's derivatives; `u`, `v`, `x` are columns of X.
#[derive(Debug, Clone, Copy)]
pub(super) struct Term {
    pub(super) parameter: usize,
    place: Place,
    pub(super) c: f64,
    pub(super) u: usize,
    pub(super) v: usize,
    pub(super) d: f64,
    pub(super) x: usize,
}

/// Tables of bilinear forms of one block, with their buffers.
#[derive(Debug, Clone)]
pub(crate) struct Tables {
    pub(super) p: usize,
    pub(super) m: usize,
    /// The entries, in the order of their parameters (candidates of score tests after all others, in any order).
    pub(super) terms: Vec<Term>,
    runs: Vec<Run>,
    /// [G, H], p x 2m.
    pub(super) latent_columns: Array2<f64>,
    /// V [G, H], p x 2m.
    product: Array2<f64>,
    /// X'VX, (p + 2m) square.
    table: Array2<f64>,
    /// X'b, p + 2m.
    vector: Vec<f64>,
    /// X'WX of the derivative W = dF/dSigma.
    slope_table: Array2<f64>,
    /// X'w of the derivative w = dF/dmu.
    slope_vector: Vec<f64>,
    /// Forms of low rank that are not added yet.
    pub(super) waiting: Waiting,
}

impl Tables {
    /// Buffers for a block.
    pub(crate) fn new(model: &BlockModel) -> Self {
        let (p, m) = (model.p(), model.m());
        Tables {
            p,
            m,
            terms: Vec::with_capacity(model.entries.len()),
            runs: Vec::new(),
            latent_columns: Array2::zeros((p, 2 * m)),
            product: Array2::zeros((p, 2 * m)),
            table: Array2::zeros((p + 2 * m, p + 2 * m)),
            vector: vec![0.0; p + 2 * m],
            slope_table: Array2::zeros((p + 2 * m, p + 2 * m)),
            slope_vector: vec![0.0; p + 2 * m],
            waiting: Waiting::new(),
        }
    }

    /// Takes over the point of `implied`.
    pub(crate) fn refresh(&mut self, model: &BlockModel, implied: &Implied) {
        let (p, m) = (self.p, self.m);
        self.latent_columns.slice_mut(s![.., ..m]).assign(&implied.loadings_total);
        self.latent_columns.slice_mut(s![.., m..]).assign(&implied.loadings_latent);
        let (g, h) = (p, p + m);
        self.terms.clear();
        self.terms.extend(model.entries.iter().map(|&Entry { place, parameter }| {
            let (c, u, v, d, x) = match place {
                Place::Loading(i, r) => (1.0, i, h + r, implied.latent_mean[r], i),
                Place::Path(r, s) => (1.0, g + r, h + s, implied.latent_mean[s], g + r),
                Place::LatentCov(r, s) => (if r == s { 0.5 } else { 1.0 }, g + r, g + s, 0.0, 0),
                Place::ResidualCov(i, j) => (if i == j { 0.5 } else { 1.0 }, i, j, 0.0, 0),
                Place::Intercept(i) => (0.0, 0, 0, 1.0, i),
                Place::LatentMean(r) => (0.0, 0, 0, 1.0, g + r),
            };
            Term { parameter, place, c, u, v, d, x }
        }));
        if self.runs.is_empty() {
            self.runs = Run::of(&self.terms);
        }
    }

    /// X'VX for a symmetric V (p x p).
    fn tabulate(&mut self, v: &Array2<f64>) {
        tabulate(&self.latent_columns, v, &mut self.product, &mut self.table);
    }

    /// X'b.
    fn tabulate_vector(&mut self, b: &Array1<f64>) {
        tabulate_vector(&self.latent_columns, b.view(), &mut self.vector);
    }

    /// gradient_j += weight (tr(W dSigma_j) + w'dmu_j) with W = dF/dSigma (symmetric) and w = dF/dmu. The tables of W and w are
    /// kept for [`Tables::add_curvature`] and [`Tables::add_slope_form`].
    pub(crate) fn add_gradient(
        &mut self,
        w_cov: &Array2<f64>,
        w_mean: Option<&Array1<f64>>,
        weight: f64,
        gradient: &mut [f64],
    ) {
        tabulate(&self.latent_columns, w_cov, &mut self.product, &mut self.slope_table);
        for term in &self.terms {
            if term.c != 0.0 {
                gradient[term.parameter] += weight * 2.0 * term.c * self.slope_table[[term.u, term.v]];
            }
        }
        let Some(w_mean) = w_mean else {
            self.slope_vector.fill(0.0);
            return;
        };
        tabulate_vector(&self.latent_columns, w_mean.view(), &mut self.slope_vector);
        for term in &self.terms {
            if term.d != 0.0 {
                gradient[term.parameter] += weight * term.d * self.slope_vector[term.x];
            }
        }
    }

    /// matrix_jk += weight tr(V dSigma_j V dSigma_k), in the lower triangle, as all that follows.
    pub(crate) fn add_cov_form(&mut self, v: &Array2<f64>, weight: f64, matrix: &mut Array2<f64>) {
        self.tabulate(v);
        add_pairs(&self.table, &self.terms, &self.runs, weight, matrix);
    }

    /// matrix_jk += weight tr(W dSigma_j W dSigma_k) with the W of the last [`Tables::add_gradient`].
    pub(crate) fn add_slope_form(&mut self, weight: f64, matrix: &mut Array2<f64>) {
        add_pairs(&self.slope_table, &self.terms, &self.runs, weight, matrix);
    }

    /// matrix_jk += weight dmu_j' U dmu_k.
    pub(crate) fn add_mean_form(&mut self, u: &Array2<f64>, weight: f64, matrix: &mut Array2<f64>) {
        self.tabulate(u);
        for (index, a) in self.terms.iter().enumerate() {
            if a.d == 0.0 {
                continue;
            }
            for b in self.terms[..=index].iter().filter(|b| b.d != 0.0) {
                matrix[[a.parameter, b.parameter]] += weight * a.d * b.d * self.table[[a.x, b.x]];
            }
        }
    }

    /// The parts of [`Tables::add_cov_form`] that score tests need: parameters from `first` on are candidates, each with
    /// one entry. cross_ck += weight tr(V dSigma_c V dSigma_k) for candidates c and the other parameters k,
    /// diagonal_c += weight tr(V dSigma_c V dSigma_c).
    pub(crate) fn add_candidate_cov_form(
        &mut self,
        v: &Array2<f64>,
        weight: f64,
        first: usize,
        cross: &mut Array2<f64>,
        diagonal: &mut [f64],
    ) {
        self.tabulate(v);
        let columns = self.table.ncols();
        let table = self.table.as_slice().expect("tables are in standard layout");
        let (candidates, free) = self.split_at(first);
        for a in candidates.iter().filter(|a| a.c != 0.0) {
            let from_u = &table[a.u * columns..(a.u + 1) * columns];
            let from_v = &table[a.v * columns..(a.v + 1) * columns];
            let form = |b: &Term| 2.0 * weight * a.c * b.c * (from_u[b.u] * from_v[b.v] + from_u[b.v] * from_v[b.u]);
            diagonal[a.parameter - first] += form(a);
            let mut row = cross.row_mut(a.parameter - first);
            for b in &free {
                row[b.parameter] += form(b);
            }
        }
    }

    /// The same parts of [`Tables::add_mean_form`].
    pub(crate) fn add_candidate_mean_form(
        &mut self,
        u: &Array2<f64>,
        weight: f64,
        first: usize,
        cross: &mut Array2<f64>,
        diagonal: &mut [f64],
    ) {
        self.tabulate(u);
        let (candidates, free) = self.split_at(first);
        for a in candidates.iter().filter(|a| a.d != 0.0) {
            let form = |b: &Term| weight * a.d * b.d * self.table[[a.x, b.x]];
            diagonal[a.parameter - first] += form(a);
            for b in free.iter().filter(|b| b.d != 0.0) {
                cross[[a.parameter - first, b.parameter]] += form(b);
            }
        }
    }

    /// The same parts of [`Tables::add_weighted_form`].
    pub(crate) fn add_candidate_weighted_form(
        &self,
        stacking: Stacking,
        v: &MomentWeight,
        weight: f64,
        first: usize,
        cross: &mut Array2<f64>,
        diagonal: &mut [f64],
    ) {
        let Jacobian { parameters, delta } = self.jacobian(stacking, None);
        let own = parameters.partition_point(|&parameter| parameter < first);
        let (free, candidates) = delta.view().split_at(Axis(1), own);
        let mut weighted = Array2::zeros(free.raw_dim());
        v.apply(stacking, free, &mut weighted);
        let mut form = Array2::zeros((candidates.ncols(), own));
        matmul(candidates.t(), weighted.view(), form.view_mut());
        for (values, &candidate) in form.outer_iter().zip(&parameters[own..]) {
            for (value, &parameter) in values.iter().zip(&parameters) {
                cross[[candidate - first, parameter]] += weight * value;
            }
        }
        for (columns, places) in
            candidates.axis_chunks_iter(Axis(1), CANDIDATES).zip(parameters[own..].chunks(CANDIDATES))
        {
            let mut weighted = Array2::zeros(columns.raw_dim());
            v.apply(stacking, columns, &mut weighted);
            for ((column, weighted), &candidate) in columns.columns().into_iter().zip(weighted.columns()).zip(places) {
                diagonal[candidate - first] += weight * column.dot(&weighted);
            }
        }
    }

    /// The terms of the parameters from `first` on, and the others.
    fn split_at(&self, first: usize) -> (Vec<Term>, Vec<Term>) {
        self.terms.iter().partition(|term| term.parameter >= first)
    }

    /// matrix_jk += weight (b'dSigma_j V dmu_k + b'dSigma_k V dmu_j).
    pub(crate) fn add_cross_form(&mut self, v: &Array2<f64>, b: &Array1<f64>, weight: f64, matrix: &mut Array2<f64>) {
        self.tabulate(v);
        self.tabulate_vector(b);
        let (table, vector) = (&self.table, &self.vector);
        let half = |cov: &Term, mean: &Term| {
            cov.c * mean.d * (vector[cov.u] * table[[cov.v, mean.x]] + vector[cov.v] * table[[cov.u, mean.x]])
        };
        for (index, one) in self.terms.iter().enumerate() {
            for other in &self.terms[..=index] {
                matrix[[one.parameter, other.parameter]] += weight * (half(one, other) + half(other, one));
            }
        }
    }

    /// matrix += weight Delta' V Delta.
    pub(crate) fn add_weighted_form(
        &self,
        stacking: Stacking,
        v: &MomentWeight,
        weight: f64,
        matrix: &mut Array2<f64>,
    ) {
        let jacobian = self.jacobian(stacking, None);
        jacobian.scatter(&v.form(stacking, &jacobian.delta), weight, matrix);
    }

    /// matrix += weight Delta' V Gamma V Delta, with Gamma that of a normal sample with the covariance matrix `cov`.
    pub(crate) fn add_sampling_form(
        &self,
        stacking: Stacking,
        v: &MomentWeight,
        cov: &Array2<f64>,
        weight: f64,
        matrix: &mut Array2<f64>,
    ) {
        let jacobian = self.jacobian(stacking, None);
        let mut weighted = Array2::zeros(jacobian.delta.raw_dim());
        let mut sampled = Array2::zeros(jacobian.delta.raw_dim());
        v.apply(stacking, jacobian.delta.view(), &mut weighted);
        apply_normal_covariance(stacking, cov, weighted.view(), &mut sampled);
        jacobian.scatter(&weighted.t().dot(&sampled), weight, matrix);
    }

    /// matrix_jk += weight (tr(W d2Sigma_jk) + w'd2mu_jk) with the W and w of the last [`Tables::add_gradient`].
    pub(crate) fn add_curvature(&self, implied: &Implied, weight: f64, matrix: &mut Array2<f64>) {
        // The moments are linear in residual (co)variances and intercepts, and in the moments of the latent side together.
        let is_arrow = |term: &Term| matches!(term.place, Place::Loading(..) | Place::Path(..));
        let is_latent = |term: &Term| matches!(term.place, Place::LatentCov(..) | Place::LatentMean(_));
        let curved: Vec<&Term> = self.terms.iter().filter(|term| is_arrow(term) || is_latent(term)).collect();
        for (index, a) in curved.iter().enumerate() {
            for b in &curved[..=index] {
                if is_arrow(a) || is_arrow(b) {
                    matrix[[a.parameter, b.parameter]] += weight * self.second_derivative(implied, a, b);
                }
            }
        }
    }

    /// tr(W d2Sigma_jk) + w'd2mu_jk from the derivative of the columns u, v, x of entry j with respect to entry k.
    fn second_derivative(&self, implied: &Implied, j: &Term, k: &Term) -> f64 {
        let mut value = 0.0;
        if j.c != 0.0 {
            for (factor, column) in self.column_derivative(implied, j.u, k.place) {
                value += 2.0 * j.c * factor * self.slope_table[[column, j.v]];
            }
            for (factor, column) in self.column_derivative(implied, j.v, k.place) {
                value += 2.0 * j.c * factor * self.slope_table[[column, j.u]];
            }
        }
        let source = match j.place {
            Place::Loading(_, r) => Some(r),
            Place::Path(_, s) => Some(s),
            _ => None,
        };
        if let Some(r) = source {
            let change = match k.place {
                Place::Path(s, t) => implied.total[[r, s]] * implied.latent_mean[t],
                Place::LatentMean(s) => implied.total[[r, s]],
                _ => 0.0,
            };
            value += change * self.slope_vector[j.x];
        }
        if j.d != 0.0 {
            for (factor, column) in self.column_derivative(implied, j.x, k.place) {
                value += j.d * factor * self.slope_vector[column];
            }
        }
        value
    }

    /// The derivative of a column of X with respect to an entry, as up to two multiples of columns of X.
    fn column_derivative(&self, implied: &Implied, column: usize, entry: Place) -> [(f64, usize); 2] {
        const NONE: (f64, usize) = (0.0, 0);
        let (g, h) = (self.p, self.p + self.m);
        if column < g {
            return [NONE, NONE];
        }
        if column < h {
            let r = column - g;
            return match entry {
                Place::Loading(k, s) => [(implied.total[[s, r]], k), NONE],
                Place::Path(s, t) => [(implied.total[[t, r]], g + s), NONE],
                _ => [NONE, NONE],
            };
        }
        let r = column - h;
        match entry {
            Place::Loading(k, s) => [(implied.latent[[s, r]], k), NONE],
            Place::Path(s, t) => [(implied.latent[[t, r]], g + s), (implied.total[[r, s]], h + t)],
            Place::LatentCov(s, t) if s == t => [(implied.total[[r, s]], g + s), NONE],
            Place::LatentCov(s, t) => [(implied.total[[r, t]], g + s), (implied.total[[r, s]], g + t)],
            _ => [NONE, NONE],
        }
    }

    /// The Jacobian of the stacked moments with respect to the parameters of this block; with a matrix T, that of T mu and
    /// vech(T Sigma T').
    pub(crate) fn jacobian(&self, stacking: Stacking, transform: Option<&Array2<f64>>) -> Jacobian {
        let mut parameters: Vec<usize> = self.terms.iter().map(|term| term.parameter).collect();
        parameters.sort_unstable();
        parameters.dedup();
        let mut delta = Array2::zeros((stacking.len(), parameters.len()));
        self.add_jacobian(stacking, transform, &parameters, &mut delta);
        Jacobian { parameters, delta }
    }

    fn add_jacobian(
        &self,
        stacking: Stacking,
        transform: Option<&Array2<f64>>,
        parameters: &[usize],
        jacobian: &mut Array2<f64>,
    ) {
        let (p, offset) = (self.p, stacking.first_covariance());
        let transformed = transform.map(|transform| {
            let mut product = Array2::zeros(self.latent_columns.dim());
            matmul(transform.view(), self.latent_columns.view(), product.view_mut());
            product
        });
        let column = |index: usize, i: usize| match (&transformed, transform) {
            (Some(product), _) if index >= p => product[[i, index - p]],
            (_, Some(transform)) => transform[[i, index]],
            _ if index < p => f64::from(u8::from(index == i)),
            _ => self.latent_columns[[i, index - p]],
        };
        for term in &self.terms {
            let target = parameters.binary_search(&term.parameter).expect("the parameters are those of the terms");
            if stacking.means && term.d != 0.0 {
                for i in 0..p {
                    jacobian[[i, target]] += term.d * column(term.x, i);
                }
            }
            if term.c == 0.0 {
                continue;
            }
            for (row, (i, j)) in stacking.pairs().enumerate() {
                jacobian[[offset + row, target]] +=
                    term.c * (column(term.u, i) * column(term.v, j) + column(term.v, i) * column(term.u, j));
            }
        }
    }
}

/// Delta: the derivatives of the stacked moments of a block.
#[derive(Debug, Clone)]
pub(crate) struct Jacobian {
    /// The parameters (of theta, from 0) that the block has, ascending: c of them.
    pub(crate) parameters: Vec<usize>,
    /// Delta, k x c.
    pub(crate) delta: Array2<f64>,
}

impl Jacobian {
    /// matrix += weight x form, the form (c x c) being in the parameters of the block, the matrix (q x q) in theta.
    pub(crate) fn scatter(&self, form: &Array2<f64>, weight: f64, matrix: &mut Array2<f64>) {
        for (i, &row) in self.parameters.iter().enumerate() {
            for (j, &column) in self.parameters.iter().enumerate() {
                matrix[[row, column]] += weight * form[[i, j]];
            }
        }
    }
}

/// X'VX for X = [I, `latent_columns`] and a symmetric V (p x p); `product` is V times the latent columns.
fn tabulate(latent_columns: &Array2<f64>, v: &Array2<f64>, product: &mut Array2<f64>, table: &mut Array2<f64>) {
    let p = v.nrows();
    matmul(v.view(), latent_columns.view(), product.view_mut());
    table.slice_mut(s![..p, ..p]).assign(v);
    table.slice_mut(s![..p, p..]).assign(product);
    table.slice_mut(s![p.., ..p]).assign(&product.t());
    matmul(latent_columns.t(), product.view(), table.slice_mut(s![p.., p..]));
}

/// X'b.
pub(super) fn tabulate_vector(latent_columns: &Array2<f64>, b: ArrayView1<f64>, vector: &mut [f64]) {
    let (direct, latent) = vector.split_at_mut(b.len());
    latent.fill(0.0);
    for ((target, &value), columns) in direct.iter_mut().zip(b).zip(latent_columns.outer_iter()) {
        *target = value;
        latent.iter_mut().zip(columns).for_each(|(target, column)| *target += value * column);
    }
}

/// Entries of consecutive parameters whose forms stand side by side in the tables: the loadings of a factor, the variances, the
/// covariances of one variable with the next ones.
#[derive(Debug, Clone, Copy)]
struct Run {
    /// The first parameter, and how many there are.
    parameter: usize,
    len: usize,
    c: f64,
    /// Columns of the first entry, and whether those of the next ones are the next columns or the same.
    u: usize,
    v: usize,
    along_u: bool,
    along_v: bool,
}

impl Run {
    /// The runs of entries in the order of their parameters.
    fn of(terms: &[Term]) -> Vec<Run> {
        let mut runs: Vec<Run> = Vec::new();
        for term in terms.iter().filter(|term| term.c != 0.0) {
            let &Term { parameter, c, u, v, .. } = term;
            if let Some(run) = runs.last_mut()
                && run.c == c
                && run.parameter + run.len == parameter
            {
                let steps = |first: usize, along: bool, at: usize| at == first + if along { run.len } else { 0 };
                if run.len == 1 && u.wrapping_sub(run.u) <= 1 && v.wrapping_sub(run.v) <= 1 {
                    (run.along_u, run.along_v, run.len) = (u > run.u, v > run.v, 2);
                    continue;
                }
                if run.len > 1 && steps(run.u, run.along_u, u) && steps(run.v, run.along_v, v) {
                    run.len += 1;
                    continue;
                }
            }
            runs.push(Run { parameter, len: 1, c, u, v, along_u: false, along_v: false });
        }
        runs
    }
}

/// matrix_jk += weight tr(V dSigma_j V dSigma_k) from the table X'VX, in the lower triangle:
/// 2 c_j c_k (T_uu' T_vv' + T_uv' T_vu'), run by run of the k.
fn add_pairs(table: &Array2<f64>, terms: &[Term], runs: &[Run], weight: f64, matrix: &mut Array2<f64>) {
    debug_assert!(terms.is_sorted_by(|a, b| a.parameter < b.parameter), "one entry for each parameter, in order");
    let columns = table.ncols();
    let table = table.as_slice().expect("tables are in standard layout");
    for a in terms.iter().filter(|term| term.c != 0.0) {
        let from_u = &table[a.u * columns..(a.u + 1) * columns];
        let from_v = &table[a.v * columns..(a.v + 1) * columns];
        let mut row = matrix.row_mut(a.parameter);
        let row = &mut row.as_slice_mut().expect("standard layout")[..=a.parameter];
        for run in runs.iter().take_while(|run| run.parameter <= a.parameter) {
            let factor = 2.0 * weight * a.c * run.c;
            let len = run.len.min(a.parameter + 1 - run.parameter);
            let target = &mut row[run.parameter..run.parameter + len];
            if run.along_u && run.along_v {
                let (uu, vu) = (&from_u[run.u..run.u + len], &from_v[run.u..run.u + len]);
                let (uv, vv) = (&from_u[run.v..run.v + len], &from_v[run.v..run.v + len]);
                for k in 0..len {
                    target[k] += factor * (uu[k] * vv[k] + uv[k] * vu[k]);
                }
            } else if run.along_u || run.along_v {
                let (moving, fixed) = if run.along_u { (run.u, run.v) } else { (run.v, run.u) };
                let (by_u, by_v) = (factor * from_v[fixed], factor * from_u[fixed]);
                let (from_u, from_v) = (&from_u[moving..moving + len], &from_v[moving..moving + len]);
                for k in 0..len {
                    target[k] += by_u * from_u[k] + by_v * from_v[k];
                }
            } else {
                target[0] += factor * (from_u[run.u] * from_v[run.v] + from_u[run.v] * from_v[run.u]);
            }
        }
    }
}
