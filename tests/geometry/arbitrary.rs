//! Whatever comes in: nothing panics, and every shape made keeps the invariants.

use cordon::geometry::area::{difference, intersection, union};
use cordon::geometry::{Edges, Limits, Line, Repair, Shape, Vertex};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::invariants;

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        (-200_i32..200).prop_map(Value::from),
        "[a-zA-Z]{0,5}".prop_map(Value::from),
        prop::sample::select(vec!["Polygon", "MultiPolygon", "GeometryCollection", "LineString"]).prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 64, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            (prop::sample::select(vec!["Polygon", "MultiPolygon", "GeometryCollection", "LineString"]), inner)
                .prop_map(|(kind, inner)| json!({"type": kind, "coordinates": inner, "geometries": inner})),
        ]
    })
}

/// Rings on a coarse grid, so that vertices coincide, edges overlap and loops touch all the time.
fn ring(span: i32) -> impl Strategy<Value = Vec<[f64; 2]>> {
    prop::collection::vec((-span..=span, -span..=span), 3..9)
        .prop_map(|points| points.into_iter().map(|(x, y)| [f64::from(x), f64::from(y)]).collect())
}

/// Rings with fractions that meet off the grid.
fn skew_ring() -> impl Strategy<Value = Vec<[f64; 2]>> {
    prop::collection::vec((-1000..1000_i32, -1000..1000_i32), 3..12)
        .prop_map(|points| points.into_iter().map(|(x, y)| [f64::from(x) / 7e6, f64::from(y) / 7e6]).collect())
}

/// A star around a centre: always simple, however spiky.
fn star(west: f64) -> impl Strategy<Value = Vec<[f64; 2]>> {
    (prop::collection::vec(0.1..5.0_f64, 3..40), -30.0..30.0_f64, -30.0..30.0_f64).prop_map(move |(radii, lon, lat)| {
        let step = std::f64::consts::TAU / radii.iter().map(|_| 1.0).sum::<f64>();
        let angle = |i: u32| f64::from(i) * step;
        (0..).zip(&radii).map(|(i, r)| [west + lon + r * angle(i).cos(), lat + r * angle(i).sin()]).collect()
    })
}

fn read(geometry: &Value) -> Option<Shape> {
    Shape::from_geojson(geometry, &Limits::default()).ok().map(|(shape, _)| shape)
}

fn polygons(rings: &[Vec<[f64; 2]>]) -> Value {
    json!({"type": "MultiPolygon", "coordinates": rings.iter().map(|r| [r]).collect::<Vec<_>>()})
}

/// What the overlay makes of anything at all: reading refuses large contradictions, unions of triangles do not have any.
fn triangles(ring: &[[f64; 2]]) -> Vec<Shape> {
    ring.windows(3).filter_map(|w| read(&polygons(&[w.to_vec()]))).collect()
}

