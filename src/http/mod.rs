//! The HTTP interface: the only user of axum. Routes are on one page, [`routes`]; status codes are chosen in one place, [`problem`].

pub mod access;
mod advisories;
mod assets;
pub mod basemap;
mod bundles;
mod cache;
mod check_itinerary;
mod check_location;
mod check_locations;
mod deliveries;
mod documents;
mod events;
mod evidence;
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
mod own;
mod page;
mod pages;
mod paging;
mod patience;
mod places;
mod positions;
pub mod problem;
mod problems;
mod publish;
mod push;
mod rate;
mod regions;
pub mod routes;
pub mod server;
mod subscriptions;
mod tags;
mod travellers;
mod validation_policy;
mod validation_results;
mod validation_watch;
mod validations;
mod webhooks;

use std::sync::{Arc, OnceLock};

use jiff::Timestamp;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use self::access::{Access, KnownKeys};
use self::basemap::Archive;
use self::bundles::Bundles;
use self::problem::Refusal;
use self::rate::Rates;
use crate::channel::guard::Guard;
use crate::clock::Clock;
use crate::config::Settings;
use crate::flows::deliver::Channels;
use crate::flows::listen::Ear;
use crate::flows::validation_jobs::Jobs;
use crate::flows::watch::Watch;
use crate::format::document::kitinerary::Extractor;
use crate::live::{Live, Snapshot};
use crate::route::Router;
use crate::store::Store;
use crate::telemetry::Meter;

/// What handlers share.
#[derive(Clone)]
pub struct Shared(Arc<Parts>);

/// What handlers use, as the service is built from it.
pub struct Services {
    /// The fences that answer.
    pub live: Arc<Live>,
    /// What is remembered.
    pub store: Store,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The metrics.
    pub meter: Meter,
    /// The routing engine, where there is one.
    pub router: Option<Arc<Router>>,
    /// The settings.
    pub settings: Settings,
    /// What messages are sent with.
    pub channels: Arc<Channels>,
    /// Who hands events on.
    pub ear: Arc<Ear>,
    /// Who and what is watched.
    pub watch: Watch,
    /// The map's background, where it is a file of ours.
    pub archive: Option<Archive>,
}

struct Parts {
    services: Services,
    requests: Arc<Semaphore>,
    streams: Arc<Semaphore>,
    event_places: Arc<Semaphore>,
    known_keys: KnownKeys,
    bundles: Bundles,
    rates: Rates,
    extractor: OnceLock<Option<Extractor>>,
}

impl Shared {
    /// Everything that a request may need.
    pub fn new(services: Services) -> Self {
        let places = |limit: usize| Arc::new(Semaphore::new(limit.min(Semaphore::MAX_PERMITS)));
        let settings = &services.settings;
        Self(Arc::new(Parts {
            requests: places(settings.concurrency_limit),
            streams: places(settings.stream_limit),
            event_places: places(settings.event_stream_limit),
            known_keys: KnownKeys::default(),
            bundles: Bundles::default(),
            rates: Rates::new(settings),
            extractor: OnceLock::new(),
            services,
        }))
    }

    fn clock(&self) -> &dyn Clock {
        &*self.0.services.clock
    }

    /// Lets go of what need not be held; called now and then.
    pub fn upkeep(&self) {
        self.meter().upkeep();
        self.rates().sweep();
    }

    fn now(&self) -> Timestamp {
        self.clock().now()
    }

    fn snapshot(&self) -> Arc<Snapshot> {
        self.0.services.live.snapshot()
    }

    /// What the checks of somebody are answered from. Without any issuer every answer would be empty, which could pass for *clear*.
    fn loaded(&self, access: &Access) -> Result<Arc<Snapshot>, Refusal> {
        let snapshot = self.live().snapshot_for(access.kind());
        if snapshot.index.issuers().issuers.is_empty() { Err(Refusal::NotReady) } else { Ok(snapshot) }
    }

    fn live(&self) -> &Live {
        &self.0.services.live
    }

    fn store(&self) -> &Store {
        &self.0.services.store
    }

    fn watch(&self) -> &Watch {
        &self.0.services.watch
    }

    fn known_keys(&self) -> &KnownKeys {
        &self.0.known_keys
    }

    /// The bundles made a moment ago.
    fn bundles(&self) -> &Bundles {
        &self.0.bundles
    }

    fn rates(&self) -> &Rates {
        &self.0.rates
    }

    /// What addresses of subscriptions and webhooks are checked with.
    fn guard(&self) -> &Guard {
        self.0.services.channels.guard()
    }

    fn ear(&self) -> &Ear {
        &self.0.services.ear
    }

    /// A place among those who listen to events.
    fn event_place(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.0.event_places).try_acquire_owned().ok()
    }

    /// What validations are worked on with.
    fn jobs(&self) -> Jobs {
        Jobs {
            store: self.store().clone(),
            live: Arc::clone(&self.0.services.live),
            max_age: self.settings().max_data_age,
            limits: self.settings().geometry_limits(),
            clock: Arc::clone(&self.0.services.clock),
            router: self.0.services.router.clone(),
        }
    }

    fn meter(&self) -> &Meter {
        &self.0.services.meter
    }

    /// The extractor of mails and papers, looked for when it is first needed.
    fn extractor(&self) -> Option<&Extractor> {
        self.0.extractor.get_or_init(|| Extractor::of_setting(&self.settings().extractor)).as_ref()
    }

    fn archive(&self) -> Option<&Archive> {
        self.0.services.archive.as_ref()
    }

    fn router(&self) -> Option<&Router> {
        self.0.services.router.as_deref()
    }

    fn settings(&self) -> &Settings {
        &self.0.services.settings
    }
}
