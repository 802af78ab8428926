//! A request that is sent again gets the first one's answer: claimed before the work, kept after it.

use jiff::{SignedDuration, Timestamp};

use crate::error::Error;
use crate::store::idempotency::{self, Answer, Claim, Ours, Request};
use crate::store::{Store, StoreError, retry};

/// How a request begins.
#[derive(Debug)]
pub enum Beginning {
    /// It is to be done.
    Ours(Ours),
    /// It was done.
    Answered(Answer),
    /// It is being done, for at most so long.
    UnderWay(SignedDuration),
    /// The key was used for another request.
    Another,
}

/// Claims a request.
///
/// # Errors
/// When the store cannot be written.
pub async fn begin(
    store: &Store,
    principal: &str,
    name: &str,
    fingerprint: &str,
    now: Timestamp,
    lease: SignedDuration,
) -> Result<Beginning, Error> {
    let request = Request { principal, name, fingerprint };
    retry(async || {
        let mut tx = store.begin().await?;
        let claim = idempotency::claim(&mut tx, &request, now, lease).await?;
        tx.commit().await?;
        Ok(match claim {
            Claim::Ours(claim) => Beginning::Ours(claim),
            Claim::Answered(answer) => Beginning::Answered(answer),
            Claim::UnderWay(until) => Beginning::UnderWay(until.duration_since(now)),
            Claim::Another => Beginning::Another,
        })
    })
    .await
}

/// Keeps the answer. When that fails the work is done all the same; the same request will be under way until its lease ends.
pub async fn finish(store: &Store, claim: &str, answer: &Answer) {
    let kept = async {
        let mut tx = store.begin().await?;
        idempotency::complete(&mut tx, claim, answer).await?;
        tx.commit().await
    };
    log(kept.await, "kept");
}

/// Gives the claim up, since there is no answer worth keeping.
pub async fn give_up(store: &Store, claim: &str) {
    let released = async {
        let mut tx = store.begin().await?;
        idempotency::release(&mut tx, claim).await?;
        tx.commit().await
    };
    log(released.await, "released");
}

fn log(done: Result<(), StoreError>, what: &str) {
    if let Err(e) = done {
        tracing::warn!("the answer to a request with an Idempotency-Key could not be {what}: {e}");
    }
}
