//! Boxes in space over short runs of edges: the nearest edge and the edges near something, without scanning rings.

use super::metric::{self, Space};
use super::shape::Vertex;
use geo::{Distance as _, Geodesic, Point};
use std::ops::Range;

/// Edges under one lowest box.
const CHUNK: usize = 16;
/// Boxes under one box.
const FANOUT: usize = 8;
/// Edges longer than this in either axis (one degree) are measured in pieces, each of which turns too little to hide a minimum.
const PIECE: u32 = 10_000_000;
/// An edge that turns by at most 1.5 degrees over its length, as a piece does, leaves its chord by less than this part of it.
const BULGE: f64 = 0.004;
/// How far a rough place is from the true one at most, in metres, with something to spare.
const ROUGH_M: f64 = 1.0;
/// How many chunks compete by true geodesic when everything is farther than the range in which chords order exactly.
const FAR_CANDIDATES: usize = 64;
/// Up to this chord the order of chords is the order of geodesics to better than 0.05 %.
const CHORD_ORDER_M: f64 = 2_000_000.0;

/// A box in space, metres, rounded outwards.
#[derive(Clone, Copy, Debug)]
pub struct SpaceBox {
    min: [f32; 3],
    max: [f32; 3],
}

impl SpaceBox {
    /// The box around nothing.
    pub const EMPTY: Self = Self { min: [f32::INFINITY; 3], max: [f32::NEG_INFINITY; 3] };

    #[allow(clippy::cast_possible_truncation)]
    fn add(&mut self, p: Space, slack: f64) {
        for (axis, x) in p.into_iter().enumerate() {
            self.min[axis] = self.min[axis].min(((x - slack) as f32).next_down());
            self.max[axis] = self.max[axis].max(((x + slack) as f32).next_up());
        }
    }

    fn union(&mut self, other: &Self) {
        for axis in 0..3 {
            self.min[axis] = self.min[axis].min(other.min[axis]);
            self.max[axis] = self.max[axis].max(other.max[axis]);
        }
    }

    /// The square of the shortest chord between the place and anything in the box, or less.
    pub fn chord2(&self, p: Space) -> f64 {
        (0..3).map(|i| (f64::from(self.min[i]) - p[i]).max(p[i] - f64::from(self.max[i])).max(0.0)).map(|d| d * d).sum()
    }

    /// Whether something in one box may be within a chord of something in the other.
    pub fn is_near(&self, other: &Self, chord: f64) -> bool {
        (0..3).all(|i| {
            f64::from(self.min[i]) - chord <= f64::from(other.max[i])
                && f64::from(other.min[i]) - chord <= f64::from(self.max[i])
        })
    }

    /// The lower and upper corner.
    pub fn corners(&self) -> ([f64; 3], [f64; 3]) {
        (self.min.map(f64::from), self.max.map(f64::from))
    }

    /// Takes in another box.
    pub fn join(&mut self, other: &Self) {
        self.union(other);
    }

    /// Takes in a short straight stretch between two places on the ground.
    pub fn add_stretch(&mut self, from: Space, to: Space) {
        let slack = BULGE * metric::chord2(from, to).sqrt();
        self.add(from, slack);
        self.add(to, slack);
    }

    /// Takes in an edge whose start is known in space; gives its end.
    fn add_edge(&mut self, a: Vertex, b: Vertex, start: Space) -> Space {
        let pieces = pieces(a, b);
        let mut from = start;
        for i in 1..=pieces {
            let (lat, lon) = interpolate(a, b, f64::from(i) / f64::from(pieces));
            let to = metric::space(lat, lon);
            self.add_stretch(from, to);
            from = to;
        }
        from
    }
}

/// A run of up to [`CHUNK`] successive edges of one sequence of vertices.
#[derive(Clone, Copy, Debug)]
struct Chunk {
    sequence: u32,
    first: u32,
    edges: u32,
    /// Where its vertices begin among the rough places.
    rough: u32,
}

/// The nearest point found, in degrees, and how far it is.
#[derive(Clone, Copy, Debug)]
pub struct Nearest {
    pub lat: f64,
    pub lon: f64,
    pub distance_m: f64,
}

/// A search for the nearest edge: what is farther than `reach` cannot be it.
struct Search {
    from: Space,
    reach: f64,
    /// Edges that may be the nearest, each with a distance it is not nearer than.
    candidates: Vec<(f64, Vertex, Vertex)>,
}

