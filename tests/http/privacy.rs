//! Where somebody is, what they plan, and how they are reached, appears in no log line and no metric.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use cordon::clock::{Clock, System};
use serde_json::{Value, json};

use crate::lifecycle::Process;
use crate::support::{Answer, TestApp, write_folder};

/// Looks for them everywhere: as they are sent, and as a position is kept.
const SECRETS: [&str; 7] =
    ["12.34567", "104.56789", "104.568", "SECRETREF", "secretquery", "SECRETENDPOINT", "SECRETHOOK"];

async fn ask_everything(client: &reqwest::Client, base: &str) {
    let url = |path: &str| format!("{base}{path}");
    let position = json!({"position": {"lat": 12.34567, "lon": 104.56789}});
    let wrong = json!({"position": {"lat": 12.34567, "lon": "104.56789"}});
    let plan = json!({"itinerary": {"ref": "SECRETREF", "stops": [{"id": "a", "place": {"lat": 12.34567, "lon": 104.56789}}]}});
    let lines = format!("{position}\n{wrong}\nsecretquery\n");
    let requests = [
        client.get(url("/v1/check/location?lat=12.34567&lon=104.56789")),
        client.get(url("/v1/check/location?lat=12.34567&lon=secretquery")),
        client.get(url("/v1/check/locationsecretquery?lat=12.34567")),
        client.get(url("/v1/regions/secretquery?bbox=12.34567,1,104.56789,2")),
        client.post(url("/v1/check/location")).json(&position),
        client.post(url("/v1/check/location")).json(&wrong),
        client.post(url("/v1/check/itinerary")).json(&plan),
        client.post(url("/v1/check/locations")).header("content-type", "application/x-ndjson").body(lines),
        client.request("SECRETREF".parse().expect("a method"), url("/v1/check/location?lat=12.34567")),
    ];
    for request in requests {
        Answer::of(request).await;
    }
}

fn reveals(text: &str) -> Vec<&str> {
    text.lines().filter(|line| SECRETS.iter().any(|secret| line.contains(secret))).collect()
}

#[tokio::test]
async fn metrics_hold_no_place_and_no_plan() {
    let app = TestApp::start().await;
    ask_everything(&app.client, &app.url("")).await;
    let metrics = app.get("/metrics").await.text;
    assert_eq!(reveals(&metrics), Vec::<&str>::new());
    assert!(metrics.contains("route=\"/v1/check/location\""), "{metrics}");
    assert!(metrics.contains("cordon_checks_total{kind=\"location\",verdict="), "{metrics}");
    assert!(metrics.contains("cordon_http_request_duration_seconds_bucket"), "{metrics}");
}

#[tokio::test]
async fn logs_hold_no_place_and_no_plan_even_at_their_most_talkative() {
    let folder = tempfile::TempDir::new().expect("a folder");
    write_folder(folder.path());
    let process = Process::start(folder.path(), |command| {
        command.env("CORDON_LOG", "trace").env("CORDON_LOG_FORMAT", "json").stderr(Stdio::piped());
    });
    ask_everything(&reqwest::Client::new(), &process.base).await;
    let log = process.terminate().1;
    assert_eq!(reveals(&log), Vec::<&str>::new());
    assert!(log.lines().any(|line| line.contains("\"http.status\":400")), "{log}");
}

/// A key that opens everything, from the program over the same data.
fn make_key(folder: &Path) -> String {
    let made = Command::new(env!("CARGO_BIN_EXE_cordon"))
        .args(["keys", "create", "desk", "--scope", "check,watch,publish,operate", "--data-dir"])
        .arg(folder.join("data"))
        .output()
        .expect("ran");
    String::from_utf8(made.stdout).expect("text").trim().to_owned()
}

