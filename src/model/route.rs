//! Ways found for a leg whose way the caller did not give: by which engine, from which data, and what came of it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Mode, RevisionId, Severity};
use crate::geometry::{Line, Position};

/// A routing engine that can be asked over HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Engine {
    /// Valhalla: can be told to keep out of areas.
    Valhalla,
    /// OSRM: cannot.
    Osrm,
}

impl Engine {
    /// The word used in settings and documents.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Valhalla => "valhalla",
            Self::Osrm => "osrm",
        }
    }

    /// Whether the engine knows ways of this kind: one OSRM has the roads of one kind of vehicle.
    pub fn knows(self, mode: Mode) -> bool {
        match self {
            Self::Valhalla => matches!(mode, Mode::Bus | Mode::Car | Mode::Foot),
            Self::Osrm => matches!(mode, Mode::Bus | Mode::Car),
        }
    }
}

/// Which engine answers, and where: `valhalla:http://127.0.0.1:8002`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EngineAddress {
    /// Its kind, which decides how it is asked.
    pub engine: Engine,
    /// Its base URL, without a slash at the end.
    pub url: String,
}

impl EngineAddress {
    /// Reads an address.
    ///
    /// # Errors
    /// When the kind is unknown or the URL is not an `http` or `https` one without user, query or fragment.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong =
            || "it is no engine such as valhalla:http://127.0.0.1:8002 or osrm:http://127.0.0.1:5000".to_owned();
        let (engine, url) = text.split_once(':').ok_or_else(wrong)?;
        let engine = [Engine::Valhalla, Engine::Osrm].into_iter().find(|e| e.as_str() == engine).ok_or_else(wrong)?;
        let rest = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://")).ok_or_else(wrong)?;
        if rest.trim_end_matches('/').is_empty() || rest.contains(['@', '?', '#', ' ']) {
            return Err(wrong());
        }
        Ok(Self { engine, url: url.trim_end_matches('/').to_owned() })
    }
}

/// What an engine says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
pub struct EngineState {
    /// Which engine.
    pub name: Engine,
    /// Its version; Valhalla tells it, OSRM never does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Its road data: a version or the time they were built, where it tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<String>,
}

/// A way along roads.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Route {
    /// Where it runs.
    pub line: Line,
    /// Its length in metres, as the engine measures it.
    pub length_m: f64,
    /// How long the engine thinks it takes, in seconds.
    pub duration_s: f64,
    /// How far its two ends lie from the places asked for, in metres.
    pub snap_m: [f64; 2],
}

/// Why there is no way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, thiserror::Error)]
pub enum NoRoute {
    /// The engine could not be reached, or broke off.
    #[error("{} could not be asked: {why}", .engine.as_str())]
    Unreachable {
        /// Which engine.
        engine: Engine,
        /// Why, without the address asked for.
        why: String,
    },
    /// The engine took too long.
    #[error("{} did not answer within {} s", .engine.as_str(), .limit.as_secs_f64())]
    TimedOut {
        /// Which engine.
        engine: Engine,
        /// How long it had.
        limit: Duration,
    },
    /// The engine answered something that is no answer.
    #[error("{} gave an answer that cannot be read: {why}", .engine.as_str())]
    Unreadable {
        /// Which engine.
        engine: Engine,
        /// Why not.
        why: String,
    },
    /// The engine knows no way.
    #[error("{} found no way: {why}", .engine.as_str())]
    NoWay {
        /// Which engine.
        engine: Engine,
        /// In its words.
        why: String,
    },
    /// The engine did not look for one.
    #[error("{} refused to look for a way: {why}", .engine.as_str())]
    Refused {
        /// Which engine.
        engine: Engine,
        /// In its words.
        why: String,
    },
    /// The nearest road is too far from an end.
    #[error("the nearest road that {} knows lies {far_m:.0} m from an end of the leg, more than {limit_m:.0} m", .engine.as_str())]
    FarFromRoad {
        /// Which engine.
        engine: Engine,
        /// How far, in metres.
        far_m: f64,
        /// What is allowed.
        limit_m: f64,
    },
    /// The engine does not know this way of travelling.
    #[error("{} is not asked for ways by {}, as it has the roads of one kind of vehicle", .engine.as_str(), .mode.as_str())]
    OtherMode {
        /// Which engine.
        engine: Engine,
        /// How the leg is travelled.
        mode: Mode,
    },
    /// The engine cannot keep out of areas.
    #[error("{} cannot be told to keep out of areas", .0.as_str())]
    CannotAvoid(Engine),
    /// An end of the leg lies in what must be avoided.
    #[error("an end of the leg lies in {0} itself")]
    EndInside(RevisionId),
    /// An end of the leg lies too near to what must be avoided.
    #[error(
        "an end of the leg lies within {within_m:.0} m of {revision}, or enclosed by it, too near to keep out of it"
    )]
    EndNear {
        /// What must be avoided.
        revision: RevisionId,
        /// How near a way may run to it, in metres.
        within_m: f64,
    },
    /// What must be avoided cannot be told to the engine.
    #[error(
        "the areas to be avoided cannot be drawn in {most} vertices that leave both ends of the leg out; more are taken by `router_vertices`"
    )]
    TooIntricate {
        /// How many vertices the engine is sent.
        most: usize,
    },
    /// Every way that was found runs through something that must be avoided.
    #[error("the way that was found still runs through areas to be avoided, after {0} attempts")]
    StillInside(usize),
}

impl NoRoute {
    /// Whether the engine did not answer, and may tell the way another time.
    pub fn may_pass(&self) -> bool {
        matches!(self, Self::Unreachable { .. } | Self::TimedOut { .. } | Self::Unreadable { .. })
    }
}

/// Ways of a plan's legs, each by its place among them.
pub type Ways = BTreeMap<usize, Routed>;

/// What an engine found between the ends of a leg.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Routed {
    /// Who was asked.
    pub engine: EngineState,
    /// The ways, the engine's preferred one first, at least one; or why there is none.
    pub routes: Result<Arc<Vec<Route>>, NoRoute>,
    /// A way that keeps out of what is grave, where that was asked for and the other ways do not; told when asked, and not kept.
    #[serde(skip)]
    pub around: Option<Around>,
}

/// A way around.
#[derive(Clone, Debug, PartialEq)]
pub struct Around {
    /// From this severity on areas were to be avoided.
    pub severity: Severity,
    /// What it keeps out of.
    pub avoided: Vec<RevisionId>,
    /// The way, or why there is none.
    pub route: Result<Route, NoRoute>,
}

impl Route {
    /// How far the nearest road may lie from a place of exactly known position, in metres: across a town.
    pub const SNAP_LIMIT_M: f64 = 2_000.0;

    /// How far the nearest road may lie from an end.
    pub fn snap_limit_m(end: Position) -> f64 {
        Self::SNAP_LIMIT_M + end.accuracy_m()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_names_its_engine() {
        let address = EngineAddress::parse("valhalla:http://127.0.0.1:8002/").expect("an address");
        assert_eq!((address.engine, address.url.as_str()), (Engine::Valhalla, "http://127.0.0.1:8002"));
        for wrong in [
            "",
            "osrm",
            "http://127.0.0.1:5000",
            "osrm:ftp://host",
            "osrm:http://u@h",
            "osrm:http://h?x",
            "osrm:http://",
        ] {
            assert!(EngineAddress::parse(wrong).is_err(), "{wrong}");
        }
    }
}
