//! Keys: made, listed, given a new secret, revoked; and the first one, which a new database is opened with.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::list_issuers::unknown_issuers;
use crate::error::{Error, Issue};
use crate::model::{ApiKey, IssuerCode, Issuers, Kind, Scope};
use crate::store::keys::{self, NewKey};
use crate::store::{Store, StoreError};

/// The longest name of a key.
const LONGEST_NAME: usize = 100;
/// How long a secret opens after it was replaced, when nobody says otherwise.
pub const GRACE: SignedDuration = SignedDuration::from_hours(24);

/// A key to be made.
#[derive(Clone, Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyRequest {
    /// What it is called, for people.
    pub name: String,
    /// What it may be used for.
    pub scopes: Vec<Scope>,
    /// Whether it is for earnest.
    #[serde(default)]
    pub kind: Kind,
    /// The issuers in whose name it may publish; none given means any.
    #[serde(default)]
    pub issuers: Vec<IssuerCode>,
    /// When it ends by itself.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expires_at: Option<Timestamp>,
}

/// A key that was made, or given a new secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct KeyMade {
    /// The key itself: it is shown now and never again.
    pub token: String,
    /// What is known of it afterwards.
    pub key: ApiKey,
}

/// Makes a key, at the wish of somebody who acts in this `kind`: an exercise makes no key that is for earnest.
///
/// # Errors
/// When the name is empty or long, no scope is given, it would have ended already, is of the wrong kind, or for an issuer that is none of
/// the `known` ones; none where nobody knows them.
pub async fn create(
    store: &Store,
    request: &KeyRequest,
    known: Option<&Issuers>,
    by: Kind,
    now: Timestamp,
) -> Result<KeyMade, Error> {
    let new = checked(request, known, by, now)?;
    let mut tx = store.begin().await?;
    let (key, token) = keys::create(&mut tx, &new, now).await?;
    tx.commit().await?;
    Ok(KeyMade { token, key })
}

fn checked(request: &KeyRequest, known: Option<&Issuers>, by: Kind, now: Timestamp) -> Result<NewKey, Error> {
    let mut issues = known.map_or_else(Vec::new, |known| unknown_issuers(&request.issuers, known));
    let name = request.name.trim();
    if name.is_empty() || name.chars().count() > LONGEST_NAME || name.chars().any(char::is_control) {
        issues.push(Issue::invalid("/name", format!("a name has 1 to {LONGEST_NAME} characters on one line")));
    }
    if request.scopes.is_empty() {
        issues.push(Issue::invalid("/scopes", "without a scope it opens nothing"));
    }
    if !reaches(by, request.kind) {
        issues.push(Issue::invalid("/kind", "an exercise key makes exercise keys only"));
    }
    if let Some(end) = request.expires_at.filter(|end| *end <= now) {
        issues.push(Issue::invalid("/expires_at", format!("{end} has passed")));
    }
    if !issues.is_empty() {
        return Err(Error::Invalid(issues));
    }
    let (mut scopes, mut issuers) = (request.scopes.clone(), request.issuers.clone());
    scopes.sort_unstable();
    scopes.dedup();
    issuers.sort_unstable();
    issuers.dedup();
    Ok(NewKey { name: name.to_owned(), kind: request.kind, scopes, issuers, expires_at: request.expires_at })
}

/// Whether somebody who acts in one kind may touch keys of another: earnest sees everything, an exercise only itself.
fn reaches(by: Kind, kind: Kind) -> bool {
    by == Kind::Actual || kind == Kind::Exercise
}

/// Every key, oldest first, those that open nothing any more among them.
///
/// # Errors
/// When the store cannot be read.
pub async fn list(store: &Store, by: Kind) -> Result<Vec<ApiKey>, Error> {
    let mut keys = keys::list(&mut store.read().await?).await?;
    keys.retain(|key| reaches(by, key.kind));
    Ok(keys)
}

/// Gives a key a new secret; the old one opens for `grace` more.
///
/// # Errors
/// When there is no such key, or it opens nothing any more.
pub async fn rotate(
    store: &Store,
    id: &str,
    grace: SignedDuration,
    by: Kind,
    now: Timestamp,
) -> Result<KeyMade, Error> {
    let mut tx = store.begin().await?;
    let key = keys::hold(&mut tx, id).await?.filter(|key| reaches(by, key.kind)).ok_or_else(|| unknown(id))?;
    if key.revoked_at.is_some() || key.expires_at.is_some_and(|end| end <= now) {
        return Err(Error::Conflict(format!("the key `{id}` is revoked or has ended; make a new one")));
    }
    let old_until = now.checked_add(grace).unwrap_or(Timestamp::MAX);
    let token = keys::rotate(&mut tx, &key, old_until).await?;
    tx.commit().await?;
    Ok(KeyMade { token, key })
}

/// Revokes a key for good, at once. One that is revoked already stays so.
///
/// # Errors
/// When there is no such key.
pub async fn revoke(store: &Store, id: &str, by: Kind, now: Timestamp) -> Result<ApiKey, Error> {
    let mut tx = store.begin().await?;
    let key = keys::hold(&mut tx, id).await?.filter(|key| reaches(by, key.kind)).ok_or_else(|| unknown(id))?;
    keys::revoke(&mut tx, id, now).await?;
    tx.commit().await?;
    Ok(ApiKey { revoked_at: key.revoked_at.or(Some(now)), ..key })
}

/// The key of a new database, which may do everything; none when there was ever one.
///
/// # Errors
/// When the store cannot be written.
pub async fn first(store: &Store, now: Timestamp) -> Result<Option<String>, StoreError> {
    let mut tx = store.begin().await?;
    if keys::exist(&mut tx).await? {
        return Ok(None);
    }
    let new = NewKey {
        name: "first".to_owned(),
        kind: Kind::Actual,
        scopes: Scope::ALL.to_vec(),
        issuers: vec![],
        expires_at: None,
    };
    let (_, token) = keys::create(&mut tx, &new, now).await?;
    tx.commit().await?;
    Ok(Some(token))
}

fn unknown(id: &str) -> Error {
    Error::NotFound { what: "key", id: id.to_owned() }
}
