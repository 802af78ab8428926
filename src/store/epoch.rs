//! The epoch: a counter that moves whenever the set of fences changes, and what changed each time.

use super::{StoreError, Topic, Tx};

/// What one epoch changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EpochChange {
    /// The epoch that it made.
    pub epoch: u64,
    /// The advisory concerned; none stands for everything.
    pub advisory: Option<String>,
}

/// The present epoch; 0 before anything was ever published.
///
/// # Errors
/// When the database cannot be read.
pub async fn current(tx: &mut Tx) -> Result<u64, StoreError> {
    Ok(tx.query("SELECT value FROM epoch").one().await?.int("value")?.cast_unsigned())
}

/// Moves the epoch, says what changed (nothing named: everything), and gives the new one. It waits for others who move it.
///
/// # Errors
/// When the database cannot be written.
pub async fn advance(tx: &mut Tx, advisories: &[&str]) -> Result<u64, StoreError> {
    let epoch = tx.query("UPDATE epoch SET value = value + 1 RETURNING value").one().await?.int("value")?;
    if advisories.is_empty() {
        tx.query("INSERT INTO epoch_change (epoch, advisory) VALUES ($1, NULL)").bind(epoch).run().await?;
    } else {
        let rows = serde_json::json!(advisories).to_string();
        tx.query("INSERT INTO epoch_change (epoch, advisory) SELECT DISTINCT CAST($1 AS BIGINT), r.value FROM @texts($2) AS r")
            .bind(epoch)
            .bind(rows)
            .run()
            .await?;
    }
    tx.wake(Topic::Epoch);
    Ok(epoch.cast_unsigned())
}

/// What changed after an epoch, in order.
///
/// # Errors
/// When the database cannot be read.
pub async fn changes_since(tx: &mut Tx, epoch: u64) -> Result<Vec<EpochChange>, StoreError> {
    let rows = tx
        .query("SELECT epoch, advisory FROM epoch_change WHERE epoch > $1 ORDER BY epoch, advisory")
        .bind(epoch.cast_signed())
        .rows()
        .await?;
    rows.iter()
        .map(|row| {
            let advisory = row.maybe_text("advisory")?.map(str::to_owned);
            Ok(EpochChange { epoch: row.int("epoch")?.cast_unsigned(), advisory })
        })
        .collect()
}
