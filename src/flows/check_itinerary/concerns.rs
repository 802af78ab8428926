//! From the answer about a plan to the match set it is watched by: what still lies ahead of `now`, and what takes effect later.

use jiff::Timestamp;

use super::{Finding, ItineraryAnswer, Reason};
use crate::flows::answer::PlacementWord;
use crate::matching::{FenceIndex, whereabouts::key};
use crate::model::{AdvisoryId, MatchKey, MatchSet, RevisionId, Scheduled, Upcoming};

/// What concerns a subject.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Concerns {
    /// By what is in force.
    pub matches: MatchSet,
    /// By what will be.
    pub upcoming: Upcoming,
}

impl Concerns {
    /// Takes in a revision that touches the subject, and keeps the one that counts more: of each clock the governing, then the newer, then
    /// what is certain.
    pub(in crate::flows) fn add(
        &mut self,
        advisory: AdvisoryId,
        key: MatchKey,
        from: Option<Timestamp>,
        now: Timestamp,
    ) {
        let rank = |key: &MatchKey| (key.governs, key.revision, !key.possible);
        match from.filter(|from| *from > now) {
            None => match self.matches.get_mut(&advisory) {
                Some(known) if rank(known) >= rank(&key) => {}
                Some(known) => *known = key,
                None => _ = self.matches.insert(advisory, key),
            },
            Some(from) => match self.upcoming.get_mut(&advisory) {
                Some(known) if known.from <= from => {}
                Some(known) => *known = Scheduled { key, from },
                None => _ = self.upcoming.insert(advisory, Scheduled { key, from }),
            },
        }
    }

    /// Takes in what concerns another plan of the same subject.
    pub(in crate::flows) fn take(&mut self, other: Self, now: Timestamp) {
        for (advisory, key) in other.matches {
            self.add(advisory, key, None, now);
        }
        for (advisory, Scheduled { key, from }) in other.upcoming {
            self.add(advisory, key, Some(from), now);
        }
    }

    /// Keeps what `held` says of an advisory whose revision in force no longer reaches the subject, while a scheduled one does: it is
    /// about to change, and nobody is told in between that it is over.
    pub(in crate::flows) fn keep_until_changed(&mut self, held: &MatchSet) {
        for advisory in self.upcoming.keys() {
            if let Some(key) = held.get(advisory)
                && !self.matches.contains_key(advisory)
            {
                self.matches.insert(advisory.clone(), key.clone());
            }
        }
    }
}

/// What concerns a plan at `now`: every part that is not over yet, by the revisions in force now, and those to come apart.
///
/// A way that is not known counts as concerned by what lies within reach of it, as the answer says: unknown is never safe.
/// `governs` says of which findings it is told.
pub fn concerns(
    index: &FenceIndex,
    answer: &ItineraryAnswer,
    now: Timestamp,
    held: &MatchSet,
    governs: fn(&Finding) -> bool,
) -> Concerns {
    let mut concerns = Concerns::default();
    let ahead = answer.findings.iter().filter(|finding| finding.to.is_none_or(|to| to > now));
    for finding in ahead {
        let fence = &finding.fence;
        let key = MatchKey {
            revision: fence.revision.number,
            level: fence.level.code.clone(),
            severity: fence.severity,
            governs: governs(finding),
            possible: finding.placement == PlacementWord::Possible,
        };
        concerns.add(fence.revision.advisory.clone(), key, fence.valid_from, now);
    }
    let unknown = |reason| matches!(reason, Reason::MissingRoute | Reason::RoutingFailed);
    for entry in answer.indeterminate.iter().filter(|entry| unknown(entry.reason)) {
        for revision in &entry.revisions {
            let Some(fence) = fence_of(index, revision) else { continue };
            let period = fence.in_force(now);
            if period.is_none_or(|period| period.to.is_some_and(|to| to <= now)) {
                continue;
            }
            concerns.add(revision.advisory.clone(), key(fence, true, true), fence.revision.valid.from, now);
        }
    }
    concerns.keep_until_changed(held);
    concerns
}

fn fence_of<'a>(index: &'a FenceIndex, revision: &RevisionId) -> Option<&'a crate::matching::Fence> {
    let listed = index.advisories().get(&revision.advisory)?;
    let listed = listed.iter().find(|listed| listed.revision.id.number == revision.number)?;
    listed.fence.map(|fence| index.fence(fence))
}
