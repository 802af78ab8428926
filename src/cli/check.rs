//! `cordon check`: a position, many of them, or a travel plan, answered in words, as JSON, and on a map.

use std::path::PathBuf;
use std::sync::Arc;

use clap::builder::PossibleValuesParser;
use serde::Serialize;

use super::colour::Style;
use super::data::{self, DataArgs};
use super::{Exit, complain, evidence, finish, map, warn};
use crate::clock::{Clock, System};
use crate::config::Settings;
use crate::error::{Error, Issue};
use crate::flows::check_itinerary::check_itinerary;
use crate::flows::check_location::check_location;
use crate::flows::evidence::Case;
use crate::flows::route_legs::route_legs;
use crate::format::itinerary::ItineraryQuery;
use crate::live::Snapshot;
use crate::model::{CountryCode, IssuerCode, Permit, Severity};

mod input;
mod lines;
pub(super) mod plan;
mod position;
mod ways;

use input::Question;

const HELP: &str = "\
Examples:
  A Korean in Poipet on a morning in October 2025:
    cordon check 13.65805,102.56365 --nationality KR --at 2025-10-20T09:00+07:00
  The same, as far as it was known a week before:
    cordon check 13.65805,102.56365 --nationality KR --at 2025-10-20T09:00+07:00 --as-of 2025-10-13T09:00+07:00
  A travel plan, with a page to look at:
    cordon check trip.json --map trip.html
  The same plan for somebody else, by a pipe:
    cordon check - --nationality US < trip.json
  Many positions, {\"position\": {\"lat\": ..., \"lon\": ...}} on each line, an answer on each line:
    cordon check positions.ndjson --nationality KR > answers.ndjson

A file is a travel plan, {\"stops\": [...], \"legs\": [...], \"party\": [...]}, or a whole request as the HTTP API takes it,
{\"itinerary\": {...}, \"as_of\": ...}. A small one:
  {\"party\": [{\"id\": \"p1\", \"nationalities\": [\"KR\"]}],
   \"stops\": [{\"id\": \"a\", \"place\": {\"iata\": \"BKK\"}, \"depart\": \"2025-10-20T08:00\"},
             {\"id\": \"b\", \"place\": {\"name\": \"Siem Reap\", \"country\": \"KH\"}, \"arrive\": \"2025-10-20T18:00\"}],
   \"legs\": [{\"id\": \"l\", \"from\": \"a\", \"to\": \"b\", \"mode\": \"bus\"}]}
Times without a zone are local times at the place. The way of a leg is a GeoJSON LineString in its `geometry`: without one
the engine of --router is asked, or the table of usual ways in the data folder; where neither can tell, the answer says so.

Exit codes:
  0  clear or notice          2  the input is wrong
  1  caution or worse         3  indeterminate: something needed for an answer is missing";

const PURPOSES: [&str; 8] =
    ["tourism", "business", "transit", "resident", "official", "journalism", "humanitarian", "other"];

#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub(super) struct Args {
    /// A position as LATITUDE,LONGITUDE in degrees, a file with a travel plan or with lines of positions (.ndjson, .jsonl), or - for the
    /// standard input
    #[arg(value_name = "POSITION|FILE", allow_hyphen_values = true)]
    what: String,

    /// Nationality of the traveller (KR, KOR); several for a dual national. None: every issuer is consulted
    ///
    /// With a file: asks for one traveller of these nationalities instead of the party in the file.
    #[arg(short, long, value_name = "COUNTRY", value_delimiter = ',', value_parser = CountryCode::parse)]
    nationality: Vec<CountryCode>,

    /// When the traveller is there, with its zone: 2025-10-20T09:00+07:00. Now if not given; a travel plan has its own times
    #[arg(long, value_name = "TIME")]
    at: Option<String>,

    /// Answer as far as was known at this instant: "what did the advice say when the ticket was sold?" Now if not given
    #[arg(long, value_name = "TIME")]
    as_of: Option<String>,

    /// Why the traveller goes; some exemptions ask for it
    #[arg(long, value_name = "PURPOSE", value_parser = PossibleValuesParser::new(PURPOSES))]
    purpose: Option<String>,

    /// A permit the traveller holds: of an issuer (kr-mofa), or for one advisory (kr-mofa:kh-poipet)
    #[arg(long, value_name = "PERMIT", value_delimiter = ',', value_parser = input::permit)]
    permit: Vec<Permit>,

    /// An issuer to consult beside those of the nationalities
    #[arg(short, long, value_name = "ISSUER", value_delimiter = ',', value_parser = IssuerCode::parse)]
    issuer: Vec<IssuerCode>,

    /// How well the position is known, in metres
    #[arg(long, value_name = "METRES")]
    accuracy: Option<f64>,

    /// Language of the issuers' texts, where they have it: en, ko, de
    #[arg(long, value_name = "LANGUAGE")]
    lang: Option<String>,

    /// Look for a way around areas of this severity (1 to 5) or more, where the way found runs through one; needs --router with Valhalla
    #[arg(long, value_name = "SEVERITY", value_parser = severity)]
    avoid_severity: Option<Severity>,

    /// The standard input has a location request on each line, as `POST /v1/check/location` takes it; the answers are lines too
    #[arg(long)]
    lines: bool,

    /// Print the answer as JSON, as the HTTP API gives it
    #[arg(long)]
    json: bool,

    /// Write a page with a map of the travel plan: one file that opens offline
    #[arg(long, value_name = "PAGE.html")]
    map: Option<PathBuf>,

    /// Write evidence of the check of a travel plan: .json is signed and can be verified, .html is made for printing
    #[arg(long, value_name = "FILE")]
    evidence: Vec<PathBuf>,

    #[command(flatten)]
    data: DataArgs,
}

fn severity(text: &str) -> Result<Severity, String> {
    let known = text.parse::<u8>().ok().and_then(|n| Severity::try_from(n).ok());
    known.filter(|s| *s != Severity::NO_STATEMENT).ok_or_else(|| "a severity is a number from 1 to 5".to_owned())
}

/// Runs the check.
pub(super) fn run(args: &Args) -> Exit {
    // the input first: a slip of the keyboard should not wait for the data
    match input::read(args).and_then(|asked| answer(args, asked)) {
        Ok(exit) => exit,
        Err(why) => complain(&why),
    }
}

fn answer(args: &Args, asked: Question) -> Result<Exit, String> {
    let now = System.now();
    let settings = args.data.settings()?;
    let snapshot = data::open(&settings, now)?.snapshot();
    let max_age = settings.max_data_age;
    match asked {
        Question::Position(request) => {
            let flags = |e: &Error| said(e, None);
            let query = request.query(now).map_err(|e| flags(&e))?;
            let answer = check_location(&snapshot, max_age, &query).map_err(|e| flags(&e))?;
            let text = if args.json { json(&answer)? } else { position::render(&snapshot, &query, &answer) };
            Ok(finish(&text, answer.verdict.into()))
        }
        Question::Lines(asked) => lines::answer(asked, &settings, &snapshot, now),
        Question::Plan(plan) => {
            let in_file = |e: &Error| said(e, Some(&plan.name));
            let query = plan.query(&snapshot.gazetteer, &settings, now).map_err(|e| in_file(&e))?;
            let query = routed(&settings, &snapshot, query)?;
            let answer = check_itinerary(&snapshot, max_age, &query).map_err(|e| in_file(&e))?;
            let case = Case { snapshot: &snapshot, query: &query, answer: &answer, input: &plan.text, made_at: now };
            for path in &args.evidence {
                evidence::write(path, &case, &settings.data_dir)?;
                warn(&format!("The evidence is in {}", path.display()));
            }
            if let Some(path) = &args.map {
                let page = map::page(&snapshot, &query, &answer)?;
                std::fs::write(path, page).map_err(|e| format!("cannot write {}: {e}", path.display()))?;
                warn(&format!("The map is in {}", path.display()));
            }
            let text = if args.json { json(&answer)? } else { plan::render(&snapshot, &query, &answer) };
            Ok(finish(&text, answer.verdict.into()))
        }
    }
}

/// Asks the routing engine, where there is one.
fn routed(settings: &Settings, snapshot: &Arc<Snapshot>, query: ItineraryQuery) -> Result<ItineraryQuery, String> {
    let Some(engine) = data::Engine::of(settings)? else { return Ok(query) };
    Ok(engine.runtime.block_on(route_legs(Some(&engine.router), snapshot, settings.max_data_age, query)))
}

fn json(answer: &impl Serialize) -> Result<String, String> {
    serde_json::to_string_pretty(answer).map(|text| text + "\n").map_err(|e| e.to_string())
}

/// All mistakes, each with its place: a pointer into the file, or the flag it was given by.
fn said(error: &Error, file: Option<&str>) -> String {
    let Error::Invalid(issues) = error else { return error.to_string() };
    let place = |issue: &Issue| match file {
        Some(_) if issue.pointer.is_empty() => "the document".to_owned(),
        Some(_) => issue.pointer.clone(),
        None => flag(&issue.pointer).to_owned(),
    };
    let lines: Vec<String> = issues.iter().map(|issue| format!("{}: {}", place(issue), issue.detail)).collect();
    match (file, lines.as_slice()) {
        (None, lines) => lines.join("\n        "),
        (Some(file), [only]) => format!("{file}: {only}"),
        (Some(file), lines) => format!("{file}: {} mistakes\n  {}", lines.len(), lines.join("\n  ")),
    }
}

/// The flag that a part of a request was given by.
fn flag(pointer: &str) -> &'static str {
    match pointer.split('/').nth(1) {
        Some("at") => "--at",
        Some("as_of") => "--as-of",
        Some("issuers") => "--issuer",
        Some("position") if pointer.ends_with("accuracy_m") => "--accuracy",
        _ => "the position",
    }
}

/// A label and what it stands for, at the head of an answer.
fn fact(page: &mut super::page::Page, label: &str, text: &str) {
    page.paragraph(0, &[(&format!("{label:<10}"), Style::Dim), (text, Style::Plain)]);
}
