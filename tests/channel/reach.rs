//! Hostile addresses: each is refused with a clear reason, and none is ever connected to.

use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use cordon::channel::address::Allowed;
use cordon::channel::client::{Client, ClientSettings, HeaderMap, Silence};
use cordon::channel::guard::{Guard, Lookup, Refused};
use jiff::Timestamp;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

fn rows(file: &str) -> Vec<csv::StringRecord> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/outbound").join(file);
    let rows: Vec<_> =
        csv::Reader::from_path(path).expect("a file").into_records().map(|row| row.expect("a row")).collect();
    assert!(!rows.is_empty());
    rows
}

fn strict() -> Guard {
    Guard::new(vec![], vec![])
}

fn settings() -> ClientSettings {
    ClientSettings { connections: 1, timeout: Duration::from_secs(5), extra_ca: None, proxy: None }
}

#[test]
fn hostile_addresses_are_refused_with_a_reason() {
    let guard = strict();
    let mut wrong = Vec::new();
    for row in rows("hostile.csv") {
        let (url, reason) = (&row[0], &row[3]);
        for (what, expected, got) in [("push", &row[1], guard.push(url)), ("webhook", &row[2], guard.webhook(url))] {
            let told = got.as_ref().err().map(ToString::to_string).unwrap_or_default();
            let right = if expected.is_empty() { got.is_ok() } else { told.contains(expected) };
            if !right {
                wrong.push(format!("{what} {url} ({reason}): expected `{expected}`, got {got:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_browsers_push_services_are_open() {
    for row in rows("allowed.csv") {
        assert!(strict().push(&row[0]).is_ok(), "{} ({}): {:?}", &row[0], &row[1], strict().push(&row[0]));
    }
}

#[test]
fn the_operator_may_open_more() {
    let allowed =
        ["192.168.7.0/24", "hooks.corp.internal"].map(|text| text.parse::<Allowed>().expect("allowed")).to_vec();
    let guard = Guard::new(vec!["push.example.org".parse().expect("a host")], allowed);
    assert!(guard.push("https://push.example.org:8443/x").is_ok(), "an operator's push service, on a port of its own");
    assert!(
        guard.webhook("http://192.168.7.9:8080/hook").is_ok() && guard.webhook("http://hooks.corp.internal/x").is_ok()
    );
    assert!(guard.webhook("http://192.168.8.9/hook").is_err() && guard.push("https://push.example.com/x").is_err());
}

/// A listener that counts who comes.
async fn trap() -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let (port, visits) = (listener.local_addr().expect("an address").port(), Arc::new(AtomicUsize::new(0)));
    let counted = Arc::clone(&visits);
    tokio::spawn(async move {
        while listener.accept().await.is_ok() {
            counted.fetch_add(1, Ordering::SeqCst);
        }
    });
    (port, visits)
}

/// Names that resolve to what the test says, one answer a question.
fn resolver(answers: &'static [&'static [&'static str]]) -> Lookup {
    let asked = Arc::new(AtomicUsize::new(0));
    Arc::new(move |_| {
        let turn = asked.fetch_add(1, Ordering::SeqCst).min(answers.len() - 1);
        let addresses: Vec<IpAddr> = answers[turn].iter().map(|text| text.parse().expect("an address")).collect();
        Box::pin(async move { Ok(addresses) })
    })
}

#[tokio::test]
async fn a_name_that_resolves_to_a_private_address_is_not_connected_to() {
    let (port, visits) = trap().await;
    let every_way: &[&[&str]] =
        &[&["127.0.0.1"], &["::1"], &["::ffff:127.0.0.1"], &["10.0.0.1", "127.0.0.1"], &["169.254.169.254"]];
    for answers in every_way {
        let guard = Guard::with_lookup(vec![], vec![], resolver(Box::leak(Box::new([*answers]))));
        let client = Client::new(&guard, &settings()).expect("a client");
        let target =
            guard.webhook(&format!("https://innocent.example.com:{port}/hook")).expect("nothing is wrong with it yet");
        let answer = client.post(&target, HeaderMap::new(), b"{}".to_vec(), 1, Timestamp::UNIX_EPOCH).await;
        assert!(matches!(answer, Err(Silence::Refused(Refused::Address(_)))), "{answers:?}: {answer:?}");
    }
    assert_eq!(visits.load(Ordering::SeqCst), 0);
}

/// DNS rebinding: the first answer is public, the next one is not. The connection goes to what was checked, or nowhere.
#[tokio::test]
async fn a_name_that_changes_its_mind_gains_nothing() {
    let (port, visits) = trap().await;
    // 192.0.2.1 stands for a public address that answers nothing; it is let through by name here
    let answers: &[&[&str]] = &[&["203.0.113.7"], &["127.0.0.1"]];
    let guard = Guard::with_lookup(vec![], vec!["203.0.113.0/24".parse().expect("a network")], resolver(answers));
    let quick = ClientSettings { timeout: Duration::from_millis(300), ..settings() };
    let client = Client::new(&guard, &quick).expect("a client");
    let target = guard.webhook(&format!("https://rebinding.example.com:{port}/hook")).expect("a target");
    for _ in 0..3 {
        let answer = client.post(&target, HeaderMap::new(), vec![], 1, Timestamp::UNIX_EPOCH).await;
        assert!(answer.is_err(), "{answer:?}");
    }
    assert_eq!(visits.load(Ordering::SeqCst), 0);
}

/// An address that is allowed answers with a redirect to one that is not.
#[tokio::test]
async fn a_redirect_is_an_answer_and_not_followed() {
    let (port, visits) = trap().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://127.0.0.1:{}/hook", listener.local_addr().expect("an address").port());
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("a visitor");
        let _ = stream.read(&mut [0; 1024]).await;
        let answer = format!(
            "HTTP/1.1 307 Temporary Redirect\r\nlocation: http://127.0.0.1:{port}/\r\ncontent-length: 0\r\n\r\n"
        );
        stream.write_all(answer.as_bytes()).await.expect("answered");
    });
    let guard = Guard::new(vec![], vec![Allowed::Net(IpAddr::from(Ipv4Addr::LOCALHOST).into())]);
    let client = Client::new(&guard, &settings()).expect("a client");
    let target = guard.webhook(&url).expect("a target");
    let answer = client.post(&target, HeaderMap::new(), vec![], 1, Timestamp::UNIX_EPOCH).await.expect("an answer");
    assert_eq!((answer.status, visits.load(Ordering::SeqCst)), (307, 0));
}

/// A receiver that answers without end is read up to a few kilobytes.
#[tokio::test]
async fn an_endless_answer_ends() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://127.0.0.1:{}/hook", listener.local_addr().expect("an address").port());
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("a visitor");
        let _ = stream.read(&mut [0; 1024]).await;
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000000000\r\n\r\n").await;
        while stream.write_all(&[b'x'; 8192]).await.is_ok() {}
    });
    let guard = Guard::new(vec![], vec!["127.0.0.1".parse().expect("an address")]);
    let client = Client::new(&guard, &settings()).expect("a client");
    let target = guard.webhook(&url).expect("a target");
    let answer = client.post(&target, HeaderMap::new(), vec![], 1, Timestamp::UNIX_EPOCH).await.expect("an answer");
    assert_eq!((answer.status, answer.body.len()), (200, 4096));
}
