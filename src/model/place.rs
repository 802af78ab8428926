//! Places as people write them, and as they are once found.

use jiff::tz::TimeZone;

use super::CountryCode;
use crate::geometry::Position;

/// A place as asked for, in order of trust: coordinates, then a code, then a name with its country.
#[derive(Clone, Debug, PartialEq)]
pub enum PlaceQuery {
    /// Coordinates; a name beside them is only a label.
    At {
        /// Where.
        position: Position,
        /// What the caller calls it.
        name: Option<String>,
    },
    /// An IATA (three letters) or ICAO (four) airport code.
    Code {
        /// The code, in upper case.
        code: String,
        /// The country the caller believes it to be in.
        country: Option<CountryCode>,
    },
    /// A name in a country.
    Name {
        /// In any language the gazetteer knows.
        name: String,
        /// The country it is in.
        country: CountryCode,
    },
}

impl LocatedPlace {
    /// The source of a place that was given as coordinates; its country, where there is one, is what the caller says.
    pub const COORDINATES: &'static str = "coordinates";

    /// The country that the caller says coordinates are in.
    pub fn said_to_be_in(&self) -> Option<CountryCode> {
        self.country.filter(|_| self.source == Self::COORDINATES)
    }
}

/// A place that was found.
#[derive(Clone, Debug)]
pub struct LocatedPlace {
    /// What to call it.
    pub name: String,
    /// Where it is, and how large it is as an accuracy.
    pub position: Position,
    /// Its country, where the table or the caller says so.
    pub country: Option<CountryCode>,
    /// Its time zone.
    pub zone: TimeZone,
    /// Which table or word it comes from.
    pub source: &'static str,
}
