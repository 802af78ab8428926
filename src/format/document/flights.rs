//! Flights with their landings on the way, as orders of every system have them.

use serde_json::Value;

use super::segments::{Movement, Segment, Visit};
use crate::error::Issue;
use crate::format::draft::{Source, assumed, doubtful};
use crate::model::{Mode, Transit};

/// A flight as movements from one landing to the next; `connects` when it goes on, on the same ticket, from where the one before it ended.
pub(super) fn fly(
    from: Visit,
    landings: Vec<Visit>,
    to: Visit,
    connects: bool,
    at: &str,
    notes: &mut Vec<Issue>,
) -> Vec<Segment> {
    let mut parts = Vec::new();
    let (mut from, mut connects) = (from, connects);
    for landing in landings {
        notes.push(assumed(landing.source.place(), "a landing on the way: taken not to leave the airside"));
        let landing = Visit { transit: Some(Transit::Airside), ..landing };
        parts.push(movement(from, landing.clone(), connects, at));
        (from, connects) = (landing, false);
    }
    parts.push(movement(from, to, connects, at));
    parts
}

fn movement(from: Visit, to: Visit, connects: bool, at: &str) -> Segment {
    let source = Source::at(at);
    Segment::Movement(Box::new(Movement { from, to, mode: Mode::Air, connects, source, ..Movement::default() }))
}

/// The members of a list that may be missing; what is there and no list leaves the answer in doubt.
pub(super) fn list<'a>(value: &'a Value, name: &str, at: &str, notes: &mut Vec<Issue>) -> &'a [Value] {
    match value.get(name) {
        None | Some(Value::Null) => &[],
        Some(Value::Array(list)) => list,
        Some(_) => {
            notes.push(doubtful(format!("{at}/{name}"), "is no list: it is not looked at"));
            &[]
        }
    }
}
