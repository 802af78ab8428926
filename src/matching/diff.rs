//! Transitions: the difference of two match sets, whether the person moved, the advisory changed, or time passed.

use crate::model::{MatchSet, Transition};

/// What lies between two match sets, in the order of advisory ids.
///
/// `diff(a, a)` is empty, and [`apply`]ing `diff(a, b)` to `a` gives `b`, but for what is in doubt.
pub fn diff(before: &MatchSet, after: &MatchSet) -> Vec<Transition> {
    let mut transitions = Vec::new();
    for (advisory, old) in before {
        match after.get(advisory) {
            None => transitions.push(Transition::Exited { advisory: advisory.clone(), before: old.clone() }),
            Some(new) if !new.is_like(old) => transitions.push(Transition::Changed {
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
            // announces, and changes nothing yet
            Transition::Upcoming { .. } | Transition::Cancelled { .. } => {}
        }
    }
    set
}
