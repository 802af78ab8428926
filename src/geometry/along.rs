//! A line against all shapes: where it enters and leaves each, exactly, and where that is doubtful.

use super::cells::{Cells, Edge, Found};
use super::corridor;
use super::crossing::{self, Hair};
use super::exact::{self, HALF_TURN};
use super::index::{ShapeIndex, has_other_names};
use super::oracle::{self, Side};
use super::relate::{self, ShapeId};
use super::ruler::{Ruler, lengths_m};
use super::shape::{Shape, Vertex};
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

/// A stretch of a line, in metres from its start. May have no length, where the line only touches.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// Where it begins.
    pub from_m: f64,
    /// Where it ends.
    pub to_m: f64,
}

/// What a line has to do with one shape.
#[derive(Clone, Debug, PartialEq)]
pub struct Passage {
    /// The shape.
    pub shape: ShapeId,
    /// Where the line is inside or on the border: sorted, apart from each other.
    pub inside: Vec<Interval>,
    /// Where the border is nearer than corridor plus accuracy of the outline, on either side, so that inside or not is doubtful.
    pub possible: Vec<Interval>,
    /// Metres inside, all intervals together.
    pub inside_m: f64,
}

/// The stretches of one shape while they are collected.
#[derive(Default)]
struct Stretches {
    inside: Vec<(f64, f64)>,
    possible: Vec<(f64, f64)>,
}

impl ShapeIndex {
    /// The shapes a line passes, touches, or passes within `corridor_m` plus the accuracy of their outline; by ascending id.
    ///
    /// The line is given as pieces cut at ±180, each continuing where the one before ended; its edges are straight in longitude and
    /// latitude (RFC 7946), so that a long one runs elsewhere than the shortest path between its ends, and is longer. Metres run on
    /// from piece to piece, along the edges as they are: no position or length is wrong by more than 0.1 %. Borders belong to closed and
    /// half-open shapes alike, since that makes no difference in metres.
    pub fn along(&self, pieces: &[Vec<Vertex>], corridor_m: f64) -> Vec<Passage> {
        self.along_those(pieces, corridor_m, |_| true)
    }

    /// The same of those shapes only that are asked for, as if there were no others.
    pub fn along_those(
        &self,
        pieces: &[Vec<Vertex>],
        corridor_m: f64,
        wanted: impl Fn(ShapeId) -> bool,
    ) -> Vec<Passage> {
        let wanted = |id| wanted(ShapeId(id));
        let mut follow = Follow { index: self, wanted, found: BTreeMap::new() };
        let mut metres = 0.0;
        for piece in pieces {
            let lengths_m = lengths_m(piece);
            let quiet = self.quiet_edges(piece);
            let end_m = follow.enters(piece, metres, &lengths_m, &quiet);
            let line = corridor::Way { vertices: piece, lengths_m: &lengths_m, quiet: &quiet };
            corridor::doubtful(self, line, corridor_m, wanted, |id, stretch| {
                follow.found.entry(id).or_default().possible.push((metres + stretch.0, metres + stretch.1));
            });
            metres = end_m;
        }
        follow.found.into_iter().map(|(id, stretches)| passage(ShapeId(id), stretches)).collect()
    }

    /// The ids of the shapes that a line enters or touches, ascending; doubt is left aside.
    pub(super) fn entered(&self, pieces: &[Vec<Vertex>]) -> BTreeSet<u32> {
        let mut follow = Follow { index: self, wanted: |_| true, found: BTreeMap::new() };
        for piece in pieces {
            follow.enters(piece, 0.0, &lengths_m(piece), &self.quiet_edges(piece));
        }
        follow.found.into_keys().collect()
    }

    /// Of each edge of a line, whether no border comes near it.
    fn quiet_edges(&self, piece: &[Vertex]) -> Vec<bool> {
        let is_quiet = |w: &[Vertex]| {
            !w.iter().any(|v| has_other_names(*v)) && self.quiet.is_quiet(self, w[0].degrees(), w[1].degrees())
        };
        piece.windows(2).map(|w| self.slow.is_empty() && is_quiet(w)).collect()
    }
}

