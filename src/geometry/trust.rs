//! Trust: every shape is tried at sampled places against the oracle before the cells answer for it.
//!
//! The cells assume that shapes keep their invariants, and that the cells are right. Neither is taken on faith: where they and the
//! oracle disagree about a shape, the shape is left to the oracle, which is slow and right.

use super::cells::Cells;
use super::exact::{self, HALF_TURN, POLE};
use super::oracle;
use super::position::Position;
use super::shape::{Polygon, Shape, Vertex};

/// How many vertices of a shape are sampled, each with places around it.
const VERTICES: usize = 8;
/// Sides of cells, as powers of two, at whose seams places are taken in turn: from a metre to half a degree.
const SEAMS: [u32; 4] = [6, 14, 18, 22];

/// Whether cells and oracle agree about a shape at all sampled places.
pub(super) fn agrees(cells: &Cells, id: u32, shape: &Shape, is_closed: bool) -> bool {
    samples(shape).into_iter().all(|v| cells.contains(v, id) == oracle::contains(shape, is_closed, v))
}

/// Vertices, places on edges, next to edges, at seams of cells, a place inside, and places in the box around the shape, inside or not.
fn samples(shape: &Shape) -> Vec<Vertex> {
    let mut samples = Vec::new();
    let rings = shape.polygons().iter().flat_map(Polygon::rings);
    let stride = (shape.vertex_count() / VERTICES).max(1);
    let mut edges = rings.flat_map(|ring| ring.windows(2)).map(|w| (w[0], w[1])).step_by(stride);
    for ((a, b), shift) in edges.by_ref().take(VERTICES + 1).zip(SEAMS.into_iter().cycle()) {
        let middle = Vertex { lon: middle(a.lon, b.lon), lat: middle(a.lat, b.lat) };
        samples.extend([a, middle, moved(middle, 1, 0), moved(middle, -1, 0), on_seam(a, shift)]);
    }
    samples.extend(shape.interior_point().map(Position::vertex));
    if let Some(b) = shape.bounds() {
        let middle = Vertex { lon: middle(b.min.lon, b.max.lon), lat: middle(b.min.lat, b.max.lat) };
        samples.push(middle);
        samples.push(Vertex { lat: middle.lat, ..b.min });
    }
    // places with several names are the index's business, not that of the cells
    samples.retain(|v| !exact::is_pole(*v) && v.lon.abs() != HALF_TURN);
    samples
}

fn middle(a: i32, b: i32) -> i32 {
    i32::midpoint(a, b)
}

fn moved(v: Vertex, lon: i32, lat: i32) -> Vertex {
    Vertex { lon: (v.lon + lon).clamp(-HALF_TURN, HALF_TURN), lat: (v.lat + lat).clamp(-POLE, POLE) }
}

/// Where sides of cells of a size meet, next to a vertex.
fn on_seam(v: Vertex, shift: u32) -> Vertex {
    let side = 1 << shift;
    Vertex { lon: (v.lon & -side).max(-HALF_TURN), lat: (v.lat & -side).max(-POLE) }
}
