//! The noncentral chi-square distribution.
//!
//! X = sum of (z_i + m_i)^2 with noncentrality ncp = sum of m_i^2: a mixture of central distributions with df + 2 j
//! degrees of freedom and Poisson(ncp/2) weights,
//!
//! sf(x) = sum_j t(j, ncp/2) Q(df/2 + j, x/2), cdf(x) = sum_j t(j, ncp/2) P(df/2 + j, x/2),
//!
//! with t(a, y) = y^a e^-y / Gamma(a + 1). The sums run outward from their largest term; each side of the mean has
//! its own recurrence, in which only positive numbers are added (Q(a + 1) = Q(a) + t(a), P(a) = P(a + 1) + t(a)), so
//! that both tails keep their relative accuracy. Source: Ding, C. G. (1992). Algorithm AS 275; Benton, D., &
//! Krishnamoorthy, K. (2003). Computing discrete mixtures of continuous distributions.

use super::chi_squared::halley_step;
use super::incomplete_gamma::{lower_ratio, poisson_term, upper_ratio};
use super::{chi_squared, is_positive, normal};

/// Terms whose size is below this share of the largest one are left out.
const NEGLIGIBLE: f64 = 1e-17;

/// Probability of a value up to x; `None` unless df > 0 and ncp >= 0 are finite. For ncp = 0 the central distribution.
pub fn cdf(x: f64, df: f64, ncp: f64) -> Option<f64> {
    tails(x, df, ncp).map(|tails| tails.cdf)
}

/// Probability of a value above x, accurate in the tail; `None` unless df > 0 and ncp >= 0 are finite.
pub fn sf(x: f64, df: f64, ncp: f64) -> Option<f64> {
    tails(x, df, ncp).map(|tails| tails.sf)
}

/// The noncentrality at which the probability of a value up to x is `probability`.
///
/// cdf(x; df, ncp) falls from its central value to 0 as ncp grows. `None` when `probability` is above the central
/// value (no noncentrality gives it), outside (0, 1), or when df or x are not positive and finite. The ends of the
/// 90 % interval of a noncentrality are `ncp_from_cdf(x, df, 0.95)` and `ncp_from_cdf(x, df, 0.05)`, 0 when `None`.
pub fn ncp_from_cdf(x: f64, df: f64, probability: f64) -> Option<f64> {
    if !(probability > 0.0 && probability < 1.0 && is_positive(x) && is_positive(df)) {
        return None;
    }
    // The central distribution has its median below its mean, and with one degree of freedom or more at most 0.683 below the mean.
    let (is_reached, is_missed) = (x > df && probability <= 0.5, x <= df && df >= 1.0 && probability > 0.7);
    if is_missed || (!is_reached && chi_squared::cdf(x, df)? < probability) {
        return None;
    }
    // Halley's method for ln of the smaller tail, which is concave in ncp.
    let (from_left, target) =
        if probability < 0.5 { (true, probability.ln()) } else { (false, (1.0 - probability).ln()) };
    let mut ncp = approximate_ncp(x - df, df, normal::quantile(probability)?);
    let (mut lower, mut upper) = (0.0, None);
    for _ in 0..MAX_STEPS {
        let Tails { cdf, sf, slope, bend } = tails(x, df, ncp)?;
        let tail = if from_left { cdf } else { sf }.max(f64::MIN_POSITIVE);
        // Positive where ncp is too small.
        let excess = if from_left { tail.ln() - target } else { target - tail.ln() };
        if excess > 0.0 {
            lower = ncp;
        } else {
            upper = Some(ncp);
        }
        // f''/f' of f = ln tail.
        let curvature = bend + if from_left { slope } else { -slope } / tail;
        let halley = ncp + halley_step(excess * tail / slope, curvature);
        let next = match upper {
            // A step of no length ends the search, and is no reason to bisect or to go on.
            Some(upper) if !(halley >= lower && halley <= upper) => 0.5 * (lower + upper),
            None if !(halley >= lower && halley < 4.0 * ncp + 16.0) => 2.0 * ncp + 1.0,
            _ => halley,
        };
        // Halley's steps cube the error on the scale of the standard deviation; others are not trusted before they vanish.
        let step = (next - ncp).abs();
        let error = if next == halley { step * (step * step / variance(df, ncp)) } else { f64::INFINITY };
        let settled = step <= 4.0 * f64::EPSILON * ncp || error <= SMALL_ERROR * ncp;
        ncp = next;
        if settled {
            break;
        }
    }
    Some(ncp)
}

