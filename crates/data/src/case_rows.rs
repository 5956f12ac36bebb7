//! The cases of a sample, put together when somebody looks at them: most estimates need nothing but moments.

use crate::table::NumericColumn;
use ndarray::{Array2, ShapeBuilder};
use std::ops::Deref;
use std::sync::{Arc, OnceLock};

/// Cases, n x p, NaN where missing; used as the matrix of them.
#[derive(Debug, Clone)]
pub struct CaseRows {
    /// Columns without gaps of which all rows are cases; none where the matrix was there at once.
    columns: Arc<[Arc<NumericColumn>]>,
    matrix: OnceLock<Array2<f64>>,
}

impl CaseRows {
    /// All rows of columns without gaps.
    pub(crate) fn whole(columns: &Arc<[Arc<NumericColumn>]>) -> Self {
        CaseRows { columns: Arc::clone(columns), matrix: OnceLock::new() }
    }

    /// The values of each variable; a matrix must have them one variable after the other.
    pub(crate) fn variables(&self) -> Vec<&[f64]> {
        if self.columns.is_empty() {
            let columns = self.matrix().columns().into_iter();
            columns.map(|column| column.to_slice().expect("one variable after the other")).collect()
        } else {
            self.columns.iter().map(|column| column.values_or_zero()).collect()
        }
    }

    fn matrix(&self) -> &Array2<f64> {
        self.matrix.get_or_init(|| {
            let rows = self.columns.first().map_or(0, |column| column.values_or_zero().len());
            let values = self.columns.iter().flat_map(|column| column.values_or_zero()).copied().collect();
            Array2::from_shape_vec((rows, self.columns.len()).f(), values).expect("each column gives one value per row")
        })
    }
}

impl From<Array2<f64>> for CaseRows {
    fn from(matrix: Array2<f64>) -> Self {
        CaseRows { columns: Arc::default(), matrix: OnceLock::from(matrix) }
    }
}

impl Deref for CaseRows {
    type Target = Array2<f64>;

    fn deref(&self) -> &Array2<f64> {
        self.matrix()
    }
}
