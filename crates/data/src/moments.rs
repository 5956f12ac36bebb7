//! Means and covariances of rows, complete or not.

use latva_math::linalg::vectorized;
use ndarray::{Array1, Array2, ArrayView1, ArrayView2};

/// Means and covariances with divisor N of rows without missing values, n x p.
///
/// mean = 1/N sum x_i, cov = 1/N sum (x_i - mean)(x_i - mean)', with the means taken off first so that large means cost no digits.
pub(crate) fn complete(rows: ArrayView2<f64>) -> (Array1<f64>, Array2<f64>) {
    let (n, p) = rows.dim();
    if n == 0 {
        return (Array1::zeros(p), Array2::zeros((p, p)));
    }
    // One variable after the other, so that the loops over rows run through memory in order.
    let rows = rows.reversed_axes();
    let columns = rows.as_standard_layout();
    let values = columns.as_slice().expect("in standard layout");
    let mean: Array1<f64> = values.chunks_exact(n).map(|column| sum(column) / n as f64).collect();
    // Filled up with zeros to whole lanes of cases and whole panels of variables.
    let padded = p.next_multiple_of(PANEL);
    let mut products = PanelProducts::new(padded);
    let mut deviations = Vec::with_capacity(padded * n.min(STRETCH).next_multiple_of(LANES));
    for start in (0..n).step_by(STRETCH) {
        let cases = start..n.min(start + STRETCH);
        let length = cases.len().next_multiple_of(LANES);
        deviations.clear();
        for (at, (column, &mean)) in values.chunks_exact(n).zip(&mean).enumerate() {
            deviations.extend(column[cases.clone()].iter().map(|value| value - mean));
            deviations.resize((at + 1) * length, 0.0);
        }
        deviations.resize(padded * length, 0.0);
        products.add(&deviations, length);
    }
    let cov = products.matrix(p) / n as f64;
    (mean, cov)
}

/// Means and covariances of rows without missing values, n x p, by their weights w, which are positive.
///
/// mean = sum w_i x_i / sum w_i, cov = sum w_i (x_i - mean)(x_i - mean)' / sum w_i. Equal weights give what [`complete`] gives.
pub(crate) fn weighted(rows: ArrayView2<f64>, weights: &[f64]) -> (Array1<f64>, Array2<f64>) {
    let total: f64 = weights.iter().sum();
    let weights = ArrayView1::from(weights);
    let mean = rows.t().dot(&weights) / total;
    let mut deviations = &rows - &mean;
    for (mut row, weight) in deviations.outer_iter_mut().zip(weights) {
        row *= (weight / total).sqrt();
    }
    let cov = deviations.t().dot(&deviations);
    (mean, cov)
}

/// Cases whose products are summed in one go, so that their deviations stay in the cache of the processor.
const STRETCH: usize = 96;

/// The sum of numbers, eight apart: an addition waits for the one before it.
fn sum(numbers: &[f64]) -> f64 {
    let (eights, rest) = numbers.as_chunks::<8>();
    let mut sums = [0.0; 8];
    for eight in eights {
        for (sum, number) in sums.iter_mut().zip(eight) {
            *sum += number;
        }
    }
    sums.iter().chain(rest).sum()
}

/// Columns that are multiplied with each other in one go, and cases whose products are summed apart: so many sums
/// have room in the registers of a processor, and no addition waits for another.
const PANEL: usize = 3;
const LANES: usize = 4;

/// Sums of products of the columns of two panels, by lanes.
type Sums = [[[f64; LANES]; PANEL]; PANEL];

/// The products of columns: of each pair of panels, in the order of the second one and then of the first, which comes no later.
///
/// The general product of matrices computes both triangles, and copies its factors before it begins.
struct PanelProducts(Vec<Sums>);

impl PanelProducts {
    /// Of so many columns, whole panels of them.
    fn new(columns: usize) -> Self {
        let panels = columns / PANEL;
        PanelProducts(vec![Sums::default(); panels * (panels + 1) / 2])
    }

    /// Adds the products of columns that stand one after the other, each of the same length of whole lanes.
    fn add(&mut self, columns: &[f64], length: usize) {
        let panels = || columns.chunks_exact(PANEL * length);
        let pairs = panels().enumerate().flat_map(|(b, right)| panels().take(b + 1).map(move |left| (left, right)));
        for (sums, (left, right)) in self.0.iter_mut().zip(pairs) {
            vectorized(
                #[inline(always)]
                || add_panel_products(left, right, sums),
            );
        }
    }

    /// The products of the first p columns, p x p.
    fn matrix(&self, p: usize) -> Array2<f64> {
        let mut matrix = Array2::zeros((p, p));
        let panels = || (0..p).step_by(PANEL);
        let pairs = panels().flat_map(|b| panels().take_while(move |&a| a <= b).map(move |a| (a, b)));
        for (sums, (a, b)) in self.0.iter().zip(pairs) {
            for (j, sums) in (a..p).zip(sums) {
                for (k, lanes) in (b..p).zip(sums) {
                    let product = lanes.iter().sum();
                    matrix[[j, k]] = product;
                    matrix[[k, j]] = product;
                }
            }
        }
        matrix
    }
}

/// Adds the products of the columns of two panels.
#[inline(always)]
fn add_panel_products(left: &[f64], right: &[f64], into: &mut Sums) {
    let length = left.len() / (PANEL * LANES);
    let (left, right) = (lanes(left, length), lanes(right, length));
    let mut sums = *into;
    for at in 0..length {
        for j in 0..PANEL {
            for k in 0..PANEL {
                for lane in 0..LANES {
                    sums[j][k][lane] += left[j][at][lane] * right[k][at][lane];
                }
            }
        }
    }
    *into = sums;
}

