//! How much is under way to one destination at once: grown while it answers well, cut when it does not, stopped when it fails altogether.
//!
//! A lane is what shares a fate: the origin of a push service, or one webhook. Each has its own pace, so that a slow one holds nobody
//! else. The limit doubles per round trip until the first trouble or until answers take much longer than the quickest did (slow start),
//! then grows by one per round trip (additive increase) and halves on trouble (multiplicative decrease). After many failures in a row
//! the lane is closed for a while, then tried with one request.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// Bounds of a lane's pace.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Requests under way at the beginning.
    pub first: usize,
    /// Requests under way at most.
    pub most: usize,
}

/// Failures in a row that close a lane.
const CLOSE_AFTER: u32 = 10;
/// How long a lane is closed for the first time; doubled each time that the trial fails.
const FIRST_PAUSE: SignedDuration = SignedDuration::from_secs(15);
/// The longest it is closed.
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_mins(10);
/// Answers slower than this many times the quickest, and this much beside, stop growth: more under way would only wait longer.
const SLOW_FACTOR: u32 = 2;
const SLOW_MARGIN: Duration = Duration::from_millis(30);

/// How an attempt went, as far as the lane is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// Answered, whatever it said about the one message.
    Fine {
        /// After this long.
        took: Duration,
    },
    /// Asked to slow down, until then where it was said.
    Slower(Option<Timestamp>),
    /// No answer, an error of the service, or our token refused.
    Failed,
    /// Nothing is learnt about the lane.
    Void,
}

/// The pace of one lane.
#[derive(Clone, Debug)]
pub struct Pace {
    bounds: Bounds,
    limit: f64,
    under_way: usize,
    slow_start: bool,
    quickest: Duration,
    /// How long an answer took of late.
    usual: Duration,
    failures: u32,
    slowdowns: u32,
    /// Closed until then; one trial after it.
    closed_until: Option<Timestamp>,
    pause: SignedDuration,
    /// Cut once per this many answers: one burst of refusals is one reason.
    answers_until_next_cut: usize,
}

impl Pace {
    /// The pace of a lane nothing is known about.
    pub fn new(bounds: Bounds) -> Self {
        Self {
            bounds,
            // far below 2⁵³
            #[allow(clippy::cast_precision_loss)]
            limit: bounds.first as f64,
            under_way: 0,
            slow_start: true,
            quickest: Duration::MAX,
            usual: Duration::ZERO,
            failures: 0,
            slowdowns: 0,
            closed_until: None,
            pause: FIRST_PAUSE,
            answers_until_next_cut: 0,
        }
    }

    /// How many more may be started now.
    pub fn room(&self, now: Timestamp) -> usize {
        let limit = match self.closed_until {
            Some(until) if now < until => 0,
            Some(_) => 1, // a trial
            None => self.limit(),
        };
        limit.saturating_sub(self.under_way)
    }

    /// How many may be under way at once.
    // positive and far below 2⁵³
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    pub fn limit(&self) -> usize {
        (self.limit as usize).clamp(1, self.bounds.most)
    }

    /// How many are answered in a time at this pace; 0 while nothing is known.
    // far below 2⁵³
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
    pub fn within(&self, time: Duration) -> usize {
        if self.usual.is_zero() { 0 } else { (self.limit() as f64 * time.div_duration_f64(self.usual)) as usize }
    }

    /// How many are under way.
    pub fn under_way(&self) -> usize {
        self.under_way
    }

    /// Until when the lane is closed, if it is.
    pub fn closed_until(&self) -> Option<Timestamp> {
        self.closed_until
    }

    /// One was started.
    pub fn started(&mut self) {
        self.under_way += 1;
    }

    /// One came back.
    pub fn finished(&mut self, signal: Signal, now: Timestamp) {
        self.under_way = self.under_way.saturating_sub(1);
        self.answers_until_next_cut = self.answers_until_next_cut.saturating_sub(1);
        match signal {
            Signal::Fine { took } => {
                (self.failures, self.slowdowns) = (0, 0);
                if self.closed_until.take().is_some() {
                    self.pause = FIRST_PAUSE;
                }
                self.quickest = self.quickest.min(took);
                self.usual = if self.usual.is_zero() { took } else { (self.usual * 7 + took) / 8 };
                let slow = took > self.quickest.saturating_mul(SLOW_FACTOR) + SLOW_MARGIN;
                if slow {
                    self.slow_start = false;
                } else {
                    self.limit += if self.slow_start { 1.0 } else { 1.0 / self.limit };
                }
            }
            Signal::Void => {}
            Signal::Slower(until) => {
                self.cut();
                self.slowdowns += 1;
                // one 429 may be about one device; several in a row are about us
                if let Some(until) = until.filter(|_| self.slowdowns >= 3) {
                    let until = until.min(now + LONGEST_PAUSE);
                    self.closed_until = Some(self.closed_until.map_or(until, |closed| closed.max(until)));
                }
            }
            Signal::Failed => {
                self.cut();
                self.failures += 1;
                let trial_failed = self.closed_until.is_some_and(|until| now >= until);
                if trial_failed || (self.closed_until.is_none() && self.failures >= CLOSE_AFTER) {
                    self.closed_until = Some(now + self.pause);
                    self.pause = (self.pause * 2).min(LONGEST_PAUSE);
                }
            }
        }
        // as above
        #[allow(clippy::cast_precision_loss)]
        let most = self.bounds.most as f64;
        self.limit = self.limit.clamp(1.0, most);
    }

