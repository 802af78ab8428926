//! Every failure as problem details (RFC 9457): the one place where status codes are chosen.

use std::time::Duration;

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::error::{Error, Issue};
use crate::flows::readiness::ReadyStatus;
use crate::model::Scope;

/// The media type of problem details.
pub const MEDIA_TYPE: &str = "application/problem+json";

/// Why a request gets no answer.
#[derive(Debug)]
pub enum Refusal {
    /// A flow says why.
    Flow(Error),
    /// There is nothing at this path.
    NoRoute,
    /// There is something at this path, but not for this method.
    Method,
    /// No form that is offered is accepted.
    NotAcceptable,
    /// The request did not arrive and was not answered in time.
    Timeout(Duration),
    /// The body is larger than this many bytes.
    TooLarge(usize),
    /// The body stopped before its end.
    Truncated,
    /// The body is of another media type than this.
    MediaType(&'static str),
    /// The body is encoded, and is not taken so.
    Encoding,
    /// Too many requests are under way.
    Overloaded,
    /// Nothing is loaded to answer from.
    NotReady,
    /// It needs a key, or what was shown opens nothing: the sentence says which.
    Unauthenticated(&'static str),
    /// The key opens other things, not this.
    Forbidden(Scope),
    /// More requests than the caller's share; so many seconds until the next.
    TooMany(u64),
    /// The `Idempotency-Key` was used for another request.
    KeyReused,
    /// The same request is under way, for at most so many seconds.
    UnderWay(u64),
    /// A change must say which state it is about, by `If-Match`.
    PreconditionRequired,
    /// The part that is asked for lies behind the end, which is here.
    OutOfRange(u64),
    /// A mistake of ours; its cause is in the log, never in the answer.
    Internal,
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::Flow(error)
    }
}

/// Problem details: why a request gets no answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Problem {
    /// Where this kind of problem is explained.
    #[serde(rename = "type")]
    #[schema(examples("/problems/invalid_input"))]
    pub kind: String,
    /// The kind in words.
    pub title: &'static str,
    /// The HTTP status.
    pub status: u16,
    /// The kind as a stable word for programs.
    #[schema(examples("invalid_input"))]
    pub code: &'static str,
    /// What happened this time.
    pub detail: String,
    /// Every mistake that was found, each at its place.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<Issue>,
}

/// A kind of problem: status, code and title.
#[derive(Clone, Copy)]
struct Kind(StatusCode, &'static str, &'static str);

