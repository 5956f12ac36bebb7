//! The standard error that B and t imply, against those of the same predictor in the neighbouring models.

use super::judge::{is_bound, show};
use crate::finding::{Finding, Verdict};
use crate::interval::Interval;
use crate::printed::Printed;
use crate::study::{Model, Path};

/// How many times larger or smaller than every peer an implied standard error must be.
const FAR: f64 = 4.0;
/// How far peers may differ among themselves to be peers.
const ALIKE: f64 = 3.0;
/// A shifted decimal point must bring the standard error this near to the peers.
const NEAR: f64 = 2.0;

/// |B| / |t|.
fn implied(path: &Path) -> Option<Interval> {
    let (estimate, t) = (path.estimate()?, path.t.as_ref()?);
    let usable = |p: &Printed| !p.is_damaged() && !is_bound(p);
    if !usable(estimate) || !usable(t) || t.value() == 0.0 {
        return None;
    }
    let range = estimate.range().abs().over(t.range().abs());
    range.is_finite().then_some(range)
}

/// Whether a product with this predictor enters the model, which changes its standard error in its own right.
fn has_product(model: &Model, predictor: &str) -> bool {
    model.paths.iter().any(|path| {
        let name = &path.from;
        name != predictor
            && name.contains(predictor)
            && ([':', '*', '\u{d7}', '^'].iter().any(|sign| name.contains(*sign))
                || name.contains(" x ")
                || name.contains(" X "))
    })
}

/// Checks the models of one table.
pub(super) fn check(models: &[&Model], findings: &mut Vec<Finding>) {
    for (at, model) in models.iter().enumerate() {
        for path in &model.paths {
            let Some(own) = implied(path) else { continue };
            let peers: Vec<Interval> = models
                .iter()
                .enumerate()
                .filter(|(other, _)| *other != at)
                .flat_map(|(_, other)| other.paths.iter().filter(|p| p.from == path.from && p.group == path.group))
                .filter_map(implied)
                .filter(|range| range.lo() > 0.0 && range.hi() < ALIKE * range.lo())
                .collect();
            if peers.len() < 2 || models.iter().any(|m| has_product(m, &path.from)) {
                continue;
            }
            let Some(hull) = Interval::hull_of(peers) else { continue };
            if hull.hi() > ALIKE * ALIKE * hull.lo() {
                continue;
            }
            let far = own.lo() > FAR * hull.hi() || own.hi() < hull.lo() / FAR;
            if !far {
                continue;
            }
            let near = Interval::new(hull.lo() / NEAR, hull.hi() * NEAR);
            let Some(factor) = [0.1, 10.0, 0.01, 100.0].into_iter().find(|factor| own.scaled(*factor).meets(near))
            else {
                continue;
            };
            let t = path.t.as_ref().map_or("", |t| t.raw());
            let estimate = path.estimate().map_or("", |e| e.raw());
            findings.push(
                Finding::new("peers", &model.name, &format!("t of {}", path.label()), Verdict::Inconsistent)
                    .showing(format!("{estimate} ({t})"), path.line)
                    .recomputed(own, None)
                    .slipped(Some(format!(
                        "the decimal point of t or of the estimate may have moved: with {} times the standard error it would be like its peers",
                        factor
                    )))
                    .saying(format!(
                        "estimate {estimate} and t {t} imply a standard error of {} or more; the same predictor has {} to {} elsewhere",
                        show(own.lo(), 2),
                        show(hull.lo(), 2),
                        show(hull.hi(), 2)
                    )),
            );
        }
    }
}
