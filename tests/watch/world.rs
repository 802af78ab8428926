//! A small world with advisories that a test publishes, and a service's watching part over it without HTTP.

#![allow(dead_code)] // each folder of tests uses what it needs

use std::path::Path;
use std::sync::Arc;

use cordon::clock::Manual;
use cordon::error::Error;
use cordon::flows::seen::Seen;
use cordon::flows::step::Step;
use cordon::flows::watch::{Watch, WatchSettings};
use cordon::format::watching::{RegisterRequest, SubscriptionPatch, SubscriptionRequest};
use cordon::geometry::Limits;
use cordon::live::Live;
use cordon::matching::FenceIndex;
use cordon::model::{Channel, Kind, Registered, Subscription};
use cordon::route::Router;
use cordon::store::Store;
use cordon::telemetry::Meter;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::databases::Database;

pub const NOW: &str = "2025-10-20T02:00:00Z";

/// In the town, in the country outside it, and at sea.
pub const TOWN: (f64, f64) = (10.5, 100.5);
pub const COUNTRY: (f64, f64) = (15.0, 105.0);
pub const SEA: (f64, f64) = (-40.0, -140.0);

/// One revision of an advisory of the test's issuer.
#[derive(Clone)]
pub struct Said {
    pub advisory: &'static str,
    /// None withdraws it.
    pub level: Option<&'static str>,
    pub region: &'static str,
    pub from: Timestamp,
    pub published: Timestamp,
    /// The advisory it is an exception to.
    pub carves_out_of: Option<&'static str>,
    /// Whom it lets through.
    pub exempts: Option<&'static str>,
}

/// Everything that one instance has.
pub struct World {
    pub folder: TempDir,
    pub clock: Arc<Manual>,
    pub said: Vec<Said>,
}

pub fn instant(text: &str) -> Timestamp {
    text.parse().expect("an instant")
}

impl World {
    pub fn new() -> Self {
        let world = Self {
            folder: TempDir::new().expect("a folder"),
            clock: Arc::new(Manual::new(instant(NOW))),
            said: vec![],
        };
        write_places(world.folder.path());
        world.write();
        world
    }

    pub fn now(&self) -> Timestamp {
        use cordon::clock::Clock;
        self.clock.now()
    }

    pub fn pass(&self, time: SignedDuration) {
        self.clock.set(self.now() + time);
    }

    /// Says something now, in force from an instant on.
    pub fn say_from(
        &mut self,
        advisory: &'static str,
        level: Option<&'static str>,
        region: &'static str,
        from: Timestamp,
    ) {
        let published = self.now();
        self.said.push(Said { advisory, level, region, from, published, carves_out_of: None, exempts: None });
        self.write();
    }

    /// Says now that a region is an exception to an advisory.
    pub fn carve(
        &mut self,
        advisory: &'static str,
        level: &'static str,
        region: &'static str,
        carves_out_of: &'static str,
    ) {
        self.pass(SignedDuration::from_secs(1));
        let now = self.now();
        self.said.push(Said { carves_out_of: Some(carves_out_of), ..said(advisory, level, region, now) });
        self.write();
    }

    /// Says something now that does not hold for some.
    pub fn exempt(&mut self, advisory: &'static str, level: &'static str, region: &'static str, whom: &'static str) {
        self.pass(SignedDuration::from_secs(1));
        let now = self.now();
        self.said.push(Said { exempts: Some(whom), ..said(advisory, level, region, now) });
        self.write();
    }

    /// Takes back everything that was ever said: the feed knows of nothing.
    pub fn retract(&mut self) {
        self.pass(SignedDuration::from_secs(1));
        self.said.clear();
        let silent = json!({"type": "FeatureCollection", "issuer": "kr-mofa", "coverage": [], "source": "the test", "licence": "CC0-1.0", "features": []});
        write(self.folder.path(), "advisories/kr-mofa/kh.geojson", &silent);
    }

    pub fn say(&mut self, advisory: &'static str, level: Option<&'static str>, region: &'static str) {
        self.pass(SignedDuration::from_secs(1));
        self.say_from(advisory, level, region, self.now());
    }

    fn write(&self) {
        let mut features = Vec::new();
        for (i, said) in self.said.iter().enumerate() {
            let number = self.said[..=i].iter().filter(|other| other.advisory == said.advisory).count();
            let area = said.level.map(|_| json!({"region": said.region}));
            let carves_out_of: Vec<&str> = said.carves_out_of.into_iter().collect();
            let exemptions: Vec<Value> = said
                .exempts
                .iter()
                .map(
                    |kind| json!({"kind": kind, "text": {"en": "Not they."}, "source_url": "https://example.org/said"}),
                )
                .collect();
            features.push(json!({"type": "Feature", "geometry": null, "properties": {
                "carves_out_of": carves_out_of, "exemptions": exemptions,
                "advisory": said.advisory, "revision": number, "level": said.level, "withdrawn": said.level.is_none(), "title": {"en": format!("{} {:?}", said.region, said.level)},
                "text": {"en": "Mind it."}, "published_at": said.published.to_string(), "valid_from": said.from.to_string(), "valid_to": null,
                "area": area, "source_url": "https://example.org/said"}}));
        }
        let coverage =
            json!([{"country": "KH", "from": "2025-01-01T00:00:00Z", "verified_at": "2025-10-19T00:00:00Z"}]);
        let collection = json!({"type": "FeatureCollection", "issuer": "kr-mofa", "coverage": coverage, "source": "the test", "licence": "CC0-1.0", "features": features});
        write(self.folder.path(), "advisories/kr-mofa/kh.geojson", &collection);
    }
}

