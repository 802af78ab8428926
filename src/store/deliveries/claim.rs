//! Taking what is due into hand: under a lease, the gravest first, lane by lane.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::super::query::instant;
use super::super::webhooks::StoredSecret;
use super::super::{StoreError, Tx};
use super::told::{Told, heard, told_last};
use crate::model::{Concern, Happening, MatchSet, RevisionId, Severity, Upcoming};

/// Whom a delivery is for, as stored.
#[derive(Clone)]
pub enum Recipient {
    /// A browser.
    Push {
        /// Where to post; a capability, never to be logged.
        endpoint: String,
        /// The browser's public key, base64url.
        p256dh: String,
        /// The shared secret, base64url.
        auth: String,
        /// The key that the browser subscribed with.
        vapid_key: String,
    },
    /// A webhook.
    Webhook {
        /// Which.
        id: String,
        /// Where to post.
        url: String,
        /// What to sign with.
        secrets: Vec<StoredSecret>,
    },
    /// Nobody any more: unsubscribed, or disabled.
    Nobody,
}

/// What an event's webhook is told.
#[derive(Clone, Debug)]
pub struct EventBody {
    /// The type.
    pub kind: String,
    /// When it happened.
    pub at: Timestamp,
    /// What there is to say, as JSON.
    pub data: String,
}

/// A delivery that is due, with all that sending it needs.
#[derive(Clone)]
pub struct Claimed {
    /// Its id.
    pub id: String,
    /// `actual`, `exercise` or `test`.
    pub kind: String,
    /// The subscription it is owed to.
    pub subscription: Option<String>,
    /// For whom it is.
    pub recipient: Recipient,
    /// From which severity on the recipient wants to be told.
    pub least: Option<Severity>,
    /// The recipient's language.
    pub lang: String,
    /// How often in a row the push service did not know the recipient.
    pub missed: u32,
    /// What the transition happened to.
    pub subject: Option<String>,
    /// Whether that is a trip or a position.
    pub concern: Option<Concern>,
    /// What happened.
    pub happening: Option<Arc<Happening>>,
    /// The revision that it is about.
    pub revision: Option<u32>,
    /// The event, where it is about one.
    pub event: Option<EventBody>,
    /// 0 to 5.
    pub severity: u8,
    /// Attempts begun before.
    pub attempts: u32,
    /// Whether the short form was asked for.
    pub short: bool,
    /// After this it helps nobody.
    pub deadline: Timestamp,
    /// What was said at the first attempt.
    pub frozen: Option<String>,
    /// Whether a later one about the same is owed or was sent, which stands for this one.
    pub newer: bool,
    /// The revision that was said last about the same, and no all-clear taken since; none where they were told nothing that still stands.
    pub told: Option<Told>,
    /// By what the subject is concerned now; none when it is gone.
    pub matches: Option<Arc<MatchSet>>,
    /// By what it will be, as far as that is announced.
    pub upcoming: Option<Arc<Upcoming>>,
}

/// The lanes that have anything pending.
///
/// # Errors
/// When the database cannot be read.
pub async fn busy_lanes(tx: &mut Tx) -> Result<Vec<String>, StoreError> {
    // a loose scan of the index: a step per lane, however many deliveries there are
    let rows = tx
        .query(
            "WITH RECURSIVE found(lane) AS (
                 SELECT min(lane) FROM delivery WHERE state = 'pending'
                 UNION ALL
                 SELECT (SELECT min(d.lane) FROM delivery d WHERE d.state = 'pending' AND d.lane > found.lane)
                 FROM found WHERE found.lane IS NOT NULL
             )
             SELECT lane FROM found WHERE lane IS NOT NULL",
        )
        .rows()
        .await?;
    rows.iter().map(|row| Ok(row.text("lane")?.to_owned())).collect()
}

