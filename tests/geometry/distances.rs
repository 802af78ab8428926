//! Distances and areas on the ellipsoid against places computed by another library (`cases/distances.json`) and by brute force.

use cordon::geometry::area::{Target, ring, within, within_tolerance_m};
use cordon::geometry::{Edges, Limits, Line, Position, Shape, Vertex};
use geo::{Distance, Geodesic};
use serde_json::{Value, json};

use crate::invariants;

fn cases() -> Value {
    serde_json::from_str(include_str!("cases/distances.json")).unwrap()
}

fn line(coordinates: &Value) -> Line {
    let geometry = json!({"type": "LineString", "coordinates": coordinates});
    Line::from_geojson(&geometry, &Limits::default(), Edges::Planar).unwrap()
}

fn covered(shape: &Shape, lat: f64, lon: f64) -> bool {
    let position = Position::new(lat, lon).unwrap().vertex();
    // ±180 is one place
    let twin = Vertex { lon: -position.lon, ..position };
    invariants::place(shape, position) >= 0
        || position.lon.abs() == 1_800_000_000 && invariants::place(shape, twin) >= 0
}

#[test]
fn strips_along_a_line_hold_at_their_edges() {
    let cases = cases();
    let line = line(&cases["line"]);
    let strips = [100.0, 30_000.0, 50_000.0].map(|metres| (metres, within(Target::Line(&line), metres).unwrap()));
    let band = ring(Target::Line(&line), 30_000.0, 50_000.0).unwrap();
    for shape in strips.iter().map(|(_, s)| s).chain([&band]) {
        invariants::check(shape);
    }
    for place in cases["places"].as_array().unwrap() {
        let [lon, lat, distance] = ["lon", "lat", "metres"].map(|k| place[k].as_f64().unwrap());
        for (metres, strip) in &strips {
            let tolerance = within_tolerance_m(*metres);
            if distance <= *metres || distance > *metres + tolerance {
                assert_eq!(covered(strip, lat, lon), distance <= *metres, "{place} within {metres}");
            }
        }
        let in_band = (30_000.0..=50_000.0).contains(&distance);
        assert_eq!(covered(&band, lat, lon), in_band, "{place} in the band");
    }
}

#[test]
fn circles_are_round_everywhere_on_the_earth() {
    for case in cases()["circles"].as_array().unwrap() {
        let at = |k: &str, i: usize| case[k][i].as_f64().unwrap();
        let [metres, distance] = ["metres", "distance"].map(|k| case[k].as_f64().unwrap());
        let centre = Position::new(at("centre", 1), at("centre", 0)).unwrap();
        let circle = within(Target::Point(centre), metres).unwrap();
        invariants::check(&circle);
        assert!(covered(&circle, centre.lat(), centre.lon()), "{case}: its centre");
        let tolerance = within_tolerance_m(metres);
        if distance <= metres || distance > metres + tolerance {
            assert_eq!(covered(&circle, at("place", 1), at("place", 0)), distance <= metres, "{case}");
        }
    }
}

#[test]
fn a_circle_has_the_area_of_a_circle() {
    let circle = within(Target::Point(Position::new(11.55, 104.9).unwrap()), 50_000.0).unwrap();
    let exact = std::f64::consts::PI * 50_000.0_f64.powi(2);
    // tangents and margin: at most 10 m on 50 km, twice that in the square
    assert!((1.0..1.0004).contains(&(circle.area_m2() / exact)), "{}", circle.area_m2() / exact);
}

#[test]
fn nothing_within_is_missed_and_nothing_beyond_is_taken() {
    // meanders on every scale, along a parallel far from the equator, across the antimeridian
    let wave = |lon: f64, i: u32| {
        let t = f64::from(i);
        [lon + t * 0.004, 62.0 + 0.05 * (t * 0.05).sin() + 0.004 * (t * 0.9).sin() + 0.0004 * (t * 2.7).cos()]
    };
    for (start, metres) in [(20.0, 1_000.0), (20.0, 50_000.0), (179.0, 20_000.0), (-75.0, 400_000.0)] {
        let coordinates: Vec<[f64; 2]> = (0..500).map(|i| wave(start, i)).collect();
        let target = line(&json!(coordinates));
        let strip = within(Target::Line(&target), metres).unwrap();
        invariants::check(&strip);
        let tolerance = within_tolerance_m(metres);
        let mut looked_at = 0;
        for i in (0..500).step_by(41) {
            let [lon, lat] = coordinates[i];
            for azimuth in (0..360).step_by(23) {
                for off in [-0.2, 0.0, 1.0, 1.2] {
                    use geo::Destination;
                    let from = geo::Point::new(lon, lat);
                    let place = Geodesic.destination(from, f64::from(azimuth), metres + off * tolerance);
                    let nearest = nearest_m(&target, place);
                    if nearest <= metres {
                        assert!(covered(&strip, place.y(), place.x()), "{place:?} at {nearest} missed");
                    } else if nearest > metres + tolerance {
                        assert!(!covered(&strip, place.y(), place.x()), "{place:?} at {nearest} taken");
                    }
                    looked_at += usize::from((nearest - metres).abs() < 2.0 * tolerance);
                }
            }
        }
        assert!(looked_at > 10, "the places looked at were not near the edge: {looked_at}");
    }
}

