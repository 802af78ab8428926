//! The rules of the house, enforced: who may import whom, what a file begins with, how long it gets, which paths documents name.
//!
//! The rules are read off the text, line by line; comments do not count. A failure names the file, the line and the way out.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Modules of `src/`, and those each may name with `crate::`. The arrows of the house point left only:
///
/// geometry ← model ← { matching, store, feed, channel, route, format } ← live ← flows ← { http, cli } ← app ← main
///
/// clock, config, error and telemetry are leaves: they know only plain values, and flows and edges may use them.
const HOUSE: &[(&str, &[&str])] = &[
    ("geometry", &[]),
    ("model", &["geometry"]),
    ("matching", &["geometry", "model"]),
    ("store", &["geometry", "model", LEAVES]),
    ("feed", &["geometry", "model", LEAVES]),
    ("channel", &["geometry", "model", LEAVES]),
    ("route", &["geometry", "model", LEAVES]),
    ("format", &["geometry", "model", LEAVES]),
    ("live", &["geometry", "model", INNER, LEAVES]),
    ("flows", &["geometry", "model", INNER, "live", LEAVES]),
    ("http", &["geometry", "model", INNER, "live", "flows", LEAVES]),
    ("cli", &["geometry", "model", INNER, "live", "flows", LEAVES]),
    ("app", &["geometry", "model", INNER, "live", "flows", "http", "cli", LEAVES]),
    ("main", &["geometry", "model", INNER, "live", "flows", "http", "cli", "app", LEAVES]),
    ("clock", &["model"]),
    ("config", &["model"]),
    ("error", &["model"]),
    ("telemetry", &["model", "config"]),
];
/// Stands for the four leaves.
const LEAVES: &str = "(leaves)";
/// Stands for the modules between the model and `live`.
const INNER: &str = "(inner)";

/// Imports among the inner modules, each with its reason.
const BESIDES: &[(&str, &str, &str)] = &[
    ("feed", "matching", "what a folder holds is handed over as the `FenceSet` an index is built from"),
    ("feed", "format", "a revision in a file is read as one that is published"),
    ("config", "channel", "what messages may be sent to is a setting"),
    ("config", "geometry", "what a geometry may cost is a setting"),
    ("telemetry", "live", "the meter shows the snapshot that answers"),
];

/// Crates that only one module may name, so that the rest of the house does not depend on them.
const HOMES: &[(&str, &[&str])] = &[
    ("geometry", &["geo", "geojson", "rstar"]),
    ("http", &["axum", "axum_extra", "utoipa_axum", "utoipa_swagger_ui"]),
    ("store", &["sqlx"]),
];

/// The only place that chooses the status of an answer, and the modules that read the statuses of others' answers.
const STATUS_HOME: &str = "src/http/problem.rs";
const STATUS_READERS: &[&str] = &["channel", "feed", "route"];
/// Files that answer with a status which is no judgement of the request, each with its reason.
const STATUS_PLAIN: &[(&str, &str)] = &[
    ("src/http/cache.rs", "a conditional read is answered with 304 or 200 (RFC 9110 section 13)"),
    ("src/http/routes.rs", "OPTIONS is answered with nothing but its header"),
];

const MAX_LINES: usize = 500;
/// Files that are longer, each with its reason.
const LONG: &[(&str, &str)] = &[];

/// Documents whose paths must exist; those of a document in a folder may be relative to the folder.
const DOCUMENTS: &[&str] = &["README.md", "CHANGELOG.md", "regions/README.md", "src/lib.rs"];
/// Names in documents that stand for a file of the reader's own.
const READERS_OWN: &[&str] = &[
    "target/release/cordon",
    "regions/advisories/local/warehouse.geojson",
    "rev.json",
    "trip.json",
    "trip.html",
    "bookings.csv",
    "cordon.toml",
    "my-area.geojson",
    "out.html",
    "map.html",
];
/// Endings that make a word a file name.
const ENDINGS: &[&str] = &["rs", "md", "toml", "json", "geojson", "csv", "tsv", "gz", "sh", "py", "lock", "html"];

