//! Maximum likelihood where Sigma = Lambda E Lambda' + Theta with a diagonal Theta, by the matrices of the factors.
//!
//! With A = Theta^-1 Lambda, G = Lambda' A and N = (E^-1 + G)^-1
//! P = Sigma^-1 = Theta^-1 - A N A', log|Sigma| = log|Theta| + log|E| + log|E^-1 + G|
//! (Woodbury's formula and its determinant; Bartlett 1951; Lawley & Maxwell 1971, Factor Analysis as a Statistical Method, sec. 4.2). With the
//! observed moments T, B = T A, Q = A'B, S = N + N Q N and J = I - N G, so that J E = N,
//! tr(P T) = tr(Theta^-1 T) - tr(N Q),
//! and of W = dF/dSigma = P - P T P
//! W Lambda E = A S - Theta^-1 B N, Lambda'W Lambda = J'(G - Q J),
//! W_ii = 1/theta_i - t_ii/theta_i^2 + 2/theta_i (A N B')_ii - (A S A')_ii.
//! A value and its gradient cost p^2 m at most, p^2 where each variable loads on one factor; p^3 without this form.

use latva_math::linalg::{
    Cholesky, LANES, add_multiple, add_transpose, aligned_zeros, dot, matmul, multiply_lanes, numbers, numbers_mut,
    sum_of_logs, transpose, vectorized,
};
use ndarray::{Array1, Array2};

/// Least share of its variance that a variable must keep for itself: digits are lost in P as its reciprocal.
const LEAST_UNIQUE: f64 = 1e-3;

/// The matrices of Sigma = Lambda E Lambda' + Theta.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Factors<'a> {
    /// The columns of Lambda that have elements.
    pub(crate) columns: &'a [usize],
    /// The elements of Lambda (p x m) that may differ from zero, row by row: the row, and the place of the column in `columns`.
    pub(crate) elements: &'a [(usize, usize)],
    /// Lambda.
    pub(crate) loadings: &'a Array2<f64>,
    /// E, m x m.
    pub(crate) latent: &'a Array2<f64>,
    /// Theta, diagonal, p x p.
    pub(crate) unique: &'a Array2<f64>,
}

/// The derivatives of F by the matrices of the factors, and by the mean.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FactorSlopes<'a> {
    /// Half of dF/dLambda for each element.
    pub(crate) loadings: &'a [f64],
    /// dF/dE (dF = tr(dF/dE dE)) of the columns that have elements, and some rows and columns of zeros after them.
    pub(crate) latent: &'a Array2<f64>,
    /// The diagonal of dF/dTheta.
    pub(crate) unique: &'a [f64],
    /// dF/dmu.
    pub(crate) mean: Option<&'a Array1<f64>>,
}

/// An element of Lambda with that of A.
#[derive(Debug, Clone, Copy)]
struct Element {
    row: usize,
    factor: usize,
    loading: f64,
    weight: f64,
}

/// The products of one block at a value of the matrices, with their buffers. Matrices of the factors have whole lanes: they are filled up by factors
/// of unit variance on which nothing loads.
#[derive(Debug, Clone)]
pub(super) struct ByFactors {
    p: usize,
    /// Factors, with those that fill up.
    m: usize,
    elements: Vec<Element>,
    /// theta and 1/theta.
    unique: Vec<f64>,
    precisions: Vec<f64>,
    factor: Cholesky,
    /// E.
    latent: Array2<f64>,
    /// E^-1, then E^-1 + G, and after the value a buffer.
    precision: Array2<f64>,
    /// G.
    gram: Array2<f64>,
    /// N.
    posterior: Array2<f64>,
    /// B', m x p, and B.
    moments: Array2<f64>,
    turned: Array2<f64>,
    /// Q.
    scatter: Array2<f64>,
    /// N Q, which is a buffer later, and S.
    scattered: Array2<f64>,
    spread: Array2<f64>,
    /// Buffers, m x p.
    buffer: Array2<f64>,
    other_buffer: Array2<f64>,
    /// A buffer, p x m.
    room: Array2<f64>,
    loading_slopes: Vec<f64>,
    latent_slopes: Array2<f64>,
    unique_slopes: Vec<f64>,
}

