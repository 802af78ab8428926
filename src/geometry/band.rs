//! Bands around borders: boxes in longitude and latitude around short runs of edges, widened by the accuracy of the outline.

use super::index::Member;
use super::near::Part;
use super::shape::{Bounds, Vertex};
use rstar::AABB;
use rstar::primitives::{GeomWithData, Rectangle};

/// A box of degrees: longitude, latitude.
pub(super) type DegreeBox = AABB<[f64; 2]>;

/// No more than the metres in a degree of latitude, anywhere.
const LEAST_METRES_PER_DEGREE: f64 = 110_500.0;
/// Nearer to a pole than this latitude, what is widened goes around it.
const POLAR: f64 = 89.5;
const TURN: f64 = 360.0;

/// The box of a run of border edges, with member and run; a band across ±180 has a box at either end of the map.
pub(super) type Band = GeomWithData<Rectangle<[f64; 2]>, (u32, u32)>;

impl Part for Band {
    fn all(id: u32, member: &Member) -> impl Iterator<Item = Self> {
        (0_u32..).zip(member.border().runs_of_edges()).flat_map(move |(run, edges)| {
            let around = Bounds::of(edges).map(|bounds| widened(&degrees(bounds), member.accuracy_m));
            let names =
                around.into_iter().flat_map(|around| turns_on_map(&around).map(move |turns| turned(&around, turns)));
            names.map(move |b| Self::new(Rectangle::from_aabb(b), (id, run)))
        })
    }

    fn member(&self) -> u32 {
        self.data.0
    }
}

/// A box of vertices in degrees.
pub(super) fn degrees(bounds: Bounds) -> DegreeBox {
    let corner = |v: Vertex| [v.lon_degrees(), v.lat_degrees()];
    AABB::from_corners(corner(bounds.min), corner(bounds.max))
}

/// A box around everything within some metres of what is in another; it may reach over ±180, and goes around a pole it comes near to.
pub(super) fn widened(bounds: &DegreeBox, metres: f64) -> DegreeBox {
    let ([west, south], [east, north]) = (bounds.lower(), bounds.upper());
    let by_lat = metres / LEAST_METRES_PER_DEGREE;
    let (south, north) = (south - by_lat, north + by_lat);
    let farthest = north.max(-south);
    if farthest > POLAR {
        return AABB::from_corners([-TURN / 2.0, south], [TURN / 2.0, north]);
    }
    let by_lon = by_lat / farthest.to_radians().cos();
    AABB::from_corners([west - by_lon, south], [east + by_lon, north])
}

/// The same box some turns farther east.
pub(super) fn turned(bounds: &DegreeBox, turns: f64) -> DegreeBox {
    let to = |[lon, lat]: [f64; 2]| [lon + turns * TURN, lat];
    AABB::from_corners(to(bounds.lower()), to(bounds.upper()))
}

/// By how many turns a box can be moved so that some of it lies within ±180.
pub(super) fn turns_on_map(bounds: &DegreeBox) -> impl Iterator<Item = f64> + use<> {
    let (west, east) = (bounds.lower()[0], bounds.upper()[0]);
    let is_on_map = move |turns: &f64| west + turns * TURN <= TURN / 2.0 && east + turns * TURN >= -TURN / 2.0;
    [0.0, -1.0, 1.0].into_iter().filter(is_on_map)
}
