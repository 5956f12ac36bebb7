//! Sample scaling: the one home of the divisors N, N - 1 and N - G.
//!
//! | convention | moments divided by | weight of group g | chi-square |
//! |---|---|---|---|
//! | lavaan, ML, normal | N_g | N_g / N | N F |
//! | lavaan, wishart or least squares | N_g - 1 | (N_g - 1) / (N - G) | (N - G) F = sum (N_g - 1) F_g |
//! | AMOS | N_g | N_g / N | (N - G) F |
//! | missing values by full information, lavaan and AMOS alike | | N_g / N | N F |
//! | sampling weights, every estimator | N_g | N_g / N | N F |
//!
//! With sampling weights N_g is the sum of those of the group, and no degrees of freedom are taken off it: it need not exceed 1.
//!
//! Standard errors and scaled tests weigh the groups by N_g / N in every convention, as lavaan does, also where the discrepancies
//! are weighted by N_g - 1. The information is multiplier / 2 times the second derivatives of F, so that AMOS's standard errors are the
//! N-based ones times sqrt(N / (N - G)).

use crate::plan::{Estimator, Likelihood, Mimic, Missing};

/// The convention, resolved for a sample.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct SampleScaling {
    /// For each group, what a covariance with divisor N is multiplied by.
    pub(crate) moment_factors: Vec<f64>,
    /// Weights of the groups' discrepancies; they sum to 1.
    pub(crate) weights: Vec<f64>,
    /// Shares of the groups in the cases, N_g / N: their weights in the information.
    pub(crate) shares: Vec<f64>,
    /// Chi-square = multiplier x F.
    pub(crate) multiplier: f64,
}

impl SampleScaling {
    /// The scaling of groups of the given sizes.
    pub(crate) fn new(
        sizes: &[f64],
        estimator: Estimator,
        likelihood: Likelihood,
        mimic: Mimic,
        missing: Missing,
        weighted: bool,
    ) -> Self {
        let n: f64 = sizes.iter().sum();
        let groups = sizes.len() as f64;
        let shares: Vec<f64> = sizes.iter().map(|size| size / n).collect();
        if weighted || missing.is_full_information() {
            return SampleScaling {
                moment_factors: vec![1.0; sizes.len()],
                weights: shares.clone(),
                shares,
                multiplier: n,
            };
        }
        if mimic == Mimic::Amos {
            return SampleScaling {
                moment_factors: vec![1.0; sizes.len()],
                weights: shares.clone(),
                shares,
                multiplier: n - groups,
            };
        }
        match (likelihood, estimator) {
            (Likelihood::Normal, Estimator::Ml) => {
                SampleScaling { moment_factors: vec![1.0; sizes.len()], weights: shares.clone(), shares, multiplier: n }
            }
            _ => SampleScaling {
                moment_factors: sizes.iter().map(|size| size / (size - 1.0)).collect(),
                weights: sizes.iter().map(|size| (size - 1.0) / (n - groups)).collect(),
                shares,
                multiplier: n - groups,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_conventions() {
        let of = |likelihood, mimic, missing| {
            SampleScaling::new(&[100.0, 50.0], Estimator::Ml, likelihood, mimic, missing, false)
        };
        let scaling = |likelihood, mimic| of(likelihood, mimic, Missing::Listwise);
        let normal = scaling(Likelihood::Normal, Mimic::Lavaan);
        assert_eq!((normal.multiplier, normal.moment_factors[0]), (150.0, 1.0));
        let wishart = scaling(Likelihood::Wishart, Mimic::Lavaan);
        assert_eq!((wishart.multiplier, wishart.moment_factors[1]), (148.0, 50.0 / 49.0));
        assert!((wishart.weights[0] - 99.0 / 148.0).abs() < 1e-15);
        let amos = scaling(Likelihood::Normal, Mimic::Amos);
        assert_eq!((amos.multiplier, amos.moment_factors[1]), (148.0, 1.0));
        assert!((amos.weights[0] - 100.0 / 150.0).abs() < 1e-15);
        assert_eq!(of(Likelihood::Normal, Mimic::Amos, Missing::Ml).multiplier, 150.0);
        let sizes = [0.5, 149.5];
        let (normal, lavaan) = (Likelihood::Normal, Mimic::Lavaan);
        let weighted = SampleScaling::new(&sizes, Estimator::Uls, normal, lavaan, Missing::Listwise, true);
        assert_eq!((weighted.multiplier, weighted.weights[0], weighted.moment_factors[0]), (150.0, 0.5 / 150.0, 1.0));
    }
}
