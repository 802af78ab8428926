//! The stops of a plan: each judged for its whole time at the place.

use jiff::SignedDuration;

use super::collect::Member;
use super::{Reason, Subject};
use crate::geometry::{Placed, ShapeId};
use crate::matching::{FenceIndex, Presence, judge};
use crate::model::{Itinerary, Stop};

/// The longest a declared change may last and still be passing through rather than staying: half a day has no night in it.
const LONGEST_TRANSIT: SignedDuration = SignedDuration::from_hours(12);

/// A stop with the shapes around it.
pub(super) struct VisitedStop<'a> {
    stop: &'a Stop,
    placed: Vec<Placed>,
}

/// Looks up every stop once, for all of the party.
pub(super) fn visit<'a>(index: &FenceIndex, itinerary: &'a Itinerary) -> Vec<VisitedStop<'a>> {
    let placed = |stop: &Stop| stop.place.as_ref().map(|place| index.locate(place.position)).unwrap_or_default();
    itinerary.stops.iter().map(|stop| VisitedStop { stop, placed: placed(stop) }).collect()
}

/// The shapes in which the plan has a stay.
pub(super) fn stays_in(visited: &[VisitedStop]) -> Vec<ShapeId> {
    let stays = visited.iter().filter(|visited| !is_passing(visited.stop));
    let mut shapes: Vec<ShapeId> = stays.flat_map(|visited| &visited.placed).map(|placed| placed.shape).collect();
    shapes.sort_unstable();
    shapes.dedup();
    shapes
}

/// Whether a stop is only a change: declared so, and certainly short.
pub(super) fn is_passing(stop: &Stop) -> bool {
    let short = match (stop.window.from, stop.window.to) {
        (Some(from), Some(to)) => to.duration_since(from) <= LONGEST_TRANSIT,
        _ => false,
    };
    stop.transit.is_some() && short
}

pub(super) fn subject(stop: &Stop) -> Subject {
    let place = stop.place.as_ref().map(|place| place.name.clone()).unwrap_or_default();
    Subject::Stop { id: stop.id.clone(), place }
}

impl VisitedStop<'_> {
    /// Judges the stop for one traveller.
    pub(super) fn judge(&self, member: &mut Member) {
        let stop = self.stop;
        if let Err(why) = &stop.place {
            member.indeterminate(subject(stop), None, Reason::UnresolvedPlace, why.clone(), vec![], &stop.pointer);
            return;
        }
        let presence =
            Presence { window: stop.window, transit: stop.transit, passing: is_passing(stop), stays_in: &[] };
        let judgement = judge(member.words.index, &self.placed, &presence, member.words.question);
        member.judged(&subject(stop), &judgement, None, stop.transit, &stop.pointer);
    }
}
