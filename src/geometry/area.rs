//! The algebra of areas: what area expressions are resolved with, once, when the data folder is loaded.

use super::buffer::around;
use super::error::ShapeError;
use super::line::Line;
use super::plane::{Region, intersect, region, subtract, unite};
use super::position::Position;
use super::repair::shape_of;
use super::shape::Shape;

pub use super::buffer::{MAX_WITHIN_M, within_tolerance_m};
pub use super::shared_border::shared_border;

/// The number of the algorithms here: another one when any of their results changes, so that kept results are not mistaken for theirs.
/// `tests/geometry/algebra.rs` holds what it stands for.
pub const ALGORITHM: u32 = 1;

/// What a distance is measured from.
#[derive(Clone, Copy, Debug)]
pub enum Target<'a> {
    /// A place; its accuracy is not taken into account.
    Point(Position),
    /// A line, for example the border between two countries.
    Line(&'a Line),
    /// An area: everything in it is at distance 0.
    Shape(&'a Shape),
}

/// What lies in any of the shapes. Parts that share an edge become one; none at all gives the empty shape.
///
/// # Errors
/// Only when the result could not be made valid ([`ShapeError::Unrepairable`]), which has not been seen.
pub fn union(shapes: &[&Shape]) -> Result<Shape, ShapeError> {
    let regions: Vec<Region> = shapes.iter().map(|s| region(s.polygons())).collect();
    shape_of(unite(&regions))
}

/// What lies in all of the shapes; shapes that only touch share no area. None at all gives the empty shape.
///
/// # Errors
/// As [`union`].
pub fn intersection(shapes: &[&Shape]) -> Result<Shape, ShapeError> {
    let mut regions = shapes.iter().map(|s| region(s.polygons()));
    let first = regions.next().unwrap_or_default();
    shape_of(regions.fold(unite([&first]), |area, other| intersect(&area, &other)))
}

/// What lies in the first shape but in none of the others. Its outline along the others is part of it: danger is closed.
///
/// # Errors
/// As [`union`].
pub fn difference(from: &Shape, others: &[&Shape]) -> Result<Shape, ShapeError> {
    let others: Vec<Region> = others.iter().map(|s| region(s.polygons())).collect();
    shape_of(subtract(&region(from.polygons()), &unite(&others)))
}

/// Everything at most `metres` from the target, in geodesic metres on the WGS 84 ellipsoid.
///
/// Never smaller than the truth: it contains every point within `metres`, and none further than `metres` plus
/// [`within_tolerance_m`].
///
/// # Errors
/// When `metres` is not in `(0, MAX_WITHIN_M]`, and as [`union`].
pub fn within(target: Target<'_>, metres: f64) -> Result<Shape, ShapeError> {
    shape_of(around(target, checked(metres)?)?)
}

/// Everything more than `inner_m` and at most `outer_m` from the target, in geodesic metres on the WGS 84 ellipsoid.
///
/// Never smaller than the truth: it contains every point of the ring, and none nearer than `inner_m` less [`within_tolerance_m`]
/// of it or further than `outer_m` plus that of `outer_m`.
///
/// # Errors
/// When the distances are not `0 ≤ inner_m < outer_m ≤ MAX_WITHIN_M`, and as [`union`].
pub fn ring(target: Target<'_>, inner_m: f64, outer_m: f64) -> Result<Shape, ShapeError> {
    let outer = around(target, checked(outer_m)?)?;
    if !(0.0..outer_m).contains(&inner_m) {
        return Err(ShapeError::Distance {
            value: inner_m,
            expected: "a distance of at least 0 metres below the outer one",
        });
    }
    // `around` is at most the tolerance too large; less that, it never takes away what belongs to the ring
    let safe_m = inner_m - within_tolerance_m(inner_m);
    let inner = match target {
        _ if safe_m > 0.0 => around(target, safe_m)?,
        Target::Shape(shape) => region(shape.polygons()),
        Target::Point(_) | Target::Line(_) => Region::new(),
    };
    shape_of(subtract(&outer, &inner))
}

fn checked(metres: f64) -> Result<f64, ShapeError> {
    if metres > 0.0 && metres <= MAX_WITHIN_M {
        Ok(metres)
    } else {
        Err(ShapeError::Distance { value: metres, expected: "a distance above 0 and up to 2,000,000 metres" })
    }
}
