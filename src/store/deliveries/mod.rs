//! What is owed to subscriptions and webhooks, and what became of it: the outbox.
//!
//! A delivery is `pending` until it is settled. Whoever works on it holds a lease: the row is due again when the lease ends, so that what
//! a dead process had in hand comes back by itself, and nothing can be stuck.

mod claim;
mod health;
mod settle;
mod told;

use jiff::Timestamp;
use serde_json::json;

pub use claim::{Claimed, EventBody, Recipient, Sending, busy_lanes, claim, mark_sending};
pub use health::{answered, expire_silent, gone, missed, must_resubscribe, pause};
pub use settle::{Settled, counts, fail_overdue, forget_before, settle};
pub use told::{About, Told, shown, told};

use super::{Row, StoreError, Topic, Tx};
use crate::model::{DeliveryState, NewDelivery};

/// Owes these. A subscription that is not there any more, or takes no messages, is owed nothing.
///
/// What is still owed about the same and in nobody's hands is superseded at once: two instances must not take the older and the newer into
/// hand at the same time. What takes effect later does not stand for what holds until then, nor the other way round.
///
/// # Errors
/// When the database cannot be written.
pub async fn insert(tx: &mut Tx, deliveries: &[NewDelivery]) -> Result<u64, StoreError> {
    if deliveries.is_empty() {
        return Ok(0);
    }
    let rows: Vec<_> = deliveries
        .iter()
        .map(|d| {
            json!({"id": d.id, "subscription": d.subscription, "subject": d.subject, "concern": d.concern, "advisory": d.advisory,
                   "revision": d.revision, "happening": json!(d.happening).to_string(), "owed": d.owed.word(), "severity": d.severity,
                   "deadline": d.deadline.as_microsecond(), "created": d.created_at.as_microsecond()})
        })
        .collect();
    let rows = serde_json::Value::from(rows).to_string();
    // `COALESCE`: by the index over states SQLite would go through everything that is pending, for every row
    tx.query(
        "UPDATE delivery SET state = 'superseded', settled_at = CAST(r.value ->> 'created' AS BIGINT), reason = 'a later one about the same follows'
         FROM @rows($1) AS r
         WHERE delivery.subscription = r.value ->> 'subscription' AND delivery.subject = r.value ->> 'subject'
           AND delivery.advisory = r.value ->> 'advisory' AND COALESCE(delivery.state, '') = 'pending' AND delivery.lease IS NULL
           AND ((r.value ->> 'owed' IN ('upcoming', 'cancelled')) = (delivery.owed IN ('upcoming', 'cancelled'))
                OR (delivery.owed = 'upcoming' AND CAST(r.value ->> 'revision' AS BIGINT) >= delivery.revision))",
    )
    .bind(&rows)
    .run()
    .await?;
    let written = tx
        .query(
            "INSERT INTO delivery (id, subscription, lane, kind, subject, concern, advisory, revision, happening, owed, severity, state,
                                   due_at, attempts, short, deadline, created_at)
             SELECT r.value ->> 'id', s.id, s.lane, s.kind, r.value ->> 'subject', r.value ->> 'concern', r.value ->> 'advisory',
                    CAST(r.value ->> 'revision' AS BIGINT), r.value ->> 'happening', r.value ->> 'owed',
                    CAST(r.value ->> 'severity' AS BIGINT), 'pending', CAST(r.value ->> 'created' AS BIGINT), 0, 0, CAST(r.value ->> 'deadline' AS BIGINT),
                    CAST(r.value ->> 'created' AS BIGINT)
             FROM @rows($1) AS r JOIN subscription s ON s.id = r.value ->> 'subscription'
             WHERE s.state = 'active' AND s.lane IS NOT NULL",
        )
        .bind(&rows)
        .run()
        .await?;
    tx.wake(Topic::Deliveries);
    Ok(written)
}

