//! The governing match of each issuer, and the verdict over all of them, with every match kept and explained.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::effect::{self, Presence};
use super::{FenceId, FenceIndex};
use crate::geometry::{Placed, Placement};
use crate::model::{CountryCode, Exemption, RevisionId, Severity, Traveller, Verdict, Window};

/// A fence that touches a presence, judged for one traveller.
#[derive(Clone, Debug)]
pub struct Judged {
    /// The fence.
    pub fence: FenceId,
    /// Where the presence lies with regard to the fence.
    pub placed: Placed,
    /// When both hold: the presence and the revision.
    pub during: Window,
    /// What this match alone concludes.
    pub verdict: Verdict,
    /// Whether it governs its issuer's line at some instant.
    pub governs: bool,
    /// Whether nothing stands above it at some instant: it governs, or is as grave as what does, and holds without exemption.
    pub stands: bool,
    /// What stands above it, when it never governs.
    pub outranked_by: Option<RevisionId>,
    /// What lets this traveller through.
    pub exemption: Option<Exemption>,
}

/// Why an issuer's line cannot be clear.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum GapCode {
    /// Nobody has recorded what the issuer says about the country.
    NotCovered,
    /// The records begin later than the time asked about.
    BeforeRecords,
    /// The records were last compared with their source too long before the time asked about.
    Stale,
    /// A file that may speak about the country could not be read.
    RefusedFile,
}

/// Something that is not known and would have to be for a clear answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Gap {
    /// What kind of gap it is.
    pub code: GapCode,
    /// About which country; none when not even that is known.
    pub country: Option<CountryCode>,
    /// For a person to read.
    pub detail: String,
}

/// What one issuer says.
#[derive(Clone, Debug)]
pub struct IssuerLine {
    /// The issuer's place in [`FenceIndex::issuers`].
    pub issuer: usize,
    /// The worst instant's verdict; indeterminate where something is missing and nothing worse is certain.
    pub verdict: Verdict,
    /// The place in [`Judgement::matches`] of the match that governs at the worst instant.
    pub governing: Option<usize>,
    /// What is missing.
    pub gaps: Vec<Gap>,
}

/// Everything there is to say about one presence and one traveller.
#[derive(Clone, Debug)]
pub struct Judgement {
    /// The worst line.
    pub verdict: Verdict,
    /// A line for each issuer consulted, in their order.
    pub lines: Vec<IssuerLine>,
    /// All matches, grouped by issuer, the governing ones of each first, then the gravest.
    pub matches: Vec<Judged>,
}

/// What is asked of an index beside the place.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// Who.
    pub traveller: &'a Traveller,
    /// The issuers consulted, by their places in [`FenceIndex::issuers`].
    pub issuers: &'a [usize],
    /// What was known at this instant.
    pub as_of: Timestamp,
    /// How long statements are trusted after their last comparison with the source.
    pub max_age: SignedDuration,
}

/// Judges one presence, given everything that [`FenceIndex::locate`] found there.
pub fn judge(index: &FenceIndex, placed: &[Placed], presence: &Presence, question: &Question) -> Judgement {
    let countries: Vec<CountryCode> = placed.iter().filter_map(|p| index.country_of(p.shape)).collect();
    // nobody was asked, so nothing is known
    let verdict = if question.issuers.is_empty() { Verdict::Indeterminate } else { Verdict::Clear };
    let mut judgement = Judgement { verdict, lines: Vec::new(), matches: Vec::new() };
    for &issuer in question.issuers {
        let mut matches = matches_of(index, issuer, placed, presence, question);
        let (mut verdict, governing) = govern(index, &mut matches);
        let gaps = gaps(index, issuer, &countries, presence.window, question);
        if !gaps.is_empty() {
            verdict = verdict.worse(Verdict::Indeterminate);
        }
        let first = judgement.matches.len();
        let governing = governing.map(|i| first + i);
        judgement.verdict = judgement.verdict.worse(verdict);
        judgement.lines.push(IssuerLine { issuer, verdict, governing, gaps });
        judgement.matches.append(&mut matches);
    }
    judgement
}

