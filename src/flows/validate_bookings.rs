//! Validates bookings: each gets a verdict and what the agency's policy makes of it, apart from the mistakes of all others.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::check_itinerary::{Finding, Indeterminate, ItineraryAnswer, check_itinerary};
use crate::error::{Error, Issue};
use crate::format::document::Context;
use crate::format::document::bookings::Booking;
use crate::format::draft::{Asked, Draft};
use crate::format::policy::{Action, Policy};
use crate::geometry::Limits;
use crate::live::Snapshot;
use crate::model::{ExemptionKind, IssuerCode, RevisionId, Severity, Verdict};

pub mod lines;
mod ordered;

pub use ordered::in_order;

/// What became of one booking. Texts of advisories are read at `/v1/advisories/{id}`; a result names revisions.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct BookingResult {
    /// Its number in the file, from 0.
    pub number: u64,
    /// Its reference, as written.
    #[serde(rename = "ref")]
    pub reference: Option<String>,
    /// Where it is in the caller's file: a row, a line or a JSON pointer.
    pub source_pointer: String,
    /// The worst over all passengers; none where the booking could not be read.
    pub verdict: Option<Verdict>,
    /// What the policy says is to be done.
    pub action: Action,
    /// Whether every part could be determined.
    pub complete: bool,
    /// Every passenger with their issuers.
    pub party: Vec<PassengerResult>,
    /// What touches the booking.
    pub findings: Vec<BookingFinding>,
    /// What could not be determined, and why.
    pub indeterminate: Vec<Indeterminate>,
    /// What was left out of the booking, and what was assumed about it.
    pub notes: Vec<Issue>,
    /// What is wrong with it, each at its place in the file.
    pub errors: Vec<Issue>,
}

/// One passenger's verdict.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct PassengerResult {
    /// The agency's id.
    pub traveller: String,
    /// The worst of the issuers' lines.
    pub verdict: Verdict,
    /// Every issuer that was consulted.
    pub issuers: Vec<IssuerResult>,
}

/// What one issuer says to one passenger.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct IssuerResult {
    /// The issuer.
    pub issuer: IssuerCode,
    /// What its statements conclude.
    pub verdict: Verdict,
    /// The issuer's code of the governing level; null where there is no statement.
    pub level: Option<String>,
    /// The revision that governs.
    pub governing: Option<RevisionId>,
}

/// An advisory that touches a booking.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct BookingFinding {
    /// The stop's place, or how the leg is travelled.
    pub subject: String,
    /// Whom it concerns in this way.
    pub travellers: Vec<String>,
    /// The revision.
    pub revision: RevisionId,
    /// Its headline.
    pub title: String,
    /// Our reading of the level.
    pub severity: Severity,
    /// The issuer's code of the level.
    pub level: String,
    /// What it concludes for these travellers.
    pub verdict: Verdict,
    /// When it first may be so.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub from: Option<Timestamp>,
    /// When it may last be so.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub to: Option<Timestamp>,
    /// Metres of a known way certainly or possibly inside.
    pub inside_m: Option<f64>,
    /// Whether it governs its issuer's line at some instant.
    pub governs: bool,
    /// What lets these travellers through.
    pub exemption: Option<ExemptionKind>,
    /// Where the stop or leg is in the caller's file.
    pub source_pointer: String,
}

/// How many bookings ended how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Tally {
    /// All of them.
    pub bookings: u64,
    /// Verdict clear.
    pub clear: u64,
    /// Verdict notice.
    pub notice: u64,
    /// Verdict caution.
    pub caution: u64,
    /// Verdict avoid.
    pub avoid: u64,
    /// Verdict prohibited.
    pub prohibited: u64,
    /// Verdict indeterminate.
    pub indeterminate: u64,
    /// Could not be read.
    pub rejected: u64,
    /// To be looked at.
    pub review: u64,
    /// Not to be sold.
    pub block: u64,
}

impl Tally {
    /// Counts one.
    pub fn add(&mut self, verdict: Option<Verdict>, action: Action) {
        self.bookings += 1;
        match verdict {
            None => self.rejected += 1,
            Some(Verdict::Clear) => self.clear += 1,
            Some(Verdict::Notice) => self.notice += 1,
            Some(Verdict::Caution) => self.caution += 1,
            Some(Verdict::Avoid) => self.avoid += 1,
            Some(Verdict::Prohibited) => self.prohibited += 1,
            Some(Verdict::Indeterminate) => self.indeterminate += 1,
        }
        match action {
            Action::Pass => {}
            Action::Review => self.review += 1,
            Action::Block => self.block += 1,
        }
    }
}

