//! Starting, taking new data, and ending in good order.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;

use crate::limits::{OTHER_HALF, answer_of, half_a_request};
use crate::support::{Answer, TestApp, write_advisories, write_folder};

/// The program itself, serving.
pub struct Process {
    child: Child,
    pub base: String,
    pub greeting: String,
}

impl Process {
    pub fn start(regions: &Path, change: impl FnOnce(&mut Command)) -> Self {
        Self::start_by(Command::new(env!("CARGO_BIN_EXE_cordon")), regions, change)
    }

    /// Starts it by a command that ends in the program.
    pub fn start_by(mut command: Command, regions: &Path, change: impl FnOnce(&mut Command)) -> Self {
        command
            .args(["serve", "--listen", "127.0.0.1:0", "--regions"])
            .arg(regions)
            .arg("--data-dir")
            .arg(regions.join("data"))
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        change(&mut command);
        let mut child = command.spawn().expect("started");
        let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        let first = lines.next().expect("a line").expect("text");
        let base = first.strip_prefix("listening on ").expect("the address").to_owned();
        let greeting = lines.next().expect("a line").expect("text");
        Self { child, base, greeting }
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.child.id().try_into().expect("a pid")), signal).expect("signalled");
    }

    /// Ends it and gives what it logged, where that was asked for.
    pub fn terminate(mut self) -> (ExitStatus, String) {
        self.signal(Signal::SIGTERM);
        let mut log = String::new();
        if let Some(mut stderr) = self.child.stderr.take() {
            stderr.read_to_string(&mut log).expect("text");
        }
        (self.child.wait().expect("ended"), log)
    }
}

async fn json_of(url: String) -> Value {
    Answer::of(reqwest::Client::new().get(url)).await.json()
}

/// Waits for something that comes about by itself, or by a signal.
pub async fn until(url: &str, holds: impl Fn(&Value) -> bool) -> Value {
    let deadline = tokio::time::Instant::now() + Duration::from_secs(20);
    loop {
        let value = json_of(url.to_owned()).await;
        if holds(&value) {
            return value;
        }
        assert!(tokio::time::Instant::now() < deadline, "{value}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn the_program_greets_takes_new_data_keeps_the_old_when_it_is_broken_and_ends() {
    let folder = tempfile::TempDir::new().expect("a folder");
    write_folder(folder.path());
    let process = Process::start(folder.path(), |_| {});
    assert!(
        process.greeting.contains("dated examples") && process.greeting.contains("2025-10-19"),
        "{}",
        process.greeting
    );
    let ready = format!("{}/readyz", process.base);
    assert_eq!(json_of(ready.clone()).await["status"], "ready");

    write_advisories(folder.path(), "2");
    process.signal(Signal::SIGHUP);
    until(&ready, |ready| ready["epoch"] == 2).await;

    write_advisories(folder.path(), "no such level");
    process.signal(Signal::SIGHUP);
    let degraded = until(&ready, |ready| ready["status"] == "degraded").await;
    assert_eq!(degraded["epoch"], 2, "the old set keeps serving");
    let problem = &degraded["rejected_reload"]["problems"][0];
    assert_eq!(problem["file"], "advisories/kr-mofa/kh.geojson");
    assert!(
        problem["line"].is_u64() && problem["detail"].as_str().is_some_and(|detail| detail.contains("no such level")),
        "{problem}"
    );
    assert_eq!(json_of(format!("{}/v1/advisories/kr-mofa:kh-town", process.base)).await["level"]["code"], "2");

    write_advisories(folder.path(), "4");
    process.signal(Signal::SIGHUP);
    until(&ready, |ready| ready["epoch"] == 3 && ready["status"] == "ready").await;
    assert!(process.terminate().0.success());
}

#[tokio::test]
async fn an_address_that_is_taken_is_named() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address").to_string();
    let output =
        Command::new(env!("CARGO_BIN_EXE_cordon")).args(["serve", "--listen", &address]).output().expect("ran");
    assert!(!output.status.success());
    let message = String::from_utf8(output.stderr).expect("text");
    assert!(message.contains(&format!("cannot listen on {address}")), "{message}");
}

#[tokio::test]
async fn a_setting_that_cannot_be_used_is_named_with_its_origin() {
    let output =
        Command::new(env!("CARGO_BIN_EXE_cordon")).arg("serve").env("CORDON_BODY_LIMIT", "lots").output().expect("ran");
    assert_eq!(output.status.code(), Some(2));
    let message = String::from_utf8(output.stderr).expect("text");
    assert!(message.contains("`lots` (from the environment variable CORDON_BODY_LIMIT)"), "{message}");
}

#[tokio::test]
async fn a_request_under_way_is_finished_before_the_end() {
    let mut app = TestApp::start().await;
    let mut connection = half_a_request(&app).await;
    assert_eq!(app.get("/healthz").await.status, 200);
    app.stop();
    while tokio::net::TcpStream::connect(app.address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    connection.write_all(OTHER_HALF).await.expect("written");
    let answer = answer_of(connection).await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    assert!(app.stopped().await, "all were finished");
}

#[tokio::test]
async fn a_request_that_does_not_end_is_not_waited_for_forever() {
    let mut app = TestApp::start_with(|settings| settings.shutdown_grace = Duration::from_millis(100)).await;
    let _connection = half_a_request(&app).await;
    assert_eq!(app.get("/healthz").await.status, 200);
    app.stop();
    assert!(!app.stopped().await, "one was not finished");
}

#[tokio::test]
async fn without_data_nothing_is_ready_and_nothing_is_clear() {
    let app = TestApp::start_in(tempfile::TempDir::new().expect("a folder"), |_| {}).await;
    let ready = app.get("/readyz").await;
    assert_eq!((ready.status, &ready.json()["status"]), (503, &json!("not_ready")));
    assert_eq!(ready.json()["problems"][0]["file"], "issuers.json");
    let check = app.get("/v1/check/location?lat=1&lon=1").await;
    assert_eq!(check.problem(), "503 not_ready: what is wrong with the data is listed at /readyz");
    assert_eq!(app.get("/healthz").await.status, 200);
}

#[tokio::test]
async fn a_refused_file_is_shown_and_the_rest_serves() {
    let folder = tempfile::TempDir::new().expect("a folder");
    write_folder(folder.path());
    std::fs::write(folder.path().join("advisories/us-state/kh.geojson"), "{\"type\":\n\n oops").expect("written");
    let app = TestApp::start_in(folder, |_| {}).await;
    let ready = app.get("/readyz").await;
    assert_eq!((ready.status, &ready.json()["status"]), (200, &json!("degraded")));
    let refused = &app.get("/v1/issuers").await.json()["issuers"][1]["refused"][0];
    assert_eq!((&refused["file"], &refused["line"]), (&json!("advisories/us-state/kh.geojson"), &json!(3)));
    let check = app.get("/v1/check/location?lat=10.5&lon=109.5&nationality=US").await.json();
    assert_eq!(check["verdict"], "indeterminate");
    assert!(app.get("/metrics").await.text.contains("cordon_refused_files 1"));
}
