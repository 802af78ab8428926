//! `/v1/travellers/{id}/itineraries`: trips that are checked when they are saved, and watched until they are over.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::access::Access;
use super::extract::JsonText;
use super::idempotency::once;
use super::own::{Below, Own};
use super::problem::{self, BodyProblems, ChangeProblems, EditProblems, FindProblems, ReadProblems, Refusal, created};
use super::tags::{seen, tagged};
use super::{Shared, cache};
use crate::flows::seen::Seen;
use crate::flows::watch::answers::TripAnswer;
use crate::format::itinerary::ItineraryRequest;

/// The trips of a traveller.
#[derive(Serialize, utoipa::ToSchema)]
pub struct TripList {
    /// In the order in which they were saved.
    itineraries: Vec<TripAnswer>,
}

/// Save a trip. It is checked at once, and watched until it is over and a while longer.
///
/// Without a `party` it is the traveller's own. What concerns it already stands in the answer, and is not announced again.
#[utoipa::path(post, path = "/v1/travellers/{id}/itineraries", tag = "watching", operation_id = "saveItinerary", security(("key" = [])),
    params(("id" = String, Path, description = "The traveller's id"), ("Idempotency-Key" = Option<String>, Header, description = "The same for the same request sent again")),
    request_body = ItineraryRequest,
    responses((status = 201, description = "The trip, with what the check says", body = TripAnswer), BodyProblems, ChangeProblems, FindProblems))]
pub async fn save(
    State(shared): State<Shared>,
    access: Access,
    Own(traveller): Own,
    headers: HeaderMap,
    JsonText(text): JsonText,
) -> Result<Response, Refusal> {
    shared.loaded(&access)?;
    let (watch, document, owner) = (shared.watch().clone(), text.to_vec().into(), traveller.id.clone());
    once(&shared, &access, &headers, &[b"itineraries", traveller.id.as_bytes(), &text], |id| async move {
        let saved = watch.save_new_trip(&owner, &id, &document).await?;
        let path = format!("/v1/travellers/{owner}/itineraries/{}", saved.subject.id);
        let revision = saved.subject.revision;
        Ok(tagged(created(cache::private(&TripAnswer::whole(saved, false)), &path), revision))
    })
    .await
}

/// List the trips that are watched.
#[utoipa::path(get, path = "/v1/travellers/{id}/itineraries", tag = "watching", operation_id = "listItineraries", security(("key" = [])),
    params(("id" = String, Path, description = "The traveller's id")),
    responses((status = 200, description = "The trips, without their plans", body = TripList), ReadProblems, FindProblems))]
pub async fn list(State(shared): State<Shared>, Own(traveller): Own) -> Result<Response, Refusal> {
    let trips = shared.watch().trips(&traveller.id).await?;
    Ok(cache::private(&TripList { itineraries: trips.iter().map(TripAnswer::brief).collect() }))
}

/// Read a trip, with what the check says of it now.
#[utoipa::path(get, path = "/v1/travellers/{id}/itineraries/{itinerary}", tag = "watching", operation_id = "readItinerary", security(("key" = [])),
    params(("id" = String, Path, description = "The traveller's id"), ("itinerary" = String, Path, description = "The trip's id")),
    responses((status = 200, description = "The trip", body = TripAnswer), ReadProblems, FindProblems))]
pub async fn read(
    State(shared): State<Shared>,
    Own(traveller): Own,
    Below(trip): Below,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let saved = shared.watch().trip(&traveller.id, &trip).await?;
    let revision = saved.subject.revision;
    Ok(cache::reply_privately(&headers, revision, &TripAnswer::whole(saved, true)))
}

/// Put another plan in the place of a trip; `If-Match` says which one was read.
#[utoipa::path(put, path = "/v1/travellers/{id}/itineraries/{itinerary}", tag = "watching", operation_id = "replaceItinerary", security(("key" = [])),
    params(("id" = String, Path, description = "The traveller's id"), ("itinerary" = String, Path, description = "The trip's id"),
           ("If-Match" = String, Header, description = "The ETag that was read, or `*`")),
    request_body = ItineraryRequest,
    responses((status = 200, description = "The trip, with what the check says", body = TripAnswer), BodyProblems, ChangeProblems, FindProblems, EditProblems))]
pub async fn replace(
    State(shared): State<Shared>,
    access: Access,
    Own(traveller): Own,
    Below(trip): Below,
    headers: HeaderMap,
    JsonText(text): JsonText,
) -> Result<Response, Refusal> {
    shared.loaded(&access)?;
    let seen = seen(&headers);
    if seen == Seen::Unsaid {
        return Err(Refusal::PreconditionRequired);
    }
    let saved = shared.watch().save_trip(&traveller.id, Some((&trip, &seen)), &text.to_vec().into()).await?;
    let revision = saved.subject.revision;
    Ok(tagged(cache::private(&TripAnswer::whole(saved, false)), revision))
}

/// Forget a trip. Nothing is announced of it any more.
#[utoipa::path(delete, path = "/v1/travellers/{id}/itineraries/{itinerary}", tag = "watching", operation_id = "forgetItinerary", security(("key" = [])),
    params(("id" = String, Path, description = "The traveller's id"), ("itinerary" = String, Path, description = "The trip's id")),
    responses((status = 204, description = "It is forgotten"), ReadProblems, FindProblems))]
pub async fn forget(
    State(shared): State<Shared>,
    Own(traveller): Own,
    Below(trip): Below,
) -> Result<Response, Refusal> {
    shared.watch().forget_trip(&traveller.id, &trip).await?;
    Ok(problem::NOTHING_TO_SAY.into_response())
}
