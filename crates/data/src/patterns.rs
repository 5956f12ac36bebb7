//! Rows sorted by which variables they miss.

use crate::moments::{complete_rows, weighted};
use ndarray::{Array1, Array2, ArrayView2, Axis};
use std::collections::BTreeMap;

/// The rows that have values in the same variables.
#[derive(Debug, Clone, PartialEq)]
pub struct Pattern {
    /// The variables with values, ascending.
    pub observed: Vec<usize>,
    /// The rows, ascending.
    pub rows: Vec<usize>,
    /// The sum of their weights; without weights their number.
    pub weight: f64,
    /// Means of the observed variables, in the order of `observed`, by the weights.
    pub mean: Array1<f64>,
    /// Covariances of the observed variables with divisor `weight`.
    pub cov: Array2<f64>,
}

impl Pattern {
    /// Number of rows.
    #[must_use]
    pub fn n(&self) -> usize {
        self.rows.len()
    }
}

/// All missing-data patterns of a set of rows.
///
/// The order is that of the number of rows, larger first, and of the first row among equals: it depends on the data alone.
#[derive(Debug, Clone, PartialEq)]
pub struct Patterns {
    /// The patterns. Rows without any value belong to none.
    pub patterns: Vec<Pattern>,
    /// Number of variables.
    pub n_vars: usize,
}

impl Patterns {
    /// Sorts rows (n x p, NaN where missing) into patterns. `weights` are those of the rows, if they do not count alike.
    #[must_use]
    pub fn of(rows: ArrayView2<f64>, weights: Option<&[f64]>) -> Self {
        let words = rows.ncols().div_ceil(64);
        let mut by_mask: BTreeMap<Vec<u64>, Vec<usize>> = BTreeMap::new();
        let mut mask = vec![0; words];
        for (at, row) in rows.outer_iter().enumerate() {
            mask.fill(0);
            for (variable, value) in row.iter().enumerate() {
                mask[variable / 64] |= u64::from(!value.is_nan()) << (variable % 64);
            }
            match by_mask.get_mut(&mask) {
                Some(rows) => rows.push(at),
                None => {
                    by_mask.insert(mask.clone(), vec![at]);
                }
            }
        }
        let mut groups: Vec<(Vec<u64>, Vec<usize>)> =
            by_mask.into_iter().filter(|(mask, _)| mask.iter().any(|&word| word != 0)).collect();
        groups.sort_by_key(|(_, rows)| (std::cmp::Reverse(rows.len()), rows[0]));
        let patterns = groups
            .into_iter()
            .map(|(mask, members)| {
                let observed: Vec<usize> =
                    (0..rows.ncols()).filter(|&variable| mask[variable / 64] >> (variable % 64) & 1 == 1).collect();
                let values = rows.select(Axis(0), &members).select(Axis(1), &observed);
                let own: Option<Vec<f64>> =
                    weights.map(|weights| members.iter().map(|&member| weights[member]).collect());
                let (weight, (mean, cov)) = match &own {
                    Some(own) => (own.iter().sum(), weighted(values.view(), own)),
                    None => (members.len() as f64, complete_rows(values.view())),
                };
                Pattern { observed, rows: members, weight, mean, cov }
            })
            .collect();
        Self { patterns, n_vars: rows.ncols() }
    }

    /// Number of rows that belong to a pattern.
    #[must_use]
    pub fn n(&self) -> usize {
        self.patterns.iter().map(Pattern::n).sum()
    }

    /// The share of rows that have both variables, p x p.
    #[must_use]
    pub fn coverage(&self) -> Array2<f64> {
        let mut counts = Array2::zeros((self.n_vars, self.n_vars));
        for pattern in &self.patterns {
            for &j in &pattern.observed {
                for &k in &pattern.observed {
                    counts[[j, k]] += pattern.n() as f64;
                }
            }
        }
        counts / (self.n().max(1)) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;
    use proptest::prelude::*;

    #[test]
    fn order_and_moments() {
        let nan = f64::NAN;
        let rows = array![[1.0, nan], [nan, nan], [2.0, 3.0], [4.0, 7.0], [nan, 2.0]];
        let found = Patterns::of(rows.view(), None);
        let members: Vec<_> = found.patterns.iter().map(|pattern| (&pattern.observed[..], &pattern.rows[..])).collect();
        assert_eq!(members, [(&[0, 1][..], &[2, 3][..]), (&[0][..], &[0][..]), (&[1][..], &[4][..])]);
        assert_eq!(found.patterns[0].mean, array![3.0, 5.0]);
        assert_eq!(found.patterns[0].cov, array![[1.0, 2.0], [2.0, 4.0]]);
        assert_eq!(found.n(), 4);
        assert_eq!(found.coverage(), array![[0.75, 0.5], [0.5, 0.75]]);
    }

    proptest! {
        /// Every row with a value is in exactly one pattern, whose variables are exactly those that it has.
        #[test]
        fn patterns_partition_the_rows(cells in prop::collection::vec(prop::option::of(-5.0..5.0_f64), 0..300), p in 1_usize..70) {
            let n = cells.len() / p;
            let rows = Array2::from_shape_fn((n, p), |(i, j)| cells[i * p + j].unwrap_or(f64::NAN));
            let found = Patterns::of(rows.view(), None);
            let mut seen = vec![0; n];
            for pattern in &found.patterns {
                for &row in &pattern.rows {
                    seen[row] += 1;
                    let has: Vec<usize> = (0..p).filter(|&j| !rows[[row, j]].is_nan()).collect();
                    prop_assert_eq!(&has, &pattern.observed);
                }
                prop_assert!(pattern.mean.iter().chain(pattern.cov.iter()).all(|x| x.is_finite()));
            }
            for row in 0..n {
                let any = (0..p).any(|j| !rows[[row, j]].is_nan());
                prop_assert_eq!(seen[row], usize::from(any));
            }
        }
    }
}
