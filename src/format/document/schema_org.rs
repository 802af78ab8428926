//! schema.org reservations in JSON-LD, in the dialects of Google's mail markup and of `KItinerary`: alone, in a list or in a graph.

mod reservation;

use serde_json::Value;

use super::segments::{self, Segment, Visit};
use super::{Context, Drafts, beside, places};
use crate::error::Issue;
use crate::format::draft::{Draft, Source, assumed, dropped};
use crate::format::itinerary::{MemberDoc, PlaceDoc};
use crate::format::nationality::{self, Nationality};
use crate::model::CountryCode;

/// How deep lists, graphs and packages may lie in each other.
const MAX_DEPTH: usize = 8;

/// Reads a document.
pub(super) fn read(text: &[u8], context: &Context) -> Drafts {
    let value = super::parsed(text)?;
    Ok(vec![draft(&[(String::new(), value)], Vec::new(), Vec::new(), context)?])
}

/// The plan of several documents, each with what its pointers begin with, and of events beside them.
pub(super) fn draft(
    documents: &[(String, Value)],
    events: Vec<Visit>,
    notes: Vec<Issue>,
    context: &Context,
) -> Result<Draft, Vec<Issue>> {
    let mut found = Found { notes, ..Found::default() };
    for (at, value) in documents {
        found.take(value, at, 0, context);
    }
    if !found.issues.is_empty() {
        return Err(found.issues);
    }
    let alone = found.party.len() > 1 && found.parts.iter().any(|part| part.travellers.len() < found.party.len());
    let mut segments: Vec<Segment> = found.parts.into_iter().map(|part| part.segment).collect();
    if alone {
        let detail = "not everybody is named on every reservation: taken to travel together all the way";
        found.notes.push(assumed("", detail));
    }
    beside::add(&mut segments, events, &mut found.notes, context);
    segments::sort(&mut segments, context);
    let party = found.party.into_iter().map(|person| (person.member, person.source)).collect();
    Ok(segments::join(found.reference, party, segments, found.notes, context))
}

/// Everything found so far.
#[derive(Default)]
struct Found {
    reference: Option<String>,
    party: Vec<Person>,
    parts: Vec<Part>,
    notes: Vec<Issue>,
    issues: Vec<Issue>,
}

struct Person {
    /// What tells people apart in the document; it goes no further.
    name: String,
    member: MemberDoc,
    source: Source,
}

struct Part {
    segment: Segment,
    travellers: Vec<usize>,
    /// What tells that two reservations are for one journey: kind, places and times.
    journey: String,
}

impl Found {
    fn take(&mut self, value: &Value, at: &str, depth: usize, context: &Context) {
        if depth > MAX_DEPTH {
            self.issues.push(Issue::invalid(at, "lists and packages lie too deep in each other"));
            return;
        }
        match value {
            Value::Array(list) => {
                for (i, value) in list.iter().enumerate() {
                    self.take(value, &format!("{at}/{i}"), depth + 1, context);
                }
            }
            Value::Object(object) => {
                let kind = kind(value);
                let mut is_list = kind == "ReservationPackage";
                for list in ["@graph", "subReservation"] {
                    if let Some(parts) = object.get(list) {
                        self.take(parts, &format!("{at}/{list}"), depth + 1, context);
                        is_list = true;
                    }
                }
                // what lists others may be a reservation itself
                if !is_list || reservation::is_known(&kind) {
                    self.reservation(value, &kind, at, context);
                }
            }
            _ => self.notes.push(dropped(at, "is no reservation")),
        }
    }

    fn reservation(&mut self, value: &Value, kind: &str, at: &str, context: &Context) {
        if let Some(status) = ended(value) {
            self.notes.push(dropped(at, format!("the reservation is {status}")));
            return;
        }
        let segment = match reservation::segment(value, kind, at, context, &mut self.notes) {
            Ok(Some(segment)) => segment,
            Ok(None) => {
                self.notes.push(dropped(at, format!("`{kind}` is no reservation of a journey or stay")));
                return;
            }
            Err(issue) => {
                self.issues.push(issue);
                return;
            }
        };
        if self.reference.is_none() {
            self.reference = text(value, "reservationNumber").or_else(|| text(value, "reservationId"));
        }
        let travellers = self.people(value, at);
        // one reservation a person is how several travellers on one flight are written
        let journey = format!("{kind} {}", reservation::identity(&segment));
        match self.parts.iter_mut().find(|part| part.journey == journey) {
            Some(part) => part.travellers.extend(travellers),
            None => self.parts.push(Part { segment, travellers, journey }),
        }
    }

    /// Indices of the people a reservation names.
    fn people(&mut self, value: &Value, at: &str) -> Vec<usize> {
        let mut listed: Vec<(String, &Value)> = Vec::new();
        for name in ["underName", "passengers"] {
            match value.get(name) {
                None | Some(Value::Null) => {}
                Some(Value::Array(list)) => {
                    listed.extend(list.iter().enumerate().map(|(i, person)| (format!("{at}/{name}/{i}"), person)));
                }
                Some(one) => listed.push((format!("{at}/{name}"), one)),
            }
        }
        listed.into_iter().map(|(at, person)| self.person(person, &at)).collect()
    }

