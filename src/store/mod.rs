//! What the service must remember, in SQLite or PostgreSQL: the only place that speaks SQL.
//!
//! # Two databases, one text
//!
//! A topic has one file here and one migration in `migrations/`; its statements are written once, for both. Columns are `TEXT` and
//! `BIGINT`; instants are microseconds since 1970, documents are JSON as text, truths are 0 and 1, ids are sortable text (uuid v7).
//! The few words that differ are written `@word` and put in by [`dialect`]. What a topic offers takes `&mut Tx`, so that a flow can do
//! several things in one transaction; only flows begin and commit.
//!
//! ```ignore
//! let mut tx = store.begin().await?;
//! let taken = tx
//!     .query("UPDATE job SET taken_until = $2 WHERE id IN (SELECT id FROM job WHERE taken_until < $1 ORDER BY id LIMIT 10 @skip_locked) RETURNING id")
//!     .bind(now)
//!     .bind(now + lease)
//!     .rows()
//!     .await?;
//! tx.wake(Topic::Deliveries);
//! tx.commit().await?;
//! ```
//!
//! # Why sqlx's `Any` driver, and what to mind
//!
//! A spike against SQLite 3.5x and PostgreSQL 15 showed that it carries everything needed:
//!
//! - A NULL is sent with its type ([`Tx::query`] binds `None::<i64>` as BIGINT), and all 64 bits of an integer come back.
//! - `$1` is understood by both; so are `ON CONFLICT … DO UPDATE`, `RETURNING`, `UPDATE … FROM`, `->>`.
//! - `BEGIN IMMEDIATE` can be asked for, so a SQLite writer never fails halfway for want of the lock.
//! - One statement with a JSON array as its only parameter writes 10,000 rows in 30 ms on SQLite and 65 ms on PostgreSQL.
//! - Reading 10,000 rows through `Any` costs what the drivers themselves cost, within the noise.
//! - PostgreSQL's `sum` of BIGINT is NUMERIC, which `Any` does not know: write `CAST(sum(n) AS BIGINT)`; `count(*)` is fine.
//! - SQLite needs `WHERE true` between `SELECT … FROM …` and `ON CONFLICT`, for its grammar.
//!
//! # Who waits for whom
//!
//! SQLite has one connection that writes and several that read; it is in WAL mode, so neither waits for the other, and a write is on the
//! disk when it is committed (`synchronous = FULL`: what is owed to somebody is not lost with the power). PostgreSQL runs writers at READ
//! COMMITTED: a change that depends on what was read says so (`WHERE revision = $2`, [`FOR UPDATE`](dialect)) and counts its rows. Reads are
//! one snapshot on both. A deadlock is [`StoreError::Contended`], and [`retry`] does the work again.
//!
//! When the disk is full, SQLite ends a transaction by itself, and the driver does not notice: such a connection is never used again
//! (`open`). What the disk refuses is [`StoreError::Disk`], and is remembered until a write works ([`Store::trouble`]).

pub mod advisories;
pub mod backup;
pub mod booking_watch;
pub mod deliveries;
pub mod dialect;
mod disk;
pub mod epoch;
mod error;
pub mod events;
pub mod idempotency;
pub mod keys;
mod migrate;
mod open;
pub mod policies;
mod query;
pub mod secret;
pub mod shards;
pub mod subjects;
pub mod subscriptions;
pub mod travellers;
mod tx;
mod url;
pub mod validations;
pub mod vapid;
mod wake;
pub mod webhooks;

use std::sync::Arc;

use sqlx::AnyPool;

pub use self::dialect::Dialect;
pub use self::error::{StoreError, retry};
pub use self::migrate::{LATEST, Migration};
pub use self::query::{Arg, Row, Statement};
pub use self::tx::Tx;
pub use self::url::DatabaseUrl;
pub use self::wake::{Changes, Topic};

/// A database that is open. A clone is the same one.
#[derive(Clone)]
pub struct Store(Arc<Parts>);

struct Parts {
    dialect: Dialect,
    url: DatabaseUrl,
    writers: AnyPool,
    readers: AnyPool,
    wakes: wake::Wakes,
    disk: disk::Disk,
}

impl Store {
    /// Which of the two it is.
    pub fn dialect(&self) -> Dialect {
        self.0.dialect
    }

    /// Begins a transaction that may write. On SQLite it is the only one until it ends.
    ///
    /// # Errors
    /// When the database cannot be reached, or another writer took too long.
    pub async fn begin(&self) -> Result<Tx, StoreError> {
        Tx::begin(&self.0, &self.0.writers, self.0.dialect.begin_writing()).await
    }

    /// Begins a transaction that reads, and sees one state of everything. It need not be committed.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn read(&self) -> Result<Tx, StoreError> {
        Tx::begin(&self.0, &self.0.readers, self.0.dialect.begin_reading()).await
    }

    /// Takes what was deleted out of the log of changes as well, where SQLite would keep it until the log is written over. What readers still
    /// need stays there until the next time.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn truncate_log(&self) -> Result<(), StoreError> {
        if self.0.dialect == Dialect::Sqlite {
            sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&self.0.writers).await?;
        }
        Ok(())
    }

    /// Wakes whoever waits for work when a transaction that said so is committed, in this process or another.
    pub fn changes(&self, topic: Topic) -> Changes {
        self.0.wakes.subscribe(topic, &self.0.url, &self.0.readers)
    }

    /// Lets transactions under way end, and closes every connection.
    pub async fn close(&self) {
        self.0.wakes.stop();
        self.0.readers.close().await;
        self.0.writers.close().await;
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Store").field(&self.0.url).finish()
    }
}