/// Up to `limit` deliveries of a lane that are due, the gravest first, kept from others until the transaction ends.
///
/// One about the same subject and advisory as another that is under way waits for it: the older must not arrive after the newer. What
/// only has come to the surface waits for the all-clears, which may say it themselves.
///
/// # Errors
/// When the database cannot be read.
pub async fn claim(tx: &mut Tx, lane: &str, now: Timestamp, limit: u32) -> Result<Vec<Claimed>, StoreError> {
    let row = tx
        .query(concat!(
            "SELECT CAST(@group(@array(d.id, d.kind, d.subscription, d.subject, d.concern, d.happening, d.revision, d.severity, d.attempts, d.short,
                    d.deadline, m.document, s.state, s.lang, s.min_severity, s.missed, s.endpoint, s.p256dh, s.auth, s.vapid_key,
                    w.id, w.state, w.url, w.secrets, e.type, e.at, e.data, j.matches, j.upcoming,
                    CASE WHEN EXISTS (SELECT 1 FROM delivery n WHERE n.subscription = d.subscription AND n.subject = d.subject
                        AND n.advisory = d.advisory AND n.id > d.id
                        AND ((n.owed IN ('upcoming', 'cancelled')) = (d.owed IN ('upcoming', 'cancelled'))
                            OR (d.owed = 'upcoming' AND n.revision >= d.revision)))
                        THEN 1 ELSE 0 END,
                    ",
                told_last!("d.subscription", "d.subject", "d.advisory", "d.owed", "d.revision", "t.id < d.id AND t.attempts > t.refused"),
                ")) AS TEXT) AS claimed
             FROM (SELECT d.* FROM delivery d
                 WHERE d.state = 'pending' AND d.lane = $1 AND d.due_at <= $2 AND NOT EXISTS (
                     SELECT 1 FROM delivery o WHERE o.subscription = d.subscription AND o.subject = d.subject AND o.advisory = d.advisory
                         AND o.state = 'pending' AND o.lease IS NOT NULL AND o.due_at > $2)
                     AND NOT EXISTS (SELECT 1 FROM subscription p WHERE p.id = d.subscription AND p.paused_until > $2)
                     AND (COALESCE(d.owed, '') <> 'surfaced' OR NOT EXISTS (
                         SELECT 1 FROM delivery o WHERE o.subscription = d.subscription AND o.subject = d.subject
                             AND o.owed = 'all_clear' AND o.state = 'pending'))
                 ORDER BY d.severity DESC, d.due_at, d.id LIMIT $3 @skip_locked) d
             LEFT JOIN subscription s ON s.id = d.subscription
             LEFT JOIN webhook w ON w.id = COALESCE(d.webhook, s.webhook)
             LEFT JOIN event e ON e.seq = d.event
             LEFT JOIN message m ON m.digest = d.message
             LEFT JOIN subject j ON j.id = COALESCE(d.subject, e.subject)"
        ))
        .bind(lane)
        .bind(now)
        .bind(limit)
        .one()
        .await?;
    let rows: Vec<Columns> = row.maybe_text("claimed")?.map_or(Ok(Vec::new()), |text| read("claimed", text))?;
    let mut documents = Documents::default();
    let claimed = rows.into_iter().map(|columns| claimed(columns, &mut documents)).collect::<Result<Vec<_>, _>>();
    let mut claimed = claimed?;
    claimed.sort_by(|a, b| b.severity.cmp(&a.severity).then_with(|| a.id.cmp(&b.id)));
    Ok(claimed)
}

/// A claimed delivery that is about to be sent.
#[derive(Clone, Debug)]
pub struct Sending<'a> {
    /// Its id.
    pub id: &'a str,
    /// What is said, with its digest: stored at the first attempt.
    pub message: Option<(&'a str, &'a str)>,
    /// The revision that it says still holds.
    pub remains: Option<&'a RevisionId>,
}

/// Puts claimed deliveries under a lease until `until`, counts the attempt and freezes what is said.
///
/// # Errors
/// When the database cannot be written.
pub async fn mark_sending(
    tx: &mut Tx,
    lease: &str,
    now: Timestamp,
    until: Timestamp,
    sending: &[Sending<'_>],
) -> Result<(), StoreError> {
    let mut texts: Vec<_> = sending.iter().filter_map(|s| s.message).collect();
    texts.sort_unstable();
    texts.dedup();
    if !texts.is_empty() {
        let texts: Vec<_> =
            texts.iter().map(|(digest, document)| json!({"digest": digest, "document": document})).collect();
        tx.query(
            "INSERT INTO message (digest, document, created_at)
             SELECT r.value ->> 'digest', r.value ->> 'document', CAST($2 AS BIGINT) FROM @rows($1) AS r WHERE true
             ON CONFLICT (digest) DO NOTHING",
        )
        .bind(serde_json::Value::from(texts).to_string())
        .bind(now)
        .run()
        .await?;
    }
    let rows: Vec<_> = sending.iter().map(marked).collect();
    tx.query(
        "UPDATE delivery SET lease = $2, due_at = $3, attempts = attempts + 1, message = COALESCE(message, r.value ->> 'message'),
                remains = r.value ->> 'remains', remains_revision = CAST(r.value ->> 'remains_revision' AS BIGINT)
         FROM @rows($1) AS r WHERE delivery.id = r.value ->> 'id'",
    )
    .bind(serde_json::to_string(&rows).expect("texts become JSON"))
    .bind(lease)
    .bind(until)
    .run()
    .await?;
    Ok(())
}

/// A row of [`mark_sending`].
#[derive(Serialize)]
struct Marked<'a> {
    id: &'a str,
    message: Option<&'a str>,
    remains: Option<&'a str>,
    remains_revision: Option<u32>,
}

