//! Interval inverse of a correlation matrix.

use crate::interval::Interval;
use latva_math::linalg::Cholesky;
use ndarray::Array2;

/// Iterations of the error bound, and the change below which it has settled.
const MAX_ITERATIONS: usize = 500;
const SETTLED: f64 = 1e-13;

/// An enclosure of the inverses of all symmetric matrices within `[centre - radius, centre + radius]`.
///
/// With C the inverse of the centre and M = |C| radius, every solution x of A x = b has
/// |x - C b| <= M |C b| + M^2 |C b| + ... = u, the least solution of u = M (|C b| + u), as long as the spectral radius of M is
/// below 1. Column j of the inverse is the solution for b = e_j. `None` where the centre is not positive definite or the
/// series does not settle: then the box holds singular matrices or comes too near to one.
///
/// Source: Rohn, J. (1993). Cheap and tight bounds: the recent result by E. Hansen can be made more efficient.
/// Interval Computations 4, 13-21.
pub fn inverse(centre: &Array2<f64>, radius: &Array2<f64>) -> Option<Vec<Vec<Interval>>> {
    let order = centre.nrows();
    let inverse = Cholesky::of(centre.view()).ok()?.inverse();
    let mut spread = Array2::<f64>::zeros((order, order));
    for i in 0..order {
        for j in 0..order {
            spread[[i, j]] = (0..order).map(|k| inverse[[i, k]].abs() * radius[[k, j]]).sum();
        }
    }
    let mut columns = Vec::with_capacity(order);
    for j in 0..order {
        let size: Vec<f64> = (0..order).map(|i| inverse[[i, j]].abs()).collect();
        let bound = settle(&spread, &size)?;
        columns.push((0..order).map(|i| Interval::point(inverse[[i, j]]).widened(bound[i])).collect());
    }
    Some(columns)
}

/// The least u with u >= M (size + u).
fn settle(spread: &Array2<f64>, size: &[f64]) -> Option<Vec<f64>> {
    let order = size.len();
    let step = |u: &[f64]| -> Vec<f64> {
        (0..order).map(|i| (0..order).map(|k| spread[[i, k]] * (size[k] + u[k])).sum()).collect()
    };
    let mut u = vec![0.0; order];
    for _ in 0..MAX_ITERATIONS {
        let next = step(&u);
        if next.iter().any(|x| !x.is_finite() || *x > 1e6) {
            return None;
        }
        let change = next.iter().zip(&u).fold(0.0_f64, |most, (a, b)| most.max((a - b).abs()));
        u = next;
        if change < SETTLED {
            // A little more than the limit is an upper bound: a point that the step does not enlarge.
            let wide: Vec<f64> = u.iter().map(|x| x * (1.0 + 1e-9) + 1e-11).collect();
            return step(&wide).iter().zip(&wide).all(|(next, wide)| next <= wide).then_some(wide);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_matrix_of_the_box_has_its_inverse_inside(
            entries in prop::collection::vec(-0.4..0.4_f64, 6),
            at in prop::collection::vec(-1.0..1.0_f64, 6),
        ) {
            let radius = 0.005;
            let mut centre = Array2::<f64>::eye(4);
            let mut inside = Array2::<f64>::eye(4);
            let mut radii = Array2::<f64>::zeros((4, 4));
            let mut next = 0;
            for i in 0..4 {
                for j in 0..i {
                    for (a, b) in [(i, j), (j, i)] {
                        centre[[a, b]] = entries[next];
                        inside[[a, b]] = entries[next] + radius * at[next];
                        radii[[a, b]] = radius;
                    }
                    next += 1;
                }
            }
            if let (Some(enclosure), Ok(mut exact)) = (inverse(&centre, &radii), Cholesky::of(inside.view())) {
                let exact = exact.inverse();
                for i in 0..4 {
                    for j in 0..4 {
                        prop_assert!(enclosure[j][i].widened(1e-9).contains(exact[[i, j]]));
                    }
                }
            }
        }
    }

    #[test]
    fn a_box_with_a_singular_matrix_has_no_inverse() {
        let mut centre = Array2::<f64>::eye(2);
        centre[[0, 1]] = 0.998;
        centre[[1, 0]] = 0.998;
        let mut radius = Array2::<f64>::zeros((2, 2));
        radius[[0, 1]] = 0.005;
        radius[[1, 0]] = 0.005;
        assert!(inverse(&centre, &radius).is_none());
    }
}
