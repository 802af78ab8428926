//! Finds where rings cross, overlap or touch, exactly: the check that lets valid outlines through without rebuilding them.

use std::cmp::Ordering;

use super::plane::cross;
use super::shape::{Polygon, Vertex};

/// An edge of a ring, from `a` to `b` in the ring's direction.
#[derive(Clone, Copy, Debug)]
pub(super) struct Edge {
    pub a: Vertex,
    pub b: Vertex,
    /// Which ring, counted over all polygons.
    pub ring: u32,
}

/// All edges of all rings, ring after ring, and where each ring's begin.
pub(super) struct Edges {
    pub all: Vec<Edge>,
    /// The first edge of each ring, and one past the last.
    pub starts: Vec<usize>,
}

impl Edges {
    // at most ten million vertices are read
    #[allow(clippy::cast_possible_truncation)]
    pub fn of(polygons: &[Polygon]) -> Self {
        let mut edges = Self { all: Vec::new(), starts: vec![0] };
        for (ring, vertices) in polygons.iter().flat_map(Polygon::rings).enumerate() {
            edges.all.extend(vertices.windows(2).map(|w| Edge { a: w[0], b: w[1], ring: ring as u32 }));
            edges.starts.push(edges.all.len());
        }
        edges
    }

    /// The edges of one ring.
    pub fn ring(&self, ring: u32) -> &[Edge] {
        &self.all[self.starts[ring as usize]..self.starts[ring as usize + 1]]
    }

    /// Where the ring comes from and goes to at a point known to lie on its edge `index`.
    pub fn passage(&self, index: usize, at: Vertex) -> Passage {
        let edge = self.all[index];
        let (start, end) = (self.starts[edge.ring as usize], self.starts[edge.ring as usize + 1]);
        let (from, to) = if at == edge.a {
            (self.all[if index == start { end - 1 } else { index - 1 }].a, edge.b)
        } else if at == edge.b {
            (edge.a, self.all[if index + 1 == end { start } else { index + 1 }].b)
        } else {
            (edge.a, edge.b)
        };
        Passage { ring: edge.ring, from, to }
    }

    fn adjacent(&self, i: usize, j: usize) -> bool {
        let (i, j) = (i.min(j), i.max(j));
        let ring = self.all[i].ring;
        if ring != self.all[j].ring {
            return false;
        }
        let (start, end) = (self.starts[ring as usize], self.starts[ring as usize + 1]);
        j == i + 1 || (i == start && j == end - 1)
    }
}

/// A ring passing through a point.
#[derive(Clone, Copy, Debug)]
pub(super) struct Passage {
    pub ring: u32,
    /// The end of the edge that arrives.
    pub from: Vertex,
    /// The end of the edge that leaves.
    pub to: Vertex,
}

/// Two different rings meeting at a point without crossing there.
#[derive(Clone, Copy, Debug)]
pub(super) struct Touch {
    pub at: Vertex,
    pub one: Passage,
    pub other: Passage,
}

/// All touches, or a place where rings cross or overlap, or where one ring touches itself.
pub(super) fn touches(edges: &Edges) -> Result<Vec<Touch>, Vertex> {
    let mut found = Vec::new();
    // at most ten million edges
    #[allow(clippy::cast_possible_truncation)]
    let all: Vec<u32> = (0..edges.all.len() as u32).collect();
    divide(edges, all, 0, &mut found)?;
    Ok(found)
}

/// Below this many edges comparing every pair is cheaper than dividing further.
const FEW: usize = 12;
/// Deep enough for ten million edges; bounds the work on edges that cannot be told apart.
const MAX_DEPTH: usize = 40;

/// Divides the edges at the middle of their longer extent until few are left; an edge across the middle goes to both sides.
fn divide(edges: &Edges, list: Vec<u32>, depth: usize, found: &mut Vec<Touch>) -> Result<(), Vertex> {
    if list.len() <= FEW || depth == MAX_DEPTH {
        return compare_all(edges, &list, found);
    }
    let (mut sum, mut low, mut high) = ([0_i64; 2], [i64::MAX; 2], [i64::MIN; 2]);
    for &i in &list {
        let e = &edges.all[i as usize];
        for (axis, (a, b)) in [(e.a.lon, e.b.lon), (e.a.lat, e.b.lat)].into_iter().enumerate() {
            let doubled = i64::from(a) + i64::from(b);
            sum[axis] += doubled;
            low[axis] = low[axis].min(doubled);
            high[axis] = high[axis].max(doubled);
        }
    }
    let by_lat = high[1] - low[1] > high[0] - low[0];
    // a list holds at most ten million edges
    #[allow(clippy::cast_possible_wrap)]
    let middle = sum[usize::from(by_lat)].div_euclid(2 * list.len() as i64);
    let ends = |i: u32| {
        let e = &edges.all[i as usize];
        let (a, b) = if by_lat { (e.a.lat, e.b.lat) } else { (e.a.lon, e.b.lon) };
        (i64::from(a.min(b)), i64::from(a.max(b)))
    };
    let mut below = Vec::with_capacity(list.len() / 2 + FEW);
    let mut above = Vec::with_capacity(list.len() / 2 + FEW);
    for &i in &list {
        let (min, max) = ends(i);
        if min <= middle {
            below.push(i);
        }
        if max >= middle {
            above.push(i);
        }
    }
    if 2 * (below.len() + above.len()) > 3 * list.len() {
        return compare_all(edges, &list, found);
    }
    drop(list);
    divide(edges, below, depth + 1, found)?;
    divide(edges, above, depth + 1, found)
}

