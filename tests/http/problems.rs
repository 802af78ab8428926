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
    assert_snapshot!(query(&app, "lat=91&lon=200").await, @"400 invalid_input invalid_value lat: latitude 91 is not between -90 and 90");
    assert_snapshot!(query(&app, "lat=102.56&lon=13.65").await, @"400 invalid_input invalid_value lat: latitude 102.56 is not between -90 and 90: are latitude and longitude swapped? (13.65, 102.56 would be a place)");
    assert_snapshot!(query(&app, "lat=NaN&lon=1").await, @"400 invalid_input invalid_value lat: latitude NaN is not between -90 and 90");
    assert_snapshot!(query(&app, "lat=1&lon=inf").await, @"400 invalid_input invalid_value lon: longitude inf is not between -180 and 180, nor within one turn of it");
    assert_snapshot!(query(&app, "lat=here&lon=1").await, @"400 invalid_input invalid_parameter lat: `lat=here`: invalid float literal");
    assert_snapshot!(query(&app, "lon=1").await, @"400 invalid_input invalid_parameter lat: `lat` is missing");
    assert_snapshot!(query(&app, "lat=1&lat=2&lon=1").await, @"400 invalid_input invalid_parameter lat: `lat` is given 2 times: unsupported value");
    assert_snapshot!(query(&app, "lat=1&lon=1&accuracy_m=-5").await, @"400 invalid_input invalid_value accuracy_m: accuracy -5 is not a distance between 0 and 1,000,000 metres");
    let body = json!({"position": {"lat": 91, "lon": 10}, "at": "soon"});
    assert_snapshot!(app.post("/v1/check/location", &body).await.problem(), @r"
        400 invalid_input invalid_value /position/lat: latitude 91 is not between -90 and 90: are latitude and longitude swapped? (10, 91 would be a place)
        400 invalid_input invalid_value /at: `soon` is not a time such as 2025-10-20T09:00:00+07:00, 2025-10-20T09:00 or 2025-10-20
    ");
}

#[tokio::test]
async fn wrong_words() {
    let app = TestApp::start().await;
    assert_snapshot!(query(&app, "lat=1&lon=1&colour=red").await, @"400 invalid_input invalid_parameter colour: `colour=red`: unknown field `colour`, expected one of `lat`, `lon`, `accuracy_m`, `nationality`, `purpose`, `at`, `as_of`, `issuers`, `lang`");
    assert_snapshot!(query(&app, "lat=1&lon=1&nationality=KR,QQ").await, @"400 invalid_input invalid_parameter nationality: `nationality=KR,QQ`: `QQ` is not an ISO 3166-1 country code");
    assert_snapshot!(query(&app, "lat=1&lon=1&issuers=kr-mofa&issuers=nobody").await, @"400 invalid_input unknown_issuer issuers: there is no issuer `nobody`");
    assert_snapshot!(query(&app, "lat=1&lon=1&purpose=fun").await, @"400 invalid_input invalid_parameter purpose: unknown variant `fun`, expected one of `other`, `tourism`, `business`, `transit`, `resident`, `official`, `journalism`, `humanitarian`");
    assert_snapshot!(query(&app, "lat=1&lon=1&at=2025-10-20T09:00:00").await, @"400 invalid_input invalid_value at: `2025-10-20T09:00:00` needs a zone, such as 2025-10-20T09:00:00+07:00 or 2025-10-20T02:00:00Z");
    assert_snapshot!(query(&app, "lat=1&lon=1&as_of=yesterday").await, @"400 invalid_input invalid_value as_of: `yesterday` is not a time such as 2025-10-20T09:00:00+07:00, 2025-10-20T09:00 or 2025-10-20");
    assert_snapshot!(app.get("/v1/issuers?x=1").await.problem(), @"400 invalid_input invalid_parameter x: `x=1`: unknown field `x`, there are no fields");
    assert_snapshot!(app.get("/v1/advisories?severity_min=6").await.problem(), @"400 invalid_input invalid_parameter severity_min: severity 6 is not between 0 and 5");
    assert_snapshot!(app.get("/v1/advisories?issuer=nobody").await.problem(), @"400 invalid_input unknown_issuer issuer: there is no issuer `nobody`");
    assert_snapshot!(app.get("/v1/advisories?bbox=1,2,3").await.problem(), @"400 invalid_input invalid_parameter bbox: `1,2,3` is not a box west,south,east,north in degrees such as 102.3,10.4,107.6,14.7");
    assert_snapshot!(app.get("/v1/regions?kind=moon").await.problem(), @"400 invalid_input invalid_parameter kind: unknown variant `moon`, expected one of `country`, `province`, `district`, `city`, `area`, `border`");
    assert_snapshot!(app.get("/v1/regions?limit=0").await.problem(), @"400 invalid_input invalid_parameter limit: 0 is not between 1 and 1000");
}

