//! The check on the device: the page with the position kept from the service, and questions drawn at random put to both.

use std::path::Path;
use std::process::Command;

use super::Server;

#[test]
fn the_device_answers_as_the_service_does() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    assert!(root.join("web/node_modules").is_dir(), "the page's packages are missing: `make web` installs them");
    let data = tempfile::TempDir::new().expect("a folder");
    let server = Server::start(data.path());
    let asked = Command::new("node")
        .arg(root.join("tests/vectors/random.mjs"))
        .arg(&server.url)
        .status()
        .expect("node is installed: `make tools` says which");
    assert!(asked.success(), "the two differ; where is told above");
}
