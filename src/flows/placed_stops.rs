//! Where the stops of a plan were found and when they are occupied: what an answer rests on.

use jiff::Timestamp;
use serde::Serialize;

use crate::model::{Itinerary, LocatedPlace, Stop, Transit};

/// A stop as it was understood.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct PlacedStop {
    /// The caller's id.
    pub id: String,
    /// Where; null when it was not found.
    pub place: Option<FoundPlace>,
    /// When it may first be occupied.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub from: Option<Timestamp>,
    /// When it may last be occupied.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub to: Option<Timestamp>,
    /// Whether it is only a change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transit: Option<Transit>,
}

/// A place that was found.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct FoundPlace {
    /// What it is called.
    pub name: String,
    /// WGS 84 latitude in degrees.
    pub lat: f64,
    /// WGS 84 longitude in degrees.
    pub lon: f64,
    /// How large it is taken to be, in metres.
    pub accuracy_m: f64,
    /// Which table knows it, or `coordinates`.
    pub found_in: &'static str,
}

impl From<&LocatedPlace> for FoundPlace {
    fn from(place: &LocatedPlace) -> Self {
        let at = place.position;
        Self {
            name: place.name.clone(),
            lat: at.lat(),
            lon: at.lon(),
            accuracy_m: at.accuracy_m(),
            found_in: place.source,
        }
    }
}

impl From<&Stop> for PlacedStop {
    fn from(stop: &Stop) -> Self {
        Self {
            id: stop.id.clone(),
            place: stop.place.as_ref().ok().map(FoundPlace::from),
            from: stop.window.from,
            to: stop.window.to,
            transit: stop.transit,
        }
    }
}

/// The stops of a plan, in order.
pub fn placed_stops(itinerary: &Itinerary) -> Vec<PlacedStop> {
    itinerary.stops.iter().map(PlacedStop::from).collect()
}
