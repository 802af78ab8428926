//! Which shapes contain a place: Cordon beside its peers, on one data set, in one run.
//!
//! usage: locate DATA-SET QUESTIONS, both optional; `make bench` runs it on `world`. Every engine gives all matches of the same shapes, and the
//! checksums of the answers are compared before anything is printed as comparable. `tzf-rs` and `country-boundaries` bring their own
//! shapes and give one name or few: they are here as the measure of what a lookup with a finished data set costs.

use cordon::geometry::{Batch, Position, ShapeIndex};
use cordon_benches::measure::{self, Checksum};
use cordon_benches::peers::{IntervalTrees, Naive, Tg, TgIndex};
use cordon_benches::{data, questions};
use std::path::Path;
use std::process::Command;
use std::time::Instant;

const PASSES: usize = 9;

struct Rows {
    questions: Vec<(&'static str, Vec<Position>)>,
}

impl Rows {
    /// Prints one engine: times of all rows, checksums against the first engine's.
    fn print(
        &self,
        name: &str,
        expected: Option<&[Checksum]>,
        most: usize,
        mut ask: impl FnMut(&[Position], usize, &mut Checksum),
    ) -> Vec<Checksum> {
        print!("{name:<34}");
        let mut sums = Vec::new();
        let mut equal = true;
        for (row, (_, questions)) in self.questions.iter().enumerate() {
            let mut sum = Checksum::default();
            for (n, chunk) in questions[..most.min(questions.len())].chunks(1000).enumerate() {
                ask(chunk, n * 1000, &mut sum);
            }
            equal &= expected.is_none_or(|e| e[row] == sum || most < questions.len());
            let mut unused = Checksum::default();
            let passes = if most < questions.len() { 2 } else { PASSES };
            let ns = measure::each_question(passes, &questions[..most.min(questions.len())], |chunk| {
                ask(chunk, 0, &mut unused)
            });
            std::hint::black_box(unused);
            print!("{ns:>12.1}");
            sums.push(sum);
        }
        println!(
            "   {}",
            if !equal {
                "other answers"
            } else if expected.is_some() {
                "same answers"
            } else {
                ""
            }
        );
        sums
    }
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let name = arguments.next().unwrap_or_else(|| "world".into());
    let count = arguments.next().map_or(100_000, |n| n.parse().expect("a number of questions"));
    let shapes = data::load(&name);
    let vertices: usize = shapes.iter().map(|s| s.vertex_count()).sum();
    println!(
        "{name}: {} shapes, {vertices} vertices; {count} questions a row, best of {PASSES} passes\n",
        shapes.len()
    );

    let mut built = Vec::new();
    let index = build(&mut built, "cordon", || ShapeIndex::build(data::entries(&shapes)));
    let trees = build(&mut built, "rstar + geo interval trees", || IntervalTrees::new(&shapes));
    let naive = build(&mut built, "rstar + geo", || Naive::new(&shapes));
    let natural = build(&mut built, "rstar + tg natural", || Tg::new(&shapes, TgIndex::Natural, 1.0));
    let stripes = build(&mut built, "rstar + tg ystripes", || Tg::new(&shapes, TgIndex::YStripes, 1.0));
    let zones = build(&mut built, "tzf-rs (own shapes)", tzf_rs::DefaultFinder::new);
    let countries = build(&mut built, "country-boundaries (own shapes)", || {
        country_boundaries::CountryBoundaries::from_reader(country_boundaries::BOUNDARIES_ODBL_360X180)
            .expect("its own data")
    });

    let rows = Rows {
        questions: vec![
            ("uniform", questions::uniform(count)),
            ("track", questions::track(&shapes, count)),
            ("border", questions::near_border(&shapes, count)),
        ],
    };
    print!("{:<34}", "ns a question, all matches");
    rows.questions.iter().for_each(|(name, _)| print!("{name:>12}"));
    println!();
    let mut out = Vec::new();
    let found = rows.print("cordon, one at a time", None, usize::MAX, |chunk, from, sum| {
        for (n, p) in chunk.iter().enumerate() {
            out.clear();
            index.covering(*p, &mut out);
            out.iter().for_each(|shape| sum.add(from + n, shape.0));
        }
    });
    let expected = Some(&found[..]);
    let mut batch = Batch::default();
    rows.print("cordon, batched", expected, usize::MAX, |chunk, from, sum| {
        index.covering_batch(chunk, &mut batch);
        for (n, found) in batch.iter().enumerate() {
            found.iter().for_each(|shape| sum.add(from + n, shape.0));
        }
    });
    rows.print("rstar + geo interval trees", expected, usize::MAX, |chunk, from, sum| {
        chunk.iter().enumerate().for_each(|(n, p)| trees.covering(*p, |shape| sum.add(from + n, shape)));
    });
    for (name, tg) in [("rstar + tg natural", &natural), ("rstar + tg ystripes", &stripes)] {
        rows.print(name, expected, usize::MAX, |chunk, from, sum| {
            chunk.iter().enumerate().for_each(|(n, p)| tg.covering(*p, |shape| sum.add(from + n, shape)));
        });
    }
    rows.print("rstar + geo (fewer questions)", expected, 2000, |chunk, from, sum| {
        chunk.iter().enumerate().for_each(|(n, p)| naive.covering(*p, |shape| sum.add(from + n, shape)));
    });
    rows.print("tzf-rs, one name, own shapes", None, usize::MAX, |chunk, _, sum| {
        chunk.iter().for_each(|p| sum.answers += zones.get_tz_name(p.lon(), p.lat()).len() as u64);
    });
    rows.print("country-boundaries, own shapes", None, usize::MAX, |chunk, _, sum| {
        chunk.iter().for_each(|p| {
            let at = country_boundaries::LatLon::new(p.lat(), p.lon()).expect("in range");
            sum.answers += countries.ids(at).len() as u64;
        });
    });