/// Follows a line through the shapes that are asked for.
struct Follow<'a, W> {
    index: &'a ShapeIndex,
    wanted: W,
    found: BTreeMap<u32, Stretches>,
}

/// A stretch that no border comes near: since where, and what it is inside of.
struct Calm {
    since_m: f64,
    within: Vec<(u32, Side)>,
}

impl<W: Fn(u32) -> bool> Follow<'_, W> {
    /// Where a piece is inside of shapes or touches them; gives the metres at its end.
    fn enters(&mut self, piece: &[Vertex], from_m: f64, lengths_m: &[f64], quiet: &[bool]) -> f64 {
        if let [only] = piece[..] {
            self.touches(only, from_m);
        }
        let mut from_m = from_m;
        let mut calm: Option<Calm> = None;
        for ((w, length_m), is_quiet) in piece.windows(2).zip(lengths_m).zip(quiet) {
            if *is_quiet {
                let since = || Calm { since_m: from_m, within: self.starts(w[0], self.index.cells.find(w[0])) };
                calm.get_or_insert_with(since);
            } else {
                self.end(calm.take(), from_m);
                self.segment(w[0], w[1], from_m, *length_m);
            }
            from_m += length_m;
        }
        self.end(calm, from_m);
        from_m
    }

    fn end(&mut self, calm: Option<Calm>, to_m: f64) {
        let Some(Calm { since_m, within }) = calm else { return };
        for (id, _) in within {
            self.inside(id).push((since_m, to_m));
        }
    }

    fn inside(&mut self, id: u32) -> &mut Vec<(f64, f64)> {
        &mut self.found.entry(id).or_default().inside
    }

    fn segment(&mut self, a: Vertex, b: Vertex, from_m: f64, length_m: f64) {
        if exact::is_pole(a) || a.lon.abs() == HALF_TURN {
            self.touches(a, from_m);
        }
        if exact::is_pole(b) || b.lon.abs() == HALF_TURN {
            self.touches(b, from_m + length_m);
        }
        if a == b {
            self.touches(a, from_m);
            return;
        }
        let ruler = Ruler::of(a, b, length_m);
        let at_m = |t: f64| from_m + ruler.at_m(t);
        self.crossed(a, b, at_m);
        // along the cut the map has two names for the same place
        if let (Some(a), Some(b)) = (exact::other_name(a), exact::other_name(b))
            && a.lon == b.lon
        {
            self.crossed(a, b, at_m);
        }
    }

    fn crossed(&mut self, a: Vertex, b: Vertex, at_m: impl Fn(f64) -> f64) {
        let index = self.index;
        let cell = index.cells.find(a);
        let starts = self.starts(a, cell);
        let mut add = |id, intervals: Vec<(f64, f64)>| {
            if !intervals.is_empty() {
                let inside = &mut self.found.entry(id).or_default().inside;
                inside.extend(intervals.iter().map(|t| (at_m(t.0), at_m(t.1))));
            }
        };
        if Cells::is_plain_as_far_as(cell, a, b) && index.slow.is_empty() {
            for (id, _) in starts {
                add(id, vec![(0.0, 1.0)]);
            }
            return;
        }
        let mut edges: Vec<(u32, Edge)> = Vec::new();
        index.cells.edges_along(a, b, |id, edge| {
            if crosses(a, b, edge) && (self.wanted)(id) {
                edges.push((id, edge));
            }
        });
        edges.sort_unstable();
        edges.dedup();
        for of_shape in edges.chunk_by(|x, y| x.0 == y.0) {
            let id = of_shape[0].0;
            let start = starts.iter().find(|s| s.0 == id).map_or(Side::Outside, |s| s.1);
            let edges = of_shape.iter().map(|(_, edge)| (edge.low, edge.high));
            add(id, inside_intervals(index.member(id).shape(), start, a, b, &edges));
        }
        // no edge shares a point with the segment: it ends as it starts
        for (id, _) in starts.into_iter().filter(|s| edges.binary_search_by_key(&s.0, |e| e.0).is_err()) {
            add(id, vec![(0.0, 1.0)]);
        }
        for id in index.slow.ids().filter(|id| (self.wanted)(*id)) {
            let shape = index.member(id).shape();
            add(id, inside_intervals(shape, planar_side(shape, a), a, b, &all_edges(shape)));
        }
    }

    /// How the start of a segment lies to the shapes of the cells, those it is outside of left out; on the map, where ±180 and
    /// the poles are lines.
    fn starts(&self, a: Vertex, cell: Found) -> Vec<(u32, Side)> {
        let mut starts = Vec::new();
        let mut full = Vec::new();
        self.index.cells.around(cell, a, &mut full, |id, contains, is_on_border| {
            if is_on_border {
                starts.push((id.0, Side::Border));
            } else if contains {
                starts.push((id.0, Side::Inside));
            }
        });
        starts.extend(full.into_iter().map(|id| (id.0, Side::Inside)));
        starts.retain(|(id, _)| (self.wanted)(*id));
        starts
    }

    /// Places with several names count as touched by every shape that has one of them.
    fn touches(&mut self, v: Vertex, at_m: f64) {
        let mut covering = Vec::new();
        self.index.covering_vertex(v, &mut covering);
        // a half-open shape does not cover all of its border
        let mut near = Vec::new();
        self.index.near(v, 0.0, &mut near);
        let member = |id: &u32| self.index.member(*id);
        near.retain(|id| !member(id).is_closed() && relate::side(member(id).border(), v) == Side::Border);
        for id in covering.into_iter().map(|shape| shape.0).chain(near) {
            if (self.wanted)(id) {
                self.inside(id).push((at_m, at_m));
            }
        }
    }
}

