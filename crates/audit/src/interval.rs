//! Closed intervals: what rounded figures leave open, carried through a computation.
//!
//! Every operation returns an interval that contains each value that its operands could give. Ends may be
//! infinite: "p > .05" has no upper end of its own.

use std::ops::{Add, Mul, Neg, Sub};

/// How far two intervals may miss each other, relative to their size, and still count as touching: the
/// rounding of our own arithmetic, far below the last digit that any paper prints.
const SLACK: f64 = 1e-9;

/// A closed interval `[lo, hi]` with `lo <= hi`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    lo: f64,
    hi: f64,
}

impl Interval {
    /// All real numbers.
    pub const REAL: Interval = Interval { lo: f64::NEG_INFINITY, hi: f64::INFINITY };
    /// Zero and everything above.
    pub const NONNEGATIVE: Interval = Interval { lo: 0.0, hi: f64::INFINITY };
    /// From 0 to 1.
    pub const UNIT: Interval = Interval { lo: 0.0, hi: 1.0 };
    /// From -1 to 1.
    pub const CORRELATION: Interval = Interval { lo: -1.0, hi: 1.0 };

    /// The interval between two numbers, in either order; not-a-number leaves everything open.
    pub fn new(a: f64, b: f64) -> Interval {
        if a.is_nan() || b.is_nan() {
            return Interval::REAL;
        }
        Interval { lo: a.min(b), hi: a.max(b) }
    }

    /// A single number.
    pub fn point(x: f64) -> Interval {
        Interval::new(x, x)
    }

    /// Everything from `lo` up.
    pub fn at_least(lo: f64) -> Interval {
        Interval::new(lo, f64::INFINITY)
    }

    /// Everything up to `hi`.
    pub fn at_most(hi: f64) -> Interval {
        Interval::new(f64::NEG_INFINITY, hi)
    }

    /// Lower end.
    pub fn lo(self) -> f64 {
        self.lo
    }

    /// Upper end.
    pub fn hi(self) -> f64 {
        self.hi
    }

    /// The middle, where both ends are finite.
    pub fn middle(self) -> Option<f64> {
        (self.lo.is_finite() && self.hi.is_finite()).then(|| self.lo + (self.hi - self.lo) / 2.0)
    }

    /// Half the width, where both ends are finite.
    pub fn radius(self) -> Option<f64> {
        self.middle().map(|middle| self.hi - middle)
    }

    /// Whether both ends are finite.
    pub fn is_finite(self) -> bool {
        self.lo.is_finite() && self.hi.is_finite()
    }

    /// Whether `x` lies inside.
    pub fn contains(self, x: f64) -> bool {
        self.lo <= x && x <= self.hi
    }

    /// Whether the two have a point in common, up to the rounding of our own arithmetic.
    pub fn meets(self, other: Interval) -> bool {
        let ends = [self.lo, self.hi, other.lo, other.hi];
        let size = ends.into_iter().filter(|end| end.is_finite()).fold(0.0_f64, |size, end| size.max(end.abs()));
        let slack = SLACK * size.max(1e-3);
        self.lo <= other.hi + slack && other.lo <= self.hi + slack
    }

    /// The common part.
    pub fn intersect(self, other: Interval) -> Option<Interval> {
        if !self.meets(other) {
            return None;
        }
        Some(Interval::new(self.lo.max(other.lo), self.hi.min(other.hi)))
    }

    /// The part within limits that are known to hold; the limit's nearest end where nothing is left.
    pub fn clamp_to(self, limits: Interval) -> Interval {
        Interval::new(self.lo.clamp(limits.lo, limits.hi), self.hi.clamp(limits.lo, limits.hi))
    }

    /// The smallest interval that contains both.
    pub fn hull(self, other: Interval) -> Interval {
        Interval { lo: self.lo.min(other.lo), hi: self.hi.max(other.hi) }
    }

    /// The smallest interval that contains all; none of none.
    pub fn hull_of(parts: impl IntoIterator<Item = Interval>) -> Option<Interval> {
        parts.into_iter().reduce(Interval::hull)
    }

    /// Widened by `by` at both ends.
    pub fn widened(self, by: f64) -> Interval {
        Interval::new(self.lo - by, self.hi + by)
    }

    /// The range of a nondecreasing function.
    pub fn map_increasing(self, f: impl Fn(f64) -> f64) -> Interval {
        Interval::new(f(self.lo), f(self.hi))
    }

