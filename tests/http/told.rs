//! Being told, over HTTP: the push key, webhooks through their whole life, deliveries, and the stream of events.

use std::time::Duration;

use cordon::config::SecretUrl;
use cordon::model::{EventType, Kind, NewEvent};
use cordon::store::events;
use insta::assert_snapshot;
use serde_json::json;

use crate::databases::Database;
use crate::support::TestApp;

async fn app(db: &Database) -> TestApp {
    TestApp::start_with(|settings| settings.database_url = SecretUrl(db.setting().to_owned())).await
}

pub async fn key(app: &TestApp, scopes: &[&str]) -> String {
    let request = json!({"name": "agency", "scopes": scopes});
    let made = app.send("POST", "/v1/keys", Some(&app.first_key), Some(&request)).await;
    assert_eq!(made.status, 201, "{}", made.text);
    made.json()["token"].as_str().expect("a token").to_owned()
}

/// An event that is a key's own, or everybody's.
async fn happen(db: &Database, what: EventType, owner: Option<&str>, n: u32) {
    let store = db.open().await;
    let mut tx = store.begin().await.expect("begun");
    let event = NewEvent {
        what,
        kind: Kind::Actual,
        owner: owner.map(str::to_owned),
        traveller: None,
        severity: 0,
        data: json!({"n": n}),
    };
    events::append(&mut tx, "2025-10-20T02:00:00Z".parse().expect("an instant"), &[event]).await.expect("appended");
    tx.commit().await.expect("committed");
    store.close().await;
}

/// Reads a stream until it has said something `count` times: pairs of id and data.
pub async fn listen(app: &TestApp, key: &str, path: &str, last: Option<&str>, count: usize) -> Vec<(String, String)> {
    let mut request = app.client.get(app.url(path)).bearer_auth(key);
    if let Some(last) = last {
        request = request.header("Last-Event-ID", last);
    }
    let mut response = request.send().await.expect("an answer");
    assert_eq!(
        (response.status().as_u16(), response.headers()["content-type"].to_str().expect("text")),
        (200, "text/event-stream")
    );
    let mut text = String::new();
    let read = async {
        while text.lines().filter(|line| line.starts_with("data:")).count() < count || !text.ends_with("\n\n") {
            let chunk = response.chunk().await.expect("the stream goes on").expect("the stream goes on");
            text.push_str(std::str::from_utf8(&chunk).expect("text"));
        }
    };
    tokio::time::timeout(Duration::from_secs(20), read).await.expect("in time");
    let field = |event: &str, name: &str| {
        event.lines().find_map(|line| line.strip_prefix(name)).map(|value| value.trim().to_owned()).unwrap_or_default()
    };
    text.split("\n\n")
        .filter(|event| event.contains("data:"))
        .map(|event| (field(event, "id:"), field(event, "data:")))
        .collect()
}

/// The id that a stream gives before anything happens.
async fn first_id(app: &TestApp, key: &str) -> String {
    let mut response = app.client.get(app.url("/v1/events")).bearer_auth(key).send().await.expect("an answer");
    let mut text = String::new();
    while !text.contains("\n\n") {
        let chunk = response.chunk().await.expect("the stream goes on").expect("the stream goes on");
        text.push_str(std::str::from_utf8(&chunk).expect("text"));
    }
    text.lines().find_map(|line| line.strip_prefix("id:")).expect("an id").trim().to_owned()
}

