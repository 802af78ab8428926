//! The HTTP interface: the only user of axum. Routes are on one page, [`routes`]; status codes are chosen in one place, [`problem`].

mod advisories;
mod assets;
mod cache;
mod check_itinerary;
mod check_location;
mod check_locations;
mod documents;
mod evidence;
mod extract;
mod guard;
mod issuers;
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
mod regions;
pub mod routes;
pub mod server;

use std::sync::{Arc, OnceLock};

use jiff::Timestamp;
use tokio::sync::Semaphore;

use self::problem::Refusal;
use crate::clock::Clock;
use crate::config::Settings;
use crate::format::document::kitinerary::Extractor;
use crate::live::{Live, Snapshot};
use crate::route::Router;
use crate::telemetry::Meter;

/// What handlers share.
#[derive(Clone)]
pub struct Shared(Arc<Parts>);

struct Parts {
    live: Arc<Live>,
    clock: Arc<dyn Clock>,
    meter: Meter,
    router: Option<Router>,
    settings: Settings,
    requests: Arc<Semaphore>,
    streams: Arc<Semaphore>,
    extractor: OnceLock<Option<Extractor>>,
}

impl Shared {
    /// Everything that a request may need.
    pub fn new(
        live: Arc<Live>,
        clock: Arc<dyn Clock>,
        meter: Meter,
        router: Option<Router>,
        settings: Settings,
    ) -> Self {
        let requests = Arc::new(Semaphore::new(settings.concurrency_limit.min(Semaphore::MAX_PERMITS)));
        let streams = Arc::new(Semaphore::new(settings.stream_limit.min(Semaphore::MAX_PERMITS)));
        let extractor = OnceLock::new();
        Self(Arc::new(Parts { live, clock, meter, router, settings, requests, streams, extractor }))
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
