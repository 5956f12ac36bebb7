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

    /// The squared residuals on every scale, in one pass; `None` when shapes differ.
    pub fn squared_residuals(&self) -> Option<SquaredResiduals> {
        if !self.is_conformable() {
            return None;
        }
        let (s, sigma) = (&self.sample.cov, &self.implied.cov);
        let p = s.nrows();
        // Of each variable the factors d = 1 / sqrt(s_ii) and e = 1 / sqrt(sigma_ii); not finite for a variance that is not positive.
        let mut factors: Vec<f64> = s.diag().iter().chain(sigma.diag()).copied().collect();
        let (own_s, own_sigma) = (s.as_standard_layout(), sigma.as_standard_layout());
        let mut pairs = [0.0; 3];
        vectorized(
            #[inline(always)]
            || {
                factors.iter_mut().for_each(|variance| *variance = 1.0 / variance.sqrt());
                let (d, e) = factors.split_at(p);
                for (i, (s, sigma)) in rows_of(&own_s).zip(rows_of(&own_sigma)).enumerate() {
                    let row = squares_of_row([&s[..i], &sigma[..i], &d[..i], &e[..i]], d[i], e[i]);
                    pairs.iter_mut().zip(row).for_each(|(sum, row)| *sum += row);
                }
            },
        );
        let (d, e) = factors.split_at(p);
        let [raw, bentler, bollen] = pairs;
        let mut squares =
            SquaredResiduals { n: self.n, p, pairs: [raw, bentler, bollen], variances: [0.0; 2], means: None };
        for (s, sigma) in s.diag().iter().zip(sigma.diag()) {
            let residual = s - sigma;
            squares.variances[0] += residual.powi(2);
            squares.variances[1] += (residual / s).powi(2);
        }
        squares.means = self.sample.mean.zip(self.implied.mean).map(|(m, mu)| {
            let residuals = |i: usize| [m[i] - mu[i], (m[i] - mu[i]) * d[i], m[i] * d[i] - mu[i] * e[i]];
            (0..p).map(residuals).fold([0.0; 3], |sums, own| std::array::from_fn(|k| sums[k] + own[k].powi(2)))
        });
        Some(squares)
    }
}

/// The sums of the squared residuals of one group, by scale.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SquaredResiduals {
    /// Cases N_g.
    n: f64,
    /// Variables.
    p: usize,
    /// Of the covariances: raw, Bentler's, Bollen's (which are those of Mplus).
    pairs: [f64; 3],
    /// Of the variances: raw, relative.
    variances: [f64; 2],
    /// Of the means, where both sides have them: raw, Bentler's (which are those of Bollen), those of Mplus.
    means: Option<[f64; 3]>,
}

impl SquaredResiduals {
    /// Sum of squared residuals over the lower triangle (with the diagonal, but for [`Scale::Bollen`]) and, with
    /// `means`, over the means when both sides have them.
    ///
    /// `None` when a variance is not positive on a scale that divides by it.
    pub fn sum(&self, scale: Scale, means: bool) -> Option<SumOfSquares> {
        let SquaredResiduals { p, pairs, variances, .. } = *self;
        let mut sum = match scale {
            Scale::Raw => pairs[0] + variances[0],
            Scale::Bentler => pairs[1] + variances[1],
            Scale::Bollen => pairs[2],
            Scale::Mplus => pairs[2] + variances[1],
        };
        let mut terms = if scale == Scale::Bollen { p * p.saturating_sub(1) / 2 } else { p * (p + 1) / 2 };
        if let Some([raw, by_sample, by_own]) = self.means.filter(|_| means) {
            sum += match scale {
                Scale::Raw => raw,
                Scale::Bentler | Scale::Bollen => by_sample,
                Scale::Mplus => by_own,
            };
            terms += p;
        }
        super::finite(sum).map(|sum| SumOfSquares { sum, terms: terms as f64 })
    }
}

