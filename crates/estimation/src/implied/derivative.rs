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

use latva_math::linalg::{add_sparse_product, matmul, numbers, numbers_mut, rows, rows_mut, transpose_into};
use ndarray::{Array1, Array2, ArrayView1, Axis};

use super::by_entry::{Below, ByEntry, Entries, Sums, Turns, VectorByEntry};
use super::low_rank::Waiting;
use super::matrices::{BlockModel, Entry, Place};
use super::moments::Implied;
use super::upper_sum::UpperSum;
use crate::moment_weight::{MomentWeight, apply_normal_covariance};
use crate::stacked::Stacking;

/// Candidates whose weighted derivatives are held at a time.
const CANDIDATES: usize = 64;

/// The rank-two form of one entry's derivatives; `u`, `v`, `x` are columns of X.
#[derive(Debug, Clone, Copy)]
pub(super) struct Term {
    pub(super) parameter: usize,
    pub(super) place: Place,
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
    entries: Entries,
    /// [G, H], p x 2m.
    pub(super) latent_columns: Array2<f64>,
    /// G', m x p; it has few elements that are not zero where Lambda has few.
    totals: Array2<f64>,
    /// A Psi, m x m: H' = A Psi G'.
    total_cov: Array2<f64>,
    forms: Forms,
    /// X'VX by entries.
    table: ByEntry,
    /// X'b, p + 2m.
    vector: Vec<f64>,
    /// W = dF/dSigma, p x p, and its forms.
    slopes: Array2<f64>,
    slope_forms: Forms,
    /// X'WX by entries.
    slope_table: ByEntry,
    /// Whether it is that of `slopes`.
    slopes_laid_out: bool,
    /// X'w of the derivative w = dF/dmu.
    slope_vector: Vec<f64>,
    turns: Turns,
    /// Second derivatives that are not in their place yet.
    below: Below,
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
            entries: Entries::default(),
            latent_columns: Array2::zeros((p, 2 * m)),
            totals: Array2::zeros((m, p)),
            total_cov: Array2::zeros((m, m)),
            forms: Forms::new(p, m),
            table: ByEntry::new(p + 2 * m),
            vector: vec![0.0; p + 2 * m],
            slopes: Array2::zeros((p, p)),
            slope_forms: Forms::new(p, m),
            slope_table: ByEntry::new(p + 2 * m),
            slopes_laid_out: false,
            slope_vector: vec![0.0; p + 2 * m],
            turns: Turns::default(),
            below: Below::default(),
            waiting: Waiting::new(),
        }
    }

    /// Takes over the point of `implied`.
    pub(crate) fn refresh(&mut self, model: &BlockModel, implied: &Implied) {
        let (p, m) = (self.p, self.m);
        let beside = rows(&implied.loadings_total).zip(rows(&implied.loadings_latent));
        for (row, (g, h)) in rows_mut(&mut self.latent_columns).zip(beside) {
            row[..m].copy_from_slice(g);
            row[m..].copy_from_slice(h);
        }
        transpose_into(&implied.loadings_total, &mut self.totals);
        self.total_cov.assign(&implied.total_cov);
        let (g, h) = (p, p + m);
        // Only the factors d of loadings and paths change from point to point.
        if self.terms.is_empty() {
            self.terms.extend(model.entries.iter().map(|&Entry { place, parameter }| {
                let (c, u, v, d, x) = match place {
                    Place::Loading(i, r) => (1.0, i, h + r, 0.0, i),
                    Place::Path(r, s) => (1.0, g + r, h + s, 0.0, g + r),
                    Place::LatentCov(r, s) => (if r == s { 0.5 } else { 1.0 }, g + r, g + s, 0.0, 0),
                    Place::ResidualCov(i, j) => (if i == j { 0.5 } else { 1.0 }, i, j, 0.0, 0),
                    Place::Intercept(i) => (0.0, 0, 0, 1.0, i),
                    Place::LatentMean(r) => (0.0, 0, 0, 1.0, g + r),
                };
                Term { parameter, place, c, u, v, d, x }
            }));
            self.entries = Entries::new(&self.terms);
        }
        if model.has_means {
            for term in &mut self.terms {
                if let Place::Loading(_, r) | Place::Path(_, r) = term.place {
                    term.d = implied.latent_mean[r];
                }
            }
            self.entries.set_mean_factors(&self.terms);
        }
    }

    /// X'VX for a symmetric V (p x p).
    fn tabulate(&mut self, v: &Array2<f64>) {
        self.forms.update(&self.totals, &self.total_cov, &self.latent_columns, v);
        self.forms.tabulate(v, &mut self.table.table);
    }

    /// X'b.
    fn tabulate_vector(&mut self, b: &Array1<f64>) {
        tabulate_vector(&self.latent_columns, b.view(), &mut self.vector);
    }

    /// Takes over W = dF/dSigma (symmetric) and w = dF/dmu.
    pub(crate) fn take_slopes(&mut self, w_cov: &Array2<f64>, w_mean: Option<&Array1<f64>>) {
        self.slopes.assign(w_cov);
        self.slope_forms.update(&self.totals, &self.total_cov, &self.latent_columns, w_cov);
        self.slopes_laid_out = false;
        match w_mean {
            Some(w_mean) => tabulate_vector(&self.latent_columns, w_mean.view(), &mut self.slope_vector),
            None => self.slope_vector.fill(0.0),
        }
    }

    /// gradient_j += weight (tr(W dSigma_j) + w'dmu_j) with the W and w of the last [`Tables::take_slopes`].
    pub(crate) fn add_gradient(&self, weight: f64, gradient: &mut [f64]) {
        for term in &self.terms {
            if term.c != 0.0 {
                gradient[term.parameter] += weight * 2.0 * term.c * self.slope_forms.of(&self.slopes, term.u, term.v);
            }
            if term.d != 0.0 {
                gradient[term.parameter] += weight * term.d * self.slope_vector[term.x];
            }
        }
    }

    /// matrix_jk += weight tr(V dSigma_j V dSigma_k), in the upper triangle, complete only after [`Tables::flush`], as all that follows.
    pub(crate) fn add_cov_form(&mut self, v: &Array2<f64>, weight: f64, sum: &mut UpperSum<'_>) {
        self.tabulate(v);
        self.table.lay_out(&self.entries);
        let Tables { table, entries, terms, below, .. } = self;
        table.add_pairs(weight, Sums { entries, terms, sum, below });
    }

    /// matrix_jk += weight tr(W dSigma_j W dSigma_k) with the W of the last [`Tables::take_slopes`].
    pub(crate) fn add_slope_form(&mut self, weight: f64, sum: &mut UpperSum<'_>) {
        self.lay_out_slopes();
        let Tables { slope_table, entries, terms, below, .. } = self;
        slope_table.add_pairs(weight, Sums { entries, terms, sum, below });
    }

    fn lay_out_slopes(&mut self) {
        if !self.slopes_laid_out {
            self.slope_forms.tabulate(&self.slopes, &mut self.slope_table.table);
            self.slope_table.lay_out(&self.entries);
            self.slopes_laid_out = true;
        }
    }

    /// matrix_jk += weight dmu_j' U dmu_k.
    pub(crate) fn add_mean_form(&mut self, u: &Array2<f64>, weight: f64, sum: &mut UpperSum<'_>) {
        self.tabulate(u);
        self.table.lay_out_means(&self.entries);
        let Tables { table, entries, terms, below, .. } = self;
        table.add_means(weight, Sums { entries, terms, sum, below });
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
        let (candidates, free) = self.split_at(first);
        let entries = Entries::beside(&free, &candidates);
        self.table.lay_out(&entries);
        self.table.add_pairs_with(&entries, &candidates, first, weight, cross);
        for a in &candidates {
            let (table, Term { u, v, c, .. }) = (&self.table.table, *a);
            diagonal[a.parameter - first] +=
                2.0 * weight * c * c * (table[[u, u]] * table[[v, v]] + table[[u, v]] * table[[v, u]]);
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
            let form = |b: &Term| weight * a.d * b.d * self.table.table[[a.x, b.x]];
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
    pub(crate) fn add_cross_form(&mut self, v: &Array2<f64>, b: &Array1<f64>, weight: f64, sum: &mut UpperSum<'_>) {
        self.tabulate(v);
        self.tabulate_vector(b);
        self.table.lay_out(&self.entries);
        self.table.lay_out_means(&self.entries);
        let vector = VectorByEntry::new(&self.vector, &self.terms);
        let Tables { table, entries, terms, below, .. } = self;
        table.add_cross(&vector, weight, Sums { entries, terms, sum, below });
    }

    /// matrix += weight Delta' V Delta.
    pub(crate) fn add_weighted_form(&self, stacking: Stacking, v: &MomentWeight, weight: f64, sum: &mut UpperSum<'_>) {
        let jacobian = self.jacobian(stacking, None);
        jacobian.scatter(&v.form(stacking, &jacobian.delta), weight, sum.matrix());
    }

    /// matrix += weight Delta' V Gamma V Delta, with Gamma that of a normal sample with the covariance matrix `cov`.
    pub(crate) fn add_sampling_form(
        &self,
        stacking: Stacking,
        v: &MomentWeight,
        cov: &Array2<f64>,
        weight: f64,
        sum: &mut UpperSum<'_>,
    ) {
        let jacobian = self.jacobian(stacking, None);
        let mut weighted = Array2::zeros(jacobian.delta.raw_dim());
        let mut sampled = Array2::zeros(jacobian.delta.raw_dim());
        v.apply(stacking, jacobian.delta.view(), &mut weighted);
        apply_normal_covariance(stacking, cov, weighted.view(), &mut sampled);
        jacobian.scatter(&weighted.t().dot(&sampled), weight, sum.matrix());
    }

    /// matrix_jk += weight (tr(W d2Sigma_jk) + w'd2mu_jk) with the W and w of the last [`Tables::take_slopes`].
    pub(crate) fn add_curvature(&mut self, implied: &Implied, weight: f64, sum: &mut UpperSum<'_>) {
        self.lay_out_slopes();
        let Tables { turns, slope_table, slope_vector, entries, terms, below, .. } = self;
        turns.refresh(implied, terms);
        turns.add_curvature(slope_table, slope_vector, weight, Sums { entries, terms, sum, below });
    }

    /// Completes the second derivatives that have been added.
    pub(crate) fn flush(&mut self, sum: &mut UpperSum<'_>) {
        self.entries.fold(&mut self.below, sum);
        self.add_waiting(sum.matrix());
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

/// What X'VX holds besides V, for X = [I, G, H].
#[derive(Debug, Clone)]
struct Forms {
    /// [G, H]'V, 2m x p.
    rows: Array2<f64>,
    /// [G, H]'V [G, H], 2m x 2m.
    among: Array2<f64>,
}

impl Forms {
    fn new(p: usize, m: usize) -> Self {
        Forms { rows: Array2::zeros((2 * m, p)), among: Array2::zeros((2 * m, 2 * m)) }
    }

    /// Those of a symmetric V (p x p): H'V = A Psi (G'V).
    fn update(&mut self, totals: &Array2<f64>, total_cov: &Array2<f64>, latent_columns: &Array2<f64>, v: &Array2<f64>) {
        let (mut above, below) = self.rows.view_mut().split_at(Axis(0), totals.nrows());
        above.fill(0.0);
        add_sparse_product(totals.view(), v.view(), above.view_mut());
        matmul(total_cov.view(), above.view(), below);
        matmul(self.rows.view(), latent_columns.view(), self.among.view_mut());
    }

    /// The element of X'VX at these columns of X.
    fn of(&self, v: &Array2<f64>, u: usize, w: usize) -> f64 {
        let p = v.nrows();
        match (u < p, w < p) {
            (true, true) => v[[u, w]],
            (true, false) => self.rows[[w - p, u]],
            (false, true) => self.rows[[u - p, w]],
            (false, false) => self.among[[u - p, w - p]],
        }
    }

    /// X'VX.
    fn tabulate(&self, v: &Array2<f64>, table: &mut Array2<f64>) {
        let (latent, p) = self.rows.dim();
        let (v, rows, among) = (numbers(v), numbers(&self.rows), numbers(&self.among));
        let width = p + latent;
        let (above, below) = numbers_mut(table).split_at_mut(p * width);
        for (i, row) in above.chunks_exact_mut(width).enumerate() {
            row[..p].copy_from_slice(&v[i * p..][..p]);
        }
        for (r, row) in below.chunks_exact_mut(width).enumerate() {
            let own = &rows[r * p..][..p];
            row[..p].copy_from_slice(own);
            row[p..].copy_from_slice(&among[r * latent..][..latent]);
            above[p + r..].iter_mut().step_by(width).zip(own).for_each(|(target, value)| *target = *value);
        }
    }
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
