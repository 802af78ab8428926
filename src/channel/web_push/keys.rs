//! The keys of a push subscription, checked when it is stored.

use aws_lc_rs::agreement::{ECDH_P256, ParsedPublicKey, UnparsedPublicKey};
use base64::Engine;
use base64::alphabet::URL_SAFE;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// Base64url as browsers and tools write it: with padding or without.
pub const BASE64URL: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new().with_encode_padding(false).with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// What a message to one browser is encrypted with.
#[derive(Clone, PartialEq, Eq)]
pub struct BrowserKeys {
    /// The browser's public key: an uncompressed point on P-256.
    pub p256dh: [u8; 65],
    /// The secret shared at subscribing.
    pub auth: [u8; 16],
}

/// Why keys are not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// `p256dh` is no point on the curve.
    #[error("`p256dh` is no uncompressed point on P-256 in base64url (65 bytes)")]
    P256dh,
    /// `auth` is not a secret of the right length.
    #[error("`auth` is no secret of 16 bytes in base64url")]
    Auth,
}

impl BrowserKeys {
    /// Reads both as `PushSubscription.toJSON()` gives them. A point that is not on the curve is refused (RFC 8291 section 7).
    ///
    /// # Errors
    /// Names the key that is wrong.
    pub fn parse(p256dh: &str, auth: &str) -> Result<Self, KeyError> {
        let point: [u8; 65] = decode(p256dh).ok_or(KeyError::P256dh)?;
        let on_curve = ParsedPublicKey::try_from(UnparsedPublicKey::new(&ECDH_P256, &point[..])).is_ok();
        if point[0] != 4 || !on_curve {
            return Err(KeyError::P256dh);
        }
        Ok(Self { p256dh: point, auth: decode(auth).ok_or(KeyError::Auth)? })
    }

    /// Reads keys that were checked when they were stored; encryption looks at the point once more in any case.
    ///
    /// # Errors
    /// Names the key that is damaged.
    pub fn stored(p256dh: &str, auth: &str) -> Result<Self, KeyError> {
        Ok(Self { p256dh: decode(p256dh).ok_or(KeyError::P256dh)?, auth: decode(auth).ok_or(KeyError::Auth)? })
    }
}

impl std::fmt::Debug for BrowserKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("BrowserKeys(…)")
    }
}

fn decode<const N: usize>(text: &str) -> Option<[u8; N]> {
    BASE64URL.decode(text).ok()?.try_into().ok()
}
