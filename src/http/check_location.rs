//! `/v1/check/location`: is one position concerned?

use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;

use super::access::Access;
use super::extract::{JsonText, Query, at_parameters, comma_separated, wrong_parameter};
use super::problem::{BodyProblems, ReadProblems, Refusal};
use super::{Shared, cache};
use crate::flows::check_location::{LocationAnswer, check_location};
use crate::format::json;
use crate::format::location::{LocationRequest, PositionDoc};
use crate::model::{CountryCode, IssuerCode, Purpose, Traveller};

/// A location check as query parameters, for people.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct LocationParams {
    /// WGS 84 latitude in degrees.
    #[param(value_type = f64, required = true, minimum = -90, maximum = 90, example = 13.65805)]
    lat: Option<f64>,
    /// WGS 84 longitude in degrees; up to a turn beyond ±180 is taken and normalised.
    #[param(value_type = f64, required = true, minimum = -540, maximum = 540, example = 102.56365)]
    lon: Option<f64>,
    /// The true place lies within this many metres.
    #[param(value_type = f64, minimum = 0, maximum = 1_000_000, default = 0)]
    accuracy_m: Option<f64>,
    /// A nationality; several with commas or by repeating the parameter.
    #[serde(default, deserialize_with = "comma_separated")]
    nationality: Vec<CountryCode>,
    /// Why somebody travels.
    #[param(inline)]
    #[serde(default)]
    purpose: Purpose,
    /// When somebody is there, RFC 3339 with a zone; now if not given.
    #[param(format = DateTime)]
    at: Option<String>,
    /// What was known at this instant; now if not given.
    #[param(format = DateTime)]
    as_of: Option<String>,
    /// Issuers to consult beside those of the nationalities; several with commas or by repeating the parameter.
    #[serde(default, deserialize_with = "comma_separated")]
    issuers: Vec<IssuerCode>,
    /// Language of the texts, BCP 47; English if not given.
    lang: Option<String>,
}

/// Check a position.
///
/// Everything but the position is optional; without a nationality every issuer is consulted.
#[utoipa::path(
    get,
    path = "/v1/check/location",
    tag = "checks",
    operation_id = "checkLocationByQuery",
    params(LocationParams),
    responses((status = 200, description = "Whether the position is concerned, by whom and why", body = LocationAnswer), ReadProblems)
)]
pub async fn by_query(
    State(shared): State<Shared>,
    access: Access,
    Query(params): Query<LocationParams>,
) -> Result<Response, Refusal> {
    let request = LocationRequest::try_from(params)?;
    answer(&shared, &access, request).map_err(at_parameters)
}

/// Check a position with everything that may be said about the traveller.
#[utoipa::path(
    post,
    path = "/v1/check/location",
    tag = "checks",
    operation_id = "checkLocation",
    request_body = LocationRequest,
    responses((status = 200, description = "Whether the position is concerned, by whom and why", body = LocationAnswer), BodyProblems)
)]
pub async fn by_body(
    State(shared): State<Shared>,
    access: Access,
    JsonText(text): JsonText,
) -> Result<Response, Refusal> {
    let request = json::read(&text)?;
    answer(&shared, &access, request)
}

/// A check takes microseconds, so it runs right here.
fn answer(shared: &Shared, access: &Access, request: LocationRequest) -> Result<Response, Refusal> {
    let query = request.query(shared.now())?;
    let snapshot = shared.loaded(access)?;
    let answer = check_location(&snapshot, shared.settings().max_data_age, &query)?;
    shared.meter().checks("location", answer.verdict, 1);
    Ok(cache::private(&answer))
}

impl TryFrom<LocationParams> for LocationRequest {
    type Error = Refusal;

    fn try_from(params: LocationParams) -> Result<Self, Refusal> {
        let needed =
            |value: Option<f64>, name: &str| value.ok_or_else(|| wrong_parameter(name, format!("`{name}` is missing")));
        Ok(Self {
            position: PositionDoc {
                lat: needed(params.lat, "lat")?,
                lon: needed(params.lon, "lon")?,
                accuracy_m: params.accuracy_m.unwrap_or_default(),
            },
            at: params.at,
            as_of: params.as_of,
            traveller: Traveller { nationalities: params.nationality, purpose: params.purpose, permits: vec![] },
            issuers: params.issuers,
            lang: params.lang,
        })
    }
}
