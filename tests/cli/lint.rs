//! `cordon regions lint`: sound folders, and broken ones with the line.

use crate::cordon::{data, run, run_with};

#[test]
fn a_sound_folder_is_listed_file_by_file() {
    let folder = data("sound");
    let run = run(folder.path(), &["regions", "lint", folder.path().to_str().expect("UTF-8")]);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    let rows: Vec<Vec<&str>> = run.out.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(rows[0], ["FILE", "ENTRIES", "ERRORS", "WARNINGS"]);
    assert!(rows.contains(&vec!["places/places.geojson", "3", "0", "0"]), "{}", run.out);
    assert!(run.out.contains("SOUND:"), "{}", run.out);
}

#[test]
fn a_broken_file_is_named_with_its_line_and_reason() {
    let folder = data("broken");
    let broken = include_str!("data/kr-mofa.geojson").replace("\"level\": \"4\"", "\"level\": \"9\"");
    folder.write("advisories/kr-mofa/kh.geojson", &broken);
    let path = folder.path().to_str().expect("UTF-8");
    let lint = run(folder.path(), &["regions", "lint"]);
    assert_eq!(lint.code, 2, "{}", lint.out);
    // the feature with the wrong level stands on line 5
    let place = format!("error {path}/advisories/kr-mofa/kh.geojson:5");
    assert!(lint.out.replace('\n', " ").contains(&place), "{}", lint.out);
    assert!(lint.out.contains('9') && lint.out.contains("BROKEN:"), "{}", lint.out);

    let json = run(folder.path(), &["regions", "lint", "--json"]);
    assert_eq!(json.code, 2);
    let answer: serde_json::Value = serde_json::from_str(&json.out).expect("JSON");
    assert_eq!(answer["sound"], false);
    assert_eq!(answer["problems"][0]["file"], "advisories/kr-mofa/kh.geojson");
    assert_eq!(answer["problems"][0]["line"], 5);
}

#[test]
fn a_place_that_the_operator_wrote_twice_is_named_with_both_lines() {
    let folder = data("twice");
    let table = "code_or_name,country,name,lat,lon,zone,note\nPoipet,KH,Poipet,13.658,102.563,Asia/Phnom_Penh,\npoipet,KH,Poipet,13.7,102.5,Asia/Phnom_Penh,\n";
    folder.write("gazetteer/overrides.csv", table);
    let run = run(folder.path(), &["regions", "lint"]);
    let out = run.out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(out.contains("overrides.csv:3") && out.contains("row left out: `poipet` in KH is also in line 2"), "{out}");
}

#[test]
fn repairs_are_shown_with_what_they_did() {
    let folder = data("repairs");
    let doubled = include_str!("data/places.geojson").replace("[103, 13], ", "[103, 13], [103, 13], ");
    folder.write("places/places.geojson", &doubled);
    let run = run(folder.path(), &["regions", "lint"]);
    assert_eq!(run.code, 0, "{}", run.out);
    assert!(run.out.contains("Repaired while reading"), "{}", run.out);
    assert!(run.out.contains("repeated vert"), "{}", run.out);
}

#[test]
fn limits_are_those_of_the_service() {
    let folder = data("limits");
    let deep = include_str!("data/kr-mofa.geojson")
        .replace(r#""area": {"region": "kh-poipet"}"#, r#""area": {"union": [{"union": [{"region": "kh-poipet"}]}]}"#);
    assert!(deep.contains("union"), "{deep}");
    folder.write("advisories/kr-mofa/kh.geojson", &deep);
    for (name, value, said) in [
        ("CORDON_MAX_VERTICES", "4", "more than 4 vertices"),
        ("CORDON_MAX_FILE_BYTES", "100", "is larger than 100 bytes"),
        ("CORDON_MAX_DEPTH", "2", "area/union/0/union/0: an area nests deeper than 2 levels"),
        ("CORDON_MAX_DEPTH", "none", "setting `max_depth`"),
    ] {
        let lint = run_with(folder.path(), &["regions", "lint"], &[(name, value)], None);
        assert_eq!(lint.code, 2, "{name}: {}{}", lint.out, lint.err);
        let text = (lint.out + &lint.err).split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(text.contains(said), "{said:?} is missing in\n{text}");
    }
    let file = folder.write("cordon.toml", "max_vertices = 4");
    let named = run(folder.path(), &["regions", "lint", "--config", &file]);
    assert_eq!(named.code, 2, "{}{}", named.out, named.err);
    assert_eq!(run(folder.path(), &["regions", "lint"]).code, 0);
}

#[test]
fn a_folder_that_is_not_there_is_an_error() {
    let folder = data("nowhere");
    let nowhere = folder.path().join("nowhere");
    let run = run(folder.path(), &["regions", "lint", nowhere.to_str().expect("UTF-8")]);
    assert_eq!(run.code, 2);
    assert!(run.out.contains("is not a folder"), "{}", run.out);
}
