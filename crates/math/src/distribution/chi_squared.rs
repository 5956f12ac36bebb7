//! The central chi-square distribution, with real degrees of freedom.

use super::incomplete_gamma::{lower, lower_of, poisson_term, upper, upper_of};
use super::{is_positive, normal, positive_quantile};

/// Density at x > 0: (x/2)^(df/2 - 1) exp(-x/2) / (2 Gamma(df/2)).
pub fn pdf(x: f64, df: f64) -> Option<f64> {
    (is_positive(df) && x > 0.0)
        .then(|| poisson_term(0.5 * df, 0.5 * x) * 0.5 * df / x)
        .filter(|density| density.is_finite())
}

/// Probability of a value up to x: P(df/2, x/2), the regularised lower incomplete gamma function; 0 for x <= 0.
///
/// `None` unless df is positive and finite.
pub fn cdf(x: f64, df: f64) -> Option<f64> {
    (is_positive(df) && !x.is_nan()).then(|| if x == f64::INFINITY { 1.0 } else { lower(0.5 * df, 0.5 * x.max(0.0)) })
}

/// Probability of a value above x: Q(df/2, x/2), with full relative accuracy in the tail; 1 for x <= 0.
///
/// `None` unless df is positive and finite.
pub fn sf(x: f64, df: f64) -> Option<f64> {
    (is_positive(df) && !x.is_nan()).then(|| if x == f64::INFINITY { 0.0 } else { upper(0.5 * df, 0.5 * x.max(0.0)) })
}

/// The x with cdf(x) = probability; `None` unless probability is in (0, 1) and df positive and finite.
pub fn quantile(probability: f64, df: f64) -> Option<f64> {
    from_tails(probability, 1.0 - probability, df)
}

/// The x with sf(x) = probability, exact for small probabilities, where `quantile(1 - probability, df)` is not.
pub fn upper_quantile(probability: f64, df: f64) -> Option<f64> {
    from_tails(1.0 - probability, probability, df)
}

fn from_tails(lower_tail: f64, upper_tail: f64, df: f64) -> Option<f64> {
    if !is_positive(df) {
        return None;
    }
    halley(lower_tail, upper_tail, df).or_else(|| {
        positive_quantile(lower_tail, upper_tail, df, |x| lower(0.5 * df, 0.5 * x), |x| upper(0.5 * df, 0.5 * x))
    })
}

/// Steps of Halley's that a quantile may take; most take two or three.
const MAX_STEPS: usize = 12;

/// The length on the scale of ln x, as a share of the scale on which the tail changes, of a step that is the last one needed, as
/// each cubes the error.
const SMALL_STEP: f64 = 1e-4;

/// The quantile by Halley's method for the logarithm of the smaller tail on the scale of u = ln x; `None` where that does not settle.
///
/// With g(u) the logarithm, f the density of u and T the tail: g' = f / T (-f / T from the right), g'' / g' = (df - x) / 2 - g'.
fn halley(lower_tail: f64, upper_tail: f64, df: f64) -> Option<f64> {
    let from_left = lower_tail <= upper_tail;
    let target = if from_left { lower_tail } else { upper_tail };
    let z = if from_left { 1.0 } else { -1.0 } * normal::quantile(target)?;
    let shape = 0.5 * df;
    let mut y = 0.5 * approximate_quantile(z, df);
    for _ in 0..MAX_STEPS {
        if !(y > 0.0 && y.is_finite()) {
            return None;
        }
        // x times the density is df/2 times the Poisson term.
        let term = poisson_term(shape, y);
        let density = shape * term;
        let tail = if from_left { lower_of(term, shape, y) } else { upper_of(term, shape, y) };
        let slope = if from_left { density } else { -density } / tail;
        let curvature = shape - y - slope;
        let step = halley_step((target / tail).ln() / slope, curvature);
        y *= step.exp();
        if (step * curvature.abs().max(1.0)).abs() <= SMALL_STEP {
            return Some(2.0 * y);
        }
    }
    None
}

/// About the quantile of which z is that of the normal distribution: by the cube of a normal variable that has about the distribution of
/// x / df and, where the series serves, the next two terms of the expansion by Cornish and Fisher less those that the cube has.
///
/// Sources: Wilson, E. B., & Hilferty, M. M. (1931). Proceedings of the National Academy of Sciences 17, 684-688; Goldberg, H., & Levine, H.
/// (1946). Annals of Mathematical Statistics 17, 216-225.
fn approximate_quantile(z: f64, df: f64) -> f64 {
    let (square, variance) = (z * z, 2.0 / (9.0 * df));
    let cube = df * (1.0 - variance + z * variance.sqrt()).powi(3);
    if square > df {
        return cube;
    }
    cube + z * (3.0 - square) * variance.sqrt() / 18.0 + ((46.0 - 6.0 * square) * square - 28.0) / (405.0 * df)
}

/// Halley's step to the root of f from that of Newton's, n = -f / f', and c = f'' / f': n / (1 + n c / 2), but never more than twice
/// Newton's, so that it keeps its direction. It cubes the error where Newton's squares it.
///
/// Source: Gander, W. (1985). On Halley's iteration method. American Mathematical Monthly 92, 131-134.
pub(super) fn halley_step(newton: f64, curvature: f64) -> f64 {
    newton / (1.0 + 0.5 * newton * curvature).max(0.5)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn outside_the_domain_there_is_nothing() {
        for df in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert_eq!(sf(1.0, df), None);
            assert_eq!(cdf(1.0, df), None);
            assert_eq!(quantile(0.5, df), None);
        }
        assert_eq!(sf(f64::NAN, 1.0), None);
        assert_eq!(quantile(1.0, 3.0), None);
        assert_eq!(sf(-1.0, 3.0), Some(1.0));
        assert_eq!(cdf(0.0, 3.0), Some(0.0));
    }

    proptest! {
        #[test]
        fn quantile_inverts_both_tails(ln_df in -1.0..9.0_f64, ln_p in -100.0..-0.7_f64) {
            let (df, p) = (ln_df.exp(), ln_p.exp());
            let x = quantile(p, df).unwrap();
            prop_assert!((cdf(x, df).unwrap() / p - 1.0).abs() < 1e-10);
            let x = upper_quantile(p, df).unwrap();
            prop_assert!((sf(x, df).unwrap() / p - 1.0).abs() < 1e-10);
        }

        #[test]
        fn two_degrees_of_freedom_are_exponential(x in 0.0..500.0_f64) {
            prop_assert!((sf(x, 2.0).unwrap() / (-0.5 * x).exp() - 1.0).abs() < 1e-12);
        }

        #[test]
        fn density_is_the_derivative(df in 0.5..200.0_f64, ratio in 0.2..3.0_f64) {
            let x = df * ratio;
            let step = 1e-5 * x;
            let slope = (cdf(x + step, df).unwrap() - cdf(x - step, df).unwrap()) / (2.0 * step);
            prop_assert!((slope - pdf(x, df).unwrap()).abs() < 1e-6 * slope + 1e-9);
        }
    }
}
