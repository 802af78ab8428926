//! What running the service needs: is it alive, can it answer, how is it doing, which build is it?

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use serde::Serialize;

use super::Shared;
use crate::flows::readiness::{Readiness, readiness};
use crate::telemetry::DataState;

/// A process that answers.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Health {
    /// Always `ok`.
    status: &'static str,
}

/// Which build this is.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Version {
    /// The program.
    name: &'static str,
    /// Its version.
    version: &'static str,
}

const FRESH: (header::HeaderName, &str) = (header::CACHE_CONTROL, "no-store");

/// Is the process alive?
#[utoipa::path(get, path = "/healthz", tag = "running", operation_id = "health",
    responses((status = 200, description = "It is", body = Health)))]
pub async fn healthz() -> impl IntoResponse {
    ([FRESH], Json(Health { status: "ok" }))
}

/// Can it answer?
///
/// With what is wrong: files that were refused, each with line and reason, a newer set that was not taken, a disk that takes nothing.
#[utoipa::path(get, path = "/readyz", tag = "running", operation_id = "readiness",
    responses(
        (status = 200, description = "It can, perhaps with problems", body = Readiness),
        (status = 503, description = "Nothing is loaded", body = Readiness)
    ))]
pub async fn readyz(State(shared): State<Shared>) -> impl IntoResponse {
    let readiness = readiness(shared.live(), shared.store());
    let status = super::problem::readiness_status(readiness.status);
    (status, [FRESH], Json(readiness))
}

/// Counters and timings in the Prometheus text format.
#[utoipa::path(get, path = "/metrics", tag = "running", operation_id = "metrics",
    responses((status = 200, description = "The metrics", body = String, content_type = "text/plain")))]
pub async fn metrics(State(shared): State<Shared>) -> impl IntoResponse {
    let snapshot = shared.snapshot();
    let text = shared.meter().render(&DataState {
        epoch: snapshot.epoch,
        fences: snapshot.index.fences().len(),
        regions: snapshot.regions.len(),
        refused_files: snapshot.index.refused_files().len(),
        loaded_at: snapshot.loaded_at,
        behind: shared.live().behind().is_some(),
        store_fails: shared.store().trouble().is_some(),
    });
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8"), FRESH], text)
}

/// Which build is this?
#[utoipa::path(get, path = "/version", tag = "running", operation_id = "version",
    responses((status = 200, description = "Name and version", body = Version)))]
pub async fn version() -> impl IntoResponse {
    ([FRESH], Json(Version { name: env!("CARGO_PKG_NAME"), version: env!("CARGO_PKG_VERSION") }))
}
