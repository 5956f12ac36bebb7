//! Tables of bilinear forms laid out entry by entry, so that second derivatives are sums along contiguous numbers.
//!
//! T = X'VX is the table of a symmetric V (see [`super::derivative`] for X and the columns u, v, x and factors c, d of an entry). The second
//! derivative of entries j and k takes T at the rows u, v or x of the one and the columns u, v or x of the other. In each such row the columns of all
//! k are laid side by side; those of residual variances are so in T itself. Which of two entries is j is chosen: as entries of few rows come first, little is laid out.
//! The covariances of factors need the rows of the factors alone.

use latva_math::linalg::{Gather, add_multiple, add_turned, numbers, numbers_mut, set_turned, vectorized};
use ndarray::Array2;

use super::derivative::Term;
use super::matrices::Place;
use super::moments::Implied;
use super::upper_sum::UpperSum;

/// Numbers that are taken together.
const LANES: usize = 4;

/// Entries whose parameters follow each other: entries `first`.. are the parameters `parameter`...
#[derive(Debug, Clone)]
struct Segment {
    first: usize,
    len: usize,
    parameter: usize,
    columns: Columns,
    /// Whether any of the entries needs rows of observed variables.
    observed: bool,
    /// Where its rows begin in what is kept below the diagonal, and their length there.
    below: usize,
    width: usize,
}

/// Where the columns of the entries of a segment stand in a row of a table.
#[derive(Debug, Clone)]
enum Columns {
    /// u = v, side by side from this one on: residual variances, c = 1/2 and d = 0.
    Beside(usize),
    /// Anywhere.
    Apart(Places),
}

/// The columns and factors of the entries of a segment.
#[derive(Debug, Clone)]
struct Places {
    u: Gather,
    v: Gather,
    x: Gather,
    c: Vec<f64>,
    d: Vec<f64>,
    /// How many of the rows are laid out, and where those of this segment begin: the numbers of all segments follow each other.
    rows: usize,
    start: usize,
    /// Whether the columns G or H depend on any of the entries.
    turning: bool,
}

/// The variable of a residual variance.
fn variable(term: &Term) -> Option<usize> {
    match term.place {
        Place::ResidualCov(i, j) if i == j => Some(i),
        _ => None,
    }
}

impl Segment {
    fn new(first: usize, terms: &[Term]) -> Self {
        let columns = match variable(&terms[0]) {
            Some(i) => Columns::Beside(i),
            None => Columns::Apart(Places {
                u: Gather::new(terms.iter().map(|term| term.u)),
                v: Gather::new(terms.iter().map(|term| term.v)),
                x: Gather::new(terms.iter().map(|term| term.x)),
                c: terms.iter().map(|term| term.c).collect(),
                d: Vec::new(),
                rows: 0,
                start: 0,
                turning: terms.iter().any(|term| matches!(term.place, Place::Loading(..) | Place::Path(..))),
            }),
        };
        let observed = terms
            .iter()
            .any(|term| matches!(term.place, Place::Loading(..) | Place::Intercept(_) | Place::ResidualCov(..)));
        Segment { first, len: terms.len(), parameter: terms[0].parameter, columns, observed, below: 0, width: 0 }
    }

    /// What of the numbers that are laid out is those of this segment in a row, but for the skipped entries.
    #[inline(always)]
    fn row<'a>(&self, numbers: &'a [f64], place: usize, skipped: usize) -> &'a [f64] {
        &numbers[place * self.len..][skipped..self.len]
    }

    /// What of the numbers that are laid out is those of this segment.
    #[inline(always)]
    fn part<'a>(&self, numbers: &'a [f64]) -> &'a [f64] {
        self.places().map_or(&[], |places| &numbers[places.start..][..places.rows * self.len])
    }

    fn own<'a>(&self, terms: &'a [Term]) -> &'a [Term] {
        &terms[self.first..][..self.len]
    }

    fn places(&self) -> Option<&Places> {
        match &self.columns {
            Columns::Beside(_) => None,
            Columns::Apart(places) => Some(places),
        }
    }
}

/// Rows of a table that are laid out, in the order in which the segments need them.
#[derive(Debug, Clone, Default)]
struct Rows {
    chosen: Vec<usize>,
    /// For each row of the table its place among them, or [`NOWHERE`].
    place_of: Vec<usize>,
}

