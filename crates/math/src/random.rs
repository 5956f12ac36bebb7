//! Random numbers that are the same on every machine.

/// SplitMix64: 64 random bits at a time from a seed.
///
/// Source: Steele, G. L., Lea, D., & Flood, C. H. (2014). Fast splittable pseudorandom number generators. OOPSLA '14, 453-472.
#[derive(Debug, Clone)]
pub struct SplitMix64(u64);

impl SplitMix64 {
    /// The generator of a seed.
    pub fn new(seed: u64) -> Self {
        SplitMix64(seed)
    }

    /// The generator of one of many streams of a seed, such as that of a replicate: the same one whatever the others were used for.
    pub fn stream(seed: u64, index: u64) -> Self {
        let own = SplitMix64::new(seed).next_bits();
        SplitMix64::new(own ^ index.wrapping_mul(0xD1B5_4A32_D192_ED03))
    }

    /// A whole number below `bound`, all equally likely but for 2^-64 `bound`.
    pub fn below(&mut self, bound: usize) -> usize {
        ((u128::from(self.next_bits()) * bound as u128) >> 64) as usize
    }

    /// The next 64 bits.
    pub fn next_bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_sequence() {
        let mut random = SplitMix64::new(1_234_567);
        let first: Vec<u64> = (0..3).map(|_| random.next_bits()).collect();
        assert_eq!(first, [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]);
    }
    #[test]
    fn streams_differ_and_come_again() {
        let first = |seed, index| SplitMix64::stream(seed, index).next_bits();
        assert_eq!(first(7, 3), first(7, 3));
        assert!(first(7, 3) != first(7, 4) && first(7, 3) != first(8, 3));
    }

    /// Each of ten numbers turns up about as often as the others: chi-square with 9 df below its .9999 quantile.
    #[test]
    fn numbers_below_a_bound_are_equally_likely() {
        let (mut counts, draws) = ([0_u32; 10], 10_000);
        for index in 0..100 {
            let mut random = SplitMix64::stream(1, index);
            (0..draws / 100).for_each(|_| counts[random.below(10)] += 1);
        }
        let expected = f64::from(draws) / 10.0;
        let chi_square: f64 = counts.iter().map(|&count| (f64::from(count) - expected).powi(2) / expected).sum();
        assert!(chi_square < 33.7, "{chi_square}: {counts:?}");
    }
}
