//! Web Push: subscriptions validated, messages encrypted and sent, answers read row by row.

mod answer;
pub mod encrypt;
pub mod keys;
pub mod vapid;

use base64::Engine;
use jiff::SignedDuration;
use reqwest::header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use sha2::{Digest, Sha256};

pub use answer::{Verdict, judge};
pub use encrypt::{EncryptError, MAX_PAYLOAD, encrypt};
pub use keys::{BASE64URL, BrowserKeys, KeyError};
pub use vapid::{Tokens, VapidKey};

use crate::error::Issue;
use crate::model::Severity;

use super::guard::{Guard, Target};

/// A subscription that may be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscribed {
    /// Where to post, in its normal form.
    pub endpoint: String,
    /// What shares a fate with it: the origin of the push service.
    pub lane: String,
    /// What to encrypt with.
    pub keys: BrowserKeys,
}

/// Checks what a browser's `PushSubscription.toJSON()` says, as found at `pointer` in the caller's document.
///
/// # Errors
/// Everything that is wrong with it, each at its place: `…/endpoint`, `…/keys/p256dh`, `…/keys/auth`.
pub fn validate(
    guard: &Guard,
    endpoint: &str,
    p256dh: &str,
    auth: &str,
    pointer: &str,
) -> Result<Subscribed, Vec<Issue>> {
    let target = guard.push(endpoint).map_err(|e| Issue::invalid(format!("{pointer}/endpoint"), e.about(endpoint)));
    let keys = BrowserKeys::parse(p256dh, auth).map_err(|e| {
        let name = if e == KeyError::Auth { "auth" } else { "p256dh" };
        Issue::invalid(format!("{pointer}/keys/{name}"), e.to_string())
    });
    match (target, keys) {
        (Ok(target), Ok(keys)) => Ok(Subscribed { endpoint: target.url().to_string(), lane: target.origin(), keys }),
        (target, keys) => Err(target.err().into_iter().chain(keys.err()).collect()),
    }
}

/// How urgently a message is delivered to a device that saves energy (RFC 8030 section 5.3).
///
/// From severity 3 on it must be heard at once; iOS asks for `high` to deliver at once at all.
pub fn urgency(severity: Severity) -> &'static str {
    match severity.get() {
        0 | 1 => "low",
        2 => "normal",
        _ => "high",
    }
}

/// The name under which an undelivered message is replaced by a newer one (RFC 8030 section 5.4): 32 characters that tell nothing.
pub fn topic(tag: &str) -> String {
    let mut topic = BASE64URL.encode(Sha256::digest(tag.as_bytes()));
    topic.truncate(32);
    topic
}

/// The longest a message is kept for a device that is switched off: more is capped by services silently.
pub const MAX_TTL: SignedDuration = SignedDuration::from_hours(30 * 24);

/// The headers of a message (RFC 8030, RFC 8292).
///
/// # Errors
/// When a value cannot stand in a header.
pub fn headers(
    authorization: HeaderValue,
    ttl: SignedDuration,
    urgency: &str,
    topic: &str,
) -> Result<HeaderMap, String> {
    let ttl = ttl.clamp(SignedDuration::ZERO, MAX_TTL).as_secs();
    let value = |text: &str| HeaderValue::from_str(text).map_err(|e| e.to_string());
    Ok(HeaderMap::from_iter([
        (AUTHORIZATION, authorization),
        (CONTENT_ENCODING, HeaderValue::from_static("aes128gcm")),
        (CONTENT_TYPE, HeaderValue::from_static("application/octet-stream")),
        (HeaderName::from_static("ttl"), ttl.into()),
        (HeaderName::from_static("urgency"), value(urgency)?),
        (HeaderName::from_static("topic"), value(topic)?),
    ]))
}

/// Whether an endpoint may still be sent to: settings may have changed since it was stored.
///
/// # Errors
/// Why not.
pub fn target(guard: &Guard, endpoint: &str) -> Result<Target, super::guard::Refused> {
    guard.push(endpoint)
}
