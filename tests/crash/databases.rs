//! Where the service remembers: a SQLite file, or a PostgreSQL of this test's own that is restarted under it.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use cordon::store::{DatabaseUrl, Store};

#[path = "../support/postgres.rs"]
mod postgres;

/// A PostgreSQL that is thrown away with this value.
pub struct Cluster {
    folder: PathBuf,
    /// Ends the server when its input closes.
    holder: Child,
}

impl Cluster {
    pub fn start() -> Self {
        let (words, holder) = postgres::start();
        Self { folder: postgres::host(&words).into(), holder }
    }

    /// As the setting `database_url` takes it; committed means written, also where the server is broken off.
    pub fn setting(&self) -> String {
        let host = self.folder.display().to_string().replace('/', "%2F");
        format!("postgres://cordon@localhost/postgres?host={host}&options=-c%20synchronous_commit%3Don")
    }

    /// Breaks the server off in the middle of everything, and starts it again.
    pub fn restart(&self) {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/crash/restart-postgres.sh");
        let done = Command::new("bash").arg(script).arg(&self.folder).stdin(Stdio::null()).output().expect("bash runs");
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.holder.stdin.take());
        let _ = self.holder.wait();
    }
}

/// What is left in the database that should not be, once everything is quiet.
pub async fn leftovers(setting: &str) -> Vec<String> {
    let store = Store::open(DatabaseUrl::parse(setting, Path::new("")).expect("a URL")).await.expect("it opens");
    let mut tx = store.read().await.expect("begun");
    let mut left = Vec::new();
    let rows = tx
        .query("SELECT state, count(*) AS n FROM delivery WHERE state = 'pending' OR lease IS NOT NULL GROUP BY state");
    for row in rows.rows().await.expect("rows") {
        left.push(format!("{} deliveries {} or leased", row.int("n").expect("n"), row.text("state").expect("state")));
    }
    let rows =
        tx.query("SELECT id, epoch FROM shard WHERE epoch <> (SELECT value FROM epoch)").rows().await.expect("rows");
    left.extend(
        rows.iter().map(|row| {
            format!("shard {} is at epoch {}", row.int("id").expect("id"), row.int("epoch").expect("epoch"))
        }),
    );
    drop(tx);
    store.close().await;
    left
}
