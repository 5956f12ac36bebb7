//! Paths: t against B and SE, p, marks, intervals, and what is said about them.

use super::judge::{Question, is_bound, p_range, show_range, unless};
use super::marks::{self, MarkCase};
use super::peers;
use crate::finding::{Finding, Verdict};
use crate::interval::Interval;
use crate::printed::{Mark, Printed};
use crate::study::{ConfidenceInterval, IntervalKind, Model, Path, Study, Tails};
use latva_math::distribution::{normal, student_t};

/// A statement of significance is at this level unless the paper says otherwise.
const LEVEL: f64 = 0.05;
/// Some papers call p < .10 significant: a statement is contradicted only beyond.
const WEAKEST_LEVEL: f64 = 0.10;
/// An interval that holds 0 this far inside (as a share of its width) contradicts a star, however it was made.
const WELL_INSIDE: f64 = 0.2;
/// Other paths with agreeing B, SE and t that show that an estimate belongs to its standard error.
const ENOUGH_PEERS: usize = 2;

/// Two-sided p of a t or z whose degrees of freedom are at least `df`, where known.
pub(super) fn two_sided(t: Interval, df: Option<f64>) -> Option<Interval> {
    let size = t.abs();
    let at = |t: f64| -> Option<Interval> {
        let z = if t.is_finite() { normal::two_sided(t) } else { 0.0 };
        match df {
            Some(df) if df > 0.0 && t.is_finite() => Some(Interval::new(z, student_t::two_sided(t, df)?)),
            _ => Some(Interval::point(z)),
        }
    };
    Some(at(size.lo())?.hull(at(size.hi())?).clamp_to(Interval::UNIT))
}

/// The least residual degrees of freedom of the t of a model's paths; none where only the normal distribution is used.
fn residual_df(model: &Model) -> Option<f64> {
    let n = model.conventions.n? as f64;
    Some((n - model.paths.len() as f64 - 1.0).max(1.0))
}

/// The estimate's quotient with its standard error.
fn quotient(estimate: &Printed, se: &Printed) -> Option<Interval> {
    let usable = |p: &Printed| !p.is_damaged() && !is_bound(p);
    (usable(estimate) && usable(se)).then(|| estimate.range().over(se.range().clamp_to(Interval::NONNEGATIVE)))
}

/// Checks the paths of every model.
pub(super) fn check(study: &Study, findings: &mut Vec<Finding>) {
    for model in &study.models {
        for path in &model.paths {
            quotients(model, path, findings);
            p_value(model, path, findings);
            if let (Some(ci), Some(estimate)) = (&path.ci, path.b.as_ref().or(path.est.as_ref())) {
                interval(&model.name, &path.label(), estimate, path.se.as_ref(), ci, residual_df(model), findings);
            }
            statement(
                &Claim {
                    place: &model.name,
                    figure: &path.label(),
                    significant: path.significant,
                    tails: path.tails.or(model.conventions.tails),
                    line: path.line,
                },
                p_of(model, path).map(|(p, _)| p),
                path.ci.as_ref(),
                path.estimate(),
                findings,
            );
        }
    }
    let mut places: Vec<(&str, &Model)> = Vec::new();
    for model in &study.models {
        let key = if model.place.is_empty() { model.name.as_str() } else { model.place.as_str() };
        if !places.iter().any(|(known, _)| *known == key) {
            places.push((key, model));
        }
    }
    for (key, first) in places {
        let here: Vec<&Model> =
            study.models.iter().filter(|m| if m.place.is_empty() { m.name == key } else { m.place == key }).collect();
        stars(&here, first, findings);
        signs(&here, findings);
        peers::check(&here, findings);
    }
}

