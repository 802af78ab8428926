//! Everything within a geodesic distance of a place, a line or an area.
//!
//! The target's outline is taken in short stretches. All points of a stretch are replaced by their convex hull, seen in the plane
//! that touches the Earth at the stretch's centre, where distances and directions from the centre are true (Gauss's lemma), and the hull is widened
//! by the distance: a polygon of tangents around it. The union of these polygons is the result. Every approximation errs outwards,
//! and together they stay within [`within_tolerance_m`].

use super::area::Target;
use super::error::ShapeError;
use super::geodesic::{Degrees, azimuth, degrees, destination, distance_m, grid};
use super::plane::{Point, Region, doubled_area, point, region, unite};
use super::shape::Polygon;
use super::surface::EQUATORIAL_RADIUS_M;
use super::unwrap::{fold, unwrap};
use i_overlay::core::fill_rule::FillRule;

/// The largest distance taken, in metres: a fifth of the way from the equator to a pole; tangent planes serve well below that.
pub const MAX_WITHIN_M: f64 = 2_000_000.0;

/// How far beyond the stated distance the result may reach, in metres: 10 m for 1 to 50 km, proportionally more above and
/// less below, at least 1 m.
pub fn within_tolerance_m(metres: f64) -> f64 {
    (metres / 100.0).clamp(1.0, 10.0).max(metres / 5_000.0)
}

/// How the tolerance is shared out: replacing a stretch by its hull, an arc by tangents, and a margin for rounding, curvature of the Earth
/// across a stretch and edges that are straight in degrees instead of in the tangent plane. The last tenth stays unused.
const HULL_SHARE: f64 = 0.4;
const ARC_SHARE: f64 = 0.4;
const MARGIN_SHARE: f64 = 0.1;
/// The share of the tolerance by which an edge straight in degrees may leave the tangent before it is divided.
const STRAIGHT_SHARE: f64 = 0.05;
/// Beyond this latitude degrees of longitude are too short to measure a stretch by: two points make one.
const POLAR_LATITUDE: f64 = 85.0;
/// How many polygons are united at a time; neighbours first, so that most of their outline is gone early.
const FAN_IN: usize = 4;

/// Everything within `metres` of the target, which is in `(0, MAX_WITHIN_M]`.
pub(super) fn around(target: Target<'_>, metres: f64) -> Result<Region, ShapeError> {
    let paths: Vec<Vec<Point>> = match target {
        Target::Point(position) => vec![vec![point(position.vertex())]],
        Target::Line(line) => line.pieces().iter().map(|p| p.iter().map(|&v| point(v)).collect()).collect(),
        Target::Shape(shape) => {
            shape.polygons().iter().flat_map(Polygon::rings).map(|r| r.iter().map(|&v| point(v)).collect()).collect()
        }
    };
    let widener = Widener::new(metres);
    let mut regions = Vec::new();
    for path in &paths {
        for stretch in widener.stretches(path) {
            regions.push(widener.widen(&stretch)?);
        }
    }
    if let Target::Shape(shape) = target {
        regions.push(region(shape.polygons()));
    }
    while regions.len() > 1 {
        regions = regions.chunks(FAN_IN).map(unite).collect();
    }
    Ok(regions.pop().unwrap_or_default())
}

/// A place in the tangent plane, in metres east and north of its centre.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
struct Plane {
    east: f64,
    north: f64,
}

impl Plane {
    fn dot(self, other: Self) -> f64 {
        self.east * other.east + self.north * other.north
    }

    fn toward(azimuth: f64) -> Self {
        Self { east: azimuth.sin(), north: azimuth.cos() }
    }

    fn turn(o: Self, a: Self, b: Self) -> f64 {
        (a.east - o.east) * (b.north - o.north) - (a.north - o.north) * (b.east - o.east)
    }

    fn middle(a: Self, b: Self) -> Self {
        Self { east: f64::midpoint(a.east, b.east), north: f64::midpoint(a.north, b.north) }
    }
}

/// The constants of one distance.
struct Widener {
    radius_m: f64,
    tolerance_m: f64,
    /// The largest half diagonal of a stretch. A point of the hull lies at most this far from points of the stretch on average of squares,
    /// so widening the hull reaches at most `half²/2d` further than widening the points.
    half_m: f64,
    directions: usize,
}

impl Widener {
    // a few hundred directions
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    fn new(metres: f64) -> Self {
        let tolerance_m = within_tolerance_m(metres);
        let radius_m = metres + MARGIN_SHARE * tolerance_m;
        // two tangents meet at radius / cos(half their angle)
        let half_angle = (radius_m / (radius_m + ARC_SHARE * tolerance_m)).acos();
        Self {
            radius_m,
            tolerance_m,
            half_m: (2.0 * metres * HULL_SHARE * tolerance_m).sqrt().min(metres),
            directions: (std::f64::consts::PI / half_angle).ceil().max(8.0) as usize,
        }
    }

