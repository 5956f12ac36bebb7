//! Residual moments of one group, on three scales.

use latva_math::linalg::vectorized;
use ndarray::{ArrayView1, ArrayView2, CowArray, Ix2};

/// The moments of one group that residual-based indices compare.
#[derive(Debug, Clone, Copy)]
pub struct Moments<'a> {
    /// Covariance matrix, p x p.
    pub cov: ArrayView2<'a, f64>,
    /// Means, p; `None` when means are not modelled.
    pub mean: Option<ArrayView1<'a, f64>>,
}

/// Sample and model-implied moments of one group and its weight in averages over groups.
#[derive(Debug, Clone, Copy)]
pub struct GroupMoments<'a> {
    /// Cases N_g.
    pub n: f64,
    /// Sample moments S, m.
    pub sample: Moments<'a>,
    /// Implied moments Sigma, mu.
    pub implied: Moments<'a>,
}

/// The scale on which a residual is taken. i, j: variables; i = j: variances.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// s_ij - sigma_ij; m_i - mu_i.
    Raw,
    /// (s_ij - sigma_ij) / sqrt(s_ii s_jj); (m_i - mu_i) / sqrt(s_ii) (Bentler).
    Bentler,
    /// s_ij / sqrt(s_ii s_jj) - sigma_ij / sqrt(sigma_ii sigma_jj), i != j; means as Bentler's (Bollen). Variances have
    /// no residual.
    Bollen,
    /// Bollen's, with (s_ii - sigma_ii) / s_ii for the variances and m_i / sqrt(s_ii) - mu_i / sqrt(sigma_ii) (Mplus).
    Mplus,
}

/// A sum of squared residuals and the number of its terms.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SumOfSquares {
    /// The sum.
    pub sum: f64,
    /// Its terms.
    pub terms: f64,
}

impl SumOfSquares {
    /// sqrt(sum / terms); `None` without terms or when the sum is not a number.
    pub fn root_mean(self) -> Option<f64> {
        super::finite((self.sum / super::positive(self.terms)?).sqrt())
    }
}

impl GroupMoments<'_> {
    /// Whether the shapes agree: both covariance matrices p x p, means of length p.
    fn is_conformable(&self) -> bool {
        let p = self.sample.cov.nrows();
        let fits =
            |moments: &Moments<'_>| moments.cov.dim() == (p, p) && moments.mean.is_none_or(|mean| mean.len() == p);
        fits(&self.sample) && fits(&self.implied)
    }

    /// Sum of squared residuals over the lower triangle (with the diagonal, but for [`Scale::Bollen`]) and, with
    /// `means`, over the means when both sides have them.
    ///
    /// `None` when shapes differ or a variance is not positive on a scale that divides by it.
    pub fn sum_of_squares(&self, scale: Scale, means: bool) -> Option<SumOfSquares> {
        if !self.is_conformable() {
            return None;
        }
        let (s, sigma) = (&self.sample.cov, &self.implied.cov);
        let p = s.nrows();
        let positive = |cov: &ArrayView2<'_, f64>| cov.diag().iter().all(|&variance| variance > 0.0);
        let usable = match scale {
            Scale::Raw => true,
            Scale::Bentler => positive(s),
            Scale::Bollen | Scale::Mplus => positive(s) && positive(sigma),
        };
        if !usable {
            return None;
        }
        // On the scale of a residual s_ij is multiplied by d_i d_j and sigma_ij by e_i e_j.
        let inverse_roots =
            |cov: &ArrayView2<'_, f64>| cov.diag().iter().map(|variance| variance.sqrt().recip()).collect::<Vec<f64>>();
        let (d, own_e) = match scale {
            Scale::Raw => (vec![1.0; p], None),
            Scale::Bentler => (inverse_roots(s), None),
            Scale::Bollen | Scale::Mplus => (inverse_roots(s), Some(inverse_roots(sigma))),
        };
        let e = own_e.as_ref().unwrap_or(&d);
        let (own_s, own_sigma) = (s.as_standard_layout(), sigma.as_standard_layout());
        let mut sum = 0.0;
        vectorized(
            #[inline(always)]
            || {
                for (i, (s, sigma)) in rows_of(&own_s).zip(rows_of(&own_sigma)).enumerate() {
                    sum += squares_of_row([&s[..i], &sigma[..i], &d[..i], &e[..i]], d[i], e[i]);
                }
            },
        );
        let variance = |i: usize| match scale {
            Scale::Raw => s[[i, i]] - sigma[[i, i]],
            Scale::Bollen => 0.0,
            Scale::Bentler | Scale::Mplus => (s[[i, i]] - sigma[[i, i]]) / s[[i, i]],
        };
        sum += (0..p).map(|i| variance(i).powi(2)).sum::<f64>();
        let mut terms = if scale == Scale::Bollen { p * p.saturating_sub(1) / 2 } else { p * (p + 1) / 2 };
        if let (true, Some(m), Some(mu)) = (means, self.sample.mean, self.implied.mean) {
            for i in 0..p {
                let residual = match scale {
                    Scale::Raw | Scale::Bentler | Scale::Bollen => (m[i] - mu[i]) * d[i],
                    Scale::Mplus => m[i] * d[i] - mu[i] * e[i],
                };
                sum += residual.powi(2);
            }
            terms += p;
        }
        Some(SumOfSquares { sum, terms: terms as f64 })
    }
}

