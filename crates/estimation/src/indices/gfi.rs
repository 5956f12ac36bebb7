//! Goodness-of-fit index (GFI), adjusted (AGFI) and parsimonious (PGFI), in the classic form of LISREL.

use latva_math::linalg::{Cholesky, matmul};
use ndarray::{Array1, Array2, ArrayView1, ArrayView2};

use super::residuals::GroupMoments;
use super::{finite, positive};

/// The weighted squared length of the residuals of one group and that of its sample moments.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GfiParts {
    /// Cases N_g.
    pub n: f64,
    /// (s - sigma)' W (s - sigma).
    pub residual: f64,
    /// s' W s.
    pub sample: f64,
}

/// The parts under the normal-theory weight of a covariance matrix V: with R = V^-1 (S - Sigma) and A = V^-1 S,
/// residual = tr(R R) / 2 and sample = tr(A A) / 2; with `means` (m - mu)' V^-1 (m - mu) and m' V^-1 m are added.
///
/// V is the implied Sigma for ML, the sample S for GLS. The moments among the variables `left_out` count as 0 (lavaan's
/// ML leaves out the exogenous ones that are fixed to the sample's). `None` when shapes differ or V is not positive
/// definite.
/// Source: Joreskog, K. G., & Sorbom, D. (1981). LISREL V; Tanaka, J. S., & Huba, G. J. (1985). British Journal of
/// Mathematical and Statistical Psychology 38, 197-201.
pub fn normal_theory_parts(
    group: &GroupMoments<'_>,
    weight: ArrayView2<'_, f64>,
    means: bool,
    left_out: &[usize],
) -> Option<GfiParts> {
    if !weight.is_square() {
        return None;
    }
    let inverse = Cholesky::of(weight).ok()?.inverse();
    parts_of_inverse(group, inverse.view(), weight == group.implied.cov, means, left_out)
}

/// As [`normal_theory_parts`] with V = Sigma, of which the inverse is known.
pub fn normal_theory_parts_of_implied(
    group: &GroupMoments<'_>,
    inverse: ArrayView2<'_, f64>,
    means: bool,
    left_out: &[usize],
) -> Option<GfiParts> {
    parts_of_inverse(group, inverse, true, means, left_out)
}

/// The parts from V^-1; `is_implied`: V is Sigma.
fn parts_of_inverse(
    group: &GroupMoments<'_>,
    inverse: ArrayView2<'_, f64>,
    is_implied: bool,
    means: bool,
    left_out: &[usize],
) -> Option<GfiParts> {
    let p = group.sample.cov.nrows();
    let square = |matrix: &ArrayView2<'_, f64>| matrix.dim() == (p, p);
    if !(square(&group.sample.cov) && square(&group.implied.cov) && square(&inverse)) {
        return None;
    }
    if left_out.iter().any(|&variable| variable >= p) {
        return None;
    }
    let mut product = Array2::zeros((p, p));
    let (s, sigma) = (&group.sample.cov, &group.implied.cov);
    let (mut residual, mut sample);
    if left_out.is_empty() && is_implied {
        // R = A - I.
        matmul(inverse, s.view(), product.view_mut());
        [residual, sample] = traces_of_squares(&product, [1.0, 0.0]).map(|trace| 0.5 * trace);
    } else {
        let mut trace = |mut difference: Array2<f64>| {
            for &i in left_out {
                for &j in left_out {
                    difference[[i, j]] = 0.0;
                }
            }
            matmul(inverse, difference.view(), product.view_mut());
            traces_of_squares(&product, [0.0])[0]
        };
        residual = 0.5 * trace(s - sigma);
        sample = 0.5 * trace(s.to_owned());
    }
    if let (true, Some(m), Some(mu)) = (means, group.sample.mean, group.implied.mean) {
        if m.len() != p || mu.len() != p {
            return None;
        }
        // x' V^-1 x.
        let length = |entry: &dyn Fn(usize) -> f64| {
            let x = Array1::from_shape_fn(p, |i| if left_out.contains(&i) { 0.0 } else { entry(i) });
            x.dot(&inverse.dot(&x))
        };
        residual += length(&|i| m[i] - mu[i]);
        sample += length(&|i| m[i]);
    }
    Some(GfiParts { n: group.n, residual, sample })
}

