//! `cordon advisories`, as it is typed.

use std::path::Path;
use std::process::Command;

use serde_json::json;

use crate::instance::{town, write_folder};

struct Run {
    code: i32,
    out: String,
    err: String,
}

fn cordon(folder: &Path, arguments: &[&str]) -> Run {
    let run = Command::new(env!("CARGO_BIN_EXE_cordon"))
        .args(arguments)
        .env_clear()
        .env("CORDON_REGIONS", folder.join("regions"))
        .env("CORDON_DATA_DIR", folder.join("data"))
        .current_dir(folder)
        .output()
        .expect("it runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    Run { code: run.status.code().expect("an exit code"), out: text(run.stdout), err: text(run.stderr) }
}

#[test]
fn an_advisory_is_looked_at_published_revised_listed_and_withdrawn() {
    let folder = tempfile::tempdir().expect("a folder");
    write_folder(&folder.path().join("regions"));
    std::fs::write(folder.path().join("town.geojson"), town("4", json!({})).to_string()).expect("written");
    let run = |arguments: &[&str]| cordon(folder.path(), arguments);

    let looked = run(&["advisories", "publish", "town.geojson", "--dry-run"]);
    assert_eq!(looked.code, 0, "{}", looked.err);
    assert!(
        looked.out.contains("kr-mofa:kh-town@1: level 4") && looked.out.contains("not published"),
        "{}",
        looked.out
    );
    let published = run(&["advisories", "publish", "town.geojson"]);
    assert_eq!(published.code, 0, "{}", published.err);
    assert!(published.out.contains("published at epoch"), "{}", published.out);
    let blind = run(&["advisories", "publish", "town.geojson"]);
    assert_eq!(blind.code, 2);
    assert!(blind.err.contains("name its last revision with --seen"), "{}", blind.err);
    assert_eq!(run(&["advisories", "publish", "town.geojson", "--seen", "1"]).code, 0);
    let listed = run(&["advisories", "list"]);
    assert!(
        listed.out.lines().any(|line| line.starts_with("kr-mofa:kh-town@2") && line.contains("yes")),
        "{}",
        listed.out
    );
    let withdrawn = run(&["advisories", "withdraw", "kr-mofa:kh-town", "--json"]);
    assert_eq!(withdrawn.code, 0, "{}", withdrawn.err);
    let answer: serde_json::Value = serde_json::from_str(&withdrawn.out).expect("JSON");
    assert_eq!((&answer[0]["revision"], &answer[0]["level_before"]), (&json!("kr-mofa:kh-town@3"), &json!("4")));
}

#[test]
fn an_import_that_stopped_is_run_again() {
    let folder = tempfile::tempdir().expect("a folder");
    write_folder(&folder.path().join("regions"));
    let revision = |number: u32, level: &str| town(level, json!({"revision": number}));
    let import = |features: &[serde_json::Value]| {
        let collection = json!({"type": "FeatureCollection", "features": features});
        std::fs::write(folder.path().join("all.geojson"), collection.to_string()).expect("written");
        cordon(folder.path(), &["advisories", "import", "all.geojson"])
    };
    let stopped = import(&[revision(1, "2"), revision(2, "9"), revision(3, "4")]);
    assert_eq!(stopped.code, 2);
    assert!(stopped.err.contains("feature 2") && stopped.err.contains("1 before it were published"), "{}", stopped.err);
    let whole = import(&[revision(1, "2"), revision(2, "3"), revision(3, "4")]);
    assert_eq!(whole.code, 0, "{}", whole.err);
    assert!(whole.out.contains("kr-mofa:kh-town@3") && !whole.out.contains("kr-mofa:kh-town@1"), "{}", whole.out);
    assert!(import(&[revision(1, "2")]).out.contains("nothing was new"));
}
