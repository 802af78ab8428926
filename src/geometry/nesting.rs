//! Checks that rings which do not cross are nested as they should be: holes in their own shell, shells in nobody's area, interiors in one piece.

use super::crossings::{Edge, Edges, Passage, Touch, in_sector, touches};
use super::plane::cross;
use super::shape::{Polygon, Vertex};

/// Whether oriented parts are valid in the sense of OGC Simple Features; otherwise a place where they are not.
///
/// Rings that cross, overlap or touch themselves are found first. Then each ring's surroundings are told from the edge nearest to the
/// west of its westernmost vertex: a shell must lie where nothing is filled, a hole where its own polygon is. One look a
/// ring is enough: rings do not cross, so a face is filled the same everywhere, and going west never comes back.
pub(super) fn check(polygons: &[Polygon]) -> Result<(), Vertex> {
    let edges = Edges::of(polygons);
    let mut touches = touches(&edges)?;
    touches.sort_unstable_by_key(|t| t.at);
    if edges.starts.len() <= 2 {
        return Ok(());
    }
    let owners: Vec<u32> =
        (0_u32..).zip(polygons).flat_map(|(owner, p)| std::iter::repeat_n(owner, 1 + p.holes.len())).collect();
    one_piece(&owners, &touches)?;
    let west = WestwardIndex::of(&edges);
    let mut ring = 0;
    for (polygon, owner) in polygons.iter().zip(0_u32..) {
        for hole in [false].into_iter().chain(std::iter::repeat_n(true, polygon.holes.len())) {
            let (leftmost, passage) = leftmost(&edges, ring);
            let filled_by = surroundings(&west, &touches, leftmost, passage).map(|ring| owners[ring as usize]);
            if filled_by != hole.then_some(owner) {
                return Err(leftmost);
            }
            ring += 1;
        }
    }
    Ok(())
}

/// The westernmost vertex of a ring, the southernmost of several.
fn leftmost(edges: &Edges, ring: u32) -> (Vertex, Passage) {
    let start = edges.starts[ring as usize];
    let index = (start..start + edges.ring(ring).len()).min_by_key(|&i| edges.all[i].a).unwrap_or(start);
    let at = edges.all[index].a;
    (at, edges.passage(index, at))
}

/// The ring that fills the face just outside a ring's westernmost vertex, if any does.
fn surroundings(west: &WestwardIndex<'_>, touches: &[Touch], at: Vertex, own: Passage) -> Option<u32> {
    // the own edge that is turned furthest to the left, seen from the vertex: from it on, to the left, is outside the ring
    let upper = if cross(at, own.from, own.to) > 0 { own.to } else { own.from };
    let first = touches.partition_point(|t| t.at < at);
    let foreign: Vec<Passage> = touches[first..]
        .iter()
        .take_while(|t| t.at == at)
        .flat_map(|t| [t.one, t.other])
        .filter(|p| p.ring != own.ring)
        .collect();
    // directions as seen turning left from the upper edge; those in the own interior come last and do not count
    let outside = |p: Vertex| in_sector(at, Passage { ring: own.ring, from: lower(at, own), to: upper }, p);
    let next = foreign
        .iter()
        .flat_map(|p| [(p.to, p.ring, false), (p.from, p.ring, true)])
        .filter(|&(p, _, _)| outside(p))
        .min_by(|&(p, _, _), &(q, _, _)| turn_order(at, upper, p, q));
    match next {
        // east of the vertex or straight up, or a ring that reaches further west: its right-hand side is the face
        Some((p, ring, arrives)) if turned_before_west(at, upper, p) || west_of(at, &foreign) => {
            arrives.then_some(ring)
        }
        _ => west.filled_by(at, own.ring),
    }
}

fn lower(at: Vertex, own: Passage) -> Vertex {
    if cross(at, own.from, own.to) > 0 { own.from } else { own.to }
}

fn west_of(at: Vertex, passages: &[Passage]) -> bool {
    passages.iter().any(|p| p.from.lon < at.lon || p.to.lon < at.lon)
}

/// Whether turning left from `upper` meets `p` before pointing west.
fn turned_before_west(at: Vertex, upper: Vertex, p: Vertex) -> bool {
    p.lon >= at.lon && cross(at, upper, p) > 0
}

/// Which of two directions comes first when turning left from `from`.
fn turn_order(at: Vertex, from: Vertex, p: Vertex, q: Vertex) -> std::cmp::Ordering {
    let second_half = |v: Vertex| cross(at, from, v) < 0;
    second_half(p).cmp(&second_half(q)).then_with(|| 0.cmp(&cross(at, p, q)))
}

