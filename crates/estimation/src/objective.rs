//! The objective: the weighted sum of the blocks' discrepancies as a function of the unconstrained parameters.

use latva_math::linalg::{Cholesky, NotPositiveDefinite, symmetrize_from_upper};
use latva_math::optimise::{Infeasible, Objective};
use ndarray::Array2;

use crate::constraints::Reparametrisation;
use crate::discrepancy::{Discrepancy, Form};
use crate::implied::{BlockModel, FactorForm, Implied, Jacobian, Place, Tables, UpperSum};
use crate::stacked::Stacking;

/// One block: its matrices, its implied moments and its discrepancy.
pub(crate) struct BlockObjective {
    /// Weight of the block's discrepancy.
    pub(crate) weight: f64,
    /// Matrices and their map.
    pub(crate) model: BlockModel,
    implied: Implied,
    tables: Tables,
    /// Sigma by few factors with uncorrelated residuals, by which F is sooner found.
    by_factors: Option<FactorForm>,
    state: State,
    /// Whether Sigma is that of the last point.
    completed: bool,
    pub(crate) discrepancy: Box<dyn Discrepancy>,
    /// F of this block at the last point.
    pub(crate) value: f64,
}

/// What of a block has followed it to its last point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum State {
    /// The moments of the latent side, and the mean.
    Latent,
    /// The tables, too.
    Tabled,
    /// They also hold the derivative of the discrepancy.
    WithSlopes,
}

impl BlockObjective {
    /// A block with the discrepancy of its sample.
    pub(crate) fn new(weight: f64, model: BlockModel, discrepancy: Box<dyn Discrepancy>) -> Self {
        let (implied, tables) = (Implied::new(&model), Tables::new(&model));
        let by_factors = FactorForm::of(&model);
        let state = State::Latent;
        BlockObjective { weight, model, implied, tables, by_factors, state, completed: false, discrepancy, value: 0.0 }
    }

    /// Moves to theta: the moments of the latent side, and the mean, are made, the rest where they are asked for.
    pub(crate) fn imply(&mut self, theta: &[f64]) -> Result<(), Infeasible> {
        (self.state, self.completed) = (State::Latent, false);
        self.model.set_parameters(theta);
        self.implied.update_latent(&self.model).map_err(|_| Infeasible)
    }

    /// Brings all implied moments to the last point.
    pub(crate) fn complete(&mut self) -> &Implied {
        if !self.completed {
            self.make_columns();
            self.implied.update_cov(&self.model);
            self.completed = true;
        }
        &self.implied
    }

    /// Brings Lambda A and Lambda E, of which Sigma and the tables are made, to the last point.
    fn make_columns(&mut self) {
        if !self.completed && self.state < State::Tabled {
            self.implied.update_columns(&self.model);
        }
    }

    /// The implied moments at the last point.
    ///
    /// # Panics
    /// Where neither [`ModelObjective::complete`] nor anything that needs all of them has made them there.
    pub(crate) fn implied(&self) -> &Implied {
        assert!(self.completed, "implied moments that have been made");
        &self.implied
    }

    /// E, the covariance matrix of the latent side, at the last point.
    pub(crate) fn latent_cov(&self) -> &Array2<f64> {
        &self.implied.latent
    }

    /// The matrices and the implied moments at the last point.
    pub(crate) fn into_parts(mut self) -> (BlockModel, Implied) {
        self.complete();
        (self.model, self.implied)
    }

    /// Brings the tables to the last point.
    fn refresh(&mut self) {
        if self.state < State::Tabled {
            self.make_columns();
            self.tables.refresh(&self.model, &self.implied);
            self.state = State::Tabled;
        }
    }

    /// Brings the tables to the last point, with the derivative of the discrepancy there.
    fn refresh_slopes(&mut self) {
        self.refresh();
        if self.state < State::WithSlopes {
            let (w_cov, w_mean) = self.discrepancy.derivative();
            self.tables.take_slopes(w_cov, w_mean);
            self.state = State::WithSlopes;
        }
    }

