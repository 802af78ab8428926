//! From the document to an itinerary: places found, times widened where they are unknown, every mistake at its pointer.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::{ItineraryDoc, LegDoc, MemberDoc, PlaceDoc, StopDoc, claims};
use crate::error::{Error, Issue};
use crate::format::draft::{DOUBTFUL, Part, Sources, assumed, doubtful};
use crate::format::location::PositionDoc;
use crate::format::moment::Moment;
use crate::format::polyline;
use crate::geometry::{Edges, Limits, Line};
use crate::model::gazetteer::Gazetteer;
use crate::model::{Doubt, Itinerary, Leg, LocatedPlace, Mode, PlaceQuery, Stop, Traveller, Window};

/// The most stops, legs or party members one itinerary may have.
const MAX_PARTS: usize = 1_000;

/// The most that is judged of one itinerary: travellers who differ, times stops, legs and points of the ways given. One traveller's way around
/// the Earth with a point every 200 metres is less.
const MOST_JUDGED: usize = 250_000;

/// How long before a first departure and after a last arrival somebody is expected to be at the place, when nothing is said.
const PRESENCE_AROUND: SignedDuration = SignedDuration::from_hours(24);

impl ItineraryDoc {
    /// The itinerary, with its places found and its times widened; a place that is not found stays, as the reason why not.
    ///
    /// `as_of` is where an itinerary without any time begins: it may be travelled at any time from then on.
    ///
    /// # Errors
    /// [`Error::Invalid`] with a pointer below `pointer` for each value that is wrong.
    pub fn itinerary(
        &self,
        pointer: &str,
        gazetteer: &Gazetteer,
        limits: &Limits,
        as_of: Timestamp,
    ) -> Result<Itinerary, Error> {
        self.itinerary_from(&Sources::Own(pointer.to_owned()), gazetteer, limits, as_of, &mut Vec::new())
    }

    /// The same for a plan read from any document, with what was assumed about it.
    pub(in crate::format) fn itinerary_from(
        &self,
        sources: &Sources,
        gazetteer: &Gazetteer,
        limits: &Limits,
        as_of: Timestamp,
        notes: &mut Vec<Issue>,
    ) -> Result<Itinerary, Error> {
        let mut reader = Reader { issues: Vec::new(), notes, gazetteer, limits, sources };
        reader.counts(self);
        let party = reader.party(&self.party);
        let times: Vec<(LocatedOrNot, Option<Window>, Option<Window>)> =
            self.stops.iter().enumerate().map(|(i, stop)| reader.stop(stop, i)).collect();
        let windows = widen(&times, as_of);
        if !times.iter().any(|(_, arrive, depart)| arrive.is_some() || depart.is_some()) && !times.is_empty() {
            let detail = format!("no time is written at any stop: taken as at any time from {as_of} on");
            reader.notes.push(assumed(sources.list("stops"), detail));
        }
        reader.order(&self.stops, &times);
        let legs = reader.legs(self, &times, &windows);
        if !reader.issues.is_empty() {
            return Err(Error::Invalid(reader.issues));
        }
        let stops = self.stops.iter().zip(times).zip(windows).enumerate();
        let mut itinerary = Itinerary {
            reference: self.reference.clone(),
            party,
            stops: stops
                .map(|(i, ((stop, (place, ..)), window))| Stop {
                    id: stop.id.clone(),
                    place,
                    window,
                    transit: stop.transit,
                    pointer: sources.part(Part::Stop, i),
                    doubts: Vec::new(),
                })
                .collect(),
            legs,
        };
        doubt(&mut itinerary.stops, notes);
        match too_much(&itinerary) {
            Some((list, why)) => Err(Error::Invalid(vec![Issue::invalid(sources.list(list), why)])),
            None => Ok(itinerary),
        }
    }
}

