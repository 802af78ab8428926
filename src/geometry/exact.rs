//! Exact predicates on the 10⁻⁷ degree grid: every answer is decided in integers.

use super::shape::{Polygon, Vertex};
use std::cmp::Ordering;

/// Half a turn of longitude, in units: where the map is cut.
pub const HALF_TURN: i32 = 1_800_000_000;
/// The latitude of the north pole, in units.
pub const POLE: i32 = 900_000_000;

/// On which side of the directed line `a → b` the vertex lies: `Greater` is left, `Equal` is on the line.
///
/// A longitude difference is at most 3.6·10⁹ and a latitude difference at most 1.8·10⁹, so each product fits 64 bits,
/// and comparing the products instead of subtracting them keeps it so.
#[inline]
pub fn side(a: Vertex, b: Vertex, p: Vertex) -> Ordering {
    let (dx, dy) = (i64::from(b.lon) - i64::from(a.lon), i64::from(b.lat) - i64::from(a.lat));
    let (px, py) = (i64::from(p.lon) - i64::from(a.lon), i64::from(p.lat) - i64::from(a.lat));
    (dx * py).cmp(&(dy * px))
}

/// Twice the signed area of the triangle `a, b, p`.
pub fn cross(a: Vertex, b: Vertex, p: Vertex) -> i128 {
    let (dx, dy) = (i64::from(b.lon) - i64::from(a.lon), i64::from(b.lat) - i64::from(a.lat));
    let (px, py) = (i64::from(p.lon) - i64::from(a.lon), i64::from(p.lat) - i64::from(a.lat));
    i128::from(dx * py) - i128::from(dy * px)
}

/// Whether the vertex lies on the closed edge `a – b`.
#[inline]
pub fn on_edge(a: Vertex, b: Vertex, p: Vertex) -> bool {
    side(a, b, p) == Ordering::Equal
        && (a.lon.min(b.lon)..=a.lon.max(b.lon)).contains(&p.lon)
        && (a.lat.min(b.lat)..=a.lat.max(b.lat)).contains(&p.lat)
}

/// Whether the edge `a – b` passes the vertex on its west, or at it: the step of the half-open rule.
///
/// The parity of these over all edges of a shape says whether the shape contains the vertex when western and southern borders
/// belong to it and eastern and northern ones do not: of shapes that tile the plane exactly one contains each vertex.
#[inline]
pub fn passes_west(a: Vertex, b: Vertex, p: Vertex) -> bool {
    let (low, high) = if a.lat <= b.lat { (a, b) } else { (b, a) };
    low.lat <= p.lat && p.lat < high.lat && side(low, high, p) != Ordering::Greater
}

/// The same place in canonical longitude names twice: `lon` ±180 is one meridian.
pub fn other_name(v: Vertex) -> Option<Vertex> {
    (v.lon.abs() == HALF_TURN).then_some(Vertex { lon: -v.lon, ..v })
}

/// Whether the vertex is a pole, which has every longitude.
pub fn is_pole(v: Vertex) -> bool {
    v.lat.abs() == POLE
}

/// The edges of all rings of a polygon.
pub fn edges(polygon: &Polygon) -> impl Iterator<Item = (Vertex, Vertex)> + Clone + '_ {
    polygon.rings().flat_map(|ring| ring.windows(2).map(|w| (w[0], w[1])))
}
