//! The bundled data. Its areas take seconds to resolve in a build for tests, so they are resolved once for all test programs.

#![allow(dead_code)] // each folder of tests uses what it needs

use std::path::{Path, PathBuf};

use cordon::geometry::Limits;
use cordon::live::Live;
use jiff::Timestamp;

pub fn regions() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("regions")
}

/// A data directory in which resolved areas are kept; `cordon check` and its like leave nothing else in it.
pub fn data_dir() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bundled");
    std::fs::create_dir_all(&folder).expect("a folder");
    folder
}

/// The file in a data directory.
fn kept(data_dir: &Path) -> PathBuf {
    data_dir.join("areas.kept")
}

/// The bundled data, read.
pub fn open(now: Timestamp) -> Live {
    Live::open_keeping(&regions(), Limits::default(), Some(kept(&data_dir())), now)
}

/// Gives a service's own data directory the areas that it would resolve when it starts.
pub fn furnish(data_dir_of_service: &Path) {
    let shared = kept(&data_dir());
    if !shared.exists() {
        open(Timestamp::UNIX_EPOCH);
    }
    std::fs::copy(shared, kept(data_dir_of_service)).expect("copied");
}