/// Whether an edge has to do with the segment: shares a point with it.
fn crosses(a: Vertex, b: Vertex, edge: Edge) -> bool {
    let apart = |from, to, p, q| {
        let (first, second) = (exact::side(from, to, p), exact::side(from, to, q));
        first == second && first != Ordering::Equal
    };
    !apart(a, b, edge.low, edge.high) && !apart(edge.low, edge.high, a, b)
}

/// Where the segment is inside the shape, from where its start lies and the edges that share a point with it.
fn inside_intervals(
    shape: &Shape,
    start: Side,
    a: Vertex,
    b: Vertex,
    edges: &(impl Iterator<Item = (Vertex, Vertex)> + Clone),
) -> Vec<(f64, f64)> {
    let mut intervals = Vec::new();
    for hair in [Hair::Left, Hair::Right] {
        if start == Side::Border {
            // the moved start may be on either side: begin far behind, where the line is outside of everything
            let mut all: Vec<f64> = all_edges(shape).filter_map(|e| crossing::crossing(a, b, e, hair)).collect();
            crossing::intervals(&mut all, false, &mut intervals);
        } else {
            let ahead = edges.clone().filter_map(|e| crossing::crossing(a, b, e, hair)).filter(|t| *t >= 0.0);
            crossing::intervals(&mut ahead.collect::<Vec<_>>(), start == Side::Inside, &mut intervals);
        }
    }
    crossing::merge(&mut intervals);
    intervals
}

fn all_edges(shape: &Shape) -> impl Iterator<Item = (Vertex, Vertex)> + Clone + '_ {
    shape.polygons().iter().flat_map(exact::edges)
}

fn planar_side(shape: &Shape, v: Vertex) -> Side {
    shape.polygons().iter().map(|p| oracle::polygon_side(p, v)).max().unwrap_or(Side::Outside)
}

fn passage(shape: ShapeId, mut stretches: Stretches) -> Passage {
    crossing::merge(&mut stretches.inside);
    crossing::merge(&mut stretches.possible);
    let as_intervals = |all: Vec<(f64, f64)>| -> Vec<Interval> {
        all.into_iter().map(|(from_m, to_m)| Interval { from_m, to_m }).collect()
    };
    let inside = as_intervals(stretches.inside);
    let inside_m = inside.iter().map(|i| i.to_m - i.from_m).sum();
    Passage { shape, inside, possible: as_intervals(stretches.possible), inside_m }
}
