//! Two clocks: which revision of an advisory is in force at an instant, as it was known at another.

use jiff::Timestamp;

use crate::model::Window;

/// What decides when one revision of an advisory is in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// The revision's number.
    pub number: u32,
    /// From when it is known.
    pub published_at: Timestamp,
    /// What it says of itself: `[valid_from, valid_to)`.
    pub valid: Window,
}

/// The period over which the step is in force, given the later steps of its advisory and what was known at `as_of`.
///
/// A later revision takes over from its own `valid_from` on, for good: when it ends or withdraws, the earlier one does not come
/// back. `None`: not yet known, or superseded altogether.
pub fn in_force(step: &Step, later: &[Step], as_of: Timestamp) -> Option<Window> {
    if step.published_at > as_of {
        return None;
    }
    let superseded_from = later
        .iter()
        .filter(|other| other.number > step.number && other.published_at <= as_of)
        .map(|other| other.valid.from.unwrap_or(Timestamp::MIN))
        .min();
    let to = match (step.valid.to, superseded_from) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    };
    let window = Window { from: step.valid.from, to };
    let empty = matches!((window.from, window.to), (Some(from), Some(to)) if from >= to);
    (!empty).then_some(window)
}
