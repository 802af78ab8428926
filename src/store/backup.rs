//! A copy of the database that holds one state of everything, made while others write.

use std::fs::{self, File, OpenOptions};
use std::io::ErrorKind;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use sqlx::{Connection, Row as _};

use super::{DatabaseUrl, StoreError};

/// What was copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Copied {
    /// The size of the copy.
    pub bytes: u64,
    /// The last migration that it has seen.
    pub migration: i64,
}

/// Copies a SQLite database into a new file, looks whether the copy is sound, and puts it on the disk.
///
/// The tables are taken as they are: a copy by a newer program does not bring the database up to date.
///
/// # Errors
/// When there is no such database, the file exists already, or the copy cannot be written or is not sound: then no file is left.
pub async fn copy(from: &DatabaseUrl, to: &Path) -> Result<Copied, StoreError> {
    let DatabaseUrl::Sqlite(source) = from else {
        return Err(StoreError::Refused("a copy of PostgreSQL is made by its own pg_dump".to_owned()));
    };
    let wrong = |file: &Path, why: String| StoreError::File(file.to_owned(), why);
    if !source.is_file() {
        return Err(wrong(source, "there is no such database".to_owned()));
    }
    // readable by its owner only, as the database itself; an empty file is what `VACUUM INTO` fills
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(to).map_err(|e| {
        let why = if e.kind() == ErrorKind::AlreadyExists { "exists already".to_owned() } else { e.to_string() };
        wrong(to, why)
    })?;
    let copied = fill(from, to).await;
    if copied.is_err() {
        // half a copy could pass for a whole one
        let _ = fs::remove_file(to);
    }
    copied
}

async fn fill(from: &DatabaseUrl, to: &Path) -> Result<Copied, StoreError> {
    super::open::install_drivers();
    let target = to.to_str().ok_or_else(|| StoreError::File(to.to_owned(), "is no UTF-8".to_owned()))?;
    let mut source = sqlx::AnyConnection::connect(&from.driver_url()?).await?;
    sqlx::query("VACUUM INTO $1").bind(target).execute(&mut source).await?;
    source.close().await?;

    let mut copy = sqlx::AnyConnection::connect(&DatabaseUrl::Sqlite(to.to_owned()).driver_url()?).await?;
    let row = sqlx::query("PRAGMA integrity_check").fetch_one(&mut copy).await?;
    let sound: String = row.try_get(0)?;
    if sound != "ok" {
        return Err(StoreError::File(to.to_owned(), format!("the copy is not sound: {sound}")));
    }
    let migration = sqlx::query("SELECT max(number) FROM migration").fetch_one(&mut copy).await?.try_get(0)?;
    copy.close().await?;
    let on_disk = |e: std::io::Error| StoreError::File(to.to_owned(), e.to_string());
    let file = File::open(to).map_err(on_disk)?;
    file.sync_all().map_err(on_disk)?;
    Ok(Copied { bytes: file.metadata().map_err(on_disk)?.len(), migration })
}
