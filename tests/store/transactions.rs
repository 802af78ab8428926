//! Transactions, parameters and rows mean the same on both databases.

use std::collections::BTreeSet;

use cordon::store::{Store, StoreError, Topic, epoch, retry};
use jiff::Timestamp;

use crate::support::Database;

/// A table to try things on.
async fn table(store: &Store) {
    let mut tx = store.begin().await.expect("begun");
    tx.query("CREATE TABLE job (id TEXT PRIMARY KEY, n BIGINT, words TEXT, taken_by TEXT)").run().await.expect("made");
    tx.commit().await.expect("committed");
}

async fn count(store: &Store) -> i64 {
    let mut tx = store.read().await.expect("begun");
    tx.query("SELECT count(*) FROM job").one().await.expect("a row").int(0).expect("a number")
}

on_both! {
    async fn values_come_back_as_they_went(db: Database) {
        let store = db.open().await;
        table(&store).await;
        let at: Timestamp = "2025-10-20T02:00:00.123456Z".parse().expect("an instant");
        let mut tx = store.begin().await.expect("begun");
        let insert = "INSERT INTO job (id, n, words) VALUES ($1, $2, $3)";
        tx.query(insert).bind("least").bind(i64::MIN).bind("여행금지 ' \" \\ \u{10FFFF}").run().await.expect("written");
        tx.query(insert).bind("most").bind(i64::MAX).bind("").run().await.expect("written");
        tx.query(insert).bind("nothing").bind(None::<i64>).bind(None::<&str>).run().await.expect("written");
        tx.query(insert).bind("when").bind(at).bind(Some("then".to_owned())).run().await.expect("written");
        tx.query(insert).bind("yes").bind(true).bind(None::<String>).run().await.expect("written");
        tx.commit().await.expect("committed");

        let mut tx = store.read().await.expect("begun");
        let rows = tx.query("SELECT id, n, words FROM job ORDER BY id").rows().await.expect("rows");
        assert_eq!((rows[0].int("n").expect("n"), rows[0].text("words").expect("words")), (i64::MIN, "여행금지 ' \" \\ \u{10FFFF}"));
        assert_eq!((rows[1].int("n").expect("n"), rows[1].text("words").expect("words")), (i64::MAX, ""));
        assert_eq!((rows[2].maybe_int("n").expect("n"), rows[2].maybe_text("words").expect("words")), (None, None));
        assert_eq!(rows[2].maybe_instant("n").expect("n"), None);
        assert_eq!(rows[3].instant("n").expect("n"), at);
        assert!(rows[4].truth("n").expect("n"));
        assert!(matches!(rows[2].int("n"), Err(StoreError::Corrupt { column, .. }) if column.contains('n')), "a NULL is no number");
    }

    async fn a_transaction_that_is_dropped_leaves_nothing(db: Database) {
        let store = db.open().await;
        table(&store).await;
        let mut tx = store.begin().await.expect("begun");
        tx.query("INSERT INTO job (id) VALUES ('a')").run().await.expect("written");
        drop(tx);
        assert_eq!(count(&store).await, 0);
    }

    async fn a_reader_sees_one_state_while_others_write(db: Database) {
        let store = db.open().await;
        table(&store).await;
        let mut reader = store.read().await.expect("begun");
        let mut seen = async || reader.query("SELECT count(*) FROM job").one().await.expect("a row").int(0).expect("a number");
        assert_eq!(seen().await, 0);
        let mut tx = store.begin().await.expect("begun");
        tx.query("INSERT INTO job (id) VALUES ('a')").run().await.expect("written");
        tx.commit().await.expect("committed");
        assert_eq!(seen().await, 0, "it began before");
        assert_eq!(count(&store).await, 1);
    }

    async fn a_reader_cannot_write(db: Database) {
        let store = db.open().await;
        table(&store).await;
        let mut reader = store.read().await.expect("begun");
        let refused = reader.query("INSERT INTO job (id) VALUES ('a')").run().await;
        assert!(matches!(refused, Err(StoreError::Refused(_))), "{refused:?}");
    }

    async fn a_second_row_with_a_key_is_a_duplicate(db: Database) {
        let store = db.open().await;
        table(&store).await;
        let mut tx = store.begin().await.expect("begun");
        tx.query("INSERT INTO job (id) VALUES ('a')").run().await.expect("written");
        let again = tx.query("INSERT INTO job (id) VALUES ('a')").run().await;
        assert!(matches!(again, Err(StoreError::Duplicate)), "{again:?}");
    }

    /// The one parameter of a bulk write: numbers, texts, nulls and documents inside an array.
    async fn an_array_is_rows(db: Database) {
        let store = db.open().await;
        table(&store).await;
        let document = serde_json::json!({"z": 1, "a": [1.50, "ü"]}).to_string();
        let rows = serde_json::json!([
            {"id": "a", "n": i64::MAX, "words": document},
            {"id": "b", "n": null, "words": null},
        ]);
        let upsert = "INSERT INTO job (id, n, words)
            SELECT r.value ->> 'id', CAST(r.value ->> 'n' AS BIGINT), r.value ->> 'words' FROM @rows($1) AS r WHERE true
            ON CONFLICT (id) DO UPDATE SET words = excluded.words || '!'";
        let mut tx = store.begin().await.expect("begun");
        assert_eq!(tx.query(upsert).bind(rows.to_string()).run().await.expect("written"), 2);
        let found = tx.query("SELECT id, n, words FROM job ORDER BY id").rows().await.expect("rows");
        assert_eq!((found[0].int("n").expect("n"), found[0].text("words").expect("words")), (i64::MAX, document.as_str()));
        assert_eq!((found[1].maybe_int("n").expect("n"), found[1].maybe_text("words").expect("words")), (None, None));
        assert_eq!(tx.query(upsert).bind(rows.to_string()).run().await.expect("written"), 2);
        let named = r#"["b", "a", "c"]"#;
        let found = tx.query("SELECT words FROM job WHERE id IN (SELECT t.value FROM @texts($1) AS t) ORDER BY id").bind(named).rows().await;
        assert_eq!(found.expect("rows")[0].text("words").expect("words"), format!("{document}!"));
    }

    async fn rows_are_handed_over_one_by_one(db: Database) {
        let store = db.open().await;
        table(&store).await;
        let rows = serde_json::json!((0..1000).map(|n| serde_json::json!({"id": n.to_string(), "n": n})).collect::<Vec<_>>());
        let mut tx = store.begin().await.expect("begun");
        tx.query("INSERT INTO job (id, n) SELECT r.value ->> 'id', CAST(r.value ->> 'n' AS BIGINT) FROM @rows($1) AS r").bind(rows.to_string()).run().await.expect("written");
        let mut sum = 0;
        tx.query("SELECT n FROM job").each(|row| { sum += row.int("n")?; Ok(()) }).await.expect("read");
        assert_eq!(sum, 999 * 1000 / 2);
    }

    /// Sixty-four at once take jobs until none is left: each is taken by one.
    async fn no_job_is_taken_twice(db: Database) {
        let store = db.open().await;
        table(&store).await;
        let ids: Vec<_> = (0..640).map(|n| serde_json::json!({"id": format!("{n:03}")})).collect();
        let mut tx = store.begin().await.expect("begun");
        tx.query("INSERT INTO job (id) SELECT r.value ->> 'id' FROM @rows($1) AS r").bind(serde_json::json!(ids).to_string()).run().await.expect("written");
        tx.commit().await.expect("committed");
        let other = db.open().await;
        let takers: Vec<_> = (0..64).map(|taker: u32| {
            let store = if taker.is_multiple_of(2) { store.clone() } else { other.clone() };
            tokio::spawn(async move {
                let mut taken = Vec::new();
                loop {
                    let batch = retry(async || {
                        let mut tx = store.begin().await?;
                        let rows = tx.query("UPDATE job SET taken_by = $1 WHERE id IN
                            (SELECT id FROM job WHERE taken_by IS NULL ORDER BY id LIMIT 7 @skip_locked) RETURNING id").bind(taker.to_string()).rows().await?;
                        let ids = rows.iter().map(|row| Ok(row.text("id")?.to_owned())).collect::<Result<Vec<_>, StoreError>>()?;
                        tx.commit().await?;
                        Ok(ids)
                    }).await.expect("taken");
                    if batch.is_empty() { return taken }
                    taken.extend(batch);
                }
            })
        }).collect();
        let mut all = Vec::new();
        for taker in takers {
            all.extend(taker.await.expect("no panic"));
        }
        assert_eq!(all.len(), 640, "taken once each");
        assert_eq!(all.into_iter().collect::<BTreeSet<_>>().len(), 640, "and all of them");
    }

    async fn the_epoch_moves_with_its_cause_or_not_at_all(db: Database) {
        let store = db.open().await;
        let mut tx = store.begin().await.expect("begun");
        assert_eq!(epoch::current(&mut tx).await.expect("read"), 0);
        assert_eq!(epoch::advance(&mut tx, &["kr-mofa:kh-poipet", "kr-mofa:kh"]).await.expect("moved"), 1);
        drop(tx);
        let mut tx = store.begin().await.expect("begun");
        assert_eq!(epoch::advance(&mut tx, &["kr-mofa:kh-poipet", "kr-mofa:kh"]).await.expect("moved"), 1);
        assert_eq!(epoch::advance(&mut tx, &[]).await.expect("moved"), 2);
        tx.commit().await.expect("committed");
        let mut tx = store.read().await.expect("begun");
        let changes = epoch::changes_since(&mut tx, 0).await.expect("read");
        let words: Vec<_> = changes.iter().map(|c| format!("{} {}", c.epoch, c.advisory.as_deref().unwrap_or("*"))).collect();
        assert_eq!(words, ["1 kr-mofa:kh", "1 kr-mofa:kh-poipet", "2 *"]);
        assert_eq!(epoch::changes_since(&mut tx, 1).await.expect("read").len(), 1);
    }

    /// Two instances: one waits, the other publishes.
    async fn whoever_waits_is_woken_by_another_instance(db: Database) {
        let (here, there) = (db.open().await, db.open().await);
        let mut changes = here.changes(Topic::Epoch);
        let waiting = tokio::spawn(async move {
            loop {
                let mut tx = here.read().await.expect("begun");
                if epoch::current(&mut tx).await.expect("read") == 1 {
                    return;
                }
                drop(tx);
                changes.next().await;
            }
        });
        let mut tx = there.begin().await.expect("begun");
        epoch::advance(&mut tx, &[]).await.expect("moved");
        tx.commit().await.expect("committed");
        tokio::time::timeout(std::time::Duration::from_secs(20), waiting).await.expect("woken").expect("no panic");
    }
}
