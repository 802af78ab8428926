//! What is watched: trips, last positions and bookings. Whoever writes one holds its shard ([`super::shards::hold`]).

use std::collections::HashSet;

use jiff::Timestamp;
use serde_json::json;

use super::shards::{self, Shard};
use super::{Row, StoreError, Tx};
use crate::model::{Kind, Places, Subject, Whose};

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT s.id, s.traveller, s.validation, s.number, s.kind, s.concern, s.epoch, s.revision, s.document, s.ways, s.places, s.matches, s.upcoming, ",
            "s.created_at, s.updated_at, s.ends_at FROM ",
            $rest
        )
    };
}

/// Stores a new one, or the changed one in its place. Its shard is held by this transaction.
///
/// # Errors
/// When the database cannot be written.
pub async fn put(tx: &mut Tx, subject: &Subject, shard: Shard) -> Result<(), StoreError> {
    put_all(tx, &[(subject, shard)]).await
}

/// Stores several, as [`put`] does.
///
/// # Errors
/// When the database cannot be written.
pub async fn put_all(tx: &mut Tx, subjects: &[(&Subject, Shard)]) -> Result<(), StoreError> {
    let row = |(s, shard): &(&Subject, Shard)| {
        let (validation, number) = match &s.whose {
            Whose::Booking { validation, number } => (Some(validation), Some(number)),
            Whose::Trip(_) | Whose::Position(_) => (None, None),
        };
        json!({"id": s.id, "traveller": s.whose.traveller(), "validation": validation, "number": number, "kind": s.kind.word(),
               "concern": concern_word(&s.whose), "shard": shard.id, "seq": shard.seq, "epoch": s.epoch, "revision": s.revision,
               "document": s.document, "places": s.places.encode(), "matches": json!(s.matches).to_string(),
               "upcoming": json!(s.upcoming).to_string(), "created": s.created_at.as_microsecond(),
               "updated": s.updated_at.as_microsecond(), "ends": s.ends_at.as_microsecond(),
               "ways": json!(s.ways).to_string(), "unrouted": u8::from(s.is_unrouted())})
    };
    let rows: serde_json::Value = subjects.iter().map(row).collect();
    tx.query(
        "INSERT INTO subject (id, traveller, validation, number, kind, concern, shard, seq, epoch, revision, document, places, matches,
                              upcoming, created_at, updated_at, ends_at, ways, unrouted)
         SELECT r.value ->> 'id', r.value ->> 'traveller', r.value ->> 'validation', CAST(r.value ->> 'number' AS BIGINT),
                r.value ->> 'kind', r.value ->> 'concern', CAST(r.value ->> 'shard' AS BIGINT), CAST(r.value ->> 'seq' AS BIGINT),
                CAST(r.value ->> 'epoch' AS BIGINT), CAST(r.value ->> 'revision' AS BIGINT), r.value ->> 'document',
                r.value ->> 'places', r.value ->> 'matches', r.value ->> 'upcoming', CAST(r.value ->> 'created' AS BIGINT),
                CAST(r.value ->> 'updated' AS BIGINT), CAST(r.value ->> 'ends' AS BIGINT), r.value ->> 'ways',
                CAST(r.value ->> 'unrouted' AS BIGINT)
         FROM @rows($1) AS r WHERE true
         ON CONFLICT (id) DO UPDATE SET seq = excluded.seq, epoch = excluded.epoch, revision = excluded.revision,
             document = excluded.document, places = excluded.places, matches = excluded.matches, upcoming = excluded.upcoming,
             updated_at = excluded.updated_at, ends_at = excluded.ends_at, ways = excluded.ways, unrouted = excluded.unrouted",
    )
    .bind(rows.to_string())
    .run()
    .await?;
    Ok(())
}

/// One of a traveller's.
///
/// # Errors
/// When the database cannot be read.
pub async fn find(tx: &mut Tx, traveller: &str, id: &str) -> Result<Option<Subject>, StoreError> {
    let text = select!("subject s WHERE s.id = $1 AND s.traveller = $2");
    tx.query(text).bind(id).bind(traveller).row().await?.as_ref().map(read).transpose()
}

/// A traveller's position.
///
/// # Errors
/// When the database cannot be read.
pub async fn position(tx: &mut Tx, traveller: &str) -> Result<Option<Subject>, StoreError> {
    let text = select!("subject s WHERE s.traveller = $1 AND s.concern = 'position'");
    tx.query(text).bind(traveller).row().await?.as_ref().map(read).transpose()
}

/// The booking of a validation with this number.
///
/// # Errors
/// When the database cannot be read.
pub async fn booking(tx: &mut Tx, validation: &str, number: i64) -> Result<Option<Subject>, StoreError> {
    let text = select!("subject s WHERE s.validation = $1 AND s.number = $2");
    tx.query(text).bind(validation).bind(number).row().await?.as_ref().map(read).transpose()
}

