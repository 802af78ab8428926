//! Duffel orders: slices of segments, local times with the zone of their airport, no nationality but what a passport's issuer says.

use serde_json::Value;

use super::segments::{self, Movement, Segment, Visit};
use super::{Context, Drafts};
use crate::error::Issue;
use crate::format::draft::{Source, assumed, dropped};
use crate::format::itinerary::{MemberDoc, PlaceDoc};
use crate::format::moment::Moment;
use crate::format::nationality::{self, Nationality};
use crate::model::{CountryCode, Mode, Transit};

/// Reads an order, as it is or within `data`; pointers begin with `root`.
pub(super) fn read(value: &Value, root: &str, context: &Context) -> Drafts {
    let (order, root) = match value.get("data") {
        Some(order) => (order, format!("{root}/data")),
        None => (value, root.to_owned()),
    };
    if let Some(at) = text(order, "cancelled_at") {
        return Err(vec![Issue::invalid(format!("{root}/cancelled_at"), format!("the order was cancelled at {at}"))]);
    }
    let (mut parts, mut notes, mut issues) = (Vec::new(), Vec::new(), Vec::new());
    let Some(slices) = order.get("slices").and_then(Value::as_array) else {
        return Err(vec![Issue::invalid(format!("{root}/slices"), "an order has slices")]);
    };
    for (s, slice) in slices.iter().enumerate() {
        let at = format!("{root}/slices/{s}");
        let Some(flights) = slice.get("segments").and_then(Value::as_array).filter(|flights| !flights.is_empty())
        else {
            issues.push(Issue::invalid(format!("{at}/segments"), "a slice has segments"));
            continue;
        };
        for (f, flight) in flights.iter().enumerate() {
            let first = parts.len();
            segment(flight, &format!("{at}/segments/{f}"), &mut parts, &mut notes, &mut issues);
            if let (1.., Some(Segment::Movement(movement))) = (f, parts.get_mut(first)) {
                movement.connects = true;
            }
        }
    }
    let party = passengers(order, &root, &mut notes, &mut issues);
    if !issues.is_empty() {
        return Err(issues);
    }
    let reference = text(order, "booking_reference").or_else(|| text(order, "id"));
    Ok(vec![segments::join(reference, party, parts, notes, context)])
}

fn segment(flight: &Value, at: &str, parts: &mut Vec<Segment>, notes: &mut Vec<Issue>, issues: &mut Vec<Issue>) {
    let mut end = |name: &str, time: &str| {
        let airport = &flight[name];
        let place = place(airport, &format!("{at}/{name}"), notes);
        let when = moment(flight, time, text(airport, "time_zone").as_deref(), at, issues);
        let source = Source::at(format!("{at}/{name}"));
        (place, when, source.with("arrive", format!("{at}/{time}")).with("depart", format!("{at}/{time}")))
    };
    let (from, depart, from_source) = end("origin", "departing_at");
    let (to, arrive, to_source) = end("destination", "arriving_at");
    let mut from = Visit { place: from, depart, source: from_source, ..Visit::default() };
    for (i, stop) in flight.get("stops").and_then(Value::as_array).into_iter().flatten().enumerate() {
        let stop_at = format!("{at}/stops/{i}");
        let airport = &stop["airport"];
        let zone = text(airport, "time_zone");
        let arrive = moment(stop, "arriving_at", zone.as_deref(), &stop_at, issues);
        let depart = moment(stop, "departing_at", zone.as_deref(), &stop_at, issues);
        notes.push(assumed(stop_at.clone(), "a landing on the way: taken not to leave the airside"));
        let place = place(airport, &format!("{stop_at}/airport"), notes);
        let source = Source::at(stop_at);
        let landed = Visit { place, arrive, depart, transit: Some(Transit::Airside), source };
        let next = landed.clone();
        parts.push(movement(from, landed, at));
        from = next;
    }
    let to = Visit { place: to, arrive, source: to_source, ..Visit::default() };
    parts.push(movement(from, to, at));
}

