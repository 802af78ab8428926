//! Geodesic edges followed by planar ones: vertices are added until both lie within a stated tolerance.

use super::error::ShapeError;
use super::geodesic::{Degrees, between, degrees, distance_m, grid};
use super::plane::{POLE, Point};

/// The finest tolerance taken, in metres: a tenth of a metre is ten grid units.
const MIN_TOLERANCE_M: f64 = 0.1;
/// Halvings of one edge: half the Earth's circumference down to 20 m.
const MAX_HALVINGS: usize = 20;

/// A path whose planar edges lie within `tolerance_m` of the shortest paths between the given vertices.
pub(super) fn densify(path: &[Point], tolerance_m: f64) -> Result<Vec<Point>, ShapeError> {
    if !tolerance_m.is_finite() || tolerance_m < MIN_TOLERANCE_M {
        return Err(ShapeError::Distance { value: tolerance_m, expected: "a tolerance of at least 0.1 metres" });
    }
    let mut out = Vec::with_capacity(path.len());
    for (i, &b) in path.iter().enumerate() {
        if i > 0 {
            let a = path[i - 1];
            // an edge along a pole has no length, one along a meridian is straight in both senses
            if a.x != b.x && !(a.y == b.y && a.y.abs() == POLE) {
                halve(degrees(a), degrees(b), tolerance_m, MAX_HALVINGS, &mut out);
            }
        }
        out.push(b);
    }
    Ok(out)
}

/// Adds the vertices strictly between `a` and `b`.
fn halve(a: Degrees, b: Degrees, tolerance_m: f64, left: usize, out: &mut Vec<Point>) {
    // three places, because an edge that crosses the equator evenly is right in the middle and wrong beside it
    let off = [0.25, 0.5, 0.75].map(|share| {
        let true_place = between(a, b, share);
        distance_m(true_place, abreast(a, b, true_place))
    });
    // the largest deviation may lie between the three places: a parabola through them is at most 4/3 of its highest sample
    if left == 0 || off.iter().all(|&m| m * 1.4 <= tolerance_m) {
        return;
    }
    let middle = between(a, b, 0.5);
    halve(a, middle, tolerance_m, left - 1, out);
    out.push(grid(middle));
    halve(middle, b, tolerance_m, left - 1, out);
}

/// The place on the planar edge at the longitude, or on a steep edge the latitude, of a place beside it.
fn abreast(a: Degrees, b: Degrees, place: Degrees) -> Degrees {
    let edge = b - a;
    let share =
        if edge.x().abs() >= edge.y().abs() { (place.x() - a.x()) / edge.x() } else { (place.y() - a.y()) / edge.y() };
    a + edge * share.clamp(0.0, 1.0)
}