impl Search {
    /// Looks at an edge by its rough ends.
    fn consider(&mut self, a: Vertex, b: Vertex, rough: &[[f32; 3]]) {
        if pieces(a, b) > 1 {
            let distance = nearest_on_edge(self.from, a, b).0.sqrt();
            if distance <= self.reach {
                self.reach = distance;
                self.candidates.push((distance, a, b));
            }
            return;
        }
        let (distance2, length2) = segment_distance2(self.from, rough[0].map(f64::from), rough[1].map(f64::from));
        let slack = ROUGH_M + BULGE * length2.sqrt();
        if distance2 <= (self.reach + slack) * (self.reach + slack) {
            let distance = distance2.sqrt();
            self.candidates.push((distance - slack, a, b));
            self.reach = self.reach.min(distance + slack);
        }
    }

    /// The nearest point of the candidates: the square of its chord, latitude and longitude.
    fn best(&self) -> Option<(f64, f64, f64)> {
        let candidates = self.candidates.iter().filter(|(least, ..)| *least <= self.reach);
        candidates.map(|(_, a, b)| nearest_on_edge(self.from, *a, *b)).min_by(|a, b| a.0.total_cmp(&b.0))
    }
}

/// A tree of boxes over the edges of sequences of vertices, which the caller keeps and hands in with each question.
#[derive(Clone, Debug, Default)]
pub struct EdgeTree {
    chunks: Box<[Chunk]>,
    /// All levels, lowest first.
    boxes: Box<[SpaceBox]>,
    /// Where each level begins in `boxes`; the last entry is the end.
    levels: Box<[u32]>,
    /// The vertices in space, good to half a metre: enough to leave nearly all edges aside without trigonometry.
    rough: Box<[[f32; 3]]>,
}

