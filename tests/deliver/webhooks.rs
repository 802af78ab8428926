//! Webhooks: signed with every live secret, tried again on the published schedule, disabled with notice.

use std::sync::{Arc, Mutex};

use cordon::channel::webhook::{SCHEDULE, SigningSecret};
use cordon::clock::Clock;
use cordon::model::DeliveryState::{Delivered, Failed, Pending};
use cordon::model::{EventType, Kind, NewEvent};
use cordon::store::deliveries::{self, Whose};
use cordon::store::webhooks::{StoredSecret, Webhook};
use cordon::store::{events, webhooks};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{HeaderMap, Request, Response};
use hyper_util::rt::TokioIo;
use jiff::SignedDuration;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::databases::Database;
use crate::support::{ADVISORY, World, seconds};

type Posts = Arc<Mutex<Vec<(HeaderMap, Bytes)>>>;

/// A receiver that keeps what it gets and answers with the status it is told.
struct Sink {
    url: String,
    posts: Posts,
    status: Arc<Mutex<u16>>,
}

impl Sink {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}/hook", listener.local_addr().expect("an address"));
        let (posts, status) = (Posts::default(), Arc::new(Mutex::new(204)));
        let sink = Self { url, posts: Arc::clone(&posts), status: Arc::clone(&status) };
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (posts, status) = (Arc::clone(&posts), Arc::clone(&status));
                let service = service_fn(move |request: Request<Incoming>| {
                    let (posts, status) = (Arc::clone(&posts), Arc::clone(&status));
                    async move {
                        let (head, body) = request.into_parts();
                        let body = body.collect().await?.to_bytes();
                        posts.lock().expect("no panic").push((head.headers, body));
                        let status = *status.lock().expect("no panic");
                        let response = Response::builder()
                            .status(status)
                            .header("location", "/hook")
                            .body(Full::<Bytes>::default());
                        Ok::<_, hyper::Error>(response.expect("an answer"))
                    }
                });
                tokio::spawn(
                    hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service),
                );
            }
        });
        sink
    }

    fn answer(&self, status: u16) {
        *self.status.lock().expect("no panic") = status;
    }

    fn posts(&self) -> Vec<(HeaderMap, Bytes)> {
        self.posts.lock().expect("no panic").clone()
    }
}

async fn hook(world: &World, sink: &Sink, secrets: &[(&SigningSecret, Option<SignedDuration>)]) {
    let now = world.clock.now();
    let stored = |(secret, ends): &(&SigningSecret, Option<SignedDuration>)| StoredSecret {
        secret: json!(secret),
        ends_at: ends.map(|ends| now + ends),
    };
    let webhook = Webhook {
        id: "hook".to_owned(),
        owner: "agency".to_owned(),
        kind: Kind::Actual,
        url: sink.url.clone(),
        types: vec![EventType::ValidationChanged, EventType::AdvisoryRevised],
        secrets: secrets.iter().map(stored).collect(),
        disabled: None,
        failing_since: None,
        created_at: now,
    };
    let mut tx = world.store.begin().await.expect("begun");
    webhooks::insert(&mut tx, &webhook).await.expect("stored");
    tx.commit().await.expect("committed");
}

async fn happen(world: &World, what: EventType, owner: Option<&str>) {
    happen_with(world, what, owner, json!({"n": 1})).await;
}

async fn happen_with(world: &World, what: EventType, owner: Option<&str>, data: Value) {
    let event =
        NewEvent { what, kind: Kind::Actual, owner: owner.map(str::to_owned), traveller: None, severity: 3, data };
    let mut tx = world.store.begin().await.expect("begun");
    events::append(&mut tx, world.clock.now(), &[event]).await.expect("appended");
    tx.commit().await.expect("committed");
    world.outbox.wake().await;
}

