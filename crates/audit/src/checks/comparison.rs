//! Comparisons of two models: chi-square difference, its df and p, differences of indices, nesting.

use super::judge::{Question, is_bound, p_range, show_range, unless};
use super::marks::{self, MarkCase};
use super::path::{Claim, statement};
use super::statistic::{Statistic, df_of, is_robust};
use crate::finding::{Finding, Verdict};
use crate::interval::Interval;
use crate::printed::{Mark, Printed};
use crate::study::{Comparison, Conventions, MethodFactor, Model, Study, Tails};
use latva_estimation::indices::{ChiSquare, chi_squared};

const SCALED: &str = "the difference of two corrected chi-squares is corrected itself";

/// Checks every comparison.
pub(super) fn check(study: &Study, findings: &mut Vec<Finding>) {
    for comparison in &study.comparisons {
        one(study, comparison, findings);
    }
    same_models(study, findings);
}

fn usable(figure: Option<&Printed>) -> Option<&Printed> {
    figure.filter(|figure| !figure.is_damaged() && !is_bound(figure))
}

fn one(study: &Study, comparison: &Comparison, findings: &mut Vec<Finding>) {
    let place = &comparison.name;
    let models: Vec<&Model> =
        comparison.models.iter().filter_map(|name| study.models.iter().find(|m| m.name == *name)).collect();
    let pair = match models.as_slice() {
        [a, b] => Some((*a, *b)),
        _ => None,
    };
    let robust = models.iter().any(|m| is_robust(m));
    let tests = pair.and_then(|(a, b)| Some((Statistic::of(a)?, Statistic::of(b)?)));
    let difference = tests.as_ref().map(|(a, b)| {
        // The model with more df first.
        let (more, less) = if a.df >= b.df { (a, b) } else { (b, a) };
        (more.range - less.range, more.df - less.df)
    });
    if let (Some(printed), Some((range, _))) = (&comparison.delta_chisq, difference) {
        let question = Question {
            check: "chisq-difference",
            place,
            figure: "chi-square difference",
            basis: "the two chi-squares",
        };
        let shown = if printed.is_negative() {
            -range
        } else if range.hi() < 0.0 {
            range.abs()
        } else {
            range
        };
        findings.push(unless(question.judge(printed, shown, None), robust, SCALED));
    }
    if let Some(printed) = &comparison.delta_df
        && let Some((a, b)) = pair.and_then(|(a, b)| df_of(a).zip(df_of(b)))
    {
        let question = Question { check: "chisq-difference", place, figure: "difference of df", basis: "the two df" };
        findings.push(question.judge(printed, Interval::point((a - b).abs()), Some((a - b).abs())));
    }
    if let Some((range, df)) = difference {
        nesting(comparison, range, df, robust, findings);
    }
    probability(comparison, &study.conventions, difference.filter(|_| !robust), findings);
    if let Some((a, b)) = pair {
        for (printed, field, figure) in [
            (&comparison.delta_cfi, "cfi", "difference of CFI"),
            (&comparison.delta_tli, "tli", "difference of TLI"),
            (&comparison.delta_rmsea, "rmsea", "difference of RMSEA"),
            (&comparison.delta_aic, "aic", "difference of AIC"),
        ] {
            let (Some(printed), Some(x), Some(y)) = (printed, usable(a.figure(field)), usable(b.figure(field))) else {
                continue;
            };
            // Signs are printed in either order, or not at all.
            let forward = y.range() - x.range();
            let range = if printed.range().abs().meets(forward.abs()) { printed.range() } else { forward };
            let range = if printed.range().meets(range) { range } else { -range };
            let question = Question { check: "index-difference", place, figure, basis: "the two printed values" };
            findings.push(question.judge(printed, range, None));
        }
        method(comparison, a, b, findings);
    }
}

fn nesting(comparison: &Comparison, range: Interval, df: f64, robust: bool, findings: &mut Vec<Finding>) {
    let nested = comparison.nested.unwrap_or(comparison.delta_chisq.is_some());
    if !nested {
        return;
    }
    let finding =
        |verdict| Finding::new("nesting", &comparison.name, "nested models", verdict).showing("", comparison.line);
    if df > 0.0 && range.hi() < 0.0 {
        let found = finding(Verdict::Inconsistent)
            .recomputed(range, None)
            .saying("the model with more degrees of freedom fits better: the two are not nested, or a figure is of another model");
        findings.push(unless(found, robust, SCALED));
    } else if df == 0.0 && comparison.nested == Some(true) {
        findings.push(
            finding(Verdict::Inconsistent).saying("nested models differ in their degrees of freedom; these do not"),
        );
    }
}

