//! What happened, in the order in which it was committed, for those who listen; and what webhooks are owed because of it.

use std::str::FromStr;

use jiff::Timestamp;
use serde_json::json;
use uuid::Uuid;

use super::{Row, StoreError, Topic, Tx};
use crate::model::{EventType, Kind, NewEvent};

/// Something that happened.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Its place in the order.
    pub seq: i64,
    /// Its name (uuid v7 without dashes), which no other event ever has.
    pub uid: String,
    /// When.
    pub at: Timestamp,
    /// What.
    pub what: String,
    /// Whether it is of an exercise.
    pub kind: Kind,
    /// The key that it belongs to.
    pub owner: Option<String>,
    /// The traveller that it belongs to.
    pub traveller: Option<String>,
    /// What there is to say, as JSON.
    pub data: String,
}

/// By what a listener says which event they heard last: its number, and the end of its name. After a backup was restored a number is given
/// again, to another event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// The number.
    pub seq: i64,
    /// The end of the name, where it was given.
    pub tail: Option<String>,
}

impl Mark {
    /// How much of a name stands in a mark.
    const TAIL: usize = 8;

    fn new(seq: i64, uid: &str) -> Self {
        Self { seq, tail: Some(uid[uid.len().saturating_sub(Self::TAIL)..].to_owned()) }
    }
}

impl std::fmt::Display for Mark {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.tail {
            Some(tail) => write!(f, "{}-{tail}", self.seq),
            None => write!(f, "{}", self.seq),
        }
    }
}

impl FromStr for Mark {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (seq, tail) = text.trim().split_once('-').map_or((text.trim(), None), |(seq, tail)| (seq, Some(tail)));
        Ok(Self { seq: seq.parse::<u32>()?.into(), tail: tail.map(str::to_owned) })
    }
}

impl Event {
    /// By what it is named to those who listen.
    pub fn mark(&self) -> Mark {
        Mark::new(self.seq, &self.uid)
    }
}

/// Writes down what happened, wakes those who listen, and owes it to the webhooks that listen to it.
///
/// # Errors
/// When the database cannot be written.
pub async fn append(tx: &mut Tx, at: Timestamp, events: &[NewEvent]) -> Result<(), StoreError> {
    if events.is_empty() {
        return Ok(());
    }
    let count = i64::try_from(events.len()).unwrap_or(i64::MAX);
    let counter = tx.query("UPDATE event_counter SET value = value + $1 RETURNING value").bind(count).one().await?;
    let first = counter.int("value")? - count + 1;
    let rows: Vec<_> = (first..)
        .zip(events)
        .map(|(seq, event)| {
            json!({"seq": seq, "uid": Uuid::now_v7().simple().to_string(), "subject": event.data.get("subject"), "type": event.what.as_str(), "kind": event.kind.word(), "owner": event.owner,
                   "traveller": event.traveller, "severity": event.severity, "data": event.data.to_string()})
        })
        .collect();
    let rows = serde_json::Value::from(rows).to_string();
    tx.query(
        "INSERT INTO event (seq, uid, at, type, kind, owner, traveller, subject, data)
         SELECT CAST(r.value ->> 'seq' AS BIGINT), r.value ->> 'uid', CAST($2 AS BIGINT), r.value ->> 'type', r.value ->> 'kind', r.value ->> 'owner',
                r.value ->> 'traveller', r.value ->> 'subject', r.value ->> 'data'
         FROM @rows($1) AS r",
    )
    .bind(&rows)
    .bind(at)
    .run()
    .await?;
    // a webhook hears what is everybody's and what is its owner's; one of an exercise hears both kinds, any other the actual one
    tx.query(
        "INSERT INTO delivery (id, webhook, lane, kind, event, severity, state, due_at, attempts, short, deadline, created_at)
         SELECT 'evt_' || (r.value ->> 'uid') || '_' || w.id, w.id, 'webhook:' || w.id, r.value ->> 'kind',
                CAST(r.value ->> 'seq' AS BIGINT), CAST(r.value ->> 'severity' AS BIGINT), 'pending', CAST($2 AS BIGINT), 0, 0,
                CAST($3 AS BIGINT), CAST($2 AS BIGINT)
         FROM @rows($1) AS r, webhook w
         WHERE w.state = 'active' AND w.types LIKE '%\"' || (r.value ->> 'type') || '\"%'
           AND (r.value ->> 'owner' = w.owner OR (r.value ->> 'owner' IS NULL AND r.value ->> 'traveller' IS NULL))
           AND (w.kind = r.value ->> 'kind' OR w.kind = 'exercise')",
    )
    .bind(&rows)
    .bind(at)
    .bind(at + super::webhooks::LIFE)
    .run()
    .await?;
    tx.wake(Topic::Events);
    tx.wake(Topic::Deliveries);
    Ok(())
}

