//! The observed side: the sample's moments in the order of each block's variables, on the scale of the convention.

use std::sync::{Arc, OnceLock};

use compact_str::CompactString;
use latva_data::{GroupSample, Sample};
use latva_math::linalg::{Cholesky, NotPositiveDefinite};
use latva_spec::table::{Op, ParTable, Row};
use ndarray::{Array1, Array2, Axis};

use crate::asymptotic::{NoWeight, variables_of, weight};
use crate::error::EstimationError;
use crate::incomplete::{Completion, IncompleteRows, Saturated, saturated};
use crate::moment_weight::MomentWeight;
use crate::plan::{Estimator, Missing, Plan};
use crate::scaling::SampleScaling;
use crate::stacked::Stacking;

/// Sample moments of one block.
#[derive(Debug, Clone)]
pub(crate) struct Observed {
    /// N: cases, or the sum of their sampling weights.
    pub(crate) n_obs: f64,
    /// S, p x p, with the divisor of the convention.
    pub(crate) cov: Array2<f64>,
    /// m, p; `None` when the sample has none.
    pub(crate) mean: Option<Array1<f64>>,
    /// Positions of the exogenous observed variables.
    pub(crate) exogenous: Vec<usize>,
    /// The rows, where missing values are treated by the likelihood of what is there; S and m are then the moments of the
    /// unrestricted model.
    pub(crate) incomplete: Option<Incomplete>,
    /// Weight of the moments; `None` unless the estimator is WLS or DWLS.
    pub(crate) weight: Option<Arc<MomentWeight>>,
    /// log|S|, once it has been asked for.
    pub(crate) log_det: LogDet,
}

/// A determinant that F, the baseline model and the likelihood ask for in turn.
pub(crate) type LogDet = OnceLock<Result<f64, NotPositiveDefinite>>;

/// Rows with missing values and how the unrestricted model fits them.
#[derive(Debug, Clone)]
pub(crate) struct Incomplete {
    /// The rows by patterns, variables in the order of the block.
    pub(crate) rows: Arc<IncompleteRows>,
    /// Deviance of one case under the unrestricted model; `None` where its likelihood has no maximum.
    pub(crate) deviance: Option<f64>,
}

impl Observed {
    /// The moments of all blocks.
    ///
    /// # Errors
    /// [`EstimationError::Groups`], [`EstimationError::UnknownVariable`], [`EstimationError::NoMeans`].
    pub(crate) fn of_blocks(
        table: &ParTable,
        sample: &Sample,
        scaling: &SampleScaling,
        plan: &Plan,
    ) -> Result<Vec<Observed>, EstimationError> {
        if table.blocks.iter().any(|block| block.level > 1) {
            let span = table.rows.iter().find(|row| row.level > 1).and_then(|row| row.span);
            return Err(EstimationError::Unsupported { what: "a two-level model", span });
        }
        if table.blocks.len() != sample.groups.len() {
            return Err(EstimationError::Groups { model: table.blocks.len(), data: sample.groups.len() });
        }
        let mut observed = table
            .blocks
            .iter()
            .zip(&sample.groups)
            .zip(&scaling.moment_factors)
            .map(|((block, group), factor)| {
                let mut positions = Vec::with_capacity(block.observed.len());
                for (at, name) in block.observed.iter().enumerate() {
                    // A sample that was taken for this table has the variables in its order.
                    let in_order = (sample.names.get(at) == Some(name)).then_some(at);
                    let position = in_order.or_else(|| sample.names.iter().position(|other| other == name));
                    positions.push(position.ok_or_else(|| {
                        let row = table.rows.iter().find(|row| row.lhs == *name || row.rhs == *name);
                        EstimationError::UnknownVariable { name: name.to_string(), span: row.and_then(|row| row.span) }
                    })?);
                }
                if plan.missing != Missing::Listwise && group.rows.is_none() {
                    return Err(EstimationError::NeedsCases { what: "a treatment of missing values" });
                }
                if table.meanstructure && group.mean.is_none() {
                    return Err(EstimationError::NoMeans);
                }
                let exogenous = block
                    .exogenous
                    .iter()
                    .filter_map(|name| block.observed.iter().position(|other| other == name))
                    .collect();
                if plan.missing.uses_patterns() {
                    return Observed::of_incomplete(group, &positions, exogenous, plan);
                }
                let in_order = positions.len() == sample.names.len() && positions.is_sorted();
                // Given moments may be laid out by columns.
                let mut cov = if in_order && group.cov.is_standard_layout() {
                    group.cov.clone()
                } else {
                    Array2::from_shape_fn((positions.len(), positions.len()), |(i, j)| {
                        group.cov[[positions[i], positions[j]]]
                    })
                };
                if *factor != 1.0 {
                    cov *= *factor;
                }
                Ok(Observed {
                    n_obs: group.size(),
                    cov,
                    mean: group.mean.as_ref().map(|mean| Array1::from_iter(positions.iter().map(|&i| mean[i]))),
                    exogenous,
                    incomplete: None,
                    weight: None,
                    log_det: LogDet::new(),
                })
            })
            .collect::<Result<Vec<Observed>, EstimationError>>()?;
        if matches!(plan.estimator, Estimator::Wls | Estimator::Dwls) {
            for (block, observed) in observed.iter_mut().enumerate() {
                observed.weigh(table, sample, block, plan.estimator)?;
            }
        }
        Ok(observed)
    }

