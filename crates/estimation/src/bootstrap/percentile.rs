//! Percentile intervals of bootstrap draws.

use latva_math::distribution::normal;

/// The quantile of `sorted` values (R of them, ascending) at the share a: the order statistic (R + 1) a, between two of them by
/// interpolation on the scale of normal quantiles; the first or last one where there are too few.
///
/// Source: Davison, A. C., & Hinkley, D. V. (1997). Bootstrap methods and their application. Cambridge University Press, eq. 5.8.
fn quantile(sorted: &[f64], share: f64) -> Option<f64> {
    let place = (sorted.len() as f64 + 1.0) * share;
    let below = place.floor() as usize;
    if below == 0 {
        return sorted.first().copied();
    }
    let (Some(lower), Some(upper)) = (sorted.get(below - 1), sorted.get(below)) else { return sorted.last().copied() };
    let deviate = |place: f64| normal::quantile(place / (sorted.len() as f64 + 1.0));
    let (from, to) = (deviate(below as f64)?, deviate(below as f64 + 1.0)?);
    Some(lower + (deviate(place)? - from) / (to - from) * (upper - lower))
}

/// The interval of a level such as .95 that leaves out equal shares of the draws on both sides.
pub(super) fn interval(mut draws: Vec<f64>, level: f64) -> Option<(f64, f64)> {
    draws.sort_by(f64::total_cmp);
    let tail = (1.0 - level) / 2.0;
    Some((quantile(&draws, tail)?, quantile(&draws, 1.0 - tail)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R: boot::boot.ci(list(t0 = 0, t = cbind((1:99)^2), R = 99, ...), conf = .95, type = "perc"), places 2.5 and 97.5.
    #[test]
    fn order_statistics_are_interpolated_on_the_normal_scale() {
        let draws: Vec<f64> = (1..=99).rev().map(|value| f64::from(value * value)).collect();
        let (lower, upper) = interval(draws, 0.95).unwrap();
        assert!((lower - 6.711_247_494).abs() < 1e-8 && (upper - 9_498.261_347_726).abs() < 1e-5, "{lower} {upper}");
    }

    #[test]
    fn an_order_statistic_is_taken_as_it_is() {
        let draws: Vec<f64> = (1..=999).map(f64::from).collect();
        assert_eq!(interval(draws, 0.9).map(|(lower, upper)| (lower.round(), upper.round())), Some((50.0, 950.0)));
    }

    #[test]
    fn few_draws_give_their_range() {
        assert_eq!(interval(vec![2.0, 1.0, 3.0], 0.95), Some((1.0, 3.0)));
    }
}