on_both! {
    async fn what_is_posted_verifies_with_either_secret(db: Database) {
        let world = World::start(&db).await;
        let sink = Sink::start().await;
        let (new, old, ended) = (SigningSecret::generate().expect("a secret"), SigningSecret::generate().expect("a secret"), SigningSecret::generate().expect("a secret"));
        hook(&world, &sink, &[(&new, None), (&old, Some(seconds(3600))), (&ended, Some(seconds(-1)))]).await;
        happen(&world, EventType::ValidationChanged, Some("agency")).await;
        happen(&world, EventType::AdvisoryRevised, None).await;
        // neither of another owner, nor of a type it does not listen to
        happen(&world, EventType::ValidationChanged, Some("other")).await;
        happen(&world, EventType::AdvisoryPublished, None).await;
        world.settle().await;
        let posts = sink.posts();
        assert_eq!(posts.len(), 2);
        for (headers, body) in &posts {
            let headers: HeaderMap = headers.clone();
            let verify = |secret: &SigningSecret| standardwebhooks::Webhook::new(secret.shared()).expect("a secret").verify(body, &headers);
            assert!(verify(&new).is_ok() && verify(&old).is_ok());
            assert!(verify(&ended).is_err());
            let document: Value = serde_json::from_slice(body).expect("JSON");
            assert!(["validation.changed", "advisory.revised"].contains(&document["type"].as_str().expect("a type")));
            assert_eq!(document["data"], json!({"n": 1}));
        }
    }

    async fn failures_are_tried_again_on_the_published_schedule(db: Database) {
        let world = World::start(&db).await;
        let sink = Sink::start().await;
        hook(&world, &sink, &[(&SigningSecret::generate().expect("a secret"), None)]).await;
        // a redirect is a failure like any other
        sink.answer(307);
        happen(&world, EventType::AdvisoryRevised, None).await;
        world.settle().await;
        let id = world.all().await[0].id.clone();
        for (attempts, wait) in (1_u32..).zip(&SCHEDULE[1..]) {
            assert_eq!((world.state(&id).await, world.delivery(&id).await.attempts), (Pending, attempts));
            world.pass(*wait - seconds(1));
            world.settle().await;
            assert_eq!(world.delivery(&id).await.attempts, attempts, "not before {wait}");
            world.pass(seconds(1));
            world.settle().await;
        }
        assert_eq!((world.state(&id).await, sink.posts().len()), (Failed, 10));
        let ids: std::collections::HashSet<_> = sink.posts().iter().map(|(headers, _)| headers["webhook-id"].clone()).collect();
        assert_eq!(ids.len(), 1, "the same id on every attempt");
    }

    /// An event whose receiver failed comes after the one that overtook it: it says so.
    async fn what_another_has_overtaken_says_so(db: Database) {
        let world = World::start(&db).await;
        let sink = Sink::start().await;
        hook(&world, &sink, &[(&SigningSecret::generate().expect("a secret"), None)]).await;
        for revision in [1, 2] {
            let data = json!({"revision": format!("{ADVISORY}@{revision}")});
            happen_with(&world, EventType::AdvisoryRevised, None, data).await;
        }
        world.settle().await;
        let superseded = |(_, body): &(HeaderMap, Bytes)| {
            let document: Value = serde_json::from_slice(body).expect("JSON");
            (document["data"]["revision"].clone(), document["data"]["superseded"].clone())
        };
        let mut told: Vec<_> = sink.posts().iter().map(superseded).collect();
        told.sort_by_key(|(revision, _)| revision.to_string());
        assert_eq!(told, [(json!(format!("{ADVISORY}@1")), json!(true)), (json!(format!("{ADVISORY}@2")), json!(null))]);
    }

    async fn a_receiver_that_wants_no_more_is_disabled_and_the_owner_told(db: Database) {
        let world = World::start(&db).await;
        let sink = Sink::start().await;
        hook(&world, &sink, &[(&SigningSecret::generate().expect("a secret"), None)]).await;
        sink.answer(410);
        happen(&world, EventType::AdvisoryRevised, None).await;
        world.settle().await;
        let mut tx = world.store.read().await.expect("begun");
        let webhook = webhooks::find(&mut tx, "agency", "hook").await.expect("read").expect("a webhook");
        assert_eq!(webhook.disabled.as_deref(), Some("the receiver answered 410 Gone"));
        let told = events::after(&mut tx, 0, 10).await.expect("read");
        assert!(told.iter().any(|event| event.what == "webhook.disabled" && event.owner.as_deref() == Some("agency")));
        drop(tx);
        happen(&world, EventType::AdvisoryRevised, None).await;
        world.settle().await;
        assert_eq!(sink.posts().len(), 1, "nothing more is owed to it");
        // what it did not take is kept until somebody can receive it
        let failed = world.all().await.remove(0);
        let now = world.clock.now();
        for active in [false, true] {
            let mut tx = world.store.begin().await.expect("begun");
            if active {
                tx.query("UPDATE webhook SET state = 'active'").run().await.expect("written");
            }
            let replayed = deliveries::replay(&mut tx, &Whose::All, &failed.id, now, now + seconds(60)).await.expect("asked");
            tx.commit().await.expect("committed");
            assert_eq!(replayed, active);
        }
    }

    async fn a_receiver_that_fails_for_days_is_disabled(db: Database) {
        let world = World::start(&db).await;
        let sink = Sink::start().await;
        hook(&world, &sink, &[(&SigningSecret::generate().expect("a secret"), None)]).await;
        sink.answer(500);
        for _ in 0..7 {
            happen(&world, EventType::AdvisoryRevised, None).await;
            world.settle().await;
            world.pass(SignedDuration::from_hours(24));
        }
        world.settle().await;
        let mut tx = world.store.read().await.expect("begun");
        let webhook = webhooks::find(&mut tx, "agency", "hook").await.expect("read").expect("a webhook");
        assert_eq!(webhook.disabled.as_deref(), Some("every attempt failed for days"));
    }
}

#[tokio::test]
async fn delivered_once_the_receiver_is_back() {
    let db = Database::sqlite();
    let world = World::start(&db).await;
    let sink = Sink::start().await;
    hook(&world, &sink, &[(&SigningSecret::generate().expect("a secret"), None)]).await;
    sink.answer(503);
    happen(&world, EventType::AdvisoryRevised, None).await;
    world.settle().await;
    sink.answer(200);
    world.pass(seconds(5));
    world.settle().await;
    assert_eq!(world.all().await[0].state, Delivered);
}
