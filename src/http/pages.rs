//! `/advisories` and `/advisories/{id}`: what issuers say, as pages that need no script.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::Response;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Deserialize;

use super::extract::{Query, Segment};
use super::problem::Refusal;
use super::{Shared, assets, cache, page, paging};
use crate::error::Error;
use crate::flows::list_advisories::{self, AdvisoryQuery, RevisionWords, ShownRevision, list_advisories};
use crate::flows::local_time::zone_among;
use crate::flows::page::PageQuery;
use crate::format::moment::local;
use crate::format::phrases::Phrases;
use crate::live::Snapshot;
use crate::model::{CountryCode, Issuer, IssuerCode, LegalEffect, RegionCode, Texts};

/// How many advisories stand on one page.
const PER_PAGE: usize = 200;

/// The style of pages that the service writes itself, and the first part of the traveller's page's.
const STYLE: &str = include_str!("../../web/src/style/base.css");

/// The style.
pub async fn style(headers: HeaderMap) -> Response {
    cache::reply_bytes(&headers, "text/css; charset=utf-8", STYLE)
}

/// Which advisories are listed, in which language.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ListParams {
    issuer: String,
    country: String,
    lang: Option<String>,
    cursor: Option<String>,
}

/// In which language one is shown.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReadParams {
    lang: Option<String>,
}

/// The language named in the address, else the one that the browser likes best.
fn phrases(named: Option<&str>, headers: &HeaderMap) -> Phrases {
    let accepted = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    Phrases::choose(named, accepted.unwrap_or_default())
}

/// What stands around every page.
struct Frame {
    words: Phrases,
    title: Marked,
    description: String,
    /// The address without its language, and with whatever else it asks for.
    here: String,
    /// The languages whose letters are bundled: names of issuers and of the languages stand on every page.
    fonts: Vec<&'static str>,
}

impl Frame {
    fn new(words: Phrases, title: Marked, description: String, here: String) -> Self {
        let bundled = |lang: &&str| assets::has(&format!("fonts-{lang}.css"));
        let fonts = Phrases::languages().map(|(lang, _)| lang).filter(bundled).collect();
        Self { words, title, description, here, fonts }
    }
}

/// A revision with what its page says about it, all in one language.
struct Entry {
    words: RevisionWords,
    issuer: Option<Arc<Issuer>>,
    country: Marked,
    /// The time zone of the place that it is about.
    zone: TimeZone,
}

impl Entry {
    fn new(snapshot: &Snapshot, ShownRevision { words, shape }: ShownRevision, phrases: Phrases) -> Self {
        let issuer = snapshot.index.issuers().get(&words.issuer).cloned();
        let names: Vec<Marked> = words.countries.iter().map(|code| country(snapshot, *code, phrases)).collect();
        let lang = names.first().map_or("en", |name| &name.lang).to_owned();
        let country = Marked { lang, text: names.into_iter().map(|name| name.text).collect::<Vec<_>>().join(", ") };
        let zone = zone_among(snapshot, &words.countries, shape.as_deref());
        Self { words, issuer, country, zone }
    }

    /// An instant as every language writes it: the day and minute there, with the zone's name.
    fn minute(&self, at: &Timestamp) -> String {
        local(*at, &self.zone)
    }

    fn title(&self, words: Phrases) -> Marked {
        Marked::new(&self.words.title, words)
    }

    /// Whether marks on the level's colour are to be dark.
    fn is_light(&self) -> bool {
        self.words.level.as_ref().is_some_and(|level| is_light(&level.colour))
    }

    /// The language that its issuer writes in first.
    fn native_lang(&self) -> &str {
        self.issuer.as_ref().and_then(|issuer| issuer.languages.first()).map_or("en", String::as_str)
    }

    /// Whether a reader of this language knows the issuer and its levels by their own names. Those that write in English have fuller
    /// English ones.
    fn is_native(&self, words: Phrases) -> bool {
        self.native_lang() == words.lang() && words.lang() != "en"
    }

    /// What the level asks for, in our words.
    fn meaning(&self) -> &str {
        let level = self.words.level.as_ref().zip(self.issuer.as_ref());
        let found = level.and_then(|(level, issuer)| issuer.levels.iter().find(|known| known.code == level.code));
        found.map_or("", |level| &level.meaning)
    }

