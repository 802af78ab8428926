//! A traveller on a trip through a town, an advisory for it, a push service, and an outbox that a test steps.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use cordon::channel::address::Allowed;
use cordon::channel::guard::Guard;
use cordon::channel::web_push::VapidKey;
use cordon::clock::{Clock, Manual, System};
use cordon::flows::deliver::{ChannelSettings, Channels, Outbox};
use cordon::flows::step::Step;
use cordon::geometry::Limits;
use cordon::live::Live;
use cordon::model::{AdvisoryId, Cause, Concern, DeliveryState, Happening, MatchKey, NewDelivery, Owed, Transition};
use cordon::store::deliveries::{self, Filter, Listed, Whose};
use cordon::store::{Store, vapid};
use cordon::telemetry::Meter;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::databases::Database;
use crate::push_service::{PushService, Subscription};

pub const ADVISORY: &str = "kr-mofa:kh-town";
/// The advisory for the whole country: level 2.
pub const MILD: &str = "kr-mofa:kh";

/// Everything one instance of the service has.
pub struct World {
    pub folder: TempDir,
    pub clock: Arc<Manual>,
    pub store: Store,
    pub live: Arc<Live>,
    pub service: Arc<PushService>,
    pub vapid: VapidKey,
    pub outbox: Outbox,
}

impl World {
    pub async fn start(db: &Database) -> Self {
        let service = Arc::new(PushService::start().await);
        let folder = TempDir::new().expect("a folder");
        write_folder(folder.path(), &["2", "4"]);
        // the push service looks at the real time, and so must the tokens
        let clock = Arc::new(Manual::new(Timestamp::from_second(System.now().as_second()).expect("an instant")));
        let store = db.open().await;
        let vapid = VapidKey::generate().expect("a key");
        let mut tx = store.begin().await.expect("begun");
        vapid::insert(&mut tx, &vapid.public, &vapid.private, clock.now()).await.expect("stored");
        tx.query("INSERT INTO traveller (id, token_hash, kind, profile, lang, revision, created_at, seen_at) VALUES ('t', 'h', 'actual', '{}', 'en', 1, 0, 0)")
            .run()
            .await
            .expect("a traveller");
        tx.commit().await.expect("committed");
        Self::over(folder, clock, store, service, vapid)
    }

    fn over(folder: TempDir, clock: Arc<Manual>, store: Store, service: Arc<PushService>, vapid: VapidKey) -> Self {
        let live = Arc::new(Live::open(folder.path(), Limits::default(), clock.now()));
        assert!(!live.snapshot().report.has_errors(), "{:?}", live.snapshot().report);
        let outbox = outbox(&store, &live, &clock, &service);
        Self { folder, clock, store, live, service, vapid, outbox }
    }

    /// Another instance over the same database.
    pub fn another(&self) -> Outbox {
        outbox(&self.store, &self.live, &self.clock, &self.service)
    }

    pub fn pass(&self, time: SignedDuration) {
        self.clock.set(self.clock.now() + time);
    }

    /// A subscription of the traveller, with the key that the browser subscribed with.
    pub async fn subscribe(&self, id: &str, lang: &str) -> Subscription {
        let vapid = self.vapid.public.clone();
        self.subscribe_with(id, lang, &vapid, &vapid).await
    }

