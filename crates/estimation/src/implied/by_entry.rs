//! Tables of bilinear forms laid out entry by entry, so that second derivatives are sums along contiguous numbers.
//!
//! T = X'VX is the table of a symmetric V (see [`super::derivative`] for X and the columns u, v, x and factors c, d of an entry). Of each row y
//! of T this keeps c_k T_yu(k), T_yv(k) and, with means, d_k T_yx(k) for all entries k.

use latva_math::linalg::{Gather, add_multiple, numbers_mut, rows, vectorized};
use ndarray::Array2;

use super::derivative::Term;
use super::matrices::Place;
use super::moments::Implied;

/// Numbers that are taken together.
const LANES: usize = 4;

/// Entries whose parameters follow each other: entries `first`.. are the parameters `parameter`...
#[derive(Debug, Clone, Copy)]
struct Segment {
    first: usize,
    len: usize,
    parameter: usize,
}

/// Columns and factors of all entries, in the order of their parameters.
#[derive(Debug, Clone, Default)]
pub(super) struct Entries {
    segments: Vec<Segment>,
    u: Gather,
    v: Gather,
    x: Gather,
    c: Vec<f64>,
    d: Vec<f64>,
    /// Whether any entry moves a mean.
    means: bool,
}

impl Entries {
    /// The entries of these terms.
    pub(super) fn new(terms: &[Term]) -> Self {
        let mut segments: Vec<Segment> = Vec::new();
        for (first, &Term { parameter, .. }) in terms.iter().enumerate() {
            match segments.last_mut() {
                Some(last) if last.parameter + last.len == parameter => last.len += 1,
                _ => segments.push(Segment { first, len: 1, parameter }),
            }
        }
        let mut entries = Entries {
            segments,
            u: Gather::new(terms.iter().map(|term| term.u)),
            v: Gather::new(terms.iter().map(|term| term.v)),
            x: Gather::new(terms.iter().map(|term| term.x)),
            c: terms.iter().map(|term| term.c).collect(),
            d: Vec::new(),
            means: false,
        };
        entries.set_mean_factors(terms);
        entries
    }

    /// Takes over the factors d of the terms.
    pub(super) fn set_mean_factors(&mut self, terms: &[Term]) {
        self.d.clear();
        self.d.extend(terms.iter().map(|term| term.d));
        self.means = self.d.iter().any(|&d| d != 0.0);
    }

    /// The rows of `matrix` (in the parameters) from the diagonal on, or a little before it, each in parts that go with contiguous entries: calls
    /// `add(entry, first, part)`, where the part belongs to the entries from `first` on.
    #[inline(always)]
    fn for_rows(&self, matrix: &mut Array2<f64>, terms: &[Term], mut add: impl FnMut(&Term, usize, &mut [f64])) {
        let columns = matrix.ncols();
        let matrix = numbers_mut(matrix);
        let mut segments = self.segments.as_slice();
        for (row, term) in terms.iter().enumerate() {
            let target = &mut matrix[term.parameter * columns..][..columns];
            while let [own, others @ ..] = segments
                && own.first + own.len <= row
            {
                segments = others;
            }
            for &Segment { first, len, parameter } in segments {
                // Whole lanes: what is below the diagonal is not used.
                let own = len.min((first + len - row.max(first)).next_multiple_of(LANES));
                let skipped = len - own;
                add(term, first + skipped, &mut target[parameter + skipped..][..own]);
            }
        }
    }
}

/// One table laid out by entries.
#[derive(Debug, Clone, Default)]
pub(super) struct ByEntry {
    /// Number of entries.
    n: usize,
    /// c_k T_yu(k), by rows y.
    u: Vec<f64>,
    /// T_yv(k).
    v: Vec<f64>,
    /// d_k T_yx(k).
    x: Vec<f64>,
}

