//! Asks the routing engine for the way of every overland leg that has none, before a plan is checked; a check itself asks nobody.

use std::sync::Arc;

use futures_util::future::join_all;
use jiff::SignedDuration;

use super::check_itinerary::{governing_along, issuers_of};
use crate::format::itinerary::ItineraryQuery;
use crate::geometry::area::{self, Target};
use crate::geometry::{Position, Shape, ShapeId};
use crate::live::Snapshot;
use crate::matching::judge::Question;
use crate::matching::{FenceId, FenceIndex};
use crate::model::route::{Around, EngineState, NoRoute, Route, Routed, Ways};
use crate::model::{Leg, Mode, Severity};
use crate::route::Router;

/// How often a way is asked for again that keeps out of what the last one ran into.
const ATTEMPTS: usize = 4;

/// Outlines are sent to the engine with dents of at most this many metres filled: first the least, and more until they are simple
/// enough. They only grow by it.
const TOLERANCES_M: [f64; 6] = [100.0, 300.0, 1_000.0, 3_000.0, 10_000.0, 30_000.0];

/// The most vertices all outlines may have together: what Valhalla takes, unless it is configured otherwise.
const VERTICES: usize = 100;

/// An outline is drawn this much wider than the doubtful band around it, so that the way stays clear of it.
const CLEARANCE_M: f64 = 100.0;

/// Finds the ways, all legs at once; what the engine cannot tell is written down as the reason why not.
///
/// Without an engine nothing is asked, and legs stay as they are; so do those whose way an engine told before.
pub async fn route_legs(
    router: Option<&Router>,
    snapshot: &Arc<Snapshot>,
    max_age: SignedDuration,
    mut query: ItineraryQuery,
) -> ItineraryQuery {
    let Some(router) = router else { return query };
    let itinerary = &query.itinerary;
    let ends = |leg: &Leg| -> Option<[Position; 2]> {
        let place = |stop: usize| itinerary.stops[stop].place.as_ref().ok().map(|place| place.position);
        Some([place(leg.from)?, place(leg.to)?])
    };
    let wanted = itinerary.legs.iter().enumerate();
    let told = |leg: &Leg| leg.routed.as_ref().is_some_and(|routed| routed.routes.is_ok());
    let wanted = wanted.filter(|(_, leg)| leg.line.is_none() && !told(leg) && router.engine().knows(leg.mode));
    let asked: Vec<_> = wanted.filter_map(|(i, leg)| Some((i, leg.mode, ends(leg)?))).collect();
    if asked.is_empty() {
        return query;
    }
    let answers = join_all(asked.iter().map(|(_, mode, ends)| found(router, *ends, *mode))).await;
    for ((i, ..), routed) in asked.iter().zip(answers) {
        query.itinerary.legs[*i].routed = Some(routed);
    }
    let Some(least) = query.avoid_severity else { return query };
    let shared = Arc::new(query);
    let searches = asked.iter().map(|(i, mode, ends)| {
        let search = Search { router, snapshot, query: &shared, max_age, leg: *i, mode: *mode, ends: *ends, least };
        search.around()
    });
    let around = join_all(searches).await;
    let mut query = Arc::unwrap_or_clone(shared);
    for ((i, ..), around) in asked.iter().zip(around) {
        if let Some(routed) = &mut query.itinerary.legs[*i].routed {
            routed.around = around;
        }
    }
    query
}

/// What an engine said of the legs, to be kept with the plan.
pub fn ways_of(query: &ItineraryQuery) -> Ways {
    let kept = |routed: &Routed| Routed { around: None, ..routed.clone() };
    let legs = query.itinerary.legs.iter().enumerate();
    legs.filter_map(|(i, leg)| Some((i, kept(leg.routed.as_ref()?)))).collect()
}

/// What the engine finds; when it cannot even say who it is, at least which kind was asked.
async fn found(router: &Router, ends: [Position; 2], mode: Mode) -> Routed {
    match router.routes(ends, mode).await {
        Ok(found) => Routed { engine: found.engine, routes: Ok(found.routes), around: None },
        Err(why) => {
            let unknown = EngineState { name: router.engine(), version: None, data: None };
            Routed { engine: router.state().await.unwrap_or(unknown), routes: Err(why), around: None }
        }
    }
}

/// The search for a way around what is grave.
struct Search<'a> {
    router: &'a Router,
    snapshot: &'a Arc<Snapshot>,
    query: &'a Arc<ItineraryQuery>,
    max_age: SignedDuration,
    leg: usize,
    mode: Mode,
    ends: [Position; 2],
    least: Severity,
}

