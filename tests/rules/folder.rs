//! Small data folders for cases: two square countries, three issuers, and what a case adds.

use std::fs;
use std::path::Path;

use cordon::live::Live;
use serde_json::{Value, json};

/// The issuers of all cases: one that bans by law, one on a short scale, one organisation.
fn issuers() -> Value {
    let level = |code: &str, severity: u8| {
        json!({"code": code, "name": format!("Level {code}"), "native_name": format!("Level {code}"), "colour": "#123456",
               "meaning": "As its number says.", "severity": severity, "citation": "made for a case"})
    };
    let effect = |id: &str, kind: &str, levels: &[&str], nationalities: &[&str]| {
        json!({"id": id, "kind": kind, "levels": levels, "nationalities": nationalities, "statute": "made for a case",
               "text": {"en": id}, "url": null})
    };
    let issuer = |code: &str, country: Option<&str>, levels: Vec<Value>, effects: Vec<Value>| {
        json!({"code": code, "country": country, "nationalities": country.into_iter().collect::<Vec<_>>(), "name": code,
               "native_name": code, "url": null, "licence": "made for a case", "attribution": "", "languages": ["en"],
               "levels": levels, "legal_effects": effects})
    };
    json!({"mapping_version": "case", "issuers": [
        issuer("ad-gov", Some("AD"),
            vec![level("1", 1), level("2", 2), level("3", 3), level("4", 4), level("5", 5)],
            vec![effect("ban", "criminal_penalty", &["5"], &["AD"]), effect("insurance", "insurance_likely_affected", &["4"], &[])]),
        issuer("sm-gov", Some("SM"), vec![level("low", 2), level("high", 4), level("highest", 4)], vec![]),
        issuer("own-org", None, vec![level("go", 1), level("stop", 4)], vec![]),
    ]})
}

/// A square as GeoJSON: west, south, east, north.
fn square([w, s, e, n]: [f64; 4]) -> Value {
    json!({"type": "Polygon", "coordinates": [[[w, s], [e, s], [e, n], [w, n], [w, s]]]})
}

/// A place with everything a place must say.
fn place(code: &str, kind: &str, country: Option<&str>, geometry: &Value) -> Value {
    json!({"type": "Feature", "geometry": geometry, "properties": {
        "code": code, "kind": kind, "country": country, "names": {"en": code}}})
}

/// A square written as a list of west, south, east and north.
fn boxed(value: &Value) -> Value {
    square(serde_json::from_value(value.clone()).expect("a box has four numbers"))
}

/// Fills in what a case leaves out of a revision.
fn revision(written: &Value) -> Value {
    let mut properties = json!({"revision": 1, "title": {"en": "A statement"}, "text": {"en": "Made for a case."},
        "published_at": "2020-01-01T00:00:00Z", "valid_from": "2020-01-01T00:00:00Z", "valid_to": null,
        "source_url": "https://example.org/made-for-a-case"});
    let mut geometry = Value::Null;
    for (key, value) in written.as_object().expect("a revision is an object") {
        match key.as_str() {
            "geometry" => geometry = value.clone(),
            "box" => geometry = boxed(value),
            _ => properties[key] = value.clone(),
        }
    }
    json!({"type": "Feature", "geometry": geometry, "properties": properties})
}

fn write_collection(path: &Path, mut members: Value, features: &[Value]) {
    members["type"] = json!("FeatureCollection");
    members["features"] = json!(features);
    fs::create_dir_all(path.parent().expect("below the folder")).expect("a temporary folder can be made");
    fs::write(path, members.to_string()).expect("a temporary file can be written");
}

/// Writes the data folder of a case and opens it; the case must be without mistakes.
pub fn open(root: &Path, case: &Value) -> Live {
    fs::write(root.join("issuers.json"), issuers().to_string()).expect("a temporary file can be written");
    let about = json!({"basis": "official", "accuracy_m": 0, "source": "made for a case", "licence": "CC0"});
    let mut places = vec![
        place("AD", "country", Some("AD"), &square([0.0, 0.0, 10.0, 10.0])),
        place("SM", "country", Some("SM"), &square([10.0, 0.0, 20.0, 10.0])),
    ];
    for extra in case["places"].as_array().into_iter().flatten() {
        let text = |name: &str| extra[name].as_str();
        let mut feature = place(
            text("code").expect("a place has a code"),
            text("kind").unwrap_or("area"),
            text("country"),
            &extra.get("box").map_or_else(|| extra["geometry"].clone(), boxed),
        );
        if let Some(accuracy) = extra.get("accuracy_m") {
            feature["properties"]["accuracy_m"] = accuracy.clone();
        }
        places.push(feature);
    }
    write_collection(&root.join("places/all.geojson"), about.clone(), &places);
    for issuer in ["ad-gov", "sm-gov", "own-org"] {
        let of_issuer = |written: &&Value| written["advisory"].as_str().is_some_and(|id| id.starts_with(issuer));
        let features: Vec<Value> =
            case["advisories"].as_array().into_iter().flatten().filter(of_issuer).map(revision).collect();
        let mut members = about.clone();
        members["issuer"] = json!(issuer);
        members["coverage"] = case["coverage"].get(issuer).cloned().unwrap_or_else(|| {
            let whole = |country| json!({"country": country, "from": "2019-01-01T00:00:00Z", "verified_at": "2030-01-01T00:00:00Z"});
            if issuer == "own-org" { json!([]) } else { json!([whole("AD"), whole("SM")]) }
        });
        write_collection(&root.join(format!("advisories/{issuer}/all.geojson")), members, &features);
    }
    for (file, text) in case["files"].as_object().into_iter().flatten() {
        let path = root.join(file);
        fs::create_dir_all(path.parent().expect("below the folder")).expect("a temporary folder can be made");
        fs::write(path, text.as_str().expect("a file is text")).expect("a temporary file can be written");
    }
    Live::open(root, cordon::geometry::Limits::default(), "2025-06-01T00:00:00Z".parse().expect("an instant"))
}