    /// The moments of the unrestricted model of incomplete rows.
    fn of_incomplete(
        group: &GroupSample,
        positions: &[usize],
        exogenous: Vec<usize>,
        plan: &Plan,
    ) -> Result<Observed, EstimationError> {
        let Some(rows) = &group.rows else {
            return Err(EstimationError::NeedsCases { what: "a treatment of missing values" });
        };
        let rows = Arc::new(IncompleteRows::of(rows.select(Axis(1), positions).view(), group.weights.as_deref()));
        let Saturated { cov, mean, deviance } = saturated(&rows);
        if deviance.is_none() && plan.missing.is_two_stage() {
            return Err(EstimationError::UnrestrictedNotDetermined { group: group.label.clone() });
        }
        Ok(Observed {
            n_obs: rows.n,
            cov,
            mean: Some(mean),
            exogenous,
            incomplete: Some(Incomplete { rows, deviance }),
            weight: None,
            log_det: LogDet::new(),
        })
    }

    /// The rows, where the model is fitted to them and not to moments.
    pub(crate) fn full_information(&self, plan: &Plan) -> Option<&Incomplete> {
        self.incomplete.as_ref().filter(|_| plan.missing.is_full_information())
    }

    /// log|S|.
    ///
    /// # Errors
    /// [`NotPositiveDefinite`] for a singular S.
    pub(crate) fn log_det(&self) -> Result<f64, NotPositiveDefinite> {
        *self.log_det.get_or_init(|| Ok(Cholesky::of(self.cov.view())?.log_det()))
    }

    /// Deviance but for the constant of some variables alone, of one case that has any of them, at their part of S and m.
    ///
    /// # Errors
    /// [`NotPositiveDefinite`] for that part of S.
    pub(crate) fn deviance_of(&self, variables: &[usize]) -> Result<f64, NotPositiveDefinite> {
        let (Some(incomplete), Some(mean)) = (&self.incomplete, &self.mean) else { return Ok(0.0) };
        let cov = self.cov.select(Axis(0), variables).select(Axis(1), variables);
        Completion::new(Arc::new(incomplete.rows.select(variables))).update(&cov, &mean.select(Axis(0), variables))
    }

