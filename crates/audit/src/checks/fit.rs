//! Figures that chi-square, df and N determine: p, chi-square/df, RMSEA with interval and PCLOSE, NCP, FMIN, F0, Hoelter.

use super::judge::{Question, show_range, unless};
use super::marks::{self, MarkCase};
use super::statistic::{Statistic, is_robust};
use crate::finding::{Finding, Verdict};
use crate::interval::Interval;
use crate::printed::Mark;
use crate::study::Model;
use latva_estimation::indices::{ChiSquare, chi_squared, critical_n, noncentrality, rmsea};

const BASIS: &str = "chi-square and df";
const BASIS_N: &str = "chi-square, df and N";
const ROBUST: &str = "with a corrected chi-square the index may have been computed from the uncorrected one";
const NO_N: &str = "no sample size is given";
/// Fit is rejected below this p.
const LEVEL: f64 = 0.05;
/// RMSEA of the close fit test.
const CLOSE_FIT: f64 = 0.05;

/// Levels of the interval of RMSEA that are tried where none is printed.
const RMSEA_LEVELS: [f64; 2] = [0.90, 0.95];

/// What each index can be at all.
const LIMITS: [(&str, &str, Interval); 17] = [
    ("p", "p", Interval::UNIT),
    ("cfi", "CFI", Interval::UNIT),
    ("nfi", "NFI", Interval::UNIT),
    ("pnfi", "PNFI", Interval::UNIT),
    ("pcfi", "PCFI", Interval::UNIT),
    ("pratio", "PRATIO", Interval::UNIT),
    ("pclose", "PCLOSE", Interval::UNIT),
    ("r2", "R-square", Interval::UNIT),
    ("chisq", "chi-square", Interval::NONNEGATIVE),
    ("df", "df", Interval::NONNEGATIVE),
    ("cmin_df", "chi-square/df", Interval::NONNEGATIVE),
    ("rmsea", "RMSEA", Interval::NONNEGATIVE),
    ("srmr", "SRMR", Interval::UNIT),
    ("rmr", "RMR", Interval::NONNEGATIVE),
    ("ncp", "NCP", Interval::NONNEGATIVE),
    ("fmin", "FMIN", Interval::NONNEGATIVE),
    ("f0", "F0", Interval::NONNEGATIVE),
];

/// Every check of one model's own test.
pub(super) fn check(model: &Model, findings: &mut Vec<Finding>) {
    for (field, figure, limits) in LIMITS {
        let question = Question { check: "limits", place: &model.name, figure, basis: "" };
        findings.extend(model.figure(field).and_then(|printed| question.limits(printed, limits)));
    }
    for (field, figure) in [("gfi", "GFI"), ("agfi", "AGFI")] {
        let question = Question { check: "limits", place: &model.name, figure, basis: "" };
        findings.extend(model.figure(field).and_then(|printed| question.limits(printed, Interval::at_most(1.0))));
    }
    let Some(statistic) = Statistic::of(model) else { return };
    p_value(model, &statistic, findings);
    ratio(model, &statistic, findings);
    point(model, &statistic, findings);
    interval(model, &statistic, findings);
    close_fit(model, &statistic, findings);
    discrepancy(model, &statistic, findings);
    hoelter(model, &statistic, findings);
}

fn p_value(model: &Model, statistic: &Statistic<'_>, findings: &mut Vec<Finding>) {
    let question = Question { check: "p-value", place: &model.name, figure: "p", basis: BASIS };
    if statistic.df == 0.0 {
        return;
    }
    let at = |value: f64| chi_squared::p_value(ChiSquare::new(value, statistic.df));
    let (Some(high), Some(low), value) =
        (at(statistic.range.lo()), at(statistic.range.hi()), chi_squared::p_value(statistic.as_printed()))
    else {
        return;
    };
    let range = Interval::new(low, high);
    let rejects = (range.hi() < LEVEL).then(|| "exact fit is rejected at .05".to_owned());
    match model.figure("p") {
        Some(p) if model.bootstrap_p => {
            findings.push(question.open(p, "the p-value is of a bootstrap, not of the chi-square distribution"));
        }
        Some(p) => {
            let mut finding = question.judge(p, range, value);
            if finding.verdict == Verdict::Inconsistent
                && p.decimals() == 3
                && p.value() == 0.001
                && range.hi() < 0.0005
            {
                finding.slip = Some("`<` may have been left out".to_owned());
            }
            findings.push(finding);
        }
        None => findings.push(
            question
                .finding(Verdict::NotCheckable)
                .showing("", statistic.chisq.line())
                .recomputed(range, value)
                .concluding(rejects)
                .saying(format!("no p is printed; chi-square and df give {}", show_range(range, 3))),
        ),
    }
    if let Mark::Symbol(_) | Mark::NotSignificant = statistic.chisq.mark() {
        let case = MarkCase::chi_square(statistic.chisq, &model.name, range);
        marks::judge(&[case], &model.conventions, model.own_legend, findings);
    }
}

