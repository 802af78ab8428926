//! Travellers with something that is watched, by the million.

use std::sync::Arc;

use cordon::geometry::Position;
use cordon::live::Live;
use cordon::matching::Whereabouts;
use cordon::model::{Places, RegionCode};
use cordon::store::{Store, shards};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::questions::Dice;

/// Rows written in one statement.
const ROWS: usize = 20_000;

/// Fills a new database with so many subjects: half of them positions, half trips of three stops. Of those affected each has one place in
/// Siem Reap province, and a subscription; all others have none there.
///
/// # Panics
/// When the database does not take them.
pub async fn fill(store: &Store, live: &Live, now: Timestamp, subjects: usize, affected: usize) {
    let snapshot = live.snapshot();
    let province = snapshot.regions.get(&RegionCode::parse("KH-17").expect("a code")).expect("Siem Reap");
    let shape = province.shape().expect("an outline");
    let index = cordon::geometry::ShapeIndex::build(vec![cordon::geometry::Entry {
        shape: Arc::clone(shape),
        accuracy_m: 5_000.0,
        policy: cordon::geometry::Policy::Closed,
    }]);
    let bounds = shape.bounds().expect("an outline");
    let mut dice = Dice::new(42);
    let mut anywhere = || loop {
        let p = Position::new(dice.between(-55.0, 70.0), dice.between(-180.0, 180.0)).expect("in range");
        let p = p.with_accuracy(100.0).expect("in range");
        if index.locate(p).is_empty() {
            return p;
        }
    };
    let mut other = Dice::new(7);
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
                                   issuers, upcoming, state, missed, revision, created_at)
         SELECT r.value ->> 'subscription', r.value ->> 'traveller', 'actual', 'web_push', 'https://push.example', r.value ->> 'subscription',
                'k', 'a', 'v', NULL, 'en', 3, '[]', 0, 'active', 0, 1, CAST(r.value ->> 'at' AS BIGINT)
         FROM @rows($1) AS r WHERE CAST(r.value ->> 'hit' AS BIGINT) = 1",
    ] {
        tx.query(text).bind(&rows).run().await.expect("written");
    }
    tx.commit().await.expect("committed");
}
