//! A process that is killed in the middle of a write leaves the database whole, and nobody locked out.
//!
//! The test starts itself again as the process to be killed.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use crate::support::Database;

/// Rows of one transaction.
const BATCH: i64 = 500;
/// Tells the other process which database to write into.
const VICTIM: &str = "CORDON_TEST_VICTIM";
/// Commits after which it is killed; it says so after each, and is in the midst of the next by then.
const KILLED_AFTER: [usize; 5] = [1, 2, 5, 9, 14];

/// Writes batch after batch, each in two halves of one transaction, until it is killed.
#[tokio::test]
#[ignore = "started by the test below as a process of its own"]
async fn victim() {
    let setting = std::env::var(VICTIM).expect("started by the test below");
    let url = cordon::store::DatabaseUrl::parse(&setting, "".as_ref()).expect("a URL");
    let store = cordon::store::Store::open(url).await.expect("opened");
    let mut tx = store.begin().await.expect("begun");
    let first =
        tx.query("SELECT count(*) AS n FROM batch_row").one().await.expect("a row").int("n").expect("n") / BATCH;
    drop(tx);
    for batch in first.. {
        let mut tx = store.begin().await.expect("begun");
        for half in 0..2 {
            let rows: Vec<_> =
                (0..BATCH / 2).map(|n| serde_json::json!({"id": format!("{batch:06}-{half}-{n}")})).collect();
            let insert = "INSERT INTO batch_row (id, batch) SELECT r.value ->> 'id', $2 FROM @rows($1) AS r";
            tx.query(insert).bind(serde_json::json!(rows).to_string()).bind(batch).run().await.expect("written");
        }
        tx.commit().await.expect("committed");
        println!("committed {batch}");
    }
}

on_both! {
    async fn a_kill_in_the_middle_of_a_write_leaves_whole_batches(db: Database) {
        let store = db.open().await;
        let mut tx = store.begin().await.expect("begun");
        tx.query("CREATE TABLE batch_row (id TEXT PRIMARY KEY, batch BIGINT NOT NULL)").run().await.expect("made");
        tx.commit().await.expect("committed");
        store.close().await;
        for killed_after in KILLED_AFTER {
            let mut victim = Command::new(std::env::current_exe().expect("this program"))
                .args(["--exact", "crash::victim", "--ignored", "--nocapture"])
                .env(VICTIM, db.setting())
                .stdout(Stdio::piped())
                .spawn()
                .expect("started");
            let lines = BufReader::new(victim.stdout.take().expect("piped")).lines().map_while(Result::ok);
            let last = lines.filter_map(|line| line.strip_prefix("committed ")?.parse::<i64>().ok()).nth(killed_after - 1);
            victim.kill().expect("killed");
            victim.wait().expect("ended");
            let last = last.expect("it wrote until it was killed");

            let store = db.open().await;
            let mut tx = store.begin().await.expect("nobody is locked out");
            let rows = tx.query("SELECT batch, count(*) AS n FROM batch_row GROUP BY batch ORDER BY batch").rows().await.expect("rows");
            for (expected, row) in (0..).zip(&rows) {
                assert_eq!((row.int("batch").expect("batch"), row.int("n").expect("n")), (expected, BATCH), "whole, and none missing");
            }
            assert!(i64::try_from(rows.len()).expect("few") > last, "what was said to be committed is there");
            if db.setting().starts_with("sqlite:") {
                let sound = tx.query("PRAGMA integrity_check").one().await.expect("a row");
                assert_eq!(sound.text(0).expect("text"), "ok");
            }
            drop(tx);
            store.close().await;
        }
    }
}
