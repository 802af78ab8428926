//! Spans of time: half-open, possibly open at either end.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A span of time `[from, to)`; `None` is open. A window whose ends are equal is that one instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Window {
    /// The first instant; `None`: since ever.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub from: Option<Timestamp>,
    /// The first instant after; `None`: without end.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub to: Option<Timestamp>,
}

impl Window {
    /// All of time.
    pub const ALWAYS: Self = Self { from: None, to: None };

    /// One instant.
    pub fn instant(at: Timestamp) -> Self {
        Self { from: Some(at), to: Some(at) }
    }

    /// `[from, to)`.
    pub fn new(from: Timestamp, to: Option<Timestamp>) -> Self {
        Self { from: Some(from), to }
    }

    /// Whether the two ends are one instant.
    pub fn is_instant(&self) -> bool {
        self.from.is_some() && self.from == self.to
    }

    /// Whether some instant of the one, its last included, is one of the half-open other.
    pub fn touches(&self, in_force: &Self) -> bool {
        let begins_late = in_force.from.zip(self.to).is_some_and(|(begins, last)| begins > last);
        let ends_early = in_force.to.zip(self.from).is_some_and(|(ends, first)| ends <= first);
        !begins_late && !ends_early
    }

    /// What the presence `self` shares with the half-open period `in_force`; `None` when they do not meet.
    ///
    /// An instant meets a period that holds it; of a span with length the shared part has length too.
    pub fn during(&self, in_force: &Self) -> Option<Self> {
        let from = self.from.max(in_force.from); // None, "since ever", is the least
        let to = match (self.to, in_force.to) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        let meets = match (from, to) {
            (Some(f), Some(t)) => f < t || (self.is_instant() && f == t && in_force.to.is_none_or(|end| f < end)),
            _ => true,
        };
        meets.then_some(Self { from, to })
    }

    /// Whether the instant lies in `[from, to)`, or is the window's one instant.
    pub fn contains(&self, at: Timestamp) -> bool {
        Self::instant(at).during(self).is_some() || (self.is_instant() && self.from == Some(at))
    }

    /// The smallest window around both.
    #[must_use]
    pub fn hull(&self, other: &Self) -> Self {
        Self {
            from: self.from.min(other.from),
            to: match (self.to, other.to) {
                (Some(a), Some(b)) => Some(a.max(b)),
                _ => None,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn window() -> impl Strategy<Value = Window> {
        let instant =
            || prop::option::weighted(0.9, (0_i64..6).prop_map(|s| Timestamp::from_second(s).expect("an instant")));
        (instant(), instant()).prop_map(|(a, b)| match (a, b) {
            (Some(a), Some(b)) => Window { from: Some(a.min(b)), to: Some(a.max(b)) },
            (from, to) => Window { from, to },
        })
    }

    proptest! {
        /// What a part of a time meets, the whole touches.
        #[test]
        fn whoever_meets_a_period_touches_it(part in window(), rest in window(), period in window()) {
            if part.during(&period).is_some() {
                prop_assert!(part.hull(&rest).touches(&period));
            }
        }

        #[test]
        fn what_is_over_or_yet_to_begin_is_not_touched(a in window(), b in window()) {
            if a.to.zip(b.from).is_some_and(|(last, begins)| last < begins) || b.to.zip(a.from).is_some_and(|(ends, first)| ends <= first) {
                prop_assert!(!a.touches(&b));
            }
        }
    }
}