#[test]
fn files_begin_with_what_they_are_for() {
    let silent = |file: &&PathBuf| !read(file).starts_with("//! ");
    refuse(
        "begin the file with a `//!` line that says what it is for",
        rust_files(&["src", "tests", "benches"]).iter().filter(silent).map(|file| name(file)),
    );
}

#[test]
fn imports_point_left() {
    let mut wrong = Vec::new();
    for file in rust_files(&["src"]) {
        let Some(from) = module(&file) else { continue };
        let Some((_, listed)) = HOUSE.iter().find(|(m, _)| *m == from) else {
            wrong.push(format!(
                "{}: module `{from}` has no place in the house; give it one in tests/tidy.rs",
                name(&file)
            ));
            continue;
        };
        for (line, to) in crate_paths(&file) {
            let known = HOUSE.iter().any(|(m, _)| *m == to);
            let beside = BESIDES.iter().any(|(f, t, _)| *f == from && *t == to);
            if known && to != from && !beside && !listed.iter().any(|l| stands_for(l, &to)) {
                wrong.push(format!("{}:{line}: `{from}` may not use `{to}`", name(&file)));
            }
        }
    }
    refuse("imports point left only (design: geometry ← model ← … ← main); move the code, or pass the value in", wrong);
}

#[test]
fn crates_are_named_in_their_one_home() {
    let mut wrong = Vec::new();
    for file in rust_files(&["src"]) {
        for (home, crates) in HOMES.iter().filter(|(home, _)| module(&file).as_deref() != Some(home)) {
            for (line, text) in code_lines(&file) {
                if let Some(found) = crates.iter().find(|c| names_crate(&text, c)) {
                    wrong.push(format!("{}:{line}: `{found}` is named outside src/{home}", name(&file)));
                }
            }
        }
    }
    refuse("give the home a function or a type of ours for it", wrong);
}

#[test]
fn one_file_chooses_status_codes() {
    let mut wrong = Vec::new();
    for file in rust_files(&["src"]) {
        let reader = module(&file).is_some_and(|m| STATUS_READERS.contains(&m.as_str()));
        let plain = STATUS_PLAIN.iter().any(|(f, _)| *f == name(&file));
        if name(&file) == STATUS_HOME || reader || plain {
            continue;
        }
        for (line, text) in code_lines(&file) {
            if text.contains("StatusCode::") {
                wrong.push(format!("{}:{line}: {}", name(&file), text.trim()));
            }
        }
    }
    refuse("status codes are chosen in src/http/problem.rs only", wrong);
}

#[test]
fn only_the_command_line_prints() {
    let mut wrong = Vec::new();
    for file in rust_files(&["src", "tests", "benches"]) {
        let product = name(&file).starts_with("src/");
        let printer = matches!(module(&file).as_deref(), Some("cli" | "main"));
        for (line, text) in code_lines(&file) {
            let prints = ["println!", "print!", "eprintln!", "eprint!"].iter().any(|m| has_word(&text, m));
            if has_word(&text, "dbg!") && !text.contains("\"dbg!\"") || (product && !printer && prints) {
                wrong.push(format!("{}:{line}: {}", name(&file), text.trim()));
            }
        }
    }
    refuse("return the text to the command line, or use tracing", wrong);
}

#[test]
fn files_stay_short() {
    let mut wrong = Vec::new();
    for file in rust_files(&["src", "tests", "benches"]) {
        let lines = read(&file).lines().count();
        let allowed = LONG.iter().any(|(long, _)| *long == name(&file));
        if lines > MAX_LINES && !allowed {
            wrong.push(format!("{}: {lines} lines; look for a second behaviour in it", name(&file)));
        } else if lines <= MAX_LINES && allowed {
            wrong.push(format!("{}: is short again; take it off the list in tests/tidy.rs", name(&file)));
        }
    }
    for (long, _) in LONG.iter().filter(|(long, _)| !root().join(long).is_file()) {
        wrong.push(format!("{long}: is on the list in tests/tidy.rs and does not exist"));
    }
    refuse("a file over 500 lines is on the list in tests/tidy.rs with its reason", wrong);
}

