//! What is in hand, lane by lane, and how fast each lane goes.

use std::cmp::Reverse;
use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::render::Prepared;
use crate::channel::pacing::{Bounds, Pace, Signal};

/// The most deliveries taken into hand at once, over all lanes.
const MOST_IN_HAND: usize = 4000;
/// A lane takes this many times what it may have under way, so that it never waits for the database …
const AHEAD: usize = 2;
/// … or what it sends in this time, if that is more: fewer and larger transactions.
const HORIZON: Duration = Duration::from_millis(500);
/// At least so many, since a transaction costs the same for one.
const FEWEST: usize = 32;
/// How long a lane that gave less than was asked for is left alone, unless something new is owed.
const REST: SignedDuration = SignedDuration::from_millis(250);

/// One delivery in hand.
pub(super) struct InHand {
    pub prepared: Box<Prepared>,
    /// Until when it is ours.
    pub until: Timestamp,
    /// The lease it is under.
    pub lease: String,
    /// The set of fences that it was looked at against.
    pub epoch: u64,
}

/// What was taken into hand for a lane.
pub(super) struct Taken {
    pub lane: String,
    /// Whether there was as much as was asked for: more may be due.
    pub more: bool,
    pub in_hand: Vec<InHand>,
}

/// How many deliveries the lanes want from the store; the default wants none.
#[derive(Default)]
pub(super) struct Appetite {
    known: HashMap<String, usize>,
    /// Over all lanes.
    most: usize,
}

impl Appetite {
    /// Whether there is no room for anything.
    pub fn is_sated(&self) -> bool {
        self.most == 0
    }

    /// What each of so many lanes may take, so that one leaves room for the others.
    pub fn share(&self, lanes: usize) -> usize {
        self.most.div_ceil(lanes.max(1))
    }

    /// What a lane wants, one that nothing is known about among them.
    pub fn of(&self, name: &str, bounds: Bounds) -> usize {
        self.known.get(name).copied().unwrap_or((bounds.first * AHEAD).max(FEWEST))
    }
}

/// A lane with its queue and pace.
pub(super) struct Lane {
    queue: VecDeque<InHand>,
    pace: Pace,
    /// Nothing more is due before.
    rests_until: Option<Timestamp>,
}

impl Lane {
    /// How many to take into hand now; 0 while it has enough, is closed or rests.
    fn wants(&self, now: Timestamp) -> usize {
        if self.rests_until.is_some_and(|until| now < until) {
            return 0;
        }
        let enough = match self.pace.closed_until() {
            None => (self.pace.limit() * AHEAD).max(self.pace.within(HORIZON)).max(FEWEST),
            Some(until) if now < until => 0,
            // a trial
            Some(_) => self.pace.room(now),
        };
        // asked for when half of it is used up
        if self.queue.len() * 2 > enough { 0 } else { enough - self.queue.len() }
    }
}

/// All lanes that have work.
#[derive(Default)]
pub(super) struct Lanes {
    lanes: HashMap<String, Lane>,
}

impl Lanes {
    /// How many to take into hand now.
    pub fn appetite(&self, now: Timestamp) -> Appetite {
        let in_hand: usize = self.lanes.values().map(|lane| lane.queue.len() + lane.pace.under_way()).sum();
        let known = self.lanes.iter().map(|(name, lane)| (name.clone(), lane.wants(now))).collect();
        Appetite { known, most: MOST_IN_HAND.saturating_sub(in_hand) }
    }

    /// Whether a lane is about to wait for the store.
    pub fn hungry(&self, now: Timestamp) -> bool {
        self.lanes.values().any(|lane| lane.wants(now) > 0) && !self.appetite(now).is_sated()
    }

    /// The lanes that were asked for rest, unless more than they wanted turns out to be due.
    pub fn asked(&mut self, appetite: &Appetite, now: Timestamp) {
        let asked =
            self.lanes.iter_mut().filter(|(name, _)| appetite.known.get(*name).is_some_and(|wanted| *wanted > 0));
        asked.filter(|_| !appetite.is_sated()).for_each(|(_, lane)| lane.rests_until = Some(now + REST));
    }

    /// Puts in what was taken, the gravest first.
    pub fn take(&mut self, bounds: Bounds, taken: Taken, now: Timestamp) {
        let lane = self.lanes.entry(taken.lane).or_insert_with(|| Lane {
            queue: VecDeque::new(),
            pace: Pace::new(bounds),
            rests_until: None,
        });
        lane.rests_until = (!taken.more).then(|| now + REST);
        lane.queue.extend(taken.in_hand);
        lane.queue.make_contiguous().sort_by_key(|in_hand| Reverse(in_hand.prepared.claimed.severity));
    }

    /// Leaves what is not sent yet to its lease.
    pub fn put_down(&mut self) {
        self.lanes.values_mut().for_each(|lane| lane.queue.clear());
    }

    /// Something new is owed: no lane rests.
    pub fn wake(&mut self) {
        self.lanes.values_mut().for_each(|lane| lane.rests_until = None);
    }

    /// The next delivery of any lane that has room, in turn.
    pub fn next(&mut self, now: Timestamp) -> Option<(String, InHand)> {
        // the lane with the least under way goes first, so that none is passed over
        let name = self
            .lanes
            .iter()
            .filter(|(_, lane)| !lane.queue.is_empty() && lane.pace.room(now) > 0)
            .min_by_key(|(name, lane)| (lane.pace.under_way(), name.as_str()))
            .map(|(name, _)| name.clone())?;
        let lane = self.lanes.get_mut(&name)?;
        let next = lane.queue.pop_front()?;
        lane.pace.started();
        Some((name, next))
    }

    /// One came back.
    pub fn finished(&mut self, name: &str, signal: Signal, now: Timestamp) {
        if let Some(lane) = self.lanes.get_mut(name) {
            lane.pace.finished(signal, now);
            if lane.pace.room(now) == 0 && lane.pace.under_way() == 0 && lane.pace.closed_until().is_some() {
                // closed: what is in hand comes back by its lease, and is looked at again
                lane.queue.clear();
            }
        }
    }

    /// How many connections a lane may spread over now.
    pub fn spread(&self, name: &str, streams: usize) -> usize {
        self.lanes.get(name).map_or(1, |lane| lane.pace.limit().div_ceil(streams))
    }

    /// Lanes that are closed, and until when.
    pub fn closed(&self, now: Timestamp) -> usize {
        self.lanes.values().filter(|lane| lane.pace.closed_until().is_some_and(|until| now < until)).count()
    }

    /// Forgets lanes that have nothing in hand and nothing to remember.
    pub fn tidy(&mut self, now: Timestamp) {
        self.lanes.retain(|_, lane| {
            !lane.queue.is_empty()
                || lane.pace.under_way() > 0
                || lane.pace.closed_until().is_some_and(|until| now < until)
                || self_remembers(lane)
        });
    }
}

/// Push services are few and worth remembering; webhooks are many.
fn self_remembers(lane: &Lane) -> bool {
    lane.pace.limit() > super::HOOK_BOUNDS.most
}