fn ratio(model: &Model, statistic: &Statistic<'_>, findings: &mut Vec<Finding>) {
    let Some(printed) = model.figure("cmin_df") else { return };
    let question = Question { check: "chisq-df", place: &model.name, figure: "chi-square/df", basis: BASIS };
    if let Some(range) = statistic.increasing(chi_squared::cmin_df) {
        findings.push(question.judge(printed, range, chi_squared::cmin_df(statistic.as_printed())));
    }
}

/// Holds a figure against the range under each convention of the sample size and reports which of them fit.
fn by_convention(
    question: &Question<'_>,
    model: &Model,
    statistic: &Statistic<'_>,
    printed: &crate::printed::Printed,
    f: impl Fn(ChiSquare, f64) -> Option<f64>,
    search_n: bool,
) -> Option<Finding> {
    if statistic.multipliers.is_empty() {
        return Some(question.open(printed, NO_N));
    }
    let mut ranges = Vec::new();
    for (multiplier, name) in &statistic.multipliers {
        let at = |value: f64| f(ChiSquare::new(value, statistic.df), *multiplier);
        let range = Interval::new(at(statistic.range.lo())?, at(statistic.range.hi())?);
        ranges.push((range, *name));
    }
    let all = Interval::hull_of(ranges.iter().map(|(range, _)| *range))?;
    let value = f(statistic.as_printed(), statistic.multipliers[0].0);
    let mut finding = question.judge(printed, all, value);
    let fitting: Vec<&str> =
        ranges.iter().filter(|(range, _)| printed.generous_range().meets(*range)).map(|(_, name)| *name).collect();
    if finding.verdict == Verdict::Consistent {
        if fitting.is_empty() {
            // Between two conventions: none of them gives the figure.
            let nearest = ranges
                .iter()
                .map(|(range, _)| *range)
                .min_by(|a, b| {
                    let away = |r: &Interval| (r.lo() - printed.value()).abs().min((r.hi() - printed.value()).abs());
                    away(a).total_cmp(&away(b))
                })
                .unwrap_or(all);
            finding = question.judge(printed, nearest, value);
        } else if fitting.len() < ranges.len() && finding.convention.is_none() {
            finding.convention = Some(fitting.join(", "));
        }
    }
    if search_n && finding.verdict == Verdict::Inconsistent && finding.slip.is_none() {
        finding.slip = another_n(statistic, printed, &f);
    }
    Some(unless(finding, is_robust(model), ROBUST))
}

/// The sample sizes with which a printed figure that falls with N would agree.
fn another_n(
    statistic: &Statistic<'_>,
    printed: &crate::printed::Printed,
    f: &impl Fn(ChiSquare, f64) -> Option<f64>,
) -> Option<String> {
    let target = printed.range();
    if !target.is_finite() || statistic.range.lo() <= statistic.df {
        return None;
    }
    let mid = statistic.as_printed();
    let search = |goal: f64| {
        let (mut low, mut high) = (2.0_f64, 1e6_f64);
        for _ in 0..80 {
            let middle = (low * high).sqrt();
            if f(mid, middle)? > goal { low = middle } else { high = middle }
        }
        Some(low)
    };
    let (from, to) = (search(target.hi())?.ceil(), search(target.lo())?.floor());
    (from <= to && from > 3.0 && to < 9e5).then(|| format!("N between {from} and {to} would agree"))
}

fn point(model: &Model, statistic: &Statistic<'_>, findings: &mut Vec<Finding>) {
    let Some(printed) = model.figure("rmsea") else { return };
    let question = Question { check: "rmsea", place: &model.name, figure: "RMSEA", basis: BASIS_N };
    findings.extend(by_convention(&question, model, statistic, printed, rmsea::rmsea, true));
}