impl ByFactors {
    /// Room for p variables and so many factors.
    pub(super) fn new(p: usize, factors: usize) -> Self {
        let m = factors.next_multiple_of(LANES);
        let square = || aligned_zeros((m, m));
        let mut latent = square();
        latent.diag_mut().fill(1.0);
        ByFactors {
            p,
            m,
            elements: Vec::with_capacity(p),
            unique: vec![0.0; p],
            precisions: vec![0.0; p],
            factor: Cholesky::with_order(m),
            latent,
            precision: square(),
            gram: square(),
            posterior: square(),
            moments: aligned_zeros((m, p)),
            turned: aligned_zeros((p, m)),
            scatter: square(),
            scattered: square(),
            spread: square(),
            latent_slopes: square(),
            buffer: aligned_zeros((m, p)),
            other_buffer: aligned_zeros((m, p)),
            room: aligned_zeros((p, m)),
            loading_slopes: Vec::with_capacity(p),
            unique_slopes: vec![0.0; p],
        }
    }

    /// log|Sigma| and tr(P T); `None` where the form does not serve: E is not positive definite, or too little of a variable is its own.
    pub(super) fn value(&mut self, factors: &Factors<'_>, t: &Array2<f64>) -> Option<(f64, f64)> {
        self.take(factors)?;
        let log_det_latent = self.factor.invert(self.latent.view(), &mut self.precision).ok()?;
        vectorized(
            #[inline(always)]
            || self.collect(numbers(t)),
        );
        let log_det_precision = self.factor.invert(self.precision.view(), &mut self.posterior).ok()?;
        let log_det = sum_of_logs(self.unique.iter().copied()) + log_det_latent + log_det_precision;
        let own: f64 = t.diag().iter().zip(&self.precisions).map(|(moment, precision)| moment * precision).sum();
        Some((log_det, own - dot(numbers(&self.posterior), numbers(&self.scatter))))
    }

    /// Takes over the matrices of the factors: Theta and its inverse, E, the elements of Lambda and A, and G.
    fn take(&mut self, factors: &Factors<'_>) -> Option<()> {
        let ByFactors { m, elements, unique, precisions, latent, gram, .. } = self;
        let m = *m;
        for ((unique, precision), own) in unique.iter_mut().zip(precisions.iter_mut()).zip(factors.unique.diag()) {
            if !(*own > 0.0) {
                return None;
            }
            (*unique, *precision) = (*own, 1.0 / own);
        }
        let (all, latent) = (numbers(factors.latent), numbers_mut(latent));
        for (row, &r) in latent.chunks_exact_mut(m).zip(factors.columns) {
            let all = &all[r * factors.latent.ncols()..];
            row.iter_mut().zip(factors.columns).for_each(|(target, &s)| *target = all[s]);
        }
        let (loadings, columns) = (numbers(factors.loadings), factors.loadings.ncols());
        elements.clear();
        elements.extend(factors.elements.iter().map(|&(row, factor)| {
            let loading = loadings[row * columns + factors.columns[factor]];
            Element { row, factor, loading, weight: loading * precisions[row] }
        }));
        let gram = numbers_mut(gram);
        gram.fill(0.0);
        for own in elements.chunk_by(|a, b| a.row == b.row) {
            let mut shared = 0.0;
            for a in own {
                for b in own {
                    gram[a.factor * m + b.factor] += a.loading * b.weight;
                    shared += a.loading * latent[a.factor * m + b.factor] * b.loading;
                }
            }
            let unique = unique[own[0].row];
            if !(unique > LEAST_UNIQUE * (unique + shared)) {
                return None;
            }
        }
        Some(())
    }

