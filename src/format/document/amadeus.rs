//! Amadeus flight orders: offers of itineraries of segments, local times without offset, nationalities on the travellers' documents.

use serde_json::Value;

use super::duffel::{is_passport, moment, passport, text};
use super::flights::{fly, list};
use super::segments::{self, Segment, Visit};
use super::{Context, Drafts};
use crate::error::Issue;
use crate::format::draft::{Source, assumed, doubtful, dropped};
use crate::format::itinerary::{MemberDoc, PlaceDoc};
use crate::format::nationality::{self, Nationality};
use crate::model::CountryCode;

/// Reads an order, as it is or within `data`; pointers begin with `root`.
pub(super) fn read(value: &Value, root: &str, context: &Context) -> Drafts {
    let mut notes = Vec::new();
    for (code, place) in value.pointer("/dictionaries/locations").and_then(Value::as_object).into_iter().flatten() {
        if let Some(Err(detail)) = text(place, "countryCode").map(|country| CountryCode::parse(&country)) {
            notes.push(doubtful(format!("{root}/dictionaries/locations/{code}/countryCode"), detail));
        }
    }
    let (order, root) = match value.get("data") {
        Some(order) => (order, format!("{root}/data")),
        None => (value, root.to_owned()),
    };
    let (mut parts, mut issues) = (Vec::new(), Vec::new());
    let locations = value.pointer("/dictionaries/locations");
    for (o, offer) in order.get("flightOffers").and_then(Value::as_array).into_iter().flatten().enumerate() {
        let at = format!("{root}/flightOffers/{o}/itineraries");
        let Some(journeys) = offer.get("itineraries").and_then(Value::as_array) else {
            issues.push(Issue::invalid(at, "an offer has itineraries"));
            continue;
        };
        for (j, journey) in journeys.iter().enumerate() {
            let at = format!("{at}/{j}/segments");
            let Some(flights) = journey.get("segments").and_then(Value::as_array).filter(|flights| !flights.is_empty())
            else {
                issues.push(Issue::invalid(at, "an itinerary has segments"));
                continue;
            };
            for (f, flight) in flights.iter().enumerate() {
                parts.extend(segment(flight, &format!("{at}/{f}"), f > 0, locations, &mut notes, &mut issues));
            }
        }
    }
    let party = travellers(order, &root, &mut notes, &mut issues);
    if !issues.is_empty() {
        return Err(issues);
    }
    let record = order.pointer("/associatedRecords/0");
    let reference = record.and_then(|record| text(record, "reference")).or_else(|| text(order, "id"));
    Ok(vec![segments::join(reference, party, parts, notes, context)])
}

fn segment(
    flight: &Value,
    at: &str,
    connects: bool,
    locations: Option<&Value>,
    notes: &mut Vec<Issue>,
    issues: &mut Vec<Issue>,
) -> Vec<Segment> {
    let place = |airport: &Value| {
        let iata = text(airport, "iataCode");
        let country = iata.as_ref().and_then(|code| text(locations?.get(code)?, "countryCode"));
        let country = country.and_then(|code| CountryCode::parse(&code).ok());
        PlaceDoc { iata, country, ..PlaceDoc::default() }
    };
    let mut landings = Vec::new();
    for (i, stop) in list(flight, "stops", at, notes).iter().enumerate() {
        let at = format!("{at}/stops/{i}");
        let arrive = moment(stop, "arrivalAt", None, &at, issues);
        let depart = moment(stop, "departureAt", None, &at, issues);
        landings.push(Visit { place: place(stop), arrive, depart, source: Source::at(at), ..Visit::default() });
    }
    let number = flight.get("numberOfStops").and_then(Value::as_u64).unwrap_or(0);
    if number > landings.len() as u64 {
        let detail = format!("{number} landings on the way, of which {} are named", landings.len());
        notes.push(doubtful(format!("{at}/numberOfStops"), detail));
    }
    let mut end = |name: &str| {
        let airport = &flight[name];
        let when = moment(airport, "at", None, &format!("{at}/{name}"), issues);
        let source = Source::at(format!("{at}/{name}"));
        let source = source.with("arrive", format!("{at}/{name}/at")).with("depart", format!("{at}/{name}/at"));
        (place(airport), when, source)
    };
    let (from, depart, source) = end("departure");
    let from = Visit { place: from, depart, source, ..Visit::default() };
    let (to, arrive, source) = end("arrival");
    let to = Visit { place: to, arrive, source, ..Visit::default() };
    fly(from, landings, to, connects, at, notes)
}

fn travellers(order: &Value, root: &str, notes: &mut Vec<Issue>, issues: &mut Vec<Issue>) -> Vec<(MemberDoc, Source)> {
    let listed = list(order, "travelers", root, notes).iter().enumerate();
    let member = |(i, traveller): (usize, &Value)| {
        let at = format!("{root}/travelers/{i}");
        let id = text(traveller, "id").unwrap_or_else(|| format!("p{}", i + 1));
        let mut member = MemberDoc { id, ..MemberDoc::default() };
        for (d, document) in list(traveller, "documents", &at, notes).iter().enumerate() {
            let at = format!("{at}/documents/{d}");
            // whatever paper says of what nation its bearer is; who issued it tells only of a passport's
            match text(document, "nationality").map(|code| nationality::parse(&code)) {
                Some(Ok(Nationality::Country(country))) => {
                    if !member.nationalities.contains(&country) {
                        member.nationalities.push(country);
                    }
                }
                Some(Ok(Nationality::None(who))) => {
                    notes.push(assumed(
                        format!("{at}/nationality"),
                        format!("the code of {who}: every issuer is consulted"),
                    ));
                }
                Some(Err(detail)) => issues.push(Issue::invalid(format!("{at}/nationality"), detail)),
                None if !is_passport(document, "documentType", &at, notes) => {}
                None => match text(document, "issuanceCountry") {
                    Some(code) => passport(&mut member, &code, &format!("{at}/issuanceCountry"), notes, issues),
                    None => notes.push(dropped(at, "a passport that says neither a nationality nor who issued it")),
                },
            }
        }
        (member, Source::at(at))
    };
    listed.map(member).collect()
}
