//! Evidence of a validation over HTTP: signed so that Cordon and Python agree about every byte, and a page wholly in one language.

use std::path::Path;
use std::process::Command;

use cordon::format::evidence::{PublicKey, sha256, verify};
use serde_json::{Value, json};

use crate::support::{Answer, TestApp};

/// A Korean and an American by bus through the town, the way given; a booking that cannot be read.
fn bookings() -> String {
    let sound = json!({"ref": "A1", "party": [{"id": "kim", "nationalities": ["KR"]}, {"id": "joe", "nationalities": ["US"]}],
        "stops": [{"id": "s1", "place": {"lat": 10.5, "lon": 100.2, "name": "West"}, "depart": "2025-10-20T08:00:00+07:00"},
                  {"id": "s2", "place": {"lat": 10.5, "lon": 103.5, "name": "Mid"}, "arrive": "2025-10-20T12:00:00+07:00"}],
        "legs": [{"id": "l1", "from": "s1", "to": "s2", "mode": "bus",
                  "geometry": {"type": "LineString", "coordinates": [[100.2, 10.5], [100.7, 10.5], [101.2, 10.5], [101.7, 10.5], [102.2, 10.5], [102.7, 10.5], [103.2, 10.5], [103.5, 10.5]]}}]});
    format!("{sound}\n{{}}\n")
}

async fn validated(app: &TestApp) -> (String, Value) {
    let request = app.client.post(app.url("/v1/validations")).header("content-type", "application/x-ndjson");
    let answer = Answer::of(request.body(bookings())).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let id = answer.json()["validation"]["id"].as_str().expect("an id").to_owned();
    (format!("/v1/validations/{id}/evidence"), answer.json())
}

#[tokio::test]
async fn the_document_verifies_here_and_elsewhere_until_a_byte_changes() {
    let app = TestApp::start().await;
    let (path, answer) = validated(&app).await;
    let document = app.get(&format!("{path}.json")).await;
    assert_eq!((document.status, document.header("content-type")), (200, "application/json"));
    let pem = app.get("/v1/evidence/key.pem").await.text;
    assert_eq!(app.get("/v1/evidence/key").await.json()["pem"], pem);
    let key = PublicKey::from_pem(&pem).expect("an Ed25519 key");
    let (evidence, _) = verify(document.text.as_bytes(), Some(&key)).expect("it verifies");

    let files = ["document.json", "key.pem", "forged.json"].map(|name| app.folder.path().join(name));
    std::fs::write(&files[0], &document.text).expect("written");
    std::fs::write(&files[1], &pem).expect("written");
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let python = std::env::var_os("CORDON_ORACLE_PYTHON").unwrap_or_else(|| root.join(".cache/venv/bin/python").into());
    let judged = |file: &Path| {
        let mut command = Command::new(&python);
        command.arg(root.join("tests/evidence/verify.py")).arg(file).arg(&files[1]);
        command.output().expect("Python runs: make tools installs it").status.success()
    };
    assert!(judged(&files[0]));
    let at = document.text.find("prohibited").expect("a verdict");
    let mut forged = document.text.into_bytes();
    forged[at] = b'P';
    std::fs::write(&files[2], &forged).expect("written");
    assert!(!judged(&files[2]));
    assert!(verify(&forged, Some(&key)).is_err());

    let said = &evidence.statement;
    assert_eq!(said["input"]["sha256"], sha256(bookings().as_bytes()));
    let canonical = |value: &Value| serde_json_canonicalizer::to_string(value).expect("JSON");
    assert_eq!(canonical(&said["answer"]["bookings"]), canonical(&answer["results"]), "what was answered is signed");
    assert_eq!(said["answer"]["bookings"][0]["stops"][0]["place"]["found_in"], "coordinates");
    let quoted: Vec<&str> =
        said["revisions"].as_array().expect("revisions").iter().filter_map(|r| r["revision"].as_str()).collect();
    assert_eq!(quoted, ["kr-mofa:kh@1", "kr-mofa:kh-town@2"]);
    assert_eq!(said["revisions"][0]["text"]["en"], "Mind it.");
    assert_eq!(said["data"]["severity_mapping"], "test");
    assert_eq!(said["data"]["compared_with_sources"][0]["country"], "KH", "{}", said["data"]);
}

#[tokio::test]
async fn the_page_speaks_one_language_and_shows_where_the_way_runs() {
    let app = TestApp::start().await;
    let (path, _) = validated(&app).await;
    let english = app.get(&format!("{path}.html")).await.text;
    let korean = app.get(&format!("{path}.html?lang=ko")).await.text;
    for (text, lang) in [(&english, "en"), (&korean, "ko")] {
        assert!(text.contains(&format!("<html lang=\"{lang}\">")) && text.contains("<svg viewBox"), "{text}");
        assert!(text.contains("class=\"way given\"") && text.contains("class=\"mark\""), "the way is drawn: {text}");
        assert!(text.contains(&sha256(bookings().as_bytes())) && text.contains("Mind it."), "{text}");
        // findings numbered on the picture are there
        for part in text.split("href=\"#finding-").skip(1) {
            let id = part.split('"').next().unwrap_or_default();
            assert!(text.contains(&format!("id=\"finding-{id}\"")), "{id}");
        }
    }
    assert!(
        english.contains("Prohibited") && english.contains("could not be read") && english.contains("not legal advice")
    );
    assert!(korean.contains("금지") && korean.contains("읽을 수 없음") && korean.contains("법률 자문이 아니며"));
    for word in ["Prohibited", "Verdict", "Made", "block", "Map of", "until further notice", "Level 4 ·"] {
        assert!(!korean.contains(&format!(">{word}")), "`{word}` in the Korean page: {korean}");
    }
    let wrong = app.get(&format!("{path}.html?lang=fr")).await;
    assert_eq!(wrong.problem(), "400 invalid_input invalid_parameter lang: `fr` is neither en nor ko");
    let one = app.get(&format!("{path}.html?booking=1")).await;
    assert!(one.status == 200 && !one.text.contains(">A1"), "only the booking asked for: {}", one.text);
    assert_eq!(app.get(&format!("{path}.html?booking=7")).await.status, 404);
    let rest = app.get(&format!("{path}.json?from=1")).await.json();
    assert_eq!(rest["statement"]["answer"]["part"], json!({"from": 1, "bookings": 1, "of": 2}));
    assert_eq!(app.get(&format!("{path}.json?from=2")).await.status, 404);
    assert_eq!(
        app.get(&format!("{path}.json?from=1&booking=1")).await.problem(),
        "400 invalid_input invalid_value from: goes with all bookings, not with one `booking`"
    );
}
