//! What the residuals of a block amount to: RMR, SRMR and CRMR with standard errors, unbiased estimates of their population values, and tests of
//! exact and of close fit.
//!
//! With e the p* residuals of a kind, V their covariance matrix, t = tr V, t2 = tr V^2, T = e'e and v = e'V e:
//!
//! - rms = sqrt(T / p*); its standard error sqrt(t2 / (2 t p*));
//! - test of exact fit: z = max(rms - E, 0) / se with E = sqrt(t / p*) (4 t^2 - t2) / (4 t^2), one-sided;
//! - unbiased: u = sqrt(max(T - t, 0) / p*) / k with k = 1 - (t2 + 2 v) / (4 T^2); its standard error sqrt((t2 + 2 v) / (2 p* T)) / |k|, its interval u -+ z se;
//! - test of close fit: z = (u - 0.05) / se, one-sided.
//!
//! V is that of the raw residuals ([`super::residual_covariance`]), for SRMR scaled by the sample's standard deviations, for CRMR by the
//! derivative of correlations by covariances. p* counts all moments of the part, for CRMR without the variances.
//!
//! Sources: Maydeu-Olivares, A. (2017). Assessing the size of model misfit in structural equation models. Psychometrika 82, 533-558, eqs. 15-30;
//! Maydeu-Olivares, A., Shi, D., & Rosseel, Y. (2018). Assessing fit in structural equation models. Structural Equation Modeling 25, 389-402.

use latva_math::distribution::normal;
use ndarray::{Array1, Array2, Axis};

use crate::stacked::Stacking;

/// Level of the interval of the unbiased value.
const LEVEL: f64 = 0.9;
/// Value of the test of close fit.
const CLOSE: f64 = 0.05;

/// One root mean square of residuals.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RootMeanSquare {
    /// Its value in the sample.
    pub value: f64,
    /// What rests on the covariance matrix of the residuals; `None` where no residual varies.
    pub inference: Option<RootMeanSquareInference>,
}

/// Standard errors and tests of a root mean square of residuals.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RootMeanSquareInference {
    /// Standard error of the value under exact fit.
    pub se: f64,
    /// Test of exact fit.
    pub exact_z: f64,
    /// One-sided p of it.
    pub exact_pvalue: f64,
    /// Unbiased estimate of the population's value.
    pub unbiased: f64,
    /// Its standard error.
    pub unbiased_se: f64,
    /// Lower end of its 90 % interval.
    pub ci_lower: f64,
    /// Upper end.
    pub ci_upper: f64,
    /// Test of a population value of at most 0.05.
    pub close_z: f64,
    /// One-sided p of it.
    pub close_pvalue: f64,
}

/// The root mean squares of one kind of residual.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct KindSummary {
    /// Over the covariances.
    pub cov: RootMeanSquare,
    /// Over the means, where they are modelled.
    pub mean: Option<RootMeanSquare>,
    /// Over both.
    pub total: Option<RootMeanSquare>,
}

/// The summary of the residuals of a block.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ResidualSummary {
    /// Raw residuals.
    pub rmr: KindSummary,
    /// Over the standard deviations of the sample.
    pub srmr: KindSummary,
    /// Differences of correlations.
    pub crmr: KindSummary,
}

