//! The stops of a plan: each judged for its whole time at the place.

use jiff::SignedDuration;

use super::collect::Member;
use super::{Reason, Subject};
use crate::geometry::{Placed, Position, ShapeId};
use crate::matching::{FenceIndex, Presence, judge};
use crate::model::{Itinerary, LocatedPlace, Stop};

/// The longest a declared change may last and still be passing through rather than staying: half a day has no night in it.
const LONGEST_TRANSIT: SignedDuration = SignedDuration::from_hours(12);

/// How far outside the country that is named beside them coordinates may lie, in metres. Airports lie across a border (Basel's in France, 4 km
/// from Switzerland), hotels right beside one, and coordinates are rounded to two decimals, about a kilometre.
const BESIDE_BORDER_M: f64 = 5_000.0;

/// A stop with the shapes around it.
pub(super) struct VisitedStop<'a> {
    stop: &'a Stop,
    placed: Vec<Placed>,
    /// Why the place is not in the country that the caller says it is in.
    abroad: Option<String>,
}

/// Looks up every stop once, for all of the party.
pub(super) fn visit<'a>(index: &FenceIndex, itinerary: &'a Itinerary) -> Vec<VisitedStop<'a>> {
    let visited = |stop: &'a Stop| {
        let (placed, abroad) = stop.place.as_ref().map(|place| locate(index, place)).unwrap_or_default();
        VisitedStop { stop, placed, abroad }
    };
    itinerary.stops.iter().map(visited).collect()
}

/// The shapes around a place. One that lies just outside the country it is said to be in may be anywhere as far as its border; one that lies
/// further outside is where it is, and that the caller says otherwise.
fn locate(index: &FenceIndex, place: &LocatedPlace) -> (Vec<Placed>, Option<String>) {
    let placed = index.locate(place.position);
    let Some(said) = place.said_to_be_in() else { return (placed, None) };
    let is_there = |placed: &[Placed]| {
        let mut countries = placed.iter().filter_map(|placed| index.country_of(placed.shape));
        countries.any(|country| country == said || country.is_also_called(said))
    };
    if is_there(&placed) || !index.has_outline(said) {
        return (placed, None);
    }
    let around = index.locate(as_far_as_the_border(place));
    if is_there(&around) {
        return (around, None);
    }
    let position = format!("{:.4}, {:.4}", place.position.lat(), place.position.lon());
    let found = placed.iter().filter_map(|placed| index.country_of(placed.shape));
    let found = found.map(|country| country.to_string()).collect::<Vec<_>>().join(" or ");
    let found = if found.is_empty() { "no country" } else { &found };
    let why = format!("{position} is in {found}, not in {said}");
    (placed, Some(why))
}

/// Everywhere that a place may be taken to be.
pub(super) fn as_far_as_the_border(place: &LocatedPlace) -> Position {
    let position = place.position;
    let wide = place.said_to_be_in().map(|_| position.with_accuracy(position.accuracy_m().max(BESIDE_BORDER_M)));
    wide.and_then(Result::ok).unwrap_or(position)
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
        for doubt in &stop.doubts {
            let (reason, detail) = (Reason::DoubtfulDocument, doubt.detail.clone());
            member.indeterminate(subject(stop), None, reason, detail, vec![], &doubt.pointer);
        }
        if let Err(why) = &stop.place {
            member.indeterminate(subject(stop), None, Reason::UnresolvedPlace, why.clone(), vec![], &stop.pointer);
            return;
        }
        if let Some(detail) = self.abroad.clone() {
            member.indeterminate(subject(stop), None, Reason::DoubtfulDocument, detail, vec![], &stop.pointer);
        }
        let presence =
            Presence { window: stop.window, transit: stop.transit, passing: is_passing(stop), stays_in: &[] };
        let judgement = judge(member.words.index, &self.placed, &presence, member.words.question);
        member.judged(&subject(stop), &judgement, None, stop.transit, &stop.pointer);
    }
}