/// The p-value that the figures of a path leave open, and whether it may be halved for a one-sided test.
fn p_of(model: &Model, path: &Path) -> Option<(Interval, bool)> {
    let usable = |p: &&Printed| !p.is_damaged();
    if let Some(p) = path.p.as_ref().filter(usable).filter(|p| !is_bound(p)) {
        return Some((p_range(p), false));
    }
    let df = residual_df(model);
    if let Some(t) = path.t.as_ref().filter(usable).filter(|t| !is_bound(t)) {
        return two_sided(t.range(), df).map(|p| (p, true));
    }
    if let (Some(b), Some(se)) = (&path.b, &path.se) {
        return two_sided(quotient(b, se)?, df).map(|p| (p, true));
    }
    path.p.as_ref().filter(usable).map(|p| (p_range(p), false))
}

fn stars(models: &[&Model], first: &Model, findings: &mut Vec<Finding>) {
    let mut cases = Vec::new();
    for model in models {
        for path in &model.paths {
            let printed = [&path.b, &path.est, &path.beta, &path.t]
                .into_iter()
                .flatten()
                .find(|figure| *figure.mark() != Mark::None)
                .or_else(|| path.estimate());
            let (Some(printed), Some((p, has_sides))) = (printed, p_of(model, path)) else { continue };
            cases.push(MarkCase {
                place: model.name.clone(),
                figure: path.label(),
                printed,
                p,
                has_sides,
                tails: path.tails,
            });
        }
    }
    marks::judge(&cases, &first.conventions, models.iter().any(|m| m.own_legend), findings);
}

/// B / SE against t; for estimates that may be standardized only when the other paths show that they are not.
fn quotients(model: &Model, path: &Path, findings: &mut Vec<Finding>) {
    let (Some(se), Some(t)) = (&path.se, &path.t) else { return };
    if let Some(b) = &path.b {
        quotient_of(model, path, b, se, t, false, findings);
    } else if let Some(estimate) = path.est.as_ref().or(path.beta.as_ref()) {
        let agreeing = model
            .paths
            .iter()
            .filter(|other| !std::ptr::eq(*other, path))
            .filter(|other| {
                let parts = other.est.as_ref().or(other.beta.as_ref()).zip(other.se.as_ref()).zip(other.t.as_ref());
                // Only a quotient that could disagree is evidence.
                parts.is_some_and(|((e, se), t)| {
                    quotient(e, se).is_some_and(|q| {
                        q.radius().is_some_and(|r| r < q.abs().hi() / 4.0) && t.generous_range().abs().meets(q.abs())
                    })
                })
            })
            .count();
        quotient_of(model, path, estimate, se, t, agreeing < ENOUGH_PEERS, findings);
    }
}

fn quotient_of(
    model: &Model,
    path: &Path,
    b: &Printed,
    se: &Printed,
    t: &Printed,
    doubtful: bool,
    findings: &mut Vec<Finding>,
) {
    let Some(range) = quotient(b, se) else { return };
    let figure = format!("t of {}", path.label());
    let question = Question {
        check: "t-value",
        place: &model.name,
        figure: &figure,
        basis: "the estimate and its standard error",
    };
    // The sign has a check of its own, and some papers print |t|.
    let range = if t.is_negative() == b.is_negative() { range } else { range.hull(-range) };
    let value = (se.value() != 0.0).then(|| b.value() / se.value());
    let finding = question.judge(t, range, value);
    findings.push(unless(finding, doubtful, "the estimate may be standardized while the standard error is not"));
}

fn p_value(model: &Model, path: &Path, findings: &mut Vec<Finding>) {
    let Some(p) = &path.p else { return };
    let figure = format!("p of {}", path.label());
    let df = residual_df(model);
    let t = match (&path.t, &path.b, &path.se) {
        (Some(t), _, _) if !t.is_damaged() && !is_bound(t) => Some(t.range()),
        (None, Some(b), Some(se)) => quotient(b, se),
        _ => None,
    };
    let Some(range) = t.and_then(|t| two_sided(t, df)) else { return };
    findings.push(judge_p(&model.name, &figure, p, range, path.tails.or(model.conventions.tails)));
}

