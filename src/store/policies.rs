//! What a key's holder does at which verdict, where a request does not say.

use super::{StoreError, Tx};

/// The policy of a key, as JSON.
///
/// # Errors
/// When the database cannot be read.
pub async fn find(tx: &mut Tx, owner: &str) -> Result<Option<String>, StoreError> {
    let row = tx.query("SELECT document FROM validation_policy WHERE owner = $1").bind(owner).row().await?;
    row.map(|row| Ok(row.text("document")?.to_owned())).transpose()
}

/// Sets the policy of a key.
///
/// # Errors
/// When the database cannot be written.
pub async fn put(tx: &mut Tx, owner: &str, document: &str) -> Result<(), StoreError> {
    tx.query(
        "INSERT INTO validation_policy (owner, document) VALUES ($1, $2) ON CONFLICT (owner) DO UPDATE SET document = excluded.document",
    )
    .bind(owner)
    .bind(document)
    .run()
    .await?;
    Ok(())
}
