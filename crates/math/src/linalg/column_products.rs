//! The products of the columns of a matrix with each other.

use ndarray::Array2;
use pulp::{Arch, Simd, WithSimd};

/// Columns that are multiplied with as many others in one go: so many sums have room in the registers of a processor, and no addition waits for
/// another.
const PANEL: usize = 3;

/// Columns are filled up with zeros to a multiple of so many numbers, whole vectors of any instruction set.
pub const COLUMN_MULTIPLE: usize = 8;

/// Adds X'X to the upper triangle of `products` (p x p), for the columns of X (n x p) one after the other, n a multiple of [`COLUMN_MULTIPLE`].
///
/// The general product of matrices computes both triangles, and copies its factors before it begins.
pub fn add_column_products(columns: &[f64], products: &mut Array2<f64>) {
    let p = products.nrows();
    assert!(products.is_square() && columns.len().is_multiple_of(p.max(1) * COLUMN_MULTIPLE), "p whole columns");
    if !columns.is_empty() {
        Arch::new().dispatch(ColumnProducts { columns, length: columns.len() / p, products });
    }
}

struct ColumnProducts<'a> {
    columns: &'a [f64],
    length: usize,
    products: &'a mut Array2<f64>,
}

impl WithSimd for ColumnProducts<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        let p = self.products.nrows();
        let whole = p / PANEL * PANEL;
        for a in (0..whole).step_by(PANEL) {
            for b in (0..=a).step_by(PANEL) {
                self.add_panel::<S, PANEL, PANEL>(simd, a, b);
            }
        }
        // The columns that are left over, each with as many others as give so many sums again.
        for a in whole..p {
            for b in (0..=a).step_by(PANEL * PANEL) {
                self.add_panel::<S, 1, { PANEL * PANEL }>(simd, a, b);
            }
        }
    }
}

impl ColumnProducts<'_> {
    /// The vectors of `WIDTH` columns from `first` on; in the place of a column beyond the last one stands the last one.
    #[inline(always)]
    fn panel<S: Simd, const WIDTH: usize>(&self, first: usize) -> [&[S::f64s]; WIDTH] {
        let (columns, length, last) = (self.columns, self.length, self.products.nrows() - 1);
        std::array::from_fn(|at| S::as_simd_f64s(&columns[(first + at).min(last) * length..][..length]).0)
    }

    /// Adds the products of `LEFT` columns from a on with `RIGHT` from b on.
    #[inline(always)]
    fn add_panel<S: Simd, const LEFT: usize, const RIGHT: usize>(&mut self, simd: S, a: usize, b: usize) {
        let (left, right) = (self.panel::<S, LEFT>(a), self.panel::<S, RIGHT>(b));
        let vectors = left[0].len();
        let (left, right) = (left.map(|column| &column[..vectors]), right.map(|column| &column[..vectors]));
        let mut sums = [[simd.splat_f64s(0.0); RIGHT]; LEFT];
        for at in 0..vectors {
            for (sums, left) in sums.iter_mut().zip(left) {
                for (sum, right) in sums.iter_mut().zip(right) {
                    *sum = simd.mul_add_e_f64s(left[at], right[at], *sum);
                }
            }
        }
        for (i, sums) in (a..).zip(sums) {
            for (j, sum) in (b..=i).zip(sums) {
                self.products[[j, i]] += simd.reduce_sum_f64s(sum);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_upper_triangle_of_the_product() {
        for (n, p) in [(8, 1), (16, 3), (40, 7), (8, 14)] {
            let columns: Vec<f64> = (0..n * p).map(|at| ((at * 37) % 23) as f64 - 11.0).collect();
            let mut products = Array2::ones((p, p));
            add_column_products(&columns, &mut products);
            for i in 0..p {
                for j in 0..p {
                    let product: f64 = (0..n).map(|k| columns[i * n + k] * columns[j * n + k]).sum();
                    assert_eq!(products[[i, j]], if i <= j { 1.0 + product } else { 1.0 }, "{i}, {j} of {n} x {p}");
                }
            }
        }
        add_column_products(&[], &mut Array2::zeros((0, 0)));
        add_column_products(&[], &mut Array2::zeros((2, 2)));
    }
}
