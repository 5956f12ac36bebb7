//! What each case contributes to the moments of its block, and the sums over cases that robust inference is made of.
//!
//! About the sample: z_i = (d_i, vech(d_i d_i')) less its average, d_i = y_i - m. Their covariance matrix Gamma (divisor N) is the
//! asymptotic covariance matrix of sqrt(N) times the sample moments without any assumption on the distribution (Browne 1984).
//! Under fixed.x the part that the exogenous variables explain is taken off: with h_i the linear prediction of y_i - m by x
//! (x itself for x), z_i = (d_i - h_i, vech(d_i d_i' - h_i h_i')) less its average: moments of x alone do not vary.
//!
//! About the model: z_i = (y_i - mu, vech((y_i - mu)(y_i - mu)' - Sigma)), so that Delta' V z_i with the normal-theory weight V
//! is the score of case i, the derivative of its log-likelihood.
//!
//! Cases with sampling weights w_i, which sum to N, contribute w_i z_i, and the averages in m and S are the weighted ones: so Gamma =
//! 1/N sum w_i^2 z_i z_i' is that of weighted moments, and Delta' V w_i z_i the score of case i of the weighted log-likelihood
//! (pseudo-maximum likelihood; Skinner 1989).
//!
//! Gamma is k x k and is formed only where nothing smaller does: traces and q x q forms are sums over cases, taken in chunks.

use std::ops::Range;

use latva_math::linalg::{Cholesky, dot, matmul};
use ndarray::{Array1, Array2, ArrayView1, ArrayView2, Axis, s};

use crate::moment_weight::MomentWeight;
use crate::stacked::Stacking;

/// Cases that are taken together.
const CHUNK: usize = 256;

/// The contributions z_i of the cases of one block. Variables and moments are rows, cases columns: what is done to a moment is done to a
/// row of cases at once.
#[derive(Debug, Clone)]
pub(crate) struct CaseMoments {
    /// Which moments.
    pub(crate) stacking: Stacking,
    /// d_i, p x n.
    deviations: Array2<f64>,
    /// h_i, p x n; `None` unless exogenous variables are fixed.
    predictions: Option<Array2<f64>>,
    /// What is taken off d_i d_i' - h_i h_i', p x p.
    center: Array2<f64>,
    /// w_i, n; `None` where cases count alike.
    weights: Option<Vec<f64>>,
    /// N, the sum of the weights, or the number of cases.
    size: f64,
}

impl CaseMoments {
    /// The contributions about the sample's own moments. `fixed` are the exogenous variables that are fixed to the sample's.
    ///
    /// `None` when the fixed exogenous variables are collinear.
    pub(crate) fn about_sample(
        rows: ArrayView2<'_, f64>,
        weights: Option<&[f64]>,
        fixed: &[usize],
        means: bool,
    ) -> Option<Self> {
        let (p, size) = (rows.ncols(), size(rows, weights));
        let mean = match weights {
            Some(weights) => rows.t().dot(&ArrayView1::from(weights)) / size,
            None => rows.mean_axis(Axis(0))?,
        };
        let deviations = less(rows, &mean);
        let mut center = squares_and_products(&deviations, weights);
        let mut predictions = None;
        if !fixed.is_empty() {
            let slopes = slopes(&center, fixed)?;
            let predicted = product(slopes.t(), deviations.select(Axis(0), fixed).view());
            center -= &squares_and_products(&predicted, weights);
            predictions = Some(predicted);
        }
        center /= size;
        let weights = weights.map(<[f64]>::to_vec);
        Some(CaseMoments { stacking: Stacking { p, means }, deviations, predictions, center, weights, size })
    }

    /// The contributions about the moments of a model; `location` is mu, or the sample's mean when means are not modelled.
    pub(crate) fn about(
        rows: ArrayView2<'_, f64>,
        weights: Option<&[f64]>,
        location: &Array1<f64>,
        cov: &Array2<f64>,
        means: bool,
    ) -> Self {
        CaseMoments {
            stacking: Stacking { p: rows.ncols(), means },
            deviations: less(rows, location),
            predictions: None,
            center: cov.clone(),
            weights: weights.map(<[f64]>::to_vec),
            size: size(rows, weights),
        }
    }