    /// What the law attaches to the level or the revision.
    fn effects(&self) -> Vec<&LegalEffect> {
        let Some((level, issuer)) = self.words.level.as_ref().zip(self.issuer.as_ref()) else { return Vec::new() };
        let brought = |effect: &&LegalEffect| {
            effect.levels.contains(&level.code) || self.words.legal_effects.contains(&effect.id)
        };
        issuer.legal_effects.iter().filter(brought).collect()
    }
}

/// A text with the language it is in.
struct Marked {
    lang: String,
    text: String,
}

impl Marked {
    /// Words of ours.
    fn own(words: Phrases, key: &str) -> Self {
        Self { lang: words.lang().to_owned(), text: words.say(key).to_owned() }
    }

    fn new(texts: &Texts, words: Phrases) -> Self {
        let (lang, text) = texts.pick_marked(words.lang());
        Self { lang: lang.to_owned(), text: text.to_owned() }
    }
}

#[derive(Template)]
#[template(path = "pages/list.html")]
struct ListPage {
    frame: Frame,
    entries: Vec<Entry>,
    issuers: Vec<(String, Marked)>,
    countries: Vec<(String, Marked)>,
    issuer: String,
    country: String,
    next: Option<String>,
    now: Timestamp,
}

#[derive(Template)]
#[template(path = "pages/advisory.html")]
struct AdvisoryPage {
    frame: Frame,
    entry: Entry,
    revisions: Vec<Entry>,
    verified: Option<Timestamp>,
    stale: bool,
    linked: String,
}

#[derive(Template)]
#[template(path = "pages/missing.html")]
struct MissingPage {
    frame: Frame,
}

/// The advisories in force, by country.
pub async fn list(
    State(shared): State<Shared>,
    Query(params): Query<ListParams>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let words = phrases(params.lang.as_deref(), &headers);
    let (snapshot, now) = (shared.snapshot(), shared.now());
    let query = AdvisoryQuery {
        // an unset choice of a form arrives as an empty text; one that is no code finds nothing
        issuer: IssuerCode::parse(&params.issuer).ok().filter(|code| snapshot.index.issuers().get(code).is_some()),
        country: CountryCode::parse(&params.country).ok(),
        bbox: None,
        severity_min: None,
        at: now,
        as_of: now,
        page: PageQuery { after: params.cursor, limit: PER_PAGE },
    };
    let found = list_advisories(&snapshot, &query)?;
    let mut entries: Vec<Entry> = found.items.into_iter().map(|shown| Entry::new(&snapshot, shown, words)).collect();
    entries.sort_by(|a, b| (&a.country.text, b.words.severity).cmp(&(&b.country.text, a.words.severity)));
    let spoken_of: std::collections::BTreeSet<CountryCode> =
        snapshot.index.coverages().map(|(_, coverage)| coverage.country).collect();
    let mut countries: Vec<(String, Marked)> =
        spoken_of.into_iter().map(|code| (code.to_string(), country(&snapshot, code, words))).collect();
    countries.sort_by(|a, b| a.1.text.cmp(&b.1.text));
    let here = format!(
        "/advisories?issuer={}&country={}",
        query.issuer.as_ref().map_or("", IssuerCode::as_str),
        query.country.as_ref().map_or("", CountryCode::as_str)
    );
    let next = found.next.map(|cursor| {
        let uri = format!("{here}&lang={}", words.lang()).parse().unwrap_or_default();
        paging::next_url(&uri, &cursor)
    });
    Ok(page::html(&ListPage {
        frame: Frame::new(words, Marked::own(words, "read.list"), words.say("read.list_about").to_owned(), here),
        entries,
        issuers: snapshot
            .index
            .issuers()
            .issuers
            .iter()
            .map(|issuer| {
                let native = words.lang() != "en" && issuer.languages.first().is_some_and(|lang| lang == words.lang());
                let (lang, name) = if native { (words.lang(), &issuer.native_name) } else { ("en", &issuer.name) };
                (issuer.code.to_string(), Marked { lang: lang.to_owned(), text: name.clone() })
            })
            .collect(),
        countries,
        issuer: query.issuer.map(|code| code.to_string()).unwrap_or_default(),
        country: query.country.map(|code| code.to_string()).unwrap_or_default(),
        next,
        now,
    }))
}

