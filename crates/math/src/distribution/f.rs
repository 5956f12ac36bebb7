//! The F distribution, with real degrees of freedom.

use super::incomplete_beta::{power_over_beta, regularised};
use super::{is_positive, positive_quantile};

/// Density at x > 0: u^(df1/2) v^(df2/2) / (x B(df1/2, df2/2)), u = df1 x/(df1 x + df2), v = 1 - u.
pub fn pdf(x: f64, df1: f64, df2: f64) -> Option<f64> {
    if !(is_positive(df1) && is_positive(df2) && x > 0.0) {
        return None;
    }
    let (u, v) = shares(x, df1, df2)?;
    Some(power_over_beta(0.5 * df1, 0.5 * df2, u, v) / x)
}

/// df1 x / (df1 x + df2) and its complement; `None` when x is too large for the sum.
fn shares(x: f64, df1: f64, df2: f64) -> Option<(f64, f64)> {
    let total = df1 * x + df2;
    total.is_finite().then(|| (df1 * x / total, df2 / total))
}

/// Probability of a value up to x: I_u(df1/2, df2/2); 0 for x <= 0.
pub fn cdf(x: f64, df1: f64, df2: f64) -> Option<f64> {
    (is_positive(df1) && is_positive(df2) && !x.is_nan()).then(|| below(x, df1, df2))
}

/// Probability of a value above x, accurate in the tail: I_v(df2/2, df1/2).
pub fn sf(x: f64, df1: f64, df2: f64) -> Option<f64> {
    (is_positive(df1) && is_positive(df2) && !x.is_nan()).then(|| above(x, df1, df2))
}

/// The x with cdf(x) = probability; `None` unless probability is in (0, 1) and both df positive and finite.
pub fn quantile(probability: f64, df1: f64, df2: f64) -> Option<f64> {
    if !is_positive(df1) || !is_positive(df2) {
        return None;
    }
    positive_quantile(probability, 1.0 - probability, 1.0, |x| below(x, df1, df2), |x| above(x, df1, df2))
}

fn below(x: f64, df1: f64, df2: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    shares(x, df1, df2).map_or(1.0, |(u, v)| regularised(0.5 * df1, 0.5 * df2, u, v))
}

fn above(x: f64, df1: f64, df2: f64) -> f64 {
    if x <= 0.0 {
        return 1.0;
    }
    shares(x, df1, df2).map_or(0.0, |(u, v)| regularised(0.5 * df2, 0.5 * df1, v, u))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::distribution::student_t;
    use proptest::prelude::*;

    #[test]
    fn outside_the_domain_there_is_nothing() {
        assert_eq!(sf(1.0, 0.0, 2.0), None);
        assert_eq!(sf(1.0, 2.0, -2.0), None);
        assert_eq!(quantile(1.5, 2.0, 2.0), None);
        assert_eq!(sf(-1.0, 2.0, 2.0), Some(1.0));
        assert_eq!(cdf(f64::INFINITY, 2.0, 2.0), Some(1.0));
    }

    proptest! {
        #[test]
        fn one_numerator_df_is_a_squared_t(t in 0.01..20.0_f64, df in 0.8..400.0_f64) {
            let two_sided = student_t::two_sided(t, df).unwrap();
            prop_assert!((sf(t * t, 1.0, df).unwrap() / two_sided - 1.0).abs() < 1e-10);
        }

        #[test]
        fn quantile_inverts(df1 in 0.5..400.0_f64, df2 in 0.5..400.0_f64, p in 0.001..0.999_f64) {
            let x = quantile(p, df1, df2).unwrap();
            prop_assert!((cdf(x, df1, df2).unwrap() / p - 1.0).abs() < 1e-10);
        }
    }
}