fn check_round_trip(shape: &Shape) {
    let printed = serde_json::to_value(shape.to_geojson()).unwrap();
    let (again, report) = Shape::from_geojson(&printed, &Limits::default()).unwrap();
    assert_eq!(&again, shape);
    assert!(report.repairs.is_empty(), "{report:?}");
    let text = serde_json::to_string(&printed).unwrap();
    let long = text.split([',', '[', ']']).any(|n| n.split_once('.').is_some_and(|(_, decimals)| decimals.len() > 7));
    assert!(!long, "more than seven decimals in {text}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = Shape::from_geojson_text(&bytes, &Limits::default(), Edges::Planar);
    }

    #[test]
    fn arbitrary_json_never_panics(value in any_json()) {
        let _ = Line::from_geojson(&value, &Limits::default(), Edges::Planar);
        if let Some(shape) = read(&value) {
            invariants::check(&shape);
        }
    }

    #[test]
    fn rings_anywhere_on_earth_never_break_an_invariant(ring in prop::collection::vec((-540..=540_i32, -9..=9_i32), 3..9)) {
        let ring: Vec<[f64; 2]> = ring.into_iter().map(|(x, y)| [f64::from(x), f64::from(y) * 10.0]).collect();
        if let Some(shape) = read(&polygons(&[ring])) {
            invariants::check(&shape);
            check_round_trip(&shape);
        }
    }

    #[test]
    fn rings_that_touch_and_overlap_never_break_an_invariant(shell in ring(4), holes in prop::collection::vec(ring(3), 0..3), part in ring(4)) {
        let mut polygon = vec![shell];
        polygon.extend(holes);
        let geometry = json!({"type": "MultiPolygon", "coordinates": [polygon, [part]]});
        if let Some(shape) = read(&geometry) {
            invariants::check(&shape);
            check_round_trip(&shape);
        }
    }

    #[test]
    fn algebra_on_a_coarse_grid_keeps_the_invariants_and_means_what_it_says(a in ring(5), b in ring(5)) {
        let (a, b) = (triangles(&a), triangles(&b));
        let (a, b) = (union(&a.iter().collect::<Vec<_>>()).unwrap(), union(&b.iter().collect::<Vec<_>>()).unwrap());
        meaning(&a, &b, 10_000_000)?;
    }

    #[test]
    fn algebra_off_the_grid_keeps_the_invariants(a in skew_ring(), b in skew_ring()) {
        let (a, b) = (triangles(&a), triangles(&b));
        let all: Vec<&Shape> = a.iter().chain(&b).collect();
        for shape in [union(&all).unwrap(), union(&a.iter().collect::<Vec<_>>()).unwrap()] {
            invariants::check(&shape);
            check_round_trip(&shape);
        }
        let (a, b) = (union(&a.iter().collect::<Vec<_>>()).unwrap(), union(&b.iter().collect::<Vec<_>>()).unwrap());
        invariants::check(&intersection(&[&a, &b]).unwrap());
        invariants::check(&difference(&a, &[&b]).unwrap());
    }

    #[test]
    fn stars_pass_untouched_and_mean_the_same_a_turn_away(ring in star(0.0)) {
        let moved: Vec<[f64; 2]> = ring.iter().map(|[x, y]| [x + 360.0, *y]).collect();
        let (here, report) = Shape::from_geojson(&polygons(&[ring]), &Limits::default()).unwrap();
        invariants::check(&here);
        check_round_trip(&here);
        let rebuilt = report.repairs.iter().any(|r| matches!(r, Repair::Rebuilt { .. }));
        prop_assert!(!rebuilt, "a simple ring was taken apart");
        let there = read(&polygons(&[moved])).unwrap();
        prop_assert_eq!(here.polygons().len(), there.polygons().len());
        prop_assert_eq!(here, there);
    }

    #[test]
    fn stars_across_the_antimeridian_keep_their_area(ring in star(180.0)) {
        let wrapped: Vec<[f64; 2]> = ring.iter().map(|[x, y]| [if *x > 180.0 { x - 360.0 } else { *x }, *y]).collect();
        let home: Vec<[f64; 2]> = ring.iter().map(|[x, y]| [x - 180.0, *y]).collect();
        let (there, home) = (read(&polygons(&[ring])).unwrap(), read(&polygons(&[home])).unwrap());
        invariants::check(&there);
        check_round_trip(&there);
        prop_assert_eq!(&read(&polygons(&[wrapped])).unwrap(), &there);
        prop_assert!((there.area_m2() / home.area_m2() - 1.0).abs() < 1e-6);
    }

    #[test]
    fn a_line_is_the_same_by_its_text_and_by_its_values(
        positions in prop::collection::vec(prop::collection::vec(-600.0..600.0_f64, 1..4), 0..8),
        north in prop::collection::vec((-200.0..200.0_f64, -95.0..95.0_f64), 0..8),
        kind in prop::sample::select(vec!["LineString", "MultiLineString", "Polygon"]),
    ) {
        let plain: Vec<Vec<f64>> = north.into_iter().map(|(lon, lat)| vec![lon, lat]).collect();
        for coordinates in [json!(positions), json!(plain), json!([plain]), json!([[1, 2], [3, 4]])] {
            let line = json!({"type": kind, "coordinates": coordinates, "bbox": [0, 1]});
            let by_text = Line::from_geojson_text(line.to_string().as_bytes(), &Limits::default(), Edges::Planar);
            let by_values = Line::from_geojson(&line, &Limits::default(), Edges::Planar);
            prop_assert_eq!(by_text.map_err(|e| e.to_string()), by_values.map_err(|e| e.to_string()));
        }
    }

    #[test]
    fn a_simpler_outline_contains_the_original(ring in star(0.0), tolerance_m in 10_000.0..500_000.0_f64) {
        let shape = read(&polygons(&[ring])).unwrap();
        let simple = shape.simplified_outward(tolerance_m).unwrap();
        invariants::check(&simple);
        prop_assert!(simple.vertex_count() <= shape.vertex_count());
        for v in shape.polygons().iter().flat_map(|p| &p.shell) {
            prop_assert!(invariants::place(&simple, *v) >= 0, "{:?} is outside", v);
        }
        // slivers of the grid where an edge was cut anew are all that may be missing
        prop_assert!(difference(&shape, &[&simple]).unwrap().area_m2() < 1e5);
    }

    #[test]
    fn an_outline_of_few_vertices_contains_the_original_and_leaves_places_out(
        ring in star(0.0),
        most in 5..40_usize,
        beside in prop::collection::vec((-1.0..1.0_f64, -1.0..1.0_f64), 0..3),
    ) {
        let near = |([lon, lat], (east, north)): (&[f64; 2], &(f64, f64))| Vertex::nearest(lat + north, lon + east);
        let out: Vec<Vertex> = ring.iter().zip(&beside).map(near).collect();
        let shape = read(&polygons(&[ring])).unwrap();
        let Some(outline) = shape.outlined(most, &out).unwrap() else {
            prop_assert!(!out.is_empty(), "four corners can always be drawn around it");
            return Ok(());
        };
        invariants::check(&outline);
        prop_assert!(outline.vertex_count() <= most);
        prop_assert!(difference(&shape, &[&outline]).unwrap().area_m2() < 1e6);
        for v in out {
            prop_assert!(invariants::place(&outline, v) < 0 || invariants::place(&shape, v) >= 0, "{:?} is covered", v);
        }
    }

    #[test]
    fn an_interior_point_is_inside(ring in star(0.0)) {
        let shape = read(&polygons(&[ring])).unwrap();
        let point = shape.interior_point().unwrap().vertex();
        prop_assert_eq!(invariants::place(&shape, point), 1);
    }
}

