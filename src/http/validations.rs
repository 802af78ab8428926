//! `/v1/validations`: booking files, answered at once when they are small, else as a job whose results are read page by page.

use axum::body::{Body, Bytes};
use axum::extract::{OriginalUri, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::access::Access;
use super::extract::{Booked, Document, Query, Segment, comma_separated, wrong_parameter};
use super::problem::{self, BodyProblems, FindProblems, ReadProblems, Refusal, located};
use super::{Shared, cache, idempotency, paging};
use crate::error::Error;
use crate::flows::validate_bookings::BookingResult;
use crate::flows::validate_bookings::lines::Written;
use crate::flows::validation_jobs::{self, Submission, ValidationState};
use crate::format::document::bookings::Kind;
use crate::format::document::csv::Mapping;
use crate::format::policy::{Action, Policy};
use crate::model::{IssuerCode, Scope, Transit, Verdict};
use crate::store::validations::{self, Form};

/// A file of at most so many bookings is answered at once.
const AT_ONCE: i64 = 100;
/// The most results on a page.
const PAGE: u32 = 1_000;

/// An agency's policy, and how its file is to be read.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PolicyParams {
    /// Bookings of this verdict or a graver one are blocked; `prohibited` if not given.
    #[param(inline)]
    block: Option<Verdict>,
    /// Bookings of this verdict or a graver one are looked at; `caution` if not given.
    #[param(inline)]
    review: Option<Verdict>,
    /// What is done where something is indeterminate or could not be read: `review` or `block`.
    #[param(inline)]
    indeterminate: Option<Action>,
    /// Issuers to consult for everybody, the agency's home; several with commas or by repeating the parameter.
    #[serde(default, deserialize_with = "comma_separated")]
    issuers: Vec<IssuerCode>,
    /// What changes within one ticket are taken to be where the booking does not say.
    #[param(inline)]
    connections: Option<Transit>,
    /// How far on either side of a given way the true one may run, in metres; 50 if not given.
    #[param(value_type = f64, minimum = 0, maximum = 50_000, default = 50)]
    corridor_m: Option<f64>,
    /// What was known at this instant, such as the day of sale; now if not given.
    #[param(format = DateTime)]
    as_of: Option<String>,
    /// Language of the titles, BCP 47; English if not given.
    lang: Option<String>,
    /// What a table calls our columns: `booking=PNR,passenger=Pax no`.
    columns: Option<String>,
}

impl PolicyParams {
    fn policy(&self) -> Policy {
        let default = Policy::default();
        Policy {
            block: self.block.unwrap_or(default.block),
            review: self.review.unwrap_or(default.review),
            indeterminate: self.indeterminate.unwrap_or(default.indeterminate),
            issuers: self.issuers.clone(),
            connections: self.connections,
            corridor_m: self.corridor_m.unwrap_or(default.corridor_m),
            as_of: self.as_of.clone(),
            lang: self.lang.clone(),
        }
    }
}

/// A validation, with its first results.
#[derive(Serialize, utoipa::ToSchema)]
pub struct ValidationAnswer {
    /// The validation.
    validation: ValidationState,
    /// Results in the order of the file.
    #[schema(value_type = Vec<BookingResult>)]
    results: Vec<Box<RawValue>>,
    /// Where the next page is; null on the last.
    next: Option<String>,
}

/// Whose validations a caller sees: those of their key; what is sent without one is found by its id alone.
pub(super) fn owner(access: &Access) -> Option<String> {
    access.key().map(|key| key.id.clone())
}

/// Validate a booking file.
///
/// A JSON array, lines of JSON, or a table with a row for each passenger and leg. One bad booking never hides the others. Up to 100
/// bookings are answered at once; more are taken in (202), with where to ask how far they are. The query parameters are the policy.
#[utoipa::path(
    post,
    path = "/v1/validations",
    tag = "validations",
    operation_id = "validateBookings",
    params(PolicyParams, ("Idempotency-Key" = Option<String>, Header, description = "The same key with the same request gives the same answer, not a second job")),
    request_body(content((Vec<u8> = "application/json"), (Vec<u8> = "application/x-ndjson"), (Vec<u8> = "text/csv"))),
    responses(
        (status = 200, description = "All results", body = ValidationAnswer),
        (status = 202, description = "Taken in; `Location` says where to ask", body = ValidationState),
        BodyProblems,
    )
)]
pub async fn submit(
    State(shared): State<Shared>,
    access: Access,
    OriginalUri(uri): OriginalUri,
    Query(params): Query<PolicyParams>,
    headers: HeaderMap,
    Booked(Document { essence, text }): Booked,
) -> Result<Response, Refusal> {
    access.require(Scope::Check)?;
    shared.loaded(&access)?;
    let kind = Kind::of_media_type(&essence).ok_or(Refusal::MediaType(TAKEN))?;
    let mapping = params.columns.as_deref().map_or(Ok(Mapping::default()), Mapping::parse);
    let mapping = mapping.map_err(|detail| wrong_parameter("columns", detail))?;
    let asked = uri.to_string();
    let submission = Submission { kind, text: text.to_vec(), mapping, policy: params.policy() };
    let (worker, by) = (shared.clone(), owner(&access));
    let work = |id| async move { taken_in(&worker, id, submission, by).await };
    idempotency::once(&shared, &access, &headers, &[b"POST", asked.as_bytes(), &text], work).await
}

