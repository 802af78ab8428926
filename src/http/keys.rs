//! `/v1/keys`: keys are made, listed, given a new secret and revoked, by holders of an admin key.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use super::access::Access;
use super::extract::{JsonText, Segment};
use super::problem::{BodyProblems, ChangeProblems, FindProblems, ReadProblems, Refusal, created};
use super::{Shared, cache, idempotency};
use crate::flows::manage_keys::{self, GRACE, KeyMade, KeyRequest};
use crate::format::json;
use crate::model::{ApiKey, Scope};

/// Keys, oldest first.
#[derive(Serialize, utoipa::ToSchema)]
pub struct KeyList {
    keys: Vec<ApiKey>,
}

/// How a key is given a new secret.
#[derive(Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Rotation {
    /// How long the old secret opens beside the new one; a day if not given.
    #[serde(default)]
    #[schema(value_type = Option<String>, examples("PT24H"))]
    grace: Option<SignedDuration>,
}

/// List the keys, those that open nothing any more among them.
#[utoipa::path(get, path = "/v1/keys", tag = "access", operation_id = "listKeys", security(("key" = [])),
    responses((status = 200, description = "The keys, without their secrets", body = KeyList), ReadProblems))]
pub async fn list(State(shared): State<Shared>, access: Access) -> Result<Response, Refusal> {
    access.require(Scope::Admin)?;
    let keys = manage_keys::list(shared.store(), access.kind()).await?;
    Ok(cache::private(&KeyList { keys }))
}

/// Make a key. The answer holds it whole, this once.
#[utoipa::path(post, path = "/v1/keys", tag = "access", operation_id = "createKey", security(("key" = [])),
    request_body = KeyRequest,
    responses((status = 201, description = "The key", body = KeyMade), BodyProblems))]
pub async fn create(
    State(shared): State<Shared>,
    access: Access,
    headers: HeaderMap,
    JsonText(text): JsonText,
) -> Result<Response, Refusal> {
    idempotency::none(&headers)?;
    access.require(Scope::Admin)?;
    let request: KeyRequest = json::read(&text)?;
    let snapshot = shared.live().snapshot_for(access.kind());
    let known = Some(&**snapshot.index.issuers());
    let made = manage_keys::create(shared.store(), &request, known, access.kind(), shared.now()).await?;
    Ok(created(cache::private(&made), &format!("/v1/keys/{}", made.key.id)))
}

/// Give a key a new secret. The old one opens for a while yet, so that whoever uses it can change over.
///
/// Without a body it does so for a day.
#[utoipa::path(post, path = "/v1/keys/{id}/rotate", tag = "access", operation_id = "rotateKey", security(("key" = [])),
    params(("id" = String, Path, description = "The key's id")), request_body = Rotation,
    responses((status = 200, description = "The key with its new secret", body = KeyMade), BodyProblems, ChangeProblems, FindProblems))]
pub async fn rotate(
    State(shared): State<Shared>,
    access: Access,
    Segment(id): Segment,
    JsonText(text): JsonText,
) -> Result<Response, Refusal> {
    access.require(Scope::Admin)?;
    let rotation: Rotation = json::read(&text)?;
    let grace = rotation.grace.unwrap_or(GRACE);
    let made = manage_keys::rotate(shared.store(), &id, grace, access.kind(), shared.now()).await?;
    shared.known_keys().forget();
    Ok(cache::private(&made))
}

/// Revoke a key, for good and at once; other instances follow within five seconds.
#[utoipa::path(delete, path = "/v1/keys/{id}", tag = "access", operation_id = "revokeKey", security(("key" = [])),
    params(("id" = String, Path, description = "The key's id")),
    responses((status = 200, description = "The key as it is now", body = ApiKey), ReadProblems, FindProblems))]
pub async fn revoke(State(shared): State<Shared>, access: Access, Segment(id): Segment) -> Result<Response, Refusal> {
    access.require(Scope::Admin)?;
    let key = manage_keys::revoke(shared.store(), &id, access.kind(), shared.now()).await?;
    shared.known_keys().forget();
    Ok(cache::private(&key))
}
