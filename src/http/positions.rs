//! `/v1/travellers/{id}/positions`: where a device is. Only the last position is kept, rounded; never a track.

use axum::extract::State;
use axum::response::{IntoResponse, Response};

use super::access::Access;
use super::extract::JsonText;
use super::own::Own;
use super::problem::{self, BodyProblems, ChangeProblems, FindProblems, ReadProblems, Refusal};
use super::{Shared, cache};
use crate::flows::report_position::Fix;
use crate::flows::watch::answers::{PositionAnswer, ReportAnswer};
use crate::format::json;
use crate::format::watching::PositionsRequest;

/// Report one fix or many, in any order, each with its own accuracy and time.
///
/// Fixes that are wrong are named, the others taken; what comes twice or late changes nothing.
#[utoipa::path(post, path = "/v1/travellers/{id}/positions", tag = "watching", operation_id = "reportPositions", security(("key" = [])),
    params(("id" = String, Path, description = "The traveller's id")), request_body = PositionsRequest,
    responses((status = 200, description = "What became of each, and what is kept", body = ReportAnswer), BodyProblems, ChangeProblems, FindProblems))]
pub async fn report(
    State(shared): State<Shared>,
    access: Access,
    Own(traveller): Own,
    JsonText(text): JsonText,
) -> Result<Response, Refusal> {
    shared.loaded(&access)?;
    let request: PositionsRequest = json::read(&text)?;
    let (fixes, refused) = request.fixes()?;
    let fixes = fixes.into_iter().map(|(index, position, at)| Fix { index, position, at }).collect();
    let reported = shared.watch().report(&traveller.id, fixes, refused).await?;
    Ok(cache::private(&ReportAnswer::new(reported)?))
}

/// Read the one position that is kept.
#[utoipa::path(get, path = "/v1/travellers/{id}/position", tag = "watching", operation_id = "readPosition", security(("key" = [])),
    params(("id" = String, Path, description = "The traveller's id")),
    responses((status = 200, description = "The position, rounded", body = PositionAnswer), ReadProblems, FindProblems))]
pub async fn read(State(shared): State<Shared>, Own(traveller): Own) -> Result<Response, Refusal> {
    let (subject, state) = shared.watch().position(&traveller.id).await?;
    Ok(cache::private(&PositionAnswer::new(&subject, &state)?))
}

/// Forget the position.
#[utoipa::path(delete, path = "/v1/travellers/{id}/position", tag = "watching", operation_id = "forgetPosition", security(("key" = [])),
    params(("id" = String, Path, description = "The traveller's id")),
    responses((status = 204, description = "It is forgotten"), ReadProblems, FindProblems))]
pub async fn forget(State(shared): State<Shared>, Own(traveller): Own) -> Result<Response, Refusal> {
    shared.watch().forget_position(&traveller.id).await?;
    Ok(problem::NOTHING_TO_SAY.into_response())
}
