//! Weights V of the stacked moments of a block, V = lim N x the inverse covariance matrix of the moments under some assumption.
//!
//! With r = (m, vech R), the quadratic forms are
//! - normal theory with inverse covariance matrix P: r'Vr = 1/2 tr(P R P R) + m'P m (Browne 1974);
//! - diagonal: r'Vr = sum of v_a r_a^2 (DWLS: v_a the inverse asymptotic variance of moment a);
//! - full: any symmetric V (ADF: the inverse of the asymptotic covariance matrix of the moments, Browne 1984).

use latva_math::linalg::matmul;
use ndarray::{Array1, Array2, ArrayView2};

use crate::stacked::Stacking;

/// The weight of one block.
#[derive(Debug, Clone)]
pub(crate) enum MomentWeight {
    /// Normal theory; P, p x p.
    Normal(Array2<f64>),
    /// Diagonal, k.
    Diagonal(Array1<f64>),
    /// Full, k x k.
    Full(Array2<f64>),
}

impl MomentWeight {
    /// I, the weight of lavaan's ULS.
    pub(crate) fn unit(stacking: Stacking) -> Self {
        MomentWeight::Diagonal(Array1::ones(stacking.len()))
    }

    /// The normal-theory weight of moments that are observed rather than expected: the negative second derivatives of the
    /// log-likelihood of one case on average, at Sigma = P^-1 and mu, in a sample with T = S + (m - mu)(m - mu)':
    /// 1/2 tr(P R A R) + m'P m + 2 (m - mu)'P R P m with A = P (2 T - Sigma) P.
    ///
    /// `inverse` is P, `moments` T, `shift` m - mu.
    pub(crate) fn observed(inverse: &Array2<f64>, moments: &Array2<f64>, shift: Option<&Array1<f64>>) -> Self {
        let p = inverse.nrows();
        let stacking = Stacking { p, means: shift.is_some() };
        let a = 2.0 * inverse.dot(moments).dot(inverse) - inverse;
        let first = stacking.first_covariance();
        let mut weight = Array2::zeros((stacking.len(), stacking.len()));
        if let Some(shift) = shift {
            let b = inverse.dot(shift);
            weight.slice_mut(ndarray::s![..p, ..p]).assign(inverse);
            for (row, (i, j)) in stacking.pairs().enumerate() {
                for l in 0..p {
                    let both = b[i] * inverse[[j, l]] + b[j] * inverse[[i, l]];
                    let value = if i == j { 0.5 * both } else { both };
                    weight[[first + row, l]] = value;
                    weight[[l, first + row]] = value;
                }
            }
        }
        for (row, (i, j)) in stacking.pairs().enumerate() {
            for (column, (k, l)) in stacking.pairs().enumerate().take(row + 1) {
                // 1/4 [tr(P E A F) + tr(A E P F)] with E, F the derivatives of R by the two moments.
                let half = |x: &Array2<f64>, y: &Array2<f64>| {
                    x[[l, i]] * y[[j, k]] + x[[l, j]] * y[[i, k]] + x[[k, i]] * y[[j, l]] + x[[k, j]] * y[[i, l]]
                };
                let own = |on_diagonal: bool| if on_diagonal { 0.5 } else { 1.0 };
                let value = 0.25 * own(i == j) * own(k == l) * (half(inverse, &a) + half(&a, inverse));
                weight[[first + row, first + column]] = value;
                weight[[first + column, first + row]] = value;
            }
        }
        MomentWeight::Full(weight)
    }

    /// `out` = V `vectors`, both k x c.
    pub(crate) fn apply(&self, stacking: Stacking, vectors: ArrayView2<'_, f64>, out: &mut Array2<f64>) {
        match self {
            MomentWeight::Full(v) => matmul(v.view(), vectors, out.view_mut()),
            MomentWeight::Diagonal(v) => {
                for ((mut target, source), weight) in out.rows_mut().into_iter().zip(vectors.rows()).zip(v) {
                    target.assign(&source);
                    target *= *weight;
                }
            }
            MomentWeight::Normal(inverse) => congruence(stacking, inverse, [1.0, 1.0], [0.5, 1.0], vectors, out),
        }
    }