    /// The contributions about the moments of a model less those of the predictions from fixed exogenous variables, whose moments are the
    /// sample's; `cov` is Sigma. `None` where these variables are collinear.
    pub(crate) fn given(mut self, fixed: &[usize], cov: &Array2<f64>) -> Option<Self> {
        if fixed.is_empty() {
            return Some(self);
        }
        let slopes = slopes(cov, fixed)?;
        let among = cov.select(Axis(0), fixed).select(Axis(1), fixed);
        self.predictions = Some(product(slopes.t(), self.deviations.select(Axis(0), fixed).view()));
        self.center = cov - &slopes.t().dot(&among).dot(&slopes);
        Some(self)
    }

    /// Number of cases.
    pub(crate) fn n(&self) -> usize {
        self.deviations.ncols()
    }

    /// Variances of the variables, divisor N.
    pub(crate) fn variances(&self) -> Array1<f64> {
        let squares = match &self.weights {
            Some(weights) => self.deviations.outer_iter().map(|row| weighted_square(row, weights)).collect(),
            None => squared_lengths(&self.deviations),
        };
        squares / self.size
    }

    /// The weights of some cases.
    fn weights_of(&self, cases: &Range<usize>) -> Option<&[f64]> {
        self.weights.as_ref().map(|weights| &weights[cases.clone()])
    }

    /// w_i z_i of some cases, k x the cases.
    fn moments(&self, cases: &Range<usize>) -> Array2<f64> {
        let predictions = self.predictions.as_ref().map(|predictions| of_cases(predictions, cases));
        let weights = self.weights_of(cases);
        stacked(self.stacking, of_cases(&self.deviations, cases), predictions, &self.center, 1.0, weights)
    }

    /// V w_i z_i of some cases, k x the cases, and w_i z_i where it was needed for them.
    fn weighted(&self, weight: &Weight<'_>, cases: &Range<usize>) -> (Array2<f64>, Option<Array2<f64>>) {
        match weight {
            Weight::Full(v) => {
                let z = self.moments(cases);
                (product(v.view(), z.view()), Some(z))
            }
            Weight::Diagonal(v) => {
                let z = self.moments(cases);
                let mut weighted = z.clone();
                weighted.outer_iter_mut().zip(*v).for_each(|(mut row, factor)| row *= *factor);
                (weighted, Some(z))
            }
            // P d d'P from P d: the cost is p^2 a case, not p^3.
            Weight::Normal { inverse, center } => {
                let turned = |rows: &Array2<f64>| product(inverse.view(), of_cases(rows, cases));
                let predicted = self.predictions.as_ref().map(turned);
                let predicted = predicted.as_ref().map(|predicted| predicted.view());
                let (turned, weights) = (turned(&self.deviations), self.weights_of(cases));
                (stacked(self.stacking, turned.view(), predicted, center, 0.5, weights), None)
            }
        }
    }

