//! Trips of the bundled world, asked as a caller asks.

use std::sync::Arc;
use std::time::Duration;

use cordon::flows::check_itinerary::check_itinerary;
use cordon::flows::route_legs::route_legs;
use cordon::format::itinerary::ItineraryRequest;
use cordon::format::json;
use cordon::geometry::Limits;
use cordon::live::Snapshot;
use cordon::matching::FenceIndex;
use cordon::model::route::EngineAddress;
use cordon::route::Router;
use serde_json::{Value, json};

use crate::bundled;

/// What the clock shows.
pub const NOW: &str = "2025-11-01T00:00:00Z";

/// The bundled data.
pub fn bundled() -> Arc<Snapshot> {
    bundled::open(NOW.parse().expect("an instant")).snapshot()
}

/// A Korean's trip on a day between two places.
pub fn trip(mode: &str, day: &str, from: &Value, to: &Value) -> Value {
    json!({"as_of": format!("{day}T09:00:00+07:00"), "itinerary": {
        "party": [{"id": "p1", "nationalities": ["KR"], "purpose": "tourism"}],
        "stops": [{"id": "s1", "place": from, "depart": format!("{day}T08:00:00+07:00")},
                  {"id": "s2", "place": to, "arrive": format!("{day}T18:00:00+07:00"), "depart": format!("{day}T20:00:00+07:00")}],
        "legs": [{"id": "l1", "from": "s1", "to": "s2", "mode": mode}]}})
}

pub fn town(name: &str, country: &str) -> Value {
    json!({"name": name, "country": country})
}

pub fn bangkok_siem_reap(mode: &str) -> Value {
    trip(mode, "2025-10-20", &town("Bangkok", "TH"), &town("Siem Reap", "KH"))
}

pub fn router(address: &EngineAddress) -> Router {
    Router::new(address, Duration::from_secs(5), 100).expect("a router")
}

/// The answer as JSON.
pub async fn ask(snapshot: &Arc<Snapshot>, router: Option<&Router>, request: &Value) -> Value {
    let request: ItineraryRequest = json::read(request.to_string().as_bytes()).expect("a request");
    let now = NOW.parse().expect("an instant");
    let query = request.query(&snapshot.gazetteer, &Limits::default(), now).expect("a question");
    let max_age = FenceIndex::DEFAULT_MAX_AGE;
    let query = route_legs(router, snapshot, max_age, query).await;
    serde_json::to_value(check_itinerary(snapshot, max_age, &query).expect("an answer")).expect("JSON")
}

/// The finding about a revision that governs.
pub fn finding<'a>(answer: &'a Value, revision: &str) -> &'a Value {
    let findings = answer["findings"].as_array().expect("findings");
    let found = findings.iter().find(|f| f["revision"].as_str().is_some_and(|r| r.starts_with(revision)));
    found.unwrap_or_else(|| panic!("no finding about {revision} in {answer:#}"))
}