fn probability(
    comparison: &Comparison,
    conventions: &Conventions,
    from_models: Option<(Interval, f64)>,
    findings: &mut Vec<Finding>,
) {
    let place = &comparison.name;
    let difference =
        usable(comparison.delta_chisq.as_ref()).map(|d| d.range().abs()).or(from_models.map(|(range, _)| range));
    let df = usable(comparison.delta_df.as_ref()).map(Printed::value).or(from_models.map(|(_, df)| df));
    let range = difference.zip(df).filter(|(_, df)| *df > 0.0).and_then(|(difference, df)| {
        let at = |x: f64| chi_squared::p_value(ChiSquare::new(x.max(0.0), df));
        Some(Interval::new(at(difference.hi())?, at(difference.lo())?))
    });
    if let (Some(p), Some(range)) = (&comparison.p, range) {
        let question =
            Question { check: "chisq-difference", place, figure: "p", basis: "the chi-square difference and its df" };
        findings.push(question.judge(p, range, None));
    }
    if let (Some(printed), Some(p)) = (comparison.delta_chisq.as_ref().filter(|d| *d.mark() != Mark::None), range) {
        let case = MarkCase { figure: "chi-square difference".to_owned(), ..MarkCase::chi_square(printed, place, p) };
        marks::judge(&[case], conventions, false, findings);
    }
    let p = range.or_else(|| comparison.p.as_ref().filter(|p| !p.is_damaged()).map(p_range));
    if comparison.significant.is_none() && comparison.p.is_none() {
        if let Some(p) = p {
            findings.push(
                Finding::new("chisq-difference", place, "p", Verdict::NotCheckable)
                    .showing("", comparison.line)
                    .recomputed(p, None)
                    .saying(format!("no p is printed; the chi-square difference gives {}", show_range(p, 3))),
            );
        }
        return;
    }
    statement(
        &Claim {
            place,
            figure: "the difference of fit",
            significant: comparison.significant,
            tails: Some(Tails::Two),
            line: comparison.line,
        },
        p,
        None,
        None,
        findings,
    );
}

/// A method factor costs as many df as it has free loadings, or one when they are equal.
fn method(comparison: &Comparison, a: &Model, b: &Model, findings: &mut Vec<Finding>) {
    let (Some(items), Some((before, after))) = (comparison.method_items, df_of(a).zip(df_of(b))) else { return };
    let cost = before - after;
    let allowed: Vec<f64> = match comparison.method_factor {
        Some(MethodFactor::Free) => vec![items as f64, items as f64 - 1.0],
        Some(MethodFactor::Equal) => vec![1.0],
        Some(MethodFactor::Either) | None => vec![items as f64, items as f64 - 1.0, 1.0],
    };
    let hull = Interval::hull_of(allowed.iter().map(|c| Interval::point(*c))).unwrap_or(Interval::REAL);
    let (verdict, message) = if allowed.contains(&cost) {
        (Verdict::Consistent, format!("the method factor costs {cost} df, as it must"))
    } else {
        (
            Verdict::Inconsistent,
            format!(
                "a method factor on {items} items costs {items} df with free loadings and 1 with equal ones; the printed df differ by {cost}"
            ),
        )
    };
    findings.push(
        Finding::new("method-factor", &comparison.name, "df of the method factor", verdict)
            .showing(format!("{before} - {after} = {cost}"), comparison.line)
            .recomputed(hull, None)
            .slipped(
                (verdict == Verdict::Inconsistent)
                    .then(|| "the two models differ in another way than described".to_owned()),
            )
            .saying(message),
    );
}

/// Models that are printed twice.
fn same_models(study: &Study, findings: &mut Vec<Finding>) {
    for model in study.models.iter().filter(|model| !model.same_as.is_empty()) {
        let Some(twin) = study.models.iter().find(|other| other.name == model.same_as) else { continue };
        for (field, here) in &model.fit {
            let Some(there) = usable(twin.figure(field)) else { continue };
            let agrees = here.is_damaged() || here.generous_range().meets(there.generous_range());
            let verdict = if agrees { Verdict::Consistent } else { Verdict::Inconsistent };
            findings.push(
                Finding::new("repeated", &model.name, field, verdict)
                    .of(here)
                    .recomputed(there.range(), Some(there.value()))
                    .saying(format!(
                        "{field} is {} here and {} in {}, which is said to be the same model",
                        here.raw(),
                        there.raw(),
                        twin.name
                    )),
            );
        }
    }
}
