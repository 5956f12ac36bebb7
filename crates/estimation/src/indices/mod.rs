//! Fit indices: each a pure function of numbers, in a file of its own, with formula and source.
//!
//! They know nothing of a fitted model, so that the audit of published figures uses the same functions.
//!
//! Conventions are arguments, never assumptions. In particular the *multiplier*, the number by which a noncentrality
//! (or a chi-square) is divided to get a discrepancy per case, is
//!
//! | convention | multiplier for RMSEA, F0 and their kin |
//! |---|---|
//! | lavaan, one group | N |
//! | lavaan, G groups | N / G for RMSEA, N elsewhere |
//! | N - 1 ("Wishart") | N - G in place of N |
//! | AMOS | N - G, also with several groups |
//! | robust, scaling factor c | one of the above divided by c |
//!
//! An index that does not exist for its arguments is `None`; no function gives NaN or infinity, and none panics.

pub mod cfi;
pub mod chi_squared;
pub mod critical_n;
pub mod ecvi;
pub mod gamma_hat;
pub mod gfi;
pub mod ifi;
pub mod information_criteria;
pub mod mfi;
pub mod nfi;
pub mod noncentrality;
pub mod parsimony;
pub mod residuals;
pub mod rfi;
pub mod rmr;
pub mod rmsea;
pub mod robust;
pub mod srmr;
pub mod tli;

/// A chi-square statistic with its degrees of freedom (real, because adjusted statistics have real ones).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ChiSquare {
    /// The statistic.
    pub value: f64,
    /// Degrees of freedom.
    pub df: f64,
}

impl ChiSquare {
    /// A statistic and its degrees of freedom.
    pub const fn new(value: f64, df: f64) -> Self {
        Self { value, df }
    }

    /// The pair if it can be a test: both finite and not negative.
    fn usable(self) -> Option<Self> {
        (self.value >= 0.0 && self.value.is_finite() && self.df >= 0.0 && self.df.is_finite()).then_some(self)
    }

    /// value - df, the estimate of the noncentrality before it is cut off at 0.
    fn excess(self) -> f64 {
        self.value - self.df
    }
}

/// The two ends of an interval, in the units of its point.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// Lower end.
    pub lower: f64,
    /// Upper end.
    pub upper: f64,
}

impl Interval {
    /// Both ends through an increasing function.
    fn map(self, function: impl Fn(f64) -> f64) -> Self {
        Self { lower: function(self.lower), upper: function(self.upper) }
    }
}

/// The number if it is finite.
fn finite(value: f64) -> Option<f64> {
    value.is_finite().then_some(value)
}

/// The number if it is positive and finite.
fn positive(value: f64) -> Option<f64> {
    (value > 0.0 && value.is_finite()).then_some(value)
}

#[cfg(test)]
mod golden {
    //! Values of lavaan 0.6-14 for its three-factor example (`HolzingerSwineford1939`, N = 301, ML), printed by
    //! `fitMeasures(cfa(model, HolzingerSwineford1939, control = list(rel.tol = 1e-13, x.tol = 1e-13),
    //! optim.force.converged = TRUE))` to 15 digits, used by the tests of this module. The
    //! reference suite (tests/suite/measures.rs) compares many more models.
    use super::ChiSquare;

    pub const N: f64 = 301.0;
    pub const MODEL: ChiSquare = ChiSquare::new(85.305_521_770_328_8, 24.0);
    pub const BASELINE: ChiSquare = ChiSquare::new(918.851_589_292_384, 36.0);
    /// AMOS's arithmetic: (N - 1) in place of N.
    pub const AMOS_MODEL: ChiSquare = ChiSquare::new(MODEL.value * 300.0 / 301.0, 24.0);
    pub const AMOS_BASELINE: ChiSquare = ChiSquare::new(BASELINE.value * 300.0 / 301.0, 36.0);

    pub fn close(got: Option<f64>, want: f64, tolerance: f64) {
        let got = got.expect("the index exists");
        assert!((got - want).abs() <= tolerance, "{got} instead of {want}");
    }
}