fn marked<'a>(sending: &Sending<'a>) -> Marked<'a> {
    Marked {
        id: sending.id,
        message: sending.message.map(|(digest, _)| digest),
        remains: sending.remains.map(|revision| revision.advisory.as_str()),
        remains_revision: sending.remains.map(|revision| revision.number),
    }
}

/// The columns that [`claim`] reads, in their order.
#[derive(Deserialize)]
struct Columns {
    id: String,
    kind: String,
    subscription: Option<String>,
    subject: Option<String>,
    concern: Option<Concern>,
    happening: Option<String>,
    revision: Option<u32>,
    severity: u8,
    attempts: u32,
    short: u8,
    deadline: i64,
    frozen: Option<String>,
    subscribed: Option<String>,
    lang: Option<String>,
    least: Option<Severity>,
    missed: Option<u32>,
    endpoint: Option<String>,
    p256dh: Option<String>,
    auth: Option<String>,
    vapid_key: Option<String>,
    webhook: Option<String>,
    hooked: Option<String>,
    url: Option<String>,
    secrets: Option<String>,
    event: Option<String>,
    event_at: Option<i64>,
    event_data: Option<String>,
    matches: Option<String>,
    upcoming: Option<String>,
    newer: u8,
    told: Option<i64>,
}

/// Documents already read: many deliveries are about the same, and their subjects are concerned alike.
#[derive(Default)]
struct Documents {
    happenings: HashMap<String, Arc<Happening>>,
    matches: HashMap<String, Arc<MatchSet>>,
    upcoming: HashMap<String, Arc<Upcoming>>,
}

fn claimed(columns: Columns, documents: &mut Documents) -> Result<Claimed, StoreError> {
    let push = match (columns.subscribed.as_deref(), columns.endpoint, columns.p256dh, columns.auth, columns.vapid_key)
    {
        (Some("active"), Some(endpoint), Some(p256dh), Some(auth), Some(vapid_key)) => {
            Some(Recipient::Push { endpoint, p256dh, auth, vapid_key })
        }
        _ => None,
    };
    let webhook = match (columns.webhook, columns.hooked.as_deref(), columns.url, columns.secrets) {
        (Some(id), Some("active"), Some(url), Some(secrets)) => {
            Some(Recipient::Webhook { id, url, secrets: read("secrets", &secrets)? })
        }
        _ => None,
    };
    let event = match (columns.event, columns.event_at, columns.event_data) {
        (Some(kind), Some(at), Some(data)) => Some(EventBody { kind, at: instant(at, "event_at")?, data }),
        _ => None,
    };
    Ok(Claimed {
        id: columns.id,
        kind: columns.kind,
        subscription: columns.subscription,
        recipient: push.or(webhook).unwrap_or(Recipient::Nobody),
        least: columns.least,
        lang: columns.lang.unwrap_or_else(|| "en".to_owned()),
        missed: columns.missed.unwrap_or_default(),
        subject: columns.subject,
        concern: columns.concern,
        happening: known(&mut documents.happenings, "happening", columns.happening)?,
        revision: columns.revision,
        event,
        severity: columns.severity,
        attempts: columns.attempts,
        short: columns.short != 0,
        deadline: instant(columns.deadline, "deadline")?,
        frozen: columns.frozen,
        newer: columns.newer != 0,
        told: columns.told.and_then(heard),
        matches: known(&mut documents.matches, "matches", columns.matches)?,
        upcoming: known(&mut documents.upcoming, "upcoming", columns.upcoming)?,
    })
}

fn known<T: DeserializeOwned>(
    documents: &mut HashMap<String, Arc<T>>,
    column: &str,
    text: Option<String>,
) -> Result<Option<Arc<T>>, StoreError> {
    let Some(text) = text else { return Ok(None) };
    if let Some(known) = documents.get(&text) {
        return Ok(Some(Arc::clone(known)));
    }
    let document = Arc::new(read(column, &text)?);
    documents.insert(text, Arc::clone(&document));
    Ok(Some(document))
}

fn read<T: DeserializeOwned>(column: &str, text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|e| StoreError::Corrupt { column: column.to_owned(), reason: e.to_string() })
}
