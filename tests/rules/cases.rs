//! Runs `tests/cases/rules/*.json`: each file is one rule with cases; an answer must hold everything a case expects of it.

use std::path::Path;

use cordon::error::Error;
use cordon::flows::{check_itinerary::check_itinerary, check_location::check_location};
use cordon::format::itinerary::ItineraryRequest;
use cordon::format::{json, location::LocationRequest};
use cordon::geometry::Limits;
use cordon::live::Snapshot;
use cordon::matching::FenceIndex;
use serde_json::{Value, json};

/// The instant of all cases that do not give another.
const NOW: &str = "2025-06-01T00:00:00Z";

fn answer(snapshot: &Snapshot, check: &Value) -> Result<Value, Error> {
    let now = NOW.parse().expect("an instant");
    let max_age = FenceIndex::DEFAULT_MAX_AGE;
    if let Some(request) = check.get("location") {
        let request: LocationRequest = json::read(request.to_string().as_bytes())?;
        let answer = check_location(snapshot, max_age, &request.query(now)?)?;
        return Ok(serde_json::to_value(answer).expect("answers are JSON"));
    }
    let request: ItineraryRequest = json::read(check["itinerary"].to_string().as_bytes())?;
    let query = request.query(&snapshot.gazetteer, &Limits::default(), now)?;
    Ok(serde_json::to_value(check_itinerary(snapshot, max_age, &query)?).expect("answers are JSON"))
}

/// Everything expected that the answer does not hold. Lists must have the expected length; a number may differ by its own 10⁻³.
fn missing(expected: &Value, found: &Value, at: &str, out: &mut Vec<String>) {
    match (expected, found) {
        (Value::Object(expected), Value::Object(_)) => {
            for (key, value) in expected {
                missing(value, found.get(key).unwrap_or(&Value::Null), &format!("{at}/{key}"), out);
            }
        }
        (Value::Array(e), Value::Array(f)) if e.len() == f.len() => {
            for (i, (e, f)) in e.iter().zip(f).enumerate() {
                missing(e, f, &format!("{at}/{i}"), out);
            }
        }
        (Value::Number(e), Value::Number(f)) => {
            let (e, f) = (e.as_f64().unwrap_or(f64::NAN), f.as_f64().unwrap_or(f64::NAN));
            if (e - f).abs() > (e.abs() * 1e-3).max(1e-9) {
                out.push(format!("{at}: expected {e}, found {f}"));
            }
        }
        _ if expected == found => {}
        _ => out.push(format!("{at}: expected {expected}, found {found}")),
    }
}

#[test]
fn every_rule_holds() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/rules");
    let mut files: Vec<_> =
        std::fs::read_dir(folder).expect("the cases are there").flatten().map(|e| e.path()).collect();
    files.sort();
    let (mut checks, mut failures) = (0, Vec::new());
    for file in files {
        let name = file.file_name().expect("a file").to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&file).expect("a case file can be read");
        let document: Value = serde_json::from_str(&text).unwrap_or_else(|e| panic!("{name}: {e}"));
        for case in document["cases"].as_array().unwrap_or_else(|| panic!("{name} has no cases")) {
            let root = tempfile::tempdir().expect("a temporary folder");
            let snapshot = super::folder::open(root.path(), case).snapshot();
            if case.get("files").is_none() {
                let errors: Vec<_> =
                    snapshot.report.problems.iter().filter(|p| !p.file.starts_with("gazetteer")).collect();
                assert!(errors.is_empty(), "{name}: {}: {errors:?}", case["reason"]);
            }
            for check in case["checks"].as_array().expect("a case has checks") {
                checks += 1;
                let found = answer(&snapshot, check).unwrap_or_else(|e| match e {
                    Error::Invalid(issues) => json!({"errors": issues}),
                    other => json!({"error": other.to_string()}),
                });
                let mut wrong = Vec::new();
                missing(&check["expect"], &found, "", &mut wrong);
                if !wrong.is_empty() {
                    let why = check.get("reason").unwrap_or(&case["reason"]);
                    failures.push(format!("{name}: {why}\n    {}", wrong.join("\n    ")));
                }
            }
        }
    }
    assert!(checks > 0, "no case was run");
    assert!(failures.is_empty(), "{} of {checks} checks fail:\n{}", failures.len(), failures.join("\n"));
}
