//! `/v1/advisories`: what issuers say, as JSON without or as GeoJSON with the outlines.

use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::access::Access;
use super::extract::{Name, Query, Segment, wrong_parameter};
use super::negotiate::{SUFFIX, Wanted};
use super::problem::{FindProblems, ReadProblems, Refusal};
use super::{Shared, cache, paging};
use crate::flows::list_advisories::{self, AdvisoryQuery, RevisionWords, ShownRevision, list_advisories};
use crate::format::bbox::BoundingBox;
use crate::format::geojson::{Feature, FeatureCollection};
use crate::format::moment;
use crate::model::{CountryCode, IssuerCode, Severity};

/// Which advisories are asked for.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AdvisoryParams {
    /// Only of this issuer.
    issuer: Option<IssuerCode>,
    /// Only about this country (ISO 3166-1).
    country: Option<CountryCode>,
    /// Only those that may meet the box west,south,east,north in degrees; a west greater than the east crosses the antimeridian.
    #[param(example = "102.3,10.4,107.6,14.7")]
    bbox: Option<String>,
    /// Only of this severity or a graver one.
    #[param(value_type = Option<u8>, minimum = 0, maximum = 5)]
    severity_min: Option<u8>,
    /// In force at this instant, RFC 3339 with a zone; now if not given.
    #[param(format = DateTime)]
    at: Option<String>,
    /// As known at this instant; now if not given.
    #[param(format = DateTime)]
    as_of: Option<String>,
    /// At most this many on a page.
    #[param(minimum = 1, maximum = 1_000, default = 100)]
    limit: Option<usize>,
    /// Where the page begins, as `next` of the page before gave it.
    #[param(value_type = Option<String>)]
    cursor: Option<Name>,
}

/// Seen from when.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct InstantParams {
    /// In force at this instant, RFC 3339 with a zone; now if not given.
    #[param(format = DateTime)]
    at: Option<String>,
    /// As known at this instant; now if not given.
    #[param(format = DateTime)]
    as_of: Option<String>,
}

/// A page of advisories.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct AdvisoryPage {
    /// The set of fences that answers.
    pub epoch: u64,
    /// The revisions in force, in the order of their advisories' ids.
    pub advisories: Vec<RevisionWords>,
    /// Where the next page is; null on the last.
    pub next: Option<String>,
}

/// All revisions of an advisory.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct RevisionList {
    /// The set of fences that answers.
    pub epoch: u64,
    /// The first one first, withdrawals included.
    pub revisions: Vec<RevisionWords>,
}

fn instant(text: Option<&str>, name: &str, now: Timestamp) -> Result<Timestamp, Refusal> {
    text.map_or(Ok(now), moment::instant).map_err(|detail| wrong_parameter(name, detail))
}

impl InstantParams {
    fn instants(&self, now: Timestamp) -> Result<(Timestamp, Timestamp), Refusal> {
        Ok((instant(self.at.as_deref(), "at", now)?, instant(self.as_of.as_deref(), "as_of", now)?))
    }
}

impl AdvisoryParams {
    fn query(self, now: Timestamp) -> Result<AdvisoryQuery, Refusal> {
        let severity = self.severity_min.map(Severity::try_from).transpose();
        Ok(AdvisoryQuery {
            issuer: self.issuer,
            country: self.country,
            bbox: self.bbox.as_deref().map(BoundingBox::parse).transpose().map_err(|e| wrong_parameter("bbox", e))?,
            severity_min: severity.map_err(|e| wrong_parameter("severity_min", e))?,
            at: instant(self.at.as_deref(), "at", now)?,
            as_of: instant(self.as_of.as_deref(), "as_of", now)?,
            page: paging::page(self.limit, self.cursor)?,
        })
    }
}

