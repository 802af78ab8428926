//! Metres along an edge: how long it is, and how far along it a place lies.
//!
//! An edge is straight in longitude and latitude: longer than the shortest path between its ends, and a degree of it is not as long
//! everywhere. So it is measured in parts of at most 0.2 degrees either way, each as the shortest path between its ends and evenly from
//! one to the other. The scale varies within a part by no more than its meridians turn: no stretch of an edge, however short, is
//! wrong by more than 0.1 %, and its whole length by two parts in a million. The edges of roads have one part and cost nothing more.

use super::metric::{Space, arc, chord2, space, space_of};
use super::shape::Vertex;

/// The longest part of an edge, in units (0.2 degree).
const PART: u32 = 2_000_000;

/// An edge, measured.
pub(super) struct Ruler {
    length_m: f64,
    /// The metres from the beginning of the edge to the end of each part; none where there is one part.
    marks: Vec<f64>,
}

impl Ruler {
    /// The ruler of an edge of known length.
    pub fn of(a: Vertex, b: Vertex, length_m: f64) -> Self {
        if parts(a, b) == 1 { Self { length_m, marks: Vec::new() } } else { Self::in_parts(a, b) }
    }

    fn in_parts(a: Vertex, b: Vertex) -> Self {
        let count = parts(a, b);
        let ((lat, lon), to) = (a.degrees(), b.degrees());
        let (mut last, mut length_m) = (space_of(a), 0.0);
        let mark = |i: u32| {
            let t = f64::from(i) / f64::from(count);
            let here = space(lat + (to.0 - lat) * t, lon + (to.1 - lon) * t);
            length_m += apart_m(last, here);
            last = here;
            length_m
        };
        let marks: Vec<f64> = (1..=count).map(mark).collect();
        Self { length_m, marks }
    }

    /// The metres from the beginning to a parameter, 0.0 there and 1.0 at the end; exact at the ends.
    // a parameter times a number of parts
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
    pub fn at_m(&self, t: f64) -> f64 {
        if self.marks.is_empty() {
            return t * self.length_m;
        }
        let along = t * self.marks.len() as f64;
        let part = (along as usize).min(self.marks.len() - 1);
        let (from_m, to_m) = self.part(part);
        let share = along - part as f64;
        from_m * (1.0 - share) + to_m * share
    }

    /// The parameter that many metres from the beginning.
    #[allow(clippy::cast_precision_loss)]
    pub fn at_parameter(&self, metres: f64) -> f64 {
        if self.marks.is_empty() {
            return (metres / self.length_m).clamp(0.0, 1.0);
        }
        let part = self.marks.partition_point(|mark| *mark < metres).min(self.marks.len() - 1);
        let (from_m, to_m) = self.part(part);
        ((part as f64 + ((metres - from_m) / (to_m - from_m)).clamp(0.0, 1.0)) / self.marks.len() as f64).min(1.0)
    }

    fn part(&self, part: usize) -> (f64, f64) {
        (if part == 0 { 0.0 } else { self.marks[part - 1] }, self.marks[part])
    }
}

/// The length of each edge of a line, in metres.
pub(super) fn lengths_m(line: &[Vertex]) -> Vec<f64> {
    let places: Vec<Space> = line.iter().map(|v| space_of(*v)).collect();
    let edges = line.windows(2).zip(places.windows(2));
    let length_m = |(ends, places): (&[Vertex], &[Space])| match parts(ends[0], ends[1]) {
        1 => apart_m(places[0], places[1]),
        _ => Ruler::in_parts(ends[0], ends[1]).length_m,
    };
    edges.map(length_m).collect()
}

/// In how many parts an edge is measured.
fn parts(a: Vertex, b: Vertex) -> u32 {
    a.lon.abs_diff(b.lon).max(a.lat.abs_diff(b.lat)).div_ceil(PART).max(1)
}

/// Between places near each other.
fn apart_m(a: Space, b: Space) -> f64 {
    arc(chord2(a, b).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Position;
    use proptest::prelude::*;

    proptest! {
        /// Against the geodesics between places so near each other that between them the edge is one.
        #[test]
        fn no_stretch_is_wrong_by_a_thousandth(
            ends in proptest::array::uniform2((prop_oneof![-90.0..90.0_f64, 84.0..90.0_f64], -180.0..180.0_f64)),
            short in any::<bool>(),
            from in 0.0..1.0_f64,
            share in 1e-4..1.0_f64,
        ) {
            let [a, b] = ends;
            // as often an edge of one part
            let b = if short { ((a.0 + (b.0 - a.0) / 900.0).min(90.0), a.1 + (b.1 - a.1) / 1800.0) } else { b };
            let (a, b) = (Vertex::nearest(a.0, a.1), Vertex::nearest(b.0, b.1));
            let ruler = Ruler::of(a, b, lengths_m(&[a, b])[0]);
            let to = from + (1.0 - from) * share;
            let (start, end) = (a.degrees(), b.degrees());
            let place = |t: f64| (start.0 + (end.0 - start.0) * t, start.1 + (end.1 - start.1) * t);
            let steps = 2000;
            let at = |i: i32| place(from + (to - from) * f64::from(i) / f64::from(steps));
            let exact: f64 = (0..steps).map(|i| crate::geometry::metric::distance_m(at(i), at(i + 1))).sum();
            let found = ruler.at_m(to) - ruler.at_m(from);
            // places near each other are known to a few nanometres
            prop_assert!((found - exact).abs() <= exact * 0.001 + 1e-4, "{found} m for {exact}");
            prop_assert!((ruler.at_parameter(ruler.at_m(from)) - from).abs() < 1e-9 || a.lat == b.lat && exact < 1.0);
        }
    }

    #[test]
    fn a_long_parallel_is_longer_than_the_way_between_its_ends() {
        let [a, b] = [Vertex::nearest(60.0, -40.0), Vertex::nearest(60.0, 40.0)];
        // the circle of latitude 60 has a radius of N·cos φ = 3,197,104.587 m
        let exact = 3_197_104.587 * 80.0_f64.to_radians();
        let length_m = lengths_m(&[a, b])[0];
        assert!((length_m / exact - 1.0).abs() < 1e-6, "{length_m} for {exact}");
        let direct = Position::from(a).distance_m(Position::from(b));
        assert!(length_m > direct * 1.06, "{length_m} {direct}");
    }

    #[test]
    fn ends_are_exact_and_places_found_again() {
        let [a, b] = [Vertex::nearest(-12.0, 100.0), Vertex::nearest(71.3, 170.0)];
        let length_m = lengths_m(&[a, b])[0];
        let ruler = Ruler::of(a, b, length_m);
        assert_eq!((ruler.at_m(0.0), ruler.at_m(1.0)), (0.0, length_m));
        assert_eq!((ruler.at_parameter(0.0), ruler.at_parameter(length_m * 2.0)), (0.0, 1.0));
        for t in [0.1, 0.333, 0.9] {
            assert!((ruler.at_parameter(ruler.at_m(t)) - t).abs() < 1e-12);
        }
    }
}