    /// Finds the weight of weighted least squares.
    fn weigh(
        &mut self,
        table: &ParTable,
        sample: &Sample,
        block: usize,
        estimator: Estimator,
    ) -> Result<(), EstimationError> {
        let rows = case_rows(table, sample, block).ok_or(EstimationError::NeedsCases {
            what: if estimator == Estimator::Wls {
                "weighted least squares (WLS)"
            } else {
                "diagonally weighted least squares (DWLS)"
            },
        })?;
        let fixed = if table.fixed_x { self.exogenous.as_slice() } else { &[] };
        let names = &table.blocks[block].observed;
        let found = weight(&rows, sample.groups[block].weights.as_deref(), fixed, table.meanstructure, estimator)
            .map_err(|reason| match reason {
                NoWeight::TooFewCases { moments } => EstimationError::TooFewCases {
                    group: sample.groups[block].label.clone(),
                    cases: rows.nrows(),
                    moments,
                },
                NoWeight::Determined { moment } => {
                    let stacking = Stacking { p: names.len(), means: table.meanstructure };
                    let (one, other) = variables_of(stacking, moment);
                    EstimationError::WeightNotPositiveDefinite {
                        group: sample.groups[block].label.clone(),
                        variables: (names[one].to_string(), names[other].to_string()),
                    }
                }
                NoWeight::CollinearExogenous => EstimationError::SampleNotPositiveDefinite {
                    group: sample.groups[block].label.clone(),
                    variable: names[fixed[0]].to_string(),
                },
            })?;
        self.weight = Some(Arc::new(found));
        Ok(())
    }
}

/// The cases of a block, n x p, variables in the order of the block; `None` when only moments were given.
pub(crate) fn case_rows(table: &ParTable, sample: &Sample, block: usize) -> Option<Array2<f64>> {
    let rows = sample.groups[block].rows.as_ref()?;
    let position = |name: &CompactString| sample.names.iter().position(|other| other == name);
    let positions: Vec<usize> = table.blocks[block].observed.iter().filter_map(position).collect();
    Some(rows.select(Axis(1), &positions))
}

/// A moment of one block's variables, by their positions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moment {
    /// A covariance or variance.
    Cov(usize, usize),
    /// A mean.
    Mean(usize),
}

impl Observed {
    /// The sample's value of a moment; 0 for a mean that the sample does not have.
    pub(crate) fn moment(&self, moment: Moment) -> f64 {
        match moment {
            Moment::Cov(i, j) => self.cov[[i, j]],
            Moment::Mean(i) => self.mean.as_ref().map_or(0.0, |mean| mean[i]),
        }
    }
}

/// The rows that are fixed to the sample's moments, those of exogenous variables: row, block (from 0), moment.
pub(crate) fn moments_of_exogenous_rows(table: &ParTable) -> Vec<(usize, usize, Moment)> {
    let fixed = table.rows.iter().enumerate().filter(|(_, row)| row.free == 0 && row.op.is_parameter());
    fixed
        .filter(|(_, row)| row.ustart.is_none())
        .filter_map(|(index, row)| {
            let block = row.block - 1;
            let position = |name: &str| table.blocks[block].observed.iter().position(|other| other == name);
            let moment = match (row.op, position(&row.lhs), position(&row.rhs)) {
                (Op::Covariance, Some(i), Some(j)) => Moment::Cov(i, j),
                (Op::Intercept, Some(i), _) => Moment::Mean(i),
                _ => return None,
            };
            Some((index, block, moment))
        })
        .collect()
}

/// The value of every fixed row: what the table says, or for moments of exogenous variables the sample's.
pub(crate) fn fixed_values(table: &ParTable, observed: &[Observed]) -> Vec<f64> {
    let is_fixed = |row: &Row| row.free == 0 && row.op.is_parameter();
    let mut values: Vec<f64> =
        table.rows.iter().map(|row| row.ustart.filter(|_| is_fixed(row)).unwrap_or(0.0)).collect();
    for (row, block, moment) in moments_of_exogenous_rows(table) {
        values[row] = observed[block].moment(moment);
    }
    values
}