    fn cut(&mut self) {
        self.slow_start = false;
        if self.answers_until_next_cut == 0 {
            self.limit /= 2.0;
            self.answers_until_next_cut = self.under_way + 1;
        }
    }
}

/// The wait before attempt `attempts + 1` of a push message: 5 s, 10 s, 20 s … up to an hour, each shortened by up to half by chance, so
/// that those that failed together do not return together. `chance` is in 0 to 1.
// whole seconds up to an hour
#[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss)]
pub fn backoff(attempts: u32, chance: f64) -> SignedDuration {
    let whole = (5_i64 << attempts.saturating_sub(1).min(12)).min(3600) as f64;
    SignedDuration::from_millis((whole * 1000.0 * (1.0 - chance.clamp(0.0, 1.0) / 2.0)) as i64)
}

/// A wait lengthened by up to a tenth by chance. `chance` is in 0 to 1.
// whole milliseconds up to days
#[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss)]
pub fn jittered(wait: SignedDuration, chance: f64) -> SignedDuration {
    SignedDuration::from_millis((wait.as_millis() as f64 * (1.0 + chance.clamp(0.0, 1.0) / 10.0)) as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: Bounds = Bounds { first: 4, most: 100 };

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_760_000_000 + seconds).expect("an instant")
    }

    fn fine(millis: u64) -> Signal {
        Signal::Fine { took: Duration::from_millis(millis) }
    }

    /// One round trip: as many as there is room for, all answered alike.
    fn round(pace: &mut Pace, signal: Signal, now: Timestamp) -> usize {
        let room = pace.room(now);
        (0..room).for_each(|_| pace.started());
        (0..room).for_each(|_| pace.finished(signal, now));
        room
    }

    #[test]
    fn it_doubles_until_trouble_and_then_grows_by_one() {
        let mut pace = Pace::new(BOUNDS);
        assert_eq!(
            [
                round(&mut pace, fine(100), at(0)),
                round(&mut pace, fine(100), at(0)),
                round(&mut pace, fine(100), at(0))
            ],
            [4, 8, 16]
        );
        assert_eq!(round(&mut pace, Signal::Slower(None), at(0)), 32);
        assert_eq!(pace.limit(), 16, "one burst of refusals is one reason to halve");
        round(&mut pace, fine(100), at(0));
        assert!((16..=17).contains(&pace.limit()), "{}", pace.limit());
    }

    #[test]
    fn answers_that_wait_in_line_stop_the_growth() {
        let mut pace = Pace::new(BOUNDS);
        round(&mut pace, fine(10), at(0));
        round(&mut pace, fine(200), at(0));
        assert_eq!(pace.limit(), 8);
        assert_eq!(round(&mut pace, fine(200), at(0)), 8);
    }

    #[test]
    fn a_lane_that_fails_is_closed_and_tried_again_with_one() {
        let mut pace = Pace::new(BOUNDS);
        for _ in 0..4 {
            round(&mut pace, Signal::Failed, at(0));
        }
        for _ in 0..10 {
            round(&mut pace, Signal::Failed, at(0));
        }
        assert_eq!(pace.room(at(14)), 0, "closed");
        assert_eq!(round(&mut pace, Signal::Failed, at(15)), 1, "one trial");
        assert_eq!(pace.room(at(44)), 0, "closed for twice as long");
        assert_eq!(round(&mut pace, fine(100), at(45)), 1);
        assert!(pace.room(at(45)) >= 1 && pace.closed_until().is_none(), "open again");
    }

    #[test]
    fn several_requests_to_wait_close_the_lane_until_then() {
        let mut pace = Pace::new(BOUNDS);
        pace.started();
        pace.finished(Signal::Slower(Some(at(60))), at(0));
        assert!(pace.room(at(0)) > 0, "one may be about one device");
        for _ in 0..2 {
            pace.started();
            pace.finished(Signal::Slower(Some(at(60))), at(0));
        }
        assert_eq!((pace.room(at(59)), pace.room(at(60))), (0, 1));
    }

    #[test]
    fn waits_double_up_to_an_hour_and_chance_shortens_them() {
        let seconds = |attempts, chance| backoff(attempts, chance).as_secs();
        assert_eq!([1, 2, 3, 10, 40].map(|n| seconds(n, 0.0)), [5, 10, 20, 2560, 3600]);
        assert_eq!([1, 2, 3].map(|n| seconds(n, 1.0)), [2, 5, 10]);
        assert_eq!(jittered(SignedDuration::from_mins(5), 1.0), SignedDuration::from_secs(330));
    }
}
