//! Placement: which shapes contain a position or may, without measuring more than that takes.
//!
//! Four ways, the cheapest that is certain:
//! 1. the circle of what is uncertain fits into the cell and no edge touches the cell: all is certain;
//! 2. no border comes near the square around the position, each widened by its own accuracy: all is certain as well;
//! 3. the circle fits into the cell: only the few edges that touch the cell are measured;
//! 4. it does not: the borders near it are searched.

use super::cells::{Cells, Edge, Found};
use super::edge_tree;
use super::index::{ShapeIndex, has_other_names};
use super::metric;
use super::oracle::Side;
use super::position::Position;
use super::quiet::WIDTH_M;
use super::relate::{Placed, Placement, ShapeId};
use super::shape::Vertex;

/// Up to this distance, and this latitude in degrees, what is flat and what is not differ by less than two per cent.
const FLAT_M: f64 = 10_000.0;
const FLAT_LAT: f64 = 85.0;

impl ShapeIndex {
    /// All shapes that contain the position or may, ascending. How far away a border is costs more, and is asked with
    /// [`Self::margin`].
    pub fn locate(&self, position: Position) -> Vec<Placed> {
        let v = position.vertex();
        let mut placed = Vec::new();
        self.locate_found(position, v, self.cells.find(v), &mut placed);
        placed
    }

    /// The same, with the position's cell already found; appended.
    pub(super) fn locate_found(&self, position: Position, v: Vertex, found: Found, out: &mut Vec<Placed>) {
        let start = out.len();
        let mut covering = Vec::new();
        let in_cells = self.slow.is_empty() && !has_other_names(v);
        if in_cells {
            self.cells.answer(found, v, &mut covering);
        } else {
            self.covering_vertex(v, &mut covering);
        }
        let mut doubtful = Vec::new();
        // no edge touches a plain cell, so nobody in it is on a border
        let mut on_no_border = in_cells && found.is_plain();
        let farthest_m = position.accuracy_m() + self.largest_accuracy_m;
        if farthest_m > 0.0 {
            let fits = self.slow.is_empty() && Cells::clearance_m(found, v) > farthest_m;
            let is_certain = fits && on_no_border;
            let is_quiet = !is_certain && in_cells && position.accuracy_m() <= WIDTH_M && self.quiet.has(self, v);
            on_no_border |= is_quiet;
            if fits && farthest_m < FLAT_M && v.lat_degrees().abs() < FLAT_LAT && !on_no_border {
                self.doubtful_in_cell(position, v, found, &mut doubtful);
            } else if !is_certain && !is_quiet {
                self.doubtful_around(position, v, &mut doubtful);
            }
            doubtful.sort_unstable();
            doubtful.dedup();
        }
        let placed = |shape, placement| Placed { shape, placement, on_border: false };
        out.extend(doubtful.iter().map(|id| placed(ShapeId(*id), Placement::Possible)));
        let certain = covering.into_iter().filter(|shape| doubtful.binary_search(&shape.0).is_err());
        out.extend(certain.map(|shape| placed(shape, Placement::Inside)));
        out[start..].sort_unstable_by_key(|placed| placed.shape);
        if out.len() > start && !on_no_border {
            let sides = self.sides(v);
            for placed in &mut out[start..] {
                placed.on_border = sides.of(self, placed.shape.0, v) == Side::Border;
            }
        }
    }

    fn doubtful_in_cell(&self, position: Position, v: Vertex, found: Found, doubtful: &mut Vec<u32>) {
        let (lat_m, lon_m) = metric::metres_per_unit(v.lat_degrees());
        let flat = |w: Vertex| {
            [(f64::from(w.lon) - f64::from(v.lon)) * lon_m, (f64::from(w.lat) - f64::from(v.lat)) * lat_m, 0.0]
        };
        let mut from = None;
        let mut last: Option<(Edge, f64)> = None;
        self.cells.edges_of(found, |id, edge| {
            let uncertainty_m = position.accuracy_m() + self.member(id).accuracy_m;
            let distance_m = match last {
                Some((same, distance_m)) if same == edge => distance_m,
                _ => {
                    let near = 1.02 * (position.accuracy_m() + self.largest_accuracy_m);
                    let (flat2, _) = edge_tree::segment_distance2([0.0; 3], flat(edge.low), flat(edge.high));
                    if flat2 > near * near {
                        f64::INFINITY
                    } else {
                        let from = *from.get_or_insert_with(|| metric::space_of(v));
                        metric::arc(edge_tree::nearest_on_edge(from, edge.low, edge.high).0.sqrt())
                    }
                }
            };
            last = Some((edge, distance_m));
            if distance_m < uncertainty_m {
                doubtful.push(id);
            }
        });
    }

    fn doubtful_around(&self, position: Position, v: Vertex, doubtful: &mut Vec<u32>) {
        self.near(v, position.accuracy_m(), doubtful);
        doubtful.retain(|id| {
            let member = self.member(*id);
            let uncertainty_m = position.accuracy_m() + member.accuracy_m;
            member.border().nearest(v, uncertainty_m).is_some_and(|n| n.distance_m < uncertainty_m)
        });
    }
}