/// Owes a message that only tries the channel. Returns whether the subscription is there and takes messages.
///
/// # Errors
/// When the database cannot be written.
pub async fn insert_test(
    tx: &mut Tx,
    id: &str,
    subscription: &str,
    now: Timestamp,
    deadline: Timestamp,
) -> Result<bool, StoreError> {
    let written = tx
        .query(
            "INSERT INTO delivery (id, subscription, lane, kind, severity, state, due_at, attempts, short, deadline, created_at)
             SELECT $1, s.id, s.lane, 'test', 0, 'pending', CAST($3 AS BIGINT), 0, 0, CAST($4 AS BIGINT), CAST($3 AS BIGINT)
             FROM subscription s WHERE s.id = $2 AND s.state = 'active' AND s.lane IS NOT NULL",
        )
        .bind(id)
        .bind(subscription)
        .bind(now)
        .bind(deadline)
        .run()
        .await?;
    tx.wake(Topic::Deliveries);
    Ok(written == 1)
}

/// A delivery as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its id.
    pub id: String,
    /// `actual`, `exercise` or `test`.
    pub kind: String,
    /// The subscription it is owed to.
    pub subscription: Option<String>,
    /// Or the webhook.
    pub webhook: Option<String>,
    /// What it is about.
    pub advisory: Option<String>,
    /// Which revision of it.
    pub revision: Option<u32>,
    /// The event's number, where it is about one.
    pub event: Option<i64>,
    /// What happened, as JSON.
    pub happening: Option<String>,
    /// 0 to 5.
    pub severity: u8,
    /// Where it stands.
    pub state: DeliveryState,
    /// Attempts begun.
    pub attempts: u32,
    /// The next attempt, while it is pending.
    pub due_at: Timestamp,
    /// After this it helps nobody.
    pub deadline: Timestamp,
    /// The last HTTP status.
    pub status: Option<u16>,
    /// In words, why it is not delivered.
    pub reason: Option<String>,
    /// When it came to be owed.
    pub created_at: Timestamp,
    /// When it was settled.
    pub settled_at: Option<Timestamp>,
}

/// Whose deliveries somebody may see.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Whose {
    /// Everybody's.
    #[default]
    All,
    /// Those to a key's webhooks, and to or about the travellers it registered.
    OfKey(String),
    /// Those to or about one traveller.
    OfTraveller(String),
}

impl Whose {
    /// The key and the traveller, as `own!` asks for them.
    fn columns(&self) -> (Option<&str>, Option<&str>) {
        match self {
            Self::All => (None, None),
            Self::OfKey(key) => (Some(key), None),
            Self::OfTraveller(traveller) => (None, Some(traveller)),
        }
    }
}

/// A statement about deliveries that somebody may see: `$1` is their key, `$2` the traveller that they are, neither: everybody's.
///
/// Whose one is that is owed to a subscription is known by the subscription, and after its end by what it is about.
macro_rules! own {
    ($what:literal $rest:literal) => {
        concat!(
            $what,
            " WHERE ((CAST($1 AS TEXT) IS NULL AND CAST($2 AS TEXT) IS NULL)
                OR webhook IN (SELECT w.id FROM webhook w WHERE w.owner = $1)
                OR subscription IN (SELECT s.id FROM subscription s JOIN traveller t ON t.id = s.traveller WHERE t.owner = $1 OR t.id = $2)
                OR subject IN (SELECT j.id FROM subject j JOIN traveller t ON t.id = j.traveller WHERE t.owner = $1 OR t.id = $2)) ",
            $rest
        )
    };
}

macro_rules! select {
    ($rest:literal) => {
        own!("SELECT id, kind, subscription, webhook, advisory, revision, event, happening, severity, state, attempts, due_at, deadline,
                    status, reason, created_at, settled_at
             FROM delivery" $rest)
    };
}

/// Which deliveries to show.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Of these.
    pub whose: Whose,
    /// In this state.
    pub state: Option<DeliveryState>,
    /// Owed to this subscription.
    pub subscription: Option<String>,
    /// Owed to this webhook.
    pub webhook: Option<String>,
}

