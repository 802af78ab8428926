//! Writing down what became of attempts, giving up what is too late, counting, forgetting.

use jiff::Timestamp;
use serde_json::json;

use super::super::{StoreError, Tx};
use crate::model::{DeliveryState, Outcome};

/// What became of one attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settled {
    /// Which delivery.
    pub id: String,
    /// What became of it.
    pub outcome: Outcome,
    /// Whether the short form is to be sent from now on.
    pub short: bool,
    /// The HTTP status, where there was one.
    pub status: Option<u16>,
    /// In words, why it is not delivered.
    pub reason: Option<&'static str>,
}

/// Writes down what became of attempts. With a lease, only of those that are still under it: what another has taken over is another's.
///
/// # Errors
/// When the database cannot be written.
pub async fn settle(tx: &mut Tx, lease: Option<&str>, now: Timestamp, settled: &[Settled]) -> Result<u64, StoreError> {
    let rows: Vec<_> = settled
        .iter()
        .map(|s| {
            let (state, due) = match &s.outcome {
                Outcome::Delivered => (DeliveryState::Delivered, None),
                Outcome::Retry { at } => (DeliveryState::Pending, Some(at.as_microsecond())),
                Outcome::Gone => (DeliveryState::Gone, None),
                Outcome::Superseded => (DeliveryState::Superseded, None),
                Outcome::Failed => (DeliveryState::Failed, None),
            };
            json!({"id": s.id, "state": state.as_str(), "due": due, "short": i64::from(s.short), "status": s.status, "reason": s.reason})
        })
        .collect();
    // `COALESCE`: by the index over states SQLite would go through everything that is pending, for every row
    tx.query(
        "UPDATE delivery SET state = r.value ->> 'state', due_at = COALESCE(CAST(r.value ->> 'due' AS BIGINT), due_at), lease = NULL,
                short = @greatest(short, CAST(r.value ->> 'short' AS BIGINT)), status = CAST(r.value ->> 'status' AS BIGINT),
                reason = r.value ->> 'reason',
                settled_at = CASE WHEN r.value ->> 'state' = 'pending' THEN NULL ELSE CAST($2 AS BIGINT) END
         FROM @rows($1) AS r
         WHERE delivery.id = r.value ->> 'id' AND COALESCE(delivery.state, '') = 'pending' AND (CAST($3 AS TEXT) IS NULL OR delivery.lease = $3)",
    )
    .bind(serde_json::Value::from(rows).to_string())
    .bind(now)
    .bind(lease)
    .run()
    .await
}

/// Gives up what is pending beyond its deadline and in nobody's hands, and says how many.
///
/// # Errors
/// When the database cannot be written.
pub async fn fail_overdue(tx: &mut Tx, now: Timestamp) -> Result<u64, StoreError> {
    tx.query(
        "UPDATE delivery SET state = 'failed', lease = NULL, settled_at = $1, reason = 'its deadline passed'
         WHERE state = 'pending' AND deadline <= $1 AND (lease IS NULL OR due_at <= $1)",
    )
    .bind(now)
    .run()
    .await
}

/// How many deliveries are in each state.
///
/// # Errors
/// When the database cannot be read.
pub async fn counts(tx: &mut Tx) -> Result<Vec<(DeliveryState, i64)>, StoreError> {
    let rows = tx.query("SELECT state, count(*) AS n FROM delivery GROUP BY state").rows().await?;
    let mut counts = DeliveryState::ALL.map(|state| (state, 0));
    for row in &rows {
        let (state, n) = (row.text("state")?, row.int("n")?);
        if let Some(count) = counts.iter_mut().find(|(known, _)| known.as_str() == state) {
            count.1 = n;
        }
    }
    Ok(counts.to_vec())
}

/// Forgets up to `limit` settled deliveries owed before an instant whose subject is gone too, and texts nobody was sent any more.
///
/// As long as a subject is watched, what was said about it is kept: an all-clear goes to those who were told.
///
/// # Errors
/// When the database cannot be written.
pub async fn forget_before(tx: &mut Tx, at: Timestamp, limit: u32) -> Result<u64, StoreError> {
    let forgotten = tx
        .query(
            "DELETE FROM delivery WHERE id IN (
                 SELECT d.id FROM delivery d WHERE d.created_at < $1 AND d.state <> 'pending'
                     AND NOT EXISTS (SELECT 1 FROM subject j WHERE j.id = d.subject)
                 ORDER BY d.id LIMIT $2)",
        )
        .bind(at)
        .bind(limit)
        .run()
        .await?;
    tx.query(
        "DELETE FROM message WHERE digest IN (
             SELECT m.digest FROM message m WHERE m.created_at < $1
                 AND NOT EXISTS (SELECT 1 FROM delivery d WHERE d.message = m.digest) LIMIT $2)",
    )
    .bind(at)
    .bind(limit)
    .run()
    .await?;
    Ok(forgotten)
}
