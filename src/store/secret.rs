//! Secrets that open something: drawn here, shown once, kept only as their digest.
//!
//! A token is `PREFIX_ID_SECRET`: what it opens, by which name it is known, and 256 random bits. A digest needs no salt and no slow
//! function: nobody guesses 256 bits.

use aws_lc_rs::{constant_time, rand};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use super::StoreError;

/// Random bytes of the name, and of the secret.
const ID_BYTES: usize = 8;
const SECRET_BYTES: usize = 32;

/// A token that was just made.
pub struct Drawn {
    /// The name in it.
    pub id: String,
    /// All of it, to be shown once.
    pub token: String,
    /// What is kept of it.
    pub hash: String,
}

/// Makes a token. With `id` it is a new secret for what has this name already.
///
/// # Errors
/// When the system gives no random bytes.
pub fn draw(prefix: &str, id: Option<&str>) -> Result<Drawn, StoreError> {
    let id = match id {
        Some(id) => id.to_owned(),
        None => hex(&random::<ID_BYTES>()?),
    };
    let token = format!("{prefix}_{id}_{}", URL_SAFE_NO_PAD.encode(random::<SECRET_BYTES>()?));
    let hash = digest(&token);
    Ok(Drawn { id, token, hash })
}

/// A token that somebody shows, in its parts; it may be false.
#[derive(Clone, PartialEq, Eq)]
pub struct Shown<'a> {
    /// What it is to open: `crd_live`, `crd_ex`, `crd_t`.
    pub prefix: &'a str,
    /// The name in it.
    pub id: &'a str,
    /// The digest of all of it.
    pub hash: String,
}

/// Takes a token apart; none when it has not the form of one.
pub fn read(token: &str) -> Option<Shown<'_>> {
    // the secret may hold `_` itself, so the parts are told apart by their length
    let rest = token.len().checked_sub(SECRET_CHARS + 1).filter(|at| token.is_char_boundary(*at))?;
    let (name, secret) = (&token[..rest], token[rest..].strip_prefix('_')?);
    let (prefix, id) = name.rsplit_once('_')?;
    let plain = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
    let whole =
        ["crd_live", "crd_ex", "crd_t"].contains(&prefix) && (1..=64).contains(&id.len()) && plain(id) && plain(secret);
    whole.then(|| Shown { prefix, id, hash: digest(token) })
}

/// Characters of 32 bytes in base64 without padding.
const SECRET_CHARS: usize = (SECRET_BYTES * 8).div_ceil(6);

/// What is kept of a token.
pub fn digest(token: &str) -> String {
    hex(&Sha256::digest(token.as_bytes()))
}

/// Whether two digests are the same, in a time that does not depend on where they differ.
pub fn same(one: &str, other: &str) -> bool {
    constant_time::verify_slices_are_equal(one.as_bytes(), other.as_bytes()).is_ok()
}

fn random<const N: usize>() -> Result<[u8; N], StoreError> {
    let mut bytes = [0; N];
    rand::fill(&mut bytes).map_err(|_| StoreError::Refused("the system gives no random bytes".to_owned()))?;
    Ok(bytes)
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_as_it_was_drawn() {
        for prefix in ["crd_live", "crd_ex", "crd_t"] {
            for _ in 0..100 {
                let drawn = draw(prefix, None).expect("random");
                let shown = read(&drawn.token).expect("a token");
                assert_eq!((shown.prefix, shown.id, &shown.hash), (prefix, drawn.id.as_str(), &drawn.hash));
                assert!(same(&shown.hash, &drawn.hash));
            }
        }
        let again = draw("crd_live", Some("0123456789abcdef")).expect("random");
        assert!(again.token.starts_with("crd_live_0123456789abcdef_"), "a new secret under the old name");
    }

    #[test]
    fn what_has_not_the_form_of_a_token_is_none() {
        let good = draw("crd_live", None).expect("random").token;
        let cut = &good[..good.len() - 1];
        let other_prefix = good.replace("crd_live", "crd_root");
        let no_id = format!("crd_live__{}", &good[good.len() - SECRET_CHARS..]);
        let foreign = format!("{}é", &good[..good.len() - 2]);
        for bad in ["", "crd_live", "crd_live_", cut, &other_prefix, &no_id, &foreign, "여행금지"] {
            assert!(read(bad).is_none(), "{bad}");
        }
    }
}