/// Somebody is watched, told over a webhook and a browser that nobody reaches, and taken along.
async fn watch_somebody(base: &str, key: &str) {
    let client = reqwest::Client::new();
    let send = async |method: &str, path: &str, tag: &str, body: Value| {
        let request = client.request(method.parse().expect("a method"), format!("{base}{path}")).bearer_auth(key);
        let answer = Answer::of(request.header("if-match", tag).json(&body)).await;
        assert!((200..300).contains(&answer.status), "{method} {path}: {}", answer.text);
        answer.json()
    };
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    let hook = send("POST", "/v1/webhooks", "", json!({"url": "http://127.0.0.1:9/SECRETHOOK"})).await;
    let person = send("POST", "/v1/travellers", "", json!({"nationalities": ["KR"]})).await;
    let home = format!("/v1/travellers/{}", text(&person["id"]));
    let vapid = send("GET", "/v1/push/key", "", json!(null)).await;
    // the keys are the example of RFC 8291
    let browser = json!({"type": "web_push", "endpoint": "https://localhost:9/SECRETENDPOINT", "vapid_key": vapid["key"],
        "keys": {"auth": "BTBZMqHH6r4Tts7J_aSIgg",
            "p256dh": "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"}});
    for channel in [browser, json!({"type": "webhook", "webhook": hook["id"]})] {
        let made = send("POST", &format!("{home}/subscriptions"), "", json!({"channel": channel})).await;
        send("POST", &format!("{home}/subscriptions/{}/test", text(&made["id"])), "", json!(null)).await;
    }
    let now = System.now();
    let place = json!({"lat": 12.34567, "lon": 104.56789});
    let fix = json!({"lat": 12.34567, "lon": 104.56789, "accuracy_m": 20, "at": now.to_string()});
    send("POST", &format!("{home}/positions"), "", json!({"positions": [fix, {"lat": 104.56789}]})).await;
    let stop = json!({"id": "a", "place": place, "arrive": now.to_string(), "depart": (now + jiff::SignedDuration::from_hours(9)).to_string()});
    send("POST", &format!("{home}/itineraries"), "", json!({"itinerary": {"ref": "SECRETREF", "stops": [stop]}})).await;
    let raised = json!({"type": "Feature", "geometry": null, "properties": {"advisory": "kr-mofa:kh", "level": "4", "area": {"region": "KH"},
        "title": {"en": "Cambodia"}, "text": {"en": "Leave."}, "source_url": "https://example.org/said"}});
    send("POST", "/v1/advisories/kr-mofa:kh/revisions", "\"1\"", raised).await;
    send("GET", &format!("{home}/export"), "", json!(null)).await;
    send("GET", "/v1/deliveries", "", json!(null)).await;
}

#[tokio::test]
async fn neither_says_where_somebody_is_who_is_watched_nor_how_they_are_reached() {
    let folder = tempfile::TempDir::new().expect("a folder");
    write_folder(folder.path());
    let process = Process::start(folder.path(), |command| {
        command.env("CORDON_LOG", "trace").env("CORDON_LOG_FORMAT", "json").stderr(Stdio::piped());
        command.env("CORDON_PUSH_HOSTS", "localhost").env("CORDON_OUTBOUND_ALLOW", "127.0.0.0/8,::1");
    });
    watch_somebody(&process.base, &make_key(folder.path())).await;
    let wanted = [
        "cordon_delivery_attempts_total{channel=\"web_push\",outcome=\"retry\"}",
        "cordon_delivery_attempts_total{channel=\"webhook\",outcome=\"retry\"}",
        "cordon_rechecked_total{outcome=\"changed\"} 2",
        "cordon_rechecked_total{outcome=\"unchanged\"} 0",
        "cordon_shards_behind 0",
        "cordon_watched{what=\"position\"}",
        "cordon_forgotten_total{what=\"position\"}",
        "cordon_forgotten_total{what=\"traveller\"}",
        "cordon_forgotten_total{what=\"delivery\"}",
        "cordon_deliveries{state=\"pending\"}",
        "cordon_deliveries{state=\"delivered\"}",
        "cordon_deliveries{state=\"gone\"}",
        "cordon_deliveries{state=\"superseded\"}",
        "cordon_deliveries{state=\"failed\"}",
    ];
    let begun = tokio::time::Instant::now();
    let metrics = loop {
        let metrics = Answer::of(reqwest::Client::new().get(format!("{}/metrics", process.base))).await.text;
        let missing: Vec<_> = wanted.iter().filter(|line| !metrics.contains(**line)).collect();
        if missing.is_empty() {
            break metrics;
        }
        assert!(begun.elapsed() < Duration::from_secs(20), "{missing:?} in {metrics}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    assert_eq!(reveals(&metrics), Vec::<&str>::new());
    let log = process.terminate().1;
    assert_eq!(reveals(&log), Vec::<&str>::new());
    assert!(log.contains("2 subjects matched, 2 changed, 4 deliveries owed"), "{log}");
}