const INVALID_INPUT: Kind = Kind(StatusCode::BAD_REQUEST, "invalid_input", "The input is wrong");
const TRUNCATED: Kind = Kind(StatusCode::BAD_REQUEST, "truncated_body", "The body stopped before its end");
const NOT_FOUND: Kind = Kind(StatusCode::NOT_FOUND, "not_found", "There is nothing with this name");
const NO_ROUTE: Kind = Kind(StatusCode::NOT_FOUND, "no_such_path", "There is nothing at this path");
const METHOD: Kind = Kind(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "Not for this method");
const NOT_ACCEPTABLE: Kind = Kind(StatusCode::NOT_ACCEPTABLE, "not_acceptable", "No accepted form is offered");
const TIMEOUT: Kind = Kind(StatusCode::REQUEST_TIMEOUT, "timeout", "The request took too long");
const TOO_LARGE: Kind = Kind(StatusCode::PAYLOAD_TOO_LARGE, "too_large", "The body is too large");
const MEDIA_TYPE_WRONG: Kind =
    Kind(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", "The body is of the wrong media type");
const OVERLOADED: Kind = Kind(StatusCode::SERVICE_UNAVAILABLE, "overloaded", "Too many requests are under way");
const NOT_READY: Kind = Kind(StatusCode::SERVICE_UNAVAILABLE, "not_ready", "Nothing is loaded to answer from");
const UNAUTHENTICATED: Kind = Kind(StatusCode::UNAUTHORIZED, "unauthenticated", "Show a key that opens this");
const FORBIDDEN: Kind = Kind(StatusCode::FORBIDDEN, "forbidden", "The key does not open this");
const TOO_MANY: Kind = Kind(StatusCode::TOO_MANY_REQUESTS, "too_many_requests", "More requests than your share");
const KEY_REUSED: Kind =
    Kind(StatusCode::UNPROCESSABLE_ENTITY, "idempotency_key_reused", "The Idempotency-Key belongs to another request");
const UNDER_WAY: Kind = Kind(StatusCode::CONFLICT, "request_under_way", "The same request is under way");
const CONFLICT: Kind = Kind(StatusCode::CONFLICT, "conflict", "It cannot be done as things stand");
const STALE: Kind = Kind(StatusCode::PRECONDITION_FAILED, "stale", "It was changed meanwhile");
const PRECONDITION_REQUIRED: Kind =
    Kind(StatusCode::PRECONDITION_REQUIRED, "precondition_required", "Say which state you change");
const OUT_OF_RANGE: Kind =
    Kind(StatusCode::RANGE_NOT_SATISFIABLE, "out_of_range", "The part asked for lies behind the end");
const BUSY: Kind = Kind(StatusCode::SERVICE_UNAVAILABLE, "busy", "Others are changing the same things");
const UNAVAILABLE: Kind = Kind(StatusCode::SERVICE_UNAVAILABLE, "unavailable", "Something it needs cannot be reached");
const INTERNAL: Kind = Kind(StatusCode::INTERNAL_SERVER_ERROR, "internal_error", "A mistake of ours");

/// Every kind there is.
const KINDS: &[Kind] = &[
    INVALID_INPUT,
    TRUNCATED,
    NOT_FOUND,
    NO_ROUTE,
    METHOD,
    NOT_ACCEPTABLE,
    TIMEOUT,
    TOO_LARGE,
    MEDIA_TYPE_WRONG,
    OVERLOADED,
    NOT_READY,
    UNAUTHENTICATED,
    FORBIDDEN,
    TOO_MANY,
    KEY_REUSED,
    UNDER_WAY,
    CONFLICT,
    STALE,
    PRECONDITION_REQUIRED,
    OUT_OF_RANGE,
    BUSY,
    UNAVAILABLE,
    INTERNAL,
];

/// A kind of problem, explained.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ProblemKind {
    /// The stable word.
    pub code: &'static str,
    /// The HTTP status it comes with.
    pub status: u16,
    /// In words.
    pub title: &'static str,
}

/// Every kind of problem.
pub fn kinds() -> impl Iterator<Item = ProblemKind> {
    KINDS.iter().map(|Kind(status, code, title)| ProblemKind { code, status: status.as_u16(), title })
}

