//! The minimum of a function of one variable, by argmin's golden section search.

use std::cell::RefCell;

use argmin::core::{CostFunction, Error, Executor};
use argmin::solver::goldensectionsearch::GoldenSectionSearch;

/// Iterations before giving up: the bracket has shrunk to 1e-12 of its length.
const MAX_ITERATIONS: u64 = 60;

struct Function<F>(RefCell<F>);

impl<F: FnMut(f64) -> Option<f64>> CostFunction for Function<F> {
    type Param = f64;
    type Output = f64;

    fn cost(&self, x: &f64) -> Result<f64, Error> {
        Ok((self.0.borrow_mut())(*x).unwrap_or(f64::INFINITY))
    }
}

/// Where between `lower` and `upper` (> `lower`) a function with one minimum is least, up to `precision` relative to x. Where the function has
/// no value (`None`) it counts as infinite.
pub fn golden_section(lower: f64, upper: f64, precision: f64, function: impl FnMut(f64) -> Option<f64>) -> f64 {
    let search = GoldenSectionSearch::new(lower, upper)
        .and_then(|search| search.with_tolerance(precision))
        .expect("the bracket and the precision are positive");
    // The first point of a section of the bracket.
    let first = lower + (upper - lower) * 0.5 * (3.0 - 5.0_f64.sqrt());
    let outcome = Executor::new(Function(RefCell::new(function)), search)
        .configure(|state| state.param(first).max_iters(MAX_ITERATIONS))
        .timer(false)
        .run()
        .expect("a value is given wherever it is asked for");
    outcome.state.param.unwrap_or(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_least_value() {
        assert!((golden_section(-1.0, 1.0, 1e-6, |x| Some((x - 0.3).powi(2))) - 0.3).abs() < 1e-6);
        assert!((golden_section(0.0, 4.0, 1e-8, |x| (x > 1.0).then(|| x - x.ln())) - 1.0).abs() < 1e-6);
        assert!(golden_section(0.0, 1.0, 1e-3, |_| None) <= 1.0);
    }
}
