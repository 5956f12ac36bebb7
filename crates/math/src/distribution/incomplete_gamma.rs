//! The incomplete gamma function in a form that neither cancels nor underflows.
//!
//! With t(a, y) = y^a e^-y / Gamma(a + 1), the lower and upper regularised functions are P = t * lower_ratio and
//! Q = t * upper_ratio. The ratios stay of moderate size where P or Q underflow, and the recurrences of the noncentral
//! chi-square run on them.

use std::f64::consts::{LN_2, PI, TAU};

/// Enough for a of 1e8; the loops need of the order of sqrt(a) terms.
const MAX_TERMS: usize = 1_000_000;

/// Above it the parts of a continued fraction are made smaller, so that their products are numbers still.
const LARGE: f64 = 1e100;

/// t(a, y) = y^a e^-y / Gamma(a + 1), the Poisson probability of a at mean y when a is whole; a >= 0, y >= 0.
///
/// By the saddle-point form exp(-delta(a) - D(a, y)) / sqrt(2 pi a), in which no large numbers cancel.
/// Source: Loader, C. (2000). Fast and accurate computation of binomial probabilities.
pub(super) fn poisson_term(a: f64, y: f64) -> f64 {
    if a == 0.0 {
        return (-y).exp();
    }
    if y == 0.0 {
        return 0.0;
    }
    (-stirling_error(a) - deviance(a, y)).exp() / (TAU * a).sqrt()
}

/// ln Gamma(z + 1) minus Stirling's approximation of it, z > 0.
pub(super) fn stirling_error(z: f64) -> f64 {
    if z < 16.0 {
        return libm::lgamma(z + 1.0) - (z + 0.5) * z.ln() + z - 0.5 * (LN_2 + PI.ln());
    }
    let inverse_square = (z * z).recip();
    (1.0 / 12.0
        - inverse_square
            * (1.0 / 360.0
                - inverse_square * (1.0 / 1260.0 - inverse_square * (1.0 / 1680.0 - inverse_square / 1188.0))))
        / z
}

/// D(z, mean) = z ln(z / mean) + mean - z, accurate when z is close to the mean.
pub(super) fn deviance(z: f64, mean: f64) -> f64 {
    let difference = z - mean;
    if difference.abs() >= 0.1 * (z + mean) {
        return z * (z / mean).ln() - difference;
    }
    // z ln(z / mean) = 2 z atanh(v); its first term and -difference combine to difference * v.
    let v = difference / (z + mean);
    let square = v * v;
    let mut power = 2.0 * z * v * square;
    let mut sum = difference * v;
    let mut odd = 3.0;
    loop {
        let next = sum + power / odd;
        if next == sum {
            return sum;
        }
        sum = next;
        power *= square;
        odd += 2.0;
    }
}

/// P(a, y) / t(a, y) = 1 + y/(a+1) + y^2/((a+1)(a+2)) + ..., meant for y < a + 1.
pub(super) fn lower_ratio(a: f64, y: f64) -> f64 {
    let mut term = 1.0;
    let mut sum = 1.0;
    for step in 1..MAX_TERMS {
        term *= y / (a + step as f64);
        sum += term;
        if term < sum * 1e-17 {
            break;
        }
    }
    sum
}

/// Q(a, y) / t(a, y), meant for y > 0 that is not much below a: Legendre's continued fraction for y > a + 1, the complement of
/// [`lower_ratio`] otherwise.
///
/// With b(i) = y + 1 - a + 2 i and c(i) = i (a - i) / (b(i) b(i-1)) it is a / b(0) / (1 + c(1) / (1 + c(2) / (1 + ...))). Cut off at c(i)
/// the fraction is A(i) / B(i), A(i) = A(i-1) + c(i) A(i-2) and B alike, and the last step has changed it by plus or minus
/// c(1) ... c(i) / (B(i) B(i-1)).
pub(super) fn upper_ratio(a: f64, y: f64) -> f64 {
    if y <= a + 1.0 {
        return poisson_term(a, y).recip() - lower_ratio(a, y);
    }
    let first = y + 1.0 - a;
    let (mut inverse, mut change) = (first.recip(), 1.0_f64);
    let ([mut top, mut bottom], [mut next_top, mut next_bottom]) = ([0.0, 1.0], [1.0, 1.0]);
    for step in 1..MAX_TERMS {
        let i = step as f64;
        let own = (first + 2.0 * i).recip();
        let factor = i * (a - i) * (own * inverse);
        inverse = own;
        change *= factor;
        let new = [next_top + factor * top, next_bottom + factor * bottom];
        ([top, bottom], [next_top, next_bottom]) = ([next_top, next_bottom], new);
        if change.abs() <= 1e-16 * (next_top * bottom) {
            break;
        }
        // What counts are ratios.
        if next_bottom > LARGE {
            let scale = next_bottom.recip();
            change *= scale * scale;
            [top, bottom, next_top, next_bottom] = [top, bottom, next_top, next_bottom].map(|number| number * scale);
        }
    }
    a * next_top / (next_bottom * first)
}

/// Regularised lower incomplete gamma function P(a, y), a > 0, y >= 0.
pub(super) fn lower(a: f64, y: f64) -> f64 {
    lower_of(poisson_term(a, y), a, y)
}

/// P(a, y) from t(a, y).
pub(super) fn lower_of(term: f64, a: f64, y: f64) -> f64 {
    if y < a + 1.0 { term * lower_ratio(a, y) } else { 1.0 - term * upper_ratio(a, y) }
}

/// Regularised upper incomplete gamma function Q(a, y) = 1 - P(a, y), a > 0, y >= 0.
pub(super) fn upper(a: f64, y: f64) -> f64 {
    upper_of(poisson_term(a, y), a, y)
}

/// Q(a, y) from t(a, y).
pub(super) fn upper_of(term: f64, a: f64, y: f64) -> f64 {
    if y < a + 1.0 { 1.0 - term * lower_ratio(a, y) } else { term * upper_ratio(a, y) }
}
