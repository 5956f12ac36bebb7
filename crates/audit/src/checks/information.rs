//! AIC and its kin, ECVI, GFI, AGFI and PGFI.

use super::judge::{Question, is_bound, unless};
use super::statistic::{Statistic, is_robust};
use crate::finding::{Finding, Verdict};
use crate::interval::Interval;
use crate::printed::Printed;
use crate::structure;
use crate::study::Model;
use latva_estimation::indices::{ecvi, information_criteria};

const CRITERIA: [(&str, &str); 4] =
    [("aic", "AIC"), ("bic", "BIC"), ("caic", "CAIC"), ("sabic", "sample-size adjusted BIC")];
/// More variables than this, over all groups, are not searched for the limits of GFI.
const MAX_VARIABLES: u64 = 300;
const FROM_LOGL: &str = "the program may compute it from the log-likelihood or count parameters in another way";

/// A criterion as deviance plus a penalty per parameter.
fn criterion(field: &str, deviance: f64, parameters: f64, n: Option<f64>) -> Option<f64> {
    match field {
        "aic" => information_criteria::aic(deviance, parameters),
        "bic" => information_criteria::bic(deviance, parameters, n?),
        "caic" => information_criteria::caic(deviance, parameters, n?),
        "sabic" => information_criteria::adjusted_bic(deviance, parameters, n?),
        _ => None,
    }
}

/// Checks of one model.
pub(super) fn check(model: &Model, variables: &[(u64, u64)], software: &str, findings: &mut Vec<Finding>) {
    let Some(statistic) = Statistic::of(model) else { return };
    let n = model.conventions.n.map(|n| n as f64);
    let parameters = parameter_counts(model, &statistic, variables);
    let amos = software.to_lowercase().contains("amos");
    for (field, figure) in CRITERIA {
        let Some(printed) = model.figure(field) else { continue };
        let question = Question {
            check: "information",
            place: &model.name,
            figure,
            basis: "chi-square and the number of parameters",
        };
        let mut ranges = Vec::new();
        for q in &parameters {
            ranges.extend(statistic.increasing(|test| criterion(field, test.value, *q, n)));
        }
        if field == "aic" {
            // LISREL's and EQS's older form.
            ranges.extend(statistic.increasing(|test| Some(test.value - 2.0 * test.df)));
        }
        if let (Some(logl), Some(npar)) = (model.figure("logl"), model.figure("npar").and_then(Printed::count)) {
            let deviance = logl.range().scaled(-2.0);
            if let (Some(lo), Some(hi)) =
                (criterion(field, deviance.lo(), npar as f64, n), criterion(field, deviance.hi(), npar as f64, n))
            {
                findings.push(question.judge(printed, Interval::new(lo, hi), None));
                continue;
            }
        }
        if parameters.is_empty() || ranges.is_empty() {
            findings.push(question.open(printed, "the number of free parameters is not known"));
            continue;
        }
        match ranges.iter().find(|range| printed.generous_range().meets(**range)) {
            Some(range) => findings.push(question.judge(printed, *range, None)),
            None => {
                // Only where the program and its parameters are certain is a mismatch one of arithmetic.
                let certain = amos && model.figure("npar").is_some() && field == "aic";
                findings.push(unless(question.judge(printed, ranges[0], None), !certain, FROM_LOGL));
            }
        }
    }
    if let Some(printed) = model.figure("ecvi") {
        let question = Question {
            check: "information",
            place: &model.name,
            figure: "ECVI",
            basis: "chi-square, parameters and N",
        };
        let ranges: Vec<Interval> = parameters
            .iter()
            .flat_map(|q| statistic.multipliers.iter().map(move |(m, _)| (*q, *m)))
            .filter_map(|(q, m)| statistic.increasing(|test| ecvi::ecvi(test, q, m)))
            .collect();
        match (ranges.iter().find(|range| printed.generous_range().meets(**range)), ranges.first()) {
            (Some(range), _) => findings.push(question.judge(printed, *range, None)),
            (None, Some(first)) => {
                let certain = model.figure("npar").is_some() && !is_robust(model);
                findings.push(unless(question.judge(printed, *first, None), !certain, FROM_LOGL));
            }
            (None, None) => {
                findings.push(question.open(printed, "the number of free parameters or of cases is not known"))
            }
        }
    }
    parameters_and_moments(model, &statistic, variables, findings);
    goodness(model, &statistic, variables, findings);
}

