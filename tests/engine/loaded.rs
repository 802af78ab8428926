//! From GeoJSON text to the answer: random areas through the real reader into the index, against exact arithmetic on the numbers as written.

use crate::covering::{covering, entry};
use crate::shapes::at;
use cordon::geometry::{Edges, Limits, Policy, Shape, ShapeId, ShapeIndex, Vertex};
use proptest::prelude::*;
use serde_json::{Value, json};

const HALF_TURN: i64 = 1_800_000_000;
const POLE: i64 = 900_000_000;

/// Longitude and latitude in units of 10⁻⁷ degree; the longitude runs on past ±180.
type Place = (i64, i64);

/// A shell and its holes, not closed.
type Rings = Vec<Vec<Place>>;

/// Twice the area of a triangle, with its turn.
fn turn(a: Place, b: Place, c: Place) -> i128 {
    let [(ax, ay), (bx, by), (cx, cy)] = [a, b, c].map(|(x, y)| (i128::from(x), i128::from(y)));
    (bx - ax) * (cy - ay) - (cx - ax) * (by - ay)
}

/// Whether the polygon, its border included, holds the place: by the parity of what a ray to the east crosses.
fn holds(rings: &Rings, p: Place) -> bool {
    let mut is_inside = false;
    for (a, b) in rings.iter().flat_map(|ring| ring.iter().zip(ring.iter().cycle().skip(1))) {
        let is_between = |i: fn(&Place) -> i64| i(a).min(i(b)) <= i(&p) && i(&p) <= i(a).max(i(b));
        let side = turn(*a, *b, p);
        if side == 0 && is_between(|v| v.0) && is_between(|v| v.1) {
            return true;
        }
        if (a.1 > p.1) != (b.1 > p.1) && (side > 0) == (b.1 > a.1) {
            is_inside = !is_inside;
        }
    }
    is_inside
}

/// The same of all polygons, where a place has as many names as there are turns, and a pole one for every longitude.
fn is_in(area: &[Rings], p: Place) -> bool {
    area.iter().any(|rings| match p.1.abs() {
        POLE => rings[0].iter().any(|v| v.1 == p.1),
        _ => (-2..=2).any(|turns| holds(rings, (p.0 + turns * 2 * HALF_TURN, p.1))),
    })
}

/// Whether the border is moved there: an edge across ±180 is cut where it crosses, at the nearest place of the grid.
fn is_moved(area: &[Rings], p: Place) -> bool {
    let turns = |lon: i64| (lon + HALF_TURN).div_euclid(2 * HALF_TURN);
    let edges = area.iter().flatten().flat_map(|ring| ring.iter().zip(ring.iter().cycle().skip(1)));
    let mut across = edges.filter(|(a, b)| turns(a.0) != turns(b.0));
    across.any(|(a, b)| {
        let names = (-2..=2).map(|turns| (p.0 + turns * 2 * HALF_TURN, p.1));
        let length = ((a.0 - b.0) as f64).hypot((a.1 - b.1) as f64);
        names.filter(|p| p != a && p != b).any(|p| (turn(*a, *b, p) as f64).abs() <= length)
    })
}

/// A ring around a middle: a corner in each eighth of the compass, so that no edge comes nearer to the middle than four fifths of the least.
fn star(least: f64, most: f64) -> impl Strategy<Value = Vec<(f64, f64)>> {
    proptest::collection::vec((-0.25..0.25_f64, least..most), 8).prop_map(|corners| {
        let corner = |(i, (by, far)): (usize, (f64, f64))| {
            let angle = (i as f64 + by) * std::f64::consts::FRAC_PI_4;
            (far * angle.cos(), far * angle.sin())
        };
        corners.into_iter().enumerate().map(corner).collect()
    })
}

/// A star with a hole, which may touch the shell in a corner, and an island in the hole.
fn islands() -> impl Strategy<Value = Vec<Rings>> {
    let reach = prop_oneof![Just(1e3), Just(1e5), Just(3e6), Just(2e8)];
    let middle = prop_oneof![Just(0_i64), Just(HALF_TURN), -HALF_TURN..HALF_TURN];
    let stars = (star(0.5, 1.0), star(0.12, 0.3), star(0.02, 0.08));
    (middle, -600_000_000..600_000_000_i64, reach, stars, any::<bool>(), any::<bool>()).prop_map(
        |(lon, lat, reach, (shell, mut hole, island), touches, has_island)| {
            if touches {
                hole[3] = shell[3];
            }
            let ring = |corners: Vec<(f64, f64)>| -> Vec<Place> {
                let place = |(x, y): (f64, f64)| (lon + (x * reach).round() as i64, lat + (y * reach).round() as i64);
                corners.into_iter().map(place).collect()
            };
            let mut area = vec![vec![ring(shell), ring(hole)]];
            area.extend(has_island.then(|| vec![ring(island)]));
            area
        },
    )
}

