//! The standard normal distribution.

mod erfc;

use std::f64::consts::{FRAC_1_SQRT_2, SQRT_2, TAU};

use erfc::erfc;

/// Density phi(x) = exp(-x^2 / 2) / sqrt(2 pi).
pub fn pdf(x: f64) -> f64 {
    (-0.5 * x * x).exp() / TAU.sqrt()
}

/// Phi(x), the probability of a value up to x.
pub fn cdf(x: f64) -> f64 {
    0.5 * erfc(-x * FRAC_1_SQRT_2)
}

/// 1 - Phi(x), with full relative accuracy down to the smallest numbers.
pub fn sf(x: f64) -> f64 {
    0.5 * erfc(x * FRAC_1_SQRT_2)
}

/// The two-sided p-value of a z statistic, 2 (1 - Phi(|z|)).
pub fn two_sided(z: f64) -> f64 {
    erfc(z.abs() * FRAC_1_SQRT_2)
}

/// The x with Phi(x) = probability; `None` outside (0, 1).
pub fn quantile(probability: f64) -> Option<f64> {
    (probability > 0.0 && probability < 1.0).then(|| -SQRT_2 * statrs::function::erf::erfc_inv(2.0 * probability))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantile_inverts_the_tail_and_refuses_the_rest() {
        assert_eq!(quantile(0.5), Some(0.0));
        for z in [-37.0, -8.0, -1.959_963_984_540_054, 0.3, 3.0] {
            let back = quantile(cdf(z)).unwrap();
            assert!((back - z).abs() < 1e-13 * z.abs(), "{z} {back}");
        }
        for outside in [0.0, 1.0, -0.1, 1.1, f64::NAN] {
            assert_eq!(quantile(outside), None);
        }
    }

    #[test]
    fn tails_add_up() {
        for z in [-3.0, 0.0, 0.1, 2.5] {
            assert!((cdf(z) + sf(z) - 1.0).abs() < 1e-15);
            assert!((two_sided(z) - 2.0 * sf(z.abs())).abs() < 1e-15);
        }
    }
}
