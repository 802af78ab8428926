//! The legs of a plan: along their way where it is known, and by what lies within reach where it is not.

use std::borrow::Cow;
use std::sync::Arc;

use jiff::Timestamp;

use super::collect::{Member, Stage};
use super::passages::StretchOf;
use super::ways::{FoundWays, WayOption, WaySource};
use super::{Reason, Subject, stops};
use crate::flows::answer::Words;
use crate::geometry::{Line, Placed, Placement, Position, ShapeId};
use crate::matching::judge::{Judgement, Question};
use crate::matching::reach::{self, longest_m, reach_m};
use crate::matching::{FenceId, FenceIndex, Presence, Reach, Stretch, judge, stretches};
use crate::model::route::{NoRoute, Routed};
use crate::model::{Corridor, Corridors, Crossing, Itinerary, Leg, Severity, Verdict, Window};

/// How far a given way may end from its stop without leaving a piece of the way unknown, in metres: across a town.
const GAP_M: f64 = 2_000.0;

/// A leg with everything that was looked up about it, once for all of the party.
pub(super) struct TravelledLeg<'a> {
    leg: &'a Leg,
    /// The ways it may run: the one given, those found by an engine, or the usual ones.
    ways: Vec<TravelledWay<'a>>,
    /// Usual crossings of the border between its ends, where no usual way is known.
    crossings: Vec<(&'a Crossing, Vec<Placed>)>,
    /// A way around what is grave, judged beside the others.
    around: Option<TravelledWay<'a>>,
    /// Shapes in which the plan has a stay: an exemption for passing through does not hold there.
    stays_in: &'a [ShapeId],
    /// The pieces whose way is not known.
    unknown: Vec<Unknown>,
    /// Stops of the leg that were not found, so that nothing can be said of the way there.
    lost: bool,
}

/// A piece of which the way is not known; where a way was given that leaves it out, how, and what to do about it.
struct Unknown {
    reach: Arc<Reach>,
    gap: Option<(String, &'static str)>,
}

/// One way, cut where anything changes.
struct TravelledWay<'a> {
    line: Cow<'a, Line>,
    source: WaySource,
    corridor: Option<&'a Corridor>,
    stretches: Vec<Stretch>,
}

/// Looks up every leg once.
pub(super) fn travel<'a>(
    index: &FenceIndex,
    table: &'a Corridors,
    itinerary: &'a Itinerary,
    corridor_m: f64,
    stays_in: &'a [ShapeId],
    bearing: &[bool],
) -> Vec<TravelledLeg<'a>> {
    itinerary.legs.iter().map(|leg| look_up(index, table, itinerary, leg, corridor_m, stays_in, bearing)).collect()
}

/// For each shape whether it can bear on anybody of the party on any leg.
pub(super) fn bearing(index: &FenceIndex, itinerary: &Itinerary, issuers: &[usize], as_of: Timestamp) -> Vec<bool> {
    let under_way = itinerary.legs.iter().map(|leg| leg.departs.hull(&leg.arrives)).reduce(|all, leg| all.hull(&leg));
    under_way.map(|window| index.bearing(issuers, &window, as_of)).unwrap_or_default()
}

