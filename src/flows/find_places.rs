//! Where is that: places by the beginning of their name or code, and the one nearest to a position.

use serde::Serialize;

use crate::geometry::Position;
use crate::live::Snapshot;
use crate::model::CountryCode;
use crate::model::gazetteer::{Entry, Gazetteer, Origin};

/// What kind of place it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum PlaceKind {
    /// Known by its codes.
    Airport,
    /// A city, a town, a village, or what the operator's table has.
    Settlement,
}

/// A place of the tables.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct PlaceWords {
    /// Its common name.
    pub name: String,
    /// Its name in the language asked for, where it is known; else its common name.
    pub label: String,
    /// Its country (ISO 3166-1).
    pub country: CountryCode,
    /// WGS 84 latitude in degrees.
    pub lat: f64,
    /// WGS 84 longitude in degrees.
    pub lon: f64,
    /// How large the place is, in metres around the coordinates.
    pub accuracy_m: f64,
    /// Its IANA time zone.
    pub zone: String,
    /// What kind of place it is.
    pub kind: PlaceKind,
    /// IATA code of an airport.
    pub iata: Option<String>,
    /// ICAO code of an airport.
    pub icao: Option<String>,
}

/// The nearest place, and how far it is.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct NearestPlace {
    /// The place.
    pub place: Option<PlaceWords>,
    /// Geodesic distance to it in metres.
    pub distance_m: Option<f64>,
}

/// Places with a name or code that begins so, the likeliest first.
pub fn find_places(snapshot: &Snapshot, beginning: &str, lang: &str, most: usize) -> Vec<PlaceWords> {
    snapshot.gazetteer.suggest(beginning, most).into_iter().map(|entry| words(entry, lang)).collect()
}

/// The place nearest to a position, in any direction and at any distance.
pub fn nearest_place(snapshot: &Snapshot, position: Position, lang: &str) -> NearestPlace {
    let nearest = snapshot.gazetteer.nearest(position);
    NearestPlace {
        place: nearest.map(|entry| words(entry, lang)),
        distance_m: nearest.map(|entry| entry.position.distance_m(position).round()),
    }
}

fn words(entry: &Entry, lang: &str) -> PlaceWords {
    PlaceWords {
        name: entry.name.clone(),
        label: entry.name_in(lang).to_owned(),
        country: entry.country,
        lat: entry.position.lat(),
        lon: entry.position.lon(),
        accuracy_m: Gazetteer::PLACE_ACCURACY_M,
        zone: entry.zone.clone(),
        kind: if entry.origin == Origin::Airports { PlaceKind::Airport } else { PlaceKind::Settlement },
        iata: entry.code(3).map(str::to_owned),
        icao: entry.code(4).map(str::to_owned),
    }
}