impl EdgeTree {
    /// Builds from runs of edges: sequence, index of the first vertex, number of edges.
    #[allow(clippy::cast_possible_truncation)] // vertex counts stay far below 2³²
    pub fn build<'a>(runs: impl Iterator<Item = (u32, usize, usize)>, vertices: impl Fn(u32) -> &'a [Vertex]) -> Self {
        let mut chunks = Vec::new();
        let mut boxes = Vec::new();
        let mut rough = Vec::new();
        for (sequence, first, edges) in runs {
            let mut at = first;
            while at < first + edges {
                let count = CHUNK.min(first + edges - at);
                let mut bounds = SpaceBox::EMPTY;
                let run = &vertices(sequence)[at..=at + count];
                chunks.push(Chunk { sequence, first: at as u32, edges: count as u32, rough: rough.len() as u32 });
                let mut from = metric::space_of(run[0]);
                rough.push(from.map(|x| x as f32));
                for w in run.windows(2) {
                    from = bounds.add_edge(w[0], w[1], from);
                    rough.push(from.map(|x| x as f32));
                }
                boxes.push(bounds);
                at += count;
            }
        }
        let mut levels = vec![0, boxes.len() as u32];
        while levels[levels.len() - 1] - levels[levels.len() - 2] > FANOUT as u32 {
            let (from, to) = (levels[levels.len() - 2] as usize, levels[levels.len() - 1] as usize);
            for start in (from..to).step_by(FANOUT) {
                let mut bounds = boxes[start];
                boxes[start..to.min(start + FANOUT)].iter().for_each(|b| bounds.union(b));
                boxes.push(bounds);
            }
            levels.push(boxes.len() as u32);
        }
        Self { chunks: chunks.into(), boxes: boxes.into(), levels: levels.into(), rough: rough.into() }
    }

    /// The boxes of the highest level: at most eight, together around everything.
    pub fn top(&self) -> &[SpaceBox] {
        match self.levels.len() {
            0 | 1 => &[],
            n => &self.boxes[self.levels[n - 2] as usize..self.levels[n - 1] as usize],
        }
    }

    /// The lowest boxes: each around a short run of edges.
    pub fn lowest(&self) -> &[SpaceBox] {
        &self.boxes[..self.chunks.len()]
    }

    /// The vertices of a run under one lowest box; none when there are not so many.
    pub fn run<'a>(&self, run: u32, vertices: impl Fn(u32) -> &'a [Vertex]) -> Option<&'a [Vertex]> {
        self.chunks.get(run as usize).map(|chunk| chunk.vertices(&vertices))
    }

    /// Bytes on the heap.
    pub fn heap_bytes(&self) -> usize {
        size_of_val(&*self.chunks) + size_of_val(&*self.boxes) + size_of_val(&*self.levels) + size_of_val(&*self.rough)
    }

    /// Whether a lowest box comes within a chord of a place.
    pub fn may_be_within(&self, from: Space, chord: f64) -> bool {
        let mut is_near = false;
        self.descend(
            &mut is_near,
            |is_near, bounds| Some(bounds.chord2(from)).filter(|d| !*is_near && *d <= chord * chord),
            |is_near, _| *is_near = true,
        );
        is_near
    }

    /// Calls with every edge whose box may be within a chord of `target`.
    pub fn for_each_near<'a>(
        &self,
        target: &SpaceBox,
        chord: f64,
        vertices: impl Fn(u32) -> &'a [Vertex],
        mut found: impl FnMut(Vertex, Vertex),
    ) {
        self.descend(
            &mut found,
            |_, bounds| bounds.is_near(target, chord).then_some(0.0),
            |found, chunk| chunk.edges(&vertices).for_each(|w| found(w[0], w[1])),
        );
    }

    /// The point of the edges nearest to a place, if it is within `limit_m`.
    pub fn nearest<'a>(
        &self,
        lat: f64,
        lon: f64,
        limit_m: f64,
        vertices: impl Fn(u32) -> &'a [Vertex],
    ) -> Option<Nearest> {
        let from = metric::space(lat, lon);
        let mut search = Search { from, reach: limit_m * (1.0 + 1e-9), candidates: Vec::new() };
        self.descend(
            &mut search,
            |search, bounds| Some(bounds.chord2(from)).filter(|d| *d <= search.reach * search.reach),
            |search, chunk| {
                let rough = &self.rough[chunk.rough as usize..=(chunk.rough + chunk.edges) as usize];
                for (w, ends) in chunk.edges(&vertices).zip(rough.windows(2)) {
                    search.consider(w[0], w[1], ends);
                }
            },
        );
        let (chord2, near_lat, near_lon) = search.best()?;
        if chord2.sqrt() > CHORD_ORDER_M {
            return self.nearest_far((lat, lon), chord2, limit_m, &vertices);
        }
        let distance_m = metric::distance_m((lat, lon), (near_lat, near_lon));
        (distance_m <= limit_m).then_some(Nearest { lat: near_lat, lon: near_lon, distance_m })
    }

    /// Far away the ellipsoid bends chords of one length into arcs of several: the best few chunks compete by geodesic.
    fn nearest_far<'a>(
        &self,
        (lat, lon): (f64, f64),
        best_chord2: f64,
        limit_m: f64,
        vertices: &impl Fn(u32) -> &'a [Vertex],
    ) -> Option<Nearest> {
        let from = metric::space(lat, lon);
        let lowest = &self.boxes[..self.chunks.len()];
        let mut order: Vec<(f64, usize)> = lowest.iter().enumerate().map(|(i, b)| (b.chord2(from), i)).collect();
        if order.len() > FAR_CANDIDATES {
            order.select_nth_unstable_by(FAR_CANDIDATES, |a, b| a.0.total_cmp(&b.0));
            order.truncate(FAR_CANDIDATES);
        }
        order
            .into_iter()
            .flat_map(|(_, i)| self.chunks[i].edges(vertices))
            .map(|w| nearest_on_edge(from, w[0], w[1]))
            // radii of curvature differ by one per cent: what is longer by more is farther
            .filter(|(chord2, ..)| *chord2 <= best_chord2 * 1.03)
            .map(|(_, near_lat, near_lon)| {
                let distance_m = Geodesic.distance(Point::new(lon, lat), Point::new(near_lon, near_lat));
                Nearest { lat: near_lat, lon: near_lon, distance_m }
            })
            .filter(|n| n.distance_m <= limit_m)
            .min_by(|a, b| a.distance_m.total_cmp(&b.distance_m))
    }

    /// Visits chunks whose boxes the bound lets through, nearest first at each level; the bound is asked again on arrival.
    fn descend<S>(
        &self,
        state: &mut S,
        bound: impl Fn(&S, &SpaceBox) -> Option<f64>,
        mut visit: impl FnMut(&mut S, Chunk),
    ) {
        if self.chunks.is_empty() {
            return;
        }
        let top = self.levels.len() - 2;
        let mut stack: Vec<(usize, usize, f64)> = Vec::with_capacity(64);
        let push_sorted = |stack: &mut Vec<(usize, usize, f64)>, level: usize, range: Range<usize>, state: &S| {
            let start = stack.len();
            stack.extend(range.filter_map(|i| bound(state, &self.boxes[i]).map(|d| (level, i, d))));
            stack[start..].sort_unstable_by(|a, b| b.2.total_cmp(&a.2));
        };
        push_sorted(&mut stack, top, self.levels[top] as usize..self.levels[top + 1] as usize, state);
        while let Some((level, i, _)) = stack.pop() {
            if bound(state, &self.boxes[i]).is_none() {
                continue;
            }
            if level == 0 {
                visit(state, self.chunks[i]);
            } else {
                let below = self.levels[level - 1] as usize;
                let first = below + (i - self.levels[level] as usize) * FANOUT;
                let end = (first + FANOUT).min(self.levels[level] as usize);
                push_sorted(&mut stack, level - 1, first..end, state);
            }
        }
    }
}