#[test]
fn paths_in_documents_exist() {
    let mut wrong = Vec::new();
    for document in DOCUMENTS {
        let file = root().join(document);
        if !file.is_file() {
            wrong.push(format!("{document}: is missing"));
            continue;
        }
        let folder = file.parent().map_or_else(root, Path::to_owned);
        for (line, path) in named_paths(document, &read(&file), &folder) {
            // in a document of a folder a bare name may mean a file anywhere below the folder
            let below = folder != root() && !path.contains('/') && has_file_named(&folder, &path);
            if !root().join(&path).exists() && !folder.join(&path).exists() && !below {
                wrong.push(format!("{document}:{line}: `{path}` does not exist"));
            }
        }
    }
    refuse("correct the document, or list a file of the reader's own in tests/tidy.rs", wrong);
}

// -- reading the tree

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(file: &Path) -> String {
    fs::read_to_string(file).unwrap_or_else(|e| panic!("{}: {e}", file.display()))
}

/// The path below the repository, with `/` between its parts.
fn name(file: &Path) -> String {
    let below = file.strip_prefix(root()).unwrap_or(file);
    below.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/")
}

fn rust_files(folders: &[&str]) -> Vec<PathBuf> {
    let mut files = BTreeSet::new();
    let mut open: Vec<PathBuf> = folders.iter().map(|folder| root().join(folder)).collect();
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                files.insert(path);
            }
        }
    }
    files.into_iter().collect()
}

fn has_file_named(folder: &Path, wanted: &str) -> bool {
    fs::read_dir(folder).into_iter().flatten().flatten().any(|entry| {
        let path = entry.path();
        entry.file_name() == wanted || (path.is_dir() && has_file_named(&path, wanted))
    })
}

/// The top-level module a file of `src/` belongs to; none for `lib.rs`, which names them all.
fn module(file: &Path) -> Option<String> {
    let below = name(file);
    let first = below.strip_prefix("src/")?.split('/').next()?.trim_end_matches(".rs").to_owned();
    (first != "lib").then_some(first)
}

/// The lines of code with their numbers: whole-line comments are left out, trailing ones cut.
fn code_lines(file: &Path) -> Vec<(usize, String)> {
    let cut = |line: &str| line.find(" // ").map_or(line, |at| &line[..at]).to_owned();
    let text = read(file);
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//"));
    lines.map(|(i, line)| (i + 1, cut(line))).collect()
}

/// The top-level modules a file names, as `crate::x`, `crate::{x, y}` or by as many `super::` as lead to the crate.
fn crate_paths(file: &Path) -> Vec<(usize, String)> {
    let below = name(file);
    let parts =
        below.trim_start_matches("src/").trim_end_matches(".rs").split('/').filter(|part| *part != "mod").count();
    let up = "super::".repeat(parts);
    let mut found = Vec::new();
    let mut text = String::new();
    let mut starts = Vec::new();
    for (number, line) in code_lines(file) {
        starts.push((text.len(), number));
        text.push_str(&line);
        text.push('\n');
    }
    let line_at = |at: usize| starts.iter().rev().find(|(start, _)| *start <= at).map_or(0, |(_, number)| *number);
    for prefix in ["crate::", "cordon::", up.as_str()] {
        for (at, _) in text.match_indices(prefix) {
            let before = text[..at].chars().next_back();
            if before.is_some_and(|c| c == ':' || c == '_' || c.is_alphanumeric()) {
                continue;
            }
            let rest = &text[at + prefix.len()..];
            let firsts = if let Some(group) = rest.strip_prefix('{') { group_firsts(group) } else { vec![word(rest)] };
            found.extend(firsts.into_iter().filter(|first| !first.is_empty()).map(|first| (line_at(at), first)));
        }
    }
    found
}

