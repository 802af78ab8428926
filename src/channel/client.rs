//! The one HTTP client of the outbound edge: guarded, without redirects and proxies, bounded in time and size.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
pub use reqwest::header::HeaderMap;
use reqwest::header::RETRY_AFTER;

use super::guard::{Guard, Refused, Target};

/// How long a connection may take to be made.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How much of an answer's body is read: enough for a reason.
const MAX_ANSWER: usize = 4096;

/// What a client is made of beside its guard.
#[derive(Clone, Debug)]
pub struct ClientSettings {
    /// Connections to one origin at most: HTTP/2 carries about a hundred requests at once over one.
    pub connections: usize,
    /// How long a request may take altogether.
    pub timeout: Duration,
    /// Certificates trusted beside the well-known ones, as PEM.
    pub extra_ca: Option<Vec<u8>>,
    /// A proxy that every request goes through; the address filter is then the proxy's business.
    pub proxy: Option<String>,
}

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// When to come again, where the answer says so.
    pub retry_at: Option<Timestamp>,
    /// The beginning of the body.
    pub body: Vec<u8>,
}

/// Why nothing came back.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Silence {
    /// It is not allowed to ask there.
    #[error("{0}")]
    Refused(Refused),
    /// The name could not be resolved, or nobody listens, or TLS failed.
    #[error("no connection could be made")]
    Connect,
    /// Nothing within the time allowed.
    #[error("there was no answer in time")]
    Timeout,
    /// The connection broke.
    #[error("the connection broke")]
    Broken,
}

/// Clients that together hold several connections to an origin.
#[derive(Clone)]
pub struct Client {
    // a reqwest client keeps one HTTP/2 connection per origin
    connections: Arc<[reqwest::Client]>,
    next: Arc<AtomicUsize>,
}

impl Client {
    /// Makes the client.
    ///
    /// # Errors
    /// When the extra certificates or the proxy cannot be used.
    pub fn new(guard: &Guard, settings: &ClientSettings) -> Result<Self, String> {
        let connections =
            (0..settings.connections.max(1)).map(|_| connection(guard, settings)).collect::<Result<Vec<_>, _>>()?;
        Ok(Self { connections: connections.into(), next: Arc::default() })
    }

    /// How many connections to one origin there may be.
    pub fn connections(&self) -> usize {
        self.connections.len()
    }

    /// Posts a body, over one of the first `spread` connections in turn. `now` is what a `Retry-After` in seconds counts from.
    ///
    /// # Errors
    /// When nothing came back.
    pub async fn post(
        &self,
        target: &Target,
        headers: HeaderMap,
        body: Vec<u8>,
        spread: usize,
        now: Timestamp,
    ) -> Result<Answer, Silence> {
        let spread = spread.clamp(1, self.connections.len());
        let client = &self.connections[self.next.fetch_add(1, Ordering::Relaxed) % spread];
        let mut response =
            client.post(target.url().clone()).headers(headers).body(body).send().await.map_err(|e| silence(&e))?;
        let status = response.status().as_u16();
        let retry_at = response.headers().get(RETRY_AFTER).and_then(|value| retry_at(value.to_str().ok()?, now));
        let mut body = Vec::new();
        // the status is the answer; a body that breaks off changes nothing
        while body.len() < MAX_ANSWER {
            let Ok(Some(chunk)) = response.chunk().await else { break };
            body.extend_from_slice(&chunk[..chunk.len().min(MAX_ANSWER - body.len())]);
        }
        Ok(Answer { status, retry_at, body })
    }
}

fn connection(guard: &Guard, settings: &ClientSettings) -> Result<reqwest::Client, String> {
    let mut builder = reqwest::Client::builder()
        .user_agent(concat!("cordon/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        // with a number above none every request would be copied in case
        .retry(reqwest::retry::never().max_retries_per_request(0))
        .no_proxy()
        .dns_resolver(GuardedNames(guard.clone()))
        .connect_timeout(CONNECT_TIMEOUT)
        .timeout(settings.timeout)
        .http2_keep_alive_interval(Duration::from_secs(30))
        .http2_keep_alive_timeout(Duration::from_secs(10));
    if let Some(pem) = &settings.extra_ca {
        let certificates = reqwest::Certificate::from_pem_bundle(pem).map_err(|e| format!("the certificates: {e}"))?;
        builder = builder.tls_certs_merge(certificates);
    }
    if let Some(proxy) = &settings.proxy {
        builder = builder.proxy(reqwest::Proxy::all(proxy).map_err(|e| format!("the proxy: {e}"))?);
    }
    builder.build().map_err(|e| e.to_string())
}

/// The guard as a resolver: what it does not let through is not connected to.
struct GuardedNames(Guard);

impl reqwest::dns::Resolve for GuardedNames {
    fn resolve(&self, name: reqwest::dns::Name) -> reqwest::dns::Resolving {
        let (guard, host) = (self.0.clone(), name.as_str().to_owned());
        Box::pin(async move {
            let addresses = guard.resolve(host).await?;
            Ok(Box::new(addresses.into_iter()) as reqwest::dns::Addrs)
        })
    }
}

fn silence(error: &reqwest::Error) -> Silence {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(current) = cause {
        if let Some(refused) = current.downcast_ref::<Refused>() {
            return Silence::Refused(refused.clone());
        }
        cause = current.source();
    }
    match error {
        e if e.is_connect() => Silence::Connect,
        e if e.is_timeout() => Silence::Timeout,
        _ => Silence::Broken,
    }
}

/// `Retry-After` as an instant: seconds from now, or a date (RFC 9110 section 10.2.3).
fn retry_at(value: &str, now: Timestamp) -> Option<Timestamp> {
    let value = value.trim();
    if let Ok(seconds) = value.parse::<u32>() {
        return now.checked_add(SignedDuration::from_secs(seconds.into())).ok();
    }
    Timestamp::try_from(httpdate::parse_http_date(value).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now: Timestamp = "2025-10-20T02:00:00Z".parse().expect("an instant");
        for (value, expected) in [
            ("120", Some("2025-10-20T02:02:00Z")),
            (" 0 ", Some("2025-10-20T02:00:00Z")),
            ("Mon, 20 Oct 2025 03:00:00 GMT", Some("2025-10-20T03:00:00Z")),
            ("-5", None),
            ("soon", None),
            ("", None),
        ] {
            let expected = expected.map(|at| at.parse::<Timestamp>().expect("an instant"));
            assert_eq!(retry_at(value, now), expected, "{value:?}");
        }
    }
}
