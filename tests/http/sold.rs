//! Sold trips over HTTP: a key's policy and its list of files, a booking as the advice was when it was sold, and hearing that it changed.

use cordon::config::SecretUrl;
use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::bundled;
use crate::databases::Database;
use crate::support::{Answer, TOWN, TestApp, write_advisories};
use crate::told::{key, listen};

async fn app(db: &Database) -> TestApp {
    TestApp::start_with(|settings| {
        settings.database_url = SecretUrl(db.setting().to_owned());
        (settings.rate_check, settings.rate_read) = (0, 0);
    })
    .await
}

/// So many bookings of a Korean in the town.
fn lines(count: usize) -> String {
    let (lat, lon) = TOWN;
    let line = |n: usize| {
        json!({"ref": format!("B{n}"), "party": [{"id": "Kim", "nationalities": ["KR"]}],
               "stops": [{"id": "s", "place": {"lat": lat, "lon": lon}, "arrive": "2025-10-20T09:00:00+07:00", "depart": "2025-10-23T10:00:00+07:00"}]})
        .to_string()
    };
    (0..count).map(line).collect::<Vec<_>>().join("\n")
}

/// Sends a file in with a key.
async fn send(app: &TestApp, key: Option<&str>, query: &str, text: String) -> Answer {
    let mut request = app.client.post(app.url(&format!("/v1/validations{query}")));
    if let Some(key) = key {
        request = request.bearer_auth(key);
    }
    Answer::of(request.header("content-type", "application/x-ndjson").body(text)).await
}

fn id_of(answer: &Answer) -> String {
    answer.json()["validation"]["id"].as_str().expect("an id").to_owned()
}

/// Takes the folder again, with the town at another level.
async fn say(app: &TestApp, level: &str) {
    write_advisories(app.folder.path(), level);
    assert!(app.reloader.reload().await);
}