#[tokio::test]
async fn wrong_bodies() {
    let app = TestApp::start().await;
    let location = "/v1/check/location";
    assert_snapshot!(raw(&app, location, "application/json", "{\"position\": {\"lat\": 1, \"lon\": }}").await, @"400 invalid_input malformed_json /position/lon: expected value at line 1 column 32");
    assert_snapshot!(raw(&app, location, "application/json", "").await, @"400 invalid_input malformed_json : EOF while parsing a value at line 1 column 0");
    assert_snapshot!(raw(&app, location, "application/json", "[]").await, @"400 invalid_input invalid_value : a list where an object belongs");
    assert_snapshot!(raw(&app, location, "application/json", "{\"position\":{\"lat\":1,\"lon\":NaN}}").await, @"400 invalid_input malformed_json /position/lon: expected value at line 1 column 28");
    assert_snapshot!(raw(&app, location, "application/json", "{\"position\":{\"lat\":1,\"lon\":1,\"alt/itude\":3}}").await, @"400 invalid_input invalid_value /position/alt~1itude: unknown field `alt/itude`, expected one of `lat`, `lon`, `accuracy_m`");
    assert_snapshot!(raw(&app, location, "application/json", "{\"position\":{\"lat\":1,\"lon\":1},\"traveller\":{\"nationalities\":[\"KR\",\"QQ\"]}}").await, @"400 invalid_input invalid_value /traveller/nationalities/1: `QQ` is not an ISO 3166-1 country code");
    assert_snapshot!(raw(&app, location, "application/json", "{\"position\":{\"lat\":1,\"lon\":1},\"issuers\":[\"nobody\"]}").await, @"400 invalid_input unknown_issuer /issuers/0: there is no issuer `nobody`");
    assert_snapshot!(raw(&app, location, "text/plain", "{}").await, @"415 unsupported_media_type: say `Content-Type: application/json` and send that");
    assert_snapshot!(raw(&app, "/v1/check/locations", "application/json", "{}").await, @"415 unsupported_media_type: say `Content-Type: application/x-ndjson` and send that");
    let packed = app
        .client
        .post(app.url(location))
        .header("content-type", "application/json")
        .header("content-encoding", "gzip")
        .body("x");
    assert_snapshot!(Answer::of(packed).await.problem(), @"415 unsupported_media_type: send the body without a Content-Encoding");
}

#[tokio::test]
async fn wrong_itineraries() {
    let app = TestApp::start().await;
    let check =
        async |itinerary: Value| app.post("/v1/check/itinerary", &json!({"itinerary": itinerary})).await.problem();
    let stop = |id: &str, arrive: Value, depart: Value| json!({"id": id, "place": {"lat": 1, "lon": 1}, "arrive": arrive, "depart": depart});
    assert_snapshot!(check(json!({"stops": [stop("a", json!("2025-10-20T09:00:00Z"), json!("2025-10-20T08:00:00Z"))]})).await, @"400 invalid_input reversed_time /itinerary/stops/0/depart: `2025-10-20T08:00:00Z` is before `2025-10-20T09:00:00Z` at /itinerary/stops/0/arrive");
    assert_snapshot!(check(json!({"stops": [stop("a", Value::Null, json!("whenever"))]})).await, @"400 invalid_input invalid_value /itinerary/stops/0/depart: `whenever` is not a time such as 2025-10-20T09:00:00+07:00, 2025-10-20T09:00 or 2025-10-20");
    let leg = json!({"id": "l", "from": "a", "to": "b", "mode": "rocket"});
    let stops = [stop("a", Value::Null, Value::Null), stop("b", Value::Null, Value::Null)];
    assert_snapshot!(check(json!({"stops": stops, "legs": [leg]})).await, @"400 invalid_input invalid_value /itinerary/legs/0/mode: `rocket` is none of `air`, `rail`, `bus`, `car`, `ferry`, `foot`, `stay`, `unknown`");
    assert_snapshot!(check(json!({"stops": []})).await, @"400 invalid_input invalid_value /itinerary/stops: an itinerary has at least one stop");
    assert_snapshot!(check(json!({"stops": [{"id": "a", "place": {"lat": 95, "lon": 1}}]})).await, @"400 invalid_input invalid_value /itinerary/stops/0/place/lat: latitude 95 is not between -90 and 90: are latitude and longitude swapped? (1, 95 would be a place)");
}

#[tokio::test]
async fn wrong_paths_methods_and_forms() {
    let app = TestApp::start().await;
    assert_snapshot!(app.get("/v2").await.problem(), @"404 no_such_path: the paths are listed in /openapi.json");
    assert_snapshot!(app.get("/docs/nothing.js").await.problem(), @"404 no_such_path: the paths are listed in /openapi.json");
    assert_snapshot!(app.get("/v1/regions/XX").await.problem(), @"404 not_found: there is no region `XX`");
    assert_snapshot!(app.get("/v1/regions/%FF").await.problem(), @"404 no_such_path: the paths are listed in /openapi.json");
    assert_snapshot!(app.get("/v1/advisories/kr-mofa:nothing").await.problem(), @"404 not_found: there is no advisory `kr-mofa:nothing`");
    assert_snapshot!(app.get("/v1/advisories/kr-mofa:kh-town/revisions?as_of=2024-01-01T00:00:00Z").await.problem(), @"404 not_found: there is no advisory `kr-mofa:kh-town`");
    let delete = Answer::of(app.client.delete(app.url("/v1/check/location"))).await;
    assert_snapshot!(delete.problem(), @"405 method_not_allowed: the methods there are stand in the header Allow");
    assert_eq!(delete.header("allow"), "GET,HEAD,POST");
    let html = Answer::of(app.client.get(app.url("/v1/regions")).header("accept", "text/html")).await;
    assert_snapshot!(html.problem(), @"406 not_acceptable: this is given as application/json and application/geo+json");
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
