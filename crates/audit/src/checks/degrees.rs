//! Degrees of freedom against the described model or its syntax, and against the number of moments.

use super::judge::Question;
use super::statistic::{df_of, is_robust};
use crate::finding::{Finding, Verdict};
use crate::interval::Interval;
use crate::structure::{self, Count};
use crate::study::{Model, ModelKind};
use latva_spec::table::{DegreesOfFreedom, ModelKind as Defaults, TableContext, build};
use std::collections::BTreeMap;

const CHECK: &str = "degrees-of-freedom";
/// Groups for which the table of a model file is built.
const MAX_GROUPS: u64 = 50;

/// What the syntax of a model comes to.
struct Syntax {
    observed: u64,
    exogenous: u64,
    df: i64,
}

/// Counts a model text; `Err` with the first mistake.
fn count_syntax(text: &str, model: &Model) -> Result<Syntax, String> {
    let parsed = latva_spec::parse(text);
    if let Some(error) = parsed.diagnostics.iter().find(|d| d.is_error()) {
        return Err(error.message.clone());
    }
    let groups = model.conventions.groups.unwrap_or(1).min(MAX_GROUPS);
    let context = TableContext {
        kind: match model.kind {
            ModelKind::Cfa => Defaults::Cfa,
            ModelKind::Growth => Defaults::Growth,
            ModelKind::Sem | ModelKind::Regression => Defaults::Sem,
        },
        groups: (1..=groups).map(|group| group.to_string()).collect(),
        ..TableContext::default()
    };
    let (table, diagnostics) = build(&parsed.model, &context);
    if let Some(error) = diagnostics.iter().find(|d| d.is_error()) {
        return Err(error.message.clone());
    }
    Ok(Syntax {
        observed: table.blocks.first().map_or(0, |block| block.observed.len() as u64),
        exogenous: table.blocks.first().map_or(0, |block| block.exogenous.len() as u64),
        df: DegreesOfFreedom::of(&table).df(),
    })
}

/// Checks the df of one model and returns the numbers of observed variables and covariates that agree with
/// its description: empty where the description does not tell or the df contradict it.
pub(super) fn check(
    model: &Model,
    texts: &BTreeMap<String, String>,
    all: &[Model],
    findings: &mut Vec<Finding>,
) -> Vec<(u64, u64)> {
    let groups = model.conventions.groups.unwrap_or(1);
    let df = df_of(model);
    let printed = model.figure("df");
    let question = Question { check: CHECK, place: &model.name, figure: "df", basis: "the description" };
    let whole = df.filter(|df| df.fract() == 0.0).map(|df| df as i64);
    if let (Some(printed), None) = (printed, whole) {
        findings.push(question.open(printed, "the degrees of freedom are no whole number"));
        return Vec::new();
    }
    let adjusted = is_robust(model)
        && ["wlsmv", "ulsmv", "mvs"].iter().any(|e| model.conventions.estimator.to_lowercase().contains(e));
    let mut agreeing = Vec::new();
    // Options that change the parameter table are those of a fit, which `check` runs: the text alone does not tell the df.
    let told_by_text = model.refit.as_ref().is_none_or(|refit| !refit.changes_table());
    if !model.syntax.is_empty() && told_by_text {
        match texts.get(&model.syntax) {
            None => {
                let reason = format!("the model file `{}` was not given", model.syntax);
                findings.push(
                    question
                        .finding(Verdict::NotCheckable)
                        .showing(printed.map_or("", |p| p.raw()), model.line)
                        .saying(reason),
                );
            }
            Some(text) => match count_syntax(text, model) {
                Err(mistake) => {
                    let reason = format!("the model file `{}` cannot be used: {mistake}", model.syntax);
                    findings.push(
                        question
                            .finding(Verdict::NotCheckable)
                            .showing(printed.map_or("", |p| p.raw()), model.line)
                            .saying(reason),
                    );
                }
                Ok(syntax) => {
                    if let (Some(printed), Some(df)) = (printed, whole) {
                        let range = Interval::point(syntax.df as f64);
                        let finding =
                            question.finding(Verdict::Consistent).of(printed).recomputed(range, Some(syntax.df as f64));
                        if df == syntax.df {
                            findings.push(finding.saying(format!("df {df} is what `{}` has", model.syntax)));
                        } else {
                            findings.push(Finding { verdict: Verdict::Inconsistent, ..finding }.saying(format!(
                                "df {df} is printed; the model in `{}` has {}",
                                model.syntax, syntax.df
                            )));
                        }
                    }
                    if whole.is_none_or(|df| df == syntax.df) {
                        agreeing.push((syntax.observed, syntax.exogenous));
                    }
                }
            },
        }
    }
    let mut described: Vec<(Count, u64)> = Vec::new();
    for structure in &model.structures {
        let counts = structure::counts(structure, groups);
        described.extend(counts.into_iter().map(|count| (count, structure.covariates)));
    }
    let observed: Vec<u64> = model.structures.iter().filter_map(|s| s.observed).collect();
    let Some((printed, df)) = printed.zip(whole) else {
        agreeing.extend(described.iter().map(|(count, covariates)| (count.observed, *covariates)));
        agreeing.extend(observed.iter().map(|p| (*p, 0)));
        dedup(&mut agreeing);
        return agreeing;
    };
    if adjusted {
        if !described.is_empty() {
            findings.push(question.open(printed, "the estimator adjusts the degrees of freedom"));
        }
        return Vec::new();
    }
    bound(model, groups, df, findings);
    if !described.is_empty() {
        match described.iter().find(|(count, _)| count.df == df) {
            Some((count, _)) => {
                findings.push(
                    question
                        .finding(Verdict::Consistent)
                        .of(printed)
                        .recomputed(Interval::point(df as f64), Some(df as f64))
                        .by_convention(count.words.clone())
                        .saying(format!("df {df} is what the description has ({})", count.words)),
                );
                agreeing.extend(
                    described.iter().filter(|(count, _)| count.df == df).map(|(count, c)| (count.observed, *c)),
                );
            }
            None => match restricted(model, groups, df) {
                Some(words) => findings.push(
                    question
                        .finding(Verdict::Consistent)
                        .of(printed)
                        .by_convention(words.clone())
                        .saying(format!("df {df} is possible: {words}")),
                ),
                None => findings.push(mismatch(model, &question, &described, groups, df, all)),
            },
        }
    } else {
        // Only the number of variables is known; all or some of them may be covariates with fixed moments.
        for p in observed {
            if df <= (groups * structure::moments(p)) as i64 {
                agreeing.extend((0..p).map(|covariates| (p, covariates)));
            }
        }
    }
    dedup(&mut agreeing);
    agreeing
}

