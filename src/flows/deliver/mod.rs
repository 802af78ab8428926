//! The outbox at work: lease, send, settle; never a transaction across the network.
//!
//! One [`Outbox::step`] settles what has come back, takes what is due into hand and sends as much as each lane allows. It never waits for
//! the slowest: it returns when anything has come back. What it holds when the process dies is due again when its lease ends.
//!
//! A delivery is looked at twice before it is sent: when it is taken into hand, and, should the fences have changed since, when its turn
//! comes. What is sent is stored before, and sent again word for word should the answer be lost: the receiver knows a repetition by its id.

mod lanes;
mod notes;
mod render;
mod send;
mod upkeep;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::{Mutex, oneshot};
use tokio::task::JoinSet;
use uuid::Uuid;

use self::lanes::{InHand, Lanes};
use self::notes::{note_hooks, note_push};
use self::render::{Decision, Written, decide, superseded};
use self::send::{Attempt, Job, Landed, Note, attempt, encrypt};
use crate::channel::client::{Client, ClientSettings};
use crate::channel::guard::Guard;
use crate::channel::pacing::Bounds;
use crate::channel::web_push::{Tokens, VapidKey};
use crate::channel::webhook::{self, SigningSecret};
use crate::clock::Clock;
use crate::error::Error;
use crate::live::{Live, Snapshot};
use crate::model::message::{Exercise, MessageKind};
use crate::model::{Kind, Outcome};
use crate::store::deliveries::{self, Recipient, Sending, Settled};
use crate::store::webhooks::StoredSecret;
use crate::store::{Store, epoch, vapid};
use crate::telemetry::Meter;

pub use self::upkeep::Retention;
use super::step::Step;

/// How long what is taken into hand is ours: longer than any attempt may take, with its wait in line.
const LEASE: SignedDuration = SignedDuration::from_secs(45);
/// What must be left of it when an attempt begins.
const LEFT: SignedDuration = SignedDuration::from_secs(25);
/// When to look again at what is about a revision that is not known here yet.
const SOON: SignedDuration = SignedDuration::from_secs(1);
/// Requests that one HTTP/2 connection carries at once; services allow a hundred.
const STREAMS: usize = 100;
/// How long answers are gathered once the first has come, so that many are settled in one transaction.
const LINGER: Duration = Duration::from_millis(4);
/// The most answers settled in one transaction.
const MOST_SETTLED: usize = 1000;
/// Messages encrypted by one thread in one go.
const ENCRYPT_AT_ONCE: usize = 16;
/// How many webhook requests are under way to one receiver.
const HOOK_BOUNDS: Bounds = Bounds { first: 2, most: 8 };

/// Numbers in 0 to 1 that nobody can foretell.
pub type Chance = Box<dyn FnMut() -> f64 + Send>;

/// What messages are sent with.
pub struct Channels {
    guard: Guard,
    push: Client,
    hooks: Client,
    tokens: Tokens,
    contact: String,
    public_url: String,
}

/// The settings of [`Channels`].
#[derive(Clone, Debug)]
pub struct ChannelSettings {
    /// Whom a push service may write to about us: a `mailto:` or `https:` URL.
    pub contact: String,
    /// Where the web page is, for links.
    pub public_url: String,
    /// Connections to one push service at most.
    pub push_connections: usize,
    /// How long a push service may take to answer; less than half a lease.
    pub push_timeout: Duration,
    /// Certificates trusted beside the well-known ones, as PEM.
    pub extra_ca: Option<Vec<u8>>,
    /// A proxy for everything that is sent.
    pub proxy: Option<String>,
}

impl Channels {
    /// Makes the clients.
    ///
    /// # Errors
    /// When the certificates or the proxy cannot be used.
    pub fn new(guard: Guard, settings: &ChannelSettings) -> Result<Self, String> {
        let client = |connections, timeout| {
            let (extra_ca, proxy) = (settings.extra_ca.clone(), settings.proxy.clone());
            Client::new(&guard, &ClientSettings { connections, timeout, extra_ca, proxy })
        };
        Ok(Self {
            push: client(settings.push_connections, settings.push_timeout)?,
            hooks: client(1, webhook::TIMEOUT)?,
            guard,
            tokens: Tokens::default(),
            contact: settings.contact.clone(),
            public_url: settings.public_url.clone(),
        })
    }