fn look_up<'a>(
    index: &FenceIndex,
    table: &'a Corridors,
    itinerary: &Itinerary,
    leg: &'a Leg,
    corridor_m: f64,
    stays_in: &'a [ShapeId],
    bearing: &[bool],
) -> TravelledLeg<'a> {
    let ends = [leg.from, leg.to].map(|stop| itinerary.stops[stop].place.as_ref().ok().map(|place| place.position));
    let mut travelled = TravelledLeg {
        leg,
        ways: Vec::new(),
        crossings: Vec::new(),
        around: None,
        stays_in,
        unknown: Vec::new(),
        lost: false,
    };
    if !leg.mode.is_overland() {
        return travelled;
    }
    let way = |line: Cow<'a, Line>, source: WaySource, corridor: Option<&'a Corridor>| {
        let width_m = corridor.map_or(corridor_m, |corridor| corridor.width_m);
        let passages = index.shapes().along_those(line.pieces(), width_m, |shape| bearing[shape.0 as usize]);
        let mut stretches = stretches(&passages);
        // the country there may be missing: what that leaves open is said once for the whole way
        if index.places_missing() && leaves_all_countries(index, &stretches, line.length_m()) {
            stretches.push(Stretch { from_m: 0.0, to_m: line.length_m(), placed: Vec::new() });
        }
        TravelledWay { line, source, corridor, stretches }
    };
    if let Some(line) = &leg.line {
        let (first, last) = (line.point_at_m(0.0), line.point_at_m(line.length_m()));
        for (stop, place, end, what) in [(leg.from, ends[0], first, "begins"), (leg.to, ends[1], last, "ends")] {
            if let Some(place) = place.filter(|place| place.distance_m(end) > GAP_M + place.accuracy_m()) {
                let (away_km, name) = (place.distance_m(end) / 1000.0, itinerary.stops[stop].name());
                let gap = format!("the geometry given {what} {away_km:.1} km from the stop, {name}; what lies between");
                let gap = Some((gap, "lead the geometry as far as the stop"));
                travelled.unknown.push(Unknown { reach: index.reach(place, end), gap });
            }
        }
        for (from, to) in leg.jumps() {
            let at = |place: Position| format!("{:.4}, {:.4}", place.lat(), place.lon());
            let km = from.distance_m(to) / 1000.0;
            let gap = format!(
                "the geometry given is straight for {km:.0} km from {} to {}; what lies between",
                at(from),
                at(to)
            );
            travelled
                .unknown
                .push(Unknown { reach: index.reach(from, to), gap: Some((gap, "give the points between")) });
        }
        travelled.ways.push(way(Cow::Borrowed(line), WaySource::Given, None));
        return travelled;
    }
    let [Some(from), Some(to)] = ends else {
        travelled.lost = true;
        return travelled;
    };
    match &leg.routed {
        Some(Routed { routes: Ok(routes), around, .. }) => {
            let found = routes.iter().map(|route| way(Cow::Borrowed(&route.line), WaySource::Router, None));
            travelled.ways.extend(found);
            let around = around.as_ref().and_then(|around| around.route.as_ref().ok());
            travelled.around = around.map(|route| way(Cow::Borrowed(&route.line), WaySource::Router, None));
        }
        Some(_) => travelled.unknown.push(Unknown { reach: index.reach(from, to), gap: None }),
        None => {
            travelled.unknown.push(Unknown { reach: index.reach(from, to), gap: None });
            if Corridors::knows(leg.mode) {
                for (corridor, line) in table.between(from, to) {
                    travelled.ways.push(doubted(way(Cow::Owned(line), WaySource::CorridorTable, Some(corridor))));
                }
                if travelled.ways.is_empty() {
                    travelled.crossings = crossings(index, table, from, to);
                }
            }
        }
    }
    travelled
}

/// Whether a part of a way lies in no country, by more than the metre that is lost between a touch and a stretch.
fn leaves_all_countries(index: &FenceIndex, stretches: &[Stretch], length_m: f64) -> bool {
    let is_in_country = |placed: &Placed| index.country_of(placed.shape).is_some();
    let known = stretches.iter().filter(|stretch| stretch.placed.iter().any(is_in_country));
    known.map(|stretch| stretch.to_m - stretch.from_m).sum::<f64>() < length_m - 1.0
}

/// A usual way is possible, however far inside an area it runs: nobody knows whether the leg takes it.
fn doubted(mut way: TravelledWay) -> TravelledWay {
    for placed in way.stretches.iter_mut().flat_map(|stretch| &mut stretch.placed) {
        placed.placement = Placement::Possible;
    }
    way
}

