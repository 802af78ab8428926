//! Where a traveller is with regard to each advisory, from fixes that are noisy, late, repeated or plainly wrong (design rule 14).
//!
//! Entering is fast: one good fix that is certainly inside, or two doubtful ones. Leaving needs certainty: [`LEAVING_FIXES`] good fixes in
//! a row, over at least [`LEAVING_TIME`], each outside by more than twice its own accuracy plus that of the outline. A phone states the
//! radius that holds the truth in two cases of three; for normally distributed errors twice that radius holds it in 99 of 100, and what
//! is left is independent from one fix to the next only after some minutes (buildings, cell towers), hence the time.
//!
//! A phone that lies still mixes fixes of a few metres with fixes of a cell tower. One that is coarser than another of the last
//! [`FINEST_FOR`] and agrees with it, within twice its own radius, does not say that anybody moved: alone it makes neither an entry nor an exit.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::judge::{Question, judge};
use super::{FenceId, FenceIndex, Presence};
use crate::geometry::{Placed, Placement, Position, relate};
use crate::model::{AdvisoryId, MatchKey, MatchSet, Purpose, Window};

/// Good fixes in a row that make an exit certain.
pub const LEAVING_FIXES: u32 = 3;

/// The least time those fixes span.
pub const LEAVING_TIME: SignedDuration = SignedDuration::from_mins(10);

/// For this long after an exit one fix inside is no entry yet: two are, both believed. Somebody was told both a moment ago, and a phone that
/// lies says most often where it was then.
pub const JUST_LEFT: SignedDuration = SignedDuration::from_mins(30);

/// For this long a fix is what coarser ones are held against.
pub const FINEST_FOR: SignedDuration = SignedDuration::from_mins(30);

/// Faster than any airliner over ground, in metres per second: a fix that needs more is not believed.
pub const FASTEST_M_S: f64 = 350.0;

/// What one fix says about one advisory in force, the least inside first. An advisory that is certainly not there, by twice the accuracy,
/// is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Evidence {
    /// Outside by the stated accuracy, not by twice that: neither an entry nor an exit.
    Near,
    /// Inside or outside: the border is nearer than fix and outline are known.
    Possible,
    /// Certainly inside.
    Inside,
}

/// What the fixes say about all advisories around them.
pub type Surroundings = BTreeMap<AdvisoryId, Evidence>;

/// The last position that is believed: rounded, and no better known than that.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Anchor {
    lat: f64,
    lon: f64,
    accuracy_m: f64,
    /// When the traveller was there.
    pub at: Timestamp,
}

impl Anchor {
    /// Positions are kept on a grid of this many degrees.
    pub const GRID_DEG: f64 = 0.001;

    /// No grid point is farther than this from what it stands for, in metres: half the diagonal of a cell on the equator.
    pub const GRID_M: f64 = 80.0;

    /// Rounds a position; what that takes from it is added to its accuracy.
    pub fn new(position: Position, at: Timestamp) -> Self {
        let round = |degrees: f64| (degrees / Self::GRID_DEG).round() / (1.0 / Self::GRID_DEG).round();
        Self {
            lat: round(position.lat()),
            lon: round(position.lon()),
            accuracy_m: (position.accuracy_m() + Self::GRID_M).ceil().min(Position::MAX_ACCURACY_M),
            at,
        }
    }

    /// The rounded position, as accurate as it still is.
    ///
    /// # Errors
    /// When what was stored is no position.
    pub fn position(&self) -> Result<Position, crate::geometry::InvalidPosition> {
        Position::new(self.lat, self.lon)?.with_accuracy(self.accuracy_m)
    }
}

/// The finest fix of late, with what it said.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Finest {
    place: Anchor,
    around: Surroundings,
    /// A coarser fix did not agree with it: if another does not, the traveller has moved.
    doubted: bool,
}

impl Finest {
    fn is_finer_than(&self, fix: Position) -> bool {
        self.place.accuracy_m < fix.accuracy_m() + Anchor::GRID_M
    }

    /// Whether the fix may be of the same place.
    fn agrees(&self, fix: Position) -> bool {
        let farthest_m = 2.0 * fix.accuracy_m() + self.place.accuracy_m;
        self.place.position().is_ok_and(|place| place.distance_m(fix) <= farthest_m)
    }
}

/// A fix that cannot be believed beside the last one; not its place, which nobody needs to keep, but how far off it was.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Stray {
    at: Timestamp,
    distance_m: f64,
    accuracy_m: f64,
}

/// Fixes in a row that say the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Run {
    since: Timestamp,
    fixes: u32,
}

