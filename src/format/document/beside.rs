//! Events that stand beside reservations, in a calendar or attached to the same mail: what is not the same once more belongs to the journey.

use super::segments::{self, Segment, Visit};
use super::{Context, places};
use crate::error::Issue;
use crate::format::draft::{doubtful, dropped};
use crate::model::Window;

/// An event for a flight names the airport's town, or the airport for the town: few are further apart, in metres.
const SAME_JOURNEY_M: f64 = 50_000.0;

/// Adds the stays that are not there yet: an event is there when it lasts no longer than a reservation and is near a place of that, or does not
/// say where it is. One in the middle of a movement and far from both its ends contradicts it.
pub(super) fn add(segments: &mut Vec<Segment>, events: Vec<Visit>, notes: &mut Vec<Issue>, context: &Context) {
    let mut fresh: Vec<Visit> = Vec::new();
    for event in events {
        let again = |other: &Visit| {
            places::same(&other.place, &event.place) && (&other.arrive, &other.depart) == (&event.arrive, &event.depart)
        };
        let mut is_same = fresh.iter().any(again);
        let mut contradicts = false;
        let there = segments::locate(&event.place, context);
        let lasts = times(&[&event], context);
        for segment in segments.iter() {
            let visits = segment.visits();
            if !lasts.zip(times(&visits, context)).is_some_and(|(event, whole)| is_within(&event, &whole)) {
                continue;
            }
            let near = |visit: &&Visit| match (&there, segments::locate(&visit.place, context)) {
                (Some(there), Some(other)) => there.position.distance_m(other.position) <= SAME_JOURNEY_M,
                _ => true,
            };
            let is_near = visits.iter().any(near);
            is_same |= is_near;
            contradicts |= !is_near && matches!(segment, Segment::Movement(_));
        }
        if is_same {
            notes.push(dropped(event.source.place(), "an event for what is reserved, or written twice"));
            continue;
        }
        if contradicts {
            notes.push(doubtful(
                event.source.place(),
                "an event while a reservation is under way, far from both its ends",
            ));
        }
        fresh.push(event);
    }
    segments.extend(fresh.into_iter().map(|event| Segment::Stay(Box::new(event))));
}

/// From the first to the last time of visits.
fn times(visits: &[&Visit], context: &Context) -> Option<Window> {
    let said = visits.iter().flat_map(|visit| [(&visit.arrive, &visit.place), (&visit.depart, &visit.place)]);
    let windows = said.filter_map(|(text, place)| segments::window(text.as_ref(), place, context));
    windows.reduce(|all, window| all.hull(&window))
}

fn is_within(event: &Window, whole: &Window) -> bool {
    whole.from.is_none_or(|from| event.from.is_some_and(|begins| begins >= from))
        && whole.to.is_none_or(|to| event.to.is_some_and(|ends| ends <= to))
}