/// Whether each polygon's interior hangs together: holes that touch each other or the shell must not form a closed chain.
fn one_piece(owners: &[u32], touches: &[Touch]) -> Result<(), Vertex> {
    // one node a ring, one a touching point; a chain that closes cuts a piece off
    let mut links: Vec<(u32, Vertex, u32)> = touches
        .iter()
        .filter(|t| owners[t.one.ring as usize] == owners[t.other.ring as usize])
        .flat_map(|t| {
            let owner = owners[t.one.ring as usize];
            [(owner, t.at, t.one.ring), (owner, t.at, t.other.ring)]
        })
        .collect();
    links.sort_unstable();
    links.dedup();
    let mut parent: Vec<usize> = (0..owners.len() + links.len()).collect();
    let mut point = owners.len();
    for (i, &(owner, at, ring)) in links.iter().enumerate() {
        if i > 0 && (links[i - 1].0, links[i - 1].1) != (owner, at) {
            point += 1;
        }
        let (a, b) = (root(&mut parent, point), root(&mut parent, ring as usize));
        if a == b {
            return Err(at);
        }
        parent[a] = b;
    }
    Ok(())
}

fn root(parent: &mut [usize], mut node: usize) -> usize {
    while parent[node] != node {
        parent[node] = parent[parent[node]];
        node = parent[node];
    }
    node
}

/// Edges by bands of latitude, to find the nearest one to the west of a place.
struct WestwardIndex<'a> {
    edges: &'a Edges,
    south: i64,
    band: i64,
    bands: Vec<Vec<u32>>,
}

impl<'a> WestwardIndex<'a> {
    /// Few enough that a long edge is not copied too often, many enough that a band stays short.
    const MAX_BANDS: usize = 4096;

    // bands are numbered within MAX_BANDS, edges within ten million
    #[allow(clippy::cast_possible_truncation, clippy::cast_possible_wrap, clippy::cast_sign_loss)]
    fn of(edges: &'a Edges) -> Self {
        let lats = || edges.all.iter().map(|e| i64::from(e.a.lat));
        let south = lats().min().unwrap_or_default();
        let north = lats().max().unwrap_or_default();
        let count = (edges.all.len() / 8).clamp(1, Self::MAX_BANDS);
        let band = (north - south) / count as i64 + 1;
        let mut bands = vec![Vec::new(); count];
        for (i, e) in edges.all.iter().enumerate() {
            let low = (i64::from(e.a.lat.min(e.b.lat)) - south) / band;
            let high = (i64::from(e.a.lat.max(e.b.lat)) - south) / band;
            for b in &mut bands[low as usize..=high as usize] {
                b.push(i as u32);
            }
        }
        Self { edges, south, band, bands }
    }

    /// The ring that fills the place just north-west of a vertex, told from the nearest edge to the west.
    // the vertex is one of the indexed ones
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    fn filled_by(&self, at: Vertex, own_ring: u32) -> Option<u32> {
        let band = ((i64::from(at.lat) - self.south) / self.band) as usize;
        self.bands[band]
            .iter()
            .map(|&i| &self.edges.all[i as usize])
            .filter(|e| e.ring != own_ring && e.a.lat.min(e.b.lat) <= at.lat && at.lat < e.a.lat.max(e.b.lat))
            .filter(|e| {
                let (south, north) = upward(e);
                cross(south, north, at) < 0
            })
            .max_by(|e, f| further_east(e, f, at))
            // an edge that goes down has its left side, which is filled, to the east
            .and_then(|e| (e.a.lat > e.b.lat).then_some(e.ring))
    }
}

fn upward(e: &Edge) -> (Vertex, Vertex) {
    if e.a.lat < e.b.lat { (e.a, e.b) } else { (e.b, e.a) }
}

/// Compares where two edges are at a latitude, and just north of it when they meet there. Exact.
fn further_east(e: &Edge, f: &Edge, at: Vertex) -> std::cmp::Ordering {
    let parts = |edge: &Edge| {
        let (south, north) = upward(edge);
        let run = i128::from(north.lon) - i128::from(south.lon);
        let rise = i128::from(north.lat) - i128::from(south.lat);
        let above = i128::from(at.lat) - i128::from(south.lat);
        (i128::from(south.lon) * rise + run * above, run, rise)
    };
    let ((ex, erun, erise), (fx, frun, frise)) = (parts(e), parts(f));
    (ex * frise).cmp(&(fx * erise)).then_with(|| (erun * frise).cmp(&(frun * erise)))
}
