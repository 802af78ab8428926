//! Itineraries: stops in order, legs between them, and the people who travel.

use serde::{Deserialize, Serialize};

use super::route::Routed;
use super::{LocatedPlace, Traveller, Window};
use crate::geometry::{Line, Position};

/// How somebody moves between two stops.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// By air: matched at its stops, an overflight is not an entry.
    Air,
    /// By train.
    Rail,
    /// By bus.
    Bus,
    /// By car.
    Car,
    /// By ship.
    Ferry,
    /// On foot.
    Foot,
    /// No movement.
    Stay,
    /// Not said: treated as overland.
    #[default]
    Unknown,
}

impl Mode {
    /// Whether the way itself must be known: everything but flying and staying.
    pub fn is_overland(self) -> bool {
        !matches!(self, Self::Air | Self::Stay)
    }

    /// The word used in documents.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Air => "air",
            Self::Rail => "rail",
            Self::Bus => "bus",
            Self::Car => "car",
            Self::Ferry => "ferry",
            Self::Foot => "foot",
            Self::Stay => "stay",
            Self::Unknown => "unknown",
        }
    }
}

/// How a stop is only passed through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Transit {
    /// Changing planes without entering the country: counts one class lower, never silently.
    Airside,
    /// Changing vehicles after entering the country.
    Landside,
}

/// The caller's own id of a member of the party.
pub type TravellerId = String;

/// A place in an itinerary, with the time spent there.
#[derive(Clone, Debug)]
pub struct Stop {
    /// The caller's id.
    pub id: String,
    /// Where; none when it could not be found, which makes the stop indeterminate.
    pub place: Result<LocatedPlace, String>,
    /// When, as wide as it is unknown.
    pub window: Window,
    /// Whether the stop is only a change.
    pub transit: Option<Transit>,
    /// JSON pointer to the stop in the caller's document.
    pub pointer: String,
    /// What else the document says, or leaves open, that the answer about this stop may depend on.
    pub doubts: Vec<Doubt>,
}

/// Something in the caller's document that keeps the answer from being complete.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Doubt {
    /// What, for a person to read.
    pub detail: String,
    /// Where in the document.
    pub pointer: String,
}

impl Stop {
    /// What its place is called; its id where that is not known.
    pub fn name(&self) -> &str {
        self.place.as_ref().map_or(self.id.as_str(), |place| place.name.as_str())
    }
}

/// A movement between two stops.
#[derive(Clone, Debug)]
pub struct Leg {
    /// The caller's id.
    pub id: String,
    /// Index of the stop it leaves.
    pub from: usize,
    /// Index of the stop it reaches.
    pub to: usize,
    /// How.
    pub mode: Mode,
    /// The way taken, where the caller gave it.
    pub line: Option<Line>,
    /// What a routing engine found, where one was asked because no way is given.
    pub routed: Option<Routed>,
    /// When it may leave.
    pub departs: Window,
    /// When it may arrive.
    pub arrives: Window,
    /// JSON pointer to the leg in the caller's document; to the itinerary for a leg that was not written down.
    pub pointer: String,
}

impl Leg {
    /// How long a straight piece of a way may be, in metres. Tracks and routes have a point every few kilometres, and ways simplified to be
    /// drawn keep a motorway's bends within some tens; two towns further apart with nothing between them are no way from one to the other.
    const STRAIGHT_M: f64 = 60_000.0;

    /// The straight pieces of the way given that are too long to be the way: what lies between their ends is not known. A ship's way is
    /// straight where the water lets it.
    pub fn jumps(&self) -> impl Iterator<Item = (Position, Position)> {
        let line = self.line.iter().filter(|_| self.mode.is_overland() && self.mode != Mode::Ferry);
        line.flat_map(|line| line.pieces().iter().zip(line.metres())).flat_map(|(vertices, metres)| {
            let pieces = vertices.windows(2).zip(metres.windows(2));
            let jumps = pieces.filter(|(_, metres)| metres[1] - metres[0] > Self::STRAIGHT_M);
            jumps.map(|(ends, _)| (Position::from(ends[0]), Position::from(ends[1])))
        })
    }
}

/// An ordered plan, its places found and its times widened where they were unknown.
#[derive(Clone, Debug)]
pub struct Itinerary {
    /// The caller's reference.
    pub reference: Option<String>,
    /// Who travels; never empty.
    pub party: Vec<(TravellerId, Traveller)>,
    /// Where, in order; never empty.
    pub stops: Vec<Stop>,
    /// The movements between them, in order.
    pub legs: Vec<Leg>,
}

impl Itinerary {
    /// The travellers who differ in what advisories care about, each with the places in the party of those who are alike.
    pub fn travellers(&self) -> Vec<(&Traveller, Vec<usize>)> {
        let mut found: Vec<(&Traveller, Vec<usize>)> = Vec::new();
        for (i, (_, traveller)) in self.party.iter().enumerate() {
            match found.iter_mut().find(|(known, _)| *known == traveller) {
                Some((_, places)) => places.push(i),
                None => found.push((traveller, vec![i])),
            }
        }
        found
    }
}
