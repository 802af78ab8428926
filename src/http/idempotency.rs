//! `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header): a request that is sent again, because its answer was lost on the way, is
//! not done again but gets the first one's answer.
//!
//! The same key with the same request gives the stored answer, with another request 422, while the first is under way 409. Keys belong to
//! the caller, and are kept for a day. A failure of ours is not kept: the request may be sent again. Answers that hold a secret must not
//! pass through here, for they are stored as they are.

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Response as HttpResponse, header};
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::Shared;
use super::access::Access;
use super::problem::Refusal;
use crate::error::{Error, Issue};
use crate::flows::answer_once::{self, Beginning};
use crate::store::idempotency::{Answer, Ours};

/// The header.
const KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// Says that an answer was given before.
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
/// The longest key taken.
const LONGEST_KEY: usize = 255;
/// The headers that are part of an answer.
const KEPT: [HeaderName; 4] = [header::CONTENT_TYPE, header::ETAG, header::LOCATION, header::CACHE_CONTROL];

/// Does the work once for each `Idempotency-Key`; without one, each time. `asked` is all that makes the request what it is: method, path,
/// preconditions, body. The work goes on when the client goes away.
///
/// The work is handed the id of what it is to make. It is the same where the request is done again, because whoever did it died before the
/// answer was kept: the work then finds what is there already, and answers with that.
pub async fn once<F>(
    shared: &Shared,
    access: &Access,
    headers: &HeaderMap,
    asked: &[&[u8]],
    work: impl FnOnce(String) -> F,
) -> Result<Response, Refusal>
where
    F: Future<Output = Result<Response, Refusal>> + Send + 'static,
{
    let Some(key) = headers.get(KEY) else { return work(Uuid::now_v7().to_string()).await };
    let key = read(key)?;
    let mut fingerprint = Sha256::new();
    for part in asked {
        fingerprint.update((part.len() as u64).to_be_bytes());
        fingerprint.update(part);
    }
    let fingerprint = format!("{:x}", fingerprint.finalize());
    let begun = answer_once::begin(shared.store(), &access.principal(), &key, &fingerprint, shared.now()).await?;
    let Ours { claim, makes } = match begun {
        Beginning::Ours(ours) => ours,
        Beginning::Answered(answer) => return Ok(replay(answer)),
        Beginning::UnderWay(left) => return Err(Refusal::UnderWay(left.as_secs().max(1).unsigned_abs())),
        Beginning::Another => return Err(Refusal::KeyReused),
    };
    let (shared, work) = (shared.clone(), work(makes));
    let done = tokio::spawn(async move {
        let store = shared.store();
        let done = answer_once::hold(store, shared.clock(), &claim, work).await;
        let response = done.unwrap_or_else(IntoResponse::into_response);
        if response.status().is_server_error() {
            answer_once::give_up(store, &claim).await;
            return Ok(response);
        }
        let (answer, response) = keep(response).await?;
        answer_once::finish(store, &claim, &answer).await;
        Ok(response)
    });
    done.await.unwrap_or(Err(Refusal::Internal))
}

/// Refuses an `Idempotency-Key` where the answer holds a secret: it is not kept, so it could not be given again, and nobody should believe that
/// a second request makes nothing new.
pub fn none(headers: &HeaderMap) -> Result<(), Refusal> {
    if !headers.contains_key(KEY) {
        return Ok(());
    }
    let detail =
        "the answer holds a secret, which is not kept: sent again, this would make another one. Leave the key out"
            .to_owned();
    Err(Refusal::Flow(Issue { pointer: "Idempotency-Key".to_owned(), code: "invalid_header", detail }.into()))
}

/// The key, written as a string of structured fields (`"…"`) or bare, as many clients send it.
fn read(value: &HeaderValue) -> Result<String, Refusal> {
    let text = value.to_str().unwrap_or_default();
    let key = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text);
    let plain = (1..=LONGEST_KEY).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_graphic() && b != b'"');
    if plain {
        return Ok(key.to_owned());
    }
    let detail = format!("an Idempotency-Key has 1 to {LONGEST_KEY} visible characters of ASCII, such as a UUID");
    Err(Refusal::Flow(Issue { pointer: "Idempotency-Key".to_owned(), code: "invalid_header", detail }.into()))
}

/// The answer to be kept, and the same to be sent.
async fn keep(response: Response) -> Result<(Answer, Response), Refusal> {
    let (parts, body) = response.into_parts();
    let bytes = to_bytes(body, usize::MAX).await.map_err(|_| Refusal::Internal)?;
    let body = String::from_utf8(bytes.to_vec()).map_err(|e| Error::Internal(e.to_string()))?;
    let headers = KEPT.iter().filter_map(|name| {
        let value = parts.headers.get(name)?.to_str().ok()?;
        Some((name.as_str().to_owned(), value.to_owned()))
    });
    let answer = Answer { status: parts.status.as_u16(), headers: headers.collect(), body };
    Ok((answer, Response::from_parts(parts, Body::from(bytes))))
}

fn replay(answer: Answer) -> Response {
    let mut response = HttpResponse::builder().status(answer.status).header(REPLAYED, "true");
    for (name, value) in answer.headers {
        response = response.header(name, value);
    }
    response.body(Body::from(answer.body)).unwrap_or_else(|_| Refusal::Internal.into_response())
}
