//! `/v1/regions`: named places, as JSON without or as GeoJSON with their geometry.

use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use serde::{Deserialize, Serialize};

use super::extract::{Name, Query, Segment, wrong_parameter};
use super::issuers::NoParams;
use super::negotiate::{SUFFIX, Wanted};
use super::problem::{FindProblems, ReadProblems, Refusal};
use super::{Shared, cache, paging};
use crate::flows::list_regions::{self, RegionQuery, RegionWords, feature, list_regions};
use crate::format::bbox::BoundingBox;
use crate::format::geojson::{Feature, FeatureCollection};
use crate::model::{CountryCode, RegionKind};

/// Which places are asked for.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct RegionParams {
    /// Only of this kind.
    #[param(inline)]
    kind: Option<RegionKind>,
    /// Only of this country (ISO 3166-1); a border belongs to both of its own.
    country: Option<CountryCode>,
    /// Only those that may meet the box west,south,east,north in degrees; a west greater than the east crosses the antimeridian.
    #[param(example = "102.3,10.4,107.6,14.7")]
    bbox: Option<String>,
    /// Only those whose code or name, in any language, holds these words.
    q: Option<String>,
    /// At most this many on a page.
    #[param(minimum = 1, maximum = 1_000, default = 100)]
    limit: Option<usize>,
    /// Where the page begins, as `next` of the page before gave it.
    #[param(value_type = Option<String>)]
    cursor: Option<Name>,
}

/// A page of places.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct RegionPage {
    /// The set of fences that answers.
    pub epoch: u64,
    /// The places, in the order of their codes.
    pub regions: Vec<RegionWords>,
    /// Where the next page is; null on the last.
    pub next: Option<String>,
}

impl TryFrom<RegionParams> for RegionQuery {
    type Error = Refusal;

    fn try_from(params: RegionParams) -> Result<Self, Refusal> {
        let bbox =
            params.bbox.as_deref().map(BoundingBox::parse).transpose().map_err(|e| wrong_parameter("bbox", e))?;
        let page = paging::page(params.limit, params.cursor)?;
        Ok(Self { kind: params.kind, country: params.country, bbox, words: params.q, page })
    }
}

/// List the places.
///
/// As GeoJSON with their geometry where `Accept` asks for `application/geo+json`, or under `/v1/regions.geojson`.
#[utoipa::path(
    get,
    path = "/v1/regions",
    tag = "reading",
    operation_id = "listRegions",
    params(RegionParams),
    responses(
        (status = 200, description = "A page of places", headers(("Link" = String, description = "`rel=\"next\"`, where there is a next page")),
            content((RegionPage = "application/json"), (FeatureCollection<RegionWords> = "application/geo+json"))),
        (status = 406, description = "No form that is offered is accepted", body = super::problem::Problem, content_type = "application/problem+json"),
        ReadProblems
    )
)]
pub async fn list(
    State(shared): State<Shared>,
    Query(params): Query<RegionParams>,
    wanted: Wanted,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let snapshot = shared.snapshot();
    let page = list_regions(&snapshot, &params.try_into()?);
    let next = page.next.map(|cursor| paging::next_url(&uri, &cursor));
    let response = match wanted {
        Wanted::Json => {
            let regions = page.items.iter().map(|region| region.as_ref().into()).collect();
            let page = RegionPage { epoch: snapshot.epoch, regions, next: next.clone() };
            cache::reply(&headers, wanted.media_type(), &page)
        }
        Wanted::GeoJson => {
            let features = page.items.iter().map(|region| feature(region)).collect();
            let attributions = page.items.iter().map(|region| region.attribution.as_deref());
            cache::reply(&headers, wanted.media_type(), &FeatureCollection::new(features, next.clone(), attributions))
        }
    };
    Ok(paging::linked(response, next.as_deref()))
}

/// Read one place.
///
/// As GeoJSON with its geometry where `Accept` asks for `application/geo+json`, or with `.geojson` behind the code.
#[utoipa::path(
    get,
    path = "/v1/regions/{code}",
    tag = "reading",
    operation_id = "readRegion",
    params(("code" = String, Path, description = "ISO 3166-1 (`KH`), ISO 3166-2 (`KH-1`), a local code (`kh-poipet`), or a border (`KH%2FTH`)", example = "KH")),
    responses(
        (status = 200, description = "The place", content((RegionWords = "application/json"), (Feature<RegionWords> = "application/geo+json"))),
        FindProblems,
        ReadProblems
    )
)]
pub async fn read(
    State(shared): State<Shared>,
    Segment(code): Segment,
    Query(NoParams {}): Query<NoParams>,
    wanted: Wanted,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let region = list_regions::region(&shared.snapshot(), code.strip_suffix(SUFFIX).unwrap_or(&code))?;
    Ok(match wanted {
        Wanted::Json => cache::reply(&headers, wanted.media_type(), &RegionWords::from(region.as_ref())),
        Wanted::GeoJson => cache::reply(&headers, wanted.media_type(), &feature(&region)),
    })
}
