//! Maximum likelihood where Sigma = Lambda E Lambda' + Theta with a diagonal Theta, by the matrices of the factors.
//!
//! With A = Theta^-1 Lambda, G = Lambda' A and N = (E^-1 + G)^-1
//! P = Sigma^-1 = Theta^-1 - A N A', log|Sigma| = log|Theta| + log|E| + log|E^-1 + G|
//! (Woodbury's formula and its determinant; Bartlett 1951; Lawley & Maxwell 1971, Factor Analysis as a Statistical Method, sec. 4.2). With the
//! observed moments T, B = T A and Q = A'B
//! tr(P T) = tr(Theta^-1 T) - tr(N Q),
//! W = dF/dSigma = P - P T P, Lambda'W = (I - G N) [(I + Q N) A' - B' Theta^-1],
//! W_ii = 1/theta_i - t_ii/theta_i^2 + 2/theta_i (A N B')_ii - (A (N + N Q N) A')_ii.
//! A value and its gradient cost p^2 m at most, p^2 where each variable loads on one factor; p^3 without this form.

use latva_math::linalg::{Cholesky, add_multiple, dot, matmul, numbers, numbers_mut, rows, rows_mut, vectorized};
use ndarray::{Array1, Array2};

/// Least share of its variance that a variable must keep for itself: digits are lost in P as its reciprocal.
const LEAST_UNIQUE: f64 = 1e-3;

/// The matrices of Sigma = Lambda E Lambda' + Theta.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Factors<'a> {
    /// Lambda, p x m, most of whose elements may be zero.
    pub(crate) loadings: &'a Array2<f64>,
    /// E, m x m.
    pub(crate) latent: &'a Array2<f64>,
    /// Theta, diagonal, p x p.
    pub(crate) unique: &'a Array2<f64>,
}

/// What the gradient needs of the derivative W = dF/dSigma.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Products<'a> {
    /// Lambda'W, m x p.
    pub(crate) loadings: &'a Array2<f64>,
    /// The diagonal of W.
    pub(crate) diagonal: &'a [f64],
    /// dF/dmu.
    pub(crate) mean: Option<&'a Array1<f64>>,
}

/// The products of one block at a value of the matrices, with their buffers.
#[derive(Debug, Clone)]
pub(super) struct ByFactors {
    /// The elements of A (p x m) that are not zero, row by row: row, column, value.
    elements: Vec<(usize, usize, f64)>,
    /// 1/theta.
    precisions: Vec<f64>,
    factor: Cholesky,
    /// E^-1, then E^-1 + G.
    precision: Array2<f64>,
    /// G.
    gram: Array2<f64>,
    /// N.
    posterior: Array2<f64>,
    /// B', m x p.
    moments: Array2<f64>,
    /// Q.
    scatter: Array2<f64>,
    /// Q N, and buffers of products m x m.
    scattered: Array2<f64>,
    square: Array2<f64>,
    turned: Array2<f64>,
    /// A buffer, m x p.
    buffer: Array2<f64>,
    /// Lambda'W, m x p.
    loadings: Array2<f64>,
    diagonal: Vec<f64>,
}

impl ByFactors {
    pub(super) fn new(p: usize, m: usize) -> Self {
        let square = Array2::zeros((m, m));
        let buffer = Array2::zeros((m, p));
        ByFactors {
            elements: Vec::with_capacity(p),
            precisions: vec![0.0; p],
            factor: Cholesky::with_order(m),
            precision: square.clone(),
            gram: square.clone(),
            posterior: square.clone(),
            moments: buffer.clone(),
            scatter: square.clone(),
            scattered: square.clone(),
            turned: square.clone(),
            square,
            loadings: buffer.clone(),
            buffer,
            diagonal: vec![0.0; p],
        }
    }

    /// log|Sigma| and tr(P T); `None` where the form does not serve: E is not positive definite, or too little of a variable is its own.
    pub(super) fn value(&mut self, factors: &Factors<'_>, cov: &Array2<f64>, t: &Array2<f64>) -> Option<(f64, f64)> {
        let ByFactors { elements, precisions, factor, precision, gram, posterior, moments, scatter, .. } = self;
        let (m, p) = moments.dim();
        let mut log_det = 0.0;
        let mut trace = 0.0;
        for (i, precision) in precisions.iter_mut().enumerate() {
            let unique = factors.unique[[i, i]];
            if !(unique > LEAST_UNIQUE * cov[[i, i]]) {
                return None;
            }
            *precision = 1.0 / unique;
            log_det += unique.ln();
            trace += t[[i, i]] * *precision;
        }
        factor.factor(factors.latent.view()).ok()?;
        log_det += factor.log_det();
        factor.inverse_into(precision);
        elements.clear();
        gram.fill(0.0);
        moments.fill(0.0);
        for (i, loadings) in rows(factors.loadings).enumerate() {
            for (r, loading) in loadings.iter().enumerate().filter(|(_, loading)| **loading != 0.0) {
                let weight = loading * precisions[i];
                elements.push((i, r, weight));
                for (s, other) in loadings.iter().enumerate() {
                    gram[[s, r]] += other * weight;
                }
            }
        }
        let (t, moments) = (numbers(t), numbers_mut(moments));
        vectorized(
            #[inline(always)]
            || {
                for &(i, r, weight) in elements.iter() {
                    add_multiple(&mut moments[r * p..][..p], weight, &t[i * p..][..p]);
                }
            },
        );
        add_product_of_elements(elements, moments, numbers_mut(scatter), m, p);
        *precision += &*gram;
        factor.factor(precision.view()).ok()?;
        log_det += factor.log_det();
        factor.inverse_into(posterior);
        trace -= dot(numbers(posterior), numbers(scatter));
        Some((log_det, trace))
    }