const TAKEN: &str = "application/json, application/x-ndjson or text/csv";

async fn taken_in(
    shared: &Shared,
    id: String,
    submission: Submission,
    owner: Option<String>,
) -> Result<Response, Refusal> {
    let jobs = shared.jobs();
    let job = jobs.submit(id, submission, owner).await?;
    if job.total > AT_ONCE {
        let location = format!("/v1/validations/{}", job.id);
        return Ok(located(problem::accepted(cache::private(&ValidationState::from(job))), &location));
    }
    let job = jobs.finish(job).await.map_err(Error::from)?;
    let mut tx = shared.store().read().await.map_err(Error::from)?;
    let rows = validations::results(&mut tx, &job.id, Form::Json, None, 0, PAGE).await.map_err(Error::from)?;
    let results = rows.into_iter().map(|(_, json)| raw(json)).collect::<Result<Vec<_>, _>>()?;
    Ok(cache::private(&ValidationAnswer { validation: job.into(), results, next: None }))
}

fn raw(json: String) -> Result<Box<RawValue>, Refusal> {
    RawValue::from_string(json).map_err(|_| Refusal::Internal)
}

/// How far a validation is.
#[utoipa::path(
    get,
    path = "/v1/validations/{id}",
    tag = "validations",
    operation_id = "readValidation",
    params(("id" = String, Path, description = "Its id")),
    responses((status = 200, description = "The validation", body = ValidationState), FindProblems, ReadProblems)
)]
pub async fn read(State(shared): State<Shared>, access: Access, Segment(id): Segment) -> Result<Response, Refusal> {
    let mut tx = shared.store().read().await.map_err(Error::from)?;
    let job = validation_jobs::find(&mut tx, &id, owner(&access).as_deref()).await?;
    Ok(cache::private(&ValidationState::from(job)))
}

/// Call a validation off that still runs, or forget one that does not.
#[utoipa::path(
    delete,
    path = "/v1/validations/{id}",
    tag = "validations",
    operation_id = "deleteValidation",
    params(("id" = String, Path, description = "Its id")),
    responses((status = 204, description = "Called off, or forgotten"), FindProblems, ReadProblems)
)]
pub async fn delete(State(shared): State<Shared>, access: Access, Segment(id): Segment) -> Result<Response, Refusal> {
    access.require(Scope::Check)?;
    shared.jobs().delete(&id, owner(&access).as_deref()).await?;
    Ok(problem::NOTHING_TO_SAY.into_response())
}

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
    cursor: Option<String>,
}

/// The results of a validation, in the order of the file.
///
/// As JSON a page at a time; as `application/x-ndjson` or `text/csv`, by the header `Accept`, all that there are.
#[utoipa::path(
    get,
    path = "/v1/validations/{id}/results",
    tag = "validations",
    operation_id = "readValidationResults",
    params(("id" = String, Path, description = "Its id"), ResultParams),
    responses(
        (status = 200, description = "Results", content((ValidationAnswer = "application/json"), (Vec<u8> = "application/x-ndjson"), (Vec<u8> = "text/csv"))),
        FindProblems,
        ReadProblems,
    )
)]
pub async fn results(
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
            return Ok(download(&shared, job.id, action, media_type, written));
        }
    }
    let page = paging::page(params.limit, params.cursor)?;
    let from = match page.after.as_deref().map(str::parse::<i64>) {
        None => 0,
        Some(Ok(after)) => after + 1,
        Some(Err(_)) => return Err(wrong_parameter("cursor", "is not one that was given")),
    };
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
