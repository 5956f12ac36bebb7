//! The delta method: functions of the parameters with standard errors, tests and intervals.

use latva_math::distribution::normal;
use latva_math::linalg::{quadratic_form, vectorized};
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

/// The elements of a gradient that are not zero.
pub(crate) fn slopes_of(gradient: &[f64]) -> Slopes {
    gradient.iter().copied().enumerate().filter(|(_, slope)| *slope != 0.0).collect()
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

    /// g' V g; `None` for a gradient that is not finite.
    pub(crate) fn variance(&self, slopes: &[(usize, f64)]) -> Option<f64> {
        Some(quadratic_form(slopes, self.vcov?)).filter(|form| form.is_finite()).map(|form| form.max(0.0))
    }

    /// The estimate of a function with this value and gradient.
    pub(crate) fn estimate(&self, est: f64, slopes: &[(usize, f64)]) -> DeltaEstimate {
        let uncertainty = self.variance(slopes).and_then(|variance| Uncertainty::of(est, variance, self.quantile));
        DeltaEstimate::new(est, uncertainty)
    }
}

/// The products V l with the gradients l, of q parameters, that many functions are made of: the variance of a function then takes no
/// product with V of its own.
pub(crate) struct Products<'a> {
    /// V, q x q, in standard layout.
    vcov: CowArray<'a, f64, Ix2>,
    /// q numbers for each product; those of no gradient first.
    rows: Vec<f64>,
}

/// The place of a product in [`Products`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ProductId(usize);

/// A multiple of a gradient l whose product is known.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Term<'a> {
    /// What it is multiplied by.
    pub(crate) factor: f64,
    /// l; a parameter may be there more than once.
    pub(crate) slopes: &'a [(usize, f64)],
    /// V l.
    pub(crate) product: ProductId,
}

impl Term<'_> {
    /// Nothing.
    pub(crate) const NONE: Term<'static> = Term { factor: 0.0, slopes: &[], product: ProductId(0) };
}

impl<'a> Products<'a> {
    /// With room for so many products.
    pub(crate) fn new(vcov: &'a Array2<f64>, room: usize) -> Self {
        let q = vcov.nrows();
        let mut rows = Vec::with_capacity(q * (1 + room));
        rows.resize(q, 0.0);
        Products { vcov: vcov.as_standard_layout(), rows }
    }

    /// Adds V l.
    pub(crate) fn push(&mut self, slopes: &[(usize, f64)]) -> ProductId {
        let (q, start) = (self.vcov.nrows(), self.rows.len());
        self.rows.resize(start + q, 0.0);
        let (vcov, product) = (self.vcov.as_slice().expect("standard layout"), &mut self.rows[start..]);
        vectorized(
            #[inline(always)]
            || {
                for &(parameter, slope) in slopes {
                    let row = &vcov[parameter * q..][..q];
                    for (sum, covariance) in product.iter_mut().zip(row) {
                        *sum += slope * covariance;
                    }
                }
            },
        );
        ProductId(start / q.max(1))
    }

    /// g' V g for the gradient g = a l_1 + b l_2 + c e_k, with the two terms and `own` (c, k).
    ///
    /// The sum runs over the elements of a l_1, b l_2 and c e_k, each times that of V g = a V l_1 + b V l_2 + c V e_k: what cancels in g cancels
    /// in both factors.
    pub(crate) fn variance(&self, [first, second]: [Term<'_>; 2], own: Option<(f64, usize)>) -> f64 {
        let q = self.vcov.nrows();
        let row = |ProductId(place): ProductId| &self.rows[q * place..][..q];
        let (v1, v2) = (row(first.product), row(second.product));
        let (c, v3) = match own {
            Some((c, k)) => (c, self.vcov.row(k).to_slice().expect("standard layout")),
            None => (0.0, v1),
        };
        let product = |i: usize| first.factor * v1[i] + second.factor * v2[i] + c * v3[i];
        let of_term =
            |term: Term<'_>| term.factor * term.slopes.iter().map(|&(i, slope)| slope * product(i)).sum::<f64>();
        of_term(first) + of_term(second) + own.map_or(0.0, |(c, k)| c * product(k))
    }
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
            let mut products = Products::new(&vcov, 1);
            let ids = [products.push(&first), products.push(&second)];
            let mut sum = SlopeSum::new(q);
            sum.add(0.7, &first);
            sum.add(-0.4, &second);
            sum.add(1.1, &[(q - 1, 1.0)]);
            let (expected, plain) = (quadratic_form(&sum.take(), &vcov), quadratic_form(&first, &vcov));
            let [one, two] = [(0.7, &first, ids[0]), (-0.4, &second, ids[1])].map(|(factor, slopes, product)| Term {
                factor,
                slopes,
                product,
            });
            let variance = products.variance([one, two], Some((1.1, q - 1)));
            assert!((variance - expected).abs() <= 1e-13 * expected, "{variance} {expected}");
            let alone = products.variance([Term { factor: 1.0, ..one }, Term::NONE], None);
            assert!((alone - plain).abs() <= 1e-13 * plain, "{alone} {plain}");
        }
    }

    #[test]
    fn what_cancels_leaves_no_variance() {
        let vcov = Array2::from_diag_elem(3, 1e6);
        let mut products = Products::new(&vcov, 1);
        let slopes = [(1, 0.3), (1, 0.4)];
        let term = Term { factor: 1.0, slopes: &slopes, product: products.push(&slopes) };
        let variance = products.variance([term, Term::NONE], Some((-0.7, 1)));
        assert!(variance.abs() < 1e-24, "{variance}");
    }
}
