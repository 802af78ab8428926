//! `/v1/validations/{id}/watch`: sold trips whose verdict is watched, all of a file or one by one.

use axum::extract::{OriginalUri, State};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};

use super::access::Access;
use super::extract::{Name, Numbered, Query, Segment};
use super::problem::{self, ChangeProblems, FindProblems, ReadProblems, Refusal};
use super::validation_results::number_after;
use super::validations::{AT_ONCE, key_of};
use super::{Shared, cache, paging};
use crate::flows::watch_validations::{BookingStanding, WatchState, WatchedBooking};
use crate::model::Scope;

/// Which watched bookings.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct WatchParams {
    /// At most this many, up to 1,000.
    #[param(minimum = 1, maximum = 1000, default = 100)]
    limit: Option<usize>,
    /// Where the page before ended.
    #[param(value_type = Option<String>)]
    cursor: Option<Name>,
}

/// The watch of a file, with some of its bookings.
#[derive(Serialize, utoipa::ToSchema)]
pub struct WatchAnswer {
    /// The watch.
    watch: WatchState,
    /// Watched bookings, in the order of the file.
    watched: Vec<WatchedBooking>,
    /// Where the next page is; null on the last.
    next: Option<String>,
}

/// Watch all bookings of a file.
///
/// A watch begins from what the results say. When the class of a booking's verdict changes, or that of one of its passengers, the key's
/// webhooks and stream hear `validation.changed`, once; what has changed since the results is said at once. A watch looks at what still
/// lies ahead of a booking, and ends by itself when it is over. More than 100 bookings are put under watch one after the other (202).
#[utoipa::path(put, path = "/v1/validations/{id}/watch", tag = "validations", operation_id = "watchValidation", security(("key" = [])),
    params(("id" = String, Path, description = "The validation's id")),
    responses((status = 200, description = "They are watched", body = WatchState),
        (status = 202, description = "They are being put under watch", body = WatchState), FindProblems, ReadProblems))]
pub async fn begin(State(shared): State<Shared>, access: Access, Segment(id): Segment) -> Result<Response, Refusal> {
    let key = key_of(&access, Scope::Watch)?;
    shared.loaded(&access)?;
    let job = shared.watch().watch_file(&id, &key).await?;
    let at_once = job.total <= AT_ONCE;
    if at_once {
        shared.watch().watch_results(&id, &key).await?;
    }
    let state = cache::private(&shared.watch().watch_state(&id, &key).await?);
    Ok(if at_once { state } else { problem::accepted(state) })
}

/// How far the watch of a file is, and how its bookings stand.
#[utoipa::path(get, path = "/v1/validations/{id}/watch", tag = "validations", operation_id = "readValidationWatch", security(("key" = [])),
    params(("id" = String, Path, description = "The validation's id"), WatchParams),
    responses((status = 200, description = "The watch", body = WatchAnswer), FindProblems, ReadProblems))]
pub async fn read(
    State(shared): State<Shared>,
    access: Access,
    OriginalUri(uri): OriginalUri,
    Segment(id): Segment,
    Query(params): Query<WatchParams>,
) -> Result<Response, Refusal> {
    let key = key_of(&access, Scope::Watch)?;
    let page = paging::page(params.limit, params.cursor)?;
    let watch = shared.watch().watch_state(&id, &key).await?;
    let found = shared.watch().watched_bookings(&id, &key, &page, number_after(&page)?).await?;
    let next = found.next.map(|cursor| paging::next_url(&uri, &cursor));
    let answer = cache::private(&WatchAnswer { watch, watched: found.items, next: next.clone() });
    Ok(paging::linked(answer, next.as_deref()))
}

/// End the watch of a file. Nothing is said of its bookings any more.
#[utoipa::path(delete, path = "/v1/validations/{id}/watch", tag = "validations", operation_id = "unwatchValidation", security(("key" = [])),
    params(("id" = String, Path, description = "The validation's id")),
    responses((status = 204, description = "Nothing of it is watched"), FindProblems, ReadProblems))]
pub async fn end(State(shared): State<Shared>, access: Access, Segment(id): Segment) -> Result<Response, Refusal> {
    let key = key_of(&access, Scope::Watch)?;
    shared.watch().unwatch(&id, None, &key).await?;
    Ok(problem::NOTHING_TO_SAY.into_response())
}

/// Watch one booking of a file.
#[utoipa::path(put, path = "/v1/validations/{id}/watch/{number}", tag = "validations", operation_id = "watchBooking", security(("key" = [])),
    params(("id" = String, Path, description = "The validation's id"), ("number" = i64, Path, description = "The booking's number in the file, from 0")),
    responses((status = 200, description = "It is watched", body = BookingStanding), FindProblems, ReadProblems, ChangeProblems))]
pub async fn begin_one(
    State(shared): State<Shared>,
    access: Access,
    Numbered(id, number): Numbered,
) -> Result<Response, Refusal> {
    let key = key_of(&access, Scope::Watch)?;
    shared.loaded(&access)?;
    shared.watch().watch_booking(&id, number, &key).await?;
    Ok(cache::private(&shared.watch().watched_booking(&id, number, &key).await?))
}

/// Read a watched booking, with how it stands now.
#[utoipa::path(get, path = "/v1/validations/{id}/watch/{number}", tag = "validations", operation_id = "readWatchedBooking", security(("key" = [])),
    params(("id" = String, Path, description = "The validation's id"), ("number" = i64, Path, description = "The booking's number in the file, from 0")),
    responses((status = 200, description = "The booking", body = BookingStanding), FindProblems, ReadProblems))]
pub async fn read_one(
    State(shared): State<Shared>,
    access: Access,
    Numbered(id, number): Numbered,
) -> Result<Response, Refusal> {
    let key = key_of(&access, Scope::Watch)?;
    Ok(cache::private(&shared.watch().watched_booking(&id, number, &key).await?))
}

/// End the watch of one booking.
#[utoipa::path(delete, path = "/v1/validations/{id}/watch/{number}", tag = "validations", operation_id = "unwatchBooking", security(("key" = [])),
    params(("id" = String, Path, description = "The validation's id"), ("number" = i64, Path, description = "The booking's number in the file, from 0")),
    responses((status = 204, description = "It is not watched"), FindProblems, ReadProblems))]
pub async fn end_one(
    State(shared): State<Shared>,
    access: Access,
    Numbered(id, number): Numbered,
) -> Result<Response, Refusal> {
    let key = key_of(&access, Scope::Watch)?;
    shared.watch().unwatch(&id, Some(number), &key).await?;
    Ok(problem::NOTHING_TO_SAY.into_response())
}