    /// What addresses are checked with.
    pub fn guard(&self) -> &Guard {
        &self.guard
    }
}

/// The worker that delivers.
pub struct Outbox {
    store: Store,
    live: Arc<Live>,
    clock: Arc<dyn Clock>,
    meter: Meter,
    channels: Arc<Channels>,
    state: Mutex<State>,
}

struct State {
    lanes: Lanes,
    flights: JoinSet<Landed>,
    keys: HashMap<String, VapidKey>,
    /// The key to subscribe with now.
    current_key: Option<String>,
    /// The set of fences that what is in hand was last looked at against.
    epoch: u64,
    chance: Chance,
}

impl Outbox {
    /// A worker on this store. `chance` spreads retries; a test hands in its own.
    pub fn new(
        store: Store,
        live: Arc<Live>,
        clock: Arc<dyn Clock>,
        meter: Meter,
        channels: Arc<Channels>,
        chance: Chance,
    ) -> Self {
        let state = State {
            lanes: Lanes::default(),
            flights: JoinSet::new(),
            keys: HashMap::new(),
            current_key: None,
            epoch: 0,
            chance,
        };
        Self { store, live, clock, meter, channels, state: Mutex::new(state) }
    }

    /// Something may be owed: lanes that had nothing are looked at again.
    pub async fn wake(&self) {
        self.state.lock().await.lanes.wake();
    }

    /// Lets what is under way come back, and settles it; nothing new is begun.
    ///
    /// # Errors
    /// When the database cannot be used.
    pub async fn drain(&self) -> Result<(), Error> {
        let state = &mut *self.state.lock().await;
        while !state.flights.is_empty() {
            let landed = gather(&mut state.flights).await;
            self.settle(state, landed).await?;
        }
        Ok(())
    }

    /// Takes, sends, settles. `Idle` when nothing is due and nothing is under way.
    ///
    /// # Errors
    /// When the database cannot be used; what is in hand stays so.
    pub async fn step(&self) -> Result<Step, Error> {
        let state = &mut *self.state.lock().await;
        let settled = self.fill(state).await?;
        self.launch(state);
        if state.flights.is_empty() {
            return Ok(if settled == 0 { Step::Idle } else { Step::Worked });
        }
        let landed = gather(&mut state.flights).await;
        self.settle(state, landed).await?;
        Ok(Step::Worked)
    }

