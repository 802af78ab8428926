//! `/v1/check/itinerary`: is a plan concerned, and where?

use axum::extract::State;
use axum::response::Response;

use super::extract::JsonText;
use super::problem::{BodyProblems, Refusal};
use super::{Shared, cache};
use crate::error::Error;
use crate::flows::check_itinerary::{ItineraryAnswer, check_itinerary};
use crate::flows::route_legs::route_legs;
use crate::format::itinerary::{ItineraryQuery, ItineraryRequest};
use crate::format::json;
use crate::live::Snapshot;

/// Check an itinerary.
///
/// Every stop for its whole time, every leg along its way; what could not be determined is named, and never *clear*.
#[utoipa::path(
    post,
    path = "/v1/check/itinerary",
    tag = "checks",
    operation_id = "checkItinerary",
    request_body = ItineraryRequest,
    responses((status = 200, description = "What touches the plan, for whom, when and why", body = ItineraryAnswer), BodyProblems)
)]
pub async fn check(State(shared): State<Shared>, JsonText(text): JsonText) -> Result<Response, Refusal> {
    let snapshot = shared.loaded()?;
    let (worker, known) = (shared.clone(), snapshot.clone());
    let query = unblocked(move || read(&worker, &known, &text)).await??;
    let max_age = shared.settings().max_data_age;
    let query = route_legs(shared.router(), &snapshot, max_age, query).await;
    let answer = unblocked(move || check_itinerary(&snapshot, max_age, &query)).await??;
    shared.meter().checks("itinerary", answer.verdict, 1);
    Ok(cache::private(&answer))
}

fn read(shared: &Shared, snapshot: &Snapshot, text: &[u8]) -> Result<ItineraryQuery, Error> {
    let request: ItineraryRequest = json::read(text)?;
    request.query(&snapshot.gazetteer, &shared.settings().geometry_limits(), shared.now())
}

/// A long line through many fences takes a while: not on a thread that serves others.
async fn unblocked<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Refusal> {
    tokio::task::spawn_blocking(work).await.map_err(|e| {
        tracing::error!(
            "an itinerary check did not finish: {}",
            if e.is_panic() { "it panicked" } else { "it was cancelled" }
        );
        Refusal::Internal
    })
}
