//! Transitions: what happened to somebody who is watched, and why.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{AdvisoryId, Severity};

/// What must be equal for two matches to be the same: anything else that differs is a change.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
pub struct MatchKey {
    /// The revision's number.
    pub revision: u32,
    /// The issuer's level code.
    pub level: String,
    /// Our reading of it.
    pub severity: Severity,
    /// Whether it governs its issuer's line at some instant, or is as grave as what does; what is outranked, carved out or exempted
    /// concerns, and is not announced.
    pub governs: bool,
    /// Whether it is in doubt that it concerns the subject at all: position, way or outline is not known that well. Counts as if it were not,
    /// and is said (design rule 8); a doubt that comes or goes is no change.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub possible: bool,
}

impl MatchKey {
    /// Whether both are the same words: what differs is at most whether something else stands above them.
    pub fn says_the_same(&self, other: &Self) -> bool {
        (self.revision, &self.level) == (other.revision, &other.level)
    }

    /// Whether both are the same but for the doubt about them.
    pub fn is_like(&self, other: &Self) -> bool {
        *self == Self { possible: self.possible, ..other.clone() }
    }
}

/// The advisories that concern a subject, each with the revision and level it concerns it by.
pub type MatchSet = BTreeMap<AdvisoryId, MatchKey>;

/// One difference between two match sets, or one that is to come.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Transition {
    /// An advisory concerns the subject that did not before.
    Entered {
        /// The advisory.
        advisory: AdvisoryId,
        /// By what.
        after: MatchKey,
    },
    /// It still does, by another revision or level.
    Changed {
        /// The advisory.
        advisory: AdvisoryId,
        /// By what before.
        before: MatchKey,
        /// By what now.
        after: MatchKey,
    },
    /// It does no longer.
    Exited {
        /// The advisory.
        advisory: AdvisoryId,
        /// By what before.
        before: MatchKey,
    },
    /// A revision that is published will concern the subject once it takes effect.
    Upcoming {
        /// The advisory.
        advisory: AdvisoryId,
        /// By what then.
        after: MatchKey,
        /// When it takes effect.
        #[schema(value_type = String, format = DateTime)]
        from: Timestamp,
    },
    /// A revision that was announced to take effect will not, or not where the subject is.
    Cancelled {
        /// The advisory.
        advisory: AdvisoryId,
        /// By what it would have concerned the subject.
        before: MatchKey,
        /// When it would have taken effect.
        #[schema(value_type = String, format = DateTime)]
        from: Timestamp,
    },
}

impl Transition {
    /// The advisory it is about.
    pub fn advisory(&self) -> &AdvisoryId {
        match self {
            Self::Entered { advisory, .. }
            | Self::Changed { advisory, .. }
            | Self::Exited { advisory, .. }
            | Self::Upcoming { advisory, .. }
            | Self::Cancelled { advisory, .. } => advisory,
        }
    }

    /// Whether it is about what is to come, and not about what holds.
    pub fn is_ahead(&self) -> bool {
        matches!(self, Self::Upcoming { .. } | Self::Cancelled { .. })
    }

    /// Whether an advisory does not speak for its issuer any more where the subject is: another stands above it.
    pub fn yields(&self) -> bool {
        matches!(self, Self::Changed { before, after, .. } if before.governs && !after.governs)
    }

    /// Whether it does so and goes on as it was.
    pub fn is_exception(&self) -> bool {
        matches!(self, Self::Changed { before, after, .. } if before.says_the_same(after)) && self.yields()
    }

    /// Whether it says that something is over, or will not come.
    pub fn is_end(&self) -> bool {
        matches!(self, Self::Exited { .. } | Self::Cancelled { .. }) || self.yields()
    }

    /// Whether all that happened is that nothing stands above the advisory any more.
    pub fn only_surfaces(&self) -> bool {
        matches!(self, Self::Changed { before, after, .. } if before.says_the_same(after) && after.governs)
    }

    /// What it is about: by what the advisory concerns the subject now or will, or, of what is over, did.
    pub fn key(&self) -> Option<&MatchKey> {
        if self.is_end() { self.before() } else { self.after() }
    }

    /// By what the advisory concerned the subject before, or would have.
    pub fn before(&self) -> Option<&MatchKey> {
        match self {
            Self::Changed { before, .. } | Self::Exited { before, .. } | Self::Cancelled { before, .. } => Some(before),
            Self::Entered { .. } | Self::Upcoming { .. } => None,
        }
    }

    /// By what it concerns the subject now, or will.
    pub fn after(&self) -> Option<&MatchKey> {
        match self {
            Self::Entered { after, .. } | Self::Changed { after, .. } | Self::Upcoming { after, .. } => Some(after),
            Self::Exited { .. } | Self::Cancelled { .. } => None,
        }
    }
}

/// What brought a transition about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Cause {
    /// The person moved, or the plan was changed.
    Moved,
    /// The advisory was published, raised, redrawn, lowered or withdrawn.
    Advisory,
    /// The clock passed an effective instant.
    Clock,
    /// What is known of the person was changed: their nationalities, say, and so whose statements they hear.
    Profile,
}

/// A transition with its cause, as it is owed to those who subscribed.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Happening {
    /// What changed.
    #[serde(flatten)]
    pub transition: Transition,
    /// Why.
    pub cause: Cause,
}
