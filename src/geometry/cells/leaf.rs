//! A leaf: the shapes whose border touches a cell, the edges of those borders, and how to count them.
//!
//! The record in a tile, in words of 32 bits; blocks of at most 32 shapes follow each other, all but the last marked by [`MORE`]:
//!
//! ```text
//!  0        word of the set of shapes that cover the cell wholly (first block only)
//!  1        how many shapes, and MORE
//!  2        how many edges, the real ones
//!  3        how many edges, blind ones included
//!  4        bits: which shapes the count says the opposite of
//!  5        bits: to which shapes the border belongs
//!  6..      ids of the shapes
//!  ..       edges: longitude and latitude of the lower end, of the upper end, bits of the shapes it belongs to
//! ```

use super::Cell;
use super::word::Word;
use crate::geometry::exact;
use crate::geometry::shape::Vertex;

/// Shapes in one block: one bit each.
pub(super) const BLOCK: usize = 32;
const MORE: u32 = 1 << 31;
const HEADER: usize = 6;
const EDGE: usize = 5;

/// An edge from its lower to its upper end; level ones from west to east.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::geometry) struct Edge {
    pub(in crate::geometry) low: Vertex,
    pub(in crate::geometry) high: Vertex,
}

impl Edge {
    pub(super) fn new(a: Vertex, b: Vertex) -> Self {
        if (a.lat, a.lon) <= (b.lat, b.lon) { Self { low: a, high: b } } else { Self { low: b, high: a } }
    }
}

/// One block of a leaf record.
#[derive(Clone, Copy)]
pub(super) struct Block<'a> {
    words: &'a [u32],
}

/// What counting says about a place, a bit for each shape of the block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Count {
    /// Which shapes contain the place by the half-open rule.
    pub(super) half_open: u32,
    /// On whose border it is.
    pub(super) border: u32,
}

impl<'a> Block<'a> {
    #[inline]
    pub(super) fn at(tile: &'a [u32], offset: usize) -> Self {
        Self { words: &tile[offset..] }
    }

    /// The set of shapes that cover the cell wholly.
    #[inline]
    pub(super) fn full(self) -> Word {
        Word::from_bits(self.words[0])
    }

    #[inline]
    pub(super) fn ids(self) -> &'a [u32] {
        &self.words[HEADER..][..(self.words[1] & !MORE) as usize]
    }

    /// The block after this one.
    #[inline]
    pub(super) fn next(self) -> Option<Self> {
        (self.words[1] & MORE != 0).then(|| {
            let length = HEADER + (self.words[1] & !MORE) as usize + self.words[3] as usize * EDGE;
            Self { words: &self.words[length..] }
        })
    }

    #[inline]
    fn edge_words(self, count: u32) -> std::slice::ChunksExact<'a, u32> {
        self.words[HEADER + (self.words[1] & !MORE) as usize..][..count as usize * EDGE].chunks_exact(EDGE)
    }

    /// The real edges and the bits of the shapes they belong to.
    pub(super) fn edges(self) -> impl Iterator<Item = (Edge, u32)> + 'a {
        self.edge_words(self.words[2]).map(|w| (edge_of(w), w[4]))
    }

    /// Which shapes of the block contain the place, each by its own policy.
    #[inline]
    pub(super) fn containing(self, v: Vertex) -> u32 {
        let count = self.count(v);
        count.half_open | (count.border & self.words[5])
    }

    /// Counts the edges west of the place. Without a branch, because which edges are passed is a coin toss.
    #[inline]
    #[allow(clippy::needless_bitwise_bool)]
    pub(super) fn count(self, v: Vertex) -> Count {
        let (mut half_open, mut on_line) = (self.words[4], 0);
        let (lon, lat) = (i64::from(v.lon), i64::from(v.lat));
        for w in self.edge_words(self.words[3]) {
            let e = edge_of(w);
            let (low_lat, high_lat) = (i64::from(e.low.lat), i64::from(e.high.lat));
            let run = (i64::from(e.high.lon) - i64::from(e.low.lon)) * (lat - low_lat);
            let rise = (high_lat - low_lat) * (lon - i64::from(e.low.lon));
            let (from_low, below_high) = (low_lat <= lat, lat < high_lat);
            half_open ^= w[4] & mask(from_low & below_high & (run <= rise));
            on_line |= w[4] & mask(from_low & (lat <= high_lat) & (run == rise));
        }
        // rare: on an edge, or level with a level one
        let border = if on_line == 0 { 0 } else { self.border(v) };
        Count { half_open, border }
    }

    #[cold]
    fn border(self, v: Vertex) -> u32 {
        self.edges().filter(|(e, _)| exact::on_edge(e.low, e.high, v)).fold(0, |bits, (_, of)| bits | of)
    }
}

