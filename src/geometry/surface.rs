//! The area of rings on the WGS 84 ellipsoid, with edges straight in longitude and latitude as everywhere here.

use super::plane::{Point, Region, point};
use super::shape::{Shape, UNITS_PER_DEGREE, Vertex};

/// Equatorial radius of the WGS 84 ellipsoid in metres.
pub(super) const EQUATORIAL_RADIUS_M: f64 = 6_378_137.0;
/// Flattening of the WGS 84 ellipsoid.
const FLATTENING: f64 = 1.0 / 298.257_223_563;

/// The area in square metres between the equator and a latitude, for one radian of longitude.
fn below(lat: f64) -> f64 {
    let e2 = FLATTENING * (2.0 - FLATTENING);
    let e = e2.sqrt();
    let sin = lat.sin();
    let polar_radius = EQUATORIAL_RADIUS_M * (1.0 - FLATTENING);
    polar_radius * polar_radius / 2.0 * (sin / (1.0 - e2 * sin * sin) + (e * sin).atanh() / e)
}

/// The signed area of a closed ring in square metres, positive when counter-clockwise in longitude and latitude.
///
/// Green's theorem on the ellipsoid: the strip between an edge and the southernmost latitude, edge by edge, by Gauss-Legendre with two points
/// on at most a degree of latitude (relative error under 10⁻⁹).
// a ring spans at most 1.08e10 units
#[allow(clippy::cast_precision_loss)]
pub(super) fn signed_ring_m2(ring: impl IntoIterator<Item = Point>) -> f64 {
    let radians = |units: i64| (units as f64 / UNITS_PER_DEGREE).to_radians();
    let mut points = ring.into_iter();
    let Some(mut a) = points.next() else { return 0.0 };
    // measured from the ring's own latitude, so that a small ring is not the difference of two large numbers
    let base = below(radians(a.y));
    let mut sum = 0.0;
    for b in points {
        if a.x != b.x {
            sum -= radians(b.x - a.x) * (mean_below(radians(a.y), radians(b.y)) - base);
        }
        a = b;
    }
    sum
}

/// The mean of [`below`] along an edge between two latitudes.
// a number of degrees
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn mean_below(from: f64, to: f64) -> f64 {
    const NODE: f64 = 0.211_324_865_405_187_1;
    let steps = ((to - from).abs().to_degrees().ceil() as u32).max(1);
    let step = (to - from) / f64::from(steps);
    (0..steps)
        .map(|i| {
            let start = from + step * f64::from(i);
            f64::midpoint(below(start + NODE * step), below(start + (1.0 - NODE) * step))
        })
        .sum::<f64>()
        / f64::from(steps)
}

/// The area of a region of the overlay engine in square metres.
pub(super) fn region_m2(region: &Region) -> f64 {
    region.iter().flatten().map(|c| signed_ring_m2(c.iter().chain(c.first()).copied())).sum()
}

/// The signed area of a canonical ring in square metres.
pub(super) fn ring_m2(ring: &[Vertex]) -> f64 {
    signed_ring_m2(ring.iter().map(|&v| point(v)))
}

impl Shape {
    /// The area in square metres on the WGS 84 ellipsoid, edges straight in longitude and latitude.
    pub fn area_m2(&self) -> f64 {
        // holes are clockwise and count negative
        self.polygons().iter().flat_map(super::shape::Polygon::rings).map(|r| ring_m2(r)).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_ellipsoid_has_its_known_area() {
        let corners = [(-180, -90), (180, -90), (180, 90), (-180, 90), (-180, -90)];
        let ring = corners.map(|(x, y)| Point::new(x * 10_000_000, y * 10_000_000));
        // Karney, GeographicLib: area of the WGS 84 ellipsoid
        assert!((signed_ring_m2(ring) / 510_065_621_724_088.4 - 1.0).abs() < 1e-9);
    }
}
