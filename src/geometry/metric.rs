//! Metres: places on the WGS 84 ellipsoid in space, and geodesic distance.
//!
//! Nearness is compared along straight chords through the Earth, which need no case for ±180 or the poles, and turned into
//! geodesic metres at the end. Up to [`CHORD_LIMIT_M`] the arc is the chord corrected for curvature, exact to one part in
//! 10⁷; beyond, it is Karney's geodesic.

use super::shape::Vertex;
use geo::{Distance as _, Geodesic, Point};

/// Semi-major axis of WGS 84, metres.
pub(super) const A: f64 = 6_378_137.0;
/// Flattening of WGS 84.
const F: f64 = 1.0 / 298.257_223_563;
/// First eccentricity, squared.
pub(super) const E2: f64 = F * (2.0 - F);
/// Mean radius; the radii of curvature lie within 0.56 % of it.
const R: f64 = 6_371_008.8;
/// Chords up to this length become arcs by a series; longer ones are measured as geodesics.
pub const CHORD_LIMIT_M: f64 = 100_000.0;

/// A place in space, metres from the centre of the Earth.
pub type Space = [f64; 3];

/// The place of a latitude and longitude in degrees.
pub fn space(lat: f64, lon: f64) -> Space {
    let (sin_lat, cos_lat) = lat.to_radians().sin_cos();
    let (sin_lon, cos_lon) = lon.to_radians().sin_cos();
    let n = A / (1.0 - E2 * sin_lat * sin_lat).sqrt();
    [n * cos_lat * cos_lon, n * cos_lat * sin_lon, n * (1.0 - E2) * sin_lat]
}

/// The place of a vertex.
pub fn space_of(v: Vertex) -> Space {
    space(v.lat_degrees(), v.lon_degrees())
}

/// The square of the chord between two places.
pub fn chord2(a: Space, b: Space) -> f64 {
    let d = [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
    d[0] * d[0] + d[1] * d[1] + d[2] * d[2]
}

/// The arc over a short chord, in metres.
pub fn arc(chord: f64) -> f64 {
    chord * (1.0 + chord * chord / (24.0 * R * R))
}

/// No less than the chord between any two places that are some metres apart along the ground: nothing on the Earth bends less than this.
pub fn longest_chord(metres: f64) -> f64 {
    /// The radius of curvature at the poles is 6,399,594 m.
    const FLATTEST: f64 = 6_400_000.0;
    2.0 * FLATTEST * (metres / (2.0 * FLATTEST)).min(std::f64::consts::FRAC_PI_2).sin()
}

/// No less than the metres along an edge that is straight in longitude and latitude.
pub fn longest_edge_m(a: Vertex, b: Vertex) -> f64 {
    let lat = if (a.lat < 0) == (b.lat < 0) { a.lat_degrees().abs().min(b.lat_degrees().abs()) } else { 0.0 };
    let (by_lat, by_lon) = (b.lat_degrees() - a.lat_degrees(), b.lon_degrees() - a.lon_degrees());
    111_700.0 * (by_lat.abs() + by_lon.abs() * lat.to_radians().cos())
}

/// Geodesic distance in metres between two latitudes and longitudes in degrees.
pub fn distance_m(a: (f64, f64), b: (f64, f64)) -> f64 {
    let chord = chord2(space(a.0, a.1), space(b.0, b.1)).sqrt();
    if chord <= CHORD_LIMIT_M { arc(chord) } else { Geodesic.distance(Point::new(a.1, a.0), Point::new(b.1, b.0)) }
}

/// Metres in one unit of latitude and of longitude at a latitude in degrees.
pub fn metres_per_unit(lat: f64) -> (f64, f64) {
    let (sin_lat, cos_lat) = lat.to_radians().sin_cos();
    let w2 = 1.0 - E2 * sin_lat * sin_lat;
    let n = A / w2.sqrt();
    let unit = (1e-7_f64).to_radians();
    (n * (1.0 - E2) / w2 * unit, n * cos_lat * unit)
}

/// No more than the metres in one unit of latitude, and of longitude within half a degree of it, at a latitude in degrees.
pub fn least_metres_per_unit(lat: f64) -> (f64, f64) {
    const LEAST: f64 = 6_335_400.0 * 1e-7 * std::f64::consts::PI / 180.0;
    (LEAST, LEAST * 0.9999 * lat.to_radians().cos())
}