/// The cube of a step of Halley's over the variance, as a share of the noncentrality, with which it is the last one needed: what it
/// leaves is about a tenth of that.
const SMALL_ERROR: f64 = 1e-12;

/// Steps before the search for a noncentrality is left where it is: bisection alone would be through by then.
const MAX_STEPS: usize = 200;

/// Variance of the distribution.
fn variance(df: f64, ncp: f64) -> f64 {
    2.0 * (df + 2.0 * ncp)
}

/// The noncentrality at which x is about the z-quantile, for an `excess` of x - df: that of the normal distribution with the same
/// mean and variance, then twice that of the normal distribution with corrections for skewness and kurtosis.
///
/// With the cumulants k2 = 2 (df + 2 ncp), k3 = 8 (df + 3 ncp) and k4 = 48 (df + 4 ncp) the corrections are
/// k3 (z^2 - 1) / (6 k2) and (k4 (z^3 - 3 z) / 24 - k3^2 (2 z^3 - 5 z) / (36 k2)) / k2^(3/2).
/// Source: Cornish, E. A., & Fisher, R. A. (1938). Revue de l'Institut International de Statistique 5, 307-320.
fn approximate_ncp(excess: f64, df: f64, z: f64) -> f64 {
    let square = z * z;
    let corrected = |ncp: f64| {
        let k2 = variance(df, ncp);
        let (skewness, kurtosis) = (8.0 * (df + 3.0 * ncp) / k2, 48.0 * (df + 4.0 * ncp) / k2);
        let first = skewness * (square - 1.0) / 6.0;
        let second =
            z * (kurtosis * (square - 3.0) / 24.0 - skewness * skewness * (2.0 * square - 5.0) / 36.0) / k2.sqrt();
        ncp_of_normal_approximation(excess - first - second, df, z)
    };
    corrected(corrected(ncp_of_normal_approximation(excess, df, z)))
}

/// The noncentrality at which x is the z-quantile of the normal distribution with mean df + ncp and variance
/// 2 (df + 2 ncp), for an `excess` of x - df; kept positive.
fn ncp_of_normal_approximation(excess: f64, df: f64, z: f64) -> f64 {
    let middle = excess + 2.0 * z * z;
    let root = (middle * middle - excess * excess + 2.0 * z * z * df).max(0.0).sqrt();
    let ncp = if z < 0.0 { middle + root } else { middle - root };
    ncp.max(1e-3 * (1.0 + excess.abs()))
}

/// Both tails, and how fast they change with ncp.
struct Tails {
    cdf: f64,
    sf: f64,
    /// -d cdf / d ncp = d sf / d ncp = 1/2 sum_j t(j, ncp/2) t(df/2 + j, x/2).
    slope: f64,
    /// d ln slope / d ncp = 1/2 (sum_j j w(j) / (mean sum_j w(j)) - 1) for the terms w(j) of the slope and mean = ncp/2.
    bend: f64,
}