/// All fences of an issuer at the place that are in force during the presence, the gravest first.
fn matches_of(
    index: &FenceIndex,
    issuer: usize,
    placed: &[Placed],
    presence: &Presence,
    question: &Question,
) -> Vec<Judged> {
    let known = &index.issuers().issuers[issuer];
    let mut matches = Vec::new();
    for place in placed {
        for &id in index.fences_on(place.shape) {
            let fence = index.fence(id);
            if fence.issuer != issuer {
                continue;
            }
            let during = fence.in_force(question.as_of).and_then(|period| presence.window.during(&period));
            let Some(during) = during else { continue };
            let exemption = effect::exemption(fence, question.traveller, presence).cloned();
            let verdict = effect::verdict(fence, known, question.traveller, presence, exemption.is_some());
            matches.push(Judged {
                fence: id,
                placed: *place,
                during,
                verdict,
                governs: false,
                stands: false,
                outranked_by: None,
                exemption,
            });
        }
    }
    matches.sort_by(|a, b| rank(index, b).total_cmp(&rank(index, a)));
    matches
}

/// The order among matches of one issuer: the graver level first; among equals the smaller area, which is the more specific.
#[derive(PartialEq)]
struct Rank {
    severity: Severity,
    level: usize,
    area_m2: f64,
    id: FenceId,
}

impl Rank {
    fn total_cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.severity, self.level)
            .cmp(&(other.severity, other.level))
            .then_with(|| other.area_m2.total_cmp(&self.area_m2))
            .then_with(|| self.id.cmp(&other.id))
    }
}

fn rank(index: &FenceIndex, judged: &Judged) -> Rank {
    let fence = index.fence(judged.fence);
    Rank { severity: fence.severity, level: fence.level, area_m2: fence.area_m2, id: judged.fence }
}

/// Settles which match governs at each instant of the presence, marks the others as outranked, and gives the worst instant's verdict
/// with the place of the match that governs then.
///
/// `matches` are ordered, the gravest first. The set of matches in force changes only where one of them begins or ends, so those
/// instants stand for all.
fn govern(index: &FenceIndex, matches: &mut [Judged]) -> (Verdict, Option<usize>) {
    let mut instants: Vec<Timestamp> =
        matches.iter().flat_map(|m| [Some(m.during.from.unwrap_or(Timestamp::MIN)), m.during.to]).flatten().collect();
    instants.sort_unstable();
    instants.dedup();
    let mut worst: (Verdict, Option<usize>) = (Verdict::Clear, None);
    for at in instants {
        let active: Vec<usize> = (0..matches.len()).filter(|&i| matches[i].during.contains(at)).collect();
        let carvers: Vec<usize> = active.iter().copied().filter(|&i| carves_any(index, &matches[i])).collect();
        let carved: Vec<Option<usize>> =
            active.iter().map(|&below| carver_of(index, matches, &carvers, below)).collect();
        let standing = || active.iter().zip(&carved).filter(|(_, by)| by.is_none()).map(|(&i, _)| i);
        let Some(governor) = standing().next() else { continue };
        matches[governor].governs = true;
        let level = |i: usize| {
            let fence = index.fence(matches[i].fence);
            (fence.severity, fence.level)
        };
        let equal: Vec<usize> =
            standing().filter(|&i| level(i) == level(governor) && matches[i].exemption.is_none()).collect();
        for i in equal.into_iter().chain([governor]) {
            matches[i].stands = true;
        }
        for (&i, by) in active.iter().zip(&carved) {
            if i != governor && matches[i].outranked_by.is_none() {
                let above = by.unwrap_or(governor);
                matches[i].outranked_by = Some(index.fence(matches[above].fence).revision.id.clone());
            }
        }
        let verdict = standing().map(|i| matches[i].verdict).fold(matches[governor].verdict, Verdict::worse);
        if worst.1.is_none() || worst.0.worse(verdict) != worst.0 {
            worst = (verdict, Some(governor));
        }
    }
    for judged in matches.iter_mut().filter(|judged| judged.governs) {
        judged.outranked_by = None;
    }
    worst
}

