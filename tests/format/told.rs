//! Documents and booking files with what is to be told of them, kept as data: each case says why.

use cordon::flows::check_itinerary::Reason;
use cordon::model::Verdict;
use serde::Deserialize;
use serde_json::Value;

use crate::support::{Answers, answers, bookings, cases};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    why: String,
    /// What the file is called, which says its format.
    #[serde(default)]
    name: String,
    #[serde(default)]
    text: Vec<String>,
    json: Option<Value>,
    #[serde(flatten)]
    told: Told,
}

#[derive(Default, Deserialize)]
struct Told {
    #[serde(rename = "ref")]
    reference: Option<String>,
    /// The worst over all plans; `rejected` where there is none.
    verdict: Option<String>,
    complete: Option<bool>,
    /// Whether nothing in the document itself leaves the answer in doubt.
    certain: Option<bool>,
    /// Where something is doubtful, and a part of why.
    #[serde(default)]
    doubts: Vec<(String, String)>,
    #[serde(default)]
    notes: Vec<(String, String)>,
    #[serde(default)]
    errors: Vec<(String, String)>,
    /// Of each of the party.
    nationalities: Option<Vec<String>>,
    /// When the first stop is occupied.
    times: Option<Vec<String>>,
    /// How many plans there are.
    plans: Option<usize>,
    #[serde(default)]
    bookings: Vec<Told>,
}

impl Case {
    fn document(&self) -> Vec<u8> {
        match &self.json {
            Some(json) => json.to_string().into_bytes(),
            None => self.text.join("\r\n").into_bytes(),
        }
    }
}

/// What is told otherwise than it should be.
fn differs(told: &Told, got: &Answers) -> Option<String> {
    let has = |found: &[(&str, &str)], (at, part): &(String, String)| {
        found.iter().any(|(pointer, detail)| pointer == at && detail.contains(part.as_str()))
    };
    match got {
        Err(errors) => {
            let found: Vec<(&str, &str)> = errors.iter().map(|e| (e.pointer.as_str(), e.detail.as_str())).collect();
            let is_right = told.verdict.as_deref() == Some("rejected") && told.errors.iter().all(|e| has(&found, e));
            (!is_right).then(|| format!("rejected: {found:?}"))
        }
        Ok(plans) => {
            let answers: Vec<_> = plans.iter().map(|(_, answer)| answer).collect();
            let party = plans.iter().flat_map(|(query, _)| &query.itinerary.party);
            let nationality = |code: &cordon::model::CountryCode| code.to_string();
            let nationalities: Vec<String> =
                party.map(|(_, who)| who.nationalities.iter().map(nationality).collect::<Vec<_>>().join("+")).collect();
            let window = plans[0].0.itinerary.stops[0].window;
            let times: Vec<String> = [window.from, window.to].into_iter().flatten().map(|t| t.to_string()).collect();
            let verdict = answers.iter().map(|answer| answer.verdict).fold(Verdict::Clear, Verdict::worse);
            let complete = answers.iter().all(|answer| answer.complete);
            let doubts = answers.iter().flat_map(|answer| &answer.indeterminate);
            let doubts: Vec<(&str, &str)> = doubts
                .filter(|entry| matches!(entry.reason, Reason::DoubtfulDocument | Reason::UnresolvedPlace))
                .map(|entry| (entry.source_pointer.as_str(), entry.detail.as_str()))
                .collect();
            let notes = answers.iter().flat_map(|answer| &answer.notes);
            let notes: Vec<(&str, &str)> = notes.map(|note| (note.pointer.as_str(), note.detail.as_str())).collect();
            let is_right = told.errors.is_empty()
                && told.verdict.as_deref().is_none_or(|told| told == verdict.as_str())
                && told.complete.is_none_or(|told| told == complete)
                && told.nationalities.as_ref().is_none_or(|told| *told == nationalities)
                && told.times.as_ref().is_none_or(|told| *told == times)
                && told.plans.is_none_or(|told| told == plans.len())
                && told.certain.is_none_or(|told| told == doubts.is_empty())
                && (told.doubts.is_empty() || !complete)
                && told.doubts.iter().all(|doubt| has(&doubts, doubt))
                && told.notes.iter().all(|note| has(&notes, note));
            (!is_right).then(|| {
                format!("{verdict}, complete {complete}, {nationalities:?} {times:?} {doubts:?}, notes {notes:?}")
            })
        }
    }
}

#[test]
fn documents() {
    let mut wrong = Vec::new();
    for file in cases("documents/told") {
        let cases: Vec<Case> = serde_json::from_slice(&file.1).unwrap_or_else(|e| panic!("{}: {e}", file.0));
        for case in cases {
            let got = answers(&case.name, &case.document());
            wrong.extend(differs(&case.told, &got).map(|got| format!("{}: {}\n  {got}", file.0, case.why)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn booking_files() {
    let mut wrong = Vec::new();
    for file in cases("bookings") {
        let cases: Vec<Case> = serde_json::from_slice(&file.1).unwrap_or_else(|e| panic!("{}: {e}", file.0));
        for case in cases {
            let got = bookings(&case.name, &case.document());
            let expected: Vec<_> = case.told.bookings.iter().map(|told| told.reference.clone()).collect();
            let references: Vec<_> = got.iter().map(|(reference, _)| reference.clone()).collect();
            if references != expected {
                wrong.push(format!("{}: {}\n  bookings {references:?}", file.0, case.why));
                continue;
            }
            for (told, (reference, got)) in case.told.bookings.iter().zip(&got) {
                let differs = differs(told, got);
                wrong.extend(differs.map(|got| format!("{}: {}\n  {reference:?} {got}", file.0, case.why)));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
