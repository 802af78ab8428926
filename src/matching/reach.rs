//! What lies within reach of a way that is not known; searched once for each pair of places, since many travel between the same.

use std::sync::Arc;

use moka::sync::Cache;

use crate::geometry::{Line, Position, ShapeId, ShapeIndex, Vertex};

/// How much longer than the straight line a way may be: roads around a lake or a range seldom are longer than half as much again.
const DETOUR: f64 = 1.5;

/// What a detour may always add, in metres, however short the leg: a town's ring road.
const DETOUR_ALWAYS_M: f64 = 5_000.0;

/// How long the pieces of a great circle are, in metres: straight in longitude and latitude, they keep near enough to it.
const STEP_M: f64 = 20_000.0;

/// Shapes remembered, over all pairs of places: eight megabytes of them.
const REMEMBERED: u64 = 1_000_000;
/// What a pair itself takes, counted in shapes.
const PAIR: usize = 16;

/// The longest way between two places that is reckoned with, in metres.
pub fn longest_m(from: Position, to: Position) -> f64 {
    from.distance_m(to) * DETOUR + DETOUR_ALWAYS_M
}

/// How far from the straight line a way may run that is not known, in metres.
///
/// All ways from one place to another that are at most [`longest_m`] long lie in an ellipse around the two; every point of it is nearer to the
/// line than its half-width.
pub fn reach_m(from: Position, to: Position) -> f64 {
    let straight_m = from.distance_m(to);
    (longest_m(from, to).powi(2) - straight_m.powi(2)).sqrt() / 2.0 + from.accuracy_m().max(to.accuracy_m())
}

/// The straight line between two places; none where they are one.
pub fn straight(from: Position, to: Position) -> Option<Line> {
    Line::great_circle(from, to, STEP_M).ok()
}

/// What lies within reach of a way that is not known.
#[derive(Clone, Debug, PartialEq)]
pub struct Reach {
    /// The shapes, and whether the straight line itself touches them.
    pub shapes: Vec<(ShapeId, bool)>,
    /// How far from the straight line the way may run, in metres.
    pub metres: f64,
}

impl Reach {
    fn search(index: &ShapeIndex, from: Position, to: Position) -> Self {
        let metres = reach_m(from, to);
        let shapes = match straight(from, to) {
            Some(line) => index.within_line(line.pieces(), metres),
            None => index.within(from, metres).into_iter().map(|(shape, away_m)| (shape, away_m <= 0.0)).collect(),
        };
        Self { shapes, metres }
    }
}

/// Two places, each with the bits of its accuracy.
type Ends = [(Vertex, u64); 2];

/// What was found of late, for one set of shapes.
#[derive(Debug)]
pub(super) struct Reaches {
    known: Cache<Ends, Arc<Reach>>,
}

impl Default for Reaches {
    fn default() -> Self {
        let weight = |_: &Ends, reach: &Arc<Reach>| u32::try_from(reach.shapes.len() + PAIR).unwrap_or(u32::MAX);
        Self { known: Cache::builder().max_capacity(REMEMBERED).weigher(weight).build() }
    }
}

impl Reaches {
    /// What lies within reach between two places.
    pub fn between(&self, index: &ShapeIndex, from: Position, to: Position) -> Arc<Reach> {
        let ends = [from, to].map(|end| (end.vertex(), end.accuracy_m().to_bits()));
        self.known.get_with(ends, || Arc::new(Reach::search(index, from, to)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::{Entry, Policy, Polygon, Shape};

    #[test]
    fn what_is_remembered_is_what_would_be_found() {
        let side = |lon: i32, lat: i32| Vertex { lon: lon * 10_000_000, lat: lat * 10_000_000 };
        let shell = vec![side(104, 12), side(105, 12), side(105, 13), side(104, 13), side(104, 12)];
        let shape = Arc::new(Shape::from_canonical(vec![Polygon { shell, holes: vec![] }]));
        let index = ShapeIndex::build(vec![Entry { shape, accuracy_m: 0.0, policy: Policy::Closed }]);
        let reaches = Reaches::default();
        let at = |lon: f64, accuracy_m: f64| {
            Position::new(12.5, lon).and_then(|at| at.with_accuracy(accuracy_m)).expect("a position")
        };
        // apart from each other by place and accuracy alone: through it, near it, far from it
        for (from, to) in [(103.0, 106.0), (102.0, 103.6), (90.0, 90.2), (90.0, 90.0), (103.0, 106.0)] {
            for accuracy_m in [0.0, 20_000.0, 0.0] {
                let (from, to) = (at(from, accuracy_m), at(to, 0.0));
                assert_eq!(*reaches.between(&index, from, to), Reach::search(&index, from, to));
            }
        }
        let met = |from, to| reaches.between(&index, at(from, 0.0), at(to, 0.0)).shapes.clone();
        assert_eq!(met(103.0, 106.0), [(ShapeId(0), true)]);
        assert_eq!(met(102.0, 103.6), [(ShapeId(0), false)]);
        assert_eq!(met(90.0, 90.2), []);
    }
}
