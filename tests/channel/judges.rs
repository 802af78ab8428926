//! What independent libraries say: the `ece` of Mozilla's crate, and Python's `http_ece`, `PyJWT` and `standardwebhooks`.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use aws_lc_rs::agreement::{ECDH_P256, PrivateKey};
use aws_lc_rs::encoding::{AsBigEndian, EcPrivateKeyBin};
use base64::Engine;
use cordon::channel::web_push::{BASE64URL, BrowserKeys, MAX_PAYLOAD, Tokens, VapidKey, encrypt};
use cordon::channel::webhook::{SigningSecret, headers};
use cordon::clock::{Clock, System};
use proptest::prelude::*;
use serde_json::{Value, json};

/// A browser's key pair, with its secret.
fn browser() -> (PrivateKey, Vec<u8>, [u8; 16]) {
    let key = PrivateKey::generate(&ECDH_P256).expect("a key");
    let public = key.compute_public_key().expect("a key").as_ref().to_vec();
    let mut auth = [0; 16];
    aws_lc_rs::rand::fill(&mut auth).expect("randomness");
    (key, public, auth)
}

fn scalar(key: &PrivateKey) -> Vec<u8> {
    let bytes: EcPrivateKeyBin<'_> = key.as_be_bytes().expect("a key");
    bytes.as_ref().to_vec()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever the payload, whoever the browser: the library that browsers' makers wrote decrypts it.
    #[test]
    fn mozillas_library_decrypts_what_is_encrypted(payload in proptest::collection::vec(any::<u8>(), 0..=MAX_PAYLOAD)) {
        let (key, public, auth) = browser();
        let keys = BrowserKeys::parse(&BASE64URL.encode(&public), &BASE64URL.encode(auth)).expect("keys");
        let body = encrypt(&payload, &keys).expect("encrypted");
        prop_assert!(body.len() <= 4096);
        let components = ece::EcKeyComponents::new(scalar(&key), public);
        prop_assert_eq!(ece::decrypt(&components, &auth, &body).expect("decrypted"), payload);
    }
}

#[test]
fn keys_that_are_not_on_the_curve_are_refused() {
    let (_, public, auth) = browser();
    let parse = |public: &[u8], auth: &[u8]| BrowserKeys::parse(&BASE64URL.encode(public), &BASE64URL.encode(auth));
    assert!(parse(&public, &auth).is_ok());
    let mut off = public.clone();
    off[64] ^= 1;
    let mut compressed = public[..33].to_vec();
    compressed[0] = 2;
    for (public, reason) in [
        (off, "one bit aside"),
        (compressed, "compressed"),
        (public[1..].to_vec(), "without its first byte"),
        ([&public[..], &[0]].concat(), "a byte more"),
        (vec![4; 65], "any point"),
        ([&[4][..], &[0; 64]].concat(), "zero"),
        (vec![], "nothing"),
    ] {
        assert!(parse(&public, &auth).is_err(), "{reason}");
    }
    assert!(parse(&public, &auth[..15]).is_err() && parse(&public, &[0; 17]).is_err());
    assert!(BrowserKeys::parse("no base64!", &BASE64URL.encode(auth)).is_err());
}

/// The whole of what goes over the wire, judged by another language's libraries.
#[test]
fn python_decrypts_messages_and_checks_tokens_and_webhooks() {
    let python = std::env::var_os("CORDON_ORACLE_PYTHON").map(PathBuf::from).filter(|python| python.is_file());
    let python = python
        .expect("CORDON_ORACLE_PYTHON does not name a Python with the oracles; run `make test`, which installs it");
    let now = System.now();
    let mut messages = Vec::new();
    for payload in ["", "{\"web_push\":8030}", &"여행금지 ".repeat(150), &"x".repeat(MAX_PAYLOAD)] {
        let (key, public, auth) = browser();
        let keys = BrowserKeys::parse(&BASE64URL.encode(&public), &BASE64URL.encode(auth)).expect("keys");
        let body = encrypt(payload.as_bytes(), &keys).expect("encrypted");
        messages.push(
            json!({"payload": payload, "body": BASE64URL.encode(body), "private": BASE64URL.encode(scalar(&key)),
            "auth": BASE64URL.encode(auth)}),
        );
    }
    let vapid = VapidKey::generate().expect("a key");
    let origin = "https://push.example.org:8443";
    let token = Tokens::default().authorization(&vapid, origin, "mailto:duty@example.org", now).expect("a token");
    let secrets = [SigningSecret::generate().expect("a secret"), SigningSecret::generate().expect("a secret")];
    let body = "{\"type\":\"transition\",\"data\":{\"place\":\"포이펫\"}}";
    let signed = headers(&secrets, "msg_1", now, body.as_bytes()).expect("headers");
    let signed: serde_json::Map<String, Value> =
        signed.iter().map(|(name, value)| (name.to_string(), json!(value.to_str().expect("text")))).collect();
    let asked = json!({"messages": messages, "token": token.to_str().expect("text"), "origin": origin, "public": vapid.public,
        "webhook": {"headers": signed, "body": body, "secrets": secrets.iter().map(SigningSecret::shared).collect::<Vec<_>>(),
            "publics": secrets.iter().map(|s| s.public().expect("a key")).collect::<Vec<_>>()}});
    let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/oracle/outbound.py");
    let mut judge = Command::new(python).arg(script).stdin(Stdio::piped()).spawn().expect("Python runs");
    judge.stdin.take().expect("a pipe").write_all(asked.to_string().as_bytes()).expect("written");
    assert!(judge.wait().expect("it ends").success(), "the judges do not agree");
}
