//! Evidence: signed by us, judged by Python's `cryptography` and `rfc8785`, which share no code with us.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use cordon::flows::evidence::ValidationCase;
use cordon::format::evidence::{PublicKey, SigningKey, Unproven, sha256, verify};
use serde_json::{Value, json};
use tempfile::TempDir;

#[path = "../support/bundled.rs"]
mod bundled;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Runs the program over the bundled data, with a data directory of its own.
fn cordon(data: &TempDir, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cordon"));
    command.args(args).env_clear().env("CORDON_REGIONS", root().join("regions")).env("CORDON_DATA_DIR", data.path());
    command.output().expect("the program runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("UTF-8")
}

/// The bus trip of the README, checked with evidence of it in `folder`.
fn checked(data: &TempDir, folder: &TempDir, lang: &str) -> (PathBuf, PathBuf) {
    let trip = root().join("tests/cases/trips/bangkok-siem-reap-bus.json");
    let files = ["evidence.json", "evidence.html"].map(|name| folder.path().join(name));
    let [json, html] = files.each_ref().map(|file| file.to_str().expect("UTF-8"));
    let trip = trip.to_str().expect("UTF-8");
    let args =
        ["check", trip, "--as-of=2025-10-20T09:00+07:00", "--lang", lang, "--evidence", json, "--evidence", html];
    bundled::furnish(data.path());
    let run = cordon(data, &args);
    assert_eq!(run.status.code(), Some(1), "{}{}", text(&run.stdout), text(&run.stderr));
    let [json, html] = files;
    (json, html)
}

fn folder() -> TempDir {
    TempDir::new().expect("a folder")
}

#[test]
fn a_check_leaves_evidence_that_verifies_here_and_elsewhere() {
    let (data, place) = (folder(), folder());
    let (file, page) = checked(&data, &place, "en");
    let document = std::fs::read(&file).expect("evidence");
    let key_mode = std::fs::metadata(data.path().join("evidence-key.pk8")).expect("a key").permissions().mode();
    assert_eq!(key_mode & 0o777, 0o600, "only its owner reads the key");

    // by the program
    let verified = cordon(&data, &["verify", file.to_str().expect("UTF-8")]);
    assert_eq!(verified.status.code(), Some(0), "{}", text(&verified.stderr));
    assert!(text(&verified.stdout).starts_with("VERIFIED: "), "{}", text(&verified.stdout));

    // by openssl's format, Python's signatures and another canonicalization
    let pem = cordon(&data, &["verify", "--show-key"]);
    let key = place.path().join("key.pem");
    std::fs::write(&key, &pem.stdout).expect("written");
    let python = std::env::var("CORDON_ORACLE_PYTHON")
        .unwrap_or_else(|_| root().join(".cache/venv/bin/python").to_str().expect("UTF-8").to_owned());
    let judge = |file: &Path| {
        let mut command = Command::new(&python);
        command.arg(root().join("tests/evidence/verify.py")).args([file, &key]);
        command.output().expect("Python runs: make tools installs it")
    };
    let judged = judge(&file);
    assert_eq!(text(&judged.stdout), "verified\n", "{}", text(&judged.stderr));
    let forged = place.path().join("forged.json");
    let changed = text(&document).replace("\"verdict\":\"prohibited\"", "\"verdict\":\"permitted!\"");
    std::fs::write(&forged, changed).expect("written");
    assert!(!judge(&forged).status.success());
    let refused = cordon(&data, &["verify", forged.to_str().expect("UTF-8")]);
    assert_eq!(refused.status.code(), Some(1), "{}", text(&refused.stdout));

    // as the README says, word for word
    let readme = std::fs::read_to_string(root().join("README.md")).expect("the README");
    let snippet = readme.split("```python\n").nth(1).and_then(|rest| rest.split("```").next()).expect("a snippet");
    let by_hand = Command::new(&python).args(["-c", snippet]).current_dir(place.path()).output().expect("Python runs");
    assert!(by_hand.status.success(), "{}", text(&by_hand.stderr));

    // another installation did not sign it; one without a key cannot tell, and gets none by being asked
    let other = folder();
    let verify_elsewhere = || cordon(&other, &["verify", file.to_str().expect("UTF-8")]);
    let unknown = verify_elsewhere();
    assert_eq!(unknown.status.code(), Some(2));
    assert!(text(&unknown.stderr).contains("no signing key in"), "{}", text(&unknown.stderr));
    assert_eq!(std::fs::read_dir(other.path()).expect("the folder").count(), 0);
    assert_eq!(cordon(&other, &["verify", "--show-key"]).status.code(), Some(0));
    let stranger = verify_elsewhere();
    assert_eq!(stranger.status.code(), Some(1));
    assert!(text(&stranger.stdout).contains("is not the one asked for"), "{}", text(&stranger.stdout));

    // what it holds
    let evidence: Value = serde_json::from_slice(&document).expect("JSON");
    let said = &evidence["statement"];
    let input = std::fs::read(root().join("tests/cases/trips/bangkok-siem-reap-bus.json")).expect("the trip");
    assert_eq!(said["input"], json!({"sha256": sha256(&input), "bytes": input.len()}));
    assert_eq!(said["answer"]["verdict"], "prohibited");
    let poipet =
        said["revisions"].as_array().expect("revisions").iter().find(|r| r["revision"] == "kr-mofa:kh-poipet@1");
    let poipet = poipet.expect("Poipet");
    assert!(poipet["text"]["ko"].as_str().is_some_and(|text| !text.is_empty()), "the issuer's own words: {poipet}");
    assert!(poipet["source_url"].as_str().is_some_and(|url| url.starts_with("http")), "{poipet}");
    assert_eq!(said["data"]["compared_with_sources"][0]["country"], "KH", "{}", said["data"]);
    let page = std::fs::read_to_string(page).expect("a page");
    assert!(page.contains("PROHIBITED") || page.contains("prohibited"));
    assert!(page.contains(&sha256(&input)) && page.contains("not legal advice") && page.contains("여행금지"));
}

#[test]
fn in_korean_the_page_speaks_korean() {
    let (data, place) = (folder(), folder());
    let (_, page) = checked(&data, &place, "ko");
    let page = std::fs::read_to_string(page).expect("a page");
    assert!(
        page.contains("<html lang=\"ko\">") && page.contains("발령기관의 문구") && page.contains("법률 자문이 아니며")
    );
}

fn signed() -> (Vec<u8>, PublicKey) {
    let key = SigningKey::from_pkcs8(&SigningKey::generate().expect("a key")).expect("the key");
    let statement = json!({"answer": {"verdict": "prohibited", "metres": 24_300.5, "small": 1e-7, "name": "포이펫 ប៉ោយប៉ែត"}, "null": null});
    (key.sign(statement).expect("signed"), key.public())
}

#[test]
fn evidence_of_a_booking_file_quotes_every_revision_its_results_name() {
    let now = "2025-11-01T00:00:00Z".parse().expect("an instant");
    let snapshot = bundled::open(now).snapshot();
    let results = vec![
        json!({"ref": "A", "verdict": "prohibited", "findings": [{"revision": "kr-mofa:kh-poipet@1"}], "indeterminate": []}),
        json!({"ref": "B", "verdict": "indeterminate", "findings": [], "indeterminate": [{"revisions": ["kr-mofa:kh-bavet@1"]}]}),
    ];
    let (policy, tally) = (json!({"block": "prohibited"}), json!({"bookings": 5, "prohibited": 1, "indeterminate": 4}));
    let case = ValidationCase {
        snapshot: &snapshot,
        id: "v1",
        input_sha256: &sha256(b"a file"),
        as_of: now,
        epoch: Some(1),
        policy,
        tally,
        bookings: 5,
        from: 0,
        results,
        lang: "en",
        made_at: now,
    };
    let statement = case.statement();
    let quoted: Vec<&Value> =
        statement["revisions"].as_array().expect("revisions").iter().map(|r| &r["revision"]).collect();
    assert_eq!(quoted, ["kr-mofa:kh-bavet@1", "kr-mofa:kh-poipet@1"]);
    assert_eq!(statement["answer"]["part"], json!({"from": 0, "bookings": 2, "of": 5}));
    let key = SigningKey::from_pkcs8(&SigningKey::generate().expect("a key")).expect("the key");
    let (data, place) = (folder(), folder());
    let files = ["evidence.json", "key.pem"].map(|name| place.path().join(name));
    std::fs::write(&files[0], key.sign(statement).expect("signed")).expect("written");
    std::fs::write(&files[1], key.public().pem()).expect("written");
    let [file, pem] = files.each_ref().map(|file| file.to_str().expect("UTF-8"));
    let verified = text(&cordon(&data, &["verify", file, "--key", pem]).stdout);
    let told = "  verdict   2 of the 5 bookings of a file, which ended 1 prohibited, 4 indeterminate\n";
    assert!(verified.starts_with("VERIFIED: ") && verified.contains(told), "{verified}");
}

#[test]
fn no_changed_byte_verifies() {
    let (document, key) = signed();
    verify(&document, Some(&key)).expect("it verifies");
    for at in 0..document.len() {
        for change in [1, 2, 0x20, 0x80] {
            let mut changed = document.clone();
            changed[at] ^= change;
            assert!(verify(&changed, None).is_err(), "byte {at} xor {change}");
        }
        let mut shorter = document.clone();
        shorter.remove(at);
        assert!(verify(&shorter, None).is_err(), "without byte {at}");
        let mut longer = document.clone();
        longer.insert(at, b' ');
        assert!(verify(&longer, None).is_err(), "a space before byte {at}");
    }
}

#[test]
fn a_key_is_checked_before_it_is_believed() {
    let ((document, _), (_, other)) = (signed(), signed());
    assert!(matches!(verify(&document, Some(&other)), Err(Unproven::Stranger(_))));
    let mut evidence: Value = serde_json::from_slice(&document).expect("JSON");
    evidence["signature"]["key_id"] = json!(other.id());
    let swapped = serde_json_canonicalizer::to_vec(&evidence).expect("canonical");
    assert_eq!(verify(&swapped, None).expect_err("refused"), Unproven::OtherKey);
}

#[test]
fn keys_survive_their_written_form() {
    let (_, key) = signed();
    assert_eq!(PublicKey::from_pem(&key.pem()), Ok(key));
    for wrong in ["", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", "-----BEGIN PRIVATE KEY-----"] {
        assert!(PublicKey::from_pem(wrong).is_err(), "{wrong}");
    }
}
