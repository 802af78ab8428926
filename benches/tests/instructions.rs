//! The instructions a lookup takes, counted by callgrind and compared with `benches/instructions.json`.
//!
//! Instructions do not depend on the clock or on other work on the machine. They do depend on the compiler, the profile, and on how the crate
//! is divided for compiling, which any change of it may alter: that alone moved the counts by up to 11 per cent. So 15 per cent more fail,
//! and 30 where the compiler is not that of the record or the build is incremental.
//! `CORDON_UPDATE=1` writes the record anew. Needs valgrind; `make tools` installs it.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

/// What `hotpath` is asked, and the function that asks it.
const PATHS: [(&str, &str); 3] =
    [("uniform", "hotpath::single"), ("border", "hotpath::single"), ("batched", "hotpath::batched")];
/// How many questions `hotpath` asks.
const QUESTIONS: u64 = 20_000;

/// Instructions a question by path, for each profile and compiler.
type Records = BTreeMap<String, Record>;

#[derive(serde::Serialize, serde::Deserialize)]
struct Record {
    compiler: String,
    instructions: BTreeMap<String, u64>,
}

#[test]
fn a_lookup_takes_no_more_instructions_than_recorded() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("instructions.json");
    let text = std::fs::read_to_string(&file).expect("a record");
    let mut records: Records = serde_json::from_str(&text).expect("a record");
    let (profile, compiler) = (if cfg!(debug_assertions) { "dev" } else { "release" }, compiler());
    let counted: BTreeMap<String, u64> =
        PATHS.iter().map(|(name, function)| ((*name).to_owned(), count(name, function))).collect();
    if std::env::var_os("CORDON_UPDATE").is_some() {
        records.insert(profile.to_owned(), Record { compiler, instructions: counted });
        let text = serde_json::to_string_pretty(&records).expect("serialisable") + "\n";
        std::fs::write(file, text).expect("writable");
        return;
    }
    let record = records.get(profile).unwrap_or_else(|| panic!("no record for {profile}; CORDON_UPDATE=1 makes it"));
    let is_whole = profile == "release" || std::env::var("CARGO_INCREMENTAL").is_ok_and(|said| said == "0");
    let percent = if is_whole && record.compiler == compiler { 15 } else { 30 };
    let mut wrong = Vec::new();
    for (name, instructions) in &counted {
        let recorded = record.instructions[name];
        println!("{name:<10}{instructions:>8} instructions a question, recorded {recorded}");
        if *instructions * 100 > recorded * (100 + percent) {
            wrong.push(format!("{name}: {instructions} instructions a question, recorded {recorded}"));
        } else if *instructions * (100 + percent) < recorded * 100 {
            wrong.push(format!(
                "{name}: {instructions} are fewer than the {recorded} recorded: CORDON_UPDATE=1 keeps what was won"
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn compiler() -> String {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let said = Command::new(rustc).arg("--version").output().expect("rustc runs");
    String::from_utf8_lossy(&said.stdout).trim().to_owned()
}

fn count(name: &str, function: &str) -> u64 {
    let out = tempfile::NamedTempFile::new().expect("a file");
    let run = Command::new("valgrind")
        .arg("--tool=callgrind")
        .arg(format!("--toggle-collect={function}*"))
        .arg(format!("--callgrind-out-file={}", out.path().display()))
        .args([env!("CARGO_BIN_EXE_hotpath"), name])
        .output()
        .expect("valgrind runs; make tools installs it");
    let said = String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success(), "{said}");
    let collected = said.split("Collected :").nth(1).and_then(|rest| rest.split_whitespace().next());
    let collected: u64 = collected.and_then(|n| n.parse().ok()).unwrap_or_else(|| panic!("no count in {said}"));
    assert!(collected > QUESTIONS, "the counted function was not found: {said}");
    collected / QUESTIONS
}