/// How long a client that was turned away should wait, in seconds.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("1");

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let (kind, detail, errors) = match refusal {
            Refusal::Flow(error) => {
                let detail = error.to_string();
                match error {
                    Error::Invalid(issues) => (INVALID_INPUT, detail, issues),
                    Error::NotFound { .. } => (NOT_FOUND, detail, vec![]),
                    Error::Conflict(_) => (CONFLICT, detail, vec![]),
                    Error::Stale { .. } => (STALE, detail, vec![]),
                    Error::SeenMissing { .. } => (PRECONDITION_REQUIRED, detail, vec![]),
                    Error::Forbidden(_) => (FORBIDDEN, detail, vec![]),
                    Error::Busy => (BUSY, detail, vec![]),
                    Error::Unavailable(cause) => {
                        tracing::error!("a request failed for want of something outside: {cause}");
                        (UNAVAILABLE, detail, vec![])
                    }
                    Error::Internal(cause) => {
                        tracing::error!("a request failed by a mistake of ours: {cause}");
                        return Refusal::Internal.into();
                    }
                }
            }
            Refusal::NoRoute => (NO_ROUTE, "the paths are listed in /openapi.json".to_owned(), vec![]),
            Refusal::Method => (METHOD, "the methods there are stand in the header Allow".to_owned(), vec![]),
            Refusal::NotAcceptable => {
                (NOT_ACCEPTABLE, "this is given as application/json and application/geo+json".to_owned(), vec![])
            }
            Refusal::Timeout(limit) => (
                TIMEOUT,
                format!("it did not arrive and was not answered within {:.1} seconds", limit.as_secs_f64()),
                vec![],
            ),
            Refusal::TooLarge(limit) => (TOO_LARGE, format!("it may have at most {limit} bytes"), vec![]),
            Refusal::Truncated => (TRUNCATED, "less arrived than was announced".to_owned(), vec![]),
            Refusal::MediaType(expected) => {
                (MEDIA_TYPE_WRONG, format!("say `Content-Type: {expected}` and send that"), vec![])
            }
            Refusal::Encoding => (MEDIA_TYPE_WRONG, "send the body without a Content-Encoding".to_owned(), vec![]),
            Refusal::Overloaded => (OVERLOADED, "try again in a second".to_owned(), vec![]),
            Refusal::Unauthenticated(why) => {
                (UNAUTHENTICATED, format!("{why}; send `Authorization: Bearer` and a key"), vec![])
            }
            Refusal::Forbidden(scope) => (FORBIDDEN, format!("it needs the scope `{scope}`"), vec![]),
            Refusal::TooMany(wait) => (TOO_MANY, format!("the next is taken in {wait} seconds"), vec![]),
            Refusal::KeyReused => (KEY_REUSED, "take a new key for each request".to_owned(), vec![]),
            Refusal::UnderWay(wait) => (
                UNDER_WAY,
                format!("ask again with the same key; in {wait} seconds at the latest it is decided"),
                vec![],
            ),
            Refusal::PreconditionRequired => {
                (PRECONDITION_REQUIRED, "send the ETag that you read as `If-Match`".to_owned(), vec![])
            }
            Refusal::OutOfRange(length) => (OUT_OF_RANGE, format!("there are {length} bytes"), vec![]),
            Refusal::NotReady => (NOT_READY, "what is wrong with the data is listed at /readyz".to_owned(), vec![]),
            Refusal::Internal => {
                (INTERNAL, "it has been logged under the id in the header X-Request-Id".to_owned(), vec![])
            }
        };
        let Kind(status, code, title) = kind;
        Self { kind: format!("/problems/{code}"), title, status: status.as_u16(), code, detail, errors }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, Json(self)).into_response();
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(header::RETRY_AFTER, RETRY_AFTER);
        }
        response
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let wait = match &self {
            Self::TooMany(wait) | Self::UnderWay(wait) => Some(HeaderValue::from(*wait)),
            _ => None,
        };
        let length = if let Self::OutOfRange(length) = self { Some(length) } else { None };
        let mut response = Problem::from(self).into_response();
        if let Some(range) = length.and_then(|length| HeaderValue::from_str(&format!("bytes */{length}")).ok()) {
            response.headers_mut().insert(header::CONTENT_RANGE, range);
        }
        if let Some(wait) = wait {
            response.headers_mut().insert(header::RETRY_AFTER, wait);
        }
        if response.status() == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, CHALLENGE);
        }
        response
    }
}

/// How to show a key (RFC 6750 section 3).
const CHALLENGE: HeaderValue = HeaderValue::from_static("Bearer realm=\"cordon\"");

/// An answer that says that something new is there, and where.
pub fn created(mut response: Response, path: &str) -> Response {
    *response.status_mut() = StatusCode::CREATED;
    located(response, path)
}

/// Adds where something is to be found.
pub fn located(mut response: Response, path: &str) -> Response {
    if let Ok(path) = HeaderValue::from_str(path) {
        response.headers_mut().insert(header::LOCATION, path);
    }
    response
}

/// An answer that says that something will be done.
pub fn accepted(mut response: Response) -> Response {
    *response.status_mut() = StatusCode::ACCEPTED;
    response
}

/// The client already has it.
pub const UNCHANGED: StatusCode = StatusCode::NOT_MODIFIED;

/// A part of what there is, as it was asked for.
pub const A_PART: StatusCode = StatusCode::PARTIAL_CONTENT;

/// The page says that there is no such thing.
pub const MISSING: StatusCode = StatusCode::NOT_FOUND;

/// The headers say it all.
pub const NOTHING_TO_SAY: StatusCode = StatusCode::NO_CONTENT;

/// The status of the readiness answer, which has its own form.
pub fn readiness_status(status: ReadyStatus) -> StatusCode {
    match status {
        ReadyStatus::Ready | ReadyStatus::Degraded => StatusCode::OK,
        ReadyStatus::NotReady => StatusCode::SERVICE_UNAVAILABLE,
    }
}

