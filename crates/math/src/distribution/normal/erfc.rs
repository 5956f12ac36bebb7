//! The complementary error function.
//!
//! By rational approximations on three ranges of |x|: P(x^2) x / Q(x^2) for erf near 0, exp(-x^2) P(x) / Q(x) in the middle, and
//! exp(-x^2) / |x| (1 / sqrt(pi) + P(1/x^2) / (x^2 Q(1/x^2))) beyond. One exponential, and half the time of the function in libm, which
//! takes two.
//! Source: Cody, W. J. (1969). Rational Chebyshev approximations for the error function. Mathematics of Computation 23, 631-637.

use std::f64::consts::FRAC_2_SQRT_PI;

/// Where the first range ends.
const NEAR: f64 = 0.46875;
/// Where the second one ends.
const MIDDLE: f64 = 4.0;
/// Where the function is below the smallest number.
const ZERO: f64 = 28.0;

/// Coefficients from the highest power down.
const NEAR_P: [f64; 5] = [
    1.857_777_061_846_031_5e-1,
    3.161_123_743_870_565_5,
    1.138_641_541_510_501_6e2,
    3.774_852_376_853_02e2,
    3.209_377_589_138_469_4e3,
];
const NEAR_Q: [f64; 5] =
    [1.0, 2.360_129_095_234_412_2e1, 2.440_246_379_344_441_7e2, 1.282_616_526_077_372_3e3, 2.844_236_833_439_171e3];
const MIDDLE_P: [f64; 9] = [
    2.153_115_354_744_038_3e-8,
    5.641_884_969_886_701e-1,
    8.883_149_794_388_377,
    6.611_919_063_714_163e1,
    2.986_351_381_974_001e2,
    8.819_522_212_417_69e2,
    1.712_047_612_634_070_7e3,
    2.051_078_377_826_071_6e3,
    1.230_339_354_797_997_2e3,
];
const MIDDLE_Q: [f64; 9] = [
    1.0,
    1.574_492_611_070_983_5e1,
    1.176_939_508_913_125e2,
    5.371_811_018_620_099e2,
    1.621_389_574_566_690_3e3,
    3.290_799_235_733_459_7e3,
    4.362_619_090_143_247e3,
    3.439_367_674_143_721_6e3,
    1.230_339_354_803_749_5e3,
];
const FAR_P: [f64; 6] = [
    -1.631_538_713_730_209_7e-2,
    -3.053_266_349_612_323_6e-1,
    -3.603_448_999_498_044_5e-1,
    -1.257_817_261_112_292_6e-1,
    -1.608_378_514_874_227_5e-2,
    -6.587_491_615_298_378e-4,
];
const FAR_Q: [f64; 6] = [
    1.0,
    2.568_520_192_289_822,
    1.872_952_849_923_467_3,
    5.279_051_029_514_285e-1,
    6.051_834_131_244_132e-2,
    2.335_204_976_268_691_8e-3,
];

/// erfc(x) = 2 / sqrt(pi) times the integral of exp(-t^2) from x to infinity, with full relative accuracy in the tail.
pub(super) fn erfc(x: f64) -> f64 {
    let size = x.abs();
    if size <= NEAR {
        let square = x * x;
        return 1.0 - x * polynomial(square, &NEAR_P) / polynomial(square, &NEAR_Q);
    }
    let tail = if size > ZERO {
        0.0
    } else if size <= MIDDLE {
        gaussian(size) * (polynomial(size, &MIDDLE_P) / polynomial(size, &MIDDLE_Q))
    } else {
        let inverse_square = (size * size).recip();
        let rest = inverse_square * polynomial(inverse_square, &FAR_P) / polynomial(inverse_square, &FAR_Q);
        gaussian(size) * ((0.5 * FRAC_2_SQRT_PI + rest) / size)
    };
    if x < 0.0 { 2.0 - tail } else { tail }
}

/// exp(-x^2): the square with the error of its rounding, which the exponential would magnify.
fn gaussian(x: f64) -> f64 {
    // So many digits that their square is exact.
    let head = f64::from(x as f32);
    let rest = x - head;
    let square = x * x;
    let error = (head * head - square) + rest * (x + head);
    (-square).exp() * (1.0 - error)
}

fn polynomial<const N: usize>(x: f64, coefficients: &[f64; N]) -> f64 {
    coefficients.iter().fold(0.0, |sum, coefficient| sum * x + coefficient)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn limits() {
        assert_eq!(erfc(0.0), 1.0);
        assert_eq!(erfc(f64::INFINITY), 0.0);
        assert_eq!(erfc(f64::NEG_INFINITY), 2.0);
        assert_eq!(erfc(30.0), 0.0);
        assert!(erfc(f64::NAN).is_nan());
    }

    proptest! {
        #[test]
        fn agrees_with_libm(x in -7.0..26.0_f64) {
            let expected = libm::erfc(x);
            prop_assert!((erfc(x) / expected - 1.0).abs() < 2e-15, "{x}: {} {expected}", erfc(x));
        }
    }
}
