//! Schemathesis against the running program, driven by the program's own OpenAPI document: no 5xx, no answer outside its schema, whoever
//! asks: nobody, a key of each scope, and a traveller about what is their own.
//!
//! `make test` installs Schemathesis. The seed is fixed and the examples are bounded: a run is the same every time.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use serde_json::{Value, json};

#[path = "support/bundled.rs"]
mod bundled;

/// How much is tried of each operation: examples, and how they are found.
struct Effort(&'static str, &'static str);
const WHOLE: Effort = Effort("50", "examples,coverage,fuzzing");
/// Of those who may do much and are many.
const LESS: Effort = Effort("10", "examples,coverage,fuzzing");
/// Of keys that may do one thing, and are refused nearly everything.
const LEAST: Effort = Effort("4", "examples,fuzzing");
const SEED: &str = "20251015";
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance";

/// A running `cordon serve`, ended with the test.
struct Server {
    process: Child,
    url: String,
}

impl Server {
    /// Starts the program on a free port and reads from its first lines where it listens.
    fn start(data: &Path) -> Self {
        bundled::furnish(data);
        let mut process = Command::new(env!("CARGO_BIN_EXE_cordon"))
            .args(["serve", "--listen", "127.0.0.1:0"])
            .arg("--regions")
            .arg(bundled::regions())
            .arg("--data-dir")
            .arg(data)
            // one client asks more than anybody's share
            .args([
                "--rate-check",
                "0",
                "--rate-read",
                "0",
                "--rate-watch",
                "0",
                "--rate-publish",
                "0",
                "--rate-operate",
                "0",
            ])
            // what went wrong, not every request
            .args(["--log-filter", "warn"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let (said, heard) = mpsc::channel();
        let streams: [Box<dyn std::io::Read + Send>; 2] = [
            Box::new(process.stdout.take().expect("it is piped")),
            Box::new(process.stderr.take().expect("it is piped")),
        ];
        for stream in streams {
            let said = said.clone();
            std::thread::spawn(move || {
                for line in BufReader::new(stream).lines().map_while(Result::ok) {
                    println!("cordon: {line}");
                    let _ = said.send(line);
                }
            });
        }
        drop(said);
        let mut server = Self { process, url: String::new() };
        loop {
            let line = heard.recv_timeout(Duration::from_mins(1)).expect("the program says where it listens");
            if let Some(url) = line.split(|c: char| c.is_whitespace() || "\"',;".contains(c)).find_map(as_url) {
                server.url = url;
                return server;
            }
        }
    }
}

/// `http://127.0.0.1:PORT` out of a word such as `http://127.0.0.1:8080/docs` or `listen=127.0.0.1:8080`.
fn as_url(word: &str) -> Option<String> {
    let rest = &word[word.find("127.0.0.1:")? + "127.0.0.1:".len()..];
    let port: String = rest.chars().take_while(char::is_ascii_digit).collect();
    (!port.is_empty() && port != "0").then(|| format!("http://127.0.0.1:{port}"))
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Somebody who asks: what is in their header, and in the paths where the place of a traveller is.
struct Asker {
    token: String,
    traveller: Option<String>,
}

/// A key with these scopes, made by the program itself over the same data.
fn key(data: &Path, scopes: &str, more: &[&str]) -> Asker {
    let made = Command::new(env!("CARGO_BIN_EXE_cordon"))
        .args(["keys", "create", scopes, "--scope", scopes, "--data-dir"])
        .arg(data)
        .args(more)
        .output()
        .expect("ran");
    Asker { token: String::from_utf8(made.stdout).expect("text").trim().to_owned(), traveller: None }
}

/// A traveller with a trip and a position.
#[allow(clippy::disallowed_methods)] // a bare client is what a stranger would use
#[tokio::main(flavor = "current_thread")]
async fn traveller(url: &str) -> Asker {
    let post = async |path: &str, token: &str, body: &Value| -> Value {
        let mut request = reqwest::Client::new().post(format!("{url}{path}")).json(body);
        if !token.is_empty() {
            request = request.bearer_auth(token);
        }
        let answer = request.send().await.and_then(reqwest::Response::error_for_status).expect("an answer");
        answer.json().await.expect("JSON")
    };
    let person = post("/v1/travellers", "", &json!({"nationalities": ["KR"]})).await;
    let text = |name: &str| person[name].as_str().expect("text").to_owned();
    let (id, token) = (text("id"), text("token"));
    let plan = json!({"itinerary": {"stops": [{"id": "a", "place": {"lat": 13.65805, "lon": 102.56365}, "arrive": "2099-01-01", "depart": "2099-01-02"}]}});
    post(&format!("/v1/travellers/{id}/itineraries"), &token, &plan).await;
    Asker { token, traveller: Some(id) }
}

/// Lets schemathesis ask everything, with a header where somebody asks.
fn fuzz(server: &Server, work: &Path, asker: Option<&Asker>, Effort(examples, phases): Effort) {
    let python = std::env::var_os("CORDON_ORACLE_PYTHON").map(PathBuf::from).unwrap_or_default();
    let schemathesis = python.with_file_name("schemathesis");
    assert!(
        schemathesis.is_file(),
        "CORDON_ORACLE_PYTHON names no Python with schemathesis beside it; run `make test`, which installs it"
    );
    let mut command = Command::new(schemathesis);
    command
        .current_dir(work)
        .env("SCHEMATHESIS_HOOKS", Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle/schemathesis_hooks.py"))
        .arg("run")
        .arg(format!("{}/openapi.json", server.url))
        .args(["--checks", CHECKS, "--max-examples", examples, "--seed", SEED])
        .args(["--generation-database", "none"])
        // a stream of events never ends, so nobody can say what the whole answer was; tests/http/told.rs reads it
        .args(["--exclude-path", "/v1/events"])
        .args(["--phases", phases, "--workers", "1"])
        .args(["--continue-on-failure", "--request-timeout", "20", "--wait-for-schema", "60", "--no-color"]);
    if let Some(Asker { token, traveller }) = asker {
        command.arg("--header").arg(format!("Authorization: Bearer {token}"));
        // who ends themselves asks nothing more
        command.args(["--exclude-operation-id", "eraseTraveller"]);
        command.args(["--exclude-operation-id", "revokeKey", "--exclude-operation-id", "rotateKey"]);
        if let Some(id) = traveller {
            command.env("CORDON_FUZZ_TRAVELLER", id).args(["--include-path-regex", "^/v1/(travellers/|deliveries)"]);
        }
    }
    let fuzzed = command.output().expect("schemathesis runs");
    print!("{}{}", String::from_utf8_lossy(&fuzzed.stdout), String::from_utf8_lossy(&fuzzed.stderr));
    assert!(fuzzed.status.success(), "schemathesis found answers outside the OpenAPI document; its report is above");
    let report = String::from_utf8_lossy(&fuzzed.stdout);
    assert!(!report.contains("No operations"), "the OpenAPI document has no operations");
}

fn folder(name: &str) -> PathBuf {
    let work = Path::new(env!("CARGO_TARGET_TMPDIR")).join("fuzz_api").join(name);
    // a database of an earlier run has keys already
    let _ = std::fs::remove_dir_all(&work);
    std::fs::create_dir_all(&work).expect("the folder for tests can be written");
    work
}

#[test]
fn every_answer_is_as_the_openapi_document_says() {
    let work = folder("nobody");
    fuzz(&Server::start(&work), &work, None, WHOLE);
}

#[test]
fn every_answer_to_a_key_is_as_the_openapi_document_says() {
    let work = folder("keys");
    let server = Server::start(&work);
    for scope in ["check", "watch", "publish", "operate", "admin"] {
        fuzz(&server, &work, Some(&key(&work, scope, &[])), LEAST);
    }
    fuzz(&server, &work, Some(&key(&work, "check,watch,publish,operate,admin", &["--exercise"])), LESS);
}

#[test]
fn every_answer_to_a_traveller_is_as_the_openapi_document_says() {
    let work = folder("traveller");
    let server = Server::start(&work);
    let asker = traveller(&server.url);
    fuzz(&server, &work, Some(&asker), LESS);
}