/// Leaves stops in doubt by the notes that say so: the one that a note is about, or else the first.
fn doubt(stops: &mut [Stop], notes: &[Issue]) {
    for note in notes.iter().filter(|note| note.code == DOUBTFUL) {
        let words = |at: &str| at.split(|c: char| !c.is_alphanumeric()).map(str::to_owned).collect::<Vec<_>>();
        let at = words(&note.pointer);
        let alike = |stop: &Stop| words(&stop.pointer).iter().zip(&at).take_while(|(a, b)| a == b).count();
        let nearest = (0..stops.len()).rev().max_by_key(|&i| alike(&stops[i])).unwrap_or_default();
        if let Some(stop) = stops.get_mut(nearest) {
            stop.doubts.push(Doubt { detail: note.detail.clone(), pointer: note.pointer.clone() });
        }
    }
}

/// Which list of an itinerary asks for too much, and why.
fn too_much(itinerary: &Itinerary) -> Option<(&'static str, String)> {
    let ways = itinerary.legs.iter().filter_map(|leg| leg.line.as_ref());
    let points: usize = ways.flat_map(Line::pieces).map(Vec::len).sum();
    let (travellers, parts) = (itinerary.travellers().len(), itinerary.stops.len() + itinerary.legs.len() + points);
    let is_too_much = travellers.saturating_mul(parts) > MOST_JUDGED;
    is_too_much.then(|| {
        let why = format!(
            "{travellers} travellers who differ, times {parts} stops, legs and points of ways, are more than the \
             {MOST_JUDGED} taken: send the plan in parts"
        );
        (if travellers > 1 { "party" } else { "legs" }, why)
    })
}

type LocatedOrNot = Result<LocatedPlace, String>;

/// Collects mistakes while it reads, so that the caller sees all of them at once.
struct Reader<'a> {
    issues: Vec<Issue>,
    notes: &'a mut Vec<Issue>,
    gazetteer: &'a Gazetteer,
    limits: &'a Limits,
    sources: &'a Sources,
}

