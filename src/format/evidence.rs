//! Evidence documents: what was concluded and from what, in canonical JSON (RFC 8785), signed with Ed25519 (RFC 8032).
//!
//! The file is canonical as a whole: what is not byte for byte what was signed does not verify, not even another space.

use aws_lc_rs::digest;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The only way of signing that is written and read.
const ALGORITHM: &str = "Ed25519";
/// What is signed: the member `statement` in this form.
const FORM: &str = "RFC 8785";
/// What stands before the 32 bytes of a key in a `SubjectPublicKeyInfo` (RFC 8410).
const SPKI: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

/// A statement with its signature.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SignedEvidence)]
pub struct Evidence {
    /// What is stated.
    #[schema(value_type = Object)]
    pub statement: Value,
    /// Who says so.
    pub signature: Signature,
}

/// A signature over the canonical form of the statement.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Signature {
    /// `Ed25519`.
    pub algorithm: String,
    /// `RFC 8785`: the JSON canonicalization scheme.
    pub canonicalization: String,
    /// SHA-256 of the public key's 32 bytes, in hexadecimal.
    pub key_id: String,
    /// The public key's 32 bytes, in Base64.
    pub public_key: String,
    /// The signature's 64 bytes, in Base64.
    pub value: String,
}

/// Why a document proves nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unproven {
    /// It is no evidence document.
    #[error("it is no evidence document: {0}")]
    Unreadable(String),
    /// It is not written as it was signed.
    #[error("it is not in canonical form: something was changed, if only a space")]
    NotCanonical,
    /// It is signed in another way.
    #[error("it is signed in a way that is not known here")]
    OtherWay,
    /// The key does not belong to its id.
    #[error("its key is not the one it names")]
    OtherKey,
    /// It is signed by somebody else.
    #[error("it is signed by the key {0}, which is not the one asked for")]
    Stranger(String),
    /// The signature does not fit.
    #[error("its signature does not fit: something was changed")]
    Forged,
}

/// A public key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublicKey([u8; 32]);

impl PublicKey {
    /// SHA-256 of the key, in hexadecimal.
    pub fn id(&self) -> String {
        sha256(&self.0)
    }

    /// The form that openssl and others read.
    pub fn pem(&self) -> String {
        let der = [SPKI.as_slice(), &self.0].concat();
        format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", STANDARD.encode(der))
    }

    /// Reads that form.
    ///
    /// # Errors
    /// When it is another kind of key, or none.
    pub fn from_pem(text: &str) -> Result<Self, String> {
        let wrong = || "it is no Ed25519 public key in PEM".to_owned();
        let lines = text.trim().strip_prefix("-----BEGIN PUBLIC KEY-----").ok_or_else(wrong)?;
        let body: String =
            lines.strip_suffix("-----END PUBLIC KEY-----").ok_or_else(wrong)?.split_whitespace().collect();
        let der = STANDARD.decode(body).map_err(|_| wrong())?;
        let key = der.strip_prefix(&SPKI).and_then(|key| key.try_into().ok());
        key.map(Self).ok_or_else(wrong)
    }
}

/// The key that signs.
pub struct SigningKey(Ed25519KeyPair);

impl SigningKey {
    /// A new key, as the PKCS #8 document to keep.
    ///
    /// # Errors
    /// When there is no randomness.
    pub fn generate() -> Result<Vec<u8>, String> {
        let document = Ed25519KeyPair::generate_pkcs8v1(&SystemRandom::new());
        document.map(|document| document.as_ref().to_vec()).map_err(|_| "no key could be made".to_owned())
    }

    /// Reads a kept key.
    ///
    /// # Errors
    /// When it is none.
    pub fn from_pkcs8(document: &[u8]) -> Result<Self, String> {
        Ed25519KeyPair::from_pkcs8(document).map(Self).map_err(|_| "it is no Ed25519 key in PKCS #8".to_owned())
    }

    /// The key that others verify with.
    pub fn public(&self) -> PublicKey {
        let mut key = [0; 32];
        // an Ed25519 public key has 32 bytes
        key.copy_from_slice(self.0.public_key().as_ref());
        PublicKey(key)
    }

    /// Signs a statement; the document's bytes are what [`verify`] reads.
    ///
    /// # Errors
    /// When the statement has a number that JSON has not.
    pub fn sign(&self, statement: Value) -> Result<Vec<u8>, String> {
        let signed = serde_json_canonicalizer::to_vec(&statement).map_err(|e| e.to_string())?;
        let public = self.public();
        let signature = Signature {
            algorithm: ALGORITHM.to_owned(),
            canonicalization: FORM.to_owned(),
            key_id: public.id(),
            public_key: STANDARD.encode(public.0),
            value: STANDARD.encode(self.0.sign(&signed)),
        };
        serde_json_canonicalizer::to_vec(&Evidence { statement, signature }).map_err(|e| e.to_string())
    }
}

/// Verifies a document, byte for byte, and gives it with the key that signed it.
///
/// Without `key` it is only shown that whoever has the key named in the document signed it: compare that key.
///
/// # Errors
/// Why it proves nothing.
pub fn verify(document: &[u8], key: Option<&PublicKey>) -> Result<(Evidence, PublicKey), Unproven> {
    let unreadable = |e: serde_json::Error| Unproven::Unreadable(e.to_string());
    let evidence: Evidence = serde_json::from_slice(document).map_err(unreadable)?;
    if serde_json_canonicalizer::to_vec(&evidence).map_err(unreadable)? != document {
        return Err(Unproven::NotCanonical);
    }
    let said = &evidence.signature;
    if said.algorithm != ALGORITHM || said.canonicalization != FORM {
        return Err(Unproven::OtherWay);
    }
    let public = STANDARD.decode(&said.public_key).ok().and_then(|key| key.try_into().ok()).map(PublicKey);
    let public = public.filter(|public| public.id() == said.key_id).ok_or(Unproven::OtherKey)?;
    if key.is_some_and(|key| *key != public) {
        return Err(Unproven::Stranger(public.id()));
    }
    let value = STANDARD.decode(&said.value).map_err(|_| Unproven::Forged)?;
    let signed = serde_json_canonicalizer::to_vec(&evidence.statement).map_err(unreadable)?;
    UnparsedPublicKey::new(&ED25519, public.0).verify(&signed, &value).map_err(|_| Unproven::Forged)?;
    Ok((evidence, public))
}

/// SHA-256, in lower-case hexadecimal.
pub fn sha256(bytes: &[u8]) -> String {
    digest::digest(&digest::SHA256, bytes)
        .as_ref()
        .iter()
        .fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}