/// The usual crossings between the countries of two places, no further apart than a detour may be, each with what lies there.
fn crossings<'a>(
    index: &FenceIndex,
    table: &'a Corridors,
    from: Position,
    to: Position,
) -> Vec<(&'a Crossing, Vec<Placed>)> {
    let country = |place: Position| index.locate(place).iter().find_map(|placed| index.country_of(placed.shape));
    let (Some(leaves), Some(enters)) = (country(from), country(to)) else { return Vec::new() };
    let found = table.crossings((from, leaves), (to, enters), longest_m(from, to));
    let doubted = |placed: Placed| Placed { placement: Placement::Possible, ..placed };
    found.map(|crossing| (crossing, index.locate(crossing.position).into_iter().map(doubted).collect())).collect()
}

/// Every line by which a leg may be concerned, with how far from it: the way itself, and the straight line for what is not known of it.
pub(super) fn reach_of<'a>(itinerary: &Itinerary, leg: &'a Leg, corridor_m: f64) -> Vec<(Cow<'a, Line>, f64)> {
    let ends = [leg.from, leg.to].map(|stop| itinerary.stops[stop].place.as_ref().ok().map(|place| place.position));
    if !leg.mode.is_overland() {
        return Vec::new();
    }
    let straight = |from: Position, to: Position| {
        // a line that goes nowhere has no boxes: twice the step of the grid
        let line = reach::straight(from, to).or_else(|| {
            let beside = Position::new(to.lat(), to.lon() + if to.lon() > 0.0 { -1e-6 } else { 1e-6 });
            reach::straight(from, beside.unwrap_or(to))
        });
        line.map(|line| (Cow::Owned(line), reach_m(from, to)))
    };
    match &leg.line {
        Some(line) => {
            let ways = [(ends[0], line.point_at_m(0.0)), (ends[1], line.point_at_m(line.length_m()))];
            let gaps = ways.into_iter().filter_map(|(stop, end)| straight(stop?, end));
            let jumps = leg.jumps().filter_map(|(from, to)| straight(from, to));
            std::iter::once((Cow::Borrowed(line), corridor_m)).chain(gaps).chain(jumps).collect()
        }
        None => match (&leg.routed, ends) {
            (Some(Routed { routes: Ok(routes), .. }), _) => {
                routes.iter().map(|route| (Cow::Borrowed(&route.line), corridor_m)).collect()
            }
            (_, [Some(from), Some(to)]) => straight(from, to).into_iter().collect(),
            _ => Vec::new(),
        },
    }
}

fn subject(leg: &Leg) -> Subject {
    Subject::Leg { id: leg.id.clone(), mode: leg.mode }
}

