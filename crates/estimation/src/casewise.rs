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
//! Gamma is k x k and is formed only where nothing smaller does: traces and q x q forms are sums over cases, taken in chunks.

use latva_math::linalg::{Cholesky, dot, matmul};
use ndarray::{Array1, Array2, ArrayView1, ArrayView2, Axis, s};

use crate::moment_weight::MomentWeight;
use crate::stacked::Stacking;

/// Cases that are taken together.
const CHUNK: usize = 256;

/// The contributions z_i of the cases of one block.
#[derive(Debug, Clone)]
pub(crate) struct CaseMoments {
    /// Which moments.
    pub(crate) stacking: Stacking,
    /// d_i, n x p.
    deviations: Array2<f64>,
    /// h_i, n x p; `None` unless exogenous variables are fixed.
    predictions: Option<Array2<f64>>,
    /// What is taken off d_i d_i' - h_i h_i', p x p.
    center: Array2<f64>,
}

impl CaseMoments {
    /// The contributions about the sample's own moments. `fixed` are the exogenous variables that are fixed to the sample's.
    ///
    /// `None` when the fixed exogenous variables are collinear.
    pub(crate) fn about_sample(rows: ArrayView2<'_, f64>, fixed: &[usize], means: bool) -> Option<Self> {
        let (n, p) = rows.dim();
        let mean = rows.mean_axis(Axis(0))?;
        let deviations = less(rows, &mean);
        let mut center = Array2::zeros((p, p));
        matmul(deviations.t(), deviations.view(), center.view_mut());
        let mut predictions = None;
        if !fixed.is_empty() {
            let predicted = product(deviations.select(Axis(1), fixed).view(), &slopes(&center, fixed)?);
            center -= &predicted.t().dot(&predicted);
            predictions = Some(predicted);
        }
        center /= n as f64;
        Some(CaseMoments { stacking: Stacking { p, means }, deviations, predictions, center })
    }

