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

/// Divides the edges at the middle of their longer extent until few are left; an edge across the middle goes to both sides. Where that
/// parts them badly they are long and lie slantwise, and since they do not cross, side by side: then they are divided across their direction.
fn divide(edges: &Edges, list: Vec<u32>, depth: usize, found: &mut Vec<Touch>) -> Result<(), Vertex> {
    if list.len() <= FEW || depth == MAX_DEPTH {
        return compare_all(edges, &list, found);
    }
    let mut cut = Cut::along_map(edges, &list);
    let mut parted = cut.parts(edges, &list);
    if 4 * parted > 5 * list.len() {
        let across = Cut::across_direction(edges, &list);
        let better = across.parts(edges, &list);
        if better < parted {
            (cut, parted) = (across, better);
        }
    }
    if 2 * parted > 3 * list.len() {
        return compare_all(edges, &list, found);
    }
    let side = |below: bool| list.iter().copied().filter(|i| cut.touches(&edges.all[*i as usize], below)).collect();
    let (below, above): (Vec<u32>, Vec<u32>) = (side(true), side(false));
    drop(list);
    divide(edges, below, depth + 1, found)?;
    divide(edges, above, depth + 1, found)
}

/// A line through the middle of some edges: where twice `axis · v` is `doubled_middle`.
struct Cut {
    axis: [i64; 2],
    doubled_middle: i64,
}

impl Cut {
    /// How long the axis of a slanting cut is: it is rounded to that.
    const LENGTH: f64 = 1_048_576.0;

    /// Across the longer extent of the edges' middles in longitude or latitude.
    fn along_map(edges: &Edges, list: &[u32]) -> Self {
        let extent = |axis: [i64; 2]| {
            let middles = list.iter().map(|&i| doubled_middle(&edges.all[i as usize], axis));
            let (low, high) = middles.fold((i64::MAX, i64::MIN), |(low, high), at| (low.min(at), high.max(at)));
            high - low
        };
        let axis = if extent([0, 1]) > extent([1, 0]) { [0, 1] } else { [1, 0] };
        Self::at_middle(edges, list, axis)
    }

    /// Along the direction that most of the edges' length has, so that few edges cross it.
    // only a choice of where to cut: what is exact is which side an edge is on
    #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation)]
    fn across_direction(edges: &Edges, list: &[u32]) -> Self {
        let (mut x, mut y) = (0.0, 0.0);
        for &i in list {
            let e = &edges.all[i as usize];
            let step = |from: i32, to: i32| (i64::from(to) - i64::from(from)) as f64;
            let (dx, dy) = (step(e.a.lon, e.b.lon), step(e.a.lat, e.b.lat));
            // directions and their opposites are one at twice the angle
            x += dx * dx - dy * dy;
            y += 2.0 * dx * dy;
        }
        let (sin, cos) = (y.atan2(x) / 2.0).sin_cos();
        let axis = [-sin, cos].map(|share| (share * Self::LENGTH).round() as i64);
        Self::at_middle(edges, list, axis)
    }

    // a list holds at most ten million edges; the mean of numbers lies among them
    #[allow(clippy::cast_possible_wrap, clippy::cast_possible_truncation)]
    fn at_middle(edges: &Edges, list: &[u32], axis: [i64; 2]) -> Self {
        let sum: i128 = list.iter().map(|&i| i128::from(doubled_middle(&edges.all[i as usize], axis))).sum();
        Self { axis, doubled_middle: sum.div_euclid(list.len() as i128) as i64 }
    }

    /// Whether an edge has a point on one side, the line itself included.
    fn touches(&self, edge: &Edge, below: bool) -> bool {
        let (a, b) = (2 * along(self.axis, edge.a), 2 * along(self.axis, edge.b));
        if below { a.min(b) <= self.doubled_middle } else { a.max(b) >= self.doubled_middle }
    }

    /// How many edges the two sides have together.
    fn parts(&self, edges: &Edges, list: &[u32]) -> usize {
        let sides = |i: &u32| [true, false].map(|below| usize::from(self.touches(&edges.all[*i as usize], below)));
        list.iter().flat_map(sides).sum()
    }
}

fn along(axis: [i64; 2], v: Vertex) -> i64 {
    axis[0] * i64::from(v.lon) + axis[1] * i64::from(v.lat)
}

fn doubled_middle(edge: &Edge, axis: [i64; 2]) -> i64 {
    along(axis, edge.a) + along(axis, edge.b)
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Slivers side by side at any slant, so long that their boxes all overlap; with the jitter some touch or cross.
    fn slivers() -> impl Strategy<Value = Vec<Polygon>> {
        let sliver = (-2_i32..=2, -2_i32..=2, 1_i32..3);
        ((-40_i32..=40, -40_i32..=40), proptest::collection::vec(sliver, 1..60), 3_i32..6).prop_map(
            |((dx, dy), slivers, apart)| {
                let (dx, dy) = if (dx, dy) == (0, 0) { (1, 0) } else { (dx, dy) };
                let at = |x: i32, y: i32| Vertex { lon: x, lat: y };
                let sliver = |(n, (jitter, end_jitter, width)): (i32, (i32, i32, i32))| {
                    // beside the one before, at a right angle to their direction
                    let (x, y) = (-dy.signum() * n * apart + jitter, dx.signum() * n * apart);
                    let (far_x, far_y) = (x + 1_000 * dx, y + 1_000 * dy + end_jitter);
                    let start = at(x, y);
                    Polygon { shell: vec![start, at(far_x, far_y), at(x + width, y + width), start], holes: vec![] }
                };
                (0..).zip(slivers).map(sliver).collect()
            },
        )
    }

    proptest! {
        #[test]
        fn divided_edges_meet_where_all_pairs_do(polygons in slivers()) {
            let edges = Edges::of(&polygons);
            let all: Vec<u32> = (0..).take(edges.all.len()).collect();
            let mut pairs = Vec::new();
            let compared = compare_all(&edges, &all, &mut pairs);
            let divided = touches(&edges);
            prop_assert_eq!(compared.is_ok(), divided.is_ok(), "{:?} {:?}", compared, divided);
            if let Ok(found) = divided {
                let places = |touches: Vec<Touch>| {
                    let mut places: Vec<_> = touches.iter().map(|t| (t.at, t.one.ring.min(t.other.ring), t.one.ring.max(t.other.ring))).collect();
                    places.sort_unstable();
                    places.dedup();
                    places
                };
                prop_assert_eq!(places(found), places(pairs));
            }
        }
    }
}
