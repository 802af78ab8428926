//! Webhooks: where events are posted, signed with which secrets.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Row, StoreError, Tx, events};
use crate::model::{EventType, Kind};

/// How long an event is owed to a webhook: the whole schedule of attempts, and some.
pub const LIFE: SignedDuration = SignedDuration::from_hours(80);

/// A signing secret as it is stored: a document of the channel's, with the instant at which it ends.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredSecret {
    /// The channel's own document.
    pub secret: serde_json::Value,
    /// When a newer one has taken over for good; none for the newest.
    pub ends_at: Option<Timestamp>,
}

/// A webhook.
#[derive(Clone, PartialEq)]
pub struct Webhook {
    /// Its id.
    pub id: String,
    /// The key that made it.
    pub owner: String,
    /// Whether it is of an exercise.
    pub kind: Kind,
    /// Where to post.
    pub url: String,
    /// What it listens to.
    pub types: Vec<EventType>,
    /// The newest first.
    pub secrets: Vec<StoredSecret>,
    /// Why it is disabled, if it is.
    pub disabled: Option<String>,
    /// Since when every attempt has failed.
    pub failing_since: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// Stores a new webhook.
///
/// # Errors
/// When the database cannot be written.
pub async fn insert(tx: &mut Tx, webhook: &Webhook) -> Result<(), StoreError> {
    tx.query(
        "INSERT INTO webhook (id, owner, kind, url, types, secrets, state, created_at) VALUES ($1, $2, $3, $4, $5, $6, 'active', $7)",
    )
    .bind(&webhook.id)
    .bind(&webhook.owner)
    .bind(webhook.kind.word())
    .bind(&webhook.url)
    .bind(events::types_json(&webhook.types))
    .bind(json!(webhook.secrets).to_string())
    .bind(webhook.created_at)
    .run()
    .await?;
    Ok(())
}

/// One webhook of an owner.
///
/// # Errors
/// When the database cannot be read.
pub async fn find(tx: &mut Tx, owner: &str, id: &str) -> Result<Option<Webhook>, StoreError> {
    let row = tx
        .query("SELECT id, owner, kind, url, types, secrets, state, reason, failing_since, created_at FROM webhook WHERE owner = $1 AND id = $2")
        .bind(owner)
        .bind(id)
        .row()
        .await?;
    row.as_ref().map(read).transpose()
}

/// A page of an owner's webhooks, by id.
///
/// # Errors
/// When the database cannot be read.
pub async fn list(tx: &mut Tx, owner: &str, after: &str, limit: u32) -> Result<Vec<Webhook>, StoreError> {
    let rows = tx
        .query("SELECT id, owner, kind, url, types, secrets, state, reason, failing_since, created_at FROM webhook WHERE owner = $1 AND id > $2 ORDER BY id LIMIT $3")
        .bind(owner)
        .bind(after)
        .bind(limit)
        .rows()
        .await?;
    rows.iter().map(read).collect()
}

/// Writes what may change: URL, types, secrets, and that it is active again. Returns whether it is there.
///
/// # Errors
/// When the database cannot be written.
pub async fn update(tx: &mut Tx, webhook: &Webhook) -> Result<bool, StoreError> {
    let written = tx
        .query(
            "UPDATE webhook SET url = $3, types = $4, secrets = $5, state = $6, reason = $7, failing_since = $8 WHERE owner = $1 AND id = $2",
        )
        .bind(&webhook.owner)
        .bind(&webhook.id)
        .bind(&webhook.url)
        .bind(events::types_json(&webhook.types))
        .bind(json!(webhook.secrets).to_string())
        .bind(if webhook.disabled.is_some() { "disabled" } else { "active" })
        .bind(webhook.disabled.as_deref())
        .bind(webhook.failing_since)
        .run()
        .await?;
    Ok(written == 1)
}

/// Deletes a webhook with what it was owed. Returns whether it was there.
///
/// # Errors
/// When the database cannot be written.
pub async fn delete(tx: &mut Tx, owner: &str, id: &str) -> Result<bool, StoreError> {
    let gone = tx.query("DELETE FROM webhook WHERE owner = $1 AND id = $2").bind(owner).bind(id).run().await? == 1;
    if gone {
        tx.query("DELETE FROM delivery WHERE webhook = $1").bind(id).run().await?;
    }
    Ok(gone)
}

/// An attempt succeeded: the failing is over.
///
/// # Errors
/// When the database cannot be written.
pub async fn succeeded(tx: &mut Tx, ids: &str) -> Result<(), StoreError> {
    tx.query("UPDATE webhook SET failing_since = NULL WHERE failing_since IS NOT NULL AND id IN (SELECT r.value FROM @texts($1) AS r)")
        .bind(ids)
        .run()
        .await?;
    Ok(())
}

/// An attempt failed. Once that has gone on since before `limit`, or at once with `gone`, the webhook is disabled; the owner of each
/// that now is is returned with its id.
///
/// # Errors
/// When the database cannot be written.
pub async fn failed(
    tx: &mut Tx,
    ids: &str,
    now: Timestamp,
    limit: Timestamp,
    gone: bool,
) -> Result<Vec<(String, String, Kind)>, StoreError> {
    tx.query("UPDATE webhook SET failing_since = $2 WHERE failing_since IS NULL AND id IN (SELECT r.value FROM @texts($1) AS r)")
        .bind(ids)
        .bind(now)
        .run()
        .await?;
    let limit = if gone { now } else { limit };
    let rows = tx
        .query(
            "UPDATE webhook SET state = 'disabled', reason = $3
             WHERE state = 'active' AND failing_since <= $2 AND id IN (SELECT r.value FROM @texts($1) AS r)
             RETURNING owner, id, kind",
        )
        .bind(ids)
        .bind(limit)
        .bind(if gone { "the receiver answered 410 Gone" } else { "every attempt failed for days" })
        .rows()
        .await?;
    rows.iter()
        .map(|row| Ok((row.text("owner")?.to_owned(), row.text("id")?.to_owned(), row.parsed("kind", Kind::parse)?)))
        .collect()
}

fn read(row: &Row) -> Result<Webhook, StoreError> {
    let disabled = row.text("state")? == "disabled";
    Ok(Webhook {
        id: row.text("id")?.to_owned(),
        owner: row.text("owner")?.to_owned(),
        kind: row.parsed("kind", Kind::parse)?,
        url: row.text("url")?.to_owned(),
        types: row.json("types")?,
        secrets: row.json("secrets")?,
        disabled: disabled
            .then(|| row.maybe_text("reason").map(|reason| reason.unwrap_or_default().to_owned()))
            .transpose()?,
        failing_since: row.maybe_instant("failing_since")?,
        created_at: row.instant("created_at")?,
    })
}
