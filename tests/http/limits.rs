//! One request does not harm the others: size, time and number are bounded.

use std::time::Duration;

use insta::assert_snapshot;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{Answer, TestApp};

/// A request whose body stops in the middle.
pub async fn half_a_request(app: &TestApp) -> TcpStream {
    let mut connection = TcpStream::connect(app.address).await.expect("connected");
    let head = "POST /v1/check/location HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: 33\r\n\r\n{\"position\":{";
    connection.write_all(head.as_bytes()).await.expect("written");
    connection
}

/// The rest of it.
pub const OTHER_HALF: &[u8] = b"\"lat\":10.5,\"lon\":1}}";

pub async fn answer_of(mut connection: TcpStream) -> String {
    let mut answer = String::new();
    connection.read_to_string(&mut answer).await.expect("an answer");
    answer
}

/// Waits until the service has seen that many requests begin: until one more is turned away.
async fn until_overloaded(app: &TestApp) -> Answer {
    loop {
        let answer = app.get("/v1/issuers").await;
        if answer.status != 200 {
            return answer;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused() {
    let app = TestApp::start_with(|settings| settings.body_limit = 100).await;
    let large = json!({"position": {"lat": 1, "lon": 1}, "lang": "x".repeat(200)});
    assert_snapshot!(app.post("/v1/check/location", &large).await.problem(), @"413 too_large: it may have at most 100 bytes");
    let unannounced =
        reqwest::Body::wrap_stream(futures_util::stream::iter([Ok::<_, std::io::Error>("x".repeat(200))]));
    let request =
        app.client.post(app.url("/v1/check/location")).header("content-type", "application/json").body(unannounced);
    assert_snapshot!(Answer::of(request).await.problem(), @"413 too_large: it may have at most 100 bytes");
}

#[tokio::test]
async fn a_request_that_does_not_arrive_in_time_is_let_go() {
    let app = TestApp::start_with(|settings| settings.request_timeout = Duration::from_millis(200)).await;
    let answer = answer_of(half_a_request(&app).await).await;
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    assert!(answer.contains("\"code\":\"timeout\""), "{answer}");
}

#[tokio::test]
async fn a_connection_that_sends_no_head_is_closed() {
    let app = TestApp::start_with(|settings| settings.idle_timeout = Duration::from_millis(200)).await;
    let mut connection = TcpStream::connect(app.address).await.expect("connected");
    connection.write_all(b"GET / HT").await.expect("written");
    let mut rest = Vec::new();
    tokio::time::timeout(Duration::from_secs(10), connection.read_to_end(&mut rest))
        .await
        .expect("closed")
        .expect("read");
}

#[tokio::test]
async fn too_many_requests_are_turned_away_but_probes_are_not() {
    let app = TestApp::start_with(|settings| settings.concurrency_limit = 1).await;
    let mut first = half_a_request(&app).await;
    let turned_away = until_overloaded(&app).await;
    assert_snapshot!(turned_away.problem(), @"503 overloaded: try again in a second");
    assert_eq!(turned_away.header("retry-after"), "1");
    assert_eq!((app.get("/healthz").await.status, app.get("/readyz").await.status), (200, 200));
    assert!(app.get("/metrics").await.text.contains("cordon_http_overloads_total"));
    first.write_all(OTHER_HALF).await.expect("written");
    let answer = answer_of(first).await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    assert_eq!(app.get("/v1/issuers").await.status, 200, "the place is free again");
}

#[tokio::test]
async fn a_body_that_breaks_off_is_no_mistake_of_ours() {
    let app = TestApp::start().await;
    drop(half_a_request(&app).await);
    assert_eq!(app.get("/healthz").await.status, 200);
}
