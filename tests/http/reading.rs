//! Checks answered, lists read, paged, drawn and kept.

use insta::assert_json_snapshot;
use serde_json::{Value, json};

use crate::support::{Answer, NOW, TOWN, TestApp, write_folder};

fn ids(list: &Value, name: &str) -> Vec<String> {
    list.as_array().expect("a list").iter().map(|item| item[name].as_str().expect("text").to_owned()).collect()
}

#[tokio::test]
async fn a_position_is_checked_by_query_and_by_body_alike() {
    let app = TestApp::start().await;
    let (lat, lon) = TOWN;
    let by_query = app
        .get(&format!(
            "/v1/check/location?lat={lat}&lon={lon}&nationality=KR&nationality=us&at=2025-10-20T09:00:00%2B07:00"
        ))
        .await;
    let body = json!({"position": {"lat": lat, "lon": lon}, "at": NOW, "traveller": {"nationalities": ["KR", "US"]}});
    let by_body = app.post("/v1/check/location", &body).await;
    assert_eq!((by_query.status, by_body.status), (200, 200), "{}", by_query.text);
    assert_eq!(by_query.json(), by_body.json());
    assert_eq!(by_query.header("cache-control"), "no-store");
    let answer = by_query.json();
    assert_eq!((&answer["verdict"], &answer["epoch"]), (&json!("prohibited"), &json!(1)));
    assert_eq!(ids(&answer["issuers"], "issuer"), ["kr-mofa", "us-state"]);
    assert_eq!(answer["issuers"][0]["governing"], "kr-mofa:kh-town@2");
    assert_eq!(answer["no_statement"], json!(["us-state"]));
}

#[tokio::test]
async fn an_itinerary_is_checked() {
    let app = TestApp::start().await;
    let (lat, lon) = TOWN;
    let body = json!({"itinerary": {"ref": "AB12CD", "party": [{"id": "p1", "nationalities": ["KR"]}], "stops": [
        {"id": "s1", "place": {"lat": 15, "lon": 105}, "arrive": "2025-10-20", "depart": "2025-10-21"},
        {"id": "s2", "place": {"lat": lat, "lon": lon}, "arrive": "2025-10-22"}]}});
    let answer = app.post("/v1/check/itinerary", &body).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let answer = answer.json();
    assert_eq!((&answer["ref"], &answer["verdict"]), (&json!("AB12CD"), &json!("prohibited")));
    assert_eq!(answer["party"][0]["issuers"][0]["governing"], "kr-mofa:kh-town@2");
}

#[tokio::test]
async fn who_is_alike_is_judged_once_and_everybody_is_answered_in_their_order() {
    let app = TestApp::start().await;
    let (lat, lon) = TOWN;
    let party = json!([{"id": "p1", "nationalities": ["KR"]}, {"id": "p2", "nationalities": ["KR", "US"]}, {"id": "p3", "nationalities": ["KR"]},
        {"id": "p4", "nationalities": ["US"]}]);
    let body = json!({"itinerary": {"party": party, "stops": [{"id": "s1", "place": {"lat": lat, "lon": lon}, "arrive": "2025-10-22"}]}});
    let answer = app.post("/v1/check/itinerary", &body).await.json();
    assert_eq!(ids(&answer["party"], "traveller"), ["p1", "p2", "p3", "p4"]);
    let party = answer["party"].as_array().expect("a list");
    assert_eq!(party[0]["issuers"], party[2]["issuers"]);
    assert_eq!(ids(&party[1]["issuers"], "issuer"), ["kr-mofa", "us-state"]);
    assert_eq!(ids(&party[3]["issuers"], "issuer"), ["us-state"]);
    assert_eq!(
        answer["findings"][0]["travellers"],
        json!(["p1", "p2", "p3"]),
        "the law binds all Koreans, in the order of the plan"
    );
}