/// tr(B B) for B = A - shift I of each shift, A in standard layout: the squares of the diagonal and twice the products of the elements that
/// mirror each other.
fn traces_of_squares<const N: usize>(a: &Array2<f64>, shifts: [f64; N]) -> [f64; N] {
    let p = a.nrows();
    let numbers = a.as_slice().expect("standard layout");
    let (mut squares, mut products) = ([0.0; N], 0.0);
    for (i, row) in numbers.chunks_exact(p.max(1)).enumerate() {
        squares.iter_mut().zip(shifts).for_each(|(sum, shift)| *sum += (row[i] - shift).powi(2));
        let column = numbers[i..].iter().step_by(p);
        products += row[..i].iter().zip(column).map(|(x, y)| x * y).sum::<f64>();
    }
    squares.map(|squares| squares + 2.0 * products)
}

/// The parts under an explicit weight matrix W of the stacked moments (means, if modelled, then the lower triangle of
/// the covariances by columns). `None` when shapes differ.
pub fn weighted_parts(
    n: f64,
    sample: ArrayView1<'_, f64>,
    implied: ArrayView1<'_, f64>,
    weight: ArrayView2<'_, f64>,
) -> Option<GfiParts> {
    let k = sample.len();
    if implied.len() != k || weight.dim() != (k, k) {
        return None;
    }
    let difference = &sample - &implied;
    Some(GfiParts { n, residual: difference.dot(&weight.dot(&difference)), sample: sample.dot(&weight.dot(&sample)) })
}

/// The parts under a diagonal weight matrix, given as its diagonal. `None` when shapes differ.
pub fn diagonally_weighted_parts(
    n: f64,
    sample: ArrayView1<'_, f64>,
    implied: ArrayView1<'_, f64>,
    weight: ArrayView1<'_, f64>,
) -> Option<GfiParts> {
    if implied.len() != sample.len() || weight.len() != sample.len() {
        return None;
    }
    let mut parts = GfiParts { n, residual: 0.0, sample: 0.0 };
    for ((s, sigma), weight) in sample.iter().zip(&implied).zip(&weight) {
        parts.residual += weight * (s - sigma) * (s - sigma);
        parts.sample += weight * s * s;
    }
    Some(parts)
}

/// GFI as in lavaan 0.6: 1 - residual / sample of each group, averaged with weights N_g.
pub fn gfi(groups: &[GfiParts]) -> Option<f64> {
    let (mut weighted, mut total) = (0.0, 0.0);
    for group in groups {
        weighted += group.n * (1.0 - group.residual / positive(group.sample)?);
        total += group.n;
    }
    finite(weighted / positive(total)?)
}

/// GFI as in AMOS: 1 - sum_g N_g residual_g / sum_g N_g sample_g.
pub fn pooled_gfi(groups: &[GfiParts]) -> Option<f64> {
    let residual: f64 = groups.iter().map(|group| group.n * group.residual).sum();
    let sample: f64 = groups.iter().map(|group| group.n * group.sample).sum();
    finite(1.0 - residual / positive(sample)?)
}

/// AGFI = 1 - (k / d) (1 - GFI), k: number of sample moments; 1 when d = 0.
pub fn agfi(gfi: f64, moments: f64, df: f64) -> Option<f64> {
    if df == 0.0 {
        return Some(1.0);
    }
    finite(1.0 - positive(moments)? / positive(df)? * (1.0 - gfi))
}