/// The distance to the nearest of many places on the line, every edge near it divided into many.
fn nearest_m(line: &Line, place: geo::Point) -> f64 {
    let ends = line.pieces().iter().flat_map(|p| p.windows(2));
    let mut coarse: Vec<(f64, [Vertex; 2])> = ends
        .map(|w| (Geodesic.distance(geo::Point::new(w[0].lon_degrees(), w[0].lat_degrees()), place), [w[0], w[1]]))
        .collect();
    coarse.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    let longest = line.metres().iter().flat_map(|m| m.windows(2)).map(|w| w[1] - w[0]).fold(0.0, f64::max);
    let near = coarse[0].0 + 2.0 * longest + 500.0;
    coarse
        .iter()
        .take_while(|(m, _)| *m <= near)
        .flat_map(|(_, [a, b])| {
            (0..=50).map(move |i| {
                let t = f64::from(i) / 50.0;
                let mix = |p: f64, q: f64| p + t * (q - p);
                geo::Point::new(mix(a.lon_degrees(), b.lon_degrees()), mix(a.lat_degrees(), b.lat_degrees()))
            })
        })
        .map(|p| Geodesic.distance(p, place))
        .fold(f64::MAX, f64::min)
}

#[test]
fn an_area_is_within_any_distance_of_itself() {
    let geometry = json!({"type": "Polygon", "coordinates": [[[100, 10], [101, 10], [101, 11], [100, 11], [100, 10]]]});
    let shape = Shape::from_geojson(&geometry, &Limits::default()).unwrap().0;
    let wider = within(Target::Shape(&shape), 5_000.0).unwrap();
    invariants::check(&wider);
    assert!(covered(&wider, 10.5, 100.5) && covered(&wider, 10.5, 101.045) && !covered(&wider, 10.5, 101.047));
    let around = ring(Target::Shape(&shape), 0.0, 5_000.0).unwrap();
    assert!(!covered(&around, 10.5, 100.5) && covered(&around, 10.5, 101.0) && covered(&around, 10.5, 101.045));
}

#[test]
fn holes_are_narrowed_or_filled() {
    let square = |west: f64, east: f64| json!([[west, 10], [east, 10], [east, 11], [west, 11], [west, 10]]);
    let shell = json!([[99, 9], [104, 9], [104, 12], [99, 12], [99, 9]]);
    let geometry = json!({"type": "Polygon", "coordinates": [shell, square(100.0, 101.0), square(102.0, 102.05)]});
    let shape = Shape::from_geojson(&geometry, &Limits::default()).unwrap().0;
    let wider = within(Target::Shape(&shape), 5_000.0).unwrap();
    invariants::check(&wider);
    assert!(covered(&wider, 10.5, 102.025), "5.5 km wide: nothing in it is further than 2.75 km");
    assert!(covered(&wider, 10.5, 100.045) && !covered(&wider, 10.5, 100.047) && !covered(&wider, 10.5, 100.5));
}

#[test]
fn a_strip_across_the_pole_holds() {
    let (a, b) = (Position::new(84.0, 10.0).unwrap(), Position::new(86.0, -165.0).unwrap());
    let line = Line::great_circle(a, b, 20_000.0).unwrap();
    let strip = within(Target::Line(&line), 100_000.0).unwrap();
    invariants::check(&strip);
    assert!(covered(&strip, 90.0, 0.0));
    let tolerance = within_tolerance_m(100_000.0);
    for i in 0..=20 {
        let near = line.point_at_share(f64::from(i) / 20.0);
        for azimuth in (0..360).step_by(30) {
            for off in [-0.2, 1.2] {
                use geo::Destination;
                let from = geo::Point::new(near.lon(), near.lat());
                let place = Geodesic.destination(from, f64::from(azimuth), 100_000.0 + off * tolerance);
                // planar edges near a pole are arcs: distances are told from the drawn line, to a metre
                let nearest = nearest_m(&line, place);
                if nearest <= 100_000.0 - 1.0 {
                    assert!(covered(&strip, place.y(), place.x()), "{place:?} at {nearest} missed");
                } else if nearest > 100_001.0 + tolerance {
                    assert!(!covered(&strip, place.y(), place.x()), "{place:?} at {nearest} taken");
                }
            }
        }
    }
}

#[test]
fn areas_agree_with_another_library() {
    for case in cases()["areas"].as_array().unwrap() {
        let geometry = json!({"type": "Polygon", "coordinates": [case["ring"]]});
        let shape = Shape::from_geojson(&geometry, &Limits::default()).unwrap().0;
        let ratio = shape.area_m2() / case["m2"].as_f64().unwrap();
        assert!((ratio - 1.0).abs() < 1e-7, "{case}: {ratio}");
    }
}

#[test]
fn distances_out_of_range_are_refused() {
    let place = Target::Point(Position::new(0.0, 0.0).unwrap());
    for metres in [0.0, -1.0, f64::NAN, f64::INFINITY, 2_000_001.0] {
        assert!(within(place, metres).is_err(), "{metres}");
        assert!(ring(place, 0.0, metres).is_err(), "{metres}");
    }
    assert!(ring(place, 5.0, 5.0).is_err() && ring(place, f64::NAN, 5.0).is_err() && ring(place, -1.0, 5.0).is_err());
}
