//! Writes the vectors: every location check of the rules' cases, with the bundle that the device answers it from.

use cordon::format::evidence::SigningKey;
use cordon::geometry::Position;
use serde_json::{Value, json};

use super::cases::{
    COUNTRIES, EVERYTHING, answers, ask, cases, open, questions, statement, vector, with_a_country_around_everything,
};

/// What was agreed on.
const AGREED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/rules.json");
/// RFC 8410 section 10.3: a key that is no secret.
const KEY: &str = "MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC";
/// The key of RFC 8032 section 7.1, test 1.
const OTHER_KEY: &str = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n-----END PUBLIC KEY-----\n";

/// A case with its bundles; none when it asks for no position.
fn agreed(file: &str, case: &Value) -> Option<Value> {
    let (mut snapshot, asked) = (open(case), questions(case));
    let mut found = ask(&snapshot, &asked, &COUNTRIES);
    if found.iter().any(|one| one.country.is_none()) {
        snapshot = open(&with_a_country_around_everything(case));
        found = ask(&snapshot, &asked, &EVERYTHING);
        assert!(found.iter().all(|one| one.country.is_some()), "everything lies in the country around everything");
    }
    vector(file, case, &snapshot, &found)
}

fn vectors() -> String {
    let cases: Vec<Value> = cases().iter().filter_map(|(file, case)| agreed(file, case)).collect();
    let snapshot = open(&json!({}));
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
