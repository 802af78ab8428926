//! Duffel orders: slices of segments, local times with the zone of their airport, no nationality but what a passport's issuer says.

use serde_json::Value;

use super::flights::{fly, list};
use super::segments::{self, Segment, Visit};
use super::{Context, Drafts};
use crate::error::Issue;
use crate::format::draft::{Source, assumed, dropped};
use crate::format::itinerary::{MemberDoc, PlaceDoc};
use crate::format::json;
use crate::format::moment::Moment;
use crate::format::nationality::{self, Nationality};
use crate::model::CountryCode;

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
            parts.extend(segment(flight, &format!("{at}/segments/{f}"), f > 0, &mut notes, &mut issues));
        }
    }
    let party = passengers(order, &root, &mut notes, &mut issues);
    if !issues.is_empty() {
        return Err(issues);
    }
    let reference = text(order, "booking_reference").or_else(|| text(order, "id"));
    Ok(vec![segments::join(reference, party, parts, notes, context)])
}

fn segment(flight: &Value, at: &str, connects: bool, notes: &mut Vec<Issue>, issues: &mut Vec<Issue>) -> Vec<Segment> {
    let mut end = |name: &str, time: &str| {
        let airport = &flight[name];
        let place = place(airport, &format!("{at}/{name}"), notes);
        let when = moment(flight, time, text(airport, "time_zone").as_deref(), at, issues);
        let source = Source::at(format!("{at}/{name}"));
        (place, when, source.with("arrive", format!("{at}/{time}")).with("depart", format!("{at}/{time}")))
    };
    let (from, depart, from_source) = end("origin", "departing_at");
    let (to, arrive, to_source) = end("destination", "arriving_at");
    let from = Visit { place: from, depart, source: from_source, ..Visit::default() };
    let mut landings = Vec::new();
    for (i, stop) in list(flight, "stops", at, notes).iter().enumerate() {
        let stop_at = format!("{at}/stops/{i}");
        let airport = &stop["airport"];
        let zone = text(airport, "time_zone");
        let arrive = moment(stop, "arriving_at", zone.as_deref(), &stop_at, issues);
        let depart = moment(stop, "departing_at", zone.as_deref(), &stop_at, issues);
        let place = place(airport, &format!("{stop_at}/airport"), notes);
        landings.push(Visit { place, arrive, depart, source: Source::at(stop_at), ..Visit::default() });
    }
    let to = Visit { place: to, arrive, source: to_source, ..Visit::default() };
    fly(from, landings, to, connects, at, notes)
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
    let text = &json::shown(written);
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
    let listed = list(order, "passengers", root, notes).iter().enumerate();
    let member = |(i, passenger): (usize, &Value)| {
        let at = format!("{root}/passengers/{i}");
        let mut member =
            MemberDoc { id: text(passenger, "id").unwrap_or_else(|| format!("p{}", i + 1)), ..MemberDoc::default() };
        for (d, document) in list(passenger, "identity_documents", &at, notes).iter().enumerate() {
            let at = format!("{at}/identity_documents/{d}");
            if is_passport(document, "type", &at, notes)
                && let Some(code) = text(document, "issuing_country_code")
            {
                passport(&mut member, &code, &format!("{at}/issuing_country_code"), notes, issues);
            }
        }
        (member, Source::at(at))
    };
    listed.map(member).collect()
}

/// Whether a paper is a passport: whose country issued a visa, a tax number or a number of a traffic programme says nothing of nationality.
pub(super) fn is_passport(document: &Value, kind: &str, at: &str, notes: &mut Vec<Issue>) -> bool {
    let kind = text(document, kind);
    let is_passport = kind.as_ref().is_some_and(|kind| kind.eq_ignore_ascii_case("passport"));
    if !is_passport {
        let kind = kind.map_or("a paper without a type".to_owned(), |kind| format!("`{kind}`"));
        notes.push(dropped(at, format!("{kind} is no passport: it says nothing of nationality")));
    }
    is_passport
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
