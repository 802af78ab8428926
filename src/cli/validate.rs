//! `cordon validate`: a whole booking file, line by line, with a summary, a result to keep and a report to read.

use std::fs::File;
use std::io::{Cursor, Read, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use clap::builder::PossibleValuesParser;
use serde::Deserialize;
use serde::de::IntoDeserializer;
use serde::de::value::{Error as WordError, StrDeserializer};

use super::colour::Style;
use super::data::{self, DataArgs};
use super::page::Page;
use super::progress::Counter;
use super::table::{Cell, Table};
use super::whole_file::WholeFile;
use super::{Exit, complain, finish, warn, words};
use crate::clock::{Clock, System};
use crate::error::Issue;
use crate::flows::validate_bookings::lines::Written;
use crate::flows::validate_bookings::{BookingResult, Roads, Tally, Validation, in_order};
use crate::format::document::bookings::{self, Apart, Kind};
use crate::format::document::csv::Mapping;
use crate::format::policy::{Action, Policy};
use crate::model::{IssuerCode, Transit, Verdict};

mod report;

use report::Report;

const HELP: &str = "\
Examples:
  cordon validate bookings.csv --out result.csv --report report.html
  cordon validate bookings.ndjson --block avoid --review caution --issuer kr-mofa
  cordon validate bookings.csv --columns 'booking=PNR,passenger=Pax no'

A table has a row for each passenger and leg, rows of one booking together. Its columns, in any order:
  booking          the booking's reference         mode       air, rail, bus, car, ferry, foot, stay
  passenger        the agency's id of a passenger  from, to   BKK, or Siem Reap, KH, or 13.65,102.56
  nationalities    KR, or KR+FR; empty: unknown    depart     2025-10-20 08:00, local time at `from`
  passport_issuer  where no nationality is known   arrive     local time at `to`
  purpose          tourism, business, ...          transit    airside or landside, where `to` is only a change
  from_country, to_country                         polyline   the way, encoded with precision 5
UTF-8 and CP949, separated by commas, semicolons or tabs. Lines of JSON and a JSON array hold itineraries, requests, Duffel orders, Amadeus
flight orders or schema.org reservations.

Exit codes:
  0  all clear or notice      2  the input is wrong, or some bookings are
  1  some caution or worse    3  some indeterminate";

const VERDICTS: [&str; 4] = ["notice", "caution", "avoid", "prohibited"];

#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub(super) struct Args {
    /// The booking file: .csv, .tsv, .ndjson, .jsonl or .json; - for a table on the standard input
    file: PathBuf,

    /// Write a result for every booking: .csv, .ndjson or .json
    #[arg(short, long, value_name = "FILE")]
    out: Option<PathBuf>,

    /// Write a page to read and print: one file that opens offline
    #[arg(long, value_name = "PAGE.html")]
    report: Option<PathBuf>,

    /// What the table calls our columns: booking=PNR,passenger=Pax no
    #[arg(long, value_name = "OURS=YOURS,...", value_parser = Mapping::parse)]
    columns: Option<Mapping>,

    /// Do not sell from this verdict on
    #[arg(long, value_name = "VERDICT", value_parser = PossibleValuesParser::new(VERDICTS), default_value = "prohibited")]
    block: String,

    /// Look at from this verdict on, and whatever is indeterminate
    #[arg(long, value_name = "VERDICT", value_parser = PossibleValuesParser::new(VERDICTS), default_value = "caution")]
    review: String,

    /// Issuers to consult for everybody: the agency's home
    #[arg(short, long, value_name = "ISSUER", value_delimiter = ',', value_parser = IssuerCode::parse)]
    issuer: Vec<IssuerCode>,

    /// What changes within one ticket are where the booking does not say; airside counts one class lower
    #[arg(long, value_name = "SIDE", value_parser = PossibleValuesParser::new(["airside", "landside"]))]
    connections: Option<String>,

    /// How far on either side of a given way the true one may run, in metres
    #[arg(long, value_name = "METRES", default_value_t = 50.0)]
    corridor: f64,

    /// Answer as far as was known at this instant, such as the day of sale. Now if not given
    #[arg(long, value_name = "TIME")]
    as_of: Option<String>,

    /// Language of the titles: en, ko
    #[arg(long, value_name = "LANGUAGE")]
    lang: Option<String>,

    #[command(flatten)]
    data: DataArgs,
}

