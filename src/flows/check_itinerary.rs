//! Is a plan concerned: which stop or leg, by which revision, from when to when, for whom, and what could not be determined?

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::answer::{ExemptionWords, FenceWords, Line, PlacementWord, Words};
use super::list_issuers::unknown_issuer;
use crate::error::{Error, Issue};
use crate::format::itinerary::ItineraryQuery;
use crate::live::Snapshot;
use crate::matching::judge::Question;
use crate::matching::{AppliedEffect, FenceIndex, GapCode};
use crate::model::{IssuerCode, Mode, RevisionId, Transit, Traveller, Verdict};

pub mod ahead;
mod collect;
pub mod concerns;
mod legs;
mod passages;
pub mod places;
mod stops;
mod ways;

use collect::Collector;
pub(super) use legs::governing_along;
pub use ways::{FoundWays, WayAround, WayOption, WaySource};

/// The answer to an itinerary check.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct ItineraryAnswer {
    /// The worst over everybody; indeterminate when a part is and nothing certain is *avoid* or worse.
    pub verdict: Verdict,
    /// Whether every part could be determined.
    pub complete: bool,
    /// What was known at this instant.
    #[schema(value_type = String, format = DateTime)]
    pub as_of: Timestamp,
    /// The set of fences that answered.
    pub epoch: u64,
    /// The caller's reference.
    #[serde(rename = "ref")]
    pub reference: Option<String>,
    /// What each traveller's issuers say, over the whole plan.
    pub party: Vec<MemberAnswer>,
    /// What touches the plan, in its order.
    pub findings: Vec<Finding>,
    /// What could not be determined, and why.
    pub indeterminate: Vec<Indeterminate>,
    /// What was left out of the caller's document (`dropped`), what was assumed about it (`assumed`), and what leaves the answer incomplete
    /// (`doubtful`).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Issue>,
    /// For legs whose way was not given: the ways that were found, each with its verdict.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ways: Vec<FoundWays>,
}

/// One traveller's verdict.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct MemberAnswer {
    /// The caller's id.
    pub traveller: String,
    /// The worst of the lines.
    pub verdict: Verdict,
    /// A line for each issuer consulted.
    pub issuers: Vec<Line>,
}

/// The part of a plan something is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Subject {
    /// A stop.
    Stop {
        /// The caller's id.
        id: String,
        /// What the place is called.
        place: String,
    },
    /// A leg.
    Leg {
        /// The caller's id.
        id: String,
        /// How it is travelled.
        mode: Mode,
    },
}

impl Subject {
    /// In a word or two: the stop's place, or how the leg is travelled.
    pub fn words(&self) -> String {
        match self {
            Self::Stop { place, id } if place.is_empty() => format!("stop {id}"),
            Self::Stop { place, .. } => place.clone(),
            Self::Leg { id, mode } => format!("{} {id}", mode.as_str()),
        }
    }
}

/// A fence that touches a stop or leg while it is in force.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Finding {
    /// Which stop or leg.
    pub subject: Subject,
    /// Whom it concerns in this way.
    pub travellers: Vec<String>,
    /// What the fence says.
    #[serde(flatten)]
    pub fence: FenceWords,
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
    /// Where along a leg with a known way.
    pub way: Option<Way>,
    /// What the operator's table calls the usual way or crossing this is about, where it is not known whether the leg takes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usual_way: Option<String>,
    /// Whether it governs its issuer's line at some instant.
    pub governs: bool,
    /// Whether nothing stands above it at some instant: its changes are told to whoever watches the plan.
    #[serde(skip)]
    pub stands: bool,
    /// What stands above it otherwise.
    pub outranked_by: Option<RevisionId>,
    /// What lets these travellers through; the finding stays visible.
    pub exemption: Option<ExemptionWords>,
    /// How a stop is only passed through; airside counts one class lower.
    pub transit: Option<Transit>,
    /// What the law attaches to it for these travellers.
    pub legal_effects: Vec<AppliedEffect>,
    /// JSON pointer to the stop or leg in the caller's document.
    pub source_pointer: String,
}

/// Where along a leg a fence is touched.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Way {
    /// Metres from the start of the leg where it first enters, or may.
    pub enters_m: f64,
    /// Metres from the start of the leg where it last leaves, or may.
    pub leaves_m: f64,
    /// Metres certainly or possibly inside.
    pub inside_m: f64,
    /// Where it enters: longitude, latitude.
    pub enters_at: [f64; 2],
    /// Where it leaves: longitude, latitude.
    pub leaves_at: [f64; 2],
    /// Every entry and exit in between, in their order; the first 32 where there are more.
    pub passages: Vec<Passage>,
    /// How many there are.
    pub passage_count: usize,
    /// How the way is known.
    pub source: WaySource,
    /// Which of several ways that were found, as its place in `options` of the leg's entry in `ways`; 0 for a given way.
    #[serde(skip_serializing_if = "is_first")]
    pub option: usize,
}

impl Way {
    /// How many passages are listed.
    pub const LISTED: usize = 32;
}

/// One passage through a fence: from where a leg enters it, or may, to where it next leaves.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Passage {
    /// Metres from the start of the leg where it enters.
    pub enters_m: f64,
    /// Metres from the start of the leg where it leaves.
    pub leaves_m: f64,
    /// Where it enters: longitude, latitude.
    pub enters_at: [f64; 2],
    /// Where it leaves: longitude, latitude.
    pub leaves_at: [f64; 2],
    /// Certainly inside in some of it, or possibly at most.
    pub placement: PlacementWord,
    /// When it first may be entered.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub from: Option<Timestamp>,
    /// When it may last be left.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub to: Option<Timestamp>,
}