/// The place of a row that is not laid out: no place of any.
const NOWHERE: usize = usize::MAX;

impl Rows {
    /// Adds the rows that entries need as j.
    fn add_those_of(&mut self, terms: &[Term]) {
        for term in terms {
            let by_mean = matches!(term.place, Place::Intercept(_) | Place::LatentMean(_));
            for row in if by_mean { [term.x; 2] } else { [term.u, term.v] } {
                if self.place_of.len() <= row {
                    self.place_of.resize(row + 1, NOWHERE);
                }
                if self.place_of[row] == NOWHERE {
                    self.place_of[row] = self.chosen.len();
                    self.chosen.push(row);
                }
            }
        }
    }

    /// The first `count` of them.
    fn of<'a>(&'a self, table: &'a Array2<f64>, count: usize) -> impl Iterator<Item = &'a [f64]> {
        let (numbers, width) = (numbers(table), table.ncols());
        self.chosen[..count].iter().map(move |row| &numbers[row * width..][..width])
    }

    /// An entry as j.
    fn locate(&self, term: &Term) -> Located {
        let [u, v, x] = [term.u, term.v, term.x].map(|row| self.place_of.get(row).copied().unwrap_or(NOWHERE));
        Located { u, v, x }
    }
}

/// The places of the rows u, v and x of an entry j among those that are laid out.
#[derive(Debug, Clone, Copy)]
struct Located {
    u: usize,
    v: usize,
    x: usize,
}

/// Columns and factors of all entries.
#[derive(Debug, Clone, Default)]
pub(super) struct Entries {
    /// Those of the latent side first, residual variances last: an entry is j beside all entries of later segments.
    segments: Vec<Segment>,
    rows: Rows,
    /// The places of the rows of each entry, in the order of the entries.
    located: Vec<Located>,
    /// How many numbers are laid out for u, for v or for x.
    laid_out: usize,
    /// How many second derivatives are kept below the diagonal.
    below: usize,
    /// Whether any entry moves a mean.
    means: bool,
    /// The number of parameters, if each has one entry.
    each_once: Option<usize>,
}

impl Entries {
    /// The entries of these terms.
    pub(super) fn new(terms: &[Term]) -> Self {
        let (mut segments, mut first) = (Vec::new(), 0);
        let follows = |a: &Term, b: &Term| {
            b.parameter == a.parameter + 1 && variable(b) == variable(a).map(|variable| variable + 1)
        };
        for own in terms.chunk_by(follows) {
            segments.push(Segment::new(first, own));
            first += own.len();
        }
        segments.sort_by_key(|segment| (segment.places().is_none(), segment.observed));
        let each_once = terms.windows(2).all(|two| two[0].parameter != two[1].parameter).then_some(terms.len());
        let mut entries = Entries { each_once, ..Entries::default() };
        let mut rest = segments.as_mut_slice();
        while let [segment, later @ ..] = rest {
            if let Columns::Apart(places) = &mut segment.columns {
                entries.rows.add_those_of(&terms[segment.first..][..segment.len]);
                places.rows = entries.rows.chosen.len();
            }
            segment.below = entries.below;
            segment.width =
                later.iter().filter(|later| later.parameter < segment.parameter).map(|later| later.len).sum();
            entries.below += segment.len * segment.width;
            rest = later;
        }
        entries.segments = segments;
        entries.place_rows();
        entries.located = terms.iter().map(|term| entries.rows.locate(term)).collect();
        entries.set_mean_factors(terms);
        entries
    }

    /// Those of a model, for other entries as j.
    pub(super) fn beside(terms: &[Term], others: &[Term]) -> Self {
        let mut entries = Self::new(terms);
        entries.rows.add_those_of(others);
        for segment in &mut entries.segments {
            if let Columns::Apart(places) = &mut segment.columns {
                places.rows = entries.rows.chosen.len();
            }
        }
        entries.place_rows();
        entries
    }

    /// Finds where the numbers of each segment begin.
    fn place_rows(&mut self) {
        self.laid_out = 0;
        for segment in &mut self.segments {
            if let Columns::Apart(places) = &mut segment.columns {
                places.start = self.laid_out;
                self.laid_out += places.rows * segment.len;
            }
        }
    }

