//! `/v1/validations/{id}/results`: what became of each booking, page by page or all at once; one booking in full, as of any instant.

use axum::body::{Body, Bytes};
use axum::extract::{OriginalUri, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::access::Access;
use super::extract::{Name, Numbered, Query, Segment, wrong_parameter};
use super::problem::{FindProblems, Problem, ReadProblems, Refusal};
use super::validations::{PAGE, ValidationAnswer, owner, raw};
use super::{Shared, cache, paging};
use crate::error::Error;
use crate::flows::page::PageQuery;
use crate::flows::replay_booking::{BookingAnswer, Replay};
use crate::flows::validate_bookings::lines::Written;
use crate::flows::validation_jobs;
use crate::format::moment;
use crate::format::policy::Action;
use crate::store::validations::{self, Form, State as JobState};

/// Which results.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ResultParams {
    /// Only those with which this is to be done.
    #[param(inline)]
    action: Option<Action>,
    /// How many on a page, at most 1000.
    #[param(value_type = u32, minimum = 1, maximum = 1000, default = 100)]
    limit: Option<usize>,
    /// Where the page before ended.
    #[param(value_type = Option<String>)]
    cursor: Option<Name>,
}

/// The results of a validation, in the order of the file.
///
/// As JSON a page at a time, with how far the validation is; as `application/x-ndjson` or `text/csv`, by the header `Accept`, all of them,
/// once it is done: a part of them would look like the whole.
#[utoipa::path(
    get,
    path = "/v1/validations/{id}/results",
    tag = "validations",
    operation_id = "readValidationResults",
    params(("id" = String, Path, description = "Its id"), ResultParams),
    responses(
        (status = 200, description = "Results", content((ValidationAnswer = "application/json"), (Vec<u8> = "application/x-ndjson"), (Vec<u8> = "text/csv"))),
        (status = 409, description = "A file was asked for, and the validation is not done", body = Problem, content_type = "application/problem+json"),
        FindProblems,
        ReadProblems,
    )
)]
pub async fn read(
    State(shared): State<Shared>,
    access: Access,
    OriginalUri(uri): OriginalUri,
    Segment(id): Segment,
    Query(params): Query<ResultParams>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let mut tx = shared.store().read().await.map_err(Error::from)?;
    let job = validation_jobs::find(&mut tx, &id, owner(&access).as_deref()).await?;
    let action = params.action.map(Action::as_str);
    let accepted = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    for (media_type, written) in [("application/x-ndjson", Written::Lines), ("text/csv", Written::Csv)] {
        if accepted.contains(media_type) {
            if job.state != JobState::Done {
                let detail = format!("the validation is not done: {} of {} bookings are", job.done, job.total);
                return Err(Error::Conflict(detail).into());
            }
            return Ok(download(&shared, job.id, action, media_type, written));
        }
    }
    let page = paging::page(params.limit, params.cursor)?;
    let from = number_after(&page)?;
    let limit = u32::try_from(page.limit).unwrap_or(PAGE);
    let mut rows =
        validations::results(&mut tx, &id, Form::Json, action, from, limit + 1).await.map_err(Error::from)?;
    let more = rows.len() > page.limit;
    rows.truncate(page.limit);
    let next = rows.last().filter(|_| more).map(|(number, _)| paging::next_url(&uri, &number.to_string()));
    let results = rows.into_iter().map(|(_, json)| raw(json)).collect::<Result<Vec<_>, _>>()?;
    let response = cache::private(&ValidationAnswer { validation: job.into(), results, next: next.clone() });
    Ok(paging::linked(response, next.as_deref()))
}

/// The number that a page of bookings begins with.
pub(super) fn number_after(page: &PageQuery) -> Result<i64, Refusal> {
    match page.after.as_deref().map(str::parse::<i64>) {
        None => Ok(0),
        Some(Ok(after)) => Ok(after.saturating_add(1)),
        Some(Err(_)) => Err(wrong_parameter("cursor", "is not one that was given")),
    }
}

/// All results, read a page at a time while they are sent.
fn download(
    shared: &Shared,
    id: String,
    action: Option<&'static str>,
    media_type: &'static str,
    written: Written,
) -> Response {
    let store = shared.store().clone();
    let form = if written == Written::Csv { Form::Csv } else { Form::Json };
    let pages = futures_util::stream::try_unfold(Some(0_i64), move |from| {
        let (store, id) = (store.clone(), id.clone());
        async move {
            let Some(from) = from else { return Ok(None) };
            let mut tx = store.read().await.map_err(std::io::Error::other)?;
            let rows =
                validations::results(&mut tx, &id, form, action, from, PAGE).await.map_err(std::io::Error::other)?;
            let mut text = if from == 0 { written.begin() } else { Vec::new() };
            for (_, result) in &rows {
                text.extend(result.as_bytes());
                if form == Form::Json {
                    text.push(b'\n');
                }
            }
            let next = rows.last().filter(|_| rows.len() == PAGE as usize).map(|(number, _)| number + 1);
            Ok::<_, std::io::Error>(Some((Bytes::from(text), next)))
        }
    });
    let mut response = Body::from_stream(pages).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    response
}

/// As of when, and in which language.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ReplayParams {
    /// What was known at this instant, such as the day of sale; that of the validation if not given.
    #[param(format = DateTime)]
    as_of: Option<String>,
    /// Language of the texts, BCP 47; that of the policy if not given.
    lang: Option<String>,
}

/// One booking in full: its result, and the whole answer as it was, or as it would have been at another instant.
///
/// With `as_of` it says what the advice was when the trip was sold, or is now.
#[utoipa::path(
    get,
    path = "/v1/validations/{id}/results/{number}",
    tag = "validations",
    operation_id = "readValidationResult",
    params(("id" = String, Path, description = "The validation's id"), ("number" = i64, Path, description = "The booking's number in the file, from 0"), ReplayParams),
    responses((status = 200, description = "The booking", body = BookingAnswer), FindProblems, ReadProblems)
)]
pub async fn replay(
    State(shared): State<Shared>,
    access: Access,
    Numbered(id, number): Numbered,
    Query(params): Query<ReplayParams>,
) -> Result<Response, Refusal> {
    let as_of = params.as_of.as_deref().map(moment::instant).transpose();
    let as_of = as_of.map_err(|detail| wrong_parameter("as_of", detail))?;
    let mut tx = shared.store().read().await.map_err(Error::from)?;
    let job = validation_jobs::find(&mut tx, &id, owner(&access).as_deref()).await?;
    let booked = validation_jobs::booking(&mut tx, &job, number).await?;
    drop(tx);
    let replay = Replay {
        snapshot: shared.loaded(&access)?,
        max_age: shared.settings().max_data_age,
        limits: shared.settings().geometry_limits(),
        router: shared.router(),
        as_of,
        lang: params.lang,
    };
    Ok(cache::private(&replay.of(&job, booked).await?))
}
