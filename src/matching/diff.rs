//! Transitions: the difference of two match sets, whether the person moved, the advisory changed, or time passed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::model::{AdvisoryId, Severity};

/// What must be equal for two matches to be the same: anything else that differs is a change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MatchKey {
    /// The revision's number.
    pub revision: u32,
    /// The issuer's level code.
    pub level: String,
    /// Our reading of it.
    pub severity: Severity,
}

/// The advisories that concern a subject, each with the revision and level it concerns it by.
pub type MatchSet = BTreeMap<AdvisoryId, MatchKey>;

/// One difference between two match sets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
}

/// What lies between two match sets, in the order of advisory ids.
///
/// `diff(a, a)` is empty, and [`apply`]ing `diff(a, b)` to `a` gives `b`.
pub fn diff(before: &MatchSet, after: &MatchSet) -> Vec<Transition> {
    let mut transitions = Vec::new();
    for (advisory, old) in before {
        match after.get(advisory) {
            None => transitions.push(Transition::Exited { advisory: advisory.clone(), before: old.clone() }),
            Some(new) if new != old => transitions.push(Transition::Changed {
                advisory: advisory.clone(),
                before: old.clone(),
                after: new.clone(),
            }),
            Some(_) => {}
        }
    }
    for (advisory, new) in after {
        if !before.contains_key(advisory) {
            transitions.push(Transition::Entered { advisory: advisory.clone(), after: new.clone() });
        }
    }
    transitions.sort_by(|a, b| a.advisory().cmp(b.advisory()));
    transitions
}

/// The match set after the transitions.
pub fn apply(before: &MatchSet, transitions: &[Transition]) -> MatchSet {
    let mut set = before.clone();
    for transition in transitions {
        match transition {
            Transition::Entered { advisory, after } | Transition::Changed { advisory, after, .. } => {
                set.insert(advisory.clone(), after.clone());
            }
            Transition::Exited { advisory, .. } => {
                set.remove(advisory);
            }
        }
    }
    set
}

impl Transition {
    /// The advisory it is about.
    pub fn advisory(&self) -> &AdvisoryId {
        match self {
            Self::Entered { advisory, .. } | Self::Changed { advisory, .. } | Self::Exited { advisory, .. } => advisory,
        }
    }
}
