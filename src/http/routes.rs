//! Every route of the service, on one page.

use axum::Router;
use axum::http::Method;
use axum::middleware::{from_fn, from_fn_with_state, map_response};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, NotForContentType, Predicate};
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::problem::{self, Refusal};
use super::{
    Shared, access, advisories, assets, basemap, bundles, cache, check_itinerary, check_location, check_locations,
    deliveries, documents, events, evidence, guard, issuers, itineraries, keys, missions, observe, operations, page,
    pages, places, positions, problems, publish, push, regions, subscriptions, travellers, validation_policy,
    validation_results, validation_watch, validations, webhooks,
};

/// The questions: limited in number and time.
fn questions() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(check_location::by_query, check_location::by_body))
        .routes(routes!(check_locations::stream_lines))
        .routes(routes!(check_itinerary::check))
        .routes(routes!(validations::list, validations::submit))
        .routes(routes!(validations::read, validations::delete))
        .routes(routes!(validations::resume))
        .routes(routes!(validation_results::read))
        .routes(routes!(validation_results::replay))
        .routes(routes!(validation_policy::read, validation_policy::keep))
        .routes(routes!(validation_watch::read, validation_watch::begin, validation_watch::end))
        .routes(routes!(validation_watch::read_one, validation_watch::begin_one, validation_watch::end_one))
        .routes(routes!(evidence::of_validation))
        .routes(routes!(evidence::page_of_validation))
        .routes(routes!(evidence::key))
        .routes(routes!(evidence::key_file))
        .routes(routes!(bundles::read))
        .routes(routes!(basemap::read))
        .routes(routes!(issuers::list))
        .routes(routes!(missions::list))
        .routes(routes!(regions::list))
        .route("/v1/regions.geojson", get(regions::list))
        .routes(routes!(regions::read))
        .routes(routes!(places::find))
        .routes(routes!(places::nearest))
        .routes(routes!(advisories::list, publish::publish))
        .route("/v1/advisories.geojson", get(advisories::list))
        .routes(routes!(advisories::read))
        .routes(routes!(advisories::revisions, publish::revise))
        .routes(routes!(publish::withdraw))
        .route("/v1/advisories/{id}/revisions.geojson", get(advisories::revisions))
        .routes(routes!(travellers::list, travellers::register))
        .routes(routes!(travellers::read, travellers::change, travellers::erase))
        .routes(routes!(travellers::export))
        .routes(routes!(itineraries::list, itineraries::save))
        .routes(routes!(itineraries::read, itineraries::replace, itineraries::forget))
        .routes(routes!(positions::report))
        .routes(routes!(positions::read, positions::forget))
        .routes(routes!(subscriptions::list, subscriptions::subscribe))
        .routes(routes!(subscriptions::read, subscriptions::change, subscriptions::end))
        .routes(routes!(subscriptions::test))
        .routes(routes!(keys::list, keys::create))
        .routes(routes!(keys::revoke))
        .routes(routes!(keys::rotate))
        .routes(routes!(push::key))
        .routes(routes!(push::rotate))
        .routes(routes!(webhooks::list, webhooks::create))
        .routes(routes!(webhooks::read, webhooks::change, webhooks::delete))
        .routes(routes!(webhooks::rotate))
        .routes(routes!(events::listen))
        .routes(routes!(deliveries::list))
        .routes(routes!(deliveries::read))
        .routes(routes!(deliveries::replay))
}

/// The state of the service: answered however many questions are under way.
fn running() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(operations::healthz))
        .routes(routes!(operations::readyz))
        .routes(routes!(operations::metrics))
        .routes(routes!(operations::version))
        .routes(routes!(problems::list))
        .routes(routes!(problems::read))
}

/// Pages for people.
fn pages(shared: &Shared) -> Router<Shared> {
    Router::new()
        .route("/advisories", get(pages::list))
        .route("/advisories/{id}", get(pages::read))
        .layer(from_fn_with_state(shared.clone(), access::admit))
        .route("/", get(page::index))
        .route("/sw.js", get(page::worker))
        .route("/style.css", get(pages::style))
        .layer(from_fn(page::policy))
}

/// The description of the interface, made from the handlers.
pub fn openapi() -> utoipa::openapi::OpenApi {
    OpenApiRouter::with_openapi(documents::Description::openapi()).merge(questions()).merge(running()).into_openapi()
}

/// The whole interface.
pub fn router(shared: Shared) -> Router {
    let questions: Router<Shared> = questions().into();
    let compression = CompressionLayer::new()
        // lines are answered as they come; a compressor would hold them back
        .compress_when(
            DefaultPredicate::new()
                .and(NotForContentType::const_new(check_locations::MEDIA_TYPE))
                .and(NotForContentType::const_new(basemap::MEDIA_TYPE)),
        );
    questions
        .layer(from_fn_with_state(shared.clone(), access::admit))
        .layer(from_fn_with_state(shared.clone(), guard::guard))
        .merge(Router::from(running()))
        .merge(documents::routes(&openapi()))
        .merge(pages(&shared))
        .route(basemap::PATH, get(basemap::archive))
        .fallback(assets::file_or_nothing)
        .method_not_allowed_fallback(not_for_this_method)
        .layer(CatchPanicLayer::custom(guard::panicked))
        .layer(map_response(problem::explain_bare))
        .layer(compression)
        .layer(from_fn(cache::tag_compressed))
        .layer(from_fn_with_state(shared.clone(), observe::observe))
        .with_state(shared)
}

/// Axum adds the header `Allow`; for OPTIONS that is the whole answer.
async fn not_for_this_method(method: Method) -> Response {
    if method == Method::OPTIONS { problem::NOTHING_TO_SAY.into_response() } else { Refusal::Method.into_response() }
}
