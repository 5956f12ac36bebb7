//! NFI, RFI, IFI, TLI, CFI, PNFI and PCFI through the baseline chi-square that they imply.
//!
//! With chi-square and df of the model each index is a monotone function of the baseline chi-square Xb (and, but
//! for NFI and IFI, of the baseline df). Its printed value leaves an interval for Xb; the indices agree when the
//! intervals of all of them, for one and the same baseline df, have a common point. Models of the same
//! variables and cases share the baseline, so that they must agree across models, too.

use super::judge::{Question, is_bound, show_range, unless};
use super::statistic::{Statistic, is_robust};
use crate::finding::{Finding, Verdict};
use crate::interval::Interval;
use crate::printed::Printed;
use crate::study::Model;
use latva_estimation::indices::{ChiSquare, cfi, ifi, parsimony, rfi, tli};

const ROBUST: &str = "with a corrected chi-square the indices may have been computed from another one";
/// Baseline df that are tried where the number of variables is not known: up to 100 variables in one group.
const MAX_UNKNOWN_DF: u64 = 4950;

/// An index that compares the model with its baseline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Index {
    Nfi,
    Rfi,
    Ifi,
    Tli,
    Cfi,
    Pnfi,
    Pcfi,
}

const INDICES: [(Index, &str, &str); 7] = [
    (Index::Nfi, "nfi", "NFI"),
    (Index::Rfi, "rfi", "RFI"),
    (Index::Ifi, "ifi", "IFI"),
    (Index::Tli, "tli", "TLI"),
    (Index::Cfi, "cfi", "CFI"),
    (Index::Pnfi, "pnfi", "PNFI"),
    (Index::Pcfi, "pcfi", "PCFI"),
];

impl Index {
    fn value(self, model: ChiSquare, baseline: ChiSquare) -> Option<f64> {
        match self {
            // The index itself refuses a model with more df than its baseline, which is just what a wrong set of
            // variables looks like.
            Index::Nfi => Some(parsimony::pnfi(model, baseline)? / parsimony::pratio(model, baseline)?),
            Index::Rfi => rfi::rfi(model, baseline),
            Index::Ifi => ifi::ifi(model, baseline),
            Index::Tli => tli::tli(model, baseline),
            Index::Cfi => cfi::cfi(model, baseline),
            Index::Pnfi => parsimony::pnfi(model, baseline),
            Index::Pcfi => parsimony::pcfi(model, baseline),
        }
    }

    /// The index is s (1 - k (X - o) / (Xb - q)): (s, k, o, q).
    fn coefficients(self, df: f64, baseline_df: f64) -> (f64, f64, f64, f64) {
        match self {
            Index::Nfi => (1.0, 1.0, 0.0, 0.0),
            Index::Rfi => (1.0, baseline_df / df, 0.0, 0.0),
            Index::Ifi => (1.0, 1.0, df, df),
            Index::Tli => (1.0, baseline_df / df, df, baseline_df),
            Index::Cfi => (1.0, 1.0, df, baseline_df),
            Index::Pnfi => (df / baseline_df, 1.0, 0.0, 0.0),
            Index::Pcfi => (df / baseline_df, 1.0, df, baseline_df),
        }
    }

    fn is_cut_at_zero(self) -> bool {
        matches!(self, Index::Cfi | Index::Pcfi)
    }

    /// The baseline chi-squares with which the index can have a value of `printed`.
    fn baseline(self, printed: Interval, chisq: Interval, df: f64, baseline_df: f64) -> Option<Interval> {
        let (s, k, o, q) = self.coefficients(df, baseline_df);
        let mut excess = (chisq - Interval::point(o)).scaled(k);
        if self.is_cut_at_zero() {
            excess = excess.clamp_to(Interval::NONNEGATIVE);
        }
        let share = Interval::point(1.0) - printed.scaled(1.0 / s);
        // The baseline model is the more restricted one.
        let nested = Interval::at_least(chisq.lo());
        let above = |low: f64, high: Option<f64>| {
            let found = high.map_or(Interval::at_least(low + q), |high| Interval::new(low + q, high + q));
            found.intersect(nested)
        };
        if excess.hi() <= 0.0 {
            // At or above 1; programs also print such a value as 1.
            if share.lo() > 1e-12 {
                return None;
            }
            if share.hi() >= 0.0 || excess.hi() == 0.0 {
                return Some(nested);
            }
            return above(-excess.hi() / -share.lo(), Some(-excess.lo() / -share.hi()));
        }
        if excess.lo() <= 0.0 && share.lo() <= 0.0 {
            return Some(nested);
        }
        if share.hi() <= 0.0 {
            return None;
        }
        // CFI is 0 whenever the baseline fits no worse.
        if self.is_cut_at_zero() && share.hi() >= 1.0 {
            let high = (share.lo() > 0.0).then(|| excess.hi() / share.lo());
            return high.map_or(Some(nested), |high| Interval::new(chisq.lo(), high + q).intersect(nested));
        }
        let low = excess.lo().max(0.0) / share.hi();
        above(low, (share.lo() > 0.0).then(|| excess.hi() / share.lo()))
    }

