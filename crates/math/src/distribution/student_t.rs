//! Student's t distribution, with real degrees of freedom.

use super::incomplete_beta::{power_over_beta, regularised};
use super::{is_positive, positive_quantile};

/// Density: (1 + x^2/df)^(-(df + 1)/2) / (sqrt(df) B(df/2, 1/2)).
pub fn pdf(x: f64, df: f64) -> Option<f64> {
    (is_positive(df) && !x.is_nan()).then(|| {
        // At v = 1/(df + 1), which is the mode of the beta factor, u^(df/2) v^(1/2) / B(df/2, 1/2) has no large exponent.
        let inverse_beta = power_over_beta(0.5 * df, 0.5, df / (df + 1.0), 1.0 / (df + 1.0))
            * (0.5 * df * df.recip().ln_1p()).exp()
            * (df + 1.0).sqrt();
        inverse_beta * (-0.5 * (df + 1.0) * (x * x / df).ln_1p()).exp() / df.sqrt()
    })
}

/// Probability of a value up to x.
pub fn cdf(x: f64, df: f64) -> Option<f64> {
    sf(-x, df)
}

/// Probability of a value above x, accurate in the tail: half of I_{df/(df + x^2)}(df/2, 1/2) for x > 0.
pub fn sf(x: f64, df: f64) -> Option<f64> {
    if !is_positive(df) || x.is_nan() {
        return None;
    }
    let outside = 0.5 * outside(x * x, df);
    Some(if x > 0.0 { outside } else { 1.0 - outside })
}

/// The two-sided p-value of a t statistic.
pub fn two_sided(t: f64, df: f64) -> Option<f64> {
    (is_positive(df) && !t.is_nan()).then(|| outside(t * t, df))
}

/// The x with cdf(x) = probability; `None` unless probability is in (0, 1) and df positive and finite.
pub fn quantile(probability: f64, df: f64) -> Option<f64> {
    if !(is_positive(df) && probability > 0.0 && probability < 1.0) {
        return None;
    }
    if probability == 0.5 {
        return Some(0.0);
    }
    let above = 2.0 * probability.min(1.0 - probability);
    let square = positive_quantile(1.0 - above, above, 1.0, |square| within(square, df), |square| outside(square, df))?;
    Some(square.sqrt().copysign(probability - 0.5))
}

/// P(T^2 > square).
fn outside(square: f64, df: f64) -> f64 {
    let total = df + square;
    if total.is_finite() { regularised(0.5 * df, 0.5, df / total, square / total) } else { 0.0 }
}

/// P(T^2 <= square).
fn within(square: f64, df: f64) -> f64 {
    let total = df + square;
    if total.is_finite() { regularised(0.5, 0.5 * df, square / total, df / total) } else { 1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn cauchy_and_domain() {
        assert!((sf(1.0, 1.0).unwrap() - 0.25).abs() < 1e-15);
        assert!((quantile(0.75, 1.0).unwrap() - 1.0).abs() < 1e-13);
        assert_eq!(quantile(0.5, 7.0), Some(0.0));
        assert_eq!(sf(1.0, 0.0), None);
        assert_eq!(sf(f64::NAN, 1.0), None);
        assert_eq!(sf(f64::INFINITY, 2.0), Some(0.0));
        assert_eq!(cdf(f64::INFINITY, 2.0), Some(1.0));
        assert_eq!(quantile(0.0, 2.0), None);
    }

    proptest! {
        #[test]
        fn quantile_inverts(df in 0.8..5000.0_f64, p in 1e-8..0.499_f64) {
            let x = quantile(p, df).unwrap();
            prop_assert!((cdf(x, df).unwrap() / p - 1.0).abs() < 1e-10);
            let mirrored = quantile(1.0 - p, df).unwrap();
            prop_assert!((mirrored + x).abs() < 1e-6 * x.abs());
        }

        #[test]
        fn density_is_the_derivative(df in 0.8..300.0_f64, x in -6.0..6.0_f64) {
            let slope = (cdf(x + 1e-5, df).unwrap() - cdf(x - 1e-5, df).unwrap()) / 2e-5;
            prop_assert!((slope - pdf(x, df).unwrap()).abs() < 1e-8);
        }
    }
}
