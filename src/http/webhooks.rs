//! `/v1/webhooks`: where a key's holder wants events posted.

use axum::extract::{OriginalUri, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use super::access::Access;
use super::extract::{JsonText, Name, Query, Segment};
use super::paging::{linked, next_url, page_of_ids};
use super::problem::{BodyProblems, FindProblems, NOTHING_TO_SAY, ReadProblems, Refusal, created};
use super::{Shared, cache, idempotency};
use crate::flows::manage_webhooks::{self, GRACE, WebhookChange, WebhookRequest, WebhookShown};
use crate::format::json;
use crate::model::Scope;

/// Which webhooks to list.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListParams {
    /// At most this many, up to 1,000.
    #[param(minimum = 1, maximum = 1000, default = 100)]
    limit: Option<usize>,
    /// Where the page before ended.
    #[param(value_type = Option<String>)]
    cursor: Option<Name>,
}

/// A page of webhooks.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct WebhookPage {
    /// The oldest first.
    webhooks: Vec<WebhookShown>,
    /// Where the next page is.
    next: Option<String>,
}

/// How a webhook is given another secret.
#[derive(Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SecretRotation {
    /// How long the old secret signs beside the new one; a day if not given.
    #[serde(default)]
    #[schema(value_type = Option<String>, examples("PT24H"))]
    grace: Option<SignedDuration>,
}

/// Make a webhook. The answer holds its secret, this once.
///
/// Posts follow Standard Webhooks 1.0.0: the headers `webhook-id` (the same on every attempt), `webhook-timestamp` and
/// `webhook-signature` with a `v1` (HMAC-SHA-256) and a `v1a` (Ed25519) signature for each live secret.
#[utoipa::path(post, path = "/v1/webhooks", tag = "watching", operation_id = "createWebhook", security(("key" = [])),
    request_body = WebhookRequest,
    responses((status = 201, description = "The webhook with its secret", body = WebhookShown), BodyProblems))]
pub async fn create(
    State(shared): State<Shared>,
    access: Access,
    headers: HeaderMap,
    JsonText(text): JsonText,
) -> Result<Response, Refusal> {
    idempotency::none(&headers)?;
    let owner = owner(&access)?;
    let request: WebhookRequest = json::read(&text)?;
    let made =
        manage_webhooks::create(shared.store(), shared.guard(), &owner, access.kind(), &request, shared.now()).await?;
    Ok(created(cache::private(&made), &format!("/v1/webhooks/{}", made.id)))
}

/// List the webhooks of the key that asks.
#[utoipa::path(get, path = "/v1/webhooks", tag = "watching", operation_id = "listWebhooks", security(("key" = [])),
    params(ListParams), responses((status = 200, description = "A page of webhooks", body = WebhookPage), ReadProblems))]
pub async fn list(
    State(shared): State<Shared>,
    access: Access,
    OriginalUri(uri): OriginalUri,
    Query(params): Query<ListParams>,
) -> Result<Response, Refusal> {
    let owner = owner(&access)?;
    let asked = page_of_ids(params.limit, params.cursor)?;
    let found = manage_webhooks::list(shared.store(), &owner, &asked, shared.now()).await?;
    let next = found.next.map(|cursor| next_url(&uri, &cursor));
    let answer = cache::private(&WebhookPage { webhooks: found.items, next: next.clone() });
    Ok(linked(answer, next.as_deref()))
}

/// Read a webhook.
#[utoipa::path(get, path = "/v1/webhooks/{id}", tag = "watching", operation_id = "readWebhook", security(("key" = [])),
    params(("id" = String, Path, description = "The webhook's id")),
    responses((status = 200, description = "The webhook", body = WebhookShown), ReadProblems, FindProblems))]
pub async fn read(State(shared): State<Shared>, access: Access, Segment(id): Segment) -> Result<Response, Refusal> {
    let owner = owner(&access)?;
    Ok(cache::private(&manage_webhooks::read(shared.store(), &owner, &id, shared.now()).await?))
}

/// Change a webhook's URL or events, or make a disabled one active again.
#[utoipa::path(patch, path = "/v1/webhooks/{id}", tag = "watching", operation_id = "changeWebhook", security(("key" = [])),
    params(("id" = String, Path, description = "The webhook's id")), request_body = WebhookChange,
    responses((status = 200, description = "The webhook as it is now", body = WebhookShown), BodyProblems, FindProblems))]
pub async fn change(
    State(shared): State<Shared>,
    access: Access,
    Segment(id): Segment,
    JsonText(text): JsonText,
) -> Result<Response, Refusal> {
    let owner = owner(&access)?;
    let change: WebhookChange = json::read(&text)?;
    let shown = manage_webhooks::change(shared.store(), shared.guard(), &owner, &id, &change, shared.now()).await?;
    Ok(cache::private(&shown))
}

/// Give a webhook another secret. The old one signs beside it for a while yet.
///
/// Without a body it does so for a day.
#[utoipa::path(post, path = "/v1/webhooks/{id}/rotate", tag = "watching", operation_id = "rotateWebhook", security(("key" = [])),
    params(("id" = String, Path, description = "The webhook's id")), request_body = SecretRotation,
    responses((status = 200, description = "The webhook with its new secret", body = WebhookShown), BodyProblems, FindProblems))]
pub async fn rotate(
    State(shared): State<Shared>,
    access: Access,
    Segment(id): Segment,
    JsonText(text): JsonText,
) -> Result<Response, Refusal> {
    let owner = owner(&access)?;
    let rotation: SecretRotation = json::read(&text)?;
    let grace = rotation.grace.unwrap_or(GRACE);
    Ok(cache::private(&manage_webhooks::rotate(shared.store(), &owner, &id, grace, shared.now()).await?))
}

/// Delete a webhook, with what it was owed.
#[utoipa::path(delete, path = "/v1/webhooks/{id}", tag = "watching", operation_id = "deleteWebhook", security(("key" = [])),
    params(("id" = String, Path, description = "The webhook's id")),
    responses((status = 204, description = "It is gone"), ReadProblems, FindProblems))]
pub async fn delete(State(shared): State<Shared>, access: Access, Segment(id): Segment) -> Result<Response, Refusal> {
    manage_webhooks::delete(shared.store(), &owner(&access)?, &id).await?;
    Ok(NOTHING_TO_SAY.into_response())
}

/// The key whose webhooks are meant.
fn owner(access: &Access) -> Result<String, Refusal> {
    let key = access.key().ok_or(Refusal::Unauthenticated("webhooks belong to a key"))?;
    access.require(Scope::Watch)?;
    Ok(key.id.clone())
}