    /// Gradient of the block's weighted discrepancy at the last point, added to the argument.
    fn add_gradient(&mut self, gradient: &mut [f64]) {
        let BlockObjective { weight, model, implied, by_factors, discrepancy, .. } = self;
        if let (Some(form), Some(slopes)) = (by_factors, discrepancy.factor_slopes()) {
            form.add_gradient(model, implied, &slopes, *weight, gradient);
            return;
        }
        self.refresh_slopes();
        self.tables.add_gradient(self.weight, gradient);
    }

    /// F at the last point.
    fn evaluate(&mut self) -> Result<f64, NotPositiveDefinite> {
        let BlockObjective { model, implied, by_factors, discrepancy, .. } = self;
        if let Some(form) = by_factors
            && let Some(value) = discrepancy.value_by_factors(&implied.mean, &form.factors(model, implied))
        {
            return Ok(value);
        }
        self.complete();
        self.discrepancy.value(&self.implied.cov, &self.implied.mean)
    }

    /// Gradient of the block's weighted discrepancy and the expected second derivatives between candidates (parameters
    /// from `cross.ncols()` on) and the others, at the moments of the last point; added to the arguments.
    ///
    /// # Errors
    /// [`Infeasible`] where the discrepancy does not exist.
    pub(crate) fn add_candidates(
        &mut self,
        gradient: &mut [f64],
        cross: &mut Array2<f64>,
        diagonal: &mut [f64],
    ) -> Result<(), Infeasible> {
        let first = cross.ncols();
        self.complete();
        self.value = self.discrepancy.value(&self.implied.cov, &self.implied.mean).map_err(|_| Infeasible)?;
        self.state = State::Latent;
        self.add_gradient(gradient);
        let BlockObjective { tables, discrepancy, weight, .. } = self;
        discrepancy.expected(&mut |form| match form {
            Form::Cov { weight: factor, v } => {
                tables.add_candidate_cov_form(v, factor * *weight, first, cross, diagonal);
            }
            Form::Mean { weight: factor, u } => {
                tables.add_candidate_mean_form(u, factor * *weight, first, cross, diagonal);
            }
            Form::LowRank { weight: factor, u, .. } => {
                tables.add_candidate_low_rank_form(u, factor * *weight, first, cross, diagonal);
            }
            Form::Slope { .. } | Form::Cross { .. } | Form::Sampling { .. } => {
                unreachable!("expected second derivatives have no such form")
            }
            Form::Weighted { weight: factor, stacking, v } => {
                tables.add_candidate_weighted_form(stacking, v, factor * *weight, first, cross, diagonal);
            }
        });
        tables.flush_candidates(first, cross, diagonal);
        Ok(())
    }

    /// Which moments of the block the model explains.
    pub(crate) fn stacking(&self) -> Stacking {
        Stacking { p: self.model.p(), means: self.model.has_means }
    }

    /// The Jacobian of the stacked moments at the last point; with a matrix T, that of T mu and vech(T Sigma T').
    pub(crate) fn jacobian(&mut self, transform: Option<&Array2<f64>>) -> Jacobian {
        self.complete();
        self.refresh();
        self.tables.jacobian(self.stacking(), transform)
    }
}

/// F(z) = sum of w_b F_b.
pub(crate) struct ModelObjective {
    /// The blocks.
    pub(crate) blocks: Vec<BlockObjective>,
    /// theta = K z + c.
    pub(crate) reparametrisation: Reparametrisation,
    theta: Vec<f64>,
    /// The z of the last value.
    point: Vec<f64>,
    /// F there, while the blocks hold its moments.
    value: Option<f64>,
    /// What `matrix` holds of that point.
    held: Held,
    gradient: Vec<f64>,
    /// The upper triangle of second derivatives; the lower one where somebody has asked for it.
    matrix: Array2<f64>,
    /// Those with respect to z, where these are not the same.
    pulled: Array2<f64>,
}

/// Second derivatives that may be asked for again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Held {
    Nothing,
    /// The metric of the discrepancies.
    Metric,
    /// The expected ones.
    Expected,
}

impl ModelObjective {
    /// The objective of the blocks.
    pub(crate) fn new(blocks: Vec<BlockObjective>, reparametrisation: Reparametrisation) -> Self {
        let q = reparametrisation.n_theta();
        ModelObjective {
            blocks,
            reparametrisation,
            theta: vec![0.0; q],
            point: Vec::new(),
            value: None,
            held: Held::Nothing,
            gradient: vec![0.0; q],
            matrix: Array2::default((0, 0)),
            pulled: Array2::default((0, 0)),
        }
    }

