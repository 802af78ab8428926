//! Shards: which part of the subjects is settled up to which epoch. Whoever changes a subject holds its shard's row until the end.

use serde_json::json;

use super::{Row, StoreError, Tx};

/// How many there are; their rows come with the migration.
pub const SHARDS: u8 = 64;

/// One part of the subjects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    /// Its number.
    pub id: u8,
    /// Every subject in it is matched at least up to this.
    pub epoch: u64,
    /// Moves with every change of what lies where, in the order of commits.
    pub seq: i64,
}

/// The shard of everything that belongs to a traveller.
pub fn of(traveller: &str) -> u8 {
    // the end of a uuid v7 is random
    let end = traveller.bytes().rev().take(8).fold(0_u32, |sum, b| sum.wrapping_mul(31).wrapping_add(b.into()));
    u8::try_from(end % u32::from(SHARDS)).unwrap_or_default()
}

/// All shards, in order.
///
/// # Errors
/// When the database cannot be read.
pub async fn all(tx: &mut Tx) -> Result<Vec<Shard>, StoreError> {
    tx.query("SELECT id, epoch, seq FROM shard ORDER BY id").rows().await?.iter().map(read).collect()
}

/// Holds a shard, whose subjects are about to change, and moves its `seq`.
///
/// # Errors
/// When the database cannot be written.
pub async fn hold(tx: &mut Tx, id: u8) -> Result<Shard, StoreError> {
    read(&tx.query("UPDATE shard SET seq = seq + 1 WHERE id = $1 RETURNING id, epoch, seq").bind(id).one().await?)
}

/// Holds several shards, as [`hold`] does one.
///
/// # Errors
/// When the database cannot be written.
pub async fn hold_these(tx: &mut Tx, ids: impl IntoIterator<Item = u8>) -> Result<Vec<Shard>, StoreError> {
    // in order: two who hold some of the same wait for each other, and do not lock each other out
    let ids: std::collections::BTreeSet<u8> = ids.into_iter().collect();
    let mut held = Vec::with_capacity(ids.len());
    for id in ids {
        held.push(hold(tx, id).await?);
    }
    Ok(held)
}

/// Moves those of the shards that are still at `from` to epoch `to`, and holds them; gives those that were.
///
/// # Errors
/// When the database cannot be written.
pub async fn settle(tx: &mut Tx, ids: &[u8], from: u64, to: u64) -> Result<Vec<Shard>, StoreError> {
    let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
    // in order: two who settle the same shards wait for each other, and do not lock each other out
    let locked = tx
        .query(
            "SELECT id FROM shard WHERE epoch = $1 AND id IN (SELECT CAST(r.value AS BIGINT) FROM @texts($2) AS r) ORDER BY id @for_update",
        )
        .bind(from.cast_signed())
        .bind(json!(ids).to_string())
        .rows()
        .await?;
    let locked = locked.iter().map(|row| Ok(row.int("id")?.to_string())).collect::<Result<Vec<_>, StoreError>>()?;
    tx.query(
        "UPDATE shard SET epoch = $1 WHERE id IN (SELECT CAST(r.value AS BIGINT) FROM @texts($2) AS r) RETURNING id, epoch, seq",
    )
    .bind(to.cast_signed())
    .bind(json!(locked).to_string())
    .rows()
    .await?
    .iter()
    .map(read)
    .collect()
}

fn read(row: &Row) -> Result<Shard, StoreError> {
    let id = u8::try_from(row.int("id")?)
        .map_err(|e| StoreError::Corrupt { column: "id".to_owned(), reason: e.to_string() })?;
    Ok(Shard { id, epoch: row.int("epoch")?.cast_unsigned(), seq: row.int("seq")? })
}
