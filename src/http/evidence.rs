//! `/v1/evidence/key`: the public key that this installation signs evidence with.

use axum::extract::State;
use axum::response::Response;
use serde::Serialize;

use super::problem::{ReadProblems, Refusal};
use super::{Shared, cache};
use crate::flows::evidence::signing_key;

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
    let data_dir = shared.settings().data_dir.clone();
    let read = tokio::task::spawn_blocking(move || signing_key(&data_dir)).await;
    let failed = |why: String| {
        tracing::error!("no key to sign evidence with: {why}");
        Refusal::Internal
    };
    let key = read.map_err(|e| failed(e.to_string()))?.map_err(|e| failed(e.to_string()))?.public();
    Ok(cache::private(&EvidenceKey { algorithm: "Ed25519", key_id: key.id(), pem: key.pem() }))
}
