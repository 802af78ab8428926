//! A transaction: everything in it happens, or nothing.

use sqlx::{Any, AnyConnection, AnyPool, AssertSqlSafe, Transaction};

use super::disk::Disk;
use super::query::Statement;
use super::wake::{self, Topic, Wakes};
use super::{Dialect, Parts, StoreError};

/// A transaction. Dropped before it is committed, it leaves nothing behind.
pub struct Tx {
    transaction: Transaction<'static, Any>,
    dialect: Dialect,
    wakes: Wakes,
    disk: Disk,
    topics: Vec<Topic>,
}

impl Tx {
    pub(super) async fn begin(store: &Parts, pool: &AnyPool, words: &'static str) -> Result<Self, StoreError> {
        let (dialect, wakes, disk) = (store.dialect, store.wakes.clone(), store.disk.clone());
        let transaction = pool.begin_with(words).await.map_err(|error| disk.note(error.into()))?;
        Ok(Self { transaction, dialect, wakes, disk, topics: Vec::new() })
    }

    /// A statement, written once for both databases; its parameters are bound one by one.
    pub fn query(&mut self, text: &'static str) -> Statement<'_> {
        Statement::new(self, text)
    }

    /// Runs statements that take no parameters and give no rows: those of a migration.
    pub(super) async fn script(&mut self, text: &str) -> Result<(), StoreError> {
        let spoken = self.dialect.speak(text).into_owned();
        let done = sqlx::raw_sql(AssertSqlSafe(spoken)).execute(&mut *self.transaction).await;
        done.map(drop).map_err(|error| self.failed(error))
    }

    /// Whoever waits for the topic wakes when this transaction is committed.
    pub fn wake(&mut self, topic: Topic) {
        if !self.topics.contains(&topic) {
            self.topics.push(topic);
        }
    }

    /// Makes it so.
    ///
    /// # Errors
    /// When other writers were in the way ([`StoreError::Contended`]), or the database went away: then it may or may not have happened.
    pub async fn commit(mut self) -> Result<(), StoreError> {
        if self.dialect == Dialect::Postgres {
            for topic in self.topics.clone() {
                self.query("SELECT 1 FROM (SELECT pg_notify($1, $2)) AS told")
                    .bind(wake::CHANNEL)
                    .bind(topic.word())
                    .row()
                    .await?;
            }
        }
        self.transaction.commit().await.map_err(|error| self.disk.note(error.into()))?;
        self.wakes.wake(&self.topics);
        Ok(())
    }

    /// Which database it is.
    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// Why a statement was not carried out.
    pub(super) fn failed(&self, error: sqlx::Error) -> StoreError {
        self.disk.note(error.into())
    }

    pub(super) fn connection(&mut self) -> &mut AnyConnection {
        &mut self.transaction
    }
}
