//! A service in this process on a free port, over a small data folder of its own.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use cordon::app::{App, Reloader};
use cordon::clock::Manual;
use cordon::config::{SettingArgs, Settings};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// What the clock of every service under test shows.
pub const NOW: &str = "2025-10-20T02:00:00Z";

/// Inside the town, which is level 4 for Koreans.
pub const TOWN: (f64, f64) = (10.5, 100.5);

/// A country of ten by ten degrees, a town in it, a strip in another country across the antimeridian.
pub fn write_folder(root: &Path) {
    let level = |code: &str, severity: u8| {
        json!({"code": code, "name": format!("Level {code}"), "native_name": format!("{code}단계"), "colour": "#123456",
               "meaning": "as it says", "severity": severity, "citation": "the test"})
    };
    let issuer = |code: &str, country: &str, levels: Vec<Value>, effects: Value| {
        json!({"code": code, "country": country, "nationalities": [country], "name": code, "native_name": code, "url": "https://example.org/",
               "licence": "CC0-1.0", "attribution": format!("says {code}"), "languages": ["en", "ko"], "levels": levels, "legal_effects": effects})
    };
    let effects = json!([{"id": "ban", "kind": "criminal_penalty", "levels": ["4"], "nationalities": ["KR"], "statute": "Passport Act",
                          "text": {"en": "An offence."}, "url": "https://example.org/law"}]);
    let issuers = json!({"mapping_version": "test", "issuers": [
        issuer("kr-mofa", "KR", vec![level("1", 1), level("2", 2), level("4", 5)], effects),
        issuer("us-state", "US", vec![level("1", 1), level("4", 4)], json!([])),
    ]});
    write(root, "issuers.json", &issuers);
    let region = |code: &str, kind: &str, country: &str, name: &str, (w, s, e, n): (f64, f64, f64, f64)| {
        json!({"type": "Feature",
               "properties": {"code": code, "kind": kind, "country": country, "names": {"en": name}},
               "geometry": {"type": "Polygon", "coordinates": [[[w, s], [e, s], [e, n], [w, n], [w, s]]]}})
    };
    let places = json!({"type": "FeatureCollection", "basis": "derived", "accuracy_m": 10, "source": "drawn for the test",
        "licence": "CC0-1.0", "attribution": "the test", "features": [
        region("KH", "country", "KH", "Cambodia", (100.0, 10.0, 110.0, 20.0)),
        region("FJ", "country", "FJ", "Fiji", (179.0, -20.0, 180.0, -15.0)),
        region("kh-town", "city", "KH", "Town", (100.0, 10.0, 101.0, 11.0)),
        region("kh-east", "area", "KH", "East", (109.0, 10.0, 110.0, 20.0)),
    ]});
    write(root, "places/all.geojson", &places);
    write_advisories(root, "4");
}

/// The advisories, with the town's last revision at a level.
pub fn write_advisories(root: &Path, level: &str) {
    let revision = |advisory: &str, number: u32, level: &str, from: &str, region: &str| {
        json!({"type": "Feature", "geometry": null, "properties": {
            "advisory": advisory, "revision": number, "level": level, "title": {"en": format!("{region} at {level}")}, "text": {"en": "Mind it."},
            "published_at": from, "valid_from": from, "valid_to": null, "area": {"region": region}, "source_url": "https://example.org/said"}})
    };
    let coverage = json!([{"country": "KH", "from": "2025-01-01T00:00:00Z", "verified_at": "2025-10-19T00:00:00Z"},
                          {"country": "FJ", "from": "2025-01-01T00:00:00Z", "verified_at": "2025-10-19T00:00:00Z"}]);
    let collection = |issuer: &str, features: Value| json!({"type": "FeatureCollection", "issuer": issuer, "coverage": coverage, "source": "the test", "licence": "CC0-1.0", "features": features});
    let korean = json!([
        revision("kr-mofa:kh", 1, "2", "2025-01-01T00:00:00Z", "KH"),
        revision("kr-mofa:kh-town", 1, "2", "2025-01-01T00:00:00Z", "kh-town"),
        revision("kr-mofa:kh-town", 2, level, "2025-10-15T15:00:00Z", "kh-town"),
    ]);
    write(root, "advisories/kr-mofa/kh.geojson", &collection("kr-mofa", korean));
    let american = json!([revision("us-state:kh-east", 1, "4", "2025-01-01T00:00:00Z", "kh-east")]);
    write(root, "advisories/us-state/kh.geojson", &collection("us-state", american));
}

