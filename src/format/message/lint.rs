//! Whether a message says all that it must.

use jiff::Timestamp;

use super::Facts;
use crate::model::{Message, Transition};

/// An element that a message lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
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

/// The elements that a message lacks, or says out of their order: in the headline, the whole and the short text.
pub fn lint<K>(message: &Message<K>, facts: &Facts<'_>) -> Vec<Missing> {
    let mut missing: Vec<Missing> =
        [&message.body, &message.short].iter().flat_map(|text| lacks(text, facts)).collect();
    let headline = |one_of: &[&str]| Reading(&message.title).finds(one_of) || message.title.ends_with('…');
    missing.extend((!headline(&level_names(facts))).then_some(Missing::Hazard));
    missing.extend((!headline(&titles(facts))).then_some(Missing::Place));
    missing.sort_unstable();
    missing.dedup();
    missing
}

fn lacks(text: &str, facts: &Facts<'_>) -> Vec<Missing> {
    let transition = &facts.happening.transition;
    let moments = [Some(facts.now), facts.valid.from, facts.valid.to, coming(transition)];
    let moments: Vec<String> = moments.into_iter().flatten().map(|at| facts.there(at)).collect();
    let moments: Vec<&str> = moments.iter().map(String::as_str).collect();
    // the levels stand in the first line; further down a date may hold the same digits
    let first = text.lines().next().unwrap_or_default();
    let before_said = match transition {
        Transition::Changed { before, after, .. } if before.level != after.level && !transition.is_end() => {
            first.contains(&before.level)
        }
        _ => true,
    };
    let mut reading = Reading(text);
    [
        (reading.finds(&[&facts.issuer.name, &facts.issuer.native_name]), Missing::Source),
        (
            reading.finds(&level_names(facts)) && transition.key().is_some_and(|key| first.contains(&key.level)),
            Missing::Hazard,
        ),
        (before_said, Missing::Before),
        (reading.finds(&titles(facts)), Missing::Place),
        (reading.guides(facts, &moments), Missing::Guidance),
        (reading.finds(&moments), Missing::Time),
    ]
    .into_iter()
    .filter_map(|(said, missing)| (!said).then_some(missing))
    .collect()
}

/// What of a text is not read yet.
struct Reading<'a>(&'a str);

impl Reading<'_> {
    /// Whether one of these follows; reads on behind the nearest one.
    fn finds(&mut self, one_of: &[&str]) -> bool {
        let wanted = one_of.iter().map(|text| text.trim()).filter(|text| !text.is_empty());
        let end = wanted.filter_map(|text| self.0.find(text).map(|at| at + text.len())).min();
        self.0 = &self.0[end.unwrap_or_default()..];
        end.is_some()
    }

    /// Whether it is said what to do: in the issuer's words, or after an exit in a line of its own before the time.
    fn guides(&mut self, facts: &Facts<'_>, moments: &[&str]) -> bool {
        if facts.happening.transition.is_end() {
            let line = self.0.lines().nth(1).unwrap_or_default();
            return !line.trim().is_empty() && !moments.iter().any(|moment| line.contains(moment));
        }
        let words: Vec<&str> = facts.revision.text.iter().map(|(_, text)| first_words(text)).collect();
        self.finds(&words)
    }
}

/// What the level that it is about is called.
fn level_names<'a>(facts: &Facts<'a>) -> Vec<&'a str> {
    let level = facts.happening.transition.key().and_then(|key| facts.issuer.level(&key.level));
    level.map_or(vec![], |(_, level)| vec![level.name.as_str(), level.native_name.as_str()])
}

/// What the place is called.
fn titles<'a>(facts: &Facts<'a>) -> Vec<&'a str> {
    facts.revision.title.iter().map(|(_, title)| title).collect()
}

/// When what is announced takes effect.
fn coming(transition: &Transition) -> Option<Timestamp> {
    match transition {
        Transition::Upcoming { from, .. } => Some(*from),
        _ => None,
    }
}

/// Enough of a text to know it again, where its end may have been cut.
fn first_words(text: &str) -> &str {
    let text = text.trim();
    let end = text.char_indices().nth(20).map_or(text.len(), |(at, _)| at);
    text[..end].trim_end()
}
