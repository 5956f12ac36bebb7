//! Matrix and inner products.

use ndarray::{Array2, ArrayView1, ArrayView2, ArrayViewMut2};

use super::{kernel, tile, vectorized};

/// Up to this number of multiplications plain loops are fastest, up to [`MIDDLE`] tiles, and then the kernels of a library.
const SMALL: usize = 100;
const MIDDLE: usize = 20000;

/// out = a b, a: m x k, b: k x n, out: m x n.
pub fn matmul(a: ArrayView2<f64>, b: ArrayView2<f64>, mut out: ArrayViewMut2<f64>) {
    let (m, k) = a.dim();
    let n = b.ncols();
    assert_eq!((b.nrows(), out.nrows(), out.ncols()), (k, m, n), "shapes of a matrix product");
    if m * n * k > MIDDLE {
        kernel::matmul(a, b, &mut out, false);
        return;
    }
    if m * n * k > SMALL && tile::multiply(a, b, &mut out) {
        return;
    }
    for (a, mut out) in a.outer_iter().zip(out.outer_iter_mut()) {
        match out.as_slice_mut() {
            Some(out) => multiply_row(a, b, out),
            None => out.iter_mut().zip(b.columns()).for_each(|(out, b)| *out = a.dot(&b)),
        }
    }
}

/// out = a b for a row a: the sum of the rows of b weighted by a, or the products of a with the columns of b, whichever are
/// contiguous.
fn multiply_row(a: ArrayView1<f64>, b: ArrayView2<f64>, out: &mut [f64]) {
    let n = out.len();
    if let Some(b) = b.as_slice() {
        out.fill(0.0);
        for (&factor, b) in a.iter().zip(b.chunks_exact(n.max(1))) {
            if factor != 0.0 {
                out.iter_mut().zip(b).for_each(|(out, b)| *out += factor * b);
            }
        }
    } else if let (Some(a), Some(b)) = (a.as_slice(), b.reversed_axes().to_slice()) {
        out.iter_mut().zip(b.chunks_exact(a.len().max(1))).for_each(|(out, b)| *out = dot(a, b));
    } else {
        out.iter_mut().zip(b.columns()).for_each(|(out, b)| *out = a.dot(&b));
    }
}

/// out += a b for an a (m x k) most of whose elements are zero, which take no time; b: k x n, out: m x n, all in standard layout.
///
/// # Panics
/// For matrices of other shapes or in another layout.
pub fn add_sparse_product(a: ArrayView2<f64>, b: ArrayView2<f64>, mut out: ArrayViewMut2<f64>) {
    let ((m, terms), n) = (a.dim(), b.ncols());
    assert_eq!((b.nrows(), out.nrows(), out.ncols()), (terms, m, n), "shapes of a matrix product");
    if m * terms * n == 0 {
        return;
    }
    let a = a.to_slice().expect("standard layout");
    let b = b.to_slice().expect("standard layout");
    let out = out.as_slice_mut().expect("standard layout");
    vectorized(
        #[inline(always)]
        || {
            for (a, out) in a.chunks_exact(terms).zip(out.chunks_exact_mut(n)) {
                let mut waiting = None;
                for (k, &factor) in a.iter().enumerate() {
                    if factor == 0.0 {
                        continue;
                    }
                    let row = &b[k * n..][..n];
                    // Two rows at a time, so that the sum is read and written half as often.
                    match waiting.take() {
                        None => waiting = Some((factor, row)),
                        Some((first, first_row)) => add_two_multiples(out, [first, factor], [first_row, row]),
                    }
                }
                if let Some((factor, row)) = waiting {
                    add_multiple(out, factor, row);
                }
            }
        },
    );
}

/// Numbers that plain loops take together.
pub const LANES: usize = 4;