    /// A weight as the sums over cases take it.
    fn prepared<'a>(&self, weight: &'a MomentWeight) -> Weight<'a> {
        match weight {
            MomentWeight::Full(v) => Weight::Full(v),
            MomentWeight::Diagonal(v) => Weight::Diagonal(v),
            MomentWeight::Normal(inverse) => Weight::Normal { inverse, center: inverse.dot(&self.center).dot(inverse) },
        }
    }

    fn chunks(&self) -> impl Iterator<Item = Range<usize>> {
        let n = self.n();
        (0..n).step_by(CHUNK).map(move |start| start..(start + CHUNK).min(n))
    }

    /// Gamma, k x k.
    pub(crate) fn gamma(&self) -> Array2<f64> {
        let k = self.stacking.len();
        let mut gamma = Array2::zeros((k, k));
        for cases in self.chunks() {
            let z = self.moments(&cases);
            gamma += &product(z.view(), z.t());
        }
        gamma / self.size
    }

    /// The diagonal of Gamma, k.
    pub(crate) fn gamma_diagonal(&self) -> Array1<f64> {
        let mut diagonal = Array1::zeros(self.stacking.len());
        for cases in self.chunks() {
            diagonal += &squared_lengths(&self.moments(&cases));
        }
        diagonal / self.size
    }

    /// The diagonal of Q Gamma Q', Q = I - `reach` `delta`' V, with `reach` and the Jacobian `delta` both k x c.
    pub(crate) fn residual_variances(
        &self,
        weight: &MomentWeight,
        delta: &Array2<f64>,
        reach: &Array2<f64>,
    ) -> Array1<f64> {
        let (weight, delta) = (self.prepared(weight), Jacobian::of(delta));
        let mut diagonal = Array1::zeros(self.stacking.len());
        for cases in self.chunks() {
            let (weighted, z) = self.weighted(&weight, &cases);
            let mut z = z.unwrap_or_else(|| self.moments(&cases));
            z -= &product(reach.view(), delta.scores(&weighted).view());
            diagonal += &squared_lengths(&z);
        }
        diagonal / self.size
    }

    /// tr(V Gamma). With M_i = d_i d_i' - h_i h_i' - C and normal-theory weight P, the average of 1/2 tr(P M_i P M_i), which falls into
    /// quadratic forms of d_i and h_i by P and P C P, and with means of (d_i - h_i)'P (d_i - h_i); each times w_i^2.
    pub(crate) fn trace(&self, weight: &MomentWeight) -> f64 {
        let weight = self.prepared(weight);
        let mut trace = 0.0;
        for cases in self.chunks() {
            let Weight::Normal { inverse, center } = &weight else {
                let (weighted, z) = self.weighted(&weight, &cases);
                trace += z.iter().map(|z| sum_of_products(z, &weighted)).sum::<f64>();
                continue;
            };
            let d = of_cases(&self.deviations, &cases);
            let weights = self.weights_of(&cases);
            let (own, taken) = (form_of_cases(inverse, d, d), form_of_cases(center, d, d));
            trace += by_squares(weights, own.iter().zip(&taken).map(|(own, taken)| 0.5 * own * own - taken));
            if self.stacking.means {
                trace += by_squares(weights, own.iter().copied());
            }
            if let Some(predictions) = &self.predictions {
                let h = of_cases(predictions, &cases);
                let (own, taken) = (form_of_cases(inverse, h, h), form_of_cases(center, h, h));
                let both = form_of_cases(inverse, d, h);
                let terms = own.iter().zip(&taken).zip(&both);
                trace += by_squares(weights, terms.map(|((own, taken), both)| 0.5 * own * own + taken - both * both));
                if self.stacking.means {
                    trace += by_squares(weights, own.iter().zip(&both).map(|(own, both)| own - 2.0 * both));
                }
            }
        }
        if let Weight::Normal { center, .. } = &weight {
            // tr(P C P C) of each case.
            let squares = self.weights.as_ref().map_or(self.size, |weights| weights.iter().map(|w| w * w).sum());
            trace += 0.5 * squares * (center * &self.center).sum();
        }
        trace / self.size
    }

    /// Delta' V Gamma V Delta for the Jacobian `delta` (k x c), c x c.
    pub(crate) fn meat(&self, weight: &MomentWeight, delta: &Array2<f64>) -> Array2<f64> {
        let (weight, delta) = (self.prepared(weight), Jacobian::of(delta));
        let mut meat = Array2::zeros((delta.columns, delta.columns));
        for cases in self.chunks() {
            let scores = delta.scores(&self.weighted(&weight, &cases).0);
            meat += &product(scores.view(), scores.t());
        }
        meat / self.size
    }

    /// The forms of Gamma that second-order corrections need beside the first-order ones.
    pub(crate) fn second_order(&self, weight: &MomentWeight, delta: &Array2<f64>) -> SecondOrder {
        let (n, k, c) = (self.n(), self.stacking.len(), delta.ncols());
        let (prepared, delta) = (self.prepared(weight), Jacobian::of(delta));
        // Gamma V Delta, k x c.
        let mut spread = Array2::zeros((k, c));
        let mut gamma_v = (k <= n).then(|| Array2::zeros((k, k)));
        let mut all = (k > n).then(|| (Array2::zeros((k, n)), Array2::zeros((k, n))));
        for cases in self.chunks() {
            let (y, z) = self.weighted(&prepared, &cases);
            let z = z.unwrap_or_else(|| self.moments(&cases));
            spread += &product(z.view(), delta.scores(&y).t());
            if let Some(gamma_v) = &mut gamma_v {
                *gamma_v += &product(z.view(), y.t());
            }
            if let Some((all_z, all_y)) = &mut all {
                all_z.slice_mut(s![.., cases.clone()]).assign(&z);
                all_y.slice_mut(s![.., cases]).assign(&y);
            }
        }
        spread /= self.size;
        // tr((Gamma V)^2), by moments or by cases, whichever are fewer.
        let matrix = match (gamma_v, all) {
            (Some(gamma_v), _) => gamma_v,
            (None, Some((all_z, all_y))) => product(all_z.t(), all_y.view()),
            (None, None) => unreachable!("one of the two is there"),
        };
        let mut trace = 0.0;
        for i in 0..matrix.nrows() {
            for j in 0..matrix.nrows() {
                trace += matrix[[i, j]] * matrix[[j, i]];
            }
        }
        SecondOrder { trace: trace / self.size.powi(2), meat: weight.form(self.stacking, &spread) }
    }
}

