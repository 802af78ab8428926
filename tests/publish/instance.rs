//! One instance of the service without its sockets: a data folder, a store, what answers, a clock that stands.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use cordon::clock::{Clock, Manual};
use cordon::error::Error;
use cordon::flows::commitment::Commitment;
use cordon::flows::publish_advisory::{Press, Publication, Publisher, WithdrawalDoc, publish, withdraw};
use cordon::flows::seen::Seen;
use cordon::geometry::{Limits, Position};
use cordon::live::{Live, Snapshot};
use cordon::matching::{FenceIndex, Presence, judge, judge::Question};
use cordon::model::{CountryCode, IssuerCode, Kind, Traveller, Verdict, Window};
use cordon::store::Store;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::databases::Database;

pub const START: &str = "2025-10-20T02:00:00Z";

/// Latitude and longitude of places inside the town, and in the country outside of it.
pub const TOWN: (f64, f64) = (10.5, 100.5);
pub const COUNTRY: (f64, f64) = (15.0, 105.0);

pub fn instant(text: &str) -> Timestamp {
    text.parse().expect("an instant")
}

/// Two issuers, one country of ten by ten degrees with a town, one advisory from a file: the whole country at level 2.
pub fn write_folder(root: &Path) {
    let level = |code: &str, severity: u8| {
        json!({"code": code, "name": format!("Level {code}"), "native_name": code, "colour": "#123456", "meaning": "as it says",
               "severity": severity, "citation": "the test"})
    };
    let issuer = |code: &str, country: &str, levels: Vec<Value>| {
        json!({"code": code, "country": country, "nationalities": [country], "name": code, "native_name": code, "url": null,
               "licence": "CC0-1.0", "attribution": "", "languages": ["en"], "levels": levels, "legal_effects": []})
    };
    let issuers = json!({"mapping_version": "test", "issuers": [
        issuer("kr-mofa", "KR", vec![level("1", 1), level("2", 2), level("3", 4), level("4", 5)]),
        issuer("us-state", "US", vec![level("1", 1), level("4", 4)]),
    ]});
    write(root, "issuers.json", &issuers);
    let region = |code: &str, kind: &str, (w, s, e, n): (f64, f64, f64, f64)| {
        json!({"type": "Feature", "properties": {"code": code, "kind": kind, "country": "KH", "names": {"en": code}},
               "geometry": {"type": "Polygon", "coordinates": [[[w, s], [e, s], [e, n], [w, n], [w, s]]]}})
    };
    write(
        root,
        "places/all.geojson",
        &json!({"type": "FeatureCollection", "basis": "derived", "accuracy_m": 10, "source": "drawn",
        "licence": "CC0-1.0", "features": [region("KH", "country", (100.0, 10.0, 110.0, 20.0)), region("kh-town", "city", (100.0, 10.0, 101.0, 11.0))]}),
    );
    write_file(
        root,
        &[feature(
            "kr-mofa:kh",
            "2",
            json!({"area": {"region": "KH"}, "revision": 1,
        "published_at": "2025-01-01T00:00:00Z", "valid_from": "2025-01-01T00:00:00Z"}),
        )],
    );
}

/// The one file of advisories.
pub fn write_file(root: &Path, features: &[Value]) {
    let coverage = json!([{"country": "KH", "from": "2025-01-01T00:00:00Z", "verified_at": "2025-10-19T00:00:00Z"}]);
    write(
        root,
        "advisories/kr-mofa/kh.geojson",
        &json!({"type": "FeatureCollection", "issuer": "kr-mofa", "coverage": coverage,
        "source": "the test", "licence": "CC0-1.0", "features": features}),
    );
}

fn write(root: &Path, file: &str, value: &Value) {
    let path = root.join(file);
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
    std::fs::write(path, serde_json::to_string_pretty(value).expect("json")).expect("written");
}

