//! Ways along roads from a routing engine: Valhalla or OSRM over HTTP, as the operator configured.
//!
//! The address is the operator's own, so it may be a private one; beyond that a request is guarded as any other that leaves the
//! house: no redirects, a limit on time, size and number, and no place in an error or a log.

mod osrm;
mod valhalla;

use std::sync::Arc;
use std::time::Duration;

use moka::future::Cache;
use reqwest::{Client, RequestBuilder, StatusCode};
use tokio::sync::Semaphore;

use crate::geometry::{Edges, Limits, Line, Position, Shape, ShapeError};
use crate::model::Mode;
use crate::model::route::{Engine, EngineAddress, EngineState, NoRoute, Route};

/// The most requests under way at once.
const CONCURRENT: usize = 16;
/// The largest answer read, in bytes: a way across a continent is a tenth of it.
const MAX_ANSWER: usize = 32 << 20;
/// How many answers are remembered.
const REMEMBERED: u64 = 10_000;
/// How long an answer is remembered. An engine that does not tell the age of its data may get new ones unnoticed.
const REMEMBERED_FOR: Duration = Duration::from_mins(10);
/// How long an engine's word about itself is taken before it is asked again.
const STATE_FOR: Duration = Duration::from_mins(1);
/// The least length that an engine is believed, as a share of the way it gives: it measures on a sphere, and rounds.
const SHORTEST: f64 = 0.95;
/// How many ways beside the first an engine is asked for.
const ALTERNATIVES: u8 = 2;

/// What is asked of an engine.
#[derive(Clone, Copy)]
struct Ask<'a> {
    ends: [Position; 2],
    mode: Mode,
    avoid: Option<&'a Shape>,
}

/// The ways an engine found, and what it said of its data while it was at it.
#[derive(Clone, Debug)]
pub struct Found {
    /// Who was asked.
    pub engine: EngineState,
    /// At least one, the engine's preferred one first.
    pub routes: Arc<Vec<Route>>,
}

/// The engine, with what it said before.
pub struct Router {
    address: EngineAddress,
    client: Client,
    limit: Duration,
    most_vertices: usize,
    under_way: Semaphore,
    states: Cache<(), EngineState>,
    found: Cache<Key, Found>,
}

/// What an answer is remembered by: the engine's data, the ends to a decimetre, the mode.
#[derive(PartialEq, Eq, Hash)]
struct Key {
    engine: EngineState,
    ends: [[i64; 2]; 2],
    mode: Mode,
}