fn write(root: &Path, file: &str, value: &Value) {
    let path = root.join(file);
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
    std::fs::write(path, serde_json::to_string_pretty(value).expect("json")).expect("written");
}

/// A running service.
pub struct TestApp {
    pub address: SocketAddr,
    pub folder: TempDir,
    pub client: reqwest::Client,
    pub reloader: Reloader,
    pub clock: Arc<Manual>,
    /// The key of a new database; empty when it had one.
    pub first_key: String,
    stop: Option<oneshot::Sender<()>>,
    running: Option<JoinHandle<bool>>,
}

impl TestApp {
    pub async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    pub async fn start_with(change: impl FnOnce(&mut Settings)) -> Self {
        let folder = TempDir::new().expect("a folder");
        write_folder(folder.path());
        Self::start_in(folder, change).await
    }

    pub async fn start_in(folder: TempDir, change: impl FnOnce(&mut Settings)) -> Self {
        Self::start_at(folder, NOW, change).await
    }

    /// Starts at another time.
    pub async fn start_at(folder: TempDir, now: &str, change: impl FnOnce(&mut Settings)) -> Self {
        let mut settings = Settings::resolve_from(&SettingArgs::default(), &|_| None).expect("defaults");
        settings.listen = "127.0.0.1:0".parse().expect("an address");
        settings.regions = folder.path().to_owned();
        settings.data_dir = folder.path().join("data");
        change(&mut settings);
        let clock = Arc::new(Manual::new(now.parse().expect("an instant")));
        let app = App::bind(settings, Arc::clone(&clock) as _).await.expect("a free port");
        let (stop, stopped) = oneshot::channel();
        let (address, reloader) = (app.local_addr(), app.reloader());
        let first_key = app.first_key().unwrap_or_default().to_owned();
        let running = tokio::spawn(app.run(async {
            let _ = stopped.await;
        }));
        Self {
            address,
            folder,
            client: reqwest::Client::new(),
            reloader,
            clock,
            first_key,
            stop: Some(stop),
            running: Some(running),
        }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub async fn get(&self, path: &str) -> Answer {
        Answer::of(self.client.get(self.url(path))).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        Answer::of(self.client.post(self.url(path)).json(body)).await
    }

    /// Asks with a key, and a body where there is one.
    pub async fn send(&self, method: &str, path: &str, key: Option<&str>, body: Option<&Value>) -> Answer {
        let mut request = self.client.request(method.parse().expect("a method"), self.url(path));
        if let Some(key) = key {
            request = request.bearer_auth(key);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        Answer::of(request).await
    }

    /// Asks it to stop; [`Self::stopped`] waits for it.
    pub fn stop(&mut self) {
        let _ = self.stop.take().expect("not stopped before").send(());
    }

    /// Whether it finished everything that was under way.
    pub async fn stopped(&mut self) -> bool {
        self.running.take().expect("waited for once").await.expect("no panic")
    }
}

/// Status, headers and body of an answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub text: String,
}

impl Answer {
    pub async fn of(request: reqwest::RequestBuilder) -> Self {
        let response = request.send().await.expect("an answer");
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Self { status, headers, text: response.text().await.expect("a body") }
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|e| panic!("{e}: {}", self.text))
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("text"))
    }

    /// Checks that this is a well-formed problem and gives `status code pointer: detail` of each mistake, or `status code: detail`.
    pub fn problem(&self) -> String {
        assert_eq!(self.header("content-type"), "application/problem+json", "{}", self.text);
        let problem = self.json();
        assert_eq!(problem["status"], self.status);
        let code = problem["code"].as_str().expect("a code");
        assert_eq!(problem["type"], format!("/problems/{code}"));
        let text = |value: &Value| value.as_str().expect("text").to_owned();
        match problem["errors"].as_array() {
            Some(errors) => errors
                .iter()
                .map(|e| {
                    format!(
                        "{} {code} {} {}: {}",
                        self.status,
                        text(&e["code"]),
                        text(&e["pointer"]),
                        text(&e["detail"])
                    )
                })
                .collect::<Vec<_>>()
                .join("\n"),
            None => format!("{} {code}: {}", self.status, text(&problem["detail"])),
        }
    }
}
