//! Opening the database: its file or server, its connections, its migrations.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::{Arc, Once};
use std::time::Duration;

use sqlx::any::AnyPoolOptions;
use sqlx::{AnyConnection, Connection, Executor};

use super::disk::Disk;
use super::migrate::{self, MIGRATIONS, Migration};
use super::wake::Wakes;
use super::{DatabaseUrl, Parts, Store, StoreError};

/// How long one waits for a connection, and a SQLite writer of another process for the lock.
const PATIENCE: Duration = Duration::from_secs(10);
/// Connections that read the file; two cores are busy with fewer.
const FILE_READERS: u32 = 8;
/// Connections to the server.
const SERVER_CONNECTIONS: u32 = 16;

/// That a table is there already is no news.
const SERVER_GREETING: &str = "SET client_min_messages = warning;";

/// WAL: readers and the writer do not wait for each other. FULL: committed means on the disk. 10,000 ms are [`PATIENCE`].
const PRAGMAS: &str = "PRAGMA busy_timeout = 10000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; \
    PRAGMA secure_delete = ON; PRAGMA cache_size = -32768; PRAGMA temp_store = MEMORY; PRAGMA journal_size_limit = 67108864;";
/// A reader that writes is a mistake of ours.
const READER_PRAGMAS: &str = "PRAGMA query_only = ON;";

impl Store {
    /// Opens the database, makes a SQLite file that is not there yet, and brings its tables up to date.
    ///
    /// # Errors
    /// When it cannot be reached or used, or was written by a newer program.
    pub async fn open(url: DatabaseUrl) -> Result<Self, StoreError> {
        Self::open_with(url, MIGRATIONS).await
    }

    /// As [`Self::open`], by a program that knows these migrations: what an older or newer one would do.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub async fn open_with(url: DatabaseUrl, migrations: &[Migration]) -> Result<Self, StoreError> {
        install_drivers();
        let driver_url = url.driver_url()?;
        let (writers, readers) = match &url {
            DatabaseUrl::Sqlite(file) => {
                make_private(file)?;
                // a pool would try again and again to open what is no database, and then say only that it took too long
                greet(&driver_url, PRAGMAS).await.map_err(|error| match error {
                    StoreError::NoDatabase => StoreError::File(file.clone(), error.to_string()),
                    other => other,
                })?;
                let writers = pool(1, PRAGMAS).connect(&driver_url).await?;
                (writers, pool(FILE_READERS, READER_PRAGMAS).connect_lazy(&driver_url)?)
            }
            DatabaseUrl::Postgres(_) => {
                let both = match pool(SERVER_CONNECTIONS, SERVER_GREETING).connect(&driver_url).await {
                    // it was waited for; one more attempt says what is the matter
                    Err(sqlx::Error::PoolTimedOut) => {
                        greet(&driver_url, SERVER_GREETING).await?;
                        return Err(sqlx::Error::PoolTimedOut.into());
                    }
                    pool => pool?,
                };
                (both.clone(), both)
            }
        };
        let store = Self(Arc::new(Parts {
            dialect: url.dialect(),
            url,
            writers,
            readers,
            wakes: Wakes::new(),
            disk: Disk::default(),
        }));
        migrate::run(&store, migrations).await?;
        Ok(store)
    }
}

/// Tells sqlx which drivers there are, once for the process.
pub(super) fn install_drivers() {
    static DRIVERS: Once = Once::new();
    DRIVERS.call_once(sqlx::any::install_default_drivers);
}

/// Tries one connection.
async fn greet(driver_url: &str, greeting: &'static str) -> Result<(), StoreError> {
    let attempt = async {
        let mut connection = AnyConnection::connect(driver_url).await?;
        connection.execute(sqlx::raw_sql(greeting)).await?;
        connection.close().await
    };
    Ok(tokio::time::timeout(PATIENCE, attempt).await.unwrap_or(Err(sqlx::Error::PoolTimedOut))?)
}

fn pool(connections: u32, greeting: &'static str) -> AnyPoolOptions {
    let greeting = if greeting == READER_PRAGMAS { format!("{PRAGMAS}{READER_PRAGMAS}") } else { greeting.to_owned() };
    AnyPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(PATIENCE)
        .after_connect(move |connection, _| {
            let greeting = greeting.clone();
            Box::pin(async move {
                connection.execute(sqlx::raw_sql(sqlx::AssertSqlSafe(greeting))).await?;
                Ok(())
            })
        })
        // A transaction that SQLite ended by itself stays open for the driver, whose ROLLBACK then fails: nothing could ever begin on this
        // connection. Whatever was dropped has been rolled back by now.
        .before_acquire(|connection, _| Box::pin(async move { Ok(!connection.is_in_transaction()) }))
}

/// Makes the file, readable by its owner only: it holds what travellers plan, and the keys of the service.
fn make_private(file: &Path) -> Result<(), StoreError> {
    let wrong = |e: std::io::Error| StoreError::File(file.to_owned(), e.to_string());
    if let Some(folder) = file.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(wrong)?;
    }
    OpenOptions::new().append(true).create(true).mode(0o600).open(file).map_err(wrong)?;
    Ok(())
}