    pub async fn subscribe_with(&self, id: &str, lang: &str, stored: &str, subscribed: &str) -> Subscription {
        let subscription = self.service.subscribe(subscribed);
        let mut tx = self.store.begin().await.expect("begun");
        tx.query(
            "INSERT INTO subscription (id, traveller, kind, channel, lane, endpoint, p256dh, auth, vapid_key, lang, min_severity, issuers,
                                       upcoming, state, missed, revision, created_at)
             VALUES ($1, 't', 'actual', 'web_push', $2, $3, $4, $5, $6, $7, 2, '[]', 0, 'active', 0, 1, 0)",
        )
        .bind(id)
        .bind(&self.service.origin)
        .bind(&subscription.endpoint)
        .bind(&subscription.p256dh)
        .bind(&subscription.auth)
        .bind(stored)
        .bind(lang)
        .run()
        .await
        .expect("a subscription");
        tx.commit().await.expect("committed");
        subscription
    }

    /// A subscriber asks for what is of severity 4 and graver.
    pub async fn ask_for_the_gravest(&self, subscription: &str) {
        let mut tx = self.store.begin().await.expect("begun");
        let written = tx.query("UPDATE subscription SET min_severity = 4 WHERE id = $1").bind(subscription);
        assert_eq!(written.run().await.expect("written"), 1);
        tx.commit().await.expect("committed");
    }

    /// The town's advisory has revisions of these levels.
    pub async fn publish(&self, levels: &[&str]) {
        write_folder(self.folder.path(), levels);
        self.live.reload(&self.store, self.clock.now()).await.expect("taken");
    }

    /// What concerns the traveller's trip now: the revision of the town's advisory, or nothing.
    pub async fn concern(&self, subject: &str, revision: Option<u32>) {
        let matches: Value = match revision {
            Some(n) => json!({ADVISORY: key(n)}),
            None => json!({}),
        };
        self.concern_by(subject, &matches).await;
    }

    /// By which advisories a trip is concerned.
    pub async fn concern_by(&self, subject: &str, matches: &Value) {
        let mut tx = self.store.begin().await.expect("begun");
        tx.query(
            "INSERT INTO subject (id, traveller, kind, concern, shard, seq, epoch, revision, document, places, matches, upcoming, created_at,
                                  updated_at, ends_at)
             VALUES ($1, 't', 'actual', 'trip', 0, 0, 1, 1, '{}', '[]', $2, '{}', 0, 0, 9000000000000000)
             ON CONFLICT (id) DO UPDATE SET matches = excluded.matches",
        )
        .bind(subject)
        .bind(matches.to_string())
        .run()
        .await
        .expect("a subject");
        tx.commit().await.expect("committed");
    }

    /// What will concern a trip, by which revision of the town's advisory and from when.
    pub async fn expect(&self, subject: &str, scheduled: Option<(u32, Timestamp)>) {
        let upcoming = match scheduled {
            Some((revision, from)) => json!({ADVISORY: {"key": key(revision), "from": from}}),
            None => json!({}),
        };
        let mut tx = self.store.begin().await.expect("begun");
        let written =
            tx.query("UPDATE subject SET upcoming = $2 WHERE id = $1").bind(subject).bind(upcoming.to_string());
        assert_eq!(written.run().await.expect("written"), 1);
        tx.commit().await.expect("committed");
    }

    /// Owes a transition as it mostly is, and gives the delivery's id.
    pub async fn owe(&self, subscription: &str, subject: &str, transition: Transition) -> String {
        let owed = match transition {
            Transition::Exited { .. } => Owed::AllClear,
            Transition::Upcoming { .. } => Owed::Upcoming,
            Transition::Cancelled { .. } => Owed::Cancelled,
            Transition::Changed { .. } if transition.only_surfaces() => Owed::Surfaced,
            Transition::Entered { .. } | Transition::Changed { .. } => Owed::Alert,
        };
        self.owe_as(subscription, subject, transition, owed).await
    }

    /// Owes a transition, and gives the delivery's id.
    pub async fn owe_as(&self, subscription: &str, subject: &str, transition: Transition, owed: Owed) -> String {
        let id = uuid::Uuid::now_v7().to_string();
        let key = transition.after().or(transition.before()).expect("a key").clone();
        let now = self.clock.now();
        let delivery = NewDelivery {
            id: id.clone(),
            subscription: subscription.to_owned(),
            subject: subject.to_owned(),
            concern: Concern::Trip,
            advisory: transition.advisory().clone(),
            revision: key.revision,
            severity: key.severity,
            owed,
            happening: Happening { transition, cause: Cause::Advisory },
            deadline: now + SignedDuration::from_hours(24),
            created_at: now,
        };
        let mut tx = self.store.begin().await.expect("begun");
        assert_eq!(deliveries::insert(&mut tx, &[delivery]).await.expect("owed"), 1);
        tx.commit().await.expect("committed");
        self.outbox.wake().await;
        id
    }

    /// Steps until nothing is due and nothing under way.
    pub async fn settle(&self) {
        settle(&self.outbox).await;
    }

    pub async fn delivery(&self, id: &str) -> Listed {
        let mut tx = self.store.read().await.expect("begun");
        deliveries::find(&mut tx, &Whose::All, id).await.expect("read").expect("a delivery")
    }

    pub async fn state(&self, id: &str) -> DeliveryState {
        self.delivery(id).await.state
    }

    pub async fn all(&self) -> Vec<Listed> {
        let mut tx = self.store.read().await.expect("begun");
        deliveries::list(&mut tx, &Filter::default(), "", 1000).await.expect("read")
    }

    /// The state of a subscription; none when it was deleted.
    pub async fn subscription_state(&self, id: &str) -> Option<String> {
        let mut tx = self.store.read().await.expect("begun");
        let row = tx.query("SELECT state FROM subscription WHERE id = $1").bind(id).row().await.expect("read");
        row.map(|row| row.text("state").expect("text").to_owned())
    }
}

pub async fn settle(outbox: &Outbox) {
    for _ in 0..10_000 {
        if outbox.step().await.expect("a step") == Step::Idle {
            return;
        }
    }
    panic!("the outbox never comes to rest");
}

fn outbox(store: &Store, live: &Arc<Live>, clock: &Arc<Manual>, service: &PushService) -> Outbox {
    let allowed: Vec<Allowed> = vec!["127.0.0.0/8".parse().expect("a network"), "::1".parse().expect("an address")];
    let guard = Guard::new(vec!["localhost".parse().expect("a host")], allowed);
    let settings = ChannelSettings {
        contact: "mailto:duty@example.org".to_owned(),
        public_url: "https://cordon.example.org".to_owned(),
        push_connections: 4,
        // what hangs is waited for that long, and nothing else may be, however busy the machine is
        push_timeout: Duration::from_secs(4),
        extra_ca: Some(service.ca.clone().into_bytes()),
        proxy: None,
    };
    let channels = Arc::new(Channels::new(guard, &settings).expect("channels"));
    Outbox::new(store.clone(), Arc::clone(live), clock.clone(), Meter::default(), channels, Box::new(|| 0.0))
}

