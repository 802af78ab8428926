//! The embassy: raises, lowers, redraws and withdraws, now or soon, and finds out what became of a publication that nobody answered.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use cordon::clock::{Clock, System};
use jiff::SignedDuration;
use serde_json::{Value, json};
use tokio::sync::{Mutex, Notify};

use crate::dice::Dice;
use crate::model::{Model, Published, Request, Span};
use crate::service::{Client, Said};
use crate::world::{ADVISORIES, EVERYWHERE, PLACES, Place, Places, ROWS, feature};

pub struct Publisher {
    pub client: Client,
    pub model: Arc<Mutex<Model>>,
    pub dice: Dice,
    /// A publication is about to be sent.
    pub asked: Arc<Notify>,
    /// Of each advisory, the publications that nobody answered.
    pub open: [Vec<Published>; ADVISORIES.len()],
}

impl Publisher {
    pub fn new(client: Client, model: Arc<Mutex<Model>>, dice: Dice) -> Self {
        Self { client, model, dice, asked: Arc::default(), open: [const { Vec::new() }; ADVISORIES.len()] }
    }

    /// Publishes until it is told to stop.
    pub async fn publish_until(&mut self, stop: &AtomicBool) {
        while !stop.load(Ordering::Relaxed) {
            let advisory = self.dice.below(ADVISORIES.len());
            self.publish(advisory).await;
            tokio::time::sleep(self.dice.millis(0, 400)).await;
        }
    }

    /// One publication, and whether it happened where nobody said so.
    async fn publish(&mut self, advisory: usize) {
        self.find_out(advisory).await;
        let next = self.next(advisory).await;
        let headers: Vec<_> = [("idempotency-key", next.request.key.as_str())]
            .into_iter()
            .chain(next.request.if_match.as_deref().map(|tag| ("if-match", tag)))
            .collect();
        let preferred = self.dice.below(2);
        self.asked.notify_waiters();
        match self.client.once(preferred, "POST", &next.request.path, &headers, Some(&next.request.body)).await {
            Said::Answer(201, answer) => {
                assert_eq!(answer["revision"], format!("{}@{}", ADVISORIES[advisory], next.number), "{answer}");
                let mut published = done(next);
                published.request.answer = Some(answer);
                self.model.lock().await.published[advisory].push(published);
            }
            // one that nobody answered happened after all, a moment later than it was looked for
            Said::Answer(412, _) if !self.open[advisory].is_empty() => self.find_out(advisory).await,
            Said::Answer(status, answer) => panic!("{status} {answer} to {}", next.request.body),
            Said::Perhaps => self.open[advisory].push(next),
        }
    }

    async fn next(&mut self, advisory: usize) -> Published {
        let (number, level, places) = {
            let model = self.model.lock().await;
            let last = model.published[advisory].last();
            (last.map_or(0, |last| last.number), last.and_then(|last| last.level), last.map(|last| last.places.clone()))
        };
        let withdraws = level.is_some() && self.dice.one_in(5);
        // a level that differs, or other places, or both
        let next_level = 1 + u8::try_from((usize::from(level.unwrap_or(4)) + self.dice.below(4)) % 4).expect("small");
        let places = match places.filter(|places| !places.is_empty()) {
            Some(places) if self.dice.one_in(2) => places,
            _ => self.places(advisory),
        };
        // some takes effect by itself, soon
        let later = (!withdraws && self.dice.one_in(3)).then(|| self.dice.millis(1_000, 8_000));
        let from = later.map(|later| System.now() + SignedDuration::try_from(later).expect("short"));
        let name = ADVISORIES[advisory];
        let (key, if_match) = (uuid::Uuid::new_v4().to_string(), (number > 0).then(|| format!("\"{number}\"")));
        let (path, body) = match number {
            _ if withdraws => (format!("/v1/advisories/{name}/withdraw"), json!({"note": key})),
            0 => ("/v1/advisories".to_owned(), feature(advisory, next_level, &places, from, &key)),
            _ => (format!("/v1/advisories/{name}/revisions"), feature(advisory, next_level, &places, from, &key)),
        };
        let now = Instant::now();
        Published {
            number: number + 1,
            level: (!withdraws).then_some(next_level),
            places: if withdraws { Places::new() } else { places },
            span: Span { begun: now, done: now },
            from: later.map(|later| now + later),
            request: Request { path, key, if_match, body, answer: None },
        }
    }

    fn places(&mut self, advisory: usize) -> Places {
        let rows = if advisory == EVERYWHERE { 0..ROWS } else { advisory..advisory + 1 };
        let first = Place { row: rows.start + self.dice.below(rows.len()), number: self.dice.below(PLACES) };
        let mut places = Places::from([first]);
        for (row, number) in rows.flat_map(|row| (0..PLACES).map(move |number| (row, number))) {
            if self.dice.one_in(3) {
                places.insert(Place { row, number });
            }
        }
        places
    }

    /// Looks which publications that nobody answered happened: wholly, or not at all.
    pub async fn find_out(&mut self, advisory: usize) {
        if self.open[advisory].is_empty() {
            return;
        }
        for found in self.revisions(advisory).await {
            let open = self.open[advisory].iter().position(|open| found["note"] == open.request.key.as_str());
            let Some(open) = open.map(|place| self.open[advisory].remove(place)) else { continue };
            assert_eq!(found["revision"], format!("{}@{}", ADVISORIES[advisory], open.number));
            assert_eq!(level(&found), open.level, "it is another one than was sent: {found}");
            self.model.lock().await.published[advisory].push(done(open));
        }
    }

    /// The revisions as the service knows them.
    pub async fn revisions(&self, advisory: usize) -> Vec<Value> {
        let (status, mut answer) = self.client.get(&format!("/v1/advisories/{}/revisions", ADVISORIES[advisory])).await;
        match answer["revisions"].take() {
            Value::Array(revisions) => revisions,
            _ if status == 404 => vec![],
            other => panic!("{status} {other}"),
        }
    }
}

/// The level of a revision; none when it withdraws.
pub fn level(revision: &Value) -> Option<u8> {
    revision["level"]["code"].as_str().map(|code| code.parse().expect("a level"))
}

fn done(mut published: Published) -> Published {
    published.span.done = Instant::now();
    published
}
