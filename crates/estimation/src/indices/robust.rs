//! Robust indices: population values estimated from a statistic and its scaling factor.
//!
//! The *scaled* versions of an index put a scaled statistic (X / c, ...) into the plain formula, and so estimate
//! another population value when data are not normal; they need no functions of their own. The *robust* versions here
//! correct the noncentrality instead: X - c d estimates what X - d does under normality.
//!
//! Sources: Brosseau-Liard, P. E., Savalei, V., & Li, L. (2012). Multivariate Behavioral Research 47, 904-930 (RMSEA);
//! Brosseau-Liard, P. E., & Savalei, V. (2014). Multivariate Behavioral Research 49, 460-470 (CFI, TLI); Savalei, V.
//! (2018). Multivariate Behavioral Research 53, 419-429 (scaled and shifted).

use super::{ChiSquare, Interval, cfi, positive, rmsea, tli};

/// A statistic that is not scaled and the factor by which its mean exceeds df.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Corrected {
    /// The unscaled chi-square X and its df d.
    pub test: ChiSquare,
    /// Scaling factor c: X / c has mean d.
    pub factor: f64,
}

impl Corrected {
    /// X - c d, if the pair is usable.
    fn noncentrality(self) -> Option<f64> {
        let test = self.test.usable()?;
        Some(test.value - positive(self.factor)? * test.df)
    }
}

/// The scaling factor that a scaled and shifted statistic X/a + b amounts to: c = a (d - b) / d.
///
/// `None` when d = 0 or the result is not positive.
pub fn factor_of_scaled_shifted(scale: f64, shift: f64, df: f64) -> Option<f64> {
    positive(scale * (df - shift) / positive(df)?)
}

/// Robust CFI = 1 - max(X - c d, 0) / max(X - c d, Xb - cb db, 0).
pub fn cfi(model: Corrected, baseline: Corrected) -> Option<f64> {
    cfi::from_noncentralities(model.noncentrality()?, baseline.noncentrality()?)
}

/// Robust RNI = 1 - (X - c d) / (Xb - cb db).
pub fn rni(model: Corrected, baseline: Corrected) -> Option<f64> {
    cfi::rni_from_noncentralities(model.noncentrality()?, baseline.noncentrality()?)
}

/// Robust TLI (NNFI) = 1 - (X - c d) db / ((Xb - cb db) d).
pub fn tli(model: Corrected, baseline: Corrected) -> Option<f64> {
    tli::from_noncentralities(model.noncentrality()?, model.test.df, baseline.noncentrality()?, baseline.test.df)
}

/// Robust RMSEA = sqrt(max(X - c d, 0) / (n d)); 0 when d = 0. Multiplier n as for the plain RMSEA.
pub fn rmsea(model: Corrected, multiplier: f64) -> Option<f64> {
    let (noncentrality, n) = (model.noncentrality()?, positive(multiplier)?);
    Some(if model.test.df > 0.0 { (noncentrality.max(0.0) / (n * model.test.df)).sqrt() } else { 0.0 })
}

/// Interval of the robust RMSEA: the plain one of the *scaled* statistic (and of its noncentrality) with n / c in place of n.
pub fn rmsea_interval(scaled: ChiSquare, ncp: Interval, factor: f64, multiplier: f64) -> Option<Interval> {
    rmsea::rmsea_interval(scaled, ncp, multiplier / positive(factor)?)
}

/// p of robust RMSEA <= h0: the plain one of the *scaled* statistic with n / c in place of n.
pub fn close_fit_p(scaled: ChiSquare, factor: f64, multiplier: f64, h0: f64) -> Option<f64> {
    rmsea::close_fit_p(scaled, multiplier / positive(factor)?, h0)
}

/// p of robust RMSEA >= h0: the plain one of the *scaled* statistic with n / c in place of n.
pub fn not_close_fit_p(scaled: ChiSquare, factor: f64, multiplier: f64, h0: f64) -> Option<f64> {
    rmsea::not_close_fit_p(scaled, multiplier / positive(factor)?, h0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indices::golden::{BASELINE, MODEL, N, close};
    use crate::indices::noncentrality::ncp_interval;

    #[test]
    fn a_factor_of_one_gives_the_plain_indices() {
        let one = |test| Corrected { test, factor: 1.0 };
        assert_eq!(cfi(one(MODEL), one(BASELINE)), super::cfi::cfi(MODEL, BASELINE));
        assert_eq!(tli(one(MODEL), one(BASELINE)), super::tli::tli(MODEL, BASELINE));
        assert_eq!(rmsea(one(MODEL), N), super::rmsea::rmsea(MODEL, N));
        let ncp = ncp_interval(MODEL, 0.9).unwrap();
        assert_eq!(rmsea_interval(MODEL, ncp, 1.0, N), super::rmsea::rmsea_interval(MODEL, ncp, N));
    }

    #[test]
    fn satorra_bentler_of_lavaan() {
        // lavaan 0.6-14, cfa(..., estimator = "MLM"): chisq.scaling.factor, cfi.robust, tli.robust, rmsea.robust.
        let model = Corrected { test: MODEL, factor: 1.054_823_487_082_58 };
        let baseline = Corrected { test: BASELINE, factor: 1.164_138_470_459_16 };
        close(cfi(model, baseline), 0.931_592_150_065_042, 1e-12);
        close(tli(model, baseline), 0.897_388_225_097_562, 1e-12);
        let scaled = ChiSquare::new(MODEL.value / model.factor, MODEL.df);
        let interval = rmsea_interval(scaled, ncp_interval(scaled, 0.9).unwrap(), model.factor, N).unwrap();
        close(Some(interval.lower), 0.069_711_324_9, 1e-6);
        close(Some(interval.upper), 0.113_395_819_9, 1e-6);
        close(close_fit_p(scaled, model.factor, N, 0.05), 0.001_211_048_789_728_22, 1e-13);
        close(not_close_fit_p(scaled, model.factor, N, 0.08), 0.813_162_824_360_801, 1e-11);
        close(rmsea(model, N), 0.091_127_548_400_949_5, 1e-13);
    }

    #[test]
    fn limits() {
        let model = Corrected { test: MODEL, factor: 0.0 };
        assert_eq!(cfi(model, model), None);
        assert_eq!(factor_of_scaled_shifted(1.2, 3.0, 0.0), None);
        assert_eq!(factor_of_scaled_shifted(1.2, 30.0, 24.0), None);
        assert_eq!(factor_of_scaled_shifted(2.0, 6.0, 24.0), Some(1.5));
    }
}
