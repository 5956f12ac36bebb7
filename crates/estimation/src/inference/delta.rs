//! The delta method: functions of the parameters with standard errors, tests and intervals.

use latva_math::distribution::normal;
use ndarray::Array2;

use crate::error::EstimationError;
use crate::result::Uncertainty;

/// A function of the parameters.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DeltaEstimate {
    /// Its value at the estimates.
    pub est: f64,
    /// Standard error; `None` where the fit has none.
    pub se: Option<f64>,
    /// est / se.
    pub z: Option<f64>,
    /// Two-sided p of z.
    pub pvalue: Option<f64>,
    /// Lower end of the confidence interval.
    pub ci_lower: Option<f64>,
    /// Upper end.
    pub ci_upper: Option<f64>,
    /// Two-sided p of the interval, where it is made of percentiles of bootstrap draws.
    pub ci_pvalue: Option<f64>,
}

impl DeltaEstimate {
    /// A value and how sure it is.
    pub(crate) fn new(est: f64, uncertainty: Option<Uncertainty>) -> Self {
        DeltaEstimate {
            est,
            se: uncertainty.map(|of| of.se),
            z: uncertainty.and_then(|of| of.z),
            pvalue: uncertainty.and_then(|of| of.pvalue),
            ci_lower: uncertainty.and_then(|of| of.ci_lower),
            ci_upper: uncertainty.and_then(|of| of.ci_upper),
            ci_pvalue: uncertainty.and_then(|of| of.ci_pvalue),
        }
    }
}

/// Var f(theta) = g' V g with g the gradient of f, for values and gradients given by the caller.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DeltaMethod<'a> {
    vcov: Option<&'a Array2<f64>>,
    quantile: f64,
}

/// A gradient: (parameter from 0, slope), each parameter once.
pub(crate) type Slopes = Vec<(usize, f64)>;

/// A sum of multiples of gradients of q parameters.
pub(crate) struct SlopeSum {
    values: Vec<f64>,
    touched: Vec<usize>,
}

impl SlopeSum {
    pub(crate) fn new(q: usize) -> Self {
        SlopeSum { values: vec![0.0; q], touched: Vec::new() }
    }

    pub(crate) fn add(&mut self, factor: f64, slopes: &[(usize, f64)]) {
        for &(parameter, slope) in slopes {
            if self.values[parameter] == 0.0 {
                self.touched.push(parameter);
            }
            self.values[parameter] += factor * slope;
        }
    }

    /// The sum, which is zero again afterwards.
    pub(crate) fn take(&mut self) -> Slopes {
        let mut slopes = Slopes::new();
        self.move_to(&mut slopes);
        slopes
    }

    /// Moves the sum into `slopes`, in place of what is there.
    pub(crate) fn move_to(&mut self, slopes: &mut Slopes) {
        slopes.clear();
        let values = &mut self.values;
        let all = self.touched.drain(..).map(|parameter| (parameter, std::mem::take(&mut values[parameter])));
        slopes.extend(all.filter(|(_, slope)| *slope != 0.0));
    }
}

impl<'a> DeltaMethod<'a> {
    /// With V (q x q) and intervals of the given level.
    ///
    /// # Errors
    /// A level that is not between 0 and 1.
    pub(crate) fn new(vcov: Option<&'a Array2<f64>>, level: f64) -> Result<Self, EstimationError> {
        let quantile = normal::quantile(0.5 + level / 2.0).filter(|value| value.is_finite());
        let quantile = quantile.ok_or_else(|| EstimationError::Options {
            problem: format!("the confidence level {level} is not between 0 and 1"),
            remedy: "give a level such as 0.95",
        })?;
        Ok(DeltaMethod { vcov, quantile })
    }

    /// g' V g.
    pub(crate) fn variance(&self, slopes: &[(usize, f64)]) -> Option<f64> {
        Some(quadratic_form(slopes, self.vcov?).max(0.0))
    }

    /// The estimate of a function with this value and gradient.
    pub(crate) fn estimate(&self, est: f64, slopes: &[(usize, f64)]) -> DeltaEstimate {
        let uncertainty = self.variance(slopes).and_then(|variance| Uncertainty::of(est, variance, self.quantile));
        DeltaEstimate::new(est, uncertainty)
    }
}

/// g' V g for a symmetric V.
pub(crate) fn quadratic_form(slopes: &[(usize, f64)], vcov: &Array2<f64>) -> f64 {
    let mut form = 0.0;
    for (place, &(i, a)) in slopes.iter().enumerate() {
        let beside: f64 = slopes[..place].iter().map(|&(j, b)| b * vcov[[i, j]]).sum();
        form += a * (a * vcov[[i, i]] + 2.0 * beside);
    }
    form
}
