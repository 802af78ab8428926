//! The HTTP interface: the only user of axum. Routes are on one page, [`routes`]; status codes are chosen in one place, [`problem`].

pub mod access;
mod advisories;
mod assets;
mod cache;
mod check_itinerary;
mod check_location;
mod check_locations;
mod documents;
mod extract;
mod guard;
pub mod idempotency;
mod issuers;
mod itineraries;
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
mod positions;
pub mod problem;
mod problems;
mod publish;
mod rate;
mod regions;
pub mod routes;
pub mod server;
mod subscriptions;
mod travellers;

use std::sync::{Arc, OnceLock};

use jiff::Timestamp;
use tokio::sync::Semaphore;

use self::access::{Access, KnownKeys};
use self::problem::Refusal;
use self::rate::Rates;
use crate::channel::guard::Guard;
use crate::clock::Clock;
use crate::config::Settings;
use crate::flows::watch::Watch;
use crate::format::document::kitinerary::Extractor;
use crate::live::{Live, Snapshot};
use crate::route::Router;
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
    router: Option<Router>,
    settings: Settings,
    requests: Arc<Semaphore>,
    streams: Arc<Semaphore>,
    known_keys: KnownKeys,
    rates: Rates,
    watch: Watch,
    outbound: Guard,
    extractor: OnceLock<Option<Extractor>>,
}

impl Shared {
    /// Everything that a request may need.
    pub fn new(
        watch: Watch,
        outbound: Guard,
        clock: Arc<dyn Clock>,
        meter: Meter,
        router: Option<Router>,
        settings: Settings,
    ) -> Self {
        let (live, store) = (Arc::clone(watch.live()), watch.store().clone());
        let requests = Arc::new(Semaphore::new(settings.concurrency_limit.min(Semaphore::MAX_PERMITS)));
        let streams = Arc::new(Semaphore::new(settings.stream_limit.min(Semaphore::MAX_PERMITS)));
        Self(Arc::new(Parts {
            live,
            store,
            clock,
            meter,
            router,
            requests,
            streams,
            known_keys: KnownKeys::default(),
            rates: Rates::new(&settings),
            extractor: OnceLock::new(),
            watch,
            outbound,
            settings,
        }))
    }

    fn clock(&self) -> &dyn Clock {
        &*self.0.clock
    }

    fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    fn snapshot(&self) -> Arc<Snapshot> {
        self.0.live.snapshot()
    }

    /// What the checks of somebody are answered from. Without any issuer every answer would be empty, which could pass for *clear*.
    fn loaded(&self, access: &Access) -> Result<Arc<Snapshot>, Refusal> {
        let snapshot = self.0.live.snapshot_for(access.kind());
        if snapshot.index.issuers().issuers.is_empty() { Err(Refusal::NotReady) } else { Ok(snapshot) }
    }

    fn live(&self) -> &Live {
        &self.0.live
    }

    fn store(&self) -> &Store {
        &self.0.store
    }

    fn watch(&self) -> &Watch {
        &self.0.watch
    }

    /// Where messages may go.
    fn outbound(&self) -> &Guard {
        &self.0.outbound
    }

    fn known_keys(&self) -> &KnownKeys {
        &self.0.known_keys
    }

    fn rates(&self) -> &Rates {
        &self.0.rates
    }

    fn meter(&self) -> &Meter {
        &self.0.meter
    }

    /// The extractor of mails and papers, looked for when it is first needed.
    fn extractor(&self) -> Option<&Extractor> {
        self.0.extractor.get_or_init(|| Extractor::of_setting(&self.settings().extractor)).as_ref()
    }

    fn router(&self) -> Option<&Router> {
        self.0.router.as_ref()
    }

    fn settings(&self) -> &Settings {
        &self.0.settings
    }
}
