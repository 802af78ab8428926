//! A strict push service for tests: HTTP/2 over TLS on loopback, the server half of RFC 8030, 8188, 8291 and 8292.
//!
//! It refuses what Mozilla's and Apple's services refuse (header by header), decrypts what it accepts with the browser's keys, counts
//! exactly, and answers by script: any status, a wait, a reset, silence. What it knows of cryptography it does not take from the product.

#![allow(dead_code)] // each user needs a part

use std::collections::HashMap;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_lc_rs::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::agreement::{ECDH_P256, PrivateKey, UnparsedPublicKey, agree};
use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Salt};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey as Verifier};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64URL;
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{HeaderMap, Request, Response, StatusCode};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

/// A scripted answer, instead of looking at the request.
#[derive(Clone, Debug)]
pub enum Scripted {
    /// This status, with headers.
    Status(u16, Vec<(&'static str, String)>),
    /// The stream is reset.
    Reset,
    /// No answer ever.
    Hang,
    /// Taken, and then reset: the sender cannot know.
    TakenButReset,
}

/// A message that was taken.
#[derive(Clone, Debug)]
pub struct Taken {
    /// Whose.
    pub token: String,
    /// Decrypted.
    pub payload: serde_json::Value,
    pub ttl: u64,
    pub topic: Option<String>,
    pub urgency: Option<String>,
    pub size: usize,
    pub authorization: String,
}

/// A browser's subscription, as the page hands it on.
#[derive(Clone, Debug)]
pub struct Subscription {
    pub endpoint: String,
    pub p256dh: String,
    pub auth: String,
}

struct Browser {
    key: PrivateKey,
    public: Vec<u8>,
    auth: [u8; 16],
    vapid: String,
    gone: bool,
}

/// Counts, for volumes at which nothing is kept.
#[derive(Default)]
pub struct Counts {
    pub requests: AtomicUsize,
    pub accepted: AtomicUsize,
    pub refused: AtomicUsize,
    /// Taken, and the answer was lost.
    pub lost: AtomicUsize,
    pub connections: AtomicUsize,
    pub under_way: AtomicUsize,
    pub most_under_way: AtomicUsize,
}

#[derive(Default)]
struct State {
    browsers: HashMap<String, Browser>,
    script: Vec<(Option<String>, Scripted)>,
    taken: Vec<Taken>,
    reasons: Vec<(u16, String)>,
    tokens: HashMap<String, u64>,
}

/// The running service.
pub struct PushService {
    pub origin: String,
    /// Its certificate, as PEM.
    pub ca: String,
    pub counts: Arc<Counts>,
    shared: Arc<Shared>,
}

struct Shared {
    state: Mutex<State>,
    counts: Arc<Counts>,
    origin: String,
    delay: Duration,
    /// One in so many is decrypted and kept; 1 in tests.
    keep_one_in: usize,
    streams: u32,
}

impl PushService {
    /// Starts it on a free port of loopback.
    pub async fn start() -> Self {
        Self::start_with(Duration::ZERO, 1, 100).await
    }

    /// Answers after `delay`, looks closely at one message in `keep_one_in`, and takes `streams` at once over a connection.
    pub async fn start_with(delay: Duration, keep_one_in: usize, streams: u32) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address: SocketAddr = listener.local_addr().expect("an address");
        let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned(), "127.0.0.1".to_owned()])
            .expect("a certificate");
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
        let mut tls =
            ServerConfig::builder_with_provider(Arc::new(tokio_rustls::rustls::crypto::aws_lc_rs::default_provider()))
                .with_safe_default_protocol_versions()
                .expect("TLS")
                .with_no_client_auth()
                .with_single_cert(vec![made.cert.der().clone()], key)
                .expect("a certificate for TLS");
        tls.alpn_protocols = vec![b"h2".to_vec()];
        let origin = format!("https://localhost:{}", address.port());
        let counts = Arc::new(Counts::default());
        let shared = Arc::new(Shared {
            state: Mutex::default(),
            counts: Arc::clone(&counts),
            origin: origin.clone(),
            delay,
            keep_one_in,
            streams,
        });
        tokio::spawn(accept(listener, TlsAcceptor::from(Arc::new(tls)), Arc::clone(&shared)));
        Self { origin, ca: made.cert.pem(), counts, shared }
    }

    /// A browser subscribes with an application server's key.
    pub fn subscribe(&self, vapid: &str) -> Subscription {
        let key = PrivateKey::generate(&ECDH_P256).expect("a key");
        let public = key.compute_public_key().expect("a key").as_ref().to_vec();
        let mut random = [0; 40];
        aws_lc_rs::rand::fill(&mut random).expect("randomness");
        let auth: [u8; 16] = random[..16].try_into().expect("16 bytes");
        let token = BASE64URL.encode(&random[16..]);
        let subscription = Subscription {
            endpoint: format!("{}/push/{token}", self.origin),
            p256dh: BASE64URL.encode(&public),
            auth: BASE64URL.encode(auth),
        };
        let browser = Browser { key, public, auth, vapid: vapid.to_owned(), gone: false };
        self.state().browsers.insert(token, browser);
        subscription
    }

    /// The browser unsubscribes: from now on 410.
    pub fn unsubscribe(&self, subscription: &Subscription) {
        let token = subscription.endpoint.rsplit('/').next().unwrap_or_default();
        self.state().browsers.get_mut(token).expect("a subscription").gone = true;
    }

    /// Answers the next request, of this subscription or of any, so.
    pub fn script(&self, subscription: Option<&Subscription>, answer: Scripted) {
        let token = subscription.map(|s| s.endpoint.rsplit('/').next().unwrap_or_default().to_owned());
        self.state().script.push((token, answer));
    }

    /// Forgets what was scripted and not asked for yet.
    pub fn calm(&self) {
        self.state().script.clear();
    }

    /// What was taken, in order.
    pub fn taken(&self) -> Vec<Taken> {
        self.state().taken.clone()
    }

    /// What was taken for a subscription.
    pub fn taken_for(&self, subscription: &Subscription) -> Vec<Taken> {
        let token = subscription.endpoint.rsplit('/').next().unwrap_or_default();
        self.taken().into_iter().filter(|taken| taken.token == token).collect()
    }

    /// Why requests were refused.
    pub fn reasons(&self) -> Vec<(u16, String)> {
        self.state().reasons.clone()
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.shared.state.lock().expect("no panic")
    }
}

