//! `/v1/validations`: booking files, answered at once when they are small, else as a job that can be called off and gone on with.

use std::time::Duration;

use axum::extract::{OriginalUri, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

use super::access::Access;
use super::extract::{Booked, Document, Name, Query, Segment, comma_separated, wrong_parameter};
use super::problem::{self, BodyProblems, ChangeProblems, FindProblems, ReadProblems, Refusal, located};
use super::{Shared, cache, idempotency, paging};
use crate::error::Error;
use crate::flows::keep_policy;
use crate::flows::validate_bookings::BookingResult;
use crate::flows::validation_jobs::{self, Sender, Submission, ValidationState};
use crate::format::document::bookings::Kind;
use crate::format::document::csv::Mapping;
use crate::format::policy::{Action, Policy};
use crate::model::{IssuerCode, Scope, Transit, Verdict};
use crate::store::validations::{self, Form, State as JobState};

/// A file of at most so many bookings is answered at once.
pub(super) const AT_ONCE: i64 = 100;
/// The most results on a page.
pub(super) const PAGE: u32 = 1_000;

/// An agency's policy, and how its file is to be read. What is not given is as the key's own policy says, else as said here.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct SubmitParams {
    /// Bookings of this verdict or a graver one are blocked; `prohibited` if not given.
    #[param(inline)]
    block: Option<Verdict>,
    /// Bookings of this verdict or a graver one are looked at; `caution` if not given.
    #[param(inline)]
    review: Option<Verdict>,
    /// What is done where something is indeterminate or could not be read: `review` or `block`.
    #[param(inline)]
    indeterminate: Option<Action>,
    /// Issuers to consult for everybody, the agency's home; several with commas or by repeating the parameter, none by an empty one.
    #[serde(default, deserialize_with = "given")]
    #[param(value_type = Vec<IssuerCode>)]
    issuers: Option<Vec<IssuerCode>>,
    /// What changes within one ticket are taken to be where the booking does not say.
    #[param(inline)]
    connections: Option<Transit>,
    /// How far on either side of a given way the true one may run, in metres; 50 if not given.
    #[param(value_type = f64, minimum = 0, maximum = 50_000)]
    corridor_m: Option<f64>,
    /// What was known at this instant, such as the day of sale; now if not given.
    #[param(format = DateTime)]
    as_of: Option<String>,
    /// Language of the titles, BCP 47; English if not given.
    lang: Option<String>,
    /// What a table calls our columns: `booking=PNR,passenger=Pax no`.
    columns: Option<String>,
    /// Whether its bookings are to be watched; the key that sends them hears of every verdict that changes.
    #[serde(default)]
    #[param(default = false)]
    watch: bool,
}

fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<IssuerCode>>, D::Error> {
    comma_separated(deserializer).map(Some)
}

impl SubmitParams {
    /// The policy of this file, given the key's own.
    fn policy(&self, own: Policy) -> Policy {
        Policy {
            block: self.block.unwrap_or(own.block),
            review: self.review.unwrap_or(own.review),
            indeterminate: self.indeterminate.unwrap_or(own.indeterminate),
            issuers: self.issuers.clone().unwrap_or(own.issuers),
            connections: self.connections.or(own.connections),
            corridor_m: self.corridor_m.unwrap_or(own.corridor_m),
            as_of: self.as_of.clone(),
            lang: self.lang.clone().or(own.lang),
        }
    }
}

/// A validation, with its first results.
#[derive(Serialize, utoipa::ToSchema)]
pub struct ValidationAnswer {
    /// The validation.
    pub(super) validation: ValidationState,
    /// Results in the order of the file.
    #[schema(value_type = Vec<BookingResult>)]
    pub(super) results: Vec<Box<RawValue>>,
    /// Where the next page is; null on the last.
    pub(super) next: Option<String>,
}

/// Whose validations a caller sees: those of their key; what is sent without one is found by its id alone.
pub(super) fn owner(access: &Access) -> Option<String> {
    access.key().map(|key| key.id.clone())
}

/// The key of a caller who needs one, since what they ask for belongs to a key.
pub(super) fn key_of(access: &Access, scope: Scope) -> Result<String, Refusal> {
    let key = access.key().ok_or(Refusal::Unauthenticated("this belongs to a key"))?;
    access.require(scope)?;
    Ok(key.id.clone())
}

/// Validate a booking file.
///
/// A JSON array, lines of JSON, or a table with a row for each passenger and leg. One bad booking never hides the others. Up to 100
/// bookings are answered at once, if that takes no longer than ten seconds; more are taken in (202), with where to ask how far they are. The query parameters are the policy; what
/// they leave out is as the key's own says (`/v1/validations/policy`). With `watch=true` the bookings are watched as well.
#[utoipa::path(
    post,
    path = "/v1/validations",
    tag = "validations",
    operation_id = "validateBookings",
    params(SubmitParams, ("Idempotency-Key" = Option<String>, Header, description = "The same key with the same request gives the same answer, not a second job")),
    request_body(content((Vec<u8> = "application/json"), (Vec<u8> = "application/x-ndjson"), (Vec<u8> = "text/csv"))),
    responses(
        (status = 200, description = "All results", body = ValidationAnswer),
        (status = 202, description = "Taken in; `Location` says where to ask", body = ValidationAnswer),
        BodyProblems,
    )
)]
pub async fn submit(
    State(shared): State<Shared>,
    access: Access,
    OriginalUri(uri): OriginalUri,
    Query(params): Query<SubmitParams>,
    headers: HeaderMap,
    Booked(Document { essence, text }): Booked,
) -> Result<Response, Refusal> {
    access.require(Scope::Check)?;
    shared.loaded(&access)?;
    let kind = Kind::of_media_type(&essence).ok_or(Refusal::MediaType(TAKEN))?;
    let mapping = params.columns.as_deref().map_or(Ok(Mapping::default()), Mapping::parse);
    let mapping = mapping.map_err(|detail| wrong_parameter("columns", detail))?;
    let own = match owner(&access) {
        Some(key) => keep_policy::policy(shared.store(), &key).await?,
        None => Policy::default(),
    };
    if params.watch {
        key_of(&access, Scope::Watch)?;
    }
    let asked = uri.to_string();
    let submission = Submission { kind, text: text.to_vec(), mapping, policy: params.policy(own), watch: params.watch };
    let (worker, sender) = (shared.clone(), Sender { key: owner(&access), kind: access.kind() });
    let work = |id| async move { taken_in(&worker, id, submission, sender).await };
    idempotency::once(&shared, &access, &headers, &[b"POST", asked.as_bytes(), &text], work).await
}

