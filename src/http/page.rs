//! `/`: the traveller's page, and the headers that every page for people goes out with.

use askama::Template;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};

use super::problem::Refusal;
use super::{Shared, assets, cache};

/// What a page may load: only what this service itself serves; no script or style stands in a page itself.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; \
     worker-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
);

/// Headers beside the policy: a link tells no one where it was followed from, and only this page may ask for the position.
const BESIDE: [(HeaderName, HeaderValue); 3] = [
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static("geolocation=(self), camera=(), microphone=()"),
    ),
    (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
];

/// Adds the headers of a page for people.
pub async fn policy(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(POLICY);
    headers.extend(BESIDE);
    response
}

/// What stands in the place of the page where it was not built.
#[derive(Template)]
#[template(path = "pages/unbuilt.html")]
struct Unbuilt;

/// The policy of the page that checks a trip: its map may ask the one host that the operator's tiles come from, where they do.
fn index_policy(shared: &Shared) -> HeaderValue {
    let wider = shared.settings().tiles.origin().and_then(|origin| {
        let policy = POLICY.to_str().ok()?.replace("connect-src 'self'", &format!("connect-src 'self' {origin}"));
        HeaderValue::from_str(&policy).ok()
    });
    wider.unwrap_or(POLICY)
}

/// The page that checks a trip; where the program was built without it, a page that says so.
pub async fn index(State(shared): State<Shared>, headers: HeaderMap) -> Response {
    let mut response = assets::index(&headers).unwrap_or_else(|| html(&Unbuilt));
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, index_policy(&shared));
    response
}

/// The page's worker. It keeps the page with the policy that came with it, so another policy makes another worker.
pub async fn worker(State(shared): State<Shared>, headers: HeaderMap) -> Response {
    let Some(mut code) = assets::script("sw.js") else { return Refusal::NoRoute.into_response() };
    code.extend([b"\n// ", index_policy(&shared).as_bytes(), b"\n"].concat());
    cache::reply_bytes(&headers, "text/javascript; charset=utf-8", code)
}

/// A page, written.
pub fn html(page: &impl Template) -> Response {
    match page.render() {
        Ok(text) => Html(text).into_response(),
        Err(e) => {
            tracing::error!("a page cannot be written: {e}");
            Refusal::Internal.into_response()
        }
    }
}