    /// The values of the index over a range of baseline chi-squares.
    fn range(self, chisq: Interval, df: f64, baseline: Interval, baseline_df: f64) -> Option<Interval> {
        let (s, _, _, q) = self.coefficients(df, baseline_df);
        let mut parts = Vec::new();
        for x in [chisq.lo(), chisq.hi()] {
            for xb in [baseline.lo(), baseline.hi()] {
                parts.push(if xb.is_finite() {
                    if xb <= q && !self.is_cut_at_zero() {
                        return Some(Interval::at_most(s));
                    }
                    self.value(ChiSquare::new(x, df), ChiSquare::new(xb, baseline_df))?
                } else {
                    s
                });
            }
        }
        let mut range = Interval::hull_of(parts.into_iter().map(Interval::point))?;
        if range.hi() > s && range.lo() > s {
            range = range.hull(Interval::point(s));
        }
        Some(range)
    }
}

/// The numbers that a printed figure stands for: rounded once, or several times.
type Width = fn(&Printed) -> Interval;

/// One model with its printed indices.
struct Case<'a> {
    model: &'a Model,
    statistic: Statistic<'a>,
    printed: Vec<(Index, &'static str, &'a Printed)>,
    baseline_dfs: Vec<f64>,
    baseline_known: bool,
}

impl Case<'_> {
    /// Baseline chi-squares that all printed indices but one allow together with that baseline df.
    fn feasible_at(&self, without: Option<Index>, baseline_df: f64, width: Width) -> Option<Interval> {
        if baseline_df < self.statistic.df {
            return None;
        }
        let mut left = Interval::at_least(self.statistic.range.lo());
        if let Some(direct) = self.model.figure("baseline_chisq").filter(|p| !p.is_damaged()) {
            left = left.intersect(width(direct))?;
        }
        for (index, _, printed) in &self.printed {
            if Some(*index) != without {
                let (x, df) = (self.statistic.range, self.statistic.df);
                left = left.intersect(index.baseline(width(printed), x, df, baseline_df)?)?;
            }
        }
        Some(left)
    }

    /// The same for several baseline df.
    fn feasible(&self, without: Option<Index>, width: Width) -> Vec<(f64, Interval)> {
        self.baseline_dfs.iter().filter_map(|df| Some((*df, self.feasible_at(without, *df, width)?))).collect()
    }

    fn range_of(&self, index: Index, feasible: &[(f64, Interval)]) -> Option<Interval> {
        Interval::hull_of(feasible.iter().filter_map(|(baseline_df, baseline)| {
            index.range(self.statistic.range, self.statistic.df, *baseline, *baseline_df)
        }))
    }

    /// Whether anything besides one index tells about the baseline.
    fn others_speak(&self, index: Index) -> bool {
        self.model.figure("baseline_chisq").is_some() || self.printed.iter().any(|(other, _, _)| *other != index)
    }
}

/// The baseline df that the description allows; none where it does not tell.
fn described_baseline_dfs(model: &Model, variables: &[(u64, u64)]) -> Option<Vec<f64>> {
    let groups = model.conventions.groups.unwrap_or(1);
    if let Some(printed) = model.figure("baseline_df").filter(|p| !p.is_damaged() && !is_bound(p)) {
        return Some(vec![printed.value()]);
    }
    if variables.is_empty() {
        return None;
    }
    let mut dfs = Vec::new();
    for (observed, covariates) in variables {
        let all = observed * observed.saturating_sub(1) / 2;
        let among_covariates = covariates * covariates.saturating_sub(1) / 2;
        for df in [all, all - among_covariates.min(all)] {
            let df = (groups * df) as f64;
            if !dfs.contains(&df) {
                dfs.push(df);
            }
        }
    }
    Some(dfs)
}