/// A weight with what it needs for the contributions about a centre C.
enum Weight<'a> {
    Full(&'a Array2<f64>),
    Diagonal(&'a Array1<f64>),
    /// P and P C P.
    Normal {
        inverse: &'a Array2<f64>,
        center: Array2<f64>,
    },
}

/// The share of entries that are not zero up to which a Jacobian is taken entry by entry.
const SPARSE: f64 = 0.25;

/// The Jacobian of the moments (k x c) as sums over cases use it: in most models a parameter moves few moments.
struct Jacobian<'a> {
    columns: usize,
    all: &'a Array2<f64>,
    /// The entries (moment, parameter, slope), where they are few.
    entries: Option<Vec<(usize, usize, f64)>>,
}

impl<'a> Jacobian<'a> {
    fn of(all: &'a Array2<f64>) -> Self {
        let mut entries = Vec::new();
        for (moment, row) in all.outer_iter().enumerate() {
            let there = row.into_iter().enumerate().filter(|(_, slope)| **slope != 0.0);
            entries.extend(there.map(|(parameter, &slope)| (moment, parameter, slope)));
        }
        let few = entries.len() as f64 <= SPARSE * all.len() as f64;
        Jacobian { columns: all.ncols(), all, entries: few.then_some(entries) }
    }

    /// Delta' y of some cases, c x the cases, for y k x the cases.
    fn scores(&self, y: &Array2<f64>) -> Array2<f64> {
        let Some(entries) = &self.entries else { return product(self.all.t(), y.view()) };
        let mut scores = Array2::zeros((self.columns, y.ncols()));
        let rows = scores.as_slice_mut().expect("standard layout");
        for &(moment, parameter, slope) in entries {
            let target = &mut rows[parameter * y.ncols()..(parameter + 1) * y.ncols()];
            target.iter_mut().zip(cases_of(y.view(), moment)).for_each(|(target, value)| *target += slope * value);
        }
        scores
    }
}