    /// The index of a person. What has the same name is one, with everything that is said of its nationality anywhere: two people of one name
    /// hear of both's issuers.
    fn person(&mut self, person: &Value, at: &str) -> usize {
        let name = person.as_str().map(str::to_owned).or_else(|| text(person, "name"));
        let parts = || {
            [text(person, "givenName"), text(person, "familyName")].into_iter().flatten().collect::<Vec<_>>().join(" ")
        };
        let name = name.unwrap_or_else(parts).to_lowercase();
        let nationalities = self.nationalities(person, at);
        let known = self.party.iter().position(|known| known.name == name).unwrap_or_else(|| {
            let member = MemberDoc { id: format!("p{}", self.party.len() + 1), ..MemberDoc::default() };
            self.party.push(Person { name, member, source: Source::at(at) });
            self.party.len() - 1
        });
        let member = &mut self.party[known].member;
        let others: Vec<_> = nationalities.into_iter().filter(|one| !member.nationalities.contains(one)).collect();
        if let (Some(first), false) = (others.first(), member.nationalities.is_empty()) {
            let detail = format!(
                "somebody of the same name, or of none, is of {first}: taken for one with several nationalities"
            );
            self.notes.push(assumed(at, detail));
        }
        member.nationalities.extend(others);
        known
    }

    /// What is said of somebody's nationality.
    fn nationalities(&mut self, person: &Value, at: &str) -> Vec<CountryCode> {
        let Some(value) = person.get("nationality") else { return Vec::new() };
        let listed = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
        let mut found = Vec::new();
        for (i, value) in listed.iter().enumerate().filter(|(_, value)| !value.is_null()) {
            let word = |name: &str| value.get(name).and_then(Value::as_str);
            let written = value.as_str().or_else(|| word("name")).or_else(|| word("identifier")).unwrap_or_default();
            let country = super::country_name::parse(written).map(Nationality::Country);
            match country.map_or_else(|| nationality::parse(written), Ok) {
                Ok(Nationality::Country(country)) => found.push(country),
                Ok(Nationality::None(who)) => {
                    let detail = format!("the code of {who}: no nationality, every issuer is consulted");
                    self.notes.push(assumed(format!("{at}/nationality"), detail));
                }
                Err(detail) => self.issues.push(Issue::invalid(format!("{at}/nationality/{i}"), detail)),
            }
        }
        found
    }
}

/// The last word of `@type`, without the vocabulary it may be written with; of several the one that says which reservation it is.
fn kind(value: &Value) -> String {
    let written = value.get("@type").or_else(|| value.get("type"));
    let listed = written.map_or(&[][..], |kind| kind.as_array().map_or(std::slice::from_ref(kind), Vec::as_slice));
    let word = |kind: &Value| kind.as_str().and_then(|kind| kind.rsplit(['/', ':', '#']).next()).map(str::to_owned);
    let mut words = listed.iter().filter_map(word);
    let first = words.next().unwrap_or_default();
    if reservation::is_known(&first) { first } else { words.find(|kind| reservation::is_known(kind)).unwrap_or(first) }
}

/// What has become of a reservation that is none any more.
fn ended(value: &Value) -> Option<&'static str> {
    let status = value.get("reservationStatus")?;
    let status = status.as_str().or_else(|| status.get("@id")?.as_str())?;
    let word = status.rsplit(['/', ':', '#']).next()?.trim_start_matches("Reservation");
    (word.eq_ignore_ascii_case("cancelled") || word.eq_ignore_ascii_case("canceled")).then_some("cancelled")
}

/// A text, or a number written as one.
fn text(value: &Value, name: &str) -> Option<String> {
    match value.get(name)? {
        Value::String(text) if !text.trim().is_empty() => Some(text.trim().to_owned()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// A place with coordinates, a code, a name, an address; or only its text.
fn place(value: &Value, at: &str, context: &Context, notes: &mut Vec<Issue>) -> PlaceDoc {
    if let Some(text) = value.as_str() {
        return places::by_text(text, None, at, context, notes);
    }
    let country = country(value, at, notes);
    let (lat, lon) = geo(value, at, notes);
    let code = |name: &str| text(value, name).filter(|code| code.len() == 3 || code.len() == 4);
    let iata = code("iataCode").filter(|code| code.len() == 3);
    let icao = code("icaoCode").filter(|code| code.len() == 4);
    let name = text(value, "name");
    if lat.is_some() || iata.is_some() || icao.is_some() {
        return PlaceDoc { lat, lon, accuracy_m: None, iata, icao, name, country };
    }
    // hotels are not in a gazetteer, their towns are
    let address = value.get("address");
    let locality = address.and_then(|address| text(address, "addressLocality"));
    let written = locality.or_else(|| address.and_then(Value::as_str).map(str::to_owned)).or_else(|| name.clone());
    match written {
        Some(written) => places::by_text(&written, country, at, context, notes),
        None => PlaceDoc { name, country, ..PlaceDoc::default() },
    }
}

fn country(value: &Value, at: &str, notes: &mut Vec<Issue>) -> Option<CountryCode> {
    let country = value
        .get("address")
        .and_then(|address| address.get("addressCountry"))
        .or_else(|| value.get("addressCountry"))?;
    let written =
        country.as_str().or_else(|| country.get("name")?.as_str()).or_else(|| country.get("identifier")?.as_str());
    let found = written.and_then(super::country_name::parse);
    if found.is_none() {
        let written = written.unwrap_or("what stands there");
        notes.push(dropped(format!("{at}/address/addressCountry"), format!("`{written}` is no country that is known")));
    }
    found
}

/// Coordinates, as numbers or as text; half of a pair, or what is no number, is left out with a note.
fn geo(value: &Value, at: &str, notes: &mut Vec<Issue>) -> (Option<f64>, Option<f64>) {
    let Some(geo) = value.get("geo").filter(|geo| !geo.is_null()) else { return (None, None) };
    let number = |name: &str| match geo.get(name)? {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    match (number("latitude"), number("longitude")) {
        (Some(lat), Some(lon)) if (-90.0..=90.0).contains(&lat) && (-180.0..=180.0).contains(&lon) => {
            (Some(lat), Some(lon))
        }
        _ => {
            notes.push(dropped(format!("{at}/geo"), "is no latitude with a longitude"));
            (None, None)
        }
    }
}
