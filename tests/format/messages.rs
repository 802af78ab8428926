//! What is said, word for word (`tests/cases/messages/said.json`), and that nothing is said without its source, hazard, place, guidance and time.

use std::path::Path;

use cordon::format::message::{Facts, Missing, compose, lint};
use cordon::model::message::Actual;
use cordon::model::{Concern, Happening, Issuer, IssuerCode, Message, Revision, RevisionId, Severity, Texts, Window};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

fn at(text: &str) -> Timestamp {
    text.parse().expect("an instant")
}

fn ministry() -> Issuer {
    let level = |code: &str, name: &str, native: &str, severity: u8| {
        json!({"code": code, "name": name, "native_name": native, "colour": "#123456", "meaning": "as it says", "severity": severity,
               "citation": "the test"})
    };
    let levels = json!([
        level("2", "Refrain from travel", "여행자제", 2),
        level("special", "Special travel advisory", "특별여행주의보", 3),
        level("3", "Leave", "출국권고", 4),
        level("4", "Travel ban", "여행금지", 5)
    ]);
    serde_json::from_value(json!({"code": "kr-mofa", "country": "KR", "nationalities": ["KR"], "name": "Ministry of Foreign Affairs",
        "native_name": "외교부", "url": null, "licence": "CC0-1.0", "attribution": "the test", "languages": ["en", "ko"],
        "levels": levels, "legal_effects": []}))
    .expect("an issuer")
}

/// The town's revision, with texts in these languages.
fn revision(id: &str, title: [(&str, &str); 2], text: [(&str, &str); 2], languages: &[&str]) -> Revision {
    let only = |texts: [(&str, &str); 2]| -> Texts {
        let kept = texts.into_iter().filter(|(lang, _)| languages.contains(lang));
        serde_json::from_value(json!(kept.collect::<std::collections::BTreeMap<_, _>>())).expect("texts")
    };
    Revision {
        id: RevisionId::try_from(id.to_owned()).expect("an id"),
        issuer: IssuerCode::parse("kr-mofa").expect("a code"),
        level: Some("4".to_owned()),
        title: only(title),
        text: only(text),
        published_at: at("2025-10-15T12:00:00Z"),
        valid: Window { from: Some(at("2025-10-15T15:00:00Z")), to: None },
        review_due: None,
        area: None,
        basis: None,
        accuracy_m: None,
        carves_out_of: vec![],
        legal_effects: vec![],
        exemptions: vec![],
        source_url: "https://example.org/said".to_owned(),
        note: None,
    }
}

fn town(languages: &[&str]) -> Revision {
    let (title, text) =
        ([("en", "Poipet city"), ("ko", "포이펫")], [("en", "Leave at once."), ("ko", "즉시 떠나십시오.")]);
    revision("kr-mofa:kh-poipet@3", title, text, languages)
}

fn province() -> Revision {
    let title = [("en", "Banteay Meanchey province"), ("ko", "반테이민체이주")];
    let text = [("en", "Cancel or postpone travel."), ("ko", "여행을 취소하거나 연기하십시오.")];
    revision("kr-mofa:kh-banteay-meanchey@2", title, text, &["en", "ko"])
}

/// What a case says happened.
fn happening(case: &Value) -> Happening {
    let severity = |code: &str| ministry().level(code).map_or(Severity::NO_STATEMENT, |(_, level)| level.severity);
    let key = |code: &str, number: u32| json!({"revision": number, "level": code, "severity": severity(code), "governs": true});
    let mut happening =
        json!({"kind": case["kind"], "cause": case["cause"], "advisory": "kr-mofa:kh-poipet", "from": case["from"]});
    for name in ["before", "after"] {
        if let Some(code) = case[name].as_str() {
            // a change is by a newer revision, but where only what stood above it is gone
            let newer = name == "before" && case["kind"] == "changed" && case["same_revision"] != true;
            happening[name] = key(code, if newer { 2 } else { 3 });
            happening[name]["governs"] = json!(name == "before" || case["exception"] != true);
            happening[name]["possible"] = json!(case["possible"] == true);
        }
    }
    serde_json::from_value(happening).expect("a happening")
}

