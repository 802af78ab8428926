//! Booking files without ways: an engine is asked for each, over the command line and over HTTP; when it dies, what is left is in doubt.

use std::ops::ControlFlow;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use cordon::app::App;
use cordon::clock::Manual;
use cordon::config::{SettingArgs, Settings};
use cordon::flows::validate_bookings::{Roads, Validation, in_order};
use cordon::format::document::bookings::{self, Kind};
use cordon::format::document::csv::Mapping;
use cordon::format::policy::Policy;
use cordon::geometry::Limits;
use cordon::matching::FenceIndex;
use cordon::model::Verdict;
use cordon::model::route::EngineAddress;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::bundled;
use crate::engines::Engine;
use crate::trips::{NOW, bundled, router};

/// Bangkok to Siem Reap by bus and by air, and Ho Chi Minh City to Phnom Penh by bus, straight through and with a night in Bavet.
const TABLE: &str = "\
booking,passenger,nationalities,mode,from,to,depart,arrive,transit
BUS,kim,KR,bus,\"Bangkok, TH\",\"Siem Reap, KH\",2025-10-20 08:00,2025-10-20 18:00,
AIR,kim,KR,air,BKK,SAI,2025-10-20 08:00,2025-10-20 09:00,
THROUGH,kim,KR,bus,\"Ho Chi Minh City, VN\",\"Phnom Penh, KH\",2025-10-25 08:00,2025-10-25 15:00,
NIGHT,kim,KR,bus,\"Ho Chi Minh City, VN\",\"11.06317,106.13557\",2025-10-25 08:00,2025-10-25 18:00,
NIGHT,kim,KR,bus,\"11.06317,106.13557\",\"Phnom Penh, KH\",2025-10-26 09:00,2025-10-26 13:00,
";

/// What the results of the table are, whoever validates it.
fn as_expected(results: &[Value], engine: &str) {
    let verdicts: Vec<&str> = results.iter().map(|result| result["verdict"].as_str().expect("a verdict")).collect();
    assert_eq!((verdicts[0], verdicts[1], verdicts[3]), ("prohibited", "notice", "prohibited"), "{results:#?}");
    let findings = results[2]["findings"].as_array().expect("findings");
    let bavet = findings
        .iter()
        .find(|finding| finding["revision"].as_str().is_some_and(|r| r.starts_with("kr-mofa:kh-bavet@")));
    let bavet = bavet.unwrap_or_else(|| panic!("no Bavet in {findings:#?}"));
    assert_eq!((&bavet["exemption"], verdicts[2] == "prohibited"), (&json!("transit_only"), false), "{bavet:#}");
    let way = &results[0]["ways"][0];
    assert_eq!((&way["source"], &way["engine"]["name"]), (&json!("router"), &json!(engine)), "{way:#}");
    assert!(way["engine"]["data"].is_string() && way["options"][0]["snap_m"].is_array(), "{way:#}");
    // what is recorded about Vietnam begins later, so the other two are known in part
    assert!(results[..2].iter().all(|result| result["complete"] == true), "{results:#?}");
    assert_eq!(results[1]["ways"], Value::Null, "a flight runs along no road");
}

#[tokio::test(flavor = "multi_thread")]
async fn over_the_command_line_ways_are_asked_for() {
    let (engine, folder) = (Engine::valhalla().await, TempDir::new().expect("a folder"));
    let (file, out) = (folder.path().join("bookings.csv"), folder.path().join("out.ndjson"));
    std::fs::write(&file, TABLE).expect("written");
    let run = |address: Option<&EngineAddress>| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cordon"));
        command.args(["validate", "--as-of", "2025-10-26T09:00+07:00", "--out"]).args([&out, &file]).env_clear();
        command
            .env("CORDON_REGIONS", bundled::regions())
            .env("CORDON_DATA_DIR", bundled::data_dir())
            .stdin(Stdio::null());
        if let Some(address) = address {
            command.arg("--router").arg(format!("{}:{}", address.engine.as_str(), address.url));
        }
        let run = command.output().expect("the program runs");
        let text = std::fs::read_to_string(&out).unwrap_or_else(|e| panic!("{e}: {run:?}"));
        text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect::<Vec<Value>>()
    };
    as_expected(&run(Some(&engine.address)), "valhalla");
    let table = run(None);
    assert_eq!((&table[0]["verdict"], &table[0]["complete"]), (&json!("prohibited"), &json!(false)));
    assert_eq!(table[0]["ways"][0]["source"], "corridor_table", "without an engine the operator's table speaks");
}

/// A service that asks an engine, until it is told to stop.
async fn serve(engine: &Engine, folder: &TempDir) -> (String, oneshot::Sender<()>, JoinHandle<bool>) {
    let mut settings = Settings::resolve_from(&SettingArgs::default(), &|_| None).expect("defaults");
    settings.listen = "127.0.0.1:0".parse().expect("an address");
    settings.regions = bundled::regions();
    settings.data_dir = folder.path().to_owned();
    bundled::furnish(&settings.data_dir);
    settings.router = Some(engine.address.clone());
    // longer than anybody is kept waiting
    settings.router_timeout = Duration::from_mins(1);
    let clock = Arc::new(Manual::new(NOW.parse().expect("an instant")));
    let app = App::bind(settings, clock).await.expect("a free port");
    let url = format!("http://{}/v1/validations", app.local_addr());
    let (stop, stopped) = oneshot::channel::<()>();
    let running = tokio::spawn(app.run(async {
        let _ = stopped.await;
    }));
    (url, stop, running)
}