/// The first word of each member of a `{…}` group whose opening brace is already read.
fn group_firsts(group: &str) -> Vec<String> {
    let (mut depth, mut member, mut firsts) = (0, String::new(), Vec::new());
    for c in group.chars() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => firsts.push(word(std::mem::take(&mut member).trim())),
            _ if depth == 0 => member.push(c),
            _ => {}
        }
    }
    firsts.push(word(member.trim()));
    firsts
}

fn word(text: &str) -> String {
    text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

fn stands_for(listed: &str, module: &str) -> bool {
    match listed {
        LEAVES => ["clock", "config", "error", "telemetry"].contains(&module),
        INNER => ["matching", "store", "feed", "channel", "route", "format"].contains(&module),
        _ => listed == module,
    }
}

/// Whether the line names the crate: `geo::…`, `::geo::…` or `use geo as …`, and not our own `geometry::geojson`.
fn names_crate(line: &str, krate: &str) -> bool {
    let aliased = line.trim_start().strip_prefix("use ").is_some_and(|rest| {
        let rest = rest.trim_start_matches("::");
        word(rest) == krate && [";", " as "].iter().any(|end| rest[krate.len()..].starts_with(end))
    });
    let path = format!("{krate}::");
    aliased
        || line.match_indices(&path).any(|(at, _)| {
            let before = line[..at].trim_end_matches("::");
            let follows_path =
                before.len() < at && before.ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '>');
            let inside_word = before.len() == at && before.ends_with(|c: char| c.is_alphanumeric() || c == '_');
            !follows_path && !inside_word
        })
}

fn has_word(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| !line[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '"'))
}

/// The paths a document names in backticks and as link targets, outside fenced blocks.
///
/// A word is a path when it ends in `/` or like a file, or when its first part is something that exists; of a pattern
/// (`places/**/*.geojson`) the part before the first wild one must exist.
fn named_paths(document: &str, text: &str, folder: &Path) -> Vec<(usize, String)> {
    let mut paths = Vec::new();
    let mut fenced = false;
    for (i, line) in text.lines().enumerate() {
        let line = match (Path::new(document).extension().is_some_and(|e| e == "rs"), line.strip_prefix("//!")) {
            (true, Some(doc)) => doc,
            (true, None) => continue,
            (false, _) => line,
        };
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        }
        if fenced {
            continue;
        }
        let quoted = line.split('`').skip(1).step_by(2);
        let linked = line.split("](").skip(1).filter_map(|rest| rest.split([')', '#']).next());
        for word in quoted.chain(linked) {
            if let Some(path) = as_path(word, folder) {
                paths.push((i + 1, path));
            }
        }
    }
    paths
}

fn as_path(word: &str, folder: &Path) -> Option<String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-/*[]<>".contains(c);
    if word.is_empty() || word.starts_with('/') || !word.chars().all(plain) || READERS_OWN.contains(&word) {
        return None;
    }
    let fixed: Vec<&str> = word.split('/').take_while(|part| !part.contains(['*', '[', '<'])).collect();
    let first = *fixed.first()?;
    let known = word.contains('/') && (root().join(first).exists() || folder.join(first).exists()) && !first.is_empty();
    let file_like = word.rsplit_once('.').is_some_and(|(stem, ending)| !stem.is_empty() && ENDINGS.contains(&ending));
    (known || file_like || word.ends_with('/')).then(|| fixed.join("/"))
}

fn refuse(way_out: &str, wrong: impl IntoIterator<Item = String>) {
    let wrong: Vec<String> = wrong.into_iter().collect();
    assert!(wrong.is_empty(), "\n{}\n=> {way_out}\n", wrong.join("\n"));
}