fn movement(from: Visit, to: Visit, at: &str) -> Segment {
    Segment::Movement(Box::new(Movement { from, to, mode: Mode::Air, source: Source::at(at), ..Movement::default() }))
}

fn place(airport: &Value, at: &str, notes: &mut Vec<Issue>) -> PlaceDoc {
    let number = |name: &str| airport.get(name).and_then(Value::as_f64);
    let (lat, lon) = match (number("latitude"), number("longitude")) {
        (Some(lat), Some(lon)) if (-90.0..=90.0).contains(&lat) && (-180.0..=180.0).contains(&lon) => {
            (Some(lat), Some(lon))
        }
        (None, None) => (None, None),
        _ => {
            notes.push(dropped(at, "its latitude and longitude are no position"));
            (None, None)
        }
    };
    let country = text(airport, "iata_country_code").and_then(|code| {
        let country = CountryCode::parse(&code);
        country.map_err(|detail| notes.push(dropped(format!("{at}/iata_country_code"), detail))).ok()
    });
    PlaceDoc { lat, lon, iata: text(airport, "iata_code"), name: text(airport, "name"), country, ..PlaceDoc::default() }
}

/// A local time without an offset, in the zone of its airport where that is said.
pub(super) fn moment(
    value: &Value,
    name: &str,
    zone: Option<&str>,
    at: &str,
    issues: &mut Vec<Issue>,
) -> Option<String> {
    let written = value.get(name).filter(|written| !written.is_null())?;
    let text = written.as_str().unwrap_or_default();
    match (Moment::parse(text), zone.filter(|zone| jiff::tz::TimeZone::get(zone).is_ok())) {
        (Ok(Moment::Local(_)), Some(zone)) => Some(format!("{text}[{zone}]")),
        (Ok(_), _) => Some(text.to_owned()),
        (Err(detail), _) => {
            issues.push(Issue::invalid(format!("{at}/{name}"), detail));
            None
        }
    }
}

fn passengers(order: &Value, root: &str, notes: &mut Vec<Issue>, issues: &mut Vec<Issue>) -> Vec<(MemberDoc, Source)> {
    let listed = order.get("passengers").and_then(Value::as_array).into_iter().flatten().enumerate();
    let member = |(i, passenger): (usize, &Value)| {
        let at = format!("{root}/passengers/{i}");
        let mut member =
            MemberDoc { id: text(passenger, "id").unwrap_or_else(|| format!("p{}", i + 1)), ..MemberDoc::default() };
        let documents = passenger.get("identity_documents").and_then(Value::as_array).into_iter().flatten().enumerate();
        for (d, document) in documents {
            let at = format!("{at}/identity_documents/{d}/issuing_country_code");
            let Some(code) = text(document, "issuing_country_code") else { continue };
            passport(&mut member, &code, &at, notes, issues);
        }
        (member, Source::at(at))
    };
    listed.map(member).collect()
}

/// Takes in the issuer of a passport; a second passport of another issuer makes its bearer somebody of several nationalities.
pub(super) fn passport(member: &mut MemberDoc, code: &str, at: &str, notes: &mut Vec<Issue>, issues: &mut Vec<Issue>) {
    match nationality::parse(code) {
        Ok(Nationality::Country(country)) => match member.passport_issuer {
            None => member.passport_issuer = Some(country),
            Some(first) if first != country => {
                notes.push(assumed(at, "two passports without a nationality: taken to be a national of both issuers"));
                for country in [first, country] {
                    if !member.nationalities.contains(&country) {
                        member.nationalities.push(country);
                    }
                }
            }
            Some(_) => {}
        },
        Ok(Nationality::None(who)) => notes.push(assumed(at, format!("the code of {who}: every issuer is consulted"))),
        Err(detail) => issues.push(Issue::invalid(at, detail)),
    }
}

/// A text that is not empty.
pub(super) fn text(value: &Value, name: &str) -> Option<String> {
    value.get(name)?.as_str().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
}
