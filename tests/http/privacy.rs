//! Where somebody is, and what they plan, appears in no log line and no metric.

use std::process::Stdio;

use serde_json::json;

use crate::lifecycle::Process;
use crate::support::{Answer, TestApp, write_folder};

/// Looks for them everywhere.
const SECRETS: [&str; 4] = ["12.34567", "104.56789", "SECRETREF", "secretquery"];

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
