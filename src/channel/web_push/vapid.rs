//! Who sends a push message (VAPID, RFC 8292): one token per push service and key, used again until half of its life is over.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use aws_lc_rs::encoding::AsBigEndian;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use base64::Engine;
use jiff::{SignedDuration, Timestamp};
use reqwest::header::HeaderValue;
use web_push::{SubscriptionInfo, VapidSignature, VapidSignatureBuilder};

use super::keys::BASE64URL;

/// How long a token is good for; RFC 8292 section 2 allows 24 hours.
const LIFE: SignedDuration = SignedDuration::from_hours(12);

/// A key pair that subscriptions are bound to. The private half never prints.
#[derive(Clone, PartialEq, Eq)]
pub struct VapidKey {
    /// The public half, as browsers ask for it: 65 bytes in base64url. It is also its name.
    pub public: String,
    /// The private half: 32 bytes in base64url.
    pub private: String,
}

impl std::fmt::Debug for VapidKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "VapidKey({})", self.public)
    }
}

impl VapidKey {
    /// A new pair.
    ///
    /// # Errors
    /// When there is no randomness.
    pub fn generate() -> Result<Self, String> {
        let unable = |_| "no key pair could be made".to_owned();
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map_err(unable)?;
        let private = pair.private_key().as_be_bytes().map_err(unable)?;
        Ok(Self { public: BASE64URL.encode(pair.public_key().as_ref()), private: BASE64URL.encode(private.as_ref()) })
    }
}

/// Tokens already signed, by key and push service.
#[derive(Default)]
pub struct Tokens {
    signed: Mutex<HashMap<(String, String), Token>>,
}

struct Token {
    header: HeaderValue,
    fresh_until: Timestamp,
}

impl Tokens {
    /// The header `Authorization` for a push service: made out to its `origin`, port included, in the name of `contact` (a `mailto:` or
    /// `https:` URL). The same text for hours, which HTTP/2 then sends as one or two bytes.
    ///
    /// # Errors
    /// When the key cannot sign.
    pub fn authorization(
        &self,
        key: &VapidKey,
        origin: &str,
        contact: &str,
        now: Timestamp,
    ) -> Result<HeaderValue, String> {
        let name = (key.public.clone(), origin.to_owned());
        let mut signed = self.signed.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(token) = signed.get(&name).filter(|token| now < token.fresh_until) {
            return Ok(token.header.clone());
        }
        let signature = sign(key, origin, contact, now)?;
        let header = format!("vapid t={}, k={}", signature.auth_t, BASE64URL.encode(&signature.auth_k));
        let header = HeaderValue::try_from(header).map_err(|e| e.to_string())?;
        signed.retain(|_, token| now < token.fresh_until);
        signed.insert(name, Token { header: header.clone(), fresh_until: now + LIFE / 2 });
        Ok(header)
    }
}

fn sign(key: &VapidKey, origin: &str, contact: &str, now: Timestamp) -> Result<VapidSignature, String> {
    // only the endpoint is looked at, and it must have scheme and host: an origin has both
    let subscription = SubscriptionInfo::new(origin, "", "");
    let unable = |e: web_push::WebPushError| format!("the VAPID key cannot sign: {e}");
    let mut builder = VapidSignatureBuilder::from_base64(&key.private, &subscription).map_err(unable)?;
    builder.add_claim("aud", origin);
    builder.add_claim("exp", (now + LIFE).as_second());
    builder.add_claim("sub", contact);
    builder.build().map_err(unable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_serves_its_service_and_key_until_half_of_its_life_is_over() {
        let (key, other) = (VapidKey::generate().expect("a key"), VapidKey::generate().expect("a key"));
        let tokens = Tokens::default();
        let start: Timestamp = "2025-10-20T02:00:00Z".parse().expect("an instant");
        let ask = |key: &VapidKey, origin: &str, hours: i64| {
            let now = start + SignedDuration::from_hours(hours);
            tokens.authorization(key, origin, "mailto:duty@example.org", now).expect("a token")
        };
        let first = ask(&key, "https://push.example.org", 0);
        assert_eq!(ask(&key, "https://push.example.org", 5), first);
        assert_ne!(ask(&key, "https://push.example.org:8443", 5), first);
        assert_ne!(ask(&other, "https://push.example.org", 5), first);
        assert_ne!(ask(&key, "https://push.example.org", 6), first);

        let first = first.to_str().expect("text");
        let claims = first.split('.').nth(1).expect("a token");
        let claims: serde_json::Value =
            serde_json::from_slice(&BASE64URL.decode(claims).expect("base64url")).expect("JSON");
        assert_eq!(claims["aud"], "https://push.example.org");
        assert_eq!(claims["sub"], "mailto:duty@example.org");
        assert_eq!(claims["exp"], (start + LIFE).as_second());
    }
}
