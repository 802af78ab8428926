//! The border of a shape: its edges without the artificial ones along ±180 and the poles, searchable by nearness.

use super::edge_tree::{EdgeTree, Nearest, SpaceBox};
use super::exact::{self, HALF_TURN, POLE};
use super::metric;
use super::shape::{Ring, Shape, Vertex};
use std::sync::Arc;

/// The true border of a shape.
///
/// Where a shape is cut at ±180 and goes on at the other side, the cut is not border; where it goes on along only a part of
/// the cut, the rest is. An edge along ±90 is one point, the pole, and never border by itself.
#[derive(Clone, Debug)]
pub struct Border {
    shape: Arc<Shape>,
    /// Polygon and ring of each sequence of the tree.
    rings: Box<[(u32, u32)]>,
    /// What is left of cut edges along ±180 that are border in part.
    remains: Box<[[Vertex; 2]]>,
    /// Latitudes of ±180 that lie inside the shape: disjoint, ascending.
    seam: Box<[(i32, i32)]>,
    tree: EdgeTree,
}

impl Border {
    /// Finds the border of a shape.
    #[allow(clippy::cast_possible_truncation)] // counts of rings stay far below 2³²
    pub fn new(shape: Arc<Shape>) -> Self {
        let east = meridian_spans(&shape, HALF_TURN);
        let west = meridian_spans(&shape, -HALF_TURN);
        let seam = common_spans(&east, &west);
        let mut remains = Vec::new();
        for (lon, spans) in [(HALF_TURN, &east), (-HALF_TURN, &west)] {
            for span in spans {
                for (low, high) in without_spans(*span, &seam) {
                    remains.push([Vertex { lon, lat: low }, Vertex { lon, lat: high }]);
                }
            }
        }
        let rings: Box<[(u32, u32)]> = shape
            .polygons()
            .iter()
            .enumerate()
            .flat_map(|(p, polygon)| (0..=polygon.holes.len()).map(move |r| (p as u32, r as u32)))
            .collect();
        let mut runs = Vec::new();
        for sequence in 0..rings.len() as u32 {
            real_runs(vertices(&shape, &rings, &remains, sequence), |first, edges| runs.push((sequence, first, edges)));
        }
        runs.extend((0..remains.len()).map(|i| ((rings.len() + i) as u32, 0, 1)));
        let tree = EdgeTree::build(runs.into_iter(), |sequence| vertices(&shape, &rings, &remains, sequence));
        Self { rings, remains: remains.into(), seam: seam.into(), tree, shape }
    }

    /// The shape.
    pub fn shape(&self) -> &Arc<Shape> {
        &self.shape
    }

    /// Whether a vertex on ±180 or at a pole is in the interior of the shape although its parts end there.
    pub fn is_interior_seam(&self, v: Vertex) -> bool {
        let surrounded = if exact::is_pole(v) {
            pole_span(&self.shape, v.lat) == 2 * i64::from(HALF_TURN)
        } else {
            v.lon.abs() == HALF_TURN && self.seam.iter().any(|&(low, high)| low < v.lat && v.lat < high)
        };
        // a hole may still touch the seam there
        surrounded
            && !self
                .shape
                .polygons()
                .iter()
                .flat_map(exact::edges)
                .any(|(a, b)| !is_artificial(a, b) && touches(a, b, v))
    }

    /// The nearest point of the border, if it lies within `limit_m` metres.
    pub fn nearest(&self, v: Vertex, limit_m: f64) -> Option<Nearest> {
        self.tree.nearest(v.lat_degrees(), v.lon_degrees(), limit_m, |s| self.vertices(s))
    }

    /// Whether something of the border may lie within a chord (metres, straight through the Earth) of a vertex: by boxes around short runs of edges.
    pub fn may_be_within(&self, v: Vertex, chord: f64) -> bool {
        self.tree.may_be_within(metric::space_of(v), chord)
    }

    /// Calls with every border edge that may lie within a chord (metres, straight through the Earth) of the box.
    pub fn for_each_near(&self, target: &SpaceBox, chord: f64, found: impl FnMut(Vertex, Vertex)) {
        self.tree.for_each_near(target, chord, |s| self.vertices(s), found);
    }

    /// At most eight boxes around the whole border.
    pub fn top(&self) -> &[SpaceBox] {
        self.tree.top()
    }

    /// A box around each short run of border edges, together around the whole border.
    pub fn runs(&self) -> &[SpaceBox] {
        self.tree.lowest()
    }

