//! Distances and directions on the WGS 84 ellipsoid (Karney's geodesics), between points of the grid.

use geo::{Bearing, Destination, Distance, Geodesic, InterpolatePoint};

use super::plane::{Point, TURN};
use super::shape::UNITS_PER_DEGREE;

/// Longitude and latitude in degrees; longitude may lie outside ±180 where a path is followed across it.
pub(super) type Degrees = geo::Point<f64>;

/// The degrees of a grid point.
// at most 5.4e9
#[allow(clippy::cast_precision_loss)]
pub(super) fn degrees(p: Point) -> Degrees {
    Degrees::new(p.x as f64 / UNITS_PER_DEGREE, p.y as f64 / UNITS_PER_DEGREE)
}

/// The grid point nearest to degrees in range.
// in range: at most a few turns
#[allow(clippy::cast_possible_truncation)]
pub(super) fn grid(p: Degrees) -> Point {
    Point::new((p.x() * UNITS_PER_DEGREE).round() as i64, (p.y() * UNITS_PER_DEGREE).round() as i64)
}

/// The length in metres of the shortest path.
pub(super) fn distance_m(a: Degrees, b: Degrees) -> f64 {
    Geodesic.distance(a, b)
}

/// The direction of the shortest path from `a` to `b`, in degrees clockwise from north.
pub(super) fn azimuth(a: Degrees, b: Degrees) -> f64 {
    Geodesic.bearing(a, b)
}

/// The place `metres` from `origin` in a direction, its longitude within half a turn of the origin's.
pub(super) fn destination(origin: Degrees, azimuth: f64, metres: f64) -> Degrees {
    beside(Geodesic.destination(origin, azimuth, metres), origin.x())
}

/// The place at a share of the shortest path from `a` to `b`, its longitude within half a turn of `a`'s.
pub(super) fn between(a: Degrees, b: Degrees, share: f64) -> Degrees {
    beside(Geodesic.point_at_ratio_between(a, b, share), a.x())
}

/// The same place with its longitude moved by whole turns to within half a turn of another longitude.
// a small number of turns
#[allow(clippy::cast_precision_loss)]
fn beside(p: Degrees, lon: f64) -> Degrees {
    let turn = TURN as f64 / UNITS_PER_DEGREE;
    Degrees::new(p.x() + turn * ((lon - p.x()) / turn).round(), p.y())
}