/// The squared residuals of a row: its moments s and sigma, and the factors d and e of its columns and its own.
#[inline(always)]
fn squares_of_row(row: [&[f64]; 4], own_d: f64, own_e: f64) -> f64 {
    // The difference first, so that a small one keeps its digits where d and e are the same.
    let square = |s: f64, sigma: f64, d: f64, e: f64| {
        let (by_d, by_e) = (own_d * d, own_e * e);
        ((s - sigma) * by_d + sigma * (by_d - by_e)).powi(2)
    };
    // Four sums, so that no addition waits for the one before it.
    let [(s, rest_s), (sigma, rest_sigma), (d, rest_d), (e, rest_e)] = row.map(|numbers| numbers.as_chunks::<4>());
    let mut sums = [0.0; 4];
    for (((s, sigma), d), e) in s.iter().zip(sigma).zip(d).zip(e) {
        for at in 0..4 {
            sums[at] += square(s[at], sigma[at], d[at], e[at]);
        }
    }
    let rest = rest_s.iter().zip(rest_sigma).zip(rest_d).zip(rest_e);
    sums.iter().sum::<f64>() + rest.map(|(((s, sigma), d), e)| square(*s, *sigma, *d, *e)).sum::<f64>()
}

/// The rows of a matrix in standard layout.
fn rows_of<'a>(matrix: &'a CowArray<'_, f64, Ix2>) -> impl Iterator<Item = &'a [f64]> {
    matrix.as_slice().expect("standard layout").chunks_exact(matrix.ncols().max(1))
}

