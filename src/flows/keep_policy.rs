//! What a key's holder does at which verdict, kept for all files that say nothing of it themselves.

use super::validation_jobs::known_issuers;
use crate::error::{Error, Issue};
use crate::format::policy::Policy;
use crate::live::Snapshot;
use crate::store::{Store, policies};

/// The policy of a key; the default where none was kept.
///
/// # Errors
/// When the database cannot be read.
pub async fn policy(store: &Store, owner: &str) -> Result<Policy, Error> {
    let kept = policies::find(&mut store.read().await?, owner).await?;
    let kept = kept.map(|document| serde_json::from_str(&document)).transpose();
    Ok(kept.map_err(|e| Error::Internal(format!("a kept policy cannot be read: {e}")))?.unwrap_or_default())
}

/// Keeps a policy for a key.
///
/// # Errors
/// [`Error::Invalid`] with a JSON pointer to each value that is wrong.
pub async fn keep(store: &Store, snapshot: &Snapshot, owner: &str, policy: &Policy) -> Result<(), Error> {
    policy.check("")?;
    if policy.as_of.is_some() {
        let detail = "an instant belongs to one file: name it where the file is sent";
        return Err(Issue::invalid("/as_of", detail).into());
    }
    known_issuers(snapshot, policy)?;
    let document = serde_json::to_string(policy).map_err(|e| Error::Internal(e.to_string()))?;
    let mut tx = store.begin().await?;
    policies::put(&mut tx, owner, &document).await?;
    tx.commit().await?;
    Ok(())
}
