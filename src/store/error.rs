//! Why the store does not do what it is asked.

use std::path::PathBuf;
use std::time::Duration;

use crate::error::{Error, Issue};

/// Why the store does not do what it is asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The setting names no database.
    #[error("the database URL is neither postgres://USER:PASSWORD@HOST/DATABASE nor sqlite:FILE")]
    Url,
    /// The file cannot be used.
    #[error("{}: {}", .0.display(), .1)]
    File(PathBuf, String),
    /// The database was written by a newer program.
    #[error(
        "the database is at migration {found}, and this program knows no further than {known}: use the newer program"
    )]
    Newer {
        /// The database's last migration.
        found: i64,
        /// The program's last migration.
        known: i64,
    },
    /// Others write the same rows, or hold the lock for long: the same work may succeed a moment later.
    #[error("the database is busy with other writers")]
    Contended,
    /// A row with this key is there already.
    #[error("there is such a row already")]
    Duplicate,
    /// The database does not answer.
    #[error("the database cannot be reached: {0}")]
    Unreachable(String),
    /// The disk takes no more, or fails.
    #[error("the disk under the database is full or fails: {0}")]
    Disk(String),
    /// The file is no database.
    #[error("is no SQLite database")]
    NoDatabase,
    /// A stored value is not what was written.
    #[error("the stored column `{column}` cannot be read: {reason}")]
    Corrupt {
        /// Which column.
        column: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A text of the caller's cannot be stored.
    #[error("a text holds the character U+0000, which cannot be stored")]
    Unstorable,
    /// The database refuses a statement: a mistake of ours.
    #[error("the database refuses a statement: {0}")]
    Refused(String),
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(database) => {
                let code = database.code();
                match code.as_deref() {
                    _ if database.is_unique_violation() => Self::Duplicate,
                    // PostgreSQL: serialization failure, deadlock, lock not available; SQLite: BUSY, LOCKED, BUSY_SNAPSHOT
                    Some("40001" | "40P01" | "55P03" | "5" | "6" | "517") => Self::Contended,
                    // PostgreSQL: disk full, I/O error
                    Some("53100" | "58030") => Self::Disk(error.to_string()),
                    // PostgreSQL: connection exceptions, out of resources, shutdown and start-up
                    Some(code) if code.len() == 5 && ["08", "53", "57"].contains(&&code[..2]) => {
                        Self::Unreachable(error.to_string())
                    }
                    // PostgreSQL takes no text with U+0000, plain or in JSON
                    Some("22021" | "22P05") => Self::Unstorable,
                    code => match code.and_then(sqlite_family) {
                        // IOERR, FULL, CANTOPEN
                        Some(10 | 13 | 14) => Self::Disk(error.to_string()),
                        Some(26) => Self::NoDatabase,
                        _ => Self::Refused(error.to_string()),
                    },
                }
            }
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed => Self::Unreachable(error.to_string()),
            sqlx::Error::ColumnDecode { index, source } => {
                Self::Corrupt { column: index.clone(), reason: source.to_string() }
            }
            _ => Self::Refused(error.to_string()),
        }
    }
}

/// The kind of error that a code of SQLite belongs to: its lowest byte.
fn sqlite_family(code: &str) -> Option<i32> {
    // those of PostgreSQL have five signs
    (code.len() < 5).then(|| code.parse::<i32>().ok()).flatten().map(|code| code & 0xff)
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Contended => Self::Busy,
            StoreError::Unreachable(why) => Self::Unavailable(why),
            StoreError::Disk(_) => Self::Unavailable(error.to_string()),
            StoreError::Unstorable => Issue::invalid("", error.to_string()).into(),
            other => Self::Internal(other.to_string()),
        }
    }
}

/// How often work is done again that met other writers, and how long it waits before: 10, 20, 40, 80 ms.
const RETRIES: u32 = 4;
const FIRST_WAIT: Duration = Duration::from_millis(10);

/// Does a piece of work that begins and commits a transaction of its own, and again when other writers were in its way.
///
/// # Errors
/// Those of the work.
pub async fn retry<T, F>(mut work: impl FnMut() -> F) -> Result<T, Error>
where
    F: Future<Output = Result<T, Error>>,
{
    for attempt in 0..RETRIES {
        match work().await {
            Err(Error::Busy) => tokio::time::sleep(FIRST_WAIT * 2_u32.pow(attempt)).await,
            done => return done,
        }
    }
    work().await
}
