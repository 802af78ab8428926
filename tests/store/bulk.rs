//! Ten thousand at a time: what a publication owes is written in one statement for each table.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::Database;

const ROWS: usize = 10_000;
/// Far above what it takes (see the figures in the store's documentation), far below a row at a time.
const LIMIT: Duration = Duration::from_secs(5);

on_both! {
    async fn ten_thousand_rows_are_inserted_and_as_many_updated_at_once(db: Database) {
        let store = db.open().await;
        let mut tx = store.begin().await.expect("begun");
        tx.query("CREATE TABLE subject_row (id TEXT PRIMARY KEY, epoch BIGINT NOT NULL, matches TEXT)").run().await.expect("made");
        tx.query("CREATE TABLE delivery_row (id TEXT PRIMARY KEY, subject TEXT NOT NULL, severity BIGINT NOT NULL, document TEXT NOT NULL)").run().await.expect("made");
        let subjects: Vec<_> = (0..ROWS).map(|n| json!({"id": format!("s{n:06}")})).collect();
        let insert = "INSERT INTO subject_row (id, epoch) SELECT r.value ->> 'id', 1 FROM @rows($1) AS r";
        tx.query(insert).bind(json!(subjects).to_string()).run().await.expect("written");
        tx.commit().await.expect("committed");

        let document = json!({"change": "entered", "advisory": "kr-mofa:kh-poipet", "text": "x".repeat(300)}).to_string();
        let deliveries: Vec<_> = (0..ROWS).map(|n| json!({"id": uuid::Uuid::now_v7().to_string(), "subject": format!("s{n:06}"), "severity": 5, "document": document})).collect();
        let changed: Vec<_> = (0..ROWS).map(|n| json!({"id": format!("s{n:06}"), "matches": format!("[{n}]")})).collect();
        let (deliveries, changed) = (json!(deliveries).to_string(), json!(changed).to_string());
        let started = Instant::now();
        let mut tx = store.begin().await.expect("begun");
        let insert = "INSERT INTO delivery_row (id, subject, severity, document)
            SELECT r.value ->> 'id', r.value ->> 'subject', CAST(r.value ->> 'severity' AS BIGINT), r.value ->> 'document' FROM @rows($1) AS r";
        assert_eq!(tx.query(insert).bind(deliveries).run().await.expect("written"), ROWS as u64);
        let update = "UPDATE subject_row SET epoch = 2, matches = r.value ->> 'matches' FROM @rows($1) AS r
            WHERE subject_row.id = r.value ->> 'id' AND subject_row.epoch = 1";
        assert_eq!(tx.query(update).bind(changed).run().await.expect("written"), ROWS as u64);
        tx.commit().await.expect("committed");
        let took = started.elapsed();
        println!("{ROWS} deliveries inserted and {ROWS} subjects updated in {took:.0?}");
        assert!(took < LIMIT, "{took:?}");
    }
}
