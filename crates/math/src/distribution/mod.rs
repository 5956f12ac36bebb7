//! Probability distributions: `cdf`, `sf` (upper tail, accurate where 1 - cdf is not), `pdf` and `quantile`.
//!
//! Every distribution is a module of free functions. Functions of a distribution with parameters give `None` when an
//! argument is outside its domain (degrees of freedom that are not positive and finite, a probability outside
//! (0, 1), a value that is NaN) and a number otherwise; no function gives NaN.

pub mod chi_squared;
pub mod f;
mod incomplete_beta;
mod incomplete_gamma;
pub mod noncentral_chi_squared;
pub mod normal;
pub mod student_t;

use crate::root::{RootSettings, find_root};

/// The quantile of a distribution on the positive axis, found on the scale of ln x so that the smallest quantiles
/// have full relative accuracy.
///
/// `lower` and `upper` are the probabilities on both sides of the quantile (their sum is 1); the smaller one is
/// matched, with `cdf` or `sf`. `start` is any positive number near the bulk of the distribution.
fn positive_quantile(
    lower: f64,
    upper: f64,
    start: f64,
    cdf: impl Fn(f64) -> f64,
    sf: impl Fn(f64) -> f64,
) -> Option<f64> {
    // One of them may have been rounded to 1.
    if !(lower > 0.0 && upper > 0.0) {
        return None;
    }
    let log = |probability: f64| probability.max(f64::MIN_POSITIVE).ln();
    // Increasing in ln x in both cases.
    let excess = |ln_x: f64| {
        if lower <= upper { log(cdf(ln_x.exp())) - log(lower) } else { log(upper) - log(sf(ln_x.exp())) }
    };
    let centre = start.ln();
    let (smallest, largest) = (f64::MIN_POSITIVE.ln(), f64::MAX.ln());
    let (mut left, mut right) = (centre, centre);
    let mut width = 0.5;
    while excess(left) > 0.0 {
        if left <= smallest {
            return None;
        }
        left = (left - width).max(smallest);
        width *= 2.0;
    }
    width = 0.5;
    while excess(right) < 0.0 {
        if right >= largest {
            return None;
        }
        right = (right + width).min(largest);
        width *= 2.0;
    }
    if left == right {
        return Some(start);
    }
    find_root(excess, left, right, &RootSettings::default()).ok().map(f64::exp)
}

/// Whether degrees of freedom are usable.
fn is_positive(value: f64) -> bool {
    value > 0.0 && value.is_finite()
}