    /// The same runs, as the vertices of their edges.
    pub fn runs_of_edges(&self) -> impl Iterator<Item = &[Vertex]> {
        (0_u32..).map_while(|run| self.tree.run(run, |s| self.vertices(s)))
    }

    /// One of the runs.
    ///
    /// # Panics
    /// When there are not so many.
    pub fn run_of_edges(&self, run: u32) -> &[Vertex] {
        self.tree.run(run, |s| self.vertices(s)).expect("runs are counted by this border")
    }

    /// Bytes on the heap, without the shape itself.
    pub fn heap_bytes(&self) -> usize {
        self.tree.heap_bytes() + size_of_val(&*self.rings) + size_of_val(&*self.remains) + size_of_val(&*self.seam)
    }

    fn vertices(&self, sequence: u32) -> &[Vertex] {
        vertices(&self.shape, &self.rings, &self.remains, sequence)
    }
}

fn vertices<'a>(shape: &'a Shape, rings: &[(u32, u32)], remains: &'a [[Vertex; 2]], sequence: u32) -> &'a [Vertex] {
    let i = sequence as usize;
    match rings.get(i) {
        Some(&(polygon, ring)) => ring_of(shape, polygon, ring),
        None => &remains[i - rings.len()],
    }
}

fn ring_of(shape: &Shape, polygon: u32, ring: u32) -> &Ring {
    let polygon = &shape.polygons()[polygon as usize];
    match ring {
        0 => &polygon.shell,
        n => &polygon.holes[n as usize - 1],
    }
}

/// Whether an edge that is not along ±180 or a pole passes through a vertex that is on one.
fn touches(a: Vertex, b: Vertex, v: Vertex) -> bool {
    if exact::is_pole(v) {
        return a.lat == v.lat || b.lat == v.lat;
    }
    [a, b].iter().any(|end| end.lat == v.lat && end.lon.abs() == HALF_TURN)
}

fn is_artificial(a: Vertex, b: Vertex) -> bool {
    (a.lat == b.lat && a.lat.abs() == POLE) || (a.lon == b.lon && a.lon.abs() == HALF_TURN)
}

/// Runs of successive edges that are not along ±180 or a pole: index of the first vertex, number of edges.
fn real_runs(ring: &[Vertex], mut run: impl FnMut(usize, usize)) {
    let mut first = 0;
    for i in 0..ring.len().saturating_sub(1) {
        if is_artificial(ring[i], ring[i + 1]) {
            if i > first {
                run(first, i - first);
            }
            first = i + 1;
        }
    }
    let end = ring.len().saturating_sub(1);
    if end > first {
        run(first, end - first);
    }
}

/// The latitudes along one name of the ±180 meridian that edges cover, merged, ascending.
fn meridian_spans(shape: &Shape, lon: i32) -> Vec<(i32, i32)> {
    let mut spans: Vec<(i32, i32)> = shape
        .polygons()
        .iter()
        .flat_map(exact::edges)
        .filter(|(a, b)| a.lon == lon && b.lon == lon)
        .map(|(a, b)| (a.lat.min(b.lat), a.lat.max(b.lat)))
        .collect();
    spans.sort_unstable();
    let mut merged: Vec<(i32, i32)> = Vec::with_capacity(spans.len());
    for (low, high) in spans {
        match merged.last_mut() {
            Some(last) if last.1 >= low => last.1 = last.1.max(high),
            _ => merged.push((low, high)),
        }
    }
    merged
}

/// How many units of longitude the edges along a pole cover together: all of them when the shape lies around it.
fn pole_span(shape: &Shape, lat: i32) -> i64 {
    let along = |(a, b): &(Vertex, Vertex)| a.lat == lat && b.lat == lat;
    let length = |(a, b): (Vertex, Vertex)| (i64::from(a.lon) - i64::from(b.lon)).abs();
    shape.polygons().iter().flat_map(exact::edges).filter(along).map(length).sum()
}

fn common_spans(a: &[(i32, i32)], b: &[(i32, i32)]) -> Vec<(i32, i32)> {
    let mut common: Vec<_> = a
        .iter()
        .flat_map(|x| b.iter().map(|y| (x.0.max(y.0), x.1.min(y.1))))
        .filter(|(low, high)| low < high)
        .collect();
    common.sort_unstable();
    common
}

fn without_spans((low, high): (i32, i32), removed: &[(i32, i32)]) -> Vec<(i32, i32)> {
    let mut rest = Vec::new();
    let mut from = low;
    for &(start, end) in removed {
        if end <= from || start >= high {
            continue;
        }
        if start > from {
            rest.push((from, start));
        }
        from = end;
    }
    if from < high {
        rest.push((from, high));
    }
    rest
}
