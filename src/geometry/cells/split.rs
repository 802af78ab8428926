//! Cutting: a cell into sixteen, until few edges touch each.

use super::leaf::{self, Edge, Touching};
use super::word::Word;
use super::{Cell, TILE_SHIFT, Tile};
use crate::geometry::exact::{HALF_TURN, POLE};
use std::collections::HashMap;

/// A leaf has at most this many different edges, unless cutting it further would not help.
const LEAF_EDGES: usize = 16;
/// Cells of two to this units (20 cm) are not cut further.
const SMALLEST_SHIFT: u32 = 4;
/// How many edge references cutting may add to a tile, per edge that touches it; ordinary borders need about one.
const BUDGET: usize = 4;
/// Sets longer than this are laid on the set of the cell around them instead of being written out again.
const LONG_SET: usize = 16;

/// One shape whose border touches a cell.
#[derive(Clone, Copy)]
pub(super) struct Item {
    pub(super) id: u32,
    pub(super) is_closed: bool,
    /// Whether the half-open shape contains the south-west corner of the cell.
    pub(super) has_corner: bool,
    /// Its edges, in the list that goes with the items.
    pub(super) start: usize,
    pub(super) end: usize,
}

/// What touches one of sixteen parts, or a tile.
#[derive(Default)]
pub(super) struct Part {
    pub(super) items: Vec<Item>,
    pub(super) edges: Vec<Edge>,
    /// Shapes that cover the part wholly, those left out that cover the cell it is part of.
    pub(super) full: Vec<u32>,
}

impl Part {
    pub(super) fn clear(&mut self) {
        self.items.clear();
        self.edges.clear();
        self.full.clear();
    }
}

/// The sixteen parts of a cell, rows from the south-west.
pub(super) type Parts = [Part; 16];

/// Brings the items of a cell to its sixteen parts.
pub(super) fn distribute(cell: Cell, items: &[Item], edges: &[Edge], parts: &mut Parts) {
    parts.iter_mut().for_each(Part::clear);
    for item in items {
        let starts: [usize; 16] = std::array::from_fn(|i| parts[i].edges.len());
        let mut counted = 0_u16;
        for edge in &edges[item.start..item.end] {
            cell.each_part_touched(*edge, |i| parts[i].edges.push(*edge));
            counted ^= cell.count_at_part_corners(*edge);
        }
        for (i, part) in parts.iter_mut().enumerate() {
            // the count is off by the same at all corners, and the first of them is the corner of the cell
            let has_corner = item.has_corner ^ ((counted >> i ^ counted) & 1 == 1);
            let end = part.edges.len();
            if end > starts[i] {
                part.items.push(Item { has_corner, start: starts[i], end, ..*item });
            } else if has_corner {
                part.full.push(item.id);
            }
        }
    }
}

impl Cell {
    /// The part of a sixteenth.
    #[allow(clippy::cast_possible_wrap)]
    pub(super) fn part(self, i: usize) -> Self {
        let shift = self.shift - 2;
        Self { lon: self.lon + ((i as i64 & 3) << shift), lat: self.lat + ((i as i64 >> 2) << shift), shift }
    }

    /// Calls with each of the sixteen parts the edge touches, sides included: with all parts that have a point of it, and perhaps
    /// with some that have not.
    #[inline]
    pub(super) fn each_part_touched(self, edge: Edge, mut touched: impl FnMut(usize)) {
        let shift = self.shift - 2;
        let (x0, y0) = (i64::from(edge.low.lon) - self.lon, i64::from(edge.low.lat) - self.lat);
        let (x1, y1) = (i64::from(edge.high.lon) - self.lon, i64::from(edge.high.lat) - self.lat);
        let column = |x: i64| (x >> shift).clamp(0, 3);
        let (west, east) = (column(x0.min(x1)), column(x0.max(x1)));
        let (south, north) = (column(y0), column(y1));
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // 0..16
        let index = |row: i64, column: i64| (row * 4 + column) as usize;
        if west == east && south == north {
            touched(index(south, west));
            return;
        }
        for row in south..=north {
            for column in west..=east {
                if self.part(index(row, column)).is_touched_by_line(edge) {
                    touched(index(row, column));
                }
            }
        }
    }

    /// Whether the endless line through an edge touches the cell, sides included.
    pub(super) fn is_touched_by_line(self, edge: Edge) -> bool {
        let size = 1_i64 << self.shift;
        // beyond the ends of the map there is nothing, and products would not fit
        let (west, east) = (self.lon.max(-i64::from(HALF_TURN)), (self.lon + size).min(HALF_TURN.into()));
        let (south, north) = (self.lat.max(-i64::from(POLE)), (self.lat + size).min(POLE.into()));
        let (dx, dy) =
            (i64::from(edge.high.lon) - i64::from(edge.low.lon), i64::from(edge.high.lat) - i64::from(edge.low.lat));
        // the corners farthest to the left and to the right of the edge, which leads north
        let (left_lat, right_lat) = if dx >= 0 { (north, south) } else { (south, north) };
        let turn =
            |lon: i64, lat: i64| (dx * (lat - i64::from(edge.low.lat))).cmp(&(dy * (lon - i64::from(edge.low.lon))));
        turn(west, left_lat).is_ge() && turn(east, right_lat).is_le()
    }