on_both! {
    async fn the_agency_hears_of_a_sold_trip_that_is_not_what_it_was(db: Database) {
        let app = app(&db).await;
        let agency = key(&app, &["check", "watch"]).await;
        let webhook = json!({"url": "https://agency.example.org/hook", "types": ["validation.changed"]});
        let webhook = app.send("POST", "/v1/webhooks", Some(&agency), Some(&webhook)).await.json();
        let answer = send(&app, Some(&agency), "?watch=true", lines(2)).await;
        assert_eq!((answer.status, &answer.json()["validation"]["watch"]), (200, &json!(true)), "{}", answer.text);
        let id = id_of(&answer);
        let watch = app.send("GET", &format!("/v1/validations/{id}/watch?limit=1"), Some(&agency), None).await.json();
        assert_eq!((&watch["watch"]["looked_at"], &watch["watch"]["bookings"]), (&json!(2), &json!(2)), "{watch}");
        assert_eq!((&watch["watched"][0]["ref"], &watch["watched"][0]["told"]["verdict"]), (&json!("B0"), &json!("prohibited")));
        let rest = app.send("GET", watch["next"].as_str().expect("a page"), Some(&agency), None).await.json();
        assert_eq!((&rest["watched"][0]["ref"], &rest["next"]), (&json!("B1"), &Value::Null));
        let none = format!("/v1/validations/{id}/watch/1");
        assert_eq!(app.send("DELETE", &none, Some(&agency), None).await.status, 204);
        assert_snapshot!(app.send("GET", &none, Some(&agency), None).await.problem(), @"404 not_found: there is no watched booking `1`");

        say(&app, "2").await;
        let (_, heard) = listen(&app, &agency, "/v1/events?after=0", None, 1).await.remove(0);
        let heard: Value = serde_json::from_str(&heard).expect("JSON");
        assert_eq!((&heard["validation"], &heard["number"], &heard["ref"]), (&json!(id), &json!(0), &json!("B0")));
        assert_eq!((&heard["old"]["verdict"], &heard["new"]["verdict"]), (&json!("prohibited"), &json!("notice")));
        assert_eq!((&heard["old"]["action"], &heard["new"]["action"]), (&json!("block"), &json!("pass")));
        let [reason] = &heard["reasons"].as_array().expect("reasons")[..] else { panic!("{heard}") };
        assert_eq!((&reason["kind"], &reason["advisory"], &reason["after"]["level"]), (&json!("changed"), &json!("kr-mofa:kh-town"), &json!("2")));
        assert!(!heard.to_string().contains("Kim") && !heard.to_string().contains("10.5"), "no name, no place of the trip: {heard}");
        let owed = format!("/v1/deliveries?webhook={}", webhook["id"].as_str().expect("an id"));
        let owed = app.send("GET", &owed, Some(&app.first_key), None).await.json();
        assert_eq!((owed["deliveries"].as_array().map(Vec::len), &owed["deliveries"][0]["event"]), (Some(1), &json!(1)), "{owed}");

        let one = app.send("GET", &format!("/v1/validations/{id}/watch/0"), Some(&agency), None).await.json();
        assert_eq!((&one["told"], &one["told"]["verdict"]), (&one["now"], &json!("notice")), "{one}");
        // what the result said stays what it said
        let result = app.send("GET", &format!("/v1/validations/{id}/results/0"), Some(&agency), None).await.json();
        assert_eq!(result["result"]["verdict"], "prohibited");
        assert_eq!(app.send("DELETE", &format!("/v1/validations/{id}"), Some(&agency), None).await.status, 204);
        assert_eq!(app.send("GET", &format!("/v1/validations/{id}/watch"), Some(&agency), None).await.status, 404);
        let left = app.send("GET", &format!("/v1/deliveries?webhook={}", webhook["id"].as_str().expect("an id")), Some(&app.first_key), None).await;
        assert_eq!(left.json()["deliveries"], json!([]), "erasing leaves nothing that tells of it");
    }

    async fn a_file_is_put_under_watch_afterwards_and_let_go(db: Database) {
        let app = app(&db).await;
        let (agency, other) = (key(&app, &["check", "watch"]).await, key(&app, &["check", "watch"]).await);
        let large = send(&app, Some(&agency), "", lines(700)).await;
        assert_eq!(large.status, 202, "{}", large.text);
        let path = format!("/v1/validations/{}/watch", id_of(&large));
        let begun = app.send("PUT", &path, Some(&agency), None).await;
        assert_eq!((begun.status, &begun.json()["all"]), (202, &json!(true)), "{}", begun.text);
        loop {
            let watch = app.send("GET", &path, Some(&agency), None).await.json();
            if watch["watch"]["looked_at"] == 700 {
                assert_eq!(watch["watch"]["bookings"], 700);
                break;
            }
            tokio::task::yield_now().await;
        }
        for (method, path) in [("PUT", path.clone()), ("GET", path.clone()), ("DELETE", path.clone()), ("PUT", format!("{path}/3")), ("GET", format!("{path}/3"))] {
            assert_eq!(app.send(method, &path, Some(&other), None).await.status, 404, "{method} {path}: another key's");
            assert_eq!(app.send(method, &path, None, None).await.status, 401, "{method} {path}: nobody's");
        }
        assert_eq!(app.send("DELETE", &path, Some(&agency), None).await.status, 204);
        let watch = app.send("GET", &path, Some(&agency), None).await.json();
        assert_eq!((&watch["watch"]["all"], &watch["watch"]["bookings"], &watch["watched"]), (&json!(false), &json!(0), &json!([])));
        let one = app.send("PUT", &format!("{path}/699"), Some(&agency), None).await;
        assert_eq!((one.status, &one.json()["told"]["verdict"]), (200, &json!("prohibited")), "{}", one.text);
        assert_snapshot!(app.send("PUT", &format!("{path}/700"), Some(&agency), None).await.problem(), @"404 not_found: there is no booking `700`");
        assert_eq!(app.send("PUT", &format!("{path}/first"), Some(&agency), None).await.status, 404);
    }

    async fn a_key_keeps_its_policy_and_a_request_may_say_otherwise(db: Database) {
        let app = app(&db).await;
        let agency = key(&app, &["check"]).await;
        let path = "/v1/validations/policy";
        let default = app.send("GET", path, Some(&agency), None).await.json();
        assert_eq!((&default["block"], &default["issuers"], &default["corridor_m"]), (&json!("prohibited"), &json!([]), &json!(50.0)));
        let own = json!({"block": "notice", "review": "notice", "issuers": ["us-state"], "corridor_m": 200.0, "connections": "airside", "lang": "ko"});
        let kept = app.send("PUT", path, Some(&agency), Some(&own)).await;
        assert_eq!((kept.status, &kept.json()["indeterminate"]), (200, &json!("review")), "{}", kept.text);
        assert_eq!(app.send("GET", path, Some(&agency), None).await.text, kept.text);

        let followed = send(&app, Some(&agency), "", lines(1)).await.json();
        assert_eq!(followed["validation"]["policy"], kept.json());
        let issuers: Vec<&str> = followed["results"][0]["party"][0]["issuers"].as_array().expect("lines").iter().map(|line| line["issuer"].as_str().expect("a code")).collect();
        assert_eq!(issuers, ["kr-mofa", "us-state"], "the agency's home beside the traveller's own");
        let other = send(&app, Some(&agency), "?block=prohibited&issuers=&corridor_m=50", lines(1)).await.json();
        let policy = &other["validation"]["policy"];
        assert_eq!((&policy["block"], &policy["issuers"], &policy["corridor_m"], &policy["connections"]), (&json!("prohibited"), &json!([]), &json!(50.0), &json!("airside")));
        let nobodys = send(&app, None, "", lines(1)).await.json();
        assert_eq!(nobodys["validation"]["policy"], default, "without a key there is no policy of one's own");

        for (wrong, problem) in [
            (json!({"block": "indeterminate"}), "/block"),
            (json!({"block": "clear"}), "/block"),
            (json!({"lang": "zz"}), "/lang"),
            (json!({"indeterminate": "pass"}), "/indeterminate"),
            (json!({"issuers": ["xx-none"]}), "/issuers/0"),
            (json!({"corridor_m": -1.0}), "/corridor_m"),
            (json!({"as_of": "2025-10-01T00:00:00Z"}), "/as_of"),
            (json!({"blocks": "avoid"}), "/blocks"),
        ] {
            let answer = app.send("PUT", path, Some(&agency), Some(&wrong)).await;
            assert_eq!((answer.status, &answer.json()["errors"][0]["pointer"]), (400, &json!(problem)), "{}", answer.text);
        }
        assert_eq!(app.send("GET", path, None, None).await.status, 401);
        let watcher = key(&app, &["watch"]).await;
        assert_eq!(app.send("PUT", path, Some(&watcher), Some(&own)).await.status, 403);
    }

    async fn a_booking_is_read_as_the_advice_was_when_it_was_sold(db: Database) {
        let app = app(&db).await;
        let agency = key(&app, &["check"]).await;
        let id = id_of(&send(&app, Some(&agency), "", lines(2)).await);
        let read = async |query: &str| app.send("GET", &format!("/v1/validations/{id}/results/1{query}"), Some(&agency), None).await;
        let now = read("").await.json();
        assert_eq!((&now["verdict"], &now["action"], &now["as_of"]), (&json!("prohibited"), &json!("block"), &json!("2025-10-20T02:00:00Z")));
        assert_eq!((&now["result"]["verdict"], &now["result"]["ref"]), (&json!("prohibited"), &json!("B1")));
        let sold = read("?as_of=2025-10-01T00:00:00Z").await.json();
        assert_eq!((&sold["verdict"], &sold["action"], &sold["as_of"]), (&json!("notice"), &json!("pass"), &json!("2025-10-01T00:00:00Z")));
        assert_eq!(sold["result"], now["result"], "the result is what it was");
        let findings = sold["plans"][0]["findings"].as_array().expect("findings");
        let finding = findings.iter().find(|finding| finding["revision"] == "kr-mofa:kh-town@1").expect("the first revision");
        assert_eq!((&finding["text"], &finding["governs"]), (&json!("Mind it."), &json!(true)), "in full");
        assert!(findings.iter().all(|finding| finding["revision"] != "kr-mofa:kh-town@2"), "nobody knew of it");
        assert_snapshot!(read("?as_of=yesterday").await.problem(), @"400 invalid_input invalid_parameter as_of: `yesterday` is not a time such as 2025-10-20T09:00:00+07:00, 2025-10-20T09:00 or 2025-10-20");
        let none = app.send("GET", &format!("/v1/validations/{id}/results/2"), Some(&agency), None).await;
        assert_snapshot!(none.problem(), @"404 not_found: there is no booking `2`");
    }

    async fn a_key_finds_its_own_files_again_and_can_stop_and_go_on(db: Database) {
        let app = app(&db).await;
        let (agency, other) = (key(&app, &["check"]).await, key(&app, &["check"]).await);
        let mut ids = Vec::new();
        for _ in 0..3 {
            ids.push(id_of(&send(&app, Some(&agency), "", lines(1)).await));
        }
        send(&app, Some(&other), "", lines(1)).await;
        send(&app, None, "", lines(1)).await;
        ids.reverse();
        let mut found = Vec::new();
        let mut next = Some("/v1/validations?limit=2&state=done".to_owned());
        while let Some(page) = next {
            let page = app.send("GET", &page, Some(&agency), None).await.json();
            found.extend(page["validations"].as_array().expect("a list").iter().map(|one| one["id"].as_str().expect("an id").to_owned()));
            next = page["next"].as_str().map(str::to_owned);
        }
        assert_eq!(found, ids, "its own, the newest first");
        assert_eq!(app.send("GET", "/v1/validations?state=running", Some(&agency), None).await.json()["validations"], json!([]));
        assert_eq!(app.send("GET", "/v1/validations", None, None).await.status, 401);
        assert_eq!(app.send("GET", &format!("/v1/validations/{}", ids[0]), Some(&other), None).await.status, 404);
        assert_eq!(app.send("GET", &format!("/v1/validations/{}/results/0", ids[0]), Some(&other), None).await.status, 404);
        let done = app.send("POST", &format!("/v1/validations/{}/resume", ids[0]), Some(&agency), None).await;
        assert_snapshot!(done.problem(), @"409 conflict: the validation is done: there is nothing to go on with");

        let large = id_of(&send(&app, Some(&agency), "", lines(6_000)).await);
        let path = format!("/v1/validations/{large}");
        assert_eq!(app.send("DELETE", &path, Some(&agency), None).await.status, 204);
        let stopped = app.send("GET", &path, Some(&agency), None).await.json();
        assert_eq!(stopped["state"], "cancelled", "{stopped}");
        let done = stopped["done"].as_i64().expect("a number");
        assert!(done < 6_000);
        assert_eq!(app.send("POST", &format!("{path}/resume"), Some(&other), None).await.status, 404);
        let resumed = app.send("POST", &format!("{path}/resume"), Some(&agency), None).await;
        assert_eq!((resumed.status, &resumed.json()["state"], &resumed.json()["done"]), (200, &json!("running"), &json!(done)));
        loop {
            let state = app.send("GET", &path, Some(&agency), None).await.json();
            if state["state"] == "done" {
                assert_eq!((&state["done"], &state["tally"]["prohibited"]), (&json!(6_000), &json!(6_000)));
                break;
            }
            tokio::task::yield_now().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_a_key_that_may_watch_can_have_a_file_watched() {
    let app = TestApp::start_with(|settings| settings.validation_limit = 2_000).await;
    let checker = key(&app, &["check"]).await;
    assert_snapshot!(send(&app, None, "?watch=true", lines(1)).await.problem(), @"401 unauthenticated: this belongs to a key; send `Authorization: Bearer` and a key");
    assert_snapshot!(send(&app, Some(&checker), "?watch=true", lines(1)).await.problem(), @"403 forbidden: it needs the scope `watch`");
    assert_snapshot!(send(&app, Some(&checker), "", lines(100)).await.problem(), @"413 too_large: it may have at most 2000 bytes");
    assert_eq!(send(&app, Some("crd_live_0000000000000000_wrong"), "", lines(1)).await.status, 401);
    let table = app.client.post(app.url("/v1/validations")).header("content-type", "text/csv");
    let table = table.body("booking,nationalities,mode,from,depart,Seat\nA,KR,stay,\"10.5,100.5\",2025-10-21,12A\n");
    let answer = Answer::of(table).await.json();
    assert_eq!(answer["results"][0]["verdict"], "prohibited", "{answer}");
    let note = &answer["validation"]["notes"][0];
    assert_eq!(
        (&note["code"], &note["pointer"]),
        (&json!("dropped"), &json!("row 1, column \"Seat\"")),
        "a column that is not ours is named"
    );
}

/// The bundled world, and the group of the documents' cases: a bus through Poipet on the day that Korea forbade it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_of_a_mixed_group_hears_their_own_issuers_and_the_worst_wins() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let app = TestApp::start_with(|settings| {
        settings.regions = bundled::regions();
        std::fs::create_dir(&settings.data_dir).expect("a data directory");
        bundled::furnish(&settings.data_dir);
    })
    .await;
    let table = std::fs::read(root.join("tests/cases/documents/valid/mixed-group.csv")).expect("the group");
    let request = app.client.post(app.url("/v1/validations?block=prohibited")).header("content-type", "text/csv");
    let answer = Answer::of(request.body(table)).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let result = &answer.json()["results"][0];
    assert_eq!(
        (&result["ref"], &result["verdict"], &result["action"]),
        (&json!("AB12"), &json!("prohibited"), &json!("block"))
    );
    let told = |passenger: usize| {
        let passenger = &result["party"][passenger];
        let lines = passenger["issuers"].as_array().expect("lines").iter();
        let issuers: Vec<String> = lines.map(|line| line["issuer"].as_str().expect("a code").to_owned()).collect();
        (passenger["verdict"].as_str().expect("a verdict").to_owned(), issuers)
    };
    assert_eq!(told(0), ("prohibited".to_owned(), vec!["kr-mofa".to_owned()]));
    let (french, theirs) = told(1);
    assert_eq!(theirs, ["fr-meae"]);
    assert_ne!(french, "prohibited", "the law binds Koreans");
    assert_eq!(told(2), ("prohibited".to_owned(), vec!["kr-mofa".to_owned(), "fr-meae".to_owned()]));
    let (unknown, all) = told(3);
    let issuers = app.get("/v1/issuers").await.json();
    let governments = issuers["issuers"].as_array().expect("a list").iter();
    let governments = governments.filter(|issuer| issuer["nationalities"] != json!([])).count();
    assert_eq!((unknown.as_str(), all.len()), ("prohibited", governments), "perhaps a Korean: every government");
}
