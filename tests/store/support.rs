//! Databases for tests. Every test of the store, and of what rests on it, is written once and runs on SQLite and on PostgreSQL:
//!
//! ```ignore
//! // in tests/<folder>/main.rs, for another folder than this one
//! #[path = "../store/support.rs"]
//! #[macro_use]
//! mod databases;
//!
//! use databases::Database;
//!
//! on_both! {
//!     async fn a_row_is_found_again(db: Database) {
//!         let store = db.open().await;
//!         let mut tx = store.begin().await.expect("begun");
//!         // …
//!     }
//! }
//! ```
//!
//! It becomes `a_row_is_found_again::on_sqlite` and `…::on_postgres`. SQLite's is a file in a folder of its own; PostgreSQL's a schema of
//! its own in one server, which nextest starts for the run (.config/nextest.toml), or else this program for itself.
//! Whatever is notified (LISTEN) or locked by number there is common to all tests that run at once.
//! `db.setting()` is what `Settings::database_url` takes, for a whole service over the same database.

#![allow(dead_code)] // each folder of tests uses what it needs

use std::path::Path;
use std::process::Child;
use std::sync::OnceLock;

use cordon::store::{DatabaseUrl, Store};
use sqlx::{Connection, Executor, PgConnection};
use tempfile::TempDir;

#[path = "../support/postgres.rs"]
mod postgres;

/// Writes each test once, for both databases.
#[macro_export]
macro_rules! on_both {
    ($( $(#[$doc:meta])* async fn $name:ident($db:ident: Database) $body:block )+) => { $(
        $(#[$doc])*
        mod $name {
            use super::*;

            async fn case($db: Database) $body

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_sqlite() {
                case(Database::sqlite()).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_postgres() {
                case(Database::postgres().await).await;
            }
        }
    )+ };
}

/// An empty database of a test's own.
pub struct Database {
    setting: String,
    /// Removed with the test; PostgreSQL's schema goes with its server.
    folder: TempDir,
}

impl Database {
    pub fn sqlite() -> Self {
        let folder = TempDir::new().expect("a folder");
        Self { setting: format!("sqlite:{}", folder.path().join("cordon.db").display()), folder }
    }

    pub async fn postgres() -> Self {
        let schema = format!("t_{}", uuid::Uuid::new_v4().simple());
        let server = server();
        let mut connection = PgConnection::connect(&server).await.expect("the server answers");
        let create = sqlx::AssertSqlSafe(format!("CREATE SCHEMA {schema}"));
        connection.execute(sqlx::raw_sql(create)).await.expect("a schema");
        connection.close().await.expect("closed");
        let setting = format!("{server}&options=-c%20search_path%3D{schema}");
        Self { setting, folder: TempDir::new().expect("a folder") }
    }

    /// As the setting `database_url` takes it.
    pub fn setting(&self) -> &str {
        &self.setting
    }

    pub fn url(&self) -> DatabaseUrl {
        DatabaseUrl::parse(&self.setting, Path::new("")).expect("a URL")
    }

    /// A folder for files of the test.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Opens it, as often as wanted: each is another instance.
    pub async fn open(&self) -> Store {
        Store::open(self.url()).await.expect("the database opens")
    }
}

/// The URL of the server, up to its parameters.
fn server() -> String {
    static OWN: OnceLock<(String, Child)> = OnceLock::new();
    let words = match std::env::var("CORDON_TEST_POSTGRES") {
        Ok(words) => words,
        Err(_) => OWN.get_or_init(postgres::start).0.clone(),
    };
    format!("postgres://cordon@localhost/postgres?host={}", postgres::host(&words).replace('/', "%2F"))
}
