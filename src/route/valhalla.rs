//! Valhalla: `POST /route`, with areas to keep out of, and `GET /status`.

use jiff::Timestamp;
use reqwest::{Client, RequestBuilder, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{ALTERNATIVES, Ask, route};
use crate::geometry::{Position, Shape, Vertex};
use crate::model::Mode;
use crate::model::route::{Engine, EngineState, NoRoute, Route};

const ENGINE: Engine = Engine::Valhalla;

#[derive(Deserialize)]
struct Status {
    version: Option<String>,
    /// Seconds since 1970.
    tileset_last_modified: Option<i64>,
}

#[derive(Deserialize)]
struct Answer {
    trip: Trip,
    #[serde(default)]
    alternates: Vec<Alternate>,
}

#[derive(Deserialize)]
struct Alternate {
    trip: Trip,
}

#[derive(Deserialize)]
struct Trip {
    legs: Vec<Leg>,
    summary: Summary,
}

#[derive(Deserialize)]
struct Leg {
    shape: String,
}

#[derive(Deserialize)]
struct Summary {
    /// Seconds.
    time: f64,
    /// Kilometres, as the request asks.
    length: f64,
}

#[derive(Deserialize)]
struct Refused {
    error_code: u32,
    error: String,
}

pub(super) fn state_request(client: &Client, url: &str) -> RequestBuilder {
    client.get(format!("{url}/status"))
}

/// Reads what it says of itself.
pub(super) fn state(status: StatusCode, body: &[u8]) -> Result<EngineState, NoRoute> {
    let said: Status = read(status, body)?;
    let built = said.tileset_last_modified.and_then(|seconds| Timestamp::from_second(seconds).ok());
    Ok(EngineState { name: ENGINE, version: said.version, data: built.map(|at| at.to_string()) })
}

pub(super) fn request(client: &Client, url: &str, ask: Ask) -> RequestBuilder {
    let costing = match ask.mode {
        Mode::Bus => "bus",
        Mode::Foot => "pedestrian",
        _ => "auto",
    };
    let place = |at: Position| json!({"lat": at.lat(), "lon": at.lon()});
    let mut question = json!({
        "locations": ask.ends.map(place),
        "costing": costing,
        "directions_type": "none",
        "units": "kilometers",
        "alternates": if ask.avoid.is_some() { 0 } else { ALTERNATIVES },
    });
    if let Some(shape) = ask.avoid {
        question["exclude_polygons"] = rings(shape);
    }
    client.post(format!("{url}/route")).json(&question)
}

/// The outer rings of a shape, longitude first. A hole is no way around: what is in it cannot be reached.
fn rings(shape: &Shape) -> Value {
    let ring = |ring: &[Vertex]| ring.iter().map(|v| json!([v.lon_degrees(), v.lat_degrees()])).collect();
    shape.polygons().iter().map(|polygon| -> Value { ring(&polygon.shell) }).collect()
}

/// Reads the ways it found.
pub(super) fn routes(status: StatusCode, body: &[u8], ends: [Position; 2]) -> Result<Vec<Route>, NoRoute> {
    let answer: Answer = read(status, body)?;
    let trips = std::iter::once(answer.trip).chain(answer.alternates.into_iter().map(|alternate| alternate.trip));
    let way = |trip: Trip| match &trip.legs[..] {
        // two places make one leg
        [leg] => route(ENGINE, &leg.shape, trip.summary.length * 1000.0, trip.summary.time, ends),
        _ => Err(unreadable("not one leg between two places")),
    };
    trips.map(way).collect()
}

fn read<T: for<'a> Deserialize<'a>>(status: StatusCode, body: &[u8]) -> Result<T, NoRoute> {
    if status.is_success() {
        return serde_json::from_slice(body).map_err(|_| unreadable("not the JSON that was asked for"));
    }
    match serde_json::from_slice::<Refused>(body) {
        Ok(refused) => Err(explained(&refused)),
        Err(_) => Err(NoRoute::Unreachable { engine: ENGINE, why: format!("it answered {}", status.as_u16()) }),
    }
}

/// What it said, with the way out where an operator can take one.
fn explained(refused: &Refused) -> NoRoute {
    let said = refused.error.trim_end_matches('.');
    let raise = |limit: &str| format!("{said}; raise `service_limits.{limit}` in its configuration");
    let why = match refused.error_code {
        // it looked, and there is none: places in unconnected regions, far from any road, or nothing that joins them
        code @ (170 | 171 | 442) => return NoRoute::NoWay { engine: ENGINE, why: format!("{said} (code {code})") },
        // "Exceeded maximum circumference for exclude_polygons"
        167 => raise("max_exclude_polygons_length"),
        // "Exceeded maximum number of vertices for exclude_polygons"
        176 => raise("max_exclude_polygons_vertices"),
        code => format!("{said} (code {code})"),
    };
    NoRoute::Refused { engine: ENGINE, why }
}

fn unreadable(why: &str) -> NoRoute {
    NoRoute::Unreadable { engine: ENGINE, why: why.to_owned() }
}
