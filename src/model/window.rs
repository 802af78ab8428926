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
