//! Reproducible draws: everything that differs between two devices is a function of the seed.

/// One step of `SplitMix64` (Steele, Lea and Flood, 2014): spreads every input bit over the output.
pub const fn spread(value: u64) -> u64 {
    let mut z = value.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// A draw identified by what it is for; the same parts always draw the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Draw(u64);

impl Draw {
    /// The draw of `seed`.
    pub const fn new(seed: u64) -> Self {
        Self(spread(seed))
    }

    /// The draw of `part` within this one.
    pub const fn of(self, part: u64) -> Self {
        Self(spread(self.0 ^ spread(part)))
    }

    /// The raw 64 bits.
    pub const fn bits(self) -> u64 {
        self.0
    }

    /// Uniform in `0.0..1.0`.
    pub fn ratio(self) -> f64 {
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Uniform in `0..limit`; 0 when `limit` is 0.
    pub const fn below(self, limit: u64) -> u64 {
        if limit == 0 { 0 } else { self.0 % limit }
    }

    /// Uniform in `low..high`.
    pub fn between(self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.ratio()
    }

    /// True with the given probability.
    pub fn chance(self, probability: f64) -> bool {
        self.ratio() < probability
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_repeat_and_differ() {
        assert_eq!(Draw::new(7).of(3).bits(), Draw::new(7).of(3).bits());
        assert_ne!(Draw::new(7).of(3).bits(), Draw::new(7).of(4).bits());
        assert_ne!(Draw::new(7).of(3).bits(), Draw::new(8).of(3).bits());
    }

    #[test]
    fn ratio_is_uniform_enough() {
        let mean = (0..10_000).map(|n| Draw::new(1).of(n).ratio()).sum::<f64>() / 10_000.0;
        assert!((0.48..0.52).contains(&mean), "mean {mean}");
    }
}
