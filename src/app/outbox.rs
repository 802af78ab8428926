//! The workers that tell people: the outbox, its upkeep, and the ear for events.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::channel::guard::Guard;
use crate::config::Settings;
use crate::flows::deliver::{ChannelSettings, Channels, Outbox, Retention};
use crate::flows::listen::Ear;
use crate::flows::step::Step;
use crate::store::{Store, Topic};

/// How long to wait after a failure of the database.
const AFTER_FAILURE: Duration = Duration::from_secs(1);
/// How often to look without being woken: retries come due, leases end.
const LOOK: Duration = Duration::from_millis(500);
/// How often old things are forgotten and deliveries counted.
const UPKEEP: Duration = Duration::from_secs(30);
/// How long messages under way may take to come back when the service is told to stop.
const DRAIN: Duration = Duration::from_secs(10);

/// Makes what messages are sent with, from the settings.
///
/// # Errors
/// When the certificates or the proxy cannot be used.
pub(super) fn channels(settings: &Settings) -> Result<Channels, String> {
    let guard = Guard::new(settings.push_hosts.clone(), settings.outbound_allow.clone());
    let extra_ca = match &settings.extra_ca {
        path if path.as_os_str().is_empty() => None,
        path => Some(std::fs::read(path).map_err(|e| format!("{}: {e}", path.display()))?),
    };
    let contact =
        if settings.push_contact.is_empty() { settings.public_url.clone() } else { settings.push_contact.clone() };
    Channels::new(
        guard,
        &ChannelSettings {
            contact,
            public_url: settings.public_url.clone(),
            push_connections: settings.push_connections,
            push_timeout: Duration::from_secs(10),
            extra_ca,
            proxy: Some(settings.outbound_proxy.clone()).filter(|proxy| !proxy.is_empty()),
        },
    )
}

/// The workers under way.
pub(super) struct Workers {
    outbox: Arc<Outbox>,
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
}

impl Workers {
    /// Starts them.
    pub fn start(outbox: Outbox, ear: Arc<Ear>, store: &Store, settings: &Settings) -> Self {
        let (outbox, stop) = (Arc::new(outbox), watch::Sender::new(false));
        let retention = Retention {
            events: settings.event_retention,
            deliveries: settings.delivery_retention,
            silent: settings.push_silence,
        };
        let tasks = vec![
            tokio::spawn(deliver(Arc::clone(&outbox), store.clone(), stop.subscribe())),
            tokio::spawn(keep_up(Arc::clone(&outbox), retention)),
            tokio::spawn(hear(ear, store.clone())),
        ];
        Self { outbox, stop, tasks }
    }

    /// Begins nothing new, and settles what comes back in time; the rest comes back by its lease.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        let mut tasks = self.tasks.drain(..);
        let deliver = tasks.next();
        tasks.for_each(|task| task.abort());
        let wound_up = async {
            if let Some(deliver) = deliver {
                let _ = deliver.await;
            }
            if let Err(e) = self.outbox.drain().await {
                tracing::warn!("what came back from messages under way was not settled: {e}");
            }
        };
        if tokio::time::timeout(DRAIN, wound_up).await.is_err() {
            tracing::warn!("messages under way did not come back in time; they will be sent again");
        }
    }
}

async fn deliver(outbox: Arc<Outbox>, store: Store, mut stop: watch::Receiver<bool>) {
    let mut owed = store.changes(Topic::Deliveries);
    while !*stop.borrow() {
        match outbox.step().await {
            Ok(Step::Worked) => {}
            Ok(Step::Idle) => {
                tokio::select! {
                    () = owed.next() => {}
                    () = tokio::time::sleep(LOOK) => {}
                    _ = stop.changed() => {}
                }
                outbox.wake().await;
            }
            Err(e) => {
                tracing::warn!("the outbox rests, since the database cannot be used: {e}");
                tokio::time::sleep(AFTER_FAILURE).await;
            }
        }
    }
}

async fn keep_up(outbox: Arc<Outbox>, retention: Retention) {
    loop {
        match outbox.upkeep(retention).await {
            Ok(Step::Worked) => {}
            Ok(Step::Idle) => tokio::time::sleep(UPKEEP).await,
            Err(e) => {
                tracing::warn!("upkeep of deliveries failed: {e}");
                tokio::time::sleep(UPKEEP).await;
            }
        }
    }
}

async fn hear(ear: Arc<Ear>, store: Store) {
    let mut written = store.changes(Topic::Events);
    loop {
        match ear.step().await {
            Ok(Step::Worked) => {}
            Ok(Step::Idle) => tokio::select! {
                () = written.next() => {}
                () = tokio::time::sleep(LOOK) => {}
            },
            Err(e) => {
                tracing::warn!("events cannot be read: {e}");
                tokio::time::sleep(AFTER_FAILURE).await;
            }
        }
    }
}