/// The columns of a panel by lanes, so many to a column.
#[inline(always)]
fn lanes(panel: &[f64], length: usize) -> [&[[f64; LANES]]; PANEL] {
    let lanes = panel.as_chunks().0;
    std::array::from_fn(|column| &lanes[column * length..][..length])
}

/// Moments of rows with missing values (NaN), from what each variable and each pair of variables has.
pub(crate) struct Pairwise {
    /// Means over the rows that have the variable.
    pub mean: Array1<f64>,
    /// Covariances over the rows that have both variables, each about the means of those rows, unbiased, times (N-1)/N with N all rows;
    /// zero for pairs with fewer than two common rows.
    pub cov: Array2<f64>,
    /// Rows that have both variables.
    pub counts: Array2<usize>,
}

/// See [`Pairwise`].
pub(crate) fn pairwise(rows: ArrayView2<f64>) -> Pairwise {
    let (n, p) = rows.dim();
    // One variable after the other, so that the loops over rows run through memory in order.
    let rows = rows.reversed_axes();
    let columns = rows.as_standard_layout();
    let mut mean = Array1::zeros(p);
    let mut cov = Array2::zeros((p, p));
    let mut counts = Array2::zeros((p, p));
    let rescale = if n > 0 { (n as f64 - 1.0) / n as f64 } else { 0.0 };
    for j in 0..p {
        for k in 0..=j {
            let pairs = || columns.row(j).into_iter().zip(columns.row(k)).filter(|(x, y)| !x.is_nan() && !y.is_nan());
            let (mut count, mut sum_j, mut sum_k) = (0_usize, 0.0, 0.0);
            for (x, y) in pairs() {
                count += 1;
                sum_j += x;
                sum_k += y;
            }
            counts[[j, k]] = count;
            counts[[k, j]] = count;
            if count == 0 {
                continue;
            }
            let (mean_j, mean_k) = (sum_j / count as f64, sum_k / count as f64);
            if j == k {
                mean[j] = mean_j;
            }
            if count > 1 {
                let products: f64 = pairs().map(|(x, y)| (x - mean_j) * (y - mean_k)).sum();
                let value = products / (count as f64 - 1.0) * rescale;
                cov[[j, k]] = value;
                cov[[k, j]] = value;
            }
        }
    }
    Pairwise { mean, cov, counts }
}

/// The first variable whose variance is beyond the range of normal double-precision numbers, and whether it is too large.
pub(crate) fn out_of_range(cov: &Array2<f64>) -> Option<(usize, bool)> {
    let at = cov.diag().iter().position(|variance| !variance.is_normal())?;
    Some((at, !cov[[at, at]].is_finite()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn complete_moments_divide_by_n() {
        let (mean, cov) = complete(array![[1.0, 2.0], [3.0, 6.0]].view());
        assert_eq!(mean, array![2.0, 4.0]);
        assert_eq!(cov, array![[1.0, 2.0], [2.0, 4.0]]);
    }

    #[test]
    fn complete_moments_are_sums_of_products() {
        // More cases than a stretch and fewer than a lane, and no multiples of panels and lanes.
        for (n, p) in [(1, 1), (2, 4), (2 * STRETCH + 7, 9), (STRETCH, 16), (2 * STRETCH + 7, 35)] {
            let rows = Array2::from_shape_fn((n, p), |(i, j)| ((i * 37 + j * 11) % 23) as f64 + 100.0);
            let (mean, cov) = complete(rows.view());
            let of = |j: usize| (0..n).map(|i| rows[[i, j]]).sum::<f64>() / n as f64;
            for j in 0..p {
                assert!((mean[j] - of(j)).abs() < 1e-12);
                for k in 0..p {
                    let products = (0..n).map(|i| (rows[[i, j]] - of(j)) * (rows[[i, k]] - of(k))).sum::<f64>();
                    assert!((cov[[j, k]] - products / n as f64).abs() < 1e-11);
                    assert_eq!(cov[[j, k]], cov[[k, j]]);
                }
            }
        }
    }

    #[test]
    fn pairwise_moments_of_complete_rows_are_the_complete_ones() {
        let rows = array![[1.0, 2.0, 0.5], [3.0, 6.5, 1.0], [4.0, 1.0, -2.0], [0.0, 0.0, 7.0]];
        let (mean, cov) = complete(rows.view());
        let pairs = pairwise(rows.view());
        assert!((&pairs.mean - &mean).iter().all(|x| x.abs() < 1e-14));
        assert!((&pairs.cov - &cov).iter().all(|x| x.abs() < 1e-14));
    }

    #[test]
    fn pairwise_moments_with_gaps() {
        // R: cov(cbind(c(1,3,4,NA), c(2,NA,1,5)), use = "pairwise") * 3/4
        let nan = f64::NAN;
        let pairs = pairwise(array![[1.0, 2.0], [3.0, nan], [4.0, 1.0], [nan, 5.0]].view());
        assert_eq!(pairs.counts, array![[3, 2], [2, 3]]);
        let expected = array![[7.0 / 3.0, -1.5], [-1.5, 13.0 / 3.0]] * 0.75;
        assert!((&pairs.cov - &expected).iter().all(|x: &f64| x.abs() < 1e-14));
    }
}