#[inline]
#[allow(clippy::cast_possible_wrap)] // the words are the bits of signed coordinates
fn edge_of(w: &[u32]) -> Edge {
    Edge { low: Vertex { lon: w[0] as i32, lat: w[1] as i32 }, high: Vertex { lon: w[2] as i32, lat: w[3] as i32 } }
}

#[inline]
fn mask(condition: bool) -> u32 {
    0_u32.wrapping_sub(u32::from(condition))
}

/// A shape whose border touches a cell, as a leaf is written.
pub(super) struct Touching<'a> {
    pub(super) id: u32,
    pub(super) is_closed: bool,
    /// Whether the half-open shape contains the south-west corner of the cell.
    pub(super) has_corner: bool,
    pub(super) edges: &'a [Edge],
}

/// Appends the record of a leaf.
pub(super) fn write(cell: Cell, full: Word, touching: &[Touching], tile: &mut Vec<u32>) {
    let mut blocks = touching.chunks(BLOCK).peekable();
    let mut full = full;
    while let Some(block) = blocks.next() {
        let more = if blocks.peek().is_some() { MORE } else { 0 };
        write_block(cell, full, block, more, tile);
        full = Word::EMPTY;
    }
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // counts are small; coordinates keep their bits
fn write_block(cell: Cell, full: Word, touching: &[Touching], more: u32, tile: &mut Vec<u32>) {
    let real = shared_edges(touching);
    let blind = blind_edges(cell, &real);
    let start = tile.len();
    let closed = bits(touching.iter().map(|t| t.is_closed));
    tile.extend([
        full.bits(),
        touching.len() as u32 | more,
        real.len() as u32,
        (real.len() + blind.len()) as u32,
        0,
        closed,
    ]);
    tile.extend(touching.iter().map(|t| t.id));
    for (e, of) in real.iter().chain(&blind) {
        tile.extend([e.low.lon as u32, e.low.lat as u32, e.high.lon as u32, e.high.lat as u32, *of]);
    }
    let counted = Block::at(tile, start).count(cell.corner()).half_open;
    tile[start + 4] = counted ^ bits(touching.iter().map(|t| t.has_corner));
}

fn bits(flags: impl Iterator<Item = bool>) -> u32 {
    flags.enumerate().fold(0, |bits, (i, flag)| bits | u32::from(flag) << i)
}

/// Every edge once, with the bits of the shapes that have it.
fn shared_edges(touching: &[Touching]) -> Vec<(Edge, u32)> {
    let mut edges: Vec<(Edge, u32)> =
        touching.iter().enumerate().flat_map(|(i, t)| t.edges.iter().map(move |e| (*e, 1 << i))).collect();
    edges.sort_unstable();
    edges.dedup_by(|next, last| {
        // a shape that has an edge twice keeps both: they turn it over twice
        let joined = next.0 == last.0 && last.1 & next.1 == 0;
        if joined {
            last.1 |= next.1;
        }
        joined
    });
    edges
}

/// Vertical edges from where real ones end west of the cell in its rows, up to its top.
fn blind_edges(cell: Cell, real: &[(Edge, u32)]) -> Vec<(Edge, u32)> {
    let mut blind: Vec<(Edge, u32)> = real
        .iter()
        .flat_map(|(edge, of)| [(edge.low, *of), (edge.high, *of)])
        .filter(|(end, _)| cell.hides(*end))
        .map(|(end, of)| (Edge { low: end, high: Vertex { lat: cell.top(), ..end } }, of))
        .collect();
    blind.sort_unstable_by_key(|(edge, _)| edge.low.lat);
    // what matters of a blind edge is its row; two of one shape in one row cancel each other
    blind.dedup_by(|next, last| {
        let joined = next.0.low.lat == last.0.low.lat;
        if joined {
            last.1 ^= next.1;
        }
        joined
    });
    blind.retain(|(_, of)| *of != 0);
    blind
}
