//! Who wants to be told, over which channel.

use jiff::Timestamp;
use serde_json::json;

use super::{Row, StoreError, Tx};
use crate::model::{Channel, Kind, Severity, Subscription, SubscriptionState};

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT s.id, s.traveller, s.kind, s.channel, s.lane, s.endpoint, s.p256dh, s.auth, s.vapid_key, s.webhook, s.lang, ",
            "s.min_severity, s.issuers, s.upcoming, s.state, s.revision, s.created_at FROM ",
            $rest
        )
    };
}

/// A channel in columns: its type, endpoint, p256dh, auth, VAPID key, webhook.
type Columns<'a> = (&'static str, Option<&'a str>, Option<&'a str>, Option<&'a str>, Option<&'a str>, Option<&'a str>);

fn columns(channel: &Channel) -> Columns<'_> {
    match channel {
        Channel::WebPush { endpoint, p256dh, auth, vapid_key } => {
            ("web_push", Some(endpoint), Some(p256dh), Some(auth), Some(vapid_key), None)
        }
        Channel::Webhook { webhook } => ("webhook", None, None, None, None, Some(webhook)),
    }
}

/// Stores a new one. Of a browser's endpoint a traveller has one: subscribing again renews it, and it keeps its id. Gives the id.
///
/// # Errors
/// When the database cannot be written.
pub async fn put(tx: &mut Tx, subscription: &Subscription) -> Result<String, StoreError> {
    let (channel, endpoint, p256dh, auth, vapid_key, webhook) = columns(&subscription.channel);
    let row = tx
        .query(
            "INSERT INTO subscription (id, traveller, kind, channel, lane, endpoint, p256dh, auth, vapid_key, webhook, lang, min_severity,
                                       issuers, upcoming, state, missed, revision, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, 0, $16, $17)
             ON CONFLICT (traveller, endpoint) WHERE endpoint IS NOT NULL DO UPDATE SET lane = $5, p256dh = $7, auth = $8, vapid_key = $9,
                 lang = $11, min_severity = $12, issuers = $13, upcoming = $14, state = $15, missed = 0,
                 revision = subscription.revision + 1, renewed_at = $17
             RETURNING id",
        )
        .bind(&subscription.id)
        .bind(&subscription.traveller)
        .bind(subscription.kind.word())
        .bind(channel)
        .bind(subscription.lane.as_deref())
        .bind(endpoint)
        .bind(p256dh)
        .bind(auth)
        .bind(vapid_key)
        .bind(webhook)
        .bind(&subscription.lang)
        .bind(subscription.min_severity.get())
        .bind(json!(subscription.issuers).to_string())
        .bind(subscription.upcoming)
        .bind(subscription.state.word())
        .bind(subscription.revision)
        .bind(subscription.created_at)
        .one()
        .await?;
    Ok(row.text("id")?.to_owned())
}

/// Writes what its owner changed: what it asks for and in which language; whether it was still at the revision before.
///
/// # Errors
/// When the database cannot be written.
pub async fn update(tx: &mut Tx, subscription: &Subscription) -> Result<bool, StoreError> {
    let written = tx
        .query(
            "UPDATE subscription SET lang = $2, min_severity = $3, issuers = $4, upcoming = $5, revision = $6
             WHERE id = $1 AND revision = $6 - 1",
        )
        .bind(&subscription.id)
        .bind(&subscription.lang)
        .bind(subscription.min_severity.get())
        .bind(json!(subscription.issuers).to_string())
        .bind(subscription.upcoming)
        .bind(subscription.revision)
        .run()
        .await?;
    Ok(written == 1)
}