/// A printed p against a two-sided one, or half of it where the sidedness is not given.
pub(super) fn judge_p(place: &str, figure: &str, p: &Printed, two_sided: Interval, tails: Option<Tails>) -> Finding {
    let question = Question { check: "p-value", place, figure, basis: "the test statistic" };
    let one_sided = two_sided.scaled(0.5);
    match tails {
        Some(Tails::One) => question.judge(p, one_sided, None),
        Some(Tails::Two) => question.judge(p, two_sided, None),
        None => {
            let two = question.judge(p, two_sided, None);
            if two.verdict == Verdict::Inconsistent {
                let one = question.judge(p, one_sided, None);
                if one.verdict == Verdict::Consistent {
                    return one.by_convention("one-sided test");
                }
            }
            two
        }
    }
}

/// A t whose sign differs from its estimate's.
fn signs(models: &[&Model], findings: &mut Vec<Finding>) {
    // Only where some t is printed with a minus sign does a missing one say anything.
    let signed =
        models.iter().flat_map(|m| &m.paths).any(|p| p.t.as_ref().is_some_and(|t| t.is_negative() && t.value() != 0.0));
    for model in models {
        for path in &model.paths {
            let (Some(estimate), Some(t)) = (path.estimate(), &path.t) else { continue };
            if estimate.is_damaged() || t.is_damaged() || is_bound(estimate) || is_bound(t) {
                continue;
            }
            let (e, s) = (estimate.range(), t.range());
            // A minus before a zero counts; a zero without one may have lost it.
            let opposite = |a: Interval, b: Interval| a.hi() <= 0.0 && a.lo() < 0.0 && b.lo() > 0.0;
            if !(opposite(e, s) || opposite(s, e)) {
                continue;
            }
            let finding = Finding::new("sign", &model.name, &path.label(), Verdict::Inconsistent)
                .showing(format!("{} ({})", estimate.raw(), t.raw()), path.line)
                .slipped(Some("a sign may have been lost".to_owned()))
                .saying(format!("the estimate {} and its t {} have opposite signs", estimate.raw(), t.raw()));
            let absolute = !signed && estimate.is_negative();
            findings.push(unless(finding, absolute, "t may be printed without its sign"));
        }
    }
}

/// An interval against its estimate, standard error and stars.
pub(super) fn interval(
    place: &str,
    label: &str,
    estimate: &Printed,
    se: Option<&Printed>,
    ci: &ConfidenceInterval,
    df: Option<f64>,
    findings: &mut Vec<Finding>,
) {
    let (lower, upper) = (&ci.lower, &ci.upper);
    if [estimate, lower, upper].into_iter().any(|figure| figure.is_damaged() || is_bound(figure)) {
        return;
    }
    let shown = format!("[{}, {}]", lower.raw(), upper.raw());
    let hull = Interval::new(lower.generous_range().lo(), upper.generous_range().hi());
    let figure = format!("estimate of {label}");
    let question = Question { check: "interval", place, figure: &figure, basis: "its own interval" };
    let inside = question.judge(estimate, hull, None);
    let outside = inside.verdict == Verdict::Inconsistent;
    findings.push(inside);
    if outside {
        return;
    }
    let reason = "the interval need not be symmetric";
    let not_wald = ci.kind != IntervalKind::Wald;
    if !not_wald {
        let centre = (lower.range() + upper.range()).scaled(0.5);
        let question = Question { check: "interval", place, figure: &figure, basis: "the middle of its interval" };
        findings.push(question.judge(estimate, centre, None));
    }
    if let Some(se) = se.filter(|se| !se.is_damaged() && !is_bound(se))
        && let Some(critical) = critical(ci.level, df)
    {
        let width = (upper.range() - lower.range()).scaled(0.5);
        let range = width.over(critical).clamp_to(Interval::NONNEGATIVE);
        let figure = format!("SE of {label}");
        let question = Question { check: "interval", place, figure: &figure, basis: "the width of the interval" };
        findings.push(unless(question.judge(se, range, None), not_wald, reason));
    }
    // Stars may be of a one-sided test, an interval of the bootstrap: only plain contradictions count.
    if let Mark::Symbol(symbol) = estimate.mark()
        && symbol != "†"
        && ci.level <= 95.0
    {
        let width = upper.value() - lower.value();
        let margin = WELL_INSIDE * width;
        if lower.range().hi() + margin < 0.0 && upper.range().lo() - margin > 0.0 {
            findings.push(
                Finding::new("interval", place, label, Verdict::Inconsistent)
                    .showing(format!("{} {shown}", estimate.raw()), estimate.line())
                    .concluding(Some("whether the effect differs from 0".to_owned()))
                    .saying(format!("{label} is marked {symbol} while its {} % interval {shown} holds 0", ci.level)),
            );
        }
    }
}

