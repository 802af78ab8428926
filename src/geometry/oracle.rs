//! The slow exact answer: an R-tree of part boxes and one pass over the rings of each candidate.
//!
//! It shares no code with the cells but the integer predicates: it decides by winding number per ring and "in the shell, in no
//! hole" per part, where the cells decide by crossing parity over all edges. Shapes the trust check finds them to disagree on stay here.

use super::exact::{self, HALF_TURN, POLE};
use super::relate::ShapeId;
use super::shape::{Bounds, Polygon, Ring, Shape, Vertex};
use rstar::primitives::{GeomWithData, Rectangle};
use rstar::{AABB, RTree};
use std::cmp::Ordering;
use std::sync::Arc;

/// Where a vertex lies relative to an area.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// Not in the area.
    Outside,
    /// On its border.
    Border,
    /// In its interior.
    Inside,
}

/// Where the vertex lies relative to the ring, by winding number.
pub fn ring_side(ring: &Ring, v: Vertex) -> Side {
    let mut winding = 0;
    for w in ring.windows(2) {
        let (a, b) = (w[0], w[1]);
        if exact::on_edge(a, b, v) {
            return Side::Border;
        }
        if a.lat <= v.lat && b.lat > v.lat && exact::side(a, b, v) == Ordering::Greater {
            winding += 1;
        } else if a.lat > v.lat && b.lat <= v.lat && exact::side(a, b, v) == Ordering::Less {
            winding -= 1;
        }
    }
    if winding == 0 { Side::Outside } else { Side::Inside }
}

/// Where the vertex lies relative to the polygon.
pub fn polygon_side(polygon: &Polygon, v: Vertex) -> Side {
    let shell = ring_side(&polygon.shell, v);
    if shell != Side::Inside {
        return shell;
    }
    polygon
        .holes
        .iter()
        .map(|hole| match ring_side(hole, v) {
            Side::Inside => Side::Outside,
            Side::Border => Side::Border,
            Side::Outside => Side::Inside,
        })
        .min()
        .unwrap_or(Side::Inside)
}

/// Where the vertex lies relative to the shape. Both names of ±180 count as one place, and so does a pole under all longitudes;
/// on these the answer is `Border` even where the shape goes on at the other side (only the border knows).
pub fn shape_side(shape: &Shape, v: Vertex) -> Side {
    if exact::is_pole(v) {
        let touches = shape.polygons().iter().any(|p| p.shell.iter().any(|w| w.lat == v.lat));
        return if touches { Side::Border } else { Side::Outside };
    }
    let here = shape.polygons().iter().map(|p| polygon_side(p, v)).max().unwrap_or(Side::Outside);
    let there = exact::other_name(v)
        .and_then(|other| shape.polygons().iter().map(|p| polygon_side(p, other)).max())
        .unwrap_or(Side::Outside);
    here.max(there)
}

/// Whether the half-open shape contains the vertex: western and southern borders belong to it, eastern and northern ones do not.
/// ±180 is looked up as −180 and the north pole one unit south of it at −180, so of shapes that tile the Earth exactly one contains it.
pub fn contains_half_open(shape: &Shape, v: Vertex) -> bool {
    let v = half_open_name(v);
    shape.polygons().iter().flat_map(exact::edges).filter(|&(a, b)| exact::passes_west(a, b, v)).count() % 2 == 1
}

/// The vertex under which half-open shapes know a place.
pub fn half_open_name(v: Vertex) -> Vertex {
    match v {
        Vertex { lat: POLE, .. } => Vertex { lon: -HALF_TURN, lat: POLE - 1 },
        _ if exact::is_pole(v) => Vertex { lon: -HALF_TURN, ..v },
        Vertex { lon: HALF_TURN, .. } => Vertex { lon: -HALF_TURN, ..v },
        _ => v,
    }
}

type PartBox = GeomWithData<Rectangle<[i64; 2]>, u32>;

/// Shapes in an R-tree of the boxes of their parts.
#[derive(Clone, Debug, Default)]
pub struct Oracle {
    tree: RTree<PartBox>,
    members: std::collections::BTreeMap<u32, (Arc<Shape>, bool)>,
}

impl Oracle {
    /// Builds from id, shape and whether its border belongs to it (closed).
    pub fn build(shapes: impl IntoIterator<Item = (u32, Arc<Shape>, bool)>) -> Self {
        let mut boxes = Vec::new();
        let mut members = std::collections::BTreeMap::new();
        for (id, shape, closed) in shapes {
            for b in shape.polygons().iter().filter_map(|p| Bounds::of(&p.shell)) {
                boxes.push(PartBox::new(Rectangle::from_corners(corner(b.min), corner(b.max)), id));
            }
            members.insert(id, (shape, closed));
        }
        Self { tree: RTree::bulk_load(boxes), members }
    }

    /// Whether no shape is kept here.
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// The ids kept here, ascending.
    pub fn ids(&self) -> impl Iterator<Item = u32> + '_ {
        self.members.keys().copied()
    }

    /// Appends the ids of the shapes that contain the vertex, ascending.
    pub fn covering(&self, v: Vertex, out: &mut Vec<ShapeId>) {
        let mut kept = Vec::new();
        let (west, east) = if exact::is_pole(v) { (-HALF_TURN, HALF_TURN) } else { (v.lon, v.lon) };
        let names = [Some((west, east)), exact::other_name(v).map(|o| (o.lon, o.lon))];
        for (low, high) in names.into_iter().flatten() {
            let area = AABB::from_corners([i64::from(low), i64::from(v.lat)], [i64::from(high), i64::from(v.lat)]);
            kept.extend(self.tree.locate_in_envelope_intersecting(&area).map(|b| b.data));
        }
        kept.sort_unstable();
        kept.dedup();
        kept.retain(|id| self.contains(*id, v));
        out.extend(kept.into_iter().map(ShapeId));
    }

    fn contains(&self, id: u32, v: Vertex) -> bool {
        self.members.get(&id).is_some_and(|(shape, closed)| contains(shape, *closed, v))
    }
}

/// Whether the shape contains the vertex, its border included when `closed`.
pub fn contains(shape: &Shape, closed: bool, v: Vertex) -> bool {
    if closed { shape_side(shape, v) != Side::Outside } else { contains_half_open(shape, v) }
}

fn corner(v: Vertex) -> [i64; 2] {
    [v.lon.into(), v.lat.into()]
}
