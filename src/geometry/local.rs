//! The plane that touches the Earth somewhere, for many places near it: without trigonometry for each of them.

use super::metric::{A, E2};

/// Metres east and north of where a plane touches.
pub(super) type Plane = [f64; 2];

/// Up to this angle (5.7 degrees) sine and cosine are a short series, good to the last bit.
const SMALL: f64 = 0.1;

/// A plane that touches the ellipsoid, on which places fall straight down: distances in it are never longer than on the Earth, and shorter
/// by at most `r²/2R²` of them within `r` metres of where it touches. The far side of the Earth falls onto it as well.
pub(super) struct Local {
    lat: f64,
    lon: f64,
    sin_lat: f64,
    cos_lat: f64,
    /// Distance from the axis, and height over the plane of the equator.
    axis_m: f64,
    height_m: f64,
}

impl Local {
    /// Touching at a latitude and longitude in degrees.
    pub fn at(lat: f64, lon: f64) -> Self {
        let (lat, lon) = (lat.to_radians(), lon.to_radians());
        let (sin_lat, cos_lat) = lat.sin_cos();
        let normal = A / (1.0 - E2 * sin_lat * sin_lat).sqrt();
        Self { lat, lon, sin_lat, cos_lat, axis_m: normal * cos_lat, height_m: normal * (1.0 - E2) * sin_lat }
    }

    /// Where a latitude and longitude in degrees fall.
    pub fn place(&self, (lat, lon): (f64, f64)) -> Plane {
        let (by_lat, by_lon) = (lat.to_radians() - self.lat, lon.to_radians() - self.lon);
        let ((sin, cos), (sin_lon, cos_lon)) = (sin_cos(by_lat), sin_cos(by_lon));
        let (sin_lat, cos_lat) = (self.sin_lat * cos + self.cos_lat * sin, self.cos_lat * cos - self.sin_lat * sin);
        let normal = A / (1.0 - E2 * sin_lat * sin_lat).sqrt();
        let axis_m = normal * cos_lat;
        let (outwards, upwards) = (axis_m * cos_lon - self.axis_m, normal * (1.0 - E2) * sin_lat - self.height_m);
        [axis_m * sin_lon, self.cos_lat * upwards - self.sin_lat * outwards]
    }
}

fn sin_cos(x: f64) -> (f64, f64) {
    if x.abs() > SMALL {
        return x.sin_cos();
    }
    let x2 = x * x;
    let sin = x * (1.0 - x2 / 6.0 * (1.0 - x2 / 20.0 * (1.0 - x2 / 42.0 * (1.0 - x2 / 72.0))));
    let cos = 1.0 - x2 / 2.0 * (1.0 - x2 / 12.0 * (1.0 - x2 / 30.0 * (1.0 - x2 / 56.0)));
    (sin, cos)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::metric;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn places_are_where_they_are_in_space(lat in -90.0..90.0_f64, lon in -180.0..180.0_f64, dx in -7.0..7.0_f64, dy in -7.0..7.0_f64) {
            let (to_lat, to_lon) = ((lat + dy).clamp(-90.0, 90.0), lon + dx);
            let [east, north] = Local::at(lat, lon).place((to_lat, to_lon));
            let (from, to) = (metric::space(lat, lon), metric::space(to_lat, to_lon));
            let step = [to[0] - from[0], to[1] - from[1], to[2] - from[2]];
            let ((sin_lat, cos_lat), (sin_lon, cos_lon)) = (lat.to_radians().sin_cos(), lon.to_radians().sin_cos());
            let along = |axis: [f64; 3]| axis[0] * step[0] + axis[1] * step[1] + axis[2] * step[2];
            prop_assert!((along([-sin_lon, cos_lon, 0.0]) - east).abs() < 1e-6);
            prop_assert!((along([-sin_lat * cos_lon, -sin_lat * sin_lon, cos_lat]) - north).abs() < 1e-6);
        }
    }
}
