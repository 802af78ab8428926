//! The sentences in English, which also stand in for languages that are not built in.

use super::Facts;
use super::parts::{Move, Said, is_number, movement};
use crate::model::{Cause, Concern, Level, Transition};

pub(super) fn say(facts: &Facts<'_>, lang: &str) -> Said {
    let place = facts.revision.title.pick(lang).trim().to_owned();
    let level = |code: &str| facts.issuer.level(code).map_or_else(|| numbered(code, None), |(_, level)| named(level));
    let trip = facts.concern == Concern::Trip;
    let whereabouts = whereabouts(facts);
    let (hazard, concerned, headline);
    match &facts.happening.transition {
        Transition::Entered { after, .. } => {
            let level = level(&after.level);
            hazard = format!("{level}.");
            concerned = where_it_holds(facts, &place);
            headline = format!("{level}: {place}");
        }
        Transition::Changed { after, .. } if facts.happening.transition.only_surfaces() => {
            let level = level(&after.level);
            hazard = format!("{level}.");
            concerned = format!("It holds for {place}, {whereabouts}; what stood above it no longer concerns you.");
            headline = format!("{level}: {place}");
        }
        Transition::Changed { before, after, .. } if !facts.happening.transition.yields() => {
            let (old, new) = (level(&before.level), level(&after.level));
            let (from, to) = ((before.level.as_str(), before.severity), (after.level.as_str(), after.severity));
            hazard = match movement(&facts.issuer.levels, from, to) {
                Move::Raised => {
                    format!("{new}, raised from {} to {}.", step(&before.level, &old), step(&after.level, &new))
                }
                Move::Lowered => {
                    format!("{new}, lowered from {} to {}.", step(&before.level, &old), step(&after.level, &new))
                }
                Move::Level => format!("{new}, as before; what is said, or for which area, has changed."),
            };
            concerned = format!("It holds for {place}, {whereabouts}.");
            headline = format!("{new}: {place}");
        }
        Transition::Upcoming { after, .. } => {
            let level = level(&after.level);
            hazard = format!("{level}, not yet in force.");
            concerned = format!("It will hold for {place}, {whereabouts}.");
            headline = format!("Soon {}: {place}", lower(&level));
        }
        Transition::Cancelled { before, from, .. } => {
            let level = level(&before.level);
            let fate = if *from > facts.now { "will not take effect" } else { "is not in force" };
            hazard = match facts.happening.cause {
                Cause::Moved if trip => {
                    format!("Your trip no longer leads where {} was announced.", lower(&level))
                }
                Cause::Moved => format!("You are no longer where {} was announced.", lower(&level)),
                Cause::Profile => format!("{level}, which was announced, does not concern you any more."),
                Cause::Advisory | Cause::Clock => format!("{level}, which was announced, {fate}."),
            };
            concerned = format!("This is about {place}.");
            headline = match facts.happening.cause {
                Cause::Moved | Cause::Profile => format!("No longer ahead of you, {}: {place}", lower(&level)),
                Cause::Advisory | Cause::Clock => format!("{level} {fate}: {place}"),
            };
        }
        Transition::Changed { before, .. } | Transition::Exited { before, .. } => {
            let old = lower(&level(&before.level));
            let what = match facts.happening.cause {
                _ if facts.happening.transition.is_exception() => {
                    format!("{old} does not apply to {whereabouts}, for which an exception is made")
                }
                Cause::Moved if trip => format!("your trip no longer leads through an area of {old}"),
                Cause::Moved => format!("you have left an area of {old}"),
                Cause::Profile => format!("{old} does not concern you any more, by what is known of you now"),
                Cause::Advisory => format!("{old} no longer holds for {whereabouts}"),
                Cause::Clock => format!("{old} has ended for {whereabouts}"),
            };
            concerned = format!("This is about {place}.");
            (hazard, headline) = match facts.no_milder(before) {
                Some((level, revision)) => {
                    let still = revision.title.pick(lang).trim();
                    let headline = format!("{} still holds for {still}; over: {old} for {place}", named(level));
                    (format!("Not all clear: {what}, but another statement as grave still concerns you."), headline)
                }
                None => (format!("All clear: {what}."), format!("All clear, no longer {old}: {place}")),
            };
        }
    }
    Said {
        source: facts.issuer.name.clone(),
        hazard,
        place: concerned,
        guidance: guidance(facts, lang),
        time: time(facts),
        fallback: fallback(facts, lang),
        headline,
    }
}

