//! Samples drawn from the cases with replacement, group by group, and their moments.

use std::sync::Arc;

use latva_data::Sample;
use latva_math::linalg::{matmul, symmetric_eigen};
use latva_math::random::SplitMix64;
use latva_spec::table::ParTable;
use ndarray::{Array1, Array2, ArrayView2, Axis};

use crate::asymptotic::weight;
use crate::implied::Implied;
use crate::incomplete::{IncompleteRows, saturated};
use crate::observed::{Incomplete, LogDet, Observed, case_rows};
use crate::plan::{Estimator, Plan};
use crate::scaling::SampleScaling;

/// Least eigenvalue, relative to the largest, of a covariance matrix that has an inverse root.
const REGULAR: f64 = 1e-12;

/// The cases of all blocks, to be drawn from.
pub(crate) struct Population<'a> {
    plan: &'a Plan,
    blocks: Vec<Block<'a>>,
}

/// The cases of one block.
struct Block<'a> {
    observed: &'a Observed,
    /// What a covariance with divisor N is multiplied by.
    factor: f64,
    /// n x p, without the location; NaN where missing.
    deviations: Array2<f64>,
    location: Array1<f64>,
}

impl<'a> Population<'a> {
    /// The cases as they are. `None` where there are moments only.
    pub(crate) fn of_cases(
        table: &ParTable,
        sample: &Sample,
        plan: &'a Plan,
        scaling: &SampleScaling,
        observed: &'a [Observed],
    ) -> Option<Self> {
        let blocks = observed.iter().zip(&scaling.moment_factors).enumerate().map(|(block, (observed, &factor))| {
            let mut deviations = case_rows(table, sample, block)?;
            let location = Array1::from_iter(deviations.columns().into_iter().map(|column| {
                let (sum, count) = column
                    .iter()
                    .filter(|value| !value.is_nan())
                    .fold((0.0, 0.0), |(sum, count), value| (sum + value, count + 1.0));
                sum / f64::max(count, 1.0)
            }));
            deviations -= &location;
            Some(Block { observed, factor, deviations: in_order(deviations), location })
        });
        Some(Population { plan, blocks: blocks.collect::<Option<Vec<_>>>()? })
    }

    /// The cases transformed so that their moments are those that the model implies, and nothing else of their distribution
    /// changes: y -> mu + Sigma^1/2 S^-1/2 (y - m), with symmetric roots (Bollen & Stine 1992, eq. 19). `None` for a singular S.
    pub(crate) fn fitting_model(mut self, implied: &[&Implied]) -> Option<Self> {
        for (block, implied) in self.blocks.iter_mut().zip(implied) {
            let to_implied = power(&block.observed.cov, -0.5)?.dot(&power(&implied.cov, 0.5)?);
            block.deviations = in_order(block.deviations.dot(&to_implied));
            if self.plan.meanstructure {
                block.location.assign(&implied.mean);
            }
        }
        Some(self)
    }

    /// The moments of one sample: as many cases of each group as it has. `None` where the weight of least squares does not exist.
    pub(crate) fn draw(&self, random: &mut SplitMix64) -> Option<Vec<Observed>> {
        self.blocks.iter().map(|block| block.draw(random, self.plan)).collect()
    }

    /// The moments of all cases of a block, each once.
    #[cfg(test)]
    pub(super) fn all_of_block(&self, block: usize) -> (Array1<f64>, Array2<f64>) {
        let block = &self.blocks[block];
        block.moments(&(0..block.deviations.nrows()).collect::<Vec<_>>())
    }
}

