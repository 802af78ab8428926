//! `/problems`: what the `type` of a problem leads to.

use axum::http::HeaderMap;
use axum::response::Response;

use super::cache;
use super::extract::Segment;
use super::problem::{FindProblems, ProblemKind, Refusal, kinds};
use crate::error::Error;

/// List the kinds of problem.
#[utoipa::path(get, path = "/problems", tag = "running", operation_id = "listProblems",
    responses((status = 200, description = "The kinds", body = Vec<ProblemKind>)))]
pub async fn list(headers: HeaderMap) -> Response {
    cache::reply(&headers, "application/json", &kinds().collect::<Vec<_>>())
}

/// Read what a kind of problem is.
#[utoipa::path(get, path = "/problems/{code}", tag = "running", operation_id = "readProblem",
    params(("code" = String, Path, description = "The `code` of a problem: `invalid_input`", example = "invalid_input")),
    responses((status = 200, description = "The kind", body = ProblemKind), FindProblems))]
pub async fn read(Segment(code): Segment, headers: HeaderMap) -> Result<Response, Refusal> {
    let kind = kinds().find(|kind| kind.code == code).ok_or(Error::NotFound { what: "problem", id: code })?;
    Ok(cache::reply(&headers, "application/json", &kind))
}
