//! What issuers say: every revision with where it came from. Whoever changes them moves the epoch in the same transaction.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::query::Row;
use super::{StoreError, Tx, epoch};
use crate::model::{AdvisoryId, Kind, RevisionId, Window};

/// Where a revision comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A file, by its path below the data folder.
    File(String),
    /// Somebody who published it, by the id of their key.
    Api(String),
}

/// A revision to be stored.
#[derive(Clone, Debug)]
pub struct NewRevision {
    /// Which.
    pub id: RevisionId,
    /// Whether it is for earnest.
    pub kind: Kind,
    /// From where.
    pub origin: Origin,
    /// From when it is known.
    pub published_at: Timestamp,
    /// When it is in force, by its own words.
    pub valid: Window,
    /// The Feature.
    pub document: String,
    /// The id under which the request that publishes it may be sent again.
    pub request: Option<String>,
}

/// A revision as it is stored.
#[derive(Clone, Debug)]
pub struct StoredRevision {
    /// Which.
    pub id: RevisionId,
    /// Whether it is for earnest.
    pub kind: Kind,
    /// From where.
    pub origin: Origin,
    /// The Feature.
    pub document: String,
}

/// The last revision of an advisory.
#[derive(Clone, Debug)]
pub struct Last {
    /// Its number.
    pub number: u32,
    /// Whether it is for earnest.
    pub kind: Kind,
    /// From when it is known.
    pub published_at: Timestamp,
    /// The Feature.
    pub document: String,
}

macro_rules! select {
    ($rest:literal) => {
        concat!("SELECT advisory, number, kind, origin, file, published_by, document FROM revision ", $rest)
    };
}

fn number(row: &Row, column: &str) -> Result<u32, StoreError> {
    u32::try_from(row.int(column)?)
        .map_err(|e| StoreError::Corrupt { column: column.to_owned(), reason: e.to_string() })
}

fn id(row: &Row) -> Result<RevisionId, StoreError> {
    Ok(RevisionId { advisory: row.parsed("advisory", AdvisoryId::parse)?, number: number(row, "number")? })
}

fn stored(row: &Row) -> Result<StoredRevision, StoreError> {
    let name = |column: &str| Ok::<_, StoreError>(row.maybe_text(column)?.unwrap_or_default().to_owned());
    Ok(StoredRevision {
        id: id(row)?,
        kind: row.parsed("kind", Kind::parse)?,
        origin: if row.text("origin")? == "file" {
            Origin::File(name("file")?)
        } else {
            Origin::Api(name("published_by")?)
        },
        document: row.text("document")?.to_owned(),
    })
}

/// The revision of an advisory with the highest number.
///
/// # Errors
/// When the database cannot be read.
pub async fn last(tx: &mut Tx, advisory: &AdvisoryId) -> Result<Option<Last>, StoreError> {
    let row = tx
        .query("SELECT number, kind, published_at, document FROM revision WHERE advisory = $1 ORDER BY number DESC LIMIT 1")
        .bind(advisory.as_str())
        .row()
        .await?;
    row.map(|row| {
        Ok(Last {
            number: number(&row, "number")?,
            kind: row.parsed("kind", Kind::parse)?,
            published_at: row.instant("published_at")?,
            document: row.text("document")?.to_owned(),
        })
    })
    .transpose()
}

/// What a request published, and the epoch that made it known.
///
/// # Errors
/// When the database cannot be read.
pub async fn by_request(tx: &mut Tx, request: &str) -> Result<Option<(StoredRevision, u64)>, StoreError> {
    let text =
        "SELECT advisory, number, kind, origin, file, published_by, document, epoch FROM revision WHERE request = $1";
    let row = tx.query(text).bind(request).row().await?;
    row.map(|row| Ok((stored(&row)?, row.int("epoch")?.cast_unsigned()))).transpose()
}

