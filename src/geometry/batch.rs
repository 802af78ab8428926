//! Many positions at once.

use super::index::ShapeIndex;
use super::relate::ShapeId;
use super::position::Position;

/// The shapes of many positions in two flat lists.
#[derive(Clone, Debug, Default)]
pub struct Covered {
    ids: Vec<ShapeId>,
    ends: Vec<u32>,
}

impl Covered {
    /// The shapes that contain the n-th position, ascending.
    pub fn of(&self, n: usize) -> &[ShapeId] {
        let start = if n == 0 { 0 } else { self.ends[n - 1] as usize };
        &self.ids[start..self.ends[n] as usize]
    }

    /// How many positions were asked for.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether no position was asked for.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }
}

impl ShapeIndex {
    /// The same as [`Self::covering`] for each position. `out` is emptied first and keeps its memory.
    #[allow(clippy::cast_possible_truncation)]
    pub fn covering_batch(&self, positions: &[Position], out: &mut Covered) {
        out.ids.clear();
        out.ends.clear();
        for position in positions {
            self.covering(*position, &mut out.ids);
            out.ends.push(out.ids.len() as u32);
        }
    }
}
