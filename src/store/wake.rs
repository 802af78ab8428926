//! Waking whoever waits for work, in this process and in others.
//!
//! A wake-up is a hint: it says that something may be there, and comes once for any number of changes. Whoever is woken looks for itself,
//! and looks by itself now and then, since leases and instants pass without anybody's doing.
//! PostgreSQL carries it by NOTIFY, in the transaction that changes something. On SQLite a counter that moves when another connection
//! commits (`PRAGMA data_version`) is looked at twice a second, for changes made by other processes.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sqlx::postgres::PgListener;
use sqlx::{AnyPool, Row as _};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::DatabaseUrl;

/// The channel of NOTIFY.
pub(super) const CHANNEL: &str = "cordon";
/// How often a file is looked at for changes made by other processes.
const LOOK: Duration = Duration::from_millis(500);
/// How long to wait before a lost server is called again.
const RECALL: Duration = Duration::from_secs(1);

/// What one may wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topic {
    /// The epoch moved.
    Epoch,
    /// Deliveries are owed.
    Deliveries,
    /// Events were written.
    Events,
    /// Bookings are to be validated.
    Validations,
}

impl Topic {
    const ALL: [Self; 4] = [Self::Epoch, Self::Deliveries, Self::Events, Self::Validations];

    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Epoch => "epoch",
            Self::Deliveries => "deliveries",
            Self::Events => "events",
            Self::Validations => "validations",
        }
    }
}

/// Who waits for what.
#[derive(Clone)]
pub(super) struct Wakes(Arc<Hub>);

struct Hub {
    topics: [watch::Sender<()>; Topic::ALL.len()],
    /// Begun with the first who waits: most commands never do.
    follower: Mutex<Option<JoinHandle<()>>>,
}

impl Drop for Hub {
    fn drop(&mut self) {
        if let Some(follower) = self.follower.get_mut().unwrap_or_else(PoisonError::into_inner).take() {
            follower.abort();
        }
    }
}

/// A place to wait at.
#[derive(Clone, Debug)]
pub struct Changes(watch::Receiver<()>);

impl Changes {
    /// Waits until something may have changed since the last call; changes made meanwhile count. Never ends once the store is gone.
    pub async fn next(&mut self) {
        if self.0.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

impl Wakes {
    pub(super) fn new() -> Self {
        Self(Arc::new(Hub { topics: Topic::ALL.map(|_| watch::Sender::new(())), follower: Mutex::new(None) }))
    }

    pub(super) fn wake(&self, topics: &[Topic]) {
        wake(&self.0.topics, topics);
    }

    pub(super) fn subscribe(&self, topic: Topic, url: &DatabaseUrl, readers: &AnyPool) -> Changes {
        let mut follower = self.0.follower.lock().unwrap_or_else(PoisonError::into_inner);
        // the follower holds the senders alone, so that the hub goes when the store goes, and ends it
        let senders = self.0.topics.clone();
        follower.get_or_insert_with(|| match url {
            DatabaseUrl::Sqlite(_) => tokio::spawn(follow_file(senders, readers.clone())),
            DatabaseUrl::Postgres(url) => tokio::spawn(follow_server(senders, url.clone())),
        });
        Changes(self.0.topics[topic as usize].subscribe())
    }

    /// Ends the follower, which holds a connection.
    pub(super) fn stop(&self) {
        if let Some(follower) = self.0.follower.lock().unwrap_or_else(PoisonError::into_inner).take() {
            follower.abort();
        }
    }
}

type Senders = [watch::Sender<()>; Topic::ALL.len()];

fn wake(senders: &Senders, topics: &[Topic]) {
    for topic in topics {
        senders[*topic as usize].send_replace(());
    }
}

async fn follow_file(senders: Senders, readers: AnyPool) {
    loop {
        if let Err(e) = watch_file(&senders, &readers).await {
            tracing::warn!("the database file cannot be watched for changes: {e}");
        }
        tokio::time::sleep(RECALL).await;
    }
}

async fn watch_file(senders: &Senders, readers: &AnyPool) -> Result<(), sqlx::Error> {
    // the counter means something on one connection only
    let mut connection = readers.acquire().await?;
    let mut seen = None;
    loop {
        let row = sqlx::query("PRAGMA data_version").fetch_one(&mut *connection).await?;
        let version: i64 = row.try_get(0)?;
        // what was written before the first look is unknown
        if seen.replace(version) != Some(version) {
            wake(senders, &Topic::ALL);
        }
        tokio::time::sleep(LOOK).await;
    }
}

async fn follow_server(senders: Senders, url: String) {
    loop {
        if let Err(e) = listen(&senders, &url).await {
            tracing::warn!("the database server cannot be listened to: {e}");
        }
        tokio::time::sleep(RECALL).await;
    }
}

async fn listen(senders: &Senders, url: &str) -> Result<(), sqlx::Error> {
    let mut listener = PgListener::connect(url).await?;
    listener.listen(CHANNEL).await?;
    loop {
        // what was said before the connection stood, or while it was lost, is unknown
        wake(senders, &Topic::ALL);
        while let Some(told) = listener.try_recv().await? {
            let topics = Topic::ALL.into_iter().filter(|topic| topic.word() == told.payload());
            wake(senders, &topics.collect::<Vec<_>>());
        }
    }
}
