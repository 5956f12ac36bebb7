//! Reliability and validity figures against standardized loadings.

use super::judge::{Question, is_bound, show_range, unless};
use crate::finding::{Finding, Verdict};
use crate::interval::Interval;
use crate::printed::Printed;
use crate::study::{Construct, Study};

/// How far Cronbach's alpha of a sample may lie from the alpha that the loadings imply: the model's residuals and unequal
/// variances of the items.
const ALPHA_MARGIN: f64 = 0.10;
const LOADINGS: &str = "the printed loadings";

/// The ranges of the loadings, where all are printed and standardized.
pub(super) fn loadings(construct: &Construct) -> Result<Vec<Interval>, &'static str> {
    if construct.loadings.is_empty() {
        return Err("no loadings are printed");
    }
    let mut ranges = Vec::new();
    for loading in &construct.loadings {
        let loading = loading.as_ref().filter(|l| !l.is_damaged() && !is_bound(l)).ok_or("a loading is missing")?;
        if loading.range().abs().lo() > 1.0 {
            return Err("a loading above 1 is not standardized or belongs to an improper solution");
        }
        ranges.push(loading.range().clamp_to(Interval::CORRELATION));
    }
    Ok(ranges)
}

/// AVE = sum of squared loadings / k.
pub(super) fn average_variance(loadings: &[Interval]) -> Interval {
    loadings.iter().map(|l| l.square()).sum::<Interval>().scaled(1.0 / loadings.len() as f64)
}

/// CR = (sum l)^2 / ((sum l)^2 + sum (1 - l^2)) for loadings of one sign, increasing in each |l|.
///
/// Source: Fornell, C., & Larcker, D. F. (1981). Journal of Marketing Research 18, 39-50.
fn composite_reliability(loadings: &[f64]) -> f64 {
    let sum: f64 = loadings.iter().sum();
    let error: f64 = loadings.iter().map(|l| 1.0 - l * l).sum();
    if sum == 0.0 { 0.0 } else { sum * sum / (sum * sum + error) }
}

/// Alpha of standardized items with the correlations that the loadings imply: k/(k-1) (1 - k / sum of all correlations).
fn implied_alpha(loadings: &[f64]) -> f64 {
    let k = loadings.len() as f64;
    let sum: f64 = loadings.iter().sum();
    let squares: f64 = loadings.iter().map(|l| l * l).sum();
    k / (k - 1.0) * (1.0 - k / (k + sum * sum - squares))
}

/// The same for loadings of a principal component (as of PLS or of an exploratory analysis), which explain (sum l)^2 of the
/// sum of all correlations.
fn component_alpha(loadings: &[f64]) -> f64 {
    let k = loadings.len() as f64;
    let sum: f64 = loadings.iter().sum();
    if sum == 0.0 { 0.0 } else { k / (k - 1.0) * (1.0 - k / (sum * sum)) }
}

fn by_ends(loadings: &[Interval], f: impl Fn(&[f64]) -> f64) -> Interval {
    let sizes: Vec<Interval> = loadings.iter().map(|l| l.abs()).collect();
    let low: Vec<f64> = sizes.iter().map(|l| l.lo()).collect();
    let high: Vec<f64> = sizes.iter().map(|l| l.hi()).collect();
    Interval::new(f(&low), f(&high))
}

fn as_printed(construct: &Construct, f: impl Fn(&[f64]) -> f64) -> Option<f64> {
    let values: Option<Vec<f64>> = construct.loadings.iter().map(|l| l.as_ref().map(|l| l.value().abs())).collect();
    values.map(|values| f(&values))
}

/// Checks every construct.
pub(super) fn check(study: &Study, findings: &mut Vec<Finding>) {
    for construct in &study.constructs {
        one(construct, findings);
    }
    summaries(study, findings);
}

fn one(construct: &Construct, findings: &mut Vec<Finding>) {
    let place = &construct.name;
    for (printed, figure) in [
        (&construct.alpha, "alpha"),
        (&construct.cr, "CR"),
        (&construct.ave, "AVE"),
        (&construct.sqrt_ave, "square root of AVE"),
    ] {
        let limits = if figure == "alpha" { Interval::at_most(1.0) } else { Interval::UNIT };
        let question = Question { check: "limits", place, figure, basis: "" };
        findings.extend(printed.as_ref().and_then(|printed| question.limits(printed, limits)));
    }
    let ranges = loadings(construct);
    let mixed_signs = construct.loadings.iter().flatten().any(|l| l.value() < 0.0)
        && construct.loadings.iter().flatten().any(|l| l.value() > 0.0);
    if let Some(printed) = &construct.cr {
        let question = Question { check: "composite-reliability", place, figure: "CR", basis: LOADINGS };
        findings.push(match &ranges {
            Err(reason) => question.open(printed, reason),
            Ok(ranges) => {
                let range = by_ends(ranges, composite_reliability);
                let finding = question.judge(printed, range, as_printed(construct, composite_reliability));
                unless(finding, mixed_signs, "loadings of both signs leave open whether items were recoded")
            }
        });
    }
    if let Some(printed) = &construct.ave {
        let question = Question { check: "average-variance", place, figure: "AVE", basis: LOADINGS };
        findings.push(match &ranges {
            Err(reason) => question.open(printed, reason),
            Ok(ranges) => {
                let mean_square = |l: &[f64]| l.iter().map(|l| l * l).sum::<f64>() / l.len() as f64;
                question.judge(printed, average_variance(ranges), as_printed(construct, mean_square))
            }
        });
    }
    if let Some(printed) = &construct.alpha {
        let question =
            Question { check: "alpha", place, figure: "alpha", basis: "the correlations that the loadings imply" };
        match &ranges {
            Ok(ranges) if ranges.len() > 1 => {
                let range = by_ends(ranges, implied_alpha).hull(by_ends(ranges, component_alpha)).widened(ALPHA_MARGIN);
                let finding = question.judge(printed, range, as_printed(construct, implied_alpha)).approximate();
                findings.push(unless(
                    finding,
                    mixed_signs,
                    "loadings of both signs leave open whether items were recoded",
                ));
            }
            Ok(_) => {}
            Err(reason) => findings.push(question.open(printed, reason)),
        }
    }
    if let Some(printed) = &construct.sqrt_ave {
        findings.extend(root_of_average_variance(construct, printed, place));
    }
}

