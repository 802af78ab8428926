//! `/v1/missions`: whom to call.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;

use super::extract::Query;
use super::problem::{ReadProblems, Refusal};
use super::{Shared, cache};
use crate::flows::list_missions::{MissionList, MissionQuery, list_missions};
use crate::model::{CountryCode, IssuerCode};

/// Which missions are asked for.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct MissionParams {
    /// Only of this issuer.
    issuer: Option<IssuerCode>,
    /// Only those that help travellers in this country (ISO 3166-1): they stand there, are responsible for it, or answer everywhere.
    country: Option<CountryCode>,
}

/// List the issuers' missions.
///
/// Embassies, consulates and worldwide emergency lines, with the source of their numbers and the day it was read.
#[utoipa::path(
    get,
    path = "/v1/missions",
    tag = "reading",
    operation_id = "listMissions",
    params(MissionParams),
    responses((status = 200, description = "The missions", body = MissionList), ReadProblems)
)]
pub async fn list(
    State(shared): State<Shared>,
    Query(MissionParams { issuer, country }): Query<MissionParams>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let list = list_missions(&shared.snapshot(), &MissionQuery { issuer, country })?;
    Ok(cache::reply(&headers, "application/json", &list))
}
