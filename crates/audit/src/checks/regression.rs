//! Regressions: F against R-square, and coefficients recomputed from a table's correlations and SDs.
//!
//! For standardized variables with correlation matrix R of predictors and outcome y and P = R^-1:
//! beta_j = -P_jy / P_yy, R-square = 1 - 1 / P_yy, t_j = r sqrt(df / (1 - r^2)) with the partial correlation
//! r = -P_jy / sqrt(P_jj P_yy), df = n - k - 1. B_j = beta_j sd_y / sd_j.

use super::judge::{Question, is_bound, show_range};
use super::marks::{self, MarkCase};
use super::path::two_sided;
use crate::finding::{Finding, Verdict};
use crate::interval::Interval;
use crate::linear;
use crate::printed::{Mark, Printed};
use crate::study::{Composite, CompositeKind, Regression, Study, Table};
use latva_math::distribution::f;
use ndarray::Array2;

/// A coefficient recomputed from a table.
pub(super) struct Coefficient {
    pub(super) predictor: String,
    pub(super) standardized: Option<Interval>,
    pub(super) unstandardized: Option<Interval>,
    pub(super) t: Option<Interval>,
}

/// A regression recomputed from a table.
pub(super) struct Recomputation {
    pub(super) name: String,
    pub(super) coefficients: Vec<Coefficient>,
    pub(super) r2: Interval,
}

/// A table variable or a sum of them, as weights on the rows.
#[derive(Clone)]
struct Variable {
    weights: Vec<(usize, f64)>,
}

