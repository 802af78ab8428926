//! What the test did, as its clients know it: the independent record from which it follows who is owed what.

use std::time::Instant;

use serde_json::Value;

use crate::world::{Place, Places, severity};

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
    pub request: Request,
}

impl Published {
    /// Whether somebody who is there and asks from `least` on is to be alerted.
    pub fn alerts(&self, whereabouts: &Places, least: u8) -> bool {
        self.level.is_some_and(|level| severity(level) >= least) && !self.places.is_disjoint(whereabouts)
    }
}

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
    pub published: [Vec<Published>; 3],
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
