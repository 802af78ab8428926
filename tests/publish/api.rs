//! Publishing over HTTP, through the whole router: keys, preconditions, repeated requests, answers.

use cordon::flows::manage_keys::{self, KeyRequest};
use cordon::model::{IssuerCode, Kind, Scope};
use insta::assert_snapshot;
use reqwest::Method;
use serde_json::{Value, json};

use crate::databases::Database;
use crate::instance::{START, feature, instant, town, write_folder};
use crate::support::{Answer, TestApp};

/// A service over the database, and keys to it.
struct Office {
    app: TestApp,
    live: String,
    drill: String,
}

impl Office {
    async fn open(db: &Database) -> Self {
        let folder = tempfile::TempDir::new().expect("a folder");
        write_folder(folder.path());
        let setting = db.setting().to_owned();
        let app = TestApp::start_in(folder, |settings| {
            settings.database_url.0 = setting;
            settings.rate_check = 0;
        })
        .await;
        let store = db.open().await;
        let key = async |kind| {
            let issuers = vec![IssuerCode::parse("kr-mofa").expect("a code")];
            let request = KeyRequest {
                name: "embassy".to_owned(),
                scopes: vec![Scope::Publish, Scope::Check],
                kind,
                issuers,
                expires_at: None,
            };
            manage_keys::create(&store, &request, None, Kind::Actual, instant(START)).await.expect("a key").token
        };
        Self { app, live: key(Kind::Actual).await, drill: key(Kind::Exercise).await }
    }

