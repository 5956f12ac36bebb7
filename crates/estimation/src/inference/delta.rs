//! The delta method: functions of the parameters with standard errors, tests and intervals.

use latva_math::distribution::normal;
use latva_math::linalg::vectorized;
use ndarray::{Array2, CowArray, Ix2};

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

/// Gradients l of q parameters that many functions are made of, each with V l, so that the variance of a function takes one pass over q
/// numbers and no product with V.
pub(crate) struct Gradients<'a> {
    /// V, q x q, in standard layout.
    vcov: CowArray<'a, f64, Ix2>,
    /// l and V l, 2 q numbers for each gradient.
    rows: Vec<f64>,
}

/// The place of a gradient in [`Gradients`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct GradientId(usize);

impl<'a> Gradients<'a> {
    /// The gradient of a constant.
    pub(crate) const ZERO: GradientId = GradientId(0);

    /// None but [`Self::ZERO`].
    pub(crate) fn new(vcov: &'a Array2<f64>) -> Self {
        Gradients { vcov: vcov.as_standard_layout(), rows: vec![0.0; 2 * vcov.nrows()] }
    }

    /// Adds the sum of these slopes (a parameter may be there more than once).
    pub(crate) fn push(&mut self, slopes: &[(usize, f64)]) -> GradientId {
        let (q, start) = (self.vcov.nrows(), self.rows.len());
        self.rows.resize(start + 2 * q, 0.0);
        let (own, product) = self.rows[start..].split_at_mut(q);
        for &(parameter, slope) in slopes {
            own[parameter] += slope;
            let row = self.vcov.row(parameter).to_slice().expect("standard layout");
            vectorized(
                #[inline(always)]
                || product.iter_mut().zip(row).for_each(|(sum, covariance)| *sum += slope * covariance),
            );
        }
        GradientId(start / (2 * q).max(1))
    }

    /// g' V g for the gradient g = a l_1 + b l_2 + c e_k, `terms` (a, l_1) and (b, l_2) and `own` (c, k).
    ///
    /// V g = a V l_1 + b V l_2 + c V e_k, so that what cancels in g cancels in both factors.
    pub(crate) fn variance(&self, terms: [(f64, GradientId); 2], own: Option<(f64, usize)>) -> f64 {
        let q = self.vcov.nrows();
        let [(a, GradientId(first)), (b, GradientId(second))] = terms;
        let (l1, v1) = self.rows[2 * q * first..][..2 * q].split_at(q);
        let (l2, v2) = self.rows[2 * q * second..][..2 * q].split_at(q);
        let (c, v3, of_own) = match own {
            Some((c, k)) => {
                let v3 = self.vcov.row(k).to_slice().expect("standard layout");
                (c, v3, c * (a * v1[k] + b * v2[k] + c * v3[k]))
            }
            None => (0.0, v1, 0.0),
        };
        let of_terms = vectorized(
            #[inline(always)]
            || sum_of_products([a, b, c], [l1, l2], [v1, v2, v3]),
        );
        of_terms + of_own
    }
}

/// sum_i (a l1_i + b l2_i) (a v1_i + b v2_i + c v3_i), in four lanes so that the compiler can vectorise.
#[inline(always)]
fn sum_of_products([a, b, c]: [f64; 3], [l1, l2]: [&[f64]; 2], [v1, v2, v3]: [&[f64]; 3]) -> f64 {
    let term = |l1: f64, l2: f64, v1: f64, v2: f64, v3: f64| (a * l1 + b * l2) * (a * v1 + b * v2 + c * v3);
    let (l1, l1_rest) = l1.as_chunks::<4>();
    let (l2, l2_rest) = l2.as_chunks::<4>();
    let (v1, v1_rest) = v1.as_chunks::<4>();
    let (v2, v2_rest) = v2.as_chunks::<4>();
    let (v3, v3_rest) = v3.as_chunks::<4>();
    let mut lanes = [0.0; 4];
    for ((((l1, l2), v1), v2), v3) in l1.iter().zip(l2).zip(v1).zip(v2).zip(v3) {
        for lane in 0..4 {
            lanes[lane] += term(l1[lane], l2[lane], v1[lane], v2[lane], v3[lane]);
        }
    }
    let rest = l1_rest.iter().zip(l2_rest).zip(v1_rest).zip(v2_rest).zip(v3_rest);
    let rest: f64 = rest.map(|((((l1, l2), v1), v2), v3)| term(*l1, *l2, *v1, *v2, *v3)).sum();
    (lanes[0] + lanes[1]) + (lanes[2] + lanes[3]) + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_variance_of_a_sum_of_gradients_is_its_quadratic_form() {
        for q in [1, 3, 4, 7, 13] {
            let root = Array2::from_shape_fn((q, q), |(i, j)| ((i * 5 + j * 3) % 7) as f64 - 2.5);
            let vcov = root.dot(&root.t());
            let first: Slopes = (0..q).step_by(2).map(|i| (i, 0.3 + i as f64)).collect();
            let second: Slopes = (0..q).step_by(3).map(|i| (i, 1.0 - 0.2 * i as f64)).collect();
            let mut gradients = Gradients::new(&vcov);
            let ids = [gradients.push(&first), gradients.push(&second)];
            let mut sum = SlopeSum::new(q);
            sum.add(0.7, &first);
            sum.add(-0.4, &second);
            sum.add(1.1, &[(q - 1, 1.0)]);
            let (expected, plain) = (quadratic_form(&sum.take(), &vcov), quadratic_form(&first, &vcov));
            let variance = gradients.variance([(0.7, ids[0]), (-0.4, ids[1])], Some((1.1, q - 1)));
            assert!((variance - expected).abs() <= 1e-13 * expected, "{variance} {expected}");
            let alone = gradients.variance([(1.0, ids[0]), (1.0, Gradients::ZERO)], None);
            assert!((alone - plain).abs() <= 1e-13 * plain, "{alone} {plain}");
        }
    }

    #[test]
    fn what_cancels_leaves_no_variance() {
        let vcov = Array2::from_diag_elem(3, 1e6);
        let mut gradients = Gradients::new(&vcov);
        let id = gradients.push(&[(1, 0.3), (1, 0.4)]);
        let variance = gradients.variance([(1.0, id), (0.0, Gradients::ZERO)], Some((-0.7, 1)));
        assert!(variance.abs() < 1e-24, "{variance}");
    }
}