/// Runs the validation.
pub(super) fn run(args: &Args) -> Exit {
    validate(args).unwrap_or_else(|why| complain(&why))
}

fn validate(args: &Args) -> Result<Exit, String> {
    let name = args.file.display().to_string();
    let policy = policy(args)?;
    let written = match &args.out {
        None => None,
        Some(path) => Some(Written::of_file(&path.display().to_string()).ok_or_else(|| {
            format!("{} is neither .csv nor .ndjson nor .json, so its form is not known", path.display())
        })?),
    };
    for (flag, path) in [("--out", &args.out), ("--report", &args.report)] {
        if path.as_deref().is_some_and(|path| is_same_file(path, &args.file)) {
            return Err(format!("{flag}: {name} is the booking file itself"));
        }
    }
    let settings = args.data.settings()?;
    let mapping = args.columns.clone().unwrap_or_default();
    let at = |issue: &Issue| match issue.pointer.as_str() {
        "" => format!("{name}: {}", issue.detail),
        place => format!("{name}: {place}: {}", issue.detail),
    };
    let (kind, text, apart) = open(&args.file, &mapping)?;
    let (bookings, notes) =
        bookings::read_knowing(apart, kind, text, &mapping, LINE_LIMIT).map_err(|issue| at(&issue))?;
    let now = System.now();
    let snapshot = data::open(&settings, now)?.snapshot();
    known_issuers(args, &snapshot)?;
    let limits = settings.geometry_limits();
    let engine = data::Engine::of(&settings)?;
    let roads = engine.as_ref().map(|engine| Roads { router: &engine.router, runtime: engine.runtime.handle() });
    let max_age = settings.max_data_age;
    let validation = Validation { snapshot: &snapshot, max_age, limits: &limits, policy: &policy, now, roads };
    let mut out = args.out.as_deref().map(WholeFile::create).transpose()?;
    let mut report = Report::new(name.clone(), &policy, &snapshot, now);
    let mut tally = Tally::default();
    let mut counter = Counter::new("bookings");
    let mut failed = None;
    let work = |booking| {
        let result: BookingResult = validation.validate(&booking);
        let line = written.map(|written| written.result(&result, result.number == 0));
        (result, line)
    };
    let mut write = |bytes: &[u8]| match out.as_mut().map(|out| out.write_all(bytes)) {
        Some(Err(e)) => Err(format!("cannot write the result: {e}")),
        _ => Ok(()),
    };
    if let Some(written) = written {
        write(&written.begin())?;
    }
    in_order(bookings, validation.hands(), work, |(result, line)| {
        tally.add(result.verdict, result.action);
        counter.tell(tally.bookings);
        let ends = line.map_or(Ok(()), |line| write(&line));
        report.take(result);
        match ends {
            Ok(()) => ControlFlow::Continue(()),
            Err(why) => {
                failed = Some(why);
                ControlFlow::Break(())
            }
        }
    });
    drop(counter);
    if let Some(why) = failed {
        return Err(why);
    }
    if let Some(written) = written {
        write(written.end())?;
    }
    if let Some(out) = out {
        out.finish()?;
    }
    for note in &notes {
        warn(&format!("note: {}", at(note)));
    }
    let text = summary(&name, &tally, &report);
    if let Some(path) = &args.report {
        std::fs::write(path, report.page(&tally, &notes)?)
            .map_err(|e| format!("cannot write {}: {e}", path.display()))?;
        warn(&format!("The report is in {}", path.display()));
    }
    Ok(finish(&text, exit(&tally)))
}

/// The longest line of a booking file: a booking with the dense ways of many legs.
const LINE_LIMIT: usize = 16 << 20;

/// How much of a pipe is held, to look through it before anything is said: a table of some 100,000 rows.
const HELD: u64 = 16 << 20;

