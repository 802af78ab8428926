//! Answers already given, by the caller's `Idempotency-Key`: a request that is sent again gets the first one's answer.
//!
//! A claim has a lease, which is renewed: while it lasts, the same request is under way; when it has passed without an answer, whoever held it is dead,
//! and the next takes it over. The dead may have done the work and not kept the answer: so the id of what a request makes is given here,
//! once, and whoever does the work again finds what is there already.

use jiff::{SignedDuration, Timestamp};

use super::{StoreError, Tx};

/// How long answers are kept.
pub const KEPT: SignedDuration = SignedDuration::from_hours(24);
/// How many outlived answers are removed with each new claim: more than are made, so that they do not pile up.
const SWEPT: i64 = 20;

/// A request as it is told apart from others.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// Whose name it is: keys of different callers never meet.
    pub principal: &'a str,
    /// The `Idempotency-Key`.
    pub name: &'a str,
    /// The digest of what is asked.
    pub fingerprint: &'a str,
}

/// An answer that was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The headers that belong to it, as pairs.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

/// A request that is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ours {
    /// The name under which it is ours.
    pub claim: String,
    /// The id of what it makes, the same for all who do it (uuid v7).
    pub makes: String,
}

/// What is known of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// It is new, or whoever had it is dead: it is ours.
    Ours(Ours),
    /// It was answered.
    Answered(Answer),
    /// It is under way, at the latest until then.
    UnderWay(Timestamp),
    /// The name was used for another request.
    Another,
}

/// Claims a request until `lease`.
///
/// # Errors
/// When the database cannot be written.
pub async fn claim(
    tx: &mut Tx,
    request: &Request<'_>,
    now: Timestamp,
    lease: SignedDuration,
) -> Result<Claim, StoreError> {
    tx.query(
        "DELETE FROM idempotency WHERE (principal, name) IN
         (SELECT principal, name FROM idempotency WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2 @skip_locked)",
    )
    .bind(now)
    .bind(SWEPT)
    .run()
    .await?;
    let claim = uuid::Uuid::now_v7().to_string();
    // an outlived row may still be there, where many are
    let taken = tx
        .query(
            "INSERT INTO idempotency (principal, name, fingerprint, claim, makes, taken_until, expires_at)
             VALUES ($1, $2, $3, $4, $4, $5, $6)
             ON CONFLICT (principal, name) DO UPDATE SET
                 fingerprint = excluded.fingerprint, claim = excluded.claim, taken_until = excluded.taken_until,
                 makes = CASE WHEN idempotency.expires_at <= $7 THEN excluded.makes ELSE idempotency.makes END,
                 status = NULL, headers = NULL, body = NULL, expires_at = excluded.expires_at
             WHERE idempotency.expires_at <= $7
                OR (idempotency.status IS NULL AND idempotency.taken_until <= $7 AND idempotency.fingerprint = excluded.fingerprint)
             RETURNING makes",
        )
        .bind(request.principal)
        .bind(request.name)
        .bind(request.fingerprint)
        .bind(&claim)
        .bind(now + lease)
        .bind(now + KEPT)
        .bind(now)
        .row()
        .await?;
    if let Some(row) = taken {
        return Ok(Claim::Ours(Ours { claim, makes: row.text("makes")?.to_owned() }));
    }
    let row = tx
        .query("SELECT fingerprint, taken_until, status, headers, body FROM idempotency WHERE principal = $1 AND name = $2")
        .bind(request.principal)
        .bind(request.name)
        .one()
        .await?;
    if row.text("fingerprint")? != request.fingerprint {
        return Ok(Claim::Another);
    }
    let Some(status) = row.maybe_int("status")? else { return Ok(Claim::UnderWay(row.instant("taken_until")?)) };
    let status = u16::try_from(status)
        .map_err(|e| StoreError::Corrupt { column: "status".to_owned(), reason: e.to_string() })?;
    Ok(Claim::Answered(Answer { status, headers: row.json("headers")?, body: row.text("body")?.to_owned() }))
}

/// Keeps a claim until `until`, unless somebody else has it now.
///
/// # Errors
/// When the database cannot be written.
pub async fn renew(tx: &mut Tx, claim: &str, until: Timestamp) -> Result<(), StoreError> {
    tx.query("UPDATE idempotency SET taken_until = $2 WHERE claim = $1 AND status IS NULL")
        .bind(claim)
        .bind(until)
        .run()
        .await?;
    Ok(())
}

/// Keeps the answer, unless the lease passed and somebody else has the claim now.
///
/// # Errors
/// When the database cannot be written.
pub async fn complete(tx: &mut Tx, claim: &str, answer: &Answer) -> Result<(), StoreError> {
    let headers = serde_json::json!(answer.headers).to_string();
    tx.query("UPDATE idempotency SET status = $2, headers = $3, body = $4 WHERE claim = $1")
        .bind(claim)
        .bind(i64::from(answer.status))
        .bind(headers)
        .bind(&answer.body)
        .run()
        .await?;
    Ok(())
}

/// Gives the claim up, so that the same request may be sent again at once. What it makes may be there all the same.
///
/// # Errors
/// When the database cannot be written.
pub async fn release(tx: &mut Tx, claim: &str) -> Result<(), StoreError> {
    tx.query("UPDATE idempotency SET taken_until = 0 WHERE claim = $1 AND status IS NULL").bind(claim).run().await?;
    Ok(())
}
