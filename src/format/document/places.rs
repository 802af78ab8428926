//! Places as documents write them: a code, coordinates, or the words of an address.

use super::{Context, country_name};
use crate::error::Issue;
use crate::format::draft::doubtful;
use crate::format::itinerary::PlaceDoc;
use crate::geometry::Position;
use crate::model::{CountryCode, LocatedPlace, PlaceQuery};

/// How far a town may be from another place that its address names, in metres: few provinces reach further from their capital.
const LOCAL_M: f64 = 150_000.0;

/// A place by its text: `BKK`, `Bangkok (BKK)`, `13.65, 102.56`, `Siem Reap, Cambodia`; `country` is what else is known. A text that names two
/// places is doubtful.
pub(super) fn by_text(
    text: &str,
    country: Option<CountryCode>,
    at: &str,
    context: &Context,
    notes: &mut Vec<Issue>,
) -> PlaceDoc {
    let text = text.trim();
    if let Some((lat, lon)) = coordinates(text) {
        return PlaceDoc { lat: Some(lat), lon: Some(lon), country, ..PlaceDoc::default() };
    }
    if let Some(code) = code(text) {
        let (iata, icao) = if code.len() == 3 { (Some(code), None) } else { (None, Some(code)) };
        return PlaceDoc { iata, icao, country, ..PlaceDoc::default() };
    }
    if let Some((code, place)) = coded(text, country, context) {
        if let Some(other) = elsewhere(text, &place, context) {
            notes.push(doubtful(at, format!("`{text}` names {other} beside {}: `{code}` is taken", place.name)));
        }
        return PlaceDoc { iata: Some(code), country, ..PlaceDoc::default() };
    }
    let mut parts: Vec<&str> = text.split([',', '\n']).map(str::trim).filter(|part| !part.is_empty()).collect();
    let last = parts.last().copied().and_then(country_name::parse).filter(|_| parts.len() > 1);
    if last.is_some() {
        parts.pop();
    }
    let country = country.or(last);
    let town = country.and_then(|country| town(&parts, country, at, context, notes));
    let name = town.map_or_else(|| parts.join(", "), str::to_owned);
    PlaceDoc { name: Some(name), country, ..PlaceDoc::default() }
}

/// The town of an address, which goes from the house to the country: `National Road 1, Bavet, Svay Rieng` is in Bavet, not in the capital of
/// its province.
fn town<'a>(
    parts: &[&'a str],
    country: CountryCode,
    at: &str,
    context: &Context,
    notes: &mut Vec<Issue>,
) -> Option<&'a str> {
    let find = |name: &'a str| {
        let query = PlaceQuery::Name { name: name.to_owned(), country };
        context.gazetteer.find(&query).ok().map(|place| (name, place))
    };
    let known: Vec<(&str, LocatedPlace)> =
        parts.iter().filter_map(|part| find(part).or_else(|| find(plain(part)))).collect();
    let ((town, there), wider) = known.split_first()?;
    // a province may be called like a town that is far away in it, or elsewhere
    let is_wider = |name: &str| country_name::has_division(country, name) && !country_name::has_division(country, town);
    let far = |place: &LocatedPlace| place.position.distance_m(there.position) > LOCAL_M;
    if let Some((other, place)) = wider.iter().find(|(name, place)| far(place) && !is_wider(name)) {
        let km = place.position.distance_m(there.position) / 1000.0;
        notes.push(doubtful(at, format!("the address names {town} and {other}, {km:.0} km apart: the first is taken")));
    }
    Some(town)
}

/// A part of an address without its postcode, and without the word for a town.
fn plain(part: &str) -> &str {
    let part = part.trim_matches(|c: char| c.is_ascii_digit() || c.is_whitespace() || c == '-');
    let part = part.strip_prefix("Krong ").unwrap_or(part);
    part.strip_suffix(" City").unwrap_or(part)
}