impl Block<'_> {
    fn draw(&self, random: &mut SplitMix64, plan: &Plan) -> Option<Observed> {
        let n = self.deviations.nrows();
        let chosen: Vec<usize> = (0..n).map(|_| random.below(n)).collect();
        if self.observed.incomplete.is_some() {
            return Some(self.incomplete(&chosen, plan));
        }
        let (mean, cov) = self.moments(&chosen);
        let weight = match plan.estimator {
            Estimator::Wls | Estimator::Dwls => {
                let rows = self.deviations.select(Axis(0), &chosen);
                let fixed = if plan.fixed_x { self.observed.exogenous.as_slice() } else { &[] };
                Some(Arc::new(weight(&rows, None, fixed, plan.meanstructure, plan.estimator).ok()?))
            }
            Estimator::Ml | Estimator::Gls | Estimator::Uls | Estimator::Sls => None,
        };
        Some(Observed {
            n_obs: n as f64,
            cov,
            mean: Some(mean),
            exogenous: self.observed.exogenous.clone(),
            incomplete: None,
            weight,
            log_det: LogDet::new(),
        })
    }

    /// Mean and covariance matrix, the latter with the divisor of the convention, of the chosen cases.
    fn moments(&self, chosen: &[usize]) -> (Array1<f64>, Array2<f64>) {
        let (n, p) = self.deviations.dim();
        let mut counts = vec![0_u32; n];
        chosen.iter().for_each(|&case| counts[case] += 1);
        // Each case that was drawn once, times the root of how often it was, so that the product of the rows with themselves has the sums.
        let mut rows = Vec::with_capacity(n * p);
        let mut mean = Array1::<f64>::zeros(p);
        let sums = mean.as_slice_mut().expect("a vector in standard layout");
        for (case, &count) in self.deviations.outer_iter().zip(&counts).filter(|(_, count)| **count > 0) {
            let (case, count) = (case.to_slice().expect("rows in standard layout"), f64::from(count));
            let root = count.sqrt();
            sums.iter_mut().zip(case).for_each(|(sum, value)| *sum += count * value);
            rows.extend(case.iter().map(|value| root * value));
        }
        let drawn = rows.len() / p.max(1);
        let rows = ArrayView2::from_shape((drawn, p), &rows).expect("whole rows");
        let mut cov = Array2::zeros((p, p));
        matmul(rows.t(), rows, cov.view_mut());
        let divisor = n as f64;
        mean /= divisor;
        for i in 0..p {
            for j in 0..=i {
                let value = (cov[[i, j]] / divisor - mean[i] * mean[j]) * self.factor;
                cov[[i, j]] = value;
                cov[[j, i]] = value;
            }
        }
        mean += &self.location;
        (mean, cov)
    }

    /// The chosen cases by their patterns of missing values. Their unrestricted moments are estimated only where the model takes
    /// some of them for its own, those of exogenous variables.
    fn incomplete(&self, chosen: &[usize], plan: &Plan) -> Observed {
        let mut rows = self.deviations.select(Axis(0), chosen);
        rows += &self.location;
        let rows = Arc::new(IncompleteRows::of(rows.view(), None));
        let mut observed = Observed { incomplete: None, log_det: LogDet::new(), ..self.observed.clone() };
        if plan.fixed_x && !observed.exogenous.is_empty() {
            let unrestricted = saturated(&rows);
            (observed.cov, observed.mean) = (unrestricted.cov, Some(unrestricted.mean));
        }
        observed.incomplete = Some(Incomplete { rows, deviance: None });
        observed
    }
}

/// The same rows, each in one piece of memory.
fn in_order(rows: Array2<f64>) -> Array2<f64> {
    if rows.is_standard_layout() { rows } else { rows.as_standard_layout().into_owned() }
}

/// A^r of a symmetric positive definite matrix.
fn power(a: &Array2<f64>, exponent: f64) -> Option<Array2<f64>> {
    let (values, vectors) = symmetric_eigen(a.view()).ok()?;
    let largest = values.iter().copied().fold(0.0, f64::max);
    if values.iter().any(|&value| !(value > REGULAR * largest)) {
        return None;
    }
    let scaled = &vectors * &values.mapv(|value| value.powf(exponent));
    Some(scaled.dot(&vectors.t()))
}