/// Root mean square of the residuals: of each group, then their average weighted by N_g (lavaan).
pub(super) fn average_over_groups(groups: &[GroupMoments<'_>], scale: Scale, means: bool) -> Option<f64> {
    let (mut weighted, mut total) = (0.0, 0.0);
    for group in groups {
        weighted += group.n * group.sum_of_squares(scale, means)?.root_mean()?;
        total += group.n;
    }
    super::finite(weighted / super::positive(total)?)
}

/// Root mean square of the residuals of all groups together (AMOS).
pub(super) fn pooled_over_groups(groups: &[GroupMoments<'_>], scale: Scale, means: bool) -> Option<f64> {
    let mut all = SumOfSquares { sum: 0.0, terms: 0.0 };
    for group in groups {
        let squares = group.sum_of_squares(scale, means)?;
        all.sum += squares.sum;
        all.terms += squares.terms;
    }
    all.root_mean()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array2, array};

    #[test]
    fn each_scale_by_hand() {
        let (s, sigma) = (array![[4.0, 1.0], [1.0, 1.0]], array![[4.5, 0.0], [0.0, 2.0]]);
        let (m, mu) = (array![1.0, 2.0], array![0.0, 2.0]);
        let group = GroupMoments {
            n: 10.0,
            sample: Moments { cov: s.view(), mean: Some(m.view()) },
            implied: Moments { cov: sigma.view(), mean: Some(mu.view()) },
        };
        let sum = |scale, means| group.sum_of_squares(scale, means).unwrap();
        assert_eq!(sum(Scale::Raw, false), SumOfSquares { sum: 0.25 + 1.0 + 1.0, terms: 3.0 });
        assert_eq!(sum(Scale::Raw, true), SumOfSquares { sum: 3.25, terms: 5.0 });
        assert_eq!(sum(Scale::Bentler, false).sum, 0.125_f64.powi(2) + 0.25 + 1.0);
        assert_eq!(sum(Scale::Bentler, true).sum - sum(Scale::Bentler, false).sum, 0.25);
        assert_eq!(sum(Scale::Bollen, false), SumOfSquares { sum: 0.25, terms: 1.0 });
        assert_eq!(sum(Scale::Mplus, false).sum, 0.125_f64.powi(2) + 0.25 + 1.0);
        assert_eq!(sum(Scale::Bollen, true), SumOfSquares { sum: 0.5, terms: 3.0 });
        let mplus = sum(Scale::Mplus, true).sum - sum(Scale::Mplus, false).sum;
        assert!((mplus - 0.25 - (2.0 - 2.0_f64.sqrt()).powi(2)).abs() < 1e-15);
    }

    #[test]
    fn unusable_moments() {
        let (s, other) = (Array2::<f64>::eye(2), Array2::<f64>::eye(3));
        let group = GroupMoments {
            n: 10.0,
            sample: Moments { cov: s.view(), mean: None },
            implied: Moments { cov: other.view(), mean: None },
        };
        assert_eq!(group.sum_of_squares(Scale::Raw, false), None);
        let negative = array![[1.0, 0.0], [0.0, -1.0]];
        let group = GroupMoments { implied: Moments { cov: negative.view(), mean: None }, ..group };
        assert_eq!(group.sum_of_squares(Scale::Bollen, false), None);
        assert!(group.sum_of_squares(Scale::Bentler, false).is_some());
        // One variable has no correlation to compare.
        let one = Array2::<f64>::eye(1);
        let moments = Moments { cov: one.view(), mean: None };
        let group = GroupMoments { n: 5.0, sample: moments, implied: moments };
        assert_eq!(average_over_groups(&[group], Scale::Bollen, false), None);
        assert_eq!(average_over_groups(&[], Scale::Raw, false), None);
        assert_eq!(pooled_over_groups(&[], Scale::Raw, false), None);
    }

    #[test]
    fn averaging_and_pooling_differ_when_groups_do() {
        let (identity, twice) = (Array2::<f64>::eye(2), Array2::<f64>::eye(2) * 2.0);
        let moments = Moments { cov: identity.view(), mean: None };
        let exact = GroupMoments { n: 30.0, sample: moments, implied: moments };
        let sample = Moments { cov: twice.view(), mean: None };
        let off = GroupMoments { n: 10.0, sample, implied: moments };
        let groups = [exact, off];
        let rms = (2.0_f64 / 3.0).sqrt();
        assert!((average_over_groups(&groups, Scale::Raw, false).unwrap() - 0.25 * rms).abs() < 1e-15);
        assert!((pooled_over_groups(&groups, Scale::Raw, false).unwrap() - (2.0_f64 / 6.0).sqrt()).abs() < 1e-15);
    }
}