    /// Cuts a path into stretches that share their ends, dividing longer edges.
    fn stretches(&self, path: &[Point]) -> Vec<Vec<Degrees>> {
        let mut stretches = Vec::new();
        let Some(&first) = path.first() else { return stretches };
        let mut current = Stretch::begin(degrees(first));
        for edge in path.windows(2) {
            let (a, b) = (degrees(edge[0]), degrees(edge[1]));
            let steps = self.steps(a, b);
            for i in 1..=steps {
                let next = if i == steps { b } else { a + (b - a) * (f64::from(i) / f64::from(steps)) };
                if !current.take(next, self.half_m) {
                    let last = current.points[current.points.len() - 1];
                    stretches.push(std::mem::replace(&mut current, Stretch::begin(last)).points);
                    current.points.push(next);
                    current.grow(next);
                }
            }
        }
        stretches.push(current.points);
        stretches
    }

    /// Into how many steps an edge is divided so that one step fits into a stretch.
    // bounded by the circumference over a metre
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    fn steps(&self, a: Degrees, b: Degrees) -> u32 {
        let equatorward = a.y().abs().min(b.y().abs());
        let east = metres_of((b.x() - a.x()).abs()) * equatorward.to_radians().cos();
        (east.hypot(metres_of(b.y() - a.y())) / (1.5 * self.half_m)).ceil().max(1.0) as u32
    }

    /// The polygon of tangents around a stretch.
    fn widen(&self, stretch: &[Degrees]) -> Result<Region, ShapeError> {
        let (centre, hull) = tangent_plane(stretch);
        let tangents = self.tangents(&hull);
        let corners: Vec<Plane> = (0..tangents.len())
            .map(|i| {
                let ((a, reach_a), (b, reach_b)) = (tangents[i], tangents[(i + 1) % tangents.len()]);
                let (u, v) = (Plane::toward(a), Plane::toward(b));
                let sine = u.east * v.north - u.north * v.east;
                Plane {
                    east: (reach_a * v.north - reach_b * u.north) / sine,
                    north: (reach_b * u.east - reach_a * v.east) / sine,
                }
            })
            .collect();
        let mut ring: Vec<Point> = Vec::with_capacity(corners.len() + 1);
        let divide = self.must_divide(centre);
        let mut from = (corners[corners.len() - 1], place(centre, corners[corners.len() - 1]));
        for &corner in &corners {
            let to = (corner, place(centre, corner));
            if divide {
                self.divide(centre, from, to, 16, &mut ring);
            }
            ring.push(grid(to.1));
            from = to;
        }
        ring.dedup();
        ring.extend(ring.first().copied());
        let reading = unwrap(&mut ring, "")?;
        if doubled_area(&ring) < 0 {
            ring.reverse();
        }
        if reading.crosses {
            return Ok(fold(&ring, FillRule::NonZero));
        }
        ring.pop();
        Ok(vec![vec![ring]])
    }

    /// Directions in radians clockwise from north, and how far from the centre the tangent across each lies.
    // a few hundred directions
    #[allow(clippy::cast_precision_loss)]
    fn tangents(&self, hull: &[Plane]) -> Vec<(f64, f64)> {
        let turn = 2.0 * std::f64::consts::PI;
        let step = turn / self.directions as f64;
        let mut angles: Vec<f64> = (0..self.directions).map(|i| step * i as f64).collect();
        if hull.len() > 1 {
            // across each edge of the hull, so that corners do not reach further than on a circle
            angles.extend((0..hull.len()).map(|i| {
                let (a, b) = (hull[i], hull[(i + 1) % hull.len()]);
                (b.north - a.north).atan2(a.east - b.east).rem_euclid(turn)
            }));
            angles.sort_unstable_by(f64::total_cmp);
            // tangents in nearly one direction meet nowhere in particular
            angles.dedup_by(|b, a| *b - *a < 1e-3 * step);
            while angles.len() > 1 && angles[0] + turn - angles[angles.len() - 1] < 1e-3 * step {
                angles.pop();
            }
        }
        angles
            .into_iter()
            .map(|angle| {
                let toward = Plane::toward(angle);
                let reach = hull.iter().map(|p| p.dot(toward)).fold(f64::MIN, f64::max);
                (angle, self.radius_m + reach)
            })
            .collect()
    }

    /// Whether edges straight in degrees may leave their tangent by more than their share: towards the poles they do.
    // a few hundred directions
    #[allow(clippy::cast_precision_loss)]
    fn must_divide(&self, centre: Degrees) -> bool {
        let reach = self.radius_m + 2.0 * self.half_m;
        let poleward = centre.y().abs() + (reach / EQUATORIAL_RADIUS_M).to_degrees() * 1.01;
        let edge_m = 2.0 * std::f64::consts::PI * reach / self.directions as f64;
        poleward >= 89.0
            || edge_m * edge_m / (8.0 * EQUATORIAL_RADIUS_M) * poleward.to_radians().tan()
                > STRAIGHT_SHARE * self.tolerance_m
    }

