//! Tables of descriptive statistics and correlations.

use super::construct::root_of_average_variance;
use super::descriptives;
use super::judge::{Question, is_bound, unless};
use super::marks::{self, MarkCase};
use crate::finding::{Finding, Verdict};
use crate::interval::Interval;
use crate::printed::Printed;
use crate::study::{Diagonal, Study, Table};
use latva_math::distribution::student_t;
use latva_math::linalg::symmetric_eigen;
use ndarray::Array2;

/// Two-sided p of a correlation of n cases, over a range of correlations; t = r sqrt((n - 2) / (1 - r^2)).
pub(super) fn correlation_p(r: Interval, n: u64) -> Option<Interval> {
    if n < 4 {
        return None;
    }
    let df = n as f64 - 2.0;
    let p = |r: f64| {
        let r = r.min(1.0);
        if r >= 1.0 { Some(0.0) } else { student_t::two_sided(r * (df / (1.0 - r * r)).sqrt(), df) }
    };
    let size = r.abs();
    Some(Interval::new(p(size.hi())?, p(size.lo())?))
}

/// Checks every table.
pub(super) fn check(study: &Study, findings: &mut Vec<Finding>) {
    for table in &study.tables {
        values(table, findings);
        stars(table, findings);
        positive_definite(table, findings);
        diagonal(study, table, findings);
        fornell_larcker(table, findings);
        descriptives::table(table, findings);
    }
}

fn pair(table: &Table, row: usize, column: usize) -> String {
    format!("correlation of {} and {}", table.rows[row].name, table.rows[column].name)
}

fn values(table: &Table, findings: &mut Vec<Finding>) {
    for (at, row) in table.rows.iter().enumerate() {
        for (column, r) in row.r.iter().enumerate() {
            if let Some(r) = r {
                let figure = pair(table, at, column);
                let question = Question { check: "limits", place: &table.name, figure: &figure, basis: "" };
                findings.extend(question.limits(r, Interval::CORRELATION));
            }
        }
    }
}

fn stars(table: &Table, findings: &mut Vec<Finding>) {
    let mut cases = Vec::new();
    for (at, row) in table.rows.iter().enumerate() {
        for (column, r) in row.r.iter().enumerate() {
            let Some(r) = r.as_ref().filter(|r| !is_bound(r) && r.value().abs() <= 1.0) else { continue };
            let Some(p) = table.conventions.n.and_then(|n| correlation_p(r.range(), n)) else { continue };
            cases.push(MarkCase {
                place: table.name.clone(),
                figure: pair(table, at, column),
                printed: r,
                p,
                has_sides: true,
                tails: None,
            });
        }
    }
    let mut found = Vec::new();
    marks::judge(&cases, &table.conventions, table.own_legend, &mut found);
    let reason = if table.latent {
        Some("the standard errors of latent correlations are not printed")
    } else if table.pairwise {
        Some("the number of cases differs from pair to pair")
    } else {
        None
    };
    findings.extend(found.into_iter().map(|finding| match reason {
        Some(reason) => unless(finding, true, reason),
        None => finding,
    }));
}

/// The rows whose correlations are all there, the incomplete ones dropped one by one.
fn complete_rows(table: &Table) -> Vec<usize> {
    let known = |a: usize, b: usize| {
        let (row, column) = (a.max(b), a.min(b));
        table.rows[row]
            .r
            .get(column)
            .and_then(Option::as_ref)
            .is_some_and(|r| !is_bound(r) && !r.is_damaged() && r.value().abs() <= 1.0)
    };
    let mut rows: Vec<usize> = (0..table.rows.len()).collect();
    loop {
        let gaps = |at: usize| rows.iter().filter(|other| **other != at && !known(at, **other)).count();
        match rows.iter().copied().max_by_key(|at| (gaps(*at), *at)).filter(|at| gaps(*at) > 0) {
            Some(worst) => rows.retain(|at| *at != worst),
            None => return rows,
        }
    }
}

/// Whether some matrix that rounds to the printed one is positive semidefinite.
///
/// With the eigenvector v of the smallest eigenvalue every matrix R + E with |E_ij| <= h_ij has
/// v'(R + E)v <= lambda + sum h_ij |v_i v_j|: when that is negative, no unrounded matrix can be a correlation matrix.
fn positive_definite(table: &Table, findings: &mut Vec<Finding>) {
    let rows = complete_rows(table);
    if rows.len() < 3 {
        return;
    }
    let order = rows.len();
    let mut matrix = Array2::<f64>::eye(order);
    let mut reach = Array2::<f64>::zeros((order, order));
    for (i, &row) in rows.iter().enumerate() {
        for (j, &column) in rows[..i].iter().enumerate() {
            let Some(r) = table.rows[row].r.get(column).and_then(Option::as_ref) else { continue };
            let range = r.generous_range();
            let half = (range.hi() - r.value()).max(r.value() - range.lo());
            for (a, b) in [(i, j), (j, i)] {
                matrix[[a, b]] = r.value();
                reach[[a, b]] = half;
            }
        }
    }
    let Ok((eigenvalues, vectors)) = symmetric_eigen(matrix.view()) else { return };
    let Some((at, smallest)) = eigenvalues.iter().copied().enumerate().min_by(|a, b| a.1.total_cmp(&b.1)) else {
        return;
    };
    let vector = vectors.column(at);
    let mut gain = 0.0;
    let mut norm: f64 = 0.0;
    for i in 0..order {
        let mut sum = 0.0;
        for j in 0..order {
            gain += reach[[i, j]] * (vector[i] * vector[j]).abs();
            sum += reach[[i, j]];
        }
        norm = norm.max(sum);
    }
    let range = Interval::new(smallest - norm, smallest + gain);
    let finding = |verdict| {
        Finding::new("positive-definite", &table.name, "smallest eigenvalue", verdict)
            .showing(format!("{order} variables"), table.line)
            .recomputed(range, Some(smallest))
    };
    if smallest + gain < -1e-9 {
        let impossible = finding(Verdict::Inconsistent).slipped(impossible_triple(table, &rows)).saying(format!(
            "no correlations that round to the printed ones can hold together (smallest eigenvalue {smallest:.3})"
        ));
        findings.push(unless(impossible, table.pairwise, "correlations of different cases need not hold together"));
    } else if smallest < 0.0 {
        findings.push(finding(Verdict::NotCheckable).saying(format!(
            "the printed correlations do not hold together (smallest eigenvalue {smallest:.3}), which rounding may explain"
        )));
    } else {
        findings.push(
            finding(Verdict::Consistent)
                .saying(format!("the correlations hold together (smallest eigenvalue {smallest:.3})")),
        );
    }
}

