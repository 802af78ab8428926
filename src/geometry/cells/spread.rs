//! Bringing shapes to the tiles they touch.

use super::leaf::Edge;
use super::split::{self, Item, Part, Parts, Splitter};
use super::{COLUMNS, Cell, Cells, Layer, ORIGIN, ROWS, TILE_SHIFT, Tile, Top};
use crate::geometry::exact;
use crate::geometry::parallel;
use crate::geometry::shape::{Bounds, Shape, Vertex};
use std::sync::Arc;

/// The side of the square around all tiles.
const WORLD_SHIFT: u32 = 32;
/// Lists of covering shapes longer than this become a layer, so that they are not repeated in every tile.
const LONG_LIST: usize = 16;
/// Tiles wait to be cut together until they have this many edges, which bounds the memory they take meanwhile.
const ENOUGH_EDGES: usize = 500_000;

/// A shape to be brought to its tiles.
#[derive(Clone, Copy)]
pub(in crate::geometry) struct Source<'a> {
    pub(in crate::geometry) id: u32,
    pub(in crate::geometry) shape: &'a Shape,
    pub(in crate::geometry) is_closed: bool,
}

impl Cells {
    /// Builds the cells of some shapes.
    pub(in crate::geometry) fn build(sources: &[Source]) -> Self {
        let nothing: Tile = Arc::default();
        let count = COLUMNS * ROWS;
        let empty = Self {
            tops: vec![Top::default(); count],
            tiles: vec![nothing; count],
            layers: vec![None; count],
            has_layers: false,
        };
        let boxes = sources.iter().flat_map(|s| s.shape.polygons()).filter_map(|p| Bounds::of(&p.shell));
        empty.rebuild(sources, &Wanted::around(boxes))
    }

    /// The same cells with some tiles built anew, from all shapes that touch those tiles.
    pub(in crate::geometry) fn rebuild(&self, sources: &[Source], wanted: &Wanted) -> Self {
        let mut cells = self.clone();
        let mut spread = Spread::new(sources, wanted, &mut cells);
        let (items, edges) = spread.large();
        let world = Cell { lon: ORIGIN.lon.into(), lat: ORIGIN.lat.into(), shift: WORLD_SHIFT };
        spread.square(world, &items, &edges, &[], None);
        spread.cut_waiting();
        cells.has_layers = cells.layers.iter().any(Option::is_some);
        cells
    }
}

/// Which tiles are to be built, with a table of sums to ask for any range of tiles at once.
pub(in crate::geometry) struct Wanted {
    sums: Vec<u32>,
}

type Range = ((usize, usize), (usize, usize));

impl Wanted {
    /// The tiles that the boxes touch.
    pub(in crate::geometry) fn around(boxes: impl Iterator<Item = Bounds>) -> Self {
        let mut marks = vec![false; COLUMNS * ROWS];
        for bounds in boxes {
            let ((west, south), (east, north)) = tile_range(bounds);
            for row in south..=north {
                marks[row * COLUMNS + west..=row * COLUMNS + east].fill(true);
            }
        }
        Self::from_marks(&marks)
    }

    fn from_marks(marks: &[bool]) -> Self {
        let mut sums = vec![0; (COLUMNS + 1) * (ROWS + 1)];
        for row in 0..ROWS {
            for column in 0..COLUMNS {
                sums[(row + 1) * (COLUMNS + 1) + column + 1] = u32::from(marks[row * COLUMNS + column])
                    + sums[row * (COLUMNS + 1) + column + 1]
                    + sums[(row + 1) * (COLUMNS + 1) + column]
                    - sums[row * (COLUMNS + 1) + column];
            }
        }
        Self { sums }
    }

    /// Whether the box touches a wanted tile.
    pub(in crate::geometry) fn touches(&self, bounds: Bounds) -> bool {
        self.any(tile_range(bounds))
    }

    fn any(&self, ((west, south), (east, north)): Range) -> bool {
        let sum = |column: usize, row: usize| self.sums[row * (COLUMNS + 1) + column];
        sum(east + 1, north + 1) + sum(west, south) > sum(west, north + 1) + sum(east + 1, south)
    }
}

fn tile_of(v: Vertex) -> (usize, usize) {
    let tile = super::Digits::of(v).tile();
    (tile % COLUMNS, tile / COLUMNS)
}

fn tile_range(bounds: Bounds) -> Range {
    (tile_of(bounds.min), tile_of(bounds.max))
}

struct Spread<'a> {
    sources: &'a [Source<'a>],
    wanted: &'a Wanted,
    cells: &'a mut Cells,
    /// Tile and source of shapes that lie in one tile, by tile; they need not be carried down.
    small: Vec<(usize, usize)>,
    #[allow(clippy::vec_box)] // parts are large, and are moved in and out
    parts: Vec<Box<Parts>>,
    /// Tiles that wait to be cut, and how many edges they have together.
    waiting: Vec<(usize, Part)>,
    waiting_edges: usize,
}

