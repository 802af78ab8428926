//! A request that is sent again gets the first one's answer: claimed before the work, kept after it.
//!
//! A claim lasts seconds and is renewed for as long as the work takes, so that what a dead process had claimed is soon free again.

use std::convert::Infallible;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::clock::Clock;
use crate::error::Error;
use crate::store::idempotency::{self, Answer, Claim, Ours, Request};
use crate::store::{Store, StoreError, retry};

/// How long a claim lasts that nobody renews: so long the same request is refused after whoever did it died.
pub const LEASE: SignedDuration = SignedDuration::from_secs(6);
/// How often it is renewed: the database may be slow once.
const RENEWED: Duration = Duration::from_secs(2);

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

/// Claims a request for as long as a [`LEASE`].
///
/// # Errors
/// When the store cannot be written.
pub async fn begin(
    store: &Store,
    principal: &str,
    name: &str,
    fingerprint: &str,
    now: Timestamp,
) -> Result<Beginning, Error> {
    let request = Request { principal, name, fingerprint };
    retry(async || {
        let mut tx = store.begin().await?;
        let claim = idempotency::claim(&mut tx, &request, now, LEASE).await?;
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

/// Does the work, and renews its claim for as long as it takes.
pub async fn hold<T>(store: &Store, clock: &dyn Clock, claim: &str, work: impl Future<Output = T>) -> T {
    tokio::select! {
        done = work => done,
        never = renewing(store, clock, claim) => match never {},
    }
}

async fn renewing(store: &Store, clock: &dyn Clock, claim: &str) -> Infallible {
    loop {
        tokio::time::sleep(RENEWED).await;
        let renewed = async {
            let mut tx = store.begin().await?;
            idempotency::renew(&mut tx, claim, clock.now() + LEASE).await?;
            tx.commit().await
        };
        log(renewed.await, "renewed");
    }
}

/// Keeps the answer. When that fails the work is done all the same; the same request will be under way until its claim ends.
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
        tracing::warn!("a request with an Idempotency-Key, or its answer, could not be {what}: {e}");
    }
}