/// List the advisories in force.
///
/// As GeoJSON with their outlines where `Accept` asks for `application/geo+json`, or under `/v1/advisories.geojson`.
#[utoipa::path(
    get,
    path = "/v1/advisories",
    tag = "reading",
    operation_id = "listAdvisories",
    params(AdvisoryParams),
    responses(
        (status = 200, description = "A page of advisories", headers(("Link" = String, description = "`rel=\"next\"`, where there is a next page")),
            content((AdvisoryPage = "application/json"), (FeatureCollection<RevisionWords> = "application/geo+json"))),
        (status = 406, description = "No form that is offered is accepted", body = super::problem::Problem, content_type = "application/problem+json"),
        ReadProblems
    )
)]
pub async fn list(
    State(shared): State<Shared>,
    access: Access,
    Query(params): Query<AdvisoryParams>,
    wanted: Wanted,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let snapshot = shared.live().snapshot_for(access.kind());
    let page = list_advisories(&snapshot, &params.query(shared.now())?)?;
    let next = page.next.map(|cursor| paging::next_url(&uri, &cursor));
    let response = match wanted {
        Wanted::Json => {
            let advisories = page.items.into_iter().map(|shown| shown.words).collect();
            let page = AdvisoryPage { epoch: snapshot.epoch, advisories, next: next.clone() };
            cache::reply(&headers, wanted.media_type(), &page)
        }
        Wanted::GeoJson => cache::reply(&headers, wanted.media_type(), &collection(page.items, next.clone())),
    };
    Ok(paging::linked(response, next.as_deref()))
}

/// Read one advisory.
///
/// The revision in force, else the last one known. As GeoJSON with its outline where `Accept` asks for `application/geo+json`, or with
/// `.geojson` behind the id.
#[utoipa::path(
    get,
    path = "/v1/advisories/{id}",
    tag = "reading",
    operation_id = "readAdvisory",
    params(("id" = String, Path, description = "Issuer, colon, name: `kr-mofa:kh-poipet`", example = "kr-mofa:kh-poipet"), InstantParams),
    responses(
        (status = 200, description = "The advisory", content((RevisionWords = "application/json"), (Feature<RevisionWords> = "application/geo+json"))),
        FindProblems,
        ReadProblems
    )
)]
pub async fn read(
    State(shared): State<Shared>,
    access: Access,
    Segment(id): Segment,
    Query(params): Query<InstantParams>,
    wanted: Wanted,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let (at, as_of) = params.instants(shared.now())?;
    let snapshot = shared.live().snapshot_for(access.kind());
    let id = id.strip_suffix(SUFFIX).unwrap_or(&id);
    let shown = list_advisories::advisory(&snapshot, id, at, as_of)?;
    let number = list_advisories::last_number(&snapshot, id).unwrap_or_default();
    Ok(match wanted {
        Wanted::Json => cache::reply_numbered(&headers, wanted.media_type(), number, &shown.words),
        Wanted::GeoJson => cache::reply_numbered(&headers, wanted.media_type(), number, &shown.feature()),
    })
}

/// Read every revision of an advisory.
///
/// As GeoJSON with their outlines where `Accept` asks for `application/geo+json`, or under `…/revisions.geojson`.
#[utoipa::path(
    get,
    path = "/v1/advisories/{id}/revisions",
    tag = "reading",
    operation_id = "listRevisions",
    params(("id" = String, Path, description = "Issuer, colon, name: `kr-mofa:kh-poipet`", example = "kr-mofa:kh-poipet"), InstantParams),
    responses(
        (status = 200, description = "The revisions", content((RevisionList = "application/json"), (FeatureCollection<RevisionWords> = "application/geo+json"))),
        FindProblems,
        ReadProblems
    )
)]
pub async fn revisions(
    State(shared): State<Shared>,
    access: Access,
    Segment(id): Segment,
    Query(params): Query<InstantParams>,
    wanted: Wanted,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let snapshot = shared.live().snapshot_for(access.kind());
    let (at, as_of) = params.instants(shared.now())?;
    let shown = list_advisories::revisions(&snapshot, &id, at, as_of)?;
    Ok(match wanted {
        Wanted::Json => {
            let revisions = shown.into_iter().map(|shown| shown.words).collect();
            cache::reply(&headers, wanted.media_type(), &RevisionList { epoch: snapshot.epoch, revisions })
        }
        Wanted::GeoJson => cache::reply(&headers, wanted.media_type(), &collection(shown, None)),
    })
}

fn collection(shown: Vec<ShownRevision>, next: Option<String>) -> FeatureCollection<RevisionWords> {
    let attributions: Vec<String> = shown.iter().map(|shown| shown.words.attribution.clone()).collect();
    let features = shown.into_iter().map(ShownRevision::feature).collect();
    FeatureCollection::new(features, next, attributions.iter().map(|text| Some(text.as_str())))
}