fn said(advisory: &'static str, level: &'static str, region: &'static str, now: Timestamp) -> Said {
    Said { advisory, level: Some(level), region, from: now, published: now, carves_out_of: None, exempts: None }
}

/// One instance of the service over a database.
pub struct Instance {
    pub store: Store,
    pub live: Arc<Live>,
    pub watch: Watch,
    pub meter: Meter,
    pub router: Option<Arc<Router>>,
    clock: Arc<Manual>,
}

impl Instance {
    pub async fn start(db: &Database, world: &World) -> Self {
        Self::start_with(db, world, None).await
    }

    /// One that asks a routing engine.
    pub async fn start_with(db: &Database, world: &World, router: Option<Router>) -> Self {
        let store = db.open().await;
        let started = Live::start(world.folder.path(), Limits::default(), None, &store, world.now()).await;
        let live = Arc::new(started.expect("the store is there"));
        let snapshot = live.snapshot();
        assert!(!snapshot.report.has_errors(), "{:?}", snapshot.report);
        let settings = WatchSettings {
            max_age: FenceIndex::DEFAULT_MAX_AGE,
            limits: Limits::default(),
            trip_rest: SignedDuration::from_hours(24),
            position_rest: SignedDuration::from_hours(24),
            traveller_rest: SignedDuration::from_hours(24 * 90),
        };
        let (clock, meter, router) = (Arc::clone(&world.clock), Meter::default(), router.map(Arc::new));
        let watch =
            Watch::new(store.clone(), Arc::clone(&live), clock.clone(), settings, meter.clone(), router.clone());
        Self { store, live, watch, meter, router, clock }
    }

    /// Takes what the world said: here from its files, elsewhere by following the epoch.
    pub async fn publish(&self) {
        use cordon::clock::Clock;
        self.live.reload(&self.store, self.clock.now()).await.expect("the data is sound");
    }

    /// Follows what another instance published.
    pub async fn follow(&self) {
        use cordon::clock::Clock;
        self.live.follow(&self.store, self.clock.now()).await.expect("the store is there");
    }

    /// Lets an effective instant pass.
    pub async fn pass_instants(&self) {
        while cordon::flows::pass_instants::step(&self.store, &*self.clock).await.expect("stepped") == Step::Worked {}
        self.follow().await;
    }

    /// Steps the recheck until it is idle; how many steps did something.
    pub async fn settle(&self) -> usize {
        for steps in 0..1_000 {
            if self.watch.recheck_step().await.expect("stepped") == Step::Idle {
                return steps;
            }
        }
        panic!("the recheck never becomes idle");
    }

    pub async fn traveller(&self) -> Registered {
        self.traveller_as("other").await
    }

    /// One with a purpose.
    pub async fn traveller_as(&self, purpose: &str) -> Registered {
        let request = json!({"nationalities": ["KR"], "purpose": purpose});
        let request: RegisterRequest = serde_json::from_value(request).expect("a request");
        self.watch.register(&request, Kind::Actual, None).await.expect("registered").0
    }

    /// Subscribes a browser, and gives the subscription's id.
    pub async fn subscribe(&self, traveller: &str, min_severity: u8, upcoming: bool) -> String {
        let request = json!({"channel": {"type": "webhook", "webhook": "unused"}, "min_severity": min_severity, "upcoming": upcoming});
        let request: SubscriptionRequest = serde_json::from_value(request).expect("a request");
        let endpoint = format!("https://push.example/{traveller}/{min_severity}/{upcoming}");
        let channel = Channel::WebPush { endpoint, p256dh: "k".into(), auth: "a".into(), vapid_key: "v".into() };
        let checked = cordon::flows::subscribe::Checked { channel, lane: "https://push.example".to_owned() };
        self.watch
            .subscribe(traveller, &uuid::Uuid::now_v7().to_string(), &request, checked)
            .await
            .expect("subscribed")
            .id
    }

    /// Points a subscription at another address of a browser.
    pub async fn move_to(&self, traveller: &str, id: &str, endpoint: &str) -> Result<Subscription, Error> {
        let channel =
            Channel::WebPush { endpoint: endpoint.into(), p256dh: "k".into(), auth: "a".into(), vapid_key: "w".into() };
        let checked = cordon::flows::subscribe::Checked { channel, lane: "https://push.example".to_owned() };
        self.watch.change_subscription(traveller, id, &Seen::Unsaid, &SubscriptionPatch::default(), Some(checked)).await
    }