/// Numbers of free parameters that the figures allow.
fn parameter_counts(model: &Model, statistic: &Statistic<'_>, variables: &[(u64, u64)]) -> Vec<f64> {
    if let Some(npar) = model.figure("npar").and_then(Printed::count) {
        return vec![npar as f64];
    }
    let groups = model.conventions.groups.unwrap_or(1) as f64;
    let mut counts = Vec::new();
    for (observed, covariates) in variables {
        let moments = groups * structure::moments(*observed) as f64;
        let means = groups * *observed as f64;
        let fixed = groups * structure::moments(*covariates) as f64;
        for count in [moments - statistic.df, moments + means - statistic.df, moments - fixed - statistic.df] {
            if count >= 0.0 && !counts.contains(&count) {
                counts.push(count);
            }
        }
    }
    counts
}

/// NPAR + df is the number of moments.
fn parameters_and_moments(
    model: &Model,
    statistic: &Statistic<'_>,
    variables: &[(u64, u64)],
    findings: &mut Vec<Finding>,
) {
    let Some(printed) = model.figure("npar") else { return };
    let Some(npar) = printed.count().map(|npar| npar as f64) else { return };
    if model.structures.is_empty() || variables.is_empty() {
        return;
    }
    let groups = model.conventions.groups.unwrap_or(1) as f64;
    let question = Question {
        check: "degrees-of-freedom",
        place: &model.name,
        figure: "number of parameters",
        basis: "moments and df",
    };
    let possible: Vec<f64> = variables
        .iter()
        .flat_map(|(p, x)| {
            let moments = groups * structure::moments(*p) as f64;
            let fixed = groups * structure::moments(*x) as f64;
            [moments, moments + groups * *p as f64, moments - fixed, moments - fixed + groups * (p - x) as f64]
        })
        .map(|moments| moments - statistic.df)
        .collect();
    if possible.contains(&npar) {
        findings
            .push(question.finding(Verdict::Consistent).of(printed).saying("parameters and df add up to the moments"));
    } else if let Some(range) = Interval::hull_of(possible.iter().map(|count| Interval::point(*count))) {
        let open = "equality constraints make parameters count once or several times";
        findings.push(unless(
            question
                .finding(Verdict::Inconsistent)
                .of(printed)
                .recomputed(range, None)
                .saying("parameters and df do not add up to the moments"),
            true,
            open,
        ));
    }
}

/// GFI against what chi-square allows; AGFI and PGFI against GFI.
fn goodness(model: &Model, statistic: &Statistic<'_>, variables: &[(u64, u64)], findings: &mut Vec<Finding>) {
    let groups = model.conventions.groups.unwrap_or(1);
    let mut variables_known: Vec<u64> = variables.iter().map(|(p, _)| *p).collect();
    variables_known.dedup();
    let gfi = model.figure("gfi");
    if let Some(printed) = gfi {
        let question = Question {
            check: "gfi",
            place: &model.name,
            figure: "GFI",
            basis: "chi-square, N and the number of variables",
        };
        match (variables_known.as_slice(), statistic.multipliers.is_empty()) {
            ([], _) => findings.push(question.open(printed, "the number of observed variables is not known")),
            (_, true) => findings.push(question.open(printed, "no sample size is given")),
            (known, false) if known.iter().any(|p| p * groups > MAX_VARIABLES) => {
                findings.push(question.open(printed, "there are too many variables"));
            }
            (known, false) => {
                let mut range: Option<Interval> = None;
                let mut near = None;
                for p in known {
                    for (multiplier, _) in &statistic.multipliers {
                        for chisq in [statistic.range.lo(), statistic.range.hi()] {
                            let discrepancy = chisq / multiplier;
                            let here = gfi_limits(*p * groups, discrepancy);
                            range = Some(range.map_or(here, |range| range.hull(here)));
                        }
                    }
                    let p = (*p * groups) as f64;
                    near = near.or_else(|| Some(p / (p + 2.0 * statistic.chisq.value() / statistic.multipliers[0].0)));
                }
                if let Some(range) = range {
                    let finding = question.judge(printed, range, near).approximate();
                    findings.push(unless(
                        finding,
                        is_robust(model) || groups > 1,
                        "the limits hold for maximum likelihood in one group",
                    ));
                }
            }
        }
    }
    let Some(gfi) = gfi.filter(|gfi| !gfi.is_damaged() && !is_bound(gfi)) else { return };
    if statistic.df == 0.0 {
        return;
    }
    for (field, figure) in [("agfi", "AGFI"), ("pgfi", "PGFI")] {
        let Some(printed) = model.figure(field) else { continue };
        let question =
            Question { check: "gfi", place: &model.name, figure, basis: "GFI, df and the number of moments" };
        if variables_known.is_empty() {
            findings.push(question.open(printed, "the number of observed variables is not known"));
            continue;
        }
        let ranges = variables_known.iter().map(|p| {
            let moments = (groups * structure::moments(*p)) as f64;
            let g = gfi.range();
            if field == "agfi" {
                Interval::point(1.0) - (Interval::point(1.0) - g).scaled(moments / statistic.df)
            } else {
                g.scaled(statistic.df / moments)
            }
        });
        if let Some(range) = Interval::hull_of(ranges) {
            findings.push(question.judge(printed, range, None));
        }
    }
}

