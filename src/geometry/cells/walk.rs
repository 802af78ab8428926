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
                let cell = Cell::of_tile(tile);
                if cell.is_touched_by_line(segment) {
                    cell.each_part_touched(segment, |i| {
                        self.walk(tile, self.tops[tile].0[i], cell.part(i), segment, &mut found);
                    });
                }
            }
        }
    }

    /// A place that an edge and the segment share lies in one cell, which both are brought down to in the same way.
    fn walk(&self, tile: usize, word: Word, cell: Cell, segment: Edge, found: &mut impl FnMut(u32, Edge)) {
        match word.kind() {
            Kind::Node(offset) => {
                let parts = &self.tiles[tile][offset..][..16];
                cell.each_part_touched(segment, |i| {
                    self.walk(tile, Word::from_bits(parts[i]), cell.part(i), segment, found);
                });
            }
            Kind::Leaf(_) => self.edges_of(Found { word, tile, shift: cell.shift }, found),
            Kind::Empty | Kind::One(_) | Kind::Set(_) => {}
        }
    }
}
