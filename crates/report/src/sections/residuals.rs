//! Residuals of the moments.

use latva_estimation::{BlockResiduals, ResidualMoments};
use latva_spec::table::ParTable;
use ndarray::Array2;
use serde::Serialize;

use super::group_label;

/// The residuals of all blocks.
#[derive(Debug, Clone, Serialize)]
pub struct Residuals {
    #[serde(rename = "residuals")]
    pub(crate) blocks: Vec<Block>,
}

/// The residuals of one block.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Block {
    pub(crate) group: usize,
    #[serde(skip)]
    pub(crate) group_label: Option<String>,
    pub(crate) variables: Vec<String>,
    pub(crate) raw: Kind,
    pub(crate) cor_bollen: Kind,
    pub(crate) cor_bentler: Kind,
    pub(crate) normalized: Option<Kind>,
    pub(crate) standardized: Option<Kind>,
}

/// One kind of residual: covariances row by row, means.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Kind {
    pub(crate) cov: Vec<Vec<Option<f64>>>,
    pub(crate) mean: Option<Vec<Option<f64>>>,
}

impl Kind {
    fn new(moments: &ResidualMoments) -> Self {
        let rows = |cov: &Array2<Option<f64>>| cov.rows().into_iter().map(|row| row.to_vec()).collect();
        Kind { cov: rows(&moments.cov), mean: moments.mean.as_ref().map(|mean| mean.to_vec()) }
    }
}

impl Residuals {
    /// The section of these residuals.
    pub fn new(table: &ParTable, residuals: &[BlockResiduals]) -> Self {
        let blocks = residuals
            .iter()
            .map(|block| Block {
                group: block.group,
                group_label: group_label(table, block.group).map(str::to_owned),
                variables: block.variables.clone(),
                raw: Kind::new(&block.raw),
                cor_bollen: Kind::new(&block.cor_bollen),
                cor_bentler: Kind::new(&block.cor_bentler),
                normalized: block.normalized.as_ref().map(Kind::new),
                standardized: block.standardized.as_ref().map(Kind::new),
            })
            .collect();
        Residuals { blocks }
    }
}

impl Block {
    /// The kinds with their names, in printing order.
    pub(crate) fn kinds(&self) -> impl Iterator<Item = (&'static str, &Kind)> {
        [
            ("raw", Some(&self.raw)),
            ("cor_bollen", Some(&self.cor_bollen)),
            ("cor_bentler", Some(&self.cor_bentler)),
            ("normalized", self.normalized.as_ref()),
            ("standardized", self.standardized.as_ref()),
        ]
        .into_iter()
        .filter_map(|(name, kind)| Some((name, kind?)))
    }
}
