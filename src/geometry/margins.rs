//! How far one position is from borders, each measured once.

use super::index::{ShapeIndex, Sides};
use super::position::Position;
use super::relate::{self, Margin, ShapeId};
use super::shape::Vertex;
use std::collections::HashMap;

/// Distances of a position from the borders of shapes. How it lies to all of them is found once, when the first is asked for.
#[derive(Debug)]
pub struct Margins<'a> {
    index: &'a ShapeIndex,
    v: Vertex,
    sides: Option<Sides>,
    known: HashMap<ShapeId, Margin>,
}

impl Margins<'_> {
    /// How far the position is from the border of one shape, and the nearest border point.
    ///
    /// # Panics
    /// When the shape is not in the index.
    pub fn of(&mut self, shape: ShapeId) -> Margin {
        let Self { index, v, sides, known } = self;
        let measure = || {
            let sides = sides.get_or_insert_with(|| index.sides(*v));
            relate::margin(index.member(shape.0).border(), *v, sides.of(index, shape.0, *v))
        };
        *known.entry(shape).or_insert_with(measure)
    }
}

impl ShapeIndex {
    /// Measures how far a position is from borders.
    pub fn margins(&self, position: Position) -> Margins<'_> {
        Margins { index: self, v: position.vertex(), sides: None, known: HashMap::new() }
    }

    /// How far a position is from the border of one shape, and the nearest border point.
    ///
    /// # Panics
    /// When the shape is not in the index.
    pub fn margin(&self, shape: ShapeId, position: Position) -> Margin {
        self.margins(position).of(shape)
    }
}
