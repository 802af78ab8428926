//! A database is brought up to date at start, by one of those that start, and never by an older program.

use cordon::store::{LATEST, Migration, Store, StoreError};

use crate::support::Database;

const FIRST: Migration = Migration {
    number: 1,
    name: "0001_first",
    sql: "CREATE TABLE thing (id @text PRIMARY KEY); INSERT INTO thing (id) VALUES ('kept');",
};
const SECOND: Migration =
    Migration { number: 2, name: "0002_second", sql: "ALTER TABLE thing ADD COLUMN size BIGINT NOT NULL DEFAULT 7;" };
const BROKEN: Migration = Migration {
    number: 3,
    name: "0003_broken",
    sql: "CREATE TABLE half (id @text PRIMARY KEY); INSERT INTO nowhere VALUES (1);",
};

async fn things(store: &Store) -> Vec<(String, i64)> {
    let mut tx = store.read().await.expect("begun");
    let rows = tx.query("SELECT id, size FROM thing").rows().await.expect("rows");
    rows.iter().map(|row| (row.text("id").expect("id").to_owned(), row.int("size").expect("size"))).collect()
}

on_both! {
    async fn an_older_database_is_brought_up_to_date_and_keeps_what_it_holds(db: Database) {
        Store::open_with(db.url(), &[FIRST]).await.expect("opened").close().await;
        let store = Store::open_with(db.url(), &[FIRST, SECOND]).await.expect("opened");
        assert_eq!(things(&store).await, [("kept".to_owned(), 7)]);
    }

    async fn a_database_of_a_newer_program_is_refused_and_left_alone(db: Database) {
        Store::open_with(db.url(), &[FIRST, SECOND]).await.expect("opened").close().await;
        let refused = Store::open_with(db.url(), &[FIRST]).await.expect_err("refused");
        assert!(matches!(refused, StoreError::Newer { found: 2, known: 1 }), "{refused}");
        assert_eq!(refused.to_string(), "the database is at migration 2, and this program knows no further than 1: use the newer program");
        assert_eq!(things(&Store::open_with(db.url(), &[FIRST, SECOND]).await.expect("opened")).await.len(), 1);
    }

    async fn a_migration_that_fails_leaves_the_database_as_it_was(db: Database) {
        Store::open_with(db.url(), &[FIRST]).await.expect("opened").close().await;
        let failed = Store::open_with(db.url(), &[FIRST, SECOND, BROKEN]).await.expect_err("refused");
        assert!(matches!(failed, StoreError::Refused(_)), "{failed}");
        let store = Store::open_with(db.url(), &[FIRST, SECOND]).await.expect("opened");
        assert_eq!(things(&store).await, [("kept".to_owned(), 7)], "the second was undone with the third, and runs now");
    }

    async fn instances_that_start_at_once_migrate_once(db: Database) {
        let starting: Vec<_> = (0..8).map(|_| tokio::spawn(Store::open(db.url()))).collect();
        for start in starting {
            start.await.expect("no panic").expect("opened");
        }
        let store = db.open().await;
        let mut tx = store.read().await.expect("begun");
        let row = tx.query("SELECT max(number) AS last FROM migration").one().await.expect("a row");
        assert_eq!(row.int("last").expect("last"), LATEST, "and each once: a table is not made twice");
    }
}
