//! Lines in, lines out: in order, while they arrive, in constant memory, whatever is wrong with some of them.

use std::time::Duration;

use axum::body::Bytes;
use futures_util::StreamExt;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{Answer, TestApp};

const PATH: &str = "/v1/check/locations";

fn line(lat: f64, lon: f64) -> String {
    json!({"position": {"lat": lat, "lon": lon}, "traveller": {"nationalities": ["KR"]}}).to_string()
}

fn post(app: &TestApp) -> reqwest::RequestBuilder {
    app.client.post(app.url(PATH)).header("content-type", "application/x-ndjson")
}

fn lines(answer: &Answer) -> Vec<Value> {
    assert_eq!((answer.status, answer.header("content-type")), (200, "application/x-ndjson"), "{}", answer.text);
    assert!(answer.text.is_empty() || answer.text.ends_with('\n'));
    answer.text.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
}

#[tokio::test]
async fn each_line_is_answered_in_order_and_a_wrong_one_does_not_stop_the_others() {
    let app = TestApp::start().await;
    let body = [
        line(10.5, 100.5),
        "{".to_owned(),
        String::new(),
        line(91.0, 1.0),
        line(15.0, 105.0),
        "{\"position\":{\"lat\":1,\"lon\":1},\"x\":1}".to_owned(),
    ];
    let answers = lines(&Answer::of(post(&app).body(body.join("\n"))).await);
    let told: Vec<String> = answers
        .iter()
        .map(|answer| {
            let first = &answer["error"]["errors"][0];
            let wrong =
                || format!("{} {} {} {}", answer["line"], answer["error"]["code"], first["code"], first["pointer"]);
            answer["verdict"].as_str().map_or_else(|| wrong().replace('"', ""), str::to_owned)
        })
        .collect();
    assert_eq!(
        told,
        [
            "prohibited",
            "2 invalid_input malformed_json ",
            "3 invalid_input malformed_json ",
            "4 invalid_input invalid_value /position/lat",
            "notice",
            "6 invalid_input invalid_value /x",
        ]
    );
    assert_eq!(lines(&Answer::of(post(&app).body("")).await), Vec::<Value>::new());
}

#[tokio::test]
async fn many_lines_keep_their_order() {
    let app = TestApp::start().await;
    let body: String = (0..20_000).map(|i| line(10.0 + f64::from(i) / 2_500.0, 105.0) + "\n").collect();
    let answers = lines(&Answer::of(post(&app).body(body)).await);
    assert_eq!(answers.len(), 20_000);
    // the points run north through the country, so their order shows in how far the border is
    let margins: Vec<f64> =
        answers.iter().map(|answer| answer["matches"][0]["margin_m"].as_f64().expect("a margin")).collect();
    let deepest = margins.iter().enumerate().min_by(|a, b| a.1.total_cmp(b.1)).expect("lines").0;
    assert!(
        margins[..deepest].is_sorted_by(|a, b| a >= b) && margins[deepest..].is_sorted(),
        "deeper, then nearer to the border again"
    );
}

#[tokio::test]
async fn a_line_is_answered_before_the_next_one_is_sent() {
    let app = TestApp::start().await;
    let (send, receive) = futures_channel();
    let request = tokio::spawn(post(&app).body(reqwest::Body::wrap_stream(receive)).send());
    send.send(Ok(Bytes::from(line(10.5, 100.5) + "\n"))).await.expect("sent");
    let mut answers = request.await.expect("no panic").expect("an answer").bytes_stream();
    for _ in 0..3 {
        let answer = answers.next().await.expect("an answer").expect("a line");
        assert!(answer.ends_with(b"}\n"));
        send.send(Ok(Bytes::from(line(10.5, 100.5) + "\n"))).await.expect("sent");
    }
    drop(send);
    assert_eq!(
        answers.map(|rest| rest.expect("a line")).collect::<Vec<_>>().await.concat().split(|b| *b == b'\n').count(),
        2
    );
}

type Chunk = Result<Bytes, std::io::Error>;

