//! Systems of linear equations by elimination: rank, a basis of the solutions, contradictions.

use ndarray::Array2;

/// A coefficient below this share of its row's largest one counts as zero.
const TOLERANCE: f64 = 1e-10;

/// The equations contradict each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("equation {equation} contradicts the ones before it")]
pub struct Inconsistent {
    /// The first equation (from 0) that cannot hold together with those before it.
    pub equation: usize,
}

/// The solutions x = K z + c of A x = b.
#[derive(Debug, Clone, PartialEq)]
pub struct Elimination {
    /// K, q x (q - rank): a basis of the null space of A, with unit rows at the unknowns that stay free.
    pub basis: Array2<f64>,
    /// c, q: the solution with z = 0.
    pub offset: Vec<f64>,
    /// For each column of K the unknown that it is.
    pub free: Vec<usize>,
    /// Rank of A.
    pub rank: usize,
    /// Equations (from 0) that follow from those before them.
    pub redundant: Vec<usize>,
}

/// Solves A x = b (k equations, q unknowns) by Gauss-Jordan elimination, one equation after the other, pivoting on the
/// largest coefficient; among equal ones on the last unknown, so that of two equal parameters the first stays free.
///
/// # Errors
/// [`Inconsistent`] when there is no solution.
pub fn eliminate(a: &Array2<f64>, b: &[f64]) -> Result<Elimination, Inconsistent> {
    let (k, q) = a.dim();
    let mut reduced: Vec<(usize, Vec<f64>, f64)> = Vec::new();
    let mut redundant = Vec::new();
    for equation in 0..k {
        let mut row = a.row(equation).to_vec();
        let mut right = b[equation];
        let scale = row.iter().fold(0.0_f64, |largest, value| largest.max(value.abs()));
        let size = scale.max(right.abs());
        for (pivot, other, other_right) in &reduced {
            let factor = row[*pivot];
            if factor != 0.0 {
                row.iter_mut().zip(other).for_each(|(value, o)| *value -= factor * o);
                row[*pivot] = 0.0;
                right -= factor * other_right;
            }
        }
        let mut pivot = 0;
        for (index, value) in row.iter().enumerate() {
            if value.abs() >= row[pivot].abs() * (1.0 - TOLERANCE) && *value != 0.0 {
                pivot = index;
            }
        }
        if q == 0 || row[pivot].abs() <= TOLERANCE * scale || scale == 0.0 {
            if right.abs() > TOLERANCE * size.max(1.0) {
                return Err(Inconsistent { equation });
            }
            redundant.push(equation);
            continue;
        }
        let divisor = row[pivot];
        row.iter_mut().for_each(|value| *value /= divisor);
        right /= divisor;
        for (_, other, other_right) in &mut reduced {
            let factor = other[pivot];
            if factor != 0.0 {
                other.iter_mut().zip(&row).for_each(|(value, r)| *value -= factor * r);
                other[pivot] = 0.0;
                *other_right -= factor * right;
            }
        }
        reduced.push((pivot, row, right));
    }
    let mut dependent = vec![false; q];
    for (pivot, _, _) in &reduced {
        dependent[*pivot] = true;
    }
    let free: Vec<usize> = (0..q).filter(|&index| !dependent[index]).collect();
    let mut basis = Array2::zeros((q, free.len()));
    let mut offset = vec![0.0; q];
    for (column, &index) in free.iter().enumerate() {
        basis[[index, column]] = 1.0;
    }
    for (pivot, row, right) in &reduced {
        offset[*pivot] = *right;
        for (column, &index) in free.iter().enumerate() {
            basis[[*pivot, column]] = -row[index];
        }
    }
    Ok(Elimination { basis, offset, free, rank: reduced.len(), redundant })
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;
    use proptest::prelude::*;

    #[test]
    fn of_two_equal_unknowns_the_first_stays_free() {
        let result = eliminate(&array![[1.0, 0.0, -1.0]], &[0.0]).unwrap();
        assert_eq!(result.free, [0, 1]);
        assert_eq!(result.basis, array![[1.0, 0.0], [0.0, 1.0], [1.0, 0.0]]);
    }

    #[test]
    fn redundant_and_contradictory_equations_are_told() {
        let a = array![[1.0, -1.0, 0.0], [0.0, 1.0, -1.0], [1.0, 0.0, -1.0]];
        let result = eliminate(&a, &[0.0, 1.0, 1.0]).unwrap();
        assert_eq!((result.rank, result.redundant), (2, vec![2]));
        assert_eq!(eliminate(&a, &[0.0, 1.0, 2.0]), Err(Inconsistent { equation: 2 }));
    }

    proptest! {
        #[test]
        fn every_solution_satisfies_the_equations(
            k in 1_usize..4, q in 4_usize..8,
            values in prop::collection::vec(-3_i8..4, 32), z in prop::collection::vec(-2.0_f64..2.0, 8),
        ) {
            let a = Array2::from_shape_fn((k, q), |(i, j)| f64::from(values[i * 8 + j]));
            let x0: Vec<f64> = (0..q).map(|j| j as f64 - 1.5).collect();
            let b: Vec<f64> = (0..k).map(|i| (0..q).map(|j| a[[i, j]] * x0[j]).sum()).collect();
            let result = eliminate(&a, &b).unwrap();
            prop_assert_eq!(result.rank + result.redundant.len(), k);
            for i in 0..k {
                let left: f64 = (0..q).map(|j| {
                    let x = result.offset[j] + (0..result.free.len()).map(|c| result.basis[[j, c]] * z[c]).sum::<f64>();
                    a[[i, j]] * x
                }).sum();
                prop_assert!((left - b[i]).abs() < 1e-8);
            }
        }
    }
}