    /// The count, blind edges included, that one edge gives at the south-west corner of each part: a bit each.
    #[inline]
    fn count_at_part_corners(self, edge: Edge) -> u16 {
        let shift = self.shift - 2;
        let size = 1_i64 << shift;
        let (x0, y0) = (i64::from(edge.low.lon) - self.lon, i64::from(edge.low.lat) - self.lat);
        let (x1, y1) = (i64::from(edge.high.lon) - self.lon, i64::from(edge.high.lat) - self.lat);
        let mut counted = 0;
        // rows whose corners lie in low.lat..high.lat
        let first = (y0 + size - 1) >> shift;
        let end = (y1 + size - 1) >> shift;
        for row in first.max(0)..end.min(4) {
            let run = (x1 - x0) * ((row << shift) - y0);
            for column in 0..4 {
                counted ^= u16::from(run <= (y1 - y0) * ((column << shift) - x0)) << (row * 4 + column);
            }
        }
        for (x, y) in [(x0, y0), (x1, y1)] {
            if x < 0 && (0..4 << shift).contains(&y) {
                let row = (y + size - 1) >> shift;
                if row < 4 {
                    counted ^= u16::MAX << (row * 4);
                }
            }
        }
        counted
    }
}

/// Cuts tiles; keeps its working memory from one to the next.
#[derive(Default)]
pub(super) struct Splitter {
    tile: Vec<u32>,
    sets: HashMap<(u32, Vec<u32>), Word>,
    budget: usize,
    /// Working memory, one for each depth.
    #[allow(clippy::vec_box)] // parts are large, and are moved in and out
    parts: Vec<Box<Parts>>,
}

/// The shapes that cover a cell wholly: a set already written, and more.
#[derive(Clone, Copy)]
struct Full<'a> {
    below: Word,
    ids: &'a [u32],
}

impl Splitter {
    /// Cuts a tile: the words of its sixteen parts, and the records they point into.
    pub(super) fn tile(&mut self, cell: Cell, whole: &Part) -> ([Word; 16], Tile) {
        debug_assert_eq!(cell.shift, TILE_SHIFT);
        self.tile.clear();
        self.sets.clear();
        self.budget = BUDGET * whole.edges.len() + 1024;
        let words = self.cut(cell, &whole.items, &whole.edges, Full { below: Word::EMPTY, ids: &whole.full });
        (words, self.tile.as_slice().into())
    }

    fn cut(&mut self, cell: Cell, items: &[Item], edges: &[Edge], full: Full) -> [Word; 16] {
        let mut parts = self.parts.pop().unwrap_or_default();
        distribute(cell, items, edges, &mut parts);
        let added = parts.iter().map(|p| p.edges.len()).sum::<usize>().saturating_sub(edges.len());
        self.budget = self.budget.saturating_sub(added);
        let mut ids = Vec::new();
        let words = std::array::from_fn(|i| {
            ids.clear();
            ids.extend(full.ids.iter().chain(&parts[i].full));
            self.cell(cell.part(i), &parts[i].items, &parts[i].edges, Full { ids: &ids, ..full })
        });
        self.parts.push(parts);
        words
    }

    fn cell(&mut self, cell: Cell, items: &[Item], edges: &[Edge], full: Full) -> Word {
        if items.is_empty() {
            return self.set(full);
        }
        let long;
        let full = if full.ids.len() > LONG_SET {
            long = Full { below: self.set(full), ids: &[] };
            long
        } else {
            full
        };
        if self.is_leaf(cell, items, edges) {
            return self.leaf(cell, items, edges, full);
        }
        let at = self.tile.len();
        self.tile.resize(at + 16, 0);
        let words = self.cut(cell, items, edges, full);
        for (slot, word) in self.tile[at..].iter_mut().zip(words) {
            *slot = word.bits();
        }
        // an edge was brought here that does not touch the cell
        if self.tile.len() == at + 16 && words.iter().all(|w| *w == words[0]) {
            self.tile.truncate(at);
            return words[0];
        }
        Word::node(at)
    }

    fn is_leaf(&self, cell: Cell, items: &[Item], edges: &[Edge]) -> bool {
        if edges.len() <= LEAF_EDGES || cell.shift <= SMALLEST_SHIFT || self.budget == 0 {
            return true;
        }
        // the edges of one shape are all different
        if items.iter().any(|item| item.end - item.start > LEAF_EDGES) {
            return false;
        }
        let mut different = Vec::with_capacity(LEAF_EDGES + 1);
        edges.iter().all(|edge| {
            if !different.contains(edge) {
                different.push(*edge);
            }
            different.len() <= LEAF_EDGES
        })
    }

    fn leaf(&mut self, cell: Cell, items: &[Item], edges: &[Edge], full: Full) -> Word {
        let full = self.set(full);
        let touching: Vec<Touching> = items
            .iter()
            .map(|item| Touching {
                id: item.id,
                is_closed: item.is_closed,
                has_corner: item.has_corner,
                edges: &edges[item.start..item.end],
            })
            .collect();
        let at = self.tile.len();
        leaf::write(cell, full, &touching, &mut self.tile);
        Word::leaf(at)
    }

    /// The word of a set, written once a tile.
    #[allow(clippy::cast_possible_truncation)] // fewer than 2³² shapes
    fn set(&mut self, full: Full) -> Word {
        match (full.below, full.ids) {
            (below, []) => below,
            (Word::EMPTY, [id]) => Word::one(*id),
            (below, ids) => {
                let tile = &mut self.tile;
                *self.sets.entry((below.bits(), ids.to_vec())).or_insert_with(|| {
                    let at = tile.len();
                    tile.extend([ids.len() as u32, below.bits()]);
                    tile.extend(ids);
                    Word::set(at)
                })
            }
        }
    }
}