    /// Gives the blocks other weights: the information has those of the cases, whatever the discrepancies have.
    pub(crate) fn reweigh(&mut self, weights: &[f64]) {
        for (block, &weight) in self.blocks.iter_mut().zip(weights) {
            if block.weight != weight {
                self.held = Held::Nothing;
            }
            block.weight = weight;
        }
    }

    /// The matrices of the blocks.
    pub(crate) fn models(&self) -> impl Iterator<Item = &BlockModel> {
        self.blocks.iter().map(|block| &block.model)
    }

    /// The models, to change what is free in them: the objective is at no point afterwards.
    pub(crate) fn models_mut(&mut self) -> impl Iterator<Item = &mut BlockModel> {
        (self.value, self.held) = (None, Held::Nothing);
        self.blocks.iter_mut().map(|block| &mut block.model)
    }

    /// Puts other discrepancies, those of another sample, in the place of those of the blocks.
    pub(crate) fn observe(&mut self, discrepancies: impl IntoIterator<Item = Box<dyn Discrepancy>>) {
        for (block, discrepancy) in self.blocks.iter_mut().zip(discrepancies) {
            block.discrepancy = discrepancy;
        }
        (self.value, self.held) = (None, Held::Nothing);
    }

    /// Makes all implied moments at the last point.
    pub(crate) fn complete(&mut self) {
        for block in &mut self.blocks {
            block.complete();
        }
    }

    /// Moves to z and makes all implied moments there; F.
    ///
    /// # Errors
    /// [`Infeasible`] where F does not exist.
    pub(crate) fn complete_at(&mut self, z: &[f64]) -> Result<f64, Infeasible> {
        let value = self.move_to(z)?;
        self.complete();
        Ok(value)
    }

    /// theta at the last point.
    pub(crate) fn theta(&self) -> &[f64] {
        &self.theta
    }

    /// Replaces the reparametrisation at the point where the objective is: derivatives are those at it, on the new tangent space.
    pub(crate) fn constrain(&mut self, reparametrisation: Reparametrisation) {
        self.reparametrisation = reparametrisation;
        self.value = None;
    }

    /// dF/dtheta (not z) at the last point, q.
    pub(crate) fn parameter_gradient(&mut self) -> &[f64] {
        self.gradient.fill(0.0);
        for block in &mut self.blocks {
            block.add_gradient(&mut self.gradient);
        }
        &self.gradient
    }

    /// Moves to z.
    fn move_to(&mut self, z: &[f64]) -> Result<f64, Infeasible> {
        if let Some(value) = self.value
            && self.point == z
        {
            return Ok(value);
        }
        (self.value, self.held) = (None, Held::Nothing);
        self.reparametrisation.expand(z, &mut self.theta);
        let mut total = 0.0;
        for block in &mut self.blocks {
            block.imply(&self.theta)?;
            let value = block.evaluate().map_err(|_| Infeasible)?;
            if !value.is_finite() {
                return Err(Infeasible);
            }
            block.value = value;
            total += block.weight * value;
        }
        self.point.clear();
        self.point.extend_from_slice(z);
        self.value = Some(total);
        Ok(total)
    }

    /// Moves the intercepts and latent means of a start to where F is least given its covariance parameters: F is quadratic
    /// in them, so that one Newton step gets there. A start without a value is left as it is.
    pub(crate) fn settle_means(&mut self, z: &mut [f64]) {
        let mut is_mean = vec![false; self.theta.len()];
        for block in &self.blocks {
            for entry in &block.model.entries {
                is_mean[entry.parameter] = matches!(entry.place, Place::Intercept(_) | Place::LatentMean(_));
            }
        }
        let columns = self.reparametrisation.columns_of(&is_mean);
        if columns.is_empty() {
            return;
        }
        let n = z.len();
        let mut gradient = vec![0.0; n];
        if self.gradient(z, &mut gradient).is_err() {
            return;
        }
        let metric = self.metric();
        let among = Array2::from_shape_fn((columns.len(), columns.len()), |(a, b)| metric[[columns[a], columns[b]]]);
        let mut step: Vec<f64> = columns.iter().map(|&column| -gradient[column]).collect();
        if let Ok(factor) = Cholesky::of(among.view()) {
            factor.solve_in_place(&mut step);
            for (&column, step) in columns.iter().zip(&step) {
                z[column] += step;
            }
        }
    }