/// An answer that some library gave without problem details, as problem details: only the interface itself may word a failure.
pub async fn explain_bare(response: Response) -> Response {
    let status = response.status();
    let explained = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(MEDIA_TYPE.as_bytes()));
    // readiness answers 503 in its own form
    let in_json = response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind == "application/json");
    let a_page =
        response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    if explained || in_json || a_page || !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    match status {
        StatusCode::NOT_FOUND => Refusal::NoRoute.into_response(),
        StatusCode::METHOD_NOT_ALLOWED => Refusal::Method.into_response(),
        _ if status.is_client_error() => {
            let issue = Issue::invalid("", status.canonical_reason().unwrap_or("the request is wrong"));
            Refusal::Flow(issue.into()).into_response()
        }
        _ => Refusal::Internal.into_response(),
    }
}

/// The problems that reading may meet.
#[derive(utoipa::IntoResponses)]
pub enum ReadProblems {
    /// A query parameter is wrong or unknown; `errors` names each.
    #[response(status = 400, content_type = "application/problem+json")]
    Invalid(Problem),
    /// What is shown opens nothing, or this is not open without a key.
    #[response(status = 401, content_type = "application/problem+json")]
    Unauthenticated(Problem),
    /// The key does not open this.
    #[response(status = 403, content_type = "application/problem+json")]
    Forbidden(Problem),
    /// More requests than the caller's share; `Retry-After` says when to try again.
    #[response(status = 429, content_type = "application/problem+json")]
    TooMany(Problem),
    /// The service is overloaded, or has nothing loaded; `Retry-After` says when to try again.
    #[response(status = 503, content_type = "application/problem+json")]
    Overloaded(Problem),
    /// Any other failure.
    #[response(status = "default", content_type = "application/problem+json")]
    Other(Problem),
}

/// The problems that a change may meet.
#[derive(utoipa::IntoResponses)]
pub enum ChangeProblems {
    /// It cannot be done as things stand.
    #[response(status = 409, content_type = "application/problem+json")]
    Conflict(Problem),
}

/// The problems that a change of what others may change too meets.
#[derive(utoipa::IntoResponses)]
pub enum EditProblems {
    /// Somebody else changed it since it was read.
    #[response(status = 412, content_type = "application/problem+json")]
    Stale(Problem),
    /// `Idempotency-Key` belongs to another request.
    #[response(status = 422, content_type = "application/problem+json")]
    KeyReused(Problem),
    /// `If-Match` is missing.
    #[response(status = 428, content_type = "application/problem+json")]
    SeenMissing(Problem),
}

/// The problems that reading one thing by name may meet.
#[derive(utoipa::IntoResponses)]
pub enum FindProblems {
    /// There is nothing with this name.
    #[response(status = 404, content_type = "application/problem+json")]
    NotFound(Problem),
    /// No form that is offered is accepted.
    #[response(status = 406, content_type = "application/problem+json")]
    NotAcceptable(Problem),
}

/// The problems that a request with a body may meet: those of reading, and its own.
pub struct BodyProblems;

impl utoipa::IntoResponses for BodyProblems {
    fn responses() -> std::collections::BTreeMap<String, utoipa::openapi::RefOr<utoipa::openapi::Response>> {
        let mut problems = OfBody::responses();
        for (status, problem) in ReadProblems::responses() {
            problems.entry(status).or_insert(problem);
        }
        problems
    }
}

/// The problems of a body itself.
#[derive(utoipa::IntoResponses)]
pub enum OfBody {
    /// The body or a query parameter is wrong; `errors` points at each mistake.
    #[response(status = 400, content_type = "application/problem+json")]
    Invalid(Problem),
    /// The request took too long to arrive.
    #[response(status = 408, content_type = "application/problem+json")]
    Timeout(Problem),
    /// The body is too large.
    #[response(status = 413, content_type = "application/problem+json")]
    TooLarge(Problem),
    /// The body is of the wrong media type.
    #[response(status = 415, content_type = "application/problem+json")]
    MediaType(Problem),
}
