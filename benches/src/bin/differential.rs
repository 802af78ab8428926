//! The engine against two independent ones, on a data set: `tg`, and GEOS through `scripts/oracle.py`.
//!
//! usage: differential DATA-SET QUESTIONS --no-geos, each optional; `make soak` runs it with ten million. Questions are anywhere, near
//! borders, at vertices, exactly on edges and next to them, and at the seams of cells. All engines get whole numbers, and the borders
//! belong to the shapes. Every difference is printed and fails the run, except those of `tg` that the exact test of one shape against
//! one place decides against it: `tg` computes in rounded numbers.

use cordon::geometry::{Batch, Position, Shape, ShapeIndex, Vertex, oracle};
use cordon_benches::peers::{Tg, TgIndex};
use cordon_benches::questions::{self, Dice};
use cordon_benches::{data, measure};
use std::process::{Command, ExitCode};
use std::sync::Arc;
use std::time::Instant;

/// Questions asked, and compared, in one go.
const ROUND: usize = 1_000_000;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let mut plain = arguments.iter().filter(|a| !a.starts_with("--"));
    let name = plain.next().map_or("world", String::as_str);
    let count: usize = plain.next().map_or(1_000_000, |n| n.parse().expect("a number of questions"));
    let with_geos = !arguments.iter().any(|a| a == "--no-geos");
    let shapes = data::load(name);
    let index = ShapeIndex::build(data::entries(&shapes));
    let distrusted = index.distrusted().count();
    println!("{name}: {} shapes, {distrusted} of them distrusted", shapes.len());
    let tg = Tg::new(&shapes, TgIndex::YStripes, 1e7);
    let mut differences = 0;
    let mut answers = 0;
    for round in 0..count.div_ceil(ROUND) {
        let start = Instant::now();
        let places = places(&shapes, ROUND.min(count - round * ROUND), round as u64);
        let ours = ours(&index, &places);
        answers += ours.len();
        differences += compare("tg", &shapes, &places, &ours, &theirs(&tg, &places));
        if with_geos {
            differences += compare("GEOS", &shapes, &places, &ours, &geos(name, &places));
        }
        println!("round {round}: {} places, {} answers, {:.0?}", places.len(), ours.len(), start.elapsed());
    }
    println!(
        "{count} places, {answers} answers, {differences} unexplained differences, {} MB",
        measure::resident_bytes() >> 20
    );
    if differences == 0 && distrusted == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

type Answer = (u32, u32);

fn ours(index: &ShapeIndex, places: &[Vertex]) -> Vec<Answer> {
    let positions: Vec<Position> = places.iter().map(|v| Position::from(*v)).collect();
    let mut batch = Batch::default();
    index.covering_batch(&positions, &mut batch);
    batch.iter().zip(0..).flat_map(|(found, n)| found.iter().map(move |shape| (n, shape.0))).collect()
}

fn theirs(tg: &Tg, places: &[Vertex]) -> Vec<Answer> {
    let mut answers = Vec::new();
    for (v, n) in places.iter().zip(0..) {
        tg.covering(Position::from(*v), |shape| answers.push((n, shape)));
    }
    answers.sort_unstable();
    answers.dedup();
    answers
}

