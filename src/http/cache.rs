//! Answers that may be kept by a client that asks again each time: strong entity tags from the content, 304 where it is unchanged.

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::problem::{self, Refusal};
use super::tags::{compressed, known};

/// Kept, but never used without asking: an outdated advisory is a danger.
pub const REVALIDATE: HeaderValue = HeaderValue::from_static("no-cache");

/// Nobody may keep it.
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// An answer in JSON, or 304 when the client already has it.
pub fn reply(asked: &HeaderMap, media_type: &'static str, answer: &impl Serialize) -> Response {
    match serde_json::to_vec(answer) {
        Ok(body) => reply_bytes(asked, media_type, body),
        Err(e) => {
            tracing::error!("an answer cannot be written as JSON: {e}");
            Refusal::Internal.into_response()
        }
    }
}

/// As [`reply`], about something that is changed by its number: the tag begins with it, so that `If-Match` can name it.
pub fn reply_numbered(asked: &HeaderMap, media_type: &'static str, number: u32, answer: &impl Serialize) -> Response {
    match serde_json::to_vec(answer) {
        Ok(body) => tagged(asked, media_type, &format!("{number}-"), body),
        Err(e) => {
            tracing::error!("an answer cannot be written as JSON: {e}");
            Refusal::Internal.into_response()
        }
    }
}

/// As [`reply_numbered`], about a person: nobody may keep it but who asks.
pub fn reply_privately(asked: &HeaderMap, number: u32, answer: &impl Serialize) -> Response {
    let mut response = reply_numbered(asked, "application/json", number, answer);
    response.headers_mut().insert(header::CACHE_CONTROL, NO_STORE);
    response
}

/// An answer already written, or 304 when the client already has it.
pub fn reply_bytes(asked: &HeaderMap, media_type: &'static str, body: impl AsRef<[u8]> + Into<Body>) -> Response {
    tagged(asked, media_type, "", body)
}

fn tagged(asked: &HeaderMap, media_type: &'static str, prefix: &str, body: impl AsRef<[u8]> + Into<Body>) -> Response {
    let digest = Sha256::digest(body.as_ref());
    // half of the digest: 128 bits do not meet by accident
    let tag = format!("\"{prefix}{:032x}\"", u128::from_be_bytes(std::array::from_fn(|i| digest[i])));
    let (mut response, tag) = match known(asked, &tag) {
        Some(known) => (problem::UNCHANGED.into_response(), known),
        None => (([(header::CONTENT_TYPE, media_type)], body.into()).into_response(), tag),
    };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, REVALIDATE);
    headers.insert(header::VARY, HeaderValue::from_static("accept"));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(header::ETAG, tag);
    }
    response
}

/// Whether the client already has what this tag names.
pub fn is_known(asked: &HeaderMap, tag: &str) -> bool {
    known(asked, tag).is_some_and(|known| known == tag)
}

/// Around compression: gives a compressed answer its own tag.
pub async fn tag_compressed(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    if headers.get(header::CONTENT_ENCODING).is_some_and(|coding| coding == "gzip")
        && let Some(tag) = headers.get(header::ETAG).and_then(|tag| tag.to_str().ok())
        && let Ok(tag) = HeaderValue::from_str(&compressed(tag))
    {
        headers.insert(header::ETAG, tag);
    }
    response
}

/// An answer about a person: nobody may keep it.
pub fn private(answer: &impl Serialize) -> Response {
    match serde_json::to_vec(answer) {
        Ok(body) => (
            [(header::CONTENT_TYPE, HeaderValue::from_static("application/json")), (header::CACHE_CONTROL, NO_STORE)],
            body,
        )
            .into_response(),
        Err(e) => {
            tracing::error!("an answer cannot be written as JSON: {e}");
            Refusal::Internal.into_response()
        }
    }
}
