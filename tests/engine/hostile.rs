//! Shapes that break engines: huge, thin, many, alike, or not what they claim to be.

use crate::covering::{assert_covers, brute_force, covering, entry, probes};
use crate::shapes::{at, rectangle, shape};
use cordon::geometry::{Policy, Polygon, Shape, ShapeId, ShapeIndex, Vertex};
use std::time::Instant;

/// A ring of many corners around a middle.
fn gear(middle: (i32, i32), reach: f64, corners: usize) -> Shape {
    let mut shell: Vec<Vertex> = (0..corners)
        .map(|i| {
            let angle = std::f64::consts::TAU * i as f64 / corners as f64;
            let r = reach * if i % 2 == 0 { 1.0 } else { 0.7 };
            at(middle.0 + (r * angle.cos()) as i32, middle.1 + (r * angle.sin()) as i32)
        })
        .collect();
    shell.push(shell[0]);
    shape(Polygon { shell, holes: vec![] })
}

#[test]
fn a_ring_of_a_hundred_thousand_corners() {
    let entries = vec![entry(gear((100_000_000, 100_000_000), 90_000_000.0, 100_000), Policy::Closed)];
    let index = ShapeIndex::build(entries.clone());
    for v in probes(&entries).into_iter().step_by(9973) {
        assert_eq!(covering(&index, v), brute_force(&entries, v), "at {v:?}");
    }
    assert!(index.heap_bytes().cells < 100_000 * 800, "{:?}", index.heap_bytes());
}

#[test]
fn ten_thousand_times_the_same() {
    let one = gear((50_000_000, 0), 30_000_000.0, 40);
    let entries: Vec<_> = (0..10_000).map(|_| entry(one.clone(), Policy::Closed)).collect();
    let start = Instant::now();
    let index = ShapeIndex::build(entries);
    assert_eq!(covering(&index, at(50_000_000, 0)).len(), 10_000);
    assert_eq!(covering(&index, one.polygons()[0].shell[3]).len(), 10_000);
    assert!(covering(&index, at(-50_000_000, 0)).is_empty());
    assert!(index.heap_bytes().cells < 400_000_000, "{:?} in {:?}", index.heap_bytes(), start.elapsed());
}

#[test]
fn ten_thousand_over_each_other() {
    let entries: Vec<_> = (0..10_000)
        .map(|i| {
            let middle = (i % 100 * 11_000_003 - 550_000_000, i / 100 * 5_000_011 - 250_000_000);
            entry(gear(middle, 300_000_000.0, 12), Policy::Closed)
        })
        .collect();
    let index = ShapeIndex::build(entries.clone());
    for v in [at(0, 0), at(123_456_789, -98_765_432), at(700_000_001, 300_000_007)] {
        assert_eq!(covering(&index, v), brute_force(&entries, v), "at {v:?}");
    }
    assert!(index.heap_bytes().cells < 500_000_000, "{:?}", index.heap_bytes());
}

#[test]
fn the_whole_world_many_times() {
    let world = rectangle(-1_800_000_000, -900_000_000, 1_800_000_000, 900_000_000);
    let entries: Vec<_> = (0..2_000).map(|_| entry(shape(world.clone()), Policy::Closed)).collect();
    let index = ShapeIndex::build(entries);
    for v in [at(0, 0), at(1_800_000_000, 5), at(7, 900_000_000), at(-1_800_000_000, -900_000_000)] {
        assert_eq!(covering(&index, v).len(), 2_000, "at {v:?}");
    }
    assert!(index.heap_bytes().cells < 100_000_000, "{:?}", index.heap_bytes());
}

#[test]
fn slivers_and_spikes() {
    let spike = Polygon {
        shell: vec![at(0, 0), at(1_000_000_000, 1), at(1_000_000_000, 2), at(0, 3), at(0, 0)],
        holes: vec![],
    };
    let needle = Polygon { shell: vec![at(-5, 0), at(3, -800_000_000), at(4, 800_000_000), at(-5, 0)], holes: vec![] };
    let dot = rectangle(77, 77, 78, 78);
    let entries: Vec<_> = [spike, needle, dot].map(|p| entry(shape(p), Policy::Closed)).into();
    let extra: Vec<Vertex> = (-10..90).flat_map(|x| (-3..6).map(move |y| at(x * x * x, y))).collect();
    assert_covers(&entries, &extra);
}

#[test]
fn many_edges_meeting_in_one_vertex() {
    // two hundred thin triangles with one corner in common
    let polygons = (0..200)
        .map(|i| {
            let ray = |a: f64| at((1e8 * a.cos()) as i32, (1e8 * a.sin()) as i32);
            let angle = f64::from(i) * std::f64::consts::TAU / 200.0;
            Polygon { shell: vec![at(0, 0), ray(angle), ray(angle + 0.01), at(0, 0)], holes: vec![] }
        })
        .collect();
    let entries = vec![entry(Shape::from_canonical(polygons), Policy::Closed)];
    let extra: Vec<Vertex> = (-20..20).flat_map(|x| (-20..20).map(move |y| at(x, y))).collect();
    assert_covers(&entries, &extra);
}

#[test]
fn a_shape_that_breaks_its_promise_is_found_and_answered_slowly() {
    // overlapping parts: by parity outside where they overlap
    let liar = Shape::from_canonical(vec![rectangle(0, 0, 3_000, 3_000), rectangle(1_000, 1_000, 4_000, 4_000)]);
    let honest = entry(shape(rectangle(500, 500, 2_000, 2_000)), Policy::Closed);
    let index = ShapeIndex::build(vec![honest, entry(liar, Policy::Closed)]);
    assert_eq!(index.distrusted().collect::<Vec<_>>(), [ShapeId(1)]);
    assert_eq!(covering(&index, at(1_500, 1_500)), [ShapeId(0), ShapeId(1)]);
    assert_eq!(covering(&index, at(3_500, 3_500)), [ShapeId(1)]);
    let passages = index.along(&[vec![at(-1_000, 1_500), at(5_000, 1_500)]], 0.0);
    assert_eq!(passages.len(), 2);
    let (next, _) = index.replace(vec![cordon::geometry::Change::Withdraw(ShapeId(1))]);
    assert_eq!(next.distrusted().count(), 0);
    assert_eq!(covering(&next, at(1_500, 1_500)), [ShapeId(0)]);
}
