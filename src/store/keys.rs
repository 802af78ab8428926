//! API keys: made, shown to be right, used, given a new secret, revoked.

use jiff::{SignedDuration, Timestamp};

use super::secret::{self, Shown};
use super::{Row, StoreError, Tx};
use crate::model::{ApiKey, IssuerCode, Kind, Scope};

/// How exactly it is known when a key was last used: a write at each request would cost more than the request.
const USE_NOTED_EVERY: SignedDuration = SignedDuration::from_mins(1);

/// A statement about keys. Columns are named: a newer program beside this one may have added others.
macro_rules! select {
    ($($also:literal)? where $rest:literal) => {
        concat!("SELECT id, name, kind, scopes, issuers, created_at, expires_at, last_used_at, revoked_at ", $($also,)? " FROM api_key ", $rest)
    };
}

/// A key to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewKey {
    /// What it is named, for people.
    pub name: String,
    /// Whether it is for earnest.
    pub kind: Kind,
    /// What it may be used for.
    pub scopes: Vec<Scope>,
    /// The issuers in whose name it may publish; none given means any.
    pub issuers: Vec<IssuerCode>,
    /// When it ends by itself.
    pub expires_at: Option<Timestamp>,
}

/// The prefix tells the kinds apart where people see them.
pub fn prefix(kind: Kind) -> &'static str {
    match kind {
        Kind::Actual => "crd_live",
        Kind::Exercise => "crd_ex",
    }
}

/// Makes a key; the text is all of it and is not kept.
///
/// # Errors
/// When the database cannot be written.
pub async fn create(tx: &mut Tx, new: &NewKey, now: Timestamp) -> Result<(ApiKey, String), StoreError> {
    let drawn = secret::draw(prefix(new.kind), None)?;
    tx.query(
        "INSERT INTO api_key (id, name, kind, scopes, issuers, hash, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(&drawn.id)
    .bind(&new.name)
    .bind(new.kind.word())
    .bind(new.scopes.iter().map(|scope| scope.word()).collect::<Vec<_>>().join(" "))
    .bind(new.issuers.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "))
    .bind(drawn.hash)
    .bind(now)
    .bind(new.expires_at)
    .run()
    .await?;
    let key = ApiKey {
        id: drawn.id,
        name: new.name.clone(),
        kind: new.kind,
        scopes: new.scopes.clone(),
        issuers: new.issuers.clone(),
        created_at: now,
        expires_at: new.expires_at,
        last_used_at: None,
        revoked_at: None,
    };
    Ok((key, drawn.token))
}

/// A key that was shown, and opens something now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenKey {
    /// The key.
    pub key: ApiKey,
    /// Until when the secret that was shown opens it, unless it is revoked.
    pub until: Option<Timestamp>,
}

/// The key that is shown, if it opens anything now: it exists, its secret is right, it has neither ended nor been revoked.
///
/// # Errors
/// When the database cannot be read.
pub async fn by_token(tx: &mut Tx, shown: &Shown<'_>, now: Timestamp) -> Result<Option<OpenKey>, StoreError> {
    let row = tx.query(select!(", hash, old_hash, old_until" where "WHERE id = $1")).bind(shown.id).row().await?;
    let Some(row) = row else { return Ok(None) };
    let key = read(&row)?;
    let secret_until = if secret::same(row.text("hash")?, &shown.hash) {
        Timestamp::MAX
    } else {
        match row.maybe_text("old_hash")?.zip(row.maybe_instant("old_until")?) {
            Some((hash, until)) if secret::same(hash, &shown.hash) => until,
            _ => return Ok(None),
        }
    };
    let until = key.expires_at.map_or(secret_until, |end| end.min(secret_until));
    let opens = now < until && key.revoked_at.is_none() && shown.prefix == prefix(key.kind);
    Ok(opens.then(|| OpenKey { key, until: (until < Timestamp::MAX).then_some(until) }))
}

/// Every key, oldest first.
///
/// # Errors
/// When the database cannot be read.
pub async fn list(tx: &mut Tx) -> Result<Vec<ApiKey>, StoreError> {
    let rows = tx.query(select!(where "ORDER BY created_at, id")).rows().await?;
    rows.iter().map(read).collect()
}

/// A key by its id, as it stays until the transaction ends.
///
/// # Errors
/// When the database cannot be read.
pub async fn hold(tx: &mut Tx, id: &str) -> Result<Option<ApiKey>, StoreError> {
    let row = tx.query(select!(where "WHERE id = $1 @for_update")).bind(id).row().await?;
    row.as_ref().map(read).transpose()
}

/// Gives a key a new secret; the one before it opens until `old_until`. The text is all of the new one and is not kept.
///
/// # Errors
/// When the database cannot be written.
pub async fn rotate(tx: &mut Tx, key: &ApiKey, old_until: Timestamp) -> Result<String, StoreError> {
    let drawn = secret::draw(prefix(key.kind), Some(&key.id))?;
    tx.query("UPDATE api_key SET old_hash = hash, old_until = $2, hash = $3 WHERE id = $1")
        .bind(&key.id)
        .bind(old_until)
        .bind(drawn.hash)
        .run()
        .await?;
    Ok(drawn.token)
}

/// Revokes a key for good.
///
/// # Errors
/// When the database cannot be written.
pub async fn revoke(tx: &mut Tx, id: &str, now: Timestamp) -> Result<(), StoreError> {
    tx.query(
        "UPDATE api_key SET revoked_at = $2, old_hash = NULL, old_until = NULL WHERE id = $1 AND revoked_at IS NULL",
    )
    .bind(id)
    .bind(now)
    .run()
    .await?;
    Ok(())
}

/// Whether that a key is used now is worth a write.
pub fn is_use_news(key: &ApiKey, now: Timestamp) -> bool {
    key.last_used_at.is_none_or(|last| now.duration_since(last) >= USE_NOTED_EVERY)
}

/// Notes that a key was used; never goes backwards.
///
/// # Errors
/// When the database cannot be written.
pub async fn note_use(tx: &mut Tx, id: &str, now: Timestamp) -> Result<(), StoreError> {
    tx.query("UPDATE api_key SET last_used_at = $2 WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < $2)")
        .bind(id)
        .bind(now)
        .run()
        .await?;
    Ok(())
}

/// Whether there was ever a key. Of several instances that ask at once, all but one wait until that one has made the first.
///
/// # Errors
/// When the database cannot be read.
pub async fn exist(tx: &mut Tx) -> Result<bool, StoreError> {
    tx.query("SELECT value FROM epoch @for_update").one().await?;
    Ok(tx.query("SELECT count(*) AS n FROM api_key").one().await?.int("n")? > 0)
}

fn read(row: &Row) -> Result<ApiKey, StoreError> {
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    Ok(ApiKey {
        id: row.text("id")?.to_owned(),
        name: row.text("name")?.to_owned(),
        kind: row.parsed("kind", Kind::parse)?,
        scopes: row.parsed("scopes", |text| words(text).iter().map(|word| Scope::parse(word)).collect())?,
        issuers: row.parsed("issuers", |text| words(text).iter().map(|word| IssuerCode::parse(word)).collect())?,
        created_at: row.instant("created_at")?,
        expires_at: row.maybe_instant("expires_at")?,
        last_used_at: row.maybe_instant("last_used_at")?,
        revoked_at: row.maybe_instant("revoked_at")?,
    })
}
