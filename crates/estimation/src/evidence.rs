//! Whether the data say enough: cases per parameter, and parameters that are hardly told apart.

use latva_spec::Diagnostic;
use latva_spec::table::ParTable;

/// Cases per free parameter below which estimates and tests are uncertain (Bentler & Chou 1987: five at the least).
const CASES_PER_PARAMETER: f64 = 5.0;
/// Share of its variance that the estimate of a parameter must keep, given the others; the reciprocal of the largest variance
/// inflation that passes.
const TOLD_APART: f64 = 1e-5;

/// What is to be said of N cases, or of so many effective ones where they have sampling weights, for `rank` directions that the
/// parameters can move in, and of the parameter (from 0) that keeps the least share of its variance given the others.
pub(crate) fn scant_evidence(
    table: &ParTable,
    (cases, weighted): (f64, bool),
    rank: usize,
    least_determined: Option<(usize, f64)>,
) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    if rank > 0 {
        let (ratio, what) = (cases / rank as f64, if weighted { "effective cases" } else { "cases" });
        if ratio < CASES_PER_PARAMETER {
            found.push(
                Diagnostic::note("N0806", format!("there are {ratio:.1} {what} per free parameter"))
                    .hint("with fewer than 5, standard errors and chi-square may be off: take them with caution, or estimate less"),
            );
        }
    }
    if let Some((parameter, share)) = least_determined
        && share < TOLD_APART
        && let Some(row) = table.rows.iter().find(|row| row.free == parameter + 1)
    {
        let name = row.op.written(&row.lhs, &row.rhs);
        found.push(
            Diagnostic::warning(
                "W0807",
                format!("the data hardly tell `{name}` from other parameters: given these, {share:.1e} of the variance of its estimate is left"),
            )
            .at_option(row.span, "hardly determined")
            .hint("the model is close to not being identified: look for factors that correlate near one, weak indicators, or a fixed value that is near zero in the data"),
        );
    }
    found
}
