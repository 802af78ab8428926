//! An agency: it has its bookings validated and watched with its key, and listens.

#![allow(dead_code)] // each folder of tests uses what it needs

use std::sync::Arc;

use cordon::flows::validation_jobs::{Jobs, Sender, Submission};
use cordon::format::document::bookings::Kind;
use cordon::format::document::csv::Mapping;
use cordon::format::policy::Policy;
use cordon::geometry::Limits;
use cordon::matching::FenceIndex;
use cordon::model;
use cordon::store::validations::Job;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::world::{Instance, World};

pub const KEY: &str = "agency";

/// A booking of one Korean who stays somewhere.
pub fn booking(reference: &str, at: (f64, f64), from: Timestamp, to: Timestamp) -> String {
    json!({"ref": reference, "party": [{"id": "p", "nationalities": ["KR"]}],
           "stops": [{"id": "s", "place": {"lat": at.0, "lon": at.1}, "arrive": from.to_string(), "depart": to.to_string()}]})
    .to_string()
}

/// Validates a file with the agency's key, and watches it where that is asked for.
pub async fn validate(service: &Instance, world: &World, lines: &[String], watch: bool) -> Job {
    let jobs = jobs(service, world);
    let submission = Submission {
        kind: Kind::Lines,
        text: lines.join("\n").into_bytes(),
        mapping: Mapping::default(),
        policy: Policy::default(),
        watch,
    };
    let sender = Sender { key: Some(KEY.to_owned()), kind: model::Kind::Actual };
    let job = jobs.submit(uuid::Uuid::now_v7().to_string(), submission, sender).await.expect("taken in");
    let job = jobs.finish(job).await.expect("done");
    if watch {
        service.watch.watch_results(&job.id, KEY).await.expect("watched");
    }
    job
}

/// What its files are worked on with.
pub fn jobs(service: &Instance, world: &World) -> Jobs {
    Jobs {
        store: service.store.clone(),
        live: Arc::clone(&service.live),
        max_age: FenceIndex::DEFAULT_MAX_AGE,
        limits: Limits::default(),
        clock: world.clock.clone(),
        router: service.router.clone(),
    }
}

/// Everything the agency hears: the events' documents.
pub async fn events(service: &Instance) -> Vec<Value> {
    let mut tx = service.store.read().await.expect("begun");
    let rows = tx.query("SELECT type, owner, traveller, data FROM event ORDER BY seq").rows().await.expect("read");
    let data = |row: &cordon::store::Row| {
        assert_eq!(row.text("type").expect("a type"), "validation.changed");
        assert_eq!(row.maybe_text("owner").expect("an owner"), Some(KEY), "it is the agency's alone");
        row.json("data").expect("JSON")
    };
    rows.iter().map(data).collect()
}

/// The same in words: `A1 clear → prohibited: entered town@1 advisory`.
pub async fn heard(service: &Instance) -> Vec<String> {
    let word = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let reason = |reason: &Value| {
        let number =
            reason["after"]["revision"].as_i64().or(reason["before"]["revision"].as_i64()).expect("a revision");
        let advisory = word(&reason["advisory"]);
        format!(
            "{} {}@{number} {}",
            word(&reason["kind"]),
            advisory.trim_start_matches("kr-mofa:"),
            word(&reason["cause"])
        )
    };
    let words = |event: Value| {
        let mut reasons: Vec<String> = event["reasons"].as_array().expect("reasons").iter().map(reason).collect();
        reasons.extend(event["indeterminate"].as_array().expect("reasons").iter().map(word));
        let [old, new] = ["old", "new"].map(|state| word(&event[state]["verdict"]));
        format!("{} {old} → {new}: {}", word(&event["ref"]), reasons.join(", "))
    };
    events(service).await.into_iter().map(words).collect()
}
