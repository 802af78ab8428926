//! Trust: every shape is tried at sampled places against the oracle before the cells answer for it.
//!
//! The cells assume that shapes keep their invariants, and that the cells are right. Neither is taken on faith: where they and the
//! oracle disagree about a shape, the shape is left to the oracle, which is slow and right. A change tries the shapes that are new, and of
//! those beside them what lies in tiles that were built anew.

use super::cells::{Cells, Wanted};
use super::exact::{self, HALF_TURN, POLE};
use super::oracle;
use super::position::Position;
use super::shape::{Bounds, Polygon, Shape, Vertex};

/// How many vertices of a shape are sampled, each with places around it; and how many in tiles that were built anew beside it.
const VERTICES: usize = 8;
const VERTICES_BESIDE: usize = 2;
/// Sides of cells, as powers of two, at whose seams places are taken in turn: from a metre to half a degree.
const SEAMS: [u32; 4] = [6, 14, 18, 22];

/// Whether cells and oracle agree about a shape at all sampled places, in some tiles or anywhere.
pub(super) fn agrees(cells: &Cells, id: u32, shape: &Shape, is_closed: bool, tiles: Option<&Wanted>) -> bool {
    samples(shape, tiles).into_iter().all(|v| cells.contains(v, id) == oracle::contains(shape, is_closed, v))
}

/// Vertices, places on edges, next to edges, at seams of cells, a place inside, and places in the box around the shape, inside or not.
fn samples(shape: &Shape, tiles: Option<&Wanted>) -> Vec<Vertex> {
    let is_there = |v: Vertex| tiles.is_none_or(|tiles| tiles.touches(Bounds { min: v, max: v }));
    let mut samples = Vec::new();
    let rings = || shape.polygons().iter().flat_map(Polygon::rings);
    let edges = || rings().flat_map(|ring| ring.windows(2)).map(|w| (w[0], w[1])).filter(|(a, _)| is_there(*a));
    let (count, most) = match tiles {
        None => (shape.vertex_count(), VERTICES),
        Some(_) => (edges().count(), VERTICES_BESIDE),
    };
    let stride = (count / most).max(1);
    for ((a, b), shift) in edges().step_by(stride).take(most + 1).zip(SEAMS.into_iter().cycle()) {
        let middle = Vertex { lon: middle(a.lon, b.lon), lat: middle(a.lat, b.lat) };
        samples.extend([a, middle, on_seam(a, shift)]);
        samples.extend([(1, 0), (-1, 0), (0, 1), (0, -1)].map(|(lon, lat)| moved(middle, lon, lat)));
    }
    samples.extend(shape.interior_point().map(Position::vertex));
    if let Some(b) = shape.bounds() {
        let middle = Vertex { lon: middle(b.min.lon, b.max.lon), lat: middle(b.min.lat, b.max.lat) };
        samples.push(middle);
        samples.push(Vertex { lat: middle.lat, ..b.min });
    }
    // places with several names are the index's business, not that of the cells
    samples.retain(|v| !exact::is_pole(*v) && v.lon.abs() != HALF_TURN && is_there(*v));
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

#[cfg(test)]
mod tests {
    use super::super::cells::Source;
    use super::*;

    #[test]
    fn what_lies_in_some_tiles_is_tried_there_alone() {
        let square = |west: i32, east: i32| {
            let corners = [(west, 0), (east, 0), (east, 4000), (west, 4000), (west, 0)];
            Polygon { shell: corners.map(|(lon, lat)| Vertex { lon, lat }).to_vec(), holes: vec![] }
        };
        // overlapping parts, a broken promise: by parity outside where they overlap
        let liar = Shape::from_canonical(vec![square(0, 3000), square(1000, 4000), square(900_000_000, 900_004_000)]);
        let cells = Cells::build(&[Source { id: 0, shape: &liar, is_closed: true }]);
        let around = |part: usize| Wanted::around(Bounds::of(&liar.polygons()[part].shell).into_iter());
        assert!(!agrees(&cells, 0, &liar, true, None));
        assert!(!agrees(&cells, 0, &liar, true, Some(&around(0))));
        assert!(agrees(&cells, 0, &liar, true, Some(&around(2))));
    }
}
