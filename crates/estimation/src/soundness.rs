//! Whether a solution is admissible, in words: negative variances, impossible correlations, matrices that are no covariances.

use compact_str::CompactString;
use latva_math::linalg::{Cholesky, NotPositiveDefinite, symmetric_eigen};
use latva_spec::Diagnostic;
use latva_spec::table::{Op, ParTable};
use ndarray::{ArrayView1, ArrayView2, Axis, s};

use crate::implied::{BlockModel, Implied};

/// Eigenvalues and variances down to this share of the largest one count as zero, not as negative.
const ROUNDING: f64 = 1e-8;

/// The diagnostics of an inadmissible solution; empty for a proper one.
pub(crate) fn improper_solution(
    table: &ParTable,
    estimates: &[f64],
    models: &[BlockModel],
    implied: &[&Implied],
) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for (index, row) in table.rows.iter().enumerate() {
        // Few estimates are negative, and names take the longest to compare.
        if !(estimates[index] < 0.0) || row.op != Op::Covariance || row.free == 0 || row.lhs != row.rhs {
            continue;
        }
        let (model, implied) = (&models[row.block - 1], implied[row.block - 1]);
        let latent = model.latent.iter().take(model.n_latent).any(|name| *name == row.lhs);
        if estimates[index] >= -ROUNDING * implied_variance(model, implied, &row.lhs) {
            continue;
        }
        let what = if latent { "variance" } else { "residual variance" };
        found.push(
            Diagnostic::warning(
                "W0801",
                format!("the estimated {what} of `{}`{} is negative ({})", row.lhs, group_words(table, row.block), with_digits(estimates[index])),
            )
            .at_option(row.span, "a Heywood case")
            .hint("a variance below zero cannot be: the sample may be small, an indicator may be nearly redundant, or the model wrong for these data")
            .hint(format!("look at the loadings and correlations of `{}`; if the variance is not different from zero, it may be fixed: `{} ~~ 0*{}`", row.lhs, row.lhs, row.lhs)),
        );
    }
    for (block, (model, implied)) in models.iter().zip(implied).enumerate() {
        let n = model.n_latent;
        for r in 0..n {
            for s in 0..r {
                // Few are beyond one, and to see that takes no root.
                if implied.latent[[r, s]].powi(2) <= implied.latent[[r, r]] * implied.latent[[s, s]] {
                    continue;
                }
                let correlation = implied.latent[[r, s]] / (implied.latent[[r, r]] * implied.latent[[s, s]]).sqrt();
                if correlation.is_finite() && correlation.abs() > 1.0 + ROUNDING {
                    found.push(
                        Diagnostic::warning(
                            "W0802",
                            format!(
                                "the correlation of `{}` and `{}`{} is {:.3}, beyond one",
                                model.latent[s], model.latent[r], group_words(table, block + 1), correlation
                            ),
                        )
                        .hint("the two factors may be one: compare with a model in which their indicators load on a single factor"),
                    );
                }
            }
        }
        if let Some((smallest, culprit)) = negative_direction(implied.latent.slice(s![..n, ..n])) {
            let already = found.iter().any(|diagnostic| matches!(diagnostic.id, "W0801" | "W0802"));
            if !already {
                found.push(
                    Diagnostic::warning(
                        "W0803",
                        format!(
                            "the covariance matrix of the latent variables{} is not positive definite (smallest eigenvalue {smallest:.2e})",
                            group_words(table, block + 1)
                        ),
                    )
                    .hint(format!("`{}` weighs most in the direction without variance: it is nearly a linear combination of the other latent variables", model.latent[culprit])),
                );
            }
        }
        if let Some((smallest, culprit)) = negative_direction(model.residual_cov.view()) {
            let negative_variance = (0..model.p()).any(|i| model.residual_cov[[i, i]] < 0.0);
            if !negative_variance {
                found.push(
                    Diagnostic::warning(
                        "W0804",
                        format!(
                            "the residual covariance matrix{} is not positive definite (smallest eigenvalue {smallest:.2e})",
                            group_words(table, block + 1)
                        ),
                    )
                    .hint(format!("look at the residual covariances of `{}`: they are larger than its residual variance allows", model.observed[culprit])),
                );
            }
        }
    }
    found
}

