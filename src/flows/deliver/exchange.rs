//! One transaction with the store: what has come back is settled, what is due is taken into hand.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use uuid::Uuid;

use super::lanes::{Appetite, InHand, Taken};
use super::notes::{note_hooks, note_push};
use super::render::{Decision, Frozen, Written, decide};
use super::send::{Landed, Note};
use super::{LEASE, Outbox, SOON, Truth};
use crate::channel::web_push::VapidKey;
use crate::error::Error;
use crate::model::Outcome;
use crate::store::deliveries::{self, Sending, Settled};
use crate::store::{Tx, epoch, vapid};

/// What came of it.
#[derive(Default)]
pub(super) struct Exchanged {
    /// Taken into hand, lane by lane.
    pub taken: Vec<Taken>,
    /// How many were due, those among them that are not to be sent.
    pub found: usize,
    /// The keys to sign with, the one to subscribe with now first; none where nothing is to be sent.
    pub keys: Vec<VapidKey>,
}

impl Outbox {
    /// Settles what has landed, and takes as much into hand as the lanes want.
    pub(super) async fn exchange(&self, landed: &[Landed], appetite: &Appetite) -> Result<Exchanged, Error> {
        let wanted: Vec<(String, usize)> = if appetite.is_sated() {
            Vec::new()
        } else {
            let lanes = self.busy_lanes().await?;
            let share = appetite.share(lanes.len());
            let wanted = lanes.into_iter().map(|lane| {
                let wanted = appetite.of(&lane, self.bounds(&lane)).min(share);
                (lane, wanted)
            });
            wanted.filter(|(_, wanted)| *wanted > 0).collect()
        };
        if landed.is_empty() && wanted.is_empty() {
            return Ok(Exchanged::default());
        }
        let now = self.clock.now();
        let mut tx = self.store.begin().await?;
        settle(&mut tx, landed, now).await?;
        let (exchanged, unsent) = self.claim(&mut tx, wanted, now).await?;
        tx.commit().await?;
        for one in &unsent {
            self.meter.delivery("none", &one.outcome);
        }
        Ok(exchanged)
    }

    /// The lanes that have anything pending, after hearing of everything that is published: it is held against that.
    async fn busy_lanes(&self) -> Result<Vec<String>, Error> {
        let mut tx = self.store.read().await?;
        let lanes = deliveries::busy_lanes(&mut tx).await?;
        if !lanes.is_empty() && epoch::current(&mut tx).await? > self.live.snapshot().epoch {
            drop(tx);
            // what cannot be taken is said by the worker that follows; what does not depend on it is sent meanwhile
            let _ = self.live.follow(&self.store, self.clock.now()).await;
        }
        Ok(lanes)
    }

    /// Takes what is due into hand, lane by lane. Gives what is settled without being sent as well.
    async fn claim(
        &self,
        tx: &mut Tx,
        wanted: Vec<(String, usize)>,
        now: Timestamp,
    ) -> Result<(Exchanged, Vec<Settled>), Error> {
        let truth = Truth::of(&self.live);
        let (lease, until, epoch) = (Uuid::now_v7().to_string(), now + LEASE, truth.actual.epoch);
        let (mut written, mut unsent, mut exchanged) = (Written::default(), Vec::new(), Exchanged::default());
        for (lane, wanted) in wanted {
            let limit = u32::try_from(wanted).unwrap_or(u32::MAX);
            let claimed = deliveries::claim(tx, &lane, now, limit).await?;
            let (found, mut in_hand) = (claimed.len(), Vec::new());
            for claimed in claimed {
                let id = claimed.id.clone();
                let (outcome, reason) = match decide(claimed, &truth, now, &mut written) {
                    Decision::Send(prepared) => {
                        in_hand.push(InHand { prepared, until, lease: lease.clone(), epoch });
                        continue;
                    }
                    Decision::Superseded(reason) => (Outcome::Superseded, reason),
                    Decision::Gone => (Outcome::Gone, "nobody is there to be told"),
                    Decision::TooEarly => (Outcome::Retry { at: now + SOON }, "its revision is not known here yet"),
                    Decision::Failed(reason) => (Outcome::Failed, reason),
                };
                unsent.push(Settled { id, outcome, short: false, refused: false, status: None, reason: Some(reason) });
            }
            exchanged.found += found;
            exchanged.taken.push(Taken { lane, more: found == wanted, in_hand });
        }
        let sending: Vec<_> = exchanged.taken.iter().flat_map(|taken| &taken.in_hand).map(sending).collect();
        if !sending.is_empty() {
            deliveries::mark_sending(tx, &lease, now, until, &sending).await?;
            // few, and one may have been made a moment ago
            let keys = vapid::all(tx).await?.into_iter();
            exchanged.keys = keys.map(|key| VapidKey { public: key.public, private: key.private }).collect();
        }
        deliveries::settle(tx, None, now, &unsent).await?;
        Ok((exchanged, unsent))
    }
}

/// Writes down what has come back.
async fn settle(tx: &mut Tx, landed: &[Landed], now: Timestamp) -> Result<(), Error> {
    let twice = note_push(tx, landed).await?;
    note_hooks(tx, landed, now).await?;
    // an answer 404 for the second time settles the delivery as well
    let over: HashSet<&str> = landed
        .iter()
        .filter(|one| matches!(&one.note, Note::Missed(id) if twice.contains(id)))
        .map(|one| one.settled.id.as_str())
        .collect();
    let mut leases: HashMap<&str, Vec<Settled>> = HashMap::new();
    for one in landed {
        let mut settled = one.settled.clone();
        if over.contains(settled.id.as_str()) {
            (settled.outcome, settled.reason) = (Outcome::Gone, Some("the subscription is over"));
        }
        leases.entry(&one.lease).or_default().push(settled);
    }
    for (lease, settled) in leases {
        deliveries::settle(tx, Some(lease), now, &settled).await?;
    }
    Ok(())
}

/// What is marked as being sent.
fn sending(in_hand: &InHand) -> Sending<'_> {
    let Frozen { words, document } = &*in_hand.prepared.text;
    Sending {
        id: &in_hand.prepared.claimed.id,
        message: document.as_ref().map(|(digest, document)| (digest.as_str(), document.as_str())),
        // what is milder than they asked for is not told by it
        remains: words.as_ref().and_then(|words| words.remains.as_ref()).and_then(|(revision, severity)| {
            in_hand.prepared.claimed.least.is_none_or(|least| *severity >= least).then_some(revision)
        }),
    }
}
