//! What is watched, and the places by which a changed area finds it again without reading its document.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::route::{NoRoute, Ways};
use super::{AdvisoryId, Concern, Kind, MatchKey, MatchSet};
use crate::geometry::{Bounds, Position, Vertex};

/// A revision that is published and not in force yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scheduled {
    /// By what it will concern.
    pub key: MatchKey,
    /// When it takes effect.
    pub from: Timestamp,
}

/// What will concern a subject.
pub type Upcoming = BTreeMap<AdvisoryId, Scheduled>;

/// What is watched, and whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whose {
    /// A traveller's trip.
    Trip(String),
    /// A traveller's last position.
    Position(String),
    /// A booking of a file that was validated.
    Booking {
        /// The validation.
        validation: String,
        /// Its number in the file.
        number: i64,
    },
}

impl Whose {
    /// The traveller, where it is one's.
    pub fn traveller(&self) -> Option<&str> {
        match self {
            Self::Trip(traveller) | Self::Position(traveller) => Some(traveller),
            Self::Booking { .. } => None,
        }
    }

    /// What a traveller is told that it is.
    pub fn concern(&self) -> Concern {
        if matches!(self, Self::Position(_)) { Concern::Position } else { Concern::Trip }
    }
}

/// Something that is watched: a trip, somebody's last position, or a booking.
#[derive(Clone, Debug, PartialEq)]
pub struct Subject {
    /// Sortable (uuid v7).
    pub id: String,
    /// What it is.
    pub whose: Whose,
    /// Whether it is for earnest; as its traveller, or the key that sent the booking.
    pub kind: Kind,
    /// The epoch it is matched at.
    pub epoch: u64,
    /// Moves with every change by its owner.
    pub revision: u32,
    /// JSON: a trip as it was sent, what is remembered of a position, or what was told of a booking.
    pub document: String,
    /// What a routing engine said of the ways of a trip's legs.
    pub ways: Ways,
    /// Where it is.
    pub places: Places,
    /// What concerns it; of a booking what did when its verdict was last told.
    pub matches: MatchSet,
    /// What will, as far as it was announced.
    pub upcoming: Upcoming,
    /// When it was first saved.
    pub created_at: Timestamp,
    /// When it was last changed by its owner.
    pub updated_at: Timestamp,
    /// From then on it is not watched any more.
    pub ends_at: Timestamp,
}

impl Subject {
    /// Whether the way of a leg is not known because the engine did not answer.
    pub fn is_unrouted(&self) -> bool {
        self.ways.values().any(|routed| routed.routes.as_ref().is_err_and(NoRoute::may_pass))
    }
}

/// Where a subject is or will be, in a form that is quick to read: its positions, and boxes around everything its legs may touch.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Places {
    /// Stops, or the last position, each with how well it is known.
    pub positions: Vec<Position>,
    /// Boxes around the legs, as wide as their way is unknown.
    pub boxes: Vec<Bounds>,
    /// Whether it is looked at again whatever changes, because what counts is not where it is: a traveller whose exit is not certain yet.
    pub always: bool,
}

impl Places {
    /// As text: little-endian numbers in base64, the count of positions first.
    #[allow(clippy::cast_possible_truncation)] // metres of accuracy; counts of one document
    pub fn encode(&self) -> String {
        let mut bytes = Vec::with_capacity(5 + self.positions.len() * 12 + self.boxes.len() * 16);
        bytes.push(u8::from(self.always));
        bytes.extend((self.positions.len() as u32).to_le_bytes());
        for position in &self.positions {
            let v = position.vertex();
            bytes.extend(v.lon.to_le_bytes());
            bytes.extend(v.lat.to_le_bytes());
            bytes.extend((position.accuracy_m() as f32).next_up().to_le_bytes());
        }
        for bounds in &self.boxes {
            for number in [bounds.min.lon, bounds.min.lat, bounds.max.lon, bounds.max.lat] {
                bytes.extend(number.to_le_bytes());
            }
        }
        STANDARD_NO_PAD.encode(bytes)
    }

    /// Reads what [`Self::encode`] wrote.
    ///
    /// # Errors
    /// When it is something else.
    pub fn decode(text: &str) -> Result<Self, &'static str> {
        const BROKEN: &str = "the places of a subject are cut off";
        let bytes = STANDARD_NO_PAD.decode(text).map_err(|_| "the places of a subject are no base64")?;
        let (&always, rest) = bytes.split_first().ok_or(BROKEN)?;
        let (count, rest) = rest.split_first_chunk::<4>().ok_or(BROKEN)?;
        let length = (u32::from_le_bytes(*count) as usize).checked_mul(12).ok_or(BROKEN)?;
        let (positions, boxes) = rest.split_at_checked(length).ok_or(BROKEN)?;
        if boxes.len() % 16 != 0 {
            return Err(BROKEN);
        }
        let int = |bytes: &[u8], i: usize| i32::from_le_bytes(std::array::from_fn(|k| bytes[4 * i + k]));
        let position = |bytes: &[u8]| {
            let accuracy_m = f64::from(f32::from_le_bytes(std::array::from_fn(|k| bytes[8 + k])));
            Position::from(Vertex { lon: int(bytes, 0), lat: int(bytes, 1) })
                .with_accuracy(accuracy_m.min(Position::MAX_ACCURACY_M))
                .map_err(|_| "the places of a subject are no positions")
        };
        let bounds = |bytes: &[u8]| Bounds {
            min: Vertex { lon: int(bytes, 0), lat: int(bytes, 1) },
            max: Vertex { lon: int(bytes, 2), lat: int(bytes, 3) },
        };
        Ok(Self {
            positions: positions.chunks_exact(12).map(position).collect::<Result<_, _>>()?,
            boxes: boxes.chunks_exact(16).map(bounds).collect(),
            always: always != 0,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_written_is_read_again(places in proptest::collection::vec((-90.0..90.0_f64, -180.0..180.0_f64, 0.0..2e4_f64), 0..5), always in any::<bool>()) {
            let places = Places {
                positions: places.iter().map(|(lat, lon, m)| Position::new(*lat, *lon).unwrap().with_accuracy(*m).unwrap()).collect(),
                boxes: places.iter().map(|(lat, lon, _)| { let v = Position::new(*lat, *lon).unwrap().vertex(); Bounds { min: v, max: v } }).collect(),
                always,
            };
            let read = Places::decode(&places.encode()).unwrap();
            prop_assert_eq!(&read.boxes, &places.boxes);
            prop_assert_eq!(read.always, always);
            for (read, written) in read.positions.iter().zip(&places.positions) {
                prop_assert_eq!(read.vertex(), written.vertex());
                prop_assert!(read.accuracy_m() >= written.accuracy_m());
            }
        }

        #[test]
        fn no_text_makes_it_panic(text in "[A-Za-z0-9+/]{0,80}") {
            let _ = Places::decode(&text);
        }
    }
}
