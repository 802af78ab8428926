//! A traveller's whole life over HTTP: registered, known by a token that opens nothing else, watched, told, taken along, erased, forgotten.

use cordon::config::SecretUrl;
use insta::assert_snapshot;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::databases::Database;
use crate::support::{Answer, NOW, TOWN, TestApp, write_folder};

/// In the country, outside the town.
const COUNTRYSIDE: (f64, f64) = (15.0, 105.0);

async fn app(db: &Database) -> TestApp {
    let folder = TempDir::new().expect("a folder");
    write_folder(folder.path());
    app_at(db, folder, NOW).await
}

async fn app_at(db: &Database, folder: TempDir, now: &str) -> TestApp {
    TestApp::start_at(folder, now, |settings| {
        settings.database_url = SecretUrl(db.setting().to_owned());
        settings.push_hosts = vec!["localhost".parse().expect("a host")];
        settings.outbound_allow = vec!["127.0.0.0/8".parse().expect("a network"), "::1".parse().expect("an address")];
    })
    .await
}

/// Somebody with their id, token and place below `/v1`.
struct Person {
    id: String,
    token: String,
    home: String,
}

async fn register(app: &TestApp, key: Option<&str>) -> Person {
    let made = app.send("POST", "/v1/travellers", key, Some(&json!({"nationalities": ["KR"], "lang": "ko"}))).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let text = |name: &str| made.json()[name].as_str().expect("text").to_owned();
    let (id, token) = (text("id"), text("token"));
    assert_eq!(made.header("location"), format!("/v1/travellers/{id}"));
    assert!(token.starts_with("crd_t_"), "{token}");
    Person { home: format!("/v1/travellers/{id}"), id, token }
}

impl Person {
    async fn ask(&self, app: &TestApp, method: &str, path: &str, body: Option<&Value>) -> Answer {
        app.send(method, &format!("{}{path}", self.home), Some(&self.token), body).await
    }
}

async fn make_key(app: &TestApp, scopes: &[&str]) -> String {
    let made = app.send("POST", "/v1/keys", Some(&app.first_key), Some(&json!({"name": "k", "scopes": scopes}))).await;
    made.json()["token"].as_str().expect("a token").to_owned()
}

fn stay(at: (f64, f64), from: &str, to: &str) -> Value {
    json!({"itinerary": {"ref": "AB12CD", "stops": [{"id": "s1", "place": {"lat": at.0, "lon": at.1}, "arrive": from, "depart": to}]}})
}

fn fix(at: (f64, f64), minute: u32) -> Value {
    json!({"lat": at.0, "lon": at.1, "accuracy_m": 20, "at": format!("2025-10-20T01:{minute:02}:00Z")})
}

/// A browser, whose push service takes nothing.
async fn browser(app: &TestApp) -> Value {
    // the keys are the example of RFC 8291
    json!({"type": "web_push", "endpoint": "https://localhost:9/push/abc", "vapid_key": app.get("/v1/push/key").await.json()["key"],
        "keys": {"auth": "BTBZMqHH6r4Tts7J_aSIgg",
            "p256dh": "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"}})
}

async fn subscribe(app: &TestApp, who: &Person) -> String {
    let made = who.ask(app, "POST", "/subscriptions", Some(&json!({"channel": browser(app).await}))).await;
    assert_eq!(made.status, 201, "{}", made.text);
    made.json()["id"].as_str().expect("an id").to_owned()
}

/// Owes a message that tries the channel, and gives the delivery's id.
async fn try_out(app: &TestApp, who: &Person, subscription: &str) -> String {
    let sent = who.ask(app, "POST", &format!("/subscriptions/{subscription}/test"), None).await;
    assert_eq!(sent.status, 202, "{}", sent.text);
    sent.json()["delivery"].as_str().expect("an id").to_owned()
}

/// Gives up a delivery, as happens after days.
async fn give_up(db: &Database, delivery: &str) {
    let store = db.open().await;
    let mut tx = store.begin().await.expect("begun");
    tx.query("UPDATE delivery SET state = 'failed', lease = NULL WHERE id = $1")
        .bind(delivery)
        .run()
        .await
        .expect("given up");
    tx.commit().await.expect("committed");
    store.close().await;
}