/// Everything that bookings are validated with.
#[derive(Clone, Copy)]
pub struct Validation<'a> {
    /// What answers.
    pub snapshot: &'a Snapshot,
    /// How long statements are trusted.
    pub max_age: SignedDuration,
    /// What a geometry may cost.
    pub limits: &'a Limits,
    /// The agency's policy.
    pub policy: &'a Policy,
    /// Now.
    pub now: Timestamp,
}

impl Validation<'_> {
    /// Validates one booking.
    pub fn validate(&self, booking: &Booking) -> BookingResult {
        let context = Context { gazetteer: &self.snapshot.gazetteer, limits: self.limits, extractor: None };
        let answers = || {
            booking.read(&context).and_then(|plans| {
                let answer =
                    |(draft, own): &(Draft, Option<Asked>)| self.answer(draft, own.as_ref()).map_err(Error::issues);
                plans.iter().map(answer).collect::<Result<Vec<_>, _>>()
            })
        };
        // a mistake of ours in one booking must not take all others with it
        let answers = std::panic::catch_unwind(std::panic::AssertUnwindSafe(answers)).unwrap_or_else(|_| {
            tracing::error!(booking = booking.number, "validating a booking panicked");
            Err(vec![Issue {
                pointer: booking.place(),
                code: "internal_error",
                detail: "a mistake of ours".to_owned(),
            }])
        });
        let mut result = BookingResult {
            number: booking.number,
            reference: booking.reference().map(str::to_owned),
            source_pointer: booking.place(),
            verdict: None,
            action: self.policy.indeterminate,
            complete: false,
            party: Vec::new(),
            findings: Vec::new(),
            indeterminate: Vec::new(),
            notes: Vec::new(),
            errors: Vec::new(),
        };
        match answers {
            Err(errors) => result.errors = errors,
            Ok(answers) => {
                let verdict = answers.iter().map(|answer| answer.verdict).fold(Verdict::Clear, Verdict::worse);
                result.verdict = Some(verdict);
                result.complete = answers.iter().all(|answer| answer.complete);
                result.action = self.policy.action(verdict, result.complete);
                for answer in answers {
                    result.take(answer);
                }
            }
        }
        result
    }

    fn answer(&self, draft: &Draft, own: Option<&Asked>) -> Result<ItineraryAnswer, Error> {
        let mut asked = self.policy.asked();
        if let Some(own) = own {
            asked.as_of = own.as_of.clone().or(asked.as_of);
            asked.lang = own.lang.clone().or(asked.lang);
            asked.corridor_m = own.corridor_m;
            for issuer in &own.issuers {
                if !asked.issuers.contains(issuer) {
                    asked.issuers.push(issuer.clone());
                }
            }
        }
        let mut query = draft.query(&asked, &self.snapshot.gazetteer, self.limits, self.now)?;
        query.brief = true;
        check_itinerary(self.snapshot, self.max_age, &query)
    }
}

impl BookingResult {
    fn take(&mut self, answer: ItineraryAnswer) {
        if self.reference.is_none() {
            self.reference = answer.reference;
        }
        self.party.extend(answer.party.into_iter().map(|member| {
            PassengerResult {
                traveller: member.traveller,
                verdict: member.verdict,
                issuers: member
                    .issuers
                    .into_iter()
                    .map(|line| IssuerResult {
                        issuer: line.issuer,
                        verdict: line.verdict,
                        level: line.level.map(|level| level.code),
                        governing: line.governing,
                    })
                    .collect(),
            }
        }));
        self.findings.extend(answer.findings.into_iter().map(BookingFinding::from));
        self.indeterminate.extend(answer.indeterminate);
        self.notes.extend(answer.notes);
    }
}

impl From<Finding> for BookingFinding {
    fn from(finding: Finding) -> Self {
        Self {
            subject: finding.subject.words(),
            travellers: finding.travellers,
            revision: finding.fence.revision,
            title: finding.fence.title,
            severity: finding.fence.severity,
            level: finding.fence.level.code,
            verdict: finding.verdict,
            from: finding.from,
            to: finding.to,
            inside_m: finding.way.map(|way| way.inside_m),
            governs: finding.governs,
            exemption: finding.exemption.map(|exemption| exemption.kind),
            source_pointer: finding.source_pointer,
        }
    }
}
