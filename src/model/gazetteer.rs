//! Places by code and by name, in the operator's table, the airports and the populated places.

mod keys;
mod search;

use std::collections::HashMap;

use jiff::tz::TimeZone;

use super::{CountryCode, LocatedPlace, PlaceQuery};
use crate::geometry::{PointIndex, Position};
use keys::Keys;

/// Which table an entry comes from; the operator's own comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    /// The operator's corrections.
    Override,
    /// Airports by IATA and ICAO code.
    Airports,
    /// Populated places by name.
    Places,
}

impl Origin {
    fn as_str(self) -> &'static str {
        match self {
            Self::Override => "operator's table",
            Self::Airports => "airport table",
            Self::Places => "gazetteer",
        }
    }
}

/// One place of a table.
#[derive(Clone, Debug)]
pub struct Entry {
    /// What to call it.
    pub name: String,
    /// Codes or names it is found by.
    pub keys: Vec<String>,
    /// Its country.
    pub country: CountryCode,
    /// Where it is.
    pub position: Position,
    /// Its IANA time zone.
    pub zone: String,
    /// People living there, to tell a city from a hamlet of the same name.
    pub population: u64,
    /// Which table it comes from.
    pub origin: Origin,
}

/// Why a place was not found.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum NotFound {
    /// No table has the code.
    #[error("the code `{0}` is in no table")]
    UnknownCode(String),
    /// The table and the caller disagree about the country.
    #[error("`{code}` is {name} in {found}, not in {expected}")]
    OtherCountry {
        /// The code.
        code: String,
        /// The place it has in the table.
        name: String,
        /// Its country there.
        found: CountryCode,
        /// The caller's.
        expected: CountryCode,
    },
    /// No place of the country has the name.
    #[error("no place in {country} is called `{name}`")]
    UnknownName {
        /// The name.
        name: String,
        /// The country.
        country: CountryCode,
    },
    /// Several places have the name, none of them clearly the one meant.
    #[error("`{name}` in {country} may be {}; give coordinates", .candidates.join(" or "))]
    Ambiguous {
        /// The name.
        name: String,
        /// The country.
        country: CountryCode,
        /// What it may be, with coordinates.
        candidates: Vec<String>,
    },
}

/// Places of one name nearer to each other than this are one place written twice.
const SAME_PLACE_M: f64 = 5_000.0;

/// A place this many times as populous as all its namesakes together is the one people mean.
const CLEARLY_LARGER: u64 = 10;

/// Places by code, by name, and the nearest one to a position.
#[derive(Debug, Default)]
pub struct Gazetteer {
    entries: Vec<Entry>,
    /// The time zone of each entry; UTC where the system does not know its name.
    zones: Vec<TimeZone>,
    keys: Keys,
    points: PointIndex,
    /// The largest place of each country, and whether all places there share its time zone.
    largest: HashMap<CountryCode, (u32, bool)>,
}

impl Gazetteer {
    /// How wide a named place is taken to be: a town's point stands for what lies within a kilometre of it.
    pub const PLACE_ACCURACY_M: f64 = 1_000.0;

    /// Indexes the entries; among equals the earlier one wins.
    pub fn new(entries: Vec<Entry>) -> Self {
        let mut keys = Keys::default();
        for (i, entry) in (0..).zip(&entries) {
            for key in &entry.keys {
                keys.push(key, i, false);
            }
            // airports answer to their codes; their names only help to find them
            if entry.origin == Origin::Airports {
                for (at, _) in entry.name.match_indices(|c: char| c.is_whitespace()) {
                    keys.push(&entry.name[at..], i, true);
                }
                keys.push(&entry.name, i, true);
            }
        }
        keys.sort();
        let points = PointIndex::new(entries.iter().map(|entry| entry.position));
        let mut largest = HashMap::new();
        for (i, entry) in (0..).zip(&entries) {
            let (known, shared) = largest.entry(entry.country).or_insert((i, true));
            let before = &entries[*known as usize];
            *shared &= before.zone == entry.zone;
            if before.population < entry.population {
                *known = i;
            }
        }
        let mut known: HashMap<&str, TimeZone> = HashMap::new();
        let mut zone = |name| known.entry(name).or_insert_with(|| TimeZone::get(name).unwrap_or(TimeZone::UTC)).clone();
        let zones = entries.iter().map(|entry| zone(entry.zone.as_str())).collect();
        Self { entries, zones, keys, points, largest }
    }

