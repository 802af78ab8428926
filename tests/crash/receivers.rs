//! Whoever is told: a push service and a webhook's receiver, both in a storm that can be repeated by its seed; and what they took, as one.

use std::collections::HashSet;
use std::convert::Infallible;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use cordon::clock::{Clock, System};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use serde_json::Value;
use sha2::{Digest, Sha256};
use tokio::net::TcpListener;

use crate::dice::Dice;
use crate::push_service::{PushService, Scripted};

/// The secret part of the webhook's address.
pub const SECRET_PATH: &str = "SECRETPATH";

/// What a receiver took.
#[derive(Clone, Debug)]
pub struct Post {
    /// The delivery.
    pub id: String,
    pub body: Value,
}

/// A webhook's receiver.
pub struct Hook {
    pub url: String,
    state: Arc<Mutex<State>>,
}

struct State {
    dice: Dice,
    taken: Vec<Post>,
    failed: HashSet<String>,
    /// Taken without an answer.
    lost: usize,
    /// Fails now and then; but nothing that was owed before, so that nothing meets two failures: the third attempt follows after minutes.
    stormy_for: Option<Timestamp>,
}

impl Hook {
    pub async fn start(dice: Dice) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}/{SECRET_PATH}", listener.local_addr().expect("an address"));
        let state = State { dice, taken: vec![], failed: HashSet::new(), lost: 0, stormy_for: None };
        let state = Arc::new(Mutex::new(state));
        let own = Arc::clone(&state);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let state = Arc::clone(&own);
                let service = service_fn(move |request| answer(Arc::clone(&state), request));
                let connection =
                    hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
                tokio::spawn(connection);
            }
        });
        Self { url, state }
    }

    /// Fails, from now on, some of what comes to be owed from now on.
    pub fn storm(&self) {
        self.state().stormy_for = Some(System.now());
    }

    pub fn calm(&self) {
        self.state().stormy_for = None;
    }

    /// What was taken, in order.
    pub fn taken(&self) -> Vec<Post> {
        self.state().taken.clone()
    }

    /// How many were taken without an answer.
    pub fn lost(&self) -> usize {
        self.state().lost
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().expect("no panic")
    }
}

#[derive(Debug, thiserror::Error)]
#[error("reset by script")]
struct Reset;

async fn answer(state: Arc<Mutex<State>>, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Reset> {
    let (head, body) = request.into_parts();
    let id = head.headers.get("webhook-id").and_then(|id| id.to_str().ok()).unwrap_or_default().to_owned();
    let body = body.collect().await.map_err(|_| Reset)?.to_bytes();
    let body: Value = serde_json::from_slice(&body).map_err(|_| Reset)?;
    let trouble = {
        let mut state = state.lock().expect("no panic");
        let owed: Option<Timestamp> = body["timestamp"].as_str().and_then(|at| at.parse().ok());
        let stormy = state.stormy_for.is_some_and(|since| owed.is_some_and(|owed| owed > since));
        let trouble =
            if stormy && state.dice.one_in(4) && state.failed.insert(id.clone()) { state.dice.below(5) } else { 5 };
        // taken, and perhaps nobody learns of it
        state.lost += usize::from(trouble == 4);
        if trouble >= 4 {
            state.taken.push(Post { id, body });
        }
        trouble
    };
    let status = match trouble {
        0 => 429,
        1 => 503,
        2 => std::future::pending::<Result<u16, Infallible>>().await.unwrap_or_default(),
        3 | 4 => return Err(Reset),
        _ => 204,
    };
    let response = Response::builder().status(status).header("retry-after", "1").body(Full::default());
    response.map_err(|_| Reset)
}

/// Lets the push service fail now and then until it is told to stop.
pub async fn storm(service: Arc<PushService>, mut dice: Dice, stop: Arc<AtomicBool>) {
    while !stop.load(Ordering::Relaxed) {
        let trouble = match dice.below(12) {
            0..=3 => Scripted::Status(429, vec![("retry-after", "1".to_owned())]),
            4..=6 => Scripted::Status(503, vec![]),
            7..=8 => Scripted::Reset,
            9..=10 => Scripted::TakenButReset,
            _ => Scripted::Hang,
        };
        service.script(None, trouble);
        tokio::time::sleep(dice.millis(40, 400)).await;
    }
    service.calm();
}

/// Something a subscriber was told.
#[derive(Clone, Debug, PartialEq)]
pub struct Heard {
    /// The delivery.
    pub id: String,
    pub subscriber: String,
    /// What its subject is called where it was heard: by a webhook its id, by a browser the end of the tag.
    pub subject: String,
    pub phone: bool,
    pub advisory: String,
    pub revision: u32,
    pub transition: String,
    pub level: u8,
    pub text: String,
}

/// The end of the tag under which a browser shows what is said about a subject.
pub fn tag_of(subject: &str) -> String {
    format!("{:x}", Sha256::digest(subject.as_bytes()))[..8].to_owned()
}

/// What browsers and the webhook were told of transitions to subscribers, in the order in which they took it.
pub fn heard(service: &PushService, hook: &Hook, browser: impl Fn(&str) -> String) -> Vec<Heard> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut heard = Vec::new();
    for taken in service.taken() {
        let payload = &taken.payload;
        let tag = text(&payload["notification"]["tag"]);
        heard.push(Heard {
            id: text(&payload["id"]),
            subscriber: browser(&taken.token),
            subject: tag.rsplit('#').next().unwrap_or_default().to_owned(),
            text: format!("{}\n{}", text(&payload["notification"]["title"]), text(&payload["notification"]["body"])),
            ..about(payload)
        });
    }
    for post in hook.taken().iter().filter(|post| post.body["data"]["subscription"].is_string()) {
        let data = &post.body["data"];
        heard.push(Heard {
            id: post.id.clone(),
            subscriber: text(&data["subscription"]),
            subject: text(&data["subject"]),
            text: format!("{}\n{}", text(&data["title"]), text(&data["body"])),
            ..about(&data["about"])
        });
    }
    heard
}

fn about(about: &Value) -> Heard {
    let text = |name: &str| about[name].as_str().unwrap_or_else(|| panic!("no {name}: {about}")).to_owned();
    Heard {
        id: String::new(),
        subscriber: String::new(),
        subject: String::new(),
        phone: text("concern") == "position",
        advisory: text("advisory"),
        revision: about["revision"].as_u64().and_then(|n| n.try_into().ok()).expect("a number"),
        transition: text("transition"),
        level: text("level").parse().expect("a level"),
        text: String::new(),
    }
}
