//! Fewer vertices without losing area: outlines for maps, where a danger area may look larger but never smaller.

use i_overlay::core::fill_rule::FillRule;
use i_overlay::core::overlay_rule::OverlayRule;

use super::error::ShapeError;
use super::line::Line;
use super::plane::{Point, cross, overlay, point};
use super::repair::shape_of;
use super::shape::{Polygon, Shape, UNITS_PER_DEGREE, Vertex};

/// Metres in a degree of latitude, at most (at the poles).
const METRES_PER_DEGREE: f64 = 111_694.0;
/// The most vertices one edge replaces; bounds the work, as every one of them is looked at for every longer edge tried.
const MAX_REPLACED: usize = 256;

impl Shape {
    /// The shape with dents of at most `tolerance_m` metres filled: it contains the original (but for a centimetre where edges cross anew)
    /// and nothing further than the tolerance from it. At least three vertices of every shell stay.
    ///
    /// # Errors
    /// When the tolerance is not a positive number of metres, and as [`super::area::union`].
    pub fn simplified_outward(&self, tolerance_m: f64) -> Result<Self, ShapeError> {
        if !tolerance_m.is_finite() || tolerance_m <= 0.0 {
            return Err(ShapeError::Distance { value: tolerance_m, expected: "a positive number of metres" });
        }
        // Every ring has its area on the left. Replacing a stretch that lies left of its chord by the chord adds the area between them
        // and takes none away, so no winding number goes down: what was covered stays covered, whatever the new edges cross.
        let contours: Vec<Vec<Point>> =
            self.polygons().iter().flat_map(Polygon::rings).map(|r| without_dents(r, tolerance_m)).collect();
        shape_of(overlay(&contours, [], OverlayRule::Subject, FillRule::Positive))
    }
}

impl Line {
    /// The line with vertices left out that lie within `tolerance_m` metres of it without them; its ends stay.
    #[must_use]
    pub fn simplified(&self, tolerance_m: f64) -> Self {
        let piece =
            |piece: &Vec<Vertex>| replaced(piece, |path| is_near(path, tolerance_m)).into_iter().map(point).collect();
        Self::from_points(self.pieces().iter().map(piece).collect())
    }
}

/// An open contour with chords instead of shallow dents.
fn without_dents(ring: &[Vertex], tolerance_m: f64) -> Vec<Point> {
    let mut kept = replaced(ring, |path| is_dent(path, tolerance_m));
    kept.pop();
    // a hole that was one dent is filled: two vertices enclose nothing
    kept.into_iter().map(point).collect()
}

/// A path with chords instead of the longest stretches that may be replaced by one.
fn replaced(path: &[Vertex], may: impl Fn(&[Vertex]) -> bool) -> Vec<Vertex> {
    let mut kept = vec![path[0]];
    let mut from = 0;
    while from < path.len() - 1 {
        let furthest = (path.len() - 1).min(from + MAX_REPLACED);
        let mut to = from + 1;
        while to < furthest && may(&path[from..=to + 1]) {
            to += 1;
        }
        kept.push(path[to]);
        from = to;
    }
    kept
}

/// Whether the vertices between the ends lie within the tolerance of the chord.
fn is_near(path: &[Vertex], tolerance_m: f64) -> bool {
    let (a, b) = (path[0], path[path.len() - 1]);
    a != b && path[1..path.len() - 1].iter().all(|&p| off_chord_m(a, b, p) <= tolerance_m)
}

/// Whether the vertices between the ends lie left of the chord and within the tolerance of it.
fn is_dent(path: &[Vertex], tolerance_m: f64) -> bool {
    let (a, b) = (path[0], path[path.len() - 1]);
    a != b && path[1..path.len() - 1].iter().all(|&p| cross(a, b, p) >= 0 && off_chord_m(a, b, p) <= tolerance_m)
}

/// An upper bound of the distance in metres from a vertex to the chord.
fn off_chord_m(a: Vertex, b: Vertex, p: Vertex) -> f64 {
    let shrink = [a, b, p].iter().map(|v| v.lat_degrees().abs()).fold(90.0, f64::min).to_radians().cos();
    let metres = |from: i32, to: i32| (f64::from(to) - f64::from(from)) / UNITS_PER_DEGREE * METRES_PER_DEGREE;
    let chord = [metres(a.lon, b.lon) * shrink, metres(a.lat, b.lat)];
    let off = [metres(a.lon, p.lon) * shrink, metres(a.lat, p.lat)];
    let share = (off[0] * chord[0] + off[1] * chord[1]) / (chord[0] * chord[0] + chord[1] * chord[1]);
    let share = share.clamp(0.0, 1.0);
    (off[0] - share * chord[0]).hypot(off[1] - share * chord[1])
}