impl<'a> Spread<'a> {
    fn new(sources: &'a [Source<'a>], wanted: &'a Wanted, cells: &'a mut Cells) -> Self {
        let mut small = Vec::new();
        for (i, source) in sources.iter().enumerate() {
            if let Some((from, to)) = source.shape.bounds().map(tile_range)
                && from == to
            {
                small.push((from.1 * COLUMNS + from.0, i));
            }
        }
        small.sort_unstable();
        Self { sources, wanted, cells, small, parts: Vec::new(), waiting: Vec::new(), waiting_edges: 0 }
    }

    /// The shapes that touch several tiles, and their edges.
    fn large(&self) -> (Vec<Item>, Vec<Edge>) {
        let mut part = Part::default();
        for source in self.sources {
            if source.shape.bounds().map(tile_range).is_some_and(|(from, to)| from != to) {
                // the corner of the world is in no shape
                push_whole(&mut part, source, false);
            }
        }
        (part.items, part.edges)
    }

    fn square(&mut self, cell: Cell, items: &[Item], edges: &[Edge], full: &[u32], layer: Option<&Arc<Layer>>) {
        let Some(range) = Self::tiles_in(cell) else { return };
        if !self.wanted.any(range) {
            return;
        }
        let added;
        let (full, layer) = if full.len() > LONG_LIST {
            added = Arc::new(Layer { ids: full.into(), below: layer.cloned() });
            (&[][..], Some(&added))
        } else {
            (full, layer)
        };
        if cell.shift == TILE_SHIFT {
            let (column, row) = range.0;
            self.tile(row * COLUMNS + column, items, edges, full, layer);
            return;
        }
        let mut parts = self.parts.pop().unwrap_or_default();
        split::distribute(cell, items, edges, &mut parts);
        let mut ids = Vec::new();
        for (i, part) in parts.iter().enumerate() {
            ids.clear();
            ids.extend(full.iter().chain(&part.full));
            self.square(cell.part(i), &part.items, &part.edges, &ids, layer);
        }
        self.parts.push(parts);
    }

    fn tile(&mut self, tile: usize, items: &[Item], edges: &[Edge], full: &[u32], layer: Option<&Arc<Layer>>) {
        let cell = Cell::of_tile(tile);
        let from = self.small.partition_point(|s| s.0 < tile);
        let to = from + self.small[from..].partition_point(|s| s.0 == tile);
        self.cells.layers[tile] = layer.cloned();
        if items.is_empty() && full.is_empty() && from == to {
            self.cells.tops[tile] = Top::default();
            self.cells.tiles[tile] = Arc::default();
            return;
        }
        let mut whole = Part { items: items.to_vec(), edges: edges.to_vec(), full: full.to_vec() };
        for (_, i) in &self.small[from..to] {
            let source = &self.sources[*i];
            let has_corner =
                all_edges(source.shape).filter(|&(a, b)| exact::passes_west(a, b, cell.corner())).count() % 2 == 1;
            push_whole(&mut whole, source, has_corner);
        }
        self.waiting_edges += whole.edges.len();
        self.waiting.push((tile, whole));
        if self.waiting_edges > ENOUGH_EDGES {
            self.cut_waiting();
        }
    }

    /// Cuts the tiles that wait, on all cores.
    fn cut_waiting(&mut self) {
        let waiting = std::mem::take(&mut self.waiting);
        self.waiting_edges = 0;
        let cut = |splitter: &mut Splitter, (tile, whole): &(usize, Part)| splitter.tile(Cell::of_tile(*tile), whole);
        for ((tile, _), (top, records)) in waiting.iter().zip(parallel::map(&waiting, Splitter::default, cut)) {
            self.cells.tops[*tile] = Top(top);
            self.cells.tiles[*tile] = records;
        }
    }

    /// The range of tiles in a square, if it is not beyond all of them.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // counted from the origin
    fn tiles_in(cell: Cell) -> Option<Range> {
        let (column, row) = (
            ((cell.lon - i64::from(ORIGIN.lon)) >> TILE_SHIFT) as usize,
            ((cell.lat - i64::from(ORIGIN.lat)) >> TILE_SHIFT) as usize,
        );
        let side = 1 << (cell.shift - TILE_SHIFT);
        (column < COLUMNS && row < ROWS)
            .then(|| ((column, row), ((column + side).min(COLUMNS) - 1, (row + side).min(ROWS) - 1)))
    }
}

fn all_edges(shape: &Shape) -> impl Iterator<Item = (Vertex, Vertex)> + '_ {
    shape.polygons().iter().flat_map(exact::edges)
}

fn push_whole(part: &mut Part, source: &Source, has_corner: bool) {
    let start = part.edges.len();
    part.edges.extend(all_edges(source.shape).map(|(a, b)| Edge::new(a, b)));
    let end = part.edges.len();
    part.items.push(Item { id: source.id, is_closed: source.is_closed, has_corner, start, end });
}
