//! Hearing of events as they happen: one reader of the store for everybody who listens in this process.
//!
//! Events are rows, numbered in the order of commits. Whoever listens says what they heard last, reads what they missed from the store,
//! and then follows. They are told from the beginning where they are, so that who breaks off before anything happens comes back to that
//! place; and who names an event that never was, since a backup was restored meanwhile, is told that they missed some. A listener who falls behind what is kept in memory is let go, and comes back with the last number.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

use super::step::Step;
use crate::error::Error;
use crate::model::Kind;
use crate::store::Store;
use crate::store::events::{self, Event, Mark};

/// Events kept for those who are a little behind.
const KEPT: usize = 1024;
/// Events read at once.
const PAGE: u32 = 500;

/// Hands new events to everybody who listens.
pub struct Ear {
    store: Store,
    heard: tokio::sync::Mutex<Option<i64>>,
    /// None once the service stops.
    sender: Mutex<Option<broadcast::Sender<Arc<Event>>>>,
}

impl Ear {
    /// Nobody listens yet.
    pub fn new(store: Store) -> Self {
        Self { store, heard: tokio::sync::Mutex::new(None), sender: Mutex::new(Some(broadcast::Sender::new(KEPT))) }
    }

    /// Lets everybody go: the service stops.
    pub fn close(&self) {
        self.sender.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    fn sender(&self) -> Option<broadcast::Sender<Arc<Event>>> {
        self.sender.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Reads what is new, and hands it on. Idle where nothing is, or nobody listens.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn step(&self) -> Result<Step, Error> {
        let mut heard = self.heard.lock().await;
        let Some(sender) = self.sender().filter(|sender| sender.receiver_count() > 0) else {
            *heard = None;
            return Ok(Step::Idle);
        };
        let mut tx = self.store.read().await?;
        let Some(from) = *heard else {
            *heard = Some(events::last(&mut tx).await?);
            return Ok(Step::Idle);
        };
        let new = events::after(&mut tx, from, PAGE).await?;
        let Some(last) = new.last().map(|event| event.seq) else { return Ok(Step::Idle) };
        for event in new {
            // nobody listens any more
            let _ = sender.send(Arc::new(event));
        }
        *heard = Some(last);
        Ok(Step::Worked)
    }

    /// Begins to listen after an event; from now on where none is named.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn listen(&self, whose: Whose, after: Option<Mark>) -> Result<Listener, Error> {
        // first the place among those who follow, then what is missed: nothing falls between
        let sender = self.sender().ok_or_else(|| Error::Unavailable("the service is stopping".to_owned()))?;
        let live = sender.subscribe();
        // a sender that is kept would keep the stream open when the service stops
        drop(sender);
        self.step().await?;
        let mut tx = self.store.read().await?;
        let (first, last) = (events::before_first(&mut tx).await?, events::last(&mut tx).await?);
        let is_another = match &after {
            Some(Mark { seq, .. }) if *seq > last => true,
            Some(Mark { seq, tail: Some(tail) }) => {
                events::mark(&mut tx, *seq).await?.tail.is_some_and(|known| known != *tail)
            }
            _ => false,
        };
        let at = after.filter(|_| !is_another).map_or(last, |after| after.seq);
        Ok(Listener {
            store: self.store.clone(),
            whose,
            at,
            opened: Some(events::mark(&mut tx, at).await?),
            missed: is_another || at < first,
            pending: Vec::new(),
            live,
            caught_up: false,
        })
    }
}

/// Whose events one may hear.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whose {
    /// What is everybody's.
    Everybody,
    /// That, and a key's own.
    Key(String, Kind),
    /// That, and a traveller's own.
    Traveller(String, Kind),
}

impl Whose {
    /// Whether it is theirs to hear. Of exercises only those of an exercise hear; they hear what is actual as well.
    pub fn hears(&self, event: &Event) -> bool {
        let everybodys = event.owner.is_none() && event.traveller.is_none();
        let (own, kind) = match self {
            Self::Everybody => (false, Kind::Actual),
            Self::Key(id, kind) => (event.owner.as_ref() == Some(id), *kind),
            Self::Traveller(id, kind) => (event.traveller.as_ref() == Some(id), *kind),
        };
        (everybodys || own) && (event.kind == Kind::Actual || kind == Kind::Exercise)
    }
}

/// What a listener hears next.
#[derive(Clone, Debug)]
pub enum Heard {
    /// They listen from here on.
    Opened(Mark),
    /// Something happened.
    Event(Arc<Event>),
    /// Some of what lies between what they heard last and this number is not kept any more, or was undone with a backup.
    Missed(i64),
}

/// Somebody who listens.
pub struct Listener {
    store: Store,
    whose: Whose,
    at: i64,
    opened: Option<Mark>,
    missed: bool,
    pending: Vec<Event>,
    live: broadcast::Receiver<Arc<Event>>,
    caught_up: bool,
}

impl Listener {
    /// The next one that is theirs; none when they fell behind, or the store cannot be read: then they come back.
    pub async fn next(&mut self) -> Option<Heard> {
        if let Some(mark) = self.opened.take() {
            return Some(Heard::Opened(mark));
        }
        if std::mem::take(&mut self.missed) {
            return Some(Heard::Missed(self.at));
        }
        loop {
            if let Some(event) = self.pending.pop() {
                self.at = event.seq;
                if self.whose.hears(&event) {
                    return Some(Heard::Event(Arc::new(event)));
                }
                continue;
            }
            if !self.caught_up {
                let mut tx = self.store.read().await.ok()?;
                self.pending = events::after(&mut tx, self.at, PAGE).await.ok()?;
                self.pending.reverse();
                self.caught_up = self.pending.is_empty();
                continue;
            }
            match self.live.recv().await {
                Ok(event) if event.seq <= self.at => {}
                Ok(event) => {
                    self.at = event.seq;
                    if self.whose.hears(&event) {
                        return Some(Heard::Event(event));
                    }
                }
                Err(RecvError::Lagged(_) | RecvError::Closed) => return None,
            }
        }
    }
}
