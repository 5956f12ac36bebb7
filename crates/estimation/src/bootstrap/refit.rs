//! A problem prepared to be fitted to one sample after another: table, matrices, constraints and buffers are those of the first
//! fit, the search starts at its estimates.

use latva_math::optimise::{Factored, ScoringSettings, Solution, Termination};
use latva_spec::table::ParTable;

use crate::constraints::{Reparametrisation, RestrictedObjective, Restrictions};
use crate::discrepancy::discrepancy_of;
use crate::estimate::{Method, search_settings};
use crate::fit::Problem;
use crate::implied::{BlockModel, Place};
use crate::objective::{BlockObjective, ModelObjective};
use crate::observed::{Moment, Observed, moments_of_exogenous_rows};
use crate::plan::Plan;
use crate::start::{StartStrategy, start_values};

/// Scale-free gradient at which a refit ends. An estimate is then off by this times sqrt(n / 2) standard errors at most; and the last
/// step, with the exact Hessian, mostly goes further.
const TOLERANCE: f64 = 1e-7;

/// The prepared problem. Threads share it; what a search changes is in their [`Workspace`]s.
pub(crate) struct Refit<'a> {
    table: &'a ParTable,
    plan: &'a Plan,
    weights: &'a [f64],
    observed: &'a [Observed],
    models: Vec<BlockModel>,
    reparametrisation: Reparametrisation,
    restrictions: &'a Restrictions,
    /// Where moments of exogenous variables stand that are fixed to the sample's: row of the table, block (from 0), place, moment.
    exogenous: Vec<(usize, usize, Place, Moment)>,
    /// The estimates, as the optimiser sees them.
    start: Vec<f64>,
    /// The factored Hessian there, in the fit's own sample: those of other samples resemble it.
    first: Option<Factored>,
    settings: ScoringSettings,
}

/// The objective of one thread.
pub(crate) struct Workspace {
    /// Always there but while a solver has it.
    objective: Option<RestrictedObjective>,
}

/// The minimum in another sample.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Refitted {
    /// The free parameters, q.
    pub(crate) theta: Vec<f64>,
    /// F.
    pub(crate) value: f64,
    /// The sample's moments of the exogenous variables that are fixed to them.
    pub(crate) exogenous: Vec<f64>,
}

impl<'a> Refit<'a> {
    /// Prepares the problem of a fit. `models` are the matrices of its blocks, `theta` its estimates (q), `reparametrisation` solves
    /// for its linear constraints and `restrictions` are the others.
    pub(crate) fn new(
        problem: &'a Problem<'_>,
        models: &[BlockModel],
        reparametrisation: Reparametrisation,
        restrictions: &'a Restrictions,
        theta: &[f64],
    ) -> Self {
        let Problem { table, plan, scaling, observed, .. } = problem;
        let exogenous = moments_of_exogenous_rows(table)
            .into_iter()
            .filter_map(|(row, block, moment)| Some((row, block, *models[block].row_places.get(&row)?, moment)))
            .collect();
        let mut refit = Refit {
            table,
            plan,
            weights: &scaling.weights,
            observed,
            models: models.to_vec(),
            start: reparametrisation.contract(theta),
            reparametrisation,
            restrictions,
            first: None,
            exogenous,
            settings: ScoringSettings { tolerance: TOLERANCE, ..search_settings(plan) },
        };
        // The solver of constraints has no use for it.
        if restrictions.is_empty() {
            refit.first =
                refit.workspace().and_then(|mut workspace| Factored::at(workspace.restricted(), &refit.start));
        }
        refit
    }

    /// The rows of the table that hold fixed moments of exogenous variables, in the order of [`Refitted::exogenous`].
    pub(crate) fn exogenous_rows(&self) -> Vec<usize> {
        self.exogenous.iter().map(|(row, ..)| *row).collect()
    }

    /// Buffers for searches. `None` where the discrepancy of the fit's own sample does not exist.
    pub(crate) fn workspace(&self) -> Option<Workspace> {
        let blocks = self
            .models
            .iter()
            .zip(self.observed)
            .zip(self.weights)
            .map(|((model, observed), &weight)| {
                Some(BlockObjective::new(weight, model.clone(), discrepancy_of(observed, self.plan).ok()?))
            })
            .collect::<Option<Vec<_>>>()?;
        let objective = ModelObjective::new(blocks, self.reparametrisation.clone());
        Some(Workspace { objective: Some(RestrictedObjective::new(objective, self.restrictions.clone())) })
    }

    /// The minimum in another sample of the same variables. The search starts at the estimates; where it fails it goes on as that of a
    /// first fit does. `None` where none converges, or where the discrepancy does not exist.
    pub(crate) fn fit(&self, workspace: &mut Workspace, sample: &[Observed]) -> Option<Refitted> {
        self.observe(workspace.restricted(), sample)?;
        let mut found = workspace.search(Method::Scoring, &self.start, self.first.as_ref(), &self.settings);
        if !is_minimum(&found) {
            found = workspace.search(Method::QuasiNewton, &self.start, None, &self.settings);
        }
        if !is_minimum(&found) {
            let start = self.start_from_data(workspace.restricted(), sample);
            found = workspace.search(Method::Scoring, &start, None, &self.settings);
        }
        let mut theta = vec![0.0; self.reparametrisation.n_theta()];
        self.reparametrisation.expand(&found.theta, &mut theta);
        is_minimum(&found).then(|| Refitted {
            theta,
            value: found.value,
            exogenous: self.exogenous.iter().map(|&(_, block, _, moment)| sample[block].moment(moment)).collect(),
        })
    }

    /// Puts a sample in the place of the one before.
    fn observe(&self, restricted: &mut RestrictedObjective, sample: &[Observed]) -> Option<()> {
        let discrepancies: Vec<_> =
            sample.iter().map(|observed| discrepancy_of(observed, self.plan)).collect::<Result<_, _>>().ok()?;
        restricted.objective.observe(discrepancies);
        for &(_, block, place, moment) in &self.exogenous {
            restricted.objective.blocks[block].model.set(place, sample[block].moment(moment));
        }
        Some(())
    }

    fn start_from_data(&self, restricted: &mut RestrictedObjective, sample: &[Observed]) -> Vec<f64> {
        let theta = start_values(self.table, restricted.objective.models_mut(), sample, StartStrategy::Informed);
        restricted.start(&theta)
    }
}

impl Workspace {
    fn restricted(&mut self) -> &mut RestrictedObjective {
        self.objective.as_mut().expect("the solver gave the objective back")
    }

    fn search(
        &mut self,
        method: Method,
        start: &[f64],
        first: Option<&Factored>,
        settings: &ScoringSettings,
    ) -> Solution {
        let objective = self.objective.take().expect("the solver gave the objective back");
        let (found, objective) = method.solve(objective, start, first, settings);
        self.objective = Some(objective);
        found.solution
    }
}

fn is_minimum(found: &Solution) -> bool {
    found.termination == Termination::Gradient
}