impl Chunk {
    fn vertices<'a>(self, vertices: &impl Fn(u32) -> &'a [Vertex]) -> &'a [Vertex] {
        &vertices(self.sequence)[self.first as usize..=(self.first + self.edges) as usize]
    }

    fn edges<'a>(self, vertices: &impl Fn(u32) -> &'a [Vertex]) -> std::slice::Windows<'a, Vertex> {
        self.vertices(vertices).windows(2)
    }
}

/// The squares of the distance from a place to a straight segment and of the segment's length.
pub(super) fn segment_distance2(from: Space, start: Space, end: Space) -> (f64, f64) {
    let along = [end[0] - start[0], end[1] - start[1], end[2] - start[2]];
    let to = [from[0] - start[0], from[1] - start[1], from[2] - start[2]];
    let dot = |a: &Space, b: &Space| a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
    let length2 = dot(&along, &along);
    let t = (dot(&to, &along) / length2.max(f64::MIN_POSITIVE)).clamp(0.0, 1.0);
    let rest = [to[0] - along[0] * t, to[1] - along[1] * t, to[2] - along[2] * t];
    (dot(&rest, &rest), length2)
}

fn pieces(a: Vertex, b: Vertex) -> u32 {
    a.lon.abs_diff(b.lon).max(a.lat.abs_diff(b.lat)).div_ceil(PIECE).max(1)
}

fn interpolate(a: Vertex, b: Vertex, t: f64) -> (f64, f64) {
    (
        a.lat_degrees() + (b.lat_degrees() - a.lat_degrees()) * t,
        a.lon_degrees() + (b.lon_degrees() - a.lon_degrees()) * t,
    )
}

/// The point of an edge (straight in longitude and latitude) nearest to a place: square of the chord, latitude, longitude.
pub(super) fn nearest_on_edge(from: Space, a: Vertex, b: Vertex) -> (f64, f64, f64) {
    let count = pieces(a, b);
    let mut best = (f64::INFINITY, 0.0, 0.0);
    let mut start = metric::space_of(a);
    for i in 1..=count {
        let (low, high) = (f64::from(i - 1) / f64::from(count), f64::from(i) / f64::from(count));
        let (lat, lon) = interpolate(a, b, high);
        let end = metric::space(lat, lon);
        let found = nearest_on_piece(from, (a, b), (low, high), (start, end));
        if found.0 < best.0 {
            best = found;
        }
        start = end;
    }
    best
}

/// Gauss–Newton from the foot of the perpendicular on the chord; the chord itself is good enough below a few metres of bulge.
fn nearest_on_piece(
    from: Space,
    (a, b): (Vertex, Vertex),
    (low, high): (f64, f64),
    (start, end): (Space, Space),
) -> (f64, f64, f64) {
    let along = [end[0] - start[0], end[1] - start[1], end[2] - start[2]];
    let length2 = along.iter().map(|x| x * x).sum::<f64>();
    if length2 == 0.0 {
        let (lat, lon) = interpolate(a, b, low);
        return (metric::chord2(from, start), lat, lon);
    }
    let foot = |at: Space| ((0..3).map(|i| (from[i] - at[i]) * along[i]).sum::<f64>()) / length2;
    let mut s = foot(start).clamp(0.0, 1.0);
    let point = |s: f64| {
        let (lat, lon) = interpolate(a, b, low + (high - low) * s);
        (metric::space(lat, lon), lat, lon)
    };
    let mut at = point(s);
    // the bulge of the curve over its chord is length²/8R or, along a parallel near a pole, a little more
    for _ in 0..3 {
        let next = (s + foot(at.0)).clamp(0.0, 1.0);
        if (next - s).abs() < 1e-7 {
            break;
        }
        let candidate = point(next);
        if metric::chord2(from, candidate.0) >= metric::chord2(from, at.0) {
            break;
        }
        s = next;
        at = candidate;
    }
    let ends = [(metric::chord2(from, start), low), (metric::chord2(from, end), high)];
    let inner = (metric::chord2(from, at.0), at.1, at.2);
    ends.into_iter().fold(inner, |best, (d, t)| {
        if d < best.0 {
            let (lat, lon) = interpolate(a, b, t);
            (d, lat, lon)
        } else {
            best
        }
    })
}
