//! Telling many: encryption beside the `web-push` crate, and the whole outbox against a push service over HTTP/2 and TLS on loopback.
//!
//! usage: fanout [SUBSCRIPTIONS, 200000] [encryption | once | slow | all]
//!
//! The push service is that of the tests, in a process of its own; it checks every header and token, and decrypts one message in a
//! thousand. Rates are of the sender: messages taken per second, and per second of its own processor time from the moment at which all
//! are owed. That time is told apart by threads: those of SQLite, and all others; encryption is among the others.

#[path = "../../../tests/support/push_service.rs"]
mod push_service;

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use cordon::channel::guard::Guard;
use cordon::channel::web_push::{BrowserKeys, VapidKey, encrypt};
use cordon::clock::{Clock, System};
use cordon::flows::deliver::{ChannelSettings, Channels, Outbox, system_chance};
use cordon::flows::step::Step;
use cordon::geometry::Limits;
use cordon::live::Live;
use cordon::model::{AdvisoryId, Cause, Concern, DeliveryState, Happening, MatchKey, NewDelivery, Owed, Transition};
use cordon::store::{DatabaseUrl, Store, deliveries, vapid};
use cordon::telemetry::Meter;
use jiff::SignedDuration;
use nix::sys::resource::{UsageWho, getrusage};
use nix::time::{ClockId, clock_gettime};
use push_service::{PushService, Subscription};
use serde_json::{Value, json};
use web_push::{ContentEncoding, SubscriptionInfo, VapidSignatureBuilder, WebPushMessageBuilder};

const ADVISORY: &str = "kr-mofa:kh-town";

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    if let [word, delay, count, vapid, file] = &words[..]
        && word == "serve"
    {
        return runtime.block_on(serve(delay.parse().expect("ms"), count.parse().expect("a count"), vapid, file));
    }
    let count = words.first().map_or(200_000, |count| count.parse().expect("a count of subscriptions"));
    let wanted = |part: &str| words.get(1).is_none_or(|word| word == part);
    if wanted("encryption") {
        encryption();
    }
    for (part, what, count, delay) in [
        ("once", "to one service at once", 20_000.min(count), 0),
        ("slow", "to one service that answers after 100 ms", 20_000.min(count), 100),
        ("all", "all subscriptions, from the publication to the last one taken", count, 0),
    ] {
        if wanted(part) {
            runtime.block_on(fan_out(what, count, delay));
        }
    }
}

/// The push service: makes subscriptions, writes them down, serves until its parent goes away.
async fn serve(delay: u64, count: usize, vapid: &str, file: &str) {
    let service = PushService::start_with(Duration::from_millis(delay), 1000, 100).await;
    let rows: Vec<Value> = (0..count)
        .map(|n| {
            let Subscription { endpoint, p256dh, auth } = service.subscribe(vapid);
            json!({"id": format!("s{n}"), "endpoint": endpoint, "p256dh": p256dh, "auth": auth})
        })
        .collect();
    std::fs::write(file, Value::from(rows).to_string()).expect("written");
    println!("{}", json!({"origin": service.origin, "ca": service.ca}));
    // nobody writes to the pipe; it ends with the parent
    let ended = tokio::task::spawn_blocking(|| std::io::stdin().lock().lines().count());
    ended.await.expect("no panic");
}

/// Seconds of processor time of this thread.
fn thread_seconds() -> f64 {
    Duration::from(clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).expect("a clock")).as_secs_f64()
}

/// Seconds of processor time of this process.
fn process_seconds() -> f64 {
    let usage = getrusage(UsageWho::RUSAGE_SELF).expect("usage");
    let seconds = |time: nix::sys::time::TimeVal| {
        Duration::new(time.tv_sec().cast_unsigned(), 0).as_secs_f64()
            + f64::from(u32::try_from(time.tv_usec()).expect("microseconds")) / 1e6
    };
    seconds(usage.user_time()) + seconds(usage.system_time())
}

