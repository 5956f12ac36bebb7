//! Factor scores: the values of the latent variables that the observed ones of a case suggest.
//!
//! With C = Lambda E the covariances of observed and latent variables, eta the latent means and y the observed values of a case, Sigma
//! and mu restricted to the variables that it has:
//!
//! | method | score |
//! |---|---|
//! | regression | eta + C' Sigma^-1 (y - mu) |
//! | Bartlett | eta + (Lambda' Sigma^-1 Lambda)^-1 Lambda' Sigma^-1 (y - mu) |
//!
//! Without a mean structure mu are the sample means and eta is 0. The Bartlett form with Sigma^-1 equals that with Theta^-1 where Theta
//! is regular, and holds where it is not. Reliability of complete cases: the squared correlation of score and factor, for regression
//! scores c' Sigma^-1 c / E_rr, for Bartlett scores E_rr / (Lambda' Sigma^-1 Lambda)^-1_rr; determinacy is its square root. Squared standard
//! errors are E_rr - c' Sigma^-1 c, and (Lambda' Sigma^-1 Lambda)^-1_rr - E_rr = (Lambda' Theta^-1 Lambda)^-1_rr.
//!
//! Predicted values of an indicator: nu + Lambda times the scores of its factors.
//!
//! Sources: Thurstone (1935), The Vectors of Mind; Bartlett (1937), British Journal of Psychology 28, 97-104; Lawley & Maxwell (1971),
//! Factor Analysis as a Statistical Method, ch. 8; Grice (2001), Psychological Methods 6, 430-450, for determinacy.

use std::collections::BTreeMap;

use latva_data::Sample;
use latva_math::linalg::Cholesky;
use ndarray::{Array1, Array2};

use crate::error::EstimationError;
use crate::implied::{BlockModel, Implied, build_blocks};
use crate::result::Fit;
use latva_spec::table::Op;

/// How factor scores are computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ScoreMethod {
    /// Least mean square error; shrunk towards the mean.
    #[default]
    Regression,
    /// Conditionally unbiased.
    Bartlett,
}

/// The scores of a group.
#[derive(Debug, Clone, PartialEq)]
pub struct GroupScores {
    /// Group number from 1.
    pub group: usize,
    /// Latent variables, m.
    pub factors: Vec<String>,
    /// Cases x m, in the order of the sample's rows; `None` where the values that a case has do not tell.
    pub scores: Array2<Option<f64>>,
    /// Standard errors of the scores, cases x m: the standard deviation of score less factor, for regression scores given the observed
    /// values, for Bartlett scores given the factor. They vary with what a case has.
    pub standard_errors: Array2<Option<f64>>,
    /// Squared correlations of scores and factors for complete cases, m; `None` where there is no score.
    pub reliability: Vec<Option<f64>>,
}

/// Factor scores of all cases of a converged fit. `sample` is that of the fit.
///
/// # Errors
/// [`EstimationError::NeedsCases`] for moments without cases, [`EstimationError::Unsupported`] where the implied covariance matrix
/// is not positive definite, [`EstimationError::Options`] for a model without latent variables.
pub fn factor_scores(fit: &Fit, sample: &Sample, method: ScoreMethod) -> Result<Vec<GroupScores>, EstimationError> {
    let table = &fit.table;
    if table.blocks.iter().all(|block| block.latent.is_empty()) {
        return Err(EstimationError::Options {
            problem: "factor scores are asked for, but the model has no factors".to_owned(),
            remedy: "leave the scores out, or define factors: `f =~ x1 + x2 + x3`",
        });
    }
    let values: Vec<f64> = fit.estimates.iter().map(|estimate| estimate.est).collect();
    let mut theta = vec![0.0; table.n_free()];
    for (row, value) in table.rows.iter().zip(&values).filter(|(row, _)| row.free > 0) {
        theta[row.free - 1] = *value;
    }
    build_blocks(table, &values)?
        .into_iter()
        .zip(&sample.groups)
        .enumerate()
        .map(|(index, (mut model, group))| {
            let rows = group.rows.as_ref().ok_or(EstimationError::NeedsCases { what: "a factor score" })?;
            model.set_parameters(&theta);
            let mut implied = Implied::new(&model);
            implied.update(&model).map_err(|_| not_feasible())?;
            let positions = table.blocks[index]
                .observed
                .iter()
                .map(|name| sample.names.iter().position(|other| other == name))
                .collect::<Option<Vec<usize>>>()
                .ok_or(EstimationError::NeedsCases { what: "a factor score" })?;
            let center = if table.meanstructure {
                implied.mean.clone()
            } else {
                fit.moments[index].sample_mean.clone().ok_or(EstimationError::NoMeans)?
            };
            let block = Block { model: &model, implied: &implied, center, method };
            block.scores(table.blocks[index].group, rows, &positions)
        })
        .collect()
}

