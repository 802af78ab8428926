//! Writes the vectors: every location check of the rules' cases, with the bundle that the device answers it from.

use std::path::Path;

use cordon::flows::bundle::{REACH_M, bundle};
use cordon::flows::check_location::check_location;
use cordon::format::evidence::SigningKey;
use cordon::format::{json, location::LocationRequest};
use cordon::geometry::Position;
use cordon::live::Snapshot;
use cordon::matching::FenceIndex;
use cordon::model::CountryCode;
use serde_json::{Value, json};

/// What was agreed on.
const AGREED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/rules.json");
/// The instant of all cases that do not give another.
const NOW: &str = "2025-06-01T00:00:00Z";
/// RFC 8410 section 10.3: a key that is no secret.
const KEY: &str = "MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC";
/// The key of RFC 8032 section 7.1, test 1.
const OTHER_KEY: &str = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n-----END PUBLIC KEY-----\n";

/// A country around everything, for the checks of cases that lie in none: what is asked is whether the two agree.
fn with_a_country_around_everything(case: &Value) -> Value {
    let mut case = case.clone();
    let world = json!({"code": "AQ", "kind": "country", "country": "AQ", "box": [-180, -90, 180, 90]});
    match case["places"].as_array_mut() {
        Some(places) => places.push(world),
        None => case["places"] = json!([world]),
    }
    case
}

fn code(country: &str) -> CountryCode {
    CountryCode::parse(country).expect("a country")
}

/// Whether the bundle of a country answers for a position.
fn answers(snapshot: &Snapshot, country: &str, position: Position) -> bool {
    let index = &snapshot.index;
    let outline = index.shapes().shapes().find(|(id, _)| index.country_of(*id) == Some(code(country)));
    outline
        .is_some_and(|(id, _)| index.shapes().margin(id, position).signed_m.max(0.0) + position.accuracy_m() <= REACH_M)
}

fn statement(snapshot: &Snapshot, country: &str) -> Value {
    bundle(snapshot, FenceIndex::DEFAULT_MAX_AGE, code(country)).expect("the country is known")
}

/// The checks of a case that have an answer, each with the country whose bundle answers it; none if one lies in no country's reach.
fn checks(snapshot: &Snapshot, case: &Value, countries: &[&'static str]) -> Option<Vec<(&'static str, Value, Value)>> {
    let mut found = Vec::new();
    for check in case["checks"].as_array().expect("checks").iter().filter_map(|check| check.get("location")) {
        let Ok(request) = json::read::<LocationRequest>(check.to_string().as_bytes()) else { continue };
        let Ok(query) = request.query(NOW.parse().expect("an instant")) else { continue };
        let Ok(answer) = check_location(snapshot, FenceIndex::DEFAULT_MAX_AGE, &query) else { continue };
        let country = countries.iter().copied().find(|country| answers(snapshot, country, query.position))?;
        let mut request = check.clone();
        request["at"] = json!(query.at);
        request["as_of"] = json!(query.as_of);
        found.push((country, request, serde_json::to_value(answer).expect("JSON")));
    }
    Some(found)
}

/// A case with its bundles; none when it asks for no position.
fn vector(file: &str, case: &Value) -> Option<Value> {
    let open = |case: &Value| {
        let root = tempfile::tempdir().expect("a temporary folder");
        super::folder::open(root.path(), case).snapshot()
    };
    let mut snapshot = open(case);
    let found = checks(&snapshot, case, &["AD", "SM"]).unwrap_or_else(|| {
        snapshot = open(&with_a_country_around_everything(case));
        checks(&snapshot, case, &["AQ"]).expect("everything lies in the country around everything")
    });
    let mut countries: Vec<&str> = found.iter().map(|(country, ..)| *country).collect();
    countries.sort_unstable();
    countries.dedup();
    let bundles: Vec<Value> = countries.iter().map(|country| statement(&snapshot, country)).collect();
    let checks = found.into_iter().map(|(country, request, answer)| {
        let bundle = countries.iter().position(|other| *other == country);
        json!({"bundle": bundle, "request": request, "answer": answer})
    });
    let checks: Vec<Value> = checks.collect();
    (!checks.is_empty()).then(|| json!({"file": file, "reason": case["reason"], "bundles": bundles, "checks": checks}))
}

fn vectors() -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/rules");
    let mut files: Vec<_> = std::fs::read_dir(folder).expect("the cases").flatten().map(|entry| entry.path()).collect();
    files.sort();
    let mut cases = Vec::new();
    for file in files {
        let name = file.file_name().expect("a file").to_string_lossy().into_owned();
        let document: Value = serde_json::from_slice(&std::fs::read(&file).expect("a case file")).expect("JSON");
        cases.extend(document["cases"].as_array().expect("cases").iter().filter_map(|case| vector(&name, case)));
    }
    let root = tempfile::tempdir().expect("a temporary folder");
    let snapshot = super::folder::open(root.path(), &json!({})).snapshot();
    let andorra = statement(&snapshot, "AD");
    let place = |lat: f64, lon: f64, accuracy_m: f64| {
        let position = Position::new(lat, lon).and_then(|at| at.with_accuracy(accuracy_m)).expect("a position");
        json!({"lat": lat, "lon": lon, "accuracy_m": accuracy_m, "answers": answers(&snapshot, "AD", position)})
    };
    // a tenth of a degree is eleven kilometres
    let places = [
        place(5.0, 5.0, 0.0),
        place(5.0, 5.0, 20_000.0),
        place(5.0, 5.0, 20_001.0),
        place(5.0, -0.1, 0.0),
        place(5.0, -0.1, 10_000.0),
        place(5.0, -0.2, 0.0),
        place(5.0, 10.1, 5_000.0),
        place(5.0, 15.0, 0.0),
    ];
    let key = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, KEY).expect("Base64");
    let key = SigningKey::from_pkcs8(&key).expect("a key");
    let document = String::from_utf8(key.sign(andorra.clone()).expect("signed")).expect("JSON is text");
    // a case a line, so that a change shows where it is
    let lines: Vec<String> = cases.iter().map(Value::to_string).collect();
    let reach = json!({"bundle": andorra, "places": places});
    let signed = json!({"document": document, "key": key.public().pem(), "other_key": OTHER_KEY});
    format!("{{\"cases\": [\n{}\n],\n\"reach\": {reach},\n\"signed\": {signed}}}\n", lines.join(",\n"))
}

#[test]
fn the_vectors_are_those_agreed_on() {
    let text = vectors();
    if std::env::var_os("CORDON_UPDATE").is_some() {
        std::fs::write(AGREED, &text).expect("written");
    }
    let agreed = std::fs::read_to_string(AGREED).unwrap_or_default();
    assert!(agreed == text, "answers or bundles have changed; if that is meant, write the vectors anew (see {AGREED})");
}