/// The smaller tail is summed, the other one is its complement.
fn tails(x: f64, df: f64, ncp: f64) -> Option<Tails> {
    if !(is_positive(df) && ncp >= 0.0 && ncp.is_finite()) || x.is_nan() {
        return None;
    }
    if x <= 0.0 {
        return Some(Tails { cdf: 0.0, sf: 1.0, slope: 0.0, bend: 0.0 });
    }
    if x == f64::INFINITY {
        return Some(Tails { cdf: 1.0, sf: 0.0, slope: 0.0, bend: 0.0 });
    }
    let mixture = Mixture { shape: 0.5 * df, y: 0.5 * x, mean: 0.5 * ncp };
    Some(if ncp == 0.0 {
        let slope = 0.5 * poisson_term(mixture.shape, mixture.y);
        let bend = 0.5 * (mixture.y / (mixture.shape + 1.0) - 1.0);
        Tails { cdf: chi_squared::cdf(x, df)?, sf: chi_squared::sf(x, df)?, slope, bend }
    } else if x > df + ncp {
        let Sums { tail, slope, bend } = mixture.upper();
        let sf = tail.min(1.0);
        Tails { cdf: 1.0 - sf, sf, slope, bend }
    } else {
        let Sums { tail, slope, bend } = mixture.lower();
        let cdf = tail.min(1.0);
        Tails { cdf, sf: 1.0 - cdf, slope, bend }
    })
}

/// The mixture on the scale of the gamma distribution: shape df/2, argument x/2, Poisson mean ncp/2.
struct Mixture {
    shape: f64,
    y: f64,
    mean: f64,
}

/// The sums over the terms of a mixture: a tail, and `slope` and `bend` of [`Tails`].
struct Sums {
    tail: f64,
    slope: f64,
    bend: f64,
}

impl Mixture {
    /// mean y = j (shape + j) w(j) / w(j - 1) for the weights w(j) = t(j, mean) t(shape + j, y).
    fn product(&self) -> f64 {
        self.mean * self.y
    }

    /// The j at which the weight is largest: j (shape + j) = mean y.
    fn mode(&self) -> f64 {
        let product = self.product();
        let half = 0.5 * self.shape;
        // The positive root, written without a difference.
        (product / (half + (half * half + product).sqrt())).floor()
    }

    fn weight(&self, j: f64) -> f64 {
        poisson_term(j, self.mean) * poisson_term(self.shape + j, self.y)
    }

    /// From the sums of w(j) times the tail, of w(j) and of j w(j), in which the largest w(j) is 1.
    fn scaled(&self, sum: f64, weights: f64, moments: f64) -> Sums {
        let scale = self.weight(self.mode());
        Sums { tail: scale * sum, slope: 0.5 * scale * weights, bend: 0.5 * (moments / (self.mean * weights) - 1.0) }
    }

    /// With the sum of w(j) Q/t from a negligible j below the mode upward; for y above the mean of the mixture. No division waits for the
    /// one before it.
    fn upper(&self) -> Sums {
        let (mode, product) = (self.mode(), self.product());
        let (inverse_product, inverse_y) = (product.recip(), self.y.recip());
        let mut j = mode;
        let mut weight = 1.0;
        while j > 0.0 && weight > NEGLIGIBLE {
            weight *= j * (self.shape + j) * inverse_product;
            j -= 1.0;
        }
        let mut tail = upper_ratio(self.shape + j, self.y);
        let (mut sum, mut weights, mut moments) = (0.0, 0.0, 0.0);
        let mut before = 0.0;
        loop {
            let term = weight * tail;
            sum += term;
            weights += weight;
            moments += j * weight;
            if j > mode && term < before && term < NEGLIGIBLE * sum {
                return self.scaled(sum, weights, moments);
            }
            before = term;
            j += 1.0;
            weight *= product / (j * (self.shape + j));
            tail = (tail + 1.0) * ((self.shape + j) * inverse_y);
        }
    }

