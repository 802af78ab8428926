//! Every kind of wrong input has its own answer, with the place of the mistake.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::support::{Answer, TestApp};

async fn query(app: &TestApp, query: &str) -> String {
    app.get(&format!("/v1/check/location?{query}")).await.problem()
}

async fn raw(app: &TestApp, path: &str, kind: &str, body: &str) -> String {
    let request = app.client.post(app.url(path)).header("content-type", kind).body(body.to_owned());
    Answer::of(request).await.problem()
}

#[tokio::test]
async fn wrong_positions() {
    let app = TestApp::start().await;
    assert_snapshot!(query(&app, "lat=91&lon=200").await, @"");
    assert_snapshot!(query(&app, "lat=102.56&lon=13.65").await, @"");
    assert_snapshot!(query(&app, "lat=NaN&lon=1").await, @"");
    assert_snapshot!(query(&app, "lat=1&lon=inf").await, @"");
    assert_snapshot!(query(&app, "lat=here&lon=1").await, @"");
    assert_snapshot!(query(&app, "lon=1").await, @"");
    assert_snapshot!(query(&app, "lat=1&lat=2&lon=1").await, @"");
    assert_snapshot!(query(&app, "lat=1&lon=1&accuracy_m=-5").await, @"");
    let body = json!({"position": {"lat": 91, "lon": 10}, "at": "soon"});
    assert_snapshot!(app.post("/v1/check/location", &body).await.problem(), @"");
}

#[tokio::test]
async fn wrong_words() {
    let app = TestApp::start().await;
    assert_snapshot!(query(&app, "lat=1&lon=1&colour=red").await, @"");
    assert_snapshot!(query(&app, "lat=1&lon=1&nationality=KR,QQ").await, @"");
    assert_snapshot!(query(&app, "lat=1&lon=1&issuers=kr-mofa&issuers=nobody").await, @"");
    assert_snapshot!(query(&app, "lat=1&lon=1&purpose=fun").await, @"");
    assert_snapshot!(query(&app, "lat=1&lon=1&at=2025-10-20T09:00:00").await, @"");
    assert_snapshot!(query(&app, "lat=1&lon=1&as_of=yesterday").await, @"");
    assert_snapshot!(app.get("/v1/issuers?x=1").await.problem(), @"");
    assert_snapshot!(app.get("/v1/advisories?severity_min=6").await.problem(), @"");
    assert_snapshot!(app.get("/v1/advisories?issuer=nobody").await.problem(), @"");
    assert_snapshot!(app.get("/v1/advisories?bbox=1,2,3").await.problem(), @"");
    assert_snapshot!(app.get("/v1/regions?kind=moon").await.problem(), @"");
    assert_snapshot!(app.get("/v1/regions?limit=0").await.problem(), @"");
}

#[tokio::test]
async fn wrong_bodies() {
    let app = TestApp::start().await;
    let location = "/v1/check/location";
    assert_snapshot!(raw(&app, location, "application/json", "{\"position\": {\"lat\": 1, \"lon\": }}").await, @"");
    assert_snapshot!(raw(&app, location, "application/json", "").await, @"");
    assert_snapshot!(raw(&app, location, "application/json", "[]").await, @"");
    assert_snapshot!(raw(&app, location, "application/json", "{\"position\":{\"lat\":1,\"lon\":NaN}}").await, @"");
    assert_snapshot!(raw(&app, location, "application/json", "{\"position\":{\"lat\":1,\"lon\":1,\"alt/itude\":3}}").await, @"");
    assert_snapshot!(raw(&app, location, "application/json", "{\"position\":{\"lat\":1,\"lon\":1},\"traveller\":{\"nationalities\":[\"KR\",\"QQ\"]}}").await, @"");
    assert_snapshot!(raw(&app, location, "application/json", "{\"position\":{\"lat\":1,\"lon\":1},\"issuers\":[\"nobody\"]}").await, @"");
    assert_snapshot!(raw(&app, location, "text/plain", "{}").await, @"");
    assert_snapshot!(raw(&app, "/v1/check/locations", "application/json", "{}").await, @"");
    let packed = app.client.post(app.url(location)).header("content-type", "application/json").header("content-encoding", "gzip").body("x");
    assert_snapshot!(Answer::of(packed).await.problem(), @"");
}

