//! Residuals of the moments.

use latva_estimation::{BlockResiduals, KindSummary, ResidualMoments, ResidualSummary, RootMeanSquare};
use latva_spec::table::ParTable;
use ndarray::Array2;
use serde::Serialize;

use super::group_label;
use crate::report::finite;

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
    pub(crate) summary: Option<Summary>,
}

/// Root mean squares of the residuals of a block.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Summary {
    pub(crate) rmr: OfParts,
    pub(crate) srmr: OfParts,
    pub(crate) crmr: OfParts,
}

/// One of them over covariances, means and both.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct OfParts {
    pub(crate) cov: MeanSquare,
    pub(crate) mean: Option<MeanSquare>,
    pub(crate) total: Option<MeanSquare>,
}

/// A root mean square with its tests.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct MeanSquare {
    pub(crate) value: Option<f64>,
    pub(crate) se: Option<f64>,
    pub(crate) exact_z: Option<f64>,
    pub(crate) exact_pvalue: Option<f64>,
    pub(crate) unbiased: Option<f64>,
    pub(crate) unbiased_se: Option<f64>,
    pub(crate) ci_lower: Option<f64>,
    pub(crate) ci_upper: Option<f64>,
    pub(crate) close_z: Option<f64>,
    pub(crate) close_pvalue: Option<f64>,
}

impl MeanSquare {
    fn new(of: &RootMeanSquare) -> Self {
        let value = finite(Some(of.value));
        let Some(inference) = of.inference else { return MeanSquare { value, ..MeanSquare::default() } };
        MeanSquare {
            value,
            se: finite(Some(inference.se)),
            exact_z: finite(Some(inference.exact_z)),
            exact_pvalue: finite(Some(inference.exact_pvalue)),
            unbiased: finite(Some(inference.unbiased)),
            unbiased_se: finite(Some(inference.unbiased_se)),
            ci_lower: finite(Some(inference.ci_lower)),
            ci_upper: finite(Some(inference.ci_upper)),
            close_z: finite(Some(inference.close_z)),
            close_pvalue: finite(Some(inference.close_pvalue)),
        }
    }
}

impl OfParts {
    fn new(of: &KindSummary) -> Self {
        OfParts {
            cov: MeanSquare::new(&of.cov),
            mean: of.mean.as_ref().map(MeanSquare::new),
            total: of.total.as_ref().map(MeanSquare::new),
        }
    }

    /// The parts with their names.
    pub(crate) fn parts(&self) -> impl Iterator<Item = (&'static str, &MeanSquare)> {
        [("cov", Some(&self.cov)), ("mean", self.mean.as_ref()), ("total", self.total.as_ref())]
            .into_iter()
            .filter_map(|(name, part)| Some((name, part?)))
    }
}

impl Summary {
    fn new(of: &ResidualSummary) -> Self {
        Summary { rmr: OfParts::new(&of.rmr), srmr: OfParts::new(&of.srmr), crmr: OfParts::new(&of.crmr) }
    }

    /// The kinds with their names.
    pub(crate) fn kinds(&self) -> [(&'static str, &OfParts); 3] {
        [("rmr", &self.rmr), ("srmr", &self.srmr), ("crmr", &self.crmr)]
    }
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
                summary: block.summary.as_ref().map(Summary::new),
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