impl TravelledLeg<'_> {
    /// How many verdicts [`Self::judge`] gives: one for each way and crossing, and one for the way around.
    pub(super) fn options(&self) -> usize {
        self.ways.len() + self.crossings.len() + usize::from(self.around.is_some())
    }

    /// Judges the leg for one traveller, and makes the verdict of each option the worse of what it was and what it is for them.
    pub(super) fn judge<'m>(&'m self, member: &mut Member<'m>, verdicts: &mut [Verdict]) {
        let (leg, subject) = (self.leg, subject(self.leg));
        if self.lost {
            let detail = "an end of the leg was not found, so its way is not known".to_owned();
            member.indeterminate(subject, None, Reason::UnresolvedPlace, detail, vec![], &leg.pointer);
            return;
        }
        let mut verdicts = verdicts.iter_mut();
        let mut conclude = |verdict: Verdict| {
            if let Some(known) = verdicts.next() {
                *known = known.worse(verdict);
            }
        };
        for (option, way) in self.ways.iter().enumerate() {
            let usual = way.corridor.map(|corridor| corridor.names.pick(member.words.lang));
            let mut worst = Verdict::Clear;
            for (stretch, judgement) in self.judgements(way, member.words) {
                let (from_m, to_m, line, source) = (stretch.from_m, stretch.to_m, way.line.as_ref(), way.source);
                let stage = Stage { stretch: Some(StretchOf { from_m, to_m, line, source, option }), usual };
                member.judged(&subject, &judgement, Some(stage), None, &leg.pointer);
                worst = worst.worse(judgement.verdict);
            }
            conclude(worst);
        }
        for (crossing, placed) in &self.crossings {
            let window = leg.departs.hull(&leg.arrives);
            let judgement = self.judged_within(placed, window, member.words);
            let stage = Stage { stretch: None, usual: Some(crossing.names.pick(member.words.lang)) };
            member.judged(&subject, &judgement, Some(stage), None, &leg.pointer);
            conclude(judgement.verdict);
        }
        if let Some(way) = &self.around {
            let all = self.judgements(way, member.words).map(|(_, judgement)| judgement.verdict);
            conclude(all.fold(Verdict::Clear, Verdict::worse));
        }
        for unknown in &self.unknown {
            match &leg.routed {
                Some(Routed { routes: Err(why), .. }) if !matches!(why, NoRoute::OtherMode { .. }) => {
                    self.judge_failed(&unknown.reach, why, &subject, member);
                }
                _ => self.judge_unknown(unknown, &subject, member),
            }
        }
    }

    /// What is told of the ways that were found, given what [`Self::judge`] concluded of each.
    pub(super) fn found(&self, verdicts: &[Verdict], lang: &str, brief: bool) -> Option<FoundWays> {
        if let Some(routed) = &self.leg.routed {
            return Some(FoundWays::routed(&self.leg.id, routed, verdicts, brief));
        }
        let ways = self.ways.iter().filter_map(|way| Some((way.corridor?, way.line.as_ref())));
        let usual = |((corridor, line), verdict): ((&Corridor, &Line), &Verdict)| {
            WayOption::usual(corridor, line, *verdict, lang, brief)
        };
        let ways = ways.zip(verdicts).map(usual);
        let crossings = self.crossings.iter().zip(verdicts);
        let crossings = crossings.map(|((crossing, _), verdict)| WayOption::crossing(crossing, *verdict, lang));
        FoundWays::by_table(&self.leg.id, ways.chain(crossings).collect())
    }

    /// A way, stretch by stretch.
    fn judgements<'w>(
        &'w self,
        way: &'w TravelledWay,
        words: &'w Words<'w>,
    ) -> impl Iterator<Item = (&'w Stretch, Judgement)> {
        let length_m = way.line.length_m();
        way.stretches.iter().map(move |stretch| {
            let window = window(self.leg, length_m, stretch.from_m, stretch.to_m);
            (stretch, self.judged_within(&stretch.placed, window, words))
        })
    }

    fn judged_within(&self, placed: &[Placed], window: Window, words: &Words) -> Judgement {
        let presence = Presence { window, transit: None, passing: true, stays_in: self.stays_in };
        judge(words.index, placed, &presence, words.question)
    }

    /// An engine that was asked and gave no way leaves the leg in doubt, whatever lies within reach.
    fn judge_failed(&self, way: &Reach, why: &NoRoute, subject: &Subject, member: &mut Member) {
        let index = member.words.index;
        let grave = grave(way, &self.leg.departs.hull(&self.leg.arrives), member);
        let revisions = grave.iter().map(|&fence| index.fence(fence).revision.id.clone()).collect();
        let detail = format!("the way is not known: {why}");
        member.indeterminate(subject.clone(), None, Reason::RoutingFailed, detail, revisions, &self.leg.pointer);
    }

    /// A straight line is not evidence (design rule 10): where anything of severity 3 or more lies within reach the leg is
    /// indeterminate; milder statements within reach count as possible.
    fn judge_unknown(&self, unknown: &Unknown, subject: &Subject, member: &mut Member) {
        let (way, index) = (&*unknown.reach, member.words.index);
        let window = self.leg.departs.hull(&self.leg.arrives);
        let crossed = way.shapes.iter().filter(|(_, is_crossed)| *is_crossed);
        let possible = |shape| Placed { shape, placement: Placement::Possible, on_border: false };
        let placed: Vec<Placed> = crossed.map(|(shape, _)| possible(*shape)).collect();
        let grave = grave(way, &window, member);
        if grave.is_empty() {
            let judgement = self.judged_within(&placed, window, member.words);
            member.judged(subject, &judgement, None, None, &self.leg.pointer);
            return;
        }
        let revisions = grave.iter().map(|&fence| index.fence(fence).revision.id.clone()).collect();
        let worst = &index.fence(grave[0]).revision;
        let advice = match (&unknown.gap, &self.leg.routed) {
            (Some((_, advice)), _) => (*advice).to_owned(),
            (None, Some(Routed { routes: Err(why), .. })) => format!("give the leg's geometry: {why}"),
            (None, _) => "give the leg's geometry".to_owned(),
        };
        let detail = format!(
            "{} is not known, and {} of severity 3 or more lie within {:.0} km of the straight line, the gravest {} ({}); {advice}",
            unknown.gap.as_ref().map_or("the way", |(gap, _)| gap.as_str()),
            match grave.len() {
                1 => "1 area".to_owned(),
                n => format!("{n} areas"),
            },
            way.metres / 1000.0,
            worst.id,
            worst.title.pick(member.words.lang),
        );
        let mut issuers: Vec<usize> = grave.iter().map(|&fence| index.fence(fence).issuer).collect();
        issuers.sort_unstable();
        issuers.dedup();
        let reason = Reason::MissingRoute;
        member.indeterminate(subject.clone(), Some(&issuers), reason, detail, revisions, &self.leg.pointer);
    }
}