/// A structural model whose paths are not described has at least the df of its measurement model, and at most those
/// without any relation among its latent variables and covariates.
fn restricted(model: &Model, groups: u64, df: i64) -> Option<String> {
    if model.kind != ModelKind::Sem {
        return None;
    }
    model.structures.iter().find_map(|structure| {
        if structure.arrangement_given || structure.paths.is_some() || structure.items.is_empty() {
            return None;
        }
        let saturated = structure::counts(structure, groups).first()?.df;
        let parts = structure.factors.unwrap_or(1) + structure.covariates;
        let restrictions = df - saturated;
        let most = (groups * parts * parts.saturating_sub(1) / 2) as i64;
        (parts > 2 && restrictions > 0 && restrictions <= most).then(|| {
            format!(
                "the measurement model has {saturated}, the structural part would restrict {restrictions} relations"
            )
        })
    })
}

fn dedup(pairs: &mut Vec<(u64, u64)>) {
    pairs.sort_unstable();
    pairs.dedup();
}

/// No model has more degrees of freedom than moments.
fn bound(model: &Model, groups: u64, df: i64, findings: &mut Vec<Finding>) {
    let Some(printed) = model.figure("df") else { return };
    let most = model
        .structures
        .iter()
        .filter_map(|s| {
            s.observed.or_else(|| (!s.items.is_empty()).then(|| s.items.iter().sum::<u64>() + s.covariates))
        })
        .max();
    let Some(observed) = most else { return };
    // Means that are restricted add moments.
    let moments = groups * (structure::moments(observed) + observed);
    let without_means = groups * structure::moments(observed);
    let question = Question { check: CHECK, place: &model.name, figure: "df", basis: "" };
    if df as u64 > moments || (df as u64 > without_means && model.kind != ModelKind::Growth && groups == 1) {
        let needed = (observed..10_000).find(|p| groups * structure::moments(*p) > df as u64).unwrap_or(observed);
        findings.push(
            question
                .finding(Verdict::Inconsistent)
                .of(printed)
                .recomputed(Interval::new(0.0, without_means as f64), None)
                .slipped(Some(format!("at least {needed} observed variables are needed")))
                .saying(format!(
                    "df {df} is printed; {observed} observed variables have {without_means} variances and covariances"
                )),
        );
    } else if model.structures.iter().all(|s| s.items.is_empty()) {
        findings.push(
            question
                .finding(Verdict::NotCheckable)
                .of(printed)
                .recomputed(Interval::new(0.0, without_means as f64), None)
                .saying(format!("{observed} observed variables allow it; the parameters are not described")),
        );
    }
}

fn mismatch(
    model: &Model,
    question: &Question<'_>,
    described: &[(Count, u64)],
    groups: u64,
    df: i64,
    all: &[Model],
) -> Finding {
    let range = Interval::hull_of(described.iter().map(|(count, _)| Interval::point(count.df as f64)));
    let told: Vec<String> = described.iter().map(|(count, _)| format!("{} ({})", count.df, count.words)).collect();
    let mut slips: Vec<String> = Vec::new();
    for structure in &model.structures {
        for words in structure::explanations(structure, groups, df) {
            if slips.len() < 4 && !slips.contains(&words) {
                slips.push(words);
            }
        }
    }
    let mut slip = if slips.is_empty() {
        "no specification near the description has them".to_owned()
    } else {
        format!("they would be those of: {}", slips.join("; "))
    };
    let twin = all.iter().find(|other| {
        other.name != model.name
            && other.structures.iter().any(|s| {
                s.items == model.structures[0].items && structure::counts(s, groups).iter().any(|c| c.df == df)
            })
    });
    if let Some(twin) = twin {
        slip += &format!("; {} has these df by its description", twin.name);
    }
    let mut finding = question
        .finding(Verdict::Inconsistent)
        .slipped(Some(slip))
        .saying(format!("df {df} is printed; the description has {}", told.join(", or ")));
    if let Some(range) = range {
        finding = finding.recomputed(range, (described.len() == 1).then_some(range.lo()));
    }
    match model.figure("df") {
        Some(printed) => finding.of(printed),
        None => finding,
    }
}
