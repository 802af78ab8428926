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
use cordon::geometry::{Limits, Position};
use cordon::live::Live;
use cordon::matching::{FenceIndex, Whereabouts};
use cordon::model::{Places, RegionCode};
use cordon::store::{DatabaseUrl, Store, shards};
use cordon::telemetry::Meter;
use cordon_benches::measure;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use uuid::Uuid;

/// The advisories are of these days.
const NOW: &str = "2026-08-22T12:00:00Z";
/// Rows written in one statement.
const ROWS: usize = 20_000;

fn main() {
    let argument =
        |n: usize, default: usize| std::env::args().nth(n).map_or(default, |text| text.parse().expect("a number"));
    let (subjects, affected) = (argument(1, 1_000_000), argument(2, 10_000));
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let folder = tempfile::tempdir().expect("a folder");
    let sqlite = format!("sqlite:{}", folder.path().join("cordon.db").display());
    runtime.block_on(measured("SQLite", &sqlite, subjects, affected));
    if let Ok(words) = std::env::var("CORDON_TEST_POSTGRES") {
        let host = words.split(' ').find_map(|word| word.strip_prefix("host=")).expect("a host");
        let url = format!("postgres://cordon@localhost/postgres?host={}", host.replace('/', "%2F"));
        runtime.block_on(measured("PostgreSQL", &url, subjects, affected));
    }
}