/// out += f x; to be called within [`super::vectorized`].
#[inline(always)]
pub fn add_multiple(out: &mut [f64], factor: f64, x: &[f64]) {
    let ((out, out_rest), (x, x_rest)) = (out.as_chunks_mut::<LANES>(), x.as_chunks::<LANES>());
    for (out, x) in out.iter_mut().zip(x) {
        // All numbers are read before any is written: else the compiler must fear that slices overlap.
        *out = std::array::from_fn(|k| out[k] + factor * x[k]);
    }
    for (out, x) in out_rest.iter_mut().zip(x_rest) {
        *out += factor * x;
    }
}

/// out += f_0 x_0 + f_1 x_1.
#[inline(always)]
fn add_two_multiples(out: &mut [f64], factors: [f64; 2], [x, y]: [&[f64]; 2]) {
    let (out, out_rest) = out.as_chunks_mut::<LANES>();
    let ((x, x_rest), (y, y_rest)) = (x.as_chunks::<LANES>(), y.as_chunks::<LANES>());
    for ((out, x), y) in out.iter_mut().zip(x).zip(y) {
        *out = std::array::from_fn(|k| out[k] + (factors[0] * x[k] + factors[1] * y[k]));
    }
    for ((out, x), y) in out_rest.iter_mut().zip(x_rest).zip(y_rest) {
        *out += factors[0] * x + factors[1] * y;
    }
}

/// out = a b for square matrices by rows of n numbers, whole lanes; to be called within [`super::vectorized`].
#[inline(always)]
pub fn multiply_lanes(out: &mut [f64], a: &[f64], b: &[f64], n: usize) {
    assert!(n.is_multiple_of(LANES), "whole lanes");
    let (b, vectors) = (b.as_chunks::<LANES>().0, n / LANES);
    // Four rows at a time, for each of which a row of b is read once.
    for (out, a) in out.chunks_exact_mut((LANES * n).max(1)).zip(a.chunks_exact((LANES * n).max(1))) {
        let out = out.as_chunks_mut::<LANES>().0;
        let rows: [&[f64]; LANES] = std::array::from_fn(|r| &a[r * n..][..n]);
        for column in 0..vectors {
            let mut sums = [[0.0; LANES]; LANES];
            for (term, own) in b[column..].iter().step_by(vectors).take(n).enumerate() {
                for (sums, row) in sums.iter_mut().zip(rows) {
                    for k in 0..LANES {
                        sums[k] += row[term] * own[k];
                    }
                }
            }
            for (r, sums) in sums.into_iter().enumerate() {
                out[r * vectors + column] = sums;
            }
        }
    }
}

/// x'y, summed in lanes so that the compiler can vectorise.
#[inline(always)]
pub fn dot(x: &[f64], y: &[f64]) -> f64 {
    let mut lanes = [0.0; LANES];
    let (x4, x_rest) = x.as_chunks::<LANES>();
    let (y4, y_rest) = y.as_chunks::<LANES>();
    for (a, b) in x4.iter().zip(y4) {
        for lane in 0..LANES {
            lanes[lane] += a[lane] * b[lane];
        }
    }
    let rest: f64 = x_rest.iter().zip(y_rest).map(|(a, b)| a * b).sum();
    (lanes[0] + lanes[1]) + (lanes[2] + lanes[3]) + rest
}