/// The critical value of an interval of that level: normal, or t with at least so many df.
pub(super) fn critical(level: f64, df: Option<f64>) -> Option<Interval> {
    let upper = 0.5 + level / 200.0;
    let z = normal::quantile(upper)?;
    match df {
        Some(df) if df > 0.0 => Some(Interval::new(z, student_t::quantile(upper, df)?)),
        _ => Some(Interval::point(z)),
    }
}

/// What a paper says about an effect.
pub(super) struct Claim<'a> {
    pub(super) place: &'a str,
    pub(super) figure: &'a str,
    pub(super) significant: Option<bool>,
    pub(super) tails: Option<Tails>,
    pub(super) line: usize,
}

/// What the paper says about significance against p and interval.
pub(super) fn statement(
    claim: &Claim<'_>,
    p: Option<Interval>,
    ci: Option<&ConfidenceInterval>,
    estimate: Option<&Printed>,
    findings: &mut Vec<Finding>,
) {
    let marked = estimate.is_some_and(|e| *e.mark() == Mark::NotSignificant).then_some(false);
    let Some(significant) = claim.significant.or(marked) else { return };
    let said = if significant { "significant" } else { "not significant" };
    let finding = |verdict| Finding::new("statement", claim.place, claim.figure, verdict).showing(said, claim.line);
    let conclusion = || Some(format!("whether {} differs from 0", claim.figure));
    if let Some(p) = p {
        let one_sided = claim.tails == Some(Tails::One);
        let least = if claim.tails == Some(Tails::Two) { p.lo() } else { p.lo() / 2.0 };
        let most = if one_sided { p.hi() / 2.0 } else { p.hi() };
        let contradicted = if significant { least > WEAKEST_LEVEL } else { most < LEVEL };
        let message = format!("{} is called {said}; the figures give p {}", claim.figure, show_range(p, 3));
        findings.push(if contradicted {
            finding(Verdict::Inconsistent).recomputed(p, None).concluding(conclusion()).saying(message)
        } else {
            finding(Verdict::Consistent).recomputed(p, None).saying(message)
        });
    }
    if let Some(ci) = ci.filter(|ci| !ci.lower.is_damaged() && !ci.upper.is_damaged()) {
        let (lower, upper) = (ci.lower.range(), ci.upper.range());
        let excludes = lower.lo() > 0.0 || upper.hi() < 0.0;
        let includes = lower.hi() < 0.0 && upper.lo() > 0.0;
        let shown = format!("[{}, {}]", ci.lower.raw(), ci.upper.raw());
        let contradicted = if significant { includes && ci.level <= 95.0 } else { excludes && ci.level >= 95.0 };
        let relation = if excludes {
            "excludes 0"
        } else if includes {
            "holds 0"
        } else {
            "ends at 0 within rounding"
        };
        let message = format!("{} is called {said}; its {} % interval {shown} {relation}", claim.figure, ci.level);
        let verdict = if contradicted { Verdict::Inconsistent } else { Verdict::Consistent };
        findings.push(finding(verdict).concluding(conclusion().filter(|_| contradicted)).saying(message));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p_of_t_covers_normal_and_t() {
        let p = two_sided(Interval::new(1.995, 2.005), Some(20.0)).unwrap();
        assert!(p.contains(0.0455) && p.contains(0.0593));
    }

    #[test]
    fn critical_values() {
        let range = critical(95.0, Some(30.0)).unwrap();
        assert!((range.lo() - 1.959964).abs() < 1e-5 && (range.hi() - 2.042272).abs() < 1e-4);
    }
}
