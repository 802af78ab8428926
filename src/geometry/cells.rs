//! The cells: which shapes contain a place, in a few memory accesses.
//!
//! # The idea
//!
//! Cut the map into cells until few edges touch each. In a cell without edges the answer is the same everywhere and is
//! written down. In a cell with edges it is written down for one point, and every crossed edge turns it over.
//!
//! ```text
//!   tiles of 4 × 4 words      node: 4 × 4 words      node: 4 × 4 words      leaf
//!   (2²⁴ units, 1.7°)
//!  ┌──┬──┬──┬──┬──┐         ┌──┬──┬──┬──┐          ┌──┬──┬──┬──┐          ┌─────────╱───┐   full   EU  
//!  │ 0│ 0│ 0│ 0│ 0│         │FR│FR│FR│ ●┼───node──▶│FR│FR│ ●┼DE│───leaf──▶│        ╱    │   0 FR   in at corner
//!  ├──┼──┼──┼──┼──┤         ├──┼──┼──┼──┤          ├──┼──┼──┼──┤          │◂──p───╱     │   1 DE   out at corner
//!  │ 0│ 0│ ●┼──┼──┼───node─▶│FR│FR│FR│ ●│          │FR│ ●│DE│DE│          │      ╱╲     │   edges  ╱ 0+1  ╲ 0+1
//!  ├──┼──┼──┼──┼──┤         ├──┼──┼──┼──┤          ├──┼──┼──┼──┤          └─────╱──╲────┘
//!  │ 0│ 0│FR│ ●│ ●│         │FR│ 0│ 0│ 0│          │ ●│DE│DE│DE│         corner
//!  └──┴──┴──┴──┴──┘         └──┴──┴──┴──┘          └──┴──┴──┴──┘
//! ```
//!
//! A *word* (32 bits, [`word`]) is nothing, one shape, a set of shapes, a node of 16 words over the 16 quarters of quarters, or a
//! leaf. A lookup shifts the coordinates into a tile and one of its sixteen parts, follows words down, and ends at a set or a leaf. Cell
//! sizes are powers of two of the unit (10⁻⁷ degree), so that is all the arithmetic there is. Most of the Earth ends at the first word.
//!
//! A leaf ([`leaf`]) names the shapes that cover it wholly, the shapes whose border touches it, and those borders' edges,
//! *unclipped*, each once however many shapes share it, with a bit for each of them. From the place `p` look west: every
//! edge passed turns over the bits of its shapes. Unlike a ray to the end of the world this ray sees only the leaf's own edges, so what it
//! counts is off, but by the same for every place in the cell, as long as no edge ends in the ray's field of view. Where an edge
//! does end west of the cell, in its rows, a *blind* vertical edge is added from that end up to the top of the
//! cell, and the count stays off by the same. By how much, is found at the corner when the leaf is written.
//! All of it is 64-bit integers: no rounding, no clipping, no seam.
//!
//! # The steps, one file each
//!
//! 1. [`spread`] brings shapes to the tiles they touch, and knows for each whether the corner of the tile is inside.
//! 2. [`split`] cuts a tile into cells until few edges touch each, within a budget that keeps memory linear.
//! 3. [`leaf`] writes a leaf, and counts its edges for a place.
//! 4. this file follows the words for one place; [`gang`] does so for many places at once, to overlap their cache misses.
//! 5. [`walk`] visits the edges in the cells along a segment.
//!
//! Tiles are immutable and shared: a changed index rebuilds the tiles that the changed shapes touch and points to the others.

mod gang;
mod leaf;
mod split;
mod spread;
mod walk;
mod word;

pub(super) use gang::{Found, GANG};
pub(super) use leaf::Edge;
pub(super) use spread::{Source, Wanted};

use super::exact::{HALF_TURN, POLE};
use super::metric;
use super::relate::ShapeId;
use super::shape::Vertex;
use leaf::Block;
use std::sync::Arc;
use word::{Kind, Word};

/// The side of a tile is two to this in units.
pub(super) const TILE_SHIFT: u32 = 24;
/// The side of the parts of a tile is two to this in units.
const TOP_SHIFT: u32 = TILE_SHIFT - 2;
/// Where the first tile begins: the multiple of a tile (counted from the lowest numbers) south-west of everything.
pub(super) const ORIGIN: Vertex =
    Vertex { lon: i32::MIN + (20 << TILE_SHIFT), lat: (i32::MIN >> 1) + (10 << TILE_SHIFT) };
/// How many tiles there are from west to east.
pub(super) const COLUMNS: usize = 216;
/// How many tiles there are from south to north.
pub(super) const ROWS: usize = 108;

/// The words of the sixteen parts of a tile, in one line of memory.
#[derive(Clone, Copy, Debug, Default)]
#[repr(align(64))]
struct Top([Word; 16]);

/// The records of one tile, which its words point into.
type Tile = Arc<[u32]>;

/// Shapes that cover a whole square of tiles, where they are many; on top of those of the square around it.
#[derive(Debug)]
struct Layer {
    ids: Box<[u32]>,
    below: Option<Arc<Layer>>,
}

