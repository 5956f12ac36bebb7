//! How the model was estimated: options, cases, convergence, degrees of freedom.

use crate::data::{DataKind, Group, SamplingWeights};
use crate::document::{Content, Section};
use crate::number::counted;
use crate::report::{Bootstrap, DegreesOfFreedom, Report};
use crate::vocabulary;

pub(super) fn section(report: &Report) -> Section {
    let plan = &report.plan;
    let mut facts = Vec::new();
    let mut fact = |name: &str, value: String| facts.push((name.to_owned(), value));
    if let Some(file) = &report.model.file {
        fact("Model", file.clone());
    }
    fact("Data", report.data.file.clone());
    fact("Cases", cases(report));
    if report.data.groups.len() > 1 {
        fact("Groups", groups(report));
    }
    if let Some(weights) = &report.data.sampling_weights {
        fact("Sampling weights", sampling_weights(weights, report));
    }
    fact("Model options", options(report));
    fact("Missing values", missing(report));
    fact("Estimator", format!("{}, {}", plan.estimator, vocabulary::estimator_in_words(plan.estimator)));
    fact(
        "Convention",
        vocabulary::convention_in_words(
            plan.mimic,
            plan.estimator,
            plan.likelihood,
            plan.missing,
            report.data.groups.len(),
            report.data.sampling_weights.is_some(),
        )
        .to_owned(),
    );
    fact(
        "Standard errors",
        match plan.se {
            "none" => "none".to_owned(),
            "bootstrap" => format!(
                "bootstrap, {}; intervals: {}",
                draws(report, |found| found.fitted_for_se),
                vocabulary::bootstrap_interval_in_words(plan.boot_ci_type)
            ),
            se => format!("{se}, {} information", plan.information),
        },
    );
    let tests: Vec<&str> = plan.test.iter().copied().filter(|test| *test != "standard").collect();
    if !tests.is_empty() {
        fact("Tests", tests.join(", "));
    }
    if plan.test.contains(&"bollen.stine") {
        fact("Bollen-Stine", draws(report, |found| found.fitted_for_test));
    }
    if report.df.exogenous_moments > 0 {
        fact("Exogenous variables", "fixed to their sample moments (fixed.x)".to_owned());
    }
    fact("Convergence", convergence(report));
    let blocks = vec![Content::Facts(facts), Content::Paragraph(derivation(&report.df))];
    Section { title: "Estimation".to_owned(), blocks }
}

/// The draws of the bootstrap, and how many of them could be fitted.
fn draws(report: &Report, fitted: impl Fn(&Bootstrap) -> Option<usize>) -> String {
    let found = report.bootstrap.as_ref().and_then(fitted);
    let failed = found.map_or(0, |fitted| report.plan.bootstrap - fitted);
    let failed = if failed > 0 { format!(", {failed} of them not fitted") } else { String::new() };
    format!("{}{failed}, seed {}", counted(report.plan.bootstrap, "draw", "draws"), report.plan.seed)
}

fn cases(report: &Report) -> String {
    let (used, total) = (report.data.n_obs, report.data.n_total);
    match total.checked_sub(used) {
        None | Some(0) => format!("{used} used, none dropped"),
        Some(dropped) => format!("{used} used of {total}, {dropped} dropped"),
    }
}

/// Where the weights came from, what they sum to, and how many cases they are worth.
fn sampling_weights(weights: &SamplingWeights, report: &Report) -> String {
    let n = report.data.n_obs;
    let mut text = match (weights.normalization, report.data.groups.len()) {
        (_, 0 | 1) => format!("{}, rescaled to sum to N = {n}", weights.column),
        ("group", _) => format!("{}, rescaled in each group to sum to its number of cases", weights.column),
        _ => format!("{}, rescaled to sum to N = {n} over all groups", weights.column),
    };
    if let Some(effective) = weights.effective_n {
        text.push_str(&format!("; effective sample size {effective:.1}"));
    }
    text
}

