//! Booking files over HTTP: answered at once, or as a job with progress, results and an end.

use cordon::config::SecretUrl;
use serde_json::{Value, json};

use crate::databases::Database;
use crate::support::{Answer, TOWN, TestApp};

/// So many bookings of a Korean in the town; every tenth cannot be read.
fn lines(count: usize) -> String {
    let (lat, lon) = TOWN;
    let line = |n: usize| {
        match n % 10 {
        3 => "{}".to_owned(),
        _ => json!({"ref": format!("B{n}"), "party": [{"id": "p", "nationalities": ["KR"]}],
                    "stops": [{"id": "s", "place": {"lat": lat, "lon": lon}, "arrive": "2025-10-20T09:00:00+07:00", "depart": "2025-10-20T10:00:00+07:00"}]})
        .to_string(),
    }
    };
    (0..count).map(line).collect::<Vec<_>>().join("\n")
}

async fn send(app: &TestApp, query: &str, key: &str, text: String) -> Answer {
    let request =
        app.client.post(app.url(&format!("/v1/validations{query}"))).header("content-type", "application/x-ndjson");
    Answer::of(request.header("idempotency-key", key).body(text)).await
}

/// Asks until it is done.
async fn done(app: &TestApp, path: &str) -> Value {
    loop {
        let answer = app.get(path).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        if answer.json()["state"] == "done" {
            return answer.json();
        }
        tokio::task::yield_now().await;
    }
}

async fn app(db: &Database) -> TestApp {
    // it is asked for its progress as fast as it answers
    TestApp::start_with(|settings| {
        settings.database_url = SecretUrl(db.setting().to_owned());
        (settings.rate_check, settings.rate_read) = (0, 0);
    })
    .await
}

on_both! {
    async fn a_small_file_is_answered_at_once(db: Database) {
        let app = app(&db).await;
        let answer = send(&app, "?block=avoid", "a", lines(20)).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        let told = answer.json();
        assert_eq!(told["results"].as_array().map(Vec::len), Some(20));
        assert_eq!(told["results"][0]["verdict"], "prohibited");
        assert_eq!(told["results"][3]["verdict"], Value::Null);
        assert_eq!(told["results"][3]["errors"][0]["pointer"], "line 4");
        assert_eq!(told["validation"]["tally"]["rejected"], 2);
        let again = send(&app, "?block=avoid", "a", lines(20)).await;
        assert_eq!(again.text, answer.text, "the same key again gives the same validation, not a second one");
        assert_eq!(send(&app, "?block=avoid", "a", lines(21)).await.status, 422);
    }

    async fn a_large_file_is_a_job_whose_results_come_in_order(db: Database) {
        let app = app(&db).await;
        let taken = send(&app, "", "b", lines(1_200)).await;
        assert_eq!(taken.status, 202, "{}", taken.text);
        let path = taken.header("location").to_owned();
        let told = done(&app, &path).await;
        assert_eq!((&told["bookings"], &told["done"]), (&1_200.into(), &1_200.into()));
        let mut numbers = Vec::new();
        let mut next = Some(format!("{path}/results?limit=500"));
        while let Some(page) = next {
            let page = app.get(&page).await.json();
            numbers.extend(page["results"].as_array().expect("results").iter().map(|r| r["number"].as_u64().expect("a number")));
            next = page["next"].as_str().map(str::to_owned);
        }
        assert_eq!(numbers, (0..1_200).collect::<Vec<_>>());
        let table = Answer::of(app.client.get(app.url(&format!("{path}/results"))).header("accept", "text/csv")).await;
        assert_eq!(table.header("content-type"), "text/csv");
        assert_eq!(table.text.lines().count(), 1_201);
        let review = app.get(&format!("{path}/results?action=review&limit=1000")).await.json();
        assert_eq!(review["results"].as_array().map(Vec::len), Some(120), "those that could not be read are looked at");
        assert_eq!(Answer::of(app.client.delete(app.url(&path))).await.status, 204);
        assert_eq!(app.get(&path).await.status, 404, "forgotten");
    }

    async fn evidence_of_a_large_file_is_had_in_parts(db: Database) {
        let app = app(&db).await;
        let taken = send(&app, "", "d", vec!["{}"; 2_001].join("\n")).await;
        let path = taken.header("location").to_owned();
        done(&app, &path).await;
        let whole = app.get(&format!("{path}/evidence.json")).await;
        assert_eq!(whole.problem(), "400 invalid_input invalid_value from: is needed: the file has 2001 bookings, and one document takes 2000, from this number on; `booking` asks for one");
        for (from, bookings) in [(0, 2_000), (2_000, 1)] {
            let part = app.get(&format!("{path}/evidence.json?from={from}")).await.json();
            let answer = &part["statement"]["answer"];
            assert_eq!(answer["part"], json!({"from": from, "bookings": bookings, "of": 2_001}));
            assert_eq!((answer["bookings"].as_array().map(Vec::len), &answer["bookings"][0]["number"]), (Some(bookings), &json!(from)));
            assert_eq!(answer["tally"]["rejected"], 2_001, "the tally is the file's");
        }
    }

    async fn a_service_that_ends_in_the_middle_is_gone_on_with(db: Database) {
        let first = app(&db).await;
        let taken = send(&first, "", "c", lines(3_000)).await;
        let path = taken.header("location").to_owned();
        drop(first);
        let second = app(&db).await;
        // whoever had a portion in hand has let go of it by then
        second.clock.set("2025-10-20T02:10:00Z".parse().expect("an instant"));
        let told = done(&second, &path).await;
        assert_eq!((&told["done"], &told["tally"]["rejected"]), (&3_000.into(), &300.into()));
    }
}

#[tokio::test]
async fn what_is_no_booking_file_is_refused() {
    let app = TestApp::start().await;
    for (kind, query, text, problem) in [
        ("text/csv", "", "a,b\n1,2\n", "row 1"),
        ("application/json", "", "{}", ""),
        ("application/json", "", "[]", ""),
        ("application/x-ndjson", "?issuers=xx-none", "{}", "/issuers/0"),
        ("application/x-ndjson", "?indeterminate=pass", "{}", "/indeterminate"),
        ("text/csv", "?columns=nonsense", "a", "columns"),
    ] {
        let request = app.client.post(app.url(&format!("/v1/validations{query}"))).header("content-type", kind);
        let answer = Answer::of(request.body(text)).await;
        assert_eq!(answer.status, 400, "{}", answer.text);
        assert_eq!(answer.json()["errors"][0]["pointer"], problem, "{}", answer.text);
    }
    let request = app.client.post(app.url("/v1/validations")).header("content-type", "application/pdf");
    assert_eq!(Answer::of(request.body("x")).await.status, 415);
}

#[tokio::test]
async fn plans_are_read_by_media_type() {
    let app = TestApp::start().await;
    let line = json!({"type": "Feature", "properties": {"mode": "bus", "depart": "2025-10-20T08:00:00Z", "arrive": "2025-10-20T10:00:00Z"},
                      "geometry": {"type": "LineString", "coordinates": [[100.4, 10.5], [100.6, 10.5]]}});
    let request =
        app.client.post(app.url("/v1/check/itinerary?nationality=KR")).header("content-type", "application/geo+json");
    let answer = Answer::of(request.body(line.to_string())).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.json()["verdict"], "prohibited");
    assert_eq!(answer.json()["findings"][0]["source_pointer"], "/geometry/coordinates/0");
}