/// The limits of GFI for a maximum likelihood discrepancy F of p variables.
///
/// With eigenvalues 1 + e of S Sigma^-1 the discrepancy is the sum of e - ln(1 + e), the sum of the e is 0 at the
/// minimum (for models that are closed under scaling), and GFI = p / (p + sum e^2). The extremes of the sum of
/// squares have two distinct values of e: k times a and p - k times b = -k a / (p - k).
fn gfi_limits(p: u64, discrepancy: f64) -> Interval {
    let p = p.max(2);
    let whole = p as f64;
    let excess = |a: f64, k: f64| {
        let b = -k * a / (whole - k);
        k * (a - a.ln_1p()) + (whole - k) * (b - b.ln_1p())
    };
    let mut limits: Option<Interval> = None;
    for k in 1..p {
        let k = k as f64;
        // b stays above -1 as long as a is below (p - k) / k.
        let (mut low, mut high) = (0.0_f64, (whole - k) / k);
        for _ in 0..60 {
            let middle = (low + high) / 2.0;
            if excess(middle, k) < discrepancy { low = middle } else { high = middle }
        }
        let b = -k * high / (whole - k);
        let squares = k * high * high + (whole - k) * b * b;
        let gfi = Interval::point(whole / (whole + squares));
        limits = Some(limits.map_or(gfi, |limits| limits.hull(gfi)));
    }
    limits.unwrap_or(Interval::UNIT).widened(0.005)
}

/// Differences of criteria between models of one sample: free of every convention about the saturated model.
pub(super) fn across(models: &[Model], findings: &mut Vec<Finding>) {
    for (at, model) in models.iter().enumerate() {
        if model.variables.is_empty() || is_robust(model) {
            continue;
        }
        let first = models.iter().find(|other| {
            other.variables == model.variables && other.conventions.n == model.conventions.n && !is_robust(other)
        });
        let Some(first) = first.filter(|first| !std::ptr::eq(*first, &models[at])) else { continue };
        let (Some(here), Some(there)) = (Statistic::of(model), Statistic::of(first)) else { continue };
        for (field, figure) in CRITERIA {
            let (Some(printed), Some(other)) = (model.figure(field), first.figure(field)) else { continue };
            if other.is_damaged() || is_bound(other) {
                continue;
            }
            let n = model.conventions.n.map(|n| n as f64);
            let (Some(with), Some(without)) = (criterion(field, 0.0, there.df, n), criterion(field, 0.0, here.df, n))
            else {
                continue;
            };
            // The log-likelihood counts N cases where chi-square may count N - G.
            let groups = model.conventions.groups.unwrap_or(1) as f64;
            let stretch = n
                .filter(|n| *n > groups + 1.0)
                .map_or(Interval::point(1.0), |n| Interval::new((n - groups) / n, n / (n - groups)));
            let difference = (here.range - there.range) * stretch + Interval::point(with - without);
            let basis = format!("the {figure} of {} and the difference of chi-square and df", first.name);
            let question = Question { check: "information", place: &model.name, figure, basis: &basis };
            findings.push(question.judge(printed, other.range() + difference, None));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limits_of_gfi_hold_published_pairs() {
        // lavaan 0.6-14, three factors of HolzingerSwineford1939: chi-square 85.306, N 301, p 9, GFI .943.
        let limits = gfi_limits(9, 85.306 / 301.0);
        assert!(limits.contains(0.943), "{limits:?}");
        assert!(limits.lo() > 0.85 && limits.hi() < 0.99);
    }

    #[test]
    fn criteria_are_deviance_plus_penalty() {
        // AMOS, the same model: chi-square 85.022, 21 parameters, AIC 127.022.
        assert_eq!(criterion("aic", 85.022, 21.0, None), Some(127.022));
        let test = latva_estimation::indices::ChiSquare::new(85.022, 24.0);
        assert!((ecvi::ecvi(test, 21.0, 300.0).unwrap() - 0.4234).abs() < 1e-4);
    }
}