impl Reader<'_> {
    fn wrong(&mut self, pointer: String, detail: impl Into<String>) {
        self.issues.push(Issue::invalid(pointer, detail));
    }

    fn counts(&mut self, doc: &ItineraryDoc) {
        if doc.stops.is_empty() {
            self.wrong(self.sources.list("stops"), "an itinerary has at least one stop");
        }
        for (name, count) in [("party", doc.party.len()), ("stops", doc.stops.len()), ("legs", doc.legs.len())] {
            if count > MAX_PARTS {
                self.wrong(self.sources.list(name), format!("{count} are more than the {MAX_PARTS} taken"));
            }
        }
        let mut unique = |part: Part, ids: Vec<&str>| {
            let mut seen = HashMap::new();
            for (i, id) in ids.into_iter().enumerate() {
                if let Some(first) = seen.insert(id, i) {
                    self.issues.push(Issue::invalid(
                        self.sources.value(part, i, "/id"),
                        format!("`{id}` is also the id of {}", self.sources.part(part, first)),
                    ));
                }
            }
        };
        unique(Part::Party, doc.party.iter().map(|m| m.id.as_str()).collect());
        unique(Part::Stop, doc.stops.iter().map(|s| s.id.as_str()).collect());
        unique(Part::Leg, doc.legs.iter().map(|l| l.id.as_str()).collect());
    }

    fn party(&mut self, members: &[MemberDoc]) -> Vec<(String, Traveller)> {
        if members.is_empty() {
            return vec![("traveller".to_owned(), Traveller::default())];
        }
        let traveller = |(i, member): (usize, &MemberDoc)| {
            if member.id.is_empty() {
                self.wrong(self.sources.value(Part::Party, i, "/id"), "an id is not empty");
            }
            let mut nationalities = member.nationalities.clone();
            if let (true, Some(issuer)) = (nationalities.is_empty(), member.passport_issuer) {
                nationalities.push(issuer);
                let detail = format!("no nationality is given: taken to be {issuer}, which issued the passport");
                self.notes.push(assumed(self.sources.part(Part::Party, i), detail));
            }
            let (purpose, permits) = (member.purpose, member.permits.clone());
            (member.id.clone(), Traveller { nationalities, purpose, permits })
        };
        members.iter().enumerate().map(traveller).collect()
    }

    /// The place of a stop, and when it is reached and left as far as that is said.
    fn stop(&mut self, stop: &StopDoc, i: usize) -> (LocatedOrNot, Option<Window>, Option<Window>) {
        let place = match query(&stop.place) {
            Ok(query) => self.gazetteer.find(&query).map_err(|e| e.to_string()).map(|found| {
                let (place, contradictions) = claims::weigh(found, &stop.place, self.gazetteer);
                let at = || self.sources.value(Part::Stop, i, "/place");
                self.notes.extend(contradictions.into_iter().map(|detail| doubtful(at(), detail)));
                place
            }),
            Err((_, detail)) if self.sources.is_foreign() => Err(detail),
            Err((rest, detail)) => {
                self.wrong(self.sources.value(Part::Stop, i, &format!("/place{rest}")), detail);
                Err("the place cannot be read".to_owned())
            }
        };
        // a place that was not found has no zone: its local times stand for any zone, 14 hours either way
        let zone = place.as_ref().ok().map(|place| place.zone.clone());
        let mut time = |text: &Option<String>, name: &str| {
            text.as_deref().and_then(|text| match Moment::parse(text) {
                Ok(moment) => Some(match &zone {
                    Some(zone) => moment.window(zone),
                    None => anywhere(&moment),
                }),
                Err(detail) => {
                    self.issues.push(Issue::invalid(self.sources.value(Part::Stop, i, &format!("/{name}")), detail));
                    None
                }
            })
        };
        let (arrive, depart) = (time(&stop.arrive, "arrive"), time(&stop.depart, "depart"));
        (place, arrive, depart)
    }

    /// Times that cannot be: a stop left before it is reached, or reached before the one before it is left.
    fn order(&mut self, stops: &[StopDoc], times: &[(LocatedOrNot, Option<Window>, Option<Window>)]) {
        let at = |(i, name): (usize, &str)| self.sources.value(Part::Stop, i, &format!("/{name}"));
        let mut last: Option<(Timestamp, (usize, &str), &str)> = None;
        for (i, (_, arrive, depart)) in times.iter().enumerate() {
            let written = [("arrive", arrive, &stops[i].arrive), ("depart", depart, &stops[i].depart)];
            for (name, window, text) in written {
                let (Some(window), Some(text)) = (window, text.as_deref()) else { continue };
                if let (Some((before, place, earlier)), Some(to)) = (&last, window.to) {
                    // a day is over at its end; an instant is not
                    let over = to == *before && window.from.is_some_and(|from| from < to);
                    if to < *before || over {
                        let relation = if over { "is already over at" } else { "is before" };
                        self.issues.push(Issue {
                            pointer: at((i, name)),
                            code: "reversed_time",
                            detail: format!("`{text}` {relation} `{earlier}` at {}", at(*place)),
                        });
                    }
                }
                if let Some(from) = window.from
                    && last.as_ref().is_none_or(|(before, ..)| from > *before)
                {
                    last = Some((from, (i, name), text));
                }
            }
        }
    }

    /// The legs written down, and one of unknown mode between successive stops that have none.
    fn legs(
        &mut self,
        doc: &ItineraryDoc,
        times: &[(LocatedOrNot, Option<Window>, Option<Window>)],
        windows: &[Window],
    ) -> Vec<Leg> {
        let by_id: HashMap<&str, usize> = doc.stops.iter().enumerate().map(|(i, stop)| (stop.id.as_str(), i)).collect();
        let mut between: HashMap<usize, Leg> = HashMap::new();
        for (i, leg) in doc.legs.iter().enumerate() {
            let at = |rest: &str| self.sources.value(Part::Leg, i, rest);
            let mut stop = |name: &str, id: &str| {
                let found = by_id.get(id).copied();
                if found.is_none() {
                    self.issues.push(Issue::invalid(at(&format!("/{name}")), format!("no stop has the id `{id}`")));
                }
                found
            };
            let (Some(from), Some(to)) = (stop("from", &leg.from), stop("to", &leg.to)) else { continue };
            if to != from + 1 {
                let detail = format!("`{}` does not come right after `{}`", leg.to, leg.from);
                self.issues.push(Issue::invalid(at("/to"), detail));
                continue;
            }
            if between.contains_key(&from) {
                self.wrong(at(""), format!("there is already a leg from `{}` to `{}`", leg.from, leg.to));
                continue;
            }
            let line = self.geometry(leg, i);
            let mut moved = |text: &Option<String>, name: &str, stop: usize| {
                text.as_deref().and_then(|text| match Moment::parse(text) {
                    Ok(moment) => {
                        Some(times[stop].0.as_ref().map_or_else(|_| anywhere(&moment), |p| moment.window(&p.zone)))
                    }
                    Err(detail) => {
                        self.issues.push(Issue::invalid(at(&format!("/{name}")), detail));
                        None
                    }
                })
            };
            let departs = moved(&leg.depart, "depart", from).or(times[from].2).unwrap_or(windows[from]);
            let arrives = moved(&leg.arrive, "arrive", to).or(times[to].1).unwrap_or(windows[to]);
            if let (Some(leaves), Some(reaches)) = (departs.from, arrives.to)
                && reaches < leaves
            {
                let written = |own: &Option<String>, at_stop: &Option<String>, read: Timestamp| {
                    own.as_ref().or(at_stop.as_ref()).map_or_else(|| read.to_string(), |text| format!("`{text}`"))
                };
                let reaches = written(&leg.arrive, &doc.stops[to].arrive, reaches);
                let leaves = written(&leg.depart, &doc.stops[from].depart, leaves);
                let detail = format!("the leg arrives at {reaches}, before it leaves at {leaves}");
                self.issues.push(Issue { pointer: at(""), code: "reversed_time", detail });
            }
            between.insert(
                from,
                Leg {
                    id: leg.id.clone(),
                    from,
                    to,
                    mode: leg.mode,
                    line,
                    routed: None,
                    departs,
                    arrives,
                    pointer: at(""),
                },
            );
        }
        (0..doc.stops.len().saturating_sub(1))
            .map(|from| {
                between.remove(&from).unwrap_or_else(|| Leg {
                    id: format!("{}-{}", doc.stops[from].id, doc.stops[from + 1].id),
                    from,
                    to: from + 1,
                    mode: Mode::Unknown,
                    line: None,
                    routed: None,
                    departs: times[from].2.unwrap_or(windows[from]),
                    arrives: times[from + 1].1.unwrap_or(windows[from + 1]),
                    pointer: self.sources.part(Part::Stop, from + 1),
                })
            })
            .collect()
    }

    fn geometry(&mut self, leg: &LegDoc, i: usize) -> Option<Line> {
        let at = |rest: &str| self.sources.value(Part::Leg, i, rest);
        if let Some(encoded) = &leg.polyline {
            if leg.geometry.is_some() {
                self.wrong(at("/polyline"), "a leg has a geometry or a polyline, not both");
                return None;
            }
            return match polyline::line(encoded, self.limits) {
                Ok(line) => Some(line),
                Err((member, detail)) => {
                    self.wrong(at(&format!("/polyline/{member}")), detail);
                    None
                }
            };
        }
        let geometry = leg.geometry.as_ref()?.get();
        match Line::from_geojson_text(geometry.as_bytes(), self.limits, Edges::Planar) {
            Ok(line) => Some(line),
            // an empty LineString is how a caller says "not known"
            Err(_) if has_no_positions(geometry) => None,
            Err(e) => {
                self.wrong(at(&format!("/geometry{}", e.path())), e.to_string());
                None
            }
        }
    }
}

