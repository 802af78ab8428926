//! The running service: what it is built from, what it says when it starts, and how it ends.

mod outbox;
mod serve;
mod workers;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;

use crate::clock::Clock;
use crate::config::Settings;
use crate::feed::folder::Gravity;
use crate::flows::deliver::{Channels, Outbox, system_chance};
use crate::flows::listen::Ear;
use crate::flows::validation_jobs::Jobs;
use crate::flows::watch::{Watch, WatchSettings};
use crate::flows::{manage_keys, push_keys};
use crate::http::basemap::Archive;
use crate::http::{Services, Shared, routes, server};
use crate::live::{Live, Snapshot};
use crate::route::Router;
use crate::store::{DatabaseUrl, Store, StoreError};
use crate::telemetry::Meter;

use self::outbox::Workers;
pub use serve::serve;

/// How often recorded durations are folded into their histograms, and full purses forgotten.
const UPKEEP: Duration = Duration::from_secs(5);

/// How long closing the database may take: it waits for transactions under way.
const CLOSING: Duration = Duration::from_secs(5);

/// Why the service does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {cause}")]
    Listen {
        /// Which.
        address: SocketAddr,
        /// Why not.
        cause: io::Error,
    },
    /// Messages cannot be sent with these settings.
    #[error("messages cannot be sent: {0}")]
    Channels(String),
    /// What must be remembered cannot be.
    #[error("the database cannot be used: {0}")]
    Store(#[from] StoreError),
    /// What was published cannot be read from the database.
    #[error("the advisories cannot be read: {0}")]
    Data(String),
    /// No client for the routing engine can be made.
    #[error("the routing engine cannot be asked: {0}")]
    Router(String),
    /// The map tiles that the settings name are none.
    #[error("the map tiles cannot be used: {0}")]
    Tiles(String),
}

/// A service that listens, and serves once it is [run](App::run).
pub struct App {
    listener: TcpListener,
    address: SocketAddr,
    settings: Settings,
    store: Store,
    live: Arc<Live>,
    first_key: Option<String>,
    channels: Arc<Channels>,
    clock: Arc<dyn Clock>,
    meter: Meter,
    router: Option<Arc<Router>>,
    archive: Option<Archive>,
}

impl App {
    /// Takes the address, opens the database, then reads the data folder.
    ///
    /// # Errors
    /// When the address cannot be listened on, the database not be used, or the map tiles are none. A data folder that is wrong, or missing, is no reason: `/readyz` says so.
    pub async fn bind(settings: Settings, clock: Arc<dyn Clock>) -> Result<Self, StartError> {
        let archive = Archive::of(&settings).map_err(StartError::Tiles)?;
        let failed = |cause| StartError::Listen { address: settings.listen, cause };
        let listener = TcpListener::bind(settings.listen).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let store = Store::open(DatabaseUrl::parse(&settings.database_url.0, &settings.data_dir)?).await?;
        let channels = Arc::new(outbox::channels(&settings).map_err(StartError::Channels)?);
        push_keys::ensure(&store, clock.now()).await.map_err(|e| StartError::Channels(e.to_string()))?;
        let first_key = manage_keys::first(&store, clock.now()).await?;
        let router = settings
            .router
            .as_ref()
            .map(|address| Router::new(address, settings.router_timeout, settings.router_vertices));
        let router = router.transpose().map_err(StartError::Router)?.map(Arc::new);
        let (root, limits, now) = (settings.regions.clone(), settings.geometry_limits(), clock.now());
        let live = Live::start(&root, limits, Some(settings.kept_areas()), &store, now);
        let live = Arc::new(live.await.map_err(|error| StartError::Data(error.cause()))?);
        log_problems(&live.snapshot());
        let meter = Meter::default();
        Ok(Self { listener, address, settings, store, live, first_key, channels, clock, meter, router, archive })
    }

    /// Where it listens: the port that was taken, where the settings leave it open.
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// The key of a new database, which opens everything; none when there was one already.
    pub fn first_key(&self) -> Option<&str> {
        self.first_key.as_deref()
    }

    /// What to tell whoever started it.
    pub fn greeting(&self) -> String {
        let dated = dated(&self.live.snapshot());
        let key = self.first_key.as_ref().map_or_else(String::new, |key| {
            format!("\nthe first key, which opens everything and is shown this once: {key}")
        });
        format!("listening on http://{}\n{dated}{key}", self.address)
    }

    /// A handle that reads the data folder again.
    pub fn reloader(&self) -> Reloader {
        Reloader {
            store: self.store.clone(),
            live: Arc::clone(&self.live),
            clock: Arc::clone(&self.clock),
            meter: self.meter.clone(),
        }
    }