    /// The contributions about the moments of a model; `location` is mu, or the sample's mean when means are not modelled.
    pub(crate) fn about(rows: ArrayView2<'_, f64>, location: &Array1<f64>, cov: &Array2<f64>, means: bool) -> Self {
        CaseMoments {
            stacking: Stacking { p: rows.ncols(), means },
            deviations: less(rows, location),
            predictions: None,
            center: cov.clone(),
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
        self.predictions = Some(product(self.deviations.select(Axis(1), fixed).view(), &slopes));
        self.center = cov - &slopes.t().dot(&among).dot(&slopes);
        Some(self)
    }

    /// Number of cases.
    pub(crate) fn n(&self) -> usize {
        self.deviations.nrows()
    }

    /// Variances of the variables, divisor N.
    pub(crate) fn variances(&self) -> Array1<f64> {
        self.deviations.map_axis(Axis(0), |column| column.iter().map(|d| d * d).sum::<f64>()) / self.n() as f64
    }

    /// z_i of some cases, one row each.
    fn rows(&self, cases: std::ops::Range<usize>) -> Array2<f64> {
        let first = self.stacking.first_covariance();
        let mut out = Array2::zeros((cases.len(), self.stacking.len()));
        for (mut row, case) in out.rows_mut().into_iter().zip(cases) {
            let row = row.as_slice_mut().expect("standard layout");
            let d = slice(self.deviations.row(case));
            row[..first].copy_from_slice(&d[..first]);
            for (column, own) in self.stacking.columns(&mut row[first..]) {
                let center = self.center.row(column);
                for ((target, value), center) in own.iter_mut().zip(&d[column..]).zip(center.iter().skip(column)) {
                    *target = d[column] * value - center;
                }
            }
            let Some(predictions) = &self.predictions else { continue };
            let h = slice(predictions.row(case));
            row[..first].iter_mut().zip(h).for_each(|(target, value)| *target -= value);
            for (column, own) in self.stacking.columns(&mut row[first..]) {
                own.iter_mut().zip(&h[column..]).for_each(|(target, value)| *target -= h[column] * value);
            }
        }
        out
    }

    /// V z_i of some cases, one row each; `z` are their z_i.
    fn weighted(&self, weight: &MomentWeight, cases: std::ops::Range<usize>, z: &Array2<f64>) -> Array2<f64> {
        let mut out = Array2::zeros(z.raw_dim());
        match weight {
            MomentWeight::Full(v) => matmul(z.view(), v.view(), out.view_mut()),
            MomentWeight::Diagonal(v) => {
                out.assign(z);
                out *= v;
            }
            MomentWeight::Normal(inverse) => {
                // P d d'P from P d: the cost is p^2 a case, not p^3.
                let first = self.stacking.first_covariance();
                let turned = product(self.deviations.slice(s![cases.clone(), ..]), inverse);
                let predicted =
                    self.predictions.as_ref().map(|rows| product(rows.slice(s![cases.clone(), ..]), inverse));
                let center = inverse.dot(&self.center).dot(inverse);
                for (index, mut row) in out.rows_mut().into_iter().enumerate() {
                    let row = row.as_slice_mut().expect("standard layout");
                    let a = slice(turned.row(index));
                    row[..first].copy_from_slice(&a[..first]);
                    for (column, own) in self.stacking.columns(&mut row[first..]) {
                        let center = center.row(column);
                        for ((target, value), center) in
                            own.iter_mut().zip(&a[column..]).zip(center.iter().skip(column))
                        {
                            *target = a[column] * value - center;
                        }
                    }
                    if let Some(predicted) = &predicted {
                        let b = slice(predicted.row(index));
                        row[..first].iter_mut().zip(b).for_each(|(target, value)| *target -= value);
                        for (column, own) in self.stacking.columns(&mut row[first..]) {
                            own.iter_mut().zip(&b[column..]).for_each(|(target, value)| *target -= b[column] * value);
                        }
                    }
                    for (_, own) in self.stacking.columns(&mut row[first..]) {
                        own[0] *= 0.5;
                    }
                }
            }
        }
        out
    }

    fn chunks(&self) -> impl Iterator<Item = std::ops::Range<usize>> {
        let n = self.n();
        (0..n).step_by(CHUNK).map(move |start| start..(start + CHUNK).min(n))
    }

    /// Gamma, k x k.
    pub(crate) fn gamma(&self) -> Array2<f64> {
        let k = self.stacking.len();
        let (mut gamma, mut product) = (Array2::zeros((k, k)), Array2::zeros((k, k)));
        for cases in self.chunks() {
            let z = self.rows(cases);
            matmul(z.t(), z.view(), product.view_mut());
            gamma += &product;
        }
        gamma / self.n() as f64
    }

    /// The diagonal of Gamma, k.
    pub(crate) fn gamma_diagonal(&self) -> Array1<f64> {
        let mut diagonal = Array1::zeros(self.stacking.len());
        for cases in self.chunks() {
            for row in self.rows(cases).rows() {
                diagonal.iter_mut().zip(row).for_each(|(total, value)| *total += value * value);
            }
        }
        diagonal / self.n() as f64
    }

    /// The diagonal of Q Gamma Q', Q = I - `reach` `delta`' V, with `reach` and the Jacobian `delta` both k x c.
    pub(crate) fn residual_variances(
        &self,
        weight: &MomentWeight,
        delta: &Array2<f64>,
        reach: &Array2<f64>,
    ) -> Array1<f64> {
        let mut diagonal = Array1::zeros(self.stacking.len());
        for cases in self.chunks() {
            let mut z = self.rows(cases.clone());
            let scores = self.weighted(weight, cases, &z).dot(delta);
            z -= &scores.dot(&reach.t());
            for row in z.rows() {
                diagonal.iter_mut().zip(row).for_each(|(total, value)| *total += value * value);
            }
        }
        diagonal / self.n() as f64
    }

    /// The forms of Gamma that first-order corrections need, for the Jacobian `delta` (k x c).
    pub(crate) fn first_order(&self, weight: &MomentWeight, delta: &Array2<f64>) -> FirstOrder {
        let c = delta.ncols();
        let mut sums = FirstOrder { trace: 0.0, meat: Array2::zeros((c, c)) };
        let mut product = Array2::zeros((c, c));
        for cases in self.chunks() {
            let z = self.rows(cases.clone());
            let y = self.weighted(weight, cases, &z);
            sums.trace += dot(z.as_slice().expect("standard layout"), y.as_slice().expect("standard layout"));
            let scores = y.dot(delta);
            matmul(scores.t(), scores.view(), product.view_mut());
            sums.meat += &product;
        }
        sums.trace /= self.n() as f64;
        sums.meat /= self.n() as f64;
        sums
    }

    /// The forms of Gamma that second-order corrections need beside the first-order ones.
    pub(crate) fn second_order(&self, weight: &MomentWeight, delta: &Array2<f64>) -> SecondOrder {
        let (n, k, c) = (self.n(), self.stacking.len(), delta.ncols());
        // Gamma V Delta, k x c.
        let mut spread = Array2::zeros((k, c));
        let mut product = Array2::zeros((k, c));
        let mut gamma_v = (k <= n).then(|| Array2::zeros((k, k)));
        let mut square = Array2::zeros(if k <= n { (k, k) } else { (0, 0) });
        let mut all = (k > n).then(|| (Array2::zeros((n, k)), Array2::zeros((n, k))));
        for cases in self.chunks() {
            let z = self.rows(cases.clone());
            let y = self.weighted(weight, cases.clone(), &z);
            matmul(z.t(), y.dot(delta).view(), product.view_mut());
            spread += &product;
            if let Some(gamma_v) = &mut gamma_v {
                matmul(z.t(), y.view(), square.view_mut());
                *gamma_v += &square;
            }
            if let Some((all_z, all_y)) = &mut all {
                all_z.slice_mut(s![cases.clone(), ..]).assign(&z);
                all_y.slice_mut(s![cases, ..]).assign(&y);
            }
        }
        spread /= n as f64;
        // tr((Gamma V)^2), by moments or by cases, whichever are fewer.
        let matrix = match (gamma_v, all) {
            (Some(gamma_v), _) => gamma_v,
            (None, Some((all_z, all_y))) => {
                let mut gram = Array2::zeros((n, n));
                matmul(all_z.view(), all_y.t(), gram.view_mut());
                gram
            }
            (None, None) => unreachable!("one of the two is there"),
        };
        let mut trace = 0.0;
        for i in 0..matrix.nrows() {
            for j in 0..matrix.nrows() {
                trace += matrix[[i, j]] * matrix[[j, i]];
            }
        }
        SecondOrder { trace: trace / (n as f64).powi(2), meat: weight.form(self.stacking, &spread) }
    }
}

/// Rows less a vector, in standard layout.
fn less(rows: ArrayView2<'_, f64>, vector: &Array1<f64>) -> Array2<f64> {
    let mut out = Array2::zeros(rows.raw_dim());
    out.assign(&rows);
    out -= vector;
    out
}

/// A product in standard layout.
fn product(left: ArrayView2<'_, f64>, right: &Array2<f64>) -> Array2<f64> {
    let mut out = Array2::zeros((left.nrows(), right.ncols()));
    matmul(left, right.view(), out.view_mut());
    out
}

fn slice(row: ArrayView1<'_, f64>) -> &[f64] {
    row.to_slice().expect("standard layout")
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

/// Forms of Gamma that first-order corrections need.
#[derive(Debug, Clone)]
pub(crate) struct FirstOrder {
    /// tr(V Gamma).
    pub(crate) trace: f64,
    /// Delta' V Gamma V Delta, c x c.
    pub(crate) meat: Array2<f64>,
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
        for (n, fixed, means) in
            [(300, vec![], true), (300, vec![1], false), (6, vec![], true), (300, vec![0, 2], true)]
        {
            let data = rows(n, 3);
            let cases = CaseMoments::about_sample(data.view(), &fixed, means).unwrap();
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
                let first = cases.first_order(&weight, &delta);
                let second = cases.second_order(&weight, &delta);
                let product = v.dot(&gamma);
                let (vd, trace) = (v.dot(&delta), product.diag().sum());
                assert!((first.trace - trace).abs() < 1e-9 * (1.0 + trace.abs()), "{} {trace}", first.trace);
                assert!(close(&first.meat, &vd.t().dot(&gamma).dot(&vd)));
                let trace = product.dot(&product).diag().sum();
                assert!((second.trace - trace).abs() < 1e-9 * (1.0 + trace.abs()));
                assert!(close(&second.meat, &vd.t().dot(&gamma).dot(&v).dot(&gamma).dot(&vd)));
            }
        }
    }

    #[test]
    fn contributions_about_the_model_average_to_the_residuals() {
        let data = rows(50, 2);
        let (mu, sigma) = (Array1::from_vec(vec![0.2, 0.4]), Array2::eye(2));
        let cases = CaseMoments::about(data.view(), &mu, &sigma, true);
        let average = cases.rows(0..50).mean_axis(Axis(0)).unwrap();
        let mean = data.mean_axis(Axis(0)).unwrap();
        assert!((average[0] - (mean[0] - 0.2)).abs() < 1e-14);
        let expected = data.column(1).iter().map(|y| (y - 0.4).powi(2)).sum::<f64>() / 50.0 - 1.0;
        assert!((average[4] - expected).abs() < 1e-14);
    }
}
