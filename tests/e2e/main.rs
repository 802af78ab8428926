//! The traveller's page in real browsers: the program serves it, Node drives Chromium and Firefox through it.
//!
//! `make test` builds the page and installs the browsers. The steps are in `drive.mjs`; each is told as it is done.

mod private;

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// A running `cordon serve` over the bundled data, ended with the test.
struct Server {
    process: Child,
    url: String,
}

impl Server {
    fn start(data: &Path) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_cordon"))
            .args(["serve", "--listen", "127.0.0.1:0", "--log-filter", "warn"])
            .arg("--regions")
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("regions"))
            .arg("--data-dir")
            .arg(data)
            // more is asked than one traveller asks
            .env("CORDON_RATE_CHECK", "0")
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut said = BufReader::new(process.stdout.take().expect("it is piped"));
        let mut line = String::new();
        said.read_line(&mut line).expect("the program speaks");
        let url = line.trim().strip_prefix("listening on ").expect("it says where it listens").to_owned();
        // what it says later must go somewhere, or it would wait for a reader
        std::thread::spawn(move || said.lines().map_while(Result::ok).for_each(|line| println!("cordon: {line}")));
        Self { process, url }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn drive(browser: &str) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    assert!(root.join("web/dist/index.html").exists(), "the page is not built: `make web` builds it");
    let data = tempfile::TempDir::new().expect("a folder");
    let server = Server::start(data.path());
    let driven = Command::new("node")
        .arg(root.join("tests/e2e/drive.mjs"))
        .args([browser, &server.url])
        .status()
        .expect("node is installed: `make tools` says which");
    assert!(driven.success(), "{browser}: a step failed; it is told above");
}

#[test]
fn chromium() {
    drive("chromium");
}

#[test]
fn firefox() {
    drive("firefox");
}
