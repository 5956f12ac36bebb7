//! What the figures of one model say about its test.

use crate::interval::Interval;
use crate::printed::Printed;
use crate::study::Model;
use latva_estimation::indices::ChiSquare;

/// Chi-square, degrees of freedom and sample size of a model, with what is open about them.
pub(super) struct Statistic<'a> {
    pub(super) chisq: &'a Printed,
    /// Range of the chi-square.
    pub(super) range: Interval,
    pub(super) df: f64,
    /// The discrepancy is divided by one of these; each with its name.
    pub(super) multipliers: Vec<(f64, &'static str)>,
}

impl<'a> Statistic<'a> {
    /// The test of a model that prints chi-square and df.
    pub(super) fn of(model: &'a Model) -> Option<Statistic<'a>> {
        let chisq = model.figure("chisq").filter(|figure| !figure.is_damaged())?;
        let df = df_of(model)?;
        let range = chisq.range().clamp_to(Interval::NONNEGATIVE);
        if !range.is_finite() || range.hi() > 1e9 {
            return None;
        }
        let mut multipliers = Vec::new();
        if let Some(n) = model.conventions.n.map(|n| n as f64) {
            let groups = model.conventions.groups.unwrap_or(1) as f64;
            multipliers.push((n - 1.0, "N - 1"));
            multipliers.push((n, "N"));
            if groups > 1.0 {
                multipliers.push((n - groups, "N - G"));
                multipliers.push((n / groups, "N / G"));
                multipliers.push(((n - 1.0) / groups, "(N - 1) / G"));
                multipliers.push(((n - groups) / groups, "(N - G) / G"));
            }
            multipliers.retain(|(multiplier, _)| *multiplier > 0.0);
        }
        Some(Statistic { chisq, range, df, multipliers })
    }

    /// The range of a function that does not decrease with chi-square.
    pub(super) fn increasing(&self, f: impl Fn(ChiSquare) -> Option<f64>) -> Option<Interval> {
        let at = |value: f64| f(ChiSquare::new(value, self.df));
        Some(Interval::new(at(self.range.lo())?, at(self.range.hi())?))
    }

    /// The test exactly as printed.
    pub(super) fn as_printed(&self) -> ChiSquare {
        ChiSquare::new(self.chisq.value(), self.df)
    }
}

/// Printed degrees of freedom.
pub(super) fn df_of(model: &Model) -> Option<f64> {
    let df = model.figure("df").filter(|figure| !figure.is_damaged() && !super::judge::is_bound(figure))?;
    (df.value() >= 0.0 && df.value() <= 1e6).then(|| df.value())
}

/// Whether the chi-square is a corrected one, of which not every textbook formula holds.
pub(super) fn is_robust(model: &Model) -> bool {
    let name = model.conventions.estimator.to_lowercase();
    [
        "mlr", "mlm", "mlf", "wls", "uls", "gls", "dwls", "adf", "robust", "satorra", "scaled", "yuan", "bayes", "pls",
        "gsca",
    ]
    .iter()
    .any(|word| name.contains(word))
}