impl ByEntry {
    /// Lays out the covariance part of a table.
    pub(super) fn lay_out(&mut self, table: &Array2<f64>, entries: &Entries) {
        self.n = entries.u.len();
        for numbers in [&mut self.u, &mut self.v] {
            numbers.clear();
            numbers.reserve(table.nrows() * self.n);
        }
        for row in rows(table) {
            entries.u.append_multiples(row, &entries.c, &mut self.u);
            entries.v.append(row, &mut self.v);
        }
    }

    /// Lays out its mean part.
    pub(super) fn lay_out_means(&mut self, table: &Array2<f64>, entries: &Entries) {
        self.n = entries.u.len();
        self.x.clear();
        self.x.reserve(table.nrows() * self.n);
        for row in rows(table) {
            entries.x.append_multiples(row, &entries.d, &mut self.x);
        }
    }

    #[inline(always)]
    fn row<'a>(&self, rows: &'a [f64], y: usize, first: usize, len: usize) -> &'a [f64] {
        &rows[y * self.n + first..][..len]
    }

    /// matrix_jk += weight tr(V dSigma_j V dSigma_k) = 2 weight c_j c_k (T_uu' T_vv' + T_vu' T_uv').
    pub(super) fn add_pairs(&self, entries: &Entries, terms: &[Term], weight: f64, matrix: &mut Array2<f64>) {
        vectorized(
            #[inline(always)]
            || {
                entries.for_rows(
                    matrix,
                    terms,
                    #[inline(always)]
                    |a, first, target| {
                        if a.c != 0.0 {
                            self.add_pairs_of(a, first, 2.0 * weight * a.c, target);
                        }
                    },
                );
            },
        );
    }

    /// cross_jk += weight tr(V dSigma_j V dSigma_k) for each of some other entries, the candidates j (parameters from `from` on).
    pub(super) fn add_pairs_with(
        &self,
        entries: &Entries,
        candidates: &[Term],
        from: usize,
        weight: f64,
        cross: &mut Array2<f64>,
    ) {
        let columns = cross.ncols();
        let cross = numbers_mut(cross);
        vectorized(
            #[inline(always)]
            || {
                for a in candidates.iter().filter(|a| a.c != 0.0) {
                    let target = &mut cross[(a.parameter - from) * columns..][..columns];
                    for &Segment { first, len, parameter } in &entries.segments {
                        self.add_pairs_of(a, first, 2.0 * weight * a.c, &mut target[parameter..][..len]);
                    }
                }
            },
        );
    }

    /// target_k += factor c_k (T_uu' T_vv' + T_vu' T_uv') for the entries k from `first` on.
    #[inline(always)]
    fn add_pairs_of(&self, a: &Term, first: usize, factor: f64, target: &mut [f64]) {
        let len = target.len();
        let (uu, vv) = (self.row(&self.u, a.u, first, len), self.row(&self.v, a.v, first, len));
        let (vu, uv) = (self.row(&self.u, a.v, first, len), self.row(&self.v, a.u, first, len));
        add_products(target, factor, [uu, vv], [vu, uv]);
    }

    /// matrix_jk += weight dmu_j'V dmu_k = weight d_j d_k T_xx'.
    pub(super) fn add_means(&self, entries: &Entries, terms: &[Term], weight: f64, matrix: &mut Array2<f64>) {
        vectorized(
            #[inline(always)]
            || {
                entries.for_rows(
                    matrix,
                    terms,
                    #[inline(always)]
                    |a, first, target| {
                        if a.d != 0.0 {
                            add_multiple(target, weight * a.d, self.row(&self.x, a.x, first, target.len()));
                        }
                    },
                );
            },
        );
    }

    /// matrix_jk += weight (b'dSigma_j V dmu_k + b'dSigma_k V dmu_j), where `vector` is X'b and, of it, `by_u` c_k b_u(k) and `by_v` b_v(k):
    /// c_j d_k (b_u T_vx' + b_v T_ux') and the same with j and k exchanged.
    pub(super) fn add_cross(
        &self,
        entries: &Entries,
        terms: &[Term],
        vector: &VectorByEntry,
        weight: f64,
        matrix: &mut Array2<f64>,
    ) {
        vectorized(
            #[inline(always)]
            || {
                entries.for_rows(
                    matrix,
                    terms,
                    #[inline(always)]
                    |a, first, target| {
                        let len = target.len();
                        if a.c != 0.0 {
                            let (by_u, by_v) = (weight * a.c * vector.all[a.u], weight * a.c * vector.all[a.v]);
                            let (ux, vx) = (self.row(&self.x, a.u, first, len), self.row(&self.x, a.v, first, len));
                            add_multiple(target, by_u, vx);
                            add_multiple(target, by_v, ux);
                        }
                        if a.d != 0.0 {
                            let factor = weight * a.d;
                            let (by_u, by_v) = (&vector.u[first..][..len], &vector.v[first..][..len]);
                            let (xu, xv) = (self.row(&self.u, a.x, first, len), self.row(&self.v, a.x, first, len));
                            add_products(target, factor, [by_u, xv], [by_v, xu]);
                        }
                    },
                );
            },
        );
    }
}