    /// Takes over the factors d of the terms.
    pub(super) fn set_mean_factors(&mut self, terms: &[Term]) {
        self.means = terms.iter().any(|term| term.d != 0.0);
        for segment in &mut self.segments {
            let own = segment.own(terms);
            if let Columns::Apart(places) = &mut segment.columns {
                places.d.clear();
                places.d.extend(own.iter().map(|term| term.d));
            }
        }
    }

    /// Moves what is kept below the diagonal to its place above it.
    pub(super) fn fold(&self, below: &mut Below, sum: &mut UpperSum<'_>) {
        if !std::mem::take(&mut below.kept) {
            return;
        }
        let put = if sum.settle() { set_turned } else { add_turned };
        let matrix = sum.matrix();
        let columns = matrix.ncols();
        let matrix = numbers_mut(matrix);
        for (position, own) in self.segments.iter().enumerate() {
            let mut first = own.below;
            for other in self.segments[position + 1..].iter().filter(|other| other.parameter < own.parameter) {
                let target = &mut matrix[other.parameter * columns + own.parameter..];
                put(&below.numbers[first..], own.width, [own.len, other.len], target, columns);
                first += other.len;
            }
        }
    }
}

/// Second derivatives that are below the diagonal where those of their segments are above it: of an entry the rows of all later segments of which the
/// parameters come before its own.
#[derive(Debug, Clone, Default)]
pub(super) struct Below {
    numbers: Vec<f64>,
    /// Whether there are any; else the numbers have no meaning.
    kept: bool,
}

impl Below {
    /// So many numbers; those that are new are zeros if they are to be `cleared`.
    fn make(&mut self, len: usize, cleared: bool) -> &mut [f64] {
        if !std::mem::replace(&mut self.kept, true) {
            if cleared {
                self.numbers.clear();
            }
            self.numbers.resize(len, 0.0);
        }
        &mut self.numbers
    }
}

/// Second derivatives by all pairs of entries, to which sums are added.
pub(super) struct Sums<'a, 'b> {
    pub(super) entries: &'a Entries,
    pub(super) terms: &'a [Term],
    /// In the parameters.
    pub(super) sum: &'a mut UpperSum<'b>,
    /// What [`Entries::fold`] moves there.
    pub(super) below: &'a mut Below,
}

