//! Whether a message says all that it must.

use super::Facts;
use super::parts::instant;
use crate::model::{Message, Transition};

/// An element that a message lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Missing {
    /// Who says it.
    #[error("the source: who says it")]
    Source,
    /// The level, by code and name.
    #[error("the hazard: the level by number and word")]
    Hazard,
    /// What changed: the level before.
    #[error("what changed: the level before")]
    Before,
    /// Where.
    #[error("the place")]
    Place,
    /// What to do.
    #[error("the guidance: what to do")]
    Guidance,
    /// Since when, from when or until when.
    #[error("the time")]
    Time,
}

/// The elements that a message lacks.
pub fn lint<K>(message: &Message<K>, facts: &Facts<'_>) -> Vec<Missing> {
    let issuer = facts.issuer;
    let says = |text: &str| !text.trim().is_empty() && message.body.contains(text.trim());
    let names_level =
        |code: &str| issuer.level(code).is_some_and(|(_, l)| says(code) && (says(&l.name) || says(&l.native_name)));
    let in_title = |text: &str| !text.trim().is_empty() && message.title.contains(text.trim());
    let transition = &facts.happening.transition;
    let key = transition.after().or(transition.before());
    let place = facts.revision.title.pick(&message.lang);
    let titles = || facts.revision.title.iter().map(|(_, title)| title);
    let guided = match transition {
        Transition::Exited { .. } => message.body.lines().count() >= 3,
        _ => facts.revision.text.iter().any(|(_, text)| says(first_words(text))),
    };
    let moments = [Some(facts.now), facts.valid.from, facts.valid.to].into_iter().flatten();
    let upcoming = match transition {
        Transition::Upcoming { from, .. } => Some(*from),
        _ => None,
    };
    let before_said = match transition {
        Transition::Changed { before, after, .. } if before.level != after.level => says(&before.level),
        _ => true,
    };
    [
        (says(&issuer.name) || says(&issuer.native_name), Missing::Source),
        (key.is_some_and(|key| names_level(&key.level)), Missing::Hazard),
        (before_said, Missing::Before),
        (
            (says(place) || titles().any(says))
                && (in_title(place) || titles().any(in_title) || message.title.ends_with('…')),
            Missing::Place,
        ),
        (guided, Missing::Guidance),
        (moments.chain(upcoming).any(|at| says(&instant(at))), Missing::Time),
    ]
    .into_iter()
    .filter_map(|(said, missing)| (!said).then_some(missing))
    .collect()
}

/// Enough of a text to know it again, where its end may have been cut.
fn first_words(text: &str) -> &str {
    let text = text.trim();
    let end = text.char_indices().nth(40).map_or(text.len(), |(at, _)| at);
    text[..end].trim_end()
}