    /// B, Q and E^-1 + G.
    #[inline(always)]
    fn collect(&mut self, t: &[f64]) {
        let ByFactors { p, m, elements, precision, gram, moments, turned, scatter, .. } = self;
        let (p, m) = (*p, *m);
        let (moments, turned, scatter) = (numbers_mut(moments), numbers_mut(turned), numbers_mut(scatter));
        moments.fill(0.0);
        for &Element { row, factor, weight, .. } in elements.iter() {
            add_multiple(&mut moments[factor * p..][..p], weight, &t[row * p..][..p]);
        }
        transpose(moments, p, turned);
        scatter.fill(0.0);
        for &Element { row, factor, weight, .. } in elements.iter() {
            add_multiple(&mut scatter[factor * m..][..m], weight, &turned[row * m..][..m]);
        }
        numbers_mut(precision).iter_mut().zip(numbers(gram)).for_each(|(precision, gram)| *precision += gram);
    }

    /// The derivatives at the point of the last value; without that by the mean.
    pub(super) fn slopes(&mut self, t: &Array2<f64>) -> FactorSlopes<'_> {
        vectorized(
            #[inline(always)]
            || self.differentiate(t),
        );
        FactorSlopes {
            loadings: &self.loading_slopes,
            latent: &self.latent_slopes,
            unique: &self.unique_slopes,
            mean: None,
        }
    }

    #[inline(always)]
    fn differentiate(&mut self, t: &Array2<f64>) {
        self.spread();
        let ByFactors {
            m,
            elements,
            precisions,
            gram,
            posterior,
            turned,
            scatter,
            scattered,
            spread,
            precision: square,
            loading_slopes,
            latent_slopes,
            unique_slopes,
            ..
        } = self;
        let m = *m;
        let (gram, posterior, scatter, scattered) =
            (numbers(gram), numbers(posterior), numbers(scatter), numbers_mut(scattered));
        let (spread, turned) = (numbers(spread), numbers(turned));
        for ((slope, precision), moment) in unique_slopes.iter_mut().zip(&*precisions).zip(t.diag()) {
            *slope = precision - moment * precision * precision;
        }
        loading_slopes.clear();
        for own in elements.chunk_by(|a, b| a.row == b.row) {
            let row = own[0].row;
            let moments = &turned[row * m..][..m];
            for a in own {
                let with_moments = precisions[row] * dot(moments, &posterior[a.factor * m..][..m]);
                let with_others: f64 = own.iter().map(|b| b.weight * spread[b.factor * m + a.factor]).sum();
                loading_slopes.push(with_others - with_moments);
                unique_slopes[row] += a.weight * (2.0 * with_moments - with_others);
            }
        }
        // R' = G - Q + G N Q, and R'J = R' - R'N G
        let (square, latent_slopes) = (numbers_mut(square), numbers_mut(latent_slopes));
        multiply_lanes(square, gram, scattered, m);
        for ((square, gram), scatter) in square.iter_mut().zip(gram).zip(scatter) {
            *square += gram - scatter;
        }
        multiply_lanes(latent_slopes, square, posterior, m);
        multiply_lanes(scattered, latent_slopes, gram, m);
        for ((slope, square), other) in latent_slopes.iter_mut().zip(&*square).zip(&*scattered) {
            *slope = square - other;
        }
    }

    /// N Q and S.
    #[inline(always)]
    fn spread(&mut self) {
        let ByFactors { m, posterior, scatter, scattered, spread, .. } = self;
        let (posterior, scattered, spread) = (numbers(posterior), numbers_mut(scattered), numbers_mut(spread));
        multiply_lanes(scattered, posterior, numbers(scatter), *m);
        multiply_lanes(spread, scattered, posterior, *m);
        spread.iter_mut().zip(posterior).for_each(|(spread, posterior)| *spread += posterior);
    }

    /// P at the point of the last value.
    pub(super) fn inverse_into(&mut self, inverse: &mut Array2<f64>) {
        let ByFactors { p, elements, precisions, posterior, buffer, room, .. } = self;
        let (inverse, buffer) = (numbers_mut(inverse), numbers_mut(buffer));
        vectorized(
            #[inline(always)]
            || {
                multiply_weights(elements, *p, numbers(posterior), numbers_mut(room), buffer);
                multiply_by_weights(elements, *p, buffer, inverse);
            },
        );
        inverse.iter_mut().step_by(*p + 1).zip(precisions).for_each(|(value, precision)| *value += *precision);
    }

    /// W from P and T: with V' = N Q N A' / 2 - N B' Theta^-1, P T P = Theta^-1 T Theta^-1 + A V' + V A'.
    pub(super) fn derivative_into(&mut self, inverse: &Array2<f64>, t: &Array2<f64>, derivative: &mut Array2<f64>) {
        let other = &mut self.other_buffer;
        matmul(self.posterior.view(), self.moments.view(), other.view_mut());
        vectorized(
            #[inline(always)]
            || self.half_derivative(numbers(inverse), numbers(t), numbers_mut(derivative)),
        );
        add_transpose(derivative);
    }

    /// The half of W that with its transpose gives W, from N B' in a buffer: (P - Theta^-1 T Theta^-1) / 2 - A V'.
    #[inline(always)]
    fn half_derivative(&mut self, inverse: &[f64], t: &[f64], derivative: &mut [f64]) {
        self.spread();
        let ByFactors {
            p, elements, precisions, precision: square, posterior, spread, buffer, other_buffer, room, ..
        } = self;
        let (p, square, buffer) = (*p, numbers_mut(square), numbers_mut(buffer));
        // N Q N / 2 = (S - N) / 2
        for ((value, spread), posterior) in square.iter_mut().zip(numbers(spread)).zip(numbers(posterior)) {
            *value = 0.5 * (spread - posterior);
        }
        multiply_weights(elements, p, square, numbers_mut(room), buffer);
        for (row, other) in buffer.chunks_exact_mut(p).zip(numbers(other_buffer).chunks_exact(p)) {
            for ((value, other), precision) in row.iter_mut().zip(other).zip(&*precisions) {
                *value -= other * precision;
            }
        }
        multiply_by_weights(elements, p, buffer, derivative);
        let rows = derivative.chunks_exact_mut(p).zip(inverse.chunks_exact(p)).zip(t.chunks_exact(p));
        for (((row, inverse), t), own) in rows.zip(&*precisions) {
            for (((value, inverse), t), precision) in row.iter_mut().zip(inverse).zip(t).zip(&*precisions) {
                *value += 0.5 * (inverse - own * t * precision);
            }
        }
    }

    /// P x at the point of the last value.
    pub(super) fn solve(&self, x: &Array1<f64>, out: &mut Array1<f64>) {
        let mut scores = Array1::zeros(self.m);
        for &Element { row, factor, weight, .. } in &self.elements {
            scores[factor] += weight * x[row];
        }
        let scores = self.posterior.dot(&scores);
        for ((out, x), precision) in out.iter_mut().zip(x).zip(&self.precisions) {
            *out = x * precision;
        }
        for &Element { row, factor, weight, .. } in &self.elements {
            out[row] -= weight * scores[factor];
        }
    }
}