impl<'a> Sums<'a, '_> {
    /// The second derivatives of each entry j and those of its segment and of later ones: `prepare(segment)` gives for a segment what adds, for an
    /// entry j, to the part of its entries but for the skipped ones. Parts in rows of `matrix` (in the parameters) are on the diagonal or above it,
    /// or within the lane of numbers before it; the others go to `below`.
    #[inline(always)]
    fn for_pairs<Add: FnMut(&Term, Located, usize, &mut [f64])>(self, prepare: impl FnMut(&'a Segment) -> Add) {
        vectorized(
            #[inline(always)]
            || self.each_pair(prepare),
        );
    }

    #[inline(always)]
    fn each_pair<Add: FnMut(&Term, Located, usize, &mut [f64])>(self, mut prepare: impl FnMut(&'a Segment) -> Add) {
        let Sums { entries, terms, sum, below } = self;
        let below = below.make(entries.below, !sum.is_partial());
        let matrix = sum.around_what_is_apart();
        let columns = matrix.ncols();
        let matrix = numbers_mut(matrix);
        for (position, own) in entries.segments.iter().enumerate() {
            let rows = || own.own(terms).iter().zip(&entries.located[own.first..]).enumerate();
            let mut add = prepare(own);
            for (place, (j, &located)) in rows() {
                // Whole lanes: what is below the diagonal is not used.
                let skipped = own.len - (own.len - place).next_multiple_of(LANES).min(own.len);
                let target = &mut matrix[j.parameter * columns + own.parameter..][skipped..own.len];
                add(j, located, skipped, target);
            }
            let mut before = own.below;
            for other in &entries.segments[position + 1..] {
                let mut add = prepare(other);
                if other.parameter > own.parameter {
                    for (_, (j, &located)) in rows() {
                        add(j, located, 0, &mut matrix[j.parameter * columns + other.parameter..][..other.len]);
                    }
                } else {
                    for (place, (j, &located)) in rows() {
                        add(j, located, 0, &mut below[before + place * own.width..][..other.len]);
                    }
                    before += other.len;
                }
            }
        }
    }
}

/// One table laid out by entries.
#[derive(Debug, Clone, Default)]
pub(super) struct ByEntry {
    /// T.
    pub(super) table: Array2<f64>,
    /// c_k T_yu(k), T_yv(k) and d_k T_yx(k): of each segment, unless its columns stand side by side in T, the columns of its entries in the rows y that
    /// are laid out, row by row.
    u: Vec<f64>,
    v: Vec<f64>,
    x: Vec<f64>,
}

impl ByEntry {
    /// For a table of the size.
    pub(super) fn new(size: usize) -> Self {
        ByEntry { table: Array2::zeros((size, size)), ..ByEntry::default() }
    }

    /// Lays out the covariance part of the table.
    pub(super) fn lay_out(&mut self, entries: &Entries) {
        let ByEntry { table, u, v, .. } = self;
        for numbers in [&mut *u, v] {
            numbers.clear();
            numbers.reserve(entries.laid_out);
        }
        for places in entries.segments.iter().filter_map(Segment::places) {
            for row in entries.rows.of(table, places.rows) {
                places.u.append_multiples(row, &places.c, u);
                places.v.append(row, v);
            }
        }
    }

    /// Lays out its mean part.
    pub(super) fn lay_out_means(&mut self, entries: &Entries) {
        let ByEntry { table, x, .. } = self;
        x.clear();
        x.reserve(entries.laid_out);
        for places in entries.segments.iter().filter_map(Segment::places) {
            for row in entries.rows.of(table, places.rows) {
                places.x.append_multiples(row, &places.d, x);
            }
        }
    }

    /// The row y of the table, from a column on.
    #[inline(always)]
    fn direct(&self, y: usize, first: usize, len: usize) -> &[f64] {
        &numbers(&self.table)[y * self.table.ncols() + first..][..len]
    }

    /// matrix_jk += weight tr(V dSigma_j V dSigma_k) = 2 weight c_j c_k (T_uu' T_vv' + T_vu' T_uv').
    pub(super) fn add_pairs(&self, weight: f64, sums: Sums<'_, '_>) {
        let reaches_all = sums.entries.each_once == Some(sums.sum.order());
        if reaches_all && sums.sum.replace() {
            sums.for_pairs(
                #[inline(always)]
                |segment| self.pairs_with::<true>(segment, 2.0 * weight),
            );
        } else {
            sums.for_pairs(
                #[inline(always)]
                |segment| self.pairs_with::<false>(segment, 2.0 * weight),
            );
        }
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
                for segment in &entries.segments {
                    let mut add = self.pairs_with::<false>(segment, 2.0 * weight);
                    for j in candidates {
                        let row = (j.parameter - from) * columns + segment.parameter;
                        add(j, entries.rows.locate(j), 0, &mut cross[row..][..segment.len]);
                    }
                }
            },
        );
    }

    /// What adds, for an entry j, factor c_j c_k (T_uu' T_vv' + T_vu' T_uv') for the entries k of a segment, or puts it in the place of what is there.
    #[inline(always)]
    fn pairs_with<'a, const REPLACE: bool>(
        &'a self,
        segment: &'a Segment,
        factor: f64,
    ) -> impl FnMut(&Term, Located, usize, &mut [f64]) + 'a {
        let (table, width) = (numbers(&self.table), self.table.ncols());
        let beside = match segment.columns {
            Columns::Beside(first) => Some(first),
            Columns::Apart(_) => None,
        };
        let (u, v) = (segment.part(&self.u), segment.part(&self.v));
        #[inline(always)]
        move |j, located, skipped, target| {
            if j.c == 0.0 {
                if REPLACE {
                    target.fill(0.0);
                }
                return;
            }
            let (len, factor) = (target.len(), factor * j.c);
            if let Some(first) = beside {
                let row = |y: usize| &table[y * width + first + skipped..][..len];
                put_product::<REPLACE>(target, factor, row(j.u), row(j.v));
            } else {
                let row = |numbers, place| segment.row(numbers, place, skipped);
                let (uu, vv) = (row(u, located.u), row(v, located.v));
                put_products::<REPLACE>(target, factor, [uu, vv], [row(u, located.v), row(v, located.u)]);
            }
        }
    }

    /// matrix_jk += weight dmu_j'V dmu_k = weight d_j d_k T_xx'.
    pub(super) fn add_means(&self, weight: f64, sums: Sums<'_, '_>) {
        sums.for_pairs(
            #[inline(always)]
            |segment| {
                let x = segment.part(&self.x);
                #[inline(always)]
                move |j, located, skipped, target| {
                    if j.d != 0.0 && segment.places().is_some() {
                        add_multiple(target, weight * j.d, segment.row(x, located.x, skipped));
                    }
                }
            },
        );
    }

    /// matrix_jk += weight (b'dSigma_j V dmu_k + b'dSigma_k V dmu_j), where `vector` is X'b and, of it, `by_u` c_k b_u(k) and `by_v` b_v(k):
    /// c_j d_k (b_u T_vx' + b_v T_ux') and the same with j and k exchanged.
    pub(super) fn add_cross(&self, vector: &VectorByEntry, weight: f64, sums: Sums<'_, '_>) {
        sums.for_pairs(
            #[inline(always)]
            |segment| {
                let [u, v, x] = [&self.u, &self.v, &self.x].map(|numbers| segment.part(numbers));
                #[inline(always)]
                move |j, located, skipped, target| {
                    let len = target.len();
                    let factor = weight * j.d;
                    if let Columns::Beside(first) = segment.columns {
                        if j.d != 0.0 {
                            let by_variance = &vector.all[first + skipped..][..len];
                            put_product::<false>(target, factor, by_variance, self.direct(j.x, first + skipped, len));
                        }
                        return;
                    }
                    let row = |numbers, place| segment.row(numbers, place, skipped);
                    if j.c != 0.0 {
                        let [by_u, by_v] = [j.u, j.v].map(|y| weight * j.c * vector.all[y]);
                        add_multiple(target, by_u, row(x, located.v));
                        add_multiple(target, by_v, row(x, located.u));
                    }
                    if j.d != 0.0 {
                        let own = segment.first + skipped..segment.first + segment.len;
                        let (by_u, by_v) = (&vector.u[own.clone()], &vector.v[own]);
                        put_products::<false>(target, factor, [by_u, row(v, located.x)], [by_v, row(u, located.x)]);
                    }
                }
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
    /// g, h, t and the means, each m rows of n numbers.
    numbers: Vec<f64>,
}

impl Turns {
    /// Those at the point of `implied`.
    pub(super) fn refresh(&mut self, implied: &Implied, terms: &[Term]) {
        let (n, m) = (terms.len(), implied.latent_mean.len());
        self.n = n;
        self.numbers.clear();
        self.numbers.resize(4 * m * n, 0.0);
        let (g, rest) = self.numbers.split_at_mut(m * n);
        let (h, rest) = rest.split_at_mut(m * n);
        let (turned, mean) = rest.split_at_mut(m * n);
        let Implied { total, latent, latent_mean, .. } = implied;
        for (k, term) in terms.iter().enumerate() {
            let places = (0..m).map(|r| (r, r * n + k));
            match term.place {
                Place::Loading(_, s) => {
                    for (r, at) in places {
                        (g[at], h[at]) = (total[[s, r]], latent[[s, r]]);
                    }
                }
                Place::Path(s, t) => {
                    for (r, at) in places {
                        (g[at], h[at], turned[at]) = (total[[t, r]], latent[[t, r]], total[[r, s]]);
                        mean[at] = total[[r, s]] * latent_mean[t];
                    }
                }
                Place::LatentCov(s, t) => {
                    for (r, at) in places {
                        (h[at], turned[at]) = (total[[r, t]], term.c * total[[r, s]]);
                    }
                }
                Place::LatentMean(s) => {
                    for (r, at) in places {
                        mean[at] = total[[r, s]];
                    }
                }
                Place::ResidualCov(..) | Place::Intercept(_) => {}
            }
        }
    }

    /// matrix_jk += weight (tr(W d2Sigma_jk) + w'd2mu_jk), `slopes` being the table of W and `vector` X'w: with the columns u, v, x of entry j,
    /// 2 c_j (du'Wv + u'Wdv) + dd_j w'x + d_j w'dx.
    pub(super) fn add_curvature(&self, slopes: &ByEntry, slope_vector: &[f64], weight: f64, sums: Sums<'_, '_>) {
        let vector = sums.entries.means.then(|| VectorByEntry::new(slope_vector, sums.terms));
        let n = self.n;
        let [g, h, t, mean] = std::array::from_fn(|part| &self.numbers[part * self.numbers.len() / 4..]);
        sums.for_pairs(
            #[inline(always)]
            |segment| {
                let (u, v) = (segment.part(&slopes.u), segment.part(&slopes.v));
                let vector = &vector;
                #[inline(always)]
                move |j, located, skipped, target| {
                    // No column of X depends on residual variances.
                    let Some(places) = segment.places() else { return };
                    let first = segment.first + skipped;
                    let len = target.len();
                    let turn = |r: usize| r * n + first..r * n + first + len;
                    let row = |numbers, place| segment.row(numbers, place, skipped);
                    let factor = 2.0 * weight * j.c;
                    match j.place {
                        Place::LatentCov(r, s) if places.turning => {
                            put_product::<false>(target, factor, &g[turn(r)], row(u, located.v));
                            put_product::<false>(target, factor, &g[turn(s)], row(u, located.u));
                        }
                        Place::Path(r, _) => put_product::<false>(target, factor, &g[turn(r)], row(u, located.v)),
                        _ => {}
                    }
                    if let Place::Loading(_, r) | Place::Path(_, r) = j.place {
                        put_product::<false>(target, factor, &h[turn(r)], row(u, located.u));
                        put_product::<false>(target, factor, &t[turn(r)], row(v, located.u));
                        if let Some(vector) = vector {
                            add_multiple(target, weight * vector.all[j.x], &mean[turn(r)]);
                        }
                    }
                    if let (Place::Path(r, _) | Place::LatentMean(r), Some(vector)) = (j.place, vector) {
                        put_product::<false>(target, weight * j.d, &g[turn(r)], &vector.u[first..][..len]);
                    }
                }
            },
        );
    }
}

/// target_k += factor (a_k b_k + c_k d_k); without the number that was there if that is to be replaced.
#[inline(always)]
fn put_products<const REPLACE: bool>(target: &mut [f64], factor: f64, [a, b]: [&[f64]; 2], [c, d]: [&[f64]; 2]) {
    let (target, target_rest) = target.as_chunks_mut::<LANES>();
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    let ((c, c_rest), (d, d_rest)) = (c.as_chunks::<LANES>(), d.as_chunks::<LANES>());
    for ((((target, a), b), c), d) in target.iter_mut().zip(a).zip(b).zip(c).zip(d) {
        // All numbers are read before any is written: else the compiler must fear that slices overlap.
        *target = std::array::from_fn(|k| sum::<REPLACE>(target[k], factor * (a[k] * b[k] + c[k] * d[k])));
    }
    for k in 0..target_rest.len() {
        target_rest[k] = sum::<REPLACE>(target_rest[k], factor * (a_rest[k] * b_rest[k] + c_rest[k] * d_rest[k]));
    }
}

/// target_k += factor a_k b_k, as in [`put_products`].
#[inline(always)]
fn put_product<const REPLACE: bool>(target: &mut [f64], factor: f64, a: &[f64], b: &[f64]) {
    let (target, target_rest) = target.as_chunks_mut::<LANES>();
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    for ((target, a), b) in target.iter_mut().zip(a).zip(b) {
        *target = std::array::from_fn(|k| sum::<REPLACE>(target[k], factor * a[k] * b[k]));
    }
    for k in 0..target_rest.len() {
        target_rest[k] = sum::<REPLACE>(target_rest[k], factor * a_rest[k] * b_rest[k]);
    }
}

/// old + new, or new alone in the place of old.
#[inline(always)]
fn sum<const REPLACE: bool>(old: f64, new: f64) -> f64 {
    if REPLACE { new } else { old + new }
}

/// X'b and, of it, c_k b_u(k) and b_v(k) for all entries k.
pub(super) struct VectorByEntry {
    all: Vec<f64>,
    u: Vec<f64>,
    v: Vec<f64>,
}

impl VectorByEntry {
    /// Lays out a vector.
    pub(super) fn new(vector: &[f64], terms: &[Term]) -> Self {
        VectorByEntry {
            all: vector.to_vec(),
            u: terms.iter().map(|term| term.c * vector[term.u]).collect(),
            v: terms.iter().map(|term| vector[term.v]).collect(),
        }
    }
}
