//! What answers say about the subscriptions themselves.

use jiff::Timestamp;
use serde_json::json;

use super::super::{StoreError, Tx};

/// Good answers after bad ones: what was missed is forgotten.
///
/// # Errors
/// When the database cannot be written.
pub async fn answered(tx: &mut Tx, subscriptions: &[&str]) -> Result<(), StoreError> {
    tx.query("UPDATE subscription SET missed = 0 WHERE id IN (SELECT r.value FROM @texts($1) AS r)")
        .bind(json!(subscriptions).to_string())
        .run()
        .await?;
    Ok(())
}

/// Their push service asks to be sent nothing for these before an instant (`Retry-After` of a 429).
///
/// # Errors
/// When the database cannot be written.
pub async fn pause(tx: &mut Tx, subscriptions: &[(&str, Timestamp)]) -> Result<(), StoreError> {
    let rows: Vec<_> =
        subscriptions.iter().map(|(id, until)| json!({"id": id, "until": until.as_microsecond()})).collect();
    tx.query(
        "UPDATE subscription SET paused_until = CAST(r.value ->> 'until' AS BIGINT) FROM @rows($1) AS r
         WHERE subscription.id = r.value ->> 'id'",
    )
    .bind(serde_json::Value::from(rows).to_string())
    .run()
    .await?;
    Ok(())
}

/// Subscriptions that the push service does not know any more: they are deleted.
///
/// # Errors
/// When the database cannot be written.
pub async fn gone(tx: &mut Tx, subscriptions: &[&str]) -> Result<u64, StoreError> {
    tx.query("DELETE FROM subscription WHERE id IN (SELECT r.value FROM @texts($1) AS r)")
        .bind(json!(subscriptions).to_string())
        .run()
        .await
}

/// Answers 404, which may pass: returns the subscriptions that had one before, and are now taken to be gone.
///
/// # Errors
/// When the database cannot be written.
pub async fn missed(tx: &mut Tx, subscriptions: &[&str]) -> Result<Vec<String>, StoreError> {
    let rows = tx
        .query("UPDATE subscription SET missed = missed + 1 WHERE id IN (SELECT r.value FROM @texts($1) AS r) RETURNING id, missed")
        .bind(json!(subscriptions).to_string())
        .rows()
        .await?;
    let mut twice = Vec::new();
    for row in &rows {
        if row.int("missed")? >= 2 {
            twice.push(row.text("id")?.to_owned());
        }
    }
    Ok(twice)
}

/// Subscriptions made with a key that the service does not take from us: the page must subscribe again. They are never deleted for it.
///
/// # Errors
/// When the database cannot be written.
pub async fn must_resubscribe(tx: &mut Tx, subscriptions: &[&str]) -> Result<(), StoreError> {
    tx.query("UPDATE subscription SET state = 'must_resubscribe' WHERE id IN (SELECT r.value FROM @texts($1) AS r)")
        .bind(json!(subscriptions).to_string())
        .run()
        .await?;
    Ok(())
}

/// Deletes subscriptions of browsers that were not renewed since an instant: Apple's service, for one, takes messages for dead ones.
///
/// # Errors
/// When the database cannot be written.
pub async fn expire_silent(tx: &mut Tx, since: Timestamp) -> Result<u64, StoreError> {
    tx.query("DELETE FROM subscription WHERE channel = 'web_push' AND COALESCE(renewed_at, created_at) < $1")
        .bind(since)
        .run()
        .await
}