/// The square root of AVE against the printed AVE and, where the loadings contradict that AVE, against both.
pub(super) fn root_of_average_variance(construct: &Construct, printed: &Printed, place: &str) -> Option<Finding> {
    let from_loadings = loadings(construct).ok().map(|ranges| average_variance(&ranges));
    let figure = format!("square root of AVE of {}", construct.name);
    let question = |basis| Question { check: "root-of-average-variance", place, figure: &figure, basis };
    let Some(ave) = construct.ave.as_ref().filter(|ave| !ave.is_damaged() && !is_bound(ave)) else {
        let range = from_loadings?;
        return Some(question(LOADINGS).judge(printed, range.sqrt(), None));
    };
    let value = Some(ave.value().max(0.0).sqrt());
    let from_print = ave.range().clamp_to(Interval::UNIT);
    let joint = from_loadings
        .map_or(Some(from_print), |loadings| loadings.intersect(ave.generous_range().clamp_to(Interval::UNIT)));
    let Some(joint) = joint else {
        // Loadings and AVE contradict each other. Does the root follow from the AVE as it is printed?
        let finding = question("the printed AVE").judge(printed, from_print.sqrt(), value);
        let rounds = value.is_some_and(|value| printed.range().contains(value));
        if finding.verdict != Verdict::Consistent || rounds {
            return Some(finding);
        }
        let shown = from_loadings.map_or_else(String::new, |range| show_range(range.sqrt(), printed.decimals()));
        return Some(
            Finding { verdict: Verdict::Inconsistent, convention: None, ..finding }.saying(format!(
                "{figure} {} would need an AVE at the very edge of what {} can stand for, which the loadings exclude; they give {shown}",
                printed.raw(),
                ave.raw()
            )),
        );
    };
    let basis = if from_loadings.is_some() { "the printed AVE and loadings" } else { "the printed AVE" };
    let mut finding = question(basis).judge(printed, joint.clamp_to(Interval::UNIT).sqrt(), value);
    if finding.verdict == Verdict::Inconsistent
        && let Some(loadings) = from_loadings
        && printed.range().meets(loadings.sqrt())
    {
        finding.slip = Some("it follows from the loadings, not from the printed AVE".to_owned());
    }
    Some(finding)
}

/// Ranges given in words: AVE lies between the smallest and the largest squared loading.
fn summaries(study: &Study, findings: &mut Vec<Finding>) {
    for summary in &study.summaries {
        let same_place =
            |figure: &str| study.summaries.iter().find(|other| other.figure == figure && other.place == summary.place);
        for (printed, end) in [(&summary.min, "smallest"), (&summary.max, "largest")] {
            let Some(printed) = printed else { continue };
            let figure = format!("{end} {}", summary.figure);
            let question = Question {
                check: "summary",
                place: &summary.place,
                figure: &figure,
                basis: "the range of the loadings",
            };
            findings.extend(question.limits(
                printed,
                Interval::new(if summary.figure == "cr" || summary.figure == "ave" { 0.0 } else { -1.0 }, 1.0),
            ));
            if summary.figure != "ave" {
                continue;
            }
            let Some((low, high)) = same_place("loadings").and_then(|l| l.min.as_ref().zip(l.max.as_ref())) else {
                findings.push(question.open(printed, "the range of the loadings is not printed"));
                continue;
            };
            if low.value() < 0.0 || low.is_damaged() || high.is_damaged() {
                continue;
            }
            let range = Interval::new(low.range().lo().max(0.0).powi(2), high.range().hi().powi(2));
            findings.push(question.judge(printed, range, None));
        }
        if let (Some(min), Some(max)) = (&summary.min, &summary.max)
            && min.range().lo() > max.range().hi()
        {
            let figure = format!("range of {}", summary.figure);
            findings.push(
                Finding::new("summary", &summary.place, &figure, Verdict::Inconsistent)
                    .showing(format!("{} to {}", min.raw(), max.raw()), summary.line)
                    .saying("the smallest value is above the largest"),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reliability_of_published_loadings() {
        // .77 .88 .72: CR .834, AVE .629.
        let loadings = [0.77, 0.88, 0.72];
        assert!((composite_reliability(&loadings) - 0.8344).abs() < 1e-3);
        let ave = average_variance(&loadings.map(Interval::point));
        assert!((ave.lo() - 0.6286).abs() < 1e-3);
        // Equal loadings: alpha and CR are the same.
        let equal = [0.7; 4];
        assert!((implied_alpha(&equal) - composite_reliability(&equal)).abs() < 1e-12);
    }
}