/// The squared residuals of a row, raw, Bentler's and Bollen's: its moments s and sigma, and the factors d and e of its columns and its own.
///
/// On a scale s_ij is multiplied by d_i d_j and sigma_ij by the same or by e_i e_j.
#[inline(always)]
fn squares_of_row(row: [&[f64]; 4], own_d: f64, own_e: f64) -> [f64; 3] {
    // The difference first, so that a small one keeps its digits where d and e are the same.
    let residuals = |s: f64, sigma: f64, d: f64, e: f64| {
        let (by_d, by_e) = (own_d * d, own_e * e);
        let raw = s - sigma;
        let scaled = raw * by_d;
        [raw, scaled, scaled + sigma * (by_d - by_e)]
    };
    // Four sums of each, so that no addition waits for the one before it.
    let [(s, rest_s), (sigma, rest_sigma), (d, rest_d), (e, rest_e)] = row.map(|numbers| numbers.as_chunks::<4>());
    let mut sums = [[0.0; 4]; 3];
    for (((s, sigma), d), e) in s.iter().zip(sigma).zip(d).zip(e) {
        for at in 0..4 {
            let own = residuals(s[at], sigma[at], d[at], e[at]);
            for scale in 0..3 {
                sums[scale][at] += own[scale] * own[scale];
            }
        }
    }
    let mut total = sums.map(|sums| sums.iter().sum::<f64>());
    for (((s, sigma), d), e) in rest_s.iter().zip(rest_sigma).zip(rest_d).zip(rest_e) {
        let own = residuals(*s, *sigma, *d, *e);
        total.iter_mut().zip(own).for_each(|(total, own)| *total += own * own);
    }
    total
}

/// The rows of a matrix in standard layout.
fn rows_of<'a>(matrix: &'a CowArray<'_, f64, Ix2>) -> impl Iterator<Item = &'a [f64]> {
    matrix.as_slice().expect("standard layout").chunks_exact(matrix.ncols().max(1))
}

/// Root mean square of the residuals: of each group, then their average weighted by N_g (lavaan).
pub(super) fn average_over_groups(groups: &[SquaredResiduals], scale: Scale, means: bool) -> Option<f64> {
    let (mut weighted, mut total) = (0.0, 0.0);
    for group in groups {
        weighted += group.n * group.sum(scale, means)?.root_mean()?;
        total += group.n;
    }
    super::finite(weighted / super::positive(total)?)
}

/// Root mean square of the residuals of all groups together (AMOS).
pub(super) fn pooled_over_groups(groups: &[SquaredResiduals], scale: Scale, means: bool) -> Option<f64> {
    let mut all = SumOfSquares { sum: 0.0, terms: 0.0 };
    for group in groups {
        let squares = group.sum(scale, means)?;
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
        let squares = group.squared_residuals().unwrap();
        let sum = |scale, means| squares.sum(scale, means).unwrap();
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
        assert_eq!(group.squared_residuals(), None);
        let negative = array![[1.0, 0.0], [0.0, -1.0]];
        let group = GroupMoments { implied: Moments { cov: negative.view(), mean: None }, ..group };
        let squares = group.squared_residuals().unwrap();
        assert_eq!(squares.sum(Scale::Bollen, false), None);
        assert!(squares.sum(Scale::Bentler, false).is_some());
        // One variable has no correlation to compare.
        let one = Array2::<f64>::eye(1);
        let moments = Moments { cov: one.view(), mean: None };
        let group = GroupMoments { n: 5.0, sample: moments, implied: moments };
        assert_eq!(average_over_groups(&[group.squared_residuals().unwrap()], Scale::Bollen, false), None);
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
        let groups = [exact, off].map(|group| group.squared_residuals().unwrap());
        let rms = (2.0_f64 / 3.0).sqrt();
        assert!((average_over_groups(&groups, Scale::Raw, false).unwrap() - 0.25 * rms).abs() < 1e-15);
        assert!((pooled_over_groups(&groups, Scale::Raw, false).unwrap() - (2.0_f64 / 6.0).sqrt()).abs() < 1e-15);
    }
}
