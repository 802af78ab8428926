//! Which bookings of validated files are watched: they are subjects, and their file knows how far it has become so.

use std::collections::HashMap;

use serde_json::json;

use super::validations::Job;
use super::{StoreError, Topic, Tx, shards};

/// Lets all bookings of a job be watched.
///
/// # Errors
/// When the database cannot be written.
pub async fn begin(tx: &mut Tx, id: &str) -> Result<(), StoreError> {
    tx.query("UPDATE validation SET watch = 1 WHERE id = $1").bind(id).run().await?;
    tx.wake(Topic::Validations);
    Ok(())
}

/// The oldest job with results that are to be watched and were not looked at for it.
///
/// # Errors
/// When the database cannot be read.
pub async fn due(tx: &mut Tx) -> Result<Option<(String, Option<String>)>, StoreError> {
    let text = "SELECT id, owner FROM validation WHERE watch = 1 AND watched < done ORDER BY id LIMIT 1";
    let row = tx.query(text).row().await?;
    row.map(|row| Ok((row.text("id")?.to_owned(), row.maybe_text("owner")?.map(str::to_owned)))).transpose()
}

/// Moves how far a job was looked at. Returns whether it stood where it was thought to, and is still to be watched.
///
/// # Errors
/// When the database cannot be written.
pub async fn looked_at(tx: &mut Tx, before: &Job, to: i64) -> Result<bool, StoreError> {
    let written = tx
        .query("UPDATE validation SET watched = $3 WHERE id = $1 AND watched = $2 AND watch = 1")
        .bind(&before.id)
        .bind(before.watched)
        .bind(to)
        .run()
        .await?;
    Ok(written == 1)
}

/// Which of a job's bookings, from a number to before another, are watched.
///
/// # Errors
/// When the database cannot be read.
pub async fn watched(tx: &mut Tx, id: &str, from: i64, to: i64) -> Result<Vec<i64>, StoreError> {
    let rows = tx
        .query("SELECT number FROM subject WHERE validation = $1 AND number >= $2 AND number < $3")
        .bind(id)
        .bind(from)
        .bind(to)
        .rows()
        .await?;
    rows.iter().map(|row| row.int("number")).collect()
}

/// How many of a job's bookings are watched, and until when the last of them.
///
/// # Errors
/// When the database cannot be read.
pub async fn extent(tx: &mut Tx, id: &str) -> Result<(i64, Option<jiff::Timestamp>), StoreError> {
    let text = "SELECT count(*) AS n, max(ends_at) AS until FROM subject WHERE validation = $1";
    let row = tx.query(text).bind(id).one().await?;
    Ok((row.int("n")?, row.maybe_instant("until")?))
}

/// Ends the watch of one booking of a job, or of all of them. Returns how many were watched.
///
/// # Errors
/// When the database cannot be written.
pub async fn end(tx: &mut Tx, id: &str, number: Option<i64>) -> Result<u64, StoreError> {
    if number.is_none() {
        tx.query("UPDATE validation SET watch = 0, watched = 0 WHERE id = $1").bind(id).run().await?;
    }
    let rows = tx
        .query(
            "SELECT DISTINCT shard FROM subject WHERE validation = $1 AND (CAST($2 AS BIGINT) IS NULL OR number = $2)",
        )
        .bind(id)
        .bind(number)
        .rows()
        .await?;
    let held = rows.iter().map(|row| Ok(u8::try_from(row.int("shard")?).unwrap_or_default()));
    shards::hold_these(tx, held.collect::<Result<Vec<u8>, StoreError>>()?).await?;
    tx.query("DELETE FROM subject WHERE validation = $1 AND (CAST($2 AS BIGINT) IS NULL OR number = $2)")
        .bind(id)
        .bind(number)
        .run()
        .await
}

/// What matching a watched booking needs beside its subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sold {
    /// The key it was sent with.
    pub owner: Option<String>,
    /// The policy of its file, as JSON.
    pub policy: String,
    /// The booking's number in its file.
    pub number: i64,
    /// The booking as it was sent.
    pub text: String,
}

/// What belongs to these subjects, of those that are bookings.
///
/// # Errors
/// When the database cannot be read.
pub async fn sold(tx: &mut Tx, subjects: &[&str]) -> Result<HashMap<String, Sold>, StoreError> {
    let rows = tx
        .query(
            "SELECT s.id, v.owner, v.policy, b.number, b.text FROM @texts($1) AS r JOIN subject s ON s.id = r.value
             JOIN validation v ON v.id = s.validation
             JOIN validation_booking b ON b.validation = s.validation AND b.number = s.number",
        )
        .bind(json!(subjects).to_string())
        .rows()
        .await?;
    rows.iter()
        .map(|row| {
            let sold = Sold {
                owner: row.maybe_text("owner")?.map(str::to_owned),
                policy: row.text("policy")?.to_owned(),
                number: row.int("number")?,
                text: row.text("text")?.to_owned(),
            };
            Ok((row.text("id")?.to_owned(), sold))
        })
        .collect()
}
