//! What is told of ways that the caller did not give: who found them, how each would be judged, and whether there is one around.

use serde::Serialize;
use serde_json::json;

use crate::geometry::Line;
use crate::model::route::{Around, EngineState, Route, Routed};
use crate::model::{Corridor, Crossing, RevisionId, Severity, Verdict};

/// How the way of a leg is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum WaySource {
    /// The caller gave it.
    Given,
    /// A routing engine found it.
    Router,
    /// It is the usual one by the operator's table: possible, not certain.
    CorridorTable,
}

/// What was found about a leg whose way the caller did not give.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct FoundWays {
    /// The caller's id of the leg.
    pub leg: String,
    /// Who knows.
    pub source: WaySource,
    /// The engine that was asked, and its data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub engine: Option<EngineState>,
    /// Ways, or crossings of a border, by which the leg may run: the engine's preferred one first. Findings are about all of them.
    pub options: Vec<WayOption>,
    /// The place in `options` of the worst, which decides.
    pub worst: Option<usize>,
    /// The place in `options` of the best.
    pub best: Option<usize>,
    /// The way around what is grave, where one was asked for and the preferred way does not keep out of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub around: Option<WayAround>,
}

/// One way by which a leg may run.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct WayOption {
    /// What the operator's table calls it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What it leads to, over all of the party.
    pub verdict: Verdict,
    /// Its length in metres; none of a crossing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub length_m: Option<f64>,
    /// How long the engine thinks it takes, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration_s: Option<f64>,
    /// How far its ends lie from the stops, in metres.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub snap_m: Option<[f64; 2]>,
    /// Where the table has it from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub table_source: Option<String>,
    /// GeoJSON: a line, or the place of a crossing.
    #[schema(value_type = Object)]
    pub geometry: serde_json::Value,
}

impl FoundWays {
    /// What an engine found, with a verdict for each of its ways and, last, for the way around.
    pub(super) fn routed(leg: &str, routed: &Routed, verdicts: &[Verdict], brief: bool) -> Self {
        let routes = routed.routes.as_ref().map(|routes| routes.as_slice()).unwrap_or_default();
        let option = |(route, verdict): (&Route, &Verdict)| WayOption::routed(route, *verdict, brief);
        let options = routes.iter().zip(verdicts).map(option).collect();
        let last = verdicts.last().copied().unwrap_or(Verdict::Indeterminate);
        let preferred_m = routes.first().map(|route| route.length_m);
        let around = routed.around.as_ref().map(|around| WayAround::new(around, last, preferred_m, brief));
        Self::new(leg, WaySource::Router, Some(routed.engine.clone()), options, around)
    }

    /// What the operator's table says, if anything.
    pub(super) fn by_table(leg: &str, options: Vec<WayOption>) -> Option<Self> {
        (!options.is_empty()).then(|| Self::new(leg, WaySource::CorridorTable, None, options, None))
    }

    fn new(
        leg: &str,
        source: WaySource,
        engine: Option<EngineState>,
        options: Vec<WayOption>,
        around: Option<WayAround>,
    ) -> Self {
        let verdicts: Vec<Verdict> = options.iter().map(|option| option.verdict).collect();
        let (worst, best) = extremes(&verdicts);
        Self { leg: leg.to_owned(), source, engine, options, worst, best, around }
    }
}

impl WayOption {
    /// A usual way, as far as the leg would follow it.
    pub(super) fn usual(corridor: &Corridor, line: &Line, verdict: Verdict, lang: &str, brief: bool) -> Self {
        Self {
            name: Some(corridor.names.pick(lang).to_owned()),
            verdict,
            length_m: Some(line.length_m().round()),
            duration_s: None,
            snap_m: None,
            table_source: Some(corridor.source.clone()),
            geometry: drawn(line, brief),
        }
    }

    /// A usual crossing.
    pub(super) fn crossing(crossing: &Crossing, verdict: Verdict, lang: &str) -> Self {
        let at = crossing.position;
        Self {
            name: Some(crossing.names.pick(lang).to_owned()),
            verdict,
            length_m: None,
            duration_s: None,
            snap_m: None,
            table_source: Some(crossing.source.clone()),
            geometry: json!({"type": "Point", "coordinates": [at.lon(), at.lat()]}),
        }
    }

    /// An engine's way.
    pub(super) fn routed(route: &Route, verdict: Verdict, brief: bool) -> Self {
        Self {
            name: None,
            verdict,
            length_m: Some(route.length_m),
            duration_s: Some(route.duration_s),
            snap_m: Some(route.snap_m.map(|m| (m * 10.0).round() / 10.0)),
            table_source: None,
            geometry: drawn(&route.line, brief),
        }
    }
}

/// A way that keeps out of what is grave, with a check of its own.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct WayAround {
    /// From this severity on areas were to be avoided.
    pub severity: Severity,
    /// What it keeps out of.
    pub avoided: Vec<RevisionId>,
    /// The way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub way: Option<WayOption>,
    /// How much longer it is than the preferred way, in metres.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extra_m: Option<f64>,
    /// Why there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub none: Option<String>,
}

impl WayAround {
    /// The answer about a way around, given what it leads to and how long the preferred way is.
    pub(super) fn new(around: &Around, verdict: Verdict, preferred_m: Option<f64>, brief: bool) -> Self {
        let route = around.route.as_ref();
        Self {
            severity: around.severity,
            avoided: around.avoided.clone(),
            way: route.ok().map(|route| WayOption::routed(route, verdict, brief)),
            extra_m: route
                .ok()
                .zip(preferred_m)
                .map(|(route, preferred_m)| ((route.length_m - preferred_m) * 10.0).round() / 10.0),
            none: route.err().map(ToString::to_string),
        }
    }
}

/// In a brief answer lines are shown as near to the way as this, in metres: it was judged along all of its corners.
const BRIEF_M: f64 = 100.0;

fn drawn(line: &Line, brief: bool) -> serde_json::Value {
    if brief { line.simplified(BRIEF_M).geojson_value() } else { line.geojson_value() }
}

/// The places of the worst and the best verdict; among equals the first.
fn extremes(verdicts: &[Verdict]) -> (Option<usize>, Option<usize>) {
    let worst_of = verdicts.iter().copied().reduce(Verdict::worse);
    let worst = verdicts.iter().position(|&v| Some(v) == worst_of);
    // better than another: the worse of the two is the other
    let best = (0..verdicts.len()).reduce(|best, i| {
        let better = verdicts[i] != verdicts[best] && verdicts[i].worse(verdicts[best]) == verdicts[best];
        if better { i } else { best }
    });
    (worst, best)
}
