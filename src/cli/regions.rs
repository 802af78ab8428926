//! `cordon regions lint`: is a data folder sound?

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::colour::Style;
use super::page::Page;
use super::table::{Cell, Table};
use super::{Exit, finish, progress};
use crate::config::{SettingArgs, Settings};
use crate::feed::folder::{self, Gravity, Problem, Repaired, Report};
use crate::model::Verdict;

const LINT_HELP: &str = "\
Examples:
  cordon regions lint                 the folder in use
  cordon regions lint my-regions      another one
  cordon regions lint --json | jq '.problems'

What is checked: the form of each file, geometry and what had to be repaired in it, codes of regions, issuers and levels that
do not exist, revisions of one advisory whose periods overlap, missing sources. A file with an error is refused whole when the
folder is loaded, while the rest still serves. The format is described in regions/README.md.

Exit codes:
  0  nothing is wrong, or only warnings          2  at least one error";

/// Commands about the data folder.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Check a data folder and say what is wrong, where
    #[command(after_help = LINT_HELP)]
    Lint(LintArgs),
}

// these comments are help texts, where backticks would be shown
#[allow(clippy::doc_markdown)]
#[derive(Debug, clap::Args)]
pub(super) struct LintArgs {
    /// The folder to check [env: CORDON_REGIONS] [default: ./regions]
    #[arg(value_name = "FOLDER")]
    folder: Option<String>,

    /// A TOML file with settings: the limits are those of the service [env: CORDON_CONFIG]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,

    /// Print JSON for programs
    #[arg(long)]
    json: bool,
}

/// Runs a command about the data folder.
pub(super) fn run(command: &Command) -> Exit {
    match command {
        Command::Lint(args) => lint(args),
    }
}

/// One row of the table.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
struct Row {
    file: String,
    entries: usize,
    errors: usize,
    warnings: usize,
}

#[derive(Serialize)]
struct Answer<'a> {
    sound: bool,
    files: Vec<Row>,
    problems: &'a [Problem],
    repaired: &'a [Repaired],
}

fn lint(args: &LintArgs) -> Exit {
    let given = SettingArgs { regions: args.folder.clone(), config: args.config.clone(), ..SettingArgs::default() };
    let settings = match Settings::resolve(&given) {
        Ok(settings) => settings,
        Err(e) => return super::complain(&e.to_string()),
    };
    let what = format!("checking {}", settings.regions.display());
    let report = progress::during(&what, || folder::read(&settings.regions, &settings.geometry_limits()).report);
    let exit = if report.has_errors() { Exit::BadInput } else { Exit::Clear };
    let rows = rows(&report);
    if args.json {
        let answer =
            Answer { sound: !report.has_errors(), files: rows, problems: &report.problems, repaired: &report.repaired };
        return match serde_json::to_string_pretty(&answer) {
            Ok(text) => finish(&(text + "\n"), exit),
            Err(e) => super::complain(&e.to_string()),
        };
    }
    finish(&render(&settings.regions, &rows, &report), exit)
}

/// The files read, in their order, then what has problems without having been read.
fn rows(report: &Report) -> Vec<Row> {
    let mut rows: Vec<Row> =
        report.files.iter().map(|f| Row { file: f.file.clone(), entries: f.entries, ..Row::default() }).collect();
    let mut places: BTreeMap<String, usize> = rows.iter().enumerate().map(|(i, row)| (row.file.clone(), i)).collect();
    for problem in &report.problems {
        let i = *places.entry(problem.file.clone()).or_insert_with(|| {
            rows.push(Row { file: problem.file.clone(), ..Row::default() });
            rows.len() - 1
        });
        match problem.gravity {
            Gravity::Error => rows[i].errors += 1,
            Gravity::Warning => rows[i].warnings += 1,
        }
    }
    rows
}

fn render(folder: &Path, rows: &[Row], report: &Report) -> String {
    let (bad, doubtful) = (Style::Verdict(Verdict::Avoid), Style::Verdict(Verdict::Caution));
    let mut page = Page::new();
    let mut table = Table::new(&["FILE", ">ENTRIES", ">ERRORS", ">WARNINGS"]);
    for row in rows {
        let file = if row.file.is_empty() { folder.display().to_string() } else { row.file.clone() };
        table.row(vec![
            file.into(),
            Cell::count(row.entries, Style::Plain),
            Cell::count(row.errors, bad),
            Cell::count(row.warnings, doubtful),
        ]);
    }
    page.table(0, &table);
    if !report.problems.is_empty() {
        page.gap();
    }
    // errors first, each group in the order of reading
    let mut problems: Vec<&Problem> = report.problems.iter().collect();
    problems.sort_by_key(|problem| std::cmp::Reverse(problem.gravity));
    for problem in problems {
        let (word, style) = match problem.gravity {
            Gravity::Error => ("error", bad),
            Gravity::Warning => ("warning", doubtful),
        };
        let at = place(folder, &problem.file, problem.line);
        page.paragraph(0, &[(word, style), (" ", Style::Plain), (&at, Style::Bold)]);
        page.paragraph(4, &[(&problem.detail, Style::Plain)]);
    }
    if !report.repaired.is_empty() {
        page.heading("Repaired while reading");
    }
    for repaired in &report.repaired {
        let at = place(folder, &repaired.file, Some(repaired.line));
        page.paragraph(0, &[(&at, Style::Bold), (" ", Style::Plain), (&repaired.id, Style::Plain)]);
        page.paragraph(4, &[(&repaired.repairs, Style::Plain)]);
    }
    page.gap();
    let sum = |count: fn(&Row) -> usize| rows.iter().map(count).sum::<usize>();
    let (errors, warnings) = (sum(|row| row.errors), sum(|row| row.warnings));
    let verdict = if errors > 0 { ("BROKEN", bad) } else { ("SOUND", Style::Verdict(Verdict::Clear)) };
    let summary = format!(
        ": {}, {}; {}, {}, {}",
        count(rows.len(), "file", "files"),
        count(sum(|row| row.entries), "entry", "entries"),
        count(errors, "error", "errors"),
        count(warnings, "warning", "warnings"),
        count(report.repaired.len(), "repair", "repairs"),
    );
    page.paragraph(0, &[verdict, (&summary, Style::Plain)]);
    page.finish()
}

/// `folder/file:line`, as editors and terminals understand it.
fn place(folder: &Path, file: &str, line: Option<usize>) -> String {
    let path = if file.is_empty() { folder.to_owned() } else { folder.join(file) };
    match line {
        Some(line) => format!("{}:{line}", path.display()),
        None => path.display().to_string(),
    }
}

fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}
