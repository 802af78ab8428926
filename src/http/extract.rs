//! What handlers take from a request: a JSON body, query parameters, a path segment; each mistake becomes a problem with its place.

use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer, Error as _};

use super::Shared;
use super::problem::Refusal;
use crate::error::{Error, Issue};

/// The text of a JSON body, not yet read. No body at all is an object that says nothing.
pub struct JsonText(pub Bytes);

impl FromRequest<Shared> for JsonText {
    type Rejection = Response;

    async fn from_request(request: Request, shared: &Shared) -> Result<Self, Response> {
        if is_absent(&request) {
            return Ok(Self(Bytes::from_static(b"{}")));
        }
        let json = |essence: &str| {
            essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json"))
        };
        expect_media_type(request.headers(), json, "application/json").map_err(IntoResponse::into_response)?;
        let limit = shared.settings().body_limit;
        collect(request.into_body(), limit).await.map(Self).map_err(IntoResponse::into_response)
    }
}

fn is_absent(request: &Request) -> bool {
    use axum::body::HttpBody as _;
    request.body().is_end_stream() && !request.headers().contains_key(header::CONTENT_TYPE)
}

/// A body of whatever media type it says it has, not yet read.
pub struct Document {
    /// The media type without its parameters, in lower case.
    pub essence: String,
    /// The body.
    pub text: Bytes,
}

impl FromRequest<Shared> for Document {
    type Rejection = Response;

    async fn from_request(request: Request, shared: &Shared) -> Result<Self, Response> {
        document(request, shared.settings().body_limit).await.map_err(IntoResponse::into_response)
    }
}

async fn document(request: Request, limit: usize) -> Result<Document, Refusal> {
    let essence = media_type(request.headers());
    expect_media_type(request.headers(), |_| true, "")?;
    Ok(Document { essence, text: collect(request.into_body(), limit).await? })
}

/// A booking file of whatever media type it says it has: larger than other bodies may be.
pub struct Booked(pub Document);

impl FromRequest<Shared> for Booked {
    type Rejection = Response;

    async fn from_request(request: Request, shared: &Shared) -> Result<Self, Response> {
        document(request, shared.settings().validation_limit).await.map(Self).map_err(IntoResponse::into_response)
    }
}

/// What a body says it is, without parameters, in lower case.
pub fn media_type(headers: &HeaderMap) -> String {
    let said = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    said.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// Checks what a body says it is.
pub fn expect_media_type(
    headers: &HeaderMap,
    takes: impl Fn(&str) -> bool,
    expected: &'static str,
) -> Result<(), Refusal> {
    let essence = media_type(headers);
    if !takes(&essence) {
        return Err(Refusal::MediaType(expected));
    }
    match headers.get(header::CONTENT_ENCODING) {
        Some(encoding) if !encoding.as_bytes().eq_ignore_ascii_case(b"identity") => Err(Refusal::Encoding),
        _ => Ok(()),
    }
}

async fn collect(body: Body, limit: usize) -> Result<Bytes, Refusal> {
    use axum::body::HttpBody as _;
    if body.size_hint().lower() > limit as u64 {
        return Err(Refusal::TooLarge(limit));
    }
    axum::body::to_bytes(body, limit).await.map_err(|e| {
        use std::error::Error as _;
        let too_large = e.source().is_some_and(<dyn std::error::Error>::is::<http_body_util::LengthLimitError>);
        if too_large { Refusal::TooLarge(limit) } else { Refusal::Truncated }
    })
}

/// Query parameters, read as `T`. A parameter that is not one of `T`'s is refused.
pub struct Query<T>(pub T);

impl<T: DeserializeOwned> FromRequestParts<Shared> for Query<T> {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &Shared) -> Result<Self, Response> {
        let query = parts.uri.query().unwrap_or_default();
        serde_path_to_error::deserialize(serde_html_form::Deserializer::from_bytes(query.as_bytes())).map(Self).map_err(
            |e| {
                let pointer = e.path().iter().next().map(ToString::to_string).unwrap_or_default();
                wrong_parameter(&pointer, explain(query, &pointer, &e.inner().to_string())).into_response()
            },
        )
    }
}

/// What is wrong with a parameter, naming its value.
fn explain(query: &str, name: &str, reason: &str) -> String {
    let pairs: Vec<(String, String)> = serde_html_form::from_str(query).unwrap_or_default();
    let values: Vec<&str> = pairs.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str()).collect();
    match values[..] {
        [value] if !reason.contains(value) => format!("`{name}={value}`: {reason}"),
        [] | [_] => reason.to_owned(),
        _ => format!("`{name}` is given {} times: {reason}", values.len()),
    }
}

/// What a caller names something by: an id, a cursor. No name of ours holds a control character, and PostgreSQL takes no text with U+0000.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
pub struct Name(pub String);

impl TryFrom<String> for Name {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        if text.contains(char::is_control) {
            return Err("it holds a control character, and names nothing");
        }
        Ok(Self(text))
    }
}

/// A variable segment of a path; one that can be no name names nothing.
pub fn segment(text: &str) -> Result<String, Refusal> {
    Name::try_from(text.to_owned()).map(|name| name.0).map_err(|_| Refusal::NoRoute)
}

/// The one variable segment of a path.
pub struct Segment(pub String);

impl FromRequestParts<Shared> for Segment {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, shared: &Shared) -> Result<Self, Response> {
        // a segment that is no UTF-8 names nothing
        let Path(text) =
            Path::<String>::from_request_parts(parts, shared).await.map_err(|_| Refusal::NoRoute.into_response())?;
        segment(&text).map(Self).map_err(IntoResponse::into_response)
    }
}

/// The two variable segments of a path: an id, and a number below it.
pub struct Numbered(pub String, pub i64);

impl FromRequestParts<Shared> for Numbered {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, shared: &Shared) -> Result<Self, Response> {
        // what is no number names nothing
        let segments = Path::<(String, i64)>::from_request_parts(parts, shared).await;
        let Path((id, number)) = segments.map_err(|_| Refusal::NoRoute.into_response())?;
        segment(&id).map(|id| Self(id, number)).map_err(IntoResponse::into_response)
    }
}

/// Reads a parameter that may be given several times, or once with commas.
pub fn comma_separated<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: TryFrom<String, Error = String>,
{
    let values = Vec::<String>::deserialize(deserializer)?;
    let words = values.iter().flat_map(|value| value.split(',')).map(str::trim).filter(|word| !word.is_empty());
    words.map(|word| T::try_from(word.to_owned()).map_err(D::Error::custom)).collect()
}

/// The mistake of a query parameter.
pub fn wrong_parameter(name: &str, detail: impl Into<String>) -> Refusal {
    Refusal::Flow(Issue { pointer: name.to_owned(), code: "invalid_parameter", detail: detail.into() }.into())
}

/// Mistakes found at JSON pointers, named by the query parameters that the values came from: the last name of the pointer.
pub fn at_parameters(refusal: Refusal) -> Refusal {
    match refusal {
        Refusal::Flow(Error::Invalid(issues)) => Error::Invalid(issues.into_iter().map(at_parameter).collect()).into(),
        other => other,
    }
}

fn at_parameter(issue: Issue) -> Issue {
    let name = issue.pointer.rsplit('/').find(|part| part.parse::<usize>().is_err()).unwrap_or_default();
    Issue { pointer: name.to_owned(), ..issue }
}