/// All cells.
#[derive(Clone, Debug)]
pub(super) struct Cells {
    /// The words of the sixteen parts of each tile, tiles in rows from the south-west: small enough to stay in a near cache, and enough
    /// for most of the Earth.
    tops: Vec<Top>,
    /// The records that the words point into.
    tiles: Vec<Tile>,
    layers: Vec<Option<Arc<Layer>>>,
    has_layers: bool,
}

/// A square: its south-west corner, and its side as a power of two.
#[derive(Clone, Copy, Debug)]
struct Cell {
    lon: i64,
    lat: i64,
    shift: u32,
}

impl Cell {
    /// The square of a tile.
    #[allow(clippy::cast_possible_wrap)]
    fn of_tile(tile: usize) -> Self {
        let (column, row) = ((tile % COLUMNS) as i64, (tile / COLUMNS) as i64);
        Self {
            lon: i64::from(ORIGIN.lon) + (column << TILE_SHIFT),
            lat: i64::from(ORIGIN.lat) + (row << TILE_SHIFT),
            shift: TILE_SHIFT,
        }
    }

    #[allow(clippy::cast_possible_truncation)] // cells of tiles lie in the range of the numbers
    fn corner(self) -> Vertex {
        Vertex { lon: self.lon as i32, lat: self.lat as i32 }
    }

    /// The latitude of the cells above.
    #[allow(clippy::cast_possible_truncation)]
    fn top(self) -> i32 {
        (self.lat + (1 << self.shift)) as i32
    }

    /// Whether an edge that ends here, west of the cell in its rows, goes on unseen.
    fn hides(self, end: Vertex) -> bool {
        i64::from(end.lon) < self.lon && self.lat <= i64::from(end.lat) && end.lat < self.top()
    }
}

/// Coordinates counted from the origin: no sign, and every digit of two bits is a quarter.
#[derive(Clone, Copy)]
struct Digits {
    x: u32,
    y: u32,
}

impl Digits {
    #[inline]
    #[allow(clippy::cast_sign_loss)] // the origin is the lowest number
    fn of(v: Vertex) -> Self {
        Self { x: v.lon.wrapping_sub(ORIGIN.lon) as u32, y: v.lat.wrapping_sub(ORIGIN.lat) as u32 }
    }

    #[inline]
    fn tile(self) -> usize {
        (self.y >> TILE_SHIFT) as usize * COLUMNS + (self.x >> TILE_SHIFT) as usize
    }

    /// Which sixteenth, where sixteenths have a side of two to `shift`.
    #[inline]
    fn part(self, shift: u32) -> usize {
        ((self.y >> shift & 3) << 2 | self.x >> shift & 3) as usize
    }
}

impl Cells {
    /// Appends the ids of the shapes that contain a place which is not a pole, in no order.
    #[inline]
    pub(super) fn covering(&self, v: Vertex, out: &mut Vec<ShapeId>) {
        self.under_name(v, out);
        if v.lon.abs() == HALF_TURN {
            self.under_other_name(v, out);
        }
    }

    /// What begins at the one name of ±180 is not in the cells at the other. Half-open shapes contain no place at +180, so they do
    /// not come twice either.
    #[cold]
    fn under_other_name(&self, v: Vertex, out: &mut Vec<ShapeId>) {
        let start = out.len();
        self.under_name(Vertex { lon: -v.lon, ..v }, out);
        let mut i = start;
        while i < out.len() {
            if out[..start].contains(&out[i]) {
                out.swap_remove(i);
            } else {
                i += 1;
            }
        }
    }

    #[inline]
    fn under_name(&self, v: Vertex, out: &mut Vec<ShapeId>) {
        let found = self.find(v);
        if let Kind::Leaf(offset) = found.word.kind() {
            // the lines after the first are asked for before the first says how many there are
            std::hint::black_box(self.touch(found.tile, offset));
        }
        self.answer(found, v, out);
    }

    /// Follows the words to a set or a leaf.
    #[inline]
    pub(super) fn find(&self, v: Vertex) -> Found {
        let digits = Digits::of(v);
        let tile = digits.tile();
        let mut shift = TOP_SHIFT;
        let mut word = self.tops[tile].0[digits.part(shift)];
        while let Kind::Node(offset) = word.kind() {
            shift -= 2;
            word = Word::from_bits(self.tiles[tile][offset + digits.part(shift)]);
        }
        Found { word, tile, shift }
    }

    /// Appends the ids of the shapes that contain a place, under the one name of it that was looked up.
    #[inline]
    pub(super) fn answer(&self, found: Found, v: Vertex, out: &mut Vec<ShapeId>) {
        match found.word.kind() {
            Kind::Empty => {}
            Kind::One(id) => out.push(ShapeId(id)),
            _ => self.answer_from_record(found, v, out),
        }
        if self.has_layers {
            self.add_layers(found.tile, out);
        }
    }