/// A Feature with an area expression or, as `geometry` among the changes, an outline.
#[allow(clippy::needless_pass_by_value)] // callers write it in place
pub fn feature(advisory: &str, level: &str, changes: Value) -> Value {
    let mut properties = json!({"advisory": advisory, "level": level, "title": {"en": format!("{advisory} at {level}")},
        "text": {"en": "Mind it."}, "source_url": "https://example.org/said"});
    let mut geometry = Value::Null;
    for (name, value) in changes.as_object().expect("an object") {
        if name == "geometry" { geometry = value.clone() } else { properties[name] = value.clone() }
    }
    json!({"type": "Feature", "geometry": geometry, "properties": properties})
}

/// The town, at a level.
pub fn town(level: &str, changes: Value) -> Value {
    let mut changes = changes;
    if changes.get("area").is_none() && changes.get("geometry").is_none() {
        changes["area"] = json!({"region": "kh-town"});
    }
    feature("kr-mofa:kh-town", level, changes)
}

pub struct Instance {
    pub store: Store,
    pub live: Live,
    pub clock: Arc<Manual>,
    pub folder: PathBuf,
}

impl Instance {
    pub async fn start(db: &Database) -> Self {
        let folder = db.folder().join("regions");
        if !folder.is_dir() {
            write_folder(&folder);
        }
        Self::start_on(db, &folder).await
    }

    pub async fn start_on(db: &Database, folder: &Path) -> Self {
        let store = db.open().await;
        let clock = Arc::new(Manual::new(instant(START)));
        let live = Live::start(folder, Limits::default(), None, &store, clock.now()).await.expect("a set of fences");
        Self { store, live, clock, folder: folder.to_owned() }
    }

    pub fn press(&self) -> Press<'_> {
        let commitment = Commitment::default();
        Press { store: &self.store, live: &self.live, clock: &*self.clock, watch: None, request: None, commitment }
    }

    pub async fn publish(&self, who: &Publisher, seen: Seen, feature: &Value) -> Result<Publication, Error> {
        publish(&self.press(), who, None, &seen, feature.to_string().as_bytes(), false).await
    }

    pub async fn withdraw(&self, who: &Publisher, advisory: &str, seen: Seen) -> Result<Publication, Error> {
        withdraw(&self.press(), who, advisory, &seen, &WithdrawalDoc::default(), false).await
    }

    pub async fn follow(&self) -> bool {
        self.live.follow(&self.store, self.clock.now()).await.expect("followed").is_some()
    }

    /// What a Korean hears here and now, with the governing revision and the epoch.
    pub fn answer(&self, place: (f64, f64)) -> (Verdict, String, u64) {
        answer(&self.live.snapshot(), place, self.clock.now())
    }

    pub fn answer_in_exercise(&self, place: (f64, f64)) -> (Verdict, String, u64) {
        answer(&self.live.snapshot_for(Kind::Exercise), place, self.clock.now())
    }
}

fn answer(snapshot: &Snapshot, (lat, lon): (f64, f64), now: Timestamp) -> (Verdict, String, u64) {
    let index = &snapshot.index;
    let traveller =
        Traveller { nationalities: vec![CountryCode::parse("KR").expect("a code")], ..Traveller::default() };
    let issuers = index.issuers_for(&traveller, &[]).expect("nobody named");
    let question =
        Question { traveller: &traveller, issuers: &issuers, as_of: now, max_age: FenceIndex::DEFAULT_MAX_AGE };
    let placed = index.locate(Position::new(lat, lon).expect("a place"));
    let judgement = judge(index, &placed, &Presence::staying(Window::instant(now)), &question);
    let governing =
        judgement.lines[0].governing.map(|place| index.fence(judgement.matches[place].fence).revision.id.to_string());
    (judgement.verdict, governing.unwrap_or_default(), snapshot.epoch)
}

pub fn embassy() -> Publisher {
    Publisher {
        key: "embassy".to_owned(),
        kind: Kind::Actual,
        issuers: vec![IssuerCode::parse("kr-mofa").expect("a code")],
    }
}

pub fn drill() -> Publisher {
    Publisher { kind: Kind::Exercise, ..embassy() }
}
