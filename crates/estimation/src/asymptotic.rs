//! The weight of weighted least squares, from the cases: V = Gamma^-1 for WLS, diag(Gamma)^-1 for DWLS.
//!
//! Gamma is that of [`CaseMoments::about_sample`], with divisor N whatever the divisor of the moments (Browne 1984, eq. 3.4; so
//! has lavaan). Moments among exogenous variables that are fixed to the sample's do not vary and have weight 0.

use latva_math::linalg::Cholesky;
use ndarray::{Array1, Array2, ArrayView1};

use crate::casewise::CaseMoments;
use crate::moment_weight::MomentWeight;
use crate::plan::Estimator;
use crate::stacked::Stacking;

/// Below this share of the product of two variances the variance of a product moment is rounding.
const CONSTANT: f64 = 1e-12;

/// Why there is no weight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoWeight {
    /// Gamma (k x k) has at most rank n - 1: fewer cases than moments.
    TooFewCases {
        /// Moments k.
        moments: usize,
    },
    /// The moment at this place (of the stacked vector) does not vary, or only with those before it.
    Determined {
        /// Place in the stacked vector.
        moment: usize,
    },
    /// The fixed exogenous variables are collinear.
    CollinearExogenous,
}

/// The weight of WLS or DWLS.
///
/// # Errors
/// [`NoWeight`].
pub(crate) fn weight(
    rows: &Array2<f64>,
    weights: Option<&[f64]>,
    fixed: &[usize],
    means: bool,
    estimator: Estimator,
) -> Result<MomentWeight, NoWeight> {
    let cases = CaseMoments::about_sample(rows.view(), weights, fixed, means).ok_or(NoWeight::CollinearExogenous)?;
    let stacking = cases.stacking;
    let varying = varying(stacking, fixed);
    if estimator == Estimator::Wls {
        return inverse_of_gamma(&cases, fixed).map(MomentWeight::Full);
    }
    let diagonal = cases.gamma_diagonal();
    constant_moment(&cases, diagonal.view(), &varying)?;
    let mut weight = Array1::zeros(stacking.len());
    for &moment in &varying {
        weight[moment] = diagonal[moment].recip();
    }
    Ok(MomentWeight::Diagonal(weight))
}

/// Gamma^-1 (k x k), with zeros at the moments among the fixed exogenous variables.
///
/// # Errors
/// [`NoWeight::TooFewCases`], [`NoWeight::Determined`].
pub(crate) fn inverse_of_gamma(cases: &CaseMoments, fixed: &[usize]) -> Result<Array2<f64>, NoWeight> {
    let stacking = cases.stacking;
    let varying = varying(stacking, fixed);
    if cases.n() <= varying.len() {
        return Err(NoWeight::TooFewCases { moments: varying.len() });
    }
    let gamma = cases.gamma();
    constant_moment(cases, gamma.diag(), &varying)?;
    let own = Array2::from_shape_fn((varying.len(), varying.len()), |(a, b)| gamma[[varying[a], varying[b]]]);
    let mut factor =
        Cholesky::of(own.view()).map_err(|failure| NoWeight::Determined { moment: varying[failure.pivot] })?;
    let inverse = factor.inverse();
    if varying.len() == stacking.len() {
        return Ok(inverse);
    }
    let mut weight = Array2::zeros((stacking.len(), stacking.len()));
    for (a, &row) in varying.iter().enumerate() {
        for (b, &column) in varying.iter().enumerate() {
            weight[[row, column]] = inverse[[a, b]];
        }
    }
    Ok(weight)
}

/// The moments that vary: all but those among the fixed exogenous variables.
fn varying(stacking: Stacking, fixed: &[usize]) -> Vec<usize> {
    let among = stacking.among(fixed);
    (0..among.len()).filter(|&moment| !among[moment]).collect()
}

/// Refuses a moment that is the same for all cases, as is the square of a variable with two values equally often.
fn constant_moment(cases: &CaseMoments, diagonal: ArrayView1<'_, f64>, varying: &[usize]) -> Result<(), NoWeight> {
    let variances = cases.variances();
    let mut least = Vec::with_capacity(cases.stacking.len());
    if cases.stacking.means {
        least.extend(variances.iter().map(|variance| CONSTANT * variance));
    }
    least.extend(cases.stacking.pairs().map(|(i, j)| CONSTANT * variances[i] * variances[j]));
    match varying.iter().find(|&&moment| diagonal[moment] <= least[moment]) {
        Some(&moment) => Err(NoWeight::Determined { moment }),
        None => Ok(()),
    }
}

/// The variables of a moment, by place: one for a mean.
pub(crate) fn variables_of(stacking: Stacking, moment: usize) -> (usize, usize) {
    let first = stacking.first_covariance();
    if moment < first {
        return (moment, moment);
    }
    stacking.pairs().nth(moment - first).expect("the moment is one of the stacked vector")
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    fn data(n: usize) -> Array2<f64> {
        let mut state = 5_u64;
        Array2::from_shape_fn((n, 3), |_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 11) as f64 / (1_u64 << 53) as f64
        })
    }

    #[test]
    fn the_full_weight_is_the_inverse_of_gamma() {
        let rows = data(60);
        let gamma = CaseMoments::about_sample(rows.view(), None, &[], true).unwrap().gamma();
        let Ok(MomentWeight::Full(v)) = weight(&rows, None, &[], true, Estimator::Wls) else { panic!("a full weight") };
        for ((i, j), value) in v.dot(&gamma).indexed_iter() {
            assert!((value - f64::from(u8::from(i == j))).abs() < 1e-8);
        }
        // With the second variable fixed, its mean and variance have no weight.
        let Ok(MomentWeight::Full(v)) = weight(&rows, None, &[1], true, Estimator::Wls) else {
            panic!("a full weight")
        };
        assert_eq!((v[[1, 1]], v[[6, 6]]), (0.0, 0.0));
        assert!(v[[0, 0]] > 0.0);
    }

    #[test]
    fn what_forbids_a_weight_is_told() {
        assert_eq!(
            weight(&data(9), None, &[], true, Estimator::Wls).unwrap_err(),
            NoWeight::TooFewCases { moments: 9 }
        );
        assert!(weight(&data(9), None, &[], true, Estimator::Dwls).is_ok());
        // The square of a variable with two values says nothing that the variable does not say.
        let mut rows = data(40);
        for (case, mut row) in rows.rows_mut().into_iter().enumerate() {
            row[2] = f64::from(u8::from(case % 3 == 0));
        }
        assert_eq!(weight(&rows, None, &[], true, Estimator::Wls).unwrap_err(), NoWeight::Determined { moment: 8 });
        let balanced = array![[1.0, 0.3], [-1.0, 0.2], [1.0, 0.9], [-1.0, 0.4]];
        assert_eq!(
            weight(&balanced, None, &[], false, Estimator::Dwls).unwrap_err(),
            NoWeight::Determined { moment: 0 }
        );
        assert_eq!(variables_of(Stacking { p: 3, means: true }, 8), (2, 2));
        assert_eq!(variables_of(Stacking { p: 3, means: true }, 4), (1, 0));
    }
}