/// Stores a revision that somebody publishes at `now`. The epoch that makes it known must have been moved before.
///
/// # Errors
/// [`StoreError::Duplicate`] when there is one with this number; else when the database cannot be written.
pub async fn insert(tx: &mut Tx, revision: &NewRevision, epoch: u64, now: Timestamp) -> Result<(), StoreError> {
    let (origin, file, published_by) = match &revision.origin {
        Origin::File(file) => ("file", Some(file), None),
        Origin::Api(key) => ("api", None, Some(key)),
    };
    tx.query(
        "INSERT INTO revision (advisory, number, kind, origin, file, published_by, published_at, valid_from, valid_to, recorded_at, \
         epoch, document, digest, request) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
    )
    .bind(revision.id.advisory.as_str())
    .bind(revision.id.number)
    .bind(revision.kind.word())
    .bind(origin)
    .bind(file)
    .bind(published_by)
    .bind(revision.published_at)
    .bind(revision.valid.from.unwrap_or(Timestamp::MIN))
    .bind(revision.valid.to)
    .bind(now)
    .bind(epoch.cast_signed())
    .bind(&revision.document)
    .bind(digest(&revision.document))
    .bind(revision.request.as_deref())
    .run()
    .await?;
    Ok(())
}

/// The revisions that somebody published: no file may have one of their numbers.
///
/// # Errors
/// When the database cannot be read.
pub async fn published(tx: &mut Tx) -> Result<BTreeSet<RevisionId>, StoreError> {
    tx.query("SELECT advisory, number FROM revision WHERE origin = 'api'").rows().await?.iter().map(id).collect()
}

/// The revisions that a reader of the data folder does not have: those that somebody published, and those of files that could not be read this
/// time. In order.
///
/// # Errors
/// When the database cannot be read.
pub async fn beyond_files(tx: &mut Tx, unread: &[&str]) -> Result<Vec<StoredRevision>, StoreError> {
    tx.query(select!("WHERE origin = 'api' OR file IN (SELECT r.value FROM @texts($1) AS r) ORDER BY advisory, number"))
        .bind(json!(unread).to_string())
        .rows()
        .await?
        .iter()
        .map(stored)
        .collect()
}

/// Every revision, in order.
///
/// # Errors
/// When the database cannot be read.
pub async fn all(tx: &mut Tx) -> Result<Vec<StoredRevision>, StoreError> {
    tx.query(select!("ORDER BY advisory, number")).rows().await?.iter().map(stored).collect()
}

/// Every revision of these advisories, in order.
///
/// # Errors
/// When the database cannot be read.
pub async fn of(tx: &mut Tx, advisories: &[&str]) -> Result<Vec<StoredRevision>, StoreError> {
    tx.query(select!("WHERE advisory IN (SELECT r.value FROM @texts($1) AS r) ORDER BY advisory, number"))
        .bind(json!(advisories).to_string())
        .rows()
        .await?
        .iter()
        .map(stored)
        .collect()
}

