//! Inverses of which at first the diagonal is made alone.

use std::sync::OnceLock;

use ndarray::Array2;

use super::aligned::Aligned;
use super::{Cholesky, NotPositiveDefinite, numbers_mut, quadratic_form, tile, vectorized};

/// A positive number times A^-1 for a symmetric positive definite A (n x n). Of an inverse that takes long to make the diagonal is there at
/// once, at two thirds of the cost, and the rest when it is asked for.
#[derive(Debug, Clone)]
pub struct Inverse {
    diagonal: Vec<f64>,
    root: Option<Root>,
    whole: OnceLock<Array2<f64>>,
}

/// M with M'M = A^-1: lower triangular, n rows of `stride` numbers.
#[derive(Debug, Clone)]
struct Root {
    stride: usize,
    numbers: Aligned,
    /// Room for A^-1, n x n.
    room: Array2<f64>,
}

impl Root {
    /// M'M, n x n.
    fn square(mut self) -> Array2<f64> {
        tile::square(self.room.nrows(), self.stride, &mut self.numbers, numbers_mut(&mut self.room));
        self.room
    }
}

impl Inverse {
    /// `factor`, which is positive, times A^-1; of A the upper triangle is read.
    ///
    /// # Errors
    /// [`NotPositiveDefinite`] with the pivot at which it fails.
    pub fn of(mut a: Array2<f64>, factor: f64) -> Result<Self, NotPositiveDefinite> {
        let n = a.nrows();
        let Some((numbers, stride)) = Cholesky::with_order(n).invert_or_root(&mut a, factor)? else {
            return Ok(Inverse { diagonal: a.diag().to_vec(), root: None, whole: OnceLock::from(a) });
        };
        let mut diagonal = vec![0.0; stride];
        // Behind its diagonal a root has zeros.
        vectorized(
            #[inline(always)]
            || {
                for row in numbers.chunks_exact(stride) {
                    diagonal.iter_mut().zip(row).for_each(|(sum, value)| *sum += value * value);
                }
            },
        );
        diagonal.truncate(n);
        Ok(Inverse { diagonal, root: Some(Root { stride, numbers, room: a }), whole: OnceLock::new() })
    }

    /// Its diagonal, n.
    pub fn diagonal(&self) -> &[f64] {
        &self.diagonal
    }

    /// All of it, n x n.
    pub fn whole(&self) -> &Array2<f64> {
        self.whole.get_or_init(|| self.clone().into_whole())
    }

    /// All of it, for somebody who keeps it.
    pub fn into_whole(self) -> Array2<f64> {
        let made = self.whole.into_inner();
        made.or_else(|| self.root.map(Root::square)).expect("what has no root has been made")
    }

    /// g' A^-1 g, times the factor, for a g whose elements are zero but for some, each with its place.
    pub fn form(&self, g: &[(usize, f64)]) -> f64 {
        if let Some(Root { stride, numbers, .. }) = &self.root {
            let along = |row: &[f64]| g.iter().map(|&(place, value)| value * row[place]).sum::<f64>();
            return numbers.chunks_exact(*stride).map(along).map(|sum| sum * sum).sum();
        }
        quadratic_form(g, self.whole())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    /// G G' + n I.
    fn positive_definite(n: usize) -> Array2<f64> {
        let g =
            Array2::from_shape_fn((n, n), |(i, j)| ((((i * n + j) * 37 + (i * n + j) / 7) % 23) as f64) / 11.0 - 1.0);
        g.dot(&g.t()) + Array2::<f64>::eye(n) * n as f64
    }

    /// Of every kernel, and of two parts.
    fn matrices() -> Vec<Array2<f64>> {
        let mut all: Vec<Array2<f64>> = [0, 1, 3, 4, 8, 24, 25, 28, 50, 71, 193].map(positive_definite).into();
        let mut parts = Array2::zeros((60, 60));
        parts.slice_mut(ndarray::s![..20, ..20]).assign(&positive_definite(20));
        parts.slice_mut(ndarray::s![20.., 20..]).assign(&positive_definite(40));
        all.push(parts);
        all
    }

    #[test]
    fn products_with_the_matrix_are_multiples_of_the_unit_matrix() {
        for a in matrices() {
            let n = a.nrows();
            for factor in [1.0, 0.3] {
                let inverse = Inverse::of(a.clone(), factor).unwrap();
                let unit = inverse.whole().dot(&a);
                let mut errors = unit.indexed_iter().map(|((i, j), value)| value - if i == j { factor } else { 0.0 });
                assert!(errors.all(|error| error.abs() < 1e-10), "{n}");
                let scale = inverse.diagonal().iter().copied().fold(1e-300, f64::max);
                assert!(
                    inverse.diagonal().iter().zip(inverse.whole().diag()).all(|(a, b)| (a - b).abs() < 1e-14 * scale)
                );
                if n > 3 {
                    let g = [(n - 1, 0.5), (0, -2.0), (2, 1.0)];
                    let by_whole: f64 = g
                        .iter()
                        .flat_map(|&(i, a)| g.iter().map(move |&(j, b)| (i, j, a * b)))
                        .map(|(i, j, product)| product * inverse.whole()[[i, j]])
                        .sum();
                    assert!((inverse.form(&g) - by_whole).abs() < 1e-13 * scale, "{n}");
                }
                let fresh = Inverse::of(a.clone(), factor).unwrap();
                assert_eq!(fresh.into_whole(), inverse.into_whole());
            }
        }
    }

    #[test]
    fn what_stands_below_the_diagonal_is_not_read() {
        for a in matrices() {
            let mut upper = a.clone();
            upper.indexed_iter_mut().filter(|((i, j), _)| j < i).for_each(|(_, value)| *value = f64::NAN);
            assert_eq!(Inverse::of(upper, 2.0).unwrap().into_whole(), Inverse::of(a, 2.0).unwrap().into_whole());
        }
    }

    #[test]
    fn an_indefinite_matrix_is_told() {
        let failure = Inverse::of(array![[1.0, 2.0], [2.0, 1.0]], 1.0).map(Inverse::into_whole);
        assert_eq!(failure, Err(NotPositiveDefinite { pivot: 1 }));
    }

    /// The units of the rows change neither whether a matrix has an inverse nor its digits.
    #[test]
    fn units_make_no_difference() {
        for n in [5, 20, 50] {
            let a = positive_definite(n);
            let unit = |i: usize| 10.0_f64.powi(i as i32 % 9 - 4);
            let scaled = Array2::from_shape_fn((n, n), |(i, j)| a[[i, j]] * unit(i) * unit(j));
            let inverse = Inverse::of(a, 1.0).unwrap().into_whole();
            let scaled = Inverse::of(scaled, 1.0).unwrap().into_whole();
            for ((i, j), value) in scaled.indexed_iter() {
                assert!((value * unit(i) * unit(j) - inverse[[i, j]]).abs() < 1e-13 * inverse[[i, i]], "{n}");
            }
        }
    }
}
