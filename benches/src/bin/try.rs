//! Quick figures of our own.
use cordon::geometry::{ShapeId, ShapeIndex};
use cordon_benches::{data, measure, questions};
fn main() {
    let name = std::env::args().nth(1).unwrap_or("adm23".into());
    let mut shapes = data::load(&name);
    if let Some(n) = std::env::args().nth(2) {
        shapes.truncate(n.parse().unwrap());
    }
    let n: usize = shapes.iter().map(|s| s.vertex_count()).sum();
    let entries = data::entries(&shapes);
    let before = measure::resident_bytes();
    let t = std::time::Instant::now();
    let index = ShapeIndex::build(entries);
    println!(
        "{} shapes {n} vertices build {:?} rss {} MB heap {:?}",
        shapes.len(),
        t.elapsed(),
        (measure::resident_bytes() - before) >> 20,
        index.heap_bytes()
    );
    let mut out: Vec<ShapeId> = Vec::new();
    for (name, qs) in [
        ("uniform", questions::uniform(200_000)),
        ("track", questions::track(&shapes, 200_000)),
        ("border", questions::near_border(&shapes, 200_000)),
    ] {
        let mut total = 0;
        let ns = measure::each_question(12, &qs, |c| {
            for q in c {
                out.clear();
                index.covering(*q, &mut out);
                total += out.len();
            }
        });
        println!("{name}: {ns:.1} ns  ({total} answers)");
    }
}
