//! The moments of a block as one vector: the means, if they are modelled, then the lower triangle of the covariances by columns.

use ndarray::{ArrayView1, ArrayView2};

/// Which moments are stacked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stacking {
    /// Variables, p.
    pub(crate) p: usize,
    /// Whether the means come first.
    pub(crate) means: bool,
}

impl Stacking {
    /// Number of moments k = p (p + 1) / 2, with the means p more.
    pub(crate) fn len(self) -> usize {
        self.first_covariance() + self.p * (self.p + 1) / 2
    }

    /// Where the covariances begin.
    pub(crate) fn first_covariance(self) -> usize {
        if self.means { self.p } else { 0 }
    }

    /// The pairs (row, column) of the lower triangle, by columns.
    pub(crate) fn pairs(self) -> impl Iterator<Item = (usize, usize)> {
        (0..self.p).flat_map(move |column| (column..self.p).map(move |row| (row, column)))
    }

    /// The columns of the lower triangle in the stacked covariances, each from its diagonal element on.
    pub(crate) fn columns(self, covariances: &mut [f64]) -> impl Iterator<Item = (usize, &mut [f64])> {
        let mut rest = covariances;
        (0..self.p).map(move |column| {
            let (own, after) = std::mem::take(&mut rest).split_at_mut(self.p - column);
            rest = after;
            (column, own)
        })
    }

    /// The stacked vector of a mean and a symmetric matrix.
    pub(crate) fn stack(self, mean: Option<ArrayView1<'_, f64>>, cov: ArrayView2<'_, f64>) -> Vec<f64> {
        let mut stacked = Vec::with_capacity(self.len());
        if self.means {
            stacked.extend(mean.expect("stacked means are there"));
        }
        stacked.extend(self.pairs().map(|pair| cov[pair]));
        stacked
    }

    /// For each moment whether it is one among `variables` alone, as are those of exogenous variables that are fixed to the sample's.
    pub(crate) fn among(self, variables: &[usize]) -> Vec<bool> {
        let mut inside = vec![false; self.p];
        for &variable in variables {
            inside[variable] = true;
        }
        let mut among = Vec::with_capacity(self.len());
        if self.means {
            among.extend_from_slice(&inside);
        }
        among.extend(self.pairs().map(|(row, column)| inside[row] && inside[column]));
        among
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn the_order_is_means_then_columns_of_the_lower_triangle() {
        let cov = array![[1.0, 2.0, 3.0], [2.0, 4.0, 5.0], [3.0, 5.0, 6.0]];
        let mean = array![7.0, 8.0, 9.0];
        let stacking = Stacking { p: 3, means: true };
        assert_eq!(stacking.stack(Some(mean.view()), cov.view()), [7.0, 8.0, 9.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
        assert_eq!(stacking.len(), 9);
        assert_eq!(Stacking { p: 3, means: false }.among(&[0, 2]), [true, false, true, false, false, true],);
        assert!(stacking.among(&[1])[1] && !stacking.among(&[1])[0]);
    }
}