    /// With the sum of w(j) P/t from the last j above the mode that is not negligible downward; for y below the mean of the mixture. No
    /// division waits for the one before it.
    fn lower(&self) -> Sums {
        let (mode, product) = (self.mode(), self.product());
        let inverse_product = product.recip();
        let mut j = mode;
        let mut weight = 1.0;
        loop {
            let next = weight * (product / ((j + 1.0) * (self.shape + j + 1.0)));
            if next <= NEGLIGIBLE {
                break;
            }
            weight = next;
            j += 1.0;
        }
        let mut tail = lower_ratio(self.shape + j, self.y);
        let (mut sum, mut weights, mut moments) = (0.0, 0.0, 0.0);
        let mut before = 0.0;
        loop {
            let term = weight * tail;
            sum += term;
            weights += weight;
            moments += j * weight;
            if j == 0.0 || (j < mode && term < before && term < NEGLIGIBLE * sum) {
                return self.scaled(sum, weights, moments);
            }
            before = term;
            tail = 1.0 + tail * (self.y / (self.shape + j));
            weight *= j * (self.shape + j) * inverse_product;
            j -= 1.0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn outside_the_domain_there_is_nothing() {
        assert_eq!(sf(1.0, 0.0, 1.0), None);
        assert_eq!(sf(1.0, 3.0, -1.0), None);
        assert_eq!(cdf(f64::NAN, 3.0, 1.0), None);
        assert_eq!(cdf(1.0, 3.0, f64::INFINITY), None);
        assert_eq!(cdf(-1.0, 3.0, 2.0), Some(0.0));
        assert_eq!(ncp_from_cdf(1.0, 24.0, 0.95), None);
        assert_eq!(ncp_from_cdf(0.0, 24.0, 0.05), None);
        assert_eq!(ncp_from_cdf(10.0, 24.0, 1.0), None);
    }

    proptest! {
        #[test]
        fn ncp_inverts_the_cdf(df in 0.5..500.0_f64, ratio in 0.3..30.0_f64, p in 0.001..0.999_f64) {
            let x = df * ratio;
            match ncp_from_cdf(x, df, p) {
                Some(ncp) => prop_assert!((cdf(x, df, ncp).unwrap() / p - 1.0).abs() < 1e-10),
                None => prop_assert!(chi_squared::cdf(x, df).unwrap() < p),
            }
        }

        #[test]
        fn both_sums_agree_around_the_mean(df in 0.5..300.0_f64, ncp in 0.01..2000.0_f64, z in -2.0..2.0_f64) {
            let x = (df + ncp + z * (2.0 * df + 4.0 * ncp).sqrt()).max(0.01);
            let mixture = Mixture { shape: 0.5 * df, y: 0.5 * x, mean: 0.5 * ncp };
            if x > df + ncp {
                prop_assert!((mixture.upper().tail + mixture.lower().tail - 1.0).abs() < 1e-12);
            }
        }

        #[test]
        fn slope_is_the_derivative(df in 0.5..300.0_f64, ncp in 0.5..2000.0_f64, z in -2.0..2.0_f64) {
            let x = (df + ncp + z * (2.0 * df + 4.0 * ncp).sqrt()).max(0.01);
            let h = 1e-4 * ncp;
            let difference = (cdf(x, df, ncp - h).unwrap() - cdf(x, df, ncp + h).unwrap()) / (2.0 * h);
            let slope = tails(x, df, ncp).unwrap().slope;
            prop_assert!((difference - slope).abs() <= 1e-5 * slope + 1e-11 / h, "{difference} {slope}");
            let at = |ncp: f64| tails(x, df, ncp).unwrap().slope.ln();
            let (difference, bend) = ((at(ncp + h) - at(ncp - h)) / (2.0 * h), tails(x, df, ncp).unwrap().bend);
            prop_assert!((difference - bend).abs() <= 1e-5 * (1.0 + bend.abs()) + 1e-11 / h, "{difference} {bend}");
        }

        #[test]
        fn falls_with_ncp(df in 1.0..100.0_f64, x in 0.1..400.0_f64, ncp in 0.0..200.0_f64) {
            let (less, more) = (sf(x, df, ncp).unwrap(), sf(x, df, ncp + 1.0).unwrap());
            prop_assert!(more >= less * (1.0 - 1e-13));
        }
    }
}
