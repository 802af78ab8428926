//! Taking times and memory.

use std::time::{Duration, Instant};

/// Questions asked in one go before the clock is looked at.
const CHUNK: usize = 1000;

/// Nanoseconds a question. All questions are asked in turn, several times over; each chunk of them counts with its best time, so
/// that other work on the machine disturbs little, while between two visits of a chunk the caches have seen all the others.
pub fn each_question<Q>(passes: usize, questions: &[Q], mut ask: impl FnMut(&[Q])) -> f64 {
    let mut best = vec![Duration::MAX; questions.len().div_ceil(CHUNK)];
    for _ in 0..passes {
        for (chunk, best) in questions.chunks(CHUNK).zip(&mut best) {
            let start = Instant::now();
            ask(chunk);
            *best = start.elapsed().min(*best);
        }
    }
    each(best.iter().sum(), questions.len())
}

/// The best of several runs, and what one of them returned.
///
/// # Panics
/// When there are no runs.
pub fn best<T>(runs: usize, mut run: impl FnMut() -> T) -> (Duration, T) {
    let timed = (0..runs).map(|_| {
        let start = Instant::now();
        let result = run();
        (start.elapsed(), result)
    });
    timed.min_by_key(|(time, _)| *time).expect("at least one run")
}

/// Nanoseconds for each of `count`.
#[allow(clippy::cast_precision_loss)]
pub fn each(time: Duration, count: usize) -> f64 {
    time.as_nanos() as f64 / count as f64
}

/// Resident memory of this process in bytes, where the system tells.
pub fn resident_bytes() -> usize {
    let status = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    status.split(' ').nth(1).and_then(|pages| pages.parse::<usize>().ok()).unwrap_or(0) * 4096
}

/// A checksum over all answers: how many, and a mix of position and shape.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Checksum {
    /// How many answers.
    pub answers: u64,
    /// Sum over answers; order does not matter.
    pub mix: u64,
}

impl Checksum {
    /// One more answer.
    pub fn add(&mut self, question: usize, shape: u32) {
        self.answers += 1;
        self.mix = self.mix.wrapping_add(
            (question as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15)
                ^ u64::from(shape).wrapping_mul(0xbf58_476d_1ce4_e5b9),
        );
    }
}