fn ids(answer: &Answer) -> Vec<String> {
    let list = answer.json();
    let deliveries = list["deliveries"].as_array().unwrap_or_else(|| panic!("{list}"));
    deliveries.iter().map(|delivery| delivery["id"].as_str().expect("an id").to_owned()).collect()
}

on_both! {
    async fn a_token_opens_what_is_theirs_and_nothing_else(db: Database) {
        let app = app(&db).await;
        let (one, other) = (register(&app, None).await, register(&app, None).await);
        assert_eq!(one.ask(&app, "GET", "", None).await.json()["nationalities"], json!(["KR"]));
        for path in ["", "/export", "/itineraries", "/position", "/subscriptions"] {
            let theirs = format!("{}{path}", other.home);
            let refused = app.send("GET", &theirs, Some(&one.token), None).await;
            assert_eq!(refused.problem(), format!("404 not_found: there is no traveller `{}`", other.id));
            assert_eq!(app.get(&theirs).await.status, 401, "{path}");
        }
        assert_eq!(app.send("DELETE", &other.home, Some(&one.token), None).await.status, 404);
        assert_eq!(app.send("GET", "/v1/keys", Some(&one.token), None).await.status, 403);
        assert_eq!(app.send("GET", "/v1/travellers", Some(&one.token), None).await.status, 401);
        assert_eq!(app.send("GET", "/v1/check/location?lat=1&lon=1", Some(&one.token), None).await.status, 200);
        // of a key are those whom it registered
        let (agency, rival) = (make_key(&app, &["watch"]).await, make_key(&app, &["watch"]).await);
        let client = register(&app, Some(&agency)).await;
        assert_eq!(app.send("GET", &client.home, Some(&agency), None).await.status, 200);
        assert_eq!(app.send("GET", &client.home, Some(&rival), None).await.status, 404);
        assert_eq!(app.send("GET", &one.home, Some(&agency), None).await.status, 404);
        let listed = app.send("GET", "/v1/travellers", Some(&agency), None).await.json();
        assert_eq!(listed["travellers"].as_array().map(|all| all.iter().map(|t| t["id"].clone()).collect()), Some(vec![json!(client.id)]));
    }

    async fn a_trip_is_checked_at_once_and_watched(db: Database) {
        let app = app(&db).await;
        let who = register(&app, None).await;
        let plan = stay(TOWN, "2025-10-21T00:00:00Z", "2025-10-22T00:00:00Z");
        let saved = who.ask(&app, "POST", "/itineraries", Some(&plan)).await;
        assert_eq!(saved.status, 201, "{}", saved.text);
        let trip = saved.json();
        assert_eq!((&trip["check"]["verdict"], &trip["ref"], &trip["watched_until"]), (&json!("prohibited"), &json!("AB12CD"), &json!("2025-10-23T00:00:00Z")));
        assert_eq!(trip["matches"][1]["revision"], "kr-mofa:kh-town@2");
        let place = saved.header("location").strip_prefix(&who.home).expect("below the traveller").to_owned();
        let read = who.ask(&app, "GET", &place, None).await;
        assert_eq!((read.json()["request"].clone(), &read.header("etag")[..3]), (plan.clone(), "\"1-"));

        let elsewhere = stay((-40.0, -140.0), "2025-10-21T00:00:00Z", "2025-10-22T00:00:00Z");
        assert_eq!(who.ask(&app, "PUT", &place, Some(&elsewhere)).await.status, 428, "which one was read must be said");
        let put = |tag: &'static str| {
            let request = app.client.put(app.url(&format!("{}{place}", who.home))).bearer_auth(&who.token);
            request.header("if-match", tag).json(&elsewhere)
        };
        assert_eq!(Answer::of(put("\"7\"")).await.status, 412);
        let changed = Answer::of(put("\"1\"")).await;
        assert_eq!((changed.status, changed.json()["matches"].clone()), (200, json!([])), "{}", changed.text);

        let over = who.ask(&app, "POST", "/itineraries", Some(&stay(TOWN, "2025-10-01T00:00:00Z", "2025-10-02T00:00:00Z"))).await;
        assert_snapshot!(over.problem(), @"400 invalid_input invalid_value /itinerary: the trip was over at 2025-10-02T00:00:00Z: there is nothing left to watch");
        let wrong = who.ask(&app, "POST", "/itineraries", Some(&json!({"itinerary": {"stops": [{"id": "a", "place": {"lat": 100, "lon": 1}}]}}))).await;
        assert!(wrong.problem().starts_with("400 invalid_input invalid_value /itinerary/stops/0/place/lat"), "{}", wrong.problem());
        assert_eq!(who.ask(&app, "GET", "/itineraries", None).await.json()["itineraries"].as_array().map(Vec::len), Some(1));
        assert_eq!(who.ask(&app, "DELETE", &place, None).await.status, 204);
        assert_eq!(who.ask(&app, "GET", &place, None).await.status, 404);
    }

    /// What was read names what is changed, however it came: compressed, weakened by a proxy, one of several.
    async fn the_tag_that_was_read_changes_it(db: Database) {
        let app = app(&db).await;
        let who = register(&app, None).await;
        let plan = stay(TOWN, "2025-10-21T00:00:00Z", "2025-10-22T00:00:00Z");
        let saved = who.ask(&app, "POST", "/itineraries", Some(&plan)).await;
        let place = saved.header("location").strip_prefix(&who.home).expect("below the traveller").to_owned();
        let subscription = format!("/subscriptions/{}", subscribe(&app, &who).await);
        let ask = |method: reqwest::Method, path: &str| app.client.request(method, app.url(&format!("{}{path}", who.home))).bearer_auth(&who.token);
        for (path, method, body) in [
            (place.as_str(), reqwest::Method::PUT, &plan),
            ("", reqwest::Method::PATCH, &json!({"lang": "en"})),
            (subscription.as_str(), reqwest::Method::PATCH, &json!({"upcoming": true})),
        ] {
            let served = async |packed: bool| {
                let coding = if packed { "gzip" } else { "identity" };
                let response = ask(reqwest::Method::GET, path).header("accept-encoding", coding).send().await.expect("an answer");
                response.headers()["etag"].to_str().expect("text").to_owned()
            };
            let change = async |tag: String| Answer::of(ask(method.clone(), path).header("if-match", tag).json(body)).await.status;
            let stale = served(true).await;
            assert_eq!(change(served(true).await).await, 200, "{path}: as it came, compressed");
            assert_eq!(change(stale.clone()).await, 412, "{path}: it is another one now");
            assert_eq!(change(served(false).await).await, 200, "{path}");
            assert_eq!(change(format!("W/{}", served(false).await)).await, 200, "{path}: weakened");
            assert_eq!(change(format!("{stale}, {}", served(true).await)).await, 200, "{path}: one of several");
            assert_eq!(change(format!("{stale}, \"nonsense\"")).await, 412, "{path}: none of several");
            assert_eq!(change("*".to_owned()).await, 200, "{path}: whichever it is");
        }
        for path in ["", subscription.as_str()] {
            let first = ask(reqwest::Method::GET, path).send().await.expect("an answer");
            let tag = first.headers()["etag"].to_str().expect("text").to_owned();
            assert_eq!(first.headers()["cache-control"], "no-store", "{path}");
            let again = Answer::of(ask(reqwest::Method::GET, path).header("if-none-match", tag)).await;
            assert_eq!((again.status, again.text.as_str()), (304, ""), "{path}");
        }
    }

    /// Every mistake in a subscription is told at its place.
    async fn a_channel_that_is_wrong_is_told_where(db: Database) {
        let app = app(&db).await;
        let who = register(&app, None).await;
        let told = async |change: Value| {
            let mut channel = browser(&app).await;
            for (name, value) in change.as_object().expect("members") {
                channel[name] = value.clone();
            }
            who.ask(&app, "POST", "/subscriptions", Some(&json!({"channel": channel}))).await.problem()
        };
        for (change, place, why) in [
            (json!({"keys": {"auth": "BTBZMqHH6r4Tts7J_aSIgg", "p256dh": 5}}), "/channel/keys/p256dh", "`5` where a text belongs"),
            (json!({"keys": {"auth": "BTBZMqHH6r4Tts7J_aSIgg"}}), "/channel/keys", "missing field `p256dh`"),
            (json!({"keys": ["a", "b"]}), "/channel/keys", "a list where"),
            (json!({"endpoint": 5}), "/channel/endpoint", "`5` where a text belongs"),
            (json!({"vapid_key": null}), "/channel", "missing field `vapid_key`"),
            (json!({"type": "pigeon"}), "/channel/type", "`pigeon` is none of"),
            (json!({"colour": "red"}), "/channel/colour", "unknown field `colour`"),
            (json!({"webhook": "w"}), "/channel", "`webhook` does not belong to a channel of this type"),
            (json!({"endpoint": "http://localhost/p"}), "/channel/endpoint", "`http://localhost/p`: it must begin with https://"),
        ] {
            let said = told(change.clone()).await;
            assert!(said.starts_with(&format!("400 invalid_input invalid_value {place}: {why}")), "{change}: {said}");
        }
    }

    /// The answer holds a secret, which is not kept: nobody should believe that a second request makes nothing new.
    async fn a_key_for_repetitions_is_refused_where_the_answer_holds_a_secret(db: Database) {
        let app = app(&db).await;
        for (path, body) in [
            ("/v1/travellers", json!({})),
            ("/v1/keys", json!({"name": "k", "scopes": ["check"]})),
            ("/v1/webhooks", json!({"url": "https://agency.example.org/hook"})),
        ] {
            let request = app.client.post(app.url(path)).bearer_auth(&app.first_key).header("idempotency-key", "k1").json(&body);
            let refused = Answer::of(request).await;
            assert_eq!((refused.status, &refused.json()["errors"][0]["pointer"]), (400, &json!("Idempotency-Key")), "{path} {}", refused.text);
        }
    }

    async fn nobody_subscribes_without_end(db: Database) {
        let app = app(&db).await;
        let who = register(&app, None).await;
        let one = browser(&app).await;
        let at = |n: usize| {
            let mut channel = one.clone();
            channel["endpoint"] = json!(format!("https://localhost:9/push/{n}"));
            json!({"channel": channel})
        };
        for n in 0..50 {
            assert_eq!(who.ask(&app, "POST", "/subscriptions", Some(&at(n))).await.status, 201);
        }
        let refused = who.ask(&app, "POST", "/subscriptions", Some(&at(50))).await;
        assert_snapshot!(refused.problem(), @"409 conflict: a traveller has at most 50 subscriptions: delete one first");
        assert_eq!(who.ask(&app, "POST", "/subscriptions", Some(&at(7))).await.status, 201, "it is renewed");
    }

    async fn a_number_that_is_given_twice_is_refused(db: Database) {
        let app = app(&db).await;
        let who = register(&app, None).await;
        let text = r#"{"positions": [{"lat": 1, "lat": 13.36, "lon": 100, "accuracy_m": 5, "at": "2025-10-20T01:00:00Z"}]}"#;
        let request = app.client.post(app.url(&format!("{}/positions", who.home))).bearer_auth(&who.token);
        let answer = Answer::of(request.header("content-type", "application/json").body(text)).await.json();
        assert_eq!((&answer["taken"], &answer["refused"][0]["pointer"]), (&json!([]), &json!("/positions/0")), "{answer}");
        assert!(answer["refused"][0]["detail"].as_str().is_some_and(|why| why.starts_with("duplicate field `lat`")), "{answer}");
    }

    /// Whoever has nothing to say need not say so.
    async fn no_body_is_an_empty_one(db: Database) {
        let app = app(&db).await;
        let made = Answer::of(app.client.post(app.url("/v1/travellers"))).await;
        assert_eq!(made.status, 201, "{}", made.text);
        let key = make_key(&app, &["watch"]).await;
        let hook = app.send("POST", "/v1/webhooks", Some(&key), Some(&json!({"url": "https://hooks.example.org/"}))).await.json();
        let path = format!("/v1/webhooks/{}/rotate", hook["id"].as_str().expect("an id"));
        let rotated = app.send("POST", &path, Some(&key), None).await;
        assert_eq!(rotated.status, 200, "{}", rotated.text);
        assert_ne!(rotated.json()["secret"], hook["secret"]);
        let missing = app.send("POST", "/v1/check/location", None, None).await;
        assert!(missing.problem().starts_with("400 invalid_input invalid_value : missing field `position`"), "{}", missing.problem());
        let foreign = app.client.post(app.url("/v1/check/location")).header("content-type", "text/plain").body("");
        assert_eq!(Answer::of(foreign).await.status, 415);
    }

    async fn a_key_is_made_for_issuers_that_exist(db: Database) {
        let app = app(&db).await;
        let request = json!({"name": "k", "scopes": ["publish"], "issuers": ["kr-mofa", "nope"]});
        let refused = app.send("POST", "/v1/keys", Some(&app.first_key), Some(&request)).await;
        assert_eq!(refused.problem(), "400 invalid_input unknown_issuer /issuers/1: there is no issuer `nope`");
    }

    async fn positions_come_singly_and_in_batches_in_any_order_and_twice(db: Database) {
        let app = app(&db).await;
        let who = register(&app, None).await;
        let report = async |fixes: &[Value]| who.ask(&app, "POST", "/positions", Some(&json!({"positions": fixes}))).await.json();
        let results = |answer: &Value| answer["taken"].as_array().expect("taken").iter().map(|fix| fix["result"].as_str().expect("a word").to_owned()).collect::<Vec<_>>();
        assert_eq!(who.ask(&app, "GET", "/position", None).await.status, 404);
        let first = report(&[fix(COUNTRYSIDE, 10)]).await;
        assert_eq!(results(&first), ["accepted"]);
        let first = first["position"].clone();
        // the same again, and an older one, change nothing
        let again = report(&[fix(COUNTRYSIDE, 10), fix(TOWN, 5)]).await;
        assert_eq!((results(&again), &again["position"], &again["transitions"]), (vec!["late".to_owned(), "late".to_owned()], &first, &json!([])));
        // a batch in any order; what is wrong in it is named, the others are taken
        let (near, nearer) = ((15.0, 104.99), (15.0, 104.98));
        let batch = report(&[fix(nearer, 40), json!({"lat": 95, "lon": 0, "accuracy_m": 1, "at": "2025-10-20T01:30:00Z"}), fix(near, 20), fix(near, 20)]).await;
        assert_eq!(results(&batch), ["accepted", "accepted", "late"]);
        assert_eq!(batch["refused"][0]["pointer"], "/positions/1/lat");
        assert_eq!((&batch["position"]["lon"], &batch["position"]["at"]), (&json!(104.98), &json!("2025-10-20T01:40:00Z")));
        let ahead = report(&[json!({"lat": 15, "lon": 105, "accuracy_m": 20, "at": "2025-10-20T03:00:00Z"})]).await;
        assert_eq!(ahead["refused"][0]["pointer"], "/positions/0/at");
        // one kept position, rounded
        let kept = who.ask(&app, "GET", "/position", None).await.json();
        assert_eq!((&kept["lon"], &kept["kept_until"], &kept["matches"][0]["revision"]), (&json!(104.98), &json!("2025-10-21T01:40:00Z"), &json!("kr-mofa:kh@1")));
        assert_eq!(who.ask(&app, "DELETE", "/position", None).await.status, 204);
        assert_eq!(who.ask(&app, "GET", "/position", None).await.status, 404);
    }

    async fn everything_is_taken_along_and_erased_at_once(db: Database) {
        let app = app(&db).await;
        let (who, stays) = (register(&app, None).await, register(&app, None).await);
        for person in [&who, &stays] {
            person.ask(&app, "POST", "/itineraries", Some(&stay(TOWN, "2025-10-21T00:00:00Z", "2025-10-22T00:00:00Z"))).await;
            person.ask(&app, "POST", "/positions", Some(&json!({"positions": [fix(COUNTRYSIDE, 10)]}))).await;
            let subscription = subscribe(&app, person).await;
            try_out(&app, person, &subscription).await;
        }
        let all = who.ask(&app, "GET", "/export", None).await.json();
        assert_eq!((&all["traveller"]["id"], &all["traveller"]["lang"]), (&json!(who.id), &json!("ko")));
        assert_eq!((&all["itineraries"][0]["request"]["itinerary"]["ref"], &all["position"]["lat"]), (&json!("AB12CD"), &json!(15.0)));
        assert_eq!(all["subscriptions"][0]["endpoint"], "https://localhost:9/push/abc");
        assert_eq!(all["subscriptions"][0]["keys"]["auth"].as_str().map(str::len), Some(22));
        assert_eq!(all["events"][0]["data"]["transition"]["kind"], "entered", "{all}");
        assert_eq!((&all["deliveries"][0]["kind"], all["deliveries"].as_array().map(Vec::len)), (&json!("test"), Some(1)));
        let token = who.token.rsplit('_').next().expect("a secret");
        assert!(!all.to_string().contains(token), "the token is no part of it: only its digest is kept");

        assert_eq!(who.ask(&app, "DELETE", "", None).await.status, 204);
        assert_eq!(who.ask(&app, "GET", "/export", None).await.status, 401, "the token opens nothing any more");
        let agency = make_key(&app, &["watch"]).await;
        let gone = app.send("GET", &format!("{}/export", who.home), Some(&agency), None).await;
        assert_eq!(gone.problem(), format!("404 not_found: there is no traveller `{}`", who.id));
        // nothing in any table tells of them
        let store = db.open().await;
        let mut tx = store.read().await.expect("begun");
        for table in ["traveller", "subject", "subscription", "delivery", "event", "idempotency"] {
            // every text of these tables is a constant of this test
            let text: &'static str = Box::leak(format!("SELECT * FROM {table}").into_boxed_str());
            let rows = format!("{:?}", tx.query(text).rows().await.expect("read").len());
            let left = match table {
                "traveller" | "subscription" | "delivery" | "event" => "1",
                "subject" => "2",
                _ => "0",
            };
            assert_eq!(rows, left, "{table}");
        }
        drop(tx);
        store.close().await;
        assert_eq!(stays.ask(&app, "GET", "/export", None).await.json()["deliveries"].as_array().map(Vec::len), Some(1));
    }

    /// Retention is a worker of the service, and shown.
    async fn what_has_had_its_time_is_forgotten(db: Database) {
        let mut first = app(&db).await;
        let who = register(&first, None).await;
        who.ask(&first, "POST", "/itineraries", Some(&stay(TOWN, "2025-10-21T00:00:00Z", "2025-10-22T00:00:00Z"))).await;
        who.ask(&first, "POST", "/positions", Some(&json!({"positions": [fix(COUNTRYSIDE, 10)]}))).await;
        first.stop();
        assert!(first.stopped().await);
        let folder = std::mem::replace(&mut first.folder, TempDir::new().expect("a folder"));
        let mut later = app_at(&db, folder, "2025-10-23T00:00:00Z").await;
        let shown = async |app: &TestApp, line: &str| {
            while !app.get("/metrics").await.text.contains(line) {
                tokio::task::yield_now().await;
            }
        };
        shown(&later, "cordon_forgotten_total{what=\"position\"} 1").await;
        shown(&later, "cordon_forgotten_total{what=\"trip\"} 1").await;
        shown(&later, "cordon_watched{what=\"trip\"} 0").await;
        assert_eq!(who.ask(&later, "GET", "/itineraries", None).await.json()["itineraries"], json!([]));
        assert_eq!(who.ask(&later, "GET", "/position", None).await.status, 404);
        later.stop();
        assert!(later.stopped().await);
        let folder = std::mem::replace(&mut later.folder, TempDir::new().expect("a folder"));
        let last = app_at(&db, folder, "2026-12-24T00:00:00Z").await;
        shown(&last, "cordon_forgotten_total{what=\"traveller\"} 1").await;
        assert_eq!(who.ask(&last, "GET", "", None).await.status, 401);
    }

    /// A traveller sees what is owed to them, a key what is owed to its webhooks and travellers, whoever operates the service all of it.
    async fn deliveries_are_for_those_whose_they_are(db: Database) {
        let app = app(&db).await;
        let (agency, rival) = (make_key(&app, &["watch"]).await, make_key(&app, &["watch"]).await);
        let (client, stranger) = (register(&app, Some(&agency)).await, register(&app, None).await);
        let subscription = subscribe(&app, &client).await;
        let (theirs, other) = (try_out(&app, &client, &subscription).await, {
            let subscription = subscribe(&app, &stranger).await;
            try_out(&app, &stranger, &subscription).await
        });
        let list = async |key: &str| ids(&app.send("GET", "/v1/deliveries", Some(key), None).await);
        assert_eq!(list(&client.token).await, vec![theirs.clone()]);
        assert_eq!(list(&agency).await, vec![theirs.clone()]);
        assert_eq!(list(&stranger.token).await, vec![other.clone()]);
        assert_eq!(list(&rival).await, Vec::<String>::new());
        assert_eq!(list(&app.first_key).await, [theirs.clone(), other.clone()]);
        assert_eq!(app.get("/v1/deliveries").await.status, 401);
        let publisher = make_key(&app, &["publish"]).await;
        assert_snapshot!(app.send("GET", "/v1/deliveries", Some(&publisher), None).await.problem(), @"403 forbidden: it needs the scope `watch`");

        give_up(&db, &theirs).await;
        let (path, replay) = (format!("/v1/deliveries/{theirs}"), format!("/v1/deliveries/{theirs}/replay"));
        for foreign in [&stranger.token, &rival] {
            assert_eq!(app.send("GET", &path, Some(foreign), None).await.status, 404);
            assert_eq!(app.send("POST", &replay, Some(foreign), None).await.status, 404);
        }
        assert_eq!(app.send("GET", &path, Some(&client.token), None).await.json()["state"], "failed");
        assert_eq!(app.send("POST", &replay, Some(&client.token), None).await.json()["state"], "pending");
        give_up(&db, &theirs).await;
        assert_eq!(app.send("POST", &replay, Some(&agency), None).await.json()["state"], "pending");
        // after the subscription has ended, what it was owed is gone too
        assert_eq!(client.ask(&app, "DELETE", &format!("/subscriptions/{subscription}"), None).await.status, 204);
        assert_eq!(list(&client.token).await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn every_class_has_a_share_of_its_own_for_each_traveller() {
    let app = TestApp::start_with(|settings| {
        (settings.rate_watch, settings.rate_operate, settings.rate_check) = (4, 3, 2);
    })
    .await;
    let (one, other) = (register(&app, None).await, register(&app, None).await);
    let asked = one.ask(&app, "GET", "", None).await;
    assert_eq!(asked.header("ratelimit-policy"), "\"watch\";q=4;w=60");
    assert!(asked.header("ratelimit").starts_with("\"watch\";r=3;t="), "{}", asked.header("ratelimit"));
    for _ in 0..3 {
        assert_eq!(one.ask(&app, "GET", "", None).await.status, 200);
    }
    let refused = one.ask(&app, "GET", "", None).await;
    assert!(refused.problem().starts_with("429 too_many_requests: "), "{}", refused.problem());
    assert!((1..=15).contains(&refused.header("retry-after").parse::<u64>().expect("seconds")));
    assert_eq!(other.ask(&app, "GET", "", None).await.status, 200, "another traveller has another share");
    let deliveries = app.send("GET", "/v1/deliveries", Some(&one.token), None).await;
    assert_eq!((deliveries.status, deliveries.header("ratelimit-policy")), (200, "\"operate\";q=3;w=60"));
    let check = app.send("GET", "/v1/check/location?lat=1&lon=1", Some(&one.token), None).await;
    assert_eq!((check.status, check.header("ratelimit-policy")), (200, "\"check\";q=2;w=60"));
}