    /// V as a matrix, k x k. That of normal theory has P_ik P_jl + P_il P_jk for the moments ij and kl, half of it for a variance, and P for
    /// the means.
    pub(crate) fn into_matrix(self, stacking: Stacking) -> Array2<f64> {
        let inverse = match self {
            MomentWeight::Full(v) => return v,
            MomentWeight::Diagonal(v) => return Array2::from_diag(&v),
            MomentWeight::Normal(inverse) => inverse,
        };
        let (p, first, k) = (stacking.p, stacking.first_covariance(), stacking.len());
        let mut full = Array2::zeros((k, k));
        if stacking.means {
            full.slice_mut(ndarray::s![..p, ..p]).assign(&inverse);
        }
        let half = |a: usize, b: usize| if a == b { 0.5 } else { 1.0 };
        let rows = inverse.as_standard_layout();
        let row = |i: usize| rows.row(i).to_slice().expect("standard layout");
        for (mut target, (i, j)) in full.outer_iter_mut().skip(first).zip(stacking.pairs()) {
            let (p_i, p_j, own) = (row(i), row(j), half(i, j));
            let target = target.as_slice_mut().expect("standard layout");
            for (l, column) in stacking.columns(&mut target[first..]) {
                for ((value, a), b) in column.iter_mut().zip(&p_i[l..]).zip(&p_j[l..]) {
                    *value = own * (a * p_j[l] + b * p_i[l]);
                }
                column[0] *= 0.5;
            }
        }
        full
    }

    /// J'V J for the Jacobian J (k x c) of the moments.
    pub(crate) fn form(&self, stacking: Stacking, jacobian: &Array2<f64>) -> Array2<f64> {
        let mut weighted = Array2::zeros(jacobian.raw_dim());
        self.apply(stacking, jacobian.view(), &mut weighted);
        let mut form = Array2::zeros((jacobian.ncols(), jacobian.ncols()));
        matmul(jacobian.t(), weighted.view(), form.view_mut());
        form
    }
}

/// `out` = Gamma `vectors`, both k x c, with Gamma the asymptotic covariance matrix of the moments of a normal sample with the covariance
/// matrix Sigma (p x p), the inverse of the normal-theory weight: the covariance of s_ij and s_kl is Sigma_ik Sigma_jl + Sigma_il Sigma_jk
/// (Anderson 2003, theorem 3.4.4), so that Gamma vech R = 2 vech(Sigma A Sigma) where A is R with half its covariances.
pub(crate) fn apply_normal_covariance(
    stacking: Stacking,
    cov: &Array2<f64>,
    vectors: ArrayView2<'_, f64>,
    out: &mut Array2<f64>,
) {
    congruence(stacking, cov, [1.0, 0.5], [2.0, 2.0], vectors, out);
}

