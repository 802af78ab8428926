//! Asks the routing engine for the way of every overland leg that has none, before a plan is checked; a check itself asks nobody.

mod outlines;

use std::sync::Arc;

use futures_util::future::join_all;
use jiff::SignedDuration;

use super::check_itinerary::{governing_along, issuers_of};
use crate::format::itinerary::ItineraryQuery;
use crate::geometry::{Bounds, Position, boxes_around};
use crate::live::Snapshot;
use crate::matching::FenceId;
use crate::matching::judge::Question;
use crate::model::route::{Around, EngineState, NoRoute, Route, Routed, Ways};
use crate::model::{Leg, Mode, Severity};
use crate::route::Router;

/// How often a way is asked for again that keeps out of what the last one ran into.
const ATTEMPTS: usize = 4;

/// The engine is told of areas as far off the preferred way as that is long, and at least so many metres. What a detour meets beyond is met
/// when it is checked.
const FAR_M: f64 = 100_000.0;

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
    for leg in query.itinerary.legs.iter_mut().filter(|leg| leg.line.is_none() && leg.mode == Mode::Foot) {
        if !router.engine().knows(leg.mode) {
            let why = NoRoute::OtherMode { engine: router.engine(), mode: leg.mode };
            leg.routed = Some(Routed { engine: unknown(router), routes: Err(why), around: None });
        }
    }
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
            let engine = router.state().await.unwrap_or_else(|_| unknown(router));
            Routed { engine, routes: Err(why), around: None }
        }
    }
}

/// An engine of which only the kind is known.
fn unknown(router: &Router) -> EngineState {
    EngineState { name: router.engine(), version: None, data: None }
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
        let near = boxes_around(preferred.line.pieces(), preferred.length_m.max(FAR_M), 1);
        let mut avoided: Vec<FenceId> = self.grave(preferred).await;
        if avoided.is_empty() {
            return None;
        }
        let mut route = Err(NoRoute::StillInside(0));
        for attempt in 1..=ATTEMPTS {
            route = self.keep_out(&avoided, &near).await;
            let Ok(found) = &route else { break };
            let met = self.grave(found.clone()).await;
            if met.is_empty() {
                break;
            }
            route = Err(NoRoute::StillInside(attempt));
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

    /// A way that keeps out of fences, as far as they are near.
    async fn keep_out(&self, avoided: &[FenceId], near: &[Bounds]) -> Result<Route, NoRoute> {
        let (snapshot, corridor_m, most) =
            (Arc::clone(self.snapshot), self.query.corridor_m, self.router.most_vertices());
        let (ends, avoided, near) = (self.ends, avoided.to_vec(), near.to_vec());
        let draw = move || outlines::around(&snapshot.index, &avoided, &near, ends, corridor_m, most);
        let outlines = unblocked(draw).await?;
        self.router.around(self.ends, self.mode, &outlines).await
    }
}

/// Work that takes a while, apart from what waits for answers.
async fn unblocked<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|e| std::panic::resume_unwind(e.into_panic()))
}
