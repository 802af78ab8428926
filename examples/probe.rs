//! Scratch.
use std::time::Instant;
fn main() {
    let t = Instant::now();
    let f = cordon::feed::folder::read(std::path::Path::new("regions"), &cordon::geometry::Limits::default());
    eprintln!("read {:?}", t.elapsed());
    for p in f.report.problems.iter().take(40) { eprintln!("{:?}", p); }
    eprintln!("{} repaired", f.report.repaired.len());
    for p in f.report.repaired.iter().take(20) { eprintln!("{:?}", p); }
    let t = Instant::now();
    let index = cordon::matching::FenceIndex::build(f.fences);
    eprintln!("build {:?} fences {}", t.elapsed(), index.fences().len());
}
