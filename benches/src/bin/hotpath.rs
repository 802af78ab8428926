//! The hot path alone, for counting instructions: `tests/instructions.rs` runs this under callgrind.
//!
//! usage: hotpath NAME; the shapes are made here, so that the count depends on nothing but the code.

use cordon::geometry::{Batch, Entry, Policy, Polygon, Position, Shape, ShapeIndex, Vertex};
use cordon_benches::questions::{self, Dice};
use std::sync::Arc;

fn main() {
    let what = std::env::args().nth(1).unwrap_or_default();
    let shapes: Vec<Arc<Shape>> = (0..400).map(|i| Arc::new(star(i))).collect();
    let entries = shapes.iter().map(|shape| Entry { shape: shape.clone(), accuracy_m: 0.0, policy: Policy::Closed });
    let index = ShapeIndex::build(entries.collect());
    let count = 20_000;
    match what.as_str() {
        "uniform" => single(&index, &questions::uniform(count)),
        "border" => single(&index, &questions::near_border(&shapes, count)),
        "batched" => batched(&index, &questions::near_border(&shapes, count)),
        _ => panic!("usage: hotpath uniform|border|batched"),
    }
}

#[inline(never)]
fn single(index: &ShapeIndex, questions: &[Position]) {
    let mut out = Vec::new();
    for p in questions {
        out.clear();
        index.covering(*p, &mut out);
        std::hint::black_box(&out);
    }
}

#[inline(never)]
fn batched(index: &ShapeIndex, questions: &[Position]) {
    let mut out = Batch::default();
    for chunk in questions.chunks(1000) {
        index.covering_batch(chunk, &mut out);
        std::hint::black_box(&out);
    }
}

/// A star of two hundred corners somewhere, over its neighbours.
#[allow(clippy::cast_possible_truncation)]
fn star(seed: u32) -> Shape {
    let mut dice = Dice::new(seed.into());
    let (lat, lon) = (dice.between(-6e8, 6e8), dice.between(-1.6e9, 1.6e9));
    let mut shell: Vec<Vertex> = (0..200)
        .map(|i| {
            let angle = f64::from(i) / 200.0 * std::f64::consts::TAU;
            let reach = dice.between(5e7, 8e7);
            Vertex { lon: (lon + reach * angle.cos()) as i32, lat: (lat + reach * angle.sin()) as i32 }
        })
        .collect();
    shell.push(shell[0]);
    Shape::from_canonical(vec![Polygon { shell, holes: vec![] }])
}
