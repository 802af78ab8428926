//! The traveller's page in real browsers: the program serves it, Node drives Chromium and Firefox through it.
//!
//! `make test` builds the page and installs the browsers. What is done on the page: `drive.mjs`; what a worried person runs into, and every word
//! in their own language: `worried.mjs`; dark, in forced colours, without motion, in large letters: `modes.mjs`; being warned, from the tap to
//! the tap on the notification: `push.mjs`; what the worker makes of a message: `push-chromium.mjs`; without a network: `offline.mjs`; with the
//! position kept on the device: `private.mjs`; with an operator's own map tiles: `tiles.mjs`; how good it is by Lighthouse's rules and how soon
//! it can be used: `quality.mjs`. Each step is told as it is done.

use std::ffi::OsStr;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

#[path = "../support/bundled.rs"]
mod bundled;

/// Runs a drive; it starts the program itself, on a data folder of its own.
fn drive(script: &str, browser: Option<&str>) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    assert!(root.join("web/dist/index.html").exists(), "the page is not built: `make web` builds it");
    let data = TempDir::new().expect("a folder");
    bundled::furnish(data.path());
    let mut command = Command::new("node");
    command.arg(root.join("tests/e2e").join(script)).arg(env!("CARGO_BIN_EXE_cordon")).arg(data.path());
    command.args(browser.map(OsStr::new));
    let driven = command.status().expect("node is installed: `make tools` says which");
    assert!(driven.success(), "{script} {}: a step failed; it is told above", browser.unwrap_or_default());
}

#[test]
fn chromium() {
    drive("drive.mjs", Some("chromium"));
}

#[test]
fn firefox() {
    drive("drive.mjs", Some("firefox"));
}

#[test]
fn chromium_with_the_worried() {
    drive("worried.mjs", Some("chromium"));
}

#[test]
fn firefox_with_the_worried() {
    drive("worried.mjs", Some("firefox"));
}

#[test]
fn chromium_as_people_have_it_set() {
    drive("modes.mjs", Some("chromium"));
}

#[test]
fn firefox_as_people_have_it_set() {
    drive("modes.mjs", Some("firefox"));
}

#[test]
fn firefox_is_warned() {
    drive("push.mjs", None);
}

#[test]
fn chromium_shows_what_is_pushed() {
    drive("push-chromium.mjs", None);
}

#[test]
fn chromium_without_a_network() {
    drive("offline.mjs", Some("chromium"));
}

#[test]
fn firefox_without_a_network() {
    drive("offline.mjs", Some("firefox"));
}

#[test]
fn chromium_on_the_device() {
    drive("private.mjs", Some("chromium"));
}

#[test]
fn firefox_on_the_device() {
    drive("private.mjs", Some("firefox"));
}

#[test]
fn chromium_draws_the_operators_tiles() {
    drive("tiles.mjs", None);
}

#[test]
fn it_is_good_and_soon_there() {
    drive("quality.mjs", None);
}

#[test]
fn the_device_answers_as_the_service_does() {
    drive("private-random.mjs", None);
}