    if let Err(why) = outside(&name, &rows, &found) {
        println!("GEOS, PostGIS: not asked, {why}");
    }

    println!("\n{:<34}{:>12}{:>12}", "build", "ms", "MB");
    for (name, ms, bytes) in built {
        println!("{name:<34}{ms:>12.0}{:>12.1}", bytes as f64 / 1e6);
    }
    let heap = index.heap_bytes();
    println!("{:<34}{:>24.1}", "cordon: the cells", heap.cells as f64 / 1e6);
    println!("{:<34}{:>24.1}", "cordon: trees over borders", heap.borders as f64 / 1e6);
    drop((trees, naive, natural, stripes));
    growth();
}

fn build<T>(built: &mut Vec<(&'static str, f64, usize)>, name: &'static str, make: impl FnOnce() -> T) -> T {
    let before = measure::resident_bytes();
    let start = Instant::now();
    let made = make();
    built.push((name, start.elapsed().as_secs_f64() * 1e3, measure::resident_bytes().saturating_sub(before)));
    made
}

/// Rows of engines in other languages, where they are installed: `scripts/bench-geos.py` prints them.
fn outside(name: &str, rows: &Rows, expected: &[Checksum]) -> Result<(), String> {
    let python = std::env::var("CORDON_ORACLE_PYTHON").map_err(|_| "CORDON_ORACLE_PYTHON names no Python")?;
    let folder = tempfile::tempdir().map_err(|e| e.to_string())?;
    for ((name, questions), sum) in rows.questions.iter().zip(expected) {
        let units = questions.iter().map(|p| p.vertex()).flat_map(|v| [v.lon, v.lat]);
        let bytes: Vec<u8> = units.flat_map(i32::to_le_bytes).collect();
        std::fs::write(folder.path().join(format!("{name}.questions")), bytes).map_err(|e| e.to_string())?;
        let expected = format!("{} {}", sum.answers, sum.mix);
        std::fs::write(folder.path().join(format!("{name}.expected")), expected).map_err(|e| e.to_string())?;
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace");
    let has_postgres = Path::new("/usr/lib/postgresql").is_dir();
    let mut command = Command::new(if has_postgres { "bash" } else { &python });
    if has_postgres {
        command.arg(root.join("tests/oracle/postgres.sh")).arg(&python);
    }
    let script = command.arg(root.join("scripts/bench-geos.py")).arg(data::path(name)).arg(folder.path());
    let status = script.status().map_err(|e| format!("{python}: {e}"))?;
    status.success().then_some(()).ok_or_else(|| format!("the script ended with {status}"))
}

/// How the cost grows with the number of vertices.
fn growth() {
    println!(
        "\n{:<12}{:>10}{:>10}{:>12}{:>10}{:>10}{:>10}{:>10}",
        "vertices", "shapes", "build ms", "MB (cells)", "uniform", "border", "batched", ""
    );
    let all = data::load("units");
    for target in [10_000, 100_000, 1_000_000, 10_000_000] {
        // every n-th shape, so that the density falls and not the extent
        let total: usize = all.iter().map(|s| s.vertex_count()).sum();
        let shapes: Vec<_> = all.iter().step_by((total / target).max(1)).cloned().collect();
        let vertices: usize = shapes.iter().map(|s| s.vertex_count()).sum();
        let start = Instant::now();
        let index = ShapeIndex::build(data::entries(&shapes));
        let ms = start.elapsed().as_secs_f64() * 1e3;
        let mut out = Vec::new();
        let mut batch = Batch::default();
        let mut single = |questions: &[Position]| {
            measure::each_question(PASSES, questions, |chunk| {
                for p in chunk {
                    out.clear();
                    index.covering(*p, &mut out);
                    std::hint::black_box(&out);
                }
            })
        };
        let (uniform, border) = (questions::uniform(100_000), questions::near_border(&shapes, 100_000));
        let (uniform, single_border) = (single(&uniform), single(&border));
        let batched = measure::each_question(PASSES, &border, |chunk| index.covering_batch(chunk, &mut batch));
        let cells = index.heap_bytes().cells as f64 / 1e6;
        println!(
            "{vertices:<12}{:>10}{ms:>10.0}{cells:>12.1}{uniform:>10.1}{single_border:>10.1}{batched:>10.1}",
            shapes.len()
        );
    }
}
