//! Signatures of Standard Webhooks: `v1` (HMAC-SHA-256, both sides hold the secret) and `v1a` (Ed25519, the receiver holds a public key).

use aws_lc_rs::hmac;
use aws_lc_rs::rand;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use jiff::Timestamp;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use serde::{Deserialize, Serialize};

/// Why a secret cannot be made or used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the signing secret cannot be used")]
pub struct SecretError;

/// One secret of a webhook: a shared one and a key pair. It prints as nothing.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SigningSecret {
    /// `whsec_` and 32 bytes in base64: for `v1`.
    shared: String,
    /// The seed of the key pair, 32 bytes in base64: for `v1a`.
    seed: String,
}

impl std::fmt::Debug for SigningSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SigningSecret(…)")
    }
}

impl SigningSecret {
    /// A new secret.
    ///
    /// # Errors
    /// When there is no randomness.
    pub fn generate() -> Result<Self, SecretError> {
        let random = || {
            let mut bytes = [0; 32];
            rand::fill(&mut bytes).map_err(|_| SecretError)?;
            Ok(BASE64_STANDARD.encode(bytes))
        };
        Ok(Self { shared: format!("whsec_{}", random()?), seed: random()? })
    }

    /// What a receiver needs to check `v1`.
    pub fn shared(&self) -> &str {
        &self.shared
    }

    /// What a receiver needs to check `v1a`: `whpk_` and the public key.
    ///
    /// # Errors
    /// When the stored seed is damaged.
    pub fn public(&self) -> Result<String, SecretError> {
        Ok(format!("whpk_{}", BASE64_STANDARD.encode(self.pair()?.public_key().as_ref())))
    }

    fn pair(&self) -> Result<Ed25519KeyPair, SecretError> {
        let seed = BASE64_STANDARD.decode(&self.seed).map_err(|_| SecretError)?;
        Ed25519KeyPair::from_seed_unchecked(&seed).map_err(|_| SecretError)
    }

    fn signatures(&self, signed: &[u8]) -> Result<String, SecretError> {
        let shared = self.shared.strip_prefix("whsec_").ok_or(SecretError)?;
        let key = hmac::Key::new(hmac::HMAC_SHA256, &BASE64_STANDARD.decode(shared).map_err(|_| SecretError)?);
        let (v1, v1a) = (hmac::sign(&key, signed), self.pair()?.sign(signed));
        Ok(format!("v1,{} v1a,{}", BASE64_STANDARD.encode(v1.as_ref()), BASE64_STANDARD.encode(v1a.as_ref())))
    }
}

/// The headers of one attempt: the same `id` on each, the attempt's own time, a signature for each live secret.
///
/// # Errors
/// When there is no secret, or one is damaged.
pub fn headers(secrets: &[SigningSecret], id: &str, at: Timestamp, body: &[u8]) -> Result<HeaderMap, SecretError> {
    let at = at.as_second();
    let mut signed = format!("{id}.{at}.").into_bytes();
    signed.extend_from_slice(body);
    let signatures = secrets.iter().map(|secret| secret.signatures(&signed)).collect::<Result<Vec<_>, _>>()?;
    if signatures.is_empty() {
        return Err(SecretError);
    }
    let value = |text: &str| HeaderValue::from_str(text).map_err(|_| SecretError);
    Ok(HeaderMap::from_iter([
        (CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (HeaderName::from_static("webhook-id"), value(id)?),
        (HeaderName::from_static("webhook-timestamp"), at.into()),
        (HeaderName::from_static("webhook-signature"), value(&signatures.join(" "))?),
    ]))
}
