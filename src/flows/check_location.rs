//! Is a position concerned, by whom, and why?

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::answer::{ExemptionWords, FenceWords, Line, PlacementWord, Words, decimetres};
use super::list_issuers::unknown_issuer;
use crate::error::Error;
use crate::format::location::LocationQuery;
use crate::geometry::Placed;
use crate::live::Snapshot;
use crate::matching::{Presence, judge, judge::Question};
use crate::model::{CountryCode, IssuerCode, Purpose, RevisionId, Verdict, Window};

/// The answer to a location check. A clear one names the issuers consulted and the instant.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct LocationAnswer {
    /// The worst of all lines.
    pub verdict: Verdict,
    /// When somebody is there.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// What was known at this instant.
    #[schema(value_type = String, format = DateTime)]
    pub as_of: Timestamp,
    /// The set of fences that answered.
    pub epoch: u64,
    /// The countries the position lies in, or may; none at sea.
    pub countries: Vec<CountryCode>,
    /// A line for each issuer consulted.
    pub issuers: Vec<Line>,
    /// Every fence that touches the position at that instant, the governing one of each issuer first.
    pub matches: Vec<LocationMatch>,
    /// The issuers consulted that say nothing about the place: not the same as saying that it is safe.
    pub no_statement: Vec<IssuerCode>,
}

/// A fence that touches a position.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct LocationMatch {
    /// What the fence says.
    #[serde(flatten)]
    pub fence: FenceWords,
    /// What this match alone concludes for the traveller.
    pub verdict: Verdict,
    /// Certainly inside, or possibly.
    pub placement: PlacementWord,
    /// Signed geodesic distance to the outline in metres, negative inside; null for the whole Earth.
    pub margin_m: Option<f64>,
    /// Whether the position lies exactly on the outline, which counts as inside.
    pub on_border: bool,
    /// Whether it governs its issuer's line.
    pub governs: bool,
    /// What stands above it otherwise.
    pub outranked_by: Option<RevisionId>,
    /// What lets this traveller through; the match stays visible.
    pub exemption: Option<ExemptionWords>,
}

/// Checks one position.
///
/// # Errors
/// [`Error::Invalid`] when an issuer named does not exist.
pub fn check_location(
    snapshot: &Snapshot,
    max_age: SignedDuration,
    query: &LocationQuery,
) -> Result<LocationAnswer, Error> {
    answer(snapshot, max_age, query, &snapshot.index.locate(query.position))
}

/// The same with the position already looked up.
pub(super) fn answer(
    snapshot: &Snapshot,
    max_age: SignedDuration,
    query: &LocationQuery,
    placed: &[Placed],
) -> Result<LocationAnswer, Error> {
    let index = &snapshot.index;
    let issuers =
        index.issuers_for(&query.traveller, &query.issuers).map_err(|i| unknown_issuer(&query.issuers[i], i))?;
    let question = Question { traveller: &query.traveller, issuers: &issuers, as_of: query.as_of, max_age };
    let presence = Presence {
        passing: query.traveller.purpose == Purpose::Transit,
        ..Presence::staying(Window::instant(query.at))
    };
    let judgement = judge(index, placed, &presence, &question);
    let words = Words { index, question: &question, lang: &query.lang, brief: false };
    let lines = words.lines(&judgement);
    let mut margins = index.margins(query.position);
    Ok(LocationAnswer {
        verdict: judgement.verdict,
        at: query.at,
        as_of: query.as_of,
        epoch: snapshot.epoch,
        countries: placed.iter().filter_map(|p| index.country_of(p.shape)).collect(),
        no_statement: lines
            .iter()
            .filter(|line| line.governing.is_none() && line.indeterminate.is_empty())
            .map(|line| line.issuer.clone())
            .collect(),
        issuers: lines,
        matches: judgement
            .matches
            .iter()
            .map(|judged| LocationMatch {
                fence: words.fence(index.fence(judged.fence)),
                verdict: judged.verdict,
                placement: judged.placed.placement.into(),
                margin_m: decimetres(margins.of(judged.placed.shape).signed_m),
                on_border: judged.placed.on_border,
                governs: judged.governs,
                outranked_by: judged.outranked_by.clone(),
                exemption: judged.exemption.as_ref().map(|e| ExemptionWords::new(e, &query.lang)),
            })
            .collect(),
    })
}
