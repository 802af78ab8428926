//! Union, intersection, difference and the border two areas share.

use cordon::geometry::area::{ALGORITHM, Target, difference, intersection, ring, shared_border, union, within};
use cordon::geometry::{Limits, Position, Shape, Vertex};
use serde_json::{Value, json};

use crate::invariants;

fn shape(polygons: &Value) -> Shape {
    let geometry = json!({"type": "MultiPolygon", "coordinates": polygons});
    Shape::from_geojson(&geometry, &Limits::default()).unwrap().0
}

fn rectangle(west: f64, south: f64, east: f64, north: f64) -> Shape {
    shape(&json!([[[[west, south], [east, south], [east, north], [west, north], [west, south]]]]))
}

fn place(shape: &Shape, lon: f64, lat: f64) -> i32 {
    invariants::place(shape, Vertex::nearest(lat, lon))
}

#[test]
fn the_rest_of_a_country_leaves_out_what_is_excepted() {
    let country = rectangle(0.0, 0.0, 10.0, 10.0);
    let (province, islet) = (rectangle(0.0, 0.0, 3.0, 10.0), rectangle(5.0, 5.0, 6.0, 6.0));
    let rest = difference(&country, &[&province, &islet]).unwrap();
    invariants::check(&rest);
    assert_eq!([place(&rest, 1.0, 1.0), place(&rest, 5.5, 5.5), place(&rest, 8.0, 8.0)], [-1, -1, 1]);
    assert_eq!(place(&rest, 3.0, 5.0), 0, "danger is closed: the border with what is excepted belongs to the rest");
    assert_eq!(union(&[&rest, &province, &islet]).unwrap().area_m2().round(), country.area_m2().round());
}

#[test]
fn neighbours_united_have_no_border_between_them() {
    let (a, b) = (rectangle(0.0, 0.0, 5.0, 5.0), rectangle(5.0, 0.0, 10.0, 5.0));
    let both = union(&[&a, &b]).unwrap();
    invariants::check(&both);
    assert_eq!((both.polygons().len(), place(&both, 5.0, 2.0)), (1, 1));
    assert!(intersection(&[&a, &b]).unwrap().is_empty(), "a shared edge is no area");
}

#[test]
fn nothing_is_an_area_too() {
    let a = rectangle(0.0, 0.0, 5.0, 5.0);
    assert!(union(&[]).unwrap().is_empty() && intersection(&[]).unwrap().is_empty());
    assert_eq!(difference(&a, &[]).unwrap(), a);
    assert_eq!(union(&[&a, &Shape::default()]).unwrap(), a);
    assert_eq!(intersection(&[&a]).unwrap(), a);
    assert!(difference(&a, &[&a]).unwrap().is_empty());
}

#[test]
fn areas_on_both_sides_of_the_antimeridian_stay_cut() {
    let fiji = shape(&json!([[[[178, -18], [-178, -18], [-178, -16], [178, -16], [178, -18]]]]));
    let more = shape(&json!([[[[179, -17], [-177, -17], [-177, -15], [179, -15], [179, -17]]]]));
    let both = union(&[&fiji, &more]).unwrap();
    invariants::check(&both);
    assert_eq!(both.polygons().len(), 2);
    assert_eq!([place(&both, -177.5, -15.5), place(&both, 180.0, -15.5), place(&both, -180.0, -15.5)], [1, 0, 0]);
}

#[test]
fn exact_vertices_survive_where_nothing_changed() {
    let a = shape(&json!([[[[0.1234567, 0.7654321], [9.1, 0.3333333], [9.3, 9.9], [4.4444444, 10.1], [0.2, 9.8]]]]));
    let b = rectangle(20.0, 20.0, 21.0, 21.0);
    let both = union(&[&a, &b]).unwrap();
    assert_eq!(both.polygons()[0], a.polygons()[0]);
}

#[test]
fn a_shared_border_is_the_common_edges_in_one_line() {
    let a = shape(&json!([[[[0, 0], [5, 0], [5.5, 2], [5, 4], [5, 5], [0, 5], [0, 0]]]]));
    let b = shape(&json!([[[[5, 0], [10, 0], [10, 5], [5, 5], [5, 4], [5.5, 2], [5, 0]]]]));
    let border = shared_border(&a, &b).unwrap();
    let expected: Vec<Vertex> =
        [[5.0, 0.0], [5.5, 2.0], [5.0, 4.0], [5.0, 5.0]].map(|[lon, lat]| Vertex::nearest(lat, lon)).to_vec();
    assert_eq!(border.pieces(), std::slice::from_ref(&expected));
    let back: Vec<Vertex> = expected.into_iter().rev().collect();
    assert_eq!(shared_border(&b, &a).unwrap().pieces(), [back]);
    assert_eq!(shared_border(&a, &rectangle(20.0, 0.0, 21.0, 1.0)), None);
    assert_eq!(shared_border(&a, &a), None, "the same area is no neighbour");
}

#[test]
fn a_border_that_starts_inside_the_ring_is_joined() {
    // the canonical ring begins at its westernmost vertex, in the middle of this border
    let a = shape(&json!([[[[0, 2], [1, 0], [6, 0], [6, 4], [1, 4], [0, 2]]]]));
    let b = shape(&json!([[[[0, 2], [1, 4], [-5, 4], [-5, 0], [1, 0], [0, 2]]]]));
    let border = shared_border(&a, &b).unwrap();
    assert_eq!(border.pieces().len(), 1);
    assert_eq!(border.pieces()[0].len(), 3);
}

/// Services keep resolved areas under the number of the algorithm. When one of these results changes, the number must too.
#[test]
fn the_number_of_the_algorithm_stands_for_these_results() {
    let (a, b) = (rectangle(102.0, 12.0, 104.0, 14.0), rectangle(103.3, 13.1, 105.7, 15.9));
    let poipet = Target::Point(Position::new(13.65, 102.56).unwrap());
    let results = [
        union(&[&a, &b]).unwrap(),
        intersection(&[&a, &b]).unwrap(),
        difference(&a, &[&b]).unwrap(),
        within(poipet, 30_000.0).unwrap(),
        within(Target::Shape(&a), 5_000.0).unwrap(),
        ring(Target::Shape(&b), 30_000.0, 50_000.0).unwrap(),
    ];
    // hectares: what processors disagree about is smaller
    let described: Vec<String> =
        results.iter().map(|s| format!("{} vertices, {:.0} ha", s.vertex_count(), s.area_m2() / 1e4)).collect();
    insta::assert_snapshot!(format!("{ALGORITHM}: {}", described.join("; ")), @"1: 9 vertices, 12060184 ha; 5 vertices, 754434 ha; 7 vertices, 4046016 ha; 194 vertices, 282787 ha; 529 vertices, 5246595 ha; 2312 vertices, 2777553 ha");
}