impl Run {
    fn extended(run: Option<Self>, at: Timestamp) -> Self {
        run.map_or(Self { since: at, fixes: 1 }, |run| Self { fixes: run.fixes + 1, ..run })
    }

    fn is_certain(self, at: Timestamp) -> bool {
        self.fixes >= LEAVING_FIXES && at.duration_since(self.since) >= LEAVING_TIME
    }
}

/// How the traveller stands to one advisory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "phase", rename_all = "lowercase")]
enum Phase {
    /// One doubtful fix was there, or any a moment after it was left.
    Glimpsed {
        at: Timestamp,
        #[serde(default)]
        left: Option<Timestamp>,
    },
    /// There. `certain`: no doubt since; `sure` and `gone` count towards being certain again, and towards an exit.
    Inside { certain: bool, sure: Option<Run>, gone: Option<Run> },
    /// Left a moment ago.
    Left { at: Timestamp },
}

/// What became of a fix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Taken {
    /// It is the last position now.
    Accepted,
    /// It implies an impossible speed: it may add to an entry, and is nowhere kept.
    Doubted,
    /// A later one is known, or this very one: nothing changes.
    Late,
}

/// Everything that is remembered of a traveller's whereabouts between two fixes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Whereabouts {
    last: Option<Anchor>,
    #[serde(default)]
    finest: Option<Finest>,
    stray: Option<Stray>,
    phases: BTreeMap<AdvisoryId, Phase>,
}

impl Whereabouts {
    /// The last position that is believed.
    pub fn last(&self) -> Option<&Anchor> {
        self.last.as_ref()
    }

    /// The advisories the traveller is in, each with whether that is certain.
    pub fn inside(&self) -> impl Iterator<Item = (&AdvisoryId, bool)> {
        self.phases.iter().filter_map(|(advisory, phase)| match phase {
            Phase::Inside { certain, .. } => Some((advisory, *certain)),
            _ => None,
        })
    }

    /// Whether an advisory counts that is no longer around the last position, because leaving it is not certain yet.
    pub fn is_leaving(&self) -> bool {
        self.phases.values().any(|phase| matches!(phase, Phase::Inside { gone: Some(_), .. }))
    }

    /// Takes in a fix made at `at`, given what lies around it.
    ///
    /// Only the order of event times counts: a fix that is not newer than every one before changes nothing.
    pub fn take(&mut self, fix: Position, at: Timestamp, around: &Surroundings) -> Taken {
        let newest = self.last.map(|last| last.at).max(self.stray.map(|stray| stray.at));
        if newest.is_some_and(|newest| at <= newest) {
            return Taken::Late;
        }
        let stray = self.last.and_then(|last| stray(&last, fix, at));
        let good = match (stray, self.stray) {
            (None, _) => true,
            // two that agree with each other outweigh the one they contradict
            (Some(new), Some(old)) => {
                let apart_m = (new.distance_m - old.distance_m).abs() - new.accuracy_m - old.accuracy_m;
                apart_m <= FASTEST_M_S * at.duration_since(old.at).as_secs_f64()
            }
            (Some(_), None) => false,
        };
        let confirmed = if good { self.settle(fix, at, around) } else { None };
        self.stray = if good { None } else { stray };
        let known: BTreeSet<AdvisoryId> = self.phases.keys().chain(around.keys()).cloned().collect();
        for advisory in known {
            let phase = self.phases.get(&advisory).copied();
            let mut evidence = around.get(&advisory).copied();
            if let Some(confirmed) = &confirmed {
                let finer = confirmed.get(&advisory).copied();
                let is_inside = matches!(phase, Some(Phase::Inside { .. }));
                evidence = if is_inside { evidence.max(finer) } else { evidence.min(finer) };
            }
            let next = if good { advance(phase, evidence, at) } else { advance_doubted(phase, evidence, at) };
            match next {
                Some(next) => self.phases.insert(advisory, next),
                None => self.phases.remove(&advisory),
            };
        }
        if good { Taken::Accepted } else { Taken::Doubted }
    }

    /// Makes a good fix the last position; what the finest one said, if this one is coarser and agrees with it.
    fn settle(&mut self, fix: Position, at: Timestamp, around: &Surroundings) -> Option<Surroundings> {
        let is_fresh = |finest: &Finest| at.duration_since(finest.place.at) <= FINEST_FOR;
        match self.finest.as_mut().filter(|finest| is_fresh(finest) && finest.is_finer_than(fix)) {
            Some(finest) if finest.agrees(fix) => {
                finest.doubted = false;
                self.last = Some(Anchor { at, ..finest.place });
                return Some(finest.around.clone());
            }
            Some(finest) if !finest.doubted => finest.doubted = true,
            _ => {
                self.finest = Some(Finest { place: Anchor::new(fix, at), around: around.clone(), doubted: false });
            }
        }
        self.last = Some(Anchor::new(fix, at));
        None
    }

