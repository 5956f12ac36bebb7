//! From a printed figure and a recomputed range to a finding.

use crate::finding::{Finding, Verdict};
use crate::interval::Interval;
use crate::printed::{Printed, Relation};
use crate::{slip, threshold};

/// What a recomputed value is held against, and how it came about.
pub(super) struct Question<'a> {
    pub(super) check: &'static str,
    pub(super) place: &'a str,
    pub(super) figure: &'a str,
    /// From what the value is recomputed, as in "does not follow from ...".
    pub(super) basis: &'a str,
}

impl Question<'_> {
    /// Holds a printed figure against the range that the other figures leave for it.
    pub(super) fn judge(&self, printed: &Printed, range: Interval, value: Option<f64>) -> Finding {
        let finding = self.finding(Verdict::Consistent).of(printed).recomputed(range, value);
        let shown = show_range(range, printed.decimals());
        if printed.is_damaged() {
            return Finding { verdict: Verdict::NotCheckable, ..finding }.saying("the figure is damaged in the source");
        }
        if printed.range().meets(range) {
            return finding.saying(format!("{} {} agrees with {} ({shown})", self.figure, printed.raw(), self.basis));
        }
        if printed.generous_range().meets(range) {
            return finding.by_convention("rounded more than once").saying(format!(
                "{} {} agrees with {} ({shown}) only if it was rounded more than once",
                self.figure,
                printed.raw(),
                self.basis
            ));
        }
        let conclusion = threshold::crossed(self.figure, printed.range(), range);
        Finding { verdict: Verdict::Inconsistent, ..finding }
            .concluding(conclusion)
            .slipped(slip::likely(printed, range))
            .saying(format!(
                "{} {} does not follow from {}, which give {shown}",
                self.figure,
                printed.raw(),
                self.basis
            ))
    }

    pub(super) fn finding(&self, verdict: Verdict) -> Finding {
        Finding::new(self.check, self.place, self.figure, verdict)
    }

    /// A figure that cannot be checked, and why.
    pub(super) fn open(&self, printed: &Printed, reason: &str) -> Finding {
        self.finding(Verdict::NotCheckable).of(printed).saying(reason)
    }

    /// A figure outside of the values that it can take at all.
    pub(super) fn limits(&self, printed: &Printed, limits: Interval) -> Option<Finding> {
        if printed.is_damaged() || printed.range().meets(limits) {
            return None;
        }
        Some(
            self.finding(Verdict::Inconsistent)
                .of(printed)
                .recomputed(limits, None)
                .slipped(slip::likely(printed, limits))
                .saying(format!("{} {} lies outside of its possible values", self.figure, printed.raw())),
        )
    }
}

/// A finding turned into "not checkable" where its premise may not hold.
pub(super) fn unless(finding: Finding, doubt: bool, reason: &str) -> Finding {
    if doubt && finding.verdict == Verdict::Inconsistent {
        let message = format!("{}; not checkable: {reason}", finding.message);
        return Finding { verdict: Verdict::NotCheckable, slip: None, conclusion: None, ..finding }.saying(message);
    }
    finding
}

/// The numbers of a p-value, kept within 0 and 1.
pub(super) fn p_range(p: &Printed) -> Interval {
    p.range().clamp_to(Interval::UNIT)
}

/// A number with enough digits to compare it with a figure of so many decimals.
pub(super) fn show(x: f64, decimals: i32) -> String {
    if !x.is_finite() {
        return "unbounded".to_owned();
    }
    let digits = (decimals + 2).clamp(0, 8) as usize;
    let text = format!("{x:.digits$}");
    match (text.strip_prefix("0."), text.strip_prefix("-0.")) {
        (Some(rest), _) => format!(".{rest}"),
        (_, Some(rest)) => format!("-.{rest}"),
        _ => text,
    }
}

/// A range in words.
pub(super) fn show_range(range: Interval, decimals: i32) -> String {
    match (range.lo().is_finite(), range.hi().is_finite()) {
        (true, true) => {
            let (lo, hi) = (show(range.lo(), decimals), show(range.hi(), decimals));
            if lo == hi { lo } else { format!("{lo} to {hi}") }
        }
        (true, false) => format!("{} or more", show(range.lo(), decimals)),
        (false, true) => format!("{} or less", show(range.hi(), decimals)),
        (false, false) => "any value".to_owned(),
    }
}

/// Whether a bound such as "<.001" is printed.
pub(super) fn is_bound(printed: &Printed) -> bool {
    printed.relation() != Relation::Equal
}
