//! OSRM: `GET /route/v1/driving/{longitude,latitude;longitude,latitude}`. It cannot be told to keep out of areas.

use reqwest::{Client, RequestBuilder, StatusCode};
use serde::Deserialize;

use super::{ALTERNATIVES, Ask, route};
use crate::geometry::Position;
use crate::model::route::{Engine, NoRoute, Route};

const ENGINE: Engine = Engine::Osrm;

#[derive(Deserialize)]
struct Answer {
    code: String,
    message: Option<String>,
    data_version: Option<String>,
    #[serde(default)]
    routes: Vec<Way>,
}

#[derive(Deserialize)]
struct Way {
    geometry: Option<String>,
    /// Metres.
    distance: f64,
    /// Seconds.
    duration: f64,
}

/// One OSRM knows one way of travelling, that of its data; in the path its name is of no account.
pub(super) fn request(client: &Client, url: &str, ask: Ask) -> RequestBuilder {
    let [from, to] = ask.ends.map(|at| format!("{},{}", at.lon(), at.lat()));
    client.get(format!(
        "{url}/route/v1/driving/{from};{to}?overview=full&geometries=polyline6&steps=false&alternatives={ALTERNATIVES}"
    ))
}

/// Reads the ways it found, and the version of its data if they have one.
pub(super) fn routes(
    status: StatusCode,
    body: &[u8],
    ends: [Position; 2],
) -> Result<(Vec<Route>, Option<String>), NoRoute> {
    let unreadable = |why: &str| NoRoute::Unreadable { engine: ENGINE, why: why.to_owned() };
    let answer: Answer = match serde_json::from_slice(body) {
        Ok(answer) => answer,
        Err(_) if status.is_success() => return Err(unreadable("not the JSON that was asked for")),
        Err(_) => {
            return Err(NoRoute::Unreachable { engine: ENGINE, why: format!("it answered {}", status.as_u16()) });
        }
    };
    if answer.code != "Ok" {
        let why = answer.message.map(|message| format!("{} ({})", message.trim_end_matches('.'), answer.code));
        return Err(NoRoute::NoWay { engine: ENGINE, why: why.unwrap_or(answer.code) });
    }
    if answer.routes.is_empty() {
        return Err(unreadable("no way, though all is said to be well"));
    }
    let way = |way: &Way| {
        // a way of no length has no geometry
        let geometry = way.geometry.as_deref().unwrap_or_default();
        if geometry.is_empty() {
            return Err(NoRoute::NoWay { engine: ENGINE, why: "both ends lie at one place of its roads".to_owned() });
        }
        route(ENGINE, geometry, way.distance, way.duration, ends)
    };
    let routes: Result<Vec<Route>, NoRoute> = answer.routes.iter().map(way).collect();
    Ok((routes?, answer.data_version.filter(|version| !version.is_empty())))
}