// the signature that serde asks for
#[allow(clippy::trivially_copy_pass_by_ref)]
fn is_first(option: &usize) -> bool {
    *option == 0
}

/// Why a part of the plan could not be determined.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The place of a stop was not found.
    UnresolvedPlace,
    /// The way of an overland leg is not known, and a fence of severity 3 or more lies within reach.
    MissingRoute,
    /// A routing engine was asked for the way of a leg and gave none.
    RoutingFailed,
    /// Nobody has recorded what the issuer says about the country.
    NotCovered,
    /// The records begin later than the time asked about.
    BeforeRecords,
    /// The records were last compared with their source too long before the time asked about.
    Stale,
    /// A file that may speak about the country could not be read.
    RefusedFile,
    /// The caller's document contradicts itself about a place, or holds something that could not be taken into the plan.
    DoubtfulDocument,
}

impl From<GapCode> for Reason {
    fn from(code: GapCode) -> Self {
        match code {
            GapCode::NotCovered => Self::NotCovered,
            GapCode::BeforeRecords => Self::BeforeRecords,
            GapCode::Stale => Self::Stale,
            GapCode::RefusedFile => Self::RefusedFile,
        }
    }
}

/// Something that could not be determined.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Indeterminate {
    /// Which stop or leg.
    pub subject: Subject,
    /// Whom it leaves in doubt.
    pub travellers: Vec<String>,
    /// Whose statements are in question; none when it is everybody's.
    pub issuer: Option<IssuerCode>,
    /// Why.
    pub reason: Reason,
    /// For a person to read.
    pub detail: String,
    /// The revisions that may concern the leg, the gravest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub revisions: Vec<RevisionId>,
    /// JSON pointer to the stop or leg in the caller's document.
    pub source_pointer: String,
}

/// The issuers that are consulted for a traveller. A home issuer stands beside all that would be heard without it: whose nationality is not
/// known hears every issuer all the same.
///
/// # Errors
/// [`Error::Invalid`] when an issuer named does not exist.
pub(super) fn issuers_of(
    index: &FenceIndex,
    traveller: &Traveller,
    query: &ItineraryQuery,
) -> Result<Vec<usize>, Error> {
    let mut issuers = index.issuers_for(traveller, &query.issuers).map_err(|i| unknown_issuer(&query.issuers[i], i))?;
    for (i, code) in query.home.iter().enumerate() {
        let (home, _) = index.issuers().find(code).ok_or_else(|| unknown_issuer(code, i))?;
        if !issuers.contains(&home) {
            issuers.push(home);
        }
    }
    issuers.sort_unstable();
    Ok(issuers)
}

/// Checks a plan.
///
/// # Errors
/// [`Error::Invalid`] when an issuer named does not exist.
pub fn check_itinerary(
    snapshot: &Snapshot,
    max_age: SignedDuration,
    query: &ItineraryQuery,
) -> Result<ItineraryAnswer, Error> {
    let index: &FenceIndex = &snapshot.index;
    let itinerary = &query.itinerary;
    let visited = stops::visit(index, itinerary);
    let stays_in = stops::stays_in(&visited);
    let travellers = itinerary
        .travellers()
        .into_iter()
        .map(|(traveller, places)| Ok((traveller, places, issuers_of(index, traveller, query)?)))
        .collect::<Result<Vec<_>, Error>>()?;
    let mut heard: Vec<usize> = travellers.iter().flat_map(|(.., issuers)| issuers).copied().collect();
    heard.sort_unstable();
    heard.dedup();
    let bearing = legs::bearing(index, itinerary, &heard, query.as_of);
    let travelled = legs::travel(index, &snapshot.corridors, itinerary, query.corridor_m, &stays_in, &bearing);
    let mut verdicts: Vec<Vec<Verdict>> = travelled.iter().map(|leg| vec![Verdict::Clear; leg.options()]).collect();
    let mut collector = Collector::new(itinerary);
    let mut party: Vec<Option<MemberAnswer>> = vec![None; itinerary.party.len()];
    for (traveller, places, issuers) in travellers {
        let question = Question { traveller, issuers: &issuers, as_of: query.as_of, max_age };
        let words = Words { index, question: &question, lang: &query.lang, brief: query.brief };
        let ids: Vec<&str> = places.iter().map(|&place| itinerary.party[place].0.as_str()).collect();
        let mut member = collector.member(&ids, &words);
        for (i, stop) in visited.iter().enumerate() {
            member.at_stop(i);
            stop.judge(&mut member);
        }
        for ((leg, travelled), verdicts) in itinerary.legs.iter().zip(&travelled).zip(&mut verdicts) {
            member.at_leg(leg);
            travelled.judge(&mut member, verdicts);
        }
        let (verdict, issuers) = member.finish();
        for (place, id) in places.into_iter().zip(ids) {
            party[place] = Some(MemberAnswer { traveller: id.to_owned(), verdict, issuers: issuers.clone() });
        }
    }
    let party: Vec<MemberAnswer> = party.into_iter().flatten().collect();
    let (findings, indeterminate) = collector.finish(itinerary);
    Ok(ItineraryAnswer {
        verdict: party.iter().map(|member| member.verdict).fold(Verdict::Clear, Verdict::worse),
        complete: indeterminate.is_empty(),
        as_of: query.as_of,
        epoch: snapshot.epoch,
        reference: itinerary.reference.clone(),
        party,
        findings,
        indeterminate,
        notes: query.notes.clone(),
        ways: travelled
            .iter()
            .zip(&verdicts)
            .filter_map(|(leg, verdicts)| leg.found(verdicts, &query.lang, query.brief))
            .collect(),
    })
}