/// One advisory: what is in force, or was last, and every revision before it.
pub async fn read(
    State(shared): State<Shared>,
    Segment(id): Segment,
    Query(params): Query<ReadParams>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let words = phrases(params.lang.as_deref(), &headers);
    let (snapshot, now) = (shared.snapshot(), shared.now());
    let here = format!("/advisories/{id}?");
    let shown = match list_advisories::advisory(&snapshot, &id, now, now) {
        Ok(shown) => shown,
        Err(Error::NotFound { .. }) => return Ok(missing(words, here)),
        Err(e) => return Err(e.into()),
    };
    let revisions = list_advisories::revisions(&snapshot, &id, now, now)?;
    let mut revisions: Vec<Entry> = revisions.into_iter().map(|shown| Entry::new(&snapshot, shown, words)).collect();
    revisions.reverse();
    let entry = Entry::new(&snapshot, shown, words);
    let verified = snapshot
        .index
        .coverages()
        .filter(|(issuer, coverage)| {
            snapshot.index.issuers().issuers[*issuer].code == entry.words.issuer
                && entry.words.countries.contains(&coverage.country)
        })
        .map(|(_, coverage)| coverage.verified_at)
        .min();
    let stale = verified.is_none_or(|at| now.duration_since(at) > shared.settings().max_data_age);
    let mut title = entry.title(words);
    if let Some(level) = &entry.words.level {
        let name = if entry.is_native(words) { &level.native_name } else { &level.name };
        title.text = format!("{name} · {}", title.text);
    }
    let linked = linked_data(&entry, words);
    let description = Marked::new(&entry.words.text, words).text;
    let frame = Frame::new(words, title, description, here);
    Ok(page::html(&AdvisoryPage { frame, entry, revisions, verified, stale, linked }))
}

fn missing(words: Phrases, here: String) -> Response {
    let frame = Frame::new(words, Marked::own(words, "read.missing"), String::new(), here);
    let mut response = page::html(&MissingPage { frame });
    *response.status_mut() = super::problem::MISSING;
    response
}

/// The country's name, in the language if there is one.
fn country(snapshot: &Snapshot, code: CountryCode, words: Phrases) -> Marked {
    let region = RegionCode::parse(code.as_str()).ok().and_then(|code| snapshot.regions.get(&code).cloned());
    let named = region.map_or_else(
        || Marked { lang: "en".to_owned(), text: code.to_string() },
        |region| Marked::new(&region.names, words),
    );
    match words.country(code.as_str()) {
        Some(name) if named.lang != words.lang() => Marked { lang: words.lang().to_owned(), text: name.to_owned() },
        _ => named,
    }
}

/// The advisory for machines that read pages (schema.org), fit to stand inside a script element.
fn linked_data(entry: &Entry, words: Phrases) -> String {
    let said = &entry.words;
    let (title, text) = (entry.title(words), Marked::new(&said.text, words));
    let data = serde_json::json!({
        "@context": "https://schema.org",
        "@type": "SpecialAnnouncement",
        "identifier": said.advisory,
        "version": said.revision,
        "name": said.level.as_ref().map_or_else(|| title.text.clone(), |level| format!("{}: {}", title.text, level.name)),
        "inLanguage": text.lang,
        "text": text.text,
        "datePosted": said.published_at,
        "expires": said.valid_to,
        "spatialCoverage": said.countries.iter().map(|code| serde_json::json!({"@type": "Country", "identifier": code})).collect::<Vec<_>>(),
        "author": {"@type": "GovernmentOrganization", "name": entry.issuer.as_ref().map(|issuer| issuer.name.clone())},
        "isBasedOn": said.source_url,
    });
    data.to_string().replace('<', "\\u003c")
}

/// A level's code before its name, where it is a number; a word would only say the name again.
fn numbered(code: &impl std::fmt::Display) -> String {
    let code = code.to_string();
    if code.starts_with(|first: char| first.is_ascii_digit()) { format!("{code} · ") } else { String::new() }
}

/// Whether dark marks are seen better on a colour `#rrggbb` than light ones.
fn is_light(colour: &str) -> bool {
    let channel = |i: usize| colour.get(i..i + 2).and_then(|hex| u32::from_str_radix(hex, 16).ok()).unwrap_or(0);
    299 * channel(1) + 587 * channel(3) + 114 * channel(5) > 140_000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_is_numbered_where_its_code_is_a_number() {
        assert_eq!(["4", "3+", "do-not-travel", "rouge"].map(|code| numbered(&code)), ["4 · ", "3+ · ", "", ""]);
    }
}