/// When somebody is between two points of a leg's way: time runs along it in proportion to distance, as wide as its ends are unknown.
fn window(leg: &Leg, length_m: f64, from_m: f64, to_m: f64) -> Window {
    let (departs, arrives) = (leg.departs, leg.arrives);
    let at = |start: Option<Timestamp>, end: Option<Timestamp>, metres: f64| {
        let (start, end) = (start?, end?);
        let share = if length_m > 0.0 { (metres / length_m).clamp(0.0, 1.0) } else { 0.0 };
        start.checked_add(end.max(start).duration_since(start).mul_f64(share)).ok()
    };
    let window = Window {
        from: at(departs.from, arrives.from, from_m).or(departs.from),
        to: at(departs.to, arrives.to, to_m).or(arrives.to),
    };
    match (window.from, window.to) {
        (Some(from), Some(to)) if to < from => Window { from: window.from, to: window.from },
        _ => window,
    }
}

/// The fences of at least a severity that govern for anybody of the party somewhere along a way a leg might take.
pub(crate) fn governing_along(
    index: &FenceIndex,
    questions: &[Question],
    itinerary: &Itinerary,
    leg: &Leg,
    line: &Line,
    corridor_m: f64,
    least: Severity,
) -> Vec<FenceId> {
    let stays_in = stops::stays_in(&stops::visit(index, itinerary));
    let mut found = Vec::new();
    for stretch in stretches(&index.shapes().along(line.pieces(), corridor_m)) {
        let window = window(leg, line.length_m(), stretch.from_m, stretch.to_m);
        let presence = Presence { window, transit: None, passing: true, stays_in: &stays_in };
        for question in questions {
            let judgement = judge(index, &stretch.placed, &presence, question);
            let grave = judgement.matches.iter().filter(|m| m.governs && index.fence(m.fence).severity >= least);
            found.extend(grave.map(|judged| judged.fence));
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// The fences of severity 3 or more within reach that are in force during the leg, the gravest first.
fn grave(way: &Reach, window: &Window, member: &Member) -> Vec<usize> {
    let (index, question) = (member.words.index, member.words.question);
    let mut grave: Vec<usize> = way
        .shapes
        .iter()
        .flat_map(|(shape, _)| index.fences_on(*shape))
        .copied()
        .filter(|&id| {
            let fence = index.fence(id);
            fence.severity >= Severity::AVOID_NON_ESSENTIAL
                && question.issuers.contains(&fence.issuer)
                && fence.in_force(question.as_of).is_some_and(|period| window.during(&period).is_some())
        })
        .collect();
    grave.sort_by_key(|&id| (std::cmp::Reverse(index.fence(id).severity), id));
    grave
}
