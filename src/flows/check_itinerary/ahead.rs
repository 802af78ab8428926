//! What of a plan still lies ahead: what is over concerns nobody who can still change something.

use jiff::Timestamp;

use super::stops::is_passing;
use crate::model::{Itinerary, Leg, Stop};

/// Takes out of a plan what is over at `now`. A leg under way stays whole, with the stop it left; of a stay the time that is left.
pub fn ahead(itinerary: &mut Itinerary, now: Timestamp) {
    itinerary.legs.retain(|leg| leg.arrives.to.is_none_or(|to| to > now));
    let left: Vec<usize> = itinerary.legs.iter().map(|leg| leg.from).collect();
    let kept = |i: usize, stop: &Stop| stop.window.to.is_none_or(|to| to > now) || left.contains(&i);
    // the new place of each stop that stays
    let mut places = Vec::with_capacity(itinerary.stops.len());
    let mut next = 0;
    for (i, stop) in itinerary.stops.iter().enumerate() {
        places.push(next);
        next += usize::from(kept(i, stop));
    }
    let mut i = 0;
    itinerary.stops.retain(|stop| {
        i += 1;
        kept(i - 1, stop)
    });
    for Leg { from, to, .. } in &mut itinerary.legs {
        (*from, *to) = (places[*from], places[*to]);
    }
    for stop in &mut itinerary.stops {
        // the end of a stay is not a change of vehicles, however short it is
        if !is_passing(stop) {
            stop.transit = None;
        }
        if stop.window.to.is_none_or(|to| to > now) {
            stop.window.from = stop.window.from.max(Some(now));
        }
    }
}
