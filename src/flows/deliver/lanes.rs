//! What is in hand, lane by lane, and how fast each lane goes.

use std::collections::{HashMap, VecDeque};

use jiff::{SignedDuration, Timestamp};

use super::render::Prepared;
use crate::channel::pacing::{Bounds, Pace, Signal};

/// The most deliveries taken into hand at once, over all lanes.
const MOST_IN_HAND: usize = 4000;
/// A lane takes this many times what it may have under way, so that it never waits for the database.
const AHEAD: usize = 2;
/// At least so many, since a transaction costs the same for one.
const FEWEST: usize = 32;
/// How long a lane that gave less than was asked for is left alone, unless something new is owed.
const REST: SignedDuration = SignedDuration::from_millis(250);

/// One delivery in hand.
pub(super) struct InHand {
    pub prepared: Prepared,
    /// Until when it is ours.
    pub until: Timestamp,
    /// The lease it is under.
    pub lease: String,
}

/// A lane with its queue and pace.
pub(super) struct Lane {
    pub queue: VecDeque<InHand>,
    pub pace: Pace,
    /// Nothing more is due before.
    rests_until: Option<Timestamp>,
}

/// All lanes that have work.
#[derive(Default)]
pub(super) struct Lanes {
    lanes: HashMap<String, Lane>,
}

impl Lanes {
    /// How many of a lane to take into hand now; 0 while it has enough, is closed or rests.
    pub fn wanted(&mut self, name: &str, bounds: Bounds, now: Timestamp) -> usize {
        let in_hand: usize = self.lanes.values().map(|lane| lane.queue.len() + lane.pace.under_way()).sum();
        let lane = self.lane(name, bounds);
        if lane.pace.room(now) == 0 || lane.rests_until.is_some_and(|until| now < until) {
            return 0;
        }
        let trial = lane.pace.closed_until().is_some();
        let most = if trial { 1 } else { (lane.pace.limit() * AHEAD).max(FEWEST) };
        // asked for when half of it is used up: fewer and larger transactions
        if lane.queue.len() * 2 > most {
            return 0;
        }
        (most - lane.queue.len()).min(MOST_IN_HAND.saturating_sub(in_hand))
    }

    /// Takes what was claimed for a lane, after asking for `wanted`.
    pub fn take(
        &mut self,
        name: &str,
        bounds: Bounds,
        wanted: usize,
        claimed: Vec<InHand>,
        found: usize,
        now: Timestamp,
    ) {
        let lane = self.lane(name, bounds);
        lane.rests_until = (found < wanted).then(|| now + REST);
        lane.queue.extend(claimed);
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

    fn lane(&mut self, name: &str, bounds: Bounds) -> &mut Lane {
        self.lanes.entry(name.to_owned()).or_insert_with(|| Lane {
            queue: VecDeque::new(),
            pace: Pace::new(bounds),
            rests_until: None,
        })
    }
}

/// Push services are few and worth remembering; webhooks are many.
fn self_remembers(lane: &Lane) -> bool {
    lane.pace.limit() > super::HOOK_BOUNDS.most
}
