//! Lines against shapes: entries, exits and doubtful stretches.

use crate::covering::{entry, sets};
use crate::margins::border_distance_m;
use crate::shapes::{at, rectangle, shape};
use cordon::geometry::oracle;
use cordon::geometry::{Entry, Interval, Policy, Polygon, Position, Shape, ShapeId, ShapeIndex, Vertex};
use geo::{Distance as _, Geodesic, Point};
use proptest::prelude::*;
use std::sync::Arc;

fn on_line(a: Vertex, b: Vertex, t: f64) -> (f64, f64) {
    (
        a.lat_degrees() + (b.lat_degrees() - a.lat_degrees()) * t,
        a.lon_degrees() + (b.lon_degrees() - a.lon_degrees()) * t,
    )
}

/// The true metres along an edge to each of evenly spread places on it: Karney's geodesics over parts too short to differ from it.
fn metres_to(a: Vertex, b: Vertex, count: u32) -> Vec<f64> {
    let parts = count * (a.lon.abs_diff(b.lon).max(a.lat.abs_diff(b.lat)) / 200_000 / count + 1);
    let place = |i: u32| {
        let (lat, lon) = on_line(a, b, f64::from(i) / f64::from(parts));
        Point::new(lon, lat)
    };
    let mut along = 0.0;
    let mut metres = vec![0.0];
    for i in 1..=parts {
        along += Geodesic.distance(place(i - 1), place(i));
        if i.is_multiple_of(parts / count) {
            metres.push(along);
        }
    }
    metres
}

/// How far from the truth a vertex of a line may be given.
fn vertex_slack_m(metres: f64) -> f64 {
    3e-6 * metres + 1e-3
}

/// How far from the truth a place on an edge may be given: within a part that is taken as even, by a thousandth of the way to its nearer end.
fn slack_m(metres: f64) -> f64 {
    0.001 * metres.min(20_000.0) + vertex_slack_m(metres)
}

