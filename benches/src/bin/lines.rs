//! Lines of positions answered, beside only reading those lines and writing those answers; on one thread.
//!
//! usage: lines `POSITIONS`; 100,000 if not given, a third of them in and around Cambodia, asked for a Korean.

use std::path::Path;

use cordon::flows::check_location::LocationAnswer;
use cordon::flows::check_locations::{check_locations, read};
use cordon::format::location::LocationQuery;
use cordon::geometry::Limits;
use cordon::live::Live;
use cordon_benches::measure;
use cordon_benches::questions::Dice;

/// Positions looked up together, as `/v1/check/locations` does.
const TOGETHER: usize = 256;

fn main() {
    let count: usize = std::env::args().nth(1).map_or(100_000, |n| n.parse().expect("a number"));
    let now = "2025-10-20T02:00:00Z".parse().expect("an instant");
    let live = Live::open(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../regions"), Limits::default(), now);
    let snapshot = live.snapshot();
    let max_age = cordon::matching::FenceIndex::DEFAULT_MAX_AGE;
    let lines = lines(count);
    let read = |line: &String| -> Result<LocationQuery, cordon::error::Error> { read(line.as_bytes())?.query(now) };
    let answer = |lines: &[String]| -> Vec<LocationAnswer> {
        let answers = check_locations(&snapshot, max_age, lines.iter().map(read));
        answers.into_iter().map(|answer| answer.expect("sound")).collect()
    };
    let answers: Vec<Vec<LocationAnswer>> = lines.chunks(TOGETHER).map(answer).collect();
    let mut out = Vec::new();
    let (alone, bytes) = measure::best(5, || {
        out.clear();
        for (lines, answers) in lines.chunks(TOGETHER).zip(&answers) {
            lines.iter().for_each(|line| drop(std::hint::black_box(read(line))));
            answers.iter().for_each(|answer| write(&mut out, answer));
        }
        out.len()
    });
    let (all, _) = measure::best(5, || {
        out.clear();
        for lines in lines.chunks(TOGETHER) {
            answer(lines).iter().for_each(|answer| write(&mut out, answer));
        }
        assert_eq!(out.len(), bytes);
    });
    println!("{count} positions, {} bytes an answer, one thread", bytes / count);
    println!("{:<44}{:>10.2} µs", "reading the lines and writing the answers", measure::each(alone, count) / 1e3);
    println!("{:<44}{:>10.2} µs", "with the answering", measure::each(all, count) / 1e3);
    println!("{:<44}{:>10.0} %", "share of the speed", 100.0 * alone.as_secs_f64() / all.as_secs_f64());
}

fn write(out: &mut Vec<u8>, answer: &LocationAnswer) {
    serde_json::to_writer(&mut *out, answer).expect("JSON");
    out.push(b'\n');
}

fn lines(count: usize) -> Vec<String> {
    let mut dice = Dice::new(5);
    let line = |i: usize| {
        let (lat, lon) = if i.is_multiple_of(3) {
            (dice.between(10.4, 14.4), dice.between(102.3, 107.6))
        } else {
            (dice.between(-60.0, 60.0), dice.between(-180.0, 180.0))
        };
        format!(
            r#"{{"position": {{"lat": {lat:.5}, "lon": {lon:.5}, "accuracy_m": 20}}, "traveller": {{"nationalities": ["KR"]}}}}"#
        )
    };
    (0..count).map(line).collect()
}
