//! Effective instants: when a revision comes into force or ends by the clock, the epoch moves, and everything follows as after a publication.

use super::step::Step;
use crate::clock::Clock;
use crate::error::Error;
use crate::store::{Store, advisories};

/// Moves the epoch if an instant has passed since the last time. Of several instances that see it one does it.
///
/// # Errors
/// When the store cannot be read or written.
pub async fn step(store: &Store, clock: &dyn Clock) -> Result<Step, Error> {
    let now = clock.now();
    // reading first: nearly always nothing has passed, and readers wait for nobody
    if advisories::passing(&mut store.read().await?, now).await?.is_empty() {
        return Ok(Step::Idle);
    }
    let mut tx = store.begin().await?;
    let passed = advisories::pass(&mut tx, now).await?;
    tx.commit().await?;
    let Some((epoch, advisories)) = passed else { return Ok(Step::Idle) };
    tracing::info!(epoch, "an effective instant of {} passed: epoch {epoch}", advisories.join(", "));
    Ok(Step::Worked)
}
