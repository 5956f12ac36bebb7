//! Indirect effects: a b, Sobel's Z, total = direct + indirect, the interval and what is said.

use super::judge::{Question, is_bound, p_range, unless};
use super::path::{self, Claim, two_sided};
use super::regression::Recomputation;
use crate::finding::{Finding, Verdict};
use crate::interval::Interval;
use crate::printed::{Mark, Printed};
use crate::study::{EstimateSource, IntervalKind, Mediation, Path, Study};

/// How far a Z from a bootstrap interval may be from a Z by formula.
const BOOTSTRAP_MARGIN: f64 = 0.35;
/// How far direct + indirect may be from a total of a latent model that was fitted apart.
const APART_MARGIN: f64 = 0.05;

/// An estimate with its t.
struct Estimate {
    value: Interval,
    t: Option<Interval>,
    model: Option<String>,
}

fn find<'a>(study: &'a Study, source: &EstimateSource) -> Option<&'a Path> {
    let EstimateSource::Path { model, from, to, .. } = source else { return None };
    let model = study.models.iter().find(|m| m.name == *model)?;
    model.paths.iter().find(|p| p.from == *from && (to.is_empty() || p.to == *to))
}

fn usable(figure: Option<&Printed>) -> Option<&Printed> {
    figure.filter(|figure| !figure.is_damaged() && !is_bound(figure))
}

/// The t of an estimate: as printed, or from its standard error.
fn t_of(estimate: Interval, t: Option<&Printed>, se: Option<&Printed>) -> Option<Interval> {
    if let Some(t) = usable(t) {
        return Some(t.range());
    }
    usable(se).map(|se| estimate.over(se.range().clamp_to(Interval::NONNEGATIVE)))
}

fn resolve(
    study: &Study,
    regressions: &[Recomputation],
    source: Option<&EstimateSource>,
    t: Option<&Printed>,
    se: Option<&Printed>,
) -> Option<Estimate> {
    match source? {
        EstimateSource::Printed(printed) => {
            let value = usable(Some(printed))?.range();
            Some(Estimate { value, t: t_of(value, t, se), model: None })
        }
        source @ EstimateSource::Path { model, .. } => {
            let path = find(study, source)?;
            let value = usable(path.estimate())?.range();
            // A standard error belongs to the unstandardized estimate.
            let own_se = path.b.as_ref().and(path.se.as_ref());
            Some(Estimate { value, t: t_of(value, t.or(path.t.as_ref()), se.or(own_se)), model: Some(model.clone()) })
        }
        EstimateSource::Regression { regression, of, .. } => {
            let found = regressions.iter().find(|r| r.name == *regression)?;
            let coefficient = found.coefficients.iter().find(|c| c.predictor == *of)?;
            Some(Estimate {
                value: coefficient.unstandardized.or(coefficient.standardized)?,
                t: coefficient.t,
                model: None,
            })
        }
    }
}

/// Z from the two t-values: ta tb / sqrt(ta^2 + tb^2 + c) with c = 0 (Sobel), 1 (Aroian) or -1 (Goodman).
///
/// Source: MacKinnon, D. P., et al. (2002). Psychological Methods 7, 83-104.
fn sobel(a: Interval, b: Interval) -> Option<Interval> {
    let (x, y) = (a.abs(), b.abs());
    if !x.is_finite() || !y.is_finite() {
        return None;
    }
    // Increasing in |ta| and |tb| for c = 0 and 1; for c = -1 monotone in each, so that the corners suffice.
    let z = |ta: f64, tb: f64, c: f64| {
        let under = ta * ta + tb * tb + c;
        (under > 0.0).then(|| ta * tb / under.sqrt())
    };
    let lowest = z(x.lo(), y.lo(), 1.0)?;
    let mut highest = z(x.hi(), y.hi(), 0.0)?;
    if x.lo() * x.lo() + y.lo() * y.lo() > 1.0 {
        for ta in [x.lo(), x.hi()] {
            for tb in [y.lo(), y.hi()] {
                highest = highest.max(z(ta, tb, -1.0)?);
            }
        }
    }
    let size = Interval::new(lowest, highest);
    let sign = a * b;
    Some(if sign.lo() >= 0.0 {
        size
    } else if sign.hi() <= 0.0 {
        -size
    } else {
        Interval::new(-highest, highest)
    })
}

