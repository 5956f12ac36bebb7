//! Steps with a factored matrix, corrected by what gradients have told since it was factored.

use super::curvature::Curvature;
use crate::linalg::dot;

/// Least cosine-like share s'y / y'y of a step and its change of the gradient that tells of positive curvature.
const POSITIVE: f64 = 1e-12;

/// Steps for which there is room from the first on.
const USUAL: usize = 4;

/// Steps s and the changes y of the gradient along them since a matrix H was factored. They turn H^-1 into the inverse of the BFGS matrix, which
/// has y as its product with the last s, without forming it.
///
/// Source: Nocedal, J., & Wright, S. J. (2006). Numerical Optimization (2nd ed.), algorithm 7.4 (two-loop recursion).
#[derive(Default)]
pub(super) struct Secants {
    /// s and y one after the other, n numbers each.
    numbers: Vec<f64>,
    /// s'y of each step.
    products: Vec<f64>,
    /// a of the first loop, for each step.
    shares: Vec<f64>,
}

impl Secants {
    /// Forgets all steps: the matrix has been factored anew.
    pub(super) fn clear(&mut self) {
        self.numbers.clear();
        self.products.clear();
    }

    /// Takes in a step between two points and the gradients there; one along which the curvature is not positive is left out.
    pub(super) fn push(&mut self, [from, to]: [&[f64]; 2], [before, after]: [&[f64]; 2]) {
        let first = self.numbers.len();
        if first == 0 {
            self.numbers.reserve(2 * USUAL * to.len());
        }
        self.numbers.extend(to.iter().zip(from).map(|(to, from)| to - from));
        self.numbers.extend(after.iter().zip(before).map(|(after, before)| after - before));
        let (s, y) = self.numbers[first..].split_at(to.len());
        let product = dot(s, y);
        if product > POSITIVE * dot(y, y) {
            self.products.push(product);
        } else {
            self.numbers.truncate(first);
        }
    }

    /// Replaces x by B^-1 x, B being the factored matrix with all corrections.
    pub(super) fn solve(&mut self, curvature: &Curvature, x: &mut [f64]) {
        let Secants { numbers, products, shares } = self;
        let n = x.len();
        let pairs = || numbers.chunks_exact(2 * n.max(1)).map(|pair| pair.split_at(n)).zip(&*products);
        shares.clear();
        for ((s, y), product) in pairs().rev() {
            let share = dot(s, x) / product;
            x.iter_mut().zip(y).for_each(|(x, y)| *x -= share * y);
            shares.push(share);
        }
        curvature.solve(x);
        for (((s, y), product), share) in pairs().zip(shares.iter().rev()) {
            let share = share - dot(y, x) / product;
            x.iter_mut().zip(s).for_each(|(x, s)| *x += share * s);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array1, array};

    /// Along the steps that it knows, the corrected matrix is that of the function: n of them make it exact for a quadratic function whose steps
    /// are conjugate; the last is met in any case.
    #[test]
    fn the_corrected_matrix_meets_the_last_step() {
        let hessian = array![[3.0, 1.0, 0.5], [1.0, 2.0, 0.3], [0.5, 0.3, 1.0]];
        let mut curvature = Curvature::with_order(3);
        assert!(curvature.factor(&array![[2.0, 0.0, 0.0], [0.0, 2.0, 0.1], [0.0, 0.1, 2.0]], 0.0));
        let mut secants = Secants::default();
        let gradient = |point: &[f64]| hessian.dot(&Array1::from(point.to_vec())).to_vec();
        let points = [[0.0, 0.0, 0.0], [1.0, 0.2, -0.3], [0.8, 0.9, 0.4], [0.1, 0.5, 0.6]];
        for pair in points.windows(2) {
            let (before, after) = (gradient(&pair[0]), gradient(&pair[1]));
            secants.push([&pair[0], &pair[1]], [&before, &after]);
            let mut x: Vec<f64> = after.iter().zip(&before).map(|(after, before)| after - before).collect();
            secants.solve(&curvature, &mut x);
            for i in 0..3 {
                assert!((x[i] - (pair[1][i] - pair[0][i])).abs() < 1e-12, "{x:?}");
            }
        }
        // Its inverse is positive definite.
        for i in 0..3 {
            let mut x = vec![0.0; 3];
            x[i] = 1.0;
            secants.solve(&curvature, &mut x);
            assert!(x[i] > 0.0);
        }
    }

    #[test]
    fn a_step_of_negative_curvature_is_left_out() {
        let mut curvature = Curvature::with_order(1);
        assert!(curvature.factor(&array![[4.0]], 0.0));
        let mut secants = Secants::default();
        secants.push([&[0.0], &[1.0]], [&[0.0], &[-1.0]]);
        let mut x = [1.0];
        secants.solve(&curvature, &mut x);
        assert_eq!(x, [0.25]);
    }
}
