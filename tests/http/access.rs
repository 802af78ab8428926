//! Who may do what: keys through their whole life, on both databases, and everybody's share.

use cordon::config::SecretUrl;
use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::databases::Database;
use crate::support::{Answer, TestApp};

const CHECK: &str = "/v1/check/location?lat=10.5&lon=100.5";

async fn app(db: &Database) -> TestApp {
    TestApp::start_with(|settings| settings.database_url = SecretUrl(db.setting().to_owned())).await
}

/// Makes a key with the first one, and gives its text and id.
async fn make(app: &TestApp, request: &Value) -> (String, String) {
    let made = app.send("POST", "/v1/keys", Some(&app.first_key), Some(request)).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let made = made.json();
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    (text(&made["token"]), text(&made["key"]["id"]))
}

async fn keys_last_use(app: &TestApp, id: &str) -> Value {
    let list = app.send("GET", "/v1/keys", Some(&app.first_key), None).await.json();
    let keys = list["keys"].as_array().expect("a list");
    keys.iter().find(|key| key["id"] == id).expect("the key")["last_used_at"].clone()
}

on_both! {
    async fn a_key_lives_and_ends(db: Database) {
        let app = app(&db).await;
        let (token, id) = make(&app, &json!({"name": "desk", "scopes": ["check"]})).await;
        assert!(token.starts_with(&format!("crd_live_{id}_")), "{token}");
        assert_eq!(app.send("GET", CHECK, Some(&token), None).await.status, 200);
        // its use is noted beside the request
        while keys_last_use(&app, &id).await.is_null() {
            tokio::task::yield_now().await;
        }
        assert_eq!(keys_last_use(&app, &id).await, crate::support::NOW);

        let renewed = app.send("POST", &format!("/v1/keys/{id}/rotate"), Some(&app.first_key), Some(&json!({"grace": "PT1H"}))).await;
        assert_eq!(renewed.status, 200, "{}", renewed.text);
        let new = renewed.json()["token"].as_str().expect("a token").to_owned();
        assert_ne!(new, token);
        for good in [&token, &new] {
            assert_eq!(app.send("GET", CHECK, Some(good), None).await.status, 200, "the old one has an hour yet");
        }
        app.clock.set("2025-10-20T03:00:00Z".parse().expect("an instant"));
        assert_eq!(app.send("GET", CHECK, Some(&token), None).await.status, 401, "the hour has passed");
        assert_eq!(app.send("GET", CHECK, Some(&new), None).await.status, 200);

        let revoked = app.send("DELETE", &format!("/v1/keys/{id}"), Some(&app.first_key), None).await;
        assert_eq!(revoked.json()["revoked_at"], "2025-10-20T03:00:00Z");
        let refused = app.send("GET", CHECK, Some(&new), None).await;
        assert_snapshot!(refused.problem(), @"401 unauthenticated: what is shown opens nothing: it is unknown, has ended or was revoked; send `Authorization: Bearer` and a key");
        assert_eq!(refused.header("www-authenticate"), "Bearer realm=\"cordon\"");
        let again = app.send("POST", &format!("/v1/keys/{id}/rotate"), Some(&app.first_key), Some(&json!({}))).await;
        assert!(again.problem().starts_with("409 conflict"), "{}", again.problem());
    }

    async fn a_key_ends_by_itself(db: Database) {
        let app = app(&db).await;
        let (token, _) = make(&app, &json!({"name": "guest", "scopes": ["check"], "expires_at": "2025-10-20T02:00:01Z"})).await;
        assert_eq!(app.send("GET", CHECK, Some(&token), None).await.status, 200);
        app.clock.set("2025-10-20T02:00:01Z".parse().expect("an instant"));
        assert_eq!(app.send("GET", CHECK, Some(&token), None).await.status, 401);
    }

    async fn the_first_key_is_made_once(db: Database) {
        let first = app(&db).await;
        assert!(first.first_key.starts_with("crd_live_"), "{}", first.first_key);
        let second = app(&db).await;
        assert_eq!(second.first_key, "", "there is one already");
        assert_eq!(second.send("GET", "/v1/keys", Some(&first.first_key), None).await.status, 200);
    }

    async fn an_exercise_key_makes_and_sees_exercise_keys_only(db: Database) {
        let app = app(&db).await;
        let (drill, _) = make(&app, &json!({"name": "drill", "scopes": ["admin"], "kind": "exercise"})).await;
        assert!(drill.starts_with("crd_ex_"), "{drill}");
        let refused = app.send("POST", "/v1/keys", Some(&drill), Some(&json!({"name": "real", "scopes": ["publish"]}))).await;
        assert_snapshot!(refused.problem(), @"400 invalid_input invalid_value /kind: an exercise key makes exercise keys only");
        let seen = app.send("GET", "/v1/keys", Some(&drill), None).await.json();
        assert_eq!(seen["keys"].as_array().expect("a list").len(), 1);
        let passed_off = drill.replace("crd_ex_", "crd_live_");
        assert_eq!(app.send("GET", "/v1/keys", Some(&passed_off), None).await.status, 401);
    }
}