/// out = M A' (m x p) for a symmetric M (m x m), with room for its transpose.
#[inline(always)]
fn multiply_weights(elements: &[Element], p: usize, matrix: &[f64], room: &mut [f64], out: &mut [f64]) {
    let m = room.len() / p;
    room.fill(0.0);
    for &Element { row, factor, weight, .. } in elements {
        add_multiple(&mut room[row * m..][..m], weight, &matrix[factor * m..][..m]);
    }
    transpose(room, m, out);
}

/// out = -A X (p x p) for X (m x p).
#[inline(always)]
fn multiply_by_weights(elements: &[Element], p: usize, x: &[f64], out: &mut [f64]) {
    out.fill(0.0);
    for &Element { row, factor, weight, .. } in elements {
        add_multiple(&mut out[row * p..][..p], -weight, &x[factor * p..][..p]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use latva_math::linalg::Cholesky;

    /// Everything against the plain formulas, with variables of several factors and one of none, and a factor on which nothing loads.
    #[test]
    fn products_are_those_of_dense_matrices() {
        let (p, columns) = (11, [0, 2, 3]);
        let mut loadings = Array2::zeros((p, 4));
        let mut elements = Vec::new();
        for i in 0..p - 1 {
            for (place, &r) in columns.iter().enumerate() {
                loadings[[i, r]] = match (i, place) {
                    (1, 0) => -0.4,
                    (4, 2) => 0.3,
                    _ if i % 3 == place => 0.5 + 0.1 * i as f64,
                    _ => continue,
                };
                elements.push((i, place));
            }
        }
        let latent = Array2::from_shape_fn((4, 4), |(r, s)| if r == s { 1.0 + r as f64 } else { 0.4 });
        let unique = Array2::from_diag(&Array1::from_shape_fn(p, |i| 0.3 + 0.2 * (i % 4) as f64));
        let cov = loadings.dot(&latent).dot(&loadings.t()) + &unique;
        let t = Array2::from_shape_fn((p, p), |(i, j)| {
            cov[[i, j]] + 0.1 * ((i * j) as f64).sin() + if i == j { 0.5 } else { 0.0 }
        });
        let mut dense = Cholesky::of(cov.view()).unwrap();
        let inverse = dense.inverse();
        let derivative = &inverse - &inverse.dot(&t).dot(&inverse);
        let by_loadings = derivative.dot(&loadings).dot(&latent);
        let by_latent = loadings.t().dot(&derivative).dot(&loadings);

        let mut by = ByFactors::new(p, columns.len());
        // The buffers serve a second time.
        for _ in 0..2 {
            let factors = Factors {
                columns: &columns,
                elements: &elements,
                loadings: &loadings,
                latent: &latent,
                unique: &unique,
            };
            let (log_det, trace) = by.value(&factors, &t).unwrap();
            assert!((log_det - dense.log_det()).abs() < 1e-12, "{log_det}");
            assert!((trace - (&inverse * &t).sum()).abs() < 1e-12, "{trace}");
            let slopes = by.slopes(&t);
            assert_eq!(slopes.loadings.len(), elements.len());
            for (slope, &(i, place)) in slopes.loadings.iter().zip(&elements) {
                assert!((slope - by_loadings[[i, columns[place]]]).abs() < 1e-12, "{i}, {place}: {slope}");
            }
            assert!(slopes.unique.iter().zip(derivative.diag()).all(|(own, other)| (own - other).abs() < 1e-12));
            for ((a, b), slope) in slopes.latent.indexed_iter() {
                let expected = if a.max(b) < 3 { by_latent[[columns[a], columns[b]]] } else { 0.0 };
                assert!((slope - expected).abs() < 1e-12, "{a}, {b}: {slope}");
            }
            let mut own = Array2::from_elem((p, p), f64::NAN);
            by.inverse_into(&mut own);
            assert!((&own - &inverse).iter().all(|error| error.abs() < 1e-12));
            let mut own_derivative = Array2::from_elem((p, p), f64::NAN);
            by.derivative_into(&own, &t, &mut own_derivative);
            assert!((&own_derivative - &derivative).iter().all(|error| error.abs() < 1e-12));
            let x = Array1::from_shape_fn(p, |i| (i as f64).cos());
            let mut solved = Array1::zeros(p);
            by.solve(&x, &mut solved);
            assert!((&solved - &inverse.dot(&x)).iter().all(|error| error.abs() < 1e-12));
        }
    }

    #[test]
    fn a_form_that_loses_digits_does_not_serve() {
        let (loadings, latent) = (Array2::ones((4, 1)), Array2::ones((1, 1)));
        let serves = |latent: &Array2<f64>, unique: &Array2<f64>| {
            let elements = [(0, 0), (1, 0), (2, 0), (3, 0)];
            let factors = Factors { columns: &[0], elements: &elements, loadings: &loadings, latent, unique };
            ByFactors::new(4, 1).value(&factors, &Array2::eye(4)).is_some()
        };
        let mut unique = Array2::eye(4);
        assert!(serves(&latent, &unique));
        unique[[2, 2]] = 1e-5;
        assert!(!serves(&latent, &unique));
        unique[[2, 2]] = -1.0;
        assert!(!serves(&latent, &unique));
        assert!(!serves(&-&latent, &(Array2::eye(4) * 5.0)));
    }
}