/// Checks every mediation.
pub(super) fn check(study: &Study, regressions: &[Recomputation], findings: &mut Vec<Finding>) {
    for mediation in &study.mediations {
        one(study, regressions, mediation, findings);
    }
}

fn one(study: &Study, regressions: &[Recomputation], mediation: &Mediation, findings: &mut Vec<Finding>) {
    let place = &mediation.name;
    let a = resolve(study, regressions, mediation.a.as_ref(), mediation.a_t.as_ref(), mediation.a_se.as_ref());
    let b = resolve(study, regressions, mediation.b.as_ref(), mediation.b_t.as_ref(), mediation.b_se.as_ref());
    let product = a.as_ref().zip(b.as_ref()).map(|(a, b)| a.value * b.value);
    if let Some(indirect) = &mediation.indirect {
        let question = Question { check: "indirect", place, figure: "indirect effect", basis: "a times b" };
        match product {
            Some(product) => findings.push(question.judge(indirect, product, None)),
            None => findings.push(question.open(indirect, "a and b are not printed with it")),
        }
    }
    let by_formula = a.as_ref().and_then(|a| a.t).zip(b.as_ref().and_then(|b| b.t)).and_then(|(a, b)| sobel(a, b));
    let from_se = usable(mediation.indirect.as_ref())
        .zip(usable(mediation.indirect_se.as_ref()))
        .map(|(indirect, se)| indirect.range().over(se.range().clamp_to(Interval::NONNEGATIVE)));
    if let Some(printed) = &mediation.sobel {
        let question = |basis| Question { check: "sobel", place, figure: "Sobel's Z", basis };
        match (by_formula, from_se) {
            (Some(z), _) => findings.push(question("a, b and their t-values").judge(printed, signed(z, printed), None)),
            (None, Some(z)) => {
                findings.push(question("the indirect effect and its standard error").judge(printed, z, None))
            }
            (None, None) => findings
                .push(question("").open(printed, "the t-values or standard errors of a and b are not printed with it")),
        }
    }
    total(study, regressions, mediation, product, findings);
    let z = usable(mediation.sobel.as_ref()).map(Printed::range).or(by_formula).or(from_se);
    let p_from_z = z.and_then(|z| two_sided(z, None));
    if let (Some(p), Some(range)) =
        (&mediation.p, usable(mediation.sobel.as_ref()).and_then(|z| two_sided(z.range(), None)))
    {
        findings.push(path::judge_p(place, "p of the indirect effect", p, range, None));
    }
    if let Some(printed) = usable(mediation.sobel.as_ref()).filter(|z| *z.mark() != Mark::None)
        && let Some(p) = two_sided(printed.range(), None)
    {
        let case = super::marks::MarkCase {
            place: place.clone(),
            figure: "Sobel's Z".to_owned(),
            printed,
            p,
            has_sides: true,
            tails: None,
        };
        super::marks::judge(&[case], &study.conventions, false, findings);
    }
    if let Some((ci, indirect)) = mediation.ci.as_ref().zip(mediation.indirect.as_ref()) {
        path::interval(place, "the indirect effect", indirect, mediation.indirect_se.as_ref(), ci, None, findings);
        interval_and_z(place, indirect, ci, mediation.sobel.as_ref(), findings);
    }
    let p = mediation.p.as_ref().filter(|p| !p.is_damaged()).map(p_range).or(p_from_z);
    path::statement(
        &Claim {
            place,
            figure: "the indirect effect",
            significant: mediation.significant,
            tails: None,
            line: mediation.line,
        },
        // With an interval the statement rests on it: the two tests may differ.
        if mediation.ci.is_some() { None } else { p },
        mediation.ci.as_ref(),
        mediation.indirect.as_ref(),
        findings,
    );
}

