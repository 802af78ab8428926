//! A million places on a world of shapes, asked of GEOS as well; and of the oracle where GEOS is not installed.
//!
//! The shapes are `bench-data/world.bin` if `scripts/bench-data.py` has made it, else generated ones. Ten million places, `tg` as
//! a second engine and other data sets: the `differential` binary of `benches/`.

use crate::shapes::at;
use cordon::geometry::oracle::Oracle;
use cordon::geometry::{Batch, Entry, Policy, Polygon, Position, Shape, ShapeIndex, Vertex};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

const PLACES: usize = 1_000_000;

type Answers = Vec<(u32, u32)>;

fn world() -> (Vec<Arc<Shape>>, ShapeIndex) {
    let folder = std::env::var_os("CORDON_BENCH_DATA").map_or_else(|| root().join("bench-data"), PathBuf::from);
    let shapes = std::fs::read(folder.join("world.bin")).map_or_else(|_| generated(), |bytes| decoded(&bytes));
    let entries = shapes.iter().map(|s| Entry { shape: s.clone(), accuracy_m: 0.0, policy: Policy::Closed });
    let index = ShapeIndex::build(entries.collect());
    (shapes, index)
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn forty_thousand_lines_on_a_world_of_shapes() {
    let (shapes, index) = world();
    let ends = places(&shapes, 40_000);
    let mut dice = Dice(3);
    let lines: Vec<[Vertex; 2]> = ends
        .into_iter()
        // so short that metres are even along them, as what GEOS measures in degrees is
        .map(|a| [a, at(dice.around(a.lon, 2_000_000), dice.around(a.lat, 2_000_000).clamp(-899_999_999, 899_999_999))])
        .filter(|[a, b]| a != b && b.lon.abs() < 1_800_000_000)
        .collect();
    let Some(bytes) = geos("--lines", &shapes, lines.as_flattened()) else { return };
    let mut theirs: HashMap<(u32, u32), f64> = HashMap::new();
    for answer in bytes.chunks_exact(16) {
        let ids: Vec<i32> = numbers(&answer[..8]).collect();
        theirs.insert((ids[0] as u32, ids[1] as u32), f64::from_le_bytes(answer[8..].try_into().unwrap()));
    }
    for (n, line) in lines.iter().enumerate() {
        let length_m = Position::from(line[0]).distance_m(Position::from(line[1]));
        for passage in index.along(&[line.to_vec()], 0.0) {
            let share = theirs.remove(&(n as u32, passage.shape.0)).unwrap_or(0.0);
            assert!((passage.inside_m / length_m - share).abs() < 1e-6, "{line:?} {passage:?} {share}");
        }
    }
    assert!(theirs.is_empty(), "{theirs:?}");
}

#[test]
fn a_million_places_on_a_world_of_shapes() {
    let (shapes, index) = world();
    assert_eq!(index.distrusted().count(), 0);
    let places = places(&shapes, PLACES);
    let positions: Vec<Position> = places.iter().map(|v| Position::from(*v)).collect();
    let mut batch = Batch::default();
    index.covering_batch(&positions, &mut batch);
    let ours: Answers = batch.iter().zip(0..).flat_map(|(found, n)| found.iter().map(move |s| (n, s.0))).collect();

    if let Some(bytes) = geos("", &shapes, &places) {
        let words: Vec<i32> = numbers(&bytes).collect();
        let theirs: Answers = words.chunks(2).map(|pair| (pair[0] as u32, pair[1] as u32)).collect();
        assert_same(&ours, &theirs, &places);
    }
    let slow = Oracle::build(shapes.iter().zip(0..).map(|(s, id)| (id, s.clone(), true)));
    let mut theirs = Vec::new();
    for n in (0..places.len()).step_by(50) {
        let mut found = Vec::new();
        slow.covering(places[n], &mut found);
        theirs.extend(found.into_iter().map(|s| (n as u32, s.0)));
    }
    let some: Answers = ours.into_iter().filter(|(n, _)| n % 50 == 0).collect();
    assert_same(&some, &theirs, &places);
}

fn assert_same(ours: &Answers, theirs: &Answers, places: &[Vertex]) {
    assert!(!ours.is_empty());
    for (us, them) in ours.iter().zip(theirs) {
        assert_eq!(us, them, "place and shape, at {:?} and {:?}", places[us.0 as usize], places[them.0 as usize]);
    }
    assert_eq!(ours.len(), theirs.len());
}

/// What `scripts/oracle.py` answers, if Python has shapely.
fn geos(option: &str, shapes: &[Arc<Shape>], questions: &[Vertex]) -> Option<Vec<u8>> {
    // `make test` names a Python that has it; one that is named must have it
    let named = std::env::var_os("CORDON_ORACLE_PYTHON");
    let python = named.clone().unwrap_or_else(|| "python3".into());
    let has_shapely = Command::new(&python).args(["-c", "import shapely"]).stderr(std::process::Stdio::null()).status();
    if !has_shapely.is_ok_and(|status| status.success()) {
        assert!(named.is_none(), "{} has no shapely", python.display());
        println!("GEOS is not installed (python3 -m pip install shapely): it is not compared");
        return None;
    }
    let scratch = std::env::temp_dir().join(format!("cordon-engine-{}{option}", std::process::id()));
    std::fs::create_dir_all(&scratch).unwrap();
    let files = ["shapes", "questions", "answers"].map(|name| scratch.join(name));
    let words = |words: Vec<i32>| -> Vec<u8> { words.into_iter().flat_map(i32::to_le_bytes).collect() };
    std::fs::write(&files[0], words(encoded(shapes))).unwrap();
    std::fs::write(&files[1], words(questions.iter().flat_map(|v| [v.lon, v.lat]).collect())).unwrap();
    let mut oracle = Command::new(&python);
    oracle.arg(root().join("scripts/oracle.py")).args((!option.is_empty()).then_some(option)).args(&files);
    assert!(oracle.status().unwrap().success());
    let answers = std::fs::read(&files[2]).unwrap();
    std::fs::remove_dir_all(&scratch).unwrap();
    Some(answers)
}

fn numbers(bytes: &[u8]) -> impl Iterator<Item = i32> + '_ {
    bytes.chunks_exact(4).map(|b| i32::from_le_bytes([b[0], b[1], b[2], b[3]]))
}

