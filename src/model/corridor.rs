//! The operator's own table of usual ways: corridors between towns, and crossings of land borders.
//!
//! Usual is not certain: what is concluded from it is possible, never clear.

use super::{CountryCode, Mode, Texts};
use crate::geometry::{Line, Position};

/// How far from a corridor the ends of a leg may lie for it to be the usual way between them, in metres: an airport of its town.
const ENDS_M: f64 = 50_000.0;

/// A shorter part of a corridor says nothing about a leg.
const LEAST_M: f64 = 1_000.0;

/// The usual way between two towns, in either direction.
#[derive(Clone, Debug)]
pub struct Corridor {
    /// A word of its own in the table.
    pub id: String,
    /// What people call it, by language.
    pub names: Texts,
    /// Roughly where it runs, straight between places it passes.
    pub line: Line,
    /// The true way lies within this many metres of the line.
    pub width_m: f64,
    /// Where it comes from.
    pub source: String,
}

/// A place where travellers of all nationalities may cross a land border.
#[derive(Clone, Debug)]
pub struct Crossing {
    /// A word of its own in the table.
    pub id: String,
    /// What people call it, by language.
    pub names: Texts,
    /// Where, and how well that is known.
    pub position: Position,
    /// The two countries, in alphabetical order.
    pub between: [CountryCode; 2],
    /// Where it comes from.
    pub source: String,
}

/// The whole table.
#[derive(Clone, Debug, Default)]
pub struct Corridors {
    /// Usual ways.
    pub corridors: Vec<Corridor>,
    /// Crossings of land borders.
    pub crossings: Vec<Crossing>,
}

impl Corridors {
    /// Whether the table speaks of a way of travelling: its ways are roads.
    pub fn knows(mode: Mode) -> bool {
        matches!(mode, Mode::Bus | Mode::Car | Mode::Unknown)
    }

    /// The usual ways between two places: the corridors near both, each with its part between them, in the direction of travel.
    pub fn between(&self, from: Position, to: Position) -> impl Iterator<Item = (&Corridor, Line)> {
        self.corridors.iter().filter_map(move |corridor| {
            let near = |place: Position| {
                let (metres, apart_m) = corridor.line.nearest(place);
                (apart_m <= ENDS_M + place.accuracy_m()).then_some(metres)
            };
            let (a, b) = (near(from)?, near(to)?);
            ((a - b).abs() >= LEAST_M).then(|| corridor.line.part(a, b)).flatten().map(|part| (corridor, part))
        })
    }

    /// The crossings between two countries over which a way of at most `longest_m` metres, by straight lines, is possible.
    pub fn crossings(
        &self,
        (from, leaves): (Position, CountryCode),
        (to, enters): (Position, CountryCode),
        longest_m: f64,
    ) -> impl Iterator<Item = &Crossing> {
        self.crossings.iter().filter(move |crossing| {
            let joins = leaves != enters && crossing.between.contains(&leaves) && crossing.between.contains(&enters);
            joins && from.distance_m(crossing.position) + crossing.position.distance_m(to) <= longest_m
        })
    }
}
