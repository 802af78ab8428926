//! The program itself, killed in the middle of a large file and started again: the same results as if nothing had happened, once.

#![allow(clippy::disallowed_methods)] // a bare client is what a stranger would use

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::databases::Database;
use crate::support::write_folder;

const BOOKINGS: usize = 6_000;
/// Everything is asked as of then, when the records are fresh.
const AS_OF: &str = "2025-11-01T02:00:00Z";

/// Years from now, in the town that Korea forbids; every tenth cannot be read.
fn file() -> String {
    let line = |n: usize| match n % 10 {
        3 => "{}".to_owned(),
        _ => format!(
            r#"{{"ref":"B{n}","party":[{{"id":"p","nationalities":["{}"]}}],"stops":[{{"id":"s","place":{{"lat":13.5,"lon":102.5}},"arrive":"2044-11-01T09:00:00+07:00","depart":"2044-11-01T10:00:00+07:00"}}]}}"#,
            if n.is_multiple_of(2) { "KR" } else { "US" }
        ),
    };
    (0..BOOKINGS).map(line).collect::<Vec<_>>().join("\n")
}

/// `cordon serve` over a database.
struct Serving {
    process: Child,
    base: String,
    first_key: Option<String>,
}

impl Serving {
    fn start(db: &Database, new: bool) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_cordon"))
            .args(["serve", "--listen", "127.0.0.1:0", "--log-filter", "warn", "--rate-read", "0", "--rate-check", "0"])
            .args(["--database-url", db.setting(), "--regions"])
            .arg(db.folder().join("regions"))
            .arg("--data-dir")
            .arg(db.folder().join("data"))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("started");
        let mut lines = BufReader::new(process.stdout.take().expect("piped")).lines().map_while(Result::ok);
        let first = lines.next().expect("a line");
        let base = first.strip_prefix("listening on ").expect("the address").to_owned();
        let key = lines.take(if new { 2 } else { 0 }).last();
        let first_key = key.map(|line| line.rsplit(' ').next().expect("a key").to_owned());
        Self { process, base, first_key }
    }

    /// Kills it where it stands.
    fn kill(mut self) {
        self.process.kill().expect("killed");
        self.process.wait().expect("ended");
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

async fn get(serving: &Serving, key: &str, path: &str, accept: &str) -> String {
    let request = reqwest::Client::new().get(format!("{}{path}", serving.base)).bearer_auth(key);
    let answer = request.header("accept", accept).send().await.expect("an answer");
    assert_eq!(answer.status(), 200);
    answer.text().await.expect("a text")
}

async fn read(serving: &Serving, key: &str, path: &str) -> Value {
    serde_json::from_str(&get(serving, key, path, "application/json").await).expect("JSON")
}

/// Asks until it is as far as that; how far it is.
async fn until(serving: &Serving, key: &str, path: &str, reached: impl Fn(&Value) -> bool) -> Value {
    loop {
        let state = read(serving, key, path).await;
        if reached(&state) {
            return state;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

async fn send(serving: &Serving, key: &str, text: &str) -> (u16, Value) {
    let request = reqwest::Client::new().post(format!("{}/v1/validations?watch=true&as_of={AS_OF}", serving.base));
    let request =
        request.bearer_auth(key).header("idempotency-key", "the-file").header("content-type", "application/x-ndjson");
    let answer = request.body(text.to_owned()).send().await.expect("an answer");
    (answer.status().as_u16(), answer.json().await.expect("JSON"))
}

/// What the command line makes of the same file.
fn by_command(folder: &Path, text: &str) -> String {
    let (file, out) = (folder.join("file.ndjson"), folder.join("out.ndjson"));
    std::fs::write(&file, text).expect("written");
    let output = Command::new(env!("CARGO_BIN_EXE_cordon"))
        .args(["validate", "--as-of", AS_OF, "--regions"])
        .arg(folder.join("regions"))
        .arg("--out")
        .arg(&out)
        .arg(&file)
        .output()
        .expect("ran");
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    std::fs::read_to_string(out).expect("results")
}

on_both! {
    async fn a_job_that_is_killed_ends_as_if_nothing_had_happened(db: Database) {
        write_folder(&db.folder().join("regions"));
        let text = file();
        let mut serving = Serving::start(&db, true);
        let key = serving.first_key.clone().expect("the first key");
        let (status, answer) = send(&serving, &key, &text).await;
        let taken = &answer["validation"];
        assert_eq!((status, &taken["bookings"]), (202, &BOOKINGS.into()));
        let path = format!("/v1/validations/{}", taken["id"].as_str().expect("an id"));
        let mut done = 0;
        for part in [6, 2] {
            let goal = i64::try_from(BOOKINGS / part).expect("few");
            let state = until(&serving, &key, &path, |state| state["done"].as_i64().is_some_and(|n| n >= goal)).await;
            serving.kill();
            serving = Serving::start(&db, false);
            let after = read(&serving, &key, &path).await;
            let kept = after["done"].as_i64().expect("a number");
            assert!(kept >= state["done"].as_i64().expect("a number") && kept >= done, "what was done stays done");
            assert_eq!(after["state"], "running", "killed in the middle: {after}");
            done = kept;
            let (_, again) = send(&serving, &key, &text).await;
            assert_eq!(again["validation"]["id"], taken["id"], "the same key, the same validation");
        }
        let state = until(&serving, &key, &path, |state| state["state"] == "done").await;
        assert_eq!((&state["done"], &state["tally"]["rejected"]), (&BOOKINGS.into(), &(BOOKINGS / 10).into()));
        assert_eq!(get(&serving, &key, &format!("{path}/results"), "application/x-ndjson").await, by_command(db.folder(), &text));
        let all = read(&serving, &key, "/v1/validations").await;
        assert_eq!(all["validations"].as_array().map(Vec::len), Some(1), "no second one was made");

        // and all that can be watched is watched, once
        let watch = until(&serving, &key, &format!("{path}/watch"), |watch| watch["watch"]["looked_at"] == BOOKINGS).await;
        assert_eq!(watch["watch"]["bookings"], BOOKINGS - BOOKINGS / 10);
    }
}
