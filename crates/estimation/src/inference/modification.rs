//! Modification indices: score tests of parameters that the model fixes or leaves out.
//!
//! At the estimates, with n the multiplier of the chi-square, g the gradient of F and H its expected second derivatives,
//! for a candidate c beside the free parameters theta = K z + c0:
//!
//! h_c = H_cc - H_c,theta K (K' H K)^-1 K' H_theta,c,
//! MI_c = (n / 2) g_c^2 / h_c,   EPC_c = -g_c / h_c.
//!
//! MI is the drop in chi-square, to first order, when the candidate is freed; chi-square with one df if it is zero in the
//! population and n F is chi-square distributed, as it is with ML, GLS and WLS. EPC is the change expected of the parameter. Sources: Sorbom, D. (1989). Psychometrika 54, 371-384;
//! Saris, W. E., Satorra, A., & Sorbom, D. (1987). Sociological Methodology 17, 105-129.

use std::sync::Arc;

use latva_data::Sample;
use latva_math::linalg::Cholesky;
use latva_spec::table::{Op, ParTable, Row, RowOrigin};
use ndarray::Array2;

use super::candidates::{Candidate, Restriction, candidates};
use super::cases::Cases;
use super::standardized::{Standardization, standardize};
use crate::constraints::{Reparametrisation, equality_tangent};
use crate::error::EstimationError;
use crate::fit::discrepancies;
use crate::implied::{BlockModel, Implied, build_blocks};
use crate::objective::{BlockObjective, ModelObjective};
use crate::observed::{Observed, fixed_values};
use crate::result::Fit;
use crate::scaling::SampleScaling;

/// Share of a candidate's information that must be left beside the free parameters; below it the candidate is not
/// identified.
const IDENTIFIED: f64 = 1e-7;

/// The score test of one parameter that is not free.
#[derive(Debug, Clone, PartialEq)]
pub struct ModificationIndex {
    /// Group number from 1.
    pub group: usize,
    /// Left side.
    pub lhs: String,
    /// Operator.
    pub op: Op,
    /// Right side.
    pub rhs: String,
    /// Modification index: expected drop of the chi-square.
    pub mi: f64,
    /// Expected parameter change.
    pub epc: f64,
    /// The change with latent variables standardized.
    pub sepc_lv: Option<f64>,
    /// With all variables standardized.
    pub sepc_all: Option<f64>,
    /// With all but exogenous observed variables standardized.
    pub sepc_nox: Option<f64>,
    /// Why AMOS would not offer it; `None` for everything that it offers.
    pub restriction: Option<Restriction>,
}

/// The modification indices of a converged fit, largest first; parameters that cannot be identified beside the free
/// ones are left out.
///
/// `table` and `sample` are those of the fit. Information is the expected one, whatever the standard errors rest on.
///
/// # Errors
/// [`EstimationError::Unsupported`] for a fit that did not converge; otherwise the errors of [`crate::fit`].
pub fn modification_indices(
    table: &ParTable,
    sample: &Sample,
    fit: &Fit,
) -> Result<Vec<ModificationIndex>, EstimationError> {
    let at = AtEstimates::new(table, sample, fit)?;
    let (q, mut theta, mut fixed) = (table.n_free(), at.theta.clone(), at.fixed.clone());
    let reparametrisation = equality_tangent(table, &fixed, &theta)?;
    let information = information(at.blocks(table, &fixed)?, &reparametrisation, &theta)?;

    let list = candidates(table);
    let (extended, rows) = with_candidates(table, &list);
    theta.extend(list.iter().map(|candidate| candidate.row.map_or(0.0, |row| fixed[row])));
    fixed.resize(extended.rows.len(), 0.0);
    let mut gradient = vec![0.0; theta.len()];
    let mut cross = Array2::zeros((list.len(), q));
    let mut diagonal = vec![0.0; list.len()];
    let mut blocks = at.blocks(&extended, &fixed)?;
    for block in &mut blocks {
        block.imply(&theta).map_err(|_| not_feasible())?;
        block.add_candidates(&mut gradient, &mut cross, &mut diagonal).map_err(|_| not_feasible())?;
    }

    // What is left of each candidate's information beside the free parameters; `None`: not identified.
    let mut projected = Array2::zeros((list.len(), reparametrisation.n_free()));
    for (cross, mut projected) in cross.outer_iter().zip(projected.outer_iter_mut()) {
        let projected = projected.as_slice_mut().expect("standard layout");
        reparametrisation.pull_gradient(cross.as_slice().expect("standard layout"), projected);
    }
    let left: Vec<Option<f64>> = information
        .squared_lengths(projected.view())
        .into_iter()
        .zip(&diagonal)
        .map(|(explained, &own)| {
            let left = own - explained;
            (left > IDENTIFIED * own).then_some(left)
        })
        .collect();
    let mut changes = vec![0.0; extended.rows.len()];
    for ((&row, left), slope) in rows.iter().zip(&left).zip(&gradient[q..]) {
        changes[row] = left.map_or(0.0, |left| -slope / left);
    }

    let models: Vec<BlockModel> = blocks.iter().map(|block| block.model.clone()).collect();
    let implied: Vec<&Implied> = blocks.iter().map(|block| block.implied()).collect();
    let standardized = |kind| standardize(&extended, &changes, &models, &implied, kind);
    let sepc_lv = standardized(Standardization::Latent);
    let sepc_all = standardized(Standardization::All);
    let sepc_nox = standardized(Standardization::NotExogenous);
    let mut indices: Vec<ModificationIndex> = list
        .into_iter()
        .zip(rows)
        .zip(left)
        .zip(&gradient[q..])
        .filter_map(|(((candidate, row), left), slope)| {
            Some(ModificationIndex {
                group: table.blocks[candidate.block - 1].group,
                lhs: candidate.lhs,
                op: candidate.op,
                rhs: candidate.rhs,
                mi: 0.5 * at.scaling.multiplier * slope * slope / left?,
                epc: changes[row],
                sepc_lv: sepc_lv[row],
                sepc_all: sepc_all[row],
                sepc_nox: sepc_nox[row],
                restriction: candidate.restriction,
            })
        })
        .collect();
    indices.sort_by(|one, other| other.mi.total_cmp(&one.mi));
    Ok(indices)
}

