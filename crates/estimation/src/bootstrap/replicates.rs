//! Replicates over threads.

use latva_math::random::SplitMix64;
use rayon::prelude::*;

use super::refit::{Refit, Refitted};
use super::resample::Population;
use crate::plan::Plan;

/// What samples are drawn for: each purpose has streams of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    StandardErrors = 0,
    Test = 1,
}

/// Refits to samples drawn from a population, `None` for those that failed, by number. Each has a random stream of its own and starts
/// where all start, so that they are the same however many threads share them.
pub(super) fn replicates(
    refit: &Refit<'_>,
    population: &Population<'_>,
    plan: &Plan,
    purpose: Purpose,
) -> Vec<Option<Refitted>> {
    let one = |workspace: &mut Option<_>, index: usize| {
        let mut random = SplitMix64::stream(plan.seed, 2 * index as u64 + purpose as u64);
        refit.fit(workspace.as_mut()?, &population.draw(&mut random)?)
    };
    let in_pool = || (0..plan.bootstrap).into_par_iter().map_init(|| refit.workspace(), one).collect();
    match plan.threads {
        Some(1) => {
            let mut workspace = refit.workspace();
            (0..plan.bootstrap).map(|index| one(&mut workspace, index)).collect()
        }
        Some(threads) => match rayon::ThreadPoolBuilder::new().num_threads(threads).build() {
            Ok(pool) => pool.install(in_pool),
            Err(_) => in_pool(),
        },
        None => in_pool(),
    }
}
