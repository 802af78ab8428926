//! The real data: the Korean timeline for Cambodia, other governments beside it, and the named points of the facts file.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use cordon::feed::folder::Gravity;
use cordon::flows::check_location::{LocationAnswer, check_location};
use cordon::format::{json, location::LocationRequest};
use cordon::geometry::Position;
use cordon::live::Snapshot;
use cordon::matching::FenceIndex;
use cordon::model::gazetteer::NotFound;
use cordon::model::{CountryCode, PlaceQuery, RegionCode};
use serde_json::{Value, json};

use crate::bundled;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The bundled data, read once for all tests of this process.
fn bundled() -> Arc<Snapshot> {
    static SNAPSHOT: OnceLock<Arc<Snapshot>> = OnceLock::new();
    let open = || bundled::open(now()).snapshot();
    Arc::clone(SNAPSHOT.get_or_init(open))
}

fn now() -> jiff::Timestamp {
    "2026-08-22T12:00:00Z".parse().expect("an instant")
}

fn check(request: &Value) -> LocationAnswer {
    let request: LocationRequest = json::read(request.to_string().as_bytes()).expect("the case's request is sound");
    let query = request.query(now()).expect("the case's request is sound");
    check_location(&bundled(), FenceIndex::DEFAULT_MAX_AGE, &query).expect("the case's issuers exist")
}

fn cases(file: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(root().join("tests/cases").join(file)).expect("the cases are there");
    let document: Value = serde_json::from_str(&text).expect("the cases are JSON");
    document["cases"].as_array().expect("there are cases").clone()
}

#[test]
fn the_bundled_folder_is_sound() {
    let problems: Vec<_> = bundled().report.problems.iter().filter(|p| p.gravity == Gravity::Error).cloned().collect();
    assert!(problems.is_empty(), "{problems:#?}");
}