/// Whether a match is by a revision that carves anything out: few are.
fn carves_any(index: &FenceIndex, judged: &Judged) -> bool {
    !index.fence(judged.fence).revision.carves_out_of.is_empty()
}

/// The match among the carvers that carves another out.
///
/// Advisories that carve each other out, directly or around several corners, are a mistake in the data: of such a circle the gravest
/// stands.
fn carver_of(index: &FenceIndex, matches: &[Judged], carvers: &[usize], below: usize) -> Option<usize> {
    let carves = |above: usize, below: usize| carves_out(index, &matches[above], &matches[below]);
    carvers.iter().copied().find(|&above| {
        // matches are ordered, the gravest first
        carves(above, below) && !(below < above && leads_to(carvers, carves, below, above))
    })
}

/// Whether one match carves out another, or one that carves out another that does, and so on.
fn leads_to(carvers: &[usize], carves: impl Fn(usize, usize) -> bool, from: usize, to: usize) -> bool {
    let mut reached = vec![from];
    let mut next = 0;
    while let Some(&above) = reached.get(next) {
        let new: Vec<usize> =
            carvers.iter().copied().filter(|below| !reached.contains(below) && carves(above, *below)).collect();
        reached.extend(new);
        next += 1;
    }
    reached.contains(&to)
}

/// Whether `above` outranks `below` by a carve-out, where both hold.
///
/// A carve-out that lowers the level needs certainty: on its border, or within the doubt about it, the graver statement stands, since
/// danger is closed (design rules 3, 7 and 8).
fn carves_out(index: &FenceIndex, above: &Judged, below: &Judged) -> bool {
    let (carver, carved) = (index.fence(above.fence), index.fence(below.fence));
    let named = carver.revision.carves_out_of.contains(&carved.revision.id.advisory);
    let certain = above.placed.placement == Placement::Inside && !above.placed.on_border;
    let graver = (carver.severity, carver.level) >= (carved.severity, carved.level);
    above.fence != below.fence && named && (certain || graver)
}

/// What is not known about the countries at hand for a clear answer of this issuer.
///
/// An organisation that addresses no nationality knows its own statements completely.
fn gaps(index: &FenceIndex, issuer: usize, countries: &[CountryCode], window: Window, question: &Question) -> Vec<Gap> {
    let known = &index.issuers().issuers[issuer];
    if known.nationalities.is_empty() {
        return Vec::new();
    }
    let code = &known.code;
    // what is in force at a future instant is known as far as what was published until now is
    let last = window.to.map_or(question.as_of, |to| to.min(question.as_of));
    let first = window.from.unwrap_or(Timestamp::MIN).min(question.as_of);
    let mut gaps = Vec::new();
    if countries.is_empty() && index.places_missing() {
        let detail = "a file of places could not be read: the country here may be missing".to_owned();
        gaps.push(Gap { code: GapCode::RefusedFile, country: None, detail });
    }
    for &country in countries {
        let mut gap = |code: GapCode, detail: String| gaps.push(Gap { code, country: Some(country), detail });
        if let Some(file) = index.refused(issuer, country).next() {
            gap(GapCode::RefusedFile, format!("{} could not be read: {}", file.file, file.reason));
        }
        match index.coverage(issuer, country) {
            None => gap(GapCode::NotCovered, format!("what {code} says about {country} is not recorded here")),
            Some(coverage) if first < coverage.from => {
                gap(GapCode::BeforeRecords, format!("records of {code} about {country} begin at {}", coverage.from));
            }
            Some(coverage) if coverage.window(question.max_age).to.is_some_and(|end| last >= end) => gap(
                GapCode::Stale,
                format!(
                    "what {code} says about {country} was last compared with its source at {}",
                    coverage.verified_at
                ),
            ),
            Some(_) => {}
        }
    }
    gaps
}
