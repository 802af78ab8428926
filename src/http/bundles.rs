//! `/v1/bundles/{country}`: the fences of a country to take along, signed, so that a device answers by itself and no position leaves it.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use jiff::Timestamp;
use moka::future::Cache;

use super::access::Access;
use super::extract::{Query, Segment};
use super::issuers::NoParams;
use super::problem::{FindProblems, ReadProblems, Refusal};
use super::{Shared, cache};
use crate::error::Error;
use crate::flows::bundle::bundle;
use crate::flows::evidence::signing_key;
use crate::format::evidence::Evidence;
use crate::model::{CountryCode, Kind};

/// The most bytes of bundles held, so that asking again costs nothing.
const HELD: u64 = 64 << 20;

/// Of which set of fences a bundle was made.
type Made = (Kind, u64, Timestamp, CountryCode);

/// Bundles made a moment ago.
pub struct Bundles(Cache<Made, Bytes>);

impl Default for Bundles {
    fn default() -> Self {
        let weight = |_: &Made, document: &Bytes| u32::try_from(document.len()).unwrap_or(u32::MAX);
        Self(Cache::builder().max_capacity(HELD).weigher(weight).build())
    }
}

/// Take the fences of a country along.
///
/// Everything that is needed to answer for a position in the country, or within `reach_m` of it, exactly as `/v1/check/location` does, without
/// telling the position to anyone: canonical JSON (RFC 8785), signed with the key of `/v1/evidence/key`. It is good for as long as asking
/// again with its `ETag` is answered with 304.
#[utoipa::path(
    get,
    path = "/v1/bundles/{country}",
    tag = "checks",
    operation_id = "getBundle",
    params(("country" = String, Path, description = "ISO 3166-1", example = "KH")),
    responses((status = 200, description = "The signed bundle: verify it byte for byte", body = Evidence), FindProblems, ReadProblems)
)]
pub async fn read(
    State(shared): State<Shared>,
    access: Access,
    Segment(country): Segment,
    Query(NoParams {}): Query<NoParams>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let unknown = |_| Error::NotFound { what: "country", id: country.clone() };
    let country = CountryCode::parse(&country).map_err(unknown)?;
    let snapshot = shared.loaded(&access)?;
    let made = (access.kind(), snapshot.epoch, snapshot.loaded_at, country);
    let (max_age, data_dir) = (shared.settings().max_data_age, shared.settings().data_dir.clone());
    let make = async move {
        let work = move || {
            let statement = bundle(&snapshot, max_age, country)?;
            let key = signing_key(&data_dir).map_err(|e| Error::Internal(e.to_string()))?;
            key.sign(statement).map(Bytes::from).map_err(Error::Internal)
        };
        tokio::task::spawn_blocking(work).await.unwrap_or_else(|e| Err(Error::Internal(e.to_string())))
    };
    let document = shared.bundles().0.try_get_with(made, make).await.map_err(|e: Arc<Error>| match &*e {
        Error::NotFound { what, id } => Error::NotFound { what, id: id.clone() },
        other => Error::Internal(other.cause()),
    })?;
    Ok(cache::reply_bytes(&headers, "application/json", document))
}
