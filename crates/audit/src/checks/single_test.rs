//! Single tests: t, F, chi-square, z and r against their p-values.

use super::judge::{Question, is_bound, p_range};
use super::path::{Claim, judge_p, statement, two_sided};
use super::table::correlation_p;
use crate::finding::{Finding, Verdict};
use crate::interval::Interval;
use crate::study::{Statistic, Study, Tails, Test};
use latva_math::distribution::{chi_squared, f, student_t};

/// Checks every single test.
pub(super) fn check(study: &Study, findings: &mut Vec<Finding>) {
    for test in &study.tests {
        one(test, study.conventions.tails, findings);
    }
}

/// p of the statistic, and whether it may be halved for a one-sided test.
fn p_of(test: &Test) -> Option<(Interval, bool)> {
    let value = test.value.as_ref().filter(|v| !v.is_damaged() && !is_bound(v))?.range();
    let df = |at: usize| test.df.get(at).map(|df| *df as f64).filter(|df| *df > 0.0);
    let size = value.abs();
    match test.statistic {
        Statistic::Z => Some((two_sided(value, None)?, true)),
        Statistic::T => {
            let df = df(0)?;
            Some((Interval::new(student_t::two_sided(size.hi(), df)?, student_t::two_sided(size.lo(), df)?), true))
        }
        Statistic::F => {
            let (k, rest) = (df(0)?, df(1)?);
            Some((Interval::new(f::sf(value.hi().max(0.0), k, rest)?, f::sf(value.lo().max(0.0), k, rest)?), false))
        }
        Statistic::ChiSquare => {
            let df = df(0)?;
            Some((
                Interval::new(chi_squared::sf(value.hi().max(0.0), df)?, chi_squared::sf(value.lo().max(0.0), df)?),
                false,
            ))
        }
        Statistic::R => {
            let n = test.n.or_else(|| test.df.first().map(|df| df + 2))?;
            Some((correlation_p(value, n)?, true))
        }
    }
}

fn one(test: &Test, tails: Option<Tails>, findings: &mut Vec<Finding>) {
    let place = &test.name;
    let found = p_of(test);
    let Some((range, has_sides)) = found else {
        if let Some(p) = &test.p {
            findings.push(
                Finding::new("p-value", place, "p", Verdict::NotCheckable)
                    .of(p)
                    .saying("the statistic or its degrees of freedom are missing"),
            );
        }
        return;
    };
    if let Some(p) = &test.p {
        findings.push(if has_sides {
            judge_p(place, "p", p, range, test.tails.or(tails))
        } else {
            Question { check: "p-value", place, figure: "p", basis: "the test statistic" }.judge(p, range, None)
        });
    }
    statement(
        &Claim {
            place,
            figure: "the test",
            significant: test.significant,
            tails: if has_sides { test.tails.or(tails) } else { Some(Tails::Two) },
            line: test.line,
        },
        Some(test.p.as_ref().filter(|p| !p.is_damaged() && !is_bound(p)).map_or(range, p_range)),
        None,
        None,
        findings,
    );
}
