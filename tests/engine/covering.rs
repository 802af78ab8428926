//! Which shapes contain a position: the index against one pass over all rings.

use crate::shapes::{at, mosaics, rectangle, shape, stars};
use cordon::geometry::oracle;
use cordon::geometry::{Entry, Policy, Polygon, Position, Shape, ShapeId, ShapeIndex, Vertex};
use proptest::prelude::*;
use std::sync::Arc;

pub fn entry(shape: Shape, policy: Policy) -> Entry {
    Entry { shape: Arc::new(shape), accuracy_m: 0.0, policy }
}

/// What the index must answer: every shape asked by itself, no structure involved.
pub fn brute_force(entries: &[Entry], v: Vertex) -> Vec<ShapeId> {
    (0..entries.len())
        .filter(|&i| oracle::contains(&entries[i].shape, entries[i].policy == Policy::Closed, v))
        .map(|i| ShapeId(i as u32))
        .collect()
}

pub fn covering(index: &ShapeIndex, v: Vertex) -> Vec<ShapeId> {
    let mut out = Vec::new();
    index.covering(Position::from(v), &mut out);
    out
}

/// Places where engines go wrong: vertices, middles of edges, their neighbours on the grid, cell seams, ±180, the poles.
pub fn probes(entries: &[Entry]) -> Vec<Vertex> {
    let mut probes =
        vec![at(0, 0), at(1_800_000_000, 0), at(-1_800_000_000, 0), at(0, 900_000_000), at(0, -900_000_000)];
    for entry in entries {
        for ring in entry.shape.polygons().iter().flat_map(Polygon::rings) {
            for w in ring.windows(2) {
                let middle = at(i32::midpoint(w[0].lon, w[1].lon), i32::midpoint(w[0].lat, w[1].lat));
                for v in [w[0], middle] {
                    for (dx, dy) in [(0, 0), (1, 0), (-1, 0), (0, 1), (0, -1), (-1, 1)] {
                        probes.push(at(
                            (v.lon + dx).clamp(-1_800_000_000, 1_800_000_000),
                            (v.lat + dy).clamp(-900_000_000, 900_000_000),
                        ));
                    }
                    // the cells are aligned to powers of two of units from −2³¹ and −2³⁰
                    for shift in [8, 14, 20, 22] {
                        let seam = |x: i32| ((i64::from(x) >> shift) << shift) as i32;
                        probes.push(at(seam(v.lon).max(-1_800_000_000), v.lat));
                        probes.push(at(v.lon, seam(v.lat).max(-900_000_000)));
                        probes.push(at((seam(v.lon) - 1).max(-1_800_000_000), seam(v.lat).max(-900_000_000)));
                    }
                }
            }
        }
    }
    probes
}

pub fn assert_covers(entries: &[Entry], extra: &[Vertex]) {
    let index = ShapeIndex::build(entries.to_vec());
    for v in probes(entries).into_iter().chain(extra.iter().copied()) {
        assert_eq!(covering(&index, v), brute_force(entries, v), "at {v:?}");
    }
}

pub fn policies() -> impl Strategy<Value = Policy> {
    prop_oneof![Just(Policy::Closed), Just(Policy::HalfOpen)]
}

/// Some shapes over each other, of very different sizes.
pub fn sets() -> impl Strategy<Value = Vec<Entry>> {
    let middles = (-1_000_000_000..1_000_000_000, -600_000_000..600_000_000);
    (middles, prop_oneof![Just(40), Just(5_000), Just(3_000_000), Just(300_000_000)]).prop_flat_map(
        |(middle, reach)| {
            let one =
                prop_oneof![mosaics(middle, reach).prop_map(|m| m.shape()), stars(middle, f64::from(reach.max(1000))),];
            proptest::collection::vec((one, policies()), 1..6)
                .prop_map(|all| all.into_iter().map(|(shape, policy)| entry(shape, policy)).collect())
        },
    )
}

proptest! {
    #[test]
    fn equals_brute_force(entries in sets(), extra in proptest::collection::vec((-1_800_000_000..=1_800_000_000, -900_000_000..=900_000_000), 20)) {
        let extra: Vec<Vertex> = extra.into_iter().map(|(lon, lat)| at(lon, lat)).collect();
        assert_covers(&entries, &extra);
    }

    #[test]
    fn half_open_mosaics_and_their_rest_tile(mosaic in mosaics((0, 0), 1000)) {
        let mut rest = mosaic.clone();
        rest.filled.iter_mut().for_each(|f| *f = !*f);
        let entries = vec![entry(mosaic.shape(), Policy::HalfOpen), entry(rest.shape(), Policy::HalfOpen)];
        let whole = crate::shapes::Mosaic { filled: vec![true; mosaic.filled.len()], ..mosaic };
        let whole = whole.shape();
        let index = ShapeIndex::build(entries.clone());
        for v in probes(&entries) {
            let expected = usize::from(oracle::contains_half_open(&whole, v));
            prop_assert_eq!(covering(&index, v).len(), expected, "at {:?}", v);
        }
    }
}

#[test]
fn the_cut_and_the_poles_are_one_place_each() {
    let fiji = Shape::from_canonical(vec![
        rectangle(1_770_000_000, -190_000_000, 1_800_000_000, -160_000_000),
        rectangle(-1_800_000_000, -190_000_000, -1_780_000_000, -160_000_000),
    ]);
    let arctic = shape(rectangle(-1_800_000_000, 660_000_000, 1_800_000_000, 900_000_000));
    let wedge = shape(rectangle(0, -900_000_000, 100_000_000, -800_000_000));
    let west = shape(rectangle(-1_800_000_000, 0, -1_700_000_000, 100_000_000));
    let entries: Vec<Entry> = [fiji, arctic, wedge, west].map(|s| entry(s, Policy::Closed)).into();
    assert_covers(&entries, &[]);
    let index = ShapeIndex::build(entries);
    assert_eq!(covering(&index, at(1_800_000_000, -170_000_000)), [ShapeId(0)]);
    assert_eq!(covering(&index, at(-1_800_000_000, -170_000_000)), [ShapeId(0)]);
    assert_eq!(covering(&index, at(1_800_000_000, 50_000_000)), [ShapeId(3)]);
    assert_eq!(covering(&index, at(77, 900_000_000)), [ShapeId(1)]);
    assert_eq!(covering(&index, at(-1_234_567_890, -900_000_000)), [ShapeId(2)]);
}

#[test]
fn no_shapes_no_answers() {
    assert_covers(&[], &[]);
    assert_covers(&[entry(Shape::default(), Policy::Closed)], &[]);
}
