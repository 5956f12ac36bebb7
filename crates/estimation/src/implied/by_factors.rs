//! Models whose covariance matrix has few factors and uncorrelated residuals, and derivatives of F from those by the matrices of the factors.
//!
//! With A = (I-B)^-1, E = A Psi A' and D = dF/dE (dF = tr(D dE)), which stands in the rows and columns of the factors that have indicators alone:
//! dF/dPsi = A'DA, dF/dB = 2 A'DE; dF/dLambda and dF/dTheta are those of F by itself. With means and w = dF/dmu, v = A'Lambda'w and the
//! latent mean k = A alpha: dF/dnu = w, dF/dalpha = v, and dF/dLambda has w k' more, dF/dB has v k' more.

use latva_math::linalg::{add_multiple, dot, numbers, numbers_mut};
use ndarray::Array2;

use super::matrices::{BlockModel, Entry, Place};
use super::moments::Implied;
use crate::discrepancy::{FactorSlopes, Factors};

/// Variables for each factor from which on F is sooner found by the factors than without them.
const VARIABLES: usize = 2;

/// The form of one such block.
#[derive(Debug, Clone)]
pub(crate) struct FactorForm {
    /// The factors that have indicators.
    columns: Vec<usize>,
    /// The elements of Lambda that may differ from zero, row by row: the row, and the place of the factor in `columns`.
    elements: Vec<(usize, usize)>,
    /// For each entry of the model that is a loading, its element; else 0.
    element_of: Vec<usize>,
    /// A'D, m x m.
    pulled: Array2<f64>,
    /// v, m.
    mean_slopes: Vec<f64>,
}

impl FactorForm {
    /// The form of a model; `None` where it has correlated residuals, variables that are measured without error, or too many factors.
    pub(crate) fn of(model: &BlockModel) -> Option<Self> {
        let (p, m) = (model.p(), model.m());
        if m == 0 || !model.has_uncorrelated_residuals() {
            return None;
        }
        let mut measured = vec![false; p];
        let mut loads: Vec<bool> = numbers(&model.loadings).iter().map(|loading| *loading != 0.0).collect();
        for entry in &model.entries {
            match entry.place {
                Place::ResidualCov(i, _) => measured[i] = true,
                Place::Loading(i, r) => loads[i * m + r] = true,
                _ => {}
            }
        }
        if (0..p).any(|i| !measured[i] && !(model.residual_cov[[i, i]] > 0.0)) {
            return None;
        }
        let mut columns = Vec::with_capacity(m);
        columns.extend((0..m).filter(|r| loads[*r..].iter().step_by(m).any(|loads| *loads)));
        if columns.is_empty() || p < VARIABLES * columns.len() {
            return None;
        }
        let mut elements = Vec::with_capacity(p);
        let mut element_at = vec![0; p * m];
        for (i, (loads, element_at)) in loads.chunks_exact(m).zip(element_at.chunks_exact_mut(m)).enumerate() {
            for (place, &r) in columns.iter().enumerate().filter(|(_, r)| loads[**r]) {
                element_at[r] = elements.len();
                elements.push((i, place));
            }
        }
        let element_of = |entry: &Entry| match entry.place {
            Place::Loading(i, r) => element_at[i * m + r],
            _ => 0,
        };
        let element_of = model.entries.iter().map(element_of).collect();
        let mean_slopes = vec![0.0; if model.has_means { m } else { 0 }];
        Some(FactorForm { columns, elements, element_of, pulled: Array2::zeros((m, m)), mean_slopes })
    }

    /// The matrices of the factors at a point.
    pub(crate) fn factors<'a>(&'a self, model: &'a BlockModel, implied: &'a Implied) -> Factors<'a> {
        Factors {
            columns: &self.columns,
            elements: &self.elements,
            loadings: &model.loadings,
            latent: &implied.latent,
            unique: &model.residual_cov,
        }
    }

    /// gradient_j += weight dF/dtheta_j from the derivatives by the factors.
    pub(crate) fn add_gradient(
        &mut self,
        model: &BlockModel,
        implied: &Implied,
        slopes: &FactorSlopes<'_>,
        weight: f64,
        gradient: &mut [f64],
    ) {
        self.pull(model, implied, slopes);
        let m = model.m();
        let (pulled, total, latent) = (numbers(&self.pulled), numbers(&implied.total), numbers(&implied.latent));
        for (&Entry { place, parameter }, &element) in model.entries.iter().zip(&self.element_of) {
            let slope = match place {
                Place::Loading(..) => 2.0 * slopes.loadings[element],
                Place::ResidualCov(i, _) => slopes.unique[i],
                Place::Path(r, s) => 2.0 * dot(&pulled[r * m..][..m], &latent[s * m..][..m]),
                Place::LatentCov(r, s) => {
                    let slope = if model.has_paths {
                        pulled[r * m..][..m].iter().zip(total[s..].iter().step_by(m)).map(|(a, b)| a * b).sum()
                    } else {
                        pulled[r * m + s]
                    };
                    if r == s { slope } else { 2.0 * slope }
                }
                Place::Intercept(_) | Place::LatentMean(_) => 0.0,
            };
            let mean_slope = slopes.mean.map_or(0.0, |by_mean| match place {
                Place::Loading(i, r) => by_mean[i] * implied.latent_mean[r],
                Place::Path(r, s) => self.mean_slopes[r] * implied.latent_mean[s],
                Place::Intercept(i) => by_mean[i],
                Place::LatentMean(r) => self.mean_slopes[r],
                Place::LatentCov(..) | Place::ResidualCov(..) => 0.0,
            });
            gradient[parameter] += weight * (slope + mean_slope);
        }
    }

    /// A'D and v.
    fn pull(&mut self, model: &BlockModel, implied: &Implied, slopes: &FactorSlopes<'_>) {
        let FactorForm { columns, elements, pulled, mean_slopes, .. } = self;
        let (m, width) = (model.m(), slopes.latent.ncols());
        let (total, by_latent) = (numbers(&implied.total), numbers(slopes.latent));
        let target = numbers_mut(pulled);
        target.fill(0.0);
        for (&column, by_latent) in columns.iter().zip(by_latent.chunks_exact(width)) {
            for (r, &total) in total[column * m..][..m].iter().enumerate().filter(|(_, total)| **total != 0.0) {
                for (&s, slope) in columns.iter().zip(by_latent) {
                    target[r * m + s] += total * slope;
                }
            }
        }
        if let Some(by_mean) = slopes.mean {
            mean_slopes.fill(0.0);
            for &(i, place) in elements.iter() {
                let slope = by_mean[i] * model.loadings[[i, columns[place]]];
                add_multiple(mean_slopes, slope, &total[columns[place] * m..][..m]);
            }
        }
    }
}
