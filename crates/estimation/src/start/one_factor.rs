//! The one-factor solution of correlations, by which loadings start.

use latva_math::linalg::{LANES, vectorized};

use super::SHARES;

/// Sweeps of the power iteration.
const SWEEPS: usize = 12;

/// The one-factor solution of k variables, with room that serves one factor after the other.
pub(super) struct OneFactor {
    /// Standard deviations of the variables.
    pub(super) spread: Vec<f64>,
    /// Their correlations with zeros on the diagonal, by rows of whole lanes that zeros fill up.
    pub(super) correlation: Vec<f64>,
    /// Loadings of the correlations, of unit factor variance; the sign such that the first is positive.
    pub(super) loadings: Vec<f64>,
    /// Communalities, then what the correlations make of the loadings.
    product: Vec<f64>,
}

impl OneFactor {
    /// Room for so many variables.
    pub(super) fn with_room(k: usize) -> Self {
        let stride = k.next_multiple_of(LANES);
        let room = || Vec::with_capacity(stride);
        OneFactor { spread: room(), correlation: Vec::with_capacity(k * stride), loadings: room(), product: room() }
    }

    /// Correlations of zero between k variables; the length of their rows.
    pub(super) fn clear(&mut self, k: usize) -> usize {
        let stride = k.next_multiple_of(LANES);
        self.spread.clear();
        self.correlation.clear();
        self.correlation.resize(k * stride, 0.0);
        stride
    }

    /// The loadings from the correlations.
    pub(super) fn solve(&mut self) {
        let OneFactor { spread, correlation, loadings, product } = self;
        let k = spread.len();
        let stride = k.next_multiple_of(LANES);
        let (smallest, largest) = (SHARES.0.sqrt(), SHARES.1.sqrt());
        loadings.clear();
        if k == 1 {
            loadings.push(largest);
            return;
        }
        // Largest absolute correlation as first communality (Thurstone's rule), then sweeps of a power iteration.
        let communality = &mut *product;
        communality.clear();
        let size = |row: &[f64]| row.iter().map(|correlation| correlation.abs()).fold(0.0, f64::max);
        communality.extend(correlation.chunks_exact(stride).map(size));
        let anchor = (0..k).max_by(|&a, &b| communality[a].total_cmp(&communality[b])).unwrap_or(0);
        loadings.extend((0..k).map(|i| {
            let size = communality[i].sqrt();
            if i == anchor { size } else { correlation[i * stride + anchor].signum() * size }
        }));
        loadings.resize(stride, 0.0);
        product.resize(stride, 0.0);
        vectorized(
            #[inline(always)]
            || sweep(k, correlation, loadings, product, (smallest, largest)),
        );
        loadings.truncate(k);
        let sign = if loadings[0] < 0.0 { -1.0 } else { 1.0 };
        loadings.iter_mut().for_each(|loading| *loading = if *loading == 0.0 { smallest } else { sign * *loading });
    }
}

/// The sweeps of [`OneFactor::solve`]: the correlations, which have the squares of the loadings on their diagonal, times the loadings; what that gives is
/// divided by the sum of squares of the loadings and kept within limits.
#[inline(always)]
fn sweep(k: usize, correlation: &[f64], loadings: &mut [f64], product: &mut [f64], (smallest, largest): (f64, f64)) {
    let (stride, (product, _)) = (loadings.len(), product.as_chunks_mut::<LANES>());
    for _ in 0..SWEEPS {
        let size: f64 = loadings[..k].iter().map(|loading| loading * loading).sum();
        if size < 1e-12 {
            break;
        }
        for (column, product) in product.iter_mut().enumerate() {
            let mut sums = [0.0; LANES];
            for (loading, row) in loadings.iter().zip(correlation.chunks_exact(stride)) {
                let row = &row[column * LANES..][..LANES];
                for lane in 0..LANES {
                    sums[lane] += loading * row[lane];
                }
            }
            *product = sums;
        }
        let inverse_size = size.recip();
        let (loadings, _) = loadings.as_chunks_mut::<LANES>();
        for (loadings, product) in loadings.iter_mut().zip(&*product) {
            *loadings = std::array::from_fn(|lane| {
                let own = loadings[lane];
                let value = product[lane] + own * own * own;
                (value.abs() * inverse_size).clamp(smallest, largest).copysign(value)
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same with the communalities on the diagonal, one number after the other.
    fn plainly(k: usize, correlation: impl Fn(usize, usize) -> f64) -> Vec<f64> {
        let others = |i: usize| (0..k).filter(move |&j| j != i);
        let largest = |i: usize| others(i).map(|j| correlation(i, j).abs()).fold(0.0, f64::max);
        let anchor = (0..k).max_by(|&a, &b| largest(a).total_cmp(&largest(b))).unwrap();
        let first_sign = |i: usize| if i == anchor { 1.0 } else { correlation(i, anchor).signum() };
        let mut loadings: Vec<f64> = (0..k).map(|i| first_sign(i) * largest(i).sqrt()).collect();
        for _ in 0..SWEEPS {
            let size: f64 = loadings.iter().map(|loading| loading * loading).sum();
            loadings = (0..k)
                .map(|i| {
                    let by_others: f64 = others(i).map(|j| correlation(i, j) * loadings[j]).sum();
                    let product = by_others + loadings[i] * loadings[i] * loadings[i];
                    (product.abs() / size).clamp(SHARES.0.sqrt(), SHARES.1.sqrt()) * product.signum()
                })
                .collect();
        }
        let sign = loadings[0].signum();
        loadings.iter().map(|loading| sign * loading).collect()
    }

    #[test]
    fn lanes_give_what_plain_sweeps_give() {
        let mut solution = OneFactor::with_room(9);
        for k in [9, 2, 5, 4, 3] {
            let loading = |i: usize| [0.8, -0.5, 0.7, 0.3, -0.9, 0.6, 0.2, 0.75, -0.4][(i + k) % 9];
            let correlation = |i: usize, j: usize| loading(i) * loading(j) + 0.01 * ((i * j) % 5) as f64;
            let stride = solution.clear(k);
            solution.spread.resize(k, 1.0);
            for i in 0..k {
                for j in (0..k).filter(|&j| j != i) {
                    solution.correlation[i * stride + j] = correlation(i, j);
                }
            }
            solution.solve();
            let plain = plainly(k, correlation);
            assert_eq!(solution.loadings.len(), k);
            assert!(solution.loadings.iter().zip(&plain).all(|(own, plain)| (own - plain).abs() < 1e-12), "{k}");
        }
    }

    #[test]
    fn a_variable_alone_and_variables_without_correlation_have_loadings() {
        let mut solution = OneFactor::with_room(3);
        for (k, expected) in [(1, SHARES.1.sqrt()), (3, SHARES.0.sqrt())] {
            solution.clear(k);
            solution.spread.resize(k, 1.0);
            solution.solve();
            assert_eq!(solution.loadings, vec![expected; k]);
        }
    }
}