pub fn advisory() -> AdvisoryId {
    AdvisoryId::parse(ADVISORY).expect("an id")
}

/// The town's revisions: 1 is level 2, 2 is level 4.
pub fn key(revision: u32) -> MatchKey {
    let (level, severity) = if revision == 1 { ("2", 2) } else { ("4", 5) };
    MatchKey {
        revision,
        level: level.to_owned(),
        severity: severity.try_into().expect("a severity"),
        governs: true,
        possible: false,
    }
}

pub fn entered(revision: u32) -> Transition {
    Transition::Entered { advisory: advisory(), after: key(revision) }
}

/// Nothing stands above the country's advisory any more.
pub fn surfaced() -> Transition {
    let after = key(1);
    let before = MatchKey { governs: false, ..after.clone() };
    Transition::Changed { advisory: AdvisoryId::parse(MILD).expect("an id"), before, after }
}

/// The country's advisory, which is milder than the town's, now concerns a trip.
pub fn entered_mildly() -> Transition {
    Transition::Entered { advisory: AdvisoryId::parse(MILD).expect("an id"), after: key(1) }
}

pub fn raised() -> Transition {
    Transition::Changed { advisory: advisory(), before: key(1), after: key(2) }
}

/// The country's advisory is over.
pub fn exited_mildly() -> Transition {
    Transition::Exited { advisory: AdvisoryId::parse(MILD).expect("an id"), before: key(1) }
}

pub fn exited(revision: u32) -> Transition {
    Transition::Exited { advisory: advisory(), before: key(revision) }
}

/// A country, a town in it, and the town's advisory with a revision for each level.
pub fn write_folder(root: &Path, levels: &[&str]) {
    let level = |code: &str, name: &str, native: &str, severity: u8| {
        json!({"code": code, "name": name, "native_name": native, "colour": "#123456", "meaning": "as it says", "severity": severity,
               "citation": "the test"})
    };
    let scale = json!([level("2", "Refrain from travel", "여행자제", 2), level("4", "Travel ban", "여행금지", 5)]);
    let issuer = json!({"code": "kr-mofa", "country": "KR", "nationalities": ["KR"], "name": "Ministry of Foreign Affairs",
        "native_name": "외교부", "url": "https://example.org/", "licence": "CC0-1.0", "attribution": "the test",
        "languages": ["en", "ko"], "levels": scale, "legal_effects": []});
    write(root, "issuers.json", &json!({"mapping_version": "test", "issuers": [issuer]}));
    let region = |code: &str, kind: &str, (w, s, e, n): (f64, f64, f64, f64)| {
        json!({"type": "Feature", "properties": {"code": code, "kind": kind, "country": "KH", "names": {"en": code}},
               "geometry": {"type": "Polygon", "coordinates": [[[w, s], [e, s], [e, n], [w, n], [w, s]]]}})
    };
    let places = json!({"type": "FeatureCollection", "basis": "derived", "accuracy_m": 10, "source": "drawn for the test",
        "licence": "CC0-1.0", "attribution": "the test",
        "features": [region("KH", "country", (100.0, 10.0, 110.0, 20.0)), region("kh-town", "city", (100.0, 10.0, 101.0, 11.0))]});
    write(root, "places/all.geojson", &places);
    let feature = |advisory: &str, region: &str, name: &str, i: usize, level: &str| {
        let from = format!("2025-0{}-01T00:00:00Z", i + 1);
        json!({"type": "Feature", "geometry": null, "properties": {"advisory": advisory, "revision": i + 1, "level": level,
            "title": {"en": name, "ko": "포이펫"}, "text": {"en": "Leave at once.", "ko": "즉시 떠나십시오."},
            "published_at": from, "valid_from": from, "valid_to": null, "area": {"region": region},
            "source_url": "https://example.org/said"}})
    };
    let mut features = vec![feature(MILD, "KH", "Cambodia", 0, "2")];
    features.extend(levels.iter().enumerate().map(|(i, level)| feature(ADVISORY, "kh-town", "Poipet city", i, level)));
    let collection = json!({"type": "FeatureCollection", "issuer": "kr-mofa", "source": "the test", "licence": "CC0-1.0",
        "coverage": [{"country": "KH", "from": "2025-01-01T00:00:00Z", "verified_at": "2025-10-19T00:00:00Z"}], "features": features});
    write(root, "advisories/kr-mofa/kh.geojson", &collection);
}

fn write(root: &Path, file: &str, value: &Value) {
    let path = root.join(file);
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
    std::fs::write(path, value.to_string()).expect("written");
}

pub fn seconds(n: i64) -> SignedDuration {
    SignedDuration::from_secs(n)
}

pub fn http_date(at: Timestamp) -> String {
    at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}
