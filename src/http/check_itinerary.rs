//! `/v1/check/itinerary`: is a plan concerned, and where?

use axum::extract::State;
use axum::response::Response;

use super::access::Access;
use super::extract::JsonText;
use super::problem::{BodyProblems, Refusal};
use super::{Shared, cache};
use crate::flows::check_itinerary::{ItineraryAnswer, check_itinerary};
use crate::format::itinerary::ItineraryRequest;
use crate::format::json;

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
pub async fn check(
    State(shared): State<Shared>,
    access: Access,
    JsonText(text): JsonText,
) -> Result<Response, Refusal> {
    // a long line through many fences takes a while: not on a thread that serves others
    let worker = shared.clone();
    let answer = tokio::task::spawn_blocking(move || answer(&worker, &access, &text)).await.map_err(|e| {
        tracing::error!(
            "an itinerary check did not finish: {}",
            if e.is_panic() { "it panicked" } else { "it was cancelled" }
        );
        Refusal::Internal
    })??;
    shared.meter().checks("itinerary", answer.verdict, 1);
    Ok(cache::private(&answer))
}

fn answer(shared: &Shared, access: &Access, text: &[u8]) -> Result<ItineraryAnswer, Refusal> {
    let request: ItineraryRequest = json::read(text)?;
    let snapshot = shared.loaded(access)?;
    let limits = shared.settings().geometry_limits();
    let query = request.query(&snapshot.gazetteer, &limits, shared.now())?;
    Ok(check_itinerary(&snapshot, shared.settings().max_data_age, &query)?)
}