    /// Adds places along a tangent until edges straight in degrees follow it.
    fn divide(&self, centre: Degrees, from: (Plane, Degrees), to: (Plane, Degrees), left: u32, ring: &mut Vec<Point>) {
        let middle = Plane::middle(from.0, to.0);
        let true_middle = place(centre, middle);
        let turn = 360.0 * ((to.1.x() - from.1.x()) / 360.0).round();
        let straight = Degrees::new(f64::midpoint(from.1.x(), to.1.x() - turn), f64::midpoint(from.1.y(), to.1.y()));
        if left == 0 || distance_m(straight, true_middle) <= STRAIGHT_SHARE * self.tolerance_m {
            return;
        }
        let middle = (middle, true_middle);
        self.divide(centre, from, middle, left - 1, ring);
        ring.push(grid(true_middle));
        self.divide(centre, middle, to, left - 1, ring);
    }
}

/// Points of a path that are close together, and the box around them in degrees.
struct Stretch {
    points: Vec<Degrees>,
    min: Degrees,
    max: Degrees,
}

impl Stretch {
    fn begin(p: Degrees) -> Self {
        Self { points: vec![p], min: p, max: p }
    }

    fn grow(&mut self, p: Degrees) {
        self.min = Degrees::new(self.min.x().min(p.x()), self.min.y().min(p.y()));
        self.max = Degrees::new(self.max.x().max(p.x()), self.max.y().max(p.y()));
    }

    /// Takes the point in unless the box would grow beyond the half diagonal.
    fn take(&mut self, p: Degrees, half_m: f64) -> bool {
        let before = (self.min, self.max);
        self.grow(p);
        let equatorward =
            if self.min.y() * self.max.y() <= 0.0 { 0.0 } else { self.min.y().abs().min(self.max.y().abs()) };
        let east = metres_of(self.max.x() - self.min.x()) * equatorward.to_radians().cos();
        let fits = east.hypot(metres_of(self.max.y() - self.min.y())) <= 2.0 * half_m
            && (equatorward < POLAR_LATITUDE || self.points.len() < 2);
        if fits {
            self.points.push(p);
        } else {
            (self.min, self.max) = before;
        }
        fits
    }
}

/// An upper bound of the metres in an arc of degrees on the ellipsoid.
fn metres_of(degrees: f64) -> f64 {
    // the largest radius of curvature, at the poles, is 6,399,594 m
    degrees.to_radians() * 6_399_594.0
}

/// The place on the Earth at a place in the plane that touches it at `centre`.
fn place(centre: Degrees, p: Plane) -> Degrees {
    destination(centre, p.east.atan2(p.north).to_degrees(), p.east.hypot(p.north))
}

/// The centre of a stretch and, in the plane that touches the Earth there, the corners of its convex hull in clockwise order.
fn tangent_plane(stretch: &[Degrees]) -> (Degrees, Vec<Plane>) {
    let [first, .., last] = stretch else { return (stretch[0], vec![Plane { east: 0.0, north: 0.0 }]) };
    let polar = first.y().abs().max(last.y().abs()) >= POLAR_LATITUDE;
    let centre = if polar { *first } else { *first + (*last - *first) * 0.5 };
    // in degrees first: which points are on the hull does not depend on the scale of the axes
    let corners = hull(stretch.iter().map(|p| Plane { east: p.x(), north: p.y() }).collect());
    let in_metres = corners
        .into_iter()
        .map(|p| {
            let p = Degrees::new(p.east, p.north);
            if p == centre {
                return Plane { east: 0.0, north: 0.0 };
            }
            let (toward, metres) = (Plane::toward(azimuth(centre, p).to_radians()), distance_m(centre, p));
            Plane { east: toward.east * metres, north: toward.north * metres }
        })
        .collect();
    (centre, hull(in_metres))
}

/// The corners of the convex hull in clockwise order (Andrew's monotone chain).
fn hull(mut points: Vec<Plane>) -> Vec<Plane> {
    points.sort_unstable_by(|a, b| a.east.total_cmp(&b.east).then(a.north.total_cmp(&b.north)));
    points.dedup();
    if points.len() < 3 {
        return points;
    }
    let mut corners: Vec<Plane> = Vec::new();
    for upper in [true, false] {
        let base = corners.len();
        let mut add = |p: Plane| {
            while corners.len() >= base + 2
                && Plane::turn(corners[corners.len() - 2], corners[corners.len() - 1], p) >= 0.0
            {
                corners.pop();
            }
            corners.push(p);
        };
        if upper {
            points.iter().for_each(|&p| add(p))
        } else {
            points.iter().rev().for_each(|&p| add(p))
        }
        corners.pop();
    }
    corners
}
