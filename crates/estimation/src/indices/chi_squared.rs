//! The chi-square test of exact fit.

use latva_math::distribution::chi_squared;

use super::ChiSquare;

/// P(chi-square with df degrees of freedom > X): the p-value of exact fit.
///
/// `None` when df = 0, where there is nothing to test.
pub fn p_value(test: ChiSquare) -> Option<f64> {
    let test = test.usable()?;
    chi_squared::sf(test.value, test.df)
}

/// X / df (AMOS: CMIN/DF). `None` when df = 0.
pub fn cmin_df(test: ChiSquare) -> Option<f64> {
    let test = test.usable()?;
    (test.df > 0.0).then(|| test.value / test.df)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indices::golden::{AMOS_MODEL, MODEL, close};

    #[test]
    fn golden_values() {
        // lavaan computes 1 - cdf, which leaves it about 1e-16.
        close(p_value(MODEL), 8.502_553_217_049_07e-9, 1e-15);
        close(cmin_df(AMOS_MODEL), 85.022 / 24.0, 5e-5);
        // AMOS 21 manual, example 15, model B.
        close(p_value(ChiSquare::new(30.624, 26.0)), 0.243, 5e-4);
        // AMOS 21 manual, example 8.
        close(p_value(ChiSquare::new(7.853, 8.0)), 0.448, 5e-4);
    }

    #[test]
    fn nothing_to_test() {
        assert_eq!(p_value(ChiSquare::new(0.0, 0.0)), None);
        assert_eq!(cmin_df(ChiSquare::new(0.0, 0.0)), None);
        assert_eq!(p_value(ChiSquare::new(-1.0, 3.0)), None);
        assert_eq!(p_value(ChiSquare::new(f64::NAN, 3.0)), None);
        assert_eq!(p_value(ChiSquare::new(0.0, 3.0)), Some(1.0));
    }
}
