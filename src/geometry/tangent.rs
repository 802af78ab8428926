//! The plane that touches the Earth at a place: distances and directions from that place are true (azimuthal equidistant).

use super::geodesic::{Degrees, azimuth, destination, distance_m};

/// A place in the tangent plane, in metres east and north of its centre.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub(super) struct Plane {
    pub east: f64,
    pub north: f64,
}

impl Plane {
    pub fn dot(self, other: Self) -> f64 {
        self.east * other.east + self.north * other.north
    }

    pub fn toward(azimuth: f64) -> Self {
        Self { east: azimuth.sin(), north: azimuth.cos() }
    }

    pub fn turn(o: Self, a: Self, b: Self) -> f64 {
        (a.east - o.east) * (b.north - o.north) - (a.north - o.north) * (b.east - o.east)
    }

    pub fn middle(a: Self, b: Self) -> Self {
        Self { east: f64::midpoint(a.east, b.east), north: f64::midpoint(a.north, b.north) }
    }
}

/// The place on the Earth at a place in the plane that touches it at `centre`.
pub(super) fn place(centre: Degrees, p: Plane) -> Degrees {
    destination(centre, p.east.atan2(p.north).to_degrees(), p.east.hypot(p.north))
}

/// A place in the plane that touches the Earth at `centre`.
pub(super) fn in_plane(centre: Degrees, p: Degrees) -> Plane {
    if p == centre {
        return Plane { east: 0.0, north: 0.0 };
    }
    let (toward, metres) = (Plane::toward(azimuth(centre, p).to_radians()), distance_m(centre, p));
    Plane { east: toward.east * metres, north: toward.north * metres }
}

/// The corners of the convex hull in clockwise order (Andrew's monotone chain).
pub(super) fn hull(mut points: Vec<Plane>) -> Vec<Plane> {
    points.sort_unstable_by(|a, b| a.east.total_cmp(&b.east).then(a.north.total_cmp(&b.north)));
    points.dedup();
    if points.len() < 3 {
        return points;
    }
    let mut corners: Vec<Plane> = Vec::new();
    let backwards: Vec<Plane> = points.iter().rev().copied().collect();
    for side in [points, backwards] {
        let base = corners.len();
        for p in side {
            while corners.len() >= base + 2
                && Plane::turn(corners[corners.len() - 2], corners[corners.len() - 1], p) >= 0.0
            {
                corners.pop();
            }
            corners.push(p);
        }
        corners.pop();
    }
    corners
}
