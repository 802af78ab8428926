//! How a position lies to a shape: placement, and the signed geodesic distance to the border.

use super::border::Border;
use super::oracle::{self, Side};
use super::position::Position;
use super::shape::Vertex;

/// The place of a shape in one index; stays the same in indexes made from it by [`super::ShapeIndex::replace`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ShapeId(pub u32);

/// Whether a position is in a shape, given how well both are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Placement {
    /// Certainly inside: the border is at least as far as position and outline together are uncertain.
    Inside,
    /// The border is nearer than that, on either side.
    Possible,
    /// Certainly outside.
    Outside,
}

/// Signed distance to the border of a shape.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Margin {
    /// Geodesic metres on WGS 84 to the nearest border point, negative inside, 0 on the border. The error is below 0.1 %;
    /// below 100 km it is below a millimetre plus the grid. Infinite for a shape without border (the whole Earth, or nothing).
    pub signed_m: f64,
    /// The nearest border point; `None` for a shape without border.
    pub nearest: Option<Position>,
}

/// A shape that contains a position, or may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placed {
    /// The shape.
    pub shape: ShapeId,
    /// Inside or possible.
    pub placement: Placement,
    /// Whether the position, on the 10⁻⁷ degree grid, lies exactly on the border.
    pub on_border: bool,
}

/// Decides the placement from the exact test, the signed distance and the uncertainty of position plus outline, in metres.
///
/// With nothing uncertain a position on the border is inside (danger is closed), unless the policy says otherwise by `contains`.
pub fn placement(contains: bool, signed_m: f64, uncertainty_m: f64) -> Placement {
    if signed_m.abs() < uncertainty_m {
        Placement::Possible
    } else if contains {
        Placement::Inside
    } else {
        Placement::Outside
    }
}

/// Where the vertex lies, seams and poles resolved: a point of ±180 or a pole with the shape all around it is inside.
pub fn side(border: &Border, v: Vertex) -> Side {
    match oracle::shape_side(border.shape(), v) {
        Side::Border if border.is_interior_seam(v) => Side::Inside,
        side => side,
    }
}

/// The margin of a vertex whose side is known.
pub fn margin(border: &Border, v: Vertex, side: Side) -> Margin {
    if side == Side::Border {
        return Margin { signed_m: 0.0, nearest: Some(v.into()) };
    }
    let nearest = border.nearest(v, f64::INFINITY);
    let distance_m = nearest.map_or(f64::INFINITY, |n| n.distance_m);
    Margin {
        signed_m: if side == Side::Inside { -distance_m } else { distance_m },
        nearest: nearest.and_then(|n| Position::new(n.lat.clamp(-90.0, 90.0), n.lon).ok()),
    }
}