/// Bookings of a validation by their number, from one number on.
///
/// # Errors
/// When the database cannot be read.
pub async fn bookings(tx: &mut Tx, validation: &str, from: i64, limit: u32) -> Result<Vec<Subject>, StoreError> {
    let text = select!("subject s WHERE s.validation = $1 AND s.number >= $2 ORDER BY s.number LIMIT $3");
    tx.query(text).bind(validation).bind(from).bind(limit).rows().await?.iter().map(read).collect()
}

/// All of a traveller's, by id.
///
/// # Errors
/// When the database cannot be read.
pub async fn of_traveller(tx: &mut Tx, traveller: &str) -> Result<Vec<Subject>, StoreError> {
    let text = select!("subject s WHERE s.traveller = $1 ORDER BY s.id");
    tx.query(text).bind(traveller).rows().await?.iter().map(read).collect()
}

/// Those with these ids that are still there, in no order.
///
/// # Errors
/// When the database cannot be read.
pub async fn these(tx: &mut Tx, ids: &[String]) -> Result<Vec<Subject>, StoreError> {
    let text = select!("@texts($1) AS r JOIN subject s ON s.id = r.value");
    tx.query(text).bind(json!(ids).to_string()).rows().await?.iter().map(read).collect()
}

/// Those with these ids in one of the shards that were changed after the `seq` that is known of it.
///
/// # Errors
/// When the database cannot be read.
pub async fn changed_since(tx: &mut Tx, known: &[Shard]) -> Result<Vec<Subject>, StoreError> {
    let text = select!(
        "@rows($1) AS r JOIN subject s ON s.shard = CAST(r.value ->> 'shard' AS BIGINT) AND s.seq > CAST(r.value ->> 'seq' AS BIGINT)"
    );
    tx.query(text).bind(known_rows(known)).rows().await?.iter().map(read).collect()
}

/// Those after an id for whose ways the engine is to be asked again, by id.
///
/// # Errors
/// When the database cannot be read.
pub async fn unrouted(tx: &mut Tx, after: &str, limit: u32) -> Result<Vec<Subject>, StoreError> {
    let text = select!("subject s WHERE s.unrouted = 1 AND s.id > $1 ORDER BY s.id LIMIT $2");
    tx.query(text).bind(after).bind(limit).rows().await?.iter().map(read).collect()
}

/// Where something is that is watched.
#[derive(Clone, Debug)]
pub struct Placed {
    /// The subject.
    pub id: String,
    /// Its shard.
    pub shard: u8,
    /// The shard's `seq` at its last change.
    pub seq: i64,
    /// Where it is.
    pub places: Places,
}

/// Hands over where everything is in these shards that was changed after the `seq` that is known of each.
///
/// # Errors
/// When the database cannot be read.
pub async fn places_since(tx: &mut Tx, known: &[Shard], mut take: impl FnMut(Placed)) -> Result<(), StoreError> {
    tx.query(
        "SELECT s.id, s.shard, s.seq, s.places FROM @rows($1) AS r
         JOIN subject s ON s.shard = CAST(r.value ->> 'shard' AS BIGINT) AND s.seq > CAST(r.value ->> 'seq' AS BIGINT)",
    )
    .bind(known_rows(known))
    .each(|row| {
        take(Placed {
            id: row.text(0)?.to_owned(),
            shard: u8::try_from(row.int(1)?).unwrap_or(u8::MAX),
            seq: row.int(2)?,
            places: row.parsed("places", Places::decode)?,
        });
        Ok(())
    })
    .await
}

/// What matching a subject again has brought.
#[derive(Clone, Debug)]
pub struct Rematched {
    /// The subject.
    pub id: String,
    /// What is remembered of it, where that changed.
    pub document: Option<String>,
    /// Where it is, where that changed.
    pub places: Option<Places>,
    /// What concerns it now: a match set as JSON.
    pub matches: String,
    /// What will, as JSON.
    pub upcoming: String,
}

impl Rematched {
    /// What is to be written of a subject that was matched again.
    pub fn of(subject: &Subject) -> Self {
        let as_sent = matches!(subject.whose, Whose::Trip(_));
        Self {
            id: subject.id.clone(),
            document: (!as_sent).then(|| subject.document.clone()),
            places: Some(subject.places.clone()),
            matches: json!(subject.matches).to_string(),
            upcoming: json!(subject.upcoming).to_string(),
        }
    }
}

/// Which of these ids are still there.
///
/// # Errors
/// When the database cannot be read.
pub async fn still_there<'a>(tx: &mut Tx, ids: impl Iterator<Item = &'a str>) -> Result<HashSet<String>, StoreError> {
    let ids: Vec<&str> = ids.collect();
    let rows = tx
        .query("SELECT s.id FROM @texts($1) AS r JOIN subject s ON s.id = r.value")
        .bind(json!(ids).to_string())
        .rows()
        .await?;
    rows.iter().map(|row| Ok(row.text("id")?.to_owned())).collect()
}