/// Seconds of processor time of the threads of SQLite that there are now, counted in hundredths.
fn database_seconds() -> f64 {
    let tasks = std::fs::read_dir("/proc/self/task").expect("threads").flatten();
    let ticks = tasks.filter_map(|task| {
        let stat = std::fs::read_to_string(task.path().join("stat")).ok()?;
        let (name, rest) = stat.rsplit_once(')')?;
        let mut times = rest.split(' ').skip(12).take(2).map_while(|ticks| ticks.parse::<u32>().ok());
        name.contains("(sqlx-sqlite").then(|| times.by_ref().sum::<u32>())
    });
    f64::from(ticks.sum::<u32>()) / 100.0
}

/// Messages encrypted per second of one core, 700 bytes each; the best of five rounds.
fn encryption() {
    const MESSAGES: u32 = 2000;
    println!("{:<66}{:>14}{:>12}", "encryption, 700 bytes, one core", "messages/s", "us each");
    let service_keys = keys();
    let keys = BrowserKeys::parse(&service_keys.0, &service_keys.1).expect("keys");
    let payload = vec![b'x'; 700];
    let best = |work: &dyn Fn()| {
        (0..5)
            .map(|_| {
                let start = thread_seconds();
                (0..MESSAGES).for_each(|_| work());
                thread_seconds() - start
            })
            .fold(f64::INFINITY, f64::min)
    };
    let show = |what: &str, seconds: f64| {
        println!("{what:<66}{:>14.0}{:>12.1}", f64::from(MESSAGES) / seconds, seconds * 1e6 / f64::from(MESSAGES));
        seconds
    };
    let ours = show("cordon", best(&|| drop(std::hint::black_box(encrypt(&payload, &keys)))));
    let info = SubscriptionInfo::new("https://push.example.org/x", &service_keys.0, &service_keys.1);
    let vapid = VapidKey::generate().expect("a key");
    let signature = VapidSignatureBuilder::from_base64(&vapid.private, &info).expect("a key").build().expect("signed");
    let build = |signed: bool| {
        let mut builder = WebPushMessageBuilder::new(&info);
        builder.set_payload(ContentEncoding::Aes128Gcm, &payload);
        let signature = if signed {
            signature.clone()
        } else {
            VapidSignatureBuilder::from_base64(&vapid.private, &info).expect("a key").build().expect("signed")
        };
        builder.set_vapid_signature(signature);
        drop(std::hint::black_box(builder.build().expect("built")));
    };
    let theirs = show("web-push, one signature for all", best(&|| build(true)));
    show("web-push, a signature each, as its page shows", best(&|| build(false)));
    println!("{:<66}{:>14.1}", "times as many as web-push with one signature", theirs / ours);
}

/// A browser's public keys.
fn keys() -> (String, String) {
    use aws_lc_rs::agreement::{ECDH_P256, PrivateKey};
    use base64::Engine;
    use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64URL;
    let key = PrivateKey::generate(&ECDH_P256).expect("a key").compute_public_key().expect("a key");
    (BASE64URL.encode(key.as_ref()), BASE64URL.encode([7; 16]))
}

struct Service(Child);

impl Drop for Service {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        let _ = self.0.wait();
    }
}