#[tokio::test]
async fn a_key_opens_what_its_scopes_say() {
    let app = TestApp::start().await;
    let (publisher, _) = make(&app, &json!({"name": "press", "scopes": ["publish"]})).await;
    assert_snapshot!(app.send("GET", "/v1/keys", Some(&publisher), None).await.problem(), @"403 forbidden: it needs the scope `admin`");
    assert_snapshot!(app.send("GET", CHECK, Some(&publisher), None).await.problem(), @"403 forbidden: it needs the scope `check`");
    assert_eq!(
        app.send("GET", "/v1/advisories", Some(&publisher), None).await.status,
        200,
        "whoever publishes must be able to read"
    );
    assert_snapshot!(app.get("/v1/keys").await.problem(), @"401 unauthenticated: this needs a key; send `Authorization: Bearer` and a key");
}

#[tokio::test]
async fn what_opens_nothing_is_never_taken_for_nobody() {
    let app = TestApp::start().await;
    let almost = format!("{}A", &app.first_key[..app.first_key.len() - 1]);
    let almost =
        if almost == app.first_key { format!("{}E", &app.first_key[..app.first_key.len() - 1]) } else { almost };
    for shown in [
        "Bearer",
        "Bearer ",
        "Basic dXNlcjpwYXNz",
        "Bearer crd_live_x",
        "Bearer crd_t_0_0",
        &format!("Bearer {almost}"),
    ] {
        let request = app.client.get(app.url(CHECK)).header("authorization", shown);
        assert_eq!(Answer::of(request).await.status, 401, "{shown}");
    }
    let lower = app.client.get(app.url(CHECK)).header("authorization", format!("bearer {}", app.first_key));
    assert_eq!(Answer::of(lower).await.status, 200, "the scheme's case does not matter (RFC 9110 section 11.1)");
}

#[tokio::test]
async fn checks_can_be_closed_to_nobody() {
    let app = TestApp::start_with(|settings| settings.anonymous = cordon::config::Anonymous::default()).await;
    for path in [CHECK, "/v1/advisories"] {
        assert_eq!(app.get(path).await.status, 401, "{path}");
        assert_eq!(app.send("GET", path, Some(&app.first_key), None).await.status, 200, "{path}");
    }
    assert_eq!((app.get("/healthz").await.status, app.get("/openapi.json").await.status), (200, 200));
}

