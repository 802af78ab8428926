//! Reading GeoJSON: every case of `cases/reading.json`, each with its reason.

use cordon::geometry::{Edges, Limits, Repair, Shape, ShapeError};
use serde_json::{Value, json};

use crate::invariants;

/// The names of repairs as the cases write them.
fn name(repair: &Repair) -> &'static str {
    match repair {
        Repair::ExtraElementsIgnored { .. } => "extra elements ignored",
        Repair::Rounded { .. } => "rounded",
        Repair::Closed { .. } => "closed",
        Repair::CutAtAntimeridian { .. } => "cut at the antimeridian",
        Repair::ClosedAlongPole { .. } => "closed along the pole",
        Repair::Densified { .. } => "densified",
        Repair::DuplicatesDropped { .. } => "duplicates dropped",
        Repair::SpikesDropped { .. } => "spikes dropped",
        Repair::DegenerateRingsDropped { .. } => "degenerate rings dropped",
        Repair::Rebuilt { .. } => "rebuilt",
    }
}

#[test]
fn every_case_reads_as_written() {
    let cases: Value = serde_json::from_str(include_str!("cases/reading.json")).unwrap();
    let limits: Limits = Limits { max_vertices: 1000, ..Limits::default() };
    for case in cases.as_array().unwrap() {
        let what = case["case"].as_str().unwrap();
        let result = Shape::from_geojson(&case["geometry"], &limits);
        if let Some(error) = case["error"].as_str() {
            let found = result.expect_err(what).to_string();
            assert!(found.contains(error), "{what}: expected an error with {error:?}, found {found:?}");
            continue;
        }
        let (shape, report) = result.unwrap_or_else(|e| panic!("{what}: {e}"));
        invariants::check(&shape);
        let repairs: Vec<&str> = report.repairs.iter().map(name).collect();
        assert_eq!(json!(repairs), case["repairs"], "{what}: repairs");
        if let Some(parts) = case["parts"].as_u64() {
            assert_eq!(shape.polygons().len() as u64, parts, "{what}: parts of {shape:?}");
        }
        if let Some(holes) = case["holes"].as_u64() {
            let found: usize = shape.polygons().iter().map(|p| p.holes.len()).sum();
            assert_eq!(found as u64, holes, "{what}: holes");
        }
        for (places, expected) in [("inside", 1), ("on", 0), ("outside", -1)] {
            for place in case[places].as_array().into_iter().flatten() {
                let (lon, lat) = (place[0].as_f64().unwrap(), place[1].as_f64().unwrap());
                let vertex = cordon::geometry::Vertex::nearest(lat, lon);
                assert_eq!(invariants::place(&shape, vertex), expected, "{what}: {place} should be {places}");
            }
        }
        let again = Shape::from_geojson(&serde_json::to_value(shape.to_geojson()).unwrap(), &limits).unwrap();
        assert_eq!(again.0, shape, "{what}: printed and read again");
        assert!(again.1.repairs.is_empty(), "{what}: repaired twice: {:?}", again.1);
    }
}

fn text(text: &str) -> Result<Shape, ShapeError> {
    Shape::from_geojson_text(text.as_bytes(), &Limits::default(), Edges::Planar).map(|(shape, _)| shape)
}

#[test]
fn what_is_not_a_number_in_json_is_refused() {
    for bad in ["NaN", "Infinity", "-Infinity", "1e999"] {
        let error =
            text(&format!(r#"{{"type":"Polygon","coordinates":[[[0,0],[1,0],[{bad},1],[0,0]]]}}"#)).unwrap_err();
        assert!(matches!(error, ShapeError::Json(_)), "{bad}: {error}");
    }
}

#[test]
fn deep_nesting_is_refused_without_descending() {
    let nested = format!("{}{}", "[".repeat(200_000), "]".repeat(200_000));
    assert!(matches!(text(&format!(r#"{{"type":"Polygon","coordinates":{nested}}}"#)), Err(ShapeError::Json(_))));
    let mut collection = json!({"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]});
    for _ in 0..20 {
        collection = json!({"type": "GeometryCollection", "geometries": [collection]});
    }
    let error = Shape::from_geojson(&collection, &Limits::default()).unwrap_err();
    assert!(matches!(error, ShapeError::TooMuch { max: 16, .. }), "{error}");
}

#[test]
fn limits_name_what_there_is_too_much_of() {
    let square = json!([[[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]]]);
    let many = json!({"type": "MultiPolygon", "coordinates": [square, square, square]});
    let limits = Limits { max_vertices: 14, ..Limits::default() };
    assert_eq!(Shape::from_geojson(&many, &limits).unwrap_err().to_string(), "/coordinates/2/0: more than 14 vertices");
    let limits = Limits { max_polygons: 2, ..Limits::default() };
    assert_eq!(
        Shape::from_geojson(&many, &limits).unwrap_err().to_string(),
        "/coordinates/2: more than 2 polygons or lines"
    );
    let limits = Limits { max_bytes: 10, ..Limits::default() };
    let error = Shape::from_geojson_text(many.to_string().as_bytes(), &limits, Edges::Planar).unwrap_err();
    assert_eq!(error.to_string(), ": more than 10 bytes");
}

#[test]
fn an_error_points_at_the_value() {
    let error = Shape::from_geojson(
        &json!({"type": "MultiPolygon", "coordinates": [[[[0, 0], [1, 0], [1, "north"], [0, 0]]]]}),
        &Limits::default(),
    )
    .unwrap_err();
    assert_eq!(error.to_string(), "/coordinates/0/0/2/1: expected a finite number of degrees, found \"north\"");
}

#[test]
fn geodesic_edges_are_followed_to_the_tolerance() {
    // along 49° north from Lake of the Woods to the Pacific the shortest path runs up to 95 km north of the parallel
    let geometry =
        json!({"type": "Polygon", "coordinates": [[[-123, 49], [-123, 45], [-95, 45], [-95, 49], [-123, 49]]]});
    let planar = Shape::from_geojson(&geometry, &Limits::default()).unwrap().0;
    let edges = Edges::Geodesic { tolerance_m: 10.0 };
    let (geodesic, report) = Shape::from_geojson_with(&geometry, &Limits::default(), edges).unwrap();
    invariants::check(&geodesic);
    assert!(matches!(
        report.repairs[..],
        [Repair::Rounded { .. }, Repair::Densified { .. }] | [Repair::Densified { .. }]
    ));
    let at_109_west = |lat| cordon::geometry::Vertex::nearest(lat, -109.0);
    assert_eq!(invariants::place(&planar, at_109_west(49.5)), -1);
    assert_eq!(invariants::place(&geodesic, at_109_west(49.84)), 1);
    assert_eq!(invariants::place(&geodesic, at_109_west(49.87)), -1);
    assert!(
        Shape::from_geojson_with(&geometry, &Limits::default(), Edges::Geodesic { tolerance_m: f64::NAN }).is_err()
    );
}
