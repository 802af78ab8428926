//! Everything within a geodesic distance of a place, a line or an area.
//!
//! The target's outline is taken in short stretches. All points of a stretch are replaced by their convex hull, seen in the plane
//! that touches the Earth at the stretch's centre, where distances and directions from the centre are true (Gauss's lemma), and the hull is widened
//! by the distance: a polygon of tangents around it. The union of these polygons is the result. Every approximation errs outwards,
//! and together they stay within [`within_tolerance_m`].

use super::area::Target;
use super::error::ShapeError;
use super::geodesic::{Degrees, degrees, distance_m, grid};
use super::plane::{Point, Region, doubled_area, point, region, unite};
use super::shape::{Bounds, Polygon, Ring};
use super::surface::EQUATORIAL_RADIUS_M;
use super::tangent::{Plane, hull, in_plane, place};
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
/// The longest step along an edge in metres, so that a stretch stays small on the curved Earth.
const MAX_STEP_M: f64 = 20_000.0;
/// Halvings of an edge towards a pole: from 100 km to a metre and a half.
const MAX_HALVINGS: u32 = 16;
/// At what share of the distance from the last one a stretch is widened whole again; of those between, only what the two whole ones
/// before and after do not cover is. The result is the same for any share, this one is fast.
const ANCHOR_SHARE: f64 = 0.3;
/// How many polygons are united at a time; neighbours first, so that most of their outline is gone early.
const FAN_IN: usize = 4;

/// Everything within `metres` of the target, which is in `(0, MAX_WITHIN_M]`.
pub(super) fn around(target: Target<'_>, metres: f64) -> Result<Region, ShapeError> {
    let widener = Widener::new(metres);
    let mut regions = Vec::new();
    let paths: Vec<Vec<Point>> = match target {
        Target::Point(position) => vec![vec![point(position.vertex())]],
        Target::Line(line) => line.pieces().iter().map(|p| p.iter().map(|&v| point(v)).collect()).collect(),
        Target::Shape(shape) => {
            let mut polygons = shape.polygons().to_vec();
            for polygon in &mut polygons {
                polygon.holes.retain(|hole| !is_filled(hole, metres));
            }
            regions.push(region(&polygons));
            polygons.iter().flat_map(Polygon::rings).map(|r| r.iter().map(|&v| point(v)).collect()).collect()
        }
    };
    for path in &paths {
        let stretches: Vec<Stretch> = widener.stretches(path).iter().map(|points| Stretch::of(points)).collect();
        let anchors = widener.anchors(&stretches);
        for (i, stretch) in stretches.iter().enumerate() {
            let next = anchors.partition_point(|&anchor| anchor < i);
            let around = match anchors.get(next) {
                Some(anchor) if *anchor == i => &[][..],
                Some(_) => &[anchors[next - 1], anchors[next]],
                None => &[anchors[next - 1], anchors[0]],
            };
            let covers: Vec<Degrees> = around.iter().map(|&anchor| stretches[anchor].centre).collect();
            regions.extend(widener.widen(stretch, &covers)?);
        }
    }
    while regions.len() > 1 {
        regions = regions.chunks(FAN_IN).map(unite).collect();
    }
    Ok(regions.pop().unwrap_or_default())
}