/// Compares every pair, in the order of their southern ends so that pairs apart in latitude are skipped.
fn compare_all(edges: &Edges, list: &[u32], found: &mut Vec<Touch>) -> Result<(), Vertex> {
    let mut sorted: Vec<(i32, i32, i32, i32, u32)> = list
        .iter()
        .map(|&i| {
            let e = &edges.all[i as usize];
            (e.a.lat.min(e.b.lat), e.a.lat.max(e.b.lat), e.a.lon.min(e.b.lon), e.a.lon.max(e.b.lon), i)
        })
        .collect();
    sorted.sort_unstable();
    for (n, one) in sorted.iter().enumerate() {
        for other in &sorted[n + 1..] {
            if other.0 > one.1 {
                break;
            }
            if other.2 <= one.3 && one.2 <= other.3 {
                compare(edges, one.4 as usize, other.4 as usize, found)?;
            }
        }
    }
    Ok(())
}

fn compare(edges: &Edges, i: usize, j: usize, found: &mut Vec<Touch>) -> Result<(), Vertex> {
    let (e, f) = (&edges.all[i], &edges.all[j]);
    let side = |p, q, r| cross(p, q, r).cmp(&0);
    let (fa, fb) = (side(e.a, e.b, f.a), side(e.a, e.b, f.b));
    if fa == fb && fa != Ordering::Equal {
        return Ok(());
    }
    let (ea, eb) = (side(f.a, f.b, e.a), side(f.a, f.b, e.b));
    if ea == eb && ea != Ordering::Equal {
        return Ok(());
    }
    if fa == Ordering::Equal && fb == Ordering::Equal {
        return collinear(edges, i, j, found);
    }
    let at = if fa == Ordering::Equal {
        f.a
    } else if fb == Ordering::Equal {
        f.b
    } else if ea == Ordering::Equal {
        e.a
    } else if eb == Ordering::Equal {
        e.b
    } else {
        return Err(crossing(e, f));
    };
    meet(edges, i, j, at, found)
}

/// Two edges on one line: they overlap, meet end to end, or are apart.
fn collinear(edges: &Edges, i: usize, j: usize, found: &mut Vec<Touch>) -> Result<(), Vertex> {
    let (e, f) = (&edges.all[i], &edges.all[j]);
    let (start, end) = (e.a.min(e.b).max(f.a.min(f.b)), e.a.max(e.b).min(f.a.max(f.b)));
    match start.cmp(&end) {
        Ordering::Less => Err(start),
        Ordering::Equal => meet(edges, i, j, start, found),
        Ordering::Greater => Ok(()),
    }
}

/// Two edges sharing one point.
fn meet(edges: &Edges, i: usize, j: usize, at: Vertex, found: &mut Vec<Touch>) -> Result<(), Vertex> {
    if edges.adjacent(i, j) {
        return Ok(());
    }
    let (one, other) = (edges.passage(i, at), edges.passage(j, at));
    if one.ring == other.ring {
        return Err(at);
    }
    if in_sector(at, one, other.from) != in_sector(at, one, other.to) {
        return Err(at);
    }
    found.push(Touch { at, one, other });
    Ok(())
}

/// Whether the direction to `p` lies left of the passage, between where it goes and where it comes from.
pub(super) fn in_sector(at: Vertex, passage: Passage, p: Vertex) -> bool {
    let left_of_to = cross(at, passage.to, p) > 0;
    let right_of_from = cross(at, passage.from, p) < 0;
    if cross(at, passage.to, passage.from) > 0 || turns_straight(at, passage) {
        left_of_to && (right_of_from || turns_straight(at, passage))
    } else {
        left_of_to || right_of_from
    }
}

fn turns_straight(at: Vertex, passage: Passage) -> bool {
    cross(at, passage.to, passage.from) == 0
}

/// Where two edges cross, rounded to the grid.
// within both edges
#[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss)]
fn crossing(one: &Edge, other: &Edge) -> Vertex {
    let (before, after) = (cross(other.a, other.b, one.a), cross(other.a, other.b, one.b));
    let share = before as f64 / (before - after) as f64;
    let between = |from: i32, to: i32| (f64::from(from) + share * (f64::from(to) - f64::from(from))).round() as i32;
    Vertex { lon: between(one.a.lon, one.b.lon), lat: between(one.a.lat, one.b.lat) }
}