/// Writes where one's messages go from now on: it takes them again, and what is still owed to it goes there too.
///
/// # Errors
/// When the database cannot be written.
pub async fn move_to(tx: &mut Tx, subscription: &Subscription, now: Timestamp) -> Result<(), StoreError> {
    let (channel, endpoint, p256dh, auth, vapid_key, webhook) = columns(&subscription.channel);
    tx.query(
        "UPDATE subscription SET channel = $2, lane = $3, endpoint = $4, p256dh = $5, auth = $6, vapid_key = $7, webhook = $8, state = $9,
             missed = 0, renewed_at = $10
         WHERE id = $1",
    )
    .bind(&subscription.id)
    .bind(channel)
    .bind(subscription.lane.as_deref())
    .bind(endpoint)
    .bind(p256dh)
    .bind(auth)
    .bind(vapid_key)
    .bind(webhook)
    .bind(subscription.state.word())
    .bind(now)
    .run()
    .await?;
    tx.query("UPDATE delivery SET lane = $2 WHERE subscription = $1 AND state = 'pending' AND lane <> $2")
        .bind(&subscription.id)
        .bind(subscription.lane.as_deref())
        .run()
        .await?;
    Ok(())
}

/// One of a traveller's.
///
/// # Errors
/// When the database cannot be read.
pub async fn find(tx: &mut Tx, traveller: &str, id: &str) -> Result<Option<Subscription>, StoreError> {
    let text = select!("subscription s WHERE s.id = $1 AND s.traveller = $2");
    tx.query(text).bind(id).bind(traveller).row().await?.as_ref().map(read).transpose()
}

/// All of some travellers, those that take no messages among them.
///
/// # Errors
/// When the database cannot be read.
pub async fn of_travellers(tx: &mut Tx, travellers: &[&str]) -> Result<Vec<Subscription>, StoreError> {
    let text = select!("@texts($1) AS r JOIN subscription s ON s.traveller = r.value ORDER BY s.id");
    tx.query(text).bind(json!(travellers).to_string()).rows().await?.iter().map(read).collect()
}

/// Gives a traveller's subscriptions in one language another.
///
/// # Errors
/// When the database cannot be written.
pub async fn speak(tx: &mut Tx, traveller: &str, from: &str, to: &str) -> Result<u64, StoreError> {
    let text = "UPDATE subscription SET lang = $3, revision = revision + 1 WHERE traveller = $1 AND lang = $2";
    tx.query(text).bind(traveller).bind(from).bind(to).run().await
}

/// Ends one of a traveller's, with everything that is still owed to it. Returns whether it was there.
///
/// # Errors
/// When the database cannot be written.
pub async fn delete(tx: &mut Tx, traveller: &str, id: &str) -> Result<bool, StoreError> {
    let deleted =
        tx.query("DELETE FROM subscription WHERE id = $1 AND traveller = $2").bind(id).bind(traveller).run().await?;
    if deleted == 1 {
        tx.query("DELETE FROM delivery WHERE subscription = $1 AND state = 'pending'").bind(id).run().await?;
    }
    Ok(deleted == 1)
}

fn read(row: &Row) -> Result<Subscription, StoreError> {
    let text = |column| Ok::<_, StoreError>(row.maybe_text(column)?.unwrap_or_default().to_owned());
    Ok(Subscription {
        id: row.text("id")?.to_owned(),
        traveller: row.text("traveller")?.to_owned(),
        kind: row.parsed("kind", Kind::parse)?,
        channel: match row.text("channel")? {
            "web_push" => Channel::WebPush {
                endpoint: text("endpoint")?,
                p256dh: text("p256dh")?,
                auth: text("auth")?,
                vapid_key: text("vapid_key")?,
            },
            _ => Channel::Webhook { webhook: text("webhook")? },
        },
        lane: row.maybe_text("lane")?.map(str::to_owned),
        lang: row.text("lang")?.to_owned(),
        min_severity: u8::try_from(row.int("min_severity")?)
            .ok()
            .and_then(|severity| Severity::try_from(severity).ok())
            .unwrap_or_default(),
        issuers: row.json("issuers")?,
        upcoming: row.truth("upcoming")?,
        state: row.parsed("state", SubscriptionState::parse)?,
        revision: u32::try_from(row.int("revision")?).unwrap_or_default(),
        created_at: row.instant("created_at")?,
    })
}
