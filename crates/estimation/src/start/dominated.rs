//! Starts in which a factor is nearly one of its indicators.
//!
//! Let k be an indicator of the factor f, lambda its loading, psi the factor's variance and c = psi lambda^2 / sigma_kk the share of k's
//! variance that f explains. With c > 1 k's residual variance is negative, with c < 0 the factor's. While the covariances of k are kept,
//! those of two other indicators i and j are sigma_ik sigma_jk / (c sigma_kk): with little common variance F has a minimum at a large |c|.
//! It lies in a valley that is narrow and bent in theta, and flat along 1/c, so that no step along a straight line gets far: F is minimised
//! along the valley, as a function of 1/c, in turn with the search from there.

use crate::implied::{BlockModel, Place};
use crate::observed::Observed;

/// The shares to start from.
const SHARES: [f64; 3] = [4.0, -4.0, 32.0];

/// A factor f and the indicator k that it is nearly alone; parameters by their places in theta.
pub(crate) struct Dominated {
    /// k's loading where it is free, else its fixed value.
    loading: Result<usize, f64>,
    /// f's variance where it is free, else its fixed value.
    variance: Result<usize, f64>,
    /// k's residual variance.
    residual: usize,
    /// Free loadings of the other indicators, with their covariances with k in the sample.
    others: Vec<(usize, f64)>,
    /// A fixed loading of another indicator, with that indicator's covariance with k in the sample.
    marker: Option<(f64, f64)>,
    /// Free covariances of f with latent variables.
    covariances: Vec<usize>,
    /// Free paths that lead to f.
    paths: Vec<usize>,
    /// Free paths that lead from f.
    effects: Vec<usize>,
    /// k's variance in the sample.
    sample_variance: f64,
}

/// All factors and indicators for which there are such starts.
pub(crate) fn dominated<'a>(models: impl IntoIterator<Item = &'a BlockModel>, observed: &[Observed]) -> Vec<Dominated> {
    let mut all = Vec::new();
    for (model, sample) in models.into_iter().zip(observed) {
        for r in 0..model.n_latent {
            all.extend((0..model.p()).filter_map(|k| Dominated::of(model, sample, r, k)));
        }
    }
    all
}

/// A free parameter or a fixed value that is not zero.
fn part(model: &BlockModel, place: Place) -> Option<Result<usize, f64>> {
    let free = model.entries.iter().find(|entry| entry.place == place).map(|entry| Ok(entry.parameter));
    free.or_else(|| Some(model.get(place)).filter(|&fixed| fixed != 0.0).map(Err))
}

impl Dominated {
    fn of(model: &BlockModel, sample: &Observed, r: usize, k: usize) -> Option<Dominated> {
        let loading = part(model, Place::Loading(k, r))?;
        let variance = part(model, Place::LatentCov(r, r))?;
        let residual = part(model, Place::ResidualCov(k, k))?.ok()?;
        let (mut others, mut marker) = (Vec::new(), None);
        for j in (0..model.p()).filter(|&j| j != k) {
            match part(model, Place::Loading(j, r)) {
                Some(Ok(parameter)) => others.push((parameter, sample.cov[[j, k]])),
                Some(Err(fixed)) => marker = Some((fixed, sample.cov[[j, k]])),
                None => {}
            }
        }
        let free = |chosen: &dyn Fn(Place) -> bool| {
            model.entries.iter().filter(|entry| chosen(entry.place)).map(|entry| entry.parameter).collect()
        };
        let determined = loading.is_err() || variance.is_err() || marker.is_some();
        determined.then(|| Dominated {
            loading,
            variance,
            residual,
            others,
            marker,
            covariances: free(&|place| matches!(place, Place::LatentCov(s, t) if s != t && (s == r || t == r))),
            paths: free(&|place| matches!(place, Place::Path(s, _) if s == r)),
            effects: free(&|place| matches!(place, Place::Path(_, s) if s == r)),
            sample_variance: sample.cov[[k, k]],
        })
    }

    /// The starts from the data, around theta (q).
    pub(crate) fn starts<'a>(&'a self, around: &'a [f64]) -> impl Iterator<Item = Vec<f64>> + 'a {
        // c = 1: k's residual variance is zero.
        let loading = match (self.loading, self.variance, self.marker) {
            (Err(fixed), ..) => fixed,
            (_, Err(variance), _) => (self.sample_variance / variance).sqrt(),
            (_, _, Some((fixed, covariance))) => self.sample_variance * fixed / covariance,
            _ => f64::NAN,
        };
        let mut start = around.to_vec();
        if let Ok(parameter) = self.loading {
            start[parameter] = loading;
        }
        if let Ok(parameter) = self.variance {
            start[parameter] = self.sample_variance / (loading * loading);
        }
        start[self.residual] = 0.0;
        for &(parameter, covariance) in &self.others {
            start[parameter] = covariance * loading / self.sample_variance;
        }
        for &parameter in &self.covariances {
            start[parameter] = 0.0;
        }
        SHARES.into_iter().filter_map(move |share| self.scaled(&start, share))
    }