    /// Expected second derivatives of F with respect to theta (not z) at the last point.
    pub(crate) fn expected(&mut self) -> &Array2<f64> {
        self.upper_expected();
        symmetrize_from_upper(&mut self.matrix);
        &self.matrix
    }

    /// The upper triangle of [`ModelObjective::expected`]; what stands below it has no meaning.
    pub(crate) fn upper_expected(&mut self) -> &Array2<f64> {
        self.complete();
        self.add_expected();
        &self.matrix
    }

    /// Makes that triangle.
    fn add_expected(&mut self) {
        if self.held != Held::Expected {
            self.add_forms(|discrepancy, visit| {
                discrepancy.expected(visit);
                true
            });
            self.held = Held::Expected;
        }
    }

    /// [`ModelObjective::expected`], for somebody who keeps it.
    pub(crate) fn take_expected(&mut self) -> Array2<f64> {
        self.expected();
        self.take_upper_expected()
    }

    /// [`ModelObjective::upper_expected`], for somebody who keeps it.
    pub(crate) fn take_upper_expected(&mut self) -> Array2<f64> {
        self.upper_expected();
        self.held = Held::Nothing;
        std::mem::take(&mut self.matrix)
    }

    /// The sum (its upper triangle) of the forms that a visit of each block's discrepancy gives, at the last point; as far as the first block for which it gives none and
    /// returns `false`.
    fn add_forms(&mut self, visit: impl Fn(&mut dyn Discrepancy, &mut dyn FnMut(Form<'_>)) -> bool) -> bool {
        self.held = Held::Nothing;
        let mut sum = UpperSum::new(&mut self.matrix, self.theta.len());
        for block in &mut self.blocks {
            block.refresh();
            let BlockObjective { tables, discrepancy, weight, .. } = block;
            let available = visit(discrepancy.as_mut(), &mut |form| add_form(tables, form, *weight, &mut sum));
            tables.flush(&mut sum);
            if !available {
                return false;
            }
        }
        true
    }

    /// Covariance of dF/dtheta in a normal sample on the scale of the second derivatives; `None` for efficient discrepancies, where
    /// it equals them.
    pub(crate) fn gradient_covariance(&mut self) -> Option<Array2<f64>> {
        let q = self.theta.len();
        let mut matrix = Array2::default((0, 0));
        let (mut room, mut sum) = (Some(&mut matrix), None);
        for block in &mut self.blocks {
            block.complete();
            block.refresh();
            let BlockObjective { tables, discrepancy, weight, implied, .. } = block;
            let mut add = |form: Form<'_>| {
                let sum = sum.get_or_insert_with(|| UpperSum::new(room.take().expect("there is one sum"), q));
                add_form(tables, form, *weight, sum);
            };
            let available = discrepancy.gradient_covariance(&implied.cov, &mut add);
            if let Some(sum) = &mut sum {
                tables.flush(sum);
            }
            if !available {
                return None;
            }
        }
        sum.is_some().then(|| {
            symmetrize_from_upper(&mut matrix);
            matrix
        })
    }

    /// Exact second derivatives with respect to theta at the last point; `None` where they are not available.
    pub(crate) fn exact(&mut self) -> Option<&Array2<f64>> {
        self.complete();
        let available = self.add_exact();
        symmetrize_from_upper(&mut self.matrix);
        available.then_some(&self.matrix)
    }

    /// The upper triangle of [`ModelObjective::exact`]; whether it is available.
    fn add_exact(&mut self) -> bool {
        self.held = Held::Nothing;
        let mut sum = UpperSum::new(&mut self.matrix, self.theta.len());
        for block in &mut self.blocks {
            block.refresh_slopes();
            let BlockObjective { tables, discrepancy, weight, implied, .. } = block;
            // A form first: it may reach the whole triangle.
            let available = discrepancy.exact(&mut |form| add_form(tables, form, *weight, &mut sum));
            tables.add_curvature(implied, *weight, &mut sum);
            tables.flush(&mut sum);
            if !available {
                return false;
            }
        }
        true
    }

    /// Exact second derivatives at the last point but for the curvature of the model, which the residuals make small; `None`
    /// where they are not available.
    pub(crate) fn exact_without_curvature(&mut self) -> Option<&Array2<f64>> {
        self.complete();
        self.held = Held::Nothing;
        let mut sum = UpperSum::new(&mut self.matrix, self.theta.len());
        for block in &mut self.blocks {
            block.refresh_slopes();
            let BlockObjective { tables, discrepancy, weight, .. } = block;
            let available = discrepancy.exact(&mut |form| add_form(tables, form, *weight, &mut sum));
            tables.flush(&mut sum);
            if !available {
                return None;
            }
        }
        symmetrize_from_upper(&mut self.matrix);
        Some(&self.matrix)
    }

    /// Expected second derivatives under the normal-theory weights of some inverse covariance matrices, one for each block.
    pub(crate) fn normal_theory(&mut self, inverses: &[Array2<f64>]) -> &Array2<f64> {
        self.complete();
        self.held = Held::Nothing;
        let mut sum = UpperSum::new(&mut self.matrix, self.theta.len());
        for (block, inverse) in self.blocks.iter_mut().zip(inverses) {
            block.refresh();
            let BlockObjective { model, tables, weight, .. } = block;
            add_form(tables, Form::Cov { weight: 1.0, v: inverse }, *weight, &mut sum);
            if model.has_means {
                add_form(tables, Form::Mean { weight: 2.0, u: inverse }, *weight, &mut sum);
            }
            tables.flush(&mut sum);
        }
        symmetrize_from_upper(&mut self.matrix);
        &self.matrix
    }
}

/// Adds a form to a sum.
fn add_form(tables: &mut Tables, form: Form<'_>, block_weight: f64, sum: &mut UpperSum<'_>) {
    match form {
        Form::Cov { weight, v } => tables.add_cov_form(v, weight * block_weight, sum),
        Form::LowRank { weight, u, scores } => {
            tables.add_low_rank_form(u, scores, weight * block_weight, sum);
        }
        Form::Slope { weight } => tables.add_slope_form(weight * block_weight, sum),
        Form::Mean { weight, u } => tables.add_mean_form(u, weight * block_weight, sum),
        Form::Cross { weight, v, b } => tables.add_cross_form(v, b, weight * block_weight, sum),
        Form::Weighted { weight, stacking, v } => {
            tables.add_weighted_form(stacking, v, weight * block_weight, sum);
        }
        Form::Sampling { weight, stacking, v, cov } => {
            tables.add_sampling_form(stacking, v, cov, weight * block_weight, sum);
        }
    }
}

impl Objective for ModelObjective {
    fn dimension(&self) -> usize {
        self.reparametrisation.n_free()
    }

    fn value(&mut self, z: &[f64]) -> Result<f64, Infeasible> {
        self.move_to(z)
    }

    fn gradient(&mut self, z: &[f64], gradient: &mut [f64]) -> Result<(), Infeasible> {
        self.move_to(z)?;
        self.parameter_gradient();
        self.reparametrisation.pull_gradient(&self.gradient, gradient);
        Ok(())
    }

    fn metric(&mut self) -> &Array2<f64> {
        if self.held == Held::Nothing {
            if self.add_forms(|discrepancy, visit| discrepancy.metric(visit)) {
                self.held = Held::Metric;
            } else {
                self.add_expected();
            }
        }
        self.reparametrisation.pull_upper(&mut self.matrix, &mut self.pulled)
    }

    fn hessian(&mut self) -> Option<&Array2<f64>> {
        let available = self.add_exact();
        available.then(|| self.reparametrisation.pull_upper(&mut self.matrix, &mut self.pulled))
    }

    fn magnitude(&self) -> f64 {
        self.blocks.iter().map(|block| block.weight * block.discrepancy.magnitude()).sum()
    }
}

#[cfg(test)]
mod tests;
