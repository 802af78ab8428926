//! What subscribers are told: texts of three kinds that cannot be mistaken for each other.

use std::marker::PhantomData;

use serde::{Deserialize, Serialize};

use super::{AdvisoryId, Severity};

/// What a message is: said in earnest, as part of an exercise, or to try a channel.
///
/// The kinds are types of their own, so that handing an exercise to a live recipient does not compile (design rule 17).
pub trait MessageKind: sealed::Sealed {
    /// The word in documents and tables.
    const WORD: &'static str;
}

/// Said in earnest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Actual {}

/// Part of an exercise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exercise {}

/// Said in earnest to somebody who takes part in an exercise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Earnest {}

/// To try a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Test {}

impl MessageKind for Actual {
    const WORD: &'static str = "actual";
}

impl MessageKind for Exercise {
    const WORD: &'static str = "exercise";
}

impl MessageKind for Earnest {
    const WORD: &'static str = "actual";
}

impl MessageKind for Test {
    const WORD: &'static str = "test";
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::Actual {}
    impl Sealed for super::Exercise {}
    impl Sealed for super::Earnest {}
    impl Sealed for super::Test {}
}

/// What concerns the recipient: they are there, or a plan of theirs leads there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Concern {
    /// A saved itinerary.
    Trip,
    /// The last known position.
    Position,
}

/// A message in one language, ready to be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message<K> {
    /// One line: level and place.
    pub title: String,
    /// Source, hazard, place, guidance, time.
    pub body: String,
    /// The same within a few hundred bytes, for a service that takes no more.
    pub short: String,
    /// The language it is written in.
    pub lang: String,
    kind: PhantomData<K>,
}

impl<K: MessageKind> Message<K> {
    /// A message of this kind.
    pub fn new(title: String, body: String, short: String, lang: String) -> Self {
        Self { title, body, short, lang, kind: PhantomData }
    }
}

/// What an alert is about, for programs: the part of a message beside its words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct About {
    /// The advisory.
    pub advisory: AdvisoryId,
    /// The revision's number; a lower one than shown is out of date.
    pub revision: u32,
    /// `entered`, `changed`, `exited`, `upcoming` or `cancelled`.
    pub transition: String,
    /// The issuer's level code; of an exit the one that held, of what is cancelled the one that would have.
    pub level: String,
    /// Our reading of it.
    pub severity: Severity,
    /// What concerns the recipient.
    pub concern: Concern,
}