    /// Takes in that advisories changed while the traveller did not move: what lies around the last position now counts at once, since no
    /// next fix may come.
    ///
    /// `changed` says which advisories did; `redrawn` whether one that is no longer around is gone by itself (withdrawn, ended, or drawn
    /// elsewhere) and not by the traveller's moving away.
    pub fn reconsider(
        &mut self,
        around: &Surroundings,
        changed: impl Fn(&AdvisoryId) -> bool,
        redrawn: impl Fn(&AdvisoryId) -> bool,
    ) {
        if let (Some(finest), Some(last)) = (&mut self.finest, self.last) {
            if (Anchor { at: last.at, ..finest.place }) == last {
                finest.around.retain(|advisory, _| !changed(advisory));
                let new = around.iter().filter(|(advisory, _)| changed(advisory));
                finest.around.extend(new.map(|(advisory, evidence)| (advisory.clone(), *evidence)));
            } else {
                self.finest = None;
            }
        }
        let known: BTreeSet<AdvisoryId> = self.phases.keys().chain(around.keys()).cloned().collect();
        for advisory in known.into_iter().filter(|advisory| changed(advisory)) {
            let inside = matches!(self.phases.get(&advisory), Some(Phase::Inside { .. }));
            let entry = |certain| Phase::Inside { certain, sure: None, gone: None };
            match around.get(&advisory) {
                // the doubt that a redrawn outline or a rounded position brings is no exit
                Some(_) if inside => {}
                None if inside && !redrawn(&advisory) => {}
                Some(Evidence::Inside) => _ = self.phases.insert(advisory, entry(true)),
                Some(Evidence::Possible) => _ = self.phases.insert(advisory, entry(false)),
                Some(Evidence::Near) | None => _ = self.phases.remove(&advisory),
            }
        }
    }
}

/// How far off an unbelievable fix is; `None` for one that can be believed.
fn stray(last: &Anchor, fix: Position, at: Timestamp) -> Option<Stray> {
    let from = last.position().ok()?;
    let distance_m = from.distance_m(fix);
    let least_m = distance_m - from.accuracy_m() - fix.accuracy_m();
    let reached_m = FASTEST_M_S * at.duration_since(last.at).as_secs_f64();
    (least_m > reached_m).then_some(Stray { at, distance_m, accuracy_m: fix.accuracy_m() })
}

/// The next phase after a good fix. No evidence means certainly outside.
fn advance(phase: Option<Phase>, evidence: Option<Evidence>, at: Timestamp) -> Option<Phase> {
    use Evidence::{Inside, Near, Possible};
    let is_fresh = |left: &Timestamp| at.duration_since(*left) <= JUST_LEFT;
    let phase = match phase {
        Some(Phase::Left { at: left }) if !is_fresh(&left) => None,
        Some(Phase::Glimpsed { at, left }) => Some(Phase::Glimpsed { at, left: left.filter(is_fresh) }),
        other => other,
    };
    match (phase, evidence) {
        (None | Some(Phase::Glimpsed { .. }), Some(Inside)) => {
            Some(Phase::Inside { certain: true, sure: None, gone: None })
        }
        (Some(Phase::Glimpsed { .. }), Some(Possible)) => {
            Some(Phase::Inside { certain: false, sure: None, gone: None })
        }
        (None, Some(Possible)) => Some(Phase::Glimpsed { at, left: None }),
        (Some(Phase::Left { at: left }), Some(Inside | Possible)) => Some(Phase::Glimpsed { at, left: Some(left) }),
        (Some(Phase::Glimpsed { left: Some(left), .. }), None) => Some(Phase::Left { at: left }),
        (None | Some(Phase::Glimpsed { .. }), None) | (None, Some(Near)) => None,
        (kept @ Some(Phase::Glimpsed { .. }), Some(Near)) | (kept @ Some(Phase::Left { .. }), None | Some(Near)) => {
            kept
        }
        (Some(Phase::Inside { certain, sure, gone }), evidence) => Some(match evidence {
            Some(Inside) if certain => Phase::Inside { certain, sure: None, gone: None },
            Some(Inside) => {
                let sure = Run::extended(sure, at);
                let certain = sure.is_certain(at);
                Phase::Inside { certain, sure: (!certain).then_some(sure), gone: None }
            }
            Some(Possible) => Phase::Inside { certain: false, sure: None, gone: None },
            Some(Near) => Phase::Inside { certain: false, sure: None, gone },
            None => {
                let gone = Run::extended(gone, at);
                if gone.is_certain(at) {
                    Phase::Left { at }
                } else {
                    Phase::Inside { certain: false, sure: None, gone: Some(gone) }
                }
            }
        }),
    }
}