/// Every row and composite by its name; composites may use rows and the composites before them.
fn variables(table: &Table) -> Vec<(&str, Result<Variable, &'static str>)> {
    let mut known: Vec<(&str, Result<Variable, &'static str>)> = Vec::new();
    for (at, row) in table.rows.iter().enumerate() {
        known.push((&row.name, Ok(Variable { weights: vec![(at, 1.0)] })));
    }
    for composite in &table.composites {
        let joined = join(composite, &known);
        known.push((&composite.name, joined));
    }
    known
}

fn named(known: &[(&str, Result<Variable, &'static str>)], name: &str) -> Result<Variable, &'static str> {
    known
        .iter()
        .find(|(other, _)| *other == name)
        .map_or(Err("a variable is not in the table"), |(_, found)| found.clone())
}

fn join(composite: &Composite, known: &[(&str, Result<Variable, &'static str>)]) -> Result<Variable, &'static str> {
    let each = match composite.kind {
        CompositeKind::Product => {
            return Err("a product of variables has correlations that the table does not determine");
        }
        CompositeKind::Sum => 1.0,
        CompositeKind::Mean => 1.0 / composite.of.len().max(1) as f64,
    };
    let mut weights: Vec<(usize, f64)> = Vec::new();
    for name in &composite.of {
        for (at, weight) in named(known, name)?.weights {
            match weights.iter_mut().find(|(other, _)| *other == at) {
                Some((_, sum)) => *sum += weight * each,
                None => weights.push((at, weight * each)),
            }
        }
    }
    Ok(Variable { weights })
}

fn usable(figure: Option<&Printed>) -> Option<&Printed> {
    figure.filter(|figure| !is_bound(figure))
}

fn correlation(table: &Table, a: usize, b: usize) -> Result<Interval, &'static str> {
    if a == b {
        return Ok(Interval::point(1.0));
    }
    usable(table.rows[a.max(b)].r.get(a.min(b)).and_then(Option::as_ref))
        .map(|r| r.range().clamp_to(Interval::CORRELATION))
        .ok_or("a correlation is not printed")
}

fn deviation(table: &Table, at: usize) -> Option<Interval> {
    usable(table.rows[at].sd.as_ref()).map(|sd| sd.range().clamp_to(Interval::NONNEGATIVE))
}

/// Covariance of two weighted sums; single rows have SD 1 when theirs is not printed.
fn covariance(table: &Table, a: &Variable, b: &Variable) -> Result<Interval, &'static str> {
    let scale = |variable: &Variable, at: usize| -> Result<Interval, &'static str> {
        if variable.weights.len() == 1 {
            return Ok(Interval::point(1.0));
        }
        deviation(table, at).ok_or("the SD of a variable is not printed")
    };
    let mut sum = Interval::point(0.0);
    for (i, x) in &a.weights {
        for (j, y) in &b.weights {
            sum = sum + correlation(table, *i, *j)? * scale(a, *i)?.scaled(*x) * scale(b, *j)?.scaled(*y);
        }
    }
    Ok(sum)
}

fn variance(table: &Table, v: &Variable) -> Result<Interval, &'static str> {
    let mut sum = Interval::point(0.0);
    for (at, (i, x)) in v.weights.iter().enumerate() {
        let own = if v.weights.len() == 1 {
            Interval::point(1.0)
        } else {
            deviation(table, *i).ok_or("the SD of a variable is not printed")?
        };
        sum = sum + own.scaled(*x).square();
        for (j, y) in &v.weights[at + 1..] {
            let other = deviation(table, *j).ok_or("the SD of a variable is not printed")?;
            sum = sum + (correlation(table, *i, *j)? * own * other).scaled(2.0 * x * y);
        }
    }
    Ok(sum.clamp_to(Interval::NONNEGATIVE))
}

/// The SD of a variable in its own units, where printed.
fn own_deviation(table: &Table, v: &Variable) -> Option<Interval> {
    match v.weights.as_slice() {
        [(at, weight)] => deviation(table, *at).map(|sd| sd.scaled(weight.abs())),
        _ => variance(table, v).ok().map(Interval::sqrt),
    }
}

/// Recomputes a regression from its table.
fn recompute(table: &Table, regression: &Regression) -> Result<Recomputation, &'static str> {
    let n = regression.n.or(table.conventions.n).ok_or("no sample size is given")? as f64;
    let known = variables(table);
    let mut variables = Vec::new();
    for name in regression.predictors.iter().chain(std::iter::once(&regression.outcome)) {
        variables.push(named(&known, name)?);
    }
    let order = variables.len();
    let outcome = order - 1;
    let df = n - outcome as f64 - 1.0;
    if df < 1.0 || outcome == 0 {
        return Err("there are too few cases for the predictors");
    }
    let mut deviations = Vec::new();
    for v in &variables {
        deviations.push(variance(table, v)?.sqrt());
    }
    let mut centre = Array2::<f64>::eye(order);
    let mut radius = Array2::<f64>::zeros((order, order));
    for i in 0..order {
        for j in 0..i {
            let r = covariance(table, &variables[i], &variables[j])?.over(deviations[i] * deviations[j]);
            let r = r.clamp_to(Interval::CORRELATION);
            let (middle, reach) = r.middle().zip(r.radius()).ok_or("a composite has no variance")?;
            for (a, b) in [(i, j), (j, i)] {
                centre[[a, b]] = middle;
                radius[[a, b]] = reach;
            }
        }
    }
    let inverse = linear::inverse(&centre, &radius).ok_or("the rounding of the correlations leaves too much open")?;
    let precision = |i: usize, j: usize| inverse[j][i];
    let outcome_precision = precision(outcome, outcome).clamp_to(Interval::at_least(1.0));
    let r2 = (Interval::point(1.0) - outcome_precision.recip()).clamp_to(Interval::UNIT);
    let coefficients = (0..outcome)
        .map(|j| {
            let cross = -precision(j, outcome);
            let beta = cross.over(outcome_precision);
            let own = precision(j, j).clamp_to(Interval::at_least(1.0));
            let partial = cross.over((own * outcome_precision).sqrt()).clamp_to(Interval::CORRELATION);
            let t = (partial.is_finite() && partial.abs().hi() < 1.0)
                .then(|| partial.map_increasing(|r| r * (df / (1.0 - r * r)).sqrt()));
            let scale = own_deviation(table, &variables[outcome]).zip(own_deviation(table, &variables[j]));
            let unstandardized = scale.map(|(y, x)| beta * y.over(x)).filter(|b| b.is_finite());
            Coefficient { predictor: regression.predictors[j].clone(), standardized: Some(beta), unstandardized, t }
        })
        .collect();
    Ok(Recomputation { name: regression.name.clone(), coefficients, r2 })
}

/// Checks every regression and gives back those that a table determines.
pub(super) fn check(study: &Study, findings: &mut Vec<Finding>) -> Vec<Recomputation> {
    let mut recomputed = Vec::new();
    for regression in &study.regressions {
        f_and_r2(regression, findings);
        if regression.table.is_empty() {
            continue;
        }
        let Some(table) = study.tables.iter().find(|table| table.name == regression.table) else { continue };
        match recompute(table, regression) {
            Ok(found) => {
                from_table(study, regression, table, &found, findings);
                recomputed.push(found);
            }
            Err(reason) => findings.push(
                Finding::new("regression", &regression.name, &regression.outcome, Verdict::NotCheckable)
                    .showing("", regression.line)
                    .saying(reason),
            ),
        }
    }
    recomputed
}

fn from_table(
    study: &Study,
    regression: &Regression,
    table: &Table,
    found: &Recomputation,
    findings: &mut Vec<Finding>,
) {
    let place = &regression.name;
    let basis = format!("the correlations of {}", table.name);
    let (n, k) = (regression.n.or(table.conventions.n), regression.predictors.len());
    let df = n.map(|n| n as f64 - k as f64 - 1.0);
    let mut cases = Vec::new();
    for printed in &regression.coefficients {
        let Some(coefficient) = found.coefficients.iter().find(|c| c.predictor == printed.from) else { continue };
        let name = format!("{} on {}", regression.outcome, printed.from);
        let [b_name, beta_name, name_of, t_name] =
            ["B", "beta", "coefficient", "t"].map(|what| format!("{what} of {name}"));
        let question = |figure| Question { check: "regression", place, figure, basis: &basis };
        if let Some((b, range)) = printed.b.as_ref().zip(coefficient.unstandardized) {
            findings.push(question(&b_name).judge(b, range, None));
        } else if let Some(b) = &printed.b {
            findings.push(question(&b_name).open(b, "an SD is not printed"));
        }
        if let Some((beta, range)) = printed.beta.as_ref().zip(coefficient.standardized) {
            findings.push(question(&beta_name).judge(beta, range, None));
        }
        if let Some((estimate, standardized)) = printed.est.as_ref().zip(coefficient.standardized) {
            either_unit(&question(&name_of), estimate, standardized, coefficient.unstandardized, findings);
        }
        if let (Some(t), Some(range)) = (&printed.t, coefficient.t) {
            findings.push(question(&t_name).judge(t, range, None));
        }
        let estimate = printed.estimate();
        if let (Some(figure), Some(p)) = (estimate, coefficient.t.and_then(|t| two_sided(t, df)))
            && *figure.mark() != Mark::None
        {
            cases.push(MarkCase {
                place: place.clone(),
                figure: name,
                printed: figure,
                p,
                has_sides: true,
                tails: printed.tails,
            });
        }
    }
    marks::judge(&cases, &study.conventions, false, findings);
    if let Some(r2) = &regression.r2 {
        let question = Question { check: "regression", place, figure: "R-square", basis: &basis };
        findings.push(question.judge(r2, found.r2, None));
    }
}

/// A coefficient of unknown unit agrees when it agrees in one of them, which is told.
fn either_unit(
    question: &Question<'_>,
    printed: &Printed,
    beta: Interval,
    b: Option<Interval>,
    findings: &mut Vec<Finding>,
) {
    let standardized = question.judge(printed, beta, None);
    let raw = b.map(|b| question.judge(printed, b, None));
    let fits = |finding: &Finding| finding.verdict == Verdict::Consistent;
    findings.push(match raw {
        Some(raw) if fits(&raw) && fits(&standardized) => {
            standardized.by_convention("standardized or in the units of the table")
        }
        Some(raw) if fits(&raw) => raw.by_convention("in the units of the table"),
        Some(raw) if !fits(&standardized) => {
            let message = format!("{}; standardized {}", raw.message, show_range(beta, printed.decimals()));
            raw.saying(message)
        }
        _ if fits(&standardized) => standardized.by_convention("standardized"),
        _ => standardized,
    });
}

/// F = (R2 / k) / ((1 - R2) / (n - k - 1)), adjusted R-square, and p of F.
fn f_and_r2(regression: &Regression, findings: &mut Vec<Finding>) {
    let place = &regression.name;
    let listed = (!regression.predictors.is_empty()).then_some(regression.predictors.len() as u64);
    let degrees = match regression.f_df.as_slice() {
        [k, rest] => Some((*k as f64, *rest as f64)),
        _ => regression.k.or(listed).zip(regression.n).map(|(k, n)| (k as f64, n as f64 - k as f64 - 1.0)),
    };
    for (figure, printed) in [("R-square", &regression.r2), ("adjusted R-square", &regression.adj_r2)] {
        let limits = if figure == "R-square" { Interval::UNIT } else { Interval::at_most(1.0) };
        let question = Question { check: "limits", place, figure, basis: "" };
        findings.extend(printed.as_ref().and_then(|printed| question.limits(printed, limits)));
    }
    let Some((k, rest)) = degrees.filter(|(k, rest)| *k >= 1.0 && *rest >= 1.0) else {
        if let Some(printed) = &regression.f {
            let question = Question { check: "f-and-r-square", place, figure: "F", basis: "" };
            findings.push(question.open(printed, "the number of predictors or of cases is not known"));
        }
        return;
    };
    let question = |figure, basis| Question { check: "f-and-r-square", place, figure, basis };
    let r2_of_f = |f: f64| f * k / (f * k + rest);
    let f_statistic = regression.f.as_ref().filter(|f| !f.is_damaged() && !is_bound(f));
    if let (Some(r2), Some(f)) = (&regression.r2, f_statistic) {
        let range = f.range().clamp_to(Interval::NONNEGATIVE).map_increasing(r2_of_f);
        findings.push(question("R-square", "F, the number of predictors and N").judge(
            r2,
            range,
            Some(r2_of_f(f.value())),
        ));
    }
    if let Some(adjusted) = &regression.adj_r2 {
        let shrink = |r2: f64| 1.0 - (1.0 - r2) * (k + rest) / rest;
        let from_r2 = regression
            .r2
            .as_ref()
            .filter(|r| !r.is_damaged() && !is_bound(r))
            .map(|r| r.range().clamp_to(Interval::UNIT));
        let r2 = f_statistic.map(|f| f.range().clamp_to(Interval::NONNEGATIVE).map_increasing(r2_of_f)).or(from_r2);
        if let Some(r2) = r2 {
            findings.push(question("adjusted R-square", "R-square or F, the number of predictors and N").judge(
                adjusted,
                r2.map_increasing(shrink),
                None,
            ));
        }
    }
    if let Some(statistic) = f_statistic {
        let at = |x: f64| f::sf(x.max(0.0), k, rest);
        if let (Some(high), Some(low)) = (at(statistic.range().lo()), at(statistic.range().hi())) {
            let range = Interval::new(low, high);
            if let Some(p) = &regression.p {
                let question = Question { check: "p-value", place, figure: "p of F", basis: "F and its df" };
                findings.push(question.judge(p, range, None));
            }
            if *statistic.mark() != Mark::None {
                let case = MarkCase {
                    place: place.clone(),
                    figure: "F".to_owned(),
                    printed: statistic,
                    p: range,
                    has_sides: false,
                    tails: None,
                };
                marks::judge(&[case], &crate::study::Conventions::default(), false, findings);
            }
        }
    }
}