/// Checks every model and every set of models with common variables. `variables` tells for each model the
/// numbers of observed variables and of covariates among them that its description and df allow.
pub(super) fn check(models: &[Model], variables: &[Vec<(u64, u64)>], findings: &mut Vec<Finding>) {
    let mut cases: Vec<Case<'_>> = Vec::new();
    for (model, variables) in models.iter().zip(variables) {
        let printed: Vec<_> = INDICES
            .into_iter()
            .filter_map(|(index, field, name)| {
                let printed = model.figure(field)?;
                (!printed.is_damaged() && !is_bound(printed)).then_some((index, name, printed))
            })
            .collect();
        if printed.is_empty() {
            continue;
        }
        let Some(statistic) = Statistic::of(model).filter(|statistic| statistic.df > 0.0) else {
            for (_, name, figure) in printed {
                let question = Question { check: "baseline", place: &model.name, figure: name, basis: "" };
                findings.push(question.open(figure, "chi-square and df (above 0) are needed"));
            }
            continue;
        };
        let known = described_baseline_dfs(model, variables);
        let baseline_known = known.is_some();
        let baseline_dfs = known.unwrap_or_else(|| {
            let first = statistic.df.ceil() as u64;
            (first..=MAX_UNKNOWN_DF.max(first * 3 / 2).min(first + 20_000)).map(|df| df as f64).collect()
        });
        let case = Case { model, statistic, printed, baseline_dfs, baseline_known };
        within(&case, findings);
        cases.push(case);
    }
    let mut done: Vec<(&str, Option<u64>)> = Vec::new();
    for case in &cases {
        let key = (case.model.variables.as_str(), case.model.conventions.n);
        if key.0.is_empty() || done.contains(&key) {
            continue;
        }
        done.push(key);
        let together: Vec<&Case<'_>> = cases
            .iter()
            .filter(|c| (c.model.variables.as_str(), c.model.conventions.n) == key)
            .filter(|c| !is_robust(c.model))
            .filter(|c| !c.feasible(None, Printed::generous_range).is_empty())
            .collect();
        if together.len() > 1 {
            across(key.0, &together, findings);
        }
    }
}

/// The indices of one model against each other.
fn within(case: &Case<'_>, findings: &mut Vec<Finding>) {
    let place = &case.model.name;
    let robust = is_robust(case.model);
    let agreeing = [Printed::range as Width, Printed::generous_range]
        .into_iter()
        .find(|width| !case.feasible(None, *width).is_empty());
    if let Some(width) = agreeing {
        for (index, name, printed) in &case.printed {
            let question =
                Question { check: "baseline", place, figure: name, basis: "chi-square, df and the other indices" };
            if !case.others_speak(*index) {
                findings.push(question.open(printed, "no second figure tells about the baseline model"));
                continue;
            }
            let others = case.feasible(Some(*index), width);
            if let Some(range) = case.range_of(*index, &others) {
                let finding = question.judge(printed, range, None);
                findings.push(if case.baseline_known {
                    finding
                } else {
                    finding.by_convention("number of variables left open")
                });
            }
        }
        return;
    }
    // Which single index, left out, makes the rest agree? The one that misses by the fewest units of its last digit is told.
    let mut suspects: Vec<(f64, usize, Interval)> = Vec::new();
    for (at, (index, _, printed)) in case.printed.iter().enumerate() {
        let others = case.feasible(Some(*index), Printed::generous_range);
        if case.others_speak(*index)
            && let Some(range) = case.range_of(*index, &others)
        {
            let own = printed.range();
            let miss = (range.lo() - own.hi()).max(own.lo() - range.hi()) / printed.unit();
            suspects.push((miss, at, range));
        }
    }
    suspects.sort_by(|a, b| a.0.total_cmp(&b.0));
    let shown: Vec<String> =
        case.printed.iter().map(|(_, name, printed)| format!("{name} {}", printed.raw())).collect();
    let Some((_, nearest, range)) = suspects.first() else {
        let (_, name, printed) = case.printed[0];
        let question = Question { check: "baseline", place, figure: name, basis: "" };
        let message =
            format!("with the printed chi-square and df no baseline model gives {} together", shown.join(", "));
        findings.push(unless(question.finding(Verdict::Inconsistent).of(printed).saying(message), robust, ROBUST));
        return;
    };
    let (_, name, printed) = case.printed[*nearest];
    let question = Question { check: "baseline", place, figure: name, basis: "chi-square, df and the other indices" };
    let mut finding = question.judge(printed, *range, None);
    if suspects.len() > 1 {
        let told: Vec<String> = suspects
            .iter()
            .map(|(_, at, range)| {
                format!("{} {}", case.printed[*at].1, show_range(*range, case.printed[*at].2.decimals()))
            })
            .collect();
        finding.message = format!(
            "with the printed chi-square and df no baseline model gives {} together (by the others: {})",
            shown.join(", "),
            told.join("; ")
        );
    }
    findings.push(unless(finding, robust, ROBUST));
}