async fn fan_out(what: &str, count: usize, delay: u64) {
    let folder = tempfile::tempdir().expect("a folder");
    write_folder(folder.path());
    let vapid = VapidKey::generate().expect("a key");
    let file = folder.path().join("subscriptions.json");
    let mut child = Command::new(std::env::current_exe().expect("this program"))
        .args(["serve", &delay.to_string(), &count.to_string(), &vapid.public, file.to_str().expect("a path")])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the push service starts");
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().expect("a pipe")).read_line(&mut line).expect("a line");
    let _service = Service(child);
    let at: Value = serde_json::from_str(&line).expect("JSON");
    let (origin, ca) = (at["origin"].as_str().expect("text"), at["ca"].as_str().expect("text"));

    let url = DatabaseUrl::parse(&format!("sqlite:{}", folder.path().join("cordon.db").display()), Path::new(""));
    let store = Store::open(url.expect("a URL")).await.expect("a database");
    subscribe(&store, &vapid, origin, &std::fs::read_to_string(&file).expect("subscriptions")).await;
    let live = Arc::new(Live::open(folder.path(), Limits::default(), System.now()));
    let guard = Guard::new(
        vec!["localhost".parse().expect("a host")],
        vec!["127.0.0.0/8".parse().expect("a network"), "::1".parse().expect("an address")],
    );
    let settings = ChannelSettings {
        contact: "mailto:duty@example.org".to_owned(),
        public_url: "https://cordon.example.org".to_owned(),
        push_connections: 8,
        push_timeout: Duration::from_secs(10),
        extra_ca: Some(ca.as_bytes().to_vec()),
        proxy: None,
    };
    let channels = Arc::new(Channels::new(guard, &settings).expect("channels"));
    let outbox = Outbox::new(store.clone(), live, Arc::new(System), Meter::default(), channels, system_chance());

    let (start, cpu_before) = (Instant::now(), process_seconds());
    owe(&store, count).await;
    let (owed, cpu, database) = (start.elapsed(), process_seconds(), database_seconds());
    let owing = cpu - cpu_before;
    while outbox.step().await.expect("a step") == Step::Worked {}
    let took = start.elapsed().as_secs_f64();
    let sent = took - owed.as_secs_f64();
    let (cpu, database) = (process_seconds() - cpu, database_seconds() - database);
    let counts = deliveries::counts(&mut store.read().await.expect("begun")).await.expect("counted");
    let delivered = counts.iter().find(|(state, _)| *state == DeliveryState::Delivered).map_or(0, |(_, n)| *n);
    assert_eq!(usize::try_from(delivered).expect("a count"), count, "not all were delivered: {counts:?}");
    let n = f64::from(u32::try_from(count).expect("a count"));
    println!("\n{what}: {count} subscriptions on SQLite");
    println!("  {:<64}{:>14.0}", "taken per second", n / sent);
    println!("  {:<64}{:>14.0}", "taken per second of the sender's processor time", n / cpu);
    println!("  {:<64}{:>14.0}", "microseconds of the sender's processor a message", cpu * 1e6 / n);
    println!("  {:<64}{:>14.0}", "  of these in SQLite", database * 1e6 / n);
    println!("  {:<64}{:>14.0}", "microseconds of its processor for owing one", owing * 1e6 / n);
    println!("  {:<64}{:>13.1}s", "until all were owed", owed.as_secs_f64());
    println!("  {:<64}{:>13.1}s", "until the last was taken and settled", took);
    println!("  {:<64}{:>14}", "peak memory of the sender, MB", peak_megabytes());
}

async fn subscribe(store: &Store, vapid: &VapidKey, origin: &str, rows: &str) {
    let mut tx = store.begin().await.expect("begun");
    vapid::insert(&mut tx, &vapid.public, &vapid.private, System.now()).await.expect("stored");
    tx.query("INSERT INTO traveller (id, token_hash, kind, profile, lang, revision, created_at, seen_at) VALUES ('t', 'h', 'actual', '{}', 'en', 1, 0, 0)")
        .run()
        .await
        .expect("a traveller");
    let key = ban();
    tx.query(
        "INSERT INTO subject (id, traveller, kind, concern, shard, seq, epoch, revision, document, places, matches, upcoming, created_at,
                              updated_at, ends_at)
         VALUES ('trip', 't', 'actual', 'trip', 0, 0, 1, 1, '{}', '[]', $1, '{}', 0, 0, 9000000000000000)",
    )
    .bind(json!({ADVISORY: key}).to_string())
    .run()
    .await
    .expect("a trip");
    tx.query(
        "INSERT INTO subscription (id, traveller, kind, channel, lane, endpoint, p256dh, auth, vapid_key, lang, min_severity, issuers,
                                   upcoming, state, missed, revision, created_at)
         SELECT r.value ->> 'id', 't', 'actual', 'web_push', $2, r.value ->> 'endpoint', r.value ->> 'p256dh', r.value ->> 'auth', $3, 'en',
                2, '[]', 0, 'active', 0, 1, 0
         FROM @rows($1) AS r",
    )
    .bind(rows)
    .bind(origin)
    .bind(&vapid.public)
    .run()
    .await
    .expect("subscriptions");
    tx.commit().await.expect("committed");
}

