//! The report of a validation: one page to read and print, the gravest first. It keeps a bounded number of bookings in memory.

use askama::Template;
use jiff::Timestamp;

use crate::error::Issue;
use crate::flows::validate_bookings::lines::{issuers, reason, way};
use crate::flows::validate_bookings::{BookingResult, Tally};
use crate::format::policy::{Action, Policy};
use crate::live::Snapshot;
use crate::model::Verdict;

/// The most bookings a report shows; the result file has all.
const MOST: usize = 2_000;
/// The most that the summary on the terminal names.
const NAMED: usize = 5;

/// What a report is made of, gathered while results go by.
pub(super) struct Report {
    file: String,
    policy: Policy,
    epoch: u64,
    at: Timestamp,
    /// What is shown by how grave it is, the mildest first; together at most [`MOST`].
    shown: [Vec<Entry>; 7],
    left_out: u64,
}

/// One booking that is not simply passed.
struct Entry {
    action: &'static str,
    verdict: &'static str,
    reference: String,
    source: String,
    passengers: Vec<(String, &'static str, String)>,
    reasons: Vec<(&'static str, String, String)>,
    doubts: Vec<(String, String)>,
    ways: Vec<String>,
    notes: Vec<Issue>,
    errors: Vec<Issue>,
}

#[derive(Template)]
#[template(path = "validation.html")]
struct Page<'a> {
    report: &'a Report,
    tally: &'a Tally,
    counts: [(&'static str, u64); 7],
    notes: &'a [Issue],
    shown: Vec<&'a Entry>,
}

impl Report {
    pub fn new(file: String, policy: &Policy, snapshot: &Snapshot, at: Timestamp) -> Self {
        Self { file, policy: policy.clone(), epoch: snapshot.epoch, at, shown: Default::default(), left_out: 0 }
    }

    /// Takes in a result, if somebody has to look at it.
    pub fn take(&mut self, result: BookingResult) {
        if result.action == Action::Pass {
            return;
        }
        let rank = rank(result.verdict);
        if self.shown.iter().map(Vec::len).sum::<usize>() == MOST {
            self.left_out += 1;
            // a graver one takes the place of the mildest: what is left out is never the worst
            if self.shown[..rank].iter_mut().find_map(Vec::pop).is_none() {
                return;
            }
        }
        self.shown[rank].push(Entry::of(result));
    }

    /// The gravest bookings, each with its first reason.
    pub fn worst(&self) -> Vec<(String, String)> {
        let named = self.sorted().take(NAMED);
        named.map(|entry| (format!("{} ({})", entry.reference, entry.source), entry.why())).collect()
    }

    fn sorted(&self) -> impl Iterator<Item = &Entry> {
        self.shown.iter().rev().flatten()
    }

    /// The page.
    pub fn page(&self, tally: &Tally, notes: &[Issue]) -> Result<String, String> {
        let counts = [
            ("prohibited", tally.prohibited),
            ("avoid", tally.avoid),
            ("caution", tally.caution),
            ("indeterminate", tally.indeterminate),
            ("notice", tally.notice),
            ("clear", tally.clear),
            ("rejected", tally.rejected),
        ];
        let page = Page { report: self, tally, counts, notes, shown: self.sorted().collect() };
        page.render().map_err(|e| format!("cannot write the report: {e}"))
    }
}

/// How grave a verdict is, from 0; what could not be read comes before what is not known.
fn rank(verdict: Option<Verdict>) -> usize {
    match verdict {
        Some(Verdict::Prohibited) => 6,
        Some(Verdict::Avoid) => 5,
        Some(Verdict::Caution) => 4,
        None => 3,
        Some(Verdict::Indeterminate) => 2,
        Some(Verdict::Notice) => 1,
        Some(Verdict::Clear) => 0,
    }
}

impl Entry {
    fn of(result: BookingResult) -> Self {
        let passengers = result.party.iter().map(|p| (p.traveller.clone(), p.verdict.as_str(), issuers(p))).collect();
        let told = result.findings.iter().filter(|finding| finding.governs && finding.verdict != Verdict::Clear);
        let reasons = told.map(|f| (f.verdict.as_str(), reason(f), f.source_pointer.clone())).collect();
        let doubts = result.indeterminate.iter().map(|entry| (entry.detail.clone(), entry.source_pointer.clone()));
        Self {
            action: result.action.as_str(),
            verdict: result.verdict.map_or("rejected", Verdict::as_str),
            reference: result.reference.unwrap_or_else(|| "no reference".to_owned()),
            source: result.source_pointer,
            passengers,
            reasons,
            doubts: doubts.collect(),
            ways: result.ways.iter().map(way).collect(),
            notes: result.notes,
            errors: result.errors,
        }
    }

    fn why(&self) -> String {
        let first =
            self.reasons.iter().find(|(verdict, ..)| *verdict == self.verdict).map(|(_, reason, _)| reason.clone());
        let doubt = || self.doubts.first().map(|(doubt, _)| format!("{}: {doubt}", self.verdict));
        let error =
            || self.errors.first().map(|error| format!("{}: {}: {}", self.verdict, error.pointer, error.detail));
        first.or_else(error).or_else(doubt).unwrap_or_else(|| self.verdict.to_owned())
    }
}