/// Whether every place in a hole is within `metres` of its edge: no place is further from it than half the shorter side of the
/// box around it. Outside the shell a hole's edge is never nearer than the shell.
fn is_filled(hole: &Ring, metres: f64) -> bool {
    Bounds::of(hole).is_some_and(|b| {
        let (tall, wide) = (b.max.lat_degrees() - b.min.lat_degrees(), b.max.lon_degrees() - b.min.lon_degrees());
        metres_of(tall.min(wide)) <= 2.0 * metres
    })
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
        let mut current = Run::begin(degrees(first));
        for edge in path.windows(2) {
            let (a, b) = (degrees(edge[0]), degrees(edge[1]));
            let steps = self.steps(a, b);
            for i in 1..=steps {
                let next = if i == steps { b } else { a + (b - a) * (f64::from(i) / f64::from(steps)) };
                if !current.take(next, self.half_m) {
                    let last = current.points[current.points.len() - 1];
                    stretches.push(std::mem::replace(&mut current, Run::begin(last)).points);
                    current.points.push(next);
                    current.grow(next);
                }
            }
        }
        stretches.push(current.points);
        stretches
    }

    /// Which stretches are widened whole: the first, and every one that is far from the one before.
    fn anchors(&self, stretches: &[Stretch]) -> Vec<usize> {
        let mut anchors: Vec<usize> = Vec::new();
        for (i, stretch) in stretches.iter().enumerate() {
            let far = anchors.last().is_none_or(|&anchor| {
                let apart = stretch.centre - stretches[anchor].centre;
                let east = metres_of(apart.x()) * stretch.centre.y().to_radians().cos();
                east.hypot(metres_of(apart.y())) > ANCHOR_SHARE * self.radius_m
            });
            if far {
                anchors.push(i);
            }
        }
        anchors
    }

    /// Into how many steps an edge is divided. A step on its own is its own hull, so it may be longer than a stretch of several edges:
    /// as long as straight in degrees is straight in the tangent plane.
    // bounded by the circumference over the tolerance
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    fn steps(&self, a: Degrees, b: Degrees) -> u32 {
        let (equatorward, poleward) = (a.y().abs().min(b.y().abs()), a.y().abs().max(b.y().abs()));
        let equatorward = if a.y() * b.y() <= 0.0 { 0.0 } else { equatorward };
        let east = metres_of((b.x() - a.x()).abs()) * equatorward.to_radians().cos();
        let bend = 8.0 * EQUATORIAL_RADIUS_M / poleward.to_radians().tan().max(1e-3);
        let step = (bend * STRAIGHT_SHARE * self.tolerance_m).sqrt().clamp(self.tolerance_m, MAX_STEP_M);
        (east.hypot(metres_of(b.y() - a.y())) / step).ceil().max(1.0) as u32
    }

    /// The polygon of tangents around a stretch, less what lies well inside the circles around `covers`, which others fill.
    fn widen(&self, stretch: &Stretch, covers: &[Degrees]) -> Result<Option<Region>, ShapeError> {
        let centre = stretch.centre;
        let tangents = self.tangents(&stretch.hull);
        let mut corners: Vec<Plane> = (0..tangents.len())
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
        let poleward = self.poleward(centre);
        let divide = self.must_divide(poleward);
        // circles are convex in degrees too, except towards the poles
        if !divide && self.radius_m * poleward.to_radians().tan() < EQUATORIAL_RADIUS_M / 4.0 {
            for &cover in covers {
                self.drop_covered(&mut corners, in_plane(centre, cover));
            }
        }
        let Some(&last) = corners.last().filter(|_| corners.len() > 2) else { return Ok(None) };
        let mut ring: Vec<Point> = Vec::with_capacity(corners.len() + 1);
        let mut from = (last, place(centre, last));
        for &corner in &corners {
            let to = (corner, place(centre, corner));
            if divide {
                self.divide(centre, from, to, MAX_HALVINGS, &mut ring);
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
            return Ok(Some(fold(&ring, FillRule::NonZero)));
        }
        ring.pop();
        Ok(Some(vec![vec![ring]]))
    }

    /// Drops the inner corners of every run that lies inside the circle around `cover`.
    ///
    /// What is cut off has all its corners inside that circle, which is convex, so nothing is lost: a whole polygon is drawn around it. Distances in
    /// the tangent plane are never shorter than on the Earth, which only drops less.
    fn drop_covered(&self, corners: &mut Vec<Plane>, cover: Plane) {
        let reach = self.radius_m - self.tolerance_m;
        let covered: Vec<bool> =
            corners.iter().map(|c| (c.east - cover.east).hypot(c.north - cover.north) <= reach).collect();
        let n = covered.len();
        let mut i = 0;
        corners.retain(|_| {
            let inner = covered[(i + n - 1) % n] && covered[i] && covered[(i + 1) % n];
            i += 1;
            !inner
        });
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

    /// An upper bound of the latitude, in degrees either way, that a polygon around the centre reaches; beyond 89 the bound is void.
    fn poleward(&self, centre: Degrees) -> f64 {
        let reach = self.radius_m + 2.0 * self.half_m + MAX_STEP_M;
        (centre.y().abs() + (reach / EQUATORIAL_RADIUS_M).to_degrees() * 1.01).min(89.0)
    }

    /// Whether edges straight in degrees may leave their tangent by more than their share: towards the poles they do.
    // a few hundred directions
    #[allow(clippy::cast_precision_loss)]
    fn must_divide(&self, poleward: f64) -> bool {
        // along an arc; along a stretch the steps are short enough already
        let edge_m = 2.0 * std::f64::consts::PI * (self.radius_m + self.half_m) / self.directions as f64;
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
struct Run {
    points: Vec<Degrees>,
    min: Degrees,
    max: Degrees,
}

impl Run {
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

/// What is left of a run of points: the centre, which lies between its ends, and the corners of the convex hull in the plane that
/// touches the Earth there, clockwise.
struct Stretch {
    centre: Degrees,
    hull: Vec<Plane>,
}

impl Stretch {
    fn of(points: &[Degrees]) -> Self {
        let (first, last) = (points[0], points[points.len() - 1]);
        let polar = first.y().abs().max(last.y().abs()) >= POLAR_LATITUDE;
        let centre = if polar { first } else { first + (last - first) * 0.5 };
        // in degrees first: which points are on the hull does not depend on the scale of the axes
        let corners = hull(points.iter().map(|p| Plane { east: p.x(), north: p.y() }).collect());
        let hull = hull(corners.into_iter().map(|p| in_plane(centre, Degrees::new(p.east, p.north))).collect());
        Self { centre, hull }
    }
}