fn futures_channel() -> (tokio::sync::mpsc::Sender<Chunk>, impl futures_util::Stream<Item = Chunk>) {
    let (send, receive) = tokio::sync::mpsc::channel(1);
    (
        send,
        futures_util::stream::unfold(receive, |mut receive| async {
            receive.recv().await.map(|chunk| (chunk, receive))
        }),
    )
}

#[tokio::test]
async fn a_line_that_is_too_long_is_refused_alone() {
    let app = TestApp::start_with(|settings| settings.line_limit = 200).await;
    let body =
        [line(10.5, 100.5), "x".repeat(300_000), line(15.0, 105.0), "y".repeat(201), line(15.0, 105.0)].join("\n");
    let answers = lines(&Answer::of(post(&app).body(body)).await);
    let told: Vec<String> = answers
        .iter()
        .map(|a| a["verdict"].as_str().map_or_else(|| format!("{} {}", a["line"], a["error"]["code"]), str::to_owned))
        .collect();
    assert_eq!(told, ["prohibited", "2 \"too_large\"", "notice", "4 \"too_large\"", "notice"]);
}

#[tokio::test]
async fn a_sender_that_falls_silent_is_told_and_let_go() {
    let app = TestApp::start_with(|settings| settings.idle_timeout = Duration::from_millis(200)).await;
    let (send, receive) = futures_channel();
    let request = tokio::spawn(post(&app).body(reqwest::Body::wrap_stream(receive)).send());
    send.send(Ok(Bytes::from(line(10.5, 100.5) + "\n{\"pos"))).await.expect("sent");
    let response = request.await.expect("no panic").expect("an answer");
    let text = response.text().await.expect("a whole body");
    let last: Value = serde_json::from_str(text.lines().last().expect("lines")).expect("json");
    assert_eq!((&last["line"], &last["error"]["code"]), (&json!(2), &json!("timeout")));
}

#[tokio::test]
async fn a_sender_that_does_not_read_is_made_to_wait_and_then_cut_off() {
    let app = TestApp::start_with(|settings| settings.idle_timeout = Duration::from_secs(1)).await;
    let mut connection = TcpStream::connect(app.address).await.expect("connected");
    let head = format!(
        "POST {PATH} HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-ndjson\r\ncontent-length: 1000000000\r\n\r\n"
    );
    connection.write_all(head.as_bytes()).await.expect("written");
    let chunk = (line(10.5, 100.5) + "\n").repeat(100);
    let mut taken = 0;
    // until nothing more is taken: the connection is closed before that shows as a wait of this length
    while let Ok(Ok(written)) = tokio::time::timeout(Duration::from_secs(20), connection.write(chunk.as_bytes())).await
    {
        taken += written;
        assert!(taken < 50 << 20, "{taken} bytes were taken although no answer was read");
    }
    let mut rest = Vec::new();
    let _ = tokio::time::timeout(Duration::from_secs(20), connection.read_to_end(&mut rest)).await.expect("cut off");
    assert!(!rest.ends_with(b"0\r\n\r\n"), "a cut answer must not look whole");
}

#[tokio::test]
async fn too_many_streams_are_turned_away() {
    let app = TestApp::start_with(|settings| settings.stream_limit = 1).await;
    let (send, receive) = futures_channel();
    let request = tokio::spawn(post(&app).body(reqwest::Body::wrap_stream(receive)).send());
    send.send(Ok(Bytes::from(line(1.0, 1.0) + "\n"))).await.expect("sent");
    let first = request.await.expect("no panic").expect("an answer");
    let second = Answer::of(post(&app).body("")).await;
    assert_eq!((second.status, second.header("retry-after")), (503, "1"));
    drop(send);
    assert!(first.text().await.expect("whole").contains("verdict"));
    // the place is given back just after the last byte
    for _ in 0..100 {
        if Answer::of(post(&app).body("")).await.status == 200 {
            return;
        }
        tokio::task::yield_now().await;
    }
    panic!("the place is not given back");
}