/// The predicted values of a group's indicators.
#[derive(Debug, Clone, PartialEq)]
pub struct GroupPredictions {
    /// Group number from 1.
    pub group: usize,
    /// Indicators of factors, in the order of the observed variables.
    pub indicators: Vec<String>,
    /// Cases x indicators; `None` where a factor has no score.
    pub values: Array2<Option<f64>>,
}

/// An indicator: its intercept, and its loadings by factor.
struct Indicator<'a> {
    name: &'a str,
    center: f64,
    loadings: Vec<(usize, f64)>,
}

/// What factor scores predict for the indicators: nu_i + sum of lambda_ir score_r, nu the sample mean without a mean structure.
/// `scores` are those of the fit.
pub fn predicted_values(fit: &Fit, scores: &[GroupScores]) -> Vec<GroupPredictions> {
    let rows = || fit.table.rows.iter().zip(&fit.estimates);
    scores
        .iter()
        .zip(&fit.table.blocks)
        .zip(&fit.moments)
        .enumerate()
        .map(|(index, ((scores, block), moments))| {
            let indicators: Vec<Indicator<'_>> = block
                .observed
                .iter()
                .enumerate()
                .filter_map(|(place, name)| {
                    let loadings: Vec<(usize, f64)> = rows()
                        .filter(|(row, _)| row.block == index + 1 && row.op == Op::Loading && row.rhs == *name)
                        .filter_map(|(row, estimate)| {
                            Some((scores.factors.iter().position(|factor| *factor == row.lhs)?, estimate.est))
                        })
                        .collect();
                    let intercept = rows()
                        .find(|(row, _)| row.block == index + 1 && row.op == Op::Intercept && row.lhs == *name)
                        .map(|(_, estimate)| estimate.est);
                    let center = match &moments.implied_mean {
                        Some(_) => intercept.unwrap_or(0.0),
                        None => moments.sample_mean.as_ref()?[place],
                    };
                    (!loadings.is_empty()).then_some(Indicator { name, center, loadings })
                })
                .collect();
            let values = Array2::from_shape_fn((scores.scores.nrows(), indicators.len()), |(case, at)| {
                let Indicator { center, loadings, .. } = &indicators[at];
                loadings
                    .iter()
                    .try_fold(*center, |sum, &(factor, loading)| Some(sum + loading * scores.scores[[case, factor]]?))
            });
            GroupPredictions {
                group: scores.group,
                indicators: indicators.iter().map(|indicator| indicator.name.to_owned()).collect(),
                values,
            }
        })
        .collect()
}

fn not_feasible() -> EstimationError {
    EstimationError::Unsupported {
        what: "a factor score where the implied covariance matrix is not positive definite",
        span: None,
    }
}

struct Block<'a> {
    model: &'a BlockModel,
    implied: &'a Implied,
    center: Array1<f64>,
    method: ScoreMethod,
}

/// What turns the values of a pattern of observed variables into scores.
struct Weights {
    /// The variables of the pattern.
    present: Vec<usize>,
    /// m x present; `None` for factors without a score.
    rows: Vec<Option<Vec<f64>>>,
    /// Squared standard errors, m.
    errors: Vec<Option<f64>>,
    reliability: Vec<Option<f64>>,
}

