//! Bringing the tables up to date: numbered files, each run once, all of them in one transaction.
//!
//! Migrations only add: an older program that still runs beside a newer one must find what it knows. A released file is never edited.

use super::{Dialect, Store, StoreError, Tx};

/// One step of the tables' history.
#[derive(Clone, Copy, Debug)]
pub struct Migration {
    /// Its place in the order, from 1.
    pub number: i64,
    /// What it is about.
    pub name: &'static str,
    /// The statements, in the words of [`super::dialect`].
    pub sql: &'static str,
}

macro_rules! migrations {
    ($( $number:literal $name:literal; )*) => {
        &[$( Migration {
            number: $number,
            name: $name,
            sql: include_str!(concat!("migrations/", $name, ".sql")),
        }, )*]
    };
}

/// All of them, in order. A topic adds its own line here.
pub(super) const MIGRATIONS: &[Migration] = migrations! {
    1 "0001_base";
    2 "0002_advisories";
    3 "0003_watch";
    4 "0004_delivery";
    5 "0005_validations";
};

/// The last one that this program knows.
pub const LATEST: i64 = MIGRATIONS[MIGRATIONS.len() - 1].number;

/// Any number that no other program takes for its lock: "cordon" in ASCII.
const LOCK: i64 = 0x636f_7264_6f6e;

/// Runs those that the database has not seen.
pub(super) async fn run(store: &Store, migrations: &[Migration]) -> Result<(), StoreError> {
    let mut tx = store.begin().await?;
    if tx.dialect() == Dialect::Postgres {
        // two instances that start at once: the second waits, and finds nothing left to do; SQLite's writer has the lock already
        tx.query("SELECT 1 FROM (SELECT pg_advisory_xact_lock($1)) AS locked").bind(LOCK).row().await?;
    }
    tx.script("CREATE TABLE IF NOT EXISTS migration (number BIGINT PRIMARY KEY, name @text NOT NULL)").await?;
    let applied = applied(&mut tx).await?;
    let (found, known) = (applied.last().copied().unwrap_or(0), migrations.last().map_or(0, |last| last.number));
    if found > known {
        return Err(StoreError::Newer { found, known });
    }
    for migration in migrations.iter().filter(|migration| !applied.contains(&migration.number)) {
        tx.script(migration.sql).await?;
        tx.query("INSERT INTO migration (number, name) VALUES ($1, $2)")
            .bind(migration.number)
            .bind(migration.name)
            .run()
            .await?;
        tracing::info!("the database is at migration {}", migration.name);
    }
    tx.commit().await
}

/// Those that the database has seen, in order.
async fn applied(tx: &mut Tx) -> Result<Vec<i64>, StoreError> {
    let rows = tx.query("SELECT number FROM migration ORDER BY number").rows().await?;
    rows.iter().map(|row| row.int("number")).collect()
}
