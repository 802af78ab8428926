//! From the document to an itinerary: places found, times widened where they are unknown, every mistake at its pointer.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};

use super::{ItineraryDoc, LegDoc, MemberDoc, PlaceDoc, StopDoc};
use crate::error::{Error, Issue};
use crate::format::location::PositionDoc;
use crate::format::moment::Moment;
use crate::geometry::{Edges, Limits, Line};
use crate::model::gazetteer::Gazetteer;
use crate::model::{Itinerary, Leg, LocatedPlace, Mode, PlaceQuery, Stop, Traveller, Window};

/// The most stops, legs or party members one itinerary may have.
const MAX_PARTS: usize = 1_000;

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
        let mut reader = Reader { issues: Vec::new(), gazetteer, limits };
        reader.counts(self, pointer);
        let party = reader.party(&self.party, pointer);
        let times: Vec<(LocatedOrNot, Option<Window>, Option<Window>)> =
            self.stops.iter().enumerate().map(|(i, stop)| reader.stop(stop, &format!("{pointer}/stops/{i}"))).collect();
        let windows = widen(&times, as_of);
        reader.order(&times, pointer);
        let legs = reader.legs(self, &times, &windows, pointer);
        if !reader.issues.is_empty() {
            return Err(Error::Invalid(reader.issues));
        }
        let stops = self.stops.iter().zip(times).zip(windows).enumerate();
        Ok(Itinerary {
            reference: self.reference.clone(),
            party,
            stops: stops
                .map(|(i, ((stop, (place, ..)), window))| Stop {
                    id: stop.id.clone(),
                    place,
                    window,
                    transit: stop.transit,
                    pointer: format!("{pointer}/stops/{i}"),
                })
                .collect(),
            legs,
        })
    }
}

type LocatedOrNot = Result<LocatedPlace, String>;

/// Collects mistakes while it reads, so that the caller sees all of them at once.
struct Reader<'a> {
    issues: Vec<Issue>,
    gazetteer: &'a Gazetteer,
    limits: &'a Limits,
}