    async fn send(&self, key: &str, path: &str, headers: &[(&str, &str)], body: &Value) -> Answer {
        let mut request = self.app.client.request(Method::POST, self.app.url(path)).json(body);
        if !key.is_empty() {
            request = request.bearer_auth(key);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        Answer::of(request).await
    }

    async fn verdict(&self, key: &str) -> String {
        let mut request = self.app.client.get(self.app.url("/v1/check/location?lat=10.5&lon=100.5&nationality=KR"));
        if !key.is_empty() {
            request = request.bearer_auth(key);
        }
        Answer::of(request).await.json()["verdict"].as_str().expect("a verdict").to_owned()
    }
}

on_both! {
    async fn a_ban_is_published_raised_and_withdrawn(db: Database) {
        let office = Office::open(&db).await;
        assert_eq!(office.verdict("").await, "notice");
        let published = office.send(&office.live, "/v1/advisories", &[], &town("3", json!({}))).await;
        assert_eq!(published.status, 201, "{}", published.text);
        assert_eq!((published.header("etag"), published.header("location")), ("\"1\"", "/v1/advisories/kr-mofa:kh-town"));
        let answer = published.json();
        assert_eq!((&answer["revision"], &answer["answering"], &answer["takes_effect"]), (&json!("kr-mofa:kh-town@1"), &json!(true), &json!("now")));
        assert_eq!(answer["estimated_reach"], json!({"subjects": 0}), "nobody is watched");
        assert_eq!(office.verdict("").await, "avoid");

        // the tag that reading gives is one that changing takes
        let read = office.app.get("/v1/advisories/kr-mofa:kh-town").await;
        assert!(read.header("etag").starts_with("\"1-"), "{}", read.header("etag"));
        let path = "/v1/advisories/kr-mofa:kh-town/revisions";
        let raised = office.send(&office.live, path, &[("if-match", read.header("etag"))], &town("4", json!({}))).await;
        assert_eq!((raised.status, raised.header("etag")), (201, "\"2\""), "{}", raised.text);
        assert_eq!(raised.json()["level_before"], "3");
        assert_eq!(office.verdict("").await, "prohibited");

        let late = office.send(&office.live, path, &[("if-match", "\"1\"")], &town("3", json!({}))).await;
        assert_snapshot!(late.problem(), @"412 stale: the advisory `kr-mofa:kh-town` has changed since you read it: read it again");
        let blind = office.send(&office.live, path, &[], &town("3", json!({}))).await;
        assert_snapshot!(blind.problem(), @"428 precondition_required: say in If-Match which revision of the advisory `kr-mofa:kh-town` you have seen");

        let withdraw = "/v1/advisories/kr-mofa:kh-town/withdraw";
        let looked = office.send(&office.live, &format!("{withdraw}?dry_run=true"), &[("if-match", "\"2\"")], &json!({})).await;
        assert_eq!((looked.status, &looked.json()["published"]), (200, &json!(false)));
        assert_eq!(office.verdict("").await, "prohibited");
        let ended = office.send(&office.live, withdraw, &[("if-match", "\"2\"")], &json!({"note": "it is over"})).await;
        assert_eq!((ended.status, &ended.json()["level"]), (201, &Value::Null), "{}", ended.text);
        assert_eq!(office.verdict("").await, "notice");
        assert_eq!(office.app.get("/v1/advisories/kr-mofa:kh-town/revisions").await.json()["revisions"].as_array().map(Vec::len), Some(3));
    }

    /// A statement may say that it was in force before it was known, a withdrawal like any other; what was known then stays answered.
    async fn what_is_said_of_the_past_is_known_from_now_on(db: Database) {
        let office = Office::open(&db).await;
        let past = "2025-01-01T00:00:00Z";
        let published = office.send(&office.live, "/v1/advisories", &[], &town("4", json!({"valid_from": past}))).await;
        assert_eq!((published.status, &published.json()["valid_from"]), (201, &json!(past)), "{}", published.text);
        let revised = office.send(&office.live, "/v1/advisories/kr-mofa:kh-town/revisions", &[("if-match", "\"1\"")], &town("4", json!({"valid_from": past}))).await;
        assert_eq!((revised.status, &revised.json()["takes_effect"]), (201, &json!("now")), "{}", revised.text);
        let ended = office.send(&office.live, "/v1/advisories/kr-mofa:kh-town/withdraw", &[("if-match", "\"2\"")], &json!({"valid_from": past})).await;
        assert_eq!((ended.status, &ended.json()["valid_from"], &ended.json()["takes_effect"]), (201, &json!(past), &json!("now")), "{}", ended.text);
        let wrong = office.send(&office.live, "/v1/advisories/kr-mofa:kh-town/withdraw", &[("if-match", "\"3\"")], &json!({"source_url": "javascript:alert(1)"})).await;
        assert_eq!(wrong.status, 409, "{}", wrong.text);
    }

    async fn a_request_that_is_sent_again_publishes_once(db: Database) {
        let office = Office::open(&db).await;
        let body = town("4", json!({}));
        let first = office.send(&office.live, "/v1/advisories", &[("idempotency-key", "a-1")], &body).await;
        let again = office.send(&office.live, "/v1/advisories", &[("idempotency-key", "a-1")], &body).await;
        assert_eq!((first.status, again.status), (201, 201));
        assert_eq!((first.json(), first.header("etag")), (again.json(), again.header("etag")));
        let other = office.send(&office.live, "/v1/advisories", &[("idempotency-key", "a-1")], &town("3", json!({}))).await;
        assert_eq!(other.status, 422, "{}", other.text);
    }

    async fn only_those_who_may_publish_do(db: Database) {
        let office = Office::open(&db).await;
        let body = town("4", json!({}));
        let nobody = office.send("", "/v1/advisories", &[], &body).await;
        assert_eq!(nobody.status, 401, "{}", nobody.text);
        let foreign = office.send(&office.live, "/v1/advisories", &[], &feature("us-state:kh", "4", json!({"area": {"region": "KH"}}))).await;
        assert_snapshot!(foreign.problem(), @"403 forbidden: this key may not publish in the name of `us-state`");
        let broken = office.send(&office.live, "/v1/advisories", &[], &town("9", json!({"area": {"region": "KH-9"}}))).await;
        assert_snapshot!(broken.problem(), @"400 invalid_input invalid_value /properties/level: `9` is no level of kr-mofa: they are 1, 2, 3, 4");
        let missing = office.send(&office.live, "/v1/advisories/kr-mofa:none/revisions", &[("if-match", "*")], &feature("kr-mofa:none", "4", json!({"area": {"region": "KH"}}))).await;
        assert_snapshot!(missing.problem(), @"404 not_found: there is no advisory `kr-mofa:none`");
    }

    async fn an_exercise_stays_among_those_who_exercise(db: Database) {
        let office = Office::open(&db).await;
        let drilled = office.send(&office.drill, "/v1/advisories", &[], &town("4", json!({}))).await;
        assert_eq!((drilled.status, &drilled.json()["kind"]), (201, &json!("exercise")), "{}", drilled.text);
        assert_eq!((office.verdict("").await, office.verdict(&office.live).await), ("notice".to_owned(), "notice".to_owned()));
        assert_eq!(office.verdict(&office.drill).await, "prohibited");
        assert_eq!(office.app.get("/v1/advisories/kr-mofa:kh-town").await.status, 404);
    }

    async fn a_publisher_hears_how_many_it_may_concern(db: Database) {
        let office = Office::open(&db).await;
        let registered = office.send("", "/v1/travellers", &[], &json!({"nationalities": ["KR"]})).await.json();
        let text = |name: &str| registered[name].as_str().expect("text").to_owned();
        let positions = format!("/v1/travellers/{}/positions", text("id"));
        let here = json!({"positions": [{"lat": 10.5, "lon": 100.5, "accuracy_m": 10, "at": START}]});
        let reported = office.send(&text("token"), &positions, &[], &here).await;
        assert_eq!(reported.status, 200, "{}", reported.text);
        let reach = async |area: Value| {
            let looked = office.send(&office.live, "/v1/advisories?dry_run=true", &[], &town("4", json!({"area": area}))).await;
            looked.json()["estimated_reach"].clone()
        };
        assert_eq!(reach(json!({"region": "kh-town"})).await, json!({"subjects": 1}));
        assert_eq!(reach(json!({"within_m": 1000, "of": {"point": [105, 15]}})).await, json!({"subjects": 0}));
    }

    async fn one_service_answers_what_another_published(db: Database) {
        let (here, there) = (Office::open(&db).await, Office::open(&db).await);
        let published = here.send(&here.live, "/v1/advisories", &[], &town("4", json!({}))).await;
        assert_eq!(published.status, 201, "{}", published.text);
        // within a second, by its own worker
        let heard = async {
            while there.verdict("").await != "prohibited" {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(std::time::Duration::from_secs(10), heard).await.expect("the other service follows");
    }
}