/// `out` = (M m, vech M R M) for each column (m, vech R) of `vectors`, both k x c, where variances and covariances of R are multiplied by the
/// two factors `before`, and those of the result by `after`.
fn congruence(
    stacking: Stacking,
    matrix: &Array2<f64>,
    before: [f64; 2],
    after: [f64; 2],
    vectors: ArrayView2<'_, f64>,
    out: &mut Array2<f64>,
) {
    let (p, first) = (stacking.p, stacking.first_covariance());
    let mut middle = Array2::zeros((p, p));
    let mut left = Array2::zeros((p, p));
    let mut both = Array2::zeros((p, p));
    for column in 0..vectors.ncols() {
        for (row, (i, j)) in stacking.pairs().enumerate() {
            let value = before[usize::from(i != j)] * vectors[[first + row, column]];
            middle[[i, j]] = value;
            middle[[j, i]] = value;
        }
        matmul(matrix.view(), middle.view(), left.view_mut());
        matmul(left.view(), matrix.view(), both.view_mut());
        for (row, (i, j)) in stacking.pairs().enumerate() {
            out[[first + row, column]] = after[usize::from(i != j)] * both[[i, j]];
        }
    }
    if stacking.means {
        matmul(matrix.view(), vectors.slice(ndarray::s![..p, ..]), out.slice_mut(ndarray::s![..p, ..]));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use latva_math::linalg::Cholesky;
    use ndarray::array;

    fn quadratic(weight: &MomentWeight, stacking: Stacking, vector: &[f64]) -> f64 {
        let column = Array2::from_shape_vec((vector.len(), 1), vector.to_vec()).unwrap();
        weight.form(stacking, &column)[[0, 0]]
    }

    #[test]
    fn normal_theory_is_the_trace_form() {
        let sigma = array![[2.0, 0.5], [0.5, 1.0]];
        let p = Cholesky::of(sigma.view()).unwrap().inverse();
        let r = array![[0.3, -0.2], [-0.2, 0.7]];
        let m = array![0.4, -1.1];
        let product = p.dot(&r);
        let expected = 0.5 * product.dot(&product).diag().sum() + m.dot(&p.dot(&m));
        let stacking = Stacking { p: 2, means: true };
        let vector = stacking.stack(Some(m.view()), r.view());
        assert!((quadratic(&MomentWeight::Normal(p.clone()), stacking, &vector) - expected).abs() < 1e-14);
        // Where the sample has the model's moments, observed and expected information agree.
        let observed = MomentWeight::observed(&p, &sigma, Some(&Array1::zeros(2)));
        assert!((quadratic(&observed, stacking, &vector) - expected).abs() < 1e-14);
    }

    #[test]
    fn the_matrix_of_a_weight_is_what_it_does_to_the_identity() {
        let p = array![[2.0, 0.5, -0.1], [0.5, 1.0, 0.3], [-0.1, 0.3, 0.7]];
        for means in [true, false] {
            let stacking = Stacking { p: 3, means };
            let k = stacking.len();
            for weight in [MomentWeight::Normal(p.clone()), MomentWeight::unit(stacking)] {
                let mut applied = Array2::zeros((k, k));
                weight.apply(stacking, Array2::eye(k).view(), &mut applied);
                let difference = applied - weight.into_matrix(stacking);
                assert!(difference.iter().all(|value| value.abs() < 1e-14), "{difference}");
            }
        }
    }

    #[test]
    fn the_covariance_of_normal_moments_is_the_inverse_of_their_weight() {
        let sigma = array![[2.0, 0.5, -0.1], [0.5, 1.0, 0.3], [-0.1, 0.3, 0.7]];
        let p = Cholesky::of(sigma.view()).unwrap().inverse();
        let stacking = Stacking { p: 3, means: true };
        let k = stacking.len();
        let (mut weighted, mut back) = (Array2::zeros((k, k)), Array2::zeros((k, k)));
        MomentWeight::Normal(p).apply(stacking, Array2::eye(k).view(), &mut weighted);
        apply_normal_covariance(stacking, &sigma, weighted.view(), &mut back);
        assert!((&back - &Array2::<f64>::eye(k)).iter().all(|value| value.abs() < 1e-13), "{back}");
    }

    #[test]
    fn observed_information_is_the_hessian_of_the_discrepancy() {
        // F = log|Sigma| + tr(T P), T = S + (m - mu)(m - mu)'; 2 r'Vr is its second derivative along r.
        let (s, mean) = (array![[1.5, 0.2], [0.2, 0.8]], array![0.3, -0.4]);
        let (sigma, mu) = (array![[2.0, 0.5], [0.5, 1.0]], array![0.1, 0.2]);
        let (r, m) = (array![[0.3, -0.2], [-0.2, 0.7]], array![0.4, -1.1]);
        let value = |step: f64| {
            let mut factor = Cholesky::of((&sigma + &(&r * step)).view()).unwrap();
            let shift = &mean - &(&mu + &(&m * step));
            let inverse = factor.inverse();
            factor.log_det() + (&inverse * &s).sum() + shift.dot(&inverse.dot(&shift))
        };
        let h = 1e-4;
        let second = (value(h) - 2.0 * value(0.0) + value(-h)) / (h * h);
        let p = Cholesky::of(sigma.view()).unwrap().inverse();
        let shift = &mean - &mu;
        let t = Array2::from_shape_fn((2, 2), |(i, j)| s[[i, j]] + shift[i] * shift[j]);
        let stacking = Stacking { p: 2, means: true };
        let vector = stacking.stack(Some(m.view()), r.view());
        let form = 2.0 * quadratic(&MomentWeight::observed(&p, &t, Some(&shift)), stacking, &vector);
        assert!((form - second).abs() < 1e-6, "{form} {second}");
    }
}