const TAKEN: &str = "application/json, application/x-ndjson or text/csv";

/// How long somebody is kept waiting for a small file: an engine that is asked for ways may stand still.
const PATIENCE: Duration = Duration::from_secs(10);

async fn taken_in(shared: &Shared, id: String, submission: Submission, sender: Sender) -> Result<Response, Refusal> {
    let jobs = shared.jobs();
    let job = jobs.submit(id, submission, sender).await?;
    let taken = job.clone();
    let accepted = || {
        let location = format!("/v1/validations/{}", taken.id);
        let validation = ValidationState::from(taken);
        let next = Some(validation.results.clone());
        located(problem::accepted(cache::private(&ValidationAnswer { validation, results: vec![], next })), &location)
    };
    if job.total > AT_ONCE {
        return Ok(accepted());
    }
    let watcher = shared.clone();
    // goes on by itself when nobody waits any more
    let work = tokio::spawn(async move {
        let job = jobs.finish(job).await.map_err(Error::from)?;
        if let (true, Some(key)) = (job.watch, &job.owner) {
            watcher.watch().watch_results(&job.id, key).await?;
        }
        Ok::<_, Error>(job)
    });
    let Ok(done) = tokio::time::timeout(PATIENCE, work).await else { return Ok(accepted()) };
    let job = done.map_err(|_| Refusal::Internal)??;
    let mut tx = shared.store().read().await.map_err(Error::from)?;
    let rows = validations::results(&mut tx, &job.id, Form::Json, None, 0, PAGE).await.map_err(Error::from)?;
    let results = rows.into_iter().map(|(_, json)| raw(json)).collect::<Result<Vec<_>, _>>()?;
    Ok(cache::private(&ValidationAnswer { validation: job.into(), results, next: None }))
}

pub(super) fn raw(json: String) -> Result<Box<RawValue>, Refusal> {
    RawValue::from_string(json).map_err(|_| Refusal::Internal)
}

/// Which validations to list.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListParams {
    /// Only those that stand so.
    #[param(inline)]
    state: Option<JobState>,
    /// At most this many, up to 1,000.
    #[param(minimum = 1, maximum = 1000, default = 100)]
    limit: Option<usize>,
    /// Where the page before ended.
    #[param(value_type = Option<String>)]
    cursor: Option<Name>,
}

/// A page of validations.
#[derive(Serialize, utoipa::ToSchema)]
pub struct ValidationList {
    /// The newest first.
    validations: Vec<ValidationState>,
    /// Where the next page is; null on the last.
    next: Option<String>,
}

/// List the validations of the key that asks, the newest first.
#[utoipa::path(
    get,
    path = "/v1/validations",
    tag = "validations",
    operation_id = "listValidations",
    security(("key" = [])),
    params(ListParams),
    responses((status = 200, description = "A page of validations", body = ValidationList), ReadProblems)
)]
pub async fn list(
    State(shared): State<Shared>,
    access: Access,
    OriginalUri(uri): OriginalUri,
    Query(params): Query<ListParams>,
) -> Result<Response, Refusal> {
    let key = key_of(&access, Scope::Check)?;
    let page = paging::page_of_ids(params.limit, params.cursor)?;
    let limit = u32::try_from(page.limit + 1).unwrap_or(PAGE);
    let mut tx = shared.store().read().await.map_err(Error::from)?;
    let found = validations::list(&mut tx, &key, params.state, page.after.as_deref(), limit);
    let mut found = found.await.map_err(Error::from)?;
    let more = found.len() > page.limit;
    found.truncate(page.limit);
    let next = found.last().filter(|_| more).map(|last| paging::next_url(&uri, &last.id));
    let validations = found.into_iter().map(ValidationState::from).collect();
    Ok(paging::linked(cache::private(&ValidationList { validations, next: next.clone() }), next.as_deref()))
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

/// Go on with a validation that was called off, where it was.
#[utoipa::path(
    post,
    path = "/v1/validations/{id}/resume",
    tag = "validations",
    operation_id = "resumeValidation",
    params(("id" = String, Path, description = "Its id")),
    responses((status = 200, description = "It runs", body = ValidationState), FindProblems, ReadProblems, ChangeProblems)
)]
pub async fn resume(State(shared): State<Shared>, access: Access, Segment(id): Segment) -> Result<Response, Refusal> {
    access.require(Scope::Check)?;
    let job = shared.jobs().resume(&id, owner(&access).as_deref()).await?;
    Ok(cache::private(&ValidationState::from(job)))
}