async fn accept(listener: TcpListener, tls: TlsAcceptor, shared: Arc<Shared>) {
    while let Ok((stream, _)) = listener.accept().await {
        let (tls, shared) = (tls.clone(), Arc::clone(&shared));
        stream.set_nodelay(true).expect("a socket");
        tokio::spawn(async move {
            let Ok(stream) = tls.accept(stream).await else { return };
            shared.counts.connections.fetch_add(1, Ordering::Relaxed);
            let streams = shared.streams;
            let service = service_fn(move |request| serve(Arc::clone(&shared), request));
            // a sender that goes away is no failure of ours
            let _ = hyper::server::conn::http2::Builder::new(TokioExecutor::new())
                .timer(TokioTimer::new())
                .max_concurrent_streams(streams)
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

#[derive(Debug, thiserror::Error)]
#[error("reset by script")]
struct Reset;

async fn serve(shared: Arc<Shared>, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Reset> {
    let counts = Arc::clone(&shared.counts);
    let number = counts.requests.fetch_add(1, Ordering::Relaxed);
    let now = counts.under_way.fetch_add(1, Ordering::Relaxed) + 1;
    counts.most_under_way.fetch_max(now, Ordering::Relaxed);
    let answer = answer(&shared, request, number).await;
    counts.under_way.fetch_sub(1, Ordering::Relaxed);
    answer
}

async fn answer(
    shared: &Arc<Shared>,
    request: Request<Incoming>,
    number: usize,
) -> Result<Response<Full<Bytes>>, Reset> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map_err(|_| Reset)?.to_bytes();
    let token = head.uri.path().rsplit('/').next().unwrap_or_default().to_owned();
    if !shared.delay.is_zero() {
        tokio::time::sleep(shared.delay).await;
    }
    let scripted = {
        let mut state = shared.state.lock().expect("no panic");
        let place = state.script.iter().position(|(whose, _)| whose.as_ref().is_none_or(|whose| *whose == token));
        place.map(|place| state.script.remove(place).1)
    };
    match scripted {
        Some(Scripted::Status(status, headers)) => {
            let mut response = Response::builder().status(status);
            for (name, value) in headers {
                response = response.header(name, value);
            }
            return Ok(response.body(Full::default()).expect("an answer"));
        }
        Some(Scripted::Reset) => return Err(Reset),
        Some(Scripted::Hang) => std::future::pending::<Infallible>().await.into_never(),
        Some(Scripted::TakenButReset) => {
            if look(shared, &head.headers, &token, &body, number).is_ok() {
                shared.counts.lost.fetch_add(1, Ordering::Relaxed);
            }
            return Err(Reset);
        }
        None => {}
    }
    let method = head.method.as_str() == "POST";
    let looked =
        if method { look(shared, &head.headers, &token, &body, number) } else { Err((405, "method".to_owned())) };
    match looked {
        Ok(ttl) => {
            shared.counts.accepted.fetch_add(1, Ordering::Relaxed);
            let response = Response::builder()
                .status(StatusCode::CREATED)
                .header("location", format!("{}/message/{number}", shared.origin))
                .header("ttl", ttl);
            Ok(response.body(Full::default()).expect("an answer"))
        }
        Err((status, reason)) => {
            shared.counts.refused.fetch_add(1, Ordering::Relaxed);
            shared.state.lock().expect("no panic").reasons.push((status, reason.clone()));
            Ok(Response::builder().status(status).body(Full::from(reason)).expect("an answer"))
        }
    }
}

trait IntoNever {
    fn into_never<T>(self) -> T;
}

impl IntoNever for Infallible {
    fn into_never<T>(self) -> T {
        match self {}
    }
}

type Refusal = (u16, String);

/// Header by header, then the body.
fn look(shared: &Shared, headers: &HeaderMap, token: &str, body: &Bytes, number: usize) -> Result<u64, Refusal> {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let bad = |reason: &str| (400, reason.to_owned());
    let mut state = shared.state.lock().expect("no panic");
    let State { browsers, tokens, .. } = &mut *state;
    let browser = browsers.get(token).ok_or((404, "unknown".to_owned()))?;
    if browser.gone {
        return Err((410, "gone".to_owned()));
    }
    let ttl: u64 = header("ttl")
        .filter(|ttl| !ttl.is_empty() && ttl.len() <= 10 && ttl.bytes().all(|b| b.is_ascii_digit()))
        .and_then(|ttl| ttl.parse().ok())
        .ok_or(bad("TTL"))?;
    let topic = header("topic");
    let topical = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    if topic.is_some_and(|topic| topic.is_empty() || topic.len() > 32 || !topic.bytes().all(topical)) {
        return Err(bad("Topic"));
    }
    let urgency = header("urgency");
    if urgency.is_some_and(|urgency| !["very-low", "low", "normal", "high"].contains(&urgency)) {
        return Err(bad("Urgency"));
    }
    if body.len() > 4096 {
        return Err((413, "size".to_owned()));
    }
    if header("content-encoding") != Some("aes128gcm") {
        return Err(bad("Content-Encoding"));
    }
    let authorization = header("authorization").ok_or((401, "no Authorization".to_owned()))?;
    // HTTP/2 makes a repeated header cheap, and so is looking at it once
    let expires = if let Some(expires) = tokens.get(authorization) {
        *expires
    } else {
        let expires = vapid(authorization, &shared.origin)?;
        tokens.insert(authorization.to_owned(), expires);
        expires
    };
    if expires < now() {
        return Err((401, "expired".to_owned()));
    }
    if !authorization.ends_with(&format!("k={}", browser.vapid)) {
        return Err((403, "not the key subscribed with".to_owned()));
    }
    if number.is_multiple_of(shared.keep_one_in) {
        let plain = decrypt(browser, body).map_err(|reason| bad(&reason))?;
        let payload = serde_json::from_slice(&plain).map_err(|_| bad("the payload is no JSON"))?;
        let taken = Taken {
            token: token.to_owned(),
            payload,
            ttl,
            topic: topic.map(str::to_owned),
            urgency: urgency.map(str::to_owned),
            size: body.len(),
            authorization: authorization.to_owned(),
        };
        state.taken.push(taken);
    }
    Ok(ttl.min(2_592_000))
}

/// Checks a VAPID token as strictly as Apple does; gives its expiry.
fn vapid(authorization: &str, origin: &str) -> Result<u64, Refusal> {
    let bad = |reason: &str| (401, reason.to_owned());
    let fields = authorization.strip_prefix("vapid ").ok_or(bad("scheme"))?;
    let field = |name: &str| fields.split(',').find_map(|field| field.trim().strip_prefix(name));
    let (token, key) = (field("t=").ok_or(bad("t"))?, field("k=").ok_or(bad("k"))?);
    let key = BASE64URL.decode(key).map_err(|_| bad("k"))?;
    let (signed, signature) = token.rsplit_once('.').ok_or(bad("JWT"))?;
    let signature = BASE64URL.decode(signature).map_err(|_| bad("JWT"))?;
    Verifier::new(&ECDSA_P256_SHA256_FIXED, &key)
        .verify(signed.as_bytes(), &signature)
        .map_err(|_| bad("signature"))?;
    let part = |at: usize| -> Option<serde_json::Value> {
        serde_json::from_slice(&BASE64URL.decode(signed.split('.').nth(at)?).ok()?).ok()
    };
    let (head, claims) = (part(0).ok_or(bad("JWT"))?, part(1).ok_or(bad("JWT"))?);
    if head["alg"] != "ES256" {
        return Err(bad("alg"));
    }
    if claims["aud"] != origin {
        return Err(bad(&format!("aud {}", claims["aud"])));
    }
    let expires = claims["exp"].as_u64().ok_or(bad("exp is no number"))?;
    if expires > now() + 86_400 {
        return Err(bad("exp is more than a day ahead"));
    }
    let contact = claims["sub"].as_str().unwrap_or_default();
    let mail =
        contact.strip_prefix("mailto:").is_some_and(|mail| mail.contains('@') && !mail.contains([' ', '<', '>']));
    if !mail && !contact.starts_with("https://") {
        return Err(bad("sub"));
    }
    Ok(expires)
}

struct Length(usize);

impl KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

fn expand(salt: &[u8], ikm: &[u8], info: &[&[u8]], length: usize) -> Vec<u8> {
    let mut out = vec![0; length];
    let prk = Salt::new(HKDF_SHA256, salt).extract(ikm);
    prk.expand(info, Length(length)).expect("a length").fill(&mut out).expect("a length");
    out
}

/// RFC 8188 and 8291, the receiving half.
fn decrypt(browser: &Browser, body: &[u8]) -> Result<Vec<u8>, String> {
    if body.len() < 86 + 17 || body[20] != 65 || body[21] != 4 {
        return Err("the header of aes128gcm".to_owned());
    }
    let record = u32::from_be_bytes(body[16..20].try_into().expect("4 bytes"));
    if (record as usize) < body.len() - 86 {
        return Err("rs".to_owned());
    }
    let (salt, sender) = (&body[..16], &body[21..86]);
    let shared =
        agree(&browser.key, UnparsedPublicKey::new(&ECDH_P256, sender), "keyid", |secret| Ok(secret.to_vec()))?;
    let ikm = expand(&browser.auth, &shared, &[b"WebPush: info\0", &browser.public, sender], 32);
    let key = expand(salt, &ikm, &[b"Content-Encoding: aes128gcm\0"], 16);
    let nonce = expand(salt, &ikm, &[b"Content-Encoding: nonce\0"], 12);
    let key = LessSafeKey::new(UnboundKey::new(&AES_128_GCM, &key).expect("a key"));
    let mut record = body[86..].to_vec();
    let nonce = Nonce::try_assume_unique_for_key(&nonce).expect("12 bytes");
    let plain = key.open_in_place(nonce, Aad::empty(), &mut record).map_err(|_| "it does not decrypt".to_owned())?;
    let end = plain.iter().rposition(|b| *b != 0).filter(|end| plain[*end] == 2).ok_or("no delimiter")?;
    Ok(plain[..end].to_vec())
}

/// Seconds since 1970: a service of its own has a clock of its own.
#[allow(clippy::disallowed_methods)]
fn now() -> u64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970").as_secs()
}
