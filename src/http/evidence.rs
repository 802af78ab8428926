//! Evidence of validations, signed and to print, and the public key it is signed with: `/v1/validations/{id}/evidence.{json,html}`,
//! `/v1/evidence/key`.

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};

use super::access::Access;
use super::extract::{Query, Segment, wrong_parameter};
use super::problem::{FindProblems, ReadProblems, Refusal};
use super::validations::owner;
use super::{Shared, cache};
use crate::flows::evidence::signing_key;
use crate::flows::evidence::validated::{Validated, Wanted, gather};
use crate::format::evidence::{Evidence, PublicKey};

/// A public key.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct EvidenceKey {
    /// `Ed25519`.
    pub algorithm: &'static str,
    /// SHA-256 of the key's 32 bytes, in hexadecimal: what documents name it by.
    pub key_id: String,
    /// The key as openssl and others read it.
    pub pem: String,
}

/// The key to verify evidence with.
///
/// Keep it: a document that names another key was not signed here.
#[utoipa::path(
    get,
    path = "/v1/evidence/key",
    tag = "evidence",
    operation_id = "getEvidenceKey",
    responses((status = 200, description = "The public key", body = EvidenceKey), ReadProblems)
)]
pub async fn key(State(shared): State<Shared>) -> Result<Response, Refusal> {
    let key = public_key(&shared).await?;
    Ok(cache::private(&EvidenceKey { algorithm: "Ed25519", key_id: key.id(), pem: key.pem() }))
}

/// The key alone, as a file.
#[utoipa::path(
    get,
    path = "/v1/evidence/key.pem",
    tag = "evidence",
    operation_id = "getEvidenceKeyFile",
    responses((status = 200, description = "The public key in PEM", body = String, content_type = "application/x-pem-file"), ReadProblems)
)]
pub async fn key_file(State(shared): State<Shared>) -> Result<Response, Refusal> {
    Ok(whole("application/x-pem-file", public_key(&shared).await?.pem().into_bytes()))
}

async fn public_key(shared: &Shared) -> Result<PublicKey, Refusal> {
    let data_dir = shared.settings().data_dir.clone();
    Ok(unblocked(move || signing_key(&data_dir).map_err(|e| e.to_string())).await?.public())
}

/// Of what, and for whom.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct EvidenceParams {
    /// Only of this booking, by its number in the file, from 0.
    #[param(minimum = 0)]
    booking: Option<i64>,
    /// Of up to 2,000 bookings from this number on: one document takes no more. A file that has more is had in parts, from 0, 2000, 4000 and so on.
    #[param(minimum = 0)]
    from: Option<i64>,
    /// Language of the page and the notice: `en` or `ko`.
    lang: Option<String>,
}

/// Evidence of a validation, signed.
///
/// Canonical JSON (RFC 8785), signed with Ed25519: every booking's result, and every revision it names in its issuer's words.
#[utoipa::path(
    get,
    path = "/v1/validations/{id}/evidence.json",
    tag = "evidence",
    operation_id = "getValidationEvidence",
    params(("id" = String, Path, description = "Its id"), EvidenceParams),
    responses((status = 200, description = "The signed document: keep it byte for byte", body = Evidence), FindProblems, ReadProblems)
)]
pub async fn of_validation(
    State(shared): State<Shared>,
    access: Access,
    Segment(id): Segment,
    Query(params): Query<EvidenceParams>,
) -> Result<Response, Refusal> {
    let validated = gathered(&shared, &access, &id, &params).await?;
    let data_dir = shared.settings().data_dir.clone();
    let document = unblocked(move || {
        let key = signing_key(&data_dir).map_err(|e| e.to_string())?;
        key.sign(validated.statement().map_err(|e| e.to_string())?)
    });
    Ok(whole("application/json", document.await?))
}

/// The same to print.
#[utoipa::path(
    get,
    path = "/v1/validations/{id}/evidence.html",
    tag = "evidence",
    operation_id = "getValidationEvidencePage",
    params(("id" = String, Path, description = "Its id"), EvidenceParams),
    responses((status = 200, description = "A page made for A4", body = String, content_type = "text/html"), FindProblems, ReadProblems)
)]
pub async fn page_of_validation(
    State(shared): State<Shared>,
    access: Access,
    Segment(id): Segment,
    Query(params): Query<EvidenceParams>,
) -> Result<Response, Refusal> {
    let validated = gathered(&shared, &access, &id, &params).await?;
    let limits = shared.settings().geometry_limits();
    let page = unblocked(move || validated.page(&limits).map(String::into_bytes).map_err(|e| e.to_string()));
    Ok(whole("text/html; charset=utf-8", page.await?))
}

async fn gathered(shared: &Shared, access: &Access, id: &str, params: &EvidenceParams) -> Result<Validated, Refusal> {
    let lang = match params.lang.as_deref() {
        None => "en",
        Some(lang @ ("en" | "ko")) => lang,
        Some(other) => return Err(wrong_parameter("lang", format!("`{other}` is neither en nor ko"))),
    };
    let owner = owner(access);
    let wanted = Wanted { id, owner: owner.as_deref(), booking: params.booking, from: params.from, lang };
    Ok(gather(shared.store(), shared.loaded(access)?, shared.now(), wanted).await?)
}

/// A body that is not to be changed on the way, or kept by anybody in between.
fn whole(media_type: &'static str, body: Vec<u8>) -> Response {
    let headers = [(header::CONTENT_TYPE, media_type), (header::CACHE_CONTROL, "private, no-store")];
    (headers, body).into_response()
}

async fn unblocked<T: Send + 'static>(work: impl FnOnce() -> Result<T, String> + Send + 'static) -> Result<T, Refusal> {
    let failed = |why: String| {
        tracing::error!("evidence could not be made: {why}");
        Refusal::Internal
    };
    tokio::task::spawn_blocking(work).await.map_err(|e| failed(e.to_string()))?.map_err(failed)
}