impl Reader<'_> {
    fn wrong(&mut self, pointer: String, detail: impl Into<String>) {
        self.issues.push(Issue::invalid(pointer, detail));
    }

    fn counts(&mut self, doc: &ItineraryDoc, pointer: &str) {
        if doc.stops.is_empty() {
            self.wrong(format!("{pointer}/stops"), "an itinerary has at least one stop");
        }
        for (name, count) in [("party", doc.party.len()), ("stops", doc.stops.len()), ("legs", doc.legs.len())] {
            if count > MAX_PARTS {
                self.wrong(format!("{pointer}/{name}"), format!("{count} are more than the {MAX_PARTS} taken"));
            }
        }
        let mut unique = |name: &str, ids: Vec<&str>| {
            let mut seen = HashMap::new();
            for (i, id) in ids.into_iter().enumerate() {
                if let Some(first) = seen.insert(id, i) {
                    self.issues.push(Issue::invalid(
                        format!("{pointer}/{name}/{i}/id"),
                        format!("`{id}` is also the id of {pointer}/{name}/{first}"),
                    ));
                }
            }
        };
        unique("party", doc.party.iter().map(|m| m.id.as_str()).collect());
        unique("stops", doc.stops.iter().map(|s| s.id.as_str()).collect());
        unique("legs", doc.legs.iter().map(|l| l.id.as_str()).collect());
    }

    fn party(&mut self, members: &[MemberDoc], pointer: &str) -> Vec<(String, Traveller)> {
        if members.is_empty() {
            return vec![("traveller".to_owned(), Traveller::default())];
        }
        for (i, member) in members.iter().enumerate().filter(|(_, member)| member.id.is_empty()) {
            self.wrong(format!("{pointer}/party/{i}/id"), format!("`{}` is empty", member.id));
        }
        let traveller = |member: &MemberDoc| Traveller {
            nationalities: member.nationalities.clone(),
            purpose: member.purpose,
            permits: member.permits.clone(),
        };
        members.iter().map(|member| (member.id.clone(), traveller(member))).collect()
    }

    /// The place of a stop, and when it is reached and left as far as that is said.
    fn stop(&mut self, stop: &StopDoc, pointer: &str) -> (LocatedOrNot, Option<Window>, Option<Window>) {
        let place = match self.query(&stop.place, &format!("{pointer}/place")) {
            Some(query) => self.gazetteer.find(&query).map_err(|e| e.to_string()),
            None => Err("the place cannot be read".to_owned()),
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
                    self.issues.push(Issue::invalid(format!("{pointer}/{name}"), detail));
                    None
                }
            })
        };
        let (arrive, depart) = (time(&stop.arrive, "arrive"), time(&stop.depart, "depart"));
        (place, arrive, depart)
    }

    fn query(&mut self, place: &PlaceDoc, pointer: &str) -> Option<PlaceQuery> {
        match (place.lat, place.lon) {
            (Some(lat), Some(lon)) => {
                let doc = PositionDoc { lat, lon, accuracy_m: place.accuracy_m.unwrap_or(0.0) };
                return match doc.position(pointer) {
                    Ok(position) => Some(PlaceQuery::At { position, name: place.name.clone() }),
                    Err(issue) => {
                        self.issues.push(issue);
                        None
                    }
                };
            }
            (None, None) => {}
            (Some(_), None) => self.wrong(format!("{pointer}/lon"), "lat is given without lon"),
            (None, Some(_)) => self.wrong(format!("{pointer}/lat"), "lon is given without lat"),
        }
        let code = [("iata", &place.iata, 3), ("icao", &place.icao, 4)]
            .into_iter()
            .find_map(|(name, code, length)| code.as_ref().map(|code| (name, code, length)));
        if let Some((name, code, length)) = code {
            if code.len() == length && code.bytes().all(|b| b.is_ascii_alphanumeric()) {
                return Some(PlaceQuery::Code { code: code.to_ascii_uppercase(), country: place.country });
            }
            self.wrong(format!("{pointer}/{name}"), format!("`{code}` is not a code of {length} letters"));
            return None;
        }
        match (&place.name, place.country) {
            (Some(name), Some(country)) => return Some(PlaceQuery::Name { name: name.clone(), country }),
            (Some(name), None) => self.wrong(format!("{pointer}/country"), format!("`{name}` needs a country")),
            _ if place.lat.is_some() || place.lon.is_some() => {}
            _ => self
                .wrong(pointer.to_owned(), "a place has lat and lon, or an iata or icao code, or a name and country"),
        }
        None
    }

    /// Times that cannot be: a stop left before it is reached, or reached before the one before it is left.
    fn order(&mut self, times: &[(LocatedOrNot, Option<Window>, Option<Window>)], pointer: &str) {
        let mut last: Option<(Timestamp, String)> = None;
        for (i, (_, arrive, depart)) in times.iter().enumerate() {
            for (name, window) in [("arrive", arrive), ("depart", depart)] {
                let Some(window) = window else { continue };
                let at = format!("{pointer}/stops/{i}/{name}");
                if let (Some((before, place)), Some(to)) = (&last, window.to)
                    && to < *before
                {
                    self.issues.push(Issue {
                        pointer: at.clone(),
                        code: "reversed_time",
                        detail: format!("{to} is before {before} at {place}"),
                    });
                }
                if let Some(from) = window.from
                    && last.as_ref().is_none_or(|(before, _)| from > *before)
                {
                    last = Some((from, at));
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
        pointer: &str,
    ) -> Vec<Leg> {
        let by_id: HashMap<&str, usize> = doc.stops.iter().enumerate().map(|(i, stop)| (stop.id.as_str(), i)).collect();
        let mut between: HashMap<usize, Leg> = HashMap::new();
        for (i, leg) in doc.legs.iter().enumerate() {
            let at = format!("{pointer}/legs/{i}");
            let mut stop = |name: &str, id: &str| {
                let found = by_id.get(id).copied();
                if found.is_none() {
                    self.wrong(format!("{at}/{name}"), format!("no stop has the id `{id}`"));
                }
                found
            };
            let (Some(from), Some(to)) = (stop("from", &leg.from), stop("to", &leg.to)) else { continue };
            if to != from + 1 {
                let detail = format!("`{}` does not come right after `{}`", leg.to, leg.from);
                self.wrong(format!("{at}/to"), detail);
                continue;
            }
            if between.contains_key(&from) {
                self.wrong(at, format!("there is already a leg from `{}` to `{}`", leg.from, leg.to));
                continue;
            }
            let line = self.geometry(leg, &at);
            let mut moved = |text: &Option<String>, name: &str, stop: usize| {
                text.as_deref().and_then(|text| match Moment::parse(text) {
                    Ok(moment) => {
                        Some(times[stop].0.as_ref().map_or_else(|_| anywhere(&moment), |p| moment.window(&p.zone)))
                    }
                    Err(detail) => {
                        self.issues.push(Issue::invalid(format!("{at}/{name}"), detail));
                        None
                    }
                })
            };
            let departs = moved(&leg.depart, "depart", from).or(times[from].2).unwrap_or(windows[from]);
            let arrives = moved(&leg.arrive, "arrive", to).or(times[to].1).unwrap_or(windows[to]);
            if let (Some(leaves), Some(reaches)) = (departs.from, arrives.to)
                && reaches < leaves
            {
                let detail = format!("the leg arrives at {reaches}, before it leaves at {leaves}");
                self.issues.push(Issue { pointer: at.clone(), code: "reversed_time", detail });
            }
            between.insert(
                from,
                Leg { id: leg.id.clone(), from, to, mode: leg.mode, line, routed: None, departs, arrives, pointer: at },
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
                    pointer: format!("{pointer}/stops/{}", from + 1),
                })
            })
            .collect()
    }

    fn geometry(&mut self, leg: &LegDoc, pointer: &str) -> Option<Line> {
        let geometry = leg.geometry.as_ref().filter(|geometry| {
            // an empty LineString is how a caller says "not known"
            !geometry.is_null() && geometry["coordinates"].as_array().is_none_or(|coordinates| !coordinates.is_empty())
        })?;
        match Line::from_geojson(geometry, self.limits, Edges::Planar) {
            Ok(line) => Some(line),
            Err(e) => {
                self.wrong(format!("{pointer}/geometry{}", e.path()), e.to_string());
                None
            }
        }
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
