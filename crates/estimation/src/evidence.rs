//! Whether the data say enough: cases per parameter, and parameters that are hardly told apart.

use latva_spec::Diagnostic;
use latva_spec::table::{Op, ParTable};
use ndarray::Array2;

/// Cases per free parameter below which estimates and tests are uncertain (Bentler & Chou 1987: five at the least).
const CASES_PER_PARAMETER: f64 = 5.0;
/// Share of its variance that the estimate of a parameter must keep, given the others; the reciprocal of the largest variance
/// inflation that passes.
const TOLD_APART: f64 = 1e-5;

/// What is to be said of N cases for q parameters, and of their covariance matrix (q x q), of which `rank` directions are free.
pub(crate) fn scant_evidence(
    table: &ParTable,
    cases: usize,
    rank: usize,
    vcov: Option<&Array2<f64>>,
) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    if rank > 0 {
        let ratio = cases as f64 / rank as f64;
        if ratio < CASES_PER_PARAMETER {
            found.push(
                Diagnostic::note("N0806", format!("there are {ratio:.1} cases per free parameter"))
                    .hint("with fewer than 5, standard errors and chi-square may be off: take them with caution, or estimate less"),
            );
        }
    }
    if let Some((parameter, share)) = vcov.and_then(|vcov| least_determined(vcov, rank))
        && share < TOLD_APART
        && let Some(row) = table.rows.iter().find(|row| row.free == parameter + 1)
    {
        let name = match row.op {
            Op::Intercept => format!("{} ~ 1", row.lhs),
            op => format!("{} {} {}", row.lhs, op.as_str(), row.rhs),
        };
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

/// The parameter whose estimate keeps the least share of its variance given `rank - 1` others that span the rest, and that share: the
/// smallest pivot of the correlation matrix of the estimates in a Cholesky factorisation with pivoting.
fn least_determined(vcov: &Array2<f64>, rank: usize) -> Option<(usize, f64)> {
    let q = vcov.nrows();
    let deviations: Vec<f64> = (0..q).map(|i| vcov[[i, i]].max(0.0).sqrt()).collect();
    let mut left: Vec<f64> = deviations.iter().map(|&deviation| if deviation > 0.0 { 1.0 } else { 0.0 }).collect();
    let mut factor: Vec<Vec<f64>> = Vec::with_capacity(rank);
    let mut least = None;
    for _ in 0..rank {
        let pivot = (0..q).max_by(|&a, &b| left[a].total_cmp(&left[b]))?;
        if deviations[pivot] == 0.0 {
            return least;
        }
        let share = left[pivot].max(0.0);
        least = Some((pivot, share));
        if share < f64::EPSILON {
            return least;
        }
        let root = share.sqrt();
        let mut column: Vec<f64> = (0..q)
            .map(|i| if deviations[i] == 0.0 { 0.0 } else { vcov[[i, pivot]] / (deviations[i] * deviations[pivot]) })
            .collect();
        for earlier in &factor {
            let weight = earlier[pivot];
            column.iter_mut().zip(earlier).for_each(|(value, earlier)| *value -= weight * earlier);
        }
        column.iter_mut().for_each(|value| *value /= root);
        for (left, value) in left.iter_mut().zip(&column) {
            *left -= value * value;
        }
        left[pivot] = 0.0;
        factor.push(column);
    }
    least
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn independent_estimates_keep_their_variance() {
        let vcov = array![[4.0, 0.0], [0.0, 0.01]];
        assert_eq!(least_determined(&vcov, 2).map(|(_, share)| share), Some(1.0));
    }

    #[test]
    fn a_near_copy_keeps_little() {
        let r = 1.0 - 1e-7;
        let vcov = array![[1.0, r, 0.2], [r, 1.0, 0.2], [0.2, 0.2, 1.0]];
        let (parameter, share) = least_determined(&vcov, 3).expect("a share");
        assert!(parameter < 2 && share < 3e-7, "{parameter} {share}");
    }

    /// Two parameters that a constraint ties count once.
    #[test]
    fn constrained_parameters_are_no_fault() {
        let vcov = array![[1.0, 1.0, 0.3], [1.0, 1.0, 0.3], [0.3, 0.3, 1.0]];
        let (_, share) = least_determined(&vcov, 2).expect("a share");
        assert!((share - 0.91).abs() < 1e-12);
    }
}
