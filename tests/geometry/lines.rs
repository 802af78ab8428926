//! Lines: read, cut at ±180, measured, followed.

use cordon::geometry::{Edges, Limits, Line, Position, ShapeError};
use serde_json::{Value, json};

fn read(geometry: &Value) -> Result<Line, ShapeError> {
    Line::from_geojson(geometry, &Limits::default(), Edges::Planar)
}

#[test]
fn a_line_across_the_antimeridian_is_cut_there_and_keeps_its_length() {
    let written =
        [json!([[178, -18], [-178, -17]]), json!([[178, -18], [182, -17]]), json!([[-182, -18], [-178, -17]])];
    let lines: Vec<Line> =
        written.iter().map(|c| read(&json!({"type": "LineString", "coordinates": c})).unwrap()).collect();
    for line in &lines {
        assert_eq!(line, &lines[0]);
        assert_eq!(line.pieces().len(), 2);
        assert_eq!(line.pieces()[0][1].lon, 1_800_000_000);
        assert_eq!(line.pieces()[1][0].lon, -1_800_000_000);
        // PROJ in twenty thousand steps along the edge; straight from end to end would be 438,964.08
        assert!((line.length_m() - 438_973.23).abs() < 0.05, "{}", line.length_m());
        assert_eq!(line.metres()[0][1], line.metres()[1][0], "the cut has no length");
        let printed = serde_json::to_value(line.to_geojson()).unwrap();
        assert_eq!(read(&printed).unwrap(), *line);
    }
}

#[test]
fn places_along_a_line_are_found_by_metres() {
    let line = read(&json!({"type": "LineString", "coordinates": [[100, 10], [101, 10], [101, 11]]})).unwrap();
    let at = |m: f64| (line.point_at_m(m).lon(), line.point_at_m(m).lat());
    assert_eq!((at(-5.0), at(f64::NAN), at(1e9)), ((100.0, 10.0), (100.0, 10.0), (101.0, 11.0)));
    let corner = line.metres()[0][1];
    assert_eq!(at(corner), (101.0, 10.0));
    assert_eq!(at(corner / 2.0), (100.5, 10.0));
    assert_eq!(line.point_at_share(1.0).lat(), 11.0);
}

#[test]
fn a_great_circle_is_the_shortest_path() {
    // Incheon to Los Angeles: 9,646,401.24 m by PROJ, across the antimeridian and far north of both
    let (icn, lax) = (Position::new(37.4691, 126.4505).unwrap(), Position::new(33.9425, -118.4081).unwrap());
    let line = Line::great_circle(icn, lax, 50_000.0).unwrap();
    // its edges are straight on the map, and a little longer than what they stand for
    assert!((0.0..40.0).contains(&(line.length_m() - 9_646_401.24)), "{}", line.length_m());
    assert_eq!(line.pieces().len(), 2);
    let north = line.pieces().iter().flatten().map(|v| v.lat).max().unwrap();
    assert!(north > 470_000_000, "{north}");
    let steps = line.metres().iter().flat_map(|m| m.windows(2).map(|w| w[1] - w[0]));
    assert!(steps.fold(0.0, f64::max) <= 50_001.0);
    assert!(Line::great_circle(icn, icn, 1000.0).is_err());
    for step in [0.0, -1.0, f64::NAN, f64::INFINITY, 0.001] {
        assert!(Line::great_circle(icn, lax, step).is_err(), "{step}");
    }
    assert!(Line::great_circle(Position::new(90.0, 0.0).unwrap(), Position::new(-90.0, 7.0).unwrap(), 1e5).is_ok());
}

#[test]
fn what_is_no_line_is_refused_with_a_pointer() {
    let error = |geometry: Value| read(&geometry).unwrap_err().to_string();
    assert_eq!(
        error(json!({"type": "LineString", "coordinates": [[1, 1], [1, 1]]})),
        "/coordinates: a line needs two different points"
    );
    assert_eq!(
        error(json!({"type": "MultiLineString", "coordinates": [[[1, 1], [2, 2]], [[3, 3]]]})),
        "/coordinates/1: a line needs two different points"
    );
    assert_eq!(
        error(json!({"type": "MultiLineString", "coordinates": []})),
        "/coordinates: a line needs two different points"
    );
    assert!(error(json!({"type": "Polygon", "coordinates": []})).starts_with("/type: expected LineString"));
    assert!(error(json!({"type": "LineString", "coordinates": [[11, 104], [12, 104]]})).contains("swapped"));
}
