//! Encryption of push messages (RFC 8291, in the form `aes128gcm` of RFC 8188), one record a message, padded to fixed sizes.
//!
//! Costs two scalar multiplications a message and nothing else of note: a fresh key pair (RFC 8291 section 3.1 asks for one) and the
//! agreement with the browser's key. The `web-push` crate does the same several times slower; it is the oracle of the tests.

use aws_lc_rs::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::agreement::{ECDH_P256, PrivateKey, UnparsedPublicKey, agree};
use aws_lc_rs::hmac::{self, HMAC_SHA256};
use aws_lc_rs::rand;

use super::keys::BrowserKeys;

/// The largest payload sent, in bytes: what every browser's service takes, Firefox on Android (3,070) among them.
pub const MAX_PAYLOAD: usize = 2800;
/// Payload, delimiter and padding together: an advisory's level cannot be read off the length.
const SIZES: [usize; 3] = [1024, 2048, 2816];
/// The record size that is announced: larger than the only record (RFC 8291 section 4).
const RECORD_SIZE: u32 = 4096;
/// Marks the last record (RFC 8188 section 2).
const LAST: u8 = 2;
const TAG: usize = 16;
/// Salt, record size, length of the key id, key id.
const HEADER: usize = 16 + 4 + 1 + 65;

/// Why a message cannot be encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EncryptError {
    /// Larger than [`MAX_PAYLOAD`].
    #[error("the payload has {0} bytes, more than {MAX_PAYLOAD}")]
    TooLarge(usize),
    /// The library refused: a key that is not on the curve, or no randomness.
    #[error("the payload could not be encrypted")]
    Crypto,
}

/// Encrypts a payload for a browser: the body to post.
///
/// # Errors
/// When the payload is too large, or the browser's key is not on the curve.
pub fn encrypt(payload: &[u8], browser: &BrowserKeys) -> Result<Vec<u8>, EncryptError> {
    let size = SIZES.into_iter().find(|size| payload.len() < *size).filter(|_| payload.len() <= MAX_PAYLOAD);
    let size = size.ok_or(EncryptError::TooLarge(payload.len()))?;
    let ours = PrivateKey::generate(&ECDH_P256).map_err(|_| EncryptError::Crypto)?;
    let mut salt = [0; 16];
    rand::fill(&mut salt).map_err(|_| EncryptError::Crypto)?;
    seal(payload, size, browser, &ours, &salt)
}

/// Encrypts with a given key pair and salt; `size` counts payload, delimiter and padding.
fn seal(
    payload: &[u8],
    size: usize,
    browser: &BrowserKeys,
    ours: &PrivateKey,
    salt: &[u8; 16],
) -> Result<Vec<u8>, EncryptError> {
    let our_public = ours.compute_public_key().map_err(|_| EncryptError::Crypto)?;
    let our_public = our_public.as_ref();
    let peer = UnparsedPublicKey::new(&ECDH_P256, &browser.p256dh[..]);
    // RFC 8291 section 3.4: the shared secret is combined with the authentication secret and both public keys
    let ikm = agree(ours, peer, EncryptError::Crypto, |secret| {
        let prk = hmac(&browser.auth, &[secret]);
        Ok(hmac(&prk, &[b"WebPush: info\0", &browser.p256dh, our_public, &[1]]))
    })?;
    // RFC 8188 section 2.2 and 2.3: content key and nonce; the only record has the sequence number 0
    let prk = hmac(salt, &[&ikm]);
    let key = hmac(&prk, &[b"Content-Encoding: aes128gcm\0", &[1]]);
    let nonce = hmac(&prk, &[b"Content-Encoding: nonce\0", &[1]]);

    let mut body = Vec::with_capacity(HEADER + size + TAG);
    body.extend_from_slice(salt);
    body.extend_from_slice(&RECORD_SIZE.to_be_bytes());
    body.push(65);
    body.extend_from_slice(our_public);
    body.extend_from_slice(payload);
    body.push(LAST);
    body.resize(HEADER + size, 0);
    let key = LessSafeKey::new(UnboundKey::new(&AES_128_GCM, &key[..16]).map_err(|_| EncryptError::Crypto)?);
    let nonce = Nonce::try_assume_unique_for_key(&nonce[..12]).map_err(|_| EncryptError::Crypto)?;
    let tag =
        key.seal_in_place_separate_tag(nonce, Aad::empty(), &mut body[HEADER..]).map_err(|_| EncryptError::Crypto)?;
    body.extend_from_slice(tag.as_ref());
    Ok(body)
}

/// HMAC-SHA-256: both steps of HKDF (RFC 5869) for outputs of one block.
fn hmac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let mut context = hmac::Context::with_key(&hmac::Key::new(HMAC_SHA256, key));
    for part in parts {
        context.update(part);
    }
    context.sign().as_ref().try_into().expect("SHA-256 gives 32 bytes")
}

#[cfg(test)]
mod tests {
    use base64::Engine;

    use super::super::keys::BASE64URL;
    use super::*;

    fn bytes(text: &str) -> Vec<u8> {
        BASE64URL.decode(text).expect("base64url")
    }

    /// RFC 8291 section 5 and appendix A, byte for byte.
    #[test]
    fn the_example_of_the_rfc() {
        let browser = BrowserKeys::parse(
            "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
            "BTBZMqHH6r4Tts7J_aSIgg",
        )
        .expect("keys");
        let ours = PrivateKey::from_private_key(&ECDH_P256, &bytes("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"));
        let salt: [u8; 16] = bytes("DGv6ra1nlYgDCS1FRnbzlw").try_into().expect("16 bytes");
        let payload = b"When I grow up, I want to be a watermelon";
        let body = seal(payload, payload.len() + 1, &browser, &ours.expect("a key"), &salt).expect("encrypted");
        assert_eq!(
            BASE64URL.encode(body),
            "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
        );
    }

    #[test]
    fn sizes_are_of_few_classes_and_keys_and_salts_are_fresh() {
        let browser = BrowserKeys::parse(
            "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
            "BTBZMqHH6r4Tts7J_aSIgg",
        )
        .expect("keys");
        for (length, expected) in [(0, 1126), (1023, 1126), (1024, 2150), (2047, 2150), (2048, 2918), (2800, 2918)] {
            let payload = vec![b'x'; length];
            let (one, two) = (encrypt(&payload, &browser), encrypt(&payload, &browser));
            let (one, two) = (one.expect("encrypted"), two.expect("encrypted"));
            assert_eq!(one.len(), expected, "{length} bytes");
            assert!(one[..16] != two[..16] && one[21..86] != two[21..86], "salt and key pair are of this message only");
        }
        assert_eq!(encrypt(&[0; 2801], &browser), Err(EncryptError::TooLarge(2801)));
    }
}