#[test]
fn a_korean_gets_the_level_of_the_timeline_in_every_notation_of_the_instant() {
    let mut wrong = Vec::new();
    let cases = cases("timeline-kr-cambodia.json");
    for case in &cases {
        for at in case["at"].as_array().expect("notations of one instant") {
            let answer = check(&json!({"position": {"lat": case["lat"], "lon": case["lon"]}, "at": at,
                "traveller": {"nationalities": ["KR"]}}));
            let line = answer.issuers.iter().find(|l| l.issuer.as_str() == "kr-mofa").expect("a Korean hears kr-mofa");
            let level = line.level.as_ref().map(|level| level.code.as_str());
            let governing = line.governing.as_ref().map(|revision| revision.advisory.as_str());
            if level != case["level"].as_str() || governing != case["governing"].as_str() {
                wrong.push(format!(
                    "{} at {at}: expected {} by {}, found {level:?} by {governing:?}: {}",
                    case["place"], case["level"], case["governing"], case["why"]
                ));
            }
        }
    }
    assert!(cases.len() >= 12 * 8 * 2, "the timeline has places times changes times two cases, found {}", cases.len());
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn eleven_governments_differ_by_the_distance_from_the_border() {
    let mut wrong = Vec::new();
    for case in cases("issuers-cambodia-2026-08-22.json") {
        let answer = check(&json!({"position": {"lat": case["lat"], "lon": case["lon"]}, "at": "2026-08-22T00:00:00Z",
            "issuers": [case["issuer"]]}));
        let line =
            answer.issuers.iter().find(|l| l.issuer.as_str() == case["issuer"]).expect("the issuer is consulted");
        let level = line.level.as_ref().map(|level| level.code.as_str());
        if level != case["level"].as_str() {
            wrong.push(format!("{case}: found {level:?}"));
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

/// A row of a CSV of facts, by column.
fn rows(file: &str) -> Vec<std::collections::HashMap<String, String>> {
    let mut reader = csv::Reader::from_path(root().join("tests/cases").join(file)).expect("the facts are there");
    reader.deserialize().map(|row| row.expect("a row of facts")).collect()
}

fn margin_m(code: &str, lat: f64, lon: f64) -> f64 {
    let snapshot = bundled();
    let region = snapshot.regions.get(&RegionCode::parse(code).expect("a code")).expect("the region is bundled");
    let shape = region.shape().expect("an area");
    let index = snapshot.index.shapes();
    let (id, _) = index.shapes().find(|(_, s)| Arc::ptr_eq(s, shape)).expect("an advisory covers the region");
    index.margin(id, Position::new(lat, lon).expect("a position")).signed_m
}

#[test]
fn named_points_lie_as_far_from_the_outlines_as_the_facts_say() {
    let mut wrong = Vec::new();
    let rows = rows("khm-test-points.csv");
    for row in &rows {
        let number = |name: &str| row[name].parse::<f64>().expect("a number");
        for region in ["kh-poipet", "kh-bavet", "kh-bokor-mountain"] {
            // the facts count inside as positive; they were measured, in a map projection, on finer outlines than the bundled
            // ones, which stay within their stated 500 m of them
            let fact = -number(&format!("m_{region}"));
            let found = margin_m(region, number("lat"), number("lon"));
            if (found < 0.0) != (fact < 0.0) || (found - fact).abs() > 500.0 + fact.abs() * 0.002 {
                wrong.push(format!("{} from {region}: {found:.1}, the facts say {fact}", row["name"]));
            }
        }
    }
    assert!(rows.len() >= 40, "found {} named points", rows.len());
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn nine_hundred_points_on_which_all_sources_agree_come_out_right() {
    let rows = rows("khm-consensus-points.csv");
    let wrong: Vec<_> = rows
        .iter()
        .filter(|row| {
            let number = |name: &str| row[name].parse::<f64>().expect("a number");
            (margin_m(&row["region"], number("lat"), number("lon")) <= 0.0) != (row["inside"] == "1")
        })
        .collect();
    assert_eq!(rows.len(), 900);
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn places_are_found_by_code_and_name_or_honestly_not() {
    let snapshot = bundled();
    let country = |code: &str| CountryCode::parse(code).expect("a country");
    let code = |code: &str, country: Option<CountryCode>| {
        snapshot.gazetteer.find(&PlaceQuery::Code { code: code.to_owned(), country })
    };
    let name = |name: &str, in_country: &str| {
        snapshot.gazetteer.find(&PlaceQuery::Name { name: name.to_owned(), country: country(in_country) })
    };
    // Phnom Penh's Techo airport, in use since September 2025; older tables give the code to a place in Kratie
    let techo = code("KTI", None).expect("Techo airport is known");
    let fact = Position::new(11.362_917, 104.916_611).expect("a position");
    assert!(techo.position.distance_m(fact) < 5_000.0, "{techo:?}");
    assert_eq!(techo.zone.iana_name(), Some("Asia/Phnom_Penh"));
    assert!(code("VTBS", None).is_ok(), "ICAO codes are known too");
    assert!(matches!(code("KTI", Some(country("TH"))), Err(NotFound::OtherCountry { .. })));
    assert!(matches!(code("QQQ", None), Err(NotFound::UnknownCode(_))));
    let town = Position::new(13.658_05, 102.563_65).expect("a position");
    for written in ["Poipet", "poipet", "POI PET", "\u{d3ec}\u{c774}\u{d3ab}"] {
        let found = name(written, "KH").unwrap_or_else(|e| panic!("{written}: {e}"));
        assert!(found.position.distance_m(town) < 5_000.0, "{written}: {found:?}");
    }
    let Err(NotFound::Ambiguous { candidates, .. }) = name("Springfield", "US") else {
        panic!("there are many Springfields");
    };
    assert!(candidates.len() > 2, "{candidates:?}");
    assert!(matches!(name("Nowhere at all", "KH"), Err(NotFound::UnknownName { .. })));
}
