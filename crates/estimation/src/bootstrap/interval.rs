//! Intervals of bootstrap draws.

use latva_math::distribution::normal;
use ndarray::Array1;

use crate::plan::BootstrapInterval;
use crate::result::Uncertainty;

/// Draws of a value, ascending.
pub(crate) struct Draws {
    sorted: Vec<f64>,
}

impl Draws {
    /// Of values that are not finite nothing is kept. `None` where fewer than two are left.
    pub(crate) fn new(draws: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut sorted: Vec<f64> = draws.into_iter().filter(|value| value.is_finite()).collect();
        sorted.sort_by(f64::total_cmp);
        (sorted.len() > 1).then_some(Draws { sorted })
    }

    /// How sure a value is whose draws these are: standard error their standard deviation (divisor draws - 1), test of value / standard
    /// error, interval of the level and kind.
    pub(crate) fn uncertainty(&self, value: f64, kind: BootstrapInterval, level: f64) -> Option<Uncertainty> {
        let draws = Array1::from_iter(self.sorted.iter().copied());
        let plain = Uncertainty::of(value, draws.var(1.0), normal::quantile(0.5 + level / 2.0)?)?;
        if plain.se == 0.0 {
            return Some(plain);
        }
        let tail = (1.0 - level) / 2.0;
        let (ends, ci_pvalue) = match kind {
            BootstrapInterval::Normal => {
                let moved = |end: Option<f64>| Some(end? - (draws.mean()? - value));
                (moved(plain.ci_lower).zip(moved(plain.ci_upper)), None)
            }
            BootstrapInterval::Basic => {
                (self.percentiles(tail, 0.0).map(|(lower, upper)| (2.0 * value - upper, 2.0 * value - lower)), None)
            }
            BootstrapInterval::Percentile => (self.percentiles(tail, 0.0), self.p_value(0.0)),
            BootstrapInterval::BiasCorrected => {
                // Without draws on both sides of the value there is no such interval.
                let below = self.sorted.partition_point(|draw| *draw < value) as f64 / self.sorted.len() as f64;
                let shift = normal::quantile(below).filter(|z| z.is_finite());
                (shift.and_then(|shift| self.percentiles(tail, shift)), shift.and_then(|shift| self.p_value(shift)))
            }
        };
        Some(Uncertainty { ci_lower: ends.map(|ends| ends.0), ci_upper: ends.map(|ends| ends.1), ci_pvalue, ..plain })
    }

    /// The quantiles at the shares Phi(2 shift -+ z), with z that of the tail: without shift those of equal tails.
    fn percentiles(&self, tail: f64, shift: f64) -> Option<(f64, f64)> {
        let end = |share: f64| self.quantile(normal::cdf(2.0 * shift + normal::quantile(share)?));
        Some((end(tail)?, end(1.0 - tail)?))
    }

    /// The standard normal quantile at the place of an order statistic (from 1).
    fn deviate(&self, place: f64) -> Option<f64> {
        normal::quantile(place / (self.sorted.len() as f64 + 1.0))
    }

    /// The quantile of the draws (R of them) at the share a: the order statistic (R + 1) a, between two of them by interpolation on the
    /// scale of normal quantiles; the first or last one where there are too few.
    ///
    /// Source: Davison, A. C., & Hinkley, D. V. (1997). Bootstrap methods and their application. Cambridge University Press, eq. 5.8.
    fn quantile(&self, share: f64) -> Option<f64> {
        let place = (self.sorted.len() as f64 + 1.0) * share;
        let below = place.floor() as usize;
        if below == 0 {
            return self.sorted.first().copied();
        }
        let (Some(lower), Some(upper)) = (self.sorted.get(below - 1), self.sorted.get(below)) else {
            return self.sorted.last().copied();
        };
        let (from, to) = (self.deviate(below as f64)?, self.deviate(below as f64 + 1.0)?);
        Some(lower + (self.deviate(place)? - from) / (to - from) * (upper - lower))
    }

    /// One less the level at which an interval of percentiles ends at zero; `shift` is z of the share of the draws below the value, 0
    /// without correction. Where zero lies beyond all draws it is the p of the outermost draw, which the true one does not exceed.
    fn p_value(&self, shift: f64) -> Option<f64> {
        let below = self.sorted.partition_point(|draw| *draw < 0.0);
        let last = self.sorted.len();
        let deviate = match below {
            0 => self.deviate(1.0)?,
            below if below == last => self.deviate(last as f64)?,
            below => {
                let (lower, upper) = (self.sorted[below - 1], self.sorted[below]);
                let (from, to) = (self.deviate(below as f64)?, self.deviate(below as f64 + 1.0)?);
                from - lower / (upper - lower) * (to - from)
            }
        };
        let share = normal::cdf(deviate - 2.0 * shift);
        Some((2.0 * share.min(1.0 - share)).min(1.0))
    }
}
