//! Roots of functions of one variable.

use thiserror::Error;

/// When the search for a root stops.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RootSettings {
    /// Half the width of the final bracket, in the units of x; the resolution of `f64` at x is always added. Default 0.
    pub absolute_tolerance: f64,
    /// Evaluations before giving up. Default 200.
    pub max_evaluations: usize,
}

impl Default for RootSettings {
    fn default() -> Self {
        Self { absolute_tolerance: 0.0, max_evaluations: 200 }
    }
}

/// Why no root was found.
#[derive(Debug, Clone, Copy, PartialEq, Error)]
pub enum RootError {
    /// The function has the same sign at both ends.
    #[error("the function does not change sign between {lower} (value {at_lower}) and {upper} (value {at_upper})")]
    NotBracketed {
        /// Lower end.
        lower: f64,
        /// Upper end.
        upper: f64,
        /// Value at the lower end.
        at_lower: f64,
        /// Value at the upper end.
        at_upper: f64,
    },
    /// The function (or an end of the bracket) is not a finite number.
    #[error("the function has no finite value at {at}")]
    NotFinite {
        /// Where.
        at: f64,
    },
    /// The evaluations ran out.
    #[error("no root to the tolerance after {evaluations} evaluations; the last estimate is {best}")]
    EvaluationsExhausted {
        /// Evaluations made.
        evaluations: usize,
        /// Last estimate.
        best: f64,
    },
}

/// A root of a continuous function in a bracket, by Brent's method.
///
/// Inverse quadratic interpolation and secant steps, with bisection wherever these do not shrink the bracket: the
/// sign change is never lost. The result differs from a root by at most the tolerance plus 4 eps |x|.
///
/// # Errors
/// [`RootError`]: no sign change, a value that is not finite, or too many evaluations.
///
/// Source: Brent, R. P. (1973). Algorithms for minimization without derivatives, chapter 4.
pub fn find_root(
    mut function: impl FnMut(f64) -> f64,
    lower: f64,
    upper: f64,
    settings: &RootSettings,
) -> Result<f64, RootError> {
    let mut evaluations = 0;
    let mut evaluate = |x: f64| -> Result<f64, RootError> {
        evaluations += 1;
        if evaluations > settings.max_evaluations {
            return Err(RootError::EvaluationsExhausted { evaluations: settings.max_evaluations, best: x });
        }
        let value = if x.is_finite() { function(x) } else { f64::NAN };
        if value.is_finite() { Ok(value) } else { Err(RootError::NotFinite { at: x }) }
    };

    // `best` is the latest estimate, `opposite` the end of the bracket with the other sign, `previous` the estimate before.
    let (mut previous, mut best) = (lower, upper);
    let (mut at_previous, mut at_best) = (evaluate(previous)?, evaluate(best)?);
    if at_previous == 0.0 {
        return Ok(previous);
    }
    if at_best == 0.0 {
        return Ok(best);
    }
    if at_previous.signum() == at_best.signum() {
        return Err(RootError::NotBracketed { lower, upper, at_lower: at_previous, at_upper: at_best });
    }
    let (mut opposite, mut at_opposite) = (previous, at_previous);
    let mut step = best - previous;
    let mut step_before = step;
    loop {
        if at_opposite.abs() < at_best.abs() {
            (previous, at_previous) = (best, at_best);
            (best, at_best) = (opposite, at_opposite);
            (opposite, at_opposite) = (previous, at_previous);
        }
        let tolerance = 2.0 * f64::EPSILON * best.abs() + 0.5 * settings.absolute_tolerance;
        let half = 0.5 * (opposite - best);
        if half.abs() <= tolerance || at_best == 0.0 {
            return Ok(best);
        }
        let interpolated = interpolate((previous, at_previous), (best, at_best), (opposite, at_opposite));
        let acceptable = step_before.abs() >= tolerance
            && at_previous.abs() > at_best.abs()
            && interpolated.is_finite()
            && interpolated * half > 0.0
            && interpolated.abs() < 1.5 * half.abs() - 0.5 * tolerance
            && interpolated.abs() < 0.5 * step_before.abs();
        (step_before, step) = if acceptable { (step, interpolated) } else { (half, half) };
        (previous, at_previous) = (best, at_best);
        best += if step.abs() > tolerance { step } else { tolerance.copysign(half) };
        at_best = evaluate(best)?;
        if at_best.signum() == at_opposite.signum() {
            (opposite, at_opposite) = (previous, at_previous);
            step = best - previous;
            step_before = step;
        }
    }
}

/// The step from `best` to the zero of the interpolant through the points: linear through two points when the third
/// coincides with one of them, otherwise inverse quadratic.
fn interpolate(previous: (f64, f64), best: (f64, f64), opposite: (f64, f64)) -> f64 {
    let ratio = best.1 / previous.1;
    if previous.0 == opposite.0 {
        return (opposite.0 - best.0) * ratio / (ratio - 1.0);
    }
    let (q, r) = (previous.1 / opposite.1, best.1 / opposite.1);
    let numerator = ratio * ((opposite.0 - best.0) * q * (q - r) - (best.0 - previous.0) * (r - 1.0));
    -numerator / ((q - 1.0) * (r - 1.0) * (ratio - 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn finds_roots_to_the_resolution_of_the_number() {
        let settings = RootSettings::default();
        let root = find_root(|x| x * x - 2.0, 0.0, 2.0, &settings).unwrap();
        assert!((root - 2.0_f64.sqrt()).abs() < 1e-15);
        let root = find_root(|x| x.exp() - 1e-9, -40.0, 5.0, &settings).unwrap();
        assert!((root - 1e-9_f64.ln()).abs() < 1e-13);
        // A flat root, where interpolation is of little use.
        let root = find_root(|x| (x - 0.25).powi(9), -1.0, 3.0, &settings).unwrap();
        assert!((root - 0.25).abs() < 1e-2);
    }

    #[test]
    fn interpolation_is_exact_on_lines_and_sideways_parabolas() {
        assert!((interpolate((0.0, -2.0), (1.0, 1.0), (0.0, -2.0)) + 1.0 / 3.0).abs() < 1e-15);
        // x = (y - 1)^2 passes through y = -1, 2.5, 4 at x = 4, 2.25, 9; its zero crossing y = 0 is at x = 1.
        let step = interpolate((4.0, -1.0), (2.25, 2.5), (9.0, 4.0));
        assert!((2.25 + step - 1.0).abs() < 1e-14);
    }

    #[test]
    fn failures_are_typed() {
        let settings = RootSettings::default();
        assert!(matches!(find_root(|x| x * x + 1.0, -1.0, 1.0, &settings), Err(RootError::NotBracketed { .. })));
        assert!(matches!(
            find_root(f64::ln, -1.0, 2.0, &settings),
            Err(RootError::NotFinite { at }) if at == -1.0
        ));
        let few = RootSettings { max_evaluations: 5, ..settings };
        assert!(matches!(
            find_root(|x| x.powi(3) - 0.1, -5.0, 9.0, &few),
            Err(RootError::EvaluationsExhausted { evaluations: 5, .. })
        ));
    }

    proptest! {
        #[test]
        fn cubic_roots_are_found_quickly(root in -50.0..50.0_f64, slope in 0.01..10.0_f64) {
            let mut calls = 0;
            let found = find_root(
                |x| { calls += 1; (x - root) * (slope + (x - root).powi(2)) },
                -101.0, 117.0, &RootSettings::default(),
            ).unwrap();
            prop_assert!((found - root).abs() <= 1e-13 * root.abs().max(1.0));
            prop_assert!(calls < 60, "{calls} evaluations");
        }
    }
}
