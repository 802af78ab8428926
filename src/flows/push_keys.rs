//! The key that browsers subscribe with: made at the first start, changed without losing anybody.

use jiff::Timestamp;
use serde::Serialize;

use crate::channel::web_push::VapidKey;
use crate::error::Error;
use crate::store::{Store, vapid};

/// The key to subscribe with now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct PushKey {
    /// `applicationServerKey` of `PushManager.subscribe()`: 65 bytes in base64url. A page that finds another one than it subscribed with
    /// unsubscribes and subscribes again.
    #[schema(examples("BNcRdreALRFXTkOOUHK1EtK2wtaz5Ry4YfYCA_0QTpQtUbVlUls0VJXg7A8u-Ts1XbjhazAkj7I99e8QcYP7DkM"))]
    pub key: String,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    pub since: Timestamp,
}

/// Sees to it that there is a key.
///
/// # Errors
/// When the database cannot be written, or there is no randomness.
pub async fn ensure(store: &Store, now: Timestamp) -> Result<(), Error> {
    if !vapid::all(&mut store.read().await?).await?.is_empty() {
        return Ok(());
    }
    let key = VapidKey::generate().map_err(Error::Internal)?;
    let mut tx = store.begin().await?;
    vapid::insert_first(&mut tx, &key.public, &key.private, now).await?;
    tx.commit().await?;
    Ok(())
}

/// The key to subscribe with.
///
/// # Errors
/// When the database cannot be read.
pub async fn current(store: &Store) -> Result<PushKey, Error> {
    let newest = vapid::all(&mut store.read().await?).await?.into_iter().next();
    let newest = newest.ok_or_else(|| Error::Internal("there is no VAPID key".to_owned()))?;
    Ok(PushKey { key: newest.public, since: newest.created_at })
}

/// A key as it is shown to whoever looks after the service.
#[derive(Debug, Serialize)]
pub struct KeyInUse {
    /// Its public half.
    pub key: String,
    /// Since when.
    pub since: Timestamp,
    /// Whether it is the one to subscribe with.
    pub current: bool,
    /// How many subscriptions were made with it.
    pub subscriptions: usize,
}

/// All keys, the one to subscribe with first.
///
/// # Errors
/// When the database cannot be read.
pub async fn all(store: &Store) -> Result<Vec<KeyInUse>, Error> {
    let mut tx = store.read().await?;
    let (keys, in_use) = (vapid::all(&mut tx).await?, vapid::in_use(&mut tx).await?);
    let shown = keys.into_iter().enumerate().map(|(n, key)| KeyInUse {
        since: key.created_at,
        current: n == 0,
        subscriptions: in_use.get(&key.public).copied().unwrap_or_default(),
        key: key.public,
    });
    Ok(shown.collect())
}

/// Makes a new key to subscribe with. The old ones still sign for the subscriptions made with them.
///
/// # Errors
/// When the database cannot be written, or there is no randomness.
pub async fn rotate(store: &Store, now: Timestamp) -> Result<PushKey, Error> {
    let key = VapidKey::generate().map_err(Error::Internal)?;
    let mut tx = store.begin().await?;
    vapid::insert(&mut tx, &key.public, &key.private, now).await?;
    tx.commit().await?;
    Ok(PushKey { key: key.public, since: now })
}