on_both! {
    async fn the_push_key_is_stable_until_it_is_rotated(db: Database) {
        let app = app(&db).await;
        let first = app.get("/v1/push/key").await;
        assert_eq!((first.status, first.json()["key"].as_str().expect("a key").len()), (200, 87));
        assert_eq!(app.get("/v1/push/key").await.json(), first.json());
        assert_eq!(app.send("POST", "/v1/push/key/rotate", None, None).await.status, 401);
        // real browsers subscribe with it
        let drill = json!({"name": "drill", "scopes": ["admin"], "kind": "exercise"});
        let drill = app.send("POST", "/v1/keys", Some(&app.first_key), Some(&drill)).await.json();
        let refused = app.send("POST", "/v1/push/key/rotate", drill["token"].as_str(), None).await;
        assert_eq!(refused.status, 403, "{}", refused.text);
        let rotated = app.send("POST", "/v1/push/key/rotate", Some(&app.first_key), None).await;
        assert_eq!(rotated.status, 200, "{}", rotated.text);
        assert_ne!(rotated.json()["key"], first.json()["key"]);
        app.clock.set("2025-10-20T03:00:00Z".parse().expect("an instant"));
        let rotated = app.send("POST", "/v1/push/key/rotate", Some(&app.first_key), None).await;
        assert_eq!(app.get("/v1/push/key").await.json()["key"], rotated.json()["key"]);
    }

    async fn a_webhook_lives_and_ends(db: Database) {
        let app = app(&db).await;
        let (owner, other) = (key(&app, &["watch"]).await, key(&app, &["watch"]).await);
        let made = app.send("POST", "/v1/webhooks", Some(&owner), Some(&json!({"url": "https://agency.example.org/hook", "types": ["transition"]}))).await;
        assert_eq!(made.status, 201, "{}", made.text);
        let webhook = made.json();
        let place = made.header("location").to_owned();
        assert_eq!(place, format!("/v1/webhooks/{}", webhook["id"].as_str().expect("an id")));
        let secret = webhook["secret"].as_str().expect("a secret");
        assert!(secret.starts_with("whsec_") && webhook["public_keys"][0].as_str().expect("a key").starts_with("whpk_"));

        let read = app.send("GET", &place, Some(&owner), None).await;
        assert_eq!((read.status, read.json().get("secret")), (200, None), "its secret is shown once");
        assert_eq!(app.send("GET", &place, Some(&other), None).await.status, 404, "it is nobody else's");
        let list = app.send("GET", "/v1/webhooks", Some(&owner), None).await.json();
        assert_eq!(list["webhooks"].as_array().map(Vec::len), Some(1));

        let rotated = app.send("POST", &format!("{place}/rotate"), Some(&owner), Some(&json!({"grace": "PT1H"}))).await.json();
        assert_ne!(rotated["secret"], webhook["secret"]);
        assert_eq!(rotated["public_keys"].as_array().map(Vec::len), Some(2), "both are live");
        app.clock.set("2025-10-20T04:00:00Z".parse().expect("an instant"));
        let later = app.send("GET", &place, Some(&owner), None).await.json();
        assert_eq!(later["public_keys"].as_array().map(Vec::len), Some(1), "the hour has passed");

        let changed = app.send("PATCH", &place, Some(&owner), Some(&json!({"active": false}))).await.json();
        assert_eq!((&changed["active"], &changed["disabled_because"]), (&json!(false), &json!("switched off by its owner")));
        assert_eq!(app.send("DELETE", &place, Some(&owner), None).await.status, 204);
        assert_eq!(app.send("GET", &place, Some(&owner), None).await.status, 404);
    }

    async fn events_are_heard_by_whose_they_are_and_none_is_missed(db: Database) {
        let app = app(&db).await;
        let agency = key(&app, &["watch"]).await;
        let id = agency.split('_').nth(2).expect("an id").to_owned();
        happen(&db, EventType::AdvisoryPublished, None, 1).await;
        happen(&db, EventType::ValidationChanged, Some("somebody else"), 2).await;
        happen(&db, EventType::ValidationChanged, Some(&id), 3).await;
        let heard = listen(&app, &agency, "/v1/events?after=0", None, 2).await;
        let told = |heard: &[(String, String)]| {
            let number = |id: &str| id.split('-').next().unwrap_or_default().to_owned();
            heard.iter().map(|(id, data)| format!("{} {data}", number(id))).collect::<Vec<_>>()
        };
        assert_eq!(told(&heard), ["1 {\"n\":1}", "3 {\"n\":3}"]);
        // come back with the last id, or its number
        let third = heard[1].0.clone();
        happen(&db, EventType::AdvisoryRevised, None, 4).await;
        for last in [third.as_str(), "3"] {
            assert_eq!(told(&listen(&app, &agency, "/v1/events", Some(last), 1).await), ["4 {\"n\":4}"]);
        }
        // one that never was, or is another since a backup was restored: what lies between is not known
        for strange in ["3-00000000", "9", "9-12345678"] {
            assert_eq!(told(&listen(&app, &agency, "/v1/events", Some(strange), 1).await), [" {\"after\":4}"], "{strange}");
        }
        // who breaks off before anything happened comes back to where they began
        let opened = first_id(&app, &agency).await;
        assert_eq!(opened.split('-').next(), Some("4"), "{opened}");
        // and as it happens
        let (heard, ()) = tokio::join!(listen(&app, &agency, "/v1/events", None, 1), async {
            // the listener is there, or reads what it missed: either way it hears
            while !app.get("/metrics").await.text.contains("cordon_event_streams 1") {
                tokio::task::yield_now().await;
            }
            happen(&db, EventType::AdvisoryWithdrawn, None, 5).await;
        });
        assert_eq!(told(&heard), ["5 {\"n\":5}"]);
        assert_eq!(told(&listen(&app, &agency, "/v1/events", Some(&opened), 1).await), ["5 {\"n\":5}"]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hostile_urls_are_refused_where_they_are_written() {
    let app = TestApp::start().await;
    let agency = key(&app, &["watch"]).await;
    let ask =
        async |url: &str| app.send("POST", "/v1/webhooks", Some(&agency), Some(&json!({"url": url}))).await.problem();
    assert_snapshot!(ask("https://169.254.169.254/latest").await, @"400 invalid_input invalid_value /url: `https://169.254.169.254/latest`: its address is link-local, not a public one");
    assert_snapshot!(ask("http://agency.example.org/hook").await, @"400 invalid_input invalid_value /url: `http://agency.example.org/hook`: it must begin with https://");
    assert_snapshot!(ask("https://localhost/hook").await, @"400 invalid_input invalid_value /url: `https://localhost/hook`: its host is a name of a private network");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deliveries_are_for_those_who_look_after_them() {
    let app = TestApp::start().await;
    let list = app.send("GET", "/v1/deliveries?state=failed", Some(&app.first_key), None).await;
    assert_eq!((list.status, list.json()), (200, json!({"deliveries": [], "next": null})));
    let none = app.send("POST", "/v1/deliveries/none/replay", Some(&app.first_key), None).await;
    assert_snapshot!(none.problem(), @"404 not_found: there is no delivery `none`");
}

/// A stream does not keep the service from stopping.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn streams_end_when_the_service_stops() {
    let mut app = TestApp::start().await;
    let agency = key(&app, &["watch"]).await;
    let mut response = app.client.get(app.url("/v1/events")).bearer_auth(&agency).send().await.expect("an answer");
    app.stop();
    let ended = async { while let Ok(Some(_)) = response.chunk().await {} };
    tokio::time::timeout(Duration::from_secs(10), ended).await.expect("it ends");
    assert!(app.stopped().await, "everything finished");
}
