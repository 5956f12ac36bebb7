//! Differences of an estimate between two groups.

use super::judge::{Question, is_bound};
use super::path::{Claim, statement, two_sided};
use crate::finding::{Finding, Verdict};
use crate::interval::Interval;
use crate::study::{Difference, DifferenceKind, Study};

/// A difference of standardized paths is called implausible when the test of correlations gives less than this
/// share of the critical value: the test of the paths themselves need not agree exactly.
const IMPLAUSIBLE: f64 = 0.5;
const CRITICAL: f64 = 1.959_963_984_540_054;
/// Smallest group that the test of correlations allows.
const SMALLEST_GROUP: u64 = 4;

/// Checks every difference.
pub(super) fn check(study: &Study, findings: &mut Vec<Finding>) {
    for difference in &study.differences {
        one(difference, findings);
    }
}

/// z of two correlations, (atanh a - atanh b) / sqrt(1/(n1 - 3) + 1/(n2 - 3)); over every split where only the total is known.
fn fisher(a: Interval, b: Interval, n: &[u64]) -> Option<Interval> {
    let transform = |r: Interval| r.clamp_to(Interval::new(-0.999_999, 0.999_999)).map_increasing(f64::atanh);
    let gap = transform(a) - transform(b);
    let error = |x: u64, y: u64| {
        (x >= SMALLEST_GROUP && y >= SMALLEST_GROUP).then(|| (1.0 / (x as f64 - 3.0) + 1.0 / (y as f64 - 3.0)).sqrt())
    };
    let errors = match n {
        [x, y] => Interval::point(error(*x, *y)?),
        [total] => {
            let half = total / 2;
            // The error is smallest for equal groups and largest for the most unequal ones.
            Interval::new(error(half, total - half)?, error(SMALLEST_GROUP, total.checked_sub(SMALLEST_GROUP)?)?)
        }
        _ => return None,
    };
    Some(gap.over(errors))
}

fn one(difference: &Difference, findings: &mut Vec<Finding>) {
    let place = &difference.name;
    let [Some(a), Some(b)] = difference.estimates.as_slice() else { return };
    if [a, b].into_iter().any(|e| e.is_damaged() || is_bound(e)) {
        return;
    }
    let shown = format!("{} and {}", a.raw(), b.raw());
    let z = match difference.kind {
        DifferenceKind::Unstandardized => match difference.ses.as_slice() {
            [Some(sa), Some(sb)] => {
                let error = (sa.range().square() + sb.range().square()).sqrt();
                Some((a.range() - b.range()).over(error))
            }
            _ => None,
        },
        DifferenceKind::Correlation | DifferenceKind::Standardized => fisher(a.range(), b.range(), &difference.n),
    };
    let Some(z) = z else {
        findings.push(
            Finding::new("group-difference", place, "difference", Verdict::NotCheckable)
                .showing(shown, difference.line)
                .saying("the standard errors or the sizes of the groups are not printed"),
        );
        return;
    };
    let exact = difference.kind != DifferenceKind::Standardized;
    if exact {
        let p = two_sided(z, None);
        if let Some(printed) = &difference.z {
            let question = Question { check: "group-difference", place, figure: "z", basis: "the two estimates" };
            let range = if printed.range().meets(z) { z } else { -z };
            findings.push(question.judge(printed, range, None));
        }
        if let (Some(printed), Some(p)) = (&difference.p, p) {
            findings.push(super::path::judge_p(place, "p", printed, p, None));
        }
        statement(
            &Claim {
                place,
                figure: "the difference of the groups",
                significant: difference.significant,
                tails: None,
                line: difference.line,
            },
            p,
            None,
            None,
            findings,
        );
        return;
    }
    let most = z.abs().hi();
    let implausible = difference.significant == Some(true) && most < IMPLAUSIBLE * CRITICAL;
    let verdict = if implausible { Verdict::Inconsistent } else { Verdict::Consistent };
    let said = match difference.significant {
        Some(true) => "significant",
        Some(false) => "not significant",
        None => "",
    };
    let message = format!(
        "{shown}: as correlations z is at most {most:.2}{}",
        if difference.n.len() == 1 { " for any split of the cases" } else { "" }
    );
    findings.push(
        Finding::new("group-difference", place, "difference", verdict)
            .showing(format!("{shown} {said}").trim().to_owned(), difference.line)
            .recomputed(z, None)
            .approximate()
            .concluding(implausible.then(|| "whether the groups differ".to_owned()))
            .saying(if implausible {
                format!("{message}, so that a significant difference is implausible")
            } else {
                message
            }),
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_near_correlations_differ_for_no_split() {
        let z = fisher(Interval::point(0.76), Interval::point(0.72), &[278]).unwrap();
        assert!((z.abs().hi() - 0.73).abs() < 0.01);
        let far = fisher(Interval::point(0.46), Interval::point(0.80), &[139, 139]).unwrap();
        assert!(far.abs().lo() > 4.0);
    }
}
