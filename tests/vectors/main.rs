//! The check on the device answers as the service does: shared vectors from the rules' cases. Questions drawn at random
//! are put to both by `tests/e2e/private-random.mjs`, which has a running service; the vectors changed at random here.
//!
//! `rules.json` is written from `tests/cases/rules/` by `CORDON_UPDATE=1 cargo nextest run --test vectors`; Node runs the page's own modules on it.

mod cases;
#[path = "../rules/folder.rs"]
mod folder;
mod mutated;
mod written;

use std::path::Path;
use std::process::Command;

/// Runs the page's own check on vectors, those agreed on or others; it tells what is wrong.
fn agrees(vectors: Option<&Path>) -> bool {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    assert!(root.join("web/node_modules").is_dir(), "the page's packages are missing: `make web` installs them");
    let mut node = Command::new("node");
    node.args(["--test", "vectors.test.mjs"]).current_dir(root.join("tests/vectors"));
    node.envs(vectors.map(|path| ("VECTORS", path)));
    node.status().expect("node is installed: `make tools` says which").success()
}

#[test]
fn the_device_agrees_with_the_vectors() {
    assert!(agrees(None), "told above");
}