#[test]
fn every_case_is_said_word_for_word() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/messages/said.json");
    let cases: Vec<Value> = serde_json::from_slice(&std::fs::read(path).expect("the cases")).expect("JSON");
    let (issuer, province, zone) = (ministry(), province(), TimeZone::get("Asia/Phnom_Penh").expect("a zone"));
    let mut wrong = Vec::new();
    for case in &cases {
        let languages: Vec<&str> = match case["published_in"].as_array() {
            Some(languages) => languages.iter().filter_map(Value::as_str).collect(),
            None => vec!["en", "ko"],
        };
        let (happening, revision) = (happening(case), town(&languages));
        let remains = case["remains"].as_str().and_then(|code| issuer.level(code));
        let facts = Facts {
            happening: &happening,
            issuer: &issuer,
            revision: &revision,
            valid: revision.valid,
            concern: serde_json::from_value::<Concern>(case["concern"].clone()).expect("a concern"),
            remains: remains.map(|(_, level)| (level, &province)),
            now: at("2025-10-20T02:00:00Z"),
            zone: &zone,
        };
        let said = compose::<Actual>(&facts, case["lang"].as_str().expect("a language")).expect("all is there");
        let body: Vec<&str> = said.body.lines().collect();
        if said.title != case["title"] || json!(body) != case["body"] {
            wrong.push(format!("{}:\n{}\n{}", case["reason"], said.title, said.body));
        }
    }
    assert!(cases.len() >= 15 && wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// Everything that there is to say, of which a test leaves something out.
struct Whole {
    happening: Happening,
    issuer: Issuer,
    revision: Revision,
    zone: TimeZone,
}

impl Whole {
    fn new() -> Self {
        let raised = json!({"kind": "changed", "cause": "advisory", "before": "2", "after": "4"});
        Self { happening: happening(&raised), issuer: ministry(), revision: town(&["en", "ko"]), zone: TimeZone::UTC }
    }

    fn facts(&self) -> Facts<'_> {
        Facts {
            happening: &self.happening,
            issuer: &self.issuer,
            revision: &self.revision,
            valid: self.revision.valid,
            concern: Concern::Trip,
            remains: None,
            now: at("2025-10-20T02:00:00Z"),
            zone: &self.zone,
        }
    }
}

#[test]
fn facts_without_an_element_make_no_message() {
    let lacks = |leave_out: fn(&mut Whole)| {
        let mut whole = Whole::new();
        leave_out(&mut whole);
        compose::<Actual>(&whole.facts(), "en").expect_err("something is missing")
    };
    assert!(compose::<Actual>(&Whole::new().facts(), "en").is_ok());
    assert_eq!(
        lacks(|whole| (whole.issuer.name, whole.issuer.native_name) = (String::new(), " ".to_owned())),
        [Missing::Source]
    );
    assert_eq!(lacks(|whole| whole.issuer.levels.retain(|level| level.code != "4")), [Missing::Hazard]);
    assert_eq!(lacks(|whole| whole.revision.title = Texts::default()), [Missing::Place]);
    assert_eq!(lacks(|whole| whole.revision.text = [("en", "  ")].into()), [Missing::Guidance]);
}

#[test]
fn a_message_that_leaves_something_out_or_says_it_out_of_order_is_refused() {
    let whole = Whole::new();
    let good = compose::<Actual>(&whole.facts(), "en").expect("all is there");
    let judged = |title: &str, body: &str, short: &str| {
        let message = Message::<Actual>::new(title.to_owned(), body.to_owned(), short.to_owned(), "en".to_owned());
        lint(&message, &whole.facts())
    };
    let without = |words: &str, instead: &str| judged(&good.title, &good.body.replace(words, instead), &good.short);
    assert_eq!(without("", ""), []);
    assert_eq!(without("Ministry of Foreign Affairs", "They"), [Missing::Source]);
    assert_eq!(without("Travel ban", "that"), [Missing::Hazard], "the level's word");
    assert_eq!(without("4", "four"), [Missing::Hazard], "the level's number");
    assert_eq!(without("raised from 2 to 4", "raised"), [Missing::Before], "what changed");
    assert_eq!(without("Poipet city", "there"), [Missing::Place]);
    assert_eq!(without("Leave at once.", "Mind it."), [Missing::Guidance]);
    assert_eq!(without("2025-10-15 15:00 UTC", "today"), [Missing::Time]);
    // the short text and the headline are messages too
    assert_eq!(
        judged(&good.title, &good.body, "Leave at once."),
        [Missing::Source, Missing::Hazard, Missing::Before, Missing::Place, Missing::Time]
    );
    assert_eq!(judged("A message", &good.body, &good.short), [Missing::Hazard, Missing::Place]);
    // guidance before the place
    let lines: Vec<&str> = good.body.lines().collect();
    let turned = format!("{}\n{}\n{}", lines[1], lines[0], lines[2]);
    assert_eq!(judged(&good.title, &turned, &good.short), [Missing::Hazard, Missing::Before, Missing::Guidance]);
}