/// Where an advisory concerns the recipient, and how sure that is.
fn whereabouts(facts: &Facts<'_>) -> &'static str {
    match (facts.concern == Concern::Trip, facts.is_possible()) {
        (true, false) => "a place on your trip",
        (true, true) => "a place that may be on your trip",
        (false, false) => "the place where you are",
        (false, true) => "a place where you may be",
    }
}

/// What begins to concern them, by what brought that about.
fn where_it_holds(facts: &Facts<'_>, place: &str) -> String {
    let (trip, possible, whereabouts) = (facts.concern == Concern::Trip, facts.is_possible(), whereabouts(facts));
    match facts.happening.cause {
        Cause::Moved | Cause::Profile if trip && possible => format!("It may hold on your trip: {place}."),
        Cause::Moved | Cause::Profile if trip => format!("It holds on your trip: {place}."),
        Cause::Moved | Cause::Profile if possible => {
            format!("It holds where you may be, as far as your position is known: {place}.")
        }
        Cause::Moved | Cause::Profile => format!("It holds where you are: {place}."),
        Cause::Advisory => format!("It now holds for {place}, {whereabouts}."),
        Cause::Clock => format!("It has taken effect for {place}, {whereabouts}."),
    }
}

/// What to do: the issuer's own words; after an end what still holds there.
fn guidance(facts: &Facts<'_>, lang: &str) -> String {
    let remaining = facts.remains.map(|(level, revision)| {
        format!("{} still holds for {}: {}", named(level), revision.title.pick(lang), revision.text.pick(lang))
    });
    if !facts.happening.transition.is_end() {
        return facts.revision.text.pick(lang).to_owned();
    }
    remaining.unwrap_or_else(|| {
        "No other statement of theirs is known to concern you there; that is not a statement that it is safe."
            .to_owned()
    })
}

fn time(facts: &Facts<'_>) -> String {
    match &facts.happening.transition {
        Transition::Upcoming { from, .. } => return format!("In force from {}.", facts.there(*from)),
        transition if transition.is_end() => return format!("As of {}.", facts.there(facts.now)),
        _ => {}
    }
    match (facts.valid.from, facts.valid.to) {
        (Some(from), Some(to)) => format!("In force since {}, until {}.", facts.there(from), facts.there(to)),
        (Some(from), None) => format!("In force since {}.", facts.there(from)),
        (None, Some(to)) => format!("In force until {}.", facts.there(to)),
        (None, None) => format!("As of {}.", facts.there(facts.now)),
    }
}

/// Says which language the issuer's words are in, where it is not the one asked for.
fn fallback(facts: &Facts<'_>, lang: &str) -> Option<String> {
    let asked = lang.split('-').next().unwrap_or(lang).to_ascii_lowercase();
    let texts = &facts.revision.text;
    let given = texts.get(lang).is_some() || texts.get(&asked).is_some();
    match (given, asked.as_str()) {
        (true, "en") => None,
        (true, other) => Some(format!("(Only their own words are in {other}; these sentences are in English.)")),
        (false, "en") => Some("(Their words are not published in English.)".to_owned()),
        (false, other) => Some(format!("(Nothing is published in {other}; this is in English where there is any.)")),
    }
}

/// `Level 4, Travel ban`, or `Special travel advisory` where the code is no number.
fn named(level: &Level) -> String {
    numbered(&level.code, Some(&level.name))
}

fn numbered(code: &str, name: Option<&str>) -> String {
    match name {
        Some(name) if is_number(code) => format!("Level {code}, {name}"),
        Some(name) => format!("Level “{code}”, {name}"),
        None => format!("Level {code}"),
    }
}

/// A step in "raised from … to …": the number, or the whole name where there is none.
fn step(code: &str, name: &str) -> String {
    if is_number(code) { code.to_owned() } else { lower(name) }
}

fn lower(level: &str) -> String {
    level.replacen("Level", "level", 1)
}