async fn measured(name: &str, url: &str, subjects: usize, affected: usize) {
    let regions = tempfile::tempdir().expect("a folder");
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../regions"), regions.path());
    raise(regions.path(), "1");
    let store = Store::open(DatabaseUrl::parse(url, Path::new("")).expect("a URL")).await.expect("a database");
    let now: Timestamp = NOW.parse().expect("an instant");
    let live = Live::start(regions.path(), Limits::default(), None, &store, now).await.expect("the data");
    let live = Arc::new(live);
    fill(&store, &live, now, subjects, affected).await;

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
    println!("{name}: {subjects} watched, {affected} affected");
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

/// Half of the subjects are positions, half trips of three stops; of those affected each has one place in the province.
async fn fill(store: &Store, live: &Live, now: Timestamp, subjects: usize, affected: usize) {
    let snapshot = live.snapshot();
    let province = snapshot.regions.get(&RegionCode::parse("KH-17").expect("a code")).expect("Siem Reap");
    let shape = province.shape().expect("an outline");
    let index = cordon::geometry::ShapeIndex::build(vec![cordon::geometry::Entry {
        shape: Arc::clone(shape),
        accuracy_m: 5_000.0,
        policy: cordon::geometry::Policy::Closed,
    }]);
    let bounds = shape.bounds().expect("an outline");
    let mut dice = Dice(42);
    let mut anywhere = || loop {
        let p = Position::new(dice.between(-55.0, 70.0), dice.between(-180.0, 180.0)).expect("in range");
        let p = p.with_accuracy(100.0).expect("in range");
        if index.locate(p).is_empty() {
            return p;
        }
    };
    let mut other = Dice(7);
    let mut inside = || loop {
        let (low, high) = (bounds.min, bounds.max);
        let lat = other.between(low.lat_degrees(), high.lat_degrees());
        let p = Position::new(lat, other.between(low.lon_degrees(), high.lon_degrees())).expect("in range");
        let p = p.with_accuracy(100.0).expect("in range");
        if index.locate(p).iter().any(|placed| placed.placement == cordon::geometry::Placement::Inside) {
            return p;
        }
    };
    let every = subjects / affected.max(1);
    let mut rows: Vec<Value> = Vec::with_capacity(ROWS);
    for i in 0..subjects {
        let hit = i % every == 0 && i / every < affected;
        let places = if i % 2 == 0 {
            vec![if hit { inside() } else { anywhere() }]
        } else {
            vec![anywhere(), if hit { inside() } else { anywhere() }, anywhere()]
        };
        rows.push(subject(&places, hit, now, snapshot.epoch));
        if rows.len() == ROWS || i + 1 == subjects {
            write(store, &std::mem::take(&mut rows)).await;
        }
    }
    let mut tx = store.begin().await.expect("begun");
    tx.query("UPDATE shard SET seq = 1, epoch = $1").bind(snapshot.epoch.cast_signed()).run().await.expect("written");
    tx.commit().await.expect("committed");
}

/// A traveller with a subscription where they will be told, and one thing that is watched.
fn subject(at: &[Position], hit: bool, now: Timestamp, epoch: u64) -> Value {
    let traveller = Uuid::now_v7().to_string();
    let places = Places { positions: at.to_vec(), boxes: vec![], always: false }.encode();
    let (concern, document) = if let [only] = at {
        let mut state = Whereabouts::default();
        state.take(*only, now, &Default::default());
        ("position", json!(state))
    } else {
        let day = |n: usize| (now + SignedDuration::from_hours(24 * i64::try_from(n).expect("few"))).to_string();
        let stop = |(n, p): (usize, &Position)| json!({"id": n.to_string(), "place": {"lat": p.lat(), "lon": p.lon(), "accuracy_m": 100.0}, "arrive": day(n + 1), "depart": day(n + 2)});
        let stops: Vec<Value> = at.iter().enumerate().map(stop).collect();
        let leg =
            |n: usize| json!({"id": n.to_string(), "from": n.to_string(), "to": (n + 1).to_string(), "mode": "air"});
        let legs: Vec<Value> = (0..at.len() - 1).map(leg).collect();
        ("trip", json!({"itinerary": {"stops": stops, "legs": legs}}))
    };
    json!({"id": Uuid::now_v7().to_string(), "traveller": traveller, "shard": shards::of(&traveller), "epoch": epoch, "concern": concern,
           "document": document.to_string(), "places": places, "at": now.as_microsecond(), "hit": i64::from(hit),
           "subscription": Uuid::now_v7().to_string()})
}

async fn write(store: &Store, rows: &[Value]) {
    let rows = Value::from(rows.to_vec()).to_string();
    let mut tx = store.begin().await.expect("begun");
    for text in [
        "INSERT INTO traveller (id, token_hash, kind, owner, profile, lang, revision, created_at, seen_at)
         SELECT r.value ->> 'traveller', r.value ->> 'traveller', 'actual', NULL, '{\"nationalities\":[\"KR\"]}', 'en', 1,
                CAST(r.value ->> 'at' AS BIGINT), CAST(r.value ->> 'at' AS BIGINT) FROM @rows($1) AS r",
        "INSERT INTO subject (id, traveller, kind, concern, shard, seq, epoch, revision, document, places, matches, upcoming, created_at,
                              updated_at, ends_at)
         SELECT r.value ->> 'id', r.value ->> 'traveller', 'actual', r.value ->> 'concern', CAST(r.value ->> 'shard' AS BIGINT), 1,
                CAST(r.value ->> 'epoch' AS BIGINT), 1, r.value ->> 'document', r.value ->> 'places', '{}', '{}',
                CAST(r.value ->> 'at' AS BIGINT), CAST(r.value ->> 'at' AS BIGINT), CAST(r.value ->> 'at' AS BIGINT) * 2
         FROM @rows($1) AS r",
        "INSERT INTO subscription (id, traveller, kind, channel, lane, endpoint, p256dh, auth, vapid_key, webhook, lang, min_severity,
                                   issuers, upcoming, state, missed, last_ok_at, revision, created_at)
         SELECT r.value ->> 'subscription', r.value ->> 'traveller', 'actual', 'web_push', 'https://push.example', r.value ->> 'subscription',
                'k', 'a', 'v', NULL, 'en', 3, '[]', 0, 'active', 0, NULL, 1, CAST(r.value ->> 'at' AS BIGINT)
         FROM @rows($1) AS r WHERE CAST(r.value ->> 'hit' AS BIGINT) = 1",
    ] {
        tx.query(text).bind(&rows).run().await.expect("written");
    }
    tx.commit().await.expect("committed");
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

/// xorshift64*, so that every run asks the same.
struct Dice(u64);

impl Dice {
    fn between(&mut self, from: f64, to: f64) -> f64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let share = (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 11) as f64 / (1_u64 << 53) as f64;
        from + share * (to - from)
    }
}
