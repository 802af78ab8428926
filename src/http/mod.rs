//! The HTTP interface: the only user of axum. Routes are on one page, [`routes`]; status codes are chosen in one place, [`problem`].

pub mod access;
mod advisories;
mod assets;
mod cache;
mod check_itinerary;
mod check_location;
mod check_locations;
mod deliveries;
mod documents;
mod events;
mod extract;
mod guard;
pub mod idempotency;
mod issuers;
mod keys;
mod lines;
mod missions;
mod negotiate;
mod observe;
mod operations;
mod page;
mod pages;
mod paging;
mod patience;
mod phrases;
mod places;
pub mod problem;
mod problems;
mod push;
mod rate;
mod regions;
pub mod routes;
pub mod server;
mod webhooks;

use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use self::access::KnownKeys;
use self::problem::Refusal;
use self::rate::Rates;
use crate::channel::guard::Guard;
use crate::clock::Clock;
use crate::config::Settings;
use crate::flows::deliver::Channels;
use crate::flows::listen::Ear;
use crate::live::{Live, Snapshot};
use crate::store::Store;
use crate::telemetry::Meter;

/// What handlers share.
#[derive(Clone)]
pub struct Shared(Arc<Parts>);

struct Parts {
    live: Arc<Live>,
    store: Store,
    clock: Arc<dyn Clock>,
    meter: Meter,
    settings: Settings,
    requests: Arc<Semaphore>,
    streams: Arc<Semaphore>,
    known_keys: KnownKeys,
    rates: Rates,
    channels: Arc<Channels>,
    ear: Arc<Ear>,
    event_places: Arc<Semaphore>,
}

impl Shared {
    /// Everything that a request may need.
    pub fn new(
        live: Arc<Live>,
        store: Store,
        clock: Arc<dyn Clock>,
        meter: Meter,
        settings: Settings,
        channels: Arc<Channels>,
        ear: Arc<Ear>,
    ) -> Self {
        let event_places = Arc::new(Semaphore::new(settings.event_stream_limit.min(Semaphore::MAX_PERMITS)));
        let requests = Arc::new(Semaphore::new(settings.concurrency_limit.min(Semaphore::MAX_PERMITS)));
        let streams = Arc::new(Semaphore::new(settings.stream_limit.min(Semaphore::MAX_PERMITS)));
        let (known_keys, rates) = (KnownKeys::default(), Rates::new(&settings));
        Self(Arc::new(Parts {
            live,
            store,
            clock,
            meter,
            settings,
            requests,
            streams,
            known_keys,
            rates,
            channels,
            ear,
            event_places,
        }))
    }

    fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    fn snapshot(&self) -> Arc<Snapshot> {
        self.0.live.snapshot()
    }

    /// What checks are answered from. Without any issuer every answer would be empty, which could pass for *clear*.
    fn loaded(&self) -> Result<Arc<Snapshot>, Refusal> {
        let snapshot = self.snapshot();
        if snapshot.index.issuers().issuers.is_empty() { Err(Refusal::NotReady) } else { Ok(snapshot) }
    }

    fn live(&self) -> &Live {
        &self.0.live
    }

    fn store(&self) -> &Store {
        &self.0.store
    }

    fn known_keys(&self) -> &KnownKeys {
        &self.0.known_keys
    }

    fn rates(&self) -> &Rates {
        &self.0.rates
    }

    /// What addresses of subscriptions and webhooks are checked with.
    fn guard(&self) -> &Guard {
        self.0.channels.guard()
    }

    fn ear(&self) -> &Ear {
        &self.0.ear
    }

    /// A place among those who listen to events.
    fn event_place(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.0.event_places).try_acquire_owned().ok()
    }

    fn meter(&self) -> &Meter {
        &self.0.meter
    }

    fn settings(&self) -> &Settings {
        &self.0.settings
    }
}