#[tokio::test]
async fn no_plan_keeps_the_service_busy() {
    let app = TestApp::start().await;
    let stops: Vec<_> = (0..1_000)
        .map(|i| json!({"id": format!("s{i}"), "place": {"lat": 1, "lon": 1}, "arrive": "2025-10-22"}))
        .collect();
    let member = |i: usize| json!({"id": format!("p{i}"), "permits": [{"issuer": "kr-mofa", "valid_from": format!("{}-01-01T00:00:00Z", 1_900 + i)}]});
    let party: Vec<_> = (0..300).map(member).collect();
    let of = |party: &[Value]| json!({"itinerary": {"party": party, "stops": stops}});
    let alike: Vec<_> = (0..300).map(|i| json!({"id": format!("p{i}")})).collect();
    assert_eq!(
        app.post("/v1/check/itinerary", &of(&alike)).await.status,
        200,
        "a large group is no different from one"
    );
    let refused = app.post("/v1/check/itinerary", &of(&party)).await.problem();
    assert_eq!(
        refused,
        "400 invalid_input invalid_value /itinerary/party: 300 travellers who differ, times 1999 stops, legs and points of ways, are more than \
         the 250000 taken: send the plan in parts"
    );
}

#[tokio::test]
async fn missions_are_found_where_they_help() {
    let folder = tempfile::TempDir::new().expect("a folder");
    write_folder(folder.path());
    let mission = |issuer: &str, kind: &str, country: Option<&str>, covers: Value, number: &str| {
        json!({"issuer": issuer, "kind": kind, "country": country, "responsible_for": covers, "name": {"en": format!("{kind} {number}")},
               "phones": [{"number": number, "use": "emergency"}], "evidence": "issuer", "source_url": "https://example.org/", "seen_at": "2025-10-01", "confirmed_by": 1})
    };
    let missions = json!({"source": "made for the test", "missions": [
        mission("kr-mofa", "embassy", Some("KH"), json!([]), "+85512345678"),
        mission("us-state", "embassy", Some("FJ"), json!(["KH"]), "+6791234567"),
        mission("kr-mofa", "call_center", None, json!([]), "+82212345678"),
        mission("us-state", "consulate", Some("FJ"), json!([]), "+6797654321"),
    ]});
    std::fs::write(folder.path().join("missions.json"), missions.to_string()).expect("written");
    let app = TestApp::start_in(folder, |_| {}).await;
    let numbers = async |query: &str| -> Vec<String> {
        let list = app.get(&format!("/v1/missions{query}")).await.json();
        assert_eq!((&list["epoch"], &list["source"]), (&json!(1), &json!("made for the test")));
        let missions = list["missions"].as_array().expect("a list");
        missions.iter().map(|mission| mission["phones"][0]["number"].as_str().expect("a number").to_owned()).collect()
    };
    assert_eq!(numbers("").await.len(), 4);
    // the embassy there, the one responsible from next door, the line that answers everywhere
    assert_eq!(numbers("?country=kh").await, ["+85512345678", "+6791234567", "+82212345678"]);
    assert_eq!(numbers("?country=FJ&issuer=us-state").await, ["+6791234567", "+6797654321"]);
    let unknown = app.get("/v1/missions?issuer=nobody").await.problem();
    assert_eq!(unknown, "400 invalid_input unknown_issuer issuer: there is no issuer `nobody`");
}

