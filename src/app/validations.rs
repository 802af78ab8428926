//! The worker that validates booking files.

use std::time::Duration;

use crate::flows::step::Step;
use crate::flows::validation_jobs::Jobs;
use crate::store::Topic;

/// How often to look without being woken: leases of others end.
const LOOK: Duration = Duration::from_secs(5);
/// How often old validations are forgotten.
const UPKEEP: Duration = Duration::from_hours(1);

/// Works until it is aborted: a portion under way is then done again by whoever comes next.
pub(super) async fn work(jobs: Jobs) {
    let mut sent = jobs.store.changes(Topic::Validations);
    let mut upkeep = tokio::time::interval(UPKEEP);
    loop {
        match jobs.step().await {
            Ok(Step::Worked) => {}
            Ok(Step::Idle) => tokio::select! {
                () = sent.next() => {}
                () = tokio::time::sleep(LOOK) => {}
                _ = upkeep.tick() => {
                    if let Err(e) = jobs.forget_old().await {
                        tracing::warn!("old validations could not be forgotten: {e}");
                    }
                }
            },
            Err(e) => {
                tracing::warn!("validations rest, since the database cannot be used: {e}");
                tokio::time::sleep(LOOK).await;
            }
        }
    }
}