/// PGFI = (d / k) GFI, k: number of sample moments.
///
/// Source: Mulaik, S. A., et al. (1989). Psychological Bulletin 105, 430-445.
pub fn pgfi(gfi: f64, moments: f64, df: f64) -> Option<f64> {
    (df >= 0.0).then(|| df / moments * gfi).filter(|value| moments > 0.0 && value.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indices::golden::close;
    use crate::indices::residuals::Moments;
    use ndarray::array;

    #[test]
    fn by_hand_with_a_diagonal_weight() {
        let (s, sigma) = (array![[2.0, 0.5], [0.5, 1.0]], array![[1.0, 0.0], [0.0, 2.0]]);
        let (m, mu) = (array![1.0, 2.0], array![0.0, 2.0]);
        let group = GroupMoments {
            n: 10.0,
            sample: Moments { cov: s.view(), mean: Some(m.view()) },
            implied: Moments { cov: sigma.view(), mean: Some(mu.view()) },
        };
        // R = [[1, .5], [.25, -.5]], A = [[2, .5], [.25, .5]].
        let parts = normal_theory_parts(&group, sigma.view(), false, &[]).unwrap();
        assert!((parts.residual - 0.5 * (1.0 + 0.25 + 0.25)).abs() < 1e-14);
        assert!((parts.sample - 0.5 * (4.0 + 0.25 + 0.25)).abs() < 1e-14);
        let with_means = normal_theory_parts(&group, sigma.view(), true, &[]).unwrap();
        assert!((with_means.residual - parts.residual - 1.0).abs() < 1e-14);
        assert!((with_means.sample - parts.sample - 3.0).abs() < 1e-14);
        // Without the variance of the second variable and its mean.
        let part = normal_theory_parts(&group, sigma.view(), true, &[1]).unwrap();
        assert!((part.residual - 0.5 * (1.0 + 0.25) - 1.0).abs() < 1e-14);
        assert!((part.sample - 0.5 * (4.0 + 0.25) - 1.0).abs() < 1e-14);
        assert_eq!(normal_theory_parts(&group, sigma.view(), true, &[2]), None);
        let singular = array![[1.0, 1.0], [1.0, 1.0]];
        assert_eq!(normal_theory_parts(&group, singular.view(), false, &[]), None);
        let other = array![[1.0]];
        assert_eq!(normal_theory_parts(&group, other.view(), false, &[]), None);
    }

    #[test]
    fn the_weight_of_the_implied_moments_needs_one_product() {
        let s = array![[2.0, 0.5, 0.3], [0.5, 1.0, -0.2], [0.3, -0.2, 1.5]];
        let sigma = array![[1.9, 0.4, 0.2], [0.4, 1.1, -0.3], [0.2, -0.3, 1.4]];
        let group = GroupMoments {
            n: 10.0,
            sample: Moments { cov: s.view(), mean: None },
            implied: Moments { cov: sigma.view(), mean: None },
        };
        let inverse = Cholesky::of(sigma.view()).unwrap().inverse();
        let plain = |difference: Array2<f64>| {
            let product = inverse.dot(&difference);
            0.5 * product.dot(&product).diag().sum()
        };
        let parts = normal_theory_parts(&group, sigma.view(), false, &[]).unwrap();
        assert!((parts.residual - plain(&s - &sigma)).abs() < 1e-15);
        assert!((parts.sample - plain(s.clone())).abs() < 1e-14);
        // With another weight the general way is taken.
        let other = &sigma + 1e-12;
        let general = normal_theory_parts(&group, other.view(), false, &[]).unwrap();
        assert!((parts.residual - general.residual).abs() < 1e-10);
        assert!((parts.sample - general.sample).abs() < 1e-10);
    }

    #[test]
    fn amos_values_follow_from_gfi() {
        // Holzinger and Swineford, three factors: GFI .943, AGFI .894, PGFI .503.
        close(agfi(0.943_332_065_456_889, 45.0, 24.0), 0.893_747_622_731_668, 1e-12);
        close(pgfi(0.943_332_065_456_889, 45.0, 24.0), 0.503_110_434_910_341, 1e-12);
    }

    #[test]
    fn averaging_and_pooling() {
        let exact = GfiParts { n: 30.0, residual: 0.0, sample: 1.0 };
        let off = GfiParts { n: 10.0, residual: 1.0, sample: 2.0 };
        close(gfi(&[exact, off]), 1.0 - 0.25 * 0.5, 1e-15);
        close(pooled_gfi(&[exact, off]), 1.0 - 10.0 / 50.0, 1e-15);
        assert_eq!(gfi(&[]), None);
        assert_eq!(pooled_gfi(&[]), None);
        assert_eq!(agfi(0.9, 45.0, 0.0), Some(1.0));
        assert_eq!(agfi(0.9, 0.0, 3.0), None);
        assert_eq!(pgfi(0.9, 0.0, 3.0), None);
        assert_eq!(pgfi(1.0, 45.0, 0.0), Some(0.0));
    }

    #[test]
    fn explicit_weight() {
        let (s, sigma) = (array![1.0, 2.0], array![1.0, 1.0]);
        let weight = array![[1.0, 0.0], [0.0, 3.0]];
        let parts = weighted_parts(5.0, s.view(), sigma.view(), weight.view()).unwrap();
        assert_eq!((parts.residual, parts.sample), (3.0, 13.0));
        assert_eq!(weighted_parts(5.0, s.view(), array![1.0].view(), weight.view()), None);
    }
}
