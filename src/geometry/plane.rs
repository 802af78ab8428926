//! Exact planar arithmetic on the 10⁻⁷ degree grid, and the one place that calls the overlay engine.

use i_overlay::core::fill_rule::FillRule;
use i_overlay::core::overlay::{IntOverlayOptions, Overlay, ShapeType};
use i_overlay::core::overlay_rule::OverlayRule;
use i_overlay::core::solver::Solver;
use i_overlay::i_float::int::point::IntPoint;

use super::shape::{Polygon, Ring, Vertex};

/// A grid point whose longitude may still lie outside ±180: `x` is longitude, `y` latitude, in 10⁻⁷ degree.
pub(super) type Point = IntPoint<i64>;

/// Half a turn of longitude in 10⁻⁷ degree.
pub(super) const HALF_TURN: i64 = 1_800_000_000;
/// A whole turn of longitude in 10⁻⁷ degree.
pub(super) const TURN: i64 = 3_600_000_000;
/// The latitude of the north pole in 10⁻⁷ degree.
pub(super) const POLE: i64 = 900_000_000;

/// An area as the overlay engine gives it: parts of open contours, the shell first, counter-clockwise.
pub(super) type Region = Vec<Vec<Vec<Point>>>;

/// Twice the signed area of the triangle `a b c`: positive when `c` lies left of `a → b`. Exact.
pub(super) fn cross(a: Vertex, b: Vertex, c: Vertex) -> i128 {
    let (ux, uy) = (i64::from(b.lon) - i64::from(a.lon), i64::from(b.lat) - i64::from(a.lat));
    let (vx, vy) = (i64::from(c.lon) - i64::from(a.lon), i64::from(c.lat) - i64::from(a.lat));
    i128::from(ux) * i128::from(vy) - i128::from(uy) * i128::from(vx)
}

/// Twice the signed planar area of a closed or open contour, positive when counter-clockwise. Exact.
pub(super) fn doubled_area(contour: &[Point]) -> i128 {
    let Some(origin) = contour.first() else { return 0 };
    contour
        .windows(2)
        .map(|w| {
            let (ux, uy) = (w[0].x - origin.x, w[0].y - origin.y);
            let (vx, vy) = (w[1].x - origin.x, w[1].y - origin.y);
            i128::from(ux) * i128::from(vy) - i128::from(uy) * i128::from(vx)
        })
        .sum()
}

/// Twice the signed planar area of a ring, positive when counter-clockwise. Exact.
pub(super) fn doubled_ring_area(ring: &[Vertex]) -> i128 {
    let Some(&origin) = ring.first() else { return 0 };
    ring.windows(2).map(|w| cross(origin, w[0], w[1])).sum()
}

/// The vertex at a grid point.
// callers keep to ±180 and ±90, which fit i32 in these units
#[allow(clippy::cast_possible_truncation)]
pub(super) fn vertex(p: Point) -> Vertex {
    debug_assert!(p.x.abs() <= HALF_TURN && p.y.abs() <= POLE);
    Vertex { lon: p.x as i32, lat: p.y as i32 }
}

/// The grid point of a vertex.
pub(super) fn point(v: Vertex) -> Point {
    Point::new(i64::from(v.lon), i64::from(v.lat))
}

/// A closed ring from an open contour.
pub(super) fn close(contour: &[Point]) -> Ring {
    contour.iter().chain(contour.first()).map(|&p| vertex(p)).collect()
}

/// An open contour from a closed ring.
pub(super) fn open(ring: &[Vertex]) -> Vec<Point> {
    ring[..ring.len().saturating_sub(1)].iter().map(|&v| point(v)).collect()
}

/// The contours of canonical parts, shells counter-clockwise and holes clockwise.
pub(super) fn region(polygons: &[Polygon]) -> Region {
    polygons.iter().map(|p| p.rings().map(|r| open(r)).collect()).collect()
}

/// Overlays two sets of contours; vertices on straight edges are kept, so that what did not change keeps its exact vertices.
///
/// With [`FillRule::NonZero`] correctly oriented parts may overlap: where any of them is, there is area.
pub(super) fn overlay<'a>(
    subject: impl IntoIterator<Item = &'a Vec<Point>>,
    clip: impl IntoIterator<Item = &'a Vec<Point>>,
    rule: OverlayRule,
    fill: FillRule,
) -> Region {
    let options = IntOverlayOptions { ogc: true, ..IntOverlayOptions::keep_all_points() };
    let mut overlay = Overlay::<i64>::new_custom(0, options, Solver::default());
    for contour in subject {
        overlay.add_contour(contour, ShapeType::Subject);
    }
    for contour in clip {
        overlay.add_contour(contour, ShapeType::Clip);
    }
    overlay.overlay(rule, fill)
}

/// Everything covered by any of the regions.
pub(super) fn unite<'a>(regions: impl IntoIterator<Item = &'a Region>) -> Region {
    let contours = regions.into_iter().flatten().flatten();
    overlay(contours, [], OverlayRule::Subject, FillRule::NonZero)
}

/// What of `a` is not in `b`.
pub(super) fn subtract(a: &Region, b: &Region) -> Region {
    overlay(a.iter().flatten(), b.iter().flatten(), OverlayRule::Difference, FillRule::NonZero)
}

/// What is in both.
pub(super) fn intersect(a: &Region, b: &Region) -> Region {
    overlay(a.iter().flatten(), b.iter().flatten(), OverlayRule::Intersect, FillRule::NonZero)
}