/// Models of the same variables against each other.
fn across(label: &str, cases: &[&Case<'_>], findings: &mut Vec<Finding>) {
    let dfs = common_dfs(cases);
    let allowed_by = |width: Width| -> Vec<Vec<Option<Interval>>> {
        cases.iter().map(|case| dfs.iter().map(|df| case.feasible_at(None, *df, width)).collect()).collect()
    };
    let allowed = allowed_by(Printed::generous_range);
    let strictly_allowed = allowed_by(Printed::range);
    let common = |allowed: &[Vec<Option<Interval>>], members: &[usize]| -> Vec<(f64, Interval)> {
        dfs.iter()
            .enumerate()
            .filter_map(|(at, df)| {
                members
                    .iter()
                    .try_fold(Interval::REAL, |left, member| left.intersect(allowed[*member][at]?))
                    .map(|left| (*df, left))
            })
            .collect()
    };
    // The largest set of models that agree: grown from each model in turn, the first of equals counts.
    let mut best: Vec<usize> = Vec::new();
    for start in 0..cases.len() {
        let mut members = vec![start];
        for other in (0..cases.len()).filter(|other| *other != start) {
            let mut with: Vec<usize> = members.iter().copied().chain(std::iter::once(other)).collect();
            with.sort_unstable();
            if !common(&allowed, &with).is_empty() {
                members = with;
            }
        }
        if members.len() > best.len() && !common(&allowed, &members).is_empty() {
            best = members;
        }
    }
    if best.is_empty() {
        return;
    }
    let strict = common(&strictly_allowed, &best);
    let baseline = if strict.is_empty() { common(&allowed, &best) } else { strict };
    let range = Interval::hull_of(baseline.iter().map(|(_, range)| *range)).unwrap_or(Interval::REAL);
    let names: Vec<&str> = best.iter().map(|member| cases[*member].model.name.as_str()).collect();
    if best.len() > 1 {
        findings.push(
            Finding::new("baseline-across-models", label, "baseline chi-square", Verdict::Consistent)
                .showing("", cases[best[0]].model.line)
                .recomputed(range, None)
                .saying(format!("{} agree on a baseline chi-square of {}", names.join(", "), show_range(range, 0))),
        );
    }
    let one_against_one = best.len() == 1;
    for (position, case) in cases.iter().enumerate().filter(|(position, _)| !best.contains(position)) {
        let basis = format!("the baseline chi-square that {} imply", names.join(", "));
        let mut told = false;
        for (index, name, printed) in &case.printed {
            let Some(range) = case.range_of(*index, &baseline) else { continue };
            let question =
                Question { check: "baseline-across-models", place: &case.model.name, figure: name, basis: &basis };
            let finding = question.judge(printed, range, None);
            if finding.verdict == Verdict::Inconsistent {
                told = true;
                let slip = finding
                    .slip
                    .clone()
                    .or_else(|| Some("the model may be of another set of variables or cases".to_owned()));
                findings.push(finding.slipped(slip));
            }
        }
        if !told {
            let shown: Vec<String> =
                case.printed.iter().map(|(_, name, printed)| format!("{name} {}", printed.raw())).collect();
            let own = Interval::hull_of(allowed[position].iter().flatten().copied());
            let detail = own.map_or_else(String::new, |own| format!(" (its own indices give {})", show_range(own, 0)));
            findings.push(
                Finding::new("baseline-across-models", &case.model.name, "baseline chi-square", Verdict::Inconsistent)
                    .showing(shown.join(", "), case.printed[0].2.line())
                    .recomputed(range, None)
                    .slipped(Some("the model may be of another set of variables or cases".to_owned()))
                    .saying(format!(
                        "{} cannot have the baseline chi-square of {} that {} imply{detail}",
                        case.model.name,
                        show_range(range, 0),
                        names.join(", ")
                    )),
            );
        }
        if one_against_one {
            break;
        }
    }
}

/// Baseline df that all models allow; where they contradict each other, those that any of them allows.
fn common_dfs(cases: &[&Case<'_>]) -> Vec<f64> {
    let known: Vec<&&Case<'_>> = cases.iter().filter(|case| case.baseline_known).collect();
    let Some((first, rest)) = known.split_first() else {
        return cases.iter().map(|case| &case.baseline_dfs).min_by_key(|dfs| dfs.len()).cloned().unwrap_or_default();
    };
    let shared: Vec<f64> = first
        .baseline_dfs
        .iter()
        .copied()
        .filter(|df| rest.iter().all(|case| case.baseline_dfs.contains(df)))
        .collect();
    if !shared.is_empty() {
        return shared;
    }
    let mut all: Vec<f64> = known.iter().flat_map(|case| case.baseline_dfs.iter().copied()).collect();
    all.sort_by(f64::total_cmp);
    all.dedup();
    all
}