/// The derivatives of the columns G_r and H_r of X, and of (A alpha)_r, with respect to all entries k, by rows r:
///
/// | entry k | dG_r | dH_r | d(A alpha)_r |
/// |---|---|---|---|
/// | Lambda_is | A_sr e_i | E_sr e_i | 0 |
/// | B_st | A_tr G_s | E_tr G_s + A_rs H_t | A_rs (A alpha)_t |
/// | Psi_st | 0 | A_rt G_s + A_rs G_t (half of it if s = t) | 0 |
/// | alpha_s | 0 | 0 | A_rs |
///
/// so that dG_r = g_k(r) u_k and dH_r = h_k(r) c_k u_k + t_k(r) v_k with the columns u, v of the entry itself.
#[derive(Debug, Clone, Default)]
pub(super) struct Turns {
    n: usize,
    g: Vec<f64>,
    h: Vec<f64>,
    t: Vec<f64>,
    mean: Vec<f64>,
}

impl Turns {
    /// Those at the point of `implied`.
    pub(super) fn refresh(&mut self, implied: &Implied, terms: &[Term]) {
        let (n, m) = (terms.len(), implied.latent_mean.len());
        self.n = n;
        for rows in [&mut self.g, &mut self.h, &mut self.t, &mut self.mean] {
            rows.clear();
            rows.resize(m * n, 0.0);
        }
        let Implied { total, latent, latent_mean, .. } = implied;
        for (k, term) in terms.iter().enumerate() {
            let places = (0..m).map(|r| (r, r * n + k));
            match term.place {
                Place::Loading(_, s) => {
                    for (r, at) in places {
                        (self.g[at], self.h[at]) = (total[[s, r]], latent[[s, r]]);
                    }
                }
                Place::Path(s, t) => {
                    for (r, at) in places {
                        (self.g[at], self.h[at], self.t[at]) = (total[[t, r]], latent[[t, r]], total[[r, s]]);
                        self.mean[at] = total[[r, s]] * latent_mean[t];
                    }
                }
                Place::LatentCov(s, t) => {
                    for (r, at) in places {
                        (self.h[at], self.t[at]) = (total[[r, t]], term.c * total[[r, s]]);
                    }
                }
                Place::LatentMean(s) => {
                    for (r, at) in places {
                        self.mean[at] = total[[r, s]];
                    }
                }
                Place::ResidualCov(..) | Place::Intercept(_) => {}
            }
        }
    }

