//! Why a geometry was refused: what is wrong, where in the document, and the value found there.

/// Why something is not an area or a line Cordon can answer for.
///
/// `path` is a JSON pointer from the geometry given (`/coordinates/0/3/1`), empty for the geometry itself.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ShapeError {
    /// The text is not JSON.
    #[error("not JSON: {0}")]
    Json(String),
    /// A member is missing or of the wrong kind.
    #[error("{path}: expected {expected}, found {found}")]
    Structure {
        /// Where.
        path: String,
        /// What belongs there.
        expected: &'static str,
        /// What is there, shortened.
        found: String,
    },
    /// A latitude outside `[-90, 90]`.
    #[error("{path}: latitude {value} is not between -90 and 90")]
    Latitude {
        /// Where.
        path: String,
        /// The latitude as given.
        value: f64,
    },
    /// A latitude out of range whose position would be a place the other way round.
    #[error(
        "{path}: latitude {lat} is not between -90 and 90: GeoJSON is longitude first, are they swapped? ([{lat}, {lon}] would be a place)"
    )]
    Swapped {
        /// Where.
        path: String,
        /// The first number of the position.
        lon: f64,
        /// The second number of the position.
        lat: f64,
    },
    /// A longitude outside `[-540, 540]`: within one turn of the usual range.
    #[error("{path}: longitude {value} is not between -180 and 180, nor within one turn of it")]
    Longitude {
        /// Where.
        path: String,
        /// The longitude as given.
        value: f64,
    },
    /// More than the limits allow.
    #[error("{path}: more than {max} {what}")]
    TooMuch {
        /// Where the limit was passed.
        path: String,
        /// What there is too much of.
        what: &'static str,
        /// The limit.
        max: usize,
    },
    /// No area or line is left: nothing was given, or only points and spikes.
    #[error("{path}: {what}")]
    Empty {
        /// Where.
        path: String,
        /// What is missing.
        what: &'static str,
    },
    /// A ring winds around the Earth and nothing tells which pole it encloses.
    #[error(
        "{path}: the ring winds around the Earth on both sides of the equator, so which pole it encloses is anybody's guess; draw its edge along latitude 90 or -90"
    )]
    AmbiguousPole {
        /// The ring.
        path: String,
    },
    /// Repair would have to guess more than [`super::repair::MAX_AMBIGUOUS_SHARE`] of the area.
    #[error(
        "the outline contradicts itself at longitude {lon}, latitude {lat}: readings differ by {ambiguous_m2:.0} m² of {area_m2:.0} m²"
    )]
    Ambiguous {
        /// Longitude in degrees of a place where two edges cross or touch.
        lon: f64,
        /// Latitude in degrees of that place.
        lat: f64,
        /// The area in square metres on which readings of the outline differ.
        ambiguous_m2: f64,
        /// The area in square metres after repair.
        area_m2: f64,
    },
    /// Repair did not lead to a valid outline; never seen, kept so that a wrong outline cannot pass.
    #[error("the outline could not be repaired near longitude {lon}, latitude {lat}")]
    Unrepairable {
        /// Longitude in degrees of a place that stayed invalid.
        lon: f64,
        /// Latitude in degrees of that place.
        lat: f64,
    },
    /// A distance that is not a finite number of metres in the range taken.
    #[error("{value} is not {expected}")]
    Distance {
        /// The distance as given.
        value: f64,
        /// The range taken.
        expected: &'static str,
    },
}

impl ShapeError {
    /// JSON pointer from the geometry given to the value that is wrong; empty for the geometry itself.
    pub fn path(&self) -> &str {
        match self {
            Self::Structure { path, .. }
            | Self::Latitude { path, .. }
            | Self::Swapped { path, .. }
            | Self::Longitude { path, .. }
            | Self::TooMuch { path, .. }
            | Self::Empty { path, .. }
            | Self::AmbiguousPole { path } => path,
            Self::Json(_) | Self::Ambiguous { .. } | Self::Unrepairable { .. } | Self::Distance { .. } => "",
        }
    }
}
