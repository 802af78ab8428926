//! The check on the device answers as the service does: shared vectors from the rules' cases. Questions drawn at random
//! are put to both by `tests/e2e/private-random.mjs`, which has a running service.
//!
//! `rules.json` is written from `tests/cases/rules/` by `CORDON_UPDATE=1 cargo nextest run --test vectors`; Node runs the page's own modules on it.

#[path = "../rules/folder.rs"]
mod folder;
mod written;

use std::path::Path;
use std::process::Command;

/// Runs a script of this folder, which tells what is wrong.
fn node(arguments: &[&str]) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    assert!(root.join("web/node_modules").is_dir(), "the page's packages are missing: `make web` installs them");
    let status = Command::new("node")
        .args(arguments)
        .current_dir(root.join("tests/vectors"))
        .status()
        .expect("node is installed: `make tools` says which");
    assert!(status.success(), "node {}: told above", arguments.join(" "));
}

#[test]
fn the_device_agrees_with_the_vectors() {
    node(&["--test", "vectors.test.mjs"]);
}
