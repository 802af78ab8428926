//! Many positions at once: several times faster than one by one where memory is cold.

use super::cells::GANG;
use super::index::{ShapeIndex, has_other_names};
use super::position::Position;
use super::relate::{Placed, ShapeId};
use super::shape::Vertex;

/// The answers to many questions in two flat lists.
#[derive(Clone, Debug)]
pub struct Batch<T> {
    all: Vec<T>,
    ends: Vec<usize>,
}

impl<T> Default for Batch<T> {
    fn default() -> Self {
        Self { all: Vec::new(), ends: Vec::new() }
    }
}

impl<T> Batch<T> {
    /// The answers to the n-th question.
    ///
    /// # Panics
    /// When there was no such question.
    pub fn of(&self, n: usize) -> &[T] {
        let start = if n == 0 { 0 } else { self.ends[n - 1] };
        &self.all[start..self.ends[n]]
    }

    /// The answers, question by question.
    pub fn iter(&self) -> impl Iterator<Item = &[T]> {
        (0..self.len()).map(|n| self.of(n))
    }

    /// How many questions there were.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there was no question.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    fn clear(&mut self) {
        self.all.clear();
        self.ends.clear();
    }
}

impl ShapeIndex {
    /// The same as [`Self::covering`] for each position. `out` is emptied first and keeps its memory.
    pub fn covering_batch(&self, positions: &[Position], out: &mut Batch<ShapeId>) {
        out.clear();
        for gang in positions.chunks(GANG) {
            let places = vertices(gang);
            let found = self.cells.find_gang(&places[..gang.len()]);
            for (v, found) in places[..gang.len()].iter().zip(found) {
                let start = out.all.len();
                if has_other_names(*v) || !self.slow.is_empty() {
                    self.covering_vertex(*v, &mut out.all);
                } else {
                    self.cells.answer(found, *v, &mut out.all);
                    if out.all.len() - start > 1 {
                        out.all[start..].sort_unstable();
                    }
                }
                out.ends.push(out.all.len());
            }
        }
    }

    /// The same as [`Self::locate`] for each position. `out` is emptied first and keeps its memory.
    pub fn locate_batch(&self, positions: &[Position], out: &mut Batch<Placed>) {
        out.clear();
        for gang in positions.chunks(GANG) {
            let places = vertices(gang);
            let found = self.cells.find_gang(&places[..gang.len()]);
            for ((v, found), position) in places.iter().zip(found).zip(gang) {
                self.locate_found(*position, *v, found, &mut out.all);
                out.ends.push(out.all.len());
            }
        }
    }
}

fn vertices(gang: &[Position]) -> [Vertex; GANG] {
    let mut places = [Vertex { lon: 0, lat: 0 }; GANG];
    for (place, position) in places.iter_mut().zip(gang) {
        *place = position.vertex();
    }
    places
}
