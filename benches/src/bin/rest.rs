//! Everything the engine does besides locating: margins, lines, changes, the reverse search.
//!
//! usage: rest [DATA SET]; the first 254 shapes of `world` are countries.

use cordon::geometry::{Batch, Change, Policy, Position, Shape, ShapeId, ShapeIndex, StoredPositions, Vertex};
use cordon_benches::{data, measure, questions};
use std::sync::Arc;
use std::time::Instant;

fn main() {
    let name = std::env::args().nth(1).unwrap_or_else(|| "world".into());
    let shapes = data::load(&name);
    let index = ShapeIndex::build(data::entries(&shapes));
    margins(&index, &shapes);
    lines(&index, &shapes);
    changes(&index, &shapes);
    reverse(&shapes);
}

fn margins(index: &ShapeIndex, shapes: &[Arc<Shape>]) {
    println!("{:<58}{:>10}{:>10}{:>10}", "microseconds a position", "uniform", "track", "border");
    let rows = [questions::uniform(20_000), questions::track(shapes, 20_000), questions::near_border(shapes, 20_000)];
    print!("{:<58}", "locate, with the margin of every shape found");
    for questions in &rows {
        let ns = measure::each_question(5, questions, |chunk| {
            for p in chunk {
                for placed in index.locate(*p) {
                    std::hint::black_box(index.margin(placed.shape, *p));
                }
            }
        });
        print!("{:>10.2}", ns / 1e3);
    }
    print!("\n{:<58}", "locate, known to 20 m, in batches");
    let mut batch = Batch::default();
    for questions in &rows {
        let rough: Vec<Position> = questions.iter().map(|p| p.with_accuracy(20.0).expect("in range")).collect();
        let ns = measure::each_question(5, &rough, |chunk| index.locate_batch(chunk, &mut batch));
        print!("{:>10.2}", ns / 1e3);
    }
    println!();
}

fn lines(index: &ShapeIndex, shapes: &[Arc<Shape>]) {
    let track = questions::track(shapes, 200_000);
    let lines: Vec<Vec<Vertex>> = track
        .chunks(200)
        .map(|leg| leg.iter().step_by(10).map(|p| p.vertex()).collect())
        .filter(|leg: &Vec<Vertex>| leg.windows(2).all(|w| w[0].lon.abs_diff(w[1].lon) < 100_000_000))
        .collect();
    for (corridor_m, what) in
        [(0.0, "along: a leg of 19 km in 20 points"), (500.0, "the same with a corridor of 500 m")]
    {
        let ns = measure::each_question(3, &lines, |chunk| {
            for line in chunk {
                std::hint::black_box(index.along(std::slice::from_ref(line), corridor_m));
            }
        });
        println!("{what:<58}{:>10.2}", ns / 1e3);
    }
}

fn changes(index: &ShapeIndex, shapes: &[Arc<Shape>]) {
    let ids: Vec<u32> = (0..254.min(shapes.len() as u32)).collect();
    let mut times: Vec<(f64, u32)> = Vec::new();
    for id in ids {
        let (without, _) = index.replace(vec![Change::Withdraw(ShapeId(id))]);
        let entry = data::entries(&shapes[id as usize..=id as usize]).remove(0);
        let start = Instant::now();
        std::hint::black_box(without.replace(vec![Change::Add(entry)]));
        times.push((start.elapsed().as_secs_f64() * 1e3, id));
    }
    times.sort_by(|a, b| a.0.total_cmp(&b.0));
    let at = |part: f64| times[((times.len() - 1) as f64 * part) as usize].0;
    println!("{:<58}{:>10}{:>10}{:>10}", "milliseconds a change", "median", "95 %", "largest");
    println!("{:<58}{:>10.1}{:>10.1}{:>10.1}", "adding a country", at(0.5), at(0.95), at(1.0));
    let start = Instant::now();
    let mut entry = data::entries(&shapes[..1]).remove(0);
    entry.accuracy_m = 50.0;
    std::hint::black_box(index.replace(vec![Change::Replace(ShapeId(0), entry)]));
    println!("{:<58}{:>10.1}", "another accuracy for the same outline", start.elapsed().as_secs_f64() * 1e3);
}

fn reverse(shapes: &[Arc<Shape>]) {
    let mut stored = StoredPositions::default();
    for p in questions::near_border(shapes, 1_000_000) {
        stored.push(p.with_accuracy(20.0).expect("in range"));
    }
    let largest = shapes.iter().max_by_key(|s| s.vertex_count()).expect("shapes");
    let middling = &shapes[shapes.len() / 2];
    println!("{:<58}{:>10}{:>10}", "milliseconds over 1,000,000 stored positions", "largest", "small");
    print!("{:<58}", "reverse search for one shape");
    for shape in [largest, middling] {
        let entries = data::entries(std::slice::from_ref(shape));
        assert!(entries[0].policy == Policy::Closed);
        let (time, found) = measure::best(5, || stored.may_touch(&entries));
        print!("{:>10.2}", time.as_secs_f64() * 1e3);
        eprint!("  ({} of {} vertices)", found.len(), shape.vertex_count());
    }
    println!();
}