/// The next phase after a fix that is not believed: it may add to an entry and speak against an exit, nothing else.
fn advance_doubted(phase: Option<Phase>, evidence: Option<Evidence>, at: Timestamp) -> Option<Phase> {
    if !matches!(evidence, Some(Evidence::Inside | Evidence::Possible)) {
        return phase;
    }
    match phase {
        Some(Phase::Inside { certain, sure, .. }) => Some(Phase::Inside { certain, sure, gone: None }),
        // what is not believed is no way back in
        Some(Phase::Left { .. } | Phase::Glimpsed { left: Some(_), .. }) => phase,
        other => advance(other, Some(Evidence::Possible), at),
    }
}

/// What a fix says about the advisories in force at `at`, of the issuers asked.
pub fn around(index: &FenceIndex, fix: Position, at: Timestamp, question: &Question) -> Surroundings {
    let doubled = (fix.accuracy_m() * 2.0).min(Position::MAX_ACCURACY_M);
    let mut around = Surroundings::new();
    let mut margins = index.margins(fix);
    for placed in index.locate(fix.with_accuracy(doubled).unwrap_or(fix)) {
        for fence in index.fences_on(placed.shape).iter().map(|&id| index.fence(id)) {
            let in_force = || fence.in_force(question.as_of).is_some_and(|period| period.contains(at));
            if !question.issuers.contains(&fence.issuer) || !in_force() {
                continue;
            }
            let margin_m = margins.of(placed.shape).signed_m;
            let evidence = match relate::placement(margin_m <= 0.0, margin_m, fix.accuracy_m() + fence.accuracy_m) {
                Placement::Inside => Evidence::Inside,
                Placement::Possible => Evidence::Possible,
                Placement::Outside => Evidence::Near,
            };
            around.insert(fence.revision.id.advisory.clone(), evidence);
        }
    }
    around
}

/// The fence of an advisory that is in force at an instant.
pub fn fence_in_force(index: &FenceIndex, advisory: &AdvisoryId, at: Timestamp, as_of: Timestamp) -> Option<FenceId> {
    let listed = index.advisories().get(advisory)?;
    let fences = listed.iter().filter_map(|listed| listed.fence);
    fences.rev().find(|&id| index.fence(id).in_force(as_of).is_some_and(|period| period.contains(at)))
}

/// The match set of somebody inside the given advisories at `at`: what each says, and which governs.
///
/// It is judged from what is settled and not from where the last fix was, so that noise changes nothing about what governs either.
pub fn concerns<'a>(
    index: &FenceIndex,
    inside: impl Iterator<Item = (&'a AdvisoryId, bool)>,
    at: Timestamp,
    question: &Question,
) -> MatchSet {
    let mut settled = BTreeSet::new();
    let mut placed: Vec<Placed> = Vec::new();
    for (advisory, certain) in inside {
        let Some(fence) = fence_in_force(index, advisory, at, question.as_of) else { continue };
        settled.insert(advisory);
        let placement = if certain { Placement::Inside } else { Placement::Possible };
        let shape = index.fence(fence).shape;
        if !placed.iter().any(|p| p.shape == shape) {
            placed.push(Placed { shape, placement, on_border: false });
        }
    }
    let passing = question.traveller.purpose == Purpose::Transit;
    let presence = Presence { passing, ..Presence::staying(Window::instant(at)) };
    let judgement = judge(index, &placed, &presence, question);
    let matches = judgement.matches.iter().map(|judged| {
        let fence = index.fence(judged.fence);
        (fence.revision.id.advisory.clone(), key(fence, judged.stands, judged.placed.placement != Placement::Inside))
    });
    matches.filter(|(advisory, _)| settled.contains(advisory)).collect()
}

/// By what a fence concerns somebody.
pub fn key(fence: &super::Fence, governs: bool, possible: bool) -> MatchKey {
    MatchKey {
        revision: fence.revision.id.number,
        level: fence.revision.level.clone().unwrap_or_default(),
        severity: fence.severity,
        governs,
        possible,
    }
}