fn geos(name: &str, places: &[Vertex]) -> Vec<Answer> {
    let folder = std::env::temp_dir().join(format!("cordon-differential-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder for questions");
    let (questions, answers) = (folder.join("places"), folder.join("answers"));
    let bytes: Vec<u8> = places.iter().flat_map(|v| [v.lon, v.lat]).flat_map(i32::to_le_bytes).collect();
    std::fs::write(&questions, bytes).expect("questions written");
    let script = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts/oracle.py");
    let shapes = data::folder().join(format!("{name}.bin"));
    let python = std::env::var_os("CORDON_ORACLE_PYTHON").unwrap_or_else(|| "python3".into());
    let run = Command::new(python).arg(script).args([&shapes, &questions, &answers]).status();
    assert!(run.is_ok_and(|status| status.success()), "scripts/oracle.py failed; it needs shapely");
    let bytes = std::fs::read(&answers).expect("answers of GEOS");
    std::fs::remove_dir_all(&folder).expect("the folder of questions");
    let words: Vec<u32> = bytes.chunks_exact(4).map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
    words.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect()
}

/// Prints the differences; counts those in which the exact test of one shape is not on our side.
fn compare(peer: &str, shapes: &[Arc<Shape>], places: &[Vertex], ours: &[Answer], theirs: &[Answer]) -> usize {
    let contains = |answers: &[Answer], answer: &Answer| answers.binary_search(answer).is_ok();
    let only_ours = ours.iter().filter(|a| !contains(theirs, a));
    let only_theirs = theirs.iter().filter(|a| !contains(ours, a));
    let (mut explained, mut unexplained) = (0, 0);
    for answer in only_ours.chain(only_theirs) {
        let (place, shape) = (places[answer.0 as usize], &shapes[answer.1 as usize]);
        let exact = oracle::contains(shape, true, place);
        if peer == "tg" && exact == contains(ours, answer) {
            explained += 1;
        } else {
            unexplained += 1;
            println!(
                "  {place:?} in shape {}: ours {}, {peer} {}, exact {exact}",
                answer.1,
                contains(ours, answer),
                contains(theirs, answer)
            );
        }
    }
    if explained > 0 {
        println!("  {explained} answers of {peer} differ where the exact test says it rounded");
    }
    unexplained
}

fn places(shapes: &[Arc<Shape>], count: usize, seed: u64) -> Vec<Vertex> {
    let mut dice = Dice::new(1000 + seed);
    let mut places = Vec::with_capacity(count);
    while places.len() < count {
        let (a, b) = edge(&mut dice, shapes);
        let v = match places.len() % 8 {
            0 | 1 => Vertex::nearest(dice.between(-90.0, 90.0), dice.between(-180.0, 180.0)),
            2 => moved(a, &mut dice, 90_000),
            3 => a,
            4 => on_edge(a, b, &mut dice),
            5 => moved(on_edge(a, b, &mut dice), &mut dice, 1),
            6 => moved(a, &mut dice, 900),
            _ => {
                let shift = 4 + 2 * dice.below(10);
                Vertex { lon: a.lon >> shift << shift, lat: b.lat >> shift << shift }
            }
        };
        // the peers know neither that +180 is -180 nor that a pole is one place
        if v.lon.abs() < 1_800_000_000 && v.lat.abs() < 900_000_000 {
            places.push(v);
        }
    }
    places
}

fn edge(dice: &mut Dice, shapes: &[Arc<Shape>]) -> (Vertex, Vertex) {
    let polygons = shapes[dice.below(shapes.len())].polygons();
    let rings: Vec<_> = polygons[dice.below(polygons.len())].rings().collect();
    let ring = rings[dice.below(rings.len())];
    let i = dice.below(ring.len() - 1);
    (ring[i], ring[i + 1])
}

/// A grid point exactly on the edge, if it has any between its ends; else the one nearest to its middle.
fn on_edge(a: Vertex, b: Vertex, dice: &mut Dice) -> Vertex {
    let (dx, dy) = (i64::from(b.lon) - i64::from(a.lon), i64::from(b.lat) - i64::from(a.lat));
    let steps = gcd(dx.unsigned_abs(), dy.unsigned_abs());
    let (step, steps) = if steps > 1 { (1 + dice.bits() % (steps - 1), steps) } else { (1, 2) };
    #[allow(clippy::cast_possible_truncation, clippy::cast_possible_wrap)]
    let part = |d: i64| (i128::from(d) * i128::from(step) / i128::from(steps)) as i32;
    Vertex { lon: a.lon + part(dx), lat: a.lat + part(dy) }
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

#[allow(clippy::cast_possible_truncation)]
fn moved(v: Vertex, dice: &mut Dice, by: i32) -> Vertex {
    let by = f64::from(by) + 0.999;
    Vertex {
        lon: (v.lon + dice.between(-by, by) as i32).clamp(-questions::HALF_TURN, questions::HALF_TURN),
        lat: (v.lat + dice.between(-by, by) as i32).clamp(-questions::HALF_TURN / 2, questions::HALF_TURN / 2),
    }
}
