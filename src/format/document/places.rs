//! Places as documents write them: a code, coordinates, or the words of an address.

use super::{Context, country_name};
use crate::format::itinerary::PlaceDoc;
use crate::model::{CountryCode, PlaceQuery};

/// A place by its text: `BKK`, `Bangkok (BKK)`, `13.65, 102.56`, `Siem Reap, Cambodia`; `country` is what else is known.
pub(super) fn by_text(text: &str, country: Option<CountryCode>, context: &Context) -> PlaceDoc {
    let text = text.trim();
    if let Some((lat, lon)) = coordinates(text) {
        return PlaceDoc { lat: Some(lat), lon: Some(lon), country, ..PlaceDoc::default() };
    }
    if let Some(code) = code(text) {
        let (iata, icao) = if code.len() == 3 { (Some(code), None) } else { (None, Some(code)) };
        return PlaceDoc { iata, icao, country, ..PlaceDoc::default() };
    }
    let inner = text.rsplit_once('(').and_then(|(_, rest)| rest.split(')').next()).map(str::trim);
    if let Some(code) = inner.and_then(code)
        && code.len() == 3
        && context.gazetteer.find(&PlaceQuery::Code { code: code.clone(), country }).is_ok()
    {
        return PlaceDoc { iata: Some(code), country, ..PlaceDoc::default() };
    }
    let mut parts: Vec<&str> = text.split([',', '\n']).map(str::trim).filter(|part| !part.is_empty()).collect();
    let last = parts.last().copied().and_then(country_name::parse).filter(|_| parts.len() > 1);
    if last.is_some() {
        parts.pop();
    }
    let country = country.or(last);
    // the town stands nearest to the country: `Sok San Street 5, Siem Reap, Cambodia`
    let town = country.and_then(|country| {
        let known =
            |name: &&&str| context.gazetteer.find(&PlaceQuery::Name { name: (**name).to_owned(), country }).is_ok();
        parts.iter().rev().find(known).copied()
    });
    let name = town.map_or_else(|| parts.join(", "), str::to_owned);
    PlaceDoc { name: Some(name), country, ..PlaceDoc::default() }
}

/// A cell of a table as its writer may have meant it: a code that an airport has, in small letters.
pub(super) fn in_capitals(cell: &str, context: &Context) -> String {
    let capitals = cell.to_ascii_uppercase();
    let is_small = cell.bytes().all(|b| b.is_ascii_lowercase());
    let known = |code: String| context.gazetteer.find(&PlaceQuery::Code { code, country: None }).is_ok();
    if is_small && code(&capitals).is_some_and(known) { capitals } else { cell.to_owned() }
}

/// Two numbers, latitude first, with a comma or semicolon between them.
pub(super) fn coordinates(text: &str) -> Option<(f64, f64)> {
    let (lat, lon) = text.split_once([',', ';'])?;
    Some((lat.trim().parse().ok()?, lon.trim().parse().ok()?))
}

/// A word of three or four capital letters.
fn code(text: &str) -> Option<String> {
    let capital = matches!(text.len(), 3 | 4) && text.bytes().all(|b| b.is_ascii_uppercase());
    capital.then(|| text.to_owned())
}

/// Whether two places are one: by code, by coordinates, or by name.
pub(super) fn same(a: &PlaceDoc, b: &PlaceDoc) -> bool {
    /// Within this many degrees, about two kilometres, coordinates mean one place.
    const NEAR_DEGREES: f64 = 0.02;
    let countries = (a.country, b.country);
    if let (Some(a), Some(b)) = (&a.iata, &b.iata) {
        // a code in two countries is two claims, of which one must be wrong: both are looked at
        let apart = countries.0.is_some() && countries.1.is_some() && countries.0 != countries.1;
        return a == b && !apart;
    }
    if let (Some(lat), Some(lon), Some(other_lat), Some(other_lon)) = (a.lat, a.lon, b.lat, b.lon) {
        return (lat - other_lat).abs() < NEAR_DEGREES && (lon - other_lon).abs() < NEAR_DEGREES;
    }
    let name = |place: &PlaceDoc| place.name.as_ref().map(|name| name.to_lowercase());
    a.icao == b.icao
        && a.iata == b.iata
        && a.lat == b.lat
        && a.lon == b.lon
        && a.country == b.country
        && name(a) == name(b)
}
