//! An independent checker of what every shape promises, by brute force in 128-bit integers; for small shapes.

use cordon::geometry::{Polygon, Shape, Vertex};

fn cross(a: Vertex, b: Vertex, c: Vertex) -> i128 {
    let d = |p: i32, q: i32| i128::from(p) - i128::from(q);
    d(b.lon, a.lon) * d(c.lat, a.lat) - d(b.lat, a.lat) * d(c.lon, a.lon)
}

fn on_segment(a: Vertex, b: Vertex, p: Vertex) -> bool {
    cross(a, b, p) == 0
        && (a.lon.min(b.lon)..=a.lon.max(b.lon)).contains(&p.lon)
        && (a.lat.min(b.lat)..=a.lat.max(b.lat)).contains(&p.lat)
}

/// 1 inside, 0 on the outline, -1 outside: even-odd over all rings, which for a valid shape is the area.
pub fn place(shape: &Shape, p: Vertex) -> i32 {
    let mut odd = false;
    for w in shape.polygons().iter().flat_map(Polygon::rings).flat_map(|r| r.windows(2)) {
        if on_segment(w[0], w[1], p) {
            return 0;
        }
        let (a, b) = if w[0].lat < w[1].lat { (w[0], w[1]) } else { (w[1], w[0]) };
        odd ^= a.lat <= p.lat && p.lat < b.lat && cross(a, b, p) > 0;
    }
    if odd { 1 } else { -1 }
}

fn place_in_ring(ring: &[Vertex], p: Vertex) -> i32 {
    let mut odd = false;
    for w in ring.windows(2) {
        if on_segment(w[0], w[1], p) {
            return 0;
        }
        let (a, b) = if w[0].lat < w[1].lat { (w[0], w[1]) } else { (w[1], w[0]) };
        odd ^= a.lat <= p.lat && p.lat < b.lat && cross(a, b, p) > 0;
    }
    if odd { 1 } else { -1 }
}

/// Twice the coordinates of places just left and right of an edge's middle cannot be written on the grid; so sides are told
/// from winding: shells counter-clockwise, holes clockwise.
fn doubled_area(ring: &[Vertex]) -> i128 {
    ring.windows(2).map(|w| cross(ring[0], w[0], w[1])).sum()
}

/// Panics with a reason when the shape breaks an invariant of `Shape`.
pub fn check(shape: &Shape) {
    let mut rings: Vec<(usize, bool, &Vec<Vertex>)> = Vec::new();
    for (i, polygon) in shape.polygons().iter().enumerate() {
        rings.push((i, false, &polygon.shell));
        rings.extend(polygon.holes.iter().map(|h| (i, true, h)));
    }
    for &(_, hole, ring) in &rings {
        assert!(ring.len() >= 4, "a ring needs three different vertices: {ring:?}");
        assert_eq!(ring.first(), ring.last(), "ring not closed");
        assert!(ring.windows(2).all(|w| w[0] != w[1]), "repeated vertex");
        assert!((doubled_area(ring) > 0) != hole, "wrong orientation (hole: {hole})");
        for v in ring {
            assert!(v.lon.abs() <= 1_800_000_000 && v.lat.abs() <= 900_000_000, "out of range: {v:?}");
        }
        let mut distinct: Vec<Vertex> = ring[1..].to_vec();
        distinct.sort_unstable();
        distinct.dedup();
        assert_eq!(distinct.len(), ring.len() - 1, "a ring passes a vertex twice");
    }
    no_crossings(&rings);
    nested(&rings);
}

fn no_crossings(rings: &[(usize, bool, &Vec<Vertex>)]) {
    let edges: Vec<(usize, usize, Vertex, Vertex)> = rings
        .iter()
        .enumerate()
        .flat_map(|(r, (_, _, ring))| ring.windows(2).enumerate().map(move |(i, w)| (r, i, w[0], w[1])))
        .collect();
    for (n, &(r, i, a, b)) in edges.iter().enumerate() {
        for &(s, j, c, d) in &edges[n + 1..] {
            let sides = |p, q, u, v| cross(p, q, u).signum() * cross(p, q, v).signum();
            assert!(!(sides(a, b, c, d) < 0 && sides(c, d, a, b) < 0), "edges cross: {a:?}-{b:?} and {c:?}-{d:?}");
            let shared: std::collections::BTreeSet<Vertex> = [(a, b, c), (a, b, d), (c, d, a), (c, d, b)]
                .into_iter()
                .filter(|&(p, q, v)| on_segment(p, q, v))
                .map(|(_, _, v)| v)
                .collect();
            assert!(shared.len() < 2, "edges overlap: {a:?}-{b:?} and {c:?}-{d:?}");
            if r == s && !shared.is_empty() {
                let last = rings[r].2.len() - 2;
                assert!(j == i + 1 || (i == 0 && j == last), "a ring touches itself at {shared:?}");
            }
        }
    }
}

/// Every ring's vertices lie where they should relative to every other ring; touching places do not count either way.
fn nested(rings: &[(usize, bool, &Vec<Vertex>)]) {
    let inside = |p: &[Vertex], q: &[Vertex]| {
        let places: Vec<i32> = p.iter().map(|&v| place_in_ring(q, v)).filter(|&x| x != 0).collect();
        assert!(places.windows(2).all(|w| w[0] == w[1]), "rings cross at vertices");
        places.first().copied()
    };
    for (n, &(i, hole, ring)) in rings.iter().enumerate() {
        let mut depth = 0;
        for (m, &(j, other_hole, other)) in rings.iter().enumerate() {
            if n == m {
                continue;
            }
            let place = inside(ring, other);
            if i == j {
                match (hole, other_hole) {
                    (true, false) => assert!(place != Some(-1), "a hole outside its shell"),
                    (true, true) => assert!(place != Some(1), "a hole in a hole"),
                    _ => {}
                }
            }
            if place == Some(1) {
                depth += if other_hole { -1 } else { 1 };
            }
        }
        assert_eq!(depth, i32::from(hole), "nested wrongly: ring {n} of part {i}");
    }
}
