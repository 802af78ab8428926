//! A disk that is full: SQLite ends the transaction by itself, and what comes after must not suffer from it.

use cordon::store::{Store, StoreError};

use crate::support::Database;

/// Lets the file grow no more, as far as the connection that writes is concerned.
async fn fill_up(store: &Store) {
    let mut tx = store.begin().await.expect("begun");
    let pages = tx.query("PRAGMA page_count").one().await.expect("a row").int(0).expect("a number");
    let limit: &'static str = format!("PRAGMA max_page_count = {pages}").leak();
    tx.query(limit).one().await.expect("limited");
    tx.commit().await.expect("committed");
}

async fn write(store: &Store, bytes: i64) -> Result<(), StoreError> {
    let mut tx = store.begin().await?;
    tx.query("INSERT INTO ballast (words) VALUES (hex(zeroblob($1)))").bind(bytes).run().await?;
    tx.commit().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_next_transaction_works_after_the_disk_was_full() {
    let db = Database::sqlite();
    let store = db.open().await;
    let mut tx = store.begin().await.expect("begun");
    tx.query("CREATE TABLE ballast (words TEXT)").run().await.expect("made");
    tx.commit().await.expect("committed");
    for _ in 0..3 {
        fill_up(&store).await;
        let full = write(&store, 1_000_000).await;
        assert!(matches!(full, Err(StoreError::Disk(_))), "{full:?}");
        assert!(store.trouble().is_some_and(|why| why.contains("full")));
        write(&store, 10).await.expect("the next one is taken");
        store.try_disk().await.expect("it is tried");
        assert_eq!(store.trouble(), None);
    }
}