/// What score tests start from: the solution, and the means to build a model at it.
pub(super) struct AtEstimates<'a> {
    sample: &'a Sample,
    fit: &'a Fit,
    /// Sample scaling of the fit.
    pub(super) scaling: SampleScaling,
    /// Sample moments of the blocks.
    pub(super) observed: Vec<Observed>,
    /// Values of the fixed rows.
    pub(super) fixed: Vec<f64>,
    /// The estimates, q.
    pub(super) theta: Vec<f64>,
}

impl<'a> AtEstimates<'a> {
    /// # Errors
    /// [`EstimationError::Unsupported`] for a fit that did not converge.
    pub(super) fn new(table: &ParTable, sample: &'a Sample, fit: &'a Fit) -> Result<Self, EstimationError> {
        let unsupported = |what| EstimationError::Unsupported { what, span: None };
        let plan = &fit.plan;
        if !fit.convergence.converged {
            return Err(unsupported("a score test or residual of a fit that did not converge"));
        }
        let scaling = plan.scaling(sample);
        let observed = Observed::of_blocks(table, sample, &scaling, plan)?;
        let fixed = fixed_values(table, &observed);
        let mut theta = vec![0.0; table.n_free()];
        for (row, estimate) in table.rows.iter().zip(&fit.estimates) {
            if row.free > 0 {
                theta[row.free - 1] = estimate.est;
            }
        }
        Ok(AtEstimates { sample, fit, scaling, observed, fixed, theta })
    }

    /// The cases of the sample.
    ///
    /// # Errors
    /// [`EstimationError::NeedsCases`] for a sample of moments; those of a sample that does not determine them.
    pub(super) fn cases(&self, table: &ParTable) -> Result<Cases, EstimationError> {
        Cases::new(table, self.sample, &self.observed, &self.fit.plan)
    }

    /// The blocks of a table on the same variables.
    pub(super) fn blocks(&self, table: &ParTable, fixed: &[f64]) -> Result<Vec<BlockObjective>, EstimationError> {
        Ok(build_blocks(table, fixed)?
            .into_iter()
            .zip(discrepancies(table, self.sample, &self.observed, &self.fit.plan)?)
            .zip(&self.scaling.weights)
            .map(|((model, discrepancy), &weight)| BlockObjective::new(weight, model, discrepancy))
            .collect())
    }
}

/// The factor of K' H K, H the expected second derivatives of F by the free parameters.
fn information(
    blocks: Vec<BlockObjective>,
    reparametrisation: &Reparametrisation,
    theta: &[f64],
) -> Result<Cholesky, EstimationError> {
    let mut objective = ModelObjective::new(blocks, reparametrisation.clone());
    objective.complete_at(&reparametrisation.contract(theta)).map_err(|_| not_feasible())?;
    let n = reparametrisation.n_free();
    let mut information = Array2::zeros((n, n));
    reparametrisation.pull_matrix(objective.expected(), &mut information);
    Cholesky::of(information.view()).map_err(|_| EstimationError::Unsupported {
        what: "a score test of a model whose information is singular at the estimates",
        span: None,
    })
}

/// The table with the candidates as free parameters after the others (fixed rows freed, absent ones appended), and the
/// row of each candidate.
fn with_candidates(table: &ParTable, candidates: &[Candidate]) -> (ParTable, Vec<usize>) {
    let mut extended = table.clone();
    let all = Arc::make_mut(&mut extended.rows);
    let mut rows = Vec::with_capacity(candidates.len());
    let q = table.n_free();
    for (index, candidate) in candidates.iter().enumerate() {
        let free = q + index + 1;
        rows.push(candidate.row.unwrap_or(all.len()));
        match candidate.row {
            Some(row) => all[row].free = free,
            None => {
                let block = &table.blocks[candidate.block - 1];
                all.push(Row {
                    id: all.len() + 1,
                    lhs: candidate.lhs.as_str().into(),
                    op: candidate.op,
                    rhs: candidate.rhs.as_str().into(),
                    origin: RowOrigin::Derived,
                    block: candidate.block,
                    group: block.group,
                    level: block.level,
                    free,
                    ustart: None,
                    exo: false,
                    label: Default::default(),
                    lower: None,
                    upper: None,
                    relation: None,
                    span: None,
                });
            }
        }
    }
    (extended, rows)
}

pub(super) fn not_feasible() -> EstimationError {
    EstimationError::Unsupported {
        what: "a score test where the implied covariance matrix is not positive definite",
        span: None,
    }
}
