//! Everything within a distance of a position or a line.

use super::edge_tree::EdgeTree;
use super::index::ShapeIndex;
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

    /// The shapes within `metres` of a line and how far they are from it, 0 when it enters or touches them; by ascending id.
    ///
    /// The line is given as pieces that do not cross ±180.
    pub fn within_line(&self, pieces: &[Vec<Vertex>], metres: f64) -> Vec<(ShapeId, f64)> {
        let mut found = BTreeMap::new();
        for passage in self.along(pieces, 0.0) {
            if !passage.inside.is_empty() {
                found.insert(passage.shape.0, 0.0);
            }
        }
        let line = LineTree::new(pieces);
        let mut near = Vec::new();
        for bounds in line.tree.top() {
            self.near.find(bounds.corners(), metres, &mut near);
        }
        for piece in pieces {
            // a piece of one vertex has no edges, and so no box
            if let [only] = piece[..] {
                self.near(only, metres, &mut near);
            }
        }
        for id in near {
            if found.contains_key(&id) {
                continue;
            }
            if let Some(distance_m) = self.line_distance(id, &line, metres) {
                found.insert(id, distance_m);
            }
        }
        found.into_iter().map(|(id, distance_m)| (ShapeId(id), distance_m)).collect()
    }

    /// Of two curves that do not cross, the shortest way between them begins at a vertex of one.
    fn line_distance(&self, id: u32, line: &LineTree, metres: f64) -> Option<f64> {
        let border = self.member(id).border();
        let mut best = metres;
        let mut any = false;
        for v in line.pieces.iter().flatten() {
            if let Some(nearest) = border.nearest(*v, best) {
                best = nearest.distance_m;
                any = true;
            }
        }
        let mut seen = None;
        for bounds in line.tree.top() {
            border.for_each_near(bounds, best, |a, b| {
                for v in [a, b] {
                    if seen.replace(v) == Some(v) {
                        continue;
                    }
                    if let Some(nearest) = line.nearest(v, best) {
                        best = nearest;
                        any = true;
                    }
                }
            });
        }
        any.then_some(best)
    }
}

/// A line with a tree of boxes over its edges.
struct LineTree<'a> {
    pieces: &'a [Vec<Vertex>],
    tree: EdgeTree,
}

impl<'a> LineTree<'a> {
    #[allow(clippy::cast_possible_truncation)]
    fn new(pieces: &'a [Vec<Vertex>]) -> Self {
        let runs = pieces.iter().enumerate().filter(|(_, p)| p.len() > 1).map(|(i, p)| (i as u32, 0, p.len() - 1));
        Self { pieces, tree: EdgeTree::build(runs, |i| &pieces[i as usize]) }
    }

    fn nearest(&self, v: Vertex, limit_m: f64) -> Option<f64> {
        self.tree.nearest(v.lat_degrees(), v.lon_degrees(), limit_m, |i| &self.pieces[i as usize]).map(|n| n.distance_m)
    }
}