/// Some of nine cells that share edges and corners, as one polygon each; at the top or the foot of the map, or anywhere.
fn cells() -> impl Strategy<Value = Vec<Rings>> {
    let middle = prop_oneof![Just(0_i64), Just(HALF_TURN), -HALF_TURN..HALF_TURN];
    let lat = prop_oneof![Just(POLE), Just(-POLE), -500_000_000..500_000_000_i64];
    let side = prop_oneof![Just(100_i64), Just(100_000), Just(100_000_000)];
    let bend = proptest::collection::vec((-0.3..0.3_f64, -0.3..0.3_f64), 16);
    (middle, lat, side, bend, proptest::collection::vec(any::<bool>(), 9)).prop_map(|(lon, lat, side, bend, taken)| {
        // half of the first or last row lies beyond the edge of the map, and is cut off there
        let south = match lat {
            POLE => lat - 5 * side / 2,
            _ if lat == -POLE => lat - side / 2,
            _ => lat,
        };
        let corner = |column: i64, row: i64| {
            let (east, north) = bend[(row * 4 + column) as usize];
            let place = |steps: i64, by: f64| steps * side + (by * side as f64) as i64;
            (lon + place(column, east), (south + place(row, north)).clamp(-POLE, POLE))
        };
        let cell = |i: i64| {
            let (column, row) = (i % 3, i / 3);
            vec![vec![
                corner(column, row),
                corner(column + 1, row),
                corner(column + 1, row + 1),
                corner(column, row + 1),
            ]]
        };
        let has_area = |rings: &Rings| (1..3).any(|i| turn(rings[0][0], rings[0][i], rings[0][i + 1]) != 0);
        (0..9).zip(taken).filter(|(_, taken)| *taken).map(|(i, _)| cell(i)).filter(has_area).collect()
    })
}

/// As somebody writes it: longitudes that run on, or jump from one side of the map to the other.
fn written(area: &[Rings], jumps: bool) -> Value {
    let number = |units: i64| units as f64 / 1e7;
    let place = |(lon, lat): Place| {
        let lon = if jumps { (lon + HALF_TURN).rem_euclid(2 * HALF_TURN) - HALF_TURN } else { lon };
        json!([number(lon), number(lat)])
    };
    let ring = |ring: &Vec<Place>| -> Value { ring.iter().chain(ring.first()).map(|v| place(*v)).collect() };
    let polygon = |rings: &Rings| -> Value { rings.iter().map(ring).collect() };
    json!({"type": "MultiPolygon", "coordinates": area.iter().map(polygon).collect::<Vec<_>>()})
}

/// Corners, middles of edges where those are on the grid, what lies beside both, places all over, and the ends of the map.
fn asked(area: &[Rings], anywhere: &[(f64, f64)]) -> Vec<Place> {
    let edges = || area.iter().flatten().flat_map(|ring| ring.iter().zip(ring.iter().cycle().skip(1)));
    let middle = |(a, b): (&Place, &Place)| (i64::midpoint(a.0, b.0), i64::midpoint(a.1, b.1));
    let on_border = edges().flat_map(|edge| [*edge.0, middle(edge)]);
    let beside = |p: Place| [(0, 0), (1, 0), (-1, 0), (0, 1), (0, -1)].map(|(dx, dy)| (p.0 + dx, p.1 + dy));
    let mut asked: Vec<Place> = on_border.flat_map(beside).collect();
    let (west, east) = (edges().map(|e| e.0.0).min().unwrap_or(0), edges().map(|e| e.0.0).max().unwrap_or(0));
    let (south, north) = (edges().map(|e| e.0.1).min().unwrap_or(0), edges().map(|e| e.0.1).max().unwrap_or(0));
    let within =
        |(x, y): &(f64, f64)| (west + ((east - west) as f64 * x) as i64, south + ((north - south) as f64 * y) as i64);
    asked.extend(anywhere.iter().map(within));
    asked.extend(anywhere.iter().map(within).flat_map(|(_, lat)| [(HALF_TURN, lat), (-HALF_TURN, lat)]));
    asked.extend([(7, POLE), (-HALF_TURN, -POLE)]);
    asked.retain(|p| p.1.abs() <= POLE);
    asked
}

/// The place under the name that it has on the map.
fn on_map((lon, lat): Place) -> Vertex {
    let lon = if lon.abs() <= HALF_TURN { lon } else { (lon + HALF_TURN).rem_euclid(2 * HALF_TURN) - HALF_TURN };
    at(lon as i32, lat as i32)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    #[test]
    fn what_is_written_is_what_is_answered(
        area in prop_oneof![islands(), cells()],
        jumps in any::<bool>(),
        anywhere in proptest::collection::vec((0.0..1.0_f64, 0.0..1.0_f64), 20),
    ) {
        prop_assume!(!area.is_empty());
        let text = written(&area, jumps).to_string();
        let read = Shape::from_geojson_text(text.as_bytes(), &Limits::default(), Edges::Planar);
        let (shape, _) = read.map_err(|e| TestCaseError::fail(format!("{e} in {text}")))?;
        let index = ShapeIndex::build(vec![entry(shape, Policy::Closed)]);
        for p in asked(&area, &anywhere).into_iter().filter(|p| !is_moved(&area, *p)) {
            let found = covering(&index, on_map(p)) == [ShapeId(0)];
            prop_assert_eq!(found, is_in(&area, p), "at {:?} in {}", p, text);
        }
    }
}
