//! What is said to subscribers, from facts alone: source, hazard, place, guidance, time, in this order and each of them always.
//!
//! The words of an issuer are its own and never translated; the sentences around them are built in for English and Korean. A language
//! that is missing is replaced by English, and the message says so. [`compose`] refuses to make a message without its elements.

mod document;
mod en;
mod ko;
mod lint;
mod parts;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::format::moment::local;
use crate::model::message::{Actual, Earnest, Exercise, Test};
use crate::model::{Concern, Happening, Issuer, Level, MatchKey, Message, MessageKind, Revision, Window};

pub use document::{MAX_DOCUMENT, Stamp, push_document};
pub use lint::{Missing, lint};

/// What a message about a transition is made of.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// What happened, and why.
    pub happening: &'a Happening,
    /// Who speaks.
    pub issuer: &'a Issuer,
    /// The revision that concerns the recipient; after an exit the one that did, of what is cancelled the one that would have.
    pub revision: &'a Revision,
    /// When it is in force, as known now.
    pub valid: Window,
    /// What concerns the recipient.
    pub concern: Concern,
    /// What still governs there for this issuer, after an exit or below a lowered level: its level and place.
    pub remains: Option<(&'a Level, &'a Revision)>,
    /// When it is said.
    pub now: Timestamp,
    /// By whose clocks times are told: those of the place.
    pub zone: &'a TimeZone,
}

impl<'a> Facts<'a> {
    /// What remains, where that is at least as grave as what ended: it is not all clear then.
    fn no_milder(&self, ended: &MatchKey) -> Option<(&'a Level, &'a Revision)> {
        self.remains.filter(|(level, _)| level.severity >= ended.severity)
    }

    /// Whether it is in doubt that it concerns the recipient, or of what is over, was.
    fn is_possible(&self) -> bool {
        self.happening.transition.key().is_some_and(|key| key.possible)
    }

    /// An instant by the clocks of the place.
    fn there(&self, at: Timestamp) -> String {
        local(at, self.zone)
    }
}

/// Languages whose sentences are built in.
pub const LANGUAGES: &[&str] = &["en", "ko"];

/// The banner of a kind in a language; nothing stands before what is said in earnest, but in an exercise.
pub trait Banner: MessageKind {
    /// The words, e.g. `EXERCISE`.
    fn banner(korean: bool) -> Option<&'static str>;
}

impl Banner for Actual {
    fn banner(_: bool) -> Option<&'static str> {
        None
    }
}

impl Banner for Exercise {
    fn banner(korean: bool) -> Option<&'static str> {
        Some(if korean { "훈련 상황" } else { "EXERCISE, not real" })
    }
}

impl Banner for Earnest {
    fn banner(korean: bool) -> Option<&'static str> {
        Some(if korean { "훈련 아님, 실제 상황" } else { "NOT an exercise: real" })
    }
}

impl Banner for Test {
    fn banner(korean: bool) -> Option<&'static str> {
        Some(if korean { "시험 발송" } else { "TEST" })
    }
}

/// Writes the message.
///
/// # Errors
/// Names the elements that the facts do not give.
pub fn compose<K: Banner>(facts: &Facts<'_>, lang: &str) -> Result<Message<K>, Vec<Missing>> {
    let korean = speaks_korean(lang);
    let said = if korean { ko::say(facts, lang) } else { en::say(facts, lang) };
    let banner = K::banner(korean);
    let headed = |text: String| banner.map_or(text.clone(), |banner| format!("[{banner}] {text}"));
    let message = Message::new(
        headed(said.title()),
        headed(said.body()),
        headed(said.short()),
        if korean { "ko" } else { "en" }.to_owned(),
    );
    let missing = lint(&message, facts);
    if missing.is_empty() { Ok(message) } else { Err(missing) }
}

/// A message that only tries the channel.
pub fn compose_test(lang: &str, now: Timestamp) -> Message<Test> {
    let (korean, now) = (speaks_korean(lang), local(now, &TimeZone::UTC));
    let (title, body, lang) = if korean {
        ("Cordon", format!("이 구독으로 안내가 도착합니다. 여행경보가 아닙니다. {now}"), "ko")
    } else {
        ("Cordon", format!("Messages reach this subscription. This is no advisory. {now}"), "en")
    };
    let banner = Test::banner(korean).unwrap_or_default();
    let (title, body) = (format!("[{banner}] {title}"), format!("[{banner}] {body}"));
    Message::new(title, body.clone(), body, lang.to_owned())
}

fn speaks_korean(lang: &str) -> bool {
    lang.split('-').next().is_some_and(|primary| primary.eq_ignore_ascii_case("ko"))
}
