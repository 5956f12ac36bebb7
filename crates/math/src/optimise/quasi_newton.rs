//! The metric learnt from gradients: damped BFGS.

use ndarray::Array2;

use super::{Constrained, Infeasible, Objective};

/// Least share of s'Bs that y's must reach; below it y is mixed with Bs (Powell 1978).
const DAMPING: f64 = 0.2;

/// An objective whose metric is not its own, but a matrix B built up from the gradients at the points of the iteration:
///
/// B+ = B - B s s'B / s'Bs + r r'/ s'r, with s the step, y the change of the gradient and r = t y + (1 - t) B s, t = 1 where s'y >= 0.2 s'Bs,
///
/// so that B stays positive definite. It starts from the diagonal of the objective's metric. For functions whose own metric
/// is a poor guide far from the minimum. argmin's BFGS is not used, because its line searches need a number for F everywhere.
/// Source: Nocedal, J., & Wright, S. J. (2006). Numerical Optimization (2nd ed.), procedure 18.2.
pub struct QuasiNewton<O> {
    objective: O,
    matrix: Array2<f64>,
    /// Point and gradient of the last iteration.
    last: Option<(Vec<f64>, Vec<f64>)>,
}

impl<O: Objective> QuasiNewton<O> {
    /// The objective with a metric that is still to be learnt.
    pub fn new(objective: O) -> Self {
        let n = objective.dimension();
        QuasiNewton { objective, matrix: Array2::zeros((n, n)), last: None }
    }

    /// The objective.
    pub fn into_inner(self) -> O {
        self.objective
    }

    fn update(&mut self, theta: &[f64], gradient: &[f64]) {
        let Some((from, before)) = &self.last else { return };
        let n = theta.len();
        let s: Vec<f64> = theta.iter().zip(from).map(|(to, from)| to - from).collect();
        let y: Vec<f64> = gradient.iter().zip(before).map(|(after, before)| after - before).collect();
        let bs: Vec<f64> = (0..n).map(|i| (0..n).map(|j| self.matrix[[i, j]] * s[j]).sum()).collect();
        let sbs: f64 = s.iter().zip(&bs).map(|(a, b)| a * b).sum();
        let sy: f64 = s.iter().zip(&y).map(|(a, b)| a * b).sum();
        if !(sbs > 0.0) || !sy.is_finite() {
            return;
        }
        let share = if sy >= DAMPING * sbs { 1.0 } else { (1.0 - DAMPING) * sbs / (sbs - sy) };
        let r: Vec<f64> = y.iter().zip(&bs).map(|(y, bs)| share * y + (1.0 - share) * bs).collect();
        let sr: f64 = s.iter().zip(&r).map(|(a, b)| a * b).sum();
        if !(sr > 0.0) {
            return;
        }
        for i in 0..n {
            for j in 0..n {
                self.matrix[[i, j]] += r[i] * r[j] / sr - bs[i] * bs[j] / sbs;
            }
        }
    }
}

impl<O: Objective> Objective for QuasiNewton<O> {
    fn dimension(&self) -> usize {
        self.objective.dimension()
    }

    fn value(&mut self, theta: &[f64]) -> Result<f64, Infeasible> {
        self.objective.value(theta)
    }

    fn gradient(&mut self, theta: &[f64], gradient: &mut [f64]) -> Result<(), Infeasible> {
        self.objective.gradient(theta, gradient)?;
        match self.last {
            None => {
                self.matrix.diag_mut().assign(&self.objective.metric().diag());
            }
            Some(_) => self.update(theta, gradient),
        }
        self.last = Some((theta.to_vec(), gradient.to_vec()));
        Ok(())
    }

    fn metric(&mut self) -> &Array2<f64> {
        &self.matrix
    }

    fn hessian(&mut self) -> Option<&Array2<f64>> {
        self.objective.hessian()
    }

    fn magnitude(&self) -> f64 {
        self.objective.magnitude()
    }
}

impl<O: Constrained> Constrained for QuasiNewton<O> {
    fn equalities(&self) -> usize {
        self.objective.equalities()
    }

    fn inequalities(&self) -> usize {
        self.objective.inequalities()
    }

    fn constraints(&mut self, theta: &[f64], values: &mut [f64]) -> Result<(), Infeasible> {
        self.objective.constraints(theta, values)
    }

    fn jacobian(&mut self, theta: &[f64], jacobian: &mut Array2<f64>) -> Result<(), Infeasible> {
        self.objective.jacobian(theta, jacobian)
    }

    fn subtract_curvature(&mut self, theta: &[f64], multipliers: &[f64], hessian: &mut Array2<f64>) {
        self.objective.subtract_curvature(theta, multipliers, hessian);
    }
}
