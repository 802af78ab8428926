//! `/v1/travellers`: registering, and what is kept of a traveller: to be read, changed, taken along and erased.

use axum::extract::{OriginalUri, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};

use super::access::Access;
use super::extract::{JsonText, Name, Query};
use super::own::Own;
use super::paging::{linked, next_url, page_of_ids};
use super::problem::{self, BodyProblems, ChangeProblems, EditProblems, FindProblems, ReadProblems, Refusal, created};
use super::tags::{seen, tagged};
use super::{Shared, cache, idempotency};
use crate::error::Error;
use crate::flows::watch::answers::{ExportAnswer, RegisteredAnswer, TravellerAnswer};
use crate::format::json;
use crate::format::watching::{ProfilePatch, RegisterRequest, language};
use crate::model::Scope;

/// The travellers of a key.
#[derive(Serialize, utoipa::ToSchema)]
pub struct TravellerList {
    /// In the order of their registration.
    travellers: Vec<TravellerAnswer>,
    /// Where the next page is; null on the last.
    next: Option<String>,
}

/// Which page.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
pub struct PageParams {
    /// How many at most, up to 1,000; 100 if not given.
    limit: Option<usize>,
    /// Where the last page ended.
    #[param(value_type = Option<String>)]
    cursor: Option<Name>,
}

/// Register a traveller. The answer holds the token that opens what is theirs, this once.
///
/// Without a key travellers register themselves; those registered with a key belong to it too. Nothing that names a person is asked for.
#[utoipa::path(post, path = "/v1/travellers", tag = "watching", operation_id = "registerTraveller", security((), ("key" = [])),
    request_body = RegisterRequest,
    responses((status = 201, description = "The traveller, with the token", body = RegisteredAnswer), BodyProblems, ChangeProblems))]
pub async fn register(
    State(shared): State<Shared>,
    access: Access,
    headers: HeaderMap,
    JsonText(text): JsonText,
) -> Result<Response, Refusal> {
    idempotency::none(&headers)?;
    access.require(Scope::Watch)?;
    let request: RegisterRequest = json::read(&text)?;
    language(request.lang.as_deref()).map_err(Error::from)?;
    let owner = access.key().map(|key| key.id.clone());
    let (traveller, token) = shared.watch().register(&request, access.kind(), owner).await?;
    let answer = RegisteredAnswer { traveller: (&traveller).into(), token };
    Ok(created(cache::private(&answer), &format!("/v1/travellers/{}", traveller.id)))
}

/// List the travellers of a key.
#[utoipa::path(get, path = "/v1/travellers", tag = "watching", operation_id = "listTravellers", security(("key" = [])), params(PageParams),
    responses((status = 200, description = "A page of them", body = TravellerList), ReadProblems))]
pub async fn list(
    State(shared): State<Shared>,
    access: Access,
    OriginalUri(uri): OriginalUri,
    Query(params): Query<PageParams>,
) -> Result<Response, Refusal> {
    access.require(Scope::Watch)?;
    let key = access.key().ok_or(Refusal::Unauthenticated("travellers are listed for the key that registered them"))?;
    let page = page_of_ids(params.limit, params.cursor)?;
    let wanted = u32::try_from(page.limit).unwrap_or(u32::MAX) + 1;
    let after = page.after.as_deref().unwrap_or_default();
    let mut found = shared.watch().travellers_of(&key.id, after, wanted).await?;
    let more = found.len() > page.limit;
    found.truncate(page.limit);
    let next = found.last().filter(|_| more).map(|last| next_url(&uri, &last.id));
    let travellers = found.iter().map(TravellerAnswer::from).collect();
    Ok(linked(cache::private(&TravellerList { travellers, next: next.clone() }), next.as_deref()))
}

/// Read a traveller.
#[utoipa::path(get, path = "/v1/travellers/{id}", tag = "watching", operation_id = "readTraveller", security(("key" = [])),
    params(("id" = String, Path, description = "The traveller's id")),
    responses((status = 200, description = "The traveller", body = TravellerAnswer), ReadProblems, FindProblems))]
pub async fn read(Own(traveller): Own, headers: HeaderMap) -> Result<Response, Refusal> {
    Ok(cache::reply_privately(&headers, traveller.revision, &TravellerAnswer::from(&traveller)))
}

/// Change what advisories care about, or the language. Everything that is theirs is matched anew.
#[utoipa::path(patch, path = "/v1/travellers/{id}", tag = "watching", operation_id = "changeTraveller", security(("key" = [])),
    params(("id" = String, Path, description = "The traveller's id")), request_body = ProfilePatch,
    responses((status = 200, description = "The traveller as it is now", body = TravellerAnswer), BodyProblems, ChangeProblems, FindProblems, EditProblems))]
pub async fn change(
    State(shared): State<Shared>,
    Own(traveller): Own,
    headers: HeaderMap,
    JsonText(text): JsonText,
) -> Result<Response, Refusal> {
    let patch: ProfilePatch = json::read(&text)?;
    language(patch.lang.as_deref()).map_err(Error::from)?;
    let changed = shared.watch().change_traveller(&traveller.id, &seen(&headers), &patch).await?;
    Ok(tagged(cache::private(&TravellerAnswer::from(&changed)), changed.revision))
}

/// Erase a traveller and everything that tells of them, at once.
#[utoipa::path(delete, path = "/v1/travellers/{id}", tag = "watching", operation_id = "eraseTraveller", security(("key" = [])),
    params(("id" = String, Path, description = "The traveller's id")),
    responses((status = 204, description = "Nothing is left"), ReadProblems, FindProblems))]
pub async fn erase(State(shared): State<Shared>, Own(traveller): Own) -> Result<Response, Refusal> {
    shared.watch().erase(&traveller.id).await?;
    Ok(problem::NOTHING_TO_SAY.into_response())
}

/// Take along everything that is kept of a traveller.
#[utoipa::path(get, path = "/v1/travellers/{id}/export", tag = "watching", operation_id = "exportTraveller", security(("key" = [])),
    params(("id" = String, Path, description = "The traveller's id")),
    responses((status = 200, description = "Everything", body = ExportAnswer), ReadProblems, FindProblems))]
pub async fn export(State(shared): State<Shared>, Own(traveller): Own) -> Result<Response, Refusal> {
    Ok(cache::private(&ExportAnswer::new(&shared.watch().export(&traveller.id).await?)?))
}