/// g' V g for a symmetric V (n x n) and a g whose elements are zero but for some, each with its place.
pub fn quadratic_form(g: &[(usize, f64)], v: &Array2<f64>) -> f64 {
    let mut form = 0.0;
    for (place, &(i, a)) in g.iter().enumerate() {
        let beside: f64 = g[..place].iter().map(|&(j, b)| b * v[[i, j]]).sum();
        form += a * (a * v[[i, i]] + 2.0 * beside);
    }
    form
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array2, s};

    #[test]
    fn products_of_any_layout_agree_with_ndarray() {
        for n in [1, 3, 5, 9, 14, 20] {
            let a = Array2::from_shape_fn((n, n + 1), |(i, j)| (i * 7 + j * 3) as f64 % 5.0 - 2.0);
            let b = Array2::from_shape_fn((n + 2, n + 1), |(i, j)| (i + j * 5) as f64 % 7.0 - 3.0);
            let mut out = Array2::zeros((n, n + 2));
            let mut turned = Array2::zeros((n + 2, n));
            matmul(a.view(), b.t(), out.view_mut());
            assert_eq!(out, a.dot(&b.t()));
            matmul(b.view(), a.t(), turned.view_mut());
            assert_eq!(turned, b.dot(&a.t()));
            let (a, b) = (a.t().as_standard_layout().to_owned(), b.t().as_standard_layout().to_owned());
            matmul(a.t(), b.view(), out.view_mut());
            assert_eq!(out, a.t().dot(&b));
            matmul(b.t(), a.view(), turned.view_mut());
            assert_eq!(turned, b.t().dot(&a));
            matmul(b.t(), a.view(), out.view_mut().reversed_axes());
            assert_eq!(out, turned.t());
            let wide = Array2::from_shape_fn((n + 1, 2 * n + 4), |(i, j)| (i * 3 + j * 2) as f64 % 11.0);
            matmul(a.t(), wide.slice(s![.., ..;2]), out.view_mut());
            assert_eq!(out, a.t().dot(&wide.slice(s![.., ..;2])));
        }
    }

    #[test]
    fn products_of_whole_lanes_agree_with_ndarray() {
        for n in [0, 4, 8, 20] {
            let a = Array2::from_shape_fn((n, n), |(i, j)| (i * 7 + j * 3) as f64 % 5.0 - 2.0);
            let b = Array2::from_shape_fn((n, n), |(i, j)| (i + j * 5) as f64 % 7.0 - 3.0);
            let mut out = Array2::from_elem((n, n), f64::NAN);
            multiply_lanes(out.as_slice_mut().unwrap(), a.as_slice().unwrap(), b.as_slice().unwrap(), n);
            assert_eq!(out, a.dot(&b));
        }
    }

    #[test]
    fn narrow_products_agree_with_ndarray() {
        for n in [1, 2, 3, 5] {
            let a = Array2::from_shape_fn((40, 30), |(i, j)| (i * 7 + j * 3) as f64 % 5.0 - 2.0);
            let b = Array2::from_shape_fn((30, n), |(i, j)| (i + j * 5) as f64 % 7.0 - 3.0);
            let mut out = Array2::zeros((40, n));
            matmul(a.view(), b.view(), out.view_mut());
            assert_eq!(out, a.dot(&b));
        }
    }

    #[test]
    fn a_sparse_product_is_that_of_the_full_matrices() {
        for (n, every) in [(3, 1), (9, 2), (14, 5), (21, 40)] {
            let a = Array2::from_shape_fn((n, n + 1), |(i, j)| {
                if (i * 3 + j) % every == 0 { (i + 2 * j) as f64 % 5.0 - 2.0 } else { 0.0 }
            });
            let b = Array2::from_shape_fn((n + 1, 2 * n), |(i, j)| (i + j * 5) as f64 % 7.0 - 3.0);
            let mut out = Array2::from_elem((n, 2 * n), 3.0);
            let expected = &out + &a.dot(&b);
            add_sparse_product(a.view(), b.view(), out.view_mut());
            assert_eq!(out, expected);
        }
    }

    #[test]
    fn a_product_over_nothing_is_zero() {
        let mut out = Array2::ones((2, 3));
        matmul(Array2::zeros((2, 0)).view(), Array2::zeros((0, 3)).view(), out.view_mut());
        assert_eq!(out, Array2::<f64>::zeros((2, 3)));
        matmul(Array2::zeros((2, 4)).view(), Array2::zeros((4, 0)).view(), Array2::zeros((2, 0)).view_mut());
    }

    #[test]
    fn inner_product_of_any_length() {
        for n in 0..11 {
            let x: Vec<f64> = (0..n).map(f64::from).collect();
            assert_eq!(dot(&x, &x), (0..n).map(|i| f64::from(i * i)).sum::<f64>());
        }
    }
}