    /// Finds a place.
    ///
    /// # Errors
    /// When it is unknown, ambiguous, or contradicts the country the caller gave.
    pub fn find(&self, query: &PlaceQuery) -> Result<LocatedPlace, NotFound> {
        match query {
            PlaceQuery::At { position, name } => Ok(LocatedPlace {
                name: name.clone().unwrap_or_else(|| format!("{:.4}, {:.4}", position.lat(), position.lon())),
                position: *position,
                country: None,
                zone: self.zone_at(*position),
                source: LocatedPlace::COORDINATES,
            }),
            PlaceQuery::Code { code, country } => {
                let (i, entry) = self
                    .named(code)
                    .find(|(_, entry)| entry.origin != Origin::Places)
                    .ok_or_else(|| NotFound::UnknownCode(code.clone()))?;
                match country {
                    Some(expected) if *expected != entry.country => Err(NotFound::OtherCountry {
                        code: code.clone(),
                        name: entry.name.clone(),
                        found: entry.country,
                        expected: *expected,
                    }),
                    _ => Ok(self.located(i)),
                }
            }
            PlaceQuery::Name { name, country } => self.by_name(name, *country),
        }
    }

    /// The places of a name in any country; airports answer to their codes only.
    pub fn called(&self, name: &str) -> impl Iterator<Item = &Entry> {
        self.named(name).map(|(_, entry)| entry).filter(|entry| entry.origin != Origin::Airports)
    }

    /// The time zone of a country's largest place, and whether it is the only one there; none where no place of it is known.
    pub fn zone_of_country(&self, country: CountryCode) -> Option<(TimeZone, bool)> {
        let (largest, shared) = self.largest.get(&country)?;
        Some((self.zones[*largest as usize].clone(), *shared))
    }

    /// The time zone of the place nearest to a position; UTC where no place is known.
    pub fn zone_at(&self, position: Position) -> TimeZone {
        self.points.nearest(position).map_or(TimeZone::UTC, |i| self.zones[i].clone())
    }

    fn by_name(&self, name: &str, country: CountryCode) -> Result<LocatedPlace, NotFound> {
        // airports answer to their codes only
        let mut found: Vec<(usize, &Entry)> =
            self.named(name).filter(|(_, e)| e.country == country && e.origin != Origin::Airports).collect();
        found.sort_by_key(|(_, entry)| (entry.origin, std::cmp::Reverse(entry.population)));
        let Some((i, first)) = found.first().copied() else {
            return Err(NotFound::UnknownName { name: name.to_owned(), country });
        };
        let others = found[1..].iter().map(|(_, other)| *other);
        let others: Vec<&Entry> = others.filter(|o| o.position.distance_m(first.position) > SAME_PLACE_M).collect();
        let rest: u64 = others.iter().map(|other| other.population).sum();
        let clear = first.origin == Origin::Override || first.population > CLEARLY_LARGER * rest.max(1);
        if others.is_empty() || clear {
            return Ok(self.located(i));
        }
        let candidates = std::iter::once(first)
            .chain(others)
            .map(|e| format!("{} ({:.4}, {:.4})", e.name, e.position.lat(), e.position.lon()))
            .collect();
        Err(NotFound::Ambiguous { name: name.to_owned(), country, candidates })
    }

    fn named(&self, key: &str) -> impl Iterator<Item = (usize, &Entry)> {
        self.keys.exact(key).map(|i| (i as usize, &self.entries[i as usize]))
    }

    fn located(&self, i: usize) -> LocatedPlace {
        let entry = &self.entries[i];
        LocatedPlace {
            name: entry.name.clone(),
            position: entry.position.with_accuracy(Self::PLACE_ACCURACY_M).unwrap_or(entry.position),
            country: Some(entry.country),
            zone: self.zones[i].clone(),
            source: entry.origin.as_str(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_country_has_the_zone_of_its_largest_place_and_tells_whether_it_is_the_only_one() {
        let entry = |name: &str, country: &str, zone: &str, population| Entry {
            name: name.to_owned(),
            keys: Vec::new(),
            country: CountryCode::parse(country).expect("a code"),
            position: Position::new(0.0, 0.0).expect("a position"),
            zone: zone.to_owned(),
            population,
            origin: Origin::Places,
        };
        let gazetteer = Gazetteer::new(vec![
            entry("Jayapura", "ID", "Asia/Jayapura", 250_000),
            entry("Jakarta", "ID", "Asia/Jakarta", 10_000_000),
            entry("Siem Reap", "KH", "Asia/Phnom_Penh", 140_000),
            entry("Phnom Penh", "KH", "Asia/Phnom_Penh", 2_000_000),
        ]);
        let zone = |code| gazetteer.zone_of_country(CountryCode::parse(code).expect("a code"));
        let named = |name| TimeZone::get(name).expect("a zone");
        assert_eq!(zone("KH"), Some((named("Asia/Phnom_Penh"), true)));
        assert_eq!(zone("ID"), Some((named("Asia/Jakarta"), false)));
        assert_eq!(zone("FJ"), None);
    }
}
