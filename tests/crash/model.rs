//! What the test did, as its clients know it: the independent record from which it follows who is owed what.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::world::{ADVISORIES, Place, Places, severity};

/// From when to when somebody tried to do something.
#[derive(Clone, Copy, Debug)]
pub struct Span {
    pub begun: Instant,
    pub done: Instant,
}

impl Span {
    pub fn is_before(self, other: Self) -> bool {
        self.done < other.begun
    }
}

/// A request under an `Idempotency-Key`, to be sent once more in the end, with what was answered at first.
#[derive(Clone, Debug)]
pub struct Request {
    pub path: String,
    pub key: String,
    pub if_match: Option<String>,
    pub body: Value,
    pub answer: Option<Value>,
}

/// A revision that was published.
#[derive(Clone, Debug)]
pub struct Published {
    pub number: u32,
    /// None withdraws the advisory.
    pub level: Option<u8>,
    pub places: Places,
    pub span: Span,
    /// When it takes effect, where that is later.
    pub from: Option<Instant>,
    pub request: Request,
}

impl Published {
    /// From when to when it began to hold.
    pub fn effect(&self) -> Span {
        let from = |at: Instant| self.from.map_or(at, |from| from.max(at));
        // the service looks at the clock once a second
        Span { begun: from(self.span.begun), done: from(self.span.done) + self.from.map_or(Duration::ZERO, |_| SOON) }
    }

    /// Whether somebody who is there and asks from `least` on is to be alerted, unless something graver is said about the same places.
    pub fn alerts(&self, whereabouts: &Places, least: u8) -> bool {
        self.level.is_some_and(|level| severity(level) >= least) && !self.places.is_disjoint(whereabouts)
    }
}

/// How late an effective instant may be noticed.
const SOON: Duration = Duration::from_secs(5);

/// A trip that was saved.
#[derive(Clone, Debug)]
pub struct Trip {
    pub id: String,
    pub reference: String,
    pub traveller: usize,
    pub places: Places,
    pub span: Span,
    pub request: Request,
}

/// Who is told.
#[derive(Clone, Debug)]
pub struct Subscriber {
    pub id: String,
    pub traveller: usize,
    pub least: u8,
    /// Whether it hears of what takes effect later.
    pub upcoming: bool,
    /// The end of the browser's endpoint; none for a webhook.
    pub push: Option<String>,
}

/// Somebody with a phone.
#[derive(Clone, Debug)]
pub struct Person {
    pub id: String,
    pub token: String,
    /// Everywhere the phone was, in order; the last is where it is.
    pub been: Vec<Place>,
}

impl Person {
    /// Where the phone is, as far as it was ever reported.
    pub fn is_at(&self) -> Places {
        self.been.last().into_iter().copied().collect()
    }
}

/// Everything.
#[derive(Debug, Default)]
pub struct Model {
    /// Of each advisory, in order.
    pub published: [Vec<Published>; ADVISORIES.len()],
    pub people: Vec<Person>,
    pub trips: Vec<Trip>,
    pub subscribers: Vec<Subscriber>,
}

/// What is watched.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Watched {
    /// A trip, by its place among the trips.
    Trip(usize),
    /// The phone of a traveller.
    Phone(usize),
}

impl Model {
    /// Whether in the end an advisory surely speaks for its issuer at one of these places: no other there is graver.
    pub fn governs(&self, advisory: usize, whereabouts: &Places) -> bool {
        let last = |advisory: usize| self.published[advisory].last().filter(|last| last.level.is_some());
        let Some(now) = last(advisory) else { return false };
        let others: Vec<&Published> =
            (0..ADVISORIES.len()).filter(|other| *other != advisory).filter_map(last).collect();
        let outranked =
            |place: &&Place| others.iter().any(|other| other.level > now.level && other.places.contains(place));
        now.places.intersection(whereabouts).any(|place| !outranked(&place))
    }

    /// Whether another advisory ever met this one at these places and changed after a trip was saved: who speaks there may have changed too.
    pub fn unsettled(&self, advisory: usize, whereabouts: &Places, since: Span) -> bool {
        let meets = |other: &usize| self.published[*other].iter().any(|said| !said.places.is_disjoint(whereabouts));
        let others = (0..ADVISORIES.len()).filter(|other| *other != advisory).filter(meets);
        others.flat_map(|other| &self.published[other]).any(|said| !said.effect().is_before(since))
    }

    /// What of a traveller's is watched.
    pub fn watched(&self, traveller: usize) -> Vec<Watched> {
        let trips = (0..self.trips.len()).filter(|&trip| self.trips[trip].traveller == traveller).map(Watched::Trip);
        let phone = (!self.people[traveller].been.is_empty()).then_some(Watched::Phone(traveller));
        trips.chain(phone).collect()
    }

    /// Where that is now.
    pub fn places(&self, watched: &Watched) -> Places {
        match watched {
            Watched::Trip(trip) => self.trips[*trip].places.clone(),
            Watched::Phone(traveller) => self.people[*traveller].is_at(),
        }
    }

    /// Where that ever was.
    pub fn ever(&self, watched: &Watched) -> Places {
        match watched {
            Watched::Trip(trip) => self.trips[*trip].places.clone(),
            Watched::Phone(traveller) => self.people[*traveller].been.iter().copied().collect(),
        }
    }
}
