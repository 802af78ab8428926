//! Publishing: a new advisory, its next revision, its withdrawal. Needs a key with the scope `publish`.

use axum::Extension;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;

use super::access::Access;
use super::extract::{JsonText, Query, Segment};
use super::idempotency::once;
use super::problem::{BodyProblems, ChangeProblems, EditProblems, FindProblems, Refusal, created};
use super::tags::{seen, tagged};
use super::{Shared, cache};
use crate::flows::commitment::Commitment;
use crate::flows::publish_advisory::{self, Press, Publication, Publisher, WithdrawalDoc};
use crate::flows::seen::Seen;
use crate::format::json;
use crate::format::revision::RevisionDoc;
use crate::model::Scope;

/// Whether it is only to be looked at.
#[derive(Clone, Copy, Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PublishParams {
    /// Checks everything and tells the consequences; publishes nothing.
    #[serde(default)]
    #[param(required = false)]
    dry_run: bool,
}

/// What is to be done.
#[derive(Debug)]
enum Order {
    /// A Feature, of the advisory that the path names, if it names one.
    Publish(Option<String>),
    /// The end of an advisory.
    Withdraw(String),
}

/// All that makes a request what it is.
struct Asked {
    who: Publisher,
    order: Order,
    seen: Seen,
    dry_run: bool,
    body: Bytes,
}

/// Publish an advisory.
///
/// The body is one Feature, as in the data folder. `revision`, `published_at` and `valid_from` may be left out: it is the next one, known and in
/// force from now on. When there is such an advisory already, this is its next revision, and `If-Match` must name the last one that was seen.
#[utoipa::path(post, path = "/v1/advisories", tag = "publishing", operation_id = "publishAdvisory", security(("key" = [])),
    params(PublishParams,
        ("If-Match" = Option<String>, Header, description = "The last revision that was seen, for a next one", example = "\"3\""),
        ("Idempotency-Key" = Option<String>, Header, description = "The same key with the same body publishes once")),
    request_body(content((RevisionDoc = "application/geo+json"), (RevisionDoc = "application/json"))),
    responses(
        (status = 201, description = "It is published", body = Publication, headers(("ETag" = String, description = "The number of the revision"), ("Location" = String, description = "The advisory"))),
        (status = 200, description = "It would be published (`dry_run`)", body = Publication),
        BodyProblems, ChangeProblems, EditProblems
    ))]
pub async fn publish(
    State(shared): State<Shared>,
    access: Access,
    Extension(commitment): Extension<Commitment>,
    Query(params): Query<PublishParams>,
    headers: HeaderMap,
    JsonText(text): JsonText,
) -> Result<Response, Refusal> {
    carry_out(&shared, &access, &headers, commitment, Order::Publish(None), params, text).await
}

/// Revise an advisory: raise it, lower it, redraw it.
#[utoipa::path(post, path = "/v1/advisories/{id}/revisions", tag = "publishing", operation_id = "reviseAdvisory", security(("key" = [])),
    params(("id" = String, Path, description = "Issuer, colon, name: `kr-mofa:kh-poipet`", example = "kr-mofa:kh-poipet"), PublishParams,
        ("If-Match" = String, Header, description = "The last revision that was seen", example = "\"3\""),
        ("Idempotency-Key" = Option<String>, Header, description = "The same key with the same body publishes once")),
    request_body(content((RevisionDoc = "application/geo+json"), (RevisionDoc = "application/json"))),
    responses(
        (status = 201, description = "It is published", body = Publication, headers(("ETag" = String, description = "The number of the revision"), ("Location" = String, description = "The advisory"))),
        (status = 200, description = "It would be published (`dry_run`)", body = Publication),
        FindProblems, BodyProblems, ChangeProblems, EditProblems
    ))]
pub async fn revise(
    State(shared): State<Shared>,
    access: Access,
    Extension(commitment): Extension<Commitment>,
    Segment(id): Segment,
    Query(params): Query<PublishParams>,
    headers: HeaderMap,
    JsonText(text): JsonText,
) -> Result<Response, Refusal> {
    carry_out(&shared, &access, &headers, commitment, Order::Publish(Some(id)), params, text).await
}

/// Withdraw an advisory.
#[utoipa::path(post, path = "/v1/advisories/{id}/withdraw", tag = "publishing", operation_id = "withdrawAdvisory", security(("key" = [])),
    params(("id" = String, Path, description = "Issuer, colon, name: `kr-mofa:kh-poipet`", example = "kr-mofa:kh-poipet"), PublishParams,
        ("If-Match" = String, Header, description = "The last revision that was seen", example = "\"3\""),
        ("Idempotency-Key" = Option<String>, Header, description = "The same key with the same body withdraws once")),
    request_body = WithdrawalDoc,
    responses(
        (status = 201, description = "It is withdrawn, by this revision", body = Publication, headers(("ETag" = String, description = "The number of the revision"), ("Location" = String, description = "The advisory"))),
        (status = 200, description = "It would be withdrawn (`dry_run`)", body = Publication),
        FindProblems, BodyProblems, ChangeProblems, EditProblems
    ))]
pub async fn withdraw(
    State(shared): State<Shared>,
    access: Access,
    Extension(commitment): Extension<Commitment>,
    Segment(id): Segment,
    Query(params): Query<PublishParams>,
    headers: HeaderMap,
    JsonText(text): JsonText,
) -> Result<Response, Refusal> {
    carry_out(&shared, &access, &headers, commitment, Order::Withdraw(id), params, text).await
}

async fn carry_out(
    shared: &Shared,
    access: &Access,
    headers: &HeaderMap,
    commitment: Commitment,
    order: Order,
    params: PublishParams,
    body: Bytes,
) -> Result<Response, Refusal> {
    access.require(Scope::Publish)?;
    shared.loaded(access)?;
    let key = access.key().ok_or(Refusal::Unauthenticated("publishing needs a key"))?;
    let who = Publisher { key: key.id.clone(), kind: key.kind, issuers: key.issuers.clone() };
    let (seen, dry_run) = (seen(headers), params.dry_run);
    let request = format!("{order:?} {seen:?} {dry_run}");
    let (own, asked) = (shared.clone(), Asked { who, order, seen, dry_run, body: body.clone() });
    let work = |id: String| async move { perform(&own, &id, commitment, &asked).await };
    once(shared, access, headers, &[request.as_bytes(), &body], work).await
}

async fn perform(shared: &Shared, request: &str, commitment: Commitment, asked: &Asked) -> Result<Response, Refusal> {
    let press = Press {
        store: shared.store(),
        live: shared.live(),
        clock: shared.clock(),
        watch: Some(shared.watch()),
        request: Some(request),
        commitment,
    };
    let Asked { who, order, seen, dry_run, body } = asked;
    let publication = match order {
        Order::Publish(advisory) => {
            publish_advisory::publish(&press, who, advisory.as_deref(), seen, body, *dry_run).await?
        }
        Order::Withdraw(advisory) => {
            let withdrawal: WithdrawalDoc = json::read(body)?;
            publish_advisory::withdraw(&press, who, advisory, seen, &withdrawal, *dry_run).await?
        }
    };
    let response = cache::private(&publication);
    if !publication.published {
        return Ok(response);
    }
    if let Some(took) = publication.answering_after {
        shared.meter().publication(took);
    }
    let response = tagged(response, publication.revision.number);
    Ok(created(response, &format!("/v1/advisories/{}", publication.revision.advisory)))
}
