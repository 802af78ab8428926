//! Validates bookings: each gets a verdict and what the agency's policy makes of it, apart from the mistakes of all others.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use tokio::runtime::Handle;

use super::answer::PlacementWord;
use super::check_itinerary::{Finding, FoundWays, Indeterminate, ItineraryAnswer, Subject, check_itinerary};
use super::placed_stops::{PlacedStop, placed_stops};
use super::route_legs::route_legs;
use crate::error::{Error, Issue};
use crate::format::document::bookings::Booking;
use crate::format::itinerary::ItineraryQuery;
use crate::format::policy::{Action, Policy};
use crate::geometry::Limits;
use crate::live::Snapshot;
use crate::model::{ExemptionKind, IssuerCode, RevisionId, Severity, Verdict};
use crate::route::Router;

pub mod lines;
mod ordered;
pub mod plans;

pub use ordered::in_order;
use plans::Asking;

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
    /// Its stops, as they were found.
    pub stops: Vec<PlacedStop>,
    /// Every passenger with their issuers.
    pub party: Vec<PassengerResult>,
    /// What touches the booking.
    pub findings: Vec<BookingFinding>,
    /// What could not be determined, and why.
    pub indeterminate: Vec<Indeterminate>,
    /// For legs whose way was not given: who was asked for it, and the ways that were found.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ways: Vec<FoundWays>,
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
    /// Which stop or leg.
    pub subject: Subject,
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
    /// Certainly inside, or possibly.
    pub placement: PlacementWord,
    /// When it first may be so.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub from: Option<Timestamp>,
    /// When it may last be so.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub to: Option<Timestamp>,
    /// Metres of a known way certainly or possibly inside.
    pub inside_m: Option<f64>,
    /// Where the way enters: longitude, latitude.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enters_at: Option<[f64; 2]>,
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
    pub snapshot: &'a Arc<Snapshot>,
    /// How long statements are trusted.
    pub max_age: SignedDuration,
    /// What a geometry may cost.
    pub limits: &'a Limits,
    /// The agency's policy.
    pub policy: &'a Policy,
    /// Now.
    pub now: Timestamp,
    /// Who is asked for ways that the bookings do not give.
    pub roads: Option<Roads<'a>>,
}

/// A routing engine, and the runtime on which its answers come.
#[derive(Clone, Copy)]
pub struct Roads<'a> {
    /// Who is asked.
    pub router: &'a Router,
    /// Where.
    pub runtime: &'a Handle,
}

/// Bookings that wait for a routing engine at once: it computes one while the next is on its way there.
const WAITING: usize = 8;
/// Bookings that are handed to a thread together where they wait for nothing.
const TOGETHER: usize = 32;

impl Validation<'_> {
    /// How many threads are to work on bookings, and how many bookings each takes at a time: one thread for each core, or more, with a
    /// booking each, where they mostly wait for an engine.
    pub fn hands(&self) -> (usize, usize) {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        if self.roads.is_some() { (cores.max(WAITING), 1) } else { (cores, TOGETHER) }
    }

    /// Validates one booking.
    pub fn validate(&self, booking: &Booking) -> BookingResult {
        let answers = || {
            let answer = |query: ItineraryQuery| Ok((placed_stops(&query.itinerary), self.answer(query)?));
            let queries = self.queries(booking)?;
            queries.into_iter().map(answer).collect::<Result<Vec<_>, Error>>().map_err(Error::issues)
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
            reference: None,
            source_pointer: booking.place(),
            verdict: None,
            action: self.policy.indeterminate,
            complete: false,
            stops: Vec::new(),
            party: Vec::new(),
            findings: Vec::new(),
            indeterminate: Vec::new(),
            ways: Vec::new(),
            notes: Vec::new(),
            errors: Vec::new(),
        };
        match answers {
            Err(errors) => {
                result.reference = booking.reference();
                result.errors = errors;
            }
            Ok(answers) => {
                let verdict = answers.iter().map(|(_, answer)| answer.verdict).fold(Verdict::Clear, Verdict::worse);
                result.verdict = Some(verdict);
                result.complete = answers.iter().all(|(_, answer)| answer.complete);
                result.action = self.policy.action(verdict, result.complete);
                for (stops, answer) in answers {
                    result.stops.extend(stops);
                    result.take(answer);
                }
            }
        }
        result
    }

    /// What is asked about a booking, a question for each plan in it.
    ///
    /// # Errors
    /// Everything that is wrong with it, at places in its file.
    pub fn queries(&self, booking: &Booking) -> Result<Vec<ItineraryQuery>, Vec<Issue>> {
        let Self { snapshot, limits, policy, now, .. } = *self;
        let mut queries = Asking { snapshot, limits, policy, as_of: None, now }.plans(booking)?;
        for query in &mut queries {
            query.brief = true;
        }
        Ok(queries)
    }

    fn answer(&self, mut query: ItineraryQuery) -> Result<ItineraryAnswer, Error> {
        if let Some(Roads { router, runtime }) = self.roads {
            query = runtime.block_on(route_legs(Some(router), self.snapshot, self.max_age, query));
        }
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
        self.ways.extend(answer.ways);
        self.notes.extend(answer.notes);
    }
}

impl From<Finding> for BookingFinding {
    fn from(finding: Finding) -> Self {
        Self {
            subject: finding.subject,
            travellers: finding.travellers,
            revision: finding.fence.revision,
            title: finding.fence.title,
            severity: finding.fence.severity,
            level: finding.fence.level.code,
            verdict: finding.verdict,
            placement: finding.placement,
            from: finding.from,
            to: finding.to,
            inside_m: finding.way.as_ref().map(|way| way.inside_m),
            enters_at: finding.way.map(|way| way.enters_at),
            governs: finding.governs,
            exemption: finding.exemption.map(|exemption| exemption.kind),
            source_pointer: finding.source_pointer,
        }
    }
}
