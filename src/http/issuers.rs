//! `/v1/issuers`: who is consulted, and how much of what they say is known.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;

use super::extract::Query;
use super::problem::ReadProblems;
use super::{Shared, cache};
use crate::flows::list_issuers::{IssuerList, list_issuers};

/// This takes no parameters.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoParams {}

/// List the issuers.
///
/// With their scales, and the state of their data: over which span and for which countries it is complete, and which files were refused.
#[utoipa::path(
    get,
    path = "/v1/issuers",
    tag = "reading",
    operation_id = "listIssuers",
    responses((status = 200, description = "The issuers", body = IssuerList), ReadProblems)
)]
pub async fn list(State(shared): State<Shared>, Query(NoParams {}): Query<NoParams>, headers: HeaderMap) -> Response {
    cache::reply(&headers, "application/json", &list_issuers(&shared.snapshot()))
}