    /// matrix_jk += weight (tr(W d2Sigma_jk) + w'd2mu_jk), `slopes` being the table of W and `vector` X'w: with the columns u, v, x of entry j,
    /// 2 c_j (du'Wv + u'Wdv) + dd_j w'x + d_j w'dx.
    pub(super) fn add_curvature(
        &self,
        slopes: &ByEntry,
        slope_vector: &[f64],
        entries: &Entries,
        terms: &[Term],
        weight: f64,
        matrix: &mut Array2<f64>,
    ) {
        let vector = VectorByEntry::new(slope_vector, entries);
        let Turns { n, g, h, t, mean } = self;
        vectorized(
            #[inline(always)]
            || {
                entries.for_rows(
                    matrix,
                    terms,
                    #[inline(always)]
                    |j, first, target| {
                        let len = target.len();
                        let row = |r: usize| r * n + first..r * n + first + len;
                        let factor = 2.0 * weight * j.c;
                        let with_u = slopes.row(&slopes.u, j.u, first, len);
                        let with_v = slopes.row(&slopes.u, j.v, first, len);
                        match j.place {
                            Place::LatentCov(r, s) => {
                                add_product(target, factor, &g[row(r)], with_v);
                                add_product(target, factor, &g[row(s)], with_u);
                            }
                            Place::Path(r, _) => add_product(target, factor, &g[row(r)], with_v),
                            _ => {}
                        }
                        if let Place::Loading(_, r) | Place::Path(_, r) = j.place {
                            add_product(target, factor, &h[row(r)], with_u);
                            add_product(target, factor, &t[row(r)], slopes.row(&slopes.v, j.u, first, len));
                            if entries.means {
                                add_multiple(target, weight * vector.all[j.x], &mean[row(r)]);
                            }
                        }
                        if let (Place::Path(r, _) | Place::LatentMean(r), true) = (j.place, entries.means) {
                            add_product(target, weight * j.d, &g[row(r)], &vector.u[first..][..len]);
                        }
                    },
                );
            },
        );
    }
}

/// target_k += factor (a_k b_k + c_k d_k).
#[inline(always)]
fn add_products(target: &mut [f64], factor: f64, [a, b]: [&[f64]; 2], [c, d]: [&[f64]; 2]) {
    let (target, target_rest) = target.as_chunks_mut::<LANES>();
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    let ((c, c_rest), (d, d_rest)) = (c.as_chunks::<LANES>(), d.as_chunks::<LANES>());
    for ((((target, a), b), c), d) in target.iter_mut().zip(a).zip(b).zip(c).zip(d) {
        // All numbers are read before any is written: else the compiler must fear that slices overlap.
        *target = std::array::from_fn(|k| target[k] + factor * (a[k] * b[k] + c[k] * d[k]));
    }
    for k in 0..target_rest.len() {
        target_rest[k] += factor * (a_rest[k] * b_rest[k] + c_rest[k] * d_rest[k]);
    }
}

/// target_k += factor a_k b_k.
#[inline(always)]
fn add_product(target: &mut [f64], factor: f64, a: &[f64], b: &[f64]) {
    let (target, target_rest) = target.as_chunks_mut::<LANES>();
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    for ((target, a), b) in target.iter_mut().zip(a).zip(b) {
        *target = std::array::from_fn(|k| target[k] + factor * a[k] * b[k]);
    }
    for k in 0..target_rest.len() {
        target_rest[k] += factor * a_rest[k] * b_rest[k];
    }
}

/// X'b and, of it, c_k b_u(k) and b_v(k) for all entries k.
pub(super) struct VectorByEntry {
    all: Vec<f64>,
    u: Vec<f64>,
    v: Vec<f64>,
}

impl VectorByEntry {
    /// Lays out a vector.
    pub(super) fn new(vector: &[f64], entries: &Entries) -> Self {
        let mut by_entry = VectorByEntry { all: vector.to_vec(), u: Vec::new(), v: Vec::new() };
        entries.u.append_multiples(vector, &entries.c, &mut by_entry.u);
        entries.v.append(vector, &mut by_entry.v);
        by_entry
    }
}