/// The file, and which of its bookings have their rows apart as far as that can be told: a long pipe cannot be read twice.
fn open(path: &Path, mapping: &Mapping) -> Result<(Kind, Box<dyn Read + Send>, Apart), String> {
    let name = path.display().to_string();
    let cannot = |e: std::io::Error| format!("cannot read {name}: {e}");
    let (kind, mut pipe): (Kind, Box<dyn Read + Send>) = if path == Path::new("-") {
        (Kind::Csv, Box::new(std::io::stdin()))
    } else {
        let kind = Kind::of_file(&name).ok_or_else(|| {
            format!("{name} is neither .csv, .tsv, .ndjson, .jsonl nor .json, so its form is not known")
        })?;
        let file = File::open(path).map_err(cannot)?;
        if file.metadata().is_ok_and(|file| file.is_file()) {
            let apart = bookings::apart(kind, File::open(path).map_err(cannot)?, mapping);
            return Ok((kind, Box::new(file), apart));
        }
        (kind, Box::new(file))
    };
    let mut held = Vec::new();
    pipe.by_ref().take(HELD).read_to_end(&mut held).map_err(cannot)?;
    let is_whole = (held.len() as u64) < HELD;
    let apart = if is_whole { bookings::apart(kind, &held[..], mapping) } else { Apart::default() };
    Ok((kind, Box::new(Cursor::new(held).chain(pipe)), apart))
}

fn is_same_file(one: &Path, other: &Path) -> bool {
    one.canonicalize().is_ok_and(|one| other.canonicalize().is_ok_and(|other| one == other))
}

fn policy(args: &Args) -> Result<Policy, String> {
    fn word<T: for<'de> Deserialize<'de>>(text: &str) -> Result<T, String> {
        let deserializer: StrDeserializer<WordError> = text.into_deserializer();
        T::deserialize(deserializer).map_err(|e| e.to_string())
    }
    let policy = Policy {
        block: word(&args.block)?,
        review: word(&args.review)?,
        indeterminate: Action::Review,
        issuers: args.issuer.clone(),
        connections: args.connections.as_deref().map(word::<Transit>).transpose()?,
        corridor_m: args.corridor,
        as_of: args.as_of.clone(),
        lang: args.lang.clone(),
    };
    let said = |issue: &Issue| match issue.pointer.as_str() {
        "/as_of" => format!("--as-of: {}", issue.detail),
        "/corridor_m" => format!("--corridor: {}", issue.detail),
        "/lang" => format!("--lang: {}", issue.detail),
        _ => issue.detail.clone(),
    };
    policy.check("").map_err(|e| e.issues().iter().map(said).collect::<Vec<_>>().join("\n        "))?;
    Ok(policy)
}

/// An issuer that does not exist would be wrong in every booking alike.
fn known_issuers(args: &Args, snapshot: &crate::live::Snapshot) -> Result<(), String> {
    let known = &snapshot.index.issuers().issuers;
    match args.issuer.iter().find(|code| !known.iter().any(|issuer| issuer.code == **code)) {
        Some(unknown) => Err(format!("--issuer: there is no issuer `{unknown}`")),
        None => Ok(()),
    }
}

/// The table at the end: how many bookings ended how, and the first that are not to be sold.
fn summary(name: &str, tally: &Tally, report: &Report) -> String {
    let mut page = Page::new();
    let text = format!("{} bookings in {name}: {} to block, {} to review.", tally.bookings, tally.block, tally.review);
    page.paragraph(0, &[(&text, Style::Bold)]);
    page.gap();
    let mut table = Table::new(&["VERDICT", ">BOOKINGS"]);
    let rows = [
        (Some(Verdict::Prohibited), tally.prohibited),
        (Some(Verdict::Avoid), tally.avoid),
        (Some(Verdict::Caution), tally.caution),
        (Some(Verdict::Indeterminate), tally.indeterminate),
        (Some(Verdict::Notice), tally.notice),
        (Some(Verdict::Clear), tally.clear),
        (None, tally.rejected),
    ];
    for (verdict, count) in rows {
        let (word, style) = verdict.map_or(("REJECTED".to_owned(), Style::Bold), words::verdict);
        table.row(vec![Cell::new(word, style), Cell::count(usize::try_from(count).unwrap_or(usize::MAX), Style::Bold)]);
    }
    page.table(0, &table);
    let worst = report.worst();
    if !worst.is_empty() {
        page.heading("The gravest");
        for (booking, why) in worst {
            page.paragraph(2, &[(&booking, Style::Bold), (" ", Style::Plain), (&why, Style::Plain)]);
        }
    }
    page.finish()
}

/// A danger that is certain is said first, then what could not be read, then what is not known.
fn exit(tally: &Tally) -> Exit {
    if tally.caution + tally.avoid + tally.prohibited > 0 {
        Exit::Concern
    } else if tally.rejected > 0 {
        Exit::BadInput
    } else if tally.indeterminate > 0 {
        Exit::Indeterminate
    } else {
        Exit::Clear
    }
}
