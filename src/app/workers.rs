//! What runs beside the requests: workers that are stepped until they are idle, and woken when there is something again.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;

use crate::clock::Clock;
use crate::error::Error;
use crate::flows::pass_instants;
use crate::flows::step::Step;
use crate::flows::validation_jobs::Jobs;
use crate::flows::watch::Watch;
use crate::live::Live;
use crate::store::{Changes, Store, StoreError, Topic};

/// How long a worker waits that nobody wakes: the clock wakes nobody, and a database that was away does not say that it is back.
const PATIENCE: Duration = Duration::from_secs(1);

/// How often what has had its time is forgotten.
const RETENTION: Duration = Duration::from_mins(1);

/// How often a routing engine is asked again for what it could not tell.
const ROUTING: Duration = Duration::from_mins(1);

/// Follows the epoch, moves it when an effective instant passes, and tries whether a full disk has room again. Ends when it is aborted.
pub(super) fn epoch(store: &Store, live: &Arc<Live>, clock: &Arc<dyn Clock>) -> [JoinHandle<()>; 3] {
    let (passing, passing_clock) = (store.clone(), Arc::clone(clock));
    let trying = store.clone();
    let (following, live, clock) = (store.clone(), Arc::clone(live), Arc::clone(clock));
    [
        spawn("effective instants", store.changes(Topic::Epoch), move || {
            let (store, clock) = (passing.clone(), Arc::clone(&passing_clock));
            async move { pass_instants::step(&store, &*clock).await }
        }),
        spawn("the epoch", store.changes(Topic::Epoch), move || {
            let (store, live, clock) = (following.clone(), Arc::clone(&live), Arc::clone(&clock));
            async move {
                let taken = live.follow(&store, clock.now()).await?;
                Ok(if taken.is_some() { Step::Worked } else { Step::Idle })
            }
        }),
        spawn("the disk", store.changes(Topic::Epoch), move || {
            let store = trying.clone();
            async move {
                store.try_disk().await?;
                Ok(Step::Idle)
            }
        }),
    ]
}

/// Looks after what is watched: who is concerned after a change, whose way is not known yet, and what has had its time. Ends when it is aborted.
pub(super) fn watching(watch: &Watch) -> [JoinHandle<()>; 3] {
    let (rechecking, asking, forgetting) = (watch.clone(), watch.clone(), watch.clone());
    [
        spawn("the recheck", watch.store().changes(Topic::Epoch), move || {
            let watch = rechecking.clone();
            async move { watch.recheck_step().await }
        }),
        tokio::spawn(async move {
            let mut every = tokio::time::interval(ROUTING);
            loop {
                every.tick().await;
                if let Err(error) = asking.ask_for_ways().await {
                    tracing::error!("ways could not be asked for again: {}; trying again later", error.cause());
                }
            }
        }),
        tokio::spawn(async move {
            let mut every = tokio::time::interval(RETENTION);
            loop {
                every.tick().await;
                let kept = async {
                    while forgetting.retention_step().await? == Step::Worked {}
                    forgetting.show_counts().await
                };
                if let Err(error) = kept.await {
                    tracing::error!(
                        "what has had its time could not be forgotten: {}; trying again later",
                        error.cause()
                    );
                }
            }
        }),
    ]
}

/// Validates booking files, puts their bookings under watch, and forgets old ones. Ends when it is aborted: a portion under way is done
/// again by whoever comes next.
pub(super) fn validating(jobs: &Jobs, watch: &Watch) -> [JoinHandle<()>; 3] {
    let (working, watching, forgetting) = (jobs.clone(), watch.clone(), jobs.clone());
    [
        spawn("the watch of bookings", jobs.store.changes(Topic::Validations), move || {
            let watch = watching.clone();
            async move { watch.watch_step().await }
        }),
        spawn("validations", jobs.store.changes(Topic::Validations), move || {
            let jobs = working.clone();
            async move { jobs.step().await.map_err(Error::from) }
        }),
        tokio::spawn(async move {
            let mut every = tokio::time::interval(RETENTION);
            loop {
                every.tick().await;
                let forgotten = async {
                    while forgetting.forget_old().await? == Step::Worked {}
                    Ok::<_, StoreError>(())
                };
                if let Err(error) = forgotten.await {
                    tracing::error!("old validations could not be forgotten: {error}; trying again later");
                }
            }
        }),
    ]
}

/// Steps a worker for good. What fails is logged when it begins, and tried again.
fn spawn<F>(name: &'static str, mut changes: Changes, mut step: impl FnMut() -> F + Send + 'static) -> JoinHandle<()>
where
    F: Future<Output = Result<Step, Error>> + Send,
{
    tokio::spawn(async move {
        let mut failing = false;
        loop {
            match step().await {
                Ok(Step::Worked) => failing = false,
                Ok(Step::Idle) => {
                    failing = false;
                    let _ = tokio::time::timeout(PATIENCE, changes.next()).await;
                }
                Err(error) => {
                    if !failing {
                        let cause = error.cause();
                        tracing::error!("{name}: {cause}; trying again every second");
                    }
                    failing = true;
                    tokio::time::sleep(PATIENCE).await;
                }
            }
        }
    })
}
