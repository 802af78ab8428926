//! `/v1/check/itinerary`: is a plan concerned, and where?

use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;

use super::access::Access;
use super::extract::{Document, Query, comma_separated};
use super::problem::{BodyProblems, Refusal};
use super::{Shared, cache};
use crate::error::Issue;
use crate::flows::check_itinerary::{ItineraryAnswer, check_itinerary};
use crate::flows::route_legs::route_legs;
use crate::format::document::{self, Context, Format};
use crate::format::draft::Asked;
use crate::format::itinerary::{ItineraryQuery, ItineraryRequest};
use crate::live::Snapshot;
use crate::model::{CountryCode, IssuerCode};

/// What is asked about a document that does not say it itself.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DocumentParams {
    /// What was known at this instant; now if not given.
    #[param(format = DateTime)]
    as_of: Option<String>,
    /// Issuers to consult beside those of the nationalities; several with commas or by repeating the parameter.
    #[serde(default, deserialize_with = "comma_separated")]
    issuers: Vec<IssuerCode>,
    /// Nationalities of travellers whose document names none; several with commas or by repeating the parameter.
    #[serde(default, deserialize_with = "comma_separated")]
    nationality: Vec<CountryCode>,
    /// Language of the texts, BCP 47; English if not given.
    lang: Option<String>,
    /// How far on either side of a given way the true one may run, in metres; 50 if not given.
    #[param(value_type = f64, minimum = 0, maximum = 50_000, default = 50)]
    corridor_m: Option<f64>,
}

/// Check an itinerary.
///
/// Every stop for its whole time, every leg along its way; what could not be determined is named, and never *clear*.
///
/// The body is Cordon's own request, or by its media type a document of another form: schema.org reservations, GeoJSON, a table,
/// iCalendar, GPX, a page, a mail; as JSON also a Duffel order or an Amadeus flight order. About those the query parameters ask. Each
/// mistake and finding points into the document as it was sent.
#[utoipa::path(
    post,
    path = "/v1/check/itinerary",
    tag = "checks",
    operation_id = "checkItinerary",
    params(DocumentParams),
    request_body(content(
        (ItineraryRequest = "application/json"),
        (Vec<u8> = "application/ld+json"),
        (Vec<u8> = "application/geo+json"),
        (Vec<u8> = "text/csv"),
        (Vec<u8> = "text/calendar"),
        (Vec<u8> = "application/gpx+xml"),
        (Vec<u8> = "text/html"),
        (Vec<u8> = "message/rfc822"),
        (Vec<u8> = "application/pdf"),
        (Vec<u8> = "application/vnd.apple.pkpass"),
    )),
    responses((status = 200, description = "What touches the plan, for whom, when and why", body = ItineraryAnswer), BodyProblems)
)]
pub async fn check(
    State(shared): State<Shared>,
    access: Access,
    Query(params): Query<DocumentParams>,
    document: Document,
) -> Result<Response, Refusal> {
    let snapshot = shared.loaded(&access)?;
    let (worker, known) = (shared.clone(), snapshot.clone());
    let query = unblocked(move || read(&worker, &known, params, &document)).await??;
    let max_age = shared.settings().max_data_age;
    let query = route_legs(shared.router(), &snapshot, max_age, query).await;
    let answer = unblocked(move || check_itinerary(&snapshot, max_age, &query)).await??;
    shared.meter().checks("itinerary", answer.verdict, 1);
    Ok(cache::private(&answer))
}

/// A long line through many fences takes a while: not on a thread that serves others.
async fn unblocked<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Refusal> {
    tokio::task::spawn_blocking(work).await.map_err(|e| {
        tracing::error!(
            "an itinerary check did not finish: {}",
            if e.is_panic() { "it panicked" } else { "it was cancelled" }
        );
        Refusal::Internal
    })
}

fn read(
    shared: &Shared,
    snapshot: &Snapshot,
    params: DocumentParams,
    document: &Document,
) -> Result<ItineraryQuery, Refusal> {
    let format =
        Format::of_media_type(&document.essence, &document.text).ok_or(Refusal::MediaType(document::MEDIA_TYPES))?;
    let limits = shared.settings().geometry_limits();
    let context = Context { gazetteer: &snapshot.gazetteer, limits: &limits, extractor: shared.extractor() };
    let (draft, own) = document::read_one(format, &document.text, &context)?;
    let asked = match (own, params.given()) {
        (Some(_), Some(name)) => {
            let detail = "stands in the document, not in the query".to_owned();
            return Err(Refusal::Flow(Issue { pointer: name.to_owned(), code: "invalid_parameter", detail }.into()));
        }
        (Some(asked), None) => asked,
        (None, _) => params.asked(),
    };
    Ok(draft.query(&asked, context.gazetteer, &limits, shared.now())?)
}

impl DocumentParams {
    /// The first parameter that is given.
    fn given(&self) -> Option<&'static str> {
        let given = [
            ("as_of", self.as_of.is_some()),
            ("issuers", !self.issuers.is_empty()),
            ("nationality", !self.nationality.is_empty()),
            ("lang", self.lang.is_some()),
            ("corridor_m", self.corridor_m.is_some()),
        ];
        given.into_iter().find(|(_, given)| *given).map(|(name, _)| name)
    }

    fn asked(self) -> Asked {
        Asked {
            as_of: self.as_of,
            issuers: self.issuers,
            nationalities: self.nationality,
            lang: self.lang,
            corridor_m: self.corridor_m.unwrap_or_else(ItineraryRequest::default_corridor_m),
            ..Asked::default()
        }
    }
}
