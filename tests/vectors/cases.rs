//! The rules' cases as questions: each position that they ask about, with the bundle that a device answers it from.

use std::path::Path;
use std::sync::Arc;

use cordon::flows::bundle::{REACH_M, bundle};
use cordon::flows::check_location::check_location;
use cordon::format::{json, location::LocationRequest};
use cordon::geometry::Position;
use cordon::live::Snapshot;
use cordon::matching::FenceIndex;
use cordon::model::CountryCode;
use serde_json::{Value, json};

/// The instant of all cases that do not give another.
const NOW: &str = "2025-06-01T00:00:00Z";
/// The countries of every case, and one around everything.
pub const COUNTRIES: [&str; 2] = ["AD", "SM"];
pub const EVERYTHING: [&str; 1] = ["AQ"];

/// Every case with the file that it stands in.
pub fn cases() -> Vec<(String, Value)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/rules");
    let mut files: Vec<_> = std::fs::read_dir(folder).expect("the cases").flatten().map(|entry| entry.path()).collect();
    files.sort();
    let mut cases = Vec::new();
    for file in files {
        let name = file.file_name().expect("a file").to_string_lossy().into_owned();
        let document: Value = serde_json::from_slice(&std::fs::read(&file).expect("a case file")).expect("JSON");
        cases.extend(document["cases"].as_array().expect("cases").iter().map(|case| (name.clone(), case.clone())));
    }
    cases
}

/// What a case asks about positions.
pub fn questions(case: &Value) -> Vec<Value> {
    case["checks"].as_array().expect("checks").iter().filter_map(|check| check.get("location")).cloned().collect()
}

/// The fences of a case.
pub fn open(case: &Value) -> Arc<Snapshot> {
    let root = tempfile::tempdir().expect("a temporary folder");
    super::folder::open(root.path(), case).snapshot()
}

/// A country around everything, for the questions that lie in none: what is asked is whether the two agree.
pub fn with_a_country_around_everything(case: &Value) -> Value {
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
pub fn answers(snapshot: &Snapshot, country: &str, position: Position) -> bool {
    let index = &snapshot.index;
    let outline = index.shapes().shapes().find(|(id, _)| index.country_of(*id) == Some(code(country)));
    outline
        .is_some_and(|(id, _)| index.shapes().margin(id, position).signed_m.max(0.0) + position.accuracy_m() <= REACH_M)
}

pub fn statement(snapshot: &Snapshot, country: &str) -> Value {
    bundle(snapshot, FenceIndex::DEFAULT_MAX_AGE, code(country)).expect("the country is known")
}

/// A question that has an answer, and the country whose bundle answers it; none where it lies in no country's reach.
pub struct Answered {
    pub country: Option<&'static str>,
    request: Value,
    answer: Value,
}

/// The questions that have an answer.
pub fn ask(snapshot: &Snapshot, questions: &[Value], countries: &[&'static str]) -> Vec<Answered> {
    let asked = questions.iter().filter_map(|question| {
        let request = json::read::<LocationRequest>(question.to_string().as_bytes()).ok()?;
        let query = request.query(NOW.parse().expect("an instant")).ok()?;
        let answer = check_location(snapshot, FenceIndex::DEFAULT_MAX_AGE, &query).ok()?;
        let country = countries.iter().copied().find(|country| answers(snapshot, country, query.position));
        let mut request = question.clone();
        request["at"] = json!(query.at);
        request["as_of"] = json!(query.as_of);
        Some(Answered { country, request, answer: serde_json::to_value(answer).expect("JSON") })
    });
    asked.collect()
}

/// A case as it is written for the device; none when nothing in it is answered there.
pub fn vector(file: &str, case: &Value, snapshot: &Snapshot, found: &[Answered]) -> Option<Value> {
    let mut countries: Vec<&str> = found.iter().filter_map(|one| one.country).collect();
    countries.sort_unstable();
    countries.dedup();
    let bundles: Vec<Value> = countries.iter().map(|country| statement(snapshot, country)).collect();
    let checks = found.iter().filter_map(|Answered { country, request, answer }| {
        let bundle = countries.iter().position(|other| Some(*other) == *country)?;
        Some(json!({"bundle": bundle, "request": request, "answer": answer}))
    });
    let checks: Vec<Value> = checks.collect();
    (!checks.is_empty()).then(|| json!({"file": file, "reason": case["reason"], "bundles": bundles, "checks": checks}))
}