fn options(report: &Report) -> String {
    let mut words = vec![format!("defaults of {}()", report.plan.kind)];
    words.extend(report.plan.switches.in_words());
    words.join("; ")
}

fn groups(report: &Report) -> String {
    let groups: Vec<String> = report
        .data
        .groups
        .iter()
        .map(|group| format!("{} ({}{})", group.label, group.n_obs, weighing(group)))
        .collect();
    match &report.data.group_variable {
        Some(variable) => format!("{variable}: {}", groups.join(", ")),
        None => groups.join(", "),
    }
}

/// The sum of a group's weights, where it is another than the number of its cases.
fn weighing(group: &Group) -> String {
    match group.sum_of_weights {
        Some(sum) if (sum - group.n_obs as f64).abs() > 0.05 => format!(", counting for {sum:.1}"),
        _ => String::new(),
    }
}

fn missing(report: &Report) -> String {
    if report.data.kind == DataKind::Moments {
        return "not applicable: moments were given".to_owned();
    }
    let words = vocabulary::missing_in_words(report.plan.missing).to_owned();
    let patterns: Option<usize> = report.data.groups.iter().map(|group: &Group| group.n_patterns).sum();
    match patterns {
        Some(count) => format!("{words}; {}{}", counted(count, "pattern", "patterns"), lowest_coverage(report)),
        None => words,
    }
}

/// The pair of variables that the fewest cases have together.
fn lowest_coverage(report: &Report) -> String {
    let mut lowest: Option<(f64, usize, usize)> = None;
    for shares in report.data.groups.iter().filter_map(|group| group.coverage.as_ref()) {
        for (i, row) in shares.iter().enumerate() {
            for (j, &share) in row.iter().enumerate().take(i) {
                if lowest.is_none_or(|(least, _, _)| share < least) {
                    lowest = Some((share, j, i));
                }
            }
        }
    }
    let name = |index: usize| report.data.variables.get(index).map_or("", String::as_str);
    lowest.map_or_else(String::new, |(share, j, i)| {
        format!(
            "; {} and {} are there together in {:.0} % of the cases, the least of all pairs",
            name(j),
            name(i),
            100.0 * share
        )
    })
}

fn convergence(report: &Report) -> String {
    let record = &report.convergence;
    let mut text = match (record.converged, record.reason) {
        (true, "gradient") => "yes, after ".to_owned(),
        (true, reason) => format!("yes: {}, ", vocabulary::termination_in_words(reason)),
        (false, reason) => format!("NO: {}, ", vocabulary::termination_in_words(reason)),
    };
    text.push_str(&format!(
        "{} and {}, gradient {:.1e}",
        counted(record.iterations, "iteration", "iterations"),
        counted(record.evaluations, "evaluation", "evaluations"),
        record.gradient_norm,
    ));
    if record.warm {
        text.push_str(", from an earlier solution");
    }
    if record.strategies.len() > 1 {
        text.push_str(&format!("; tried: {}", record.strategies.join(", then ")));
    }
    text
}

/// The sentences that let a reader derive the degrees of freedom.
fn derivation(df: &DegreesOfFreedom) -> String {
    let free = counted(df.free, "free parameter", "free parameters");
    let parameters = if df.constraints > 0 {
        format!("({free} - {})", counted(df.constraints, "equality constraint", "equality constraints"))
    } else {
        free
    };
    let mut text = format!(
        "Degrees of freedom: {} - {parameters} = {}. The moments are {}",
        counted(df.moments, "moment", "moments"),
        df.df,
        counted(df.variances_and_covariances, "variance", "variances and covariances"),
    );
    if df.means > 0 {
        text.push_str(&format!(" and {}", counted(df.means, "mean", "means")));
    }
    if df.exogenous_moments > 0 {
        text.push_str(&format!(", less {} of exogenous variables", df.exogenous_moments));
    }
    text.push('.');
    text
}
