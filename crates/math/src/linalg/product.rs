//! Matrix and inner products.

use ndarray::{ArrayView2, ArrayViewMut2};

use super::kernel;

/// Below this number of multiplications a plain loop beats the call of a kernel.
const SMALL: usize = 600;

/// out = a b, a: m x k, b: k x n, out: m x n.
pub fn matmul(a: ArrayView2<f64>, b: ArrayView2<f64>, mut out: ArrayViewMut2<f64>) {
    let (m, k) = a.dim();
    let n = b.ncols();
    assert_eq!((b.nrows(), out.nrows(), out.ncols()), (k, m, n), "shapes of a matrix product");
    if m * n * k > SMALL {
        kernel::matmul(a, b, &mut out, false);
        return;
    }
    for i in 0..m {
        let mut row = out.row_mut(i);
        row.fill(0.0);
        for l in 0..k {
            let factor = a[[i, l]];
            if factor != 0.0 {
                row.scaled_add(factor, &b.row(l));
            }
        }
    }
}

/// x'y, summed in four lanes so that the compiler can vectorise.
pub fn dot(x: &[f64], y: &[f64]) -> f64 {
    let mut lanes = [0.0; 4];
    let (x4, x_rest) = x.as_chunks::<4>();
    let (y4, y_rest) = y.as_chunks::<4>();
    for (a, b) in x4.iter().zip(y4) {
        for lane in 0..4 {
            lanes[lane] += a[lane] * b[lane];
        }
    }
    let rest: f64 = x_rest.iter().zip(y_rest).map(|(a, b)| a * b).sum();
    (lanes[0] + lanes[1]) + (lanes[2] + lanes[3]) + rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array2;

    #[test]
    fn products_of_any_layout_agree_with_ndarray() {
        for n in [3, 20] {
            let a = Array2::from_shape_fn((n, n + 1), |(i, j)| (i * 7 + j * 3) as f64 % 5.0 - 2.0);
            let b = Array2::from_shape_fn((n + 2, n + 1), |(i, j)| (i + j * 5) as f64 % 7.0 - 3.0);
            let mut out = Array2::zeros((n, n + 2));
            matmul(a.view(), b.t(), out.view_mut());
            assert_eq!(out, a.dot(&b.t()));
        }
    }

    #[test]
    fn inner_product_of_any_length() {
        for n in 0..11 {
            let x: Vec<f64> = (0..n).map(f64::from).collect();
            assert_eq!(dot(&x, &x), (0..n).map(|i| f64::from(i * i)).sum::<f64>());
        }
    }
}
