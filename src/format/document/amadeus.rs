//! Amadeus flight orders: offers of itineraries of segments, local times without offset, nationalities on the travellers' documents.

use serde_json::Value;

use super::duffel::{moment, passport, text};
use super::segments::{self, Movement, Segment, Visit};
use super::{Context, Drafts};
use crate::error::Issue;
use crate::format::draft::{Source, assumed, dropped};
use crate::format::itinerary::{MemberDoc, PlaceDoc};
use crate::format::nationality::{self, Nationality};
use crate::model::{CountryCode, Mode};

/// Reads an order, as it is or within `data`; pointers begin with `root`.
pub(super) fn read(value: &Value, root: &str, context: &Context) -> Drafts {
    let (order, root) = match value.get("data") {
        Some(order) => (order, format!("{root}/data")),
        None => (value, root.to_owned()),
    };
    let (mut parts, mut notes, mut issues) = (Vec::new(), Vec::new(), Vec::new());
    let locations = value.pointer("/dictionaries/locations");
    for (o, offer) in order.get("flightOffers").and_then(Value::as_array).into_iter().flatten().enumerate() {
        let at = format!("{root}/flightOffers/{o}/itineraries");
        let Some(journeys) = offer.get("itineraries").and_then(Value::as_array) else {
            issues.push(Issue::invalid(at, "an offer has itineraries"));
            continue;
        };
        for (j, journey) in journeys.iter().enumerate() {
            let at = format!("{at}/{j}/segments");
            let Some(flights) = journey.get("segments").and_then(Value::as_array) else {
                issues.push(Issue::invalid(at, "an itinerary has segments"));
                continue;
            };
            for (f, flight) in flights.iter().enumerate() {
                let mut part = segment(flight, &format!("{at}/{f}"), locations, &mut notes, &mut issues);
                part.connects = f > 0;
                parts.push(Segment::Movement(Box::new(part)));
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
    locations: Option<&Value>,
    notes: &mut Vec<Issue>,
    issues: &mut Vec<Issue>,
) -> Movement {
    if flight.get("numberOfStops").and_then(Value::as_u64).unwrap_or(0) > 0 || flight.get("stops").is_some() {
        notes.push(dropped(format!("{at}/stops"), "landings on the way are not looked at"));
    }
    let mut end = |name: &str| {
        let airport = &flight[name];
        let iata = text(airport, "iataCode");
        let country = iata.as_ref().and_then(|code| text(locations?.get(code)?, "countryCode"));
        let country = country.and_then(|code| CountryCode::parse(&code).ok());
        let when = moment(airport, "at", None, &format!("{at}/{name}"), issues);
        let source = Source::at(format!("{at}/{name}"));
        let source = source.with("arrive", format!("{at}/{name}/at")).with("depart", format!("{at}/{name}/at"));
        (PlaceDoc { iata, country, ..PlaceDoc::default() }, when, source)
    };
    let (from, depart, source) = end("departure");
    let from = Visit { place: from, depart, source, ..Visit::default() };
    let (to, arrive, source) = end("arrival");
    let to = Visit { place: to, arrive, source, ..Visit::default() };
    Movement { from, to, mode: Mode::Air, source: Source::at(at), ..Movement::default() }
}

fn travellers(order: &Value, root: &str, notes: &mut Vec<Issue>, issues: &mut Vec<Issue>) -> Vec<(MemberDoc, Source)> {
    let listed = order.get("travelers").and_then(Value::as_array).into_iter().flatten().enumerate();
    let member = |(i, traveller): (usize, &Value)| {
        let at = format!("{root}/travelers/{i}");
        let id = text(traveller, "id").unwrap_or_else(|| format!("p{}", i + 1));
        let mut member = MemberDoc { id, ..MemberDoc::default() };
        for (d, document) in traveller.get("documents").and_then(Value::as_array).into_iter().flatten().enumerate() {
            let at = format!("{at}/documents/{d}");
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
                None => {
                    if let Some(code) = text(document, "issuanceCountry") {
                        passport(&mut member, &code, &format!("{at}/issuanceCountry"), notes, issues);
                    }
                }
            }
        }
        (member, Source::at(at))
    };
    listed.map(member).collect()
}