impl Block<'_> {
    fn scores(&self, group: usize, rows: &Array2<f64>, positions: &[usize]) -> Result<GroupScores, EstimationError> {
        let m = self.model.n_latent;
        let mut weights: BTreeMap<Vec<bool>, Weights> = BTreeMap::new();
        let complete = vec![true; positions.len()];
        weights.insert(complete.clone(), self.weights(&complete)?);
        let mut scores = Array2::from_elem((rows.nrows(), m), None);
        let mut standard_errors = scores.clone();
        for (case, row) in rows.rows().into_iter().enumerate() {
            let pattern: Vec<bool> = positions.iter().map(|&at| !row[at].is_nan()).collect();
            if !weights.contains_key(&pattern) {
                weights.insert(pattern.clone(), self.weights(&pattern)?);
            }
            let Weights { present, rows: of_factors, errors, .. } = &weights[&pattern];
            for (r, weights) in of_factors.iter().enumerate() {
                standard_errors[[case, r]] = errors[r].map(|error| error.max(0.0).sqrt());
                scores[[case, r]] = weights.as_ref().map(|weights| {
                    let deviations = present.iter().map(|&i| row[positions[i]] - self.center[i]);
                    let sum: f64 = weights.iter().zip(deviations).map(|(weight, deviation)| weight * deviation).sum();
                    sum + if self.model.has_means { self.implied.latent_mean[r] } else { 0.0 }
                });
            }
        }
        let reliability = weights[&complete].reliability.clone();
        let factors = self.model.latent[..m].iter().map(|name| name.to_string()).collect();
        Ok(GroupScores { group, factors, scores, standard_errors, reliability })
    }

    fn weights(&self, pattern: &[bool]) -> Result<Weights, EstimationError> {
        let (model, implied, m) = (self.model, self.implied, self.model.n_latent);
        let present: Vec<usize> = (0..pattern.len()).filter(|&i| pattern[i]).collect();
        let n = present.len();
        if n == 0 {
            return Ok(Weights { present, rows: vec![None; m], errors: vec![None; m], reliability: vec![None; m] });
        }
        let among = Array2::from_shape_fn((n, n), |(a, b)| implied.cov[[present[a], present[b]]]);
        let factor = Cholesky::of(among.view()).map_err(|_| not_feasible())?;
        // Sigma^-1 times a column over the variables that are present.
        let solved = |column: &dyn Fn(usize) -> f64| {
            let mut solution: Vec<f64> = present.iter().map(|&i| column(i)).collect();
            factor.solve_in_place(&mut solution);
            solution
        };
        let variance = |r: usize| implied.latent[[r, r]];
        match self.method {
            ScoreMethod::Regression => {
                let rows: Vec<Vec<f64>> = (0..m).map(|r| solved(&|i| implied.loadings_latent[[i, r]])).collect();
                let explained: Vec<f64> = rows
                    .iter()
                    .enumerate()
                    .map(|(r, row)| {
                        row.iter().zip(&present).map(|(weight, &i)| weight * implied.loadings_latent[[i, r]]).sum()
                    })
                    .collect();
                let finite = |value: f64| Some(value).filter(|value| value.is_finite());
                let reliability = (0..m).map(|r| finite(explained[r] / variance(r))).collect();
                let errors = (0..m).map(|r| finite(variance(r) - explained[r])).collect();
                Ok(Weights { present, rows: rows.into_iter().map(Some).collect(), errors, reliability })
            }
            ScoreMethod::Bartlett => {
                // Variables of the latent side that a variable that is present measures; promoted ones among them.
                let measured: Vec<usize> =
                    (0..model.m()).filter(|&r| present.iter().any(|&i| model.loadings[[i, r]] != 0.0)).collect();
                let columns: Vec<Vec<f64>> = measured.iter().map(|&r| solved(&|i| model.loadings[[i, r]])).collect();
                let k = measured.len();
                let gram = Array2::from_shape_fn((k, k), |(a, b)| {
                    present.iter().zip(&columns[b]).map(|(&i, value)| model.loadings[[i, measured[a]]] * value).sum()
                });
                let mut rows = vec![None; m];
                let (mut errors, mut reliability) = (vec![None; m], vec![None; m]);
                // Fewer variables than factors, say: none of the scores is determined.
                let Ok(mut gram) = Cholesky::of(gram.view()) else {
                    return Ok(Weights { present, rows, errors, reliability });
                };
                let inverse = gram.inverse();
                for (a, &r) in measured.iter().enumerate().filter(|(_, r)| **r < m) {
                    let weights = (0..n).map(|i| (0..k).map(|b| inverse[[a, b]] * columns[b][i]).sum()).collect();
                    rows[r] = Some(weights);
                    reliability[r] = Some(variance(r) / inverse[[a, a]]).filter(|value| value.is_finite());
                    errors[r] = Some(inverse[[a, a]] - variance(r)).filter(|value| value.is_finite());
                }
                Ok(Weights { present, rows, errors, reliability })
            }
        }
    }
}
