//! The image and the rest of the project say the same: paths, program, build command, compiler, settings, port.
//!
//! No container engine is needed; the Dockerfile is read as text. What its steps would do wrong for want of a file shows here.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
}

fn manifest() -> toml::Table {
    read("Cargo.toml").parse().expect("Cargo.toml is TOML")
}

/// The instructions with their arguments, comments dropped and continued lines joined.
fn instructions() -> Vec<(String, String)> {
    let text: Vec<String> =
        read("Dockerfile").lines().filter(|line| !line.starts_with('#')).map(|l| l.trim().to_owned()).collect();
    let joined = text.join("\n").replace("\\\n", " ");
    let split = |line: &str| line.split_once(' ').map(|(word, rest)| (word.to_owned(), rest.trim().to_owned()));
    joined.lines().filter_map(split).collect()
}

fn arguments(instruction: &str) -> Vec<String> {
    instructions().into_iter().filter(|(word, _)| word == instruction).map(|(_, rest)| rest).collect()
}

/// What is copied out of the repository.
fn copied() -> BTreeSet<String> {
    let lines = arguments("COPY").into_iter().filter(|rest| !rest.starts_with("--from"));
    lines
        .flat_map(|rest| {
            let words: Vec<String> = rest.split_whitespace().map(str::to_owned).collect();
            words[..words.len() - 1].to_vec()
        })
        .collect()
}

#[test]
fn every_copied_path_exists_and_is_sent() {
    let ignore = read(".dockerignore");
    let sent: BTreeSet<&str> = ignore.lines().filter_map(|line| line.strip_prefix('!')).collect();
    assert!(ignore.lines().any(|line| line == "*"), ".dockerignore: send nothing but what is named");
    for path in copied() {
        assert!(root().join(&path).exists(), "Dockerfile: COPY {path}: no such path");
        assert!(sent.contains(path.as_str()), "Dockerfile: COPY {path}: .dockerignore does not let it through");
    }
    for path in sent {
        assert!(copied().contains(path), ".dockerignore: {path} is sent, and the Dockerfile does not copy it");
    }
}

/// Cargo refuses a workspace with a missing member, and the compiler a missing included file.
#[test]
fn everything_the_build_reads_is_copied() {
    let manifest = manifest();
    let members = manifest.get("workspace").and_then(|w| w.get("members")).and_then(toml::Value::as_array);
    for member in members.into_iter().flatten().filter_map(toml::Value::as_str).filter(|member| *member != ".") {
        assert!(copied().contains(member), "Dockerfile: workspace member {member} is not copied before cargo build");
    }
    if let Some(script) = manifest["package"].get("build").and_then(toml::Value::as_str) {
        assert!(copied().contains(script), "Dockerfile: the build script {script} is not copied");
    }
    assert!(!root().join("build.rs").exists() || copied().contains("build.rs"), "Dockerfile: build.rs is not copied");
    let mut open = vec![root().join("src")];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).expect("src can be listed").flatten() {
            let path = entry.path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                included(&path);
            }
        }
    }
}

/// Every `include_str!` and `include_bytes!` of the file lies in a folder that is copied before the build.
fn included(file: &Path) {
    let text = fs::read_to_string(file).expect("a source file is text");
    for call in ["include_str!(\"", "include_bytes!(\""] {
        for (at, _) in text.match_indices(call) {
            let rest = &text[at + call.len()..];
            let target = file.with_file_name(&rest[..rest.find('"').unwrap_or(0)]);
            let Ok(target) = target.canonicalize() else { continue };
            let below =
                target.strip_prefix(root().canonicalize().expect("the repository is there")).expect("inside it");
            let top = below.iter().next().expect("a path").to_string_lossy().into_owned();
            let build_step = before_second_stage();
            assert!(
                build_step.contains(&top),
                "Dockerfile: {} includes {top}/…, not copied before cargo build",
                file.display()
            );
        }
    }
}

/// Paths copied into the first stage.
fn before_second_stage() -> BTreeSet<String> {
    let mut stages = 0;
    let mut paths = BTreeSet::new();
    for (word, rest) in instructions() {
        stages += usize::from(word == "FROM");
        if stages == 1 && word == "COPY" {
            paths.extend(rest.split_whitespace().map(str::to_owned));
        }
    }
    paths
}

#[test]
fn the_program_is_built_as_make_builds_it() {
    let manifest = manifest();
    let program = manifest["package"]["default-run"].as_str().expect("Cargo.toml names its default program");
    let build = format!("cargo build --release --locked --bin {program}");
    assert!(arguments("RUN").contains(&build), "Dockerfile: no `RUN {build}`");
    assert!(read("Makefile").lines().any(|line| line.trim() == build), "Makefile: no `{build}`");
    let out = format!("/target/release/{program}");
    let taken =
        arguments("COPY").into_iter().find(|rest| rest.starts_with("--from=build")).expect("the program is copied");
    assert!(
        taken.split_whitespace().nth(1).is_some_and(|path| path.ends_with(&out)),
        "Dockerfile: {taken} is not …{out}"
    );
    assert_eq!(arguments("ENTRYPOINT"), [format!("[\"{program}\"]")]);
    assert_eq!(arguments("CMD"), ["[\"serve\"]"]);
}

#[test]
fn the_compiler_is_the_one_cargo_asks_for() {
    let manifest = manifest();
    let wanted = manifest["package"]["rust-version"].as_str().expect("Cargo.toml names its compiler");
    let from = &arguments("FROM")[0];
    assert!(from.starts_with(&format!("rust:{wanted}-")), "Dockerfile: FROM {from}, but Cargo.toml asks for {wanted}");
}

#[test]
fn settings_exist_and_ports_agree() {
    let config = read("src/config.rs");
    let env = arguments("ENV").join(" ");
    let settings: Vec<(&str, &str)> = env.split_whitespace().filter_map(|pair| pair.split_once('=')).collect();
    for (name, _) in &settings {
        assert!(config.contains(&format!("\"{name}\"")), "Dockerfile: src/config.rs has no setting {name}");
    }
    let value = |name: &str| settings.iter().find(|(n, _)| *n == name).unwrap_or_else(|| panic!("no {name}")).1;
    let port = value("CORDON_LISTEN").rsplit(':').next().expect("a port");
    assert_eq!(arguments("EXPOSE"), [port]);
    assert!(arguments("HEALTHCHECK")[0].contains(&format!("/127.0.0.1/{port} ")), "HEALTHCHECK asks another port");
    assert_eq!(arguments("VOLUME"), [value("CORDON_DATA_DIR")]);
    let regions = arguments("COPY").into_iter().find(|rest| rest.starts_with("regions ")).expect("regions are copied");
    assert!(regions.ends_with(value("CORDON_REGIONS")), "Dockerfile: {regions} is not CORDON_REGIONS");
}

#[test]
fn it_does_not_run_as_root() {
    let stage: Vec<(String, String)> = instructions();
    let user = stage.iter().rposition(|(word, _)| word == "USER").expect("a USER");
    let last_run = stage.iter().rposition(|(word, _)| word == "RUN").expect("a RUN");
    assert!(user > last_run && stage[user].1 != "root" && stage[user].1 != "0");
}