    /// The range of `1 / x`; everything where the interval holds 0 inside.
    pub fn recip(self) -> Interval {
        if self.lo > 0.0 || self.hi < 0.0 {
            return Interval::new(1.0 / self.hi, 1.0 / self.lo);
        }
        if self.lo == 0.0 && self.hi > 0.0 {
            return Interval::at_least(1.0 / self.hi);
        }
        if self.hi == 0.0 && self.lo < 0.0 {
            return Interval::at_most(1.0 / self.lo);
        }
        Interval::REAL
    }

    /// The range of `self / other`.
    pub fn over(self, other: Interval) -> Interval {
        self * other.recip()
    }

    /// The range of `x^2`.
    pub fn square(self) -> Interval {
        let (a, b) = (self.lo * self.lo, self.hi * self.hi);
        if self.contains(0.0) { Interval::new(0.0, a.max(b)) } else { Interval::new(a, b) }
    }

    /// The range of the square root of the part that is not negative.
    pub fn sqrt(self) -> Interval {
        Interval::new(self.lo.max(0.0).sqrt(), self.hi.max(0.0).sqrt())
    }

    /// The range of `|x|`.
    pub fn abs(self) -> Interval {
        if self.contains(0.0) {
            Interval::new(0.0, self.hi.max(-self.lo))
        } else {
            Interval::new(self.lo.abs(), self.hi.abs())
        }
    }

    /// The range of `factor * x`.
    pub fn scaled(self, factor: f64) -> Interval {
        self * Interval::point(factor)
    }
}

impl Add for Interval {
    type Output = Interval;
    fn add(self, other: Interval) -> Interval {
        Interval::new(self.lo + other.lo, self.hi + other.hi)
    }
}

impl Sub for Interval {
    type Output = Interval;
    fn sub(self, other: Interval) -> Interval {
        self + -other
    }
}

impl Neg for Interval {
    type Output = Interval;
    fn neg(self) -> Interval {
        Interval { lo: -self.hi, hi: -self.lo }
    }
}

impl Mul for Interval {
    type Output = Interval;
    fn mul(self, other: Interval) -> Interval {
        // 0 times an infinite end is 0 here: the end itself is never reached.
        let product = |a: f64, b: f64| if a == 0.0 || b == 0.0 { 0.0 } else { a * b };
        let ends = [
            product(self.lo, other.lo),
            product(self.lo, other.hi),
            product(self.hi, other.lo),
            product(self.hi, other.hi),
        ];
        Interval { lo: ends.into_iter().fold(ends[0], f64::min), hi: ends.into_iter().fold(ends[0], f64::max) }
    }
}

impl std::iter::Sum for Interval {
    fn sum<I: Iterator<Item = Interval>>(parts: I) -> Interval {
        parts.fold(Interval::point(0.0), |sum, part| sum + part)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn part() -> impl Strategy<Value = (Interval, f64)> {
        (-50.0..50.0_f64, 0.0..5.0_f64, 0.0..1.0_f64)
            .prop_map(|(lo, width, at)| (Interval::new(lo, lo + width), lo + at * width))
    }

    proptest! {
        #[test]
        fn operations_hold_every_value((a, x) in part(), (b, y) in part()) {
            prop_assert!((a + b).widened(1e-9).contains(x + y));
            prop_assert!((a - b).widened(1e-9).contains(x - y));
            prop_assert!((a * b).widened(1e-9).contains(x * y));
            prop_assert!(a.square().widened(1e-9).contains(x * x));
            prop_assert!(a.abs().widened(1e-9).contains(x.abs()));
            prop_assert!(y == 0.0 || a.over(b).widened(1e-6).contains(x / y));
        }
    }

    #[test]
    fn intervals_that_touch_meet() {
        assert!(Interval::new(0.1, 0.3).meets(Interval::new(0.1 + 0.2, 1.0)));
        assert!(!Interval::new(0.1, 0.3).meets(Interval::new(0.3001, 1.0)));
    }

    #[test]
    fn an_interval_around_zero_has_an_unbounded_reciprocal() {
        assert_eq!(Interval::new(-1.0, 1.0).recip(), Interval::REAL);
        assert_eq!(Interval::new(0.0, 2.0).recip(), Interval::at_least(0.5));
    }
}
