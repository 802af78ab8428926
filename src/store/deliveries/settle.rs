//! Writing down what became of attempts, giving up what is too late, counting, forgetting.

use std::collections::HashMap;

use jiff::Timestamp;
use serde::Serialize;

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
    /// Whether it certainly reached nobody: refused, or there was no connection.
    pub refused: bool,
    /// The HTTP status, where there was one.
    pub status: Option<u16>,
    /// In words, why it is not delivered.
    pub reason: Option<&'static str>,
}

/// A row of [`settle`].
#[derive(Serialize)]
struct Ended<'a> {
    id: &'a str,
    due: Option<i64>,
}

/// Writes down what became of attempts. With a lease, only of those that are still under it: what another has taken over is another's.
///
/// # Errors
/// When the database cannot be written.
pub async fn settle(tx: &mut Tx, lease: Option<&str>, now: Timestamp, settled: &[Settled]) -> Result<u64, StoreError> {
    // most end alike: what is the same for many is said once, and a row has its id and when to try again
    let mut alike: HashMap<_, Vec<Ended<'_>>> = HashMap::new();
    for one in settled {
        let (state, due) = match &one.outcome {
            Outcome::Delivered => (DeliveryState::Delivered, None),
            Outcome::Retry { at } => (DeliveryState::Pending, Some(at.as_microsecond())),
            Outcome::Gone => (DeliveryState::Gone, None),
            Outcome::Superseded => (DeliveryState::Superseded, None),
            Outcome::Failed => (DeliveryState::Failed, None),
        };
        let alike = alike.entry((state.as_str(), one.short, one.refused, one.status, one.reason)).or_default();
        alike.push(Ended { id: &one.id, due });
    }
    let mut written = 0;
    for ((state, short, refused, status, reason), rows) in alike {
        let over = (state != DeliveryState::Pending.as_str()).then_some(now);
        written += tx
            .query(
                "UPDATE delivery SET state = $2, due_at = COALESCE(CAST(r.value ->> 'due' AS BIGINT), due_at), lease = NULL,
                        short = @greatest(short, CAST($3 AS BIGINT)), refused = refused + CAST($8 AS BIGINT), status = $4, reason = $5,
                        settled_at = $6
                 FROM @rows($1) AS r
                 WHERE delivery.id = r.value ->> 'id' AND COALESCE(delivery.state, '') = 'pending'
                   AND (CAST($7 AS TEXT) IS NULL OR delivery.lease = $7)",
            )
            .bind(serde_json::to_string(&rows).expect("texts and numbers become JSON"))
            .bind(state)
            .bind(short)
            .bind(status.map(u32::from))
            .bind(reason)
            .bind(over)
            .bind(lease)
            .bind(refused)
            .run()
            .await?;
    }
    Ok(written)
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
    // each part is answered from an index
    let rows = tx
        .query(
            "SELECT state, count(*) AS n FROM delivery WHERE state <> 'pending' GROUP BY state
             UNION ALL SELECT 'pending', count(*) FROM delivery WHERE state = 'pending'",
        )
        .rows()
        .await?;
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