/// Union, intersection and difference against the meaning of the words, at places between the grid's lines.
fn meaning(a: &Shape, b: &Shape, unit: i32) -> Result<(), TestCaseError> {
    let (either, both, only) = (union(&[a, b]).unwrap(), intersection(&[a, b]).unwrap(), difference(a, &[b]).unwrap());
    for shape in [&either, &both, &only] {
        invariants::check(shape);
        check_round_trip_if_any(shape);
    }
    prop_assert!((union(&[a, a]).unwrap().area_m2() - a.area_m2()).abs() < 1.0);
    for x in -16..=16 {
        for y in -16..=16 {
            let p = Vertex { lon: x * unit / 3 + 1_234_567, lat: y * unit / 3 + 765_431 };
            let [in_a, in_b, in_either, in_both, in_only] =
                [a, b, &either, &both, &only].map(|s| invariants::place(s, p));
            if in_a == 0 || in_b == 0 {
                continue;
            }
            // rounding moves an edge by less than a grid unit; on it nothing is claimed
            let claims =
                [(in_either, in_a > 0 || in_b > 0), (in_both, in_a > 0 && in_b > 0), (in_only, in_a > 0 && in_b < 0)];
            for (found, expected) in claims {
                prop_assert!(found == 0 || (found > 0) == expected, "at {:?}", p);
            }
        }
    }
    Ok(())
}

fn check_round_trip_if_any(shape: &Shape) {
    if !shape.is_empty() {
        check_round_trip(shape);
    }
}