#[tokio::test]
async fn a_wrong_key_request_names_every_mistake() {
    let app = TestApp::start().await;
    let wrong = json!({"name": " ", "scopes": [], "expires_at": "2025-10-20T02:00:00Z"});
    let refused = app.send("POST", "/v1/keys", Some(&app.first_key), Some(&wrong)).await;
    assert_snapshot!(refused.problem(), @r"
    400 invalid_input invalid_value /name: a name has 1 to 100 characters on one line
    400 invalid_input invalid_value /scopes: without a scope it opens nothing
    400 invalid_input invalid_value /expires_at: 2025-10-20T02:00:00Z has passed
    ");
    let unknown =
        app.send("POST", "/v1/keys", Some(&app.first_key), Some(&json!({"name": "x", "scopes": ["root"]}))).await;
    assert_snapshot!(unknown.problem(), @"400 invalid_input invalid_value /scopes/0: `root` is none of `check`, `watch`, `publish`, `operate`, `admin`");
    assert_snapshot!(app.send("DELETE", "/v1/keys/none", Some(&app.first_key), None).await.problem(), @"404 not_found: there is no key `none`");
}

#[tokio::test]
async fn a_share_is_said_and_kept() {
    let app = TestApp::start_with(|settings| settings.rate_check = 3).await;
    for left in ["2", "1", "0"] {
        let answer = app.get(CHECK).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("ratelimit-policy"), "\"check\";q=3;w=60");
        assert!(
            answer.header("ratelimit").starts_with(&format!("\"check\";r={left};t=")),
            "{}",
            answer.header("ratelimit")
        );
    }
    let refused = app.get(CHECK).await;
    assert!(refused.problem().starts_with("429 too_many_requests: the next is taken in "), "{}", refused.problem());
    let wait: u64 = refused.header("retry-after").parse().expect("seconds");
    assert!((1..=20).contains(&wait), "a share of 3 a minute has one more after 20 seconds: {wait}");
    assert_eq!(app.get("/v1/advisories").await.status, 200, "reading has a share of its own");
    assert_eq!(app.get("/healthz").await.status, 200, "probes have no limit");
    let keyed = app.send("GET", CHECK, Some(&app.first_key), None).await;
    assert_eq!(
        (keyed.status, keyed.header("ratelimit-policy")),
        (200, "\"check\";q=30;w=60"),
        "a key has its own share"
    );
}

#[tokio::test]
async fn guessing_keys_costs_as_much_as_asking() {
    let app = TestApp::start_with(|settings| settings.rate_check = 2).await;
    let statuses = [
        app.send("GET", CHECK, Some("x"), None).await.status,
        app.send("GET", CHECK, Some("y"), None).await.status,
        app.send("GET", CHECK, Some("z"), None).await.status,
    ];
    assert_eq!(statuses, [401, 401, 429]);
}

#[tokio::test]
async fn without_a_limit_nothing_is_said() {
    let app = TestApp::start_with(|settings| settings.rate_check = 0).await;
    let answer = app.get(CHECK).await;
    assert_eq!((answer.status, answer.header("ratelimit"), answer.header("ratelimit-policy")), (200, "", ""));
}

/// What a client writes into the header itself counts only where the proxy before us has not replaced it.
#[tokio::test]
async fn the_address_behind_a_trusted_proxy_counts() {
    let forwarded = async |app: &TestApp, hops: &str| {
        Answer::of(app.client.get(app.url(CHECK)).header("x-forwarded-for", hops)).await.status
    };
    let direct = TestApp::start_with(|settings| settings.rate_check = 1).await;
    assert_eq!(
        (forwarded(&direct, "192.0.2.1").await, forwarded(&direct, "192.0.2.2").await),
        (200, 429),
        "an untrusted peer is the client"
    );
    let args = cordon::config::SettingArgs {
        trusted_proxies: Some("127.0.0.0/8, 10.0.0.0/8".to_owned()),
        ..Default::default()
    };
    let trusted = cordon::config::Settings::resolve_from(&args, &|_| None).expect("settings").trusted_proxies;
    let behind = TestApp::start_with(|settings| (settings.rate_check, settings.trusted_proxies) = (1, trusted)).await;
    let asked = [
        ("192.0.2.1", 200, "the client"),
        ("192.0.2.1", 429, "the same"),
        ("192.0.2.2", 200, "another"),
        ("203.0.113.7, 192.0.2.1", 429, "what the client wrote before its address does not count"),
        ("192.0.2.3, 10.1.2.3", 200, "a second proxy is passed over"),
        ("192.0.2.3", 429, "and this was behind it"),
        ("2001:db8::1", 200, "a network of 2⁶⁴ addresses"),
        ("2001:db8::2", 429, "is one place"),
    ];
    for (hops, status, why) in asked {
        assert_eq!(forwarded(&behind, hops).await, status, "{hops}: {why}");
    }
}
