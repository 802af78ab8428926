//! Watching: what all flows about travellers share.
//!
//! | file | holds |
//! |---|---|
//! | [`rematch`] | one subject against the fences, and what that changes |
//! | [`announce`] | what is owed because of it |
//! | [`booking`] | one booking against the fences, and what is told of its verdict |
//! | [`answers`] | what is told about who and what is watched |

pub mod announce;
pub mod answers;
pub mod booking;
pub mod rematch;

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::{Mutex, OwnedMutexGuard};

use self::rematch::Moment;
use super::recheck::arrays::Arrays;
use crate::clock::Clock;
use crate::config::Settings;
use crate::error::Error;
use crate::geometry::Limits;
use crate::live::{Live, Snapshot};
use crate::model::Kind;
use crate::route::Router;
use crate::store::Store;
use crate::store::shards::Shard;
use crate::telemetry::Meter;

/// What may be set about watching.
#[derive(Clone, Debug)]
pub struct WatchSettings {
    /// How long statements are trusted after their last comparison with the source.
    pub max_age: SignedDuration,
    /// What a plan's geometry may cost.
    pub limits: Limits,
    /// How long a trip is watched after its last part.
    pub trip_rest: SignedDuration,
    /// How long a last position is kept.
    pub position_rest: SignedDuration,
    /// How long a traveller is kept who has nothing watched and does not come back.
    pub traveller_rest: SignedDuration,
}

impl From<&Settings> for WatchSettings {
    fn from(settings: &Settings) -> Self {
        Self {
            max_age: settings.max_data_age,
            limits: settings.geometry_limits(),
            trip_rest: settings.watch_rest,
            position_rest: settings.position_retention,
            traveller_rest: settings.traveller_retention,
        }
    }
}

/// The longest a trip is watched that has no end of its own.
pub const LONGEST_TRIP: SignedDuration = SignedDuration::from_hours(400 * 24);

/// How often a flow begins anew because the fences moved on while it matched.
const ATTEMPTS: u32 = 5;

/// What subjects are matched against.
#[derive(Clone, Debug)]
pub struct Fences {
    actual: Arc<Snapshot>,
    /// With exercises beside what is in earnest.
    exercise: Arc<Snapshot>,
}

impl Fences {
    /// Those of a subject in earnest, or of one in an exercise.
    pub fn of(&self, kind: Kind) -> &Arc<Snapshot> {
        match kind {
            Kind::Actual => &self.actual,
            Kind::Exercise => &self.exercise,
        }
    }

    /// The epoch of both.
    pub fn epoch(&self) -> u64 {
        self.actual.epoch
    }

    /// Both, or the one where they are the same.
    pub fn each(&self) -> impl Iterator<Item = &Arc<Snapshot>> {
        let other = (!Arc::ptr_eq(&self.actual, &self.exercise)).then_some(&self.exercise);
        std::iter::once(&self.actual).chain(other)
    }
}

/// Everything that watching needs; a clone is the same.
#[derive(Clone)]
pub struct Watch(Arc<Parts>);

struct Parts {
    store: Store,
    live: Arc<Live>,
    clock: Arc<dyn Clock>,
    settings: WatchSettings,
    meter: Meter,
    router: Option<Arc<Router>>,
    arrays: Arc<Mutex<Arrays>>,
}

impl Watch {
    /// Over a store and the fences that follow it; counted by `meter`, with the routing engine where there is one.
    pub fn new(
        store: Store,
        live: Arc<Live>,
        clock: Arc<dyn Clock>,
        settings: WatchSettings,
        meter: Meter,
        router: Option<Arc<Router>>,
    ) -> Self {
        Self(Arc::new(Parts { store, live, clock, settings, meter, router, arrays: Arc::default() }))
    }

    /// The store.
    pub fn store(&self) -> &Store {
        &self.0.store
    }

    /// The fences' keeper.
    pub fn live(&self) -> &Arc<Live> {
        &self.0.live
    }

    /// What is counted.
    pub fn meter(&self) -> &Meter {
        &self.0.meter
    }

    /// The routing engine, where there is one.
    pub(super) fn router(&self) -> Option<&Router> {
        self.0.router.as_deref()
    }

    /// The settings.
    pub fn settings(&self) -> &WatchSettings {
        &self.0.settings
    }

    /// The present.
    pub fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    /// The fences, in earnest and for exercises, at one epoch.
    pub fn fences(&self) -> Fences {
        loop {
            let fences = Fences {
                actual: self.0.live.snapshot_for(Kind::Actual),
                exercise: self.0.live.snapshot_for(Kind::Exercise),
            };
            // between the two a new set may have come
            if fences.actual.epoch == fences.exercise.epoch {
                return fences;
            }
        }
    }

    /// What is in memory of where everything is.
    pub(super) async fn arrays(&self) -> OwnedMutexGuard<Arrays> {
        Arc::clone(&self.0.arrays).lock_owned().await
    }

    /// The moment at which things are matched.
    pub(super) fn moment<'a>(&'a self, snapshot: &'a Snapshot, now: Timestamp) -> Moment<'a> {
        Moment { snapshot, max_age: self.0.settings.max_age, limits: &self.0.settings.limits, now }
    }

    /// Whether what was matched with this snapshot may be written into the shard: it may be settled beyond that already.
    #[allow(clippy::unused_self)]
    pub(super) fn may_write(&self, fences: &Fences, shard: Shard) -> bool {
        shard.epoch <= fences.epoch()
    }

    /// Brings the fences up to date; `None`, since the flow has to begin anew.
    pub(super) async fn catch_up<T>(&self) -> Result<Option<T>, Error> {
        self.0.live.follow(&self.0.store, self.now()).await?;
        Ok(None)
    }

    /// Does a piece of work again that found the fences moved on (`None`), or others in its way.
    pub(super) async fn until_current<T, F>(&self, mut work: impl FnMut() -> F) -> Result<T, Error>
    where
        F: Future<Output = Result<Option<T>, Error>>,
    {
        for _ in 0..ATTEMPTS {
            if let Some(done) = crate::store::retry(&mut work).await? {
                return Ok(done);
            }
        }
        Err(Error::Busy)
    }
}

/// Runs what takes the processor for a while on a thread that serves nobody else.
pub(super) async fn thinking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Error> {
    tokio::task::spawn_blocking(work).await.map_err(|e| {
        Error::Internal(if e.is_panic() { "matching panicked".to_owned() } else { "matching was cancelled".to_owned() })
    })
}
