//! The program itself over a database: its first key, `cordon keys`, `cordon backup` and a start on the copy.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;

use crate::support::Database;

fn cordon(db: &Database, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cordon"));
    command.args(args).args(["--database-url", db.setting()]).output().expect("ran")
}

fn said(output: &Output) -> &str {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    std::str::from_utf8(&output.stdout).expect("text")
}

fn refused(output: &Output) -> &str {
    assert_eq!(output.status.code(), Some(2));
    std::str::from_utf8(&output.stderr).expect("text").trim()
}

/// `cordon serve` over a database, with an empty data folder: keys need no advisories.
struct Serving {
    process: Child,
    address: String,
    /// The key of a new database.
    first_key: Option<String>,
}

impl Serving {
    /// Starts it, and waits until it listens; a new database has a first key to tell.
    fn start(setting: &str, regions: &Path, new: bool) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_cordon"))
            .args(["serve", "--listen", "127.0.0.1:0", "--log-filter", "warn", "--database-url", setting, "--regions"])
            .arg(regions)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("started");
        let mut lines = BufReader::new(process.stdout.take().expect("piped")).lines().map_while(Result::ok);
        let first = lines.next().expect("a line");
        let address = first.strip_prefix("listening on ").expect("the address").to_owned();
        let first_key = lines.take(if new { 2 } else { 0 }).last();
        let first_key = first_key.map(|line| {
            let key = line.strip_prefix("the first key, which opens everything and is shown this once: ");
            key.expect("the key").to_owned()
        });
        Self { process, address, first_key }
    }

    async fn get(&self, path: &str, key: &str) -> (u16, Value) {
        let request = reqwest::Client::new().get(format!("{}{path}", self.address)).bearer_auth(key);
        let response = request.send().await.expect("an answer");
        let status = response.status().as_u16();
        (status, response.json().await.expect("JSON"))
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

on_both! {
    async fn keys_are_looked_after_on_the_command_line(db: Database) {
        let none = cordon(&db, &["keys", "list"]);
        assert_eq!(said(&none), "There are no keys. Make one: cordon keys create NAME --scope check\n");
        let made = cordon(&db, &["keys", "create", "예약 창구", "--scope", "watch,admin,check"]);
        let token = said(&made).trim();
        let id = token.split('_').nth(2).expect("an id");
        let exercise = cordon(&db, &["keys", "create", "drill", "--scope", "publish", "--issuer", "kr-mofa", "--exercise", "--expires", "90d", "--json"]);
        let exercise: Value = serde_json::from_str(said(&exercise)).expect("JSON");
        assert!(exercise["token"].as_str().expect("a token").starts_with("crd_ex_"), "{exercise}");
        assert_eq!((&exercise["key"]["issuers"][0], &exercise["key"]["kind"]), (&"kr-mofa".into(), &"exercise".into()));

        let listed = cordon(&db, &["keys", "list"]);
        let lines: Vec<&str> = said(&listed).lines().collect();
        assert!(lines[0].starts_with("ID                NAME       KIND      SCOPES             ISSUERS  CREATED"), "{lines:#?}");
        assert!(lines[1].starts_with(&format!("{id}  예약 창구  actual    check watch admin  any ")), "{lines:#?}");
        assert!(lines[1].ends_with("never      opens"), "{lines:#?}");
        assert!(lines[2].contains("drill      exercise  publish            kr-mofa"), "{lines:#?}");
        assert!(!said(&listed).contains(token), "no secret is shown again");

        let serving = Serving::start(db.setting(), db.folder(), false);
        assert_eq!(serving.get("/v1/keys", token).await.0, 200);
        let renewed = cordon(&db, &["keys", "rotate", id, "--grace", "1h"]);
        let renewed = said(&renewed).trim();
        for good in [token, renewed] {
            assert_eq!(serving.get("/v1/keys", good).await.0, 200, "both open for an hour");
        }
        let ended = cordon(&db, &["keys", "revoke", id]);
        assert_eq!(said(&ended), format!("The key {id} (예약 창구) opens nothing any more.\n"));
        drop(serving);
        let serving = Serving::start(db.setting(), db.folder(), false);
        assert_eq!(serving.get("/v1/keys", renewed).await.0, 401);
        assert_eq!(refused(&cordon(&db, &["keys", "rotate", id])), format!("cordon: the key `{id}` is revoked or has ended; make a new one"));
        assert_eq!(refused(&cordon(&db, &["keys", "revoke", "none"])), "cordon: there is no key `none`");
    }

    async fn a_key_names_issuers_that_exist(db: Database) {
        let nobody = ["keys", "create", "nobody's", "--scope", "publish", "--issuer", "kr-mofa,nope"];
        assert_eq!(refused(&cordon(&db, &nobody)), "cordon: there is no issuer `nope`");
        let elsewhere = cordon(&db, &[&nobody[..], &["--regions", "/nowhere"]].concat());
        assert!(said(&elsewhere).starts_with("crd_"));
        assert_eq!(String::from_utf8_lossy(&elsewhere.stderr), "cordon: no issuers can be read in /nowhere: those named were not looked up\n");
    }

    async fn push_keys_are_shown_and_renewed_on_the_command_line(db: Database) {
        let none = cordon(&db, &["keys", "vapid", "show"]);
        assert_eq!(said(&none), "There is no key yet: the first start of the service makes one.\n");
        let serving = Serving::start(db.setting(), db.folder(), true);
        let current = async || serving.get("/v1/push/key", serving.first_key.as_deref().expect("a key")).await.1["key"].clone();
        let first = current().await;
        let renewed = cordon(&db, &["keys", "vapid", "rotate"]);
        let renewed = said(&renewed).trim();
        assert_eq!((current().await, renewed.len()), (Value::from(renewed), 87), "the running service hands it out");
        let shown = cordon(&db, &["keys", "vapid", "show"]);
        let lines: Vec<&str> = said(&shown).lines().collect();
        assert!(lines[0].starts_with("KEY") && lines[0].ends_with("SINCE             SUBSCRIPTIONS  STATE"), "{lines:#?}");
        assert!(lines[1].starts_with(renewed) && lines[1].ends_with("0  to subscribe with"), "{lines:#?}");
        assert!(lines[2].starts_with(first.as_str().expect("a key")), "{lines:#?}");
        assert!(lines[2].ends_with("0  signs until its last subscription has moved"), "{lines:#?}");
        let json = cordon(&db, &["keys", "vapid", "show", "--json"]);
        let keys: Value = serde_json::from_str(said(&json)).expect("JSON");
        assert_eq!((&keys[0]["current"], &keys[1]["key"], keys[0].get("private")), (&Value::from(true), &first, None));
    }

    async fn a_new_database_has_a_key_which_is_told_once(db: Database) {
        let serving = Serving::start(db.setting(), db.folder(), true);
        let key = serving.first_key.clone().expect("a key");
        let (status, keys) = serving.get("/v1/keys", &key).await;
        assert_eq!((status, keys["keys"].as_array().expect("a list").len()), (200, 1));
        drop(serving);
        let again = Serving::start(db.setting(), db.folder(), false);
        assert_eq!(again.get("/v1/keys", &key).await.1["keys"].as_array().expect("a list").len(), 1, "none was made");
    }
}

/// The copy is made while the service runs and others write, and is served again with everything in it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_made_while_serving_is_served_again() {
    let db = Database::sqlite();
    let serving = Serving::start(db.setting(), db.folder(), true);
    let key = serving.first_key.clone().expect("a key");
    let store = db.open().await;
    let (stop, mut stopped) = tokio::sync::oneshot::channel::<()>();
    let writing = tokio::spawn(async move {
        while stopped.try_recv().is_err() {
            let mut tx = store.begin().await.expect("begun");
            cordon::store::epoch::advance(&mut tx, &["kr-mofa:kh", "kr-mofa:kh-poipet"]).await.expect("moved");
            tx.commit().await.expect("committed");
        }
    });
    let copy = db.folder().join("restored.db");
    let copied = cordon(&db, &["backup", copy.to_str().expect("UTF-8")]);
    assert!(said(&copied).ends_with(&format!("at migration {}, sound.\n", cordon::store::LATEST)), "{}", said(&copied));
    let _ = stop.send(());
    writing.await.expect("no panic");
    assert_eq!(serving.get("/v1/keys", &key).await.0, 200, "the service went on");
    drop(serving);

    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&copy).expect("a file").permissions());
    assert_eq!(mode & 0o777, 0o600, "nobody else reads it");
    let restored = Serving::start(&format!("sqlite:{}", copy.display()), db.folder(), false);
    assert_eq!(restored.get("/v1/keys", &key).await.0, 200, "the key still opens");
    drop(restored);
    let store = cordon::store::Store::open(cordon::store::DatabaseUrl::Sqlite(copy.clone())).await.expect("opened");
    let mut tx = store.read().await.expect("begun");
    let epoch = cordon::store::epoch::current(&mut tx).await.expect("read");
    let changes = cordon::store::epoch::changes_since(&mut tx, 0).await.expect("read");
    assert_eq!(changes.len() as u64, 2 * epoch, "one state: the counter and what it counts agree");

    let again = cordon(&db, &["backup", copy.to_str().expect("UTF-8")]);
    assert_eq!(refused(&again), format!("cordon: {}: exists already", copy.display()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgresql_is_copied_by_its_own_tool() {
    let output = Command::new(env!("CARGO_BIN_EXE_cordon"))
        .args(["backup", "copy.dump", "--database-url", "postgres://cordon:secret@localhost/cordon"])
        .output()
        .expect("ran");
    assert_eq!(
        refused(&output),
        "cordon: PostgreSQL is copied by its own tool, while the service runs: pg_dump --format=custom --file=copy.dump URL"
    );
}

#[test]
fn a_database_that_cannot_be_used_is_named_without_its_password() {
    let serve = |url: &str| {
        let args = ["serve", "--listen", "127.0.0.1:0", "--database-url", url];
        Command::new(env!("CARGO_BIN_EXE_cordon")).args(args).output().expect("ran")
    };
    let unknown = serve("mysql://cordon:hunter2@localhost/cordon");
    assert_eq!(
        refused(&unknown),
        "cordon: the database cannot be used: the database URL is neither postgres://USER:PASSWORD@HOST/DATABASE nor sqlite:FILE"
    );
    let gone = serve("postgres://cordon:hunter2@127.0.0.1:9/cordon");
    let why = refused(&gone);
    assert!(why.starts_with("cordon: the database cannot be used: the database cannot be reached: "), "{why}");
    assert!(why.contains("refused"), "{why}");
    assert!(!why.contains("hunter2"), "{why}");
    let folder = tempfile::TempDir::new().expect("a folder");
    let file = folder.path().join("letter.txt");
    std::fs::write(&file, "Dear Sir or Madam, this is a letter and no database. ".repeat(50)).expect("written");
    let letter = serve(&format!("sqlite:{}", file.display()));
    assert_eq!(
        refused(&letter).lines().last(),
        Some(&*format!("cordon: the database cannot be used: {}: is no SQLite database", file.display()))
    );
}