#[tokio::test]
#[allow(clippy::disallowed_methods)] // it speaks to a service of its own
async fn over_http_ways_are_asked_for() {
    let (engine, folder) = (Engine::osrm().await, TempDir::new().expect("a folder"));
    let (url, stop, running) = serve(&engine, &folder).await;
    let url = format!("{url}?as_of=2025-10-26T02:00:00Z");
    let asked = reqwest::Client::new().post(url).header("content-type", "text/csv").body(TABLE).send().await;
    let answer: Value = asked.expect("an answer").json().await.expect("JSON");
    as_expected(answer["results"].as_array().unwrap_or_else(|| panic!("{answer:#}")), "osrm");
    stop.send(()).expect("it runs");
    assert!(running.await.expect("no panic"));
}

#[tokio::test]
#[allow(clippy::disallowed_methods)] // it speaks to a service of its own
async fn an_engine_that_stands_still_keeps_nobody_waiting_for_long_and_nothing_is_lost() {
    let (engine, folder) = (Engine::osrm().await, TempDir::new().expect("a folder"));
    let (url, stop, running) = serve(&engine, &folder).await;
    engine.stop();
    let client = reqwest::Client::new();
    let send = || client.post(&url).header("content-type", "text/csv").header("idempotency-key", "file-1").body(TABLE);
    let answer = send().send().await.expect("an answer");
    assert_eq!(answer.status(), 202);
    let taken: Value = answer.json().await.expect("JSON");
    let again: Value = send().send().await.expect("an answer").json().await.expect("JSON");
    assert_eq!(taken, again, "the same request again is the same file");
    let state = format!("{url}/{}", taken["validation"]["id"].as_str().expect("an id"));
    let results = || client.get(format!("{state}/results")).header("accept", "text/csv").send();
    assert_eq!(results().await.expect("an answer").status(), 409, "a part would look like the whole");
    engine.go_on();
    let mut often = tokio::time::interval(Duration::from_millis(100));
    loop {
        often.tick().await;
        let now: Value = client.get(&state).send().await.expect("an answer").json().await.expect("JSON");
        if now["state"] == "done" {
            break;
        }
        assert_eq!(now["state"], "running", "{now:#}");
    }
    let whole = results().await.expect("an answer").text().await.expect("a table");
    assert_eq!(
        whole.lines().filter(|line| line.starts_with("BUS,") || line.starts_with("NIGHT,")).count(),
        2,
        "{whole}"
    );
    stop.send(()).expect("it runs");
    assert!(running.await.expect("no panic"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_dying_engine_did_not_answer_is_indeterminate() {
    /// More than are under way when the first result is there.
    const COUNT: usize = 600;
    let (mut engine, snapshot, limits) = (Engine::osrm().await, bundled(), Limits::default());
    let (asked, runtime, policy) = (router(&engine.address), Handle::current(), Policy::default());
    // no two of them end at one place: no answer is remembered for another
    let line = |n: usize| {
        let place = 13.36 + f64::from(u32::try_from(n).expect("few")) * 1e-5;
        json!({"ref": format!("B{n}"), "party": [{"id": "p", "nationalities": ["KR"]}],
               "stops": [{"id": "s1", "place": {"name": "Bangkok", "country": "TH"}, "depart": "2025-10-20T08:00:00+07:00"},
                         {"id": "s2", "place": {"lat": place, "lon": 103.86}, "arrive": "2025-10-20T18:00:00+07:00"}],
               "legs": [{"id": "l1", "from": "s1", "to": "s2", "mode": "bus"}]})
        .to_string()
    };
    let text = (0..COUNT).map(line).collect::<Vec<_>>().join("\n");
    let work = move || {
        let validation = Validation {
            snapshot: &snapshot,
            max_age: FenceIndex::DEFAULT_MAX_AGE,
            limits: &limits,
            policy: &policy,
            now: NOW.parse().expect("an instant"),
            roads: Some(Roads { router: &asked, runtime: &runtime }),
        };
        let (bookings, _) =
            bookings::read(Kind::Lines, text.as_bytes(), &Mapping::default(), 1 << 20).expect("a booking file");
        let mut results = Vec::new();
        in_order(
            bookings,
            validation.hands(),
            |booking| validation.validate(&booking),
            |result| {
                if results.is_empty() {
                    engine.kill();
                }
                results.push(result);
                ControlFlow::Continue(())
            },
        );
        results
    };
    let results = tokio::task::spawn_blocking(work).await.expect("no panic");
    assert_eq!(results.len(), COUNT);
    assert_eq!((results[0].verdict, results[0].complete), (Some(Verdict::Prohibited), true), "{:#?}", results[0]);
    let doubted: Vec<_> = results.iter().filter(|result| !result.complete).collect();
    assert!(!doubted.is_empty() && !results[COUNT - 1].complete);
    for result in doubted {
        assert_eq!(result.verdict, Some(Verdict::Indeterminate), "{result:#?}");
        let told = serde_json::to_value(&result.indeterminate).expect("JSON");
        assert_eq!(told[0]["reason"], "routing_failed", "{told:#}");
    }
}
