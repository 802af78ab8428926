//! A validated place on the Earth: latitude, longitude and how well they are known.

use super::shape::Vertex;

/// Where somebody is: WGS 84 latitude and longitude in degrees, and the radius in metres within which the true place lies.
///
/// Longitude is normalised into `[-180, 180]`, so 540.0 and 180.0 are one place; −0.0 becomes 0.0. The invariants hold by construction:
/// past this type no function checks a coordinate again.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Position {
    lat: f64,
    lon: f64,
    accuracy_m: f64,
}

/// Why two numbers are not a position.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum InvalidPosition {
    /// Latitude is not a finite number in `[-90, 90]`.
    #[error("latitude {0} is not between -90 and 90")]
    Latitude(f64),
    /// Latitude is out of range, but the two numbers make sense the other way round.
    #[error(
        "latitude {lat} is not between -90 and 90: are latitude and longitude swapped? ({lon}, {lat} would be a place)"
    )]
    Swapped {
        /// The latitude as given.
        lat: f64,
        /// The longitude as given.
        lon: f64,
    },
    /// Longitude is not a finite number in `[-540, 540]`: within one turn of the usual range.
    #[error("longitude {0} is not between -180 and 180, nor within one turn of it")]
    Longitude(f64),
    /// Accuracy is not a finite number of metres in `[0, 1 000 000]`.
    #[error("accuracy {0} is not a distance between 0 and 1,000,000 metres")]
    Accuracy(f64),
}

impl Position {
    /// The largest accuracy radius taken, in metres; a circle larger than that says nothing about a place.
    pub const MAX_ACCURACY_M: f64 = 1_000_000.0;

    /// A position known exactly.
    ///
    /// # Errors
    /// When a component is not finite or out of range; one turn beyond ±180 is accepted and normalised.
    pub fn new(lat: f64, lon: f64) -> Result<Self, InvalidPosition> {
        if !(-90.0..=90.0).contains(&lat) {
            return Err(if lat.is_finite() && (-180.0..=180.0).contains(&lat) && (-90.0..=90.0).contains(&lon) {
                InvalidPosition::Swapped { lat, lon }
            } else {
                InvalidPosition::Latitude(lat)
            });
        }
        if !(-540.0..=540.0).contains(&lon) {
            return Err(InvalidPosition::Longitude(lon));
        }
        let lon = match lon {
            l if l > 180.0 => l - 360.0,
            l if l < -180.0 => l + 360.0,
            l => l,
        };
        // adding zero turns -0.0 into 0.0
        Ok(Self { lat: lat + 0.0, lon: lon + 0.0, accuracy_m: 0.0 })
    }

    /// The same place, known to within `accuracy_m` metres.
    ///
    /// # Errors
    /// When `accuracy_m` is negative, not finite or beyond [`Self::MAX_ACCURACY_M`].
    pub fn with_accuracy(self, accuracy_m: f64) -> Result<Self, InvalidPosition> {
        if (0.0..=Self::MAX_ACCURACY_M).contains(&accuracy_m) {
            Ok(Self { accuracy_m, ..self })
        } else {
            Err(InvalidPosition::Accuracy(accuracy_m))
        }
    }

    /// Latitude in degrees, in `[-90, 90]`.
    pub fn lat(self) -> f64 {
        self.lat
    }

    /// Longitude in degrees, in `[-180, 180]`.
    pub fn lon(self) -> f64 {
        self.lon
    }

    /// The radius in metres within which the true place lies.
    pub fn accuracy_m(self) -> f64 {
        self.accuracy_m
    }

    /// Geodesic distance to another position in metres, on the WGS 84 ellipsoid.
    pub fn distance_m(self, other: Self) -> f64 {
        super::metric::distance_m((self.lat, self.lon), (other.lat, other.lon))
    }

    /// The position on the grid of 10⁻⁷ degree on which all exact tests are made.
    pub fn vertex(self) -> Vertex {
        Vertex::nearest(self.lat, self.lon)
    }
}

impl From<Vertex> for Position {
    fn from(vertex: Vertex) -> Self {
        Self { lat: vertex.lat_degrees(), lon: vertex.lon_degrees(), accuracy_m: 0.0 }
    }
}