/// The summary of stacked raw residuals (k) and differences of correlations (k), V the covariance matrix of the raw ones and S
/// the sample's covariance matrix.
pub(crate) fn summary(
    stacking: Stacking,
    raw: &Array1<f64>,
    correlations: &Array1<f64>,
    covariance: &Array2<f64>,
    sample: &Array2<f64>,
) -> ResidualSummary {
    let deviations: Vec<f64> = sample.diag().iter().map(|variance| variance.sqrt()).collect();
    let first = stacking.first_covariance();
    let scales: Array1<f64> = (0..first)
        .map(|i| deviations[i].recip())
        .chain(stacking.pairs().map(|(i, j)| (deviations[i] * deviations[j]).recip()))
        .collect();
    let scaled = |mut matrix: Array2<f64>| {
        matrix *= &scales;
        matrix *= &scales.view().insert_axis(Axis(1));
        matrix
    };
    let standardized = scaled(covariance.clone());
    // dr_ij = ds_ij / sqrt(s_ii s_jj) - r_ij / 2 (ds_ii / s_ii + ds_jj / s_jj): in units of the standard deviations, rows, then columns.
    let variances: Vec<usize> = {
        let mut at = vec![0; stacking.p];
        for (place, (i, _)) in stacking.pairs().enumerate().filter(|(_, (i, j))| i == j) {
            at[i] = first + place;
        }
        at
    };
    let mut half = standardized.clone();
    let mut of_correlations = standardized.clone();
    for turn in [true, false] {
        let (from, to) = if turn { (&standardized, &mut half) } else { (&half, &mut of_correlations) };
        for (place, (i, j)) in stacking.pairs().enumerate() {
            let r = if i == j { 1.0 } else { sample[[i, j]] / (deviations[i] * deviations[j]) };
            let line = |at: usize| if turn { from.row(at) } else { from.column(at) };
            let changed = &line(first + place) - &((&line(variances[i]) + &line(variances[j])) * (0.5 * r));
            if turn {
                to.row_mut(first + place).assign(&changed)
            } else {
                to.column_mut(first + place).assign(&changed)
            }
        }
        if !turn {
            for at in 0..first {
                let own = from.column(at).to_owned();
                to.column_mut(at).assign(&own);
            }
        }
    }
    let off_diagonal = stacking.pairs().filter(|(i, j)| i != j).count();
    let kind = |residuals: &Array1<f64>, covariance: &Array2<f64>, covariances: usize| {
        let part = |from: usize, to: usize, count: usize| {
            root_mean_square(
                residuals.slice(ndarray::s![from..to]).to_owned(),
                covariance.slice(ndarray::s![from..to, from..to]).to_owned(),
                count as f64,
            )
        };
        let all = residuals.len();
        KindSummary {
            cov: part(first, all, covariances),
            mean: (first > 0).then(|| part(0, first, first)),
            total: (first > 0).then(|| part(0, all, first + covariances)),
        }
    };
    let all = stacking.len() - first;
    ResidualSummary {
        rmr: kind(raw, covariance, all),
        srmr: kind(&(raw * &scales), &standardized, all),
        crmr: kind(correlations, &of_correlations, off_diagonal),
    }
}

/// The root mean square of residuals e with covariance matrix V, over `count` of them.
fn root_mean_square(e: Array1<f64>, v: Array2<f64>, count: f64) -> RootMeanSquare {
    let squares = e.dot(&e);
    let value = if count > 0.0 { (squares / count).sqrt() } else { 0.0 };
    let (trace, second) = (v.diag().sum(), (&v * &v.t()).sum());
    let form = e.dot(&v.dot(&e));
    let inference = || {
        let se = (second / (2.0 * trace * count)).sqrt();
        let expected = (trace / count).sqrt() * (1.0 - second / (4.0 * trace * trace));
        let exact_z = (value - expected).max(0.0) / se;
        let k = 1.0 - (second + 2.0 * form) / (4.0 * squares * squares);
        let unbiased = ((squares - trace).max(0.0) / count).sqrt() / k;
        let unbiased_se = ((second + 2.0 * form) / (2.0 * count * squares)).sqrt() / k.abs();
        let reach = normal::quantile(0.5 + LEVEL / 2.0)? * unbiased_se;
        let close_z = (unbiased - CLOSE) / unbiased_se;
        let found = RootMeanSquareInference {
            se,
            exact_z,
            exact_pvalue: normal::sf(exact_z),
            unbiased,
            unbiased_se,
            ci_lower: unbiased - reach,
            ci_upper: unbiased + reach,
            close_z,
            close_pvalue: normal::sf(close_z),
        };
        [se, exact_z, unbiased, unbiased_se, close_z].iter().all(|number| number.is_finite()).then_some(found)
    };
    RootMeanSquare { value, inference: if trace > 0.0 && squares > 0.0 { inference() } else { None } }
}