fn is_in(intervals: &[Interval], m: f64, slack: f64) -> bool {
    intervals.iter().any(|i| i.from_m - slack <= m && m <= i.to_m + slack)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    /// Sampled positions along a line of two edges lie inside exactly where `along` says so, borders and rounding aside.
    #[test]
    fn samples_agree(entries in sets(), picks in proptest::collection::vec((any::<prop::sample::Index>(), -50..50_i32, -50..50_i32, any::<bool>()), 3)) {
        let vertices: Vec<Vertex> = entries.iter().flat_map(|e| e.shape.polygons()).flat_map(|p| p.shell.iter().copied()).collect();
        prop_assume!(!vertices.is_empty());
        let line: Vec<Vertex> = picks.iter().map(|(i, dx, dy, exactly)| {
            let v = vertices[i.index(vertices.len())];
            if *exactly { v } else { at(v.lon + dx * 7, v.lat + dy * 7) }
        }).collect();
        let index = ShapeIndex::build(entries.clone());
        let passages = index.along(std::slice::from_ref(&line), 0.0);
        let mut start_m = 0.0;
        for w in line.windows(2) {
            let true_m = metres_to(w[0], w[1], 60);
            for (i, along_m) in (0..).zip(&true_m) {
                let (lat, lon) = on_line(w[0], w[1], f64::from(i) / 60.0);
                let v = Position::new(lat, lon).unwrap().vertex();
                for (id, e) in entries.iter().enumerate() {
                    let passage = passages.iter().find(|p| p.shape == ShapeId(id as u32));
                    let inside = passage.map_or(&[][..], |p| &p.inside[..]);
                    let m = start_m + along_m;
                    // a sample is rounded to the grid, 8 mm at most: only what is clear of the border by more can be compared
                    if index.margin(ShapeId(id as u32), Position::from(v)).signed_m.abs() >= 0.02 + slack_m(m) {
                        let expected = oracle::contains(&e.shape, true, v);
                        prop_assert_eq!(is_in(inside, m, vertex_slack_m(m)), expected, "{} at {} m", id, m);
                    }
                    if (i == 0 || i == 60) && oracle::contains(&e.shape, true, v) {
                        prop_assert!(is_in(inside, m, vertex_slack_m(m)), "vertex of the line, {}", id);
                    }
                }
            }
            start_m += true_m[60];
        }
        for p in &passages {
            prop_assert!(p.inside.windows(2).all(|w| w[0].to_m < w[1].from_m));
            prop_assert!(p.inside.iter().all(|i| i.from_m <= i.to_m && i.from_m >= 0.0 && i.to_m <= start_m + vertex_slack_m(start_m)));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn doubt_is_where_the_border_is_near(entries in sets(), dx in -20_000..20_000_i32, dy in -20_000..20_000_i32, corridor_m in 1.0..3000.0_f64) {
        let Some(v) = entries[0].shape.polygons().first().map(|p| p.shell[0]) else { return Ok(()) };
        let (a, b) = (v, at(v.lon + dx, v.lat + dy));
        let index = ShapeIndex::build(vec![entries[0].clone()]);
        let passages = index.along(&[vec![a, b]], corridor_m);
        let true_m = metres_to(a, b, 10);
        let possible = passages.first().map_or(&[][..], |p| &p.possible[..]);
        for (i, along_m) in (0..).zip(true_m) {
            let (lat, lon) = on_line(a, b, f64::from(i) / 10.0);
            let distance_m = border_distance_m(&entries[0].shape, Position::new(lat, lon).unwrap());
            if (distance_m - corridor_m).abs() > 0.002 * corridor_m + 0.01 + slack_m(along_m) {
                prop_assert_eq!(is_in(possible, along_m, vertex_slack_m(along_m)), distance_m < corridor_m, "{} m of {}", distance_m, corridor_m);
            }
        }
    }
}

/// Degrees of latitude, and whether beside ±180, around which wide bands are tried.
const AROUND: [(i32, bool); 8] =
    [(0, false), (15, true), (-47, false), (60, true), (70, false), (-84, true), (88, false), (89, true)];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]
    /// Triangles east of a meridian, each known to another accuracy, and a line over either side of it.
    #[test]
    fn wide_bands_hold_everywhere(
        around in prop::sample::select(&AROUND[..]),
        triangles in proptest::collection::vec((proptest::array::uniform3((0.01..1.0_f64, -1.0..1.0_f64)), 0.0..120_000.0_f64), 1..4),
        ways in proptest::collection::vec((-1.0..1.0_f64, -1.0..1.0_f64), 2..5),
        corridor_m in prop_oneof![Just(0.0), 1.0..20_000.0_f64],
    ) {
        let (lat, at_seam) = around;
        // as wide as high, and across the seam the map goes on at the other end
        let stretch = (1.0 / f64::from(lat).to_radians().cos()).min(60.0);
        let meridian = if at_seam { 180.0 } else { 20.0 };
        let place = |(x, y): (f64, f64), turn: f64| {
            Vertex::nearest((f64::from(lat) + y * 0.9).clamp(-89.9, 89.9), meridian - x * stretch - turn)
        };
        let line: Vec<Vertex> = ways.iter().map(|(x, y)| place((-x.abs(), *y), if at_seam { 360.0 } else { 0.0 })).collect();
        prop_assume!(line.windows(2).all(|w| w[0] != w[1]));
        let entries: Vec<Entry> = triangles.iter().map(|(corners, accuracy_m)| {
            let corners = corners.map(|corner| place(corner, 0.0));
            let shell = vec![corners[0], corners[1], corners[2], corners[0]];
            Entry { shape: Arc::new(shape(Polygon { shell, holes: vec![] })), accuracy_m: *accuracy_m, policy: Policy::Closed }
        }).collect();
        let passages = ShapeIndex::build(entries.clone()).along(std::slice::from_ref(&line), corridor_m);
        for (i, entry) in entries.iter().enumerate() {
            let possible = passages.iter().find(|p| p.shape.0 as usize == i).map_or(&[][..], |p| &p.possible[..]);
            let width_m = corridor_m + entry.accuracy_m;
            let mut from_m = 0.0;
            for w in line.windows(2) {
                let true_m = metres_to(w[0], w[1], 7);
                for (i, along_m) in (0..).zip(&true_m) {
                    let (lat, lon) = on_line(w[0], w[1], f64::from(i) / 7.0);
                    let m = from_m + along_m;
                    let distance_m = border_distance_m(&entry.shape, Position::new(lat, lon).unwrap());
                    if (distance_m - width_m).abs() > 0.002 * width_m + 2.0 + slack_m(m) {
                        prop_assert_eq!(is_in(possible, m, vertex_slack_m(m)), distance_m < width_m, "{} m of {}, {} in {:?}", distance_m, width_m, m, possible);
                    }
                }
                from_m += true_m[7];
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    /// A triangle and a line of one edge, beside each other or far apart, against the nearest of many places on the line.
    #[test]
    fn a_line_is_near_what_is_near(
        lat in -75.0..75.0_f64,
        corners in proptest::array::uniform3((0.01..1.0_f64, -1.0..1.0_f64)),
        from in prop_oneof![(-2.0..0.0_f64, -2.0..2.0_f64), (-60.0..0.0_f64, -14.0..14.0_f64)],
        step in prop_oneof![(-0.2..0.2_f64, -0.2..0.2_f64), (-40.0..0.0_f64, -10.0..10.0_f64)],
        share in 0.5..1.5_f64,
    ) {
        const PLACES: i32 = 32;
        let place = |x: f64, y: f64| Vertex::nearest((lat + y).clamp(-89.9, 89.9), x);
        let [a, b, c] = corners.map(|(x, y)| place(x, y));
        let triangle = shape(Polygon { shell: vec![a, b, c, a], holes: vec![] });
        let line = [place(from.0, from.1), place(from.0 + step.0, from.1 + step.1)];
        prop_assume!(line[0] != line[1]);
        let places = (0..=PLACES).map(|i| on_line(line[0], line[1], f64::from(i) / f64::from(PLACES)));
        let places: Vec<Position> = places.map(|(lat, lon)| Position::new(lat, lon).unwrap()).collect();
        let between_m = places.windows(2).map(|w| w[0].distance_m(w[1])).fold(0.0, f64::max);
        let distance_m = places.iter().map(|p| border_distance_m(&triangle, *p)).fold(f64::INFINITY, f64::min);
        let index = ShapeIndex::build(vec![entry(triangle, Policy::Closed)]);
        let metres = distance_m * share;
        let found = index.within_line(&[line.to_vec()], metres);
        prop_assume!(found.first().is_none_or(|(_, is_entered)| !is_entered));
        let is_found = !found.is_empty();
        if metres > distance_m * 1.001 + 0.01 {
            prop_assert!(is_found, "{} m of {}", metres, distance_m);
        }
        // the true distance is less than that of the nearest place by half of what is between places; far away a box and half the line are let in
        let let_in_m = if metres <= 500_000.0 { 0.0 } else { 250_000.0 + 1.5 * between_m * f64::from(PLACES) };
        if metres + let_in_m < distance_m * 0.999 - between_m {
            prop_assert!(!is_found, "{} m of {}", metres, distance_m);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]
    #[test]
    fn those_asked_for_are_followed_as_if_alone(entries in sets(), dx in -20_000..20_000_i32, dy in -20_000..20_000_i32, corridor_m in 0.0..900.0_f64) {
        let Some(v) = entries[0].shape.polygons().first().map(|p| p.shell[0]) else { return Ok(()) };
        let line = [vec![v, at(v.lon + dx, v.lat + dy), at(v.lon - dy, v.lat + dx)]];
        let index = ShapeIndex::build(entries);
        let is_wanted = |shape: ShapeId| shape.0.is_multiple_of(2);
        let mut expected = index.along(&line, corridor_m);
        expected.retain(|passage| is_wanted(passage.shape));
        prop_assert_eq!(index.along_those(&line, corridor_m, is_wanted), expected);
    }
}

fn metres(index: &ShapeIndex, line: &[Vertex]) -> Vec<(f64, f64)> {
    let passages = index.along(&[line.to_vec()], 0.0);
    passages.first().map_or(vec![], |p| p.inside.iter().map(|i| (i.from_m.round(), i.to_m.round())).collect())
}

#[test]
fn touches_count_and_have_no_length() {
    let index = ShapeIndex::build(vec![entry(shape(rectangle(0, 0, 10_000, 10_000)), Policy::Closed)]);
    // past a corner, along an edge from outside, through, up to
    assert_eq!(metres(&index, &[at(-10_000, 0), at(10_000, 20_000)]), [(157.0, 157.0)]);
    assert_eq!(metres(&index, &[at(-10_000, 10_000), at(20_000, 10_000)]), [(111.0, 223.0)]);
    assert_eq!(metres(&index, &[at(-10_000, 5_000), at(20_000, 5_000)]), [(111.0, 223.0)]);
    assert_eq!(metres(&index, &[at(-10_000, 5_000), at(0, 5_000)]), [(111.0, 111.0)]);
    assert_eq!(metres(&index, &[at(-10_000, 5_000), at(-1, 5_000)]), []);
    assert_eq!(metres(&index, &[at(0, 0), at(10_000, 0)]), [(0.0, 111.0)]);
    assert_eq!(metres(&index, &[at(5_000, 5_000)]), [(0.0, 0.0)]);
    // standing on the side that a half-open shape leaves to its neighbour
    let index = ShapeIndex::build(vec![entry(shape(rectangle(0, 0, 10_000, 10_000)), Policy::HalfOpen)]);
    assert_eq!(metres(&index, &[at(10_000, 5_000), at(10_000, 5_000)]), [(0.0, 0.0)]);
}

#[test]
fn a_line_runs_on_across_the_cut() {
    let fiji = Shape::from_canonical(vec![
        rectangle(1_770_000_000, -190_000_000, 1_800_000_000, -160_000_000),
        rectangle(-1_800_000_000, -190_000_000, -1_780_000_000, -160_000_000),
    ]);
    let index = ShapeIndex::build(vec![entry(fiji, Policy::Closed)]);
    let pieces = [
        vec![at(1_760_000_000, -170_000_000), at(1_800_000_000, -170_000_000)],
        vec![at(-1_800_000_000, -170_000_000), at(-1_770_000_000, -170_000_000)],
    ];
    let passage = &index.along(&pieces, 0.0)[0];
    assert_eq!(passage.inside.len(), 1);
    assert!((passage.inside_m - 5.0 * 106_470.0).abs() < 300.0, "{passage:?}");
    // along the cut itself, under either name
    for lon in [1_800_000_000, -1_800_000_000] {
        let passage = &index.along(&[vec![at(lon, -200_000_000), at(lon, -150_000_000)]], 0.0)[0];
        assert_eq!(passage.inside.len(), 1);
        assert!((passage.inside_m - 332_000.0).abs() < 1000.0, "{passage:?}");
    }
}

#[test]
fn distance_from_a_line() {
    let index = ShapeIndex::build(vec![entry(shape(rectangle(0, 0, 10_000, 10_000)), Policy::Closed)]);
    let line = [vec![at(-30_000, 30_000), at(30_000, 30_000)]];
    // 0.002 degrees of latitude at the equator are 221.15 m
    assert_eq!(index.within_line(&line, 221.2), [(ShapeId(0), false)]);
    assert!(index.within_line(&line, 221.1).is_empty());
    assert_eq!(index.within_line(&[vec![at(-30_000, 5_000), at(30_000, 5_000)]], 0.0), [(ShapeId(0), true)]);
}