/// A page of deliveries in the order of their ids, which is that of time.
///
/// # Errors
/// When the database cannot be read.
pub async fn list(tx: &mut Tx, filter: &Filter, after: &str, limit: u32) -> Result<Vec<Listed>, StoreError> {
    let (key, traveller) = filter.whose.columns();
    let rows = tx
        .query(select!(
            "AND id > $3 AND (CAST($4 AS TEXT) IS NULL OR state = $4) AND (CAST($5 AS TEXT) IS NULL OR subscription = $5)
               AND (CAST($6 AS TEXT) IS NULL OR webhook = $6)
             ORDER BY id LIMIT $7"
        ))
        .bind(key)
        .bind(traveller)
        .bind(after)
        .bind(filter.state.map(DeliveryState::as_str))
        .bind(filter.subscription.as_deref())
        .bind(filter.webhook.as_deref())
        .bind(limit)
        .rows()
        .await?;
    rows.iter().map(listed).collect()
}

/// One delivery, if it is theirs to see.
///
/// # Errors
/// When the database cannot be read.
pub async fn find(tx: &mut Tx, whose: &Whose, id: &str) -> Result<Option<Listed>, StoreError> {
    let (key, traveller) = whose.columns();
    let row = tx.query(select!("AND id = $3")).bind(key).bind(traveller).bind(id).row().await?;
    row.as_ref().map(listed).transpose()
}

/// What was said to a traveller: the id of each delivery that was tried, and its words as JSON.
///
/// # Errors
/// When the database cannot be read.
pub async fn said(tx: &mut Tx, traveller: &str) -> Result<Vec<(String, String)>, StoreError> {
    let rows = tx
        .query(
            "SELECT d.id, m.document FROM subscription s JOIN delivery d ON d.subscription = s.id JOIN message m ON m.digest = d.message
             WHERE s.traveller = $1 ORDER BY d.id",
        )
        .bind(traveller)
        .rows()
        .await?;
    rows.iter().map(|row| Ok((row.text("id")?.to_owned(), row.text("document")?.to_owned()))).collect()
}

/// Owes one of their deliveries that failed once more, until `deadline` at least, where somebody is there to receive it. Returns whether it
/// had failed, and somebody is.
///
/// # Errors
/// When the database cannot be written.
pub async fn replay(
    tx: &mut Tx,
    whose: &Whose,
    id: &str,
    now: Timestamp,
    deadline: Timestamp,
) -> Result<bool, StoreError> {
    let (key, traveller) = whose.columns();
    let written = tx
        .query(own!(
            "UPDATE delivery SET state = 'pending', due_at = $4, attempts = 0, refused = 0, lease = NULL, settled_at = NULL, status = NULL, reason = NULL,
                    deadline = @greatest(deadline, $5)"
            "AND id = $3 AND state = 'failed'
             AND (webhook IS NULL OR EXISTS (SELECT 1 FROM webhook w WHERE w.id = delivery.webhook AND w.state = 'active'))
             AND (subscription IS NULL OR EXISTS (SELECT 1 FROM subscription s LEFT JOIN webhook w ON w.id = s.webhook
                  WHERE s.id = delivery.subscription AND s.state = 'active' AND COALESCE(w.state, 'active') = 'active'))"
        ))
        .bind(key)
        .bind(traveller)
        .bind(id)
        .bind(now)
        .bind(deadline)
        .run()
        .await?;
    tx.wake(Topic::Deliveries);
    Ok(written == 1)
}

fn listed(row: &Row) -> Result<Listed, StoreError> {
    let text = |column: &str| Ok::<_, StoreError>(row.maybe_text(column)?.map(str::to_owned));
    Ok(Listed {
        id: row.text("id")?.to_owned(),
        kind: row.text("kind")?.to_owned(),
        subscription: text("subscription")?,
        webhook: text("webhook")?,
        advisory: text("advisory")?,
        revision: row.maybe_int("revision")?.and_then(|n| n.try_into().ok()),
        event: row.maybe_int("event")?,
        happening: text("happening")?,
        severity: row.int("severity")?.try_into().unwrap_or_default(),
        state: row.parsed("state", |word| DeliveryState::parse(word).ok_or("it is no state"))?,
        attempts: row.int("attempts")?.try_into().unwrap_or_default(),
        due_at: row.instant("due_at")?,
        deadline: row.instant("deadline")?,
        status: row.maybe_int("status")?.and_then(|n| n.try_into().ok()),
        reason: text("reason")?,
        created_at: row.instant("created_at")?,
        settled_at: row.maybe_instant("settled_at")?,
    })
}
