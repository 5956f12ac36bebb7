//! The objective together with its restrictions, as the constrained optimiser sees them.

use latva_math::optimise::{Constrained, Infeasible, Objective};
use ndarray::Array2;

use super::restrictions::Restrictions;
use crate::objective::ModelObjective;

/// F(z) under c(K z + c0) = 0, >= 0.
pub(crate) struct RestrictedObjective {
    pub(crate) objective: ModelObjective,
    pub(crate) restrictions: Restrictions,
    theta: Vec<f64>,
    values: Vec<f64>,
    /// dc/dtheta, m x q.
    jacobian: Array2<f64>,
}

impl RestrictedObjective {
    /// The objective under the restrictions.
    pub(crate) fn new(objective: ModelObjective, restrictions: Restrictions) -> Self {
        let (q, m) = (objective.reparametrisation.n_theta(), restrictions.list().len());
        RestrictedObjective {
            objective,
            restrictions,
            theta: vec![0.0; q],
            values: vec![0.0; m],
            jacobian: Array2::zeros((m, q)),
        }
    }

    /// Start values in the space of the unconstrained parameters from those of all (q), within linear inequalities and bounds.
    pub(crate) fn start(&mut self, theta: &[f64]) -> Vec<f64> {
        let RestrictedObjective { objective, restrictions, .. } = self;
        let mut start = objective.reparametrisation.contract(theta);
        objective.settle_means(&mut start);
        if !restrictions.is_empty() {
            restrictions.settle(&objective.reparametrisation, &mut start);
        }
        start
    }
}

impl Objective for RestrictedObjective {
    fn dimension(&self) -> usize {
        self.objective.dimension()
    }

    fn value(&mut self, z: &[f64]) -> Result<f64, Infeasible> {
        self.objective.value(z)
    }

    fn gradient(&mut self, z: &[f64], gradient: &mut [f64]) -> Result<(), Infeasible> {
        self.objective.gradient(z, gradient)
    }

    fn metric(&mut self) -> &Array2<f64> {
        self.objective.metric()
    }

    fn hessian(&mut self) -> Option<&Array2<f64>> {
        self.objective.hessian()
    }

    fn magnitude(&self) -> f64 {
        self.objective.magnitude()
    }
}

impl Constrained for RestrictedObjective {
    fn equalities(&self) -> usize {
        self.restrictions.equalities()
    }

    fn inequalities(&self) -> usize {
        self.restrictions.list().len() - self.restrictions.equalities()
    }

    fn constraints(&mut self, z: &[f64], values: &mut [f64]) -> Result<(), Infeasible> {
        self.objective.reparametrisation.expand(z, &mut self.theta);
        if self.restrictions.evaluate(&self.theta, values, None) { Ok(()) } else { Err(Infeasible) }
    }

    fn jacobian(&mut self, z: &[f64], jacobian: &mut Array2<f64>) -> Result<(), Infeasible> {
        self.objective.reparametrisation.expand(z, &mut self.theta);
        if !self.restrictions.evaluate(&self.theta, &mut self.values, Some(&mut self.jacobian)) {
            return Err(Infeasible);
        }
        for (full, mut reduced) in self.jacobian.rows().into_iter().zip(jacobian.rows_mut()) {
            let full = full.as_slice().expect("rows of a matrix in standard layout");
            let reduced = reduced.as_slice_mut().expect("rows of a matrix in standard layout");
            self.objective.reparametrisation.pull_gradient(full, reduced);
        }
        Ok(())
    }

    fn subtract_curvature(&mut self, z: &[f64], multipliers: &[f64], hessian: &mut Array2<f64>) {
        self.objective.reparametrisation.expand(z, &mut self.theta);
        let q = self.theta.len();
        let mut full = Array2::zeros((q, q));
        self.restrictions.subtract_curvature(&self.theta, multipliers, &mut full);
        let mut reduced = Array2::zeros(hessian.dim());
        self.objective.reparametrisation.pull_matrix(&full, &mut reduced);
        *hessian += &reduced;
    }
}