#[tokio::test]
async fn wrong_itineraries() {
    let app = TestApp::start().await;
    let check = async |itinerary: Value| app.post("/v1/check/itinerary", &json!({"itinerary": itinerary})).await.problem();
    let stop = |id: &str, arrive: Value, depart: Value| json!({"id": id, "place": {"lat": 1, "lon": 1}, "arrive": arrive, "depart": depart});
    assert_snapshot!(check(json!({"stops": [stop("a", json!("2025-10-20T09:00:00Z"), json!("2025-10-20T08:00:00Z"))]})).await, @"");
    assert_snapshot!(check(json!({"stops": [stop("a", Value::Null, json!("whenever"))]})).await, @"");
    let leg = json!({"id": "l", "from": "a", "to": "b", "mode": "rocket"});
    let stops = [stop("a", Value::Null, Value::Null), stop("b", Value::Null, Value::Null)];
    assert_snapshot!(check(json!({"stops": stops, "legs": [leg]})).await, @"");
    assert_snapshot!(check(json!({"stops": []})).await, @"");
    assert_snapshot!(check(json!({"stops": [{"id": "a", "place": {"lat": 95, "lon": 1}}]})).await, @"");
}

#[tokio::test]
async fn wrong_paths_methods_and_forms() {
    let app = TestApp::start().await;
    assert_snapshot!(app.get("/v2").await.problem(), @"");
    assert_snapshot!(app.get("/docs/nothing.js").await.problem(), @"");
    assert_snapshot!(app.get("/v1/regions/XX").await.problem(), @"");
    assert_snapshot!(app.get("/v1/regions/%FF").await.problem(), @"");
    assert_snapshot!(app.get("/v1/advisories/kr-mofa:nothing").await.problem(), @"");
    assert_snapshot!(app.get("/v1/advisories/kr-mofa:kh-town/revisions?as_of=2024-01-01T00:00:00Z").await.problem(), @"");
    let delete = Answer::of(app.client.delete(app.url("/v1/check/location"))).await;
    assert_snapshot!(delete.problem(), @"");
    assert_eq!(delete.header("allow"), "GET,HEAD,POST");
    let html = Answer::of(app.client.get(app.url("/v1/regions")).header("accept", "text/html")).await;
    assert_snapshot!(html.problem(), @"");
}

#[tokio::test]
async fn options_and_head_are_answered_plainly() {
    let app = TestApp::start().await;
    let options = Answer::of(app.client.request(reqwest::Method::OPTIONS, app.url("/v1/check/itinerary"))).await;
    assert_eq!((options.status, options.header("allow"), options.text.as_str()), (204, "POST", ""));
    let (head, get) = (Answer::of(app.client.head(app.url("/v1/issuers"))).await, app.get("/v1/issuers").await);
    assert_eq!((head.status, head.text.as_str()), (200, ""));
    assert_eq!(head.header("etag"), get.header("etag"));
    assert_eq!(head.header("content-length"), get.text.len().to_string());
    assert_eq!(get.header("access-control-allow-origin"), "", "no other origin is let in");
}

#[tokio::test]
async fn the_type_of_a_problem_leads_to_its_explanation() {
    let app = TestApp::start().await;
    let problem = app.get("/v1/issuers?x=1").await.json();
    let kind = app.get(problem["type"].as_str().expect("a path")).await;
    assert_eq!(kind.status, 200);
    assert_eq!((&kind.json()["code"], &kind.json()["title"]), (&problem["code"], &problem["title"]));
}