impl Router {
    /// A router that gives the engine `limit` for an answer, and at most so many vertices of areas to keep out of.
    ///
    /// # Errors
    /// When no client can be made, in its words.
    pub fn new(address: &EngineAddress, limit: Duration, most_vertices: usize) -> Result<Self, String> {
        let client = Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .timeout(limit)
            .user_agent(concat!("cordon/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|e| e.to_string())?;
        Ok(Self {
            address: address.clone(),
            client,
            limit,
            most_vertices,
            under_way: Semaphore::new(CONCURRENT),
            states: Cache::builder().max_capacity(1).time_to_live(STATE_FOR).build(),
            found: Cache::builder().max_capacity(REMEMBERED).time_to_live(REMEMBERED_FOR).build(),
        })
    }

    /// Which engine.
    pub fn engine(&self) -> Engine {
        self.address.engine
    }

    /// The most vertices that the areas it is to keep out of may have together.
    pub fn most_vertices(&self) -> usize {
        self.most_vertices
    }

    /// The ways between two places, alternatives included. An answer is remembered for a while, a failure is not.
    ///
    /// # Errors
    /// Why there is none: never to be taken for a way without danger.
    pub async fn routes(&self, ends: [Position; 2], mode: Mode) -> Result<Found, NoRoute> {
        let engine = self.state().await?;
        let key = Key { engine: engine.clone(), ends: ends.map(decimetres), mode };
        let asked = self.found.try_get_with(key, self.ask(engine, Ask { ends, mode, avoid: None }));
        asked.await.map_err(|e| NoRoute::clone(&e))
    }

    /// A way between two places that keeps out of an area, of no more than [`Self::most_vertices`].
    ///
    /// # Errors
    /// As [`Self::routes`], and when the engine cannot keep out of areas.
    pub async fn around(&self, ends: [Position; 2], mode: Mode, avoid: &Shape) -> Result<Route, NoRoute> {
        if self.engine() == Engine::Osrm {
            return Err(NoRoute::CannotAvoid(Engine::Osrm));
        }
        let found = self.ask(self.state().await?, Ask { ends, mode, avoid: Some(avoid) }).await?;
        Ok(found.routes[0].clone())
    }

    /// What the engine says of itself; OSRM says nothing but its data's version, with each answer.
    pub async fn state(&self) -> Result<EngineState, NoRoute> {
        let state = async {
            match self.engine() {
                Engine::Osrm => Ok(EngineState { name: Engine::Osrm, version: None, data: None }),
                Engine::Valhalla => {
                    let (status, body) = self.send(valhalla::state_request(&self.client, &self.address.url)).await?;
                    valhalla::state(status, &body)
                }
            }
        };
        self.states.try_get_with((), state).await.map_err(|e: Arc<NoRoute>| NoRoute::clone(&e))
    }

    async fn ask(&self, engine: EngineState, ask: Ask<'_>) -> Result<Found, NoRoute> {
        let url = &self.address.url;
        let (routes, data) = match self.engine() {
            Engine::Valhalla => {
                let (status, body) = self.send(valhalla::request(&self.client, url, ask)).await?;
                (valhalla::routes(status, &body, ask.ends)?, None)
            }
            Engine::Osrm => {
                let (status, body) = self.send(osrm::request(&self.client, url, ask)).await?;
                osrm::routes(status, &body, ask.ends)?
            }
        };
        let data = engine.data.clone().or(data);
        let far = routes.iter().flat_map(|route| route.snap_m.into_iter().zip(ask.ends));
        match far.map(|(far_m, end)| (far_m, Route::snap_limit_m(end))).find(|(far_m, limit_m)| far_m > limit_m) {
            Some((far_m, limit_m)) => Err(NoRoute::FarFromRoad { engine: engine.name, far_m, limit_m }),
            None => Ok(Found { engine: EngineState { data, ..engine }, routes: Arc::new(routes) }),
        }
    }

    /// Sends a request, waiting for its turn within the same limit as for the answer.
    async fn send(&self, request: RequestBuilder) -> Result<(StatusCode, Vec<u8>), NoRoute> {
        let engine = self.engine();
        // an address holds the places asked for: it goes into no error
        let broken = |e: reqwest::Error| {
            if e.is_timeout() {
                return NoRoute::TimedOut { engine, limit: self.limit };
            }
            let what = if e.is_connect() { "it does not take connections" } else { "it broke off" };
            NoRoute::Unreachable { engine, why: what.to_owned() }
        };
        let answer = async {
            let _turn = self.under_way.acquire().await;
            let mut response = request.send().await.map_err(broken)?;
            let (status, mut body) = (response.status(), Vec::new());
            while let Some(part) = response.chunk().await.map_err(broken)? {
                if body.len() + part.len() > MAX_ANSWER {
                    return Err(NoRoute::Unreadable { engine, why: format!("it is longer than {MAX_ANSWER} bytes") });
                }
                body.extend_from_slice(&part);
            }
            Ok((status, body))
        };
        let late = |_| Err(NoRoute::TimedOut { engine, limit: self.limit });
        tokio::time::timeout(self.limit, answer).await.unwrap_or_else(late)
    }
}

// a coordinate times a million is far below 2⁵³
#[allow(clippy::cast_possible_truncation)]
fn decimetres(place: Position) -> [i64; 2] {
    [place.lat(), place.lon()].map(|degrees| (degrees * 1e6).round() as i64)
}

/// A way from its encoded polyline of six decimals, as both engines send it.
fn route(engine: Engine, encoded: &str, length_m: f64, duration_s: f64, ends: [Position; 2]) -> Result<Route, NoRoute> {
    let unreadable = |why: String| NoRoute::Unreadable { engine, why };
    let path = polyline::decode_polyline(encoded, 6).map_err(|e| unreadable(e.to_string()))?;
    let coordinates: Vec<[f64; 2]> = path.0.iter().map(|c| [c.x, c.y]).collect();
    let ([Some(first), Some(last)], true, true) =
        ([coordinates.first(), coordinates.last()], length_m.is_finite(), duration_s.is_finite())
    else {
        return Err(unreadable("a way without length or places".to_owned()));
    };
    let snap = |place: &[f64; 2], end: Position| Position::new(place[1], place[0]).map(|place| place.distance_m(end));
    let snaps = snap(first, ends[0]).and_then(|a| Ok([a, snap(last, ends[1])?]));
    let snap_m = snaps.map_err(|e| unreadable(e.to_string()))?;
    let geometry = serde_json::json!({"type": "LineString", "coordinates": coordinates});
    match Line::from_geojson(&geometry, &Limits::default(), Edges::Planar) {
        Ok(line) if length_m < SHORTEST * line.length_m() || duration_s < 0.0 => {
            Err(unreadable(format!("a way of {length_m} m and {duration_s} s that runs over {:.0} m", line.length_m())))
        }
        Ok(line) => Ok(Route { line, length_m: (length_m * 10.0).round() / 10.0, duration_s, snap_m }),
        // both ends were drawn to one place: the nearest road is far, or the two are one
        Err(ShapeError::Empty { .. }) => {
            Err(NoRoute::NoWay { engine, why: "both ends lie at one place of its roads".to_owned() })
        }
        Err(e) => Err(unreadable(e.to_string())),
    }
}
