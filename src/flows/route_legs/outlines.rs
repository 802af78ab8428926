//! What a routing engine is told to keep out of: more than the fences, never less, in as few vertices as it takes.

use crate::geometry::area::{self, Target};
use crate::geometry::oracle::{Side, shape_side};
use crate::geometry::{Bounds, Polygon, Position, Shape, ShapeError, ShapeId, Vertex};
use crate::matching::{FenceId, FenceIndex};
use crate::model::route::NoRoute;

/// An outline is drawn this much wider than the doubtful band around it, so that the way stays clear of it.
const CLEARANCE_M: f64 = 100.0;

/// Dents of so many metres are filled before anything else: the many vertices of an outline cost time.
const DENT_M: f64 = 100.0;

/// The fences as far as they are near, each with the band in which a way might still be inside, together in at most so many vertices.
pub(super) fn around(
    index: &FenceIndex,
    avoided: &[FenceId],
    near: &[Bounds],
    ends: [Position; 2],
    corridor_m: f64,
    most: usize,
) -> Result<Shape, NoRoute> {
    let inside: Vec<ShapeId> = ends.iter().flat_map(|end| index.locate(*end)).map(|placed| placed.shape).collect();
    if let Some(id) = avoided.iter().find(|id| inside.contains(&index.fence(**id).shape)) {
        return Err(NoRoute::EndInside(index.fence(*id).revision.id.clone()));
    }
    let ends = ends.map(Position::vertex);
    let boxes = Shape::from_canonical(near.iter().map(rectangle).collect());
    let mut wide = Vec::new();
    for &id in avoided {
        let fence = index.fence(id);
        let within_m = fence.accuracy_m + corridor_m + CLEARANCE_M;
        let Some((_, shape)) = index.shapes().shapes().find(|(shape, _)| *shape == fence.shape) else { continue };
        let drawn = widened(shape, &boxes, within_m).map_err(|_| NoRoute::TooIntricate { most })?;
        if ends.iter().any(|&end| encloses(&drawn, end)) {
            return Err(NoRoute::EndNear { revision: fence.revision.id.clone(), within_m });
        }
        wide.push(drawn);
    }
    let all = area::union(&wide.iter().collect::<Vec<_>>()).and_then(|all| all.outlined(most, &ends));
    all.ok().flatten().ok_or(NoRoute::TooIntricate { most })
}

fn widened(shape: &Shape, boxes: &Shape, metres: f64) -> Result<Shape, ShapeError> {
    let simple = area::intersection(&[&shape.simplified_outward(DENT_M)?, boxes])?;
    area::within(Target::Shape(&simple), metres)?.simplified_outward(DENT_M)
}

/// Whether a place lies in an area or in a hole of it, which no way leads out of.
fn encloses(shape: &Shape, v: Vertex) -> bool {
    let filled = shape.polygons().iter().map(|polygon| Polygon { shell: polygon.shell.clone(), holes: Vec::new() });
    shape_side(&Shape::from_canonical(filled.collect()), v) != Side::Outside
}

fn rectangle(bounds: &Bounds) -> Polygon {
    let Bounds { min, max } = *bounds;
    let shell = vec![min, Vertex { lon: max.lon, ..min }, max, Vertex { lon: min.lon, ..max }, min];
    Polygon { shell, holes: Vec::new() }
}
