//! The regularised incomplete beta function.

use std::f64::consts::TAU;

use super::incomplete_gamma::{deviance, stirling_error};

/// Of the order of sqrt(max(a, b)) terms are needed.
const MAX_TERMS: usize = 100_000;

/// I_x(a, b) with y = 1 - x given by itself, so that neither end loses digits; a, b > 0.
///
/// Legendre's continued fraction on the side of the mean where it converges fast; its factor x^a y^b / B(a, b) by the
/// saddle-point form of the binomial probability (Loader, C., 2000), in which no large numbers cancel.
pub(super) fn regularised(a: f64, b: f64, x: f64, y: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if y <= 0.0 {
        return 1.0;
    }
    let factor = power_over_beta(a, b, x, y);
    if x < (a + 1.0) / (a + b + 2.0) {
        factor / denominator(a, b, x, y)
    } else {
        1.0 - factor / denominator(b, a, y, x)
    }
}

/// x^a y^b / B(a, b), y = 1 - x.
pub(super) fn power_over_beta(a: f64, b: f64, x: f64, y: f64) -> f64 {
    let n = a + b;
    let exponent = stirling_error(n) - stirling_error(a) - stirling_error(b) - deviance(a, n * x) - deviance(b, n * y);
    exponent.exp() * (a * b / (TAU * n)).sqrt()
}

/// The denominator b0 + a1/(b1 + a2/(b2 + ...)) of I_x(a, b) = x^a y^b / B(a, b) / (...), by the modified Lentz method.
///
/// Source: DiDonato, A. R., & Morris, A. H. (1992). ACM TOMS 18, 360-373, equation 12 (its b_n without a difference of
/// nearly equal numbers, because y is given).
fn denominator(a: f64, b: f64, x: f64, y: f64) -> f64 {
    let centre = a * y - b * x + 1.0;
    let mut fraction = a * centre / (a + 1.0);
    let mut c = fraction;
    let mut d = 0.0;
    for step in 1..MAX_TERMS {
        let m = step as f64;
        let before = a + 2.0 * m - 1.0;
        let numerator = (a + m - 1.0) / before * ((a + b + m - 1.0) / before) * m * (b - m) * x * x;
        let partial = m + m * (b - m) * x / before + (a + m) * (centre + m * (1.0 + y)) / (a + 2.0 * m + 1.0);
        d = (partial + numerator * d).recip();
        c = partial + numerator / c;
        let factor = c * d;
        fraction *= factor;
        if (factor - 1.0).abs() < 1e-16 {
            break;
        }
    }
    fraction
}
