//! The outbox at work: lease, send, settle; never a transaction across the network.
//!
//! One [`Outbox::step`] exchanges with the store in one transaction: what has come back is settled, what is due is taken into hand. Sending
//! goes on meanwhile, each lane as fast as it allows, and for a moment after, so that the next transaction settles many. A step never waits
//! for the slowest. What it holds when the process dies is due again when its lease ends.
//!
//! A delivery is looked at twice before it is sent: when it is taken into hand, and, should the fences have changed since, when its turn
//! comes. What is sent is stored before, and sent again word for word should the answer be lost: the receiver knows a repetition by its id.

mod exchange;
mod lanes;
mod notes;
mod render;
mod send;
mod upkeep;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::Mutex;
use tokio::task::{JoinError, JoinSet};
use tokio::time::timeout;

use self::exchange::Exchanged;
use self::lanes::{Appetite, InHand, Lanes};
use self::render::superseded;
use self::send::{Attempt, Landed, attempt};
use crate::channel::client::{Client, ClientSettings};
use crate::channel::guard::Guard;
use crate::channel::pacing::{Bounds, Signal};
use crate::channel::web_push::{Tokens, VapidKey};
use crate::channel::webhook::{self, SigningSecret};
use crate::clock::Clock;
use crate::error::Error;
use crate::live::{Live, Snapshot};
use crate::model::message::{Exercise, MessageKind};
use crate::model::{Kind, Outcome};
use crate::store::Store;
use crate::store::deliveries::Recipient;
use crate::store::webhooks::StoredSecret;
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
/// How long a step waits for a first answer before it looks whether another lane has work.
const PATIENCE: Duration = Duration::from_millis(250);
/// How long answers are gathered once the first has come, so that many are settled in one transaction.
const LINGER: Duration = Duration::from_millis(50);
/// As many answers are worth a transaction.
const MOST_SETTLED: usize = 1000;
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
    /// Come back, and not settled yet.
    landed: Vec<Landed>,
    keys: HashMap<String, Arc<VapidKey>>,
    /// The key to subscribe with now.
    current_key: Option<String>,
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
            landed: Vec::new(),
            keys: HashMap::new(),
            current_key: None,
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
        state.lanes.put_down();
        loop {
            self.gather(state).await;
            let landed = std::mem::take(&mut state.landed);
            self.exchange(&landed, &Appetite::default()).await?;
            if state.flights.is_empty() {
                return Ok(());
            }
        }
    }

    /// Takes, sends, settles. `Idle` when nothing is due and nothing is under way.
    ///
    /// # Errors
    /// When the database cannot be used; what is in hand stays so, and what has come back is settled when it can be.
    pub async fn step(&self) -> Result<Step, Error> {
        let state = &mut *self.state.lock().await;
        let landed = std::mem::take(&mut state.landed);
        let appetite = state.lanes.appetite(self.clock.now());
        let exchanged = {
            let mut exchange = std::pin::pin!(self.exchange(&landed, &appetite));
            // meanwhile sending goes on
            loop {
                tokio::select! {
                    exchanged = &mut exchange => break exchanged,
                    Some(joined) = state.flights.join_next() => self.land(state, joined),
                }
            }
        };
        let exchanged = match exchanged {
            Ok(exchanged) => exchanged,
            Err(e) => {
                state.landed.extend(landed);
                return Err(e);
            }
        };
        let worked = !landed.is_empty() || exchanged.found > 0;
        let now = self.clock.now();
        state.lanes.asked(&appetite, now);
        self.take(state, exchanged);
        if landed.iter().any(|one| matches!(one.settled.outcome, Outcome::Retry { at } if at <= now)) {
            state.lanes.wake();
        }
        state.lanes.tidy(now);
        self.meter.lanes_closed(state.lanes.closed(now));
        self.launch(state);
        if state.flights.is_empty() && state.landed.is_empty() {
            return Ok(if worked { Step::Worked } else { Step::Idle });
        }
        self.gather(state).await;
        Ok(Step::Worked)
    }

    /// Puts what was taken into the lanes, and keeps the keys to sign it with.
    fn take(&self, state: &mut State, exchanged: Exchanged) {
        let now = self.clock.now();
        for taken in exchanged.taken {
            state.lanes.take(self.bounds(&taken.lane), taken, now);
        }
        if !exchanged.keys.is_empty() {
            state.current_key = exchanged.keys.first().map(|key| key.public.clone());
            state.keys = exchanged.keys.into_iter().map(|key| (key.public.clone(), Arc::new(key))).collect();
        }
    }

    /// Sends as much as each lane allows.
    fn launch(&self, state: &mut State) {
        let (now, truth) = (self.clock.now(), Truth::of(&self.live));
        while let Some((lane, in_hand)) = state.lanes.next(now) {
            let changed = truth.actual.epoch != in_hand.epoch;
            let InHand { prepared, until, lease, .. } = in_hand;
            // too late to begin, or perhaps not true any more: left to its lease, and looked at again
            if until < now + LEFT
                || (changed && superseded(&prepared.claimed, truth.told_to(&prepared.claimed.kind), now).is_some())
            {
                state.lanes.finished(&lane, Signal::Void, now);
                continue;
            }
            let vapid = match &prepared.claimed.recipient {
                Recipient::Push { vapid_key, .. } => state.keys.get(vapid_key).map(Arc::clone),
                Recipient::Webhook { .. } | Recipient::Nobody => None,
            };
            let vapid_is_current = vapid.as_ref().map(|key| &key.public) == state.current_key.as_ref();
            let spread = state.lanes.spread(&lane, STREAMS);
            let (channels, chance) = (Arc::clone(&self.channels), (state.chance)());
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
            }));
        }
    }

    /// One has come back: its lane has room for another, at once.
    fn land(&self, state: &mut State, joined: Result<Landed, JoinError>) {
        let Ok(one) = joined else {
            tracing::error!("an attempt panicked; its lease brings it back");
            return;
        };
        state.lanes.finished(&one.lane, one.signal, self.clock.now());
        self.meter.delivery(one.channel, &one.settled.outcome);
        state.landed.push(one);
        self.launch(state);
    }

    /// Waits until enough has come back to be settled in one transaction, or a lane needs more from the store; not for the slowest.
    async fn gather(&self, state: &mut State) {
        if state.landed.is_empty() {
            match timeout(PATIENCE, state.flights.join_next()).await {
                Ok(Some(joined)) => self.land(state, joined),
                Ok(None) | Err(_) => return,
            }
        }
        let mut company = std::pin::pin!(tokio::time::sleep(LINGER));
        while state.landed.len() < MOST_SETTLED && !state.lanes.hungry(self.clock.now()) {
            tokio::select! {
                () = &mut company => return,
                joined = state.flights.join_next() => match joined {
                    Some(joined) => self.land(state, joined),
                    None => return,
                }
            }
        }
    }

    fn bounds(&self, lane: &str) -> Bounds {
        if lane.starts_with("webhook:") {
            HOOK_BOUNDS
        } else {
            Bounds { first: 16, most: self.channels.push.connections() * STREAMS }
        }
    }
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
    // asked for many at once: the asking is what costs
    let (mut bytes, mut used) = ([0_u8; 1024], 1024);
    Box::new(move || {
        if used == bytes.len() {
            // without randomness retries are not spread, and still happen
            let _ = aws_lc_rs::rand::fill(&mut bytes);
            used = 0;
        }
        let next = bytes[used..used + 4].try_into().expect("four bytes");
        used += 4;
        f64::from(u32::from_le_bytes(next)) / f64::from(u32::MAX)
    })
}