/// Makes the stored revisions of files what the data folder says at `now`, and moves the epoch if that changes anything; gives the new one.
///
/// What somebody published stays, whatever the files say; so do the revisions of files that could not be read. `ground` is a digest of what
/// revisions rest on: when it changes, everything does.
///
/// # Errors
/// When the database cannot be written.
pub async fn sync_files(
    tx: &mut Tx,
    files: &[NewRevision],
    unread: &[&str],
    ground: &str,
    now: Timestamp,
) -> Result<Option<u64>, StoreError> {
    let known = tx.query("SELECT advisory, number, file, digest FROM revision WHERE origin = 'file'").rows().await?;
    let mut before = BTreeMap::new();
    for row in &known {
        before
            .insert(id(row)?, (row.maybe_text("file")?.unwrap_or_default().to_owned(), row.text("digest")?.to_owned()));
    }
    let mut written = Vec::new();
    let mut changed = Vec::new();
    for revision in files {
        let Origin::File(file) = &revision.origin else { continue };
        let digest = digest(&revision.document);
        let old = before.remove(&revision.id);
        let same_words = old.as_ref().is_some_and(|(_, known)| *known == digest);
        if !same_words {
            changed.push(revision.id.advisory.as_str());
        }
        if !same_words || old.is_some_and(|(known, _)| known != *file) {
            written.push(
                json!({"advisory": revision.id.advisory, "number": revision.id.number, "file": file, "digest": digest,
                "published_at": revision.published_at.as_microsecond(), "document": revision.document,
                "valid_from": revision.valid.from.unwrap_or(Timestamp::MIN).as_microsecond(),
                "valid_to": revision.valid.to.map(Timestamp::as_microsecond)}),
            );
        }
    }
    before.retain(|_, (file, _)| !unread.contains(&file.as_str()));
    changed.extend(before.keys().map(|id| id.advisory.as_str()));
    let ground_moved = tx
        .query(
            "INSERT INTO ground (one, digest) VALUES (1, $1) ON CONFLICT (one) DO UPDATE SET digest = excluded.digest \
             WHERE ground.digest <> excluded.digest",
        )
        .bind(ground)
        .run()
        .await?
        > 0;
    let epoch = match (ground_moved, changed.is_empty()) {
        (true, _) => Some(epoch::advance(tx, &[]).await?),
        (false, false) => Some(epoch::advance(tx, &changed).await?),
        (false, true) => None,
    };
    if !before.is_empty() {
        let gone: Vec<_> = before.keys().map(|id| json!({"advisory": id.advisory, "number": id.number})).collect();
        tx.query(
            "DELETE FROM revision WHERE origin = 'file' AND EXISTS (SELECT 1 FROM @rows($1) AS r \
             WHERE r.value ->> 'advisory' = advisory AND CAST(r.value ->> 'number' AS BIGINT) = number)",
        )
        .bind(json!(gone).to_string())
        .run()
        .await?;
    }
    if !written.is_empty() {
        let epoch = match epoch {
            Some(epoch) => epoch,
            None => epoch::current(tx).await?,
        };
        tx.query(
            "INSERT INTO revision (advisory, number, kind, origin, file, published_at, valid_from, valid_to, recorded_at, epoch, document, \
             digest) SELECT r.value ->> 'advisory', CAST(r.value ->> 'number' AS BIGINT), 'actual', 'file', r.value ->> 'file', \
             CAST(r.value ->> 'published_at' AS BIGINT), CAST(r.value ->> 'valid_from' AS BIGINT), \
             CAST(r.value ->> 'valid_to' AS BIGINT), CAST($2 AS BIGINT), CAST($3 AS BIGINT), r.value ->> 'document', \
             r.value ->> 'digest' FROM @rows($1) AS r WHERE true ON CONFLICT (advisory, number) DO UPDATE SET file = excluded.file, \
             published_at = excluded.published_at, valid_from = excluded.valid_from, valid_to = excluded.valid_to, \
             recorded_at = excluded.recorded_at, epoch = excluded.epoch, document = excluded.document, digest = excluded.digest \
             WHERE revision.origin = 'file'",
        )
        .bind(json!(written).to_string())
        .bind(now)
        .bind(epoch.cast_signed())
        .run()
        .await?;
    }
    Ok(epoch)
}

/// The advisories of which a revision came into force or ended by the clock since the epoch was last moved for that, up to `now`.
///
/// # Errors
/// When the database cannot be read.
pub async fn passing(tx: &mut Tx, now: Timestamp) -> Result<Vec<String>, StoreError> {
    let rows = tx
        .query(
            "SELECT DISTINCT r.advisory FROM revision r, effective e \
             WHERE (r.valid_from > e.passed_at AND r.valid_from > r.recorded_at AND r.valid_from <= $1) \
                OR (r.valid_to > e.passed_at AND r.valid_to > r.recorded_at AND r.valid_to <= $1) ORDER BY r.advisory",
        )
        .bind(now)
        .rows()
        .await?;
    rows.iter().map(|row| Ok(row.text("advisory")?.to_owned())).collect()
}

/// Moves the epoch for what [`passing`] tells, and gives it with the advisories; `None` when nothing passed, or somebody else did it.
///
/// The first time, nothing passes: what was in force before anybody watched is no news.
///
/// # Errors
/// When the database cannot be written.
pub async fn pass(tx: &mut Tx, now: Timestamp) -> Result<Option<(u64, Vec<String>)>, StoreError> {
    tx.query("INSERT INTO effective (one, passed_at) VALUES (1, $1) ON CONFLICT (one) DO NOTHING")
        .bind(now)
        .run()
        .await?;
    // whoever else does the same waits here, and finds nothing left
    let passed = tx.query("SELECT passed_at FROM effective @for_update").one().await?.instant("passed_at")?;
    let advisories = passing(tx, now).await?;
    if advisories.is_empty() || passed >= now {
        return Ok(None);
    }
    tx.query("UPDATE effective SET passed_at = $1").bind(now).run().await?;
    let named: Vec<&str> = advisories.iter().map(String::as_str).collect();
    Ok(Some((epoch::advance(tx, &named).await?, advisories)))
}

fn digest(document: &str) -> String {
    format!("{:x}", Sha256::digest(document))
}
