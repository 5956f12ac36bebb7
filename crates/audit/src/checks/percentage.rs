//! Percentages: does a count give them, do they add up, do repeated figures agree?

use super::judge::{Question, is_bound, show, show_range};
use crate::finding::{Finding, Verdict};
use crate::interval::Interval;
use crate::printed::Printed;
use crate::study::{Percentages, Repeated, Study};

const HUNDRED: f64 = 100.0;

/// Checks percentages and repeated figures.
pub(super) fn check(study: &Study, findings: &mut Vec<Finding>) {
    for percentages in &study.percentages {
        counts(percentages, findings);
        sum(percentages, findings);
    }
    for repeated in &study.repeated {
        again(repeated, findings);
    }
}

fn counts(percentages: &Percentages, findings: &mut Vec<Finding>) {
    for (at, printed) in percentages.values.iter().enumerate() {
        let Some(printed) = printed.as_ref().filter(|p| !is_bound(p)) else { continue };
        let name = if percentages.name.is_empty() { "percentage" } else { &percentages.name };
        let question = |figure| Question { check: "percentage", place: name, figure, basis: "the counts" };
        let Some(n) = percentages.n.filter(|n| *n > 0) else {
            findings.push(question("percentage").open(printed, "the total is not printed"));
            continue;
        };
        if let Some(count) = percentages.counts.get(at) {
            let value = HUNDRED * *count as f64 / n as f64;
            let basis = format!("{count} of {n}");
            let question = Question { check: "percentage", place: name, figure: "percentage", basis: &basis };
            findings.push(question.judge(printed, Interval::point(value), Some(value)));
            continue;
        }
        if let Some(finding) = question("percentage").limits(printed, Interval::new(0.0, HUNDRED)) {
            findings.push(finding);
            continue;
        }
        if printed.is_damaged() {
            continue;
        }
        let share = printed.generous_range().scaled(n as f64 / HUNDRED);
        let (first, last) = ((share.lo() - 1e-9 * n as f64).ceil().max(0.0), (share.hi() + 1e-9 * n as f64).floor());
        let finding = question("percentage").finding(Verdict::Consistent).of(printed);
        if first > last {
            let below = share.lo().floor().max(0.0);
            let near = Interval::new(HUNDRED * below / n as f64, HUNDRED * (below + 1.0) / n as f64);
            findings.push(
                Finding { verdict: Verdict::Inconsistent, ..finding }
                    .recomputed(near, None)
                    .slipped(another_total(printed, n))
                    .saying(format!(
                        "no count out of {n} gives {} %; {below} give {} and {} give {}",
                        printed.raw().trim_end_matches('%').trim(),
                        show(near.lo(), printed.decimals()),
                        below + 1.0,
                        show(near.hi(), printed.decimals())
                    )),
            );
        } else if last - first >= 1.0 {
            findings.push(
                Finding { verdict: Verdict::NotCheckable, ..finding }
                    .saying(format!("several counts out of {n} give it")),
            );
        } else {
            findings.push(finding.saying(format!("{first} of {n} give it")));
        }
    }
}

/// A total slightly below (missing answers) with which the percentage would exist.
fn another_total(printed: &Printed, n: u64) -> Option<String> {
    (n.saturating_sub(n / 20 + 1).max(1)..n).rev().take(1_000).find_map(|total| {
        let share = printed.range().scaled(total as f64 / HUNDRED);
        let count = share.lo().ceil();
        (count <= share.hi()).then(|| format!("{count} of {total} would agree"))
    })
}

/// Classes that exclude each other and leave nothing out add up to 100.
fn sum(percentages: &Percentages, findings: &mut Vec<Finding>) {
    if !percentages.exhaustive || percentages.values.is_empty() {
        return;
    }
    let Some(values) = percentages
        .values
        .iter()
        .map(|v| v.as_ref().filter(|v| !v.is_damaged() && !is_bound(v)))
        .collect::<Option<Vec<&Printed>>>()
    else {
        return;
    };
    let range: Interval = values.iter().map(|v| v.generous_range()).sum();
    let printed: f64 = values.iter().map(|v| v.value()).sum();
    let decimals = values.iter().map(|v| v.decimals()).max().unwrap_or(0);
    let shown = values.iter().map(|v| v.raw()).collect::<Vec<_>>().join(" + ");
    let agrees = range.meets(Interval::point(HUNDRED));
    let verdict = if agrees { Verdict::Consistent } else { Verdict::Inconsistent };
    findings.push(
        Finding::new("percentage-sum", &percentages.name, "sum of percentages", verdict)
            .showing(shown, percentages.line)
            .recomputed(range, Some(printed))
            .saying(format!(
                "the percentages add up to {} ({}){}",
                show(printed, decimals - 2),
                show_range(range, decimals - 1),
                if agrees { "" } else { ", not to 100" }
            )),
    );
}

/// One figure at several places.
fn again(repeated: &Repeated, findings: &mut Vec<Finding>) {
    let values: Vec<&Printed> = repeated.values.iter().flatten().filter(|v| !v.is_damaged()).collect();
    let common = values.iter().try_fold(Interval::REAL, |left, value| left.intersect(value.generous_range()));
    let shown = values.iter().map(|v| v.raw()).collect::<Vec<_>>().join(", ");
    let place = repeated.places.join(", ");
    let verdict = if common.is_some() { Verdict::Consistent } else { Verdict::Inconsistent };
    findings.push(
        Finding::new("repeated", &place, &repeated.figure, verdict).showing(shown.clone(), repeated.line).saying(
            if common.is_some() {
                format!("{} is printed {} times alike", repeated.figure, values.len())
            } else {
                format!("{} is printed as {shown}", repeated.figure)
            },
        ),
    );
}