    /// Lambda'W and the diagonal of W at the point of the last value.
    pub(super) fn products(&mut self, t: &Array2<f64>) -> (&Array2<f64>, &[f64]) {
        let ByFactors {
            elements,
            precisions,
            gram,
            posterior,
            moments,
            scatter,
            scattered,
            square,
            turned,
            buffer,
            loadings,
            diagonal,
            ..
        } = self;
        let (m, p) = buffer.dim();
        matmul(scatter.view(), posterior.view(), scattered.view_mut());
        // (I + Q N) A' - B' Theta^-1
        for (row, moments) in rows_mut(buffer).zip(rows(moments)) {
            for ((target, moment), precision) in row.iter_mut().zip(moments).zip(&*precisions) {
                *target = -moment * precision;
            }
        }
        let target = numbers_mut(buffer);
        for &(i, s, weight) in elements.iter() {
            target[s * p + i] += weight;
            for r in 0..m {
                target[r * p + i] += scattered[[r, s]] * weight;
            }
        }
        // I - G N
        matmul(gram.view(), posterior.view(), turned.view_mut());
        turned.mapv_inplace(|value| -value);
        turned.diag_mut().iter_mut().for_each(|value| *value += 1.0);
        matmul(turned.view(), buffer.view(), loadings.view_mut());
        // N + N Q N
        matmul(posterior.view(), scattered.view(), square.view_mut());
        *square += &*posterior;
        for (i, (diagonal, precision)) in diagonal.iter_mut().zip(&*precisions).enumerate() {
            *diagonal = precision - t[[i, i]] * precision * precision;
        }
        let (posterior, square, moments) = (numbers(posterior), numbers(square), numbers(moments));
        let mut row = elements.as_slice();
        while let [(i, ..), ..] = *row {
            let (own, others) = row.split_at(row.iter().take_while(|element| element.0 == i).count());
            for &(_, r, weight) in own {
                let mut sum = 0.0;
                for (s, posterior) in posterior[r * m..][..m].iter().enumerate() {
                    sum += posterior * moments[s * p + i];
                }
                let among: f64 = own.iter().map(|&(_, s, other)| square[r * m + s] * other).sum();
                diagonal[i] += weight * (2.0 * precisions[i] * sum - among);
            }
            row = others;
        }
        (&self.loadings, &self.diagonal)
    }

    /// P at the point of the last value.
    pub(super) fn inverse_into(&mut self, inverse: &mut Array2<f64>) {
        let ByFactors { elements, precisions, posterior, buffer, .. } = self;
        multiply_weights(elements, posterior, buffer);
        inverse.fill(0.0);
        add_weighted_rows(elements, -1.0, buffer, inverse);
        inverse.diag_mut().iter_mut().zip(precisions).for_each(|(value, precision)| *value += *precision);
    }

    /// W from P and T: with V' = N Q N A' / 2 - N B' Theta^-1, P T P = Theta^-1 T Theta^-1 + A V' + V A'. The products must be asked for before.
    pub(super) fn derivative_into(&mut self, inverse: &Array2<f64>, t: &Array2<f64>, derivative: &mut Array2<f64>) {
        let ByFactors {
            elements, precisions, posterior, moments, scatter, scattered, square, buffer, loadings, ..
        } = self;
        let p = precisions.len();
        matmul(scatter.view(), posterior.view(), scattered.view_mut());
        matmul(posterior.view(), scattered.view(), square.view_mut());
        // The products of the gradient have been used: their room is free.
        multiply_weights(elements, square, buffer);
        matmul(posterior.view(), moments.view(), loadings.view_mut());
        for (row, other) in rows_mut(buffer).zip(rows(loadings)) {
            for ((value, other), precision) in row.iter_mut().zip(other).zip(&*precisions) {
                *value = 0.5 * *value - other * precision;
            }
        }
        derivative.fill(0.0);
        add_weighted_rows(elements, 1.0, buffer, derivative);
        let (derivative, inverse, t) = (numbers_mut(derivative), numbers(inverse), numbers(t));
        for i in 0..p {
            for j in 0..=i {
                let (here, there) = (i * p + j, j * p + i);
                let squared = t[here] * precisions[i] * precisions[j] + derivative[here] + derivative[there];
                (derivative[here], derivative[there]) = (inverse[here] - squared, inverse[here] - squared);
            }
        }
    }

