//! Perfect collinearity, found by Cholesky factorisation of the correlation matrix and told as an equation.

use compact_str::CompactString;
use latva_math::linalg::Cholesky;
use ndarray::{Array1, Array2};
use std::fmt;

/// A variable counts as a linear combination of others when they leave less than this share of its variance.
///
/// Rounding of the moments leaves about 1e-15 per variable; a share of 1e-10 is below anything that a measurement could mean.
const UNEXPLAINED: f64 = 1e-10;
/// Standardised coefficients below this are rounding, not part of a dependency.
const NEGLIGIBLE: f64 = 1e-6;

/// One variable as a linear combination of others.
#[derive(Debug, Clone, PartialEq)]
pub struct Dependency {
    /// The variable.
    pub target: String,
    /// The others, with their coefficients in the units of the data.
    pub terms: Vec<(String, f64)>,
    /// The constant; zero where means are unknown.
    pub constant: f64,
}

impl fmt::Display for Dependency {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} =", self.target)?;
        for (at, (name, coefficient)) in self.terms.iter().enumerate() {
            let size = rounded(coefficient.abs());
            let factor = if size == 1.0 { String::new() } else { format!("{size} ") };
            match (*coefficient < 0.0, at) {
                (false, 0) => write!(out, " {factor}{name}")?,
                (true, 0) => write!(out, " -{factor}{name}")?,
                (false, _) => write!(out, " + {factor}{name}")?,
                (true, _) => write!(out, " - {factor}{name}")?,
            }
        }
        if self.constant != 0.0 {
            let sign = if self.constant < 0.0 { '-' } else { '+' };
            write!(out, " {sign} {}", rounded(self.constant.abs()))?;
        }
        Ok(())
    }
}

/// Four significant digits.
fn rounded(value: f64) -> f64 {
    format!("{value:.3e}").parse().unwrap_or(value)
}

/// What keeps a covariance matrix from being positive definite.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Fault {
    /// A variable is a linear combination of those before it.
    Dependent {
        /// Its index.
        target: usize,
        /// Indices before it and raw coefficients, without the negligible ones.
        terms: Vec<(usize, f64)>,
    },
    /// No variables can have these covariances; the index is of the variable at which that shows.
    Indefinite(usize),
}

impl Fault {
    /// The dependency in words, `None` for an indefinite matrix.
    pub(crate) fn dependency(
        &self,
        names: &[CompactString],
        mean: Option<&Array1<f64>>,
        cov: &Array2<f64>,
    ) -> Option<Dependency> {
        let Self::Dependent { target, terms } = self else {
            return None;
        };
        let mut constant = 0.0;
        if let Some(mean) = mean {
            constant = mean[*target] - terms.iter().map(|&(at, value)| value * mean[at]).sum::<f64>();
            if constant.abs() <= NEGLIGIBLE * cov[[*target, *target]].sqrt() {
                constant = 0.0;
            }
        }
        Some(Dependency {
            target: names[*target].to_string(),
            terms: terms.iter().map(|&(at, value)| (names[at].to_string(), value)).collect(),
            constant,
        })
    }
}

/// The first fault of a covariance matrix with positive diagonal, `None` if it is positive definite.
///
/// With R = L L' the correlation matrix of the first variables, the pivot 1 - l'l of the next one is the share of its variance that they
/// leave, and the coefficients b of its regression on them solve L'b = l.
pub(crate) fn fault(cov: &Array2<f64>) -> Option<Fault> {
    let p = cov.nrows();
    // Where R - UNEXPLAINED I has a factor, and so S - UNEXPLAINED diag(S), no eigenvalue of R is less than that, and so no pivot, which takes a
    // fraction of the time to find out.
    let mut lowered = cov.clone();
    lowered.diag_mut().mapv_inplace(|variance| variance - UNEXPLAINED * variance);
    if Cholesky::with_order(p).factor(lowered.view()).is_ok() {
        return None;
    }
    let sd: Vec<f64> = cov.diag().iter().map(|variance| variance.sqrt()).collect();
    // Above the diagonal, row after row: at first R, then the rows of L', and below them what they leave of R.
    let mut upper = vec![0.0; p * p];
    for j in 0..p {
        upper[j * p + j] = 1.0;
        for k in j + 1..p {
            upper[j * p + k] = cov[[j, k]] / (sd[j] * sd[k]);
        }
    }
    for j in 0..p {
        let pivot = upper[j * p + j];
        if pivot < -UNEXPLAINED {
            return Some(Fault::Indefinite(j));
        }
        if pivot < UNEXPLAINED {
            let mut coefficients = vec![0.0; j];
            for k in (0..j).rev() {
                let row = &upper[k * p..(k + 1) * p];
                let later: f64 = (k + 1..j).map(|i| row[i] * coefficients[i]).sum();
                coefficients[k] = (row[j] - later) / row[k];
            }
            let terms = (0..j)
                .filter(|&k| coefficients[k].abs() > NEGLIGIBLE)
                .map(|k| (k, coefficients[k] * sd[j] / sd[k]))
                .collect();
            return Some(Fault::Dependent { target: j, terms });
        }
        let (done, rest) = upper.split_at_mut((j + 1) * p);
        let row = &mut done[j * p..];
        let root = pivot.sqrt();
        row[j..].iter_mut().for_each(|value| *value /= root);
        for (i, left) in (j + 1..p).zip(rest.chunks_exact_mut(p)) {
            let weight = row[i];
            for (value, factor) in left[i..].iter_mut().zip(&row[i..]) {
                *value -= weight * factor;
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn dependencies_are_told_as_equations() {
        // x3 = 2 x1 - x2 + 5 with var(x1) = 1, var(x2) = 4, cov(x1, x2) = 0.5.
        let cov = array![[1.0, 0.5, 1.5], [0.5, 4.0, -3.0], [1.5, -3.0, 6.0]];
        let names = ["x1", "x2", "x3"].map(CompactString::from);
        let mean = array![1.0, 2.0, 5.0];
        let fault = fault(&cov).unwrap();
        let dependency = fault.dependency(&names, Some(&mean), &cov).unwrap();
        assert_eq!(dependency.to_string(), "x3 = 2 x1 - x2 + 5");
    }

    #[test]
    fn indefinite_and_definite() {
        let impossible = array![[1.0, 0.9, 0.9], [0.9, 1.0, -0.9], [0.9, -0.9, 1.0]];
        assert_eq!(fault(&impossible), Some(Fault::Indefinite(2)));
        assert_eq!(fault(&array![[1e-10, 0.0], [0.0, 1e10]]), None);
        assert_eq!(fault(&array![[1.0, 0.99999], [0.99999, 1.0]]), None);
    }
}