/// By what everybody is concerned.
fn ban() -> MatchKey {
    MatchKey {
        revision: 1,
        level: "4".to_owned(),
        severity: 5.try_into().expect("a severity"),
        governs: true,
        possible: false,
    }
}

/// What a publication owes: one delivery a subscription, in one transaction per 16,384.
async fn owe(store: &Store, count: usize) {
    let advisory = AdvisoryId::parse(ADVISORY).expect("an id");
    let after = ban();
    let now = System.now();
    let all: Vec<usize> = (0..count).collect();
    for some in all.chunks(16_384) {
        let owed: Vec<NewDelivery> = some
            .iter()
            .map(|n| NewDelivery {
                id: uuid::Uuid::now_v7().to_string(),
                subscription: format!("s{n}"),
                subject: "trip".to_owned(),
                concern: Concern::Trip,
                advisory: advisory.clone(),
                revision: 1,
                severity: after.severity,
                owed: Owed::Alert,
                happening: Happening {
                    transition: Transition::Entered { advisory: advisory.clone(), after: after.clone() },
                    cause: Cause::Advisory,
                },
                deadline: now + SignedDuration::from_hours(24),
                created_at: now,
            })
            .collect();
        let mut tx = store.begin().await.expect("begun");
        deliveries::insert(&mut tx, &owed).await.expect("owed");
        tx.commit().await.expect("committed");
    }
}

/// The most memory this process has held, in megabytes.
fn peak_megabytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("status");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a peak");
    line.trim().trim_end_matches(" kB").parse::<u64>().expect("a number") / 1024
}

/// A country, a town in it, and the town's advisory.
fn write_folder(root: &Path) {
    let issuers = json!({"mapping_version": "bench", "issuers": [{"code": "kr-mofa", "country": "KR", "nationalities": ["KR"],
        "name": "Ministry of Foreign Affairs", "native_name": "외교부", "url": "https://example.org/", "licence": "CC0-1.0",
        "attribution": "the bench", "languages": ["en", "ko"], "legal_effects": [], "levels": [{"code": "4", "name": "Travel ban",
        "native_name": "여행금지", "colour": "#000000", "meaning": "as it says", "severity": 5, "citation": "the bench"}]}]});
    let region = |code: &str, kind: &str, (w, s, e, n): (f64, f64, f64, f64)| {
        json!({"type": "Feature", "properties": {"code": code, "kind": kind, "country": "KH", "names": {"en": code}},
               "geometry": {"type": "Polygon", "coordinates": [[[w, s], [e, s], [e, n], [w, n], [w, s]]]}})
    };
    let places = json!({"type": "FeatureCollection", "basis": "derived", "accuracy_m": 10, "source": "the bench", "licence": "CC0-1.0",
        "attribution": "the bench",
        "features": [region("KH", "country", (100.0, 10.0, 110.0, 20.0)), region("kh-town", "city", (100.0, 10.0, 101.0, 11.0))]});
    let advisories = json!({"type": "FeatureCollection", "issuer": "kr-mofa", "source": "the bench", "licence": "CC0-1.0",
        "coverage": [{"country": "KH", "from": "2025-01-01T00:00:00Z", "verified_at": "2025-10-19T00:00:00Z"}],
        "features": [{"type": "Feature", "geometry": null, "properties": {"advisory": ADVISORY, "revision": 1, "level": "4",
            "title": {"en": "Poipet city", "ko": "포이펫"}, "text": {"en": "Leave at once. Do not return before the ministry says so.", "ko": "즉시 떠나십시오."},
            "published_at": "2025-01-01T00:00:00Z", "valid_from": "2025-01-01T00:00:00Z", "valid_to": null, "area": {"region": "kh-town"},
            "source_url": "https://example.org/said"}}]});
    for (file, value) in
        [("issuers.json", issuers), ("places/all.geojson", places), ("advisories/kr-mofa/kh.geojson", advisories)]
    {
        let path = root.join(file);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        std::fs::write(path, value.to_string()).expect("written");
    }
}