/// Z is often printed without the sign of the effect.
fn signed(z: Interval, printed: &Printed) -> Interval {
    if printed.value() >= 0.0 && z.hi() <= 0.0 { -z } else { z }
}

fn total(
    study: &Study,
    regressions: &[Recomputation],
    mediation: &Mediation,
    product: Option<Interval>,
    findings: &mut Vec<Finding>,
) {
    let Some(total_source) = &mediation.total else { return };
    let printed = match total_source {
        EstimateSource::Printed(printed) => Some(printed),
        source => find(study, source).and_then(Path::estimate),
    };
    let Some(printed) = usable(printed) else { return };
    let question = Question {
        check: "total",
        place: &mediation.name,
        figure: "total effect",
        basis: "direct plus indirect effect",
    };
    let direct = resolve(study, regressions, mediation.direct.as_ref(), None, None);
    let indirect = usable(mediation.indirect.as_ref()).map(Printed::range);
    let Some((direct, indirect)) = direct.as_ref().zip(product.or(indirect)) else {
        findings.push(question.open(printed, "the direct or the indirect effect is not printed"));
        return;
    };
    let sum = direct.value + indirect;
    let own_model = match total_source {
        EstimateSource::Path { model, .. } => Some(model),
        _ => None,
    };
    // The identity is exact within one model; between models only for regressions of the same cases.
    let apart = own_model.is_some_and(|own| {
        direct.model.as_ref() != Some(own)
            && study.models.iter().any(|m| m.name == *own && m.kind != crate::study::ModelKind::Regression)
    });
    if apart {
        let margin = APART_MARGIN + 0.15 * printed.value().abs();
        if question.judge(printed, sum, None).verdict != Verdict::Consistent {
            let finding = question.judge(printed, sum.widened(margin), None).approximate();
            findings.push(finding.by_convention("separate latent models, within a margin"));
            return;
        }
    }
    findings.push(question.judge(printed, sum, None));
}

/// The Z that an interval implies, (estimate) / (width / 2 critical values), against the printed one.
fn interval_and_z(
    place: &str,
    indirect: &Printed,
    ci: &crate::study::ConfidenceInterval,
    sobel: Option<&Printed>,
    findings: &mut Vec<Finding>,
) {
    let (Some(sobel), Some(critical)) = (usable(sobel), path::critical(ci.level, None)) else { return };
    if indirect.is_damaged() || is_bound(indirect) {
        return;
    }
    let se = (ci.upper.range() - ci.lower.range()).scaled(0.5).over(critical);
    if se.lo() <= 0.0 {
        return;
    }
    let z = indirect.range().over(se);
    let question =
        Question { check: "interval-and-z", place, figure: "Sobel's Z", basis: "the indirect effect and its interval" };
    let exact = ci.kind == IntervalKind::Wald;
    let range = if exact {
        z
    } else {
        Interval::new(z.lo() - BOOTSTRAP_MARGIN * z.lo().abs(), z.hi() + BOOTSTRAP_MARGIN * z.hi().abs())
    };
    let finding = question.judge(
        sobel,
        signed(range, sobel),
        indirect.value().abs().lt(&1e12).then(|| indirect.value() / se.middle().unwrap_or(1.0)),
    );
    let finding = if exact { finding } else { finding.approximate() };
    findings.push(unless(finding, !exact, "the interval is not symmetric by construction"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sobel_of_two_t_values() {
        let z = sobel(Interval::point(6.84), Interval::point(2.82)).unwrap();
        assert!(z.contains(2.607), "{z:?}");
        let negative = sobel(Interval::point(-6.84), Interval::point(2.82)).unwrap();
        assert!(negative.hi() < 0.0);
    }
}
