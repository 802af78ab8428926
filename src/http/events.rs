//! `/v1/events`: what happens, as it happens (server-sent events).

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderName};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::Stream;
use futures_util::stream::unfold;
use serde::Deserialize;
use tokio::sync::OwnedSemaphorePermit;

use super::Shared;
use super::access::Access;
use super::extract::{Name, Query, wrong_parameter};
use super::problem::{ReadProblems, Refusal};
use crate::flows::listen::{Heard, Listener, Whose};
use crate::model::Scope;
use crate::store::events::Mark;
use crate::telemetry::Meter;

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
/// How often a silent stream shows that it lives.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// Where to begin.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct EventParams {
    /// The `id` of the last event heard, where the header `Last-Event-ID` cannot be sent; now if neither is given.
    #[param(value_type = Option<String>)]
    after: Option<Name>,
}

/// Hear of events as they happen.
///
/// A stream of server-sent events (`text/event-stream`): each has an `id`, its type as `event` and a JSON document as `data`; an `id` alone
/// comes first. A key hears what is everybody's and what is its own, a traveller what is everybody's and their own. Come back with
/// `Last-Event-ID` and nothing is missed; an event of type `missed` says that what lies before is not kept any more, or was undone when a
/// backup was restored: read again what matters. Readers that fall far behind are let go.
#[utoipa::path(get, path = "/v1/events", tag = "watching", operation_id = "listenToEvents", params(EventParams,
    ("Last-Event-ID" = Option<String>, Header, description = "The `id` of the last event heard")),
    responses((status = 200, description = "The events", content_type = "text/event-stream", body = String), ReadProblems))]
pub async fn listen(
    State(shared): State<Shared>,
    access: Access,
    Query(params): Query<EventParams>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    access.require(Scope::Watch)?;
    let place = shared.event_place().ok_or_else(|| {
        shared.meter().overload();
        Refusal::Overloaded
    })?;
    let said = match headers.get(LAST_EVENT_ID) {
        Some(id) => Some(("Last-Event-ID", id.to_str().unwrap_or("?").to_owned())),
        None => params.after.map(|Name(after)| ("after", after)),
    };
    let mark = |(name, text): (&'static str, String)| {
        text.parse::<Mark>().map_err(|_| wrong_parameter(name, format!("`{text}` is no id of an event")))
    };
    let after = said.map(mark).transpose()?;
    let whose = match &access {
        Access::Anonymous { .. } => Whose::Everybody,
        Access::Key(key) => Whose::Key(key.id.clone(), key.kind),
        Access::Traveller { id, kind } => Whose::Traveller(id.to_string(), *kind),
    };
    let listener = shared.ear().listen(whose, after).await?;
    let open = Open::new(shared.meter().clone(), place);
    let events = Sse::new(stream(listener, open)).keep_alive(KeepAlive::new().interval(HEARTBEAT).text("listening"));
    let mut response = events.into_response();
    // proxies that gather answers would hold events back
    response
        .headers_mut()
        .insert(HeaderName::from_static("x-accel-buffering"), axum::http::HeaderValue::from_static("no"));
    Ok(response)
}

fn stream(listener: Listener, open: Open) -> impl Stream<Item = Result<Event, Infallible>> {
    unfold((listener, open), |(mut listener, open)| async move {
        let event = match listener.next().await {
            Some(Heard::Opened(mark)) => Event::default().id(mark.to_string()).comment("listening"),
            Some(Heard::Event(heard)) => {
                Event::default().id(heard.mark().to_string()).event(&heard.what).data(&heard.data)
            }
            Some(Heard::Missed(after)) => Event::default().event("missed").data(format!("{{\"after\":{after}}}")),
            None => {
                open.meter.slow_reader();
                return None;
            }
        };
        Some((Ok(event), (listener, open)))
    })
}

/// A stream that is open: counted, and in its place until it is dropped.
struct Open {
    meter: Meter,
    _place: OwnedSemaphorePermit,
}

impl Open {
    fn new(meter: Meter, place: OwnedSemaphorePermit) -> Self {
        meter.event_stream(true);
        Self { meter, _place: place }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.meter.event_stream(false);
    }
}