fn encoded(shapes: &[Arc<Shape>]) -> Vec<i32> {
    let mut words = Vec::new();
    for shape in shapes {
        words.push(shape.polygons().len() as i32);
        for polygon in shape.polygons() {
            words.push(1 + polygon.holes.len() as i32);
            for ring in polygon.rings() {
                words.push(ring.len() as i32);
                words.extend(ring.iter().flat_map(|v| [v.lon, v.lat]));
            }
        }
    }
    words
}

fn decoded(bytes: &[u8]) -> Vec<Arc<Shape>> {
    let mut words = numbers(bytes);
    let mut shapes = Vec::new();
    while let Some(parts) = words.next() {
        let polygons = (0..parts).map(|_| {
            let rings = words.next().unwrap();
            let mut rings = (0..rings).map(|_| {
                let count = words.next().unwrap();
                (0..count).map(|_| at(words.next().unwrap(), words.next().unwrap())).collect()
            });
            let shell = rings.next().unwrap();
            Polygon { shell, holes: rings.collect() }
        });
        shapes.push(Arc::new(Shape::from_canonical(polygons.collect())));
    }
    shapes
}

/// Numbers that look random and are the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, count: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % count
    }

    fn around(&mut self, middle: i32, by: i32) -> i32 {
        middle + self.below(2 * by as u64 + 1) as i32 - by
    }
}

/// A few thousand rings over each other, from ten metres to three degrees.
fn generated() -> Vec<Arc<Shape>> {
    let mut dice = Dice(1);
    (0..3000)
        .map(|i| {
            let reach = [1_000.0, 100_000.0, 5_000_000.0, 30_000_000.0][i % 4];
            let (lon, lat) = (dice.around(0, 1_400_000_000), dice.around(0, 500_000_000));
            let mut shell: Vec<Vertex> = (0..100)
                .map(|corner| {
                    let angle = f64::from(corner) / 100.0 * std::f64::consts::TAU;
                    let r = reach * (0.5 + dice.below(1000) as f64 / 2000.0);
                    at(lon + (r * angle.cos()) as i32, lat + (r * angle.sin()) as i32)
                })
                .collect();
            shell.push(shell[0]);
            Arc::new(Shape::from_canonical(vec![Polygon { shell, holes: vec![] }]))
        })
        .collect()
}

/// Anywhere, near borders, at vertices, in the middle of edges and next to it, at seams of cells.
fn places(shapes: &[Arc<Shape>], count: usize) -> Vec<Vertex> {
    let mut dice = Dice(2);
    let mut places = Vec::with_capacity(count);
    while places.len() < count {
        let polygons = shapes[dice.below(shapes.len() as u64) as usize].polygons();
        let shell = &polygons[dice.below(polygons.len() as u64) as usize].shell;
        let i = dice.below(shell.len() as u64 - 1) as usize;
        let (a, b) = (shell[i], shell[i + 1]);
        let middle = at(i32::midpoint(a.lon, b.lon), i32::midpoint(a.lat, b.lat));
        let v = match places.len() % 7 {
            0 => at(dice.around(0, 1_799_999_999), dice.around(0, 899_999_999)),
            1 => at(dice.around(a.lon, 90_000), dice.around(a.lat, 90_000)),
            2 => a,
            3 => middle,
            4 => at(dice.around(middle.lon, 1), dice.around(middle.lat, 1)),
            5 => at(dice.around(a.lon, 500), dice.around(a.lat, 500)),
            _ => {
                let shift = 4 + 2 * dice.below(10) as i32;
                at(a.lon >> shift << shift, b.lat >> shift << shift)
            }
        };
        // GEOS does not know that +180 is -180, nor that a pole is one place
        if v.lon.abs() < 1_800_000_000 && v.lat.abs() < 900_000_000 {
            places.push(v);
        }
    }
    places
}