fn has_no_positions(geometry: &str) -> bool {
    let geometry: Option<Value> = serde_json::from_str(geometry).ok();
    geometry.is_some_and(|geometry| geometry["coordinates"].as_array().is_some_and(Vec::is_empty))
}

/// The place as it is looked for, or what is wrong where below it.
fn query(place: &PlaceDoc) -> Result<PlaceQuery, (String, String)> {
    match (place.lat, place.lon) {
        (Some(lat), Some(lon)) => {
            let doc = PositionDoc { lat, lon, accuracy_m: place.accuracy_m.unwrap_or(0.0) };
            let position = doc.position("").map_err(|issue| (issue.pointer, issue.detail))?;
            return Ok(PlaceQuery::At { position, name: place.name.clone() });
        }
        (Some(_), None) => return Err(("/lon".to_owned(), "lat is given without lon".to_owned())),
        (None, Some(_)) => return Err(("/lat".to_owned(), "lon is given without lat".to_owned())),
        (None, None) => {}
    }
    let codes = [("iata", &place.iata, 3), ("icao", &place.icao, 4)];
    if let Some((name, code, length)) =
        codes.into_iter().find_map(|(name, code, length)| code.as_ref().map(|code| (name, code, length)))
    {
        if code.len() == length && code.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return Ok(PlaceQuery::Code { code: code.to_ascii_uppercase(), country: place.country });
        }
        return Err((format!("/{name}"), format!("`{code}` is not a code of {length} letters")));
    }
    match (&place.name, place.country) {
        (Some(name), Some(country)) => Ok(PlaceQuery::Name { name: name.clone(), country }),
        (Some(name), None) => Err(("/country".to_owned(), format!("`{name}` needs a country"))),
        _ => Err((String::new(), "a place has lat and lon, or an iata or icao code, or a name and country".to_owned())),
    }
}

