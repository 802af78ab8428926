//! Where the database is; what opens it never prints.

use std::fmt;
use std::path::{Path, PathBuf};

use super::{Dialect, StoreError};

/// The file in the data directory that holds everything, unless a database is named.
const FILE: &str = "cordon.db";

/// Where the database is.
#[derive(Clone, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// A file.
    Sqlite(PathBuf),
    /// A server, with the password that it may hold.
    Postgres(String),
}

impl DatabaseUrl {
    /// `postgres://…`, `sqlite:FILE`, or nothing for the file in the data directory.
    ///
    /// # Errors
    /// When it is neither.
    pub fn parse(url: &str, data_dir: &Path) -> Result<Self, StoreError> {
        if url.is_empty() {
            return Ok(Self::Sqlite(data_dir.join(FILE)));
        }
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return Ok(Self::Postgres(url.to_owned()));
        }
        match url.strip_prefix("sqlite:").map(|file| file.strip_prefix("//").unwrap_or(file)) {
            Some(file) if !file.is_empty() => Ok(Self::Sqlite(file.into())),
            // it may hold a password, so it is not repeated
            _ => Err(StoreError::Url),
        }
    }

    /// Which of the two it is.
    pub fn dialect(&self) -> Dialect {
        match self {
            Self::Sqlite(_) => Dialect::Sqlite,
            Self::Postgres(_) => Dialect::Postgres,
        }
    }

    /// As the driver takes it.
    pub(super) fn driver_url(&self) -> Result<String, StoreError> {
        match self {
            Self::Postgres(url) => Ok(url.clone()),
            Self::Sqlite(file) => {
                let absolute = std::path::absolute(file).map_err(|e| StoreError::File(file.clone(), e.to_string()))?;
                let text = absolute.to_str().ok_or_else(|| StoreError::File(file.clone(), "is no UTF-8".to_owned()))?;
                Ok(format!("sqlite://{}?mode=rw", percent_encoded(text)))
            }
        }
    }
}

fn percent_encoded(path: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"/-_.~".contains(&b);
    path.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(file) => write!(f, "SQLite file {}", file.display()),
            Self::Postgres(_) => f.write_str("PostgreSQL"),
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