    /// Serves until `shutdown`, then lets requests under way finish within the grace period.
    ///
    /// Returns whether all of them did.
    pub async fn run(self, shutdown: impl Future<Output = ()>) -> bool {
        let ear = Arc::new(Ear::new(self.store.clone()));
        let outbox = Outbox::new(
            self.store.clone(),
            Arc::clone(&self.live),
            Arc::clone(&self.clock),
            self.meter.clone(),
            Arc::clone(&self.channels),
            system_chance(),
        );
        let watch_settings = WatchSettings::from(&self.settings);
        let watch = Watch::new(
            self.store.clone(),
            Arc::clone(&self.live),
            Arc::clone(&self.clock),
            watch_settings,
            self.meter.clone(),
            self.router.clone(),
        );
        let mut followers = Vec::from(workers::epoch(&self.store, &self.live, &self.clock));
        followers.extend(workers::watching(&watch));
        let jobs = Jobs {
            store: self.store.clone(),
            live: Arc::clone(&self.live),
            max_age: self.settings.max_data_age,
            limits: self.settings.geometry_limits(),
            clock: Arc::clone(&self.clock),
            router: self.router.clone(),
        };
        followers.extend(workers::validating(&jobs, &watch));
        let workers = Workers::start(outbox, Arc::clone(&ear), &self.store, &self.settings);
        let shared = Shared::new(Services {
            live: self.live,
            store: self.store.clone(),
            clock: self.clock,
            meter: self.meter,
            router: self.router,
            settings: self.settings.clone(),
            channels: self.channels,
            ear: Arc::clone(&ear),
            watch,
            archive: self.archive,
        });
        let upkeep = tokio::spawn(upkeep(shared.clone()));
        let stopping = async move {
            shutdown.await;
            // streams of events never end by themselves
            ear.close();
        };
        let finished = server::serve(self.listener, routes::router(shared), &self.settings, stopping).await;
        workers.stop().await;
        upkeep.abort();
        for follower in followers {
            follower.abort();
        }
        // the last connection to a SQLite file leaves it whole in one file
        if tokio::time::timeout(CLOSING, self.store.close()).await.is_err() {
            tracing::warn!("the database is still in use and was not closed");
        }
        finished
    }
}

/// Keeps what the service holds in memory small, for as long as it runs.
async fn upkeep(shared: Shared) {
    let mut every = tokio::time::interval(UPKEEP);
    loop {
        every.tick().await;
        shared.upkeep();
    }
}

/// Reads the data folder again while the service runs.
#[derive(Clone)]
pub struct Reloader {
    store: Store,
    live: Arc<Live>,
    clock: Arc<dyn Clock>,
    meter: Meter,
}

impl Reloader {
    /// Takes the folder's new set if nothing in it is wrong; else the old one keeps serving. Returns whether it was taken.
    pub async fn reload(&self) -> bool {
        let taken = match self.live.reload(&self.store, self.clock.now()).await {
            Ok(snapshot) => {
                tracing::info!(epoch = snapshot.epoch, "took the new data: {} fences", snapshot.index.fences().len());
                true
            }
            Err(report) => {
                for problem in report.problems.iter().filter(|problem| problem.gravity == Gravity::Error) {
                    tracing::error!(file = %problem.file, line = problem.line, "refused: {}", problem.detail);
                }
                tracing::error!("the new data has mistakes and was not taken; the old one keeps serving");
                false
            }
        };
        self.meter.reload(taken);
        taken
    }
}

fn log_problems(snapshot: &Snapshot) {
    for problem in &snapshot.report.problems {
        match problem.gravity {
            Gravity::Error => tracing::error!(file = %problem.file, line = problem.line, "refused: {}", problem.detail),
            Gravity::Warning => tracing::warn!(file = %problem.file, line = problem.line, "{}", problem.detail),
        }
    }
}

/// Says of when the advisories are.
fn dated(snapshot: &Snapshot) -> String {
    let verified = || snapshot.index.coverages().map(|(_, coverage)| coverage.verified_at);
    let day = |at: jiff::Timestamp| at.strftime("%Y-%m-%d").to_string();
    match (verified().min().map(day), verified().max().map(day)) {
        (Some(first), Some(last)) if first != last => format!(
            "the advisories were compared with their sources from {first} to {last}; the bundled ones are dated examples, not today's advice"
        ),
        (Some(day), _) => {
            format!(
                "the advisories were compared with their sources on {day}; the bundled ones are dated examples, not today's advice"
            )
        }
        (None, _) if snapshot.index.fences().is_empty() => {
            "there are no advisories to answer from: every answer will be indeterminate".to_owned()
        }
        (None, _) => {
            "no file says what its issuer says of a whole country: where none of its areas is, a country's government is never clear"
                .to_owned()
        }
    }
}