fn interval(model: &Model, statistic: &Statistic<'_>, findings: &mut Vec<Finding>) {
    let Some((lower, upper)) = &model.rmsea_ci else { return };
    let question = |figure| Question { check: "rmsea-interval", place: &model.name, figure, basis: BASIS_N };
    if let Some(rmsea) = model.figure("rmsea") {
        let inside = Interval::new(lower.range().lo(), upper.range().hi());
        let damaged = lower.is_damaged() || upper.is_damaged() || rmsea.is_damaged();
        if !damaged && !rmsea.range().meets(inside) {
            findings.push(question("RMSEA").finding(Verdict::Inconsistent).of(rmsea).recomputed(inside, None).saying(
                format!("RMSEA {} lies outside of its own interval [{}, {}]", rmsea.raw(), lower.raw(), upper.raw()),
            ));
        }
    }
    let level =
        model.rmsea_ci_level.as_ref().map(|level| level.value() / if level.value() > 1.0 { 100.0 } else { 1.0 });
    let levels = level.map_or_else(|| RMSEA_LEVELS.to_vec(), |level| vec![level]);
    let mut best: Option<Vec<Finding>> = None;
    for level in levels {
        // The ends for one case in place of n: the noncentralities are searched once for all conventions.
        let unscaled = [statistic.range.lo(), statistic.range.hi(), statistic.chisq.value()].map(|value| {
            let test = ChiSquare::new(value, statistic.df);
            (value, noncentrality::ncp_interval(test, level).and_then(|ncp| rmsea::rmsea_interval(test, ncp, 1.0)))
        });
        let end = |name: &'static str, printed, upper_end: bool| {
            let f = |test: ChiSquare, multiplier: f64| {
                let interval = unscaled.iter().find(|(value, _)| *value == test.value)?.1?;
                Some(if upper_end { interval.upper } else { interval.lower } / multiplier.sqrt())
            };
            by_convention(&question(name), model, statistic, printed, f, false)
        };
        let found: Vec<Finding> = [end("lower end of RMSEA", lower, false), end("upper end of RMSEA", upper, true)]
            .into_iter()
            .flatten()
            .collect();
        let misses = |found: &[Finding]| found.iter().filter(|f| f.verdict == Verdict::Inconsistent).count();
        if best.as_ref().is_none_or(|best| misses(&found) < misses(best)) {
            best = Some(
                found
                    .into_iter()
                    .map(|mut f| {
                        if level != RMSEA_LEVELS[0] && f.verdict == Verdict::Consistent {
                            f.convention = Some(format!("{:.0} % interval", level * 100.0));
                        }
                        f
                    })
                    .collect(),
            );
        }
        if best.as_ref().is_some_and(|best| misses(best) == 0) {
            break;
        }
    }
    findings.extend(best.unwrap_or_default());
}

fn close_fit(model: &Model, statistic: &Statistic<'_>, findings: &mut Vec<Finding>) {
    let Some(printed) = model.figure("pclose") else { return };
    let question = Question { check: "pclose", place: &model.name, figure: "PCLOSE", basis: BASIS_N };
    let f = |test: ChiSquare, multiplier: f64| rmsea::close_fit_p(test, multiplier, CLOSE_FIT);
    findings.extend(by_convention(&question, model, statistic, printed, f, false));
}

fn discrepancy(model: &Model, statistic: &Statistic<'_>, findings: &mut Vec<Finding>) {
    let question = |figure, basis| Question { check: "discrepancy", place: &model.name, figure, basis };
    if let Some(printed) = model.figure("ncp")
        && let Some(range) = statistic.increasing(noncentrality::ncp)
    {
        let finding = question("NCP", BASIS).judge(printed, range, noncentrality::ncp(statistic.as_printed()));
        findings.push(unless(finding, is_robust(model), ROBUST));
    }
    if let Some(printed) = model.figure("f0") {
        findings.extend(by_convention(&question("F0", BASIS_N), model, statistic, printed, noncentrality::f0, false));
    }
    if let Some(printed) = model.figure("fmin") {
        // lavaan prints half the discrepancy.
        let halves = |test: ChiSquare, multiplier: f64| noncentrality::fmin(test, 2.0 * multiplier);
        let whole = by_convention(&question("FMIN", BASIS_N), model, statistic, printed, noncentrality::fmin, false);
        let half = by_convention(&question("FMIN", BASIS_N), model, statistic, printed, halves, false);
        match half {
            Some(half)
                if half.verdict == Verdict::Consistent
                    && whole.as_ref().is_some_and(|w| w.verdict != Verdict::Consistent) =>
            {
                findings.push(half.by_convention("chi-square / (2 N)"));
            }
            _ => findings.extend(whole),
        }
    }
}

fn hoelter(model: &Model, statistic: &Statistic<'_>, findings: &mut Vec<Finding>) {
    let groups = model.conventions.groups.unwrap_or(1) as f64;
    for (field, figure, alpha) in [("hoelter_05", "Hoelter .05", 0.05), ("hoelter_01", "Hoelter .01", 0.01)] {
        let Some(printed) = model.figure(field) else { continue };
        let question = Question { check: "hoelter", place: &model.name, figure, basis: BASIS_N };
        if statistic.multipliers.is_empty() {
            findings.push(question.open(printed, NO_N));
            continue;
        }
        let at = |value: f64, multiplier: f64| {
            critical_n::critical_n(ChiSquare::new(value, statistic.df), multiplier, groups, alpha)
        };
        let ends = statistic.multipliers.iter().filter_map(|(multiplier, _)| {
            Some(Interval::new(at(statistic.range.hi(), *multiplier)?, at(statistic.range.lo(), *multiplier)?))
        });
        // Programs round, cut off or round up, and add 1 or the number of groups.
        let Some(range) = Interval::hull_of(ends) else { continue };
        let range = Interval::new(range.lo() - groups - 1.0, range.hi() + 1.0);
        let finding = question.judge(printed, range, at(statistic.chisq.value(), statistic.multipliers[0].0));
        findings.push(unless(finding, is_robust(model), ROBUST));
    }
}