/// w_i (d_i - h_i, vech(d_i d_i' - h_i h_i' - C)) of some cases, k x the cases, with the variances times `own`.
fn stacked(
    stacking: Stacking,
    d: ArrayView2<'_, f64>,
    h: Option<ArrayView2<'_, f64>>,
    center: &Array2<f64>,
    own: f64,
    weights: Option<&[f64]>,
) -> Array2<f64> {
    let (first, n) = (stacking.first_covariance(), d.ncols());
    let mut out = Array2::zeros((stacking.len(), n));
    let (means, covariances) = out.as_slice_mut().expect("standard layout").split_at_mut(first * n);
    for (i, target) in means.chunks_exact_mut(n).enumerate() {
        target.copy_from_slice(cases_of(d, i));
        if let Some(h) = h {
            target.iter_mut().zip(cases_of(h, i)).for_each(|(target, value)| *target -= value);
        }
    }
    for (target, (i, j)) in covariances.chunks_exact_mut(n).zip(stacking.pairs()) {
        let (center, own) = (center[[i, j]], if i == j { own } else { 1.0 });
        for ((target, x), y) in target.iter_mut().zip(cases_of(d, i)).zip(cases_of(d, j)) {
            *target = own * (x * y - center);
        }
        if let Some(h) = h {
            for ((target, x), y) in target.iter_mut().zip(cases_of(h, i)).zip(cases_of(h, j)) {
                *target -= own * x * y;
            }
        }
    }
    if let Some(weights) = weights {
        for moment in out.as_slice_mut().expect("standard layout").chunks_exact_mut(n) {
            moment.iter_mut().zip(weights).for_each(|(target, weight)| *target *= weight);
        }
    }
    out
}

/// N: the sum of the weights, without weights the number of cases.
fn size(rows: ArrayView2<'_, f64>, weights: Option<&[f64]>) -> f64 {
    weights.map_or(rows.nrows() as f64, |weights| weights.iter().sum())
}

/// sum of w_i x_i x_i' over cases x_i, the columns of `rows` (p x n).
fn squares_and_products(rows: &Array2<f64>, weights: Option<&[f64]>) -> Array2<f64> {
    let Some(weights) = weights else { return product(rows.view(), rows.t()) };
    let roots: Array1<f64> = weights.iter().map(|weight| weight.sqrt()).collect();
    let rooted = rows * &roots;
    product(rooted.view(), rooted.t())
}

/// sum of w_i x_i^2.
fn weighted_square(x: ArrayView1<'_, f64>, weights: &[f64]) -> f64 {
    x.iter().zip(weights).map(|(x, weight)| weight * x * x).sum()
}

/// sum of w_i^2 a_i.
fn by_squares(weights: Option<&[f64]>, terms: impl Iterator<Item = f64>) -> f64 {
    match weights {
        Some(weights) => terms.zip(weights).map(|(term, weight)| weight * weight * term).sum(),
        None => terms.sum(),
    }
}

/// The cases of a variable.
fn cases_of(rows: ArrayView2<'_, f64>, variable: usize) -> &[f64] {
    rows.slice_move(s![variable, ..]).to_slice().expect("standard layout")
}

/// x'A y of each case.
fn form_of_cases(a: &Array2<f64>, x: ArrayView2<'_, f64>, y: ArrayView2<'_, f64>) -> Vec<f64> {
    let turned = product(a.view(), y);
    let mut forms = vec![0.0; x.ncols()];
    for i in 0..x.nrows() {
        for ((form, x), y) in forms.iter_mut().zip(cases_of(x, i)).zip(cases_of(turned.view(), i)) {
            *form += x * y;
        }
    }
    forms
}

/// The columns of some cases.
fn of_cases<'a>(rows: &'a Array2<f64>, cases: &Range<usize>) -> ArrayView2<'a, f64> {
    rows.slice(s![.., cases.clone()])
}

/// The variables of rows of cases less a vector, p x n in standard layout.
fn less(rows: ArrayView2<'_, f64>, vector: &Array1<f64>) -> Array2<f64> {
    let (n, p) = rows.dim();
    let mut out = Array2::zeros((p, n));
    let rows = rows.as_standard_layout();
    let values = rows.as_slice().expect("standard layout");
    for (i, (own, center)) in out.as_slice_mut().expect("standard layout").chunks_exact_mut(n).zip(vector).enumerate() {
        own.iter_mut().zip(values[i..].iter().step_by(p)).for_each(|(target, value)| *target = value - center);
    }
    out
}

