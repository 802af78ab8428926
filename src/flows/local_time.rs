//! By which clocks the times of an advisory are told: those of the place that it is about.

use jiff::tz::TimeZone;

use super::list_advisories::countries;
use crate::geometry::Shape;
use crate::live::Snapshot;
use crate::matching::fence_index::Listed;
use crate::model::CountryCode;

/// The time zone of a revision's place.
pub fn zone_of(snapshot: &Snapshot, listed: &Listed) -> TimeZone {
    let shape = listed.fence.and_then(|id| snapshot.index.shapes().entry(snapshot.index.fence(id).shape));
    let shape = shape.as_ref().map(|entry| entry.shape.as_ref());
    let countries: Vec<CountryCode> = countries(snapshot, listed.revision.area.as_ref(), shape).into_iter().collect();
    zone_among(snapshot, &countries, shape)
}

/// The time zone of a place: its country's, where that has only one; else of the town nearest to the middle of it. UTC between countries.
pub fn zone_among(snapshot: &Snapshot, countries: &[CountryCode], shape: Option<&Shape>) -> TimeZone {
    let [country] = countries else { return TimeZone::UTC };
    match snapshot.gazetteer.zone_of_country(*country) {
        Some((zone, true)) => zone,
        of_largest => {
            let middle = shape.and_then(Shape::interior_point);
            middle
                .map(|at| snapshot.gazetteer.zone_at(at))
                .or(of_largest.map(|(zone, _)| zone))
                .unwrap_or(TimeZone::UTC)
        }
    }
}
