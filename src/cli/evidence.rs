//! Evidence of a check as files: the signed document, and a page to print.

use std::collections::BTreeSet;
use std::path::Path;

use askama::Template;
use serde_json::Value;

use super::check::plan::{self, Told};
use super::map::{self, About, Picture};
use super::words;
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

/// A revision in its issuer's words.
struct Quote {
    revision: String,
    issuer: String,
    title: String,
    level: String,
    published_at: String,
    in_force: String,
    texts: Vec<(String, String)>,
    source: String,
    /// Whether the source is a web address: one from a data file must not become a script.
    web: bool,
}

/// The page's own words.
struct Headings {
    heading: &'static str,
    trip: &'static str,
    made: &'static str,
    known: &'static str,
    verdicts: &'static str,
    traveller: &'static str,
    issuer: &'static str,
    level: &'static str,
    verdict: &'static str,
    findings: &'static str,
    nothing: &'static str,
    quoted: &'static str,
    published: &'static str,
    in_force: &'static str,
    open: &'static str,
    origin: &'static str,
    input: &'static str,
    software: &'static str,
    compared: &'static str,
    ways: &'static str,
    outlines: &'static str,
}

const ENGLISH: Headings = Headings {
    heading: "Evidence of a travel check",
    trip: "Trip",
    made: "Made",
    known: "As known",
    verdicts: "Verdicts",
    traveller: "Traveller",
    issuer: "Issuer",
    level: "Level",
    verdict: "Verdict",
    findings: "What was found",
    nothing: "No area of concern.",
    quoted: "In the issuers' words",
    published: "published",
    in_force: "in force",
    open: "until further notice",
    origin: "What this rests on",
    input: "Input, SHA-256",
    software: "Software",
    compared: "Compared with its source",
    ways: "Ways found by",
    outlines: "Country outlines for orientation, not authoritative.",
};

const KOREAN: Headings = Headings {
    heading: "여행 점검 증빙",
    trip: "여정",
    made: "작성",
    known: "기준 시점",
    verdicts: "판정",
    traveller: "여행자",
    issuer: "발령기관",
    level: "단계",
    verdict: "판정",
    findings: "확인된 사항",
    nothing: "해당 지역 없음.",
    quoted: "발령기관의 문구",
    published: "발표",
    in_force: "효력",
    open: "별도 공지 시까지",
    origin: "근거 자료",
    input: "입력, SHA-256",
    software: "소프트웨어",
    compared: "원문과 대조한 시점",
    ways: "경로 탐색",
    outlines: "국경선은 참고용이며 공식적인 것이 아닙니다.",
};

/// The page. Everything in its tables and quotations stands in the signed statement too.
fn page(case: &Case) -> Result<String, String> {
    let told = Told { snapshot: case.snapshot, query: case.query, answer: case.answer };
    let lang = &case.query.lang;
    let words: &'static Headings = if lang.split('-').next() == Some("ko") { &KOREAN } else { &ENGLISH };
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
        quotes: statement["revisions"].as_array().into_iter().flatten().map(|said| quote(said, lang, words)).collect(),
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

/// A revision of the statement, in the language asked for first and in the issuer's own beside it.
fn quote(said: &Value, lang: &str, words: &Headings) -> Quote {
    let primary = lang.split('-').next().unwrap_or(lang);
    let of = |member: &str| -> Vec<(String, String)> {
        let texts = said[member].as_object().into_iter().flatten();
        let mut texts: Vec<(String, String)> =
            texts.filter_map(|(lang, text)| Some((lang.clone(), text.as_str()?.to_owned()))).collect();
        texts.sort_by_key(|(lang, _)| lang != primary);
        texts
    };
    let day = |pointer: &str| Some(text(said, pointer)).filter(|at| !at.is_empty() && at != "null");
    let source = text(said, "/source_url");
    Quote {
        revision: text(said, "/revision"),
        issuer: format!("{} ({})", text(said, "/issuer/name"), text(said, "/issuer/native_name")),
        title: of("title").into_iter().map(|(_, title)| title).next().unwrap_or_default(),
        level: [text(said, "/level/code"), text(said, "/level/name"), text(said, "/level/native_name")].join(" · "),
        published_at: text(said, "/published_at"),
        in_force: format!(
            "{} – {}",
            day("/valid_from").unwrap_or_default(),
            day("/valid_to").unwrap_or_else(|| words.open.to_owned())
        ),
        texts: of("text"),
        web: source.starts_with("https://") || source.starts_with("http://"),
        source,
    }
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

fn text(value: &Value, pointer: &str) -> String {
    value.pointer(pointer).map(|v| v.as_str().map_or_else(|| v.to_string(), str::to_owned)).unwrap_or_default()
}
