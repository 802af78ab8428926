//! A province is raised while a million subjects are watched: how long until the last delivery is owed.
//!
//! usage: recheck `SUBJECTS` `AFFECTED`; on SQLite, and on PostgreSQL where `CORDON_TEST_POSTGRES` names a server
//! (`bash tests/oracle/postgres.sh cargo run --release -p cordon-benches --bin recheck`).

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use cordon::clock::Manual;
use cordon::flows::step::Step;
use cordon::flows::watch::{Watch, WatchSettings};
use cordon::geometry::Limits;
use cordon::live::Live;
use cordon::matching::FenceIndex;
use cordon::store::{DatabaseUrl, Store};
use cordon::telemetry::Meter;
use cordon_benches::{measure, subjects};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

/// The advisories are of these days.
const NOW: &str = "2026-08-22T12:00:00Z";

fn main() {
    let argument =
        |n: usize, default: usize| std::env::args().nth(n).map_or(default, |text| text.parse().expect("a number"));
    let (watched, affected) = (argument(1, 1_000_000), argument(2, 10_000));
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let folder = tempfile::tempdir().expect("a folder");
    let sqlite = format!("sqlite:{}", folder.path().join("cordon.db").display());
    runtime.block_on(measured("SQLite", &sqlite, watched, affected));
    if let Ok(words) = std::env::var("CORDON_TEST_POSTGRES") {
        let host = words.split(' ').find_map(|word| word.strip_prefix("host=")).expect("a host");
        let url = format!("postgres://cordon@localhost/postgres?host={}", host.replace('/', "%2F"));
        runtime.block_on(measured("PostgreSQL", &url, watched, affected));
    }
}

async fn measured(name: &str, url: &str, watched: usize, affected: usize) {
    let regions = tempfile::tempdir().expect("a folder");
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../regions"), regions.path());
    raise(regions.path(), "1");
    let store = Store::open(DatabaseUrl::parse(url, Path::new("")).expect("a URL")).await.expect("a database");
    let now: Timestamp = NOW.parse().expect("an instant");
    let live = Live::start(regions.path(), Limits::default(), None, &store, now).await.expect("the data");
    let live = Arc::new(live);
    subjects::fill(&store, &live, now, watched, affected).await;

    // the service starts: everything that is watched is read
    let settings = WatchSettings {
        max_age: FenceIndex::DEFAULT_MAX_AGE,
        limits: Limits::default(),
        trip_rest: SignedDuration::from_hours(24),
        position_rest: SignedDuration::from_hours(24),
        traveller_rest: SignedDuration::from_hours(24 * 90),
    };
    let watch =
        Watch::new(store.clone(), Arc::clone(&live), Arc::new(Manual::new(now)), settings, Meter::default(), None);
    let before = measure::resident_bytes();
    let start = Instant::now();
    let reach = watch.reach(vec![]).await.expect("read");
    assert_eq!(reach, 0);
    let loaded = start.elapsed();
    let bytes = measure::resident_bytes().saturating_sub(before);

    raise(regions.path(), "2");
    let start = Instant::now();
    live.reload(&store, now).await.expect("the data is sound");
    let published = start.elapsed();
    let start = Instant::now();
    let mut steps = 0;
    while watch.recheck_step().await.expect("stepped") == Step::Worked {
        steps += 1;
    }
    let settled = start.elapsed();
    let owed = count(&store, "SELECT count(*) AS n FROM delivery").await;
    println!("{name}: {watched} watched, {affected} affected");
    row("read into memory at the start", loaded);
    println!("  {:<44}{:>10.1} MB", "memory for it", bytes as f64 / 1e6);
    row("folder read, stored, and answered from", published);
    row(&format!("from then to the last of {owed} deliveries"), settled);
    println!("  {:<44}{steps:>10}", "transactions");
    assert_eq!(owed, i64::try_from(affected).expect("few"), "everybody affected is owed one");
    store.close().await;
}

fn row(what: &str, time: Duration) {
    println!("  {what:<44}{:>10.3} s", time.as_secs_f64());
}

async fn count(store: &Store, text: &'static str) -> i64 {
    store.read().await.expect("begun").query(text).one().await.expect("read").int("n").expect("a number")
}

/// The province's own advisory: unremarkable in its first revision, level 4 from the second on.
fn raise(regions: &Path, upto: &str) {
    let revision = |number: u32, level: &str, from: &str| {
        json!({"type": "Feature", "geometry": null, "properties": {
            "advisory": "kr-mofa:bench", "revision": number, "level": level, "title": {"en": "Siem Reap province"}, "text": {"en": "Mind it."},
            "published_at": from, "valid_from": from, "valid_to": null,
            "area": {"region": if number == 1 { "kh-poipet" } else { "KH-17" }}, "source_url": "https://example.org/said"}})
    };
    let mut features = vec![revision(1, "1", "2026-01-01T00:00:00Z")];
    if upto == "2" {
        features.push(revision(2, "4", "2026-08-22T12:00:00Z"));
    }
    let collection = json!({"type": "FeatureCollection", "issuer": "kr-mofa", "coverage": [], "source": "the bench", "licence": "CC0-1.0", "features": features});
    std::fs::write(regions.join("advisories/kr-mofa/bench.geojson"), collection.to_string()).expect("written");
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("made");
    for entry in std::fs::read_dir(from).expect("a folder").flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).expect("copied");
        }
    }
}