/// A product in standard layout.
fn product(left: ArrayView2<'_, f64>, right: ArrayView2<'_, f64>) -> Array2<f64> {
    let mut out = Array2::zeros((left.nrows(), right.ncols()));
    matmul(left, right, out.view_mut());
    out
}

/// The sum of the squares of each row.
fn squared_lengths(rows: &Array2<f64>) -> Array1<f64> {
    rows.outer_iter().map(|row| row.dot(&row)).collect()
}

fn sum_of_products(x: &Array2<f64>, y: &Array2<f64>) -> f64 {
    dot(x.as_slice().expect("standard layout"), y.as_slice().expect("standard layout"))
}

/// S_xx^-1 S_x. of the fixed variables x, the identity at x; `None` for a singular S_xx.
fn slopes(cov: &Array2<f64>, fixed: &[usize]) -> Option<Array2<f64>> {
    let (p, x) = (cov.nrows(), fixed.len());
    let among = Array2::from_shape_fn((x, x), |(a, b)| cov[[fixed[a], fixed[b]]]);
    let factor = Cholesky::of(among.view()).ok()?;
    let mut slopes = Array2::zeros((x, p));
    let mut column = vec![0.0; x];
    for j in 0..p {
        match fixed.iter().position(|&variable| variable == j) {
            Some(own) => slopes[[own, j]] = 1.0,
            None => {
                column.iter_mut().zip(fixed).for_each(|(target, &variable)| *target = cov[[variable, j]]);
                factor.solve_in_place(&mut column);
                slopes.column_mut(j).assign(&Array1::from_vec(column.clone()));
            }
        }
    }
    Some(slopes)
}

/// Forms of Gamma that second-order corrections need.
#[derive(Debug, Clone)]
pub(crate) struct SecondOrder {
    /// tr((V Gamma)^2).
    pub(crate) trace: f64,
    /// Delta' V Gamma V Gamma V Delta, c x c.
    pub(crate) meat: Array2<f64>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array2;

