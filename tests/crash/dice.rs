//! Chance that can be repeated by its seed (xorshift64*).

use std::time::Duration;

pub struct Dice(u64);

impl Dice {
    /// Dice of its own for each purpose of a run.
    pub fn new(seed: u64, purpose: u64) -> Self {
        Self((seed ^ purpose.rotate_left(32)).wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 11
    }

    /// 0 to one less than `count`.
    #[allow(clippy::cast_possible_truncation)] // small counts
    pub fn below(&mut self, count: usize) -> usize {
        (self.next() % count as u64) as usize
    }

    /// Whether one of `count` cases is this one.
    pub fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == 0
    }

    pub fn millis(&mut self, from: u64, to: u64) -> Duration {
        Duration::from_millis(from + self.next() % (to - from))
    }
}
