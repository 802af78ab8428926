//! `/v1/places`: places as somebody types their name, and the one nearest to a position.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::{Deserialize, Serialize};

use super::extract::{Query, wrong_parameter};
use super::problem::{ReadProblems, Refusal};
use super::{Shared, cache};
use crate::flows::find_places::{NearestPlace, PlaceWords, find_places, nearest_place};
use crate::geometry::Position;

/// How many places are given when nothing is said.
const DEFAULT_LIMIT: usize = 8;

/// The most places given.
const MAX_LIMIT: usize = 50;

/// What is looked for.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PlaceParams {
    /// The beginning of a name, in any language the gazetteer knows, or of an airport's code.
    #[param(example = "siem")]
    q: String,
    /// The language to call the places in, BCP 47; their common names if not given.
    lang: Option<String>,
    /// At most this many.
    #[param(minimum = 1, maximum = 50, default = 8)]
    limit: Option<usize>,
}

/// Near what.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct NearParams {
    /// WGS 84 latitude in degrees.
    #[param(minimum = -90, maximum = 90, example = 13.658)]
    lat: f64,
    /// WGS 84 longitude in degrees.
    #[param(example = 102.5637)]
    lon: f64,
    /// The language to call the place in, BCP 47; its common name if not given.
    lang: Option<String>,
}

/// Places, the likeliest first.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct PlaceList {
    /// The places.
    pub places: Vec<PlaceWords>,
}

/// Find places.
///
/// By the beginning of a name or of an airport's code, the likeliest first.
#[utoipa::path(
    get,
    path = "/v1/places",
    tag = "reading",
    operation_id = "findPlaces",
    params(PlaceParams),
    responses((status = 200, description = "The places", body = PlaceList), ReadProblems)
)]
pub async fn find(
    State(shared): State<Shared>,
    Query(params): Query<PlaceParams>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let limit = params.limit.unwrap_or(DEFAULT_LIMIT);
    if !(1..=MAX_LIMIT).contains(&limit) {
        return Err(wrong_parameter("limit", format!("{limit} is not between 1 and {MAX_LIMIT}")));
    }
    let lang = params.lang.as_deref().unwrap_or("en");
    let places = find_places(&shared.snapshot(), &params.q, lang, limit);
    Ok(cache::reply(&headers, "application/json", &PlaceList { places }))
}

/// Find the nearest place.
///
/// For a name and a time zone to a position; nobody may keep the answer.
#[utoipa::path(
    get,
    path = "/v1/places/nearest",
    tag = "reading",
    operation_id = "nearestPlace",
    params(NearParams),
    responses((status = 200, description = "The place, and how far it is", body = NearestPlace), ReadProblems)
)]
pub async fn nearest(State(shared): State<Shared>, Query(params): Query<NearParams>) -> Result<Response, Refusal> {
    let position = Position::new(params.lat, params.lon).map_err(|e| wrong_parameter("lat", e.to_string()))?;
    let lang = params.lang.as_deref().unwrap_or("en");
    Ok(cache::private(&nearest_place(&shared.snapshot(), position, lang)))
}
