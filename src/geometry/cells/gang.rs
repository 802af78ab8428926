//! Many places at once: each step is taken for all of them before the next one, so that their cache misses overlap.
//!
//! A single lookup waits for each line of memory before it knows the next. Here the processor finds up to [`GANG`] loads in a row that
//! do not depend on each other, and waits for them together.

use super::word::{Kind, Word};
use super::{Cells, Digits, TOP_SHIFT};
use crate::geometry::shape::Vertex;

/// How many places go together: enough to fill the load queue, few enough to stay in the first cache.
pub(in crate::geometry) const GANG: usize = 32;

/// Where a lookup ended: a set or a leaf, in a tile, in a cell of a size.
#[derive(Clone, Copy, Debug)]
pub(in crate::geometry) struct Found {
    pub(super) word: Word,
    pub(super) tile: usize,
    pub(super) shift: u32,
}

impl Found {
    /// Whether no edge touches the cell.
    pub(in crate::geometry) fn is_plain(self) -> bool {
        self.word.is_plain()
    }

    const NOTHING: Self = Self { word: Word::EMPTY, tile: 0, shift: TOP_SHIFT };
}

impl Cells {
    /// Looks up at most [`GANG`] places, and has the records of their leaves fetched.
    pub(in crate::geometry) fn find_gang(&self, places: &[Vertex]) -> [Found; GANG] {
        let mut found = [Found::NOTHING; GANG];
        let mut digits = [Digits { x: 0, y: 0 }; GANG];
        for ((v, digits), found) in places.iter().zip(&mut digits).zip(&mut found) {
            *digits = Digits::of(*v);
            found.tile = digits.tile();
            found.word = self.tops[found.tile].0[digits.part(TOP_SHIFT)];
        }
        let mut shift = TOP_SHIFT;
        let mut any_node = true;
        while any_node {
            any_node = false;
            shift = shift.saturating_sub(2);
            for (digits, found) in digits[..places.len()].iter().zip(&mut found) {
                if let Kind::Node(offset) = found.word.kind() {
                    found.word = Word::from_bits(self.tiles[found.tile][offset + digits.part(shift)]);
                    found.shift = shift;
                    any_node |= found.word.is_node();
                }
            }
        }
        let mut touched = 0;
        for found in &found[..places.len()] {
            if let Kind::Leaf(offset) | Kind::Set(offset) = found.word.kind() {
                touched ^= self.touch(found.tile, offset);
            }
        }
        std::hint::black_box(touched);
        found
    }

    /// Reads one word from each of the first lines of a record, which is as good as asking for them ahead of time.
    #[inline]
    pub(super) fn touch(&self, tile: usize, offset: usize) -> u32 {
        const LINE: usize = 16;
        let record = &self.tiles[tile][offset..];
        let last = record.len() - 1;
        (0..4).fold(0, |sum, line| sum ^ record[(line * LINE).min(last)])
    }
}