    fn answer_from_record(&self, Found { word, tile, .. }: Found, v: Vertex, out: &mut Vec<ShapeId>) {
        match word.kind() {
            Kind::Leaf(offset) => {
                let mut block = Block::at(&self.tiles[tile], offset);
                self.add_set(block.full(), tile, out);
                loop {
                    let mut bits = block.containing(v);
                    let ids = block.ids();
                    while bits != 0 {
                        out.push(ShapeId(ids[bits.trailing_zeros() as usize]));
                        bits &= bits - 1;
                    }
                    match block.next() {
                        Some(next) => block = next,
                        None => break,
                    }
                }
            }
            _ => self.add_set(word, tile, out),
        }
    }

    /// Whether the place, under the name given, is in a shape.
    pub(super) fn contains(&self, v: Vertex, id: u32) -> bool {
        let mut ids = Vec::new();
        self.under_name(v, &mut ids);
        ids.contains(&ShapeId(id))
    }

    #[inline]
    fn add_set(&self, word: Word, tile: usize, out: &mut Vec<ShapeId>) {
        match word.kind() {
            Kind::One(id) => out.push(ShapeId(id)),
            Kind::Set(_) => self.add_long_set(word, tile, out),
            _ => {}
        }
    }

    fn add_long_set(&self, mut word: Word, tile: usize, out: &mut Vec<ShapeId>) {
        while let Kind::Set(offset) = word.kind() {
            let record = &self.tiles[tile][offset..];
            out.extend(record[2..][..record[0] as usize].iter().map(|id| ShapeId(*id)));
            word = Word::from_bits(record[1]);
        }
        if let Kind::One(id) = word.kind() {
            out.push(ShapeId(id));
        }
    }

    fn add_layers(&self, tile: usize, out: &mut Vec<ShapeId>) {
        let mut next = &self.layers[tile];
        while let Some(layer) = next {
            out.extend(layer.ids.iter().map(|id| ShapeId(*id)));
            next = &layer.below;
        }
    }

    /// How far the place is from the sides of its cell and the ends of the map, or less, in metres. Nothing is nearer than this that
    /// does not touch the cell.
    pub(super) fn clearance_m(found: Found, v: Vertex) -> f64 {
        let digits = Digits::of(v);
        let within = (1_u32 << found.shift) - 1;
        let (x, y) = (digits.x & within, digits.y & within);
        // an end of the map is no side of a cell: what lies beyond it lies in cells elsewhere
        let across = x.min(within - x).min(v.lon.abs_diff(HALF_TURN)).min(v.lon.abs_diff(-HALF_TURN));
        let up = y.min(within - y).min(v.lat.abs_diff(POLE)).min(v.lat.abs_diff(-POLE));
        let (lat_m, lon_m) = metric::least_metres_per_unit(v.lat_degrees());
        (f64::from(up) * lat_m).min(f64::from(across) * lon_m)
    }

    /// Whether a place and another one lie in one cell without edges.
    pub(super) fn is_plain_as_far_as(found: Found, v: Vertex, other: Vertex) -> bool {
        let (here, there) = (Digits::of(v), Digits::of(other));
        found.word.is_plain() && ((here.x ^ there.x) | (here.y ^ there.y)) >> found.shift == 0
    }

    /// Calls with shape and edge for every edge that touches a cell.
    pub(super) fn edges_of(&self, found: Found, mut edge_of: impl FnMut(u32, Edge)) {
        let Kind::Leaf(offset) = found.word.kind() else { return };
        let mut block = Some(Block::at(&self.tiles[found.tile], offset));
        while let Some(b) = block {
            for (edge, mut bits) in b.edges() {
                while bits != 0 {
                    edge_of(b.ids()[bits.trailing_zeros() as usize], edge);
                    bits &= bits - 1;
                }
            }
            block = b.next();
        }
    }

    /// Whether the place is inside a shape by the half-open rule and whether on its border, for the shapes whose border touches its
    /// cell; and the ids of the shapes that cover the cell wholly.
    pub(super) fn around(
        &self,
        Found { word, tile, .. }: Found,
        v: Vertex,
        full: &mut Vec<ShapeId>,
        mut touching: impl FnMut(ShapeId, bool, bool),
    ) {
        if self.has_layers {
            self.add_layers(tile, full);
        }
        let Kind::Leaf(offset) = word.kind() else {
            self.add_set(word, tile, full);
            return;
        };
        let mut block = Some(Block::at(&self.tiles[tile], offset));
        self.add_set(block.expect("a leaf has a block").full(), tile, full);
        while let Some(b) = block {
            let count = b.count(v);
            for (i, id) in b.ids().iter().enumerate() {
                touching(ShapeId(*id), count.half_open >> i & 1 == 1, count.border >> i & 1 == 1);
            }
            block = b.next();
        }
    }

    /// Bytes on the heap, tiles shared with other cells included.
    pub(super) fn heap_bytes(&self) -> usize {
        let records: usize = self.tiles.iter().filter(|t| !t.is_empty()).map(|t| size_of_val(&**t) + 16).sum();
        records + size_of_val(&*self.tops) + size_of_val(&*self.tiles) + size_of_val(&*self.layers)
    }
}
