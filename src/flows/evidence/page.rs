//! Pages to print from evidence: the words on them, revisions quoted, and the page of a validated booking file.

use askama::Template;
use serde_json::Value;

use super::notice;

/// The words of the pages themselves; the field's name says what each is for.
#[allow(missing_docs)]
pub struct Headings {
    pub heading: &'static str,
    pub trip: &'static str,
    pub made: &'static str,
    pub known: &'static str,
    pub verdicts: &'static str,
    pub traveller: &'static str,
    pub issuer: &'static str,
    pub level: &'static str,
    pub verdict: &'static str,
    pub findings: &'static str,
    pub nothing: &'static str,
    pub quoted: &'static str,
    pub published: &'static str,
    pub in_force: &'static str,
    pub open: &'static str,
    pub origin: &'static str,
    pub input: &'static str,
    pub software: &'static str,
    pub compared: &'static str,
    pub ways: &'static str,
    pub outlines: &'static str,
    pub by: &'static str,
    pub action: &'static str,
    pub booking: &'static str,
    pub validation: &'static str,
}

impl Headings {
    /// The words in a language: Korean or English.
    pub fn of(lang: &str) -> &'static Self {
        if lang.split('-').next() == Some("ko") { &KOREAN } else { &ENGLISH }
    }
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
    validation: "Evidence of a validation",
    booking: "Booking",
    action: "To be done",
    by: "By",
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
    validation: "예약 검증 증빙",
    booking: "예약",
    action: "조치",
    by: "근거",
    outlines: "국경선은 참고용이며 공식적인 것이 아닙니다.",
};

/// A revision of a statement, in its issuer's words.
#[allow(missing_docs)]
pub struct Quote {
    pub revision: String,
    pub issuer: String,
    pub title: String,
    pub level: String,
    pub published_at: String,
    pub in_force: String,
    pub texts: Vec<(String, String)>,
    pub source: String,
    /// Whether the source is a web address: one from a data file must not become a script.
    pub web: bool,
}

/// The revisions of a statement as quotations, in the language asked for first.
pub fn quotes(statement: &Value, lang: &str) -> Vec<Quote> {
    let words = Headings::of(lang);
    statement["revisions"].as_array().into_iter().flatten().map(|said| quote(said, lang, words)).collect()
}

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

/// What stands at a JSON pointer, as text; nothing where nothing does.
pub fn text(value: &Value, pointer: &str) -> String {
    value.pointer(pointer).map(|v| v.as_str().map_or_else(|| v.to_string(), str::to_owned)).unwrap_or_default()
}

#[derive(Template)]
#[template(path = "evidence_validation.html")]
struct ValidationPage {
    lang: String,
    words: &'static Headings,
    id: String,
    facts: Vec<(&'static str, String)>,
    tally: Vec<(String, String)>,
    bookings: Vec<Booking>,
    quotes: Vec<Quote>,
    origin: Vec<(&'static str, String)>,
    notice: &'static str,
}

/// One booking on the page.
struct Booking {
    reference: String,
    verdict: String,
    action: String,
    party: Vec<String>,
    by: Vec<String>,
}

/// The page of a validated booking file, from its statement.
///
/// # Errors
/// When it cannot be drawn.
pub fn validation_page(statement: &Value, lang: &str) -> Result<String, String> {
    let words = Headings::of(lang);
    let tally = statement["answer"]["tally"].as_object().into_iter().flatten();
    let results = statement["answer"]["bookings"].as_array().into_iter().flatten();
    let page = ValidationPage {
        lang: lang.to_owned(),
        words,
        id: text(statement, "/question/validation"),
        facts: vec![(words.made, text(statement, "/made_at")), (words.known, text(statement, "/question/as_of"))],
        tally: tally.map(|(name, count)| (name.clone(), count.to_string())).collect(),
        bookings: results.map(booking).collect(),
        quotes: quotes(statement, lang),
        origin: vec![
            (words.input, text(statement, "/input/sha256")),
            (words.software, format!("{} {}", text(statement, "/software/name"), text(statement, "/software/version"))),
        ],
        notice: notice(lang),
    };
    page.render().map_err(|e| format!("cannot write the page: {e}"))
}

fn booking(result: &Value) -> Booking {
    let list = |value: &Value, member: &str| value[member].as_array().cloned().unwrap_or_default();
    let line = |member: &Value| {
        let issuers = list(member, "issuers");
        let issuers = issuers.iter().map(|said| format!("{} {}", text(said, "/issuer"), text(said, "/verdict")));
        format!("{}: {}", text(member, "/traveller"), issuers.collect::<Vec<_>>().join(", "))
    };
    let mut by: Vec<String> =
        list(result, "findings").iter().filter(|f| f["governs"] == true).map(|f| text(f, "/revision")).collect();
    by.extend(list(result, "indeterminate").iter().map(|entry| text(entry, "/detail")));
    by.extend(list(result, "errors").iter().map(|entry| text(entry, "/detail")));
    by.dedup();
    Booking {
        reference: result["ref"].as_str().map_or_else(|| text(result, "/source_pointer"), str::to_owned),
        verdict: result["verdict"].as_str().unwrap_or("–").to_owned(),
        action: text(result, "/action"),
        party: list(result, "party").iter().map(line).collect(),
        by,
    }
}
