//! The report of a validation: one page to read and print, the gravest first. It keeps a bounded number of bookings in memory.

use askama::Template;
use jiff::Timestamp;

use crate::error::Issue;
use crate::flows::validate_bookings::lines::{issuers, reason};
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
    shown: Vec<Entry>,
    left_out: u64,
}

/// One booking that is not simply passed.
struct Entry {
    rank: u8,
    action: &'static str,
    verdict: &'static str,
    reference: String,
    source: String,
    passengers: Vec<(String, &'static str, String)>,
    reasons: Vec<(&'static str, String, String)>,
    doubts: Vec<(String, String)>,
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
        Self { file, policy: policy.clone(), epoch: snapshot.epoch, at, shown: Vec::new(), left_out: 0 }
    }

    /// Takes in a result, if somebody has to look at it.
    pub fn take(&mut self, result: BookingResult) {
        if result.action == Action::Pass {
            return;
        }
        let entry = Entry::of(result);
        if self.shown.len() < MOST {
            self.shown.push(entry);
            return;
        }
        self.left_out += 1;
        // a graver one takes the place of the mildest: what is left out is never the worst
        if let Some(mildest) = self.shown.iter_mut().min_by_key(|shown| shown.rank)
            && mildest.rank < entry.rank
        {
            *mildest = entry;
        }
    }

    /// The gravest bookings, each with its first reason.
    pub fn worst(&self) -> Vec<(String, String)> {
        let named = self.sorted().into_iter().take(NAMED);
        named.map(|entry| (format!("{} ({})", entry.reference, entry.source), entry.why())).collect()
    }

    fn sorted(&self) -> Vec<&Entry> {
        let mut sorted: Vec<&Entry> = self.shown.iter().collect();
        sorted.sort_by_key(|entry| std::cmp::Reverse(entry.rank));
        sorted
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
        let page = Page { report: self, tally, counts, notes, shown: self.sorted() };
        page.render().map_err(|e| format!("cannot write the report: {e}"))
    }
}

impl Entry {
    fn of(result: BookingResult) -> Self {
        let rank = match result.verdict {
            Some(Verdict::Prohibited) => 6,
            Some(Verdict::Avoid) => 5,
            Some(Verdict::Caution) => 4,
            None => 3,
            Some(Verdict::Indeterminate) => 2,
            Some(Verdict::Notice) => 1,
            Some(Verdict::Clear) => 0,
        };
        let passengers = result.party.iter().map(|p| (p.traveller.clone(), p.verdict.as_str(), issuers(p))).collect();
        let told = result.findings.iter().filter(|finding| finding.governs && finding.verdict != Verdict::Clear);
        let reasons = told.map(|f| (f.verdict.as_str(), reason(f), f.source_pointer.clone())).collect();
        let doubts = result.indeterminate.iter().map(|entry| (entry.detail.clone(), entry.source_pointer.clone()));
        Self {
            rank,
            action: result.action.as_str(),
            verdict: result.verdict.map_or("rejected", Verdict::as_str),
            reference: result.reference.unwrap_or_else(|| "no reference".to_owned()),
            source: result.source_pointer,
            passengers,
            reasons,
            doubts: doubts.collect(),
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
