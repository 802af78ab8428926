//! A line against all shapes: where it enters and leaves each, exactly, and where that is doubtful.

use super::corridor;
use super::crossing::{self, Hair};
use super::exact::{self, HALF_TURN};
use super::index::{ShapeId, ShapeIndex};
use super::metric;
use super::oracle::{self, Side};
use super::shape::{Bounds, Shape, Vertex};
use std::collections::BTreeMap;

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
    /// latitude. Metres run on from piece to piece; within one edge they are taken as proportional. Borders belong to
    /// closed and half-open shapes alike, since that makes no difference in metres.
    pub fn along(&self, pieces: &[Vec<Vertex>], corridor_m: f64) -> Vec<Passage> {
        let mut found: BTreeMap<u32, Stretches> = BTreeMap::new();
        let mut metres = 0.0;
        for piece in pieces {
            if let [only] = piece[..] {
                self.touches(only, metres, &mut found);
            }
            for w in piece.windows(2) {
                let length_m = metric::vertex_distance_m(w[0], w[1]);
                self.segment(w[0], w[1], metres, length_m, &mut found);
                self.doubtful(w[0], w[1], corridor_m, |id, t| {
                    found.entry(id).or_default().possible.push((metres + t.0 * length_m, metres + t.1 * length_m));
                });
                metres += length_m;
            }
        }
        found.into_iter().map(|(id, stretches)| passage(ShapeId(id), stretches)).collect()
    }

    fn segment(&self, a: Vertex, b: Vertex, from_m: f64, length_m: f64, found: &mut BTreeMap<u32, Stretches>) {
        if exact::is_pole(a) || a.lon.abs() == HALF_TURN {
            self.touches(a, from_m, found);
        }
        if exact::is_pole(b) || b.lon.abs() == HALF_TURN {
            self.touches(b, from_m + length_m, found);
        }
        if a == b {
            self.touches(a, from_m, found);
            return;
        }
        let mut add = |id, intervals: Vec<(f64, f64)>| {
            if !intervals.is_empty() {
                let inside = &mut found.entry(id).or_default().inside;
                inside.extend(intervals.iter().map(|t| (from_m + t.0 * length_m, from_m + t.1 * length_m)));
            }
        };
        self.crossed(a, b, &mut add);
        // along the cut the map has two names for the same place
        if let (Some(a), Some(b)) = (exact::other_name(a), exact::other_name(b))
            && a.lon == b.lon
        {
            self.crossed(a, b, &mut add);
        }
    }

    fn crossed(&self, a: Vertex, b: Vertex, add: &mut impl FnMut(u32, Vec<(f64, f64)>)) {
        let around = Bounds::of([&a, &b]).expect("two vertices");
        for (id, shape) in self.shapes() {
            if shape.bounds().is_some_and(|bounds| bounds.intersects(&around)) {
                add(id.0, inside_intervals(shape, a, b));
            }
        }
    }

    /// Places with several names count as touched by every shape that has one of them.
    fn touches(&self, v: Vertex, at_m: f64, found: &mut BTreeMap<u32, Stretches>) {
        let mut covering = Vec::new();
        self.covering_vertex(v, &mut covering);
        for shape in covering {
            found.entry(shape.0).or_default().inside.push((at_m, at_m));
        }
    }

    fn doubtful(&self, a: Vertex, b: Vertex, corridor_m: f64, add: impl FnMut(u32, (f64, f64))) {
        corridor::doubtful(self, a, b, corridor_m, add);
    }
}

/// Where the segment is inside the shape, by passing all its edges.
fn inside_intervals(shape: &Shape, a: Vertex, b: Vertex) -> Vec<(f64, f64)> {
    let start = shape.polygons().iter().map(|p| oracle::polygon_side(p, a)).max().unwrap_or(Side::Outside);
    let mut intervals = Vec::new();
    for hair in [Hair::Left, Hair::Right] {
        let all = shape.polygons().iter().flat_map(exact::edges).filter_map(|e| crossing::crossing(a, b, e, hair));
        match start {
            // the moved start may be on either side: begin far behind, where the line is outside of everything
            Side::Border => crossing::intervals(&mut all.collect::<Vec<_>>(), false, &mut intervals),
            _ => {
                let mut ahead: Vec<f64> = all.filter(|t| *t >= 0.0).collect();
                crossing::intervals(&mut ahead, start == Side::Inside, &mut intervals);
            }
        }
    }
    crossing::merge(&mut intervals);
    intervals
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
