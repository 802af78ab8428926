//! Everything within a distance of a position or a line.

use super::border::Border;
use super::edge_tree::EdgeTree;
use super::index::ShapeIndex;
use super::metric;
use super::position::Position;
use super::relate::ShapeId;
use super::shape::Vertex;
use std::collections::BTreeMap;

impl ShapeIndex {
    /// The shapes within `metres` of a position and how far they are, 0 when they contain it; by ascending id.
    pub fn within(&self, position: Position, metres: f64) -> Vec<(ShapeId, f64)> {
        let v = position.vertex();
        let mut found = BTreeMap::new();
        let mut near = Vec::new();
        self.near(v, metres, &mut near);
        for id in near {
            if let Some(nearest) = self.member(id).border().nearest(v, metres) {
                found.insert(ShapeId(id), nearest.distance_m);
            }
        }
        let mut covering = Vec::new();
        self.covering_vertex(v, &mut covering);
        found.extend(covering.into_iter().map(|shape| (shape, 0.0)));
        found.into_iter().collect()
    }

    /// The shapes within `metres` of a line, and whether it enters or touches them; by ascending id.
    ///
    /// The line is given as pieces that do not cross ±180. Beyond 500 km distances go by boxes around short runs of edges and by the vertices of
    /// the line: nothing within is left out, and what lies farther by no more than such a box and half an edge of the line may be found as well.
    pub fn within_line(&self, pieces: &[Vec<Vertex>], metres: f64) -> Vec<(ShapeId, bool)> {
        let entered = self.entered(pieces);
        let line = LineTree::new(pieces);
        let mut near: Vec<u32> = entered.iter().copied().collect();
        for bounds in line.tree.top() {
            self.near.find(bounds.corners(), metres, &mut near);
        }
        for piece in pieces {
            // a piece of one vertex has no edges, and so no box
            if let [only] = piece[..] {
                self.near(only, metres, &mut near);
            }
        }
        near.sort_unstable();
        near.dedup();
        let found = near.into_iter().map(|id| (id, entered.contains(&id)));
        found
            .filter(|(id, is_entered)| *is_entered || line.is_near(self.member(*id).border(), metres))
            .map(|(id, is_entered)| (ShapeId(id), is_entered))
            .collect()
    }
}

/// Up to this distance nearness to a line is settled exactly.
const EXACT_M: f64 = 500_000.0;

/// A line with a tree of boxes over its edges.
struct LineTree<'a> {
    pieces: &'a [Vec<Vertex>],
    tree: EdgeTree,
    /// No point of the line is farther than this from a vertex of it.
    half_edge_m: f64,
}

impl<'a> LineTree<'a> {
    #[allow(clippy::cast_possible_truncation)]
    fn new(pieces: &'a [Vec<Vertex>]) -> Self {
        let runs = pieces.iter().enumerate().filter(|(_, p)| p.len() > 1).map(|(i, p)| (i as u32, 0, p.len() - 1));
        let tree = EdgeTree::build(runs, |i| &pieces[i as usize]);
        let edges = pieces.iter().flat_map(|piece| piece.windows(2));
        let longest_m = edges.map(|w| metric::longest_edge_m(w[0], w[1])).fold(0.0, f64::max);
        Self { pieces, tree, half_edge_m: longest_m / 2.0 }
    }

    fn vertices(&self) -> impl Iterator<Item = Vertex> {
        self.pieces.iter().flatten().copied()
    }

    /// Whether a border that the line does not cross comes as near.
    fn is_near(&self, border: &Border, metres: f64) -> bool {
        let reach = metric::longest_chord(metres + self.half_edge_m);
        if !self.vertices().any(|v| border.may_be_within(v, reach)) {
            return false;
        }
        if metres > EXACT_M {
            return true;
        }
        // of two curves that do not cross, the shortest way between them begins at a vertex of one
        if self.vertices().any(|v| border.nearest(v, metres).is_some()) {
            return true;
        }
        let mut seen = None;
        let mut is_near = false;
        for bounds in self.tree.top() {
            border.for_each_near(bounds, metres, |a, b| {
                for v in [a, b] {
                    // an edge begins where the one before ended
                    is_near = is_near || (seen.replace(v) != Some(v) && self.reaches(v, metres));
                }
            });
        }
        is_near
    }

    fn reaches(&self, v: Vertex, metres: f64) -> bool {
        self.tree.nearest(v.lat_degrees(), v.lon_degrees(), metres, |i| &self.pieces[i as usize]).is_some()
    }
}
