//! What fails is said: in the log with its cause and the id that the caller is shown, and by `/readyz` and `/metrics` while it lasts.

use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::databases::Database;
use crate::lifecycle::{Process, until};
use crate::support::{Answer, write_folder};

fn make_key(db: &Database) -> String {
    let made = Command::new(env!("CARGO_BIN_EXE_cordon"))
        .args(["keys", "create", "desk", "--scope", "check,watch", "--database-url", db.setting()])
        .output()
        .expect("ran");
    String::from_utf8(made.stdout).expect("text").trim().to_owned()
}

/// The line that tells the cause of a failed request.
fn cause<'a>(log: &'a str, id: &str) -> Option<&'a str> {
    let named = format!("request.id=\"{id}\"");
    log.lines().find(|line| line.contains("ERROR") && line.contains(&named))
}

on_both! {
    async fn each_mistake_of_ours_is_logged_under_the_id_that_is_shown(db: Database) {
        let folder = tempfile::TempDir::new().expect("a folder");
        write_folder(folder.path());
        let key = make_key(&db);
        let process = Process::start(folder.path(), |command| {
            command.env("CORDON_DATABASE_URL", db.setting()).stderr(Stdio::piped());
        });
        let store = db.open().await;
        let mut tx = store.begin().await.expect("begun");
        tx.query("ALTER TABLE webhook RENAME TO mislaid").run().await.expect("renamed");
        tx.commit().await.expect("committed");
        let client = reqwest::Client::new();
        let mut ids = Vec::new();
        for n in 0..8 {
            let good = client.get(format!("{}/v1/travellers?limit=1", process.base)).bearer_auth(&key);
            assert_eq!(Answer::of(good).await.status, 200);
            let bad = client.get(format!("{}/v1/webhooks", process.base)).bearer_auth(&key).header("x-request-id", format!("bad-{n}"));
            let bad = Answer::of(bad).await;
            assert_eq!(bad.status, 500, "{}", bad.text);
            ids.push(bad.header("x-request-id").to_owned());
        }
        let log = process.terminate().1;
        for id in ids {
            assert!(cause(&log, &id).is_some_and(|line| line.contains("webhook")), "{id}: {log}");
        }
    }
}

/// Limits how large a file of the process may become: what a full disk is to a database, without the rights to make one.
fn limit_files(process: &Process, limit: &str) {
    let set = Command::new("prlimit").args([&format!("--pid={}", process.id()), &format!("--fsize={limit}")]).status();
    assert!(set.expect("util-linux is installed").success());
}

#[tokio::test]
async fn a_disk_that_takes_nothing_is_said_and_is_over_when_it_has_room() {
    let db = Database::sqlite();
    let folder = tempfile::TempDir::new().expect("a folder");
    write_folder(folder.path());
    let mut quiet = Command::new("env");
    // the signal that comes with the limit would end the process
    quiet.args(["--ignore-signal=XFSZ", env!("CARGO_BIN_EXE_cordon")]);
    let process = Process::start_by(quiet, folder.path(), |command| {
        command.env("CORDON_DATABASE_URL", db.setting()).stderr(Stdio::piped());
    });
    let client = reqwest::Client::new();
    let ready = format!("{}/readyz", process.base);
    let register = async |id: &str| {
        let request =
            client.post(format!("{}/v1/travellers", process.base)).header("x-request-id", id).json(&json!({}));
        Answer::of(request).await
    };
    assert_eq!(register("before").await.status, 201);
    let sound = until(&ready, |_| true).await;
    assert_eq!((&sound["status"], &sound["store_trouble"]), (&json!("ready"), &Value::Null));

    limit_files(&process, "4096:");
    for id in ["first", "second", "third"] {
        let refused = register(id).await;
        assert_eq!(refused.problem(), "503 unavailable: something that this needs cannot be reached now");
    }
    let degraded = until(&ready, |_| true).await;
    let why = degraded["store_trouble"].as_str().unwrap_or_default();
    assert!(
        degraded["status"] == "degraded" && why.starts_with("the disk under the database is full or fails: "),
        "{degraded}"
    );
    let gauge = async || {
        let metrics = Answer::of(client.get(format!("{}/metrics", process.base))).await.text;
        metrics.lines().find_map(|line| line.strip_prefix("cordon_store_failing ")).map(str::to_owned)
    };
    assert_eq!(gauge().await.as_deref(), Some("1"));
    let read = client.get(format!("{}/v1/check/location?lat=10.5&lon=100.5", process.base));
    assert_eq!(Answer::of(read).await.status, 200, "who only asks is answered");

    limit_files(&process, "unlimited:");
    assert_eq!(register("after").await.status, 201, "the very next one is taken");
    until(&ready, |ready| ready["status"] == "ready" && ready["store_trouble"].is_null()).await;
    assert_eq!(gauge().await.as_deref(), Some("0"));
    let log = process.terminate().1;
    for id in ["first", "second", "third"] {
        assert!(
            cause(&log, id).is_some_and(|line| line.contains("the disk under the database is full or fails")),
            "{id}: {log}"
        );
    }
    assert!(log.contains("the database can be written again"), "{log}");
}
