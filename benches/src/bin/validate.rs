//! A booking file validated: how long each part takes, all of it on two threads, and how that grows with the file.
//!
//! usage: validate `BOOKINGS`; 100,000 if not given. Itineraries of six stops, three of them coordinates and three names or codes, with the
//! way of each leg given in twenty points, in and around Cambodia.

use std::fmt::Write as _;
use std::ops::ControlFlow;
use std::path::Path;
use std::time::{Duration, Instant};

use cordon::flows::check_itinerary::check_itinerary;
use cordon::flows::validate_bookings::lines::json;
use cordon::flows::validate_bookings::{Validation, in_order};
use cordon::format::document::Context;
use cordon::format::document::bookings::{self, Kind};
use cordon::format::document::csv::Mapping;
use cordon::format::policy::Policy;
use cordon::geometry::Limits;
use cordon::live::Live;
use cordon_benches::questions::Dice;

/// Towns that a journey may go through: name, country, latitude, longitude.
const TOWNS: &[(&str, &str, f64, f64)] = &[
    ("Bangkok", "TH", 13.754, 100.501),
    ("Phnom Penh", "KH", 11.562, 104.916),
    ("Siem Reap", "KH", 13.362, 103.860),
    ("Battambang", "KH", 13.103, 103.199),
    ("Ho Chi Minh City", "VN", 10.823, 106.630),
    ("Chiang Mai", "TH", 18.790, 98.985),
    ("Da Nang", "VN", 16.068, 108.221),
    ("Kratie", "KH", 12.488, 106.019),
    ("Hanoi", "VN", 21.028, 105.854),
    ("Vientiane", "LA", 17.966, 102.613),
];

fn main() {
    let count: usize = std::env::args().nth(1).and_then(|n| n.parse().ok()).unwrap_or(100_000);
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../regions");
    let limits = Limits::default();
    let now = "2025-10-20T02:00:00Z".parse().expect("an instant");
    let live = Live::open(&root, limits, now);
    let snapshot = live.snapshot();
    let policy = Policy::default();
    let max_age = cordon::matching::FenceIndex::DEFAULT_MAX_AGE;
    let validation = Validation { snapshot: &snapshot, max_age, limits: &limits, policy: &policy, now, roads: None };
    let file = file(count);
    println!("{count} bookings, {:.1} MB, {} bytes each", file.len() as f64 / 1e6, file.len() / count);
    parts(&file[..line_end(&file, count.min(10_000))], &validation);
    println!("\n{:<34}{:>10}{:>12}{:>14}", "all of it, two threads", "bookings", "seconds", "µs a booking");
    for share in [10, 3, 1] {
        let count = count / share;
        let text = &file[..line_end(&file, count)];
        let start = Instant::now();
        let (mut bytes, mut done) = (0, 0);
        let (bookings, _) = bookings::read(Kind::Lines, text.as_bytes(), &Mapping::default(), 1 << 20).expect("lines");
        let work = |booking| json(&validation.validate(&booking));
        in_order(bookings, (2, 32), work, |line| {
            bytes += line.len();
            done += 1;
            ControlFlow::Continue(())
        });
        let time = start.elapsed().as_secs_f64();
        assert_eq!(done, count);
        println!(
            "{:<34}{:>10}{:>12.2}{:>14.1}",
            format!("{:.0} MB out", bytes as f64 / 1e6),
            count,
            time,
            time * 1e6 / count as f64
        );
    }
}

/// Each part alone on one thread, in microseconds a booking.
fn parts(text: &str, validation: &Validation) {
    let (bookings, _) = bookings::read(Kind::Lines, text.as_bytes(), &Mapping::default(), 1 << 20).expect("lines");
    let bookings: Vec<_> = bookings.collect();
    let context = Context { gazetteer: &validation.snapshot.gazetteer, limits: validation.limits, extractor: None };
    let (parse, drafts) = timed(|| {
        bookings
            .iter()
            .flat_map(|booking| booking.read(&context).expect("sound"))
            .map(|(draft, _)| draft)
            .collect::<Vec<_>>()
    });
    let asked = validation.policy.asked(None);
    let (places, queries) = timed(|| {
        let query = |draft: &cordon::format::draft::Draft| {
            let mut query = draft.query(&asked, context.gazetteer, context.limits, validation.now).expect("sound");
            query.brief = true;
            query
        };
        drafts.iter().map(query).collect::<Vec<_>>()
    });
    let (matching, answers) = timed(|| {
        let check = |query| check_itinerary(validation.snapshot, validation.max_age, query).expect("known issuers");
        queries.iter().map(check).collect::<Vec<_>>()
    });
    let (print, _) =
        timed(|| answers.iter().map(|answer| serde_json::to_vec(answer).expect("JSON").len()).sum::<usize>());
    println!("{:<34}{:>14}", "one thread", "µs a booking");
    for (part, time) in
        [("parse", parse), ("places and ways", places), ("match", matching), ("print, with the levels' words", print)]
    {
        println!("{part:<34}{:>14.1}", time.as_secs_f64() * 1e6 / bookings.len() as f64);
    }
}

fn timed<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    let start = Instant::now();
    let result = work();
    (start.elapsed(), result)
}

/// Where the line ends that is the last of so many.
fn line_end(text: &str, lines: usize) -> usize {
    text.match_indices('\n').nth(lines - 1).map_or(text.len(), |(at, _)| at + 1)
}

/// So many bookings, a line each.
fn file(count: usize) -> String {
    let mut dice = Dice::new(11);
    let mut text = String::new();
    for n in 0..count {
        let nationality = ["KR", "FR", "US", "DE"][dice.below(4)];
        let _ = write!(text, r#"{{"ref":"B{n}","party":[{{"id":"p1","nationalities":["{nationality}"]}}],"stops":["#);
        let mut at: Vec<(f64, f64)> = Vec::new();
        for s in 0..6 {
            let town = TOWNS[dice.below(TOWNS.len())];
            let (comma, day) = (if s == 0 { "" } else { "," }, 18 + s);
            let place = if s % 2 == 0 {
                at.push((town.2, town.3));
                format!(r#"{{"name":"{}","country":"{}"}}"#, town.0, town.1)
            } else {
                let (lat, lon) = (town.2 + dice.between(-0.5, 0.5), town.3 + dice.between(-0.5, 0.5));
                at.push((lat, lon));
                format!(r#"{{"lat":{lat:.5},"lon":{lon:.5}}}"#)
            };
            let _ = write!(
                text,
                r#"{comma}{{"id":"s{s}","place":{place},"arrive":"2025-10-{day}T18:00:00+07:00","depart":"2025-10-{}T08:00:00+07:00"}}"#,
                day + 1
            );
        }
        text.push_str(r#"],"legs":["#);
        for l in 0..5 {
            let comma = if l == 0 { "" } else { "," };
            let _ = write!(
                text,
                r#"{comma}{{"id":"l{l}","from":"s{l}","to":"s{}","mode":"bus","geometry":{{"type":"LineString","coordinates":["#,
                l + 1
            );
            let (from, to) = (at[l], at[l + 1]);
            for i in 0..20 {
                let t = f64::from(i) / 19.0;
                let bend = if i == 0 || i == 19 { 0.0 } else { dice.between(-0.02, 0.02) };
                let comma = if i == 0 { "" } else { "," };
                let (lat, lon) = (from.0 + (to.0 - from.0) * t + bend, from.1 + (to.1 - from.1) * t - bend);
                let _ = write!(text, "{comma}[{lon:.5},{lat:.5}]");
            }
            text.push_str("]}}");
        }
        text.push_str("]}\n");
    }
    text
}