    /// Reproducible rows of skewed numbers.
    fn rows(n: usize, p: usize) -> Array2<f64> {
        let mut state = 11_u64;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            ((state >> 11) as f64 / (1_u64 << 53) as f64).powi(2)
        };
        let base = Array2::from_shape_fn((n, p), |_| next());
        let mix = Array2::from_shape_fn((p, p), |(i, j)| if i == j { 1.0 } else { 0.3 / (1 + i + j) as f64 });
        base.dot(&mix)
    }

    fn weights(p: usize, k: usize) -> Vec<MomentWeight> {
        let mix = Array2::from_shape_fn((p, p), |(i, j)| if i == j { 2.0 } else { 0.4 });
        let full = Array2::from_shape_fn((k, k), |(i, j)| if i == j { 1.5 } else { 0.2 / (1 + i + j) as f64 });
        vec![
            MomentWeight::Normal(mix),
            MomentWeight::Diagonal(Array1::from_shape_fn(k, |a| 1.0 + a as f64)),
            MomentWeight::Full(full),
        ]
    }

    #[test]
    fn sums_over_cases_are_the_forms_of_gamma() {
        for (n, fixed, means, weighted) in [
            (300, vec![], true, false),
            (300, vec![1], false, false),
            (6, vec![], true, false),
            (300, vec![0, 2], true, false),
            (300, vec![], true, true),
            (6, vec![], false, true),
            (300, vec![0, 2], true, true),
        ] {
            let data = rows(n, 3);
            let own: Option<Vec<f64>> = weighted.then(|| (0..n).map(|i| 0.2 + (i % 7) as f64 / 4.0).collect());
            let cases = CaseMoments::about_sample(data.view(), own.as_deref(), &fixed, means).unwrap();
            let k = cases.stacking.len();
            let gamma = cases.gamma();
            let delta = Array2::from_shape_fn((k, 2), |(a, c)| ((a + 2) * (c + 1)) as f64 % 3.0 - 1.0);
            for (index, among) in cases.stacking.among(&fixed).into_iter().enumerate() {
                assert!(!among || gamma.row(index).iter().all(|value| value.abs() < 1e-12));
            }
            assert!((&gamma.diag() - &cases.gamma_diagonal()).iter().all(|difference| difference.abs() < 1e-13));
            for weight in weights(3, k) {
                let mut v = Array2::zeros((k, k));
                weight.apply(cases.stacking, Array2::eye(k).view(), &mut v);
                let close = |a: &Array2<f64>, b: &Array2<f64>| {
                    (a - b).iter().all(|difference| difference.abs() < 1e-9 * (1.0 + b.diag().sum().abs()))
                };
                let (first, meat) = (cases.trace(&weight), cases.meat(&weight, &delta));
                let second = cases.second_order(&weight, &delta);
                let product = v.dot(&gamma);
                let (vd, trace) = (v.dot(&delta), product.diag().sum());
                assert!((first - trace).abs() < 1e-9 * (1.0 + trace.abs()), "{first} {trace}");
                assert!(close(&meat, &vd.t().dot(&gamma).dot(&vd)));
                let trace = product.dot(&product).diag().sum();
                assert!((second.trace - trace).abs() < 1e-9 * (1.0 + trace.abs()));
                assert!(close(&second.meat, &vd.t().dot(&gamma).dot(&v).dot(&gamma).dot(&vd)));
            }
        }
    }

    #[test]
    fn few_entries_give_the_scores_of_all() {
        let y = rows(7, 5).t().as_standard_layout().into_owned();
        let mut delta = Array2::zeros((5, 3));
        delta[[1, 0]] = 2.0;
        delta[[4, 0]] = -1.0;
        delta[[3, 2]] = 0.5;
        let sparse = Jacobian::of(&delta);
        assert!(sparse.entries.is_some());
        let scores = sparse.scores(&y);
        assert!((&scores - &delta.t().dot(&y)).iter().all(|difference| difference.abs() < 1e-14));
        let full = delta.mapv(|slope: f64| slope + 1.0);
        assert!(Jacobian::of(&full).entries.is_none());
        assert!((&Jacobian::of(&full).scores(&y) - &full.t().dot(&y)).iter().all(|d| d.abs() < 1e-14));
    }

    #[test]
    fn weighted_contributions_are_those_of_the_cases_times_their_weights() {
        let (data, own) = (rows(40, 3), (0..40).map(|i| 0.5 + f64::from(i % 3)).collect::<Vec<f64>>());
        let weighted = CaseMoments::about_sample(data.view(), Some(&own), &[1], true).unwrap();
        let z = weighted.moments(&(0..40));
        // Their sum is 0, as the moments are the weighted ones.
        assert!(z.sum_axis(Axis(1)).iter().all(|sum| sum.abs() < 1e-12));
        let n: f64 = own.iter().sum();
        let gamma = z.dot(&z.t()) / n;
        assert!((&weighted.gamma() - &gamma).iter().all(|difference| difference.abs() < 1e-14));
        let alike = CaseMoments::about_sample(data.view(), Some(&[1.0; 40]), &[1], true).unwrap();
        let plain = CaseMoments::about_sample(data.view(), None, &[1], true).unwrap();
        assert!((&alike.gamma() - &plain.gamma()).iter().all(|difference| difference.abs() < 1e-14));
    }

    #[test]
    fn contributions_about_the_model_average_to_the_residuals() {
        let data = rows(50, 2);
        let (mu, sigma) = (Array1::from_vec(vec![0.2, 0.4]), Array2::eye(2));
        let cases = CaseMoments::about(data.view(), None, &mu, &sigma, true);
        let average = cases.moments(&(0..50)).mean_axis(Axis(1)).unwrap();
        let mean = data.mean_axis(Axis(0)).unwrap();
        assert!((average[0] - (mean[0] - 0.2)).abs() < 1e-14);
        let expected = data.column(1).iter().map(|y| (y - 0.4).powi(2)).sum::<f64>() / 50.0 - 1.0;
        assert!((average[4] - expected).abs() < 1e-14);
    }
}
