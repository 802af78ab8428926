//! Walking: the edges in the cells along a segment.

use super::leaf::Edge;
use super::word::{Kind, Word};
use super::{COLUMNS, Cell, Cells, Digits, Found, TILE_SHIFT};
use crate::geometry::shape::Vertex;

impl Cells {
    /// Calls with shape and edge for every edge that touches a cell the segment passes; an edge may come several times.
    pub(in crate::geometry) fn edges_along(&self, a: Vertex, b: Vertex, mut found: impl FnMut(u32, Edge)) {
        let segment = Edge::new(a, b);
        let (west, east) =
            (Digits::of(Vertex { lon: a.lon.min(b.lon), ..a }), Digits::of(Vertex { lon: a.lon.max(b.lon), ..a }));
        let (south, north) = (Digits::of(segment.low), Digits::of(segment.high));
        for row in south.y >> TILE_SHIFT..=north.y >> TILE_SHIFT {
            for column in west.x >> TILE_SHIFT..=east.x >> TILE_SHIFT {
                let tile = row as usize * COLUMNS + column as usize;
                self.walk(tile, self.words[tile], Cell::of_tile(tile), segment, &mut found);
            }
        }
    }

    fn walk(&self, tile: usize, word: Word, cell: Cell, segment: Edge, found: &mut impl FnMut(u32, Edge)) {
        if word.is_plain() || !cell.is_on_way(segment) {
            return;
        }
        match word.kind() {
            Kind::Node(offset) => {
                for (i, bits) in self.tiles[tile][offset..][..16].iter().enumerate() {
                    self.walk(tile, Word::from_bits(*bits), cell.part(i), segment, found);
                }
            }
            Kind::Leaf(_) => self.edges_of(Found { word, tile, shift: cell.shift }, found),
            Kind::Empty | Kind::One(_) | Kind::Set(_) => {}
        }
    }
}

impl Cell {
    /// Whether a segment touches the cell, sides included.
    fn is_on_way(self, segment: Edge) -> bool {
        let end = 1_i64 << self.shift;
        let near = |p: Vertex| (i64::from(p.lon) - self.lon, i64::from(p.lat) - self.lat);
        let ((x0, y0), (x1, y1)) = (near(segment.low), near(segment.high));
        x0.min(x1) <= end && x0.max(x1) >= 0 && y0 <= end && y1 >= 0 && self.is_touched_by_line(segment)
    }
}