/// The last code in parentheses that an airport has.
fn coded(text: &str, country: Option<CountryCode>, context: &Context) -> Option<(String, LocatedPlace)> {
    let (_, rest) = text.rsplit_once('(')?;
    let code = code(rest.split(')').next()?.trim()).filter(|code| code.len() == 3)?;
    let place = context.gazetteer.find(&PlaceQuery::Code { code: code.clone(), country }).ok()?;
    Some((code, place))
}

/// What a text names that is far from the place whose code it has: `Phnom Penh (KTI) to Bangkok (BKK)` is a way, and no place.
fn elsewhere(text: &str, place: &LocatedPlace, context: &Context) -> Option<String> {
    let far = |position: Position| position.distance_m(place.position) > LOCAL_M;
    let is_elsewhere = |name: &str| {
        let mut called = context.gazetteer.called(name).map(|entry| entry.position).peekable();
        called.peek().is_some() && called.all(far)
    };
    let parts = ["→", "->", " to ", " - ", " – ", " — "]
        .iter()
        .fold(text.to_owned(), |text, between| text.replace(between, "\n"));
    parts.split('\n').find_map(|part| {
        if let Some((_, other)) = coded(part, None, context) {
            return far(other.position).then_some(other.name);
        }
        let words = part.split(['(', ',']).map(str::trim);
        words.filter(|name| is_elsewhere(name)).map(str::to_owned).next()
    })
}

/// Words by which a title speaks of a journey or stay.
const JOURNEYS: &[&str] = &[
    "bus",
    "coach",
    "train",
    "flight",
    "ferry",
    "boat",
    "taxi",
    "transfer",
    "border",
    "hotel",
    "hostel",
    "checkin",
    "tour",
    "버스",
    "기차",
    "비행기",
    "항공",
    "페리",
    "택시",
    "국경",
    "호텔",
    "숙소",
    "투어",
];

/// What a title says of a journey: the first place that it names, else the word for one.
pub(super) fn journey_in<'a>(title: &'a str, context: &Context) -> Option<&'a str> {
    let mut words: Vec<(usize, usize)> = Vec::new();
    for (at, letter) in title.char_indices().filter(|(_, letter)| letter.is_alphanumeric()) {
        match words.last_mut().filter(|(_, end)| *end == at) {
            Some((_, end)) => *end += letter.len_utf8(),
            None => words.push((at, at + letter.len_utf8())),
        }
    }
    let names =
        (0..words.len()).flat_map(|first| (first..words.len().min(first + 3)).rev().map(move |last| (first, last)));
    let mut names = names.map(|(first, last)| &title[words[first].0..words[last].1]);
    // names begin with a capital letter, in scripts that have them
    let is_name = |name: &&str| {
        let begins = name.chars().next().is_some_and(|first| !first.is_lowercase());
        let is_short = name.is_ascii() && name.len() < 3;
        begins && !is_short && context.gazetteer.called(name).next().is_some()
    };
    let said = words.iter().map(|(from, to)| &title[*from..*to]);
    let mut journeys = said.filter(|word| JOURNEYS.contains(&word.to_lowercase().as_str()));
    names.find(is_name).or_else(|| journeys.next())
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
    /// Within this many degrees, about a hundred metres, coordinates mean one place: a house, and what a receiver makes of it.
    const NEAR_DEGREES: f64 = 0.001;
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

/// Makes a place as wide as it must be to hold another that is taken to be the same.
pub(super) fn reach_to(place: &mut PlaceDoc, other: &PlaceDoc) {
    let position = |place: &PlaceDoc| Position::new(place.lat?, place.lon?).ok();
    if let (Some(here), Some(there)) = (position(place), position(other))
        && (place.lat, place.lon) != (other.lat, other.lon)
    {
        let reaches_m = here.distance_m(there) + other.accuracy_m.unwrap_or(0.0);
        place.accuracy_m = Some(place.accuracy_m.unwrap_or(0.0).max(reaches_m));
    }
}