/// A local time at a place whose zone is not known: any of the world's zones.
fn anywhere(moment: &Moment) -> Window {
    let window = moment.window(&jiff::tz::TimeZone::UTC);
    match moment {
        Moment::Instant(_) => window,
        _ => Window {
            from: window.from.and_then(|t| t.checked_sub(SignedDuration::from_hours(14)).ok()),
            to: window.to.and_then(|t| t.checked_add(SignedDuration::from_hours(12)).ok()),
        },
    }
}

/// When each stop is occupied: from its arrival to its departure, and where one of them is not said, from the nearest known time
/// before and to the nearest known time after (design rule 11).
fn widen(times: &[(LocatedOrNot, Option<Window>, Option<Window>)], as_of: Timestamp) -> Vec<Window> {
    let known = |window: &Option<Window>| window.is_some();
    if !times.iter().any(|(_, arrive, depart)| known(arrive) || known(depart)) {
        return vec![Window { from: Some(as_of), to: None }; times.len()];
    }
    (0..times.len())
        .map(|i| {
            let (_, arrive, depart) = &times[i];
            let before = times[..i].iter().rev().find_map(|(_, a, d)| d.or(*a)).and_then(|w| w.from);
            let after = times[i + 1..].iter().find_map(|(_, a, d)| a.or(*d)).and_then(|w| w.to);
            let to = depart.and_then(|w| w.to).or(after);
            let from = arrive.and_then(|w| w.from).or(before);
            let around = |t: Option<Timestamp>, by: SignedDuration| t.and_then(|t| t.checked_add(by).ok());
            Window {
                from: from.or_else(|| around(depart.and_then(|w| w.from).or(to), -PRESENCE_AROUND)),
                to: to.or_else(|| around(arrive.and_then(|w| w.to).or(from), PRESENCE_AROUND)),
            }
        })
        .collect()
}
