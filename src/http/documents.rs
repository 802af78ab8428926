//! The interface described: the OpenAPI document, a page to read it on, and what the kinds of problem mean.

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::get;
use utoipa::OpenApi;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa_swagger_ui::{Config, SwaggerUi};

use super::{Shared, cache};

/// What the document says beside its paths.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Cordon",
        description = "Checks travellers' positions and itineraries against government travel advisories, exactly and with reasons.\n\n\
            Failures are problem details (RFC 9457) with a stable `code`; mistakes in the input are listed under `errors`, each with a \
            JSON pointer into the body or the name of the query parameter. Instants are RFC 3339 with a zone."
    ),
    tags(
        (name = "checks", description = "Is somebody concerned, by whom and why?"),
        (name = "validations", description = "Whole booking files"),
        (name = "reading", description = "Who says what, about which places; also as GeoJSON"),
        (name = "publishing", description = "Saying something: with a key for it"),
        (name = "access", description = "Keys, and what they open"),
        (name = "evidence", description = "Proof of what was answered, to keep"),
        (name = "running", description = "The state of the service")
    ),
    modifiers(&Keys)
)]
pub struct Description;

/// How a key is shown.
struct Keys;

impl utoipa::Modify for Keys {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let key = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some(
            "An API key: `crd_live_…`, or `crd_ex_…` for exercises. Checks and reading need none, unless the operator has closed them.",
        ));
        document.components.get_or_insert_default().add_security_scheme("key", SecurityScheme::Http(key.build()));
    }
}

/// What the page may load: only what this service itself serves, with the inline styles and pictures of the bundled viewer.
const PAGE_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'",
);

/// `/openapi.json` and `/docs`.
pub fn routes(api: &utoipa::openapi::OpenApi) -> Router<Shared> {
    let document = axum::body::Bytes::from(api.to_pretty_json().unwrap_or_default());
    let page: Router<Shared> = SwaggerUi::new("/docs").config(Config::from("/openapi.json")).into();
    page.layer(middleware::from_fn(page_policy)).route(
        "/openapi.json",
        get(move |headers: HeaderMap| async move { cache::reply_bytes(&headers, "application/json", document) }),
    )
}

async fn page_policy(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, PAGE_POLICY);
    response
}
