//! Distances to borders: the index against geodesics to densely sampled borders.

use crate::covering::{entry, sets};
use crate::shapes::{at, rectangle, shape};
use cordon::geometry::{Margin, Placement, Policy, Polygon, Position, Shape, ShapeId, ShapeIndex};
use geo::{Distance, Geodesic, Point};
use proptest::prelude::*;

fn geodesic_m(a: Position, b: (f64, f64)) -> f64 {
    Geodesic.distance(Point::new(a.lon(), a.lat()), Point::new(b.1, b.0))
}

/// The nearest border point by brute force: Karney's geodesic, ternary search on every edge cut into pieces.
pub fn border_distance_m(shape: &Shape, p: Position) -> f64 {
    let mut best = f64::INFINITY;
    for (a, b) in shape.polygons().iter().flat_map(Polygon::rings).flat_map(|r| r.windows(2).map(|w| (w[0], w[1]))) {
        let at = |t: f64| {
            geodesic_m(
                p,
                (
                    a.lat_degrees() + (b.lat_degrees() - a.lat_degrees()) * t,
                    a.lon_degrees() + (b.lon_degrees() - a.lon_degrees()) * t,
                ),
            )
        };
        let pieces = 4 + a.lon.abs_diff(b.lon).max(a.lat.abs_diff(b.lat)) / 50_000_000;
        for i in 0..pieces {
            let (mut low, mut high) = (f64::from(i) / f64::from(pieces), f64::from(i + 1) / f64::from(pieces));
            for _ in 0..40 {
                let (x, y) = (low + (high - low) / 3.0, high - (high - low) / 3.0);
                if at(x) < at(y) { high = y } else { low = x }
            }
            best = best.min(at(f64::midpoint(low, high))).min(at(low)).min(at(high));
        }
    }
    best
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]
    #[test]
    fn equal_brute_force(entries in sets(), lon in -1_799_999_999..1_800_000_000, lat in -899_999_999..900_000_000, near in any::<bool>()) {
        let p = if near && !entries[0].shape.is_empty() {
            let v = entries[0].shape.polygons()[0].shell[0];
            at(v.lon + lon % 10_000, v.lat + lat % 10_000)
        } else { at(lon, lat) };
        let p = Position::from(p);
        let index = ShapeIndex::build(entries.clone());
        for (i, e) in entries.iter().enumerate().filter(|(_, e)| !e.shape.is_empty()) {
            let margin = index.margin(ShapeId(i as u32), p);
            let expected = border_distance_m(&e.shape, p);
            let found = margin.signed_m.abs();
            prop_assert!((found - expected).abs() <= 0.001 * expected + 0.002, "{found} {expected}");
            let to_nearest = margin.nearest.map(|n| geodesic_m(p, (n.lat(), n.lon()))).unwrap();
            prop_assert!((found - to_nearest).abs() <= 1e-6 * found + 0.002, "{found} {to_nearest}");
            let within = index.within(p, expected * 1.002 + 0.01);
            prop_assert!(within.iter().any(|w| w.0 == ShapeId(i as u32)));
        }
    }
}

#[test]
fn the_cut_is_not_a_border() {
    let fiji = Shape::from_canonical(vec![
        rectangle(1_770_000_000, -190_000_000, 1_800_000_000, -160_000_000),
        rectangle(-1_800_000_000, -190_000_000, -1_780_000_000, -160_000_000),
    ]);
    let index = ShapeIndex::build(vec![entry(fiji, Policy::Closed)]);
    for lon in [180.0, -180.0, 179.9] {
        let margin = index.margin(ShapeId(0), Position::new(-17.5, lon).unwrap());
        assert!((margin.signed_m + 165_953.0).abs() < 100.0, "{margin:?}");
    }
    let outside = index.within(Position::new(-17.5, 176.9).unwrap(), 20_000.0);
    assert_eq!(outside.len(), 1);
    // the end of the inner seam is border
    let placed = index.locate(Position::new(-19.0, 180.0).unwrap());
    assert!(placed[0].on_border);
}

#[test]
fn a_pole_inside_is_not_a_border() {
    let arctic = shape(rectangle(-1_800_000_000, 660_000_000, 1_800_000_000, 900_000_000));
    let index = ShapeIndex::build(vec![entry(arctic, Policy::Closed)]);
    let margin = index.margin(ShapeId(0), Position::new(90.0, 12.0).unwrap());
    assert!((margin.signed_m + 2_680_000.0).abs() < 5_000.0, "{margin:?}");
    let world = shape(rectangle(-1_800_000_000, -900_000_000, 1_800_000_000, 900_000_000));
    let index = ShapeIndex::build(vec![entry(world, Policy::Closed)]);
    let margin = index.margin(ShapeId(0), Position::new(10.0, 12.0).unwrap());
    assert_eq!((margin.signed_m, margin.nearest), (f64::NEG_INFINITY, None));
}

#[test]
fn placement_weighs_margin_against_accuracy() {
    let mut square = entry(shape(rectangle(0, 0, 10_000_000, 10_000_000)), Policy::Closed);
    square.accuracy_m = 500.0;
    let index = ShapeIndex::build(vec![square]);
    let place = |lat: f64, lon: f64, accuracy_m: f64| {
        let placed = index.locate(Position::new(lat, lon).unwrap().with_accuracy(accuracy_m).unwrap());
        placed.first().map(|p| p.placement)
    };
    assert_eq!(place(0.5, 0.5, 10.0), Some(Placement::Inside));
    assert_eq!(place(0.5, 0.004, 0.0), Some(Placement::Possible));
    assert_eq!(place(0.5, -0.004, 0.0), Some(Placement::Possible));
    assert_eq!(place(0.5, -0.006, 0.0), None);
    assert_eq!(place(0.5, -0.006, 200.0), Some(Placement::Possible));
    let exact = ShapeIndex::build(vec![entry(shape(rectangle(0, 0, 10_000_000, 10_000_000)), Policy::Closed)]);
    let edge = Position::new(0.0, 0.5).unwrap();
    let placed = exact.locate(edge);
    assert_eq!((placed[0].placement, placed[0].on_border), (Placement::Inside, true));
    assert_eq!(exact.margin(placed[0].shape, edge), Margin { signed_m: 0.0, nearest: Some(edge) });
}