#[tokio::test]
async fn issuers_show_the_state_of_their_data() {
    let app = TestApp::start().await;
    let list = app.get("/v1/issuers").await.json();
    assert_eq!(ids(&list["issuers"], "code"), ["kr-mofa", "us-state"]);
    let first = &list["issuers"][0];
    assert_json_snapshot!([&first["advisories"], &first["verified_at"], &first["coverage"][1], &first["refused"]], @r#"
        [
          2,
          "2025-10-19T00:00:00Z",
          {
            "country": "KH",
            "from": "2025-01-01T00:00:00Z",
            "verified_at": "2025-10-19T00:00:00Z"
          },
          []
        ]
    "#);
}

#[tokio::test]
async fn regions_are_found_by_kind_country_box_and_words() {
    let app = TestApp::start().await;
    let found = async |query: &str| ids(&app.get(&format!("/v1/regions?{query}")).await.json()["regions"], "code");
    assert_eq!(found("").await, ["FJ", "KH", "kh-east", "kh-town"]);
    assert_eq!(found("kind=country").await, ["FJ", "KH"]);
    assert_eq!(found("country=kh&kind=city").await, ["kh-town"]);
    assert_eq!(found("q=tOWn").await, ["kh-town"]);
    assert_eq!(found("bbox=170,-30,-170,0").await, ["FJ"]);
    assert_eq!(found("bbox=109.5,12,109.6,13").await, ["KH", "kh-east"]);
    assert_eq!(found("q=nothing").await, Vec::<String>::new());
}

#[tokio::test]
async fn pages_follow_the_link() {
    let app = TestApp::start().await;
    let (mut path, mut codes, mut pages) = ("/v1/regions?limit=1&kind=country".to_owned(), Vec::new(), 0);
    loop {
        let page = app.get(&path).await;
        codes.extend(ids(&page.json()["regions"], "code"));
        pages += 1;
        match page.json()["next"].as_str() {
            Some(next) => {
                assert_eq!(page.header("link"), format!("<{next}>; rel=\"next\""));
                next.clone_into(&mut path);
            }
            None => break assert_eq!(page.header("link"), ""),
        }
    }
    assert_eq!((codes, pages), (vec!["FJ".to_owned(), "KH".to_owned()], 2));
}

#[tokio::test]
async fn advisories_are_those_in_force_then_as_known_then() {
    let app = TestApp::start().await;
    let found =
        async |query: &str| ids(&app.get(&format!("/v1/advisories?{query}")).await.json()["advisories"], "revision");
    assert_eq!(found("").await, ["kr-mofa:kh@1", "kr-mofa:kh-town@2", "us-state:kh-east@1"]);
    assert_eq!(found("at=2025-10-15T14:59:59Z&issuer=kr-mofa").await, ["kr-mofa:kh@1", "kr-mofa:kh-town@1"]);
    assert_eq!(found("at=2025-10-15T15:00:00Z&issuer=kr-mofa").await, ["kr-mofa:kh@1", "kr-mofa:kh-town@2"]);
    assert_eq!(found("as_of=2025-10-01T00:00:00Z&issuer=kr-mofa").await, ["kr-mofa:kh@1", "kr-mofa:kh-town@1"]);
    assert_eq!(found("severity_min=4").await, ["kr-mofa:kh-town@2", "us-state:kh-east@1"]);
    assert_eq!(found("bbox=105,12,106,13").await, ["kr-mofa:kh@1"]);
    assert_eq!(found("country=FJ").await, Vec::<String>::new());
    assert_eq!(found("country=KH&limit=1").await, ["kr-mofa:kh@1"]);
    let town = app.get("/v1/advisories/kr-mofa:kh-town").await.json();
    assert_json_snapshot!(town, @r##"
        {
          "accuracy_m": 10.0,
          "advisory": "kr-mofa:kh-town",
          "attribution": "says kr-mofa",
          "basis": "derived",
          "carves_out_of": [],
          "countries": [
            "KH"
          ],
          "exemptions": [],
          "in_force": true,
          "issuer": "kr-mofa",
          "legal_effects": [],
          "level": {
            "code": "4",
            "colour": "#123456",
            "name": "Level 4",
            "native_name": "4단계"
          },
          "licence": "CC0-1.0",
          "note": null,
          "published_at": "2025-10-15T15:00:00Z",
          "review_due": null,
          "revision": "kr-mofa:kh-town@2",
          "severity": 5,
          "source_url": "https://example.org/said",
          "text": {
            "en": "Mind it."
          },
          "title": {
            "en": "kh-town at 4"
          },
          "valid_from": "2025-10-15T15:00:00Z",
          "valid_to": null,
          "withdrawn": false
        }
    "##);
    let revisions = app.get("/v1/advisories/kr-mofa:kh-town/revisions").await.json();
    assert_eq!(ids(&revisions["revisions"], "revision"), ["kr-mofa:kh-town@1", "kr-mofa:kh-town@2"]);
    assert_eq!(revisions["revisions"][0]["valid_to"], "2025-10-15T15:00:00Z", "the later one takes over");
}

#[tokio::test]
async fn what_has_a_place_is_drawn_where_geojson_is_asked_for() {
    let app = TestApp::start().await;
    for path in [
        "/v1/regions/kh-town",
        "/v1/regions",
        "/v1/advisories",
        "/v1/advisories/kr-mofa:kh-town",
        "/v1/advisories/kr-mofa:kh-town/revisions",
    ] {
        let by_accept = Answer::of(app.client.get(app.url(path)).header("accept", "application/geo+json")).await;
        let by_ending = app.get(&format!("{path}.geojson")).await;
        assert_eq!((by_accept.status, by_accept.header("content-type")), (200, "application/geo+json"), "{path}");
        assert_eq!(by_accept.text, by_ending.text, "{path}");
        assert!(by_accept.header("vary").contains("accept"));
        let plain = app.get(path).await;
        assert_eq!(plain.header("content-type"), "application/json");
        assert_ne!(plain.header("etag"), by_accept.header("etag"));
    }
    assert_json_snapshot!(app.get("/v1/regions/kh-town.geojson").await.json(), @r#"
        {
          "bbox": [
            100.0,
            10.0,
            101.0,
            11.0
          ],
          "geometry": {
            "coordinates": [
              [
                [
                  100.0,
                  10.0
                ],
                [
                  101.0,
                  10.0
                ],
                [
                  101.0,
                  11.0
                ],
                [
                  100.0,
                  11.0
                ],
                [
                  100.0,
                  10.0
                ]
              ]
            ],
            "type": "Polygon"
          },
          "id": "kh-town",
          "properties": {
            "accuracy_m": 10.0,
            "attribution": "the test",
            "basis": "derived",
            "bbox": [
              100.0,
              10.0,
              101.0,
              11.0
            ],
            "code": "kh-town",
            "country": "KH",
            "kind": "city",
            "licence": "CC0-1.0",
            "names": {
              "en": "Town"
            },
            "note": null,
            "parent": null,
            "source": "drawn for the test"
          },
          "type": "Feature"
        }
    "#);
    let collection = app.get("/v1/advisories.geojson?issuer=us-state").await.json();
    let properties = &collection["features"][0]["properties"];
    assert_eq!(
        (&collection["type"], &collection["attribution"]),
        (&json!("FeatureCollection"), &json!(["says us-state"]))
    );
    assert_eq!(
        (&properties["licence"], &properties["basis"], &properties["accuracy_m"]),
        (&json!("CC0-1.0"), &json!("derived"), &json!(10.0))
    );
}

#[tokio::test]
async fn what_is_unchanged_is_not_sent_again() {
    let app = TestApp::start().await;
    let first = app.get("/v1/advisories").await;
    assert_eq!(first.header("cache-control"), "no-cache");
    let again =
        async |tag: &str| Answer::of(app.client.get(app.url("/v1/advisories")).header("if-none-match", tag)).await;
    let same = again(first.header("etag")).await;
    assert_eq!((same.status, same.text.as_str(), same.header("etag")), (304, "", first.header("etag")));
    assert_eq!(again("*").await.status, 304);
    assert_eq!(again("\"another\", W/\"one\"").await.status, 200);
    crate::support::write_advisories(app.folder.path(), "2");
    assert!(app.reloader.reload().await);
    let changed = again(first.header("etag")).await;
    assert_eq!(changed.status, 200);
    assert_ne!(changed.header("etag"), first.header("etag"));
}

#[tokio::test]
async fn a_packed_answer_has_its_own_tag() {
    let app = TestApp::start().await;
    let get = async |tag: &str| {
        let request =
            app.client.get(app.url("/v1/issuers")).header("accept-encoding", "gzip").header("if-none-match", tag);
        request.send().await.expect("an answer")
    };
    let packed = get("").await;
    assert_eq!(packed.headers()["content-encoding"], "gzip");
    let tag = packed.headers()["etag"].to_str().expect("text").to_owned();
    assert!(tag.ends_with("-gzip\""), "{tag}");
    assert_eq!(get(&tag).await.status(), 304);
}
