//! Travellers: pseudonymous people whose trips and position are watched. Whoever has the token opens what is theirs, and nothing else.

use jiff::{SignedDuration, Timestamp};

use super::{Row, StoreError, Tx};
use crate::model::{Kind, Registered};

/// How old the note of a visit may get before it is written again.
const SEEN_FOR: SignedDuration = SignedDuration::from_hours(24);

/// Stores a new traveller, who is opened by the token with this hash.
///
/// # Errors
/// When the database cannot be written.
pub async fn insert(tx: &mut Tx, traveller: &Registered, token_hash: &str) -> Result<(), StoreError> {
    tx.query(
        "INSERT INTO traveller (id, token_hash, kind, owner, profile, lang, revision, created_at, seen_at)
         VALUES ($1, $2, $3, $4, $5, $6, 1, $7, $7)",
    )
    .bind(&traveller.id)
    .bind(token_hash)
    .bind(traveller.kind.word())
    .bind(traveller.owner.as_deref())
    .bind(serde_json::json!(traveller.profile).to_string())
    .bind(&traveller.lang)
    .bind(traveller.created_at)
    .run()
    .await?;
    Ok(())
}

/// Whom a token opens, by its hash, and of which kind they are.
///
/// # Errors
/// When the database cannot be read.
pub async fn by_token(tx: &mut Tx, token_hash: &str) -> Result<Option<(String, Kind)>, StoreError> {
    let row = tx.query("SELECT id, kind FROM traveller WHERE token_hash = $1").bind(token_hash).row().await?;
    row.map(|row| Ok((row.text("id")?.to_owned(), row.parsed("kind", Kind::parse)?))).transpose()
}

/// One traveller.
///
/// # Errors
/// When the database cannot be read.
pub async fn find(tx: &mut Tx, id: &str) -> Result<Option<Registered>, StoreError> {
    let text = "SELECT id, kind, owner, profile, lang, revision, created_at FROM traveller WHERE id = $1";
    tx.query(text).bind(id).row().await?.as_ref().map(read).transpose()
}

/// The travellers with these ids, in no order.
///
/// # Errors
/// When the database cannot be read.
pub async fn these(tx: &mut Tx, ids: &[&str]) -> Result<Vec<Registered>, StoreError> {
    tx.query(
        "SELECT t.id, t.kind, t.owner, t.profile, t.lang, t.revision, t.created_at
         FROM @texts($1) AS r JOIN traveller t ON t.id = r.value",
    )
    .bind(serde_json::json!(ids).to_string())
    .rows()
    .await?
    .iter()
    .map(read)
    .collect()
}

/// The travellers of a key, by id, from the one after `after`.
///
/// # Errors
/// When the database cannot be read.
pub async fn of_owner(tx: &mut Tx, owner: &str, after: &str, limit: u32) -> Result<Vec<Registered>, StoreError> {
    tx.query(
        "SELECT id, kind, owner, profile, lang, revision, created_at FROM traveller WHERE owner = $1 AND id > $2 ORDER BY id LIMIT $3",
    )
    .bind(owner)
    .bind(after)
    .bind(limit)
    .rows()
    .await?
    .iter()
    .map(read)
    .collect()
}

/// Writes a changed profile or language; whether the traveller was still at the revision before it.
///
/// # Errors
/// When the database cannot be written.
pub async fn update(tx: &mut Tx, traveller: &Registered) -> Result<bool, StoreError> {
    let written = tx
        .query("UPDATE traveller SET profile = $2, lang = $3, revision = $4 WHERE id = $1 AND revision = $4 - 1")
        .bind(&traveller.id)
        .bind(serde_json::json!(traveller.profile).to_string())
        .bind(&traveller.lang)
        .bind(traveller.revision)
        .run()
        .await?;
    Ok(written == 1)
}

/// Notes that the traveller, or their device, was there.
///
/// # Errors
/// When the database cannot be written.
pub async fn seen(tx: &mut Tx, id: &str, now: Timestamp) -> Result<(), StoreError> {
    tx.query("UPDATE traveller SET seen_at = $2 WHERE id = $1 AND seen_at < $3")
        .bind(id)
        .bind(now)
        .bind(now - SEEN_FOR)
        .run()
        .await?;
    Ok(())
}

/// Erases a traveller and everything that tells of them: subjects, subscriptions, what was or is owed to them, events, kept answers.
/// Returns whether there was one.
///
/// # Errors
/// When the database cannot be written.
pub async fn erase(tx: &mut Tx, id: &str) -> Result<bool, StoreError> {
    for text in [
        "DELETE FROM delivery WHERE subscription IN (SELECT id FROM subscription WHERE traveller = $1)",
        "DELETE FROM delivery WHERE subject IN (SELECT id FROM subject WHERE traveller = $1)",
        "DELETE FROM delivery WHERE event IN (SELECT seq FROM event WHERE traveller = $1)",
        "DELETE FROM event WHERE traveller = $1",
        "DELETE FROM idempotency WHERE principal = 'traveller:' || $1 OR body LIKE '%' || $1 || '%'",
        "DELETE FROM subscription WHERE traveller = $1",
        "DELETE FROM subject WHERE traveller = $1",
    ] {
        tx.query(text).bind(id).run().await?;
    }
    Ok(tx.query("DELETE FROM traveller WHERE id = $1").bind(id).run().await? == 1)
}

/// Travellers of nobody's key who were not seen since `before` and have nothing watched: they are gone without saying so.
///
/// # Errors
/// When the database cannot be read.
pub async fn forgotten(tx: &mut Tx, before: Timestamp, limit: u32) -> Result<Vec<String>, StoreError> {
    let rows = tx
        .query(
            "SELECT id FROM traveller t WHERE owner IS NULL AND seen_at < $1
             AND NOT EXISTS (SELECT 1 FROM subject s WHERE s.traveller = t.id) ORDER BY seen_at LIMIT $2",
        )
        .bind(before)
        .bind(limit)
        .rows()
        .await?;
    rows.iter().map(|row| Ok(row.text("id")?.to_owned())).collect()
}

fn read(row: &Row) -> Result<Registered, StoreError> {
    Ok(Registered {
        id: row.text("id")?.to_owned(),
        kind: row.parsed("kind", Kind::parse)?,
        owner: row.maybe_text("owner")?.map(str::to_owned),
        profile: row.json("profile")?,
        lang: row.text("lang")?.to_owned(),
        revision: u32::try_from(row.int("revision")?).unwrap_or_default(),
        created_at: row.instant("created_at")?,
    })
}