    /// Everything owed so far, oldest first: `subscription kind@revision severity cause`.
    pub async fn owed(&self) -> Vec<(String, String)> {
        let mut tx = self.store.read().await.expect("begun");
        let rows = tx
            .query("SELECT subscription, happening, advisory, revision, severity FROM delivery WHERE happening IS NOT NULL ORDER BY id")
            .rows()
            .await
            .expect("read");
        rows.iter()
            .map(|row| {
                let happening: Value = row.json("happening").expect("JSON");
                let word = |name: &str| happening[name].as_str().expect("a word").to_owned();
                let what = format!(
                    "{} {}@{} {} {}",
                    word("kind"),
                    row.text("advisory").expect("an advisory").trim_start_matches("kr-mofa:"),
                    row.int("revision").expect("a number"),
                    row.int("severity").expect("a number"),
                    word("cause")
                );
                (row.text("subscription").expect("an id").to_owned(), what)
            })
            .collect()
    }

    /// Where everything that is or was owed stands.
    pub async fn states(&self) -> Vec<String> {
        let mut tx = self.store.read().await.expect("begun");
        let rows = tx.query("SELECT state FROM delivery WHERE happening IS NOT NULL ORDER BY id").rows().await;
        rows.expect("read").iter().map(|row| row.text("state").expect("a state").to_owned()).collect()
    }

    /// What is owed, without to whom.
    pub async fn owed_words(&self) -> Vec<String> {
        self.owed().await.into_iter().map(|(_, what)| what).collect()
    }

    /// What the push service has answered: everything owed was delivered.
    pub async fn deliver_all(&self) {
        self.settle_all("delivered", 1).await;
    }

    /// The push service took nothing of what is owed.
    pub async fn fail_all(&self) {
        self.settle_all("failed", 0).await;
    }

    async fn settle_all(&self, state: &str, attempts: i64) {
        let mut tx = self.store.begin().await.expect("begun");
        tx.query("UPDATE delivery SET state = $1, attempts = $2 WHERE state = 'pending'")
            .bind(state)
            .bind(attempts)
            .run()
            .await
            .expect("written");
        tx.commit().await.expect("committed");
    }
}

/// A plan with one stop of two days from now on.
pub fn stay(at: (f64, f64), from: Timestamp, to: Timestamp) -> Arc<[u8]> {
    let plan = json!({"itinerary": {"stops": [{"id": "s1", "place": {"lat": at.0, "lon": at.1},
        "arrive": from.to_string(), "depart": to.to_string()}]}});
    plan.to_string().into_bytes().into()
}

fn write_places(root: &Path) {
    let level = |code: &str, severity: u8| {
        json!({"code": code, "name": format!("Level {code}"), "native_name": format!("{code}단계"), "colour": "#123456",
               "meaning": "as it says", "severity": severity, "citation": "the test"})
    };
    let issuers = json!({"mapping_version": "test", "issuers": [
        // one that says nothing
        {"code": "fr-meae", "country": "FR", "nationalities": ["FR"], "name": "fr-meae", "native_name": "fr-meae", "url": "https://example.org/",
         "licence": "CC0-1.0", "attribution": "the test", "languages": ["fr"], "levels": [level("1", 1)], "legal_effects": []},
        {"code": "kr-mofa", "country": "KR", "nationalities": ["KR"], "name": "kr-mofa", "native_name": "kr-mofa", "url": "https://example.org/",
         "licence": "CC0-1.0", "attribution": "the test", "languages": ["en", "ko"],
         "levels": [level("1", 1), level("2", 2), level("3", 3), level("special", 4), level("4", 5)], "legal_effects": []},
    ]});
    write(root, "issuers.json", &issuers);
    let region = |code: &str, kind: &str, name: &str, (w, s, e, n): (f64, f64, f64, f64)| {
        json!({"type": "Feature", "properties": {"code": code, "kind": kind, "country": "KH", "names": {"en": name}},
               "geometry": {"type": "Polygon", "coordinates": [[[w, s], [e, s], [e, n], [w, n], [w, s]]]}})
    };
    let places = json!({"type": "FeatureCollection", "basis": "derived", "accuracy_m": 10, "source": "drawn for the test",
        "licence": "CC0-1.0", "attribution": "the test", "features": [
        region("KH", "country", "Cambodia", (100.0, 10.0, 110.0, 20.0)),
        region("kh-town", "city", "Town", (100.0, 10.0, 101.0, 11.0)),
        region("kh-elsewhere", "city", "Elsewhere", (108.0, 18.0, 109.0, 19.0)),
        // on the road from Phnom Penh to Kampong Thom, and beside it
        region("kh-baray", "city", "Baray", (105.02, 12.34, 105.12, 12.44)),
        region("kh-west", "area", "West", (104.4, 12.1, 104.6, 12.3)),
    ]});
    write(root, "places/all.geojson", &places);
}

fn write(root: &Path, file: &str, value: &Value) {
    let path = root.join(file);
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
    std::fs::write(path, serde_json::to_string_pretty(value).expect("json")).expect("written");
}
