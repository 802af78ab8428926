//! Evidence of a check as files: the signed document, and a page to print.

use std::collections::BTreeSet;
use std::path::Path;

use askama::Template;
use serde_json::Value;

use super::check::plan::{self, Told};
use super::map::{self, About, Picture};
use super::words;
use crate::flows::evidence::page::{Headings, Quote, quotes, text};
use crate::flows::evidence::{Case, signing_key};
use crate::model::{CountryCode, Verdict};

/// Writes `FILE.json`, signed, or `FILE.html`, by the ending of the name.
pub(super) fn write(path: &Path, case: &Case, data_dir: &Path) -> Result<(), String> {
    let contents = match path.extension().and_then(|e| e.to_str()) {
        Some("json") => {
            let key = signing_key(data_dir).map_err(|e| format!("no signing key: {e}"))?;
            key.sign(case.statement())?
        }
        Some("html") => page(case)?.into_bytes(),
        _ => return Err(format!("{}: evidence is written as .json or .html", path.display())),
    };
    std::fs::write(path, contents).map_err(|e| format!("cannot write {}: {e}", path.display()))
}

#[derive(Template)]
#[template(path = "evidence.html")]
struct Page {
    lang: String,
    words: &'static Headings,
    title: String,
    verdict: Verdict,
    sentence: String,
    facts: Vec<(&'static str, String)>,
    lines: Vec<Row>,
    picture: Option<Picture>,
    subjects: Vec<About>,
    quotes: Vec<Quote>,
    origin: Vec<(&'static str, String)>,
    credits: Vec<String>,
    notice: String,
}

/// What one issuer says to one traveller.
struct Row {
    traveller: String,
    issuer: String,
    level: String,
    verdict: Verdict,
}

/// The page. Everything in its tables and quotations stands in the signed statement too.
fn page(case: &Case) -> Result<String, String> {
    let told = Told { snapshot: case.snapshot, query: case.query, answer: case.answer };
    let lang = &case.query.lang;
    let words = Headings::of(lang);
    let statement = case.statement();
    let mut credits = BTreeSet::new();
    let picture = map::drawn(&told, &mut credits);
    let zone = told.first_zone();
    let stops = &case.query.itinerary.stops;
    let ends = [stops.first(), stops.last()].map(|stop| stop.map_or("", plan::name));
    let mut facts = vec![
        (words.made, words::instant(case.made_at, &zone)),
        (words.known, words::instant(case.answer.as_of, &zone)),
    ];
    if let Some(reference) = &case.answer.reference {
        facts.insert(0, (words.trip, reference.clone()));
    }
    let page = Page {
        lang: lang.clone(),
        words,
        title: format!("{} – {}", ends[0], ends[1]),
        verdict: case.answer.verdict,
        sentence: told.sentence(),
        facts,
        lines: lines(case),
        subjects: map::subjects(&told, None),
        picture,
        quotes: quotes(&statement, lang),
        origin: origin(case, &statement, words),
        credits: credits.into_iter().collect(),
        notice: text(&statement, "/notice"),
    };
    page.render().map_err(|e| format!("cannot write the page: {e}"))
}

fn lines(case: &Case) -> Vec<Row> {
    let party = case.answer.party.iter().zip(&case.query.itinerary.party);
    let row = |member: &str, nationalities: &[CountryCode], line: &crate::flows::answer::Line| Row {
        traveller: format!("{member} {}", nationalities.iter().map(CountryCode::as_str).collect::<Vec<_>>().join("+")),
        issuer: line.issuer.to_string(),
        level: line
            .level
            .as_ref()
            .map(|level| format!("{} · {}", level.code, words::level_names(level)))
            .unwrap_or_default(),
        verdict: line.verdict,
    };
    party
        .flat_map(|(member, (_, traveller))| {
            member.issuers.iter().map(move |line| row(&member.traveller, &traveller.nationalities, line))
        })
        .collect()
}

fn origin(case: &Case, statement: &Value, words: &'static Headings) -> Vec<(&'static str, String)> {
    let mut all = vec![
        (words.input, text(statement, "/input/sha256")),
        (
            words.software,
            format!(
                "{} {}, epoch {}",
                text(statement, "/software/name"),
                text(statement, "/software/version"),
                case.answer.epoch
            ),
        ),
    ];
    for said in statement["data"]["compared_with_sources"].as_array().into_iter().flatten() {
        all.push((
            words.compared,
            format!("{} {}: {}", text(said, "/issuer"), text(said, "/country"), text(said, "/verified_at")),
        ));
    }
    for ways in &case.answer.ways {
        let engine = ways.engine.as_ref().map(|engine| {
            let parts = [Some(engine.name.as_str()), engine.version.as_deref(), engine.data.as_deref()];
            parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
        });
        all.push((words.ways, format!("{}: {}", ways.leg, engine.unwrap_or_else(|| "corridor_table".to_owned()))));
    }
    all
}
