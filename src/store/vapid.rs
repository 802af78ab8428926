//! The keys that push messages are signed with: the newest to subscribe with, older ones for the subscriptions made with them.

use std::collections::HashMap;

use jiff::Timestamp;

use super::{StoreError, Tx};

/// A stored key pair. The private half is stored as it is: whoever reads the database can send in our name, and nothing else.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredVapidKey {
    /// The public half, base64url; also its name.
    pub public: String,
    /// The private half, base64url.
    pub private: String,
    /// When it was made.
    pub created_at: Timestamp,
}

/// All keys, the newest first.
///
/// # Errors
/// When the database cannot be read.
pub async fn all(tx: &mut Tx) -> Result<Vec<StoredVapidKey>, StoreError> {
    let rows =
        tx.query("SELECT public, private, created_at FROM vapid_key ORDER BY created_at DESC, public").rows().await?;
    rows.iter()
        .map(|row| {
            Ok(StoredVapidKey {
                public: row.text("public")?.to_owned(),
                private: row.text("private")?.to_owned(),
                created_at: row.instant("created_at")?,
            })
        })
        .collect()
}

/// How many subscriptions were made with each key.
///
/// # Errors
/// When the database cannot be read.
pub async fn in_use(tx: &mut Tx) -> Result<HashMap<String, usize>, StoreError> {
    let rows = tx
        .query("SELECT vapid_key, count(*) AS n FROM subscription WHERE vapid_key IS NOT NULL GROUP BY vapid_key")
        .rows()
        .await?;
    rows.iter()
        .map(|row| Ok((row.text("vapid_key")?.to_owned(), row.int("n")?.try_into().unwrap_or_default())))
        .collect()
}

/// Forgets keys that a newer one replaced before an instant, and that no subscription was made with. Returns how many.
///
/// # Errors
/// When the database cannot be written.
pub async fn retire(tx: &mut Tx, replaced_before: Timestamp) -> Result<u64, StoreError> {
    tx.query(
        "DELETE FROM vapid_key WHERE EXISTS (SELECT 1 FROM vapid_key n WHERE n.created_at > vapid_key.created_at AND n.created_at < $1)
             AND NOT EXISTS (SELECT 1 FROM subscription s WHERE s.vapid_key = vapid_key.public)",
    )
    .bind(replaced_before)
    .run()
    .await
}

/// Stores a pair, which becomes the one to subscribe with.
///
/// # Errors
/// When the database cannot be written.
pub async fn insert(tx: &mut Tx, public: &str, private: &str, now: Timestamp) -> Result<(), StoreError> {
    tx.query("INSERT INTO vapid_key (public, private, created_at) VALUES ($1, $2, $3)")
        .bind(public)
        .bind(private)
        .bind(now)
        .run()
        .await?;
    Ok(())
}

/// Stores a pair only if there is none yet: of two instances that start at once, one makes the key.
///
/// # Errors
/// When the database cannot be written.
pub async fn insert_first(tx: &mut Tx, public: &str, private: &str, now: Timestamp) -> Result<(), StoreError> {
    // the counter's row is the lock: PostgreSQL would let both see an empty table
    tx.query("UPDATE event_counter SET value = value").run().await?;
    tx.query(
        "INSERT INTO vapid_key (public, private, created_at)
         SELECT $1, $2, CAST($3 AS BIGINT) WHERE NOT EXISTS (SELECT 1 FROM vapid_key)",
    )
    .bind(public)
    .bind(private)
    .bind(now)
    .run()
    .await?;
    Ok(())
}
