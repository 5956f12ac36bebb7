//! Means and covariances of rows, complete or not.

use ndarray::{Array1, Array2, ArrayView2, Axis};

/// Means and covariances with divisor N of rows without missing values, n x p.
///
/// mean = 1/N sum x_i, cov = 1/N sum (x_i - mean)(x_i - mean)', with the means taken off first so that large means cost no digits.
pub(crate) fn complete(rows: ArrayView2<f64>) -> (Array1<f64>, Array2<f64>) {
    let n = rows.nrows();
    if n == 0 {
        return (Array1::zeros(rows.ncols()), Array2::zeros((rows.ncols(), rows.ncols())));
    }
    let mean = rows.sum_axis(Axis(0)) / n as f64;
    let centred = &rows - &mean;
    let cov = centred.t().dot(&centred) / n as f64;
    (mean, cov)
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
    // One column after the other, so that the loops over rows run through memory in order.
    let columns = rows.t().as_standard_layout().into_owned();
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
