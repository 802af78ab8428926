//! What may matter to somebody in a shape or not far from it: the other shapes around.

use super::border::Border;
use super::edge_tree::SpaceBox;
use super::exact::HALF_TURN;
use super::index::{Member, ShapeIndex, present};
use super::oracle::{Side, shape_side};
use super::relate::ShapeId;
use super::shape::{Shape, Vertex};

impl ShapeIndex {
    /// The shapes whose outline may lie within `metres`, and the accuracy of that outline, of a shape in this index, itself among them; ascending.
    ///
    /// None is left out; one a little farther away may be among them.
    ///
    /// # Panics
    /// When the shape is not in the index.
    pub fn around(&self, shape: ShapeId, metres: f64) -> Vec<ShapeId> {
        let centre = self.member(shape.0);
        let near = |member: &Member| {
            let (a, b) = (centre.border(), member.border());
            meets(a.shape(), b.shape()) || meets(b.shape(), a.shape()) || is_near(a, b, metres + member.accuracy_m)
        };
        present(&self.members).filter(|(_, member)| near(member)).map(|(id, _)| ShapeId(id)).collect()
    }
}

/// Whether a part of one shape begins in the other; of two areas that overlap without their borders meeting, one lies in the other.
fn meets(outer: &Shape, inner: &Shape) -> bool {
    // a place on ±180 has two names, and a box knows one
    let maybe = |v: Vertex| v.lon.abs() == HALF_TURN || outer.bounds().is_some_and(|bounds| bounds.covers(v));
    let mut firsts = inner.polygons().iter().filter_map(|polygon| polygon.shell.first().copied());
    firsts.any(|v| maybe(v) && shape_side(outer, v) != Side::Outside)
}

/// Whether two borders may come within some metres of each other: a chord is never longer than the way over ground.
fn is_near(a: &Border, b: &Border, metres: f64) -> bool {
    let around = |boxes: &[SpaceBox]| {
        let mut whole = SpaceBox::EMPTY;
        for one in boxes {
            whole.join(one);
        }
        whole
    };
    if !around(a.top()).is_near(&around(b.top()), metres) {
        return false;
    }
    a.runs().iter().any(|run| {
        let mut found = false;
        b.for_each_near(run, metres, |_, _| found = true);
        found
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::{Edges, Entry, Limits, Policy};
    use std::sync::Arc;

    fn entry(accuracy_m: f64, [w, s, e, n]: [f64; 4]) -> Entry {
        let ring = [(w, s), (e, s), (e, n), (w, n), (w, s)].map(|(lon, lat)| format!("[{lon}, {lat}]")).join(",");
        let text = format!(r#"{{"type": "Polygon", "coordinates": [[{ring}]]}}"#);
        let (shape, _) =
            Shape::from_geojson_text(text.as_bytes(), &Limits::default(), Edges::Planar).expect("a square");
        Entry { shape: Arc::new(shape), accuracy_m, policy: Policy::Closed }
    }

    #[test]
    fn what_touches_contains_lies_in_or_is_near_enough_is_around() {
        let index = ShapeIndex::build(vec![
            entry(0.0, [0.0, 0.0, 10.0, 10.0]),
            entry(0.0, [4.0, 4.0, 5.0, 5.0]),
            entry(0.0, [-20.0, -20.0, 30.0, 30.0]),
            entry(0.0, [10.0, 0.0, 20.0, 10.0]),
            // eleven kilometres to the north, known to two or to none
            entry(2_000.0, [4.0, 10.1, 5.0, 11.0]),
            entry(0.0, [4.0, 10.1, 5.0, 11.0]),
            entry(0.0, [4.0, 40.0, 5.0, 41.0]),
        ]);
        let around = |metres| index.around(ShapeId(0), metres).iter().map(|id| id.0).collect::<Vec<_>>();
        assert_eq!(around(0.0), [0, 1, 2, 3]);
        assert_eq!(around(10_000.0), [0, 1, 2, 3, 4]);
        assert_eq!(around(12_000.0), [0, 1, 2, 3, 4, 5]);
    }

    #[test]
    fn what_is_near_across_the_antimeridian_is_around() {
        let index =
            ShapeIndex::build(vec![entry(0.0, [179.0, 0.0, 179.99, 1.0]), entry(0.0, [-179.99, 0.0, -179.0, 1.0])]);
        assert_eq!(index.around(ShapeId(0), 3_000.0).len(), 2);
        assert_eq!(index.around(ShapeId(0), 1_000.0).len(), 1);
    }
}