/// Writes what matching again has brought, all at once.
///
/// # Errors
/// When the database cannot be written.
pub async fn rematch(tx: &mut Tx, epoch: u64, rematched: &[Rematched]) -> Result<u64, StoreError> {
    if rematched.is_empty() {
        return Ok(0);
    }
    let rows: Vec<_> = rematched
        .iter()
        .map(|r| {
            json!({"id": r.id, "document": r.document, "places": r.places.as_ref().map(Places::encode), "matches": r.matches,
                   "upcoming": r.upcoming})
        })
        .collect();
    tx.query(
        "UPDATE subject SET epoch = $2, matches = r.value ->> 'matches', upcoming = r.value ->> 'upcoming',
             document = COALESCE(r.value ->> 'document', document), places = COALESCE(r.value ->> 'places', places)
         FROM @rows($1) AS r WHERE subject.id = r.value ->> 'id'",
    )
    .bind(serde_json::Value::from(rows).to_string())
    .bind(epoch.cast_signed())
    .run()
    .await
}

/// Forgets one of a traveller's. Returns whether it was there.
///
/// # Errors
/// When the database cannot be written.
pub async fn delete(tx: &mut Tx, traveller: &str, id: &str) -> Result<bool, StoreError> {
    let deleted =
        tx.query("DELETE FROM subject WHERE id = $1 AND traveller = $2").bind(id).bind(traveller).run().await?;
    Ok(deleted == 1)
}

/// How many are watched, or were.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Trips.
    pub trips: u64,
    /// Last positions.
    pub positions: u64,
    /// Bookings.
    pub bookings: u64,
}

impl Counts {
    fn add(&mut self, concern: &str, n: u64) {
        match concern {
            "trip" => self.trips += n,
            "position" => self.positions += n,
            _ => self.bookings += n,
        }
    }
}

/// Forgets those that are not to be watched any more, and says how many they were.
///
/// # Errors
/// When the database cannot be written.
pub async fn delete_ended(tx: &mut Tx, now: Timestamp, limit: u32) -> Result<Counts, StoreError> {
    let rows = tx
        .query(
            "DELETE FROM subject WHERE id IN (SELECT id FROM subject WHERE ends_at <= $1 ORDER BY ends_at LIMIT $2) RETURNING concern",
        )
        .bind(now)
        .bind(limit)
        .rows()
        .await?;
    let mut counts = Counts::default();
    for row in &rows {
        counts.add(row.text("concern")?, 1);
    }
    Ok(counts)
}

/// How many are watched.
///
/// # Errors
/// When the database cannot be read.
pub async fn counts(tx: &mut Tx) -> Result<Counts, StoreError> {
    let mut counts = Counts::default();
    for row in tx.query("SELECT concern, count(*) AS n FROM subject GROUP BY concern").rows().await? {
        counts.add(row.text("concern")?, row.int("n")?.cast_unsigned());
    }
    Ok(counts)
}

fn known_rows(known: &[Shard]) -> String {
    let rows: Vec<_> = known.iter().map(|shard| json!({"shard": shard.id, "seq": shard.seq})).collect();
    serde_json::Value::from(rows).to_string()
}

/// The shard of a subject: a traveller's all lie in one, the bookings of a file in all.
pub fn shard_of(subject: &Subject) -> u8 {
    shards::of(subject.whose.traveller().unwrap_or(&subject.id))
}

fn concern_word(whose: &Whose) -> &'static str {
    match whose {
        Whose::Trip(_) => "trip",
        Whose::Position(_) => "position",
        Whose::Booking { .. } => "booking",
    }
}

fn read(row: &Row) -> Result<Subject, StoreError> {
    Ok(Subject {
        id: row.text("id")?.to_owned(),
        whose: match row.text("concern")? {
            "trip" => Whose::Trip(row.text("traveller")?.to_owned()),
            "position" => Whose::Position(row.text("traveller")?.to_owned()),
            _ => Whose::Booking { validation: row.text("validation")?.to_owned(), number: row.int("number")? },
        },
        kind: row.parsed("kind", Kind::parse)?,
        epoch: row.int("epoch")?.cast_unsigned(),
        revision: u32::try_from(row.int("revision")?).unwrap_or_default(),
        document: row.text("document")?.to_owned(),
        ways: row.json("ways")?,
        places: row.parsed("places", Places::decode)?,
        matches: row.json("matches")?,
        upcoming: row.json("upcoming")?,
        created_at: row.instant("created_at")?,
        updated_at: row.instant("updated_at")?,
        ends_at: row.instant("ends_at")?,
    })
}