impl Search<'_> {
    /// A way that keeps out of what the engine's preferred one runs through, and out of what the way around itself runs into; none
    /// where the preferred way needs none.
    async fn around(self) -> Option<Around> {
        let routed = self.query.itinerary.legs[self.leg].routed.as_ref()?;
        let preferred = routed.routes.as_ref().ok()?.first()?.clone();
        let mut avoided: Vec<FenceId> = self.grave(preferred).await;
        if avoided.is_empty() {
            return None;
        }
        let mut route = Err(NoRoute::StillInside(ATTEMPTS));
        for _ in 0..ATTEMPTS {
            route = self.keep_out(&avoided).await;
            let Ok(found) = &route else { break };
            let met = self.grave(found.clone()).await;
            if met.is_empty() {
                break;
            }
            route = Err(NoRoute::StillInside(ATTEMPTS));
            let before = avoided.len();
            avoided.extend(met);
            avoided.sort_unstable();
            avoided.dedup();
            if avoided.len() == before {
                break;
            }
        }
        let index = &self.snapshot.index;
        let revision = |id: &FenceId| index.fence(*id).revision.id.clone();
        Some(Around { severity: self.least, avoided: avoided.iter().map(revision).collect(), route })
    }

    /// What a way runs through that is to be avoided, for anybody of the party.
    async fn grave(&self, route: Route) -> Vec<FenceId> {
        let (snapshot, query, max_age) = (Arc::clone(self.snapshot), Arc::clone(self.query), self.max_age);
        let (leg, least) = (self.leg, self.least);
        let look = move || {
            let (index, itinerary) = (&snapshot.index, &query.itinerary);
            let party = itinerary.travellers().into_iter();
            // an issuer that does not exist is refused by the check itself
            let issuers = |traveller| issuers_of(index, traveller, &query).unwrap_or_default();
            let asked: Vec<_> = party.map(|(traveller, _)| (traveller, issuers(traveller))).collect();
            let questions: Vec<Question> = asked
                .iter()
                .map(|(traveller, issuers)| Question { traveller, issuers, as_of: query.as_of, max_age })
                .collect();
            let (leg, corridor_m) = (&itinerary.legs[leg], query.corridor_m);
            governing_along(index, &questions, itinerary, leg, &route.line, corridor_m, least)
        };
        unblocked(look).await
    }

    /// A way that keeps out of fences.
    async fn keep_out(&self, avoided: &[FenceId]) -> Result<Route, NoRoute> {
        let (snapshot, corridor_m) = (Arc::clone(self.snapshot), self.query.corridor_m);
        let (ends, avoided) = (self.ends, avoided.to_vec());
        let rings = unblocked(move || outlines(&snapshot.index, &avoided, ends, corridor_m)).await?;
        self.router.around(self.ends, self.mode, &rings).await
    }
}

/// The fences' outlines for the engine: each with the band in which a way might still be inside.
fn outlines(
    index: &FenceIndex,
    avoided: &[FenceId],
    ends: [Position; 2],
    corridor_m: f64,
) -> Result<Vec<Shape>, NoRoute> {
    let inside: Vec<ShapeId> = ends.iter().flat_map(|end| index.locate(*end)).map(|placed| placed.shape).collect();
    if let Some(id) = avoided.iter().find(|id| inside.contains(&index.fence(**id).shape)) {
        return Err(NoRoute::EndInside(index.fence(*id).revision.id.clone()));
    }
    let outline = |id: &FenceId, tolerance_m: f64| {
        let fence = index.fence(*id);
        let (_, shape) = index.shapes().shapes().find(|(shape, _)| *shape == fence.shape)?;
        let simple = shape.simplified_outward(tolerance_m);
        let simple = simple.as_ref().unwrap_or(shape);
        let wide = area::within(Target::Shape(simple), fence.accuracy_m + corridor_m + CLEARANCE_M);
        Some(wide.and_then(|wide| wide.simplified_outward(tolerance_m)).unwrap_or_else(|_| simple.clone()))
    };
    let mut simple = Vec::new();
    for tolerance_m in TOLERANCES_M {
        simple = avoided.iter().filter_map(|id| outline(id, tolerance_m)).collect();
        let shells = simple.iter().flat_map(Shape::polygons).map(|polygon| polygon.shell.len());
        if shells.sum::<usize>() <= VERTICES {
            break;
        }
    }
    Ok(simple)
}

/// Work that takes a while, apart from what waits for answers.
async fn unblocked<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|e| std::panic::resume_unwind(e.into_panic()))
}
