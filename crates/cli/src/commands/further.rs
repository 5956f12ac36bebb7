//! The sections of a report that are made where they are asked for.

use latva_data::Sample;
use latva_estimation::{Fit, Mimic};
use latva_report::{Differences, Effects, Likelihoods, Modification, Residuals, Scores, Sections, Wald};
use latva_spec::Diagnostic;
use latva_spec::table::{Op, Relation};
use latva_spec::tree::Item;

use super::source::Source;
use crate::arguments::FurtherArguments;
use crate::files;

/// The sections that the arguments ask for, factor scores, predicted values and log-likelihoods of cases being written to their files; none for a fit that did not converge, which has no estimates.
///
/// # Errors
/// What cannot be computed of this fit, or be written.
pub(super) fn sections(
    arguments: &FurtherArguments,
    fit: &Fit,
    sample: &Sample,
    data: &Source,
) -> Result<Sections, Vec<Diagnostic>> {
    let mut sections = Sections::default();
    if !fit.convergence.converged {
        return Ok(sections);
    }
    let table = &fit.table;
    let switches = &arguments.switches;
    let refused = |error: latva_estimation::EstimationError| error.diagnostics();
    if let Some(minimum) = arguments.modindices {
        let indices = latva_estimation::modification_indices(table, sample, fit).map_err(refused)?;
        let tests = latva_estimation::constraint_tests(table, sample, fit).map_err(refused)?;
        let amos = fit.plan.mimic == Mimic::Amos;
        sections.modification = Some(Modification::new(table, &indices, minimum, amos, &tests));
    }
    if switches.residuals == Some(true) {
        let residuals = latva_estimation::residuals(table, sample, fit).map_err(refused)?;
        sections.residuals = Some(Residuals::new(table, &residuals));
    }
    if switches.effects == Some(true) {
        sections.effects = Some(Effects::new(table, &latva_estimation::effects(fit).map_err(refused)?));
    }
    if !arguments.wald.is_empty() {
        let tests = arguments
            .wald
            .iter()
            .map(|text| latva_estimation::wald_test(fit, &equalities(text)?).map_err(refused))
            .collect::<Result<Vec<_>, _>>()?;
        sections.wald = Some(Wald::new(&tests));
    }
    if switches.crdiff == Some(true) {
        let ratios = latva_estimation::critical_ratios(fit).map_err(refused)?;
        sections.differences = Some(Differences::new(table, &ratios));
    }
    if arguments.scores.is_some() || arguments.predicted.is_some() {
        let method = arguments.scores_method.unwrap_or_default();
        let scores = latva_estimation::factor_scores(fit, sample, method).map_err(refused)?;
        let rows = data.row_numbers(table, fit.plan.missing).map_err(|diagnostic| vec![diagnostic])?;
        if let Some(path) = &arguments.scores {
            let text = latva_report::scores_csv(table, &scores, &rows, switches.scores_se == Some(true));
            files::write(path, &text).map_err(|diagnostic| vec![diagnostic])?;
            sections.scores = Some(Scores::new(table, &scores, method, &path.display().to_string()));
        }
        if let Some(path) = &arguments.predicted {
            let text = latva_report::predictions_csv(table, &latva_estimation::predicted_values(fit, &scores), &rows);
            files::write(path, &text).map_err(|diagnostic| vec![diagnostic])?;
        }
    }
    if let Some(path) = &arguments.loglik {
        let likelihoods = latva_estimation::case_likelihoods(fit, sample).map_err(refused)?;
        let rows = data.row_numbers(table, fit.plan.missing).map_err(|diagnostic| vec![diagnostic])?;
        files::write(path, &latva_report::likelihoods_csv(table, &likelihoods, &rows))
            .map_err(|diagnostic| vec![diagnostic])?;
        sections.likelihoods = Some(Likelihoods::new(table, &likelihoods, &rows, &path.display().to_string()));
    }
    sections.standardized = arguments.standardized;
    Ok(sections)
}

/// The equalities of `--wald`.
fn equalities(text: &str) -> Result<Vec<(String, String, Relation)>, Vec<Diagnostic>> {
    let fault = |problem: &str| {
        vec![Diagnostic::error("E0758", format!("`--wald \"{text}\"`: {problem}")).hint(
            "give equalities between labels, definitions and numbers, apart by semicolons: `--wald \"a == b; c == 0\"`",
        )]
    };
    if text.trim().is_empty() {
        return Err(fault("there is nothing to test"));
    }
    let parsed = latva_spec::parse_addition(text);
    if let Some(error) = parsed.diagnostics.iter().find(|diagnostic| diagnostic.is_error()) {
        return Err(fault(&error.message));
    }
    let mut found = Vec::new();
    for item in parsed.model.items {
        match item {
            Item::Constraint(constraint) if constraint.op == Op::Equal => {
                let (lhs, rhs) = (constraint.lhs, constraint.rhs);
                found.push((lhs.text, rhs.text, Relation { lhs: lhs.expression, rhs: rhs.expression }));
            }
            _ => return Err(fault("a Wald test takes equalities (`==`) only")),
        }
    }
    if found.is_empty() {
        return Err(fault("there is nothing to test"));
    }
    Ok(found)
}