/// The last number given; 0 before anything happened.
///
/// # Errors
/// When the database cannot be read.
pub async fn last(tx: &mut Tx) -> Result<i64, StoreError> {
    tx.query("SELECT value FROM event_counter").one().await?.int("value")
}

/// The number before the oldest event that is kept: a listener who stopped before it has missed some.
///
/// # Errors
/// When the database cannot be read.
pub async fn before_first(tx: &mut Tx) -> Result<i64, StoreError> {
    let oldest = tx.query("SELECT min(seq) AS seq FROM event").one().await?.maybe_int("seq")?;
    match oldest {
        Some(seq) => Ok(seq - 1),
        None => last(tx).await,
    }
}

/// The mark of a number; without a name where no such event is kept.
///
/// # Errors
/// When the database cannot be read.
pub async fn mark(tx: &mut Tx, seq: i64) -> Result<Mark, StoreError> {
    let row = tx.query("SELECT uid FROM event WHERE seq = $1").bind(seq).row().await?;
    row.map_or(Ok(Mark { seq, tail: None }), |row| Ok(Mark::new(seq, row.text("uid")?)))
}

/// All that is kept of a traveller's own, in order.
///
/// # Errors
/// When the database cannot be read.
pub async fn of_traveller(tx: &mut Tx, traveller: &str) -> Result<Vec<Event>, StoreError> {
    let text = "SELECT seq, uid, at, type, kind, owner, traveller, data FROM event WHERE traveller = $1 ORDER BY seq";
    tx.query(text).bind(traveller).rows().await?.iter().map(read).collect()
}

/// Up to `limit` events after a number, in order.
///
/// # Errors
/// When the database cannot be read.
pub async fn after(tx: &mut Tx, seq: i64, limit: u32) -> Result<Vec<Event>, StoreError> {
    let rows = tx
        .query(
            "SELECT seq, uid, at, type, kind, owner, traveller, data FROM event WHERE seq > $1 ORDER BY seq LIMIT $2",
        )
        .bind(seq)
        .bind(limit)
        .rows()
        .await?;
    rows.iter().map(read).collect()
}

/// Forgets up to `limit` events older than an instant, and says how many.
///
/// # Errors
/// When the database cannot be written.
pub async fn forget_before(tx: &mut Tx, at: Timestamp, limit: u32) -> Result<u64, StoreError> {
    tx.query("DELETE FROM event WHERE seq IN (SELECT seq FROM event WHERE at < $1 ORDER BY seq LIMIT $2)")
        .bind(at)
        .bind(limit)
        .run()
        .await
}

/// The types a webhook may listen to, from the words.
pub(super) fn types_json(types: &[EventType]) -> String {
    json!(types).to_string()
}

fn read(row: &Row) -> Result<Event, StoreError> {
    Ok(Event {
        seq: row.int("seq")?,
        uid: row.text("uid")?.to_owned(),
        at: row.instant("at")?,
        what: row.text("type")?.to_owned(),
        kind: row.parsed("kind", Kind::parse)?,
        owner: row.maybe_text("owner")?.map(str::to_owned),
        traveller: row.maybe_text("traveller")?.map(str::to_owned),
        data: row.text("data")?.to_owned(),
    })
}