/// The three variables whose correlations contradict each other most.
fn impossible_triple(table: &Table, rows: &[usize]) -> Option<String> {
    let r = |a: usize, b: usize| table.rows[a.max(b)].r.get(a.min(b)).and_then(Option::as_ref).map(Printed::value);
    let mut worst: Option<(f64, String)> = None;
    for (i, &a) in rows.iter().enumerate() {
        for (j, &b) in rows.iter().enumerate().skip(i + 1) {
            for &c in rows.iter().skip(j + 1) {
                let (x, y, z) = (r(a, b)?, r(a, c)?, r(b, c)?);
                let determinant = 1.0 + 2.0 * x * y * z - x * x - y * y - z * z;
                if determinant < -0.01 && worst.as_ref().is_none_or(|(least, _)| determinant < *least) {
                    let names = [a, b, c].map(|at| table.rows[at].name.as_str()).join(", ");
                    worst = Some((determinant, format!("the correlations among {names} exclude each other")));
                }
            }
        }
    }
    worst.map(|(_, words)| words)
}

fn diagonal(study: &Study, table: &Table, findings: &mut Vec<Finding>) {
    for row in table.rows.iter() {
        let Some(printed) = &row.diagonal else { continue };
        let Some(construct) = study.constructs.iter().find(|c| c.name == row.name) else { continue };
        let again = |check, figure: &str, other: &Option<Printed>| {
            let other = other.as_ref().filter(|other| !other.is_damaged())?;
            let question = Question { check, place: &table.name, figure, basis: "the same figure in another table" };
            Some(question.judge(printed, other.range(), Some(other.value())))
        };
        let figure = |name: &str| format!("{name} of {}", row.name);
        match table.diagonal {
            Diagonal::None => {}
            Diagonal::SqrtAve => findings.extend(root_of_average_variance(construct, printed, &table.name)),
            Diagonal::Ave => findings.extend(again("repeated", &figure("AVE"), &construct.ave)),
            Diagonal::Alpha => findings.extend(again("repeated", &figure("alpha"), &construct.alpha)),
            Diagonal::Cr => findings.extend(again("repeated", &figure("CR"), &construct.cr)),
        }
    }
}

/// Every correlation of two constructs is below the square roots of both AVEs.
fn fornell_larcker(table: &Table, findings: &mut Vec<Finding>) {
    let root = |at: usize| -> Option<Interval> {
        let printed = table.rows[at].diagonal.as_ref().filter(|p| !p.is_damaged() && !is_bound(p))?;
        match table.diagonal {
            Diagonal::SqrtAve => Some(printed.range()),
            Diagonal::Ave => Some(printed.range().sqrt()),
            _ => None,
        }
    };
    let (mut held, mut failed, mut open) = (0, Vec::new(), 0);
    for (at, row) in table.rows.iter().enumerate() {
        for (column, r) in row.r.iter().enumerate() {
            let Some(r) = r.as_ref().filter(|r| !r.is_damaged() && !is_bound(r)) else { continue };
            let Some((a, b)) = root(at).zip(root(column)) else { continue };
            let size = r.range().abs();
            let least = Interval::new(a.lo().min(b.lo()), a.hi().min(b.hi()));
            if size.lo() > least.hi() {
                failed.push(pair(table, at, column));
            } else if size.hi() < least.lo() {
                held += 1;
            } else {
                open += 1;
            }
        }
    }
    if held + open + failed.len() == 0 {
        return;
    }
    let verdict = match table.fornell_larcker {
        Some(true) if !failed.is_empty() => Verdict::Inconsistent,
        Some(false) if failed.is_empty() && open == 0 => Verdict::Inconsistent,
        _ => Verdict::Consistent,
    };
    let claim = match table.fornell_larcker {
        Some(true) => "met",
        Some(false) => "not met",
        None => "",
    };
    let message = if failed.is_empty() {
        format!("all {} correlations are below the square roots of AVE", held + open)
    } else {
        format!("not below the smaller square root of AVE: {}", failed.join(", "))
    };
    findings.push(
        Finding::new("fornell-larcker", &table.name, "Fornell-Larcker criterion", verdict)
            .showing(claim, table.line)
            .concluding((!failed.is_empty()).then(|| "discriminant validity by this criterion".to_owned()))
            .saying(message),
    );
}