    /// psi lambda^2 at theta.
    fn explained(&self, theta: &[f64]) -> f64 {
        let value = |part: Result<usize, f64>| part.map_or_else(|fixed| fixed, |parameter| theta[parameter]);
        value(self.variance) * value(self.loading).powi(2)
    }

    /// c at theta.
    pub(crate) fn share(&self, theta: &[f64]) -> f64 {
        let explained = self.explained(theta);
        explained / (explained + theta[self.residual])
    }

    /// Theta where c is `ratio` times as large, k's variance and covariances being kept (those with f's other indicators only if no path
    /// leads to f); `None` where that is not possible.
    pub(crate) fn scaled(&self, theta: &[f64], ratio: f64) -> Option<Vec<f64>> {
        // Lambda is multiplied by a and psi by b, a^2 b = ratio.
        let (a, b) = match (self.loading, self.variance) {
            (Ok(_), Ok(_)) => (ratio, ratio.recip()),
            (Err(_), Ok(_)) => (1.0, ratio),
            (Ok(_), Err(_)) => (ratio.sqrt(), 1.0),
            (Err(_), Err(_)) => return None,
        };
        let mut scaled = theta.to_vec();
        let mut multiply = |parameter: usize, by: f64| scaled[parameter] *= by;
        if let Ok(parameter) = self.loading {
            multiply(parameter, a);
        }
        if let Ok(parameter) = self.variance {
            multiply(parameter, b);
        }
        self.others.iter().for_each(|&(parameter, _)| multiply(parameter, (a * b).recip()));
        self.effects.iter().for_each(|&parameter| multiply(parameter, (a * b).recip()));
        self.covariances.iter().chain(&self.paths).for_each(|&parameter| multiply(parameter, a.recip()));
        scaled[self.residual] += (1.0 - ratio) * self.explained(theta);
        scaled.iter().all(|value| value.is_finite()).then_some(scaled)
    }
}

#[cfg(test)]
mod tests {
    use latva_spec::table::{TableContext, build};
    use ndarray::Array2;

    use super::*;
    use crate::implied::{Implied, build_blocks};
    use crate::observed::{LogDet, fixed_values};

    fn sigma(model: &mut BlockModel, theta: &[f64]) -> Array2<f64> {
        model.set_parameters(theta);
        let mut implied = Implied::new(model);
        implied.update(model).expect("a recursive model");
        implied.cov
    }

    #[test]
    fn variance_and_covariances_of_the_indicator_are_kept_along_the_valley() {
        let two = "f =~ x1 + x2 + x3\ng =~ x4 + x5 + x6";
        let models = [(two.to_owned(), false), (two.to_owned(), true), (format!("{two}\ng ~ f"), false)];
        for (text, std_lv) in models {
            let mut context = TableContext::default();
            context.options.std_lv = std_lv;
            let (table, _) = build(&latva_spec::parse(&text).model, &context);
            let cov = Array2::from_shape_fn(
                (6, 6),
                |(i, j)| if i == j { 1.0 + i as f64 } else { 0.31 - 0.02 * (i * j) as f64 },
            );
            let sample = Observed {
                n_obs: 100.0,
                cov,
                mean: None,
                exogenous: Vec::new(),
                incomplete: None,
                weight: None,
                log_det: LogDet::new(),
            };
            let observed = [sample];
            let mut models = build_blocks(&table, &fixed_values(&table, &observed)).expect("matrices");
            let around: Vec<f64> = (0..table.n_free()).map(|i| 0.5 + 0.03 * i as f64).collect();
            let factors = dominated(&models, &observed);
            assert_eq!(factors.len(), 6);
            for (place, factor) in factors.iter().enumerate() {
                let starts: Vec<Vec<f64>> = factor.starts(&around).collect();
                // A factor whose variance is fixed to 1 has none with a negative share.
                assert_eq!(starts.len(), if std_lv { 2 } else { 3 });
                let start = sigma(&mut models[0], &starts[0]);
                assert!(std_lv || text != two || (start[[place, place]] - (1.0 + place as f64)).abs() < 1e-12);
                for ratio in if std_lv { [0.3, 40.0] } else { [-2.5, 40.0] } {
                    let moved = factor.scaled(&starts[0], ratio).expect("a point of the valley");
                    assert!((factor.share(&moved) / factor.share(&starts[0]) - ratio).abs() < 1e-9);
                    let moved = sigma(&mut models[0], &moved);
                    let predicted = text != two && place >= 3;
                    for j in (0..6).filter(|&j| !predicted || j < 3 || j == place) {
                        assert!((moved[[place, j]] - start[[place, j]]).abs() < 1e-9, "{text}: {place} {j}");
                    }
                }
            }
        }
    }
}
