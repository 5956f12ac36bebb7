//! Means and covariances of rows, complete or not.

use latva_math::linalg::{COLUMN_MULTIPLE, add_column_products, symmetrize_from_upper, vectorized};
use ndarray::{Array1, Array2, ArrayView1, ArrayView2};

/// As [`complete`], of the rows, n x p.
pub(crate) fn complete_rows(rows: ArrayView2<f64>) -> (Array1<f64>, Array2<f64>) {
    let variables = rows.reversed_axes();
    let variables = variables.as_standard_layout();
    let variables: Vec<&[f64]> =
        variables.outer_iter().map(|own| own.to_slice().expect("in standard layout")).collect();
    complete(&variables)
}

/// Means and covariances with divisor N of p variables without missing values, of which the n values of each are given.
///
/// mean = 1/N sum x_i, cov = 1/N sum (x_i - mean)(x_i - mean)', with the means taken off first so that large means cost no digits.
pub(crate) fn complete(variables: &[&[f64]]) -> (Array1<f64>, Array2<f64>) {
    let (n, p) = (variables.first().map_or(0, |values| values.len()), variables.len());
    if n == 0 {
        return (Array1::zeros(p), Array2::zeros((p, p)));
    }
    let mut mean = Array1::zeros(p);
    let mut products = Array2::zeros((p, p));
    let mut deviations: Vec<f64> =
        Vec::with_capacity(p * n.min(STRETCH).next_multiple_of(COLUMN_MULTIPLE) + COLUMN_MULTIPLE - 1);
    // Zeros before the first column, which begins with a line of the cache then: no vector of any column lies across two lines.
    let before = deviations.as_ptr().align_offset(COLUMN_MULTIPLE * size_of::<f64>()).min(COLUMN_MULTIPLE - 1);
    for start in (0..n).step_by(STRETCH) {
        let cases = start..n.min(start + STRETCH);
        let padding = cases.len().next_multiple_of(COLUMN_MULTIPLE) - cases.len();
        deviations.clear();
        deviations.resize(before, 0.0);
        vectorized(
            #[inline(always)]
            || {
                for (column, mean) in variables.iter().zip(&mut mean) {
                    // Of the whole column, which is in the cache then for its first deviations.
                    if start == 0 {
                        *mean = sum(column) / n as f64;
                    }
                    let mean = *mean;
                    deviations.extend(column[cases.clone()].iter().map(|value| value - mean));
                    deviations.extend(std::iter::repeat_n(0.0, padding));
                }
            },
        );
        add_column_products(&deviations[before..], &mut products);
    }
    products *= (n as f64).recip();
    symmetrize_from_upper(&mut products);
    (mean, products)
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
const STRETCH: usize = 288;

/// The sum of numbers, as the sums of those that are sixteen apart: an addition waits for the one before it.
#[inline(always)]
fn sum(numbers: &[f64]) -> f64 {
    let add = |sums: [f64; 4], four: &[f64; 4]| std::array::from_fn(|lane| sums[lane] + four[lane]);
    let (fours, rest) = numbers.as_chunks::<4>();
    let (sixteens, further) = fours.as_chunks::<4>();
    let [mut a, mut b, mut c, mut d] = [[0.0; 4]; 4];
    for sixteen in sixteens {
        (a, b, c, d) = (add(a, &sixteen[0]), add(b, &sixteen[1]), add(c, &sixteen[2]), add(d, &sixteen[3]));
    }
    let sums = further.iter().fold(add(add(a, &b), &add(c, &d)), add);
    (sums[0] + sums[1]) + (sums[2] + sums[3]) + rest.iter().sum::<f64>()
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

/// Variances that can be computed with: information matrices hold their inverse squares, weights of fourth moments their squares.
const VARIANCES: std::ops::RangeInclusive<f64> = 1e-100..=1e100;

/// The first variable whose variance is so large or so small that its square is beyond the range of double-precision numbers, and
/// whether it is too large.
pub(crate) fn out_of_range(cov: &Array2<f64>) -> Option<(usize, bool)> {
    let at = cov.diag().iter().position(|variance| !VARIANCES.contains(variance))?;
    Some((at, !(cov[[at, at]] <= *VARIANCES.end())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn complete_moments_divide_by_n() {
        let (mean, cov) = complete_rows(array![[1.0, 2.0], [3.0, 6.0]].view());
        assert_eq!(mean, array![2.0, 4.0]);
        assert_eq!(cov, array![[1.0, 2.0], [2.0, 4.0]]);
    }

    #[test]
    fn complete_moments_are_sums_of_products() {
        // More cases than a stretch and fewer than a lane, and no multiples of panels and lanes.
        for (n, p) in [(1, 1), (2, 4), (2 * STRETCH + 7, 9), (STRETCH, 16), (2 * STRETCH + 7, 35)] {
            let rows = Array2::from_shape_fn((n, p), |(i, j)| ((i * 37 + j * 11) % 23) as f64 + 100.0);
            let (mean, cov) = complete_rows(rows.view());
            let means: Vec<f64> = (0..p).map(|j| (0..n).map(|i| rows[[i, j]]).sum::<f64>() / n as f64).collect();
            for j in 0..p {
                assert!((mean[j] - means[j]).abs() < 1e-12);
                for k in 0..p {
                    let products = (0..n).map(|i| (rows[[i, j]] - means[j]) * (rows[[i, k]] - means[k])).sum::<f64>();
                    assert!((cov[[j, k]] - products / n as f64).abs() < 1e-11);
                    assert_eq!(cov[[j, k]], cov[[k, j]]);
                }
            }
        }
    }

    #[test]
    fn pairwise_moments_of_complete_rows_are_the_complete_ones() {
        let rows = array![[1.0, 2.0, 0.5], [3.0, 6.5, 1.0], [4.0, 1.0, -2.0], [0.0, 0.0, 7.0]];
        let (mean, cov) = complete_rows(rows.view());
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
