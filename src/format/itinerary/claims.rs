//! A place that is said in several ways at once: whether they can all be true.

use super::PlaceDoc;
use crate::model::gazetteer::Gazetteer;
use crate::model::{LocatedPlace, PlaceQuery};

/// How far the coordinates beside a code may lie from what has that code, in metres. Tables put an airport at its terminal, its reference point
/// or the middle of its field, and some put it in its city, which few airports are further away from; two airports that people mix up are.
const CODE_M: f64 = 50_000.0;

/// The place as it is taken, and what contradicts that. Whether coordinates lie in the country beside them only its border tells: the country
/// stays with them.
pub(super) fn weigh(found: LocatedPlace, doc: &PlaceDoc, gazetteer: &Gazetteer) -> (LocatedPlace, Vec<String>) {
    let by_coordinates = doc.lat.is_some();
    let codes: Vec<(&String, LocatedPlace)> = [&doc.iata, &doc.icao]
        .into_iter()
        .flatten()
        .filter_map(|code| {
            let query = PlaceQuery::Code { code: code.to_ascii_uppercase(), country: None };
            Some((code, gazetteer.find(&query).ok()?))
        })
        .collect();
    if (doc.lat, doc.lon) == (Some(0.0), Some(0.0)) {
        let detail = "0, 0 is what programs write for coordinates that they do not have".to_owned();
        let named = || {
            let query = PlaceQuery::Name { name: doc.name.clone()?, country: doc.country? };
            gazetteer.find(&query).ok()
        };
        let instead = codes.into_iter().next().map(|(_, place)| place).or_else(named);
        return (instead.unwrap_or(LocatedPlace { country: doc.country, ..found }), vec![detail]);
    }
    let far = |place: &LocatedPlace| found.position.distance_m(place.position) > CODE_M;
    let contradictions: Vec<String> = codes
        .iter()
        .filter(|(_, place)| far(place))
        .map(|(code, place)| {
            let km = found.position.distance_m(place.position) / 1000.0;
            format!("`{code}` is {}, {km:.0} km from {}", place.name, whereabouts(&found))
        })
        .collect();
    // a code is typed by somebody who knows it; coordinates beside it come from a table, and are lost or mixed up there
    match codes.into_iter().find(|(_, place)| by_coordinates && far(place)) {
        Some((_, place)) => (place, contradictions),
        None if by_coordinates => (LocatedPlace { country: doc.country, ..found }, contradictions),
        None => (found, contradictions),
    }
}

/// The coordinates, with the name where there is one.
fn whereabouts(place: &LocatedPlace) -> String {
    let at = format!("{:.4}, {:.4}", place.position.lat(), place.position.lon());
    if place.name == at { at } else { format!("{} ({at})", place.name) }
}