    /// Takes what is due into hand, lane by lane. Returns how many were settled without being sent.
    async fn fill(&self, state: &mut State) -> Result<usize, Error> {
        let lanes = self.busy_lanes().await?;
        let (now, bounds) = (self.clock.now(), |lane: &str| self.bounds(lane));
        let wanted: Vec<_> = lanes
            .into_iter()
            .filter_map(|lane| {
                let wanted = state.lanes.wanted(&lane, bounds(&lane), now);
                (wanted > 0).then_some((lane, wanted))
            })
            .collect();
        if wanted.is_empty() {
            return Ok(0);
        }
        let truth = Truth::of(&self.live);
        let (lease, until) = (Uuid::now_v7().to_string(), now + LEASE);
        let (mut written, mut settled, mut taken) = (Written::default(), Vec::new(), Vec::new());
        let mut tx = self.store.begin().await?;
        for (lane, wanted) in &wanted {
            let limit = u32::try_from(*wanted).unwrap_or(u32::MAX);
            let claimed = deliveries::claim(&mut tx, lane, now, limit).await?;
            let (found, mut in_hand) = (claimed.len(), Vec::new());
            for claimed in claimed {
                let id = claimed.id.clone();
                let snapshot = truth.told_to(&claimed.kind);
                let (outcome, reason) = match decide(claimed, snapshot, now, &mut written) {
                    Decision::Send(prepared) => {
                        in_hand.push(InHand { prepared: *prepared, until, lease: lease.clone() });
                        continue;
                    }
                    Decision::Superseded(reason) => (Outcome::Superseded, reason),
                    Decision::Gone => (Outcome::Gone, "nobody is there to be told"),
                    Decision::TooEarly => (Outcome::Retry { at: now + SOON }, "its revision is not known here yet"),
                    Decision::Failed(reason) => (Outcome::Failed, reason),
                };
                settled.push(Settled { id, outcome, short: false, status: None, reason: Some(reason) });
            }
            taken.push((lane, *wanted, found, in_hand));
        }
        let sending: Vec<_> = taken.iter().flat_map(|(.., in_hand)| in_hand).map(sending).collect();
        if !sending.is_empty() {
            deliveries::mark_sending(&mut tx, &lease, now, until, &sending).await?;
            self.read_keys(state, &mut tx).await?;
        }
        if !settled.is_empty() {
            deliveries::settle(&mut tx, None, now, &settled).await?;
        }
        tx.commit().await?;
        for one in &settled {
            self.meter.delivery("none", &one.outcome);
        }
        for (lane, wanted, found, in_hand) in taken {
            state.lanes.take(lane, self.bounds(lane), wanted, in_hand, found, now);
        }
        state.epoch = truth.actual.epoch;
        Ok(settled.len())
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

    /// Reads the keys to sign with: few, and one may have been made a moment ago.
    async fn read_keys(&self, state: &mut State, tx: &mut crate::store::Tx) -> Result<(), Error> {
        let all = vapid::all(tx).await?;
        state.current_key = all.first().map(|key| key.public.clone());
        state.keys = all
            .into_iter()
            .map(|key| (key.public.clone(), VapidKey { public: key.public, private: key.private }))
            .collect();
        Ok(())
    }

    /// Sends as much as each lane allows.
    fn launch(&self, state: &mut State) {
        let (now, truth) = (self.clock.now(), Truth::of(&self.live));
        let changed = truth.actual.epoch != state.epoch;
        let mut jobs = Vec::new();
        while let Some((lane, in_hand)) = state.lanes.next(now) {
            // too late to begin, or perhaps not true any more: left to its lease, and looked at again
            if in_hand.until < now + LEFT
                || (changed && stale(&in_hand, truth.told_to(&in_hand.prepared.claimed.kind), now))
            {
                state.lanes.finished(&lane, crate::channel::pacing::Signal::Void, now);
                continue;
            }
            let InHand { prepared, lease, .. } = in_hand;
            let (mut vapid, mut body) = (None, None);
            if let Recipient::Push { p256dh, auth, vapid_key, .. } = &prepared.claimed.recipient {
                vapid = state.keys.get(vapid_key).cloned();
                if let Some(document) = prepared.push_document(&self.channels.public_url) {
                    let (done, encrypted) = oneshot::channel();
                    jobs.push(Job { document, keys: (p256dh.clone(), auth.clone()), done });
                    body = Some(encrypted);
                }
            }
            let spread = state.lanes.spread(&lane, STREAMS);
            let vapid_is_current = vapid.as_ref().map(|key| &key.public) == state.current_key.as_ref();
            let channels = Arc::clone(&self.channels);
            let chance = (state.chance)();
            state.flights.spawn(attempt(Attempt {
                channels,
                lane,
                lease,
                prepared,
                vapid,
                vapid_is_current,
                spread,
                now,
                chance,
                body,
            }));
        }
        while !jobs.is_empty() {
            let rest = jobs.split_off(jobs.len().min(ENCRYPT_AT_ONCE));
            let some = std::mem::replace(&mut jobs, rest);
            tokio::task::spawn_blocking(move || encrypt(some));
        }
    }

    /// Writes down what has come back.
    async fn settle(&self, state: &mut State, landed: Vec<Landed>) -> Result<(), Error> {
        let now = self.clock.now();
        for one in &landed {
            state.lanes.finished(&one.lane, one.signal, now);
            self.meter.delivery(one.channel, &one.settled.outcome);
        }
        if landed.iter().any(|one| matches!(one.settled.outcome, Outcome::Retry { at } if at <= now)) {
            state.lanes.wake();
        }
        self.meter.lanes_closed(state.lanes.closed(now));
        state.lanes.tidy(now);
        let mut leases: HashMap<&str, Vec<Settled>> = HashMap::new();
        for one in &landed {
            leases.entry(&one.lease).or_default().push(one.settled.clone());
        }
        let mut tx = self.store.begin().await?;
        let twice = note_push(&mut tx, &landed, now).await?;
        note_hooks(&mut tx, &landed, now).await?;
        // an answer 404 for the second time settles the delivery as well
        let over: HashSet<&str> = landed
            .iter()
            .filter(|one| matches!(&one.note, Note::Missed(id) if twice.contains(id)))
            .map(|one| one.settled.id.as_str())
            .collect();
        for (lease, mut settled) in leases {
            for one in settled.iter_mut().filter(|one| over.contains(one.id.as_str())) {
                (one.outcome, one.reason) = (Outcome::Gone, Some("the subscription is over"));
            }
            deliveries::settle(&mut tx, Some(lease), now, &settled).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    fn bounds(&self, lane: &str) -> Bounds {
        if lane.starts_with("webhook:") {
            HOOK_BOUNDS
        } else {
            Bounds { first: 16, most: self.channels.push.connections() * STREAMS }
        }
    }
}

/// The first that comes back, and those that come back with it.
async fn gather(flights: &mut JoinSet<Landed>) -> Vec<Landed> {
    let mut landed = Vec::new();
    let mut take = |joined: Option<Result<Landed, tokio::task::JoinError>>| match joined {
        Some(Ok(one)) => {
            landed.push(one);
            landed.len() < MOST_SETTLED
        }
        Some(Err(_)) => {
            tracing::error!("an attempt panicked; its lease brings it back");
            true
        }
        None => false,
    };
    if take(flights.join_next().await) {
        let more = async { while take(flights.join_next().await) {} };
        // the wait is for company only
        let _ = tokio::time::timeout(LINGER, more).await;
    }
    landed
}

/// What is marked as being sent.
fn sending(in_hand: &InHand) -> Sending<'_> {
    let document = in_hand.prepared.text.document.as_ref();
    Sending {
        id: &in_hand.prepared.claimed.id,
        message: document.map(|(digest, document)| (digest.as_str(), document.as_str())),
    }
}

fn stale(in_hand: &InHand, snapshot: &Snapshot, now: Timestamp) -> bool {
    superseded(&in_hand.prepared.claimed, snapshot, now).is_some()
}

/// What is true at one moment: in earnest, and for those in an exercise.
struct Truth {
    actual: Arc<Snapshot>,
    exercise: Arc<Snapshot>,
}

impl Truth {
    fn of(live: &Live) -> Self {
        Self { actual: live.snapshot(), exercise: live.snapshot_for(Kind::Exercise) }
    }

    /// What a delivery of this kind is held against.
    fn told_to(&self, kind: &str) -> &Snapshot {
        if kind == Exercise::WORD { &self.exercise } else { &self.actual }
    }
}

/// The secrets of a webhook that are alive.
pub(super) fn webhook_secrets(stored: &[StoredSecret], now: Timestamp) -> Vec<SigningSecret> {
    let alive = stored.iter().filter(|secret| secret.ends_at.is_none_or(|ends| now < ends));
    alive.filter_map(|secret| serde_json::from_value(secret.secret.clone()).ok()).collect()
}

/// Chance from the system's source of randomness.
pub fn system_chance() -> Chance {
    Box::new(|| {
        let mut bytes = [0_u8; 4];
        // without randomness retries are not spread, and still happen
        let _ = aws_lc_rs::rand::fill(&mut bytes);
        f64::from(u32::from_le_bytes(bytes)) / f64::from(u32::MAX)
    })
}