    /// P x at the point of the last value.
    pub(super) fn solve(&self, x: &Array1<f64>, out: &mut Array1<f64>) {
        let mut scores = Array1::zeros(self.posterior.nrows());
        for &(i, r, weight) in &self.elements {
            scores[r] += weight * x[i];
        }
        let scores = self.posterior.dot(&scores);
        for ((out, x), precision) in out.iter_mut().zip(x).zip(&self.precisions) {
            *out = x * precision;
        }
        for &(i, r, weight) in &self.elements {
            out[i] -= weight * scores[r];
        }
    }
}

/// out (m x m) = A'B for B' (m x p) and the elements of A.
fn add_product_of_elements(elements: &[(usize, usize, f64)], moments: &[f64], out: &mut [f64], m: usize, p: usize) {
    out.fill(0.0);
    for &(i, r, weight) in elements {
        for (s, out) in out[r * m..][..m].iter_mut().enumerate() {
            *out += weight * moments[s * p + i];
        }
    }
}

/// out = M A' (m x p) for a symmetric M.
fn multiply_weights(elements: &[(usize, usize, f64)], matrix: &Array2<f64>, out: &mut Array2<f64>) {
    let (m, p) = out.dim();
    out.fill(0.0);
    let (matrix, out) = (numbers(matrix), numbers_mut(out));
    for &(i, s, weight) in elements {
        for (r, value) in matrix[s * m..][..m].iter().enumerate() {
            out[r * p + i] += weight * value;
        }
    }
}

/// out (p x p) += sign A X for X (m x p) and the elements of A.
fn add_weighted_rows(elements: &[(usize, usize, f64)], sign: f64, x: &Array2<f64>, out: &mut Array2<f64>) {
    let p = x.ncols();
    let (x, out) = (numbers(x), numbers_mut(out));
    vectorized(
        #[inline(always)]
        || {
            for &(i, r, weight) in elements {
                add_multiple(&mut out[i * p..][..p], sign * weight, &x[r * p..][..p]);
            }
        },
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use latva_math::linalg::Cholesky;

    /// Everything against the plain formulas, with variables of several factors and one of none.
    #[test]
    fn products_are_those_of_dense_matrices() {
        let (p, m) = (11, 3);
        let mut loadings = Array2::zeros((p, m));
        for i in 0..p - 1 {
            loadings[[i, i % m]] = 0.5 + 0.1 * i as f64;
        }
        loadings[[1, 0]] = -0.4;
        loadings[[4, 2]] = 0.3;
        let latent = Array2::from_shape_fn((m, m), |(r, s)| if r == s { 1.0 + r as f64 } else { 0.4 });
        let unique = Array2::from_diag(&Array1::from_shape_fn(p, |i| 0.3 + 0.2 * (i % 4) as f64));
        let cov = loadings.dot(&latent).dot(&loadings.t()) + &unique;
        let t = Array2::from_shape_fn((p, p), |(i, j)| {
            cov[[i, j]] + 0.1 * ((i * j) as f64).sin() + if i == j { 0.5 } else { 0.0 }
        });
        let mut dense = Cholesky::of(cov.view()).unwrap();
        let inverse = dense.inverse();
        let derivative = &inverse - &inverse.dot(&t).dot(&inverse);

        let mut by = ByFactors::new(p, m);
        // The buffers serve a second time.
        for _ in 0..2 {
            let factors = Factors { loadings: &loadings, latent: &latent, unique: &unique };
            let (log_det, trace) = by.value(&factors, &cov, &t).unwrap();
            assert!((log_det - dense.log_det()).abs() < 1e-12, "{log_det}");
            assert!((trace - (&inverse * &t).sum()).abs() < 1e-12, "{trace}");
            let (rows, diagonal) = by.products(&t);
            assert!((rows - &loadings.t().dot(&derivative)).iter().all(|error| error.abs() < 1e-12));
            assert!(diagonal.iter().zip(derivative.diag()).all(|(own, other)| (own - other).abs() < 1e-12));
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
        let loadings = Array2::ones((4, 1));
        let latent = Array2::ones((1, 1));
        let mut unique = Array2::eye(4);
        unique[[2, 2]] = 1e-5;
        let cov = loadings.dot(&latent).dot(&loadings.t()) + &unique;
        let mut by = ByFactors::new(4, 1);
        assert!(by.value(&Factors { loadings: &loadings, latent: &latent, unique: &unique }, &cov, &cov).is_none());
        let negative = -&latent;
        let unique = Array2::eye(4) * 5.0;
        assert!(by.value(&Factors { loadings: &loadings, latent: &negative, unique: &unique }, &cov, &cov).is_none());
    }
}