/// What keeps the model from implying covariance matrices with an inverse at theta (q), block by block: paths that have no solution, or a variable
/// that is left without variance.
pub(crate) fn no_inverse(table: &ParTable, models: &[BlockModel], theta: &[f64]) -> Vec<String> {
    let mut told = Vec::new();
    for (block, model) in models.iter().enumerate() {
        let mut model = model.clone();
        model.set_parameters(theta);
        let mut implied = Implied::new(&model);
        let group = group_words(table, block + 1);
        if implied.update(&model).is_err() {
            let in_loop = |r: usize| {
                let others = || (0..model.m()).filter(move |&s| s != r);
                others().any(|s| model.paths[[r, s]] != 0.0) && others().any(|s| model.paths[[s, r]] != 0.0)
            };
            let names: Vec<&str> = (0..model.m()).filter(|&r| in_loop(r)).map(|r| model.latent[r].as_str()).collect();
            told.push(format!(
                "the paths in a loop{group} have no solution at the start values (I - B is singular): {}; free one of them, or give it another value",
                names.join(", ")
            ));
        } else if let Err(NotPositiveDefinite { pivot }) = Cholesky::of(implied.cov.view()) {
            let name = &model.observed[pivot];
            told.push(if implied.cov[[pivot, pivot]] > 0.0 {
                format!(
                    "at the start values the model{group} leaves nothing of `{name}` that the variables before it do not tell: see whether it has a residual variance, `{name} ~~ {name}`, that is free or positive"
                )
            } else {
                format!(
                    "at the start values the model{group} implies no positive variance for `{name}`: see whether it has a variance, `{name} ~~ {name}`, that is free or positive"
                )
            });
        }
    }
    told
}

/// The variance that the model implies for a variable; zero where a latent one's is negative itself.
fn implied_variance(model: &BlockModel, implied: &Implied, name: &str) -> f64 {
    let among = |names: &[CompactString]| names.iter().position(|other| other == name);
    let latent = || among(&model.latent).map(|r| implied.latent[[r, r]]);
    among(&model.observed).map(|i| implied.cov[[i, i]]).or_else(latent).unwrap_or_default().max(0.0)
}

fn group_words(table: &ParTable, block: usize) -> String {
    let group = table.blocks[block - 1].group;
    if table.group_labels.len() > 1 { format!(" in group {}", table.group_labels[group - 1]) } else { String::new() }
}

/// The smallest eigenvalue where it is negative, and the variable that weighs most in its eigenvector.
fn negative_direction(matrix: ArrayView2<'_, f64>) -> Option<(f64, usize)> {
    if is_covariance(matrix) {
        return None;
    }
    let (values, vectors) = symmetric_eigen(matrix).ok()?;
    let (smallest, largest) = (*values.first()?, *values.last()?);
    if smallest >= -ROUNDING * largest.abs() {
        return None;
    }
    let vector = vectors.column(0);
    let culprit = (0..vector.len()).max_by(|&a, &b| vector[a].abs().total_cmp(&vector[b].abs()))?;
    Some((smallest, culprit))
}

/// Whether a matrix is one of covariances beyond doubt: no variance is negative, and the variables that covary with others have a
/// Cholesky factor. A `false` is no verdict, as a semidefinite matrix may come to it.
fn is_covariance(matrix: ArrayView2<'_, f64>) -> bool {
    if matrix.diag().iter().any(|variance| !(*variance >= 0.0)) {
        return false;
    }
    // Most residual covariances are zero, and a look at a whole row takes as long as one at a few elements.
    let covaries = |(i, row): &(usize, ArrayView1<'_, f64>)| {
        row.iter().filter(|covariance| **covariance != 0.0).count() > usize::from(row[*i] != 0.0)
    };
    let related = || matrix.outer_iter().enumerate().filter(covaries).map(|(i, _)| i);
    match related().count() {
        0 => true,
        all if all == matrix.nrows() => Cholesky::of(matrix).is_ok(),
        _ => {
            let related: Vec<usize> = related().collect();
            Cholesky::of(matrix.select(Axis(0), &related).select(Axis(1), &related).view()).is_ok()
        }
    }
}

/// A number with four decimals, or in exponents where these would say nothing.
fn with_digits(value: f64) -> String {
    if value.abs() < 5e-4 { format!("{value:.1e}") } else { format!("{value:.4}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn a_matrix_of_covariances_needs_no_eigenvalues() {
        assert!(is_covariance(array![[1.0, 0.0, 0.5], [0.0, 0.0, 0.0], [0.5, 0.0, 1.0]].view()));
        assert!(!is_covariance(array![[1.0, 0.0], [0.0, -1e-12]].view()));
        assert!(!is_covariance(array![[1.0, 1.0], [1.0, 1.0]].view()));
        assert!(!is_covariance(array![[1.0, f64::NAN], [f64::NAN, 1.0]].view()));
    }

    #[test]
    fn the_negative_direction_is_that_of_the_smallest_eigenvalue() {
        let (smallest, culprit) = negative_direction(array![[3.0, 0.0, 0.0], [0.0, 1.0, 2.0], [0.0, 2.0, 1.1]].view())
            .expect("2 is beyond the variances");
        assert!((smallest - (1.05 - 4.0025_f64.sqrt())).abs() < 1e-12);
        assert_eq!(culprit, 1);
        assert_eq!(negative_direction(array![[1.0, 1.0], [1.0, 1.0]].view()), None);
        assert_eq!(negative_direction(array![[1.0, 0.0], [0.0, -1e-12]].view()), None);
    }
}
